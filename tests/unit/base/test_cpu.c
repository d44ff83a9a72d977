#include "check.h"
#include "base/clock.h"
#include "base/cpu.h"
#include <unistd.h>

static void the_instruction_set_can_be_forced_down_but_not_up(void **state)
{
    (void)state;
    unsetenv("GANATOMY_ISA");
    const ga_isa best = ga_cpu_isa();
    assert_string_equal(ga_isa_name(GA_ISA_AVX512_BF16), "avx512_bf16");
    for (int isa = GA_ISA_PORTABLE; isa <= GA_ISA_AVX512_BF16; isa++) {
        setenv("GANATOMY_ISA", ga_isa_name((ga_isa)isa), 1);
        assert_int_equal(ga_cpu_isa(), isa < (int)best ? isa : (int)best);
    }
    setenv("GANATOMY_ISA", "abacus", 1);
    assert_int_equal(ga_cpu_isa(), best);
    unsetenv("GANATOMY_ISA");
}

static void the_instruction_set_is_one_that_the_system_lists(void **state)
{
    (void)state;
    FILE *f = fopen("/proc/cpuinfo", "r");
    if (f == NULL)
        skip();
    char *line = NULL, *flags = NULL;
    size_t size = 0;
    while (flags == NULL && getline(&line, &size, f) > 0)
        if (strncmp(line, "flags", 5) == 0)
            flags = line;
    fclose(f);
    if (flags == NULL) {
        free(line);
        skip();
    }
    static const char *const needed[] = {"", " avx2 ", " avx512bw ", " avx512_bf16 "};
    flags[strcspn(flags, "\n")] = ' ';
    const ga_isa isa = ga_cpu_isa();
    for (int i = 0; i <= GA_ISA_AVX512_BF16; i++)
        assert_true((strstr(flags, needed[i]) != NULL) == (i <= (int)isa));
    free(line);
}

static void threads_are_between_one_and_the_cores(void **state)
{
    (void)state;
    unsetenv("GANATOMY_THREADS");
    const int cores = ga_cpu_cores();
    assert_true(cores >= 1 && cores <= sysconf(_SC_NPROCESSORS_CONF));
    assert_int_equal(ga_cpu_threads(0), cores);
    assert_int_equal(ga_cpu_threads(1), 1);
    assert_int_equal(ga_cpu_threads(100000), cores);
    setenv("GANATOMY_THREADS", "1", 1);
    assert_int_equal(ga_cpu_threads(0), 1);
    assert_int_equal(ga_cpu_threads(cores), cores); /* what is asked for comes first */
    setenv("GANATOMY_THREADS", "100000", 1);
    assert_int_equal(ga_cpu_threads(0), cores);
    static const char *const bad[] = {"0", "-3", "many", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("GANATOMY_THREADS", bad[i], 1);
        assert_int_equal(ga_cpu_threads(0), cores);
    }
    unsetenv("GANATOMY_THREADS");
}

/* What was asked for is not passed over in silence by a command that checks first. */
static void an_environment_that_means_nothing_is_told(void **state)
{
    (void)state;
    ga_err err;
    static const char *const fine[] = {"", "1", "1024"}, *const wrong[] = {"0", "1025", "-3", "two",
                                                                           "2 "};
    unsetenv("GANATOMY_THREADS");
    CHECK_OK(ga_cpu_check_environment(&err));
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        setenv("GANATOMY_THREADS", fine[i], 1);
        CHECK_OK(ga_cpu_check_environment(&err));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char words[96];
        snprintf(words, sizeof words,
                 "'GANATOMY_THREADS': found '%s', expected a whole number from 1 to 1024",
                 wrong[i]);
        setenv("GANATOMY_THREADS", wrong[i], 1);
        CHECK_FAILS(ga_cpu_check_environment(&err), GA_EINVAL, words);
    }
    unsetenv("GANATOMY_THREADS");
}

static void clocks_go_forward_and_memory_is_seen(void **state)
{
    (void)state;
    const double before = ga_seconds();
    usleep(2000);
    assert_true(ga_seconds() - before >= 0.002);
    assert_true(ga_unix_time() > 1600000000);
    enum { SIZE = 64 << 20 };
    const size_t peak = ga_peak_memory();
    char *volatile block = malloc(SIZE); /* else the compiler sees that nobody reads it */
    memset(block, 1, SIZE);
    assert_int_equal(block[SIZE / 2], 1);
    assert_true(ga_peak_memory() >= SIZE && ga_peak_memory() > peak);
    free(block);
    assert_true(ga_peak_memory() >= SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_instruction_set_can_be_forced_down_but_not_up),
        cmocka_unit_test(the_instruction_set_is_one_that_the_system_lists),
        cmocka_unit_test(threads_are_between_one_and_the_cores),
        cmocka_unit_test(an_environment_that_means_nothing_is_told),
        cmocka_unit_test(clocks_go_forward_and_memory_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
