/* unit_page.c - the page of a dissection: the programme of web/dissect and what it shows. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "ganatomy/report.h"
#include <string.h>

extern const char ga_unit_page_script[], ga_unit_page_style[]; /* unit_page_files.S */

struct ga_unit_page {
    ga_writer *to;
    bool has_pictures;
};

static void add(ga_unit_page *p, const char *text)
{
    if (text != NULL) /* of nothing */
        ga_writer_add(p->to, text, strlen(text));
}

/* JSON inside a <script>: no '<', so that nothing in it ends the element. */
static void add_json(ga_unit_page *p, const char *json, size_t length)
{
    for (const char *at = json, *end = json + length, *next; at < end; at = next) {
        next = memchr(at, '<', (size_t)(end - at));
        if (next == NULL)
            next = end;
        ga_writer_add(p->to, at, (size_t)(next - at));
        if (next < end) {
            add(p, "\\u003c");
            next++;
        }
    }
}

static void begin_data(ga_unit_page *p, const char *id)
{
    add(p, "<script type=\"application/json\" id=\"");
    add(p, id);
    add(p, "\">");
}

static void add_head(ga_unit_page *p, const char *title, const char *lead)
{
    add(p, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    add(p, title);
    add(p, "</title>\n<style>");
    add(p, ga_unit_page_style);
    add(p, "</style></head>\n<body><main>\n<h1>");
    add(p, title);
    add(p, "</h1>\n<p>");
    add(p, lead);
    add(p,
        "</p>\n<div id=\"tools\"></div>\n<p id=\"said\" role=\"status\" aria-live=\"polite\"></p>\n"
        "<div id=\"panes\"></div>\n<noscript><p>This page needs JavaScript; dissect.json and the "
        "tables beside it have the same numbers.</p></noscript>\n</main>\n");
}

ga_status ga_unit_page_begin(const char *path, const char *title, const char *lead,
                             const char *dissection, ga_unit_page **out, ga_err *err)
{
    *out = NULL;
    ga_text title_html = {0}, lead_html = {0};
    ga_text_add_html(&title_html, title);
    ga_text_add_html(&lead_html, lead);
    ga_unit_page *p = ga_mem_new(1, sizeof *p);
    ga_status status = p == NULL || title_html.failed || lead_html.failed
                           ? ga_fail(err, GA_ENOMEM, "%s: no memory for the page", path)
                           : ga_writer_open(path, &p->to, err);
    if (status == GA_OK) {
        add_head(p, title_html.data, lead_html.data);
        begin_data(p, "dissection");
        add_json(p, dissection, strlen(dissection));
        add(p, "</script>\n");
        *out = p;
    } else {
        ga_mem_free(p);
    }
    ga_text_free(&title_html);
    ga_text_free(&lead_html);
    return status;
}

void ga_unit_page_pictures(ga_unit_page *p, const char *json, size_t length)
{
    if (!p->has_pictures)
        begin_data(p, "pictures");
    p->has_pictures = true;
    add_json(p, json, length);
}

ga_status ga_unit_page_end(ga_unit_page *p, ga_err *err)
{
    if (p->has_pictures)
        add(p, "</script>\n");
    add(p, "<script>\n");
    add(p, ga_unit_page_script);
    add(p, "</script></body></html>\n");
    const ga_status status = ga_writer_commit(p->to, err);
    ga_mem_free(p);
    return status;
}

void ga_unit_page_abort(ga_unit_page *p)
{
    if (p == NULL)
        return;
    ga_writer_abort(p->to);
    ga_mem_free(p);
}
