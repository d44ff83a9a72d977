/* Quadrants of objects, drawn and worked out by hand. */
#include "seg/quad.h"
#include "check.h"
#include <string.h>

enum { H = 4, W = 6, STEP = 10 }; /* t + 10, l + 20, b + 30, r + 40 */

/*  piece                rows, columns      middle
 *  1, with a corner     0..2, 0..2         row (0+2+1)/2 = 1, column 1
 *  2                    0..1, 3..5         row 1, column (3+5+1)/2 = 4
 *  3, one pixel         3, 0               row (3+3+1)/2 = 3: below; column (0+0+1)/2 = 0: right
 *  3 again              3, 4               the last one to begin */
static const uint16_t objects[H * W] = {1, 1, 0, 2, 2, 2, /**/
                                        1, 1, 0, 2, 2, 2, /**/
                                        0, 0, 1, 0, 0, 0, /**/
                                        3, 0, 0, 0, 3, 0};
static const uint16_t want_rows[H * W] = {11, 11, 0,  12, 12, 12, /**/
                                          31, 31, 0,  32, 32, 32, /**/
                                          0,  0,  31, 0,  0,  0,  /**/
                                          33, 0,  0,  0,  33, 0};
static const uint16_t want_columns[H * W] = {21, 41, 0,  22, 42, 42, /**/
                                             21, 41, 0,  22, 42, 42, /**/
                                             0,  0,  41, 0,  0,  0,  /**/
                                             43, 0,  0,  0,  43, 0};

static void every_piece_is_divided_at_the_middle_of_its_box(void **state)
{
    (void)state;
    uint16_t rows[H * W], columns[H * W];
    int room[H * W];
    ga_quad_split(objects, H, W, STEP, false, rows, columns, room);
    assert_memory_equal(rows, want_rows, sizeof rows);
    assert_memory_equal(columns, want_columns, sizeof columns);
}

static void in_2018_the_last_piece_was_forgotten(void **state)
{
    (void)state;
    uint16_t rows[H * W], columns[H * W], want[H * W];
    int room[H * W];
    ga_quad_split(objects, H, W, STEP, true, rows, columns, room);
    memcpy(want, want_rows, sizeof want);
    want[3 * W + 4] = 0;
    assert_memory_equal(rows, want, sizeof rows);
    memcpy(want, want_columns, sizeof want);
    want[3 * W + 4] = 0;
    assert_memory_equal(columns, want, sizeof columns);
}

/* The only piece of a map is its last one. */
static void one_piece_was_none_in_2018(void **state)
{
    (void)state;
    uint16_t all[H * W], rows[H * W], columns[H * W];
    int room[H * W];
    for (int i = 0; i < H * W; i++)
        all[i] = 7;
    ga_quad_split(all, H, W, STEP, true, rows, columns, room);
    for (int i = 0; i < H * W; i++)
        assert_true(rows[i] == 0 && columns[i] == 0);
    ga_quad_split(all, H, W, STEP, false, rows, columns, room);
    for (int i = 0; i < H * W; i++) {
        assert_int_equal(rows[i], i / W < 2 ? 17 : 37);
        assert_int_equal(columns[i], i % W < 3 ? 27 : 47);
    }
}

/* A snake around: one piece whose first pixel is not its box's corner. */
static void a_piece_that_winds_is_one(void **state)
{
    (void)state;
    static const uint16_t snake[3 * 5] = {0, 0, 0, 4, 4, /**/
                                          4, 0, 4, 0, 4, /**/
                                          0, 4, 0, 0, 4};
    uint16_t rows[15], columns[15];
    int room[15];
    ga_quad_split(snake, 3, 5, STEP, false, rows, columns, room);
    for (int i = 0; i < 15; i++) { /* rows 0..2, middle 1; columns 0..4, middle 2 */
        assert_int_equal(rows[i], snake[i] == 0 ? 0 : i / 5 < 1 ? 14 : 34);
        assert_int_equal(columns[i], snake[i] == 0 ? 0 : i % 5 < 2 ? 24 : 44);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_divided_at_the_middle_of_its_box),
        cmocka_unit_test(in_2018_the_last_piece_was_forgotten),
        cmocka_unit_test(one_piece_was_none_in_2018),
        cmocka_unit_test(a_piece_that_winds_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
