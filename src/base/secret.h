/*
 * Bytes that must not outlive their use: wiped when freed, compared in
 * constant time, never printed.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/error.h"
#include "base/span.h"

struct secret {
    size_t len;
    uint8_t bytes[];
};

/* A copy of `bytes` that the caller owns. NULL: out of memory. */
struct secret *secret_new(struct span bytes);
void secret_free(struct secret *s);
DEFINE_AUTO(secret)

static inline struct span secret_span(const struct secret *s)
{
    return span_of(s->bytes, s->len);
}

/* True when equal; the time taken depends on the lengths alone. */
bool secret_is_equal(struct span a, struct span b);

/* Overwrites memory in a way the compiler keeps. */
void secret_wipe(void *ptr, size_t len);

#endif
