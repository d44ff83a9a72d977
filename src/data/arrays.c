/* arrays.c - a file of arrays (.npz, also the other forms that the array room reads) as a data set:
 * which arrays are pictures and labels, what their numbers mean, and the pixels of what is
 * selected. Names as Keras, torchvision's users and MedMNIST have them. */
#include "data/reading.h"
#include "data/square.h"
#include "array/weights.h"
#include "base/alloc.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What a picture's numbers are. */
typedef enum meaning { BYTES, SHARES, SIGNED } meaning; /* 0..255, 0..1, -1..1 */

/* One array of pictures, with its labels. */
typedef struct part {
    const ga_array *images, *labels; /* labels may be NULL */
    bool train, test;                /* what it holds; both: a tenth is held out */
} part;

typedef struct arrays {
    const ga_reading *r;
    const ga_weights *file;
    part part[2];
    int n_parts;
    ga_dims dims;
    bool channels_first;
    meaning meaning;
    int classes;
    char (*class_names)[GA_CLASS_NAME];
} arrays;

/* ---- which arrays -----------------------------------------------------------------------------*/

static const ga_array *find_any(const ga_weights *file, const char *const *names)
{
    for (; *names != NULL; names++)
        for (int i = 0; i < ga_weights_count(file); i++)
            if (strcasecmp(ga_weights_at(file, i)->name, *names) == 0)
                return ga_weights_at(file, i);
    return NULL;
}

static ga_status no_pictures(const arrays *a, ga_err *err)
{
    char list[300] = "none";
    size_t at = 0;
    for (int i = 0; i < ga_weights_count(a->file) && at + GA_SHOW + 8 < sizeof list; i++) {
        char shown[GA_SHOW];
        const char *name = ga_weights_at(a->file, i)->name;
        at += (size_t)snprintf(list + at, sizeof list - at, "%s'%s'", i > 0 ? ", " : "",
                               ga_show(name, strlen(name), shown));
    }
    return ga_fail(err, GA_EDATA,
                   "%s: found no pictures: expected an array 'images' or 'x_train' and 'x_test'; "
                   "its arrays are: %s",
                   a->r->path, list);
}

/* part[0].images stays NULL where there are none, or only those of the test split. */
static void find_parts(arrays *a)
{
    static const char *const train[] = {"x_train", "train_images", "images_train", NULL},
                             *const test[] = {"x_test", "test_images", "images_test", NULL},
                             *const whole[] = {"images", "x", "data", "arr_0", NULL},
                             *const train_l[] = {"y_train", "train_labels", "labels_train", NULL},
                             *const test_l[] = {"y_test", "test_labels", "labels_test", NULL},
                             *const whole_l[] = {"labels", "y", "targets", "arr_1", NULL};
    const ga_array *first = find_any(a->file, train), *second = find_any(a->file, test);
    a->n_parts = second != NULL ? 2 : 1;
    if (first != NULL)
        a->part[0] = (part){first, find_any(a->file, train_l), true, second == NULL};
    else if (second == NULL)
        a->part[0] = (part){find_any(a->file, whole), find_any(a->file, whole_l), true, true};
    if (second != NULL)
        a->part[1] = (part){second, find_any(a->file, test_l), false, true};
}

/* ---- shapes -----------------------------------------------------------------------------------*/

static ga_status fail_shape(const arrays *a, const ga_array *x, const char *expected, ga_err *err)
{
    char shape[GA_SHAPE_WORDS], shown[GA_SHOW];
    return ga_fail(err, GA_EDATA, "%s: array '%s' is %s, expected %s", a->r->path,
                   ga_show(x->name, strlen(x->name), shown), ga_shape_words(x->rank, x->dim, shape),
                   expected);
}

/* (N,H,W), (N,H,W,C) or (N,C,H,W); channels last where both could be meant. */
static ga_status dims_of(const arrays *a, const ga_array *x, ga_dims *dims, bool *channels_first,
                         ga_err *err)
{
    static const char expected[] = "(N,H,W), (N,H,W,C) or (N,C,H,W) with 1 or 3 channels, sides of "
                                   "1 to 4096 and at least one picture";
    const int64_t *d = x->dim;
    if ((x->rank != 3 && x->rank != 4) || d[0] < 1 || d[0] > INT32_MAX)
        return fail_shape(a, x, expected, err);
    const bool last = x->rank == 4 && (d[3] == 1 || d[3] == 3);
    const bool first = x->rank == 4 && !last && (d[1] == 1 || d[1] == 3);
    if (x->rank == 4 && !last && !first)
        return fail_shape(a, x, expected, err);
    const int64_t c = x->rank == 3 ? 1 : last ? d[3] : d[1];
    const int64_t h = first ? d[2] : d[1], w = first ? d[3] : d[2];
    if (h < 1 || h > GA_MAX_SIDE || w < 1 || w > GA_MAX_SIDE)
        return fail_shape(a, x, expected, err);
    *dims = (ga_dims){(int)c, (int)h, (int)w};
    *channels_first = first;
    return GA_OK;
}

static ga_status check_shapes(arrays *a, ga_err *err)
{
    ga_status status = dims_of(a, a->part[0].images, &a->dims, &a->channels_first, err);
    if (status == GA_OK && a->n_parts == 2) {
        ga_dims dims = {0};
        bool first = false;
        status = dims_of(a, a->part[1].images, &dims, &first, err);
        if (status == GA_OK &&
            (memcmp(&dims, &a->dims, sizeof dims) != 0 || first != a->channels_first))
            status = fail_shape(a, a->part[1].images, "pictures as those of the training split",
                                err);
    }
    return status;
}

/* ---- what the numbers mean --------------------------------------------------------------------*/

/* Element i as a number. */
static double number_at(const ga_array *x, size_t i)
{
    float value;
    int64_t whole;
    switch (x->dtype) { /* the array room has aligned its elements */
    case GA_U8:
        return ((const uint8_t *)x->data)[i];
    case GA_F32:
        return (double)((const float *)x->data)[i];
    case GA_I64: /* a label beyond 2^24 must not be rounded into range */
        whole = ((const int64_t *)x->data)[i];
        return (double)whole;
    default:
        break;
    }
    ga_array one = *x; /* the rarer ones, as their room converts them */
    one.count = 1;
    one.data = (const char *)x->data + i * ga_dtype_size(x->dtype);
    ga_array_to_f32(&one, &value);
    return (double)value;
}

static bool is_float(const ga_array *x)
{
    return x->dtype == GA_F64 || x->dtype == GA_F32 || x->dtype == GA_F16 || x->dtype == GA_BF16;
}

/* The range of all pictures of both splits decides, so that the two are read alike. Values of whole
 * numbers 0..255 are bytes also if they are stored as floats. */
static ga_status find_meaning(arrays *a, ga_err *err)
{
    double lo = INFINITY, hi = -INFINITY;
    bool whole = true, floats = false;
    a->meaning = BYTES;
    for (int p = 0; p < a->n_parts; p++) {
        const ga_array *x = a->part[p].images;
        if (x->dtype == GA_U8)
            continue;
        floats = floats || is_float(x) || x->dtype == GA_BOOL;
        for (size_t i = 0; i < x->count; i++) {
            const double v = number_at(x, i);
            if (!isfinite(v))
                return ga_fail(err, GA_EDATA,
                               "%s: number %zu of array '%s' is %g: pictures are finite numbers",
                               a->r->path, i, x->name, v);
            lo = v < lo ? v : lo;
            hi = v > hi ? v : hi;
            whole = whole && v == floor(v);
        }
    }
    if (lo > hi) /* all are bytes */
        return GA_OK;
    const bool bytes = whole && lo >= 0 && hi <= 255 && !(floats && hi <= 1);
    if (!bytes && (!floats || lo < -1 || hi > 1))
        return ga_fail(err, GA_EDATA,
                       "%s: the numbers of its pictures go from %g to %g: expected whole numbers "
                       "0 to 255, or floats from 0 to 1 or -1 to 1",
                       a->r->path, lo, hi);
    a->meaning = bytes ? BYTES : lo < 0 ? SIGNED : SHARES;
    return GA_OK;
}

static uint8_t byte_of(double v, meaning m)
{
    const double byte = m == BYTES ? v : m == SHARES ? 255 * v : 127.5 * (v + 1);
    return (uint8_t)(byte + 0.5);
}

/* ---- labels -----------------------------------------------------------------------------------*/

static ga_status check_labels(arrays *a, const part *p, ga_err *err)
{
    const ga_array *y = p->labels;
    if (y == NULL)
        return GA_OK;
    char shown[GA_SHOW];
    ga_show(y->name, strlen(y->name), shown);
    if (y->rank != 1 && !(y->rank == 2 && y->dim[1] == 1))
        return fail_shape(a, y, "(N): the number of its class for each picture", err);
    if (is_float(y) || y->dtype == GA_BOOL)
        return ga_fail(err, GA_EDATA,
                       "%s: labels out of range or float: array '%s' is of %s, expected whole "
                       "numbers from 0 (in NumPy: .astype('int64'))",
                       a->r->path, shown, ga_dtype_name(y->dtype));
    if (y->dim[0] != p->images->dim[0])
        return ga_fail(err, GA_EDATA, "%s: array '%s' has %lld labels, but '%s' has %lld pictures",
                       a->r->path, shown, (long long)y->dim[0], p->images->name,
                       (long long)p->images->dim[0]);
    for (size_t i = 0; i < y->count; i++) {
        const double v = number_at(y, i);
        if (v < 0 || v >= GA_MAX_CLASSES)
            return ga_fail(err, GA_EDATA,
                           "%s: labels out of range or float: label %zu of array '%s' is %.0f, "
                           "expected 0 to %d",
                           a->r->path, i, shown, v, GA_MAX_CLASSES - 1);
        a->classes = (int)v >= a->classes ? (int)v + 1 : a->classes;
    }
    return GA_OK;
}

static ga_status find_classes(arrays *a, ga_err *err)
{
    a->classes = 1;
    ga_status status = GA_OK;
    if (a->n_parts == 2 && (a->part[0].labels == NULL) != (a->part[1].labels == NULL))
        status = ga_fail(err, GA_EDATA, "%s: only one of '%s' and '%s' has labels", a->r->path,
                         a->part[0].images->name, a->part[1].images->name);
    for (int p = 0; p < a->n_parts && status == GA_OK; p++)
        status = check_labels(a, &a->part[p], err);
    if (status != GA_OK)
        return status;
    a->class_names = ga_mem_new((size_t)a->classes, GA_CLASS_NAME);
    if (a->class_names == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: out of memory", a->r->path);
    for (int i = 0; i < a->classes; i++)
        snprintf(a->class_names[i], GA_CLASS_NAME, "%d", i);
    return GA_OK;
}

/* ---- reading ----------------------------------------------------------------------------------*/

/* The pictures of the wanted split among those of p, as numbers in its array. */
static ga_status list_split(const arrays *a, const part *p, uint32_t **index, int *n, ga_err *err)
{
    const uint32_t all = (uint32_t)p->images->dim[0];
    *n = 0;
    *index = ga_mem_new(all, sizeof **index);
    if (*index == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: out of memory", a->r->path);
    for (uint32_t i = 0; i < all; i++) {
        char number[16];
        snprintf(number, sizeof number, "%u", i);
        const bool test = p->train && p->test ? ga_held_out(number) : p->test;
        if (test == (a->r->split == GA_SPLIT_TEST))
            (*index)[(*n)++] = i;
    }
    if (*n > 0)
        return GA_OK;
    return ga_fail(err, GA_ENOTFOUND,
                   "%s: no picture is of the %s split (%u of the other): name the arrays x_train, "
                   "y_train, x_test, y_test",
                   a->r->path, ga_split_name(a->r->split), all);
}

/* One picture as (H,W,C) bytes. */
static void picture_at(const arrays *a, const ga_array *x, size_t picture, uint8_t *dst)
{
    const size_t size = ga_dims_count(a->dims), c = (size_t)a->dims.c, area = size / c;
    for (size_t i = 0; i < size; i++) {
        const size_t from = a->channels_first ? i % c * area + i / c : i;
        dst[i] = x->dtype == GA_U8 ? ((const uint8_t *)x->data)[picture * size + from]
                                   : byte_of(number_at(x, picture * size + from), a->meaning);
    }
}

static ga_status read_pixels(const arrays *a, const ga_array *x, const uint32_t *index,
                             const ga_picked *picked, ga_dims dims, uint8_t *pixels, ga_err *err)
{
    const bool resized = memcmp(&dims, &a->dims, sizeof dims) != 0;
    const size_t size = ga_dims_count(dims);
    ga_square square = {0};
    uint8_t *one = ga_mem_new(ga_dims_count(a->dims), 1);
    ga_status status = one == NULL ? ga_fail(err, GA_ENOMEM, "%s: out of memory", a->r->path)
                       : resized   ? ga_square_set(&square, a->dims, dims.h, err)
                                   : GA_OK;
    for (int i = 0; status == GA_OK && i < picked->n; i++) {
        picture_at(a, x, index[picked->index[i]], resized ? one : pixels + (size_t)i * size);
        if (resized)
            ga_square_run(&square, one, pixels + (size_t)i * size);
    }
    ga_square_free(&square);
    ga_mem_free(one);
    return status;
}

static ga_status build(const arrays *a, const part *p, const uint32_t *index, ga_picked *picked,
                       ga_dataset **out, ga_err *err)
{
    const int side = a->r->what->pixels;
    const ga_dims dims = {a->dims.c, side > 0 ? side : a->dims.h, side > 0 ? side : a->dims.w};
    size_t bytes;
    uint8_t *pixels = NULL;
    const char **names = ga_mem_new((size_t)picked->classes, sizeof *names);
    ga_status status = ga_dataset_bytes(a->r->name, picked->n, dims, &bytes, err);
    if (status == GA_OK)
        pixels = ga_mem_new(bytes, 1);
    if (status == GA_OK && (pixels == NULL || names == NULL))
        status = ga_fail(err, GA_ENOMEM, "%s: out of memory", a->r->path);
    if (status == GA_OK)
        status = read_pixels(a, p->images, index, picked, dims, pixels, err);
    if (status == GA_OK) {
        for (int i = 0; i < picked->classes; i++)
            names[i] = a->class_names[picked->class_index[i]];
        status = ga_dataset_take(a->r->name, a->r->path, a->r->split, pixels, picked->label,
                                 picked->n, dims, picked->classes, names, out, err);
        pixels = NULL;
        picked->label = NULL;
    }
    ga_mem_free(pixels);
    ga_mem_free(names);
    return status;
}

static void note_what_was_read(const arrays *a, const part *p, ga_dataset *d)
{
    if (a->meaning != BYTES)
        ga_dataset_add_note(d, "the pictures of '%s' are floats from %s to 1 and were made bytes",
                            a->r->name, a->meaning == SIGNED ? "-1" : "0");
    if (p->labels == NULL)
        ga_dataset_add_note(d, "'%s' has no labels: all pictures are of one class", a->r->name);
}

static ga_status read_split(const arrays *a, ga_dataset **out, ga_err *err)
{
    const part *p = &a->part[a->r->split == GA_SPLIT_TEST && a->n_parts == 2];
    uint32_t *index = NULL;
    int32_t *labels = NULL;
    int n = 0;
    ga_picked picked = {0};
    ga_status status = list_split(a, p, &index, &n, err);
    if (status == GA_OK) {
        labels = ga_mem_new((size_t)n, sizeof *labels);
        if (labels == NULL)
            status = ga_fail(err, GA_ENOMEM, "%s: out of memory", a->r->path);
    }
    for (int i = 0; status == GA_OK && p->labels != NULL && i < n; i++)
        labels[i] = (int32_t)number_at(p->labels, index[i]);
    const ga_listing listed = {a->r->name, a->r->split, labels, n, a->classes, a->class_names};
    if (status == GA_OK)
        status = ga_pick(&listed, a->r->what, &picked, err);
    if (status == GA_OK)
        status = build(a, p, index, &picked, out, err);
    if (status == GA_OK)
        note_what_was_read(a, p, *out);
    ga_picked_free(&picked);
    ga_mem_free(index);
    ga_mem_free(labels);
    return status;
}

ga_status ga_dataset_of_arrays(const ga_reading *r, const ga_weights *file, ga_dataset **out,
                               ga_err *err)
{
    arrays a = {.r = r, .file = file};
    *out = NULL;
    find_parts(&a);
    if (a.part[0].images == NULL)
        return no_pictures(&a, err);
    ga_status status = check_shapes(&a, err);
    if (status == GA_OK)
        status = find_meaning(&a, err);
    if (status == GA_OK)
        status = find_classes(&a, err);
    if (status == GA_OK)
        status = read_split(&a, out, err);
    ga_mem_free(a.class_names);
    return status;
}

ga_status ga_read_arrays(const ga_reading *r, ga_dataset **out, ga_err *err)
{
    ga_weights *file;
    if (ga_is_picture_name(r->path))
        return ga_fail(err, GA_EDATA, "'%s' is one picture: give the folder that it is in",
                       r->path);
    ga_status status = ga_weights_read(r->path, GA_DATA_MAX_BYTES, &file, err);
    if (status == GA_OK)
        status = ga_dataset_of_arrays(r, file, out, err);
    ga_weights_free(file);
    return status;
}
