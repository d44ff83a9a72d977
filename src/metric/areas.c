/* areas.c - how much of pictures each label has. */
#include "base/alloc.h"
#include "ganatomy/areas.h"
#include "ganatomy/stat.h"
#include <math.h>
#include <string.h>

struct ga_areas {
    const ga_vocabulary *vocabulary;
    int labels;          /* L */
    ga_moments *moments; /* of (L + K) numbers a picture: areas by label (entry 0 unused), then of
                            each category what has none of its labels */
    uint64_t *pictures;  /* (L) */
    uint64_t *pixels;    /* (L) of the picture at hand */
    int64_t none[GA_MAX_CATEGORIES];
    float *row; /* (L + K) */
};

ga_status ga_areas_create(const ga_vocabulary *v, ga_areas **out, ga_err *err)
{
    const int labels = ga_vocabulary_n(v), all = labels + ga_vocabulary_categories(v);
    ga_areas *a = *out = ga_mem_new(1, sizeof *a);
    if (a == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for areas");
    *a = (ga_areas){.vocabulary = v,
                    .labels = labels,
                    .pictures = ga_mem_new((size_t)labels, sizeof *a->pictures),
                    .pixels = ga_mem_new((size_t)labels, sizeof *a->pixels),
                    .row = ga_mem_new((size_t)all, sizeof *a->row)};
    ga_status status = GA_OK;
    if (a->pictures == NULL || a->pixels == NULL || a->row == NULL)
        status = ga_fail(err, GA_ENOMEM, "no memory for areas of %d labels", labels);
    if (status == GA_OK)
        status = ga_moments_create(all, &a->moments, err);
    if (status != GA_OK) {
        ga_areas_free(a);
        *out = NULL;
    }
    return status;
}

void ga_areas_free(ga_areas *a)
{
    if (a == NULL)
        return;
    ga_moments_free(a->moments);
    ga_mem_free(a->pictures);
    ga_mem_free(a->pixels);
    ga_mem_free(a->row);
    ga_mem_free(a);
}

/* One picture's map (D,H,W), its labels checked. */
static void add_one(ga_areas *a, const uint16_t *map, size_t entries, size_t picture)
{
    const ga_vocabulary *v = a->vocabulary;
    const double scale = 100 / (double)picture;
    memset(a->pixels, 0, (size_t)a->labels * sizeof *a->pixels);
    for (size_t i = 0; i < entries; i++)
        a->pixels[map[i]]++;
    for (int k = 0; k < ga_vocabulary_categories(v); k++)
        a->none[k] = (int64_t)picture;
    for (int c = 1; c < a->labels; c++) {
        a->row[c] = (float)(scale * (double)a->pixels[c]);
        a->none[ga_vocabulary_at(v, c).category] -= (int64_t)a->pixels[c];
        a->pictures[c] += a->pixels[c] > 0;
    }
    for (int k = 0; k < ga_vocabulary_categories(v); k++)
        a->row[a->labels + k] = (float)(scale * (double)a->none[k]);
    ga_moments_add(a->moments, a->row, 1);
}

ga_status ga_areas_add(ga_areas *a, ga_label_maps maps, ga_err *err)
{
    const size_t picture = (size_t)maps.h * (size_t)maps.w, entries = (size_t)maps.d * picture;
    for (size_t i = 0; i < (size_t)maps.n * entries; i++)
        if (maps.data[i] >= a->labels)
            return ga_fail(err, GA_EDATA, "label %d in map %zu: there are %d labels", maps.data[i],
                           i / entries, a->labels);
    for (int i = 0; i < maps.n; i++)
        add_one(a, maps.data + (size_t)i * entries, entries, picture);
    return GA_OK;
}

uint64_t ga_areas_n(const ga_areas *a)
{
    return ga_moments_n(a->moments);
}

ga_area ga_areas_of(const ga_areas *a, int label)
{
    ga_area area = {.pictures = a->pictures[label]};
    const double n = (double)ga_areas_n(a);
    double variance;
    ga_moments_one(a->moments, label, &area.mean, &variance);
    area.error = n > 1 ? sqrt(variance / n) : 0;
    return area;
}

ga_area_change ga_area_change_of(ga_area made, ga_area real)
{
    if (!(made.mean > 0 && real.mean > 0))
        return (ga_area_change){0};
    const double ratio = made.mean / real.mean;
    const double reach = 1.959963984540054 * hypot(made.error / made.mean, real.error / real.mean);
    return (ga_area_change){true, ratio - 1, ratio * exp(-reach) - 1, ratio * exp(reach) - 1};
}

/* ---- distance ---------------------------------------------------------------------------------*/

/* Mean (n) and covariance (n,n) of some of the (all) numbers of the moments. */
static ga_status pick(const ga_areas *a, const int *which, int n, double *mean, double *covariance,
                      ga_err *err)
{
    const size_t all = (size_t)ga_moments_d(a->moments);
    double *m = ga_mem_new(all, sizeof *m), *c = ga_mem_new(all * all, sizeof *c);
    ga_status status = m != NULL && c != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for %zu x %zu covariances", all,
                                     all);
    if (status == GA_OK)
        status = ga_moments_get(a->moments, m, c, err);
    for (int i = 0; status == GA_OK && i < n; i++) {
        mean[i] = m[which[i]];
        for (int j = 0; j < n; j++)
            covariance[i * n + j] = c[(size_t)which[i] * all + (size_t)which[j]];
    }
    ga_mem_free(m);
    ga_mem_free(c);
    return status;
}

/* room: (2 n + 2 n n). */
static ga_status distance_of(const ga_areas *made, const ga_areas *real, const int *which, int n,
                             double *room, ga_areas_distance *out, ga_err *err)
{
    double *m1 = room, *m2 = m1 + n, *c1 = m2 + n, *c2 = c1 + (size_t)n * (size_t)n;
    ga_status status = pick(made, which, n, m1, c1, err);
    if (status == GA_OK)
        status = pick(real, which, n, m2, c2, err);
    if (status != GA_OK)
        return status;
    for (int i = 0; i < n; i++)
        out->means += (m1[i] - m2[i]) * (m1[i] - m2[i]);
    return ga_frechet(m1, c1, m2, c2, n, &out->distance, err);
}

ga_status ga_areas_compare(const ga_areas *made, const ga_areas *real, int category,
                           ga_areas_distance *out, ga_err *err)
{
    const ga_vocabulary *v = made->vocabulary;
    *out = (ga_areas_distance){0};
    if (real->labels != made->labels ||
        ga_vocabulary_categories(real->vocabulary) != ga_vocabulary_categories(v))
        return ga_fail(err, GA_ESHAPE, "areas of %d labels against those of %d", made->labels,
                       real->labels);
    if (category < 0 || category >= ga_vocabulary_categories(v))
        return ga_fail(err, GA_EINVAL, "category %d of %d", category, ga_vocabulary_categories(v));
    int *which = ga_mem_new((size_t)made->labels, sizeof *which), n = 0;
    if (which == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the labels of a category");
    which[n++] = made->labels + category;
    for (int c = 1; c < made->labels; c++)
        if (ga_vocabulary_at(v, c).category == category)
            which[n++] = c;
    out->components = n;
    double *room = ga_mem_new(2 * (size_t)n * ((size_t)n + 1), sizeof *room);
    const ga_status status = room != NULL
                                 ? distance_of(made, real, which, n, room, out, err)
                                 : ga_fail(err, GA_ENOMEM, "no memory for %d covariances", n);
    ga_mem_free(room);
    ga_mem_free(which);
    return status;
}
