/* fuzz_findings.c - a dissect.json from outside: refused with a sentence, or one whose numbers are
 * in their ranges and whose counts agree. */
#include "ganatomy/findings.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const ga_findings *f, int layer)
{
    const ga_layer_finding n = ga_findings_layer(f, layer).finding;
    int concepts = 0;
    for (int c = 0; c < ga_findings_labels(f); c++) {
        const ga_found_best b = ga_findings_best(f, layer, c);
        concepts += b.stand > 0;
        if (b.unit >= n.units || (b.unit >= 0 && !(b.iou >= 0 && b.iou <= 1)) || b.lo > b.hi ||
            (b.unit >= 0 && ga_findings_label(f, c).title == NULL))
            abort();
    }
    if (concepts != n.concepts || n.above_chance > n.units)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err = {0};
    ga_findings *f;
    if (ga_findings_parse((const char *)data, size, "fuzz", &f, &err) != GA_OK) {
        if (f != NULL || strncmp(err.text, "fuzz", 4) != 0)
            abort();
        return 0;
    }
    const ga_findings_about a = ga_findings_of(f);
    for (int k = 0; k < ga_findings_layers(f); k++) {
        look(f, k);
        if (a.random_twin && ga_findings_twin(f, k).finding.units < 1)
            abort();
    }
    ga_findings_free(f);
    return 0;
}
