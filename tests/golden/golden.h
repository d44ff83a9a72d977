/* golden.h - reads .golden files: a text header, one thing a line ("case WORDS", "array NAME
 * COUNT",
 * "# comment"), an empty line, then all arrays in that order as little-endian f32. They are written
 * by the scripts of tools/golden with PyTorch; tests only read them. */
#ifndef GA_GOLDEN_H
#define GA_GOLDEN_H
#include "base/alloc.h"
#include "base/file.h"
#include "check.h"

typedef struct ga_golden {
    ga_file file;
    char *header;
    const float *data; /* behind the header */
    float *copy;       /* aligned */
} ga_golden;

static inline ga_golden golden_open(const char *name)
{
    ga_err err;
    ga_golden g = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s.golden", GA_SOURCE_DIR, name);
    CHECK_OK(ga_file_open(path, &g.file, &err));
    size_t end = 0;
    while (end + 2 < g.file.size && memcmp(g.file.data + end, "\n\n", 2) != 0)
        end++;
    g.header = ga_mem_string_n((const char *)g.file.data, end + 1);
    const size_t bytes = g.file.size - end - 2;
    g.copy = ga_mem_new(bytes, 1);
    memcpy(g.copy, g.file.data + end + 2, bytes);
    g.data = g.copy;
    assert_true(strncmp(g.header, "ganatomy-golden-1\n", 18) == 0);
    return g;
}

static inline void golden_close(ga_golden *g)
{
    ga_file_close(&g->file);
    ga_mem_free(g->header);
    ga_mem_free(g->copy);
}

/* The next line that starts with `word` behind *at (NULL: from the beginning), copied without that
 * word into line; false at the end. */
static inline bool golden_line(const ga_golden *g, const char *word, const char **at, char *line,
                               size_t size)
{
    const char *p = *at == NULL ? g->header : *at;
    while (*p != 0) {
        const char *end = strchr(p, '\n');
        const size_t length = end != NULL ? (size_t)(end - p) : strlen(p), skip = strlen(word);
        const char *next = p + length + (end != NULL ? 1 : 0);
        if (strncmp(p, word, skip) == 0 && p[skip] == ' ' && length - skip <= size) {
            memcpy(line, p + skip + 1, length - skip - 1);
            line[length - skip - 1] = 0;
            *at = next;
            return true;
        }
        p = next;
    }
    return false;
}

/* The array of that name, which must have count floats; NULL if there is none and may be none. */
static inline const float *golden_find(const ga_golden *g, const char *name, size_t count,
                                       bool need)
{
    const char *at = NULL;
    char line[256], found[200];
    size_t offset = 0, n;
    while (golden_line(g, "array", &at, line, sizeof line)) {
        if (sscanf(line, "%199s %zu", found, &n) != 2)
            fail_msg("bad line in a golden file: %s", line);
        if (strcmp(found, name) == 0) {
            if (n != count)
                fail_msg("golden array %s has %zu numbers, the test wants %zu", name, n, count);
            return g->data + offset;
        }
        offset += n;
    }
    if (need)
        fail_msg("there is no golden array %s", name);
    return NULL;
}
#endif
