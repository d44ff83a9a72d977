/* gallery_plan.c - which runs a gallery has, and how each is made; see gallery.h. */
#include "app/gallery.h"
#include "app/models.h"
#include "base/alloc.h"
#include "base/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 100 /* items of a list */ };

/* Cuts text at its commas; items point into it. */
static ga_status split(char *text, const char *option, char *items[MOST], size_t *n, ga_err *err)
{
    *n = 0;
    for (char *at = text; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma = 0;
        if (*at == 0 || *n == MOST)
            return ga_fail(err, GA_EINVAL, "--%s: expected 1 to %d items with commas between",
                           option, MOST);
        items[(*n)++] = at;
        at = comma != NULL ? comma + 1 : NULL;
    }
    return GA_OK;
}

/* A list of numbers in lo..hi. */
static ga_status numbers(const ga_request *rq, const char *option, double lo, double hi, bool whole,
                         double out[MOST], size_t *n, ga_err *err)
{
    char *items[MOST], *end, *text = ga_mem_string(ga_rq_text(rq, option));
    ga_status status = text != NULL ? split(text, option, items, n, err)
                                    : ga_fail(err, GA_ENOMEM, "no memory for --%s", option);
    for (size_t i = 0; status == GA_OK && i < *n; i++) {
        out[i] = strtod(items[i], &end);
        if (*end != 0 || !(out[i] >= lo && out[i] <= hi) || (whole && out[i] != floor(out[i])))
            status = ga_fail(err, GA_EINVAL, "--%s: '%.40s': expected %s from %g to %g", option,
                             items[i], whole ? "whole numbers" : "numbers", lo, hi);
    }
    ga_mem_free(text);
    return status;
}

static ga_status name_run(const ga_gallery_plan *plan, ga_gallery_run *run, size_t before,
                          ga_err *err)
{
    const int n = snprintf(run->name, sizeof run->name, "%s-lr%g-z%d", ga_path_base(run->data),
                           run->lr, run->z);
    if (n >= (int)sizeof run->name)
        return ga_fail(err, GA_EINVAL, "'%s' gives names of runs that are too long", run->data);
    char *plus = strchr(run->name, '+'); /* of 1e+06: names of runs have none */
    if (plus != NULL)
        memmove(plus, plus + 1, strlen(plus));
    for (size_t i = 0; i < before; i++)
        if (strcmp(plan->run[i].name, run->name) == 0)
            return ga_fail(err, GA_EINVAL, "two runs would be called '%s'", run->name);
    return GA_OK;
}

ga_status ga_gallery_plan_of(const ga_request *rq, ga_gallery_plan *out, ga_err *err)
{
    char *data[MOST];
    double lr[MOST], z[MOST];
    size_t n_data, n_lr, n_z;
    *out = (ga_gallery_plan){.steps = ga_rq_int(rq, "steps", 1),
                             .width = (int)ga_rq_int(rq, "width", 8),
                             .images = (int)ga_rq_int(rq, "images", 0),
                             .pixels = (int)ga_rq_int(rq, "pixels", 0)};
    out->text = ga_mem_string(ga_rq_text(rq, "data"));
    ga_status status = out->text != NULL ? split(out->text, "data", data, &n_data, err)
                                         : ga_fail(err, GA_ENOMEM, "no memory for --data");
    if (status == GA_OK)
        status = numbers(rq, "lr", 1e-12, 1e30, false, lr, &n_lr, err);
    if (status == GA_OK)
        status = numbers(rq, "z", 1, 4096, true, z, &n_z, err);
    if (status == GA_OK && n_data * n_lr * n_z > GA_GALLERY_MOST)
        status = ga_fail(err, GA_EINVAL, "%zu runs are more than the %d that a gallery may have",
                         n_data * n_lr * n_z, GA_GALLERY_MOST);
    if (status == GA_OK && (out->run = ga_mem_new(n_data * n_lr * n_z, sizeof *out->run)) == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for the plan of a gallery");
    for (size_t d = 0; status == GA_OK && d < n_data; d++)
        for (size_t i = 0; status == GA_OK && i < n_lr * n_z; i++) {
            ga_gallery_run *run = &out->run[out->n];
            *run = (ga_gallery_run){.data = data[d], .lr = lr[i / n_z], .z = (int)z[i % n_z]};
            status = name_run(out, run, out->n, err);
            out->n++;
        }
    if (status != GA_OK)
        ga_gallery_plan_free(out);
    return status;
}

void ga_gallery_plan_free(ga_gallery_plan *plan)
{
    ga_mem_free(plan->run);
    ga_mem_free(plan->text);
    *plan = (ga_gallery_plan){0};
}

/* ---- how a run is made ------------------------------------------------------------------------*/

void ga_gallery_options(const ga_gallery_plan *plan, size_t i, ga_gallery_add *add, void *user)
{
    const ga_gallery_run *run = &plan->run[i];
    const int64_t between = plan->steps * 2 / 25 > 0 ? plan->steps * 2 / 25 : 1;
    const char *eye = ga_app_usual_eye(run->data);
    char word[96];
#define ADD(option, ...) (snprintf(word, sizeof word, __VA_ARGS__), add(option, word, user))
    ADD("arch", "dcgan:width=%d,z=%d", plan->width, run->z);
    /* no batch norm: with it a discriminator that sees reals and fakes apart judges them otherwise
     * when it is measured than when it learns. Twice as wide, it keeps ahead. */
    ADD("discriminator", "dcgan-d:width=%d,norm=none", 2 * plan->width);
    add("data", run->data, user);
    if (plan->images > 0 || eye != NULL) /* sets that come with an eye are large */
        ADD("images", "%d", plan->images > 0 ? plan->images : 20000);
    if (plan->pixels > 0)
        ADD("pixels", "%d", plan->pixels);
    ADD("batch", "64");
    ADD("lr", "%g", run->lr);
    ADD("steps", "%lld", (long long)plan->steps);
    if (eye != NULL)
        add("features", eye, user);
    ADD("eval-every", "%lld", (long long)between);
    ADD("sample-every", "%lld", (long long)between);
    ADD("sample-count", "25");
    ADD("sample-zoom", "1");
    ADD("detail-every", "10");
    add("half", NULL, user);
    add("out", run->name, user);
#undef ADD
}

static void add_to_command(const char *option, const char *value, void *user)
{
    ga_text_addf(user, " --%s%s%s", option, value != NULL ? " " : "", value != NULL ? value : "");
}

void ga_gallery_command(const ga_gallery_plan *plan, size_t i, ga_text *text)
{
    ga_text_add(text, "ganatomy train gan");
    ga_gallery_options(plan, i, add_to_command, text);
}
