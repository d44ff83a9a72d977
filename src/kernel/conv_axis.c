/* conv_axis.c - which tap of which input an output reads, along one dimension. */
#include "base/alloc.h"
#include "kernel/conv_plan.h"
#include <string.h>

/* Fills source for one output; returns how many taps it has. */
static int find_sources(ga_axis *a, bool gather, int o, int stride, int pad, int dilation)
{
    int *source = a->source + (size_t)o * (size_t)a->k, n = 0;
    int64_t low = a->n_in;
    for (int k = 0; k < a->k; k++) {
        int64_t i = gather ? (int64_t)o * stride - pad + (int64_t)k * dilation
                           : (int64_t)o + pad - (int64_t)k * dilation;
        bool valid = i >= 0;
        if (valid && !gather) {
            valid = i % stride == 0;
            i /= stride;
        }
        valid = valid && i < a->n_in;
        source[k] = valid ? (int)i : -1;
        if (valid) {
            low = i < low ? i : low;
            n++;
        }
    }
    a->lowest[o] = n > 0 ? (int)low : 0;
    return n;
}

/* Same taps, at the same places relative to the lowest. */
static bool in_class(const ga_axis *a, int o, int n, int c)
{
    const int *source = a->source + (size_t)o * (size_t)a->k;
    const int *tap = a->tap + (size_t)c * (size_t)a->k;
    const int *delta = a->delta + (size_t)c * (size_t)a->k;
    if (a->n_taps[c] != n)
        return false;
    for (int i = 0; i < n; i++)
        if (source[tap[i]] < 0 || source[tap[i]] - a->lowest[o] != delta[i])
            return false;
    return true;
}

static void open_class(ga_axis *a, int o, int n)
{
    const int *source = a->source + (size_t)o * (size_t)a->k;
    int *tap = a->tap + (size_t)a->n_classes * (size_t)a->k;
    int *delta = a->delta + (size_t)a->n_classes * (size_t)a->k;
    a->n_taps[a->n_classes++] = n;
    for (int k = 0, i = 0; k < a->k; k++)
        if (source[k] >= 0) {
            tap[i] = k;
            delta[i++] = source[k] - a->lowest[o];
        }
}

bool ga_axis_make(ga_axis *a, bool gather, int n_in, int n_out, int k, int stride, int pad,
                  int dilation)
{
    const size_t outs = (size_t)n_out, wide = outs * (size_t)k;
    *a = (ga_axis){.n_in = n_in, .n_out = n_out, .k = k};
    a->memory = ga_mem_new(3 * wide + 5 * outs + 1, sizeof *a->memory);
    if (a->memory == NULL)
        return false;
    a->source = a->memory;
    a->tap = a->source + wide;
    a->delta = a->tap + wide;
    a->order = a->delta + wide;
    a->lowest = a->order + outs;
    a->n_taps = a->lowest + outs;
    a->class_of = a->n_taps + outs;
    a->first = a->class_of + outs;

    for (int o = 0; o < n_out; o++) {
        const int n = find_sources(a, gather, o, stride, pad, dilation);
        int c = 0;
        while (c < a->n_classes && !in_class(a, o, n, c))
            c++;
        if (c == a->n_classes)
            open_class(a, o, n);
        a->class_of[o] = c;
    }
    int at = 0;
    for (int c = 0; c < a->n_classes; c++) {
        a->first[c] = at;
        for (int o = 0; o < n_out; o++)
            if (a->class_of[o] == c)
                a->order[at++] = o;
    }
    a->first[a->n_classes] = at;
    return true;
}

void ga_axis_end(ga_axis *a)
{
    ga_mem_free(a->memory);
    *a = (ga_axis){0};
}

uint64_t ga_axis_pairs(const ga_axis *a)
{
    uint64_t n = 0;
    for (int c = 0; c < a->n_classes; c++)
        n += (uint64_t)(a->first[c + 1] - a->first[c]) * (uint64_t)a->n_taps[c];
    return n;
}
