/* verb_generate.c - `ganatomy generate`: pictures of a generator. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include <inttypes.h>

/* What the user named: either ids of the seed's stream or latents one by one. */
typedef struct wanted {
    uint64_t *ids;    /* NULL when latents were given one by one */
    const char *const *words;
    int n;
    float *z; /* (n,Z) */
} wanted;

static ga_status read_wanted(ga_request *rq, const ga_model *m, wanted *w, ga_err *err)
{
    const int size = ga_latent_size(m);
    const uint32_t seed = (uint32_t)ga_rq_int(rq, "seed", 1);
    ga_status s = GA_OK;
    w->words = ga_rq_list(rq, "z", &w->n);
    if (w->n > 0 && ga_rq_given(rq, "ids"))
        return ga_fail(err, GA_EINVAL, "--ids and --z exclude each other");
    if (w->n == 0) {
        s = ga_ids_parse(ga_rq_text(rq, "ids"), &w->ids, &w->n, err);
        if (s != GA_OK)
            return s;
    }
    w->z = ga_mem_new((size_t)w->n * (size_t)size, sizeof *w->z);
    if (w->z == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d latents", w->n);
    for (int i = 0; i < w->n && s == GA_OK;) {
        float *row = w->z + (size_t)i * (size_t)size;
        int run = 1; /* ids that follow one another are drawn in one go */
        if (w->ids != NULL) {
            while (i + run < w->n && w->ids[i + run] == w->ids[i] + (uint64_t)run)
                run++;
            s = ga_latents(ga_arch_law(ga_model_arch(m)), seed, w->ids[i], run, size, row, err);
        } else {
            s = ga_latent_parse(w->words[i], m, seed, row, err);
        }
        i += run;
    }
    return s;
}

/* A plan for as many images as there are, up to 128 at a time or as --memory allows; all of them
 * where they are one batch. *batch: how many that are. */
static ga_status make_plan(ga_request *rq, ga_model *m, int n, size_t picture_bytes, ga_plan **plan,
                           int *batch, ga_err *err)
{
    const size_t limit = ga_rq_memory(rq), held = (size_t)n * picture_bytes;
    char needs[16], has[16];
    if (limit > 0 && held >= limit)
        return ga_fail(err, GA_ENOMEM, "%d pictures alone are %s of numbers, the limit is %s", n,
                       ga_format_bytes(held, needs, sizeof needs),
                       ga_format_bytes(limit, has, sizeof has));
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.bn = ga_bn_parse(ga_rq_text(rq, "bn"));
    o.batch = o.bn == GA_BN_BATCH || n < 128 ? n : 128;
    o.threads = ga_rq_threads(rq);
    o.memory_limit = limit > 0 ? limit - held : 0;
    o.bf16 = ga_rq_flag(rq, "bf16");
    ga_status s = ga_plan_create(ga_model_graph(m), ga_model_params(m), &o, plan, err);
    while (s == GA_ENOMEM && o.batch > 1 && o.bn != GA_BN_BATCH) {
        o.batch /= 2;
        s = ga_plan_create(ga_model_graph(m), ga_model_params(m), &o, plan, err);
    }
    *batch = o.batch;
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
    const char *input = ga_graph_tap_name(g, 0), *output = ga_graph_tap_name(g, ga_graph_n_taps(g) - 1);
    const ga_dims in = ga_graph_tap_dims(g, 0), out = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
    ga_plan *plan = NULL;
    int batch = 0;
    ga_status s = make_plan(rq, m, w->n, ga_dims_count(out) * sizeof *pictures, &plan, &batch, err);
    const ga_progress *progress = ga_rq_progress(rq);
    for (int at = 0; at < w->n && s == GA_OK; at += batch) {
        const int n = w->n - at < batch ? w->n - at : batch;
        const ga_view z = {w->z + (size_t)at * ga_dims_count(in), n, in.c, in.h, in.w};
        s = ga_plan_write(plan, input, z, err);
        if (s == GA_OK)
            s = ga_plan_forward(plan, NULL, err);
        if (s == GA_OK)
            s = ga_plan_read(plan, output, pictures + (size_t)at * ga_dims_count(out), err);
        progress->report(progress->user, "images", (uint64_t)(at + n), (uint64_t)w->n);
        if (s == GA_OK && progress->cancelled(progress->user))
            s = ga_fail(err, GA_EINTERRUPTED, "stopped after %d of %d images", at + n, w->n);
    }
    ga_plan_free(plan);
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

static ga_status write_sheet(ga_request *rq, const ga_model *m, const wanted *w, ga_view v,
                             const char *path, ga_err *err)
{
    enum { MOST = 4096 };
    ga_sheet *sheet;
    char caption[32];
    const int shown = v.n < MOST ? v.n : MOST, columns = ga_columns_for(shown);
    const ga_scale scale = ga_model_scale(m, ga_rq_flag(rq, "stretch"));
    if (shown < v.n)
        ga_rq_note(rq, "the sheet shows the first %d of %d images; --npy keeps all", shown, v.n);
    ga_status s = ga_sheet_create(columns, (shown + columns - 1) / columns, v.w, v.h,
                                  ga_zoom_for(v.w, 56), true, NULL, &sheet, err);
    for (int i = 0; i < shown && s == GA_OK; i++) {
        if (w->ids != NULL)
            snprintf(caption, sizeof caption, "%" PRIu64, w->ids[i]);
        else
            snprintf(caption, sizeof caption, "z %d", i);
        s = ga_sheet_put_view(sheet, i % columns, i / columns, v, i, scale, caption, err);
    }
    if (s == GA_OK)
        s = ga_sheet_save(rq, sheet, path, err);
    ga_sheet_free(sheet);
    return s;
}

static ga_status run(ga_request *rq, ga_err *err)
{
    ga_model *m;
    ga_status s = ga_app_generator(rq, ga_rq_text(rq, "model"), &m, err);
    if (s != GA_OK)
        return s;
    const ga_graph *g = ga_model_graph(m);
    const ga_dims out = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1);
    const char *npy = ga_rq_text(rq, "npy"), *sheet = ga_rq_text(rq, "output");
    wanted w = {0};
    float *pictures = NULL;
    if (sheet == NULL && npy == NULL)
        sheet = "sheet.png";
    s = ga_output_check(npy, err);
    if (s == GA_OK)
        s = ga_output_check(sheet, err);
    if (s == GA_OK)
        s = read_wanted(rq, m, &w, err);
    if (s == GA_OK &&
        (pictures = ga_mem_new((size_t)w.n * ga_dims_count(out), sizeof *pictures)) == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for %d pictures of %d x %d", w.n, out.w, out.h);
    const ga_view v = {pictures, w.n, out.c, out.h, out.w};
    if (s == GA_OK)
        s = render(rq, m, &w, pictures, err);
    if (s == GA_OK && npy != NULL)
        s = write_npy(rq, npy, v, err);
    if (s == GA_OK && sheet != NULL)
        s = write_sheet(rq, m, &w, v, sheet, err);
    if (s == GA_OK)
        ga_rq_result(rq, json_pack("{s:i, s:[i,i,i,i], s:s, s:I, s:s?, s:s?}", "images", w.n, "shape",
                                   v.n, v.c, v.h, v.w, "bn", ga_rq_text(rq, "bn"), "seed",
                                   (json_int_t)ga_rq_int(rq, "seed", 1), "sheet", sheet, "npy",
                                   npy));
    ga_mem_free(pictures);
    ga_mem_free(w.ids);
    ga_mem_free(w.z);
    ga_model_free(m);
    return s;
}

static const ga_field fields[] = {
    {.name = "model", .type = GA_FIELD_TEXT, .value = "MODEL", .positional = true, .required = true,
     .help = "model file, or a name that `ganatomy doctor` lists"},
    {.name = "ids", .type = GA_FIELD_TEXT, .value = "LIST", .fallback = "0-63",
     .help = "which images of the seed's stream, like 0-63 or 3,17,20-29"},
    {.name = "z", .type = GA_FIELD_TEXT, .value = "Z", .many = true,
     .help = "a latent: id:17, v,v,... or FILE.npy:ROW; may be given several times"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0, .max = 4294967295.0,
     .help = "seed of the stream that ids count in (NumPy's RandomState)"},
    {.name = "bn", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "running",
     .choices = ga_bn_words,
     .help = "batch-norm statistics: running, of the batch, or of each image alone"},
    {.name = "output", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "SHEET.png",
     .help = "contact sheet to write (sheet.png if neither -o nor --npy is given)"},
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
    {"ganatomy generate mnist-gan --z id:17 --z 0.1,-1.2,0.5,0,2 -o two.png", "chosen latents"},
    {0}};

const ga_verb ga_verb_generate = {
    .name = "generate",
    .summary = "make pictures with a generator",
    .description =
        "Renders latents and writes a contact sheet, the numbers, or both.\n\n"
        "Image i of a seed is made from row i of NumPy's RandomState(seed).standard_normal((n, Z)), "
        "so it is the same image whatever else is asked for. With --bn batch all images of the "
        "command form one batch, and each one depends on the others.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
