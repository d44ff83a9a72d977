#include "ganatomy/model.h"
#include <dirent.h>
#include "arch_check.h"
#include "base/file.h"
#include "base/json.h"
#include "model/arch_inner.h"

static void parse_fails(const char *text, ga_status status, const char *part)
{
    ga_err err;
    ga_arch *a = (ga_arch *)&err;
    CHECK_FAILS(ga_arch_parse(text, strlen(text), "net.json", &a, &err), status, part);
    assert_null(a);
    if (strncmp(err.text, "net.json: ", 10) != 0)
        fail_msg("\"%s\" does not begin with the file", err.text);
}

#define HEAD "{\"format\":\"ganatomy-arch-1\",\"name\":\"net\","
#define Z    "\"input\":{\"name\":\"z\",\"size\":5,\"law\":\"normal\"},"
#define OUT  "\"output\":{\"range\":[-1,1]},"
#define FC   "{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":5,\"out_features\":8}"

static void the_study_s_generator_is_built_in(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    float lo, hi;
    CHECK_OK(ga_arch_open("mnist-gan", &a, &err));
    assert_string_equal(ga_arch_name(a), "mnist-gan");
    assert_string_equal(ga_arch_partner(a), "mnist-gan-d");
    assert_int_equal(ga_arch_law(a), GA_LAW_NORMAL);
    assert_int_equal(ga_arch_input(a).c, 5);
    ga_arch_output_range(a, &lo, &hi);
    assert_true(lo == -1 && hi == 1);
    check_dims(a, "layer0", 256, 7, 7);
    check_dims(a, "layer1", 128, 7, 7);
    check_dims(a, "layer2", 64, 14, 14);
    check_dims(a, "layer3", 1, 28, 28);
    assert_int_equal(arch_weights(a), 1101953);
    assert_int_equal(ga_arch_n_pieces(a), 4);
    assert_string_equal(ga_arch_piece(a, 3), "layer3.");
    ga_arch_free(a);
}

static void every_built_in_architecture_opens_and_its_partner_fits(void **state)
{
    (void)state;
    ga_err err;
    int n = 0;
    for (const char *const *name = ga_arch_names(); *name != NULL; name++, n++) {
        ga_arch *a, *d;
        CHECK_OK(ga_arch_open(*name, &a, &err));
        assert_string_equal(ga_arch_name(a), *name);
        if (ga_arch_partner(a) != NULL) {
            const ga_graph *g = ga_arch_graph(a);
            const ga_dims made = ga_graph_output_dims(g);
            float lo, hi, d_lo, d_hi;
            CHECK_OK(ga_arch_open(ga_arch_partner(a), &d, &err));
            const ga_dims read = ga_arch_input(d);
            assert_memory_equal(&made, &read, sizeof made);
            ga_arch_output_range(a, &lo, &hi);
            ga_arch_input_range(d, &d_lo, &d_hi);
            assert_true(lo == d_lo && hi == d_hi);
            ga_arch_free(d);
        }
        ga_arch_free(a);
    }
    assert_int_equal(n, 8);
}

/* Counts of numbers as published, and shapes that the studies state. */
static void built_in_networks_have_the_published_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *tap;
        ga_dims dims;
        size_t weights;
    } cases[] = {
        {"homework-generator", "layer4", {1, 28, 28}, 377121},
        {"homework-discriminator", "layer3", {128, 7, 7}, 246529},
        {"homework-cnn", "out.0", {10, 1, 1}, 28938},
        {"lenet5", "features", {84, 1, 1}, 61706},
        {"mnist-gan-d", "layer1", {128, 7, 7}, 64 * 26 + 128 * 1601 + 256 + 6273},
        {"dcgan-28", "main.2", {128, 7, 7}, 64 * 128 * 49 + 256 + 128 * 64 * 16 + 128 + 64 * 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_err err;
        ga_arch *a;
        CHECK_OK(ga_arch_open(cases[i].name, &a, &err));
        check_dims(a, cases[i].tap, cases[i].dims.c, cases[i].dims.h, cases[i].dims.w);
        assert_int_equal(arch_weights(a), cases[i].weights);
        ga_arch_free(a);
    }
}

static void the_worked_examples_open_from_files(void **state)
{
    (void)state;
    static const struct {
        const char *file, *out;
        ga_dims dims;
        ga_law law;
    } cases[] = {
        {"dcgan.json", "main.13", {3, 64, 64}, GA_LAW_NORMAL},
        {"mlp-gan.json", "image", {1, 28, 28}, GA_LAW_UNIFORM},
        {"vae-decoder.json", "image", {1, 28, 28}, GA_LAW_NORMAL},
        {"cgan.json", "image", {1, 32, 32}, GA_LAW_NORMAL},
        {"cnn-classifier.json", "classifier.3", {10, 1, 1}, GA_LAW_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_err err;
        ga_arch *a;
        char path[512];
        snprintf(path, sizeof path, "%s/examples/arch/%s", GA_SOURCE_DIR, cases[i].file);
        CHECK_OK(ga_arch_open(path, &a, &err));
        check_dims(a, cases[i].out, cases[i].dims.c, cases[i].dims.h, cases[i].dims.w);
        assert_int_equal(ga_arch_law(a), cases[i].law);
        ga_arch_free(a);
    }
}

static void the_canonical_text_reads_back_as_itself(void **state)
{
    (void)state;
    for (const char *const *name = ga_arch_names(); *name != NULL; name++) {
        ga_err err;
        ga_arch *a, *b;
        CHECK_OK(ga_arch_open(*name, &a, &err));
        CHECK_OK(ga_arch_parse(ga_arch_json(a), strlen(ga_arch_json(a)), "again", &b, &err));
        assert_string_equal(ga_arch_json(a), ga_arch_json(b));
        assert_null(strchr(ga_arch_json(a), '\n'));
        ga_arch_free(a);
        ga_arch_free(b);
    }
}

static void an_unknown_name_lists_the_known_ones(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    CHECK_FAILS(ga_arch_open("mnist-gann", &a, &err), GA_ENOTFOUND,
                "'mnist-gann' (did you mean 'mnist-gan'?): neither a file nor one of mnist-gan, "
                "mnist-gan-d, lenet5");
    assert_null(a);
    CHECK_FAILS(ga_arch_open(GA_SOURCE_DIR "/src", &a, &err), GA_EIO, "/src");
    assert_null(a);
}

static void a_description_that_is_wrong_is_refused_by_field(void **state)
{
    (void)state;
    parse_fails("[]", GA_EDATA, "no architecture");
    parse_fails("{\"format\":\"x\"}", GA_EDATA, "'format': is 'x', expected 'ganatomy-arch-1'");
    parse_fails("{\"name\":\"x\"}", GA_EDATA, "'format': is missing");
    parse_fails(HEAD Z OUT "\"layer\":[" FC "]}", GA_EDATA,
                "'layer': is not a known field (did you mean 'layers'?)");
    parse_fails(HEAD OUT "\"layers\":[" FC "]}", GA_EDATA, "'input': is missing");
    parse_fails(HEAD Z "\"layers\":[" FC "]}", GA_EDATA, "'output': is missing");
    parse_fails(HEAD Z OUT "\"layers\":[]}", GA_EDATA, "'layers': is not a list of 1 to 4096");
    parse_fails(HEAD Z OUT "\"layers\":[3]}", GA_EDATA, "'layers[0]': is not an object");
    parse_fails(HEAD Z OUT "\"layers\":[" FC ",{\"name\":\"a\"}]}", GA_EDATA,
                "'layers[1].type': is missing");
    parse_fails(HEAD Z "\"output\":{\"range\":[1,1]},\"layers\":[" FC "]}", GA_EDATA,
                "'output.range': is [1, 1]");
    parse_fails(HEAD Z "\"output\":{\"kind\":\"logits\",\"range\":[0,1]},\"layers\":[" FC "]}",
                GA_EDATA, "'output.range': belongs to pictures");
    parse_fails(HEAD Z "\"output\":{\"kind\":\"sound\"},\"layers\":[" FC "]}", GA_EDATA,
                "'output.kind': is 'sound', expected 'image', 'logits', 'gaussian', 'latent', "
                "'labels' or 'parsing'");
    parse_fails(HEAD Z OUT "\"pieces\":[\"x.\"],\"layers\":[" FC "]}", GA_EDATA,
                "'pieces': 'fc.weight' begins with 0 of the prefixes");
}

static void an_input_that_is_wrong_is_refused_by_field(void **state)
{
    (void)state;
#define WITH_INPUT(input) HEAD "\"input\":" input "," OUT "\"layers\":[" FC "]}"
    parse_fails(WITH_INPUT("{\"size\":5}"), GA_EDATA, "'input.name': is missing");
    parse_fails(WITH_INPUT("{\"name\":\"z\"}"), GA_EDATA, "'input.size': is missing");
    parse_fails(WITH_INPUT("{\"name\":\"z\",\"size\":0}"), GA_EDATA, "'input.size': is 0");
    parse_fails(WITH_INPUT("{\"name\":\"z\",\"size\":5,\"law\":\"gauss\"}"), GA_EDATA,
                "'input.law': is 'gauss', expected 'normal' or 'uniform'");
    parse_fails(WITH_INPUT("{\"name\":\"x\",\"shape\":[1,28]}"), GA_EDATA,
                "'input.shape': is not [channels, height, width]");
    parse_fails(WITH_INPUT("{\"name\":\"x\",\"shape\":[1,28,28]}"), GA_EDATA,
                "'input.range': is missing");
    parse_fails(WITH_INPUT("{\"name\":\"x\",\"shape\":[5],\"size\":5}"), GA_EDATA,
                "'input.shape': stands beside 'size'");
    parse_fails(WITH_INPUT("[]"), GA_EDATA, "'input': has 0 entries");
    parse_fails(WITH_INPUT("[{\"name\":\"y\",\"size\":3},{\"name\":\"z\",\"size\":5,\"law\":"
                           "\"normal\"}]"),
                GA_EDATA, "'input[1].law': makes a latent");
    parse_fails(WITH_INPUT("{\"name\":\"z\",\"sise\":5}"), GA_EDATA, "did you mean 'size'");
}

#define LABEL(more) "{\"name\":\"label\",\"classes\":10" more "}"
#define TABLE(rows)                                                                                \
    "{\"name\":\"code\",\"type\":\"Embedding\",\"inputs\":\"label\",\"num_embeddings\":" rows      \
    ",\"embedding_dim\":3}"

static void a_label_is_one_index_behind_the_first_input(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    const char *text = HEAD "\"input\":[{\"name\":\"z\",\"size\":5,\"law\":\"normal\"}," LABEL(
        "") "]," OUT "\"layers\":[" FC "," TABLE("10") "]}";
    CHECK_OK(ga_arch_parse(text, strlen(text), "net.json", &a, &err));
    assert_int_equal(ga_arch_classes(a), 10);
    assert_int_equal(ga_arch_label_input(a), 1);
    check_dims(a, "label", 1, 1, 1);
    check_dims(a, "fc", 8, 1, 1); /* a first layer that says nothing reads the first input */
    ga_arch_free(a);
    CHECK_OK(ga_arch_open("mnist-gan", &a, &err));
    assert_int_equal(ga_arch_classes(a), 0);
    assert_int_equal(ga_arch_label_input(a), -1);
    ga_arch_free(a);

#define WITH_LABEL(label, layer)                                                                   \
    HEAD "\"input\":[{\"name\":\"z\",\"size\":5,\"law\":\"normal\"}," label "]," OUT               \
         "\"layers\":[" FC "," layer "]}"
    parse_fails(WITH_LABEL(LABEL(""), TABLE("9")), GA_EDATA,
                "'layers[1].num_embeddings': is 9, but 'label' has 10 classes");
    parse_fails(WITH_LABEL(LABEL(",\"size\":3"), TABLE("10")), GA_EDATA,
                "'input[1].size': stands beside 'classes': a label is one whole number");
    parse_fails(WITH_LABEL(LABEL(",\"law\":\"normal\""), TABLE("10")), GA_EDATA,
                "'input[1].law': stands beside 'classes'");
    parse_fails(WITH_LABEL(LABEL("") ",{\"name\":\"more\",\"classes\":2}", TABLE("10")), GA_EDATA,
                "'input[2].classes': makes a second label");
    parse_fails(WITH_LABEL("{\"name\":\"label\",\"classes\":0}", TABLE("10")), GA_EDATA,
                "'input[1].classes': is 0, expected");
    parse_fails(WITH_LABEL("{\"classes\":10}", TABLE("10")), GA_EDATA,
                "'input[1].name': is missing");
    parse_fails(HEAD "\"input\":" LABEL("") "," OUT "\"layers\":[" TABLE("10") "]}", GA_EDATA,
                "'input.classes': makes a label, which cannot be the first input");
}

static void what_a_network_makes_must_have_its_shape(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        ga_output_kind want;
    } kinds[] = {{"logits", GA_OUTPUT_LOGITS},
                 {"gaussian", GA_OUTPUT_GAUSSIAN},
                 {"latent", GA_OUTPUT_LATENT}};
    for (int i = 0; i < 3; i++) {
        ga_err err;
        ga_arch *a;
        float lo = 9, hi = 9;
        char text[400];
        snprintf(text, sizeof text, HEAD Z "\"output\":{\"kind\":\"%s\"},\"layers\":[" FC "]}",
                 kinds[i].kind);
        CHECK_OK(ga_arch_parse(text, strlen(text), "net.json", &a, &err));
        assert_int_equal(ga_arch_output_kind(a), kinds[i].want);
        ga_arch_output_range(a, &lo, &hi);
        assert_true(lo == 0 && hi == 0);
        ga_arch_free(a);
    }
#define ODD "{\"name\":\"fc\",\"type\":\"Linear\",\"in_features\":5,\"out_features\":7}"
#define MAP "{\"name\":\"view\",\"type\":\"Unflatten\",\"unflattened_size\":[2,2,2]}"
    parse_fails(HEAD Z "\"output\":{\"kind\":\"gaussian\"},\"layers\":[" ODD "]}", GA_EDATA,
                "'output.kind': is 'gaussian', as many means as log-variances in a row, and 'fc' "
                "gives (7,1,1)");
    parse_fails(HEAD Z "\"output\":{\"kind\":\"latent\"},\"layers\":[" FC "," MAP "]}", GA_EDATA,
                "'output.kind': is 'latent', numbers in a row, and 'view' gives (2,2,2)");
    parse_fails(HEAD Z "\"output\":{\"kind\":\"latent\",\"range\":[0,1]},\"layers\":[" FC "]}",
                GA_EDATA, "'output.range': belongs to pictures, and these are numbers of a latent");
}

/* The graph's own sentences, with the file and the layer's place before them. */
static void a_layer_that_is_wrong_is_refused_by_place(void **state)
{
    (void)state;
#define WITH_LAYER(layer) HEAD Z OUT "\"layers\":[" FC "," layer "]}"
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"Relu\"}"), GA_EDATA, "layers[1]");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"Relu\"}"), GA_EDATA, "ReLU");
    parse_fails(WITH_LAYER("{\"name\":\"fc\",\"type\":\"ReLU\"}"), GA_EDATA, "layers[1]");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"Linear\",\"in_features\":9,"
                           "\"out_features\":1}"),
                GA_ESHAPE, "layers[1]");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slop\":0.2}"),
                GA_EDATA, "negative_slope");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"ReLU\",\"inputs\":[\"nowhere\"]}"), GA_EDATA,
                "nowhere");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"ReLU\",\"inputs\":[]}"), GA_EDATA,
                "'layers[1].inputs': is not a list");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"ReLU\",\"inputs\":[3]}"), GA_EDATA,
                "'layers[1].inputs': has no layer name at place 0");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"LeakyReLU\",\"negative_slope\":{}}"),
                GA_EDATA, "'layers[1].negative_slope': is an object");
    parse_fails(WITH_LAYER("{\"name\":\"a\",\"type\":\"Unflatten\",\"unflattened_size\":[1,2,2,1,2]"
                           "}"),
                GA_EDATA, "'layers[1].unflattened_size': has 5 values");
}

static void the_latent_size_is_a_knob(void **state)
{
    (void)state;
    static const char *const paths[] = {"mnist-gan",
                                        "homework-generator",
                                        "dcgan-28",
                                        GA_SOURCE_DIR "/examples/arch/dcgan.json",
                                        GA_SOURCE_DIR "/examples/arch/mlp-gan.json",
                                        GA_SOURCE_DIR "/examples/arch/vae-decoder.json"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ga_err err;
        ga_arch *a, *b, *c;
        CHECK_OK(ga_arch_open(paths[i], &a, &err));
        const int z = ga_arch_input(a).c;
        CHECK_OK(ga_arch_with_latent(a, 17, &b, &err));
        assert_int_equal(ga_arch_input(b).c, 17);
        assert_int_equal(ga_arch_law(b), ga_arch_law(a));
        const int last = ga_graph_output(ga_arch_graph(a));
        const ga_dims before = ga_graph_tap_dims(ga_arch_graph(a), last);
        const ga_dims after = ga_graph_tap_dims(ga_arch_graph(b), last);
        assert_memory_equal(&before, &after, sizeof before);
        assert_true(arch_weights(b) != arch_weights(a));
        CHECK_OK(ga_arch_with_latent(b, z, &c, &err));
        assert_string_equal(ga_arch_json(c), ga_arch_json(a));
        ga_arch_free(a);
        ga_arch_free(b);
        ga_arch_free(c);
    }
}

/* z goes through a view, a norm and a concat with a label before a layer reads it. */
static void the_latent_size_is_followed_to_the_layer_that_reads_it(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a, *b;
    const char *text = HEAD
        "\"input\":[{\"name\":\"z\",\"size\":6,\"law\":\"normal\"},"
        "{\"name\":\"label\",\"size\":3}]," OUT "\"layers\":["
        "{\"name\":\"norm\",\"type\":\"BatchNorm1d\",\"num_features\":6,\"inputs\":\"z\"},"
        "{\"name\":\"both\",\"type\":\"Concat\",\"inputs\":[\"norm\",\"label\"]},"
        "{\"name\":\"view\",\"type\":\"Unflatten\",\"unflattened_size\":[9,1,1]},"
        "{\"name\":\"again\",\"type\":\"Reshape\",\"shape\":[9,1,1]},"
        "{\"name\":\"up\",\"type\":\"ConvTranspose2d\",\"in_channels\":9,\"out_channels\":2,"
        "\"kernel_size\":4}]}";
    CHECK_OK(ga_arch_parse(text, strlen(text), "net.json", &a, &err));
    CHECK_OK(ga_arch_with_latent(a, 10, &b, &err));
    check_dims(b, "norm", 10, 1, 1);
    check_dims(b, "view", 13, 1, 1);
    check_dims(b, "up", 2, 4, 4);
    ga_arch_free(b);
    CHECK_FAILS(ga_arch_with_latent(a, 0, &b, &err), GA_EINVAL, "latent size 0");
    assert_null(b);
    ga_arch_free(a);
}

static void a_latent_size_that_cannot_change_is_refused(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a, *b;
    CHECK_OK(ga_arch_open("lenet5", &a, &err));
    CHECK_FAILS(ga_arch_with_latent(a, 9, &b, &err), GA_EINVAL, "'lenet5' reads pictures");
    assert_null(b);
    ga_arch_free(a);
    const char *view = HEAD "\"input\":{\"name\":\"z\",\"size\":8,\"law\":\"normal\"}," OUT
                            "\"layers\":[{\"name\":\"view\",\"type\":\"Unflatten\","
                            "\"unflattened_size\":[2,2,2]}]}";
    CHECK_OK(ga_arch_parse(view, strlen(view), "net.json", &a, &err));
    CHECK_FAILS(ga_arch_with_latent(a, 9, &b, &err), GA_EINVAL,
                "'unflattened_size' of layer 'view'");
    ga_arch_free(a);
    const char *relu = HEAD Z OUT "\"layers\":[{\"name\":\"a\",\"type\":\"Tanh\"}]}";
    CHECK_OK(ga_arch_parse(relu, strlen(relu), "net.json", &a, &err));
    CHECK_FAILS(ga_arch_with_latent(a, 9, &b, &err), GA_EINVAL, "no linear or convolutional layer");
    ga_arch_free(a);
    const char *unread = HEAD "\"input\":[{\"name\":\"z\",\"size\":8,\"law\":\"normal\"},{\"name\":"
                              "\"label\",\"size\":5}]," OUT
                              "\"layers\":[{\"name\":\"fc\",\"type\":\"Linear\",\"inputs\":"
                              "\"label\",\"in_features\":5,\"out_features\":8}]}";
    CHECK_OK(ga_arch_parse(unread, strlen(unread), "net.json", &a, &err));
    CHECK_FAILS(ga_arch_with_latent(a, 9, &b, &err), GA_EINVAL, "no linear or convolutional layer");
    ga_arch_free(a);
}

static void the_manual_names_every_layer_type(void **state)
{
    (void)state;
    ga_err err;
    ga_file f;
    char word[80];
    CHECK_OK(ga_file_open(GA_SOURCE_DIR "/docs/arch.md", &f, &err));
    for (const char *const *type = ga_op_names(); *type != NULL; type++) {
        snprintf(word, sizeof word, "`%s`", *type);
        if (memmem(f.data, f.size, word, strlen(word)) == NULL)
            fail_msg("docs/arch.md does not speak of %s", word);
    }
    ga_file_close(&f);
}

/* The corpus of the fuzz target: what is called bad is refused with words, and nothing crashes. */
static void the_corpus_is_read_or_refused_in_words(void **state)
{
    (void)state;
    const char *folder = GA_SOURCE_DIR "/fuzz/corpus/arch";
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.')
            continue;
        ga_err err = {0};
        ga_arch *a;
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        const ga_status s = ga_arch_open(path, &a, &err);
        if ((s == GA_OK) != (strncmp(e->d_name, "good", 4) == 0))
            fail_msg("%s: status %d (%s)", e->d_name, s, err.text);
        if (s != GA_OK && (ga_status_exit_code(s) != 3 || strstr(err.text, e->d_name) == NULL))
            fail_msg("%s: status %d, '%s'", e->d_name, s, err.text);
        ga_arch_free(a);
        n++;
    }
    closedir(d);
    assert_true(n >= 20);
}

static void a_description_may_ask_for_quick_products(void **state)
{
    (void)state;
    static const char *const words[] = {"", "\"quick\": false,", "\"quick\": true,",
                                        "\"quick\": 1,"};
    for (int i = 0; i < 4; i++) {
        ga_err err;
        ga_arch *a;
        char text[400];
        snprintf(text, sizeof text,
                 "{\"format\": \"ganatomy-arch-1\", \"name\": \"net\", %s"
                 " \"input\": {\"name\": \"z\", \"size\": 3, \"law\": \"normal\"},"
                 " \"output\": {\"kind\": \"logits\"}, \"layers\": [{\"name\": \"fc\","
                 " \"type\": \"Linear\", \"in_features\": 3, \"out_features\": 2}]}",
                 words[i]);
        if (i == 3) {
            CHECK_FAILS(ga_arch_parse(text, strlen(text), "net.json", &a, &err), GA_EDATA,
                        "'quick': is not true or false");
            continue;
        }
        CHECK_OK(ga_arch_parse(text, strlen(text), "net.json", &a, &err));
        assert_int_equal(ga_graph_quick(ga_arch_graph(a)), i == 2);
        ga_arch_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_study_s_generator_is_built_in),
        cmocka_unit_test(every_built_in_architecture_opens_and_its_partner_fits),
        cmocka_unit_test(built_in_networks_have_the_published_sizes),
        cmocka_unit_test(the_worked_examples_open_from_files),
        cmocka_unit_test(the_canonical_text_reads_back_as_itself),
        cmocka_unit_test(an_unknown_name_lists_the_known_ones),
        cmocka_unit_test(a_description_that_is_wrong_is_refused_by_field),
        cmocka_unit_test(an_input_that_is_wrong_is_refused_by_field),
        cmocka_unit_test(a_description_may_ask_for_quick_products),
        cmocka_unit_test(a_label_is_one_index_behind_the_first_input),
        cmocka_unit_test(what_a_network_makes_must_have_its_shape),
        cmocka_unit_test(a_layer_that_is_wrong_is_refused_by_place),
        cmocka_unit_test(the_latent_size_is_a_knob),
        cmocka_unit_test(the_latent_size_is_followed_to_the_layer_that_reads_it),
        cmocka_unit_test(a_latent_size_that_cannot_change_is_refused),
        cmocka_unit_test(the_manual_names_every_layer_type),
        cmocka_unit_test(the_corpus_is_read_or_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
