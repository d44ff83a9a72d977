/* findings_compare.c - do the numbers of two dissections mean the same? */
#include "ganatomy/findings.h"
#include <string.h>

ga_status ga_findings_comparable(const ga_findings *a, const char *a_name, const ga_findings *b,
                                 const char *b_name, ga_err *err)
{
    const ga_findings_about of_a = ga_findings_of(a), of_b = ga_findings_of(b);
    const ga_findings_about *x = &of_a, *y = &of_b;
    if (strcmp(x->key, y->key) == 0)
        return ga_fail(err, GA_EINVAL, "'%s' and '%s' are the same dissection", a_name, b_name);
    if (strcmp(x->segmenter, y->segmenter) != 0 ||
        strcmp(x->segmenter_sha256, y->segmenter_sha256) != 0)
        return ga_fail(err, GA_EINVAL,
                       "'%s' has its labels from segmenter '%s' (%.12s), '%s' from '%s' (%.12s): "
                       "their labels do not mean the same; dissect both with one --segmenter",
                       a_name, x->segmenter, x->segmenter_sha256, b_name, y->segmenter,
                       y->segmenter_sha256);
    if (strcmp(x->preset, y->preset) != 0)
        return ga_fail(err, GA_EINVAL,
                       "'%s' is by preset %s, '%s' by %s: their IoU counts other pixels at other "
                       "thresholds; dissect both with one --preset",
                       a_name, x->preset, b_name, y->preset);
    const int n = ga_findings_labels(a);
    for (int c = 1; c < n; c++) {
        const char *in_a = ga_findings_label(a, c).title, *in_b = ga_findings_label(b, c).title;
        if (in_a != NULL && in_b != NULL && strcmp(in_a, in_b) != 0)
            return ga_fail(err, GA_EINVAL,
                           "label %d is '%s' in '%s' and '%s' in '%s': their words are not the "
                           "same",
                           c, in_a, a_name, in_b, b_name);
    }
    return GA_OK;
}
