/* verb_features.c - `ganatomy features`: every unit's map of one image. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include <math.h>

/* [{unit, min, max, mean}, ...] of the maps of one image. */
static json_t *describe(ga_view maps)
{
    json_t *list = json_array();
    const size_t hw = (size_t)maps.h * (size_t)maps.w;
    for (int u = 0; u < maps.c; u++) {
        const float *x = maps.data + (size_t)u * hw;
        double lo = INFINITY, hi = -INFINITY, sum = 0;
        for (size_t i = 0; i < hw; i++) {
            lo = fmin(lo, (double)x[i]);
            hi = fmax(hi, (double)x[i]);
            sum += (double)x[i];
        }
        json_array_append_new(list, json_pack("{s:i, s:f, s:f, s:f}", "unit", u, "min", lo, "max",
                                              hi, "mean", sum / (double)hw));
    }
    return list;
}

static ga_status write_sheet(ga_request *rq, ga_view maps, const char *path, ga_err *err)
{
    const size_t hw = (size_t)maps.h * (size_t)maps.w;
    const int columns = ga_columns_for(maps.c);
    ga_scale scale = {.stretch = !ga_rq_flag(rq, "common-scale")};
    char caption[16], title[160];
    ga_sheet *sheet;
    if (!scale.stretch) {
        scale.lo = INFINITY;
        scale.hi = -INFINITY;
        for (size_t i = 0; i < hw * (size_t)maps.c; i++) {
            scale.lo = fminf(scale.lo, maps.data[i]);
            scale.hi = fmaxf(scale.hi, maps.data[i]);
        }
    }
    snprintf(title, sizeof title, "%s: %d %s, %s", ga_rq_text(rq, "layer"), maps.c,
             maps.c == 1 ? "unit" : "units",
             scale.stretch ? "each on its own scale" : "all on one scale");
    ga_status s = ga_sheet_create(columns, (maps.c + columns - 1) / columns, maps.w, maps.h,
                                  ga_zoom_for(maps.w, 56), true, title, &sheet, err);
    for (int u = 0; u < maps.c && s == GA_OK; u++) {
        const ga_view map = {maps.data + (size_t)u * hw, 1, 1, maps.h, maps.w};
        snprintf(caption, sizeof caption, "%d", u);
        s = ga_sheet_put_view(sheet, u % columns, u / columns, map, 0, scale, caption, err);
    }
    if (s == GA_OK)
        s = ga_sheet_save(rq, sheet, path, err);
    ga_sheet_free(sheet);
    return s;
}

static ga_status write_npy(ga_request *rq, const char *path, ga_view v, ga_err *err)
{
    const ga_array a = {.name = "maps", .dtype = GA_F32, .rank = 3, .dim = {v.c, v.h, v.w},
                        .count = ga_view_count(v), .data = v.data};
    const ga_status s = ga_weights_write(path, GA_FORM_NPY, &a, 1, NULL, err);
    if (s == GA_OK)
        ga_rq_say(rq, "wrote %s, f32 (%d,%d,%d)", path, v.c, v.h, v.w);
    return s;
}

/* The activation of one latent at a tap, (U,H,W). */
static ga_status render(ga_request *rq, ga_model *m, const char *tap, const ga_latent_set *z,
                        float *maps, ga_err *err)
{
    const ga_renderer_options o = {.to = tap,
                                   .bn = ga_bn_parse(ga_rq_text(rq, "bn")),
                                   .batch = 1,
                                   .threads = ga_rq_threads(rq),
                                   .memory_limit = ga_rq_memory(rq)};
    ga_renderer *r;
    ga_status s = ga_renderer_create(m, &o, &r, err);
    if (s == GA_OK)
        s = ga_renderer_draw(r, z->z, z->labels, 1, maps, NULL, err);
    ga_renderer_free(r);
    return s;
}

/* Which tap, and that all that will be written can be. */
static ga_status prepare(ga_request *rq, const ga_model *m, int *tap, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    ga_status s = ga_output_check(ga_rq_text(rq, "output"), err);
    if (s == GA_OK)
        s = ga_output_check(ga_rq_text(rq, "npy"), err);
    if (s == GA_OK)
        s = ga_graph_need(g, ga_rq_text(rq, "layer"), tap, err);
    if (s == GA_OK && *tap < ga_graph_n_inputs(g))
        s = ga_fail(err, GA_EINVAL, "'%s' is what the network reads: it has no maps",
                    ga_rq_text(rq, "layer"));
    return s;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_model *m;
    ga_status s = ga_app_generator(rq, ga_rq_text(rq, "model"), &m, err);
    if (s != GA_OK)
        return s;
    const char *layer = ga_rq_text(rq, "layer"), *path = ga_rq_text(rq, "output"),
               *npy = ga_rq_text(rq, "npy");
    ga_latent_set z = {0};
    float *maps = NULL;
    int tap = 0;
    s = prepare(rq, m, &tap, err);
    const ga_dims d = ga_graph_tap_dims(ga_model_graph(m), tap);
    if (s == GA_OK && (maps = ga_mem_new(ga_dims_count(d), sizeof *maps)) == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for the maps of '%s'", layer);
    if (s == GA_OK)
        s = ga_latent_set_parse(ga_rq_text(rq, "z"), m, (uint32_t)ga_rq_int(rq, "seed", 1), &z, err);
    const ga_view v = {maps, 1, d.c, d.h, d.w};
    if (s == GA_OK)
        s = render(rq, m, layer, &z, maps, err);
    if (s == GA_OK && npy != NULL)
        s = write_npy(rq, npy, v, err);
    if (s == GA_OK)
        s = write_sheet(rq, v, path, err);
    if (s == GA_OK)
        ga_rq_result(rq, json_pack("{s:s, s:[i,i,i], s:o, s:s, s:s?}", "layer", layer, "shape", d.c,
                                   d.h, d.w, "units", describe(v), "sheet", path, "npy", npy));
    ga_mem_free(maps);
    ga_latent_set_free(&z);
    ga_model_free(m);
    return s;
}

static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "model file, or a name that `ganatomy doctor` lists"},
    {.name = "layer", .type = GA_FIELD_TEXT, .value = "LAYER", .required = true,
     .help = "whose units to show; `ganatomy model info MODEL` lists the layers"},
    {.name = "z", .type = GA_FIELD_TEXT, .value = "Z", .fallback = "id:0",
     .help = "the image: id:17, v,v,... or FILE.npy:ROW; of a class id:17@3"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "seed of the stream that ids count in"},
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words,
     .help = "batch-norm statistics: running, of the batch, or of each image alone"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_PICTURE, .value = "SHEET.png",
     .fallback = "features.png", .help = "sheet of all maps to write"},
    {.name = "npy", .type = GA_FIELD_OUTPUT, .value = "FILE.npy",
     .help = "the maps as numbers, f32 (units,H,W)"},
    {.name = "common-scale", .type = GA_FIELD_FLAG,
     .help = "one grey scale for all maps in place of each map's own"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy features mnist-gan --layer layer2 --z id:17 -o maps.png",
     "the 64 maps of 14x14 behind image 17"},
    {0}};

const ga_verb ga_verb_features = {
    .name = "features",
    .summary = "show every unit's map of one image at a layer",
    .description = "Draws the activation of each unit of a layer for one latent, by default each map "
                   "from its own minimum (black) to its own maximum (white).",
    .fields = fields,
    .examples = examples,
    .run = run,
};
