/* unit_pictures.c - what a page needs to show units: their top images, each once, with its label
 * maps, and where each unit is active in them, in few bytes. web/dissect/data.ts reads this form.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "dissect/inner.h"
#include "ganatomy/image.h"
#include <stdlib.h>
#include <string.h>

typedef struct drawing {
    const ga_dissection *d;
    ga_subject *subject;
    int layers; /* whose units are shown: the first ones */
    void (*to)(void *user, const char *text, size_t length);
    void *user;
    uint32_t *ids; /* ascending */
    int n;
    float *activation[2 * GA_DISSECT_LAYERS]; /* of the first layers; NULL behind them */
    uint16_t *maps;
    float *pictures, *laid;
    ga_text runs, piece; /* LEB128 numbers; an image's text */
} drawing;

/* ---- numbers in base64 ------------------------------------------------------------------------*/

static void add_number(ga_text *t, uint32_t x)
{
    do {
        const char byte = (char)((x & 127) | (x > 127 ? 128 : 0));
        ga_text_add_n(t, &byte, 1);
        x >>= 7;
    } while (x > 0);
}

/* Lengths of off and on in turn, the first of off. */
static void mask_runs(ga_text *t, const float *laid, size_t n, float threshold)
{
    bool on = false;
    uint32_t length = 0;
    for (size_t i = 0; i < n; i++) {
        if ((laid[i] > threshold) != on) {
            add_number(t, length);
            on = !on;
            length = 0;
        }
        length++;
    }
    add_number(t, length);
}

/* Pairs of length and label. */
static void label_runs(ga_text *t, const uint16_t *map, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && map[end] == map[i])
            end++;
        add_number(t, (uint32_t)(end - i));
        add_number(t, map[i]);
        i = end;
    }
}

/* ---- which images -----------------------------------------------------------------------------*/

static int compare_ids(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static ga_status collect(drawing *w, ga_err *err)
{
    size_t most = 0;
    for (int k = 0; k < w->layers; k++)
        for (int u = 0; u < w->d->layer[k].dims.c; u++)
            most += (size_t)w->d->layer[k].unit[u].n_top;
    w->ids = ga_mem_new(most, sizeof *w->ids);
    if (w->ids == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a list of %zu images", most);
    size_t n = 0;
    for (int k = 0; k < w->layers; k++)
        for (int u = 0; u < w->d->layer[k].dims.c; u++) {
            const ga_unit_finding *f = &w->d->layer[k].unit[u];
            for (int i = 0; i < f->n_top; i++)
                w->ids[n++] = f->top[i].image;
        }
    qsort(w->ids, n, sizeof *w->ids, compare_ids);
    for (size_t i = 0; i < n; i++)
        if (w->n == 0 || w->ids[w->n - 1] != w->ids[i])
            w->ids[w->n++] = w->ids[i];
    return GA_OK;
}

static ga_status make_room(drawing *w, ga_err *err)
{
    const ga_dissection *d = w->d;
    const int side = ga_subject_side(w->subject);
    const size_t block = GA_DISSECT_BLOCK, map = (size_t)side * (size_t)side;
    bool failed = false;
    for (int k = 0; k < w->layers; k++) {
        w->activation[k] = ga_mem_new(block * ga_dims_count(d->layer[k].dims), sizeof(float));
        failed = failed || w->activation[k] == NULL;
    }
    w->maps = ga_mem_new(block * (size_t)d->planes * map, sizeof *w->maps);
    w->pictures = ga_mem_new(block * ga_dims_count(ga_subject_picture_dims(w->subject)),
                             sizeof *w->pictures);
    w->laid = ga_mem_new(map, sizeof *w->laid);
    failed = failed || w->maps == NULL || w->pictures == NULL || w->laid == NULL;
    return failed ? ga_fail(err, GA_ENOMEM, "no memory to draw units") : GA_OK;
}

/* ---- drawing ----------------------------------------------------------------------------------*/

/* [layer, unit, place among its top images, mask] of each unit that has image `id` among them; it
 * is the at-th of the block. */
static ga_status add_masks(drawing *w, uint32_t id, int at, ga_text *to, ga_err *err)
{
    bool any = false;
    for (int k = 0; k < w->layers; k++) {
        const ga_dissect_layer *l = &w->d->layer[k];
        const size_t cells = (size_t)l->dims.h * (size_t)l->dims.w;
        const ga_grid g = l->spec.grid;
        for (int u = 0; u < l->dims.c; u++)
            for (int i = 0; i < l->unit[u].n_top; i++) {
                if (l->unit[u].top[i].image != id)
                    continue;
                const float *map = w->activation[k] + (size_t)at * ga_dims_count(l->dims) +
                                   (size_t)u * cells;
                const ga_status status = ga_grid_lay(g, map, w->laid, err);
                if (status != GA_OK)
                    return status;
                w->runs.length = 0;
                mask_runs(&w->runs, w->laid, (size_t)g.H * (size_t)g.W, l->threshold[u]);
                ga_text_addf(to, "%s[%d,%d,%d,\"", any ? "," : "", k, u, i);
                ga_text_add_base64(to, w->runs.data, w->runs.length);
                ga_text_add(to, "\"]");
                any = true;
            }
    }
    return GA_OK;
}

static ga_status add_picture(drawing *w, int at, int n, ga_text *to, ga_err *err)
{
    const ga_dims dims = ga_subject_picture_dims(w->subject);
    ga_scale scale = {0};
    ga_subject_range(w->subject, &scale.lo, &scale.hi);
    ga_image image = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    ga_status status = ga_image_from_view((ga_view){w->pictures, n, dims.c, dims.h, dims.w}, at,
                                          scale, &image, err);
    if (status == GA_OK)
        status = ga_image_encode_png(&image, &data, &size, err);
    if (status == GA_OK)
        ga_text_add_base64(to, data, size);
    ga_image_bytes_free(data);
    ga_image_free(&image);
    return status;
}

/* "id":{...} of the images of one block. */
static ga_status draw_block(drawing *w, int first, int n, ga_err *err)
{
    const int side = ga_subject_side(w->subject);
    const size_t map = (size_t)w->d->planes * (size_t)side * (size_t)side;
    const ga_subject_block into = {w->activation, w->maps, w->pictures};
    ga_text *t = &w->piece;
    ga_status status = ga_subject_look(w->subject, w->d->options.seed, w->ids + first, n, into,
                                       err);
    for (int i = 0; i < n && status == GA_OK; i++) {
        const uint32_t id = w->ids[first + i];
        ga_text_addf(t, "%s\"%u\":{\"picture\":\"", first + i > 0 ? "," : "", id);
        status = add_picture(w, i, n, t, err);
        w->runs.length = 0;
        label_runs(&w->runs, w->maps + (size_t)i * map, map);
        ga_text_add(t, "\",\"map\":\"");
        ga_text_add_base64(t, w->runs.data, w->runs.length);
        ga_text_add(t, "\",\"mask\":[");
        if (status == GA_OK)
            status = add_masks(w, id, i, t, err);
        ga_text_add(t, "]}");
    }
    return status;
}

static void write_head(const drawing *w, const ga_vocabulary *v, ga_text *out)
{
    const ga_dims dims = ga_subject_picture_dims(w->subject);
    ga_text_addf(out, "{\"width\":%d,\"height\":%d,\"side\":%d,\"planes\":%d,\"labels\":[", dims.w,
                 dims.h, ga_subject_side(w->subject), w->d->planes);
    for (int c = 0; c < ga_vocabulary_n(v); c++) {
        const ga_label l = ga_vocabulary_at(v, c);
        ga_text_add(out, c > 0 ? ",[" : "[");
        ga_text_add_json(out, l.name);
        ga_text_add(out, ",");
        ga_text_add_json(out, ga_vocabulary_category(v, l.category));
        ga_text_add(out, "]");
    }
    ga_text_add(out, "],");
}

/* What was written since the last time. */
static ga_status send(drawing *w, ga_err *err)
{
    if (w->piece.failed || w->runs.failed)
        return ga_fail(err, GA_ENOMEM, "no memory for the pictures of a page");
    w->to(w->user, w->piece.data, w->piece.length);
    w->piece.length = 0;
    return GA_OK;
}

static ga_status draw(drawing *w, const ga_progress *progress, ga_err *err)
{
    write_head(w, ga_subject_vocabulary(w->subject), &w->piece);
    ga_text_add(&w->piece, "\"image\":{");
    ga_status status = send(w, err);
    for (int first = 0; first < w->n && status == GA_OK; first += GA_DISSECT_BLOCK) {
        const int left = w->n - first, n = left < GA_DISSECT_BLOCK ? left : GA_DISSECT_BLOCK;
        status = draw_block(w, first, n, err);
        if (status == GA_OK)
            status = send(w, err);
        if (status == GA_OK && progress != NULL && progress->report != NULL)
            progress->report(progress->user, "pictures of the page:", (uint64_t)(first + n), (uint64_t)w->n);
        if (status == GA_OK && progress != NULL && progress->cancelled != NULL &&
            progress->cancelled(progress->user))
            status = ga_fail(err, GA_EINTERRUPTED, "interrupted");
    }
    ga_text_add(&w->piece, "}}");
    return status == GA_OK ? send(w, err) : status;
}

ga_status ga_dissection_pictures(const ga_dissection *d, ga_subject *s, int layers,
                                 const ga_progress *progress,
                                 void (*to)(void *user, const char *text, size_t length),
                                 void *user, ga_err *err)
{
    drawing w = {.d = d, .subject = s, .layers = layers, .to = to, .user = user};
    ga_status status = collect(&w, err);
    if (status == GA_OK)
        status = make_room(&w, err);
    if (status == GA_OK)
        status = draw(&w, progress, err);
    for (int k = 0; k < layers; k++)
        ga_mem_free(w.activation[k]);
    ga_text_free(&w.runs);
    ga_text_free(&w.piece);
    ga_mem_free(w.ids);
    ga_mem_free(w.maps);
    ga_mem_free(w.pictures);
    ga_mem_free(w.laid);
    return status;
}
