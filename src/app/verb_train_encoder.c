/* verb_train_encoder.c - `ganatomy train encoder`. */
#include "app/run_train.h"
#include "app/train_fields.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, GA_TRAINING_ENCODER, err);
}

static const ga_field fields[] = {
    GA_TRAIN_ARCH("a built-in architecture (encoder) or a JSON file"),
    GA_ROW_NEEDED("generator", "MODEL", "the generator whose pictures it reads"),
    GA_TRAIN_OUT,
    GA_ROW_INT("steps", "N", "10000", 1, 1e9, "length in steps"),
    GA_ROW_INT("batch", "N", "100", 1, 65536, "pictures a step"),
    GA_ROW_INT("seed", "S", "1", 0, 9007199254740992.0, "seed of every draw"),
    GA_TRAIN_OPTIMISER("0.001", "0.9", "0.5"),
    GA_ROW_NUMBER("pixel-weight", "W", "0", 0, 1e6,
                  "weight of the squared error between a picture and that of its encoded latent"),
    GA_TRAIN_WEIGHTS("0.999", "pytorch"),
    GA_TRAIN_WRITES("500", "1000"),
    {0}};

static const ga_example examples[] = {
    {"ganatomy train encoder --arch encoder --generator mnist-gan --out reader",
     "from the shipped generator's digits back to their latents"},
    {0}};

const ga_verb ga_verb_train_encoder = {
    .name = "train encoder",
    .summary = "train an encoder that finds the latent of a generator's pictures",
    .description =
        "Draws latents, lets the generator draw their pictures, and trains a network to find the "
        "latents again (squared error). The generator does not change. The knobs pixels, channels "
        "and z of a family follow from the generator.\n\n"
        "Stopping, --resume, changing and exit codes are those of `ganatomy train gan`.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
