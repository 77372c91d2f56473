/*
 * PKCS#10 certification requests (RFC 2986), as p10cr carries them.
 */
#ifndef ASN1_P10_H
#define ASN1_P10_H

#include "asn1/types.h"

/* Attribute. `values` is the content of its SET: elements back to back, at
 * least one, in ascending order of their encodings. */
struct p10_attribute {
    struct span oid;
    enum oid id;
    struct span values;
};

struct p10_request {
    struct span der;
    struct span info;    /* whole CertificationRequestInfo: what is signed */
    int64_t version;     /* 0 is v1; others are kept */
    struct span subject; /* Name, whole */
    struct spki spki;
    const struct p10_attribute *attributes; /* no type twice */
    size_t num_attributes;
    struct alg_id sig_alg;
    struct span signature;

    /* Out of the attributes. */
    bool has_extensions;
    struct extensions extensions;   /* extensionRequest (RFC 2985, 5.4.2) */
    struct span challenge_password; /* the string's octets, absent if there is
                                       none; printable and UTF-8 strings are
                                       checked to be so */
};

/*
 * Reads one CertificationRequest and moves `in` past it. Lists go to the
 * arena. Says nothing of the signature, nor of which version is right.
 * ERR_BAD_DER: also a SET OF whose elements are not in order, an attribute
 * type that comes twice, extensionRequest or challengePassword with other than
 * one value. ERR_LIMIT: more than LIMIT_ATTRIBUTES, a longer password.
 */
MUST_USE enum err p10_read(struct der *in, struct arena *a,
                           struct p10_request *out);

/*
 * From the fields, attributes in any order. `der`, `info`, `extensions` and
 * `challenge_password` are ignored.
 */
void p10_put(struct der_writer *w, const struct p10_request *req);

/* CertificationRequestInfo alone: what a client signs. */
void p10_info_put(struct der_writer *w, const struct p10_request *req);

/* The two attributes a requester makes. Into the arena. ERR_NO_MEM. */
MUST_USE enum err p10_extension_request(const struct extensions *x,
                                        struct arena *a,
                                        struct p10_attribute *out);
MUST_USE enum err p10_challenge_password(struct span utf8, struct arena *a,
                                         struct p10_attribute *out);

/* The attribute with this id, or NULL. */
const struct p10_attribute *p10_find(const struct p10_request *req,
                                     enum oid id);

#endif
