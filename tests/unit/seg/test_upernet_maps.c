/* Unified parsing as a segmenter: which label each plane gives, against the rules written plainly
 * over the network's own logits. */
#include "base/alloc.h"
#include "base/rng.h"
#include "models.h"
#include "ganatomy/data.h"
#include "ganatomy/seg.h"
#include "seg/upernet_split.h"
#include <math.h>
#include <string.h>

enum { SIDE = 32, MADE = 8, H = 24, W = 20, LABELS = 11 };
enum { N_OBJECTS = 6, N_PARTS = 9, N_MATERIALS = 3, OUTPUTS = 18 };
#define NETWORK "upernet:pixels=32,depth=14,width=2,fpn=6,objects=6,parts=9,materials=3,scenes=2"

/* Objects 1..5, materials 6 and 7, cloud 8, roof 9, head 10; with quadrants materials are 26, 27
 * and parts 28 .. 30. */
static const char words[] =
    "{\"object\":[\"-\",\"building\",\"sky\",\"tree\",\"person\",\"door\"],"
    "\"material\":[\"-\",\"brick\",\"wood\"],\"scene\":[\"street\",\"field\"],"
    "\"object_part\":{\"sky\":[\"-\",\"cloud\"],\"building\":[\"-\",\"door\",\"roof\"],"
    "\"tree\":[\"-\",\"trunk\"],\"person\":[\"-\",\"head\"]}}";
/* Outputs of the part head: of building from 0, of sky from 3, of tree, of person from 7. */

static void draw_picture(float *x, size_t n)
{
    ga_rng rng = ga_rng_of(9, 2);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ga_rng_uniform(&rng) - 1);
}

static void logits_of(ga_model *m, const float *x, float *logits)
{
    ga_err err;
    ga_plan *plan;
    const ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    CHECK_OK(ga_plan_create(ga_model_graph(m), ga_model_params(m), &o, &plan, &err));
    CHECK_OK(ga_plan_write(plan, "image", (ga_view){x, 1, 3, SIDE, SIDE}, &err));
    CHECK_OK(ga_plan_forward(plan, NULL, &err));
    CHECK_OK(ga_plan_read(plan, "logits", logits, &err));
    ga_plan_free(plan);
}

/* Every logit to mean 0 and deviation 1 over the picture, so that each wins somewhere. */
static void even_out(ga_model *m)
{
    static const char *const heads[] = {"object", "part", "material"};
    float *x = ga_mem_new(3 * SIDE * SIDE, sizeof *x),
          *logits = ga_mem_new(OUTPUTS * MADE * MADE, sizeof *logits), *at = logits;
    draw_picture(x, 3 * SIDE * SIDE);
    logits_of(m, x, logits);
    const ga_graph *g = ga_model_graph(m);
    float *w = ga_params_weights(ga_model_params(m), NULL);
    for (int k = 0; k < 3; k++) {
        char name[64];
        snprintf(name, sizeof name, "decoder.%s_head.1.weight", heads[k]);
        int p = 0;
        while (strcmp(ga_graph_param(g, p)->name, name) != 0)
            p++;
        const ga_param_spec *weight = ga_graph_param(g, p), *bias = ga_graph_param(g, p + 1);
        for (int64_t c = 0; c < weight->dim[0]; c++, at += MADE * MADE) {
            double sum = 0, square = 0;
            for (int i = 0; i < MADE * MADE; i++) {
                sum += (double)at[i] / (MADE * MADE);
                square += (double)at[i] * (double)at[i] / (MADE * MADE);
            }
            const double deviation = sqrt(square - sum * sum);
            for (int64_t i = 0; i < weight->dim[1]; i++) {
                float *to = &w[weight->offset + (size_t)(c * weight->dim[1] + i)];
                *to = (float)((double)*to / deviation);
            }
            w[bias->offset + (size_t)c] = (float)(-sum / deviation);
        }
    }
    ga_params_changed(ga_model_params(m));
    ga_mem_free(x);
    ga_mem_free(logits);
}

static ga_model *drawn(bool named)
{
    ga_err err;
    ga_rng rng = ga_rng_of(5, 1);
    ga_model *m = model_named(NETWORK);
    ga_params_init(ga_model_params(m), ga_model_graph(m), 1, GA_START_PYTORCH); /* of the norms */
    const ga_graph *g = ga_model_graph(m);
    float *w = ga_params_weights(ga_model_params(m), NULL);
    for (int p = 0; p < ga_graph_n_params(g); p++) {
        const ga_param_spec *s = ga_graph_param(g, p);
        if (s->kind != GA_WEIGHT || strcmp(ga_graph_tap_type(g, s->tap), "Conv2d") != 0)
            continue;
        const double by = s->rank == 4 ? sqrt(2.0 / (double)(s->dim[1] * s->dim[2] * s->dim[3]))
                                       : 0;
        for (size_t i = 0; i < s->count; i++)
            w[s->offset + i] = (float)(ga_rng_normal(&rng) * by);
    }
    ga_params_changed(ga_model_params(m));
    even_out(m);
    if (named)
        CHECK_OK(ga_segmenter_note_labels(m, words, sizeof words - 1, "labels.json", &err));
    return m;
}

static ga_segmenter *segmenter(ga_model *m, ga_seg_quad quad)
{
    ga_err err;
    ga_segmenter *s;
    const ga_segmenter_options o = {.threads = 2, .quad = quad};
    CHECK_OK(ga_segmenter_of_model(m, &o, &s, &err));
    return s;
}

/* ---- the rules --------------------------------------------------------------------------------*/

/* Softmax over n channels from first on of pixel i of (C,H W), and its largest: -1 where two come
 * closer than rounding. */
static int most_likely(const float *at_pixels, int first, int n, size_t i)
{
    double sum = 0, best = -1, second = -1;
    int choice = -1;
    for (int k = 0; k < n; k++)
        sum += exp((double)at_pixels[(size_t)(first + k) * H * W + i]);
    for (int k = 0; k < n; k++) {
        const double p = exp((double)at_pixels[(size_t)(first + k) * H * W + i]) / sum;
        if (p > best) {
            second = best;
            best = p;
            choice = k;
        } else if (p > second) {
            second = p;
        }
    }
    return best - second < 1e-6 ? -1 : choice;
}

static void maps_follow_the_published_rules(void **state)
{
    (void)state;
    ga_err err;
    static const int owners[] = {2, 1, 4}, first[] = {3, 0, 7}, count[] = {2, 3, 2};
    static const uint16_t label[3][3] = {{0, 8}, {0, 5, 9}, {0, 10}};
    ga_model *m = drawn(true);
    ga_segmenter *s = segmenter(m, GA_QUAD_NONE);
    float *x = ga_mem_new(3 * SIDE * SIDE, sizeof *x),
          *logits = ga_mem_new(OUTPUTS * MADE * MADE, sizeof *logits),
          *resized = ga_mem_new(OUTPUTS * H * W, sizeof *resized);
    uint16_t maps[3 * H * W];
    int seen[LABELS] = {0};
    assert_int_equal(ga_segmenter_planes(s), 3);
    assert_int_equal(ga_vocabulary_n(ga_segmenter_vocabulary(s)), LABELS);
    draw_picture(x, 3 * SIDE * SIDE);
    CHECK_OK(
        ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {3, SIDE, SIDE}, -1, 1}, H, W, maps, &err));
    logits_of(m, x, logits);
    ga_resize_bilinear(logits, OUTPUTS, MADE, MADE, resized, H, W);
    for (size_t i = 0; i < H * W; i++) {
        const int object = most_likely(resized, 0, N_OBJECTS, i),
                  material = most_likely(resized, N_OBJECTS + N_PARTS, N_MATERIALS, i);
        if (object >= 0)
            assert_int_equal(maps[i], object);
        if (material >= 0)
            assert_int_equal(maps[H * W + i], material == 0 ? 0 : 5 + material);
        int part = 0;
        for (int k = 0; k < 3; k++)
            if (maps[i] == owners[k]) {
                const int won = most_likely(resized, N_OBJECTS + first[k], count[k], i);
                part = won < 0 ? maps[2 * H * W + i] : label[k][won];
            }
        assert_int_equal(maps[2 * H * W + i], part);
        for (int k = 0; k < 3; k++)
            seen[maps[(size_t)k * H * W + i]]++;
    }

    /* the picture shows what it should: owners, parts, both kinds of materials */
    assert_true(seen[1] > 0 && seen[2] > 0 && seen[4] > 0 && seen[6] + seen[7] > 0);
    assert_true(seen[8] > 0 && seen[9] + seen[5] > 0 && seen[10] > 0);
    ga_mem_free(x);
    ga_mem_free(logits);
    ga_mem_free(resized);
    ga_segmenter_free(s);
    ga_model_free(m);
}

/* Planes four and five divide what plane one says; tests of the division itself: test_quad.c. */
static void quadrants_lie_on_planes_of_their_own(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = drawn(true);
    ga_segmenter *plain = segmenter(m, GA_QUAD_NONE), *quad = segmenter(m, GA_QUAD),
                 *old = segmenter(m, GA_QUAD_2018);
    float *x = ga_mem_new(3 * SIDE * SIDE, sizeof *x);
    static uint16_t a[3 * H * W], b[5 * H * W], c[5 * H * W];
    const ga_seg_pictures p = {x, 1, {3, SIDE, SIDE}, -1, 1};
    draw_picture(x, 3 * SIDE * SIDE);
    CHECK_OK(ga_segmenter_maps(plain, p, H, W, a, &err));
    CHECK_OK(ga_segmenter_maps(quad, p, H, W, b, &err));
    CHECK_OK(ga_segmenter_maps(old, p, H, W, c, &err));
    assert_int_equal(ga_segmenter_planes(quad), 5);
    assert_int_equal(ga_vocabulary_n(ga_segmenter_vocabulary(quad)), LABELS + 20);
    size_t missing = 0;
    for (size_t i = 0; i < H * W; i++) {
        const int object = a[i], rows = b[3 * H * W + i], columns = b[4 * H * W + i];
        assert_int_equal(b[i], object);
        for (size_t k = 1; k < 3; k++) {
            const int label = a[k * H * W + i];
            assert_int_equal(b[k * H * W + i], label > 5 ? label + 20 : label);
        }
        assert_true(object == 0 ? rows == 0 && columns == 0
                                : (rows == object + 5 || rows == object + 15) &&
                                      (columns == object + 10 || columns == object + 20));
        missing += rows != 0 && c[3 * H * W + i] == 0;
    }
    assert_true(missing > 0);
    assert_string_equal(ga_segmenter_name(old) + strlen(ga_segmenter_name(plain)), ":quad-2018");
    assert_string_not_equal(ga_segmenter_hash(plain), ga_segmenter_hash(quad));
    assert_string_not_equal(ga_segmenter_hash(quad), ga_segmenter_hash(old));
    ga_mem_free(x);
    ga_segmenter_free(plain);
    ga_segmenter_free(quad);
    ga_segmenter_free(old);
    ga_model_free(m);
}

/* ---- pictures ---------------------------------------------------------------------------------*/

/* Means of windows [floor(o L / O), ceil((o + 1) L / O)), as nn.AdaptiveAvgPool2d. */
static void pool(const float *src, int h, int w, float *dst)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                double sum = 0, n = 0;
                for (int i = 0; i < h; i++)
                    for (int j = 0; j < w; j++)
                        if (i * SIDE < (y + 1) * h && (i + 1) * SIDE > y * h &&
                            j * SIDE < (x + 1) * w && (j + 1) * SIDE > x * w) {
                            sum += (double)src[(c * h + i) * w + j];
                            n++;
                        }
                dst[(c * SIDE + y) * SIDE + x] = (float)(sum / n);
            }
}

static void pictures_of_another_size_are_averaged(void **state)
{
    (void)state;
    ga_err err;
    static const int sizes[][2] = {{48, 40}, {16, 16}, {33, 100}};
    ga_model *m = drawn(true);
    ga_segmenter *s = segmenter(m, GA_QUAD_NONE);
    float *pooled = ga_mem_new(3 * SIDE * SIDE, sizeof *pooled);
    static uint16_t got[3 * MADE * MADE], want[3 * MADE * MADE];
    for (size_t k = 0; k < 3; k++) {
        const int h = sizes[k][0], w = sizes[k][1];
        float *x = ga_mem_new(3 * (size_t)h * (size_t)w, sizeof *x);
        draw_picture(x, 3 * (size_t)h * (size_t)w);
        pool(x, h, w, pooled);
        CHECK_OK(
            ga_segmenter_maps(s, (ga_seg_pictures){x, 1, {3, h, w}, -1, 1}, MADE, MADE, got, &err));
        CHECK_OK(ga_segmenter_maps(s, (ga_seg_pictures){pooled, 1, {3, SIDE, SIDE}, -1, 1}, MADE,
                                   MADE, want, &err));
        assert_memory_equal(got, want, sizeof got);
        ga_mem_free(x);
    }
    ga_mem_free(pooled);
    ga_segmenter_free(s);
    ga_model_free(m);
}

/* ---- scores -----------------------------------------------------------------------------------*/

/* The softmax of output k of n from first on at pixel i of resized logits. */
static double softmax(const float *at_pixels, int first, int n, int k, size_t i)
{
    double sum = 0;
    for (int c = 0; c < n; c++)
        sum += exp((double)at_pixels[(size_t)(first + c) * H * W + i]);
    return exp((double)at_pixels[(size_t)(first + k) * H * W + i]) / sum;
}

/* A door is an object and a part of buildings: both count. Masks say where maps have the label. */
static void scores_are_softmax_of_objects_and_their_parts(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = drawn(true);
    ga_segmenter *s = segmenter(m, GA_QUAD);
    float *x = ga_mem_new(3 * SIDE * SIDE, sizeof *x),
          *logits = ga_mem_new(OUTPUTS * MADE * MADE, sizeof *logits),
          *resized = ga_mem_new(OUTPUTS * H * W, sizeof *resized);
    static uint16_t maps[5 * H * W];
    static float score[H * W];
    static bool mask[H * W];
    const ga_seg_pictures p = {x, 1, {3, SIDE, SIDE}, -1, 1};
    draw_picture(x, 3 * SIDE * SIDE);
    logits_of(m, x, logits);
    ga_resize_bilinear(logits, OUTPUTS, MADE, MADE, resized, H, W);
    CHECK_OK(ga_segmenter_maps(s, p, H, W, maps, &err));
    static const int labels[] = {2, 5, 26, 29}; /* sky, door, brick, roof */
    for (size_t k = 0; k < 4; k++) {
        ga_seg_ask ask = {.label = labels[k], .h = H, .w = W, .score = score, .mask = mask};
        CHECK_OK(ga_segmenter_score(s, p, &ask, &err));
        for (size_t i = 0; i < H * W; i++) {
            double want = 0;
            want += k < 2 ? softmax(resized, 0, N_OBJECTS, labels[k], i) : 0;
            want += k == 1 ? softmax(resized, N_OBJECTS, 3, 1, i) : 0;
            want += k == 2 ? softmax(resized, N_OBJECTS + N_PARTS, N_MATERIALS, 1, i) : 0;
            want += k == 3 ? softmax(resized, N_OBJECTS, 3, 2, i) : 0;
            assert_true(fabs((double)score[i] - want) < 2e-5);
            bool has = false;
            for (size_t d = 0; d < 5; d++)
                has = has || maps[d * H * W + i] == labels[k];
            assert_int_equal(mask[i], has);
        }
    }
    ga_seg_ask quadrant = {.label = 7, .h = H, .w = W, .score = score};
    CHECK_FAILS(ga_segmenter_score(s, p, &quadrant, &err), GA_EINVAL, "cut out of maps");
    ga_mem_free(x);
    ga_mem_free(logits);
    ga_mem_free(resized);
    ga_segmenter_free(s);
    ga_model_free(m);
}

/* Along a direction, for a picture that is enlarged by means and one that is made smaller. */
static void derivatives_of_scores_are_their_differences(void **state)
{
    (void)state;
    ga_err err;
    enum { MOST = 3 * 40 * 40 };
    static float x[MOST], moved[MOST], way[MOST], gradient[MOST], score[H * W], weight[H * W];
    static const int sides[] = {SIDE, 40, 24}, labels[] = {5, 6, 9}; /* door, brick, roof */
    ga_model *m = drawn(true);
    ga_segmenter *s = segmenter(m, GA_QUAD_NONE);
    draw_picture(way, MOST);
    for (size_t i = 0; i < H * W; i++)
        weight[i] = (float)((i * 37 % 11) / 11.0);
    for (int k = 0; k < 3; k++) {
        const ga_dims d = {3, sides[k], sides[k]};
        const size_t n = ga_dims_count(d);
        draw_picture(x, n);
        ga_seg_ask ask = {.label = labels[k],
                          .h = H,
                          .w = W,
                          .score = score,
                          .weight = weight,
                          .gradient = gradient};
        CHECK_OK(ga_segmenter_score(s, (ga_seg_pictures){x, 1, d, -1, 1}, &ask, &err));
        double along = 0, sums[2] = {0};
        for (size_t i = 0; i < n; i++)
            along += (double)gradient[i] * (double)way[i];
        ask.gradient = NULL;
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < n; i++)
                moved[i] = x[i] + (side == 0 ? 5e-4F : -5e-4F) * way[i];
            CHECK_OK(ga_segmenter_score(s, (ga_seg_pictures){moved, 1, d, -1, 1}, &ask, &err));
            for (size_t i = 0; i < H * W; i++)
                sums[side] += (double)score[i] * (double)weight[i];
        }
        const double difference = (sums[0] - sums[1]) / 1e-3;
        /* rectifiers that turn within the step, and f32: a few in a hundred */
        if (!(fabs(along - difference) < 0.05 * fabs(difference)) || fabs(difference) < 0.01)
            fail_msg("label %d: %.5g along the gradient, %.5g by differences", labels[k], along,
                     difference);
    }
    ga_segmenter_free(s);
    ga_model_free(m);
}

/* ---- with fewer multiplications ---------------------------------------------------------------*/

/* The fusion taken apart is the fusion, up to rounding, at borders too. */
static void the_split_network_gives_the_same_logits(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = drawn(true), *split, *none;
    float *x = ga_mem_new(3 * SIDE * SIDE, sizeof *x);
    float want[OUTPUTS * MADE * MADE], got[OUTPUTS * MADE * MADE];
    draw_picture(x, 3 * SIDE * SIDE);
    CHECK_OK(ga_upernet_split(m, &split, &err));
    assert_non_null(split);
    assert_true(ga_graph_find(ga_model_graph(split), "decoder.fusion") < 0);
    logits_of(m, x, want);
    logits_of(split, x, got);
    for (size_t i = 0; i < OUTPUTS * MADE * MADE; i++) /* of numbers with deviation 1 */
        if (!(fabs((double)got[i] - (double)want[i]) < 2e-5))
            fail_msg("logit %zu is %.7g, and %.7g without splitting", i, (double)got[i],
                     (double)want[i]);
    ga_model_free(split);
    ga_model_free(m);
    ga_mem_free(x);

    /* what has no such fusion stays as it is */
    m = model_named("unet:pixels=16,depth=1,width=1");
    CHECK_OK(ga_upernet_split(m, &none, &err));
    assert_null(none);
    ga_model_free(m);
}

/* ---- words ------------------------------------------------------------------------------------*/

static void names_and_network_must_belong_together(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = drawn(false);
    ga_segmenter *s;
    const ga_segmenter_options o = {.threads = 1}, quad = {.threads = 1, .quad = GA_QUAD};
    CHECK_FAILS(ga_segmenter_of_model(m, &o, &s, &err), GA_EDATA,
                "has no names for its labels: `ganatomy model import` gives it those of --labels");
    CHECK_FAILS(ga_segmenter_note_labels(m, "{\"object\":[\"-\"]}", 16, "small.json", &err),
                GA_EDATA, "small.json: 'object': has 1 names, expected 6: network '" NETWORK "'");
    CHECK_OK(ga_model_set_note(m, "labels", "{}", &err));
    CHECK_FAILS(ga_segmenter_of_model(m, &o, &s, &err), GA_EDATA,
                "labels of the segmenter: 'object': is missing");
    ga_model_free(m);
    ga_model *unet = model_named("unet:pixels=16,depth=1,width=1");
    CHECK_FAILS(ga_segmenter_note_labels(unet, words, sizeof words - 1, "labels.json", &err),
                GA_EINVAL, "tells no objects, parts and materials");
    CHECK_FAILS(ga_segmenter_of_model(unet, &quad, &s, &err), GA_EINVAL, "divides no objects");
    ga_model_free(unet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_follow_the_published_rules),
        cmocka_unit_test(quadrants_lie_on_planes_of_their_own),
        cmocka_unit_test(pictures_of_another_size_are_averaged),
        cmocka_unit_test(scores_are_softmax_of_objects_and_their_parts),
        cmocka_unit_test(derivatives_of_scores_are_their_differences),
        cmocka_unit_test(the_split_network_gives_the_same_logits),
        cmocka_unit_test(names_and_network_must_belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
