/* verb_compare_dissections.c - `ganatomy compare dissections`: finished ones side by side. */
#include "app/sheets.h"
#include "app/sides.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

static void free_sides(ga_sides *s)
{
    for (int i = 0; i < s->n; i++)
        ga_findings_free(s->side[i].findings);
}

/* The folder's last name; all of it where two have the same. */
static void name_sides(ga_sides *s)
{
    for (int i = 0; i < s->n; i++) {
        const char *folder = s->side[i].folder;
        size_t end = strlen(folder);
        while (end > 1 && folder[end - 1] == '/')
            end--;
        size_t from = end;
        while (from > 0 && folder[from - 1] != '/')
            from--;
        from = from == end ? 0 : from;
        snprintf(s->side[i].name, GA_SIDE_NAME, "%.*s", (int)(end - from), folder + from);
    }
    bool same[GA_MOST_SIDES] = {0};
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->n; k++)
            same[i] = same[i] || (i != k && strcmp(s->side[i].name, s->side[k].name) == 0);
    for (int i = 0; i < s->n; i++)
        if (same[i])
            snprintf(s->side[i].name, GA_SIDE_NAME, "%s", s->side[i].folder);
}

static ga_status read_side(ga_side *s, ga_err *err)
{
    if (!ga_is_folder(s->folder))
        return ga_fail(err, GA_ENOTFOUND,
                       "'%s' is no folder: expected one that `ganatomy dissect -o` has filled",
                       s->folder);
    char *path = ga_path_join(s->folder, "dissect.json");
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    const ga_status status =
        ga_is_file(path)
            ? ga_findings_read(path, &s->findings, err)
            : ga_fail(err, GA_ENOTFOUND,
                      "'%s' has no dissect.json: it is no finished dissection (the same "
                      "`ganatomy dissect` command again would finish an interrupted one)",
                      s->folder);
    ga_mem_free(path);
    return status;
}

static ga_status gather(ga_request *rq, ga_sides *s, ga_err *err)
{
    int n;
    const char *const *folders = ga_rq_list(rq, "folders", &n);
    if (n > GA_MOST_SIDES)
        return ga_fail(err, GA_EINVAL, "%d dissections: at most %d are put side by side", n,
                       GA_MOST_SIDES);
    ga_status status = GA_OK;
    for (int i = 0; i < n && status == GA_OK; i++) {
        s->side[i].folder = folders[i];
        s->n = i + 1;
        status = read_side(&s->side[i], err);
    }
    name_sides(s);
    for (int i = 0; i < s->n && status == GA_OK; i++)
        for (int k = 0; k < i && status == GA_OK; k++)
            status = ga_findings_comparable(s->side[k].findings, s->side[k].name,
                                            s->side[i].findings, s->side[i].name, err);
    return status;
}

static void note_differences(ga_request *rq, const ga_sides *s)
{
    ga_text sentence = {0};
    for (int i = 0; ga_sides_differ(s, &i, &sentence); sentence.length = 0)
        if (!sentence.failed)
            ga_rq_note(rq, "%s", sentence.data);
    ga_text_free(&sentence);
}

/* A page of another comparison is written over, anything else is not. */
static ga_status check_output(const char *folder, ga_err *err)
{
    char *page = ga_path_join(folder, "compare.html");
    const ga_status status = page == NULL ? ga_fail(err, GA_ENOMEM, "no memory for a path")
                             : ga_is_folder(folder) ? ga_output_check(page, err)
                                                    : GA_OK;
    ga_mem_free(page);
    return status;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    const char *folder = ga_rq_text(rq, "output");
    ga_sides s = {.n = 0};
    ga_status status = check_output(folder, err);
    if (status == GA_OK)
        status = gather(rq, &s, err);
    json_t *json = status == GA_OK ? ga_sides_json(&s) : NULL;
    if (status == GA_OK && json == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for what was found");
    if (status == GA_OK)
        status = ga_sides_write(&s, json, folder, err);
    if (status == GA_OK) {
        note_differences(rq, &s);
        ga_sides_say(rq, &s);
        ga_rq_say(rq, "next: open %s/compare.html", folder);
        ga_rq_result(rq, json_incref(json));
    }
    json_decref(json);
    free_sides(&s);
    return status;
}

/* clang-format off */
static const ga_field fields[] = {
    {.name = "folders", .type = GA_FIELD_TEXT, .value = "FOLDER", .positional = true, .required = true,
     .many = true, .help = "what `ganatomy dissect -o FOLDER` has filled, one or more"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .fallback = "comparison",
     .help = "what gets compare.html, compare.json, layers.csv, labels.csv"},
    {0}};
/* clang-format on */

static const ga_example examples[] = {
    {"ganatomy compare dissections gan cgan vae encoder -o digits",
     "is the encoder the mirror image of the generator, and a VAE's decoder alike?"},
    {"ganatomy compare dissections fashion", "the layers of one network"},
    {0}};

const ga_verb ga_verb_compare_dissections = {
    .name = "compare dissections",
    .summary = "put finished dissections side by side: layers, networks",
    .description =
        "A row for each layer: how many of its units are interpretable and how many stand for "
        "their label (above chance), for how many distinct labels, with which IoU, beside what "
        "chance and, where the dissections have them (--random-twin), random weights bring about. "
        "Then, for each label that is the first one of a unit above chance somewhere, the IoU of "
        "the best unit of each layer. Layers count from the pictures, so that a generator and the "
        "encoder that inverts it can be laid on each other.\n\n"
        "Dissections by another segmenter or preset are refused, because their IoU does not mean "
        "the same; where sizes, sides, seeds or pictures differ, that is told.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
