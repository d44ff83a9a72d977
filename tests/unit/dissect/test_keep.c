/* test_keep.c - blocks that are kept: in memory, then in a file, then not at all. */
#include "check.h"
#include "dissect/keep.h"

enum { BYTES = 1000, BLOCKS = 10 };

static void fill(uint8_t *block, int number)
{
    for (int i = 0; i < BYTES; i++)
        block[i] = (uint8_t)(number * 31 + i);
}

/* How many of ten blocks are there again, each as it was put. */
static int kept(size_t memory, size_t file)
{
    ga_err err;
    ga_keep *k;
    uint8_t put[BYTES], got[BYTES];
    CHECK_OK(ga_keep_create(BLOCKS, BYTES, ".", file, &k, &err));
    ga_keep_allow(k, memory);
    for (int i = BLOCKS - 1; i >= 0; i--) {
        fill(put, i);
        ga_keep_put(k, i, put);
    }
    fill(put, 99);
    ga_keep_put(k, BLOCKS - 1, put); /* what is kept already stays */
    int n = 0;
    for (int i = 0; i < BLOCKS; i++) {
        if (!ga_keep_get(k, i, got))
            continue;
        fill(put, i);
        assert_memory_equal(got, put, BYTES);
        n++;
    }
    ga_keep_free(k);
    return n;
}

static void as_many_are_kept_as_fit(void **state)
{
    (void)state;
    assert_int_equal(kept(0, 0), 0);
    assert_int_equal(kept(3 * BYTES + 1, 0), 3);
    assert_int_equal(kept(0, 4 * BYTES), 4);
    assert_int_equal(kept(3 * BYTES, 4 * BYTES), 7);
    assert_int_equal(kept(100 * BYTES, 0), BLOCKS);
    assert_int_equal(kept(8 * BYTES, 100 * BYTES), BLOCKS);
}

/* What memory has no room for any more goes into the file; what that has none for is forgotten. */
static void blocks_give_way(void **state)
{
    (void)state;
    for (int room = 0; room <= 3; room++) {
        ga_err err;
        ga_keep *k;
        uint8_t put[BYTES], got[BYTES];
        int there = 0;
        CHECK_OK(ga_keep_create(BLOCKS, BYTES, ".", (size_t)room * BYTES, &k, &err));
        ga_keep_allow(k, 8 * BYTES);
        for (int i = 0; i < 6; i++) {
            fill(put, i);
            ga_keep_put(k, i, put);
        }
        ga_keep_allow(k, 2 * BYTES);
        for (int i = 0; i < BLOCKS; i++) {
            if (!ga_keep_get(k, i, got))
                continue;
            fill(put, i);
            assert_memory_equal(got, put, BYTES);
            there++;
        }
        assert_int_equal(there, 2 + room);
        ga_keep_allow(k, 3 * BYTES); /* and there is room for one again */
        ga_keep_put(k, 9, put);
        assert_true(ga_keep_get(k, 9, got));
        ga_keep_free(k);
    }
}

static void a_folder_that_is_not_there_is_no_room(void **state)
{
    (void)state;
    ga_err err;
    ga_keep *k;
    uint8_t block[BYTES] = {0};
    CHECK_OK(ga_keep_create(BLOCKS, BYTES, "/nowhere/at/all", 100 * BYTES, &k, &err));
    ga_keep_put(k, 0, block);
    assert_false(ga_keep_get(k, 0, block));
    ga_keep_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_are_kept_as_fit),
        cmocka_unit_test(blocks_give_way),
        cmocka_unit_test(a_folder_that_is_not_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
