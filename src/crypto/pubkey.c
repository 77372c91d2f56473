#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "crypto/internal.h"

enum ec_curve curve_find(enum key_kind kind)
{
    switch (kind) {
    case KEY_EC_P256:
        return CURVE_P256;
    case KEY_EC_P384:
        return CURVE_P384;
    case KEY_EC_P521:
        return CURVE_P521;
    case KEY_UNKNOWN:
    case KEY_RSA:
    case KEY_RSA_PSS:
    case KEY_ED25519:
    case KEY_ED448:
    case KEY_ML_DSA_44:
    case KEY_ML_DSA_65:
    case KEY_ML_DSA_87:
    case KEY_DSA:
    case KEY_KIND_NUM:
        break;
    }
    return CURVE_NUM;
}

enum err ec_slot_set(struct crypto_ctx *cx, enum ec_curve curve,
                     struct span point, struct fault *f)
{
    /* That the octets solve the curve's equation is looked at there; the
     * cofactor of these curves is 1, so any such point will do. */
    if (EVP_PKEY_set1_encoded_public_key(cx->ec[curve].key, point.ptr,
                                         point.len) != 1) {
        ERR_clear_error();
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 5480, 2.2",
                            "the public key is not a point of its curve");
    }
    return ERR_OK;
}

/* --- RSA --- */

/* RSAPublicKey (RFC 8017, A.1.1): magnitudes without the leading zero. */
struct rsa_public {
    struct span n, e;
};

static struct span magnitude(struct span uint)
{
    if (uint.len > 0 && uint.ptr[0] == 0)
        return span_of(uint.ptr + 1, uint.len - 1);
    return uint;
}

static enum err rsa_public_read(struct span key, struct rsa_public *out)
{
    struct der in = der_open(key, NULL), seq;
    struct span n, e;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    TRY(der_uint(&seq, DER_INTEGER, RSA_MAX_BITS / 8 + 1, &n));
    TRY(der_uint(&seq, DER_INTEGER, RSA_MAX_BITS / 8 + 1, &e));
    TRY(der_end(&seq));
    *out = (struct rsa_public){ magnitude(n), magnitude(e) };
    return ERR_OK;
}

static bool is_odd(struct span uint)
{
    return uint.len > 0 && (uint.ptr[uint.len - 1] & 1) != 0;
}

/* From 65537 up and no longer than RSA_MAX_EXPONENT_LEN. */
static bool exponent_is_allowed(struct span e)
{
    if (!is_odd(e) || e.len > RSA_MAX_EXPONENT_LEN)
        return false;
    return e.len > 3 ||
           (e.len == 3 && (e.ptr[0] > 1 || e.ptr[1] > 0 || e.ptr[2] >= 1));
}

static enum err rsa_check(const struct spki *key, struct rsa_public *out,
                          struct fault *f)
{
    unsigned bits = key_bits(key);

    if (bits == 0)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 8017, A.1.1",
                            "the RSA key is not an RSAPublicKey");
    if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
        return fault_set(f, ERR_BAD_ALG,
                         "the RSA modulus has %u bits; %d to %d are allowed",
                         bits, RSA_MIN_BITS, RSA_MAX_BITS);
    if (rsa_public_read(key->key, out) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 8017, A.1.1",
                            "the RSA key is not an RSAPublicKey");
    if (!is_odd(out->n))
        return fault_set(f, ERR_BAD_DATA_FORMAT, "the RSA modulus is even");
    if (!exponent_is_allowed(out->e))
        return fault_set(f, ERR_BAD_ALG,
                         "the RSA public exponent is not an odd number from "
                         "65537 up to %d octets long",
                         RSA_MAX_EXPONENT_LEN);
    return ERR_OK;
}

OSSL_PARAM number_param(const char *name, struct span big_endian, uint8_t *buf)
{
    for (size_t i = 0; i < big_endian.len; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        buf[i] = big_endian.ptr[big_endian.len - 1 - i];
#else
        buf[i] = big_endian.ptr[i];
#endif
    return OSSL_PARAM_construct_BN(name, buf, big_endian.len);
}

enum err rsa_import(struct crypto_ctx *cx, const struct spki *key,
                    EVP_PKEY **out, struct fault *f)
{
    uint8_t n[RSA_MAX_BITS / 8], e[RSA_MAX_EXPONENT_LEN];
    struct rsa_public rsa;
    OSSL_PARAM params[3];
    EVP_PKEY *pkey = NULL;

    TRY(rsa_check(key, &rsa, f));
    params[0] = number_param(OSSL_PKEY_PARAM_RSA_N, rsa.n, n);
    params[1] = number_param(OSSL_PKEY_PARAM_RSA_E, rsa.e, e);
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata(cx->rsa_import, &pkey, EVP_PKEY_PUBLIC_KEY, params) !=
        1)
        return crypto_fault(f, "RSA public key");
    *out = pkey;
    return ERR_OK;
}

enum err rsa_setup(EVP_PKEY_CTX *ctx, const struct crypto *c,
                   const struct sig_alg_info *info, struct fault *f)
{
    int padding = info->family == SIG_FAMILY_PSS ? RSA_PKCS1_PSS_PADDING
                                                 : RSA_PKCS1_PADDING;

    if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, c->md[info->digest]) != 1)
        return crypto_fault(f, info->name);
    /* Not "any length": the identifier says how long the salt is. */
    if (info->family == SIG_FAMILY_PSS &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)digest_len(info->digest)) !=
            1)
        return crypto_fault(f, info->name);
    return ERR_OK;
}

enum err pubkey_check(struct crypto_ctx *cx, const struct spki *key,
                      struct fault *f)
{
    enum key_kind kind = key_kind_find(key);
    struct rsa_public rsa;

    switch (kind) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        return rsa_check(key, &rsa, f);
    case KEY_EC_P256:
    case KEY_EC_P384:
    case KEY_EC_P521:
    case KEY_ED25519:
    case KEY_ED448:
        break;
    case KEY_ML_DSA_44:
    case KEY_ML_DSA_65:
    case KEY_ML_DSA_87:
        TRY(ml_dsa_check(cx->crypto, kind, f));
        break;
    case KEY_DSA:
        return fault_set(f, ERR_BAD_ALG, "DSA keys are not certified");
    case KEY_UNKNOWN:
    case KEY_KIND_NUM:
        return fault_set(f, ERR_BAD_ALG,
                         "the public key is of no kind known here; EC keys "
                         "must name P-256, P-384 or P-521");
    }
    if (key_bits(key) == 0)
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "the %s public key has a wrong length or form",
                         key_kind_name(kind));
    if (curve_find(kind) != CURVE_NUM)
        return ec_slot_set(cx, curve_find(kind), key->key, f);
    return ERR_OK;
}
