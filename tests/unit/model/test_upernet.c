/* UPerNet, narrow: its numbers are PyTorch's at a size that no halving divides, and the two files
 * in which it is published come back as one model. */
#include <unistd.h>
#include "models.h"
#include "upernet_check.h"

#define NARROW "upernet:pixels=72,depth=14,width=6,fpn=10,objects=7,parts=9,materials=4,scenes=5"

static void every_tap_of_a_narrow_one_agrees_with_pytorch(void **state)
{
    (void)state;
    upernet_agrees(NARROW, "narrow", 0.3);
}

/* Sums of published shapes, by PyTorch: sum(p.numel()) of the modules of tools/golden/upernet.py.
 */
static void the_published_size_has_its_numbers(void **state)
{
    (void)state;
    ga_err err;
    ga_arch *a;
    size_t encoder = 0, decoder = 0;
    CHECK_OK(ga_arch_open("upernet", &a, &err));
    const ga_graph *g = ga_arch_graph(a);
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *s = ga_graph_param(g, i);
        if (s->kind == GA_WEIGHT)
            *(strncmp(s->name, "encoder.", 8) == 0 ? &encoder : &decoder) += s->count;
    }
    assert_int_equal(encoder, 23631808);
    assert_int_equal(decoder, 50546818);
    ga_arch_free(a);
}

/* ---- the two files ----------------------------------------------------------------------------*/

static char folder[] = P_tmpdir "/ganatomy-upernet-XXXXXX";
static char encoder[96], decoder[96];
enum { MOST = 400 };

/* The keys that begin with piece, without it, as another program would write them: with the
 * counters of batch norms. Leaves out the last `short_of`. */
static void write_piece(const char *path, ga_model *m, const char *piece, int short_of)
{
    ga_err err;
    static ga_array a[MOST];
    static char extra[MOST][64];
    static const float one = 1;
    const ga_graph *g = ga_model_graph(m);
    int n = 0;
    for (int i = 0; i < ga_graph_n_params(g); i++) {
        const ga_param_spec *s = ga_graph_param(g, i);
        if (strncmp(s->name, piece, strlen(piece)) != 0)
            continue;
        const float *from = (s->kind == GA_WEIGHT ? ga_params_weights(ga_model_params(m), NULL)
                                                  : ga_params_buffers(ga_model_params(m), NULL));
        a[n] = (ga_array){.name = s->name + strlen(piece),
                          .dtype = GA_F32,
                          .rank = s->rank,
                          .count = s->count,
                          .data = from + s->offset};
        memcpy(a[n].dim, s->dim, sizeof s->dim);
        n++;
        if (strstr(s->name, ".running_var") == NULL)
            continue;
        static const char *const counters[] = {"_running_iter", "_tmp_running_mean",
                                               "num_batches_tracked"};
        for (int k = 0; k < 3; k++, n++) {
            assert_true(n < MOST);
            snprintf(extra[n], sizeof extra[n], "%.*s.%s",
                     (int)(strlen(a[n - 1 - k].name) - strlen(".running_var")), a[n - 1 - k].name,
                     counters[k]);
            a[n] = (ga_array){
                .name = extra[n], .dtype = GA_F32, .rank = 1, .dim = {1}, .count = 1, .data = &one};
        }
    }
    CHECK_OK(ga_weights_write(path, GA_FORM_TORCH, a, n - short_of, NULL, &err));
}

static void the_two_published_files_are_one_model(void **state)
{
    (void)state;
    ga_err err;
    ga_model *m = model_named(NARROW), *got;
    const char *const paths[] = {encoder, decoder};
    char hash[65], again[65];
    upernet_draw(m, 0.3);
    write_piece(encoder, m, "encoder.", 0);
    write_piece(decoder, m, "decoder.", 0);
    CHECK_OK(ga_model_import(ga_model_arch(m), paths, 2, &got, &err));
    ga_model_hash(m, hash);
    ga_model_hash(got, again);
    assert_string_equal(hash, again);
    ga_model_free(got);

    /* the last key of the decoder is the bias of what materials it knows */
    write_piece(decoder, m, "decoder.", 1);
    CHECK_FAILS(ga_model_import(ga_model_arch(m), paths, 2, &got, &err), GA_EDATA,
                "missing: 'material_head.1.bias'");
    ga_model_free(m);
    m = model_named("upernet:depth=14,width=6,fpn=10,objects=8,parts=9,materials=4,scenes=5");
    CHECK_FAILS(ga_model_import(ga_model_arch(m), paths, 2, &got, &err), GA_EDATA,
                "'object_head.1.weight' is (7,10,1,1), expected (8,10,1,1)");
    ga_model_free(m);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(encoder, sizeof encoder, "%s/encoder.pth", folder);
    snprintf(decoder, sizeof decoder, "%s/decoder.pth", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(encoder);
    unlink(decoder);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tap_of_a_narrow_one_agrees_with_pytorch),
        cmocka_unit_test(the_published_size_has_its_numbers),
        cmocka_unit_test(the_two_published_files_are_one_model),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
