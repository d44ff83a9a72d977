/* toy.h - a data set and networks small enough to train in a blink. */
#ifndef GA_TOY_H
#define GA_TOY_H
#include "check.h"
#include "ganatomy/train.h"

/* n pictures of 4x4 in two classes: a bright left half or a bright right half, with a little grain
 * that depends on the index alone. */
static inline ga_dataset *toy_data(int n)
{
    ga_err err;
    ga_dataset *data;
    uint8_t *pixels = malloc((size_t)n * 16);
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    for (int i = 0; i < n; i++) {
        labels[i] = i % 2;
        for (int p = 0; p < 16; p++) {
            const int bright = (p % 4 < 2) == (labels[i] == 0);
            pixels[i * 16 + p] = (uint8_t)((bright ? 190 : 10) + (i * 7 + p * 13) % 50);
        }
    }
    CHECK_OK(ga_dataset_create("toy", GA_SPLIT_TRAIN, pixels, labels, n, (ga_dims){1, 4, 4}, 2,
                               NULL, &data, &err));
    free(pixels);
    free(labels);
    return data;
}

static inline ga_arch *toy_arch(const char *text)
{
    ga_err err;
    ga_arch *a;
    CHECK_OK(ga_arch_parse(text, strlen(text), "toy", &a, &err));
    return a;
}

static const char toy_generator[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-g\","
    "\"input\":{\"name\":\"z\",\"size\":3,\"law\":\"normal\"},\"output\":{\"range\":[-1,1]},"
    "\"layers\":["
    "{\"name\":\"a.fc\",\"type\":\"Linear\",\"in_features\":3,\"out_features\":32},"
    "{\"name\":\"a.view\",\"type\":\"Unflatten\",\"unflattened_size\":[8,2,2]},"
    "{\"name\":\"a.bn\",\"type\":\"BatchNorm2d\",\"num_features\":8},"
    "{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slope\":0.2},"
    "{\"name\":\"b.conv\",\"type\":\"ConvTranspose2d\",\"in_channels\":8,\"out_channels\":1,"
    "\"kernel_size\":4,\"stride\":2,\"padding\":1},"
    "{\"name\":\"b\",\"type\":\"Tanh\"}]}";

static const char toy_discriminator[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-d\","
    "\"input\":{\"name\":\"image\",\"shape\":[1,4,4],\"range\":[-1,1]},"
    "\"output\":{\"kind\":\"logits\"},\"layers\":["
    "{\"name\":\"a.conv\",\"type\":\"Conv2d\",\"in_channels\":1,\"out_channels\":8,"
    "\"kernel_size\":3,\"stride\":2,\"padding\":1},"
    "{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slope\":0.2},"
    "{\"name\":\"drop\",\"type\":\"Dropout\",\"p\":0.1},"
    "{\"name\":\"flat\",\"type\":\"Flatten\"},"
    "{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":32,\"out_features\":1}]}";

static const char toy_classifier[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-c\","
    "\"input\":{\"name\":\"image\",\"shape\":[1,4,4],\"range\":[0,1]},"
    "\"output\":{\"kind\":\"logits\"},\"layers\":["
    "{\"name\":\"flat\",\"type\":\"Flatten\"},"
    "{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":16,\"out_features\":8},"
    "{\"name\":\"features\",\"type\":\"ReLU\"},"
    "{\"name\":\"out\",\"type\":\"Linear\",\"in_features\":8,\"out_features\":2}]}";

static inline ga_train_options toy_options(uint64_t steps)
{
    ga_train_options o = ga_train_gan_defaults();
    o.steps = steps;
    o.batch = 16;
    o.lr = 0.005;
    o.threads = 1;
    o.seed = 3;
    return o;
}

static inline ga_train *toy_gan(const ga_dataset *data, const ga_train_options *options)
{
    ga_err err;
    ga_train *t;
    ga_arch *g = toy_arch(toy_generator), *d = toy_arch(toy_discriminator);
    CHECK_OK(ga_train_gan(g, d, data, options, &t, &err));
    ga_arch_free(g);
    ga_arch_free(d);
    return t;
}
#endif
