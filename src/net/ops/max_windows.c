#include "net/ops/max_windows.h"
#include "net/par.h"
#include <math.h>
#include <string.h>

enum { STRIP = 256 }; /* columns (image, channel) of a piece */
#define NOWHERE UINT32_MAX

typedef struct pool {
    const ga_call *call;
    ga_window_fn *window;
    size_t cols;
} pool;

/* Largest of each column at one output pixel, and at which input pixel. */
static void best_of(const pool *p, int oh, int ow, size_t column, size_t n, float *best,
                    uint32_t *pixel)
{
    const ga_node *node = p->call->node;
    const ga_window rows = p->window(node, 0, oh), columns = p->window(node, 1, ow);
    bool first = true;
    for (int r = 0, h = rows.first; r < rows.count; r++, h += rows.step)
        for (int q = 0, w = columns.first; q < columns.count; q++, w += columns.step) {
            if (h < 0 || h >= node->in[0].h || w < 0 || w >= node->in[0].w)
                continue;
            const uint32_t at = (uint32_t)(h * node->in[0].w + w);
            const float *x = p->call->src[0] + (size_t)at * p->cols + column;
            for (size_t k = 0; k < n; k++) {
                const bool better = first || x[k] > best[k] || isnan(x[k]);
                best[k] = better ? x[k] : best[k];
                pixel[k] = better ? at : pixel[k];
            }
            first = false;
        }
    for (size_t k = 0; first && k < n; k++) { /* dilation can leave a window all outside */
        best[k] = -INFINITY;
        pixel[k] = NOWHERE;
    }
}

static void strips(const void *user, size_t begin, size_t end)
{
    const pool *p = user;
    const ga_dims out = p->call->node->out;
    uint32_t pixel[STRIP] = {0};
    for (int oh = 0; oh < out.h; oh++)
        for (int ow = 0; ow < out.w; ow++)
            best_of(p, oh, ow, begin, end - begin,
                    p->call->dst + (size_t)(oh * out.w + ow) * p->cols + begin, pixel);
}

void ga_max_forward(const ga_call *call, ga_window_fn *window)
{
    const pool p = {call, window, (size_t)call->n * (size_t)call->node->out.c};
    ga_parallel(call->threads, p.cols, STRIP, strips, &p);
}

static void back_strips(const void *user, size_t begin, size_t end)
{
    const pool *p = user;
    const ga_call *c = p->call;
    const ga_dims out = c->node->out;
    const size_t n = end - begin;
    float best[STRIP] = {0};
    uint32_t pixel[STRIP] = {0};
    for (size_t i = 0; i < ga_pixels(c->node->in[0]); i++)
        memset(c->diff_src[0] + i * p->cols + begin, 0, n * sizeof(float));
    for (int oh = 0; oh < out.h; oh++)
        for (int ow = 0; ow < out.w; ow++) {
            const float *diff = c->diff_dst + (size_t)(oh * out.w + ow) * p->cols + begin;
            best_of(p, oh, ow, begin, n, best, pixel);
            for (size_t k = 0; k < n; k++)
                if (pixel[k] != NOWHERE)
                    c->diff_src[0][pixel[k] * p->cols + begin + k] += diff[k];
        }
}

void ga_max_backward(const ga_call *call, ga_window_fn *window)
{
    const pool p = {call, window, (size_t)call->n * (size_t)call->node->out.c};
    ga_parallel(call->threads, p.cols, STRIP, back_strips, &p);
}

/* What lies where the largest number was found. */
static void tangent_strips(const void *user, size_t begin, size_t end)
{
    const pool *p = user;
    const ga_call *c = p->call;
    const ga_dims out = c->node->out;
    const size_t n = end - begin;
    float best[STRIP] = {0};
    uint32_t pixel[STRIP] = {0};
    for (int oh = 0; oh < out.h; oh++)
        for (int ow = 0; ow < out.w; ow++) {
            float *dst = c->tangent_dst + (size_t)(oh * out.w + ow) * p->cols + begin;
            best_of(p, oh, ow, begin, n, best, pixel);
            for (size_t k = 0; k < n; k++)
                dst[k] = pixel[k] != NOWHERE ? c->tangent_src[0][pixel[k] * p->cols + begin + k]
                                             : 0;
        }
}

void ga_max_tangent(const ga_call *call, ga_window_fn *window)
{
    const pool p = {call, window, (size_t)call->n * (size_t)call->node->out.c};
    ga_parallel(call->threads, p.cols, STRIP, tangent_strips, &p);
}
