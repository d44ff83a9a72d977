/* latent_streams.c - latents by number. */
#include "dissect/latent_streams.h"
#include "ganatomy/dissect.h"

void ga_latent_streams_free(ga_latent_streams *s)
{
    for (int i = 0; i < 2; i++)
        ga_latent_rows_free(s->of[i].rows);
    *s = (ga_latent_streams){0};
}

static ga_status find(ga_latent_streams *s, const ga_arch *arch, uint32_t seed,
                      ga_latent_rows **out, ga_err *err)
{
    for (int i = 0; i < 2; i++)
        if (s->of[i].rows != NULL && s->of[i].seed == seed) {
            *out = s->of[i].rows;
            return GA_OK;
        }
    struct ga_latent_stream *to = &s->of[s->next];
    s->next = 1 - s->next;
    ga_latent_rows_free(to->rows);
    to->seed = seed;
    const ga_status status = ga_latent_rows_create(ga_arch_law(arch), seed, ga_arch_input(arch).c,
                                                   &to->rows, err);
    *out = to->rows;
    return status;
}

/* place (n): 0 .. n-1 in the order of their ids. */
static void ascending(const uint32_t *ids, int n, int *place)
{
    for (int i = 0; i < n; i++) {
        int at = i;
        for (; at > 0 && ids[place[at - 1]] > ids[i]; at--)
            place[at] = place[at - 1];
        place[at] = i;
    }
}

ga_status ga_latent_streams_read(ga_latent_streams *s, const ga_arch *arch, uint32_t seed,
                                 const uint32_t *ids, int n, float *z, ga_err *err)
{
    const size_t width = (size_t)ga_arch_input(arch).c;
    int place[GA_DISSECT_BLOCK];
    ga_latent_rows *rows;
    ga_status status = find(s, arch, seed, &rows, err);
    ascending(ids, n, place);
    for (int k = 0; k < n && status == GA_OK; k++)
        status = ga_latent_rows_get(rows, ids[place[k]], z + (size_t)place[k] * width, err);
    return status;
}
