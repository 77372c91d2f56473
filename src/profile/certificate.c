#include "profile/certificate.h"

#include <stdarg.h>

#include "base/text.h"
#include "profile/certificate_internal.h"

#define ROLE(name) (1u << CERT_ROLE_##name)
#define ALL ((1u << CERT_ROLE_NUM) - 1)
#define CAS (ROLE(CA) | ROLE(ROOT))
#define ENDS (ALL & ~CAS)
/* What stands on a path that is relied on. */
#define USED (ROLE(STATION) | ROLE(ANSWERER) | CAS)

static const struct {
    enum rule_id rule;
    uint32_t roles;
    bool also_unreadable; /* looks at the bytes itself */
    cert_check *check;
} checks[] = {
    { RULE_CERT_IS_V3, ALL, false, cert_check_version },
    { RULE_CERT_SERIAL_IS_POSITIVE, ALL, true, cert_check_serial_positive },
    { RULE_CERT_SERIAL_IS_SHORT, ALL, true, cert_check_serial_short },
    { RULE_CERT_ALG_IS_STRONG, ALL, false, cert_check_alg_strong },
    { RULE_CERT_ALG_IS_OF_PROFILE, ALL, false, cert_check_alg_of_profile },
    { RULE_CERT_ISSUER_IS_NAMED, ALL, false, cert_check_issuer_named },
    { RULE_CERT_VALIDITY_IS_ORDERED, ALL, false, cert_check_validity_order },
    { RULE_CERT_TIME_FORM_IS_RIGHT, ALL, true, cert_check_time_form },
    { RULE_CERT_IS_IN_FORCE, USED, false, cert_check_in_force },
    { RULE_CERT_SUBJECT_IS_NAMED, ALL, false, cert_check_subject_named },
    { RULE_CERT_NAME_HAS_FORM, ALL, false, cert_check_name_form },
    { RULE_CERT_KEY_IS_ALLOWED, ALL, false, cert_check_key },
    { RULE_CERT_RSA_EXPONENT_IS_USUAL, ALL, false, cert_check_rsa_exponent },
    { RULE_CERT_HAS_NO_UNIQUE_ID, ALL, true, cert_check_no_unique_ids },
    { RULE_CERT_CA_IS_CA, CAS, false, cert_check_ca_bit },
    { RULE_CERT_CA_BIT_IS_CRITICAL, CAS, false, cert_check_ca_bit_critical },
    { RULE_CERT_CA_MAY_SIGN, CAS, false, cert_check_ca_usage },
    { RULE_CERT_CA_MAY_SIGN_CRLS, CAS, false, cert_check_crl_usage },
    { RULE_CERT_SIGNS_AS_CA_ONLY, ALL, false, cert_check_sign_usage_ca },
    { RULE_CERT_PATH_LEN_IS_A_CAS, ALL, false, cert_check_path_len_ca },
    { RULE_CERT_PATH_LEN_HOLDS, CAS, false, cert_check_path_len },
    { RULE_CERT_HAS_KEY_USAGE, ENDS, false, cert_check_has_usage },
    { RULE_CERT_KEY_USAGE_IS_CRITICAL, ALL, false, cert_check_usage_critical },
    { RULE_CERT_USAGE_FITS_KEY, ALL, false, cert_check_usage_for_key },
    { RULE_CERT_CA_HAS_SKI, CAS, false, cert_check_ca_ski },
    { RULE_CERT_HAS_SKI, ENDS, false, cert_check_ski },
    { RULE_CERT_HAS_AKI, ALL & ~ROLE(ROOT), false, cert_check_aki },
    { RULE_CERT_AKI_IS_ISSUERS, ALL, false, cert_check_aki_fits },
    { RULE_CERT_IDS_ARE_NOT_CRITICAL, ALL, false, cert_check_ids_not_critical },
    { RULE_CERT_CRITICAL_IS_KNOWN, ALL, false, cert_check_critical_known },
    { RULE_CERT_NEW_HAS_NO_POWER, ROLE(NEW), false, cert_check_no_power },
    { RULE_CERT_SIGNATURE_HOLDS, ALL, false, cert_check_signature },
};

const char *cert_role_text(enum cert_role role)
{
    static const char *const texts[CERT_ROLE_NUM] = {
        [CERT_ROLE_STATION] = "the station's certificate",
        [CERT_ROLE_NEW] = "the new certificate",
        [CERT_ROLE_ANSWERER] = "the answering RA's or CA's certificate",
        [CERT_ROLE_CA] = "a CA's certificate",
        [CERT_ROLE_ROOT] = "a root certificate",
        [CERT_ROLE_OTHER] = "another certificate",
    };

    return texts[role];
}

enum verdict cert_broken(const struct cert_judged *in, struct found *found,
                         const char *field, const char *fmt, ...)
{
    va_list args;

    text_format(found->path, sizeof(found->path), "%s%s%s", in->path,
                field[0] == '\0' ? "" : ".", field);
    va_start(args, fmt);
    text_vformat(found->text, sizeof(found->text), fmt, args);
    va_end(args);
    return VERDICT_BROKEN;
}

/* A cause that is known by itself is told in place of "cannot be read". */
static void judge_readable(const struct cert_judged *in, bool is_explained,
                           cert_each *each, void *arg)
{
    struct found found = { "", "" };
    enum verdict verdict = VERDICT_HOLDS;

    if (in->cert == NULL && !is_explained)
        verdict =
            cert_broken(in, &found, in->fail == NULL ? "" : in->fail->path,
                        "%s", err_text(in->err));
    each(arg, RULE_CERT_IS_DER, verdict, &found);
}

void cert_judge(const struct cert_judged *in, cert_each *each, void *arg)
{
    bool is_explained = false;

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct found found = { "", "" };
        enum verdict verdict;

        if ((checks[i].roles & (1u << in->role)) == 0 ||
            (in->cert == NULL && !checks[i].also_unreadable))
            continue;
        verdict = checks[i].check(in, &found);
        is_explained |= verdict == VERDICT_BROKEN;
        each(arg, checks[i].rule, verdict, &found);
    }
    judge_readable(in, is_explained, each, arg);
}

/* Where one of them has no key identifier the names decide. */
static bool ids_fit(const struct x509_cert *cert,
                    const struct x509_cert *issuer)
{
    return span_is_absent(issuer->ski) || span_is_absent(cert->aki) ||
           span_is_equal(issuer->ski, cert->aki);
}

bool cert_is_own_issuer(const struct x509_cert *cert)
{
    return x509_is_self_issued(cert) && ids_fit(cert, cert);
}

const struct x509_cert *cert_issuer_find(const struct x509_cert *cert,
                                         const struct x509_cert *list,
                                         size_t num)
{
    if (cert_is_own_issuer(cert))
        return cert;
    for (size_t i = 0; i < num; i++)
        if (name_is_equal(list[i].subject, cert->issuer) &&
            ids_fit(cert, &list[i]))
            return &list[i];
    return NULL;
}
