#include <assert.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "crypto/internal.h"

/* --- signing --- */

/* The context kept for this key and algorithm, or NULL. It owns a part of its
 * key, so no other key can come to lie there while it is kept. */
static EVP_PKEY_CTX *slot_find(const struct crypto_ctx *cx, const EVP_PKEY *key,
                               enum sig_alg alg)
{
    for (int i = 0; i < SIGN_SLOTS; i++) {
        if (cx->slots[i].key == key && cx->slots[i].alg == alg)
            return cx->slots[i].sign;
    }
    return NULL;
}

static enum err slot_make(struct crypto_ctx *cx, const struct privkey *key,
                          const struct sig_alg_info *info, EVP_PKEY_CTX **out,
                          struct fault *f)
{
    AUTO_PKEY_CTX ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    struct sign_slot *slot = &cx->slots[cx->next_slot];

    if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
        return crypto_fault(f, info->name);
    if (info->family == SIG_FAMILY_RSA || info->family == SIG_FAMILY_PSS)
        TRY(rsa_setup(ctx, cx->crypto, info, f));
    EVP_PKEY_CTX_free(slot->sign);
    *slot = (struct sign_slot){ key->pkey, info->alg, ctx };
    cx->next_slot = (cx->next_slot + 1) % SIGN_SLOTS;
    *out = ctx;
    ctx = NULL;
    return ERR_OK;
}

static enum err sign_digest(struct crypto_ctx *cx, const struct privkey *key,
                            const struct sig_alg_info *info, struct span data,
                            uint8_t *sig, size_t *sig_len, struct fault *f)
{
    EVP_PKEY_CTX *ctx = slot_find(cx, key->pkey, info->alg);
    struct digested d;

    TRY(digest_make(cx, info->digest, data, &d, f));
    if (ctx == NULL)
        TRY(slot_make(cx, key, info, &ctx, f));
    if (EVP_PKEY_sign(ctx, sig, sig_len, d.bytes, d.len) != 1)
        return crypto_fault(f, info->name);
    return ERR_OK;
}

/* EdDSA and ML-DSA read the data itself and take no digest. */
static enum err sign_data(const struct privkey *key,
                          const struct sig_alg_info *info, struct span data,
                          uint8_t *sig, size_t *sig_len, struct fault *f)
{
    AUTO_MD_CTX ctx = EVP_MD_CTX_new();

    if (ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) !=
            1 ||
        EVP_DigestSign(ctx, sig, sig_len, data.ptr, data.len) != 1)
        return crypto_fault(f, info->name);
    return ERR_OK;
}

enum err privkey_sign(struct crypto_ctx *cx, const struct privkey *key,
                      enum sig_alg alg, struct span data, struct arena *a,
                      struct span *sig, struct fault *f)
{
    const struct sig_alg_info *info = sig_alg_info(alg);
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    uint8_t *buf;

    TRY(sig_alg_check(alg, &key->spki, f));
    TRY(sig_alg_offered(cx->crypto, alg, key->kind, f));
    buf = arena_alloc(a, len);
    if (buf == NULL)
        return fault_set(f, ERR_NO_MEM, "signature");
    if (info->digest == DIGEST_NONE)
        TRY(sign_data(key, info, data, buf, &len, f));
    else
        TRY(sign_digest(cx, key, info, data, buf, &len, f));
    *sig = span_of(buf, len);
    return ERR_OK;
}

/* --- making --- */

/*
 * The two halves of a key from a file may come from different keys. A key
 * whose signature does not verify is of no use, whatever the reason.
 */
static enum err check_halves(struct crypto_ctx *cx, const struct privkey *key,
                             struct fault *f)
{
    const struct sig_alg_info *info = sig_alg_info(sig_alg_default(key->kind));
    struct span data = SPAN_LIT("do the two halves belong together?"), sig;
    struct der in;
    struct alg_id alg;
    AUTO(arena) a = arena_new(4096);

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "private key");
    if (key->kind == KEY_RSA_PSS && !span_is_absent(key->spki.alg.params)) {
        info = sig_alg_info(sig_alg_find(&key->spki.alg));
        if (info == NULL)
            return fault_set(f, ERR_BAD_ALG,
                             "the RSA-PSS key is bound to parameters that "
                             "are not of the table");
    }
    in = der_open(info->der, NULL);
    TRY(alg_id_read(&in, &alg));
    TRY(privkey_sign(cx, key, info->alg, data, a, &sig, f));
    if (sig_verify_any(cx, &key->spki, &alg, data, sig, NULL) != ERR_OK)
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "the private and the public half of the key do not "
                         "belong together");
    return ERR_OK;
}

/* Takes `pkey` over, also when it fails. */
static enum err privkey_wrap(struct crypto_ctx *cx, EVP_PKEY *pkey,
                             struct privkey **out, struct fault *f)
{
    AUTO(privkey) key = calloc(1, sizeof(*key));
    struct der in;
    int len;

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return fault_set(f, ERR_NO_MEM, "private key");
    }
    key->pkey = pkey;
    len = i2d_PUBKEY(pkey, &key->spki_der);
    if (len <= 0)
        return crypto_fault(f, "public half of a private key");
    in = der_open(span_of(key->spki_der, (size_t)len), NULL);
    if (spki_read(&in, &key->spki) != ERR_OK)
        return fault_set(f, ERR_BAD_ALG, "the key is of no kind known here");
    key->kind = key_kind_find(&key->spki);
    if (key->kind != KEY_DSA)
        TRY(pubkey_check(cx, &key->spki, f));
    TRY(check_halves(cx, key, f));
    *out = key;
    key = NULL;
    return ERR_OK;
}

struct kind_row {
    const char *type;
    const char *group;
};
static const struct kind_row kinds[KEY_KIND_NUM] = {
    [KEY_EC_P256] = { "EC", "P-256" },
    [KEY_EC_P384] = { "EC", "P-384" },
    [KEY_EC_P521] = { "EC", "P-521" },
    [KEY_RSA] = { "RSA", NULL },
    [KEY_RSA_PSS] = { "RSA-PSS", NULL },
    [KEY_ED25519] = { "ED25519", NULL },
    [KEY_ED448] = { "ED448", NULL },
    [KEY_ML_DSA_44] = { "ML-DSA-44", NULL },
    [KEY_ML_DSA_65] = { "ML-DSA-65", NULL },
    [KEY_ML_DSA_87] = { "ML-DSA-87", NULL },
};

enum err privkey_generate(struct crypto_ctx *cx, enum key_kind kind,
                          unsigned bits, struct privkey **out, struct fault *f)
{
    const struct kind_row *row = &kinds[kind];
    bool is_rsa = kind == KEY_RSA || kind == KEY_RSA_PSS;
    AUTO_PKEY_CTX ctx = NULL;
    EVP_PKEY *pkey = NULL;

    if (row->type == NULL)
        return fault_set(f, ERR_BAD_ALG, "no keys of this kind are made");
    if (kind >= KEY_ML_DSA_44 && kind <= KEY_ML_DSA_87)
        TRY(ml_dsa_check(cx->crypto, kind, f));
    if (is_rsa && bits != 2048 && bits != 3072 && bits != 4096)
        return fault_set(f, ERR_BAD_ALG,
                         "RSA keys have 2048, 3072 or 4096 bits");
    ctx = EVP_PKEY_CTX_new_from_name(NULL, row->type, NULL);
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        (is_rsa && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1) ||
        (row->group != NULL &&
         EVP_PKEY_CTX_set_group_name(ctx, row->group) != 1) ||
        EVP_PKEY_generate(ctx, &pkey) != 1)
        return crypto_fault(f, key_kind_name(kind));
    return privkey_wrap(cx, pkey, out, f);
}

/* --- files --- */

/* Nobody is asked for a passphrase: a server has no one to ask. */
static int no_passphrase(char *buf, int size, int is_writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)is_writing;
    (void)arg;
    return -1;
}

static bool holds(struct span text, const char *what)
{
    return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static EVP_PKEY *decode_pem(struct span text)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    EVP_PKEY *pkey = NULL;

    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    return pkey;
}

static EVP_PKEY *decode_der(struct span der)
{
    const unsigned char *next = der.ptr;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &next, (long)der.len);

    if (pkey != NULL && next != der.ptr + der.len) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

enum err privkey_parse_legacy(struct crypto_ctx *cx, struct span text,
                              struct privkey **out, struct fault *f)
{
    EVP_PKEY *pkey;

    if (text.len > LIMIT_FILE_LEN)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "too long for a private key");
    if (holds(text, "ENCRYPTED"))
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "the private key is encrypted; an unencrypted one is "
                         "needed (openssl pkey -in FILE -out FILE)");
    pkey = holds(text, "-----BEGIN ") ? decode_pem(text) : decode_der(text);
    ERR_clear_error();
    if (pkey == NULL)
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "not a private key in PEM or DER");
    return privkey_wrap(cx, pkey, out, f);
}

enum err privkey_parse(struct crypto_ctx *cx, struct span text,
                       struct privkey **out, struct fault *f)
{
    AUTO(privkey) key = NULL;

    TRY(privkey_parse_legacy(cx, text, &key, f));
    assert(key != NULL);
    if (key->kind == KEY_DSA)
        return fault_set(f, ERR_BAD_ALG, "DSA keys are not used here");
    *out = key;
    key = NULL;
    return ERR_OK;
}

enum err privkey_format(const struct privkey *key, struct buf *out,
                        struct fault *f)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text;
    long len;

    if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL,
                                                     0, NULL, NULL) != 1) {
        BIO_free(bio);
        return crypto_fault(f, "private key");
    }
    len = BIO_get_mem_data(bio, &text);
    buf_add(out, span_of(text, (size_t)len));
    BIO_free(bio);
    if (out->failed != ERR_OK)
        return fault_set(f, out->failed, "private key");
    return ERR_OK;
}

void privkey_free(struct privkey *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key->spki_der);
    free(key);
}

struct span privkey_spki(const struct privkey *key)
{
    return key->spki.der;
}

enum key_kind privkey_kind(const struct privkey *key)
{
    return key->kind;
}
