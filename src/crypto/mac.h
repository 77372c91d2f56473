/*
 * Message authentication under a shared secret. Which algorithms there are and
 * what a policy takes of them is asn1/mac.h.
 */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include "asn1/mac.h"
#include "crypto/crypto.h"

/* Octets of salt that are made here: 128 bits (RFC 8018, 4.1). */
#define MAC_SALT_LEN 16

/* Longest MAC: HMAC-SHA512, KMAC of 512 bits. */
#define MAC_MAX_LEN 64

/*
 * Verifies `mac` over `data`.
 *
 * An absent secret stands for a reference nobody has: all the work is done,
 * under a secret of no meaning, and the answer is that of a wrong MAC, after
 * the same time. So neither answer nor time tell whether a reference exists; a
 * caller that finds no secret must call this, not return. (Where secrets need
 * different policies, the policy for "no secret" has to be one of theirs.)
 *
 * Before anything is derived the parameters are read and judged.
 * ERR_BAD_ALG: unknown, refused by name (DH and KEM-based), or outside the
 * policy: algorithm, digests, salt, iterations, or this OpenSSL lacks it.
 * ERR_BAD_DATA_FORMAT: malformed parameters.
 * ERR_BAD_MESSAGE_CHECK: the MAC is wrong; compared in constant time.
 */
MUST_USE enum err mac_verify(struct crypto_ctx *cx,
                             const struct mac_policy *policy,
                             const struct alg_id *alg, struct span secret,
                             struct span data, struct span mac,
                             struct fault *f);

/*
 * The AlgorithmIdentifier for a message that is about to be protected, into
 * the arena: as `params` say, but with a fresh salt of MAC_SALT_LEN octets
 * where the algorithm has one. RFC 9810, 5.1.3.1 recommends to make it once for
 * all messages of a transaction.
 */
MUST_USE enum err mac_alg_make(struct crypto_ctx *cx,
                               const struct mac_params *params, struct arena *a,
                               struct span *alg_der, struct fault *f);

/*
 * The MAC over `data` by an identifier mac_alg_make made, or one of a peer
 * that passed mac_verify, into the arena. `secret` is not empty.
 * ERR_BAD_ALG, ERR_BAD_DATA_FORMAT: as mac_verify, but no policy is asked.
 */
MUST_USE enum err mac_make(struct crypto_ctx *cx, const struct alg_id *alg,
                           struct span secret, struct span data,
                           struct arena *a, struct span *mac, struct fault *f);

#endif
