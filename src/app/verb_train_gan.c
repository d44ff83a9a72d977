/* verb_train_gan.c - `ganatomy train gan`. */
#include "app/run_train.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, true, err);
}

static const ga_field fields[] = {
    {.name = "arch", .type = GA_FIELD_TEXT, .value = "ARCH",
     .help = "the generator: a built-in architecture (mnist-gan) or a JSON file"},
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA",
     .help = "the pictures: mnist, fashion-mnist, emnist-letters or a folder with IDX files"},
    {.name = "out", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "NAME",
     .help = "name of the run, or a .safetensors file that gets the model too (default ARCH-DATA)"},
    {.name = "resume", .type = GA_FIELD_FLAG,
     .help = "take up the run of that name after its last checkpoint"},
    {.name = "epochs", .type = GA_FIELD_INT, .value = "N", .fallback = "20", .min = 1, .max = 1e6,
     .help = "length in passes over the data"},
    {.name = "steps", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 1e9,
     .help = "length in steps, instead of --epochs"},
    {.name = "batch", .type = GA_FIELD_INT, .value = "N", .fallback = "100", .min = 2, .max = 65536,
     .help = "pictures a step"},
    {.name = "lr", .type = GA_FIELD_NUMBER, .value = "RATE", .fallback = "0.0002", .min = 1e-12,
     .max = 1e30, .help = "Adam's learning rate per step"},
    {.name = "lr-d", .type = GA_FIELD_NUMBER, .value = "RATE", .fallback = "0", .min = 0, .max = 1e30,
     .help = "the discriminator's; 0: --lr"},
    {.name = "beta1", .type = GA_FIELD_NUMBER, .value = "B", .fallback = "0.5", .min = 0,
     .max = 0.9999, .help = "Adam's first decay; the second is 0.999"},
    {.name = "decay-from", .type = GA_FIELD_NUMBER, .value = "SHARE", .fallback = "1", .min = 0,
     .max = 1, .help = "share of the steps after which the rates fall linearly to 0; 1: never"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 9007199254740992.0, .help = "seed of every draw"},
    {.name = "ema", .type = GA_FIELD_NUMBER, .value = "D", .fallback = "0.999", .min = 0,
     .max = 0.999999, .help = "decay per step of the moving average that becomes the model; 0: none"},
    {.name = "z", .type = GA_FIELD_INT, .value = "Z", .min = 1, .max = 4096,
     .help = "length of the latent (default: the architecture's)"},
    {.name = "discriminator", .type = GA_FIELD_TEXT, .value = "ARCH",
     .help = "its architecture (default: the one that the generator's names)"},
    {.name = "init", .type = GA_FIELD_CHOICE, .value = "START", .fallback = "dcgan",
     .choices = ga_init_words, .help = "start: normal(0, 0.02) or PyTorch's defaults"},
    {.name = "real-target", .type = GA_FIELD_NUMBER, .value = "T", .fallback = "1", .min = 0.5,
     .max = 1, .help = "target of real pictures; below 1 is one-sided label smoothing"},
    {.name = "noise", .type = GA_FIELD_NUMBER, .value = "SIGMA", .fallback = "0", .min = 0, .max = 10,
     .help = "normal noise on what the discriminator sees, falling to 0 at the end"},
    {.name = "settle", .type = GA_FIELD_INT, .value = "N", .fallback = "100", .min = 0, .max = 100000,
     .help = "batches that measure the finished model's batch-norm statistics; 0: moving averages"},
    {.name = "bf16", .type = GA_FIELD_FLAG,
     .help = "multiply in bfloat16 where the processor can: about twice as fast"},
    {.name = "half", .type = GA_FIELD_FLAG, .help = "write the model as 16-bit floats"},
    {.name = "sheet-every", .type = GA_FIELD_INT, .value = "N", .fallback = "600", .min = 0,
     .max = 1e9, .help = "steps between sample sheets; 0: only at the end"},
    {.name = "save-every", .type = GA_FIELD_INT, .value = "N", .fallback = "200", .min = 0,
     .max = 1e9, .help = "steps between checkpoints; 0: only at the end"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy train gan --arch mnist-gan --data mnist --out digits", "20 epochs of digits"},
    {"ganatomy train gan --out digits --resume", "go on after a crash or Ctrl-C"},
    {"ganatomy train gan --arch mnist-gan --data fashion-mnist --z 32 --bf16 -o models/clothes.safetensors",
     "clothes, with a longer latent, into a file"},
    {0}};

const ga_verb ga_verb_train_gan = {
    .name = "train gan",
    .summary = "train a generator against a discriminator",
    .description =
        "Trains with the non-saturating loss on logits; one batch of fakes serves both updates. "
        "Losses, D(x) and D(G(z)) of every step go to the workspace's database, sheets of 64 fixed "
        "latents (ids 0-63 of seed 1), checkpoints and the model to HOME/runs/NAME.\n\n"
        "Ctrl-C finishes the step and saves. A run that was stopped or killed goes on with --resume "
        "and ends with the same bytes as if nothing had happened; its options are kept, and others "
        "are refused. A loss that is not finite ends the run with exit code 5.\n\n"
        "The model is the moving average of the generator's weights.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
