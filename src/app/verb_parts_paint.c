/* verb_parts_paint.c - `ganatomy parts paint`: pictures of a generator, to be painted. */
#include "app/latent_arg.h"
#include "app/names_arg.h"
#include "app/painting.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

typedef struct job {
    ga_request *rq;
    ga_model *model;
    ga_painting painting;
    float *z;
    int32_t *labels;
    float *pictures; /* (n,C,H,W) */
    ga_dims dims;
    int zoom;
} job;

static void free_job(job *j)
{
    ga_painting_free(&j->painting);
    ga_model_free(j->model);
    ga_mem_free(j->z);
    ga_mem_free(j->labels);
    ga_mem_free(j->pictures);
}

static ga_status read_ids(job *j, ga_err *err)
{
    uint64_t *ids;
    int n;
    const ga_status status = ga_ids_parse(ga_rq_text(j->rq, "ids"), &ids, &n, err);
    if (status != GA_OK)
        return status;
    if (n <= GA_PAINTING_MOST) {
        memcpy(j->painting.id, ids, (size_t)n * sizeof *ids);
        j->painting.n = n;
    }
    ga_mem_free(ids);
    if (n > GA_PAINTING_MOST)
        return ga_fail(err, GA_EINVAL, "%d pictures to paint: expected 1 to %d", n,
                       GA_PAINTING_MOST);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (j->painting.id[i] == j->painting.id[k])
                return ga_fail(err, GA_EINVAL, "--ids has %d twice", (int)j->painting.id[i]);
    return GA_OK;
}

static ga_status make_palette(job *j, ga_err *err)
{
    ga_names names;
    ga_status status = ga_names_arg(j->rq, "names", GA_MAX_PAINTS - 1, &names, err);
    if (status == GA_OK)
        status = ga_palette_create(ga_rq_text(j->rq, "category"), names.name, names.n,
                                   &j->painting.palette, err);
    ga_names_free(&names);
    return status;
}

/* GA_EEXIST if any file of it is there: what was painted is never written over. */
static ga_status check_folder(const job *j, const char *folder, ga_err *err)
{
    const ga_vocabulary *v = ga_palette_vocabulary(j->painting.palette);
    for (int i = -1; i < j->painting.n; i++)
        for (int k = 0; k < 2; k++) {
            char *path = i < 0 ? ga_path_join(folder, "labels.json")
                               : ga_painting_path(folder, &j->painting, i,
                                                  k == 0 ? NULL : ga_vocabulary_category(v, 0));
            if (path == NULL)
                return ga_fail(err, GA_ENOMEM, "no memory for a path");
            const ga_status status = ga_is_file(path)
                                         ? ga_fail(err, GA_EEXIST,
                                                   "'%s' is there already, and somebody may have "
                                                   "painted it: name another folder with -o",
                                                   path)
                                         : GA_OK;
            ga_mem_free(path);
            if (status != GA_OK)
                return status;
        }
    return GA_OK;
}

static ga_status draw(job *j, ga_err *err)
{
    const ga_renderer_options o = {.bn = j->painting.bn,
                                   .batch = j->painting.n,
                                   .threads = ga_rq_threads(j->rq),
                                   .memory_limit = ga_rq_memory(j->rq)};
    ga_renderer *r = NULL;
    ga_status status = ga_renderer_create(j->model, &o, &r, err);
    if (status == GA_OK) {
        j->dims = ga_renderer_dims(r);
        j->pictures = ga_mem_new((size_t)j->painting.n * ga_dims_count(j->dims),
                                 sizeof *j->pictures);
        status = j->pictures == NULL
                     ? ga_fail(err, GA_ENOMEM, "no memory for %d pictures", j->painting.n)
                     : ga_renderer_draw(r, j->z, j->labels, j->painting.n, j->pictures,
                                        ga_rq_progress(j->rq), err);
    }
    ga_renderer_free(r);
    j->zoom = (int)ga_rq_int(j->rq, "zoom", ga_zoom_for(j->dims.w > 0 ? j->dims.w : 1, 256));
    return status;
}

/* Each pixel zoom x zoom; or, without a picture, all of one colour. */
static ga_status write_image(const job *j, const ga_image *picture, const uint8_t color[3],
                             const char *path, ga_err *err)
{
    ga_image large;
    const int zoom = j->zoom, c = picture != NULL ? picture->c : 3;
    ga_status status = ga_image_create(j->dims.w * zoom, j->dims.h * zoom, c, &large, err);
    if (status != GA_OK)
        return status;
    for (int y = 0; y < large.h; y++)
        for (int x = 0; x < large.w; x++) {
            const size_t at = (size_t)(y / zoom) * (size_t)j->dims.w + (size_t)(x / zoom);
            memcpy(large.pixels + ((size_t)y * (size_t)large.w + (size_t)x) * (size_t)c,
                   picture != NULL ? picture->pixels + at * (size_t)c : color, (size_t)c);
        }
    status = ga_image_write_png(path, &large, err);
    ga_image_free(&large);
    return status;
}

static ga_status write_one(const job *j, const char *folder, int i, ga_err *err)
{
    const ga_painting *p = &j->painting;
    const ga_vocabulary *v = ga_palette_vocabulary(p->palette);
    const ga_view all = {j->pictures, p->n, j->dims.c, j->dims.h, j->dims.w};
    uint8_t blank[3];
    ga_image picture = {0};
    char *path = ga_painting_path(folder, p, i, NULL),
         *map = ga_painting_path(folder, p, i, ga_vocabulary_category(v, 0));
    ga_palette_unpainted(p->palette, blank);
    ga_status status = path == NULL || map == NULL
                           ? ga_fail(err, GA_ENOMEM, "no memory for a path")
                           : ga_picture_of_view(all, i, ga_model_scale(j->model, false), &picture,
                                                err);
    if (status == GA_OK)
        status = write_image(j, &picture, NULL, path, err);
    if (status == GA_OK)
        status = write_image(j, NULL, blank, map, err);
    ga_image_free(&picture);
    ga_mem_free(path);
    ga_mem_free(map);
    return status;
}

static ga_status prepare(job *j, ga_err *err)
{
    ga_status status = ga_app_generator(j->rq, ga_rq_text(j->rq, "model"), &j->model, err);
    if (status == GA_OK)
        status = read_ids(j, err);
    if (status != GA_OK)
        return status;
    j->painting.seed = ga_rq_int(j->rq, "seed", 1);
    j->painting.bn = ga_bn_parse(ga_rq_text(j->rq, "bn"));
    ga_model_hash(j->model, j->painting.sha256);
    status = make_palette(j, err);
    if (status == GA_OK)
        status = ga_painting_latents(&j->painting, j->model, &j->z, &j->labels, err);
    return status == GA_OK ? draw(j, err) : status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.rq = rq};
    const char *folder = ga_rq_text(rq, "output");
    ga_status status = prepare(&j, err);
    if (status == GA_OK)
        status = check_folder(&j, folder, err);
    if (status == GA_OK)
        status = ga_make_folders(folder, err);
    for (int i = 0; i < j.painting.n && status == GA_OK; i++)
        status = write_one(&j, folder, i, err);
    if (status == GA_OK)
        status = ga_painting_write(folder, &j.painting, ga_rq_text(rq, "model"), err);
    if (status == GA_OK) {
        const char *category = ga_vocabulary_category(ga_palette_vocabulary(j.painting.palette), 0);
        ga_rq_say(rq, "wrote %d pictures of %d x %d, each pixel %d wide, into %s", j.painting.n,
                  j.dims.w, j.dims.h, j.zoom, folder);
        ga_rq_say(rq,
                  "next: paint the id-*-%s.png there in the colours of labels.json, with flat "
                  "colours and hard edges; white stays unpainted",
                  category);
        ga_rq_say(rq, "then: ganatomy parts train %s %s --layers LAYERS -o parts.safetensors",
                  ga_rq_text(rq, "model"), folder);
        ga_rq_result(rq, json_pack("{s:s, s:i, s:i}", "folder", folder, "pictures", j.painting.n,
                                   "zoom", j.zoom));
    }
    free_job(&j);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "a generator: file, or a name that `ganatomy doctor` lists"},
    {.name = "ids", .type = GA_FIELD_TEXT, .value = "IDS", .fallback = "0-4",
     .help = "which pictures of the seed's stream: 0-4, 3,8,20"},
    {.name = "names", .type = GA_FIELD_TEXT, .value = "NAMES", .many = true,
     .fallback = "part 1,part 2,part 3",
     .help = "what there is to paint, with ',' between; labels.json can be changed later"},
    {.name = "category", .type = GA_FIELD_TEXT, .value = "NAME", .fallback = "part",
     .help = "what kind of labels these are"},
    {.name = "zoom", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 32,
     .help = "side of a pixel in the files (default: pictures about 256 wide)"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 4294967295.0, .help = "of the ids' stream"},
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words_alone,
     .help = "batch-norm statistics: running, or of each image alone"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER", .required = true,
     .help = "where they go"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy parts paint fashion-gan --ids 0-4 --names sleeve,body,leg -o paint",
     "five pictures, and five empty ones to paint sleeves, bodies and legs into"},
    {0}};

const ga_verb ga_verb_parts_paint = {
    .name = "parts paint",
    .summary = "pictures of a generator, to paint their parts by hand",
    .description =
        "Writes pictures id-0.png, id-1.png, ..., beside each an empty id-0-part.png of the same "
        "size, and labels.json, which says which colour is what. Paint the empty ones in any "
        "paint program, with flat colours and hard edges (no smoothing); what stays white is not "
        "said, black is none of the parts. Names, colours and categories in labels.json may be "
        "changed; each category has files of its own (id-0-material.png). Then `ganatomy parts "
        "train` makes a segmenter of it. What was painted is never written over.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
