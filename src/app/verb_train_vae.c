/* verb_train_vae.c - `ganatomy train vae`. */
#include "app/run_train.h"
#include "app/train_fields.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, GA_TRAINING_VAE, err);
}

static const ga_field fields[] = {
    GA_TRAIN_ARCH("the decoder: a built-in architecture (vae, vae-mlp) or a JSON file"),
    GA_TRAIN_DATA,
    GA_TRAIN_OUT,
    GA_TRAIN_LENGTH("20", "100", 2),
    GA_TRAIN_OPTIMISER("0.001", "0.9", "1"),
    GA_ROW_CHOICE("recon", "LOSS", "bernoulli", ga_recon_words,
                  "how a picture is held against its reconstruction"),
    GA_ROW_NUMBER("kl-weight", "W", "1", 0, 1e6,
                  "weight of the divergence; 1: the evidence lower bound"),
    GA_TRAIN_AUGMENT("random changes of the training pictures, such as rotate=10,translate=0.1 "
                     "(`ganatomy help data augment`)"),
    GA_TRAIN_WEIGHTS("0", "pytorch"),
    GA_ROW_INT("z", "Z", NULL, 1, 4096, "length of the latent (default: the architecture's)"),
    GA_ROW_TEXT("encoder", "ARCH", "its architecture (default: the one that the decoder's names)"),
    GA_TRAIN_SHEETS("64", "pictures of a sheet"),
    GA_TRAIN_SCORE,
    GA_TRAIN_WRITES("600", "an epoch"),
    {0}};

static const ga_example examples[] = {
    {"ganatomy train vae --arch vae --data mnist --out dreams", "an autoencoder of digits"},
    {"ganatomy train vae --arch vae-mlp --data fashion-mnist --kl-weight 0.5 --out clothes",
     "sharper reconstructions for a looser prior"},
    {0}};

const ga_verb ga_verb_train_vae = {
    .name = "train vae",
    .summary = "train a variational autoencoder",
    .description =
        "An encoder gives mean and variance of a latent for each picture, a decoder the picture of "
        "a latent drawn from them; the loss is reconstruction plus divergence from the prior "
        "(Kingma and Welling 2014), in nats a picture. The decoder becomes the model, a generator "
        "like any other; the encoder stands beside it as HOME/runs/NAME/encoder.safetensors.\n\n"
        "Stopping, --resume, changing and exit codes are those of `ganatomy train gan`.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
