/* page.c - one HTML file, built section by section. */
#include "ganatomy/report.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "report/chart.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct ga_page {
    ga_text head, contents, body;
    bool in_section;
};

/* One palette for light and dark. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2330;--soft:#5a6474;--line:#d5dae2;--paper:#fff;"
    "--panel:#f4f6f9;--mark:#0b62a8}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a2abb9;--line:#3a4250;"
    "--paper:#14181f;--panel:#1d232c;--mark:#6db6f2}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.55 system-ui,'DejaVu Sans',sans-serif}"
    "main{max-width:60rem;margin:0 auto;padding:2rem 1.2rem 4rem}"
    "h1{font-size:1.9rem;line-height:1.2;margin:.2em 0}h2{font-size:1.3rem;margin:2.6em 0 .4em;"
    "padding-top:.6em;border-top:1px solid var(--line)}"
    ".lead{color:var(--soft);font-size:1.08rem;max-width:46rem}p{max-width:46rem}"
    "nav ol{columns:2;padding-left:1.3rem}@media(max-width:40rem){nav ol{columns:1}}"
    "a{color:var(--mark)}code{font:.92em 'DejaVu Sans Mono',monospace;background:var(--panel);"
    "padding:.05em .3em;border-radius:3px;overflow-wrap:anywhere}"
    ".finding{border-left:4px solid var(--mark);background:var(--panel);padding:.7em 1em;"
    "border-radius:0 6px 6px 0}"
    "figure{margin:1.2em 0;overflow-x:auto}figcaption{color:var(--soft);font-size:.92rem;"
    "max-width:46rem}img{max-width:100%;height:auto;image-rendering:pixelated;"
    "border:1px solid var(--line)}"
    ".scroll{overflow-x:auto}@media(min-width:64rem){.scroll{width:max-content;min-width:100%;"
    "max-width:calc(27rem + 50vw)}}caption{max-width:46rem}"
    "table{border-collapse:collapse;font-size:.92rem;margin:1em 0}"
    "caption{text-align:left;color:var(--soft);padding-bottom:.3em}"
    "th,td{padding:.28em .7em;border-bottom:1px solid var(--line);text-align:right;"
    "font-variant-numeric:tabular-nums}th:first-child,td:first-child{text-align:left}"
    "svg{max-width:100%;height:auto}svg text.ink{fill:var(--ink)}svg text.soft{fill:var(--soft)}"
    "svg path.soft{stroke:var(--soft)}svg path.grid{stroke:var(--line)}"
    "summary{cursor:pointer;color:var(--soft);font-size:.92rem}";

ga_status ga_page_create(const char *title, const char *lead, ga_page **out, ga_err *err)
{
    ga_page *p = ga_mem_new(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the page '%s'", title);
    ga_text_add(&p->head, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    ga_text_add_html(&p->head, title);
    ga_text_add(&p->head, "</title>\n<style>");
    ga_text_add(&p->head, style);
    ga_text_add(&p->head, "</style></head>\n<body><main>\n<h1>");
    ga_text_add_html(&p->head, title);
    ga_text_add(&p->head, "</h1>\n<p class=\"lead\">");
    ga_text_add_html(&p->head, lead);
    ga_text_add(&p->head, "</p>\n<nav aria-label=\"Contents\"><ol>\n");
    return GA_OK;
}

void ga_page_free(ga_page *p)
{
    if (p == NULL)
        return;
    ga_text_free(&p->head);
    ga_text_free(&p->contents);
    ga_text_free(&p->body);
    ga_mem_free(p);
}

/* Escaped text with `code` between backticks. */
static void add_words(ga_text *t, const char *s)
{
    bool code = false;
    for (;;) {
        const char *tick = strchr(s, '`');
        const size_t n = tick != NULL ? (size_t)(tick - s) : strlen(s);
        char *part = ga_mem_string_n(s, n);
        ga_text_add_html(t, part != NULL ? part : "");
        t->failed = t->failed || part == NULL;
        ga_mem_free(part);
        if (tick == NULL)
            break;
        ga_text_add(t, code ? "</code>" : "<code>");
        code = !code;
        s = tick + 1;
    }
    if (code)
        ga_text_add(t, "</code>");
}

static void end_section(ga_page *p)
{
    if (p->in_section)
        ga_text_add(&p->body, "</section>\n");
    p->in_section = false;
}

void ga_page_section(ga_page *p, const char *anchor, const char *heading)
{
    end_section(p);
    ga_text_addf(&p->contents, "<li><a href=\"#%s\">", anchor);
    ga_text_add_html(&p->contents, heading);
    ga_text_add(&p->contents, "</a></li>\n");
    ga_text_addf(&p->body, "<section id=\"%s\" aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">", anchor,
                 anchor, anchor);
    ga_text_add_html(&p->body, heading);
    ga_text_add(&p->body, "</h2>\n");
    p->in_section = true;
}

static void add_paragraph(ga_page *p, const char *open, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    char *words = n < 0 ? NULL : ga_mem_new((size_t)n + 1, 1);
    if (words != NULL) {
        vsnprintf(words, (size_t)n + 1, format, again);
        ga_text_add(&p->body, open);
        add_words(&p->body, words);
        ga_text_add(&p->body, "</p>\n");
    }
    p->body.failed = p->body.failed || words == NULL;
    va_end(again);
    ga_mem_free(words);
}

void ga_page_text(ga_page *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_paragraph(p, "<p>", format, args);
    va_end(args);
}

void ga_page_finding(ga_page *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_paragraph(p, "<p class=\"finding\">", format, args);
    va_end(args);
}

ga_status ga_page_image(ga_page *p, const ga_image *image, const char *alt, const char *caption,
                        ga_err *err)
{
    uint8_t *data;
    size_t size;
    const ga_status s = ga_image_encode_png(image, &data, &size, err);
    if (s != GA_OK)
        return s;
    ga_text_addf(&p->body, "<figure><img width=\"%d\" height=\"%d\" alt=\"", image->w, image->h);
    ga_text_add_html(&p->body, alt);
    ga_text_add(&p->body, "\" src=\"data:image/png;base64,");
    ga_text_add_base64(&p->body, data, size);
    ga_text_add(&p->body, "\">");
    if (caption != NULL) {
        ga_text_add(&p->body, "<figcaption>");
        add_words(&p->body, caption);
        ga_text_add(&p->body, "</figcaption>");
    }
    ga_text_add(&p->body, "</figure>\n");
    ga_image_bytes_free(data);
    return GA_OK;
}

void ga_page_table(ga_page *p, const char *caption, const char *const *headers, int columns,
                   const char *const *cells, int rows)
{
    ga_text *t = &p->body;
    ga_text_add(t, "<div class=\"scroll\"><table>");
    if (caption != NULL) {
        ga_text_add(t, "<caption>");
        add_words(t, caption);
        ga_text_add(t, "</caption>");
    }
    ga_text_add(t, "<thead><tr>");
    for (int c = 0; c < columns; c++) {
        ga_text_add(t, "<th scope=\"col\">");
        add_words(t, headers[c]);
        ga_text_add(t, "</th>");
    }
    ga_text_add(t, "</tr></thead><tbody>\n");
    for (int r = 0; r < rows; r++) {
        ga_text_add(t, "<tr>");
        for (int c = 0; c < columns; c++) {
            const char *cell = cells[r * columns + c];
            ga_text_add(t, "<td>");
            add_words(t, cell != NULL ? cell : "");
            ga_text_add(t, "</td>");
        }
        ga_text_add(t, "</tr>\n");
    }
    ga_text_add(t, "</tbody></table></div>\n");
}

/* ---- charts -----------------------------------------------------------------------------------*/

static void add_numbers(ga_text *t, const ga_chart *c)
{
    ga_text_add(t, "<details><summary>The numbers</summary><div class=\"scroll\"><table>");
    for (int i = 0; i < c->n_curves; i++) {
        ga_text_add(t, "<tr><th scope=\"row\">");
        add_words(t, c->curves[i].name != NULL ? c->curves[i].name : "");
        ga_text_add(t, "</th>");
        for (int k = 0; k < c->curves[i].n; k++)
            if (isfinite(c->curves[i].y[k]))
                ga_text_addf(t, "<td>%.4g: %.4g</td>", c->curves[i].x[k], c->curves[i].y[k]);
            else
                ga_text_addf(t, "<td>%.4g: not finite</td>", c->curves[i].x[k]);
        ga_text_add(t, "</tr>");
    }
    ga_text_add(t, "</table></div></details>");
}

void ga_page_chart(ga_page *p, const ga_chart *chart)
{
    ga_text_add(&p->body, "<figure>");
    ga_chart_add_svg(chart, false, &p->body);
    add_numbers(&p->body, chart);
    ga_text_add(&p->body, "</figure>\n");
}

ga_status ga_page_save(ga_page *p, const char *path, ga_err *err)
{
    ga_writer *w;
    end_section(p);
    if (p->head.failed || p->contents.failed || p->body.failed)
        return ga_fail(err, GA_ENOMEM, "no memory for the page '%s'", path);
    const ga_status s = ga_writer_open(path, &w, err);
    if (s != GA_OK)
        return s;
    ga_writer_add(w, p->head.data, p->head.length);
    if (p->contents.length > 0)
        ga_writer_add(w, p->contents.data, p->contents.length);
    static const char middle[] = "</ol></nav>\n", end[] = "</main></body></html>\n";
    ga_writer_add(w, middle, sizeof middle - 1);
    if (p->body.length > 0)
        ga_writer_add(w, p->body.data, p->body.length);
    ga_writer_add(w, end, sizeof end - 1);
    return ga_writer_commit(w, err);
}
