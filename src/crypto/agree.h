/*
 * What two keys on one curve agree on, and the static proof of possession made
 * of it: agreeMAC (RFC 4211, 4.3; RFC 6955, 6).
 */
#ifndef CRYPTO_AGREE_H
#define CRYPTO_AGREE_H

#include "base/secret.h"
#include "crypto/crypto.h"

/*
 * The x-coordinate of their common point; the caller's. `peer` has passed
 * pubkey_check. ERR_BAD_ALG: not keys on P-256, P-384 or P-521, or not on the
 * same.
 */
MUST_USE enum err privkey_agree(struct crypto_ctx *cx,
                                const struct privkey *key,
                                const struct spki *peer, struct secret **out,
                                struct fault *f);

/*
 * The MAC over `data` under what a key agrees on with that of `recipient`,
 * whose names go into it; into the arena. ERR_BAD_ALG: not
 * id-alg-ecdhPop-static-sha256-hmac-sha256 or the ones with SHA-384 and
 * SHA-512, or parameters behind it.
 */
MUST_USE enum err agree_mac_make(struct crypto_ctx *cx,
                                 const struct alg_id *alg,
                                 const struct secret *shared,
                                 const struct x509_cert *recipient,
                                 struct span data, struct arena *a,
                                 struct span *out, struct fault *f);

#endif
