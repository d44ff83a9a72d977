/* shard.h - how shards and their merges are called, and which blocks a shard has. */
#ifndef GA_SHARD_H
#define GA_SHARD_H
#include "ganatomy/dissect.h"

enum { GA_SHARD_NAME = 80 };
/* Into name (GA_SHARD_NAME). pass from 0; files count passes from 1. */
void ga_shard_part_name(int shard, int shards, int pass, char *name);
/* Of what the merge before pass `pass` has left. */
void ga_shard_merged_name(int pass, char *name);
/* Blocks *from .. *to-1 of shard 1..shards; all shards have all blocks, in order. */
void ga_shard_blocks(const ga_dissect_options *o, int shard, int shards, int *from, int *to);
#endif
