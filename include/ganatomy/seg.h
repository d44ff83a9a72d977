/* seg.h - pictures into label maps: what is where.
 *
 * One interface, several kinds of segmenter: a network trained here, the published parser of
 * everyday scenes, exact colour names, parts of strokes by rules, what a classifier says of the whole
 * picture. A segmenter has a vocabulary (labels.h) and gives every pixel at most one label a plane.
 *
 * Letters: N pictures, C channels, H rows, W columns, D planes, L labels. Pictures are (N,C,H,W)
 * f32 in the range that ga_seg_pictures says they are in. */
#ifndef GA_SEG_H
#define GA_SEG_H
#include "ganatomy/labels.h"
#include "ganatomy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ga_segmenter ga_segmenter;

/* Pictures to be looked at. A picture of another size than the segmenter reads is resized
 * (ga_resize_bilinear; for unified parsing to the means of windows, as nn.AdaptiveAvgPool2d), grey becomes three equal channels and colour grey where it must. */
typedef struct ga_seg_pictures {
    const float *x; /* (N,C,H,W), borrowed */
    int n;
    ga_dims dims;
    float lo, hi; /* the range of x; values outside are clamped where the kind of segmenter wants
                     bytes, and passed on where it is a network */
} ga_seg_pictures;

/* Of unified parsing (upernet): each connected piece of an object in top, bottom, left and right of
 * the middle of its box, with labels of their own ("sky-t" ..., category part) on two more planes. */
typedef enum ga_seg_quad {
    GA_QUAD_NONE,
    GA_QUAD,
    GA_QUAD_2018 /* as GAN Dissection's program does it, which forgets the last piece of a picture */
} ga_seg_quad;

typedef struct ga_segmenter_options {
    ga_seg_quad quad;
    bool bf16;
    int threads;
    size_t memory_limit; /* bytes; 0: none */
} ga_segmenter_options;

/* A network that makes label logits (GA_OUTPUT_LABELS), or unified parsing (GA_OUTPUT_PARSING): then
 * the planes are object, material, and the part of a sky, building or person; docs/segmenters.md has
 * the numbers of labels. Borrows the model. GA_EINVAL: it makes something else, or it is asked for
 * quadrants and knows no objects; GA_EDATA: its words are missing or do not fit its output. */
GA_API ga_status ga_segmenter_of_model(ga_model *model, const ga_segmenter_options *options,
                                       ga_segmenter **out, ga_err *err);
/* Gives a model of unified parsing the names of its labels: labels.json as it is published, kept in
 * the note "labels". where: what sentences call the text. GA_EINVAL: the model is none of these;
 * GA_EDATA: the text is no such document, or its lists have not as many names as the network's heads
 * have outputs (says which list, how many there are and how many there should be). */
GA_API ga_status ga_segmenter_note_labels(ga_model *model, const char *text, size_t length,
                                          const char *where, ga_err *err);
/* The eleven basic colours by ga_basic_color, one plane. */
GA_API ga_status ga_segmenter_colors(ga_segmenter **out, ga_err *err);
/* Of bright strokes on dark ground, such as digits: ink, above the middle of the range, has the
 * class that a classifier gives to the picture. One plane, category "class". names: of its K
 * classes, copied. name: what the segmenter calls itself. Borrows the classifier. GA_EINVAL: it
 * does not read grey pictures, or makes something else than a vector of 2..1000 classes. */
GA_API ga_status ga_segmenter_classes(ga_model *classifier, const char *const *names,
                                      const char *name, const ga_segmenter_options *options,
                                      ga_segmenter **out, ga_err *err);
/* Parts of such strokes by rules on their skeleton (docs/segmenters.md), two planes: category
 * "part" with loop, hole, end, crossing, and category "stroke" with horizontal, vertical, rising,
 * falling. Lengths in the rules are for pictures of 28 pixels, and grow with the picture. */
GA_API ga_status ga_segmenter_strokes(ga_segmenter **out, ga_err *err);
/* All that n segmenters (1..16) say, planes behind planes, in one vocabulary; its name has '+'
 * between theirs. Takes them over (ended on failure too). GA_EINVAL: a category that two have. */
GA_API ga_status ga_segmenter_join(ga_segmenter *const *parts, int n, ga_segmenter **out,
                                   ga_err *err);
GA_API void ga_segmenter_free(ga_segmenter *s); /* NULL is fine */

GA_API const char *ga_segmenter_name(const ga_segmenter *s); /* "colors", or the model's name */
/* 64 hex digits that name everything that decides its answers: kind, version, weights. */
GA_API const char *ga_segmenter_hash(const ga_segmenter *s);
GA_API const ga_vocabulary *ga_segmenter_vocabulary(const ga_segmenter *s);
/* D: one a category; of unified parsing 3, with quadrants 5. */
GA_API int ga_segmenter_planes(const ga_segmenter *s);

/* maps (N,D,h,w): the most likely label of each pixel and plane, the lower of equals; h and w from
 * 1 to the side that the segmenter works at or the picture's, whichever is larger: network logits
 * are resized bilinearly to (h,w) before the maximum is taken, as UPerNet does. GA_EDATA: NaN in a
 * picture (says which). */
GA_API ga_status ga_segmenter_maps(ga_segmenter *s, ga_seg_pictures pictures, int h, int w,
                                   uint16_t *maps, ga_err *err);

/* Bytes that it takes when it first makes such maps of n pictures of dims (n,C,H,W), beside its plan,
 * and then keeps. */
GA_API size_t ga_segmenter_room(const ga_segmenter *s, ga_dims pictures, int n, int h, int w);

/* ---- inside a generator -----------------------------------------------------------------------*/

#define GA_SEG_MOST_LAYERS 16

/* Few-label segmenters (parts.h) are networks that look at no pictures but at what the units of one
 * generator do while it makes them. ga_segmenter_of_model knows them; ga_segmenter_maps and
 * ga_segmenter_score refuse them (GA_EINVAL), as they cannot know what made a picture. ga_subject
 * (dissect.h) runs the generator once for both. */
typedef struct ga_seg_inside {
    const char *generator, *sha256; /* its name, its ga_model_hash */
    ga_bn_mode bn;                  /* its statistics */
    const char *const *layers;      /* taps of it, n_layers */
    int n_layers;
} ga_seg_inside;
/* NULL: it reads pictures. Lives as long as s. */
GA_API const ga_seg_inside *ga_segmenter_inside(const ga_segmenter *s);
/* GA_EINVAL unless s, which looks inside, belongs to this generator with these statistics;
 * GA_EDATA: its layers are of other sizes. */
GA_API ga_status ga_segmenter_check_inside(const ga_segmenter *s, ga_model *generator,
                                           ga_bn_mode bn, ga_err *err);
/* As ga_segmenter_maps: activations has a view (n,U,h,w) for each layer, of the same n images.
 * h and w from 1 to the side of the generator's pictures. GA_EINVAL: s reads pictures; GA_ESHAPE:
 * other units; GA_EDATA: NaN. */
GA_API ga_status ga_segmenter_maps_inside(ga_segmenter *s, const ga_view *activations, int h, int w,
                                          uint16_t *maps, ga_err *err);

/* ---- one label --------------------------------------------------------------------------------*/

/* What is asked of one label. Its score at a pixel is its softmax among the labels of its plane and
 * none of them, 0..1, made of the logits as they are for maps of (h,w); so the scores of a plane's
 * labels and of none sum to 1. A segmenter without such numbers (colors) has 1 where its maps
 * have the label, and 0 elsewhere. After the published programme's predict_single_class (Bau et al.
 * 2020). Of unified parsing: the softmax of the label's head, plus, for every owner that has a part
 * of that name, the part's among the owner's parts (0..4 then; the mask: either is the most likely,
 * the part within its owner); quadrants have none, nor has none of the parts. */
typedef struct ga_seg_ask {
    int label;           /* 1..L-1; 0: none of the labels of `plane` */
    int plane;           /* read where label is 0 */
    int h, w;            /* as of ga_segmenter_maps */
    float *score;        /* (N,h,w) */
    bool *mask;          /* (N,h,w): whether it is the most likely one, the lower of equals; may be
                            NULL */
    const float *weight; /* (N,h,w), with gradient */
    float *gradient;     /* (N,C,H,W): receives the derivatives of the sum of weight * score by the
                            pictures as they were given, in their range; NULL: not wanted */
} ga_seg_ask;

/* With gradient a network is run anew with all that its backward needs, a few pictures at a time,
 * in f32, whatever the options say of bf16. GA_EINVAL: a label, plane or size that it has not; a
 * gradient of a segmenter that has none (colors; a network with dropout); GA_EDATA as of
 * ga_segmenter_maps. */
GA_API ga_status ga_segmenter_score(ga_segmenter *s, ga_seg_pictures pictures,
                                    const ga_seg_ask *ask, ga_err *err);

/* ---- how good it is ---------------------------------------------------------------------------*/

/* Intersection and union of predicted and true labels, pixel by pixel over all pictures. */
typedef struct ga_seg_quality {
    uint64_t pictures;
    double mean_iou;    /* over labels that occur in the truth */
    double pixel_right; /* share of pixels of a plane whose label is right, over all planes */
    const uint64_t *both, *predicted, *truth; /* (L) pixels; borrowed */
} ga_seg_quality;
typedef struct ga_seg_score ga_seg_score;
GA_API ga_status ga_seg_score_create(const ga_vocabulary *v, ga_seg_score **out, ga_err *err);
GA_API void ga_seg_score_free(ga_seg_score *s);
GA_API ga_status ga_seg_score_add(ga_seg_score *s, ga_label_maps predicted, ga_label_maps truth,
                                  ga_err *err);
GA_API ga_seg_quality ga_seg_score_of(const ga_seg_score *s);
/* The same of one category's labels and of its plane. */
typedef struct ga_seg_category {
    int labels;         /* that occur in the truth */
    double mean_iou;    /* over these; 0 if there are none */
    double pixel_right; /* share of pixels whose label, or none, is right */
} ga_seg_category;
GA_API ga_seg_category ga_seg_score_category(const ga_seg_score *s, int category);

#ifdef __cplusplus
}
#endif
#endif
