/* catalog.h - the data sets that are known by name: files, checksums, classes, addresses. */
#ifndef GA_CATALOG_H
#define GA_CATALOG_H
#include "ganatomy/data.h"

enum { GA_TRAIN_IMAGES, GA_TRAIN_LABELS, GA_TEST_IMAGES, GA_TEST_LABELS, GA_CATALOG_FILES };

typedef struct ga_catalog_entry {
    ga_data_known known; /* of a rendered one, only this, content and class_names say anything */
    const char *file[GA_CATALOG_FILES];   /* without ".gz" */
    const char *sha256[GA_CATALOG_FILES]; /* of the unpacked file; NULL: not known */
    const char *content[2];               /* ga_dataset_hash of each split; NULL: not known */
    const char *const *class_names;
    int first_label; /* label of class 0 in the files */
    bool transposed; /* rows and columns are exchanged in the files */
    const char *url; /* folder of FILE.gz, or a zip file if zip_md5 */
    const char *zip_md5;
    const char *zip_folder; /* of the members in the zip */
    const char *get_where;  /* words after known.get in a sentence, or NULL */
} ga_catalog_entry;

const ga_catalog_entry *ga_catalog_at(int i);              /* NULL past the end */
const ga_catalog_entry *ga_catalog_find(const char *name); /* or NULL */
/* GA_ENOTFOUND with the names, and the nearest one if there is one near. */
ga_status ga_catalog_unknown(const char *name, ga_err *err);
/* The entry and split whose published content has this hash, or NULL. */
const ga_catalog_entry *ga_catalog_of_content(const char *hash, ga_split split);
/* FOLDER/NAME, FOLDER/NAME.gz, or with '.' for the '-' before "idx" as some archives have it; a new
 * string (ga_mem_free), or NULL if no such file is there. */
char *ga_catalog_file_in(const char *folder, const char *name);
#endif
