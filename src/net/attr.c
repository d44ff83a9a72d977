/* attr.c - options of a layer against what its type knows. */
#include "base/text.h"
#include "net/graph.h"
#include <math.h>
#include <string.h>

static ga_status unknown_option(const ga_node *node, const char *key, ga_err *err)
{
    const ga_op *op = node->op;
    const char *keys[GA_MAX_ATTRS + 1] = {NULL};
    ga_text list = {0};
    for (int i = 0; i < op->n_attrs; i++) {
        keys[i] = op->attrs[i].key;
        ga_text_addf(&list, "%s%s", i > 0 ? ", " : "", keys[i]);
    }
    char hint[GA_DID_YOU_MEAN];
    const ga_status s =
        op->n_attrs == 0
            ? ga_fail(err, GA_EINVAL, "layer '%s': '%s' takes no options, got '%s'", node->name,
                      op->type, key)
            : ga_fail(err, GA_EINVAL, "layer '%s': '%s' has no option '%s'%s: its options are %s",
                      node->name, op->type, key, ga_did_you_mean(key, keys, hint),
                      list.failed ? "?" : list.data);
    ga_text_free(&list);
    return s;
}

static ga_status take_word(const ga_node *node, const ga_attr_spec *spec, const ga_attr *attr,
                           ga_attr_value *value, ga_err *err)
{
    ga_text list = {0};
    for (int i = 0; spec->words[i] != NULL; i++) {
        if (attr->word != NULL && strcmp(attr->word, spec->words[i]) == 0) {
            value->word = spec->words[i];
            value->differs = i > 0;
            ga_text_free(&list);
            return GA_OK;
        }
        ga_text_addf(&list, "%s'%s'", i > 0 ? ", " : "", spec->words[i]);
    }
    const ga_status s = ga_fail(err, GA_EINVAL, "layer '%s' (%s): %s is %s%s%s, expected one of %s",
                                node->name, node->op->type, spec->key,
                                attr->word != NULL ? "'" : "",
                                attr->word != NULL ? attr->word : "a number",
                                attr->word != NULL ? "'" : "", list.failed ? "?" : list.data);
    ga_text_free(&list);
    return s;
}

static ga_status take_numbers(const ga_node *node, const ga_attr_spec *spec, const ga_attr *attr,
                              ga_attr_value *value, ga_err *err)
{
    if (attr->word != NULL || attr->n < spec->min || attr->n > spec->max)
        return ga_fail(err, GA_EINVAL, "layer '%s' (%s): %s has %d numbers, expected %d to %d",
                       node->name, node->op->type, spec->key, attr->word != NULL ? 0 : attr->n,
                       spec->min, spec->max);
    bool differs = spec->required || isnan(spec->init);
    for (int k = 0; k < attr->n; k++) {
        const double v = attr->v[k];
        if (!(v >= spec->lo && v <= spec->hi) || (spec->whole && v != floor(v)))
            return ga_fail(err, GA_EINVAL,
                           "layer '%s' (%s): %s is %g, expected a %snumber %g to %g", node->name,
                           node->op->type, spec->key, v, spec->whole ? "whole " : "", spec->lo,
                           spec->hi);
        differs = differs || v != spec->init;
        value->v[k] = v;
    }
    value->n = attr->n;
    value->differs = differs;
    return GA_OK;
}

ga_status ga_resolve_attrs(ga_node *node, const ga_attr *attrs, int n, ga_err *err)
{
    const ga_op *op = node->op;
    bool given[GA_MAX_ATTRS] = {false};
    for (int i = 0; i < op->n_attrs; i++) {
        const ga_attr_spec *spec = &op->attrs[i];
        ga_attr_value *value = &node->attrs[i];
        if (spec->max == 0) {
            value->word = spec->words[0];
        } else if (!spec->required && !isnan(spec->init)) {
            value->n = spec->min;
            for (int k = 0; k < spec->min; k++)
                value->v[k] = spec->init;
        }
    }
    for (int k = 0; k < n; k++) {
        int i = 0;
        while (i < op->n_attrs && strcmp(op->attrs[i].key, attrs[k].key) != 0)
            i++;
        if (i == op->n_attrs)
            return unknown_option(node, attrs[k].key, err);
        if (given[i])
            return ga_fail(err, GA_EINVAL, "layer '%s' (%s): %s is given twice", node->name,
                           op->type, attrs[k].key);
        given[i] = true;
        const ga_status s = op->attrs[i].max == 0
                                ? take_word(node, &op->attrs[i], &attrs[k], &node->attrs[i], err)
                                : take_numbers(node, &op->attrs[i], &attrs[k], &node->attrs[i],
                                               err);
        if (s != GA_OK)
            return s;
    }
    for (int i = 0; i < op->n_attrs; i++)
        if (op->attrs[i].required && !given[i])
            return ga_fail(err, GA_EINVAL, "layer '%s' (%s) needs %s", node->name, op->type,
                           op->attrs[i].key);
    return GA_OK;
}
