/* tally_plain.h - the statistics of tally.h again, as plainly as they can be written, and random
 * maps and labels to try them on. */
#ifndef GA_TALLY_PLAIN_H
#define GA_TALLY_PLAIN_H
#include "base/alloc.h"
#include "base/rng.h"
#include "check.h"
#include "ganatomy/tally.h"

/* Cell of a map at pixel t of T, from the definition: f in f64, cells beyond the border by the lie.
 */
typedef struct plain_place {
    int lo, hi;
    float share;
} plain_place;

static inline plain_place plain_axis(int n, int T, ga_lie lie, int t)
{
    /* exact fractions: 2 T (n - 1) is below 2^21, so a double holds num and den and rounds once */
    double num = (2.0 * t + 1) * n - T, den = 2.0 * T;
    if (lie == GA_LIE_MAGNIFIED && n > 1) {
        num = num * n - (double)T * (n - 1);
        den *= n - 1;
    }
    if (lie != GA_LIE_ZERO)
        num = num < 0 ? 0 : num > (n - 1) * den ? (n - 1) * den : num;
    const double cell = floor(num / den);
    return (plain_place){(int)cell, (int)cell + 1, (float)((num - cell * den) / den)};
}

static inline float plain_cell(const float *map, ga_grid g, int y, int x)
{
    if (y < 0 || x < 0 || y >= g.h || x >= g.w) {
        if (g.lie == GA_LIE_ZERO)
            return 0;
        y = y < 0 ? 0 : y >= g.h ? g.h - 1 : y;
        x = x < 0 ? 0 : x >= g.w ? g.w - 1 : x;
    }
    return map[y * g.w + x];
}

/* volatile: no compiler may fuse or reorder what the definition has as separate steps. */
static inline float plain_mix(float a, float b, float share)
{
    volatile float d = b - a, m = share * d, v = a + m;
    return v;
}

static inline float plain_pixel(const float *map, ga_grid g, int y, int x)
{
    const plain_place v = plain_axis(g.h, g.H, g.lie, y), h = plain_axis(g.w, g.W, g.lie, x);
    const float p = plain_mix(plain_cell(map, g, v.lo, h.lo), plain_cell(map, g, v.lo, h.hi),
                              h.share);
    const float q = plain_mix(plain_cell(map, g, v.hi, h.lo), plain_cell(map, g, v.hi, h.hi),
                              h.share);
    return plain_mix(p, q, v.share);
}

/* ---- something to count -----------------------------------------------------------------------*/

/* A case: all sizes, and how the numbers are. */
typedef struct plain_case {
    const char *name;
    ga_grid grid;
    int units, labels, categories, planes, images;
    bool ties; /* maps hold whole numbers only, and thresholds, too */
} plain_case;

static const plain_case plain_cases[] = {
    {"smooth", {8, 8, 64, 64, GA_LIE_CLAMP}, 5, 12, 3, 3, 3, false},
    {"zero", {8, 8, 64, 64, GA_LIE_ZERO}, 5, 12, 3, 3, 3, false},
    {"magnified", {8, 8, 128, 128, GA_LIE_MAGNIFIED}, 5, 12, 3, 3, 2, false},
    {"ties", {4, 4, 16, 16, GA_LIE_CLAMP}, 7, 5, 2, 2, 4, true},
    {"ties, zero", {4, 5, 20, 20, GA_LIE_ZERO}, 7, 5, 2, 2, 4, true},
    {"one cell", {1, 1, 9, 13, GA_LIE_CLAMP}, 3, 4, 1, 1, 2, false},
    {"one cell, zero", {1, 1, 9, 13, GA_LIE_ZERO}, 3, 4, 1, 1, 2, false},
    {"one cell, magnified", {1, 1, 1, 1, GA_LIE_MAGNIFIED}, 3, 2, 1, 1, 2, true},
    {"a row", {1, 7, 3, 70, GA_LIE_MAGNIFIED}, 4, 9, 4, 2, 2, false},
    {"odd", {5, 3, 37, 101, GA_LIE_CLAMP}, 3, 40, 5, 4, 2, false},
    {"odd, zero", {3, 11, 50, 65, GA_LIE_ZERO}, 3, 40, 5, 4, 2, false},
    {"no enlargement", {13, 13, 13, 13, GA_LIE_MAGNIFIED}, 3, 6, 2, 1, 2, false},
    {"hardly larger", {20, 30, 21, 33, GA_LIE_MAGNIFIED}, 3, 6, 2, 1, 2, false},
    {"hardly larger, zero", {20, 30, 21, 33, GA_LIE_ZERO}, 3, 6, 2, 1, 2, false},
    {"wide", {2, 33, 4, 1024, GA_LIE_CLAMP}, 2, 300, 2, 1, 1, false},
    {"two labels", {6, 6, 30, 30, GA_LIE_CLAMP}, 1, 2, 1, 1, 3, false},
    {"many units", {4, 4, 12, 12, GA_LIE_CLAMP}, 513, 7, 2, 2, 2, false},
};
enum { PLAIN_CASES = sizeof plain_cases / sizeof *plain_cases };

typedef struct plain_world {
    plain_case c;
    ga_tally_spec spec;
    uint8_t *category;
    float *maps;      /* (images,U,h,w) */
    uint16_t *labels; /* (images,D,H,W) */
} plain_world;

/* Labels come in patches, some of one pixel; a label is in the plane (label mod D) only. */
static inline plain_world plain_make(plain_case c, uint64_t seed)
{
    plain_world w = {.c = c};
    ga_rng rng = ga_rng_of(seed, 0);
    const int cells = c.units * c.grid.h * c.grid.w, pixels = c.grid.H * c.grid.W;
    w.category = ga_mem_new((size_t)c.labels, 1);
    w.maps = ga_mem_new((size_t)(c.images * cells), sizeof *w.maps);
    w.labels = ga_mem_new((size_t)(c.images * c.planes * pixels), sizeof *w.labels);
    for (int i = 0; i < c.labels; i++)
        w.category[i] = (uint8_t)(i % c.categories);
    for (int i = 0; i < c.images * cells; i++) {
        const double v = ga_rng_normal(&rng);
        w.maps[i] = (float)(c.ties ? floor(2 * v) : v);
    }
    for (int i = 0; i < c.images * c.planes; i++) {
        uint16_t *plane = w.labels + (size_t)i * (size_t)pixels;
        const int d = i % c.planes;
        for (int patch = 0; patch < 12; patch++) {
            const int label = (int)ga_rng_below(&rng, (uint32_t)c.labels);
            const int y0 = (int)ga_rng_below(&rng, (uint32_t)c.grid.H),
                      x0 = (int)ga_rng_below(&rng, (uint32_t)c.grid.W),
                      size = 1 + (int)ga_rng_below(&rng, (uint32_t)c.grid.W);
            for (int y = y0; y < y0 + size && y < c.grid.H; y++)
                for (int x = x0; x < x0 + size && x < c.grid.W; x++)
                    plane[y * c.grid.W + x] = (uint16_t)(label % c.planes == d ? label : 0);
        }
    }
    w.spec = (ga_tally_spec){c.units, c.labels, w.category, c.categories, c.planes, c.grid, 2};
    return w;
}

static inline void plain_free(plain_world *w)
{
    ga_mem_free(w->category);
    ga_mem_free(w->maps);
    ga_mem_free(w->labels);
}

static inline const float *plain_maps(const plain_world *w, int image)
{
    return w->maps + (size_t)image * (size_t)(w->c.units * w->c.grid.h * w->c.grid.w);
}

static inline const uint16_t *plain_labels(const plain_world *w, int image)
{
    return w->labels + (size_t)image * (size_t)(w->c.planes * w->c.grid.H * w->c.grid.W);
}

/* Does the pixel have the label in any plane? */
static inline bool plain_is(const plain_world *w, int image, int y, int x, int label)
{
    const uint16_t *l = plain_labels(w, image);
    const int W = w->c.grid.W, pixels = w->c.grid.H * W;
    for (int d = 0; d < w->c.planes; d++)
        if (l[d * pixels + y * W + x] == label)
            return true;
    return false;
}

/* ---- arrays of any statistic, to compare and to load ------------------------------------------*/

static inline size_t plain_bytes(const ga_stat_array *a)
{
    size_t n = a->type == GA_STAT_U64 ? 8 : 4;
    for (int i = 0; i < a->rank; i++)
        n *= a->shape[i];
    return n;
}

/* Both have the same arrays with the same bytes in them. */
#define CHECK_SAME_ARRAYS(array_of, a, b)                                                          \
    do {                                                                                           \
        ga_stat_array p_, q_;                                                                      \
        int i_ = 0;                                                                                \
        for (; array_of(a, i_, &p_); i_++) {                                                       \
            assert_true(array_of(b, i_, &q_));                                                     \
            assert_string_equal(p_.name, q_.name);                                                 \
            assert_true(p_.type == q_.type && p_.rank == q_.rank &&                                \
                        plain_bytes(&p_) == plain_bytes(&q_));                                     \
            if (memcmp(p_.data, q_.data, plain_bytes(&p_)) != 0)                                   \
                fail_msg("array '%s' differs", p_.name);                                           \
        }                                                                                          \
        assert_false(array_of(b, i_, &q_));                                                        \
        assert_true(i_ > 0);                                                                       \
    } while (0)

/* All arrays of a, copied, so that one can be spoiled; returns how many. */
#define COPY_ARRAYS(array_of, a, into, n)                                                          \
    do {                                                                                           \
        for (*(n) = 0; array_of(a, *(n), &(into)[*(n)]); (*(n))++) {                               \
            ga_stat_array *one_ = &(into)[*(n)];                                                   \
            void *copy_ = ga_mem_new(plain_bytes(one_), 1);                                        \
            memcpy(copy_, one_->data, plain_bytes(one_));                                          \
            one_->data = copy_;                                                                    \
        }                                                                                          \
    } while (0)

static inline void plain_free_arrays(ga_stat_array *a, int n)
{
    for (int i = 0; i < n; i++)
        ga_mem_free((void *)(uintptr_t)a[i].data);
}

static inline void *plain_array(ga_stat_array *a, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(a[i].name, name) == 0)
            return (void *)(uintptr_t)a[i].data;
    fail_msg("no array '%s'", name);
    return NULL;
}
#endif
