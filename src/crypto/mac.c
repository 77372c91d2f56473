#include "crypto/mac.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/secret.h"
#include "crypto/internal.h"

/* A key as it is derived, wiped by its owner; the longest is PBKDF2's. */
struct mac_key {
    uint8_t bytes[DIGEST_MAX_LEN];
    size_t len;
};

struct mac_value {
    uint8_t bytes[MAC_MAX_LEN];
    size_t len;
};

/* --- contexts --- */

/* The name is not written to, though OSSL_PARAM asks for more. */
static OSSL_PARAM digest_param(enum digest d)
{
    return OSSL_PARAM_construct_utf8_string(
        OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest_name(d), 0);
}

static OSSL_PARAM octets_param(const char *name, struct span bytes)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.ptr,
                                             bytes.len);
}

/* What a context is left with, so that no key stays in it. */
static const uint8_t no_key[32];

enum err mac_ctx_init(struct crypto_ctx *cx, struct fault *f)
{
    const struct crypto *c = cx->crypto;

    for (int d = DIGEST_NONE + 1; d < DIGEST_NUM; d++) {
        OSSL_PARAM params[] = { digest_param((enum digest)d),
                                OSSL_PARAM_construct_end() };

        if (span_is_absent(hmac_alg_id((enum digest)d)))
            continue;
        cx->hmac[d] = EVP_MAC_CTX_new(c->hmac);
        if (cx->hmac[d] == NULL ||
            EVP_MAC_init(cx->hmac[d], no_key, sizeof(no_key), params) != 1)
            return crypto_fault(f, "HMAC");
    }
    cx->pbkdf2 = EVP_KDF_CTX_new(c->pbkdf2);
    if (cx->pbkdf2 == NULL)
        return crypto_fault(f, "PBKDF2");
    if (c->kmac128 != NULL)
        cx->kmac128 = EVP_MAC_CTX_new(c->kmac128);
    if (c->kmac256 != NULL)
        cx->kmac256 = EVP_MAC_CTX_new(c->kmac256);
    return ERR_OK;
}

void mac_ctx_done(struct crypto_ctx *cx)
{
    for (int d = 0; d < DIGEST_NUM; d++)
        EVP_MAC_CTX_free(cx->hmac[d]);
    EVP_KDF_CTX_free(cx->pbkdf2);
    EVP_MAC_CTX_free(cx->kmac128);
    EVP_MAC_CTX_free(cx->kmac256);
}

/* --- keys from passwords --- */

/*
 * RFC 9810, 5.1.3.1: BASEKEY is the one-way function applied iterationCount
 * times, first to the secret and the salt behind it. HMAC takes all of it as
 * its key, whatever its own digest. (RFC 4211's loop may be read as one more;
 * nobody does.)
 */
static bool pbm_derive(struct crypto_ctx *cx, const struct mac_params *p,
                       struct span secret, struct mac_key *out)
{
    EVP_MD_CTX *ctx = cx->hash[p->owf];

    out->len = digest_len(p->owf);
    if (ctx == NULL || EVP_DigestInit_ex2(ctx, NULL, NULL) != 1 ||
        EVP_DigestUpdate(ctx, secret.ptr, secret.len) != 1 ||
        EVP_DigestUpdate(ctx, p->salt.ptr, p->salt.len) != 1 ||
        EVP_DigestFinal_ex(ctx, out->bytes, NULL) != 1)
        return false;
    for (uint32_t i = 1; i < p->iterations; i++) {
        if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1 ||
            EVP_DigestUpdate(ctx, out->bytes, out->len) != 1 ||
            EVP_DigestFinal_ex(ctx, out->bytes, NULL) != 1)
            return false;
    }
    return true;
}

bool pbkdf2_derive(struct crypto_ctx *cx, enum digest prf, struct span secret,
                   struct span salt, uint32_t iterations, uint8_t *out,
                   size_t len)
{
    uint64_t count = iterations;
    int no_lower_bounds = 1; /* ours are the policy's */
    OSSL_PARAM params[] = {
        digest_param(prf),
        octets_param(OSSL_KDF_PARAM_PASSWORD, secret),
        octets_param(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &count),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &no_lower_bounds),
        OSSL_PARAM_construct_end(),
    };
    bool ok = EVP_KDF_derive(cx->pbkdf2, out, len, params) == 1;

    EVP_KDF_CTX_reset(cx->pbkdf2); /* it holds the secret */
    return ok;
}

static bool pbmac1_derive(struct crypto_ctx *cx, const struct mac_params *p,
                          struct span secret, struct mac_key *out)
{
    if (p->key_len > sizeof(out->bytes))
        return false;
    out->len = p->key_len;
    return pbkdf2_derive(cx, p->owf, secret, p->salt, p->iterations, out->bytes,
                         out->len);
}

/* --- MACs --- */

static bool mac_run(EVP_MAC_CTX *ctx, struct span key, const OSSL_PARAM *params,
                    struct span data, struct mac_value *out)
{
    bool ok =
        EVP_MAC_init(ctx, key.ptr, key.len, params) == 1 &&
        EVP_MAC_update(ctx, data.ptr, data.len) == 1 &&
        EVP_MAC_final(ctx, out->bytes, &out->len, sizeof(out->bytes)) == 1;

    return EVP_MAC_init(ctx, no_key, sizeof(no_key), NULL) == 1 && ok;
}

static bool kmac_run(EVP_MAC_CTX *ctx, const struct mac_params *p,
                     struct span key, struct span data, struct mac_value *out)
{
    size_t size = p->out_bits / 8;
    struct span custom =
        p->customization.len > 0 ? p->customization : SPAN_LIT("");
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
        octets_param(OSSL_MAC_PARAM_CUSTOM, custom),
        OSSL_PARAM_construct_end(),
    };

    return size <= sizeof(out->bytes) && mac_run(ctx, key, params, data, out);
}

static enum err lacks(const struct mac_params *p, struct fault *f)
{
    return fault_set(f, ERR_BAD_ALG, "this OpenSSL does not offer %s%s%s",
                     mac_alg_name(p->alg),
                     p->mac != DIGEST_NONE ? " with " : "",
                     digest_name(p->mac));
}

static bool compute_under(struct crypto_ctx *cx, const struct mac_params *p,
                          struct span secret, struct span data,
                          struct mac_key *key, struct mac_value *out)
{
    switch (p->alg) {
    case MAC_PBM:
        return pbm_derive(cx, p, secret, key) &&
               mac_run(cx->hmac[p->mac], span_of(key->bytes, key->len), NULL,
                       data, out);
    case MAC_PBMAC1:
        return pbmac1_derive(cx, p, secret, key) &&
               mac_run(cx->hmac[p->mac], span_of(key->bytes, key->len), NULL,
                       data, out);
    case MAC_HMAC:
        return mac_run(cx->hmac[p->mac], secret, NULL, data, out);
    case MAC_KMAC128:
        return kmac_run(cx->kmac128, p, secret, data, out);
    case MAC_KMAC256:
        return kmac_run(cx->kmac256, p, secret, data, out);
    case MAC_UNKNOWN:
    case MAC_DH:
    case MAC_KEM:
    case MAC_ALG_NUM:
        break;
    }
    return false;
}

/* Whether what the parameters name is there. */
static bool is_offered(const struct crypto_ctx *cx, const struct mac_params *p)
{
    switch (p->alg) {
    case MAC_PBM:
        return p->owf != DIGEST_NONE && cx->hash[p->owf] != NULL &&
               cx->hmac[p->mac] != NULL;
    case MAC_PBMAC1:
        return p->owf != DIGEST_NONE && cx->hmac[p->mac] != NULL;
    case MAC_HMAC:
        return cx->hmac[p->mac] != NULL;
    case MAC_KMAC128:
        return cx->kmac128 != NULL;
    case MAC_KMAC256:
        return cx->kmac256 != NULL;
    case MAC_UNKNOWN:
    case MAC_DH:
    case MAC_KEM:
    case MAC_ALG_NUM:
        break;
    }
    return false;
}

static enum err compute(struct crypto_ctx *cx, const struct mac_params *p,
                        struct span secret, struct span data,
                        struct mac_value *out, struct fault *f)
{
    struct mac_key key = { .len = 0 };
    bool ok;

    if (!is_offered(cx, p))
        return lacks(p, f);
    ok = compute_under(cx, p, secret, data, &key, out);
    secret_wipe(&key, sizeof(key));
    if (!ok)
        return crypto_fault(f, mac_alg_name(p->alg));
    return ERR_OK;
}

enum err mac_verify(struct crypto_ctx *cx, const struct mac_policy *policy,
                    const struct alg_id *alg, struct span secret,
                    struct span data, struct span mac, struct fault *f)
{
    bool is_known = secret.len > 0, is_right;
    struct mac_params params;
    struct mac_value value = { .len = 0 };

    TRY(mac_params_read(alg, &params, f));
    TRY(mac_params_check(&params, policy, f));
    if (!is_known)
        secret = SPAN_LIT("the secret of a reference nobody has");
    TRY(compute(cx, &params, secret, data, &value, f));
    is_right = secret_is_equal(span_of(value.bytes, value.len), mac);
    secret_wipe(&value, sizeof(value));
    /* Whoever reads this file can make a MAC under the text above. */
    if (!is_right || !is_known)
        return fault_set(f, ERR_BAD_MESSAGE_CHECK, "the MAC is wrong");
    return ERR_OK;
}

enum err mac_alg_make(struct crypto_ctx *cx, const struct mac_params *params,
                      struct arena *a, struct span *alg_der, struct fault *f)
{
    struct mac_params p = *params;
    uint8_t salt[MAC_SALT_LEN];
    enum err e;

    TRY(random_fill(cx, salt, sizeof(salt), f));
    p.salt = SPAN_OF(salt);
    e = mac_params_write(&p, a, alg_der);
    return e == ERR_OK ? ERR_OK : fault_set(f, e, "algorithm of a MAC");
}

enum err mac_make(struct crypto_ctx *cx, const struct alg_id *alg,
                  struct span secret, struct span data, struct arena *a,
                  struct span *mac, struct fault *f)
{
    struct mac_params params;
    struct mac_value value = { .len = 0 };
    struct span copy;

    if (secret.len == 0)
        return fault_set(f, ERR_CRYPTO, "a MAC under an empty secret");
    TRY(mac_params_read(alg, &params, f));
    TRY(compute(cx, &params, secret, data, &value, f));
    copy = arena_copy(a, span_of(value.bytes, value.len));
    if (span_is_absent(copy))
        return fault_set(f, ERR_NO_MEM, "MAC");
    *mac = copy;
    return ERR_OK;
}
