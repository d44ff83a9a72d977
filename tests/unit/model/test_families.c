/* Families: names with knobs become the networks that their tables promise. Counts are worked out
 * here from the published structures, not taken from the program. */
#include "ganatomy/model.h"
#include "check.h"
#include <stdint.h>

static ga_arch *open_arch(const char *name)
{
    ga_err err;
    ga_arch *a;
    CHECK_OK(ga_arch_open(name, &a, &err));
    return a;
}

static size_t weights_of(const ga_arch *a)
{
    size_t n = 0;
    for (int i = 0; i < ga_graph_n_params(ga_arch_graph(a)); i++) {
        const ga_param_spec *p = ga_graph_param(ga_arch_graph(a), i);
        n += p->kind == GA_WEIGHT ? p->count : 0;
    }
    return n;
}

static void check_dims(const ga_arch *a, const char *tap, int c, int h, int w)
{
    const ga_graph *g = ga_arch_graph(a);
    const int i = tap != NULL ? ga_graph_find(g, tap) : ga_graph_n_taps(g) - 1;
    if (i < 0)
        fail_msg("'%s' has no tap '%s'", ga_arch_name(a), tap);
    const ga_dims d = ga_graph_tap_dims(g, i);
    if (d.c != c || d.h != h || d.w != w)
        fail_msg("'%s': '%s' is (%d,%d,%d), expected (%d,%d,%d)", ga_arch_name(a),
                 ga_graph_tap_name(g, i), d.c, d.h, d.w, c, h, w);
}

/* ---- names ------------------------------------------------------------------------------------*/

static void every_family_opens_and_its_partner_fits(void **state)
{
    (void)state;
    int n = 0;
    for (int i = 0; ga_family_at(i) != NULL; i++, n++) {
        ga_err err;
        const ga_family *f = ga_family_at(i);
        ga_arch *a = open_arch(f->name), *again;
        if (f->same_as == NULL) {
            assert_string_equal(ga_arch_name(a), f->name);
        } else {
            assert_string_equal(ga_arch_name(a), f->same_as);
            assert_null(f->knobs);
        }
        CHECK_OK(ga_arch_parse(ga_arch_json(a), strlen(ga_arch_json(a)), "again", &again, &err));
        assert_string_equal(ga_arch_json(again), ga_arch_json(a));
        ga_arch_free(again);
        if (ga_arch_partner(a) != NULL) {
            ga_arch *p = open_arch(ga_arch_partner(a));
            const ga_graph *g = ga_arch_graph(a);
            const ga_dims made = ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1),
                          read = ga_arch_input(p);
            float lo, hi, p_lo, p_hi;
            assert_memory_equal(&made, &read, sizeof made);
            ga_arch_output_range(a, &lo, &hi);
            ga_arch_input_range(p, &p_lo, &p_hi);
            assert_true(lo == p_lo && hi == p_hi);
            assert_int_equal(ga_arch_classes(a), ga_arch_classes(p));
            assert_string_equal(ga_arch_name(p), ga_arch_partner(a));
            ga_arch_free(p);
        }
        ga_arch_free(a);
    }
    assert_null(ga_family_at(-1));
    assert_null(ga_family_at(n));
}

static void a_name_has_one_spelling_however_it_was_given(void **state)
{
    (void)state;
    static const struct {
        const char *given, *name, *partner;
    } cases[] = {
        {"dcgan:width=64", "dcgan", "dcgan-d"},
        {"dcgan:z=5,width=8,pixels=32", "dcgan:pixels=32,width=8,z=5", "dcgan-d:pixels=32,width=8"},
        {"dcgan:z=064", "dcgan", "dcgan-d"},
        {"cdcgan", "dcgan:classes=10", "dcgan-d:classes=10"},
        {"cdcgan:classes=7,z=9", "dcgan:z=9,classes=7", "dcgan-d:classes=7"},
        {"cmlp-gan:pixels=12", "mlp-gan:pixels=12,classes=10", "mlp-gan-d:pixels=12,classes=10"},
        {"dcgan-d:dropout=.25,norm=none", "dcgan-d:norm=none,dropout=0.25", NULL},
        {"dcgan-d:dropout=0.1", "dcgan-d:dropout=0.1", NULL},
        {"progan:width=16,top=128", "progan:top=128,width=16", "progan-d:top=128,width=16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_arch *a = open_arch(cases[i].given);
        assert_string_equal(ga_arch_name(a), cases[i].name);
        if (cases[i].partner != NULL)
            assert_string_equal(ga_arch_partner(a), cases[i].partner);
        ga_arch *b = open_arch(cases[i].name);
        assert_string_equal(ga_arch_json(a), ga_arch_json(b));
        ga_arch_free(a);
        ga_arch_free(b);
    }
}

/* Every knob at the end of its range that takes the most letters. */
static void the_longest_name_still_is_one(void **state)
{
    (void)state;
    for (int i = 0; ga_family_at(i) != NULL; i++) {
        const ga_family *f = ga_family_at(i);
        size_t length = strlen(f->name);
        for (int k = 0; f->knobs != NULL && f->knobs[k].name != NULL; k++) {
            const ga_knob *knob = &f->knobs[k];
            char text[32];
            size_t most = 0;
            for (int w = 0; knob->words != NULL && knob->words[w] != NULL; w++)
                most = strlen(knob->words[w]) > most ? strlen(knob->words[w]) : most;
            if (knob->words == NULL) /* a share may be written with nine digits */
                most = knob->whole ? (size_t)snprintf(text, sizeof text, "%g", knob->hi) : 11;
            length += 1 + strlen(knob->name) + 1 + most;
        }
        if (length > 100)
            fail_msg("a name of '%s' may have %zu letters, names end at 100", f->name, length);
    }
}

static void a_knob_that_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        ga_status status;
    } cases[] = {
        {"dcgan:widht=8",
         "'dcgan' has no knob 'widht' (did you mean 'width'?): its knobs are pixels, ", GA_EINVAL},
        {"dcgan:norm=none", "'dcgan' has no knob 'norm'", GA_EINVAL},
        {"dcgan:width=0", "'dcgan': width is '0', expected a whole number from 1 to 1024",
         GA_EINVAL},
        {"dcgan:width=1025", "width is '1025'", GA_EINVAL},
        {"dcgan:width=8.5", "width is '8.5', expected a whole number", GA_EINVAL},
        {"dcgan:width=wide", "width is 'wide'", GA_EINVAL},
        {"dcgan:width=nan", "width is 'nan'", GA_EINVAL},
        {"dcgan:pixels=30", "'dcgan': pixels is '30', expected 28, 32, 64 or 128", GA_EINVAL},
        {"dcgan-d:norm=layer", "norm is 'layer', expected batch or none", GA_EINVAL},
        {"dcgan-d:dropout=1", "dropout is '1', expected a number from 0 to 0.9", GA_EINVAL},
        {"cdcgan:width=0", "'dcgan': width is '0'", GA_EINVAL},
        {"dcgan:", "'' is no KNOB=VALUE", GA_EINVAL},
        {"dcgan:z=3,", "'' is no KNOB=VALUE", GA_EINVAL},
        {"dcgan:z", "knob 'z' has no value, as in z=64", GA_EINVAL},
        {"dcgan:z=", "knob 'z' has no value", GA_EINVAL},
        {"dcgan:z=3,z=3", "knob 'z' is given twice", GA_EINVAL},
        {"dcgan:z=3;width=8", "z is '3;width=8'", GA_EINVAL},
        {"dgcan:z=3", "no architecture 'dgcan:z=3' (did you mean 'dcgan'?)", GA_ENOTFOUND},
        {"dcgan-", "nor of the families mlp-gan, ", GA_ENOTFOUND},
        {"mnist-gan:z=3", "no architecture 'mnist-gan:z=3'", GA_ENOTFOUND},
    };
    char long_name[300] = "dcgan:z=";
    ga_err err;
    ga_arch *a;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a = (ga_arch *)&err;
        CHECK_FAILS(ga_arch_open(cases[i].name, &a, &err), cases[i].status, cases[i].sentence);
        assert_null(a);
    }
    memset(long_name + 8, '1', 200);
    CHECK_FAILS(ga_arch_open(long_name, &a, &err), GA_EINVAL, "is no KNOB=VALUE");
}

/* ---- structures -------------------------------------------------------------------------------*/

/* DCGAN's generator: 4x4 (or 7x7) of the widest block, halved as the map doubles. Counted from the
 * paper's figure: weights of every layer, two numbers a channel for each norm, a bias at the end.
 */
static size_t count_generator(int pixels, int channels, int width, int reads)
{
    const int low = pixels == 28 ? 7 : 4;
    int n = 0;
    for (int p = low; p < pixels; p *= 2)
        n++;
    int have = width << (n - 1);
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
                assert_int_equal(weights_of(g), count_generator(size, channels, 4, 6 + classes) +
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
    assert_int_equal(weights_of(g), 100 * 1024 * 16 + 2 * 1024 + 1024 * 512 * 16 + 2 * 512 +
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
        assert_int_equal(weights_of(a), count_generator(cases[i].pixels, 1, cases[i].width, 100));
        assert_in_range(weights_of(a), 78000, 82000);
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
        assert_int_equal(weights_of(a), cases[i].weights);
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
        assert_int_equal(weights_of(g), weights + (size_t)(s[n - 1] * channels + channels));
        assert_int_equal(ga_arch_start(g, GA_START_DCGAN), GA_START_NORMAL);
        assert_int_equal(ga_arch_start(d, GA_START_DCGAN), GA_START_NORMAL);
        /* back down: from the picture, two a size, two at 4x4, the logit */
        weights = (size_t)(channels * s[n - 1] + s[n - 1]);
        for (int k = n - 1; k > 1; k--)
            weights += (size_t)(9 * s[k] * s[k] + s[k] + 9 * s[k] * s[k - 1] + s[k - 1]);
        weights += (size_t)(9 * s[1]); /* from the channel that tells the spread */
        weights += (size_t)(25 * s[1] * s[1] + 2 * s[1] + s[1] + 1);
        assert_int_equal(weights_of(d), weights);
        ga_arch_free(g);
        ga_arch_free(d);
    }
    ga_arch *one = open_arch("progan-d:pixels=8,top=6,width=2,convs=1,channels=1,group=0");
    assert_int_equal(weights_of(one), 2 + 2 + 9 * 2 * 4 + 4 + 25 * 16 + 2 * 4 + 4 + 1);
    ga_arch_free(one);
    one = open_arch("progan-d:pixels=8,top=6,width=2,convs=1,channels=1");
    assert_int_equal(weights_of(one), 2 + 2 + 9 * 2 * 4 + 4 + 9 * 4 + 25 * 16 + 2 * 4 + 4 + 1);
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
    assert_int_equal(weights_of(a),
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
        const int last = ga_graph_n_taps(g) - 1;
        assert_int_equal(ga_arch_output_kind(d), GA_OUTPUT_IMAGE);
        assert_string_equal(ga_graph_tap_type(g, last), "Sigmoid"); /* its input are the logits */
        assert_int_equal(ga_arch_output_kind(e), GA_OUTPUT_GAUSSIAN);
        check_dims(e, NULL, 10, 1, 1);
        assert_int_equal(weights_of(d), cases[i].decoder);
        assert_int_equal(weights_of(e), cases[i].encoder);
        ga_arch_free(d);
        ga_arch_free(e);
    }
    /* an encoder of a generator's: 32 pixels in colour down to 16x4x4, a hidden layer, 7 numbers */
    ga_arch *e = open_arch("encoder:pixels=32,channels=3,width=4,z=7");
    assert_int_equal(ga_arch_output_kind(e), GA_OUTPUT_LATENT);
    check_dims(e, "features", 32, 1, 1);
    check_dims(e, NULL, 7, 1, 1);
    assert_int_equal(weights_of(e), 3 * 4 * 16 + 4 + 4 * 8 * 16 + 16 + 8 * 16 * 16 + 32 + 256 * 32 +
                                        32 + 32 * 7 + 7);
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

/* ---- labels -----------------------------------------------------------------------------------*/

static ga_model *make_model(const char *name)
{
    ga_err err;
    ga_arch *a = open_arch(name);
    ga_model *m;
    CHECK_OK(ga_model_create(a, &m, &err));
    ga_params_init(ga_model_params(m), ga_model_graph(m), 3, GA_START_PYTORCH);
    ga_arch_free(a);
    return m;
}

/* Runs n images x and reads tap (which needs no label), or the output for those labels. */
static void run(ga_model *m, const float *x, const float *labels, int n, const char *tap,
                float *dst)
{
    ga_err err;
    ga_plan *plan;
    const ga_graph *g = ga_model_graph(m);
    const ga_dims in = ga_graph_tap_dims(g, 0);
    const int label = ga_arch_label_input(ga_model_arch(m));
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = n;
    o.to = tap;
    CHECK_OK(ga_plan_create(g, ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, ga_graph_tap_name(g, 0), (ga_view){x, n, in.c, in.h, in.w}, &err));
    if (label >= 0 && tap == NULL)
        CHECK_OK(
            ga_plan_write(plan, ga_graph_tap_name(g, label), (ga_view){labels, n, 1, 1, 1}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, tap != NULL ? tap : ga_graph_tap_name(g, ga_graph_n_taps(g) - 1),
                          dst, &err));
    ga_plan_free(plan);
}

static const float *param(ga_model *m, const char *name)
{
    for (int i = 0; i < ga_graph_n_params(ga_model_graph(m)); i++)
        if (strcmp(ga_graph_param(ga_model_graph(m), i)->name, name) == 0)
            return ga_params_weights(ga_model_params(m), NULL) +
                   ga_graph_param(ga_model_graph(m), i)->offset;
    fail_msg("no parameter '%s'", name);
    return NULL;
}

static void the_label_changes_the_picture_and_the_latent_does_too(void **state)
{
    (void)state;
    static const char *const names[] = {"cdcgan:width=4,z=3", "cmlp-gan:width=4,z=3,pixels=8"};
    for (int i = 0; i < 2; i++) {
        ga_model *m = make_model(names[i]);
        assert_int_equal(ga_arch_classes(ga_model_arch(m)), 10);
        assert_int_equal(ga_arch_label_input(ga_model_arch(m)), 1);
        const float z[4 * 3] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 3, 2, 1}, labels[] = {0, 7, 0, 0};
        const ga_graph *g = ga_model_graph(m);
        const size_t size = ga_dims_count(ga_graph_tap_dims(g, ga_graph_n_taps(g) - 1));
        float *pictures = calloc(4 * size, sizeof *pictures);
        run(m, z, labels, 4, NULL, pictures);
        assert_memory_not_equal(pictures, pictures + size, size * sizeof(float));
        assert_memory_equal(pictures, pictures + 2 * size, size * sizeof(float));
        assert_memory_not_equal(pictures, pictures + 3 * size, size * sizeof(float));
        free(pictures);
        ga_model_free(m);
    }
}

/* The logit by hand from the features: w h + b + (sum over h of h times the code) / root. */
static void the_projection_is_the_product_with_the_label_s_code(void **state)
{
    (void)state;
    enum { N = 3, F = 8 * 49, P = 784 };
    ga_model *m = make_model("dcgan-d:width=4,classes=5");
    static float x[N * P], h[N * F];
    const float labels[N] = {4, 0, 2};
    float logits[N];
    for (int i = 0; i < N * P; i++)
        x[i] = (float)((i * 37) % 101) / 50.0f - 1;
    run(m, x, labels, N, "features", h);
    run(m, x, labels, N, NULL, logits);
    const float *w = param(m, "score.weight"), *b = param(m, "score.bias"),
                *code = param(m, "label.code.weight");
    for (int n = 0; n < N; n++) {
        double score = (double)b[0], match = 0;
        for (int k = 0; k < F; k++) {
            score += (double)w[k] * (double)h[n * F + k];
            match += (double)code[(int)labels[n] * F + k] * (double)h[n * F + k];
        }
        const double want = score + match / sqrt(F);
        if (fabs(want - (double)logits[n]) > 1e-5 * (1 + fabs(want)))
            fail_msg("logit %d is %g, expected %g", n, (double)logits[n], want);
        assert_true(fabs(match) > 0.01); /* else this would prove nothing */
    }
    ga_model_free(m);
}

static void every_way_to_read_a_label_tells_classes_apart(void **state)
{
    (void)state;
    static const char *const names[] = {"dcgan-d:width=4,classes=5",
                                        "dcgan-d:width=4,classes=5,cond=concat",
                                        "mlp-gan-d:width=4,classes=5"};
    static float x[2 * 784];
    const float labels[2] = {1, 3};
    for (int i = 0; i < 784; i++)
        x[i] = x[784 + i] = (float)((i * 37) % 101) / 50.0f - 1;
    for (int i = 0; i < 3; i++) {
        float logits[2];
        ga_model *m = make_model(names[i]);
        run(m, x, labels, 2, NULL, logits);
        assert_true(logits[0] != logits[1]);
        ga_model_free(m);
    }
}

/* ---- the latent size --------------------------------------------------------------------------*/

static void the_latent_size_of_a_family_is_its_knob(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a = open_arch("cdcgan:width=8"), *b, *want = open_arch("cdcgan:width=8,z=17");
    CHECK_OK(ga_arch_with_latent(a, 17, &b, &err));
    assert_string_equal(ga_arch_json(b), ga_arch_json(want));
    ga_arch_free(b);
    CHECK_FAILS(ga_arch_with_latent(a, 5000, &b, &err), GA_EINVAL,
                "'dcgan': z is '5000', expected a whole number from 1 to 4096");
    assert_null(b);
    ga_arch_free(want);

    /* A document that only kept the name goes the common way and is not made into the family. */
    char *text = strdup(ga_arch_json(a)), *tanh = strstr(text, "\"Tanh\"");
    assert_non_null(tanh);
    memcpy(tanh, "\"ReLU\"", 6);
    ga_arch *changed;
    CHECK_OK(ga_arch_parse(text, strlen(text), "changed", &changed, &err));
    CHECK_OK(ga_arch_with_latent(changed, 17, &b, &err));
    const ga_graph *g = ga_arch_graph(b);
    assert_string_equal(ga_graph_tap_type(g, ga_graph_n_taps(g) - 1), "ReLU");
    assert_int_equal(ga_arch_input(b).c, 17);
    ga_arch_free(b);
    ga_arch_free(changed);
    ga_arch_free(a);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_opens_and_its_partner_fits),
        cmocka_unit_test(a_name_has_one_spelling_however_it_was_given),
        cmocka_unit_test(the_longest_name_still_is_one),
        cmocka_unit_test(a_knob_that_is_wrong_is_named),
        cmocka_unit_test(dcgan_is_the_published_ladder_at_every_size),
        cmocka_unit_test(dcgan_at_64_pixels_is_radford_s),
        cmocka_unit_test(small_generators_are_within_reach),
        cmocka_unit_test(discriminators_have_the_norms_and_dropout_that_are_asked_for),
        cmocka_unit_test(progan_is_the_published_ladder_at_every_size),
        cmocka_unit_test(progan_scales_keep_the_deviation),
        cmocka_unit_test(the_classifier_has_features_at_every_size),
        cmocka_unit_test(autoencoders_meet_in_a_latent),
        cmocka_unit_test(discriminators_without_norms_take_a_gradient_penalty),
        cmocka_unit_test(the_label_changes_the_picture_and_the_latent_does_too),
        cmocka_unit_test(the_projection_is_the_product_with_the_label_s_code),
        cmocka_unit_test(every_way_to_read_a_label_tells_classes_apart),
        cmocka_unit_test(the_latent_size_of_a_family_is_its_knob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
