/* Every rule: a made-up training that shows the mistake, and one that only just does not. */
#include "check.h"
#include "base/file.h"
#include "base/json.h"
#include "ganatomy/lint.h"

enum { N = 200, HALF = N / 2 };

/* Curves that live as long as the test: value(i) at step i + 1. */
typedef struct made {
    int64_t steps[N];
    double values[N];
} made;

/* From `from` to `to`, the first half falling or rising, the second flat, with a ripple. */
static ga_lint_curve curve(made *m, double from, double to, double ripple)
{
    for (int i = 0; i < N; i++) {
        m->steps[i] = i + 1;
        m->values[i] = (i < HALF ? from + (to - from) * i / HALF : to) +
                       ripple * (i % 2 == 0 ? 1 : -1);
    }
    return (ga_lint_curve){m->steps, m->values, N};
}

/* Which of the findings has that code, or NULL. */
static const ga_lint_finding *find(const ga_lint_input *in, const char *code)
{
    static ga_lint_finding found[GA_LINT_MAX];
    const int n = ga_lint(in, found, GA_LINT_MAX);
    for (int i = 0; i < n; i++) {
        assert_true(strlen(found[i].words) > 20 &&
                    strlen(found[i].words) < sizeof found[i].words - 1);
        assert_null(strstr(found[i].words, "nan"));
        if (strcmp(found[i].code, code) == 0)
            return &found[i];
    }
    return NULL;
}

static void check_there(const ga_lint_input *in, const char *code, double value, double threshold)
{
    const ga_lint_finding *f = find(in, code);
    if (f == NULL)
        fail_msg("'%s' was not found", code);
    if (!(fabs(f->value - value) < 1e-3 && fabs(f->threshold - threshold) < 1e-3))
        fail_msg("'%s': %g against %g, expected %g against %g", code, f->value, f->threshold, value,
                 threshold);
}

static void check_not_there(const ga_lint_input *in, const char *code)
{
    const ga_lint_finding *f = find(in, code);
    if (f != NULL)
        fail_msg("'%s' was found: %s", code, f->words);
}

static void nothing_recorded_is_nothing_found(void **state)
{
    (void)state;
    const ga_lint_input in = ga_lint_nothing();
    ga_lint_finding found[GA_LINT_MAX];
    assert_int_equal(ga_lint(&in, found, GA_LINT_MAX), 0);
}

static void a_healthy_training_is_left_alone(void **state)
{
    (void)state;
    made loss, accuracy, d, g, real, fake, right, right_fake;
    ga_lint_input in = ga_lint_nothing();
    in.classes = 10;
    in.loss = curve(&loss, 2.3, 0.05, 0.03);
    in.accuracy = curve(&accuracy, 0.1, 0.985, 0.01);
    in.logistic = true;
    in.loss_d = curve(&d, 1.386, 1.1, 0.2);
    in.loss_g = curve(&g, 0.7, 1.3, 0.3);
    in.d_real = curve(&real, 0.5, 0.66, 0.05);
    in.d_fake = curve(&fake, 0.5, 0.34, 0.05);
    in.right_real = curve(&right, 0.5, 0.3, 0.05); /* of one side alone this may be */
    in.right_fake = curve(&right_fake, 0.5, 0.9, 0.05);
    const double sensitivity[] = {0.5, 0.9, 0.2, 1.1};
    in.sensitivity = sensitivity;
    in.z = 4;
    in.eval_first = in.eval_again = 0.05;
    in.as_trained = 0.09;
    in.evaluated = in.reported = 0.05;
    in.distance_fake = 9;
    in.distance_real = 10;
    in.nearest_fake = 4.6;
    in.nearest_test = 5;
    const double shares[] = {0.1, 0.2, 0.7};
    in.share_fake = in.share_real = shares;
    in.classes_seen = 3;
    ga_lint_finding found[GA_LINT_MAX];
    const int n = ga_lint(&in, found, GA_LINT_MAX);
    if (n > 0)
        fail_msg("%s: %s", found[0].code, found[0].words);
}

/* ---- classifiers ------------------------------------------------------------------------------*/

/* ln(1 + (K-1)/e): the values that seeds of this rule measured for 10, 26 and 27 classes. */
static void softmax_twice_is_known_by_its_floor(void **state)
{
    (void)state;
    static const struct {
        int classes;
        double lowest;
    } cases[] = {{10, 1.4612}, {26, 2.3228}, {27, 2.3582}};
    for (int i = 0; i < 3; i++) {
        made loss, accuracy;
        ga_lint_input in = ga_lint_nothing();
        in.classes = cases[i].classes;
        in.loss = curve(&loss, log(cases[i].classes), cases[i].lowest + 0.005, 0.01);
        in.accuracy = curve(&accuracy, 0.1, 0.99, 0);
        check_there(&in, "softmax-twice", cases[i].lowest + 0.005, cases[i].lowest + 0.03);
        in.accuracy = curve(&accuracy, 0.1, 0.96, 0); /* wrong answers cost 1 more */
        in.loss = curve(&loss, log(cases[i].classes), cases[i].lowest + 0.05, 0.01);
        check_there(&in, "softmax-twice", cases[i].lowest + 0.05, cases[i].lowest + 0.06);
        in.accuracy = curve(&accuracy, 0.1, 0.94, 0); /* as bad as its loss says */
        check_not_there(&in, "softmax-twice");
        in.accuracy = curve(&accuracy, 0.1, 0.99, 0);
        in.loss = curve(&loss, log(cases[i].classes), cases[i].lowest + 0.04, 0.01);
        check_not_there(&in, "softmax-twice");
        in.loss = curve(&loss, log(cases[i].classes), cases[i].lowest - 0.03, 0.01);
        check_not_there(&in, "softmax-twice");
        in.accuracy = (ga_lint_curve){0};
        check_not_there(&in, "softmax-twice");
    }
    /* epochs: few points */
    const int64_t epochs[] = {0, 1, 2, 3, 4, 5};
    const double losses[] = {2.303, 1.55, 1.475, 1.468, 1.466, 1.464},
                 right[] = {0.1, 0.93, 0.97, 0.985, 0.988, 0.99};
    ga_lint_input in = ga_lint_nothing();
    in.classes = 10;
    in.loss = (ga_lint_curve){epochs, losses, 6};
    in.accuracy = (ga_lint_curve){epochs, right, 6};
    check_there(&in, "softmax-twice", 1.466, 1.4936);
    in.loss.values += 4; /* two points are no tendency */
    in.accuracy.values += 4;
    in.loss.n = in.accuracy.n = 2;
    check_not_there(&in, "softmax-twice");
}

static void a_loss_that_falls_past_the_floor_is_none(void **state)
{
    (void)state;
    made loss, accuracy;
    ga_lint_input in = ga_lint_nothing();
    in.classes = 2; /* its floor of 0.313 is a loss that good networks have for a while */
    in.loss = curve(&loss, 0.7, 0, 0);
    for (int i = 0; i < N; i++)
        loss.values[i] = 0.7 - 0.387 * i / 190;
    in.accuracy = curve(&accuracy, 0.5, 0.97, 0);
    assert_true(fabs(loss.values[190] - 0.3133) < 0.02);
    check_not_there(&in, "softmax-twice");
}

/* The mistake of one of the hand-ins: 0.36 and 0.32 printed beside a loss of 1.19. */
static void an_accuracy_that_its_loss_contradicts_is_found(void **state)
{
    (void)state;
    made d, right, right_fake;
    ga_lint_input in = ga_lint_nothing();
    in.logistic = true;
    in.right_fake = curve(&right_fake, 0.5, 0.32, 0.02);
    in.loss_d = curve(&d, 1.386, 1.19, 0.05);
    in.right_real = curve(&right, 0.5, 0.36, 0.02);
    check_there(&in, "accuracy-against-loss", 0.34, 0.5);
    in.logistic = false; /* another loss has another level of guessing */
    check_not_there(&in, "accuracy-against-loss");
    in.logistic = true;
    in.right_real = curve(&right, 0.5, 0.69, 0.02);
    check_not_there(&in, "accuracy-against-loss");
    in.right_real = curve(&right, 0.5, 0.36, 0.02);
    in.loss_d = curve(&d, 1.386, 1.40, 0.05); /* worse than guessing, and it says so */
    check_not_there(&in, "accuracy-against-loss");
}

static void evaluation_that_draws_or_uses_batch_statistics_is_found(void **state)
{
    (void)state;
    ga_lint_input in = ga_lint_nothing();
    in.eval_first = 0.2310;
    in.eval_again = 0.2350;
    check_there(&in, "eval-in-training-mode", 0.004, 0);
    in.eval_again = 0.2310 * (1 + 5e-6); /* sums in another order */
    check_not_there(&in, "eval-in-training-mode");
    in.as_trained = 0.30;
    in.evaluated = 0.20;
    in.reported = 0.295;
    check_there(&in, "eval-in-training-mode", 0.005, 0.01);
    in.reported = 0.285;
    check_not_there(&in, "eval-in-training-mode");
    in.reported = 0.29995;
    in.evaluated = 0.299; /* nothing that modes would change: nothing to tell */
    check_not_there(&in, "eval-in-training-mode");
}

static void a_loss_that_is_no_number_is_named_with_its_step(void **state)
{
    (void)state;
    made loss, d, g;
    ga_lint_input in = ga_lint_nothing();
    in.loss_d = curve(&d, 1, 1, 0);
    in.loss_g = curve(&g, 1, 1, 0);
    check_not_there(&in, "diverged");
    d.values[80] = NAN;
    g.values[60] = INFINITY;
    const ga_lint_finding *f = find(&in, "diverged");
    assert_non_null(f);
    assert_true(f->step == 61 && f->value == INFINITY);
    assert_non_null(strstr(f->words, "the loss of G is no finite number from step 61 on"));
    d.values[50] = NAN;
    f = find(&in, "diverged");
    assert_true(f != NULL && f->step == 51 && strstr(f->words, "the loss of D") != NULL);
    in = ga_lint_nothing();
    in.loss = curve(&loss, 2, 1, 0);
    loss.values[0] = NAN;
    f = find(&in, "diverged");
    assert_non_null(f);
    assert_true(f->step == 1 && isnan(f->value));
    in = ga_lint_nothing(); /* the curve ends before the accident */
    in.loss = curve(&loss, 2, 1, 0);
    in.diverged_at = N + 1;
    f = find(&in, "diverged");
    assert_true(f != NULL && f->step == N + 1);
}

static void a_loss_that_never_fell_is_a_plateau(void **state)
{
    (void)state;
    made loss;
    ga_lint_input in = ga_lint_nothing();
    in.loss = curve(&loss, 2.303, 2.30, 0.05);
    check_there(&in, "plateau", 2.30, 0.97 * 2.303);
    loss.values[N - 1] = loss.values[N - 2] = NAN; /* says nothing about the rest */
    check_there(&in, "plateau", 2.30, 0.97 * 2.303);
    in.loss = curve(&loss, 2.303, 2.20, 0.05); /* slow, but it learns */
    check_not_there(&in, "plateau");
    in.loss = curve(&loss, 2.303, 2.30, 0.05);
    in.loss.n = 49; /* too short to tell */
    check_not_there(&in, "plateau");
    in.loss = curve(&loss, 2.303, 9, 0.05);
    assert_non_null(find(&in, "plateau"));
    in.loss = curve(&loss, 40, 2.31, 0.05); /* thrown up first: it fell, to where guessing is */
    check_not_there(&in, "plateau");
    in.classes = 10;
    check_there(&in, "plateau", 2.31, 0.97 * log(10));
    in.loss = curve(&loss, 40, 2.2, 0.05);
    check_not_there(&in, "plateau");
}

static void a_step_longer_than_the_weights_is_too_large(void **state)
{
    (void)state;
    made update, loss;
    ga_lint_input in = ga_lint_nothing();
    in.update = curve(&update, 0.9, 0.001, 0); /* violent at first, and yet below their length */
    check_not_there(&in, "step-too-large");
    update.values[3] = 2.5;
    update.values[7] = NAN;
    check_there(&in, "step-too-large", 2.5, 1);
    assert_int_equal(find(&in, "step-too-large")->step, 4);
    assert_non_null(strstr(find(&in, "step-too-large")->words,
                           "step 4 moved the weights by 2.5 times their own length"));
    in.update_d = in.update;
    in.update.n = 0;
    assert_non_null(strstr(find(&in, "step-too-large")->words, "D's weights"));
    in.update_g = in.update_d;
    in.update_d.n = 3; /* the long one is not among them */
    assert_non_null(strstr(find(&in, "step-too-large")->words, "G's weights"));
    in.loss_g = curve(&loss, 1, 1, 0);
    loss.values[N - 1] = INFINITY; /* that says more */
    check_not_there(&in, "step-too-large");
    loss.values[N - 1] = 1;
    in.diverged_at = 200;
    check_not_there(&in, "step-too-large");
}

/* ---- generators -------------------------------------------------------------------------------*/

static void samples_that_are_all_alike_are_a_collapse(void **state)
{
    (void)state;
    ga_lint_input in = ga_lint_nothing();
    in.distance_fake = 4.8;
    in.distance_real = 10;
    check_there(&in, "mode-collapse", 0.48, 0.5);
    in.distance_fake = 5.1;
    check_not_there(&in, "mode-collapse");
    in.distance_real = 0; /* reals all alike: nothing to compare with */
    check_not_there(&in, "mode-collapse");
}

/* Class 1 has `excess` more than its tenth, the others less. */
static void spread(double share[10], double excess)
{
    for (int k = 0; k < 10; k++)
        share[k] = k == 1 ? 0.1 + excess : 0.1 - excess / 9;
}

/* A measured generator of which a third were ones was 0.33 off, good ones 0.09 to 0.17. */
static void lacking_classes_are_a_collapse(void **state)
{
    (void)state;
    double real[10], fake[10];
    ga_lint_input in = ga_lint_nothing();
    in.share_real = real;
    in.share_fake = fake;
    in.classes_seen = 10;
    spread(real, 0);
    spread(fake, 0.33);
    check_there(&in, "mode-collapse", 0.33, 0.3);
    spread(fake, 0.29);
    check_not_there(&in, "mode-collapse");
    memcpy(fake, (double[]){0.5, 0.495, 0, 0, 0, 0, 0, 0, 0, 0.005}, sizeof fake);
    const ga_lint_finding *f = find(&in, "mode-collapse");
    assert_non_null(f);
    assert_non_null(strstr(f->words, "2 of its 10 classes"));
    memcpy(real, fake, sizeof real); /* data that lack them as well */
    check_not_there(&in, "mode-collapse");
}

static void a_discriminator_that_has_won_is_found(void **state)
{
    (void)state;
    made g, real, fake;
    ga_lint_input in = ga_lint_nothing();
    in.d_real = curve(&real, 0.5, 0.98, 0.01);
    in.d_fake = curve(&fake, 0.5, 0.02, 0.01);
    in.loss_g = curve(&g, 0.7, 4, 0.2);
    for (int i = HALF; i < N; i++)
        g.values[i] += 0.02 * (i - HALF); /* to 6 */
    check_there(&in, "discriminator-won", 0.02, 0.05);
    in.loss_g = curve(&g, 0.7, 4, 0.2); /* sure, but G holds its own */
    check_not_there(&in, "discriminator-won");
    for (int i = HALF; i < N; i++)
        g.values[i] += 0.02 * (i - HALF);
    in.d_fake = curve(&fake, 0.5, 0.06, 0.01);
    check_not_there(&in, "discriminator-won");
    in.d_fake = curve(&fake, 0.5, 0.02, 0.01);
    in.d_real = curve(&real, 0.5, 0.94, 0.01);
    check_not_there(&in, "discriminator-won");
}

static void a_discriminator_that_has_lost_is_found(void **state)
{
    (void)state;
    made real, fake;
    ga_lint_input in = ga_lint_nothing();
    in.d_real = curve(&real, 0.5, 0.45, 0.05);
    in.d_fake = curve(&fake, 0.5, 0.7, 0.05);
    check_there(&in, "discriminator-lost", -0.25, -0.2);
    in.d_fake = curve(&fake, 0.5, 0.63, 0.05); /* a little behind, as at times in any training */
    check_not_there(&in, "discriminator-lost");
    in.d_real = in.d_fake = curve(&fake, 0.5, 0.5, 0.05); /* cannot tell: where good ones end */
    check_not_there(&in, "discriminator-lost");
}

static void copies_of_training_pictures_are_found(void **state)
{
    (void)state;
    ga_lint_input in = ga_lint_nothing();
    in.nearest_fake = 2.4;
    in.nearest_test = 5;
    check_there(&in, "memorised", 0.48, 0.5);
    in.nearest_fake = 2.6;
    check_not_there(&in, "memorised");
    in.nearest_test = 0;
    check_not_there(&in, "memorised");
}

static void latents_that_change_nothing_are_counted(void **state)
{
    (void)state;
    double s[] = {0.4, 0.02, 0.5, 0.0001, 0.2};
    ga_lint_input in = ga_lint_nothing();
    in.sensitivity = s;
    in.z = 5;
    check_there(&in, "dead-latents", 0.02, 0.025);
    assert_non_null(strstr(find(&in, "dead-latents")->words, "2 of the 5 latents change next to nothing "
                                                             "(number 1 is the first)"));
    s[1] = s[3] = 0.03;
    check_not_there(&in, "dead-latents");
    memset(s, 0, sizeof s); /* all of them */
    assert_non_null(strstr(find(&in, "dead-latents")->words, "5 of the 5"));
    in.z = 1;
    check_not_there(&in, "dead-latents");
}

/* ---- findings ---------------------------------------------------------------------------------*/

static void findings_are_as_many_as_there_is_room_for(void **state)
{
    (void)state;
    made loss;
    ga_lint_finding found[2];
    ga_lint_input in = ga_lint_nothing();
    in.distance_fake = in.nearest_fake = 1;
    in.distance_real = in.nearest_test = 10;
    in.loss = curve(&loss, 2, 2, 0);
    assert_int_equal(ga_lint(&in, found, 2), 2);
    assert_string_equal(found[0].code, "mode-collapse");
    assert_string_equal(found[1].code, "memorised");
    assert_int_equal(ga_lint(&in, found, 0), 0);
}

static void a_finding_is_json_whatever_its_numbers(void **state)
{
    (void)state;
    const ga_lint_finding f = {
        .code = "diverged", .value = NAN, .threshold = INFINITY, .step = 12, .words = "a \"word\""};
    char text[512], small[8];
    ga_err err;
    json_t *o;
    const int n = ga_lint_json(&f, text, sizeof text);
    assert_int_equal(n, strlen(text));
    assert_int_equal(ga_lint_json(&f, small, sizeof small), n);
    CHECK_OK(ga_json_parse(text, (size_t)n, "finding", &o, &err));
    assert_string_equal(json_string_value(json_object_get(o, "code")), "diverged");
    assert_string_equal(json_string_value(json_object_get(o, "value")), "nan");
    assert_string_equal(json_string_value(json_object_get(o, "threshold")), "inf");
    assert_string_equal(json_string_value(json_object_get(o, "words")), "a \"word\"");
    assert_string_equal(json_string_value(json_object_get(o, "page")), "docs/lint/diverged.md");
    assert_int_equal(json_integer_value(json_object_get(o, "step")), 12);
    json_decref(o);
}

static void every_rule_has_its_page(void **state)
{
    (void)state;
    const char *const *codes = ga_lint_codes();
    int n = 0;
    for (; codes[n] != NULL; n++) {
        char path[512], title[64];
        ga_err err;
        ga_file f;
        snprintf(path, sizeof path, "%s/docs/lint/%s.md", GA_SOURCE_DIR, codes[n]);
        CHECK_OK(ga_file_open(path, &f, &err));
        snprintf(title, sizeof title, "# %s", codes[n]);
        assert_memory_equal(f.data, title, strlen(title));
        static const char *const parts[] = {"\n## What it is", "\n## How it was noticed",
                                            "\n## What to do"};
        for (int i = 0; i < 3; i++)
            assert_non_null(memmem(f.data, f.size, parts[i], strlen(parts[i])));
        ga_file_close(&f);
    }
    enum { RULES = 11 };
    assert_int_equal(n, RULES);
    _Static_assert(RULES <= GA_LINT_MAX, "room for a finding of every rule");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_recorded_is_nothing_found),
        cmocka_unit_test(a_healthy_training_is_left_alone),
        cmocka_unit_test(softmax_twice_is_known_by_its_floor),
        cmocka_unit_test(a_loss_that_falls_past_the_floor_is_none),
        cmocka_unit_test(an_accuracy_that_its_loss_contradicts_is_found),
        cmocka_unit_test(evaluation_that_draws_or_uses_batch_statistics_is_found),
        cmocka_unit_test(a_loss_that_is_no_number_is_named_with_its_step),
        cmocka_unit_test(a_loss_that_never_fell_is_a_plateau),
        cmocka_unit_test(a_step_longer_than_the_weights_is_too_large),
        cmocka_unit_test(samples_that_are_all_alike_are_a_collapse),
        cmocka_unit_test(lacking_classes_are_a_collapse),
        cmocka_unit_test(a_discriminator_that_has_won_is_found),
        cmocka_unit_test(a_discriminator_that_has_lost_is_found),
        cmocka_unit_test(copies_of_training_pictures_are_found),
        cmocka_unit_test(latents_that_change_nothing_are_counted),
        cmocka_unit_test(findings_are_as_many_as_there_is_room_for),
        cmocka_unit_test(a_finding_is_json_whatever_its_numbers),
        cmocka_unit_test(every_rule_has_its_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
