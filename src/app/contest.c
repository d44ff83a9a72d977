/* contest.c - detectors of concepts, as tables, JSON and CSV. */
#include "app/contest.h"
#include "app/cells.h"
#include "app/runs.h"
#include "base/alloc.h"
#include "base/file.h"
#include <string.h>

const char *const ga_detector_words[GA_DETECTORS] = {"best unit", "union", "probe", "segmenter"};

const char *ga_contest_number(double v, double lo, double hi, char *buf, size_t size)
{
    if (hi > lo)
        snprintf(buf, size, "%.3f (%.3f to %.3f)", v, lo, hi);
    else
        snprintf(buf, size, "%.3f", v);
    return buf;
}

const char *ga_contest_learned(const ga_contest *c, const ga_detected *f, int detector, char *buf,
                               size_t size)
{
    const unsigned long long pixels = (unsigned long long)c->o->train *
                                      (unsigned long long)c->side * (unsigned long long)c->side;
    if (detector == GA_DETECT_RIVAL)
        snprintf(buf, size, "nothing here");
    else if (detector == GA_DETECT_PROBE)
        snprintf(buf, size, "%llu pixels, %llu yes", (unsigned long long)f->samples,
                 (unsigned long long)f->sample_pixels);
    else
        snprintf(buf, size, "%llu pixels, %llu yes", pixels, (unsigned long long)f->train_pixels);
    return buf;
}

int ga_contest_best_layer(const ga_contest *c, int label, int detector)
{
    int best = -1;
    for (int k = 0; k < c->n_layers; k++) {
        const ga_judged *j = &ga_detections_of(c->d, k, label)->by[detector];
        if (j->judged &&
            (best < 0 ||
             j->train_iou > ga_detections_of(c->d, best, label)->by[detector].train_iou))
            best = k;
    }
    return best;
}

void ga_contest_add_best(ga_cells *cells, const ga_contest *c, int label, int detector)
{
    char buf[64];
    const int layer = ga_contest_best_layer(c, label, detector);
    if (layer < 0) {
        ga_cells_add(cells, "-");
        return;
    }
    const ga_judged *j = &ga_detections_of(c->d, layer, label)->by[detector];
    const bool rival = detector == GA_DETECT_RIVAL;
    ga_cells_add(cells, "%s%s%s", rival ? "" : c->layers[layer], rival ? "" : " ",
                 ga_contest_number(j->iou, j->iou_lo, j->iou_hi, buf, sizeof buf));
}

/* ---- for people -------------------------------------------------------------------------------*/

static void add_who(ga_cells *cells, const ga_contest *c, const ga_detected *f, int layer,
                    int detector)
{
    switch (detector) {
    case GA_DETECT_UNIT:
        ga_cells_add(cells, "unit %d", f->unit[0]);
        break;
    case GA_DETECT_UNION:
        ga_cells_add(cells, "%d unit%s", f->n_units, f->n_units == 1 ? "" : "s");
        break;
    case GA_DETECT_PROBE:
        ga_cells_add(cells, "%d weights", c->dims[layer].c + 1);
        break;
    default:
        ga_cells_add(cells, "%s", c->rival != NULL ? c->rival : "");
    }
}

static void add_row(ga_cells *cells, const ga_contest *c, const ga_detected *f, int layer,
                    int detector)
{
    char buf[64];
    const ga_judged *j = &f->by[detector];
    ga_cells_add(cells, "%s", detector == GA_DETECT_RIVAL ? "" : c->layers[layer]);
    ga_cells_add(cells, "%s", ga_detector_words[detector]);
    if (!j->judged) {
        ga_cells_add(cells, "has nothing to learn from");
        for (int i = 0; i < 4; i++)
            ga_cells_add(cells, "%s", "");
        return;
    }
    add_who(cells, c, f, layer, detector);
    ga_cells_add(cells, "%s", ga_contest_number(j->iou, j->iou_lo, j->iou_hi, buf, sizeof buf));
    if (j->ap >= 0)
        ga_cells_add(cells, "%s", ga_contest_number(j->ap, j->ap_lo, j->ap_hi, buf, sizeof buf));
    else
        ga_cells_add(cells, "-");
    if (detector == GA_DETECT_UNIT || (detector == GA_DETECT_RIVAL && c->n_layers > 1))
        ga_cells_add(cells, "%s", "");
    else
        ga_cells_add(cells, "%s",
                     ga_contest_number(j->gain, j->gain_lo, j->gain_hi, buf, sizeof buf));
    ga_cells_add(cells, "%s", ga_contest_learned(c, f, detector, buf, sizeof buf));
}

static void say_label(ga_request *rq, const ga_contest *c, int label)
{
    static const char *const headings[] = {"layer",       "detector",           "with",
                                           ">IoU",        ">average precision", ">over best unit",
                                           "learned from"};
    enum { COLUMNS = sizeof headings / sizeof *headings };
    ga_cells cells = {0};
    const ga_detected *f = ga_detections_of(c->d, 0, label);
    ga_rq_say(
        rq, "%s: %llu of %llu pixels, in %llu of %d test images",
        ga_vocabulary_title(c->vocabulary, c->o->labels[label]), (unsigned long long)f->test_pixels,
        (unsigned long long)c->o->test * (unsigned long long)c->side * (unsigned long long)c->side,
        (unsigned long long)f->test_images, c->o->test);
    for (int k = 0; k < c->n_layers; k++)
        for (int i = 0; i < GA_DETECT_RIVAL; i++)
            add_row(&cells, c, ga_detections_of(c->d, k, label), k, i);
    if (c->rival != NULL)
        add_row(&cells, c, f, 0, GA_DETECT_RIVAL);
    if (!cells.failed)
        ga_say_table(rq, 2, headings, COLUMNS, ga_cells_of(&cells), cells.n / COLUMNS);
    ga_cells_free(&cells);
}

/* Each detector at its best layer, label by label. */
static void say_short(ga_request *rq, const ga_contest *c)
{
    static const char *const headings[] = {"label", "best unit", "union", "probe", "segmenter"};
    const int detectors = c->rival != NULL ? GA_DETECTORS : GA_DETECT_RIVAL;
    ga_cells cells = {0};
    for (int i = 0; i < c->o->n_labels; i++) {
        ga_cells_add(&cells, "%s", ga_vocabulary_title(c->vocabulary, c->o->labels[i]));
        for (int k = 0; k < detectors; k++)
            ga_contest_add_best(&cells, c, i, k);
    }
    ga_rq_say(rq, "in short: IoU on test images, at the layer that was best in training");
    if (!cells.failed)
        ga_say_table(rq, 2, headings, 1 + detectors, ga_cells_of(&cells), (size_t)c->o->n_labels);
    ga_cells_free(&cells);
}

static void say_costs(ga_request *rq, const ga_contest *c)
{
    char bytes[16];
    ga_rq_say(
        rq,
        "network up to the last layer: %.3f ms an image, %s and %.1f million multiply-adds for one",
        1e3 * ga_detections_network_seconds(c->d),
        ga_format_bytes(c->network.bytes, bytes, sizeof bytes),
        (double)c->network.multiply_adds / 1e6);
    double most[GA_DETECT_RIVAL] = {0};
    for (int i = 0; i < GA_DETECT_RIVAL; i++)
        for (int k = 0; k < c->n_layers; k++)
            for (int l = 0; l < c->o->n_labels; l++) {
                const double s = ga_detections_of(c->d, k, l)->by[i].seconds;
                most[i] = s > most[i] ? s : most[i];
            }
    ga_rq_say(rq, "behind it, at most: best unit %.3f, union %.3f, probe %.3f ms an image",
              1e3 * most[GA_DETECT_UNIT], 1e3 * most[GA_DETECT_UNION], 1e3 * most[GA_DETECT_PROBE]);
    if (c->rival != NULL)
        ga_rq_say(rq, "segmenter: %.3f ms an image",
                  1e3 * ga_detections_of(c->d, 0, 0)->by[GA_DETECT_RIVAL].seconds);
    if (c->of_seer.bytes > 0)
        ga_rq_say(rq, "segmenter, which %s: %s and %.1f million multiply-adds for one image",
                  c->rival != NULL ? "takes part" : "says what is true",
                  ga_format_bytes(c->of_seer.bytes, bytes, sizeof bytes),
                  (double)c->of_seer.multiply_adds / 1e6);
}

void ga_contest_say(ga_request *rq, const ga_contest *c)
{
    ga_rq_say(rq, "truth: %s; %d training and %d test images %s, label maps of %dx%d", c->truth,
              c->o->train, c->o->test, c->pictures, c->side, c->side);
    for (int i = 0; i < c->o->n_labels; i++)
        say_label(rq, c, i);
    say_costs(rq, c);
    say_short(rq, c);
}

/* Where each detector was best in training; of those that learned. */
static json_t *best_layers_json(const ga_contest *c, int label)
{
    json_t *o = json_object();
    for (int k = 0; k < GA_DETECT_RIVAL; k++) {
        const int layer = ga_contest_best_layer(c, label, k);
        if (layer >= 0)
            json_object_set_new(o, ga_detector_words[k], json_string(c->layers[layer]));
    }
    return o;
}

/* ---- JSON -------------------------------------------------------------------------------------*/

static json_t *interval(double lo, double hi)
{
    return hi > lo ? json_pack("[f,f]", lo, hi) : NULL;
}

static json_t *judged_json(const ga_judged *j)
{
    if (!j->judged)
        return NULL;
    json_t *o = json_pack("{s:f, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "iou", j->iou, "both",
                          (json_int_t)j->both, "said", (json_int_t)j->said, "true",
                          (json_int_t)j->truth, "train_iou", j->train_iou, "iou_over_best_unit",
                          j->gain, "ap_by_steps", j->ap_by_steps, "seconds_an_image", j->seconds);
    if (o == NULL)
        return NULL;
    if (j->ap >= 0)
        json_object_set_new(o, "average_precision", json_real(j->ap));
    json_t *of_iou = interval(j->iou_lo, j->iou_hi), *of_ap = interval(j->ap_lo, j->ap_hi),
           *of_gain = interval(j->gain_lo, j->gain_hi);
    if (of_iou != NULL)
        json_object_set_new(o, "iou_interval", of_iou);
    if (of_ap != NULL)
        json_object_set_new(o, "average_precision_interval", of_ap);
    if (of_gain != NULL)
        json_object_set_new(o, "iou_over_best_unit_interval", of_gain);
    return o;
}

static json_t *layer_json(const ga_contest *c, int layer, int label)
{
    const ga_detected *f = ga_detections_of(c->d, layer, label);
    json_t *units = json_array(), *o = json_object();
    for (int k = 0; k < f->n_units; k++)
        json_array_append_new(units, json_pack("{s:i, s:f}", "unit", f->unit[k], "threshold",
                                               (double)f->threshold[k]));
    json_object_set_new(o, "layer", json_string(c->layers[layer]));
    json_object_set_new(o, "units", units);
    json_object_set_new(o, "regression",
                        json_pack("{s:f, s:f, s:f, s:i, s:I, s:I}", "cut", (double)f->cut, "loss",
                                  f->fit.loss, "gradient", f->fit.gradient, "steps", f->fit.steps,
                                  "pixels", (json_int_t)f->samples, "pixels_yes",
                                  (json_int_t)f->sample_pixels));
    for (int k = 0; k < GA_DETECTORS; k++) {
        json_t *j = judged_json(&f->by[k]);
        if (j != NULL)
            json_object_set_new(o, ga_detector_words[k], j);
    }
    return o;
}

json_t *ga_contest_json(const ga_contest *c)
{
    json_t *labels = json_array();
    for (int i = 0; i < c->o->n_labels; i++) {
        const ga_detected *f = ga_detections_of(c->d, 0, i);
        json_t *layers = json_array();
        for (int k = 0; k < c->n_layers; k++)
            json_array_append_new(layers, layer_json(c, k, i));
        json_array_append_new(
            labels, json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "label",
                              ga_vocabulary_title(c->vocabulary, c->o->labels[i]), "train_pixels",
                              (json_int_t)f->train_pixels, "train_images",
                              (json_int_t)f->train_images, "test_pixels",
                              (json_int_t)f->test_pixels, "test_images", (json_int_t)f->test_images,
                              "best_layer", best_layers_json(c, i), "layers", layers));
    }
    return json_pack(
        "{s:{s:s, s:i}, s:O, s:s, s:i, s:i, s:I, s:i, s:i, s:f, s:i, s:f, s:I, s:I, s:I, s:I, s:o}",
        "ganatomy", "form", "comparison of detectors", "version", 1, "of", c->identity, "truth",
        c->truth, "train", c->o->train, "test", c->o->test, "seed", (json_int_t)c->o->seed, "side",
        c->side, "probe_pixels", c->o->samples, "l2", c->o->l2, "bootstrap", c->o->bootstrap,
        "network_seconds_an_image", ga_detections_network_seconds(c->d), "network_bytes",
        (json_int_t)c->network.bytes, "network_multiply_adds", (json_int_t)c->network.multiply_adds,
        "segmenter_bytes", (json_int_t)c->of_seer.bytes, "segmenter_multiply_adds",
        (json_int_t)c->of_seer.multiply_adds, "labels", labels);
}

/* ---- files ------------------------------------------------------------------------------------*/

static void add_line(ga_text *t, const ga_contest *c, int layer, int label, int detector)
{
    const ga_detected *f = ga_detections_of(c->d, layer, label);
    const ga_judged *j = &f->by[detector];
    if (!j->judged)
        return;
    ga_text_addf(t, "\"%s\",%s,%s,%.9g,%.9g,%.9g,",
                 ga_vocabulary_title(c->vocabulary, c->o->labels[label]),
                 detector == GA_DETECT_RIVAL ? "" : c->layers[layer], ga_detector_words[detector],
                 j->iou, j->iou_lo, j->iou_hi);
    if (j->ap >= 0)
        ga_text_addf(t, "%.9g,%.9g,%.9g,", j->ap, j->ap_lo, j->ap_hi);
    else
        ga_text_add(t, ",,,");
    ga_text_addf(t, "%.9g,%.9g,%.9g,%.9g,%llu,%llu,%llu,%d\n", j->gain, j->gain_lo, j->gain_hi,
                 j->train_iou, (unsigned long long)j->both, (unsigned long long)j->said,
                 (unsigned long long)j->truth, detector == GA_DETECT_UNION ? f->n_units : 1);
}

static void add_lines(ga_text *t, const ga_contest *c)
{
    ga_text_add(t,
                "label,layer,detector,iou,iou_low,iou_high,average_precision,"
                "average_precision_low,average_precision_high,iou_over_best_unit,"
                "iou_over_best_unit_low,iou_over_best_unit_high,train_iou,both,said,true,units\n");
    for (int i = 0; i < c->o->n_labels; i++) {
        for (int k = 0; k < c->n_layers; k++)
            for (int who = 0; who < GA_DETECT_RIVAL; who++)
                add_line(t, c, k, i, who);
        add_line(t, c, 0, i, GA_DETECT_RIVAL);
    }
}

static int add_piece(const char *piece, size_t n, void *text)
{
    ga_text_add_n(text, piece, n);
    return ((ga_text *)text)->failed ? -1 : 0;
}

static ga_status write_text(const ga_text *t, const char *folder, const char *name, ga_err *err)
{
    char *path = ga_path_join(folder, name);
    const ga_status status = path == NULL || t->failed
                                 ? ga_fail(err, GA_ENOMEM, "no memory for '%s'", name)
                                 : ga_file_write(path, t->data, t->length, err);
    ga_mem_free(path);
    return status;
}

ga_status ga_contest_write(const ga_contest *c, const json_t *json, const char *folder, ga_err *err)
{
    ga_text lines = {0}, all = {0};
    char *page = ga_path_join(folder, "detectors.html");
    ga_status status = page != NULL ? ga_contest_page(c, page, err)
                                    : ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_mem_free(page);
    add_lines(&lines, c);
    if (json_dump_callback(json, add_piece, &all, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) != 0)
        all.failed = true;
    ga_text_add(&all, "\n");
    if (status == GA_OK)
        status = write_text(&lines, folder, "detectors.csv", err);
    if (status == GA_OK)
        status = write_text(&all, folder, "detectors.json", err);
    ga_text_free(&lines);
    ga_text_free(&all);
    return status;
}
