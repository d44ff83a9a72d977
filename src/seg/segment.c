/* segment.c - what all kinds have in common: pictures brought to what a kind reads. */
#include "base/alloc.h"
#include "base/text.h"
#include "ganatomy/data.h"
#include "seg/kind.h"
#include <math.h>
#include <string.h>

ga_status ga_seg_make(ga_segmenter from, ga_segmenter **out, ga_err *err)
{
    *out = ga_mem_new(1, sizeof **out);
    if (*out == NULL) {
        ga_vocabulary_free(from.vocabulary);
        from.kind->end(from.own);
        ga_seg_inside_free(from.inside);
        return ga_fail(err, GA_ENOMEM, "no memory for a segmenter");
    }
    **out = from;
    if (from.planes == 0)
        (*out)->planes = ga_vocabulary_categories(from.vocabulary);
    return GA_OK;
}

ga_status ga_seg_plan(ga_model *m, const ga_plan_options *o, ga_plan **out, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_plan_cost cost = {0};
    *out = NULL;
    const ga_status status = ga_plan_forecast(g, o, &cost, err);
    if (status != GA_OK)
        return status;
    if (o->memory_limit > 0 && cost.total_bytes > o->memory_limit)
        return ga_fail_memory(err, ga_arch_name(ga_model_arch(m)), o->batch, cost.total_bytes,
                              o->memory_limit);
    return ga_plan_create(g, ga_model_params(m), o, out, err);
}

void ga_segmenter_free(ga_segmenter *s)
{
    if (s == NULL)
        return;
    s->kind->end(s->own);
    ga_seg_inside_free(s->inside);
    ga_vocabulary_free(s->vocabulary);
    ga_mem_free(s->room);
    ga_mem_free(s);
}

const char *ga_segmenter_name(const ga_segmenter *s)
{
    return s->name;
}

const char *ga_segmenter_hash(const ga_segmenter *s)
{
    return s->hash;
}

const ga_vocabulary *ga_segmenter_vocabulary(const ga_segmenter *s)
{
    return s->vocabulary;
}

int ga_segmenter_planes(const ga_segmenter *s)
{
    return s->planes;
}

/* ---- pictures ---------------------------------------------------------------------------------*/

ga_status ga_seg_need_room(ga_segmenter *s, size_t count, ga_err *err)
{
    if (count <= s->room_count)
        return GA_OK;
    ga_mem_free(s->room);
    s->room_count = 0;
    s->room = ga_mem_new(count, sizeof *s->room);
    if (s->room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the pictures that a segmenter looks at");
    s->room_count = count;
    return GA_OK;
}

/* ITU-R BT.601 */
static const float luma[3] = {0.299F, 0.587F, 0.114F};

static void to_grey(const float *picture, size_t plane, float *grey)
{
    for (size_t i = 0; i < plane; i++)
        grey[i] = luma[0] * picture[i] + luma[1] * picture[plane + i] +
                  luma[2] * picture[2 * plane + i];
}

static ga_status check_numbers(ga_seg_pictures p, int i, ga_err *err)
{
    const size_t count = ga_dims_count(p.dims);
    for (size_t k = 0; k < count; k++)
        if (isnan(p.x[(size_t)i * count + k]))
            return ga_fail(err, GA_EDATA, "picture %d has values that are not numbers", i);
    return GA_OK;
}

ga_status ga_seg_grey(ga_seg_pictures p, int i, float *grey, ga_err *err)
{
    const size_t plane = (size_t)p.dims.h * (size_t)p.dims.w;
    const float *picture = p.x + (size_t)i * ga_dims_count(p.dims);
    const ga_status status = check_numbers(p, i, err);
    if (status != GA_OK)
        return status;
    if (p.dims.c == 3)
        to_grey(picture, plane, grey);
    for (size_t k = 0; k < plane; k++)
        grey[k] = ((p.dims.c == 3 ? grey[k] : picture[k]) - p.lo) / (p.hi - p.lo);
    return GA_OK;
}

/* What output o of `outs` covers of a line of `length`. */
typedef struct window {
    int begin, end;
} window;

static window window_of(int o, int outs, int length)
{
    return (window){(int)((int64_t)o * length / outs),
                    (int)(((int64_t)(o + 1) * length + outs - 1) / outs)};
}

/* Means of windows, as nn.AdaptiveAvgPool2d. */
static void resize_means(const float *src, int h, int w, float *dst, int out_h, int out_w)
{
    for (int y = 0; y < out_h; y++)
        for (int x = 0; x < out_w; x++) {
            const window rows = window_of(y, out_h, h), columns = window_of(x, out_w, w);
            double sum = 0;
            for (int i = rows.begin; i < rows.end; i++)
                for (int j = columns.begin; j < columns.end; j++)
                    sum += (double)src[(size_t)i * (size_t)w + (size_t)j];
            dst[(size_t)y * (size_t)out_w + (size_t)x] =
                (float)(sum / ((rows.end - rows.begin) * (columns.end - columns.begin)));
        }
}

/* The derivatives by src from those by dst; overwrites. */
static void resize_means_gradient(const float *diff, int out_h, int out_w, float *gradient, int h,
                                  int w)
{
    memset(gradient, 0, (size_t)h * (size_t)w * sizeof *gradient);
    for (int y = 0; y < out_h; y++)
        for (int x = 0; x < out_w; x++) {
            const window rows = window_of(y, out_h, h), columns = window_of(x, out_w, w);
            const float each = diff[(size_t)y * (size_t)out_w + (size_t)x] /
                               (float)((rows.end - rows.begin) * (columns.end - columns.begin));
            for (int i = rows.begin; i < rows.end; i++)
                for (int j = columns.begin; j < columns.end; j++)
                    gradient[(size_t)i * (size_t)w + (size_t)j] += each;
        }
}

/* One channel of what the segmenter reads, (h,w), out of a picture (C,H,W): grey for all three,
 * or luma where colour has to become grey. */
static void bring_channel(const ga_segmenter *s, const float *picture, ga_dims from, int channel,
                          ga_dims to, float *dst, float *grey)
{
    const size_t plane = (size_t)from.h * (size_t)from.w;
    const float *src = picture + (from.c == 1 ? 0 : (size_t)channel * plane);
    if (from.c == 3 && to.c == 1) {
        to_grey(picture, plane, grey);
        src = grey;
    }
    if (s->kind->means)
        resize_means(src, from.h, from.w, dst, to.h, to.w);
    else
        ga_resize_bilinear(src, 1, from.h, from.w, dst, to.h, to.w);
}

/* Picture i as the segmenter reads it, (c,h,w) into dst; grey: room of a plane. */
static ga_status bring(const ga_segmenter *s, ga_seg_pictures p, int i, ga_dims to, float *dst,
                       float *grey, ga_err *err)
{
    const size_t plane = (size_t)to.h * (size_t)to.w;
    const float *picture = p.x + (size_t)i * ga_dims_count(p.dims);
    const ga_status status = check_numbers(p, i, err);
    if (status != GA_OK)
        return status;
    const float scale = (s->hi - s->lo) / (p.hi - p.lo);
    for (int c = 0; c < to.c; c++) {
        float *channel = dst + (size_t)c * plane;
        bring_channel(s, picture, p.dims, c, to, channel, grey);
        for (size_t k = 0; k < plane; k++)
            channel[k] = s->lo + (channel[k] - p.lo) * scale;
    }
    return GA_OK;
}

ga_status ga_seg_bring(ga_segmenter *s, ga_seg_pictures p, int first, int n, ga_dims to,
                       ga_err *err)
{
    const size_t one = ga_dims_count(to), plane = (size_t)p.dims.h * (size_t)p.dims.w;
    const size_t batch = (size_t)s->kind->batch;
    ga_status status = ga_seg_need_room(s, batch * one + plane, err);
    for (int i = 0; i < n && status == GA_OK; i++)
        status = bring(s, p, first + i, to, s->room + (size_t)i * one, s->room + batch * one, err);
    return status;
}

enum { OF_PIXEL = 16 /* bytes that a kind may keep of a map's pixel */ };

size_t ga_segmenter_room(const ga_segmenter *s, ga_dims pictures, int n, int h, int w)
{
    if (s->kind->look != NULL)
        return s->kind->room != NULL ? s->kind->room(s, pictures, n, h, w) : 0;
    const size_t one = ga_dims_count(ga_seg_reads(s, h, w)), batch = (size_t)s->kind->batch,
                 plane = (size_t)pictures.h * (size_t)pictures.w;
    return (batch * one + plane) * sizeof *s->room + OF_PIXEL * (size_t)h * (size_t)w;
}

void ga_seg_bring_gradient(const ga_segmenter *s, ga_seg_pictures p, ga_dims to, const float *diff,
                           float *gradient, float *room)
{
    const size_t from = (size_t)to.h * (size_t)to.w, plane = (size_t)p.dims.h * (size_t)p.dims.w;
    const float scale = (s->hi - s->lo) / (p.hi - p.lo);
    memset(gradient, 0, ga_dims_count(p.dims) * sizeof *gradient);
    for (int c = 0; c < to.c; c++) {
        const bool grey = p.dims.c == 3 && to.c == 1;
        if (s->kind->means)
            resize_means_gradient(diff + (size_t)c * from, to.h, to.w, room, p.dims.h, p.dims.w);
        else
            ga_resize_bilinear_gradient(diff + (size_t)c * from, 1, to.h, to.w, room, p.dims.h,
                                        p.dims.w);
        for (int k = grey || p.dims.c == 1 ? 0 : c; k < (grey ? 3 : p.dims.c == 1 ? 1 : c + 1); k++)
            for (size_t i = 0; i < plane; i++)
                gradient[(size_t)k * plane + i] += scale * (grey ? luma[k] : 1) * room[i];
    }
}

ga_dims ga_seg_reads(const ga_segmenter *s, int h, int w)
{
    return s->dims.h > 0 ? s->dims : (ga_dims){3, h, w};
}

ga_status ga_seg_check(const ga_segmenter *s, ga_seg_pictures p, int h, int w, ga_err *err)
{
    const int most_h = s->dims.h > p.dims.h ? s->dims.h : p.dims.h;
    const int most_w = s->dims.w > p.dims.w ? s->dims.w : p.dims.w;
    const ga_seg_inside *in = ga_segmenter_inside(s);
    if (in != NULL)
        return ga_fail(
            err, GA_EINVAL,
            "'%s' reads no pictures but what the units of the generator '%s' do while it "
            "makes them: it labels only what `ganatomy dissect` lets that generator draw",
            s->name, in->generator);
    if (p.dims.c != 1 && p.dims.c != 3)
        return ga_fail(err, GA_EINVAL, "pictures of %d channels: expected 1 or 3", p.dims.c);
    if (!(p.hi > p.lo))
        return ga_fail(err, GA_EINVAL, "pictures in %g to %g: expected a range", (double)p.lo,
                       (double)p.hi);
    if (h < 1 || w < 1 || h > most_h || w > most_w)
        return ga_fail(err, GA_EINVAL, "label maps of %dx%d: '%s' makes them from 1x1 to %dx%d", h,
                       w, s->name, most_h, most_w);
    return GA_OK;
}

ga_status ga_segmenter_maps(ga_segmenter *s, ga_seg_pictures p, int h, int w, uint16_t *maps,
                            ga_err *err)
{
    const size_t map = (size_t)s->planes * (size_t)h * (size_t)w;
    ga_status status = ga_seg_check(s, p, h, w, err);
    if (status == GA_OK && s->kind->look != NULL)
        return s->kind->look(s, p, h, w, maps, err);
    for (int first = 0; first < p.n && status == GA_OK; first += s->kind->batch) {
        const int left = p.n - first, n = left < s->kind->batch ? left : s->kind->batch;
        status = ga_seg_bring(s, p, first, n, ga_seg_reads(s, h, w), err);
        if (status == GA_OK)
            status = s->kind->maps(s, s->room, n, h, w, maps + (size_t)first * map, err);
    }
    return status;
}
