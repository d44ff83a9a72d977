/* score_table.h - scores as a table for people and as JSON. */
#ifndef GA_SCORE_TABLE_H
#define GA_SCORE_TABLE_H
#include "app/verb.h"
#include "ganatomy/metric.h"

/* "0.757", "22.7 ± 12.3", "10 of 10", "> 16665000" of a score that s has, into buf (at least 64
 * chars), returns buf. */
const char *ga_score_text(const ga_scores *s, ga_score_id id, char *buf, size_t size);
const char *ga_better_text(ga_better better); /* "lower", "higher", "1/2" */

/* Says the table: a line a score with its value, that of floor (may be NULL), which way is better,
 * what it is; then the remarks that numbers need: k, subsets, parts, near-duplicates. */
void ga_scores_say(ga_request *rq, const ga_scores *s, const ga_scores *floor);
/* {"frechet": {"value", "better", and where there are such "sd", "interval", "at_least"}, ...}. */
json_t *ga_scores_json(const ga_scores *s);
/* The remarks alone: i = 0, 1, ... into buf; NULL past the last. */
const char *ga_scores_remark(const ga_scores *s, int i, char *buf, size_t size);
#endif
