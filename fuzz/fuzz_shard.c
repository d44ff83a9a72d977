/* fuzz_shard.c - what a shard has seen, from another machine (its seal aside, which whoever sends
 * it can make): refused with a sentence, or merged and judged without harm. */
#include "dissect/passes.h"
#include "dissect/state.h"
#include "array/weights.h"
#include "base/alloc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNITS = 2, LABELS = 4, SIDE = 3 };

/* One layer of 2 units of 2x2 cells, on label maps of 3x3 pixels, 4 labels. */
static ga_dissection *make(ga_dissect_rule rule)
{
    static const uint8_t category[LABELS] = {0, 0, 0, 1};
    ga_dissection *d = ga_mem_new(1, sizeof *d);
    ga_dissect_layer *l = ga_mem_new(1, sizeof *l);
    if (d == NULL || l == NULL)
        abort();
    *d = (ga_dissection){.options = {.size = 4,
                                     .rule = rule,
                                     .share = 0.5,
                                     .labels = 2,
                                     .examples = 2,
                                     .shuffles = 1,
                                     .bootstrap = 100,
                                     .threads = 1},
                         .labels = LABELS,
                         .categories = 2,
                         .planes = 1,
                         .n_layers = 1,
                         .category = ga_mem_new(LABELS, 1),
                         .layer = l};
    l->dims = (ga_dims){UNITS, 2, 2};
    l->spec = (ga_tally_spec){.units = UNITS,
                              .labels = LABELS,
                              .category = category,
                              .categories = 2,
                              .planes = 1,
                              .threads = 1,
                              .grid = {2, 2, SIDE, SIDE, GA_LIE_CLAMP}};
    l->threshold = ga_mem_new(UNITS, sizeof *l->threshold);
    l->unit = ga_mem_new(UNITS, sizeof *l->unit);
    if (d->category == NULL || l->threshold == NULL || l->unit == NULL)
        abort();
    memcpy(d->category, category, LABELS);
    return d;
}

/* A dissection that is at pass `pass`, with what the file has; NULL: refused. */
static ga_dissection *load(const ga_weights *file, ga_dissect_rule rule, int pass)
{
    ga_err err = {0};
    ga_dissection *d = make(rule);
    const ga_pass *p = ga_passes_of(&d->options, NULL)[pass];
    ga_status status = pass > 0 ? ga_dissect_restore_rule(d, file, &err) : GA_OK;
    if (status == GA_OK)
        status = ga_pass_begin(p, d, &err);
    if (status == GA_OK)
        status = ga_dissect_restore(d, file, &err);
    if (status == GA_OK)
        return d;
    if (err.text[0] == 0)
        abort();
    ga_dissection_free(d);
    return NULL;
}

static void merge(const ga_weights *file, ga_dissect_rule rule, int pass)
{
    ga_err err = {0};
    ga_dissection *d = load(file, rule, pass), *other = load(file, rule, pass);
    const ga_pass *p = d != NULL ? ga_passes_of(&d->options, NULL)[pass] : NULL;
    if (d != NULL && other != NULL) {
        ga_status status = p->merge(d->layer, other->layer, &err);
        if (status == GA_OK)
            status = ga_pass_end(p, d, NULL, &err);
        if (status != GA_OK && err.text[0] == 0)
            abort();
    }
    ga_dissection_free(d);
    ga_dissection_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_weights *file;
    if (ga_weights_parse_as(ga_read_safetensors, data, size, "fuzz", 1 << 24, &file, NULL) != GA_OK)
        return 0;
    for (int pass = 0; pass < 3; pass++)
        merge(file, GA_RULE_IQR, pass);
    for (int pass = 0; pass < 2; pass++)
        merge(file, GA_RULE_SHARE, pass);
    ga_weights_free(file);
    return 0;
}
