#include "data/md5.h"
#include "base/hash.h"
#include <math.h>
#include <string.h>

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

/* RFC 1321, 3.4: T[i] = floor(2^32 |sin(i + 1)|). */
static void make_table(uint32_t t[64])
{
    for (int i = 0; i < 64; i++)
        t[i] = (uint32_t)(int64_t)floor(4294967296.0 * fabs(sin(i + 1.0)));
}

static void add_block(uint32_t state[4], const uint8_t *p, const uint32_t t[64])
{
    static const uint8_t turn[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t x[16], a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 16; i++)
        x[i] = (uint32_t)p[4 * i] | (uint32_t)p[4 * i + 1] << 8 | (uint32_t)p[4 * i + 2] << 16 |
               (uint32_t)p[4 * i + 3] << 24;
    for (int i = 0; i < 64; i++) {
        const int round = i / 16;
        const uint32_t f = round == 0   ? (b & c) | (~b & d)
                           : round == 1 ? (b & d) | (c & ~d)
                           : round == 2 ? b ^ c ^ d
                                        : c ^ (b | ~d);
        const int k = round == 0   ? i
                      : round == 1 ? (5 * i + 1) % 16
                      : round == 2 ? (3 * i + 5) % 16
                                   : 7 * i % 16;
        const uint32_t sum = a + f + x[k] + t[i];
        a = d;
        d = c;
        c = b;
        b += rotate(sum, turn[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void ga_md5(const uint8_t *data, size_t n, char hex[33])
{
    uint32_t t[64], state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    make_table(t);
    const size_t whole = n / 64 * 64, rest = n - whole;
    for (size_t at = 0; at < whole; at += 64)
        add_block(state, data + at, t);
    uint8_t tail[128] = {0}, digest[16];
    memcpy(tail, data + whole, rest);
    tail[rest] = 0x80;
    const size_t tail_size = rest < 56 ? 64 : 128;
    const uint64_t bits = (uint64_t)n * 8;
    for (int i = 0; i < 8; i++)
        tail[tail_size - 8 + (size_t)i] = (uint8_t)(bits >> (8 * i));
    for (size_t at = 0; at < tail_size; at += 64)
        add_block(state, tail + at, t);
    for (int i = 0; i < 16; i++)
        digest[i] = (uint8_t)(state[i / 4] >> (8 * (i % 4)));
    ga_hex(digest, 16, hex);
}
