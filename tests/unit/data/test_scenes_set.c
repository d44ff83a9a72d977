/* The data set that scenes are: what is selected is drawn, and nothing is fetched. */
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include "unit/data/make.h"

static ga_dataset *load(ga_split split, ga_data_selection what)
{
    ga_err err;
    ga_dataset *d;
    CHECK_OK(ga_dataset_load("scenes", split, &what, NULL, NULL, &d, &err));
    return d;
}

/* Picture i of d is the scene that d says it is, with its season as class. */
static void check_pictures(const ga_dataset *d)
{
    ga_err err;
    const ga_dims dims = ga_dataset_dims(d);
    uint8_t *rgb = malloc(ga_dims_count(dims));
    for (int i = 0; i < ga_dataset_n(d); i++) {
        uint64_t seed = 0, index = 0;
        assert_true(ga_dataset_scene(d, i, &seed, &index));
        assert_int_equal(seed, ga_dataset_split(d) == GA_SPLIT_TRAIN ? 1 : 2);
        CHECK_OK(ga_scene_draw(seed, index, dims.h, rgb, NULL, NULL, &err));
        assert_memory_equal(rgb, ga_dataset_pixels(d) + (size_t)i * ga_dims_count(dims),
                            ga_dims_count(dims));
        assert_string_equal(ga_dataset_class_name(d, ga_dataset_labels(d)[i]),
                            ga_scenes_season_name((int)(index % 4)));
    }
    free(rgb);
}

static void only_what_is_selected_is_drawn(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = load(GA_SPLIT_TRAIN, (ga_data_selection){.images = 50, .seed = 1}), *part,
               *smaller;
    assert_int_equal(ga_dataset_n(d), 50);
    assert_int_equal(ga_dataset_classes(d), 4);
    assert_string_equal(ga_dataset_name(d), "scenes");
    assert_int_equal(ga_dataset_dims(d).h, 64);
    check_pictures(d);
    CHECK_OK(ga_dataset_select(d, &(ga_data_selection){.classes = "winter", .images = 5, .seed = 3},
                               &part, &err));
    assert_int_equal(ga_dataset_n(part), 5);
    check_pictures(part);
    CHECK_OK(ga_dataset_select(part, &(ga_data_selection){.images = 2}, &smaller, &err));
    check_pictures(smaller);
    uint64_t seed = 5, index = 5;
    assert_false(ga_dataset_scene(smaller, 2, &seed, &index));
    assert_false(ga_dataset_scene(smaller, -1, &seed, &index));
    assert_int_equal(seed, 5);
    ga_dataset_free(smaller);
    ga_dataset_free(part);
    ga_dataset_free(d);
    d = load(GA_SPLIT_TEST,
             (ga_data_selection){.classes = "spring,autumn", .images = 6, .pixels = 128});
    assert_int_equal(ga_dataset_classes(d), 2);
    assert_int_equal(ga_dataset_dims(d).w, 128);
    check_pictures(d);
    ga_dataset_free(d);
}

static void other_sets_have_no_scenes(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d;
    static const uint8_t pixel[1] = {0};
    static const int32_t zero[1] = {0};
    uint64_t seed, index;
    CHECK_OK(ga_dataset_create("dot", GA_SPLIT_TRAIN, pixel, zero, 1, (ga_dims){1, 1, 1}, 1, NULL,
                               &d, &err));
    assert_false(ga_dataset_scene(d, 0, &seed, &index));
    ga_dataset_free(d);
}

static void selections_that_cannot_be_are_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d;
    const struct {
        ga_data_selection what;
        ga_status status;
        const char *part;
    } bad[] = {
        {{.pixels = 8},
         GA_EINVAL,
         "data set 'scenes': 8 pixels a side, it is drawn with 16 to 512"},
        {{.pixels = 1024, .images = 1}, GA_EINVAL, "1024 pixels a side"},
        {{.pixels = 256}, GA_EDATA, "take fewer (--images)"},
        {{.classes = "sommer"}, GA_ENOTFOUND, "did you mean 'summer'"},
        {{.images = 20001}, GA_EINVAL, "whose train split has 20000"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(ga_dataset_load("scenes", GA_SPLIT_TRAIN, &bad[i].what, NULL, NULL, &d, &err),
                    bad[i].status, bad[i].part);
        assert_null(d);
    }
}

typedef struct watch {
    uint64_t done, total;
    int calls, stop_at;
} watch;

static void note(void *user, const char *what, uint64_t done, uint64_t total)
{
    watch *w = user;
    assert_string_equal(what, "pictures");
    assert_true(done >= w->done && done <= total);
    w->done = done;
    w->total = total;
    w->calls++;
}

static bool stop(void *user)
{
    const watch *w = user;
    return w->calls == w->stop_at;
}

static void progress_counts_pictures_and_can_stop(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d;
    watch w = {.stop_at = -1};
    const ga_progress progress = {note, stop, &w};
    const ga_data_selection what = {.images = 100};
    CHECK_OK(ga_dataset_load("scenes", GA_SPLIT_TEST, &what, NULL, &progress, &d, &err));
    assert_int_equal(w.done, 100);
    assert_int_equal(w.total, 100);
    ga_dataset_free(d);
    w = (watch){.stop_at = 1};
    CHECK_FAILS(ga_dataset_load("scenes", GA_SPLIT_TEST, &what, NULL, &progress, &d, &err),
                GA_EINTERRUPTED, "interrupted");
    assert_null(d);
}

static void no_memory_at_any_point_leaves_no_set(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *d = NULL;
    const ga_data_selection what = {.images = 1, .pixels = 16};
    for (long n = 0; d == NULL; n++) {
        ga_mem_fail_after(n);
        const ga_status status = ga_dataset_load("scenes", GA_SPLIT_TEST, &what, NULL, NULL, &d,
                                                 &err);
        ga_mem_fail_after(-1);
        assert_int_equal(status, d != NULL ? GA_OK : GA_ENOMEM);
        assert_true(n < 100);
    }
    ga_dataset_free(d);
}

static void there_is_nothing_to_find_or_to_fetch(void **state)
{
    (void)state;
    ga_err err;
    char folder[8] = "before";
    CHECK_OK(ga_data_find("scenes", NULL, folder, sizeof folder, &err));
    assert_string_equal(folder, "");
    assert_true(ga_data_complete("scenes", "/nowhere"));
    assert_null(ga_data_url("scenes"));
    CHECK_OK(ga_data_fetch("scenes", &(ga_fetch_options){.dest = "/nowhere/at/all"}, &err));
    assert_int_not_equal(access("/nowhere", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_selected_is_drawn),
        cmocka_unit_test(other_sets_have_no_scenes),
        cmocka_unit_test(selections_that_cannot_be_are_refused),
        cmocka_unit_test(progress_counts_pictures_and_can_stop),
        cmocka_unit_test(no_memory_at_any_point_leaves_no_set),
        cmocka_unit_test(there_is_nothing_to_find_or_to_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
