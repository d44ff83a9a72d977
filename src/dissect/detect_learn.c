/* detect_learn.c - detectors learn from the training images.
 *
 *     pass 1   levels of every unit (ga_levels)
 *     pass 2   counts of every label at these levels (ga_ladder); the probe's pixels
 *     pass 3   masks of the candidates, for unions */
#include "base/alloc.h"
#include "base/rng.h"
#include "dissect/detectors.h"
#include <math.h>
#include <string.h>

/* ---- pass 1 -----------------------------------------------------------------------------------*/

static ga_status see_levels(void *user, const ga_detect_look *look, ga_err *err)
{
    const ga_detections *d = user;
    ga_status status = GA_OK;
    for (int k = 0; k < d->n_layers && status == GA_OK; k++)
        status = ga_levels_add(d->layer[k].levels, ga_look_maps(look, k), err);
    return status;
}

/* The ladder that counts at these levels; levels are no longer needed. */
static ga_status make_ladder(ga_detections *d, ga_detect_layer *l, ga_err *err)
{
    double share[GA_DETECT_LEVELS];
    for (int j = 0; j < GA_DETECT_LEVELS; j++)
        share[j] = pow(10, -4 + 4.0 * j / (GA_DETECT_LEVELS - 1));
    share[GA_DETECT_LEVELS - 1] = 1;
    const uint8_t category[GA_DETECT_LABELS + 1] = {0};
    const ga_tally_spec spec = {.units = l->dims.c,
                                .labels = d->labels + 1,
                                .category = category,
                                .categories = 1,
                                .planes = d->planes,
                                .grid = l->grid,
                                .threads = d->o.threads};
    l->level = ga_mem_new((size_t)l->dims.c * GA_DETECT_LEVELS, sizeof *l->level);
    if (l->level == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the levels of %d units", l->dims.c);
    ga_status status = ga_levels_at(l->levels, share, GA_DETECT_LEVELS, l->level, NULL, err);
    if (status == GA_OK)
        status = ga_ladder_create(&spec, l->level, GA_DETECT_LEVELS, &l->ladder, err);
    ga_levels_free(l->levels);
    l->levels = NULL;
    return status;
}

/* ---- pass 2 -----------------------------------------------------------------------------------*/

/* Room of a pass over training images. */
typedef struct gather {
    ga_detections *d;
    uint16_t *known; /* (D,pixels) label maps of the labels asked for, by place + 1 */
    uint8_t *truth;  /* (pixels) */
    float *laid;     /* (pixels) */
    uint32_t *order; /* (pixels) */
} gather;

static void count_labels(gather *g, const ga_detect_look *look, const uint32_t *at)
{
    ga_detections *d = g->d;
    const size_t n = (size_t)d->o.samples, first = (size_t)look->image * n;
    for (int i = 0; i < d->labels; i++) {
        uint64_t pixels = 0;
        ga_look_truth(look, i, g->truth);
        for (size_t p = 0; p < d->pixels; p++)
            pixels += g->truth[p];
        uint8_t *answer = d->answer + (size_t)i * d->n_samples + first;
        for (size_t k = 0; k < n; k++)
            answer[k] = g->truth[at[k]];
        for (int layer = 0; layer < d->n_layers; layer++) {
            ga_detected *f = &d->found[layer * d->labels + i];
            f->train_pixels += pixels;
            f->train_images += pixels > 0;
        }
    }
}

static ga_status sample_units(const gather *g, const ga_detect_look *look, int layer,
                              const uint32_t *at, ga_err *err)
{
    const ga_detections *d = g->d;
    ga_detect_layer *l = &d->layer[layer];
    const size_t n = (size_t)d->o.samples, first = (size_t)look->image * n;
    const size_t cells = (size_t)l->dims.h * (size_t)l->dims.w;
    const float *maps = ga_look_maps(look, layer);
    for (int u = 0; u < l->dims.c; u++) {
        const ga_status status = ga_grid_lay(l->grid, maps + (size_t)u * cells, g->laid, err);
        if (status != GA_OK)
            return status;
        float *to = l->sample + (size_t)u * d->n_samples + first;
        for (size_t k = 0; k < n; k++)
            to[k] = g->laid[at[k]];
    }
    return GA_OK;
}

static ga_status see_samples(void *user, const ga_detect_look *look, ga_err *err)
{
    gather *g = user;
    ga_detections *d = g->d;
    ga_rng rng = ga_rng_of(d->o.seed, (uint64_t)look->image);
    for (size_t p = 0; p < d->pixels; p++)
        g->order[p] = (uint32_t)p;
    ga_rng_shuffle(&rng, g->order, (uint32_t)d->pixels);
    count_labels(g, look, g->order);
    const size_t count = (size_t)d->planes * d->pixels;
    const uint16_t *maps = look->maps + (size_t)look->at * count;
    for (size_t p = 0; p < count; p++)
        g->known[p] = d->known[maps[p]];
    ga_status status = GA_OK;
    for (int k = 0; k < d->n_layers && status == GA_OK; k++) {
        status = sample_units(g, look, k, g->order, err);
        if (status == GA_OK)
            status = ga_ladder_add(d->layer[k].ladder, ga_look_maps(look, k), g->known, err);
    }
    return status;
}

static ga_status gather_samples(ga_detections *d, ga_subject *s, ga_err *err)
{
    gather g = {.d = d,
                .known = ga_mem_new((size_t)d->planes * d->pixels, sizeof *g.known),
                .truth = ga_mem_new(d->pixels, 1),
                .laid = ga_mem_new(d->pixels, sizeof *g.laid),
                .order = ga_mem_new(d->pixels, sizeof *g.order)};
    const ga_status status = g.known == NULL || g.truth == NULL || g.laid == NULL || g.order == NULL
                                 ? ga_fail(err, GA_ENOMEM, "no memory for the pixels of an image")
                                 : ga_detect_pass(d, s, 0, d->o.train, false, see_samples, &g, NULL,
                                                  err);
    ga_mem_free(g.known);
    ga_mem_free(g.truth);
    ga_mem_free(g.laid);
    ga_mem_free(g.order);
    return status;
}

/* ---- the best unit ----------------------------------------------------------------------------*/

/* Each unit at its best level; the best units, of equals the lower one. */
static void choose_units(ga_detect_layer *l, int label)
{
    ga_learned *of = &l->of[label];
    for (int u = 0; u < l->dims.c; u++) {
        double best = 0;
        int at = 0;
        for (int j = 0; j < GA_DETECT_LEVELS; j++) {
            const double iou = ga_table_iou(ga_ladder_table(l->ladder, label + 1, u, j, GA_OF_ALL));
            if (iou > best) {
                best = iou;
                at = j;
            }
        }
        if (!(best > 0))
            continue;
        int place = of->candidates;
        while (place > 0 && best > of->iou[place - 1])
            place--;
        if (place == GA_DETECT_CANDIDATES)
            continue;
        const int kept = of->candidates < GA_DETECT_CANDIDATES ? of->candidates
                                                               : GA_DETECT_CANDIDATES - 1;
        for (int k = kept; k > place; k--) {
            of->iou[k] = of->iou[k - 1];
            of->unit[k] = of->unit[k - 1];
            of->threshold[k] = of->threshold[k - 1];
        }
        of->iou[place] = best;
        of->unit[place] = u;
        of->threshold[place] = l->level[u * GA_DETECT_LEVELS + at];
        of->candidates = kept + 1;
    }
}

/* ---- the probe --------------------------------------------------------------------------------*/

/* Brings every unit's samples to mean 0 and deviation 1. */
static void standardise(const ga_detections *d, ga_detect_layer *l)
{
    const size_t n = d->n_samples;
    for (int u = 0; u < l->dims.c; u++) {
        float *x = l->sample + (size_t)u * n;
        double sum = 0, squares = 0;
        for (size_t k = 0; k < n; k++)
            sum += (double)x[k];
        const double mean = sum / (double)n;
        for (size_t k = 0; k < n; k++)
            squares += ((double)x[k] - mean) * ((double)x[k] - mean);
        const double deviation = sqrt(squares / (double)n);
        const bool flat = !(deviation > 1e-12 * (1 + fabs(mean)));
        l->mean[u] = mean;
        l->spread[u] = flat ? 1 : (float)deviation;
        for (size_t k = 0; k < n; k++)
            x[k] = flat ? 0 : (float)(((double)x[k] - mean) / (double)l->spread[u]);
    }
}

/* Where the probe's IoU is largest on its own pixels. */
static ga_status choose_cut(const ga_detections *d, const ga_detect_layer *l, int label,
                            const double *w, float *cut, ga_err *err)
{
    const size_t n = d->n_samples;
    float *score = ga_mem_new(n, sizeof *score);
    double *z = ga_mem_new(n, sizeof *z);
    ga_status status = score != NULL && z != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for the scores of %zu pixels", n);
    if (status == GA_OK) {
        for (size_t k = 0; k < n; k++)
            z[k] = w[l->dims.c];
        for (int u = 0; u < l->dims.c; u++)
            for (size_t k = 0; k < n; k++)
                z[k] += w[u] * (double)l->sample[(size_t)u * n + k];
        for (size_t k = 0; k < n; k++)
            score[k] = (float)z[k];
        const ga_scored s = {score, d->answer + (size_t)label * n, 1, n};
        status = ga_best_cut(s, cut, &l->of[label].probe_iou, err);
    }
    ga_mem_free(score);
    ga_mem_free(z);
    return status;
}

static ga_status learn_probe(ga_detections *d, int layer, int label, ga_err *err)
{
    ga_detect_layer *l = &d->layer[layer];
    ga_learned *of = &l->of[label];
    ga_detected *f = &d->found[layer * d->labels + label];
    const uint8_t *y = d->answer + (size_t)label * d->n_samples;
    f->samples = d->n_samples;
    for (size_t k = 0; k < d->n_samples; k++)
        f->sample_pixels += y[k];
    if (f->sample_pixels == 0 || f->sample_pixels == f->samples)
        return GA_OK; /* nothing to tell apart: there is no probe */
    const ga_logistic data = {l->sample, y, d->n_samples, l->dims.c, d->o.l2};
    ga_status status = ga_logistic_solve(&data, d->o.threads, of->weight, &f->fit, err);
    if (status == GA_OK)
        status = choose_cut(d, l, label, of->weight, &f->cut, err);
    if (status != GA_OK)
        return status;
    for (int u = 0; u < l->dims.c; u++) { /* of raw values */
        of->weight[u] /= (double)l->spread[u];
        of->weight[l->dims.c] -= of->weight[u] * l->mean[u];
    }
    of->has_probe = true;
    return GA_OK;
}

ga_status ga_detect_learn(ga_detections *d, ga_subject *s, ga_err *err)
{
    ga_status status = GA_OK;
    for (int k = 0; k < d->n_layers && status == GA_OK; k++)
        status = ga_levels_create(d->layer[k].dims.c, d->layer[k].grid, d->o.threads,
                                  &d->layer[k].levels, err);
    if (status == GA_OK)
        status = ga_detect_pass(d, s, 0, d->o.train, false, see_levels, d, NULL, err);
    for (int k = 0; k < d->n_layers && status == GA_OK; k++)
        status = make_ladder(d, &d->layer[k], err);
    if (status == GA_OK)
        status = gather_samples(d, s, err);
    for (int k = 0; k < d->n_layers && status == GA_OK; k++) {
        standardise(d, &d->layer[k]);
        for (int i = 0; i < d->labels && status == GA_OK; i++) {
            choose_units(&d->layer[k], i);
            status = learn_probe(d, k, i, err);
        }
        ga_ladder_free(d->layer[k].ladder);
        d->layer[k].ladder = NULL;
    }
    return status;
}

/* ---- pass 3: unions ---------------------------------------------------------------------------*/

typedef struct masks {
    ga_detections *d;
    int first, n;    /* pairs */
    size_t words;    /* of an image */
    uint64_t *mask;  /* (n,CANDIDATES,train,words) */
    uint64_t *truth; /* (n,train,words) */
    float *laid;
    uint8_t *is;
} masks;

static size_t words_of(const ga_detections *d)
{
    return (d->pixels + 63) / 64;
}

size_t ga_detect_unite_bytes(const ga_detections *d)
{
    return (GA_DETECT_CANDIDATES + 1) * (size_t)d->o.train * words_of(d) * sizeof(uint64_t);
}

static uint64_t *mask_of(const masks *m, int pair, int candidate)
{
    const size_t of_mask = (size_t)m->d->o.train * m->words;
    return m->mask + ((size_t)pair * GA_DETECT_CANDIDATES + (size_t)candidate) * of_mask;
}

static ga_status see_masks(void *user, const ga_detect_look *look, ga_err *err)
{
    masks *m = user;
    const ga_detections *d = m->d;
    const size_t image = (size_t)look->image * m->words;
    for (int i = 0; i < m->n; i++) {
        const int layer = (m->first + i) / d->labels, label = (m->first + i) % d->labels;
        const ga_detect_layer *l = &d->layer[layer];
        const ga_learned *of = &l->of[label];
        const size_t cells = (size_t)l->dims.h * (size_t)l->dims.w;
        uint64_t *truth = m->truth + (size_t)i * (size_t)d->o.train * m->words + image;
        ga_look_truth(look, label, m->is);
        for (size_t p = 0; p < d->pixels; p++)
            truth[p / 64] |= (uint64_t)m->is[p] << (p % 64);
        for (int c = 0; c < of->candidates; c++) {
            uint64_t *mask = mask_of(m, i, c) + image;
            const ga_status status = ga_grid_lay(
                l->grid, ga_look_maps(look, layer) + (size_t)of->unit[c] * cells, m->laid, err);
            if (status != GA_OK)
                return status;
            for (size_t p = 0; p < d->pixels; p++)
                mask[p / 64] |= (uint64_t)(m->laid[p] > of->threshold[c]) << (p % 64);
        }
    }
    return GA_OK;
}

/* IoU of `so far` and one mask together with the truth. */
static double iou_with(const uint64_t *so_far, const uint64_t *mask, const uint64_t *truth,
                       size_t words)
{
    uint64_t both = 0, either = 0;
    for (size_t w = 0; w < words; w++) {
        const uint64_t on = so_far[w] | mask[w];
        both += (uint64_t)__builtin_popcountll(on & truth[w]);
        either += (uint64_t)__builtin_popcountll(on | truth[w]);
    }
    return either > 0 ? (double)both / (double)either : 0;
}

/* Adds the candidate that helps most while one helps; of equals the better one alone. */
static void grow(masks *m, int pair, uint64_t *so_far)
{
    const ga_detections *d = m->d;
    ga_learned *of = &d->layer[(m->first + pair) / d->labels].of[(m->first + pair) % d->labels];
    const size_t words = (size_t)d->o.train * m->words;
    const uint64_t *truth = m->truth + (size_t)pair * words;
    memset(so_far, 0, words * sizeof *so_far);
    of->chosen = 0;
    of->union_iou = 0;
    while (of->chosen < d->o.most) {
        int best = -1;
        double most = of->union_iou;
        for (int c = 0; c < of->candidates; c++) {
            const double iou = iou_with(so_far, mask_of(m, pair, c), truth, words);
            if (iou > most) {
                most = iou;
                best = c;
            }
        }
        if (best < 0)
            break;
        const uint64_t *mask = mask_of(m, pair, best);
        for (size_t w = 0; w < words; w++)
            so_far[w] |= mask[w];
        of->pick[of->chosen++] = best;
        of->union_iou = most;
    }
}

ga_status ga_detect_unite(ga_detections *d, ga_subject *s, int first, int n, ga_err *err)
{
    masks m = {.d = d, .first = first, .n = n, .words = words_of(d)};
    const size_t words = (size_t)d->o.train * m.words;
    m.mask = ga_mem_new((size_t)n * GA_DETECT_CANDIDATES * words, sizeof *m.mask);
    m.truth = ga_mem_new((size_t)n * words, sizeof *m.truth);
    m.laid = ga_mem_new(d->pixels, sizeof *m.laid);
    m.is = ga_mem_new(d->pixels, 1);
    uint64_t *so_far = ga_mem_new(words, sizeof *so_far);
    ga_status status = m.mask == NULL || m.truth == NULL || m.laid == NULL || m.is == NULL ||
                               so_far == NULL
                           ? ga_fail(err, GA_ENOMEM,
                                     "no memory for the masks of %d training images", d->o.train)
                           : ga_detect_pass(d, s, 0, d->o.train, false, see_masks, &m, NULL, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        grow(&m, i, so_far);
    ga_mem_free(m.mask);
    ga_mem_free(m.truth);
    ga_mem_free(m.laid);
    ga_mem_free(m.is);
    ga_mem_free(so_far);
    return status;
}
