#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/internal.h"

enum err ml_dsa_check(const struct crypto *c, enum key_kind kind,
                      struct fault *f)
{
    if (!c->has_ml_dsa[kind])
        return fault_set(f, ERR_BAD_ALG,
                         "%s is not offered by this OpenSSL, which is older "
                         "than 3.5 or configured without it",
                         key_kind_name(kind));
    return ERR_OK;
}

/* --- DSA --- */

#define DSA_P_BITS 1024
#define DSA_P_LEN (DSA_P_BITS / 8)
#define DSA_Q_LEN 20

static bool is_odd(struct span n)
{
    return n.len > 0 && (n.ptr[n.len - 1] & 1) != 0;
}

/* Above 1 and below `limit`; all are magnitudes. */
static bool is_between(struct span n, struct span limit)
{
    if (n.len == 0 || (n.len == 1 && n.ptr[0] == 1))
        return false;
    if (n.len != limit.len)
        return n.len < limit.len;
    return memcmp(n.ptr, limit.ptr, n.len) < 0;
}

static enum err dsa_check(const struct spki *key, struct dsa_public *out,
                          struct fault *f)
{
    unsigned bits = key_bits(key);

    if (bits == 0 || dsa_public_read(key, out) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 3279, 2.3.2",
                            "the DSA key, or its parameters, are malformed");
    if (bits != DSA_P_BITS || out->q.len != DSA_Q_LEN ||
        (out->q.ptr[0] & 0x80) == 0)
        return fault_set(f, ERR_BAD_ALG,
                         "the DSA key has a p of %u bits; %d, and a q of 160, "
                         "are allowed",
                         bits, DSA_P_BITS);
    if (!is_odd(out->p) || !is_odd(out->q) || !is_between(out->g, out->p) ||
        !is_between(out->y, out->p))
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 3279, 2.3.2",
                            "the numbers of the DSA key do not make one");
    return ERR_OK;
}

enum err dsa_import(const struct spki *key, EVP_PKEY **out, struct fault *f)
{
    uint8_t p[DSA_P_LEN], q[DSA_Q_LEN], g[DSA_P_LEN], y[DSA_P_LEN];
    AUTO_PKEY_CTX ctx = NULL;
    struct dsa_public dsa;
    OSSL_PARAM params[5];
    EVP_PKEY *pkey = NULL;

    TRY(dsa_check(key, &dsa, f));
    params[0] = number_param(OSSL_PKEY_PARAM_FFC_P, dsa.p, p);
    params[1] = number_param(OSSL_PKEY_PARAM_FFC_Q, dsa.q, q);
    params[2] = number_param(OSSL_PKEY_PARAM_FFC_G, dsa.g, g);
    params[3] = number_param(OSSL_PKEY_PARAM_PUB_KEY, dsa.y, y);
    params[4] = OSSL_PARAM_construct_end();
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1) {
        ERR_clear_error();
        return fault_set(f, ERR_BAD_ALG, "DSA is not offered by this OpenSSL");
    }
    if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        ERR_clear_error();
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "OpenSSL does not take the DSA key");
    }
    *out = pkey;
    return ERR_OK;
}
