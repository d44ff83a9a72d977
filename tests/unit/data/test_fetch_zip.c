/* Getting data sets out of a zip: fetched, checked, unpacked; and the MD5 that it is checked by. */
#include "fetch_bench.h"
#include "array/zip.h"
#include "data/md5.h"

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

/* Members gzip/NAME.gz; odd ones deflated, even ones stored. */
static blob make_zip(const bench *b)
{
    blob zip = {.data = calloc(16384, 1)};
    uint8_t directory[1024] = {0};
    size_t at = 0, d = 0;
    for (int i = 0; i < 4; i++) {
        char name[64];
        const blob content = b->packed[i];
        const blob stored = i % 2 ? deflate_blob(content, -15) : content;
        const uint32_t crc = (uint32_t)crc32(0, content.data, (uInt)content.size);
        const size_t n = (size_t)snprintf(name, sizeof name, "gzip/%s.gz", names[i]);
        uint8_t *h = zip.data + at, *c = directory + d;
        put32(h, 0x04034b50);
        put16(h + 8, i % 2 ? 8 : 0);
        put16(h + 26, (uint32_t)n);
        memcpy(h + 30, name, n);
        memcpy(h + 30 + n, stored.data, stored.size);
        put32(c, 0x02014b50);
        put16(c + 10, i % 2 ? 8 : 0);
        put32(c + 16, crc);
        put32(c + 20, (uint32_t)stored.size);
        put32(c + 24, (uint32_t)content.size);
        put16(c + 28, (uint32_t)n);
        put32(c + 42, (uint32_t)at);
        memcpy(c + 46, name, n);
        at += 30 + n + stored.size;
        d += 46 + n;
        if (i % 2)
            blob_free(stored);
    }
    memcpy(zip.data + at, directory, d);
    uint8_t *end = zip.data + at + d;
    put32(end, 0x06054b50);
    put16(end + 8, 4);
    put16(end + 10, 4);
    put32(end + 12, (uint32_t)d);
    put32(end + 16, (uint32_t)at);
    zip.size = at + d + 22;
    return zip;
}

static void serve_zip(bench *b)
{
    b->zip = make_zip(b);
    ga_md5(b->zip.data, b->zip.size, b->md5);
    b->entry.zip_md5 = b->md5;
    b->entry.zip_folder = "gzip/";
    b->entry.url = "https://127.0.0.1:1/gzip.zip";
    for (int i = 0; i < 4; i++)
        b->entry.sha256[i] = NULL;
    b->server.files[4] = (served){.name = "/gzip.zip", .content = b->zip};
    b->server.n_files = 5;
    const size_t n = strlen(b->url);
    snprintf(b->url + n, sizeof b->url - n, "gzip.zip");
}

static void a_zip_is_fetched_checked_and_unpacked(void **state)
{
    bench *b = *state;
    ga_err err;
    serve_zip(b);
    const ga_fetch_options o = by_server(b);
    b->server.files[4].break_after = 700;
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err)); /* all there: the zip is not asked for again */
    assert_int_equal(b->server.requests, (int)((b->zip.size + 699) / 700));
}

static void a_zip_of_other_content_is_not_kept(void **state)
{
    bench *b = *state;
    ga_err err;
    serve_zip(b);
    const ga_fetch_options o = by_server(b);
    b->zip.data[200] ^= 1;
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_EDATA, "MD5 is");
    assert_int_equal(count_files(b->dest), 0);
}

static void a_zip_in_a_folder_is_unpacked_and_left_there(void **state)
{
    bench *b = *state;
    ga_err err;
    serve_zip(b);
    put_file(b->folder, "gzip.zip", b->zip.data, b->zip.size);
    const ga_fetch_options o = {.dest = b->dest, .from = b->folder};
    CHECK_OK(ga_fetch_entry(&b->entry, &o, &err));
    check_dest(b);
    assert_true(has_file(b->folder, "gzip.zip"));
}

/* A member of a zip, to be freed; NULL and a sentence if there is none. */
static uint8_t *unpack(const uint8_t *data, size_t size, const char *member, size_t *n, ga_err *err)
{
    ga_budget budget = {.arena = ga_arena_create(1 << 20), .limit = 1 << 20, .where = "z"};
    ga_zip zip;
    ga_zip_entry *entry = NULL;
    const uint8_t *bytes;
    uint8_t *out = NULL;
    err->text[0] = 0;
    if (ga_zip_open(data, size, "z", &budget, &zip, err) == GA_OK)
        entry = ga_zip_find(&zip, member, strlen(member));
    if (entry != NULL && ga_zip_get(&zip, entry, &bytes, err) == GA_OK) {
        *n = entry->size;
        out = malloc(*n + (*n == 0));
        memcpy(out, bytes, *n);
    }
    ga_arena_free(budget.arena);
    return out;
}

static void a_zip_cut_or_changed_anywhere_never_gives_wrong_bytes(void **state)
{
    bench *b = *state;
    b->zip = make_zip(b);
    if (b->zip.size == 0)
        fail_msg("there is no zip");
    const char *member = "gzip/train-labels-idx1-ubyte.gz";
    ga_err err;
    size_t n = 0;
    for (size_t cut = 0; cut < b->zip.size; cut++) {
        uint8_t *exact = malloc(cut + (cut == 0));
        memcpy(exact, b->zip.data, cut);
        if (unpack(exact, cut, member, &n, &err) != NULL)
            fail_msg("a zip cut at byte %zu has a member", cut);
        assert_true(err.text[0] != 0);
        free(exact);
    }
    uint8_t *exact = malloc(b->zip.size);
    int refused = 0;
    for (size_t at = 0; at < b->zip.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(exact, b->zip.data, b->zip.size);
            exact[at] ^= (uint8_t)(1 << bit);
            uint8_t *out = unpack(exact, b->zip.size, member, &n, &err);
            if (out != NULL) {
                assert_int_equal(n, b->packed[1].size);
                assert_memory_equal(out, b->packed[1].data, n);
            } else
                refused++;
            free(out);
        }
    assert_true(refused > 300);
    free(exact);
}

static void a_zip_without_the_files_is_said_to_lack_them(void **state)
{
    bench *b = *state;
    ga_err err;
    serve_zip(b);
    b->entry.zip_folder = "elsewhere/";
    put_file(b->folder, "gzip.zip", b->zip.data, b->zip.size);
    const ga_fetch_options o = {.dest = b->dest, .from = b->folder};
    CHECK_FAILS(ga_fetch_entry(&b->entry, &o, &err), GA_ENOTFOUND,
                "has no member 'elsewhere/train-images-idx3-ubyte.gz'");
    assert_int_equal(count_files(b->dest), 0);
}

static void md5_is_that_of_its_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } rows[] = {
        /* RFC 1321, A.5 */
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char hex[33];
        ga_md5((const uint8_t *)rows[i].text, strlen(rows[i].text), hex);
        assert_string_equal(hex, rows[i].hex);
    }
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_zip_is_fetched_checked_and_unpacked),
        ROW(a_zip_of_other_content_is_not_kept),
        ROW(a_zip_in_a_folder_is_unpacked_and_left_there),
        ROW(a_zip_cut_or_changed_anywhere_never_gives_wrong_bytes),
        ROW(a_zip_without_the_files_is_said_to_lack_them),
        cmocka_unit_test(md5_is_that_of_its_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
