/* fetch.h - getting the files of one catalogue entry; for this room and its tests. */
#ifndef GA_FETCH_H
#define GA_FETCH_H
#include "data/catalog.h"

/* As ga_data_fetch, for any entry. */
ga_status ga_fetch_entry(const ga_catalog_entry *entry, const ga_fetch_options *options,
                         ga_err *err);
/* As ga_data_complete, for any entry. */
bool ga_fetch_complete(const ga_catalog_entry *entry, const char *folder);
#endif
