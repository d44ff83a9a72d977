/* test_memory.c - a dissection takes what was said before, and with little of it comes to the same.
 */
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "dissect/need.h"
#include "dissect/records.h"
#include "dissect_check.h"
#include "drawing.h"

enum { IMAGES = 100, BESIDE = 100 << 10 /* lists, names and what lies around blocks */ };

/* All three draw at one pixel, so that it is white in an eighth of the images. */
static const stroke crossing[GATES] = {
    {RED, RED, 0, 5, 0, 5}, {GREEN, GREEN, 4, 8, 0, 5}, {BLUE, BLUE, 2, 7, 4, 8}};

static ga_model *make_model(void)
{
    static const float ground[UNITS] = {1, 1, 1, 0.5F};
    return make_drawing(crossing, GATES, ground, plain);
}

static ga_subject_spec spec_of(const scene *s, int side, bool twin)
{
    static const char *const layers[] = {"units"};
    return (ga_subject_spec){.model = s->m,
                             .segmenter = s->colors,
                             .layers = layers,
                             .n_layers = 1,
                             .side = side,
                             .twin = twin,
                             .threads = 1};
}

static ga_dissect_needs needs_of(const scene *s, int side, bool twin, const ga_dissect_options *o)
{
    ga_err err;
    ga_dissect_needs n;
    const ga_subject_spec spec = spec_of(s, side, twin);
    CHECK_OK(ga_dissect_forecast(&spec, o, &n, &err));
    return n;
}

/* A folder for work, and its end when the work is done. */
static void begin(char folder[])
{
    assert_non_null(mkdtemp(folder));
}

static void end(const ga_dissect_work *work)
{
    ga_dissect_done(work);
    assert_int_equal(rmdir(work->folder), 0);
}

/* ---- what is taken ----------------------------------------------------------------------------*/

typedef struct watch {
    size_t before, most;
} watch;

static void look(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)done;
    (void)total;
    watch *w = user;
    const size_t now = ga_mem_held() - w->before;
    w->most = now > w->most ? now : w->most;
}

/* Large enough that what lies around blocks is little. */
static ga_model *make_large(void)
{
    ga_model *m = model_described(
        "{\"format\": \"ganatomy-arch-1\", \"name\": \"large\","
        " \"input\": {\"name\": \"z\", \"size\": 3, \"law\": \"normal\"},"
        " \"output\": {\"range\": [-1, 1]}, \"layers\": ["
        "{\"name\": \"units\", \"type\": \"ConvTranspose2d\", \"in_channels\": 3,"
        " \"out_channels\": 400, \"kernel_size\": 16},"
        "{\"name\": \"picture\", \"type\": \"Conv2d\", \"in_channels\": 400, \"out_channels\": 3,"
        " \"kernel_size\": 1}]}");
    ga_params_init(ga_model_params(m), ga_model_graph(m), 1, false);
    ga_params_changed(ga_model_params(m));
    return m;
}

/* Of a subject and a dissection: the most that was held at once. */
static size_t taken(const char *preset, bool twin, ga_dissect_needs *said)
{
    ga_err err;
    char folder[] = "/tmp/ga-memory-XXXXXX";
    begin(folder);
    const size_t before = ga_mem_held();
    scene s = scene_of(make_large(), 16, twin, 1);
    watch w = {0};
    ga_dissect_options o = few_of(preset, 16, IMAGES);
    *said = needs_of(&s, 16, twin, &o);
    assert_int_equal(said->subject, ga_subject_bytes(s.s));
    w.before = ga_mem_held() - said->subject;
    o.held = 0;
    o.memory = said->most;
    const ga_progress progress = {.report = look, .user = &w};
    const ga_dissect_work work = {folder, "key", &progress};
    ga_dissection *d;
    CHECK_OK(ga_dissect(s.s, &o, &work, &d, &err));
    ga_dissection_free(d);
    free_scene(&s);
    assert_int_equal(ga_mem_held(), before);
    end(&work);
    return w.most;
}

static void what_is_taken_was_told_before(void **state)
{
    (void)state;
    static const char *const presets[] = {"2018-iqr", "2018-fixed", "2020"};
    for (int i = 0; i < 3; i++)
        for (int twin = 0; twin < 2; twin++) {
            ga_dissect_needs said;
            const size_t most = taken(presets[i], twin, &said);
            if (most > said.subject + said.most + BESIDE ||
                (double)most < 0.8 * (double)(said.subject + said.least))
                fail_msg("%s, twin %d: %zu bytes, forecast %zu and %zu to %zu", presets[i], twin,
                         most, said.subject, said.least, said.most);
        }
}

/* ---- with little ------------------------------------------------------------------------------*/

/* A seed whose first block has no white pixel. */
static uint32_t seed_with_late_white(uint32_t from)
{
    for (uint32_t seed = from;; seed++) {
        ga_err err;
        float z[GA_DISSECT_BLOCK * 3];
        bool white = false;
        CHECK_OK(ga_latents(GA_LAW_NORMAL, seed, 0, GA_DISSECT_BLOCK, 3, z, &err));
        for (int i = 0; i < GA_DISSECT_BLOCK; i++)
            white = white || (z[3 * i] > 0 && z[3 * i + 1] > 0 && z[3 * i + 2] > 0);
        if (!white)
            return seed;
    }
}

static ga_dissect_options options_with_late_white(void)
{
    ga_dissect_options o = few_of("2018-iqr", SIDE, IMAGES);
    o.rule_seed = seed_with_late_white(2);
    o.seed = seed_with_late_white(o.rule_seed + 1);
    return o;
}

static char *whole(scene *s, const ga_dissect_options *o)
{
    ga_err err;
    ga_dissection *d;
    CHECK_OK(ga_dissect(s->s, o, &(ga_dissect_work){0}, &d, &err));
    char *text = json_of(s, d);
    ga_dissection_free(d);
    return text;
}

static void check_says(const scene *s, ga_dissection *d, const char *want)
{
    char *got = json_of(s, d);
    assert_string_equal(got, want);
    ga_dissect_text_free(got);
    ga_dissection_free(d);
}

/* A little more each time, it comes further each time, and in the end to the same bytes. */
static void a_label_too_many_is_told_and_nothing_is_lost(void **state)
{
    (void)state;
    ga_err err;
    char folder[] = "/tmp/ga-memory-XXXXXX";
    begin(folder);
    scene s = scene_of(make_model(), SIDE, false, 1);
    ga_dissect_options o = options_with_late_white();
    char *want = whole(&s, &o);
    const ga_dissect_needs needs = needs_of(&s, SIDE, false, &o);
    const ga_dissect_work work = {folder, "key", NULL};
    ga_dissection *d = NULL;
    int places = 0, tries = 0;
    unsigned long long at = 0;
    o.memory = needs.least - 1;
    CHECK_FAILS(ga_dissect(s.s, &o, &work, &d, &err), GA_ENOMEM, "will do for all 11 labels");
    assert_null(strstr(err.text, "goes on"));
    for (o.memory = needs.least; ga_dissect(s.s, &o, &work, &d, &err) != GA_OK; o.memory += 80) {
        unsigned long long done, all;
        assert_true(++tries < 1000);
        if (sscanf(err.text, "%llu of %llu images are looked at, and the same command goes on",
                   &done, &all) != 2 ||
            done < at)
            fail_msg("%s", err.text);
        places += done > at;
        at = done;
    }
    assert_true(places >= 2); /* the first block of a pass, and where white comes in */
    assert_true(o.memory > needs.least && o.memory < needs.most);
    check_says(&s, d, want);
    ga_dissect_text_free(want);
    free_scene(&s);
    end(&work);
}

static void what_is_always_enough_is_and_says_the_same(void **state)
{
    (void)state;
    static const char *const presets[] = {"2018-iqr", "2018-fixed", "2020"};
    for (int i = 0; i < 3; i++)
        for (int threads = 1; threads <= 2; threads++) {
            ga_err err;
            char folder[] = "/tmp/ga-memory-XXXXXX";
            begin(folder);
            scene s = scene_of(make_model(), SIDE, false, threads);
            ga_dissect_options o = few_of(presets[i], SIDE, IMAGES);
            o.threads = threads;
            char *want = whole(&s, &o);
            const ga_dissect_work work = {folder, "key", NULL};
            ga_dissection *d;
            o.held = 1000000;
            o.memory = o.held + needs_of(&s, SIDE, false, &o).most;
            CHECK_OK(ga_dissect(s.s, &o, &work, &d, &err));
            check_says(&s, d, want);
            ga_dissect_text_free(want);
            free_scene(&s);
            end(&work);
        }
}

/* Without a folder intervals have to fit into memory; without a limit, and without intervals, all
 * does. */
static void without_a_folder_images_have_to_fit(void **state)
{
    (void)state;
    ga_err err;
    scene s = scene_of(make_model(), SIDE, false, 1);
    ga_dissect_options o = few_of("2018-fixed", SIDE, IMAGES);
    const ga_dissect_work nowhere = {0};
    ga_dissection *d;
    o.memory = 0;
    ga_dissect_text_free(whole(&s, &o));
    const size_t enough = needs_of(&s, SIDE, false, &o).most;
    o.memory = enough;
    CHECK_FAILS(ga_dissect(s.s, &o, &nowhere, &d, &err), GA_ENOMEM, "--bootstrap 0 needs none");
    o.memory = enough + (1 << 20);
    ga_dissect_text_free(whole(&s, &o));
    o.bootstrap = 0;
    o.memory = needs_of(&s, SIDE, false, &o).most;
    ga_dissect_text_free(whole(&s, &o));
    free_scene(&s);
}

/* ---- what single images gave ------------------------------------------------------------------*/

enum { OF = 3 /* units */, LABELS = 6 };

/* Image i has labels 1 .. i % LABELS. */
static ga_tally_present image(int i, uint16_t *which, uint32_t *numbers)
{
    const int n = i % LABELS;
    for (int k = 0; k < n; k++)
        which[k] = (uint16_t)(k + 1);
    for (int k = 0; k < n + n * OF + OF; k++)
        numbers[k] = (uint32_t)(i * 100 + k);
    return (ga_tally_present){n, which, numbers, numbers + n, numbers + n + n * OF};
}

static void fill(ga_records *r, int from, int to)
{
    ga_err err;
    for (int i = from; i < to; i++) {
        uint16_t which[LABELS];
        uint32_t numbers[LABELS * (OF + 1) + OF];
        CHECK_OK(ga_records_add(r, image(i, which, numbers), &err));
    }
}

static void check_images(const ga_records *r, int n)
{
    ga_tally_present p;
    uint16_t which[LABELS], there[LABELS];
    uint32_t numbers[LABELS * (OF + 1) + OF];
    int i = 0;
    for (size_t at = 0; ga_records_next(r, &at, there, &p); i++) {
        const ga_tally_present want = image(i, which, numbers);
        const size_t labels = (size_t)want.n;
        assert_int_equal(p.n, want.n);
        assert_memory_equal(p.which, which, labels * sizeof *which);
        assert_memory_equal(p.label, want.label, labels * sizeof *want.label);
        assert_memory_equal(p.both, want.both, labels * OF * sizeof *want.both);
        assert_memory_equal(p.active, want.active, OF * sizeof *want.active);
        if (i % 5000 == 0)
            ga_records_rest(r); /* which loses nothing */
    }
    assert_int_equal(i, n);
    assert_int_equal(r->images, n);
}

static void images_go_to_a_file_when_memory_ends(void **state)
{
    (void)state;
    enum { MANY = 60000 /* some 4 MB */ };
    static const size_t memory[] = {0, 100000, 1000000, SIZE_MAX};
    for (int i = 0; i < 4; i++) {
        const size_t before = ga_mem_held();
        ga_records r = {.units = OF, .memory = memory[i], .folder = "."};
        fill(&r, 0, MANY);
        assert_int_equal(r.in_file, memory[i] < SIZE_MAX);
        assert_true(r.in_file ? ga_mem_held() == before : ga_records_bytes(&r) >= r.length * 4);
        check_images(&r, MANY);
        ga_records_free(&r);
        assert_int_equal(ga_mem_held(), before);
    }
}

static void images_join_in_memory_and_in_files(void **state)
{
    (void)state;
    ga_err err;
    for (int k = 0; k < 4; k++) {
        ga_records a = {.units = OF, .memory = k & 1 ? 0 : SIZE_MAX, .folder = "."},
                   b = {.units = OF, .memory = k & 2 ? 0 : SIZE_MAX, .folder = "."},
                   c = {.units = OF, .memory = 1000, .folder = "."};
        fill(&a, 0, 50);
        fill(&b, 50, 90);
        CHECK_OK(ga_records_join(&a, &b, &err));
        check_images(&a, 90);
        CHECK_OK(ga_records_take(&c, a.w, a.length, LABELS, &err));
        assert_true(c.in_file);
        check_images(&c, 90);
        CHECK_FAILS(ga_records_take(&c, a.w, a.length - 1, LABELS, &err), GA_EDATA, "fit together");
        CHECK_FAILS(ga_records_take(&c, a.w, a.length, LABELS - 1, &err), GA_EDATA, "fit together");
        check_images(&c, 90); /* it has what it had */
        ga_records_free(&a);
        ga_records_free(&b);
        ga_records_free(&c);
    }
}

static void images_without_room_are_refused(void **state)
{
    (void)state;
    ga_err err;
    uint16_t which[LABELS];
    uint32_t numbers[LABELS * (OF + 1) + OF];
    ga_records r = {.units = OF, .memory = 1000};
    fill(&r, 0, 5);
    ga_status status = GA_OK;
    for (int i = 5; status == GA_OK; i++)
        status = ga_records_add(&r, image(i, which, numbers), &err);
    assert_int_equal(status, GA_ENOMEM);
    assert_true(r.images > 5 && r.length <= 250 && r.length > 200);
    check_images(&r, r.images);
    r.folder = "/nowhere/at/all";
    CHECK_FAILS(ga_records_add(&r, image(5, which, numbers), &err), GA_EIO, "--bootstrap 0");
    check_images(&r, r.images);
    ga_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_was_told_before),
        cmocka_unit_test(a_label_too_many_is_told_and_nothing_is_lost),
        cmocka_unit_test(what_is_always_enough_is_and_says_the_same),
        cmocka_unit_test(without_a_folder_images_have_to_fit),
        cmocka_unit_test(images_go_to_a_file_when_memory_ends),
        cmocka_unit_test(images_join_in_memory_and_in_files),
        cmocka_unit_test(images_without_room_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
