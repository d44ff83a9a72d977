/* settings_differ.h - in what two dissections differ, in the words of the command. */
#ifndef GA_SETTINGS_DIFFER_H
#define GA_SETTINGS_DIFFER_H
#include "base/text.h"
#include <jansson.h>

/* Adds "--size 1000 there, 500 here; --covariance there, not here" to why: what differs between the
 * settings of a dissect.json that is there and of what is asked here, at most three things of it.
 * false, and nothing added: nothing does, or one of the two is NULL. */
bool ga_settings_differ(const json_t *there, const json_t *here, ga_text *why);
#endif
