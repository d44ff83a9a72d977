/* dissection_told.c - a finished dissection, told from its dissect.json. */
#include "app/dissection_told.h"
#include "base/alloc.h"
#include "base/file.h"

static int layers_of(const ga_findings *f)
{
    return ga_findings_layers(f) * (ga_findings_of(f).random_twin ? 2 : 1);
}

/* The named layers, then those of the twin. */
static ga_found_layer layer_at(const ga_findings *f, int i)
{
    const int n = ga_findings_layers(f);
    return i < n ? ga_findings_layer(f, i) : ga_findings_twin(f, i - n);
}

/* ---- in words ---------------------------------------------------------------------------------*/

static void say_layers(ga_request *rq, const ga_findings *found)
{
    bool measured = false;
    ga_rq_say(rq, "  %-20s  %5s  %13s  %12s  %8s  %8s  %8s  %11s", "layer", "units",
              "interpretable", "above chance", "concepts", "mean IoU", "best IoU", "mean chance");
    for (int k = 0; k < layers_of(found); k++) {
        const ga_found_layer l = layer_at(found, k);
        const ga_layer_finding *f = &l.finding;
        char chance[16] = "-", above[16] = "-";
        if (f->chance_iou >= 0) {
            snprintf(chance, sizeof chance, "%.3f", f->chance_iou);
            snprintf(above, sizeof above, "%d", f->above_chance);
        }
        measured = measured || f->chance_iou >= 0;
        ga_rq_say(rq, "  %-20s  %5d  %13d  %12s  %8d  %8.3f  %8.3f  %11s", l.name, f->units,
                  f->interpretable, above, f->concepts, f->mean_iou, f->best_iou, chance);
    }
    if (!measured)
        return;
    ga_rq_say(rq,
              "chance level of a label: the IoU that 1 in 100 units reaches with it where labels "
              "are those of other images; mean chance: the mean of all labels' levels");
    ga_rq_say(rq, "above chance: interpretable, and above the chance level of its first label; "
                  "concepts: how many different first labels these units have");
}

/* What was not measured is not said. */
static void say_champion(ga_request *rq, const ga_findings *found, const ga_found_champion *c)
{
    const ga_finding *f = &c->finding;
    char interval[48] = "", chance[48] = "", cor[32] = "", other[160] = "";
    if (f->hi > f->lo)
        snprintf(interval, sizeof interval, " (%.3f to %.3f)", f->lo, f->hi);
    if (f->chance >= 0)
        snprintf(chance, sizeof chance, ", chance level %.3f", f->chance);
    if (ga_findings_of(found).covariance)
        snprintf(cor, sizeof cor, ", correlation %.3f", f->cor);
    if (c->first != f->label)
        snprintf(other, sizeof other, " (its first label: %.127s)",
                 ga_findings_label(found, c->first).title);
    ga_rq_say(rq, "  %-20s  %s unit %d, IoU %.3f%s%s%s%s", ga_findings_label(found, f->label).title,
              ga_findings_layer(found, c->layer).name, c->unit, f->iou, interval, chance, cor,
              other);
}

static void say_labels(ga_request *rq, const ga_findings *found)
{
    bool any = false, others = false;
    for (int c = 1; c < ga_findings_labels(found); c++) {
        const ga_found_champion best = ga_findings_champion(found, c);
        if (best.unit < 0)
            continue;
        if (!any)
            ga_rq_say(rq, "best unit for each label, of those that have it among their five labels "
                          "and are above all limits with it:");
        any = true;
        others = others || best.first != c;
        say_champion(rq, found, &best);
    }
    if (others)
        ga_rq_say(rq, "a unit has one threshold, which suits its first label; which unit tells a "
                      "label best at a threshold of its own: ganatomy compare detectors");
    if (!any)
        ga_rq_say(rq, "no unit is above all limits with any of its labels");
}

/* ---- as a result ------------------------------------------------------------------------------*/

static json_t *layer_of(const ga_found_layer *l)
{
    const ga_layer_finding *f = &l->finding;
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:o}", "layer", l->name, "units",
                     f->units, "interpretable", f->interpretable, "above_chance", f->above_chance,
                     "concepts", f->concepts, "mean_iou", f->mean_iou, "best_iou", f->best_iou,
                     "mean_chance", f->chance_iou >= 0 ? json_real(f->chance_iou) : json_null());
}

static json_t *champion_of(const ga_findings *found, const ga_found_champion *c)
{
    const ga_finding *f = &c->finding;
    const bool cor = ga_findings_of(found).covariance;
    return json_pack("{s:s, s:i, s:f, s:o, s:o, s:o, s:s}", "layer",
                     ga_findings_layer(found, c->layer).name, "unit", c->unit, "iou", f->iou,
                     "interval", f->hi > f->lo ? json_pack("[f,f]", f->lo, f->hi) : json_null(),
                     "chance_level", f->chance >= 0 ? json_real(f->chance) : json_null(),
                     "correlation", cor ? json_real(f->cor) : json_null(), "first_label",
                     ga_findings_label(found, c->first).title);
}

static json_t *result_of(const ga_findings *found, const char *folder)
{
    json_t *layers = json_array(), *labels = json_object();
    for (int k = 0; k < layers_of(found); k++) {
        const ga_found_layer l = layer_at(found, k);
        json_array_append_new(layers, layer_of(&l));
    }
    for (int c = 1; c < ga_findings_labels(found); c++) {
        const ga_found_champion best = ga_findings_champion(found, c);
        if (best.unit >= 0)
            json_object_set_new(labels, ga_findings_label(found, c).title,
                                champion_of(found, &best));
    }
    return json_pack("{s:s, s:s, s:o, s:o}", "folder", folder, "key", ga_findings_of(found).key,
                     "layers", layers, "labels", labels);
}

ga_status ga_dissection_tell(ga_request *rq, const char *folder, ga_err *err)
{
    char *path = ga_path_join(folder, "dissect.json");
    ga_findings *found;
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    const ga_status status = ga_findings_read(path, &found, err);
    if (status == GA_OK) {
        say_layers(rq, found);
        say_labels(rq, found);
        ga_rq_result(rq, result_of(found, folder));
    }
    ga_findings_free(found);
    ga_mem_free(path);
    return status;
}
