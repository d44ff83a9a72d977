/* net.h - what a network is: layers with names, and plans that run them.
 *
 *     ga_graph   layers, names, shapes. Knows no numbers. Immutable once built.
 *     ga_params  the numbers of one graph, by state-dict name, in PyTorch's layouts.
 *     ga_plan    a graph compiled for a largest batch, a direction, a start and an end tap.
 *                Creating it does all allocation; running it allocates nothing.
 *
 * Letters: N images, C channels (units), H rows, W columns, K kernel. Every layer's output is a
 * place with a name, a *tap*; it can be read, and it can be edited for one run (ga_edit). */
#ifndef GA_NET_H
#define GA_NET_H
#include "ganatomy/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_graph ga_graph;
typedef struct ga_params ga_params;
typedef struct ga_plan ga_plan;
typedef struct ga_optim ga_optim;
typedef struct ga_spectral ga_spectral;

/* ---- graph -----------------------------------------------------------------------------------*/

/* One option of a layer under PyTorch's name for it: "kernel_size" {5} or {5,5}, "bias" {0}.
 * A word ("nearest") is given in word, then n is 0. */
typedef struct ga_attr {
    const char *key;
    const char *word;
    int n;
    double v[4];
} ga_attr;

typedef struct ga_layer {
    const char *name;          /* unique; also the prefix of its state-dict keys */
    const char *type;          /* "Linear", "ConvTranspose2d", ...; see ga_op_names */
    const char *const *inputs; /* names of earlier layers or inputs; NULL: the layer before it */
    int n_inputs;
    const ga_attr *attrs;
    int n_attrs;
} ga_layer;

/* Empty graph; *out becomes the caller's. */
GA_API ga_status ga_graph_create(ga_graph **out, ga_err *err);
GA_API void ga_graph_free(ga_graph *g); /* NULL is fine */

/* Adds a named input of one image's shape. Inputs come before layers. GA_EINVAL: name taken. */
GA_API ga_status ga_graph_add_input(ga_graph *g, const char *name, ga_dims dims, ga_err *err);

/* Adds a layer after all others; copies everything. On failure the graph is as it was.
 * GA_EINVAL: unknown type, option or input, name taken, option out of range (all named);
 * GA_ESHAPE: the shape of an input does not fit; the sentence names both layers and both shapes. */
GA_API ga_status ga_graph_add(ga_graph *g, const ga_layer *layer, ga_err *err);

/* What all plans of the graph take `quick` from, whatever their options say, so that a picture does
 * not depend on what else a plan is for: for large networks in whose results the sixth digit matters
 * to nobody. Before the first plan. */
GA_API void ga_graph_set_quick(ga_graph *g, bool quick);
GA_API bool ga_graph_quick(const ga_graph *g);

/* Taps in order: the inputs, then every layer. Index -1 if there is none of that name. */
GA_API int ga_graph_n_inputs(const ga_graph *g);
GA_API int ga_graph_n_taps(const ga_graph *g);
GA_API int ga_graph_find(const ga_graph *g, const char *tap);
GA_API const char *ga_graph_tap_name(const ga_graph *g, int tap);
GA_API const char *ga_graph_tap_type(const ga_graph *g, int tap); /* "input" for inputs */
GA_API ga_dims ga_graph_tap_dims(const ga_graph *g, int tap);
GA_API int ga_graph_tap_n_inputs(const ga_graph *g, int tap);
GA_API int ga_graph_tap_input(const ga_graph *g, int tap, int i); /* tap index of its i-th input */

/* The output of the whole: its last tap, which needs one input or layer at least. */
GA_API int ga_graph_output(const ga_graph *g);
GA_API const char *ga_graph_output_name(const ga_graph *g);
GA_API ga_dims ga_graph_output_dims(const ga_graph *g); /* of one image */

/* As ga_graph_find, with a sentence that lists the layers, of blocks the whole: GA_ENOTFOUND. */
GA_API ga_status ga_graph_need(const ga_graph *g, const char *tap, int *index, ga_err *err);

/* Reads option key of a layer into v[4]; returns how many values it has, 0 if it has no such. */
GA_API int ga_graph_attr(const ga_graph *g, int tap, const char *key, double v[4]);

/* Enumerates the options that differ from their defaults, for writing a graph as JSON: fills *attr
 * (pointers live as long as the graph) for i = 0, 1, ...; false when there are no more. */
GA_API bool ga_graph_attr_at(const ga_graph *g, int tap, int i, ga_attr *attr);

/* The table of ops: names of all layer types, NULL at the end. */
GA_API const char *const *ga_op_names(void);

/* ---- parameters ------------------------------------------------------------------------------*/

typedef enum ga_param_kind {
    GA_WEIGHT, /* trained */
    GA_BUFFER  /* kept but not trained: running_mean, running_var */
} ga_param_kind;

typedef struct ga_param_spec {
    const char *name; /* state-dict key: "layer1.conv.weight" */
    ga_param_kind kind;
    int tap; /* the layer it belongs to */
    int rank;
    int64_t dim[GA_MAX_RANK]; /* PyTorch's: Linear (out,in); Conv2d (OC,IC/groups,KH,KW);
                                 ConvTranspose2d (IC,OC/groups,KH,KW) */
    size_t offset, count;     /* in floats, inside ga_params_weights or ga_params_buffers */
} ga_param_spec;

/* Specs in layer order. Pointers to them hold until a layer is added. */
GA_API int ga_graph_n_params(const ga_graph *g);
GA_API const ga_param_spec *ga_graph_param(const ga_graph *g, int i);

/* Room for all parameters of a graph: weights 0, running_var 1. Keeps no pointer to g. */
GA_API ga_status ga_params_create(const ga_graph *g, ga_params **out, ga_err *err);
GA_API ga_status ga_params_copy(const ga_params *p, ga_params **out, ga_err *err);
GA_API void ga_params_free(ga_params *p);
typedef enum ga_start {
    GA_START_PYTORCH, /* PyTorch's default of every layer type: uniform(-1/sqrt(fan_in), +) for
                         weights and biases, 1 and 0 for norms */
    GA_START_DCGAN,   /* normal(0, 0.02) for convolutions and linear layers with bias 0,
                         normal(1, 0.02) for norm weights (Radford et al. 2016) */
    GA_START_NORMAL   /* normal(0, 1) for convolutions and linear layers with bias 0, 1 and 0 for
                         norms: for networks that scale what those give (Karras et al. 2018) */
} ga_start;
/* Fills all parameters, drawn from seed. Embeddings are normal(0, 1) in every start. */
GA_API void ga_params_init(ga_params *p, const ga_graph *g, uint64_t seed, ga_start start);

GA_API float *ga_params_weights(ga_params *p, size_t *count); /* all trained ones, one array */
GA_API float *ga_params_buffers(ga_params *p, size_t *count);
/* To be called after writing into the arrays: plans pack their weights anew at the next run. */
GA_API void ga_params_changed(ga_params *p);

/* ---- edits -----------------------------------------------------------------------------------*/

/* An intervention is data, for one run: at a tap, y = x (1 - A) + V A, with
 * A(u,h,w) = alpha * mask(h,w) for the units listed, 0 for all others. Several edits of one tap
 * compose in the order given ("over"). */
typedef enum ga_edit_value {
    GA_EDIT_CONSTANT, /* V(u) = values[i] for the i-th listed unit, or 0 if values is NULL */
    GA_EDIT_MEAN,     /* V(n,u) = mean over H, W in the same image of x as earlier edits left it */
    GA_EDIT_DONOR     /* V = donor, (1,C,H,W) for all images or (N,C,H,W) */
} ga_edit_value;

typedef struct ga_edit {
    const char *tap;
    const int *units; /* NULL: all units */
    int n_units;
    ga_edit_value value;
    const float *values; /* GA_EDIT_CONSTANT */
    ga_view donor;       /* GA_EDIT_DONOR */
    const float *mask;   /* (H,W) 0..1; NULL: 1 everywhere */
    float alpha;         /* 0..1 */
} ga_edit;

/* ---- plan ------------------------------------------------------------------------------------*/

typedef enum ga_bn_mode {
    GA_BN_RUNNING, /* statistics kept from training (PyTorch's eval mode) */
    GA_BN_BATCH,   /* mean and biased variance of the batch at hand */
    GA_BN_IMAGE    /* mean and biased variance of each image alone */
} ga_bn_mode;

typedef struct ga_plan_options {
    int batch;        /* the largest N a run may have; at least 1 */
    bool train;       /* keep what backward needs; batch norm then updates its running statistics */
    ga_bn_mode bn;    /* train wants GA_BN_BATCH or GA_BN_IMAGE unless the statistics are frozen */
    const char *from; /* tap at which the run starts (its activation is written by the caller);
                         NULL: the inputs */
    const char *to;   /* tap at which it ends; NULL: the last layer */
    const char *const *keep; /* further taps that must be readable after a run */
    int n_keep;
    bool penalty;        /* train only: keep what ga_plan_gradient_penalty needs */
    bool bf16;           /* products in bfloat16 with f32 sums where the CPU has it */
    bool quick;          /* fewer multiplications in f32 where they pay, as training takes them:
                            errors near 1e-5 of a layer's largest result in place of 1e-6; also
                            if ga_graph_quick says so */
    int threads;         /* 0: all cores */
    size_t memory_limit; /* bytes; 0: none */
} ga_plan_options;

#define GA_PLAN_OPTIONS_DEFAULT ((ga_plan_options){.batch = 1, .bn = GA_BN_RUNNING})

typedef struct ga_plan_cost {
    size_t activation_bytes, gradient_bytes, packed_weight_bytes, scratch_bytes;
    size_t total_bytes;     /* the sum: what ga_plan_create allocates */
    uint64_t multiply_adds; /* of one forward run of the whole batch, valid taps only */
} ga_plan_cost;

typedef struct ga_plan_layer {
    const char *name, *type;
    ga_dims dims;
    const char *kernel, *reason; /* which implementation runs, and why that one */
    uint64_t multiply_adds;      /* per batch */
    size_t weights;              /* count */
    size_t activation_bytes, packed_weight_bytes;
} ga_plan_layer;

/* Compiles. The plan borrows g and p; both must outlive it. *out becomes the caller's.
 * GA_ENOTFOUND: unknown tap, or `to` cannot be reached from `from` (other inputs are missing).
 * GA_ENOMEM: total above memory_limit; the sentence has both numbers and the batch that fits. */
GA_API ga_status ga_plan_create(const ga_graph *g, ga_params *p, const ga_plan_options *options,
                                ga_plan **out, ga_err *err);
GA_API void ga_plan_free(ga_plan *plan);
GA_API ga_plan_cost ga_plan_cost_of(const ga_plan *plan);
GA_API int ga_plan_n_layers(const ga_plan *plan); /* those that it runs */
GA_API ga_plan_layer ga_plan_layer_at(const ga_plan *plan, int i);
/* What ga_plan_create would allocate, without doing it (only words of description are). */
GA_API ga_status ga_plan_forecast(const ga_graph *g, const ga_plan_options *options,
                                  ga_plan_cost *cost, ga_err *err);

/* Writes the activation of the start: an input, or the tap `from`. v must have that tap's C,H,W;
 * v.n is the N of the coming runs. GA_ESHAPE otherwise. One write serves any number of runs. */
GA_API ga_status ga_plan_write(ga_plan *plan, const char *tap, ga_view v, ga_err *err);

typedef struct ga_run {
    const ga_edit *edits;
    int n_edits;
    uint64_t dropout_seed; /* train only: a new one every step */
} ga_run;

/* Runs forward on what was written; run may be NULL. A plan does some neighbours in one pass (a norm
 * and its rectifier, a doubling and its 3x3 convolution) where nobody reads what lies between; an
 * edit there is met by the second all the same, and then costs both. Sums may differ in their last
 * digits between the two ways. GA_ENOTFOUND, GA_EINVAL: an edit names a tap
 * outside the plan or a unit that does not exist. Edits are refused while train is set. */
GA_API ga_status ga_plan_forward(ga_plan *plan, const ga_run *run, ga_err *err);

/* Copies a tap (the last layer, a kept one, or with train any) as dense (N,C,H,W) into dst, which
 * holds ga_dims_count * N floats. GA_ENOTFOUND: not kept. */
GA_API ga_status ga_plan_read(const ga_plan *plan, const char *tap, float *dst, ga_err *err);

/* Backward, after a forward with train: diff_out is dLoss/d(last layer), same shape as it. May be
 * called again for the same forward, with another diff_out; the weights must not have changed.
 * grads (made for the same graph) receives the weight gradients, added to what is there if
 * `accumulate`, else in place of it; NULL computes none, which saves their time.
 * diff_input: receives dLoss/d(start), (N,C,H,W); NULL if not wanted. With several inputs, theirs
 * one after the other. */
GA_API ga_status ga_plan_backward(ga_plan *plan, const float *diff_out, ga_params *grads,
                                  bool accumulate, float *diff_input, ga_err *err);

/* The gradient penalty R1 (Mescheder, Geiger and Nowozin 2018), after a forward of a plan
 * made with `penalty`; with S the sum of all outputs of the last layer and x the first start (the
 * first input, or `from`),
 *     *penalty = gamma / 2 * mean over n of |dS/dx_n|^2.
 * Its weight gradient, exactly, is added to grads; NULL: only the value is made. Before or after
 * ga_plan_backward of the same forward; the weights must not have changed. Allocates nothing.
 * Method: the derivative of |v|^2 / 2 at v = dS/dx is the derivative of the weight gradients of S
 * along v (Pearlmutter 1994): one more run forward, with weight gradients, and a run back for what
 * lies before layers whose slope is not constant between kinks. Rectifiers, maxima and dropout
 * keep the choices of the forward.
 * ga_plan_create refuses (GA_EINVAL, naming layer and reason) networks in which x meets a layer
 * without a rule for this: norms with statistics (batch norm ties the images together, so that none
 * has a gradient of its own), Softmax.
 * GA_EINVAL: the plan was not made for it, there was no forward, gamma is negative or not finite.*/
GA_API ga_status ga_plan_gradient_penalty(ga_plan *plan, double gamma, ga_params *grads,
                                          double *penalty, ga_err *err);

/* ---- optimisers ------------------------------------------------------------------------------*/

typedef enum ga_optim_kind { GA_SGD, GA_ADAM, GA_ADAMW, GA_RMSPROP } ga_optim_kind;

/* PyTorch's meaning and defaults of every field (torch.optim 1.13). */
typedef struct ga_optim_options {
    ga_optim_kind kind;
    double lr;           /* per step */
    double beta1, beta2; /* Adam, AdamW */
    double eps;          /* Adam, AdamW, RMSprop */
    double weight_decay;
    double momentum; /* SGD, RMSprop */
    double alpha;    /* RMSprop's smoothing */
    bool nesterov;   /* SGD */
    int threads;     /* 0: all cores; does not change a bit of the result */
} ga_optim_options;

GA_API ga_optim_options ga_optim_defaults(ga_optim_kind kind);
GA_API ga_status ga_optim_create(const ga_optim_options *options, size_t count, ga_optim **out,
                                 ga_err *err);
/* What the optimiser will hold besides a few words. */
GA_API size_t ga_optim_bytes(const ga_optim_options *options, size_t count);
GA_API void ga_optim_free(ga_optim *o);
GA_API void ga_optim_set_lr(ga_optim *o, double lr);
/* One step on count weights; elementwise, in one fixed order of operations. */
GA_API void ga_optim_step(ga_optim *o, float *weights, const float *grads);
/* State for checkpoints: n_slots arrays of count floats, and the number of steps done. */
GA_API int ga_optim_n_slots(const ga_optim *o);
GA_API float *ga_optim_slot(ga_optim *o, int i);
GA_API uint64_t ga_optim_steps(const ga_optim *o);
GA_API void ga_optim_set_steps(ga_optim *o, uint64_t steps);

/* ---- spectral normalisation ------------------------------------------------------------------*/

/* Spectral normalisation (Miyato et al. 2018) as torch.nn.utils.spectral_norm 1.13 does it. A
 * weight is seen as a matrix W of its output channels by all else (of a ConvTranspose2d dim 1 is
 * the output); the network runs on W / sigma, where sigma = u^T W v is W's largest singular value
 * as far as power iteration has come, and the optimiser moves W. Two sets of parameters, then: raw
 * ones, which are trained, and effective ones, which the plans read.
 *
 *     ga_spectral_apply(s, raw, effective, true, err);      before a forward of training
 *     ga_plan_forward, ga_plan_backward(plan, ..., grads);  of plans on `effective`
 *     ga_spectral_backward(s, effective, grads, err);       grads become those of raw
 *     ga_optim_step(o, ga_params_weights(raw), ga_params_weights(grads));
 *
 * Normalised are the weights of Linear, Conv2d, ConvTranspose2d and Embedding layers; what else is
 * trained (biases, norms) is the same in both sets. Start: u and v normal, drawn from seed, of
 * length 1. GA_EINVAL: no layer has such a weight. */
GA_API ga_status ga_spectral_create(const ga_graph *g, uint64_t seed, ga_spectral **out,
                                    ga_err *err);
GA_API void ga_spectral_free(ga_spectral *s); /* NULL is fine */
/* Writes all weights of effective (its buffers stay). iterate: first one round of power iteration,
 * v = W^T u and u = W v, each brought to length 1 (a length below 1e-12 counts as that); without,
 * u and v are as they were (PyTorch's eval). sigma is held off 0 by 1e-12 too.
 * GA_EINVAL, here and below: parameters of another network. */
GA_API ga_status ga_spectral_apply(ga_spectral *s, const ga_params *raw, ga_params *effective,
                                   bool iterate, ga_err *err);
/* dLoss/d(effective) in grads becomes dLoss/d(raw), with u and v of the last apply held:
 * (dW - <dW, W / sigma> u v^T) / sigma. effective: as the last apply left it. */
GA_API ga_status ga_spectral_backward(const ga_spectral *s, const ga_params *effective,
                                      ga_params *grads, ga_err *err);
/* The sigma of the i-th normalised weight at the last apply (0 before), and which parameter it is
 * (ga_graph_param); i from 0 to below ga_spectral_n. param may be NULL. */
GA_API int ga_spectral_n(const ga_spectral *s);
GA_API double ga_spectral_sigma(const ga_spectral *s, int i, int *param);
/* State for checkpoints: u and v of each normalised weight, in the order of the parameters. */
GA_API float *ga_spectral_state(ga_spectral *s, size_t *count);

/* ---- flat arrays of weights or gradients -----------------------------------------------------*/

/* average = decay * average + (1 - decay) * weights */
GA_API void ga_moving_average(float *average, const float *weights, size_t count, double decay);
/* Every x into -limit..limit (limit >= 0), as the discriminators of Arjovsky et al. 2017 want it
 * after each step; a NaN stays one. */
GA_API void ga_clip(float *x, size_t count, float limit);
/* Euclidean norm, summed in double; the same bits whatever the threads and the instruction set. */
GA_API double ga_norm2(const float *x, size_t count);
/* How far a step went for the size of what it moved: |after - before| / |before|. 0 where nothing
 * moved, infinite where something did from zero. */
GA_API double ga_update_ratio(const float *before, const float *after, size_t count);

#ifdef __cplusplus
}
#endif
#endif
