/* plan.h - inside of a plan: which layers run, in what order, and where their numbers lie.
 *
 * Activations are HWNC with the N of the run. In an inference plan buffers are shared by taps whose
 * lifetimes do not meet, and layers run in place where nobody else reads their input. In a training
 * plan every tap keeps its own, except that a norm followed by a (leaky) rectifier makes only the
 * rectifier's output; the norm's own is made again from its input when somebody asks. */
#ifndef GA_PLAN_H
#define GA_PLAN_H
#include "net/graph.h"

/* Something that needs bytes between two points of time. */
typedef struct ga_item {
    size_t bytes, offset;
    int first, last;
} ga_item;

typedef struct ga_tap_state {
    bool in_plan, start, kept;
    bool to_end;       /* the end depends on it: it has a gradient */
    bool from_start;   /* it depends on a start */
    bool from_weights; /* it depends on weights */
    bool edited;       /* in the run at hand */
    int step;          /* that makes it; -1 for starts */
    int readers;       /* inputs of steps that read it */
    int last_reader;   /* step; -1: none */
    int item, diff_item;
    int diff_writers; /* inputs of steps that have a gradient for it */
    int written_item; /* starts of inference plans: what the caller wrote */
    float *data;      /* what readers read */
    float *own;       /* its place in the arena */
    float *written;
    float *diff;
    int written_n; /* starts: N of the last write, 0: none */
    /* plans with a gradient penalty */
    bool moves;        /* it has a tangent: it depends on the first start, the end depends on it */
    bool diff_moves;   /* its gradient has one, and weights depend on that */
    int tangent_until; /* time of its tangent's last reader; 0: none */
    int tangent_item, tangent_diff_item;
    float *tangent, *tangent_diff;
} ga_tap_state;

typedef struct ga_step {
    const ga_node *node;
    ga_conv *conv;
    bool view;      /* dst has the bytes of src[0] */
    bool fused;     /* a rectifier that the step before it applies */
    bool absorbed;  /* a doubling that the product behind it does; runs only if it is edited */
    int doubling;   /* products: the step that this one also does; -1: none */
    ga_conv *plain; /* inference plans: for runs in which that step is edited; packed then */
    size_t plain_bytes;
    char *plain_packed;
    int rectifier; /* norms: the step that this one also does; -1: none */
    float slope;   /* of that */
    bool in_place;
    size_t packed_bytes, packed_backward_bytes, saved_bytes, scratch_bytes;
    int extra_item[GA_MAX_INPUTS]; /* gradients that are added to what is there; -1: written */
    float *extra[GA_MAX_INPUTS];
    int extra_tangent_item[GA_MAX_INPUTS]; /* the same for the tangents of gradients */
    float *extra_tangent[GA_MAX_INPUTS];
    char *packed, *packed_backward;
    float *saved;
    uint64_t multiply_adds;
} ga_step;

struct ga_plan {
    const ga_graph *graph;
    ga_params *params;
    ga_plan_options options; /* its strings are not used after creation */
    int threads, end;        /* end: tap */
    const ga_vec *vec;
    ga_tap_state *taps;
    ga_step *steps;
    int n_steps;
    ga_item *items; /* of activations, then of gradients */
    int n_items, first_diff_item, item_capacity;
    ga_plan_cost cost;
    char *memory, *scratch;
    uint64_t packed_version, packed_backward_version, plain_version;
    int ran_n; /* N of the last run, 0: none since the last write */
    uint64_t dropout_seed;
};

/* plan_memory.c: gives items offsets so that those whose times meet do not overlap; returns bytes.
 */
size_t ga_place_items(ga_item *items, int n);
/* Adds an item, or makes one live at other times too. */
int ga_new_item(ga_plan *plan, size_t bytes, int first, int last);
void ga_extend_item(ga_item *item, int first, int last);
size_t ga_tap_bytes(const ga_plan *plan, int tap);
/* Makes plan->items and plan->cost from steps and taps. */
ga_status ga_plan_layout(ga_plan *plan, ga_err *err);
/* Sets every pointer into plan->memory. */
void ga_plan_point(ga_plan *plan);

/* run.c: the part of a call that forward and backward share. */
ga_call ga_plan_call(const ga_plan *plan, const ga_step *step, int n);
/* The weights that a product packs; folded ones lie in the plan's scratch. */
const float *ga_plan_weights(const ga_plan *plan, const ga_step *step);
ga_need ga_plan_need(const ga_plan *plan, const ga_node *node);
/* The tap that a step reads as input k: where it does a doubling, the one before that. */
int ga_plan_input(const ga_plan *plan, const ga_step *step, int k);
/* A norm's own output, in a training plan that did not keep it, into (N,C,H,W). */
void ga_plan_remake(const ga_plan *plan, const ga_step *norm, float *dst);

int ga_first_start(const ga_plan *plan); /* its tap */

/* backward.c: weights for the products of backward; to += more. */
void ga_pack_backward(ga_plan *plan);
void ga_sum_up(const ga_plan *plan, float *to, const float *more, size_t count);

/* penalty.c: marks what moves; GA_EINVAL if something that does must not. Then: the items that a
 * penalty needs beside those of backward, and whether a step's gradient must outlive backward. */
ga_status ga_penalty_mark(ga_plan *plan, ga_err *err);
void ga_penalty_items(ga_plan *plan);
bool ga_penalty_keeps_diff(const ga_plan *plan, const ga_step *step);

/* edits.c */
ga_status ga_edits_check(const ga_plan *plan, const ga_run *run, int n, ga_err *err);
void ga_edits_apply(const ga_plan *plan, const ga_run *run, int tap, int n);
#endif
