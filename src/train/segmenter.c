/* segmenter.c - from pictures to what their pixels are. */
#include "base/alloc.h"
#include "train/train_inner.h"
#include <math.h>
#include <string.h>

enum { LOSS, ACCURACY, GRAD, UPDATE };
static const char *const curves[] = {"loss", "accuracy", "grad", "update", NULL};
static const char *const measures[] = {"train/loss",    "train/accuracy", "train/iou", "test/loss",
                                       "test/accuracy", "test/iou",       NULL};

static size_t pixels_of(const ga_train *t)
{
    return (size_t)t->real.h * (size_t)t->real.w;
}

/* Labels that the maps of n pictures have. */
static double labels_of(const ga_train *t, int n)
{
    return (double)n * (double)t->planes * (double)pixels_of(t);
}

/* Left becomes right in every other picture, labels and all. */
static void flip(ga_train *t, uint64_t index)
{
    const size_t rows = (size_t)t->real.h, columns = (size_t)t->real.w;
    ga_rng rng = ga_draw(t, GA_DRAW_AUGMENT, index);
    for (int i = 0; i < t->options.batch; i++) {
        if (ga_rng_uniform(&rng) >= t->options.augment_p / 2)
            continue;
        float *picture = t->pictures + (size_t)i * ga_dims_count(t->real);
        uint16_t *map = t->maps + (size_t)i * (size_t)t->planes * pixels_of(t);
        for (size_t r = 0; r < (size_t)t->real.c * rows; r++)
            for (size_t x = 0; x < columns / 2; x++) {
                const float keep = picture[r * columns + x];
                picture[r * columns + x] = picture[r * columns + columns - 1 - x];
                picture[r * columns + columns - 1 - x] = keep;
            }
        for (size_t r = 0; r < (size_t)t->planes * rows; r++)
            for (size_t x = 0; x < columns / 2; x++) {
                const uint16_t keep = map[r * columns + x];
                map[r * columns + x] = map[r * columns + columns - 1 - x];
                map[r * columns + columns - 1 - x] = keep;
            }
    }
}

static ga_status step(ga_train *t, double *values, ga_err *err)
{
    ga_learner *c = &t->learner[0];
    const int n = t->options.batch;
    uint64_t right;
    const ga_pass pass = {.plan = c->plan,
                          .model = c->model,
                          .in = t->pictures,
                          .n = n,
                          .dropout = t->done,
                          .out = t->output};
    ga_status status = ga_train_fill(t, t->done, err);
    if (status == GA_OK)
        status = ga_dataset_fill_maps(t->from, t->picked, n, t->maps, err);
    if (status == GA_OK && t->options.augment.magnitude[GA_AUGMENT_FLIP] > 0)
        flip(t, t->done);
    if (status == GA_OK)
        status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    values[LOSS] = ga_loss_labels(t->output, t->maps, t->layout, n, pixels_of(t), t->diff, &right);
    values[ACCURACY] = (double)right / labels_of(t, n);
    if (!isfinite(values[LOSS]))
        return ga_train_not_finite(t, "segmenter", values[LOSS], err);
    status = ga_plan_backward(c->plan, t->diff, c->grads, false, NULL, err);
    if (status == GA_OK)
        status = ga_train_update(t, 0, &values[GRAD], &values[UPDATE], err);
    if (status == GA_OK)
        ga_train_average(t);
    return status;
}

/* ---- measuring --------------------------------------------------------------------------------*/

/* What was counted of one split: pixels that were said and that are of every label, and both. */
typedef struct counts {
    int labels;
    uint64_t *both, *said, *is; /* (L) */
    uint16_t *label_of;         /* (C) */
} counts;

static void count_plane(const ga_train *t, const float *logits, const uint16_t *map, int plane,
                        counts *k)
{
    const size_t p = pixels_of(t);
    const int first = t->first[plane], end = first + t->size[plane];
    for (size_t i = 0; i < p; i++) {
        int best = first;
        for (int c = first + 1; c < end; c++)
            if (logits[(size_t)c * p + i] > logits[(size_t)best * p + i])
                best = c;
        const uint16_t said = k->label_of[best];
        k->said[said]++;
        k->is[map[i]]++;
        k->both[said] += said == map[i];
    }
}

static ga_status look(ga_train *t, int n, double *sums, ga_err *err)
{
    const size_t p = pixels_of(t), picture = (size_t)t->layout.channels * p;
    const ga_pass pass = {.plan = t->learner[0].look,
                          .model = t->learner[0].model,
                          .in = t->pictures,
                          .n = n,
                          .out = t->output};
    uint64_t right;
    ga_status status = ga_dataset_fill_maps(t->from, t->picked, n, t->maps, err);
    if (status == GA_OK)
        status = ga_train_pass(t, &pass, err);
    if (status != GA_OK)
        return status;
    sums[0] += ga_loss_labels(t->output, t->maps, t->layout, n, p, t->diff, &right) * n;
    sums[1] += (double)right / labels_of(t, 1);
    counts *k = t->counts;
    for (int i = 0; i < n; i++)
        for (int d = 0; d < t->planes; d++)
            count_plane(t, t->output + (size_t)i * picture,
                        t->maps + ((size_t)i * (size_t)t->planes + (size_t)d) * p, d, k);
    return GA_OK;
}

static ga_status measure_split(ga_train *t, const ga_dataset *data, int n, counts *k,
                               double *values, ga_err *err)
{
    memset(k->both, 0, 3 * (size_t)k->labels * sizeof *k->both);
    t->counts = k;
    const ga_status status = ga_train_each(t, data, n, look, values, 2, err);
    t->counts = NULL;
    values[2] = ga_labels_mean_iou(k->both, k->said, k->is, k->labels);
    return status;
}

static ga_status measure(ga_train *t, int n, double *values, ga_err *err)
{
    const ga_vocabulary *v = ga_dataset_vocabulary(t->data);
    const int labels = ga_vocabulary_n(v);
    uint64_t *room = ga_mem_new(3 * (size_t)labels, sizeof *room);
    uint16_t *label_of = ga_mem_new((size_t)t->layout.channels, sizeof *label_of);
    ga_status status = room != NULL && label_of != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory to count %d labels", labels);
    if (status == GA_OK) {
        counts k = {labels, room, room + labels, room + 2 * labels, label_of};
        ga_vocabulary_layout(v, NULL, NULL, label_of, NULL);
        status = measure_split(t, t->data, n, &k, values, err);
        if (status == GA_OK && t->test != NULL)
            status = measure_split(t, t->test, n, &k, values + 3, err);
    }
    ga_mem_free(label_of);
    ga_mem_free(room);
    return status;
}

/* ---- making one -------------------------------------------------------------------------------*/

static ga_status check_fit(const ga_arch *arch, const ga_dataset *data, ga_err *err)
{
    const ga_vocabulary *v = ga_dataset_vocabulary(data);
    const ga_dims out = ga_graph_output_dims(ga_arch_graph(arch)), is = ga_dataset_dims(data),
                  in = ga_arch_input(arch);
    if (v == NULL)
        return ga_fail(err, GA_EINVAL,
                       "data set '%s' has no label maps, so that nothing says what its pixels are "
                       "('scenes' has)",
                       ga_dataset_name(data));
    const int channels = ga_vocabulary_layout(v, NULL, NULL, NULL, NULL);
    if (ga_arch_law(arch) != GA_LAW_NONE || ga_arch_output_kind(arch) != GA_OUTPUT_LABELS)
        return ga_fail(err, GA_ESHAPE, "'%s' makes no labels of pixels: a segmenter is needed",
                       ga_arch_name(arch));
    if (out.c != channels || out.h != is.h || out.w != is.w || in.h != is.h || in.w != is.w)
        return ga_fail(
            err, GA_ESHAPE,
            "'%s' makes %d logits for %dx%d pixels of %dx%d, but the labels of '%s' need "
            "%d for %dx%d",
            ga_arch_name(arch), out.c, out.h, out.w, in.h, in.w, ga_dataset_name(data), channels,
            is.h, is.w);
    return ga_train_check_channels(data, in.c, arch, err);
}

static ga_status check_changes(const ga_train_options *o, ga_err *err)
{
    for (int k = 0; k < GA_AUGMENT_KINDS; k++)
        if (k != GA_AUGMENT_FLIP && o->augment.magnitude[k] > 0)
            return ga_fail(err, GA_EINVAL,
                           "augmentation '%s' would leave the labels where they are: a segmenter "
                           "takes flip alone",
                           ga_augment_name((ga_augment_kind)k));
    if (o->shift > 0)
        return ga_fail(err, GA_EINVAL, "shift is %d: a segmenter takes none", o->shift);
    return GA_OK;
}

ga_status ga_train_segmenter(const ga_arch *arch, const ga_dataset *data, const ga_dataset *test,
                             const ga_train_options *options, ga_train **out, ga_err *err)
{
    static const ga_train_trade trade = {.name = "segmenter",
                                         .measures = measures,
                                         .n_test_measures = 3,
                                         .step = step,
                                         .measure = measure};
    *out = NULL;
    ga_status status = check_fit(arch, data, err);
    if (status == GA_OK)
        status = check_changes(options, err);
    if (status != GA_OK)
        return status;
    const ga_train_parts parts = {
        .trade = &trade,
        .arch = {arch},
        .name = {"segmenter"},
        .data = data,
        .test = test,
        .options = options,
        .picture = ga_arch_input(arch),
        .range = arch,
        .outputs = (int)ga_dims_count(ga_graph_output_dims(ga_arch_graph(arch))),
        .vocabulary = ga_dataset_vocabulary(data),
        .least_batch = 1,
        .curves = curves};
    return ga_train_make(&parts, out, err);
}
