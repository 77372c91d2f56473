#include <assert.h>

#include <openssl/err.h>
#include <openssl/kdf.h>

#include "base/limits.h"
#include "crypto/envelope_internal.h"

static const struct cipher_info ciphers[ENVELOPE_CIPHER_NUM] = {
    [ENVELOPE_AES128_CBC] = { "AES-128-CBC", "AES-128-WRAP", OID_ID_AES128_CBC,
                              OID_ID_AES128_WRAP, 16, 16 },
    [ENVELOPE_AES192_CBC] = { "AES-192-CBC", "AES-192-WRAP", OID_ID_AES192_CBC,
                              OID_ID_AES192_WRAP, 24, 16 },
    [ENVELOPE_AES256_CBC] = { "AES-256-CBC", "AES-256-WRAP", OID_ID_AES256_CBC,
                              OID_ID_AES256_WRAP, 32, 16 },
    [ENVELOPE_DES_EDE3_CBC] = { "DES-EDE3-CBC", NULL, OID_DES_EDE3_CBC,
                                OID_UNKNOWN, 24, 8 },
};

/* --- ciphers --- */

enum err envelope_fetch(struct crypto *c, struct fault *f)
{
    c->x963kdf = EVP_KDF_fetch(NULL, "X963KDF", NULL);
    if (c->x963kdf == NULL)
        return crypto_fault(f, "X963KDF");
    for (size_t i = 0; i < ENVELOPE_CIPHER_NUM; i++) {
        const struct cipher_info *info = &ciphers[i];

        c->cbc[i] = EVP_CIPHER_fetch(NULL, info->name, NULL);
        if (info->wrap_name == NULL)
            continue;
        c->wrap[i] = EVP_CIPHER_fetch(NULL, info->wrap_name, NULL);
        if (c->cbc[i] == NULL || c->wrap[i] == NULL)
            return crypto_fault(f, info->name);
    }
    return ERR_OK;
}

void envelope_forget(struct crypto *c)
{
    EVP_KDF_free(c->x963kdf);
    for (size_t i = 0; i < ENVELOPE_CIPHER_NUM; i++) {
        EVP_CIPHER_free(c->cbc[i]);
        EVP_CIPHER_free(c->wrap[i]);
    }
}

const struct cipher_info *cipher_info(enum envelope_cipher cipher)
{
    assert(cipher < ENVELOPE_CIPHER_NUM);
    return &ciphers[cipher];
}

enum envelope_cipher cipher_find(struct span oid)
{
    enum oid id = oid_find(oid);
    unsigned i = 0;

    while (i < ENVELOPE_CIPHER_NUM && ciphers[i].oid != id)
        i++;
    return (enum envelope_cipher)i;
}

enum envelope_cipher cipher_find_wrap(struct span oid)
{
    enum oid id = oid_find(oid);
    unsigned i = 0;

    if (id == OID_UNKNOWN)
        return ENVELOPE_CIPHER_NUM;
    while (i < ENVELOPE_CIPHER_NUM && ciphers[i].wrap != id)
        i++;
    return (enum envelope_cipher)i;
}

enum err cipher_offered(const struct crypto *c, enum envelope_cipher cipher,
                        struct fault *f)
{
    if (c->cbc[cipher] == NULL)
        return fault_set(f, ERR_BAD_ALG, "this OpenSSL does not offer %s",
                         ciphers[cipher].name);
    return ERR_OK;
}

/* --- content --- */

enum err does_not_open(struct fault *f)
{
    ERR_clear_error();
    return fault_set(f, ERR_BAD_MESSAGE_CHECK,
                     "an envelope does not open: it is for another key, or "
                     "under another secret, or was changed");
}

enum err octets_write(struct span octets, struct arena *a, struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, octets.len + 8);
    der_put_octets(&w, DER_OCTET_STRING, octets);
    return der_finish(&w, out);
}

enum err iv_read(struct span params, enum envelope_cipher cipher,
                 struct span *out)
{
    struct der in = der_open(params, NULL);
    struct span iv;

    TRY(der_octets(&in, &iv));
    TRY(der_end(&in));
    if (iv.len != ciphers[cipher].block_len)
        return ERR_BAD_DER;
    *out = iv;
    return ERR_OK;
}

/* Room for a block more; all of it is written. */
static bool encrypt(const EVP_CIPHER *cipher, const struct cek *key,
                    const uint8_t *iv, struct span plain, uint8_t *out,
                    size_t *out_len)
{
    AUTO_CIPHER_CTX ctx = EVP_CIPHER_CTX_new();
    int len = 0, last = 0;

    if (ctx == NULL ||
        EVP_EncryptInit_ex2(ctx, cipher, key->bytes, iv, NULL) != 1 ||
        EVP_EncryptUpdate(ctx, out, &len, plain.ptr, (int)plain.len) != 1 ||
        EVP_EncryptFinal_ex(ctx, out + len, &last) != 1)
        return false;
    *out_len = (size_t)len + (size_t)last;
    return true;
}

enum err content_encrypt(struct crypto_ctx *cx, enum envelope_cipher cipher,
                         struct span content, struct cek *key, struct arena *a,
                         struct alg_id *alg, struct span *out, struct fault *f)
{
    const struct cipher_info *info = cipher_info(cipher);
    uint8_t iv[CBC_MAX_BLOCK];
    size_t len = 0;
    uint8_t *bytes;

    if (content.len > LIMIT_ENVELOPE_LEN)
        return fault_set(f, ERR_LIMIT, "too long to be enveloped");
    TRY(cipher_offered(cx->crypto, cipher, f));
    key->len = info->key_len;
    TRY(random_fill(cx, key->bytes, key->len, f));
    TRY(random_fill(cx, iv, info->block_len, f));
    bytes = arena_alloc(a, content.len + info->block_len);
    *alg = (struct alg_id){ .oid = oid_span(info->oid) };
    if (bytes == NULL ||
        octets_write(span_of(iv, info->block_len), a, &alg->params) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    if (!encrypt(cx->crypto->cbc[cipher], key, iv, content, bytes, &len))
        return crypto_fault(f, info->name);
    *out = span_of(bytes, len);
    return ERR_OK;
}

enum err content_check(const struct crypto *c, const struct alg_id *alg,
                       struct span encrypted, struct content_params *out,
                       struct fault *f)
{
    struct content_params p = { .cipher = cipher_find(alg->oid) };

    if (p.cipher == ENVELOPE_CIPHER_NUM)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 5",
                            "the cipher of an envelope's content is not of "
                            "the table");
    TRY(cipher_offered(c, p.cipher, f));
    if (encrypted.len > LIMIT_ENVELOPE_LEN + CBC_MAX_BLOCK)
        return fault_set(f, ERR_LIMIT,
                         "the content of an envelope is longer "
                         "than the limit");
    if (iv_read(alg->params, p.cipher, &p.iv) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 3565, 4.1",
                            "the parameters of %s are not its initialisation "
                            "vector",
                            ciphers[p.cipher].name);
    if (encrypted.len == 0 || encrypted.len % p.iv.len != 0)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 5652, 6.3",
                            "the content of an envelope is not whole blocks");
    *out = p;
    return ERR_OK;
}

/* Into `s`, which is as long as what is encrypted; false: nothing is told. */
static bool decrypt(const EVP_CIPHER *cipher, const struct cek *key,
                    struct span iv, struct span encrypted, struct secret *s)
{
    AUTO_CIPHER_CTX ctx = EVP_CIPHER_CTX_new();
    int len = 0, last = 0;

    if (ctx == NULL ||
        EVP_DecryptInit_ex2(ctx, cipher, key->bytes, iv.ptr, NULL) != 1 ||
        EVP_DecryptUpdate(ctx, s->bytes, &len, encrypted.ptr,
                          (int)encrypted.len) != 1 ||
        EVP_DecryptFinal_ex(ctx, s->bytes + len, &last) != 1)
        return false;
    s->len = (size_t)len + (size_t)last;
    return true;
}

enum err content_decrypt(const struct crypto *c,
                         const struct content_params *params,
                         const struct cek *key, struct span encrypted,
                         struct secret **out, struct fault *f)
{
    AUTO(secret) s = secret_new(encrypted);

    if (s == NULL)
        return fault_set(f, ERR_NO_MEM, "opening an envelope");
    if (!decrypt(c->cbc[params->cipher], key, params->iv, encrypted, s))
        return does_not_open(f);
    *out = s;
    s = NULL;
    return ERR_OK;
}

/* --- envelopes --- */

enum err envelope_way_find(const struct spki *key, enum envelope_way *out,
                           struct fault *f)
{
    if (key_kind_find(key) == KEY_RSA) {
        *out = ENVELOPE_OAEP;
        return ERR_OK;
    }
    if (!can_agree(key))
        return fault_clause(f, ERR_BAD_ALG, "RFC 9810, 5.2.2",
                            "nothing can be encrypted to a key of kind %s",
                            key_kind_name(key_kind_find(key)));
    *out = ENVELOPE_AGREE;
    return ERR_OK;
}

struct cms_id envelope_id(const struct x509_cert *cert)
{
    if (!span_is_absent(cert->ski))
        return (struct cms_id){ .type = CMS_ID_KEY_ID, .key_id = cert->ski };
    return (struct cms_id){ .type = CMS_ID_ISSUER_SERIAL,
                            .issuer = cert->issuer,
                            .serial = cert->serial };
}

static enum err recipient_make(struct crypto_ctx *cx,
                               const struct envelope_to *to,
                               const struct cek *cek, struct arena *a,
                               struct cms_recipient *out, struct fault *f)
{
    switch (to->way) {
    case ENVELOPE_OAEP:
    case ENVELOPE_PKCS1:
        return ktri_make(cx, to, cek, a, out, f);
    case ENVELOPE_AGREE:
        return kari_make(cx, to, cek, a, out, f);
    case ENVELOPE_PASSWORD:
    case ENVELOPE_PWRI_KEK:
        return pwri_make(cx, to, cek, a, out, f);
    case ENVELOPE_WAY_NUM:
        break;
    }
    return fault_set(f, ERR_BAD_ALG, "no way to hand over a key");
}

/*
 * RFC 5652, 6.1: that of the recipient, if it is 0, or 2. For pwri RFC 9483,
 * 4.1.6, asks for 0 where RFC 5652 has 3; receivers look at neither.
 */
static int64_t version_of(const struct cms_recipient *r)
{
    if (r->type == CMS_PWRI || (r->type == CMS_KTRI && r->version == 0))
        return 0;
    return 2;
}

enum err envelope_make(struct crypto_ctx *cx, const struct envelope_to *to,
                       enum oid content_id, struct span content, unsigned tag,
                       struct arena *a, struct span *out, struct fault *f)
{
    struct cms_recipient recipient = { 0 };
    struct cms_enveloped e = {
        .recipients = &recipient,
        .num_recipients = 1,
        .content_oid = oid_span(content_id),
    };
    AUTO_CEK key = { .len = 0 };
    struct der_writer w;

    if (to->cipher == ENVELOPE_DES_EDE3_CBC)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 5",
                            "EnvelopedData with %s is not made",
                            ciphers[to->cipher].name);
    TRY(content_encrypt(cx, to->cipher, content, &key, a, &e.content_enc_alg,
                        &e.encrypted_content, f));
    TRY(recipient_make(cx, to, &key, a, &recipient, f));
    e.version = version_of(&recipient);
    der_writer_init(&w, a, e.encrypted_content.len + 1024);
    cms_enveloped_put(&w, tag, &e);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    return ERR_OK;
}

static enum err recipient_open(struct crypto_ctx *cx,
                               const struct cms_recipient *r,
                               const struct envelope_opener *with, size_t len,
                               struct arena *a, struct cek *out,
                               struct fault *f)
{
    switch (r->type) {
    case CMS_KTRI:
        return ktri_open(cx, r, with, len, out, f);
    case CMS_KARI:
        return kari_open(cx, r, with, len, a, out, f);
    case CMS_PWRI:
        return pwri_open(cx, r, with, len, out, f);
    case CMS_KEKRI:
    case CMS_ORI:
        break;
    }
    return fault_clause(f, ERR_BAD_ALG, "RFC 9810, 5.2.2",
                        "an envelope's key is handed over in a way that is "
                        "not taken");
}

enum err envelope_open(struct crypto_ctx *cx, const struct cms_enveloped *e,
                       const struct envelope_opener *with, struct arena *a,
                       struct secret **out, struct fault *f)
{
    struct content_params params = { .iv = SPAN_NONE };
    AUTO_CEK key = { .len = 0 };

    if (e->num_recipients != 1)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 9810, 5.2.2",
                            "an envelope is for %zu recipients; it is for one",
                            e->num_recipients);
    if (span_is_absent(e->encrypted_content))
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 9810, 5.2.2",
                            "an envelope without content");
    TRY(content_check(cx->crypto, &e->content_enc_alg, e->encrypted_content,
                      &params, f));
    if (params.cipher == ENVELOPE_DES_EDE3_CBC)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 5",
                            "EnvelopedData with %s is not taken",
                            ciphers[params.cipher].name);
    TRY(recipient_open(cx, &e->recipients[0], with,
                       ciphers[params.cipher].key_len, a, &key, f));
    return content_decrypt(cx->crypto, &params, &key, e->encrypted_content, out,
                           f);
}
