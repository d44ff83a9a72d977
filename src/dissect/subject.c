/* subject.c - images by number: their pictures, label maps and activations. */
#include "base/alloc.h"
#include "base/text.h"
#include "dissect/latent_streams.h"
#include "dissect/need.h"
#include "ganatomy/scenes.h"
#include <string.h>

/* One network, with the taps that are looked at. */
typedef struct looker {
    ga_model *model;
    ga_plan *plan;
    bool owned; /* the twin's model */
} looker;

struct ga_subject {
    ga_subject_spec spec;
    const ga_arch *arch;
    const char *layer[GA_DISSECT_LAYERS]; /* taps; those of the graph, not the caller's */
    int n_layers;                  /* of one looker */
    const ga_seg_inside *inside;   /* what the segmenter reads of the generator; NULL: pictures */
    const char *kept[GA_DISSECT_LAYERS + GA_SEG_MOST_LAYERS]; /* layers, and those that it reads */
    int n_kept;
    float *seen[GA_SEG_MOST_LAYERS]; /* (block,U,h,w) of each that it reads */
    looker looker[2];
    int n_lookers;
    ga_dims picture; /* that are segmented and shown */
    float lo, hi;
    int planes;
    ga_latent_streams latents;
    uint32_t *order; /* (n of data) of order_seed */
    uint32_t order_seed;
    bool has_order;
    /* room for a block */
    float *z, *labels, *pictures;
    int32_t *classes;
    uint16_t *maps; /* of data, at their own size */
};

/* ---- making one -------------------------------------------------------------------------------*/

/* Taps of the graph, each named once; how large they are is another question. */
static ga_status find_layers(ga_subject *s, ga_err *err)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    if (s->spec.n_layers < 1 || s->spec.n_layers > GA_DISSECT_LAYERS)
        return ga_fail(err, GA_EINVAL, "%d layers: expected 1 to %d", s->spec.n_layers, GA_DISSECT_LAYERS);
    for (int i = 0; i < s->spec.n_layers; i++) {
        int tap;
        const ga_status status = ga_graph_need(g, s->spec.layers[i], &tap, err);
        if (status != GA_OK)
            return status;
        if (tap < ga_graph_n_inputs(g))
            return ga_fail(err, GA_EINVAL, "'%s' is what the network reads, not a layer of it",
                           s->spec.layers[i]);
        s->layer[i] = ga_graph_tap_name(g, tap);
        for (int k = 0; k < i; k++)
            if (s->layer[k] == s->layer[i])
                return ga_fail(err, GA_EINVAL, "layer '%s' is named twice", s->layer[i]);
    }
    s->n_layers = s->spec.n_layers;
    return GA_OK;
}

/* The layers, then those that only the segmenter reads. */
static void choose_kept(ga_subject *s)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    memcpy(s->kept, s->layer, sizeof s->layer);
    s->n_kept = s->n_layers;
    for (int i = 0; s->inside != NULL && i < s->inside->n_layers; i++) {
        const char *tap = ga_graph_tap_name(g, ga_graph_find(g, s->inside->layers[i]));
        bool there = false;
        for (int k = 0; k < s->n_kept && !there; k++)
            there = s->kept[k] == tap;
        if (!there)
            s->kept[s->n_kept++] = tap;
    }
}

static bool reads_pictures(const ga_subject *s)
{
    return ga_arch_law(s->arch) == GA_LAW_NONE;
}

static ga_status check_class(const ga_subject *s, ga_err *err)
{
    const int classes = ga_arch_classes(s->arch), one = s->spec.image_class;
    if (!s->spec.one_class)
        return GA_OK;
    if (reads_pictures(s))
        return ga_fail(err, GA_EINVAL, "'%s' reads pictures, and makes none of class %d",
                       ga_arch_name(s->arch), one);
    if (classes == 0)
        return ga_fail(err, GA_EINVAL, "'%s' draws no classes: its images cannot be of class %d",
                       ga_arch_name(s->arch), one);
    return one >= 0 && one < classes
               ? GA_OK
               : ga_fail(err, GA_EINVAL, "there is no class %d: '%s' draws 0 to %d", one,
                         ga_arch_name(s->arch), classes - 1);
}

/* The last of the layers, behind which a network that makes no pictures need not run. */
static const char *last_layer(const ga_subject *s)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    int last = 0;
    for (int i = 0; i < s->n_layers; i++) {
        const int tap = ga_graph_find(g, s->layer[i]);
        last = tap > last ? tap : last;
    }
    return ga_graph_tap_name(g, last);
}

static ga_plan_options plan_of(const ga_subject *s, bool twin)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = GA_DISSECT_BLOCK;
    o.bn = s->spec.bn;
    o.to = twin || reads_pictures(s) ? last_layer(s) : NULL;
    o.keep = s->kept;
    o.n_keep = twin ? s->n_layers : s->n_kept;
    o.threads = s->spec.threads;
    return o;
}

/* All plans together, before anything is made. */
static ga_status forecast_plans(const ga_subject *s, size_t *bytes, ga_err *err)
{
    *bytes = 0;
    for (int twin = 0; twin <= (int)s->spec.twin; twin++) {
        const ga_plan_options o = plan_of(s, twin);
        ga_plan_cost cost = {0};
        const ga_status status = ga_plan_forecast(ga_arch_graph(s->arch), &o, &cost, err);
        if (status != GA_OK)
            return status;
        *bytes += cost.total_bytes;
    }
    return GA_OK;
}

static ga_status check_memory(const ga_subject *s, ga_err *err)
{
    size_t total;
    const ga_status status = forecast_plans(s, &total, err);
    return status != GA_OK || s->spec.memory_limit == 0 || total <= s->spec.memory_limit
               ? status
               : ga_fail_memory(err, ga_arch_name(s->arch), GA_DISSECT_BLOCK, total,
                                s->spec.memory_limit);
}

/* Fills s as far as that needs no data, and says what is wrong with it. */
static ga_status begin(ga_subject *s, const ga_subject_spec *spec, ga_err *err)
{
    *s = (ga_subject){.spec = *spec, .arch = ga_model_arch(spec->model)};
    if (spec->segmenter != NULL)
        s->inside = ga_segmenter_inside(spec->segmenter);
    if (spec->bn != GA_BN_RUNNING && spec->bn != GA_BN_IMAGE)
        return ga_fail(err, GA_EINVAL,
                       "statistics of a batch: an image would depend on the others of its block "
                       "(running and image statistics can be had)");
    if (!reads_pictures(s) && ga_arch_output_kind(s->arch) != GA_OUTPUT_IMAGE)
        return ga_fail(err, GA_EINVAL, "'%s' makes no pictures", ga_arch_name(s->arch));
    if (s->inside != NULL && reads_pictures(s))
        return ga_fail(err, GA_EINVAL,
                       "the segmenter '%s' reads the activations of the generator '%s', and the "
                       "pictures are a data set's",
                       ga_segmenter_name(spec->segmenter), s->inside->generator);
    ga_status status = check_class(s, err);
    if (status == GA_OK && s->inside != NULL)
        status = ga_segmenter_check_inside(spec->segmenter, spec->model, spec->bn, err);
    if (status == GA_OK)
        status = find_layers(s, err);
    if (status != GA_OK)
        return status;
    choose_kept(s);
    return check_memory(s, err);
}

ga_status ga_subject_check(const ga_subject_spec *spec, ga_err *err)
{
    ga_subject s;
    return begin(&s, spec, err);
}

/* What hangs on the pictures and their size. */
static ga_status check_pictures(const ga_subject *s, ga_err *err)
{
    const ga_subject_spec *p = &s->spec;
    if (!reads_pictures(s) && p->data != NULL)
        return ga_fail(err, GA_EINVAL,
                       "'%s' makes its pictures itself: a data set has no place here",
                       ga_arch_name(s->arch));
    if (reads_pictures(s) && s->picture.c != ga_arch_input(s->arch).c)
        return ga_fail(err, GA_EINVAL,
                       "'%s' reads pictures of %d channel%s, and those of '%s' have %d: name other "
                       "data",
                       ga_arch_name(s->arch), ga_arch_input(s->arch).c,
                       ga_arch_input(s->arch).c == 1 ? "" : "s", ga_dataset_name(p->data),
                       s->picture.c);
    if (p->segmenter == NULL && (p->data == NULL || ga_dataset_vocabulary(p->data) == NULL))
        return ga_fail(err, GA_EINVAL, "nothing says what is in the pictures: name a segmenter");
    if (p->side < 1 || p->side > s->picture.h || p->side > s->picture.w)
        return ga_fail(err, GA_EINVAL, "label maps of %d pixels a side: pictures have %dx%d",
                       p->side, s->picture.h, s->picture.w);
    for (int i = 0; i < s->n_layers; i++) {
        const ga_dims d = ga_subject_layer_dims(s, i);
        if (d.h > p->side || d.w > p->side)
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' has maps of %dx%d, and label maps of %d pixels a side are "
                           "smaller than that: at least %d are needed",
                           s->layer[i], d.h, d.w, p->side, d.h > d.w ? d.h : d.w);
    }
    return GA_OK;
}

static ga_status make_plan(ga_subject *s, looker *l, ga_err *err)
{
    const ga_plan_options o = plan_of(s, l != &s->looker[0]);
    return ga_plan_create(ga_model_graph(l->model), ga_model_params(l->model), &o, &l->plan, err);
}

static ga_status make_lookers(ga_subject *s, ga_err *err)
{
    s->looker[0].model = s->spec.model;
    s->n_lookers = 1;
    ga_status status = make_plan(s, &s->looker[0], err);
    if (status != GA_OK || !s->spec.twin)
        return status;
    looker *twin = &s->looker[1];
    status = ga_model_create(s->arch, &twin->model, err);
    if (status != GA_OK)
        return status;
    twin->owned = true;
    ga_params_init(ga_model_params(twin->model), ga_arch_graph(s->arch), s->spec.twin_seed, false);
    ga_params_changed(ga_model_params(twin->model));
    s->n_lookers = 2;
    return make_plan(s, twin, err);
}

/* Numbers of each kind that a block of images needs room for. */
typedef struct room {
    size_t z, picture, maps, seen[GA_SEG_MOST_LAYERS], order;
} room;

static room room_of(const ga_subject *s)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    room r = {.z = GA_DISSECT_BLOCK * ga_dims_count(ga_arch_input(s->arch)),
              .picture = GA_DISSECT_BLOCK * ga_dims_count(s->picture)};
    if (s->spec.segmenter == NULL) {
        const ga_dims d = ga_dataset_dims(s->spec.data);
        r.maps = GA_DISSECT_BLOCK * (size_t)s->planes * (size_t)d.h * (size_t)d.w;
    }
    for (int i = 0; s->inside != NULL && i < s->inside->n_layers; i++) {
        const ga_dims d = ga_graph_tap_dims(g, ga_graph_find(g, s->inside->layers[i]));
        r.seen[i] = GA_DISSECT_BLOCK * ga_dims_count(d);
    }
    if (s->spec.data != NULL)
        r.order = (size_t)ga_dataset_n(s->spec.data);
    return r;
}

static size_t bytes_of_room(const ga_subject *s)
{
    const room r = room_of(s);
    size_t bytes = r.z * sizeof *s->z + r.picture * sizeof *s->pictures + r.maps * sizeof *s->maps +
                   r.order * sizeof *s->order;
    for (int i = 0; i < GA_SEG_MOST_LAYERS; i++)
        bytes += r.seen[i] * sizeof *s->seen[i];
    if (s->spec.segmenter != NULL)
        bytes += ga_segmenter_room(s->spec.segmenter, s->picture, GA_DISSECT_BLOCK, s->spec.side,
                                   s->spec.side);
    return bytes;
}

static ga_status make_room(ga_subject *s, ga_err *err)
{
    const room r = room_of(s);
    s->z = ga_mem_new(r.z, sizeof *s->z);
    s->labels = ga_mem_new(GA_DISSECT_BLOCK, sizeof *s->labels);
    s->classes = ga_mem_new(GA_DISSECT_BLOCK, sizeof *s->classes);
    s->pictures = ga_mem_new(r.picture, sizeof *s->pictures);
    s->maps = ga_mem_new(r.maps, sizeof *s->maps);
    s->order = ga_mem_new(r.order, sizeof *s->order);
    bool short_of = s->z == NULL || s->labels == NULL || s->classes == NULL ||
                    s->pictures == NULL || s->maps == NULL || s->order == NULL;
    for (int i = 0; s->inside != NULL && i < s->inside->n_layers; i++) {
        s->seen[i] = ga_mem_new(r.seen[i], sizeof *s->seen[i]);
        short_of = short_of || s->seen[i] == NULL;
    }
    return short_of
               ? ga_fail(err, GA_ENOMEM, "no memory for a block of %d images", GA_DISSECT_BLOCK)
               : GA_OK;
}

/* What it is, without what it works with. */
static ga_status outline(ga_subject *s, const ga_subject_spec *spec, ga_err *err)
{
    ga_status status = begin(s, spec, err);
    if (status != GA_OK)
        return status;
    const ga_dataset *data = s->spec.data;
    if (data != NULL) {
        s->picture = ga_dataset_dims(data);
        s->lo = -1;
        s->hi = 1;
    } else if (reads_pictures(s)) {
        s->picture = ga_arch_input(s->arch);
    } else {
        const ga_graph *g = ga_arch_graph(s->arch);
        s->picture = ga_graph_output_dims(g);
        ga_arch_output_range(s->arch, &s->lo, &s->hi);
    }
    status = check_pictures(s, err);
    if (status == GA_OK)
        s->planes = spec->segmenter != NULL ? ga_segmenter_planes(spec->segmenter)
                                            : ga_vocabulary_categories(ga_dataset_vocabulary(data));
    return status;
}

ga_status ga_subject_outline(const ga_subject_spec *spec, ga_subject **out, ga_err *err)
{
    *out = NULL;
    ga_subject *s = ga_mem_new(1, sizeof *s);
    if (s == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to dissect");
    const ga_status status = outline(s, spec, err);
    if (status != GA_OK)
        ga_subject_free(s);
    else
        *out = s;
    return status;
}

ga_status ga_subject_create(const ga_subject_spec *spec, ga_subject **out, ga_err *err)
{
    ga_subject *s;
    *out = NULL;
    ga_status status = ga_subject_outline(spec, &s, err);
    if (status != GA_OK)
        return status;
    if (reads_pictures(s) && spec->data == NULL)
        status = ga_fail(err, GA_EINVAL, "'%s' reads pictures: name a data set",
                         ga_arch_name(s->arch));
    if (status == GA_OK)
        status = make_room(s, err);
    if (status == GA_OK)
        status = make_lookers(s, err);
    if (status != GA_OK)
        ga_subject_free(s);
    else
        *out = s;
    return status;
}

void ga_subject_free(ga_subject *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < s->n_lookers; i++) {
        ga_plan_free(s->looker[i].plan);
        if (s->looker[i].owned)
            ga_model_free(s->looker[i].model);
    }
    ga_latent_streams_free(&s->latents);
    for (int i = 0; i < GA_SEG_MOST_LAYERS; i++)
        ga_mem_free(s->seen[i]);
    ga_mem_free(s->order);
    ga_mem_free(s->z);
    ga_mem_free(s->labels);
    ga_mem_free(s->classes);
    ga_mem_free(s->pictures);
    ga_mem_free(s->maps);
    ga_mem_free(s);
}

/* ---- what it has ------------------------------------------------------------------------------*/

const ga_vocabulary *ga_subject_vocabulary(const ga_subject *s)
{
    return s->spec.segmenter != NULL ? ga_segmenter_vocabulary(s->spec.segmenter)
                                     : ga_dataset_vocabulary(s->spec.data);
}

int ga_subject_planes(const ga_subject *s)
{
    return s->planes;
}

int ga_subject_layers(const ga_subject *s)
{
    return s->n_layers * (1 + (int)s->spec.twin);
}

ga_dims ga_subject_layer_dims(const ga_subject *s, int layer)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    return ga_graph_tap_dims(g, ga_graph_find(g, s->layer[layer % s->n_layers]));
}

ga_dims ga_subject_picture_dims(const ga_subject *s)
{
    return s->picture;
}

int ga_subject_side(const ga_subject *s)
{
    return s->spec.side;
}

static size_t bytes_of_twin(const ga_subject *s)
{
    size_t weights = 0, buffers = 0;
    if (s->spec.twin) {
        ga_params_weights(ga_model_params(s->spec.model), &weights);
        ga_params_buffers(ga_model_params(s->spec.model), &buffers);
    }
    return (weights + buffers) * sizeof(float);
}

ga_status ga_subject_forecast(const ga_subject *s, size_t *bytes, ga_err *err)
{
    const ga_status status = forecast_plans(s, bytes, err);
    *bytes += bytes_of_room(s) + bytes_of_twin(s);
    return status;
}

size_t ga_subject_bytes(const ga_subject *s)
{
    size_t bytes = bytes_of_room(s) + bytes_of_twin(s);
    for (int i = 0; i < s->n_lookers; i++)
        bytes += ga_plan_cost_of(s->looker[i].plan).total_bytes;
    return bytes;
}

void ga_subject_range(const ga_subject *s, float *lo, float *hi)
{
    *lo = s->lo;
    *hi = s->hi;
}

/* ---- looking ----------------------------------------------------------------------------------*/

static ga_status read_latents(ga_subject *s, uint32_t seed, const uint32_t *ids, int n, ga_err *err)
{
    const int classes = ga_arch_classes(s->arch);
    for (int i = 0; i < n && classes > 0; i++) {
        s->classes[i] = s->spec.image_class;
        if (!s->spec.one_class)
            ga_labels(classes, ids[i], 1, &s->classes[i]);
        s->labels[i] = (float)s->classes[i];
    }
    return ga_latent_streams_read(&s->latents, s->arch, seed, ids, n, s->z, err);
}

/* Which pictures of data the images are, into picked. */
static ga_status pick_data(ga_subject *s, uint32_t seed, const uint32_t *ids, int n,
                           uint32_t *picked, ga_err *err)
{
    const uint32_t count = (uint32_t)ga_dataset_n(s->spec.data);
    if (!s->has_order || s->order_seed != seed) {
        ga_epoch_order(count, seed, 0, s->order);
        s->order_seed = seed;
        s->has_order = true;
    }
    for (int i = 0; i < n; i++) {
        if (ids[i] >= count)
            return ga_fail(err, GA_EINVAL, "image %u: '%s' has %u pictures", ids[i],
                           ga_dataset_name(s->spec.data), count);
        picked[i] = s->order[ids[i]];
    }
    return GA_OK;
}

static ga_status read_data(ga_subject *s, const uint32_t *picked, int n, ga_err *err)
{
    const ga_dims in = ga_arch_input(s->arch);
    ga_batch_spec as_read = {.h = in.h, .w = in.w}, as_shown = {.lo = s->lo, .hi = s->hi};
    ga_arch_input_range(s->arch, &as_read.lo, &as_read.hi);
    const ga_status status = ga_batch_fill(s->spec.data, picked, n, as_read, s->z, NULL, err);
    if (status != GA_OK)
        return status;
    return ga_batch_fill(s->spec.data, picked, n, as_shown, s->pictures, NULL, err);
}

static ga_status run(ga_subject *s, looker *l, int n, ga_err *err)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    const ga_dims in = ga_arch_input(s->arch);
    const int label = ga_arch_label_input(s->arch);
    ga_status status = ga_plan_write(l->plan, ga_graph_tap_name(g, 0),
                                     (ga_view){s->z, n, in.c, in.h, in.w}, err);
    if (status == GA_OK && label >= 0)
        status = ga_plan_write(l->plan, ga_graph_tap_name(g, label),
                               (ga_view){s->labels, n, 1, 1, 1}, err);
    return status == GA_OK ? ga_plan_forward(l->plan, NULL, err) : status;
}

/* Any layer of looker k. */
static bool is_wanted(const ga_subject *s, int k, float *const *activation)
{
    bool wanted = false;
    for (int i = 0; i < s->n_layers; i++)
        wanted = wanted || activation[k * s->n_layers + i] != NULL;
    return wanted;
}

static ga_status read_activations(ga_subject *s, int n, float *const *activation, ga_err *err)
{
    for (int k = 0; k < s->n_lookers; k++) {
        if (k > 0 && !is_wanted(s, k, activation))
            continue;
        if (k > 0) {
            const ga_status status = run(s, &s->looker[k], n, err);
            if (status != GA_OK)
                return status;
        }
        for (int i = 0; i < s->n_layers; i++) {
            float *to = activation[k * s->n_layers + i];
            const ga_status status = to != NULL
                                         ? ga_plan_read(s->looker[k].plan, s->layer[i], to, err)
                                         : GA_OK;
            if (status != GA_OK)
                return status;
        }
    }
    return GA_OK;
}

/* Label maps that data have of their own, brought to the side. */
static ga_status own_maps(ga_subject *s, const uint32_t *picked, int n, uint16_t *maps, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(s->spec.data);
    const size_t from = (size_t)s->planes * (size_t)d.h * (size_t)d.w;
    const size_t to = (size_t)s->planes * (size_t)s->spec.side * (size_t)s->spec.side;
    ga_status status = ga_dataset_fill_maps(s->spec.data, picked, n, s->maps, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = ga_labels_shrink(s->maps + (size_t)i * from, s->planes, d.h, d.w,
                                  maps + (size_t)i * to, s->spec.side, s->spec.side, err);
    return status;
}

/* Label maps of what the generator just made. */
static ga_status look_inside(ga_subject *s, int n, uint16_t *maps, ga_err *err)
{
    const ga_graph *g = ga_arch_graph(s->arch);
    ga_view view[GA_SEG_MOST_LAYERS];
    for (int i = 0; i < s->inside->n_layers; i++) {
        const char *tap = s->inside->layers[i];
        const ga_dims d = ga_graph_tap_dims(g, ga_graph_find(g, tap));
        const ga_status status = ga_plan_read(s->looker[0].plan, tap, s->seen[i], err);
        if (status != GA_OK)
            return status;
        view[i] = (ga_view){s->seen[i], n, d.c, d.h, d.w};
    }
    return ga_segmenter_maps_inside(s->spec.segmenter, view, s->spec.side, s->spec.side, maps, err);
}

ga_status ga_subject_look(ga_subject *s, uint32_t seed, const uint32_t *ids, int n,
                          ga_subject_block block, ga_err *err)
{
    uint32_t picked[GA_DISSECT_BLOCK];
    if (n < 1 || n > GA_DISSECT_BLOCK)
        return ga_fail(err, GA_EINVAL, "%d images at a time: expected 1 to %d", n,
                       GA_DISSECT_BLOCK);
    ga_status status = s->spec.data == NULL ? read_latents(s, seed, ids, n, err)
                                            : pick_data(s, seed, ids, n, picked, err);
    if (status == GA_OK && s->spec.data != NULL)
        status = read_data(s, picked, n, err);
    if (status == GA_OK && (s->spec.data == NULL || block.activation != NULL))
        status = run(s, &s->looker[0], n, err);
    if (status == GA_OK && s->spec.data == NULL) {
        const ga_graph *g = ga_arch_graph(s->arch);
        status = ga_plan_read(s->looker[0].plan, ga_graph_output_name(g), s->pictures, err);
    }
    if (status == GA_OK && block.activation != NULL)
        status = read_activations(s, n, block.activation, err);
    if (status != GA_OK)
        return status;
    if (block.pictures != NULL)
        memcpy(block.pictures, s->pictures,
               (size_t)n * ga_dims_count(s->picture) * sizeof *s->pictures);
    if (block.maps == NULL)
        return GA_OK;
    if (s->spec.segmenter == NULL)
        return own_maps(s, picked, n, block.maps, err);
    if (s->inside != NULL)
        return look_inside(s, n, block.maps, err);
    const ga_seg_pictures seen = {s->pictures, n, s->picture, s->lo, s->hi};
    return ga_segmenter_maps(s->spec.segmenter, seen, s->spec.side, s->spec.side, block.maps, err);
}
