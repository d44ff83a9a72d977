/* study_sets.c - the images that the study works on. */
#include "app/latent_arg.h"
#include "app/study.h"
#include "base/alloc.h"
#include "base/json.h"
#include <math.h>
#include <string.h>

const char *const study_keys[N_SETS] = {"zeros", "ones",   "threes",        "fours",
                                        "fives", "sevens", "crossed_sevens"};
const int study_digits[N_SETS] = {0, 1, 3, 4, 5, 7, 7};

/* How many images of the stream are looked through for confident samples. */
enum { CANDIDATES = 1000 };

static ga_status no_memory(ga_err *err)
{
    return ga_fail(err, GA_ENOMEM, "no memory for the images of the study");
}

/* ---- from a file ------------------------------------------------------------------------------*/

static ga_status read_set(study *st, const json_t *rows, const ga_json_at *at, int k, ga_err *err)
{
    const int size = ga_latent_size(st->model);
    const size_t n = json_array_size(rows);
    if (!json_is_array(rows))
        return ga_json_fail(at, study_keys[k], err, "%s, expected a list of %d to %d latents",
                            rows == NULL ? "is missing" : "is no list", N_FIRST, MAX_SET);
    if (n < N_FIRST || n > MAX_SET)
        return ga_json_fail(at, study_keys[k], err, "found %zu latents, expected %d to %d", n,
                            N_FIRST, MAX_SET);
    st->set[k].n = (int)n;
    st->set[k].z = ga_mem_new(n * (size_t)size, sizeof(float));
    if (st->set[k].z == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(rows, i);
        if (!json_is_array(row) || json_array_size(row) != (size_t)size)
            return ga_json_fail(at, study_keys[k], err,
                                "latent %zu: found %zu numbers, the model reads %d", i,
                                json_array_size(row), size);
        for (int d = 0; d < size; d++) {
            const json_t *x = json_array_get(row, (size_t)d);
            if (!json_is_number(x))
                return ga_json_fail(at, study_keys[k], err, "latent %zu: value %d is not a number",
                                    i, d);
            const float value = (float)json_number_value(x);
            if (!isfinite(value))
                return ga_json_fail(at, study_keys[k], err,
                                    "latent %zu: value %d is %g, beyond 32-bit floats", i, d,
                                    json_number_value(x));
            st->set[k].z[i * (size_t)size + (size_t)d] = value;
        }
    }
    return GA_OK;
}

static ga_status read_file(study *st, const char *path, ga_err *err)
{
    const char *keys[N_SETS + 1] = {NULL};
    json_t *doc;
    ga_status s = ga_json_read(path, &doc, err);
    if (s != GA_OK)
        return s;
    const ga_json_at at = {.where = path};
    memcpy(keys, study_keys, sizeof study_keys);
    if (!json_is_object(doc))
        s = ga_fail(err, GA_EDATA, "%s: expected an object with the keys zeros, ones, ...", path);
    else
        s = ga_json_only(doc, &at, keys, err);
    for (int k = 0; k < N_SETS && s == GA_OK; k++)
        s = read_set(st, json_object_get(doc, study_keys[k]), &at, k, err);
    json_decref(doc);
    return s;
}

/* ---- by choice --------------------------------------------------------------------------------*/

/* What a crossed seven has and a plain one lacks: ink on both sides of the stem at half height. The
 * middle fifth of the rows, without the columns around each row's peak; the lesser side counts. */
static double cross_ink(const study *st, const float *picture)
{
    const int h = st->picture.h, w = st->picture.w;
    double left = 0, right = 0;
    for (int y = h * 2 / 5; y < h * 3 / 5; y++) {
        int peak = 0;
        for (int x = 1; x < w; x++)
            if (picture[y * w + x] > picture[y * w + peak])
                peak = x;
        for (int x = 0; x < w; x++) {
            const double ink = (double)(picture[y * w + x] - st->scale.lo);
            left += x < peak - w / 10 ? ink : 0;
            right += x > peak + w / 10 ? ink : 0;
        }
    }
    return left < right ? left : right;
}

typedef struct pool {
    float *z, *pictures; /* (CANDIDATES, ...) */
    int *labels;
    double *certainty;
} pool;

static void keep(study *st, const pool *p, int k, int candidate)
{
    const size_t size = (size_t)ga_latent_size(st->model);
    memcpy(st->set[k].z + (size_t)st->set[k].n * size, p->z + (size_t)candidate * size,
           size * sizeof(float));
    st->set[k].n++;
}

/* Five images of a digit read with at least `floor`, in the order of the stream; the crossed kind:
 * the five sevens with most cross ink. */
static void choose(study *st, const pool *p, int k, double floor)
{
    while (st->set[k].n < N_FIRST) {
        int best = -1;
        double most = -1;
        for (int i = 0; i < CANDIDATES; i++) {
            const float *picture = p->pictures + (size_t)i * study_picture_size(st);
            if (p->labels[i] != study_digits[k] || p->certainty[i] < floor)
                continue;
            const double rank = k == CROSSED ? cross_ink(st, picture) : (double)(CANDIDATES - i);
            if (rank > most) {
                best = i;
                most = rank;
            }
        }
        if (best < 0)
            return;
        keep(st, p, k, best);
        p->labels[best] = -1; /* an image is used once */
    }
}

static ga_status choose_all(study *st, pool *p, ga_err *err)
{
    const int size = ga_latent_size(st->model);
    const uint32_t seed = (uint32_t)st->seed;
    ga_status s = ga_latents(ga_arch_law(ga_model_arch(st->model)), seed, 0, CANDIDATES, size, p->z,
                             err);
    if (s == GA_OK)
        s = ga_lab_render(st->lab[0], p->z, NULL, CANDIDATES, NULL, p->pictures, err);
    if (s == GA_OK)
        s = study_look(st, p->pictures, CANDIDATES, -1, p->labels, p->certainty, err);
    /* The crossed ones come first, so that plain sevens do not take them. */
    static const int order[N_SETS] = {CROSSED, ZEROS, ONES, THREES, FOURS, FIVES, SEVENS};
    for (int i = 0; i < N_SETS && s == GA_OK; i++) {
        const int k = order[i];
        st->set[k].z = ga_mem_new((size_t)N_FIRST * (size_t)size, sizeof(float));
        if (st->set[k].z == NULL)
            return no_memory(err);
        static const double floors[] = {0.99, 0.9, 0.5, 0};
        for (size_t f = 0; f < sizeof floors / sizeof *floors; f++)
            choose(st, p, k, floors[f]);
        if (st->set[k].n < N_FIRST)
            s = ga_fail(err, GA_EDATA,
                        "the classifier reads fewer than %d of %d images as %d: the study needs a "
                        "generator of digits and a classifier that reads them",
                        N_FIRST, CANDIDATES, study_digits[k]);
    }
    ga_text_addf(
        &st->crossed_words,
        "No latents were given, so the study picked confident samples of seed %llu. It has "
        "no way to know crossed sevens: the five sevens with most ink on both sides of the "
        "stem stand in for them.",
        (unsigned long long)st->seed);
    return s;
}

static ga_status choose_sets(study *st, ga_err *err)
{
    const size_t n = CANDIDATES;
    pool p = {.z = ga_mem_new(n * (size_t)ga_latent_size(st->model), sizeof(float)),
              .pictures = ga_mem_new(n * study_picture_size(st), sizeof(float)),
              .labels = ga_mem_new(n, sizeof(int)),
              .certainty = ga_mem_new(n, sizeof(double))};
    const ga_status s = p.z == NULL || p.pictures == NULL || p.labels == NULL || p.certainty == NULL
                            ? no_memory(err)
                            : choose_all(st, &p, err);
    ga_mem_free(p.z);
    ga_mem_free(p.pictures);
    ga_mem_free(p.labels);
    ga_mem_free(p.certainty);
    return s;
}

ga_status study_read_sets(study *st, const char *path, ga_err *err)
{
    ga_status s = path != NULL ? read_file(st, path, err) : choose_sets(st, err);
    for (int k = 0; k < N_SETS && s == GA_OK; k++) {
        study_set *set = &st->set[k];
        const size_t n = (size_t)set->n;
        set->pictures = ga_mem_new(n * study_picture_size(st), sizeof(float));
        for (int layer = 0; layer < 2; layer++)
            set->maps[layer] = ga_mem_new(n * study_map_size(st, layer), sizeof(float));
        if (set->pictures == NULL || set->maps[0] == NULL || set->maps[1] == NULL)
            return no_memory(err);
        s = ga_lab_render(st->lab[0], set->z, NULL, set->n, set->maps[0], set->pictures, err);
        if (s == GA_OK)
            s = ga_lab_render(st->lab[1], set->z, NULL, set->n, set->maps[1], NULL, err);
    }
    return s;
}
