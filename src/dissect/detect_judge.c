/* detect_judge.c - detectors are judged by the test images: counts and scores of every pixel, then
 * intervals over images. */
#include "base/alloc.h"
#include "base/clock.h"
#include "dissect/detectors.h"
#include <math.h>
#include <string.h>

/* Some pairs of layer and label on the test images. */
typedef struct court {
    ga_detections *d;
    int first, n;             /* pairs */
    bool with_rival;          /* some pair is of the first layer */
    float *score;             /* (n,GA_DETECTORS,test,pixels) */
    uint8_t *truth;           /* (n,test,pixels) */
    ga_detect_counts *counts; /* (n,GA_DETECTORS,test) */
    float *cells, *laid;      /* a map of a unit; (pixels) */
    double *sum;              /* as many cells in f64 */
    uint8_t *said;            /* (pixels) */
    uint16_t *rival;          /* (planes,pixels) of the rival */
    ga_dims picture;
    float lo, hi;
} court;

/* One detector on one image. */
typedef struct trial {
    const court *c;
    const ga_detect_look *look;
    const ga_detect_layer *layer;
    int number, label; /* of the layer; place of the label */
    float *score;      /* (pixels) */
} trial;

/* A pixel: a score for each detector, its truth, and what sorting takes. */
size_t ga_detect_judge_bytes(const ga_detections *d)
{
    return (size_t)d->o.test * d->pixels * (GA_DETECTORS * sizeof(float) + 1 + 16);
}

/* ---- the detectors ----------------------------------------------------------------------------*/

static ga_status lay_unit(const trial *t, int unit, ga_err *err)
{
    const size_t cells = (size_t)t->layer->dims.h * (size_t)t->layer->dims.w;
    const float *maps = ga_look_maps(t->look, t->number);
    return ga_grid_lay(t->layer->grid, maps + (size_t)unit * cells, t->c->laid, err);
}

static ga_status try_unit(const trial *t, ga_err *err)
{
    const ga_learned *of = &t->layer->of[t->label];
    const size_t pixels = t->c->d->pixels;
    const ga_status status = lay_unit(t, of->unit[0], err);
    memcpy(t->score, t->c->laid, pixels * sizeof *t->score);
    for (size_t p = 0; p < pixels; p++)
        t->c->said[p] = t->score[p] > of->threshold[0];
    return status;
}

/* Its score: how far the unit that is furthest above its threshold is, in its deviations. */
static ga_status try_union(const trial *t, ga_err *err)
{
    const ga_learned *of = &t->layer->of[t->label];
    const size_t pixels = t->c->d->pixels;
    ga_status status = GA_OK;
    memset(t->c->said, 0, pixels);
    for (int k = 0; k < of->chosen && status == GA_OK; k++) {
        const int unit = of->unit[of->pick[k]];
        const float threshold = of->threshold[of->pick[k]], spread = t->layer->spread[unit];
        status = lay_unit(t, unit, err);
        for (size_t p = 0; p < pixels; p++) {
            const float above = (t->c->laid[p] - threshold) / spread;
            t->score[p] = k == 0 || above > t->score[p] ? above : t->score[p];
            if (t->c->laid[p] > threshold)
                t->c->said[p] = 1;
        }
    }
    return status;
}

/* Laying is linear, so that the weighted sum of the units' maps is laid, not each of them: the same
 * up to rounding. */
static ga_status try_probe(const trial *t, ga_err *err)
{
    const ga_learned *of = &t->layer->of[t->label];
    const int units = t->layer->dims.c;
    const size_t cells = (size_t)t->layer->dims.h * (size_t)t->layer->dims.w;
    const float *maps = ga_look_maps(t->look, t->number);
    double *sum = t->c->sum;
    for (size_t i = 0; i < cells; i++)
        sum[i] = of->weight[units];
    for (int u = 0; u < units; u++)
        for (size_t i = 0; i < cells; i++)
            sum[i] += of->weight[u] * (double)maps[(size_t)u * cells + i];
    for (size_t i = 0; i < cells; i++)
        t->c->cells[i] = (float)sum[i];
    /* with a border of zeros the bias fades as well; it is the same everywhere */
    const bool fades = t->layer->grid.lie == GA_LIE_ZERO;
    const float bias = fades ? (float)of->weight[units] : 0;
    for (size_t i = 0; i < cells && fades; i++)
        t->c->cells[i] = (float)(sum[i] - of->weight[units]);
    const ga_status status = ga_grid_lay(t->layer->grid, t->c->cells, t->score, err);
    const float cut = t->c->d->found[t->number * t->c->d->labels + t->label].cut;
    for (size_t p = 0; p < t->c->d->pixels; p++) {
        t->score[p] += bias;
        t->c->said[p] = t->score[p] > cut;
    }
    return status;
}

static ga_status try_rival(const trial *t, ga_err *err)
{
    (void)err;
    const ga_detections *d = t->c->d;
    const int planes = ga_segmenter_planes(d->o.rival);
    const uint16_t number = (uint16_t)d->rival[t->label];
    memset(t->c->said, 0, d->pixels);
    for (int k = 0; k < planes; k++)
        for (size_t p = 0; p < d->pixels; p++)
            if (t->c->rival[(size_t)k * d->pixels + p] == number)
                t->c->said[p] = 1;
    for (size_t p = 0; p < d->pixels; p++)
        t->score[p] = t->c->said[p];
    return GA_OK;
}

static bool takes_part(const ga_detections *d, int layer, int label, int detector)
{
    const ga_learned *of = &d->layer[layer].of[label];
    switch (detector) {
    case GA_DETECT_UNIT:
        return of->candidates > 0;
    case GA_DETECT_UNION:
        return of->chosen > 0;
    case GA_DETECT_PROBE:
        return of->has_probe;
    default:
        return d->o.rival != NULL;
    }
}

/* ---- an image ---------------------------------------------------------------------------------*/

static ga_detect_counts count(const uint8_t *said, const uint8_t *truth, size_t pixels)
{
    ga_detect_counts n = {0};
    for (size_t p = 0; p < pixels; p++) {
        n.both += said[p] & truth[p];
        n.said += said[p];
        n.truth += truth[p];
    }
    return n;
}

static float *score_of(const court *c, int pair, int detector)
{
    const size_t each = (size_t)c->d->o.test * c->d->pixels;
    return c->score + ((size_t)pair * GA_DETECTORS + (size_t)detector) * each;
}

static ga_detect_counts *counts_of(const court *c, int pair, int detector)
{
    return c->counts + ((size_t)pair * GA_DETECTORS + (size_t)detector) * (size_t)c->d->o.test;
}

static ga_status try_all(court *c, const ga_detect_look *look, int pair, ga_err *err)
{
    static ga_status (*const how[GA_DETECTORS])(const trial *, ga_err *) = {try_unit, try_union,
                                                                            try_probe, try_rival};
    const ga_detections *d = c->d;
    const int layer = (c->first + pair) / d->labels, label = (c->first + pair) % d->labels;
    const size_t image = (size_t)look->image * d->pixels;
    uint8_t *truth = c->truth + (size_t)pair * (size_t)d->o.test * d->pixels + image;
    ga_detected *f = &c->d->found[c->first + pair];
    ga_look_truth(look, label, truth);
    ga_status status = GA_OK;
    for (int k = 0; k < GA_DETECTORS && status == GA_OK; k++) {
        if (!takes_part(d, layer, label, k) || (k == GA_DETECT_RIVAL && layer > 0))
            continue;
        const trial t = {c, look, &d->layer[layer], layer, label, score_of(c, pair, k) + image};
        const double began = ga_seconds();
        status = how[k](&t, err);
        f->by[k].seconds += ga_seconds() - began;
        counts_of(c, pair, k)[look->image] = count(c->said, truth, d->pixels);
    }
    if (layer == 0)
        c->d->rival_gave[label * d->o.test + look->image] = counts_of(c, pair,
                                                                      GA_DETECT_RIVAL)[look->image];
    return status;
}

static ga_status see_test(void *user, const ga_detect_look *look, ga_err *err)
{
    court *c = user;
    const ga_detections *d = c->d;
    const double began = ga_seconds();
    ga_status status = GA_OK;
    if (c->with_rival) {
        const size_t picture = (size_t)look->at * ga_dims_count(c->picture);
        const ga_seg_pictures seen = {look->pictures + picture, 1, c->picture, c->lo, c->hi};
        const int side = d->layer[0].grid.H;
        status = ga_segmenter_maps(d->o.rival, seen, side, side, c->rival, err);
    }
    const double took = ga_seconds() - began;
    for (int i = 0; i < c->n && status == GA_OK; i++) {
        if (c->with_rival && c->first + i < d->labels)
            d->found[c->first + i].by[GA_DETECT_RIVAL].seconds += took;
        status = try_all(c, look, i, err);
    }
    return status;
}

/* ---- intervals --------------------------------------------------------------------------------*/

/* Rounds of resampled images. */
typedef struct rounds {
    int n, images;
    uint8_t *times;            /* (n,images) */
    float *iou, *unit, *other; /* (n): of the detector, of UNIT, room */
} rounds;

static void free_rounds(rounds *r)
{
    ga_mem_free(r->times);
    ga_mem_free(r->iou);
    ga_mem_free(r->unit);
    ga_mem_free(r->other);
}

static ga_status make_rounds(const ga_detections *d, rounds *r, ga_err *err)
{
    const size_t n = (size_t)d->o.bootstrap, images = (size_t)d->o.test;
    *r = (rounds){.n = d->o.bootstrap,
                  .images = d->o.test,
                  .times = ga_mem_new(n * images, 1),
                  .iou = ga_mem_new(n, sizeof(float)),
                  .unit = ga_mem_new(n, sizeof(float)),
                  .other = ga_mem_new(n, sizeof(float))};
    if (r->times == NULL || r->iou == NULL || r->unit == NULL || r->other == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu rounds of %zu images", n, images);
    const uint64_t streams = (uint64_t)1 << 32; /* 0 .. 2^32 - 1: of pixels */
    for (size_t k = 0; k < n; k++)
        ga_resample(d->o.seed, streams + k, (uint32_t)images, r->times + k * images);
    return GA_OK;
}

static double iou_of(double both, double said, double truth)
{
    const double either = said + truth - both;
    return either > 0 ? both / either : 0;
}

static void iou_rounds(const rounds *r, const ga_detect_counts *counts, float *out)
{
    for (int k = 0; k < r->n; k++) {
        const uint8_t *times = r->times + (size_t)k * (size_t)r->images;
        uint64_t both = 0, said = 0, truth = 0;
        for (int i = 0; i < r->images; i++) {
            both += (uint64_t)times[i] * counts[i].both;
            said += (uint64_t)times[i] * counts[i].said;
            truth += (uint64_t)times[i] * counts[i].truth;
        }
        out[k] = (float)iou_of((double)both, (double)said, (double)truth);
    }
}

static ga_status ends_of(const rounds *r, const float *values, double *lo, double *hi, ga_err *err)
{
    static const double at[2] = {0.025, 0.975};
    double ends[2];
    const ga_status status = ga_quantiles(values, (size_t)r->n, at, 2, ends, err);
    *lo = ends[0];
    *hi = ends[1];
    return status;
}

static ga_status judge_iou(const rounds *r, const ga_detect_counts *counts, bool is_unit,
                           double of_unit, ga_judged *j, ga_err *err)
{
    for (int i = 0; i < r->images; i++) {
        j->both += counts[i].both;
        j->said += counts[i].said;
        j->truth += counts[i].truth;
    }
    j->iou = iou_of((double)j->both, (double)j->said, (double)j->truth);
    j->gain = is_unit ? 0 : j->iou - of_unit;
    if (r->n == 0)
        return GA_OK;
    iou_rounds(r, counts, is_unit ? r->unit : r->iou);
    ga_status status = ends_of(r, is_unit ? r->unit : r->iou, &j->iou_lo, &j->iou_hi, err);
    if (is_unit || status != GA_OK)
        return status;
    for (int k = 0; k < r->n; k++)
        r->other[k] = r->iou[k] - r->unit[k];
    return ends_of(r, r->other, &j->gain_lo, &j->gain_hi, err);
}

static ga_status judge_ap(const court *c, const rounds *r, int pair, int detector, ga_judged *j,
                          ga_err *err)
{
    const ga_detections *d = c->d;
    const size_t each = (size_t)d->o.test * d->pixels;
    const ga_scored s = {score_of(c, pair, detector), c->truth + (size_t)pair * each, d->o.test,
                         d->pixels};
    j->ap = -1;
    if (j->truth == 0)
        return GA_OK;
    ga_status status = ga_average_precision(s, &j->ap, err);
    if (status == GA_OK)
        status = ga_average_precision_rounds(s, r->times, r->n, &j->ap_by_steps, r->other, err);
    return status == GA_OK && r->n > 0 ? ends_of(r, r->other, &j->ap_lo, &j->ap_hi, err) : status;
}

static double train_iou(const ga_learned *of, int detector)
{
    switch (detector) {
    case GA_DETECT_UNIT:
        return of->iou[0];
    case GA_DETECT_UNION:
        return of->union_iou;
    case GA_DETECT_PROBE:
        return of->probe_iou;
    default:
        return 0;
    }
}

static void tell_units(ga_detected *f, const ga_learned *of)
{
    f->n_units = of->chosen;
    for (int k = 0; k < of->chosen; k++) {
        f->unit[k] = of->unit[of->pick[k]];
        f->threshold[k] = of->threshold[of->pick[k]];
    }
}

static ga_status judge_pair(const court *c, const rounds *r, int pair, ga_err *err)
{
    const ga_detections *d = c->d;
    const int layer = (c->first + pair) / d->labels, label = (c->first + pair) % d->labels;
    const ga_learned *of = &d->layer[layer].of[label];
    ga_detected *f = &d->found[c->first + pair];
    const uint8_t *truth = c->truth + (size_t)pair * (size_t)d->o.test * d->pixels;
    tell_units(f, of);
    for (int i = 0; i < d->o.test; i++) {
        uint64_t here = 0;
        for (size_t p = 0; p < d->pixels; p++)
            here += truth[(size_t)i * d->pixels + p];
        f->test_pixels += here;
        f->test_images += here > 0;
    }
    memset(r->unit, 0, (size_t)r->n * sizeof *r->unit); /* without a best unit gains are IoU */
    ga_status status = GA_OK;
    for (int k = 0; k < GA_DETECTORS && status == GA_OK; k++) {
        ga_judged *j = &f->by[k];
        if (!takes_part(d, layer, label, k))
            continue;
        const bool rival = k == GA_DETECT_RIVAL;
        if (rival && layer > 0)
            *j = (ga_judged){.ap = d->found[label].by[k].ap,
                             .ap_by_steps = d->found[label].by[k].ap_by_steps,
                             .ap_lo = d->found[label].by[k].ap_lo,
                             .ap_hi = d->found[label].by[k].ap_hi,
                             .seconds = d->found[label].by[k].seconds};
        else
            j->seconds /= d->o.test;
        j->judged = true;
        j->train_iou = train_iou(of, k);
        status = judge_iou(r, rival ? d->rival_gave + label * d->o.test : counts_of(c, pair, k),
                           k == GA_DETECT_UNIT, f->by[GA_DETECT_UNIT].iou, j, err);
        if (status == GA_OK && !(rival && layer > 0))
            status = judge_ap(c, r, pair, k, j, err);
    }
    return status;
}

/* ---- all of it --------------------------------------------------------------------------------*/

static void free_court(court *c)
{
    ga_mem_free(c->score);
    ga_mem_free(c->truth);
    ga_mem_free(c->counts);
    ga_mem_free(c->cells);
    ga_mem_free(c->laid);
    ga_mem_free(c->sum);
    ga_mem_free(c->said);
    ga_mem_free(c->rival);
}

static ga_status make_court(court *c, const ga_subject *s, ga_err *err)
{
    const ga_detections *d = c->d;
    const size_t each = (size_t)d->o.test * d->pixels, n = (size_t)c->n;
    c->with_rival = d->o.rival != NULL && c->first < d->labels;
    c->picture = ga_subject_picture_dims(s);
    ga_subject_range(s, &c->lo, &c->hi);
    c->score = ga_mem_new(n * GA_DETECTORS * each, sizeof *c->score);
    c->truth = ga_mem_new(n * each, 1);
    c->counts = ga_mem_new(n * GA_DETECTORS * (size_t)d->o.test, sizeof *c->counts);
    c->cells = ga_mem_new(d->pixels, sizeof *c->cells); /* maps are never larger than label maps */
    c->laid = ga_mem_new(d->pixels, sizeof *c->laid);
    c->sum = ga_mem_new(d->pixels, sizeof *c->sum);
    c->said = ga_mem_new(d->pixels, 1);
    c->rival = ga_mem_new(d->o.rival != NULL ? (size_t)ga_segmenter_planes(d->o.rival) * d->pixels
                                             : 1,
                          sizeof *c->rival);
    return c->score != NULL && c->truth != NULL && c->counts != NULL && c->cells != NULL &&
                   c->laid != NULL && c->sum != NULL && c->said != NULL && c->rival != NULL
               ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for the scores of %d test images", d->o.test);
}

ga_status ga_detect_judge(ga_detections *d, ga_subject *s, int first, int n, ga_err *err)
{
    court c = {.d = d, .first = first, .n = n};
    rounds r = {0};
    double seconds = 0;
    ga_status status = make_court(&c, s, err);
    if (status == GA_OK)
        status = make_rounds(d, &r, err);
    if (status == GA_OK)
        status = ga_detect_pass(d, s, d->o.train, d->o.test, true, see_test, &c, &seconds, err);
    d->network_seconds = seconds / d->o.test;
    for (int i = 0; i < n && status == GA_OK; i++) {
        status = judge_pair(&c, &r, i, err);
        if (status == GA_OK)
            status = ga_detect_tell(d, "pairs of layer and label", (uint64_t)(first + i + 1),
                                    (uint64_t)d->n_layers * (uint64_t)d->labels, err);
    }
    free_rounds(&r);
    free_court(&c);
    return status;
}
