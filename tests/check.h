/* check.h - what every test file includes: cmocka and a few comparisons with words. */
#ifndef GA_CHECK_H
#define GA_CHECK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ganatomy/base.h"

/* Behind fail(): a test that has failed does not go on, which cmocka's own declaration leaves out.
 */
void _fail(const char *const file, const int line) __attribute__((noreturn));

/* The call succeeds; otherwise its sentence is shown. Wants a `ga_err err` in scope. */
#define CHECK_OK(call)                                                                             \
    do {                                                                                           \
        err.text[0] = 0;                                                                           \
        if ((call) != GA_OK)                                                                       \
            fail_msg("%s: %s", #call, err.text);                                                   \
    } while (0)

/* The call fails with status, and its sentence holds part. */
#define CHECK_FAILS(call, wanted, part)                                                            \
    do {                                                                                           \
        err.text[0] = 0;                                                                           \
        const ga_status got_ = (call);                                                             \
        if (got_ != (wanted))                                                                      \
            fail_msg("%s: status %d (%s), expected %d", #call, got_, err.text, (wanted));          \
        if (strstr(err.text, (part)) == NULL)                                                      \
            fail_msg("%s: \"%s\" does not say \"%s\"", #call, err.text, (part));                   \
    } while (0)

/* Worst |got - want| over n, relative to the largest |want| (at least 1e-30); shows where. */
static inline void check_close(const char *what, const float *got, const float *want, size_t n,
                               double tolerance)
{
    double worst = 0, scale = 1e-30;
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fabs((double)want[i]));
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)got[i] - (double)want[i]);
        if (!(d <= worst)) {
            worst = d;
            at = i;
            if (isnan(d))
                break;
        }
    }
    if (!(worst <= tolerance * scale))
        fail_msg("%s: element %zu is %.9g, expected %.9g (%.2e of the scale, allowed %.0e)", what,
                 at, (double)got[at], (double)want[at], worst / scale, tolerance);
}

/* A file under ../shared/data, or exit 77: the test shows as skipped. */
static inline const char *need_shared(const char *relative, char *buf, size_t size)
{
    snprintf(buf, size, "%s/../shared/data/%s", GA_SOURCE_DIR, relative);
    FILE *f = fopen(buf, "rb");
    if (f == NULL) {
        printf("skipped: %s is not there\n", buf);
        exit(77);
    }
    fclose(f);
    return buf;
}
#endif
