/* latent_streams.h - latents by number, of the two seeds that a dissection looks at. */
#ifndef GA_LATENT_STREAMS_H
#define GA_LATENT_STREAMS_H
#include "ganatomy/model.h"

/* A row costs all rows before it, and mostly they are asked for in order: each seed goes on from
 * where it was. Zeroed: none yet. */
typedef struct ga_latent_streams {
    struct ga_latent_stream {
        ga_latent_rows *rows; /* NULL: none yet */
        uint32_t seed;
    } of[2];
    int next; /* which of them is given up next */
} ga_latent_streams;

void ga_latent_streams_free(ga_latent_streams *s);
/* z (n,Z): rows ids[0..n-1] of the seed, n at most GA_DISSECT_BLOCK, for a network that reads
 * latents. */
ga_status ga_latent_streams_read(ga_latent_streams *s, const ga_arch *arch, uint32_t seed,
                                 const uint32_t *ids, int n, float *z, ga_err *err);
#endif
