/* augment.h - random changes of pictures: for loading training data, and for both sides of a GAN.
 *
 * One mechanism serves both. What is drawn for a picture x makes of it
 *     y = A x + b        A linear, b not depending on x
 * so the gradient of anything that is computed from y goes back to x exactly, by the adjoint A'.
 * A picture's draw depends on (seed, stream, its number) alone: any step can be had without the
 * steps before it, however batches are cut and whichever thread does it.
 *
 * Kinds, in the order in which they are applied, whatever the order in the text:
 *
 *   name       magnitude                       by name alone   range
 *   crop       smallest share of a side kept   0.8             0.1..1
 *   rotate     largest angle, degrees          15              0..180
 *   translate  largest way, share of the side  0.125           0..1
 *   flip       (none)
 *   jitter     colour, see below               0.2             0..1
 *   blur       largest sigma, pixels           1               0..10
 *   noise      sigma, share of the range       0.05            0..1
 *   cutout     side, share of the side         0.5             0..1
 *
 *   crop       a part with a share s of width and height is stretched over the picture: s uniform
 *              in magnitude..1, its place uniform among those wholly inside
 *   rotate     about the centre, uniform to both sides; positive turns counter-clockwise
 *   translate  by whole pixels, uniform to both sides in each direction
 *   flip       left and right, every other time
 *              (these four are one map of places and one bilinear sampling)
 *   jitter     with magnitude m, in this order: contrast in 1-m..1+m about the picture's mean over
 *              all pixels and channels; of colour pictures (C = 3) saturation in 1-m..1+m about
 *              each pixel's mean and hue by up to 90 m degrees about the grey axis; brightness by
 *              up to m of the range
 *   blur       Gaussian, sigma uniform in 0..magnitude, cut off at 3 sigma
 *   noise      normal, each number on its own
 *   cutout     a square (in pictures that are not square a rectangle) about a place uniform in the
 *              picture becomes black
 *
 * Whatever lies outside of the picture is black: lo, the low end of the range. Nothing is clamped:
 * values may leave lo..hi, else there would be no adjoint.
 * Sources: Karras et al. 2020, arXiv:2006.06676 (ADA: each kind with a probability p); Zhao et al.
 * 2020, arXiv:2006.10738 (DiffAugment: translation, cutout, colour). Departures: no wrapped edges,
 * black in cutouts; contrast about the mean of all channels. */
#ifndef GA_AUGMENT_H
#define GA_AUGMENT_H
#include "ganatomy/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ga_augment_kind {
    GA_AUGMENT_CROP,
    GA_AUGMENT_ROTATE,
    GA_AUGMENT_TRANSLATE,
    GA_AUGMENT_FLIP,
    GA_AUGMENT_JITTER,
    GA_AUGMENT_BLUR,
    GA_AUGMENT_NOISE,
    GA_AUGMENT_CUTOUT,
    GA_AUGMENT_KINDS
} ga_augment_kind;

/* Which kinds, how strong. Plain data; all 0: none. */
typedef struct ga_augment {
    double magnitude[GA_AUGMENT_KINDS]; /* 0: this kind is off; flip: 1 is on */
} ga_augment;

GA_API const char *ga_augment_name(ga_augment_kind kind); /* "crop" */
/* "crop=0.8,rotate=15,flip" in any order, spaces allowed; a name alone takes the magnitude of the
 * table above; "" and "none" are none. GA_EINVAL: an unknown kind (names the nearest and all), one
 * that is there twice, a magnitude that is no number or out of range, one given to flip. */
GA_API ga_status ga_augment_parse(const char *text, ga_augment *out, ga_err *err);
/* The same as text that parse reads back, kinds in their order, for records; "none" if none.
 * Returns buf; 160 chars are enough. */
GA_API const char *ga_augment_format(const ga_augment *a, char *buf, size_t size);
GA_API bool ga_augment_any(const ga_augment *a); /* not none */

/* What was drawn for one picture. Plain data, for reading; made by ga_augment_draw. */
typedef struct ga_augmentation {
    unsigned kinds;                  /* bit 1 << kind: it is applied */
    float side, crop_x, crop_y;      /* crop: share kept; its centre, in pixels from ours */
    float angle;                     /* degrees */
    int dx, dy;                      /* pixels to the right, down */
    float contrast, saturation, hue; /* factor, factor, degrees */
    float brightness;                /* share of the range */
    float sigma;                     /* of the blur, pixels */
    float noise;                     /* share of the range */
    uint64_t noise_key;              /* names the stream of the noise */
    int cut_x, cut_y, cut_w, cut_h;  /* the part of the cutout that lies in the picture */
    float warp[6];                   /* pixel (x,y) of y is x at (warp[0] x + warp[1] y + warp[2],
                                        warp[3] x + warp[4] y + warp[5]) */
    float mix[9];                    /* C = 3: contrast, saturation and hue of a pixel */
} ga_augmentation;

/* Draws for n pictures of dims d. Each kind of a is applied to each picture with probability p (1:
 * always; a flip happens with p/2). first: number of the first picture in its stream, so that
 * drawing 0..99 is drawing 0..49 and then 50..99; a training takes (step * batch). A kind's draw
 * does not depend on p nor on which other kinds there are. out has n. */
GA_API void ga_augment_draw(const ga_augment *a, double p, ga_dims d, uint64_t seed,
                            uint64_t stream, uint64_t first, int n, ga_augmentation *out);

/* Sets warp and mix of a draw that was changed or made by hand: from {.side = 1, .contrast = 1,
 * .saturation = 1} and the bits of kinds. */
GA_API void ga_augmentation_set(ga_augmentation *a, ga_dims d);

/* Bytes of working room of apply and adjoint; two threads need two. */
GA_API size_t ga_augment_room(ga_dims d);
/* dst = A src + b, both (n,C,H,W) on lo..hi; src and dst may be the same, not overlap otherwise.
 * With lo = hi = 0 it is A src alone. A picture with nothing drawn is copied bit for bit.
 * Allocates nothing; pictures are done one by one. */
GA_API void ga_augment_apply(const ga_augmentation *a, int n, ga_dims d, float lo, float hi,
                             const float *src, float *dst, void *room);
/* grad_src = A' grad_dst: gradients with respect to what apply read, from those with respect to
 * what it wrote, both (n,C,H,W); they may be the same. */
GA_API void ga_augment_adjoint(const ga_augmentation *a, int n, ga_dims d, const float *grad_dst,
                               float *grad_src, void *room);

#ifdef __cplusplus
}
#endif
#endif
