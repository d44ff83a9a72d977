#include "app/data_areas.h"
#include "ganatomy/scenes.h"
#include "base/alloc.h"

typedef struct areas {
    uint64_t pixels, pictures; /* of one label */
    bool here;                 /* in the picture that is counted */
} areas;

static ga_status count(ga_request *rq, const ga_dataset *d, areas *a, ga_err *err)
{
    const ga_progress *progress = ga_rq_progress(rq);
    const ga_dims dims = ga_dataset_dims(d);
    const int labels = ga_vocabulary_n(ga_scenes_vocabulary()), n = ga_dataset_n(d);
    const size_t area = (size_t)dims.h * (size_t)dims.w;
    const size_t size = area * (size_t)ga_vocabulary_categories(ga_scenes_vocabulary());
    uint16_t *map = ga_mem_new(size, sizeof *map);
    uint8_t *rgb = ga_mem_new(area, 3);
    ga_status s = map != NULL && rgb != NULL
                      ? GA_OK
                      : ga_fail(err, GA_ENOMEM, "no memory for maps of labels");
    for (int i = 0; s == GA_OK && i < n; i++) {
        uint64_t seed = 0, index = 0;
        ga_dataset_scene(d, i, &seed, &index);
        s = ga_scene_draw(seed, index, dims.h, rgb, map, NULL, err);
        for (size_t p = 0; s == GA_OK && p < size; p++) {
            a[map[p]].pixels++;
            a[map[p]].here = true;
        }
        for (int l = 0; s == GA_OK && l < labels; l++) {
            a[l].pictures += a[l].here;
            a[l].here = false;
        }
        if (progress->report != NULL)
            progress->report(progress->user, "pictures", (uint64_t)i + 1, (uint64_t)n);
        if (s == GA_OK && progress->cancelled != NULL && progress->cancelled(progress->user))
            s = ga_fail(err, GA_EINTERRUPTED, "interrupted");
    }
    ga_mem_free(map);
    ga_mem_free(rgb);
    return s;
}

ga_status ga_data_areas(ga_request *rq, const ga_dataset *d, json_t **out, ga_err *err)
{
    const ga_vocabulary *v = ga_scenes_vocabulary();
    uint64_t seed, index;
    if (!ga_dataset_scene(d, 0, &seed, &index))
        return ga_fail(err, GA_EINVAL,
                       "data set '%s' has no maps of labels: of the known ones, scenes has",
                       ga_dataset_name(d));
    areas *a = ga_mem_new((size_t)ga_vocabulary_n(v), sizeof *a);
    ga_status s = a != NULL ? count(rq, d, a, err) : ga_fail(err, GA_ENOMEM, "no memory for areas");
    const ga_dims dims = ga_dataset_dims(d);
    const double n = ga_dataset_n(d), area = (double)dims.h * dims.w;
    if (s == GA_OK)
        *out = json_object();
    if (s == GA_OK)
        ga_rq_say(rq, "  %-17s %-9s %9s %9s", "label", "category", "of pixels", "of scenes");
    for (int l = 1; s == GA_OK && l < ga_vocabulary_n(v); l++) {
        const char *category = ga_vocabulary_category(v, ga_vocabulary_at(v, l).category);
        const double pixels = (double)a[l].pixels / n / area, pictures = (double)a[l].pictures / n;
        ga_rq_say(rq, "  %-17s %-9s %7.2f %% %7.1f %%", ga_vocabulary_title(v, l), category,
                  100 * pixels, 100 * pictures);
        json_object_set_new(*out, ga_vocabulary_title(v, l),
                            json_pack("{s:s, s:f, s:f}", "category", category, "area", pixels,
                                      "pictures", pictures));
    }
    ga_mem_free(a);
    return s;
}
