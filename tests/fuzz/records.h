/*
 * Inputs that hold several small things: each a selector octet, a length of
 * two octets, and so many bytes; the last one may be cut short.
 */
#ifndef FUZZ_RECORDS_H
#define FUZZ_RECORDS_H

#include "base/span.h"

struct record {
    unsigned selector;
    struct span bytes;
};

/* False when no record is left. */
static inline bool record_take(struct span *in, struct record *out)
{
    size_t len;

    if (in->len < 3)
        return false;
    out->selector = in->ptr[0];
    len = (size_t)(in->ptr[1] << 8 | in->ptr[2]);
    if (len > in->len - 3)
        len = in->len - 3;
    out->bytes = span_of(in->ptr + 3, len);
    in->ptr += 3 + len;
    in->len -= 3 + len;
    return true;
}

#endif
