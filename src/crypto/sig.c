#include <openssl/err.h>

#include "crypto/internal.h"

enum err sig_alg_check(enum sig_alg alg, const struct spki *key,
                       struct fault *f)
{
    enum key_kind kind = key_kind_find(key);

    if (alg == SIG_UNKNOWN)
        return fault_set(f, ERR_BAD_ALG,
                         "the signature algorithm, or its parameters, are "
                         "not of the table");
    if (!sig_alg_fits(alg, kind))
        return fault_set(f, ERR_BAD_ALG,
                         "a signature by %s does not go with a key of kind %s",
                         sig_alg_info(alg)->name, key_kind_name(kind));
    /* An id-RSASSA-PSS key that comes with parameters is bound to them. */
    if (kind == KEY_RSA_PSS && !span_is_absent(key->alg.params) &&
        sig_alg_find(&key->alg) != alg)
        return fault_clause(f, ERR_BAD_ALG, "RFC 4055, 3.3",
                            "the RSA-PSS key is bound to other parameters "
                            "than the signature's");
    return ERR_OK;
}

enum err sig_alg_offered(const struct crypto *c, enum sig_alg alg,
                         enum key_kind kind, struct fault *f)
{
    enum digest digest = sig_alg_info(alg)->digest;

    if (kind == KEY_ML_DSA_44 || kind == KEY_ML_DSA_65 || kind == KEY_ML_DSA_87)
        return ml_dsa_check(c, kind, f);
    if (digest != DIGEST_NONE && c->md[digest] == NULL)
        return fault_set(f, ERR_BAD_ALG,
                         "%s is not offered by this OpenSSL, which lacks %s",
                         sig_alg_info(alg)->name, digest_name(digest));
    return ERR_OK;
}

/* What libcrypto answered, 1 being yes. */
static enum err judge(int answer, struct fault *f)
{
    if (answer == 1)
        return ERR_OK;
    ERR_clear_error();
    return fault_set(f, ERR_BAD_MESSAGE_CHECK, "the signature is wrong");
}

static enum err verify_ecdsa(struct crypto_ctx *cx, enum ec_curve curve,
                             const struct spki *key, const struct digested *d,
                             struct span sig, struct fault *f)
{
    if (key_bits(key) == 0)
        return fault_set(f, ERR_BAD_MESSAGE_CHECK,
                         "the public key is malformed");
    if (ec_slot_set(cx, curve, key->key, f) != ERR_OK)
        return fault_set(f, ERR_BAD_MESSAGE_CHECK,
                         "the public key is not a point of its curve");
    return judge(EVP_PKEY_verify(cx->ec[curve].verify, sig.ptr, sig.len,
                                 d->bytes, d->len),
                 f);
}

static enum err verify_rsa(struct crypto_ctx *cx, const struct spki *key,
                           const struct sig_alg_info *info,
                           const struct digested *d, struct span sig,
                           struct fault *f)
{
    AUTO_PKEY pkey = NULL;
    AUTO_PKEY_CTX ctx = NULL;
    enum err e = rsa_import(cx, key, &pkey, f);

    if (e == ERR_BAD_DATA_FORMAT)
        return fault_set(f, ERR_BAD_MESSAGE_CHECK,
                         "the public key is malformed");
    TRY(e);
    /* RFC 8017, 8.1.2 and 8.2.2, step 1, which not all of libcrypto takes */
    if (sig.len != (size_t)EVP_PKEY_get_size(pkey))
        return fault_set(f, ERR_BAD_MESSAGE_CHECK, "the signature is wrong");
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
        return crypto_fault(f, info->name);
    TRY(rsa_setup(ctx, cx->crypto, info, f));
    return judge(EVP_PKEY_verify(ctx, sig.ptr, sig.len, d->bytes, d->len), f);
}

static enum err verify_dsa(const struct spki *key, const char *name,
                           const struct digested *d, struct span sig,
                           struct fault *f)
{
    AUTO_PKEY pkey = NULL;
    AUTO_PKEY_CTX ctx = NULL;
    enum err e = dsa_import(key, &pkey, f);

    if (e == ERR_BAD_DATA_FORMAT)
        return fault_set(f, ERR_BAD_MESSAGE_CHECK,
                         "the public key is malformed");
    TRY(e);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
        return crypto_fault(f, name);
    return judge(EVP_PKEY_verify(ctx, sig.ptr, sig.len, d->bytes, d->len), f);
}

/* EdDSA and ML-DSA, which take the data itself. */
static enum err verify_raw(const struct spki *key, const char *name,
                           struct span data, struct span sig, struct fault *f)
{
    AUTO_PKEY pkey = EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL,
                                                    key->key.ptr, key->key.len);
    AUTO_MD_CTX ctx = NULL;

    if (pkey == NULL) {
        ERR_clear_error();
        return fault_set(f, ERR_BAD_MESSAGE_CHECK,
                         "the public key is malformed");
    }
    ctx = EVP_MD_CTX_new();
    if (ctx == NULL ||
        EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) != 1)
        return crypto_fault(f, name);
    return judge(EVP_DigestVerify(ctx, sig.ptr, sig.len, data.ptr, data.len),
                 f);
}

static enum err verify(struct crypto_ctx *cx, const struct spki *key,
                       enum sig_alg alg, struct span data, struct span sig,
                       struct fault *f)
{
    const struct sig_alg_info *info = sig_alg_info(alg);
    enum key_kind kind = key_kind_find(key);
    struct digested d = { .len = 0 };

    TRY(sig_alg_check(alg, key, f));
    TRY(sig_alg_offered(cx->crypto, alg, kind, f));
    if (info->digest != DIGEST_NONE)
        TRY(digest_make(cx, info->digest, data, &d, f));
    switch (info->family) {
    case SIG_FAMILY_ECDSA:
        return verify_ecdsa(cx, curve_find(kind), key, &d, sig, f);
    case SIG_FAMILY_RSA:
    case SIG_FAMILY_PSS:
        return verify_rsa(cx, key, info, &d, sig, f);
    case SIG_FAMILY_DSA:
        return verify_dsa(key, info->name, &d, sig, f);
    case SIG_FAMILY_ED25519:
    case SIG_FAMILY_ED448:
    case SIG_FAMILY_ML_DSA_44:
    case SIG_FAMILY_ML_DSA_65:
    case SIG_FAMILY_ML_DSA_87:
        return verify_raw(key, info->name, data, sig, f);
    }
    return fault_set(f, ERR_BAD_ALG, "no such signature algorithm");
}

enum err sig_verify(struct crypto_ctx *cx, const struct spki *key,
                    const struct alg_id *alg, struct span data, struct span sig,
                    struct fault *f)
{
    return verify(cx, key, sig_alg_find(alg), data, sig, f);
}

enum err sig_verify_any(struct crypto_ctx *cx, const struct spki *key,
                        const struct alg_id *alg, struct span data,
                        struct span sig, struct fault *f)
{
    return verify(cx, key, sig_alg_find_any(alg), data, sig, f);
}
