/* test_shards.c - what shards have seen, merged, is what one has seen that looked at all images. */
#include "check.h"
#include "ganatomy/dissect.h"
#include <dirent.h>
#include <unistd.h>

enum { IMAGES = 70 }; /* 5 blocks, the last one with 6 */

typedef struct scene {
    ga_model *m;
    ga_segmenter *colors;
    ga_subject *s;
    char folder[32];
} scene;

static const char network[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"small\","
    " \"input\": {\"name\": \"z\", \"size\": 3, \"law\": \"normal\"}, \"output\": {\"range\": [-1, "
    "1]},"
    " \"layers\": ["
    "{\"name\": \"units\", \"type\": \"ConvTranspose2d\", \"in_channels\": 3, \"out_channels\": 5,"
    " \"kernel_size\": 4},"
    "{\"name\": \"picture\", \"type\": \"Conv2d\", \"in_channels\": 5, \"out_channels\": 3,"
    " \"kernel_size\": 1}]}";

static scene make_scene(void)
{
    static const char *const layers[] = {"units"};
    ga_err err;
    ga_arch *a;
    scene out = {.folder = "/tmp/ga-shards-XXXXXX"};
    CHECK_OK(ga_arch_parse(network, strlen(network), "network", &a, &err));
    CHECK_OK(ga_model_create(a, &out.m, &err));
    ga_params_init(ga_model_params(out.m), ga_arch_graph(a), 3, false);
    ga_arch_free(a);
    size_t n;
    float *w = ga_params_weights(ga_model_params(out.m), &n);
    for (size_t i = 0; i < n; i++)
        w[i] *= 20; /* so that there are colours */
    ga_params_changed(ga_model_params(out.m));
    CHECK_OK(ga_segmenter_colors(&out.colors, &err));
    const ga_subject_spec spec = {.model = out.m,
                                  .segmenter = out.colors,
                                  .layers = layers,
                                  .n_layers = 1,
                                  .side = 4,
                                  .twin = true,
                                  .threads = 1};
    CHECK_OK(ga_subject_create(&spec, &out.s, &err));
    assert_non_null(mkdtemp(out.folder));
    return out;
}

static void empty(const char *folder)
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

static void free_scene(scene *s)
{
    empty(s->folder);
    assert_int_equal(rmdir(s->folder), 0);
    ga_subject_free(s->s);
    ga_segmenter_free(s->colors);
    ga_model_free(s->m);
}

static ga_dissect_options options_of(const char *preset)
{
    ga_err err;
    ga_dissect_options o;
    CHECK_OK(ga_dissect_preset(preset, 4, &o, NULL, &err));
    o.size = IMAGES;
    o.shuffles = 4;
    o.bootstrap = 200;
    o.memory = (size_t)1 << 26;
    o.threads = 1;
    return o;
}

static char *json_of(const scene *s, const ga_dissection *d)
{
    static const char *const names[] = {"units", "units random"};
    ga_err err;
    char *text;
    const ga_dissect_naming naming = {"small", names, ga_subject_vocabulary(s->s), "{}", "key"};
    CHECK_OK(ga_dissection_json(d, &naming, &text, &err));
    return text;
}

static ga_status look(scene *s, const ga_dissect_options *o, const char *key, int shard, int shards,
                      const ga_progress *progress, ga_dissect_round *round, ga_err *err)
{
    const ga_dissect_work work = {s->folder, key, progress};
    const ga_dissect_share share = {shard, shards, "{}"};
    return ga_dissect_shard(s->s, o, &work, &share, round, err);
}

/* NULL while passes follow. */
static ga_dissection *merge(scene *s, const ga_dissect_options *o)
{
    const char *const folders[] = {s->folder};
    ga_err err;
    ga_shards *shards;
    ga_dissection *d;
    CHECK_OK(ga_shards_open(folders, 1, &shards, &err));
    CHECK_OK(ga_shards_merge(shards, s->s, o, NULL, &d, &err));
    ga_shards_free(shards);
    return d;
}

/* With each kind of rule, and also where shards have no image at all. */
static void merged_shards_are_the_whole(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene();
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
            empty(s.folder);
        }
        ga_dissect_text_free(want);
    }
    free_scene(&s);
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
    scene s = make_scene();
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
    snprintf(stopped, sizeof stopped, "%s/shard-1-of-1.pass-1.safetensors", s.folder);
    snprintf(whole, sizeof whole, "%s/stopped", s.folder);
    assert_int_equal(rename(stopped, whole), 0);
    CHECK_OK(look(&s, &o, "key", 1, 1, NULL, &round, &err));
    static uint8_t a[ROOM], b[ROOM];
    const size_t n = read_all(whole, a);
    assert_int_equal(read_all(stopped, b), n);
    assert_memory_equal(a, b, n);
    free_scene(&s);
}

static void open_fails(const scene *s, ga_status status, const char *words)
{
    const char *const folders[] = {s->folder};
    ga_err err;
    ga_shards *shards;
    CHECK_FAILS(ga_shards_open(folders, 1, &shards, &err), status, words);
    assert_null(shards);
}

static void what_does_not_belong_together_is_said(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene();
    ga_dissect_options o = options_of("2020");
    ga_dissect_round round;
    char path[2][128];
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/shard-%d-of-2.pass-1.safetensors", s.folder, i + 1);
    open_fails(&s, GA_ENOTFOUND, "has nothing of a shard");
    CHECK_FAILS(look(&s, &o, "key", 3, 2, NULL, &round, &err), GA_EINVAL, "shard 3 of 2");
    CHECK_OK(look(&s, &o, "key", 1, 2, NULL, &round, &err));
    open_fails(&s, GA_ENOTFOUND, "shard 2 of 2 has not done pass 1");
    CHECK_OK(look(&s, &o, "key", 1, 2, NULL, &round, &err));
    assert_true(round.found);
    CHECK_FAILS(look(&s, &o, "other", 1, 2, NULL, &round, &err), GA_EEXIST, "another dissection");
    CHECK_OK(look(&s, &o, "other", 2, 2, NULL, &round, &err));
    open_fails(&s, GA_EDATA, "shard-2-of-2.pass-1.safetensors: is of another dissection");
    assert_int_equal(remove(path[1]), 0);
    CHECK_OK(look(&s, &o, "key", 2, 2, NULL, &round, &err));
    CHECK_OK(look(&s, &o, "key", 1, 3, NULL, &round, &err));
    open_fails(&s, GA_EINVAL, "one of 3");
    snprintf(path[1], sizeof path[1], "%s/shard-1-of-3.pass-1.safetensors", s.folder);
    assert_int_equal(remove(path[1]), 0);
    assert_null(merge(&s, &o));
    open_fails(&s, GA_ENOTFOUND, "shard 1 of 2 has not done pass 2");

    /* the right key, but other options: the caller's mistake, and no crash */
    const char *const folders[] = {s.folder};
    ga_shards *shards;
    ga_dissection *d;
    CHECK_OK(look(&s, &o, "key", 1, 2, NULL, &round, &err));
    CHECK_OK(look(&s, &o, "key", 2, 2, NULL, &round, &err));
    CHECK_OK(ga_shards_open(folders, 1, &shards, &err));
    o.size = 2 * IMAGES;
    CHECK_FAILS(ga_shards_merge(shards, s.s, &o, NULL, &d, &err), GA_EDATA, "ends at block 2");
    o = options_of("2018-iqr");
    CHECK_FAILS(ga_shards_merge(shards, s.s, &o, NULL, &d, &err), GA_EDATA, "of 2 passes");
    ga_shards_free(shards);
    free_scene(&s);
}

/* Wherever a byte is another one, or the end is missing: it is said, never taken for data. */
static void no_damage_goes_unnoticed(void **state)
{
    (void)state;
    ga_err err;
    scene s = make_scene();
    const ga_dissect_options o = options_of("2020");
    ga_dissect_round round;
    char path[128];
    static uint8_t bytes[ROOM];
    snprintf(path, sizeof path, "%s/shard-1-of-1.pass-1.safetensors", s.folder);
    CHECK_OK(look(&s, &o, "key", 1, 1, NULL, &round, &err));
    const size_t n = read_all(path, bytes);
    for (size_t i = 0; i < 60; i++) {
        const size_t at = i * n / 60;
        bytes[at] ^= 1;
        FILE *f = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, n, f), n);
        fclose(f);
        bytes[at] ^= 1;
        open_fails(&s, GA_EDATA, "copy it again, or delete it and run");
    }
    assert_int_equal(truncate(path, (off_t)n / 2), 0);
    open_fails(&s, GA_EDATA, "copy it again, or delete it and run");
    /* the shard itself makes it anew */
    CHECK_OK(look(&s, &o, "key", 1, 1, NULL, &round, &err));
    assert_false(round.found);
    assert_null(merge(&s, &o));
    free_scene(&s);
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
