/* quality.c - predicted label maps against true ones. */
#include "base/alloc.h"
#include "ganatomy/seg.h"

struct ga_seg_score {
    int labels, planes;
    uint64_t pictures, pixels;          /* pixels of one plane */
    uint64_t *right;                    /* (planes) */
    int *category;                      /* (L) */
    uint64_t *both, *predicted, *truth; /* (L) */
};

ga_status ga_seg_score_create(const ga_vocabulary *v, ga_seg_score **out, ga_err *err)
{
    ga_seg_score *s = *out = ga_mem_new(1, sizeof *s);
    if (s == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to score label maps");
    s->labels = ga_vocabulary_n(v);
    s->planes = ga_vocabulary_categories(v);
    s->right = ga_mem_new((size_t)s->planes, sizeof *s->right);
    s->category = ga_mem_new((size_t)s->labels, sizeof *s->category);
    s->both = ga_mem_new((size_t)s->labels, sizeof *s->both);
    s->predicted = ga_mem_new((size_t)s->labels, sizeof *s->predicted);
    s->truth = ga_mem_new((size_t)s->labels, sizeof *s->truth);
    if (s->right == NULL || s->category == NULL || s->both == NULL || s->predicted == NULL ||
        s->truth == NULL) {
        ga_seg_score_free(s);
        *out = NULL;
        return ga_fail(err, GA_ENOMEM, "no memory to score %d labels", ga_vocabulary_n(v));
    }
    for (int c = 0; c < s->labels; c++)
        s->category[c] = ga_vocabulary_at(v, c).category;
    return GA_OK;
}

void ga_seg_score_free(ga_seg_score *s)
{
    if (s == NULL)
        return;
    ga_mem_free(s->right);
    ga_mem_free(s->category);
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
    const size_t plane = (size_t)truth.h * (size_t)truth.w;
    for (size_t i = 0; i < (size_t)truth.n * (size_t)truth.d; i++)
        for (size_t at = i * plane; at < (i + 1) * plane; at++) {
            const uint16_t p = predicted.data[at], t = truth.data[at];
            s->predicted[p]++;
            s->truth[t]++;
            s->both[p] += p == t;
            s->right[i % (size_t)truth.d] += p == t;
        }
    s->pixels += (uint64_t)truth.n * plane;
    s->pictures += (uint64_t)truth.n;
    return GA_OK;
}

static double share(uint64_t n, uint64_t of)
{
    return of > 0 ? (double)n / (double)of : 0;
}

ga_seg_quality ga_seg_score_of(const ga_seg_score *s)
{
    uint64_t right = 0;
    for (int k = 0; k < s->planes; k++)
        right += s->right[k];
    return (ga_seg_quality){
        .pictures = s->pictures,
        .mean_iou = ga_labels_mean_iou(s->both, s->predicted, s->truth, s->labels),
        .pixel_right = share(right, s->pixels * (uint64_t)s->planes),
        .both = s->both,
        .predicted = s->predicted,
        .truth = s->truth};
}

ga_seg_category ga_seg_score_category(const ga_seg_score *s, int category)
{
    ga_seg_category q = {.pixel_right = share(s->right[category], s->pixels)};
    for (int c = 1; c < s->labels; c++)
        if (s->truth[c] > 0 && s->category[c] == category) {
            q.mean_iou += ga_label_iou(s->both[c], s->predicted[c], s->truth[c]);
            q.labels++;
        }
    q.mean_iou = q.labels > 0 ? q.mean_iou / q.labels : 0;
    return q;
}
