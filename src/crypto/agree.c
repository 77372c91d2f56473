#include "crypto/agree.h"

#include "crypto/internal.h"
#include "crypto/mac.h"

#define MAX_SHARED_LEN 66 /* P-521 */

static bool derive(EVP_PKEY *mine, EVP_PKEY *peer, uint8_t *out, size_t *len)
{
    AUTO_PKEY_CTX ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);

    return ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
           EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
           EVP_PKEY_derive(ctx, out, len) == 1;
}

enum err privkey_agree(struct crypto_ctx *cx, const struct privkey *key,
                       const struct spki *peer, struct secret **out,
                       struct fault *f)
{
    enum ec_curve curve = curve_find(key->kind);
    uint8_t shared[MAX_SHARED_LEN];
    size_t len = sizeof(shared);
    struct secret *made = NULL;
    bool ok;

    if (curve == CURVE_NUM || key_kind_find(peer) != key->kind)
        return fault_set(f, ERR_BAD_ALG, "%s and %s keys do not agree",
                         key_kind_name(key->kind),
                         key_kind_name(key_kind_find(peer)));
    TRY(ec_slot_set(cx, curve, peer->key, f));
    ok = derive(key->pkey, cx->ec[curve].key, shared, &len);
    if (ok)
        made = secret_new(span_of(shared, len));
    secret_wipe(shared, sizeof(shared));
    if (!ok)
        return crypto_fault(f, "ECDH");
    if (made == NULL)
        return fault_set(f, ERR_NO_MEM, "ECDH");
    *out = made;
    return ERR_OK;
}

static enum digest digest_of(const struct alg_id *alg)
{
    static const struct {
        enum oid oid;
        enum digest digest;
    } rows[] = {
        { OID_ID_ALG_ECDH_POP_SHA256, DIGEST_SHA256 },
        { OID_ID_ALG_ECDH_POP_SHA384, DIGEST_SHA384 },
        { OID_ID_ALG_ECDH_POP_SHA512, DIGEST_SHA512 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].oid == alg->id && span_is_absent(alg->params))
            return rows[i].digest;
    return DIGEST_NONE;
}

/* K = H(subject | ZZ | issuer) */
static enum err derive_key(struct crypto_ctx *cx, enum digest digest,
                           const struct secret *shared,
                           const struct x509_cert *recipient, struct arena *a,
                           uint8_t out[DIGEST_MAX_LEN], struct fault *f)
{
    struct span zz = secret_span(shared);
    size_t len = recipient->subject.len + zz.len + recipient->issuer.len;
    uint8_t *bytes = arena_alloc(a, len);
    enum err e;

    if (bytes == NULL)
        return fault_set(f, ERR_NO_MEM, "agreeMAC");
    memcpy(bytes, recipient->subject.ptr, recipient->subject.len);
    memcpy(bytes + recipient->subject.len, zz.ptr, zz.len);
    memcpy(bytes + recipient->subject.len + zz.len, recipient->issuer.ptr,
           recipient->issuer.len);
    e = hash_compute(cx, digest, span_of(bytes, len), out, f);
    secret_wipe(bytes, len);
    return e;
}

enum err agree_mac_make(struct crypto_ctx *cx, const struct alg_id *alg,
                        const struct secret *shared,
                        const struct x509_cert *recipient, struct span data,
                        struct arena *a, struct span *out, struct fault *f)
{
    enum digest digest = digest_of(alg);
    uint8_t key[DIGEST_MAX_LEN];
    struct alg_id hmac;
    struct der in;
    enum err e;

    if (digest == DIGEST_NONE)
        return fault_set(f, ERR_BAD_ALG,
                         "not ecdhPop-static with SHA-256 or longer");
    in = der_open(hmac_alg_id(digest), NULL);
    TRY(alg_id_read(&in, &hmac));
    TRY(derive_key(cx, digest, shared, recipient, a, key, f));
    e = mac_make(cx, &hmac, span_of(key, digest_len(digest)), data, a, out, f);
    secret_wipe(key, sizeof(key));
    return e;
}
