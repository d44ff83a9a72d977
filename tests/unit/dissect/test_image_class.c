/* test_image_class.c - of which class the images are that a generator makes to be dissected. */
#include "dissect_check.h"

enum { N = GA_DISSECT_BLOCK, PIXELS = 28 * 28, ACTIVE = 48 * 14 * 14, Z = 64, CLASSES = 10 };

static ga_model *model, *plain, *reader;
static ga_segmenter *colors;

static int set_up(void **state)
{
    (void)state;
    ga_err err;
    CHECK_OK(ga_model_open(GA_SOURCE_DIR "/models/mnist-cgan.safetensors", &model, &err));
    CHECK_OK(ga_model_open(GA_SOURCE_DIR "/models/mnist-gan.safetensors", &plain, &err));
    CHECK_OK(ga_model_open(GA_SOURCE_DIR "/models/lenet5.safetensors", &reader, &err));
    CHECK_OK(ga_segmenter_colors(&colors, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ga_segmenter_free(colors);
    ga_model_free(reader);
    ga_model_free(plain);
    ga_model_free(model);
    return 0;
}

static ga_subject_spec spec_of(ga_model *m)
{
    static const char *const layers[] = {"layer1"};
    return (ga_subject_spec){.model = m,
                             .segmenter = colors,
                             .layers = layers,
                             .n_layers = 1,
                             .side = 28,
                             .twin = true,
                             .twin_seed = 1,
                             .threads = 1};
}

/* Of images ids[0..N-1]; one: a class, or -1 for each its turn. */
static void look(int one, const uint32_t *ids, float *pictures, float *units, float *twin)
{
    ga_err err;
    ga_subject *s;
    ga_subject_spec spec = spec_of(model);
    float *activation[] = {units, twin};
    spec.one_class = one >= 0;
    spec.image_class = one;
    CHECK_OK(ga_subject_create(&spec, &s, &err));
    CHECK_OK(ga_subject_look(s, 5, ids, N, (ga_subject_block){activation, NULL, pictures}, &err));
    ga_subject_free(s);
}

/* What the model draws of the same rows and these classes. */
static void draw(const uint32_t *ids, const int32_t *classes, float *pictures)
{
    ga_err err;
    ga_renderer *r;
    float z[N * Z];
    const ga_renderer_options o = {.batch = N, .threads = 1};
    for (int i = 0; i < N; i++)
        CHECK_OK(ga_latents(GA_LAW_NORMAL, 5, ids[i], 1, Z, z + i * Z, &err));
    CHECK_OK(ga_renderer_create(model, &o, &r, &err));
    CHECK_OK(ga_renderer_draw(r, z, classes, N, pictures, NULL, &err));
    ga_renderer_free(r);
}

static const uint32_t ids[N] = {0, 3, 1, 2, 13, 23, 33, 4, 5, 6, 7, 8, 9, 10, 11, 43};
static float seen[N * PIXELS], drawn[N * PIXELS];
static float units[N * ACTIVE], twin[N * ACTIVE], units_of_3[N * ACTIVE], twin_of_3[N * ACTIVE];

static void images_of_one_class_are_what_the_generator_draws_of_it(void **state)
{
    (void)state;
    for (int32_t c = 0; c < CLASSES; c += 3) {
        int32_t classes[N];
        for (int i = 0; i < N; i++)
            classes[i] = c;
        look(c, ids, seen, units, twin);
        draw(ids, classes, drawn);
        assert_memory_equal(seen, drawn, sizeof seen);
    }
}

static void classes_take_turns_unless_one_is_named(void **state)
{
    (void)state;
    int32_t classes[N];
    for (int i = 0; i < N; i++)
        classes[i] = (int32_t)(ids[i] % CLASSES);
    look(-1, ids, seen, units, twin);
    draw(ids, classes, drawn);
    assert_memory_equal(seen, drawn, sizeof seen);
}

static bool are_equal(const float *a, const float *b)
{
    int n = 0;
    while (n < ACTIVE && a[n] == b[n])
        n++;
    return n == ACTIVE;
}

/* Where it is an image's turn to be a 3, naming class 3 changes nothing; elsewhere it changes what
 * units do, and those of the twin as well. */
static void units_and_the_twins_see_the_same_class(void **state)
{
    (void)state;
    look(-1, ids, seen, units, twin);
    look(3, ids, seen, units_of_3, twin_of_3);
    for (int i = 0; i < N; i++) {
        const size_t at = (size_t)i * ACTIVE;
        const bool turn = ids[i] % CLASSES == 3;
        assert_true(are_equal(units + at, units_of_3 + at) == turn);
        assert_true(are_equal(twin + at, twin_of_3 + at) == turn);
    }
}

static void a_class_that_is_not_drawn_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_subject *s;
    ga_subject_spec spec = spec_of(model);
    spec.one_class = true;
    spec.image_class = CLASSES;
    CHECK_FAILS(ga_subject_create(&spec, &s, &err), GA_EINVAL, "there is no class 10: '");
    CHECK_FAILS(ga_subject_create(&spec, &s, &err), GA_EINVAL, "' draws 0 to 9");
    assert_null(s);
    spec.image_class = -1;
    CHECK_FAILS(ga_subject_check(&spec, &err), GA_EINVAL, "there is no class -1");
    spec.image_class = 0;
    spec.model = plain;
    CHECK_FAILS(ga_subject_check(&spec, &err), GA_EINVAL,
                "'mnist-gan' draws no classes: its images cannot be of class 0");
    spec.model = reader;
    CHECK_FAILS(ga_subject_check(&spec, &err), GA_EINVAL,
                "reads pictures, and makes none of class 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_of_one_class_are_what_the_generator_draws_of_it),
        cmocka_unit_test(classes_take_turns_unless_one_is_named),
        cmocka_unit_test(units_and_the_twins_see_the_same_class),
        cmocka_unit_test(a_class_that_is_not_drawn_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
