/* show.h - sheets of samples; for this room. */
#ifndef GA_SHOW_H
#define GA_SHOW_H
#include "ganatomy/data.h"

/* Which samples: rows classes from first, columns of each; picked is (classes, columns), -1 where a
 * class has fewer. */
typedef struct ga_samples {
    const int32_t *picked;
    int columns, first, rows;
} ga_samples;

/* Scenes beside their label maps, one plane each, with a legend below. zoom as ga_data_show has it,
 * 0: chosen here. */
ga_status ga_show_scenes(const ga_dataset *d, const ga_samples *samples, int zoom, ga_image *out,
                         ga_err *err);
/* "scenes, train: 40 pictures in 4 classes", into size chars. */
void ga_show_title(const ga_dataset *d, char *title, size_t size);
#endif
