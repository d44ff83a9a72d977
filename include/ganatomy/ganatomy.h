/* ganatomy.h - everything, in reading order. */
#ifndef GA_GANATOMY_H
#define GA_GANATOMY_H
#include "ganatomy/base.h"   /* status, words for a failure, progress */
#include "ganatomy/tensor.h" /* shapes and views */
#include "ganatomy/image.h"  /* pictures and sheets */
#include "ganatomy/array.h"  /* named arrays in files */
#include "ganatomy/net.h"    /* graphs, plans, edits, optimisers */
#include "ganatomy/model.h"  /* architectures, models, latents */
#include "ganatomy/edit.h"   /* the feature-map laboratory */
#include "ganatomy/data.h"   /* data sets */
#include "ganatomy/labels.h" /* words for pixels, maps of them, basic colours */
#include "ganatomy/palette.h" /* painted pictures */
#include "ganatomy/scenes.h" /* a world whose truth is known */
#include "ganatomy/augment.h" /* random changes of pictures */
#include "ganatomy/train.h"  /* losses and training */
#include "ganatomy/parts.h"  /* names for parts, from a few painted pictures */
#include "ganatomy/stat.h"   /* streaming statistics */
#include "ganatomy/tally.h"  /* units against labels */
#include "ganatomy/seg.h"    /* pictures into label maps */
#include "ganatomy/dissect.h" /* which unit stands for what */
#include "ganatomy/findings.h" /* finished dissections, read back */
#include "ganatomy/detect.h"   /* units as detectors */
#include "ganatomy/curve.h"  /* curves made fit to be looked at */
#include "ganatomy/metric.h" /* scores */
#include "ganatomy/areas.h"  /* how much of what is in pictures */
#include "ganatomy/lint.h"   /* classic mistakes, told from what was recorded */
#include "ganatomy/store.h"  /* runs and their curves */
#include "ganatomy/report.h" /* pages */
#endif
