/* pairs.c - packs the points and walks the tiles: strips of rows go to the threads, and every strip
 * meets the columns chunk by chunk. */
#include "stat/pairs.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include <math.h>
#include <omp.h>

enum {
    STRIP = 48,  /* rows: a multiple of every tile's */
    CHUNK = 512, /* columns, likewise; a block of values is then 96 KiB, which a core's cache has */
};

static const ga_pairs_isa *tiles(void)
{
#if defined(__x86_64__)
    const ga_isa isa = ga_cpu_isa();
    if (isa >= GA_ISA_AVX512)
        return &ga_pairs_avx512;
    if (isa >= GA_ISA_AVX2)
        return &ga_pairs_avx2;
#endif
    return &ga_pairs_portable;
}

ga_status ga_points_check(ga_points p, const char *what, ga_err *err)
{
    if (p.n < 1 || p.n > INT32_MAX || p.d < 1)
        return ga_fail(err, GA_EINVAL, "%s: %zu points of %d numbers, expected at least 1 of 1",
                       what, p.n, p.d);
    const size_t d = (size_t)p.d;
    for (size_t i = 0; i < p.n * d; i++)
        if (!isfinite(p.x[i]))
            return ga_fail(err, GA_EDATA, "%s: number %zu of point %zu is not finite", what, i % d,
                           i / d);
    return GA_OK;
}

/* Points first .. first+n-1 in groups of `width`, (group,D,width); a last group's missing points
 * are 0. */
static void pack(ga_points p, size_t first, size_t n, size_t width, float *packed)
{
    const size_t d = (size_t)p.d;
    for (size_t at = 0; at < n; at += width, packed += d * width)
        for (size_t i = 0; i < width; i++) {
            const float *x = p.x + (first + at + i) * d;
            for (size_t k = 0; k < d; k++)
                packed[k * width + i] = at + i < n ? x[k] : 0;
        }
}

typedef struct walk {
    const ga_pairs_isa *isa;
    ga_pairs_tile *tile;
    ga_points x, y;
    const float *columns; /* y, packed */
    bool upper;
    ga_pairs_fn *visit;
    void *user;
} walk;

/* rows: a thread's room for the packed strip; values: for a block. */
static void walk_strip(const walk *w, size_t row, int thread, float *rows, float *values)
{
    const size_t d = (size_t)w->x.d, tile_rows = (size_t)w->isa->rows,
                 width = (size_t)w->isa->columns;
    const size_t n = w->x.n - row < STRIP ? w->x.n - row : STRIP;
    pack(w->x, row, n, tile_rows, rows);
    for (size_t column = 0; column < w->y.n; column += CHUNK) {
        const size_t m = w->y.n - column < CHUNK ? w->y.n - column : CHUNK;
        if (w->upper && column + m <= row)
            continue;
        for (size_t c = 0; c < m; c += width)
            for (size_t r = 0; r < n; r += tile_rows)
                w->tile(rows + r * d, w->columns + (column + c) * d, d, values + r * CHUNK + c,
                        CHUNK);
        const ga_pairs_block block = {row, column, n, m, CHUNK, values, thread};
        w->visit(w->user, &block);
    }
}

ga_status ga_pairs_walk(ga_pairs_kind kind, ga_points x, ga_points y, bool upper, int threads,
                        ga_pairs_fn *visit, void *user, ga_err *err)
{
    const ga_pairs_isa *isa = tiles();
    const size_t d = (size_t)x.d, width = (size_t)isa->columns,
                 team = threads < 1 ? 1 : (size_t)threads;
    const size_t padded = (y.n + width - 1) / width * width;
    const size_t room = STRIP * d + (size_t)STRIP * CHUNK; /* floats of a thread */
    size_t count;
    float *columns = ga_mul(padded, d, &count) ? ga_mem_new(count, sizeof *columns) : NULL;
    float *rooms = ga_mul(room, team, &count) ? ga_mem_new(count, sizeof *rooms) : NULL;
    if (columns == NULL || rooms == NULL) {
        ga_mem_free(columns);
        ga_mem_free(rooms);
        return ga_fail(err, GA_ENOMEM, "no memory to compare %zu with %zu points", x.n, y.n);
    }
    pack(y, 0, y.n, width, columns);
    const walk w = {isa, isa->tile[kind], x, y, columns, upper, visit, user};
    const int64_t strips = (int64_t)((x.n + STRIP - 1) / STRIP);
#pragma omp parallel for num_threads((int)team) schedule(dynamic)
    for (int64_t s = 0; s < strips; s++) {
        const int thread = omp_get_thread_num();
        float *mine = rooms + (size_t)thread * room;
        walk_strip(&w, (size_t)s * STRIP, thread, mine, mine + STRIP * d);
    }
    ga_mem_free(columns);
    ga_mem_free(rooms);
    return GA_OK;
}
