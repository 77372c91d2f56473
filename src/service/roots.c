#include "service/roots.h"

static enum err refuse(struct fault *f, const char *clause, const char *file,
                       const char *why)
{
    return fault_clause(f, ERR_CONFIG, clause, "%s: %s", file, why);
}

/* A station refuses what is no root; better that it is told here. */
static enum err check(const char *file, struct span der,
                      struct span operator_root, struct crypto_ctx *cx,
                      struct arena *a, struct fault *f)
{
    struct x509_cert cert;

    if (x509_read(der, a, &cert) != ERR_OK)
        return refuse(f, "RFC 5280, 4.1", file, "not a certificate");
    if (span_is_equal(der, operator_root))
        return refuse(f, "RFC 9483, 4.1", file,
                      "the operator root, which each answer bears already");
    if (!x509_is_self_issued(&cert) ||
        sig_verify(cx, &cert.spki, &cert.sig_alg, cert.tbs, cert.signature,
                   NULL) != ERR_OK)
        return refuse(f, "TS 33.310, 9.5.4.3", file,
                      "not self-signed, and so no root");
    if (!cert.is_ca || !cert.has_key_usage ||
        !x509_may(&cert, KU_KEY_CERT_SIGN))
        return refuse(f, "RFC 5280, 4.2.1.9", file,
                      "not a CA's with keyCertSign");
    if (pubkey_check(cx, &cert.spki, NULL) != ERR_OK)
        return refuse(f, "TS 33.310, 6.1.1", file,
                      "of a kind or size of key that stations refuse");
    return ERR_OK;
}

static bool is_listed(const struct span *list, size_t num, struct span der)
{
    for (size_t i = 0; i < num; i++)
        if (span_is_equal(list[i], der))
            return true;
    return false;
}

enum err roots_load(const struct config_texts *files, struct span operator_root,
                    struct crypto_ctx *cx, struct arena *a,
                    struct root_list *out, struct fault *f)
{
    struct span *all = arena_array(a, ROOTS_MAX, sizeof(*all));
    size_t total = 0;

    if (all == NULL)
        return fault_set(f, ERR_NO_MEM, "roots");
    for (size_t i = 0; i < files->num; i++) {
        const struct span *list = NULL;
        size_t num = 0;

        TRY(certificates_load(files->items[i], a, &list, &num, f));
        for (size_t k = 0; k < num; k++) {
            TRY(check(files->items[i], list[k], operator_root, cx, a, f));
            if (is_listed(all, total, list[k]))
                continue;
            if (total == ROOTS_MAX)
                return fault_set(f, ERR_CONFIG, "%s: more than %d roots",
                                 files->items[i], ROOTS_MAX);
            all[total++] = list[k];
        }
    }
    *out = (struct root_list){ all, total };
    return ERR_OK;
}

void roots_put(const struct path_profile *profile, enum cmp_body_type request,
               struct cert_rep_message *out)
{
    if ((profile->profile.ca_pubs_bodies & BODY_BIT(request)) == 0)
        return;
    out->has_ca_pubs = profile->num_ca_pubs > 0;
    out->ca_pubs = profile->ca_pubs;
    out->num_ca_pubs = profile->num_ca_pubs;
}

enum err roots_put_shared(const struct path_profile *profile, struct arena *a,
                          struct cert_rep_message *out, struct fault *f)
{
    size_t num = 1 + profile->num_ca_pubs;
    struct span *all = arena_array(a, num, sizeof(*all));
    const struct issuer *issuer = profile->issuer;

    if (all == NULL)
        return fault_set(f, ERR_NO_MEM, "caPubs");
    all[0] = issuer->chain[issuer->num_chain - 1];
    for (size_t i = 1; i < num; i++)
        all[i] = profile->ca_pubs[i - 1];
    out->has_ca_pubs = true;
    out->ca_pubs = all;
    out->num_ca_pubs = num;
    return ERR_OK;
}
