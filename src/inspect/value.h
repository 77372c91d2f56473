/*
 * Values as people read them. Every function takes the content of an element
 * and appends to `out`, whose cap bounds it; content that breaks the rules of
 * its type is shown in hexadecimal.
 */
#ifndef INSPECT_VALUE_H
#define INSPECT_VALUE_H

#include "base/buf.h"
#include "der/der.h"

/* Up to eight octets in decimal, others as 0x and hexadecimal digits. */
void value_integer(struct span content, struct buf *out);

/* "id-kp-cmcRA (1.3.6.1.5.5.7.3.28)", or the numbers alone. */
void value_oid(struct span content, struct buf *out);

/*
 * A string in UTF-8. Control characters, characters that turn the direction of
 * writing, and backslashes are escaped, since text comes from peers and goes
 * to terminals.
 */
void value_string(enum der_tag tag, struct span content, struct buf *out);
/* Whatever it is, as text: octets that are no UTF-8 are escaped. */
void value_printable(struct span bytes, struct buf *out);

/* Text in which backslashes are escaped already. */
void value_escaped(struct span text, struct buf *out);

/* "2026-11-22T10:00:00Z"; fractions of a second are kept. */
void value_time(enum der_tag tag, struct span content, struct buf *out);

/* The names of the bits that are set, by comma; a bit without one as its
 * number. `names` may hold NULL. */
void value_named_bits(struct span content, const char *const *names,
                      size_t num_names, struct buf *out);

void value_hex(struct span bytes, struct buf *out);

/* The content of a universal type by its rules. */
void value_universal(unsigned tag, struct span content, struct buf *out);

#endif
