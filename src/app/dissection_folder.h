/* dissection_folder.h - a folder that is to get a dissection: does it hold one already? */
#ifndef GA_DISSECTION_FOLDER_H
#define GA_DISSECTION_FOLDER_H
#include "base/lock.h"
#include "ganatomy/base.h"
#include <jansson.h>

/* The dissection that a folder is to get. */
typedef struct ga_dissection_wanted {
    const char *key;
    const json_t
        *settings; /* as in dissect.json; NULL: what differs from another one is not told */
    bool force;    /* replace what is there */
} ga_dissection_wanted;

/* *there: it holds the wanted one, finished. GA_EEXIST, unless forced: it holds another one,
 * finished (the sentence says what it differs in) or interrupted, or a file of that name which
 * cannot be read. */
ga_status ga_dissection_look_into(const char *folder, const ga_dissection_wanted *wanted,
                                  bool *there, ga_err *err);
/* Before pictures are loaded: can a folder of that name be written to? One that holds a dissection
 * need not be, since it may be the very one. GA_EEXIST: a file is in its way; GA_EIO. */
ga_status ga_dissection_folder_check(const char *folder, ga_err *err);
/* The same for what it holds: settings are those of dissect.json, but for what is not known without
 * pictures (their side, their data). GA_EEXIST: it is another one by those that are. */
ga_status ga_dissection_folder_may_be(const char *folder, const json_t *settings, ga_err *err);
/* Makes the folder and holds FOLDER/NAME in it, so that no other process works there under that
 * name. GA_EEXIST: one does; the sentence says what to do. Ended by ga_lock_end. */
ga_status ga_dissection_hold(const char *folder, const char *name, ga_lock *out, ga_err *err);
extern const char ga_dissection_lock[]; /* the NAME of whoever writes a dissection's files */
#endif
