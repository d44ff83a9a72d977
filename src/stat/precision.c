/* precision.c - a score against a yes or no: average precision, its rounds, the best cut. */
#include "base/alloc.h"
#include "ganatomy/stat.h"
#include <math.h>
#include <string.h>

/* A pixel's place: keys ascend as scores descend. */
typedef struct place {
    uint32_t key, pixel;
} place;

static uint32_t key_of(float score)
{
    uint32_t bits;
    const float plain = score + 0.0F; /* -0 becomes 0 */
    memcpy(&bits, &plain, sizeof bits);
    /* ascending keys for ascending floats, then turned round */
    return ~(bits >> 31 != 0 ? ~bits : bits | 0x80000000U);
}

enum { DIGIT = 11, DIGITS = 3, VALUES = 1 << DIGIT };

/* Radix sort by the lowest digits first, which keeps the order of equals. Ends in `from` or `to`,
 * which is returned. */
static place *sort(place *from, place *to, size_t n)
{
    for (int d = 0; d < DIGITS; d++) {
        size_t start[VALUES] = {0}, sum = 0;
        for (size_t i = 0; i < n; i++)
            start[from[i].key >> (d * DIGIT) & (VALUES - 1)]++;
        for (int v = 0; v < VALUES; v++) {
            const size_t count = start[v];
            start[v] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[start[from[i].key >> (d * DIGIT) & (VALUES - 1)]++] = from[i];
        place *const other = from;
        from = to;
        to = other;
    }
    return from;
}

/* Pixels in the order of their scores, largest first. */
typedef struct ranked {
    place *room;  /* (2 n) */
    place *order; /* (n), in room */
    size_t n;
    uint64_t yes;
} ranked;

static ga_status check(ga_scored s, uint64_t *yes, ga_err *err)
{
    size_t n;
    if (s.images < 1 || s.pixels < 1 || !ga_mul((size_t)s.images, s.pixels, &n) || n > INT32_MAX)
        return ga_fail(err, GA_EINVAL, "%d images of %zu pixels: expected 1 to %d pixels in all",
                       s.images, s.pixels, INT32_MAX);
    *yes = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(s.score[i]))
            return ga_fail(err, GA_EDATA, "the score of pixel %zu of image %zu is not a number",
                           i % s.pixels, i / s.pixels);
        *yes += s.truth[i] != 0;
    }
    return *yes > 0 ? GA_OK
                    : ga_fail(err, GA_EDATA,
                              "none of %zu pixels is what is looked for: there is no precision to "
                              "average",
                              n);
}

static ga_status rank(ga_scored s, ranked *out, ga_err *err)
{
    *out = (ranked){.n = (size_t)s.images * s.pixels};
    const ga_status status = check(s, &out->yes, err);
    if (status != GA_OK)
        return status;
    out->room = ga_mem_new(2 * out->n, sizeof *out->room);
    if (out->room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to sort %zu pixels", out->n);
    for (size_t i = 0; i < out->n; i++)
        out->room[i] = (place){key_of(s.score[i]), (uint32_t)i};
    out->order = sort(out->room, out->room + out->n, out->n);
    return GA_OK;
}

/* Is place i the last one of its score? */
static bool ends(const ranked *r, size_t i)
{
    return i + 1 == r->n || r->order[i + 1].key != r->order[i].key;
}

ga_status ga_average_precision(ga_scored s, double *ap, ga_err *err)
{
    ranked r;
    const ga_status status = rank(s, &r, err);
    if (status != GA_OK)
        return status;
    uint64_t yes = 0, before = 0;
    double sum = 0;
    for (size_t i = 0; i < r.n; i++) {
        yes += s.truth[r.order[i].pixel] != 0;
        if (!ends(&r, i))
            continue;
        sum += (double)(yes - before) * (double)yes / (double)(i + 1);
        before = yes;
    }
    *ap = sum / (double)r.yes;
    ga_mem_free(r.room);
    return GA_OK;
}

ga_status ga_best_cut(ga_scored s, float *cut, double *iou, ga_err *err)
{
    ranked r;
    const ga_status status = rank(s, &r, err);
    if (status != GA_OK)
        return status;
    uint64_t yes = 0;
    double best = -1;
    for (size_t i = 0; i < r.n; i++) {
        yes += s.truth[r.order[i].pixel] != 0;
        if (!ends(&r, i))
            continue;
        const double ratio = (double)yes / (double)((uint64_t)i + 1 + r.yes - yes);
        if (ratio <= best)
            continue;
        best = ratio;
        const float last = s.score[r.order[i].pixel];
        const float next = i + 1 < r.n ? s.score[r.order[i + 1].pixel] : -INFINITY;
        *cut = (float)(((double)last + (double)next) / 2);
        if (!(*cut < last)) /* neighbours among floats, or -inf beside a number */
            *cut = next;
    }
    if (iou != NULL)
        *iou = best;
    ga_mem_free(r.room);
    return GA_OK;
}

/* ---- rounds -----------------------------------------------------------------------------------*/

/* Steps with a yes, and one for the no below the last yes, which must not weigh on it. */
enum { ROOM = GA_PRECISION_STEPS + 1 };

/* Pixels in steps of their score. */
typedef struct steps {
    int n;
    bool one[ROOM];   /* a step has one score only */
    uint32_t *counts; /* (images,ROOM,2): no and yes of each step */
} steps;

static void fill_steps(ga_scored s, const ranked *r, steps *out)
{
    int step = 0;
    uint64_t yes = 0;
    out->one[0] = true;
    for (size_t i = 0; i < r->n; i++) {
        const uint32_t pixel = r->order[i].pixel;
        const bool is = s.truth[pixel] != 0, last = ends(r, i);
        out->counts[(pixel / s.pixels * ROOM + (size_t)step) * 2 + is]++;
        yes += is;
        if (!last || i + 1 == r->n)
            continue;
        /* a step ends with the last of a score once it holds its part of the yes */
        if (step + 1 < ROOM && yes * GA_PRECISION_STEPS >= r->yes * (uint64_t)(step + 1))
            out->one[++step] = true;
        else
            out->one[step] = false;
    }
    out->n = step + 1;
}

/* times NULL: each image once. Within a step of many scores yes and no are taken as evenly mixed,
 * so that its precision is that of its middle; one score is taken at once. */
static double by_steps(const steps *w, int images, const uint8_t *times)
{
    uint32_t sum[2 * ROOM] = {0};
    for (int i = 0; i < images; i++) {
        const uint32_t t = times != NULL ? times[i] : 1;
        const uint32_t *row = w->counts + (size_t)i * 2 * ROOM;
        for (int k = 0; t > 0 && k < 2 * w->n; k++)
            sum[k] += t * row[k];
    }
    double yes = 0, all = 0, ap = 0;
    for (int k = 0; k < w->n; k++) {
        const double no = sum[2 * k], more = sum[2 * k + 1], part = w->one[k] ? 1 : 0.5;
        if (more > 0)
            ap += more * (yes + part * more) / (all + part * (more + no));
        yes += more;
        all += more + no;
    }
    return yes > 0 ? ap / yes : 0;
}

ga_status ga_average_precision_rounds(ga_scored s, const uint8_t *times, int rounds, double *whole,
                                      float *values, ga_err *err)
{
    ranked r;
    ga_status status = rank(s, &r, err);
    if (status != GA_OK)
        return status;
    steps w = {.counts = ga_mem_new((size_t)s.images, 2 * ROOM * sizeof *w.counts)};
    if (w.counts == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the steps of %d images", s.images);
    else
        fill_steps(s, &r, &w);
    if (status == GA_OK && whole != NULL)
        *whole = by_steps(&w, s.images, NULL);
    for (int k = 0; k < rounds && status == GA_OK; k++)
        values[k] = (float)by_steps(&w, s.images, times + (size_t)k * (size_t)s.images);
    ga_mem_free(w.counts);
    ga_mem_free(r.room);
    return status;
}
