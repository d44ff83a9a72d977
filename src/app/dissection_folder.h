/* dissection_folder.h - a folder that is to get a dissection: does it hold one already? */
#ifndef GA_DISSECTION_FOLDER_H
#define GA_DISSECTION_FOLDER_H
#include "ganatomy/base.h"

/* *there: it holds the dissection of this key, finished. GA_EEXIST, unless force: it holds another
 * one, finished or interrupted, or a file of that name which cannot be read. */
ga_status ga_dissection_look_into(const char *folder, const char *key, bool force, bool *there,
                                  ga_err *err);
#endif
