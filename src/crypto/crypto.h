/*
 * Cryptography: digests, random bytes, signatures. All of it is OpenSSL's; this
 * is the only module (with net, for TLS) that sees its headers.
 *
 * `struct crypto` is made once per process: every algorithm fetched and kept.
 * `struct crypto_ctx` is one thread's set of initialised contexts and key
 * templates; calls that take one do not fetch, decode or lock.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "asn1/alg.h"
#include "asn1/x509.h"
#include "base/buf.h"

struct crypto;
struct crypto_ctx;

MUST_USE enum err crypto_new(struct crypto **out, struct fault *f);
void crypto_free(struct crypto *c);
DEFINE_AUTO(crypto)

/* `c` outlives it. Belongs to one thread. May keep a private key it signed
 * with in memory until it is freed itself, also after privkey_free. */
MUST_USE enum err crypto_ctx_new(struct crypto *c, struct crypto_ctx **out,
                                 struct fault *f);
void crypto_ctx_free(struct crypto_ctx *cx);
DEFINE_AUTO(crypto_ctx)

/* Digest of `bytes` into `out` (room for DIGEST_MAX_LEN); its length is
 * digest_len(d). ERR_CRYPTO, also for DIGEST_NONE. */
MUST_USE enum err hash_compute(struct crypto_ctx *cx, enum digest d,
                               struct span bytes, uint8_t *out,
                               struct fault *f);
/* SHA-256 of a then b, without a context; cannot fail. */
void hash_sha256_pair(struct span a, struct span b, uint8_t out[32]);
/* SHA-1 of the key's octets, for the key identifier of RFC 5280, 4.2.1.2
 * method 1, and for nothing else. */
MUST_USE enum err hash_key_id(struct crypto_ctx *cx, const struct spki *key,
                              uint8_t out[20], struct fault *f);

/* Fresh random bytes. ERR_CRYPTO: there are none; nothing may go on. */
MUST_USE enum err random_fill(struct crypto_ctx *cx, uint8_t *out, size_t len,
                              struct fault *f);

/*
 * A public key that may be certified or believed: a known kind and named
 * curve; the point on the curve, uncompressed or compressed; RSA of 2048 to
 * 4096 bits with an odd modulus and an odd exponent from 65537 up to 8 octets;
 * ML-DSA where OpenSSL has it.
 * ERR_BAD_ALG: another kind, size or exponent. ERR_BAD_DATA_FORMAT: malformed.
 */
MUST_USE enum err pubkey_check(struct crypto_ctx *cx, const struct spki *key,
                               struct fault *f);

/*
 * Verifies a signature over `data`. The key is held to the bounds of
 * pubkey_check first, so that no key makes this dear.
 * ERR_BAD_ALG: the algorithm is not in the table or does not fit the key, or
 * an RSA key is out of bounds.
 * ERR_BAD_MESSAGE_CHECK: the signature is wrong, or the key malformed.
 */
MUST_USE enum err sig_verify(struct crypto_ctx *cx, const struct spki *key,
                             const struct alg_id *alg, struct span data,
                             struct span sig, struct fault *f);
/*
 * The same with the legacy rows of the table besides: MD5 and SHA-1 with RSA,
 * SHA-1 with ECDSA and with DSA of 1024 bits. Only for what a profile that
 * names the algorithm has screened; certificates and CRLs never.
 */
MUST_USE enum err sig_verify_any(struct crypto_ctx *cx, const struct spki *key,
                                 const struct alg_id *alg, struct span data,
                                 struct span sig, struct fault *f);

/* --- private keys that are not the CA's: a station's, and at `init` --- */

struct privkey;

/* `bits` is for RSA alone (2048, 3072, 4096). */
MUST_USE enum err privkey_generate(struct crypto_ctx *cx, enum key_kind kind,
                                   unsigned bits, struct privkey **out,
                                   struct fault *f);
/* PEM or DER, PKCS#8 or traditional, unencrypted; nobody is prompted.
 * ERR_BAD_DATA_FORMAT, also when the halves do not belong together;
 * ERR_BAD_ALG: a kind, curve or size pubkey_check refuses. */
MUST_USE enum err privkey_parse(struct crypto_ctx *cx, struct span text,
                                struct privkey **out, struct fault *f);
/* The same, and DSA of 1024 bits too: for a requester under a profile that
 * takes it. */
MUST_USE enum err privkey_parse_legacy(struct crypto_ctx *cx, struct span text,
                                       struct privkey **out, struct fault *f);
void privkey_free(struct privkey *key);
DEFINE_AUTO(privkey)

/* PKCS#8 PEM appended to `out`, which the caller wipes. */
MUST_USE enum err privkey_format(const struct privkey *key, struct buf *out,
                                 struct fault *f);
/* Its SubjectPublicKeyInfo; borrowed from the key. */
struct span privkey_spki(const struct privkey *key);
enum key_kind privkey_kind(const struct privkey *key);
/* Into the arena. Several threads may use one key, each with its own `cx`.
 * ERR_BAD_ALG: `alg` does not fit the key. */
MUST_USE enum err privkey_sign(struct crypto_ctx *cx, const struct privkey *key,
                               enum sig_alg alg, struct span data,
                               struct arena *a, struct span *sig,
                               struct fault *f);

#endif
