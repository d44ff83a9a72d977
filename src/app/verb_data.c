/* verb_data.c - `ganatomy data list|info|fetch|show`. */
#include "app/data_areas.h"
#include "app/data_arg.h"
#include "app/sheets.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <stdio.h>

/* The set as the first word of a data verb. */
#define DATA_FIELD                                                                                 \
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA", .positional = true, .required = true, \
     .help = GA_DATA_HELP}

/* ---- list --------------------------------------------------------------------------------------*/

static ga_status run_list(ga_request *rq, ga_err *err)
{
    const ga_data_places places = {.home = ga_rq_home(rq)};
    json_t *list = json_array();
    (void)err;
    ga_rq_say(rq, "  %-16s %-38s %9s %8s  %s", "name", "what", "pictures", "size", "where");
    for (int i = 0; i < ga_data_known_count(); i++) {
        const ga_data_known *k = ga_data_known_at(i);
        char folder[4096], size[24];
        ga_err missing;
        const bool found = ga_data_find(k->name, &places, folder, sizeof folder, &missing) == GA_OK;
        snprintf(size, sizeof size, "%dx%dx%d", k->dims.c, k->dims.h, k->dims.w);
        ga_rq_say(rq, "  %-16s %-38s %9d %8s  %s", k->name, k->title, k->n_train + k->n_test, size,
                  k->rendered ? "drawn by this program" : found ? folder : "not here");
        if (!found)
            ga_rq_say(rq, "  %-16s   get it: ganatomy data fetch %s%s%s", "", k->name,
                      k->get != NULL ? ", or " : "", k->get != NULL ? k->get : "");
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:[i,i,i], s:i, s:b, s:s?}", "name",
                                              k->name, "title", k->title, "train", k->n_train, "test",
                                              k->n_test, "shape", k->dims.c, k->dims.h, k->dims.w,
                                              "classes", k->classes, "here", found, "folder",
                                              found ? folder : NULL));
    }
    ga_rq_result(rq, json_pack("{s:o}", "datasets", list));
    return GA_OK;
}

static const ga_field list_fields[] = {{0}};
static const ga_example list_examples[] = {{"ganatomy data list", "what there is, and where"}, {0}};

const ga_verb ga_verb_data_list = {
    .name = "data list",
    .summary = "list the known data sets and where they were found",
    .description = "Looks in the workspace, in the folders of $GANATOMY_DATA and where Debian's "
                   "packages put data sets. A folder of pictures or of IDX files and an .npz "
                   "file are data sets too, by their paths.",
    .fields = list_fields,
    .examples = list_examples,
    .run = run_list,
};

/* ---- info --------------------------------------------------------------------------------------*/

/* Counts of one split in words; *part is a new object. */
static ga_status describe(ga_request *rq, const ga_dataset *d, json_t **part, ga_err *err)
{
    const ga_dims dims = ga_dataset_dims(d);
    const int n_classes = ga_dataset_classes(d);
    const char *split = ga_split_name(ga_dataset_split(d));
    int *counts = ga_mem_new((size_t)n_classes, sizeof *counts);
    if (counts == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d classes", n_classes);
    ga_dataset_class_counts(d, counts);
    ga_rq_say(rq, "%s, %s: %d pictures %dx%dx%d, %d classes", ga_dataset_name(d), split,
              ga_dataset_n(d), dims.c, dims.h, dims.w, n_classes);
    uint64_t seed, index;
    ga_rq_say(rq, "  folder   %s",
              ga_dataset_scene(d, 0, &seed, &index) ? "none: drawn by this program" : ga_dataset_folder(d));
    ga_rq_say(rq, "  content  %s%s", ga_dataset_hash(d),
              ga_dataset_is_published(d) ? " (as published)" : "");
    json_t *classes = json_object();
    for (int c = 0; c < n_classes; c++) {
        ga_rq_say(rq, "  %-12s %7d", ga_dataset_class_name(d, c), counts[c]);
        json_object_set_new(classes, ga_dataset_class_name(d, c), json_integer(counts[c]));
    }
    *part = json_pack("{s:i, s:[i,i,i], s:s, s:s, s:b, s:o}", "pictures", ga_dataset_n(d), "shape",
                      dims.c, dims.h, dims.w, "folder", ga_dataset_folder(d), "hash",
                      ga_dataset_hash(d), "published", ga_dataset_is_published(d), "classes",
                      classes);
    ga_mem_free(counts);
    return GA_OK;
}

static ga_status run_info(ga_request *rq, ga_err *err)
{
    json_t *parts = json_object();
    ga_data_arg arg = ga_data_arg_of(rq);
    ga_status s = GA_OK;
    for (int i = 0; i < 2 && s == GA_OK; i++) {
        ga_dataset *d = NULL;
        json_t *part = NULL;
        s = ga_data_arg_load(rq, &arg, i == 0 ? GA_SPLIT_TRAIN : GA_SPLIT_TEST, &d, err);
        if (i == 1 && s == GA_ENOTFOUND) { /* a set may have nothing to test with */
            ga_rq_say(rq, "%s", err != NULL ? err->text : "nothing to test with");
            json_object_set_new(parts, ga_split_words[i], json_null());
            s = GA_OK;
            break;
        }
        if (s == GA_OK)
            s = describe(rq, d, &part, err);
        if (s == GA_OK && ga_rq_flag(rq, "areas")) {
            json_t *areas = NULL;
            s = ga_data_areas(rq, d, &areas, err);
            if (s == GA_OK)
                json_object_set_new(part, "areas", areas);
        }
        if (s == GA_OK)
            json_object_set_new(parts, ga_split_words[i], part);
        else
            json_decref(part);
        ga_dataset_free(d);
        arg.what.images = 0; /* that many are trained with; all are tested with */
        arg.quiet = true;
    }
    if (s == GA_OK)
        ga_rq_result(rq, parts);
    else
        json_decref(parts);
    return s;
}

static const ga_field info_fields[] = {
    DATA_FIELD,
    GA_DATA_FIELDS,
    {.name = "areas", .type = GA_FIELD_FLAG,
     .help = "also the share of pixels and of pictures that each label has (of scenes)"},
    {0}};
static const ga_example info_examples[] = {
    {"ganatomy data info fashion-mnist", "counts, classes and content hash"},
    {"ganatomy data info scenes --images 1000 --areas", "how much of a small world is tree, sky or door"},
    {"ganatomy data info ./birds --pixels 64", "a folder of pictures, all made 64 x 64"},
    {0}};

const ga_verb ga_verb_data_info = {
    .name = "data info",
    .summary = "describe a data set: counts, classes, content hash",
    .description = "Describes both splits. The content hash is over shapes, pixels and labels: equal "
                   "data give equal hashes, however they are stored. --images is the size of the "
                   "training split; the test split stays whole.",
    .fields = info_fields,
    .examples = info_examples,
    .run = run_info,
};

/* ---- fetch -------------------------------------------------------------------------------------*/

static void tell_fetched(ga_request *rq, const char *name, const char *folder, bool fetched)
{
    if (folder[0] == 0)
        ga_rq_say(rq, "%s is drawn by this program: nothing to fetch", name);
    else
        ga_rq_say(rq, fetched ? "%s is in %s" : "%s is already in %s, complete: nothing to fetch", name,
                  folder);
    ga_rq_say(rq, "next: ganatomy data show %s -o %s.png", name, name);
    ga_rq_result(rq, json_pack("{s:s, s:s, s:b}", "name", name, "folder", folder, "fetched", fetched));
}

static ga_status run_fetch(ga_request *rq, ga_err *err)
{
    const char *name = ga_rq_text(rq, "data");
    const ga_data_places places = {.home = ga_rq_home(rq)};
    char folder[4096];
    ga_text dest = {0};
    ga_text_addf(&dest, "%s/datasets/%s", ga_rq_home(rq), name);
    if (dest.failed)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    const ga_fetch_options o = {.dest = dest.data, .from = ga_rq_text(rq, "from"),
                                .url = ga_rq_text(rq, "url"), .progress = ga_rq_progress(rq)};
    ga_status s = GA_OK;
    /* Files that a package brought will do as well, unless other ones are asked for by address. */
    const bool anywhere = o.from == NULL && o.url == NULL &&
                          ga_data_find(name, &places, folder, sizeof folder, NULL) == GA_OK &&
                          ga_data_complete(name, folder);
    if (anywhere || ga_data_complete(name, dest.data)) {
        tell_fetched(rq, name, anywhere ? folder : dest.data, false);
    } else {
        s = ga_data_fetch(name, &o, err);
        if (s == GA_OK)
            tell_fetched(rq, name, dest.data, true);
    }
    ga_text_free(&dest);
    return s;
}

static const ga_field fetch_fields[] = {
    {.name = "data", .type = GA_FIELD_TEXT, .value = "NAME", .positional = true, .required = true,
     .help = "mnist, fashion-mnist or emnist-letters"},
    {.name = "from", .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .help = "take the files from this folder in place of the network"},
    {.name = "url", .type = GA_FIELD_TEXT, .value = "URL",
     .help = "another address that has the same files, ending in '/'"},
    {0}};
static const ga_example fetch_examples[] = {
    {"ganatomy data fetch mnist", "the official files, checked, resumed if broken off"},
    {"ganatomy data fetch emnist-letters --from ~/Downloads", "files that are already on this disk"},
    {0}};

const ga_verb ga_verb_data_fetch = {
    .name = "data fetch",
    .summary = "get a data set into the workspace",
    .description = "Downloads the official files over HTTPS and compares their content with the "
                   "published one; a download that broke off is continued by the same command. A set "
                   "that is already here (`ganatomy data list`) is compared and left as it is.",
    .fields = fetch_fields,
    .examples = fetch_examples,
    .run = run_fetch,
};

/* ---- show --------------------------------------------------------------------------------------*/

static ga_status run_show(ga_request *rq, ga_err *err)
{
    const char *path = ga_rq_text(rq, "output");
    ga_split split;
    ga_dataset *d = NULL;
    ga_image image = {0};
    ga_status s = ga_split_parse(ga_rq_text(rq, "split"), &split, err);
    if (s == GA_OK)
        s = ga_output_check(path, err);
    if (s == GA_OK)
        s = ga_data_arg_open(rq, split, &d, err);
    const ga_data_show_options o = {.columns = (int)ga_rq_int(rq, "samples", 0),
                                    .first = (int)ga_rq_int(rq, "first", 0),
                                    .seed = (uint64_t)ga_rq_int(rq, "seed", 1),
                                    .plain = ga_rq_flag(rq, "plain")};
    if (s == GA_OK)
        s = ga_data_show(d, &o, &image, err);
    if (s == GA_OK)
        s = ga_image_write_png(path, &image, err);
    if (s == GA_OK) {
        ga_rq_say(rq, "wrote %s (%d x %d pixels)", path, image.w, image.h);
        ga_rq_result(rq, json_pack("{s:s}", "sheet", path));
    }
    ga_image_free(&image);
    ga_dataset_free(d);
    return s;
}

static const ga_field show_fields[] = {
    DATA_FIELD,
    GA_DATA_FIELDS,
    GA_DATA_SPLIT_FIELD("train"),
    {.name = "samples", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 64,
     .help = "samples of each class (default: 10; 2 of scenes, which come with maps of labels)"},
    {.name = "first", .type = GA_FIELD_INT, .value = "CLASS", .fallback = "0", .min = 0, .max = 999,
     .help = "first of the ten classes drawn"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "which samples"},
    {.name = "plain", .type = GA_FIELD_FLAG, .help = "pictures alone, without maps of labels"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_PICTURE, .value = "SHEET.png",
     .fallback = "data.png", .help = "sheet to write"},
    {0}};
static const ga_example show_examples[] = {
    {"ganatomy data show mnist -o mnist.png", "ten digits with ten samples each"},
    {"ganatomy data show scenes --split test -o scenes.png", "small worlds beside their maps of labels"},
    {"ganatomy data show fashion-mnist --classes 0-2 --samples 20 -o tops.png",
     "twenty samples of three classes"},
    {0}};

const ga_verb ga_verb_data_show = {
    .name = "data show",
    .summary = "draw ten classes of a data set with samples",
    .description = "A sheet with one class a row. The same seed draws the same samples. Scenes are drawn "
                   "beside what each of their pixels is: object, part, material, colour.",
    .fields = show_fields,
    .examples = show_examples,
    .run = run_show,
};
