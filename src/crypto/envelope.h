/*
 * Content that one recipient alone can read: CMS EnvelopedData (RFC 5652, 6;
 * RFC 9810, 5.2.2; algorithms of RFC 9481, 4 and 5), and the EncryptedValue
 * (RFC 4211, 2.1) it replaced.
 *
 * Neither is authenticated: whoever opens one looks at the protection of the
 * message around it first.
 */
#ifndef CRYPTO_ENVELOPE_H
#define CRYPTO_ENVELOPE_H

#include "asn1/cms.h"
#include "base/secret.h"
#include "crypto/crypto.h"

/* What encrypts the content. */
enum envelope_cipher {
    ENVELOPE_AES128_CBC,
    ENVELOPE_AES192_CBC,
    ENVELOPE_AES256_CBC,
    ENVELOPE_DES_EDE3_CBC, /* of EncryptedValue alone: RFC 4210, D.2 */
    ENVELOPE_CIPHER_NUM
};

/* How the content's key is handed over. */
enum envelope_way {
    ENVELOPE_OAEP,     /* ktri: RSAES-OAEP; made with SHA-256 */
    ENVELOPE_PKCS1,    /* ktri: RSAES-PKCS1-v1_5 */
    ENVELOPE_AGREE,    /* kari: ephemeral-static ECDH, AES key wrap */
    ENVELOPE_PASSWORD, /* pwri: PBKDF2, AES key wrap (RFC 9481, 4.4) */
    ENVELOPE_PWRI_KEK, /* pwri: PBKDF2, PWRI-KEK (RFC 3211): OpenSSL's only */
    ENVELOPE_WAY_NUM
};
#define ENVELOPE_BIT(way) (1u << (way))
#define ENVELOPE_ALL (ENVELOPE_BIT(ENVELOPE_WAY_NUM) - 1)

/* Rounds of PBKDF2 in what is made here. */
#define ENVELOPE_ITERATIONS 10000

/* Whom an envelope is for. */
struct envelope_to {
    enum envelope_way way;
    enum envelope_cipher cipher;
    struct cms_id rid;      /* ktri, kari: see envelope_id */
    const struct spki *key; /* likewise */
    struct span secret;     /* pwri; not empty */
};

/* ENVELOPE_OAEP for RSA, ENVELOPE_AGREE for P-256, P-384, P-521, X25519 and
 * X448. ERR_BAD_ALG: nothing can be encrypted to such a key. */
MUST_USE enum err envelope_way_find(const struct spki *key,
                                    enum envelope_way *out, struct fault *f);

/* How a recipient with this certificate is named: by its key identifier, or
 * by issuer and serial number where it has none (RFC 9483, 4.1.6.1). Borrows
 * from the certificate. */
struct cms_id envelope_id(const struct x509_cert *cert);

/*
 * Makes an EnvelopedData around `content`, whose type is `content_id`, for one
 * recipient, whole and under this tag, into the arena: DER_CTX(0) makes an
 * EncryptedKey, DER_CTX(4) a POPOPrivKey, DER_SEQUENCE what a ContentInfo
 * holds.
 * ERR_BAD_ALG: the key, or the cipher, does not go with the way.
 * ERR_LIMIT: the content is longer than LIMIT_ENVELOPE_LEN.
 */
MUST_USE enum err envelope_make(struct crypto_ctx *cx,
                                const struct envelope_to *to,
                                enum oid content_id, struct span content,
                                unsigned tag, struct arena *a, struct span *out,
                                struct fault *f);

/* What an envelope is opened with. */
struct envelope_opener {
    uint32_t ways;             /* of ENVELOPE_BIT: what is taken */
    const struct privkey *key; /* ktri, kari; NULL: there is none */
    struct span secret;        /* pwri; empty: there is none */
};

/*
 * Opens an EnvelopedData for one recipient; the content is the caller's, its
 * type is e->content_id. Whom it names is not looked at. Bounds are judged
 * before anything is derived.
 * ERR_BAD_DATA_FORMAT: not one recipient, no content, malformed parameters.
 * ERR_BAD_ALG: a way or an algorithm that is not taken, or not of this key.
 * ERR_LIMIT: longer, or dearer, than base/limits.h allows.
 * ERR_BAD_MESSAGE_CHECK: it does not open: for another key, under another
 * secret, or changed; which of these cannot be told, nor seen from the time
 * RSAES-PKCS1-v1_5 takes to fail.
 */
MUST_USE enum err envelope_open(struct crypto_ctx *cx,
                                const struct cms_enveloped *e,
                                const struct envelope_opener *with,
                                struct arena *a, struct secret **out,
                                struct fault *f);

/*
 * Makes an EncryptedValue around `content` for an RSA key, into the arena: the
 * content's key by RSAES-PKCS1-v1_5 in encSymmKey. As envelope_make.
 */
MUST_USE enum err encrypted_value_make(struct crypto_ctx *cx,
                                       const struct spki *key,
                                       enum envelope_cipher cipher,
                                       struct span content, struct arena *a,
                                       struct span *out, struct fault *f);
/* Opens one. Errors as envelope_open. */
MUST_USE enum err encrypted_value_open(struct crypto_ctx *cx,
                                       const struct encrypted_value *v,
                                       const struct privkey *key,
                                       struct secret **out, struct fault *f);

/*
 * Opens an EncryptedKey (RFC 9810, 5.2.2), whole: an EnvelopedData around data,
 * under tag [0], or an EncryptedValue. Errors as of the two.
 */
MUST_USE enum err encrypted_key_open(struct crypto_ctx *cx,
                                     const struct privkey *key, struct span der,
                                     struct arena *a, struct secret **out,
                                     struct fault *f);

#endif
