/* search.c - greedy search for the units that change a picture most, least, or toward a donor.
 *
 * Every step scores every unit that is not yet taken, so k steps on U units render k (U - k/2)
 * pictures. Two things make that cheap. The tap is usually read by one convolution, which is
 * linear: replacing unit u adds the same delta(u) to its output whatever else was replaced, so the
 * deltas are made once and a candidate costs an addition in place of a convolution. And candidates
 * are independent: each thread renders small blocks of them, that stay in its cache, with a
 * single-threaded plan of its own. Where no convolution follows, candidates start at the tap.
 *
 * Letters: U units at the tap; F pixels and C channels at the place where candidates start. */
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/text.h"
#include "edit/lab.h"
#include "kernel/conv.h"
#include "kernel/vec.h"
#include "net/raw.h"
#include <omp.h>
#include <string.h>

enum { MOST_BLOCK = 16, MAX_WORKERS = 64 };

typedef struct search {
    ga_lab *lab;
    const ga_vec *vec;
    int n_workers;
    int block; /* candidates that a worker renders at a time */
    ga_plan *tail[MAX_WORKERS]; /* one a thread, from `start` to the picture, IMAGE for BATCH */
    ga_dims start_dims;
    bool linear; /* candidates start behind the convolution that reads the tap */
    /* HWC, N = 1: of the start tap */
    double *base;       /* (F,C) with everything taken so far; double, so that adding does not drift */
    float *base_single; /* the same, rounded, as the candidates read it */
    float *changes;     /* linear: delta (U,F,C); else: the new maps (U,F) */
    float *reference;   /* HWC: the picture that scores are measured against */
    bool *taken;        /* (U) */
    double *scores;     /* (U) */
} search;

static void to_hwc(const float *chw, ga_dims d, float *hwc)
{
    const size_t hw = (size_t)d.h * (size_t)d.w, c_count = (size_t)d.c;
    for (size_t c = 0; c < c_count; c++)
        for (size_t p = 0; p < hw; p++)
            hwc[p * c_count + c] = chw[c * hw + p];
}

/* ---- the linear layer behind the tap -----------------------------------------------------------*/

/* The one layer that reads the tap if it is an ungrouped convolution, else -1. */
static int linear_reader(const ga_graph *g, int tap)
{
    int reader = -1;
    for (int t = tap + 1; t < ga_graph_n_taps(g); t++)
        for (int i = 0; i < ga_graph_tap_n_inputs(g, t); i++)
            if (ga_graph_tap_input(g, t, i) == tap) {
                if (reader >= 0)
                    return -1;
                reader = t;
            }
    if (reader < 0 || reader == ga_graph_output(g))
        return -1;
    const char *type = ga_graph_tap_type(g, reader);
    double groups[4];
    if (strcmp(type, "Conv2d") != 0 && strcmp(type, "ConvTranspose2d") != 0)
        return -1;
    return ga_graph_attr(g, reader, "groups", groups) > 0 && groups[0] != 1 ? -1 : reader;
}

/* A layer's option of one or two whole numbers, rows first. */
static void pair(const ga_graph *g, int layer, const char *key, int *rows, int *columns)
{
    double v[4];
    const int n = ga_graph_attr(g, layer, key, v);
    if (n > 0) {
        *rows = (int)v[0];
        *columns = (int)v[n > 1 ? 1 : 0];
    }
}

static ga_conv_shape one_unit_shape(const ga_graph *g, int layer)
{
    const ga_dims in = ga_graph_tap_dims(g, ga_graph_tap_input(g, layer, 0)),
                  out = ga_graph_tap_dims(g, layer);
    ga_conv_shape s = {.transposed = strcmp(ga_graph_tap_type(g, layer), "ConvTranspose2d") == 0,
                       .groups = 1, .ic = 1, .oc = out.c, .ih = in.h, .iw = in.w, .oh = out.h,
                       .ow = out.w, .kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1};
    pair(g, layer, "kernel_size", &s.kh, &s.kw);
    pair(g, layer, "stride", &s.sh, &s.sw);
    pair(g, layer, "padding", &s.ph, &s.pw);
    pair(g, layer, "dilation", &s.dh, &s.dw);
    return s;
}

/* The weights that unit u meets, as those of a layer with one input channel: (OC,KH,KW). */
static void one_unit_weights(const float *weights, const ga_conv_shape *s, int n_units, int u,
                             float *out)
{
    const size_t taps = (size_t)s->kh * (size_t)s->kw, oc_count = (size_t)s->oc;
    for (size_t oc = 0; oc < oc_count; oc++) {
        const size_t at = s->transposed ? (size_t)u * oc_count + oc
                                        : oc * (size_t)n_units + (size_t)u;
        memcpy(out + oc * taps, weights + at * taps, taps * sizeof *out);
    }
}

/* delta(u) = layer(new map of u - old map of u, all other units 0), without bias; HWC. */
static ga_status make_deltas(search *s, int layer, ga_operation operation, const float *source,
                             const float *donor, ga_err *err)
{
    const ga_graph *g = ga_model_graph(s->lab->model);
    const ga_conv_shape shape = one_unit_shape(g, layer);
    const int n_units = s->lab->tap_dims.c;
    const size_t hw = (size_t)s->lab->tap_dims.h * (size_t)s->lab->tap_dims.w,
                 size = ga_dims_count(s->start_dims);
    const float *weights = NULL;
    for (int i = 0; i < ga_graph_n_params(g); i++)
        if (ga_graph_param(g, i)->tap == layer && ga_graph_param(g, i)->rank == 4)
            weights = ga_params_weights(ga_model_params(s->lab->model), NULL) +
                      ga_graph_param(g, i)->offset;
    ga_conv *conv = NULL;
    ga_status status =
        ga_conv_create(&shape, 1, false, GA_CONV_EXACT, ga_cpu_isa(), s->n_workers, &conv, err);
    if (status != GA_OK)
        return status;
    const ga_conv_info info = ga_conv_describe(conv);
    float *slice = ga_mem_new((size_t)shape.oc * (size_t)shape.kh * (size_t)shape.kw, sizeof *slice),
          *change = ga_mem_new(hw, sizeof *change);
    void *packed = ga_mem_new(info.packed_bytes, 1), *scratch = ga_mem_new(info.scratch_bytes, 1);
    if (slice == NULL || change == NULL || packed == NULL || scratch == NULL) {
        status = ga_fail(err, GA_ENOMEM, "no memory for the deltas of %d units", n_units);
    } else {
        for (int u = 0; u < n_units; u++) {
            ga_lab_new_map(s->lab, operation, source, donor, u, change);
            for (size_t p = 0; p < hw; p++)
                change[p] -= source[(size_t)u * hw + p];
            one_unit_weights(weights, &shape, n_units, u, slice);
            ga_conv_pack(conv, slice, packed);
            ga_conv_forward(conv, 1, change, packed, NULL, s->changes + (size_t)u * size, scratch);
        }
    }
    ga_mem_free(slice);
    ga_mem_free(change);
    ga_mem_free(packed);
    ga_mem_free(scratch);
    ga_conv_free(conv);
    return status;
}

/* ---- setting up --------------------------------------------------------------------------------*/

static ga_bn_mode alone(ga_bn_mode bn)
{
    return bn == GA_BN_BATCH ? GA_BN_IMAGE : bn; /* each candidate is a batch of one */
}

/* A plan for batch images between two taps with the lab's settings and one thread. */
static ga_status one_thread_plan(const ga_lab *lab, const char *from, const char *to, int batch,
                                 size_t memory_limit, ga_plan **out, ga_err *err)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = batch;
    o.bn = alone(lab->options.bn);
    o.from = from;
    o.to = to;
    o.threads = 1;
    o.memory_limit = memory_limit;
    return ga_plan_create(ga_model_graph(lab->model), ga_model_params(lab->model), &o, out, err);
}

/* What one image's activation at the tap (CHW) becomes at another place, HWC. */
static ga_status carry(const ga_lab *lab, const char *to, const float *activation, float *hwc,
                       ga_err *err)
{
    const ga_dims d = lab->tap_dims;
    const ga_graph *g = ga_model_graph(lab->model);
    const ga_dims end = ga_graph_tap_dims(g,
                                          to == NULL ? ga_graph_output(g) : ga_graph_find(g, to));
    ga_plan *plan;
    ga_status s = one_thread_plan(lab, lab->tap, to, 1, lab->memory_left, &plan, err);
    if (s != GA_OK)
        return s;
    s = ga_plan_write(plan, lab->tap, (ga_view){activation, 1, d.c, d.h, d.w}, err);
    if (s == GA_OK)
        s = ga_plan_forward(plan, NULL, err);
    if (s == GA_OK)
        memcpy(hwc, ga_plan_raw_output(plan), ga_dims_count(end) * sizeof *hwc);
    ga_plan_free(plan);
    return s;
}

static void search_end(search *s)
{
    for (int i = 0; i < s->n_workers; i++)
        ga_plan_free(s->tail[i]);
    ga_mem_free(s->base);
    ga_mem_free(s->base_single);
    ga_mem_free(s->changes);
    ga_mem_free(s->reference);
    ga_mem_free(s->taken);
    ga_mem_free(s->scores);
}

/* As many candidates as a vector has lanes, which the last layer's sums fill: 8 activations of
 * 64x14x14 are 400 KB, 16 are 800, about one core's cache where vectors are that long. */
static int block_of(ga_isa isa)
{
    return isa >= GA_ISA_AVX512 ? MOST_BLOCK : MOST_BLOCK / 2;
}

static ga_status search_start(search *s, ga_search_goal goal, ga_operation operation,
                              const float *source, const float *donor, ga_err *err)
{
    const ga_lab *lab = s->lab;
    const ga_graph *g = ga_model_graph(lab->model);
    const int n_units = lab->tap_dims.c, layer = linear_reader(g, ga_graph_find(g, lab->tap));
    s->linear = layer >= 0;
    const char *start = s->linear ? ga_graph_tap_name(g, layer) : lab->tap;
    s->start_dims = s->linear ? ga_graph_tap_dims(g, layer) : lab->tap_dims;
    const size_t size = ga_dims_count(s->start_dims),
                 change = s->linear ? size : (size_t)lab->tap_dims.h * (size_t)lab->tap_dims.w;

    s->base = ga_mem_new(size, sizeof *s->base);
    s->base_single = ga_mem_new(size, sizeof *s->base_single);
    s->changes = ga_mem_new((size_t)n_units * change, sizeof *s->changes);
    s->reference = ga_mem_new(ga_dims_count(lab->output_dims), sizeof *s->reference);
    s->taken = ga_mem_new((size_t)n_units, sizeof *s->taken);
    s->scores = ga_mem_new((size_t)n_units, sizeof *s->scores);
    if (s->base == NULL || s->base_single == NULL || s->changes == NULL || s->reference == NULL ||
        s->taken == NULL || s->scores == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to search the %d units of '%s'", n_units,
                       lab->tap);

    ga_status status = GA_OK;
    const size_t held = (size_t)n_units * change * sizeof *s->changes;
    size_t left = ga_lab_less(lab->memory_left, held);
    for (int i = 0; i < s->n_workers && status == GA_OK; i++) {
        status = one_thread_plan(lab, start, NULL, s->block, left, &s->tail[i], err);
        if (status == GA_OK)
            left = ga_lab_less(left, ga_plan_cost_of(s->tail[i]).total_bytes);
        else if (status == GA_ENOMEM && i > 0) { /* fewer workers will do */
            s->n_workers = i;
            status = GA_OK;
        }
    }
    if (status == GA_ENOMEM && lab->memory_left > 0) {
        char words[16];
        ga_fail_in(err, status, "the search keeps %s for the %d units of '%s', and beside them",
                   ga_format_bytes(held, words, sizeof words), n_units, lab->tap);
    }
    if (status == GA_OK)
        status = carry(lab, NULL, goal == GA_SEARCH_TOWARD ? donor : source, s->reference, err);
    if (status == GA_OK && s->linear) {
        status = carry(lab, start, source, s->base_single, err);
        if (status == GA_OK)
            status = make_deltas(s, layer, operation, source, donor, err);
    } else if (status == GA_OK) {
        to_hwc(source, lab->tap_dims, s->base_single);
        for (int u = 0; u < n_units; u++)
            ga_lab_new_map(lab, operation, source, donor, u, s->changes + (size_t)u * change);
    }
    for (size_t i = 0; status == GA_OK && i < size; i++)
        s->base[i] = (double)s->base_single[i];
    return status;
}

/* ---- one step ----------------------------------------------------------------------------------*/

/* dst HWNC, image i with unit units[i] replaced on top of the base. */
static void fill_block(const search *s, const int *units, int n, float *dst)
{
    const size_t f_count = (size_t)s->start_dims.h * (size_t)s->start_dims.w,
                 c_count = (size_t)s->start_dims.c, n_images = (size_t)n;
    for (size_t f = 0; f < f_count; f++)
        for (size_t i = 0; i < n_images; i++) {
            const float *base = s->base_single + f * c_count;
            float *to = dst + (f * n_images + i) * c_count;
            const size_t u = (size_t)units[i];
            if (s->linear) {
                s->vec->add(base, s->changes + (u * f_count + f) * c_count, to, c_count);
            } else {
                memcpy(to, base, c_count * sizeof *to);
                to[u] = s->changes[u * f_count + f];
            }
        }
}

static void score_block(search *s, const int *units, int n, const float *pictures)
{
    const ga_dims d = s->lab->output_dims;
    const size_t f_count = (size_t)d.h * (size_t)d.w, c_count = (size_t)d.c, n_images = (size_t)n;
    double sums[MOST_BLOCK] = {0};
    for (size_t f = 0; f < f_count; f++)
        for (size_t i = 0; i < n_images; i++)
            for (size_t c = 0; c < c_count; c++) {
                const double x = (double)pictures[(f * n_images + i) * c_count + c] -
                                 (double)s->reference[f * c_count + c];
                sums[i] += x * x;
            }
    for (int i = 0; i < n; i++)
        s->scores[units[i]] = sums[i] / (double)ga_dims_count(d);
}

/* Scores all units[0..n). */
static ga_status score_all(search *s, const int *units, int n, ga_err *err)
{
    const int block = s->block, n_blocks = (n + block - 1) / block;
    ga_status status = GA_OK;
#pragma omp parallel for schedule(dynamic) num_threads(s->n_workers)
    for (int b = 0; b < n_blocks; b++) {
        const int *mine = units + b * block, count = n - b * block < block ? n - b * block : block;
        ga_plan *tail = s->tail[omp_get_thread_num()];
        ga_err words;
        fill_block(s, mine, count, ga_plan_raw_input(tail, count));
        const ga_status here = ga_plan_forward(tail, NULL, &words);
        if (here == GA_OK)
            score_block(s, mine, count, ga_plan_raw_output(tail));
        else {
#pragma omp critical
            {
                status = here;
                ga_fail(err, here, "%s", words.text);
            }
        }
    }
    return status;
}

/* Puts unit u's change into the base for good. */
static void take(search *s, int u)
{
    const size_t f_count = (size_t)s->start_dims.h * (size_t)s->start_dims.w,
                 c_count = (size_t)s->start_dims.c;
    s->taken[u] = true;
    if (!s->linear) {
        for (size_t f = 0; f < f_count; f++)
            s->base_single[f * c_count + (size_t)u] = s->changes[(size_t)u * f_count + f];
        return;
    }
    for (size_t i = 0; i < f_count * c_count; i++) {
        s->base[i] += (double)s->changes[(size_t)u * f_count * c_count + i];
        s->base_single[i] = (float)s->base[i];
    }
}

ga_status ga_lab_search(ga_lab *lab, ga_search_goal goal, ga_operation operation,
                        const float *source, const float *donor, int count, int *units,
                        double *scores, const ga_progress *progress, ga_err *err)
{
    const int n_units = lab->tap_dims.c;
    if (count < 1 || count > n_units)
        return ga_fail(err, GA_EINVAL, "%d units asked for: '%s' has 1 to %d", count, lab->tap,
                       n_units);
    if (donor == NULL && (operation == GA_OP_SWAP || goal == GA_SEARCH_TOWARD))
        return ga_fail(err, GA_EINVAL, "a search that swaps or goes toward a donor needs a donor");
    search s = {.lab = lab,
                .vec = ga_vec_of(ga_cpu_isa()),
                .n_workers = ga_cpu_threads(lab->options.threads),
                .block = block_of(ga_cpu_isa())};
    if (s.n_workers > MAX_WORKERS)
        s.n_workers = MAX_WORKERS;
    int *left = ga_mem_new((size_t)n_units, sizeof *left);
    ga_status status = GA_OK;
    if (left == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory to search the %d units of '%s'", n_units,
                         lab->tap);
    if (status == GA_OK && operation == GA_OP_ZERO_FILTER)
        status = ga_lab_need_filter_values(lab, err);
    if (status == GA_OK)
        status = search_start(&s, goal, operation, source, donor, err);

    for (int step = 0; step < count && status == GA_OK; step++) {
        int n_left = 0, best = -1;
        if (progress != NULL && progress->report != NULL)
            progress->report(progress->user, "units", (uint64_t)step, (uint64_t)count);
        if (progress != NULL && progress->cancelled != NULL && progress->cancelled(progress->user)) {
            status = ga_fail(err, GA_EINTERRUPTED, "the search was stopped after %d units", step);
            break;
        }
        for (int u = 0; u < n_units; u++)
            if (!s.taken[u])
                left[n_left++] = u;
        status = score_all(&s, left, n_left, err);
        if (status != GA_OK)
            break;
        for (int i = 0; i < n_left; i++) {
            const double x = s.scores[left[i]];
            if (best < 0 || (goal == GA_SEARCH_MOST ? x > s.scores[best] : x < s.scores[best]))
                best = left[i];
        }
        take(&s, best);
        units[step] = best;
        scores[step] = s.scores[best];
    }
    search_end(&s);
    ga_mem_free(left);
    return status;
}
