/* sets.c - a number for each set of labels that some pixel has. Pixels come in runs, so that a set
 * is looked up only where it changes. */
#include "base/alloc.h"
#include "stat/label_planes.h"
#include <string.h>

/* Of PIXELS, each copy of a ladder's histogram sees a quarter: as many as 16 bits count. */
enum { BUCKETS = 4 * GA_SETS, PIXELS = 65535 * GA_LAY_COPIES };

size_t ga_sets_bytes(const ga_tally_spec *s)
{
    return GA_SETS * (2 * (size_t)s->planes * sizeof(uint16_t) + sizeof(int) + sizeof(uint32_t)) +
           ((size_t)s->grid.H * (size_t)s->grid.W + BUCKETS) * sizeof(uint32_t);
}

ga_status ga_sets_create(const ga_tally_spec *spec, ga_label_sets *s, ga_err *err)
{
    const size_t planes = (size_t)spec->planes;
    s->labels = ga_mem_new(GA_SETS * planes, sizeof *s->labels);
    s->member = ga_mem_new(GA_SETS * planes, sizeof *s->member);
    s->members = ga_mem_new(GA_SETS, sizeof *s->members);
    s->pixels = ga_mem_new(GA_SETS, sizeof *s->pixels);
    s->set_of = ga_mem_new((size_t)spec->grid.H * (size_t)spec->grid.W, sizeof *s->set_of);
    s->bucket = ga_mem_new(BUCKETS, sizeof *s->bucket);
    if (s->labels != NULL && s->member != NULL && s->members != NULL && s->pixels != NULL &&
        s->set_of != NULL && s->bucket != NULL)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory for the labels of %dx%d pixels: %zu bytes",
                   spec->grid.H, spec->grid.W, ga_sets_bytes(spec));
}

void ga_sets_free(ga_label_sets *s)
{
    ga_mem_free(s->labels);
    ga_mem_free(s->member);
    ga_mem_free(s->members);
    ga_mem_free(s->pixels);
    ga_mem_free(s->set_of);
    ga_mem_free(s->bucket);
}

ga_status ga_labels_present(const ga_tally_spec *spec, const uint16_t *labels, bool *present,
                            ga_err *err)
{
    const size_t W = (size_t)spec->grid.W, pixels = (size_t)spec->grid.H * W;
    int before = -1;
    memset(present, 0, (size_t)spec->labels);
    for (size_t i = 0; i < (size_t)spec->planes * pixels; i++) {
        if (labels[i] == before)
            continue;
        before = labels[i];
        if (before >= spec->labels)
            return ga_fail(err, GA_EDATA, "label %d at (%zu,%zu) of plane %zu: labels end at %d",
                           before, i % pixels / W, i % W, i / pixels, spec->labels - 1);
        present[before] = true;
    }
    present[0] = false;
    return GA_OK;
}

/* Adds the set of labels (D) at number n, its members each once. */
static void describe(ga_label_sets *s, int n, const uint16_t *labels, int planes)
{
    uint16_t *member = s->member + (size_t)n * (size_t)planes;
    memcpy(s->labels + (size_t)n * (size_t)planes, labels, (size_t)planes * sizeof *labels);
    s->members[n] = 0;
    s->pixels[n] = 0;
    for (int d = 0; d < planes; d++) {
        bool known = labels[d] == 0;
        for (int i = 0; i < s->members[n]; i++)
            known = known || member[i] == labels[d];
        if (!known)
            member[s->members[n]++] = labels[d];
    }
}

/* Number of the set of labels (D); -1 if it is new and there is no place for it. */
static int number_of(ga_label_sets *s, const uint16_t *labels, int planes)
{
    const size_t size = (size_t)planes * sizeof *labels;
    uint64_t hash = 0;
    for (int d = 0; d < planes; d++)
        hash = (hash ^ labels[d]) * 0x9E3779B97F4A7C15u;
    uint32_t at = (uint32_t)(hash >> 40) % BUCKETS;
    for (; s->bucket[at] != 0; at = (at + 1) % BUCKETS) {
        const int n = (int)s->bucket[at] - 1;
        if (memcmp(s->labels + (size_t)n * (size_t)planes, labels, size) == 0)
            return n;
    }
    if (s->n == GA_SETS)
        return -1;
    describe(s, s->n, labels, planes);
    s->bucket[at] = (uint32_t)++s->n;
    return s->n - 1;
}

/* A row's numbers; false if its sets do not fit beside those that are there. */
static bool add_row(ga_label_sets *s, const ga_tally_spec *spec, const uint16_t *labels, int y)
{
    const size_t W = (size_t)spec->grid.W, pixels = (size_t)spec->grid.H * W;
    uint32_t *set_of = s->set_of + (size_t)y * W;
    labels += (size_t)y * W;
    for (size_t x = 0; x < W; x++) {
        bool same = x > 0;
        for (int d = 0; d < spec->planes && same; d++)
            same = labels[(size_t)d * pixels + x] == labels[(size_t)d * pixels + x - 1];
        if (same) {
            set_of[x] = set_of[x - 1];
            continue;
        }
        uint16_t here[16];
        for (int d = 0; d < spec->planes; d++)
            here[d] = labels[(size_t)d * pixels + x];
        const int n = number_of(s, here, spec->planes);
        if (n < 0)
            return false;
        set_of[x] = (uint32_t)n;
    }
    return true;
}

void ga_sets_make(ga_label_sets *s, const ga_tally_spec *spec, const uint16_t *labels, int from)
{
    const size_t W = (size_t)spec->grid.W;
    memset(s->bucket, 0, BUCKETS * sizeof *s->bucket);
    s->n = 0;
    s->from = s->to = from;
    while (s->to < spec->grid.H && (size_t)(s->to - from + 1) * W <= PIXELS &&
           add_row(s, spec, labels, s->to))
        s->to++;
    for (size_t i = (size_t)from * W; i < (size_t)s->to * W; i++)
        s->pixels[s->set_of[i]]++;
}
