#include "asn1/x509_scene_test.h"

#include <string.h>
#include <time.h>

#include "support/der_mutate.h"

X509 *scene_decode(struct span der)
{
    const uint8_t *p = der.ptr;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);

    assert_non_null(x);
    assert_true(p == der.ptr + der.len);
    return x;
}

static void assert_bytes(struct span ours, const void *theirs, int len)
{
    assert_true(len >= 0);
    assert_int_equal(ours.len, len);
    assert_memory_equal(ours.ptr, theirs, (size_t)len);
}

/* Compares with what an i2d function made, and frees that. */
static void assert_i2d(struct span ours, unsigned char *theirs, int len)
{
    assert_bytes(ours, theirs, len);
    OPENSSL_free(theirs);
}

static void assert_octets(struct span ours, const ASN1_OCTET_STRING *theirs)
{
    assert_int_equal(!span_is_absent(ours), theirs != NULL);
    if (theirs != NULL)
        assert_bytes(ours, ASN1_STRING_get0_data(theirs),
                     ASN1_STRING_length(theirs));
}

static void assert_time(int64_t ours, const ASN1_TIME *theirs)
{
    struct tm tm;

    assert_int_equal(ASN1_TIME_to_tm(theirs, &tm), 1);
    assert_true(ours == (int64_t)timegm(&tm));
}

void scene_assert_head(const struct x509_cert *c, X509 *x)
{
    unsigned char *out = NULL;
    ASN1_INTEGER *serial = X509_get_serialNumber(x);
    const ASN1_BIT_STRING *sig;
    const X509_ALGOR *alg;
    int len;

    assert_int_equal(c->version, X509_get_version(x) + 1);
    len = i2d_ASN1_INTEGER(serial, &out);
    assert_int_equal(c->serial.len + 2, len);
    assert_memory_equal(c->serial.ptr, out + 2, c->serial.len);
    OPENSSL_free(out);
    out = NULL;
    len = i2d_X509_NAME(X509_get_issuer_name(x), &out);
    assert_i2d(c->issuer, out, len);
    out = NULL;
    len = i2d_X509_NAME(X509_get_subject_name(x), &out);
    assert_i2d(c->subject, out, len);
    assert_time(c->not_before, X509_get0_notBefore(x));
    assert_time(c->not_after, X509_get0_notAfter(x));
    out = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &out);
    assert_i2d(c->spki.der, out, len);
    out = NULL;
    len = i2d_re_X509_tbs(x, &out);
    assert_i2d(c->tbs, out, len);
    X509_get0_signature(&sig, &alg, x);
    assert_bytes(c->signature, ASN1_STRING_get0_data(sig),
                 ASN1_STRING_length(sig));
    out = NULL;
    len = i2d_X509_ALGOR(alg, &out);
    assert_i2d(c->sig_alg.der, out, len);
    assert_true(span_is_equal(c->sig_alg.der, c->tbs_alg.der));
}

void scene_assert_extensions(const struct x509_cert *c, X509 *x)
{
    assert_int_equal(c->extensions.num, X509_get_ext_count(x));
    for (size_t i = 0; i < c->extensions.num; i++) {
        const struct extension *ours = &c->extensions.list[i];
        X509_EXTENSION *theirs = X509_get_ext(x, (int)i);
        const ASN1_OBJECT *oid = X509_EXTENSION_get_object(theirs);

        assert_bytes(ours->oid, OBJ_get0_data(oid), (int)OBJ_length(oid));
        assert_int_equal(ours->id, oid_find(ours->oid));
        assert_int_equal(ours->critical, X509_EXTENSION_get_critical(theirs));
        assert_octets(ours->value, X509_EXTENSION_get_data(theirs));
    }
}

/* Key usage and purposes as OpenSSL's own masks. */
static void assert_same_usage(const struct x509_cert *c, X509 *x)
{
    static const struct {
        uint32_t ours, theirs;
    } usages[] = {
        { KU_DIGITAL_SIGNATURE, X509v3_KU_DIGITAL_SIGNATURE },
        { KU_NON_REPUDIATION, X509v3_KU_NON_REPUDIATION },
        { KU_KEY_ENCIPHERMENT, X509v3_KU_KEY_ENCIPHERMENT },
        { KU_DATA_ENCIPHERMENT, X509v3_KU_DATA_ENCIPHERMENT },
        { KU_KEY_AGREEMENT, X509v3_KU_KEY_AGREEMENT },
        { KU_KEY_CERT_SIGN, X509v3_KU_KEY_CERT_SIGN },
        { KU_CRL_SIGN, X509v3_KU_CRL_SIGN },
        { KU_ENCIPHER_ONLY, X509v3_KU_ENCIPHER_ONLY },
        { KU_DECIPHER_ONLY, X509v3_KU_DECIPHER_ONLY },
    };
    static const struct {
        enum oid ours;
        uint32_t theirs;
    } purposes[] = {
        { OID_ID_KP_SERVER_AUTH, XKU_SSL_SERVER },
        { OID_ID_KP_CLIENT_AUTH, XKU_SSL_CLIENT },
        { OID_ID_KP_EMAIL_PROTECTION, XKU_SMIME },
        { OID_ID_KP_CODE_SIGNING, XKU_CODE_SIGN },
        { OID_ID_KP_OCSP_SIGNING, XKU_OCSP_SIGN },
        { OID_ID_KP_TIME_STAMPING, XKU_TIMESTAMP },
        { OID_ANY_EXTENDED_KEY_USAGE, XKU_ANYEKU },
    };
    uint32_t theirs = X509_get_key_usage(x);

    assert_int_equal(c->has_key_usage, theirs != UINT32_MAX);
    for (size_t i = 0; i < SCENE_NUM(usages); i++) {
        bool allowed = (theirs & usages[i].theirs) != 0;

        assert_int_equal(x509_may(c, usages[i].ours), allowed);
    }
    theirs = X509_get_extended_key_usage(x);
    assert_int_equal(!span_is_absent(c->eku), theirs != UINT32_MAX);
    for (size_t i = 0; theirs != UINT32_MAX && i < SCENE_NUM(purposes); i++)
        assert_int_equal(x509_has_eku(c, purposes[i].ours),
                         (theirs & purposes[i].theirs) != 0);
}

void scene_assert_meaning(const struct x509_cert *c, X509 *x)
{
    uint32_t flags = X509_get_extension_flags(x);

    assert_int_equal(c->has_basic_constraints, (flags & EXFLAG_BCONS) != 0);
    assert_int_equal(c->is_ca, (flags & EXFLAG_CA) != 0);
    assert_int_equal(x509_is_self_issued(c), (flags & EXFLAG_SI) != 0);
    assert_int_equal(c->has_path_len, X509_get_pathlen(x) != -1);
    if (c->has_path_len)
        assert_int_equal(c->path_len, X509_get_pathlen(x));
    assert_octets(c->ski, X509_get0_subject_key_id(x));
    assert_octets(c->aki, X509_get0_authority_key_id(x));
    assert_same_usage(c, x);
}

void scene_assert_damage_refused(struct span der, struct arena *a)
{
    static const uint8_t *sites[4096];
    static const enum der_mutation mutations[] = { DER_MUT_APPEND_BYTE,
                                                   DER_MUT_APPEND_NULL };
    struct x509_cert good, c;

    assert_int_equal(x509_read(der, a, &good), ERR_OK);
    for (size_t len = 0; len < der.len; len++) {
        struct der_fail noted = { 0 };
        struct span prefix = span_of(der.ptr, len);

        assert_int_equal(x509_read_at(prefix, a, &noted, &c), ERR_BAD_DER);
        assert_true(noted.at >= der.ptr && noted.at <= der.ptr + len);
    }
    for (size_t m = 0; m < SCENE_NUM(mutations); m++) {
        size_t num =
            der_mutate_sites(der, mutations[m], sites, SCENE_NUM(sites));

        assert_in_range(num, 10, SCENE_NUM(sites));
        for (size_t i = 0; i < num; i++) {
            struct span bad = der_mutate(der, mutations[m], sites[i], a);

            /* There a NULL may stand, as the key's parameters. */
            if (mutations[m] == DER_MUT_APPEND_NULL &&
                sites[i] == good.spki.alg.der.ptr)
                continue;
            if (x509_read(bad, a, &c) == ERR_OK)
                fail_msg("a byte more in the element at %zu",
                         (size_t)(sites[i] - der.ptr));
        }
    }
}
