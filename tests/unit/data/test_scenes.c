/* Scenes: what is always true of their labels, and that they are the same everywhere. */
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "unit/data/make.h"
#include <pthread.h>

enum { SIDE = 64, AREA = SIDE * SIDE, PLANES = 4, MANY = 400 };

typedef struct picture {
    uint8_t rgb[AREA * 3];
    uint16_t map[PLANES][AREA];
    ga_scene scene;
} picture;

static picture all[MANY];

static void draw(uint64_t seed, uint64_t index, picture *p)
{
    ga_err err;
    CHECK_OK(ga_scene_draw(seed, index, SIDE, p->rgb, &p->map[0][0], &p->scene, &err));
}

static int draw_many(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++)
        draw(7, (uint64_t)i, &all[i]);
    return 0;
}

static int label(const char *title)
{
    ga_err err;
    int l = -1;
    CHECK_OK(ga_vocabulary_find(ga_scenes_vocabulary(), title, &l, &err));
    return l;
}

/* ---- words ------------------------------------------------------------------------------------*/

static void the_vocabulary_is_one_that_could_be_made(void **state)
{
    (void)state;
    ga_err err;
    const ga_vocabulary *v = ga_scenes_vocabulary();
    char *text;
    ga_vocabulary *made;
    CHECK_OK(ga_vocabulary_json(v, &text, &err));
    CHECK_OK(ga_vocabulary_parse(text, strlen(text), "scenes", &made, &err));
    assert_int_equal(ga_vocabulary_n(made), ga_vocabulary_n(v));
    assert_int_equal(ga_vocabulary_categories(v), PLANES);
    for (int i = 0; i < ga_vocabulary_n(v); i++) {
        assert_string_equal(ga_vocabulary_title(made, i), ga_vocabulary_title(v, i));
        assert_int_equal(ga_vocabulary_at(made, i).category, ga_vocabulary_at(v, i).category);
    }
    for (int i = 0; i < GA_BASIC_COLORS; i++) {
        const ga_label l = ga_vocabulary_at(v, ga_vocabulary_n(v) - GA_BASIC_COLORS + i);
        assert_string_equal(l.name, ga_basic_color_name(i));
        assert_string_equal(ga_vocabulary_category(v, l.category), "color");
    }
    ga_vocabulary_text_free(text);
    ga_vocabulary_free(made);
    static const char *const names[] = {"spring", "summer", "autumn", "winter", "?"};
    for (int i = 0; i < 5; i++)
        assert_string_equal(ga_scenes_season_name(i), names[i]);
}

static void a_label_is_in_the_plane_of_its_category_and_each_occurs(void **state)
{
    (void)state;
    const ga_vocabulary *v = ga_scenes_vocabulary();
    bool seen[64] = {false};
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < PLANES; k++)
            for (int p = 0; p < AREA; p++) {
                const int l = all[i].map[k][p];
                assert_true(l < ga_vocabulary_n(v));
                assert_true(l == 0 ? k == 1 || k == 2 : ga_vocabulary_at(v, l).category == k);
                seen[l] = true;
            }
    for (int l = 0; l < ga_vocabulary_n(v); l++)
        if (!seen[l])
            fail_msg("'%s' is nowhere in %d scenes", ga_vocabulary_title(v, l), MANY);
}

static void the_colour_plane_is_what_the_pixel_is_called(void **state)
{
    (void)state;
    const int first = label("black");
    for (int i = 0; i < MANY; i++)
        for (int p = 0; p < AREA; p++) {
            const uint8_t *c = all[i].rgb + 3 * p;
            assert_int_equal(all[i].map[3][p], first + ga_basic_color(c[0], c[1], c[2]));
        }
}

/* ---- what is always so ------------------------------------------------------------------------*/

static bool any(int l, const int *list)
{
    for (; *list >= 0; list++)
        if (*list == l)
            return true;
    return false;
}

static void nothing_of_the_sky_is_below_the_ground(void **state)
{
    (void)state;
    const int up[] = {label("sky"), label("cloud"), label("sun"), label("mountain"), -1};
    const int down[] = {label("grass"), label("snow (object)"), label("path"), -1};
    for (int i = 0; i < MANY; i++)
        for (int x = 0; x < SIDE; x++) {
            bool ground = false;
            for (int y = 0; y < SIDE; y++) {
                const int l = all[i].map[0][y * SIDE + x];
                if (ground && any(l, up))
                    fail_msg("scene %d: %s at (%d,%d), below the ground", i,
                             ga_vocabulary_title(ga_scenes_vocabulary(), l), x, y);
                ground = ground || any(l, down);
            }
        }
}

/* Planes are told pixel by pixel, so where several things share a pixel a part may stand beside its
 * owner, but hardly ever far (its owner may be hidden but for the few points of one pixel). */
static bool is_near(const picture *s, int plane, int l, int x, int y)
{
    for (int j = y - 3; j <= y + 3; j++)
        for (int i = x - 3; i <= x + 3; i++)
            if (i >= 0 && j >= 0 && i < SIDE && j < SIDE && s->map[plane][j * SIDE + i] == l)
                return true;
    return false;
}

static void parts_and_materials_belong_to_their_objects(void **state)
{
    (void)state;
    const struct {
        int plane;
        const char *name;
        int owners_plane;
        const char *owner;
    } rules[] = {
        {1, "wall", 0, "building"}, {1, "roof", 0, "building"},   {1, "dome", 0, "building"},
        {1, "door", 0, "building"}, {1, "window", 0, "building"}, {1, "chimney", 0, "building"},
        {1, "trunk", 0, "tree"},    {1, "crown", 0, "tree"},      {2, "brick", 0, "building"},
        {2, "plaster", 1, "wall"},  {2, "tile", 1, "roof"},       {2, "glass", 1, "window"},
        {2, "earth", 0, "path"},
    };
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
        const int l = label(rules[r].name), owner = label(rules[r].owner);
        int n = 0, beside = 0, far = 0;
        for (int i = 0; i < MANY; i++)
            for (int p = 0; p < AREA; p++) {
                if (all[i].map[rules[r].plane][p] != l)
                    continue;
                n++;
                beside += all[i].map[rules[r].owners_plane][p] != owner;
                far += !is_near(&all[i], rules[r].owners_plane, owner, p % SIDE, p / SIDE);
            }
        if (beside * 20 > n || far * 2000 > n)
            fail_msg("%s: %d of %d pixels have another owner than %s, %d are far from it",
                     rules[r].name, beside, n, rules[r].owner, far);
    }
}

/* Marks the piece of map that p is in, and gives its lowest row. */
static int piece_of(const uint16_t *map, int p, bool *in, bool *seen)
{
    static int todo[AREA];
    int n = 0, lowest = 0;
    memset(in, 0, AREA);
    todo[n++] = p;
    in[p] = true;
    while (n > 0) {
        const int at = todo[--n], x = at % SIDE, y = at / SIDE;
        const int next[] = {x > 0 ? at - 1 : at, x + 1 < SIDE ? at + 1 : at, y > 0 ? at - SIDE : at,
                            y + 1 < SIDE ? at + SIDE : at};
        seen[at] = true;
        lowest = y > lowest ? y : lowest;
        for (int k = 0; k < 4; k++)
            if (!in[next[k]] && map[next[k]] == map[p]) {
                in[next[k]] = true;
                todo[n++] = next[k];
            }
    }
    return lowest;
}

/* Each connected piece of a part ends, at the middle of its lowest row, on something that check
 * allows (object and part of the pixel below), or at the edge of the picture. What is wider than
 * that on which it stands may be hidden there, so with `wide` any pixel of the two lowest rows will
 * do. */
static void each_piece_ends_on(const char *part, bool wide, bool (*check)(int object, int part))
{
    const int l = label(part);
    for (int i = 0; i < MANY; i++) {
        bool seen[AREA] = {false}, in[AREA];
        for (int p = 0; p < AREA; p++) {
            if (all[i].map[1][p] != l || seen[p])
                continue;
            const int y = piece_of(all[i].map[1], p, in, seen);
            int first = -1, last = -1;
            for (int x = 0; x < SIDE; x++)
                if (in[y * SIDE + x]) {
                    first = first < 0 ? x : first;
                    last = x;
                }
            const int x = (first + last) / 2, below = (y + 1) * SIDE + x;
            bool fine = y + 1 >= SIDE || check(all[i].map[0][below], all[i].map[1][below]);
            for (int q = (y - wide) * SIDE; wide && !fine && q < (y + 1) * SIDE; q++)
                fine = in[q] && !in[q + SIDE] &&
                       check(all[i].map[0][q + SIDE], all[i].map[1][q + SIDE]);
            int size = 0;
            for (int q = 0; q < AREA; q++)
                size += in[q];
            if (!fine && (!wide || size > 9)) /* a rest of a hidden one proves nothing */
                fail_msg("scene %d: below the %s at (%d,%d) is %s, %s", i, part, x, y,
                         ga_vocabulary_title(ga_scenes_vocabulary(), all[i].map[0][below]),
                         ga_vocabulary_title(ga_scenes_vocabulary(), all[i].map[1][below]));
        }
    }
}

static bool is_ground_or_before_it(int object, int part)
{
    const int list[] = {label("grass"), label("snow (object)"), label("path"),
                        label("tree"),  label("building"),      -1};
    return any(object, list) && part != label("window");
}

/* A roof before it may hide a door's foot; its own wall never goes on below it. */
static bool is_foot_of_a_door(int object, int part)
{
    return is_ground_or_before_it(object, part) && part != label("wall");
}

static void doors_stand_on_the_ground(void **state)
{
    (void)state;
    each_piece_ends_on("door", false, is_foot_of_a_door);
}

static void trees_stand_on_the_ground(void **state)
{
    (void)state;
    each_piece_ends_on("trunk", false, is_ground_or_before_it);
}

static bool is_building_or_before_it(int object, int part)
{
    (void)part;
    return object == label("building") || object == label("tree");
}

static void domes_and_chimneys_stand_on_buildings(void **state)
{
    (void)state;
    each_piece_ends_on("dome", true, is_building_or_before_it);
    each_piece_ends_on("chimney", true, is_building_or_before_it);
}

static void snow_lies_in_winter_and_seasons_take_turns(void **state)
{
    (void)state;
    const int snow = label("snow (object)");
    int with_snow = 0, lights[3] = {0};
    for (int i = 0; i < MANY; i++) {
        bool found = false;
        assert_int_equal(all[i].scene.season, i % 4);
        assert_int_equal(ga_scenes_season((uint64_t)i), i % 4);
        lights[all[i].scene.light]++;
        for (int p = 0; p < AREA; p++)
            found = found || all[i].map[0][p] == snow;
        assert_true(!found || all[i].scene.season == 3);
        with_snow += found;
    }
    assert_true(with_snow > MANY / 5);
    for (int k = 0; k < 3; k++)
        assert_true(lights[k] > MANY / 8);
}

/* Mean share of the pixels, and share of the scenes that have any. */
static void the_areas_are_healthy(void **state)
{
    (void)state;
    const struct {
        int plane;
        const char *name;
        double area, scenes;
    } least[] = {
        {0, "sky", 0.2, 0.99},      {0, "tree", 0.12, 0.98},    {0, "grass", 0.15, 0.78},
        {0, "building", 0.16, 0.9}, {0, "cloud", 0.03, 0.7},    {0, "mountain", 0.015, 0.5},
        {0, "water", 0.02, 0.35},   {0, "path", 0.02, 0.7},     {0, "snow (object)", 0.03, 0.2},
        {0, "sun", 0.003, 0.3},     {1, "window", 0.015, 0.88}, {1, "door", 0.01, 0.85},
        {1, "wall", 0.08, 0.9},     {1, "roof", 0.05, 0.88},    {1, "trunk", 0.007, 0.95},
        {1, "crown", 0.11, 0.98},   {1, "dome", 0.003, 0.2},    {1, "chimney", 0.001, 0.35},
    };
    for (size_t r = 0; r < sizeof least / sizeof least[0]; r++) {
        const int l = label(least[r].name);
        double pixels = 0, scenes = 0;
        for (int i = 0; i < MANY; i++) {
            int n = 0;
            for (int p = 0; p < AREA; p++)
                n += all[i].map[least[r].plane][p] == l;
            pixels += n;
            scenes += n > 0;
        }
        if (pixels / MANY / AREA < least[r].area || scenes / MANY < least[r].scenes)
            fail_msg("%s: %.4f of the pixels, %.3f of the scenes", least[r].name,
                     pixels / MANY / AREA, scenes / MANY);
    }
}

/* ---- the same everywhere ----------------------------------------------------------------------*/

static void a_scene_is_drawn_from_seed_and_number_alone(void **state)
{
    (void)state;
    picture again, other;
    draw(7, 11, &again);
    assert_memory_equal(&again, &all[11], sizeof again);
    draw(8, 11, &other);
    assert_memory_not_equal(other.rgb, again.rgb, sizeof again.rgb);
    assert_memory_not_equal(all[15].rgb, again.rgb, sizeof again.rgb);
    ga_err err;
    uint8_t alone[AREA * 3]; /* without labels */
    CHECK_OK(ga_scene_draw(7, 11, SIDE, alone, NULL, NULL, &err));
    assert_memory_equal(alone, again.rgb, sizeof alone);
}

/* On every machine: no compiler, optimisation or instruction set may change a byte. When the look
 * of scenes is changed on purpose, this changes, and so does every model that was trained on them.
 */
static void the_bytes_are_those_that_were_once_drawn(void **state)
{
    (void)state;
    char hex[65];
    ga_sha256 h;
    uint8_t digest[32];
    ga_sha256_start(&h);
    for (int i = 0; i < 100; i++) {
        ga_sha256_add(&h, all[i].rgb, sizeof all[i].rgb);
        for (int k = 0; k < PLANES; k++)
            for (int p = 0; p < AREA; p++) {
                const uint8_t bytes[] = {(uint8_t)all[i].map[k][p],
                                         (uint8_t)(all[i].map[k][p] >> 8)};
                ga_sha256_add(&h, bytes, 2);
            }
    }
    ga_sha256_end(&h, digest);
    ga_hex(digest, 32, hex);
    assert_string_equal(hex, "4f8dd8871b11f788132a9953eced2a58d534ef3ad2eaf6845a1a15e57514524c");
}

static void *draw_some(void *user)
{
    picture *p = user;
    for (int i = 0; i < 20; i++)
        if (ga_scene_draw(7, (uint64_t)i, SIDE, p[i].rgb, &p[i].map[0][0], &p[i].scene, NULL) !=
            GA_OK)
            return user;
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    static picture drawn[3][20];
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, draw_some, drawn[i]), 0);
    for (int i = 0; i < 3; i++) {
        void *failed;
        assert_int_equal(pthread_join(t[i], &failed), 0);
        assert_null(failed);
        assert_memory_equal(drawn[i], all, sizeof drawn[i]);
    }
}

static void a_larger_scene_is_the_same_scene(void **state)
{
    (void)state;
    ga_err err;
    static uint8_t rgb[4 * AREA * 3];
    static uint16_t map[PLANES][4 * AREA], shrunk[PLANES][AREA];
    int differ = 0, parts_differ = 0;
    double off = 0;
    for (int i = 0; i < 40; i++) {
        CHECK_OK(ga_scene_draw(7, (uint64_t)i, 2 * SIDE, rgb, &map[0][0], NULL, &err));
        CHECK_OK(ga_labels_shrink(&map[0][0], PLANES, 2 * SIDE, 2 * SIDE, &shrunk[0][0], SIDE, SIDE,
                                  &err));
        for (int p = 0; p < AREA; p++) {
            differ += shrunk[0][p] != all[i].map[0][p];
            parts_differ += shrunk[1][p] != all[i].map[1][p];
            for (int k = 0; k < 3; k++) {
                const int at = ((p / SIDE) * 2 * 2 * SIDE + p % SIDE * 2) * 3 + k,
                          down = 2 * SIDE * 3;
                const double mean = (rgb[at] + rgb[at + 3] + rgb[at + down] + rgb[at + down + 3]) /
                                    4.0;
                off += fabs(mean - all[i].rgb[3 * p + k]);
            }
        }
    }
    /* only pixels that an edge crosses may differ: a share of the 64ths that grows with the
     * outlines */
    assert_true(differ < 40 * AREA / 50);
    assert_true(parts_differ < 40 * AREA / 50);
    assert_true(off / (40 * AREA * 3) < 1);
}

static void sizes_out_of_range_are_refused(void **state)
{
    (void)state;
    ga_err err;
    static uint8_t rgb[512 * 512 * 3];
    CHECK_FAILS(ga_scene_draw(1, 0, 15, rgb, NULL, NULL, &err), GA_EINVAL,
                "scenes of 15 x 15 pixels: they are drawn at 16 to 512 a side");
    CHECK_FAILS(ga_scene_draw(1, 0, 513, rgb, NULL, NULL, &err), GA_EINVAL, "scenes of 513 x 513");
    CHECK_OK(ga_scene_draw(1, 0, 16, rgb, NULL, NULL, &err));
    CHECK_OK(ga_scene_draw(1, 0, 512, rgb, NULL, NULL, &err));
    for (long n = 0; n < 2; n++) {
        ga_mem_fail_after(n);
        const ga_status status = ga_scene_draw(1, 0, 16, rgb, NULL, NULL, &err);
        ga_mem_fail_after(-1);
        assert_int_equal(status, GA_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vocabulary_is_one_that_could_be_made),
        cmocka_unit_test(a_label_is_in_the_plane_of_its_category_and_each_occurs),
        cmocka_unit_test(the_colour_plane_is_what_the_pixel_is_called),
        cmocka_unit_test(nothing_of_the_sky_is_below_the_ground),
        cmocka_unit_test(parts_and_materials_belong_to_their_objects),
        cmocka_unit_test(doors_stand_on_the_ground),
        cmocka_unit_test(trees_stand_on_the_ground),
        cmocka_unit_test(domes_and_chimneys_stand_on_buildings),
        cmocka_unit_test(snow_lies_in_winter_and_seasons_take_turns),
        cmocka_unit_test(the_areas_are_healthy),
        cmocka_unit_test(a_scene_is_drawn_from_seed_and_number_alone),
        cmocka_unit_test(the_bytes_are_those_that_were_once_drawn),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(a_larger_scene_is_the_same_scene),
        cmocka_unit_test(sizes_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, draw_many, NULL);
}
