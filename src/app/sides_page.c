/* sides_page.c - compare.html of dissections side by side: tables, and concepts against depth. */
#include "app/cells.h"
#include "app/sides.h"
#include "base/alloc.h"
#include "ganatomy/report.h"
#include <string.h>

/* ---- what is compared -------------------------------------------------------------------------*/

static void add_what(ga_page *p, const ga_sides *s, ga_cells *c)
{
    static const char *const headers[] = {"dissection", "model", "pictures",   "labels by",
                                          "preset",     "side",  "model hash", "random weights"};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    for (int i = 0; i < s->n; i++) {
        const ga_findings_about a = ga_findings_of(s->side[i].findings);
        ga_cells_add(c, "%s", s->side[i].name);
        ga_cells_add(c, "%s", a.model);
        if (a.data != NULL)
            ga_cells_add(c, "%d of %s %s", a.size, a.data, a.split);
        else if (a.image_class >= 0)
            ga_cells_add(c, "%d of its own, class %d, seed %u", a.size, a.image_class, a.seed);
        else
            ga_cells_add(c, "%d of its own, seed %u", a.size, a.seed);
        ga_cells_add(c, "%s", a.segmenter);
        ga_cells_add(c, "%s", a.preset);
        ga_cells_add(c, "%d", a.side);
        ga_cells_add(c, "%.12s", a.model_sha256);
        ga_cells_add(c, "%s", a.random_twin ? "yes" : "no");
    }
    ga_page_section(p, "what", "What is compared");
    if (!c->failed)
        ga_page_table(p, NULL, headers, COLUMNS, ga_cells_of(c), s->n);
    ga_text sentence = {0};
    for (int i = 0; ga_sides_differ(s, &i, &sentence); sentence.length = 0)
        if (!sentence.failed)
            ga_page_text(p, "Not alike: %s.", sentence.data);
    ga_text_free(&sentence);
}

/* ---- layer by layer ---------------------------------------------------------------------------*/

/* "8 object, 14 part" */
static void add_categories(ga_cells *c, const ga_findings *f, int layer)
{
    enum { MOST = 16 };
    const char *category[MOST];
    int count[MOST], n = 0;
    ga_text t = {0};
    for (int label = 1; label < ga_findings_labels(f); label++) {
        if (ga_findings_best(f, layer, label).stand == 0)
            continue;
        int at = 0;
        while (at < n && strcmp(category[at], ga_findings_label(f, label).category) != 0)
            at++;
        if (at == MOST)
            continue;
        if (at == n) {
            category[n] = ga_findings_label(f, label).category;
            count[n++] = 0;
        }
        count[at]++;
    }
    for (int i = 0; i < n; i++)
        ga_text_addf(&t, "%s%d %s", i > 0 ? ", " : "", count[i], category[i]);
    ga_cells_add(c, "%s", t.data != NULL ? t.data : "none");
    ga_text_free(&t);
}

static void add_row(ga_cells *c, const ga_side *s, int k)
{
    const ga_found_layer l = ga_findings_layer(s->findings, k);
    const ga_layer_finding *n = &l.finding;
    ga_cells_add(c, "%s", s->name);
    ga_cells_add(c, "%s", l.name);
    ga_cells_add(c, "%d", ga_side_away(s, k));
    ga_cells_add(c, "%dx%d", l.dims.h, l.dims.w);
    ga_cells_add(c, "%d of %d", n->interpretable, n->units);
    ga_cells_add(c, "%d of %d", n->above_chance, n->units);
    ga_cells_add(c, "%d", n->concepts);
    add_categories(c, s->findings, k);
    ga_cells_add(c, "%.3f", n->mean_iou);
    ga_cells_add(c, "%.3f", n->best_iou);
    ga_cells_add(c, n->chance_iou >= 0 ? "%.3f" : "not asked", n->chance_iou);
    if (!ga_findings_of(s->findings).random_twin) {
        ga_cells_add(c, "not asked");
        return;
    }
    const ga_found_layer twin = ga_findings_twin(s->findings, k);
    ga_cells_add(c, "%d of %d for %d", twin.finding.above_chance, twin.finding.units,
                 twin.finding.concepts);
}

/* The layer with the most concepts, of equals the one with the larger share above chance. */
static void add_most(ga_page *p, const ga_sides *s)
{
    const ga_side *best = NULL;
    ga_found_layer of = {0};
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++) {
            const ga_found_layer l = ga_findings_layer(s->side[i].findings, k);
            const ga_layer_finding *a = &l.finding, *b = &of.finding;
            const double share = (double)a->above_chance / a->units;
            if (best == NULL || a->concepts > b->concepts ||
                (a->concepts == b->concepts && share > (double)b->above_chance / b->units)) {
                best = &s->side[i];
                of = l;
            }
        }
    ga_page_finding(p,
                    "Most concepts: `%s` of `%s`, %d, for which %d of its %d units stand; its "
                    "units have a mean IoU of %.3f.",
                    of.name, best->name, of.finding.concepts, of.finding.above_chance,
                    of.finding.units, of.finding.mean_iou);
}

static void add_layers(ga_page *p, const ga_sides *s, ga_cells *c)
{
    static const char *const headers[] = {
        "dissection", "layer",    "away",     "map",      "interpretable", "above chance",
        "concepts",   "of these", "mean IoU", "best IoU", "mean chance",   "random weights"};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++)
            add_row(c, &s->side[i], k);
    ga_page_section(p, "layers", "Layer by layer");
    add_most(p, s);
    if (!c->failed)
        ga_page_table(
            p,
            "Units of each layer. Above chance: interpretable, and with a larger IoU than 99 "
            "% of the layer's units reach with the labels of other images. Concepts: "
            "distinct labels of those. Away: layers from the pictures.",
            headers, COLUMNS, ga_cells_of(c), (int)(c->n / COLUMNS));
}

/* ---- against depth ----------------------------------------------------------------------------*/

typedef double measure(const ga_layer_finding *f);

static double concepts_of(const ga_layer_finding *f)
{
    return f->concepts;
}

static double share_of(const ga_layer_finding *f)
{
    return 100.0 * f->above_chance / f->units;
}

static double mean_of(const ga_layer_finding *f)
{
    return f->mean_iou;
}

enum { MOST_LAYERS = 128 };

/* One curve a dissection, and a faint one of random weights in the same look. x, y: room for
 * 2 * MOST_LAYERS * GA_MOST_SIDES numbers each. */
static void add_chart(ga_page *p, const ga_sides *s, measure *of, ga_chart chart, double *x,
                      double *y)
{
    ga_curve curve[2 * GA_MOST_SIDES];
    int n = 0, deepest = 1;
    for (int i = 0; i < s->n; i++) {
        const ga_side *one = &s->side[i];
        const int layers = ga_findings_layers(one->findings);
        const bool twin = ga_findings_of(one->findings).random_twin;
        deepest = layers > deepest ? layers : deepest;
        for (int t = 0; t < (twin ? 2 : 1); t++) {
            double *px = x + (size_t)n * MOST_LAYERS, *py = y + (size_t)n * MOST_LAYERS;
            for (int k = 0; k < layers; k++) {
                const ga_found_layer l = t == 0 ? ga_findings_layer(one->findings, k)
                                                : ga_findings_twin(one->findings, k);
                const int at = ga_side_away(one, k) - 1;
                px[at] = at + 1;
                py[at] = of(&l.finding);
            }
            curve[n++] = (ga_curve){.name = t == 0 ? one->name : NULL,
                                    .x = px,
                                    .y = py,
                                    .n = layers,
                                    .look = i,
                                    .faint = t > 0};
        }
    }
    chart.x_label = "layers away from the pictures";
    chart.curves = curve;
    chart.n_curves = n;
    chart.x_min = 1;
    chart.x_max = deepest > 1 ? deepest : 2;
    ga_page_chart(p, &chart);
}

/* "gan 2, 1, 0; encoder 3, 1, 0" */
static void add_inwards(ga_page *p, const ga_sides *s)
{
    ga_text t = {0};
    for (int i = 0; i < s->n; i++) {
        const ga_side *one = &s->side[i];
        const int layers = ga_findings_layers(one->findings);
        ga_text_addf(&t, "%s`%s`", i > 0 ? "; " : "", one->name);
        for (int away = 1; away <= layers; away++)
            for (int k = 0; k < layers; k++)
                if (ga_side_away(one, k) == away)
                    ga_text_addf(&t, "%s %d", away > 1 ? "," : "",
                                 ga_findings_layer(one->findings, k).finding.concepts);
    }
    if (!t.failed && t.data != NULL)
        ga_page_finding(p, "Concepts, from the pictures inwards: %s.", t.data);
    ga_text_free(&t);
}

static ga_status add_depth(ga_page *p, const ga_sides *s, ga_err *err)
{
    const size_t room = (size_t)2 * MOST_LAYERS * GA_MOST_SIDES;
    double *x = ga_mem_new(room, sizeof *x), *y = ga_mem_new(room, sizeof *y);
    if (x == NULL || y == NULL) {
        ga_mem_free(x);
        ga_mem_free(y);
        return ga_fail(err, GA_ENOMEM, "no memory for charts");
    }
    ga_page_section(p, "depth", "Against depth");
    add_inwards(p, s);
    ga_page_text(
        p, "Depth counts the dissected layers from the pictures: in a network that makes "
           "pictures from its last layer backwards, in one that reads them from its first "
           "layer on. If an encoder is the mirror image of the generator that it inverts, "
           "their lines lie on each other. Faint lines: the same layers with random weights.");
    add_chart(p, s, concepts_of,
              (ga_chart){.title = "Concepts against depth", .y_label = "distinct labels"}, x, y);
    add_chart(p, s, share_of,
              (ga_chart){.title = "Units above chance against depth",
                         .y_label = "units of the layer (%)",
                         .y_max = 100},
              x, y);
    add_chart(p, s, mean_of,
              (ga_chart){.title = "Mean IoU against depth",
                         .y_label = "mean IoU of the units' own labels"},
              x, y);
    ga_mem_free(x);
    ga_mem_free(y);
    return GA_OK;
}

/* ---- label by label ---------------------------------------------------------------------------*/

static void add_best(ga_cells *c, const ga_found_best *b)
{
    if (b->unit < 0)
        ga_cells_add(c, "-");
    else if (b->hi > b->lo)
        ga_cells_add(c, "%s%.3f (%.3f to %.3f)%s", b->exact ? "" : "≥ ", b->iou, b->lo, b->hi,
                     b->stand > 0 ? "" : " °");
    else
        ga_cells_add(c, "%s%.3f%s", b->exact ? "" : "≥ ", b->iou, b->stand > 0 ? "" : " °");
}

static void add_labels(ga_page *p, const ga_sides *s, ga_cells *headers, ga_cells *c)
{
    ga_cells_add(headers, "label");
    ga_cells_add(headers, "category");
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++)
            ga_cells_add(headers, "%s %s", s->side[i].name,
                         ga_findings_layer(s->side[i].findings, k).name);
    for (int label = 1; label < ga_sides_labels(s); label++) {
        if (!ga_sides_stand(s, label))
            continue;
        ga_cells_add(c, "%s", ga_sides_label(s, label).title);
        ga_cells_add(c, "%s", ga_sides_label(s, label).category);
        for (int i = 0; i < s->n; i++)
            for (int k = 0; k < ga_findings_layers(s->side[i].findings); k++) {
                const ga_found_best b = ga_findings_best(s->side[i].findings, k, label);
                add_best(c, &b);
            }
    }
    ga_page_section(p, "labels", "Label by label");
    if (!headers->failed && !c->failed && c->n > 0)
        ga_page_table(
            p,
            "IoU of the best unit, for each label that is the first of the labels of a unit above "
            "chance, in any layer; with the 95 % interval over resampled images where the label is "
            "one of the best unit's own, first or further. °: the first label of no unit above "
            "chance in this layer. ≥: the best of the units that list it, where none of the "
            "dissection has it as its first. -: none lists it.",
            ga_cells_of(headers), (int)headers->n, ga_cells_of(c), (int)(c->n / headers->n));
    else
        ga_page_text(p, "No unit is above chance with its first label.");
}

ga_status ga_sides_page(const ga_sides *s, const char *path, ga_err *err)
{
    ga_page *p;
    ga_cells cells[4] = {0};
    ga_status status = ga_page_create("Dissections side by side",
                                      "Which layers of which networks have units that stand for "
                                      "something, and for what.",
                                      &p, err);
    if (status != GA_OK)
        return status;
    add_what(p, s, &cells[0]);
    add_layers(p, s, &cells[1]);
    status = add_depth(p, s, err);
    if (status == GA_OK) {
        add_labels(p, s, &cells[2], &cells[3]);
        status = cells[0].failed || cells[1].failed || cells[2].failed || cells[3].failed
                     ? ga_fail(err, GA_ENOMEM, "no memory for the page '%s'", path)
                     : ga_page_save(p, path, err);
    }
    for (int i = 0; i < 4; i++)
        ga_cells_free(&cells[i]);
    ga_page_free(p);
    return status;
}
