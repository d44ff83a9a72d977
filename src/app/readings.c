/* readings.c - a classifier reads labelled pictures. */
#include "app/readings.h"
#include "app/class_match.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void ga_readings_free(ga_readings *r)
{
    ga_mem_free(r->to);
    ga_mem_free(r->pictures);
    ga_mem_free(r->hits);
    ga_mem_free(r->confusion);
    ga_mem_free(r->mistakes);
    *r = (ga_readings){0};
}

static ga_status make_room(ga_readings *r, ga_err *err)
{
    const size_t k = (size_t)r->classes;
    r->to = ga_mem_new(k, sizeof *r->to);
    r->pictures = ga_mem_new(k, sizeof *r->pictures);
    r->hits = ga_mem_new(k, sizeof *r->hits);
    r->confusion = ga_mem_new(k * (size_t)r->read_classes, sizeof *r->confusion);
    r->mistakes = ga_mem_new((size_t)r->n, sizeof *r->mistakes);
    if (r->to != NULL && r->pictures != NULL && r->hits != NULL && r->confusion != NULL &&
        r->mistakes != NULL)
        return GA_OK;
    return ga_fail(err, GA_ENOMEM, "no memory for what %d pictures are read as", r->n);
}

static int surest_first(const void *a, const void *b)
{
    const ga_reading *x = a, *y = b;
    if (x->certainty != y->certainty)
        return x->certainty > y->certainty ? -1 : 1;
    return (x->picture > y->picture) - (x->picture < y->picture);
}

static void count(ga_readings *r, const ga_sight *s)
{
    double right = 0, wrong = 0;
    for (int i = 0; i < r->n; i++) {
        ga_reading one = {.picture = i, .truth = s->labels[i]};
        one.certainty = ga_certainty_of(s->logits + (size_t)i * (size_t)r->read_classes,
                                        r->read_classes, r->kind, &one.read);
        r->pictures[one.truth]++;
        r->confusion[one.truth * r->read_classes + one.read]++;
        if (r->to[one.truth] == one.read) {
            r->hits[one.truth]++;
            r->right++;
            right += one.certainty;
        } else {
            r->mistakes[r->n_mistakes++] = one;
            wrong += one.certainty;
        }
    }
    r->certainty = (right + wrong) / r->n;
    r->certainty_right = r->right > 0 ? right / r->right : 0;
    r->certainty_wrong = r->n_mistakes > 0 ? wrong / r->n_mistakes : 0;
    qsort(r->mistakes, (size_t)r->n_mistakes, sizeof *r->mistakes, surest_first);
}

ga_status ga_readings_of(ga_request *rq, ga_model *classifier, const ga_dataset *data,
                         ga_certainty kind, ga_readings *out, ga_err *err)
{
    ga_eye *eye = NULL;
    ga_sight sight = {0};
    ga_readings r = {.classifier = classifier,
                     .data = data,
                     .kind = kind,
                     .n = ga_dataset_n(data),
                     .classes = ga_dataset_classes(data)};
    ga_status status = ga_eye_create(classifier, NULL, ga_rq_threads(rq), ga_rq_memory(rq), &eye,
                                     err);
    if (status == GA_OK) {
        ga_eye_remember(eye, true);
        r.read_classes = ga_eye_classes(eye);
        status = make_room(&r, err);
    }
    if (status == GA_OK)
        status = ga_classes_of_data(classifier, r.read_classes, data, r.to, err);
    if (status == GA_OK)
        status = ga_sight_of_data(eye, data, 0, &sight, NULL, ga_rq_progress(rq), err);
    if (status == GA_OK)
        count(&r, &sight);
    ga_sight_free(&sight);
    ga_eye_free(eye);
    if (status != GA_OK)
        ga_readings_free(&r);
    *out = r;
    return status;
}

const char *ga_readings_truth(const ga_readings *r, int c)
{
    return ga_dataset_class_name(r->data, c);
}

const char *ga_readings_read(const ga_readings *r, int c, char *buf, size_t size)
{
    return ga_class_called(r->classifier, r->data, c, buf, size);
}

/* ---- pictures ---------------------------------------------------------------------------------*/

enum { LETTER_W = 6 }; /* of a sheet's words, pixels */

static void caption_of(const ga_readings *r, const ga_reading *m, char *buf, size_t size)
{
    char name[32];
    snprintf(buf, size, "%s as %s %.3f", ga_readings_truth(r, m->truth),
             ga_readings_read(r, m->read, name, sizeof name), m->certainty);
}

ga_status ga_readings_draw_mistakes(ga_request *rq, const ga_readings *r, int worst,
                                    const char *path, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(r->data);
    const int n = worst < r->n_mistakes ? worst : r->n_mistakes, columns = ga_columns_for(n),
              zoom = ga_zoom_for(d.w, 84);
    char caption[128];
    int letters = 0;
    ga_sheet *sheet = NULL;
    if (n == 0) {
        ga_rq_say(rq, "no mistakes, so no picture of them");
        return GA_OK;
    }
    for (int i = 0; i < n; i++) {
        caption_of(r, &r->mistakes[i], caption, sizeof caption);
        letters = (int)strlen(caption) > letters ? (int)strlen(caption) : letters;
    }
    const int wide = (letters * LETTER_W + zoom - 1) / zoom; /* so that no caption is cut */
    float *picture = ga_mem_new(ga_dims_count(d), sizeof *picture);
    ga_status status = picture != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a picture");
    if (status == GA_OK)
        status = ga_sheet_create(columns, (n + columns - 1) / columns, wide > d.w ? wide : d.w, d.h,
                                 zoom, true, "Mistakes, the surest first: is, read as, certainty",
                                 &sheet, err);
    for (int i = 0; i < n && status == GA_OK; i++) {
        const uint32_t at = (uint32_t)r->mistakes[i].picture;
        caption_of(r, &r->mistakes[i], caption, sizeof caption);
        status = ga_batch_fill(r->data, &at, 1, (ga_batch_spec){0, 1, 0, 0}, picture, NULL, err);
        if (status == GA_OK)
            status = ga_sheet_put_view(sheet, i % columns, i / columns,
                                       (ga_view){picture, 1, d.c, d.h, d.w}, 0,
                                       (ga_scale){.lo = 0, .hi = 1}, caption, err);
    }
    if (status == GA_OK)
        status = ga_sheet_save(rq, sheet, path, err);
    ga_sheet_free(sheet);
    ga_mem_free(picture);
    return status;
}

/* A field of the matrix: white for none, to blue where reading and truth agree, to red where not.
 * The cubic root makes a mistake in a thousand visible. */
static void paint(ga_image *cell, double share, bool agrees)
{
    static const double blue[3] = {11, 114, 185}, red[3] = {200, 60, 30};
    const double strength = cbrt(share);
    for (int i = 0; i < cell->w * cell->h; i++)
        for (int c = 0; c < 3; c++)
            cell->pixels[3 * i + c] = (uint8_t)(255 + strength * ((agrees ? blue : red)[c] - 255) +
                                                0.5);
}

static void put_field(const ga_readings *r, ga_sheet *sheet, ga_image *cell, int truth, int read)
{
    char count[16] = "";
    const int n = r->confusion[truth * r->read_classes + read];
    const double all = r->pictures[truth];
    paint(cell, all > 0 ? n / all : 0, r->to[truth] == read);
    if (n > 0)
        snprintf(count, sizeof count, "%d", n);
    ga_sheet_put(sheet, 1 + read, 1 + truth, cell, count);
}

/* Pixels of a field, so that no class's name is cut; the longest are. */
static int confusion_width(const ga_readings *r)
{
    enum { LEAST = 64, MOST = 120 };
    char name[32];
    size_t letters = 0;
    for (int c = 0; c < r->read_classes; c++) {
        const size_t n = strlen(ga_readings_read(r, c, name, sizeof name));
        letters = n > letters ? n : letters;
    }
    for (int t = 0; t < r->classes; t++) {
        const size_t n = strlen(ga_readings_truth(r, t));
        letters = n > letters ? n : letters;
    }
    const int width = (int)(letters < 99 ? letters : 99) * LETTER_W;
    return width < LEAST ? LEAST : width > MOST ? MOST : width;
}

ga_status ga_readings_draw_confusion(ga_request *rq, const ga_readings *r, const char *path,
                                     ga_err *err)
{
    enum { CELL_H = 24 };
    char name[32];
    ga_sheet *sheet;
    ga_image cell = {0};
    const int width = confusion_width(r);
    ga_status status = ga_sheet_create(r->read_classes + 1, r->classes + 1, width, CELL_H, 1, true,
                                       "Rows: what pictures are. Columns: what they are read as",
                                       &sheet, err);
    if (status == GA_OK)
        status = ga_image_create(width, CELL_H, 3, &cell, err);
    if (status == GA_OK) {
        paint(&cell, 0, true);
        ga_sheet_put(sheet, 0, 0, &cell, "is\\read as");
        for (int c = 0; c < r->read_classes; c++)
            ga_sheet_put(sheet, 1 + c, 0, &cell, ga_readings_read(r, c, name, sizeof name));
        for (int t = 0; t < r->classes; t++) {
            paint(&cell, 0, true);
            ga_sheet_put(sheet, 0, 1 + t, &cell, ga_readings_truth(r, t));
            for (int c = 0; c < r->read_classes; c++)
                put_field(r, sheet, &cell, t, c);
        }
        status = ga_sheet_save(rq, sheet, path, err);
    }
    ga_image_free(&cell);
    ga_sheet_free(sheet);
    return status;
}
