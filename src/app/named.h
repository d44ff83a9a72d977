/* named.h - how results name what they are about: by content, so that equal names of unlike
 * things are told apart. */
#ifndef GA_NAMED_H
#define GA_NAMED_H
#include "ganatomy/data.h"
#include "ganatomy/model.h"
#include <jansson.h>

/* {"name": as the command has it, "arch": ..., "sha256": ...} */
json_t *ga_identity_of_model(const char *name, const ga_model *m);
/* {"name", "split", "sha256", "pictures"}; n: how many of them were used */
json_t *ga_identity_of_data(const ga_dataset *d, int n);
#endif
