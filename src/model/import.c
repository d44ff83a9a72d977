/* import.c - foreign weights into an architecture: which keys fit, and words for those that do not.
 *
 * Published files wrap their keys: {"state_dict": {...}}, "module." from data-parallel training,
 * {"netG": ..., "netD": ...}, {"G": ..., "G_ema": ...}. Instead of a list of such words, every
 * prefix is tried under which at least one expected key stands; the one with most of them wins. */
#include <math.h>
#include <string.h>
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "model/family.h"
#include "model/model_inner.h"

#define MAX_PREFIXES 64
#define MAX_PREFIX   200
#define LIST_BYTES   170 /* of one list in the sentence: three of them and the file's name fit */

/* ---- the prefix -------------------------------------------------------------------------------*/

typedef struct ga_prefix {
    const char *text; /* the first length characters of a key of the file */
    size_t length;
    int named, shaped; /* expected keys that stand under it, and have their shape */
} ga_prefix;

static bool same_shape(const ga_array *a, const ga_param_spec *spec)
{
    if (a->rank != spec->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != spec->dim[i])
            return false;
    return true;
}

/* Words for averaged weights, which make the better pictures: they win where both are there. */
static bool is_average(const ga_prefix *p)
{
    static const char *const words[] = {"ema", "EMA", "average", "avg", NULL};
    for (size_t k = 0; words[k] != NULL; k++) {
        const size_t n = strlen(words[k]);
        for (size_t i = 0; i + n <= p->length; i++)
            if (strncmp(p->text + i, words[k], n) == 0)
                return true;
    }
    return false;
}

static int compare(const ga_prefix *a, const ga_prefix *b)
{
    if (a->named != b->named)
        return a->named - b->named;
    if (a->shaped != b->shaped)
        return a->shaped - b->shaped;
    if (is_average(a) != is_average(b))
        return is_average(a) - is_average(b);
    return (b->length == 0) - (a->length == 0) == 0 ? 0 : a->length == 0 ? 1 : -1;
}

static void count_prefix(ga_prefix *list, int *n, const ga_array *a, size_t length,
                         const ga_param_spec *spec)
{
    int i = 0;
    while (i < *n && !(list[i].length == length && strncmp(list[i].text, a->name, length) == 0))
        i++;
    if (i == *n) {
        if (*n == MAX_PREFIXES || length > MAX_PREFIX)
            return;
        list[(*n)++] = (ga_prefix){.text = a->name, .length = length};
    }
    list[i].named++;
    list[i].shaped += same_shape(a, spec);
}

/* *best: the prefix that all keys of the network stand under, "" if none does. */
static ga_status find_prefix(const ga_graph *g, const ga_weights *w, const char *piece,
                             const char *where, ga_prefix *best, ga_err *err)
{
    ga_prefix list[MAX_PREFIXES];
    int n = 0, winner = -1, tied = -1;
    const size_t skip = strlen(piece);
    for (int k = 0; k < ga_weights_count(w); k++) {
        const ga_array *a = ga_weights_at(w, k);
        const size_t length = strlen(a->name);
        for (int i = 0; i < ga_graph_n_params(g); i++) {
            const ga_param_spec *spec = ga_graph_param(g, i);
            if (!ga_starts_with(spec->name, piece) || !ga_ends_with(a->name, spec->name + skip))
                continue;
            const size_t before = length - strlen(spec->name + skip);
            if (before == 0 || a->name[before - 1] == '.')
                count_prefix(list, &n, a, before, spec);
        }
    }
    for (int i = 0; i < n; i++) {
        const int order = winner < 0 ? 1 : compare(&list[i], &list[winner]);
        if (order > 0) {
            winner = i;
            tied = -1;
        } else if (order == 0) {
            tied = i;
        }
    }
    if (tied >= 0)
        return ga_fail(err, GA_EDATA,
                       "%s: holds the network twice, under '%.*s' and under '%.*s': "
                       "keep one of them in the file",
                       where, (int)list[winner].length, list[winner].text, (int)list[tied].length,
                       list[tied].text);
    *best = winner < 0 ? (ga_prefix){.text = ""} : list[winner];
    return GA_OK;
}

/* ---- what does not fit ------------------------------------------------------------------------*/

/* The key of spec in the file: prefix + its name without the piece. NULL: absent or too long. */
static const ga_array *array_of(const ga_weights *w, const ga_prefix *prefix,
                                const ga_param_spec *spec, const char *piece)
{
    char key[1024];
    const int n = snprintf(key, sizeof key, "%.*s%s", (int)prefix->length, prefix->text,
                           spec->name + strlen(piece));
    return n > 0 && (size_t)n < sizeof key ? ga_weights_find(w, key) : NULL;
}

/* BatchNorm counts its calls, and one that is spread over devices keeps what it averages by;
 * nothing here wants to know. */
static bool is_counter(const char *key)
{
    static const char *const words[] = {"num_batches_tracked", "_running_iter", "_tmp_running_mean",
                                        "_tmp_running_var"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i]), length = strlen(key);
        if (ga_ends_with(key, words[i]) && (length == n || key[length - n - 1] == '.'))
            return true;
    }
    return false;
}

static void set_found(ga_misfit *m, const ga_array *a)
{
    m->key = a->name;
    m->found = true;
    m->found_rank = a->rank;
    memcpy(m->found_dim, a->dim, sizeof m->found_dim);
}

static void set_expected(ga_misfit *m, const ga_param_spec *spec)
{
    m->expected = true;
    m->expected_rank = spec->rank;
    memcpy(m->expected_dim, spec->dim, sizeof m->expected_dim);
}

typedef struct ga_listener {
    void (*see)(void *user, const ga_misfit *m);
    void *user;
} ga_listener;

static void see_unexpected(const ga_graph *g, const ga_weights *w, const ga_prefix *prefix,
                           const char *piece, const char *file, ga_listener to)
{
    char full[1200];
    for (int k = 0; k < ga_weights_count(w); k++) {
        const ga_array *a = ga_weights_at(w, k);
        if (strncmp(a->name, prefix->text, prefix->length) != 0 || is_counter(a->name))
            continue; /* what stands beside the network (an optimiser, an epoch) is left alone */
        (void)snprintf(full, sizeof full, "%s%.1000s", piece, a->name + prefix->length);
        bool known = false;
        for (int i = 0; i < ga_graph_n_params(g) && !known; i++)
            known = strcmp(ga_graph_param(g, i)->name, full) == 0;
        ga_misfit m = {.file = file};
        set_found(&m, a);
        if (!known)
            to.see(to.user, &m);
    }
}

/* The parameters first, in the order of the network, then what the file has beyond them. */
static void see_misfits(const ga_arch *arch, const ga_weights *w, const ga_prefix *prefix,
                        const char *piece, const char *file, ga_listener to)
{
    const ga_graph *g = arch->graph;
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *spec = ga_graph_param(g, i);
        if (!ga_starts_with(spec->name, piece))
            continue;
        const ga_array *a = array_of(w, prefix, spec, piece);
        ga_misfit m = {.file = file, .key = spec->name + strlen(piece)};
        set_expected(&m, spec);
        if (a != NULL)
            set_found(&m, a);
        if (a == NULL || !same_shape(a, spec))
            to.see(to.user, &m);
    }
    see_unexpected(g, w, prefix, piece, file, to);
}

/* ---- the sentence -----------------------------------------------------------------------------*/

typedef struct ga_list {
    ga_text text;
    int count, shown;
} ga_list;

typedef struct ga_fit {
    ga_list missing, unexpected, shapes;
} ga_fit;

static void list_add(void *user, const ga_misfit *m)
{
    ga_fit *fit = user;
    ga_list *list = !m->found ? &fit->missing : !m->expected ? &fit->unexpected : &fit->shapes;
    char found[GA_SHAPE_WORDS], expected[GA_SHAPE_WORDS], words[400];
    ga_shape_words(m->found_rank, m->found_dim, found);
    ga_shape_words(m->expected_rank, m->expected_dim, expected);
    if (m->found && m->expected)
        (void)snprintf(words, sizeof words, "is %s, expected %s", found, expected);
    else
        (void)snprintf(words, sizeof words, "%s", m->found ? found : expected);
    const bool cut = list->shown < list->count++; /* none is shown after one that was left out */
    if (cut || (list->shown > 0 && list->text.length + strlen(m->key) + strlen(words) > LIST_BYTES))
        return;
    if (list->shown++ > 0)
        ga_text_add(&list->text, ", ");
    ga_text_addf(&list->text, "'%.80s' %s", m->key, words);
}

static void list_end(ga_list *list, const char *title, ga_text *sentence)
{
    if (list->count > 0) {
        ga_text_addf(sentence, "; %s: %s", title, list->text.data != NULL ? list->text.data : "");
        if (list->count > list->shown)
            ga_text_addf(sentence, " and %d more", list->count - list->shown);
    }
    ga_text_free(&list->text);
}

static ga_status check_fit(const ga_arch *arch, const ga_weights *w, const ga_prefix *prefix,
                           const char *piece, const char *where, ga_err *err)
{
    ga_fit fit = {0};
    see_misfits(arch, w, prefix, piece, where, (ga_listener){list_add, &fit});
    if (fit.missing.count + fit.unexpected.count + fit.shapes.count == 0)
        return GA_OK;
    ga_text sentence = {0};
    list_end(&fit.missing, "missing", &sentence);
    list_end(&fit.unexpected, "unexpected", &sentence);
    list_end(&fit.shapes, "of another shape", &sentence);
    const ga_status s = ga_fail(err, GA_EDATA, "%.160s: keys do not fit '%.60s'%s", where,
                                arch->name, sentence.data != NULL ? sentence.data : "");
    ga_text_free(&sentence);
    return s;
}

/* ---- filling ----------------------------------------------------------------------------------*/

static ga_status fit(const ga_arch *arch, const ga_weights *w, const char *piece, bool strict,
                     const char *where, ga_prefix *prefix, ga_err *err)
{
    *prefix = (ga_prefix){.text = ""};
    const ga_status s = strict ? GA_OK : find_prefix(arch->graph, w, piece, where, prefix, err);
    return s == GA_OK ? check_fit(arch, w, prefix, piece, where, err) : s;
}

ga_status ga_model_check_keys(const ga_arch *arch, const ga_weights *w, const char *piece,
                              bool strict, const char *where, ga_err *err)
{
    ga_prefix prefix;
    return fit(arch, w, piece, strict, where, &prefix, err);
}

ga_status ga_model_fill(ga_model *m, const ga_weights *w, const char *piece, bool strict,
                        const char *where, ga_err *err)
{
    const ga_graph *g = m->arch->graph;
    ga_prefix prefix;
    ga_status s = fit(m->arch, w, piece, strict, where, &prefix, err);
    for (int i = 0; s == GA_OK && i < ga_graph_n_params(g); i++) {
        const ga_param_spec *spec = ga_graph_param(g, i);
        if (!ga_starts_with(spec->name, piece))
            continue;
        const ga_array *a = array_of(w, &prefix, spec, piece);
        float *values = ga_model_values(m, spec);
        ga_array_to_f32(a, values);
        size_t nan = 0, infinite = 0;
        for (size_t k = 0; k < spec->count; k++) {
            nan += isnan(values[k]) != 0;
            infinite += isinf(values[k]) != 0;
        }
        if (nan + infinite > 0)
            s = ga_fail(err, GA_EDATA,
                        "%s: '%.200s' holds %zu NaN and %zu infinite values among "
                        "%zu, expected finite numbers only",
                        where, a->name, nan, infinite, spec->count);
    }
    ga_params_changed(m->params);
    return s;
}

/* ---- import -----------------------------------------------------------------------------------*/

static ga_status check_pieces(const ga_arch *a, int n_paths, ga_err *err)
{
    const int pieces = ga_arch_n_pieces(a);
    if (n_paths < 1)
        return ga_fail(err, GA_EINVAL, "'%s': no weight files were given, expected at least 1",
                       a->name);
    if (n_paths == 1 || n_paths == pieces)
        return GA_OK;
    if (pieces == 0)
        return ga_fail(err, GA_EINVAL,
                       "'%s': %d weight files were given, expected 1 (the "
                       "architecture lists no \"pieces\")",
                       a->name, n_paths);
    return ga_fail(err, GA_EINVAL,
                   "'%s': %d weight files were given, expected 1, or one for each "
                   "of its %d pieces (%s first)",
                   a->name, n_paths, pieces, ga_arch_piece(a, 0));
}

static ga_status read_translated(const ga_arch *a, const char *path, ga_weights **w, ga_err *err)
{
    const ga_status s = ga_weights_read(path, 0, w, err);
    return s == GA_OK ? ga_foreign_translate(a, w, path, err) : s;
}

ga_status ga_model_misfits(const ga_arch *a, const char *const *paths, int n_paths,
                           void (*see)(void *user, const ga_misfit *m), void *user, ga_err *err)
{
    ga_status s = check_pieces(a, n_paths, err);
    for (int i = 0; s == GA_OK && i < n_paths; i++) {
        const char *piece = n_paths == 1 ? "" : ga_arch_piece(a, i);
        ga_weights *w = NULL;
        ga_prefix prefix = {.text = ""};
        s = read_translated(a, paths[i], &w, err);
        if (s == GA_OK)
            s = find_prefix(a->graph, w, piece, paths[i], &prefix, err);
        if (s == GA_OK)
            see_misfits(a, w, &prefix, piece, paths[i], (ga_listener){see, user});
        ga_weights_free(w);
    }
    return s;
}

static ga_status set_origin(ga_model *m, const char *const *paths, int n_paths, const char *format,
                            ga_err *err)
{
    ga_text origin = {0};
    for (int i = 0; i < n_paths; i++)
        ga_text_addf(&origin, "%s%s", i > 0 ? ", " : "", ga_path_base(paths[i]));
    ga_text_addf(&origin, " (%s)", format);
    ga_status s = GA_OK;
    if (origin.failed)
        s = ga_fail(err, GA_ENOMEM, "import: out of memory");
    else if (ga_model_set_note(m, "origin", origin.data, NULL) != GA_OK)
        s = ga_model_set_note(m, "origin", format, err); /* file names need not be UTF-8 */
    ga_text_free(&origin);
    return s;
}

ga_status ga_model_import(const ga_arch *a, const char *const *paths, int n_paths, ga_model **out,
                          ga_err *err)
{
    *out = NULL;
    ga_model *m = NULL;
    ga_status s = check_pieces(a, n_paths, err);
    for (int i = 0; s == GA_OK && i < n_paths; i++) {
        const char *piece = n_paths == 1 ? "" : ga_arch_piece(a, i);
        ga_weights *w = NULL;
        s = read_translated(a, paths[i], &w, err);
        if (s == GA_OK && i == 0) {
            s = ga_model_check_keys(a, w, piece, false, paths[i], err);
            if (s == GA_OK)
                s = ga_model_create(a, &m, err);
        }
        if (s == GA_OK)
            s = ga_model_fill(m, w, piece, false, paths[i], err);
        if (s == GA_OK && i == 0)
            s = set_origin(m, paths, n_paths, ga_weights_format(w), err);
        ga_weights_free(w);
    }
    if (s == GA_OK)
        *out = m;
    else
        ga_model_free(m);
    return s;
}
