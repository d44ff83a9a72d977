/* dataset.h - the inside of a data set, for the files of this room. */
#ifndef GA_DATASET_H
#define GA_DATASET_H
#include "data/catalog.h"

#define GA_MAX_CLASSES 1000
#define GA_CLASS_NAME  64 /* chars of a class name with its 0 */
#define GA_MAX_NOTES   6
#define GA_NOTE        256  /* chars of a note with its 0 */
#define GA_MAX_SIDE    4096 /* rows and columns of a picture */
/* No data set that this program can use needs more than this in memory. */
#define GA_DATA_MAX_BYTES ((size_t)2 << 30)

struct ga_dataset {
    char *name, *folder;
    ga_split split;
    int n, classes;
    ga_dims dims;
    uint8_t *pixels;                    /* (N,H,W,C) */
    int32_t *labels;                    /* (N) */
    char (*class_names)[GA_CLASS_NAME]; /* (classes) */
    uint32_t *scene; /* (N) their numbers, if they are scenes (ga_dataset_scene), else NULL */
    uint64_t scene_seed;
    char hash[65];
    bool published;
    char note[GA_MAX_NOTES][GA_NOTE]; /* "" past the last */
};

/* Takes over pixels and labels (freed on failure too), which were checked already. */
ga_status ga_dataset_take(const char *name, const char *folder, ga_split split, uint8_t *pixels,
                          int32_t *labels, int n, ga_dims dims, int classes,
                          const char *const *class_names, ga_dataset **out, ga_err *err);
/* One more sentence for ga_dataset_note; dropped when there are GA_MAX_NOTES. */
void ga_dataset_add_note(ga_dataset *d, const char *format, ...) GA_PRINTF(2, 3);
/* Bytes of n pictures; GA_EDATA with numbers if they are more than GA_DATA_MAX_BYTES. */
ga_status ga_dataset_bytes(const char *name, int n, ga_dims dims, size_t *bytes, ga_err *err);
#endif
