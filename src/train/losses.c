/* losses.c - the two losses, with their gradients. */
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

double ga_loss_logits(const float *logits, int n, double target, float *diff, double *mean)
{
    double loss = 0, sum = 0;
    for (int i = 0; i < n; i++) {
        const double x = logits[i], p = sigmoid(x);
        /* fmax drops a NaN, so a NaN logit is carried over by hand */
        loss += isnan(x) ? x : target * softplus(-x) + (1 - target) * softplus(x);
        sum += p;
        diff[i] = (float)((p - target) / n);
    }
    if (mean != NULL)
        *mean = sum / n;
    return loss / n;
}

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
