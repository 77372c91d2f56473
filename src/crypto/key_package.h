/*
 * Private keys on their way to their owner: AsymmetricKeyPackage (RFC 5958)
 * with one key, as RFC 9483, 4.1.6, has it.
 */
#ifndef CRYPTO_KEY_PACKAGE_H
#define CRYPTO_KEY_PACKAGE_H

#include "crypto/crypto.h"

/*
 * Writes the key, v2 with its public half. What it puts into the arena is the
 * key in clear: the caller wipes that (arena_wipe).
 */
MUST_USE enum err key_package_make(const struct privkey *key, struct arena *a,
                                   struct span *out, struct fault *f);

/* The OneAsymmetricKey of such a package alone, which lies in it. */
MUST_USE enum err key_package_bare(struct span package, struct span *out);

/*
 * Reads such a package, which `der` is whole; the key is the caller's, and the
 * arena to be wiped. Leniency: v1, which has no public half, is taken too; so
 * is a OneAsymmetricKey alone, which OpenSSL 3.5 sends.
 * ERR_BAD_DATA_FORMAT: malformed, not one key, or its halves are of two keys;
 * ERR_BAD_ALG: as privkey_parse.
 */
MUST_USE enum err key_package_open(struct crypto_ctx *cx, struct span der,
                                   struct arena *a, struct privkey **out,
                                   struct fault *f);

#endif
