/* base.h - what every other header stands on: status, words for a failure, cancelling, threads.
 *
 * The library never prints, never exits and keeps no mutable globals. A function that can fail
 * returns a ga_status and takes a ga_err as its last argument (NULL if the words do not matter).
 * On failure every out-pointer is NULL and every other output is untouched unless said otherwise. */
#ifndef GA_BASE_H
#define GA_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define GA_API __attribute__((visibility("default")))
#define GA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define GA_API
#define GA_PRINTF(fmt, args)
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define GA_VERSION "0.1.0"

/* name, exit code of the command, HTTP code of the server, words.
 * The one table from cause to number; nothing else maps a status. */
#define GA_STATUS_MAP(X)                                                                           \
    X(OK, 0, 200, "ok")                                                                            \
    X(EFAILED, 1, 500, "failed")                                                                   \
    X(EINVAL, 2, 400, "bad argument")                                                              \
    X(ENOTFOUND, 2, 404, "not found")                                                              \
    X(EEXIST, 2, 409, "already there")                                                             \
    X(ESHAPE, 3, 422, "shapes do not fit")                                                         \
    X(EDATA, 3, 422, "data cannot be used")                                                        \
    X(EIO, 3, 507, "reading or writing failed")                                                    \
    X(ENOMEM, 4, 503, "out of memory")                                                             \
    X(EDIVERGED, 5, 500, "diverged")                                                               \
    X(EINTERRUPTED, 130, 499, "interrupted")                                                       \
    X(ETERMINATED, 143, 499, "terminated")

typedef enum ga_status {
#define GA_STATUS_ENUM(name, exit_code, http_code, words) GA_##name,
    GA_STATUS_MAP(GA_STATUS_ENUM)
#undef GA_STATUS_ENUM
} ga_status;

/* What went wrong, in one sentence a person can act on: lower case, the subject in quotes, no full
 * stop. Plain data; needs no freeing. */
typedef struct ga_err {
    ga_status status;
    char text[768];
} ga_err;

GA_API const char *ga_status_words(ga_status status); /* static string */
GA_API int ga_status_exit_code(ga_status status);
GA_API int ga_status_http_code(ga_status status);

/* Fills *err (if not NULL) and returns status, so that `return ga_fail(err, ...)` is one line. */
GA_API ga_status ga_fail(ga_err *err, ga_status status, const char *format, ...) GA_PRINTF(3, 4);

/* Puts "words: " before the sentence that is already there; returns err's status (or status when
 * err is NULL). For callers that know which thing the failing part belongs to. */
GA_API ga_status ga_fail_in(ga_err *err, ga_status status, const char *format, ...)
    GA_PRINTF(3, 4);

#ifdef __clang_analyzer__ /* tells it that a failure is returned as one */
#define ga_fail(err, status, ...) (ga_fail((err), (status), __VA_ARGS__), (status))
#endif

/* How long work reports and is stopped. Both calls come from the thread that runs the work.
 * All members may be NULL or 0. */
typedef struct ga_progress {
    /* done of total units (epochs, steps, images); what is a word for them in the plural */
    void (*report)(void *user, const char *what, uint64_t done, uint64_t total);
    /* asked between units of work; true ends the work with GA_EINTERRUPTED, all saved */
    bool (*cancelled)(void *user);
    void *user;
} ga_progress;

GA_API const char *ga_version(void);

#ifdef __cplusplus
}
#endif
#endif
