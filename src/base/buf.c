#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t cap)
{
    *b = (struct buf){ .cap = cap };
}

void buf_done(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = ERR_OK;
}

/* Room for `more` bytes and a NUL behind them. */
static bool reserve(struct buf *b, size_t more)
{
    size_t want, size;
    uint8_t *ptr;

    if (b->failed != ERR_OK)
        return false;
    if (more > b->cap || b->cap - more < b->len) {
        b->failed = ERR_LIMIT;
        return false;
    }
    want = b->len + more + 1;
    if (want <= b->size)
        return true;
    size = b->size == 0 ? 256 : b->size;
    while (size < want)
        size *= 2;
    ptr = realloc(b->ptr, size);
    if (ptr == NULL) {
        b->failed = ERR_NO_MEM;
        return false;
    }
    b->ptr = ptr;
    b->size = size;
    return true;
}

void buf_add(struct buf *b, struct span bytes)
{
    if (!reserve(b, bytes.len) || bytes.len == 0)
        return;
    memcpy(b->ptr + b->len, bytes.ptr, bytes.len);
    b->len += bytes.len;
}

void buf_add_str(struct buf *b, const char *text)
{
    buf_add(b, span_str(text));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    size_t room = b->size - b->len;
    va_list args;
    int len;

    if (b->failed != ERR_OK)
        return;
    va_start(args, fmt);
    len =
        vsnprintf(room == 0 ? NULL : (char *)b->ptr + b->len, room, fmt, args);
    va_end(args);
    if (len < 0 || !reserve(b, (size_t)len))
        return;
    if ((size_t)len >= room) {
        va_start(args, fmt);
        vsnprintf((char *)b->ptr + b->len, (size_t)len + 1, fmt, args);
        va_end(args);
    }
    b->len += (size_t)len;
}

const char *buf_str(struct buf *b)
{
    if (b->ptr == NULL)
        return "";
    b->ptr[b->len] = '\0';
    return (const char *)b->ptr;
}
