/*
 * A small maker of keys, certificates and CRLs for tests, on OpenSSL's own
 * builders: what our code reads and judges is thus made by another one.
 *
 * Everything made belongs to the struct test_pki and goes with it. Whatever
 * fails here ends the program with a message: a test cannot go on without.
 *
 *     AUTO(test_pki) pki = test_pki_new();
 *     const struct test_cert *root = test_cert_make(
 *         pki, &(struct test_cert_spec){ .subject = "CN=Root", .ca = true });
 *     const struct test_cert *leaf = test_cert_make(
 *         pki, &(struct test_cert_spec){ .subject = "CN=bs-1",
 *                                        .issuer = root });
 */
#ifndef SUPPORT_TEST_PKI_H
#define SUPPORT_TEST_PKI_H

#include "base/error.h"
#include "base/span.h"

/* Certificates are valid ten years either side of this, CRLs a day before and
 * a month after, unless the spec says otherwise. 2026-11-22T10:00:00Z. */
#define TEST_NOW ((int64_t)1795341600)
#define TEST_DAY ((int64_t)86400)
#define TEST_YEAR (365 * TEST_DAY)

struct test_pki;
struct test_key;

struct test_pki *test_pki_new(void);
void test_pki_free(struct test_pki *pki);
DEFINE_AUTO(test_pki)

/* "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "DSA:1024", or
 * "RSA", "RSA-PSS" with ":BITS" behind it; "ML-DSA-44" and so on where this
 * OpenSSL has it. */
const struct test_key *test_key_make(struct test_pki *pki, const char *kind);

struct span test_key_spki(const struct test_key *key);
/* PKCS#8, unencrypted; traditional where there is such a form. */
struct span test_key_der(const struct test_key *key);
const char *test_key_pem(const struct test_key *key);
const char *test_key_traditional_pem(const struct test_key *key);

/*
 * A signature by this key. `md` is "SHA256" or such; NULL with EdDSA. `pss`:
 * RSA-PSS with a salt of the digest's length.
 */
struct span test_key_sign(const struct test_key *key, const char *md, bool pss,
                          struct span data);

struct test_ext {
    const char *name;  /* OpenSSL's, or a dotted OID */
    const char *value; /* as in openssl.cnf: "critical,DER:0500" */
};

/* What is left zero has the value in brackets. */
struct test_cert_spec {
    const char *subject;            /* "CN=a,O=b", in this order [empty Name] */
    const struct test_cert *issuer; /* [self-signed] */
    const struct test_key *key;     /* the subject's [a new P-256 one] */
    const struct test_key *signed_by; /* another than the issuer's, to forge */
    bool ca; /* basicConstraints CA:TRUE; keyCertSign, cRLSign */
    /* Extensions as in openssl.cnf; "" leaves the extension out. */
    const char *basic_constraints; /* [critical,CA:TRUE for a CA, else none] */
    const char *key_usage;         /* [as `ca`; else digitalSignature] */
    const char *eku;               /* [none] */
    const char *san;               /* [none] */
    bool no_key_ids;               /* no SKI, no AKI (nor below such a CA) */
    const struct test_ext *extra;
    size_t num_extra;
    int64_t not_before, not_after; /* [ten years either side of TEST_NOW] */
    const char *md;                /* [SHA256; none with EdDSA] */
    bool pss;
    uint64_t serial; /* [counted up] */
};
struct test_cert {
    struct span der;
    const char *pem;
    const struct test_key *key;
};
const struct test_cert *test_cert_make(struct test_pki *pki,
                                       const struct test_cert_spec *spec);

struct test_crl_spec {
    const struct test_cert *issuer;
    const struct test_key *signed_by; /* [the issuer's] */
    int64_t this_update, next_update; /* [a day ago; in 30 days] */
    bool no_next_update;
    const struct test_cert *const *revoked; /* in this order */
    size_t num_revoked;
    const struct test_ext *extra;
    size_t num_extra;
    const char *md; /* [SHA256; none with EdDSA] */
};
struct test_crl {
    struct span der;
    const char *pem;
};
const struct test_crl *test_crl_make(struct test_pki *pki,
                                     const struct test_crl_spec *spec);

/* A temporary directory with everything written into it below; it goes with
 * the pki. */
const char *test_pki_dir(struct test_pki *pki);
/* Writes `text` as `name` there; returns the path. */
const char *test_pki_save(struct test_pki *pki, const char *name,
                          const char *text, unsigned mode);

#endif
