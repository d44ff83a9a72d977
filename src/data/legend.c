/* legend.c - see legend.h. */
#include "data/legend.h"
#include "base/alloc.h"
#include "ganatomy/palette.h"
#include <stdlib.h>

struct ga_legend {
    const ga_vocabulary *v;
    uint64_t *pixels;   /* (L), by label; that of 0 stays 0 */
    uint64_t *none;     /* (K), by category */
    uint64_t unpainted; /* of all planes */
};

/* A label on its way into a line. */
typedef struct shown {
    uint64_t pixels;
    int label;
} shown;

ga_status ga_legend_create(const ga_vocabulary *v, ga_legend **out, ga_err *err)
{
    ga_legend *l = *out = ga_mem_new(1, sizeof *l);
    if (l != NULL) {
        l->v = v;
        l->pixels = ga_mem_new((size_t)ga_vocabulary_n(v), sizeof *l->pixels);
        l->none = ga_mem_new((size_t)ga_vocabulary_categories(v), sizeof *l->none);
    }
    if (l != NULL && l->pixels != NULL && l->none != NULL)
        return GA_OK;
    ga_legend_free(l);
    *out = NULL;
    return ga_fail(err, GA_ENOMEM, "no memory for a legend of %d labels", ga_vocabulary_n(v));
}

void ga_legend_free(ga_legend *l)
{
    if (l == NULL)
        return;
    ga_mem_free(l->pixels);
    ga_mem_free(l->none);
    ga_mem_free(l);
}

void ga_legend_count(ga_legend *l, const uint16_t *plane, size_t n, int category)
{
    const int labels = ga_vocabulary_n(l->v);
    for (size_t i = 0; i < n; i++)
        if (plane[i] == 0)
            l->none[category]++;
        else if (plane[i] < labels)
            l->pixels[plane[i]]++;
        else
            l->unpainted++;
}

static int by_pixels(const void *a, const void *b)
{
    const shown *x = a, *y = b;
    if (x->pixels != y->pixels)
        return x->pixels > y->pixels ? -1 : 1;
    return x->label - y->label;
}

/* One line; keys and list have room for all labels and one more. */
static ga_status add_category(const ga_legend *l, int category, ga_legend_color *color,
                              const void *user, shown *list, ga_sheet_key *keys, ga_sheet *sheet,
                              ga_err *err)
{
    int n = 0;
    for (int c = 1; c < ga_vocabulary_n(l->v); c++)
        if (ga_vocabulary_at(l->v, c).category == category && l->pixels[c] > 0)
            list[n++] = (shown){l->pixels[c], c};
    qsort(list, (size_t)n, sizeof *list, by_pixels);
    for (int i = 0; i < n; i++) {
        keys[i].name = ga_vocabulary_at(l->v, list[i].label).name;
        color(user, list[i].label, category, keys[i].rgb);
    }
    if (l->none[category] > 0) {
        keys[n].name = "none";
        color(user, 0, category, keys[n++].rgb);
    }
    return n == 0 ? GA_OK
                  : ga_sheet_add_keys(sheet, ga_vocabulary_category(l->v, category), keys, n, err);
}

ga_status ga_legend_add(const ga_legend *l, ga_legend_color *color, const void *user,
                        ga_sheet *sheet, ga_err *err)
{
    const size_t room = (size_t)ga_vocabulary_n(l->v) + 1;
    shown *list = ga_mem_new(room, sizeof *list);
    ga_sheet_key *keys = ga_mem_new(room, sizeof *keys), left = {.name = "not painted"};
    ga_status status = list != NULL && keys != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for a legend");
    for (int k = 0; k < ga_vocabulary_categories(l->v) && status == GA_OK; k++)
        status = add_category(l, k, color, user, list, keys, sheet, err);
    if (status == GA_OK && l->unpainted > 0) {
        color(user, GA_UNPAINTED, 0, left.rgb);
        status = ga_sheet_add_keys(sheet, "", &left, 1, err);
    }
    ga_mem_free(list);
    ga_mem_free(keys);
    return status;
}
