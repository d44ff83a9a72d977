/* dissection_files.h - what a dissection leaves in its folder. */
#ifndef GA_DISSECTION_FILES_H
#define GA_DISSECTION_FILES_H
#include "app/verb.h"
#include "ganatomy/dissect.h"

extern const char ga_csv_heading[]; /* the first line of units.csv */
void ga_csv_add_name(ga_text *t, const char *name); /* in quotes, those inside doubled */

/* dissect.json, dissect.html, units.csv and counts.npz into folder; lead: the sentence under the
 * page's title; shown: how many layers, the first ones, have their units drawn. All of them or, after a
 * failure, none; what was there before is replaced at the end. */
ga_status ga_dissection_write(ga_request *rq, const ga_dissection *d, ga_subject *s,
                              const ga_dissect_naming *names, const char *lead, int shown,
                              const char *folder, ga_err *err);
#endif
