/* study_look.c - what every experiment does: swap maps, render, and let the classifier read. */
#include "app/study.h"
#include "base/alloc.h"
#include <math.h>
#include <string.h>

/* Swaps of one call to the generator. */
enum { BATCH = 64 };

size_t study_picture_size(const study *st)
{
    return ga_dims_count(st->picture);
}

size_t study_map_size(const study *st, int layer)
{
    return ga_dims_count(st->dims[layer]);
}

const float *study_maps(const study *st, int set, int layer, int i)
{
    return st->set[set].maps[layer] + (size_t)i * study_map_size(st, layer);
}

const float *study_picture(const study *st, int set, int i)
{
    return st->set[set].pictures + (size_t)i * study_picture_size(st);
}

void study_swap_maps(const study *st, int layer, const study_swap *swap, float *maps)
{
    const size_t hw = (size_t)st->dims[layer].h * (size_t)st->dims[layer].w;
    memcpy(maps, swap->source, study_map_size(st, layer) * sizeof *maps);
    for (int i = 0; i < swap->count; i++) {
        const size_t at = (size_t)swap->units[i] * hw;
        memcpy(maps + at, swap->donor + at, hw * sizeof *maps);
    }
}

ga_status study_swaps(study *st, int layer, const study_swap *swaps, int n, float *pictures,
                      ga_err *err)
{
    const size_t map_size = study_map_size(st, layer);
    ga_status s = GA_OK;
    float *maps = ga_mem_new(BATCH * map_size, sizeof *maps);
    if (maps == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the maps of %d swaps", BATCH);
    for (int at = 0; at < n && s == GA_OK; at += BATCH) {
        const int count = n - at < BATCH ? n - at : BATCH;
        for (int i = 0; i < count; i++)
            study_swap_maps(st, layer, &swaps[at + i], maps + (size_t)i * map_size);
        s = ga_lab_continue(st->lab[layer], maps, count,
                            pictures + (size_t)at * study_picture_size(st), err);
    }
    ga_mem_free(maps);
    return s;
}

ga_status study_look(study *st, const float *pictures, int n, int of_class, int *labels,
                     double *certainty, ga_err *err)
{
    float *logits = ga_mem_new((size_t)n * N_CLASSES, sizeof *logits);
    if (logits == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for what %d pictures are read as", n);
    const ga_view v = {pictures, n, st->picture.c, st->picture.h, st->picture.w};
    const ga_status s = ga_eye_look(st->eye, v, st->scale.lo, st->scale.hi, NULL, logits, err);
    for (int i = 0; i < n && s == GA_OK; i++) {
        const float *x = logits + (size_t)i * N_CLASSES;
        int best = 0;
        double sum = 0;
        for (int k = 1; k < N_CLASSES; k++)
            if (x[k] > x[best])
                best = k;
        for (int k = 0; k < N_CLASSES; k++)
            sum += exp((double)x[k] - (double)x[best]);
        if (labels != NULL)
            labels[i] = best;
        if (certainty != NULL)
            certainty[i] = exp((double)x[of_class >= 0 ? of_class : best] - (double)x[best]) / sum;
    }
    ga_mem_free(logits);
    return s;
}
