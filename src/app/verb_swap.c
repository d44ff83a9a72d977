/* verb_swap.c - `ganatomy swap`: give units of one image another image's maps, or switch them off.
 *
 * One run: pairs of latents -> activations at the layer -> which units (given, drawn, or searched)
 * -> pictures with the operation done -> sheet and JSON. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "ganatomy/edit.h"
#include <string.h>

static const char *const operations[] = {"swap", "zero", "mean", "zero-filter", NULL};
static const char *const goals[] = {"most", "least", "toward", NULL};

typedef struct job {
    ga_model *model;
    ga_lab *lab;
    ga_operation operation;
    int n_pairs;
    size_t tap_size, picture_size; /* floats an image */
    float *source, *donor;         /* (n,U,H,W); donor NULL if the operation needs none */
    float *source_pictures, *donor_pictures, *pictures; /* (n,C,H,W) */
    int *units, n_units;
    double *scores; /* search: after each unit */
    json_t *pairs;  /* --common: each pair's own search */
} job;

static int word_index(const char *const *words, const char *word)
{
    int i = 0;
    while (strcmp(words[i], word) != 0)
        i++;
    return i;
}

static ga_status no_memory(ga_err *err)
{
    return ga_fail(err, GA_ENOMEM, "no memory for the pictures of this swap");
}

/* ---- which images ------------------------------------------------------------------------------*/

/* Latents of one side: --source Z or --sources FILE; set->z stays NULL when neither is given. */
static ga_status read_side(ga_request *rq, const ga_model *m, const char *one, const char *many,
                           ga_latent_set *set, ga_err *err)
{
    const char *word = ga_rq_text(rq, one), *path = ga_rq_text(rq, many);
    if (word != NULL && path != NULL)
        return ga_fail(err, GA_EINVAL, "--%s and --%s exclude each other", one, many);
    if (path != NULL)
        return ga_latent_set_read(path, m, set, err);
    if (word == NULL)
        return GA_OK;
    return ga_latent_set_parse(word, m, (uint32_t)ga_rq_int(rq, "z-seed", 1), set, err);
}

static ga_status render_sides(job *j, const ga_latent_set *source, const ga_latent_set *donor,
                              ga_err *err)
{
    const size_t n = (size_t)j->n_pairs;
    j->source = ga_mem_new(n * j->tap_size, sizeof *j->source);
    j->source_pictures = ga_mem_new(n * j->picture_size, sizeof *j->source_pictures);
    j->pictures = ga_mem_new(n * j->picture_size, sizeof *j->pictures);
    if (j->source == NULL || j->source_pictures == NULL || j->pictures == NULL)
        return no_memory(err);
    ga_status s = ga_lab_render(j->lab, source->z, source->labels, j->n_pairs, j->source,
                                j->source_pictures, err);
    if (s != GA_OK || donor->z == NULL)
        return s;
    j->donor = ga_mem_new(n * j->tap_size, sizeof *j->donor);
    j->donor_pictures = ga_mem_new(n * j->picture_size, sizeof *j->donor_pictures);
    if (j->donor == NULL || j->donor_pictures == NULL)
        return no_memory(err);
    return ga_lab_render(j->lab, donor->z, donor->labels, j->n_pairs, j->donor, j->donor_pictures,
                         err);
}

static ga_status prepare(ga_request *rq, job *j, ga_err *err)
{
    ga_lab_options options = {.tap = ga_rq_text(rq, "layer"),
                              .bn = ga_bn_parse(ga_rq_text(rq, "bn")),
                              .threads = ga_rq_threads(rq),
                              .memory_limit = ga_rq_memory(rq)};
    ga_latent_set source = {0}, donor = {0};
    const bool toward = ga_rq_text(rq, "search") != NULL &&
                        strcmp(ga_rq_text(rq, "search"), "toward") == 0;
    ga_status s = read_side(rq, j->model, "source", "sources", &source, err);
    if (s == GA_OK)
        s = read_side(rq, j->model, "donor", "donors", &donor, err);
    j->n_pairs = source.n;
    if (s == GA_OK && donor.z == NULL && (j->operation == GA_OP_SWAP || toward))
        s = ga_fail(err, GA_EINVAL, "--donor Z or --donors FILE.npy is needed %s",
                    toward ? "to search toward it" : "to swap with");
    if (s == GA_OK && donor.z != NULL && donor.n != j->n_pairs)
        s = ga_fail(err, GA_EINVAL, "%d sources but %d donors: they are taken in pairs", j->n_pairs,
                    donor.n);
    if (s == GA_OK) {
        options.batch = options.bn == GA_BN_BATCH || j->n_pairs < 64 ? j->n_pairs : 64;
        s = ga_lab_create(j->model, &options, &j->lab, err);
    }
    if (s == GA_OK) {
        j->tap_size = ga_dims_count(ga_lab_tap_dims(j->lab));
        j->picture_size = ga_dims_count(ga_lab_output_dims(j->lab));
        s = render_sides(j, &source, &donor, err);
    }
    ga_latent_set_free(&source);
    ga_latent_set_free(&donor);
    return s;
}

/* ---- which units -------------------------------------------------------------------------------*/

static json_t *ints(const int *v, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_integer(v[i]));
    return list;
}

static json_t *reals(const double *v, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_real(v[i]));
    return list;
}

static ga_status search_pair(ga_request *rq, job *j, int pair, int count, ga_err *err)
{
    return ga_lab_search(j->lab, (ga_search_goal)word_index(goals, ga_rq_text(rq, "search")),
                         j->operation, j->source + (size_t)pair * j->tap_size,
                         j->donor != NULL ? j->donor + (size_t)pair * j->tap_size : NULL, count,
                         j->units, j->scores, ga_rq_progress(rq), err);
}

/* The units that every pair's own search finds, in ascending order. */
static ga_status search_common(ga_request *rq, job *j, int count, ga_err *err)
{
    const int n_units = ga_lab_tap_dims(j->lab).c;
    int *votes = ga_mem_new((size_t)n_units, sizeof *votes);
    if (votes == NULL)
        return no_memory(err);
    ga_status s = GA_OK;
    j->pairs = json_array();
    for (int p = 0; p < j->n_pairs && s == GA_OK; p++) {
        s = search_pair(rq, j, p, count, err);
        if (s != GA_OK)
            break;
        json_array_append_new(j->pairs, json_pack("{s:o, s:o}", "units", ints(j->units, count),
                                                  "scores", reals(j->scores, count)));
        for (int i = 0; i < count; i++)
            votes[j->units[i]]++;
    }
    j->n_units = 0;
    for (int u = 0; u < n_units && s == GA_OK; u++)
        if (votes[u] == j->n_pairs)
            j->units[j->n_units++] = u;
    ga_mem_free(votes);
    return s;
}

/* An option that would be passed over in silence is a mistake worth a word. */
static ga_status check_options(ga_request *rq, ga_err *err)
{
    const bool search = ga_rq_given(rq, "search"), list = ga_rq_given(rq, "units"),
               strip = ga_rq_given(rq, "strip"), random = ga_rq_given(rq, "random");
    if (search + list + random > 1)
        return ga_fail(err, GA_EINVAL, "--search, --units and --random exclude each other");
    if (!search && !list && !random && !strip)
        return ga_fail(err, GA_EINVAL,
                       "which units? --units LIST, --random N, --strip K or --search most|least|toward");
    if (!search && (ga_rq_flag(rq, "common") || ga_rq_given(rq, "count")))
        return ga_fail(err, GA_EINVAL, "--%s needs --search",
                       ga_rq_flag(rq, "common") ? "common" : "count");
    if (ga_rq_flag(rq, "nested") && (!strip || search || list))
        return ga_fail(err, GA_EINVAL, "--nested is for a --strip of drawn units");
    return ga_output_check(ga_rq_text(rq, "output"), err);
}

static ga_status choose_units(ga_request *rq, job *j, ga_err *err)
{
    const int n_all = ga_lab_tap_dims(j->lab).c;
    const bool search = ga_rq_given(rq, "search"), random = ga_rq_given(rq, "random");
    if (ga_rq_given(rq, "units"))
        return ga_units_parse(ga_rq_text(rq, "units"), n_all, &j->units, &j->n_units, err);
    const int64_t wanted = search   ? ga_rq_int(rq, "count", 20)
                           : random ? ga_rq_int(rq, "random", 0)
                                    : n_all;
    if (wanted > n_all)
        return ga_fail(err, GA_EINVAL, "%lld units asked for: '%s' has %d", (long long)wanted,
                       ga_rq_text(rq, "layer"), n_all);
    j->n_units = (int)wanted;
    j->units = ga_mem_new((size_t)n_all, sizeof *j->units);
    j->scores = ga_mem_new((size_t)n_all, sizeof *j->scores);
    if (j->units == NULL || j->scores == NULL)
        return no_memory(err);
    if (!search)
        return ga_random_units(n_all, j->n_units, (uint64_t)ga_rq_int(rq, "seed", 1), j->units, err);
    return ga_rq_flag(rq, "common") ? search_common(rq, j, j->n_units, err)
                                    : search_pair(rq, j, 0, j->n_units, err);
}

/* ---- pictures ----------------------------------------------------------------------------------*/

/* Mean squared difference of picture i from its source. */
static double change(const job *j, int i)
{
    const float *a = j->pictures + (size_t)i * j->picture_size,
                *b = j->source_pictures + (size_t)i * j->picture_size;
    double sum = 0;
    for (size_t k = 0; k < j->picture_size; k++) {
        const double x = (double)a[k] - (double)b[k];
        sum += x * x;
    }
    return sum / (double)j->picture_size;
}

static ga_status new_sheet(const job *j, int columns, int rows, const char *title, ga_sheet **out,
                           ga_err *err)
{
    const ga_dims d = ga_lab_output_dims(j->lab);
    return ga_sheet_create(columns, rows, d.w, d.h, ga_zoom_for(d.w, 84), true, title, out, err);
}

/* "layer1: swap of 20 of 128 units, those that change it most". */
static void title_words(const ga_request *rq, const job *j, bool strip, char *buf, size_t size)
{
    const char *search = ga_rq_text(rq, "search"), *which = "";
    if (search != NULL)
        which = strcmp(search, "toward") == 0  ? ", those that lead toward the donor"
                : strcmp(search, "most") == 0 ? ", those that change it most"
                                              : ", those that change it least";
    else if (ga_rq_given(rq, "units"))
        which = ", as listed";
    else if (strip)
        which = ga_rq_flag(rq, "nested") ? ", drawn at random, each picture adds to the one before"
                                         : ", drawn at random, afresh for each picture";
    else
        which = ", drawn at random";
    snprintf(buf, size, "%s: %s of %s%d of %d units%s", ga_rq_text(rq, "layer"),
             ga_rq_text(rq, "operation"), strip ? "0 to " : "", j->n_units,
             ga_lab_tap_dims(j->lab).c, which);
}

static ga_status put(ga_request *rq, const job *j, ga_sheet *sheet, int column, int row,
                     const float *pictures, int i, const char *caption, ga_err *err)
{
    const ga_dims d = ga_lab_output_dims(j->lab);
    return ga_sheet_put_view(sheet, column, row, (ga_view){pictures, i + 1, d.c, d.h, d.w}, i,
                             ga_model_scale(j->model, ga_rq_flag(rq, "stretch")), caption, err);
}

/* A row a pair: source, donor if there is one, result. */
static ga_status draw_pairs(ga_request *rq, job *j, json_t *result, const char *path, ga_err *err)
{
    ga_sheet *sheet = NULL;
    char caption[32], title[200];
    const int columns = j->donor != NULL ? 3 : 2;
    double *changes = ga_mem_new((size_t)j->n_pairs, sizeof *changes);
    if (changes == NULL)
        return no_memory(err);
    title_words(rq, j, false, title, sizeof title);
    ga_status s = ga_lab_apply(j->lab, j->operation, j->units, j->n_units, j->source, j->donor,
                               j->n_pairs, j->pictures, err);
    if (s == GA_OK)
        s = new_sheet(j, columns, j->n_pairs, title, &sheet, err);
    for (int i = 0; i < j->n_pairs && s == GA_OK; i++) {
        changes[i] = change(j, i);
        s = put(rq, j, sheet, 0, i, j->source_pictures, i, "source", err);
        if (s == GA_OK && columns == 3)
            s = put(rq, j, sheet, 1, i, j->donor_pictures, i, "donor", err);
        snprintf(caption, sizeof caption, j->n_units == 1 ? "%d unit" : "%d units", j->n_units);
        if (s == GA_OK)
            s = put(rq, j, sheet, columns - 1, i, j->pictures, i, caption, err);
    }
    if (s == GA_OK)
        s = ga_sheet_save(rq, sheet, path, err);
    if (s == GA_OK)
        json_object_set_new(result, "change", reals(changes, j->n_pairs));
    ga_mem_free(changes);
    ga_sheet_free(sheet);
    return s;
}

/* A row a pair: steps+1 pictures with i/steps of the units done. Drawn units are a fresh subset
 * each time unless --nested; listed and searched ones keep their order. */
static ga_status draw_strip(ga_request *rq, job *j, int steps, json_t *result, const char *path,
                            ga_err *err)
{
    const bool fresh = !ga_rq_given(rq, "search") && !ga_rq_given(rq, "units") &&
                       !ga_rq_flag(rq, "nested");
    const int n_all = ga_lab_tap_dims(j->lab).c;
    const uint64_t seed = (uint64_t)ga_rq_int(rq, "seed", 1);
    ga_sheet *sheet = NULL;
    char caption[32], title[200];
    json_t *list = json_array(), *scores = json_array();
    title_words(rq, j, true, title, sizeof title);
    ga_status s = new_sheet(j, steps + 1, j->n_pairs, title, &sheet, err);
    for (int k = 0; k <= steps && s == GA_OK; k++) {
        const int count = (int)((int64_t)j->n_units * k / steps);
        json_t *changes = json_array();
        if (fresh) /* a stream of its own for every step, so that steps do not depend on each other */
            s = ga_random_units(n_all, count, seed * 1000003 + (uint64_t)k, j->units, err);
        if (s == GA_OK)
            s = ga_lab_apply(j->lab, j->operation, j->units, count, j->source, j->donor, j->n_pairs,
                             j->pictures, err);
        snprintf(caption, sizeof caption, "%d of %d", count, j->n_units);
        for (int i = 0; i < j->n_pairs && s == GA_OK; i++) {
            json_array_append_new(changes, json_real(change(j, i)));
            s = put(rq, j, sheet, k, i, j->pictures, i, caption, err);
        }
        json_array_append(scores, j->n_pairs == 1 ? json_array_get(changes, 0) : changes);
        json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "count", count, "units",
                                              ints(j->units, count), "change", changes));
    }
    if (s == GA_OK)
        s = ga_sheet_save(rq, sheet, path, err);
    if (fresh) /* those of the last picture */
        json_object_set_new(result, "units", ints(j->units, j->n_units));
    json_object_set_new(result, "strip", list);
    json_object_set_new(result, "change", scores);
    ga_sheet_free(sheet);
    return s;
}

static void say_units(ga_request *rq, const job *j)
{
    ga_text line = {0};
    for (int i = 0; i < j->n_units; i++)
        ga_text_addf(&line, " %d", j->units[i]);
    ga_rq_say(rq, "%d %s:%s", j->n_units, j->n_units == 1 ? "unit" : "units",
              line.data != NULL ? line.data : " none");
    ga_text_free(&line);
}

static ga_status answer(ga_request *rq, job *j, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    const int steps = (int)ga_rq_int(rq, "strip", 0);
    json_t *result =
        json_pack("{s:s, s:s, s:s, s:o}", "layer", ga_rq_text(rq, "layer"), "operation",
                  ga_rq_text(rq, "operation"), "sheet", path, "units", ints(j->units, j->n_units));
    if (j->pairs != NULL) {
        json_object_set(result, "pairs", j->pairs);
        json_object_set_new(result, "common", ints(j->units, j->n_units));
    } else if (ga_rq_given(rq, "search")) {
        json_object_set_new(result, "search", json_string(ga_rq_text(rq, "search")));
        json_object_set_new(result, "scores", reals(j->scores, j->n_units));
    }
    if (steps == 0 || ga_rq_given(rq, "search") || ga_rq_given(rq, "units"))
        say_units(rq, j);
    const ga_status s = steps > 0 ? draw_strip(rq, j, steps, result, path, err)
                                  : draw_pairs(rq, j, result, path, err);
    if (s == GA_OK && json_object_get(result, "scores") == NULL)
        json_object_set(result, "scores", json_object_get(result, "change"));
    if (s == GA_OK)
        ga_rq_result(rq, result);
    else
        json_decref(result);
    return s;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    job j = {.operation = (ga_operation)word_index(operations, ga_rq_text(rq, "operation"))};
    ga_status s = check_options(rq, err);
    if (s == GA_OK)
        s = ga_app_generator(rq, ga_rq_text(rq, "model"), &j.model, err);
    if (s == GA_OK)
        s = prepare(rq, &j, err);
    if (s == GA_OK)
        s = choose_units(rq, &j, err);
    if (s == GA_OK)
        s = answer(rq, &j, err);
    json_decref(j.pairs);
    ga_mem_free(j.source);
    ga_mem_free(j.donor);
    ga_mem_free(j.source_pictures);
    ga_mem_free(j.donor_pictures);
    ga_mem_free(j.pictures);
    ga_mem_free(j.units);
    ga_mem_free(j.scores);
    ga_lab_free(j.lab);
    ga_model_free(j.model);
    return s;
}

static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "model file, or a name that `ganatomy doctor` lists"},
    {.name = "layer", .type = GA_FIELD_TEXT, .value = "LAYER", .required = true,
     .help = "whose units to change; `ganatomy model info MODEL` lists the layers"},
    {.name = "source", .type = GA_FIELD_TEXT, .value = "Z", .unless = "sources",
     .help = "the image that is changed: id:17, v,v,... or FILE.npy:ROW; of a class id:17@3"},
    {.name = "donor", .type = GA_FIELD_TEXT, .value = "Z", .help = "the image that gives its maps"},
    {.name = "sources", .type = GA_FIELD_FILE, .value = "FILE.npy",
     .help = "several sources, one latent a row; they share one set of units"},
    {.name = "donors", .type = GA_FIELD_FILE, .value = "FILE.npy",
     .help = "their donors, row by row"},
    {.name = "search", .type = GA_FIELD_CHOICE, .value = "GOAL", .choices = goals,
     .help = "greedy search for the units that move the picture most, least, or toward the donor's; "
             "of several pairs the first is searched"},
    {.name = "count", .type = GA_FIELD_INT, .value = "N", .fallback = "20", .min = 1, .max = 1000000,
     .help = "how many units the search takes"},
    {.name = "common", .type = GA_FIELD_FLAG,
     .help = "search every pair and use the units that all of them share"},
    {.name = "units", .type = GA_FIELD_TEXT, .value = "LIST", .help = "these units, like 44,23,0-5"},
    {.name = "random", .type = GA_FIELD_INT, .value = "N", .min = 0, .max = 1000000,
     .help = "that many units, drawn by --seed"},
    {.name = "strip", .type = GA_FIELD_INT, .value = "K", .min = 1, .max = 100,
     .help = "K+1 pictures with i/K of the units done (of all units unless some are named)"},
    {.name = "nested", .type = GA_FIELD_FLAG,
     .help = "in a strip of drawn units, keep the earlier ones in place of a fresh draw"},
    {.name = "operation", .type = GA_FIELD_CHOICE, .value = "OP", .fallback = "swap",
     .choices = operations,
     .help = "swap with the donor's map, or set the map to zero after the activation, to its mean in "
             "the image, or its filter to zero before the norm"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "seed of the drawn units"},
    {.name = "z-seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 4294967295.0, .help = "seed of the stream that ids count in"},
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words,
     .help = "batch-norm statistics: running, of the batch, or of each image alone"},
    {.name = "stretch", .type = GA_FIELD_FLAG,
     .help = "show each picture from its own minimum to its own maximum"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_PICTURE, .value = "SHEET.png",
     .fallback = "swap.png", .help = "sheet to write: a row a pair"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy swap mnist-gan --layer layer1 --source id:3 --donor id:8 --search most --count 20",
     "the 20 units that turn image 3 away from itself fastest"},
    {"ganatomy swap mnist-gan --layer layer1 --source id:3 --donor id:8 --strip 8 -o strip.png",
     "nothing to everything swapped, in nine pictures"},
    {"ganatomy swap mnist-gan --layer layer2 --source id:3 --units 0-9 --operation zero",
     "ten units switched off"},
    {0}};

const ga_verb ga_verb_swap = {
    .name = "swap",
    .summary = "change units of one image: give them another image's maps, or switch them off",
    .description =
        "Renders the source up to a layer, changes some of that layer's units, and renders on. The "
        "units are listed, drawn at random, or found by a greedy search: at every step each unit "
        "not yet taken is tried, and the one is kept whose picture differs most (or least) from the "
        "source's in the mean of squared differences, or is closest to the donor's; ties go to the "
        "lower index.\n\n"
        "`--json` prints the units in the order found and the score after each.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
