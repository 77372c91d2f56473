/*
 * EncryptedValue, which EnvelopedData replaced: for messages of version 2.
 */
#include <openssl/rsa.h>

#include "crypto/envelope_internal.h"

enum err encrypted_value_make(struct crypto_ctx *cx, const struct spki *key,
                              enum envelope_cipher cipher, struct span content,
                              struct arena *a, struct span *out,
                              struct fault *f)
{
    struct encrypted_value v = { .enc_value = SPAN_NONE };
    AUTO_CEK cek = { .len = 0 };
    struct der_writer w;

    TRY(content_encrypt(cx, cipher, content, &cek, a, &v.symm_alg, &v.enc_value,
                        f));
    TRY(rsa_encrypt_key(cx, key, ENVELOPE_PKCS1, &cek, a, &v.enc_symm_key, f));
    der_writer_init(&w, a, v.enc_value.len + 1024);
    encrypted_value_put(&w, &v);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "an EncryptedValue");
    return ERR_OK;
}

/* keyAlg is RSA's where it is given: no other way is written down. */
static bool is_key_alg(const struct alg_id *alg)
{
    return span_is_absent(alg->oid) || alg->id == OID_RSA_ENCRYPTION;
}

enum err encrypted_value_open(struct crypto_ctx *cx,
                              const struct encrypted_value *v,
                              const struct privkey *key, struct secret **out,
                              struct fault *f)
{
    struct content_params params = { .iv = SPAN_NONE };
    AUTO_CEK cek = { .len = 0 };

    if (span_is_absent(v->symm_alg.oid) || span_is_absent(v->enc_symm_key))
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 4211, 2.1",
                            "an EncryptedValue without symmAlg or encSymmKey");
    if (key->kind != KEY_RSA || !is_key_alg(&v->key_alg))
        return fault_clause(f, ERR_BAD_ALG, "RFC 4211, 2.1",
                            "an EncryptedValue is opened with RSA keys, by "
                            "rsaEncryption, alone");
    TRY(content_check(cx->crypto, &v->symm_alg, v->enc_value, &params, f));
    TRY(rsa_decrypt_key(cx, key, RSA_PKCS1_PADDING, DIGEST_NONE,
                        v->enc_symm_key, cipher_info(params.cipher)->key_len,
                        &cek, f));
    return content_decrypt(cx->crypto, &params, &cek, v->enc_value, out, f);
}
