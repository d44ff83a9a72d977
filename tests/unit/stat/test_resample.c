/* test_resample.c - things drawn again: how often, and what ratios of sums become. */
#include "base/alloc.h"
#include "base/rng.h"
#include "check.h"
#include "ganatomy/stat.h"

enum { N = 700, RATIOS = 3, ROUNDS = 90 };

static void as_many_are_drawn_as_there_are(void **state)
{
    (void)state;
    static uint8_t times[N], again[N];
    int never = 0, differ = 0;
    for (uint64_t round = 0; round < 50; round++) {
        uint32_t drawn = 0;
        ga_resample(7, round, N, times);
        for (int i = 0; i < N; i++) {
            drawn += times[i];
            never += times[i] == 0;
        }
        assert_int_equal(drawn, N);
        ga_resample(7, round, N, again);
        assert_memory_equal(times, again, N);
        ga_resample(8, round, N, again);
        differ += memcmp(times, again, N) != 0;
    }
    assert_int_equal(differ, 50);
    /* (1 - 1/N)^N: 36.8 % are missing, with a standard deviation of .6 % of one round */
    assert_true(fabs(never / (50.0 * N) - 0.3679) < 0.003);
}

static void one_thing_is_drawn_once(void **state)
{
    (void)state;
    uint8_t times = 9;
    ga_resample(1, 1, 1, &times);
    assert_int_equal(times, 1);
}

/* Against f64 sums of all things, one after the other, with times of its own. */
static void ratios_are_those_of_plain_sums(void **state)
{
    (void)state;
    ga_err err;
    static uint32_t part[RATIOS * N], whole[RATIOS * N];
    static float values[RATIOS * ROUNDS], two[RATIOS * ROUNDS];
    ga_rng rng = ga_rng_of(3, 0);
    for (int i = 0; i < RATIOS * N; i++) {
        whole[i] = i < 2 * N ? ga_rng_below(&rng, (1 << 24) + 1)
                             : 0; /* the last ratio is of nothing */
        part[i] = whole[i] > 0 ? ga_rng_below(&rng, whole[i]) : 0;
    }
    whole[0] = part[0] = 1 << 24;
    const ga_ratios r = {part, whole, RATIOS, N};
    for (int i = 0; i < RATIOS * ROUNDS; i++)
        values[i] = two[i] = -1;
    CHECK_OK(ga_resampled_ratios(r, 5, 10, ROUNDS, ROUNDS, 1, values, &err));
    CHECK_OK(ga_resampled_ratios(r, 5, 10, 40, ROUNDS, 2, two, &err));
    CHECK_OK(ga_resampled_ratios(r, 5, 40, ROUNDS, ROUNDS, 3, two, &err));
    assert_memory_equal(values, two, sizeof values);
    for (int k = 0; k < RATIOS; k++)
        for (int round = 0; round < ROUNDS; round++) {
            uint8_t times[N];
            double above = 0, below = 0;
            ga_resample(5, (uint64_t)round, N, times);
            for (int i = 0; i < N; i++) {
                above += (double)times[i] * part[k * N + i];
                below += (double)times[i] * whole[k * N + i];
            }
            const float want = round < 10 ? -1 : below > 0 ? (float)(above / below) : 0;
            assert_true(values[k * ROUNDS + round] == want);
        }
}

static void no_memory_is_told(void **state)
{
    (void)state;
    ga_err err;
    const uint32_t one = 1;
    float value;
    ga_mem_fail_after(0);
    CHECK_FAILS(ga_resampled_ratios((ga_ratios){&one, &one, 1, 1}, 1, 0, 1, 1, 1, &value, &err),
                GA_ENOMEM, "no memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_are_drawn_as_there_are),
        cmocka_unit_test(one_thing_is_drawn_once),
        cmocka_unit_test(ratios_are_those_of_plain_sums),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
