/* study_experiments.c - the experiments of the mnist-gan study, in order, and its appendix.
 *
 * An experiment is: find or draw units, do something to them in some images, let the classifier
 * read the results, draw them, say what was seen. Every sentence is made from the numbers at hand.
 */
#include "app/sheets.h"
#include "app/study.h"
#include "base/alloc.h"

enum { DRAWS = 200 };

/* ---- the images and the representative sets ---------------------------------------------------*/

static ga_status gallery(study *st, ga_err *err)
{
    ga_sheet *sheet;
    int labels[MAX_SET];
    double certainty[MAX_SET];
    ga_page_section(st->page, "images", "The images");
    ga_page_text(
        st->page,
        "Five images of each kind, rendered with batch-norm statistics of each image alone, "
        "as the study did. Below each: what the classifier reads and how sure it is.");
    if (st->crossed_words.length > 0)
        ga_page_text(st->page, "%s", st->crossed_words.data);
    ga_status s = ga_sheet_create(N_FIRST, N_SETS, st->picture.w, st->picture.h,
                                  ga_zoom_for(st->picture.w, 84), true, NULL, &sheet, err);
    for (int k = 0; k < N_SETS && s == GA_OK; k++) {
        s = study_look(st, st->set[k].pictures, st->set[k].n, -1, labels, certainty, err);
        for (int i = 0; i < N_FIRST && s == GA_OK; i++)
            s = study_put_read(st, sheet, i, k, study_picture(st, k, i), labels[i], certainty[i],
                               err);
        if (s == GA_OK)
            json_object_set_new(study_part(st, "readings"), study_keys[k],
                                study_ints(labels, st->set[k].n));
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
    json_object_set_new(study_part(st, "lists"), "representative", sets);
    ga_page_section(st->page, "representative", "Maps that stand for a digit");
    ga_page_text(st->page,
                 "For each of five pairs the 64 maps are searched whose swap changes the picture "
                 "most; the maps found in all five are kept, and they alone are swapped.");
    ga_status s = GA_OK;
    for (int p = 0; p < 3 && s == GA_OK; p++) {
        const int from = pairs[p][0], to = pairs[p][1];
        int votes[STUDY_MAX_UNITS] = {0}, labels[N_FIRST];
        study_list found, common = {.n = 0};
        char key[32], title[64], words[160];
        for (int i = 0; i < N_FIRST && s == GA_OK; i++) {
            s = study_find(st, NULL, GA_SEARCH_MOST, 64, from, to, i, &found, err);
            for (int k = 0; k < found.n && s == GA_OK; k++)
                votes[found.units[k]]++;
        }
        for (int u = 0; u < st->dims[0].c; u++)
            if (votes[u] == N_FIRST)
                common.units[common.n++] = u;
        snprintf(key, sizeof key, "%d-%d", study_digits[from], study_digits[to]);
        json_object_set_new(sets, key, study_ints(common.units, common.n));
        if (s == GA_OK) {
            snprintf(title, sizeof title, "From %d to %d, %d maps", study_digits[from],
                     study_digits[to], common.n);
            study_say_list(st, title, &common);
            snprintf(words, sizeof words,
                     "Sources (%d), donors (%d), results with %d maps swapped.", study_digits[from],
                     study_digits[to], common.n);
            s = study_apply(st, key, GA_OP_SWAP, &common, from, to, N_FIRST, words, labels, err);
        }
        if (s == GA_OK)
            ga_page_finding(st->page,
                            "The classifier reads %d of 5 as %d afterwards, %d still as %d.",
                            study_count(labels, N_FIRST, study_digits[to]), study_digits[to],
                            study_count(labels, N_FIRST, study_digits[from]), study_digits[from]);
    }
    return s;
}

/* ---- experiment 1: random swaps ---------------------------------------------------------------*/

/* sevens[0] <- fives[0] with `wanted` maps of one layer: one draw drawn, DRAWS draws counted. */
static ga_status random_swap(study *st, int layer, int wanted, const char *key, ga_err *err)
{
    const int n_units = st->dims[layer].c, count = study_at_most(wanted, n_units);
    int *units = ga_mem_new((size_t)DRAWS * (size_t)n_units, sizeof *units), labels[DRAWS],
        kept = 0;
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
        s = study_draw_three(st, SEVENS, FIVES, 0, results, labels[0], certainty[0],
                             "Source, donor, and the first draw.", err);
    if (s == GA_OK) {
        kept = study_count(labels, DRAWS, study_digits[SEVENS]);
        ga_page_finding(st->page,
                        "%d of the %d maps of `layer%d` swapped: over %d draws the "
                        "classifier still reads a 7 in %d.",
                        count, n_units, layer + 1, DRAWS, kept);
        json_object_set_new(study_part(st, "readings"), key,
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
        s = ga_sheet_create(N, 1, st->picture.w, st->picture.h, ga_zoom_for(st->picture.w, 70),
                            true, NULL, &sheet, err);
    for (int k = 0; k < N && s == GA_OK; k++) {
        char caption[32];
        snprintf(caption, sizeof caption, "%.3g%%: %d", 100.0 * k / STEPS, labels[k]);
        s = study_put(st, sheet, k, 0, results + (size_t)k * study_picture_size(st), caption, err);
    }
    if (s == GA_OK) {
        char words[120];
        snprintf(words, sizeof words,
                 "From a %d to a %d: share of maps swapped, and the digit that is read.",
                 study_digits[source], study_digits[donor]);
        json_object_set_new(study_part(st, "readings"), key, study_ints(labels, N));
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
    ga_page_text(
        st->page,
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

/* ---- experiments 2 to 4: chosen maps ----------------------------------------------------------*/

static ga_status one_pair(study *st, const char *key, const study_list *l, int source, int donor,
                          int i, ga_err *err)
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
        s = study_draw_three(st, source, donor, i, result, label, certainty,
                             "Source, donor, result.", err);
    if (s == GA_OK) {
        ga_page_finding(st->page,
                        "With %d of %d maps swapped, a %d is read as %d (certainty %.3f).", l->n,
                        st->dims[0].c, study_digits[source], label, certainty);
        json_object_set_new(study_part(st, "readings"), key,
                            json_pack("{s:i, s:f}", "label", label, "certainty", certainty));
    }
    ga_mem_free(result);
    return s;
}

static ga_status experiments_2_to_4(study *st, study_list *most, ga_err *err)
{
    study_list other, least;
    int labels[N_FIRST];
    ga_page_section(st->page, "experiment-2", "Experiment 2: the maps that change most");
    ga_page_text(st->page, "Twenty maps, each chosen so that its swap moves the picture farthest "
                           "from the source's, in two pairs of a one and a three.");
    ga_status s = study_find(st, "2a", GA_SEARCH_MOST, 20, ONES, THREES, 0, most, err);
    if (s == GA_OK)
        s = study_find(st, "2b", GA_SEARCH_MOST, 20, ONES, THREES, 1, &other, err);
    if (s != GA_OK)
        return s;
    study_say_list(st, "2a", most);
    s = one_pair(st, "2a", most, ONES, THREES, 0, err);
    if (s != GA_OK)
        return s;
    study_say_list(st, "2b", &other);
    s = one_pair(st, "2b", &other, ONES, THREES, 1, err);
    if (s != GA_OK)
        return s;

    ga_page_section(st->page, "experiment-3", "Experiment 3: the maps that change least");
    ga_page_text(st->page, "A hundred maps, each chosen so that the picture stays closest to the "
                           "source's.");
    s = study_find(st, "3", GA_SEARCH_LEAST, 100, ONES, THREES, 0, &least, err);
    if (s != GA_OK)
        return s;
    study_say_list(st, "3", &least);
    s = one_pair(st, "3", &least, ONES, THREES, 0, err);
    if (s != GA_OK)
        return s;

    ga_page_section(st->page, "experiment-4", "Experiment 4: the same maps elsewhere");
    ga_page_text(st->page,
                 "The list of 2a, found on one pair, swapped in others: five pairs of the "
                 "same kind, then zeros with maps of fours.");
    s = study_apply(st, "4a", GA_OP_SWAP, most, ONES, THREES, N_FIRST,
                    "4a: ones with maps of threes.", labels, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "4a: the classifier reads %d of 5 ones as 3.",
                    study_count(labels, N_FIRST, 3));
    s = study_apply(st, "4b", GA_OP_SWAP, most, ZEROS, FOURS, N_FIRST,
                    "4b: zeros with maps of fours.", labels, err);
    if (s == GA_OK)
        ga_page_finding(
            st->page,
            "4b: the classifier still reads %d of 5 zeros as 0, %d as 4: maps that turn "
            "ones into threes are %s to that change.",
            study_count(labels, N_FIRST, 0), study_count(labels, N_FIRST, 4),
            study_count(labels, N_FIRST, 0) > 2 ? "mostly special" : "not special");
    return s;
}

/* ---- appendix ---------------------------------------------------------------------------------*/

static ga_status appendix(study *st, const study_list *most, ga_err *err)
{
    int labels[N_FIRST];
    study_list a2, a4, a5;
    ga_page_section(st->page, "appendix", "Appendix: crossed sevens");
    ga_page_text(st->page, "A1: the twenty maps of 2a set to zero in ones.");
    ga_status s = study_apply(st, "A1", GA_OP_ZERO, most, ONES, -1, N_FIRST,
                              "A1: ones without them.", labels, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "A1: the classifier still reads %d of 5 as 1.",
                    study_count(labels, N_FIRST, 1));

    s = study_find(st, "A2", GA_SEARCH_MOST, 20, CROSSED, SEVENS, 0, &a2, err);
    if (s != GA_OK)
        return s;
    study_say_list(st, "A2, twenty maps from a crossed seven to a plain one", &a2);
    s = study_apply(st, "A2", GA_OP_SWAP, &a2, CROSSED, SEVENS, N_FIRST,
                    "A2: crossed sevens with maps of plain ones.", labels, err);
    if (s == GA_OK)
        ga_page_finding(
            st->page,
            "A2: the classifier reads %d of 5 as 7 afterwards; whether the cross went is "
            "for the eye, it knows no crosses.",
            study_count(labels, N_FIRST, 7));
    if (s == GA_OK)
        s = study_apply(st, "A3", GA_OP_ZERO, &a2, CROSSED, -1, N_FIRST,
                        "A3: the same maps set to zero in crossed sevens.", labels, err);
    if (s == GA_OK)
        ga_page_finding(st->page, "A3: without those maps the classifier still reads %d of 5 as 7.",
                        study_count(labels, N_FIRST, 7));
    if (s == GA_OK)
        s = study_find(st, "A4", GA_SEARCH_MOST, 64, SEVENS, CROSSED, 0, &a4, err);
    if (s != GA_OK)
        return s;
    study_say_list(st, "A4, 64 maps that change a plain seven most on the way to a crossed one",
                   &a4);
    s = study_apply(st, "A4", GA_OP_SWAP, &a4, SEVENS, CROSSED, N_FIRST,
                    "A4: plain sevens with maps of crossed ones.", labels, err);
    if (s == GA_OK)
        s = study_find(st, "A5", GA_SEARCH_TOWARD, 64, SEVENS, CROSSED, 0, &a5, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(st->page, "A4: the classifier still reads %d of 5 as 7.",
                    study_count(labels, N_FIRST, 7));
    study_say_list(st, "A5, 64 maps that lead toward the crossed seven", &a5);
    s = study_apply(st, "A5", GA_OP_SWAP, &a5, SEVENS, CROSSED, N_FIRST,
                    "A5: plain sevens with maps that lead toward the donor.", labels, err);
    if (s != GA_OK)
        return s;
    ga_page_finding(
        st->page, "A5: the classifier still reads %d of 5 as 7; look at the pictures for crosses.",
        study_count(labels, N_FIRST, 7));
    s = study_apply(st, "A6", GA_OP_SWAP, &a5, ONES, CROSSED, N_FIRST,
                    "A6: ones with the same maps of crossed sevens.", labels, err);
    if (s == GA_OK)
        ga_page_finding(st->page,
                        "A6: the classifier reads %d of 5 ones as 7 afterwards, %d as 9, %d as 1.",
                        study_count(labels, N_FIRST, 7), study_count(labels, N_FIRST, 9),
                        study_count(labels, N_FIRST, 1));
    return s;
}

ga_status study_experiments(study *st, ga_err *err)
{
    study_list most;
    if (st->dims[0].c > STUDY_MAX_UNITS || st->dims[1].c > STUDY_MAX_UNITS)
        return ga_fail(err, GA_EINVAL, "the study is made for layers of at most %d units",
                       STUDY_MAX_UNITS);
    ga_status s = gallery(st, err);
    if (s == GA_OK)
        s = representative(st, err);
    if (s == GA_OK)
        s = experiment_1(st, err);
    if (s == GA_OK)
        s = experiments_2_to_4(st, &most, err);
    if (s == GA_OK)
        s = study_layer2(st, err);
    if (s == GA_OK)
        s = appendix(st, &most, err);
    return s;
}
