/* select.c - a part of a data set: which classes, how many pictures of each, how large. */
#include "data/select.h"
#include "data/square.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Apart from the orders of epochs, which are streams 0, 1, ... of a seed. */
#define SUBSET_STREAM 0x737562736574u /* "subset" */

/* ---- classes ----------------------------------------------------------------------------------*/

/* The class that a word names, or -1. Spaces around it do not count. */
static int class_of_word(const ga_listing *l, const char *word, size_t length)
{
    while (length > 0 && word[0] == ' ')
        word++, length--;
    while (length > 0 && word[length - 1] == ' ')
        length--;
    char text[GA_CLASS_NAME];
    if (length < 1 || length >= sizeof text)
        return -1;
    memcpy(text, word, length);
    text[length] = 0;
    for (int i = 0; i < l->classes; i++)
        if (strcmp(l->class_names[i], text) == 0)
            return i;
    for (int i = 0; i < l->classes; i++)
        if (strcasecmp(l->class_names[i], text) == 0)
            return i;
    int64_t number;
    const bool digits = strspn(text, "0123456789") == length;
    return digits && ga_parse_i64(text, &number) && number < l->classes ? (int)number : -1;
}

/* "0-4"; a name may have a '-' itself, so each is tried. */
static bool range_of_word(const ga_listing *l, const char *word, size_t length, int *first,
                          int *last)
{
    for (size_t i = 1; i + 1 < length; i++) {
        if (word[i] != '-')
            continue;
        *first = class_of_word(l, word, i);
        *last = class_of_word(l, word + i + 1, length - i - 1);
        if (*first >= 0 && *last >= *first)
            return true;
    }
    return false;
}

/* "its 3 classes are cat, dog, bird", as far as they fit. */
static void list_classes(const ga_listing *l, char *buf, size_t size)
{
    size_t at = (size_t)snprintf(buf, size, "its %d classes are ", l->classes);
    for (int i = 0; i < l->classes; i++) {
        const char *name = l->class_names[i];
        if (at + strlen(name) + 12 > size) {
            snprintf(buf + at, size - at, ", ...");
            return;
        }
        at += (size_t)snprintf(buf + at, size - at, "%s%s", i > 0 ? ", " : "", name);
    }
}

static ga_status no_such_class(const ga_listing *l, const char *word, size_t length, ga_err *err)
{
    char text[GA_CLASS_NAME], all[320], hint[GA_DID_YOU_MEAN] = "";
    snprintf(text, sizeof text, "%.*s", (int)(length < 63 ? length : 63), word);
    list_classes(l, all, sizeof all);
    const char **names = ga_mem_new((size_t)l->classes + 1, sizeof *names);
    for (int i = 0; names != NULL && i < l->classes; i++)
        names[i] = l->class_names[i];
    if (names != NULL && strspn(text, "0123456789") != strlen(text)) /* no number is "near" */
        ga_did_you_mean(text, names, hint);
    const ga_status status = ga_fail(err, GA_ENOTFOUND, "class '%s' is not in data set '%s'%s: %s",
                                     text, l->name, hint, all);
    ga_mem_free(names);
    return status;
}

/* chosen (classes), zeroed before. text NULL: all. */
static ga_status choose_classes(const ga_listing *l, const char *text, bool *chosen, ga_err *err)
{
    if (text == NULL) {
        memset(chosen, 1, (size_t)l->classes * sizeof *chosen);
        return GA_OK;
    }
    if (text[strspn(text, " ,")] == 0)
        return ga_fail(err, GA_EINVAL,
                       "the selection '%s' names no class of data set '%s': expected such as 7, "
                       "0-4 or 1,3,5",
                       text, l->name);
    for (const char *word = text;;) {
        const size_t length = strcspn(word, ",");
        int first = class_of_word(l, word, length), last = first;
        if (first < 0 && !range_of_word(l, word, length, &first, &last))
            return no_such_class(l, word, length, err);
        for (int i = first; i <= last; i++)
            chosen[i] = true;
        if (word[length] == 0)
            return GA_OK;
        word += length + 1;
    }
}

/* ---- pictures ---------------------------------------------------------------------------------*/

/* How many of each class: the same number of each as far as there are so many, and one more of the
 * first ones for the rest. take and count are (classes); count is 0 for what is not chosen. */
static void share_out(const int32_t *count, int classes, int images, int32_t *take)
{
    int low = 0, high = images; /* the largest level whose sum is not above images */
    while (low < high) {
        const int level = low + (high - low + 1) / 2;
        int64_t sum = 0;
        for (int i = 0; i < classes; i++)
            sum += count[i] < level ? count[i] : level;
        if (sum <= images)
            low = level;
        else
            high = level - 1;
    }
    int64_t rest = images;
    for (int i = 0; i < classes; i++) {
        take[i] = count[i] < low ? count[i] : low;
        rest -= take[i];
    }
    for (int i = 0; i < classes && rest > 0; i++)
        if (count[i] > take[i]) {
            take[i]++;
            rest--;
        }
}

/* Keeps of each class take[class] pictures, the first in an order drawn from the seed. */
static ga_status draw_subset(const ga_listing *l, uint64_t seed, int32_t *take, bool *keep,
                             ga_err *err)
{
    uint32_t *order = ga_mem_new((size_t)l->n, sizeof *order);
    if (order == NULL)
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", l->name);
    for (int i = 0; i < l->n; i++)
        order[i] = (uint32_t)i;
    ga_rng rng = ga_rng_of(seed, SUBSET_STREAM);
    ga_rng_shuffle(&rng, order, (uint32_t)l->n);
    for (int i = 0; i < l->n; i++)
        keep[order[i]] = take[l->labels[order[i]]]-- > 0;
    ga_mem_free(order);
    return GA_OK;
}

static ga_status check_numbers(const ga_listing *l, const ga_data_selection *what, int there,
                               ga_err *err)
{
    const char *split = ga_split_name(l->split);
    if (what->pixels < 0 || what->pixels > GA_MAX_SIDE)
        return ga_fail(err, GA_EINVAL, "pictures of %d pixels a side, expected 1 to %d",
                       what->pixels, GA_MAX_SIDE);
    if (there == 0)
        return ga_fail(err, GA_ENOTFOUND,
                       "the selection '%s' is empty: no picture of these classes is in the %s "
                       "split of data set '%s'",
                       what->classes, split, l->name);
    if (what->images < 0 || what->images > there)
        return ga_fail(err, GA_EINVAL,
                       "%d pictures of data set '%s', whose %s split has %d%s: ask for 1 to %d",
                       what->images, l->name, split, there,
                       what->classes != NULL ? " of these classes" : "", there);
    return GA_OK;
}

/* Old and new labels, and the pictures that are kept. */
static ga_status write_down(const ga_listing *l, const bool *chosen, const bool *keep, int32_t *map,
                            ga_picked *out, ga_err *err)
{
    for (int i = 0; i < l->n; i++)
        out->n += keep[i];
    out->index = ga_mem_new((size_t)out->n, sizeof *out->index);
    out->label = ga_mem_new((size_t)out->n, sizeof *out->label);
    out->class_index = ga_mem_new((size_t)l->classes, sizeof *out->class_index);
    if (out->index == NULL || out->label == NULL || out->class_index == NULL)
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", l->name);
    for (int i = 0; i < l->classes; i++) {
        map[i] = out->classes;
        if (chosen[i])
            out->class_index[out->classes++] = i;
    }
    int at = 0;
    for (int i = 0; i < l->n; i++)
        if (keep[i]) {
            out->index[at] = (uint32_t)i;
            out->label[at++] = map[l->labels[i]];
        }
    return GA_OK;
}

ga_status ga_pick(const ga_listing *l, const ga_data_selection *what, ga_picked *out, ga_err *err)
{
    static const ga_data_selection all = {0};
    *out = (ga_picked){0};
    what = what != NULL ? what : &all;
    const size_t classes = (size_t)l->classes;
    bool *chosen = ga_mem_new(classes, sizeof *chosen), *keep = ga_mem_new((size_t)l->n, 1);
    int32_t *count = ga_mem_new(classes, sizeof *count), *take = ga_mem_new(classes, sizeof *take);
    int there = 0;
    ga_status status = GA_OK;
    if (chosen == NULL || keep == NULL || count == NULL || take == NULL)
        status = ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", l->name);
    else
        status = choose_classes(l, what->classes, chosen, err);
    for (int i = 0; status == GA_OK && i < l->n; i++) {
        keep[i] = chosen[l->labels[i]];
        count[l->labels[i]] += keep[i];
        there += keep[i];
    }
    if (status == GA_OK)
        status = check_numbers(l, what, there, err);
    if (status == GA_OK && what->images > 0) {
        share_out(count, l->classes, what->images, take);
        status = draw_subset(l, what->seed, take, keep, err);
    }
    if (status == GA_OK)
        status = write_down(l, chosen, keep, count, out, err);
    if (status != GA_OK)
        ga_picked_free(out);
    ga_mem_free(chosen);
    ga_mem_free(keep);
    ga_mem_free(count);
    ga_mem_free(take);
    return status;
}

void ga_picked_free(ga_picked *p)
{
    ga_mem_free(p->index);
    ga_mem_free(p->label);
    ga_mem_free(p->class_index);
    *p = (ga_picked){0};
}

/* ---- the new set ------------------------------------------------------------------------------*/

static ga_status copy_pixels(const ga_dataset *d, const ga_picked *p, int side, uint8_t *dst,
                             ga_err *err)
{
    const size_t size = ga_dims_count(d->dims);
    const size_t new_size = side > 0 ? (size_t)side * (size_t)side * (size_t)d->dims.c : size;
    ga_square square = {0};
    ga_status status = side > 0 ? ga_square_set(&square, d->dims, side, err) : GA_OK;
    for (int i = 0; status == GA_OK && i < p->n; i++) {
        const uint8_t *src = d->pixels + p->index[i] * size;
        if (side > 0)
            ga_square_run(&square, src, dst + (size_t)i * new_size);
        else
            memcpy(dst + (size_t)i * new_size, src, size);
    }
    ga_square_free(&square);
    return status;
}

/* Makes the set; the labels of p move into it. */
static ga_status build(const ga_dataset *d, ga_picked *p, int side, ga_dataset **out, ga_err *err)
{
    ga_dims dims = d->dims;
    if (side > 0)
        dims.h = dims.w = side;
    size_t bytes = 0;
    ga_status status = ga_dataset_bytes(d->name, p->n, dims, &bytes, err);
    if (status != GA_OK)
        return status;
    uint8_t *pixels = ga_mem_new(bytes, 1);
    const char **names = ga_mem_new((size_t)p->classes, sizeof *names);
    uint32_t *scene = d->scene != NULL ? ga_mem_new((size_t)p->n, sizeof *scene) : NULL;
    if (pixels == NULL || names == NULL || (d->scene != NULL && scene == NULL))
        status = ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", d->name);
    else
        status = copy_pixels(d, p, side, pixels, err);
    for (int i = 0; status == GA_OK && i < p->classes; i++)
        names[i] = d->class_names[p->class_index[i]];
    if (status == GA_OK) {
        status = ga_dataset_take(d->name, d->folder, d->split, pixels, p->label, p->n, dims,
                                 p->classes, names, out, err);
        pixels = NULL;
        p->label = NULL;
    }
    for (int i = 0; status == GA_OK && scene != NULL && i < p->n; i++)
        scene[i] = d->scene[p->index[i]];
    if (status == GA_OK) {
        memcpy((*out)->note, d->note, sizeof d->note);
        (*out)->scene = scene;
        (*out)->scene_seed = d->scene_seed;
        scene = NULL;
    }
    ga_mem_free(scene);
    ga_mem_free(pixels);
    ga_mem_free(names);
    return status;
}

ga_status ga_dataset_select(const ga_dataset *d, const ga_data_selection *what, ga_dataset **out,
                            ga_err *err)
{
    *out = NULL;
    const ga_listing listing = {d->name, d->split, d->labels, d->n, d->classes, d->class_names};
    ga_picked picked;
    ga_status status = ga_pick(&listing, what, &picked, err);
    if (status != GA_OK)
        return status;
    const int side = what != NULL ? what->pixels : 0;
    const bool same = d->dims.h == side && d->dims.w == side;
    status = build(d, &picked, same ? 0 : side, out, err);
    ga_picked_free(&picked);
    return status;
}
