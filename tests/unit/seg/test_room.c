/* test_room.c - what a segmenter takes at its first look was told before. */
#include "base/alloc.h"
#include "check.h"
#include "ganatomy/seg.h"

enum { N = 16, PIXELS = 64 };

/* Takes s. most: of what was told that may not have been taken, which are a map's pixels. */
static void check_room(ga_segmenter *s, size_t most)
{
    ga_err err;
    const ga_dims dims = {3, PIXELS, PIXELS};
    float *x = ga_mem_new(N * ga_dims_count(dims), sizeof *x);
    const size_t planes = (size_t)ga_segmenter_planes(s), map = (size_t)PIXELS * PIXELS;
    uint16_t *maps = ga_mem_new(N * planes * map, sizeof *maps);
    const ga_seg_pictures p = {x, N, dims, -1, 1};
    const size_t before = ga_mem_held(), said = ga_segmenter_room(s, dims, N, PIXELS, PIXELS);
    CHECK_OK(ga_segmenter_maps(s, p, PIXELS, PIXELS, maps, &err));
    const size_t taken = ga_mem_held() - before;
    if (taken > said + 1000 || taken + most < said)
        fail_msg("'%s' takes %zu bytes, and %zu were told", ga_segmenter_name(s), taken, said);
    CHECK_OK(ga_segmenter_maps(s, p, PIXELS, PIXELS, maps, &err));
    assert_int_equal(ga_mem_held() - before, taken);
    ga_mem_free(x);
    ga_mem_free(maps);
    ga_segmenter_free(s);
}

static ga_segmenter *colors(void)
{
    ga_err err;
    ga_segmenter *s;
    CHECK_OK(ga_segmenter_colors(&s, &err));
    return s;
}

static void colors_take_pictures(void **state)
{
    (void)state;
    check_room(colors(), 16 * PIXELS * PIXELS);
}

static void a_network_takes_pictures_and_so_do_several(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m;
    ga_segmenter *s, *part[2], *both;
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_model_open(GA_SOURCE_DIR "/models/scenes-segmenter.safetensors", &m, &err));
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    check_room(s, 16 * PIXELS * PIXELS);
    part[0] = colors();
    CHECK_OK(ga_segmenter_strokes(&part[1], &err));
    CHECK_OK(ga_segmenter_join(part, 2, &both, &err));
    check_room(both, 16 * PIXELS * PIXELS);
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colors_take_pictures),
        cmocka_unit_test(a_network_takes_pictures_and_so_do_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
