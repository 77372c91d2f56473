/*
 * The content's key, wrapped under one that a fresh key and the recipient's
 * agree on (RFC 5753, 3.1; RFC 8418).
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/envelope_internal.h"

#define UKM_LEN 32
#define MAX_SHARED_LEN 66 /* P-521 */
#define MAX_POINT_LEN 133

/* Keys that agree, and what derives a key from what they agree on. */
struct group {
    const char *name;
    enum key_kind kind; /* KEY_UNKNOWN: by `alg` */
    enum oid alg;
    enum oid curve;
    enum oid scheme;
};
static const struct group groups[] = {
    { "P-256", KEY_EC_P256, OID_ID_EC_PUBLIC_KEY, OID_SECP256R1,
      OID_DH_SINGLE_PASS_STD_DH_SHA256_KDF_SCHEME },
    { "P-384", KEY_EC_P384, OID_ID_EC_PUBLIC_KEY, OID_SECP384R1,
      OID_DH_SINGLE_PASS_STD_DH_SHA384_KDF_SCHEME },
    { "P-521", KEY_EC_P521, OID_ID_EC_PUBLIC_KEY, OID_SECP521R1,
      OID_DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME },
    { "X25519", KEY_UNKNOWN, OID_ID_X25519, OID_UNKNOWN,
      OID_DH_SINGLE_PASS_STD_DH_SHA256_KDF_SCHEME },
    { "X448", KEY_UNKNOWN, OID_ID_X448, OID_UNKNOWN,
      OID_DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME },
};
#define NUM_GROUPS (sizeof(groups) / sizeof(groups[0]))

/* The cofactor of these curves is 1, so both kinds give the same. */
static const struct scheme {
    enum oid oid;
    enum digest digest;
} schemes[] = {
    { OID_DH_SINGLE_PASS_STD_DH_SHA256_KDF_SCHEME, DIGEST_SHA256 },
    { OID_DH_SINGLE_PASS_STD_DH_SHA384_KDF_SCHEME, DIGEST_SHA384 },
    { OID_DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME, DIGEST_SHA512 },
    { OID_DH_SINGLE_PASS_COFACTOR_DH_SHA256_KDF_SCHEME, DIGEST_SHA256 },
    { OID_DH_SINGLE_PASS_COFACTOR_DH_SHA384_KDF_SCHEME, DIGEST_SHA384 },
    { OID_DH_SINGLE_PASS_COFACTOR_DH_SHA512_KDF_SCHEME, DIGEST_SHA512 },
};
#define NUM_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const struct group *group_find(const struct spki *key)
{
    enum key_kind kind = key_kind_find(key);
    enum oid alg = key->alg.id;

    for (size_t i = 0; i < NUM_GROUPS; i++) {
        if (groups[i].alg == alg && groups[i].kind == kind)
            return &groups[i];
    }
    return NULL;
}

bool can_agree(const struct spki *key)
{
    return group_find(key) != NULL;
}

static enum digest scheme_find(enum oid oid)
{
    for (size_t i = 0; i < NUM_SCHEMES; i++) {
        if (schemes[i].oid == oid)
            return schemes[i].digest;
    }
    return DIGEST_NONE;
}

/* A public key of the group from its octets; the caller's. */
static enum err point_import(struct crypto_ctx *cx, const struct group *g,
                             struct span point, EVP_PKEY **out, struct fault *f)
{
    enum ec_curve curve = curve_find(g->kind);

    if (curve == CURVE_NUM) {
        *out = EVP_PKEY_new_raw_public_key_ex(NULL, g->name, NULL, point.ptr,
                                              point.len);
        if (*out != NULL)
            return ERR_OK;
        ERR_clear_error();
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "the public key is not one of %s", g->name);
    }
    TRY(ec_slot_set(cx, curve, point, f));
    EVP_PKEY_up_ref(cx->ec[curve].key);
    *out = cx->ec[curve].key;
    return ERR_OK;
}

struct shared {
    uint8_t bytes[MAX_SHARED_LEN];
    size_t len;
};

static bool agree(EVP_PKEY *mine, EVP_PKEY *peer, struct shared *z)
{
    AUTO_PKEY_CTX ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);

    z->len = sizeof(z->bytes);
    return ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
           EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
           EVP_PKEY_derive(ctx, z->bytes, &z->len) == 1;
}

/*
 * ECC-CMS-SharedInfo ::= SEQUENCE {
 *     keyInfo         AlgorithmIdentifier, -- of the key wrap
 *     entityUInfo [0] OCTET STRING OPTIONAL, -- the ukm
 *     suppPubInfo [2] OCTET STRING } -- bits of the key, in four octets
 */
static enum err shared_info_write(struct span wrap, struct span ukm,
                                  size_t key_len, struct arena *a,
                                  struct span *out)
{
    uint8_t bits[4] = { 0, 0, (uint8_t)(key_len >> 5),
                        (uint8_t)(key_len << 3) };
    struct der_writer w;
    size_t mark;

    der_writer_init(&w, a, 128);
    der_put_octets(&w, DER_OCTET_STRING, SPAN_OF(bits));
    der_put_header(&w, DER_CTX(2), 0);
    mark = der_mark(&w);
    if (!span_is_absent(ukm)) {
        der_put_octets(&w, DER_OCTET_STRING, ukm);
        der_put_header(&w, DER_CTX(0), mark);
    }
    der_put_raw(&w, wrap);
    der_put_header(&w, DER_SEQUENCE, 0);
    return der_finish(&w, out);
}

static OSSL_PARAM octets_param(const char *name, struct span bytes)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.ptr,
                                             bytes.len);
}

static bool kdf_run(const struct crypto *c, enum digest d,
                    const struct shared *z, struct span info, struct cek *out)
{
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(c->x963kdf);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         (char *)(uintptr_t)digest_name(d), 0),
        octets_param(OSSL_KDF_PARAM_KEY, span_of(z->bytes, z->len)),
        octets_param(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    bool ok =
        ctx != NULL && EVP_KDF_derive(ctx, out->bytes, out->len, params) == 1;

    EVP_KDF_CTX_free(ctx);
    return ok;
}

/* The key that wraps, from what is agreed on. */
static enum err kek_make(struct crypto_ctx *cx, EVP_PKEY *mine, EVP_PKEY *peer,
                         enum digest d, struct span info, struct cek *kek,
                         struct fault *f)
{
    struct shared z = { .len = 0 };
    bool ok = agree(mine, peer, &z) && kdf_run(cx->crypto, d, &z, info, kek);

    secret_wipe(&z, sizeof(z));
    return ok ? ERR_OK : crypto_fault(f, "key agreement");
}

/* --- making --- */

static EVP_PKEY *ephemeral_make(const struct group *g)
{
    if (g->kind == KEY_UNKNOWN)
        return EVP_PKEY_Q_keygen(NULL, NULL, g->name);
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", g->name);
}

/* OID_UNKNOWN: absent. */
static enum err oid_write(enum oid id, struct arena *a, struct span *out)
{
    struct der_writer w;

    *out = SPAN_NONE;
    if (id == OID_UNKNOWN)
        return ERR_OK;
    der_writer_init(&w, a, 16);
    der_put_oid(&w, oid_span(id));
    return der_finish(&w, out);
}

static enum err originator_fill(const struct group *g, EVP_PKEY *ephemeral,
                                struct arena *a, struct cms_id *out,
                                struct fault *f)
{
    unsigned char *point = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(ephemeral, &point);
    struct span copy;

    if (len == 0 || len > MAX_POINT_LEN)
        return crypto_fault(f, "key agreement");
    copy = arena_copy(a, span_of(point, len));
    OPENSSL_free(point);
    *out = (struct cms_id){ .type = CMS_ID_ORIGINATOR_KEY };
    alg_id_set(&out->originator_key.alg, g->alg);
    out->originator_key.key = copy;
    if (span_is_absent(copy) ||
        oid_write(g->curve, a, &out->originator_key.alg.params) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    return ERR_OK;
}

/* The scheme, the wrap within it, and a ukm. */
static enum err kari_fill(struct crypto_ctx *cx, const struct group *g,
                          enum envelope_cipher cipher, struct arena *a,
                          struct cms_recipient *r, struct fault *f)
{
    uint8_t ukm[UKM_LEN];
    struct der_writer w;

    TRY(random_fill(cx, ukm, sizeof(ukm), f));
    r->ukm = arena_copy(a, SPAN_OF(ukm));
    alg_id_set(&r->key_enc_alg, g->scheme);
    der_writer_init(&w, a, 32);
    der_put_oid(&w, oid_span(cipher_info(cipher)->wrap));
    der_put_header(&w, DER_SEQUENCE, 0);
    if (der_finish(&w, &r->key_enc_alg.params) != ERR_OK ||
        span_is_absent(r->ukm))
        return fault_set(f, ERR_NO_MEM, "an envelope");
    return ERR_OK;
}

static enum err kari_wrap(struct crypto_ctx *cx, const struct envelope_to *to,
                          const struct group *g, EVP_PKEY *ephemeral,
                          const struct cek *cek, struct arena *a,
                          const struct cms_recipient *r, struct span *out,
                          struct fault *f)
{
    AUTO_CEK kek = { .len = cipher_info(to->cipher)->key_len };
    AUTO_PKEY peer = NULL;
    struct span info;

    TRY(point_import(cx, g, to->key->key, &peer, f));
    if (shared_info_write(r->key_enc_alg.params, r->ukm, kek.len, a, &info) !=
        ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    TRY(kek_make(cx, ephemeral, peer, scheme_find(g->scheme), info, &kek, f));
    return key_wrap(cx->crypto, to->cipher, &kek, cek, a, out, f);
}

enum err kari_make(struct crypto_ctx *cx, const struct envelope_to *to,
                   const struct cek *cek, struct arena *a,
                   struct cms_recipient *out, struct fault *f)
{
    const struct group *g = group_find(to->key);
    struct cms_recipient_key *key = arena_alloc(a, sizeof(*key));
    AUTO_PKEY ephemeral = NULL;

    if (g == NULL)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 4.1",
                            "no key can be agreed on with one of kind %s",
                            key_kind_name(key_kind_find(to->key)));
    if (key == NULL)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    ephemeral = ephemeral_make(g);
    if (ephemeral == NULL)
        return crypto_fault(f, g->name);
    *out = (struct cms_recipient){
        .type = CMS_KARI, .version = 3, .keys = key, .num_keys = 1
    };
    TRY(originator_fill(g, ephemeral, a, &out->originator, f));
    TRY(kari_fill(cx, g, to->cipher, a, out, f));
    key->rid = to->rid;
    return kari_wrap(cx, to, g, ephemeral, cek, a, out, &key->encrypted_key, f);
}

/* --- opening --- */

/* The originator's key may leave out the curve, or give NULL (RFC 5753,
 * 3.1.1): it is the recipient's. */
static bool is_of_group(const struct group *g, const struct cms_id *originator)
{
    const struct alg_id *alg = &originator->originator_key.alg;
    struct der in = der_open(alg->params, NULL);
    struct span curve;

    if (originator->type != CMS_ID_ORIGINATOR_KEY || alg->id != g->alg)
        return false;
    if (span_is_absent(alg->params))
        return true;
    if (g->curve == OID_UNKNOWN)
        return false;
    if (span_is_equal(alg->params, SPAN_LIT("\x05\x00")))
        return true;
    return der_oid(&in, &curve) == ERR_OK && der_end(&in) == ERR_OK &&
           oid_find(curve) == g->curve;
}

/* How one is wrapped. */
struct kari_params {
    enum digest digest;
    enum envelope_cipher cipher;
    struct span wrap; /* its AlgorithmIdentifier, as received */
};

static enum err kari_read(const struct cms_recipient *r,
                          struct kari_params *out, struct fault *f)
{
    struct der in = der_open(r->key_enc_alg.params, NULL);
    struct alg_id wrap = { .oid = SPAN_NONE };

    out->digest = scheme_find(r->key_enc_alg.id);
    if (out->digest == DIGEST_NONE)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 4.1",
                            "the key agreement of an envelope is not of the "
                            "table: ECDH with SHA-256, SHA-384 or SHA-512");
    if (alg_id_read(&in, &wrap) != ERR_OK || der_end(&in) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 5753, 7.1.4",
                            "the parameters of a key agreement do not name "
                            "a key wrap");
    out->cipher = cipher_find_wrap(wrap.oid);
    if (out->cipher == ENVELOPE_CIPHER_NUM || !span_is_absent(wrap.params))
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 4.3",
                            "the key wrap of an envelope is not that of AES");
    out->wrap = wrap.der;
    return ERR_OK;
}

enum err kari_open(struct crypto_ctx *cx, const struct cms_recipient *r,
                   const struct envelope_opener *with, size_t len,
                   struct arena *a, struct cek *out, struct fault *f)
{
    const struct group *g =
        with->key != NULL ? group_find(&with->key->spki) : NULL;
    struct kari_params p = { .wrap = SPAN_NONE };
    AUTO_CEK kek = { .len = 0 };
    AUTO_PKEY peer = NULL;
    struct span info;

    if (g == NULL || (with->ways & ENVELOPE_BIT(ENVELOPE_AGREE)) == 0 ||
        !is_of_group(g, &r->originator))
        return fault_clause(f, ERR_BAD_ALG, "RFC 9810, 5.2.2",
                            "an envelope's key is handed over in a way that is "
                            "not taken, or that our key is not for");
    if (r->num_keys != 1)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 9483, 4.1.6.2",
                            "an envelope is for %zu recipients; it is for one",
                            r->num_keys);
    TRY(kari_read(r, &p, f));
    kek.len = cipher_info(p.cipher)->key_len;
    TRY(point_import(cx, g, r->originator.originator_key.key, &peer, f));
    if (shared_info_write(p.wrap, r->ukm, kek.len, a, &info) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "opening an envelope");
    if (kek_make(cx, with->key->pkey, peer, p.digest, info, &kek, NULL) !=
        ERR_OK)
        return does_not_open(f); /* a point of small order */
    return key_unwrap(cx->crypto, p.cipher, &kek, r->keys[0].encrypted_key, len,
                      out, f);
}
