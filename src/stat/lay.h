/* lay.h - a unit's map as it lies on the pixels of a label map, row by row and 64 pixels at a time,
 * and the loops over these pixels, one table per instruction set.
 *
 * A map is first padded by a cell on each side (what the border says: the cells there again, or 0),
 * so that every pixel lies between cell `at` and at + 1 of the padded map, at a share in 0 <= s
 * < 1. Pixel rows that share `at` are a band. The value of a pixel between cells a and b is a + s
 * (b - a).
 *
 * Why a band may be skipped whose cells are all at most a threshold: the f32 value v never leaves
 * a..b. Say a <= b, and d = fl(b - a) >= 0, m = fl(s d), v = fl(a + m), where fl rounds to nearest
 * and is monotone. From 0 <= m follows v >= fl(a) = a. Above: sizes up to 1024 and n - 1 < 1024
 * make s a fraction with 1 - s >= 1/(2 * 1024 * 1023) > 2^-21 before it is rounded.
 *   - If d = b - a exactly, m <= d gives a + m <= b, so v <= b.
 *   - Else b - a > 2^-125 (a difference of floats is a multiple of 2^-149, and one of at most 24
 *     bits is exact). For s <= 1/2, m <= d/2 < b - a. For s > 1/2 no product is subnormal, each of
 *     the three roundings (of s, of d, of m) adds at most a factor 1 + 2^-24, and
 *     m <= (b - a)(1 - 2^-21)(1 + 2^-24)^3 < b - a, so v <= b.
 * a >= b is the mirror image. Along y the same holds with p and q for a and b. Nothing overflows:
 * values are at most 1e37. */
#ifndef GA_LAY_H
#define GA_LAY_H
#include "ganatomy/tally.h"

enum {
    GA_LAY_WORD = 64,   /* pixels of a word */
    GA_LAY_MAX = 1024,  /* pixels of a row, cells of a map's row */
    GA_LAY_SLACK = 32,  /* floats that vectors may read beyond a map's last cell */
    GA_LAY_KEYS = 2048, /* of a ladder's table of first guesses */
    GA_LAY_COPIES = 4,  /* of a ladder's histogram: equal neighbours need not wait for each other */
    /* steps of a level histogram: of r = 0..GA_LAY_FAR from 0, those up to 0 at GA_LAY_ZERO - r,
     * those above 0 at GA_LAY_ZERO + 1 + r */
    GA_LAY_FAR = GA_LEVEL_STEPS * GA_LEVEL_OCTAVES,
    GA_LAY_ZERO = GA_LAY_FAR,
    GA_LAY_STEPS = 2 * (GA_LAY_FAR + 1)
};

/* Threads for work of so many nanoseconds of one, very roughly: one for each tenth of a millisecond.
 * Where a machine is busy, threads wait for each other longer than less work takes. */
static inline int ga_team(int threads, double nanoseconds)
{
    const double most = nanoseconds / 1e5;
    return most < 2 ? 1 : most < threads ? (int)most : threads;
}

typedef struct ga_axis {
    int cells, pixels;
    bool near;    /* at never grows by more than 1 from pixel to pixel */
    int32_t *at;  /* (pixels, to whole words) the first of a pixel's two cells, padding counted */
    float *share; /* (pixels, to whole words) of the second: 0 <= share < 1 */
} ga_axis;

typedef struct ga_band {
    int first, rows, at;
} ga_band;

/* The labels of one image as bit masks: for word i = y words + x / 64 of the picture, entries
 * start[i] .. start[i + 1] - 1 are a label (its place among those present) and its pixels there. */
typedef struct ga_label_words {
    int words;        /* of a row */
    uint64_t last;    /* which bits of a row's last word are pixels */
    uint32_t *start;  /* (H words + 1) */
    uint16_t *slot;   /* (entries) */
    uint64_t *mask;   /* (entries) */
    int n;            /* labels present */
    uint16_t *which;  /* (n) ascending */
    uint32_t *pixels; /* (n) of each */
} ga_label_words;

/* The distinct levels of a unit, descending, and how to find how many of them are not below a
 * value: start[k], with k = (top - value) * scale held within the table, is how many are so for
 * sure, and at most `depth` more need a look. */
typedef struct ga_rungs {
    float top, scale;
    int distinct, depth;
    const float *level;   /* (distinct), then -infinity */
    const uint8_t *start; /* (GA_LAY_KEYS) */
} ga_rungs;

/* p, q: two laid rows; words: bit i says that pixels 64 i .. 64 i + 63 are wanted. */
typedef struct ga_lay_isa {
    /* Are all n numbers within -GA_TALLY_MAX .. GA_TALLY_MAX? */
    bool (*sound)(const float *x, size_t n);
    float (*largest)(const float *x, size_t n);
    /* Copies those above cut to out (room for n), -0 as 0; returns how many. */
    size_t (*filter)(const float *x, size_t n, float cut, float *out);
    /* Union of touch[i] over the n cells that are above t. */
    uint32_t (*reach)(const float *cells, int n, float t, const uint32_t *touch);
    /* A row of cells on the pixels. */
    void (*row)(const ga_axis *x, const float *cells, uint32_t words, float *out);
    void (*blend)(const float *p, const float *q, float share, uint32_t words, float *out);
    /* bits (rows,stride): which pixels of a band are above t. */
    void (*above)(const float *p, const float *q, const float *share, int rows, float t,
                  uint32_t words, int stride, uint64_t *bits);
    /* counts[slot] of the pixels in bits, from picture row `row`; returns how many pixels. */
    uint32_t (*count)(const uint64_t *bits, const ga_label_words *l, int row, int rows,
                      uint32_t words, uint32_t *counts);
    /* count (GA_LAY_STEPS) of a band's pixels; base: exponent, biased, of the lowest octave. */
    void (*steps)(const float *p, const float *q, const float *share, int rows, int pixels,
                  int base, uint32_t *count);
    /* hist[from[pixel] + levels not below the pixel] of a band; from (rows,pixels). */
    void (*rungs)(const float *p, const float *q, const float *share, int rows, int pixels,
                  const ga_rungs *r, const uint32_t *from, uint16_t *hist);
    /* Which of 64 labels are the one. */
    uint64_t (*equal)(const uint16_t *labels, uint16_t label);
} ga_lay_isa;

extern const ga_lay_isa ga_lay_portable, ga_lay_avx2, ga_lay_avx512;
const ga_lay_isa *ga_lay_best(void);

/* ---- a grid made ready ------------------------------------------------------------------------*/

/* What a thread works with. */
typedef struct ga_lay_room {
    float *cells;     /* (h + 2, w + 2) and GA_LAY_SLACK: the padded map */
    float *row[2];    /* (words 64) rows laid last: of padded row i in row[i % 2] */
    int held[2];      /* which they are */
    uint32_t done[2]; /* which of their words */
    uint32_t *reach;  /* (h + 2) */
} ga_lay_room;

typedef struct ga_lay {
    ga_grid grid;
    const ga_lay_isa *isa;
    int words; /* of a row of pixels */
    ga_axis x, y;
    ga_band *band;
    int bands;
    uint32_t *touch; /* (w + 2) words whose pixels read a cell of that column */
    int threads;
    ga_lay_room *room; /* (threads) */
} ga_lay;

ga_status ga_lay_check(ga_grid grid, ga_err *err); /* GA_EINVAL: sizes */
ga_status ga_lay_create(ga_grid grid, int threads, ga_lay **out, ga_err *err);
void ga_lay_free(ga_lay *l);
size_t ga_lay_bytes(ga_grid grid, int threads);
bool ga_lay_same(ga_grid a, ga_grid b);
uint32_t ga_lay_all(const ga_lay *l); /* all words */

/* Takes a map (h,w) into a room. */
void ga_lay_take(const ga_lay *l, ga_lay_room *room, const float *map);
/* reach of every padded row at threshold t. */
void ga_lay_reach(const ga_lay *l, ga_lay_room *room, float t);
/* Padded row i on the pixels: these words at least. Valid until row i + 2 is asked for. */
const float *ga_lay_row(const ga_lay *l, ga_lay_room *room, int i, uint32_t words);

/* GA_EDATA: a number of maps (units,count) that is no value, on up to `threads` threads. */
ga_status ga_maps_check(const ga_lay_isa *isa, const float *maps, int units, size_t count,
                        int threads, ga_err *err);
#endif
