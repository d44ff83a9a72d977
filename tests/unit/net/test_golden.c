/* Against PyTorch (the scripts of tools/golden): every op with all gradients, optimisers, and ten
 * steps of a whole GAN. The files were made in double, so what differs is our f32. */
#include "golden/golden.h"
#include "net_check.h"

/* ---- ops --------------------------------------------------------------------------------------*/

/* A line of ops.golden, taken apart. Words of options stay in `line`. */
typedef struct op_case {
    char line[512];
    const char *name, *type;
    int n, mode, n_in, n_attrs;
    ga_dims in[3];
    ga_attr attrs[12];
} op_case;

static void take_option(op_case *c, char *token)
{
    char *value = strchr(token, '=');
    assert_non_null(value);
    *value++ = 0;
    double v[4] = {0};
    char *end = value;
    int count = 0;
    while (count < 4) {
        v[count] = strtod(end, &end);
        count++;
        if (*end != ',')
            break;
        end++;
    }
    const bool word = end == value;
    if (strcmp(token, "n") == 0) {
        c->n = (int)v[0];
    } else if (strcmp(token, "bn") == 0) {
        c->mode = (int)v[0];
    } else if (strcmp(token, "in") == 0) {
        c->in[c->n_in++] = (ga_dims){(int)v[0], (int)v[1], (int)v[2]};
    } else {
        ga_attr *a = &c->attrs[c->n_attrs++];
        *a = (ga_attr){.key = token, .word = word ? value : NULL, .n = word ? 0 : count};
        memcpy(a->v, v, sizeof v);
    }
}

static void take_apart(op_case *c)
{
    char *token = c->line;
    for (int i = 0; token != NULL; i++) {
        char *end = strchr(token, ' ');
        if (end != NULL)
            *end = 0;
        if (i == 0)
            c->name = token;
        else if (i == 1)
            c->type = token;
        else
            take_option(c, token);
        token = end != NULL ? end + 1 : NULL;
    }
}

static const float *find(const ga_golden *gold, const op_case *c, const char *what, const char *key,
                         size_t count, bool need)
{
    char name[200];
    snprintf(name, sizeof name, "%s.%s%s", c->name, what, key);
    return golden_find(gold, name, count, need);
}

/* Single ops in f32: sums of at most some hundred products, each rounded to 2^-24, against double.
 * The issue allows 1e-4. */
static const double op_tolerance = 5e-6;

/* Against the largest number there, or 1, the size of what was summed: a sum may be 0. */
static void check_op_array(const char *name, const float *got, const float *want, size_t n)
{
    double scale = 1;
    for (size_t i = 0; i < n; i++)
        scale = fmax(scale, fabs((double)want[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= op_tolerance * scale))
            fail_msg("%s: element %zu is %.9g, PyTorch has %.9g", name, i, (double)got[i],
                     (double)want[i]);
}

static void check_op(const ga_golden *gold, const op_case *c)
{
    ga_err err;
    ga_graph *g;
    ga_params *p, *grads;
    ga_plan *plan;
    CHECK_OK(ga_graph_create(&g, &err));
    add_case_inputs(g, c->in, c->n_in);
    const ga_layer layer = {"op", c->type, case_inputs, c->n_in, c->attrs, c->n_attrs};
    CHECK_OK(ga_graph_add(g, &layer, &err));
    CHECK_OK(ga_params_create(g, &p, &err));
    CHECK_OK(ga_params_create(g, &grads, &err));
    for (int i = 0; i < g->n_params; i++) {
        const ga_param_spec *s = &g->params[i];
        memcpy((s->kind == GA_WEIGHT ? p->weights : p->buffers) + s->offset,
               find(gold, c, "", s->name + 3, s->count, true), s->count * sizeof(float));
    }
    ga_params_changed(p);
    const size_t out_count = (size_t)c->n * ga_dims_count(g->nodes[c->n_in].out);
    size_t in_total = 0;
    for (int i = 0; i < c->n_in; i++)
        in_total += (size_t)c->n * ga_dims_count(c->in[i]);
    float *out = new_floats(out_count, 0), *diff_in = new_floats(in_total, 0), *at = diff_in;
    for (int train = 0; train < 2; train++) {
        ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
        o.batch = c->n;
        o.train = train == 1;
        o.bn = (ga_bn_mode)c->mode;
        CHECK_OK(ga_plan_create(g, p, &o, &plan, &err));
        for (int i = 0; i < c->n_in; i++)
            CHECK_OK(ga_plan_write(plan, case_inputs[i],
                                   view_of(find(gold, c, "", case_inputs[i],
                                                (size_t)c->n * ga_dims_count(c->in[i]), true),
                                           c->n, c->in[i]),
                                   &err));
        CHECK_OK(ga_plan_forward(plan, NULL, &err));
        CHECK_OK(ga_plan_read(plan, "op", out, &err));
        check_op_array(c->name, out, find(gold, c, "out", "", out_count, true), out_count);
        if (train == 1)
            CHECK_OK(ga_plan_backward(plan, find(gold, c, "diff_out", "", out_count, true), grads,
                                      false, diff_in, &err));
        ga_plan_free(plan);
    }
    for (int i = 0; i < c->n_in; i++) {
        const size_t count = (size_t)c->n * ga_dims_count(c->in[i]);
        check_op_array(c->name, at, find(gold, c, "diff_", case_inputs[i], count, true), count);
        at += count;
    }
    for (int i = 0; i < g->n_params; i++) {
        const ga_param_spec *s = &g->params[i];
        const float *want = find(gold, c, s->kind == GA_WEIGHT ? "diff_" : "after_", s->name + 3,
                                 s->count, s->kind == GA_WEIGHT);
        if (want != NULL)
            check_op_array(c->name,
                           (s->kind == GA_WEIGHT ? grads->weights : p->buffers) + s->offset, want,
                           s->count);
    }
    ga_mem_free(out);
    ga_mem_free(diff_in);
    ga_params_free(p);
    ga_params_free(grads);
    ga_graph_free(g);
}

static void every_op_agrees_with_pytorch(void **state)
{
    (void)state;
    ga_golden gold = golden_open("ops");
    const char *at = NULL;
    char line[512];
    bool seen[64] = {false};
    while (golden_line(&gold, "case", &at, line, sizeof line)) {
        op_case c = {0};
        snprintf(c.line, sizeof c.line, "%s", line);
        take_apart(&c);
        for (int i = 0; ga_op_at(i) != NULL; i++)
            seen[i] = seen[i] || strcmp(ga_op_at(i)->type, c.type) == 0;
        check_op(&gold, &c);
    }
    for (int i = 0; ga_op_at(i) != NULL; i++)
        if (!seen[i])
            fail_msg("no golden case for %s", ga_op_at(i)->type);
    golden_close(&gold);
}

/* ---- optimisers -------------------------------------------------------------------------------*/

static void set_option(ga_optim_options *o, const char *token)
{
    const char *value = strchr(token, '=');
    const struct {
        const char *key;
        double *to;
    } fields[] = {{"lr", &o->lr},
                  {"beta1", &o->beta1},
                  {"beta2", &o->beta2},
                  {"eps", &o->eps},
                  {"alpha", &o->alpha},
                  {"weight_decay", &o->weight_decay},
                  {"momentum", &o->momentum}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strlen(fields[i].key) == (size_t)(value - token) &&
            strncmp(token, fields[i].key, strlen(fields[i].key)) == 0)
            *fields[i].to = strtod(value + 1, NULL);
    if (strncmp(token, "nesterov=", 9) == 0)
        o->nesterov = value[1] == '1';
}

static void optimisers_agree_with_pytorch(void **state)
{
    (void)state;
    enum { COUNT = 37, STEPS = 6 };
    ga_err err;
    ga_golden gold = golden_open("optim");
    const char *at = NULL, *const kinds[] = {"SGD", "Adam", "AdamW", "RMSprop"};
    char line[512], name[64], kind[32], key[100];
    bool seen[4] = {false};
    while (golden_line(&gold, "case", &at, line, sizeof line)) {
        assert_int_equal(sscanf(line, "%63s %31s", name, kind), 2);
        int k = 0;
        while (strcmp(kinds[k], kind) != 0)
            k++;
        seen[k] = true;
        ga_optim_options o = ga_optim_defaults((ga_optim_kind)k);
        for (char *token = strchr(line, '='); token != NULL; token = strchr(token + 1, '=')) {
            const char *start = token;
            while (start[-1] != ' ')
                start--;
            set_option(&o, start);
        }
        float w[COUNT];
        snprintf(key, sizeof key, "%s.start", name);
        memcpy(w, golden_find(&gold, key, COUNT, true), sizeof w);
        snprintf(key, sizeof key, "%s.grads", name);
        const float *grads = golden_find(&gold, key, COUNT * STEPS, true);
        snprintf(key, sizeof key, "%s.after", name);
        const float *after = golden_find(&gold, key, COUNT * STEPS, true);
        ga_optim *optim;
        CHECK_OK(ga_optim_create(&o, COUNT, &optim, &err));
        for (int step = 0; step < STEPS; step++) {
            ga_optim_step(optim, w, grads + step * COUNT);
            /* At most six roundings of a weight below 1 a step. */
            check_close(name, w, after + step * COUNT, COUNT, 1e-6);
        }
        assert_int_equal(ga_optim_steps(optim), STEPS);
        ga_optim_free(optim);
    }
    for (int k = 0; k < 4; k++)
        assert_true(seen[k]);
    golden_close(&gold);
}

/* ---- a whole GAN ------------------------------------------------------------------------------*/

enum { BATCH = 6, LATENT = 5, STEPS = 10, PIXELS = 28 * 28 };

/* One of the two networks with all that training needs. */
typedef struct net {
    ga_graph *g;
    ga_params *p, *grads;
    ga_plan *plan;
    ga_optim *optim;
} net;

static void build(net *m, const ga_golden *gold, char letter, ga_dims input, const ga_layer *layers,
                  int n)
{
    ga_err err;
    CHECK_OK(ga_graph_create(&m->g, &err));
    CHECK_OK(ga_graph_add_input(m->g, "x", input, &err));
    for (int i = 0; i < n; i++)
        CHECK_OK(ga_graph_add(m->g, &layers[i], &err));
    CHECK_OK(ga_params_create(m->g, &m->p, &err));
    CHECK_OK(ga_params_create(m->g, &m->grads, &err));
    for (int i = 0; i < m->g->n_params; i++) {
        const ga_param_spec *s = &m->g->params[i];
        char key[100];
        snprintf(key, sizeof key, "%c.start.%s", letter, s->name);
        if (s->kind == GA_WEIGHT)
            memcpy(m->p->weights + s->offset, golden_find(gold, key, s->count, true),
                   s->count * sizeof(float));
    }
    ga_params_changed(m->p);
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    o.batch = BATCH;
    o.train = true;
    o.bn = GA_BN_BATCH;
    CHECK_OK(ga_plan_create(m->g, m->p, &o, &m->plan, &err));
    ga_optim_options adam = ga_optim_defaults(GA_ADAM);
    adam.lr = 2e-4;
    adam.beta1 = 0.5;
    CHECK_OK(ga_optim_create(&adam, m->p->n_weights, &m->optim, &err));
}

static void finish(net *m)
{
    ga_optim_free(m->optim);
    ga_plan_free(m->plan);
    ga_params_free(m->p);
    ga_params_free(m->grads);
    ga_graph_free(m->g);
}

static void update(net *m)
{
    ga_optim_step(m->optim, m->p->weights, m->grads->weights);
    ga_params_changed(m->p);
}

/* D on pictures; returns the loss for the wanted label, and its gradient backward: mean over images
 * of log(1 + exp(-x)) for 1, log(1 + exp(x)) for 0. */
static double judge(net *d, const float *pictures, int label, ga_params *grads, bool accumulate,
                    float *diff_pictures)
{
    ga_err err;
    float x[BATCH], diff[BATCH];
    double loss = 0;
    CHECK_OK(ga_plan_write(d->plan, "x", (ga_view){pictures, BATCH, 1, 28, 28}, &err));
    CHECK_OK(ga_plan_forward(d->plan, NULL, &err));
    CHECK_OK(ga_plan_read(d->plan, "fc", x, &err));
    for (int i = 0; i < BATCH; i++) {
        const double v = (double)x[i];
        loss += log1p(exp(label ? -v : v)) / BATCH;
        diff[i] = (float)((1 / (1 + exp(-v)) - label) / BATCH);
    }
    CHECK_OK(ga_plan_backward(d->plan, diff, grads, accumulate, diff_pictures, &err));
    return loss;
}

static void check_end(const net *m, const ga_golden *gold, char letter)
{
    for (int i = 0; i < m->g->n_params; i++) {
        const ga_param_spec *s = &m->g->params[i];
        const float *got = (s->kind == GA_WEIGHT ? m->p->weights : m->p->buffers) + s->offset;
        char key[100];
        snprintf(key, sizeof key, "%c.end.%s", letter, s->name);
        const float *want = golden_find(gold, key, s->count, true);
        /* A bias before statistics of the batch has gradient 0: what is there is rounding, which
         * Adam blows up to steps of at most its rate, so the bias, and the running mean that
         * contains it, wander by up to 10 x 2e-4 and no picture changes. */
        const int reader = s->tap + 1;
        const bool free_bias = (strstr(s->name, ".bias") != NULL && reader < m->g->n_nodes &&
                                (strcmp(ga_graph_tap_type(m->g, reader), "BatchNorm2d") == 0 ||
                                 strcmp(ga_graph_tap_type(m->g, reader), "Unflatten") == 0)) ||
                               strstr(s->name, "running_mean") != NULL;
        double scale = 0;
        for (size_t k = 0; k < s->count; k++)
            scale = fmax(scale, fabs((double)want[k]));
        for (size_t k = 0; k < s->count; k++) {
            const double d = fabs((double)got[k] - (double)want[k]);
            if (!(d <= (free_bias ? STEPS * 2e-4 : 1e-4 * scale)))
                fail_msg("%s %zu: %.8g, expected %.8g", key, k, (double)got[k], (double)want[k]);
        }
    }
}

#define CONV(ic, oc)                                                                               \
    GA_ONE("in_channels", ic), GA_ONE("out_channels", oc), GA_ONE("kernel_size", 5),               \
        GA_ONE("padding", 2)
#define STRIDED(ic, oc) CONV(ic, oc), GA_ONE("stride", 2)
#define OPTIONS(...)                                                                               \
    (const ga_attr[]){__VA_ARGS__}, (int)(sizeof((const ga_attr[]){__VA_ARGS__}) / sizeof(ga_attr))

static void ten_steps_of_a_gan_agree_with_pytorch(void **state)
{
    (void)state;
    ga_err err;
    ga_golden gold = golden_open("gan");
    const ga_layer g_layers[] = {
        {"fc", "Linear", NULL, 0, OPTIONS(GA_ONE("in_features", 5), GA_ONE("out_features", 392))},
        {"view", "Unflatten", NULL, 0, OPTIONS(GA_THREE("unflattened_size", 8, 7, 7))},
        {"bn0", "BatchNorm2d", NULL, 0, OPTIONS(GA_ONE("num_features", 8))},
        {"act0", "LeakyReLU", NULL, 0, OPTIONS(GA_ONE("negative_slope", 0.2))},
        {"conv1", "ConvTranspose2d", NULL, 0, OPTIONS(CONV(8, 6))},
        {"bn1", "BatchNorm2d", NULL, 0, OPTIONS(GA_ONE("num_features", 6))},
        {"act1", "LeakyReLU", NULL, 0, OPTIONS(GA_ONE("negative_slope", 0.2))},
        {"conv2", "ConvTranspose2d", NULL, 0, OPTIONS(STRIDED(6, 4), GA_ONE("output_padding", 1))},
        {"bn2", "BatchNorm2d", NULL, 0, OPTIONS(GA_ONE("num_features", 4))},
        {"act2", "LeakyReLU", NULL, 0, OPTIONS(GA_ONE("negative_slope", 0.2))},
        {"conv3", "ConvTranspose2d", NULL, 0, OPTIONS(STRIDED(4, 1), GA_ONE("output_padding", 1))},
        {"out", "Tanh", NULL, 0, NULL, 0},
    };
    const ga_layer d_layers[] = {
        {"conv0", "Conv2d", NULL, 0, OPTIONS(STRIDED(1, 4))},
        {"act0", "LeakyReLU", NULL, 0, OPTIONS(GA_ONE("negative_slope", 0.2))},
        {"conv1", "Conv2d", NULL, 0, OPTIONS(STRIDED(4, 6))},
        {"bn1", "BatchNorm2d", NULL, 0, OPTIONS(GA_ONE("num_features", 6))},
        {"act1", "LeakyReLU", NULL, 0, OPTIONS(GA_ONE("negative_slope", 0.2))},
        {"flat", "Flatten", NULL, 0, NULL, 0},
        {"fc", "Linear", NULL, 0, OPTIONS(GA_ONE("in_features", 294), GA_ONE("out_features", 1))},
    };
    net g, d;
    build(&g, &gold, 'g', (ga_dims){LATENT, 1, 1}, g_layers, GA_COUNT(g_layers));
    build(&d, &gold, 'd', (ga_dims){1, 28, 28}, d_layers, GA_COUNT(d_layers));
    const float *real = golden_find(&gold, "real", BATCH * PIXELS, true),
                *z = golden_find(&gold, "z", STEPS * BATCH * LATENT, true),
                *losses = golden_find(&gold, "losses", 2 * STEPS, true);
    float got[2 * STEPS], *fake = new_floats(BATCH * PIXELS, 0),
                          *diff = new_floats(BATCH * PIXELS, 0);
    for (int step = 0; step < STEPS; step++) {
        CHECK_OK(ga_plan_write(g.plan, "x",
                               (ga_view){z + step * BATCH * LATENT, BATCH, LATENT, 1, 1}, &err));
        CHECK_OK(ga_plan_forward(g.plan, NULL, &err));
        CHECK_OK(ga_plan_read(g.plan, "out", fake, &err));
        const double on_real = judge(&d, real, 1, d.grads, false, NULL),
                     on_fake = judge(&d, fake, 0, d.grads, true, NULL);
        update(&d);
        got[2 * step] = (float)(on_real + on_fake);
        got[2 * step + 1] = (float)judge(&d, fake, 1, NULL, false, diff);
        CHECK_OK(ga_plan_backward(g.plan, diff, g.grads, false, NULL, &err));
        update(&g);
    }
    /* f32 through two networks and ten updates */
    check_close("losses", got, losses, 2 * STEPS, 2e-5);
    check_end(&g, &gold, 'g');
    check_end(&d, &gold, 'd');
    ga_mem_free(fake);
    ga_mem_free(diff);
    finish(&g);
    finish(&d);
    golden_close(&gold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_agrees_with_pytorch),
        cmocka_unit_test(optimisers_agree_with_pytorch),
        cmocka_unit_test(ten_steps_of_a_gan_agree_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
