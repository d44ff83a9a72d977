/* weights_dtype.c - element types: sizes, names, and every one of them as f32. */
#include "array/weights.h"
#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weight files are little-endian");

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [GA_F64] = {"F64", 8}, [GA_F32] = {"F32", 4},   [GA_F16] = {"F16", 2}, [GA_BF16] = {"BF16", 2},
    [GA_I64] = {"I64", 8}, [GA_I32] = {"I32", 4},   [GA_I16] = {"I16", 2}, [GA_I8] = {"I8", 1},
    [GA_U8] = {"U8", 1},   [GA_BOOL] = {"BOOL", 1},
};

size_t ga_dtype_size(ga_dtype t)
{
    return types[t].size;
}

const char *ga_dtype_name(ga_dtype t)
{
    return types[t].name;
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
float ga_f16_value(uint16_t bits)
{
    const uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
    const uint32_t exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24, exact in f32 */
        const float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    if (exponent == 0x1f)
        return float_of_bits(sign | 0x7f800000u | fraction << 13);
    return float_of_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

float ga_bf16_value(uint16_t bits)
{
    return float_of_bits((uint32_t)bits << 16);
}

uint16_t ga_f16_bits(float value)
{
    const uint32_t bits = bits_of_float(value), magnitude = bits & 0x7fffffffu;
    const uint32_t sign = bits >> 16 & 0x8000u;
    if (magnitude > 0x7f800000u) /* keep what fits of the payload, and stay a NaN */
        return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x1ffu));
    if (magnitude >= 0x477ff000u) /* from 65520 on, the nearest is infinity */
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) { /* below 2^-14: a multiple of 2^-24; rint ties to even */
        const float steps = rintf(fabsf(value) * 0x1p24f);
        return (uint16_t)(sign | (uint32_t)steps);
    }
    const uint32_t odd = magnitude >> 13 & 1;
    return (uint16_t)(sign | ((magnitude - ((127u - 15u) << 23) + 0xfffu + odd) >> 13));
}

uint16_t ga_bf16_bits(float value)
{
    const uint32_t bits = bits_of_float(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

/* memcpy, not a cast: nothing promises that foreign arrays are aligned. */
#define CONVERT(type)                                                                              \
    for (size_t i = 0; i < a->count; i++) {                                                        \
        type x;                                                                                    \
        memcpy(&x, bytes + i * sizeof x, sizeof x);                                                \
        dst[i] = (float)x;                                                                         \
    }                                                                                              \
    break

void ga_array_to_f32(const ga_array *a, float *dst)
{
    const unsigned char *bytes = a->data;
    switch (a->dtype) {
    case GA_F64:
        CONVERT(double);
    case GA_F32:
        if (a->count > 0)
            memcpy(dst, bytes, a->count * sizeof *dst);
        break;
    case GA_F16:
    case GA_BF16:
        for (size_t i = 0; i < a->count; i++) {
            uint16_t x;
            memcpy(&x, bytes + i * sizeof x, sizeof x);
            dst[i] = a->dtype == GA_F16 ? ga_f16_value(x) : ga_bf16_value(x);
        }
        break;
    case GA_I64:
        CONVERT(int64_t);
    case GA_I32:
        CONVERT(int32_t);
    case GA_I16:
        CONVERT(int16_t);
    case GA_I8:
        CONVERT(int8_t);
    case GA_U8:
        CONVERT(uint8_t);
    case GA_BOOL:
        for (size_t i = 0; i < a->count; i++)
            dst[i] = bytes[i] != 0;
        break;
    }
}

size_t ga_array_count_nan(const ga_array *a)
{
    size_t nans = 0;
    const unsigned char *bytes = a->data;
    for (size_t i = 0; i < a->count; i++) {
        if (a->dtype == GA_F64) {
            double x;
            memcpy(&x, bytes + i * sizeof x, sizeof x);
            nans += isnan(x) != 0;
        } else if (a->dtype == GA_F32) {
            float x;
            memcpy(&x, bytes + i * sizeof x, sizeof x);
            nans += isnan(x) != 0;
        } else if (a->dtype == GA_F16 || a->dtype == GA_BF16) {
            uint16_t x;
            memcpy(&x, bytes + i * sizeof x, sizeof x);
            nans += (x & 0x7fff) > (a->dtype == GA_F16 ? 0x7c00 : 0x7f80);
        } else {
            break; /* integers have none */
        }
    }
    return nans;
}
