/* label_planes.c - specifications, and the bit masks of an image's labels. */
#include "stat/label_planes.h"
#include "base/alloc.h"
#include <string.h>

ga_status ga_spec_check(const ga_tally_spec *s, ga_err *err)
{
    const ga_status status = ga_lay_check(s->grid, err);
    if (status != GA_OK)
        return status;
    if (s->units < 1 || s->units > 65536 || s->labels < 2 || s->labels > 4096 ||
        s->categories < 1 || s->categories > 64 || s->planes < 1 || s->planes > 16 ||
        s->threads < 1 || s->threads > 1024)
        return ga_fail(
            err, GA_EINVAL,
            "%d units, %d labels of %d categories in %d planes, %d threads: expected 1 to "
            "65536, 2 to 4096 (with none), 1 to 64, 1 to 16, 1 to 1024",
            s->units, s->labels, s->categories, s->planes, s->threads);
    for (int c = 1; c < s->labels; c++)
        if (s->category[c] >= s->categories)
            return ga_fail(err, GA_EINVAL, "label %d is of category %d: categories end at %d", c,
                           s->category[c], s->categories - 1);
    return GA_OK;
}

ga_status ga_spec_copy(const ga_tally_spec *spec, ga_tally_spec *out, ga_err *err)
{
    const ga_status status = ga_spec_check(spec, err);
    if (status != GA_OK)
        return status;
    uint8_t *category = ga_mem_new((size_t)spec->labels, 1);
    if (category == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the categories of %d labels", spec->labels);
    memcpy(category + 1, spec->category + 1, (size_t)spec->labels - 1);
    *out = *spec;
    out->category = category;
    return GA_OK;
}

void ga_spec_free(ga_tally_spec *spec)
{
    ga_mem_free((void *)(uintptr_t)spec->category);
    spec->category = NULL;
}

bool ga_spec_same(const ga_tally_spec *a, const ga_tally_spec *b)
{
    return a->units == b->units && a->labels == b->labels && a->categories == b->categories &&
           a->planes == b->planes && ga_lay_same(a->grid, b->grid) &&
           memcmp(a->category + 1, b->category + 1, (size_t)a->labels - 1) == 0;
}

/* ---- bit masks --------------------------------------------------------------------------------*/

static size_t words_of(const ga_tally_spec *s)
{
    return (size_t)s->grid.H * (((size_t)s->grid.W + GA_LAY_WORD - 1) / GA_LAY_WORD);
}

/* A word has at most as many labels as it has pixels in all planes, and as there are. */
static size_t entries_of(const ga_tally_spec *s)
{
    const size_t pixels = (size_t)GA_LAY_WORD * (size_t)s->planes, labels = (size_t)s->labels - 1;
    return words_of(s) * (pixels < labels ? pixels : labels);
}

size_t ga_masks_bytes(const ga_tally_spec *s)
{
    return (words_of(s) + 1) * sizeof(uint32_t) +
           entries_of(s) * (sizeof(uint16_t) + sizeof(uint64_t)) +
           (size_t)s->labels * (2 * sizeof(uint16_t) + 3 * sizeof(uint32_t));
}

ga_status ga_masks_create(const ga_tally_spec *s, ga_mask_maker *m, ga_err *err)
{
    const size_t labels = (size_t)s->labels, entries = entries_of(s);
    ga_label_words *o = &m->out;
    o->words = (s->grid.W + GA_LAY_WORD - 1) / GA_LAY_WORD;
    const int rest = s->grid.W % GA_LAY_WORD;
    o->last = rest == 0 ? UINT64_MAX : ((uint64_t)1 << rest) - 1;
    o->start = ga_mem_new(words_of(s) + 1, sizeof *o->start);
    o->slot = ga_mem_new(entries, sizeof *o->slot);
    o->mask = ga_mem_new(entries, sizeof *o->mask);
    o->which = ga_mem_new(labels, sizeof *o->which);
    o->pixels = ga_mem_new(labels, sizeof *o->pixels);
    m->where = ga_mem_new(labels, sizeof *m->where);
    m->pixels_of = ga_mem_new(labels, sizeof *m->pixels_of);
    m->slot_of = ga_mem_new(labels, sizeof *m->slot_of);
    if (o->start != NULL && o->slot != NULL && o->mask != NULL && o->which != NULL &&
        o->pixels != NULL && m->where != NULL && m->pixels_of != NULL && m->slot_of != NULL)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory for %d planes of %dx%d labels: %zu bytes", s->planes,
                   s->grid.H, s->grid.W, ga_masks_bytes(s));
}

void ga_masks_free(ga_mask_maker *m)
{
    ga_mem_free(m->out.start);
    ga_mem_free(m->out.slot);
    ga_mem_free(m->out.mask);
    ga_mem_free(m->out.which);
    ga_mem_free(m->out.pixels);
    ga_mem_free(m->where);
    ga_mem_free(m->pixels_of);
    ga_mem_free(m->slot_of);
}

/* Adds the labels of 64 pixels (or fewer: wanted) of a plane to the word whose entries begin at
 * first; *end is where they end. Returns the place of a label that is none, or -1. */
static int add_word(ga_mask_maker *m, const ga_tally_spec *spec, const ga_lay_isa *isa,
                    const uint16_t *labels, uint64_t wanted, uint32_t first, uint32_t *end)
{
    ga_label_words *o = &m->out;
    for (uint64_t left = wanted; left != 0;) {
        const int place = __builtin_ctzll(left);
        const uint16_t label = labels[place];
        if (label >= spec->labels)
            return place;
        const uint64_t here = isa->equal(labels, label) & left;
        left &= ~here;
        if (label == 0)
            continue;
        uint32_t at = m->where[label]; /* is it one of this word's? */
        if (at < first || at >= *end || o->slot[at] != label) {
            at = m->where[label] = (*end)++;
            o->slot[at] = label;
            o->mask[at] = 0;
        }
        m->pixels_of[label] += (uint32_t)__builtin_popcountll(here & ~o->mask[at]);
        o->mask[at] |= here;
    }
    return -1;
}

/* Labels become their places among those that are present. */
static void number_labels(ga_mask_maker *m, const ga_tally_spec *spec, uint32_t entries)
{
    ga_label_words *o = &m->out;
    o->n = 0;
    for (int c = 1; c < spec->labels; c++)
        if (m->pixels_of[c] != 0) {
            m->slot_of[c] = (uint16_t)o->n;
            o->which[o->n] = (uint16_t)c;
            o->pixels[o->n++] = m->pixels_of[c];
        }
    for (uint32_t e = 0; e < entries; e++)
        o->slot[e] = m->slot_of[o->slot[e]];
}

ga_status ga_masks_make(ga_mask_maker *m, const ga_tally_spec *spec, const ga_lay_isa *isa,
                        const uint16_t *labels, ga_err *err)
{
    const size_t W = (size_t)spec->grid.W, plane = (size_t)spec->grid.H * W;
    uint32_t end = 0, *start = m->out.start;
    memset(m->pixels_of, 0, (size_t)spec->labels * sizeof *m->pixels_of);
    for (int y = 0; y < spec->grid.H; y++)
        for (int w = 0; w < m->out.words; w++) {
            const uint32_t first = *start++ = end;
            const bool last = w == m->out.words - 1;
            const uint64_t wanted = last ? m->out.last : UINT64_MAX;
            for (int d = 0; d < spec->planes; d++) {
                const size_t x = (size_t)w * GA_LAY_WORD;
                const uint16_t *from = labels + (size_t)d * plane + (size_t)y * W + x;
                uint16_t rest[GA_LAY_WORD] = {0};
                if (wanted != UINT64_MAX) /* nothing beyond the row's end is read */
                    from = memcpy(rest, from, (W - x) * sizeof *rest);
                const int bad = add_word(m, spec, isa, from, wanted, first, &end);
                if (bad >= 0)
                    return ga_fail(err, GA_EDATA,
                                   "label %u at (%d,%zu) of plane %d: labels end at %d", from[bad],
                                   y, x + (size_t)bad, d, spec->labels - 1);
            }
        }
    *start = end;
    number_labels(m, spec, end);
    return GA_OK;
}
