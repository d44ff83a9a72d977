/* network.c - a network with label logits as a segmenter. */
#include "base/alloc.h"
#include "base/hash.h"
#include "ganatomy/data.h"
#include "seg/kind.h"
#include <stdio.h>
#include <string.h>

enum { BATCH = 16 };

typedef struct network {
    ga_plan *plan;
    const char *input, *output; /* taps */
    ga_dims made;               /* logits */
    float *logits;              /* (BATCH,C,H,W) */
    float *resized;             /* one channel at the size that is asked for */
    size_t resized_count;
    float *best;     /* (pixels) logit of the best label so far */
    int *first;      /* (K) first channel of each category */
    int *size;       /* (K) its channels */
    uint16_t *label; /* (C) which label a channel is; 0 for none of its category */
} network;

static void end(void *own)
{
    network *n = own;
    if (n == NULL)
        return;
    ga_plan_free(n->plan);
    ga_mem_free(n->logits);
    ga_mem_free(n->resized);
    ga_mem_free(n->best);
    ga_mem_free(n->first);
    ga_mem_free(n->size);
    ga_mem_free(n->label);
    ga_mem_free(n);
}

/* ---- maps -------------------------------------------------------------------------------------*/

static ga_status need_resized(network *n, size_t count, ga_err *err)
{
    if (count <= n->resized_count)
        return GA_OK;
    ga_mem_free(n->resized);
    ga_mem_free(n->best);
    n->resized_count = 0;
    n->resized = ga_mem_new(count, sizeof *n->resized);
    n->best = ga_mem_new(count, sizeof *n->best);
    if (n->resized == NULL || n->best == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for logits of %zu pixels", count);
    n->resized_count = count;
    return GA_OK;
}

/* The labels of one category of one picture, (h,w): the channel with the largest logit, the first
 * of equals. */
static void win(network *n, const float *logits, int category, int h, int w, uint16_t *map)
{
    const size_t plane = (size_t)n->made.h * (size_t)n->made.w, pixels = (size_t)h * (size_t)w;
    const bool same = h == n->made.h && w == n->made.w;
    for (int c = 0; c < n->size[category]; c++) {
        const int channel = n->first[category] + c;
        const float *x = logits + (size_t)channel * plane;
        if (!same) {
            ga_resize_bilinear(x, 1, n->made.h, n->made.w, n->resized, h, w);
            x = n->resized;
        }
        for (size_t i = 0; i < pixels; i++)
            if (c == 0 || x[i] > n->best[i]) {
                n->best[i] = x[i];
                map[i] = n->label[channel];
            }
    }
}

static ga_status maps(ga_segmenter *s, const float *x, int count, int h, int w, uint16_t *out,
                      ga_err *err)
{
    network *n = s->own;
    const size_t pixels = (size_t)h * (size_t)w, made = ga_dims_count(n->made);
    const ga_view pictures = {x, count, s->dims.c, s->dims.h, s->dims.w};
    ga_status status = need_resized(n, pixels, err);
    if (status == GA_OK)
        status = ga_plan_write(n->plan, n->input, pictures, err);
    if (status == GA_OK)
        status = ga_plan_forward(n->plan, NULL, err);
    if (status == GA_OK)
        status = ga_plan_read(n->plan, n->output, n->logits, err);
    for (int i = 0; i < count && status == GA_OK; i++)
        for (int k = 0; k < s->planes; k++)
            win(n, n->logits + (size_t)i * made, k, h, w,
                out + ((size_t)i * (size_t)s->planes + (size_t)k) * pixels);
    return status;
}

/* ---- making one -------------------------------------------------------------------------------*/

/* Which label each channel is: for each category none of it, then its labels. */
static ga_status lay_out(network *n, const ga_vocabulary *v, const char *name, ga_err *err)
{
    const int categories = ga_vocabulary_categories(v), labels = ga_vocabulary_n(v);
    if (categories + labels - 1 != n->made.c)
        return ga_fail(err, GA_EDATA,
                       "'%s' makes %d logits a pixel, and its vocabulary of %d labels in %d "
                       "categories needs %d",
                       name, n->made.c, labels - 1, categories, categories + labels - 1);
    n->first = ga_mem_new((size_t)categories, sizeof *n->first);
    n->size = ga_mem_new((size_t)categories, sizeof *n->size);
    n->label = ga_mem_new((size_t)n->made.c, sizeof *n->label);
    if (n->first == NULL || n->size == NULL || n->label == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a vocabulary");
    ga_vocabulary_layout(v, n->first, n->size, n->label, NULL);
    return GA_OK;
}

static ga_status make_plan(network *n, ga_model *m, const ga_segmenter_options *o, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_plan_options p = GA_PLAN_OPTIONS_DEFAULT;
    n->input = ga_graph_tap_name(g, 0);
    n->output = ga_graph_tap_name(g, ga_graph_n_taps(g) - 1);
    n->made = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
    p.batch = BATCH;
    p.quick = true; /* labels seldom hang on the sixth digit */
    p.bf16 = o->bf16;
    p.threads = o->threads;
    p.memory_limit = o->memory_limit;
    n->logits = ga_mem_new(BATCH * ga_dims_count(n->made), sizeof *n->logits);
    if (n->logits == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the logits of %d pictures", BATCH);
    return ga_plan_create(g, ga_model_params(m), &p, &n->plan, err);
}

static ga_status check(const ga_model *m, ga_err *err)
{
    const ga_arch *a = ga_model_arch(m);
    if (ga_arch_law(a) == GA_LAW_NONE && ga_arch_output_kind(a) == GA_OUTPUT_LABELS)
        return GA_OK;
    return ga_fail(err, GA_EINVAL,
                   "'%s' does not say what pixels are: a segmenter is needed (`ganatomy train "
                   "segmenter` makes one)",
                   ga_arch_name(a));
}

/* Version 2: products with fewer multiplications. */
static void name_answers(ga_model *m, char hash[65])
{
    char text[128], weights[65];
    ga_model_hash(m, weights);
    const int length = snprintf(text, sizeof text, "network, version 2: %s", weights);
    ga_sha256_hex(text, (size_t)length, hash);
}

ga_status ga_segmenter_of_model(ga_model *m, const ga_segmenter_options *options,
                                ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind kind = {.batch = BATCH, .maps = maps, .end = end};
    const ga_arch *a = ga_model_arch(m);
    const char *text = ga_model_note(m, "vocabulary");
    *out = NULL;
    ga_status status = check(m, err);
    if (status == GA_OK && text == NULL)
        status = ga_fail(err, GA_EDATA, "'%s' has no vocabulary: its labels have no names",
                         ga_arch_name(a));
    if (status != GA_OK)
        return status;
    ga_segmenter s = {.kind = &kind, .dims = ga_arch_input(a)};
    network *n = s.own = ga_mem_new(1, sizeof *n);
    if (n == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a segmenter");
    ga_arch_input_range(a, &s.lo, &s.hi);
    snprintf(s.name, sizeof s.name, "%.120s", ga_arch_name(a));
    name_answers(m, s.hash);
    status = ga_vocabulary_parse(text, strlen(text), "vocabulary of the segmenter", &s.vocabulary,
                                 err);
    if (status == GA_OK)
        status = make_plan(n, m, options, err);
    if (status == GA_OK)
        status = lay_out(n, s.vocabulary, s.name, err);
    if (status == GA_OK)
        return ga_seg_make(s, out, err);
    ga_vocabulary_free(s.vocabulary);
    end(n);
    return status;
}
