/* report.h - self-contained HTML pages: words, pictures, tables and curves in one file that works
 * offline. Computes nothing: what it shows was handed to it.
 *
 * All text is escaped; within it `code` in backticks is set as code. A page that ran out of memory
 * says so when it is saved. */
#ifndef GA_REPORT_H
#define GA_REPORT_H
#include "ganatomy/image.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_page ga_page;

GA_API ga_status ga_page_create(const char *title, const char *lead, ga_page **out, ga_err *err);
GA_API void ga_page_free(ga_page *p); /* NULL is fine */

/* A section with an anchor, listed in the contents at the top. */
GA_API void ga_page_section(ga_page *p, const char *anchor, const char *heading);
GA_API void ga_page_text(ga_page *p, const char *format, ...) GA_PRINTF(2, 3);
/* The sentence of a section that a reader in a hurry should read. */
GA_API void ga_page_finding(ga_page *p, const char *format, ...) GA_PRINTF(2, 3);
/* A picture as PNG inside the page; alt is for those who cannot see it. */
GA_API ga_status ga_page_image(ga_page *p, const ga_image *image, const char *alt,
                               const char *caption, ga_err *err);
/* cells: rows*columns strings, row by row; NULL is an empty cell. */
GA_API void ga_page_table(ga_page *p, const char *caption, const char *const *headers, int columns,
                          const char *const *cells, int rows);

typedef struct ga_curve {
    const char *name;
    const double *x, *y; /* n points; NaN breaks the line */
    int n;
} ga_curve;

typedef struct ga_chart {
    const char *title, *x_label, *y_label; /* labels with their units */
    const ga_curve *curves;
    int n_curves; /* at most 8 */
    double x_min, x_max, y_min, y_max;
} ga_chart;

/* A line chart as SVG, with its numbers in a table that opens below it. */
GA_API void ga_page_chart(ga_page *p, const ga_chart *chart);

/* Atomic. GA_EIO, GA_ENOMEM. */
GA_API ga_status ga_page_save(ga_page *p, const char *path, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
