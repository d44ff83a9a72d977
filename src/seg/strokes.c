/* strokes.c - parts of bright strokes by rules on their skeleton (docs/segmenters.md).
 *
 *     grey -> ink -> skeleton -> spurs cut -> regions of ground -> labels of its pixels -> of all
 * ink
 */
#include "base/alloc.h"
#include "base/hash.h"
#include "seg/kind.h"
#include "seg/skeleton.h"
#include <math.h>
#include <string.h>

/* Lengths in pixels of a picture of SIDE, that of the digits that they were chosen on. */
static const double SIDE = 28, SPUR = 2.5, REACH = 2.5, WINDOW = 3.5;
static const double HOLE = 2; /* ground that a loop encloses, in such pixels */
/* A piece of line has a direction if its spread across is at most this share of that along. */
static const double STRAIGHT = 0.2;

enum { LOOP = 1, GROUND, END, CROSSING, HORIZONTAL, VERTICAL, RISING, FALLING };
static const char *const category_names[] = {"part", "stroke"};
static const ga_label words[] = {{"loop", 0},       {"hole", 0},     {"end", 0},    {"crossing", 0},
                                 {"horizontal", 1}, {"vertical", 1}, {"rising", 1}, {"falling", 1}};

/* One picture at work. Arrays are (h,w). */
typedef struct strokes {
    int h, w;
    size_t pixels;
    double unit; /* pixels of a length of 1 */
    float *grey;
    uint8_t *ink, *bone, *mark;
    int32_t *region;  /* of ground: 0 the outside, 1.. what the skeleton encloses; -1 skeleton */
    int32_t *size;    /* (regions) pixels without ink */
    int32_t *nearest; /* pixel of the skeleton that is nearest; -1: there is none */
    int32_t *stack;
    uint16_t *maps; /* (2,h,w) */
} strokes;

static void strokes_free(strokes *s)
{
    ga_mem_free(s->grey);
    ga_mem_free(s->ink);
    ga_mem_free(s->region);
    ga_mem_free(s->maps);
}

static ga_status strokes_make(strokes *s, ga_dims d, ga_err *err)
{
    const size_t n = (size_t)d.h * (size_t)d.w;
    *s = (strokes){.h = d.h,
                   .w = d.w,
                   .pixels = n,
                   .unit = (d.h < d.w ? d.h : d.w) / SIDE,
                   .grey = ga_mem_new(n, sizeof *s->grey),
                   .ink = ga_mem_new(3 * n, 1),
                   .region = ga_mem_new(4 * n + 1, sizeof *s->region),
                   .maps = ga_mem_new(2 * n, sizeof *s->maps)};
    if (s->grey == NULL || s->ink == NULL || s->region == NULL || s->maps == NULL) {
        strokes_free(s);
        return ga_fail(err, GA_ENOMEM, "no memory for strokes in %d x %d pixels", d.w, d.h);
    }
    s->bone = s->ink + n;
    s->mark = s->bone + n;
    s->nearest = s->region + n;
    s->stack = s->nearest + n;
    s->size = s->stack + n;
    return GA_OK;
}

/* Neighbour i of a pixel in the order of ga_skeleton_around; -1: outside. */
static int32_t beside(const strokes *s, int32_t at, int i)
{
    static const int dy[8] = {0, -1, -1, -1, 0, 1, 1, 1}, dx[8] = {1, 1, 0, -1, -1, -1, 0, 1};
    const int y = at / s->w + dy[i], x = at % s->w + dx[i];
    return y >= 0 && y < s->h && x >= 0 && x < s->w ? y * s->w + x : -1;
}

static double squared_distance(const strokes *s, int32_t a, int32_t b)
{
    const int y = a / s->w - b / s->w, x = a % s->w - b % s->w;
    return (double)y * y + (double)x * x;
}

/* ---- the skeleton -----------------------------------------------------------------------------*/

static int branches(const strokes *s, int32_t at)
{
    uint8_t around[8];
    ga_skeleton_around(s->bone, s->h, s->w, at / s->w, at % s->w, around);
    return ga_skeleton_branches(around);
}

/* Three lines leave it, or it is of a square where diagonals cross. */
static bool is_crossing(const strokes *s, int32_t at)
{
    uint8_t a[8];
    ga_skeleton_around(s->bone, s->h, s->w, at / s->w, at % s->w, a);
    const int lines = ga_skeleton_branches(a);
    bool square = false;
    for (int i = 0; i < 8; i += 2)
        square = square || (a[i] != 0 && a[i + 1] != 0 && a[(i + 2) % 8] != 0);
    return lines > 2 || (lines == 2 && square);
}

/* Cuts the line that ends at a pixel if it comes to a crossing within SPUR. */
static void cut_spur(strokes *s, int32_t at)
{
    int n = 0;
    memset(s->mark, 0, s->pixels);
    while (at >= 0 && !is_crossing(s, at)) {
        int32_t next = -1;
        s->mark[at] = 1;
        s->stack[n++] = at;
        for (int i = 0; i < 8 && next < 0; i++) { /* sides before corners */
            const int32_t to = beside(s, at, i < 4 ? 2 * i : 2 * i - 7);
            if (to >= 0 && s->bone[to] != 0 && s->mark[to] == 0)
                next = to;
        }
        at = n <= SPUR * s->unit ? next : -1;
    }
    for (int i = 0; at >= 0 && i < n; i++)
        s->bone[s->stack[i]] = 0;
}

static void draw_skeleton(strokes *s)
{
    for (size_t i = 0; i < s->pixels; i++)
        s->bone[i] = s->ink[i] = s->grey[i] > 0.5F;
    ga_skeleton(s->bone, s->h, s->w, s->mark);
    for (int32_t i = 0; i < (int32_t)s->pixels; i++)
        if (s->bone[i] != 0 && branches(s, i) == 1)
            cut_spur(s, i);
    ga_skeleton(s->bone, s->h, s->w, s->mark); /* corners that a cut left behind */
}

/* ---- ground -----------------------------------------------------------------------------------*/

/* Gives a number to all ground that hangs together over sides with what lies on the stack. */
static void fill(strokes *s, int n, int32_t number)
{
    s->size[number] = 0;
    while (n > 0) {
        const int32_t at = s->stack[--n];
        s->size[number] += s->ink[at] == 0;
        for (int i = 0; i < 8; i += 2) {
            const int32_t to = beside(s, at, i);
            if (to >= 0 && s->region[to] == -2) {
                s->region[to] = number;
                s->stack[n++] = to;
            }
        }
    }
}

static void number_ground(strokes *s)
{
    int n = 0, regions = 1;
    for (size_t i = 0; i < s->pixels; i++)
        s->region[i] = s->bone[i] != 0 ? -1 : -2;
    for (int32_t i = 0; i < (int32_t)s->pixels; i++) {
        const int y = i / s->w, x = i % s->w;
        if ((y == 0 || x == 0 || y == s->h - 1 || x == s->w - 1) && s->region[i] == -2) {
            s->region[i] = 0;
            s->stack[n++] = i;
        }
    }
    fill(s, n, 0);
    for (int32_t i = 0; i < (int32_t)s->pixels; i++)
        if (s->region[i] == -2) {
            s->region[i] = regions;
            s->stack[0] = i;
            fill(s, 1, regions++);
        }
}

static bool is_hole(const strokes *s, int32_t region)
{
    return region > 0 && s->size[region] >= HOLE * s->unit * s->unit;
}

/* Between a hole and other ground: a line that ends in the hole is not. */
static bool is_loop(const strokes *s, int32_t at)
{
    int32_t hole = -1, other = -1;
    for (int i = 0; i < 8; i++) {
        const int32_t to = beside(s, at, i), region = to >= 0 ? s->region[to] : 0;
        if (region >= 0 && is_hole(s, region) && hole < 0)
            hole = region;
        else if (region >= 0 && region != hole)
            other = region;
    }
    return hole >= 0 && other >= 0;
}

/* ---- labels -----------------------------------------------------------------------------------*/

/* From the spread of the skeleton's pixels that hang together with this one within WINDOW. */
static uint16_t direction(strokes *s, int32_t at)
{
    const double reach = WINDOW * s->unit;
    double sum[5] = {0}; /* x, y, xx, yy, xy */
    int n = 0, top = 0;
    memset(s->mark, 0, s->pixels);
    s->stack[top++] = at;
    s->mark[at] = 1;
    while (top > 0) {
        const int32_t p = s->stack[--top];
        const int across = p % s->w - at % s->w, down = p / s->w - at / s->w;
        const double x = across, y = down;
        const double terms[5] = {x, y, x * x, y * y, x * y};
        for (int k = 0; k < 5; k++)
            sum[k] += terms[k];
        n++;
        for (int i = 0; i < 8; i++) {
            const int32_t to = beside(s, p, i);
            if (to >= 0 && s->bone[to] != 0 && s->mark[to] == 0 &&
                squared_distance(s, at, to) <= reach * reach) {
                s->mark[to] = 1;
                s->stack[top++] = to;
            }
        }
    }
    const double xx = n * sum[2] - sum[0] * sum[0], yy = n * sum[3] - sum[1] * sum[1],
                 xy = n * sum[4] - sum[0] * sum[1], all = xx + yy;
    /* l2 / l1 <= r of its spreads, as l1 + l2 = all and l1 l2 = xx yy - xy^2 */
    if (n < 3 || xx * yy - xy * xy > STRAIGHT / ((1 + STRAIGHT) * (1 + STRAIGHT)) * all * all)
        return 0;
    if (fabs(xx - yy) >= fabs(2 * xy))
        return xx > yy ? HORIZONTAL : VERTICAL;
    return xy < 0 ? RISING : FALLING; /* y goes down */
}

/* The nearest pixel of the skeleton, from those of the neighbours, along rows to and fro. */
static void find_nearest(strokes *s)
{
    for (size_t i = 0; i < s->pixels; i++)
        s->nearest[i] = s->bone[i] != 0 ? (int32_t)i : -1;
    for (int pass = 0; pass < 4; pass++)
        for (int32_t k = 0; k < (int32_t)s->pixels; k++) {
            const int32_t at = pass % 2 == 0 ? k : (int32_t)s->pixels - 1 - k;
            for (int i = 0; i < 8; i++) {
                const int32_t to = beside(s, at, i), from = to >= 0 ? s->nearest[to] : -1;
                if (from >= 0 &&
                    (s->nearest[at] < 0 ||
                     squared_distance(s, at, from) < squared_distance(s, at, s->nearest[at])))
                    s->nearest[at] = from;
            }
        }
}

/* Puts a label on the ink within REACH of a pixel. */
static void put_around(strokes *s, int32_t at, uint16_t label)
{
    const double reach = REACH * s->unit;
    const int r = (int)reach, y0 = at / s->w, x0 = at % s->w;
    for (int y = y0 - r; y <= y0 + r; y++)
        for (int x = x0 - r; x <= x0 + r; x++) {
            if (y < 0 || x < 0 || y >= s->h || x >= s->w)
                continue;
            const int32_t to = y * s->w + x;
            if (s->ink[to] != 0 && squared_distance(s, at, to) <= reach * reach)
                s->maps[to] = label;
        }
}

static void label(strokes *s)
{
    uint16_t *part = s->maps, *line = s->maps + s->pixels;
    memset(s->maps, 0, 2 * s->pixels * sizeof *s->maps);
    find_nearest(s);
    for (int32_t i = 0; i < (int32_t)s->pixels; i++)
        if (s->bone[i] != 0) {
            part[i] = is_loop(s, i) ? LOOP : 0;
            line[i] = direction(s, i);
        }
    for (size_t i = 0; i < s->pixels; i++) {
        if (s->ink[i] != 0 && s->bone[i] == 0 && s->nearest[i] >= 0) {
            part[i] = part[s->nearest[i]];
            line[i] = line[s->nearest[i]];
        } else if (s->ink[i] == 0 && s->region[i] >= 0 && is_hole(s, s->region[i])) {
            part[i] = GROUND;
        }
    }
    for (int32_t i = 0; i < (int32_t)s->pixels; i++)
        if (s->bone[i] != 0 && is_crossing(s, i))
            put_around(s, i, CROSSING);
    for (int32_t i = 0; i < (int32_t)s->pixels; i++)
        if (s->bone[i] != 0 && branches(s, i) == 1)
            put_around(s, i, END);
}

/* ---- the segmenter ----------------------------------------------------------------------------*/

static ga_status look(ga_segmenter *self, ga_seg_pictures p, int h, int w, uint16_t *maps,
                      ga_err *err)
{
    strokes s;
    (void)self;
    ga_status status = strokes_make(&s, p.dims, err);
    if (status != GA_OK)
        return status;
    for (int i = 0; i < p.n && status == GA_OK; i++) {
        status = ga_seg_grey(p, i, s.grey, err);
        if (status != GA_OK)
            break;
        draw_skeleton(&s);
        number_ground(&s);
        label(&s);
        status = ga_labels_shrink(s.maps, 2, s.h, s.w, maps + (size_t)i * 2 * (size_t)h * (size_t)w,
                                  h, w, err);
    }
    strokes_free(&s);
    return status;
}

static void end(void *own)
{
    (void)own;
}

ga_status ga_segmenter_strokes(ga_segmenter **out, ga_err *err)
{
    static const ga_seg_kind kind = {.look = look, .end = end};
    static const char version[] = "ganatomy strokes 1";
    ga_segmenter s = {.kind = &kind, .name = "strokes", .lo = 0, .hi = 1};
    *out = NULL;
    ga_sha256_hex(version, sizeof version - 1, s.hash);
    const ga_status status = ga_vocabulary_create(category_names, 2, words,
                                                  sizeof words / sizeof *words, &s.vocabulary, err);
    return status == GA_OK ? ga_seg_make(s, out, err) : status;
}
