/* Augmentations: what they do to drawn pictures, and their adjoints. */
#include "augment_check.h"
#include "base/alloc.h"

/* ---- places -----------------------------------------------------------------------------------*/

static void nothing_drawn_is_a_copy_bit_for_bit(void **state)
{
    (void)state;
    enum { N = 3, SIZE = 3 * 5 * 7 };
    const ga_augment spec = augment_of(everything);
    const ga_dims d = {3, 5, 7};
    ga_augmentation a[N];
    float x[N * SIZE], y[N * SIZE] = {0};
    fill(x, N * SIZE, 1);
    x[3] = -0.0f;
    x[4] = NAN;
    x[5] = INFINITY;
    ga_augment_draw(&spec, 0, d, 1, 1, 0, N, a);
    ga_augment_apply(a, N, d, -1, 1, x, y, working_room);
    assert_memory_equal(x, y, sizeof x);
    memset(y, 0, sizeof y);
    ga_augment_adjoint(a, N, d, x, y, working_room);
    assert_memory_equal(x, y, sizeof x);
}

static void a_flip_mirrors_and_two_are_none(void **state)
{
    (void)state;
    const ga_dims d = {2, 2, 3};
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const float want[] = {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10};
    float y[12], z[12];
    ga_augmentation a = nothing(BIT(FLIP));
    ga_augmentation_set(&a, d);
    apply_one(&a, d, x, y);
    assert_memory_equal(y, want, sizeof want);
    apply_one(&a, d, y, z);
    assert_memory_equal(z, x, sizeof x);
}

/* Counter-clockwise: the right column becomes the upper row, from top to left. */
static void a_quarter_turn_of_a_drawn_picture(void **state)
{
    (void)state;
    const ga_dims d = {1, 3, 3};
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const float left[] = {3, 6, 9, 2, 5, 8, 1, 4, 7}, half[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    float y[9];
    ga_augmentation a = nothing(BIT(ROTATE));
    a.angle = 90;
    ga_augmentation_set(&a, d);
    apply_one(&a, d, x, y);
    assert_memory_equal(y, left, sizeof left);
    a.angle = 180;
    ga_augmentation_set(&a, d);
    apply_one(&a, d, x, y);
    assert_memory_equal(y, half, sizeof half);
    a.angle = -270;
    ga_augmentation_set(&a, d);
    apply_one(&a, d, x, y);
    assert_memory_equal(y, left, sizeof left);
    /* 2 x 4 about its centre: the corners leave the picture, black comes in */
    const float wide[] = {1, 2, 3, 4, 5, 6, 7, 8}, turned[] = {-1, 3, 7, -1, -1, 2, 6, -1};
    a.angle = 90;
    ga_augmentation_set(&a, (ga_dims){1, 2, 4});
    apply_one(&a, (ga_dims){1, 2, 4}, wide, y);
    assert_memory_equal(y, turned, sizeof turned);
}

static void whole_pixels_move_exactly(void **state)
{
    (void)state;
    enum { H = 6, W = 9 };
    const ga_dims d = {1, H, W};
    float x[H * W], y[H * W];
    fill(x, H * W, 2);
    for (int dy = -H; dy <= H; dy++)
        for (int dx = -W - 1; dx <= W + 1; dx++) {
            ga_augmentation a = nothing(BIT(TRANSLATE));
            a.dx = dx;
            a.dy = dy;
            ga_augmentation_set(&a, d);
            apply_one(&a, d, x, y);
            for (int r = 0; r < H; r++)
                for (int c = 0; c < W; c++) {
                    const int sy = r - dy, sx = c - dx;
                    const bool inside = sy >= 0 && sy < H && sx >= 0 && sx < W;
                    assert_true(y[r * W + c] == (inside ? x[sy * W + sx] : -1));
                }
        }
}

/* A picture whose value is a linear function of the place is sampled exactly by bilinear weights;
 * so a crop of it is the same function of the place in the kept part. */
static void a_crop_stretches_its_part(void **state)
{
    (void)state;
    enum { H = 12, W = 20, N = 50 };
    const ga_dims d = {1, H, W};
    const ga_augment spec = augment_of("crop=0.3");
    ga_augmentation a[N];
    float x[H * W], y[H * W], want[H * W];
    for (int r = 0; r < H; r++)
        for (int c = 0; c < W; c++)
            x[r * W + c] = (float)(0.03 * c - 0.05 * r);
    ga_augment_draw(&spec, 1, d, 8, 1, 0, N, a);
    for (int i = 0; i < N; i++) {
        const double s = (double)a[i].side;
        for (int r = 0; r < H; r++)
            for (int c = 0; c < W; c++)
                want[r * W + c] = (float)(0.03 * (9.5 + (double)a[i].crop_x + s * (c - 9.5)) -
                                          0.05 * (5.5 + (double)a[i].crop_y + s * (r - 5.5)));
        apply_one(&a[i], d, x, y);
        check_close("crop", y, want, H * W, 1e-5); /* no black comes in either */
    }
}

/* The four maps one after the other, from the place in the result back to the place in the picture,
 * in double; bilinear by the definition, black outside. */
static double sample(const float *x, int h, int w, double sx, double sy)
{
    double sum = 0;
    for (int r = -1; r <= h; r++)
        for (int c = -1; c <= w; c++) {
            const double share = fmax(0, 1 - fabs(sx - c)) * fmax(0, 1 - fabs(sy - r));
            const bool inside = r >= 0 && r < h && c >= 0 && c < w;
            sum += share * ((inside ? (double)x[r * w + c] : -1) + 1);
        }
    return sum - 1;
}

static void maps_of_places_agree_with_a_plain_reference(void **state)
{
    (void)state;
    enum { H = 11, W = 14, N = 60 };
    const ga_dims d = {2, H, W};
    const ga_augment spec = augment_of("crop=0.5,rotate=180,translate=0.4,flip");
    ga_augmentation a[N];
    float x[2 * H * W], y[2 * H * W], want[2 * H * W];
    fill(x, 2 * H * W, 3);
    ga_augment_draw(&spec, 0.6, d, 8, 2, 0, N, a);
    for (int i = 0; i < N; i++) {
        const double turn = (double)a[i].angle * acos(-1.0) / 180;
        for (int r = 0; r < H; r++)
            for (int c = 0; c < W; c++) {
                double u = c - (W - 1) / 2.0, v = r - (H - 1) / 2.0;
                u = (a[i].kinds & BIT(FLIP)) != 0 ? -u : u;
                u -= a[i].dx;
                v -= a[i].dy;
                /* counter-clockwise with rows downwards, undone */
                const double p = cos(turn) * u - sin(turn) * v, q = sin(turn) * u + cos(turn) * v;
                const double sx = p * (double)a[i].side + (double)a[i].crop_x + (W - 1) / 2.0;
                const double sy = q * (double)a[i].side + (double)a[i].crop_y + (H - 1) / 2.0;
                for (int k = 0; k < 2; k++)
                    want[(k * H + r) * W + c] = (float)sample(x + k * H * W, H, W, sx, sy);
            }
        apply_one(&a[i], d, x, y);
        /* places in f32: about 14 x 1e-7, and the picture changes by up to 2 a pixel */
        check_close("places", y, want, 2 * H * W, 2e-5);
    }
}

/* ---- colour, blur, noise, cutout --------------------------------------------------------------*/

static void jitter_by_hand(void **state)
{
    (void)state;
    const float grey[] = {-0.5f, 0.5f, 0.25f, 0.75f}; /* mean 1/4 */
    float y[12];
    ga_augmentation a = nothing(BIT(JITTER));
    a.contrast = 2;
    a.brightness = 0.25f; /* of the range -1..1: 0.5 */
    ga_augmentation_set(&a, (ga_dims){1, 2, 2});
    apply_one(&a, (ga_dims){1, 2, 2}, grey, y);
    const float want[] = {-0.75f, 1.25f, 0.75f, 1.75f};
    check_close("contrast and brightness", y, want, 4, 1e-6);

    const ga_dims d = {3, 1, 2}; /* a pixel (0.6, 0, -0.3) and a grey one */
    const float colour[] = {0.6f, 0.5f, 0, 0.5f, -0.3f, 0.5f};
    a = nothing(BIT(JITTER));
    a.saturation = 0;
    ga_augmentation_set(&a, d);
    apply_one(&a, d, colour, y);
    const float washed[] = {0.1f, 0.5f, 0.1f, 0.5f, 0.1f, 0.5f};
    check_close("no saturation", y, washed, 6, 1e-6);
    a.saturation = 1;
    a.hue = 120; /* red becomes green, green blue, blue red; grey stays */
    ga_augmentation_set(&a, d);
    apply_one(&a, d, colour, y);
    const float turned[] = {-0.3f, 0.5f, 0.6f, 0.5f, 0, 0.5f};
    check_close("a third of the colours", y, turned, 6, 1e-6);
    a.hue = 37; /* keeps length and mean: a turn about the grey axis */
    a.saturation = 1.5f;
    ga_augmentation_set(&a, d);
    apply_one(&a, d, colour, y);
    double mean = 0, length = 0;
    for (int k = 0; k < 3; k++) {
        mean += (double)y[2 * k] / 3;
        length += ((double)y[2 * k] - 0.1) * ((double)y[2 * k] - 0.1);
    }
    assert_true(fabs(mean - 0.1) < 1e-6 && fabs(length - 2.25 * (0.25 + 0.01 + 0.16)) < 1e-5);
    a = nothing(BIT(JITTER)); /* contrast is about the mean of all channels: 1.8 / 6 */
    a.contrast = 0;
    ga_augmentation_set(&a, d);
    apply_one(&a, d, colour, y);
    for (int i = 0; i < 6; i++)
        assert_true(fabsf(y[i] - 0.3f) < 1e-6f);
}

/* Sums over the square of the definition, in double. */
static void a_blur_is_a_gaussian_with_black_outside(void **state)
{
    (void)state;
    static const float sigmas[] = {0.05f, 0.4f, 1, 2.7f, 10};
    enum { H = 9, W = 13 };
    const ga_dims d = {2, H, W};
    float x[2 * H * W], y[2 * H * W], want[2 * H * W];
    fill(x, 2 * H * W, 4);
    for (int s = 0; s < 5; s++) {
        const double sigma = (double)sigmas[s];
        const int reach = (int)ceil(3 * sigma);
        double total = 0;
        for (int k = -reach; k <= reach; k++)
            total += exp(-k * k / (2 * sigma * sigma));
        for (int i = 0; i < 2 * H * W; i++) {
            double sum = 0;
            for (int j = 0; j < H * W; j++) {
                const int dy = j / W - i % (H * W) / W, dx = j % W - i % W;
                if (abs(dy) <= reach && abs(dx) <= reach)
                    sum += exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)) *
                           ((double)x[i / (H * W) * H * W + j] + 1);
            }
            want[i] = (float)(sum / (total * total) - 1);
        }
        ga_augmentation a = nothing(BIT(BLUR));
        a.sigma = sigmas[s];
        apply_one(&a, d, x, y);
        check_close("blur", y, want, 2 * H * W, 1e-6);
    }
    ga_augmentation none = nothing(BIT(BLUR)); /* sigma 0 can be drawn */
    apply_one(&none, d, x, y);
    assert_memory_equal(x, y, sizeof x);
}

static int order_of_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the distance of the distribution from the normal one stays below
 * 1.95 / sqrt(n) in 999 of 1000 cases; the seed is fixed. Moments within five standard errors. */
static void noise_is_normal_and_each_number_its_own(void **state)
{
    (void)state;
    enum { N = 200, W = 50, COUNT = N * 2 * W * W };
    const ga_dims d = {2, W, W};
    const ga_augment spec = augment_of("noise=0.05");
    static ga_augmentation a[N];
    float *x = calloc(COUNT, sizeof *x), *y = calloc(COUNT, sizeof *y);
    ga_augment_draw(&spec, 1, d, 12, 1, 0, N, a);
    ga_augment_apply(a, N, d, -1, 1, x, y, working_room);
    double m1 = 0, m2 = 0, m4 = 0, next = 0, half = 0, other = 0;
    for (int i = 0; i < COUNT; i++) {
        const double z = (double)y[i] / 0.1; /* 0.05 of a range of 2 */
        m1 += z / COUNT;
        m2 += z * z / COUNT;
        m4 += z * z * z * z / COUNT;
        next += z * (double)y[(i + 1) % COUNT] / 0.1 / COUNT;
        half += z * (double)y[(i + 64) % COUNT] / 0.1 / COUNT; /* the other one of a pair */
        other += z * (double)y[(i + 2 * W * W) % COUNT] / 0.1 / COUNT;
    }
    const double error = 1 / sqrt(COUNT);
    assert_true(fabs(m1) < 5 * error && fabs(m2 - 1) < 5 * sqrt(2) * error);
    assert_true(fabs(m4 - 3) < 5 * sqrt(96) * error);
    assert_true(fabs(next) < 5 * error && fabs(half) < 5 * error && fabs(other) < 5 * error);
    qsort(y, COUNT, sizeof *y, order_of_floats);
    double distance = 0;
    for (int i = 0; i < COUNT; i++) {
        const double normal = 0.5 * erfc(-(double)y[i] / 0.1 / sqrt(2));
        distance = fmax(distance, fmax(fabs(normal - (double)i / COUNT),
                                       fabs(normal - (double)(i + 1) / COUNT)));
    }
    assert_true(distance < 1.95 * error);
    assert_true((double)y[COUNT - 1] / 0.1 > 4 && (double)y[COUNT - 1] / 0.1 < 6);
    free(x);
    free(y);
}

static void a_cutout_is_black(void **state)
{
    (void)state;
    const ga_dims d = {2, 3, 4};
    float x[24], y[24];
    fill(x, 24, 5);
    ga_augmentation a = nothing(BIT(CUTOUT));
    a.cut_x = 1;
    a.cut_w = 3;
    a.cut_y = 0;
    a.cut_h = 2;
    apply_one(&a, d, x, y);
    for (int i = 0; i < 24; i++)
        assert_true(y[i] == (i % 4 >= 1 && i % 12 < 8 ? -1 : x[i]));
}

/* ---- adjoints ---------------------------------------------------------------------------------*/

/* |<Ax + b - b, y> - <x, A'y>| relative to the lengths; b is what becomes of a picture of zeros. */
static void check_adjoint(const char *text, double p, ga_dims d, uint64_t stream)
{
    const size_t count = ga_dims_count(d);
    const ga_augment spec = augment_of(text);
    enum { N = 25 };
    ga_augmentation a[N];
    static float x[MOST], y[MOST], ax[MOST], b[MOST], back[MOST], zero[MOST];
    assert_true(count <= MOST && ga_augment_room(d) <= sizeof working_room);
    ga_augment_draw(&spec, p, d, 21, stream, 0, N, a);
    for (int i = 0; i < N; i++) {
        fill(x, count, 100 + (uint64_t)i);
        fill(y, count, 200 + (uint64_t)i);
        ga_augment_apply(&a[i], 1, d, -1, 1, x, ax, working_room);
        ga_augment_apply(&a[i], 1, d, -1, 1, zero, b, working_room);
        ga_augment_adjoint(&a[i], 1, d, y, back, working_room);
        double forward = 0, backward = 0, xx = 0, yy = 0;
        for (size_t k = 0; k < count; k++) {
            forward += ((double)ax[k] - (double)b[k]) * (double)y[k];
            backward += (double)x[k] * (double)back[k];
            xx += (double)x[k] * (double)x[k];
            yy += (double)y[k] * (double)y[k];
        }
        if (!(fabs(forward - backward) < 1e-5 * sqrt(xx * yy)))
            fail_msg("%s, picture %d: <Ax,y> = %.9g, <x,A'y> = %.9g", text, i, forward, backward);
        /* with an empty range apply is A alone */
        ga_augment_apply(&a[i], 1, d, 0, 0, x, back, working_room);
        for (size_t k = 0; k < count; k++) /* values up to 4, of which up to 4 was taken */
            if (!(fabsf(back[k] - (ax[k] - b[k])) < 3e-6f))
                fail_msg("%s, picture %d: A x is %.9g and %.9g", text, i, (double)back[k],
                         (double)(ax[k] - b[k]));
    }
}

static void every_kind_has_its_adjoint(void **state)
{
    (void)state;
    static const char *const texts[] = {"crop=0.3",  "rotate=180", "translate=0.5",
                                        "flip",      "jitter=1",   "blur=3",
                                        "noise=0.5", "cutout=0.7", everything};
    static const ga_dims dims[] = {{1, 28, 28}, {3, 17, 23}, {2, 5, 3}, {1, 1, 1}, {3, 32, 1}};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        for (size_t k = 0; k < sizeof dims / sizeof *dims; k++)
            check_adjoint(texts[t], 1, dims[k], t);
    for (uint64_t s = 50; s < 60; s++) /* any composition */
        check_adjoint("crop=0.3,rotate=180,translate=0.5,flip,jitter=1,blur=3,noise=0.5,cutout=0.7",
                      0.5, (ga_dims){3, 19, 14}, s);
}

static void in_place_or_not_and_one_by_one_or_not_is_the_same(void **state)
{
    (void)state;
    enum { N = 12 };
    const ga_dims d = {3, 9, 8};
    const size_t count = ga_dims_count(d);
    const ga_augment spec = augment_of(everything);
    ga_augmentation a[N];
    static float x[MOST], y[MOST], z[MOST];
    assert_true(N * count <= MOST);
    fill(x, N * count, 6);
    ga_augment_draw(&spec, 0.8, d, 2, 3, 0, N, a);
    const uint64_t before = ga_mem_count();
    ga_augment_apply(a, N, d, -1, 1, x, y, working_room);
    for (int i = N - 1; i >= 0; i--)
        ga_augment_apply(&a[i], 1, d, -1, 1, x + (size_t)i * count, z + (size_t)i * count,
                         working_room);
    assert_memory_equal(y, z, N * count * sizeof *y);
    memcpy(z, x, sizeof z);
    ga_augment_apply(a, N, d, -1, 1, z, z, working_room);
    assert_memory_equal(y, z, N * count * sizeof *y);
    ga_augment_adjoint(a, N, d, x, y, working_room);
    memcpy(z, x, sizeof z);
    ga_augment_adjoint(a, N, d, z, z, working_room);
    assert_memory_equal(y, z, N * count * sizeof *y);
    assert_int_equal(ga_mem_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_drawn_is_a_copy_bit_for_bit),
        cmocka_unit_test(a_flip_mirrors_and_two_are_none),
        cmocka_unit_test(a_quarter_turn_of_a_drawn_picture),
        cmocka_unit_test(whole_pixels_move_exactly),
        cmocka_unit_test(a_crop_stretches_its_part),
        cmocka_unit_test(maps_of_places_agree_with_a_plain_reference),
        cmocka_unit_test(jitter_by_hand),
        cmocka_unit_test(a_blur_is_a_gaussian_with_black_outside),
        cmocka_unit_test(noise_is_normal_and_each_number_its_own),
        cmocka_unit_test(a_cutout_is_black),
        cmocka_unit_test(every_kind_has_its_adjoint),
        cmocka_unit_test(in_place_or_not_and_one_by_one_or_not_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
