/* study.h - the feature-map study of mnist-gan (Binh Le 2020) as one command: what its parts share.
 *
 * The study swaps maps between two images of a digit generator and asks which maps carry the digit.
 * Statistics of batch norm are those of each image alone, as there. Its experiments run at `layer1`
 * (U units) unless said otherwise; a classifier reads every picture, so that "looks like a 3" is a
 * number here. Departures are named on the page. */
#ifndef GA_STUDY_H
#define GA_STUDY_H
#include "app/verb.h"
#include "ganatomy/edit.h"
#include "ganatomy/image.h"
#include "ganatomy/metric.h"
#include "ganatomy/report.h"

enum { ZEROS, ONES, THREES, FOURS, FIVES, SEVENS, CROSSED, N_SETS };
enum { N_FIRST = 5, MAX_SET = 16, N_CLASSES = 10 };

/* Images of one kind of digit. */
typedef struct study_set {
    int n;           /* at least N_FIRST */
    float *z;        /* (n,Z) */
    float *maps[2];  /* (n,U,H,W) at layer1 and layer2 */
    float *pictures; /* (n,C,H,W) */
} study_set;

typedef struct study {
    ga_request *rq;
    ga_model *model, *classifier;
    ga_eye *eye;
    ga_scale scale;  /* of the model's pictures: lo, hi */
    ga_lab *lab[2];  /* at layer1 and layer2 */
    ga_dims dims[2]; /* units there */
    ga_dims picture;
    study_set set[N_SETS];
    ga_text crossed_words; /* what stands in for crossed sevens; empty if nothing does */
    ga_page *page;
    json_t *json; /* {"lists": ..., "readings": ..., "curves": ...} */
    uint64_t seed;
} study;

extern const char *const study_keys[N_SETS]; /* "zeros", ... */
extern const int study_digits[N_SETS];

/* study_sets.c: fills set[] from a latents file, or by choosing confident samples (path NULL). */
ga_status study_read_sets(study *st, const char *path, ga_err *err);

/* ---- study_look.c -----------------------------------------------------------------------------*/

size_t study_picture_size(const study *st);
size_t study_map_size(const study *st, int layer); /* floats an image at lab[layer] */
const float *study_maps(const study *st, int set, int layer, int i);
const float *study_picture(const study *st, int set, int i);

/* One image with the first count of units[] taken from another; source, donor: (U,H,W). */
typedef struct study_swap {
    const float *source, *donor;
    const int *units;
    int count;
} study_swap;
void study_swap_maps(const study *st, int layer, const study_swap *swap, float *maps);
/* Pictures (n,C,H,W) of n swaps at lab[layer], rendered in batches: what each one changes may
 * differ, and one at a time would leave the processor waiting most of the time. */
ga_status study_swaps(study *st, int layer, const study_swap *swaps, int n, float *pictures,
                      ga_err *err);

/* What the classifier reads: labels (n) and the softmax of that label, n; either may be NULL.
 * of_class: its softmax in place of the label's, if >= 0. */
ga_status study_look(study *st, const float *pictures, int n, int of_class, int *labels,
                     double *certainty, ga_err *err);

/* ---- study_parts.c ----------------------------------------------------------------------------*/

enum { STUDY_MAX_UNITS = 4096 };

/* Units in the order they were found. */
typedef struct study_list {
    int units[STUDY_MAX_UNITS];
    int n;
} study_list;

/* The object `key` of the results, made when first asked for; borrowed. */
json_t *study_part(study *st, const char *key);
json_t *study_ints(const int *v, int n); /* a new list */
int study_at_most(int wanted, int there);
int study_count(const int *labels, int n, int wanted); /* labels that are wanted */
/* "what: 44, 23, 0." on the page */
void study_say_list(study *st, const char *what, const study_list *l);
/* Greedy search from image i of one set to image i of another at layer1, recorded under key (NULL:
 * not). Fewer units than wanted where the layer has fewer. */
ga_status study_find(study *st, const char *key, ga_search_goal goal, int wanted, int source,
                     int donor, int i, study_list *out, ga_err *err);
/* A picture in a cell; with what it was read as below. */
ga_status study_put(study *st, ga_sheet *sheet, int column, int row, const float *picture,
                    const char *caption, ga_err *err);
ga_status study_put_read(study *st, ga_sheet *sheet, int column, int row, const float *picture,
                         int label, double certainty, ga_err *err);
/* Does operation at layer1 to the first n images of a set (donor < 0: none), draws sources, donors
 * and results with their readings, records them under key; labels is what the results were read as.
 */
ga_status study_apply(study *st, const char *key, ga_operation operation, const study_list *l,
                      int source, int donor, int n, const char *caption, int labels[N_FIRST],
                      ga_err *err);
/* Three pictures side by side: source, donor, and the result with its reading below. */
ga_status study_draw_three(study *st, int source, int donor, int i, const float *result, int label,
                           double certainty, const char *caption, ga_err *err);

/* ---- the parts of the page --------------------------------------------------------------------*/

/* study_layer2.c: experiment 5 */
ga_status study_layer2(study *st, ga_err *err);
/* study_experiments.c: sections 1 to 5 and the appendix. */
ga_status study_experiments(study *st, ga_err *err);
/* study_curves.c: how many maps it takes. */
ga_status study_curves(study *st, ga_err *err);
#endif
