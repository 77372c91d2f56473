#include "crypto/seal.h"

#include <ctype.h>

#include <openssl/err.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/internal.h"

#define NONCE_LEN 12
#define TAG_LEN 16

_Static_assert(NONCE_LEN + TAG_LEN == SEAL_OVERHEAD, "both are of the seal");

static enum err check_key(const struct secret *key, struct fault *f)
{
    if (key->len != SEAL_KEY_LEN)
        return fault_set(f, ERR_CRYPTO, "a seal's key has %d octets",
                         SEAL_KEY_LEN);
    return ERR_OK;
}

/* --- sealing --- */

/* `out` begins with the nonce. */
static bool encrypt(const struct crypto *c, const struct secret *key,
                    struct span aad, struct span plain, uint8_t *out)
{
    AUTO_CIPHER_CTX ctx = EVP_CIPHER_CTX_new();
    uint8_t *text = out + NONCE_LEN;
    int len = 0, last = 0;

    return ctx != NULL &&
           EVP_EncryptInit_ex2(ctx, c->aes256_gcm, key->bytes, out, NULL) ==
               1 &&
           EVP_EncryptUpdate(ctx, NULL, &len, aad.ptr, (int)aad.len) == 1 &&
           EVP_EncryptUpdate(ctx, text, &len, plain.ptr, (int)plain.len) == 1 &&
           (size_t)len == plain.len &&
           EVP_EncryptFinal_ex(ctx, text + len, &last) == 1 && last == 0 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
                               text + len) == 1;
}

enum err seal_make(struct crypto_ctx *cx, const struct secret *key,
                   struct span aad, struct span plain, struct arena *a,
                   struct span *sealed, struct fault *f)
{
    uint8_t *out;

    TRY(check_key(key, f));
    if (plain.len > SEAL_MAX_LEN || aad.len > SEAL_MAX_LEN)
        return fault_set(f, ERR_LIMIT, "too long to be sealed");
    out = arena_alloc(a, plain.len + SEAL_OVERHEAD);
    if (out == NULL)
        return fault_set(f, ERR_NO_MEM, "seal");
    TRY(random_fill(cx, out, NONCE_LEN, f));
    if (!encrypt(cx->crypto, key, aad, plain, out))
        return crypto_fault(f, "sealing");
    *sealed = span_of(out, plain.len + SEAL_OVERHEAD);
    return ERR_OK;
}

/* --- opening --- */

/* Into `plain`, which has room. What it writes counts only when true. */
static bool decrypt(const struct crypto *c, const struct secret *key,
                    struct span aad, struct span sealed, uint8_t *plain)
{
    AUTO_CIPHER_CTX ctx = EVP_CIPHER_CTX_new();
    size_t text_len = sealed.len - SEAL_OVERHEAD;
    int len = 0, last = 0;
    uint8_t tag[TAG_LEN];

    memcpy(tag, sealed.ptr + sealed.len - TAG_LEN, TAG_LEN);
    return ctx != NULL &&
           EVP_DecryptInit_ex2(ctx, c->aes256_gcm, key->bytes, sealed.ptr,
                               NULL) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &len, aad.ptr, (int)aad.len) == 1 &&
           EVP_DecryptUpdate(ctx, plain, &len, sealed.ptr + NONCE_LEN,
                             (int)text_len) == 1 &&
           (size_t)len == text_len &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, plain + len, &last) == 1 && last == 0;
}

enum err seal_open(struct crypto_ctx *cx, const struct secret *key,
                   struct span aad, struct span sealed, struct secret **plain,
                   struct fault *f)
{
    AUTO(secret) s = NULL;

    TRY(check_key(key, f));
    if (sealed.len < SEAL_OVERHEAD ||
        sealed.len > SEAL_MAX_LEN + SEAL_OVERHEAD || aad.len > SEAL_MAX_LEN)
        return fault_set(f, ERR_CRYPTO, "not something sealed here");
    s = secret_new(span_of(sealed.ptr, sealed.len - SEAL_OVERHEAD));
    if (s == NULL)
        return fault_set(f, ERR_NO_MEM, "opening a seal");
    if (!decrypt(cx->crypto, key, aad, sealed, s->bytes)) {
        ERR_clear_error();
        return fault_set(f, ERR_CRYPTO,
                         "a seal does not open: the key is another than it "
                         "was made with, or it was changed since");
    }
    *plain = s;
    s = NULL;
    return ERR_OK;
}

/* --- the key --- */

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (uint8_t)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool key_parse(struct span text, uint8_t out[SEAL_KEY_LEN])
{
    if (text.len == SEAL_KEY_LEN) {
        memcpy(out, text.ptr, SEAL_KEY_LEN);
        return true;
    }
    while (text.len > 0 && isspace(text.ptr[text.len - 1]))
        text.len--;
    if (text.len != (size_t)2 * SEAL_KEY_LEN)
        return false;
    for (size_t i = 0; i < SEAL_KEY_LEN; i++) {
        int high = digit_value(text.ptr[2 * i]);
        int low = digit_value(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

enum err seal_key_load(const char *path, struct secret **out, struct fault *f)
{
    uint8_t bytes[SEAL_KEY_LEN] = { 0 };
    struct secret *key = NULL;
    struct buf text;
    bool ok = false;
    enum err e;

    TRY(key_file_check(path, f));
    buf_init(&text, (size_t)4 * SEAL_KEY_LEN);
    e = file_load(path, &text, f);
    if (e == ERR_OK)
        ok = key_parse(buf_span(&text), bytes);
    if (ok)
        key = secret_new(SPAN_OF(bytes));
    secret_wipe(bytes, sizeof(bytes));
    if (text.ptr != NULL)
        secret_wipe(text.ptr, text.len);
    buf_done(&text);
    if (e != ERR_OK && e != ERR_LIMIT)
        return e;
    if (!ok)
        return fault_set(f, ERR_CONFIG,
                         "%s: not a key of %d octets, raw or in hexadecimal",
                         path, SEAL_KEY_LEN);
    if (key == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", path);
    *out = key;
    return ERR_OK;
}

enum err seal_key_create(struct crypto_ctx *cx, const char *path,
                         struct fault *f)
{
    char text[2 * SEAL_KEY_LEN + 2];
    uint8_t bytes[SEAL_KEY_LEN];
    enum err e;

    TRY(random_fill(cx, bytes, sizeof(bytes), f));
    hex_format(SPAN_OF(bytes), text, sizeof(text));
    text[sizeof(text) - 2] = '\n';
    e = file_create(path, span_of(text, sizeof(text) - 1), 0600, f);
    secret_wipe(bytes, sizeof(bytes));
    secret_wipe(text, sizeof(text));
    return e;
}
