#include "check.h"
#include "base/hash.h"

static void digest_of(const void *data, size_t n, size_t step, char *hex)
{
    ga_sha256 h;
    uint8_t digest[32];
    ga_sha256_start(&h);
    for (size_t at = 0; at < n; at += step)
        ga_sha256_add(&h, (const char *)data + at, n - at < step ? n - at : step);
    ga_sha256_end(&h, digest);
    ga_hex(digest, 32, hex);
}

/* Examples of FIPS 180-2 appendix B and of the NIST test vectors. */
static void sha256_of_the_published_examples(void **state)
{
    (void)state;
    char hex[65];
    digest_of("", 0, 1, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_of("abc", 3, 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    digest_of(million, 1000000, 1000000, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

static void the_digest_does_not_depend_on_the_pieces(void **state)
{
    (void)state;
    char data[300], whole[65], pieces[65];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7);
    for (size_t n = 0; n <= sizeof data; n++) {
        digest_of(data, n, n + 1, whole);
        for (size_t step = 1; step < 70; step += 9) {
            digest_of(data, n, step, pieces);
            assert_string_equal(pieces, whole);
        }
    }
}

static void crc_of_the_check_word(void **state)
{
    (void)state;
    assert_true(ga_crc32(0, "123456789", 9) == 0xcbf43926u);
    assert_true(ga_crc32(ga_crc32(0, "1234", 4), "56789", 5) == 0xcbf43926u);
    assert_true(ga_crc32(5, NULL, 0) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_the_published_examples),
        cmocka_unit_test(the_digest_does_not_depend_on_the_pieces),
        cmocka_unit_test(crc_of_the_check_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
