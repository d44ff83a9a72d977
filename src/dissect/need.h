/* need.h - how much memory a dissection takes, and what it does with what is left. */
#ifndef GA_NEED_H
#define GA_NEED_H
#include "dissect/passes.h"

/* A subject that cannot look yet: it has no plans, and no room for pictures. */
ga_status ga_subject_outline(const ga_subject_spec *spec, ga_subject **out, ga_err *err);
/* What ga_subject_bytes will be. */
ga_status ga_subject_forecast(const ga_subject *s, size_t *bytes, ga_err *err);

/* Without a limit, what is kept of images takes so much, and so does what single ones gave. */
#define GA_NEED_USUAL ((size_t)1 << 30)

/* Bytes of a block of images. */
size_t ga_need_block(const ga_dissection *d);
/* Adds the labels that occur in what the layers have counted in this pass to seen (L); how many are
 * seen then. */
int ga_need_seen(const ga_dissection *d, bool *seen);

/* Of what options allow, *left beside `beside`, `copies` of the counts of the pass with so many
 * labels, and what single images gave. GA_ENOMEM, with what would be enough, if that is too much;
 * *left is GA_NEED_FREE where there is no limit. */
#define GA_NEED_FREE SIZE_MAX
ga_status ga_need_left(const ga_dissection *d, const ga_pass *p, int copies, size_t beside, int seen,
                       size_t *left, ga_err *err);
/* Before judging: what it may take for intervals; what single images gave has ended to grow. */
void ga_need_spare(ga_dissection *d, const ga_pass *p, size_t beside, int seen);
/* Before a pass begins: how much of what is left what single images gave may take, if it is one that
 * keeps that; without a folder for more, all. */
ga_status ga_need_share(ga_dissection *d, const ga_pass *p, int copies, size_t beside, ga_err *err);
#endif
