/* op_table.c - the table of ops and the words they share. */
#include "net/op.h"
#include "net/op_list.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DECLARE(id, type) extern const ga_op ga_op_##id;
GA_OP_LIST(DECLARE)

#define ROW(id, type) &ga_op_##id,
static const ga_op *const table[] = {GA_OP_LIST(ROW) NULL};

const ga_op *ga_op_at(int i)
{
    return i >= 0 && i < GA_COUNT(table) ? table[i] : NULL;
}

const ga_op *ga_op_find(const char *type)
{
    for (int i = 0; table[i] != NULL; i++)
        if (strcmp(table[i]->type, type) == 0)
            return table[i];
    return NULL;
}

double ga_node_num(const ga_node *node, int attr, int k)
{
    const ga_attr_value *a = &node->attrs[attr];
    return a->n == 0 ? 0 : a->v[k < a->n ? k : a->n - 1];
}

int ga_node_int(const ga_node *node, int attr, int k)
{
    return (int)ga_node_num(node, attr, k);
}

bool ga_node_has(const ga_node *node, int attr)
{
    return node->attrs[attr].n > 0 || node->attrs[attr].word != NULL;
}

bool ga_node_word_is(const ga_node *node, int attr, const char *word)
{
    return node->attrs[attr].word != NULL && strcmp(node->attrs[attr].word, word) == 0;
}

ga_status ga_node_misfit(const ga_node *node, int i, ga_err *err, const char *format, ...)
{
    char words[256];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    const ga_dims d = node->in[i];
    return ga_fail(err, GA_ESHAPE, "layer '%s' (%s) %s, but '%s' gives (%d,%d,%d)", node->name,
                   node->op->type, words, node->input_names[i], d.c, d.h, d.w);
}

ga_status ga_node_out(const ga_node *node, int64_t c, int64_t h, int64_t w, ga_dims *out,
                      ga_err *err)
{
    const int64_t limit = INT32_MAX / 4; /* so that bytes of one image fit every size */
    if (h < 1 || w < 1)
        return ga_node_misfit(node, 0, err, "would make maps of %lld rows and %lld columns",
                              (long long)h, (long long)w);
    if (c < 1 || c > limit || h > limit || w > limit || c * h > limit || c * h * w > limit)
        return ga_node_misfit(node, 0, err, "would make (%lld,%lld,%lld), more than 2^29 numbers",
                              (long long)c, (long long)h, (long long)w);
    *out = (ga_dims){(int)c, (int)h, (int)w};
    return GA_OK;
}

ga_status ga_same_shape(const ga_node *node, ga_dims *out, ga_err *err)
{
    (void)err;
    *out = node->in[0];
    return GA_OK;
}

const char *const *ga_op_names(void)
{
#define NAME(id, type) type,
    static const char *const names[] = {GA_OP_LIST(NAME) NULL};
    return names;
}
