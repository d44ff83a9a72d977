/* layer_advice.h - layers that are worth looking at, for who does not know a network's names. */
#ifndef GA_LAYER_ADVICE_H
#define GA_LAYER_ADVICE_H
#include "ganatomy/model.h"

/* The model has all of these layers, and n is not 0. GA_EINVAL, GA_ENOTFOUND: with at most three that
 * it has, to begin with: layers with maps of units, the last one of each size of map, of middle
 * sizes. Never what the network reads or ends with, nor blocks' inner layers (layer1.conv) where
 * blocks have a name of their own. name: what the model was called. */
ga_status ga_layers_need(const ga_model *m, const char *name, const char *const *taps, int n,
                         ga_err *err);
#endif
