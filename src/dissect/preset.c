/* preset.c - the published ways to choose thresholds and to count, by name. */
#include "base/text.h"
#include "ganatomy/dissect.h"
#include <string.h>

const char *const ga_dissect_presets[] = {"2018-iqr", "2018-fixed", "2020", NULL};

/* The published programmes look at pictures of 256 pixels. A small picture keeps all of its pixels:
 * they are few, and a window may be two of them. */
enum { SMALL_SIDE = 64 };

static const struct row {
    ga_dissect_options options;
    int shrink; /* a label map has the picture's side divided by this, but SMALL_SIDE where it has
                 */
} rows[] = {
    {{.rule = GA_RULE_IQR,
      .lie = GA_LIE_CLAMP,
      .of = GA_OF_CATEGORY,
      .least_iou = 0.05,
      .least_iqr = 0.01},
     2},
    {{.rule = GA_RULE_SHARE,
      .share = 0.005,
      .lie = GA_LIE_CLAMP,
      .of = GA_OF_CATEGORY,
      .least_iou = 0.05,
      .least_iqr = 0.01},
     2},
    /* there is no limit on the IQR: any is above -1 */
    {{.rule = GA_RULE_LAID_SHARE,
      .share = 0.01,
      .lie = GA_LIE_ZERO,
      .of = GA_OF_ALL,
      .least_iou = 0.04,
      .least_iqr = -1},
     4},
};

ga_status ga_dissect_preset(const char *name, int pixels, ga_dissect_options *options, int *side,
                            ga_err *err)
{
    for (int i = 0; ga_dissect_presets[i] != NULL; i++) {
        if (strcmp(ga_dissect_presets[i], name) != 0)
            continue;
        *options = rows[i].options;
        options->seed = 1;
        options->rule_seed = 2;
        options->size = 1000;
        options->labels = 5;
        options->examples = 20;
        if (side != NULL) {
            const int small = pixels < SMALL_SIDE ? pixels : SMALL_SIDE;
            const int shrunk = pixels / rows[i].shrink;
            *side = shrunk > small ? shrunk : small;
        }
        return GA_OK;
    }
    char maybe[GA_DID_YOU_MEAN];
    return ga_fail(err, GA_ENOTFOUND, "no preset '%s'%s: there are 2018-iqr, 2018-fixed, 2020",
                   name, ga_did_you_mean(name, ga_dissect_presets, maybe));
}
