/* small.h - a generator small enough to search by brute force: 4 -> 6x3x3 -> 5x6x6 -> 1x12x12. */
#ifndef GA_SMALL_H
#define GA_SMALL_H
#include "models.h"
#include "ganatomy/edit.h"

static const char small_json[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"small\","
    "\"input\":{\"name\":\"z\",\"size\":4,\"law\":\"normal\"},\"output\":{\"range\":[-1,1]},"
    "\"layers\":["
    "{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":4,\"out_features\":54},"
    "{\"name\":\"view\",\"type\":\"Unflatten\",\"unflattened_size\":[6,3,3]},"
    "{\"name\":\"bn0\",\"type\":\"BatchNorm2d\",\"num_features\":6},"
    "{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slope\":0.2},"
    "{\"name\":\"conv1\",\"type\":\"ConvTranspose2d\",\"in_channels\":6,\"out_channels\":5,"
    "\"kernel_size\":5,\"stride\":2,\"padding\":2,\"output_padding\":1},"
    "{\"name\":\"bn1\",\"type\":\"BatchNorm2d\",\"num_features\":5},"
    "{\"name\":\"b\",\"type\":\"LeakyReLU\",\"negative_slope\":0.2},"
    "{\"name\":\"conv2\",\"type\":\"Conv2d\",\"in_channels\":5,\"out_channels\":4,"
    "\"kernel_size\":3,\"padding\":1},"
    "{\"name\":\"c\",\"type\":\"ReLU\"},"
    "{\"name\":\"conv3\",\"type\":\"ConvTranspose2d\",\"in_channels\":4,\"out_channels\":1,"
    "\"kernel_size\":4,\"stride\":2,\"padding\":1},"
    "{\"name\":\"picture\",\"type\":\"Tanh\"}]}";

enum { Z = 4, PICTURE = 144 };

static ga_model *small_model(void)
{
    size_t n;
    ga_model *m = model_described(small_json);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 7, GA_START_PYTORCH);
    float *w = ga_params_weights(ga_model_params(m), &n);
    for (size_t i = 0; i < n; i++)
        w[i] *= 3; /* livelier pictures, so that scores differ clearly */
    float *b = ga_params_buffers(ga_model_params(m), &n);
    for (size_t i = 0; i < n; i++)
        b[i] += 0.1f * (float)(i % 5);
    ga_params_changed(ga_model_params(m));
    return m;
}

static ga_lab *small_lab(ga_model *m, const char *tap, ga_bn_mode bn, int threads)
{
    ga_err err;
    ga_lab *lab;
    CHECK_OK(ga_lab_create(
        m, &(ga_lab_options){.tap = tap, .bn = bn, .batch = 4, .threads = threads}, &lab, &err));
    return lab;
}

static const float z_source[Z] = {0.3f, -1.1f, 0.7f, 1.9f}, z_donor[Z] = {-0.8f, 0.4f, 1.5f, -0.6f};

static inline double mse(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < PICTURE; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum / PICTURE;
}
#endif
