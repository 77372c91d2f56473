/*
 * What a person gives to judge by: certificates and secrets.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "inspect/protection_internal.h"

enum err trusted_new(struct trusted **out, struct fault *f)
{
    AUTO(trusted) t = calloc(1, sizeof(*t));

    if (t == NULL)
        return fault_set(f, ERR_NO_MEM, "trust");
    t->arena = arena_new(TRUSTED_ARENA);
    if (t->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "trust");
    TRY(crypto_new(&t->crypto, f));
    TRY(crypto_ctx_new(t->crypto, &t->cx, f));
    TRY(trust_new(t->crypto, &t->trust, f));
    *out = t;
    t = NULL;
    return ERR_OK;
}

void trusted_free(struct trusted *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->num_secrets; i++)
        secret_free(t->secrets[i].secret);
    trust_free(t->trust);
    crypto_ctx_free(t->cx);
    crypto_free(t->crypto);
    arena_free(t->arena);
    free(t);
}

struct crypto_ctx *trusted_crypto(struct trusted *t)
{
    return t->cx;
}

static bool is_ca(const struct x509_cert *cert)
{
    return cert->is_ca && x509_may(cert, KU_KEY_CERT_SIGN);
}

static enum err add_cert(struct trusted *t, enum trusted_as as, struct span der,
                         struct fault *f)
{
    struct given_cert *given = &t->certs[t->num_certs];
    struct der_fail fail = { 0 };
    struct x509_cert cert = { 0 };
    struct span copy;
    enum err e;

    if (t->num_certs == TRUSTED_MAX_CERTS)
        return fault_set(f, ERR_LIMIT, "more than %d certificates to trust",
                         TRUSTED_MAX_CERTS);
    copy = arena_copy(t->arena, der);
    if (span_is_absent(copy))
        return fault_set(f, ERR_NO_MEM, "certificate");
    e = x509_read_at(copy, t->arena, &fail, &cert);
    if (e != ERR_OK) {
        (void)der_fault(&fail, copy, e, f);
        return fault_set(f, ERR_CONFIG, "not a certificate");
    }
    if (is_ca(&cert))
        TRY(trust_add_anchor(t->trust, (int)as, copy, f));
    *given = (struct given_cert){ cert, as };
    t->num_certs++;
    t->has_anchor[as] |= is_ca(&cert);
    return ERR_OK;
}

enum err trusted_add_certs(struct trusted *t, enum trusted_as as,
                           struct span text, struct fault *f)
{
    struct span label, der;
    size_t num = 0;
    enum err e;

    if (text.len > 0 && text.ptr[0] == 0x30)
        return add_cert(t, as, text, f);
    while ((e = pem_next(&text, t->arena, &label, &der)) == ERR_OK) {
        if (!span_is_equal(label, SPAN_LIT("CERTIFICATE")))
            continue;
        TRY(add_cert(t, as, der, f));
        num++;
    }
    if (e != ERR_NOT_FOUND)
        return fault_set(f, ERR_CONFIG, "PEM that is not well made");
    return num > 0 ? ERR_OK
                   : fault_set(f, ERR_CONFIG, "no certificate in PEM or DER");
}

enum err trusted_add_secret(struct trusted *t, struct span reference,
                            struct span secret, struct fault *f)
{
    struct given_secret *given = &t->secrets[t->num_secrets];

    if (t->num_secrets == TRUSTED_MAX_SECRETS)
        return fault_set(f, ERR_LIMIT, "more than %d secrets",
                         TRUSTED_MAX_SECRETS);
    if (secret.len == 0)
        return fault_set(f, ERR_CONFIG, "an empty secret");
    given->reference = arena_copy(t->arena, reference);
    given->secret = secret_new(secret);
    if (given->secret == NULL)
        return fault_set(f, ERR_NO_MEM, "secret");
    t->num_secrets++;
    return span_is_absent(given->reference) ? fault_set(f, ERR_NO_MEM, "secret")
                                            : ERR_OK;
}

void trusted_allow_legacy(struct trusted *t)
{
    trust_allow_legacy(t->trust);
}

enum err trusted_seal(struct trusted *t, struct fault *f)
{
    return trust_seal(t->trust, f);
}

bool trusted_has_anchor(const struct trusted *t, enum trusted_as as)
{
    return t->has_anchor[as];
}
