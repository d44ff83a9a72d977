/* What a classifier sees of pictures: constructed cases by hand. */
#include "columns.h"

static void features_classes_and_certainty_are_as_by_hand(void **state)
{
    (void)state;
    ga_err err;
    const uint8_t pixels[] = {255, 0, 255, 0, 0, 255, 0, 51, 51, 0, 51, 0};
    const int32_t labels[] = {0, 1, 1};
    ga_dataset *data;
    ga_model *m = columns();
    ga_eye *eye;
    ga_sight s;
    int right;
    double mean[4];
    CHECK_OK(ga_dataset_create("columns", GA_SPLIT_TEST, pixels, labels, 3, (ga_dims){1, 2, 2}, 2,
                               NULL, &data, &err));
    CHECK_OK(ga_eye_create(m, GA_FEATURE_TAP, 1, 0, &eye, &err));
    assert_int_equal(ga_eye_features(eye), 4);
    assert_int_equal(ga_eye_classes(eye), 2);
    CHECK_OK(ga_sight_of_data(eye, data, 0, &s, &right, NULL, &err));
    assert_int_equal(s.n, 3);
    assert_int_equal(s.count[0], 2);
    assert_int_equal(s.count[1], 1);
    assert_int_equal(right, 2); /* the third is read 0 and labelled 1 */
    /* logit gaps 20, 12, 4 */
    const double sure = (1 / (1 + exp(-20)) + 1 / (1 + exp(-12)) + 1 / (1 + exp(-4))) / 3;
    assert_true(fabs(s.certainty - sure) < 1e-6);
    CHECK_OK(ga_moments_get(s.moments, mean, NULL, &err));
    assert_true(fabs(mean[0] - 0.4) < 1e-7 && fabs(mean[1] - 1.0 / 3) < 1e-7);
    assert_true(fabs(mean[3] - 0.2 / 3) < 1e-7);
    CHECK_FAILS(ga_sight_of_data(eye, data, 4, &s, NULL, NULL, &err), GA_EINVAL, "it has 3");
    ga_sight_free(&s);
    ga_eye_free(eye);
    ga_dataset_free(data);
    ga_model_free(m);
}

static void pictures_are_brought_to_the_classifiers_range(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = columns();
    ga_eye *eye;
    const float black_to_white[] = {-1, 0, 0.5f, 1};
    float features[4];
    CHECK_OK(ga_eye_create(m, GA_FEATURE_TAP, 1, 0, &eye, &err));
    CHECK_OK(ga_eye_look(eye, (ga_view){black_to_white, 1, 1, 2, 2}, -1, 1, features, NULL, &err));
    check_close("range", features, (const float[]){0, 0.5f, 0.75f, 1}, 4, 1e-7);
    CHECK_FAILS(
        ga_eye_look(eye, (ga_view){black_to_white, 1, 2, 2, 1}, -1, 1, features, NULL, &err),
        GA_ESHAPE, "2 channels");
    ga_eye_free(eye);
    CHECK_FAILS(ga_eye_create(m, "featurez", 1, 0, &eye, &err), GA_ENOTFOUND, "features");
    assert_null(eye);
    ga_model_free(m);
}

/* A conditional generator whose pictures are its class alone: left column bright for 0, right
 * for 1. */
static const char classes_text[] =
    "{\"format\":\"ganatomy-arch-1\",\"name\":\"asked\",\"input\":[{\"name\":\"z\",\"size\":4,"
    "\"law\":\"normal\"},{\"name\":\"label\",\"classes\":3}],\"output\":{\"range\":[-1,1]},"
    "\"layers\":["
    "{\"name\":\"code\",\"type\":\"Embedding\",\"inputs\":\"label\",\"num_embeddings\":3,"
    "\"embedding_dim\":4},{\"name\":\"mute\",\"type\":\"Linear\",\"inputs\":\"z\",\"in_features\":"
    "4,"
    "\"out_features\":4,\"bias\":false},{\"name\":\"sum\",\"type\":\"Add\",\"inputs\":[\"code\","
    "\"mute\"]},"
    "{\"name\":\"image\",\"type\":\"Unflatten\",\"unflattened_size\":[1,2,2]}]}";

static ga_model *asked(const float *rows)
{
    size_t n;
    ga_model *m = model_described(classes_text);
    float *w = ga_params_weights(ga_model_params(m), &n);
    assert_int_equal(n, 12 + 16);
    memset(w, 0, n * sizeof *w);
    memcpy(w, rows, 12 * sizeof *w);
    ga_params_changed(ga_model_params(m));
    return m;
}

static void samples_of_a_conditional_generator_are_asked_for_in_turn(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = columns();
    ga_eye *eye;
    ga_sight s;
    CHECK_OK(ga_eye_create(m, GA_FEATURE_TAP, 1, 0, &eye, &err));
    ga_eye_remember(eye, true);
    ga_model *good = asked((const float[]){1, -1, 1, -1, -1, 1, -1, 1, 1, -1, 1, -1});
    CHECK_OK(ga_sight_of_generator(eye, good, 251, 1, GA_BN_RUNNING, 1, 0, &s, NULL, &err));
    assert_true(s.has_labels && s.n == 251 && s.right == 84 + 84);
    assert_true(s.count[0] == 84 + 83 && s.count[1] == 84);
    for (int i = 0; i < 251; i++)
        assert_int_equal(s.labels[i], i % 3);
    assert_true(s.features[4 * 250] == 0 && s.features[4 * 250 + 1] == 1);
    ga_sight_free(&s);
    ga_model *deaf = asked((const float[]){1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1});
    CHECK_OK(ga_sight_of_generator(eye, deaf, 251, 1, GA_BN_RUNNING, 1, 0, &s, NULL, &err));
    assert_true(s.right == 84 && s.count[0] == 251);
    ga_sight_free(&s);
    ga_model_free(good);
    ga_model_free(deaf);
    ga_eye_free(eye);
    ga_model_free(m);
}

/* Classes 0, 1 and 2 are pictures of just these numbers. */
static void samples_may_all_be_of_one_class(void **state)
{
    (void)state;
    ga_err err;
    ga_model *g = asked((const float[]){0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}), *plain = columns();
    float turn[150 * 4], one[150 * 4];
    CHECK_OK(ga_samples_of_generator(g, 0, 150, 3, GA_BN_RUNNING, 1, 0, turn, NULL, &err));
    for (int c = 0; c < 3; c++) {
        CHECK_OK(ga_samples_of_class(g, c, 0, 150, 3, GA_BN_RUNNING, 1, 0, one, &err));
        for (int i = 0; i < 4 * 150; i++) {
            assert_true(turn[i] == (float)(i / 4 % 3));
            assert_true(one[i] == (float)c);
        }
    }
    CHECK_FAILS(ga_samples_of_class(g, 3, 0, 1, 3, GA_BN_RUNNING, 1, 0, one, &err), GA_EINVAL,
                "there is no class 3: 'asked' draws 0 to 2");
    CHECK_FAILS(ga_samples_of_class(g, -1, 0, 1, 3, GA_BN_RUNNING, 1, 0, one, &err), GA_EINVAL,
                "there is no class -1");
    CHECK_FAILS(ga_samples_of_class(plain, 0, 0, 1, 3, GA_BN_RUNNING, 1, 0, one, &err), GA_EINVAL,
                "draws no classes");
    ga_model_free(g);
    ga_model_free(plain);
}

/* What was looked at can be had as pictures: the same batches, whatever part is asked for. */
static void samples_can_be_had_as_pictures(void **state)
{
    (void)state;
    ga_err err;
    static const char text[] =
        "{\"format\":\"ganatomy-arch-1\",\"name\":\"plain\",\"input\":{\"name\":\"z\",\"size\":4,"
        "\"law\":\"normal\"},\"output\":{\"range\":[0,1]},\"layers\":[{\"name\":\"grid\","
        "\"type\":\"Unflatten\",\"unflattened_size\":[1,2,2]},{\"name\":\"norm\",\"type\":"
        "\"BatchNorm2d\","
        "\"num_features\":1},{\"name\":\"image\",\"type\":\"Sigmoid\"}]}";
    ga_model *g = model_described(text), *m = columns();
    ga_eye *eye;
    ga_sight s;
    static float pictures[150 * 4];
    ga_params_init(ga_model_params(g), ga_model_graph(g), 1, GA_START_PYTORCH);
    CHECK_OK(ga_eye_create(m, GA_FEATURE_TAP, 1, 0, &eye, &err));
    ga_eye_remember(eye, true);
    CHECK_OK(ga_sight_of_generator(eye, g, 250, 3, GA_BN_BATCH, 1, 0, &s, NULL, &err));
    assert_true(!s.has_labels && s.right == 0);
    CHECK_OK(ga_samples_of_generator(g, 100, 150, 3, GA_BN_BATCH, 1, 0, pictures, NULL, &err));
    check_close("pictures", pictures, s.features + 400, 600, 1e-7);
    ga_sight_free(&s);
    CHECK_FAILS(ga_samples_of_generator(m, 0, 1, 1, GA_BN_RUNNING, 1, 0, pictures, NULL, &err),
                GA_EINVAL, "a generator is needed");
    CHECK_FAILS(ga_sight_of_generator(eye, m, 10, 1, GA_BN_RUNNING, 1, 0, &s, NULL, &err),
                GA_EINVAL, "a generator is needed");
    CHECK_FAILS(ga_sight_of_generator(eye, g, 0, 1, GA_BN_RUNNING, 1, 0, &s, NULL, &err), GA_EINVAL,
                "0 pictures");
    ga_model_free(g);
    ga_eye_free(eye);
    ga_model_free(m);
}

static void chosen_pictures_are_looked_at_in_their_order(void **state)
{
    (void)state;
    ga_err err;
    uint8_t pixels[300 * 4] = {0};
    int32_t labels[300];
    uint32_t index[300];
    for (int i = 0; i < 300; i++) {
        pixels[4 * i] = (uint8_t)(i % 256);
        labels[i] = i % 2;
        index[i] = (uint32_t)(299 - i);
    }
    ga_dataset *data = squares(pixels, labels, 300);
    ga_model *m = columns();
    ga_eye *eye;
    ga_sight s;
    CHECK_OK(ga_eye_create(m, GA_FEATURE_TAP, 1, 0, &eye, &err));
    CHECK_OK(ga_sight_of_some(eye, data, index, 201, &s, NULL, &err));
    assert_true(s.features == NULL && s.logits == NULL && s.labels == NULL); /* not remembered */
    ga_sight_free(&s);
    ga_eye_remember(eye, true);
    CHECK_OK(ga_sight_of_some(eye, data, index, 201, &s, NULL, &err));
    assert_string_equal(s.by, ga_eye_hash(eye));
    assert_int_equal(s.n, 201);
    for (int i = 0; i < 201; i++) {
        assert_int_equal(s.labels[i], (299 - i) % 2);
        assert_true(fabsf(s.features[4 * i] - (float)((299 - i) % 256) / 255) < 1e-7f);
        assert_true(fabsf(s.logits[2 * i] - 10 * s.features[4 * i]) < 1e-5f &&
                    s.logits[2 * i + 1] == 0);
    }
    ga_sight_free(&s);
    assert_null(s.features);
    index[7] = 300;
    CHECK_FAILS(ga_sight_of_some(eye, data, index, 201, &s, NULL, &err), GA_EINVAL, "300");
    ga_eye_free(eye);
    ga_dataset_free(data);
    ga_model_free(m);
}

static void certainties_are_as_by_hand(void **state)
{
    (void)state;
    int label;
    const float x[] = {1, 3, 2}, even[] = {5, 5, 5, 5}, huge[] = {-1e30f, 1e30f};
    /* s = 1: exp(3*3) of exp(3*1) + exp(3*3) + exp(3*2) */
    assert_true(fabs(ga_certainty_of(x, 3, GA_CERTAINTY_SOFTMAX, &label) -
                     1 / (1 + exp(-1) + exp(-2))) < 1e-15);
    assert_int_equal(label, 1);
    assert_true(fabs(ga_certainty_of(x, 3, GA_CERTAINTY_SCALED, NULL) -
                     1 / (1 + exp(-3) + exp(-6))) < 1e-15);
    assert_true(ga_certainty_of(even, 4, GA_CERTAINTY_SCALED, &label) == 0.25 && label == 0);
    assert_true(ga_certainty_of(huge, 2, GA_CERTAINTY_SOFTMAX, &label) == 1 && label == 1);
    /* one logit against ten equal ones is the ceiling, whatever the scale */
    const float one[] = {0, 0, 0, 0, 0, 0, 0, 0.01f, 0, 0};
    assert_true(fabs(ga_certainty_of(one, 10, GA_CERTAINTY_SCALED, &label) -
                     1 / (1 + 9 * exp(-3 * sqrt(10)))) < 1e-12);
    assert_int_equal(label, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_classes_and_certainty_are_as_by_hand),
        cmocka_unit_test(pictures_are_brought_to_the_classifiers_range),
        cmocka_unit_test(samples_of_a_conditional_generator_are_asked_for_in_turn),
        cmocka_unit_test(samples_may_all_be_of_one_class),
        cmocka_unit_test(samples_can_be_had_as_pictures),
        cmocka_unit_test(chosen_pictures_are_looked_at_in_their_order),
        cmocka_unit_test(certainties_are_as_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
