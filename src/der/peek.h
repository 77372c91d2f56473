/*
 * What stands where the readers of der.h refuse to read: for showing broken
 * input to people. Decoders use der.h alone.
 */
#ifndef DER_PEEK_H
#define DER_PEEK_H

#include "der/der.h"

enum der_flaw {
    DER_FLAW_NONE,
    /* After these the element's end is known nevertheless. */
    DER_FLAW_LENGTH_FORM, /* the length has a shorter form */
    DER_FLAW_TAG_FORM,    /* a universal type in the other of its two forms */
    /* After these it is not. */
    DER_FLAW_NO_TAG,     /* 00, which no type has */
    DER_FLAW_HIGH_TAG,   /* a tag of several octets */
    DER_FLAW_INDEFINITE, /* a length that BER alone has */
    DER_FLAW_HUGE,       /* more octets of length than any input has */
    DER_FLAW_SHORT,      /* the bytes end within tag and length */
    DER_FLAW_NUM
};
/* "the length is not in its shortest form"; static storage. */
const char *der_flaw_text(enum der_flaw flaw);
/* Whether an element with this flaw has an end. */
bool der_flaw_has_end(enum der_flaw flaw);

/* Tag and length that `bytes` begin with. The content may be longer than the
 * bytes are; where there is no end, `tag` alone is good, 0: not even that. */
struct der_peek {
    unsigned tag;
    size_t header_len;
    size_t content_len;
    enum der_flaw flaw;
};
void der_peek(struct span bytes, struct der_peek *out);

/*
 * What is wrong with the content of a primitive universal type, in static
 * storage; NULL: nothing, or the type has no rules of ours. `tag` is the
 * type's own, whatever tag stands there.
 */
const char *der_content_flaw(enum der_tag tag, struct span content);

/* "INTEGER" for 02, "[3]" for A3; cut to `size`. */
void der_tag_format(unsigned tag, char *out, size_t size);

#endif
