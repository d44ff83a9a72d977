/* study_parts.c - what experiments share: searches, tables of pictures, notes of readings. */
#include "app/sheets.h"
#include "app/study.h"
#include "base/alloc.h"

json_t *study_part(study *st, const char *key)
{
    json_t *o = json_object_get(st->json, key);
    if (o == NULL) {
        o = json_object();
        json_object_set_new(st->json, key, o);
    }
    return o;
}

json_t *study_ints(const int *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(a, json_integer(v[i]));
    return a;
}

int study_at_most(int wanted, int there)
{
    return wanted < there ? wanted : there;
}

/* "44, 23, 0" */
static void write_units(const study_list *l, ga_text *t)
{
    t->length = 0;
    ga_text_add(t, "");
    for (int i = 0; i < l->n; i++)
        ga_text_addf(t, i > 0 ? ", %d" : "%d", l->units[i]);
}

void study_say_list(study *st, const char *what, const study_list *l)
{
    ga_text t = {0};
    write_units(l, &t);
    ga_page_text(st->page, "%s: `%s`.", what, l->n > 0 ? t.data : "none");
    ga_text_free(&t);
}

/* Greedy search from one image to another at layer1, recorded under key. */
ga_status study_find(study *st, const char *key, ga_search_goal goal, int wanted, int source,
                     int donor, int i, study_list *out, ga_err *err)
{
    double scores[STUDY_MAX_UNITS];
    out->n = study_at_most(wanted, st->dims[0].c);
    const ga_status s = ga_lab_search(st->lab[0], goal, GA_OP_SWAP, study_maps(st, source, 0, i),
                                      study_maps(st, donor, 0, i), out->n, out->units, scores,
                                      ga_rq_progress(st->rq), err);
    if (s == GA_OK && key != NULL)
        json_object_set_new(study_part(st, "lists"), key, study_ints(out->units, out->n));
    return s;
}

/* ---- tables of source, donor, result ----------------------------------------------------------*/

ga_status study_put(study *st, ga_sheet *sheet, int column, int row, const float *picture,
                    const char *caption, ga_err *err)
{
    const ga_view v = {picture, 1, st->picture.c, st->picture.h, st->picture.w};
    return ga_sheet_put_view(sheet, column, row, v, 0, st->scale, caption, err);
}

ga_status study_put_read(study *st, ga_sheet *sheet, int column, int row, const float *picture,
                         int label, double certainty, ga_err *err)
{
    char caption[24];
    snprintf(caption, sizeof caption, "%d (%.2f)", label, certainty);
    return study_put(st, sheet, column, row, picture, caption, err);
}

/* Rows of sources, donors (unless donor < 0) and results, n images wide; readings under each. */
static ga_status draw_rows(study *st, int source, int donor, const float *results,
                           const int *labels, const double *certainty, int n, const char *caption,
                           ga_err *err)
{
    ga_sheet *sheet;
    const int n_rows = donor >= 0 ? 3 : 2;
    int read[2][N_FIRST];
    double sure[2][N_FIRST];
    const int sets[2] = {source, donor};
    ga_status s = ga_sheet_create(n, n_rows, st->picture.w, st->picture.h,
                                  ga_zoom_for(st->picture.w, 84), true, NULL, &sheet, err);
    for (int row = 0; row < n_rows - 1 && s == GA_OK; row++) {
        s = study_look(st, st->set[sets[row]].pictures, n, -1, read[row], sure[row], err);
        for (int i = 0; i < n && s == GA_OK; i++)
            s = study_put_read(st, sheet, i, row, study_picture(st, sets[row], i), read[row][i],
                               sure[row][i], err);
    }
    for (int i = 0; i < n && s == GA_OK; i++)
        s = study_put_read(st, sheet, i, n_rows - 1, results + (size_t)i * study_picture_size(st),
                           labels[i], certainty[i], err);
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), caption, caption, err);
    ga_sheet_free(sheet);
    return s;
}

/* What became of n images: labels is filled with the readings. */
ga_status study_apply(study *st, const char *key, ga_operation operation, const study_list *l,
                      int source, int donor, int n, const char *caption, int labels[N_FIRST],
                      ga_err *err)
{
    double certainty[N_FIRST];
    float *results = ga_mem_new((size_t)n * study_picture_size(st), sizeof *results);
    if (results == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d pictures", n);
    ga_status s = ga_lab_apply(st->lab[0], operation, l->units, l->n, st->set[source].maps[0],
                               operation == GA_OP_SWAP ? st->set[donor].maps[0] : NULL, n, results,
                               err);
    if (s == GA_OK)
        s = study_look(st, results, n, -1, labels, certainty, err);
    if (s == GA_OK) {
        json_t *sure = json_array();
        for (int i = 0; i < n; i++)
            json_array_append_new(sure, json_real(certainty[i]));
        json_object_set_new(
            study_part(st, "readings"), key,
            json_pack("{s:o, s:o}", "labels", study_ints(labels, n), "certainty", sure));
        s = draw_rows(st, source, donor, results, labels, certainty, n, caption, err);
    }
    ga_mem_free(results);
    return s;
}

int study_count(const int *labels, int n, int wanted)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += labels[i] == wanted;
    return count;
}

/* Three pictures side by side: source, donor, and the result with its reading below. */
ga_status study_draw_three(study *st, int source, int donor, int i, const float *result, int label,
                           double certainty, const char *caption, ga_err *err)
{
    ga_sheet *sheet;
    ga_status s = ga_sheet_create(3, 1, st->picture.w, st->picture.h,
                                  ga_zoom_for(st->picture.w, 84), true, NULL, &sheet, err);
    if (s == GA_OK)
        s = study_put(st, sheet, 0, 0, study_picture(st, source, i), "source", err);
    if (s == GA_OK)
        s = study_put(st, sheet, 1, 0, study_picture(st, donor, i), "donor", err);
    if (s == GA_OK)
        s = study_put_read(st, sheet, 2, 0, result, label, certainty, err);
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), "source, donor, result", caption, err);
    ga_sheet_free(sheet);
    return s;
}
