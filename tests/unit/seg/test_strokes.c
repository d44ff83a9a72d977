/* test_strokes.c - parts of strokes that were drawn, whose parts are known. */
#include "check.h"
#include "base/rng.h"
#include "ganatomy/seg.h"
#include "seg/skeleton.h"
#include <math.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, MOST = 112 * 112 };
static float x[MOST];
static uint16_t maps[2 * MOST];

/* Ink within 1.6 pixels (of 28) of the line from a to b. side: of the picture, 28 or a multiple. */
static void line(int side, double ax, double ay, double bx, double by)
{
    const double unit = side / 28.0, length = (bx - ax) * (bx - ax) + (by - ay) * (by - ay);
    for (int p = 0; p < side * side; p++) {
        const int column = p % side, row = p / side;
        const double px = (column + 0.5) / unit - 0.5, py = (row + 0.5) / unit - 0.5;
        double t = length > 0 ? ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length : 0;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        if (hypot(ax + t * (bx - ax) - px, ay + t * (by - ay) - py) <= 1.6)
            x[p] = 1;
    }
}

static void ring(int side, double cx, double cy, double rx, double ry)
{
    for (int i = 0; i < 48; i++) {
        const double a = i * M_PI / 24, b = (i + 1) * M_PI / 24;
        line(side, cx + rx * cos(a), cy + ry * sin(a), cx + rx * cos(b), cy + ry * sin(b));
    }
}

static void blank(void)
{
    for (int i = 0; i < MOST; i++)
        x[i] = 0;
}

static ga_segmenter *strokes(void)
{
    ga_err err;
    ga_segmenter *s;
    CHECK_OK(ga_segmenter_strokes(&s, &err));
    return s;
}

static void look(ga_segmenter *s, int side, int h, int w)
{
    ga_err err;
    CHECK_OK(
        ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {1, side, side}, 0, 1}, h, w, maps, &err));
}

static int number(const ga_segmenter *s, const char *name)
{
    ga_err err;
    int label = -1;
    CHECK_OK(ga_vocabulary_find(ga_segmenter_vocabulary(s), name, &label, &err));
    return label;
}

/* Pixels of a label, in either plane. */
static int count(const ga_segmenter *s, int side, const char *name)
{
    const int label = number(s, name);
    int n = 0;
    for (int i = 0; i < 2 * side * side; i++)
        n += maps[i] == label;
    return n;
}

static int ink(int side)
{
    int n = 0;
    for (int i = 0; i < side * side; i++)
        n += x[i] > 0.5F;
    return n;
}

static void flood(uint8_t *in, int side, int at)
{
    if (in[at] == 0)
        return;
    in[at] = 0;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            const int r = at / side + dy, c = at % side + dx;
            if (r >= 0 && c >= 0 && r < side && c < side)
                flood(in, side, r * side + c);
        }
}

/* How many pieces a label has. */
static int pieces(const ga_segmenter *s, int side, const char *name)
{
    static uint8_t in[MOST];
    const int label = number(s, name);
    int n = 0;
    for (int i = 0; i < side * side; i++)
        in[i] = maps[i] == label || maps[side * side + i] == label;
    for (int i = 0; i < side * side; i++)
        if (in[i]) {
            n++;
            flood(in, side, i);
        }
    return n;
}

static void check_parts(const char *what, const ga_segmenter *s, int side, int holes, int ends,
                        int crossings)
{
    const int have[] = {pieces(s, side, "hole"), pieces(s, side, "end"),
                        pieces(s, side, "crossing")};
    if (have[0] != holes || have[1] != ends || have[2] != crossings)
        fail_msg("%s at %d pixels: %d holes, %d ends, %d crossings, not %d, %d, %d", what, side,
                 have[0], have[1], have[2], holes, ends, crossings);
    if ((count(s, side, "loop") > 0) != (holes > 0))
        fail_msg("%s at %d pixels: %d pixels of loop, %d holes", what, side, count(s, side, "loop"),
                 holes);
}

static void drawn_digits_have_their_parts(void **state)
{
    (void)state;
    ga_segmenter *s = strokes();
    for (int side = 28; side <= 112; side *= 2) {
        blank();
        ring(side, 13.5, 13.5, 6, 9);
        look(s, side, side, side);
        check_parts("a zero", s, side, 1, 0, 0);
        assert_int_equal(count(s, side, "loop"), ink(side));

        blank();
        line(side, 13.5, 4, 13.5, 23);
        look(s, side, side, side);
        check_parts("a one", s, side, 0, 2, 0);
        assert_true(count(s, side, "vertical") >= 0.9 * ink(side));

        blank();
        line(side, 6, 5, 20, 5);
        line(side, 20, 5, 11, 23);
        look(s, side, side, side);
        check_parts("a seven", s, side, 0, 2, 0);
        assert_true(count(s, side, "horizontal") > 0.25 * ink(side));
        assert_true(count(s, side, "rising") + count(s, side, "vertical") > 0.4 * ink(side));

        blank();
        ring(side, 13.5, 8, 4.5, 4.5);
        ring(side, 13.5, 18, 5.5, 5.5);
        look(s, side, side, side);
        assert_int_equal(pieces(s, side, "hole"), 2);
        assert_int_equal(pieces(s, side, "end"), 0);
        assert_in_range(pieces(s, side, "crossing"), 1, 2);

        blank();
        ring(side, 13.5, 9, 5, 5);
        line(side, 18.5, 9, 17, 24);
        look(s, side, side, side);
        check_parts("a nine", s, side, 1, 1, 1);

        blank();
        line(side, 13.5, 3, 13.5, 24);
        line(side, 3, 13.5, 24, 13.5);
        look(s, side, side, side);
        check_parts("a plus", s, side, 0, 4, 1);

        blank();
        line(side, 5, 5, 22, 22);
        line(side, 5, 22, 22, 5);
        look(s, side, side, side);
        check_parts("a cross", s, side, 0, 4, 1);
        assert_true(count(s, side, "rising") > 0.25 * ink(side));
        assert_true(count(s, side, "falling") > 0.25 * ink(side));
    }
    ga_segmenter_free(s);
}

static void every_picture_has_parts_on_ink_alone(void **state)
{
    (void)state;
    ga_segmenter *s = strokes();
    const int hole = number(s, "hole");
    for (int round = 0; round < 60; round++) {
        blank();
        ga_rng rng = ga_rng_of(7, (uint64_t)round);
        for (int i = 0; i < PIXELS; i++) /* from nothing to all */
            x[i] = ga_rng_uniform(&rng) < round / 59.0 ? 1.0F : 0.0F;
        look(s, SIDE, SIDE, SIDE);
        for (int i = 0; i < PIXELS; i++) {
            if ((maps[i] != 0 && maps[i] != hole) || maps[PIXELS + i] != 0)
                assert_true(x[i] > 0.5F);
            if (maps[i] == hole)
                assert_true(x[i] <= 0.5F);
        }
    }
    ga_segmenter_free(s);
}

/* Pieces of ink over corners, of ground over sides; the rim is ground. */
static int pieces_of(const uint8_t *in, int h, int w, uint8_t value)
{
    enum { SPACE = 32 * 32 };
    static int label[SPACE];
    int n = 0;
    bool changed = true;
    for (int i = 0; i < h * w; i++)
        label[i] = in[i] == value ? i + 1 : 0;
    while (changed) {
        changed = false;
        for (int i = 0; i < h * w; i++)
            for (int k = 0; k < 9 && label[i] > 0; k++) {
                const int r = i / w + k / 3 - 1, c = i % w + k % 3 - 1;
                if (r < 0 || c < 0 || r >= h || c >= w || (value == 0 && k % 2 == 0))
                    continue;
                if (label[r * w + c] > label[i]) {
                    label[r * w + c] = label[i];
                    changed = true;
                }
            }
    }
    for (int i = 0; i < h * w; i++)
        n += label[i] == i + 1;
    return n;
}

static void a_skeleton_has_the_pieces_and_holes_of_its_ink(void **state)
{
    (void)state;
    enum { H = 18, W = 15 };
    for (int round = 0; round < 200; round++) {
        uint8_t before[H * W] = {0}, after[H * W], room[H * W];
        ga_rng rng = ga_rng_of(3, (uint64_t)round);
        for (int i = 0; i < H * W; i++) {
            const int r = i / W, c = i % W;
            if (r > 0 && c > 0 && r < H - 1 && c < W - 1)
                before[i] = ga_rng_uniform(&rng) < 0.3 + 0.003 * round;
        }
        memcpy(after, before, sizeof after);
        ga_skeleton(after, H, W, room);
        assert_int_equal(pieces_of(after, H, W, 1), pieces_of(before, H, W, 1));
        assert_int_equal(pieces_of(after, H, W, 0), pieces_of(before, H, W, 0));
        for (int i = 0; i < H * W; i++)
            assert_true(after[i] <= before[i]);
    }
}

static void smaller_maps_have_what_most_pixels_have(void **state)
{
    (void)state;
    ga_segmenter *s = strokes();
    blank();
    ring(SIDE, 13.5, 13.5, 6, 9);
    look(s, SIDE, SIDE / 2, SIDE / 2);
    assert_int_equal(maps[7 * 14 + 7], number(s, "hole"));
    assert_int_equal(maps[7 * 14 + 3], number(s, "loop"));
    assert_int_equal(maps[14 * 14 + 7 * 14 + 3], number(s, "vertical"));
    assert_int_equal(maps[0], 0);
    ga_segmenter_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_digits_have_their_parts),
        cmocka_unit_test(every_picture_has_parts_on_ink_alone),
        cmocka_unit_test(a_skeleton_has_the_pieces_and_holes_of_its_ink),
        cmocka_unit_test(smaller_maps_have_what_most_pixels_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
