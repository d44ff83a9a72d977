/* test_weights_dtype.c - element types as f32. The proof of the 16-bit ones is their definition, in
 * doubles, for every bit pattern there is. */
#include "check.h"
#include "base/rng.h"
#include "array/weights.h"

/* IEEE 754: (-1)^sign * 2^(exponent - bias) * 1.fraction, or 0.fraction at the least exponent. */
static double by_definition(unsigned bits, int exponent_bits, int fraction_bits)
{
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const int sign = bits >> 15 & 1;
    const int exponent = (int)(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
    const double fraction = ldexp((double)(bits & ((1u << fraction_bits) - 1)), -fraction_bits);
    double value;
    if (exponent == (1 << exponent_bits) - 1)
        value = fraction > 0 ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, 1 - bias);
    else
        value = ldexp(1 + fraction, exponent - bias);
    return sign ? -value : value;
}

static void check_same(unsigned bits, double got, double want)
{
    if (isnan(want) ? !isnan(got) : got != want || signbit(got) != signbit(want))
        fail_msg("0x%04x is %.9g, expected %.9g", bits, got, want);
}

static void every_f16_has_its_exact_value(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++)
        check_same(bits, (double)ga_f16_value((uint16_t)bits), by_definition(bits, 5, 10));
}

static void every_bf16_has_its_exact_value(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++)
        check_same(bits, (double)ga_bf16_value((uint16_t)bits), by_definition(bits, 8, 7));
}

static void sixteen_bits_survive_the_way_to_f32_and_back(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        if (!isnan(ga_f16_value((uint16_t)bits)))
            assert_int_equal(ga_f16_bits(ga_f16_value((uint16_t)bits)), bits);
        else
            assert_true(isnan(ga_f16_value(ga_f16_bits(ga_f16_value((uint16_t)bits)))));
        if (!isnan(ga_bf16_value((uint16_t)bits)))
            assert_int_equal(ga_bf16_bits(ga_bf16_value((uint16_t)bits)), bits);
        else
            assert_true(isnan(ga_bf16_value(ga_bf16_bits(ga_bf16_value((uint16_t)bits)))));
    }
}

/* Values between two neighbours go to the nearer one, and from the middle to the even one. */
static void rounding_goes_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x7bff; bits++) { /* up to the largest finite f16 */
        const float a = ga_f16_value((uint16_t)bits), b = ga_f16_value((uint16_t)(bits + 1));
        const float middle = a + (b - a) / 2; /* exact: f32 has 13 more bits */
        assert_int_equal(ga_f16_bits(middle), bits + (bits & 1));
        assert_int_equal(ga_f16_bits(nextafterf(middle, a)), bits);
        assert_int_equal(ga_f16_bits(nextafterf(middle, b)), bits + 1);
        assert_int_equal(ga_f16_bits(-nextafterf(middle, b)), (bits + 1) | 0x8000);
    }
    for (unsigned bits = 0; bits < 0x7f7f; bits++) {
        const float a = ga_bf16_value((uint16_t)bits), b = ga_bf16_value((uint16_t)(bits + 1));
        const float middle = a + (b - a) / 2;
        assert_int_equal(ga_bf16_bits(middle), bits + (bits & 1));
        assert_int_equal(ga_bf16_bits(nextafterf(middle, a)), bits);
        assert_int_equal(ga_bf16_bits(nextafterf(middle, b)), bits + 1);
    }
    assert_int_equal(ga_f16_bits(65504.0f), 0x7bff);
    assert_int_equal(ga_f16_bits(65519.0f), 0x7bff);
    assert_int_equal(ga_f16_bits(65520.0f), 0x7c00); /* the tie: infinity has the even pattern */
    assert_int_equal(ga_f16_bits(-INFINITY), 0xfc00);
    assert_int_equal(ga_f16_bits(0x1p-25f), 0);
    assert_int_equal(ga_bf16_bits(3.4028235e38f), 0x7f80);
}

static void integers_and_doubles_become_floats_from_any_address(void **state)
{
    (void)state;
    unsigned char raw[40];
    const int64_t longs[] = {-3, (int64_t)1 << 40};
    const double doubles[] = {0.1, -1e300};
    float got[4];
    memcpy(raw + 1, longs, sizeof longs); /* an odd address */
    ga_array a = {.dtype = GA_I64, .count = 2, .data = raw + 1};
    ga_array_to_f32(&a, got);
    assert_true(got[0] == -3.0f && got[1] == 0x1p40f);
    memcpy(raw + 1, doubles, sizeof doubles);
    a.dtype = GA_F64;
    ga_array_to_f32(&a, got);
    assert_true(got[0] == 0.1f && isinf(got[1]) && got[1] < 0);
    const uint8_t bytes[] = {0, 1, 200, 255};
    a = (ga_array){.dtype = GA_I8, .count = 4, .data = bytes};
    ga_array_to_f32(&a, got);
    assert_true(got[0] == 0 && got[1] == 1 && got[2] == -56 && got[3] == -1);
    a.dtype = GA_U8;
    ga_array_to_f32(&a, got);
    assert_true(got[2] == 200 && got[3] == 255);
    a.dtype = GA_BOOL;
    ga_array_to_f32(&a, got);
    assert_true(got[0] == 0 && got[1] == 1 && got[2] == 1 && got[3] == 1);
}

static void nans_are_counted_in_every_float_type_and_infinities_are_not(void **state)
{
    (void)state;
    const double f64[] = {NAN, 1, -INFINITY, -NAN};
    const float f32[] = {NAN, 1, INFINITY, 0};
    const uint16_t f16[] = {0x7c00, 0x7c01, 0xfe00, 0x7bff}, bf16[] = {0x7f80, 0x7f81, 0, 0xffc0};
    const int8_t i8[] = {-1, -1, -1, -1};
    ga_array a = {.dtype = GA_F64, .count = 4, .data = f64};
    assert_int_equal(ga_array_count_nan(&a), 2);
    a = (ga_array){.dtype = GA_F32, .count = 4, .data = f32};
    assert_int_equal(ga_array_count_nan(&a), 1);
    a = (ga_array){.dtype = GA_F16, .count = 4, .data = f16};
    assert_int_equal(ga_array_count_nan(&a), 2);
    a = (ga_array){.dtype = GA_BF16, .count = 4, .data = bf16};
    assert_int_equal(ga_array_count_nan(&a), 2);
    a = (ga_array){.dtype = GA_I8, .count = 4, .data = i8};
    assert_int_equal(ga_array_count_nan(&a), 0);
}

static void names_are_clean_utf8(void **state)
{
    (void)state;
    assert_true(ga_name_is_clean("layer0.conv.weight", 18));
    assert_true(ga_name_is_clean("", 0));
    assert_true(ga_name_is_clean("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9));
    static const char *const wrong[] = {
        "\x1b[2J",      "a\nb",     "\x7f",         "\xc2\x85",         "\xff", "\xc3", "\xc0\xaf",
        "\xed\xa0\x80", "\xe2\x82", "\xe0\x80\xaf", "\xf4\x90\x80\x80", "\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(ga_name_is_clean(wrong[i], strlen(wrong[i])));
    assert_false(ga_name_is_clean("a\0b", 3));
    char *longest = test_malloc(GA_NAME_MAX + 1);
    memset(longest, 'x', GA_NAME_MAX + 1);
    assert_true(ga_name_is_clean(longest, GA_NAME_MAX));
    assert_false(ga_name_is_clean(longest, GA_NAME_MAX + 1));
    test_free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_f16_has_its_exact_value),
        cmocka_unit_test(every_bf16_has_its_exact_value),
        cmocka_unit_test(sixteen_bits_survive_the_way_to_f32_and_back),
        cmocka_unit_test(rounding_goes_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(integers_and_doubles_become_floats_from_any_address),
        cmocka_unit_test(nans_are_counted_in_every_float_type_and_infinities_are_not),
        cmocka_unit_test(names_are_clean_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
