/* verb_train_classifier.c - `ganatomy train classifier`. */
#include "app/run_train.h"
#include "app/train_fields.h"

static ga_status run(ga_request *rq, ga_err *err)
{
    return ga_train_verb(rq, GA_TRAINING_CLASSIFIER, err);
}

static const ga_field fields[] = {
    GA_TRAIN_ARCH("a built-in architecture (lenet5, cnn) or a JSON file"),
    GA_TRAIN_DATA,
    GA_TRAIN_OUT,
    GA_TRAIN_PRESET(ga_classifier_presets),
    GA_TRAIN_LENGTH("20", "100", 1),
    GA_TRAIN_OPTIMISER("0.002", "0.9", "0"),
    GA_TRAIN_AUGMENT("random changes of the training pictures, such as rotate=10,translate=0.1 "
                     "(`ganatomy help data augment`)"),
    GA_TRAIN_WEIGHTS("0", "pytorch"),
    GA_ROW_INT("shift", "PIXELS", "2", 0, 16,
               "pictures are moved by up to so many pixels at random, in each direction"),
    GA_TRAIN_WRITES("600", "an epoch"),
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
        "Trains with cross-entropy. A new run needs --arch and --data; --out NAME --resume takes "
        "up one that was stopped. Pictures are resized bilinearly to what the network reads. Loss "
        "and accuracy of every step, and of training and test pictures every epoch, go to the "
        "workspace's database; at the end the model reads all test pictures, and the share that it "
        "reads right is printed.\n\n"
        "Stopping, --resume, changing and exit codes are those of `ganatomy train gan`.",
    .fields = fields,
    .examples = examples,
    .run = run,
};
