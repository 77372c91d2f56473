/*
 * RSA encryption by RSAES-PKCS1-v1_5 (RFC 8017, 7.2), for the forms of CMP v2
 * that have nothing else: the challenge of a popdecc, the key of an
 * EncryptedValue.
 */
#ifndef CRYPTO_ENCIPHER_H
#define CRYPTO_ENCIPHER_H

#include "crypto/crypto.h"

/* Octets that padding takes of the modulus. */
#define ENCIPHER_PADDING_LEN 11

/*
 * `data` encrypted to an RSA key within the bounds of pubkey_check, into the
 * arena. ERR_BAD_ALG: not such a key. ERR_LIMIT: `data` is longer than the
 * modulus less ENCIPHER_PADDING_LEN.
 */
MUST_USE enum err pubkey_encipher(struct crypto_ctx *cx, const struct spki *key,
                                  struct span data, struct arena *a,
                                  struct span *out, struct fault *f);

/*
 * The reverse, into the arena, which the caller wipes of secrets. What an
 * outsider can tell of the failure is an oracle (RFC 8017, 7.2): decipher only
 * what came under verified protection.
 * ERR_BAD_ALG: no RSA key. ERR_BAD_DATA_FORMAT: it does not decrypt; newer
 * OpenSSL makes up octets instead.
 */
MUST_USE enum err privkey_decipher(struct crypto_ctx *cx,
                                   const struct privkey *key, struct span data,
                                   struct arena *a, struct span *out,
                                   struct fault *f);

#endif
