/* foreign.c - weights under the names and in the layouts of other programs, as a family declares
 * them (family.h), into this program's. */
#include <string.h>
#include "base/alloc.h"
#include "base/text.h"
#include "model/family.h"

enum { MOST_STYLES = 8, NAME = 1024 };

/* A style, and what stands before its keys in the file at hand. */
typedef struct fit {
    int style, found;
    char prefix[256];
} fit;

/* Does name end in key, as a whole word? *before: how many letters stand before it. */
static bool ends_in(const char *name, const char *key, size_t *before)
{
    const size_t n = strlen(name), k = strlen(key);
    if (k > n || strcmp(name + n - k, key) != 0)
        return false;
    *before = n - k;
    return n == k || name[n - k - 1] == '.' || name[n - k - 1] == '/';
}

const ga_array *ga_foreign_find(const ga_weights *w, const char *key)
{
    size_t before;
    for (int i = 0; i < ga_weights_count(w); i++)
        if (ends_in(ga_weights_at(w, i)->name, key, &before))
            return ga_weights_at(w, i);
    return NULL;
}

static const ga_array *find(const ga_weights *w, const char *prefix, const char *key)
{
    char name[NAME];
    return key[0] != 0 && snprintf(name, sizeof name, "%s%s", prefix, key) < NAME
               ? ga_weights_find(w, name)
               : NULL;
}

/* How many parameters stand under a prefix in a style. */
static int count_found(const ga_family_row *row, const ga_graph *g, const ga_weights *w,
                       const fit *f)
{
    int found = 0;
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        ga_foreign there;
        found += row->foreign(ga_graph_param(g, i)->name, f->style, &there) &&
                 find(w, f->prefix, there.key) != NULL;
    }
    return found;
}

/* The style and prefix under which most parameters are found; an own one wins a tie. */
static fit best_fit(const ga_family_row *row, const ga_graph *g, const ga_weights *w)
{
    fit best = {.style = -1};
    ga_foreign there;
    for (int style = 0;
         style < MOST_STYLES && row->foreign(ga_graph_param(g, 0)->name, style, &there); style++)
        for (int i = 0; i < ga_weights_count(w); i++) {
            fit f = {.style = style};
            size_t before;
            if (!ends_in(ga_weights_at(w, i)->name, there.key, &before) ||
                before >= sizeof f.prefix)
                continue;
            memcpy(f.prefix, ga_weights_at(w, i)->name, before);
            f.found = count_found(row, g, w, &f);
            if (f.found > best.found)
                best = f;
        }
    return best;
}

/* ---- numbers ----------------------------------------------------------------------------------*/

/* Whether theirs has the elements and the dimensions of ours, up to those taken as one. */
static bool shapes_agree(const ga_array *theirs, const ga_param_spec *ours, const ga_foreign *f)
{
    int64_t view[4] = {1, 1, 1, 1};
    if (f->rank == 0) {
        bool same = theirs->rank == ours->rank;
        for (int i = 0; same && i < ours->rank; i++)
            same = theirs->dim[i] == ours->dim[i];
        return same;
    }
    if (ours->rank != f->rank || theirs->rank < 1 || theirs->rank > f->rank)
        return false;
    for (int i = 0; i < f->rank; i++)
        view[f->axis[i]] = ours->dim[i];
    for (int i = f->rank - 1; i >= theirs->rank; i--) /* the last ones are one */
        view[theirs->rank - 1] *= view[i];
    for (int i = 0; i < theirs->rank; i++)
        if (theirs->dim[i] != view[i])
            return false;
    return true;
}

/* dst in our order from src in theirs. */
static void turn(const float *src, const ga_param_spec *ours, const ga_foreign *f, float *dst)
{
    int64_t view[4] = {1, 1, 1, 1}, step[4];
    for (int i = 0; i < f->rank; i++)
        view[f->axis[i]] = ours->dim[i];
    int64_t all = 1;
    for (int i = f->rank - 1; i >= 0; i--) {
        step[i] = all;
        all *= view[i];
    }
    for (int64_t k = 0; k < all; k++) {
        int64_t rest = k, from = 0;
        for (int i = f->rank - 1; i >= 0; i--) {
            int64_t at = rest % ours->dim[i];
            rest /= ours->dim[i];
            if (f->flip && i >= f->rank - 2)
                at = ours->dim[i] - 1 - at;
            from += at * step[f->axis[i]];
        }
        dst[k] = src[from];
    }
}

/* What the file multiplies by, over what this network does. */
static double factor_of(const ga_graph *g, const ga_array *number, const ga_foreign *f)
{
    float theirs;
    double own[4] = {1};
    ga_array_to_f32(number, &theirs);
    if (f->own != NULL && ga_graph_find(g, f->layer) >= 0)
        (void)ga_graph_attr(g, ga_graph_find(g, f->layer), f->own, own);
    return (double)theirs / own[0];
}

/* The parameter's numbers in a new block. */
static ga_status convert(const ga_graph *g, const ga_array *theirs, const ga_param_spec *ours,
                         const ga_foreign *f, const ga_array *number, float **out, ga_err *err)
{
    float *read = ga_mem_new(ours->count, sizeof *read);
    *out = ga_mem_new(ours->count, sizeof **out);
    if (read == NULL || *out == NULL) {
        ga_mem_free(read);
        return ga_fail(err, GA_ENOMEM, "import: no memory for '%s'", ours->name);
    }
    ga_array_to_f32(theirs, read);
    if (f->rank > 0)
        turn(read, ours, f, *out);
    else
        memcpy(*out, read, ours->count * sizeof *read);
    if (number != NULL) {
        const double by = factor_of(g, number, f);
        for (size_t i = 0; i < ours->count; i++)
            (*out)[i] = (float)((double)(*out)[i] * by);
    }
    ga_mem_free(read);
    return GA_OK;
}

/* ---- the bag ----------------------------------------------------------------------------------*/

typedef struct translation {
    const ga_family_row *row;
    const ga_graph *graph;
    const ga_weights *from;
    fit fit;
    ga_array *arrays; /* as in the file, then changed */
    bool *gone;       /* by array: read as a factor, or ignored */
    char **names;     /* by array: its new one, or NULL */
    float **numbers;  /* by array: converted ones, or NULL */
    int n;
} translation;

static int index_of(const translation *t, const ga_array *a)
{
    int i = 0;
    while (ga_weights_at(t->from, i) != a)
        i++;
    return i;
}

/* Renames and converts one parameter's array; one of another shape is only renamed, and refused
 * with both shapes later. */
static ga_status translate_one(translation *t, const ga_param_spec *ours, ga_err *err)
{
    ga_foreign f;
    if (!t->row->foreign(ours->name, t->fit.style, &f))
        return GA_OK;
    const ga_array *theirs = find(t->from, t->fit.prefix, f.key);
    const ga_array *number = find(t->from, t->fit.prefix, f.factor);
    if (theirs == NULL)
        return GA_OK;
    const int i = index_of(t, theirs);
    const size_t size = strlen(t->fit.prefix) + strlen(ours->name) + 1;
    t->names[i] = ga_mem_new(size, 1);
    if (t->names[i] == NULL)
        return ga_fail(err, GA_ENOMEM, "import: no memory for '%s'", ours->name);
    (void)snprintf(t->names[i], size, "%s%s", t->fit.prefix, ours->name);
    t->arrays[i].name = t->names[i];
    if (number != NULL && number->count != 1)
        number = NULL;
    if (number != NULL)
        t->gone[index_of(t, number)] = true;
    if (!shapes_agree(theirs, ours, &f) || (f.rank == 0 && number == NULL))
        return GA_OK;
    const ga_status s = convert(t->graph, theirs, ours, &f, number, &t->numbers[i], err);
    t->arrays[i].dtype = GA_F32;
    t->arrays[i].rank = ours->rank;
    memcpy(t->arrays[i].dim, ours->dim, sizeof ours->dim);
    t->arrays[i].data = t->numbers[i];
    return s;
}

static bool is_ignored(const translation *t, const char *name)
{
    const size_t before = strlen(t->fit.prefix);
    for (int i = 0; t->row->ignored != NULL && t->row->ignored[i] != NULL; i++)
        if (strncmp(name, t->fit.prefix, before) == 0 &&
            ga_starts_with(name + before, t->row->ignored[i]))
            return true;
    return false;
}

static ga_status translate_all(translation *t, const char *where, ga_weights **out, ga_err *err)
{
    ga_status s = GA_OK;
    for (int i = 0; i < ga_graph_n_params(t->graph) && s == GA_OK; i++)
        s = translate_one(t, ga_graph_param(t->graph, i), err);
    int kept = 0;
    for (int i = 0; i < t->n; i++)
        if (!t->gone[i] && (t->names[i] != NULL || !is_ignored(t, t->arrays[i].name)))
            t->arrays[kept++] = t->arrays[i];
    return s == GA_OK
               ? ga_weights_copy(t->arrays, kept, where, ga_weights_format(t->from), out, err)
               : s;
}

ga_status ga_foreign_translate(const ga_arch *a, ga_weights **w, const char *where, ga_err *err)
{
    translation t = {.row = ga_family_row_of(a->name), .graph = a->graph, .from = *w};
    ga_weights *out = NULL;
    if (t.row == NULL || t.row->foreign == NULL)
        return GA_OK;
    t.fit = best_fit(t.row, t.graph, *w);
    if (t.fit.style < 0)
        return GA_OK;
    t.n = ga_weights_count(*w);
    const size_t n = (size_t)t.n;
    t.arrays = ga_mem_new(n, sizeof *t.arrays);
    t.gone = ga_mem_new(n, sizeof *t.gone);
    t.names = ga_mem_new(n, sizeof *t.names);
    t.numbers = ga_mem_new(n, sizeof *t.numbers);
    ga_status s = GA_OK;
    if (t.arrays == NULL || t.gone == NULL || t.names == NULL || t.numbers == NULL)
        s = ga_fail(err, GA_ENOMEM, "%s: out of memory", where);
    for (int i = 0; i < t.n && s == GA_OK; i++)
        t.arrays[i] = *ga_weights_at(*w, i);
    if (s == GA_OK)
        s = translate_all(&t, where, &out, err);
    for (int i = 0; i < t.n; i++) {
        if (t.names != NULL)
            ga_mem_free(t.names[i]);
        if (t.numbers != NULL)
            ga_mem_free(t.numbers[i]);
    }
    ga_mem_free(t.arrays);
    ga_mem_free(t.gone);
    ga_mem_free(t.names);
    ga_mem_free(t.numbers);
    if (s == GA_OK) {
        ga_weights_free(*w);
        *w = out;
    }
    return s;
}
