/*
 * Sealing what is kept in the store but must not be readable there: AES-256-GCM
 * under a key that lies outside the store and its backups.
 *
 * Sealed: 12 octets of random nonce, the ciphertext, 16 octets of tag. With
 * random nonces one key is good for 2^32 seals (SP 800-38D, 8.3), which no
 * number of stations comes near.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/secret.h"
#include "crypto/crypto.h"

#define SEAL_KEY_LEN 32
#define SEAL_OVERHEAD ((size_t)28)

/* Longest plaintext. */
#define SEAL_MAX_LEN ((size_t)64 * 1024)

/*
 * Seals `plain` into the arena. `aad` is not kept in it and must be the same
 * when it is opened: what the plaintext belongs to, so that one row cannot be
 * put in another's place. ERR_LIMIT, ERR_NO_MEM, ERR_CRYPTO.
 */
MUST_USE enum err seal_make(struct crypto_ctx *cx, const struct secret *key,
                            struct span aad, struct span plain, struct arena *a,
                            struct span *sealed, struct fault *f);

/* The plaintext, the caller's. ERR_CRYPTO: another key, another `aad`, or
 * other bytes than were sealed; which of these cannot be told. */
MUST_USE enum err seal_open(struct crypto_ctx *cx, const struct secret *key,
                            struct span aad, struct span sealed,
                            struct secret **plain, struct fault *f);

/*
 * The key in a regular file that its owner alone may use: 32 octets, or 64
 * hexadecimal digits and white space behind them.
 * ERR_NOT_FOUND, ERR_IO; ERR_CONFIG: neither of these, or others may use it.
 */
MUST_USE enum err seal_key_load(const char *path, struct secret **out,
                                struct fault *f);

/* Writes a fresh key, in hexadecimal, to a file that is not there yet, mode
 * 0600, synced with its directory. ERR_EXISTS, ERR_IO, ERR_CRYPTO. */
MUST_USE enum err seal_key_create(struct crypto_ctx *cx, const char *path,
                                  struct fault *f);

#endif
