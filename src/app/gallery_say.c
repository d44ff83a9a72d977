/* gallery_say.c - what came of a gallery, as tables; see gallery.h. */
#include "app/gallery.h"
#include "app/runs.h"
#include "base/alloc.h"
#include <math.h>
#include <string.h>

/* "12.3", or what became of the run instead; "" if it is not there. */
static ga_status words_of(ga_store *s, const char *name, char *buf, ga_err *err)
{
    ga_run_record *r;
    ga_last_point *last = NULL;
    size_t n = 0;
    ga_err unused;
    buf[0] = 0;
    if (ga_store_run_find(s, name, &r, &unused) != GA_OK)
        return GA_OK;
    const ga_status status = ga_store_last_points(s, r->id, &last, &n, err);
    if (r->state == GA_RUN_DIVERGED)
        snprintf(buf, GA_RUN_WORDS, "diverged");
    for (size_t i = 0; i < n && r->state != GA_RUN_DIVERGED; i++)
        if (strcmp(last[i].series, "frechet") == 0)
            snprintf(buf, GA_RUN_WORDS, "%.1f", last[i].value);
    ga_last_points_free(last, n);
    ga_run_records_free(r, 1);
    return status;
}

/* Runs first .. first+rows*columns-1 share their data. */
static ga_status say_one(ga_request *rq, ga_store *s, const ga_gallery_run *first, size_t rows,
                         size_t columns, ga_err *err)
{
    const size_t wide = columns + 1;
    char(*words)[GA_RUN_WORDS] = ga_mem_new(rows * wide, sizeof *words);
    char(*heads)[GA_RUN_WORDS] = ga_mem_new(wide, sizeof *heads);
    const char **cells = ga_mem_new(rows * wide, sizeof *cells);
    const char **headings = ga_mem_new(wide, sizeof *headings);
    const bool room = words != NULL && heads != NULL && cells != NULL && headings != NULL;
    ga_status status = room ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a table");
    bool any = false;
    for (size_t c = 0; status == GA_OK && c < wide; c++) {
        if (c == 0)
            snprintf(heads[c], GA_RUN_WORDS, "lr");
        else
            snprintf(heads[c], GA_RUN_WORDS, ">z %d", first[c - 1].z);
        headings[c] = heads[c];
    }
    for (size_t i = 0; status == GA_OK && i < rows * wide; i++) {
        const ga_gallery_run *run = &first[i / wide * columns];
        cells[i] = words[i];
        if (i % wide == 0) {
            snprintf(words[i], GA_RUN_WORDS, "%g", run->lr);
        } else {
            status = words_of(s, run[i % wide - 1].name, words[i], err);
            any = any || words[i][0] != 0;
        }
    }
    if (status == GA_OK && any) {
        ga_rq_say(rq, "Frechet distance at the end, %s:", first->data);
        ga_say_table(rq, 2, headings, (int)wide, cells, rows);
    }
    ga_mem_free(words);
    ga_mem_free(heads);
    ga_mem_free(cells);
    ga_mem_free(headings);
    return status;
}

ga_status ga_gallery_say(ga_request *rq, const ga_gallery_plan *plan, ga_err *err)
{
    ga_store *s = NULL;
    ga_status status = ga_runs_open(rq, &s, err);
    for (size_t i = 0; status == GA_OK && i < plan->n;) {
        size_t of = 0, columns = 0; /* of this data; with its first learning rate */
        while (i + of < plan->n && plan->run[i + of].data == plan->run[i].data) {
            columns += plan->run[i + of].lr == plan->run[i].lr;
            of++;
        }
        status = say_one(rq, s, &plan->run[i], of / columns, columns, err);
        i += of;
    }
    ga_store_close(s);
    return status;
}
