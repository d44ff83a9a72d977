#include "base/alloc.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, ARENA_ALIGN = 16, ARENA_CHUNK = 1 << 16 };

/* The only state outside of structs: how much is held, and a per-thread switch and counter that
 * tests use. */
static atomic_size_t held;
static _Thread_local long fail_after = -1;
static _Thread_local uint64_t allocations;

bool ga_mul(size_t a, size_t b, size_t *out)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

bool ga_add(size_t a, size_t b, size_t *out)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

void ga_mem_fail_after(long n)
{
    fail_after = n;
}

uint64_t ga_mem_count(void)
{
    return allocations;
}

size_t ga_mem_held(void)
{
    return atomic_load_explicit(&held, memory_order_relaxed);
}

static bool told_to_fail(void)
{
    if (fail_after < 0)
        return false;
    return fail_after-- == 0;
}

/* What lies just before a block: where calloc's begins, and how many bytes it has. */
typedef struct lead {
    char *block;
    size_t bytes;
} lead;
_Static_assert(sizeof(lead) <= _Alignof(max_align_t), "what lies before a block fits there");

/* calloc, not aligned_alloc and memset: large blocks come from the system zeroed and untouched, so
 * memory that is never used is never resident. The block is moved up to the next multiple of ALIGN,
 * at least 16 bytes, which are the lead's. */
void *ga_mem_new(size_t n, size_t size)
{
    size_t bytes;
    allocations++;
    if (told_to_fail() || !ga_mul(n, size, &bytes) || bytes > PTRDIFF_MAX - ALIGN)
        return NULL;
    const lead l = {calloc(1, bytes + ALIGN), bytes + ALIGN};
    if (l.block == NULL)
        return NULL;
    char *p = l.block + (ALIGN - (uintptr_t)l.block % ALIGN);
    memcpy(p - sizeof l, &l, sizeof l);
    atomic_fetch_add_explicit(&held, l.bytes, memory_order_relaxed);
    return p;
}

void ga_mem_free(void *p)
{
    if (p == NULL)
        return;
    lead l;
    memcpy(&l, (char *)p - sizeof l, sizeof l);
    atomic_fetch_sub_explicit(&held, l.bytes, memory_order_relaxed);
    free(l.block);
}

void *ga_mem_resize(void *p, size_t old_n, size_t n, size_t size)
{
    void *fresh = ga_mem_new(n, size);
    if (fresh == NULL)
        return NULL;
    if (p != NULL)
        memcpy(fresh, p, (old_n < n ? old_n : n) * size);
    ga_mem_free(p);
    return fresh;
}

char *ga_mem_string_n(const char *text, size_t length)
{
    size_t bytes;
    if (!ga_add(length, 1, &bytes))
        return NULL;
    char *copy = ga_mem_new(bytes, 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *ga_mem_string(const char *text)
{
    return ga_mem_string_n(text, strlen(text));
}

struct chunk {
    struct chunk *before;
    size_t size, used;
    char *data;
};

struct ga_arena {
    struct chunk *last;
    size_t max_bytes, used;
};

ga_arena *ga_arena_create(size_t max_bytes)
{
    ga_arena *a = ga_mem_new(1, sizeof *a);
    if (a != NULL)
        a->max_bytes = max_bytes;
    return a;
}

static struct chunk *chunk_new(struct chunk *before, size_t bytes)
{
    struct chunk *c = ga_mem_new(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->size = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;
    c->data = ga_mem_new(c->size, 1);
    if (c->data == NULL) {
        ga_mem_free(c);
        return NULL;
    }
    c->before = before;
    return c;
}

void *ga_arena_new(ga_arena *a, size_t n, size_t size)
{
    size_t bytes, total;
    if (!ga_mul(n, size, &bytes) || !ga_add(bytes, ARENA_ALIGN - 1, &bytes))
        return NULL;
    bytes -= bytes % ARENA_ALIGN;
    if (!ga_add(a->used, bytes, &total) || total > a->max_bytes)
        return NULL;
    if (a->last == NULL || a->last->size - a->last->used < bytes) {
        struct chunk *c = chunk_new(a->last, bytes);
        if (c == NULL)
            return NULL;
        a->last = c;
    }
    void *p = a->last->data + a->last->used;
    a->last->used += bytes;
    a->used = total;
    return p;
}

char *ga_arena_string(ga_arena *a, const char *text, size_t length)
{
    size_t bytes;
    if (!ga_add(length, 1, &bytes))
        return NULL;
    char *copy = ga_arena_new(a, bytes, 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

size_t ga_arena_used(const ga_arena *a)
{
    return a->used;
}

void ga_arena_free(ga_arena *a)
{
    if (a == NULL)
        return;
    while (a->last != NULL) {
        struct chunk *c = a->last;
        a->last = c->before;
        ga_mem_free(c->data);
        ga_mem_free(c);
    }
    ga_mem_free(a);
}
