/* dissection_folder.h - a folder that is to get a dissection: does it hold one already? */
#ifndef GA_DISSECTION_FOLDER_H
#define GA_DISSECTION_FOLDER_H
#include "base/lock.h"
#include "ganatomy/base.h"
#include <jansson.h>

/* *there: it holds the dissection of this key, finished. GA_EEXIST, unless force: it holds another
 * one, finished or interrupted, or a file of that name which cannot be read. */
ga_status ga_dissection_look_into(const char *folder, const char *key, bool force, bool *there,
                                  ga_err *err);
/* Before pictures are loaded: can a folder of that name be written to? One that holds a dissection
 * need not be, since it may be the very one. GA_EEXIST: a file is in its way; GA_EIO. */
ga_status ga_dissection_folder_check(const char *folder, ga_err *err);
/* The same for what it holds: settings are those of dissect.json, but for what is not known without
 * pictures. GA_EEXIST: it is another one by those that are. */
ga_status ga_dissection_folder_may_be(const char *folder, const json_t *settings, ga_err *err);
/* Makes the folder and holds FOLDER/NAME in it, so that no other process works there under that
 * name. GA_EEXIST: one does; the sentence says what to do. Ended by ga_lock_end. */
ga_status ga_dissection_hold(const char *folder, const char *name, ga_lock *out, ga_err *err);
extern const char ga_dissection_lock[]; /* the NAME of whoever writes a dissection's files */
#endif
