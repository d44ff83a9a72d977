/* fuzz_csv.c - curves as CSV from outside: refused with a sentence, or points that a run can have. */
#include "ganatomy/store.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ga_err err = {0};
    ga_csv_points p;
    if (ga_store_points_of_csv(data, size, "fuzz", &p, &err) != GA_OK) {
        if (p.points != NULL || p.names != NULL || err.text[0] == 0)
            abort();
        return 0;
    }
    int64_t last = -1;
    for (size_t i = 0; i < p.n; i++) {
        if (p.points[i].step < last || strlen(p.points[i].series) > 100)
            abort();
        last = p.points[i].step;
    }
    ga_csv_points_free(&p);
    return 0;
}
