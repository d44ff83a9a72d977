/* runs_found.c - see runs.h. */
#include "app/runs.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* ---- finding ----------------------------------------------------------------------------------*/

static char *database_of(const ga_request *rq)
{
    return ga_path_join(ga_rq_home(rq), "ganatomy.db");
}

bool ga_runs_any(const ga_request *rq)
{
    char *path = database_of(rq);
    const bool any = path != NULL && ga_is_file(path);
    ga_mem_free(path);
    return any;
}

void ga_runs_none(const ga_request *rq, ga_text *text)
{
    ga_text_addf(
        text,
        "no run was recorded in '%s' yet: ganatomy train gan --arch mnist-gan --data mnist "
        "--out digits",
        ga_rq_home(rq));
}

ga_status ga_runs_open(const ga_request *rq, ga_store **out, ga_err *err)
{
    *out = NULL;
    if (!ga_runs_any(rq)) {
        ga_text words = {0};
        ga_runs_none(rq, &words);
        const ga_status status = ga_fail(err, GA_ENOTFOUND, "%s",
                                         words.failed ? "no runs" : words.data);
        ga_text_free(&words);
        return status;
    }
    char *path = database_of(rq);
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    const ga_status status = ga_store_open(path, out, err);
    ga_mem_free(path);
    if (status == GA_OK) /* who may only read the workspace sees them as they were left */
        (void)ga_store_mark_interrupted(*out, NULL, NULL);
    return status;
}

ga_status ga_runs_find(ga_store *s, const char *name, ga_run_found *out, ga_err *err)
{
    *out = (ga_run_found){0};
    const ga_status status = ga_store_run_find(s, name, &out->record, err);
    if (status != GA_OK)
        return status;
    const char *text = out->record->config;
    if (ga_json_parse(text, strlen(text), name, &out->config, NULL) != GA_OK)
        out->config = json_object();
    return GA_OK;
}

void ga_run_found_free(ga_run_found *run)
{
    ga_run_records_free(run->record, run->record != NULL ? 1 : 0);
    json_decref(run->config);
    *run = (ga_run_found){0};
}

int64_t ga_run_steps(const json_t *config)
{
    const json_t *v = json_object_get(config, "steps");
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : 0;
}

/* ---- words ------------------------------------------------------------------------------------*/

char *ga_words_duration(double seconds, char *buf)
{
    const long long s = (long long)llround(fmax(seconds, 0));
    if (seconds < 9.95)
        snprintf(buf, GA_RUN_WORDS, "%.1f s", fmax(seconds, 0));
    else if (s < 60)
        snprintf(buf, GA_RUN_WORDS, "%lld s", s);
    else if (s < 3600)
        snprintf(buf, GA_RUN_WORDS, "%lld min %lld s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, GA_RUN_WORDS, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else
        snprintf(buf, GA_RUN_WORDS, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    return buf;
}

char *ga_words_age(int64_t then, int64_t now, char *buf)
{
    const long long s = now > then ? now - then : 0;
    if (s < 60)
        snprintf(buf, GA_RUN_WORDS, "just now");
    else if (s < 3600)
        snprintf(buf, GA_RUN_WORDS, "%lld min ago", s / 60);
    else if (s < 2 * 86400)
        snprintf(buf, GA_RUN_WORDS, "%lld h ago", s / 3600);
    else
        snprintf(buf, GA_RUN_WORDS, "%lld d ago", s / 86400);
    return buf;
}

char *ga_words_time(int64_t then, char *buf)
{
    const time_t t = (time_t)then;
    struct tm parts;
    if (localtime_r(&t, &parts) == NULL ||
        strftime(buf, GA_RUN_WORDS, "%Y-%m-%d %H:%M", &parts) == 0)
        snprintf(buf, GA_RUN_WORDS, "?");
    return buf;
}

static const char *word_of(double v)
{
    return isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
}

char *ga_words_number(double v, int digits, char *buf)
{
    if (isfinite(v) && digits >= GA_ALL_DIGITS)
        ga_format_double(v, buf);
    else if (isfinite(v))
        snprintf(buf, GA_RUN_WORDS, "%.*g", digits, v);
    else
        snprintf(buf, GA_RUN_WORDS, "%s", word_of(v));
    return buf;
}

json_t *ga_json_number(double v)
{
    return isfinite(v) ? json_real(v) : json_string(word_of(v));
}

/* ---- tables -----------------------------------------------------------------------------------*/

/* Columns that a text takes: continuation bytes of UTF-8 take none. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text != 0; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void add_cell(ga_text *line, const char *text, int width, bool right, bool last)
{
    const int pad = width - columns_of(text);
    if (right)
        ga_text_addf(line, "%*s%s", pad, "", text);
    else
        ga_text_addf(line, "%s%*s", text, last ? 0 : pad, "");
    if (!last)
        ga_text_add(line, "  ");
}

void ga_say_table(ga_request *rq, int indent, const char *const *headings, int columns,
                  const char *const *cells, size_t rows)
{
    int *width = ga_mem_new((size_t)columns, sizeof *width);
    ga_text line = {0};
    for (int c = 0; width != NULL && c < columns; c++) {
        width[c] = columns_of(headings[c] + (headings[c][0] == '>'));
        for (size_t r = 0; r < rows; r++) {
            const char *cell = cells[r * (size_t)columns + (size_t)c];
            const int w = cell != NULL ? columns_of(cell) : 0;
            width[c] = w > width[c] ? w : width[c];
        }
    }
    for (size_t r = 0; width != NULL && r <= rows; r++) {
        line.length = 0;
        ga_text_addf(&line, "%*s", indent, "");
        for (int c = 0; c < columns; c++) {
            const bool right = headings[c][0] == '>';
            const char *cell = r == 0 ? headings[c] + right
                                      : cells[(r - 1) * (size_t)columns + (size_t)c];
            add_cell(&line, cell != NULL ? cell : "", width[c], right, c + 1 == columns);
        }
        while (!line.failed && line.length > 0 && line.data[line.length - 1] == ' ')
            line.data[--line.length] = 0;
        if (!line.failed)
            ga_rq_say(rq, "%s", line.data);
    }
    ga_text_free(&line);
    ga_mem_free(width);
}

void ga_say_entry(ga_request *rq, const char *label, const char *words)
{
    enum { LABEL = 12, WIDE = 96 };
    const char *at = words;
    do {
        size_t n = strlen(at);
        if (n > WIDE - LABEL) { /* at the last blank that fits, or a long word as it is */
            size_t cut = WIDE - LABEL;
            while (cut > 0 && at[cut] != ' ')
                cut--;
            n = cut > 0 ? cut : strcspn(at, " ");
        }
        ga_rq_say(rq, "%-*s%.*s", LABEL, at == words ? label : "", (int)n, at);
        at += n;
        at += strspn(at, " ");
    } while (*at != 0);
}
