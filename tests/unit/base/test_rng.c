#include "check.h"
#include "base/rng.h"

/* numpy.random.RandomState(seed), NumPy 1.24.2: bytes(12) as words, random_sample(3), and
 * standard_normal(100001)[[0, 1, 2, 100000]]. Exact, bit for bit. */
static const struct {
    uint32_t seed, words[3];
    double uniform[3], normal[3], last;
} NUMPY[] = {
    {0,
     {0x8c7f0aac, 0x97c4aa2f, 0xb716a675},
     {0x1.18fe1565f12a8p-1, 0x1.6e2d4cf608733p-1, 0x1.349d66b6e894bp-1},
     {0x1.c398ef3e5cfa5p+0, 0x1.99c2cfacc8953p-2, 0x1.f51d25222c9abp-1},
     -0x1.ef689c1760c1bp-2},
    {1,
     {0x6ac1f425, 0xff4780eb, 0xb8672f8c},
     {0x1.ab07d0ffa3c06p-2, 0x1.70ce5f3baf051p-1, 0x1.dfb906661c000p-14},
     {0x1.9fd5190657c50p+0, -0x1.393822fb7d9adp-1, -0x1.0e6c872548fd2p-1},
     -0x1.20456a166dca5p+1},
    {12345,
     {0xedfb51e2, 0xe3e12de5, 0x50fdfd1d},
     {0x1.dbf6a3f8f84b7p-1, 0x1.43f7f410bb044p-2, 0x1.78aa6d0a2dad8p-3},
     {-0x1.a33dc4f5d203dp-3, 0x1.ea701f566080fp-2, -0x1.09f3df0ae3d0ep-1},
     -0x1.b92ce69c6a353p+0},
    {4294967295u,
     {0x18fe69a3, 0x1c924122, 0xe991ec0c},
     {0x1.8fe69a3924820p-4, 0x1.d323d824032b1p-1, 0x1.93fc6f61af3f9p-1},
     {0x1.4bfc38c486d8ap-1, 0x1.56b192e507eeep-1, -0x1.149e836f192fdp+0},
     0x1.a836caae94846p-4},
};

static void numpy_streams_are_equal_bit_for_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof NUMPY / sizeof *NUMPY; k++) {
        ga_numpy_rng r;
        ga_numpy_seed(&r, NUMPY[k].seed);
        for (int i = 0; i < 3; i++)
            assert_int_equal(ga_numpy_u32(&r), NUMPY[k].words[i]);
        ga_numpy_seed(&r, NUMPY[k].seed);
        for (int i = 0; i < 3; i++)
            assert_true(ga_numpy_uniform(&r) == NUMPY[k].uniform[i]);
        ga_numpy_seed(&r, NUMPY[k].seed);
        double x = 0;
        for (int i = 0; i <= 100000; i++) {
            x = ga_numpy_normal(&r);
            if (i < 3 && x != NUMPY[k].normal[i])
                fail_msg("seed %u, normal %d is %a, expected %a", NUMPY[k].seed, i, x,
                         NUMPY[k].normal[i]);
        }
        assert_true(x == NUMPY[k].last);
    }
}

/* The z vectors of the dissection tools: rows of 512, as f32, with the norm of row 0. */
static void latents_of_published_ids(void **state)
{
    (void)state;
    static const struct {
        uint32_t seed;
        float row0[4], end0, row1[3];
        double norm;
    } golden[] = {
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
    for (size_t k = 0; k < sizeof golden / sizeof *golden; k++) {
        ga_numpy_rng r;
        float z[515];
        double square = 0;
        ga_numpy_seed(&r, golden[k].seed);
        for (int i = 0; i < 515; i++)
            z[i] = (float)ga_numpy_normal(&r);
        for (int i = 0; i < 512; i++)
            square += (double)z[i] * (double)z[i];
        check_close("row 0", z, golden[k].row0, 4, 1e-8); /* printed with 8 decimals */
        check_close("end of row 0", z + 511, &golden[k].end0, 1, 1e-7);
        check_close("row 1", z + 512, golden[k].row1, 3, 1e-8);
        assert_true(fabs(sqrt(square) - golden[k].norm) < 1e-5);
    }
}

static void a_copied_stream_goes_on_alike(void **state)
{
    (void)state;
    ga_numpy_rng a;
    ga_numpy_seed(&a, 7);
    ga_numpy_normal(&a); /* one number is kept */
    ga_numpy_rng b = a;
    for (int i = 0; i < 2000; i++)
        assert_true(ga_numpy_normal(&a) == ga_numpy_normal(&b));
}

/* From an independent implementation in Python of the definition in rng.h: key =
 * mix(mix(seed + G) + stream * G), word i = mix(key + (i + 1) G). */
static void own_streams_are_as_defined(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, stream, words[3];
    } golden[] = {
        {0, 0, {0x568a9b0b1a2c05ec, 0x44e5b8b147ef718b, 0x458563ab55521133}},
        {1, 2, {0x9edbe9bd18ad781d, 0x7d8e67d8f2af75d5, 0x76e36d629cae6121}},
        {UINT64_MAX, 7, {0x7d50b9a0f42ea478, 0x8a744df058fdf485, 0x13115aa6e6ae19ac}},
    };
    for (size_t k = 0; k < sizeof golden / sizeof *golden; k++) {
        ga_rng r = ga_rng_of(golden[k].seed, golden[k].stream);
        for (int i = 0; i < 3; i++)
            assert_true(ga_rng_u64(&r) == golden[k].words[i]);
        ga_rng later = ga_rng_of(golden[k].seed, golden[k].stream);
        later.counter = 2; /* any draw can be had without those before it */
        assert_true(ga_rng_u64(&later) == golden[k].words[2]);
    }
}

/* 5 standard errors of the mean of n draws with this deviation. */
static double allowed(double deviation, double n)
{
    return 5 * deviation / sqrt(n);
}

static void own_draws_have_the_moments_of_their_law(void **state)
{
    (void)state;
    enum { N = 200000 };
    ga_rng r = ga_rng_of(3, 4);
    double u = 0, u2 = 0, z = 0, z2 = 0, z4 = 0;
    for (int i = 0; i < N; i++) {
        const double x = ga_rng_uniform(&r), y = ga_rng_normal(&r);
        assert_true(x >= 0 && x < 1);
        u += x, u2 += x * x, z += y, z2 += y * y, z4 += y * y * y * y;
    }
    assert_true(fabs(u / N - 0.5) < allowed(sqrt(1.0 / 12), N));
    assert_true(fabs(u2 / N - 1.0 / 3) < allowed(sqrt(4.0 / 45), N));
    assert_true(fabs(z / N) < allowed(1, N));
    assert_true(fabs(z2 / N - 1) < allowed(sqrt(2), N));
    assert_true(fabs(z4 / N - 3) < allowed(sqrt(96), N));
}

static void small_integers_are_even(void **state)
{
    (void)state;
    enum { N = 90000 };
    ga_rng r = ga_rng_of(5, 0);
    int count[9] = {0};
    for (int i = 0; i < N; i++) {
        const uint32_t k = ga_rng_below(&r, 9);
        assert_true(k < 9);
        count[k]++;
    }
    for (int k = 0; k < 9; k++) /* binomial, 5 deviations */
        assert_true(abs(count[k] - N / 9) < 5 * sqrt(N / 9.0 * 8 / 9));
    assert_int_equal(ga_rng_below(&r, 1), 0);
    assert_int_equal(ga_rng_below(&r, 0), 0);
    /* three quarters of 2^32: without rejection every third number would come twice as often */
    int third = 0;
    for (int i = 0; i < N; i++)
        third += ga_rng_below(&r, 0xc0000000u) % 3 == 0;
    assert_true(abs(third - N / 3) < 5 * sqrt(N / 3.0 * 2 / 3));
}

static void a_shuffle_is_a_permutation_and_all_come_alike(void **state)
{
    (void)state;
    enum { N = 60000 };
    ga_rng r = ga_rng_of(6, 0);
    int count[27] = {0};
    for (int i = 0; i < N; i++) {
        uint32_t items[3] = {0, 1, 2};
        ga_rng_shuffle(&r, items, 3);
        count[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    int kinds = 0;
    for (int k = 0; k < 27; k++)
        if (count[k] > 0) {
            kinds++;
            assert_true(abs(count[k] - N / 6) < 5 * sqrt(N / 6.0 * 5 / 6));
        }
    assert_int_equal(kinds, 6);
    ga_rng_shuffle(&r, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_streams_are_equal_bit_for_bit),
        cmocka_unit_test(latents_of_published_ids),
        cmocka_unit_test(a_copied_stream_goes_on_alike),
        cmocka_unit_test(own_streams_are_as_defined),
        cmocka_unit_test(own_draws_have_the_moments_of_their_law),
        cmocka_unit_test(small_integers_are_even),
        cmocka_unit_test(a_shuffle_is_a_permutation_and_all_come_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
