/* hash.h - SHA-256 (FIPS 180-4): names contents. */
#ifndef GA_HASH_H
#define GA_HASH_H
#include "ganatomy/base.h"

typedef struct ga_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
} ga_sha256;
void ga_sha256_start(ga_sha256 *h);
void ga_sha256_add(ga_sha256 *h, const void *data, size_t n);
void ga_sha256_end(ga_sha256 *h, uint8_t digest[32]);
/* Of bytes in one piece, as 64 hex digits. */
void ga_sha256_hex(const void *data, size_t n, char hex[65]);
void ga_hex(const uint8_t *bytes, size_t n, char *out); /* out has 2n + 1 chars */
uint32_t ga_crc32(uint32_t crc, const void *data, size_t n); /* zlib's; start with 0 */
#endif
