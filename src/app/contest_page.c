/* contest_page.c - detectors.html: a table and a chart for each label. */
#include "app/cells.h"
#include "app/contest.h"
#include "base/alloc.h"
#include "ganatomy/report.h"

static void add_what(ga_page *p, const ga_contest *c)
{
    ga_page_section(p, "what", "What is compared");
    ga_page_text(p,
                 "How well does what layers of `%s` know tell where something is? Truth: %s. %d "
                 "training and %d test images %s; no image is both. Label maps have %dx%d pixels.",
                 c->model, c->truth, c->o->train, c->o->test, c->pictures, c->side, c->side);
    ga_page_text(p,
                 "Best unit: the unit above its threshold, both with the largest IoU on the "
                 "training images. Union: any of several units above theirs, added while that "
                 "helps on the training images. Probe: a logistic regression on all units, pixel "
                 "by pixel.");
    if (c->rival != NULL)
        ga_page_text(
            p,
            "Segmenter: `%s`, which learns nothing here%s%s%s. It answers yes or no, so that "
            "its average precision is that of two scores, lower than if it ranked pixels.",
            c->rival, c->rival_origin != NULL ? " and was made by `" : "",
            c->rival_origin != NULL ? c->rival_origin : "", c->rival_origin != NULL ? "`" : "");
    ga_page_text(p,
                 "IoU is both / (said + true - both) over all test pixels. In brackets the 95 %% "
                 "interval when whole test images are drawn again, the same ones for all, so "
                 "that the differences to the best unit are paired.");
}

/* Each detector at its best layer, label by label. */
static void add_short(ga_page *p, const ga_contest *c, ga_cells *cells)
{
    static const char *const headers[] = {"label", "best unit", "union", "probe", "segmenter"};
    const int detectors = c->rival != NULL ? GA_DETECTORS : GA_DETECT_RIVAL;
    for (int i = 0; i < c->o->n_labels; i++) {
        ga_cells_add(cells, "%s", ga_vocabulary_title(c->vocabulary, c->o->labels[i]));
        for (int k = 0; k < detectors; k++)
            ga_contest_add_best(cells, c, i, k);
    }
    ga_page_section(p, "short", "In short");
    if (!cells->failed)
        ga_page_table(p,
                      "IoU on test images, at the layer where the detector was best on the "
                      "training images.",
                      headers, 1 + detectors, ga_cells_of(cells), c->o->n_labels);
}

/* ---- a label ----------------------------------------------------------------------------------*/

static void add_row(ga_cells *cells, const ga_contest *c, int layer, int label, int detector)
{
    char buf[64];
    const ga_detected *f = ga_detections_of(c->d, layer, label);
    const ga_judged *j = &f->by[detector];
    if (!j->judged)
        return;
    const bool rival = detector == GA_DETECT_RIVAL;
    ga_cells_add(cells, "%s", rival ? "" : c->layers[layer]);
    ga_cells_add(cells, "%s", ga_detector_words[detector]);
    ga_text who = {0};
    for (int k = 0; !rival && k < (detector == GA_DETECT_UNION  ? f->n_units
                                   : detector == GA_DETECT_UNIT ? 1
                                                                : 0);
         k++)
        ga_text_addf(&who, "%s%d", k > 0 ? ", " : "", f->unit[k]);
    ga_cells_add(cells, "%s", who.data != NULL ? who.data : rival ? "" : "all");
    ga_text_free(&who);
    ga_cells_add(cells, "%s", ga_contest_number(j->iou, j->iou_lo, j->iou_hi, buf, sizeof buf));
    ga_cells_add(cells, "%llu of %llu", (unsigned long long)j->both,
                 (unsigned long long)(j->said + j->truth - j->both));
    ga_cells_add(cells, "%s",
                 j->ap < 0 ? "-" : ga_contest_number(j->ap, j->ap_lo, j->ap_hi, buf, sizeof buf));
    ga_cells_add(cells, "%s",
                 detector == GA_DETECT_UNIT || (rival && c->n_layers > 1)
                     ? ""
                     : ga_contest_number(j->gain, j->gain_lo, j->gain_hi, buf, sizeof buf));
    if (rival)
        ga_cells_add(cells, "-");
    else
        ga_cells_add(cells, "%.3f", j->train_iou);
    ga_cells_add(cells, "%s", ga_contest_learned(c, f, detector, buf, sizeof buf));
    ga_cells_add(cells, "%.3f", 1e3 * j->seconds);
}

/* The detectors' IoU by layer; the segmenter's as a level. x, y: (GA_DETECT_RIVAL,n_layers). */
static void add_chart(ga_page *p, const ga_contest *c, int label, double *x, double *y)
{
    ga_curve curve[GA_DETECT_RIVAL];
    char title[GA_LABEL_NAME + 64], axis[512];
    int n = snprintf(axis, sizeof axis, "layer:");
    for (int k = 0; k < c->n_layers && n < (int)sizeof axis; k++)
        n += snprintf(axis + n, sizeof axis - (size_t)n, "%s %d %s", k > 0 ? "," : "", k + 1,
                      c->layers[k]);
    for (int who = 0; who < GA_DETECT_RIVAL; who++) {
        double *px = x + who * c->n_layers, *py = y + who * c->n_layers;
        for (int k = 0; k < c->n_layers; k++) {
            px[k] = k + 1;
            py[k] = ga_detections_of(c->d, k, label)->by[who].iou;
        }
        curve[who] = (ga_curve){
            .name = ga_detector_words[who], .x = px, .y = py, .n = c->n_layers, .look = who};
    }
    const ga_judged *rival = &ga_detections_of(c->d, 0, label)->by[GA_DETECT_RIVAL];
    const ga_chart_mark level = {rival->iou, "segmenter"};
    snprintf(title, sizeof title, "Finding '%s', layer by layer",
             ga_vocabulary_title(c->vocabulary, c->o->labels[label]));
    ga_page_chart(p, &(ga_chart){.title = title,
                                 .x_label = axis,
                                 .y_label = "IoU on test images",
                                 .curves = curve,
                                 .n_curves = GA_DETECT_RIVAL,
                                 .x_min = 1,
                                 .x_max = c->n_layers,
                                 .y_max = 1,
                                 .levels = &level,
                                 .n_levels = rival->judged});
}

static void add_label(ga_page *p, const ga_contest *c, int label, ga_cells *cells)
{
    static const char *const headers[] = {
        "layer",        "detector",          "units",          "IoU",
        "pixels",       "average precision", "over best unit", "IoU in training",
        "learned from", "ms an image"};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    char anchor[32], caption[256];
    const ga_detected *f = ga_detections_of(c->d, 0, label);
    for (int k = 0; k < c->n_layers; k++)
        for (int who = 0; who < GA_DETECT_RIVAL; who++)
            add_row(cells, c, k, label, who);
    add_row(cells, c, 0, label, GA_DETECT_RIVAL);
    snprintf(anchor, sizeof anchor, "label-%d", label);
    snprintf(caption, sizeof caption,
             "%llu of %llu test pixels have it, in %llu of %d images; in training %llu pixels in "
             "%llu of %d images. Milliseconds come on top of the network's; the segmenter's are "
             "all that it takes.",
             (unsigned long long)f->test_pixels,
             (unsigned long long)c->o->test * (unsigned long long)c->side *
                 (unsigned long long)c->side,
             (unsigned long long)f->test_images, c->o->test, (unsigned long long)f->train_pixels,
             (unsigned long long)f->train_images, c->o->train);
    ga_page_section(p, anchor, ga_vocabulary_title(c->vocabulary, c->o->labels[label]));
    if (!cells->failed && cells->n > 0)
        ga_page_table(p, caption, headers, COLUMNS, ga_cells_of(cells), (int)(cells->n / COLUMNS));
    else
        ga_page_text(p, "Nothing has learned to find it: no training pixel has it.");
}

static void add_cost(ga_page *p, const ga_contest *c)
{
    char bytes[16];
    ga_page_section(p, "cost", "What it takes");
    ga_page_text(
        p,
        "The network up to the last of these layers: %.3f ms an image (in blocks of %d; of "
        "the clock, so never the same twice), %s of memory and %.2f million multiply-adds "
        "for one image. A detector comes behind it.",
        1e3 * ga_detections_network_seconds(c->d), GA_DISSECT_BLOCK,
        ga_format_bytes(c->network.bytes, bytes, sizeof bytes),
        (double)c->network.multiply_adds / 1e6);
    if (c->rival != NULL)
        ga_page_text(p, "The segmenter: %.3f ms an image, one at a time.",
                     1e3 * ga_detections_of(c->d, 0, 0)->by[GA_DETECT_RIVAL].seconds);
    if (c->of_seer.bytes > 0)
        ga_page_text(p,
                     "The segmenter, which %s: %s of memory and %.2f million multiply-adds for one "
                     "image.",
                     c->rival != NULL ? "takes part" : "says what is true",
                     ga_format_bytes(c->of_seer.bytes, bytes, sizeof bytes),
                     (double)c->of_seer.multiply_adds / 1e6);
}

ga_status ga_contest_page(const ga_contest *c, const char *path, ga_err *err)
{
    ga_page *p;
    bool failed = false;
    const size_t points = (size_t)GA_DETECT_RIVAL * (size_t)c->n_layers;
    double *x = ga_mem_new(points, sizeof *x), *y = ga_mem_new(points, sizeof *y);
    ga_status status = ga_page_create("Units as detectors",
                                      "One unit, several units, all units, and a segmenter: who "
                                      "finds the pixels of a concept?",
                                      &p, err);
    if (status == GA_OK && (x == NULL || y == NULL))
        status = ga_fail(err, GA_ENOMEM, "no memory for the page '%s'", path);
    if (status == GA_OK) {
        ga_cells cells = {0};
        add_what(p, c);
        add_short(p, c, &cells);
        failed = cells.failed;
        ga_cells_free(&cells);
    }
    for (int i = 0; i < c->o->n_labels && status == GA_OK; i++) {
        ga_cells cells = {0};
        add_label(p, c, i, &cells);
        if (c->n_layers > 1)
            add_chart(p, c, i, x, y);
        failed = failed || cells.failed;
        ga_cells_free(&cells);
    }
    if (status == GA_OK) {
        add_cost(p, c);
        status = failed ? ga_fail(err, GA_ENOMEM, "no memory for the page '%s'", path)
                        : ga_page_save(p, path, err);
    }
    ga_mem_free(x);
    ga_mem_free(y);
    ga_page_free(p);
    return status;
}
