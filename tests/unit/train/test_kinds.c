/* Every kind of training: its gradient against differences of its loss through the whole step, its
 * checkpoint, what it measures, and that it learns what it is for. */
#include "toy.h"
#include "train/train_inner.h"
#include <unistd.h>

/* ---- gradients --------------------------------------------------------------------------------*/

enum { MOST = 4000 };

static float *weights_of(toy *y, int learner, size_t *n)
{
    ga_learner *l = &y->t->learner[learner];
    return ga_params_weights(l->spectral != NULL ? l->raw : ga_model_params(l->model), n);
}

/* The loss of a first step whose learner starts h away along direction; of a GAN that of the side
 * that the learner plays, with the penalty. */
static double loss_at(toy_kind kind, const ga_train_options *o, int learner, const float *direction,
                      double h)
{
    ga_err err;
    double values[GA_TRAIN_MAX_CURVES] = {0};
    toy y = toy_make(kind, o);
    size_t n;
    float *w = weights_of(&y, learner, &n);
    for (size_t i = 0; i < n; i++)
        w[i] += (float)(h * (double)direction[i]);
    ga_params_changed(ga_model_params(y.t->learner[learner].model));
    CHECK_OK(ga_train_step(y.t, values, &err));
    const bool gan = strcmp(ga_train_kind(y.t), "gan") == 0;
    const double penalty = o->r1 > 0 ? values[10] * (o->r1_every > 1 ? o->r1_every : 1) : 0;
    toy_free(&y);
    return gan && learner == 0 ? values[1] : values[0] + penalty;
}

/* One step of plain gradient descent tells the gradient: w0 - w1 over the rate. Differences along
 * it must give its length. The generator of a GAN is judged by the discriminator after its update,
 * which moves by a rate of 1e-9 only. Errors: f32 losses of about 1 known to 1e-6 over
 * 2h = 0.002, kinks, and the third derivative times h^2 / 6. */
static void check_gradient(toy_kind kind, int learner)
{
    ga_err err;
    double values[GA_TRAIN_MAX_CURVES];
    float before[MOST], direction[MOST] = {0};
    size_t n;
    ga_train_options o = toy_options_of(kind, 10);
    o.optimizer = GA_SGD;
    o.lr = 0.0625;
    o.lr_d = learner == 0 && kind <= TOY_CGAN ? 1e-9 : 0;
    o.clip = 0;
    o.d_steps = 1;
    o.spectral = false; /* its vectors are held by the gradient, but turn with the weights */
    o.start = GA_START_PYTORCH; /* its small weights make small gradients */
    toy y = toy_make(kind, &o);
    float *w = weights_of(&y, learner, &n);
    assert_true(n <= MOST);
    memcpy(before, w, n * sizeof *w);
    CHECK_OK(ga_train_step(y.t, values, &err));
    double length = 0;
    for (size_t i = 0; i < n; i++) {
        direction[i] = (before[i] - w[i]) / (float)o.lr;
        length += (double)direction[i] * (double)direction[i];
    }
    length = sqrt(length);
    assert_true(length > 1e-3);
    for (size_t i = 0; i < n; i++)
        direction[i] /= (float)length;
    toy_free(&y);
    /* a segmenter has a kink in every pixel; its loss is a mean over thousands, and known better */
    const double h = kind == TOY_SEGMENTER ? 0.0002 : 0.001;
    const double slope = (loss_at(kind, &o, learner, direction, h) -
                          loss_at(kind, &o, learner, direction, -h)) /
                         (2 * h);
    if (fabs(slope - length) > 5e-3 * length)
        fail_msg("kind %d, learner %d: gradient %g, differences %g", kind, learner, length, slope);
}

static void gradients_of_whole_steps_agree_with_differences(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_TOYS; kind++)
        for (int learner = 0; learner < 2; learner++)
            if (learner == 0 ||
                (kind != TOY_CLASSIFIER && kind != TOY_ENCODER && kind != TOY_SEGMENTER))
                check_gradient((toy_kind)kind, learner);
}

/* ---- checkpoints, measuring -------------------------------------------------------------------*/

static void every_kind_goes_on_byte_for_byte_after_a_checkpoint(void **state)
{
    (void)state;
    enum { ALL = 9, CUT = 5 }; /* not after a whole round of adapting */
    for (int kind = 0; kind < N_TOYS; kind++) {
        ga_err err;
        const ga_train_options o = toy_options_of((toy_kind)kind, ALL);
        double want[GA_TRAIN_MAX_CURVES] = {0}, got[GA_TRAIN_MAX_CURVES] = {0}, none[16];
        toy calm = toy_make((toy_kind)kind, &o), cut = toy_make((toy_kind)kind, &o);
        toy again = toy_make((toy_kind)kind, &o);
        for (int i = 0; i < ALL; i++)
            CHECK_OK(ga_train_step(calm.t, want, &err));
        for (int i = 0; i < CUT; i++)
            CHECK_OK(ga_train_step(cut.t, none, &err));
        CHECK_OK(ga_train_measure(cut.t, 30, none, &err)); /* looking changes nothing */
        CHECK_OK(ga_train_save(cut.t, "kind.safetensors", "{}", &err));
        CHECK_OK(ga_train_load(again.t, "kind.safetensors", "{}", &err));
        for (int i = CUT; i < ALL; i++)
            CHECK_OK(ga_train_step(again.t, got, &err));
        for (int i = 0; i < GA_TRAIN_MAX_CURVES; i++)
            if (want[i] != got[i])
                fail_msg("kind %d goes on differently: curve %d is %.17g, expected %.17g", kind, i,
                         got[i], want[i]);
        ga_model *a, *b;
        char one[65], other[65];
        CHECK_OK(ga_train_model(calm.t, 3, &a, &err));
        CHECK_OK(ga_train_model(again.t, 3, &b, &err));
        ga_model_hash(a, one);
        ga_model_hash(b, other);
        assert_string_equal(one, other);
        ga_model_free(a);
        ga_model_free(b);
        toy_free(&calm);
        toy_free(&cut);
        toy_free(&again);
        unlink("kind.safetensors");
    }
}

/* Every number that a kind names is given and finite, at every batch and border of GA_LOOK_BATCH.
 */
static void every_kind_measures_what_it_names(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_TOYS; kind++) {
        ga_err err;
        const ga_train_options o = toy_options_of((toy_kind)kind, 5);
        toy y = toy_make((toy_kind)kind, &o);
        const char *const *names = ga_train_measures(y.t);
        int n = 0;
        for (; names[n] != NULL;
             n++) /* in the database a curve of the same name would mix with it */
            for (const char *const *curve = ga_train_curves(y.t); *curve != NULL; curve++)
                assert_string_not_equal(names[n], *curve);
        assert_true(n >= 2 && n < GA_TRAIN_MAX_CURVES);
        double one[GA_TRAIN_MAX_CURVES], values[GA_TRAIN_MAX_CURVES + 1];
        for (int i = 0; i <= GA_TRAIN_MAX_CURVES; i++)
            values[i] = NAN;
        CHECK_OK(ga_train_measure(y.t, 65, values, &err));
        for (int i = 0; i < n; i++)
            assert_true(isfinite(values[i]));
        assert_true(isnan(values[GA_TRAIN_MAX_CURVES]));
        if (kind == TOY_GAN) { /* a new discriminator knows nothing: its loss is near 2 ln 2 */
            assert_true(fabs(values[0] - 2 * log(2)) < 0.1 && fabs(values[2] - log(2)) < 0.1);
            assert_true(fabs(values[4] - 2 * log(2)) < 0.1);
        }
        CHECK_OK(ga_train_measure(y.t, 65, one, &err));
        assert_memory_equal(one, values, (size_t)n * sizeof *one);
        CHECK_FAILS(ga_train_measure(y.t, 0, one, &err), GA_EINVAL, "at least 1");
        toy_free(&y);
    }
}

static void dials_change_the_next_step_and_travel_with_the_checkpoint(void **state)
{
    (void)state;
    ga_err err;
    double a[GA_TRAIN_MAX_CURVES], b[GA_TRAIN_MAX_CURVES];
    ga_train_options o = toy_options_of(TOY_R1, 9);
    o.d_steps = 1;
    toy y = toy_make(TOY_R1, &o), other = toy_make(TOY_R1, &o);
    CHECK_OK(ga_train_step(y.t, a, &err));
    ga_train_dials d = ga_train_dials_of(y.t);
    assert_true(d.lr == o.lr && d.r1 == o.r1);
    d.lr = 1e-5;
    CHECK_OK(ga_train_set_dials(y.t, &d, &err));
    CHECK_OK(ga_train_save(y.t, "dials.safetensors", "{}", &err));
    CHECK_OK(ga_train_load(other.t, "dials.safetensors", "{}", &err));
    assert_true(ga_train_dials_of(other.t).lr == 1e-5);
    CHECK_OK(ga_train_step(y.t, b, &err));
    assert_true(b[9] < a[9] / 100); /* update_g: 500 times smaller a rate */
    d.lr = -1;
    CHECK_FAILS(ga_train_set_dials(y.t, &d, &err), GA_EINVAL, "lr is -1");
    d.lr = 1e-5;
    d.r1 = 0;
    CHECK_FAILS(ga_train_set_dials(y.t, &d, &err), GA_EINVAL, "begun with it");
    unlink("dials.safetensors");
    toy_free(&y);
    toy_free(&other);
}

/* ---- learning ---------------------------------------------------------------------------------*/

static double run_to(toy *y, uint64_t steps, double *first, double *last)
{
    ga_err err;
    CHECK_OK(ga_train_measure(y->t, 50, first, &err));
    double values[GA_TRAIN_MAX_CURVES];
    for (uint64_t i = 0; i < steps; i++)
        CHECK_OK(ga_train_step(y->t, values, &err));
    CHECK_OK(ga_train_measure(y->t, 50, last, &err));
    return values[0];
}

/* 70 pictures of two kinds with a little grain: knowing the kind alone brings the reconstruction
 * far below the entropy of the mean picture. */
static void an_autoencoder_learns_to_reconstruct(void **state)
{
    (void)state;
    double first[16], last[16];
    ga_train_options o = toy_options_of(TOY_VAE, 600);
    o.lr = 0.01;
    o.ema = 0;
    toy y = toy_make(TOY_VAE, &o);
    run_to(&y, 600, first, last);
    assert_true(last[0] < 0.7 * first[0] && last[2] < 0.7 * first[2]);
    assert_true(last[1] > 0.3); /* the latent is used */
    assert_string_equal(ga_train_partner_name(y.t), "encoder");
    ga_model *m;
    ga_err err;
    CHECK_OK(ga_train_partner(y.t, &m, &err));
    assert_string_equal(ga_arch_name(ga_model_arch(m)), "toy-enc");
    ga_model_free(m);
    toy_free(&y);
}

static void an_encoder_learns_the_latents(void **state)
{
    (void)state;
    double first[16], last[16];
    ga_train_options o = toy_options_of(TOY_ENCODER, 1500);
    o.pixel_weight = 0;
    o.lr = 0.01;
    toy y = toy_make(TOY_ENCODER, &o);
    run_to(&y, 1500, first, last);
    /* before: about the variance of a latent, 1 */
    assert_true(first[0] > 0.7);
    if (last[0] > 0.25 * first[0])
        fail_msg("latent error %g, was %g", last[0], first[0]);
    toy_free(&y);
}

/* The fakes of a label are the pictures of that class. */
static void a_conditional_generator_obeys_the_label(void **state)
{
    (void)state;
    ga_err err;
    double first[16], last[16];
    float z[32 * 3], pictures[32 * 16];
    int32_t labels[32];
    ga_train_options o = toy_options_of(TOY_CGAN, 800);
    toy y = toy_make(TOY_CGAN, &o);
    run_to(&y, 800, first, last);
    CHECK_OK(ga_latents(GA_LAW_NORMAL, 1, 0, 32, 3, z, &err));
    for (int i = 0; i < 32; i++)
        labels[i] = i % 2;
    CHECK_OK(ga_train_render(y.t, z, labels, 32, pictures, &err));
    int right = 0;
    for (int i = 0; i < 32; i++) {
        double gap = 0;
        for (int p = 0; p < 16; p++)
            gap += (p % 4 < 2 ? 1 : -1) * (double)pictures[i * 16 + p] / 8;
        right += labels[i] == 0 ? gap > 0.5 : gap < -0.5;
    }
    if (right < 30)
        fail_msg("%d of 32 fakes are of their class", right);
    toy_free(&y);
}

/* Colours and the largest things are learnt soon; a label that is never said counts as 0. */
static void a_segmenter_learns_what_is_where(void **state)
{
    (void)state;
    double first[16], last[16];
    ga_train_options o = toy_options_of(TOY_SEGMENTER, 300);
    o.ema = 0;
    o.lr = 0.01;
    toy y = toy_make(TOY_SEGMENTER, &o);
    run_to(&y, 300, first, last);
    if (!(last[0] < 0.5 * first[0] && last[4] > 0.7 && last[5] > first[5] + 0.1))
        fail_msg("loss %g, was %g; test accuracy %g, iou %g, was %g", last[0], first[0], last[4],
                 last[5], first[5]);
    toy_free(&y);
}

static void segmenters_refuse_what_would_leave_labels_behind(void **state)
{
    (void)state;
    ga_err err;
    ga_train *t;
    ga_dataset *scenes = toy_scenes(GA_SPLIT_TRAIN, 20), *toys = toy_data(20);
    ga_arch *unet = toy_unet(), *classifier = toy_arch(toy_classifier);
    ga_train_options o = toy_options_of(TOY_SEGMENTER, 5);
    CHECK_FAILS(ga_train_segmenter(unet, toys, NULL, &o, &t, &err), GA_EINVAL, "no label maps");
    CHECK_FAILS(ga_train_segmenter(classifier, scenes, NULL, &o, &t, &err), GA_ESHAPE,
                "a segmenter is needed");
    CHECK_OK(ga_augment_parse("flip,rotate=10", &o.augment, &err));
    CHECK_FAILS(ga_train_segmenter(unet, scenes, NULL, &o, &t, &err), GA_EINVAL, "'rotate'");
    CHECK_OK(ga_augment_parse("flip", &o.augment, &err));
    o.shift = 1;
    CHECK_FAILS(ga_train_segmenter(unet, scenes, NULL, &o, &t, &err), GA_EINVAL, "shift is 1");
    ga_arch_free(unet);
    ga_arch_free(classifier);
    CHECK_OK(ga_arch_open("unet:pixels=16,channels=3,outputs=7", &unet, &err));
    o.shift = 0;
    CHECK_FAILS(ga_train_segmenter(unet, scenes, NULL, &o, &t, &err), GA_ESHAPE, "makes 7 logits");
    ga_arch_free(unet);
    ga_dataset_free(scenes);
    ga_dataset_free(toys);
}

static void critics_stay_within_their_clip(void **state)
{
    (void)state;
    ga_err err;
    double values[GA_TRAIN_MAX_CURVES];
    size_t n;
    const ga_train_options o = toy_options_of(TOY_WGAN, 5);
    toy y = toy_make(TOY_WGAN, &o);
    for (int i = 0; i < 5; i++)
        CHECK_OK(ga_train_step(y.t, values, &err));
    const float *w = weights_of(&y, 1, &n);
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(w[i]));
    assert_true(most == 0.05f);
    toy_free(&y);
}

static void networks_of_another_kind_are_refused_in_words(void **state)
{
    (void)state;
    ga_err err;
    ga_train *t;
    ga_dataset *data = toy_data(20);
    ga_arch *g = toy_arch(toy_generator), *d = toy_arch(toy_discriminator);
    ga_arch *cg = toy_arch(toy_cgenerator), *cd = toy_arch(toy_cdiscriminator);
    ga_arch *encoder = toy_arch(toy_encoder), *dec = toy_arch(toy_decoder);
    ga_train_options o = toy_options(5);
    CHECK_FAILS(ga_train_gan(cg, d, data, NULL, &o, &t, &err), GA_ESHAPE,
                "'toy-cg' has 2 classes, but 'toy-d' has 0");
    CHECK_FAILS(ga_train_gan(g, cd, data, NULL, &o, &t, &err), GA_ESHAPE, "both must be told");
    CHECK_FAILS(ga_train_vae(dec, encoder, data, NULL, &o, &t, &err), GA_EINVAL, "\"gaussian\"");
    CHECK_FAILS(ga_train_vae(cg, encoder, data, NULL, &o, &t, &err), GA_EINVAL, "alone");
    ga_model *m;
    CHECK_OK(ga_model_create(g, &m, &err));
    CHECK_FAILS(ga_train_encoder(d, m, &o, &t, &err), GA_EINVAL, "an encoder is needed");
    o.r1 = 1;
    assert_null(t);
    ga_model_free(m);
    ga_arch *all[] = {g, d, cg, cd, encoder, dec};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ga_arch_free(all[i]);
    ga_dataset_free(data);
}

int main(void)
{
    char folder[] = "/tmp/ganatomy-test-XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_whole_steps_agree_with_differences),
        cmocka_unit_test(every_kind_goes_on_byte_for_byte_after_a_checkpoint),
        cmocka_unit_test(every_kind_measures_what_it_names),
        cmocka_unit_test(dials_change_the_next_step_and_travel_with_the_checkpoint),
        cmocka_unit_test(an_autoencoder_learns_to_reconstruct),
        cmocka_unit_test(an_encoder_learns_the_latents),
        cmocka_unit_test(a_conditional_generator_obeys_the_label),
        cmocka_unit_test(a_segmenter_learns_what_is_where),
        cmocka_unit_test(segmenters_refuse_what_would_leave_labels_behind),
        cmocka_unit_test(critics_stay_within_their_clip),
        cmocka_unit_test(networks_of_another_kind_are_refused_in_words),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
