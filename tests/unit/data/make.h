/* make.h - IDX files, gzip streams and folders for the tests of data. */
#ifndef GA_TEST_MAKE_H
#define GA_TEST_MAKE_H
#include "check.h"
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

typedef struct blob {
    uint8_t *data;
    size_t size;
} blob;

static inline void blob_free(blob b)
{
    free(b.data);
}

/* An IDX file: type, rank, dims big-endian, n bytes. */
static inline blob make_idx(int type, int rank, const uint32_t *dim, const void *bytes, size_t n)
{
    blob b = {.size = 4 + 4 * (size_t)rank + n};
    b.data = calloc(b.size + 1, 1);
    b.data[2] = (uint8_t)type;
    b.data[3] = (uint8_t)rank;
    for (int i = 0; i < rank; i++)
        for (int k = 0; k < 4; k++)
            b.data[4 + 4 * i + k] = (uint8_t)(dim[i] >> (24 - 8 * k));
    memcpy(b.data + 4 + 4 * rank, bytes, n);
    return b;
}

/* window 31: gzip; -15: raw deflate */
static inline blob deflate_blob(blob plain, int window)
{
    z_stream z = {0};
    blob b = {.data = malloc(plain.size + plain.size / 100 + 200)};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = plain.data;
    z.avail_in = (uInt)plain.size;
    z.next_out = b.data;
    z.avail_out = (uInt)(plain.size + plain.size / 100 + 200);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.size = z.total_out;
    deflateEnd(&z);
    return b;
}

static inline blob gzip_blob(blob plain)
{
    return deflate_blob(plain, 15 + 16);
}

static inline void put_file(const char *folder, const char *name, const void *data, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static inline bool has_file(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static inline int count_files(const char *folder)
{
    char command[600];
    int n = -1;
    snprintf(command, sizeof command, "ls -A '%s' 2>/dev/null | wc -l", folder);
    FILE *p = popen(command, "r");
    if (p == NULL || fscanf(p, "%d", &n) != 1)
        n = -1;
    if (p != NULL)
        pclose(p);
    return n;
}

/* A new folder; the tests of a program share one prefix. */
static inline int make_folder(void **state)
{
    char *folder = strdup("/tmp/ganatomy-data-XXXXXX");
    if (folder == NULL || mkdtemp(folder) == NULL)
        return -1;
    unsetenv("GANATOMY_DATA");
    *state = folder;
    return 0;
}

static inline int drop_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    const int rc = system(command);
    free(*state);
    return rc;
}
#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
#endif
