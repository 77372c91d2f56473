/*
 * What every structure here is made of: algorithm identifiers, names, keys,
 * extensions, times.
 *
 * All spans point into the bytes read (or into the arena given) and live no
 * longer than these. A span with ptr NULL is an absent OPTIONAL field.
 */
#ifndef ASN1_TYPES_H
#define ASN1_TYPES_H

#include "der/der.h"
#include "der/oid.h"

/* Elements kept whole. */
struct span_list {
    const struct span *list;
    size_t num;
};

/* AlgorithmIdentifier. `params` is the whole element, absent if left out. */
struct alg_id {
    struct span der; /* the whole SEQUENCE */
    struct span oid; /* content octets */
    struct span params;
    enum oid id; /* OID_UNKNOWN: none of der/oid_list.h */
};
MUST_USE enum err alg_id_read(struct der *in, struct alg_id *out);
/* Sets which algorithm it is; der and params stay. */
void alg_id_set(struct alg_id *alg, enum oid id);
/* The content of an AlgorithmIdentifier whose tag was replaced (IMPLICIT). */
MUST_USE enum err alg_id_read_content(struct der *content, struct alg_id *out);

/* SubjectPublicKeyInfo; `key` is the BIT STRING's octets. For the IMPLICIT one
 * in a CertTemplate `der` is absent: use spki_write to make one. */
struct spki {
    struct span der;
    struct alg_id alg;
    struct span key;
};
MUST_USE enum err spki_read(struct der *in, struct spki *out);
MUST_USE enum err spki_read_content(struct der *content, struct spki *out);
/* A whole SubjectPublicKeyInfo (tag 30) from `alg` and `key`. */
void spki_put(struct der_writer *w, const struct spki *key);

/* Extension. `value` is the content of the OCTET STRING. */
struct extension {
    struct span oid;
    enum oid id;
    bool critical;
    struct span value;
};
struct extensions {
    const struct extension *list;
    size_t num;
};
/* SEQUENCE OF Extension; no OID twice; `critical` FALSE is not encoded. */
MUST_USE enum err extensions_read(struct der *in, struct arena *a,
                                  struct extensions *out);
MUST_USE enum err extensions_read_content(struct der *content, struct arena *a,
                                          struct extensions *out);
void extensions_put_content(struct der_writer *w, const struct extensions *x);
/* NULL when there is none with this id. */
const struct extension *extension_find(const struct extensions *x, enum oid id);

/*
 * Name (RFC 5280, 4.1.2.4) as the bytes of the whole SEQUENCE, checked to be
 * well formed. A NULL-DN is the two bytes 30 00.
 */
MUST_USE enum err name_read(struct der *in, struct span *out);
bool name_is_null(struct span name);
/*
 * Equality of RFC 5280, 7.1: attribute by attribute, letter case and runs of
 * blanks ignored in PrintableString, UTF8String and IA5String (ASCII case;
 * other characters byte for byte), whatever string type carries them.
 */
bool name_is_equal(struct span a, struct span b);
/* The n-th value (0 first) of this attribute type, as bytes of its string.
 * False when there is none. */
bool name_find(struct span name, enum oid type, size_t n, struct span *out);
/* RFC 4514 text, most specific RDN first ("CN=a,O=b"); into the arena; a
 * name that cannot be shown gives its hexadecimal form. NULL: no memory. */
const char *name_format(struct span name, struct arena *a);
/*
 * The reverse, for CN, O, OU, C, L, ST, DC, serialNumber, STREET, UID and
 * dotted OIDs, with RFC 4514 escapes. UTF8String, but PrintableString for C and
 * serialNumber and IA5String for DC. RDNs may be multi-valued by '+'.
 * ERR_BAD_DATA_FORMAT: not such a name; the fault says where.
 */
MUST_USE enum err name_parse(const char *text, struct arena *a,
                             struct span *out, struct fault *f);

/* GeneralName. The tags of the CHOICE. */
enum general_name_type {
    GN_OTHER = 0,
    GN_EMAIL = 1,
    GN_DNS = 2,
    GN_X400 = 3,
    GN_DIRECTORY = 4,
    GN_EDI = 5,
    GN_URI = 6,
    GN_IP = 7,
    GN_REGISTERED_ID = 8
};
/* `value`: the text of email, DNS, URI; the octets of IP; the Name of a
 * directoryName; otherwise the content. `der` is the whole element. */
struct general_name {
    struct span der;
    enum general_name_type type;
    struct span value;
};
MUST_USE enum err general_name_read(struct der *in, struct general_name *out);
void general_name_put(struct der_writer *w, const struct general_name *name);
/* A directoryName holding this Name; `name` need not outlive the writer. */
void general_name_put_directory(struct der_writer *w, struct span name);

struct general_names {
    const struct general_name *list;
    size_t num;
};
/* GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName */
MUST_USE enum err general_names_read(struct der *in, struct arena *a,
                                     struct general_names *out);
/* Without the SEQUENCE around them, for an IMPLICIT tag. */
MUST_USE enum err general_names_read_content(struct der *content,
                                             struct arena *a,
                                             struct general_names *out);
void general_names_put_content(struct der_writer *w,
                               const struct general_names *names);
/* "DNS:x, URI:y", for people. NULL: no memory. */
const char *general_names_format(const struct general_names *names,
                                 struct arena *a);

#endif
