/*
 * A growing buffer with a mandatory cap and a failure that sticks.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/error.h"
#include "base/span.h"

/* `failed` is ERR_OK until an append did not fit (ERR_LIMIT) or found no
 * memory (ERR_NO_MEM); later appends then do nothing. */
struct buf {
    uint8_t *ptr;
    size_t len;
    size_t size;
    size_t cap;
    enum err failed;
};

void buf_init(struct buf *b, size_t cap);
void buf_done(struct buf *b);

/* Empties it and forgets a failure; keeps the memory. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, struct span bytes);
void buf_add_str(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What it holds; good until the next append. */
static inline struct span buf_span(const struct buf *b)
{
    return span_of(b->ptr, b->len);
}

/* The same as a C string; "" when empty. Good until the next append. */
const char *buf_str(struct buf *b);

#endif
