/* pickle_stack.c - what the pickle machine works on: values, the stack with its marks, the memo. */
#include "array/pickle_stack.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ga_pickle_complain(const ga_pickle_machine *m, ga_err *err, const char *format, ...)
{
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    (void)ga_fail(err, GA_EDATA, "%s: offset %zu: opcode '%s': %s", m->c->where, m->op_at, m->op,
                  words);
}

const char *ga_pv_words(const ga_pv *v)
{
    static const char *const words[] = {
        [GA_PV_NONE] = "None",         [GA_PV_BOOL] = "a bool",     [GA_PV_INT] = "an int",
        [GA_PV_LONG] = "a huge int",   [GA_PV_FLOAT] = "a float",   [GA_PV_STRING] = "a string",
        [GA_PV_BYTES] = "bytes",       [GA_PV_TUPLE] = "a tuple",   [GA_PV_LIST] = "a list",
        [GA_PV_DICT] = "a dict",       [GA_PV_SET] = "a set",       [GA_PV_GLOBAL] = "a class",
        [GA_PV_STORAGE] = "a storage", [GA_PV_TENSOR] = "a tensor", [GA_PV_OPAQUE] = "an object",
    };
    return words[v->kind];
}

/* ---- values ----------------------------------------------------------------------------------*/

ga_status ga_pv_new(ga_pickle_machine *m, ga_pv_kind kind, ga_pv **out, ga_err *err)
{
    void *v = NULL;
    const ga_status status = ga_budget_new(&m->p->values, 1, sizeof **out, &v, err);
    if (status != GA_OK)
        return status;
    *out = v;
    (*out)->kind = kind;
    return GA_OK;
}

ga_status ga_pv_append(ga_pickle_machine *m, ga_pv *seq, ga_pv *item, ga_err *err)
{
    if (seq->seq.n == seq->seq.capacity) {
        const size_t capacity = seq->seq.capacity > 0 ? 2 * seq->seq.capacity : 4;
        void *at = NULL;
        const ga_status status = ga_budget_new(&m->p->values, capacity, sizeof(ga_pv *), &at, err);
        if (status != GA_OK)
            return status;
        if (seq->seq.n > 0)
            memcpy(at, seq->seq.at, seq->seq.n * sizeof(ga_pv *));
        seq->seq.at = at;
        seq->seq.capacity = capacity;
    }
    seq->seq.at[seq->seq.n++] = item;
    return GA_OK;
}

/* ---- stack -----------------------------------------------------------------------------------*/

/* Makes room for one more element of a growing array. */
static ga_status reserve(const ga_pickle_machine *m, void **array, size_t n, size_t *capacity,
                         size_t size, const char *what, ga_err *err)
{
    if (n < *capacity)
        return GA_OK;
    if (n >= GA_PICKLE_STACK)
        return GA_REFUSE(m, err, "%s holds %zu values already, the most that is allowed", what, n);
    size_t more = *capacity > 0 ? 2 * *capacity : GA_PICKLE_STACK_FIRST;
    while (more <= n)
        more *= 2;
    void *larger = ga_mem_resize(*array, *capacity, more, size);
    if (larger == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for %s of a pickle", m->c->where, what);
    *array = larger;
    *capacity = more;
    return GA_OK;
}

ga_status ga_pickle_push(ga_pickle_machine *m, ga_pv *v, ga_err *err)
{
    void *stack = m->stack;
    const ga_status status = reserve(m, &stack, m->depth, &m->stack_capacity, sizeof(ga_pv *),
                                     "the stack", err);
    m->stack = stack;
    if (status == GA_OK)
        m->stack[m->depth++] = v;
    return status;
}

ga_status ga_pickle_push_new(ga_pickle_machine *m, ga_pv_kind kind, ga_pv **out, ga_err *err)
{
    const ga_status status = ga_pv_new(m, kind, out, err);
    return status == GA_OK ? ga_pickle_push(m, *out, err) : status;
}

/* Values above the last mark; nothing below it can be reached. */
static size_t available(const ga_pickle_machine *m)
{
    return m->depth - (m->n_marks > 0 ? m->marks[m->n_marks - 1] : 0);
}

ga_status ga_pickle_need(const ga_pickle_machine *m, size_t n, ga_err *err)
{
    if (available(m) < n)
        return GA_REFUSE(m, err, "takes %zu values from the stack, but %zu are there", n,
                         available(m));
    return GA_OK;
}

ga_pv *ga_pickle_pop(ga_pickle_machine *m)
{
    return m->stack[--m->depth];
}

ga_pv *ga_pickle_top(const ga_pickle_machine *m)
{
    return m->stack[m->depth - 1];
}

ga_status ga_pickle_mark(ga_pickle_machine *m, ga_err *err)
{
    void *marks = m->marks;
    const ga_status status = reserve(m, &marks, m->n_marks, &m->marks_capacity, sizeof *m->marks,
                                     "the list of marks", err);
    m->marks = marks;
    if (status == GA_OK)
        m->marks[m->n_marks++] = m->depth;
    return status;
}

ga_status ga_pickle_unmark(ga_pickle_machine *m, ga_pv ***items, size_t *n, ga_err *err)
{
    if (m->n_marks == 0)
        return GA_REFUSE(m, err, "there is no MARK for it");
    const size_t at = m->marks[--m->n_marks];
    *n = m->depth - at;
    *items = m->stack + at;
    return GA_OK;
}

ga_status ga_pickle_push_tuple(ga_pickle_machine *m, ga_pv **items, size_t n, ga_err *err)
{
    void *at = NULL;
    ga_pv *v = NULL;
    ga_status status = ga_budget_new(&m->p->values, n, sizeof(ga_pv *), &at, err);
    if (status == GA_OK)
        status = ga_pv_new(m, GA_PV_TUPLE, &v, err);
    if (status != GA_OK)
        return status;
    if (n > 0)
        memcpy(at, items, n * sizeof(ga_pv *));
    v->seq.at = at;
    v->seq.n = v->seq.capacity = n;
    m->depth -= n;
    return ga_pickle_push(m, v, err);
}

ga_status ga_pickle_add(ga_pickle_machine *m, ga_pv_kind kind, ga_pv **items, size_t n, ga_err *err)
{
    m->depth -= n;
    ga_status status = ga_pickle_need(m, 1, err);
    if (status != GA_OK)
        return status;
    ga_pv *seq = ga_pickle_top(m);
    if (seq->kind != kind) {
        const ga_pv wanted = {.kind = kind};
        return GA_REFUSE(m, err, "adds to %s, expected %s", ga_pv_words(seq), ga_pv_words(&wanted));
    }
    if (kind == GA_PV_DICT && n % 2 != 0)
        return GA_REFUSE(m, err, "%zu values are no pairs of key and value", n);
    if (kind == GA_PV_SET)
        return GA_OK;
    for (size_t i = 0; i < n && status == GA_OK; i++)
        status = ga_pv_append(m, seq, items[i], err);
    return status;
}

/* ---- memo ------------------------------------------------------------------------------------*/

/* Picklers number their memo from 0 on without gaps, so no index can exceed the pickle's length;
 * a hostile one must not make the table grow beyond that. */
ga_status ga_pickle_put(ga_pickle_machine *m, uint64_t index, ga_err *err)
{
    ga_status status = ga_pickle_need(m, 1, err);
    if (status != GA_OK)
        return status;
    if (index >= GA_PICKLE_STACK || index > m->op_at - m->start)
        return GA_REFUSE(m, err, "memo index %llu in a pickle of so far %zu bytes",
                         (unsigned long long)index, m->op_at - m->start);
    void *memo = m->memo;
    status = reserve(m, &memo, (size_t)index, &m->memo_capacity, sizeof(ga_pv *), "the memo", err);
    m->memo = memo;
    if (status != GA_OK)
        return status;
    m->memo[index] = ga_pickle_top(m);
    if (index >= m->memo_next)
        m->memo_next = (size_t)index + 1;
    return GA_OK;
}

ga_status ga_pickle_get(ga_pickle_machine *m, uint64_t index, ga_err *err)
{
    if (index >= m->memo_capacity || m->memo[index] == NULL)
        return GA_REFUSE(m, err, "memo index %llu was never put", (unsigned long long)index);
    return ga_pickle_push(m, m->memo[index], err);
}
