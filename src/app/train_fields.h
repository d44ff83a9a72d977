/* train_fields.h - rows of fields that the training verbs share; what differs is an argument.
 * Every option of run_config.c has its row here. Only verb_train_*.c include it. */
#ifndef GA_TRAIN_FIELDS_H
#define GA_TRAIN_FIELDS_H
#include "app/data_arg.h"
#include "app/run_config.h"

/* clang-format off */
#define GA_ROW_TEXT(field, word, text) \
    {.name = (field), .type = GA_FIELD_TEXT, .value = (word), .help = (text)}
#define GA_ROW_NEEDED(field, word, text) \
    {.name = (field), .type = GA_FIELD_TEXT, .value = (word), .help = (text), .unless = "resume"}
#define GA_ROW_FLAG(field, text) {.name = (field), .type = GA_FIELD_FLAG, .help = (text)}
#define GA_ROW_INT(field, word, init, lo, hi, text) \
    {.name = (field), .type = GA_FIELD_INT, .value = (word), .fallback = (init), \
     .min = (lo), .max = (hi), .help = (text)}
#define GA_ROW_NUMBER(field, word, init, lo, hi, text) \
    {.name = (field), .type = GA_FIELD_NUMBER, .value = (word), .fallback = (init), \
     .min = (lo), .max = (hi), .help = (text)}
#define GA_ROW_CHOICE(field, word, init, words, text) \
    {.name = (field), .type = GA_FIELD_CHOICE, .value = (word), .fallback = (init), \
     .choices = (words), .help = (text)}

#define GA_TRAIN_ARCH(text) GA_ROW_NEEDED("arch", "ARCH", text)
#define GA_TRAIN_PRESET(words) \
    GA_ROW_CHOICE("preset", "NAME", NULL, words, \
                  "a tried set of options; what is given beside it counts more")

#define GA_TRAIN_OUT \
    {.name = "out", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "NAME", \
     .help = "name of the run, or a .safetensors file that gets the model too (default ARCH-DATA)"}, \
    GA_ROW_FLAG("resume", "take up the run of --out after its last checkpoint, with the options it " \
                          "was begun with")

#define GA_TRAIN_DATA \
    GA_ROW_NEEDED("data", "DATA", GA_DATA_HELP), GA_DATA_FIELDS

#define GA_TRAIN_LENGTH(epochs, batch, least) \
    GA_ROW_INT("epochs", "N", epochs, 1, 1e6, "length in passes over the data"), \
    GA_ROW_INT("steps", "N", NULL, 1, 1e9, "length in steps, instead of --epochs"), \
    GA_ROW_INT("batch", "N", batch, least, 65536, "pictures a step"), \
    GA_ROW_INT("seed", "S", "1", 0, 9007199254740992.0, "seed of every draw")

#define GA_TRAIN_OPTIMISER(lr, beta1, decay) \
    GA_ROW_NUMBER("lr", "RATE", lr, 1e-12, 1e30, "learning rate per step"), \
    GA_ROW_CHOICE("optimizer", "KIND", "adam", ga_optimizer_words, "how weights are updated"), \
    GA_ROW_NUMBER("beta1", "B", beta1, 0, 0.9999, "Adam's first decay"), \
    GA_ROW_NUMBER("beta2", "B", "0.999", 0, 0.999999, "Adam's second decay"), \
    GA_ROW_NUMBER("weight-decay", "W", "0", 0, 1e6, "pull of the weights to 0, as PyTorch has it"), \
    GA_ROW_NUMBER("decay-from", "SHARE", decay, 0, 1, \
                  "share of the steps after which the rates fall linearly to 0; 1: never")

#define GA_TRAIN_WEIGHTS(ema, init) \
    GA_ROW_NUMBER("ema", "D", ema, 0, 0.999999, \
                  "decay per step of the moving average that becomes the model; 0: none"), \
    GA_ROW_CHOICE("init", "START", init, ga_init_words, \
                  "start: normal(0, 0.02) or PyTorch's defaults")

#define GA_TRAIN_AUGMENT(text) \
    GA_ROW_TEXT("augment", "SPEC", text), \
    GA_ROW_NUMBER("augment-p", "P", "1", 0, 1, "chance of each kind of augmentation")

#define GA_TRAIN_WRITES(save, measured) \
    GA_ROW_FLAG("bf16", "multiply in bfloat16 where the processor can: about twice as fast"), \
    GA_ROW_FLAG("half", "write the model as 16-bit floats"), \
    GA_ROW_INT("save-every", "N", save, 0, 1e9, "steps between checkpoints; 0: only at the end"), \
    GA_ROW_INT("detail-every", "N", "1", 1, 1e9, \
               "steps between points of the fine curves: grad_*, update_*, right_*"), \
    GA_ROW_INT("eval-every", "N", NULL, 0, 1e9, \
               "steps between measurements (default: " measured "); 0: only at the end"), \
    GA_ROW_INT("eval-images", "N", "2000", 1, 1000000, "pictures a measurement looks at, of each kind")

#define GA_TRAIN_SHEETS(count, counted) \
    GA_ROW_INT("sample-every", "N", NULL, 0, 1e9, \
               "steps between sample sheets (default: a tenth of the training, at most 600); 0: " \
               "only at the end"), \
    GA_ROW_INT("sample-count", "N", count, 1, 1024, counted), \
    GA_ROW_INT("sample-zoom", "N", "0", 0, 16, \
               "pixels that one of a picture becomes on a sheet; 0: pictures about 56 wide")

/* Scores against the test pictures over the training; generators. */
#define GA_TRAIN_SCORE \
    GA_ROW_TEXT("features", "MODEL", \
                "a classifier: measurements then include --scores on its features"), \
    {.name = "scores", .type = GA_FIELD_TEXT, .value = "NAMES", \
     .fallback = "frechet,precision,recall,coverage,labels", \
     .help = "with --features: which (`ganatomy help evaluate`)"}, \
    GA_ROW_INT("score-images", "N", "2000", 10, 1000000, \
               "fakes and test pictures that they are measured on")

#define GA_TRAIN_ADVERSARIAL(loss_init) \
    GA_ROW_CHOICE("loss", "LOSS", loss_init, ga_gan_loss_words, "what the two play for"), \
    GA_ROW_NUMBER("lr-d", "RATE", "0", 0, 1e30, "the discriminator's learning rate; 0: --lr"), \
    GA_ROW_INT("d-steps", "N", "1", 1, 100, "updates of the discriminator for each of the generator"), \
    GA_ROW_NUMBER("real-target", "T", "1", 0.5, 1, \
                  "target of real pictures; below 1 is one-sided label smoothing"), \
    GA_ROW_NUMBER("noise", "SIGMA", "0", 0, 10, \
                  "normal noise on what the discriminator sees, falling to 0 at the end"), \
    GA_ROW_NUMBER("clip", "LIMIT", "0", 0, 1e6, \
                  "keep the discriminator's weights within +-LIMIT (wasserstein); 0: no"), \
    GA_ROW_FLAG("spectral", "spectral normalisation of the discriminator"), \
    GA_ROW_NUMBER("r1", "GAMMA", "0", 0, 1e9, \
                  "gradient penalty on real pictures; the discriminator must have no batch norm"), \
    GA_ROW_INT("r1-every", "N", "16", 1, 10000, \
               "updates of the discriminator between penalties, which are N times as strong")
/* clang-format on */
#endif
