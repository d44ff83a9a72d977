/* pickle.c - the pickle machine: one small function per opcode that may occur. */
#include "array/pickle_stack.h"
#include "base/text.h"
#include <string.h>

static ga_status tuple_of(ga_pickle_machine *m, size_t n, ga_err *err)
{
    const ga_status status = ga_pickle_need(m, n, err);
    return status == GA_OK ? ga_pickle_push_tuple(m, m->stack + m->depth - n, n, err) : status;
}

/* ---- opcodes: values -------------------------------------------------------------------------*/

typedef ga_status (*opcode)(ga_pickle_machine *m, ga_err *err);

/* A little-endian unsigned number of n bytes. */
static ga_status number(ga_pickle_machine *m, size_t n, uint64_t *out, ga_err *err)
{
    const uint8_t *p = NULL;
    const ga_status status = ga_read_bytes(m->c, n, &p, m->op, err);
    if (status != GA_OK)
        return status;
    *out = 0;
    for (size_t i = 0; i < n; i++)
        *out |= (uint64_t)p[i] << (8 * i);
    return GA_OK;
}

static ga_status op_proto(ga_pickle_machine *m, ga_err *err)
{
    uint64_t version = 0;
    const ga_status status = number(m, 1, &version, err);
    if (status == GA_OK && (version < 2 || version > 5))
        return GA_REFUSE(m, err, "protocol %llu, expected 2 to 5", (unsigned long long)version);
    return status;
}

static ga_status op_frame(ga_pickle_machine *m, ga_err *err)
{
    uint64_t size = 0;
    const ga_status status = number(m, 8, &size, err);
    if (status == GA_OK && size > ga_cursor_left(m->c))
        return GA_REFUSE(m, err, "of %llu bytes, but %zu are left", (unsigned long long)size,
                         ga_cursor_left(m->c));
    return status;
}

static ga_status op_stop(ga_pickle_machine *m, ga_err *err)
{
    if (m->n_marks != 0 || m->depth != 1)
        return GA_REFUSE(m, err,
                         "%zu values and %zu marks are on the stack, expected one "
                         "value",
                         m->depth, m->n_marks);
    m->stopped = true;
    return GA_OK;
}

static ga_status op_none(ga_pickle_machine *m, ga_err *err)
{
    ga_pv *v = NULL;
    return ga_pickle_push_new(m, GA_PV_NONE, &v, err);
}

static ga_status push_int(ga_pickle_machine *m, ga_pv_kind kind, int64_t value, ga_err *err)
{
    ga_pv *v = NULL;
    const ga_status status = ga_pickle_push_new(m, kind, &v, err);
    if (status == GA_OK)
        v->i = value;
    return status;
}

static ga_status op_newtrue(ga_pickle_machine *m, ga_err *err)
{
    return push_int(m, GA_PV_BOOL, 1, err);
}

static ga_status op_newfalse(ga_pickle_machine *m, ga_err *err)
{
    return push_int(m, GA_PV_BOOL, 0, err);
}

static ga_status op_binint(ga_pickle_machine *m, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = number(m, 4, &value, err);
    return status == GA_OK ? push_int(m, GA_PV_INT, (int32_t)(uint32_t)value, err) : status;
}

static ga_status op_binint1(ga_pickle_machine *m, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = number(m, 1, &value, err);
    return status == GA_OK ? push_int(m, GA_PV_INT, (int64_t)value, err) : status;
}

static ga_status op_binint2(ga_pickle_machine *m, ga_err *err)
{
    uint64_t value = 0;
    const ga_status status = number(m, 2, &value, err);
    return status == GA_OK ? push_int(m, GA_PV_INT, (int64_t)value, err) : status;
}

/* Two's complement of up to 16 bytes. */
static ga_status op_long1(ga_pickle_machine *m, ga_err *err)
{
    uint64_t n = 0;
    const uint8_t *p = NULL;
    ga_status status = number(m, 1, &n, err);
    if (status == GA_OK && n > 16)
        return GA_REFUSE(m, err, "an integer of %llu bytes, expected at most 16",
                         (unsigned long long)n);
    if (status == GA_OK)
        status = ga_read_bytes(m->c, (size_t)n, &p, m->op, err);
    if (status != GA_OK)
        return status;
    if (n <= 8) {
        uint64_t value = n > 0 && (p[n - 1] & 0x80) != 0 ? UINT64_MAX : 0;
        for (size_t i = (size_t)n; i > 0; i--)
            value = value << 8 | p[i - 1];
        return push_int(m, GA_PV_INT, (int64_t)value, err);
    }
    ga_pv *v = NULL;
    status = ga_pickle_push_new(m, GA_PV_LONG, &v, err);
    if (status == GA_OK) {
        v->string.s = (const char *)p;
        v->string.n = (size_t)n;
    }
    return status;
}

static ga_status op_binfloat(ga_pickle_machine *m, ga_err *err)
{
    const uint8_t *p = NULL;
    ga_pv *v = NULL;
    ga_status status = ga_read_bytes(m->c, 8, &p, m->op, err);
    if (status == GA_OK)
        status = ga_pickle_push_new(m, GA_PV_FLOAT, &v, err);
    if (status != GA_OK)
        return status;
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) /* big-endian, alone among the numbers of a pickle */
        bits = bits << 8 | p[i];
    memcpy(&v->f, &bits, sizeof v->f);
    return GA_OK;
}

static ga_status push_bytes(ga_pickle_machine *m, ga_pv_kind kind, size_t length_bytes,
                            size_t limit, ga_err *err)
{
    uint64_t n = 0;
    const uint8_t *p = NULL;
    ga_pv *v = NULL;
    ga_status status = number(m, length_bytes, &n, err);
    if (status == GA_OK && n > limit)
        return GA_REFUSE(m, err, "%llu bytes, expected at most %zu", (unsigned long long)n, limit);
    if (status == GA_OK)
        status = ga_read_bytes(m->c, (size_t)n, &p, m->op, err);
    if (status == GA_OK)
        status = ga_pickle_push_new(m, kind, &v, err);
    if (status == GA_OK) {
        v->string.s = (const char *)p;
        v->string.n = (size_t)n;
    }
    return status;
}

static ga_status op_string1(ga_pickle_machine *m, ga_err *err)
{
    return push_bytes(m, GA_PV_STRING, 1, GA_PICKLE_STRING, err);
}

static ga_status op_string4(ga_pickle_machine *m, ga_err *err)
{
    return push_bytes(m, GA_PV_STRING, 4, GA_PICKLE_STRING, err);
}

static ga_status op_string8(ga_pickle_machine *m, ga_err *err)
{
    return push_bytes(m, GA_PV_STRING, 8, GA_PICKLE_STRING, err);
}

static ga_status op_bytes1(ga_pickle_machine *m, ga_err *err)
{
    return push_bytes(m, GA_PV_BYTES, 1, SIZE_MAX, err);
}

static ga_status op_bytes4(ga_pickle_machine *m, ga_err *err)
{
    return push_bytes(m, GA_PV_BYTES, 4, SIZE_MAX, err);
}

/* ---- opcodes: containers ---------------------------------------------------------------------*/

static ga_status op_empty_dict(ga_pickle_machine *m, ga_err *err)
{
    ga_pv *v = NULL;
    return ga_pickle_push_new(m, GA_PV_DICT, &v, err);
}

static ga_status op_empty_list(ga_pickle_machine *m, ga_err *err)
{
    ga_pv *v = NULL;
    return ga_pickle_push_new(m, GA_PV_LIST, &v, err);
}

static ga_status op_empty_set(ga_pickle_machine *m, ga_err *err)
{
    ga_pv *v = NULL;
    return ga_pickle_push_new(m, GA_PV_SET, &v, err);
}

static ga_status op_empty_tuple(ga_pickle_machine *m, ga_err *err)
{
    return tuple_of(m, 0, err);
}

static ga_status op_tuple1(ga_pickle_machine *m, ga_err *err)
{
    return tuple_of(m, 1, err);
}

static ga_status op_tuple2(ga_pickle_machine *m, ga_err *err)
{
    return tuple_of(m, 2, err);
}

static ga_status op_tuple3(ga_pickle_machine *m, ga_err *err)
{
    return tuple_of(m, 3, err);
}

static ga_status op_tuple(ga_pickle_machine *m, ga_err *err)
{
    ga_pv **items = NULL;
    size_t n = 0;
    const ga_status status = ga_pickle_unmark(m, &items, &n, err);
    return status == GA_OK ? ga_pickle_push_tuple(m, items, n, err) : status;
}

static ga_status add_marked(ga_pickle_machine *m, ga_pv_kind kind, ga_err *err)
{
    ga_pv **items = NULL;
    size_t n = 0;
    const ga_status status = ga_pickle_unmark(m, &items, &n, err);
    return status == GA_OK ? ga_pickle_add(m, kind, items, n, err) : status;
}

static ga_status op_setitems(ga_pickle_machine *m, ga_err *err)
{
    return add_marked(m, GA_PV_DICT, err);
}

static ga_status op_appends(ga_pickle_machine *m, ga_err *err)
{
    return add_marked(m, GA_PV_LIST, err);
}

static ga_status op_additems(ga_pickle_machine *m, ga_err *err)
{
    return add_marked(m, GA_PV_SET, err);
}

static ga_status op_setitem(ga_pickle_machine *m, ga_err *err)
{
    const ga_status status = ga_pickle_need(m, 3, err);
    return status == GA_OK ? ga_pickle_add(m, GA_PV_DICT, m->stack + m->depth - 2, 2, err) : status;
}

static ga_status op_append(ga_pickle_machine *m, ga_err *err)
{
    const ga_status status = ga_pickle_need(m, 2, err);
    return status == GA_OK ? ga_pickle_add(m, GA_PV_LIST, m->stack + m->depth - 1, 1, err) : status;
}

/* ---- opcodes: memo ---------------------------------------------------------------------------*/

static ga_status op_binput(ga_pickle_machine *m, ga_err *err)
{
    uint64_t index = 0;
    const ga_status status = number(m, 1, &index, err);
    return status == GA_OK ? ga_pickle_put(m, index, err) : status;
}

static ga_status op_long_binput(ga_pickle_machine *m, ga_err *err)
{
    uint64_t index = 0;
    const ga_status status = number(m, 4, &index, err);
    return status == GA_OK ? ga_pickle_put(m, index, err) : status;
}

static ga_status op_memoize(ga_pickle_machine *m, ga_err *err)
{
    return ga_pickle_put(m, m->memo_next, err);
}

static ga_status op_binget(ga_pickle_machine *m, ga_err *err)
{
    uint64_t index = 0;
    const ga_status status = number(m, 1, &index, err);
    return status == GA_OK ? ga_pickle_get(m, index, err) : status;
}

static ga_status op_long_binget(ga_pickle_machine *m, ga_err *err)
{
    uint64_t index = 0;
    const ga_status status = number(m, 4, &index, err);
    return status == GA_OK ? ga_pickle_get(m, index, err) : status;
}

/* ---- opcodes: names and calls ----------------------------------------------------------------*/

static ga_status push_global(ga_pickle_machine *m, const char *module, size_t module_length,
                             const char *name, size_t name_length, ga_err *err)
{
    const ga_pickle_known *known = ga_pickle_lookup(module, module_length, name, name_length);
    if (known == NULL) {
        char shown_module[GA_SHOW], shown_name[GA_SHOW];
        return ga_fail(err, GA_EDATA, "%s: offset %zu: opcode '%s %s %s' is not allowed",
                       m->c->where, m->op_at, m->op, ga_show(module, module_length, shown_module),
                       ga_show(name, name_length, shown_name));
    }
    ga_pv *v = NULL;
    const ga_status status = ga_pickle_push_new(
        m, known->role == GA_ROLE_OPAQUE ? GA_PV_OPAQUE : GA_PV_GLOBAL, &v, err);
    if (status == GA_OK)
        v->global = known;
    return status;
}

/* A line without its end. */
static ga_status line(ga_pickle_machine *m, const char **text, size_t *length, ga_err *err)
{
    const char *start = (const char *)m->c->data + m->c->at;
    const char *end = memchr(start, '\n', ga_cursor_left(m->c));
    if (end == NULL)
        return GA_REFUSE(m, err, "its name is cut short");
    *text = start;
    *length = (size_t)(end - start);
    m->c->at += *length + 1;
    return GA_OK;
}

static ga_status op_global(ga_pickle_machine *m, ga_err *err)
{
    const char *module, *name;
    size_t module_length, name_length;
    ga_status status = line(m, &module, &module_length, err);
    if (status == GA_OK)
        status = line(m, &name, &name_length, err);
    return status == GA_OK ? push_global(m, module, module_length, name, name_length, err) : status;
}

static ga_status op_stack_global(ga_pickle_machine *m, ga_err *err)
{
    const ga_status status = ga_pickle_need(m, 2, err);
    if (status != GA_OK)
        return status;
    const ga_pv *name = ga_pickle_pop(m), *module = ga_pickle_pop(m);
    if (name->kind != GA_PV_STRING || module->kind != GA_PV_STRING)
        return GA_REFUSE(m, err, "takes two strings, found %s and %s", ga_pv_words(module),
                         ga_pv_words(name));
    return push_global(m, module->string.s, module->string.n, name->string.s, name->string.n, err);
}

static ga_status op_reduce(ga_pickle_machine *m, ga_err *err)
{
    ga_status status = ga_pickle_need(m, 2, err);
    if (status != GA_OK)
        return status;
    ga_pv *args = ga_pickle_pop(m), *result = NULL;
    const ga_pv *callable = ga_pickle_pop(m);
    if (args->kind != GA_PV_TUPLE)
        return GA_REFUSE(m, err, "the arguments are %s, expected a tuple", ga_pv_words(args));
    status = ga_pickle_call(m, callable, args, &result, err);
    return status == GA_OK ? ga_pickle_push(m, result, err) : status;
}

/* Objects get their attributes: they are dropped, whatever they are. OrderedDict has _metadata. */
static ga_status op_build(ga_pickle_machine *m, ga_err *err)
{
    const ga_status status = ga_pickle_need(m, 2, err);
    if (status != GA_OK)
        return status;
    ga_pickle_pop(m);
    if (ga_pickle_top(m)->kind != GA_PV_DICT && ga_pickle_top(m)->kind != GA_PV_OPAQUE)
        return GA_REFUSE(m, err, "gives attributes to %s, expected an object",
                         ga_pv_words(ga_pickle_top(m)));
    return GA_OK;
}

static ga_status op_binpersid(ga_pickle_machine *m, ga_err *err)
{
    ga_status status = ga_pickle_need(m, 1, err);
    if (status != GA_OK)
        return status;
    ga_pv *result = NULL;
    status = ga_pickle_persistent(m, ga_pickle_pop(m), &result, err);
    return status == GA_OK ? ga_pickle_push(m, result, err) : status;
}

/* ---- the table -------------------------------------------------------------------------------*/

/* All opcodes of protocols 0 to 5; those without a function are known by name only. */
static const struct {
    const char *name;
    opcode run;
} opcodes[256] = {
    [0x80] = {"PROTO", op_proto},
    [0x95] = {"FRAME", op_frame},
    ['.'] = {"STOP", op_stop},
    ['('] = {"MARK", ga_pickle_mark},
    ['N'] = {"NONE", op_none},
    [0x88] = {"NEWTRUE", op_newtrue},
    [0x89] = {"NEWFALSE", op_newfalse},
    ['J'] = {"BININT", op_binint},
    ['K'] = {"BININT1", op_binint1},
    ['M'] = {"BININT2", op_binint2},
    [0x8a] = {"LONG1", op_long1},
    ['G'] = {"BINFLOAT", op_binfloat},
    ['U'] = {"SHORT_BINSTRING", op_string1},
    ['T'] = {"BINSTRING", op_string4},
    [0x8c] = {"SHORT_BINUNICODE", op_string1},
    ['X'] = {"BINUNICODE", op_string4},
    [0x8d] = {"BINUNICODE8", op_string8},
    ['C'] = {"SHORT_BINBYTES", op_bytes1},
    ['B'] = {"BINBYTES", op_bytes4},
    ['}'] = {"EMPTY_DICT", op_empty_dict},
    [']'] = {"EMPTY_LIST", op_empty_list},
    [0x8f] = {"EMPTY_SET", op_empty_set},
    [')'] = {"EMPTY_TUPLE", op_empty_tuple},
    [0x85] = {"TUPLE1", op_tuple1},
    [0x86] = {"TUPLE2", op_tuple2},
    [0x87] = {"TUPLE3", op_tuple3},
    ['t'] = {"TUPLE", op_tuple},
    ['s'] = {"SETITEM", op_setitem},
    ['u'] = {"SETITEMS", op_setitems},
    ['a'] = {"APPEND", op_append},
    ['e'] = {"APPENDS", op_appends},
    [0x90] = {"ADDITEMS", op_additems},
    ['q'] = {"BINPUT", op_binput},
    ['r'] = {"LONG_BINPUT", op_long_binput},
    [0x94] = {"MEMOIZE", op_memoize},
    ['h'] = {"BINGET", op_binget},
    ['j'] = {"LONG_BINGET", op_long_binget},
    ['c'] = {"GLOBAL", op_global},
    [0x93] = {"STACK_GLOBAL", op_stack_global},
    ['R'] = {"REDUCE", op_reduce},
    [0x81] = {"NEWOBJ", op_reduce}, /* cls.__new__(cls, *args): the same for what is allowed */
    ['b'] = {"BUILD", op_build},
    ['Q'] = {"BINPERSID", op_binpersid},
    ['0'] = {"POP", NULL},
    ['1'] = {"POP_MARK", NULL},
    ['2'] = {"DUP", NULL},
    ['F'] = {"FLOAT", NULL},
    ['I'] = {"INT", NULL},
    ['L'] = {"LONG", NULL},
    ['P'] = {"PERSID", NULL},
    ['S'] = {"STRING", NULL},
    ['V'] = {"UNICODE", NULL},
    ['d'] = {"DICT", NULL},
    ['g'] = {"GET", NULL},
    ['i'] = {"INST", NULL},
    ['l'] = {"LIST", NULL},
    ['o'] = {"OBJ", NULL},
    ['p'] = {"PUT", NULL},
    [0x82] = {"EXT1", NULL},
    [0x83] = {"EXT2", NULL},
    [0x84] = {"EXT4", NULL},
    [0x8b] = {"LONG4", NULL},
    [0x8e] = {"BINBYTES8", NULL},
    [0x91] = {"FROZENSET", NULL},
    [0x92] = {"NEWOBJ_EX", NULL},
    [0x96] = {"BYTEARRAY8", NULL},
    [0x97] = {"NEXT_BUFFER", NULL},
    [0x98] = {"READONLY_BUFFER", NULL},
};

static ga_status step(ga_pickle_machine *m, ga_err *err)
{
    uint8_t byte = 0;
    m->op_at = m->c->at;
    const ga_status status = ga_read_u8(m->c, &byte, "pickle", err);
    if (status != GA_OK)
        return status;
    m->op = opcodes[byte].name;
    if (m->op == NULL)
        return ga_fail(err, GA_EDATA, "%s: offset %zu: byte 0x%02x is no pickle opcode",
                       m->c->where, m->op_at, byte);
    if (opcodes[byte].run == NULL)
        return ga_fail(err, GA_EDATA, "%s: offset %zu: opcode '%s' is not allowed", m->c->where,
                       m->op_at, m->op);
    return opcodes[byte].run(m, err);
}

ga_status ga_pickle_open(ga_pickle *p, const char *where, size_t limit, ga_err *err)
{
    *p = (ga_pickle){0};
    p->values.limit = limit < GA_PICKLE_MEMORY ? limit : GA_PICKLE_MEMORY;
    p->values.given = limit < GA_PICKLE_MEMORY;
    p->values.where = where;
    p->values.arena = ga_arena_create(p->values.limit);
    if (p->values.arena == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for its pickle", where);
    return GA_OK;
}

void ga_pickle_close(ga_pickle *p)
{
    ga_arena_free(p->values.arena);
    *p = (ga_pickle){0};
}

ga_status ga_pickle_run(ga_pickle *p, ga_cursor *c, ga_pv **root, ga_err *err)
{
    ga_pickle_machine m = {.p = p, .c = c, .start = c->at, .stack_capacity = GA_PICKLE_STACK_FIRST};
    ga_status status = GA_OK;
    m.stack = ga_mem_new(GA_PICKLE_STACK_FIRST, sizeof(ga_pv *));
    if (m.stack == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for the stack of a pickle", c->where);
    if (ga_cursor_left(c) > 0 && c->data[c->at] != 0x80)
        status = ga_cursor_fail(c, c->at, "pickle", err,
                                "begins with byte 0x%02x, expected opcode 'PROTO'", c->data[c->at]);
    while (status == GA_OK && !m.stopped)
        status = step(&m, err);
    if (status == GA_OK)
        *root = m.stack[0];
    ga_mem_free(m.stack);
    ga_mem_free(m.marks);
    ga_mem_free(m.memo);
    return status;
}
