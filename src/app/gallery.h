/* gallery.h - many small trainings of one kind that differ in data, learning rate and latent, to be
 * looked at side by side: which there are, how each is made, and how they are made at once. */
#ifndef GA_GALLERY_H
#define GA_GALLERY_H
#include "app/verb.h"

enum { GA_GALLERY_NAME = 101, GA_GALLERY_MOST = 2000 /* runs */ };

/* One run: "mnist-lr0.0004-z100". */
typedef struct ga_gallery_run {
    char name[GA_GALLERY_NAME];
    const char *data; /* as --data names it */
    double lr;
    int z;
} ga_gallery_run;

/* Data by learning rates by latents, the last changing fastest. */
typedef struct ga_gallery_plan {
    ga_gallery_run *run;
    size_t n;
    int64_t steps;
    int width, images, pixels; /* images 0: as usual; pixels 0: as they are */
    char *text;        /* that data points into */
} ga_gallery_plan;
/* What the fields data, lr, z, steps, width, images and pixels ask for. GA_EINVAL: a list with something
 * else than numbers, two runs of one name. End with ga_gallery_plan_free, zeroed structs are fine.
 */
ga_status ga_gallery_plan_of(const ga_request *rq, ga_gallery_plan *out, ga_err *err);
void ga_gallery_plan_free(ga_gallery_plan *plan);

/* The options of `ganatomy train gan` that make run i: calls add(name, value, user) for each; value
 * is NULL for a flag. Moments between sheets and measurements are 2/25 of the steps apart: 14 of
 * 6250. */
typedef void ga_gallery_add(const char *option, const char *value, void *user);
void ga_gallery_options(const ga_gallery_plan *plan, size_t i, ga_gallery_add *add, void *user);
/* The same as a command, which the run records; text is freed with ga_text_free. */
void ga_gallery_command(const ga_gallery_plan *plan, size_t i, ga_text *text);

/* Makes what wanted[i] says, `jobs` at a time, each with one thread. A run that diverges is a result
 * like any other. The first failure stops all, each after a checkpoint, and is told with the run's
 * name; so do SIGINT and SIGTERM. */
ga_status ga_gallery_make(ga_request *rq, const ga_gallery_plan *plan, const bool *wanted, int jobs,
                          ga_err *err);

/* Tables of the last Fréchet distance of each run, one for each data set, learning rates down and
 * latents across; of runs that are there. */
ga_status ga_gallery_say(ga_request *rq, const ga_gallery_plan *plan, ga_err *err);
#endif
