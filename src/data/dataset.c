/* dataset.c - a data set in memory: made from arrays, asked, named by its content. */
#include "data/dataset.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add_u32(ga_sha256 *h, uint32_t v)
{
    const uint8_t raw[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    ga_sha256_add(h, raw, 4);
}

static void name_content(ga_dataset *d)
{
    static const char method[] = "ganatomy dataset 1\n";
    const int shape[] = {d->n, d->dims.h, d->dims.w, d->dims.c, d->classes};
    ga_sha256 h;
    uint8_t digest[32];
    ga_sha256_start(&h);
    ga_sha256_add(&h, method, sizeof method - 1);
    for (int i = 0; i < 5; i++)
        add_u32(&h, (uint32_t)shape[i]);
    ga_sha256_add(&h, d->pixels, (size_t)d->n * ga_dims_count(d->dims));
    for (int i = 0; i < d->n; i++)
        add_u32(&h, (uint32_t)d->labels[i]);
    ga_sha256_end(&h, digest);
    ga_hex(digest, 32, d->hash);
}

ga_status ga_dataset_take(const char *name, const char *folder, ga_split split, uint8_t *pixels,
                          int32_t *labels, int n, ga_dims dims, int classes,
                          const char *const *class_names, ga_dataset **out, ga_err *err)
{
    *out = NULL;
    ga_dataset *d = ga_mem_new(1, sizeof *d);
    if (d == NULL) {
        ga_mem_free(pixels);
        ga_mem_free(labels);
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", name);
    }
    d->pixels = pixels;
    d->labels = labels;
    d->split = split;
    d->n = n;
    d->dims = dims;
    d->classes = classes;
    d->name = ga_mem_string(name);
    d->folder = ga_mem_string(folder);
    d->class_names = ga_mem_new((size_t)classes, GA_CLASS_NAME);
    if (d->name == NULL || d->folder == NULL || d->class_names == NULL) {
        ga_dataset_free(d);
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", name);
    }
    name_content(d);
    const ga_catalog_entry *same = ga_catalog_of_content(d->hash, split);
    d->published = same != NULL;
    if (class_names == NULL && same != NULL)
        class_names = same->class_names;
    for (int i = 0; i < classes; i++) {
        if (class_names != NULL)
            snprintf(d->class_names[i], GA_CLASS_NAME, "%s", class_names[i]);
        else
            snprintf(d->class_names[i], GA_CLASS_NAME, "%d", i);
    }
    *out = d;
    return GA_OK;
}

ga_status ga_dataset_create(const char *name, ga_split split, const uint8_t *pixels,
                            const int32_t *labels, int n, ga_dims dims, int classes,
                            const char *const *class_names, ga_dataset **out, ga_err *err)
{
    *out = NULL;
    if (n < 1 || dims.h < 1 || dims.w < 1 || (dims.c != 1 && dims.c != 3))
        return ga_fail(err, GA_EINVAL,
                       "data set '%s': %d pictures of %d x %d x %d, expected at least one of 1 or "
                       "3 channels",
                       name, n, dims.c, dims.h, dims.w);
    if (classes < 1 || classes > GA_MAX_CLASSES)
        return ga_fail(err, GA_EINVAL, "data set '%s': %d classes, expected 1 to %d", name, classes,
                       GA_MAX_CLASSES);
    for (int i = 0; i < n; i++)
        if (labels[i] < 0 || labels[i] >= classes)
            return ga_fail(err, GA_EINVAL,
                           "data set '%s': label %d of picture %d, expected 0 to %d", name,
                           labels[i], i, classes - 1);
    size_t bytes;
    if (!ga_mul((size_t)dims.h, (size_t)dims.w, &bytes) || !ga_mul(bytes, (size_t)dims.c, &bytes) ||
        !ga_mul(bytes, (size_t)n, &bytes))
        return ga_fail(err, GA_EINVAL, "data set '%s': %d x %d x %d pixels are too many", name,
                       dims.c, dims.h, dims.w);
    uint8_t *own_pixels = ga_mem_new(bytes, 1);
    int32_t *own_labels = ga_mem_new((size_t)n, sizeof *own_labels);
    if (own_pixels == NULL || own_labels == NULL) {
        ga_mem_free(own_pixels);
        ga_mem_free(own_labels);
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", name);
    }
    memcpy(own_pixels, pixels, bytes);
    memcpy(own_labels, labels, (size_t)n * sizeof *labels);
    return ga_dataset_take(name, "", split, own_pixels, own_labels, n, dims, classes, class_names,
                           out, err);
}

void ga_dataset_free(ga_dataset *d)
{
    if (d == NULL)
        return;
    ga_mem_free(d->name);
    ga_mem_free(d->folder);
    ga_mem_free(d->pixels);
    ga_mem_free(d->labels);
    ga_mem_free(d->class_names);
    ga_mem_free(d->scene);
    ga_mem_free(d);
}

ga_status ga_dataset_bytes(const char *name, int n, ga_dims dims, size_t *bytes, ga_err *err)
{
    char wanted[16], limit[16];
    const bool counted = ga_mul((size_t)dims.h, (size_t)dims.w, bytes) &&
                         ga_mul(*bytes, (size_t)dims.c, bytes) && ga_mul(*bytes, (size_t)n, bytes);
    if (counted && *bytes <= GA_DATA_MAX_BYTES)
        return GA_OK;
    ga_format_bytes(counted ? *bytes : SIZE_MAX, wanted, sizeof wanted);
    ga_format_bytes(GA_DATA_MAX_BYTES, limit, sizeof limit);
    return ga_fail(err, GA_EDATA,
                   "data set '%s': %d pictures of %d x %d with %d channels are %s, more than the "
                   "limit of %s: take fewer (--images) or smaller ones (--pixels)",
                   name, n, dims.h, dims.w, dims.c, wanted, limit);
}

void ga_dataset_add_note(ga_dataset *d, const char *format, ...)
{
    for (int i = 0; i < GA_MAX_NOTES; i++)
        if (d->note[i][0] == 0) {
            va_list args;
            va_start(args, format);
            vsnprintf(d->note[i], GA_NOTE, format, args);
            va_end(args);
            return;
        }
}

const char *ga_dataset_note(const ga_dataset *d, int i)
{
    return i >= 0 && i < GA_MAX_NOTES && d->note[i][0] != 0 ? d->note[i] : NULL;
}

const char *ga_dataset_name(const ga_dataset *d)
{
    return d->name;
}

const char *ga_dataset_folder(const ga_dataset *d)
{
    return d->folder;
}

ga_split ga_dataset_split(const ga_dataset *d)
{
    return d->split;
}

int ga_dataset_n(const ga_dataset *d)
{
    return d->n;
}

ga_dims ga_dataset_dims(const ga_dataset *d)
{
    return d->dims;
}

int ga_dataset_classes(const ga_dataset *d)
{
    return d->classes;
}

const char *ga_dataset_class_name(const ga_dataset *d, int class_index)
{
    return class_index >= 0 && class_index < d->classes ? d->class_names[class_index] : "?";
}

const uint8_t *ga_dataset_pixels(const ga_dataset *d)
{
    return d->pixels;
}

const int32_t *ga_dataset_labels(const ga_dataset *d)
{
    return d->labels;
}

void ga_dataset_class_counts(const ga_dataset *d, int *counts)
{
    memset(counts, 0, (size_t)d->classes * sizeof *counts);
    for (int i = 0; i < d->n; i++)
        counts[d->labels[i]]++;
}

const char *ga_dataset_hash(const ga_dataset *d)
{
    return d->hash;
}

bool ga_dataset_is_published(const ga_dataset *d)
{
    return d->published;
}
