/* request.c - one question to the program: its values, checked against the verb's row, and the
 * ways in which the verb answers.
 *
 * A value is kept as the text that was given; it is checked when it is set and read when it is
 * asked for, so that there is one copy of the truth. */
#include "app/verb.h"
#include "app/workspace.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/file.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct slot {
    const ga_field *field;
    char **text; /* as given; the last one counts unless the field is `many` */
    int n;
    bool given;
} slot;

struct ga_request {
    const ga_verb *verb;
    ga_request_sink sink;
    slot *slots; /* the verb's fields, then the common ones */
    int n_slots;
    char *command;
    char *home;
    json_t *result;
};

const ga_field ga_common_fields[] = {
    {.name = "home",
     .type = GA_FIELD_FOLDER,
     .value = "FOLDER",
     .help =
         "workspace folder for the database, imported models and datasets (also $GANATOMY_HOME)"},
    {.name = "threads",
     .type = GA_FIELD_INT,
     .value = "N",
     .help = "threads to compute with; all cores if absent. Results do not depend on it",
     .min = 1,
     .max = 1024},
    {.name = "memory",
     .type = GA_FIELD_BYTES,
     .value = "SIZE",
     .help = "refuse work that needs more memory than this, such as 512M or 4G"},
    {.name = "quiet",
     .letter = 'q',
     .type = GA_FIELD_FLAG,
     .help = "say nothing but errors and what was asked for"},
    {.name = "json", .type = GA_FIELD_FLAG, .help = "print the result as one JSON object"},
    {.name = "help", .letter = 'h', .type = GA_FIELD_FLAG, .help = "show this help"},
    {.name = NULL},
};

/* ---- making one -------------------------------------------------------------------------------*/

static int count_fields(const ga_field *fields)
{
    int n = 0;
    while (fields[n].name != NULL)
        n++;
    return n;
}

ga_status ga_request_create(const ga_verb *verb, const ga_request_sink *sink, ga_request **out,
                            ga_err *err)
{
    *out = NULL;
    const int own = count_fields(verb->fields), common = count_fields(ga_common_fields);
    ga_request *rq = ga_mem_new(1, sizeof *rq);
    if (rq == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory for the request");
    rq->verb = verb;
    rq->sink = *sink;
    rq->n_slots = own + common;
    rq->slots = ga_mem_new((size_t)rq->n_slots, sizeof *rq->slots);
    if (rq->slots == NULL) {
        ga_request_free(rq);
        return ga_fail(err, GA_ENOMEM, "out of memory for the request");
    }
    for (int i = 0; i < own; i++)
        rq->slots[i].field = &verb->fields[i];
    for (int i = 0; i < common; i++)
        rq->slots[own + i].field = &ga_common_fields[i];
    *out = rq;
    return GA_OK;
}

static void forget_values(slot *s)
{
    for (int i = 0; i < s->n; i++)
        ga_mem_free(s->text[i]);
    ga_mem_free(s->text);
    s->text = NULL;
    s->n = 0;
}

void ga_request_free(ga_request *rq)
{
    if (rq == NULL)
        return;
    for (int i = 0; rq->slots != NULL && i < rq->n_slots; i++)
        forget_values(&rq->slots[i]);
    ga_mem_free(rq->slots);
    ga_mem_free(rq->command);
    ga_mem_free(rq->home);
    json_decref(rq->result);
    ga_mem_free(rq);
}

/* NULL if the verb has no such field. */
static slot *find_slot(const ga_request *rq, const char *name)
{
    for (int i = 0; i < rq->n_slots; i++)
        if (strcmp(rq->slots[i].field->name, name) == 0)
            return &rq->slots[i];
    return NULL;
}

/* ---- checking values --------------------------------------------------------------------------*/

/* How messages call a field: MODEL if it is a word of the command, else --layer. */
static const char *label(const ga_field *f, char buf[static 64])
{
    if (f->positional)
        snprintf(buf, 64, "%s", f->value);
    else
        snprintf(buf, 64, "--%s", f->name);
    return buf;
}

static bool has_limits(const ga_field *f)
{
    return f->min != 0 || f->max != 0;
}

static ga_status check_number(const ga_field *f, const char *text, ga_err *err)
{
    char name[64];
    int64_t whole = 0;
    double number = 0;
    const bool is_int = f->type == GA_FIELD_INT;
    const char *kind = is_int ? "a whole number" : "a number";
    const bool parsed = is_int ? ga_parse_i64(text, &whole) : ga_parse_f64(text, &number);
    if (is_int)
        number = (double)whole;
    if (parsed && (!has_limits(f) || (number >= f->min && number <= f->max)))
        return GA_OK;
    if (!has_limits(f))
        return ga_fail(err, GA_EINVAL, "'%s': found '%s', expected %s", label(f, name), text, kind);
    return ga_fail(err, GA_EINVAL, "'%s': found '%s', expected %s from %.15g to %.15g",
                   label(f, name), text, kind, f->min, f->max);
}

static ga_status check_choice(const ga_field *f, const char *text, ga_err *err)
{
    char name[64];
    ga_text words = {0};
    for (int i = 0; f->choices[i] != NULL; i++) {
        if (strcmp(f->choices[i], text) == 0) {
            ga_text_free(&words);
            return GA_OK;
        }
        ga_text_addf(&words, "%s%s", i > 0 ? ", " : "", f->choices[i]);
    }
    char hint[GA_DID_YOU_MEAN];
    const char *list = words.failed || words.data == NULL ? "its choices" : words.data;
    ga_fail(err, GA_EINVAL, "'%s': found '%s', expected one of %s%s", label(f, name), text, list,
            ga_did_you_mean(text, f->choices, hint));
    ga_text_free(&words);
    return GA_EINVAL;
}

/* Pictures are PNG. A name without a suffix is no other kind's (/dev/stdout). */
static bool fits_a_picture(const char *path)
{
    const char *suffix = strrchr(ga_path_base(path), '.');
    return suffix == NULL || strcasecmp(suffix, ".png") == 0;
}

static ga_status check_path(const ga_field *f, const char *text, ga_err *err)
{
    char name[64];
    if (text[0] == 0)
        return ga_fail(err, GA_EINVAL, "'%s': found nothing, expected a path", label(f, name));
    if (f->type == GA_FIELD_PICTURE && !fits_a_picture(text))
        return ga_fail(err, GA_EINVAL, "'%s': found '%s', expected a name that ends in .png",
                       label(f, name), text);
    return GA_OK;
}

static ga_status check_value(const ga_field *f, const char *text, ga_err *err)
{
    char name[64];
    uint64_t bytes = 0;
    switch (f->type) {
    case GA_FIELD_INT:
    case GA_FIELD_NUMBER:
        return check_number(f, text, err);
    case GA_FIELD_CHOICE:
        return check_choice(f, text, err);
    case GA_FIELD_BYTES:
        if (!ga_parse_bytes(text, &bytes) || bytes == 0)
            return ga_fail(err, GA_EINVAL, "'%s': found '%s', expected a size such as 512M or 4G",
                           label(f, name), text);
        return GA_OK;
    case GA_FIELD_FLAG:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return ga_fail(err, GA_EINVAL, "'%s': found '%s', expected true or false",
                           label(f, name), text);
        return GA_OK;
    case GA_FIELD_FILE:
    case GA_FIELD_OUTPUT:
    case GA_FIELD_PICTURE:
    case GA_FIELD_FOLDER:
        return check_path(f, text, err);
    case GA_FIELD_TEXT:
        break;
    }
    return GA_OK;
}

static ga_status keep_value(slot *s, const char *text, ga_err *err)
{
    if (!s->field->many)
        forget_values(s);
    char **grown = ga_mem_resize(s->text, (size_t)s->n, (size_t)s->n + 1, sizeof *grown);
    if (grown == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory for '%s'", s->field->name);
    s->text = grown;
    s->text[s->n] = ga_mem_string(text);
    if (s->text[s->n] == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory for '%s'", s->field->name);
    s->n++;
    return GA_OK;
}

ga_status ga_request_set(ga_request *rq, const char *field, const char *value, ga_err *err)
{
    slot *s = find_slot(rq, field);
    if (s == NULL)
        return ga_fail(err, GA_EINVAL, "'%s' has no field '%s'", rq->verb->name, field);
    ga_status st = check_value(s->field, value, err);
    if (st == GA_OK)
        st = keep_value(s, value, err);
    if (st == GA_OK)
        s->given = true;
    return st;
}

void ga_request_set_command(ga_request *rq, const char *command)
{
    ga_mem_free(rq->command);
    rq->command = ga_mem_string(command);
}

/* A required field that has no value. */
static ga_status lacks(const ga_request *rq, const ga_field *f, ga_err *err)
{
    char name[64], otherwise[80] = "";
    if (f->unless != NULL)
        snprintf(otherwise, sizeof otherwise, " (or --%s)", f->unless);
    return ga_fail(err, GA_EINVAL, "'%s' needs %s%s%s%s: %s", rq->verb->name, label(f, name),
                   f->positional ? "" : " ", f->positional ? "" : f->value, otherwise, f->help);
}

ga_status ga_request_ready(ga_request *rq, ga_err *err)
{
    const ga_status environment = ga_cpu_check_environment(err);
    if (environment != GA_OK)
        return environment;
    for (int i = 0; i < rq->n_slots; i++) {
        slot *s = &rq->slots[i];
        if (s->n > 0)
            continue;
        if (s->field->unless != NULL ? !find_slot(rq, s->field->unless)->given : s->field->required)
            return lacks(rq, s->field, err);
        if (s->field->fallback == NULL)
            continue;
        assert(check_value(s->field, s->field->fallback, NULL) == GA_OK);
        const ga_status st = keep_value(s, s->field->fallback, err);
        if (st != GA_OK)
            return st;
    }
    ga_mem_free(rq->home);
    rq->home = ga_workspace_find(ga_rq_text(rq, "home"));
    if (rq->home == NULL)
        return ga_fail(err, GA_ENOMEM, "out of memory for the workspace's path");
    return GA_OK;
}

ga_status ga_request_run(ga_request *rq, ga_err *err)
{
    const ga_status status = ga_request_ready(rq, err);
    return status == GA_OK ? rq->verb->run(rq, err) : status;
}

/* ---- values that travel -----------------------------------------------------------------------*/

json_t *ga_request_given(const ga_request *rq)
{
    json_t *all = json_object();
    for (int i = 0; i < rq->n_slots && rq->slots[i].field != &ga_common_fields[0]; i++) {
        const slot *s = &rq->slots[i];
        json_t *values = s->given ? json_array() : NULL;
        for (int k = 0; k < s->n && values != NULL; k++)
            json_array_append_new(values, json_string(s->text[k]));
        if (s->given)
            json_object_set_new(all, s->field->name, values);
    }
    return all;
}

ga_status ga_request_set_all(ga_request *rq, const json_t *given, ga_err *err)
{
    const char *field;
    json_t *values;
    json_object_foreach((json_t *)(uintptr_t)given, field, values)
        for (size_t k = 0; k < json_array_size(values); k++) {
            const char *text = json_string_value(json_array_get(values, k));
            const ga_status status =
                text != NULL ? ga_request_set(rq, field, text, err)
                             : ga_fail(err, GA_EDATA, "'%s': a value is no text", field);
            if (status != GA_OK)
                return status;
        }
    return GA_OK;
}

const json_t *ga_request_result(const ga_request *rq)
{
    return rq->result;
}

/* ---- what a verb asks -------------------------------------------------------------------------*/

static const slot *own_slot(const ga_request *rq, const char *field, unsigned types)
{
    const slot *s = find_slot(rq, field);
    assert(s != NULL && "the verb's row has no such field");
    assert((types >> s->field->type & 1u) != 0 && "the verb's row has another type");
    return s;
}

#define TYPE(name) (1u << GA_FIELD_##name)
#define TEXT_TYPES                                                                                 \
    (TYPE(TEXT) | TYPE(CHOICE) | TYPE(FILE) | TYPE(OUTPUT) | TYPE(PICTURE) | TYPE(FOLDER))

static const char *last_text(const slot *s)
{
    return s->n > 0 ? s->text[s->n - 1] : NULL;
}

bool ga_rq_flag(const ga_request *rq, const char *field)
{
    const char *text = last_text(own_slot(rq, field, TYPE(FLAG)));
    return text != NULL && strcmp(text, "true") == 0;
}

bool ga_rq_given(const ga_request *rq, const char *field)
{
    return own_slot(rq, field, ~0u)->given;
}

int64_t ga_rq_int(const ga_request *rq, const char *field, int64_t other)
{
    const char *text = last_text(own_slot(rq, field, TYPE(INT)));
    int64_t value = other;
    return text != NULL && ga_parse_i64(text, &value) ? value : other;
}

double ga_rq_number(const ga_request *rq, const char *field, double other)
{
    const char *text = last_text(own_slot(rq, field, TYPE(NUMBER)));
    double value = other;
    return text != NULL && ga_parse_f64(text, &value) ? value : other;
}

const char *ga_rq_text(const ga_request *rq, const char *field)
{
    return last_text(own_slot(rq, field, TEXT_TYPES));
}

uint64_t ga_rq_bytes(const ga_request *rq, const char *field, uint64_t other)
{
    const char *text = last_text(own_slot(rq, field, TYPE(BYTES)));
    uint64_t value = other;
    return text != NULL && ga_parse_bytes(text, &value) ? value : other;
}

const char *const *ga_rq_list(const ga_request *rq, const char *field, int *n)
{
    const slot *s = own_slot(rq, field, TEXT_TYPES);
    assert(s->field->many && "the verb's row does not say many");
    *n = s->n;
    return (const char *const *)s->text;
}

const char *ga_rq_home(const ga_request *rq)
{
    return rq->home;
}

int ga_rq_threads(const ga_request *rq)
{
    return ga_cpu_threads((int)ga_rq_int(rq, "threads", 0));
}

size_t ga_rq_memory(const ga_request *rq)
{
    const uint64_t bytes = ga_rq_bytes(rq, "memory", 0);
    return bytes > SIZE_MAX ? SIZE_MAX : (size_t)bytes;
}

bool ga_rq_wants_json(const ga_request *rq)
{
    return ga_rq_flag(rq, "json");
}

const char *ga_rq_command(const ga_request *rq)
{
    return rq->command != NULL ? rq->command : rq->verb->name;
}

const ga_progress *ga_rq_progress(const ga_request *rq)
{
    return &rq->sink.progress;
}

/* ---- what a verb says -------------------------------------------------------------------------*/

static GA_PRINTF(3, 0) void say_to(void (*to)(void *, const char *), void *user, const char *format,
                                   va_list args)
{
    va_list again;
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    char *line = length < 0 ? NULL : ga_mem_new((size_t)length + 1, 1);
    if (line != NULL) {
        vsnprintf(line, (size_t)length + 1, format, again);
        to(user, line);
    }
    ga_mem_free(line);
    va_end(again);
}

void ga_rq_say(ga_request *rq, const char *format, ...)
{
    if (rq->sink.say == NULL || ga_rq_flag(rq, "quiet") || ga_rq_flag(rq, "json"))
        return;
    va_list args;
    va_start(args, format);
    say_to(rq->sink.say, rq->sink.user, format, args);
    va_end(args);
}

void ga_rq_note(ga_request *rq, const char *format, ...)
{
    if (rq->sink.note == NULL || ga_rq_flag(rq, "quiet"))
        return;
    va_list args;
    va_start(args, format);
    say_to(rq->sink.note, rq->sink.user, format, args);
    va_end(args);
}

void ga_rq_result(ga_request *rq, json_t *object)
{
    assert(rq->result == NULL && "a request has one result");
    rq->result = object;
}
