/* parts_sheet.c - see parts_sheet.h. */
#include "app/parts_sheet.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "data/legend.h"
#include "ganatomy/dissect.h"
#include <inttypes.h>

/* A sheet being filled. */
typedef struct job {
    const ga_parts_sheet *asked;
    ga_segmenter *segmenter;
    ga_subject *subject;
    ga_sheet *sheet;
    ga_dims dims;
    int planes;
    float *picture; /* (C,H,W) */
    uint16_t *said; /* (D,H,W) */
    ga_legend *legend;
} job;

static void free_job(job *j)
{
    ga_subject_free(j->subject);
    ga_segmenter_free(j->segmenter);
    ga_sheet_free(j->sheet);
    ga_mem_free(j->picture);
    ga_mem_free(j->said);
    ga_legend_free(j->legend);
}

static ga_status open_subject(ga_request *rq, job *j, ga_err *err)
{
    const ga_segmenter_options o = {.threads = ga_rq_threads(rq), .memory_limit = ga_rq_memory(rq)};
    const ga_graph *g = ga_model_graph(j->asked->generator);
    const char *const last[] = {ga_graph_output_name(g)};
    j->dims = ga_graph_output_dims(g);
    if (j->dims.h != j->dims.w)
        return ga_fail(err, GA_EINVAL, "a sheet is of square pictures, these are %d x %d",
                       j->dims.w, j->dims.h);
    ga_status status = ga_segmenter_of_model(j->asked->parts, &o, &j->segmenter, err);
    const ga_subject_spec spec = {.model = j->asked->generator,
                                  .segmenter = j->segmenter,
                                  .layers = last,
                                  .n_layers = 1,
                                  .bn = j->asked->painting->bn,
                                  .side = j->dims.h,
                                  .threads = o.threads,
                                  .memory_limit = o.memory_limit};
    if (status == GA_OK)
        status = ga_subject_create(&spec, &j->subject, err);
    if (status != GA_OK)
        return status;
    j->planes = ga_segmenter_planes(j->segmenter);
    j->picture = ga_mem_new(ga_dims_count(j->dims), sizeof *j->picture);
    j->said = ga_mem_new((size_t)j->planes * (size_t)j->dims.h * (size_t)j->dims.w,
                         sizeof *j->said);
    if (j->picture == NULL || j->said == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a picture and its labels");
    status = ga_legend_create(ga_palette_vocabulary(j->asked->painting->palette), &j->legend, err);
    if (status != GA_OK)
        return status;
    return ga_sheet_create(1 + 2 * j->planes, j->asked->painting->n + j->asked->unseen, j->dims.w,
                           j->dims.h, ga_zoom_for(j->dims.w, 96), true,
                           "Pictures; for each category what was painted, and what is said",
                           &j->sheet, err);
}

static void color(const void *palette, int label, int category, uint8_t rgb[3])
{
    if (label == GA_UNPAINTED)
        ga_palette_unpainted(palette, rgb);
    else
        ga_palette_color(palette, label, category, rgb);
}

/* One plane of a map in the palette's colours. */
static ga_status put_map(job *j, const uint16_t *map, int plane, int column, int row,
                         const char *caption, ga_err *err)
{
    const size_t pixels = (size_t)j->dims.h * (size_t)j->dims.w;
    ga_image cell;
    const ga_status status = ga_image_create(j->dims.w, j->dims.h, 3, &cell, err);
    if (status != GA_OK)
        return status;
    ga_legend_count(j->legend, map, pixels, plane);
    for (size_t i = 0; i < pixels; i++)
        color(j->asked->painting->palette, map[i], plane, cell.pixels + 3 * i);
    ga_sheet_put(j->sheet, column, row, &cell, caption);
    ga_image_free(&cell);
    return GA_OK;
}

/* painted: (D,H,W) or NULL */
static ga_status put_row(job *j, uint64_t id, int row, const uint16_t *painted, ga_err *err)
{
    const ga_vocabulary *v = ga_segmenter_vocabulary(j->segmenter);
    const uint32_t number = id <= UINT32_MAX ? (uint32_t)id : UINT32_MAX;
    const size_t plane = (size_t)j->dims.h * (size_t)j->dims.w;
    char caption[32];
    ga_scale scale = {0};
    ga_subject_range(j->subject, &scale.lo, &scale.hi);
    ga_status status = ga_subject_look(j->subject, (uint32_t)j->asked->painting->seed, &number, 1,
                                       (ga_subject_block){.maps = j->said, .pictures = j->picture},
                                       err);
    snprintf(caption, sizeof caption, "%" PRIu64, id);
    if (status == GA_OK)
        status = ga_sheet_put_view(j->sheet, 0, row,
                                   (ga_view){j->picture, 1, j->dims.c, j->dims.h, j->dims.w}, 0,
                                   scale, caption, err);
    for (int k = 0; k < j->planes && status == GA_OK; k++) {
        if (painted != NULL)
            status = put_map(j, painted + (size_t)k * plane, k, 1 + 2 * k, row,
                             ga_vocabulary_category(v, k), err);
        if (status == GA_OK)
            status = put_map(j, j->said + (size_t)k * plane, k, 2 + 2 * k, row, "said", err);
    }
    return status;
}

static bool is_painted(const ga_painting *p, uint64_t id)
{
    for (int i = 0; i < p->n; i++)
        if (p->id[i] == id)
            return true;
    return false;
}

ga_status ga_parts_sheet_save(ga_request *rq, const ga_parts_sheet *s, const char *path,
                              ga_err *err)
{
    job j = {.asked = s};
    ga_status status = open_subject(rq, &j, err);
    const size_t map = (size_t)j.planes * (size_t)j.dims.h * (size_t)j.dims.w;
    uint64_t id = 0;
    for (int i = 0; i < s->painting->n && status == GA_OK; i++)
        status = put_row(&j, s->painting->id[i], i, s->maps + (size_t)i * map, err);
    for (int i = 0; i < s->unseen && status == GA_OK; i++, id++) {
        while (is_painted(s->painting, id))
            id++;
        status = put_row(&j, id, s->painting->n + i, NULL, err);
    }
    if (status == GA_OK)
        status = ga_legend_add(j.legend, color, s->painting->palette, j.sheet, err);
    if (status == GA_OK)
        status = ga_sheet_save(rq, j.sheet, path, err);
    free_job(&j);
    return status;
}
