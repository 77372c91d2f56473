#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

#define BLOCK_SIZE ((size_t)16 * 1024)

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct block *first;
    struct block *last;
    size_t cap;
    size_t total;
};

static struct block *block_new(size_t size)
{
    struct block *b = malloc(sizeof(*b) + size);

    if (b == NULL)
        return NULL;
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(size_t cap)
{
    struct arena *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return NULL;
    a->first = a->last = block_new(cap < BLOCK_SIZE ? cap : BLOCK_SIZE);
    if (a->first == NULL) {
        free(a);
        return NULL;
    }
    a->cap = cap;
    return a;
}

static void blocks_free(struct block *b)
{
    struct block *next;

    for (; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    blocks_free(a->first);
    free(a);
}

void arena_wipe(struct arena *a)
{
    for (struct block *b = a->first; b != NULL; b = b->next)
        secret_wipe(b->bytes, b->used);
}

void arena_reset(struct arena *a)
{
    blocks_free(a->first->next);
    a->first->next = NULL;
    a->first->used = 0;
    a->last = a->first;
    a->total = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *b = a->last;
    void *p;

    if (size == 0)
        size = 1;
    if (size > a->cap || a->cap - size < a->total)
        return NULL;
    size = (size + align - 1) / align * align;
    if (b->size - b->used < size) {
        b = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        if (b == NULL)
            return NULL;
        a->last->next = b;
        a->last = b;
    }
    p = b->bytes + b->used;
    b->used += size;
    a->total += size;
    return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t num, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(num, size, &bytes))
        return NULL;
    return arena_alloc(a, bytes);
}

struct span arena_copy(struct arena *a, struct span bytes)
{
    uint8_t *p = arena_alloc(a, bytes.len);

    if (p == NULL)
        return SPAN_NONE;
    if (bytes.len > 0)
        memcpy(p, bytes.ptr, bytes.len);
    return span_of(p, bytes.len);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    char brief[256];
    va_list args;
    char *text;
    int len;

    va_start(args, fmt);
    len = vsnprintf(brief, sizeof(brief), fmt, args);
    va_end(args);
    if (len < 0)
        return NULL;
    text = arena_alloc(a, (size_t)len + 1);
    if (text == NULL)
        return NULL;
    if ((size_t)len < sizeof(brief)) {
        memcpy(text, brief, (size_t)len);
        return text;
    }
    va_start(args, fmt);
    vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    return text;
}
