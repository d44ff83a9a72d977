/* layer_advice.h - layers that are worth looking at, for who does not know a network's names. */
#ifndef GA_LAYER_ADVICE_H
#define GA_LAYER_ADVICE_H
#include "ganatomy/model.h"

enum { GA_MOST_ADVISED = 3 };

/* Taps with maps of units, the last one of each size, those of middle sizes: at most
 * GA_MOST_ADVISED, in the order of the network; 0 where no tap has a map. Never what the network
 * reads or ends with, nor blocks' inner layers (layer1.conv) where blocks have a name of their own. */
int ga_advised_layers(const ga_graph *g, int taps[GA_MOST_ADVISED]);

/* Fails with GA_EINVAL: --layers is missing, and which of this model would do. name: what the model
 * was called. */
ga_status ga_fail_without_layers(const ga_model *m, const char *name, ga_err *err);
#endif
