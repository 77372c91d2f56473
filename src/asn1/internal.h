/*
 * Shared inside asn1: text built in the arena, parts of names, checks of
 * lists nobody keeps.
 */
#ifndef ASN1_INTERNAL_H
#define ASN1_INTERNAL_H

#include "asn1/types.h"

/* Text that grows to a bound given at the start. */
struct text {
    char *ptr;
    size_t len;
    size_t size;
    bool failed; /* no memory, or more than the bound */
};

/* Room for `size` bytes, NUL included. */
void text_init(struct text *t, struct arena *a, size_t size);
void text_add(struct text *t, struct span bytes);
void text_add_str(struct text *t, const char *s);
void text_add_hex(struct text *t, struct span bytes);
/* The bytes; a control character or backslash as "\xx". */
void text_add_printable(struct text *t, struct span bytes);
/* NULL after a failure. */
const char *text_done(struct text *t);

/* One AttributeTypeAndValue of a name. */
struct ava {
    struct span oid;
    unsigned tag;
    struct span value; /* content */
    struct span der;   /* the value's whole element */
};
MUST_USE enum err ava_read(struct der *rdn, struct ava *out);

/* How an attribute type is written in text, and which string carries it. */
struct ava_type {
    enum oid id;
    unsigned tag;
    const char *keyword;
};
/* NULL: not in the table. The keyword's letter case does not matter. */
const struct ava_type *ava_type_find(enum oid id);
const struct ava_type *ava_type_find_by_keyword(struct span keyword);

/* One Extension. */
MUST_USE enum err extension_read(struct der *in, struct extension *out);

/* The content of GeneralNames, checked and forgotten. */
MUST_USE enum err general_names_check_content(struct der *content);

/* 7-bit characters without NUL. */
bool ascii_is_valid(struct span text);
/* The characters of a PrintableString (X.680, 41.4). */
bool printable_is_valid(struct span text);

#endif
