/* latents.c - z by number: row i of a seed is the same whatever is asked for. */
#include "base/alloc.h"
#include "base/rng.h"
#include "ganatomy/model.h"

/* The stream cannot be entered in the middle: row i costs all draws before it. At some 20 ns a draw
 * this is a minute and a half; what lies beyond is a slip of the finger. */
#define MAX_DRAWS ((uint64_t)1 << 32)

struct ga_latent_rows {
    ga_law law;
    uint32_t seed;
    int z;
    uint64_t next; /* row that rng stands before */
    ga_numpy_rng rng;
};

/* rows: those of ids first .. first+n-1 are to be made. */
static ga_status check(ga_law law, int z, uint64_t first, uint64_t n, ga_err *err)
{
    if (law != GA_LAW_NORMAL && law != GA_LAW_UNIFORM)
        return ga_fail(err, GA_EINVAL, "latents were asked of a network that reads none");
    if (z < 1)
        return ga_fail(err, GA_EINVAL, "latents of %d numbers, expected at least 1", z);
    const uint64_t rows = MAX_DRAWS / (uint64_t)z;
    if (first > rows || n > rows - first)
        return ga_fail(err, GA_EINVAL,
                       "latents %llu to %llu: with %d numbers each, ids end at %llu",
                       (unsigned long long)first, (unsigned long long)(first + n) - (n > 0 ? 1 : 0),
                       z, (unsigned long long)rows - 1);
    return GA_OK;
}

static void begin(ga_latent_rows *r)
{
    ga_numpy_seed(&r->rng, r->seed);
    r->next = 0;
}

static float draw(ga_latent_rows *r)
{
    return (float)(r->law == GA_LAW_NORMAL ? ga_numpy_normal(&r->rng)
                                           : -1.0 + 2.0 * ga_numpy_uniform(&r->rng));
}

/* Rows first .. first+n-1, none of them before next. */
static void draw_rows(ga_latent_rows *r, uint64_t first, uint64_t n, float *dst)
{
    const uint64_t z = (uint64_t)r->z;
    for (uint64_t i = (first - r->next) * z; i > 0; i--)
        draw(r);
    for (uint64_t i = 0; i < n * z; i++)
        dst[i] = draw(r);
    r->next = first + n;
}

ga_status ga_latents(ga_law law, uint32_t seed, uint64_t first, int n, int z, float *dst,
                     ga_err *err)
{
    if (n < 0)
        return ga_fail(err, GA_EINVAL, "%d latents, expected at least 0", n);
    const ga_status status = check(law, z, first, (uint64_t)n, err);
    if (status != GA_OK)
        return status;
    ga_latent_rows r = {.law = law, .seed = seed, .z = z};
    begin(&r);
    draw_rows(&r, first, (uint64_t)n, dst);
    return GA_OK;
}

ga_status ga_latent_rows_create(ga_law law, uint32_t seed, int z, ga_latent_rows **out, ga_err *err)
{
    *out = NULL;
    const ga_status status = check(law, z, 0, 0, err);
    if (status != GA_OK)
        return status;
    ga_latent_rows *r = ga_mem_new(1, sizeof *r);
    if (r == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a stream of latents");
    r->law = law;
    r->seed = seed;
    r->z = z;
    begin(r);
    *out = r;
    return GA_OK;
}

void ga_latent_rows_free(ga_latent_rows *r)
{
    ga_mem_free(r);
}

ga_status ga_latent_rows_get(ga_latent_rows *r, uint64_t id, float *dst, ga_err *err)
{
    const ga_status status = check(r->law, r->z, id, 1, err);
    if (status != GA_OK)
        return status;
    if (id < r->next)
        begin(r);
    draw_rows(r, id, 1, dst);
    return GA_OK;
}
