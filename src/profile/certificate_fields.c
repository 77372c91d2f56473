/*
 * What is asked of a certificate's fields, its extensions apart.
 */
#include "base/text.h"
#include "profile/certificate_internal.h"
#include "profile/internal.h"

#define MAX_SERIAL_LEN 20            /* RFC 5280, 4.1.2.2 */
#define FIRST_GENERALIZED 2524608000 /* 2050-01-01 (RFC 5280, 4.1.2.5) */

/* What x509_read forgets, or stops at; absent and 0 where it is not there. */
struct peek {
    struct span serial; /* content octets, of any sign */
    unsigned before_tag, after_tag;
    int64_t before, after;
    bool has_unique_id;
};

static enum err peek_time(struct der *in, unsigned *tag, int64_t *out)
{
    *tag = der_next_tag(in);
    return der_time(in, out);
}

static enum err peek_read(struct span der, struct peek *out)
{
    struct der in = der_open(der, NULL), cert, tbs, validity;
    struct span skipped;
    unsigned tag;

    TRY(der_enter(&in, DER_SEQUENCE, &cert));
    TRY(der_enter(&cert, DER_SEQUENCE, &tbs));
    if (der_next_is(&tbs, DER_CTX(0)))
        TRY(der_any(&tbs, &tag, &skipped));
    TRY(der_content(&tbs, DER_INTEGER, &out->serial));
    TRY(der_any(&tbs, &tag, &skipped)); /* signature */
    TRY(der_any(&tbs, &tag, &skipped)); /* issuer */
    TRY(der_enter(&tbs, DER_SEQUENCE, &validity));
    TRY(peek_time(&validity, &out->before_tag, &out->before));
    TRY(peek_time(&validity, &out->after_tag, &out->after));
    TRY(der_any(&tbs, &tag, &skipped)); /* subject */
    TRY(der_any(&tbs, &tag, &skipped)); /* subjectPublicKeyInfo */
    out->has_unique_id = der_next_is(&tbs, DER_CTX_PRIM(1)) ||
                         der_next_is(&tbs, DER_CTX_PRIM(2));
    return ERR_OK;
}

/* As far as it goes. */
static struct peek peek(const struct cert_judged *in)
{
    struct peek p = { 0 };

    (void)peek_read(in->der, &p);
    return p;
}

enum verdict cert_check_version(const struct cert_judged *in,
                                struct found *found)
{
    return in->cert->version == 3
               ? VERDICT_HOLDS
               : cert_broken(in, found, "version", "v%u", in->cert->version);
}

enum verdict cert_check_serial_positive(const struct cert_judged *in,
                                        struct found *found)
{
    struct span serial = peek(in).serial;

    if (span_is_absent(serial) || serial.len == 0)
        return VERDICT_CANNOT_TELL;
    if (serial.ptr[0] >= 0x80)
        return cert_broken(in, found, "serialNumber", "a negative number");
    return serial.len > 1 || serial.ptr[0] != 0
               ? VERDICT_HOLDS
               : cert_broken(in, found, "serialNumber", "0");
}

enum verdict cert_check_serial_short(const struct cert_judged *in,
                                     struct found *found)
{
    struct span serial = peek(in).serial;

    if (span_is_absent(serial))
        return VERDICT_CANNOT_TELL;
    return serial.len <= MAX_SERIAL_LEN ? VERDICT_HOLDS
                                        : cert_broken(in, found, "serialNumber",
                                                      "%zu octets", serial.len);
}

enum verdict cert_check_alg_strong(const struct cert_judged *in,
                                   struct found *found)
{
    enum sig_alg alg = sig_alg_find_any(&in->cert->sig_alg);
    char name[64];

    if (!sig_alg_is_legacy(alg) || (in->profile->sig_algs & (1u << alg)) != 0)
        return VERDICT_HOLDS;
    describe_alg(&in->cert->sig_alg, name, sizeof(name));
    return cert_broken(in, found, "signatureAlgorithm", "%s", name);
}

/* Where the algorithm is too weak the rule for that has said so. */
enum verdict cert_check_alg_of_profile(const struct cert_judged *in,
                                       struct found *found)
{
    enum sig_alg alg = sig_alg_find_any(&in->cert->sig_alg);
    char name[64];

    if (sig_alg_is_legacy(alg))
        return VERDICT_HOLDS;
    if (alg != SIG_UNKNOWN && (in->profile->sig_algs & (1u << alg)) != 0)
        return VERDICT_HOLDS;
    describe_alg(&in->cert->sig_alg, name, sizeof(name));
    return cert_broken(in, found, "signatureAlgorithm", "%s", name);
}

enum verdict cert_check_issuer_named(const struct cert_judged *in,
                                     struct found *found)
{
    return name_is_null(in->cert->issuer)
               ? cert_broken(in, found, "issuer", "the empty Name")
               : VERDICT_HOLDS;
}

enum verdict cert_check_validity_order(const struct cert_judged *in,
                                       struct found *found)
{
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];

    if (in->cert->not_before <= in->cert->not_after)
        return VERDICT_HOLDS;
    time_format(in->cert->not_before, from);
    time_format(in->cert->not_after, to);
    return cert_broken(in, found, "validity", "from %s to %s", from, to);
}

static bool has_time_form(unsigned tag, int64_t at)
{
    return tag == 0 || (tag == DER_UTC_TIME) == (at < FIRST_GENERALIZED);
}

enum verdict cert_check_time_form(const struct cert_judged *in,
                                  struct found *found)
{
    struct peek p = peek(in);
    bool is_before = !has_time_form(p.before_tag, p.before);
    char text[TIME_TEXT_LEN];

    if (p.after_tag == 0)
        return VERDICT_CANNOT_TELL;
    if (!is_before && has_time_form(p.after_tag, p.after))
        return VERDICT_HOLDS;
    time_format(is_before ? p.before : p.after, text);
    return cert_broken(in, found,
                       is_before ? "validity.notBefore" : "validity.notAfter",
                       "%s as %s", text,
                       (is_before ? p.before_tag : p.after_tag) == DER_UTC_TIME
                           ? "UTCTime"
                           : "GeneralizedTime");
}

enum verdict cert_check_in_force(const struct cert_judged *in,
                                 struct found *found)
{
    char text[TIME_TEXT_LEN];

    if (in->now == 0)
        return VERDICT_CANNOT_TELL;
    if (in->now < in->cert->not_before) {
        time_format(in->cert->not_before, text);
        return cert_broken(in, found, "validity.notBefore",
                           "%s: not in force yet", text);
    }
    if (in->now <= in->cert->not_after)
        return VERDICT_HOLDS;
    time_format(in->cert->not_after, text);
    return cert_broken(in, found, "validity.notAfter", "expired at %s", text);
}

enum verdict cert_check_subject_named(const struct cert_judged *in,
                                      struct found *found)
{
    const struct extension *san;

    if (!name_is_null(in->cert->subject))
        return VERDICT_HOLDS;
    if (in->role == CERT_ROLE_CA || in->role == CERT_ROLE_ROOT)
        return cert_broken(in, found, "subject", "the empty Name, for a CA");
    san = extension_find(&in->cert->extensions, OID_ID_CE_SUBJECT_ALT_NAME);
    if (san == NULL)
        return cert_broken(in, found, "subject",
                           "the empty Name, and no subjectAltName");
    return san->critical ? VERDICT_HOLDS
                         : cert_broken(in, found, "subject",
                                       "the empty Name, and a subjectAltName "
                                       "that is not critical");
}

/* O and CN, or CN and DC (TS 33.310, 6.1.1). The empty Name has its own rule.
 */
static bool has_form(struct span name)
{
    struct span value;
    bool has_cn = name_find(name, OID_ID_AT_COMMON_NAME, 0, &value);

    return name_is_null(name) ||
           (has_cn &&
            name_find(name, OID_ID_AT_ORGANIZATION_NAME, 0, &value)) ||
           (has_cn && name_find(name, OID_ID_DOMAIN_COMPONENT, 0, &value));
}

enum verdict cert_check_name_form(const struct cert_judged *in,
                                  struct found *found)
{
    if (!has_form(in->cert->subject))
        return cert_broken(in, found, "subject",
                           "a Name that lacks CN, or both O and DC");
    return VERDICT_HOLDS;
}

enum verdict cert_check_key(const struct cert_judged *in, struct found *found)
{
    enum key_kind kind = key_kind_find(&in->cert->spki);
    unsigned bits = key_bits(&in->cert->spki);
    uint32_t allowed = in->profile->key_kinds;
    char name[64];

    if (in->role == CERT_ROLE_STATION)
        allowed |= in->profile->more_signer_keys;
    if (kind == KEY_UNKNOWN || (allowed & (1u << kind)) == 0) {
        describe_alg(&in->cert->spki.alg, name, sizeof(name));
        return cert_broken(in, found, "subjectPublicKeyInfo", "a key of %s",
                           kind == KEY_UNKNOWN ? name : key_kind_name(kind));
    }
    if ((kind == KEY_RSA || kind == KEY_RSA_PSS) &&
        (bits < in->profile->rsa_min_bits || bits > in->profile->rsa_max_bits))
        return cert_broken(in, found, "subjectPublicKeyInfo", "RSA of %u bits",
                           bits);
    return VERDICT_HOLDS;
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent } */
enum verdict cert_check_rsa_exponent(const struct cert_judged *in,
                                     struct found *found)
{
    static const uint8_t usual[] = { 1, 0, 1 };
    enum key_kind kind = key_kind_find(&in->cert->spki);
    struct der key = der_open(in->cert->spki.key, NULL), seq;
    struct span modulus, exponent;

    if (kind != KEY_RSA && kind != KEY_RSA_PSS)
        return VERDICT_HOLDS;
    if (der_enter(&key, DER_SEQUENCE, &seq) != ERR_OK ||
        der_content(&seq, DER_INTEGER, &modulus) != ERR_OK ||
        der_content(&seq, DER_INTEGER, &exponent) != ERR_OK)
        return VERDICT_CANNOT_TELL;
    return span_is_equal(exponent, SPAN_OF(usual))
               ? VERDICT_HOLDS
               : cert_broken(in, found, "subjectPublicKeyInfo",
                             "an exponent of %zu octets, not 65537",
                             exponent.len);
}

enum verdict cert_check_no_unique_ids(const struct cert_judged *in,
                                      struct found *found)
{
    return peek(in).has_unique_id
               ? cert_broken(in, found, "uniqueID", "a unique identifier")
               : VERDICT_HOLDS;
}

enum verdict cert_check_signature(const struct cert_judged *in,
                                  struct found *found)
{
    if (in->signature == KNOWN_UNKNOWN)
        return VERDICT_CANNOT_TELL;
    return in->signature == KNOWN_YES
               ? VERDICT_HOLDS
               : cert_broken(in, found, "signatureValue",
                             "does not verify under the key of its issuer");
}
