/* parts_pixels.c - painted pixels: the activations that they have, and what they are. */
#include "base/alloc.h"
#include "base/text.h"
#include "ganatomy/data.h"
#include "train/parts_inner.h"
#include <math.h>

void ga_parts_job_free(ga_parts_job *j)
{
    ga_mem_free(j->first);
    ga_mem_free(j->size);
    ga_mem_free(j->channel);
    ga_mem_free(j->x);
    ga_mem_free(j->label);
    ga_mem_free(j->picture);
}

/* ---- what is asked ----------------------------------------------------------------------------*/

static ga_status find_layers(ga_parts_job *j, ga_err *err)
{
    const ga_graph *g = ga_model_graph(j->generator);
    const ga_parts_options *o = j->options;
    if (o->n_layers < 1 || o->n_layers > GA_PARTS_LAYERS)
        return ga_fail(err, GA_EINVAL, "%d layers to learn from: expected 1 to %d", o->n_layers,
                       GA_PARTS_LAYERS);
    for (int i = 0; i < o->n_layers; i++) {
        int tap;
        const ga_status status = ga_graph_need(g, o->layers[i], &tap, err);
        if (status != GA_OK)
            return status;
        if (tap < ga_graph_n_inputs(g))
            return ga_fail(err, GA_EINVAL, "'%s' is what the generator reads, not a layer of it",
                           o->layers[i]);
        j->name[i] = ga_graph_tap_name(g, tap);
        j->tap[i] = ga_graph_tap_dims(g, tap);
        j->units += j->tap[i].c;
        for (int k = 0; k < i; k++)
            if (j->name[k] == j->name[i])
                return ga_fail(err, GA_EINVAL, "layer '%s' is named twice", o->layers[i]);
    }
    j->made = ga_graph_output_dims(g);
    return GA_OK;
}

static ga_status check(const ga_parts_job *j, ga_err *err)
{
    const ga_arch *a = ga_model_arch(j->generator);
    const ga_parts_options *o = j->options;
    if (ga_arch_law(a) == GA_LAW_NONE || ga_arch_output_kind(a) != GA_OUTPUT_IMAGE)
        return ga_fail(err, GA_EINVAL, "'%s' makes no pictures: a generator is needed",
                       ga_arch_name(a));
    if (o->bn != GA_BN_RUNNING && o->bn != GA_BN_IMAGE)
        return ga_fail(err, GA_EINVAL,
                       "statistics of a batch: activations would depend on the "
                       "other pictures (running and image statistics can be had)");
    if (o->hidden < 0 || o->hidden > 4096 || o->steps < 1 || !(o->lr > 0))
        return ga_fail(
            err, GA_EINVAL,
            "%d hidden units, %d steps, learning rate %g: expected 0 to 4096, 1 or more, "
            "above 0",
            o->hidden, o->steps, o->lr);
    if ((ga_arch_classes(a) > 0) != (j->painted->labels != NULL))
        return ga_fail(err, GA_EINVAL, "'%s' draws %s classes: their numbers are %s",
                       ga_arch_name(a), ga_arch_classes(a) > 0 ? "" : "no",
                       ga_arch_classes(a) > 0 ? "missing" : "too many");
    return GA_OK;
}

/* ---- painted pixels ---------------------------------------------------------------------------*/

static ga_status lay_out(ga_parts_job *j, ga_err *err)
{
    const ga_vocabulary *v = j->painted->vocabulary;
    j->planes = ga_vocabulary_categories(v);
    j->first = ga_mem_new((size_t)j->planes, sizeof *j->first);
    j->size = ga_mem_new((size_t)j->planes, sizeof *j->size);
    j->channel = ga_mem_new((size_t)ga_vocabulary_n(v), sizeof *j->channel);
    if (j->first == NULL || j->size == NULL || j->channel == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a vocabulary");
    j->channels = ga_vocabulary_layout(v, j->first, j->size, NULL, j->channel);
    return GA_OK;
}

/* Label of a pixel of a picture in a plane. */
static uint16_t label_at(const ga_parts_job *j, int picture, int plane, size_t pixel)
{
    const size_t pixels = (size_t)j->made.h * (size_t)j->made.w;
    const size_t map = (size_t)picture * (size_t)j->planes + (size_t)plane;
    return j->painted->maps[map * pixels + pixel];
}

static bool is_painted(const ga_parts_job *j, int picture, size_t pixel)
{
    for (int d = 0; d < j->planes; d++)
        if (label_at(j, picture, d, pixel) != GA_UNPAINTED)
            return true;
    return false;
}

static uint16_t sample_label(const ga_parts_job *j, size_t sample, int plane)
{
    return j->label[sample * (size_t)j->planes + (size_t)plane];
}

/* GA_EINVAL: a label that is not of its plane. */
static ga_status check_planes(const ga_parts_job *j, ga_err *err)
{
    const ga_vocabulary *v = j->painted->vocabulary;
    for (size_t i = 0; i < j->n; i++)
        for (int d = 0; d < j->planes; d++) {
            const uint16_t is = sample_label(j, i, d);
            if (is != GA_UNPAINTED && is != 0 &&
                (is >= ga_vocabulary_n(v) || ga_vocabulary_at(v, is).category != d))
                return ga_fail(err, GA_EINVAL,
                               "picture %d has label %d in plane %d, which is not of its category",
                               j->picture[i], is, d);
        }
    return GA_OK;
}

/* GA_EINVAL unless two labels of some plane (or one and none) are painted: with less there is
 * nothing to tell apart. */
static ga_status check_labels(const ga_parts_job *j, ga_err *err)
{
    uint16_t seen = GA_UNPAINTED;
    for (int d = 0; d < j->planes; d++) {
        uint16_t first = GA_UNPAINTED;
        for (size_t i = 0; i < j->n; i++) {
            const uint16_t is = sample_label(j, i, d);
            if (first == GA_UNPAINTED)
                first = is;
            if (is != GA_UNPAINTED && is != first)
                return GA_OK;
        }
        seen = first != GA_UNPAINTED ? first : seen;
    }
    if (seen == GA_UNPAINTED)
        return ga_fail(err, GA_EINVAL, "nothing is painted: no pixel says what it is");
    return ga_fail(
        err, GA_EINVAL,
        "all that is painted is '%s': there is nothing to tell it apart from (paint also "
        "what is something else)",
        ga_vocabulary_at(j->painted->vocabulary, seen).name);
}

static ga_status make_room(ga_parts_job *j, ga_err *err)
{
    const size_t pixels = (size_t)j->made.h * (size_t)j->made.w;
    char needs[16], has[16];
    for (int i = 0; i < j->painted->n; i++)
        for (size_t k = 0; k < pixels; k++)
            j->n += is_painted(j, i, k);
    const uint64_t bytes = (uint64_t)j->n * (uint64_t)j->units * sizeof *j->x;
    if (j->options->memory_limit > 0 && bytes > j->options->memory_limit)
        return ga_fail(
            err, GA_ENOMEM,
            "%zu painted pixels of %d units are %s, the limit is %s: paint less, or name "
            "fewer layers",
            j->n, j->units, ga_format_bytes(bytes, needs, sizeof needs),
            ga_format_bytes(j->options->memory_limit, has, sizeof has));
    j->x = ga_mem_new(j->n > 0 ? j->n : 1, (size_t)j->units * sizeof *j->x);
    j->label = ga_mem_new(j->n > 0 ? j->n : 1, (size_t)j->planes * sizeof *j->label);
    j->picture = ga_mem_new(j->n > 0 ? j->n : 1, sizeof *j->picture);
    if (j->x == NULL || j->label == NULL || j->picture == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %zu painted pixels of %d units", j->n,
                       j->units);
    for (int i = 0, at = 0; i < j->painted->n; i++)
        for (size_t k = 0; k < pixels; k++) {
            if (!is_painted(j, i, k))
                continue;
            for (int d = 0; d < j->planes; d++)
                j->label[(size_t)at * (size_t)j->planes + (size_t)d] = label_at(j, i, d, k);
            j->picture[at++] = i;
        }
    const ga_status status = check_planes(j, err);
    return status == GA_OK ? check_labels(j, err) : status;
}

static ga_status run_generator(const ga_parts_job *j, ga_plan *plan, int picture, ga_err *err)
{
    const ga_arch *a = ga_model_arch(j->generator);
    const ga_graph *g = ga_model_graph(j->generator);
    const ga_dims in = ga_arch_input(a);
    const int label = ga_arch_label_input(a);
    const float *z = j->painted->z + (size_t)picture * ga_dims_count(in);
    ga_status status = ga_plan_write(plan, ga_graph_tap_name(g, 0),
                                     (ga_view){z, 1, in.c, in.h, in.w}, err);
    if (status == GA_OK && label >= 0) {
        const float class = (float)j->painted->labels[picture];
        status = ga_plan_write(plan, ga_graph_tap_name(g, label), (ga_view){&class, 1, 1, 1, 1},
                               err);
    }
    return status == GA_OK ? ga_plan_forward(plan, NULL, err) : status;
}

/* A picture's painted pixels, from sample `from` on: all units of all layers where they lie. */
static ga_status gather(ga_parts_job *j, ga_plan *plan, int picture, size_t from, float *map,
                        float *resized, ga_err *err)
{
    const size_t pixels = (size_t)j->made.h * (size_t)j->made.w;
    int unit = 0;
    for (int l = 0; l < j->options->n_layers; l++) {
        const ga_dims d = j->tap[l];
        const ga_status status = ga_plan_read(plan, j->name[l], map, err);
        if (status != GA_OK)
            return status;
        for (int u = 0; u < d.c; u++, unit++) {
            size_t at = from;
            ga_resize_bilinear(map + (size_t)u * (size_t)d.h * (size_t)d.w, 1, d.h, d.w, resized,
                               j->made.h, j->made.w);
            for (size_t k = 0; k < pixels; k++) {
                if (!is_painted(j, picture, k))
                    continue;
                if (!isfinite(resized[k]))
                    return ga_fail(err, GA_EDATA,
                                   "unit %d of layer '%s' of painted picture %d is no number", u,
                                   j->name[l], picture);
                j->x[at++ * (size_t)j->units + (size_t)unit] = resized[k];
            }
        }
    }
    return GA_OK;
}

static ga_status gather_all(ga_parts_job *j, ga_err *err)
{
    ga_plan *plan = NULL;
    size_t largest = 1, at = 0;
    for (int l = 0; l < j->options->n_layers; l++)
        largest = ga_dims_count(j->tap[l]) > largest ? ga_dims_count(j->tap[l]) : largest;
    const ga_plan_options o = {.batch = 1,
                               .bn = j->options->bn,
                               .keep = j->name,
                               .n_keep = j->options->n_layers,
                               .threads = j->options->threads};
    float *map = ga_mem_new(largest, sizeof *map);
    float *resized = ga_mem_new((size_t)j->made.h * (size_t)j->made.w, sizeof *resized);
    ga_status status = map == NULL || resized == NULL
                           ? ga_fail(err, GA_ENOMEM, "no memory for a picture's activations")
                           : ga_plan_create(ga_model_graph(j->generator),
                                            ga_model_params(j->generator), &o, &plan, err);
    for (int i = 0; i < j->painted->n && status == GA_OK; i++) {
        status = run_generator(j, plan, i, err);
        if (status == GA_OK)
            status = gather(j, plan, i, at, map, resized, err);
        while (at < j->n && j->picture[at] == i)
            at++;
    }
    ga_plan_free(plan);
    ga_mem_free(map);
    ga_mem_free(resized);
    return status;
}

ga_status ga_parts_gather(ga_parts_job *j, ga_err *err)
{
    ga_status status = check(j, err);
    if (status == GA_OK)
        status = find_layers(j, err);
    if (status == GA_OK)
        status = lay_out(j, err);
    if (status == GA_OK)
        status = make_room(j, err);
    return status == GA_OK ? gather_all(j, err) : status;
}
