/* test_shards.c - what shards have seen, merged, is what one has seen that looked at all images. */
#include <dirent.h>
#include <unistd.h>
#include "dissect_check.h"

enum { IMAGES = 70 }; /* 5 blocks, the last one with 6 */

static char folder[32];

static const char network[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"small\","
    " \"input\": {\"name\": \"z\", \"size\": 3, \"law\": \"normal\"}, \"output\": {\"range\": [-1, "
    "1]},"
    " \"layers\": ["
    "{\"name\": \"units\", \"type\": \"ConvTranspose2d\", \"in_channels\": 3, \"out_channels\": 5,"
    " \"kernel_size\": 4},"
    "{\"name\": \"picture\", \"type\": \"Conv2d\", \"in_channels\": 5, \"out_channels\": 3,"
    " \"kernel_size\": 1}]}";

static scene start(void)
{
    ga_model *m = model_described(network);
    size_t n;
    ga_params_init(ga_model_params(m), ga_model_graph(m), 3, false);
    float *w = ga_params_weights(ga_model_params(m), &n);
    for (size_t i = 0; i < n; i++)
        w[i] *= 20; /* so that there are colours */
    ga_params_changed(ga_model_params(m));
    snprintf(folder, sizeof folder, "/tmp/ga-shards-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return scene_of(m, 4, true, 1);
}

static void empty(void)
{
    char path[512];
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.')
            assert_int_equal(remove(path), 0);
    }
    closedir(d);
}

static void stop(scene *s)
{
    empty();
    assert_int_equal(rmdir(folder), 0);
    free_scene(s);
}

static ga_dissect_options options_of(const char *preset)
{
    return few_of(preset, 4, IMAGES);
}

static ga_status look(scene *s, const ga_dissect_options *o, const char *key, int shard, int shards,
                      const ga_progress *progress, ga_dissect_round *round, ga_err *err)
{
    const ga_dissect_work work = {folder, key, progress};
    const ga_dissect_share share = {shard, shards, "{}"};
    return ga_dissect_shard(s->s, o, &work, &share, round, err);
}

/* NULL while passes follow. */
static ga_dissection *merge(scene *s, const ga_dissect_options *o)
{
    const char *const folders[] = {folder};
    ga_err err;
    ga_shards *shards;
    ga_dissection *d;
    CHECK_OK(ga_shards_open(folders, 1, &shards, &err));
    CHECK_OK(ga_shards_merge(shards, s->s, o, &(ga_dissect_work){0}, &d, &err));
    ga_shards_free(shards);
    return d;
}

/* With each kind of rule, and also where shards have no image at all. */
static void merged_shards_are_the_whole(void **state)
{
    (void)state;
    ga_err err;
    scene s = start();
    for (int i = 0; ga_dissect_presets[i] != NULL; i++) {
        const ga_dissect_options o = options_of(ga_dissect_presets[i]);
        const ga_dissect_work none = {0};
        ga_dissection *d;
        CHECK_OK(ga_dissect(s.s, &o, &none, &d, &err));
        char *want = json_of(&s, d);
        assert_true(ga_dissection_layer(d, 0).best_iou > 0.1);
        ga_dissection_free(d);
        for (int n = 1; n <= 7; n += 2) {
            ga_dissect_round round = {0};
            d = NULL;
            for (int pass = 1; d == NULL; pass++) {
                for (int shard = n; shard > 0; shard--) {
                    CHECK_OK(look(&s, &o, "key", shard, n, NULL, &round, &err));
                    assert_true(round.pass == pass && !round.found);
                    assert_int_equal(round.passes, i == 0 ? 3 : 2);
                }
                d = merge(&s, &o);
            }
            assert_int_equal(round.pass, round.passes);
            char *got = json_of(&s, d);
            assert_string_equal(got, want);
            ga_dissect_text_free(got);
            ga_dissection_free(d);
            empty();
        }
        ga_dissect_text_free(want);
    }
    stop(&s);
}

enum { ROOM = 1 << 20 };

/* At most ROOM bytes of a file. */
static size_t read_all(const char *path, uint8_t *bytes)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, ROOM, f);
    fclose(f);
    assert_true(n > 1000 && n < ROOM);
    return n;
}

static bool stop_soon(void *user)
{
    int *left = user;
    return --*left < 0;
}

/* It goes on behind the block that it has stopped at, and its file is that of one never stopped. */
static void a_stopped_shard_goes_on(void **state)
{
    (void)state;
    ga_err err;
    scene s = start();
    const ga_dissect_options o = options_of("2018-fixed");
    ga_dissect_round round;
    int stops = 0;
    for (ga_status status = GA_EINTERRUPTED; status != GA_OK; stops++) {
        int left = 0;
        const ga_progress progress = {.cancelled = stop_soon, .user = &left};
        assert_true(stops < 10);
        status = look(&s, &o, "key", 1, 1, &progress, &round, &err);
        assert_true(status == GA_OK || status == GA_EINTERRUPTED);
    }
    assert_int_equal(stops, 6); /* after each of the 5 blocks */
    char stopped[128], whole[128];
    snprintf(stopped, sizeof stopped, "%s/shard-1-of-1.pass-1.safetensors", folder);
    snprintf(whole, sizeof whole, "%s/stopped", folder);
    assert_int_equal(rename(stopped, whole), 0);
    CHECK_OK(look(&s, &o, "key", 1, 1, NULL, &round, &err));
    static uint8_t a[ROOM], b[ROOM];
    const size_t n = read_all(whole, a);
    assert_int_equal(read_all(stopped, b), n);
    assert_memory_equal(a, b, n);
    stop(&s);
}

static void open_fails(ga_status status, const char *words)
{
    const char *const folders[] = {folder};
    ga_err err;
    ga_shards *shards;
    CHECK_FAILS(ga_shards_open(folders, 1, &shards, &err), status, words);
    assert_null(shards);
}

static void what_does_not_belong_together_is_said(void **state)
{
    (void)state;
    ga_err err;
    scene s = start();
    ga_dissect_options o = options_of("2020");
    ga_dissect_round round;
    char path[2][128];
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/shard-%d-of-2.pass-1.safetensors", folder, i + 1);
    open_fails(GA_ENOTFOUND, "has nothing of a shard");
    CHECK_FAILS(look(&s, &o, "key", 3, 2, NULL, &round, &err), GA_EINVAL, "shard 3 of 2");
    CHECK_OK(look(&s, &o, "key", 1, 2, NULL, &round, &err));
    open_fails(GA_ENOTFOUND, "shard 2 of 2 has not done pass 1");
    CHECK_OK(look(&s, &o, "key", 1, 2, NULL, &round, &err));
    assert_true(round.found);
    CHECK_FAILS(look(&s, &o, "other", 1, 2, NULL, &round, &err), GA_EEXIST, "another dissection");
    CHECK_OK(look(&s, &o, "other", 2, 2, NULL, &round, &err));
    open_fails(GA_EDATA, "shard-2-of-2.pass-1.safetensors: is of another dissection");
    assert_int_equal(remove(path[1]), 0);
    CHECK_OK(look(&s, &o, "key", 2, 2, NULL, &round, &err));
    CHECK_OK(look(&s, &o, "key", 1, 3, NULL, &round, &err));
    open_fails(GA_EINVAL, "one of 3");
    snprintf(path[1], sizeof path[1], "%s/shard-1-of-3.pass-1.safetensors", folder);
    assert_int_equal(remove(path[1]), 0);
    assert_null(merge(&s, &o));
    open_fails(GA_ENOTFOUND, "shard 1 of 2 has not done pass 2");

    /* the right key, but other options: the caller's mistake, and no crash */
    const char *const folders[] = {folder};
    ga_shards *shards;
    ga_dissection *d;
    CHECK_OK(look(&s, &o, "key", 1, 2, NULL, &round, &err));
    CHECK_OK(look(&s, &o, "key", 2, 2, NULL, &round, &err));
    CHECK_OK(ga_shards_open(folders, 1, &shards, &err));
    o.size = 2 * IMAGES;
    CHECK_FAILS(ga_shards_merge(shards, s.s, &o, &(ga_dissect_work){0}, &d, &err), GA_EDATA,
                "ends at block 2");
    o = options_of("2018-iqr");
    CHECK_FAILS(ga_shards_merge(shards, s.s, &o, &(ga_dissect_work){0}, &d, &err), GA_EDATA,
                "of 2 passes");
    ga_shards_free(shards);
    stop(&s);
}

/* Wherever a byte is another one, or the end is missing: it is said, never taken for data. */
static void no_damage_goes_unnoticed(void **state)
{
    (void)state;
    ga_err err;
    scene s = start();
    const ga_dissect_options o = options_of("2020");
    ga_dissect_round round;
    char path[128];
    static uint8_t bytes[ROOM];
    snprintf(path, sizeof path, "%s/shard-1-of-1.pass-1.safetensors", folder);
    CHECK_OK(look(&s, &o, "key", 1, 1, NULL, &round, &err));
    const size_t n = read_all(path, bytes);
    for (size_t i = 0; i < 60; i++) {
        const size_t at = i * n / 60;
        bytes[at] ^= 1;
        FILE *f = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, n, f), n);
        fclose(f);
        bytes[at] ^= 1;
        open_fails(GA_EDATA, "copy it again, or delete it and run");
    }
    assert_int_equal(truncate(path, (off_t)n / 2), 0);
    open_fails(GA_EDATA, "copy it again, or delete it and run");
    /* the shard itself makes it anew */
    CHECK_OK(look(&s, &o, "key", 1, 1, NULL, &round, &err));
    assert_false(round.found);
    assert_null(merge(&s, &o));
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_shards_are_the_whole),
        cmocka_unit_test(a_stopped_shard_goes_on),
        cmocka_unit_test(what_does_not_belong_together_is_said),
        cmocka_unit_test(no_damage_goes_unnoticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
