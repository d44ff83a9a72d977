/* verb_train_classifier.c - `ganatomy train classifier`. */
#include "app/run_train.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, false, err);
}

static const ga_field fields[] = {
    {.name = "arch", .type = GA_FIELD_TEXT, .value = "ARCH",
     .help = "a built-in architecture (lenet5) or a JSON file"},
    {.name = "data", .type = GA_FIELD_TEXT, .value = "DATA",
     .help = "labelled pictures: mnist, fashion-mnist, emnist-letters or a folder with IDX files"},
    {.name = "out", .letter = 'o', .type = GA_FIELD_OUTPUT, .value = "NAME",
     .help = "name of the run, or a .safetensors file that gets the model too (default ARCH-DATA)"},
    {.name = "resume", .type = GA_FIELD_FLAG,
     .help = "take up the run of that name after its last checkpoint"},
    {.name = "epochs", .type = GA_FIELD_INT, .value = "N", .fallback = "20", .min = 1, .max = 1e6,
     .help = "length in passes over the data"},
    {.name = "steps", .type = GA_FIELD_INT, .value = "N", .min = 1, .max = 1e9,
     .help = "length in steps, instead of --epochs"},
    {.name = "batch", .type = GA_FIELD_INT, .value = "N", .fallback = "100", .min = 1, .max = 65536,
     .help = "pictures a step"},
    {.name = "lr", .type = GA_FIELD_NUMBER, .value = "RATE", .fallback = "0.002", .min = 1e-12,
     .max = 1e30, .help = "Adam's learning rate per step"},
    {.name = "beta1", .type = GA_FIELD_NUMBER, .value = "B", .fallback = "0.9", .min = 0,
     .max = 0.9999, .help = "Adam's first decay; the second is 0.999"},
    {.name = "decay-from", .type = GA_FIELD_NUMBER, .value = "SHARE", .fallback = "0", .min = 0,
     .max = 1, .help = "share of the steps after which the rate falls linearly to 0; 1: never"},
    {.name = "seed", .type = GA_FIELD_INT, .value = "S", .fallback = "1", .min = 0,
     .max = 9007199254740992.0, .help = "seed of every draw"},
    {.name = "ema", .type = GA_FIELD_NUMBER, .value = "D", .fallback = "0", .min = 0, .max = 0.999999,
     .help = "decay per step of a moving average that becomes the model; 0: none"},
    {.name = "shift", .type = GA_FIELD_INT, .value = "PIXELS", .fallback = "2", .min = 0, .max = 16,
     .help = "pictures are moved by up to so many pixels at random, in each direction"},
    {.name = "init", .type = GA_FIELD_CHOICE, .value = "START", .fallback = "pytorch",
     .choices = ga_init_words, .help = "start: normal(0, 0.02) or PyTorch's defaults"},
    {.name = "bf16", .type = GA_FIELD_FLAG,
     .help = "multiply in bfloat16 where the processor can: about twice as fast"},
    {.name = "half", .type = GA_FIELD_FLAG, .help = "write the model as 16-bit floats"},
    {.name = "save-every", .type = GA_FIELD_INT, .value = "N", .fallback = "600", .min = 0,
     .max = 1e9, .help = "steps between checkpoints; 0: only at the end"},
    {0}};

static const ga_example examples[] = {
    {"ganatomy train classifier --arch lenet5 --data mnist", "a LeNet-5 that reads digits"},
    {"ganatomy train classifier --arch lenet5 --data mnist --half -o models/lenet5.safetensors",
     "into a file of 16-bit floats"},
    {0}};

const ga_verb ga_verb_train_classifier = {
    .name = "train classifier",
    .summary = "train a classifier of pictures",
    .description =
        "Trains with cross-entropy. Pictures are enlarged bilinearly to what the network reads. Loss "
        "and accuracy of every step go to the workspace's database; at the end the model reads the "
        "test pictures, and the share that it reads right is printed.\n\n"
        "Stopping, --resume and exit codes are those of `ganatomy train gan`.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
