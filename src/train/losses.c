/* losses.c - the losses, with their gradients. */
#include "ganatomy/train.h"
#include <math.h>

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* Each branch has exp of a number that is not positive. */
static double sigmoid(double x)
{
    const double e = exp(-fabs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

const char *const ga_gan_loss_words[] = {
#define GA_GAN_LOSS_WORD(name, word) word,
    GA_GAN_LOSS_MAP(GA_GAN_LOSS_WORD)
#undef GA_GAN_LOSS_WORD
        NULL};
const char *const ga_recon_words[] = {"bernoulli", "squares", NULL};

/* ---- adversarial ------------------------------------------------------------------------------*/

typedef struct slope {
    double loss, diff; /* of one output */
} slope;

/* Cross-entropy against target t. */
static slope logit_term(double x, double t)
{
    return (slope){t * softplus(-x) + (1 - t) * softplus(x), sigmoid(x) - t};
}

static slope term(ga_gan_loss loss, ga_gan_side side, double target, double x)
{
    const bool generator = side == GA_SIDE_GENERATOR;
    const double t = generator ? 1 : side == GA_SIDE_REAL ? target : 0;
    switch (loss) {
    case GA_LOSS_NONSATURATING:
        return logit_term(x, t);
    case GA_LOSS_MINIMAX:
        if (generator)
            return (slope){-softplus(x), -sigmoid(x)};
        return logit_term(x, t);
    case GA_LOSS_LEAST_SQUARES:
        return (slope){(x - t) * (x - t) / 2, x - t};
    case GA_LOSS_HINGE:
        if (generator)
            break;
        if (side == GA_SIDE_REAL)
            return x < t ? (slope){t - x, -1} : (slope){0, 0};
        return x > -1 ? (slope){1 + x, 1} : (slope){0, 0};
    case GA_LOSS_WASSERSTEIN:
        break;
    }
    return side == GA_SIDE_FAKE ? (slope){x, 1} : (slope){-x, -1};
}

ga_verdict ga_loss_gan(ga_gan_loss loss, ga_gan_side side, double target, const float *x, int n,
                       float *diff)
{
    const bool logits = loss == GA_LOSS_NONSATURATING || loss == GA_LOSS_MINIMAX;
    const double border = loss == GA_LOSS_LEAST_SQUARES ? 0.5 : 0;
    ga_verdict v = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        const double at = x[i];
        const slope s = term(loss, side, target, at);
        /* fmax and comparisons drop a NaN, so it is carried over by hand */
        v.loss += isnan(at) ? at : s.loss;
        v.mean += logits ? sigmoid(at) : at;
        v.right += (at > border) == (side == GA_SIDE_REAL);
        diff[i] = (float)(s.diff / n);
    }
    v.loss /= n;
    v.mean /= n;
    v.right /= n;
    return v;
}

/* ---- classes ----------------------------------------------------------------------------------*/

double ga_loss_classes(const float *logits, const int32_t *labels, int n, int k, float *diff,
                       int *right)
{
    double loss = 0;
    int hits = 0;
    for (int i = 0; i < n; i++) {
        const float *row = logits + (size_t)i * (size_t)k;
        float *out = diff + (size_t)i * (size_t)k;
        int best = 0;
        for (int j = 1; j < k; j++)
            if (row[j] > row[best])
                best = j;
        double sum = 0;
        for (int j = 0; j < k; j++)
            sum += exp((double)row[j] - (double)row[best]);
        for (int j = 0; j < k; j++) {
            const double p = exp((double)row[j] - (double)row[best]) / sum;
            out[j] = (float)((p - (j == labels[i])) / n);
        }
        loss += log(sum) + (double)row[best] - (double)row[labels[i]];
        hits += best == labels[i];
    }
    if (right != NULL)
        *right = hits;
    return loss / n;
}

/* ---- labels of pixels -------------------------------------------------------------------------*/

enum { PIXELS = 256 }; /* at a time, so that a plane's channels stay in the cache */

/* One plane of one picture, pixels at..at+n-1 of p. */
static double plane_loss(const float *logits, const uint16_t *map, const ga_label_layout *layout,
                         int plane, size_t p, size_t at, size_t n, double scale, float *diff,
                         uint64_t *right)
{
    const int first = layout->first[plane], size = layout->size[plane];
    float most[PIXELS];
    double sum[PIXELS] = {0}, loss = 0;
    int best[PIXELS];
    for (size_t i = 0; i < n; i++) {
        most[i] = logits[(size_t)first * p + at + i];
        best[i] = first;
    }
    for (int c = first + 1; c < first + size; c++)
        for (size_t i = 0; i < n; i++)
            if (logits[(size_t)c * p + at + i] > most[i]) {
                most[i] = logits[(size_t)c * p + at + i];
                best[i] = c;
            }
    for (int c = first; c < first + size; c++)
        for (size_t i = 0; i < n; i++) {
            const float e = expf(logits[(size_t)c * p + at + i] - most[i]);
            diff[(size_t)c * p + at + i] = e;
            sum[i] += (double)e;
        }
    for (int c = first; c < first + size; c++)
        for (size_t i = 0; i < n; i++)
            diff[(size_t)c * p + at + i] *= (float)(scale / sum[i]);
    for (size_t i = 0; i < n; i++) {
        const uint16_t label = map[at + i];
        int is = label > 0 ? layout->channel[label] : first;
        is = is >= first && is < first + size ? is : first;
        diff[(size_t)is * p + at + i] -= (float)scale;
        loss += log(sum[i]) + (double)most[i] - (double)logits[(size_t)is * p + at + i];
        *right += best[i] == is;
    }
    return loss;
}

double ga_loss_labels(const float *logits, const uint16_t *maps, ga_label_layout layout, int n,
                      size_t p, float *diff, uint64_t *right)
{
    const size_t picture = (size_t)layout.channels * p;
    const double scale = 1 / ((double)n * (double)p);
    uint64_t hits = 0;
    double loss = 0;
    for (int i = 0; i < n; i++)
        for (int d = 0; d < layout.planes; d++)
            for (size_t at = 0; at < p; at += PIXELS)
                loss += plane_loss(logits + (size_t)i * picture,
                                   maps + ((size_t)i * (size_t)layout.planes + (size_t)d) * p,
                                   &layout, d, p, at, p - at < PIXELS ? p - at : PIXELS, scale,
                                   diff + (size_t)i * picture, &hits);
    if (right != NULL)
        *right = hits;
    return loss * scale;
}

/* ---- pictures and latents ---------------------------------------------------------------------*/

double ga_loss_squares(const float *x, const float *y, int n, size_t p, float *diff)
{
    double loss = 0;
    for (size_t i = 0; i < (size_t)n * p; i++) {
        const double d = (double)x[i] - (double)y[i];
        loss += d * d;
        diff[i] = (float)(2 * d / n);
    }
    return loss / n;
}

double ga_loss_bernoulli(const float *x, const float *y, int n, size_t p, float lo, float hi,
                         float *diff)
{
    const double edge = 1e-6, scale = 1 / ((double)hi - (double)lo);
    double loss = 0;
    for (size_t i = 0; i < (size_t)n * p; i++) {
        const double t = ((double)y[i] - (double)lo) * scale;
        double q = ((double)x[i] - (double)lo) * scale;
        if (q < edge)
            q = edge;
        else if (q > 1 - edge)
            q = 1 - edge;
        loss -= t * log(q) + (1 - t) * log1p(-q);
        diff[i] = (float)((q - t) / (q * (1 - q)) * scale / n);
    }
    return loss / n;
}

double ga_loss_gaussian(const float *gaussian, int n, int z, float *diff)
{
    double loss = 0;
    for (int i = 0; i < n; i++) {
        const float *mean = gaussian + (size_t)i * 2 * (size_t)z, *log_variance = mean + z;
        float *to = diff + (size_t)i * 2 * (size_t)z;
        for (int j = 0; j < z; j++) {
            const double m = mean[j], v = log_variance[j], e = exp(v);
            loss += (m * m + e - 1 - v) / 2;
            to[j] = (float)(m / n);
            to[z + j] = (float)((e - 1) / 2 / n);
        }
    }
    return loss / n;
}
