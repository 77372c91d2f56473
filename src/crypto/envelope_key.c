/*
 * The content's key, encrypted to an RSA key or under a password.
 */
#include <assert.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "asn1/mac.h"
#include "base/limits.h"
#include "crypto/envelope_internal.h"

#define SALT_LEN 16
#define MIN_SALT_LEN 8
#define MAX_SALT_LEN 64

/* RSAES-OAEP-params with SHA-256 in both places (RFC 4055, 4.1). */
#define SHA256_ID                      \
    "\x30\x0d\x06\x09\x60\x86\x48\x01" \
    "\x65\x03\x04\x02\x01\x05\x00"
static const struct span oaep_sha256 =
    SPAN_LIT("\x30\x2f\xa0\x0f" SHA256_ID "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48"
             "\x86\xf7\x0d\x01\x01\x08" SHA256_ID);
#define NULL_PARAMS SPAN_LIT("\x05\x00")

/* --- RSA --- */

static bool rsa_set_padding(EVP_PKEY_CTX *ctx, const struct crypto *c,
                            int padding, enum digest oaep)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
           (padding != RSA_PKCS1_OAEP_PADDING ||
            (EVP_PKEY_CTX_set_rsa_oaep_md(ctx, c->md[oaep]) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, c->md[oaep]) == 1));
}

enum err rsa_encrypt_key(struct crypto_ctx *cx, const struct spki *key,
                         enum envelope_way way, const struct cek *cek,
                         struct arena *a, struct span *out, struct fault *f)
{
    int padding =
        way == ENVELOPE_OAEP ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING;
    AUTO_PKEY_CTX ctx = NULL;
    AUTO_PKEY pkey = NULL;
    uint8_t *bytes;
    size_t len;

    if (key_kind_find(key) != KEY_RSA)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 4.2",
                            "no key can be transported to a key of kind %s",
                            key_kind_name(key_kind_find(key)));
    TRY(rsa_import(cx, key, &pkey, f));
    len = (size_t)EVP_PKEY_get_size(pkey);
    bytes = arena_alloc(a, len);
    if (bytes == NULL)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1 ||
        !rsa_set_padding(ctx, cx->crypto, padding, DIGEST_SHA256) ||
        EVP_PKEY_encrypt(ctx, bytes, &len, cek->bytes, cek->len) != 1)
        return crypto_fault(f, "RSA key transport");
    *out = span_of(bytes, len);
    return ERR_OK;
}

enum err rsa_decrypt_key(struct crypto_ctx *cx, const struct privkey *key,
                         int padding, enum digest oaep, struct span encrypted,
                         size_t len, struct cek *out, struct fault *f)
{
    AUTO_PKEY_CTX ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    uint8_t bytes[RSA_MAX_BITS / 8];
    size_t found = sizeof(bytes);
    bool is_right;

    if (ctx == NULL || EVP_PKEY_decrypt_init(ctx) != 1 ||
        !rsa_set_padding(ctx, cx->crypto, padding, oaep))
        return crypto_fault(f, "RSA key transport");
    /* Whoever can tell wrong padding from a wrong key can decrypt: with
     * RSAES-PKCS1-v1_5 there is always a key (RFC 3218, 2.3.2). */
    out->len = len;
    TRY(random_fill(cx, out->bytes, len, f));
    is_right = EVP_PKEY_decrypt(ctx, bytes, &found, encrypted.ptr,
                                encrypted.len) == 1 &&
               found == len;
    if (is_right)
        memcpy(out->bytes, bytes, len);
    secret_wipe(bytes, sizeof(bytes));
    ERR_clear_error();
    if (!is_right && padding == RSA_PKCS1_OAEP_PADDING)
        return does_not_open(f);
    return ERR_OK;
}

enum err ktri_make(struct crypto_ctx *cx, const struct envelope_to *to,
                   const struct cek *cek, struct arena *a,
                   struct cms_recipient *out, struct fault *f)
{
    bool is_oaep = to->way == ENVELOPE_OAEP;

    *out = (struct cms_recipient){
        .type = CMS_KTRI,
        .version = to->rid.type == CMS_ID_KEY_ID ? 2 : 0,
        .rid = to->rid,
    };
    out->key_enc_alg.oid =
        oid_span(is_oaep ? OID_ID_RSAES_OAEP : OID_RSA_ENCRYPTION);
    out->key_enc_alg.params = is_oaep ? oaep_sha256 : NULL_PARAMS;
    return rsa_encrypt_key(cx, to->key, to->way, cek, a, &out->encrypted_key,
                           f);
}

/* MaskGenAlgorithm: MGF1 with this digest. */
static enum err mgf_read(struct der *in, enum digest *out)
{
    struct alg_id mgf, hash;
    struct der params;

    TRY(alg_id_read(in, &mgf));
    if (mgf.id != OID_ID_MGF1)
        return ERR_BAD_ALG;
    params = der_open(mgf.params, NULL);
    TRY(alg_id_read(&params, &hash));
    *out = digest_find_any(&hash);
    return der_end(&params);
}

/*
 * RSAES-OAEP-params ::= SEQUENCE {
 *     hashFunc    [0] AlgorithmIdentifier DEFAULT sha1,
 *     maskGenFunc [1] AlgorithmIdentifier DEFAULT mgf1SHA1,
 *     pSourceFunc [2] AlgorithmIdentifier DEFAULT pSpecifiedEmpty }
 *
 * SHA-1 is as good as any here; a label is not taken.
 */
static enum err oaep_read(struct span params, enum digest *out)
{
    struct der in = der_open(params, NULL), seq, tagged;
    enum digest hash = DIGEST_SHA1, mgf = DIGEST_SHA1;
    struct alg_id id;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    if (der_next_is(&seq, DER_CTX(0))) {
        TRY(der_enter(&seq, DER_CTX(0), &tagged));
        TRY(alg_id_read(&tagged, &id));
        TRY(der_end(&tagged));
        hash = digest_find_any(&id);
    }
    if (der_next_is(&seq, DER_CTX(1))) {
        TRY(der_enter(&seq, DER_CTX(1), &tagged));
        TRY(mgf_read(&tagged, &mgf));
        TRY(der_end(&tagged));
    }
    TRY(der_end(&seq));
    if (hash != mgf || hash == DIGEST_NONE || hash == DIGEST_MD5 ||
        hash == DIGEST_SHAKE256_512)
        return ERR_BAD_ALG;
    *out = hash;
    return ERR_OK;
}

static enum err way_refused(struct fault *f)
{
    return fault_clause(f, ERR_BAD_ALG, "RFC 9810, 5.2.2",
                        "an envelope's key is handed over in a way that is "
                        "not taken, or that our key is not for");
}

enum err ktri_open(struct crypto_ctx *cx, const struct cms_recipient *r,
                   const struct envelope_opener *with, size_t len,
                   struct cek *out, struct fault *f)
{
    enum oid id = r->key_enc_alg.id;
    bool is_oaep = id == OID_ID_RSAES_OAEP;
    enum envelope_way way = is_oaep ? ENVELOPE_OAEP : ENVELOPE_PKCS1;
    enum digest hash = DIGEST_NONE;

    if (with->key == NULL || with->key->kind != KEY_RSA ||
        (!is_oaep && id != OID_RSA_ENCRYPTION) ||
        (with->ways & ENVELOPE_BIT(way)) == 0)
        return way_refused(f);
    if (is_oaep && oaep_read(r->key_enc_alg.params, &hash) != ERR_OK)
        return fault_clause(f, ERR_BAD_ALG, "RFC 4055, 4.1",
                            "the parameters of RSAES-OAEP are not of the "
                            "table: one digest, MGF1 with it, no label");
    if (!is_oaep && !span_is_equal(r->key_enc_alg.params, NULL_PARAMS))
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 3370, 4.2.1",
                            "rsaEncryption with other parameters than NULL");
    return rsa_decrypt_key(cx, with->key,
                           is_oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING,
                           hash, r->encrypted_key, len, out, f);
}

/* --- AES key wrap --- */

static bool wrap_run(const EVP_CIPHER *cipher, const struct cek *kek,
                     int is_wrapping, struct span in, uint8_t *out, size_t len)
{
    AUTO_CIPHER_CTX ctx = EVP_CIPHER_CTX_new();
    int got = 0, last = 0;

    if (ctx == NULL)
        return false;
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    return EVP_CipherInit_ex2(ctx, cipher, kek->bytes, NULL, is_wrapping,
                              NULL) == 1 &&
           EVP_CipherUpdate(ctx, out, &got, in.ptr, (int)in.len) == 1 &&
           EVP_CipherFinal_ex(ctx, out + got, &last) == 1 &&
           (size_t)got + (size_t)last == len;
}

#define WRAP_OVERHEAD 8

enum err key_wrap(const struct crypto *c, enum envelope_cipher cipher,
                  const struct cek *kek, const struct cek *cek, struct arena *a,
                  struct span *out, struct fault *f)
{
    size_t len = cek->len + WRAP_OVERHEAD;
    uint8_t *bytes = arena_alloc(a, len);

    if (bytes == NULL)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    if (!wrap_run(c->wrap[cipher], kek, 1, span_of(cek->bytes, cek->len), bytes,
                  len))
        return crypto_fault(f, cipher_info(cipher)->wrap_name);
    *out = span_of(bytes, len);
    return ERR_OK;
}

enum err key_unwrap(const struct crypto *c, enum envelope_cipher cipher,
                    const struct cek *kek, struct span wrapped, size_t len,
                    struct cek *out, struct fault *f)
{
    uint8_t bytes[CEK_MAX_LEN + WRAP_OVERHEAD];
    bool is_right;

    if (len > CEK_MAX_LEN || wrapped.len != len + WRAP_OVERHEAD)
        return does_not_open(f);
    is_right = wrap_run(c->wrap[cipher], kek, 0, wrapped, bytes, len);
    if (is_right) {
        memcpy(out->bytes, bytes, len);
        out->len = len;
    }
    secret_wipe(bytes, sizeof(bytes));
    return is_right ? ERR_OK : does_not_open(f);
}

/* --- PWRI-KEK (RFC 3211, 2.3) --- */

#define KEK_CHECK_LEN 4 /* the length, and three octets that check */
#define KEK_MAX_LEN (CEK_MAX_LEN + 2 * CBC_MAX_BLOCK)

/* In place, whole blocks, nothing padded. */
static bool cbc_run(const EVP_CIPHER *cipher, const struct cek *kek,
                    const uint8_t *iv, int is_encrypting, uint8_t *bytes,
                    size_t len)
{
    AUTO_CIPHER_CTX ctx = EVP_CIPHER_CTX_new();
    int got = 0;

    return ctx != NULL &&
           EVP_CipherInit_ex2(ctx, cipher, kek->bytes, iv, is_encrypting,
                              NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
           EVP_CipherUpdate(ctx, bytes, &got, bytes, (int)len) == 1 &&
           (size_t)got == len;
}

/* Twice over: the second time from the last block of the first. */
static enum err kek_wrap(struct crypto_ctx *cx, enum envelope_cipher cipher,
                         const struct cek *kek, const uint8_t *iv,
                         const struct cek *cek, struct arena *a,
                         struct span *out, struct fault *f)
{
    const EVP_CIPHER *cbc = cx->crypto->cbc[cipher];
    size_t block = cipher_info(cipher)->block_len;
    size_t len = (cek->len + KEK_CHECK_LEN + block - 1) / block * block;
    uint8_t *bytes = arena_alloc(a, len), last[CBC_MAX_BLOCK];

    assert(len >= 2 * block);
    if (bytes == NULL)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    TRY(random_fill(cx, bytes, len, f));
    bytes[0] = (uint8_t)cek->len;
    for (size_t i = 0; i < KEK_CHECK_LEN - 1; i++)
        bytes[1 + i] = (uint8_t)~cek->bytes[i];
    memcpy(bytes + KEK_CHECK_LEN, cek->bytes, cek->len);
    if (!cbc_run(cbc, kek, iv, 1, bytes, len)) {
        secret_wipe(bytes, len);
        return crypto_fault(f, "PWRI-KEK");
    }
    memcpy(last, bytes + len - block, block);
    if (!cbc_run(cbc, kek, last, 1, bytes, len))
        return crypto_fault(f, "PWRI-KEK");
    *out = span_of(bytes, len);
    return ERR_OK;
}

/*
 * The last block of the inner encryption is the outer's vector: it is had by
 * decrypting the last block from the one before it.
 */
static bool kek_decrypt(const EVP_CIPHER *cbc, const struct cek *kek,
                        struct span iv, uint8_t *bytes, size_t len)
{
    uint8_t last[CBC_MAX_BLOCK];

    memcpy(last, bytes + len - iv.len, iv.len);
    return cbc_run(cbc, kek, bytes + len - 2 * iv.len, 0, last, iv.len) &&
           cbc_run(cbc, kek, last, 0, bytes, len) &&
           cbc_run(cbc, kek, iv.ptr, 0, bytes, len);
}

static bool kek_is_right(const uint8_t *bytes, size_t len)
{
    unsigned wrong = (unsigned)(bytes[0] ^ len);

    for (size_t i = 1; i < KEK_CHECK_LEN; i++)
        wrong |= (unsigned)(bytes[i] ^ bytes[i + 3] ^ 0xff);
    return wrong == 0;
}

static enum err kek_unwrap(const struct crypto *c, enum envelope_cipher cipher,
                           const struct cek *kek, struct span iv,
                           struct span wrapped, size_t len, struct cek *out,
                           struct fault *f)
{
    uint8_t bytes[KEK_MAX_LEN];
    bool is_right;

    if (wrapped.len % iv.len != 0 || wrapped.len < 2 * iv.len ||
        wrapped.len < len + KEK_CHECK_LEN || wrapped.len > sizeof(bytes))
        return does_not_open(f);
    memcpy(bytes, wrapped.ptr, wrapped.len);
    is_right = kek_decrypt(c->cbc[cipher], kek, iv, bytes, wrapped.len) &&
               kek_is_right(bytes, len);
    if (is_right) {
        memcpy(out->bytes, bytes + KEK_CHECK_LEN, len);
        out->len = len;
    }
    secret_wipe(bytes, sizeof(bytes));
    return is_right ? ERR_OK : does_not_open(f);
}

/* --- pwri --- */

static enum err kdf_alg_make(struct span salt, struct arena *a,
                             struct alg_id *out)
{
    static const uint8_t count[] = { ENVELOPE_ITERATIONS >> 8,
                                     ENVELOPE_ITERATIONS & 0xff };
    struct pbkdf2_params p = {
        .salt = salt,
        .iteration_count = SPAN_OF(count),
        .prf = { .der = hmac_alg_id(DIGEST_SHA256) },
    };
    struct der_writer w;

    _Static_assert(ENVELOPE_ITERATIONS <= 0xffff, "it takes two octets");
    der_writer_init(&w, a, 64);
    pbkdf2_params_put(&w, &p);
    out->oid = oid_span(OID_ID_PBKDF2);
    return der_finish(&w, &out->params);
}

/* The AlgorithmIdentifier of PWRI-KEK: its parameter is a cipher's. */
static enum err kek_alg_make(enum envelope_cipher cipher, struct span iv,
                             struct arena *a, struct alg_id *out)
{
    struct der_writer w;

    der_writer_init(&w, a, 64);
    der_put_octets(&w, DER_OCTET_STRING, iv);
    der_put_oid(&w, oid_span(cipher_info(cipher)->oid));
    der_put_header(&w, DER_SEQUENCE, 0);
    out->oid = oid_span(OID_ID_ALG_PWRI_KEK);
    return der_finish(&w, &out->params);
}

static enum err password_wrap(struct crypto_ctx *cx,
                              const struct envelope_to *to,
                              const struct cek *kek, const struct cek *cek,
                              struct arena *a, struct cms_recipient *r,
                              struct fault *f)
{
    size_t block = cipher_info(to->cipher)->block_len;
    uint8_t iv[CBC_MAX_BLOCK];

    if (to->way == ENVELOPE_PASSWORD) {
        alg_id_set(&r->key_enc_alg, cipher_info(to->cipher)->wrap);
        return key_wrap(cx->crypto, to->cipher, kek, cek, a, &r->encrypted_key,
                        f);
    }
    TRY(random_fill(cx, iv, block, f));
    if (kek_alg_make(to->cipher, span_of(iv, block), a, &r->key_enc_alg) !=
        ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    return kek_wrap(cx, to->cipher, kek, iv, cek, a, &r->encrypted_key, f);
}

enum err pwri_make(struct crypto_ctx *cx, const struct envelope_to *to,
                   const struct cek *cek, struct arena *a,
                   struct cms_recipient *out, struct fault *f)
{
    AUTO_CEK kek = { .len = cipher_info(to->cipher)->key_len };
    uint8_t salt[SALT_LEN];

    if (to->secret.len == 0)
        return fault_set(f, ERR_CRYPTO, "an envelope under an empty secret");
    *out = (struct cms_recipient){ .type = CMS_PWRI };
    TRY(random_fill(cx, salt, sizeof(salt), f));
    if (kdf_alg_make(SPAN_OF(salt), a, &out->kdf_alg) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an envelope");
    if (!pbkdf2_derive(cx, DIGEST_SHA256, to->secret, SPAN_OF(salt),
                       ENVELOPE_ITERATIONS, kek.bytes, kek.len))
        return crypto_fault(f, "PBKDF2");
    return password_wrap(cx, to, &kek, cek, a, out, f);
}

/* What stands in a pwri, judged. */
struct pwri_params {
    enum envelope_way way;
    enum envelope_cipher cipher;
    struct span iv; /* of PWRI-KEK */
    struct span salt;
    uint32_t iterations;
    enum digest prf;
};

static bool number_is(struct span octets, uint32_t max, uint32_t *out)
{
    uint32_t value = 0;

    for (size_t i = 0; i < octets.len; i++) {
        if (value > max >> 8)
            return false;
        value = value << 8 | octets.ptr[i];
    }
    *out = value;
    return value > 0 && value <= max;
}

static enum err kdf_read(const struct alg_id *alg, struct pwri_params *out,
                         struct fault *f)
{
    struct der in = der_open(alg->params, NULL);
    struct pbkdf2_params p = { 0 };
    uint32_t key_len = 0;

    if (alg->id != OID_ID_PBKDF2)
        return fault_clause(f, ERR_BAD_ALG, "RFC 9481, 4.4",
                            "a key from a password is derived by PBKDF2");
    if (pbkdf2_params_read(&in, &p) != ERR_OK || der_end(&in) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 8018, A.2",
                            "the parameters of PBKDF2 are malformed");
    out->prf = span_is_absent(p.prf.der) ? DIGEST_SHA1 : hmac_find(&p.prf);
    if (out->prf == DIGEST_NONE)
        return fault_clause(f, ERR_BAD_ALG, "RFC 8018, A.2",
                            "the function of PBKDF2 is not of the table");
    if (!number_is(p.iteration_count, LIMIT_ENVELOPE_ITERATIONS,
                   &out->iterations) ||
        p.salt.len < MIN_SALT_LEN || p.salt.len > MAX_SALT_LEN)
        return fault_clause(f, ERR_LIMIT, "RFC 8018, 4",
                            "PBKDF2 with a salt or a count out of bounds: %d "
                            "to %d octets, up to %d rounds",
                            MIN_SALT_LEN, MAX_SALT_LEN,
                            LIMIT_ENVELOPE_ITERATIONS);
    if (!span_is_absent(p.key_length) &&
        (!number_is(p.key_length, CEK_MAX_LEN, &key_len) ||
         key_len != cipher_info(out->cipher)->key_len))
        return fault_clause(f, ERR_BAD_ALG, "RFC 8018, A.2",
                            "PBKDF2 makes a key of another length than its "
                            "cipher has");
    out->salt = p.salt;
    return ERR_OK;
}

/* AES key wrap has no parameters (RFC 3565, 2.3.2). */
static enum err key_enc_read(const struct alg_id *alg, struct pwri_params *out,
                             struct fault *f)
{
    struct der in = der_open(alg->params, NULL);
    struct alg_id cipher = { .oid = SPAN_NONE };

    out->way = ENVELOPE_PASSWORD;
    out->cipher = cipher_find_wrap(alg->oid);
    if (out->cipher != ENVELOPE_CIPHER_NUM && span_is_absent(alg->params))
        return ERR_OK;
    out->way = ENVELOPE_PWRI_KEK;
    if (alg->id != OID_ID_ALG_PWRI_KEK || alg_id_read(&in, &cipher) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return way_refused(f);
    out->cipher = cipher_find(cipher.oid);
    if (out->cipher == ENVELOPE_CIPHER_NUM ||
        out->cipher == ENVELOPE_DES_EDE3_CBC ||
        iv_read(cipher.params, out->cipher, &out->iv) != ERR_OK)
        return fault_clause(f, ERR_BAD_ALG, "RFC 3211, 2.3",
                            "the cipher of PWRI-KEK is not of the table");
    return ERR_OK;
}

enum err pwri_open(struct crypto_ctx *cx, const struct cms_recipient *r,
                   const struct envelope_opener *with, size_t len,
                   struct cek *out, struct fault *f)
{
    struct pwri_params p = { .iterations = 0 };
    AUTO_CEK kek = { .len = 0 };

    TRY(key_enc_read(&r->key_enc_alg, &p, f));
    if (with->secret.len == 0 || (with->ways & ENVELOPE_BIT(p.way)) == 0)
        return way_refused(f);
    TRY(kdf_read(&r->kdf_alg, &p, f));
    kek.len = cipher_info(p.cipher)->key_len;
    if (!pbkdf2_derive(cx, p.prf, with->secret, p.salt, p.iterations, kek.bytes,
                       kek.len))
        return crypto_fault(f, "PBKDF2");
    if (p.way == ENVELOPE_PASSWORD)
        return key_unwrap(cx->crypto, p.cipher, &kek, r->encrypted_key, len,
                          out, f);
    return kek_unwrap(cx->crypto, p.cipher, &kek, p.iv, r->encrypted_key, len,
                      out, f);
}
