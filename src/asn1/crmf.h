/*
 * CRMF (RFC 4211; its module has IMPLICIT tags): certificate requests and
 * proof of possession. `_read` takes the cursor before the element.
 */
#ifndef ASN1_CRMF_H
#define ASN1_CRMF_H

#include "asn1/x509.h"

/* AttributeTypeAndValue: controls and regInfo. The value is checked to be one
 * element, and not read further. */
struct attribute {
    struct span oid;
    enum oid id;
    struct span value; /* one whole element */
};

/* CertId, as in oldCertID. `serial` is the content of a non-negative INTEGER
 * of at most LIMIT_SERIAL_LEN octets. */
struct cert_id {
    struct general_name issuer;
    struct span serial;
};
MUST_USE enum err cert_id_read(struct der *in, struct cert_id *out);
void cert_id_put(struct der_writer *w, const struct cert_id *id);

/*
 * CertTemplate. Reading keeps what a request may not hold (serialNumber,
 * signingAlg, UIDs; RFC 9483, 4.1.1): that is the profile's to judge.
 */
struct cert_template {
    struct span der; /* the whole SEQUENCE */
    bool has_version;
    int64_t version;
    struct span serial;        /* absent, or INTEGER content */
    struct alg_id signing_alg; /* oid absent if not there */
    struct span issuer;        /* Name, absent if not there */
    bool has_not_before, has_not_after;
    int64_t not_before, not_after;
    struct span subject;
    bool has_public_key;
    struct spki public_key; /* .der is absent: the tag is IMPLICIT */
    bool has_issuer_uid, has_subject_uid;
    struct der_bits issuer_uid, subject_uid;
    struct extensions extensions; /* num 0 if absent */
    bool has_extensions;
};
MUST_USE enum err cert_template_read(struct der *in, struct arena *a,
                                     struct cert_template *out);
/* Writes what is set in it; `der` is ignored, signingAlg is written from
 * its oid and params. */
void cert_template_put(struct der_writer *w, const struct cert_template *t);

/* ProofOfPossession: which choice, by its tag number. */
enum popo_type {
    POPO_ABSENT = -1,
    POPO_RA_VERIFIED = 0,
    POPO_SIGNATURE = 1,
    POPO_KEY_ENCIPHERMENT = 2,
    POPO_KEY_AGREEMENT = 3
};
/* POPOPrivKey: which choice. */
enum popo_priv_type {
    POPO_PRIV_THIS_MESSAGE = 0,
    POPO_PRIV_SUBSEQUENT_MESSAGE = 1,
    POPO_PRIV_DH_MAC = 2,
    POPO_PRIV_AGREE_MAC = 3,
    POPO_PRIV_ENCRYPTED_KEY = 4
};
struct popo {
    enum popo_type type;
    /* signature: POPOSigningKey */
    struct span input; /* poposkInput: the whole element, tag A0, as received;
                          absent if left out */
    bool has_input_sender;
    struct general_name input_sender; /* authInfo.sender */
    struct alg_id input_mac_alg;      /* authInfo.publicKeyMAC */
    struct span input_mac;
    struct spki input_key;
    struct alg_id alg;
    struct span signature;
    /* keyEncipherment, keyAgreement: POPOPrivKey */
    enum popo_priv_type priv_type;
    int64_t subsequent; /* SubsequentMessage: encrCert 0, challengeResp 1 */
    struct span priv;   /* the chosen element, whole; this is written; of
                           agreeMAC alg and signature tell what is in it */
};

/* CertRequest. `der` is what a signature POP without poposkInput signs. */
struct cert_request {
    struct span der;
    int64_t cert_req_id;
    struct cert_template cert_template;
    const struct attribute *controls;
    size_t num_controls;
};

struct cert_req_msg {
    struct span der;
    struct cert_request cert_req;
    struct popo popo;
    const struct attribute *reg_info;
    size_t num_reg_info;
};
struct cert_req_msgs {
    const struct cert_req_msg *list;
    size_t num;
};
MUST_USE enum err cert_req_msgs_read(struct der *in, struct arena *a,
                                     struct cert_req_msgs *out);
/* From the fields; every `der` is ignored, and `input` only says whether there
 * is a poposkInput. */
void cert_req_msgs_put(struct der_writer *w, const struct cert_req_msgs *msgs);

/*
 * poposkInput (tag A0) from the input_ fields: sender if has_input_sender,
 * else the MAC; then the key. A client writes it, points `input` at it, and
 * signs what popo_signed_bytes gives.
 */
void popo_input_put(struct der_writer *w, const struct popo *p);

/* CertRequest alone: what a client signs. Its `der` is ignored. */
void cert_request_put(struct der_writer *w, const struct cert_request *req);

/*
 * The bytes a signature POP covers: the CertRequest (RFC 4211, 4.1, case
 * without poposkInput), or poposkInput re-tagged as SEQUENCE (30), since its
 * tag [0] is IMPLICIT. Into the arena. Absent: no memory, or no signature POP.
 */
struct span popo_signed_bytes(const struct cert_req_msg *msg, struct arena *a);

/* The control with this id, or NULL. */
const struct attribute *control_find(const struct cert_request *req,
                                     enum oid id);

#endif
