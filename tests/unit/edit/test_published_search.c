/* test_published_search.c - the list of twenty units that the mnist-gan study printed for its first
 * pair comes out exactly, in order, from its published weights (../shared/data). */
#include "check.h"
#include "ganatomy/edit.h"

static const float one[5] = {0.1785f, 1.2583f, 0.0501f, 0.6782f, -0.1833f},
                   three[5] = {0.3420f, -1.7319f, 0.7826f, -0.0266f, 0.0961f};
static const int printed[20] = {44, 23, 0,  125, 83, 126, 47, 76, 41, 67,
                                19, 82, 101, 3,  52, 43,  18, 48, 9,  33};

static ga_model *published(void)
{
    ga_err err;
    ga_arch *a;
    ga_model *m;
    char path[4][512];
    const char *paths[4];
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "mnist-gan/g_layer_%d.zip", i);
        paths[i] = need_shared(name, path[i], sizeof path[i]);
    }
    CHECK_OK(ga_arch_open("mnist-gan", &a, &err));
    CHECK_OK(ga_model_import(a, paths, 4, &m, &err));
    ga_arch_free(a);
    return m;
}

static void search(ga_model *m, ga_bn_mode bn, int threads, int units[20])
{
    ga_err err;
    ga_lab *lab;
    static float source[128 * 49], donor[128 * 49];
    double scores[20];
    CHECK_OK(ga_lab_create(m, &(ga_lab_options){.tap = "layer1", .bn = bn, .batch = 1, .threads = threads},
                           &lab, &err));
    CHECK_OK(ga_lab_render(lab, one, NULL, 1, source, NULL, &err));
    CHECK_OK(ga_lab_render(lab, three, NULL, 1, donor, NULL, &err));
    CHECK_OK(ga_lab_search(lab, GA_SEARCH_MOST, GA_OP_SWAP, source, donor, 20, units, scores, NULL,
                           &err));
    ga_lab_free(lab);
}

static void the_printed_list_comes_out_in_order(void **state)
{
    (void)state;
    ga_model *m = published();
    int units[20];
    for (int threads = 1; threads <= 2; threads++)
        for (int bn = GA_BN_BATCH; bn <= GA_BN_IMAGE; bn++) { /* a batch of one is an image alone */
            search(m, (ga_bn_mode)bn, threads, units);
            for (int i = 0; i < 20; i++)
                assert_int_equal(units[i], printed[i]);
        }
    ga_model_free(m);
}

static void running_statistics_give_another_list(void **state)
{
    (void)state;
    ga_model *m = published();
    int units[20], common = 0;
    search(m, GA_BN_RUNNING, 2, units);
    assert_int_not_equal(units[0], printed[0]);
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < 20; k++)
            common += units[i] == printed[k];
    assert_int_equal(common, 10); /* measured with PyTorch on the same weights */
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_printed_list_comes_out_in_order),
        cmocka_unit_test(running_statistics_give_another_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
