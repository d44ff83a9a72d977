/* fuzz_data_arrays.c - a file of arrays from outside as a data set: either split, a selection. The
 * readers of the file itself have targets of their own; this one is about what the arrays say. */
#include "array/weights.h"
#include "data/reading.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_split(const ga_weights *file, ga_split split, const ga_data_selection *what)
{
    const ga_reading r = {.name = "fuzz", .path = "fuzz", .split = split, .what = what};
    ga_err err = {0};
    ga_dataset *d;
    const ga_status status = ga_dataset_of_arrays(&r, file, &d, &err);
    if (status != GA_OK) {
        if (d != NULL || err.text[0] == 0)
            abort();
        return;
    }
    int sum = 0;
    for (int i = 0; i < ga_dataset_n(d); i++) {
        const int label = ga_dataset_labels(d)[i];
        if (label < 0 || label >= ga_dataset_classes(d))
            abort();
        sum += ga_dataset_pixels(d)[(size_t)i * ga_dims_count(ga_dataset_dims(d))];
    }
    if (sum < 0)
        abort();
    ga_dataset_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ga_data_selection all = {0},
                                   some = {.classes = "0-1", .images = 2, .seed = 1, .pixels = 3};
    const size_t limit = 1 << 22; /* keeps the fuzzer fast */
    ga_err err;
    ga_weights *file;
    if (ga_weights_parse_as(ga_read_zip, data, size, "fuzz", limit, &file, &err) != GA_OK)
        return 0;
    open_split(file, GA_SPLIT_TRAIN, &all);
    open_split(file, GA_SPLIT_TEST, &some);
    ga_weights_free(file);
    return 0;
}
