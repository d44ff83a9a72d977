/* verb_train_gan.c - `ganatomy train gan` and `ganatomy train cgan`. */
#include "app/run_train.h"
#include "app/train_fields.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, GA_TRAINING_GAN, err);
}

static ga_status run_conditional(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, GA_TRAINING_CGAN, err);
}

#define GAN_FIELDS(arch, count, counted)                                                                          \
    GA_TRAIN_ARCH(arch), GA_TRAIN_DATA, GA_TRAIN_OUT, GA_TRAIN_PRESET(ga_gan_presets),             \
        GA_TRAIN_LENGTH("20", "100", 2), GA_TRAIN_OPTIMISER("0.0002", "0.5", "1"),                 \
        GA_TRAIN_ADVERSARIAL("nonsaturating"),                                                     \
        GA_TRAIN_AUGMENT("random changes of all that the discriminator sees, such as "             \
                         "translate=0.1,cutout (`ganatomy help data augment`)"),                   \
        GA_ROW_NUMBER("ada-target", "R", "0", 0, 1,                                                \
                      "adapt --augment-p: more while the discriminator's mean sign on real "       \
                      "pictures is above R (0.6 is usual); 0: it stays"),                          \
        GA_TRAIN_WEIGHTS("0.999", "dcgan"),                                                        \
        GA_ROW_INT("z", "Z", NULL, 1, 4096, "length of the latent (default: the architecture's)"), \
        GA_ROW_TEXT("discriminator", "ARCH",                                                       \
                    "its architecture (default: the one that the generator's names)"),             \
        GA_TRAIN_SHEETS(count, counted), GA_TRAIN_SCORE,                                                    \
        GA_ROW_INT("settle", "N", "100", 0, 100000,                                                \
                   "batches that measure the finished model's batch-norm statistics; 0: moving "   \
                   "averages"),                                                                    \
        GA_TRAIN_WRITES("200", "an epoch")

static const ga_field fields[] = {
    GAN_FIELDS("the generator: a built-in architecture (mnist-gan, dcgan) or a JSON file", "64",
               "pictures of a sheet"),
    {0}};
static const ga_field conditional_fields[] = {
    GAN_FIELDS("the generator: one that is told the class (cdcgan, cmlp-gan) or a JSON file", "8",
               "latents of a sheet, each of them in every class"),
    {0}};

static const ga_example examples[] = {
    {"ganatomy train gan --arch mnist-gan --data mnist --out digits", "20 epochs of digits"},
    {"ganatomy train gan --out digits --resume", "go on after a crash or Ctrl-C"},
    {"ganatomy train gan --arch dcgan:width=16,z=64 --data fashion-mnist --features fashion-cnn "
     "--out clothes",
     "clothes by a DCGAN, its distance to the test pictures measured every epoch"},
    {"ganatomy train gan --arch dcgan --discriminator dcgan-d:norm=none --data mnist --preset r1",
     "with a gradient penalty"},
    {0}};
static const ga_example conditional_examples[] = {
    {"ganatomy train cgan --arch cdcgan --data mnist --out digits-by-name",
     "digits that can be ordered"},
    {"ganatomy train cgan --arch cdcgan:width=32 --data fashion-mnist --classes 0-4 --out "
     "five-kinds",
     "five kinds of clothes"},
    {0}};

#define RESUMING                                                                                   \
    "Ctrl-C finishes the step and saves. A run that was stopped or killed goes on with --out "     \
    "NAME "                                                                                        \
    "--resume and ends with the same bytes as if nothing had happened; its options are kept, and " \
    "others are refused, except for a larger --steps or --epochs: that makes the run longer, also "\
    "a finished one. Without falling rates and noise it then ends as if it had been begun so long; "\
    "with them (--decay-from, --noise) they are spread over the new length from there on, and the "\
    "model is another. What `ganatomy runs set NAME lr=0.0001` asks for is changed while it "    \
    "lasts, and recorded. A loss that is not finite ends the run with exit code 5."

const ga_verb ga_verb_train_gan = {
    .name = "train gan",
    .summary = "train a generator against a discriminator",
    .description =
        "One batch of fakes serves both updates. A new run needs --arch and --data. Losses, the "
        "discriminator's opinions, gradient norms and update ratios of every step, losses and "
        "accuracies on training and test pictures of every epoch go to the workspace's database; "
        "sheets of 64 fixed latents (ids 0-63 of seed 1), checkpoints and the models to "
        "HOME/runs/NAME.\n\n" RESUMING
        "\n\nThe model is the moving average of the generator's weights.",
    .fields = fields,
    .examples = examples,
    .run = run,
};

const ga_verb ga_verb_train_cgan = {
    .name = "train cgan",
    .summary = "train a generator that is told the class",
    .description =
        "As `ganatomy train gan`, with generator and discriminator that are both told the class of "
        "each picture (Mirza and Osindero 2014; projection: Miyato and Koyama 2018). The knobs "
        "pixels, channels and classes of a family follow from the data. Sheets show one latent a "
        "row and one class a column.\n\n" RESUMING,
    .fields = conditional_fields,
    .examples = conditional_examples,
    .run = run_conditional,
};
