/* verbs.c - the list of all verbs, in the order of help. A new verb adds one line here; the row
 * itself, `const ga_verb ga_verb_NAME`, is in src/app/verb_NAME.c. */
#include "app/verb.h"

#define GA_VERB_LIST(X)                                                                            \
    X(generate)                                                                                    \
    X(features)                                                                                    \
    X(swap)                                                                                        \
    X(segment)                                                                                     \
    X(dissect)                                                                                     \
    X(dissect_merge)                                                                               \
    X(dissect_import)                                                                              \
    X(compare_dissections)                                                                         \
    X(compare_detectors)                                                                           \
    X(study_mnist_gan)                                                                             \
    X(evaluate)                                                                                    \
    X(areas)                                                                                       \
    X(classify)                                                                                    \
    X(train_gan)                                                                                   \
    X(train_cgan)                                                                                  \
    X(train_classifier)                                                                            \
    X(train_segmenter)                                                                             \
    X(train_vae)                                                                                   \
    X(train_encoder)                                                                               \
    X(parts_paint)                                                                                 \
    X(parts_train)                                                                                 \
    X(runs_list)                                                                                   \
    X(runs_show)                                                                                   \
    X(runs_compare)                                                                                \
    X(runs_export)                                                                                 \
    X(runs_import)                                                                                 \
    X(runs_delete)                                                                                 \
    X(runs_set)                                                                                    \
    X(gallery_install)                                                                             \
    X(gallery_build)                                                                               \
    X(model_archs)                                                                                 \
    X(model_info)                                                                                  \
    X(model_plan)                                                                                  \
    X(model_import)                                                                                \
    X(model_note)                                                                                  \
    X(model_export)                                                                                \
    X(data_list)                                                                                   \
    X(data_info)                                                                                   \
    X(data_fetch)                                                                                  \
    X(data_show)                                                                                   \
    X(data_augment)                                                                                \
    X(doctor)

#define DECLARE(name) extern const ga_verb ga_verb_##name;
#define ROW(name)     &ga_verb_##name,

GA_VERB_LIST(DECLARE)

const ga_verb *const ga_verbs[] = {GA_VERB_LIST(ROW) NULL};
