/* data_areas.h - how much of the pictures of a data set each label has. */
#ifndef GA_DATA_AREAS_H
#define GA_DATA_AREAS_H
#include "app/verb.h"
#include "ganatomy/data.h"

/* Says it as a table and as a new object {"tree": {"category", "area", "pictures"}, ...}: mean
 * share of the pixels, and share of the pictures that have any. GA_EINVAL: d has no maps of labels.
 */
ga_status ga_data_areas(ga_request *rq, const ga_dataset *d, json_t **out, ga_err *err);
#endif
