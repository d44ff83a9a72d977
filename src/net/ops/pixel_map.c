#include "net/ops/pixel_map.h"
#include "net/par.h"
#include <string.h>

enum { STRIP = 512 }; /* columns (image, channel) of a piece */

typedef struct map {
    const ga_call *call;
    ga_axis_fn *taps;
    size_t cols;
} map;

/* What output place o of an axis reads: t, tap k. */
static float weight(const ga_node *node, int axis, int o, const ga_axis_taps *t, int k)
{
    if (t->weight != NULL)
        return t->weight(node, axis, o, t->first + k);
    return k == 0 ? t->first_weight : t->next_weight;
}

/* One output pixel, columns begin to end: its sum over taps, or its gradient back to them. */
static void gather(const map *m, int oh, int ow, size_t begin, size_t n)
{
    const ga_call *c = m->call;
    const ga_axis_taps rows = m->taps(c->node, 0, oh), columns = m->taps(c->node, 1, ow);
    float *dst = c->dst + ((size_t)oh * (size_t)c->node->out.w + (size_t)ow) * m->cols + begin;
    bool first = true;
    for (int r = 0; r < rows.count; r++)
        for (int q = 0; q < columns.count; q++) {
            const size_t pixel = (size_t)(rows.first + r) * (size_t)c->node->in[0].w +
                                 (size_t)(columns.first + q);
            const float *src = c->src[0] + pixel * m->cols + begin;
            const float w = weight(c->node, 0, oh, &rows, r) * weight(c->node, 1, ow, &columns, q);
            if (first)
                c->vec->scale(src, dst, n, w, 0);
            else
                c->vec->add_scaled(src, dst, n, w);
            first = false;
        }
    if (first)
        memset(dst, 0, n * sizeof *dst);
}

static void scatter(const map *m, int oh, int ow, size_t begin, size_t n)
{
    const ga_call *c = m->call;
    const ga_axis_taps rows = m->taps(c->node, 0, oh), columns = m->taps(c->node, 1, ow);
    const float *diff = c->diff_dst + ((size_t)oh * (size_t)c->node->out.w + (size_t)ow) * m->cols +
                        begin;
    for (int r = 0; r < rows.count; r++)
        for (int q = 0; q < columns.count; q++) {
            const size_t pixel = (size_t)(rows.first + r) * (size_t)c->node->in[0].w +
                                 (size_t)(columns.first + q);
            c->vec->add_scaled(diff, c->diff_src[0] + pixel * m->cols + begin, n,
                               weight(c->node, 0, oh, &rows, r) *
                                   weight(c->node, 1, ow, &columns, q));
        }
}

static void pixels(const void *user, size_t begin, size_t end)
{
    const map *m = user;
    const size_t width = (size_t)m->call->node->out.w;
    for (size_t p = begin; p < end; p++)
        gather(m, (int)(p / width), (int)(p % width), 0, m->cols);
}

void ga_pixel_map_forward(const ga_call *call, ga_axis_fn *taps)
{
    const map m = {call, taps, (size_t)call->n * (size_t)call->node->out.c};
    ga_parallel(call->threads, ga_pixels(call->node->out), 1 + 8192 / m.cols, pixels, &m);
}

/* Several outputs reach one input, so the pieces are columns. */
static void strips(const void *user, size_t begin, size_t end)
{
    const map *m = user;
    const ga_dims in = m->call->node->in[0], out = m->call->node->out;
    for (size_t p = 0; p < ga_pixels(in); p++)
        memset(m->call->diff_src[0] + p * m->cols + begin, 0, (end - begin) * sizeof(float));
    for (int oh = 0; oh < out.h; oh++)
        for (int ow = 0; ow < out.w; ow++)
            scatter(m, oh, ow, begin, end - begin);
}

void ga_pixel_map_backward(const ga_call *call, ga_axis_fn *taps)
{
    const map m = {call, taps, (size_t)call->n * (size_t)call->node->out.c};
    ga_parallel(call->threads, m.cols, STRIP, strips, &m);
}
