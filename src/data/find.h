/* find.h - in which folder a known data set lies; for this room. */
#ifndef GA_FIND_H
#define GA_FIND_H
#include "data/catalog.h"

/* As ga_data_find, with *folder a new string (ga_mem_free). */
ga_status ga_find_entry(const ga_catalog_entry *entry, const ga_data_places *places, char **folder,
                        ga_err *err);
#endif
