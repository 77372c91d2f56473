/*
 * What the files about envelopes share.
 */
#ifndef CRYPTO_ENVELOPE_INTERNAL_H
#define CRYPTO_ENVELOPE_INTERNAL_H

#include "crypto/internal.h"

#define CEK_MAX_LEN 32
#define CBC_MAX_BLOCK 16

/* A key of a cipher: the content's, or one that encrypts it. Wiped by who has
 * it. */
struct cek {
    uint8_t bytes[CEK_MAX_LEN];
    size_t len;
};

struct cipher_info {
    const char *name;
    const char *wrap_name; /* NULL: it has no key wrap */
    enum oid oid;
    enum oid wrap;
    size_t key_len;
    size_t block_len;
};
const struct cipher_info *cipher_info(enum envelope_cipher cipher);
/* With this identifier in CBC mode, or for key wrap; ENVELOPE_CIPHER_NUM:
 * none. */
enum envelope_cipher cipher_find(struct span oid);
enum envelope_cipher cipher_find_wrap(struct span oid);
/* ERR_BAD_ALG: this OpenSSL lacks it. */
MUST_USE enum err cipher_offered(const struct crypto *c,
                                 enum envelope_cipher cipher, struct fault *f);

/* A fresh key, and content under it with a fresh initialisation vector; `alg`
 * gets the cipher with that vector. Into the arena. */
MUST_USE enum err content_encrypt(struct crypto_ctx *cx,
                                  enum envelope_cipher cipher,
                                  struct span content, struct cek *key,
                                  struct arena *a, struct alg_id *alg,
                                  struct span *out, struct fault *f);
/* Its cipher and vector. ERR_BAD_ALG, ERR_BAD_DATA_FORMAT, ERR_LIMIT. */
struct content_params {
    enum envelope_cipher cipher;
    struct span iv;
};
MUST_USE enum err content_check(const struct crypto *c,
                                const struct alg_id *alg, struct span encrypted,
                                struct content_params *out, struct fault *f);
MUST_USE enum err content_decrypt(const struct crypto *c,
                                  const struct content_params *params,
                                  const struct cek *key, struct span encrypted,
                                  struct secret **out, struct fault *f);
/* An initialisation vector: an OCTET STRING as long as the cipher's block. */
MUST_USE enum err iv_read(struct span params, enum envelope_cipher cipher,
                          struct span *out);
MUST_USE enum err octets_write(struct span octets, struct arena *a,
                               struct span *out);

/* The one answer to whatever does not open. */
enum err does_not_open(struct fault *f);

/* --- envelope_key.c --- */

MUST_USE enum err rsa_encrypt_key(struct crypto_ctx *cx, const struct spki *key,
                                  enum envelope_way way, const struct cek *cek,
                                  struct arena *a, struct span *out,
                                  struct fault *f);
/* A key of `len` octets; a random one, where RSAES-PKCS1-v1_5 fails. */
MUST_USE enum err rsa_decrypt_key(struct crypto_ctx *cx,
                                  const struct privkey *key, int padding,
                                  enum digest oaep, struct span encrypted,
                                  size_t len, struct cek *out, struct fault *f);

MUST_USE enum err ktri_make(struct crypto_ctx *cx, const struct envelope_to *to,
                            const struct cek *cek, struct arena *a,
                            struct cms_recipient *out, struct fault *f);
MUST_USE enum err ktri_open(struct crypto_ctx *cx,
                            const struct cms_recipient *r,
                            const struct envelope_opener *with, size_t len,
                            struct cek *out, struct fault *f);
MUST_USE enum err pwri_make(struct crypto_ctx *cx, const struct envelope_to *to,
                            const struct cek *cek, struct arena *a,
                            struct cms_recipient *out, struct fault *f);
MUST_USE enum err pwri_open(struct crypto_ctx *cx,
                            const struct cms_recipient *r,
                            const struct envelope_opener *with, size_t len,
                            struct cek *out, struct fault *f);
/* AES key wrap (RFC 3394) under a key of the cipher. */
MUST_USE enum err key_wrap(const struct crypto *c, enum envelope_cipher cipher,
                           const struct cek *kek, const struct cek *cek,
                           struct arena *a, struct span *out, struct fault *f);
MUST_USE enum err key_unwrap(const struct crypto *c,
                             enum envelope_cipher cipher, const struct cek *kek,
                             struct span wrapped, size_t len, struct cek *out,
                             struct fault *f);

/* --- envelope_agree.c --- */

/* Can this key agree on another? */
bool can_agree(const struct spki *key);
MUST_USE enum err kari_make(struct crypto_ctx *cx, const struct envelope_to *to,
                            const struct cek *cek, struct arena *a,
                            struct cms_recipient *out, struct fault *f);
MUST_USE enum err kari_open(struct crypto_ctx *cx,
                            const struct cms_recipient *r,
                            const struct envelope_opener *with, size_t len,
                            struct arena *a, struct cek *out, struct fault *f);

static inline void cek_wipe(struct cek *key)
{
    secret_wipe(key, sizeof(*key));
}
#define AUTO_CEK __attribute__((cleanup(cek_wipe))) struct cek

#endif
