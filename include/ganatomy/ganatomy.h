/* ganatomy.h - everything, in reading order. */
#ifndef GA_GANATOMY_H
#define GA_GANATOMY_H
#include "ganatomy/base.h"
#include "ganatomy/tensor.h"
#include "ganatomy/image.h"
#include "ganatomy/net.h"
#include "ganatomy/model.h"
#endif
