/* read_torch.c - from the object in a pickle to named arrays. */
#include "array/read_torch.h"
#include <stdio.h>
#include <string.h>

enum {
    DEPTH_MAX = 200,      /* containers in containers */
    VISITS_MAX = 1 << 20, /* values looked at: a memo lets a short pickle hold the same list in
                             itself very often */
    INDEX_DIGITS = 24
};

/* A container on the way down. */
struct place {
    const ga_pv *container;
    size_t next;        /* item (or key) to look at */
    size_t name_length; /* of the path to it */
};

struct walk {
    ga_weights *w;
    const char *where;
    struct place *path;
    int depth;
    char *name; /* of the value at hand, GA_NAME_MAX + 1 bytes */
    size_t name_length, visits;
};

static bool is_container(const ga_pv *v)
{
    return v->kind == GA_PV_DICT || v->kind == GA_PV_LIST || v->kind == GA_PV_TUPLE;
}

/* Sets the name to the path of the container and part. */
static ga_status extend_name(struct walk *k, size_t length, const char *part, size_t part_length,
                             ga_err *err)
{
    const size_t dot = k->depth > 1 ? 1 : 0; /* the outermost container has no name */
    if (part_length > GA_NAME_MAX - dot || length > GA_NAME_MAX - dot - part_length) {
        char shown[GA_SHOW];
        return ga_fail(err, GA_EDATA, "%s: a name that ends in '%s' has more than %d bytes",
                       k->where, ga_show(part, part_length, shown), GA_NAME_MAX);
    }
    if (dot > 0)
        k->name[length] = '.';
    if (part_length > 0)
        memcpy(k->name + length + dot, part, part_length);
    k->name_length = length + dot + part_length;
    return GA_OK;
}

static ga_status name_item(struct walk *k, const struct place *p, const ga_pv *key, ga_err *err)
{
    char digits[INDEX_DIGITS];
    if (key != NULL && key->kind == GA_PV_STRING)
        return extend_name(k, p->name_length, key->string.s, key->string.n, err);
    if (key != NULL && key->kind != GA_PV_INT)
        return ga_fail(err, GA_EDATA, "%s: under '%.*s' a key is %s, expected a string or an int",
                       k->where, (int)(p->name_length < 60 ? p->name_length : 60), k->name,
                       ga_pv_words(key));
    if (key != NULL)
        snprintf(digits, sizeof digits, "%lld", (long long)key->i);
    else
        snprintf(digits, sizeof digits, "%zu", p->next);
    return extend_name(k, p->name_length, digits, strlen(digits), err);
}

static ga_status add_tensor(struct walk *k, const ga_pickle_tensor *t, ga_err *err)
{
    const ga_pickle_storage *s = t->storage;
    const size_t size = ga_dtype_size(t->dtype);
    const size_t start = s->first * ga_dtype_size(s->dtype) + t->offset * size;
    size_t count = 0;
    ga_shape_count(t->rank, t->dim, &count);
    /* an empty tensor may have an offset behind its storage */
    const uint8_t *data = count > 0 ? (const uint8_t *)s->data + start : s->data;
    return ga_weights_add_strided(k->w, k->name, k->name_length, t->dtype, t->rank, t->dim,
                                  t->stride, data, err);
}

static ga_status enter(struct walk *k, const ga_pv *v, ga_err *err)
{
    if (k->depth == DEPTH_MAX)
        return ga_fail(err, GA_EDATA, "%s: containers are nested more than %d deep", k->where,
                       DEPTH_MAX);
    k->path[k->depth++] = (struct place){.container = v, .name_length = k->name_length};
    return GA_OK;
}

/* One item of the innermost container. */
static ga_status step(struct walk *k, ga_err *err)
{
    struct place *p = &k->path[k->depth - 1];
    const bool dict = p->container->kind == GA_PV_DICT;
    if (p->next >= p->container->seq.n) {
        k->depth--;
        return GA_OK;
    }
    if (++k->visits > VISITS_MAX)
        return ga_fail(err, GA_EDATA, "%s: holds more than %d values", k->where, VISITS_MAX);
    const ga_pv *key = dict ? p->container->seq.at[p->next] : NULL;
    const ga_pv *v = p->container->seq.at[p->next + (dict ? 1 : 0)];
    ga_status status = GA_OK;
    const bool wanted = v->kind == GA_PV_TENSOR || (is_container(v) && v->seq.n > 0);
    if (wanted)
        status = name_item(k, p, key, err);
    p->next += dict ? 2 : 1;
    if (status != GA_OK || !wanted)
        return status;
    return v->kind == GA_PV_TENSOR ? add_tensor(k, v->tensor, err) : enter(k, v, err);
}

ga_status ga_torch_collect(ga_weights *w, ga_pv *root, const char *where, ga_err *err)
{
    struct walk k = {.w = w, .where = where};
    if (root->kind == GA_PV_STORAGE || (root->kind != GA_PV_TENSOR && !is_container(root)))
        return ga_fail(err, GA_EDATA, "%s: holds %s, expected a dict of tensors", where,
                       ga_pv_words(root));
    ga_status status = GA_OK;
    k.path = ga_mem_new(DEPTH_MAX, sizeof *k.path);
    k.name = ga_mem_new(GA_NAME_MAX + 1, 1);
    if (k.path == NULL || k.name == NULL)
        status = ga_fail(err, GA_ENOMEM, "%s: no memory", where);
    else if (root->kind == GA_PV_TENSOR) {
        static const char bare[] = "tensor";
        k.name_length = sizeof bare - 1;
        memcpy(k.name, bare, sizeof bare);
        status = add_tensor(&k, root->tensor, err);
    } else {
        status = enter(&k, root, err);
    }
    while (status == GA_OK && k.depth > 0)
        status = step(&k, err);
    ga_mem_free(k.path);
    ga_mem_free(k.name);
    return status;
}
