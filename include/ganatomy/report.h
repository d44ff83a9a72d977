/* report.h - results for people: charts as SVG and PNG, and self-contained HTML pages with words,
 * pictures, tables and charts in one file that works offline. Computes nothing: what it shows was
 * handed to it.
 *
 * All text is escaped; within a page's text `code` in backticks is set as code. A page that ran out
 * of memory says so when it is saved. */
#ifndef GA_REPORT_H
#define GA_REPORT_H
#include "ganatomy/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- line charts ------------------------------------------------------------------------------*/

#define GA_CHART_MAX_CURVES                                                                        \
    21 /* seven colours that colour-blind people tell apart, three strokes */

typedef struct ga_curve {
    const char *name; /* NULL: not in the legend */
    const double *x,
        *y; /* n points, x ascending; what is not finite breaks the line and is marked */
    int n;
    int look;   /* colour and stroke, 0..GA_CHART_MAX_CURVES-1, so that two curves can share them */
    bool faint; /* in the background, such as the values behind their mean */
    const bool *gap; /* NULL, or n: the line does not come from the point before, as where points
                        were taken out */
} ga_curve;

/* A level that a curve is compared with, or a moment; outside of the axes it is left out. */
typedef struct ga_chart_mark {
    double at;
    const char *words; /* short */
} ga_chart_mark;

typedef struct ga_chart {
    const char *title;
    const char *note;              /* a line below it: what was done to the numbers; may be NULL */
    const char *x_label, *y_label; /* with their units */
    const ga_curve *curves;
    int n_curves;                      /* at most GA_CHART_MAX_CURVES with a name */
    double x_min, x_max, y_min, y_max; /* equal ends: as the points need */
    bool y_log;                        /* logarithmic; values of 0 and below break the line */
    const ga_chart_mark *levels;       /* horizontal lines, named at their right end */
    int n_levels;
    const ga_chart_mark *moments; /* vertical lines, named above the drawing */
    int n_moments;
    int w, h; /* in units of which letters are 13 high; 0: 960 x 540 */
} ga_chart;

/* A picture of its own, UTF-8, with title and description for those who cannot see it. Freed with
 * ga_chart_text_free. GA_ENOMEM. */
GA_API ga_status ga_chart_svg(const ga_chart *chart, char **text, size_t *length, ga_err *err);
GA_API void ga_chart_text_free(char *text);
/* The same in pixels, RGB; scale: pixels a unit, 0.5..8 (1.5 makes letters that are easy to read).
 * Letters outside ASCII become '?'. GA_EINVAL, GA_ENOMEM. */
GA_API ga_status ga_chart_image(const ga_chart *chart, double scale, ga_image *out, ga_err *err);
/* Writes the form that path ends in, .svg or .png; atomic. GA_EINVAL: another ending; GA_EIO. */
GA_API ga_status ga_chart_save(const ga_chart *chart, const char *path, ga_err *err);

/* ---- pages ------------------------------------------------------------------------------------*/

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

/* A chart inside the page, with its numbers in a table that opens below it. */
GA_API void ga_page_chart(ga_page *p, const ga_chart *chart);

/* Atomic. GA_EIO, GA_ENOMEM. */
GA_API ga_status ga_page_save(ga_page *p, const char *path, ga_err *err);

/* ---- the page of a dissection -----------------------------------------------------------------*/

/* Everything in one file that works offline: layers, bars, units with their pictures. */
typedef struct ga_unit_page ga_unit_page;

/* dissection: dissect.json. Nothing is at path before the end. *out becomes the caller's. GA_EIO,
 * GA_ENOMEM. */
GA_API ga_status ga_unit_page_begin(const char *path, const char *title, const char *lead,
                                    const char *dissection, ga_unit_page **out, ga_err *err);
/* A piece of what ga_dissection_pictures says, in order; a page without any shows no pictures.
 * Nothing of it is kept in memory. */
GA_API void ga_unit_page_pictures(ga_unit_page *p, const char *json, size_t length);
/* Puts the page where it belongs, and ends p either way. GA_EIO: any piece could not be written. */
GA_API ga_status ga_unit_page_end(ga_unit_page *p, ga_err *err);
GA_API void ga_unit_page_abort(ga_unit_page *p); /* NULL is fine; leaves no file */

#ifdef __cplusplus
}
#endif
#endif
