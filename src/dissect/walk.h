/* walk.h - the way through blocks of images, which can be stopped and taken up. */
#ifndef GA_WALK_H
#define GA_WALK_H
#include "dissect/keep.h"
#include "dissect/passes.h"
#include "dissect/state.h"

typedef struct ga_walk {
    ga_dissection *d;
    ga_subject *subject;
    const ga_progress *progress;
    int from, to; /* blocks */
    ga_block block;
    bool *seen; /* (L) labels that occur in the pass so far */
    int n_seen;
    ga_keep *keep;
    uint64_t done, total; /* images */
    const char *what;     /* the word that progress is told with them, the same for all passes: a
                             screen that hears another one takes its rate anew */
    const char *state;    /* path of the file that it is taken up from; NULL: none */
    ga_stamp stamp;       /* of that file */
    double saved;         /* when it was written last, */
    double save_took;     /* and the seconds that took */
} ga_walk;

/* Blocks of all images. */
int ga_walk_blocks(const ga_dissect_options *o);
/* Images of blocks from .. to-1. */
uint64_t ga_walk_images(const ga_dissect_options *o, int from, int to);

/* Room for a block; ended by ga_walk_end, which leaves the dissection. d, subject and what is to be
 * walked are set before. */
ga_status ga_walk_start(ga_walk *w, ga_err *err);
void ga_walk_end(ga_walk *w);
/* Forgets what was kept of images. */
void ga_walk_keep_none(ga_walk *w);
/* The same; keeps from now on, as far as memory goes and a file of so many bytes in folder. */
ga_status ga_walk_keep_anew(ga_walk *w, const char *folder, size_t file, ga_err *err);
/* Begins the pass and adds all blocks from one on; file: what was seen before that one, or NULL.
 * GA_EINTERRUPTED, and GA_ENOMEM for a label too many by the options: all is in the state. */
ga_status ga_walk_pass(ga_walk *w, const ga_pass *p, int from, const ga_weights *file, ga_err *err);
#endif
