/* What a training reads: batches, moved and augmented. */
#include "toy.h"
#include "train/train_inner.h"
#include <string.h>

enum { N = 13, PIXELS = 16, MOST = 16 };

static ga_train *reader(const ga_dataset *data, int shift, const char *augment, int threads)
{
    ga_err err;
    ga_arch *arch = toy_arch(toy_classifier);
    ga_train_options o = ga_train_classifier_defaults();
    ga_train *t;
    o.steps = 1;
    o.batch = N;
    o.shift = shift;
    o.threads = threads;
    CHECK_OK(ga_augment_parse(augment, &o.augment, &err));
    CHECK_OK(ga_train_classifier(arch, data, NULL, &o, &t, &err));
    ga_arch_free(arch);
    return t;
}

static void threads_change_pictures_as_one_does(void **state)
{
    (void)state;
    static const char every[] = "crop,rotate,translate,flip,jitter,blur,noise,cutout";
    ga_err err;
    ga_dataset *data = toy_data(40);
    ga_train *one = reader(data, 1, every, 1), *two = reader(data, 1, every, 2);
    float seen[2][N * PIXELS], grads[2][N * PIXELS];
    for (int k = 0; k < 2; k++) {
        ga_train *t = k == 0 ? one : two;
        CHECK_OK(ga_train_fill(t, 0, &err));
        ga_train_augment(t, t->pictures, seen[k], 0, 0);
        for (int i = 0; i < N * PIXELS; i++)
            grads[k][i] = (float)(i % 7) - 3;
        ga_train_augment_back(t, grads[k]);
    }
    assert_memory_not_equal(seen[0], one->pictures, sizeof seen[0]);
    assert_memory_equal(seen[0], seen[1], sizeof seen[0]);
    assert_memory_equal(grads[0], grads[1], sizeof grads[0]);
    ga_train_free(one);
    ga_train_free(two);
    ga_dataset_free(data);
}

/* The way by which `moved` is `plain` moved, or false. lo comes in from outside. */
static bool way_of(const float *plain, const float *moved, float lo, int most, int way[2])
{
    for (way[0] = -most; way[0] <= most; way[0]++)
        for (way[1] = -most; way[1] <= most; way[1]++) {
            bool same = true;
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 4; x++) {
                    const int sy = y - way[0], sx = x - way[1];
                    const bool inside = sy >= 0 && sy < 4 && sx >= 0 && sx < 4;
                    same = same && moved[4 * y + x] == (inside ? plain[4 * sy + sx] : lo);
                }
            if (same)
                return true;
        }
    return false;
}

static void a_shift_moves_pictures_all_ways_and_no_farther(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(200);
    ga_train *still = reader(data, 0, "none", 1), *moving = reader(data, 1, "none", 1);
    bool met[3][3] = {{false}};
    for (uint64_t batch = 0; batch < 15; batch++) {
        CHECK_OK(ga_train_fill(still, batch, &err));
        CHECK_OK(ga_train_fill(moving, batch, &err));
        assert_memory_equal(still->labels, moving->labels, N * sizeof *still->labels);
        for (size_t i = 0; i < N; i++) {
            int way[2];
            assert_true(way_of(still->pictures + i * PIXELS, moving->pictures + i * PIXELS,
                               still->spec.lo, 1, way));
            met[way[0] + 1][way[1] + 1] = true;
        }
    }
    for (int i = 0; i < 9; i++)
        assert_true(met[i / 3][i % 3]);
    ga_train_free(still);
    ga_train_free(moving);
    ga_dataset_free(data);
}

static void a_picture_that_moves_out_of_sight_is_black(void **state)
{
    (void)state;
    ga_err err;
    ga_dataset *data = toy_data(200);
    ga_train *still = reader(data, 0, "none", 1), *moving = reader(data, MOST, "none", 1);
    int black = 0;
    CHECK_OK(ga_train_fill(still, 0, &err));
    CHECK_OK(ga_train_fill(moving, 0, &err));
    for (size_t i = 0; i < N; i++) {
        const float *moved = moving->pictures + i * PIXELS;
        int way[2], dark = 0;
        assert_true(way_of(still->pictures + i * PIXELS, moved, still->spec.lo, MOST, way));
        for (int p = 0; p < PIXELS; p++)
            dark += moved[p] == still->spec.lo;
        black += dark == PIXELS;
    }
    assert_in_range(black, 8, N); /* 1 - (7/33)^2 of them, on average */
    ga_train_free(still);
    ga_train_free(moving);
    ga_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_pictures_as_one_does),
        cmocka_unit_test(a_shift_moves_pictures_all_ways_and_no_farther),
        cmocka_unit_test(a_picture_that_moves_out_of_sight_is_black),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
