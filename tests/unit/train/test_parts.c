/* test_parts.c - what trains a segmenter of painted parts: what it learns from, that it is the same
 * for any number of threads, and what it refuses. */
#include "models.h"
#include "ganatomy/parts.h"

/* 2 units at 2x2, enlarged to pictures of 4x4 in which unit 0 is the grey value. */
static const char text[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"tiny\","
    " \"input\": {\"name\": \"z\", \"size\": 8, \"law\": \"normal\"}, \"output\": {\"range\": [-1, "
    "1]}, \"layers\": ["
    "{\"name\": \"units\", \"type\": \"Unflatten\", \"unflattened_size\": [2, 2, 2]},"
    "{\"name\": \"up\", \"type\": \"Upsample\", \"scale_factor\": 2},"
    "{\"name\": \"picture\", \"type\": \"Conv2d\", \"in_channels\": 2, \"out_channels\": 1,"
    " \"kernel_size\": 1}]}";
enum { N = 4, PIXELS = 16, LOW = 1, HIGH = 2, LEFT = 3 };

typedef struct fixture {
    ga_model *m;
    ga_vocabulary *v;
    float z[N * 8];
    uint16_t maps[N * 2 * PIXELS];
    ga_painted painted;
    ga_parts_options o;
} fixture;

/* Plane "part": high where the nearest cell of unit 0 is positive, else low. Plane "side": left and
 * none of it. */
static fixture *make(void)
{
    static const char *const categories[] = {"part", "side"}, *const layers[] = {"up"};
    static const ga_label labels[] = {{"low", 0}, {"high", 0}, {"left", 1}};
    static fixture f;
    ga_err err;
    f = (fixture){0};
    f.m = model_described(text);
    CHECK_OK(ga_vocabulary_create(categories, 2, labels, 3, &f.v, &err));
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, N, 8, f.z, &err));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < PIXELS; k++) {
            const int cell = k / 8 * 2 + k % 4 / 2;
            f.maps[(i * 2) * PIXELS + k] = f.z[i * 8 + cell] > 0 ? HIGH : LOW;
            f.maps[(i * 2 + 1) * PIXELS + k] = k % 4 < 2 ? LEFT : 0;
        }
    f.painted = (ga_painted){.vocabulary = f.v, .n = N, .z = f.z, .maps = f.maps};
    f.o = GA_PARTS_OPTIONS_DEFAULT;
    f.o.layers = layers;
    f.o.n_layers = 1;
    f.o.steps = 300;
    f.o.threads = 1;
    return &f;
}

static void end(fixture *f)
{
    ga_model_free(f->m);
    ga_vocabulary_free(f->v);
}

/* Where units lie among label maps is all that may be learnt: the sign of unit 0 tells the first
 * plane, nothing tells sides. */
static void what_units_tell_is_learnt_and_nothing_else(void **state)
{
    (void)state;
    ga_err err;
    ga_model *out;
    ga_parts_check c;
    fixture *f = make();
    for (int k = 0; k < PIXELS; k++) /* one picture's sides are not said */
        f->maps[(2 * 2 + 1) * PIXELS + k] = GA_UNPAINTED;
    CHECK_OK(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, &c, &err));
    assert_int_equal(c.pixels, N * 2 * PIXELS - PIXELS);
    assert_int_equal(c.truth[LOW] + c.truth[HIGH], N * PIXELS);
    assert_int_equal(c.truth[LEFT], (N - 1) * PIXELS / 2);
    assert_int_equal(c.truth[0], (N - 1) * PIXELS / 2); /* none of the sides */
    /* the cells of a picture left out are signs that were seen, of values that were not */
    assert_true(c.both[LOW] + c.both[HIGH] >= N * PIXELS - 2 * 4);
    assert_true(c.both[LEFT] + c.both[0] < (N - 1) * PIXELS * 3 / 4);
    assert_non_null(strstr(ga_model_note(out, "inside"), "\"generator\":\"tiny\""));
    assert_non_null(strstr(ga_model_note(out, "inside"), "\"layers\":[\"up\"]"));
    ga_parts_check_free(&c);
    ga_model_free(out);
    end(f);
}

static void the_same_inputs_give_the_same_network(void **state)
{
    (void)state;
    ga_err err;
    char hash[3][65];
    fixture *f = make();
    for (int i = 0; i < 3; i++) {
        ga_model *out;
        f->o.threads = i == 1 ? 2 : 1;
        f->o.seed = i == 2 ? 9 : 1;
        f->o.check = i == 1; /* what is left out in turn changes nothing of the result */
        ga_parts_check c;
        CHECK_OK(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, &c, &err));
        ga_model_hash(out, hash[i]);
        ga_parts_check_free(&c);
        ga_model_free(out);
    }
    assert_string_equal(hash[0], hash[1]);
    assert_string_not_equal(hash[0], hash[2]);
    end(f);
}

/* Standardised by the painted pixels, whatever the others hold. */
static void units_are_standardised_over_what_is_painted(void **state)
{
    (void)state;
    ga_err err;
    ga_model *out;
    fixture *f = make();
    for (int i = 1; i < N * 2; i++)
        if (i != 2)
            for (int k = 0; k < PIXELS; k++)
                f->maps[i * PIXELS + k] = GA_UNPAINTED; /* planes 0 of pictures 0 and 1 remain */
    f->maps[0] = LOW;
    f->maps[1] = HIGH;
    f->o.check = false;
    CHECK_OK(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err));
    size_t n;
    const float *statistics = ga_params_buffers(ga_model_params(out), &n);
    assert_int_equal(n, 4);
    for (int u = 0; u < 2; u++) {
        double mean = 0, square = 0;
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 4; k++) {
                mean += (double)f->z[i * 8 + u * 4 + k] / 8;
                square += (double)f->z[i * 8 + u * 4 + k] * (double)f->z[i * 8 + u * 4 + k] / 8;
            }
        assert_true(fabs((double)statistics[u] - mean) < 1e-6);
        assert_true(fabs((double)statistics[2 + u] - (square - mean * mean)) < 1e-5);
    }
    ga_model_free(out);
    end(f);
}

static bool at_once(void *user)
{
    (void)user;
    return true;
}

static void what_cannot_be_learnt_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_model *out;
    fixture *f = make();
    const ga_parts_options good = f->o;
    f->o.layers = (const char *const[]){"upp"};
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_ENOTFOUND,
                "upp");
    f->o.layers = (const char *const[]){"up", "up"};
    f->o.n_layers = 2;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_EINVAL,
                "twice");
    f->o = good;
    f->o.bn = GA_BN_BATCH;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_EINVAL,
                "statistics of a batch");
    f->o = good;
    f->o.memory_limit = 100;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_ENOMEM,
                "64 painted pixels of 2 units are 512 B");
    f->o = good;
    const ga_progress stop = {.cancelled = at_once};
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, &stop, &out, NULL, &err), GA_EINTERRUPTED,
                "interrupted");
    f->maps[3] = LEFT;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_EINVAL,
                "label 3 in plane 0");
    for (int i = 0; i < N * 2 * PIXELS; i++)
        f->maps[i] = GA_UNPAINTED;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_EINVAL,
                "nothing is painted");
    f->maps[0] = f->maps[5] = HIGH;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_EINVAL,
                "all that is painted is 'high'");
    f->maps[1] = LOW;
    f->z[0] = NAN;
    CHECK_FAILS(ga_train_parts(f->m, &f->painted, &f->o, NULL, &out, NULL, &err), GA_EDATA,
                "unit 0 of layer 'up'");
    assert_null(out);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_units_tell_is_learnt_and_nothing_else),
        cmocka_unit_test(the_same_inputs_give_the_same_network),
        cmocka_unit_test(units_are_standardised_over_what_is_painted),
        cmocka_unit_test(what_cannot_be_learnt_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
