/* wide.c - sums of f64 as whole numbers. */
#include "stat/wide.h"
#include <math.h>
#include <stdbool.h>

void ga_wide_add(uint64_t *sum, int n, int lowest, double x)
{
    int exponent;
    /* |x| = bits 2^exponent, bits a whole number below 2^53 */
    uint64_t bits = (uint64_t)ldexp(frexp(fabs(x), &exponent), 53);
    int at = exponent - 53 - lowest;
    if (at < 0) {
        bits = at > -64 ? bits >> -at : 0;
        at = 0;
    }
    const int limb = at / 64, shift = at % 64;
    const uint64_t part[2] = {bits << shift, shift > 0 ? bits >> (64 - shift) : 0};
    uint64_t carry = 0;
    for (int i = limb; i < n && (i < limb + 2 || carry != 0); i++) {
        const uint64_t add = i < limb + 2 ? part[i - limb] : 0, was = sum[i];
        if (x < 0) {
            sum[i] = was - add - carry;
            carry = was < add || (carry != 0 && was == add);
        } else {
            sum[i] = was + add + carry;
            carry = sum[i] < add || (carry != 0 && sum[i] == add);
        }
    }
}

void ga_wide_merge(uint64_t *sum, const uint64_t *other, int n)
{
    uint64_t carry = 0;
    for (int i = 0; i < n; i++) {
        const uint64_t add = other[i];
        sum[i] += add + carry;
        carry = sum[i] < add || (carry != 0 && sum[i] == add);
    }
}

double ga_wide_value(const uint64_t *sum, int n, int lowest)
{
    uint64_t size[16] = {0};
    const bool negative = sum[n - 1] >> 63 != 0;
    uint64_t carry = negative;
    for (int i = 0; i < n; i++) {
        size[i] = negative ? ~sum[i] + carry : sum[i];
        carry = carry != 0 && size[i] == 0;
    }
    int top = n - 1;
    while (top > 0 && size[top] == 0)
        top--;
    uint64_t bits = size[top];
    int exponent = lowest + 64 * top;
    if (top > 0) {
        /* the 64 highest bits; one that stands for all below them keeps a half from being a tie */
        const int shift = __builtin_clzll(bits);
        uint64_t below = shift > 0 ? size[top - 1] << shift : size[top - 1];
        bits = shift > 0 ? bits << shift | size[top - 1] >> (64 - shift) : bits;
        for (int i = 0; i < top - 1; i++)
            below |= size[i];
        bits |= below != 0;
        exponent -= shift;
    }
    const double value = ldexp((double)bits, exponent);
    return negative ? -value : value;
}
