/* runs_film.h - sheets of samples side by side: of one run over its steps, or of several runs. */
#ifndef GA_RUNS_FILM_H
#define GA_RUNS_FILM_H
#include "app/runs.h"

typedef struct ga_film_frame {
    const char *path; /* a sheet that a run wrote */
    char caption[128];
} ga_film_frame;
/* Frames in rows of at most `columns`, as PNG at path; sheets are made smaller by whole pixels to
 * about the width of a caption. Frames may differ in size. GA_EINVAL: path does not end in .png. */
ga_status ga_film_write(const ga_film_frame *frames, size_t n, int columns, const char *title,
                        const char *path, ga_err *err);
#endif
