/* idx_folder.h - a folder of IDX files as a data set; for this room. */
#ifndef GA_IDX_FOLDER_H
#define GA_IDX_FOLDER_H
#include "data/catalog.h"

/* Whether a file is there whose name says that it has pictures or labels. */
bool ga_has_idx_files(const char *folder);
/* entry: the known set that lies there, or NULL. */
ga_status ga_idx_folder_open(const char *name, const char *folder, ga_split split,
                             const ga_catalog_entry *entry, ga_dataset **out, ga_err *err);
#endif
