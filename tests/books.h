/* books.h - what the process holds by the C library's own books, for tests of forecasts. */
#ifndef GA_TEST_BOOKS_H
#define GA_TEST_BOOKS_H
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

/* Bytes that are allocated at this moment in the whole process. */
static inline size_t held(void)
{
    const struct mallinfo2 books = mallinfo2();
    return books.uordblks + books.hblkhd;
}

/* Sanitizers bring another malloc, which keeps no such books. */
static inline bool books_are_kept(void)
{
    const size_t before = held();
    char *volatile probe = malloc(1 << 20); /* volatile: or the compiler does without it */
    const size_t grown = held() - before;
    free(probe);
    return grown >= 1 << 20;
}
#endif
