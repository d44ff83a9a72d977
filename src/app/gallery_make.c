/* gallery_make.c - the runs of a gallery made, some at a time; see gallery.h.
 *
 * Each job is a thread that takes the next run and asks for it as the command would be asked, a
 * request on `train gan` with one thread. What the threads share is guarded by one lock. */
#include "app/gallery.h"
#include "app/runs.h"
#include "base/alloc.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

extern const ga_verb ga_verb_train_gan;

typedef struct crew {
    ga_request *rq;
    const ga_gallery_plan *plan;
    const bool *wanted;
    atomic_bool over; /* something failed: all stop */
    pthread_mutex_t lock;
    /* under the lock */
    size_t next, made, diverged, of;
    uint64_t steps; /* done by all */
    ga_status status;
    ga_err err;
} crew;

/* What one run reports to. */
typedef struct seat {
    crew *crew;
    size_t run;
    uint64_t done;
} seat;

static bool is_over(void *user)
{
    const seat *at = user;
    const ga_progress *p = ga_rq_progress(at->crew->rq);
    return atomic_load(&at->crew->over) || (p->cancelled != NULL && p->cancelled(p->user));
}

static void on_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    seat *at = user;
    crew *c = at->crew;
    const ga_progress *p = ga_rq_progress(c->rq);
    (void)total;
    if (strcmp(what, "steps") != 0 || p->report == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    c->steps += done - at->done;
    at->done = done;
    p->report(p->user, "steps", c->steps, c->of * (uint64_t)c->plan->steps);
    pthread_mutex_unlock(&c->lock);
}

/* A request being filled; the first refusal sticks. */
typedef struct filling {
    ga_request *rq;
    ga_status status;
    ga_err *err;
} filling;

static void set(const char *option, const char *value, void *user)
{
    filling *f = user;
    if (f->status == GA_OK)
        f->status = ga_request_set(f->rq, option, value != NULL ? value : "true", f->err);
}

static ga_status train(crew *c, size_t run, ga_err *err)
{
    seat at = {.crew = c, .run = run};
    ga_text command = {0};
    const ga_request_sink sink = {
        .progress = {.report = on_progress, .cancelled = is_over, .user = &at}, .user = &at};
    filling f = {.err = err};
    f.status = ga_request_create(&ga_verb_train_gan, &sink, &f.rq, err);
    if (f.status != GA_OK)
        return f.status;
    ga_gallery_options(c->plan, run, set, &f);
    ga_gallery_command(c->plan, run, &command);
    set("home", ga_rq_home(c->rq), &f);
    set("threads", "1", &f);
    set("resume", "true", &f);
    if (command.failed)
        f.status = ga_fail(err, GA_ENOMEM, "no memory for a command");
    if (f.status == GA_OK) {
        ga_request_set_command(f.rq, command.data);
        f.status = ga_request_run(f.rq, err);
    }
    ga_request_free(f.rq);
    ga_text_free(&command);
    return f.status;
}

/* Under the lock: how a run ended. */
static void note_end(crew *c, size_t run, ga_status status, const ga_err *err)
{
    if (status == GA_OK || status == GA_EDIVERGED) {
        c->made++;
        c->diverged += status == GA_EDIVERGED;
        ga_rq_say(c->rq, "%zu of %zu: %s%s", c->made, c->of, c->plan->run[run].name,
                  status == GA_OK ? "" : " diverged, which is a result too");
        return;
    }
    atomic_store(&c->over, true);
    if (c->status != GA_OK)
        return; /* the first failure is the one that is told */
    c->status = status;
    if (status == GA_EINTERRUPTED || status == GA_ETERMINATED)
        c->err = *err;
    else
        (void)ga_fail(&c->err, status, "run '%s': %s", c->plan->run[run].name, err->text);
}

static void *work(void *user)
{
    crew *c = user;
    for (;;) {
        pthread_mutex_lock(&c->lock);
        while (c->next < c->plan->n && !c->wanted[c->next])
            c->next++;
        const size_t run = c->next++;
        pthread_mutex_unlock(&c->lock);
        const seat nobody = {.crew = c};
        if (run >= c->plan->n || is_over((void *)&nobody))
            return NULL;
        ga_err err = {0};
        const ga_status status = train(c, run, &err);
        pthread_mutex_lock(&c->lock);
        note_end(c, run, status, &err);
        pthread_mutex_unlock(&c->lock);
    }
}

ga_status ga_gallery_make(ga_request *rq, const ga_gallery_plan *plan, const bool *wanted, int jobs,
                          ga_err *err)
{
    crew c = {.rq = rq, .plan = plan, .wanted = wanted, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t *threads = ga_mem_new((size_t)jobs, sizeof *threads);
    int n = 0;
    if (threads == NULL)
        return ga_fail(err, GA_ENOMEM, "no memory for %d jobs", jobs);
    for (size_t i = 0; i < plan->n; i++)
        c.of += wanted[i];
    while (n < jobs && pthread_create(&threads[n], NULL, work, &c) == 0)
        n++;
    if (n == 0) /* no thread to be had: this one does it all */
        work(&c);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    ga_mem_free(threads);
    pthread_mutex_destroy(&c.lock);
    if (c.status == GA_OK && c.made < c.of)
        c.status = ga_fail(&c.err, GA_EINTERRUPTED, "stopped after %zu of %zu runs", c.made, c.of);
    if (c.status != GA_OK && err != NULL)
        *err = c.err;
    return c.status;
}
