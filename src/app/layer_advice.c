/* layer_advice.c - which layers a dissection might begin with. */
#include "app/layer_advice.h"
#include "base/text.h"
#include <string.h>

enum { MOST_SIZES = 16 };

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
    return tap >= ga_graph_n_inputs(g) && tap < ga_graph_n_taps(g) - 1 && d.h > 1 && d.w > 1;
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
    for (bool large = true; n > GA_MOST_ADVISED; large = !large, n--) {
        int end = 0;
        for (int i = 1; i < n; i++)
            if (large ? rows_of(g, taps[i]) > rows_of(g, taps[end])
                      : rows_of(g, taps[i]) < rows_of(g, taps[end]))
                end = i;
        memmove(taps + end, taps + end + 1, (size_t)(n - 1 - end) * sizeof *taps);
    }
    return n;
}

int ga_advised_layers(const ga_graph *g, int taps[GA_MOST_ADVISED])
{
    int all[MOST_SIZES];
    int n = last_of_sizes(g, true, all);
    if (n == 0)
        n = last_of_sizes(g, false, all);
    n = keep_middle(g, all, n);
    memcpy(taps, all, (size_t)n * sizeof *taps);
    return n;
}

ga_status ga_fail_without_layers(const ga_model *m, const char *name, ga_err *err)
{
    const ga_graph *g = ga_model_graph(m);
    int taps[GA_MOST_ADVISED];
    const int n = ga_advised_layers(g, taps);
    if (n == 0)
        return ga_fail(err, GA_EINVAL,
                       "--layers is missing, and '%s' has no layer with maps: every layer of it is "
                       "one number a unit",
                       name);
    ga_text advice = {0};
    for (int i = 0; i < n; i++) {
        const ga_dims d = ga_graph_tap_dims(g, taps[i]);
        ga_text_addf(&advice, "%s%s (%d units, maps of %dx%d)", i > 0 ? ", " : "",
                     ga_graph_tap_name(g, taps[i]), d.c, d.h, d.w);
    }
    const ga_status status =
        ga_fail(err, GA_EINVAL,
                "--layers is missing: '%s' has %s, to begin with (`ganatomy model info %s` "
                "lists all)",
                name, advice.failed ? "layers" : advice.data, name);
    ga_text_free(&advice);
    return status;
}
