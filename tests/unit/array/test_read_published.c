/* test_read_published.c - weight files that others published, with numbers that PyTorch 1.13 reads
 * in them. The files are not part of the project: without them this is skipped. */
#include "check.h"
#include "array/weights.h"

static const struct {
    const char *file, *name;
    size_t count;
    float first_middle_last[3];
} known[] = {
    {"mnist-gan/g_layer_0.zip",
     "state_dict.fc.weight",
     62720,
     {-0.103421904f, -0.431248188f, -0.387841552f}},
    {"mnist-gan/g_layer_0.zip",
     "state_dict.bn.running_var",
     256,
     {0.297707766f, 0.276622355f, 0.293056101f}},
    {"mnist-gan/g_layer_0.zip", "state_dict.bn.num_batches_tracked", 1, {120065, 120065, 120065}},
    {"mnist-gan/g_layer_1.zip",
     "state_dict.conv.weight",
     819200,
     {0.0496051796f, -0.00936983991f, 0.00284654996f}},
    {"mnist-gan/g_layer_2.zip",
     "state_dict.conv.bias",
     64,
     {-0.0112252152f, -0.00257656677f, -0.00641632639f}},
    {"mnist-gan/g_layer_3.zip",
     "state_dict.conv.weight",
     1600,
     {0.111295812f, -0.197146669f, -0.171768278f}},
    {"mnist-gan/g_layer_3.zip",
     "state_dict.conv.bias",
     1,
     {0.215301111f, 0.215301111f, 0.215301111f}},
    {"lenet/lenet_epoch=12_test_acc=0.991.pth",
     "convnet.c1.weight",
     150,
     {-0.131982386f, 0.0510761626f, 0.129017025f}},
    {"lenet/lenet_epoch=12_test_acc=0.991.pth",
     "fc.f7.bias",
     10,
     {-0.0439882874f, -0.0722196326f, 0.096462816f}},
    {"homework/Generator_digit",
     "fc.weight",
     313600,
     {-0.000914736593f, -0.0524381958f, 0.0124024739f}},
    {"homework/Generator_digit", "batch_norm3.num_batches_tracked", 1, {22535, 22535, 22535}},
    {"homework/Discriminator_digit",
     "conv3.weight",
     147456,
     {-0.0181776676f, -0.0084058186f, -0.0153394295f}},
    {"homework/CNN_digit", "out.0.weight", 15680, {-278.719574f, -281.632324f, 279.949707f}},
    {"homework/LatentVectorsdigit", "tensor", 1000, {0.309648573f, -0.0547952056f, 0.014771075f}},
};

static void published_files_hold_what_pytorch_reads_in_them(void **state)
{
    (void)state;
    ga_err err;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char path[1024];
        ga_weights *w;
        need_shared(known[i].file, path, sizeof path);
        CHECK_OK(ga_weights_read(path, 0, &w, &err));
        const ga_array *a = ga_weights_find(w, known[i].name);
        assert_non_null(a);
        assert_int_equal(a->count, known[i].count);
        assert_int_equal(ga_array_count_nan(a), 0);
        float *values = test_malloc(a->count * sizeof *values);
        ga_array_to_f32(a, values);
        const float *want = known[i].first_middle_last;
        assert_true(values[0] == want[0] && values[a->count / 2] == want[1] &&
                    values[a->count - 1] == want[2]);
        test_free(values);
        ga_weights_free(w);
    }
}

static void their_arrays_are_all_there_in_order(void **state)
{
    (void)state;
    ga_err err;
    ga_weights *w;
    char path[1024];
    static const char *const names[] = {"state_dict.fc.weight",
                                        "state_dict.fc.bias",
                                        "state_dict.bn.weight",
                                        "state_dict.bn.bias",
                                        "state_dict.bn.running_mean",
                                        "state_dict.bn.running_var",
                                        "state_dict.bn.num_batches_tracked"};
    need_shared("mnist-gan/g_layer_0.zip", path, sizeof path);
    CHECK_OK(ga_weights_read(path, 0, &w, &err));
    assert_int_equal(ga_weights_count(w), 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(ga_weights_at(w, i)->name, names[i]);
    assert_string_equal(ga_dtype_name(ga_weights_at(w, 6)->dtype), "I64");
    assert_int_equal(ga_weights_at(w, 0)->dim[0], 12544);
    assert_int_equal(ga_weights_at(w, 0)->dim[1], 5);
    ga_weights_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_files_hold_what_pytorch_reads_in_them),
        cmocka_unit_test(their_arrays_are_all_there_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
