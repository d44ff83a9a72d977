/* tally.h - streaming statistics of units against labels: which values a unit takes, where it is
 * active, and how that agrees with what the pixels are. Plain arrays in, counts out; knows no
 * networks and no segmenters.
 *
 *     ga_tail      the largest values of every unit: exact quantiles near 1
 *     ga_levels    all values of every unit in fine steps: any quantile, with a bound
 *     ga_top       the images that excite every unit most
 *     ga_tally     pixels where a unit is active, by label, at one threshold a unit
 *     ga_ladder    the same at many levels a unit, for rules that choose the threshold
 *     ga_covariance  how values go with labels, whatever the threshold
 *
 * Everything is added image by image, in any order, and merges: what a merge of parts says is, bit
 * for bit, what one that saw everything says, whatever the order, the parts, the threads and the
 * instruction set. (Counts are whole numbers; no sum of floats depends on an order.) All memory is
 * taken when a thing is made, and can be asked before (ga_*_bytes); what adds nothing on failure
 * says so. `threads` in a specification is how many threads adding may use, at least 1.
 *
 * Method: Bau et al. 2017 (arXiv:1704.05796), Bau et al. 2019 (arXiv:1811.10597).
 * docs/dissection.md has the formulas and the departures from the published programmes.
 *
 * Letters: U units, (h,w) the size of a unit's map, D label planes of (H,W) pixels, L labels (0:
 * none), K categories, J levels. Values of units are numbers from -GA_TALLY_MAX to GA_TALLY_MAX;
 * any other (NaN, infinity) is refused where it comes in: GA_EDATA, naming the unit. */
#ifndef GA_TALLY_H
#define GA_TALLY_H
#include "ganatomy/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GA_TALLY_MAX 1e37f

/* ---- how a small map lies on the pixels -------------------------------------------------------*/

/* Pixel t of T reads the map of n cells bilinearly at f(t) = (t + 1/2) n / T - 1/2 (half-pixel
 * centres).
 *
 *     CLAMP      cells beyond the border are those at the border: what the 2018 programme meant, and
 *                did with the PyTorch of its time
 *     ZERO       cells beyond the border are 0: the 2020 programme
 *     MAGNIFIED  CLAMP at f(t) n / (n - 1) - 1/2 (n = 1: the one cell): what the 2018 programme does
 *                on PyTorch 1.4 and later, where the meaning of its grid has changed: 128 pixels read
 *                8 cells from -1.036 to 8.036, not from -0.469 to 7.469
 *
 * The value of a pixel in f32, in this order and without fused multiply-adds, so that it is the same
 * on every instruction set: along x, p = a + fx (b - a) in both rows, then p + fy (q - p), with fx
 * and fy the nearest f32 to the exact fractions. It never leaves the range of its four cells. */
typedef enum ga_lie { GA_LIE_CLAMP, GA_LIE_ZERO, GA_LIE_MAGNIFIED } ga_lie;

typedef struct ga_grid {
    int h, w; /* cells of a unit's map, each 1..1024 */
    int H, W; /* pixels of a label map, h..1024 and w..1024 */
    ga_lie lie;
} ga_grid;

/* out (H,W) of one map (h,w): what the statistics below see. GA_EINVAL: sizes. GA_EDATA. */
GA_API ga_status ga_grid_lay(ga_grid grid, const float *map, float *out, ga_err *err);

/* ---- what is saved ----------------------------------------------------------------------------*/

/* All that was seen, as arrays to be written, and read into a thing made by the same specification
 * (its threads may differ):
 *     for (int i = 0; ga_tally_array(t, i, &a); i++) ...
 * Two that saw the same have the same bytes in them. */
typedef enum ga_stat_type { GA_STAT_F32, GA_STAT_I32, GA_STAT_U32, GA_STAT_U64 } ga_stat_type;

typedef struct ga_stat_array {
    char name[24];
    ga_stat_type type;
    int rank;         /* 1..3 */
    size_t shape[3];  /* (rank) */
    const void *data; /* row-major, aligned for its type; borrowed until the thing changes */
} ga_stat_array;

/* ---- the largest values of every unit ---------------------------------------------------------*/

typedef struct ga_tail_spec {
    int units;
    uint64_t values;     /* that each unit will see at most, in all */
    double share;        /* quantiles from 1 - share up can be asked; above 0, at most 1 */
    const ga_grid *grid; /* values of pixels, as maps lie on them; NULL: of cells */
    int threads;
} ga_tail_spec;
typedef struct ga_tail ga_tail;

/* Holds some 1.25 values * share numbers a unit. GA_EINVAL; GA_ENOMEM says how much it were. */
GA_API ga_status ga_tail_create(const ga_tail_spec *spec, ga_tail **out, ga_err *err);
GA_API void ga_tail_free(ga_tail *t); /* NULL is fine; so with all below */
/* 0 for a specification that ga_tail_create refuses; so with all below. */
GA_API size_t ga_tail_bytes(const ga_tail_spec *spec);
/* The values of one image: maps (U,count); with a grid count is h w. GA_EDATA: nothing of the image
 * is added; GA_EINVAL: more values than were announced, or another count. */
GA_API ga_status ga_tail_add(ga_tail *t, const float *maps, size_t count, ga_err *err);
/* GA_EINVAL: other's specification differs (but for its threads), or both saw more than
 * announced.*/
GA_API ga_status ga_tail_merge(ga_tail *t, const ga_tail *other, ga_err *err);
GA_API uint64_t ga_tail_seen(const ga_tail *t); /* values of each unit */
/* out (U): quantile 1 - q, linear between order statistics as numpy.quantile, of all that was seen.
 * Exact: the order statistics are, and between them one f64 interpolation rounded to f32.
 * GA_EINVAL: q above share or below 0; GA_EDATA: nothing seen. Not const: it sorts. */
GA_API ga_status ga_tail_quantile(ga_tail *t, double q, float *out, ga_err *err);
GA_API bool ga_tail_array(ga_tail *t, int i, ga_stat_array *out);
/* GA_EDATA: arrays that are missing, of another shape, or contradict each other; t is as it was. */
GA_API ga_status ga_tail_load(ga_tail *t, const ga_stat_array *arrays, int n, ga_err *err);

/* ---- all values of every unit -----------------------------------------------------------------*/

/* Histograms whose steps are 1/256 of the value: GA_LEVEL_STEPS between a power of two and the
 * next, of either sign, over GA_LEVEL_OCTAVES doublings down from the largest magnitude that a
 * unit's maps have; what is nearer to 0 shares one step on each side, the lower of which has 0.
 * Steps are (lower, upper]: a value is above a border exactly if its step is. */
#define GA_LEVEL_STEPS   256
#define GA_LEVEL_OCTAVES 12
typedef struct ga_levels ga_levels;

GA_API ga_status ga_levels_create(int units, ga_grid grid, int threads, ga_levels **out,
                                  ga_err *err);
GA_API void ga_levels_free(ga_levels *l);
GA_API size_t ga_levels_bytes(int units, ga_grid grid, int threads); /* some 25 kB a unit */
/* The maps (U,h,w) of one image as they lie on the pixels of grid (every pixel counts). GA_EDATA:
 * nothing is added; GA_EINVAL: more than 2^32 - 1 values a unit. */
GA_API ga_status ga_levels_add(ga_levels *l, const float *maps, ga_err *err);
GA_API ga_status ga_levels_merge(ga_levels *l, const ga_levels *other, ga_err *err);
GA_API uint64_t ga_levels_seen(const ga_levels *l);
/* out (U,J): for every share[j] (0..1) the lowest step border t, not below the step of the smallest
 * value, with at most share of all values above t. With x the smallest value that has at most that
 * share above it: x <= t <= x + |x| / GA_LEVEL_STEPS, or, near 0, x + m 2^(1 - GA_LEVEL_OCTAVES)
 * + 2^-126 with m the largest magnitude; for share 1, where there is no x, t is as little below the
 * smallest value. above (U,J; may be NULL) receives how many values lie above t,
 * exactly. GA_EINVAL: a share outside 0..1; GA_EDATA: nothing seen. */
GA_API ga_status ga_levels_at(const ga_levels *l, const double *share, int j, float *out,
                              uint64_t *above, ga_err *err);
GA_API bool ga_levels_array(const ga_levels *l, int i, ga_stat_array *out);
GA_API ga_status ga_levels_load(ga_levels *l, const ga_stat_array *arrays, int n, ga_err *err);

/* ---- the images that excite a unit most -------------------------------------------------------*/

typedef struct ga_top_entry {
    float value;
    uint32_t image;
} ga_top_entry;
typedef struct ga_top ga_top;

/* k: images a unit, 1..1000. */
GA_API ga_status ga_top_create(int units, int k, ga_top **out, ga_err *err);
GA_API void ga_top_free(ga_top *t);
GA_API size_t ga_top_bytes(int units, int k);
/* values (U) of one image, usually each map's maximum; an image is added once. GA_EDATA. */
GA_API ga_status ga_top_add(ga_top *t, uint32_t image, const float *values, ga_err *err);
GA_API ga_status ga_top_merge(ga_top *t, const ga_top *other, ga_err *err);
/* Those of a unit, best first, of equals the lower image; *n of them (k, or all if fewer were
 * seen). Borrowed until the next call that changes t. */
GA_API const ga_top_entry *ga_top_of(const ga_top *t, int unit, int *n);
/* out (U): each map's largest value; maps (U,count), count at least 1, no NaN. */
GA_API void ga_map_maxima(const float *maps, int units, size_t count, float *out);
GA_API bool ga_top_array(ga_top *t, int i, ga_stat_array *out);
GA_API ga_status ga_top_load(ga_top *t, const ga_stat_array *arrays, int n, ga_err *err);

/* ---- a unit against labels --------------------------------------------------------------------*/

typedef struct ga_tally_spec {
    int units;               /* 1..65536 */
    int labels;              /* L, 2..4096; label 0 is none */
    const uint8_t *category; /* (L) of each label, copied; entry 0 is not read */
    int categories;          /* K, 1..64 */
    int planes;              /* D, 1..16 */
    ga_grid grid;
    int threads;
} ga_tally_spec;

typedef struct ga_tally ga_tally;

/* threshold (U), copied: a unit is active where its laid map is above, strictly. */
GA_API ga_status ga_tally_create(const ga_tally_spec *spec, const float *threshold, ga_tally **out,
                                 ga_err *err);
GA_API void ga_tally_free(ga_tally *t);
GA_API size_t ga_tally_bytes(const ga_tally_spec *spec);
/* maps (U,h,w) of one image; labels (D,H,W), of which a pixel has every label that any plane says.
 * image (may be NULL): receives what this image alone gave, for intervals over images.
 * GA_EDATA: a value, or a label that is not below L (names pixel and plane). Nothing is added then.
 */
typedef struct ga_tally_image ga_tally_image;
GA_API ga_status ga_tally_add(ga_tally *t, const float *maps, const uint16_t *labels,
                              ga_tally_image *image, ga_err *err);
/* GA_EINVAL: another specification (but for threads) or other thresholds. */
GA_API ga_status ga_tally_merge(ga_tally *t, const ga_tally *other, ga_err *err);

/* Borrowed; valid until t is freed. All are exact counts. */
typedef struct ga_tally_counts {
    uint64_t images;
    const uint64_t *both;   /* (L,U) pixels of label c where the unit is active */
    const uint64_t *label;  /* (L) pixels of label c */
    const uint64_t *active; /* (U) active pixels of all images */
    const uint64_t
        *category_active; /* (K,U) active pixels of the images that hold any label of k */
    const uint64_t *category_pixels; /* (K) pixels of these images */
    const uint64_t *label_images;    /* (L) images that hold label c */
} ga_tally_counts;
GA_API ga_tally_counts ga_tally_counts_of(const ga_tally *t);
GA_API bool ga_tally_array(const ga_tally *t, int i, ga_stat_array *out);
GA_API ga_status ga_tally_load(ga_tally *t, const ga_stat_array *arrays, int n, ga_err *err);

/* What one image gave: for the labels present only. Made once, filled again and again. */
GA_API ga_status ga_tally_image_create(const ga_tally_spec *spec, ga_tally_image **out,
                                       ga_err *err);
GA_API void ga_tally_image_free(ga_tally_image *i);
GA_API size_t ga_tally_image_bytes(const ga_tally_spec *spec);
typedef struct ga_tally_present {
    int n;                  /* labels present, ascending */
    const uint16_t *which;  /* (n) */
    const uint32_t *label;  /* (n) pixels */
    const uint32_t *both;   /* (n,U) */
    const uint32_t *active; /* (U) */
} ga_tally_present;
GA_API ga_tally_present ga_tally_image_of(const ga_tally_image *i);

/* Which pixels a unit's activity is held against. CATEGORY: of images that hold any label of the
 * label's category (2018); ALL: of all images (2020). MIXED: what the 2018 rule for thresholds
 * takes, activity as in CATEGORY but label and overlap as in ALL; no table of any pixels unless
 * every image holds the category, and its last entry may be below 0, which counts as 0. */
typedef enum ga_denominator { GA_OF_CATEGORY, GA_OF_ALL, GA_OF_MIXED } ga_denominator;

/* A 2x2 table of pixels: active and label, active only, label only, neither. */
typedef struct ga_table {
    double both, active_only, label_only, neither;
} ga_table;
/* Of shares, not pixels, for MIXED. All 0 for label 0 or one that was never seen. */
GA_API ga_table ga_tally_table(const ga_tally *t, int label, int unit, ga_denominator of);
/* both / (both + active_only + label_only); 0 if that is 0. */
GA_API double ga_table_iou(ga_table t);
/* Mutual information over joint entropy (the information quality ratio), 0..1; 0 where nothing
 * varies. Natural logarithms; 0 ln 0 = 0. */
GA_API double ga_table_iqr(ga_table t);
/* Correlation of two indicators (phi coefficient), -1..1; 0 where one is constant. */
GA_API double ga_table_correlation(ga_table t);

/* ---- a unit against labels at many levels -----------------------------------------------------*/

/* As a tally with J thresholds a unit, 1..255: levels (U,J), copied, each at most the one before
 * (as ga_levels_at gives them for ascending shares). Holds (U,J) counts of 4 bytes for each label
 * that was seen: the only memory that is taken while adding, before anything is added (GA_ENOMEM).
 */
typedef struct ga_ladder ga_ladder;
/* GA_EINVAL: the specification, or a level above the one before. */
GA_API ga_status ga_ladder_create(const ga_tally_spec *spec, const float *levels, int j,
                                  ga_ladder **out, ga_err *err);
GA_API void ga_ladder_free(ga_ladder *l);
/* If `seen` of the L labels occur; seen = L - 1 is the most it can be. */
GA_API size_t ga_ladder_bytes(const ga_tally_spec *spec, int j, int seen);
/* As ga_tally_add; and GA_EINVAL: more than 2^32 - 1 pixels in all. */
GA_API ga_status ga_ladder_add(ga_ladder *l, const float *maps, const uint16_t *labels,
                               ga_err *err);
/* GA_EINVAL as ga_tally_merge; GA_ENOMEM: l is as it was. */
GA_API ga_status ga_ladder_merge(ga_ladder *l, const ga_ladder *other, ga_err *err);
/* The table at level i, as ga_tally_table. */
GA_API ga_table ga_ladder_table(const ga_ladder *l, int label, int unit, int level,
                                ga_denominator of);
GA_API bool ga_ladder_array(const ga_ladder *l, int i, ga_stat_array *out);
GA_API ga_status ga_ladder_load(ga_ladder *l, const ga_stat_array *arrays, int n, ga_err *err);

/* The threshold rule of the 2018 programme. share[j] = 10^(-3 + 3 j / 99), j = 0..99: of the
 * highest level first (docs/dissection.md). */
#define GA_IQR_LEVELS 100
GA_API void ga_iqr_shares(double share[GA_IQR_LEVELS]);

/* Which pairs of level and label qualify. */
typedef struct ga_iqr_rules {
    ga_denominator of;
    double label_share; /* a label of a smaller share of all pixels is not trusted */
    double agreement;   /* (both + neither) / all must exceed it */
    bool last;          /* the last level qualifies, too; false where its share is 1 */
} ga_iqr_rules;
/* The published ones, on the table that exists; with .of = GA_OF_MIXED they are the published ones
 * to the letter. */
#define GA_IQR_RULES_2018 ((ga_iqr_rules){GA_OF_CATEGORY, 1e-3, 0.8, false})

typedef struct ga_iqr_pick {
    float level;     /* the unit's threshold */
    int label;       /* that gave it; 0: no pair qualified, and level is the highest */
    int at;          /* which level, 0..J-1 of the ladder */
    double iqr, iou; /* of that pair at that level; 0 if none */
} ga_iqr_pick;

/* picks (U): the level at which some label's IQR is largest. A level must also be above 0, and the
 * IQR as well; of equal IQR the lower label, then the lower level number. best (L,U; may be NULL):
 * the same for every label (label 0 in it: none qualified). GA_EDATA: nothing seen. */
GA_API ga_status ga_ladder_pick(const ga_ladder *l, ga_iqr_rules rules, ga_iqr_pick *picks,
                                ga_iqr_pick *best, ga_err *err);

/* ---- values of a unit against labels ----------------------------------------------------------*/

/* How the values of a unit, as its maps lie on the pixels, vary together with a label's indicator.
 * A laid map is linear in its cells: its sum over a label's pixels is a product of the cells with
 * what bilinear weight the label's pixels give them, its sum of squares one with the two axes'
 * tridiagonal products of weights. So nothing is laid, and no value rounded to f32 on its way. Sums
 * of an image are f64, in one order of adding; over images they are whole numbers (of 2^-144, of
 * squares 2^-340; what an image has below is dropped). */
typedef struct ga_covariance ga_covariance;

/* about (U), copied: a value somewhere among each unit's, such as a threshold. What is summed up is
 * the distance from it, so that little is lost where values vary little. */
GA_API ga_status ga_covariance_create(const ga_tally_spec *spec, const float *about,
                                      ga_covariance **out, ga_err *err);
GA_API void ga_covariance_free(ga_covariance *c);
/* If `seen` of the L labels occur: 40 bytes a unit for each are taken when it is seen first. */
GA_API size_t ga_covariance_bytes(const ga_tally_spec *spec, int seen);
/* As ga_tally_add, at most 2^24 images; GA_ENOMEM: nothing is added. */
GA_API ga_status ga_covariance_add(ga_covariance *c, const float *maps, const uint16_t *labels,
                                   ga_err *err);
/* GA_EINVAL: another specification (but for threads), about, or too many images; GA_ENOMEM: c is as
 * it was. */
GA_API ga_status ga_covariance_merge(ga_covariance *c, const ga_covariance *other, ga_err *err);

/* Over all pixels of all images (divided by their number, not by one less). */
typedef struct ga_joint {
    double mean, variance; /* of the unit's values */
    double covariance;     /* of its values and the label's indicator */
    double correlation;    /* -1..1 */
} ga_joint;
/* A variance below 1e-12 of the mean square about `about` is rounding, and told as 0; where one of
 * the two does not vary (label 0 and labels never seen too), covariance and correlation are 0. */
GA_API ga_joint ga_covariance_of(const ga_covariance *c, int label, int unit);
GA_API bool ga_covariance_array(const ga_covariance *c, int i, ga_stat_array *out);
GA_API ga_status ga_covariance_load(ga_covariance *c, const ga_stat_array *arrays, int n,
                                    ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
