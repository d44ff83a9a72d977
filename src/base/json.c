#include "base/json.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_SIZE = 16 << 20 };

/* jansson's parser recurses up to 2048 levels, and so does its freeing: depth is limited before it
 * sees the text. Brackets in strings do not count; whether they match is jansson's business. */
static ga_status check_depth(const char *text, size_t length, const char *where, ga_err *err)
{
    int depth = 0;
    size_t line = 1;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        const char ch = text[i];
        if (ch == '\n')
            line++;
        if (in_string && ch == '\\')
            i++;
        else if (ch == '"')
            in_string = !in_string;
        else if (!in_string && (ch == '[' || ch == '{'))
            depth++;
        else if (!in_string && (ch == ']' || ch == '}') && depth > 0)
            depth--;
        if (depth > MAX_DEPTH)
            return ga_fail(err, GA_EDATA, "%s: line %zu: nested deeper than %d levels", where, line,
                           MAX_DEPTH);
    }
    return GA_OK;
}

ga_status ga_json_parse(const char *text, size_t length, const char *where, json_t **out,
                        ga_err *err)
{
    return ga_json_parse_up_to(text, length, MAX_SIZE, where, out, err);
}

ga_status ga_json_parse_up_to(const char *text, size_t length, size_t limit, const char *where,
                              json_t **out, ga_err *err)
{
    *out = NULL;
    if (length > limit)
        return ga_fail(err, GA_EDATA, "%s: %zu bytes of JSON, at most %zu are read", where, length,
                       limit);
    const ga_status status = check_depth(text, length, where, err);
    if (status != GA_OK)
        return status;
    json_error_t problem = {0};
    json_t *v = json_loadb(length == 0 ? "" : text, length, JSON_REJECT_DUPLICATES, &problem);
    if (v == NULL && json_error_code(&problem) == json_error_out_of_memory)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for its JSON", where);
    if (v == NULL)
        return ga_fail(err, GA_EDATA, "%s: line %d column %d: %s", where, problem.line,
                       problem.column, problem.text);
    *out = v;
    return GA_OK;
}

ga_status ga_json_read(const char *path, json_t **out, ga_err *err)
{
    *out = NULL;
    ga_file f;
    ga_status status = ga_file_open(path, &f, err);
    if (status != GA_OK)
        return status;
    status = ga_json_parse((const char *)f.data, f.size, path, out, err);
    ga_file_close(&f);
    return status;
}

ga_status ga_json_fail(const ga_json_at *at, const char *key, ga_err *err, const char *format, ...)
{
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (key == NULL)
        key = "";
    const char *dot = at->path[0] != 0 && key[0] != 0 ? "." : "";
    if (at->path[0] == 0 && key[0] == 0)
        return ga_fail(err, GA_EDATA, "%s: %s", at->where, words);
    return ga_fail(err, GA_EDATA, "%s: '%s%s%s': %s", at->where, at->path, dot, key, words);
}

static const char *kind_of(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

/* *v is NULL if the key is absent and may be. */
static ga_status find(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                      const json_t **v, ga_err *err)
{
    *v = NULL;
    if (!json_is_object(o))
        return ga_json_fail(at, NULL, err, "is %s, expected an object", kind_of(o));
    *v = json_object_get(o, key);
    if (*v == NULL && !optional)
        return ga_json_fail(at, key, err, "is missing");
    return GA_OK;
}

ga_status ga_json_get_string(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                             const char **out, ga_err *err)
{
    const json_t *v;
    const ga_status status = find(o, at, key, optional, &v, err);
    if (status != GA_OK || v == NULL)
        return status;
    if (!json_is_string(v))
        return ga_json_fail(at, key, err, "is %s, expected a string", kind_of(v));
    *out = json_string_value(v);
    return GA_OK;
}

ga_status ga_json_get_int(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                          int64_t lo, int64_t hi, int64_t *out, ga_err *err)
{
    const json_t *v;
    const ga_status status = find(o, at, key, optional, &v, err);
    if (status != GA_OK || v == NULL)
        return status;
    if (!json_is_integer(v))
        return ga_json_fail(at, key, err, "is %s, expected an integer from %" PRId64 " to %" PRId64,
                            kind_of(v), lo, hi);
    const int64_t value = json_integer_value(v);
    if (value < lo || value > hi)
        return ga_json_fail(at, key, err, "is %" PRId64 ", expected %" PRId64 " to %" PRId64, value,
                            lo, hi);
    *out = value;
    return GA_OK;
}

ga_status ga_json_get_double(const json_t *o, const ga_json_at *at, const char *key, bool optional,
                             double *out, ga_err *err)
{
    const json_t *v;
    const ga_status status = find(o, at, key, optional, &v, err);
    if (status != GA_OK || v == NULL)
        return status;
    if (!json_is_number(v))
        return ga_json_fail(at, key, err, "is %s, expected a number", kind_of(v));
    *out = json_number_value(v);
    return GA_OK;
}

ga_status ga_json_only(const json_t *o, const ga_json_at *at, const char *const *keys, ga_err *err)
{
    if (!json_is_object(o))
        return ga_json_fail(at, NULL, err, "is %s, expected an object", kind_of(o));
    /* the iterator's functions take no const; nothing is changed through it */
    json_t *object = (json_t *)(uintptr_t)o;
    for (void *i = json_object_iter(object); i != NULL; i = json_object_iter_next(object, i)) {
        const char *key = json_object_iter_key(i);
        const char *const *known = keys;
        while (*known != NULL && strcmp(*known, key) != 0)
            known++;
        if (*known != NULL)
            continue;
        char hint[GA_DID_YOU_MEAN];
        return ga_json_fail(at, key, err, "is not a known field%s", ga_did_you_mean(key, keys, hint));
    }
    return GA_OK;
}

static int add_part(const char *part, size_t n, void *text)
{
    ga_text *t = text;
    ga_text_add_n(t, part, n);
    return t->failed ? -1 : 0;
}

char *ga_json_canonical(const json_t *v)
{
    ga_text t = {0};
    const size_t flags = JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9);
    if (json_dump_callback(v, add_part, &t, flags) != 0 || t.failed)
        ga_text_free(&t);
    return t.data;
}
