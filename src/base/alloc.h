/* alloc.h - memory: checked sizes, checked allocation, arenas. The only users of malloc are here. */
#ifndef GA_ALLOC_H
#define GA_ALLOC_H
#include "ganatomy/base.h"

/* False on overflow (*out untouched). */
bool ga_mul(size_t a, size_t b, size_t *out);
bool ga_add(size_t a, size_t b, size_t *out);

/* n elements of size bytes, zero-filled, 64-byte aligned; NULL when out of memory or n*size
 * overflows. n = 0 gives a valid pointer. Ended by ga_mem_free. */
void *ga_mem_new(size_t n, size_t size);
/* Keeps the first min(old, n) elements, zero-fills the rest; on NULL the old block still stands. */
void *ga_mem_resize(void *p, size_t old_n, size_t n, size_t size);
void ga_mem_free(void *p); /* NULL is fine */
char *ga_mem_string(const char *text);                  /* copy, or NULL */
char *ga_mem_string_n(const char *text, size_t length); /* copy with a 0 after it, or NULL */

/* Growing block of memory that ends at once. max_bytes: more is refused (NULL). */
typedef struct ga_arena ga_arena;
ga_arena *ga_arena_create(size_t max_bytes);
void *ga_arena_new(ga_arena *a, size_t n, size_t size); /* zero-filled, 16-byte aligned, or NULL */
char *ga_arena_string(ga_arena *a, const char *text, size_t length);
size_t ga_arena_used(const ga_arena *a);
void ga_arena_free(ga_arena *a);

/* Bytes of all blocks of this process that have not ended, with what lies around each. Only ever
 * told; nothing hangs on it. */
size_t ga_mem_held(void);

/* Tests only: the n-th allocation from now fails (0 = next; negative: none fails). Thread-local. */
void ga_mem_fail_after(long n);
/* Allocations made so far by this thread, for tests that a run allocates nothing. */
uint64_t ga_mem_count(void);
#endif
