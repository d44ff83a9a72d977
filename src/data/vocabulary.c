/* vocabulary.c - vocabularies, and maps of labels. */
#include "data/vocabulary.h"
#include "array/weights.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define NOTHING "-"
/* Names, titles and tables of the largest vocabulary fit into this. */
#define MAX_BYTES ((size_t)4 << 20)

/* ---- making one -------------------------------------------------------------------------------*/

static bool is_name(const char *name)
{
    return name != NULL && name[0] != 0 && strlen(name) < GA_LABEL_NAME &&
           ga_name_is_clean(name, strlen(name));
}

static ga_status bad_name(const char *what, int i, const char *name, ga_err *err)
{
    char shown[GA_SHOW] = "";
    if (name != NULL)
        ga_show(name, strlen(name), shown);
    return ga_fail(err, GA_EINVAL,
                   "%s %d, '%s': expected 1 to %d bytes of UTF-8 without control characters", what,
                   i, shown, GA_LABEL_NAME - 1);
}

static ga_status check_categories(const char *const *categories, int k, ga_err *err)
{
    if (k < 1 || k > GA_MAX_CATEGORIES)
        return ga_fail(err, GA_EINVAL, "%d categories of labels, expected 1 to %d", k,
                       GA_MAX_CATEGORIES);
    for (int i = 0; i < k; i++) {
        if (!is_name(categories[i]))
            return bad_name("category", i, categories[i], err);
        for (int j = 0; j < i; j++)
            if (strcmp(categories[i], categories[j]) == 0)
                return ga_fail(err, GA_EINVAL, "category '%s' is there twice, as %d and %d",
                               categories[i], j, i);
    }
    return GA_OK;
}

static ga_status check_label(const ga_label *labels, int i, int k, ga_err *err)
{
    const ga_label l = labels[i];
    if (!is_name(l.name))
        return bad_name("label", i + 1, l.name, err);
    if (l.category < 0 || l.category >= k)
        return ga_fail(err, GA_EINVAL, "label %d, '%s': category %d, expected 0 to %d", i + 1,
                       l.name, l.category, k - 1);
    for (int j = 0; j < i; j++)
        if (labels[j].category == l.category && strcmp(labels[j].name, l.name) == 0)
            return ga_fail(err, GA_EINVAL, "label '%s' is twice in one category, as %d and %d",
                           l.name, j + 1, i + 1);
    if (l.category == 0 && strcmp(l.name, NOTHING) == 0)
        return ga_fail(err, GA_EINVAL, "label %d is '-', which every vocabulary has as label 0",
                       i + 1);
    return GA_OK;
}

static const char *title_of(ga_arena *a, const char *const *categories, const ga_label *label,
                            int n, int i)
{
    char title[2 * GA_LABEL_NAME + 4];
    bool shared = false;
    for (int j = 0; j < n && !shared; j++)
        shared = j != i && strcmp(label[j].name, label[i].name) == 0;
    if (!shared)
        return label[i].name;
    const int length = snprintf(title, sizeof title, "%s (%s)", label[i].name,
                                categories[label[i].category]);
    return ga_arena_string(a, title, (size_t)length);
}

/* Copies everything, which was checked; NULL: no memory. */
static ga_vocabulary *copy(ga_arena *a, const char *const *categories, int k,
                           const ga_label *labels, int n)
{
    ga_vocabulary *v = ga_arena_new(a, 1, sizeof *v);
    const char **category = ga_arena_new(a, (size_t)k, sizeof *category);
    const char **title = ga_arena_new(a, (size_t)n + 1, sizeof *title);
    ga_label *label = ga_arena_new(a, (size_t)n + 1, sizeof *label);
    bool whole = v != NULL && category != NULL && title != NULL && label != NULL;
    for (int i = 0; whole && i < k; i++) {
        category[i] = ga_arena_string(a, categories[i], strlen(categories[i]));
        whole = category[i] != NULL;
    }
    for (int i = 0; whole && i <= n; i++) {
        const ga_label from = i == 0 ? (ga_label){NOTHING, 0} : labels[i - 1];
        label[i] = (ga_label){ga_arena_string(a, from.name, strlen(from.name)), from.category};
        whole = label[i].name != NULL;
    }
    for (int i = 0; whole && i <= n; i++) {
        title[i] = title_of(a, category, label, n + 1, i);
        whole = title[i] != NULL;
    }
    if (whole)
        *v = (ga_vocabulary){k, n + 1, category, label, title, a};
    return whole ? v : NULL;
}

ga_status ga_vocabulary_create(const char *const *categories, int k, const ga_label *labels, int n,
                               ga_vocabulary **out, ga_err *err)
{
    *out = NULL;
    ga_status status = check_categories(categories, k, err);
    if (status == GA_OK && (n < 0 || n > GA_MAX_LABELS - 1))
        status = ga_fail(err, GA_EINVAL, "%d labels, expected at most %d", n, GA_MAX_LABELS - 1);
    for (int i = 0; status == GA_OK && i < n; i++)
        status = check_label(labels, i, k, err);
    if (status != GA_OK)
        return status;
    ga_arena *a = ga_arena_create(MAX_BYTES);
    *out = a != NULL ? copy(a, categories, k, labels, n) : NULL;
    if (*out != NULL)
        return GA_OK;
    ga_arena_free(a);
    return ga_fail(err, GA_ENOMEM, "no memory for a vocabulary of %d labels", n);
}

void ga_vocabulary_free(ga_vocabulary *v)
{
    if (v != NULL)
        ga_arena_free(v->arena);
}

/* ---- asking it --------------------------------------------------------------------------------*/

int ga_vocabulary_n(const ga_vocabulary *v)
{
    return v->n;
}

int ga_vocabulary_categories(const ga_vocabulary *v)
{
    return v->categories;
}

ga_label ga_vocabulary_at(const ga_vocabulary *v, int label)
{
    return label >= 0 && label < v->n ? v->label[label] : (ga_label){"?", 0};
}

const char *ga_vocabulary_category(const ga_vocabulary *v, int category)
{
    return category >= 0 && category < v->categories ? v->category[category] : "?";
}

const char *ga_vocabulary_title(const ga_vocabulary *v, int label)
{
    return label >= 0 && label < v->n ? v->title[label] : "?";
}

static ga_status several(const ga_vocabulary *v, const char *name, ga_err *err)
{
    ga_text list = {0};
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->label[i].name, name) == 0)
            ga_text_addf(&list, "%s'%s'", list.length > 0 ? " or " : "", v->title[i]);
    const ga_status status = ga_fail(err, GA_EINVAL, "several labels are called '%s': say %s", name,
                                     list.data != NULL ? list.data : "which");
    ga_text_free(&list);
    return status;
}

bool ga_vocabulary_same(const ga_vocabulary *a, const ga_vocabulary *b)
{
    const int labels = ga_vocabulary_n(a), categories = ga_vocabulary_categories(a);
    if (ga_vocabulary_n(b) != labels || ga_vocabulary_categories(b) != categories)
        return false;
    for (int k = 0; k < categories; k++)
        if (strcmp(ga_vocabulary_category(a, k), ga_vocabulary_category(b, k)) != 0)
            return false;
    for (int c = 0; c < labels; c++) {
        const ga_label x = ga_vocabulary_at(a, c), y = ga_vocabulary_at(b, c);
        if (x.category != y.category || strcmp(x.name, y.name) != 0)
            return false;
    }
    return true;
}

ga_status ga_vocabulary_find(const ga_vocabulary *v, const char *name, int *label, ga_err *err)
{
    int found = -1, count = 0;
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->label[i].name, name) == 0) {
            found = i;
            count++;
        }
    if (count > 1)
        return several(v, name, err);
    for (int i = 0; count == 0 && i < v->n; i++)
        if (strcmp(v->title[i], name) == 0) {
            found = i;
            count++;
        }
    if (count == 1) {
        *label = found;
        return GA_OK;
    }
    char hint[GA_DID_YOU_MEAN] = "";
    const char **titles = ga_mem_new((size_t)v->n + 1, sizeof *titles);
    if (titles != NULL) {
        memcpy(titles, v->title, (size_t)v->n * sizeof *titles);
        ga_did_you_mean(name, titles, hint);
    }
    ga_mem_free(titles);
    return ga_fail(err, GA_ENOTFOUND, "no label is called '%s'%s: there are %d, from '%s' to '%s'",
                   name, hint, v->n - 1, v->n > 1 ? v->title[1] : "", v->title[v->n - 1]);
}

/* ---- as text ----------------------------------------------------------------------------------*/

ga_status ga_vocabulary_json(const ga_vocabulary *v, char **text, ga_err *err)
{
    ga_text t = {0};
    ga_text_add(&t, "{\"categories\":[");
    for (int i = 0; i < v->categories; i++) {
        ga_text_add(&t, i > 0 ? "," : "");
        ga_text_add_json(&t, v->category[i]);
    }
    ga_text_add(&t, "],\"labels\":[");
    for (int i = 1; i < v->n; i++) {
        ga_text_add(&t, i > 1 ? ",[" : "[");
        ga_text_add_json(&t, v->label[i].name);
        ga_text_add(&t, ",");
        ga_text_add_json(&t, v->category[v->label[i].category]);
        ga_text_add(&t, "]");
    }
    ga_text_add(&t, "]}");
    *text = t.failed ? NULL : ga_mem_string(t.data);
    ga_text_free(&t);
    return *text != NULL ? GA_OK : ga_fail(err, GA_ENOMEM, "no memory for a vocabulary's text");
}

void ga_vocabulary_text_free(char *text)
{
    ga_mem_free(text);
}

/* One ["sky","object"]. */
static ga_status read_label(const json_t *entry, size_t i, const char *const *categories, int k,
                            const ga_json_at *at, ga_label *out, ga_err *err)
{
    char key[32];
    snprintf(key, sizeof key, "labels[%zu]", i);
    const char *name = json_string_value(json_array_get(entry, 0));
    const char *category = json_string_value(json_array_get(entry, 1));
    if (json_array_size(entry) != 2 || name == NULL || category == NULL)
        return ga_json_fail(at, key, err, "expected two strings, name and category");
    for (int c = 0; c < k; c++)
        if (strcmp(categories[c], category) == 0) {
            *out = (ga_label){name, c};
            return GA_OK;
        }
    return ga_json_fail(at, key, err,
                        "'%.80s' is of category '%.80s', which is not among the categories", name,
                        category);
}

static ga_status read_lists(const json_t *categories, const json_t *labels, const ga_json_at *at,
                            ga_label *label, ga_vocabulary **out, ga_err *err)
{
    const char *names[GA_MAX_CATEGORIES];
    const int k = (int)json_array_size(categories), n = (int)json_array_size(labels);
    for (int i = 0; i < k; i++) {
        names[i] = json_string_value(json_array_get(categories, (size_t)i));
        if (names[i] == NULL)
            return ga_json_fail(at, "categories", err, "entry %d is no string", i);
    }
    for (int i = 0; i < n; i++) {
        const ga_status status = read_label(json_array_get(labels, (size_t)i), (size_t)i, names, k,
                                            at, &label[i], err);
        if (status != GA_OK)
            return status;
    }
    ga_err inner;
    const ga_status status = ga_vocabulary_create(names, k, label, n, out, &inner);
    if (status == GA_EINVAL) /* the text is at fault, not who calls */
        return ga_fail(err, GA_EDATA, "%s: %s", at->where, inner.text);
    return status == GA_OK ? status : ga_fail(err, status, "%s", inner.text);
}

static ga_status read_document(const json_t *v, const ga_json_at *at, ga_vocabulary **out,
                               ga_err *err)
{
    static const char *const keys[] = {"categories", "labels", NULL};
    if (!json_is_object(v))
        return ga_json_fail(at, NULL, err, "expected an object with 'categories' and 'labels'");
    const ga_status status = ga_json_only(v, at, keys, err);
    if (status != GA_OK)
        return status;
    const json_t *categories = json_object_get(v, "categories"),
                 *labels = json_object_get(v, "labels");
    if (!json_is_array(categories) || json_array_size(categories) > GA_MAX_CATEGORIES)
        return ga_json_fail(at, "categories", err, "expected a list of 1 to %d names",
                            GA_MAX_CATEGORIES);
    if (!json_is_array(labels) || json_array_size(labels) > GA_MAX_LABELS - 1)
        return ga_json_fail(at, "labels", err, "expected a list of at most %d labels",
                            GA_MAX_LABELS - 1);
    ga_label *label = ga_mem_new(json_array_size(labels), sizeof *label);
    if (label == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: out of memory", at->where);
    const ga_status read = read_lists(categories, labels, at, label, out, err);
    ga_mem_free(label);
    return read;
}

ga_status ga_vocabulary_parse(const char *text, size_t length, const char *where,
                              ga_vocabulary **out, ga_err *err)
{
    *out = NULL;
    json_t *v;
    ga_status status = ga_json_parse(text, length, where, &v, err);
    if (status != GA_OK)
        return status;
    const ga_json_at at = {.where = where};
    status = read_document(v, &at, out, err);
    json_decref(v);
    return status;
}

/* ---- maps -------------------------------------------------------------------------------------*/

/* Pixels of an axis whose centres lie in [i n / m, (i+1) n / m): from first_of(i) to before
 * first_of(i+1). A centre is at p + 1/2, so p >= i n / m - 1/2. */
static int first_of(int i, int n, int m)
{
    const int64_t twice = 2 * (int64_t)i * n - m; /* (i n / m - 1/2) 2m */
    return twice <= 0 ? 0 : (int)((twice + 2 * m - 1) / (2 * (int64_t)m));
}

/* count has room for every label and is all 0, before and after. */
static uint16_t most_of(const uint16_t *map, int W, int y0, int y1, int x0, int x1, uint32_t *count)
{
    uint16_t best = map[(size_t)y0 * (size_t)W + (size_t)x0];
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const uint16_t label = map[(size_t)y * (size_t)W + (size_t)x];
            count[label]++;
            if (count[label] > count[best] || (count[label] == count[best] && label < best))
                best = label;
        }
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            count[map[(size_t)y * (size_t)W + (size_t)x]] = 0;
    return best;
}

ga_status ga_labels_shrink(const uint16_t *map, int d, int H, int W, uint16_t *out, int h, int w,
                           ga_err *err)
{
    if (d < 1 || h < 1 || w < 1 || h > H || w > W)
        return ga_fail(
            err, GA_EINVAL,
            "%d maps of %d x %d labels to %d x %d: expected at least one map, and no more "
            "rows and columns than there are",
            d, H, W, h, w);
    uint32_t *count = ga_mem_new(UINT16_MAX + 1, sizeof *count);
    if (count == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory to count labels");
    for (int k = 0; k < d; k++, map += (size_t)H * (size_t)W)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                *out++ = most_of(map, W, first_of(y, H, h), first_of(y + 1, H, h),
                                 first_of(x, W, w), first_of(x + 1, W, w), count);
    ga_mem_free(count);
    return GA_OK;
}
