/* score_page.c - what `evaluate -o FOLDER` draws: samples beside the training pictures that are
 * nearest to them, how near that is, and the scores, as one page. */
#include "app/evaluation.h"
#include "app/score_table.h"
#include "app/sheets.h"
#include "base/alloc.h"
#include "base/file.h"
#include "ganatomy/report.h"
#include <math.h>
#include <string.h>

enum { FIRST = 5, SUSPECTS = 5, BESIDE = 5, STEPS = 101, BATCH = 100 };

/* Where the nearest training pictures of samples and of test pictures are. */
typedef struct neighbours {
    uint32_t *index;    /* (fakes,BESIDE) */
    float *distance;    /* (fakes,BESIDE) */
    float *fake, *real; /* distance of the nearest alone */
    int shown[FIRST + SUSPECTS];
    int n_shown;
} neighbours;

static void neighbours_free(neighbours *b)
{
    ga_mem_free(b->index);
    ga_mem_free(b->distance);
    ga_mem_free(b->fake);
    ga_mem_free(b->real);
}

/* How near the nearest is beside the last of them: a copy is much nearer to one picture than to the
 * next. */
static float alone(const neighbours *b, int i)
{
    const float *d = b->distance + (size_t)i * BESIDE;
    return d[BESIDE - 1] > 0 ? d[0] / d[BESIDE - 1] : 0;
}

/* The first samples, then those that look most like copies. */
static void choose_shown(const ga_evaluation *e, neighbours *b)
{
    for (int i = 0; i < FIRST && i < e->n_fake; i++)
        b->shown[b->n_shown++] = i;
    for (int r = 0; r < SUSPECTS; r++) {
        int best = -1;
        for (int i = 0; i < e->n_fake; i++) {
            bool taken = false;
            for (int s = 0; s < b->n_shown; s++)
                taken = taken || b->shown[s] == i;
            if (!taken && (best < 0 || alone(b, i) < alone(b, best)))
                best = i;
        }
        if (best >= 0)
            b->shown[b->n_shown++] = best;
    }
}

static ga_status find(const ga_evaluation *e, neighbours *b, ga_err *err)
{
    const int threads = e->options.threads, d = ga_eye_features(e->eye);
    const ga_points fakes = {e->fake.features, e->fake.n, d},
                    reals = {e->real.features, e->real.n, d},
                    pool = {e->train.features, e->train.n, d};
    const size_t count = e->fake.n * BESIDE;
    b->index = ga_mem_new(count, sizeof *b->index);
    b->distance = ga_mem_new(count, sizeof *b->distance);
    b->fake = ga_mem_new(e->fake.n, sizeof *b->fake);
    b->real = ga_mem_new(e->real.n, sizeof *b->real);
    if (b->index == NULL || b->distance == NULL || b->fake == NULL || b->real == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the neighbours of %zu samples", e->fake.n);
    ga_status status = ga_nearest(fakes, pool, BESIDE, threads, b->index, b->distance, err);
    if (status == GA_OK)
        status = ga_nearest(reals, pool, 1, threads, NULL, b->real, err);
    for (size_t i = 0; i < e->fake.n; i++)
        b->fake[i] = b->distance[i * BESIDE];
    if (status == GA_OK)
        choose_shown(e, b);
    return status;
}

/* ---- the sheet --------------------------------------------------------------------------------*/

/* Sample i: rendered with the batch that it was looked at in. */
static ga_status put_sample(const ga_evaluation *e, ga_sheet *sheet, int row, int i, float *batch,
                            ga_err *err)
{
    float lo, hi;
    char caption[32];
    const ga_dims d = ga_evaluation_sample_dims(e, &lo, &hi);
    const int first = i / BATCH * BATCH, n = e->n_fake - first < BATCH ? e->n_fake - first : BATCH;
    const ga_status status = ga_evaluation_samples(e, first, n, batch, NULL, err);
    snprintf(caption, sizeof caption, "sample %d", i);
    return status != GA_OK
               ? status
               : ga_sheet_put_view(sheet, 0, row, (ga_view){batch, n, d.c, d.h, d.w}, i - first,
                                   (ga_scale){.lo = lo, .hi = hi}, caption, err);
}

static ga_status put_neighbours(const ga_evaluation *e, const neighbours *b, ga_sheet *sheet,
                                int row, int i, float *picture, ga_err *err)
{
    const ga_dims d = ga_dataset_dims(e->other);
    ga_status status = GA_OK;
    for (int k = 0; k < BESIDE && status == GA_OK; k++) {
        const size_t at = (size_t)i * BESIDE + (size_t)k;
        char caption[32];
        status = ga_batch_fill(e->other, &b->index[at], 1, (ga_batch_spec){0, 1, 0, 0}, picture,
                               NULL, err);
        snprintf(caption, sizeof caption, "%.3g", (double)b->distance[at]);
        if (status == GA_OK)
            status = ga_sheet_put_view(sheet, 1 + k, row, (ga_view){picture, 1, d.c, d.h, d.w}, 0,
                                       (ga_scale){.lo = 0, .hi = 1}, caption, err);
    }
    return status;
}

static ga_status make_sheet(const ga_evaluation *e, const neighbours *b, ga_sheet **out,
                            ga_err *err)
{
    float lo, hi;
    const ga_dims sample = ga_evaluation_sample_dims(e, &lo, &hi), real = ga_dataset_dims(e->other);
    const int w = sample.w > real.w ? sample.w : real.w, h = sample.h > real.h ? sample.h : real.h;
    float *room = ga_mem_new(BATCH * ga_dims_count(sample) + ga_dims_count(real), sizeof *room);
    if (room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a batch of pictures");
    ga_status status = ga_sheet_create(1 + BESIDE, b->n_shown, w, h, ga_zoom_for(w, 84), true,
                                       "Samples and the training pictures nearest to them", out,
                                       err);
    for (int r = 0; r < b->n_shown && status == GA_OK; r++) {
        status = put_sample(e, *out, r, b->shown[r], room, err);
        if (status == GA_OK)
            status = put_neighbours(e, b, *out, r, b->shown[r],
                                    room + BATCH * ga_dims_count(sample), err);
    }
    ga_mem_free(room);
    return status;
}

/* ---- the page ---------------------------------------------------------------------------------*/

static void add_scores(const ga_evaluation *e, ga_page *page)
{
    static const char *const headers[] = {"score", "value", "floor", "better", "what it says"};
    enum { COLUMNS = 5 };
    char text[GA_SCORE_COUNT][2][64];
    const char *cells[GA_SCORE_COUNT * COLUMNS];
    char remark[256];
    int rows = 0;
    for (int i = 0; i < GA_SCORE_COUNT; i++) {
        const ga_score_id id = (ga_score_id)i;
        if (!e->scores.score[id].have)
            continue;
        const char **cell = cells + COLUMNS * rows++;
        cell[0] = ga_score_name(id);
        cell[1] = ga_score_text(&e->scores, id, text[i][0], sizeof text[i][0]);
        cell[2] = e->floor_scores.score[id].have
                      ? ga_score_text(&e->floor_scores, id, text[i][1], sizeof text[i][1])
                      : NULL;
        cell[3] = ga_better_text(ga_score_better(id));
        cell[4] = ga_score_words(id);
    }
    ga_page_section(page, "scores", "Scores");
    ga_page_text(page,
                 "Seen by %s, %d features, network `%s`. Scores may be compared only where this "
                 "network and the numbers of samples and pictures are the same.",
                 e->eye_name, e->scores.features, e->scores.by);
    ga_page_table(page, NULL, headers, COLUMNS, cells, rows);
    for (int i = 0; ga_scores_remark(&e->scores, i, remark, sizeof remark) != NULL; i++)
        ga_page_text(page, "%s.", remark);
    if (e->wants_floor)
        ga_page_text(page, "The floor: %d %s pictures in place of the samples.", e->n_floor,
                     ga_split_name(ga_dataset_split(e->other)));
}

static ga_status add_distances(const neighbours *b, const ga_evaluation *e, ga_page *page,
                               ga_err *err)
{
    double at[STEPS], fake[STEPS], real[STEPS], highest = 0;
    for (int i = 0; i < STEPS; i++)
        at[i] = (double)i / (STEPS - 1);
    ga_status status = ga_quantiles(b->fake, e->fake.n, at, STEPS, fake, err);
    if (status == GA_OK)
        status = ga_quantiles(b->real, e->real.n, at, STEPS, real, err);
    if (status != GA_OK)
        return status;
    highest = fmax(fake[STEPS - 2], real[STEPS - 2]); /* without the last, which may lie far out */
    const ga_curve curves[] = {
        {.name = "samples", .x = fake, .y = at, .n = STEPS - 1},
        {.name = "test pictures", .x = real, .y = at, .n = STEPS - 1, .look = 1}};
    const ga_chart chart = {.title = "How near the nearest training picture is",
                            .x_label = "distance of features",
                            .y_label = "share of pictures that are as near",
                            .curves = curves,
                            .n_curves = 2,
                            .x_min = 0,
                            .x_max = highest > 0 ? highest : 1,
                            .y_min = 0,
                            .y_max = 1};
    ga_page_chart(page, &chart);
    ga_page_finding(
        page,
        "Half of the samples are at most %.3g from a training picture, half of the test "
        "pictures at most %.3g. A model that has memorised lies to the left of the test "
        "pictures, one that misses the data to the right.",
        fake[(STEPS - 1) / 2], real[(STEPS - 1) / 2]);
    return GA_OK;
}

static void add_classes(const ga_evaluation *e, ga_page *page)
{
    static const char *const headers[] = {"class", "samples", "pictures"};
    enum { COLUMNS = 3, MOST = 64 };
    char text[MOST][COLUMNS][32];
    const char *cells[MOST * COLUMNS];
    const int k = e->fake.classes < MOST ? e->fake.classes : MOST;
    for (int c = 0; c < k; c++) {
        const char **cell = cells + COLUMNS * c;
        cell[0] = ga_class_called(e->eye_model, e->data, c, text[c][0], sizeof text[c][0]);
        snprintf(text[c][1], sizeof text[c][1], "%.2f %%",
                 100 * (double)e->fake.count[c] / (double)e->fake.n);
        snprintf(text[c][2], sizeof text[c][2], "%.2f %%",
                 100 * (double)e->real.count[c] / (double)e->real.n);
        cell[1] = text[c][1];
        cell[2] = text[c][2];
    }
    ga_page_section(page, "classes", "Classes");
    ga_page_table(page, "as the classifier reads them", headers, COLUMNS, cells, k);
}

ga_status ga_evaluation_page(ga_evaluation *e, const char *folder, ga_err *err)
{
    neighbours b = {0};
    ga_sheet *sheet = NULL;
    ga_page *page = NULL;
    ga_text lead = {0};
    char *png = ga_path_join(folder, "neighbours.png"), *html = ga_path_join(folder, "index.html");
    ga_status status = png != NULL && html != NULL
                           ? find(e, &b, err)
                           : ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_evaluation_title(e, &lead);
    if (status == GA_OK)
        status = make_sheet(e, &b, &sheet, err);
    if (status == GA_OK)
        status = ga_sheet_save(e->rq, sheet, png, err);
    if (status == GA_OK)
        status = ga_page_create("How good the samples are", lead.failed ? "" : lead.data, &page,
                                err);
    if (status == GA_OK) {
        add_scores(e, page);
        add_classes(e, page);
        ga_page_section(page, "neighbours", "Nearest training pictures");
        status = add_distances(&b, e, page, err);
    }
    if (status == GA_OK)
        status = ga_page_image(page, ga_sheet_image(sheet), "samples beside training pictures",
                               "The first samples, then those that look most like copies (one "
                               "training picture much nearer than the next); beside each its five "
                               "nearest, with their distances.",
                               err);
    if (status == GA_OK)
        status = ga_page_save(page, html, err);
    if (status == GA_OK)
        ga_rq_say(e->rq, "wrote %s", html);
    ga_text_free(&lead);
    ga_page_free(page);
    ga_sheet_free(sheet);
    neighbours_free(&b);
    ga_mem_free(png);
    ga_mem_free(html);
    return status;
}
