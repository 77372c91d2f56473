/*
 * What the files of this module share.
 */
#ifndef CRYPTO_INTERNAL_H
#define CRYPTO_INTERNAL_H

#include <openssl/evp.h>

#include "crypto/crypto.h"
#include "crypto/envelope.h"

/* Sizes of RSA moduli and exponents that are computed with. A larger one is
 * a way to make us work: verification grows with the square of the modulus
 * and linearly with the exponent. */
#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 4096
#define RSA_MAX_EXPONENT_LEN 8

struct crypto {
    /* [DIGEST_NONE] is NULL; so is MD5 where OpenSSL does not offer it. */
    EVP_MD *md[DIGEST_NUM];
    EVP_MAC *hmac;
    EVP_MAC *kmac128, *kmac256; /* NULL where OpenSSL does not offer them */
    EVP_KDF *pbkdf2;
    EVP_CIPHER *aes256_gcm;
    EVP_KDF *x963kdf;
    EVP_CIPHER *cbc[ENVELOPE_CIPHER_NUM];  /* 3DES may be NULL */
    EVP_CIPHER *wrap[ENVELOPE_CIPHER_NUM]; /* of AES alone */
    bool has_ml_dsa[KEY_KIND_NUM];         /* of KEY_ML_DSA_* alone */
};

enum ec_curve {
    CURVE_P256,
    CURVE_P384,
    CURVE_P521,
    CURVE_NUM
};

/*
 * A key whose point is replaced before each use, and a context initialised
 * to verify under it: replacing the point in the key replaces it there too,
 * which crypto_new makes sure of.
 */
struct ec_slot {
    EVP_PKEY *key;
    EVP_PKEY_CTX *verify;
};

/* A context ready to sign with this private key. */
struct sign_slot {
    const EVP_PKEY *key;
    enum sig_alg alg;
    EVP_PKEY_CTX *sign;
};
#define SIGN_SLOTS 8

struct crypto_ctx {
    struct crypto *crypto;
    EVP_MD_CTX *hash[DIGEST_NUM];
    EVP_MAC_CTX *hmac[DIGEST_NUM]; /* NULL: not one to make a MAC with */
    EVP_MAC_CTX *kmac128, *kmac256;
    EVP_KDF_CTX *pbkdf2;
    struct ec_slot ec[CURVE_NUM];
    EVP_PKEY_CTX *rsa_import;
    struct sign_slot slots[SIGN_SLOTS];
    unsigned next_slot; /* the one to give up next */
    /* Drawn from the generator at once, since each draw costs as much as a
     * hundred octets; the last `num_random` are still to be given out. */
    uint8_t random[512];
    size_t num_random;
};

struct privkey {
    EVP_PKEY *pkey;
    uint8_t *spki_der;
    struct spki spki;
    enum key_kind kind;
};

/* Sets ERR_CRYPTO: `what`, and OpenSSL's own reason; empties its queue. */
enum err crypto_fault(struct fault *f, const char *what);

/* A thread's contexts for MACs (mac.c). */
MUST_USE enum err mac_ctx_init(struct crypto_ctx *cx, struct fault *f);
void mac_ctx_done(struct crypto_ctx *cx);

/* PBKDF2; false: OpenSSL's failure. */
bool pbkdf2_derive(struct crypto_ctx *cx, enum digest prf, struct span secret,
                   struct span salt, uint32_t iterations, uint8_t *out,
                   size_t len);

/* What envelopes are made with (envelope.c). */
MUST_USE enum err envelope_fetch(struct crypto *c, struct fault *f);
void envelope_forget(struct crypto *c);

/* The digest a signature covers, on the stack of its caller. */
struct digested {
    uint8_t bytes[DIGEST_MAX_LEN];
    size_t len;
};
MUST_USE enum err digest_make(struct crypto_ctx *cx, enum digest d,
                              struct span data, struct digested *out,
                              struct fault *f);

/* CURVE_NUM: not an elliptic-curve key. */
enum ec_curve curve_find(enum key_kind kind);
/* Puts the public point in its slot's key. ERR_BAD_DATA_FORMAT: not a point
 * of the curve. */
MUST_USE enum err ec_slot_set(struct crypto_ctx *cx, enum ec_curve curve,
                              struct span point, struct fault *f);
/* An RSA public key within the bounds above; the caller's. ERR_BAD_ALG,
 * ERR_BAD_DATA_FORMAT. */
MUST_USE enum err rsa_import(struct crypto_ctx *cx, const struct spki *key,
                             EVP_PKEY **out, struct fault *f);
/* Sets padding and digest of an initialised context. */
MUST_USE enum err rsa_setup(EVP_PKEY_CTX *ctx, const struct crypto *c,
                            const struct sig_alg_info *info, struct fault *f);
/* ERR_BAD_ALG: this key does not make such signatures. */
MUST_USE enum err sig_alg_check(enum sig_alg alg, const struct spki *key,
                                struct fault *f);

/* ERR_BAD_ALG: this OpenSSL cannot do it. */
MUST_USE enum err sig_alg_offered(const struct crypto *c, enum sig_alg alg,
                                  enum key_kind kind, struct fault *f);
/* ERR_BAD_ALG: this OpenSSL has no such keys (before 3.5 it has none). */
MUST_USE enum err ml_dsa_check(const struct crypto *c, enum key_kind kind,
                               struct fault *f);
/* A DSA public key as legacy profiles take it: p of 1024 bits, q of 160, g and
 * y below p; the caller's. ERR_BAD_ALG, ERR_BAD_DATA_FORMAT. */
MUST_USE enum err dsa_import(const struct spki *key, EVP_PKEY **out,
                             struct fault *f);
/* OSSL_PARAM takes numbers in the machine's order; `buf` has room for it. */
OSSL_PARAM number_param(const char *name, struct span big_endian, uint8_t *buf);

/* A regular file that its owner alone may use. ERR_NOT_FOUND, ERR_CONFIG. */
MUST_USE enum err key_file_check(const char *path, struct fault *f);

struct keys;
struct crypto *keys_crypto(const struct keys *k);

static inline void evp_pkey_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
#define AUTO_PKEY __attribute__((cleanup(evp_pkey_free))) EVP_PKEY *

static inline void evp_pkey_ctx_free(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}
#define AUTO_PKEY_CTX __attribute__((cleanup(evp_pkey_ctx_free))) EVP_PKEY_CTX *

static inline void evp_md_ctx_free(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}
#define AUTO_MD_CTX __attribute__((cleanup(evp_md_ctx_free))) EVP_MD_CTX *

static inline void evp_cipher_ctx_free(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}
#define AUTO_CIPHER_CTX \
    __attribute__((cleanup(evp_cipher_ctx_free))) EVP_CIPHER_CTX *

#endif
