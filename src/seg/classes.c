/* classes.c - ink with the class that a classifier gives to the picture. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include "ganatomy/data.h"
#include "seg/kind.h"
#include <stdio.h>

enum { MOST_CLASSES = 1000 };

typedef struct reader {
    ga_plan *plan;
    const char *input, *output; /* taps */
    ga_dims dims;               /* it reads */
    float lo, hi;
    int classes;
    float *picture; /* as it reads it */
    float *logits;
} reader;

static void end(void *own)
{
    reader *r = own;
    if (r == NULL)
        return;
    ga_plan_free(r->plan);
    ga_mem_free(r->picture);
    ga_mem_free(r->logits);
    ga_mem_free(r);
}

/* The class of a grey picture (h,w) in 0..1, the first of equals. One picture a run, so that no
 * answer hangs on its neighbours. */
static ga_status read_class(reader *r, const float *grey, int h, int w, int *class, ga_err *err)
{
    ga_resize_bilinear(grey, 1, h, w, r->picture, r->dims.h, r->dims.w);
    for (size_t i = 0; i < ga_dims_count(r->dims); i++)
        r->picture[i] = r->lo + (r->hi - r->lo) * r->picture[i];
    const ga_view view = {r->picture, 1, 1, r->dims.h, r->dims.w};
    ga_status status = ga_plan_write(r->plan, r->input, view, err);
    if (status == GA_OK)
        status = ga_plan_forward(r->plan, NULL, err);
    if (status == GA_OK)
        status = ga_plan_read(r->plan, r->output, r->logits, err);
    *class = 0;
    for (int k = 1; k < r->classes && status == GA_OK; k++)
        if (r->logits[k] > r->logits[*class])
            *class = k;
    return status;
}

static ga_status look(ga_segmenter *s, ga_seg_pictures p, int h, int w, uint16_t *maps, ga_err *err)
{
    const size_t own = (size_t)p.dims.h * (size_t)p.dims.w;
    float *grey = ga_mem_new(own, sizeof *grey);
    uint16_t *map = ga_mem_new(own, sizeof *map);
    ga_status status = grey != NULL && map != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for a map of labels");
    for (int i = 0, class; i < p.n && status == GA_OK; i++) {
        status = ga_seg_grey(p, i, grey, err);
        if (status == GA_OK)
            status = read_class(s->own, grey, p.dims.h, p.dims.w, &class, err);
        for (size_t k = 0; k < own && status == GA_OK; k++)
            map[k] = (uint16_t)(grey[k] > 0.5F ? 1 + class : 0);
        if (status == GA_OK)
            status = ga_labels_shrink(map, 1, p.dims.h, p.dims.w,
                                      maps + (size_t)i * (size_t)h * (size_t)w, h, w, err);
    }
    ga_mem_free(grey);
    ga_mem_free(map);
    return status;
}

/* ---- making one -------------------------------------------------------------------------------*/

static ga_status check(ga_model *m, ga_err *err)
{
    const ga_arch *a = ga_model_arch(m);
    const ga_graph *g = ga_model_graph(m);
    const ga_dims made = ga_graph_output_dims(g);
    if (ga_arch_law(a) != GA_LAW_NONE || ga_arch_input(a).c != 1)
        return ga_fail(err, GA_EINVAL, "'%s' does not read grey pictures: a classifier is needed",
                       ga_arch_name(a));
    if (made.h != 1 || made.w != 1 || made.c < 2 || made.c > MOST_CLASSES)
        return ga_fail(err, GA_EINVAL,
                       "'%s' makes (%d,%d,%d): a classifier, with 2 to %d classes, is needed",
                       ga_arch_name(a), made.c, made.h, made.w, MOST_CLASSES);
    return GA_OK;
}

static ga_status open_reader(reader *r, ga_model *m, const ga_segmenter_options *o, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_plan_options p = GA_PLAN_OPTIONS_DEFAULT;
    r->input = ga_graph_tap_name(g, 0);
    r->output = ga_graph_output_name(g);
    r->dims = ga_arch_input(ga_model_arch(m));
    r->classes = ga_graph_output_dims(g).c;
    ga_arch_input_range(ga_model_arch(m), &r->lo, &r->hi);
    p.bf16 = o->bf16;
    p.threads = o->threads;
    p.memory_limit = o->memory_limit;
    r->picture = ga_mem_new(ga_dims_count(r->dims), sizeof *r->picture);
    r->logits = ga_mem_new((size_t)r->classes, sizeof *r->logits);
    if (r->picture == NULL || r->logits == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to read pictures");
    return ga_seg_plan(m, &p, &r->plan, err);
}

/* What decides the answers: the weights, and what the classes are called. */
static ga_status name_answers(ga_model *m, const char *const *names, int n, char hash[65],
                              ga_err *err)
{
    ga_text text = {0};
    char weights[65];
    ga_model_hash(m, weights);
    ga_text_addf(&text, "classes, version 1: %s", weights);
    for (int i = 0; i < n; i++)
        ga_text_addf(&text, "\n%s", names[i]);
    const ga_status status = text.failed ? ga_fail(err, GA_ENOMEM, "no memory for class names")
                                         : GA_OK;
    if (status == GA_OK)
        ga_sha256_hex(text.data, text.length, hash);
    ga_text_free(&text);
    return status;
}

static ga_status make_words(const char *const *names, int n, ga_vocabulary **out, ga_err *err)
{
    static const char *const category[] = {"class"};
    ga_label labels[MOST_CLASSES];
    for (int i = 0; i < n; i++)
        labels[i] = (ga_label){names[i], 0};
    return ga_vocabulary_create(category, 1, labels, n, out, err);
}

ga_status ga_segmenter_classes(ga_model *m, const char *const *names, const char *name,
                               const ga_segmenter_options *options, ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind kind = {.look = look, .end = end};
    *out = NULL;
    ga_status status = check(m, err);
    if (status != GA_OK)
        return status;
    reader *r = ga_mem_new(1, sizeof *r);
    if (r == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a segmenter");
    ga_segmenter s = {.kind = &kind, .own = r, .lo = 0, .hi = 1};
    snprintf(s.name, sizeof s.name, "%.120s", name);
    status = open_reader(r, m, options, err);
    if (status == GA_OK)
        status = name_answers(m, names, r->classes, s.hash, err);
    if (status == GA_OK)
        status = make_words(names, r->classes, &s.vocabulary, err);
    if (status == GA_OK)
        return ga_seg_make(s, out, err);
    end(r);
    return status;
}
