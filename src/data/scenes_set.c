/* scenes_set.c - scenes as a data set: which ones a selection means, drawn by several threads. */
#include "ganatomy/scenes.h"
#include "data/reading.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { USUAL_PIXELS = 64, MAX_THREADS = 16, BLOCK = 16 /* scenes that a thread takes at a time */ };

/* Scenes index[0..n-1] into pixels; every thread takes blocks until there are none. */
typedef struct drawing {
    uint64_t seed;
    const uint32_t *index;
    int n, side;
    uint8_t *pixels;
    atomic_int next; /* block; beyond the last to stop */
    atomic_bool no_memory;
} drawing;

/* False when there was nothing left to take. */
static bool draw_block(drawing *d)
{
    const int from = atomic_fetch_add(&d->next, 1) * BLOCK;
    const size_t size = (size_t)d->side * (size_t)d->side * 3;
    for (int i = from; i < from + BLOCK && i < d->n; i++)
        if (ga_scene_draw(d->seed, d->index[i], d->side, d->pixels + (size_t)i * size, NULL, NULL,
                          NULL) != GA_OK)
            atomic_store(&d->no_memory, true);
    return from < d->n && !atomic_load(&d->no_memory);
}

static void *work(void *user)
{
    while (draw_block(user))
        ;
    return NULL;
}

static void report(drawing *d, const ga_progress *progress, int done)
{
    if (progress != NULL && progress->report != NULL)
        progress->report(progress->user, "pictures", (uint64_t)(done < d->n ? done : d->n),
                         (uint64_t)d->n);
}

static ga_status draw_all(drawing *d, const ga_progress *progress, ga_err *err)
{
    pthread_t thread[MAX_THREADS];
    const int wanted = ga_cpu_threads(0), blocks = (d->n + BLOCK - 1) / BLOCK;
    int others = 0;
    bool stopped = false;
    while (others < wanted - 1 && others < MAX_THREADS && others < blocks - 1 &&
           pthread_create(&thread[others], NULL, work, d) == 0)
        others++;
    do {
        if (progress != NULL && progress->cancelled != NULL &&
            progress->cancelled(progress->user)) {
            stopped = true;
            atomic_store(&d->next, blocks);
            break;
        }
        report(d, progress, atomic_load(&d->next) * BLOCK);
    } while (draw_block(d));
    for (int i = 0; i < others; i++)
        pthread_join(thread[i], NULL);
    if (stopped)
        return ga_fail(err, GA_EINTERRUPTED, "data set 'scenes': interrupted");
    if (atomic_load(&d->no_memory))
        return ga_fail(err, GA_ENOMEM, "data set 'scenes': out of memory");
    report(d, progress, d->n);
    return GA_OK;
}

/* Draws what was picked and makes the set; the labels of p move into it. */
static ga_status make_set(const ga_reading *r, ga_picked *p, ga_dataset **out, ga_err *err)
{
    const int side = r->what->pixels > 0 ? r->what->pixels : USUAL_PIXELS;
    const ga_dims dims = {3, side, side};
    const char *names[GA_SCENES_SEASONS];
    for (int i = 0; i < p->classes; i++)
        names[i] = ga_scenes_season_name(p->class_index[i]);
    size_t bytes = 0;
    ga_status status = ga_dataset_bytes(r->name, p->n, dims, &bytes, err);
    if (status != GA_OK)
        return status;
    uint8_t *pixels = ga_mem_new(bytes, 1);
    if (pixels == NULL)
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", r->name);
    const uint64_t seed = r->split == GA_SPLIT_TRAIN ? GA_SCENES_TRAIN_SEED : GA_SCENES_TEST_SEED;
    drawing d = {.seed = seed, .index = p->index, .n = p->n, .side = side, .pixels = pixels};
    status = draw_all(&d, r->progress, err);
    if (status != GA_OK) {
        ga_mem_free(pixels);
        return status;
    }
    status = ga_dataset_take(r->name, "", r->split, pixels, p->label, p->n, dims, p->classes, names,
                             out, err);
    p->label = NULL;
    if (status == GA_OK) {
        (*out)->scene = p->index;
        (*out)->scene_seed = seed;
        p->index = NULL;
    }
    return status;
}

ga_status ga_render_scenes(const ga_reading *r, ga_dataset **out, ga_err *err)
{
    const int n = r->split == GA_SPLIT_TRAIN ? GA_SCENES_TRAIN : GA_SCENES_TEST,
              side = r->what->pixels;
    if (side != 0 && (side < GA_SCENES_MIN_PIXELS || side > GA_SCENES_MAX_PIXELS))
        return ga_fail(err, GA_EINVAL, "data set '%s': %d pixels a side, it is drawn with %d to %d",
                       r->name, side, GA_SCENES_MIN_PIXELS, GA_SCENES_MAX_PIXELS);
    int32_t *label = ga_mem_new((size_t)n, sizeof *label);
    if (label == NULL)
        return ga_fail(err, GA_ENOMEM, "data set '%s': out of memory", r->name);
    char names[GA_SCENES_SEASONS][GA_CLASS_NAME] = {{0}};
    for (int i = 0; i < GA_SCENES_SEASONS; i++)
        memcpy(names[i], ga_scenes_season_name(i), strlen(ga_scenes_season_name(i)));
    for (int i = 0; i < n; i++)
        label[i] = ga_scenes_season((uint64_t)i);
    const ga_listing listing = {r->name, r->split, label, n, GA_SCENES_SEASONS, names};
    ga_picked picked;
    ga_status status = ga_pick(&listing, r->what, &picked, err);
    if (status == GA_OK)
        status = make_set(r, &picked, out, err);
    ga_picked_free(&picked);
    ga_mem_free(label);
    return status;
}

bool ga_dataset_scene(const ga_dataset *d, int i, uint64_t *seed, uint64_t *index)
{
    if (d->scene == NULL || i < 0 || i >= d->n)
        return false;
    *seed = d->scene_seed;
    *index = d->scene[i];
    return true;
}
