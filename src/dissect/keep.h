/* keep.h - what is kept of images between passes, as far as memory and a file go. */
#ifndef GA_KEEP_H
#define GA_KEEP_H
#include "ganatomy/dissect.h"

/* Blocks of equal size, each with a number. */
typedef struct ga_keep ga_keep;

/* Of blocks of `bytes` bytes, numbered from 0 to below n: as many as ga_keep_allow says in memory,
 * at first none, then as many as fit into a file of file_bytes in folder (NULL or 0: none), which
 * has no name and so goes when this process does. */
ga_status ga_keep_create(int n, size_t bytes, const char *folder, size_t file_bytes, ga_keep **out,
                         ga_err *err);
void ga_keep_free(ga_keep *k); /* NULL is fine */
/* From now on memory is what may be taken: blocks that are too many go into the file, as far as
 * there is room, or are forgotten. */
void ga_keep_allow(ga_keep *k, size_t memory);
/* Keeps a block if there is room for it; a full disk is no room. */
void ga_keep_put(ga_keep *k, int block, const void *data);
/* False: not kept (or its file cannot be read any more): make it again. */
bool ga_keep_get(ga_keep *k, int block, void *data);
#endif
