/* runs_curves.h - curves of runs: which are asked for, what is done to them, and where they go: a
 * chart as SVG or PNG, or the numbers as CSV. */
#ifndef GA_RUNS_CURVES_H
#define GA_RUNS_CURVES_H
#include "app/runs.h"
#include "base/text.h"
#include "ganatomy/curve.h"
#include "ganatomy/report.h"

extern const char *const ga_bound_words[]; /* "drop", "clamp", NULL: in the order of the enum */

/* Fields that verbs with curves have; their own `curves` and `output` come on top. */
/* clang-format off */
#define GA_CURVE_FIELDS                                                                            \
    {.name = "from", .type = GA_FIELD_INT, .value = "STEP", .min = 0, .max = 9007199254740992.0,   \
     .help = "first step that is shown"},                                                          \
    {.name = "to", .type = GA_FIELD_INT, .value = "STEP", .min = 0, .max = 9007199254740992.0,     \
     .help = "last step that is shown"},                                                           \
    {.name = "bound", .type = GA_FIELD_NUMBER, .value = "X", .min = -1e300, .max = 1e300,          \
     .help = "upper bound: a few outliers shall not flatten all the rest"},                        \
    {.name = "bound-mode", .type = GA_FIELD_CHOICE, .value = "MODE", .fallback = "drop",           \
     .choices = ga_bound_words,                                                                    \
     .help = "values above the bound are taken out and the line breaks, or they become the bound; the " "chart says which"},   \
    {.name = "rolling", .type = GA_FIELD_INT, .value = "N", .fallback = "1", .min = 1, .max = 1e9, \
     .help = "mean of the last N points of each curve (of fewer at the start), over the points themselves; of what is measured once an epoch, N epochs"}, \
    {.name = "log", .type = GA_FIELD_FLAG, .help = "logarithmic values"}
/* clang-format on */

/* What those fields ask for. */
typedef struct ga_curve_wish {
    int64_t from, to;
    bool bounded, log;
    double bound;
    ga_bound_mode mode;
    size_t rolling;
} ga_curve_wish;
/* GA_EINVAL: --to below --from, --bound-mode without --bound. */
ga_status ga_curve_wish_of(const ga_request *rq, ga_curve_wish *out, ga_err *err);

/* What is asked of a picture must have one that it means something to: GA_EINVAL for --sheets with
 * --curves, for either without -o, for options of curves without a file or with --sheets, and for
 * options of sheets (names of `of_sheets`, NULL at the end) without --sheets. film: a file's name
 * for the sentence. */
ga_status ga_pictures_check(const ga_request *rq, const char *film, const char *const *of_sheets,
                            ga_err *err);

/* The names of a run that a list asks for ("loss_d,loss_g", "train/...": `*` at the end of a name
 * stands for any rest), in its order, each once. NULL: the losses, else all that there are.
 * *names (ga_store_names_free). GA_ENOTFOUND: names the nearest curve and lists them. */
ga_status ga_curves_chosen(ga_store *s, const ga_run_record *run, const char *list, char ***names,
                           size_t *n, ga_err *err);

/* One curve, treated. */
typedef struct ga_run_curve {
    char *label; /* in the legend */
    int64_t *steps;
    double *values, *mean; /* bounded; their rolling mean, NULL if none is asked for */
    double *x;             /* the steps again, for charts */
    bool *gap;             /* points were dropped before this one; NULL without a bound */
    size_t n, above, of;   /* points left; above the bound; before the bound */
    int look;
} ga_run_curve;
/* Zeroed structs are fine. */
void ga_run_curve_free(ga_run_curve *c);
ga_status ga_run_curve_read(ga_store *s, int64_t run, const char *series, const char *label,
                            int look, const ga_curve_wish *wish, ga_run_curve *out, ga_err *err);

/* Draws or writes the curves at path, by its ending: .svg, .png or .csv. levels and moments as in
 * ga_chart. GA_EINVAL: another ending, or more than GA_CHART_MAX_CURVES in a chart. */
typedef struct ga_curves_sheet {
    const char *title, *y_label;
    const ga_run_curve *curves;
    size_t n;
    const ga_chart_mark *levels, *moments;
    int n_levels, n_moments;
} ga_curves_sheet;
ga_status ga_curves_save(const ga_curves_sheet *sheet, const ga_curve_wish *wish, const char *path,
                         ga_err *err);
/* Says so, and how it can be helped, if a few values of a chart are so large that the others are flat:
 * the largest is above 20 times what 95 % of all lie below, or above 1000 times their median. Not of
 * CSV, nor with --bound or --log. */
void ga_curves_note_flat(ga_request *rq, const ga_run_curve *curves, size_t n,
                         const ga_curve_wish *wish, const char *path);
/* CSV: a heading, then a row for each step that any curve has; an empty field where a curve has no
 * point, numbers with so many digits (17: all they have), what is not finite as a word. */
void ga_curves_add_csv(const ga_run_curve *curves, size_t n, int digits, ga_text *t);
/* GA_EINVAL unless the ending is one of these: asked before anything is read. */
ga_status ga_curves_check_path(const char *path, ga_err *err);
/* What the y axis is called for curves of these names, and how a title calls them: "loss_d, loss_g"
 * or "14 curves" into buf of GA_CURVES_WORDS, which is returned. */
const char *ga_curves_y_label(char *const *names, size_t n);
enum { GA_CURVES_WORDS = 128 };
char *ga_curves_title(char *const *names, size_t n, char *buf);
#endif
