/* test_score.c - one label's scores, masks and derivatives by the pictures, of a small network with
 * a norm, a stride and sizes of its own, held against finite differences. */
#include "models.h"
#include "ganatomy/seg.h"

/* 6x6 pictures in -1..1 to 5 logits at 3x3: object (none, sky, tree), color (none, red). */
static const char network[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"small\","
    " \"input\": {\"name\": \"image\", \"shape\": [3, 6, 6], \"range\": [-1, 1]},"
    " \"output\": {\"kind\": \"labels\"}, \"layers\": ["
    "{\"name\": \"a\", \"type\": \"Conv2d\", \"in_channels\": 3, \"out_channels\": 6,"
    " \"kernel_size\": 3, \"stride\": 2, \"padding\": 1},"
    "{\"name\": \"norm\", \"type\": \"BatchNorm2d\", \"num_features\": 6},"
    "{\"name\": \"bent\", \"type\": \"Tanh\"},"
    "{\"name\": \"logits\", \"type\": \"Conv2d\", \"in_channels\": 6, \"out_channels\": 5,"
    " \"kernel_size\": 3, \"padding\": 1}]}";
static const char grey_network[] =
    "{\"format\": \"ganatomy-arch-1\", \"name\": \"grey\","
    " \"input\": {\"name\": \"image\", \"shape\": [1, 6, 6], \"range\": [0, 1]},"
    " \"output\": {\"kind\": \"labels\"}, \"layers\": ["
    "{\"name\": \"a\", \"type\": \"Conv2d\", \"in_channels\": 1, \"out_channels\": 6,"
    " \"kernel_size\": 3, \"padding\": 1},"
    "{\"name\": \"bent\", \"type\": \"Sigmoid\"},"
    "%s"
    "{\"name\": \"logits\", \"type\": \"Conv2d\", \"in_channels\": 6, \"out_channels\": 5,"
    " \"kernel_size\": 3, \"padding\": 1}]}";
static const char words[] = "{\"categories\": [\"object\", \"color\"], \"labels\": [[\"sky\", "
                            "\"object\"], [\"red\", \"color\"], [\"tree\", \"object\"]]}";
enum { SKY = 1, RED = 2, TREE = 3, N = 6 }; /* more pictures than go back at a time */

static ga_model *model_of(const char *text)
{
    ga_err err;
    ga_model *m = model_described(text);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 3, GA_START_PYTORCH);
    size_t n;
    float *w = ga_params_weights(ga_model_params(m), &n);
    for (size_t i = 0; i < n; i++)
        w[i] *= 2; /* scores that are not all alike */
    float *b = ga_params_buffers(ga_model_params(m), &n);
    for (size_t i = 0; i < n; i++)
        b[i] += 0.05F * (float)i; /* statistics that matter */
    ga_params_changed(ga_model_params(m));
    CHECK_OK(ga_model_set_note(m, "vocabulary", words, &err));
    return m;
}

static void draw(float *x, size_t n, uint64_t from)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 0.9F * sinf(1.7F * (float)(i + from) + 0.1F * (float)((i * i) % 101));
}

/* sum(weight * score) in double */
static double total(ga_segmenter *s, ga_seg_pictures p, ga_seg_ask ask)
{
    ga_err err;
    double sum = 0;
    ask.gradient = NULL;
    CHECK_OK(ga_segmenter_score(s, p, &ask, &err));
    for (int i = 0; i < p.n * ask.h * ask.w; i++)
        sum += (double)ask.score[i] * (double)ask.weight[i];
    return sum;
}

/* Every derivative by a picture of d in lo..hi, label by label, against central differences. */
static void check_gradient(const char *text, ga_dims d, float lo, float hi, int h, int w)
{
    ga_err err;
    ga_segmenter *s;
    ga_model *m = model_of(text);
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    const size_t count = ga_dims_count(d), pixels = (size_t)h * (size_t)w;
    float x[2 * 3 * 8 * 8], weight[2 * 64], score[2 * 64], got[2 * 3 * 64], want[2 * 3 * 64];
    draw(x, 2 * count, 0);
    for (size_t i = 0; i < 2 * count; i++)
        x[i] = lo + (hi - lo) * (x[i] + 1) / 2;
    draw(weight, 2 * pixels, 99);
    const ga_seg_pictures p = {x, 2, d, lo, hi};
    for (int label = 0; label <= TREE; label++) {
        const ga_seg_ask ask = {.label = label,
                                .plane = 1,
                                .h = h,
                                .w = w,
                                .score = score,
                                .weight = weight,
                                .gradient = got};
        CHECK_OK(ga_segmenter_score(s, p, &ask, &err));
        const float step = 0.01F * (hi - lo);
        for (size_t i = 0; i < 2 * count; i++) {
            const float keep = x[i];
            x[i] = keep + step;
            const double above = total(s, p, ask), up = (double)x[i];
            x[i] = keep - step;
            const double below = total(s, p, ask), down = (double)x[i];
            x[i] = keep;
            want[i] = (float)((above - below) / (up - down));
        }
        /* central differences of a step of 1 %: 1e-4 of curvature, 1e-5 of rounding in f32 */
        check_close("gradient", got, want, 2 * count, 2e-3);
    }
    ga_segmenter_free(s);
    ga_model_free(m);
}

static void gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    char grey[2048];
    snprintf(grey, sizeof grey, grey_network, "");
    check_gradient(network, (ga_dims){3, 6, 6}, -1, 1, 3, 3); /* everything at its own size */
    check_gradient(network, (ga_dims){3, 6, 6}, -1, 1, 5, 4); /* logits enlarged */
    check_gradient(network, (ga_dims){3, 8, 7}, 0, 1, 2, 2);  /* pictures resized, logits shrunk */
    check_gradient(network, (ga_dims){3, 4, 5}, 0, 255, 6, 6);
    check_gradient(network, (ga_dims){1, 6, 6}, -1, 1, 6, 6); /* grey read as colour */
    check_gradient(grey, (ga_dims){3, 7, 7}, -1, 1, 6, 6);    /* colour read as grey */
}

static void scores_of_a_plane_and_none_sum_to_one(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    ga_model *m = model_of(network);
    enum { P = 5 * 4 };
    static float x[N * 3 * 36], score[N * P], sum[N * P];
    static bool mask[N * P];
    static uint16_t maps[N * 2 * P], masks[N * P];
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    draw(x, N * 3 * 36, 5);
    const ga_seg_pictures p = {x, N, {3, 6, 6}, -1, 1};
    CHECK_OK(ga_segmenter_maps(s, p, 5, 4, maps, &err));
    const int of[2][3] = {{0, SKY, TREE}, {0, RED, -1}};
    for (int plane = 0; plane < 2; plane++) {
        memset(sum, 0, sizeof sum);
        memset(masks, 0, sizeof masks);
        int seen = 0;
        for (int k = 0; k < 3 && of[plane][k] >= 0; k++) {
            const ga_seg_ask ask = {.label = of[plane][k],
                                    .plane = plane,
                                    .h = 5,
                                    .w = 4,
                                    .score = score,
                                    .mask = mask};
            CHECK_OK(ga_segmenter_score(s, p, &ask, &err));
            for (int i = 0; i < N * P; i++) {
                assert_true(score[i] > 0 && score[i] < 1);
                sum[i] += score[i];
                masks[i] = (uint16_t)(masks[i] + mask[i]);
                const int at = (i / P * 2 + plane) * P + i % P;
                assert_int_equal(mask[i], maps[at] == of[plane][k]);
                seen += mask[i] && k > 0;
            }
        }
        assert_true(seen > 0 && seen < N * P); /* some of both, or masks would prove little */
        for (int i = 0; i < N * P; i++) {
            assert_true(fabsf(sum[i] - 1) < 1e-6F);
            assert_int_equal(masks[i], 1);
        }
    }
    ga_segmenter_free(s);
    ga_model_free(m);
}

/* The run that goes back sees what the other sees, picture by picture, and changes nothing. */
static void asking_for_a_gradient_changes_no_score(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    ga_model *m = model_of(network);
    static float x[N * 3 * 36], want[N * 36], got[N * 36], weight[N * 36], g[N * 108], one[108];
    char before[65], after[65];
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    draw(x, N * 3 * 36, 17);
    draw(weight, N * 36, 1);
    ga_model_hash(m, before);
    ga_seg_ask ask = {.label = SKY, .h = 6, .w = 6, .score = want};
    CHECK_OK(ga_segmenter_score(s, (ga_seg_pictures){x, N, {3, 6, 6}, -1, 1}, &ask, &err));
    ask.score = got;
    ask.weight = weight;
    ask.gradient = g;
    CHECK_OK(ga_segmenter_score(s, (ga_seg_pictures){x, N, {3, 6, 6}, -1, 1}, &ask, &err));
    check_close("scores", got, want, N * 36, 1e-5);
    ask.weight = weight + 5 * 36;
    ask.gradient = one;
    CHECK_OK(
        ga_segmenter_score(s, (ga_seg_pictures){x + 5 * 108, 1, {3, 6, 6}, -1, 1}, &ask, &err));
    check_close("a picture alone", one, g + 5 * 108, 108, 1e-5);
    ga_model_hash(m, after);
    assert_string_equal(before, after); /* running statistics too */
    ga_segmenter_free(s);
    ga_model_free(m);
}

static void colors_score_as_their_maps_and_have_no_gradient(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    int red;
    float x[20 * 3 * 4], score[20 * 4], g[20 * 12], weight[20 * 4] = {0};
    bool mask[20 * 4];
    CHECK_OK(ga_segmenter_colors(&s, &err));
    CHECK_OK(ga_vocabulary_find(ga_segmenter_vocabulary(s), "red", &red, &err));
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < 12; k++)
            x[i * 12 + k] = k / 4 == 0 && k % 4 == i % 4; /* a red pixel, three black ones */
    const ga_seg_pictures p = {x, 20, {3, 2, 2}, 0, 1};
    ga_seg_ask ask = {.label = red, .h = 2, .w = 2, .score = score, .mask = mask};
    CHECK_OK(ga_segmenter_score(s, p, &ask, &err));
    for (int i = 0; i < 80; i++) {
        const bool is = i % 4 == i / 4 % 4;
        assert_true(score[i] == (float)is);
        assert_int_equal(mask[i], is);
    }
    ask.gradient = g;
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EINVAL, "need");
    ask.weight = weight;
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EINVAL, "'colors' has no derivative");
    ga_segmenter_free(s);
}

/* Behind another one, labels and planes have other numbers and the same scores. */
static void joined_segmenters_ask_the_one_that_has_the_label(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *alone, *part[2], *both;
    ga_model *m = model_of(network);
    static float x[2 * 108], want[2 * 36], got[2 * 36], weight[2 * 36], g[2 * 108], gs[2 * 108];
    static uint16_t maps[2 * 4 * 36];
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_segmenter_of_model(m, &o, &alone, &err));
    CHECK_OK(ga_segmenter_strokes(&part[0], &err));
    CHECK_OK(ga_segmenter_of_model(m, &o, &part[1], &err));
    const int before = ga_vocabulary_n(ga_segmenter_vocabulary(part[0])) - 1;
    CHECK_OK(ga_segmenter_join(part, 2, &both, &err));
    draw(x, 2 * 108, 3);
    draw(weight, 2 * 36, 8);
    const ga_seg_pictures p = {x, 2, {3, 6, 6}, -1, 1};
    for (int label = 0; label <= TREE; label++) {
        ga_seg_ask ask = {.label = label,
                          .plane = 1,
                          .h = 6,
                          .w = 6,
                          .score = want,
                          .weight = weight,
                          .gradient = g};
        CHECK_OK(ga_segmenter_score(alone, p, &ask, &err));
        ask.label += label > 0 ? before : 0;
        ask.plane += 2;
        ask.score = got;
        ask.gradient = gs;
        CHECK_OK(ga_segmenter_score(both, p, &ask, &err));
        assert_memory_equal(got, want, sizeof want);
        assert_memory_equal(gs, g, sizeof g);
    }
    CHECK_OK(ga_segmenter_maps(both, p, 6, 6, maps, &err));
    int inked = 0;
    for (int label = 1; label <= before; label++) { /* rules: 1 in the plane that has it */
        const ga_seg_ask ask = {.label = label, .h = 6, .w = 6, .score = got};
        CHECK_OK(ga_segmenter_score(both, p, &ask, &err));
        for (int i = 0; i < 72; i++) {
            const uint16_t *map = maps + (size_t)(i / 36) * 4 * 36 + i % 36;
            assert_true(got[i] == (float)(map[0] == label || map[36] == label));
            inked += got[i] > 0;
        }
    }
    assert_true(inked > 0);
    ga_segmenter_free(both);
    ga_segmenter_free(alone);
    ga_model_free(m);
}

static void what_cannot_be_asked_is_said(void **state)
{
    (void)state;
    ga_err err;
    ga_segmenter *s;
    char text[2048];
    snprintf(text, sizeof text, grey_network,
             "{\"name\": \"drop\", \"type\": \"Dropout2d\", \"p\": 0.5},");
    ga_model *m = model_of(text);
    float x[36] = {0}, score[36], weight[36] = {0}, g[36];
    const ga_segmenter_options o = {.threads = 1};
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    const ga_seg_pictures p = {x, 1, {1, 6, 6}, 0, 1};
    ga_seg_ask ask = {.label = 4, .h = 6, .w = 6, .score = score, .weight = weight};
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EINVAL, "label 4: 'grey' has 0 to 3");
    ask.label = 0;
    ask.plane = 2;
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EINVAL, "planes 0 to 1");
    ask.plane = 1;
    ask.h = 7;
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EINVAL, "7x6");
    ask.h = 6;
    CHECK_OK(ga_segmenter_score(s, p, &ask, &err));
    ask.gradient = g;
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EINVAL, "Dropout2d ('drop')");
    x[3] = NAN;
    CHECK_FAILS(ga_segmenter_score(s, p, &ask, &err), GA_EDATA, "picture 0");
    ga_segmenter_free(s);
    ga_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(scores_of_a_plane_and_none_sum_to_one),
        cmocka_unit_test(asking_for_a_gradient_changes_no_score),
        cmocka_unit_test(colors_score_as_their_maps_and_have_no_gradient),
        cmocka_unit_test(joined_segmenters_ask_the_one_that_has_the_label),
        cmocka_unit_test(what_cannot_be_asked_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
