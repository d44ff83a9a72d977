/* verb_data_augment.c - `ganatomy data augment`: what an augmentation makes of pictures. */
#include "app/data_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "ganatomy/augment.h"
#include <stdio.h>
#include <string.h>

#define STREAM     0x73686f77u /* "show"; a training draws from streams of its own */
#define TOGETHER   3           /* rows with all kinds, each of another picture */
#define CELL_WIDTH 110         /* pixels on the sheet: words of 18 letters */

/* A sheet under way. */
typedef struct show {
    ga_request *rq;
    const ga_dataset *data;
    ga_dims dims;
    ga_sheet *sheet;
    int versions, row;
    uint64_t seed;
    double p;
    ga_augmentation *draw; /* (versions) */
    float *original, *changed;
    void *room;
} show;

/* What was drawn, in a few letters; the sheet's font has ASCII only. */
static void words_of(const ga_augmentation *a, ga_augment_kind kind, char *buf, size_t size)
{
    buf[0] = 0;
    const bool applied = (a->kinds >> kind & 1) != 0;
    if (!applied) {
        snprintf(buf, size, "as it is");
        return;
    }
    switch (kind) {
    case GA_AUGMENT_CROP:
        snprintf(buf, size, "%.0f %%", 100 * (double)a->side);
        break;
    case GA_AUGMENT_ROTATE:
        snprintf(buf, size, "%+.1f deg", (double)a->angle);
        break;
    case GA_AUGMENT_TRANSLATE:
        snprintf(buf, size, "%+d, %+d", a->dx, a->dy);
        break;
    case GA_AUGMENT_FLIP:
        snprintf(buf, size, "flipped");
        break;
    case GA_AUGMENT_JITTER:
        snprintf(buf, size, "x %.2f, %+.2f", (double)a->contrast, (double)a->brightness);
        break;
    case GA_AUGMENT_BLUR:
        snprintf(buf, size, "sigma %.2f", (double)a->sigma);
        break;
    case GA_AUGMENT_NOISE:
        snprintf(buf, size, "sigma %.3g", (double)a->noise);
        break;
    case GA_AUGMENT_CUTOUT:
        snprintf(buf, size, "%d x %d", a->cut_w, a->cut_h);
        break;
    case GA_AUGMENT_KINDS:
        break;
    }
}

/* A picture, and beside it what a makes of it. kind: the only one, or GA_AUGMENT_KINDS for all. */
static ga_status draw_row(show *s, const ga_augment *a, ga_augment_kind kind, uint32_t picture,
                          ga_err *err)
{
    const ga_dims d = s->dims;
    const ga_scale scale = {.lo = 0, .hi = 1};
    const ga_batch_spec spec = {.lo = 0, .hi = 1};
    char words[160];
    const size_t count = ga_dims_count(d);
    ga_status status = ga_batch_fill(s->data, &picture, 1, spec, s->original, NULL, err);
    if (status != GA_OK)
        return status;
    for (int i = 0; i < s->versions; i++)
        memcpy(s->changed + (size_t)i * count, s->original, count * sizeof *s->changed);
    ga_augment_draw(a, s->p, d, s->seed, STREAM, (uint64_t)s->row * 1000, s->versions, s->draw);
    ga_augment_apply(s->draw, s->versions, d, 0, 1, s->changed, s->changed, s->room);
    const ga_view one = {s->original, 1, d.c, d.h, d.w};
    const ga_view all = {s->changed, s->versions, d.c, d.h, d.w};
    if (kind == GA_AUGMENT_KINDS)
        snprintf(words, sizeof words, "all together");
    else
        ga_augment_format(a, words, sizeof words);
    status = ga_sheet_put_view(s->sheet, 0, s->row, one, 0, scale, words, err);
    for (int i = 0; status == GA_OK && i < s->versions; i++) {
        words[0] = 0;
        if (kind != GA_AUGMENT_KINDS)
            words_of(&s->draw[i], kind, words, sizeof words);
        status = ga_sheet_put_view(s->sheet, i + 1, s->row, all, i, scale, words, err);
    }
    s->row++;
    return status;
}

/* A row for each kind with the same picture, then rows of all together with several. */
static ga_status draw_rows(show *s, const ga_augment *a, int together, const uint32_t *order,
                           ga_err *err)
{
    ga_status status = GA_OK;
    for (int k = 0; status == GA_OK && k < GA_AUGMENT_KINDS; k++) {
        ga_augment one = {0};
        one.magnitude[k] = a->magnitude[k];
        if (a->magnitude[k] != 0)
            status = draw_row(s, &one, (ga_augment_kind)k, order[0], err);
    }
    for (int i = 0; status == GA_OK && i < together; i++)
        status = draw_row(s, a, GA_AUGMENT_KINDS, order[i], err);
    return status;
}

static ga_status make_sheet(show *s, const ga_augment *a, const char *path, ga_err *err)
{
    const uint32_t n = (uint32_t)ga_dataset_n(s->data);
    const size_t count = ga_dims_count(s->dims), versions = (size_t)s->versions;
    char text[160], title[320];
    int kinds = 0;
    for (int k = 0; k < GA_AUGMENT_KINDS; k++)
        kinds += a->magnitude[k] != 0;
    const int together = kinds < 2 ? 0 : n < TOGETHER ? (int)n : TOGETHER;
    snprintf(title, sizeof title, "%s, %s: %s, seed %llu", ga_dataset_name(s->data),
             ga_split_name(ga_dataset_split(s->data)), ga_augment_format(a, text, sizeof text),
             (unsigned long long)s->seed);
    uint32_t *order = ga_mem_new(n, sizeof *order);
    s->draw = ga_mem_new(versions, sizeof *s->draw);
    s->original = ga_mem_new(count, sizeof *s->original);
    s->changed = ga_mem_new(count, versions * sizeof *s->changed);
    s->room = ga_mem_new(ga_augment_room(s->dims), 1);
    ga_status status = GA_OK;
    if (order == NULL || s->draw == NULL || s->original == NULL || s->changed == NULL ||
        s->room == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for a sheet of augmented pictures");
    if (status == GA_OK)
        status = ga_sheet_create(s->versions + 1, kinds + together, s->dims.w, s->dims.h,
                                 ga_zoom_for(s->dims.w, CELL_WIDTH), true, title, &s->sheet, err);
    if (status == GA_OK) {
        ga_epoch_order(n, s->seed, 0, order);
        status = draw_rows(s, a, together, order, err);
    }
    if (status == GA_OK)
        status = ga_sheet_save(s->rq, s->sheet, path, err);
    ga_sheet_free(s->sheet);
    ga_mem_free(order);
    ga_mem_free(s->draw);
    ga_mem_free(s->original);
    ga_mem_free(s->changed);
    ga_mem_free(s->room);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_augment a;
    ga_split split;
    ga_dataset *d = NULL;
    ga_status status = ga_augment_parse(ga_rq_text(rq, "augment"), &a, err);
    if (status == GA_OK && !ga_augment_any(&a))
        status = ga_fail(err, GA_EINVAL, "'--augment' names nothing to do: such as crop,rotate=15");
    if (status == GA_OK)
        status = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    if (status == GA_OK)
        status = ga_output_check(path, err);
    if (status == GA_OK)
        status = ga_data_arg_open(rq, split, &d, err);
    if (status == GA_OK) {
        show s = {.rq = rq,
                  .data = d,
                  .dims = ga_dataset_dims(d),
                  .versions = (int)ga_rq_int(rq, "samples", 7),
                  .seed = (uint64_t)ga_rq_int(rq, "seed", 1),
                  .p = ga_rq_number(rq, "probability", 1)};
        status = make_sheet(&s, &a, path, err);
    }
    if (status == GA_OK) {
        char text[160];
        ga_rq_result(rq, json_pack("{s:s, s:s}", "sheet", path, "augment",
                                   ga_augment_format(&a, text, sizeof text)));
    }
    ga_dataset_free(d);
    return status;
}

static const ga_field fields[] = {
    {.name = "data",
     .type = GA_FIELD_TEXT,
     .value = "DATA",
     .positional = true,
     .required = true,
     .help = GA_DATA_HELP},
    {.name = "augment",
     .type = GA_FIELD_TEXT,
     .value = "KINDS",
     .fallback = "crop,rotate,translate,flip,jitter,blur,noise,cutout",
     .help = "what is done, with magnitudes: crop=0.8,rotate=15,flip"},
    {.name = "probability",
     .type = GA_FIELD_NUMBER,
     .value = "P",
     .fallback = "1",
     .min = 0,
     .max = 1,
     .help = "each kind is applied with this probability"},
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("train"),
    {.name = "samples",
     .type = GA_FIELD_INT,
     .value = "N",
     .fallback = "7",
     .min = 1,
     .max = 64,
     .help = "versions beside each picture"},
    {.name = "seed",
     .type = GA_FIELD_INT,
     .value = "S",
     .fallback = "1",
     .min = 0,
     .max = 4294967295.0,
     .help = "which pictures and which draws"},
    {.name = "output",
     .letter = 'o',
     .type = GA_FIELD_PICTURE,
     .value = "SHEET.png",
     .fallback = "augment.png",
     .help = "sheet to write"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy data augment mnist -o augment.png", "every kind with its usual magnitude"},
    {"ganatomy data augment fashion-mnist --augment crop=0.7,flip,cutout=0.3 --classes 0,7",
     "some kinds, on shirts and sneakers"},
    {0}};

const ga_verb ga_verb_data_augment = {
    .name = "data augment",
    .summary = "show an augmentation beside the originals",
    .description =
        "A sheet with a row for each kind: the picture, and what was drawn for it under each "
        "version; then rows with all kinds together, each of another picture. Kinds are applied in "
        "this order, whatever the order in --augment: crop (smallest share of a side that is kept, "
        "0.1 to 1), rotate (degrees, 0 to 180), translate (share of the side, 0 to 1), flip, "
        "jitter (of colour, 0 to 1), blur (sigma in pixels, 0 to 10), noise (sigma as a share of "
        "the "
        "range, 0 to 1), cutout (share of the side, 0 to 1). A name alone takes the usual "
        "magnitude: crop=0.8, rotate=15, translate=0.125, jitter=0.2, blur=1, noise=0.05, "
        "cutout=0.5.\n\n"
        "The same text as --augment of a training does the same there.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
