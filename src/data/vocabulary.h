/* vocabulary.h - the inside of a vocabulary, for this room: the renderer's is static. */
#ifndef GA_VOCABULARY_H
#define GA_VOCABULARY_H
#include "ganatomy/labels.h"

struct ga_vocabulary {
    int categories, n; /* n with the "-" */
    const char *const *category;
    const ga_label *label;    /* (n) */
    const char *const *title; /* (n) */
    struct ga_arena *arena;   /* owns all of it; NULL: static */
};
#endif
