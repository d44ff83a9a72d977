/* dissection_told.h - what a dissection found, in words and as the result of a command. */
#ifndef GA_DISSECTION_TOLD_H
#define GA_DISSECTION_TOLD_H
#include "app/verb.h"
#include "ganatomy/findings.h"

/* Reads FOLDER/dissect.json and says the table of layers, then the best unit of each label; the
 * result is {"folder", "key", "layers": [...], "labels": {...}}, with null for what was not
 * measured. So a run says what a later one says that finds its files. */
ga_status ga_dissection_tell(ga_request *rq, const char *folder, ga_err *err);
#endif
