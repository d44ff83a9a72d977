/* sheets.h - batches of pictures as one PNG. */
#ifndef GA_SHEETS_H
#define GA_SHEETS_H
#include "app/verb.h"
#include "ganatomy/image.h"
#include "ganatomy/model.h"

/* Whether a file can be written at path (NULL: nothing is asked): verbs ask before they compute, and
 * before they write the first of several files. GA_EIO with path and cause. */
ga_status ga_output_check(const char *path, ga_err *err);

/* How pictures of m become grey or colour: its declared range, or each picture's own. */
ga_scale ga_model_scale(const ga_model *m, bool stretch);
/* A whole-number zoom that makes a cell about `target` pixels wide, 1..16. */
int ga_zoom_for(int cell_w, int target);
/* Columns for n cells of a nearly square sheet, at most 64. */
int ga_columns_for(int n);
/* The same for cells that go through `cycle` classes in turn: a multiple of cycle, the one nearest to
 * square, so that each column has one class; as ga_columns_for where that cannot be (more classes
 * than cells, or than 64). */
int ga_columns_for_cycle(int n, int cycle);

/* Picture n of v; of more than 3 channels or of 2: the first alone. End with ga_image_free. */
ga_status ga_picture_of_view(ga_view v, int n, ga_scale scale, ga_image *out, ga_err *err);
/* Cell of a sheet from picture n of v, as ga_picture_of_view makes it. */
ga_status ga_sheet_put_view(ga_sheet *s, int column, int row, ga_view v, int n, ga_scale scale,
                            const char *caption, ga_err *err);
/* Writes the sheet as PNG at path, over a file that is there, and says so. */
ga_status ga_sheet_save(ga_request *rq, ga_sheet *s, const char *path, ga_err *err);
/* n pictures in columns, captions[i] may be NULL (also as a whole); saved at path. */
ga_status ga_save_grid(ga_request *rq, ga_view v, int columns, ga_scale scale,
                       const char *const *captions, const char *title, const char *path,
                       ga_err *err);
#endif
