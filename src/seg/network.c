/* network.c - a network with label logits as a segmenter. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include "ganatomy/data.h"
#include "seg/kind.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Pictures at a time; of a run that goes back; of stacked activations, which are large. */
enum { BATCH = 16, BACK = 4, STACKS = 4 };

typedef struct network {
    ga_model *model;
    ga_segmenter_options options;
    ga_plan *plan;
    ga_plan *back;              /* that keeps what backward needs; made when first asked for */
    float *diff;                /* (BACK,C,H,W) by its logits */
    const char *input, *output; /* taps */
    ga_dims made;               /* logits */
    float *logits;              /* (BATCH,C,H,W) */
    float *resized;             /* channels at the size that is asked for */
    size_t resized_count;
    float *best; /* (pixels) logit of the best label so far */
    size_t best_count;
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
    ga_plan_free(n->back);
    ga_mem_free(n->diff);
    ga_mem_free(n->logits);
    ga_mem_free(n->resized);
    ga_mem_free(n->best);
    ga_mem_free(n->first);
    ga_mem_free(n->size);
    ga_mem_free(n->label);
    ga_mem_free(n);
}

/* ---- maps -------------------------------------------------------------------------------------*/

static ga_status need(float **room, size_t *have, size_t count, ga_err *err)
{
    if (count <= *have)
        return GA_OK;
    ga_mem_free(*room);
    *have = 0;
    *room = ga_mem_new(count, sizeof **room);
    if (*room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu logits", count);
    *have = count;
    return GA_OK;
}

static ga_status need_pixels(network *n, size_t pixels, int channels, ga_err *err)
{
    const ga_status status = need(&n->best, &n->best_count, pixels, err);
    return status == GA_OK ? need(&n->resized, &n->resized_count, pixels * (size_t)channels, err)
                           : status;
}

/* Logits of count pictures (count,C,H,W), by the plan given. */
static ga_status run(const ga_segmenter *s, ga_plan *plan, const float *x, int count, ga_err *err)
{
    network *n = s->own;
    ga_status status = ga_plan_write(plan, n->input,
                                     (ga_view){x, count, s->dims.c, s->dims.h, s->dims.w}, err);
    if (status == GA_OK)
        status = ga_plan_forward(plan, NULL, err);
    return status == GA_OK ? ga_plan_read(plan, n->output, n->logits, err) : status;
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
    ga_status status = need_pixels(n, pixels, 1, err);
    if (status == GA_OK)
        status = run(s, n->plan, x, count, err);
    for (int i = 0; i < count && status == GA_OK; i++)
        for (int k = 0; k < s->planes; k++)
            win(n, n->logits + (size_t)i * made, k, h, w,
                out + ((size_t)i * (size_t)s->planes + (size_t)k) * pixels);
    return status;
}

/* ---- scores of one label ----------------------------------------------------------------------*/

/* The channel of the label that is asked for, from its plane's first. */
static int channel_of(const network *n, const ga_seg_ask *ask)
{
    int c = 0;
    while (n->label[n->first[ask->plane] + c] != ask->label)
        c++;
    return c;
}

/* n->resized becomes the softmax (channels of the plane, h, w) of one picture's logits, score and
 * mask those of the label. */
static void soften(network *n, const float *logits, const ga_seg_ask *ask, float *score, bool *mask)
{
    const size_t plane = (size_t)n->made.h * (size_t)n->made.w;
    const size_t pixels = (size_t)ask->h * (size_t)ask->w;
    const int channels = n->size[ask->plane], own = channel_of(n, ask);
    float *p = n->resized;
    ga_resize_bilinear(logits + (size_t)n->first[ask->plane] * plane, channels, n->made.h,
                       n->made.w, p, ask->h, ask->w);
    for (size_t i = 0; i < pixels; i++) {
        int best = 0;
        double sum = 0;
        for (int c = 1; c < channels; c++)
            if (p[(size_t)c * pixels + i] > p[(size_t)best * pixels + i])
                best = c;
        const float most = p[(size_t)best * pixels + i];
        for (int c = 0; c < channels; c++) {
            float *at = p + (size_t)c * pixels + i;
            *at = expf(*at - most);
            sum += (double)*at;
        }
        for (int c = 0; c < channels; c++)
            p[(size_t)c * pixels + i] = (float)((double)p[(size_t)c * pixels + i] / sum);
        score[i] = p[(size_t)own * pixels + i];
        if (mask != NULL)
            mask[i] = best == own;
    }
}

/* From the softmax p of a plane to the derivatives of sum(weight * p of the label) by the logits
 * of one picture: weight p_label (1 or 0 - p_c). */
static void harden(network *n, const ga_seg_ask *ask, const float *weight, float *diff)
{
    const size_t plane = (size_t)n->made.h * (size_t)n->made.w;
    const size_t pixels = (size_t)ask->h * (size_t)ask->w;
    const int channels = n->size[ask->plane], own = channel_of(n, ask);
    float *p = n->resized;
    for (size_t i = 0; i < pixels; i++) {
        const float outer = weight[i] * p[(size_t)own * pixels + i];
        for (int c = 0; c < channels; c++)
            p[(size_t)c * pixels + i] = outer * ((float)(c == own) - p[(size_t)c * pixels + i]);
    }
    memset(diff, 0, ga_dims_count(n->made) * sizeof *diff);
    ga_resize_bilinear_gradient(p, channels, ask->h, ask->w,
                                diff + (size_t)n->first[ask->plane] * plane, n->made.h, n->made.w);
}

static ga_status need_back(ga_segmenter *s, ga_err *err)
{
    network *n = s->own;
    if (n->back != NULL)
        return GA_OK;
    const ga_plan_options o = {.batch = BACK,
                               .train = true,
                               .bn = GA_BN_RUNNING, /* as they are: nothing is trained */
                               .threads = n->options.threads,
                               .memory_limit = n->options.memory_limit};
    for (int i = 0; i < ga_plan_n_layers(n->plan); i++) {
        const ga_plan_layer l = ga_plan_layer_at(n->plan, i);
        if (strncmp(l.type, "Dropout", 7) == 0)
            return ga_fail(err, GA_EINVAL,
                           "'%s' has a %s ('%s'), which would drop units on the way to a "
                           "derivative: scores can be had, gradients not",
                           s->name, l.type, l.name);
    }
    if (n->diff == NULL)
        n->diff = ga_mem_new(BACK * ga_dims_count(n->made), sizeof *n->diff);
    if (n->diff == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the derivatives of %d pictures", BACK);
    return ga_seg_plan(n->model, &o, &n->back, err);
}

/* At most BACK pictures with gradient, BATCH without. */
static ga_status score_some(ga_segmenter *s, const float *x, int count, const ga_seg_ask *ask,
                            int first, ga_err *err)
{
    network *n = s->own;
    const size_t pixels = (size_t)ask->h * (size_t)ask->w, made = ga_dims_count(n->made);
    const size_t picture = ga_dims_count(s->dims);
    const bool back = ask->gradient != NULL;
    const ga_status status = run(s, back ? n->back : n->plan, x + (size_t)first * picture, count,
                                 err);
    if (status != GA_OK)
        return status;
    for (size_t i = 0; i < (size_t)count; i++) {
        const size_t at = ((size_t)first + i) * pixels;
        soften(n, n->logits + i * made, ask, ask->score + at,
               ask->mask != NULL ? ask->mask + at : NULL);
        if (back)
            harden(n, ask, ask->weight + at, n->diff + i * made);
    }
    return back ? ga_plan_backward(n->back, n->diff, NULL, false,
                                   ask->gradient + (size_t)first * picture, err)
                : GA_OK;
}

static ga_status score(ga_segmenter *s, const float *x, int count, const ga_seg_ask *ask,
                       ga_err *err)
{
    network *n = s->own;
    const int step = ask->gradient != NULL ? BACK : BATCH;
    ga_status status = ask->gradient != NULL ? need_back(s, err) : GA_OK;
    if (status == GA_OK)
        status = need_pixels(n, (size_t)ask->h * (size_t)ask->w, n->size[ask->plane], err);
    for (int first = 0; first < count && status == GA_OK; first += step)
        status = score_some(s, x, count - first < step ? count - first : step, ask, first, err);
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

static ga_status make_plan(network *n, ga_model *m, const ga_segmenter_options *o, int batch,
                           ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_plan_options p = GA_PLAN_OPTIONS_DEFAULT;
    n->model = m;
    n->options = *o;
    n->input = ga_graph_tap_name(g, 0);
    n->output = ga_graph_output_name(g);
    n->made = ga_graph_output_dims(g);
    p.batch = batch;
    p.quick = true; /* labels seldom hang on the sixth digit */
    p.bf16 = o->bf16;
    p.threads = o->threads;
    p.memory_limit = o->memory_limit;
    n->logits = ga_mem_new((size_t)batch * ga_dims_count(n->made), sizeof *n->logits);
    if (n->logits == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the logits of %d pictures", batch);
    return ga_seg_plan(m, &p, &n->plan, err);
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
static ga_status name_answers(ga_model *m, const char *inside, char hash[65], ga_err *err)
{
    char weights[65];
    ga_text t = {0};
    ga_model_hash(m, weights);
    ga_text_addf(&t, "network, version 2: %s%s", weights, inside != NULL ? inside : "");
    if (!t.failed)
        ga_sha256_hex(t.data, t.length, hash);
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "no memory for a name") : GA_OK;
    ga_text_free(&t);
    return status;
}

static ga_status fill(ga_segmenter *s, ga_model *m, const ga_segmenter_options *o,
                      const char *words, ga_err *err)
{
    const char *inside = ga_model_note(m, "inside");
    const ga_arch *a = ga_model_arch(m);
    ga_arch_input_range(a, &s->lo, &s->hi);
    snprintf(s->name, sizeof s->name, "%.120s", ga_arch_name(a));
    ga_status status = name_answers(m, inside, s->hash, err);
    if (status == GA_OK && inside != NULL)
        status = ga_seg_inside_read(inside, &s->inside, err);
    if (status == GA_OK)
        status = ga_vocabulary_parse(words, strlen(words), "vocabulary of the segmenter",
                                     &s->vocabulary, err);
    if (status == GA_OK)
        status = make_plan(s->own, m, o, s->kind->batch, err);
    return status == GA_OK ? lay_out(s->own, s->vocabulary, s->name, err) : status;
}

ga_status ga_segmenter_of_model(ga_model *m, const ga_segmenter_options *options,
                                ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind of_pictures = {
        .batch = BATCH, .maps = maps, .score = score, .end = end};
    static const ga_seg_kind of_activations = {.batch = STACKS, .maps = maps, .end = end};
    const ga_arch *a = ga_model_arch(m);
    const char *words = ga_model_note(m, "vocabulary");
    if (ga_arch_output_kind(a) == GA_OUTPUT_PARSING)
        return ga_segmenter_of_parsing(m, options, out, err);
    *out = NULL;
    ga_status status = check(m, err);
    if (status == GA_OK && options->quad != GA_QUAD_NONE)
        status = ga_fail(err, GA_EINVAL,
                         "'%s' divides no objects: quadrants belong to networks as 'upernet'",
                         ga_arch_name(a));
    if (status == GA_OK && words == NULL)
        status = ga_fail(err, GA_EDATA, "'%s' has no vocabulary: its labels have no names",
                         ga_arch_name(a));
    if (status != GA_OK)
        return status;
    const bool inside = ga_model_note(m, "inside") != NULL;
    ga_segmenter s = {.kind = inside ? &of_activations : &of_pictures, .dims = ga_arch_input(a)};
    s.own = ga_mem_new(1, sizeof(network));
    if (s.own == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a segmenter");
    status = fill(&s, m, options, words, err);
    if (status == GA_OK)
        return ga_seg_make(s, out, err);
    ga_vocabulary_free(s.vocabulary);
    ga_seg_inside_free(s.inside);
    end(s.own);
    return status;
}
