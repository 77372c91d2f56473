#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/secret.h"
#include "crypto/internal.h"

static const char *const group_names[CURVE_NUM] = {
    [CURVE_P256] = "P-256",
    [CURVE_P384] = "P-384",
    [CURVE_P521] = "P-521",
};

enum err crypto_fault(struct fault *f, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);

    fault_set(f, ERR_CRYPTO, "%s: %s", what,
              reason != NULL ? reason : "no reason given");
    ERR_clear_error();
    return ERR_CRYPTO;
}

/* --- the process's share --- */

static enum err fetch_all(struct crypto *c, struct fault *f)
{
    for (int d = DIGEST_NONE + 1; d < DIGEST_NUM; d++) {
        c->md[d] = EVP_MD_fetch(NULL, digest_name((enum digest)d), NULL);
        if (c->md[d] == NULL && d != DIGEST_MD5)
            return crypto_fault(f, digest_name((enum digest)d));
    }
    c->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (c->hmac == NULL)
        return crypto_fault(f, "HMAC");
    c->pbkdf2 = EVP_KDF_fetch(NULL, "PBKDF2", NULL);
    if (c->pbkdf2 == NULL)
        return crypto_fault(f, "PBKDF2");
    c->aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (c->aes256_gcm == NULL)
        return crypto_fault(f, "AES-256-GCM");
    TRY(envelope_fetch(c, f));
    c->kmac128 = EVP_MAC_fetch(NULL, "KMAC128", NULL);
    c->kmac256 = EVP_MAC_fetch(NULL, "KMAC256", NULL);
    for (int k = KEY_ML_DSA_44; k <= KEY_ML_DSA_87; k++) {
        EVP_SIGNATURE *sig =
            EVP_SIGNATURE_fetch(NULL, key_kind_name((enum key_kind)k), NULL);

        c->has_ml_dsa[k] = sig != NULL;
        EVP_SIGNATURE_free(sig);
    }
    ERR_clear_error();
    return ERR_OK;
}

static enum err check_one(struct crypto_ctx *cx, const struct privkey *key,
                          struct span data, struct span sig, enum err wanted,
                          struct fault *f)
{
    static const struct span alg_der =
        SPAN_LIT("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
    struct der in = der_open(alg_der, NULL);
    struct alg_id alg;

    TRY(alg_id_read(&in, &alg));
    if (sig_verify(cx, &key->spki, &alg, data, sig, NULL) != wanted)
        return fault_set(f, ERR_CRYPTO,
                         "this OpenSSL, as configured, keeps verifying under "
                         "an old key after it was replaced: not usable");
    return ERR_OK;
}

/*
 * That a kept context follows the key it was made for is how OpenSSL's own
 * providers work, not what its manual promises. Were it otherwise, a
 * signature would be judged under somebody else's key: so ask, once.
 */
static enum err check_slots_follow(struct crypto *c, struct fault *f)
{
    struct span data = SPAN_LIT("a key replaced is a key forgotten"), sig;
    AUTO(crypto_ctx) cx = NULL;
    AUTO(privkey) first = NULL;
    AUTO(privkey) second = NULL;
    AUTO(arena) a = arena_new(4096);

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "cryptography");
    TRY(crypto_ctx_new(c, &cx, f));
    TRY(privkey_generate(cx, KEY_EC_P256, 0, &first, f));
    TRY(privkey_generate(cx, KEY_EC_P256, 0, &second, f));
    TRY(privkey_sign(cx, first, SIG_ECDSA_SHA256, data, a, &sig, f));
    TRY(check_one(cx, first, data, sig, ERR_OK, f));
    TRY(check_one(cx, second, data, sig, ERR_BAD_MESSAGE_CHECK, f));
    return check_one(cx, first, data, sig, ERR_OK, f);
}

enum err crypto_new(struct crypto **out, struct fault *f)
{
    AUTO(crypto) c = calloc(1, sizeof(*c));

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "cryptography");
    TRY(fetch_all(c, f));
    TRY(check_slots_follow(c, f));
    *out = c;
    c = NULL;
    return ERR_OK;
}

void crypto_free(struct crypto *c)
{
    if (c == NULL)
        return;
    for (int d = 0; d < DIGEST_NUM; d++)
        EVP_MD_free(c->md[d]);
    EVP_MAC_free(c->hmac);
    EVP_MAC_free(c->kmac128);
    EVP_MAC_free(c->kmac256);
    EVP_KDF_free(c->pbkdf2);
    EVP_CIPHER_free(c->aes256_gcm);
    envelope_forget(c);
    free(c);
}

/* --- a thread's share --- */

static enum err hashes_init(struct crypto_ctx *cx, struct fault *f)
{
    for (int d = DIGEST_NONE + 1; d < DIGEST_NUM; d++) {
        if (cx->crypto->md[d] == NULL)
            continue;
        cx->hash[d] = EVP_MD_CTX_new();
        if (cx->hash[d] == NULL ||
            EVP_DigestInit_ex2(cx->hash[d], cx->crypto->md[d], NULL) != 1)
            return crypto_fault(f, digest_name((enum digest)d));
    }
    return ERR_OK;
}

/* A key of the curve; any will do until its point is replaced. */
static enum err ec_slot_init(struct ec_slot *slot, enum ec_curve curve,
                             struct fault *f)
{
    slot->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group_names[curve]);
    if (slot->key == NULL)
        return crypto_fault(f, group_names[curve]);
    slot->verify = EVP_PKEY_CTX_new_from_pkey(NULL, slot->key, NULL);
    if (slot->verify == NULL || EVP_PKEY_verify_init(slot->verify) != 1)
        return crypto_fault(f, group_names[curve]);
    return ERR_OK;
}

enum err crypto_ctx_new(struct crypto *c, struct crypto_ctx **out,
                        struct fault *f)
{
    AUTO(crypto_ctx) cx = calloc(1, sizeof(*cx));

    if (cx == NULL)
        return fault_set(f, ERR_NO_MEM, "cryptography of a thread");
    cx->crypto = c;
    TRY(hashes_init(cx, f));
    TRY(mac_ctx_init(cx, f));
    for (int curve = 0; curve < CURVE_NUM; curve++)
        TRY(ec_slot_init(&cx->ec[curve], (enum ec_curve)curve, f));
    cx->rsa_import = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (cx->rsa_import == NULL || EVP_PKEY_fromdata_init(cx->rsa_import) != 1)
        return crypto_fault(f, "RSA");
    *out = cx;
    cx = NULL;
    return ERR_OK;
}

void crypto_ctx_free(struct crypto_ctx *cx)
{
    if (cx == NULL)
        return;
    for (int d = 0; d < DIGEST_NUM; d++)
        EVP_MD_CTX_free(cx->hash[d]);
    mac_ctx_done(cx);
    for (int curve = 0; curve < CURVE_NUM; curve++) {
        EVP_PKEY_CTX_free(cx->ec[curve].verify);
        EVP_PKEY_free(cx->ec[curve].key);
    }
    EVP_PKEY_CTX_free(cx->rsa_import);
    for (int i = 0; i < SIGN_SLOTS; i++)
        EVP_PKEY_CTX_free(cx->slots[i].sign);
    secret_wipe(cx->random, sizeof(cx->random));
    free(cx);
}

/* --- random bytes --- */

/* OpenSSL keeps one generator a thread itself. */
static enum err draw(uint8_t *out, size_t len, struct fault *f)
{
    if (RAND_bytes_ex(NULL, out, len, 0) != 1)
        return crypto_fault(f, "random bytes");
    return ERR_OK;
}

enum err random_fill(struct crypto_ctx *cx, uint8_t *out, size_t len,
                     struct fault *f)
{
    uint8_t *from;

    if (len > sizeof(cx->random) / 4)
        return draw(out, len, f);
    if (len > cx->num_random) {
        TRY(draw(cx->random, sizeof(cx->random), f));
        cx->num_random = sizeof(cx->random);
    }
    from = cx->random + sizeof(cx->random) - cx->num_random;
    memcpy(out, from, len);
    secret_wipe(from, len);
    cx->num_random -= len;
    return ERR_OK;
}
