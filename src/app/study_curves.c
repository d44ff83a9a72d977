/* study_curves.c - the study's question in curves: how many maps can be swapped before the digit
 * changes? Drawn at random, in the order of most change, and in the order of least. */
#include "app/study.h"
#include "base/alloc.h"
#include <math.h>

enum { SHARES = 11, DRAWS = 10, N_PAIRS = 6, N_ORDERS = 4 };

/* ---- at random --------------------------------------------------------------------------------*/

/* Share of swaps that keep the source's class with count of the maps drawn: all ordered pairs of
 * the study's three, five images each, DRAWS draws. */
enum { N_SWAPS = N_PAIRS * DRAWS * N_FIRST };

typedef struct room {
    int *units;        /* (N_PAIRS * DRAWS, U) */
    study_swap *swaps; /* N_SWAPS */
    float *pictures;   /* N_SWAPS of them */
} room;

static ga_status kept_share(study *st, int count, uint64_t stream, const room *r, double *share,
                            ga_err *err)
{
    static const int pairs[N_PAIRS][2] = {{ZEROS, FOURS}, {FOURS, ZEROS},  {ONES, THREES},
                                          {THREES, ONES}, {FIVES, SEVENS}, {SEVENS, FIVES}};
    int labels[N_SWAPS], kept = 0;
    ga_status s = GA_OK;
    for (int k = 0; k < N_PAIRS * DRAWS && s == GA_OK; k++) {
        const int from = pairs[k / DRAWS][0], to = pairs[k / DRAWS][1], n_units = st->dims[0].c;
        int *units = r->units + (size_t)k * (size_t)n_units;
        s = ga_random_units(n_units, count, st->seed + stream * 1000 + (uint64_t)k, units, err);
        for (int i = 0; i < N_FIRST; i++)
            r->swaps[k * N_FIRST + i] = (study_swap){study_maps(st, from, 0, i),
                                                     study_maps(st, to, 0, i), units, count};
    }
    if (s == GA_OK)
        s = study_swaps(st, 0, r->swaps, N_SWAPS, r->pictures, err);
    if (s == GA_OK)
        s = study_look(st, r->pictures, N_SWAPS, -1, labels, NULL, err);
    for (int k = 0; k < N_SWAPS && s == GA_OK; k++)
        kept += labels[k] == study_digits[pairs[k / (DRAWS * N_FIRST)][0]];
    *share = (double)kept / N_SWAPS;
    return s;
}

static json_t *points(const double *x, const double *y, int n)
{
    json_t *a = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(a, json_pack("[f,f]", x[i], y[i]));
    return a;
}

static ga_status random_curve(study *st, json_t *curves, ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(st->rq);
    double x[SHARES], y[SHARES], half = NAN;
    const room r = {.units = ga_mem_new(N_PAIRS * DRAWS * (size_t)st->dims[0].c, sizeof *r.units),
                    .swaps = ga_mem_new(N_SWAPS, sizeof *r.swaps),
                    .pictures = ga_mem_new(N_SWAPS * study_picture_size(st), sizeof *r.pictures)};
    ga_status s = r.units == NULL || r.swaps == NULL || r.pictures == NULL
                      ? ga_fail(err, GA_ENOMEM, "no memory for %d swaps", N_SWAPS)
                      : GA_OK;
    for (int k = 0; k < SHARES && s == GA_OK; k++) {
        x[k] = 100.0 * k / (SHARES - 1);
        s = kept_share(st, st->dims[0].c * k / (SHARES - 1), (uint64_t)k, &r, &y[k], err);
        progress->report(progress->user, "shares", (uint64_t)k + 1, SHARES);
        if (k > 0 && isnan(half) && y[k] < 0.5 && y[k - 1] >= 0.5)
            half = x[k - 1] + (y[k - 1] - 0.5) / (y[k - 1] - y[k]) * (x[k] - x[k - 1]);
        if (s == GA_OK && progress->cancelled(progress->user))
            s = ga_fail(err, GA_EINTERRUPTED, "the study was stopped");
    }
    ga_mem_free(r.units);
    ga_mem_free(r.swaps);
    ga_mem_free(r.pictures);
    if (s != GA_OK)
        return s;
    const ga_curve curve = {.name = "random maps", .x = x, .y = y, .n = SHARES};
    ga_page_chart(st->page, &(ga_chart){.title = "Random swaps that leave the digit as it was",
                                        .x_label = "maps of layer1 swapped (%)",
                                        .y_label = "share read as the source's digit",
                                        .curves = &curve,
                                        .n_curves = 1,
                                        .x_max = 100,
                                        .y_max = 1});
    ga_page_text(st->page, "Each point: %d pairs of digits, %d images each, %d draws.", N_PAIRS,
                 N_FIRST, DRAWS);
    if (isnan(half))
        ga_page_finding(st->page, "The share never crosses one half.");
    else
        ga_page_finding(st->page,
                        "Half of the random swaps change the digit once %.0f %% of the maps are "
                        "swapped; with 10 %% swapped, %.0f %% still keep it, with 80 %%, %.0f %%.",
                        half, 100 * y[1], 100 * y[8]);
    json_object_set_new(curves, "random", points(x, y, SHARES));
    return GA_OK;
}

/* ---- in order ---------------------------------------------------------------------------------*/

/* certainty[k] (of the source's digit) and the first k at which another is read, for k = 0..U. */
static ga_status follow(study *st, int from, int to, int i, const int *units, double *certainty,
                        int *changed, ga_err *err)
{
    const int n = st->dims[0].c + 1;
    study_swap *swaps = ga_mem_new((size_t)n, sizeof *swaps);
    float *pictures = ga_mem_new((size_t)n * study_picture_size(st), sizeof *pictures);
    int *labels = ga_mem_new((size_t)n, sizeof *labels);
    ga_status s = swaps == NULL || pictures == NULL || labels == NULL
                      ? ga_fail(err, GA_ENOMEM, "no memory for %d pictures", n)
                      : GA_OK;
    for (int k = 0; k < n && s == GA_OK; k++)
        swaps[k] = (study_swap){study_maps(st, from, 0, i), study_maps(st, to, 0, i), units, k};
    if (s == GA_OK)
        s = study_swaps(st, 0, swaps, n, pictures, err);
    if (s == GA_OK)
        s = study_look(st, pictures, n, study_digits[from], labels, certainty, err);
    *changed = -1;
    for (int k = 0; k < n && s == GA_OK && *changed < 0; k++)
        if (labels[k] != study_digits[from])
            *changed = k;
    ga_mem_free(swaps);
    ga_mem_free(pictures);
    ga_mem_free(labels);
    return s;
}

/* One chart of N_ORDERS pairs for one goal; first[] receives the changes. */
static ga_status order_chart(study *st, ga_search_goal goal, const char *title, json_t *curves,
                             const char *key, int first[N_ORDERS], ga_err *err)
{
    static const int pairs[N_ORDERS][3] = {
        {ONES, THREES, 0}, {ONES, THREES, 1}, {ZEROS, FOURS, 0}, {FIVES, SEVENS, 0}};
    static const char *const names[N_ORDERS] = {"1 to 3, first pair", "1 to 3, second pair",
                                                "0 to 4", "5 to 7"};
    const int n_units = st->dims[0].c;
    const size_t n = (size_t)n_units + 1;
    int *units = ga_mem_new(n, sizeof *units);
    double *scores = ga_mem_new(n, sizeof *scores), *x = ga_mem_new(n, sizeof *x),
           *y = ga_mem_new(n * N_ORDERS, sizeof *y);
    ga_curve curve[N_ORDERS];
    ga_status s = units == NULL || scores == NULL || x == NULL || y == NULL
                      ? ga_fail(err, GA_ENOMEM, "no memory for a curve")
                      : GA_OK;
    json_t *changes = json_object(), *drawn = json_object();
    for (int p = 0; p < N_ORDERS && s == GA_OK; p++) {
        double *here = y + (size_t)p * n;
        const int from = pairs[p][0], to = pairs[p][1], i = pairs[p][2];
        s = ga_lab_search(st->lab[0], goal, GA_OP_SWAP, study_maps(st, from, 0, i),
                          study_maps(st, to, 0, i), n_units, units, scores, ga_rq_progress(st->rq),
                          err);
        if (s == GA_OK)
            s = follow(st, from, to, i, units, here, &first[p], err);
        for (size_t k = 0; k < n && s == GA_OK; k++)
            x[k] = (double)k;
        curve[p] = (ga_curve){.name = names[p], .x = x, .y = here, .n = (int)n, .look = p};
        json_object_set_new(changes, names[p], json_integer(first[p]));
        if (s == GA_OK)
            json_object_set_new(drawn, names[p], points(x, here, (int)n));
    }
    if (s == GA_OK)
        ga_page_chart(st->page, &(ga_chart){.title = title,
                                            .x_label = "maps of layer1 swapped, in order",
                                            .y_label = "certainty of the source's digit",
                                            .curves = curve,
                                            .n_curves = N_ORDERS,
                                            .x_max = (double)n_units,
                                            .y_max = 1});
    json_object_set_new(curves, key,
                        json_pack("{s:o, s:o}", "first_change", changes, "certainty", drawn));
    ga_mem_free(units);
    ga_mem_free(scores);
    ga_mem_free(x);
    ga_mem_free(y);
    return s;
}

/* "12, 8, 64 and 10", "never" for -1. */
static void add_changes(ga_text *t, const int first[N_ORDERS])
{
    for (int i = 0; i < N_ORDERS; i++) {
        ga_text_add(t, i == 0 ? "" : i == N_ORDERS - 1 ? " and " : ", ");
        if (first[i] >= 0)
            ga_text_addf(t, "%d", first[i]);
        else
            ga_text_add(t, "never");
    }
}

ga_status study_curves(study *st, ga_err *err)
{
    int most[N_ORDERS] = {0}, least[N_ORDERS] = {0};
    json_t *curves = json_object();
    json_object_set_new(st->json, "curves", curves);
    ga_page_section(st->page, "how-many", "How many maps before the digit changes?");
    ga_page_text(st->page,
                 "The question behind the experiments: first with maps drawn at random, then "
                 "in the two greedy orders, the maps that change the picture most coming "
                 "first, or those that change it least.");
    ga_status s = random_curve(st, curves, err);
    if (s == GA_OK)
        s = order_chart(st, GA_SEARCH_MOST, "Most change first", curves, "most", most, err);
    if (s == GA_OK)
        s = order_chart(st, GA_SEARCH_LEAST, "Least change first", curves, "least", least, err);
    if (s != GA_OK)
        return s;
    ga_text words = {0};
    ga_text_add(&words, "Most change first, another digit is read after ");
    add_changes(&words, most);
    ga_text_add(&words, " maps; least change first, after ");
    add_changes(&words, least);
    ga_page_finding(st->page, "%s of %d.", words.data != NULL ? words.data : "", st->dims[0].c);
    ga_text_free(&words);
    return GA_OK;
}
