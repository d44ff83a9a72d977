/* pickle_torch.c - what names in a pickle mean: the few that PyTorch writes around tensors, and
 * some harmless ones that people keep next to them. Everything else is refused by the machine. */
#include "array/pickle.h"
#include <string.h>

#define STORAGE(word, type)                                                                        \
    {"torch", word "Storage", GA_ROLE_STORAGE, type},                                              \
    {                                                                                              \
        "torch.cuda", word "Storage", GA_ROLE_STORAGE, type                                        \
    }

static const ga_pickle_known table[] = {
    {"collections", "OrderedDict", GA_ROLE_DICT, GA_F32},
    {"collections", "defaultdict", GA_ROLE_DEFAULT, GA_F32},
    {"torch._utils", "_rebuild_tensor", GA_ROLE_TENSOR, GA_F32},
    {"torch._utils", "_rebuild_tensor_v2", GA_ROLE_TENSOR, GA_F32},
    {"torch._utils", "_rebuild_tensor_v3", GA_ROLE_TENSOR_V3, GA_F32},
    {"torch._utils", "_rebuild_parameter", GA_ROLE_PARAMETER, GA_F32},
    {"torch._utils", "_rebuild_parameter_with_state", GA_ROLE_PARAMETER, GA_F32},
    {"torch._tensor", "_rebuild_from_type_v2", GA_ROLE_TYPED, GA_F32},
    STORAGE("Double", GA_F64),
    STORAGE("Float", GA_F32),
    STORAGE("Half", GA_F16),
    STORAGE("BFloat16", GA_BF16),
    STORAGE("Long", GA_I64),
    STORAGE("Int", GA_I32),
    STORAGE("Short", GA_I16),
    STORAGE("Char", GA_I8),
    STORAGE("Byte", GA_U8),
    STORAGE("Bool", GA_BOOL),
    {"torch.storage", "UntypedStorage", GA_ROLE_UNTYPED, GA_U8},
    {"torch", "UntypedStorage", GA_ROLE_UNTYPED, GA_U8},
    {"torch", "float64", GA_ROLE_DTYPE, GA_F64},
    {"torch", "float32", GA_ROLE_DTYPE, GA_F32},
    {"torch", "float16", GA_ROLE_DTYPE, GA_F16},
    {"torch", "bfloat16", GA_ROLE_DTYPE, GA_BF16},
    {"torch", "int64", GA_ROLE_DTYPE, GA_I64},
    {"torch", "int32", GA_ROLE_DTYPE, GA_I32},
    {"torch", "int16", GA_ROLE_DTYPE, GA_I16},
    {"torch", "int8", GA_ROLE_DTYPE, GA_I8},
    {"torch", "uint8", GA_ROLE_DTYPE, GA_U8},
    {"torch", "bool", GA_ROLE_DTYPE, GA_BOOL},
    {"torch", "Size", GA_ROLE_OPAQUE, GA_F32},
    {"torch", "device", GA_ROLE_OPAQUE, GA_F32},
    {"torch", "Tensor", GA_ROLE_OPAQUE, GA_F32},
    {"torch.nn.parameter", "Parameter", GA_ROLE_OPAQUE, GA_F32},
    {"argparse", "Namespace", GA_ROLE_OPAQUE, GA_F32},
    {"builtins", "set", GA_ROLE_OPAQUE, GA_F32},
    {"builtins", "list", GA_ROLE_OPAQUE, GA_F32},
    {"builtins", "dict", GA_ROLE_OPAQUE, GA_F32},
    {"__builtin__", "set", GA_ROLE_OPAQUE, GA_F32},
    {"__builtin__", "list", GA_ROLE_OPAQUE, GA_F32},
    {"__builtin__", "dict", GA_ROLE_OPAQUE, GA_F32},
    {"_codecs", "encode", GA_ROLE_OPAQUE, GA_F32},
    {"numpy", "dtype", GA_ROLE_OPAQUE, GA_F32},
    {"numpy.core.multiarray", "scalar", GA_ROLE_OPAQUE, GA_F32},
    {"numpy._core.multiarray", "scalar", GA_ROLE_OPAQUE, GA_F32},
};

static bool same(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

const ga_pickle_known *ga_pickle_lookup(const char *module, size_t module_length, const char *name,
                                        size_t name_length)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (same(table[i].name, name, name_length) && same(table[i].module, module, module_length))
            return &table[i];
    return NULL;
}

/* ---- arguments -------------------------------------------------------------------------------*/

/* Argument i of a call, which must be of kind. */
static ga_status argument(const ga_pickle_machine *m, const ga_pv *args, size_t i, ga_pv_kind kind,
                          const char *what, ga_pv **out, ga_err *err)
{
    if (i >= args->seq.n)
        return GA_REFUSE(m, err, "has no %s: %zu arguments", what, args->seq.n);
    ga_pv *v = args->seq.at[i];
    if (v->kind != kind) {
        const ga_pv wanted = {.kind = kind};
        return GA_REFUSE(m, err, "its %s is %s, expected %s", what, ga_pv_words(v),
                         ga_pv_words(&wanted));
    }
    *out = v;
    return GA_OK;
}

/* A number that is not negative. */
static ga_status extent(const ga_pickle_machine *m, const ga_pv *args, size_t i, const char *what,
                        size_t *out, ga_err *err)
{
    ga_pv *v = NULL;
    const ga_status status = argument(m, args, i, GA_PV_INT, what, &v, err);
    if (status != GA_OK)
        return status;
    if (v->i < 0)
        return GA_REFUSE(m, err, "its %s is %lld, expected 0 or more", what, (long long)v->i);
    *out = (size_t)v->i;
    return GA_OK;
}

/* A tuple of numbers that are not negative; *rank is its length, or must be it if not -1. */
static ga_status extents(const ga_pickle_machine *m, const ga_pv *args, size_t i, const char *what,
                         int *rank, int64_t out[GA_MAX_RANK], ga_err *err)
{
    ga_pv *v = NULL;
    ga_status status = argument(m, args, i, GA_PV_TUPLE, what, &v, err);
    if (status != GA_OK)
        return status;
    if (v->seq.n > GA_MAX_RANK)
        return GA_REFUSE(m, err, "its %s has %zu dimensions, expected at most %d", what, v->seq.n,
                         GA_MAX_RANK);
    if (*rank >= 0 && (size_t)*rank != v->seq.n)
        return GA_REFUSE(m, err, "its %s has %zu entries, its size %d", what, v->seq.n, *rank);
    *rank = (int)v->seq.n;
    for (size_t d = 0; d < v->seq.n && status == GA_OK; d++) {
        size_t value = 0;
        status = extent(m, v, d, what, &value, err);
        out[d] = (int64_t)value;
    }
    return status;
}

/* ---- tensors ---------------------------------------------------------------------------------*/

/* Every element lies inside the storage: offset + sum (dim - 1) * stride < elements. */
static ga_status check_reach(const ga_pickle_machine *m, const ga_pickle_tensor *t, size_t elements,
                             ga_err *err)
{
    size_t count, last = t->offset, reach;
    char shape[GA_SHAPE_WORDS];
    if (!ga_shape_count(t->rank, t->dim, &count))
        return GA_REFUSE(m, err, "the number of elements of %s overflows",
                         ga_shape_words(t->rank, t->dim, shape));
    if (count == 0)
        return GA_OK;
    bool fits = true;
    for (int d = 0; d < t->rank && fits; d++)
        fits = ga_mul((size_t)t->dim[d] - 1, (size_t)t->stride[d], &reach) &&
               ga_add(last, reach, &last);
    if (!fits || last >= elements)
        return GA_REFUSE(m, err,
                         "a tensor %s at offset %zu reaches beyond the %zu elements of its "
                         "storage",
                         ga_shape_words(t->rank, t->dim, shape), t->offset, elements);
    return GA_OK;
}

/* (storage, offset, size, stride, ...); v3 has the dtype as its seventh. */
static ga_status rebuild(ga_pickle_machine *m, const ga_pv *args, bool v3, ga_pv **out, ga_err *err)
{
    ga_pickle_tensor t = {0};
    ga_pv *storage = NULL, *dtype = NULL;
    int rank = -1;
    ga_status status = argument(m, args, 0, GA_PV_STORAGE, "storage", &storage, err);
    if (status == GA_OK)
        status = extent(m, args, 1, "offset", &t.offset, err);
    if (status == GA_OK)
        status = extents(m, args, 2, "size", &rank, t.dim, err);
    if (status == GA_OK)
        status = extents(m, args, 3, "stride", &rank, t.stride, err);
    if (status == GA_OK && v3)
        status = argument(m, args, 6, GA_PV_GLOBAL, "dtype", &dtype, err);
    if (status != GA_OK)
        return status;
    t.storage = storage->storage;
    t.rank = rank;
    t.dtype = t.storage->dtype;
    size_t elements = t.storage->visible;
    if (v3 && dtype->global->role != GA_ROLE_DTYPE)
        return GA_REFUSE(m, err, "its dtype is '%s'", dtype->global->name);
    if (v3 != t.storage->untyped)
        return GA_REFUSE(m, err, "does not go with a storage of this kind");
    if (v3) {
        t.dtype = dtype->global->dtype;
        elements /= ga_dtype_size(t.dtype);
    }
    status = check_reach(m, &t, elements, err);
    void *kept = NULL;
    if (status == GA_OK)
        status = ga_budget_new(&m->p->values, 1, sizeof t, &kept, err);
    if (status == GA_OK)
        status = ga_pv_new(m, GA_PV_TENSOR, out, err);
    if (status == GA_OK) {
        memcpy(kept, &t, sizeof t);
        (*out)->tensor = kept;
    }
    return status;
}

/* OrderedDict(), or with Python 2 OrderedDict([[key, value], ...]). */
static ga_status make_dict(ga_pickle_machine *m, const ga_pv *args, bool pairs, ga_pv **out,
                           ga_err *err)
{
    ga_status status = ga_pv_new(m, GA_PV_DICT, out, err);
    ga_pv *list = NULL;
    if (status != GA_OK || !pairs || args->seq.n == 0)
        return status;
    status = argument(m, args, 0, GA_PV_LIST, "list of pairs", &list, err);
    for (size_t i = 0; status == GA_OK && i < list->seq.n; i++) {
        const ga_pv *pair = list->seq.at[i];
        if ((pair->kind != GA_PV_LIST && pair->kind != GA_PV_TUPLE) || pair->seq.n != 2)
            return GA_REFUSE(m, err, "item %zu of its list is no pair of key and value", i);
        status = ga_pv_append(m, *out, pair->seq.at[0], err);
        if (status == GA_OK)
            status = ga_pv_append(m, *out, pair->seq.at[1], err);
    }
    return status;
}

/* _rebuild_from_type_v2(function, type, its arguments, state): a tensor with attributes. */
static ga_status rebuild_typed(ga_pickle_machine *m, const ga_pv *args, ga_pv **out, ga_err *err)
{
    ga_pv *function = NULL, *inner = NULL;
    ga_status status = argument(m, args, 0, GA_PV_GLOBAL, "function", &function, err);
    if (status == GA_OK)
        status = argument(m, args, 2, GA_PV_TUPLE, "tuple of arguments", &inner, err);
    if (status != GA_OK)
        return status;
    const ga_pickle_role role = function->global->role;
    if (role == GA_ROLE_PARAMETER)
        return argument(m, inner, 0, GA_PV_TENSOR, "data", out, err);
    if (role != GA_ROLE_TENSOR && role != GA_ROLE_TENSOR_V3)
        return GA_REFUSE(m, err, "'%s' makes no tensor", function->global->name);
    return rebuild(m, inner, role == GA_ROLE_TENSOR_V3, out, err);
}

ga_status ga_pickle_call(ga_pickle_machine *m, const ga_pv *callable, ga_pv *args, ga_pv **out,
                         ga_err *err)
{
    if (callable->kind == GA_PV_OPAQUE)
        return ga_pv_new(m, GA_PV_OPAQUE, out, err);
    if (callable->kind != GA_PV_GLOBAL)
        return GA_REFUSE(m, err, "calls %s", ga_pv_words(callable));
    switch (callable->global->role) {
    case GA_ROLE_DICT:
        return make_dict(m, args, true, out, err);
    case GA_ROLE_DEFAULT:
        return make_dict(m, args, false, out, err);
    case GA_ROLE_TENSOR:
        return rebuild(m, args, false, out, err);
    case GA_ROLE_TENSOR_V3:
        return rebuild(m, args, true, out, err);
    case GA_ROLE_PARAMETER:
        return argument(m, args, 0, GA_PV_TENSOR, "data", out, err);
    case GA_ROLE_TYPED:
        return rebuild_typed(m, args, out, err);
    case GA_ROLE_OPAQUE:
    case GA_ROLE_DTYPE:
    case GA_ROLE_STORAGE:
    case GA_ROLE_UNTYPED:
        break;
    }
    return GA_REFUSE(m, err, "calls '%s.%s'", callable->global->module, callable->global->name);
}

/* ---- storages --------------------------------------------------------------------------------*/

static ga_status keep_storage(ga_pickle_machine *m, const ga_pickle_storage *s, ga_pv **out,
                              ga_err *err)
{
    ga_pickle *p = m->p;
    ga_status status = GA_OK;
    if (p->n_storages == p->capacity) {
        const size_t capacity = p->capacity > 0 ? 2 * p->capacity : 32;
        void *list = NULL;
        status = ga_budget_new(&p->values, capacity, sizeof(ga_pickle_storage *), &list, err);
        if (status != GA_OK)
            return status;
        if (p->n_storages > 0)
            memcpy(list, p->storages, p->n_storages * sizeof(ga_pickle_storage *));
        p->storages = list;
        p->capacity = capacity;
    }
    void *kept = NULL;
    status = ga_budget_new(&p->values, 1, sizeof *s, &kept, err);
    if (status == GA_OK)
        status = ga_pv_new(m, GA_PV_STORAGE, out, err);
    if (status != GA_OK)
        return status;
    memcpy(kept, s, sizeof *s);
    (*out)->storage = p->storages[p->n_storages++] = kept;
    return GA_OK;
}

/* The view (key, offset, size) of a storage in the older stream. */
static ga_status read_view(ga_pickle_machine *m, const ga_pv *id, ga_pickle_storage *s, ga_err *err)
{
    if (id->seq.n < 6 || id->seq.at[5]->kind == GA_PV_NONE)
        return GA_OK;
    ga_pv *view = NULL;
    ga_status status = argument(m, id, 5, GA_PV_TUPLE, "view", &view, err);
    if (status == GA_OK)
        status = extent(m, view, 1, "offset of the view", &s->first, err);
    if (status == GA_OK)
        status = extent(m, view, 2, "size of the view", &s->visible, err);
    if (status == GA_OK && (s->first > s->numel || s->visible > s->numel - s->first))
        return GA_REFUSE(m, err, "a view of %zu elements at %zu of a storage of %zu", s->visible,
                         s->first, s->numel);
    return status;
}

/* ('storage', type, key, device, numel[, view]); the device does not matter here. */
ga_status ga_pickle_persistent(ga_pickle_machine *m, const ga_pv *id, ga_pv **out, ga_err *err)
{
    ga_pickle_storage s = {0};
    ga_pv *word = NULL, *type = NULL, *key = NULL, *device = NULL;
    if (id->kind != GA_PV_TUPLE)
        return GA_REFUSE(m, err, "takes a tuple, found %s", ga_pv_words(id));
    ga_status status = argument(m, id, 0, GA_PV_STRING, "kind", &word, err);
    if (status != GA_OK)
        return status;
    if (!same("storage", word->string.s, word->string.n)) {
        char shown[GA_SHOW];
        return GA_REFUSE(m, err, "of kind '%s', expected 'storage'%s",
                         ga_show(word->string.s, word->string.n, shown),
                         same("module", word->string.s, word->string.n)
                             ? " (a whole module with its program was saved; save its "
                               "state_dict() instead)"
                             : "");
    }
    status = argument(m, id, 1, GA_PV_GLOBAL, "type", &type, err);
    if (status == GA_OK)
        status = argument(m, id, 2, GA_PV_STRING, "key", &key, err);
    if (status == GA_OK)
        status = argument(m, id, 3, GA_PV_STRING, "device", &device, err);
    if (status == GA_OK)
        status = extent(m, id, 4, "number of elements", &s.numel, err);
    if (status != GA_OK)
        return status;
    const ga_pickle_role role = type->global->role;
    if (role != GA_ROLE_STORAGE && role != GA_ROLE_UNTYPED)
        return GA_REFUSE(m, err, "'%s' is no type of storage", type->global->name);
    s.key = key->string.s;
    s.key_length = key->string.n;
    s.dtype = type->global->dtype;
    s.untyped = role == GA_ROLE_UNTYPED;
    s.visible = s.numel;
    status = read_view(m, id, &s, err);
    return status == GA_OK ? keep_storage(m, &s, out, err) : status;
}
