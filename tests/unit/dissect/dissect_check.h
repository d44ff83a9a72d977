/* dissect_check.h - what tests of dissections share: a network that draws, by what colours say. */
#ifndef GA_DISSECT_CHECK_H
#define GA_DISSECT_CHECK_H
#include "ganatomy/dissect.h"
#include "models.h"

typedef struct scene {
    ga_model *m;
    ga_segmenter *colors;
    ga_subject *s;
} scene;

/* Of the layer "units"; takes m. */
static inline scene scene_of(ga_model *m, int side, bool twin, int threads)
{
    static const char *const layers[] = {"units"};
    ga_err err;
    scene out = {.m = m};
    CHECK_OK(ga_segmenter_colors(&out.colors, &err));
    const ga_subject_spec spec = {.model = out.m,
                                  .segmenter = out.colors,
                                  .layers = layers,
                                  .n_layers = 1,
                                  .side = side,
                                  .twin = twin,
                                  .threads = threads};
    CHECK_OK(ga_subject_create(&spec, &out.s, &err));
    return out;
}

static inline void free_scene(scene *s)
{
    ga_subject_free(s->s);
    ga_segmenter_free(s->colors);
    ga_model_free(s->m);
}

/* A preset with few images and draws. */
static inline ga_dissect_options few_of(const char *preset, int side, int images)
{
    ga_err err;
    ga_dissect_options o;
    CHECK_OK(ga_dissect_preset(preset, side, &o, NULL, &err));
    o.size = images;
    o.shuffles = 4;
    o.bootstrap = 200;
    o.covariance = true;
    o.memory = (size_t)1 << 28;
    o.threads = 1;
    return o;
}

/* Ended by ga_dissect_text_free. */
static inline char *json_of(const scene *s, const ga_dissection *d)
{
    static const char *const names[] = {"units", "units random"};
    ga_err err;
    char *text;
    const ga_dissect_naming naming = {"scene", names, ga_subject_vocabulary(s->s), "{}", "key"};
    CHECK_OK(ga_dissection_json(d, &naming, &text, &err));
    return text;
}
#endif
