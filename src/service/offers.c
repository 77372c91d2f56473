#include "service/offers.h"

static enum err refuse(struct fault *f, const char *file, const char *why)
{
    return fault_clause(f, ERR_CONFIG, "RFC 9810, 4.4", "%s: %s", file, why);
}

/* The one certificate of a file; NULL: none, and `out` stays empty. */
static enum err load(const char *file, struct arena *a, struct x509_cert *out,
                     struct fault *f)
{
    const struct span *list;
    size_t num;

    if (file == NULL)
        return ERR_OK;
    TRY(certificates_load(file, a, &list, &num, f));
    if (num != 1 || x509_read(list[0], a, out) != ERR_OK)
        return refuse(f, file, "not one certificate");
    return ERR_OK;
}

static bool is_signed_by(const struct x509_cert *cert,
                         const struct x509_cert *signer, struct crypto_ctx *cx)
{
    return name_is_equal(cert->issuer, signer->subject) &&
           sig_verify(cx, &signer->spki, &cert->sig_alg, cert->tbs,
                      cert->signature, NULL) == ERR_OK;
}

static enum err check_update(const struct config_general *config,
                             const struct x509_cert *root,
                             const struct x509_cert *fresh,
                             const struct x509_cert *linked,
                             const struct x509_cert *back,
                             struct crypto_ctx *cx, struct fault *f)
{
    if (config->new_root == NULL || config->new_with_old == NULL)
        return refuse(
            f, config->new_root != NULL ? config->new_root : "profiles.general",
            "new_root and new_with_old go together (RFC 9483, "
            "4.3.2)");
    if (!is_signed_by(fresh, fresh, cx) || !fresh->is_ca)
        return refuse(f, config->new_root, "not a self-signed CA certificate");
    if (!span_is_equal(linked->spki.der, fresh->spki.der))
        return refuse(f, config->new_with_old, "another key than new_root has");
    if (!span_is_equal(root->der, fresh->der) &&
        !is_signed_by(linked, root, cx))
        return refuse(f, config->new_with_old,
                      "not signed by the operator root");
    if (config->old_with_new != NULL && !is_signed_by(back, fresh, cx))
        return refuse(f, config->old_with_new, "not signed by new_root");
    return ERR_OK;
}

static uint32_t usage_of(const struct x509_cert *cert)
{
    return key_kind_find(&cert->spki) == KEY_RSA ? KU_KEY_ENCIPHERMENT
                                                 : KU_KEY_AGREEMENT;
}

enum err offers_load(const struct config_profile *config,
                     struct span operator_root, struct crypto_ctx *cx,
                     struct arena *a, struct offers *out, struct fault *f)
{
    const struct config_general *g = &config->general;
    struct x509_cert root, fresh = { 0 }, linked = { 0 }, back = { 0 };
    struct x509_cert protect = { 0 };

    TRY(load(g->new_root, a, &fresh, f));
    TRY(load(g->new_with_old, a, &linked, f));
    TRY(load(g->old_with_new, a, &back, f));
    TRY(load(g->encryption_certificate, a, &protect, f));
    if (x509_read(operator_root, a, &root) != ERR_OK)
        return refuse(f, config->name, "an operator root that does not parse");
    if (g->new_root != NULL || g->new_with_old != NULL ||
        g->old_with_new != NULL)
        TRY(check_update(g, &root, &fresh, &linked, &back, cx, f));
    if (g->encryption_certificate != NULL && protect.has_key_usage &&
        !x509_may(&protect, KU_KEY_ENCIPHERMENT) &&
        !x509_may(&protect, KU_KEY_AGREEMENT))
        return refuse(f, g->encryption_certificate,
                      "neither keyEncipherment nor keyAgreement in its "
                      "keyUsage");
    if (g->encryption_key != NULL && g->encryption_certificate == NULL)
        return refuse(f, "profiles.general.encryption_key",
                      "no encryption_certificate");
    if (g->encryption_key != NULL && !x509_may(&protect, usage_of(&protect)))
        return refuse(f, "profiles.general.encryption_key",
                      "an encryption_certificate whose keyUsage does not have "
                      "what its key can: keyEncipherment of RSA keys, "
                      "keyAgreement of others");
    *out = (struct offers){
        .new_root = fresh.der,
        .new_with_old = linked.der,
        .old_with_new = back.der,
        .linked = linked,
        .encryption_certificate = protect.der,
        .encryption = protect,
        .encryption_key =
            g->encryption_key == NULL ? NULL : g->encryption_key->name,
    };
    return ERR_OK;
}

bool offers_update(const struct offers *offers, const struct x509_cert *root,
                   struct crypto_ctx *cx)
{
    if (span_is_absent(offers->new_root))
        return false;
    return root == NULL || (!span_is_equal(root->der, offers->new_root) &&
                            is_signed_by(&offers->linked, root, cx));
}
