/* dissect_shards.h - a dissection by several: what `dissect` and `dissect merge` share. */
#ifndef GA_DISSECT_SHARDS_H
#define GA_DISSECT_SHARDS_H
#include "app/verb.h"
#include "ganatomy/dissect.h"

/* The numbers of --shard I/N. GA_EINVAL. */
ga_status ga_dissect_share_parse(const char *text, ga_dissect_share *out, ga_err *err);
/* Of a request of `dissect` with --shard: does the share, and says what is next. */
ga_status ga_dissect_shard_run(ga_request *rq, ga_subject *subject,
                               const ga_dissect_options *options, const char *key, ga_err *err);
/* Of a request of `dissect`, made again from what the shards were asked: merges, and after the last
 * pass writes what `dissect` writes into its folder. */
ga_status ga_dissect_merge_run(ga_request *rq, const ga_shards *shards, ga_err *err);

extern const ga_verb ga_verb_dissect;
#endif
