/* score_table.c - scores as a table for people and as JSON. */
#include "app/score_table.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *ga_better_text(ga_better better)
{
    static const char *const words[] = {
        [GA_BETTER_LOWER] = "lower", [GA_BETTER_HIGHER] = "higher", [GA_BETTER_HALF] = "1/2"};
    return words[better];
}

const char *ga_score_text(const ga_scores *s, ga_score_id id, char *buf, size_t size)
{
    const ga_score *score = &s->score[id];
    const double v = score->value;
    if (id == GA_SCORE_PRESENT)
        snprintf(buf, size, "%.0f of %d", v, s->classes);
    else if (id == GA_SCORE_SUPPORT)
        snprintf(buf, size, "%s%.0f", score->at_least ? "> " : "", v);
    else if (score->hi > score->lo)
        snprintf(buf, size, "%.4f (%.4f to %.4f)", v, score->lo, score->hi);
    else if (score->spread > 1e-9 * fabs(v) && isfinite(score->spread)) { /* else it is rounding */
        const int digits = 1 - (int)floor(log10(score->spread)); /* two of the deviation's */
        const int shown = digits < 0 ? 0 : digits > 9 ? 9 : digits;
        snprintf(buf, size, "%.*f ± %.*f", shown, v, shown, score->spread);
    } else
        snprintf(buf, size, "%.*f", v < 100 ? 3 : 1, v);
    return buf;
}

/* Letters beyond ASCII count once. */
static int letters_of(const char *words)
{
    int letters = 0;
    for (const char *p = words; *p != 0; p++)
        letters += (*p & 0xc0) != 0x80;
    return letters;
}

const char *ga_scores_remark(const ga_scores *s, int i, char *buf, size_t size)
{
    const ga_score *score = s->score;
    const bool balls = score[GA_SCORE_PRECISION].have || score[GA_SCORE_RECALL].have ||
                       score[GA_SCORE_DENSITY].have || score[GA_SCORE_COVERAGE].have;
    if (balls && i-- == 0) {
        snprintf(buf, size, "precision, recall, density, coverage: balls to the neighbour k = %d",
                 s->options.k);
        return buf;
    }
    if (score[GA_SCORE_KERNEL].have && i-- == 0) {
        snprintf(buf, size, "kernel: mean and deviation over %d subsets of %d",
                 s->options.kernel.subsets, s->kernel_size);
        return buf;
    }
    if (score[GA_SCORE_INCEPTION].have && i-- == 0) {
        snprintf(buf, size, "inception: mean and deviation over %d parts; at most %d",
                 s->options.splits, s->classes);
        return buf;
    }
    if (score[GA_SCORE_SUPPORT].have && i-- == 0) {
        snprintf(
            buf, size,
            "support: %llu pairs of samples lie within %.4g, as near as %g %% of the pictures are "
            "to their nearest; %s%.0f samples have such a pair every other time",
            (unsigned long long)s->duplicates, s->duplicate, 100 * s->options.duplicate,
            score[GA_SCORE_SUPPORT].at_least ? "more than " : "", s->birthday);
        return buf;
    }
    if (score[GA_SCORE_COPYING].have && i-- == 0) {
        snprintf(buf, size,
                 "copying: against %zu training pictures; 1/2 is how near unseen pictures are, and "
                 "above it suspicious (here %.1f standard deviations)",
                 s->n_train, s->copying_z);
        return buf;
    }
    return NULL;
}

enum { COLUMNS = 5 };

/* The cells of row i: -1 the heading, else a score. Without a floor its column stays empty. */
static void fill_row(const ga_scores *s, const ga_scores *floor, int i, char cells[COLUMNS][64])
{
    static const char *const headings[COLUMNS] = {"score", "value", "floor", "better", ""};
    for (int c = 0; c < COLUMNS; c++)
        snprintf(cells[c], 64, "%s", i < 0 ? headings[c] : "");
    if (floor == NULL)
        cells[2][0] = 0;
    if (i < 0)
        return;
    const ga_score_id id = (ga_score_id)i;
    snprintf(cells[0], 64, "%s", ga_score_name(id));
    ga_score_text(s, id, cells[1], 64);
    if (floor != NULL && floor->score[id].have)
        ga_score_text(floor, id, cells[2], 64);
    snprintf(cells[3], 64, "%s", ga_better_text(ga_score_better(id)));
    snprintf(cells[4], 64, "%s", ga_score_words(id));
}

void ga_scores_say(ga_request *rq, const ga_scores *s, const ga_scores *floor)
{
    char cells[COLUMNS][64], remark[256];
    int width[COLUMNS] = {0};
    ga_text line = {0};
    for (int pass = 0; pass < 2; pass++)
        for (int i = -1; i < GA_SCORE_COUNT; i++) {
            if (i >= 0 && !s->score[i].have)
                continue;
            fill_row(s, floor, i, cells);
            line.length = 0;
            for (int c = 0; c < COLUMNS; c++) {
                const int letters = letters_of(cells[c]);
                width[c] = letters > width[c] ? letters : width[c];
                if (width[c] > 0)
                    ga_text_addf(&line, "  %s%*s", cells[c],
                                 c + 1 < COLUMNS ? width[c] - letters : 0, "");
            }
            while (line.length > 0 && line.data[line.length - 1] == ' ')
                line.data[--line.length] = 0;
            if (pass == 1 && !line.failed)
                ga_rq_say(rq, "%s", line.data);
        }
    ga_text_free(&line);
    for (int i = 0; ga_scores_remark(s, i, remark, sizeof remark) != NULL; i++)
        ga_rq_say(rq, "  %s", remark);
}

/* JSON has no infinities. */
static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *ga_scores_json(const ga_scores *s)
{
    json_t *all = json_object();
    for (int i = 0; i < GA_SCORE_COUNT; i++) {
        const ga_score *score = &s->score[i];
        if (!score->have)
            continue;
        json_t *one = json_pack("{s:o, s:s}", "value", number(score->value), "better",
                                ga_better_text(ga_score_better((ga_score_id)i)));
        if (score->spread > 0)
            json_object_set_new(one, "sd", number(score->spread));
        if (score->hi > score->lo)
            json_object_set_new(one, "interval", json_pack("[f,f]", score->lo, score->hi));
        if (score->at_least)
            json_object_set_new(one, "at_least", json_true());
        json_object_set_new(all, ga_score_name((ga_score_id)i), one);
    }
    return all;
}
