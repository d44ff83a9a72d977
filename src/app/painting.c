/* painting.c - see painting.h. */
#include "app/painting.h"
#include "app/latent_arg.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include <inttypes.h>
#include <string.h>

void ga_painting_free(ga_painting *p)
{
    ga_palette_free(p->palette);
    *p = (ga_painting){0};
}

/* ---- labels.json ------------------------------------------------------------------------------*/

static ga_status read_ids(const json_t *o, const ga_json_at *at, ga_painting *p, ga_err *err)
{
    const json_t *ids = json_object_get(o, "ids");
    const size_t n = json_array_size(ids);
    if (n < 1 || n > GA_PAINTING_MOST)
        return ga_json_fail(at, "ids", err, "is not a list of 1 to %d numbers", GA_PAINTING_MOST);
    for (size_t i = 0; i < n; i++) {
        const json_t *id = json_array_get(ids, i);
        if (!json_is_integer(id) || json_integer_value(id) < 0 ||
            json_integer_value(id) > UINT32_MAX)
            return ga_json_fail(at, "ids", err, "has an entry that is no number of a picture");
        p->id[i] = (uint64_t)json_integer_value(id);
        for (size_t k = 0; k < i; k++)
            if (p->id[k] == p->id[i])
                return ga_json_fail(at, "ids", err, "has %" PRIu64 " twice", p->id[i]);
    }
    p->n = (int)n;
    return GA_OK;
}

static ga_status read_about(const json_t *o, const char *path, ga_painting *p, ga_err *err)
{
    const ga_json_at at = {.where = path};
    const char *hash, *bn = "running";
    ga_status status = ga_json_get_string(o, &at, "generator_sha256", false, &hash, err);
    if (status == GA_OK && strlen(hash) != 64)
        status = ga_json_fail(&at, "generator_sha256", err, "is not 64 hex digits");
    if (status == GA_OK)
        status = ga_json_get_int(o, &at, "seed", false, 0, UINT32_MAX, &p->seed, err);
    if (status == GA_OK)
        status = ga_json_get_string(o, &at, "bn", true, &bn, err);
    if (status == GA_OK && strcmp(bn, "running") != 0 && strcmp(bn, "image") != 0)
        status = ga_json_fail(&at, "bn", err, "is '%.20s', expected running or image", bn);
    if (status != GA_OK)
        return status;
    memcpy(p->sha256, hash, sizeof p->sha256);
    p->bn = ga_bn_parse(bn);
    return read_ids(o, &at, p, err);
}

ga_status ga_painting_read(const char *folder, ga_painting *p, ga_err *err)
{
    ga_file file;
    json_t *o = NULL;
    *p = (ga_painting){0};
    char *path = ga_path_join(folder, "labels.json");
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = ga_file_open(path, &file, err);
    if (status == GA_ENOTFOUND)
        status = ga_fail(err, GA_ENOTFOUND,
                         "there is no '%s': `ganatomy parts paint` makes a folder of pictures to "
                         "paint",
                         path);
    if (status == GA_OK) {
        status = ga_palette_parse((const char *)file.data, file.size, path, &p->palette, err);
        if (status == GA_OK)
            status = ga_json_parse((const char *)file.data, file.size, path, &o, err);
        if (status == GA_OK)
            status = read_about(o, path, p, err);
        ga_file_close(&file);
    }
    json_decref(o);
    ga_mem_free(path);
    if (status != GA_OK)
        ga_painting_free(p);
    return status;
}

ga_status ga_painting_write(const char *folder, const ga_painting *p, const char *name, ga_err *err)
{
    ga_text t = {0};
    char *colors = NULL, *path = ga_path_join(folder, "labels.json");
    ga_status status = path == NULL ? ga_fail(err, GA_ENOMEM, "no memory for a path")
                                    : ga_palette_json(p->palette, &colors, err);
    if (status == GA_OK) {
        ga_text_add(&t, "{\n \"generator\": ");
        ga_text_add_json(&t, name);
        ga_text_addf(&t,
                     ",\n \"generator_sha256\": \"%s\",\n \"seed\": %" PRId64
                     ",\n \"bn\": \"%s\",\n \"ids\": [",
                     p->sha256, p->seed, p->bn == GA_BN_IMAGE ? "image" : "running");
        for (int i = 0; i < p->n; i++)
            ga_text_addf(&t, "%s%" PRIu64, i > 0 ? ", " : "", p->id[i]);
        ga_text_add(&t, "],\n");
        ga_text_add(&t, colors + strlen("{\n"));
        status = t.failed ? ga_fail(err, GA_ENOMEM, "%s: no memory for it", path)
                          : ga_file_write(path, t.data, t.length, err);
    }
    ga_vocabulary_text_free(colors);
    ga_text_free(&t);
    ga_mem_free(path);
    return status;
}

/* ---- pictures ---------------------------------------------------------------------------------*/

char *ga_painting_path(const char *folder, const ga_painting *p, int i, const char *category)
{
    char name[32 + GA_LABEL_NAME];
    int at = snprintf(name, sizeof name, "id-%" PRIu64 "%s", p->id[i], category != NULL ? "-" : "");
    for (const char *c = category; c != NULL && *c != 0 && at < 24 + GA_LABEL_NAME; c++) {
        const bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                           (*c >= '0' && *c <= '9') || *c == '-';
        name[at++] = plain ? *c : '_';
    }
    memcpy(name + at, ".png", sizeof ".png");
    return ga_path_join(folder, name);
}

static ga_status read_map(const char *folder, const ga_painting *p, int i, int category, int h,
                          int w, uint16_t *map, ga_err *err)
{
    const ga_vocabulary *v = ga_palette_vocabulary(p->palette);
    ga_image painted = {0};
    char *path = ga_painting_path(folder, p, i, ga_vocabulary_category(v, category));
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for a path");
    ga_status status = GA_OK;
    if (!ga_is_file(path))
        for (int k = 0; k < h * w; k++)
            map[k] = GA_UNPAINTED;
    else {
        status = ga_image_read(path, &painted, err);
        if (status == GA_OK)
            status = ga_palette_read(p->palette, &painted, category, path, h, w, map, err);
    }
    ga_image_free(&painted);
    ga_mem_free(path);
    return status;
}

ga_status ga_painting_maps(const char *folder, const ga_painting *p, int h, int w, uint16_t *maps,
                           ga_err *err)
{
    const int planes = ga_vocabulary_categories(ga_palette_vocabulary(p->palette));
    ga_status status = GA_OK;
    for (int i = 0; i < p->n && status == GA_OK; i++)
        for (int k = 0; k < planes && status == GA_OK; k++)
            status = read_map(
                folder, p, i, k, h, w,
                maps + ((size_t)i * (size_t)planes + (size_t)k) * (size_t)h * (size_t)w, err);
    return status;
}

ga_status ga_painting_latents(const ga_painting *p, const ga_model *m, float **z, int32_t **labels,
                              ga_err *err)
{
    const ga_arch *a = ga_model_arch(m);
    const int size = ga_latent_size(m), classes = ga_arch_classes(a);
    char hash[65];
    *z = NULL;
    *labels = NULL;
    ga_model_hash(m, hash);
    if (strcmp(hash, p->sha256) != 0)
        return ga_fail(err, GA_EINVAL,
                       "these pictures are of the generator with sha256 %.12s..., not of this one "
                       "with %.12s...: its activations would mean other things",
                       p->sha256, hash);
    *z = ga_mem_new((size_t)p->n, (size_t)size * sizeof **z);
    if (classes > 0)
        *labels = ga_mem_new((size_t)p->n, sizeof **labels);
    if (*z == NULL || (classes > 0 && *labels == NULL))
        return ga_fail(err, GA_ENOMEM, "no memory for %d latents", p->n);
    ga_status status = GA_OK;
    for (int i = 0; i < p->n && status == GA_OK; i++) {
        status = ga_latents(ga_arch_law(a), (uint32_t)p->seed, p->id[i], 1, size,
                            *z + (size_t)i * (size_t)size, err);
        if (classes > 0)
            ga_labels(classes, p->id[i], 1, &(*labels)[i]);
    }
    return status;
}
