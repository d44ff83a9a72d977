/* toy.h - a data set and networks small enough to train in a blink. */
#ifndef GA_TOY_H
#define GA_TOY_H
#include "check.h"
#include "ganatomy/scenes.h"
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

/* A VAE: decoder with a latent of 3, encoder that gives means and log variances of it. */
static const char toy_decoder[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-dec\","
    "\"input\":{\"name\":\"z\",\"size\":3,\"law\":\"normal\"},\"output\":{\"range\":[0,1]},"
    "\"layers\":["
    "{\"name\":\"a.fc\",\"type\":\"Linear\",\"in_features\":3,\"out_features\":12},"
    "{\"name\":\"a\",\"type\":\"Tanh\"},"
    "{\"name\":\"b.fc\",\"type\":\"Linear\",\"in_features\":12,\"out_features\":16},"
    "{\"name\":\"b.sigmoid\",\"type\":\"Sigmoid\"},"
    "{\"name\":\"b\",\"type\":\"Unflatten\",\"unflattened_size\":[1,4,4]}]}";
static const char toy_vae_encoder[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-enc\","
    "\"input\":{\"name\":\"image\",\"shape\":[1,4,4],\"range\":[0,1]},"
    "\"output\":{\"kind\":\"gaussian\"},\"layers\":["
    "{\"name\":\"flat\",\"type\":\"Flatten\"},"
    "{\"name\":\"a.fc\",\"type\":\"Linear\",\"in_features\":16,\"out_features\":12},"
    "{\"name\":\"a\",\"type\":\"Tanh\"},"
    "{\"name\":\"out\",\"type\":\"Linear\",\"in_features\":12,\"out_features\":6}]}";

/* Reads pictures of toy_generator, gives latents. */
static const char toy_encoder[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-e\","
    "\"input\":{\"name\":\"image\",\"shape\":[1,4,4],\"range\":[-1,1]},"
    "\"output\":{\"kind\":\"latent\"},\"layers\":["
    "{\"name\":\"flat\",\"type\":\"Flatten\"},"
    "{\"name\":\"a.fc\",\"type\":\"Linear\",\"in_features\":16,\"out_features\":24},"
    "{\"name\":\"a\",\"type\":\"Tanh\"},"
    "{\"name\":\"out\",\"type\":\"Linear\",\"in_features\":24,\"out_features\":3}]}";

/* n scenes of 16x16 pixels, whose pixels are known. */
static inline ga_dataset *toy_scenes(ga_split split, int n)
{
    ga_err err;
    ga_dataset *d;
    const ga_data_selection what = {.images = n, .pixels = 16, .seed = 1};
    CHECK_OK(ga_dataset_load("scenes", split, &what, NULL, NULL, &d, &err));
    return d;
}

static inline ga_arch *toy_unet(void)
{
    ga_err err;
    ga_arch *a;
    char name[80];
    snprintf(name, sizeof name, "unet:pixels=16,channels=3,width=4,depth=1,outputs=%d",
             ga_vocabulary_layout(ga_scenes_vocabulary(), NULL, NULL, NULL, NULL));
    CHECK_OK(ga_arch_open(name, &a, &err));
    return a;
}

/* The same game, but both are told the class: the label's embedding beside z, and as a map beside
 * the picture. */
static const char toy_cgenerator[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-cg\","
    "\"input\":[{\"name\":\"z\",\"size\":3,\"law\":\"normal\"},"
    "{\"name\":\"label\",\"classes\":2}],\"output\":{\"range\":[-1,1]},\"layers\":["
    "{\"name\":\"embed\",\"type\":\"Embedding\",\"num_embeddings\":2,\"embedding_dim\":3,"
    "\"inputs\":[\"label\"]},"
    "{\"name\":\"both\",\"type\":\"Concat\",\"inputs\":[\"z\",\"embed\"]},"
    "{\"name\":\"a.fc\",\"type\":\"Linear\",\"in_features\":6,\"out_features\":24},"
    "{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slope\":0.2},"
    "{\"name\":\"b.fc\",\"type\":\"Linear\",\"in_features\":24,\"out_features\":16},"
    "{\"name\":\"b.tanh\",\"type\":\"Tanh\"},"
    "{\"name\":\"b\",\"type\":\"Unflatten\",\"unflattened_size\":[1,4,4]}]}";
static const char toy_cdiscriminator[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"toy-cd\","
    "\"input\":[{\"name\":\"image\",\"shape\":[1,4,4],\"range\":[-1,1]},"
    "{\"name\":\"label\",\"classes\":2}],\"output\":{\"kind\":\"logits\"},\"layers\":["
    "{\"name\":\"embed\",\"type\":\"Embedding\",\"num_embeddings\":2,\"embedding_dim\":8,"
    "\"inputs\":[\"label\"]},"
    "{\"name\":\"flat\",\"type\":\"Flatten\",\"inputs\":[\"image\"]},"
    "{\"name\":\"both\",\"type\":\"Concat\",\"inputs\":[\"flat\",\"embed\"]},"
    "{\"name\":\"a.fc\",\"type\":\"Linear\",\"in_features\":24,\"out_features\":24},"
    "{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slope\":0.2},"
    "{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":24,\"out_features\":1}]}";

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
    CHECK_OK(ga_train_gan(g, d, data, NULL, options, &t, &err));
    ga_arch_free(g);
    ga_arch_free(d);
    return t;
}

/* One training of every kind, on the same pictures. TOY_R1 has spectral normalisation, augmentation, the gradient
 * penalty and two updates of the discriminator a step; TOY_WGAN RMSprop and clipping. */
typedef enum toy_kind {
    TOY_GAN,
    TOY_R1,
    TOY_WGAN,
    TOY_CGAN,
    TOY_CLASSIFIER,
    TOY_VAE,
    TOY_ENCODER,
    TOY_SEGMENTER, /* of scenes of 16x16 pixels: the toy pictures have no label maps */
    N_TOYS
} toy_kind;

typedef struct toy {
    ga_dataset *data, *test;
    ga_model *generator;
    ga_train *t;
} toy;

static inline ga_train_options toy_options_of(toy_kind kind, uint64_t steps)
{
    ga_err err;
    ga_train_options o = toy_options(steps);
    if (kind == TOY_R1) {
        o.loss = GA_LOSS_HINGE;
        o.spectral = true;
        o.r1 = 0.3;
        o.r1_every = 3;
        o.d_steps = 2;
        CHECK_OK(ga_augment_parse("translate=0.25,jitter=0.3,cutout=0.5", &o.augment, &err));
        o.augment_p = 0.5;
        o.ada_target = 0.6;
    } else if (kind == TOY_WGAN) {
        o.loss = GA_LOSS_WASSERSTEIN;
        o.optimizer = GA_RMSPROP;
        o.clip = 0.05;
    } else if (kind == TOY_ENCODER) {
        o.pixel_weight = 0.5;
        o.start = GA_START_PYTORCH;
    } else if (kind == TOY_VAE) {
        o.kl_weight = 1;
        CHECK_OK(ga_augment_parse("flip", &o.augment, &err));
        o.start = GA_START_PYTORCH;
    } else if (kind == TOY_CLASSIFIER) {
        o.shift = 1;
        o.start = GA_START_PYTORCH;
    } else if (kind == TOY_SEGMENTER) {
        CHECK_OK(ga_augment_parse("flip", &o.augment, &err));
        o.start = GA_START_PYTORCH;
        o.batch = 4;
    } else if (kind == TOY_CGAN) {
        o.start = GA_START_PYTORCH;
    }
    return o;
}

static inline toy toy_make(toy_kind kind, const ga_train_options *o)
{
    static const char *const names[N_TOYS][2] = {[TOY_GAN] = {toy_generator, toy_discriminator},
                                                 [TOY_R1] = {toy_generator, toy_discriminator},
                                                 [TOY_WGAN] = {toy_generator, toy_discriminator},
                                                 [TOY_CGAN] = {toy_cgenerator, toy_cdiscriminator},
                                                 [TOY_CLASSIFIER] = {toy_classifier, NULL},
                                                 [TOY_VAE] = {toy_decoder, toy_vae_encoder},
                                                 [TOY_ENCODER] = {toy_encoder, NULL}};
    ga_err err;
    const bool scenes = kind == TOY_SEGMENTER;
    toy y = {.data = scenes ? toy_scenes(GA_SPLIT_TRAIN, 70) : toy_data(70),
             .test = scenes ? toy_scenes(GA_SPLIT_TEST, 50) : toy_data(50)};
    ga_arch *a = scenes ? toy_unet() : toy_arch(names[kind][0]);
    ga_arch *b = names[kind][1] != NULL ? toy_arch(names[kind][1]) : NULL;
    if (kind == TOY_CLASSIFIER) {
        CHECK_OK(ga_train_classifier(a, y.data, y.test, o, &y.t, &err));
    } else if (scenes) {
        CHECK_OK(ga_train_segmenter(a, y.data, y.test, o, &y.t, &err));
    } else if (kind == TOY_VAE) {
        CHECK_OK(ga_train_vae(a, b, y.data, y.test, o, &y.t, &err));
    } else if (kind == TOY_ENCODER) {
        ga_arch *g = toy_arch(toy_generator);
        CHECK_OK(ga_model_create(g, &y.generator, &err));
        ga_params_init(ga_model_params(y.generator), ga_arch_graph(g), 5, GA_START_PYTORCH);
        ga_params_changed(ga_model_params(y.generator));
        ga_arch_free(g);
        CHECK_OK(ga_train_encoder(a, y.generator, o, &y.t, &err));
    } else {
        CHECK_OK(ga_train_gan(a, b, y.data, y.test, o, &y.t, &err));
    }
    ga_arch_free(a);
    ga_arch_free(b);
    return y;
}

static inline void toy_free(toy *y)
{
    ga_train_free(y->t);
    ga_model_free(y->generator);
    ga_dataset_free(y->data);
    ga_dataset_free(y->test);
}
#endif
