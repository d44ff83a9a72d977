/* dissection_files.c - a dissection as files. */
#include "app/dissection_files.h"
#include "app/file_set.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/array.h"
#include "ganatomy/report.h"
#include <string.h>

/* ---- units.csv --------------------------------------------------------------------------------*/

const char ga_csv_heading[] =
    "layer,unit,rank,label,category,iou,iou_low,iou_high,iqr,iou_by_chance,"
    "threshold,both,unit_only,label_only,neither,interpretable,above_chance\n";
/* The last columns, of a dissection with correlations. */
static const char correlations[] = "cor,max_cor,max_cor_label";

void ga_csv_add_name(ga_text *t, const char *name)
{
    ga_text_add(t, "\"");
    for (; *name != 0; name++)
        ga_text_add_n(t, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    ga_text_add(t, "\"");
}

static void add_row(ga_text *t, const char *layer, int unit, const ga_unit_finding *u, int rank,
                    const ga_vocabulary *v, bool with_cor)
{
    const ga_finding *f = &u->finding[rank];
    ga_csv_add_name(t, layer);
    ga_text_addf(t, ",%d,%d,", unit, rank + 1);
    ga_csv_add_name(t, ga_vocabulary_title(v, f->label));
    ga_text_addf(t, ",%s,%.9g,%.9g,%.9g,%.9g,",
                 ga_vocabulary_category(v, ga_vocabulary_at(v, f->label).category), f->iou, f->lo,
                 f->hi, f->iqr);
    if (f->chance >= 0)
        ga_text_addf(t, "%.9g", f->chance);
    ga_text_addf(t, ",%.9g,%.0f,%.0f,%.0f,%.0f,%d,%d", (double)u->threshold, f->table.both,
                 f->table.active_only, f->table.label_only, f->table.neither,
                 rank == 0 && u->interpretable, rank == 0 && u->above_chance);
    if (with_cor) {
        ga_text_addf(t, ",%.9g,%.9g,", f->cor, u->cor);
        if (u->cor_label > 0)
            ga_csv_add_name(t, ga_vocabulary_title(v, u->cor_label));
    }
    ga_text_add(t, "\n");
}

static ga_status write_csv(const ga_dissection *d, const ga_dissect_naming *names, const char *path,
                           ga_err *err)
{
    ga_text t = {0};
    const bool with_cor = ga_dissection_covariance(d, 0) != NULL;
    const size_t line = strlen(ga_csv_heading) - 1; /* without its end */
    ga_text_add_n(&t, ga_csv_heading, line);
    ga_text_addf(&t, "%s%s\n", with_cor ? "," : "", with_cor ? correlations : "");
    for (int k = 0; k < ga_dissection_layers(d); k++)
        for (int u = 0; u < ga_dissection_layer(d, k).units; u++) {
            const ga_unit_finding f = ga_dissection_unit(d, k, u);
            for (int i = 0; i < f.n; i++)
                add_row(&t, names->layers[k], u, &f, i, names->vocabulary, with_cor);
        }
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "%s: no memory for it", path)
                                      : ga_file_write(path, t.data, t.length, err);
    ga_text_free(&t);
    return status;
}

/* ---- counts.npz -------------------------------------------------------------------------------*/

enum { ARRAYS = 12 }; /* a layer, at most */

/* Arrays of one layer, and what they own. */
typedef struct arrays {
    ga_array a[ARRAYS];
    char name[ARRAYS][128];
    int n;
    float *threshold, *top_value;
    int32_t *top_image;
    double *mean, *variance, *covariance;
} arrays;

static void add_array(arrays *out, const char *layer, const char *name, ga_dtype dtype,
                      int64_t rows, int64_t columns, const void *data)
{
    const int i = out->n++;
    snprintf(out->name[i], sizeof out->name[i], "%s.%s", layer, name);
    ga_array *a = &out->a[i];
    *a = (ga_array){
        .name = out->name[i], .dtype = dtype, .rank = columns > 0 ? 2 : 1, .data = data};
    a->dim[0] = rows;
    a->dim[1] = columns;
    a->count = (size_t)rows * (size_t)(columns > 0 ? columns : 1);
}

static void free_arrays(arrays *a)
{
    ga_mem_free(a->threshold);
    ga_mem_free(a->top_value);
    ga_mem_free(a->top_image);
    ga_mem_free(a->mean);
    ga_mem_free(a->variance);
    ga_mem_free(a->covariance);
}

/* Of values: (U) mean and variance, (L,U) covariance with labels. */
static ga_status add_covariance(const ga_covariance *c, const char *layer, int labels, int units,
                                arrays *out, ga_err *err)
{
    const size_t u = (size_t)units, l = (size_t)labels;
    out->mean = ga_mem_new(u, sizeof *out->mean);
    out->variance = ga_mem_new(u, sizeof *out->variance);
    out->covariance = ga_mem_new(l * u, sizeof *out->covariance);
    if (out->mean == NULL || out->variance == NULL || out->covariance == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for counts.npz");
    for (int i = 0; i < units; i++) {
        const ga_joint of = ga_covariance_of(c, 0, i);
        out->mean[i] = of.mean;
        out->variance[i] = of.variance;
        for (int k = 0; k < labels; k++)
            out->covariance[k * units + i] = ga_covariance_of(c, k, i).covariance;
    }
    add_array(out, layer, "mean", GA_F64, units, 0, out->mean);
    add_array(out, layer, "variance", GA_F64, units, 0, out->variance);
    add_array(out, layer, "covariance", GA_F64, labels, units, out->covariance);
    return GA_OK;
}

static ga_status fill_arrays(const ga_dissection *d, const ga_dissect_naming *names, int k,
                             int examples, arrays *out, ga_err *err)
{
    const int units = ga_dissection_layer(d, k).units;
    const int64_t u = units, labels = ga_vocabulary_n(names->vocabulary),
                  categories = ga_vocabulary_categories(names->vocabulary);
    const ga_tally_counts c = ga_dissection_counts(d, k);
    out->threshold = ga_mem_new((size_t)units, sizeof *out->threshold);
    out->top_value = ga_mem_new((size_t)units * (size_t)examples, sizeof *out->top_value);
    out->top_image = ga_mem_new((size_t)units * (size_t)examples, sizeof *out->top_image);
    if (out->threshold == NULL || out->top_value == NULL || out->top_image == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for counts.npz");
    for (int i = 0; i < units; i++) {
        const ga_unit_finding f = ga_dissection_unit(d, k, i);
        out->threshold[i] = f.threshold;
        for (int e = 0; e < examples; e++) {
            out->top_image[i * examples + e] = e < f.n_top ? (int32_t)f.top[e].image : -1;
            out->top_value[i * examples + e] = e < f.n_top ? f.top[e].value : 0;
        }
    }
    const char *layer = names->layers[k];
    const ga_covariance *covariance = ga_dissection_covariance(d, k);
    add_array(out, layer, "threshold", GA_F32, u, 0, out->threshold);
    add_array(out, layer, "both", GA_I64, labels, u, c.both);
    add_array(out, layer, "label", GA_I64, labels, 0, c.label);
    add_array(out, layer, "label_images", GA_I64, labels, 0, c.label_images);
    add_array(out, layer, "active", GA_I64, u, 0, c.active);
    add_array(out, layer, "category_active", GA_I64, categories, u, c.category_active);
    add_array(out, layer, "category_pixels", GA_I64, categories, 0, c.category_pixels);
    add_array(out, layer, "top_image", GA_I32, u, examples, out->top_image);
    add_array(out, layer, "top_value", GA_F32, u, examples, out->top_value);
    return covariance != NULL ? add_covariance(covariance, layer, (int)labels, units, out, err)
                              : GA_OK;
}

static ga_status write_npz(const ga_dissection *d, const ga_dissect_naming *names, int examples,
                           const char *path, ga_err *err)
{
    const int layers = ga_dissection_layers(d);
    int n = 0;
    arrays *of = ga_mem_new((size_t)layers, sizeof *of);
    ga_array *all = ga_mem_new((size_t)layers * ARRAYS, sizeof *all);
    ga_status status = of != NULL && all != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for counts.npz");
    for (int k = 0; k < layers && status == GA_OK; k++) {
        status = fill_arrays(d, names, k, examples, &of[k], err);
        memcpy(all + n, of[k].a, (size_t)of[k].n * sizeof *all);
        n += of[k].n;
    }
    if (status == GA_OK)
        status = ga_weights_write(path, GA_FORM_NPZ, all, n, NULL, err);
    for (int k = 0; k < layers && of != NULL; k++)
        free_arrays(&of[k]);
    ga_mem_free(of);
    ga_mem_free(all);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------------*/

static void add_pictures(void *page, const char *text, size_t length)
{
    ga_unit_page_pictures(page, text, length);
}

static ga_status write_page(ga_request *rq, const ga_dissection *d, ga_subject *s,
                            const char *title, const char *lead, const char *json, int shown,
                            const char *path, ga_err *err)
{
    ga_unit_page *page;
    ga_status status = ga_unit_page_begin(path, title, lead, json, &page, err);
    if (status == GA_OK)
        status = ga_dissection_pictures(d, s, shown, ga_rq_progress(rq), add_pictures, page, err);
    if (status == GA_OK)
        return ga_unit_page_end(page, err);
    ga_unit_page_abort(page);
    return status;
}

/* dissect.json last: where it is, all others are. */
enum { HTML, CSV, NPZ, JSON, FILES };
static const char *const file_names[FILES] = {"dissect.html", "units.csv", "counts.npz",
                                              "dissect.json"};

static ga_status write_all(ga_request *rq, const ga_dissection *d, ga_subject *s,
                           const ga_dissect_naming *names, const char *lead, int shown,
                           char *const *path, ga_err *err)
{
    char *json = NULL, title[256];
    snprintf(title, sizeof title, "Dissection of %s", names->title);
    ga_status status = write_npz(d, names, (int)ga_rq_int(rq, "examples", 20), path[NPZ], err);
    if (status == GA_OK)
        status = write_csv(d, names, path[CSV], err);
    if (status == GA_OK)
        status = ga_dissection_json(d, names, &json, err);
    if (status == GA_OK)
        status = write_page(rq, d, s, title, lead, json, shown, path[HTML], err);
    if (status == GA_OK)
        status = ga_file_write(path[JSON], json, strlen(json), err);
    ga_dissect_text_free(json);
    return status;
}

ga_status ga_dissection_write(ga_request *rq, const ga_dissection *d, ga_subject *s,
                              const ga_dissect_naming *names, const char *lead, int shown,
                              const char *folder, ga_err *err)
{
    ga_file_set files;
    ga_status status = ga_file_set_open(folder, file_names, FILES, &files, err);
    if (status == GA_OK)
        status = write_all(rq, d, s, names, lead, shown, files.fresh, err);
    return ga_file_set_close(&files, status, err);
}
