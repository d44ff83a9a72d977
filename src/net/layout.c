#include "net/layout.h"
#include "net/par.h"
#include <string.h>

/* Both directions are transposes: of one image's (C, HW), or, with one channel, of (N, HW). Pieces
 * are images, or bands of pixels. */
typedef struct move {
    const ga_vec *vec;
    const float *src;
    float *dst;
    size_t n, c, hw;
    bool to_nchw;
} move;

enum { BAND = 64 }; /* pixels of a piece when there is one channel: several cache lines */

static void images(const void *user, size_t begin, size_t end)
{
    const move *m = user;
    for (size_t i = begin; i < end; i++) {
        const size_t nchw = i * m->c * m->hw, hwnc = i * m->c;
        if (m->to_nchw)
            m->vec->transpose(m->src + hwnc, m->n * m->c, m->dst + nchw, m->hw, m->hw, m->c);
        else
            m->vec->transpose(m->src + nchw, m->hw, m->dst + hwnc, m->n * m->c, m->c, m->hw);
    }
}

static void bands(const void *user, size_t begin, size_t end)
{
    const move *m = user;
    if (m->to_nchw)
        m->vec->transpose(m->src + begin * m->n, m->n, m->dst + begin, m->hw, end - begin, m->n);
    else
        m->vec->transpose(m->src + begin, m->hw, m->dst + begin * m->n, m->n, m->n, end - begin);
}

static void run_move(const move *m, int threads)
{
    if (m->hw == 1 || (m->c == 1 && m->n == 1)) {
        memcpy(m->dst, m->src, m->n * m->c * m->hw * sizeof *m->dst);
    } else if (m->c == 1) {
        ga_parallel(m->n * m->hw < 32768 ? 1 : threads, m->hw, BAND, bands, m);
    } else {
        const size_t grain = 16384 / (m->c * m->hw) + 1;
        ga_parallel(threads, m->n, grain, images, m);
    }
}

static move move_of(const ga_vec *vec, ga_dims d, int n, const float *src)
{
    return (move){
        .vec = vec, .src = src, .n = (size_t)n, .c = (size_t)d.c, .hw = (size_t)d.h * (size_t)d.w};
}

void ga_from_nchw(const ga_vec *vec, int threads, ga_dims d, int n, const float *src, float *dst)
{
    move m = move_of(vec, d, n, src);
    m.dst = dst;
    run_move(&m, threads);
}

void ga_to_nchw(const ga_vec *vec, int threads, ga_dims d, int n, const float *src, float *dst)
{
    move m = move_of(vec, d, n, src);
    m.dst = dst;
    m.to_nchw = true;
    run_move(&m, threads);
}

typedef struct reshape {
    const float *src;
    float *dst;
    size_t n, from_c, from_hw, to_c, to_hw;
} reshape;

static void reshape_images(const void *user, size_t begin, size_t end)
{
    const reshape *r = user;
    for (size_t i = begin; i < end; i++)
        for (size_t k = 0; k < r->from_c * r->from_hw; k++)
            r->dst[((k % r->to_hw) * r->n + i) * r->to_c + k / r->to_hw] =
                r->src[((k % r->from_hw) * r->n + i) * r->from_c + k / r->from_hw];
}

void ga_reshape(const ga_vec *vec, int threads, ga_dims from, ga_dims to, int n, const float *src,
                float *dst)
{
    const size_t from_hw = (size_t)from.h * (size_t)from.w, to_hw = (size_t)to.h * (size_t)to.w;
    if (from_hw == 1) {
        ga_from_nchw(vec, threads, to, n, src, dst);
    } else if (to_hw == 1) {
        ga_to_nchw(vec, threads, from, n, src, dst);
    } else if (from_hw == to_hw) {
        memcpy(dst, src, (size_t)n * ga_dims_count(from) * sizeof *dst);
    } else {
        const reshape r = {src, dst, (size_t)n, (size_t)from.c, from_hw, (size_t)to.c, to_hw};
        ga_parallel(threads, (size_t)n, 1, reshape_images, &r);
    }
}
