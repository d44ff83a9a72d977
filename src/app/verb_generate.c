/* verb_generate.c - `ganatomy generate`: pictures of a generator. */
#include "app/each_picture.h"
#include "app/latent_arg.h"
#include "app/recognise.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include <inttypes.h>
#include <math.h>

/* What the user named: either ids of the seed's stream or latents one by one. */
typedef struct wanted {
    uint64_t *ids; /* NULL when latents were given one by one */
    const char *const *words;
    int32_t *cycle; /* classes that images get in turn; NULL: the model draws none */
    int n_cycle;
    ga_latent_set set;
    ga_recognised *read; /* of each image, by --classifier; NULL: nobody looks */
} wanted;

static void wanted_free(wanted *w)
{
    ga_mem_free(w->ids);
    ga_mem_free(w->cycle);
    ga_mem_free(w->read);
    ga_latent_set_free(&w->set);
}

/* --label, else all classes. */
static ga_status read_cycle(ga_request *rq, const ga_model *m, wanted *w, ga_err *err)
{
    const char *list = ga_rq_text(rq, "label");
    const int classes = ga_arch_classes(ga_model_arch(m));
    if (list != NULL)
        return ga_labels_parse(list, m, &w->cycle, &w->n_cycle, err);
    if (classes == 0)
        return GA_OK;
    w->cycle = ga_mem_new((size_t)classes, sizeof *w->cycle);
    if (w->cycle == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d classes", classes);
    w->n_cycle = classes;
    ga_labels(classes, 0, classes, w->cycle);
    return GA_OK;
}

/* Latent i, or as many more as follow it in the stream; *run: how many. */
static ga_status read_some(const ga_model *m, uint32_t seed, wanted *w, int i, int *run, ga_err *err)
{
    const int size = ga_latent_size(m);
    float *row = w->set.z + (size_t)i * (size_t)size;
    int32_t label = w->cycle != NULL ? w->cycle[i % w->n_cycle] : -1;
    *run = 1;
    if (w->ids == NULL) {
        const ga_status s = ga_latent_parse(w->words[i], m, seed, row, &label, err);
        if (w->set.labels != NULL)
            w->set.labels[i] = label;
        return s;
    }
    while (i + *run < w->set.n && w->ids[i + *run] == w->ids[i] + (uint64_t)*run)
        ++*run;
    for (int k = i; k < i + *run && w->set.labels != NULL && w->cycle != NULL; k++)
        w->set.labels[k] = w->cycle[k % w->n_cycle];
    return ga_latents(ga_arch_law(ga_model_arch(m)), seed, w->ids[i], *run, size, row, err);
}

static ga_status read_wanted(ga_request *rq, const ga_model *m, wanted *w, ga_err *err)
{
    const uint32_t seed = (uint32_t)ga_rq_int(rq, "seed", 1);
    int n;
    w->words = ga_rq_list(rq, "z", &n);
    if (n > 0 && ga_rq_given(rq, "ids"))
        return ga_fail(err, GA_EINVAL, "--ids and --z exclude each other");
    ga_status s = read_cycle(rq, m, w, err);
    if (s == GA_OK && n == 0)
        s = ga_ids_parse(ga_rq_text(rq, "ids"), &w->ids, &n, err);
    if (s == GA_OK)
        s = ga_latent_set_create(m, n, &w->set, err);
    for (int i = 0, run; i < n && s == GA_OK; i += run)
        s = read_some(m, seed, w, i, &run, err);
    return s;
}

/* A renderer of as many images as there are, up to 128 at a time or as --memory allows; all of
 * them where they are one batch. */
static ga_status make_renderer(ga_request *rq, ga_model *m, int n, size_t picture_bytes,
                               ga_renderer **out, ga_err *err)
{
    const size_t limit = ga_rq_memory(rq), held = (size_t)n * picture_bytes;
    char needs[16], has[16];
    if (limit > 0 && held >= limit)
        return ga_fail(err, GA_ENOMEM, "%d pictures alone are %s of numbers, the limit is %s", n,
                       ga_format_bytes(held, needs, sizeof needs),
                       ga_format_bytes(limit, has, sizeof has));
    ga_renderer_options o = {.bn = ga_bn_parse(ga_rq_text(rq, "bn")),
                             .threads = ga_rq_threads(rq),
                             .memory_limit = limit > 0 ? limit - held : 0,
                             .bf16 = ga_rq_flag(rq, "bf16")};
    o.batch = o.bn == GA_BN_BATCH || n < 128 ? n : 128;
    const ga_status s = ga_renderer_create(m, &o, out, err);
    if (s != GA_ENOMEM)
        return s;
    ga_format_bytes(held, needs, sizeof needs);
    return o.bn == GA_BN_BATCH
               ? ga_fail_in(err, s, "--bn batch takes all %d images as one batch, beside %s of pictures",
                            n, needs)
               : ga_fail_in(err, s, "beside %s of pictures", needs);
}

static ga_status render(ga_request *rq, ga_model *m, const wanted *w, float *pictures, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    const ga_dims out = ga_graph_output_dims(g);
    ga_renderer *r = NULL;
    ga_status s = make_renderer(rq, m, w->set.n, ga_dims_count(out) * sizeof *pictures, &r, err);
    if (s == GA_OK)
        s = ga_renderer_draw(r, w->set.z, w->set.labels, w->set.n, pictures, ga_rq_progress(rq), err);
    ga_renderer_free(r);
    return s;
}

static ga_status write_npy(ga_request *rq, const char *path, ga_view v, ga_err *err)
{
    const ga_array a = {.name = "images", .dtype = GA_F32, .rank = 4,
                        .dim = {v.n, v.c, v.h, v.w}, .count = ga_view_count(v), .data = v.data};
    const ga_status s = ga_weights_write(path, GA_FORM_NPY, &a, 1, NULL, err);
    if (s == GA_OK)
        ga_rq_say(rq, "wrote %s, f32 (%d,%d,%d,%d)", path, v.n, v.c, v.h, v.w);
    return s;
}

/* "17", "17@3" of class 3; "z 0" of a latent that has no id; ": 8 .97" as which it is read. */
static void caption_of(const wanted *w, int i, char *buf, size_t size)
{
    int at = w->ids != NULL ? snprintf(buf, size, "%" PRIu64, w->ids[i])
                            : snprintf(buf, size, "z %d", i);
    if (w->set.labels != NULL)
        at += snprintf(buf + at, size - (size_t)at, "@%d", (int)w->set.labels[i]);
    if (w->read != NULL)
        (void)snprintf(buf + at, size - (size_t)at, ": %d %.2f", w->read[i].label, w->read[i].softmax);
}

static ga_status write_sheet(ga_request *rq, const ga_model *m, const wanted *w, ga_view v,
                             const char *path, ga_err *err)
{
    enum { MOST = 4096 };
    ga_sheet *sheet;
    char caption[48];
    const int shown = v.n < MOST ? v.n : MOST;
    const int columns = ga_columns_for_cycle(shown, w->n_cycle);
    const ga_scale scale = ga_model_scale(m, ga_rq_flag(rq, "stretch"));
    if (shown < v.n)
        ga_rq_note(rq, "the sheet shows the first %d of %d images; --npy and --each keep all", shown, v.n);
    ga_status s = ga_sheet_create(columns, (shown + columns - 1) / columns, v.w, v.h,
                                  ga_zoom_for(v.w, w->read != NULL ? 84 : 56), true, NULL, &sheet, err);
    for (int i = 0; i < shown && s == GA_OK; i++) {
        caption_of(w, i, caption, sizeof caption);
        s = ga_sheet_put_view(sheet, i % columns, i / columns, v, i, scale, caption, err);
    }
    if (s == GA_OK)
        s = ga_sheet_save(rq, sheet, path, err);
    ga_sheet_free(sheet);
    return s;
}

/* What the files of --each are called; ga_mem_free. */
static ga_picture_name *names_of(const wanted *w)
{
    ga_picture_name *names = ga_mem_new((size_t)w->set.n, sizeof *names);
    for (int i = 0; names != NULL && i < w->set.n; i++)
        names[i] = (ga_picture_name){.id = w->ids != NULL ? w->ids[i] : (uint64_t)i,
                                     .label = w->set.labels != NULL ? w->set.labels[i] : -1,
                                     .no_id = w->ids == NULL};
    return names;
}

/* The classes in turn, or null. */
static json_t *cycle_json(const wanted *w)
{
    if (w->cycle == NULL)
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < w->n_cycle; i++)
        json_array_append_new(list, json_integer(w->cycle[i]));
    return list;
}

/* What --classifier reads in each image, and the length of its latent; or null. */
static json_t *read_json(const wanted *w, int size)
{
    if (w->read == NULL)
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < w->set.n; i++) {
        const float *z = w->set.z + (size_t)i * (size_t)size;
        double squares = 0;
        for (int k = 0; k < size; k++)
            squares += (double)z[k] * (double)z[k];
        json_array_append_new(list, json_pack("{s:i, s:f, s:f, s:f}", "label", w->read[i].label,
                                              "certainty", w->read[i].softmax, "scaled_certainty",
                                              w->read[i].scaled, "norm", sqrt(squares)));
    }
    return list;
}

static void say_read(ga_request *rq, const wanted *w)
{
    double certainty = 0, scaled = 0;
    int as_asked = 0;
    for (int i = 0; i < w->set.n; i++) {
        certainty += w->read[i].softmax / w->set.n;
        scaled += w->read[i].scaled / w->set.n;
        as_asked += w->set.labels != NULL && w->set.labels[i] == w->read[i].label;
    }
    ga_rq_say(rq, "read with a mean certainty of %.4f (scaled %.4f)", certainty, scaled);
    if (w->set.labels != NULL)
        ga_rq_say(rq, "%d of %d are read as the class that was asked for", as_asked, w->set.n);
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_model *m;
    ga_status s = ga_app_generator(rq, ga_rq_text(rq, "model"), &m, err);
    if (s != GA_OK)
        return s;
    const ga_graph *g = ga_model_graph(m);
    const ga_dims out = ga_graph_output_dims(g);
    const char *npy = ga_rq_text(rq, "npy"), *sheet = ga_rq_text(rq, "output");
    const char *each = ga_rq_text(rq, "each");
    wanted w = {0};
    ga_picture_name *names = NULL;
    float *pictures = NULL, lo, hi;
    ga_arch_output_range(ga_model_arch(m), &lo, &hi);
    if (sheet == NULL && npy == NULL && each == NULL)
        sheet = "sheet.png";
    s = ga_output_check(npy, err);
    if (s == GA_OK)
        s = ga_output_check(sheet, err);
    if (s == GA_OK)
        s = read_wanted(rq, m, &w, err);
    if (s == GA_OK && (names = names_of(&w)) == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for the names of %d pictures", w.set.n);
    if (s == GA_OK && each != NULL)
        s = ga_each_picture_check(each, names, w.set.n, err);
    if (s == GA_OK &&
        (pictures = ga_mem_new((size_t)w.set.n * ga_dims_count(out), sizeof *pictures)) == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for %d pictures of %d x %d", w.set.n, out.w, out.h);
    const ga_view v = {pictures, w.set.n, out.c, out.h, out.w};
    if (s == GA_OK)
        s = render(rq, m, &w, pictures, err);
    if (s == GA_OK && ga_rq_text(rq, "classifier") != NULL)
        s = ga_recognise(rq, ga_rq_text(rq, "classifier"), v, lo, hi, &w.read, err);
    if (s == GA_OK && npy != NULL)
        s = write_npy(rq, npy, v, err);
    if (s == GA_OK && sheet != NULL)
        s = write_sheet(rq, m, &w, v, sheet, err);
    if (s == GA_OK && each != NULL)
        s = ga_each_picture_write(rq, each, names, v, ga_model_scale(m, ga_rq_flag(rq, "stretch")),
                                  err);
    if (s == GA_OK && w.read != NULL)
        say_read(rq, &w);
    if (s == GA_OK)
        ga_rq_result(rq, json_pack("{s:i, s:[i,i,i,i], s:s, s:I, s:o, s:o, s:s?, s:s?, s:s?}", "images",
                                   v.n, "shape", v.n, v.c, v.h, v.w, "bn", ga_rq_text(rq, "bn"),
                                   "seed", (json_int_t)ga_rq_int(rq, "seed", 1), "labels",
                                   cycle_json(&w), "read", read_json(&w, ga_latent_size(m)), "sheet",
                                   sheet, "npy", npy, "each", each));
    ga_mem_free(pictures);
    ga_mem_free(names);
    wanted_free(&w);
    ga_model_free(m);
    return s;
}

static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "model file, or a name that `ganatomy doctor` lists"},
    {.name = "ids", .type = GA_FIELD_TEXT, .value = "LIST", .fallback = "0-63",
     .help = "which images of the seed's stream, like 0-63 or 3,17,20-29"},
    {.name = "z", .type = GA_FIELD_TEXT, .value = "Z", .many = true,
     .help = "a latent: id:17, v,v,... or FILE.npy:ROW, of a class id:17@3"},
    {.name = "label", .type = GA_FIELD_TEXT, .value = "LIST",
     .help = "classes that images get in turn, like 0-9 or Coat,3; all of them unless said"},
    {.name = "classifier", .type = GA_FIELD_TEXT, .value = "CLASSIFIER",
     .help = "reads each picture: its class and how sure stand below it"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "seed of the stream that ids count in (NumPy's RandomState)"},
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words,
     .help = "batch-norm statistics: running, of the batch, or of each image alone"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_PICTURE, .value = "SHEET.png",
     .help = "contact sheet to write (sheet.png if none of -o, --npy and --each is given)"},
    {.name = "each", .type = GA_FIELD_FOLDER, .value = "FOLDER",
     .help = "every picture as a PNG file of its own, at its own size: 000017.png, of class 3 "
             "000017@3.png"},
    {.name = "npy", .type = GA_FIELD_OUTPUT, .value = "FILE.npy",
     .help = "the pictures as numbers, f32 (N,C,H,W), in the model's own range"},
    {.name = "stretch", .type = GA_FIELD_FLAG,
     .help = "show each picture from its own minimum to its own maximum"},
    {.name = "bf16", .type = GA_FIELD_FLAG,
     .help = "multiply in bfloat16 where the processor can: faster, about 3 digits"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy generate mnist-gan -o sheet.png", "64 digits of the model that came with the program"},
    {"ganatomy generate mnist-gan --ids 0-9999 --npy digits.npy", "ten thousand, for NumPy"},
    {"ganatomy generate mnist-gan --ids 0-999 --each digits", "a thousand PNG files of 28 x 28"},
    {"ganatomy generate my-cgan --label 0-9 --ids 0-99 -o classes.png",
     "a conditional model: a column a class, ten images of each"},
    {"ganatomy generate mnist-gan --ids 0-63 --classifier lenet5 -o read.png",
     "what a classifier reads in each"},
    {"ganatomy generate mnist-gan --z id:17 --z latents.npy:2 -o two.png", "chosen latents"},
    {0}};

const ga_verb ga_verb_generate = {
    .name = "generate",
    .summary = "make pictures with a generator",
    .description =
        "Renders latents and writes a contact sheet, the numbers, a file a picture, or several of "
        "these.\n\n"
        "Image i of a seed is made from row i of NumPy's RandomState(seed).standard_normal((n, Z)), "
        "so it is the same image whatever else is asked for. With --bn batch all images of the "
        "command form one batch, and each one depends on the others.\n\n"
        "A model that draws classes gives them to the images in turn, and each column of the sheet "
        "has one class (of few classes each has several columns): under a picture stand its id and "
        "class, so that `17@3` is drawn again by --z id:17@3.\n\n"
        "--each leaves a folder whose PNG files are the pictures asked for and no others: files of "
        "the same names are replaced, and a folder that holds other ones is refused. Latents of --z "
        "are numbered in the order of the command, z000000.png.\n\n"
        "With --classifier, `--json` has for each picture the class it is read as, the norm of its "
        "latent, and two certainties: `certainty` is the largest softmax of the logits; "
        "`scaled_certainty` that of 3 times the logits divided by their standard deviation, which does "
        "not depend on their scale and ends at 0.99932 for ten classes.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
