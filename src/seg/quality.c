/* quality.c - predicted label maps against true ones. */
#include "base/alloc.h"
#include "ganatomy/seg.h"

struct ga_seg_score {
    int labels, planes;
    uint64_t pictures, right, pixels;
    uint64_t *both, *predicted, *truth; /* (L) */
};

ga_status ga_seg_score_create(const ga_vocabulary *v, ga_seg_score **out, ga_err *err)
{
    ga_seg_score *s = *out = ga_mem_new(1, sizeof *s);
    if (s == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to score label maps");
    s->labels = ga_vocabulary_n(v);
    s->planes = ga_vocabulary_categories(v);
    s->both = ga_mem_new((size_t)s->labels, sizeof *s->both);
    s->predicted = ga_mem_new((size_t)s->labels, sizeof *s->predicted);
    s->truth = ga_mem_new((size_t)s->labels, sizeof *s->truth);
    if (s->both != NULL && s->predicted != NULL && s->truth != NULL)
        return GA_OK;
    ga_seg_score_free(s);
    *out = NULL;
    return ga_fail(err, GA_ENOMEM, "no memory to score %d labels", ga_vocabulary_n(v));
}

void ga_seg_score_free(ga_seg_score *s)
{
    if (s == NULL)
        return;
    ga_mem_free(s->both);
    ga_mem_free(s->predicted);
    ga_mem_free(s->truth);
    ga_mem_free(s);
}

/* GA_EDATA: a label beyond the vocabulary. */
static ga_status check(const ga_seg_score *s, ga_label_maps m, const char *what, ga_err *err)
{
    const size_t n = (size_t)m.n * (size_t)m.d * (size_t)m.h * (size_t)m.w;
    for (size_t i = 0; i < n; i++)
        if (m.data[i] >= s->labels)
            return ga_fail(err, GA_EDATA, "%s: label %d of pixel %zu: there are %d labels", what,
                           m.data[i], i, s->labels);
    return GA_OK;
}

ga_status ga_seg_score_add(ga_seg_score *s, ga_label_maps predicted, ga_label_maps truth,
                           ga_err *err)
{
    if (predicted.n != truth.n || predicted.d != truth.d || predicted.h != truth.h ||
        predicted.w != truth.w || truth.d != s->planes)
        return ga_fail(err, GA_ESHAPE,
                       "label maps (%d,%d,%d,%d) against (%d,%d,%d,%d) with %d categories",
                       predicted.n, predicted.d, predicted.h, predicted.w, truth.n, truth.d,
                       truth.h, truth.w, s->planes);
    ga_status status = check(s, predicted, "predicted", err);
    if (status == GA_OK)
        status = check(s, truth, "truth", err);
    if (status != GA_OK)
        return status;
    const size_t n = (size_t)truth.n * (size_t)truth.d * (size_t)truth.h * (size_t)truth.w;
    for (size_t i = 0; i < n; i++) {
        const uint16_t p = predicted.data[i], t = truth.data[i];
        s->predicted[p]++;
        s->truth[t]++;
        s->both[p] += p == t;
        s->right += p == t;
    }
    s->pixels += n;
    s->pictures += (uint64_t)truth.n;
    return GA_OK;
}

ga_seg_quality ga_seg_score_of(const ga_seg_score *s)
{
    return (ga_seg_quality){
        .pictures = s->pictures,
        .mean_iou = ga_labels_mean_iou(s->both, s->predicted, s->truth, s->labels),
        .pixel_right = s->pixels > 0 ? (double)s->right / (double)s->pixels : 0,
        .both = s->both,
        .predicted = s->predicted,
        .truth = s->truth};
}
