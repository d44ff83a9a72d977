/* machine.h - which machine this is, in words. */
#ifndef GA_APP_MACHINE_H
#define GA_APP_MACHINE_H
#include "ganatomy/base.h"
#include <jansson.h>

/* "AMD EPYC 7B13", or "unknown"; into buf, which is returned. */
char *ga_machine_cpu(char *buf, size_t size);
/* For records: cpu, cores, threads (that a command was given), isa, memory, system; NULL without
 * memory. */
json_t *ga_machine_json(int threads);
#endif
