/* study_experiments.c - experiments 1 to 5 and the appendix of the mnist-gan study.
 *
 * An experiment is: find or draw units, do something to them in some images, let the classifier
 * read the results, draw them, say what was seen. Every sentence is made from the numbers at hand. */
#include "app/latent_arg.h"
#include "app/sheets.h"
#include "app/study.h"
#include "base/alloc.h"
#include <math.h>

enum { MAX_UNITS = 4096, DRAWS = 200 };

/* Units in the order they were found. */
typedef struct list {
    int units[MAX_UNITS];
    int n;
} list;

static json_t *part(study *st, const char *key)
{
    json_t *o = json_object_get(st->json, key);
    if (o == NULL) {
        o = json_object();
        json_object_set_new(st->json, key, o);
    }
    return o;
}

static json_t *ints(const int *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(a, json_integer(v[i]));
    return a;
}

static int at_most(int wanted, int there)
{
    return wanted < there ? wanted : there;
}

/* "44, 23, 0" */
static void write_units(const list *l, ga_text *t)
{
    t->length = 0;
    ga_text_add(t, "");
    for (int i = 0; i < l->n; i++)
        ga_text_addf(t, i > 0 ? ", %d" : "%d", l->units[i]);
}

static void say_list(study *st, const char *what, const list *l)
{
    ga_text t = {0};
    write_units(l, &t);
    ga_page_text(st->page, "%s: `%s`.", what, l->n > 0 ? t.data : "none");
    ga_text_free(&t);
}

/* Greedy search from one image to another at layer1, recorded under key. */
static ga_status find(study *st, const char *key, ga_search_goal goal, int wanted, int source,
                      int donor, int i, list *out, ga_err *err)
{
    double scores[MAX_UNITS];
    out->n = at_most(wanted, st->dims[0].c);
    const ga_status s =
        ga_lab_search(st->lab[0], goal, GA_OP_SWAP, study_maps(st, source, 0, i), study_maps(st, donor, 0, i),
                      out->n, out->units, scores, ga_rq_progress(st->rq), err);
    if (s == GA_OK && key != NULL)
        json_object_set_new(part(st, "lists"), key, ints(out->units, out->n));
    return s;
}

/* ---- tables of source, donor, result -----------------------------------------------------------*/

static ga_status put(study *st, ga_sheet *sheet, int column, int row, const float *picture,
                     const char *caption, ga_err *err)
{
    const ga_view v = {picture, 1, st->picture.c, st->picture.h, st->picture.w};
    return ga_sheet_put_view(sheet, column, row, v, 0, st->scale, caption, err);
}

static ga_status put_read(study *st, ga_sheet *sheet, int column, int row, const float *picture,
                          int label, double certainty, ga_err *err)
{
    char caption[24];
    snprintf(caption, sizeof caption, "%d (%.2f)", label, certainty);
    return put(st, sheet, column, row, picture, caption, err);
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
            s = put_read(st, sheet, i, row, study_picture(st, sets[row], i), read[row][i], sure[row][i],
                         err);
    }
    for (int i = 0; i < n && s == GA_OK; i++)
        s = put_read(st, sheet, i, n_rows - 1, results + (size_t)i * study_picture_size(st),
                     labels[i], certainty[i], err);
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), caption, caption, err);
    ga_sheet_free(sheet);
    return s;
}

/* What became of n images: labels is filled with the readings. */
static ga_status apply(study *st, const char *key, ga_operation operation, const list *l, int source,
                       int donor, int n, const char *caption, int labels[N_FIRST], ga_err *err)
{
    double certainty[N_FIRST];
    float *results = ga_mem_new((size_t)n * study_picture_size(st), sizeof *results);
    if (results == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d pictures", n);
    ga_status s =
        ga_lab_apply(st->lab[0], operation, l->units, l->n, st->set[source].maps[0],
                     operation == GA_OP_SWAP ? st->set[donor].maps[0] : NULL, n, results, err);
    if (s == GA_OK)
        s = study_look(st, results, n, -1, labels, certainty, err);
    if (s == GA_OK) {
        json_t *sure = json_array();
        for (int i = 0; i < n; i++)
            json_array_append_new(sure, json_real(certainty[i]));
        json_object_set_new(part(st, "readings"), key,
                            json_pack("{s:o, s:o}", "labels", ints(labels, n), "certainty", sure));
        s = draw_rows(st, source, donor, results, labels, certainty, n, caption, err);
    }
    ga_mem_free(results);
    return s;
}

static int count_equal(const int *labels, int n, int wanted)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += labels[i] == wanted;
    return count;
}

/* ---- the images and the representative sets ----------------------------------------------------*/

static ga_status gallery(study *st, ga_err *err)
{
    ga_sheet *sheet;
    int labels[MAX_SET];
    double certainty[MAX_SET];
    ga_page_section(st->page, "images", "The images");
    ga_page_text(st->page,
                 "Five images of each kind, rendered with batch-norm statistics of each image alone, "
                 "as the study did. Below each: what the classifier reads and how sure it is.");
    if (st->crossed_words.length > 0)
        ga_page_text(st->page, "%s", st->crossed_words.data);
    ga_status s = ga_sheet_create(N_FIRST, N_SETS, st->picture.w, st->picture.h,
                                  ga_zoom_for(st->picture.w, 84), true, NULL, &sheet, err);
    for (int k = 0; k < N_SETS && s == GA_OK; k++) {
        s = study_look(st, st->set[k].pictures, st->set[k].n, -1, labels, certainty, err);
        for (int i = 0; i < N_FIRST && s == GA_OK; i++)
            s = put_read(st, sheet, i, k, study_picture(st, k, i), labels[i], certainty[i], err);
        if (s == GA_OK)
            json_object_set_new(part(st, "readings"), study_keys[k], ints(labels, st->set[k].n));
    }
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet),
                          "zeros, ones, threes, fours, fives, sevens and crossed sevens",
                          "Zeros, ones, threes, fours, fives, sevens, crossed sevens.", err);
    ga_sheet_free(sheet);
    return s;
}

static ga_status representative(study *st, ga_err *err)
{
    static const int pairs[3][2] = {{ZEROS, FOURS}, {ONES, THREES}, {FIVES, SEVENS}};
    json_t *sets = json_object();
    json_object_set_new(part(st, "lists"), "representative", sets);
    ga_page_section(st->page, "representative", "Maps that stand for a digit");
    ga_page_text(st->page,
                 "For each of five pairs the 64 maps are searched whose swap changes the picture "
                 "most; the maps found in all five are kept, and they alone are swapped.");
    ga_status s = GA_OK;
    for (int p = 0; p < 3 && s == GA_OK; p++) {
        const int from = pairs[p][0], to = pairs[p][1];
        int votes[MAX_UNITS] = {0}, labels[N_FIRST];
        list found, common = {.n = 0};
        char key[32], title[64], words[160];
        for (int i = 0; i < N_FIRST && s == GA_OK; i++) {
            s = find(st, NULL, GA_SEARCH_MOST, 64, from, to, i, &found, err);
            for (int k = 0; k < found.n && s == GA_OK; k++)
                votes[found.units[k]]++;
        }
        for (int u = 0; u < st->dims[0].c; u++)
            if (votes[u] == N_FIRST)
                common.units[common.n++] = u;
        snprintf(key, sizeof key, "%d-%d", study_digits[from], study_digits[to]);
        json_object_set_new(sets, key, ints(common.units, common.n));
        if (s == GA_OK) {
            snprintf(title, sizeof title, "From %d to %d, %d maps", study_digits[from],
                     study_digits[to], common.n);
            say_list(st, title, &common);
            snprintf(words, sizeof words, "Sources (%d), donors (%d), results with %d maps swapped.",
                     study_digits[from], study_digits[to], common.n);
            s = apply(st, key, GA_OP_SWAP, &common, from, to, N_FIRST, words, labels, err);
        }
        if (s == GA_OK)
            ga_page_finding(st->page, "%d of 5 are read as %d afterwards, %d still as %d.",
                            count_equal(labels, N_FIRST, study_digits[to]), study_digits[to],
                            count_equal(labels, N_FIRST, study_digits[from]), study_digits[from]);
    }
    return s;
}

/* ---- experiment 1: random swaps ----------------------------------------------------------------*/

/* Three pictures side by side: source, donor, and the result with its reading below. */
static ga_status draw_three(study *st, int source, int donor, int i, const float *result, int label,
                            double certainty, const char *caption, ga_err *err)
{
    ga_sheet *sheet;
    ga_status s = ga_sheet_create(3, 1, st->picture.w, st->picture.h,
                                  ga_zoom_for(st->picture.w, 84), true, NULL, &sheet, err);
    if (s == GA_OK)
        s = put(st, sheet, 0, 0, study_picture(st, source, i), "source", err);
    if (s == GA_OK)
        s = put(st, sheet, 1, 0, study_picture(st, donor, i), "donor", err);
    if (s == GA_OK)
        s = put_read(st, sheet, 2, 0, result, label, certainty, err);
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), "source, donor, result", caption, err);
    ga_sheet_free(sheet);
    return s;
}

/* sevens[0] <- fives[0] with `wanted` maps of one layer: one draw drawn, DRAWS draws counted. */
static ga_status random_swap(study *st, int layer, int wanted, const char *key, ga_err *err)
{
    const int n_units = st->dims[layer].c, count = at_most(wanted, n_units);
    int *units = ga_mem_new((size_t)DRAWS * (size_t)n_units, sizeof *units), labels[DRAWS], kept = 0;
    float *results = ga_mem_new(DRAWS * study_picture_size(st), sizeof *results);
    study_swap swaps[DRAWS];
    double certainty[DRAWS];
    ga_status s = units == NULL || results == NULL
                      ? ga_fail(err, GA_ENOMEM, "no memory for %d swaps", DRAWS)
                      : GA_OK;
    for (int d = 0; d < DRAWS && s == GA_OK; d++) {
        int *mine = units + (size_t)d * (size_t)n_units;
        s = ga_random_units(n_units, count, st->seed + (uint64_t)d, mine, err);
        swaps[d] = (study_swap){study_maps(st, SEVENS, layer, 0), study_maps(st, FIVES, layer, 0),
                                mine, count};
    }
    if (s == GA_OK)
        s = study_swaps(st, layer, swaps, DRAWS, results, err);
    if (s == GA_OK)
        s = study_look(st, results, DRAWS, -1, labels, certainty, err);
    if (s == GA_OK)
        s = draw_three(st, SEVENS, FIVES, 0, results, labels[0], certainty[0],
                       "Source, donor, and the first draw.", err);
    if (s == GA_OK) {
        kept = count_equal(labels, DRAWS, study_digits[SEVENS]);
        ga_page_finding(st->page, "%d of the %d maps of `layer%d` swapped: over %d draws the "
                                  "classifier still reads a 7 in %d.",
                        count, n_units, layer + 1, DRAWS, kept);
        json_object_set_new(part(st, "readings"), key,
                            json_pack("{s:i, s:i, s:i, s:i}", "swapped", count, "units", n_units,
                                      "draws", DRAWS, "kept", kept));
    }
    ga_mem_free(units);
    ga_mem_free(results);
    return s;
}

/* "0 to 4 after 50 %": from which share on another digit than the source's is read. */
static void say_change(const int *labels, int n, int source, int donor, ga_text *t)
{
    int first = 0;
    while (first < n && labels[first] == study_digits[source])
        first++;
    ga_text_addf(t, "%s%d to %d: ", t->length > 0 ? "; " : "", study_digits[source],
                 study_digits[donor]);
    if (first < n)
        ga_text_addf(t, "at %.3g %% it is read as %d", 100.0 * first / (n - 1), labels[first]);
    else
        ga_text_add(t, "it never changes");
}

static ga_status strip(study *st, int source, int donor, const char *key, ga_text *found,
                       ga_err *err)
{
    enum { STEPS = 8, N = STEPS + 1 };
    const int n_units = st->dims[0].c;
    int *units = ga_mem_new((size_t)N * (size_t)n_units, sizeof *units), labels[N];
    float *results = ga_mem_new(N * study_picture_size(st), sizeof *results);
    study_swap swaps[N];
    ga_sheet *sheet = NULL;
    ga_status s = units == NULL || results == NULL
                      ? ga_fail(err, GA_ENOMEM, "no memory for %d swaps", N)
                      : GA_OK;
    for (int k = 0; k < N && s == GA_OK; k++) {
        int *mine = units + (size_t)k * (size_t)n_units;
        swaps[k] = (study_swap){study_maps(st, source, 0, 0), study_maps(st, donor, 0, 0), mine,
                                n_units * k / STEPS};
        s = ga_random_units(n_units, swaps[k].count, st->seed + 1000 + (uint64_t)k, mine, err);
    }
    if (s == GA_OK)
        s = study_swaps(st, 0, swaps, N, results, err);
    if (s == GA_OK)
        s = study_look(st, results, N, -1, labels, NULL, err);
    if (s == GA_OK)
        s = ga_sheet_create(N, 1, st->picture.w, st->picture.h, ga_zoom_for(st->picture.w, 70), true,
                            NULL, &sheet, err);
    for (int k = 0; k < N && s == GA_OK; k++) {
        char caption[32];
        snprintf(caption, sizeof caption, "%.3g%%: %d", 100.0 * k / STEPS, labels[k]);
        s = put(st, sheet, k, 0, results + (size_t)k * study_picture_size(st), caption, err);
    }
    if (s == GA_OK) {
        char words[120];
        snprintf(words, sizeof words,
                 "From a %d to a %d: share of maps swapped, and the digit that is read.",
                 study_digits[source], study_digits[donor]);
        json_object_set_new(part(st, "readings"), key, ints(labels, N));
        say_change(labels, N, source, donor, found);
        s = ga_page_image(st->page, ga_sheet_image(sheet), words, words, err);
    }
    ga_sheet_free(sheet);
    ga_mem_free(units);
    ga_mem_free(results);
    return s;
}

static ga_status experiment_1(study *st, ga_err *err)
{
    ga_page_section(st->page, "experiment-1", "Experiment 1: random maps");
    ga_page_text(st->page,
                 "1a: 25 random maps of a seven are replaced by a five's. The study's code swaps 25 "
                 "of the maps after `layer2`; its text describes 25 of those after `layer1`. Both "
                 "are done here.");
    ga_status s = random_swap(st, 1, 25, "1a-published", err);
    if (s == GA_OK)
        s = random_swap(st, 0, 25, "1a-described", err);
    if (s != GA_OK)
        return s;
    ga_page_text(st->page, "1b: a growing share of the maps of `layer1`, drawn anew each time.");
    ga_text found = {0};
    s = strip(st, ZEROS, FOURS, "1b-0-4", &found, err);
    if (s == GA_OK)
        s = strip(st, THREES, SEVENS, "1b-3-7", &found, err);
    if (s == GA_OK)
        s = strip(st, ONES, FIVES, "1b-1-5", &found, err);
    if (s == GA_OK)
        ga_page_finding(st->page, "1b: the first share at which the digit is another: %s.",
                        found.data != NULL ? found.data : "");
    ga_text_free(&found);
    return s;
}

/* ---- experiments 2 to 4: chosen maps -----------------------------------------------------------*/

static ga_status one_pair(study *st, const char *key, const list *l, int source, int donor, int i,
                          ga_err *err)
{
    float *result = ga_mem_new(study_picture_size(st), sizeof *result);
    int label;
    double certainty;
    if (result == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a picture");
    const study_swap swap = {study_maps(st, source, 0, i), study_maps(st, donor, 0, i), l->units,
                             l->n};
    ga_status s = study_swaps(st, 0, &swap, 1, result, err);
    if (s == GA_OK)
        s = study_look(st, result, 1, -1, &label, &certainty, err);
    if (s == GA_OK)
        s = draw_three(st, source, donor, i, result, label, certainty, "Source, donor, result.", err);
    if (s == GA_OK) {
        ga_page_finding(st->page, "With %d of %d maps swapped, a %d is read as %d (certainty %.3f).",
                        l->n, st->dims[0].c, study_digits[source], label, certainty);
        json_object_set_new(part(st, "readings"), key,
                            json_pack("{s:i, s:f}", "label", label, "certainty", certainty));
    }
    ga_mem_free(result);
    return s;
}

static ga_status experiments_2_to_4(study *st, list *most, ga_err *err)
{
    list other, least;
    int labels[N_FIRST];
    ga_page_section(st->page, "experiment-2", "Experiment 2: the maps that change most");
    ga_page_text(st->page, "Twenty maps, each chosen so that its swap moves the picture farthest "
                           "from the source's, in two pairs of a one and a three.");
    ga_status s = find(st, "2a", GA_SEARCH_MOST, 20, ONES, THREES, 0, most, err);
    if (s == GA_OK)
        s = find(st, "2b", GA_SEARCH_MOST, 20, ONES, THREES, 1, &other, err);
    if (s != GA_OK)
        return s;
    say_list(st, "2a", most);
    s = one_pair(st, "2a", most, ONES, THREES, 0, err);
    if (s != GA_OK)
        return s;
    say_list(st, "2b", &other);
    s = one_pair(st, "2b", &other, ONES, THREES, 1, err);
    if (s != GA_OK)
        return s;

    ga_page_section(st->page, "experiment-3", "Experiment 3: the maps that change least");
    ga_page_text(st->page, "A hundred maps, each chosen so that the picture stays closest to the "
                           "source's.");
    s = find(st, "3", GA_SEARCH_LEAST, 100, ONES, THREES, 0, &least, err);
    if (s != GA_OK)
        return s;
    say_list(st, "3", &least);
    s = one_pair(st, "3", &least, ONES, THREES, 0, err);
    if (s != GA_OK)
        return s;

    ga_page_section(st->page, "experiment-4", "Experiment 4: the same maps elsewhere");
    ga_page_text(st->page, "The list of 2a, found on one pair, swapped in others: five pairs of the "
                           "same kind, then zeros with maps of fours.");
    s = apply(st, "4a", GA_OP_SWAP, most, ONES, THREES, N_FIRST, "4a: ones with maps of threes.",
              labels, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "4a: %d of 5 ones are read as 3.", count_equal(labels, N_FIRST, 3));
    s = apply(st, "4b", GA_OP_SWAP, most, ZEROS, FOURS, N_FIRST, "4b: zeros with maps of fours.",
              labels, err);
    if (s == GA_OK)
        ga_page_finding(st->page, "4b: %d of 5 zeros are still read as 0, %d as 4: maps that turn "
                                  "ones into threes are %s to that change.",
                        count_equal(labels, N_FIRST, 0), count_equal(labels, N_FIRST, 4),
                        count_equal(labels, N_FIRST, 0) > 2 ? "mostly special" : "not special");
    return s;
}

/* ---- experiment 5: one layer on ----------------------------------------------------------------*/

/* Sheet of all maps of one image at layer2. */
static ga_status map_sheet(study *st, const float *maps, const char *caption, ga_err *err)
{
    const ga_dims d = st->dims[1];
    const int columns = ga_columns_for(d.c);
    ga_sheet *sheet;
    char number[16];
    ga_status s = ga_sheet_create(columns, (d.c + columns - 1) / columns, d.w, d.h,
                                  ga_zoom_for(d.w, 42), true, NULL, &sheet, err);
    for (int u = 0; u < d.c && s == GA_OK; u++) {
        const ga_view v = {maps + (size_t)u * (size_t)d.h * (size_t)d.w, 1, 1, d.h, d.w};
        snprintf(number, sizeof number, "%d", u);
        s = ga_sheet_put_view(sheet, u % columns, u / columns, v, 0, (ga_scale){.stretch = true},
                              number, err);
    }
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), caption, caption, err);
    ga_sheet_free(sheet);
    return s;
}

/* How much a map looks like the picture: correlation with it, averaged down to the map's grid. */
static double likeness(const study *st, const float *map, const float *picture)
{
    const ga_dims d = st->dims[1], p = st->picture;
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (int y = 0; y < d.h; y++)
        for (int x = 0; x < d.w; x++) {
            double sum = 0;
            int n = 0;
            for (int py = y * p.h / d.h; py < (y + 1) * p.h / d.h; py++)
                for (int px = x * p.w / d.w; px < (x + 1) * p.w / d.w; px++, n++)
                    sum += (double)picture[py * p.w + px];
            const double a = (double)map[y * d.w + x], b = n > 0 ? sum / n : 0;
            sx += a, sy += b, sxx += a * a, syy += b * b, sxy += a * b;
        }
    const double n = (double)d.h * d.w, vx = sxx - sx * sx / n, vy = syy - sy * sy / n;
    return vx <= 0 || vy <= 0 ? 0 : fabs(sxy - sx * sy / n) / sqrt(vx * vy);
}

/* The activation at layer2 that follows from one at layer1. */
static ga_status carry_on(study *st, const float *maps1, float *maps2, ga_err *err)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    const ga_dims d = st->dims[0];
    ga_plan *plan;
    o.bn = GA_BN_IMAGE;
    o.from = "layer1";
    o.to = "layer2";
    o.threads = ga_rq_threads(st->rq);
    ga_status s = ga_plan_create(ga_model_graph(st->model), ga_model_params(st->model), &o, &plan, err);
    if (s == GA_OK)
        s = ga_plan_write(plan, "layer1", (ga_view){maps1, 1, d.c, d.h, d.w}, err);
    if (s == GA_OK)
        s = ga_plan_forward(plan, NULL, err);
    if (s == GA_OK)
        s = ga_plan_read(plan, "layer2", maps2, err);
    ga_plan_free(plan);
    return s;
}

/* maps1: zeros[0] with 25 maps of sevens[0]; like: the units of layer2 that look like the digit. */
static ga_status ablate(study *st, const float *maps2, const list *like, ga_err *err)
{
    static const struct {
        ga_operation operation;
        const char *name;
    } ways[] = {{GA_OP_SWAP, "25 swapped"}, {GA_OP_ZERO_FILTER, "filter 0"}, {GA_OP_ZERO, "map 0"},
                {GA_OP_MEAN, "map mean"}};
    enum { N_WAYS = sizeof ways / sizeof *ways };
    const size_t size = study_picture_size(st);
    float *results = ga_mem_new(N_WAYS * size, sizeof *results);
    double change[N_WAYS];
    int labels[N_WAYS];
    ga_sheet *sheet = NULL;
    ga_status s = results == NULL ? ga_fail(err, GA_ENOMEM, "no memory for pictures") : GA_OK;
    for (int i = 0; i < N_WAYS && s == GA_OK; i++) /* way 0: nothing further is done */
        s = ga_lab_apply(st->lab[1], ways[i].operation, like->units, i == 0 ? 0 : like->n, maps2,
                         maps2, 1, results + (size_t)i * size, err);
    if (s == GA_OK)
        s = study_look(st, results, N_WAYS, -1, labels, NULL, err);
    if (s == GA_OK)
        s = ga_sheet_create(N_WAYS, 1, st->picture.w, st->picture.h,
                            ga_zoom_for(st->picture.w, 84), true, NULL, &sheet, err);
    json_t *object = json_object();
    for (int i = 0; i < N_WAYS && s == GA_OK; i++) {
        change[i] = 0;
        for (size_t k = 0; k < size; k++) {
            const double x = (double)results[(size_t)i * size + k] - (double)results[k];
            change[i] += x * x / (double)size;
        }
        json_object_set_new(object, ways[i].name,
                            json_pack("{s:i, s:f}", "label", labels[i], "change", change[i]));
        s = put(st, sheet, i, 0, results + (size_t)i * size, ways[i].name, err);
    }
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), "the swapped zero and three ablations",
                          "The swapped zero; then the same maps of `layer2` silenced in three ways.",
                          err);
    if (s == GA_OK)
        ga_page_finding(st->page,
                        "Setting filters to zero before the norm, as the study did, leaves a constant "
                        "map and moves the picture by %.3f (mean squared difference); setting the "
                        "maps to zero after the activation moves it by %.3f, to their mean by %.3f. "
                        "They are read as %d, %d and %d.",
                        change[1], change[2], change[3], labels[1], labels[2], labels[3]);
    json_object_set_new(part(st, "readings"), "5b", object);
    ga_sheet_free(sheet);
    ga_mem_free(results);
    return s;
}

static ga_status experiment_5(study *st, ga_err *err)
{
    const size_t hw2 = (size_t)st->dims[1].h * (size_t)st->dims[1].w;
    const float *zero = study_picture(st, ZEROS, 0);
    list like = {.n = 0};
    double rank[MAX_UNITS], least = 0;
    int units[MAX_UNITS], close = 0;
    ga_page_section(st->page, "experiment-5", "Experiment 5: one layer on");
    ga_page_text(st->page, "5a: the maps after `layer2` behind the first zero, each from its own "
                           "minimum to its own maximum.");
    ga_status s = map_sheet(st, study_maps(st, ZEROS, 1, 0), "Maps of layer2 of the first zero.", err);
    if (s != GA_OK)
        return s;
    for (int u = 0; u < st->dims[1].c; u++)
        close += (rank[u] = likeness(st, study_maps(st, ZEROS, 1, 0) + (size_t)u * hw2, zero)) >= 0.5;
    ga_page_finding(st->page, "5a: %d of %d maps look like the picture itself (correlation of at "
                              "least 0.5, either sign): after `layer2` the digit is already drawn.",
                    close, st->dims[1].c);
    while (like.n < at_most(22, st->dims[1].c)) {
        int best = 0;
        for (int u = 1; u < st->dims[1].c; u++)
            if (rank[u] > rank[best])
                best = u;
        least = rank[best];
        rank[best] = -1;
        like.units[like.n++] = best;
    }
    ga_page_text(st->page, "5b: 25 random maps of `layer1` are taken from a seven, and of `layer2` "
                           "those %d maps are silenced that look most like the digit (the study "
                           "picked 22 by eye; here the correlation with the picture picks them, "
                           "down to %.2f).",
                 like.n, least);
    float *maps1 = ga_mem_new(study_map_size(st, 0), sizeof *maps1),
          *maps2 = ga_mem_new(study_map_size(st, 1), sizeof *maps2);
    const int count = at_most(25, st->dims[0].c);
    s = maps1 == NULL || maps2 == NULL ? ga_fail(err, GA_ENOMEM, "no memory for maps")
                                       : ga_random_units(st->dims[0].c, count, st->seed, units, err);
    if (s == GA_OK) {
        study_swap_maps(st, 0,
                        &(study_swap){study_maps(st, ZEROS, 0, 0), study_maps(st, SEVENS, 0, 0),
                                      units, count},
                        maps1);
        s = carry_on(st, maps1, maps2, err);
    }
    if (s == GA_OK)
        s = ablate(st, maps2, &like, err);
    if (s == GA_OK)
        s = map_sheet(st, maps2, "Maps of layer2 after the swap at layer1.", err);
    ga_mem_free(maps1);
    ga_mem_free(maps2);
    return s;
}

/* ---- appendix ----------------------------------------------------------------------------------*/

static ga_status appendix(study *st, const list *most, ga_err *err)
{
    int labels[N_FIRST];
    list a2, a4, a5;
    ga_page_section(st->page, "appendix", "Appendix: crossed sevens");
    ga_page_text(st->page, "A1: the twenty maps of 2a set to zero in ones.");
    ga_status s = apply(st, "A1", GA_OP_ZERO, most, ONES, -1, N_FIRST, "A1: ones without them.",
                        labels, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "A1: %d of 5 are still read as 1.", count_equal(labels, N_FIRST, 1));

    s = find(st, "A2", GA_SEARCH_MOST, 20, CROSSED, SEVENS, 0, &a2, err);
    if (s != GA_OK)
        return s;
    say_list(st, "A2, twenty maps from a crossed seven to a plain one", &a2);
    s = apply(st, "A2", GA_OP_SWAP, &a2, CROSSED, SEVENS, N_FIRST,
              "A2: crossed sevens with maps of plain ones.", labels, err);
    if (s == GA_OK)
        ga_page_finding(st->page, "A2: %d of 5 are read as 7 afterwards; whether the cross went is "
                                  "for the eye, the classifier knows no crosses.",
                        count_equal(labels, N_FIRST, 7));
    if (s == GA_OK)
        s = apply(st, "A3", GA_OP_ZERO, &a2, CROSSED, -1, N_FIRST,
                  "A3: the same maps set to zero in crossed sevens.", labels, err);
    if (s == GA_OK)
        ga_page_finding(st->page, "A3: without those maps, %d of 5 are still read as 7.",
                        count_equal(labels, N_FIRST, 7));
    if (s == GA_OK)
        s = find(st, "A4", GA_SEARCH_MOST, 64, SEVENS, CROSSED, 0, &a4, err);
    if (s != GA_OK)
        return s;
    say_list(st, "A4, 64 maps that change a plain seven most on the way to a crossed one", &a4);
    s = apply(st, "A4", GA_OP_SWAP, &a4, SEVENS, CROSSED, N_FIRST,
              "A4: plain sevens with maps of crossed ones.", labels, err);
    if (s == GA_OK)
        s = find(st, "A5", GA_SEARCH_TOWARD, 64, SEVENS, CROSSED, 0, &a5, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "A4: %d of 5 are still read as 7.",
                    count_equal(labels, N_FIRST, 7));
    say_list(st, "A5, 64 maps that lead toward the crossed seven", &a5);
    s = apply(st, "A5", GA_OP_SWAP, &a5, SEVENS, CROSSED, N_FIRST,
              "A5: plain sevens with maps that lead toward the donor.", labels, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "A5: %d of 5 are still read as 7; look at the pictures for crosses.",
                    count_equal(labels, N_FIRST, 7));
    s = apply(st, "A6", GA_OP_SWAP, &a5, ONES, CROSSED, N_FIRST,
              "A6: ones with the same maps of crossed sevens.", labels, err);
    if (s == GA_OK)
        ga_page_finding(st->page, "A6: %d of 5 ones are read as 7 afterwards, %d as 9, %d as 1.",
                        count_equal(labels, N_FIRST, 7), count_equal(labels, N_FIRST, 9),
                        count_equal(labels, N_FIRST, 1));
    return s;
}

ga_status study_experiments(study *st, ga_err *err)
{
    list most;
    if (st->dims[0].c > MAX_UNITS || st->dims[1].c > MAX_UNITS)
        return ga_fail(err, GA_EINVAL, "the study is made for layers of at most %d units", MAX_UNITS);
    ga_status s = gallery(st, err);
    if (s == GA_OK)
        s = representative(st, err);
    if (s == GA_OK)
        s = experiment_1(st, err);
    if (s == GA_OK)
        s = experiments_2_to_4(st, &most, err);
    if (s == GA_OK)
        s = experiment_5(st, err);
    if (s == GA_OK)
        s = appendix(st, &most, err);
    return s;
}
