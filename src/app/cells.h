/* cells.h - cells of a table, put down one after another, as ga_say_table and ga_page_table read
 * them. Start with {0}. */
#ifndef GA_APP_CELLS_H
#define GA_APP_CELLS_H
#include "ganatomy/base.h"

typedef struct ga_cells {
    char **at;
    size_t n, capacity;
    bool failed; /* out of memory: adding is a no-op from then on */
} ga_cells;

void ga_cells_add(ga_cells *c, const char *format, ...) GA_PRINTF(2, 3);
void ga_cells_free(ga_cells *c);
/* As `const char *const *`, which C does not let char ** be. */
const char *const *ga_cells_of(const ga_cells *c);
#endif
