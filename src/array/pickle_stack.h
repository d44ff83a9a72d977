/* pickle_stack.h - the stack, its marks and the memo of the machine in pickle.h, all with caps; for
 * the opcodes in pickle.c. All refusals are GA_EDATA and name the opcode; GA_ENOMEM. */
#ifndef GA_PICKLE_STACK_H
#define GA_PICKLE_STACK_H
#include "array/pickle.h"

enum { GA_PICKLE_STACK_FIRST = 64 }; /* values; the stack doubles from there */

ga_status ga_pickle_push(ga_pickle_machine *m, ga_pv *v, ga_err *err);
ga_status ga_pickle_push_new(ga_pickle_machine *m, ga_pv_kind kind, ga_pv **out, ga_err *err);
/* Refuses if fewer than n values lie above the last mark; nothing below it can be reached. */
ga_status ga_pickle_need(const ga_pickle_machine *m, size_t n, ga_err *err);
/* The value on top, taken off or left there: only where one is, see ga_pickle_need. */
ga_pv *ga_pickle_pop(ga_pickle_machine *m);
ga_pv *ga_pickle_top(const ga_pickle_machine *m);

ga_status ga_pickle_mark(ga_pickle_machine *m, ga_err *err);
/* Ends the last mark: *items is what lies above it, still on the stack. */
ga_status ga_pickle_unmark(ga_pickle_machine *m, ga_pv ***items, size_t *n, ga_err *err);
/* Puts a tuple in the place of the top n values, which are items. */
ga_status ga_pickle_push_tuple(ga_pickle_machine *m, ga_pv **items, size_t n, ga_err *err);
/* Takes the top n values, which are items, off the stack and adds them to the container below. */
ga_status ga_pickle_add(ga_pickle_machine *m, ga_pv_kind kind, ga_pv **items, size_t n,
                        ga_err *err);

/* The value on top into the memo, and one of the memo onto the stack. */
ga_status ga_pickle_put(ga_pickle_machine *m, uint64_t index, ga_err *err);
ga_status ga_pickle_get(ga_pickle_machine *m, uint64_t index, ga_err *err);
#endif
