/* detect.c - units as detectors: the passes over images, and who takes part. */
#include "dissect/detectors.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include <string.h>

/* ---- images -----------------------------------------------------------------------------------*/

const float *ga_look_maps(const ga_detect_look *l, int layer)
{
    return l->activation[layer] + (size_t)l->at * ga_dims_count(l->d->layer[layer].dims);
}

void ga_look_truth(const ga_detect_look *l, int label, uint8_t *out)
{
    const ga_detections *d = l->d;
    const uint16_t *maps = l->maps + (size_t)l->at * (size_t)d->planes * d->pixels;
    const uint16_t number = (uint16_t)d->o.labels[label];
    memset(out, 0, d->pixels);
    for (int k = 0; k < d->planes; k++)
        for (size_t p = 0; p < d->pixels; p++)
            if (maps[(size_t)k * d->pixels + p] == number)
                out[p] = 1;
}

/* Room for a block of images. */
typedef struct room {
    float **activation;
    uint16_t *maps;
    float *pictures;
} room;

static void free_room(const ga_detections *d, room *r)
{
    for (int k = 0; r->activation != NULL && k < d->n_layers; k++)
        ga_mem_free(r->activation[k]);
    ga_mem_free(r->activation);
    ga_mem_free(r->maps);
    ga_mem_free(r->pictures);
}

static ga_status make_room(const ga_detections *d, const ga_subject *s, room *r, ga_err *err)
{
    *r = (room){.activation = ga_mem_new((size_t)d->n_layers, sizeof *r->activation)};
    r->maps = ga_mem_new(GA_DISSECT_BLOCK * (size_t)d->planes * d->pixels, sizeof *r->maps);
    r->pictures = ga_mem_new(GA_DISSECT_BLOCK * ga_dims_count(ga_subject_picture_dims(s)),
                             sizeof *r->pictures);
    bool has = r->activation != NULL && r->maps != NULL && r->pictures != NULL;
    for (int k = 0; k < d->n_layers && has; k++) {
        r->activation[k] = ga_mem_new(GA_DISSECT_BLOCK * ga_dims_count(d->layer[k].dims),
                                      sizeof(float));
        has = r->activation[k] != NULL;
    }
    return has ? GA_OK
               : ga_fail(err, GA_ENOMEM, "no memory for a block of %d images", GA_DISSECT_BLOCK);
}

ga_status ga_detect_tell(const ga_detections *d, const char *what, uint64_t done, uint64_t total,
                         ga_err *err)
{
    const ga_progress *p = d->progress;
    if (p != NULL && p->report != NULL)
        p->report(p->user, what, done, total);
    return p != NULL && p->cancelled != NULL && p->cancelled(p->user)
               ? ga_fail(err, GA_EINTERRUPTED, "interrupted after %llu of %llu %s",
                         (unsigned long long)done, (unsigned long long)total, what)
               : GA_OK;
}

static ga_status see_block(ga_detections *d, ga_subject *s, room *r, int from, int n, bool pictures,
                           double *seconds, ga_err *err)
{
    uint32_t ids[GA_DISSECT_BLOCK];
    for (int i = 0; i < n; i++)
        ids[i] = (uint32_t)(from + i);
    ga_subject_block network = {.activation = r->activation,
                                .pictures = pictures ? r->pictures : NULL},
                     truth = {.maps = r->maps};
    if (seconds == NULL) { /* no clock runs: a generator makes its pictures once for both */
        network.maps = r->maps;
        return ga_subject_look(s, d->o.seed, ids, n, network, err);
    }
    const double began = ga_seconds();
    const ga_status status = ga_subject_look(s, d->o.seed, ids, n, network, err);
    *seconds += ga_seconds() - began;
    return status == GA_OK ? ga_subject_look(s, d->o.seed, ids, n, truth, err) : status;
}

ga_status ga_detect_pass(ga_detections *d, ga_subject *s, int first, int n, bool pictures,
                         ga_detect_see *see, void *user, double *seconds, ga_err *err)
{
    room r;
    ga_status status = make_room(d, s, &r, err);
    for (int i = 0; i < n && status == GA_OK; i += GA_DISSECT_BLOCK) {
        const int left = n - i, count = left < GA_DISSECT_BLOCK ? left : GA_DISSECT_BLOCK;
        status = see_block(d, s, &r, first + i, count, pictures, seconds, err);
        for (int k = 0; k < count && status == GA_OK; k++) {
            const ga_detect_look look = {d, r.activation, r.maps, r.pictures, i + k, k};
            status = see(user, &look, err);
            if (status != GA_OK && err != NULL)
                status = ga_fail_in(err, status, "image %d", first + i + k);
        }
        d->done += (uint64_t)count;
        if (status == GA_OK)
            status = ga_detect_tell(d, "images", d->done, d->total, err);
    }
    free_room(d, &r);
    return status;
}

/* ---- who takes part ---------------------------------------------------------------------------*/

static ga_status check(const ga_subject *s, const ga_detect_options *o, ga_err *err)
{
    const int labels = ga_vocabulary_n(ga_subject_vocabulary(s));
    if (o->train < 1 || o->test < 1 || o->train > 1 << 20 || o->test > 1 << 20)
        return ga_fail(err, GA_EINVAL, "%d training and %d test images: expected 1 to %d of each",
                       o->train, o->test, 1 << 20);
    if (o->n_labels < 1 || o->n_labels > GA_DETECT_LABELS)
        return ga_fail(err, GA_EINVAL, "%d labels: expected 1 to %d", o->n_labels,
                       GA_DETECT_LABELS);
    for (int i = 0; i < o->n_labels; i++) {
        if (o->labels[i] < 1 || o->labels[i] >= labels)
            return ga_fail(err, GA_EINVAL, "label %d: expected 1 to %d", o->labels[i], labels - 1);
        for (int k = 0; k < i; k++)
            if (o->labels[k] == o->labels[i])
                return ga_fail(err, GA_EINVAL, "label '%s' is named twice",
                               ga_vocabulary_title(ga_subject_vocabulary(s), o->labels[i]));
    }
    if (o->most < 1 || o->most > GA_DETECT_CANDIDATES)
        return ga_fail(err, GA_EINVAL, "unions of %d units: expected 1 to %d", o->most,
                       GA_DETECT_CANDIDATES);
    if (o->samples < 1 || !(o->l2 > 0))
        return ga_fail(err, GA_EINVAL,
                       "%d pixels an image for the probe, l2 %g: expected some, and an l2 above 0",
                       o->samples, o->l2);
    if (o->bootstrap != 0 && (o->bootstrap < 100 || o->bootstrap > 100000))
        return ga_fail(err, GA_EINVAL, "%d rounds of resampling: expected 0, or 100 to 100000",
                       o->bootstrap);
    return GA_OK;
}

static ga_status make_labels(ga_detections *d, const ga_subject *s, ga_err *err)
{
    const ga_vocabulary *v = ga_subject_vocabulary(s);
    d->labels = d->o.n_labels;
    d->known = ga_mem_new((size_t)ga_vocabulary_n(v), sizeof *d->known);
    d->rival = ga_mem_new((size_t)d->labels, sizeof *d->rival);
    d->answer = ga_mem_new((size_t)d->labels * d->n_samples, 1);
    d->rival_gave = ga_mem_new((size_t)d->labels * (size_t)d->o.test, sizeof *d->rival_gave);
    if (d->known == NULL || d->rival == NULL || d->answer == NULL || d->rival_gave == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d labels of %zu pixels", d->labels,
                       d->n_samples);
    ga_status status = GA_OK;
    for (int i = 0; i < d->labels && status == GA_OK; i++) {
        d->known[d->o.labels[i]] = (uint16_t)(i + 1);
        if (d->o.rival != NULL)
            status = ga_vocabulary_find(ga_segmenter_vocabulary(d->o.rival),
                                        ga_vocabulary_title(v, d->o.labels[i]), &d->rival[i], err);
        if (status != GA_OK && err != NULL)
            status = ga_fail_in(err, status, "segmenter '%s'", ga_segmenter_name(d->o.rival));
    }
    return status;
}

static ga_status make_layers(ga_detections *d, const ga_subject *s, ga_err *err)
{
    const int side = ga_subject_side(s);
    size_t units = 0;
    for (int k = 0; k < d->n_layers; k++)
        units += (size_t)ga_subject_layer_dims(s, k).c;
    if (units * d->n_samples * sizeof(float) > d->o.memory)
        return ga_fail(
            err, GA_ENOMEM,
            "the probe's %zu pixels of %zu units take %zu MiB, %zu are allowed: fewer "
            "pixels an image (%d are asked for), layers or training images, or more memory",
            d->n_samples, units, units * d->n_samples * sizeof(float) >> 20, d->o.memory >> 20,
            d->o.samples);
    d->layer = ga_mem_new((size_t)d->n_layers, sizeof *d->layer);
    d->found = ga_mem_new((size_t)d->n_layers * (size_t)d->labels, sizeof *d->found);
    bool has = d->layer != NULL && d->found != NULL;
    for (int k = 0; k < d->n_layers && has; k++) {
        ga_detect_layer *l = &d->layer[k];
        l->dims = ga_subject_layer_dims(s, k);
        l->grid = (ga_grid){l->dims.h, l->dims.w, side, side, d->o.lie};
        l->sample = ga_mem_new((size_t)l->dims.c * d->n_samples, sizeof *l->sample);
        l->spread = ga_mem_new((size_t)l->dims.c, sizeof *l->spread);
        l->mean = ga_mem_new((size_t)l->dims.c, sizeof *l->mean);
        l->of = ga_mem_new((size_t)d->labels, sizeof *l->of);
        has = l->sample != NULL && l->spread != NULL && l->mean != NULL && l->of != NULL;
        for (int i = 0; i < d->labels && has; i++) {
            l->of[i].weight = ga_mem_new((size_t)l->dims.c + 1, sizeof(double));
            has = l->of[i].weight != NULL;
        }
    }
    return has ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for the samples of %zu units", units);
}

static void free_layer(const ga_detections *d, ga_detect_layer *l)
{
    ga_levels_free(l->levels);
    ga_ladder_free(l->ladder);
    ga_mem_free(l->level);
    ga_mem_free(l->sample);
    ga_mem_free(l->spread);
    ga_mem_free(l->mean);
    for (int i = 0; l->of != NULL && i < d->labels; i++)
        ga_mem_free(l->of[i].weight);
    ga_mem_free(l->of);
}

void ga_detections_free(ga_detections *d)
{
    if (d == NULL)
        return;
    for (int k = 0; d->layer != NULL && k < d->n_layers; k++)
        free_layer(d, &d->layer[k]);
    ga_mem_free(d->layer);
    ga_mem_free(d->found);
    ga_mem_free(d->known);
    ga_mem_free(d->rival);
    ga_mem_free(d->rival_gave);
    ga_mem_free(d->answer);
    ga_mem_free(d);
}

/* ---- all of it --------------------------------------------------------------------------------*/

/* How many pairs of layer and label fit into memory at a time. */
static ga_status choose_chunk(const ga_detections *d, int *chunk, ga_err *err)
{
    const size_t unite = ga_detect_unite_bytes(d), judge = ga_detect_judge_bytes(d);
    const size_t need = unite > judge ? unite : judge;
    if (need > d->o.memory) {
        char needs[16], has[16];
        return ga_fail(err, GA_ENOMEM,
                       "a label at a layer takes %s of %d training and %d test images, %s are "
                       "allowed: fewer images, or more memory",
                       ga_format_bytes(need, needs, sizeof needs), d->o.train, d->o.test,
                       ga_format_bytes(d->o.memory, has, sizeof has));
    }
    const size_t fit = d->o.memory / need, pairs = (size_t)d->n_layers * (size_t)d->labels;
    *chunk = (int)(fit < pairs ? fit : pairs);
    return GA_OK;
}

static ga_status detect_all(ga_detections *d, ga_subject *s, ga_err *err)
{
    int chunk = 0;
    const int pairs = d->n_layers * d->labels;
    ga_status status = choose_chunk(d, &chunk, err);
    if (status != GA_OK)
        return status;
    const uint64_t chunks = (uint64_t)((pairs + chunk - 1) / chunk);
    d->total = 2 * (uint64_t)d->o.train + chunks * (uint64_t)(d->o.train + d->o.test);
    status = ga_detect_learn(d, s, err);
    for (int first = 0; first < pairs && status == GA_OK; first += chunk) {
        const int n = pairs - first < chunk ? pairs - first : chunk;
        status = ga_detect_unite(d, s, first, n, err);
        if (status == GA_OK)
            status = ga_detect_judge(d, s, first, n, err);
    }
    return status;
}

ga_status ga_detect(ga_subject *s, const ga_detect_options *options, const ga_progress *progress,
                    ga_detections **out, ga_err *err)
{
    *out = NULL;
    ga_status status = check(s, options, err);
    if (status != GA_OK)
        return status;
    ga_detections *d = ga_mem_new(1, sizeof *d);
    if (d == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for detectors");
    const int side = ga_subject_side(s);
    d->o = *options;
    d->progress = progress;
    d->n_layers = ga_subject_layers(s);
    d->planes = ga_subject_planes(s);
    d->pixels = (size_t)side * (size_t)side;
    if ((size_t)d->o.samples > d->pixels)
        d->o.samples = (int)d->pixels;
    d->n_samples = (size_t)d->o.train * (size_t)d->o.samples;
    status = make_labels(d, s, err);
    if (status == GA_OK)
        status = make_layers(d, s, err);
    if (status == GA_OK)
        status = detect_all(d, s, err);
    d->progress = NULL;
    if (status != GA_OK)
        ga_detections_free(d);
    else
        *out = d;
    return status;
}

const ga_detected *ga_detections_of(const ga_detections *d, int layer, int label)
{
    return &d->found[layer * d->labels + label];
}

double ga_detections_network_seconds(const ga_detections *d)
{
    return d->network_seconds;
}
