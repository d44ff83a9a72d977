#include "base/text.h"
#include "base/alloc.h"
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more chars and the 0. */
static bool reserve(ga_text *t, size_t n)
{
    size_t need;
    if (t->failed)
        return false;
    if (!ga_add(t->length, n, &need) || !ga_add(need, 1, &need)) {
        t->failed = true;
        return false;
    }
    if (need <= t->capacity)
        return true;
    size_t capacity = t->capacity < 64 ? 64 : t->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    char *data = ga_mem_resize(t->data, t->length, capacity, 1);
    if (data == NULL) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->capacity = capacity;
    return true;
}

void ga_text_add_n(ga_text *t, const char *s, size_t n)
{
    if (!reserve(t, n))
        return;
    if (n > 0)
        memcpy(t->data + t->length, s, n);
    t->length += n;
    t->data[t->length] = 0;
}

void ga_text_add(ga_text *t, const char *s)
{
    ga_text_add_n(t, s, strlen(s));
}

/* What is built here are files and answers to programs: numbers have a point, never a comma,
 * whatever locale the embedding program has set. */
void ga_text_addf(ga_text *t, const char *format, ...)
{
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = plain == (locale_t)0 ? (locale_t)0 : uselocale(plain);
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        t->failed = true;
    else if (reserve(t, (size_t)n)) {
        vsnprintf(t->data + t->length, (size_t)n + 1, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
    va_end(args);
    if (plain != (locale_t)0) {
        uselocale(before);
        freelocale(plain);
    }
}

/* Bytes of the valid UTF-8 sequence at s (1..4), or 0: no overlong forms, surrogates, or code
 * points above U+10FFFF. Never looks behind the ending 0, which is no continuation byte. */
static size_t utf8_length(const unsigned char *s)
{
    size_t n;
    uint32_t code, least;
    if (s[0] < 0x80)
        return 1;
    if ((s[0] & 0xe0) == 0xc0)
        n = 2, code = s[0] & 0x1fu, least = 0x80;
    else if ((s[0] & 0xf0) == 0xe0)
        n = 3, code = s[0] & 0x0fu, least = 0x800;
    else if ((s[0] & 0xf8) == 0xf0)
        n = 4, code = s[0] & 0x07u, least = 0x10000;
    else
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return n;
}

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

void ga_text_add_json(ga_text *t, const char *s)
{
    static const char letter[] = "\b\f\n\r\t\"\\", escape[] = "bfnrt\"\\";
    ga_text_add_n(t, "\"", 1);
    while (*s != 0) {
        const size_t n = utf8_length((const unsigned char *)s);
        const char *found = n == 1 ? strchr(letter, *s) : NULL;
        if (n == 0)
            ga_text_add(t, REPLACEMENT);
        else if (found != NULL)
            ga_text_addf(t, "\\%c", escape[found - letter]);
        else if (n == 1 && (unsigned char)*s < 0x20)
            ga_text_addf(t, "\\u%04x", (unsigned)*s);
        else
            ga_text_add_n(t, s, n);
        s += n == 0 ? 1 : n;
    }
    ga_text_add_n(t, "\"", 1);
}

void ga_text_add_html(ga_text *t, const char *s)
{
    while (*s != 0) {
        const size_t n = utf8_length((const unsigned char *)s);
        if (n == 0)
            ga_text_add(t, REPLACEMENT);
        else if (*s == '&')
            ga_text_add(t, "&amp;");
        else if (*s == '<')
            ga_text_add(t, "&lt;");
        else if (*s == '>')
            ga_text_add(t, "&gt;");
        else if (*s == '"')
            ga_text_add(t, "&quot;");
        else if (*s == '\'')
            ga_text_add(t, "&#39;");
        else
            ga_text_add_n(t, s, n);
        s += n == 0 ? 1 : n;
    }
}

void ga_text_add_base64(ga_text *t, const void *bytes, size_t n)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *data = bytes;
    char out[4 * 1024];
    size_t at = 0;
    for (size_t i = 0; i < n; i += 3) {
        const uint32_t left = n - i < 3 ? (uint32_t)(n - i) : 3,
                       v = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                           (left > 2 ? data[i + 2] : 0);
        out[at++] = letters[v >> 18];
        out[at++] = letters[v >> 12 & 63];
        out[at++] = left > 1 ? letters[v >> 6 & 63] : '=';
        out[at++] = left > 2 ? letters[v & 63] : '=';
        if (at == sizeof out) {
            ga_text_add_n(t, out, at);
            at = 0;
        }
    }
    ga_text_add_n(t, out, at);
}

void ga_text_free(ga_text *t)
{
    ga_mem_free(t->data);
    *t = (ga_text){0};
}

bool ga_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ga_ends_with(const char *s, const char *suffix)
{
    const size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

enum { WORD_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance without regard to case, a swap of neighbours counted once (optimal string
 * alignment); both words have at most WORD_MAX chars. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    const size_t n = strlen(a), m = strlen(b);
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                now[j] = least(now[j], earlier[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *ga_nearest_word(const char *s, const char *const *names)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    const size_t n = strlen(s);
    if (n > WORD_MAX)
        return NULL;
    for (; *names != NULL; names++) {
        const size_t m = strlen(*names);
        if (m > WORD_MAX)
            continue;
        size_t distance = edit_distance(s, *names);
        if (distance > 1 && n >= 3 && ga_starts_with(*names, s))
            distance = 1; /* an abbreviation */
        const size_t longer = n > m ? n : m, near = longer < 6 ? 1 : longer / 3;
        if (distance <= near && distance < longer && distance < best_distance) {
            best = *names;
            best_distance = distance;
        }
    }
    return best;
}

const char *ga_did_you_mean(const char *s, const char *const *names, char *buf)
{
    const char *near = ga_nearest_word(s, names);
    buf[0] = 0;
    if (near != NULL)
        snprintf(buf, GA_DID_YOU_MEAN, " (did you mean '%s'?)", near);
    return buf;
}

bool ga_parse_i64(const char *s, int64_t *out)
{
    const char *digits = s + (*s == '-' || *s == '+');
    if (*digits < '0' || *digits > '9')
        return false; /* strtoll would skip spaces */
    char *end;
    errno = 0;
    const long long value = strtoll(s, &end, 10);
    if (errno != 0 || *end != 0)
        return false;
    *out = value;
    return true;
}

/* A decimal number at s in the C locale; no spaces, hexadecimal, infinities or NaN. */
static bool parse_number(const char *s, double *out, const char **end)
{
    const size_t n = strspn(s, "+-.0123456789eE");
    if (n == 0 || n > 63)
        return false;
    char text[64], *stop;
    memcpy(text, s, n);
    text[n] = 0;
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    const double value = strtod_l(text, &stop, plain);
    freelocale(plain);
    if (stop == text || !isfinite(value))
        return false;
    *out = value;
    *end = s + (stop - text);
    return true;
}

bool ga_parse_f64(const char *s, double *out)
{
    const char *end;
    double value;
    if (!parse_number(s, &value, &end) || *end != 0)
        return false;
    *out = value;
    return true;
}

bool ga_parse_bytes(const char *s, uint64_t *out)
{
    static const char units[] = "kmgt";
    const char *end;
    double value;
    if (!parse_number(s, &value, &end) || value < 0)
        return false;
    while (*end == ' ')
        end++;
    const int lower = tolower((unsigned char)*end);
    const char *unit = lower == 0 ? NULL : strchr(units, lower);
    if (unit != NULL) {
        value = ldexp(value, 10 * (int)(unit - units + 1));
        end++;
        if (*end == 'i' && end[1] == 'B')
            end++;
    }
    if (*end == 'B' || *end == 'b')
        end++;
    if (*end != 0 || value >= 0x1p63)
        return false;
    *out = (uint64_t)value;
    return true;
}

ga_status ga_fail_memory(ga_err *err, const char *name, int count, size_t needs, size_t limit)
{
    char needed[24], allowed[24];
    return ga_fail(err, GA_ENOMEM,
                   "'%s' needs %s for %d image%s at a time, and the limit is %s: the smallest that "
                   "will do is --memory %zuK",
                   name, ga_format_bytes(needs, needed, sizeof needed), count,
                   count == 1 ? "" : "s", ga_format_bytes(limit, allowed, sizeof allowed),
                   needs / 1024 + (needs % 1024 > 0));
}

/* Every decimal of 15 digits survives the way through a double and back, so that 15 give a shorter
 * one too where there is one; numbers below DBL_MIN have fewer digits than that. 17 always do. */
char *ga_format_double(double v, char *buf)
{
    for (int digits = fabs(v) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        const int length = snprintf(buf, GA_DOUBLE_WORDS, "%.*g", digits, v);
        if (length < GA_DOUBLE_WORDS && strtod(buf, NULL) == v)
            break;
    }
    return buf;
}

char *ga_format_bytes(uint64_t bytes, char *buf, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t u = 0;
    /* 1023.95 would round to "1024.0" */
    while (value >= (u == 0 ? 1024 : 1023.95) && u + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        u++;
    }
    snprintf(buf, size, "%.*f %s", u == 0 ? 0 : 1, value, units[u]);
    return buf;
}
