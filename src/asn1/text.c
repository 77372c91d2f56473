#include "asn1/internal.h"

void text_init(struct text *t, struct arena *a, size_t size)
{
    *t = (struct text){ .size = size };
    t->ptr = arena_alloc(a, size);
    t->failed = t->ptr == NULL;
}

void text_add(struct text *t, struct span bytes)
{
    if (t->failed || bytes.len >= t->size - t->len) {
        t->failed = true;
        return;
    }
    if (bytes.len > 0)
        memcpy(t->ptr + t->len, bytes.ptr, bytes.len);
    t->len += bytes.len;
}

void text_add_str(struct text *t, const char *s)
{
    text_add(t, span_str(s));
}

void text_add_hex(struct text *t, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        char pair[2] = { digits[bytes.ptr[i] >> 4],
                         digits[bytes.ptr[i] & 0x0f] };

        text_add(t, span_of(pair, sizeof(pair)));
    }
}

void text_add_printable(struct text *t, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        struct span octet = span_of(bytes.ptr + i, 1);

        if (*octet.ptr < 0x20 || *octet.ptr == 0x7f || *octet.ptr == '\\') {
            text_add_str(t, "\\");
            text_add_hex(t, octet);
        } else {
            text_add(t, octet);
        }
    }
}

const char *text_done(struct text *t)
{
    if (t->failed)
        return NULL;
    t->ptr[t->len] = '\0';
    return t->ptr;
}
