/* Augmentations: their text, and the draws of what is done to each picture. */
#include "augment_check.h"

/* ---- text -------------------------------------------------------------------------------------*/

static void the_text_is_read_and_written(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "none"},
        {"none", "none"},
        {"flip, rotate =30", NULL},
        {" flip ,rotate=30", "rotate=30,flip"},
        {"crop,rotate,translate,flip,jitter,blur,noise,cutout",
         "crop=0.8,rotate=15,translate=0.125,flip,jitter=0.2,blur=1,noise=0.05,cutout=0.5"},
        {"cutout=1,crop=0.1,blur=10", "crop=0.1,blur=10,cutout=1"},
        {"rotate=0", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buf[160], again[160];
        ga_err err;
        ga_augment a;
        if (rows[i][1] == NULL) {
            CHECK_FAILS(ga_augment_parse(rows[i][0], &a, &err), GA_EINVAL, "'rotate '");
            continue;
        }
        a = augment_of(rows[i][0]);
        assert_string_equal(ga_augment_format(&a, buf, sizeof buf), rows[i][1]);
        assert_int_equal(ga_augment_any(&a), strcmp(rows[i][1], "none") != 0);
        a = augment_of(buf);
        assert_string_equal(ga_augment_format(&a, again, sizeof again), buf);
    }
    char cut[8];
    const ga_augment all = augment_of("crop,rotate,translate");
    assert_string_equal(ga_augment_format(&all, cut, sizeof cut), "crop=0.");
}

static void wrong_text_is_answered_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_augment a = augment_of("blur");
    CHECK_FAILS(ga_augment_parse("rotat=3", &a, &err), GA_EINVAL,
                "augmentation 'rotat' is not known (did you mean 'rotate'?): there are crop, "
                "rotate, translate, flip, jitter, blur, noise, cutout");
    CHECK_FAILS(ga_augment_parse("flip,,crop", &a, &err), GA_EINVAL, "augmentation '' is not");
    CHECK_FAILS(ga_augment_parse("flip,flip", &a, &err), GA_EINVAL, "'flip' is there twice");
    CHECK_FAILS(ga_augment_parse("flip=1", &a, &err), GA_EINVAL,
                "'flip' takes no magnitude, found '1'");
    CHECK_FAILS(ga_augment_parse("rotate=181", &a, &err), GA_EINVAL,
                "augmentation 'rotate': found '181', expected a number from 0 to 180");
    CHECK_FAILS(ga_augment_parse("crop=0.05", &a, &err), GA_EINVAL, "a number from 0.1 to 1");
    CHECK_FAILS(ga_augment_parse("blur=", &a, &err), GA_EINVAL, "'blur': found ''");
    CHECK_FAILS(ga_augment_parse("blur=nan", &a, &err), GA_EINVAL, "found 'nan'");
    CHECK_FAILS(ga_augment_parse("noise=-0.1", &a, &err), GA_EINVAL,
                "expected a number from 0 to 1");
    assert_true(a.magnitude[GA_AUGMENT_BLUR] == 1); /* untouched */
}

/* ---- draws ------------------------------------------------------------------------------------*/

static void draws_do_not_depend_on_how_batches_are_cut(void **state)
{
    (void)state;
    enum { N = 40 };
    const ga_augment a = augment_of(everything);
    const ga_dims d = {3, 20, 30};
    ga_augmentation at_once[N], in_parts[N], other[N];
    ga_augment_draw(&a, 0.7, d, 5, 6, 1000, N, at_once);
    ga_augment_draw(&a, 0.7, d, 5, 6, 1000, 7, in_parts);
    ga_augment_draw(&a, 0.7, d, 5, 6, 1007, N - 7, in_parts + 7);
    assert_memory_equal(at_once, in_parts, sizeof at_once);
    ga_augment_draw(&a, 0.7, d, 5, 7, 1000, N, other);
    int same = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            same += at_once[i].noise_key == other[k].noise_key ||
                    (i != k && at_once[i].noise_key == at_once[k].noise_key);
    assert_int_equal(same, 0);
}

static void a_draw_depends_neither_on_p_nor_on_other_kinds(void **state)
{
    (void)state;
    enum { N = 200 };
    const ga_augment all = augment_of(everything), one = augment_of("rotate,blur=2");
    const ga_dims d = {1, 28, 28};
    static ga_augmentation a[N], b[N], c[N];
    ga_augment_draw(&all, 1, d, 1, 2, 0, N, a);
    ga_augment_draw(&all, 0.5, d, 1, 2, 0, N, b);
    ga_augment_draw(&one, 1, d, 1, 2, 0, N, c);
    int count = 0;
    for (int i = 0; i < N; i++) {
        assert_true((b[i].kinds & ~a[i].kinds) == 0);
        if ((b[i].kinds & BIT(ROTATE)) != 0)
            assert_true(b[i].angle == a[i].angle);
        assert_true(c[i].kinds == (BIT(ROTATE) | BIT(BLUR)) && c[i].angle == a[i].angle);
        assert_true(fabsf(c[i].sigma - 2 * a[i].sigma) < 1e-6f);
        for (int k = 0; k < GA_AUGMENT_KINDS; k++)
            count += (int)(b[i].kinds >> k & 1);
    }
    /* of 200 pictures 7 kinds with 1/2 and flip with 1/4: 750, sd 20 */
    assert_true(abs(count - 750) < 5 * 20);
}

/* Mean and extremes of a drawn number over many pictures against its law, uniform on lo..hi. */
static void check_uniform(const char *what, const double *x, int n, double lo, double hi)
{
    double sum = 0, least = x[0], most = x[0];
    for (int i = 0; i < n; i++) {
        sum += x[i];
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
    }
    const double width = hi - lo, error = width / sqrt(12.0 * n);
    if (!(least >= lo - 1e-6 && most <= hi + 1e-6 && least < lo + 0.02 * width &&
          most > hi - 0.02 * width && fabs(sum / n - (lo + hi) / 2) < 5 * error))
        fail_msg("%s: %g..%g with mean %g, expected uniform on %g..%g", what, least, most, sum / n,
                 lo, hi);
}

static void draws_follow_the_laws_of_the_header(void **state)
{
    (void)state;
    enum { N = 4000 };
    static ga_augmentation a[N];
    static double x[20][N];
    const ga_augment spec = augment_of("crop=0.5,rotate=40,translate=0.25,flip,jitter=0.3,blur=2,"
                                       "noise=0.1,cutout=0.5");
    ga_augment_draw(&spec, 1, (ga_dims){3, 16, 32}, 3, 4, 0, N, a);
    int flips = 0, cut_inside = 0;
    for (int i = 0; i < N; i++) {
        const double rest = (1 - (double)a[i].side) / 2;
        x[0][i] = (double)a[i].side;
        x[1][i] = (double)a[i].crop_x / (31 * rest); /* all the way that the part can go */
        x[2][i] = (double)a[i].crop_y / (15 * rest);
        x[3][i] = (double)a[i].angle;
        x[4][i] = a[i].dx;
        x[5][i] = a[i].dy;
        x[6][i] = (double)a[i].contrast;
        x[7][i] = (double)a[i].saturation;
        x[8][i] = (double)a[i].hue;
        x[9][i] = (double)a[i].brightness;
        x[10][i] = (double)a[i].sigma;
        flips += (a[i].kinds & BIT(FLIP)) != 0;
        assert_true(a[i].noise == 0.1f);
        assert_true(a[i].cut_x >= 0 && a[i].cut_x + a[i].cut_w <= 32 && a[i].cut_w <= 16);
        assert_true(a[i].cut_y >= 0 && a[i].cut_y + a[i].cut_h <= 16 && a[i].cut_h <= 8);
        assert_true(a[i].cut_w >= 8 && a[i].cut_h >= 4); /* its centre is in the picture */
        cut_inside += a[i].cut_w == 16;
    }
    check_uniform("side", x[0], N, 0.5, 1);
    check_uniform("place in x", x[1], N, -1, 1);
    check_uniform("place in y", x[2], N, -1, 1);
    check_uniform("angle", x[3], N, -40, 40);
    check_uniform("dx", x[4], N, -8, 8);
    check_uniform("dy", x[5], N, -4, 4);
    check_uniform("contrast", x[6], N, 0.7, 1.3);
    check_uniform("saturation", x[7], N, 0.7, 1.3);
    check_uniform("hue", x[8], N, -27, 27);
    check_uniform("brightness", x[9], N, -0.3, 0.3);
    check_uniform("sigma", x[10], N, 0, 2);
    assert_true(abs(flips - N / 2) < 5 * 32);            /* sd 31.6 */
    assert_true(abs(cut_inside - N * 17 / 32) < 5 * 32); /* 17 of 32 places keep all of it */
}

static void grey_pictures_get_no_hue(void **state)
{
    (void)state;
    ga_augmentation a[50];
    const ga_augment spec = augment_of("jitter=1");
    ga_augment_draw(&spec, 1, (ga_dims){1, 8, 8}, 3, 4, 0, 50, a);
    for (int i = 0; i < 50; i++)
        assert_true(a[i].saturation == 1 && a[i].hue == 0 && a[i].contrast != 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_read_and_written),
        cmocka_unit_test(wrong_text_is_answered_in_words),
        cmocka_unit_test(draws_do_not_depend_on_how_batches_are_cut),
        cmocka_unit_test(a_draw_depends_neither_on_p_nor_on_other_kinds),
        cmocka_unit_test(draws_follow_the_laws_of_the_header),
        cmocka_unit_test(grey_pictures_get_no_hue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
