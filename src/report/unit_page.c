/* unit_page.c - the page of a dissection: the programme of web/dissect and what it shows. */
#include "base/file.h"
#include "base/text.h"
#include "ganatomy/report.h"
#include <string.h>

extern const char ga_unit_page_script[], ga_unit_page_style[]; /* unit_page_files.S */

/* JSON inside a <script>: no '<', so that nothing in it ends the element. */
static void add_data(ga_text *t, const char *id, const char *json)
{
    ga_text_addf(t, "<script type=\"application/json\" id=\"%s\">", id);
    for (const char *at = json, *next; *at != 0; at = next) {
        next = strchr(at, '<');
        if (next == NULL)
            next = at + strlen(at);
        ga_text_add_n(t, at, (size_t)(next - at));
        if (*next == '<') {
            ga_text_add(t, "\\u003c");
            next++;
        }
    }
    ga_text_add(t, "</script>\n");
}

ga_status ga_unit_page_save(const char *path, const char *title, const char *lead,
                            const char *dissection, const char *pictures, ga_err *err)
{
    ga_text t = {0};
    ga_text_add(&t, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    ga_text_add_html(&t, title);
    ga_text_add(&t, "</title>\n<style>");
    ga_text_add(&t, ga_unit_page_style);
    ga_text_add(&t, "</style></head>\n<body><main>\n<h1>");
    ga_text_add_html(&t, title);
    ga_text_add(&t, "</h1>\n<p>");
    ga_text_add_html(&t, lead);
    ga_text_add(&t, "</p>\n<div id=\"tools\"></div>\n<p id=\"said\" role=\"status\" "
                    "aria-live=\"polite\"></p>\n<div id=\"panes\"></div>\n"
                    "<noscript><p>This page needs JavaScript; dissect.json and the tables beside "
                    "it have the same numbers.</p></noscript>\n</main>\n");
    add_data(&t, "dissection", dissection);
    if (pictures != NULL)
        add_data(&t, "pictures", pictures);
    ga_text_add(&t, "<script>\n");
    ga_text_add(&t, ga_unit_page_script);
    ga_text_add(&t, "</script></body></html>\n");
    const ga_status status = t.failed ? ga_fail(err, GA_ENOMEM, "%s: no memory for the page", path)
                                      : ga_file_write(path, t.data, t.length, err);
    ga_text_free(&t);
    return status;
}
