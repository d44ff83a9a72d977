/* Graphs: names, shapes, options, parameters; and everything that is refused, in words. */
#include "net_check.h"

static ga_graph *new_graph(ga_dims input)
{
    ga_err err;
    ga_graph *g;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", input, &err));
    return g;
}

static void taps_have_names_shapes_and_inputs(void **state)
{
    (void)state;
    ga_graph *g = small_network();
    assert_int_equal(ga_graph_n_inputs(g), 1);
    assert_int_equal(ga_graph_n_taps(g), 17);
    assert_string_equal(ga_graph_tap_type(g, 0), "input");
    const int sum = ga_graph_find(g, "sum"), up = ga_graph_find(g, "up");
    assert_string_equal(ga_graph_tap_name(g, sum), "sum");
    assert_string_equal(ga_graph_tap_type(g, sum), "Add");
    assert_int_equal(ga_graph_tap_n_inputs(g, sum), 2);
    assert_int_equal(ga_graph_tap_input(g, sum, 1), ga_graph_find(g, "skip"));
    assert_int_equal(ga_graph_tap_input(g, up, 0), ga_graph_find(g, "act1"));
    const ga_dims d = ga_graph_tap_dims(g, ga_graph_find(g, "conv2"));
    assert_true(d.c == 4 && d.h == 6 && d.w == 6);
    assert_int_equal(ga_graph_find(g, "nothing"), -1);
    ga_graph_free(g);
}

static void options_are_read_back_and_listed_where_they_differ(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g = new_graph((ga_dims){3, 8, 8});
    const ga_attr conv[] = {GA_ONE("in_channels", 3), GA_ONE("out_channels", 4),
                            GA_PAIR("kernel_size", 3, 2), GA_ONE("stride", 1)};
    CHECK_OK(add_layer(g, "conv", "Conv2d", NULL, conv, 4, &err));
    const ga_attr up[] = {GA_ONE("scale_factor", 2), GA_WORD_IS("mode", "bilinear")};
    CHECK_OK(add_layer(g, "up", "Upsample", NULL, up, 2, &err));
    double v[4];
    assert_int_equal(ga_graph_attr(g, 1, "kernel_size", v), 2);
    assert_true(v[0] == 3 && v[1] == 2);
    assert_int_equal(ga_graph_attr(g, 1, "padding", v), 1); /* the default */
    assert_true(v[0] == 0);
    assert_int_equal(ga_graph_attr(g, 1, "colour", v), 0);
    assert_int_equal(ga_graph_attr(g, 0, "padding", v), 0);
    assert_int_equal(ga_graph_attr(g, 2, "size", v), 0); /* absent, and has no default */
    ga_attr a;
    const char *const keys[] = {"in_channels", "out_channels",
                                "kernel_size"}; /* stride is as ever */
    for (int i = 0; i < 3; i++) {
        assert_true(ga_graph_attr_at(g, 1, i, &a));
        assert_string_equal(a.key, keys[i]);
    }
    assert_false(ga_graph_attr_at(g, 1, 3, &a));
    assert_true(ga_graph_attr_at(g, 2, 1, &a));
    assert_string_equal(a.word, "bilinear");
    assert_int_equal(a.n, 0);
    assert_false(ga_graph_attr_at(g, 2, 2, &a));
    ga_graph_free(g);
}

/* The options listed build the same layer again, for every op and case. */
static void listed_options_build_the_same_layer(void **state)
{
    (void)state;
    ga_err err;
    for (int i = 0; ga_op_at(i) != NULL; i++)
        for (int k = 0; k < ga_op_at(i)->n_cases; k++) {
            const ga_case *c = &ga_op_at(i)->cases[k];
            ga_graph *g;
            CHECK_OK(ga_graph_create(&g, &err));
            add_case_inputs(g, c->in, c->n_in);
            ga_layer layer = {"first", ga_op_at(i)->type, case_inputs,
                              c->n_in, c->attrs,          c->n_attrs};
            CHECK_OK(ga_graph_add(g, &layer, &err));
            ga_attr attrs[GA_MAX_ATTRS];
            layer.name = "second";
            layer.attrs = attrs;
            layer.n_attrs = 0;
            while (ga_graph_attr_at(g, c->n_in, layer.n_attrs, &attrs[layer.n_attrs]))
                layer.n_attrs++;
            CHECK_OK(ga_graph_add(g, &layer, &err));
            const ga_dims a = ga_graph_tap_dims(g, c->n_in), b = ga_graph_tap_dims(g, c->n_in + 1);
            assert_true(a.c == b.c && a.h == b.h && a.w == b.w);
            assert_memory_equal(g->nodes[c->n_in].attrs, g->nodes[c->n_in + 1].attrs,
                                sizeof g->nodes->attrs);
            ga_graph_free(g);
        }
}

static void parameters_have_names_shapes_and_places(void **state)
{
    (void)state;
    ga_graph *g = small_network();
    const ga_param_spec *p = ga_graph_param(g, 0);
    assert_string_equal(p->name, "fc.weight");
    assert_true(p->kind == GA_WEIGHT && p->rank == 2 && p->dim[0] == 72 && p->dim[1] == 5);
    p = ga_graph_param(g, 2);
    assert_string_equal(p->name, "bn0.weight");
    assert_int_equal(p->offset, 72 * 5 + 72);
    p = ga_graph_param(g, 5);
    assert_string_equal(p->name, "bn0.running_var");
    assert_true(p->kind == GA_BUFFER && p->offset == 8 && p->count == 8);
    p = ga_graph_param(g, 6);
    assert_string_equal(p->name, "conv1.weight");
    assert_true(p->rank == 4 && p->dim[0] == 8 && p->dim[1] == 6 && p->dim[2] == 3);
    ga_graph_free(g);
}

static void starts_are_pytorchs_or_one_of_two_papers(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g = small_network();
    ga_params *p, *q;
    CHECK_OK(ga_params_create(g, &p, &err));
    assert_true(p->weights[0] == 0 && p->buffers[0] == 0 && p->buffers[8] == 1);
    CHECK_OK(ga_params_create(g, &q, &err));
    ga_params_init(p, g, 5, GA_START_PYTORCH);
    ga_params_init(q, g, 5, GA_START_PYTORCH);
    assert_memory_equal(p->weights, q->weights, p->n_weights * sizeof(float));
    ga_params_init(q, g, 6, GA_START_PYTORCH);
    assert_memory_not_equal(p->weights, q->weights, p->n_weights * sizeof(float));
    for (int start = GA_START_PYTORCH; start <= GA_START_NORMAL; start++) {
        ga_params_init(p, g, 5, (ga_start)start);
        for (int i = 0; i < g->n_params; i++) {
            const ga_param_spec *s = ga_graph_param(g, i);
            if (s->kind != GA_WEIGHT)
                continue;
            /* fan-in: dim 1 times the kernel; a transposed convolution's too. A bias has its
             * weight's. */
            const ga_param_spec *w = strstr(s->name, ".bias") != NULL ? ga_graph_param(g, i - 1)
                                                                      : s;
            const bool norm = strncmp(s->name, "bn", 2) == 0, bias = w != s;
            double fan = 1, most = 0, sum = 0, square = 0;
            for (int k = 1; k < w->rank; k++)
                fan *= (double)w->dim[k];
            for (size_t k = 0; k < s->count; k++) {
                const double x = (double)p->weights[s->offset + k];
                most = fmax(most, fabs(x));
                sum += x;
                square += x * x;
            }
            if (start == GA_START_NORMAL && !norm) {
                if (bias)
                    assert_true(most == 0);
                else /* a deviation of n numbers is sure to 1 / root(2 n) */
                    assert_true(fabs(sqrt(square / (double)s->count) - 1) <
                                4 / sqrt(2 * (double)s->count));
            } else if (start == GA_START_DCGAN) {
                if (bias)
                    assert_true(most == 0);
                else if (norm)
                    assert_true(fabs(sum / (double)s->count - 1) < 0.03 && most != 1);
                else
                    assert_true(most > 0.02 && most < 0.1);
            } else if (norm) {
                assert_true(sum == (bias ? 0 : (double)s->count));
            } else {
                assert_true(most <= 1 / sqrt(fan) && (s->count < 50 || most > 0.9 / sqrt(fan)));
            }
        }
    }
    ga_params_free(p);
    ga_params_free(q);
    ga_graph_free(g);
}

static void shapes_that_do_not_fit_name_both_layers_and_shapes(void **state)
{
    (void)state;
    ga_err err;
    const struct {
        ga_dims input;
        const char *type;
        ga_attr attrs[6];
        int n_attrs;
        const char *words;
    } cases[] = {
        {{64, 7, 7},
         "Conv2d",
         {GA_ONE("in_channels", 128), GA_ONE("out_channels", 1), GA_ONE("kernel_size", 3)},
         3,
         "layer 'bad' (Conv2d) takes (128,H,W), but 'x' gives (64,7,7)"},
        {{3, 4, 4},
         "Conv2d",
         {GA_ONE("in_channels", 3), GA_ONE("out_channels", 1), GA_ONE("kernel_size", 5)},
         3,
         "layer 'bad' (Conv2d) would make maps of 0 rows and 0 columns, but 'x' gives (3,4,4)"},
        {{3, 2, 2},
         "ConvTranspose2d",
         {GA_ONE("in_channels", 3), GA_ONE("out_channels", 1), GA_ONE("kernel_size", 3),
          GA_ONE("padding", 3)},
         4,
         "would make maps of -2 rows"},
        {{128, 7, 7},
         "Linear",
         {GA_ONE("in_features", 6272), GA_ONE("out_features", 1)},
         2,
         "layer 'bad' (Linear) takes (6272,1,1) (a Flatten is missing between), but 'x' gives "
         "(128,7,7)"},
        {{12, 1, 1},
         "Unflatten",
         {GA_THREE("unflattened_size", 2, 2, 2)},
         1,
         "makes (2,2,2), 8 numbers, but 'x' gives (12,1,1)"},
        {{12, 3, 1},
         "BatchNorm2d",
         {GA_ONE("num_features", 13)},
         1,
         "takes (13,H,W), but 'x' gives (12,3,1)"},
        {{4, 3, 3},
         "BatchNorm1d",
         {GA_ONE("num_features", 4)},
         1,
         "takes (4,1,1), but 'x' gives (4,3,3)"},
        {{4, 3, 3},
         "LayerNorm",
         {GA_THREE("normalized_shape", 4, 3, 2)},
         1,
         "takes (4,3,2), but 'x' gives (4,3,3)"},
        {{4, 3, 3},
         "Slice",
         {GA_ONE("start", 2), GA_ONE("stop", 5)},
         2,
         "takes channels 2 to before 5, but 'x' gives (4,3,3)"},
        {{4, 3, 3},
         "Pad",
         {GA_FOUR("padding", 0, 3, 0, 0), GA_WORD_IS("mode", "reflect")},
         2,
         "mirrors 0 and 3 columns, fewer than there must be, but 'x' gives (4,3,3)"},
        {{4, 3, 3},
         "Embedding",
         {GA_ONE("num_embeddings", 4), GA_ONE("embedding_dim", 2)},
         2,
         "takes (1,1,1), one index, but 'x' gives (4,3,3)"},
        {{16777216, 1, 1}, "Upsample", {GA_ONE("size", 64)}, 1, "more than 2^29 numbers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_graph *g = new_graph(cases[i].input);
        CHECK_FAILS(
            add_layer(g, "bad", cases[i].type, NULL, cases[i].attrs, cases[i].n_attrs, &err),
            GA_ESHAPE, cases[i].words);
        assert_int_equal(ga_graph_n_taps(g), 1); /* as it was */
        assert_int_equal(ga_graph_n_params(g), 0);
        CHECK_OK(add_layer(g, "bad", "ReLU", NULL, NULL, 0, &err));
        ga_graph_free(g);
    }
}

static void joins_that_do_not_fit_name_both_layers_and_shapes(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g = new_graph((ga_dims){4, 3, 3});
    const ga_attr narrow[] = {GA_ONE("stop", 3)}, half[] = {GA_ONE("kernel_size", 3)};
    CHECK_OK(add_layer(g, "three", "Slice", "x", narrow, 1, &err));
    CHECK_OK(add_layer(g, "pool", "MaxPool2d", "x", half, 1, &err));
    const struct {
        const char *type, *a, *b, *words;
    } cases[] = {
        {"Add", "x", "three",
         "layer 'join' (Add) adds to 'x', which is (4,3,3), but 'three' gives (3,3,3)"},
        {"Concat", "x", "pool",
         "joins maps of the size of 'x', which is (4,3,3), but 'pool' gives (4,1,1)"},
        {"Multiply", "x", "three", "multiplies 'x', which is (4,3,3), but 'three' gives (3,3,3)"},
        {"Multiply", "pool", "x", "multiplies 'pool', which is (4,1,1), but 'x' gives (4,3,3)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const inputs[] = {cases[i].a, cases[i].b};
        const ga_layer layer = {"join", cases[i].type, inputs, 2, NULL, 0};
        CHECK_FAILS(ga_graph_add(g, &layer, &err), GA_ESHAPE, cases[i].words);
    }
    ga_graph_free(g);
}

static void wrong_layers_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    const struct {
        const char *type;
        ga_attr attrs[6];
        int n_attrs;
        const char *words;
    } cases[] = {
        {"Conv2D", {{0}}, 0, "layer 'bad' has the unknown type 'Conv2D' (did you mean 'Conv2d'?)"},
        {"Zebra", {{0}}, 0, "layer 'bad' has the unknown type 'Zebra'"},
        {"Add", {{0}}, 0, "layer 'bad' (Add) has 1 inputs, expected 2 to 16"},
        {"Tanh", {GA_ONE("x", 1)}, 1, "'Tanh' takes no options, got 'x'"},
        {"Conv2d",
         {GA_ONE("in_channels", 4), GA_ONE("out_channels", 1)},
         2,
         "(Conv2d) needs kernel_size"},
        {"Conv2d",
         {GA_ONE("in_chanels", 4)},
         1,
         "has no option 'in_chanels' (did you mean 'in_channels'?)"},
        {"Conv2d",
         {GA_ONE("in_channels", 4), GA_ONE("in_channels", 4)},
         2,
         "in_channels is given twice"},
        {"Conv2d",
         {GA_ONE("in_channels", 4.5)},
         1,
         "in_channels is 4.5, expected a whole number 1 to"},
        {"Conv2d", {GA_ONE("in_channels", -1)}, 1, "in_channels is -1, expected"},
        {"Conv2d", {GA_ONE("in_channels", NAN)}, 1, "in_channels is nan, expected"},
        {"Conv2d", {GA_PAIR("in_channels", 4, 4)}, 1, "in_channels has 2 numbers, expected 1 to 1"},
        {"Conv2d", {GA_WORD_IS("padding", "same")}, 1, "padding has 0 numbers, expected 1 to 2"},
        {"Conv2d",
         {GA_ONE("in_channels", 4), GA_ONE("out_channels", 6), GA_ONE("kernel_size", 1),
          GA_ONE("groups", 4)},
         4,
         "4 groups do not divide 4 and 6 channels"},
        {"ConvTranspose2d",
         {GA_ONE("in_channels", 4), GA_ONE("out_channels", 6), GA_ONE("kernel_size", 1),
          GA_ONE("output_padding", 1)},
         4,
         "output_padding is 1, expected less than stride 1 or dilation 1"},
        {"Upsample",
         {GA_WORD_IS("mode", "cubic")},
         1,
         "mode is 'cubic', expected one of 'nearest', 'bilinear'"},
        {"Upsample", {GA_ONE("mode", 3)}, 1, "mode is a number, expected one of"},
        {"Upsample", {{0}}, 0, "needs either size or scale_factor"},
        {"MaxPool2d",
         {GA_ONE("kernel_size", 2), GA_ONE("padding", 2)},
         2,
         "at most half of kernel_size 2"},
        {"LayerNorm", {GA_PAIR("normalized_shape", 3, 3)}, 1, "normalized_shape has 2 numbers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ga_graph *g = new_graph((ga_dims){4, 3, 3});
        CHECK_FAILS(
            add_layer(g, "bad", cases[i].type, NULL, cases[i].attrs, cases[i].n_attrs, &err),
            GA_EINVAL, cases[i].words);
        assert_int_equal(ga_graph_n_taps(g), 1);
        ga_graph_free(g);
    }
}

static void wrong_names_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g;
    int t;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_FAILS(add_layer(g, "a", "ReLU", NULL, NULL, 0, &err), GA_EINVAL, "there is no input");
    CHECK_FAILS(ga_graph_add_input(g, "x", (ga_dims){0, 1, 1}, &err), GA_EINVAL, "(0,1,1)");
    CHECK_FAILS(ga_graph_add_input(g, "x", (ga_dims){1 << 20, 1 << 20, 1 << 20}, &err), GA_EINVAL,
                "2^29");
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){1, 1, 1}, &err));
    CHECK_OK(add_layer(g, "a", "ReLU", NULL, NULL, 0, &err));
    CHECK_FAILS(add_layer(g, "a", "ReLU", NULL, NULL, 0, &err), GA_EINVAL, "'a' is taken twice");
    CHECK_FAILS(add_layer(g, "", "ReLU", NULL, NULL, 0, &err), GA_EINVAL, "has no name");
    CHECK_FAILS(add_layer(g, "b", "ReLU", "c", NULL, 0, &err), GA_EINVAL,
                "layer 'b' reads 'c', but no layer before it has that name");
    CHECK_FAILS(ga_graph_add_input(g, "y", (ga_dims){1, 1, 1}, &err), GA_EINVAL,
                "comes after layers");
    CHECK_FAILS(ga_graph_need(g, "q", &t, &err), GA_ENOTFOUND, "no layer 'q': the layers are a");
    ga_graph_free(g);
}

static void layers_are_listed_without_inputs_and_what_is_inside_others(void **state)
{
    (void)state;
    static const char *const names[] = {"up1.conv", "up1.norm", "up1", "up10", "alone.conv"};
    ga_err err;
    ga_graph *g;
    int t;
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){1, 1, 1}, &err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_OK(add_layer(g, names[i], "ReLU", NULL, NULL, 0, &err));
    assert_int_equal(ga_graph_need(g, "up11", &t, &err), GA_ENOTFOUND);
    assert_string_equal(err.text,
                        "there is no layer 'up11' (did you mean 'up1'?): the layers are up1, "
                        "up10, alone.conv, and what is inside them, such as up1.conv");
    ga_graph_free(g);
}

static void every_failed_allocation_leaves_the_graph_as_it_was(void **state)
{
    (void)state;
    ga_err err;
    ga_graph *g = new_graph((ga_dims){5, 1, 1});
    const ga_attr attrs[] = {GA_ONE("in_features", 5), GA_ONE("out_features", 3)};
    ga_status s = GA_ENOMEM;
    for (long n = 0; s != GA_OK; n++) {
        ga_mem_fail_after(n);
        s = add_layer(g, "fc", "Linear", NULL, attrs, 2, &err);
        ga_mem_fail_after(-1);
        assert_true(s == GA_OK ||
                    (s == GA_ENOMEM && ga_graph_n_taps(g) == 1 && ga_graph_n_params(g) == 0));
        assert_true(n < 50);
    }
    assert_int_equal(ga_graph_param(g, 1)->offset, 15);
    ga_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taps_have_names_shapes_and_inputs),
        cmocka_unit_test(options_are_read_back_and_listed_where_they_differ),
        cmocka_unit_test(listed_options_build_the_same_layer),
        cmocka_unit_test(parameters_have_names_shapes_and_places),
        cmocka_unit_test(starts_are_pytorchs_or_one_of_two_papers),
        cmocka_unit_test(shapes_that_do_not_fit_name_both_layers_and_shapes),
        cmocka_unit_test(joins_that_do_not_fit_name_both_layers_and_shapes),
        cmocka_unit_test(wrong_layers_are_refused_in_words),
        cmocka_unit_test(wrong_names_are_refused_in_words),
        cmocka_unit_test(layers_are_listed_without_inputs_and_what_is_inside_others),
        cmocka_unit_test(every_failed_allocation_leaves_the_graph_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
