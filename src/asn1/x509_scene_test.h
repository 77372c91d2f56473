/*
 * What the tests of certificates share: ours compared with OpenSSL's reading,
 * field by field. What fails here fails the test.
 */
#ifndef ASN1_X509_SCENE_TEST_H
#define ASN1_X509_SCENE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
/* Ours of the same names are enumerators; see asn1/x509.h. */
#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY

#include "asn1/x509.h"

#define SCENE_NUM(array) (sizeof(array) / sizeof((array)[0]))
#define SCENE_ARENA_LEN ((size_t)16 * 1024 * 1024)
/* As der_text has them: ecdsa-with-SHA256, and an Ed25519 key. */
#define SCENE_ALG "30{06{2a8648ce3d040302}}"
#define SCENE_SPKI "30{30{06{2b6570}} 03{00 *32(01)}}"

X509 *scene_decode(struct span der);
void scene_assert_head(const struct x509_cert *c, X509 *x);
void scene_assert_extensions(const struct x509_cert *c, X509 *x);
/* What the extensions say. */
void scene_assert_meaning(const struct x509_cert *c, X509 *x);
/* Every proper prefix, and a byte or a NULL too much in any element. */
void scene_assert_damage_refused(struct span der, struct arena *a);

#endif
