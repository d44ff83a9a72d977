/* scenes.h - a world whose truth is known: small outdoor scenes with exact label maps.
 *
 * A scene is drawn from (seed, index) alone: ground, sky, mountains, water, paths, buildings with
 * their parts, trees, light and season, with the regularities that make edits meaningful (doors
 * only at the foot of walls, windows in rows, domes and chimneys only on roofs, clouds and sun only
 * in the sky, trees on the ground) and enough variety that nothing repeats. docs/scenes.md has the
 * rules with pictures.
 *
 * Letters: N scenes, D planes of labels, H = W pixels of a side. */
#ifndef GA_SCENES_H
#define GA_SCENES_H
#include "ganatomy/data.h"
#include "ganatomy/labels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The labels: categories object, part, material, color, in this order; plane k of a map holds those
 * of category k, those of color as ga_basic_color has them for the pixel. Static: never freed. */
GA_API const ga_vocabulary *ga_scenes_vocabulary(void);

/* What label is painted with in pictures of maps: told apart within a category, and something like the
 * thing (grass is green); nearly black for "-" and outside the vocabulary. */
GA_API void ga_scenes_label_color(int label, uint8_t rgb[3]);

/* Seasons, the classes of the data set "scenes". */
#define GA_SCENES_SEASONS 4
GA_API const char *ga_scenes_season_name(int season); /* "spring", ... */
/* Season of scene `index` of any seed: they take turns. */
GA_API int ga_scenes_season(uint64_t index);

typedef struct ga_scene {
    int season; /* 0 .. GA_SCENES_SEASONS-1 */
    int light;  /* 0 day, 1 evening, 2 overcast */
} ga_scene;

#define GA_SCENES_MIN_PIXELS 16
#define GA_SCENES_MAX_PIXELS 512

/* Draws scene `index` of `seed`. rgb (H,W,3) bytes; labels (D,H,W), may be NULL; scene may be NULL.
 * Colours are the mean over 4x4 points of each pixel (so edges are smooth); a label is that which
 * most of these points have, the lowest of equals. The scene does not depend on pixels: 128 is the
 * same scene as 64, finer. Allocates what it needs for the call; the same from any number of
 * threads, and on every machine whose doubles are those of IEEE 754, as it only adds, multiplies,
 * divides and takes square roots. GA_EINVAL: pixels outside 16..512. GA_ENOMEM. */
GA_API ga_status ga_scene_draw(uint64_t seed, uint64_t index, int pixels, uint8_t *rgb,
                               uint16_t *labels, ga_scene *scene, ga_err *err);

/* The data set "scenes" of ga_dataset_load: scenes 0 .. n-1 of seed 1 are its training split, of
 * seed 2 its test split; classes are the seasons. Only what is selected is drawn, at 64 pixels or
 * what the selection says (16..512, drawn at that size, not resampled). */
#define GA_SCENES_TRAIN      20000
#define GA_SCENES_TEST       2000
#define GA_SCENES_TRAIN_SEED 1
#define GA_SCENES_TEST_SEED  2

/* Which scene picture i of d is, so that its labels can be drawn again; also of selections of
 * selections. False, and nothing written, if d is no set of scenes or i is outside. */
GA_API bool ga_dataset_scene(const ga_dataset *d, int i, uint64_t *seed, uint64_t *index);

/* ---- label maps of a data set -----------------------------------------------------------------*/

/* What the pixels of d can be, or NULL: it has no label maps. Those of scenes have. */
GA_API const ga_vocabulary *ga_dataset_vocabulary(const ga_dataset *d);
/* maps (n,D,H,W) of pictures indices[0..n-1], at the pictures' own size; drawn again for the call.
 * GA_EINVAL: d has none, or an index outside; GA_ENOMEM. */
GA_API ga_status ga_dataset_fill_maps(const ga_dataset *d, const uint32_t *indices, int n,
                                      uint16_t *maps, ga_err *err);

#ifdef __cplusplus
}
#endif
#endif
