/* Precise pooling by hand: what each pixel of a line of eight weighs in a piece of it. */
#include "net_check.h"

/* Weights (out, 8): the pieces of lines that are 1 at one pixel and 0 elsewhere. The other axis, of
 * one pixel in one piece, is half of a tent: 1/2. */
static void pool_lines(int outs, float *weights)
{
    ga_err err;
    ga_graph *g;
    ga_plan *plan;
    float line[8], *out = new_floats((size_t)outs, 0);
    const ga_attr size = {.key = "output_size", .n = 2, .v = {outs, 1}};
    const ga_layer layer = {"pool", "PrRoIPool2d", NULL, 0, &size, 1};
    CHECK_OK(ga_graph_create(&g, &err));
    CHECK_OK(ga_graph_add_input(g, "x", (ga_dims){1, 8, 1}, &err));
    CHECK_OK(ga_graph_add(g, &layer, &err));
    ga_params *p = new_params(g, 1);
    const ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    CHECK_OK(ga_plan_create(g, p, &o, &plan, &err));
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 8; k++)
            line[k] = k == i ? 2 : 0; /* 2: for the half of the other axis */
        CHECK_OK(ga_plan_write(plan, "x", (ga_view){line, 1, 1, 8, 1}, &err));
        CHECK_OK(ga_plan_forward(plan, NULL, &err));
        CHECK_OK(ga_plan_read(plan, "pool", out, &err));
        for (int k = 0; k < outs; k++)
            weights[k * 8 + i] = out[k];
    }
    ga_mem_free(out);
    ga_plan_free(plan);
    ga_params_free(p);
    ga_graph_free(g);
}

static void is(double got, double want)
{
    if (!(fabs(got - want) < 1e-6))
        fail_msg("%.8f, expected %.8f", got, want);
}

/* Half a tent at the left border, and whole ones: an eighth each, 15/16 in all. */
static void eight_pixels_in_one_piece_weigh_fifteen_sixteenths(void **state)
{
    (void)state;
    float w[8];
    double sum = 0;
    pool_lines(1, w);
    for (int i = 0; i < 8; i++) {
        is((double)w[i], i == 0 ? 1.0 / 16 : 1.0 / 8);
        sum += (double)w[i];
    }
    is(sum, 15.0 / 16);
}

/* The piece [20/3, 8] of 8 in 6: of pixel 6 the triangle from 20/3 to 7, 1/18; of pixel 7 what lies
 * behind it, 1/2, and 1/2 - 2/9 before; over the length 4/3. Pieces within have weights of sum 1.
 */
static void the_last_of_six_pieces_falls_off_to_five_eighths(void **state)
{
    (void)state;
    float w[6 * 8];
    pool_lines(6, w);
    for (int i = 0; i < 6; i++)
        is((double)w[5 * 8 + i], 0);
    is((double)w[5 * 8 + 6], 1.0 / 18 / (4.0 / 3));
    is((double)w[5 * 8 + 7], (0.5 + 0.5 - 2.0 / 9) / (4.0 / 3));
    for (int k = 0; k < 6; k++) {
        double sum = 0;
        for (int i = 0; i < 8; i++)
            sum += (double)w[k * 8 + i];
        is(sum, k < 5 ? 1 : 0.625);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_pixels_in_one_piece_weigh_fifteen_sixteenths),
        cmocka_unit_test(the_last_of_six_pieces_falls_off_to_five_eighths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
