/* layer_advice.c - which layers a dissection might begin with. */
#include "app/layer_advice.h"
#include "base/alloc.h"
#include "base/text.h"
#include <string.h>

enum { MOST_SIZES = 16, MOST_ADVISED = 3 };

/* "layer1.conv" of "layer1". */
static bool is_inside(const char *inner, const char *outer)
{
    const size_t n = strlen(outer);
    return strncmp(inner, outer, n) == 0 && inner[n] == '.';
}

static bool has_inner(const ga_graph *g, int tap)
{
    for (int i = 0; i < ga_graph_n_taps(g); i++)
        if (is_inside(ga_graph_tap_name(g, i), ga_graph_tap_name(g, tap)))
            return true;
    return false;
}

static bool has_map(const ga_graph *g, int tap)
{
    const ga_dims d = ga_graph_tap_dims(g, tap);
    return tap >= ga_graph_n_inputs(g) && tap < ga_graph_output(g) && d.h > 1 && d.w > 1;
}

/* The last tap with a map of each size, in the order of the network. */
static int last_of_sizes(const ga_graph *g, bool blocks, int taps[MOST_SIZES])
{
    int n = 0;
    for (int tap = 0; tap < ga_graph_n_taps(g); tap++) {
        if (!has_map(g, tap) || (blocks && !has_inner(g, tap)))
            continue;
        const ga_dims d = ga_graph_tap_dims(g, tap);
        int same = 0;
        for (; same < n; same++) {
            const ga_dims other = ga_graph_tap_dims(g, taps[same]);
            if (other.h == d.h && other.w == d.w)
                break;
        }
        if (same == MOST_SIZES)
            break;
        if (same < n)
            memmove(taps + same, taps + same + 1, (size_t)(--n - same) * sizeof *taps);
        taps[n++] = tap;
    }
    return n;
}

static int rows_of(const ga_graph *g, int tap)
{
    return ga_graph_tap_dims(g, tap).h;
}

/* Takes away the largest and the smallest maps in turn, the largest first. */
static int keep_middle(const ga_graph *g, int *taps, int n)
{
    for (bool large = true; n > MOST_ADVISED; large = !large, n--) {
        int end = 0;
        for (int i = 1; i < n; i++)
            if (large ? rows_of(g, taps[i]) > rows_of(g, taps[end])
                      : rows_of(g, taps[i]) < rows_of(g, taps[end]))
                end = i;
        memmove(taps + end, taps + end + 1, (size_t)(n - 1 - end) * sizeof *taps);
    }
    return n;
}

/* Fills taps with at most MOST_ADVISED in the order of the network, 0 where no tap has a map;
 * *dropped: how many sizes of map are not among them. */
static int choose(const ga_graph *g, int taps[MOST_ADVISED], int *dropped)
{
    int all[MOST_SIZES];
    int n = last_of_sizes(g, true, all);
    if (n == 0)
        n = last_of_sizes(g, false, all);
    const int kept = keep_middle(g, all, n);
    *dropped = n - kept;
    memcpy(taps, all, (size_t)kept * sizeof *taps);
    return kept;
}

/* "layer4 (128 units, maps of 8x8), layer6 (...)" and by what rule these; false: there are none. */
static bool add_advice(const ga_graph *g, ga_text *layers, const char **rule)
{
    static const char *const rules[] = {"", ", without the finest",
                                        ", without the finest and the coarsest"};
    int taps[MOST_ADVISED], dropped;
    const int n = choose(g, taps, &dropped);
    for (int i = 0; i < n; i++) {
        const ga_dims d = ga_graph_tap_dims(g, taps[i]);
        ga_text_addf(layers, "%s%s (%d units, maps of %dx%d)", i > 0 ? ", " : "",
                     ga_graph_tap_name(g, taps[i]), d.c, d.h, d.w);
    }
    *rule = rules[dropped < 2 ? dropped : 2];
    return n > 0 && !layers->failed;
}

static ga_status fail_without_layers(const ga_graph *g, const char *name, ga_err *err)
{
    ga_text layers = {0};
    const char *rule;
    ga_status status;
    if (add_advice(g, &layers, &rule))
        status = ga_fail(err, GA_EINVAL,
                         "--layers is missing: to begin with, '%s' has %s: the last layer of each "
                         "size of map%s (`ganatomy model info %s` lists all)",
                         name, layers.data, rule, name);
    else
        status = ga_fail(err, GA_EINVAL,
                         "--layers is missing, and '%s' has no layer with maps: every layer of it "
                         "is one number a unit",
                         name);
    ga_text_free(&layers);
    return status;
}

/* Nearest to the misspelled one, of all taps but what the network reads. */
static const char *nearest(const ga_graph *g, const char *tap, char *hint)
{
    const int first = ga_graph_n_inputs(g), n = ga_graph_n_taps(g) - first;
    const char **names = ga_mem_new((size_t)n + 1, sizeof *names);
    hint[0] = 0;
    for (int i = 0; names != NULL && i < n; i++)
        names[i] = ga_graph_tap_name(g, first + i);
    if (names != NULL)
        ga_did_you_mean(tap, names, hint);
    ga_mem_free(names);
    return hint;
}

static ga_status fail_unknown(const ga_graph *g, const char *name, const char *tap, ga_err *err)
{
    ga_text layers = {0};
    char hint[GA_DID_YOU_MEAN];
    const char *rule;
    int found;
    ga_status status;
    if (add_advice(g, &layers, &rule))
        status = ga_fail(err, GA_ENOTFOUND,
                         "'%s' has no layer '%s'%s: to begin with, it has %s: the last layer of "
                         "each size of map%s (`ganatomy model info %s` lists all)",
                         name, tap, nearest(g, tap, hint), layers.data, rule, name);
    else
        status = ga_graph_need(g, tap, &found, err);
    ga_text_free(&layers);
    return status;
}

ga_status ga_layers_need(const ga_model *m, const char *name, const char *const *taps, int n,
                         ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    if (n == 0)
        return fail_without_layers(g, name, err);
    for (int i = 0; i < n; i++)
        if (ga_graph_find(g, taps[i]) < 0)
            return fail_unknown(g, name, taps[i], err);
    return GA_OK;
}
