/*
 * EncryptedKey (RFC 9810, 5.2.2), opened with a private key.
 */
#include "crypto/internal.h"

static enum err malformed(struct fault *f, const char *what)
{
    return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 9810, 5.2.2", "%s", what);
}

static enum err open_envelope(struct crypto_ctx *cx, const struct privkey *key,
                              struct span der, struct arena *a,
                              struct secret **out, struct fault *f)
{
    const struct envelope_opener with = {
        .ways = ENVELOPE_BIT(ENVELOPE_OAEP) | ENVELOPE_BIT(ENVELOPE_PKCS1) |
                ENVELOPE_BIT(ENVELOPE_AGREE),
        .key = key,
    };
    struct der in = der_open(der, NULL);
    struct cms_enveloped e = { 0 };

    if (cms_enveloped_read(&in, DER_CTX(0), a, &e) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return malformed(f, "an EnvelopedData that does not parse");
    if (e.content_id != OID_ID_DATA)
        return malformed(f, "an EnvelopedData of something else than data");
    return envelope_open(cx, &e, &with, a, out, f);
}

enum err encrypted_key_open(struct crypto_ctx *cx, const struct privkey *key,
                            struct span der, struct arena *a,
                            struct secret **out, struct fault *f)
{
    struct encrypted_value v = { .enc_value = SPAN_NONE };
    struct der in = der_open(der, NULL);

    if (der_next_is(&in, DER_CTX(0)))
        return open_envelope(cx, key, der, a, out, f);
    if (encrypted_value_read(&in, &v) != ERR_OK || der_end(&in) != ERR_OK)
        return malformed(f, "an EncryptedValue that does not parse");
    return encrypted_value_open(cx, &v, key, out, f);
}
