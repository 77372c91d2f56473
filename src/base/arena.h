/*
 * Memory that goes in one stroke: what one request decodes or builds.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>

#include "base/error.h"
#include "base/span.h"

struct arena;

/* An arena that hands out at most `cap` bytes in all. NULL: out of memory. */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *a);
DEFINE_AUTO(arena)

/* Overwrites everything handed out so far: for what must not outlive its use.
 * The spans stay valid. */
void arena_wipe(struct arena *a);

/* Forgets everything handed out; keeps its first block for the next request. */
void arena_reset(struct arena *a);

/*
 * Zeroed bytes, aligned for any type. NULL: out of memory, or the cap is
 * reached.
 */
void *arena_alloc(struct arena *a, size_t size);

/* The same for `num` things of `size` bytes; the product may not overflow. */
void *arena_array(struct arena *a, size_t num, size_t size);

/* A copy of the bytes. A span with ptr NULL: out of memory. */
struct span arena_copy(struct arena *a, struct span bytes);

/* A formatted, NUL-terminated string. NULL: out of memory. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
