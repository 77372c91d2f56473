#define OPENSSL_SUPPRESS_DEPRECATED /* hash_sha256_pair */

#include <openssl/sha.h>

#include "crypto/internal.h"

static bool digest_once(EVP_MD_CTX *ctx, enum digest d, struct span bytes,
                        uint8_t *out)
{
    /* NULL: the digest the context has */
    if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1 ||
        EVP_DigestUpdate(ctx, bytes.ptr, bytes.len) != 1)
        return false;
    if (d == DIGEST_SHAKE256_512)
        return EVP_DigestFinalXOF(ctx, out, digest_len(d)) == 1;
    return EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

enum err hash_compute(struct crypto_ctx *cx, enum digest d, struct span bytes,
                      uint8_t *out, struct fault *f)
{
    if (d <= DIGEST_NONE || d >= DIGEST_NUM || cx->hash[d] == NULL)
        return fault_set(f, ERR_CRYPTO,
                         "no digest is named, or one this "
                         "OpenSSL does not offer");
    if (!digest_once(cx->hash[d], d, bytes, out))
        return crypto_fault(f, digest_name(d));
    return ERR_OK;
}

enum err digest_make(struct crypto_ctx *cx, enum digest d, struct span data,
                     struct digested *out, struct fault *f)
{
    TRY(hash_compute(cx, d, data, out->bytes, f));
    out->len = digest_len(d);
    return ERR_OK;
}

/* The plain functions need no memory and cannot fail, which a caller that
 * chains hashes relies on. */
void hash_sha256_pair(struct span a, struct span b, uint8_t out[32])
{
    SHA256_CTX ctx;

    SHA256_Init(&ctx);
    SHA256_Update(&ctx, a.ptr, a.len);
    SHA256_Update(&ctx, b.ptr, b.len);
    SHA256_Final(out, &ctx);
}

enum err hash_key_id(struct crypto_ctx *cx, const struct spki *key,
                     uint8_t out[20], struct fault *f)
{
    if (!digest_once(cx->hash[DIGEST_SHA1], DIGEST_SHA1, key->key, out))
        return crypto_fault(f, "SHA1");
    return ERR_OK;
}
