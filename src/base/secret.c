#include "base/secret.h"

#include <stdlib.h>

struct secret *secret_new(struct span bytes)
{
    struct secret *s = malloc(sizeof(*s) + bytes.len);

    if (s == NULL)
        return NULL;
    s->len = bytes.len;
    if (bytes.len > 0)
        memcpy(s->bytes, bytes.ptr, bytes.len);
    return s;
}

void secret_free(struct secret *s)
{
    if (s == NULL)
        return;
    secret_wipe(s->bytes, s->len);
    free(s);
}

bool secret_is_equal(struct span a, struct span b)
{
    uint8_t diff = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        diff |= (uint8_t)(a.ptr[i] ^ b.ptr[i]);
    return diff == 0;
}

void secret_wipe(void *ptr, size_t len)
{
    explicit_bzero(ptr, len);
}
