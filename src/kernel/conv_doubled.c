/* conv_doubled.c - a 3x3 convolution of a picture whose pixels are all taken four times.
 *
 * Along a line, output o reads the doubled source at o-1, o, o+1, which are two neighbours of the
 * small one: weights that meet the same pixel are added once, and what is left is a transposed
 * convolution of stride 2 and padding 1 with four weights,
 *     w[2], w[1] + w[2], w[0] + w[1], w[0] ,
 * two for each parity of o. In both directions: 4 products in place of 9. Gradients of the 16 are
 * summed back the same way. */
#include "kernel/conv.h"
#include <stddef.h>

static const int first[4] = {2, 1, 0, 0}, last[4] = {2, 2, 1, 0}; /* of the 3 in each of the 4 */

bool ga_conv_can_double(const ga_conv_shape *s)
{
    return !s->transposed && s->groups == 1 && s->kh == 3 && s->kw == 3 && s->sh == 1 &&
           s->sw == 1 && s->ph == 1 && s->pw == 1 && s->dh == 1 && s->dw == 1 && s->ih % 2 == 0 &&
           s->iw % 2 == 0 && s->oh == s->ih && s->ow == s->iw;
}

ga_conv_shape ga_conv_double(const ga_conv_shape *s)
{
    ga_conv_shape d = *s;
    d.transposed = true;
    d.ih = s->ih / 2;
    d.iw = s->iw / 2;
    d.kh = d.kw = 4;
    d.sh = d.sw = 2;
    return d;
}

size_t ga_conv_folded_count(const ga_conv_shape *s)
{
    return (size_t)s->ic * (size_t)s->oc * 16;
}

void ga_conv_fold(const ga_conv_shape *s, const float *weights, float *folded, int threads)
{
#pragma omp parallel for num_threads(threads) if (ga_conv_folded_count(s) > 65536)
    for (int i = 0; i < s->ic; i++)
        for (int o = 0; o < s->oc; o++) {
            const float *w = weights + ((size_t)o * (size_t)s->ic + (size_t)i) * 9;
            float *to = folded + ((size_t)i * (size_t)s->oc + (size_t)o) * 16;
            for (int k = 0; k < 16; k++) {
                float sum = 0;
                for (int y = first[k / 4]; y <= last[k / 4]; y++)
                    for (int x = first[k % 4]; x <= last[k % 4]; x++)
                        sum += w[y * 3 + x];
                to[k] = sum;
            }
        }
}

void ga_conv_unfold(const ga_conv_shape *s, const float *folded, float *weights, bool accumulate,
                    int threads)
{
#pragma omp parallel for num_threads(threads) if (ga_conv_folded_count(s) > 65536)
    for (int o = 0; o < s->oc; o++)
        for (int i = 0; i < s->ic; i++) {
            const float *from = folded + ((size_t)i * (size_t)s->oc + (size_t)o) * 16;
            float *w = weights + ((size_t)o * (size_t)s->ic + (size_t)i) * 9, sums[9] = {0};
            for (int k = 0; k < 16; k++)
                for (int y = first[k / 4]; y <= last[k / 4]; y++)
                    for (int x = first[k % 4]; x <= last[k % 4]; x++)
                        sums[y * 3 + x] += from[k];
            for (int k = 0; k < 9; k++)
                w[k] = accumulate ? w[k] + sums[k] : sums[k];
        }
}
