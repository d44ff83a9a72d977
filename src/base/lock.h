/* lock.h - a place that one process works in at a time. */
#ifndef GA_LOCK_H
#define GA_LOCK_H
#include "ganatomy/base.h"

/* A file that is held. Zeroed: none is. */
typedef struct ga_lock {
    char *path;
    int file;
} ga_lock;

/* Makes PATH, an empty file in a folder that is there, and holds it. A process that dies lets go of
 * it, and leaves a file that the next one takes over. GA_EEXIST: somebody else holds it, in this
 * process or another; GA_EIO: it cannot be made. On a file system that knows no locks nobody is
 * kept out. *out is ended by ga_lock_end, also after a failure. */
ga_status ga_lock_take(const char *path, ga_lock *out, ga_err *err);
/* Removes the file and lets go of it; a zeroed one is fine. Zeroes *l. */
void ga_lock_end(ga_lock *l);
#endif
