/*
 * CMS (RFC 5652, IMPLICIT tags) as far as CMP uses it: EnvelopedData,
 * SignedData, AsymmetricKeyPackage (RFC 5958); and CRMF's EncryptedValue.
 * DER, where RFC 5652 allows BER: lengths definite, a SET OF in order,
 * encryptedContent in one piece. Spans are borrowed, lists go to the arena.
 */
#ifndef ASN1_CMS_H
#define ASN1_CMS_H

#include "asn1/crmf.h"

/* ContentInfo; `content` is the whole element in its tag [0]. */
struct cms_content_info {
    struct span oid;
    enum oid id;
    struct span content;
};
MUST_USE enum err cms_content_info_read(struct der *in,
                                        struct cms_content_info *out);
void cms_content_info_put(struct der_writer *w,
                          const struct cms_content_info *c);

/* Who a recipient, an originator or a signer is: one of the choices of
 * RecipientIdentifier, OriginatorIdentifierOrKey, KeyAgreeRecipientIdentifier
 * and SignerIdentifier. */
enum cms_id_type {
    CMS_ID_ISSUER_SERIAL,
    CMS_ID_KEY_ID,
    CMS_ID_ORIGINATOR_KEY /* of kari's originator alone */
};
struct cms_id {
    enum cms_id_type type;
    struct span issuer; /* Name, whole */
    struct span serial; /* INTEGER content, not negative */
    struct span key_id;
    struct spki originator_key; /* .der absent */
};

/* RecipientInfo: the choice, by its tag number; ktri has none. */
enum cms_recipient_type {
    CMS_KTRI = 0,
    CMS_KARI = 1,
    CMS_KEKRI = 2, /* kept whole in `der` and written from it */
    CMS_PWRI = 3,
    CMS_ORI = 4 /* likewise */
};
/* A recipient of kari. Its RecipientKeyIdentifier may not have a date or other
 * attribute (RFC 9483, 4.1.6.2 has neither). */
struct cms_recipient_key {
    struct cms_id rid;
    struct span encrypted_key;
};
struct cms_recipient {
    struct span der;
    enum cms_recipient_type type;
    int64_t version;                      /* kept, not judged */
    struct cms_id rid;                    /* ktri */
    struct cms_id originator;             /* kari */
    struct span ukm;                      /* kari: absent if left out */
    struct alg_id kdf_alg;                /* pwri: oid absent if left out */
    struct alg_id key_enc_alg;            /* ktri, kari, pwri */
    struct span encrypted_key;            /* ktri, pwri */
    const struct cms_recipient_key *keys; /* kari: RecipientEncryptedKeys */
    size_t num_keys;
};

struct cms_enveloped {
    int64_t version;
    struct span originator_info; /* whole, tag A0; absent if left out */
    const struct cms_recipient *recipients;
    size_t num_recipients;
    struct span content_oid;
    enum oid content_id;
    struct alg_id content_enc_alg;
    struct span encrypted_content; /* absent if left out */
    struct span unprotected_attrs; /* whole, tag A1; absent if left out */
};
/* Under this tag: DER_SEQUENCE, DER_CTX(0) in an EncryptedKey, DER_CTX(4) in
 * POPOPrivKey. ERR_LIMIT: over LIMIT_CMS_PARTS recipients. */
MUST_USE enum err cms_enveloped_read(struct der *in, unsigned tag,
                                     struct arena *a,
                                     struct cms_enveloped *out);
void cms_enveloped_put(struct der_writer *w, unsigned tag,
                       const struct cms_enveloped *e);

struct cms_signer {
    int64_t version;
    struct cms_id sid;
    struct alg_id digest_alg;
    struct span signed_attrs; /* whole, tag A0; absent if left out */
    struct alg_id sig_alg;
    struct span signature;
    struct span unsigned_attrs; /* whole, tag A1; absent if left out */

    /* Out of signedAttrs, which holds each type once. */
    struct span content_type;   /* OID content */
    struct span message_digest; /* octets */
};
struct cms_signed {
    int64_t version;
    struct span digest_algs; /* content of the SET, checked */
    struct span content_oid;
    enum oid content_id;
    struct span content;    /* octets of eContent; absent if left out */
    struct span_list certs; /* CertificateChoices, whole; a Certificate has tag
                               30 */
    bool has_certs;
    struct span crls; /* whole, tag A1; absent if left out */
    const struct cms_signer *signers;
    size_t num_signers;
};
MUST_USE enum err cms_signed_read(struct der *in, struct arena *a,
                                  struct cms_signed *out);
/* Certificates and signers in any order; content_type and message_digest are
 * ignored. */
void cms_signed_put(struct der_writer *w, const struct cms_signed *s);
/*
 * What a signer's signature covers if there are signedAttrs: these re-tagged as
 * SET OF (RFC 5652, 5.4). Into the arena. Absent: no memory, or none there.
 */
struct span cms_signed_attrs_bytes(const struct cms_signer *s, struct arena *a);
/* signedAttrs (tag A0) with contentType and messageDigest. */
void cms_signed_attrs_put(struct der_writer *w, struct span content_type,
                          struct span message_digest);

/* OneAsymmetricKey. `private_key` is a secret: the octets within. */
struct cms_key {
    int64_t version;
    struct alg_id alg;
    struct span private_key;
    struct span attributes; /* whole, tag A0; absent if left out */
    bool has_public_key;
    struct der_bits public_key;
};
struct cms_key_package {
    const struct cms_key *list;
    size_t num;
};
MUST_USE enum err cms_key_package_read(struct der *in, struct arena *a,
                                       struct cms_key_package *out);
void cms_key_package_put(struct der_writer *w, const struct cms_key_package *p);

/* EncryptedValue (RFC 4211, 2.1), deprecated. All but the value may be absent
 * (an AlgorithmIdentifier by its oid). */
struct encrypted_value {
    struct alg_id intended_alg;
    struct alg_id symm_alg;
    struct span enc_symm_key;
    struct alg_id key_alg;
    struct span value_hint;
    struct span enc_value;
};
MUST_USE enum err encrypted_value_read(struct der *in,
                                       struct encrypted_value *out);
void encrypted_value_put(struct der_writer *w, const struct encrypted_value *v);

#endif
