/* spectral.c - spectral normalisation: weights divided by their largest singular value.
 *
 * A weight lies as (outer, rows, inner): element (a,b,k) is in row b and column a inner + k of the
 * matrix. Linear and Conv2d have outer 1; a ConvTranspose2d, whose second dim is the output, has
 * its input channels there. So a row is `outer` runs of `inner` floats, and one loop serves all. */
#include "base/alloc.h"
#include "base/rng.h"
#include "net/flat.h"
#include "net/graph.h"
#include "net/par.h"
#include <math.h>
#include <string.h>

enum {
    STRIP = 256,  /* columns of a piece */
    PIECE = 16384 /* numbers of a piece of whole runs */
};
static const double EPS = 1e-12;

typedef struct matrix {
    int param;
    size_t offset, outer, rows, inner;
    float *u, *v; /* (rows), (outer inner); in the state */
    double sigma;
} matrix;

struct ga_spectral {
    const ga_vec *vec;
    int threads, n;
    matrix *matrices;
    float *state;
    size_t n_state, n_weights;
};

/* ---- create -----------------------------------------------------------------------------------*/

static bool is_matrix(const ga_graph *g, int i)
{
    static const char *const types[] = {"Linear", "Conv2d", "ConvTranspose2d", "Embedding"};
    const ga_param_spec *spec = &g->params[i];
    for (int k = 0; spec->kind == GA_WEIGHT && spec->rank >= 2 && k < GA_COUNT(types); k++)
        if (strcmp(g->nodes[spec->tap].op->type, types[k]) == 0)
            return true;
    return false;
}

static matrix matrix_of(const ga_graph *g, int i)
{
    const ga_param_spec *spec = &g->params[i];
    const bool second = strcmp(g->nodes[spec->tap].op->type, "ConvTranspose2d") == 0;
    matrix m = {.param = i, .offset = spec->offset};
    m.outer = second ? (size_t)spec->dim[0] : 1;
    m.rows = (size_t)spec->dim[second ? 1 : 0];
    m.inner = spec->count / (m.outer * m.rows);
    return m;
}

static void scale_to_one(const ga_vec *vec, float *x, size_t n)
{
    const double length = sqrt(vec->dot(x, x, n));
    vec->scale(x, x, n, (float)(1 / fmax(length, EPS)), 0);
}

static void draw(const ga_vec *vec, uint64_t seed, uint64_t stream, float *x, size_t n)
{
    ga_rng r = ga_rng_of(seed, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)ga_rng_normal(&r);
    scale_to_one(vec, x, n);
}

ga_status ga_spectral_create(const ga_graph *g, uint64_t seed, ga_spectral **out, ga_err *err)
{
    int n = 0;
    size_t n_state = 0;
    *out = NULL;
    for (int i = 0; i < g->n_params; i++)
        if (is_matrix(g, i)) {
            const matrix m = matrix_of(g, i);
            n_state += m.rows + m.outer * m.inner;
            n++;
        }
    if (n == 0)
        return ga_fail(err, GA_EINVAL,
                       "spectral normalisation has nothing to do: no layer has a weight matrix");
    ga_spectral *s = ga_mem_new(1, sizeof *s);
    if (s != NULL) {
        *s = (ga_spectral){.vec = ga_vec_of(ga_cpu_isa()),
                           .threads = ga_cpu_threads(0),
                           .n_state = n_state,
                           .n_weights = g->n_weights};
        s->matrices = ga_mem_new((size_t)n, sizeof *s->matrices);
        s->state = ga_mem_new(n_state, sizeof *s->state);
    }
    if (s == NULL || s->matrices == NULL || s->state == NULL) {
        ga_spectral_free(s);
        return ga_fail(err, GA_ENOMEM, "no memory for spectral normalisation of %d weights", n);
    }
    float *at = s->state;
    for (int i = 0; i < g->n_params; i++) {
        if (!is_matrix(g, i))
            continue;
        matrix *m = &s->matrices[s->n++];
        *m = matrix_of(g, i);
        m->u = at;
        m->v = m->u + m->rows;
        at = m->v + m->outer * m->inner;
        /* streams of their own: what another weight draws does not matter */
        draw(s->vec, seed, 2 * (uint64_t)i, m->u, m->rows);
        draw(s->vec, seed, 2 * (uint64_t)i + 1, m->v, m->outer * m->inner);
    }
    *out = s;
    return GA_OK;
}

void ga_spectral_free(ga_spectral *s)
{
    if (s == NULL)
        return;
    ga_mem_free(s->matrices);
    ga_mem_free(s->state);
    ga_mem_free(s);
}

/* ---- apply ------------------------------------------------------------------------------------*/

typedef struct work {
    const ga_vec *vec;
    const matrix *m;
    const float *w; /* of this matrix */
    float *to;
    float factor, along; /* of each number; of u v^T */
} work;

/* Pieces are strips of the columns of one outer index: v = W^T u. */
static void strips(const void *user, size_t begin, size_t end)
{
    const work *k = user;
    const matrix *m = k->m;
    const size_t per_outer = (m->inner + STRIP - 1) / STRIP;
    for (size_t piece = begin; piece < end; piece++) {
        const size_t a = piece / per_outer, at = piece % per_outer * STRIP,
                     n = m->inner - at < STRIP ? m->inner - at : STRIP;
        float *v = m->v + a * m->inner + at;
        memset(v, 0, n * sizeof *v);
        for (size_t b = 0; b < m->rows; b++)
            k->vec->add_scaled(k->w + (a * m->rows + b) * m->inner + at, v, n, m->u[b]);
    }
}

/* Rows begin to end of W v, into to. */
static void rows(const void *user, size_t begin, size_t end)
{
    const work *k = user;
    const matrix *m = k->m;
    for (size_t b = begin; b < end; b++) {
        double sum = 0;
        for (size_t a = 0; a < m->outer; a++)
            sum += k->vec->dot(k->w + (a * m->rows + b) * m->inner, m->v + a * m->inner, m->inner);
        k->to[b] = (float)sum;
    }
}

static void scaled(const void *user, size_t begin, size_t end)
{
    const work *k = user;
    k->vec->scale(k->w + begin, k->to + begin, end - begin, k->factor, 0);
}

static void iterate(const ga_spectral *s, const matrix *m, const float *w)
{
    const size_t per_outer = (m->inner + STRIP - 1) / STRIP;
    work k = {.vec = s->vec, .m = m, .w = w, .to = m->u};
    ga_parallel(s->threads, m->outer * per_outer, 1 + PIECE / (m->rows * STRIP), strips, &k);
    scale_to_one(s->vec, m->v, m->outer * m->inner);
    ga_parallel(s->threads, m->rows, 1 + PIECE / (m->outer * m->inner), rows, &k);
    scale_to_one(s->vec, m->u, m->rows);
}

/* sigma = u^T W v. After an iteration that is the length of W v, which would cost no second pass;
 * but a training that is loaded has u and v alone, and must find the same bits. */
static double measure(const ga_spectral *s, const matrix *m, const float *w)
{
    double sigma = 0;
    for (size_t a = 0; a < m->outer; a++)
        for (size_t b = 0; b < m->rows; b++)
            sigma += (double)m->u[b] *
                     s->vec->dot(w + (a * m->rows + b) * m->inner, m->v + a * m->inner, m->inner);
    return sigma;
}

static ga_status check(const ga_spectral *s, const ga_params *a, const ga_params *b, ga_err *err)
{
    if (a->n_weights == s->n_weights && b->n_weights == s->n_weights)
        return GA_OK;
    return ga_fail(err, GA_EINVAL,
                   "spectral normalisation was made for %zu weights, got %zu and %zu", s->n_weights,
                   a->n_weights, b->n_weights);
}

ga_status ga_spectral_apply(ga_spectral *s, const ga_params *raw, ga_params *effective,
                            bool iterates, ga_err *err)
{
    const ga_status status = check(s, raw, effective, err);
    if (status != GA_OK)
        return status;
    size_t copied = 0;
    for (int i = 0; i < s->n; i++) {
        matrix *m = &s->matrices[i];
        const float *w = raw->weights + m->offset;
        const size_t count = m->outer * m->rows * m->inner;
        if (iterates)
            iterate(s, m, w);
        const double sigma = measure(s, m, w);
        m->sigma = fabs(sigma) < EPS ? EPS : sigma;
        const work k = {.vec = s->vec,
                        .w = w,
                        .to = effective->weights + m->offset,
                        .factor = (float)(1 / m->sigma)};
        ga_parallel(s->threads, count, PIECE, scaled, &k);
        memcpy(effective->weights + copied, raw->weights + copied,
               (m->offset - copied) * sizeof(float));
        copied = m->offset + count;
    }
    memcpy(effective->weights + copied, raw->weights + copied,
           (s->n_weights - copied) * sizeof(float));
    ga_params_changed(effective);
    return GA_OK;
}

/* ---- backward ---------------------------------------------------------------------------------*/

/* Runs begin to end: factor times what is there, and along times u v^T. */
static void runs(const void *user, size_t begin, size_t end)
{
    const work *k = user;
    const matrix *m = k->m;
    for (size_t i = begin; i < end; i++) {
        float *g = k->to + i * m->inner;
        k->vec->scale(g, g, m->inner, k->factor, 0);
        k->vec->add_scaled(m->v + i / m->rows * m->inner, g, m->inner,
                           k->along * m->u[i % m->rows]);
    }
}

ga_status ga_spectral_backward(const ga_spectral *s, const ga_params *effective, ga_params *grads,
                               ga_err *err)
{
    const ga_status status = check(s, effective, grads, err);
    if (status != GA_OK)
        return status;
    for (int i = 0; i < s->n; i++) {
        const matrix *m = &s->matrices[i];
        float *g = grads->weights + m->offset;
        const double inside = ga_flat_dot(s->vec, s->threads, g, effective->weights + m->offset,
                                          m->outer * m->rows * m->inner);
        const work k = {.vec = s->vec,
                        .m = m,
                        .to = g,
                        .factor = (float)(1 / m->sigma),
                        .along = (float)(-inside / m->sigma)};
        ga_parallel(s->threads, m->outer * m->rows, 1 + PIECE / m->inner, runs, &k);
    }
    return GA_OK;
}

/* ---- asking -----------------------------------------------------------------------------------*/

int ga_spectral_n(const ga_spectral *s)
{
    return s->n;
}

double ga_spectral_sigma(const ga_spectral *s, int i, int *param)
{
    if (param != NULL)
        *param = s->matrices[i].param;
    return s->matrices[i].sigma;
}

float *ga_spectral_state(ga_spectral *s, size_t *count)
{
    if (count != NULL)
        *count = s->n_state;
    return s->state;
}
