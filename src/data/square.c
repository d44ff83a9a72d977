/* square.c - two passes, rows first, sums in f32, rounded once at the end. */
#include "data/square.h"
#include "base/alloc.h"
#include <math.h>
#include <string.h>

static void axis_free(struct ga_square_axis *a)
{
    ga_mem_free(a->first);
    ga_mem_free(a->weight);
    *a = (struct ga_square_axis){0};
}

/* Outputs 0..side-1 lie evenly in the middle `used` of n pixels. */
static bool axis_set(struct ga_square_axis *a, int n, int used, int side)
{
    const double step = (double)used / side, start = (n - used) / 2.0, reach = fmax(step, 1);
    axis_free(a);
    a->taps = (int)ceil(reach) * 2 + 1;
    a->taps = a->taps < n ? a->taps : n;
    a->first = ga_mem_new((size_t)side, sizeof *a->first);
    a->weight = ga_mem_new((size_t)side * (size_t)a->taps, sizeof *a->weight);
    if (a->first == NULL || a->weight == NULL)
        return false;
    for (int i = 0; i < side; i++) {
        const double centre = start + (i + 0.5) * step;
        int first = (int)floor(centre - reach + 0.5);
        first = first < 0 ? 0 : first > n - a->taps ? n - a->taps : first;
        float *w = a->weight + (size_t)i * (size_t)a->taps;
        double sum = 0;
        for (int k = 0; k < a->taps; k++)
            sum += fmax(0, 1 - fabs(first + k + 0.5 - centre) / reach);
        for (int k = 0; k < a->taps; k++)
            w[k] = (float)(fmax(0, 1 - fabs(first + k + 0.5 - centre) / reach) / sum);
        a->first[i] = first;
    }
    return true;
}

ga_status ga_square_set(ga_square *s, ga_dims from, int side, ga_err *err)
{
    if (s->side == side && memcmp(&s->from, &from, sizeof from) == 0)
        return GA_OK;
    const int used = from.h < from.w ? from.h : from.w;
    ga_mem_free(s->rows);
    s->rows = ga_mem_new((size_t)from.h * (size_t)side, (size_t)from.c * sizeof *s->rows);
    const bool good = axis_set(&s->x, from.w, used, side) && axis_set(&s->y, from.h, used, side);
    if (!good || s->rows == NULL) {
        ga_square_free(s);
        return ga_fail(err, GA_ENOMEM, "no memory for resizing pictures of %d x %d", from.h,
                       from.w);
    }
    s->from = from;
    s->side = side;
    return GA_OK;
}

void ga_square_free(ga_square *s)
{
    axis_free(&s->x);
    axis_free(&s->y);
    ga_mem_free(s->rows);
    *s = (ga_square){0};
}

static void filter_row(const ga_square *s, const uint8_t *src, float *dst)
{
    const size_t c = (size_t)s->from.c;
    for (int x = 0; x < s->side; x++) {
        const float *w = s->x.weight + (size_t)x * (size_t)s->x.taps;
        const uint8_t *p = src + (size_t)s->x.first[x] * c;
        for (size_t k = 0; k < c; k++) {
            float sum = 0;
            for (int i = 0; i < s->x.taps; i++)
                sum += w[i] * (float)p[(size_t)i * c + k];
            dst[(size_t)x * c + k] = sum;
        }
    }
}

void ga_square_run(const ga_square *s, const uint8_t *src, uint8_t *dst)
{
    const size_t c = (size_t)s->from.c, row = (size_t)s->side * c;
    const int first = s->y.first[0], last = s->y.first[s->side - 1] + s->y.taps;
    for (int y = first; y < last; y++)
        filter_row(s, src + (size_t)y * (size_t)s->from.w * c, s->rows + (size_t)y * row);
    for (int y = 0; y < s->side; y++) {
        const float *w = s->y.weight + (size_t)y * (size_t)s->y.taps;
        const float *p = s->rows + (size_t)s->y.first[y] * row;
        for (size_t i = 0; i < row; i++) {
            float sum = 0.5f;
            for (int k = 0; k < s->y.taps; k++)
                sum += w[k] * p[(size_t)k * row + i];
            dst[(size_t)y * row + i] = sum >= 255 ? 255 : (uint8_t)sum; /* never below 0.5 */
        }
    }
}
