/* pickle.h - a pickle machine that knows tensors and nothing else; private to the array room.
 *
 * Nothing named in a pickle is ever looked up outside of one fixed table (pickle_torch.c), so
 * nothing can be run. The machine has a stack, a mark stack and a memo like any unpickler, but no
 * recursion, and caps on all three; values live in one budget and end together. Every refusal
 * names the opcode and its offset.
 * Source of the opcodes: CPython's Lib/pickletools.py; of what the names mean: torch/_utils.py,
 * torch/serialization.py (PyTorch 0.4 to 2.x). */
#ifndef GA_MODEL_PICKLE_H
#define GA_MODEL_PICKLE_H
#include "array/weights.h"

enum {
    GA_PICKLE_MEMORY = 64 << 20, /* bytes of values, at most */
    GA_PICKLE_STACK = 1 << 20,   /* values on the stack, marks, entries of the memo */
    GA_PICKLE_STRING = 1 << 20,  /* bytes of one string */
};

typedef enum ga_pv_kind {
    GA_PV_NONE,
    GA_PV_BOOL,
    GA_PV_INT,
    GA_PV_LONG, /* an integer beyond 64 bits: its bytes */
    GA_PV_FLOAT,
    GA_PV_STRING,
    GA_PV_BYTES,
    GA_PV_TUPLE,
    GA_PV_LIST,
    GA_PV_DICT, /* seq: key, value, key, value, ... */
    GA_PV_SET,  /* contents not kept */
    GA_PV_GLOBAL,
    GA_PV_STORAGE,
    GA_PV_TENSOR,
    GA_PV_OPAQUE /* something harmless that holds no tensors (torch.Size, argparse.Namespace) */
} ga_pv_kind;

typedef struct ga_pv ga_pv;

/* A run of numbers that tensors look at. */
typedef struct ga_pickle_storage {
    const char *key; /* not ended by a 0 */
    size_t key_length;
    ga_dtype dtype;
    bool untyped;     /* numel counts bytes; the tensor says what they are */
    size_t numel;     /* of the whole storage */
    size_t first;     /* a view of it begins here (older files) */
    size_t visible;   /* elements from first on */
    const void *data; /* NULL; set by the reader, numel elements */
} ga_pickle_storage;

typedef struct ga_pickle_tensor {
    ga_pickle_storage *storage;
    ga_dtype dtype;
    size_t offset; /* in elements of the view */
    int rank;
    int64_t dim[GA_MAX_RANK], stride[GA_MAX_RANK]; /* all inside the storage */
} ga_pickle_tensor;

/* What a name in a pickle stands for. */
typedef enum ga_pickle_role {
    GA_ROLE_DICT,      /* OrderedDict() */
    GA_ROLE_DEFAULT,   /* defaultdict(factory) */
    GA_ROLE_OPAQUE,    /* called or not, makes a GA_PV_OPAQUE */
    GA_ROLE_DTYPE,     /* torch.float32 */
    GA_ROLE_STORAGE,   /* torch.FloatStorage */
    GA_ROLE_UNTYPED,   /* torch.storage.UntypedStorage */
    GA_ROLE_TENSOR,    /* _rebuild_tensor, _rebuild_tensor_v2 */
    GA_ROLE_TENSOR_V3, /* the same with a dtype */
    GA_ROLE_PARAMETER, /* _rebuild_parameter */
    GA_ROLE_TYPED      /* _rebuild_from_type_v2 */
} ga_pickle_role;

typedef struct ga_pickle_known {
    const char *module, *name;
    ga_pickle_role role;
    ga_dtype dtype;
} ga_pickle_known;

struct ga_pv {
    ga_pv_kind kind;
    union {
        int64_t i; /* BOOL, INT */
        double f;
        struct {
            const char *s; /* into the pickle */
            size_t n;
        } string; /* STRING, BYTES, LONG */
        struct {
            ga_pv **at;
            size_t n, capacity;
        } seq; /* TUPLE, LIST, DICT */
        const ga_pickle_known *global;
        ga_pickle_storage *storage;
        ga_pickle_tensor *tensor;
    };
};

/* All values of a file. Storages are listed in the order in which they were first met. */
typedef struct ga_pickle {
    ga_budget values;
    ga_pickle_storage **storages;
    size_t n_storages, capacity;
} ga_pickle;

/* limit: bytes of values, at most GA_PICKLE_MEMORY. Ended by ga_pickle_close, success or not. */
ga_status ga_pickle_open(ga_pickle *p, const char *where, size_t limit, ga_err *err);
void ga_pickle_close(ga_pickle *p);
/* Runs one pickle from c->at up to its STOP and leaves c behind it. *root lives as long as p and
 * the cursor's bytes. GA_EDATA, GA_ENOMEM. */
ga_status ga_pickle_run(ga_pickle *p, ga_cursor *c, ga_pv **root, ga_err *err);

/* "a dict", "a tuple": for messages. */
const char *ga_pv_words(const ga_pv *v);

/* ---- between pickle.c, pickle_stack.c and pickle_torch.c --------------------------------------*/

/* The machine while it runs. */
typedef struct ga_pickle_machine {
    ga_pickle *p;
    ga_cursor *c;
    size_t start, op_at; /* offsets of the pickle and of the opcode at hand */
    const char *op;      /* its name */
    ga_pv **stack;
    size_t depth, stack_capacity;
    size_t *marks; /* depth of the stack at each MARK */
    size_t n_marks, marks_capacity;
    ga_pv **memo;
    size_t memo_next, memo_capacity;
    bool stopped;
} ga_pickle_machine;

/* "WHERE: offset N: opcode 'NAME': words". GA_REFUSE is GA_EDATA for the compiler to see. */
void ga_pickle_complain(const ga_pickle_machine *m, ga_err *err, const char *format, ...)
    GA_PRINTF(3, 4);
#define GA_REFUSE(...) (ga_pickle_complain(__VA_ARGS__), GA_EDATA)
ga_status ga_pv_new(ga_pickle_machine *m, ga_pv_kind kind, ga_pv **out, ga_err *err);
/* Appends to a GA_PV_LIST or GA_PV_DICT. */
ga_status ga_pv_append(ga_pickle_machine *m, ga_pv *seq, ga_pv *item, ga_err *err);

/* The table of names; NULL: not in it. */
const ga_pickle_known *ga_pickle_lookup(const char *module, size_t module_length, const char *name,
                                        size_t name_length);
/* What calling callable with the tuple args gives. */
ga_status ga_pickle_call(ga_pickle_machine *m, const ga_pv *callable, ga_pv *args, ga_pv **out,
                         ga_err *err);
/* What the persistent id (a tuple) stands for. */
ga_status ga_pickle_persistent(ga_pickle_machine *m, const ga_pv *id, ga_pv **out, ga_err *err);
#endif
