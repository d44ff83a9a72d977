/* file_set.h - files that come into a folder together: all of them, or none. */
#ifndef GA_FILE_SET_H
#define GA_FILE_SET_H
#include "ganatomy/base.h"

enum { GA_FILE_SET_MOST = 8 };

typedef struct ga_file_set {
    char *fresh[GA_FILE_SET_MOST]; /* where the caller writes: NAME.new in the folder */
    char *path[GA_FILE_SET_MOST];  /* what they are called at the end */
    int n;
} ga_file_set;

/* Makes the folder. *s is ended by ga_file_set_close, also after a failure. */
ga_status ga_file_set_open(const char *folder, const char *const *names, int n, ga_file_set *s,
                           ga_err *err);
/* status: how writing went. GA_OK gives the files their names, in their order, replacing those that
 * were there; else what was written is taken away. */
ga_status ga_file_set_close(ga_file_set *s, ga_status status, ga_err *err);
#endif
