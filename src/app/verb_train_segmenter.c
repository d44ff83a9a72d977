/* verb_train_segmenter.c - `ganatomy train segmenter`. */
#include "app/run_train.h"
#include "app/train_fields.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, GA_TRAINING_SEGMENTER, err);
}

static const ga_field fields[] = {
    GA_TRAIN_ARCH("a built-in architecture (unet) or a JSON file"),
    GA_TRAIN_DATA,
    GA_TRAIN_OUT,
    GA_TRAIN_LENGTH("4", "16", 1),
    GA_TRAIN_OPTIMISER("0.002", "0.9", "0"),
    GA_TRAIN_AUGMENT("flip: left and right, every other time, labels and all"),
    GA_TRAIN_WEIGHTS("0", "pytorch"),
    GA_TRAIN_WRITES("200", "an epoch"),
    {0}};

static const ga_example examples[] = {
    {"ganatomy train segmenter --arch unet --data scenes --augment flip",
     "a U-Net that says what is where in a scene"},
    {0}};

const ga_verb ga_verb_train_segmenter = {
    .name = "train segmenter",
    .summary = "train a network that says what the pixels of a picture are",
    .description =
        "Trains with the cross-entropy of every pixel's label, in each category of the data's "
        "vocabulary: object, part, material, color. The data must have label maps: `scenes` has. A "
        "family of networks is fitted to the pictures and to the vocabulary, whose words the model "
        "keeps. Measured every epoch, on training and test pictures: loss, the share of labels "
        "that "
        "are right, and the mean intersection over union (iou) of the labels that occur.\n\n"
        "Stopping, --resume, changing and exit codes are those of `ganatomy train gan`.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
