/* columns.h - a classifier that can be done by hand, and data for it. */
#ifndef GA_COLUMNS_H
#define GA_COLUMNS_H
#include "models.h"
#include "ganatomy/metric.h"

/* A classifier of 2x2 pictures in [0,1] whose features are the four pixels and whose logits are ten
 * times the left and the right column's sum. */
static const char eye_text[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"columns\","
    "\"input\":{\"name\":\"image\",\"shape\":[1,2,2],\"range\":[0,1]},"
    "\"output\":{\"kind\":\"logits\"},\"layers\":["
    "{\"name\":\"features\",\"type\":\"Flatten\"},"
    "{\"name\":\"out\",\"type\":\"Linear\",\"in_features\":4,\"out_features\":2,\"bias\":false}]}";

static inline ga_model *columns(void)
{
    size_t n;
    ga_model *m = model_described(eye_text);
    float *w = ga_params_weights(ga_model_params(m), &n);
    assert_int_equal(n, 8);
    const float rows[] = {10, 0, 10, 0, 0, 10, 0, 10};
    memcpy(w, rows, sizeof rows);
    ga_params_changed(ga_model_params(m));
    return m;
}

/* n pictures of 2x2 bytes. */
static inline ga_dataset *squares(const uint8_t *pixels, const int32_t *labels, int n)
{
    ga_err err;
    ga_dataset *data;
    CHECK_OK(ga_dataset_create("squares", GA_SPLIT_TEST, pixels, labels, n, (ga_dims){1, 2, 2}, 2,
                               NULL, &data, &err));
    return data;
}
#endif
