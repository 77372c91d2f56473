/*
 * Values of InfoTypeAndValue (RFC 9810, 5.3.19): what genm and genp ask and
 * tell. Each reader takes a cursor before the value's element.
 *
 * Elsewhere: rootCaKeyUpdate and caKeyUpdateInfo, suppLangTags and certProfile
 * (text_list) in cmp.h; preferredSymmAlg and keyPairParamRep are alg_id_read's,
 * keyPairParamReq der_oid's, confirmWaitTime der_generalized_time's,
 * implicitConfirm der_null's. caProtEncCert, rootCaCert, currentCRL and
 * revPassphrase are the value itself: a certificate, a CRL, an EncryptedKey.
 */
#ifndef ASN1_ITAV_H
#define ASN1_ITAV_H

#include "asn1/cmp.h"

/* caCerts, crls, origPKIMessage: whole elements, at least one, not read
 * further. ERR_LIMIT: more than LIMIT_EXTRA_CERTS, LIMIT_CRLS,
 * LIMIT_NESTED_MESSAGES. */
MUST_USE enum err ca_certs_read(struct der *in, struct arena *a,
                                struct span_list *out);
MUST_USE enum err crls_read(struct der *in, struct arena *a,
                            struct span_list *out);
MUST_USE enum err orig_messages_read(struct der *in, struct arena *a,
                                     struct span_list *out);
void span_list_put(struct der_writer *w, const struct span_list *list);

/* signKeyPairTypes, encKeyPairTypes: at least one. */
struct alg_list {
    const struct alg_id *list;
    size_t num;
};
MUST_USE enum err alg_list_read(struct der *in, struct arena *a,
                                struct alg_list *out);
void alg_list_put(struct der_writer *w, const struct alg_list *algs);

/* unsupportedOIDs: their content octets, at least one. */
MUST_USE enum err oid_list_read(struct der *in, struct arena *a,
                                struct span_list *out);
void oid_list_put(struct der_writer *w, const struct span_list *oids);

/* One entry of keySpec. Which of `alg` and `rsa_key_len` is filled, `id` says:
 * algId, rsaKeyLen (at least 1); others are kept whole in `value`. */
struct key_spec {
    struct span oid;
    enum oid id;
    struct span value;
    struct alg_id alg;
    int64_t rsa_key_len;
};
/* CertReqTemplateContent. That the template has no publicKey is not asked. */
struct cert_req_template {
    struct cert_template cert_template;
    const struct key_spec *key_specs; /* num 0: no keySpec */
    size_t num_key_specs;
};
MUST_USE enum err cert_req_template_read(struct der *in, struct arena *a,
                                         struct cert_req_template *out);
/* From template, and oid and value of each keySpec. */
void cert_req_template_put(struct der_writer *w,
                           const struct cert_req_template *t);
/* The two keySpecs a server makes. `value` goes to the arena. */
MUST_USE enum err key_spec_alg(const struct alg_id *alg, struct arena *a,
                               struct key_spec *out);
MUST_USE enum err key_spec_rsa(int64_t bits, struct arena *a,
                               struct key_spec *out);

enum crl_source {
    CRL_SOURCE_FULL_NAME, /* dpn.fullName */
    CRL_SOURCE_RELATIVE,  /* dpn.nameRelativeToCRLIssuer */
    CRL_SOURCE_ISSUER
};
/* CRLStatus: which CRL, and the thisUpdate of the one at hand. */
struct crl_status {
    enum crl_source source;
    struct general_names names; /* of a full name or issuer */
    struct span relative_name; /* content of the RDN, each AttributeTypeAndValue
                                  checked to be one */
    bool has_this_update;
    int64_t this_update;
};
struct crl_status_list {
    const struct crl_status *list;
    size_t num;
};
MUST_USE enum err crl_status_list_read(struct der *in, struct arena *a,
                                       struct crl_status_list *out);
void crl_status_list_put(struct der_writer *w,
                         const struct crl_status_list *list);

/* KemCiphertextInfo. ERR_LIMIT: over LIMIT_KEM_CIPHERTEXT_LEN. */
struct kem_ciphertext {
    struct alg_id kem;
    struct span ct;
};
MUST_USE enum err kem_ciphertext_read(struct der *in,
                                      struct kem_ciphertext *out);
void kem_ciphertext_put(struct der_writer *w, const struct kem_ciphertext *k);

#endif
