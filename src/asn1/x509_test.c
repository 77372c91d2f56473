#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
/* Ours of the same names are enumerators; see asn1/x509.h. */
#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY

#include "asn1/x509.h"
#include "base/limits.h"
#include "support/der_mutate.h"
#include "support/der_text.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_LEN ((size_t)16 * 1024 * 1024)

/* --- Certificates made by OpenSSL, read by us, compared field by field --- */

static X509 *d2i(struct span der)
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

static void assert_same_head(const struct x509_cert *c, X509 *x)
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

static void assert_same_extensions(const struct x509_cert *c, X509 *x)
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
    for (size_t i = 0; i < NUM(usages); i++) {
        bool allowed = (theirs & usages[i].theirs) != 0;

        assert_int_equal(x509_may(c, usages[i].ours), allowed);
    }
    theirs = X509_get_extended_key_usage(x);
    assert_int_equal(!span_is_absent(c->eku), theirs != UINT32_MAX);
    for (size_t i = 0; theirs != UINT32_MAX && i < NUM(purposes); i++)
        assert_int_equal(x509_has_eku(c, purposes[i].ours),
                         (theirs & purposes[i].theirs) != 0);
}

static void assert_same_meaning(const struct x509_cert *c, X509 *x)
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

/* Every proper prefix, and a byte or a NULL too much in any element. */
static void assert_damage_is_refused(struct span der, struct arena *a)
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
    for (size_t m = 0; m < NUM(mutations); m++) {
        size_t num = der_mutate_sites(der, mutations[m], sites, NUM(sites));

        assert_in_range(num, 10, NUM(sites));
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

static void check_cert(const struct test_cert *cert)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    X509 *x = d2i(cert->der);
    struct x509_cert c;

    assert_int_equal(x509_read(cert->der, a, &c), ERR_OK);
    assert_true(c.der.ptr == cert->der.ptr && c.der.len == cert->der.len);
    assert_same_head(&c, x);
    assert_same_extensions(&c, x);
    assert_same_meaning(&c, x);
    X509_free(x);
    assert_damage_is_refused(cert->der, a);
}

static void test_reads_what_openssl_made(void **state)
{
    static const struct test_ext many[] = {
        { "authorityInfoAccess", "OCSP;URI:http://o.example/,caIssuers;"
                                 "URI:http://c.example/" },
        { "crlDistributionPoints", "URI:http://c.example/crl" },
        { "certificatePolicies", "DER:3006300406022a03" },
        { "issuerAltName", "DNS:ca.example" },
        { "1.2.3.4.5", "critical,DER:0500" },
        { "1.3.6.1.5.5.7.1.34", "DER:30051603616d66" },
    };
    static const struct test_ext constrained[] = {
        { "nameConstraints", "critical,permitted;DNS:.example" },
        { "policyConstraints", "critical,requireExplicitPolicy:0" },
        { "inhibitAnyPolicy", "critical,1" },
    };
    AUTO(test_pki) pki = test_pki_new();
    const struct test_cert *root = test_cert_make(
        pki, &(struct test_cert_spec){ .subject = "CN=Root,O=Example,C=DE",
                                       .ca = true });
    const struct test_cert_spec specs[] = {
        { .subject = "CN=bs-1,O=Example",
          .issuer = root,
          .eku = "serverAuth,clientAuth,1.3.6.1.5.5.7.3.17",
          .san = "DNS:bs.example,IP:192.0.2.1,URI:urn:x,email:a@b,RID:1.2.3,"
                 "otherName:1.2.3;UTF8:x",
          .extra = many,
          .num_extra = NUM(many) },
        { .subject = NULL, .issuer = root, .san = "critical,DNS:bs.example" },
        { .subject = "CN=plain",
          .key_usage = "",
          .basic_constraints = "",
          .no_key_ids = true },
        { .subject = "CN=ku",
          .key_usage = "nonRepudiation,keyEncipherment,dataEncipherment,"
                       "keyAgreement,encipherOnly,decipherOnly",
          .eku = "critical,anyExtendedKeyUsage,codeSigning,OCSPSigning,"
                 "timeStamping,emailProtection" },
        { .subject = "CN=sub",
          .issuer = root,
          .ca = true,
          .basic_constraints = "critical,CA:TRUE,pathlen:1",
          .extra = constrained,
          .num_extra = NUM(constrained) },
        { .subject = "CN=far",
          .not_before = -631152000,
          .not_after = 253402300799 },
        { .subject = "CN=serial", .serial = 0xfedcba9876543210 },
        { .subject = "CN=rsa", .key = test_key_make(pki, "RSA:2048") },
        { .subject = "CN=pss",
          .key = test_key_make(pki, "RSA:2048"),
          .pss = true,
          .md = "SHA384" },
        { .subject = "CN=ed", .key = test_key_make(pki, "Ed25519") },
        { .subject = "CN=p521", .key = test_key_make(pki, "P-521") },
    };

    (void)state;
    check_cert(root);
    for (size_t i = 0; i < NUM(specs); i++)
        check_cert(test_cert_make(pki, &specs[i]));
}

static void test_notes_constraints(void **state)
{
    static const struct test_ext exts[] = {
        { "nameConstraints", "critical,permitted;DNS:.example" },
        { "policyConstraints", "requireExplicitPolicy:0" },
        { "inhibitAnyPolicy", "1" },
        { "policyMappings", "DER:300a300806022a0306022a04" },
    };
    AUTO(test_pki) pki = test_pki_new();
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct x509_cert c;

    (void)state;
    for (size_t i = 0; i < NUM(exts); i++) {
        const struct test_cert *cert = test_cert_make(
            pki, &(struct test_cert_spec){
                     .subject = "CN=a", .extra = &exts[i], .num_extra = 1 });

        assert_int_equal(x509_read(cert->der, a, &c), ERR_OK);
        assert_true(c.has_constraints);
    }
    assert_int_equal(
        x509_read(
            test_cert_make(pki, &(struct test_cert_spec){ .subject = "CN=a" })
                ->der,
            a, &c),
        ERR_OK);
    assert_false(c.has_constraints);
    assert_false(x509_has_eku(&c, OID_ID_KP_CMC_RA));
}

/* --- Certificates put together from parts, good ones beside bad ones --- */

#define ALG "30{06{2a8648ce3d040302}}"
#define SPKI "30{30{06{2b6570}} 03{00 *32(01)}}"
#define TIMES "30{17{'240101000000Z'} 17{'340101000000Z'}}"
#define EXT "30{06{2a03} 04{0500}}"

struct parts {
    const char *name;
    enum err err;
    /* What is NULL has the usual content. */
    const char *version, *serial, *alg, *issuer, *validity, *subject, *spki,
        *rest, *outer_alg, *signature;
};

static const char *or_else(const char *given, const char *usual)
{
    return given != NULL ? given : usual;
}

static struct span build(const struct parts *p, struct arena *a)
{
    const char *text = arena_printf(
        a, "30{30{%s %s %s %s %s %s %s %s} %s %s}",
        or_else(p->version, "a0{020102}"), or_else(p->serial, "020101"),
        or_else(p->alg, ALG), or_else(p->issuer, "30{}"),
        or_else(p->validity, TIMES), or_else(p->subject, "30{}"),
        or_else(p->spki, SPKI), or_else(p->rest, ""),
        or_else(p->outer_alg, ALG), or_else(p->signature, "03{00 01}"));

    assert_non_null(text);
    return der_text(text, a);
}

/* clang-format off */
static const struct parts parts_cases[] = {
    { "as it should be", ERR_OK },
    { "v1", ERR_OK, .version = "" },
    { "v2", ERR_OK, .version = "a0{020101}" },
    { "v2 with ids", ERR_OK, .version = "a0{020101}",
      .rest = "81{00 ff} 82{04 f0}" },
    { "v3 with ids and extensions", ERR_OK,
      .rest = "81{00 ff} 82{04 f0} a3{30{" EXT "}}" },
    { "v3 with the second id", ERR_OK, .rest = "82{04 f0}" },
    { "v1 encoded", ERR_BAD_DER, .version = "a0{020100}" },
    { "v4", ERR_BAD_DER, .version = "a0{020103}" },
    { "version below 0", ERR_BAD_DER, .version = "a0{0201ff}" },
    { "version twice", ERR_BAD_DER, .version = "a0{020102 020102}" },
    { "version without content", ERR_BAD_DER, .version = "a0{}" },
    { "ids in v1", ERR_BAD_DER, .version = "", .rest = "81{00 ff}" },
    { "extensions in v1", ERR_BAD_DER, .version = "",
      .rest = "a3{30{" EXT "}}" },
    { "extensions in v2", ERR_BAD_DER, .version = "a0{020101}",
      .rest = "a3{30{" EXT "}}" },
    { "ids in the wrong order", ERR_BAD_DER, .rest = "82{00 ff} 81{00 ff}" },
    { "constructed id", ERR_BAD_DER, .rest = "a1{03{00 ff}}" },
    { "id with bad padding", ERR_BAD_DER, .rest = "81{04 ff}" },
    { "serial 0", ERR_OK, .serial = "020100" },
    { "serial of 32 octets", ERR_OK, .serial = "02{*32(01)}" },
    { "serial of 33 octets", ERR_LIMIT, .serial = "02{*33(01)}" },
    { "serial below 0", ERR_BAD_DER, .serial = "020180" },
    { "serial padded", ERR_BAD_DER, .serial = "02020001" },
    { "no serial", ERR_BAD_DER, .serial = "" },
    { "algorithms that differ", ERR_BAD_DER,
      .outer_alg = "30{06{2a8648ce3d040303}}" },
    { "algorithms that differ in NULL", ERR_BAD_DER,
      .outer_alg = "30{06{2a8648ce3d040302} 0500}" },
    { "algorithm empty", ERR_BAD_DER, .alg = "30{}" },
    { "issuer no name", ERR_BAD_DER, .issuer = "31{}" },
    { "subject no name", ERR_BAD_DER, .subject = "30{0500}" },
    { "GeneralizedTime before 2050", ERR_OK,
      .validity = "30{18{'20240101000000Z'} 18{'99991231235959Z'}}" },
    { "notAfter before notBefore", ERR_OK,
      .validity = "30{17{'340101000000Z'} 17{'240101000000Z'}}" },
    { "no notAfter", ERR_BAD_DER, .validity = "30{17{'240101000000Z'}}" },
    { "no day", ERR_BAD_DER,
      .validity = "30{17{'230229000000Z'} 17{'340101000000Z'}}" },
    { "third time", ERR_BAD_DER, .validity =
      "30{17{'240101000000Z'} 17{'340101000000Z'} 17{'340101000000Z'}}" },
    { "key cut short", ERR_BAD_DER, .spki = "30{30{06{2b6570}}}" },
    { "extensions empty", ERR_BAD_DER, .rest = "a3{30{}}" },
    { "extensions without list", ERR_BAD_DER, .rest = "a3{}" },
    { "extensions with more behind", ERR_BAD_DER,
      .rest = "a3{30{" EXT "} 0500}" },
    { "extensions twice", ERR_BAD_DER,
      .rest = "a3{30{" EXT "}} a3{30{" EXT "}}" },
    { "49 extensions", ERR_LIMIT, .rest = "a3{30{*49(" EXT ")}}" },
    { "unknown field", ERR_BAD_DER, .rest = "a4{0500}" },
    { "signature with unused bits", ERR_BAD_DER, .signature = "03{04 f0}" },
    { "signature missing", ERR_BAD_DER, .signature = "" },
    { "more behind the signature", ERR_BAD_DER,
      .signature = "03{00 01} 0500" },
};
/* clang-format on */

static void test_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(parts_cases); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        struct span der = build(&parts_cases[i], a);
        struct x509_cert c = { .version = 77 };
        struct der_fail noted = { 0 };
        enum err e = x509_read_at(der, a, &noted, &c);

        if (e != parts_cases[i].err)
            fail_msg("%s: %s at %s", parts_cases[i].name, err_name(e),
                     noted.path);
        assert_int_equal(noted.at != NULL, e != ERR_OK);
        if (e != ERR_OK)
            assert_int_equal(c.version, 77);
    }
}

static void test_names_the_field(void **state)
{
    static const struct {
        struct parts parts;
        const char *path;
    } cases[] = {
        { { .version = "a0{020100}" }, "tbsCertificate.version" },
        { { .serial = "0200" }, "tbsCertificate.serialNumber" },
        { { .subject = "30{31{}}" }, "tbsCertificate.subject[0]" },
        { { .validity = "30{0500}" }, "tbsCertificate.validity.notBefore" },
        { { .outer_alg = "30{06{2a03}}" }, "signatureAlgorithm" },
        { { .signature = "0500" }, "signatureValue" },
        { { .rest = "a3{30{30{06{551d0f} 04{0500}}}}" },
          "tbsCertificate.extensions[0].id-ce-keyUsage" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        struct der_fail noted = { 0 };
        struct x509_cert c;

        assert_int_equal(x509_read_at(build(&cases[i].parts, a), a, &noted, &c),
                         ERR_BAD_DER);
        assert_string_equal(noted.path, cases[i].path);
    }
}

/* --- The extensions that are judged --- */

#define KU "551d0f"
#define BC "551d13"
#define SKI "551d0e"
#define AKI "551d23"
#define SAN "551d11"
#define EKU "551d25"

static const struct {
    const char *oid, *value;
    enum err err;
} ext_cases[] = {
    { KU, "03020780", ERR_OK },
    { KU, "03030780 80", ERR_OK },
    { KU, "030100", ERR_OK },
    { KU, "03020080", ERR_BAD_DER },
    { KU, "03020780 00", ERR_BAD_DER },
    { KU, "0306000000000001", ERR_LIMIT },
    { KU, "0500", ERR_BAD_DER },
    { KU, "", ERR_BAD_DER },
    { BC, "30{}", ERR_OK },
    { BC, "30{0101ff}", ERR_OK },
    { BC, "30{0101ff 020100}", ERR_OK },
    { BC, "30{020100}", ERR_OK },
    { BC, "30{010100}", ERR_BAD_DER },
    { BC, "30{0101ff 0201ff}", ERR_BAD_DER },
    { BC, "30{0101ff 02{*9(01)}}", ERR_LIMIT },
    { BC, "30{0101ff 020100 0500}", ERR_BAD_DER },
    { BC, "30{020100 0101ff}", ERR_BAD_DER },
    { BC, "30{} 00", ERR_BAD_DER },
    { BC, "0500", ERR_BAD_DER },
    { SKI, "04{*64(01)}", ERR_OK },
    { SKI, "04{}", ERR_OK },
    { SKI, "04{*65(01)}", ERR_LIMIT },
    { SKI, "04{01} 00", ERR_BAD_DER },
    { SKI, "0500", ERR_BAD_DER },
    { AKI, "30{}", ERR_OK },
    { AKI, "30{80{01}}", ERR_OK },
    { AKI, "30{80{01} a1{82{'a'}} 82{01}}", ERR_OK },
    { AKI, "30{a1{a4{30{}}} 82{01}}", ERR_OK },
    { AKI, "30{80{*65(01)}}", ERR_LIMIT },
    { AKI, "30{a1{82{'a'}}}", ERR_BAD_DER },
    { AKI, "30{80{01} 82{01}}", ERR_BAD_DER },
    { AKI, "30{a1{} 82{01}}", ERR_BAD_DER },
    { AKI, "30{a1{89{}} 82{01}}", ERR_BAD_DER },
    { AKI, "30{a1{82{'a'}} 82{81}}", ERR_BAD_DER },
    { AKI, "30{a1{82{'a'}} 82{*33(01)}}", ERR_LIMIT },
    { AKI, "30{80{01} 0500}", ERR_BAD_DER },
    { AKI, "30{80{01}} 00", ERR_BAD_DER },
    { AKI, "0500", ERR_BAD_DER },
    { SAN, "30{82{'a'}}", ERR_OK },
    { SAN, "30{82{'a'} a4{30{}}}", ERR_OK },
    { SAN, "30{}", ERR_BAD_DER },
    { SAN, "30{82{ff}}", ERR_BAD_DER },
    { SAN, "30{82{'a'} 0500}", ERR_BAD_DER },
    { SAN, "30{82{'a'}} 00", ERR_BAD_DER },
    { SAN, "30{*65(82{'a'})}", ERR_LIMIT },
    { SAN, "0500", ERR_BAD_DER },
    { EKU, "30{06{2a03}}", ERR_OK },
    { EKU, "30{06{2a03} 06{2a04}}", ERR_OK },
    { EKU, "30{}", ERR_BAD_DER },
    { EKU, "30{06{2a03} 0500}", ERR_BAD_DER },
    { EKU, "30{06{2a80}}", ERR_BAD_DER },
    { EKU, "30{06{2a03}} 00", ERR_BAD_DER },
    { EKU, "0500", ERR_BAD_DER },
    /* not judged: any bytes */
    { "2a03", "ff", ERR_OK },
    { "551d1e", "ff", ERR_OK },
};

static void test_extension_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(ext_cases); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        const char *text = arena_printf(a, "a3{30{30{06{%s} 04{%s}}}}",
                                        ext_cases[i].oid, ext_cases[i].value);
        struct parts parts = { .rest = text };
        struct x509_cert c;
        enum err e = x509_read(build(&parts, a), a, &c);

        if (e != ext_cases[i].err)
            fail_msg("%s %s: %s", ext_cases[i].oid, ext_cases[i].value,
                     err_name(e));
    }
}

static void test_same_extension_twice(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct parts parts = { .rest = "a3{30{30{06{551d0f} 04{03020780}}"
                                   " 30{06{551d0f} 04{03020780}}}}" };
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(build(&parts, a), a, &c), ERR_BAD_DER);
}

static void test_no_memory(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    AUTO(arena) small = arena_new(16);
    struct parts parts = { .rest = "a3{30{" EXT "}}" };
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(build(&parts, a), small, &c), ERR_NO_MEM);
}

/* An extKeyUsage that no certificate can have is no permission. */
static void test_has_eku_of_anything(void **state)
{
    static const char *const values[] = { "0500", "30{0500}", "30{}", "" };

    (void)state;
    for (size_t i = 0; i < NUM(values); i++) {
        AUTO(arena) a = arena_new(4096);
        struct x509_cert c = { .eku = der_text(values[i], a) };

        assert_false(x509_has_eku(&c, OID_ID_KP_CMC_RA));
    }
}

/* --- What we write, OpenSSL reads --- */

/* Writes this certificate; the extensions come from `put`. */
static struct span write_cert(struct tbs_cert *tbs,
                              void (*put)(struct der_writer *w),
                              struct arena *a)
{
    struct der_writer w;
    struct span out;

    der_writer_init(&w, a, 16);
    put(&w);
    assert_int_equal(der_finish(&w, &tbs->extensions), ERR_OK);
    der_writer_init(&w, a, 512);
    tbs_cert_put(&w, tbs);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    der_writer_init(&w, a, 512);
    signed_put(&w, out, tbs->sig_alg, SPAN_LIT("\xaa\xbb"));
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    return out;
}

static struct tbs_cert some_tbs(struct arena *a)
{
    struct tbs_cert tbs = {
        .serial = SPAN_LIT("\xfe\xdc\xba"),
        .sig_alg = der_text(ALG, a),
        .issuer = der_text("30{31{30{06{550403} 0c{'CA'}}}}", a),
        .not_before = 1704067200,
        .not_after = 2556057600,
        .subject = der_text("30{31{30{06{550403} 0c{'bs'}}}}", a),
        .spki = der_text(SPKI, a),
    };

    return tbs;
}

static void put_leaf_extensions(struct der_writer *w)
{
    static const enum oid purposes[] = { OID_ID_KP_SERVER_AUTH,
                                         OID_ID_KP_IPSEC_IKE };
    const struct general_name names[] = {
        { .type = GN_DNS, .value = SPAN_LIT("bs.example") },
        { .type = GN_IP, .value = SPAN_LIT("\xc0\x00\x02\x01") },
        { .type = GN_DIRECTORY, .value = SPAN_LIT("\x30\x00") },
    };

    ext_put(w, OID_ID_PE_NFTYPE, false, SPAN_LIT("\x30\x05\x16\x03\x61mf"));
    ext_put_crl_url(w, SPAN_LIT("http://c.example/crl"));
    ext_put_san(w, names, NUM(names), true);
    ext_put_eku(w, purposes, NUM(purposes));
    ext_put_aki(w, SPAN_LIT("\x03\x04"));
    ext_put_ski(w, SPAN_LIT("\x01\x02"));
    ext_put_basic_constraints(w, false, -1);
    ext_put_key_usage(w, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT);
}

static void put_ca_extensions(struct der_writer *w)
{
    ext_put_basic_constraints(w, true, 0);
    ext_put_key_usage(w, KU_KEY_CERT_SIGN | KU_CRL_SIGN | KU_DECIPHER_ONLY);
}

static void put_nothing(struct der_writer *w)
{
    (void)w;
}

static void assert_ext_text(X509 *x, int nid, bool critical, const char *want)
{
    X509_EXTENSION *ext = X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1));
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;

    assert_non_null(ext);
    assert_int_equal(X509_EXTENSION_get_critical(ext), critical);
    assert_int_equal(X509V3_EXT_print(bio, ext, 0, 0), 1);
    BIO_write(bio, "", 1);
    BIO_get_mem_data(bio, &text);
    if (strstr(text, want) == NULL)
        fail_msg("\"%s\", not \"%s\"", text, want);
    BIO_free(bio);
}

static void test_writes_a_leaf(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct tbs_cert tbs = some_tbs(a);
    struct span der = write_cert(&tbs, put_leaf_extensions, a);
    X509 *x = d2i(der);
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(der, a, &c), ERR_OK);
    assert_same_head(&c, x);
    assert_same_extensions(&c, x);
    assert_same_meaning(&c, x);
    assert_int_equal(c.version, 3);
    assert_true(span_is_equal(c.serial, SPAN_LIT("\x00\xfe\xdc\xba")));
    assert_true(c.not_before == tbs.not_before);
    assert_true(c.not_after == tbs.not_after);
    assert_int_equal(c.extensions.num, 8);
    assert_ext_text(x, NID_key_usage, true, "Digital Signature, Key Agreement");
    assert_ext_text(x, NID_basic_constraints, true, "CA:FALSE");
    assert_ext_text(x, NID_subject_key_identifier, false, "01:02");
    assert_ext_text(x, NID_authority_key_identifier, false, "03:04");
    assert_ext_text(x, NID_ext_key_usage, false,
                    "TLS Web Server Authentication, ipsec Internet Key");
    assert_ext_text(x, NID_subject_alt_name, true,
                    "DNS:bs.example, IP Address:192.0.2.1, DirName:");
    assert_ext_text(x, NID_crl_distribution_points, false,
                    "URI:http://c.example/crl");
    assert_true(x509_has_eku(&c, OID_ID_KP_IPSEC_IKE));
    assert_false(x509_has_eku(&c, OID_ID_KP_CMC_RA));
    X509_free(x);
    assert_damage_is_refused(der, a);
}

static void test_writes_a_ca(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct tbs_cert tbs = some_tbs(a);
    struct span der;
    struct x509_cert c;
    X509 *x;

    (void)state;
    tbs.subject = tbs.issuer;
    der = write_cert(&tbs, put_ca_extensions, a);
    x = d2i(der);
    assert_int_equal(x509_read(der, a, &c), ERR_OK);
    assert_same_head(&c, x);
    assert_same_meaning(&c, x);
    assert_ext_text(x, NID_basic_constraints, true, "CA:TRUE, pathlen:0");
    assert_ext_text(x, NID_key_usage, true,
                    "Certificate Sign, CRL Sign, Decipher Only");
    assert_true(x509_is_self_issued(&c));
    assert_true(x509_may(&c, KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    assert_false(x509_may(&c, KU_KEY_CERT_SIGN | KU_DIGITAL_SIGNATURE));
    X509_free(x);
}

static void test_writes_without_extensions(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct tbs_cert tbs = some_tbs(a);
    struct span der = write_cert(&tbs, put_nothing, a);
    X509 *x = d2i(der);
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(der, a, &c), ERR_OK);
    assert_same_head(&c, x);
    assert_int_equal(c.extensions.num, 0);
    assert_false(x509_is_self_issued(&c));
    X509_free(x);
}

/* From what was read of an OpenSSL certificate, the same bytes again. */
static void test_writes_what_it_read(void **state)
{
    AUTO(test_pki) pki = test_pki_new();
    AUTO(arena) a = arena_new(ARENA_LEN);
    const struct test_cert *cert = test_cert_make(
        pki, &(struct test_cert_spec){
                 .subject = "CN=a", .eku = "clientAuth", .san = "DNS:x" });
    struct der_writer w;
    struct tbs_cert tbs;
    struct x509_cert c;
    struct span out;

    (void)state;
    assert_int_equal(x509_read(cert->der, a, &c), ERR_OK);
    der_writer_init(&w, a, 0);
    extensions_put_content(&w, &c.extensions);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    tbs =
        (struct tbs_cert){ c.serial,    c.tbs_alg.der, c.issuer,   c.not_before,
                           c.not_after, c.subject,     c.spki.der, out };
    der_writer_init(&w, a, 0);
    tbs_cert_put(&w, &tbs);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, c.tbs));
    der_writer_init(&w, a, 0);
    signed_put(&w, c.tbs, c.sig_alg.der, c.signature);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, cert->der));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_openssl_made),
        cmocka_unit_test(test_notes_constraints),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_names_the_field),
        cmocka_unit_test(test_extension_values),
        cmocka_unit_test(test_same_extension_twice),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_has_eku_of_anything),
        cmocka_unit_test(test_writes_a_leaf),
        cmocka_unit_test(test_writes_a_ca),
        cmocka_unit_test(test_writes_without_extensions),
        cmocka_unit_test(test_writes_what_it_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
