/* cells.c - see cells.h. */
#include "app/cells.h"
#include "base/alloc.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>

void ga_cells_add(ga_cells *c, const char *format, ...)
{
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (c->n == c->capacity && !c->failed) {
        const size_t more = c->capacity > 0 ? 2 * c->capacity : 64;
        char **at = ga_mem_resize(c->at, c->capacity, more, sizeof *at);
        c->failed = at == NULL;
        c->at = at != NULL ? at : c->at;
        c->capacity = at != NULL ? more : c->capacity;
    }
    if (c->failed)
        return;
    c->at[c->n] = ga_mem_string(words);
    c->failed = c->at[c->n] == NULL;
    c->n += !c->failed;
}

void ga_cells_free(ga_cells *c)
{
    for (size_t i = 0; i < c->n; i++)
        ga_mem_free(c->at[i]);
    ga_mem_free(c->at);
    *c = (ga_cells){0};
}

const char *const *ga_cells_of(const ga_cells *c)
{
    return (const char *const *)c->at;
}
