/* loop.c - steps, and whom they are told. */
#include "train/train_inner.h"

static bool due(uint64_t step, uint64_t every, uint64_t steps)
{
    return step == steps || (every != 0 && step % every == 0);
}

/* What is shown of a state: measured, drawn. */
static ga_status show(const ga_train_events *e, uint64_t step, uint64_t steps, ga_err *err)
{
    ga_status status = GA_OK;
    if (e->measure != NULL && due(step, e->measure_every, steps))
        status = e->measure(e->user, step, err);
    if (status == GA_OK && e->sheet != NULL && due(step, e->sheet_every, steps))
        status = e->sheet(e->user, step, err);
    return status;
}

/* Whether the loop has to end before its last step; saves if so and not just done. */
static ga_status ask(ga_train *t, const ga_train_events *e, bool saved, ga_err *err)
{
    const ga_status wish = e->cancelled != NULL ? e->cancelled(e->user) : GA_OK;
    if (wish == GA_OK)
        return GA_OK;
    if (!saved && e->save != NULL) {
        const ga_status status = e->save(e->user, t->done, err);
        if (status != GA_OK)
            return status;
    }
    return ga_fail(err, wish, "stopped after step %llu of %llu", (unsigned long long)t->done,
                   (unsigned long long)t->options.steps);
}

ga_status ga_train_run(ga_train *t, const ga_train_events *events, ga_err *err)
{
    const uint64_t steps = t->options.steps;
    ga_status status = t->done == 0 ? show(events, 0, steps, err) : GA_OK;
    while (status == GA_OK && t->done < steps) {
        double values[GA_TRAIN_MAX_CURVES];
        status = ga_train_step(t, values, err);
        if (status == GA_OK)
            status = events->step(events->user, t->done, values, err);
        if (status == GA_OK)
            status = show(events, t->done, steps, err);
        bool save = due(t->done, events->save_every, steps);
        if (status == GA_OK && t->done < steps && events->change != NULL)
            status = events->change(events->user, t->done, &save, err);
        if (status == GA_OK && save && events->save != NULL)
            status = events->save(events->user, t->done, err);
        if (status == GA_OK && t->done < steps)
            status = ask(t, events, save, err);
    }
    return status;
}
