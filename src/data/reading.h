/* reading.h - the readers of the user's own pictures: folders of PNG and JPEG, files of arrays.
 * Each lists its split first, applies the selection to the list, and reads what is left. */
#ifndef GA_READING_H
#define GA_READING_H
#include "data/select.h"
#include "ganatomy/array.h"

typedef struct ga_reading {
    const char *name, *path; /* "birds", "/home/me/birds" */
    ga_split split;
    const ga_data_selection *what; /* not NULL */
    const ga_progress *progress;   /* may be NULL */
} ga_reading;

ga_status ga_read_pictures(const ga_reading *r, ga_dataset **out, ga_err *err);
ga_status ga_read_arrays(const ga_reading *r, ga_dataset **out, ga_err *err);
/* The scenes that are selected; its path is not looked at. */
ga_status ga_render_scenes(const ga_reading *r, ga_dataset **out, ga_err *err);
/* The same from a file that was read; r->path is what sentences call it. */
ga_status ga_dataset_of_arrays(const ga_reading *r, const ga_weights *file, ga_dataset **out,
                               ga_err *err);

bool ga_is_picture_name(const char *name); /* ends in .png, .jpg or .jpeg, in any case */
/* Whether a picture is of the tenth that is the test split where nothing else says so: told from
 * its name (in a folder "class/file", in a file its number) alone. */
bool ga_held_out(const char *name);

#endif
