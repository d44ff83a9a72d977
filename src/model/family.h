/* family.h - architectures with knobs: what a family says about itself, and how it writes its
 * document. Reading order: families.c (names and knobs into documents), draft.c (the words for
 * layers), families_conv.c and the other families_*.c (the families). */
#ifndef GA_FAMILY_H
#define GA_FAMILY_H
#include <jansson.h>
#include "model/arch_inner.h"

enum { GA_MAX_KNOBS = 12 };

typedef struct ga_draft ga_draft;

/* Where a parameter is found in a file that other programs wrote, and how its numbers lie there. */
typedef struct ga_foreign {
    char key[64];
    int rank; /* 0: as here. Else dimension i of ours is their axis[i]; theirs may have some
                 of these as one, which is then taken apart */
    int axis[4];
    bool flip;       /* then both of the last two of ours run backward */
    char factor[64]; /* key of a number that multiplies it, if the file has it; "": none */
    const char *own; /* option of `layer` by which this network multiplies it instead */
    char layer[64];
} ga_foreign;

typedef struct ga_family_row {
    ga_family face;
    const char *const *shared; /* knobs that the partner gets too, NULL at the end */
    void (*build)(ga_draft *d);
    /* Foreign names of the parameter `ours`, by style 0, 1, ...; false: there is no such style. The
     * first is this program's own. NULL: only that. */
    bool (*foreign)(const char *ours, int style, ga_foreign *out);
    const char *const *ignored; /* what foreign keys may begin with that nothing here reads */
    /* The knobs that arrays have, "z=128,width=16"; false if these are not of this family. NULL:
     * not to be told. */
    bool (*infer)(const ga_weights *w, char *knobs, size_t size);
} ga_family_row;

/* foreign.c: brings a file's arrays to this program's names and layouts, in place of *w, if a
 * style of the architecture's family fits it better than its own. */
ga_status ga_foreign_translate(const ga_arch *a, ga_weights **w, const char *where, ga_err *err);
/* The array whose name is key, or ends in it behind '.' or '/'; NULL: none. */
const ga_array *ga_foreign_find(const ga_weights *w, const char *key);

/* In families_*.c. */
extern const ga_family_row ga_family_dcgan, ga_family_dcgan_d, ga_family_vae, ga_family_vae_e,
    ga_family_encoder, ga_family_cnn;
extern const ga_family_row ga_family_progan, ga_family_progan_d;
extern const ga_family_row ga_family_unet, ga_family_upernet;
extern const ga_family_row ga_family_mlp_gan, ga_family_mlp_gan_d, ga_family_vae_mlp,
    ga_family_vae_mlp_e;

/* In families_progan.c: published channels at full size. In families_progan_keys.c: what
 * ga_family_row asks. */
int ga_progan_width(int pixels);
bool ga_progan_foreign(const char *ours, int style, ga_foreign *out);
extern const char *const ga_progan_ignored[];
bool ga_progan_infer(const ga_weights *w, char *knobs, size_t size);

/* Rows of knobs. */
/* clang-format off */
#define GA_KNOB_WHOLE(knob, low, high, init, text) \
    {.name = (knob), .whole = true, .lo = (low), .hi = (high), .fallback = (init), .help = (text)}
#define GA_KNOB_CHANNELS \
    {.name = "channels", .words = ga_channel_words, .fallback = "1", .help = "1 for grey, 3 for colour"}
#define GA_KNOB_CLASSES \
    GA_KNOB_WHOLE("classes", 0, 1000, "0", "classes of the label that is read; 0: none")
/* clang-format on */
extern const char *const ga_channel_words[]; /* "1", "3" */

const ga_family_row *ga_family_row_of(const char *spec); /* of a family's name, or NULL */
/* Is this the name of a family, alone or with knobs? */
bool ga_family_is(const char *spec);
/* The architecture that a name with knobs means. */
ga_status ga_family_open(const char *spec, ga_arch **out, ga_err *err);
/* If a is what its name says, a family with knobs: the same with knob z at another value. *is: is
 * it? A document that was changed by hand is not. */
ga_status ga_family_with_latent(const ga_arch *a, int z, bool *is, ga_arch **out, ga_err *err);

/* ---- a document while its family writes it ----------------------------------------------------*/

struct ga_draft {
    const ga_family_row *row;
    double value[GA_MAX_KNOBS]; /* of each knob; of a choice the index of its word */
    json_t *inputs, *layers, *output, *pieces;
    const char *start; /* of the parameters; NULL: any */
    bool quick;        /* the document says so */
    int block;         /* the one whose parts are being added */
    bool failed;       /* out of memory; adding goes on and is lost */
};

/* Values of knobs. A name that the family lacks is our own mistake: assert. */
int ga_draft_int(const ga_draft *d, const char *knob); /* also of a choice between numbers */
double ga_draft_number(const ga_draft *d, const char *knob);
bool ga_draft_is(const ga_draft *d, const char *knob, const char *word);

void ga_draft_latent(ga_draft *d, int z); /* input "z", normal */
void ga_draft_picture(ga_draft *d, int channels, int pixels, int lo, int hi); /* "image" */
void ga_draft_label(ga_draft *d, int classes); /* input "label", a class; 0: none */
void ga_draft_makes_pictures(ga_draft *d, int lo, int hi);
void ga_draft_makes(ga_draft *d, const char *kind);
/* It is published as several files: prefix of the keys of the next one. */
void ga_draft_piece(ga_draft *d, const char *prefix);

/* The block that part names are completed with: "" is "layer3", ".conv" is "layer3.conv". */
void ga_draft_block(ga_draft *d, int block);
/* Adds a layer. part: as above; anything else is the name as it is. options: format of json_pack's
 * object and its values, NULL: none. */
void ga_draft_add(ga_draft *d, const char *part, const char *type, const char *options, ...);
/* What the layer added last reads, in place of the one before it. b NULL: one input. */
void ga_draft_reads(ga_draft *d, const char *a, const char *b);
void ga_draft_reads_all(ga_draft *d, const char *const *parts, int n);

/* Layers that families share. part as above. */
void ga_draft_linear(ga_draft *d, const char *part, int in, int out);
void ga_draft_conv(ga_draft *d, const char *part, int in, int out, int kernel, int stride,
                   int padding, bool bias);
void ga_draft_conv_transpose(ga_draft *d, const char *part, int in, int out, int kernel, int stride,
                             int padding, bool bias);
/* Adds the block's activation and behind it, where p is not 0, type (Dropout or Dropout2d) with
 * that p; the last of them is the block's tap. */
void ga_draft_activate(ga_draft *d, const char *activation, const char *dropout, double p);
/* z joined with a learned code of the label, which layers after it read as before; returns how many
 * numbers that are (Mirza and Osindero 2014, arXiv:1411.1784). z alone where there is no label. */
int ga_draft_labelled_latent(ga_draft *d, int z, int classes);
/* The logit of a discriminator with a label: that of features, made by the layer `score`, plus
 * their product with a code of the label (Miyato and Koyama 2018, arXiv:1802.05637, eq. 5).
 * features: a tap of count numbers in a row. */
void ga_draft_project(ga_draft *d, const char *features, int count, const char *score, int classes);
#endif
