/* families.c - from a family's name and its knobs to an architecture.
 *
 * A name is FAMILY or FAMILY:KNOB=VALUE,KNOB=VALUE. Values are checked against the family's table,
 * which is also what help and messages list; the document then carries the one canonical spelling,
 * and as its partner the family that belongs to it with the knobs that both must share. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/json.h"
#include "base/text.h"
#include "model/family.h"

const char *const ga_channel_words[] = {"1", "3", NULL};

static const ga_family_row family_cdcgan = {
    .face = {.name = "cdcgan", .summary = "dcgan of ten classes", .same_as = "dcgan:classes=10"}};
static const ga_family_row family_cmlp_gan = {.face = {.name = "cmlp-gan",
                                                       .summary = "mlp-gan of ten classes",
                                                       .same_as = "mlp-gan:classes=10"}};

/* In the order of lists. */
static const ga_family_row *const rows[] = {
    &ga_family_mlp_gan, &ga_family_mlp_gan_d, &family_cmlp_gan,  &ga_family_dcgan,
    &ga_family_dcgan_d, &family_cdcgan,       &ga_family_progan, &ga_family_progan_d,
    &ga_family_vae_mlp, &ga_family_vae_mlp_e, &ga_family_vae,    &ga_family_vae_e,
    &ga_family_encoder, &ga_family_cnn,       &ga_family_unet,   &ga_family_upernet,
};
enum { N_ROWS = sizeof rows / sizeof *rows };

const ga_family *ga_family_at(int i)
{
    return i >= 0 && i < N_ROWS ? &rows[i]->face : NULL;
}

/* ---- names ------------------------------------------------------------------------------------*/

static const ga_family_row *row_of(const char *name, size_t length)
{
    for (int i = 0; i < N_ROWS; i++)
        if (strlen(rows[i]->face.name) == length && strncmp(rows[i]->face.name, name, length) == 0)
            return rows[i];
    return NULL;
}

const ga_family_row *ga_family_row_of(const char *spec)
{
    return row_of(spec, strcspn(spec, ":"));
}

bool ga_family_is(const char *spec)
{
    return ga_family_row_of(spec) != NULL;
}

static ga_status unknown_knob(const ga_family *f, const char *name, ga_err *err)
{
    const char *names[GA_MAX_KNOBS + 1] = {NULL};
    ga_text list = {0};
    for (int i = 0; f->knobs[i].name != NULL; i++) {
        names[i] = f->knobs[i].name;
        ga_text_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    char hint[GA_DID_YOU_MEAN];
    const ga_status s = ga_fail(err, GA_EINVAL, "'%s' has no knob '%.40s'%s: its knobs are %s",
                                f->name, name, ga_did_you_mean(name, names, hint),
                                list.data != NULL ? list.data : "not at hand");
    ga_text_free(&list);
    return s;
}

/* "1 to 4096", "28, 32 or 64" */
static void describe_range(const ga_knob *k, char *buf, size_t size)
{
    if (k->words == NULL) {
        (void)snprintf(buf, size, "%s from %g to %g", k->whole ? "a whole number" : "a number",
                       k->lo, k->hi);
        return;
    }
    size_t at = 0;
    for (int i = 0; k->words[i] != NULL && at < size; i++)
        at += (size_t)snprintf(buf + at, size - at, "%s%s",
                               i == 0                    ? ""
                               : k->words[i + 1] == NULL ? " or "
                                                         : ", ",
                               k->words[i]);
}

static ga_status set_knob(ga_draft *d, int i, const char *text, ga_err *err)
{
    const ga_knob *k = &d->row->face.knobs[i];
    char range[120];
    double v = 0;
    if (k->words != NULL) {
        for (int w = 0; k->words[w] != NULL; w++)
            if (strcmp(k->words[w], text) == 0) {
                d->value[i] = w;
                return GA_OK;
            }
    } else if (ga_parse_f64(text, &v) && v >= k->lo && v <= k->hi && (!k->whole || v == floor(v))) {
        d->value[i] = v;
        return GA_OK;
    }
    describe_range(k, range, sizeof range);
    return ga_fail(err, GA_EINVAL, "'%s': %s is '%.40s', expected %s", d->row->face.name, k->name,
                   text, range);
}

/* One "KNOB=VALUE" of length letters. seen: which were set by this list. */
static ga_status set_pair(ga_draft *d, const char *pair, size_t length, bool *seen, ga_err *err)
{
    const ga_family *f = &d->row->face;
    char text[80];
    if (length == 0 || length >= sizeof text)
        return ga_fail(err, GA_EINVAL, "'%s': '%.*s' is no KNOB=VALUE", f->name,
                       (int)(length < 40 ? length : 40), pair);
    memcpy(text, pair, length);
    text[length] = 0;
    char *value = strchr(text, '=');
    if (value != NULL)
        *value++ = 0;
    int i = 0;
    while (f->knobs[i].name != NULL && strcmp(f->knobs[i].name, text) != 0)
        i++;
    if (f->knobs[i].name == NULL)
        return unknown_knob(f, text, err);
    if (value == NULL || value[0] == 0)
        return ga_fail(err, GA_EINVAL, "'%s': knob '%s' has no value, as in %s=%s", f->name, text,
                       text, f->knobs[i].fallback);
    if (seen[i])
        return ga_fail(err, GA_EINVAL, "'%s': knob '%s' is given twice", f->name, text);
    seen[i] = true;
    return set_knob(d, i, value, err);
}

static ga_status set_pairs(ga_draft *d, const char *list, ga_err *err)
{
    bool seen[GA_MAX_KNOBS] = {false};
    ga_status s = GA_OK;
    for (const char *at = list; at != NULL && s == GA_OK;) {
        const size_t length = strcspn(at, ",");
        s = set_pair(d, at, length, seen, err);
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return s;
}

/* The family of spec and the values of its knobs. */
static ga_status set_all(ga_draft *d, const char *spec, ga_err *err)
{
    const char *colon = strchr(spec, ':'), *same_as;
    ga_status s = GA_OK;
    d->row = row_of(spec, strcspn(spec, ":"));
    same_as = d->row->face.same_as;
    if (same_as != NULL)
        d->row = row_of(same_as, strcspn(same_as, ":"));
    for (int i = 0; d->row->face.knobs[i].name != NULL && s == GA_OK; i++)
        s = set_knob(d, i, d->row->face.knobs[i].fallback, err);
    if (s == GA_OK && same_as != NULL)
        s = set_pairs(d, strchr(same_as, ':') + 1, err);
    if (s == GA_OK && colon != NULL)
        s = set_pairs(d, colon + 1, err);
    return s;
}

/* The value of knob i as text, or NULL where it is the default. */
static const char *value_text(const ga_draft *d, int i, char *buf, size_t size)
{
    const ga_knob *k = &d->row->face.knobs[i];
    const char *text = buf;
    if (k->words != NULL)
        text = k->words[(int)d->value[i]];
    else
        (void)snprintf(buf, size, "%.9g", d->value[i]);
    return strcmp(text, k->fallback) != 0 ? text : NULL;
}

/* The canonical spelling: knobs that are not at their defaults, in the family's order. */
static void spell(const ga_draft *d, ga_text *out)
{
    char buf[32];
    const char *mark = ":";
    ga_text_add(out, d->row->face.name);
    for (int i = 0; d->row->face.knobs[i].name != NULL; i++) {
        const char *text = value_text(d, i, buf, sizeof buf);
        if (text == NULL)
            continue;
        ga_text_addf(out, "%s%s=%s", mark, d->row->face.knobs[i].name, text);
        mark = ",";
    }
}

/* The partner's canonical spelling: its family with the shared knobs at the same values. */
static ga_status spell_partner(const ga_draft *d, ga_text *out, ga_err *err)
{
    const char *name = d->row->face.partner;
    ga_draft partner = {0};
    char buf[32];
    ga_status s = set_all(&partner, name, err);
    for (int k = 0; d->row->shared[k] != NULL && s == GA_OK; k++) {
        int from = 0, to = 0;
        while (strcmp(d->row->face.knobs[from].name, d->row->shared[k]) != 0)
            from++;
        while (strcmp(partner.row->face.knobs[to].name, d->row->shared[k]) != 0)
            to++;
        const char *text = value_text(d, from, buf, sizeof buf);
        s = set_knob(&partner, to, text != NULL ? text : d->row->face.knobs[from].fallback, err);
    }
    if (s == GA_OK)
        spell(&partner, out);
    return s;
}

/* ---- documents --------------------------------------------------------------------------------*/

static ga_status build(ga_draft *d, const char *name, const char *partner, ga_arch **out,
                       ga_err *err)
{
    d->inputs = json_array();
    d->layers = json_array();
    d->row->build(d);
    const bool one = json_array_size(d->inputs) == 1;
    json_t *input = one ? json_incref(json_array_get(d->inputs, 0)) : json_incref(d->inputs);
    json_t *document = json_pack(
        "{s:s, s:s, s:O, s:O, s:O, s:s*, s:O*, s:s*, s:O*}", "format", GA_ARCH_FORMAT, "name", name,
        "input", input, "output", d->output, "layers", d->layers, "start", d->start, "quick",
        d->quick ? json_true() : NULL, "partner", partner, "pieces", d->pieces);
    json_decref(input);
    json_decref(d->pieces);
    json_decref(d->inputs);
    json_decref(d->layers);
    json_decref(d->output);
    if (document == NULL || d->failed) {
        json_decref(document);
        return ga_fail(err, GA_ENOMEM, "%s: out of memory", name);
    }
    return ga_arch_take(document, name, out, err);
}

static ga_status open_draft(ga_draft *d, ga_arch **out, ga_err *err)
{
    ga_text name = {0}, partner = {0};
    ga_status s = GA_OK;
    *out = NULL;
    spell(d, &name);
    if (d->row->face.partner != NULL)
        s = spell_partner(d, &partner, err);
    if (s == GA_OK && (name.failed || partner.failed))
        s = ga_fail(err, GA_ENOMEM, "%s: out of memory", d->row->face.name);
    if (s == GA_OK)
        s = build(d, name.data, partner.data, out, err);
    ga_text_free(&name);
    ga_text_free(&partner);
    return s;
}

ga_status ga_family_open(const char *spec, ga_arch **out, ga_err *err)
{
    ga_draft d = {0};
    *out = NULL;
    const ga_status s = set_all(&d, spec, err);
    return s == GA_OK ? open_draft(&d, out, err) : s;
}

ga_status ga_family_with_latent(const ga_arch *a, int z, bool *is, ga_arch **out, ga_err *err)
{
    ga_draft d = {0};
    ga_arch *same = NULL;
    char text[16];
    *out = NULL;
    *is = ga_family_is(a->name) && set_all(&d, a->name, NULL) == GA_OK &&
          ga_family_open(a->name, &same, NULL) == GA_OK && strcmp(same->json, a->json) == 0;
    ga_arch_free(same);
    int i = 0;
    while (*is && d.row->face.knobs[i].name != NULL && strcmp(d.row->face.knobs[i].name, "z") != 0)
        i++;
    if (!*is || d.row->face.knobs[i].name == NULL) {
        *is = false;
        return GA_OK;
    }
    (void)snprintf(text, sizeof text, "%d", z);
    const ga_status s = set_knob(&d, i, text, err);
    return s == GA_OK ? open_draft(&d, out, err) : s;
}
