/*
 * What the tests of certificates made here share: an authority on keys of its
 * own, and OpenSSL's reading of what it made.
 */
#ifndef CA_SCENE_TEST_H
#define CA_SCENE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ca/internal.h"
#include "support/test_pki.h"

/* OpenSSL has macros of the same names, with other values. */
#include <openssl/x509v3.h>
#undef KU_DIGITAL_SIGNATURE
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN

#define SCENE_NUM(array) (sizeof(array) / sizeof((array)[0]))
#define SCENE_CRL_URL "http://ra.example/crl/issuing.crl"

/* One authority, and what making one takes. */
struct scene {
    struct test_pki *pki;
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct keys *keys;
    struct arena *arena;
    const struct test_cert *cert; /* the CA's */
    struct ca *ca;
    struct fault f;
};

/* Without a CA. */
void scene_init(struct scene *s);
/* A CA of that kind of key, with these basicConstraints; NULL: without a
 * pathLenConstraint. */
void scene_init_ca(struct scene *s, const char *kind, const char *constraints);
void scene_done(struct scene *s);
/* The key of this certificate, behind the door. */
void scene_add_key(struct scene *s, const char *name,
                   const struct test_cert *cert);

struct spki scene_spki(struct span der);
/* A fresh P-256 key's. */
struct spki scene_new_key(struct scene *s);
struct span scene_name(struct scene *s, const char *text);

X509 *scene_decode(struct span der);
int64_t scene_seconds(const ASN1_TIME *t);
/* As `openssl verify -x509_strict` judges; X509_V_OK or why not. */
int scene_verify(struct span leaf, const struct span *chain, size_t num,
                 struct span root, int64_t now);
/* The extension reads like this to OpenSSL, "critical, " before it if it is;
 * NULL: there is none. Line ends are blanks. */
void scene_assert_ext(X509 *x, int nid, const char *want);

#endif
