/*
 * The only door to the authority's private keys.
 *
 * Nothing outside this module sees such a key: a caller names it and gets a
 * signature. What stands behind a name (a file now; a token or a keeper
 * process later) shows nowhere else, so that moving a key is wiring.
 *
 * Each key has its own limit of callers inside; one that is slow keeps only
 * its own users waiting.
 */
#ifndef CRYPTO_KEYS_H
#define CRYPTO_KEYS_H

#include "base/secret.h"
#include "crypto/crypto.h"

struct keys;

/*
 * One back end's way to use one key. `sign` may block and is called by several
 * threads at once, by no more than `max_parallel` (0: any number): a token
 * says here how many sessions it has, and callers beyond these queue in
 * keys_sign, where deadlines hold. `spki` is called once, when the key is
 * added. Static storage.
 */
struct key_ops {
    enum err (*sign)(void *key, struct crypto_ctx *cx, enum sig_alg alg,
                     struct span data, struct arena *a, struct span *sig,
                     struct fault *f);
    enum err (*spki)(void *key, struct arena *a, struct span *out,
                     struct fault *f);
    void (*free)(void *key);
    unsigned max_parallel;
    /* What it and a public key agree on; likewise. NULL: it only signs. */
    enum err (*agree)(void *key, struct crypto_ctx *cx, const struct spki *peer,
                      struct secret **out, struct fault *f);
    /* What an EncryptedKey holds; likewise. */
    enum err (*decrypt)(void *key, struct crypto_ctx *cx, struct span encrypted,
                        struct arena *a, struct secret **out, struct fault *f);
};

MUST_USE enum err keys_new(struct crypto *c, struct keys **out,
                           struct fault *f);
void keys_free(struct keys *k);
DEFINE_AUTO(keys)

/* Adds a key under a name not taken yet (ERR_EXISTS). At most `max_waiting`
 * callers are inside keys_sign for it at once, signing or queueing. Takes
 * ownership of `key` when it succeeds. Before the first keys_sign only. */
MUST_USE enum err keys_add(struct keys *k, const char *name,
                           unsigned max_waiting, const struct key_ops *ops,
                           void *key, struct fault *f);

/* The file back end: an unencrypted PEM or DER private key in a regular file
 * with no permissions but its owner's (else ERR_CONFIG). ERR_NOT_FOUND,
 * ERR_IO; ERR_BAD_DATA_FORMAT and ERR_BAD_ALG as privkey_parse. */
MUST_USE enum err keys_add_file(struct keys *k, const char *name,
                                unsigned max_waiting, const char *path,
                                struct fault *f);

/* The public half; borrowed from `k`. ERR_NOT_FOUND. */
MUST_USE enum err keys_spki(const struct keys *k, const char *name,
                            struct span *out, struct fault *f);

/*
 * Signs `data` with the named key, into the arena. `deadline` is on
 * clock_monotonic_micros; 0: none. It bounds the wait for a turn, not what
 * the back end then takes.
 * ERR_SYSTEM_UNAVAIL: too many are inside for this key, or the deadline passed
 * before it was this caller's turn. ERR_BAD_ALG: `alg` does not fit.
 * ERR_NOT_FOUND: no key of that name.
 */
MUST_USE enum err keys_sign(struct keys *k, struct crypto_ctx *cx,
                            const char *name, enum sig_alg alg,
                            struct span data, int64_t deadline, struct arena *a,
                            struct span *sig, struct fault *f);

/*
 * The x-coordinate that the named key and a point of its curve agree on; the
 * point has passed pubkey_check. `deadline` as keys_sign.
 * ERR_SYSTEM_UNAVAIL, ERR_NOT_FOUND as keys_sign. ERR_BAD_ALG: another curve,
 * or a key that does not agree.
 */
MUST_USE enum err keys_agree(struct keys *k, struct crypto_ctx *cx,
                             const char *name, const struct spki *peer,
                             int64_t deadline, struct secret **out,
                             struct fault *f);

/*
 * What is in an EncryptedKey for the named key, as encrypted_key_open tells
 * and fails; by what came under verified protection alone. `deadline` as
 * keys_sign. ERR_SYSTEM_UNAVAIL, ERR_NOT_FOUND as keys_sign.
 */
MUST_USE enum err keys_decrypt(struct keys *k, struct crypto_ctx *cx,
                               const char *name, struct span encrypted,
                               int64_t deadline, struct arena *a,
                               struct secret **out, struct fault *f);

#endif
