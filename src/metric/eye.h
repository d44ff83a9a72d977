/* eye.h - what the files of this room know of a ga_eye beyond metric.h. */
#ifndef GA_EYE_H
#define GA_EYE_H
#include "ganatomy/metric.h"

bool ga_eye_remembers(const ga_eye *e);
#endif
