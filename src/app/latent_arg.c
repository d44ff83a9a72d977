/* latent_arg.c - parsing of the words for latents, ids and units. */
#include "app/latent_arg.h"
#include "base/alloc.h"
#include "base/file.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IDS = 1000000 };

const char *const ga_bn_words[] = {"running", "batch", "image", NULL};
const char *const ga_bn_words_alone[] = {"running", "image", NULL};

ga_bn_mode ga_bn_parse(const char *word)
{
    if (word != NULL && strcmp(word, "batch") == 0)
        return GA_BN_BATCH;
    return word != NULL && strcmp(word, "image") == 0 ? GA_BN_IMAGE : GA_BN_RUNNING;
}

int ga_latent_size(const ga_model *m)
{
    return (int)ga_dims_count(ga_arch_input(ga_model_arch(m)));
}

const char *ga_dims_words(ga_dims d, char *buf, size_t size)
{
    if (d.h == 1 && d.w == 1)
        snprintf(buf, size, "%d", d.c);
    else
        snprintf(buf, size, "%dx%dx%d", d.c, d.h, d.w);
    return buf;
}

/* ---- latents -----------------------------------------------------------------------------------*/

static ga_status parse_values(const char *text, int size, float *z, ga_err *err)
{
    char word[64];
    int n = 0;
    for (const char *at = text; at != NULL; n++) {
        const char *comma = strchr(at, ',');
        const size_t length = comma != NULL ? (size_t)(comma - at) : strlen(at);
        double v;
        if (length >= sizeof word)
            return ga_fail(err, GA_EINVAL, "latent '%.40s...': value %d is not a number", text, n);
        memcpy(word, at, length);
        word[length] = 0;
        if (!ga_parse_f64(word, &v))
            return ga_fail(err, GA_EINVAL,
                           "latent '%.60s': '%s' is not a number (a latent is id:N, %d numbers "
                           "v,v,..., or FILE.npy:ROW)",
                           text, word, size);
        if (!isfinite((float)v))
            return ga_fail(err, GA_EINVAL, "latent '%.60s': %s is beyond 32-bit floats", text, word);
        if (n < size)
            z[n] = (float)v;
        at = comma != NULL ? comma + 1 : NULL;
    }
    if (n == size)
        return GA_OK;
    int64_t id; /* the number of an image, most likely */
    if (n == 1 && ga_parse_i64(text, &id) && id >= 0)
        return ga_fail(err, GA_EINVAL,
                       "latent '%s' has 1 value, the model reads %d (did you mean image %s of the "
                       "seed's stream: 'id:%s'?)",
                       text, size, text, text);
    return ga_fail(err, GA_EINVAL, "latent '%.60s' has %d %s, the model reads %d", text, n,
                   n == 1 ? "value" : "values", size);
}

/* All rows of path; *z is freed with ga_mem_free. */
static ga_status read_rows(const char *path, const ga_model *m, float **z, int *n, ga_err *err)
{
    const int size = ga_latent_size(m);
    ga_weights *w;
    *z = NULL;
    ga_status s = ga_weights_read(path, 0, &w, err);
    if (s != GA_OK)
        return s;
    const ga_array *a = ga_weights_count(w) == 1 ? ga_weights_at(w, 0) : NULL;
    if (a == NULL || a->rank < 1 || a->rank > 2 || a->dim[a->rank - 1] != size || a->count == 0 ||
        a->count / (size_t)size > MAX_IDS) {
        if (a != NULL && a->rank == 2)
            s = ga_fail(err, GA_ESHAPE,
                        "'%s' holds rows of %lld values, the model reads latents of %d", path,
                        (long long)a->dim[1], size);
        else
            s = ga_fail(err, GA_ESHAPE, "'%s' is not one array of shape (n,%d)", path, size);
    } else if ((*z = ga_mem_new(a->count, sizeof **z)) == NULL) {
        s = ga_fail(err, GA_ENOMEM, "no memory for the latents of '%s'", path);
    } else {
        ga_array_to_f32(a, *z);
        *n = (int)(a->count / (size_t)size);
        for (size_t i = 0; i < a->count && s == GA_OK; i++)
            if (!isfinite((*z)[i]))
                s = ga_fail(err, GA_EDATA,
                            "'%s': value %zu of row %zu is not a number that fits 32-bit floats", path,
                            i % (size_t)size, i / (size_t)size);
    }
    if (s != GA_OK) {
        ga_mem_free(*z);
        *z = NULL;
    }
    ga_weights_free(w);
    return s;
}

static ga_status parse_row(const char *text, const char *colon, const ga_model *m, float *z,
                           ga_err *err)
{
    const int size = ga_latent_size(m);
    int64_t row;
    if (!ga_parse_i64(colon + 1, &row) || row < 0)
        return ga_fail(err, GA_EINVAL, "latent '%s': '%s' is not a row number", text, colon + 1);
    char *path = ga_mem_string_n(text, (size_t)(colon - text));
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory");
    float *rows;
    int n;
    ga_status s = read_rows(path, m, &rows, &n, err);
    if (s == GA_OK && row >= n)
        s = ga_fail(err, GA_EINVAL, "'%s' has no row %lld: its rows are 0 to %d", path,
                    (long long)row, n - 1);
    if (s == GA_OK)
        memcpy(z, rows + (size_t)row * (size_t)size, (size_t)size * sizeof *z);
    ga_mem_free(rows);
    ga_mem_free(path);
    return s;
}

static ga_status parse_latent(const char *text, const ga_model *m, uint32_t seed, float *z,
                              ga_err *err)
{
    const int size = ga_latent_size(m);
    const char *colon = strrchr(text, ':');
    if (colon == NULL && ga_ends_with(text, ".npy"))
        return ga_fail(err, GA_EINVAL, "latent '%s': which row? as in %s:0", text, text);
    if (ga_starts_with(text, "id:")) {
        int64_t id;
        if (!ga_parse_i64(text + 3, &id) || id < 0 || id > 1000000000)
            return ga_fail(err, GA_EINVAL, "latent '%s': an id is a whole number from 0 to 10^9",
                           text);
        return ga_latents(ga_arch_law(ga_model_arch(m)), seed, (uint64_t)id, 1, size, z, err);
    }
    return colon != NULL ? parse_row(text, colon, m, z, err) : parse_values(text, size, z, err);
}

ga_status ga_latent_parse(const char *text, const ga_model *m, uint32_t seed, float *z,
                          int32_t *label, ga_err *err)
{
    const char *mark = ga_label_mark(text);
    char *latent = ga_mem_string_n(text, mark != NULL ? (size_t)(mark - text) : strlen(text));
    if (latent == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory");
    ga_status s = parse_latent(latent, m, seed, z, err);
    if (s == GA_OK)
        s = ga_label_of(text, mark, m, label, err);
    ga_mem_free(latent);
    return s;
}

/* ---- sets of latents ---------------------------------------------------------------------------*/

ga_status ga_latent_set_create(const ga_model *m, int n, ga_latent_set *set, ga_err *err)
{
    const bool labelled = ga_arch_classes(ga_model_arch(m)) > 0;
    *set = (ga_latent_set){.n = n, .z = ga_mem_new((size_t)n * (size_t)ga_latent_size(m), sizeof *set->z)};
    if (labelled)
        set->labels = ga_mem_new((size_t)n, sizeof *set->labels);
    if (set->z != NULL && (set->labels != NULL || !labelled))
        return GA_OK;
    ga_latent_set_free(set);
    return ga_fail(err, GA_ENOMEM, "no memory for %d latents", n);
}

void ga_latent_set_free(ga_latent_set *set)
{
    ga_mem_free(set->z);
    ga_mem_free(set->labels);
    *set = (ga_latent_set){0};
}

ga_status ga_latent_set_parse(const char *text, const ga_model *m, uint32_t seed,
                              ga_latent_set *set, ga_err *err)
{
    int32_t label = -1;
    ga_status s = ga_latent_set_create(m, 1, set, err);
    if (s == GA_OK)
        s = ga_latent_parse(text, m, seed, set->z, &label, err);
    if (s == GA_OK && set->labels != NULL)
        set->labels[0] = label;
    if (s != GA_OK)
        ga_latent_set_free(set);
    return s;
}

ga_status ga_latent_set_read(const char *text, const ga_model *m, ga_latent_set *set, ga_err *err)
{
    const char *mark = ga_label_mark(text);
    char *path = ga_mem_string_n(text, mark != NULL ? (size_t)(mark - text) : strlen(text));
    int32_t label = -1;
    *set = (ga_latent_set){0};
    if (path == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory");
    ga_status s = ga_label_of(text, mark, m, &label, err);
    if (s == GA_OK)
        s = read_rows(path, m, &set->z, &set->n, err);
    if (s == GA_OK && label >= 0 &&
        (set->labels = ga_mem_new((size_t)set->n, sizeof *set->labels)) == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for %d labels", set->n);
    for (int i = 0; s == GA_OK && set->labels != NULL && i < set->n; i++)
        set->labels[i] = label;
    if (s != GA_OK)
        ga_latent_set_free(set);
    ga_mem_free(path);
    return s;
}

/* ---- lists of numbers --------------------------------------------------------------------------*/

static ga_status bad_list(const char *text, ga_err *err)
{
    return ga_fail(err, GA_EINVAL, "'%.80s' is not a list of numbers and ranges like 0-7,12,20-31",
                   text);
}

ga_status ga_ids_parse(const char *text, uint64_t **ids, int *n, ga_err *err)
{
    uint64_t *list = ga_mem_new(1, sizeof *list);
    size_t count = 0, room = 1;
    ga_status s = list == NULL ? GA_ENOMEM : GA_OK;
    *ids = NULL;
    *n = 0;
    for (const char *at = text; s == GA_OK && at != NULL;) {
        char *end;
        const bool digit = *at >= '0' && *at <= '9';
        const uint64_t first = strtoull(at, &end, 10);
        uint64_t last = first;
        if (digit && *end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtoull(end + 1, &end, 10);
        if (!digit || (*end != 0 && *end != ',') || last < first || last > 1000000000) {
            s = bad_list(text, err);
            break;
        }
        if (count + (last - first) + 1 > MAX_IDS) {
            s = ga_fail(err, GA_EINVAL, "'%.80s' lists more than %d numbers", text, MAX_IDS);
            break;
        }
        const size_t more = (size_t)(last - first) + 1;
        uint64_t *grown = ga_mem_resize(list, room, count + more, sizeof *list);
        if (grown == NULL) {
            s = ga_fail(err, GA_ENOMEM, "no memory for the list '%.80s'", text);
            break;
        }
        list = grown;
        room = count + more;
        for (uint64_t v = first; v <= last; v++)
            list[count++] = v;
        at = *end == ',' ? end + 1 : NULL;
    }
    if (s != GA_OK) {
        ga_mem_free(list);
        return s;
    }
    *ids = list;
    *n = (int)count;
    return GA_OK;
}

ga_status ga_units_parse(const char *text, int n_units, int **units, int *n, ga_err *err)
{
    uint64_t *ids;
    *units = NULL;
    ga_status s = ga_ids_parse(text, &ids, n, err);
    if (s != GA_OK)
        return s;
    int *list = ga_mem_new((size_t)*n, sizeof *list);
    bool *seen = ga_mem_new((size_t)n_units, sizeof *seen);
    if (list == NULL || seen == NULL)
        s = ga_fail(err, GA_ENOMEM, "no memory for %d units", *n);
    for (int i = 0; s == GA_OK && i < *n; i++) {
        if (ids[i] >= (uint64_t)n_units)
            s = ga_fail(err, GA_EINVAL, "there is no unit %" PRIu64 ": units are 0 to %d", ids[i],
                        n_units - 1);
        else if (seen[ids[i]])
            s = ga_fail(err, GA_EINVAL, "unit %" PRIu64 " is listed twice", ids[i]);
        else {
            seen[ids[i]] = true;
            list[i] = (int)ids[i];
        }
    }
    ga_mem_free(seen);
    ga_mem_free(ids);
    if (s != GA_OK) {
        ga_mem_free(list);
        return s;
    }
    *units = list;
    return GA_OK;
}
