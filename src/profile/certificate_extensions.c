/*
 * What is asked of a certificate's extensions.
 */
#include "profile/certificate_internal.h"

static const struct extension *find(const struct cert_judged *in, enum oid id)
{
    return extension_find(&in->cert->extensions, id);
}

static bool is_ca(const struct cert_judged *in)
{
    return in->cert->has_basic_constraints && in->cert->is_ca;
}

/* A certificate before v3 has no extensions, and another rule for that. */
static bool is_old(const struct cert_judged *in)
{
    return in->cert->version < 3;
}

enum verdict cert_check_ca_bit(const struct cert_judged *in,
                               struct found *found)
{
    if (is_ca(in) || (is_old(in) && in->role == CERT_ROLE_ROOT))
        return VERDICT_HOLDS;
    return cert_broken(in, found, "basicConstraints",
                       in->cert->has_basic_constraints ? "cA is not set"
                                                       : "not there");
}

enum verdict cert_check_ca_bit_critical(const struct cert_judged *in,
                                        struct found *found)
{
    const struct extension *x = find(in, OID_ID_CE_BASIC_CONSTRAINTS);

    return x == NULL || x->critical
               ? VERDICT_HOLDS
               : cert_broken(in, found, "basicConstraints", "not critical");
}

enum verdict cert_check_ca_usage(const struct cert_judged *in,
                                 struct found *found)
{
    if (is_old(in))
        return VERDICT_HOLDS;
    if (!in->cert->has_key_usage)
        return cert_broken(in, found, "keyUsage", "not there");
    return x509_may(in->cert, KU_KEY_CERT_SIGN)
               ? VERDICT_HOLDS
               : cert_broken(in, found, "keyUsage", "no keyCertSign");
}

enum verdict cert_check_crl_usage(const struct cert_judged *in,
                                  struct found *found)
{
    return x509_may(in->cert, KU_CRL_SIGN)
               ? VERDICT_HOLDS
               : cert_broken(in, found, "keyUsage", "no cRLSign");
}

enum verdict cert_check_sign_usage_ca(const struct cert_judged *in,
                                      struct found *found)
{
    return in->cert->has_key_usage && x509_may(in->cert, KU_KEY_CERT_SIGN) &&
                   !is_ca(in)
               ? cert_broken(in, found, "keyUsage",
                             "keyCertSign, and cA is not set")
               : VERDICT_HOLDS;
}

enum verdict cert_check_path_len_ca(const struct cert_judged *in,
                                    struct found *found)
{
    return in->cert->has_path_len && !is_ca(in)
               ? cert_broken(in, found, "basicConstraints.pathLenConstraint",
                             "%lld, and cA is not set",
                             (long long)in->cert->path_len)
               : VERDICT_HOLDS;
}

enum verdict cert_check_path_len(const struct cert_judged *in,
                                 struct found *found)
{
    return in->cert->has_path_len && in->below > in->cert->path_len
               ? cert_broken(in, found, "basicConstraints.pathLenConstraint",
                             "%lld, and %lld below it",
                             (long long)in->cert->path_len,
                             (long long)in->below)
               : VERDICT_HOLDS;
}

enum verdict cert_check_has_usage(const struct cert_judged *in,
                                  struct found *found)
{
    return in->cert->has_key_usage || is_old(in)
               ? VERDICT_HOLDS
               : cert_broken(in, found, "keyUsage", "not there");
}

enum verdict cert_check_usage_critical(const struct cert_judged *in,
                                       struct found *found)
{
    const struct extension *x = find(in, OID_ID_CE_KEY_USAGE);

    return x == NULL || x->critical
               ? VERDICT_HOLDS
               : cert_broken(in, found, "keyUsage", "not critical");
}

/* What a key that only signs, or only agrees, cannot do. */
enum verdict cert_check_usage_for_key(const struct cert_judged *in,
                                      struct found *found)
{
    enum key_kind kind = key_kind_find(&in->cert->spki);
    uint32_t usage = in->cert->has_key_usage ? in->cert->key_usage : 0;

    if (kind == KEY_UNKNOWN || kind == KEY_RSA)
        return VERDICT_HOLDS;
    return (usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)) == 0
               ? VERDICT_HOLDS
               : cert_broken(in, found, "keyUsage",
                             "encipherment, for a key of %s",
                             key_kind_name(kind));
}

enum verdict cert_check_ca_ski(const struct cert_judged *in,
                               struct found *found)
{
    return !span_is_absent(in->cert->ski) || is_old(in)
               ? VERDICT_HOLDS
               : cert_broken(in, found, "subjectKeyIdentifier", "not there");
}

enum verdict cert_check_ski(const struct cert_judged *in, struct found *found)
{
    return cert_check_ca_ski(in, found);
}

enum verdict cert_check_aki(const struct cert_judged *in, struct found *found)
{
    return !span_is_absent(in->cert->aki) || is_old(in) ||
                   cert_is_own_issuer(in->cert)
               ? VERDICT_HOLDS
               : cert_broken(in, found, "authorityKeyIdentifier",
                             "no keyIdentifier");
}

enum verdict cert_check_aki_fits(const struct cert_judged *in,
                                 struct found *found)
{
    if (span_is_absent(in->cert->aki))
        return VERDICT_HOLDS;
    if (in->issuer == NULL || span_is_absent(in->issuer->ski))
        return VERDICT_CANNOT_TELL;
    return span_is_equal(in->issuer->ski, in->cert->aki)
               ? VERDICT_HOLDS
               : cert_broken(in, found, "authorityKeyIdentifier",
                             "not the subjectKeyIdentifier of its issuer");
}

enum verdict cert_check_ids_not_critical(const struct cert_judged *in,
                                         struct found *found)
{
    const struct extension *aki = find(in, OID_ID_CE_AUTHORITY_KEY_IDENTIFIER);
    const struct extension *ski = find(in, OID_ID_CE_SUBJECT_KEY_IDENTIFIER);

    if (aki != NULL && aki->critical)
        return cert_broken(in, found, "authorityKeyIdentifier", "critical");
    return ski != NULL && ski->critical
               ? cert_broken(in, found, "subjectKeyIdentifier", "critical")
               : VERDICT_HOLDS;
}

/* What a validator of paths has to know (RFC 5280, 4.2 and 6.1). */
enum verdict cert_check_critical_known(const struct cert_judged *in,
                                       struct found *found)
{
    static const enum oid known[] = {
        OID_ID_CE_KEY_USAGE,
        OID_ID_CE_BASIC_CONSTRAINTS,
        OID_ID_CE_SUBJECT_ALT_NAME,
        OID_ID_CE_EXT_KEY_USAGE,
        OID_ID_CE_NAME_CONSTRAINTS,
        OID_ID_CE_CERTIFICATE_POLICIES,
        OID_ID_CE_POLICY_MAPPINGS,
        OID_ID_CE_POLICY_CONSTRAINTS,
        OID_ID_CE_INHIBIT_ANY_POLICY,
        OID_ID_CE_CRL_DISTRIBUTION_POINTS,
        OID_ID_CE_AUTHORITY_KEY_IDENTIFIER,
        OID_ID_CE_SUBJECT_KEY_IDENTIFIER,
    };
    char oid[64];

    for (size_t i = 0; i < in->cert->extensions.num; i++) {
        const struct extension *x = &in->cert->extensions.list[i];
        bool is_known = !x->critical;

        for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
            is_known |= x->id == known[j];
        if (is_known)
            continue;
        oid_format(x->oid, oid, sizeof(oid));
        return cert_broken(in, found, "extensions", "%s is critical", oid);
    }
    return VERDICT_HOLDS;
}

/* Every base station has a certificate of the operator's; with one of these it
 * could answer for the operator. */
enum verdict cert_check_no_power(const struct cert_judged *in,
                                 struct found *found)
{
    static const struct {
        enum oid purpose;
        const char *name;
    } powers[] = {
        { OID_ID_KP_CMC_CA, "cmcCA" },
        { OID_ID_KP_CMC_RA, "cmcRA" },
        { OID_ID_KP_CM_KGA, "cmKGA" },
    };

    for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++)
        if (x509_has_eku(in->cert, powers[i].purpose))
            return cert_broken(in, found, "extKeyUsage", "%s", powers[i].name);
    return VERDICT_HOLDS;
}
