/* scores.c - numbers about what was seen of fakes and reals. */
#include "base/alloc.h"
#include "base/text.h"
#include "ganatomy/metric.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- the table of scores ----------------------------------------------------------------------*/

static const struct {
    const char *name;
    ga_better better;
    const char *words;
} table[GA_SCORE_COUNT] = {
#define GA_SCORE_ROW(id, name, better, words) {name, GA_BETTER_##better, words},
    GA_SCORE_MAP(GA_SCORE_ROW)
#undef GA_SCORE_ROW
};

const char *ga_score_name(ga_score_id id)
{
    return table[id].name;
}

ga_better ga_score_better(ga_score_id id)
{
    return table[id].better;
}

const char *ga_score_words(ga_score_id id)
{
    return table[id].words;
}

static ga_status unknown_score(const char *word, int length, ga_err *err)
{
    const char *names[GA_SCORE_COUNT + 2] = {"all"};
    char copy[32];
    ga_text list = {0};
    for (int i = 0; i < GA_SCORE_COUNT; i++) {
        names[i + 1] = table[i].name;
        ga_text_addf(&list, ", %s", table[i].name);
    }
    snprintf(copy, sizeof copy, "%.*s", length, word);
    static const char *const known_as[][2] = {
        {"fid", "frechet"}, {"kid", "kernel"}, {"is", "inception"}};
    const char *nearest = ga_nearest_word(copy, names);
    for (size_t i = 0; i < sizeof known_as / sizeof *known_as; i++)
        if (strcasecmp(copy, known_as[i][0]) == 0)
            nearest = known_as[i][1];
    const ga_status status = ga_fail(
        err, GA_EINVAL, "no score '%s'%s%s%s: expected all%s", copy, nearest ? " (nearest: '" : "",
        nearest ? nearest : "", nearest ? "')" : "", list.data != NULL ? list.data : " or names");
    ga_text_free(&list);
    return status;
}

ga_status ga_scores_parse(const char *text, unsigned *set, ga_err *err)
{
    unsigned found = 0;
    for (const char *at = text; at != NULL;) {
        const char *comma = strchr(at, ',');
        const size_t length = comma != NULL ? (size_t)(comma - at) : strlen(at);
        int id = 0;
        if (length == 3 && memcmp(at, "all", 3) == 0) {
            found |= (1u << GA_SCORE_COUNT) - 1;
        } else {
            while (id < GA_SCORE_COUNT &&
                   (strlen(table[id].name) != length || memcmp(table[id].name, at, length) != 0))
                id++;
            if (id == GA_SCORE_COUNT)
                return unknown_score(at, (int)length, err);
            found |= 1u << id;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    *set = found;
    return GA_OK;
}

/* ---- Fréchet distance -------------------------------------------------------------------------*/

static ga_status check_together(const ga_sight *a, const ga_sight *b, ga_err *err)
{
    if (memcmp(a->by, b->by, sizeof a->by) != 0)
        return ga_fail(err, GA_EINVAL,
                       "pictures seen by the network %.12s... and pictures seen by %.12s... cannot "
                       "be compared",
                       a->by, b->by);
    if (a->moments == NULL || b->moments == NULL)
        return ga_fail(err, GA_EDATA, "a distance of pictures whose features were not looked at");
    if (ga_moments_d(a->moments) != ga_moments_d(b->moments))
        return ga_fail(err, GA_ESHAPE, "a distance of %d features to %d", ga_moments_d(a->moments),
                       ga_moments_d(b->moments));
    return GA_OK;
}

ga_status ga_sight_distance(const ga_sight *a, const ga_sight *b, double *distance, ga_err *err)
{
    ga_status status = check_together(a, b, err);
    if (status != GA_OK)
        return status;
    const int d = ga_moments_d(a->moments);
    const size_t size = (size_t)d;
    double *room = ga_mem_new(2 * size * (size + 1), sizeof *room);
    if (room == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the covariances of %d features", d);
    double *m1 = room, *m2 = m1 + size, *c1 = m2 + size, *c2 = c1 + size * size;
    status = ga_moments_get(a->moments, m1, c1, err);
    if (status == GA_OK)
        status = ga_moments_get(b->moments, m2, c2, err);
    if (status == GA_OK)
        status = ga_frechet(m1, c1, m2, c2, d, distance, err);
    ga_mem_free(room);
    return status;
}

/* ---- the others -------------------------------------------------------------------------------*/

ga_scores_options ga_scores_defaults(void)
{
    return (ga_scores_options){
        .k = 3, .kernel = {100, 1000, 0}, .splits = 10, .duplicate = 0.01, .threads = 1};
}

/* What the functions below share. */
typedef struct job {
    const ga_sight *fake, *real, *train;
    ga_points fakes, reals;
    unsigned set;
    const ga_scores_options *options;
    ga_scores *out;
} job;

static void give(job *j, ga_score_id id, ga_score score)
{
    if ((j->set & 1u << id) == 0)
        return;
    score.have = true;
    j->out->score[id] = score;
}

static bool wants(const job *j, unsigned set)
{
    return (j->set & set) != 0;
}

static ga_status score_frechet(job *j, ga_err *err)
{
    double distance = 0;
    const ga_status status = ga_sight_distance(j->fake, j->real, &distance, err);
    give(j, GA_SCORE_FRECHET, (ga_score){.value = distance});
    return status;
}

static ga_status score_kernel(job *j, ga_err *err)
{
    ga_kernel_distance k = {0};
    const ga_status status = ga_kernel_distance_of(j->fakes, j->reals, &j->options->kernel,
                                                   j->options->threads, &k, err);
    give(j, GA_SCORE_KERNEL, (ga_score){.value = k.mean, .spread = k.sd});
    j->out->kernel_size = k.size;
    return status;
}

static ga_status score_balls(job *j, ga_err *err)
{
    ga_manifold m = {0};
    const ga_status status = ga_manifolds(j->reals, j->fakes, j->options->k, j->options->threads,
                                          &m, err);
    give(j, GA_SCORE_PRECISION, (ga_score){.value = m.precision});
    give(j, GA_SCORE_RECALL, (ga_score){.value = m.recall});
    give(j, GA_SCORE_DENSITY, (ga_score){.value = m.density});
    give(j, GA_SCORE_COVERAGE, (ga_score){.value = m.coverage});
    return status;
}

static ga_status score_inception(job *j, ga_err *err)
{
    const size_t n = j->fake->n, k = (size_t)j->fake->classes;
    double mean = 0, sd = 0;
    float *softmax = ga_mem_new(n * k, sizeof *softmax);
    if (softmax == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the classes of %zu samples", n);
    for (size_t i = 0; i < n; i++) {
        const float *logits = j->fake->logits + i * k;
        int best;
        const double share = ga_certainty_of(logits, (int)k, GA_CERTAINTY_SOFTMAX, &best);
        for (size_t c = 0; c < k; c++)
            softmax[i * k + c] = (float)(share * exp((double)logits[c] - (double)logits[best]));
    }
    const ga_status status = ga_inception_score(softmax, n, (int)k, j->options->splits, &mean, &sd,
                                                err);
    give(j, GA_SCORE_INCEPTION, (ga_score){.value = mean, .spread = sd});
    ga_mem_free(softmax);
    return status;
}

static ga_score share_of(size_t right, size_t n)
{
    ga_score s = {.value = (double)right / (double)n};
    ga_wilson(right, n, &s.lo, &s.hi);
    return s;
}

static void score_classes(job *j)
{
    const int k = j->fake->classes;
    double fake[GA_METRIC_MAX_CLASSES], real[GA_METRIC_MAX_CLASSES];
    int present = 0;
    for (int c = 0; c < k; c++) {
        fake[c] = (double)j->fake->count[c] / (double)j->fake->n;
        real[c] = (double)j->real->count[c] / (double)j->real->n;
        present += fake[c] > 0.01;
    }
    give(j, GA_SCORE_BALANCE, (ga_score){.value = ga_total_variation(fake, NULL, k)});
    give(j, GA_SCORE_SHIFT, (ga_score){.value = ga_total_variation(fake, real, k)});
    give(j, GA_SCORE_PRESENT, (ga_score){.value = present});
    give(j, GA_SCORE_CERTAINTY, (ga_score){.value = j->fake->certainty});
    if (j->fake->has_labels)
        give(j, GA_SCORE_LABELS, share_of(j->fake->right, j->fake->n));
}

/* The reals say how near near-duplicates are, the fakes how many of them there are. */
static ga_status score_support(job *j, ga_err *err)
{
    const int threads = j->options->threads;
    double radius = 0;
    float *nearest = ga_mem_new(j->reals.n, sizeof *nearest);
    if (nearest == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for the neighbours of %zu pictures", j->reals.n);
    ga_status status = ga_neighbours(j->reals, 1, threads, nearest, err);
    if (status == GA_OK)
        status = ga_quantiles(nearest, j->reals.n, &j->options->duplicate, 1, &radius, err);
    ga_mem_free(nearest);
    if (status == GA_OK)
        status = ga_close_pairs(j->fakes, (float)radius, threads, &j->out->duplicates, err);
    if (status != GA_OK)
        return status;
    const ga_birthday b = ga_birthday_of(j->out->duplicates, j->fakes.n);
    give(j, GA_SCORE_SUPPORT, (ga_score){.value = b.support, .at_least = b.at_least});
    j->out->duplicate = radius;
    j->out->birthday = b.batch;
    return GA_OK;
}

static ga_status score_copying(job *j, ga_err *err)
{
    const size_t n = j->fakes.n, m = j->reals.n;
    const int threads = j->options->threads;
    const ga_points pool = {j->train->features, j->train->n, j->fakes.d};
    ga_rank_share r = {0};
    float *fake = ga_mem_new(n, sizeof *fake), *real = ga_mem_new(m, sizeof *real);
    ga_status status = fake != NULL && real != NULL
                           ? GA_OK
                           : ga_fail(err, GA_ENOMEM, "no memory for %zu neighbours", n + m);
    if (status == GA_OK)
        status = ga_nearest(j->fakes, pool, 1, threads, NULL, fake, err);
    if (status == GA_OK)
        status = ga_nearest(j->reals, pool, 1, threads, NULL, real, err);
    if (status == GA_OK)
        status = ga_rank_compare(fake, n, real, m, &r, err);
    give(j, GA_SCORE_COPYING, (ga_score){.value = r.share});
    j->out->copying_z = r.z;
    j->out->n_train = j->train->n;
    ga_mem_free(fake);
    ga_mem_free(real);
    return status;
}

static ga_status check_sights(const ga_sight *fake, const ga_sight *real, const ga_sight *train,
                              ga_err *err)
{
    ga_status status = check_together(fake, real, err);
    if (status == GA_OK && train != NULL)
        status = check_together(fake, train, err);
    if (status == GA_OK && (fake->features == NULL || real->features == NULL ||
                            (train != NULL && train->features == NULL)))
        status = ga_fail(err, GA_EINVAL, "scores of pictures of which nothing was remembered");
    const int d = status == GA_OK ? ga_moments_d(fake->moments) : 0;
    if (status == GA_OK)
        status = ga_points_check((ga_points){fake->features, fake->n, d}, "features of samples",
                                 err);
    if (status == GA_OK)
        status = ga_points_check((ga_points){real->features, real->n, d}, "features of pictures",
                                 err);
    return status;
}

ga_status ga_scores_of(const ga_sight *fake, const ga_sight *real, const ga_sight *train,
                       unsigned set, const ga_scores_options *options, ga_scores *out,
                       const ga_progress *progress, ga_err *err)
{
    ga_status status = check_sights(fake, real, train, err);
    if (status != GA_OK)
        return status;
    const int d = ga_moments_d(fake->moments);
    ga_scores s = {.options = *options,
                   .n_fake = fake->n,
                   .n_real = real->n,
                   .features = d,
                   .classes = fake->classes};
    memcpy(s.by, fake->by, sizeof s.by);
    job j = {fake, real,    train, {fake->features, fake->n, d}, {real->features, real->n, d},
             set,  options, &s};
    const struct {
        unsigned set;
        ga_status (*run)(job *j, ga_err *err);
    } parts[] = {
        {1u << GA_SCORE_FRECHET, score_frechet},
        {1u << GA_SCORE_KERNEL, score_kernel},
        {1u << GA_SCORE_PRECISION | 1u << GA_SCORE_RECALL | 1u << GA_SCORE_DENSITY |
             1u << GA_SCORE_COVERAGE,
         score_balls},
        {1u << GA_SCORE_INCEPTION, score_inception},
        {1u << GA_SCORE_SUPPORT, score_support},
        {train != NULL ? 1u << GA_SCORE_COPYING : 0, score_copying},
    };
    const size_t n_parts = sizeof parts / sizeof *parts;
    score_classes(&j);
    for (size_t p = 0; p < n_parts && status == GA_OK; p++) {
        if (wants(&j, parts[p].set))
            status = parts[p].run(&j, err);
        if (status == GA_OK && progress != NULL && progress->report != NULL)
            progress->report(progress->user, "scores", p + 1, n_parts);
        if (status == GA_OK && progress != NULL && progress->cancelled != NULL &&
            progress->cancelled(progress->user))
            status = ga_fail(err, GA_EINTERRUPTED, "stopped after %zu of %zu scores", p + 1,
                             n_parts);
    }
    if (status == GA_OK)
        *out = s;
    return status;
}
