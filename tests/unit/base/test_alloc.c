#include "check.h"
#include "base/alloc.h"

static void sizes_that_overflow_are_refused_and_change_nothing(void **state)
{
    (void)state;
    size_t n = 7;
    assert_true(ga_mul(6, 7, &n) && n == 42);
    assert_false(ga_mul(SIZE_MAX / 2, 3, &n));
    assert_false(ga_add(SIZE_MAX, 1, &n));
    assert_int_equal(n, 42);
    assert_true(ga_add(SIZE_MAX - 1, 1, &n) && n == SIZE_MAX);
    assert_null(ga_mem_new(SIZE_MAX / 4, 8));
    assert_null(ga_mem_new(SIZE_MAX, 1));
    assert_null(ga_mem_new(PTRDIFF_MAX, 1));
}

static void blocks_are_zero_and_aligned_whatever_their_size(void **state)
{
    (void)state;
    for (size_t n = 0; n < 300; n++) {
        uint8_t *p = ga_mem_new(n, 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(p[i], 0);
            p[i] = 0xaa;
        }
        ga_mem_free(p);
    }
    ga_mem_free(NULL);
}

static void resizing_keeps_the_front_and_clears_the_rest(void **state)
{
    (void)state;
    int *p = ga_mem_resize(NULL, 0, 3, sizeof *p);
    for (int i = 0; i < 3; i++)
        p[i] = i + 1;
    p = ga_mem_resize(p, 3, 5, sizeof *p);
    assert_int_equal(p[2], 3);
    assert_int_equal(p[3], 0);
    ga_mem_fail_after(0);
    assert_null(ga_mem_resize(p, 5, 50, sizeof *p));
    assert_int_equal(p[1], 2); /* the old block still stands */
    p = ga_mem_resize(p, 5, 2, sizeof *p);
    assert_int_equal(p[1], 2);
    ga_mem_free(p);
}

static void the_nth_allocation_fails_once(void **state)
{
    (void)state;
    ga_mem_fail_after(2);
    for (int i = 0; i < 5; i++) {
        void *p = ga_mem_new(1, 1);
        assert_true((p == NULL) == (i == 2));
        ga_mem_free(p);
    }
}

static void allocations_are_counted(void **state)
{
    (void)state;
    const uint64_t before = ga_mem_count();
    char *s = ga_mem_string("ab"), *t = ga_mem_string_n("abc", 1);
    assert_int_equal(ga_mem_count(), before + 2);
    assert_string_equal(s, "ab");
    assert_string_equal(t, "a");
    ga_mem_free(s);
    ga_mem_free(t);
}

static void what_is_held_grows_with_blocks_and_ends_with_them(void **state)
{
    (void)state;
    const size_t before = ga_mem_held();
    char *small = ga_mem_new(1, 1), *large = ga_mem_new(1000, 1000);
    const size_t both = ga_mem_held() - before;
    assert_true(both > 1000001 && both < 1000001 + 2 * 100);
    large = ga_mem_resize(large, 1000, 10, 1000);
    assert_true(ga_mem_held() - before < 10001 + 2 * 100);
    ga_mem_fail_after(0);
    assert_null(ga_mem_new(1, 1));
    ga_mem_free(small);
    ga_mem_free(large);
    ga_mem_free(NULL);
    assert_int_equal(ga_mem_held(), before);
}

static void an_arena_hands_out_apart_pieces_until_its_limit(void **state)
{
    (void)state;
    ga_arena *a = ga_arena_create(1 << 20);
    uint8_t *piece[100];
    for (int i = 0; i < 100; i++) {
        piece[i] = ga_arena_new(a, 1000 + (size_t)i, 1);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 16, 0);
        for (int k = 0; k < 1000 + i; k++)
            assert_int_equal(piece[i][k], 0);
        memset(piece[i], i, 1000 + (size_t)i);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(piece[i][999 + i], i);
    const size_t used = ga_arena_used(a);
    assert_true(used >= 100 * 1000 && used < 120 * 1000);
    assert_null(ga_arena_new(a, (1 << 20) - used + 1, 1));
    assert_null(ga_arena_new(a, SIZE_MAX / 2, 4));
    assert_null(ga_arena_new(a, SIZE_MAX, 1));
    assert_int_equal(ga_arena_used(a), used);
    assert_non_null(ga_arena_new(a, ((1 << 20) - used) & ~(size_t)15, 1));
    assert_null(ga_arena_new(a, 1, 1));
    ga_arena_free(a);
    ga_arena_free(NULL);
}

static void an_arena_without_memory_says_so_and_stays_usable(void **state)
{
    (void)state;
    ga_mem_fail_after(0);
    assert_null(ga_arena_create(100));
    ga_arena *a = ga_arena_create(1 << 20);
    for (long n = 0; n < 2; n++) {
        ga_mem_fail_after(n);
        assert_null(ga_arena_new(a, 10, 1));
    }
    assert_string_equal(ga_arena_string(a, "words", 4), "word");
    ga_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_overflow_are_refused_and_change_nothing),
        cmocka_unit_test(blocks_are_zero_and_aligned_whatever_their_size),
        cmocka_unit_test(resizing_keeps_the_front_and_clears_the_rest),
        cmocka_unit_test(the_nth_allocation_fails_once),
        cmocka_unit_test(allocations_are_counted),
        cmocka_unit_test(what_is_held_grows_with_blocks_and_ends_with_them),
        cmocka_unit_test(an_arena_hands_out_apart_pieces_until_its_limit),
        cmocka_unit_test(an_arena_without_memory_says_so_and_stays_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
