/* Families become the networks that their tables promise. Counts are worked out here from the
 * published structures, not taken from the program. */
#include "arch_check.h"

/* DCGAN's generator: 4x4 (or 7x7) of the widest block, halved as the map doubles. Counted from the
 * paper's figure: weights of every layer, two numbers a channel for each norm, a bias at the end.
 */
static size_t count_generator(int pixels, int channels, int width, int reads)
{
    const int low = pixels == 28 ? 7 : 4;
    int have = width;
    for (int p = 2 * low; p < pixels; p *= 2)
        have *= 2;
    size_t count = (size_t)(reads * have * low * low + 2 * have);
    for (; have > width; have /= 2)
        count += (size_t)(have * have / 2 * 16 + have);
    return count + (size_t)(width * channels * 16 + channels);
}

static void dcgan_is_the_published_ladder_at_every_size(void **state)
{
    (void)state;
    static const char *const pixels[] = {"28", "32", "64", "128"};
    static const int blocks[] = {2, 3, 4, 5};
    for (int p = 0; p < 4; p++)
        for (int channels = 1; channels <= 3; channels += 2)
            for (int classes = 0; classes <= 10; classes += 10) {
                char name[80], tap[16];
                const int size = atoi(pixels[p]), low = size == 28 ? 7 : 4;
                snprintf(name, sizeof name, "dcgan:pixels=%s,channels=%d,width=4,z=6,classes=%d",
                         pixels[p], channels, classes);
                ga_arch *g = open_arch(name), *d = open_arch(ga_arch_partner(g));
                assert_int_equal(ga_graph_n_inputs(ga_arch_graph(g)), classes > 0 ? 2 : 1);
                for (int b = 0; b < blocks[p]; b++) {
                    snprintf(tap, sizeof tap, "layer%d", b);
                    check_dims(g, tap, 4 << (blocks[p] - 1 - b), low << b, low << b);
                    check_dims(d, tap, 4 << b, size >> (b + 1), size >> (b + 1));
                }
                snprintf(tap, sizeof tap, "layer%d", blocks[p]);
                check_dims(g, tap, channels, size, size);
                check_dims(g, NULL, channels, size, size);
                check_dims(d, NULL, 1, 1, 1);
                /* the label's table, and as many numbers more that the first layer reads */
                assert_int_equal(arch_weights(g), count_generator(size, channels, 4, 6 + classes) +
                                                      classes * classes);
                ga_arch_free(g);
                ga_arch_free(d);
            }
}

/* Radford et al.'s own: 64 pixels, colour, 1024 channels at the 4x4 map, z of 100. */
static void dcgan_at_64_pixels_is_radford_s(void **state)
{
    (void)state;
    ga_arch *g = open_arch("dcgan:pixels=64,channels=3,width=128,z=100");
    check_dims(g, "layer0", 1024, 4, 4);
    assert_int_equal(arch_weights(g), 100 * 1024 * 16 + 2 * 1024 + 1024 * 512 * 16 + 2 * 512 +
                                          512 * 256 * 16 + 2 * 256 + 256 * 128 * 16 + 2 * 128 +
                                          128 * 3 * 16 + 3);
    ga_arch_free(g);
}

/* The gallery's generators: about 80,000 numbers. */
static void small_generators_are_within_reach(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int pixels, width;
    } cases[] = {{"dcgan:width=8,z=100", 28, 8}, {"dcgan:pixels=32,width=10,z=100", 32, 10}};
    for (int i = 0; i < 2; i++) {
        ga_arch *a = open_arch(cases[i].name);
        assert_int_equal(arch_weights(a), count_generator(cases[i].pixels, 1, cases[i].width, 100));
        assert_in_range(arch_weights(a), 78000, 82000);
        ga_arch_free(a);
    }
}

static void discriminators_have_the_norms_and_dropout_that_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t weights;
        bool norm, dropout;
    } cases[] = {
        /* 28: 1 -> 8 -> 16, 16x7x7 -> 1; biases where no norm follows */
        {"dcgan-d:width=8", 8 * 16 + 8 + 16 * 8 * 16 + 2 * 16 + 16 * 49 + 1, true, false},
        {"dcgan-d:width=8,norm=none,dropout=0.3", 8 * 16 + 8 + 16 * 8 * 16 + 16 + 16 * 49 + 1,
         false, true},
        {"dcgan-d:width=8,classes=5", 8 * 16 + 8 + 16 * 8 * 16 + 2 * 16 + 16 * 49 + 1 + 5 * 784,
         true, false},
        {"dcgan-d:width=8,classes=5,cond=concat",
         5 * 784 + 2 * 8 * 16 + 8 + 16 * 8 * 16 + 2 * 16 + 16 * 49 + 1, true, false},
        {"mlp-gan-d:width=8,classes=5,dropout=0.5",
         25 + (784 + 5) * 32 + 32 + 32 * 16 + 16 + 16 * 8 + 8 + 8 + 1, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_arch *a = open_arch(cases[i].name);
        const ga_graph *g = ga_arch_graph(a);
        int norms = 0, dropouts = 0;
        for (int t = 0; t < ga_graph_n_taps(g); t++) {
            norms += strcmp(ga_graph_tap_type(g, t), "BatchNorm2d") == 0;
            dropouts += strncmp(ga_graph_tap_type(g, t), "Dropout", 7) == 0;
        }
        assert_int_equal(norms, cases[i].norm ? 1 : 0); /* none in the first block */
        assert_int_equal(dropouts > 0, cases[i].dropout);
        if (cases[i].dropout) /* the block's tap is behind its dropout */
            assert_true(strncmp(ga_graph_tap_type(g, ga_graph_find(g, "layer1")), "Dropout", 7) ==
                        0);
        assert_int_equal(arch_weights(a), cases[i].weights);
        ga_arch_free(a);
    }
}

/* The table of the generator that was dissected: z, then the channels at 4, 8, 16, ... pixels. */
static void progan_is_the_published_ladder_at_every_size(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int n, sizes[10];
    } cases[] = {
        {"progan:pixels=8", 3, {512, 512, 512}},
        {"progan:pixels=16", 4, {512, 512, 512, 512}},
        {"progan:pixels=32", 5, {512, 512, 512, 512, 256}},
        {"progan", 6, {512, 512, 512, 512, 256, 128}},
        {"progan:pixels=128", 7, {512, 512, 512, 512, 256, 128, 64}},
        {"progan:pixels=256", 8, {512, 512, 512, 512, 256, 128, 64, 32}},
        {"progan:pixels=1024", 10, {512, 512, 512, 512, 512, 256, 128, 64, 32, 16}},
        {"progan:z=128,top=128,width=16", 6, {128, 128, 128, 64, 32, 16}},
        {"progan:pixels=16,z=5,top=9,width=3,channels=1", 4, {5, 9, 6, 3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_arch *g = open_arch(cases[i].name), *d = open_arch(ga_arch_partner(g));
        const int *s = cases[i].sizes, n = cases[i].n, size = 1 << n, channels = i == 8 ? 1 : 3;
        char tap[32];
        size_t weights = 0;
        for (int k = 1; k <= 2 * (n - 1); k++) { /* two layers a size, the first from the last's */
            const int out = s[(k + 1) / 2], in = k % 2 == 1 ? s[(k + 1) / 2 - 1] : out;
            snprintf(tap, sizeof tap, "layer%d", k);
            check_dims(g, tap, out, 2 << ((k + 1) / 2), 2 << ((k + 1) / 2));
            weights += (size_t)(in * out * (k == 1 ? 16 : 9) + out);
        }
        snprintf(tap, sizeof tap, "output_%dx%d", size, size);
        check_dims(g, tap, channels, size, size);
        check_dims(g, NULL, channels, size, size);
        assert_int_equal(arch_weights(g), weights + (size_t)(s[n - 1] * channels + channels));
        assert_int_equal(ga_arch_start(g, GA_START_DCGAN), GA_START_NORMAL);
        assert_int_equal(ga_arch_start(d, GA_START_DCGAN), GA_START_NORMAL);
        /* back down: from the picture, two a size, two at 4x4, the logit */
        weights = (size_t)(channels * s[n - 1] + s[n - 1]);
        for (int k = n - 1; k > 1; k--)
            weights += (size_t)(9 * s[k] * s[k] + s[k] + 9 * s[k] * s[k - 1] + s[k - 1]);
        weights += (size_t)(9 * s[1]); /* from the channel that tells the spread */
        weights += (size_t)(25 * s[1] * s[1] + 2 * s[1] + s[1] + 1);
        assert_int_equal(arch_weights(d), weights);
        ga_arch_free(g);
        ga_arch_free(d);
    }
    ga_arch *one = open_arch("progan-d:pixels=8,top=6,width=2,convs=1,channels=1,group=0");
    assert_int_equal(arch_weights(one), 2 + 2 + 9 * 2 * 4 + 4 + 25 * 16 + 2 * 4 + 4 + 1);
    ga_arch_free(one);
    one = open_arch("progan-d:pixels=8,top=6,width=2,convs=1,channels=1");
    assert_int_equal(arch_weights(one), 2 + 2 + 9 * 2 * 4 + 4 + 9 * 4 + 25 * 16 + 2 * 4 + 4 + 1);
    ga_arch_free(one);
}

/* The scale of a layer is sqrt(2) over its kernel and the root of its channels, of the last one
 * over that root alone: seen as what a deviation of 1 becomes. */
static void progan_scales_keep_the_deviation(void **state)
{
    (void)state;
    ga_arch *a = open_arch("progan:pixels=8,z=512,top=64,width=32");
    const ga_graph *g = ga_arch_graph(a);
    const struct {
        const char *tap;
        double scale;
    } cases[] = {{"layer1.wscale", 0.015625},                 /* root 2 / (4 root 512) */
                 {"layer2.wscale", 0.058925565098878960},     /* root 2 / (3 root 64) */
                 {"layer4.wscale", 0.083333333333333333},     /* root 2 / (3 root 32) */
                 {"output_8x8.wscale", 0.17677669529663688}}; /* 1 / root 32 */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v[4];
        assert_int_equal(ga_graph_attr(g, ga_graph_find(g, cases[i].tap), "scale", v), 1);
        assert_true(fabs(v[0] - cases[i].scale) < 1e-7 * cases[i].scale);
    }
    assert_string_equal(ga_graph_param(g, 0)->name, "layer1.conv.weight");
    assert_string_equal(ga_graph_param(g, 1)->name, "layer1.wscale.b");
    assert_string_equal(ga_graph_param(g, ga_graph_n_params(g) - 1)->name, "output_8x8.wscale.b");
    ga_arch_free(a);
}

static void the_classifier_has_features_at_every_size(void **state)
{
    (void)state;
    static const char *const names[] = {"cnn:width=4", "cnn:width=4,pixels=32,channels=3,classes=7",
                                        "cnn:width=4,pixels=64,dropout=0"};
    static const int features[] = {16, 16, 32}, classes[] = {10, 7, 10};
    for (int i = 0; i < 3; i++) {
        ga_arch *a = open_arch(names[i]);
        check_dims(a, "features", features[i], 1, 1);
        check_dims(a, NULL, classes[i], 1, 1);
        assert_int_equal(ga_arch_output_kind(a), GA_OUTPUT_LOGITS);
        ga_arch_free(a);
    }
    /* 1 -> 4, 4 -> 8 -> 8, 8 -> 16 -> 16 in 3x3, a norm each; 16 -> 10 */
    ga_arch *a = open_arch("cnn:width=4");
    assert_int_equal(arch_weights(a),
                     9 * (4 + 4 * 8 + 8 * 8 + 8 * 16 + 16 * 16) + 2 * (4 + 8 + 8 + 16 + 16) + 170);
    ga_arch_free(a);
}

static void autoencoders_meet_in_a_latent(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t decoder, encoder;
    } cases[] = {
        /* 5 -> 8x7x7 -> 4x14x14 -> 1x28x28, norms after the first two; and back to 2 x 5 */
        {"vae:width=4,z=5", 5 * 8 * 49 + 16 + 8 * 4 * 16 + 8 + 4 * 16 + 1,
         4 * 16 + 4 + 8 * 4 * 16 + 16 + 8 * 49 * 10 + 10},
        {"vae-mlp:width=6,z=5,pixels=8,channels=3", 5 * 6 + 6 + 36 + 6 + 7 * 192,
         192 * 6 + 6 + 36 + 6 + 7 * 10},
    };
    for (int i = 0; i < 2; i++) {
        ga_arch *d = open_arch(cases[i].name), *e = open_arch(ga_arch_partner(d));
        const ga_graph *g = ga_arch_graph(d);
        const int last = ga_graph_output(g);
        assert_int_equal(ga_arch_output_kind(d), GA_OUTPUT_IMAGE);
        assert_string_equal(ga_graph_tap_type(g, last), "Sigmoid"); /* its input are the logits */
        assert_int_equal(ga_arch_output_kind(e), GA_OUTPUT_GAUSSIAN);
        check_dims(e, NULL, 10, 1, 1);
        assert_int_equal(arch_weights(d), cases[i].decoder);
        assert_int_equal(arch_weights(e), cases[i].encoder);
        ga_arch_free(d);
        ga_arch_free(e);
    }
    /* an encoder of a generator's: 32 pixels in colour down to 16x4x4, a hidden layer, 7 numbers */
    ga_arch *e = open_arch("encoder:pixels=32,channels=3,width=4,z=7");
    assert_int_equal(ga_arch_output_kind(e), GA_OUTPUT_LATENT);
    check_dims(e, "features", 32, 1, 1);
    check_dims(e, NULL, 7, 1, 1);
    assert_int_equal(arch_weights(e), 3 * 4 * 16 + 4 + 4 * 8 * 16 + 16 + 8 * 16 * 16 + 32 +
                                          256 * 32 + 32 + 32 * 7 + 7);
    ga_arch_free(e);
}

/* What a discriminator without norms is for. */
static void discriminators_without_norms_take_a_gradient_penalty(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool takes;
    } cases[] = {{"dcgan-d:width=4,norm=none", true},
                 {"dcgan-d:width=4,norm=none,classes=3,dropout=0.2", true},
                 {"dcgan-d:width=4,norm=none,classes=3,cond=concat", true},
                 {"mlp-gan-d:width=4,classes=3,pixels=8", true},
                 {"progan-d:pixels=16,top=6,width=3", true},
                 {"dcgan-d:width=4", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_err err;
        ga_arch *a = open_arch(cases[i].name);
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        ga_plan_cost cost;
        o.batch = 2;
        o.train = o.penalty = true;
        o.bn = GA_BN_BATCH;
        const ga_status s = ga_plan_forecast(ga_arch_graph(a), &o, &cost, &err);
        if ((s == GA_OK) != cases[i].takes)
            fail_msg("'%s': status %d, '%s'", cases[i].name, s, s != GA_OK ? err.text : "");
        ga_arch_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dcgan_is_the_published_ladder_at_every_size),
        cmocka_unit_test(dcgan_at_64_pixels_is_radford_s),
        cmocka_unit_test(small_generators_are_within_reach),
        cmocka_unit_test(discriminators_have_the_norms_and_dropout_that_are_asked_for),
        cmocka_unit_test(progan_is_the_published_ladder_at_every_size),
        cmocka_unit_test(progan_scales_keep_the_deviation),
        cmocka_unit_test(the_classifier_has_features_at_every_size),
        cmocka_unit_test(autoencoders_meet_in_a_latent),
        cmocka_unit_test(discriminators_without_norms_take_a_gradient_penalty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
