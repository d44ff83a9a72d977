/* augment_check.h - what the tests of augmentations share. */
#ifndef GA_AUGMENT_CHECK_H
#define GA_AUGMENT_CHECK_H
#include "base/rng.h"
#include "check.h"
#include "ganatomy/augment.h"

enum { MOST = 4096 };
static const char everything[] = "crop,rotate,translate,flip,jitter,blur,noise,cutout";
static uint8_t working_room[1 << 17] __attribute__((aligned(64)));

static inline ga_augment augment_of(const char *text)
{
    ga_err err;
    ga_augment a;
    CHECK_OK(ga_augment_parse(text, &a, &err));
    return a;
}

static inline void apply_one(const ga_augmentation *a, ga_dims d, const float *src, float *dst)
{
    assert_true(ga_augment_room(d) <= sizeof working_room);
    ga_augment_apply(a, 1, d, -1, 1, src, dst, working_room);
}

/* One augmentation with nothing in it yet. */
static inline ga_augmentation nothing(unsigned kinds)
{
    return (ga_augmentation){.kinds = kinds, .side = 1, .contrast = 1, .saturation = 1};
}

#define BIT(kind) (1u << GA_AUGMENT_##kind)

static inline void fill(float *x, size_t n, uint64_t stream)
{
    ga_rng rng = ga_rng_of(11, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ga_rng_uniform(&rng) - 1);
}
#endif
