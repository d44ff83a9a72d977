/* fetch_bench.h - what the tests of getting data sets share: a small set, and a server for it. */
#ifndef GA_FETCH_BENCH_H
#define GA_FETCH_BENCH_H
#include "base/hash.h"
#include "data/fetch.h"
#include "unit/data/server.h"

/* A data set of 6 + 3 pictures of 8 x 8 noise in 3 classes, as a server or a folder would have it.
 */
typedef struct bench {
    char folder[64], dest[96], url[64];
    ga_catalog_entry entry;
    char sha256[4][65], md5[33];
    blob plain[4], packed[4], zip;
    server server;
} bench;

static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
static const char *const paths[] = {"/train-images-idx3-ubyte.gz", "/train-labels-idx1-ubyte.gz",
                                    "/t10k-images-idx3-ubyte.gz", "/t10k-labels-idx1-ubyte.gz"};

static inline void make_files(bench *b)
{
    uint32_t state = 1;
    for (int role = 0; role < 4; role++) {
        const uint32_t n = role < 2 ? 6 : 3, dim[] = {n, 8, 8};
        uint8_t bytes[6 * 64], digest[32];
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * 1664525u + 1013904223u;
            bytes[i] = role % 2 ? (uint8_t)(i % 3) : (uint8_t)(state >> 24);
        }
        b->plain[role] = role % 2 ? make_idx(8, 1, dim, bytes, n)
                                  : make_idx(8, 3, dim, bytes, n * 64);
        b->packed[role] = gzip_blob(b->plain[role]);
        ga_sha256 h;
        ga_sha256_start(&h);
        ga_sha256_add(&h, b->plain[role].data, b->plain[role].size);
        ga_sha256_end(&h, digest);
        ga_hex(digest, 32, b->sha256[role]);
    }
}

static inline int set_up(void **state)
{
    bench *b = calloc(1, sizeof *b);
    const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy",
                                   "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        unsetenv(proxies[i]);
    strcpy(b->folder, "/tmp/ganatomy-fetch-XXXXXX");
    if (mkdtemp(b->folder) == NULL)
        return -1;
    snprintf(b->dest, sizeof b->dest, "%s/datasets/tiny", b->folder);
    make_files(b);
    b->entry = (ga_catalog_entry){.known = {.name = "tiny",
                                            .title = "Tiny",
                                            .n_train = 6,
                                            .n_test = 3,
                                            .dims = {1, 8, 8},
                                            .classes = 3,
                                            .get = "apt install tiny"},
                                  .url = "https://127.0.0.1:1/"};
    for (int i = 0; i < 4; i++) {
        b->entry.file[i] = names[i];
        b->entry.sha256[i] = b->sha256[i];
        b->server.files[i] = (served){.name = paths[i], .content = b->packed[i]};
    }
    b->server.n_files = 4;
    server_start(&b->server);
    snprintf(b->url, sizeof b->url, "http://127.0.0.1:%d/", b->server.port);
    *state = b;
    return 0;
}

static inline int tear_down(void **state)
{
    bench *b = *state;
    char command[128];
    server_stop(&b->server);
    for (int i = 0; i < 4; i++) {
        blob_free(b->plain[i]);
        blob_free(b->packed[i]);
    }
    blob_free(b->zip);
    snprintf(command, sizeof command, "rm -rf '%s'", b->folder);
    const int rc = system(command);
    free(b);
    return rc;
}

static inline ga_fetch_options by_server(const bench *b)
{
    return (ga_fetch_options){.dest = b->dest, .url = b->url};
}

static inline void check_dest(const bench *b)
{
    ga_err err;
    ga_dataset *d;
    for (int split = 0; split < 2; split++) {
        CHECK_OK(ga_dataset_open(b->dest, (ga_split)split, NULL, &d, &err));
        assert_int_equal(ga_dataset_n(d), split ? 3 : 6);
        assert_memory_equal(ga_dataset_pixels(d), b->plain[2 * split].data + 16,
                            (size_t)ga_dataset_n(d) * 64);
        ga_dataset_free(d);
    }
    assert_int_equal(count_files(b->dest), 4); /* and nothing else: no part, no temporary file */
}
#endif
