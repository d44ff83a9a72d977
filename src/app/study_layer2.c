/* study_layer2.c - experiment 5 of the mnist-gan study: what the maps one layer on look like, and
 * what silencing those that look like the digit does. */
#include "app/sheets.h"
#include "app/study.h"
#include "base/alloc.h"
#include <math.h>

/* Sheet of all maps of one image at layer2. */
static ga_status map_sheet(study *st, const float *maps, const char *caption, ga_err *err)
{
    const ga_dims d = st->dims[1];
    const int columns = ga_columns_for(d.c);
    ga_sheet *sheet;
    char number[16];
    ga_status s = ga_sheet_create(columns, (d.c + columns - 1) / columns, d.w, d.h,
                                  ga_zoom_for(d.w, 42), true, NULL, &sheet, err);
    for (int u = 0; u < d.c && s == GA_OK; u++) {
        const ga_view v = {maps + (size_t)u * (size_t)d.h * (size_t)d.w, 1, 1, d.h, d.w};
        snprintf(number, sizeof number, "%d", u);
        s = ga_sheet_put_view(sheet, u % columns, u / columns, v, 0, (ga_scale){.stretch = true},
                              number, err);
    }
    if (s == GA_OK)
        s = ga_page_image(st->page, ga_sheet_image(sheet), caption, caption, err);
    ga_sheet_free(sheet);
    return s;
}

/* How much a map looks like the picture: correlation with it, averaged down to the map's grid. */
static double likeness(const study *st, const float *map, const float *picture)
{
    const ga_dims d = st->dims[1], p = st->picture;
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (int y = 0; y < d.h; y++)
        for (int x = 0; x < d.w; x++) {
            double sum = 0;
            int n = 0;
            for (int py = y * p.h / d.h; py < (y + 1) * p.h / d.h; py++)
                for (int px = x * p.w / d.w; px < (x + 1) * p.w / d.w; px++, n++)
                    sum += (double)picture[py * p.w + px];
            const double a = (double)map[y * d.w + x], b = n > 0 ? sum / n : 0;
            sx += a, sy += b, sxx += a * a, syy += b * b, sxy += a * b;
        }
    const double n = (double)d.h * d.w, vx = sxx - sx * sx / n, vy = syy - sy * sy / n;
    return vx <= 0 || vy <= 0 ? 0 : fabs(sxy - sx * sy / n) / sqrt(vx * vy);
}

/* The activation at layer2 that follows from one at layer1. */
static ga_status carry_on(study *st, const float *maps1, float *maps2, ga_err *err)
{
    ga_plan_options o = GA_PLAN_OPTIONS_DEFAULT;
    const ga_dims d = st->dims[0];
    ga_plan *plan;
    o.bn = GA_BN_IMAGE;
    o.from = "layer1";
    o.to = "layer2";
    o.threads = ga_rq_threads(st->rq);
    ga_status s = ga_plan_create(ga_model_graph(st->model), ga_model_params(st->model), &o, &plan,
                                 err);
    if (s == GA_OK)
        s = ga_plan_write(plan, "layer1", (ga_view){maps1, 1, d.c, d.h, d.w}, err);
    if (s == GA_OK)
        s = ga_plan_forward(plan, NULL, err);
    if (s == GA_OK)
        s = ga_plan_read(plan, "layer2", maps2, err);
    ga_plan_free(plan);
    return s;
}

/* maps1: zeros[0] with 25 maps of sevens[0]; like: the units of layer2 that look like the digit. */
static ga_status ablate(study *st, const float *maps2, const study_list *like, ga_err *err)
{
    static const struct {
        ga_operation operation;
        const char *name;
    } ways[] = {{GA_OP_SWAP, "25 swapped"},
                {GA_OP_ZERO_FILTER, "filter 0"},
                {GA_OP_ZERO, "map 0"},
                {GA_OP_MEAN, "map mean"}};
    enum { N_WAYS = sizeof ways / sizeof *ways };
    const size_t size = study_picture_size(st);
    float *results = ga_mem_new(N_WAYS * size, sizeof *results);
    double change[N_WAYS];
    int labels[N_WAYS];
    ga_sheet *sheet = NULL;
    ga_status s = results == NULL ? ga_fail(err, GA_ENOMEM, "no memory for pictures") : GA_OK;
    for (int i = 0; i < N_WAYS && s == GA_OK; i++) /* way 0: nothing further is done */
        s = ga_lab_apply(st->lab[1], ways[i].operation, like->units, i == 0 ? 0 : like->n, maps2,
                         maps2, 1, results + (size_t)i * size, err);
    if (s == GA_OK)
        s = study_look(st, results, N_WAYS, -1, labels, NULL, err);
    if (s == GA_OK)
        s = ga_sheet_create(N_WAYS, 1, st->picture.w, st->picture.h, ga_zoom_for(st->picture.w, 84),
                            true, NULL, &sheet, err);
    json_t *object = json_object();
    for (int i = 0; i < N_WAYS && s == GA_OK; i++) {
        change[i] = 0;
        for (size_t k = 0; k < size; k++) {
            const double x = (double)results[(size_t)i * size + k] - (double)results[k];
            change[i] += x * x / (double)size;
        }
        json_object_set_new(object, ways[i].name,
                            json_pack("{s:i, s:f}", "label", labels[i], "change", change[i]));
        s = study_put(st, sheet, i, 0, results + (size_t)i * size, ways[i].name, err);
    }
    if (s == GA_OK)
        s = ga_page_image(
            st->page, ga_sheet_image(sheet), "the swapped zero and three ablations",
            "The swapped zero; then the same maps of `layer2` silenced in three ways.", err);
    if (s == GA_OK)
        ga_page_finding(
            st->page,
            "Setting filters to zero before the norm, as the study did, leaves a constant "
            "map and moves the picture by %.3f (mean squared difference); setting the "
            "maps to zero after the activation moves it by %.3f, to their mean by %.3f. "
            "They are read as %d, %d and %d.",
            change[1], change[2], change[3], labels[1], labels[2], labels[3]);
    json_object_set_new(study_part(st, "readings"), "5b", object);
    ga_sheet_free(sheet);
    ga_mem_free(results);
    return s;
}

ga_status study_layer2(study *st, ga_err *err)
{
    const size_t hw2 = (size_t)st->dims[1].h * (size_t)st->dims[1].w;
    const float *zero = study_picture(st, ZEROS, 0);
    study_list like = {.n = 0};
    double rank[STUDY_MAX_UNITS] = {0}, least = 0;
    int units[STUDY_MAX_UNITS], close = 0;
    ga_page_section(st->page, "experiment-5", "Experiment 5: one layer on");
    ga_page_text(st->page, "5a: the maps after `layer2` behind the first zero, each from its own "
                           "minimum to its own maximum.");
    ga_status s = map_sheet(st, study_maps(st, ZEROS, 1, 0), "Maps of layer2 of the first zero.",
                            err);
    if (s != GA_OK)
        return s;
    for (int u = 0; u < st->dims[1].c; u++)
        close += (rank[u] = likeness(st, study_maps(st, ZEROS, 1, 0) + (size_t)u * hw2, zero)) >=
                 0.5;
    ga_page_finding(st->page,
                    "5a: %d of %d maps look like the picture itself (correlation of at "
                    "least 0.5, either sign): after `layer2` the digit is already drawn.",
                    close, st->dims[1].c);
    while (like.n < study_at_most(22, st->dims[1].c)) {
        int best = 0;
        for (int u = 1; u < st->dims[1].c; u++)
            if (rank[u] > rank[best])
                best = u;
        least = rank[best];
        rank[best] = -1;
        like.units[like.n++] = best;
    }
    ga_page_text(st->page,
                 "5b: 25 random maps of `layer1` are taken from a seven, and of `layer2` "
                 "those %d maps are silenced that look most like the digit (the study "
                 "picked 22 by eye; here the correlation with the picture picks them, "
                 "down to %.2f).",
                 like.n, least);
    float *maps1 = ga_mem_new(study_map_size(st, 0), sizeof *maps1),
          *maps2 = ga_mem_new(study_map_size(st, 1), sizeof *maps2);
    const int count = study_at_most(25, st->dims[0].c);
    s = maps1 == NULL || maps2 == NULL
            ? ga_fail(err, GA_ENOMEM, "no memory for maps")
            : ga_random_units(st->dims[0].c, count, st->seed, units, err);
    if (s == GA_OK) {
        study_swap_maps(
            st, 0,
            &(study_swap){study_maps(st, ZEROS, 0, 0), study_maps(st, SEVENS, 0, 0), units, count},
            maps1);
        s = carry_on(st, maps1, maps2, err);
    }
    if (s == GA_OK)
        s = ablate(st, maps2, &like, err);
    if (s == GA_OK)
        s = map_sheet(st, maps2, "Maps of layer2 after the swap at layer1.", err);
    ga_mem_free(maps1);
    ga_mem_free(maps2);
    return s;
}
