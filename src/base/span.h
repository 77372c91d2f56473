/*
 * Borrowed bytes: where they start and how many there are.
 *
 * A span owns nothing. One whose `ptr` is NULL stands for "absent"; an empty
 * one that is present has a `ptr` and a `len` of 0.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *ptr;
    size_t len;
};

#define SPAN_NONE ((struct span){ NULL, 0 })

/* The bytes of an array, or of a string literal without its NUL. */
#define SPAN_OF(array) \
    ((struct span){ (const uint8_t *)(array), sizeof(array) })
#define SPAN_LIT(text) \
    ((struct span){ (const uint8_t *)("" text), sizeof(text) - 1 })

static inline struct span span_of(const void *ptr, size_t len)
{
    return (struct span){ ptr, len };
}

/* The bytes of a C string, without its NUL. */
static inline struct span span_str(const char *text)
{
    return (struct span){ (const uint8_t *)text, strlen(text) };
}

static inline bool span_is_absent(struct span s)
{
    return s.ptr == NULL;
}

/* Equal length and bytes; not for secrets. */
static inline bool span_is_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* A total order: by bytes, then by length. For sorting, not for secrets. */
static inline int span_compare(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

#endif
