/*
 * X.509 certificates and CRLs (RFC 5280): reading, and writing what is signed.
 */
#ifndef ASN1_X509_H
#define ASN1_X509_H

#include "asn1/alg.h"
#include "asn1/types.h"

/* keyUsage as a mask of its named bits. openssl/x509v3.h has macros of these
 * names with other values: no file may include both. */
#ifdef KU_DIGITAL_SIGNATURE
#error "openssl/x509v3.h is included, see above"
#endif
enum key_usage {
    KU_DIGITAL_SIGNATURE = 1u << 0,
    KU_NON_REPUDIATION = 1u << 1,
    KU_KEY_ENCIPHERMENT = 1u << 2,
    KU_DATA_ENCIPHERMENT = 1u << 3,
    KU_KEY_AGREEMENT = 1u << 4,
    KU_KEY_CERT_SIGN = 1u << 5,
    KU_CRL_SIGN = 1u << 6,
    KU_ENCIPHER_ONLY = 1u << 7,
    KU_DECIPHER_ONLY = 1u << 8
};

struct x509_cert {
    struct span der;
    struct span tbs;    /* signed bytes, as received */
    unsigned version;   /* 1, 2 or 3 */
    struct span serial; /* content octets of the INTEGER */
    struct alg_id tbs_alg;
    struct span issuer; /* Names, whole */
    int64_t not_before, not_after;
    struct span subject;
    struct spki spki;
    struct extensions extensions;
    struct alg_id sig_alg;
    struct span signature;

    /* Out of the extensions, each checked where it is read. */
    bool has_key_usage;
    uint32_t key_usage; /* enum key_usage */
    bool has_basic_constraints;
    bool is_ca;
    bool has_path_len;
    int64_t path_len;
    struct span ski;      /* absent if there is none */
    struct span aki;      /* the keyIdentifier of it */
    struct span san;      /* value of subjectAltName: GeneralNames */
    struct span eku;      /* value of extKeyUsage: SEQUENCE OF OID */
    bool has_constraints; /* name or policy constraints, inhibitAnyPolicy */
};

/*
 * Reads one Certificate that fills `der`. Both AlgorithmIdentifiers must be
 * equal. Unknown extensions are kept, not judged. ERR_BAD_DER, ERR_LIMIT.
 */
MUST_USE enum err x509_read(struct span der, struct arena *a,
                            struct x509_cert *out);
MUST_USE enum err x509_read_at(struct span der, struct arena *a,
                               struct der_fail *fail, struct x509_cert *out);

/* True when extKeyUsage lists this purpose. Absent extension: false. */
bool x509_has_eku(const struct x509_cert *cert, enum oid purpose);
/* Subject equals issuer. Says nothing of the signature. */
bool x509_is_self_issued(const struct x509_cert *cert);
/* keyUsage absent, or with all bits of the mask. */
bool x509_may(const struct x509_cert *cert, uint32_t key_usage);

/* What a TBSCertificate says. Always v3. Extensions are given encoded (each a
 * whole Extension element, back to back), so a profile's constant part is made
 * once. */
struct tbs_cert {
    struct span serial;  /* big-endian magnitude, 1..20 octets */
    struct span sig_alg; /* AlgorithmIdentifier */
    struct span issuer;
    int64_t not_before, not_after;
    struct span subject;
    struct span spki; /* whole */
    struct span extensions;
};
void tbs_cert_put(struct der_writer *w, const struct tbs_cert *tbs);

/* Certificate or CertificateList: tbs, algorithm and signature in one. */
void signed_put(struct der_writer *w, struct span tbs, struct span sig_alg,
                struct span signature);

/* One Extension element each, appended to the writer. */
void ext_put(struct der_writer *w, enum oid id, bool critical,
             struct span value);
void ext_put_key_usage(struct der_writer *w, uint32_t mask);
void ext_put_basic_constraints(struct der_writer *w, bool is_ca,
                               int64_t path_len); /* < 0: none */
void ext_put_ski(struct der_writer *w, struct span key_id);
void ext_put_aki(struct der_writer *w, struct span key_id);
void ext_put_eku(struct der_writer *w, const enum oid *purposes, size_t num);
void ext_put_crl_url(struct der_writer *w, struct span url);
void ext_put_san(struct der_writer *w, const struct general_name *names,
                 size_t num, bool critical);
/* nameConstraints with permittedSubtrees alone; critical. */
void ext_put_permitted(struct der_writer *w, const struct general_name *names,
                       size_t num);

/* --- CRLs --- */

/* CRLReason (RFC 5280, 5.3.1). */
enum crl_reason {
    CRL_UNSPECIFIED = 0,
    CRL_KEY_COMPROMISE = 1,
    CRL_CA_COMPROMISE = 2,
    CRL_AFFILIATION_CHANGED = 3,
    CRL_SUPERSEDED = 4,
    CRL_CESSATION_OF_OPERATION = 5,
    CRL_CERTIFICATE_HOLD = 6,
    CRL_REMOVE_FROM_CRL = 8,
    CRL_PRIVILEGE_WITHDRAWN = 9,
    CRL_AA_COMPROMISE = 10
};
/* "keyCompromise"; NULL for a number that names none. And back: -1. */
const char *crl_reason_name(int64_t reason);
int64_t crl_reason_find(const char *name);

struct crl_entry {
    struct span serial;
    int64_t revoked_at;
    enum crl_reason reason;  /* CRL_UNSPECIFIED is written as no extension */
    int64_t invalidity_date; /* 0: none */
};

struct tbs_crl {
    struct span sig_alg;
    struct span issuer;
    int64_t this_update, next_update;
    const struct crl_entry *entries; /* any order */
    size_t num_entries;
    struct span aki;    /* key identifier */
    struct span number; /* big-endian magnitude */
};
/* TBSCertList v2. */
void tbs_crl_put(struct der_writer *w, const struct tbs_crl *crl);

/* A CRL's head, enough to judge its age; the entries are OpenSSL's to read. */
struct x509_crl {
    struct span der;
    struct span tbs;
    struct span issuer;
    int64_t this_update;
    bool has_next_update;
    int64_t next_update;
    struct extensions extensions;
    struct alg_id sig_alg;
    struct span signature;
};
MUST_USE enum err x509_crl_read(struct span der, struct arena *a,
                                struct x509_crl *out);

#endif
