#include "ganatomy/base.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ga_status_words(ga_status status)
{
    switch (status) {
#define WORDS(name, exit_code, http_code, words)                                                   \
    case GA_##name:                                                                                \
        return words;
        GA_STATUS_MAP(WORDS)
#undef WORDS
    }
    return "unknown status";
}

int ga_status_exit_code(ga_status status)
{
    switch (status) {
#define EXIT_CODE(name, exit_code, http_code, words)                                               \
    case GA_##name:                                                                                \
        return exit_code;
        GA_STATUS_MAP(EXIT_CODE)
#undef EXIT_CODE
    }
    return 1;
}

int ga_status_http_code(ga_status status)
{
    switch (status) {
#define HTTP_CODE(name, exit_code, http_code, words)                                               \
    case GA_##name:                                                                                \
        return http_code;
        GA_STATUS_MAP(HTTP_CODE)
#undef HTTP_CODE
    }
    return 500;
}

/* A sentence stays one line whatever a file or a name put into it. Nor does it end in half a
 * letter when it was cut: a UTF-8 sequence that would need bytes behind the end goes. */
static void tidy(char *text, size_t size)
{
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    if (length + 1 < size)
        return;
    size_t lead = length; /* behind the last byte that begins a letter */
    while (lead > 0 && length - lead < 3 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
        lead--;
    const unsigned char first = lead > 0 ? (unsigned char)text[lead - 1] : 0;
    const size_t needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    if (needed > 1 && length - lead + 1 < needed)
        text[lead - 1] = 0;
}

/* In brackets, since the analyser of base.h has a macro of that name. */
ga_status(ga_fail)(ga_err *err, ga_status status, const char *format, ...)
{
    if (err == NULL)
        return status;
    char text[sizeof err->text]; /* an argument may point into err->text */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tidy(text, sizeof text);
    memcpy(err->text, text, sizeof text);
    err->status = status;
    return status;
}

ga_status ga_fail_in(ga_err *err, ga_status status, const char *format, ...)
{
    if (err == NULL)
        return status;
    char text[2 * sizeof err->text + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof err->text, format, args);
    va_end(args);
    const size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, ": %s", err->text);
    text[sizeof err->text - 1] = 0;
    tidy(text, sizeof err->text);
    memcpy(err->text, text, sizeof err->text);
    return err->status;
}

const char *ga_version(void)
{
    return GA_VERSION;
}
