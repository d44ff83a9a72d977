/* lay_lanes.h - the loops of lay.h, included once by each lay_ISA.c, which defines LANES (floats of
 * a vector), TABLE (the name of its table) and, on its types vec and ivec, above_bits(a, b)   bit
 * i: lane i of a is above that of b within(x, top)     x, or 0 or top where it is beyond
 *     pick(cells, i)     cells[i] for indices 0..LANES-1
 *     equal_labels       the loop `equal` */
#include "stat/lay.h"
#include <math.h>
#include <string.h>

static inline vec load(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

static inline ivec load_ints(const int32_t *p)
{
    ivec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool sound(const float *x, size_t n)
{
    const ivec size = (ivec){0} + 0x7fffffff;
    const vec most = (vec){0} + GA_TALLY_MAX;
    ivec within_all = (ivec){0} - 1;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        within_all &= (ivec)((vec)((ivec)load(x + i) & size) <= most);
    bool all = true;
    for (int k = 0; k < LANES; k++)
        all = all && within_all[k] != 0;
    for (; i < n; i++)
        all = all && fabsf(x[i]) <= GA_TALLY_MAX;
    return all;
}

static float largest(const float *x, size_t n)
{
    float most = x[0];
    size_t i = 0;
    if (n >= LANES) {
        vec m = load(x);
        for (i = LANES; i + LANES <= n; i += LANES) {
            const vec v = load(x + i);
            const ivec more = (ivec)(v > m);
            m = (vec)(((ivec)v & more) | ((ivec)m & ~more));
        }
        for (int k = 0; k < LANES; k++)
            most = m[k] > most ? m[k] : most;
    }
    for (; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static size_t filter(const float *x, size_t n, float cut, float *out)
{
    const vec t = (vec){0} + cut;
    size_t i = 0, kept = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t m = above_bits(load(x + i), t); m != 0; m &= m - 1)
            out[kept++] = x[i + (size_t)__builtin_ctz(m)] + 0.0f;
    for (; i < n; i++)
        if (x[i] > cut)
            out[kept++] = x[i] + 0.0f;
    return kept;
}

static uint32_t reach(const float *cells, int n, float t, const uint32_t *touch)
{
    const vec limit = (vec){0} + t;
    uint32_t words = 0;
    for (int i = 0; i < n; i += LANES) { /* beyond the row's end is the next one, or slack */
        uint32_t m = above_bits(load(cells + i), limit);
        if (n - i < LANES)
            m &= (1u << (n - i)) - 1;
        for (; m != 0; m &= m - 1)
            words |= touch[i + __builtin_ctz(m)];
    }
    return words;
}

static void row(const ga_axis *x, const float *cells, uint32_t words, float *out)
{
    for (uint32_t m = words; m != 0; m &= m - 1) {
        const int from = __builtin_ctz(m) * GA_LAY_WORD;
        for (int px = from; px < from + GA_LAY_WORD; px += LANES) {
            const int32_t first = x->at[px];
            vec a, b;
            if (x->near) {
                const ivec at = load_ints(x->at + px) - first;
                a = pick(cells + first, at);
                b = pick(cells + first + 1, at);
            } else {
                for (int k = 0; k < LANES; k++) {
                    a[k] = cells[x->at[px + k]];
                    b[k] = cells[x->at[px + k] + 1];
                }
            }
            store(out + px, a + load(x->share + px) * (b - a));
        }
    }
}

static void blend(const float *p, const float *q, float share, uint32_t words, float *out)
{
    for (uint32_t m = words; m != 0; m &= m - 1) {
        const int from = __builtin_ctz(m) * GA_LAY_WORD;
        for (int px = from; px < from + GA_LAY_WORD; px += LANES) {
            const vec a = load(p + px);
            store(out + px, a + share * (load(q + px) - a));
        }
    }
}

/* Four vectors at a time stay in registers while the rows go by. */
static void above(const float *p, const float *q, const float *share, int rows, float t,
                  uint32_t words, int stride, uint64_t *bits)
{
    const vec limit = (vec){0} + t;
    for (uint32_t left = words; left != 0; left &= left - 1) {
        const int w = __builtin_ctz(left);
        for (int part = 0; part < GA_LAY_WORD; part += 4 * LANES) {
            const float *from = p + w * GA_LAY_WORD + part, *to = q + w * GA_LAY_WORD + part;
            const vec a0 = load(from), a1 = load(from + LANES), a2 = load(from + 2 * LANES),
                      a3 = load(from + 3 * LANES);
            const vec d0 = load(to) - a0, d1 = load(to + LANES) - a1,
                      d2 = load(to + 2 * LANES) - a2, d3 = load(to + 3 * LANES) - a3;
            uint64_t *word = bits + w;
            for (int r = 0; r < rows; r++, word += stride) {
                const float s = share[r];
                const uint64_t m = (uint64_t)above_bits(a0 + s * d0, limit) |
                                   (uint64_t)above_bits(a1 + s * d1, limit) << LANES |
                                   (uint64_t)above_bits(a2 + s * d2, limit) << (2 * LANES) |
                                   (uint64_t)above_bits(a3 + s * d3, limit) << (3 * LANES);
                *word = part == 0 ? m : *word | m << part;
            }
        }
    }
}

static uint32_t count(const uint64_t *bits, const ga_label_words *l, int first, int rows,
                      uint32_t words, uint32_t *counts)
{
    uint32_t active = 0;
    for (int r = 0; r < rows; r++) {
        const uint32_t *start = l->start + (size_t)(first + r) * (size_t)l->words;
        const uint64_t *of_row = bits + (size_t)r * (size_t)l->words;
        for (uint32_t left = words; left != 0; left &= left - 1) {
            const int w = __builtin_ctz(left);
            const uint64_t m = of_row[w] & (w == l->words - 1 ? l->last : UINT64_MAX);
            if (m == 0)
                continue;
            active += (uint32_t)__builtin_popcountll(m);
            for (uint32_t e = start[w]; e < start[w + 1]; e++)
                counts[l->slot[e]] += (uint32_t)__builtin_popcountll(m & l->mask[e]);
        }
    }
    return active;
}

/* Of bits as an integer, 15 below the first GA_LEVEL_STEPS of an octave are left: a step. */
static void steps(const float *p, const float *q, const float *share, int rows, int pixels,
                  int base, uint32_t *of_step)
{
    _Static_assert(GA_LEVEL_STEPS == 1 << (23 - 15), "bits of a float below its step");
    int32_t key[GA_LAY_MAX + LANES];
    const int32_t nearest = base * GA_LEVEL_STEPS - 1;
    for (int r = 0; r < rows; r++) {
        for (int px = 0; px < pixels; px += LANES) {
            const vec a = load(p + px), v = a + share[r] * (load(q + px) - a);
            const ivec positive = (ivec)(v > 0.0f), size = (ivec)v & 0x7fffffff;
            ivec from = ((size + positive) >> 15) - nearest; /* (lower, upper] on both sides */
            from &= ~(from >> 31);
            const ivec k = GA_LAY_ZERO + ((from + 1) & positive) + (-from & ~positive);
            memcpy(key + px, &k, sizeof k);
        }
        int px = 0;
        for (; px + 4 <= pixels; px += 4) {
            const int32_t *k = key + px;
            if (k[0] == k[1] && k[0] == k[2] && k[0] == k[3]) { /* flat: a chain of increments */
                of_step[k[0]] += 4;
                continue;
            }
            of_step[k[0]]++;
            of_step[k[1]]++;
            of_step[k[2]]++;
            of_step[k[3]]++;
        }
        for (; px < pixels; px++)
            of_step[key[px]]++;
    }
}

/* How many levels are not below v, by halving: for units whose levels lie too uneven for a table.
 */
static inline int rung_by_halving(const ga_rungs *r, float v)
{
    int lo = 0, hi = r->distinct;
    while (lo < hi) {
        const int mid = (lo + hi) / 2;
        if (r->level[mid] >= v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* key[px] becomes where in the histograms a pixel is counted. */
static inline void find_rungs(const ga_rungs *rung, int32_t *key, const float *value, int pixels,
                              const uint32_t *from)
{
    const float *level = rung->level;
    const uint8_t *start = rung->start;
    if (rung->depth <= 1) {
        for (int px = 0; px < pixels; px++) {
            const uint32_t b = start[key[px]];
            key[px] = (int32_t)(from[px] + b + (level[b] >= value[px]));
        }
    } else if (rung->depth <= 3) {
        for (int px = 0; px < pixels; px++) {
            uint32_t b = start[key[px]];
            b += level[b] >= value[px];
            b += level[b] >= value[px];
            b += level[b] >= value[px];
            key[px] = (int32_t)(from[px] + b);
        }
    } else {
        for (int px = 0; px < pixels; px++)
            key[px] = (int32_t)(from[px] + (uint32_t)rung_by_halving(rung, value[px]));
    }
}

/* Four neighbours count in four copies, so none of them waits for what another one stores. */
static inline void increment(const int32_t *at, int pixels, uint16_t *hist)
{
    int px = 0;
    for (; px + 4 <= pixels; px += 4) {
        uint16_t *a = hist + at[px], *b = hist + at[px + 1], *c = hist + at[px + 2],
                 *d = hist + at[px + 3];
        const uint16_t na = *a, nb = *b, nc = *c, nd = *d;
        *a = (uint16_t)(na + 1);
        *b = (uint16_t)(nb + 1);
        *c = (uint16_t)(nc + 1);
        *d = (uint16_t)(nd + 1);
    }
    for (; px < pixels; px++)
        hist[at[px]]++;
}

static void rungs(const float *p, const float *q, const float *share, int rows, int pixels,
                  const ga_rungs *rung, const uint32_t *from, uint16_t *hist)
{
    int32_t key[GA_LAY_MAX + LANES];
    float value[GA_LAY_MAX + LANES];
    const vec last = (vec){0} + (GA_LAY_KEYS - 1);
    for (int r = 0; r < rows; r++, from += pixels) {
        for (int px = 0; px < pixels; px += LANES) {
            const vec a = load(p + px), v = a + share[r] * (load(q + px) - a);
            const ivec k = __builtin_convertvector(within((rung->top - v) * rung->scale, last),
                                                   ivec);
            memcpy(key + px, &k, sizeof k);
            store(value + px, v);
        }
        find_rungs(rung, key, value, pixels, from);
        increment(key, pixels, hist);
    }
}

const ga_lay_isa TABLE = {sound, largest, filter, reach, row,         blend,
                          above, count,   steps,  rungs, equal_labels};
