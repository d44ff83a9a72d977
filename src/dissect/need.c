/* need.c - how much memory a dissection takes. */
#include "dissect/need.h"
#include "base/alloc.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

size_t ga_need_block(const ga_dissection *d)
{
    const ga_grid g = d->layer[0].spec.grid;
    size_t bytes = (size_t)d->planes * (size_t)g.H * (size_t)g.W * sizeof(uint16_t);
    for (int k = 0; k < d->n_layers; k++)
        bytes += ga_dims_count(d->layer[k].dims) * sizeof(float);
    return GA_DISSECT_BLOCK * bytes;
}

/* ---- labels that occur ------------------------------------------------------------------------*/

/* (L) pixels of each label that the layer has counted; NULL: it counts none. */
static const uint64_t *pixels_of_labels(const ga_dissect_layer *l)
{
    ga_stat_array a;
    if (l->tally != NULL)
        return ga_tally_counts_of(l->tally).label;
    for (int i = 0; l->ladder != NULL && ga_ladder_array(l->ladder, i, &a); i++)
        if (strcmp(a.name, "label") == 0)
            return a.data;
    return NULL;
}

int ga_need_seen(const ga_dissection *d, bool *seen)
{
    const uint64_t *pixels = pixels_of_labels(&d->layer[0]);
    int n = 0;
    for (int c = 1; c < d->labels; c++) {
        seen[c] = seen[c] || (pixels != NULL && pixels[c] > 0);
        n += seen[c];
    }
    return n;
}

/* ---- how much it is ---------------------------------------------------------------------------*/

/* Thresholds and findings, and the counts of a pass. */
static size_t bytes_of(const ga_dissection *d, const ga_pass *p, int seen)
{
    size_t bytes = ga_pass_bytes(p, d, seen);
    if (p->end == NULL) /* then layers are judged, one after the other */
        bytes += ga_bootstrap_least(d);
    for (int k = 0; k < d->n_layers; k++)
        bytes += (size_t)d->layer[k].dims.c *
                 (sizeof *d->layer[k].threshold + sizeof *d->layer[k].unit);
    return bytes;
}

/* All passes, each by itself. */
static size_t most_of(const ga_dissection *d, int seen)
{
    int n;
    const ga_pass *const *pass = ga_passes_of(&d->options, &n);
    size_t most = 0;
    for (int i = 0; i < n; i++) {
        const size_t bytes = bytes_of(d, pass[i], seen);
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* What single images gave, while it moves to more room. */
static size_t bytes_of_records(const ga_dissection *d)
{
    return 2 * d->record_memory * (size_t)d->n_layers;
}

ga_status ga_need_left(const ga_dissection *d, const ga_pass *p, int copies, size_t beside,
                       int seen, size_t *left, ga_err *err)
{
    const ga_dissect_options *o = &d->options;
    const size_t held = o->held + beside + (size_t)copies * bytes_of_records(d),
                 needs = held + (size_t)copies * bytes_of(d, p, seen);
    *left = GA_NEED_FREE;
    if (o->memory == 0)
        return GA_OK;
    *left = o->memory > needs ? o->memory - needs : 0;
    if (needs <= o->memory)
        return GA_OK;
    const size_t enough = held + (size_t)copies * most_of(d, d->labels - 1);
    char needed[24], allowed[24], labels[64] = "to begin with";
    if (seen > 0)
        snprintf(labels, sizeof labels, "for the %d label%s that occur%s so far", seen,
                 seen == 1 ? "" : "s", seen == 1 ? "s" : "");
    return ga_fail(err, GA_ENOMEM,
                   "%s are needed %s, and the limit is %s: --memory %zuM will do for all %d labels",
                   ga_format_bytes(needs, needed, sizeof needed), labels,
                   ga_format_bytes(o->memory, allowed, sizeof allowed), (enough >> 20) + 1,
                   d->labels - 1);
}

ga_status ga_need_share(ga_dissection *d, const ga_pass *p, int copies, size_t beside, ga_err *err)
{
    size_t left;
    d->record_memory = 0;
    const ga_status status = ga_need_left(d, p, copies, beside, 0, &left, err);
    if (status != GA_OK || p->end != NULL || d->options.bootstrap == 0)
        return status;
    ga_need_left(d, p, copies, beside, d->labels - 1, &left, NULL); /* labels go before images */
    const size_t all = d->folder == NULL ? left : left == GA_NEED_FREE ? GA_NEED_USUAL : left / 4;
    d->record_memory = all / (2 * (size_t)d->n_layers * (size_t)copies);
    return GA_OK;
}

void ga_need_spare(ga_dissection *d, const ga_pass *p, size_t beside, int seen)
{
    ga_need_left(d, p, 1, beside, seen, &d->spare, NULL);
    size_t given_back = bytes_of_records(d);
    for (int k = 0; k < d->n_layers; k++)
        given_back -= ga_records_bytes(&d->layer[k].records);
    if (d->spare != GA_NEED_FREE)
        d->spare += given_back;
}

/* ---- told before ------------------------------------------------------------------------------*/

ga_status ga_dissect_forecast(const ga_subject_spec *spec, const ga_dissect_options *options,
                              ga_dissect_needs *out, ga_err *err)
{
    ga_subject *s;
    ga_dissection *d = NULL;
    *out = (ga_dissect_needs){0};
    ga_subject_spec unlimited = *spec; /* what is to be told */
    unlimited.memory_limit = 0;
    ga_status status = ga_subject_outline(&unlimited, &s, err);
    if (status != GA_OK)
        return status;
    status = ga_subject_forecast(s, &out->subject, err);
    if (status == GA_OK)
        status = ga_dissection_create(s, options, &d, err);
    if (status == GA_OK) {
        const size_t block = ga_need_block(d);
        out->labels = d->labels - 1;
        out->least = block + most_of(d, 0);
        out->most = block + most_of(d, d->labels - 1);
    }
    ga_dissection_free(d);
    ga_subject_free(s);
    return status;
}
