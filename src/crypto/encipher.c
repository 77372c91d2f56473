#include "crypto/encipher.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/internal.h"

static enum err set_padding(EVP_PKEY_CTX *ctx, struct fault *f)
{
    if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
        return crypto_fault(f, "RSAES-PKCS1-v1_5");
    return ERR_OK;
}

enum err pubkey_encipher(struct crypto_ctx *cx, const struct spki *key,
                         struct span data, struct arena *a, struct span *out,
                         struct fault *f)
{
    AUTO_PKEY pkey = NULL;
    AUTO_PKEY_CTX ctx = NULL;
    uint8_t *room;
    size_t len;

    TRY(rsa_import(cx, key, &pkey, f));
    len = (size_t)EVP_PKEY_get_size(pkey);
    if (data.len + ENCIPHER_PADDING_LEN > len)
        return fault_set(f, ERR_LIMIT, "%zu octets for an RSA key of %zu",
                         data.len, len);
    room = arena_alloc(a, len);
    if (room == NULL)
        return fault_set(f, ERR_NO_MEM, "RSA encryption");
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1)
        return crypto_fault(f, "RSAES-PKCS1-v1_5");
    TRY(set_padding(ctx, f));
    if (EVP_PKEY_encrypt(ctx, room, &len, data.ptr, data.len) != 1)
        return crypto_fault(f, "RSAES-PKCS1-v1_5");
    *out = span_of(room, len);
    return ERR_OK;
}

enum err privkey_decipher(struct crypto_ctx *cx, const struct privkey *key,
                          struct span data, struct arena *a, struct span *out,
                          struct fault *f)
{
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    uint8_t *room = arena_alloc(a, len);
    AUTO_PKEY_CTX ctx = NULL;

    (void)cx;
    if (key->kind != KEY_RSA)
        return fault_set(f, ERR_BAD_ALG, "only RSA keys decrypt");
    if (room == NULL)
        return fault_set(f, ERR_NO_MEM, "RSA decryption");
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    if (ctx == NULL || EVP_PKEY_decrypt_init(ctx) != 1)
        return crypto_fault(f, "RSAES-PKCS1-v1_5");
    TRY(set_padding(ctx, f));
    if (EVP_PKEY_decrypt(ctx, room, &len, data.ptr, data.len) != 1) {
        ERR_clear_error();
        return fault_set(f, ERR_BAD_DATA_FORMAT, "it does not decrypt");
    }
    *out = span_of(room, len);
    return ERR_OK;
}
