/* Families: names with knobs are read, written in one way, and refused in words. */
#include "arch_check.h"

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
            const ga_dims made = ga_graph_output_dims(g), read = ga_arch_input(p);
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
    assert_string_equal(ga_graph_tap_type(g, ga_graph_output(g)), "ReLU");
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
        cmocka_unit_test(the_latent_size_of_a_family_is_its_knob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
