/* draft.c - the document of a family, layer by layer. */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "model/family.h"

/* ---- knobs ------------------------------------------------------------------------------------*/

static int knob_index(const ga_draft *d, const char *name)
{
    const ga_knob *knobs = d->row->face.knobs;
    int i = 0;
    while (knobs[i].name != NULL && strcmp(knobs[i].name, name) != 0)
        i++;
    assert(knobs[i].name != NULL);
    return i;
}

double ga_draft_number(const ga_draft *d, const char *knob)
{
    const int i = knob_index(d, knob);
    const char *const *words = d->row->face.knobs[i].words;
    double v = d->value[i];
    if (words != NULL)
        (void)ga_parse_f64(words[(int)v], &v);
    return v;
}

int ga_draft_int(const ga_draft *d, const char *knob)
{
    return (int)ga_draft_number(d, knob);
}

bool ga_draft_is(const ga_draft *d, const char *knob, const char *word)
{
    const int i = knob_index(d, knob);
    return strcmp(d->row->face.knobs[i].words[(int)d->value[i]], word) == 0;
}

/* ---- inputs, output ---------------------------------------------------------------------------*/

static void append(ga_draft *d, json_t *list, json_t *entry)
{
    if (json_array_append_new(list, entry) != 0)
        d->failed = true;
}

void ga_draft_latent(ga_draft *d, int z)
{
    append(d, d->inputs, json_pack("{s:s, s:i, s:s}", "name", "z", "size", z, "law", "normal"));
}

void ga_draft_picture(ga_draft *d, int channels, int pixels, int lo, int hi)
{
    append(d, d->inputs,
           json_pack("{s:s, s:[i,i,i], s:[i,i]}", "name", "image", "shape", channels, pixels,
                     pixels, "range", lo, hi));
}

void ga_draft_label(ga_draft *d, int classes)
{
    if (classes > 0)
        append(d, d->inputs, json_pack("{s:s, s:i}", "name", "label", "classes", classes));
}

void ga_draft_makes_pictures(ga_draft *d, int lo, int hi)
{
    d->output = json_pack("{s:[i,i]}", "range", lo, hi);
}

void ga_draft_makes(ga_draft *d, const char *kind)
{
    d->output = json_pack("{s:s}", "kind", kind);
}

void ga_draft_piece(ga_draft *d, const char *prefix)
{
    if (d->pieces == NULL)
        d->pieces = json_array();
    append(d, d->pieces, json_string(prefix));
}

/* ---- layers -----------------------------------------------------------------------------------*/

void ga_draft_block(ga_draft *d, int block)
{
    d->block = block;
}

/* The full name of a part in buf. */
static const char *name_of(const ga_draft *d, const char *part, char *buf, size_t size)
{
    if (part[0] == 0 || part[0] == '.')
        (void)snprintf(buf, size, "layer%d%s", d->block, part);
    else
        (void)snprintf(buf, size, "%s", part);
    return buf;
}

void ga_draft_add(ga_draft *d, const char *part, const char *type, const char *options, ...)
{
    char name[64];
    json_t *layer = json_pack("{s:s, s:s}", "name", name_of(d, part, name, sizeof name), "type",
                              type);
    if (layer != NULL && options != NULL) {
        json_error_t problem;
        va_list args;
        va_start(args, options);
        json_t *extra = json_vpack_ex(&problem, 0, options, args);
        va_end(args);
        if (extra == NULL || json_object_update(layer, extra) != 0)
            d->failed = true;
        json_decref(extra);
    }
    append(d, d->layers, layer);
}

void ga_draft_reads_all(ga_draft *d, const char *const *parts, int n)
{
    char name[64];
    json_t *layer = json_array_get(d->layers, json_array_size(d->layers) - 1);
    json_t *names = json_array();
    for (int i = 0; i < n; i++)
        append(d, names, json_string(name_of(d, parts[i], name, sizeof name)));
    if (json_object_set_new(layer, "inputs", names) != 0)
        d->failed = true;
}

void ga_draft_reads(ga_draft *d, const char *a, const char *b)
{
    ga_draft_reads_all(d, (const char *const[]){a, b}, b == NULL ? 1 : 2);
}

void ga_draft_linear(ga_draft *d, const char *part, int in, int out)
{
    ga_draft_add(d, part, "Linear", "{s:i, s:i}", "in_features", in, "out_features", out);
}

/* "bias": false only where there is none, as in the files that people write. */
static void add_conv(ga_draft *d, const char *part, const char *type, const int v[5], bool bias)
{
    ga_draft_add(d, part, type, "{s:i, s:i, s:i, s:i, s:i}", "in_channels", v[0], "out_channels",
                 v[1], "kernel_size", v[2], "stride", v[3], "padding", v[4]);
    json_t *layer = json_array_get(d->layers, json_array_size(d->layers) - 1);
    if (!bias && json_object_set_new(layer, "bias", json_false()) != 0)
        d->failed = true;
}

void ga_draft_conv(ga_draft *d, const char *part, int in, int out, int kernel, int stride,
                   int padding, bool bias)
{
    add_conv(d, part, "Conv2d", (const int[]){in, out, kernel, stride, padding}, bias);
}

void ga_draft_conv_transpose(ga_draft *d, const char *part, int in, int out, int kernel, int stride,
                             int padding, bool bias)
{
    add_conv(d, part, "ConvTranspose2d", (const int[]){in, out, kernel, stride, padding}, bias);
}

void ga_draft_activate(ga_draft *d, const char *activation, const char *dropout, double p)
{
    const char *part = p > 0 ? ".act" : "";
    if (strcmp(activation, "LeakyReLU") == 0)
        ga_draft_add(d, part, activation, "{s:f}", "negative_slope", 0.2);
    else
        ga_draft_add(d, part, activation, NULL);
    if (p > 0)
        ga_draft_add(d, "", dropout, "{s:f}", "p", p);
}

/* ---- labels -----------------------------------------------------------------------------------*/

int ga_draft_labelled_latent(ga_draft *d, int z, int classes)
{
    if (classes == 0)
        return z;
    const int code = classes < 64 ? classes : 64;
    ga_draft_add(d, "label.code", "Embedding", "{s:i, s:i}", "num_embeddings", classes,
                 "embedding_dim", code);
    ga_draft_reads(d, "label", NULL);
    ga_draft_add(d, "z.label", "Concat", NULL);
    ga_draft_reads(d, "z", "label.code");
    return z + code;
}

/* The codes start as normal numbers of deviation 1, as Embedding's do: their product with count
 * features is divided by the root of count, so that a label begins as a small voice (the run-time
 * scale of Karras et al. 2018, sec. 4.1, arXiv:1710.10196). The sum over features is their mean,
 * times count. */
void ga_draft_project(ga_draft *d, const char *features, int count, const char *score, int classes)
{
    ga_draft_add(d, "label.code", "Embedding", "{s:i, s:i}", "num_embeddings", classes,
                 "embedding_dim", count);
    ga_draft_reads(d, "label", NULL);
    ga_draft_add(d, "label.match", "Multiply", NULL);
    ga_draft_reads(d, features, "label.code");
    ga_draft_add(d, "label.row", "Reshape", "{s:[i,i,i]}", "shape", 1, 1, count);
    ga_draft_add(d, "label.mean", "AdaptiveAvgPool2d", "{s:i}", "output_size", 1);
    ga_draft_add(d, "label.score", "Scale", "{s:f}", "scale", sqrt((double)count));
    ga_draft_add(d, "logit", "Add", NULL);
    ga_draft_reads(d, score, "label.score");
}
