/* palette.c - what colours mean, and painted pictures read by it. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "ganatomy/palette.h"
#include <stdio.h>
#include <string.h>

/* What is said in colours: labels 1.., then none of each category. */
struct ga_palette {
    ga_vocabulary *vocabulary;
    uint8_t color[GA_MAX_PAINTS][3]; /* (L) of labels; entry 0 is not used */
    uint8_t none[GA_MAX_CATEGORIES][3];
    bool has_none[GA_MAX_CATEGORIES];
    uint8_t unpainted[3];
};

void ga_palette_free(ga_palette *p)
{
    if (p == NULL)
        return;
    ga_vocabulary_free(p->vocabulary);
    ga_mem_free(p);
}

const ga_vocabulary *ga_palette_vocabulary(const ga_palette *p)
{
    return p->vocabulary;
}

void ga_palette_color(const ga_palette *p, int label, int category, uint8_t rgb[3])
{
    memcpy(rgb,
           label > 0               ? p->color[label]
           : p->has_none[category] ? p->none[category]
                                   : p->unpainted,
           3);
}

void ga_palette_unpainted(const ga_palette *p, uint8_t rgb[3])
{
    memcpy(rgb, p->unpainted, 3);
}

/* ---- a fresh one ------------------------------------------------------------------------------*/

/* Colour i of any number that are told apart: around the circle of hues by the golden angle, in
 * turn bright, dark and pale. */
static void distinct(int i, uint8_t rgb[3])
{
    static const int high[3] = {240, 150, 255}, low[3] = {30, 10, 150};
    const int hue = (int)((int64_t)i * 13751 / 100 % 360), tone = i % 3;
    const int sector = hue / 60, part = hue % 60;
    const int span = high[tone] - low[tone];
    const int up = low[tone] + span * part / 60, down = high[tone] - span * part / 60;
    const int at[6][3] = {{high[tone], up, low[tone]}, {down, high[tone], low[tone]},
                          {low[tone], high[tone], up}, {low[tone], down, high[tone]},
                          {up, low[tone], high[tone]}, {high[tone], low[tone], down}};
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)at[sector][k];
}

static bool same(const uint8_t a[3], const uint8_t b[3])
{
    return memcmp(a, b, 3) == 0;
}

ga_status ga_palette_create(const char *category, const char *const *names, int n, ga_palette **out,
                            ga_err *err)
{
    *out = NULL;
    if (n < 1 || n >= GA_MAX_PAINTS)
        return ga_fail(err, GA_EINVAL, "%d names to paint, expected 1 to %d", n, GA_MAX_PAINTS - 1);
    ga_palette *p = ga_mem_new(1, sizeof *p);
    ga_label *labels = ga_mem_new((size_t)n, sizeof *labels);
    ga_status status = p == NULL || labels == NULL ? ga_fail(err, GA_ENOMEM, "no memory for names")
                                                   : GA_OK;
    for (int i = 0, next = 0; i < n && status == GA_OK; i++) {
        bool taken = true;
        labels[i].name = names[i];
        while (taken) {
            taken = false;
            distinct(next++, p->color[i + 1]);
            for (int k = 1; k <= i && !taken; k++)
                taken = same(p->color[k], p->color[i + 1]);
        }
    }
    if (status == GA_OK) {
        p->has_none[0] = true; /* black */
        memset(p->unpainted, 255, sizeof p->unpainted);
        status = ga_vocabulary_create(&category, 1, labels, n, &p->vocabulary, err);
    }
    ga_mem_free(labels);
    if (status == GA_OK)
        *out = p;
    else
        ga_palette_free(p);
    return status;
}

/* ---- JSON -------------------------------------------------------------------------------------*/

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static ga_status read_color(const json_t *o, const ga_json_at *at, const char *key, uint8_t rgb[3],
                            ga_err *err)
{
    const char *text;
    const ga_status status = ga_json_get_string(o, at, key, false, &text, err);
    if (status != GA_OK)
        return status;
    bool good = strlen(text) == 7 && text[0] == '#';
    for (int i = 0; i < 3 && good; i++) {
        const int high = digit_of(text[1 + 2 * i]), low = digit_of(text[2 + 2 * i]);
        good = high >= 0 && low >= 0;
        rgb[i] = good ? (uint8_t)(16 * high + low) : 0;
    }
    return good
               ? GA_OK
               : ga_json_fail(at, key, err, "is \"%.20s\", expected a colour as \"#1a2b3c\"", text);
}

/* A palette being read. */
typedef struct reading {
    ga_palette *p;
    const char *category[GA_MAX_CATEGORIES];
    int categories;
    ga_label label[GA_MAX_PAINTS]; /* without "-" */
    int n;
} reading;

static ga_status read_category(reading *r, const char *name, const ga_json_at *at, int *category,
                               ga_err *err)
{
    for (int k = 0; k < r->categories; k++)
        if (strcmp(r->category[k], name) == 0) {
            *category = k;
            return GA_OK;
        }
    if (r->categories == GA_MAX_CATEGORIES)
        return ga_json_fail(at, "category", err, "is one category more than %d", GA_MAX_CATEGORIES);
    *category = r->categories;
    r->category[r->categories++] = name;
    return GA_OK;
}

static ga_status read_label(reading *r, const json_t *o, const ga_json_at *at, ga_err *err)
{
    const char *name, *category;
    uint8_t rgb[3];
    int k = 0;
    if (!json_is_object(o))
        return ga_json_fail(at, NULL, err, "is not {\"name\", \"category\", \"color\"}");
    ga_status status = ga_json_get_string(o, at, "name", false, &name, err);
    if (status == GA_OK)
        status = ga_json_get_string(o, at, "category", false, &category, err);
    if (status == GA_OK)
        status = read_color(o, at, "color", rgb, err);
    if (status == GA_OK)
        status = read_category(r, category, at, &k, err);
    if (status != GA_OK)
        return status;
    if (same(rgb, r->p->unpainted))
        return ga_json_fail(at, "color", err, "is that of what is left unpainted");
    if (strcmp(name, "-") == 0) {
        if (r->p->has_none[k])
            return ga_json_fail(at, "name", err, "is '-' for the second time in category '%s'",
                                category);
        r->p->has_none[k] = true;
        memcpy(r->p->none[k], rgb, 3);
        return GA_OK;
    }
    if (r->n == GA_MAX_PAINTS - 1)
        return ga_json_fail(at, NULL, err, "is one label more than %d", GA_MAX_PAINTS - 1);
    r->label[r->n++] = (ga_label){name, k};
    memcpy(r->p->color[r->n], rgb, 3);
    return GA_OK;
}

/* Within a category no two colours are the same: each of a label, that of none if there is one. */
static ga_status check_colors(const reading *r, const char *where, ga_err *err)
{
    for (int i = 0; i < r->n; i++) {
        const int k = r->label[i].category;
        if (r->p->has_none[k] && same(r->p->none[k], r->p->color[i + 1]))
            return ga_fail(err, GA_EDATA, "%s: '%s' and '-' of category '%s' have one colour",
                           where, r->label[i].name, r->category[k]);
        for (int j = 0; j < i; j++)
            if (r->label[j].category == k && same(r->p->color[j + 1], r->p->color[i + 1]))
                return ga_fail(err, GA_EDATA, "%s: '%s' and '%s' have one colour", where,
                               r->label[j].name, r->label[i].name);
    }
    return GA_OK;
}

static ga_status read_document(reading *r, const json_t *o, const char *where, ga_err *err)
{
    const ga_json_at at = {.where = where};
    const json_t *labels = json_object_get(o, "labels");
    if (!json_is_object(o) || !json_is_array(labels) || json_array_size(labels) == 0)
        return ga_json_fail(&at, "labels", err, "is not a list of labels");
    ga_status status = read_color(o, &at, "unpainted", r->p->unpainted, err);
    for (size_t i = 0; i < json_array_size(labels) && status == GA_OK; i++) {
        ga_json_at here = at;
        snprintf(here.path, sizeof here.path, "labels[%zu]", i);
        status = read_label(r, json_array_get(labels, i), &here, err);
    }
    if (status == GA_OK && r->n == 0)
        status = ga_json_fail(&at, "labels", err, "has no label besides '-'");
    if (status == GA_OK)
        status = check_colors(r, where, err);
    if (status != GA_OK)
        return status;
    ga_err cause = {0};
    status = ga_vocabulary_create(r->category, r->categories, r->label, r->n, &r->p->vocabulary,
                                  &cause);
    return status == GA_OK
               ? GA_OK
               : ga_fail(err, status == GA_EINVAL ? GA_EDATA : status, "%s: %s", where, cause.text);
}

ga_status ga_palette_parse(const char *text, size_t length, const char *where, ga_palette **out,
                           ga_err *err)
{
    json_t *o;
    *out = NULL;
    ga_status status = ga_json_parse(text, length, where, &o, err);
    if (status != GA_OK)
        return status;
    reading *r = ga_mem_new(1, sizeof *r);
    ga_palette *p = ga_mem_new(1, sizeof *p);
    if (r == NULL || p == NULL)
        status = ga_fail(err, GA_ENOMEM, "%s: no memory for its labels", where);
    else {
        r->p = p;
        status = read_document(r, o, where, err);
    }
    if (status == GA_OK)
        *out = p;
    else
        ga_palette_free(p);
    ga_mem_free(r);
    json_decref(o);
    return status;
}

static void add_label(ga_text *t, const char *name, const char *category, const uint8_t rgb[3])
{
    ga_text_add(t, "  {\"name\": ");
    ga_text_add_json(t, name);
    ga_text_add(t, ", \"category\": ");
    ga_text_add_json(t, category);
    ga_text_addf(t, ", \"color\": \"#%02x%02x%02x\"}", rgb[0], rgb[1], rgb[2]);
}

ga_status ga_palette_json(const ga_palette *p, char **text, ga_err *err)
{
    const ga_vocabulary *v = p->vocabulary;
    ga_text t = {0};
    *text = NULL;
    ga_text_addf(&t, "{\n \"unpainted\": \"#%02x%02x%02x\",\n \"labels\": [\n", p->unpainted[0],
                 p->unpainted[1], p->unpainted[2]);
    for (int k = 0; k < ga_vocabulary_categories(v); k++)
        if (p->has_none[k]) {
            add_label(&t, "-", ga_vocabulary_category(v, k), p->none[k]);
            ga_text_add(&t, ",\n");
        }
    for (int i = 1; i < ga_vocabulary_n(v); i++) {
        const ga_label l = ga_vocabulary_at(v, i);
        add_label(&t, l.name, ga_vocabulary_category(v, l.category), p->color[i]);
        ga_text_add(&t, i + 1 < ga_vocabulary_n(v) ? ",\n" : "\n");
    }
    ga_text_add(&t, " ]\n}\n");
    if (t.failed) {
        ga_text_free(&t);
        return ga_fail(err, GA_ENOMEM, "no memory for a list of colours");
    }
    *text = t.data;
    return GA_OK;
}

/* ---- painted pictures -------------------------------------------------------------------------*/

/* The listed colour that comes nearest: that of a label, of none (0), of GA_UNPAINTED. */
typedef struct nearest {
    int label, distance;
} nearest;

static void compare(nearest *best, int label, const uint8_t a[3], const uint8_t b[3])
{
    int distance = 0;
    for (int k = 0; k < 3; k++)
        distance += ((int)a[k] - b[k]) * ((int)a[k] - b[k]);
    if (distance < best->distance)
        *best = (nearest){label, distance};
}

static nearest find(const ga_palette *p, int category, const uint8_t rgb[3])
{
    nearest best = {GA_UNPAINTED, 4 * 256 * 256};
    compare(&best, GA_UNPAINTED, p->unpainted, rgb);
    if (p->has_none[category])
        compare(&best, 0, p->none[category], rgb);
    for (int i = 1; i < ga_vocabulary_n(p->vocabulary) && best.distance > 0; i++)
        if (ga_vocabulary_at(p->vocabulary, i).category == category)
            compare(&best, i, p->color[i], rgb);
    return best;
}

static ga_status read_pixel(const ga_palette *p, const ga_image *painted, int category, size_t at,
                            const char *where, uint16_t *label, ga_err *err)
{
    const uint8_t *pixel = painted->pixels + at * (size_t)painted->c;
    const bool grey = painted->c == 1;
    const uint8_t rgb[3] = {pixel[0], pixel[grey ? 0 : 1], pixel[grey ? 0 : 2]};
    const size_t x = at % (size_t)painted->w, y = at / (size_t)painted->w;
    if (painted->c == 4 && pixel[3] == 0) {
        *label = GA_UNPAINTED;
        return GA_OK;
    }
    if (painted->c == 4 && pixel[3] != 255)
        return ga_fail(err, GA_EDATA,
                       "%s: the pixel at column %zu, row %zu is half see-through: paint with hard "
                       "edges",
                       where, x, y);
    const nearest n = find(p, category, rgb);
    *label = (uint16_t)n.label;
    if (n.distance == 0)
        return GA_OK;
    uint8_t near[3];
    const char *name = n.label == GA_UNPAINTED ? "unpainted"
                                               : ga_vocabulary_at(p->vocabulary, n.label).name;
    if (n.label == GA_UNPAINTED)
        ga_palette_unpainted(p, near);
    else
        ga_palette_color(p, n.label, category, near);
    return ga_fail(err, GA_EDATA,
                   "%s: the pixel at column %zu, row %zu is #%02x%02x%02x, which no label of '%s' "
                   "has; nearest is #%02x%02x%02x ('%s'): paint with flat colours and hard edges",
                   where, x, y, rgb[0], rgb[1], rgb[2],
                   ga_vocabulary_category(p->vocabulary, category), near[0], near[1], near[2],
                   name);
}

ga_status ga_palette_read(const ga_palette *p, const ga_image *painted, int category,
                          const char *where, int h, int w, uint16_t *map, ga_err *err)
{
    const int times = painted->h / h;
    const size_t pixels = (size_t)painted->h * (size_t)painted->w;
    if (times < 1 || painted->h != times * h || painted->w != times * w)
        return ga_fail(err, GA_EDATA,
                       "%s is %d x %d: expected %d x %d as the picture, or a whole number of times "
                       "that",
                       where, painted->w, painted->h, w, h);
    uint16_t *all = ga_mem_new(pixels, sizeof *all);
    if (all == NULL)
        return ga_fail(err, GA_ENOMEM, "%s: no memory for its labels", where);
    ga_status status = GA_OK;
    for (size_t i = 0; i < pixels && status == GA_OK; i++)
        status = read_pixel(p, painted, category, i, where, &all[i], err);
    if (status == GA_OK)
        status = ga_labels_shrink(all, 1, painted->h, painted->w, map, h, w, err);
    ga_mem_free(all);
    return status;
}
