#include "ganatomy/model.h"
#include "check.h"

/* NumPy's RandomState(seed).standard_normal((n, 512)), float32, by an independent implementation.
 */
static const struct golden {
    uint32_t seed;
    float row0[4], last0, row1[3];
    double norm0;
} goldens[] = {
    {1,
     {1.62434542f, -0.61175638f, -0.52817178f, -1.07296860f},
     0.19686978f,
     {0.16986926f, -1.16400802f, 0.69336623f},
     22.30682},
    {2,
     {-0.41675785f, -0.05626683f, -2.13619614f, 1.64027083f},
     -0.82987487f,
     {1.28876936f, 0.13492545f, -1.77860069f},
     23.40073},
    {3,
     {1.78862846f, 0.43650985f, 0.09649747f, -1.86349273f},
     -1.00460863f,
     {-0.79566759f, 0.94913381f, -0.15082304f},
     23.04740},
    {10,
     {1.33158648f, 0.71527898f, -1.54540026f, -0.00838385f},
     -0.66576570f,
     {-0.70462000f, -0.35376272f, 0.15192743f},
     21.35651},
    {11,
     {1.74945474f, -0.28607300f, -0.48456514f, -2.65331864f},
     -0.12550518f,
     {-1.50838792f, 0.66613221f, -2.33031178f},
     22.14717},
};

static void latents_are_those_of_numpy(void **state)
{
    (void)state;
    ga_err err;
    float z[2 * 512];
    for (size_t g = 0; g < sizeof goldens / sizeof *goldens; g++) {
        CHECK_OK(ga_latents(GA_LAW_NORMAL, goldens[g].seed, 0, 2, 512, z, &err));
        double norm = 0;
        for (int i = 0; i < 512; i++)
            norm += (double)z[i] * (double)z[i];
        /* the goldens have 8 decimals: half of the last one, and the rounding of a float */
        check_close("row 0", z, goldens[g].row0, 4, 1e-8);
        check_close("end of row 0", z + 511, &goldens[g].last0, 1, 1e-7);
        check_close("row 1", z + 512, goldens[g].row1, 3, 1e-8);
        assert_true(fabs(sqrt(norm) - goldens[g].norm0) < 1e-5);
    }
}

static void a_row_is_the_same_whatever_is_asked(void **state)
{
    (void)state;
    ga_err err;
    float all[9 * 5], some[3 * 5]; /* 5 is odd: a row begins in the middle of a pair */
    for (int law = GA_LAW_NORMAL; law <= GA_LAW_UNIFORM; law++) {
        CHECK_OK(ga_latents((ga_law)law, 7, 0, 9, 5, all, &err));
        CHECK_OK(ga_latents((ga_law)law, 7, 4, 3, 5, some, &err));
        assert_memory_equal(some, all + 4 * 5, sizeof some);
    }
}

static void uniform_latents_are_those_of_numpy(void **state)
{
    (void)state;
    ga_err err;
    float z[4];
    /* numpy.random.RandomState(1).uniform(-1, 1, 4) */
    const float want[] = {-0.16595599f, 0.44064899f, -0.99977125f, -0.39533485f};
    CHECK_OK(ga_latents(GA_LAW_UNIFORM, 1, 0, 1, 4, z, &err));
    check_close("uniform", z, want, 4, 1e-7);
}

static void impossible_latents_are_refused(void **state)
{
    (void)state;
    ga_err err;
    float z[4] = {9, 9, 9, 9};
    CHECK_FAILS(ga_latents(GA_LAW_NONE, 1, 0, 1, 4, z, &err), GA_EINVAL, "reads none");
    CHECK_FAILS(ga_latents(GA_LAW_NORMAL, 1, 0, 1, 0, z, &err), GA_EINVAL, "at least 1");
    CHECK_FAILS(ga_latents(GA_LAW_NORMAL, 1, (uint64_t)1 << 31, 1, 4, z, &err), GA_EINVAL,
                "ids end at 1073741823");
    CHECK_FAILS(ga_latents(GA_LAW_NORMAL, 1, UINT64_MAX, 1, 4, z, &err), GA_EINVAL, "ids end at");
    assert_true(z[0] == 9);
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, 0, 4, z, &err));
}

static void rows_one_by_one_are_those_of_all(void **state)
{
    (void)state;
    ga_err err;
    static const uint64_t asked[] = {0, 1, 2, 5, 8, 3, 3, 0, 8};
    for (int law = GA_LAW_NORMAL; law <= GA_LAW_UNIFORM; law++) {
        float all[9 * 5], row[5];
        ga_latent_rows *rows;
        CHECK_OK(ga_latents((ga_law)law, 7, 0, 9, 5, all, &err));
        CHECK_OK(ga_latent_rows_create((ga_law)law, 7, 5, &rows, &err));
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
            CHECK_OK(ga_latent_rows_get(rows, asked[i], row, &err));
            assert_memory_equal(row, all + asked[i] * 5, sizeof row);
        }
        CHECK_FAILS(ga_latent_rows_get(rows, (uint64_t)1 << 32, row, &err), GA_EINVAL,
                    "ids end at");
        ga_latent_rows_free(rows);
    }
    ga_latent_rows *none;
    CHECK_FAILS(ga_latent_rows_create(GA_LAW_NONE, 1, 4, &none, &err), GA_EINVAL, "reads none");
    assert_null(none);
    ga_latent_rows_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latents_are_those_of_numpy),
        cmocka_unit_test(a_row_is_the_same_whatever_is_asked),
        cmocka_unit_test(uniform_latents_are_those_of_numpy),
        cmocka_unit_test(impossible_latents_are_refused),
        cmocka_unit_test(rows_one_by_one_are_those_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
