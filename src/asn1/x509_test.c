#include "asn1/x509_scene_test.h"

#include <string.h>

#include "support/der_text.h"
#include "support/test_pki.h"

/* --- Certificates made by OpenSSL, read by us --- */

static void check_cert(const struct test_cert *cert)
{
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    X509 *x = scene_decode(cert->der);
    struct x509_cert c;

    assert_int_equal(x509_read(cert->der, a, &c), ERR_OK);
    assert_true(c.der.ptr == cert->der.ptr && c.der.len == cert->der.len);
    scene_assert_head(&c, x);
    scene_assert_extensions(&c, x);
    scene_assert_meaning(&c, x);
    X509_free(x);
    scene_assert_damage_refused(cert->der, a);
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
          .num_extra = SCENE_NUM(many) },
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
          .num_extra = SCENE_NUM(constrained) },
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
    for (size_t i = 0; i < SCENE_NUM(specs); i++)
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
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    struct x509_cert c;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(exts); i++) {
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
        .sig_alg = der_text(SCENE_ALG, a),
        .issuer = der_text("30{31{30{06{550403} 0c{'CA'}}}}", a),
        .not_before = 1704067200,
        .not_after = 2556057600,
        .subject = der_text("30{31{30{06{550403} 0c{'bs'}}}}", a),
        .spki = der_text(SCENE_SPKI, a),
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
    ext_put_san(w, names, SCENE_NUM(names), true);
    ext_put_eku(w, purposes, SCENE_NUM(purposes));
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
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    struct tbs_cert tbs = some_tbs(a);
    struct span der = write_cert(&tbs, put_leaf_extensions, a);
    X509 *x = scene_decode(der);
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(der, a, &c), ERR_OK);
    scene_assert_head(&c, x);
    scene_assert_extensions(&c, x);
    scene_assert_meaning(&c, x);
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
    scene_assert_damage_refused(der, a);
}

static void test_writes_a_ca(void **state)
{
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    struct tbs_cert tbs = some_tbs(a);
    struct span der;
    struct x509_cert c;
    X509 *x;

    (void)state;
    tbs.subject = tbs.issuer;
    der = write_cert(&tbs, put_ca_extensions, a);
    x = scene_decode(der);
    assert_int_equal(x509_read(der, a, &c), ERR_OK);
    scene_assert_head(&c, x);
    scene_assert_meaning(&c, x);
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
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    struct tbs_cert tbs = some_tbs(a);
    struct span der = write_cert(&tbs, put_nothing, a);
    X509 *x = scene_decode(der);
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(der, a, &c), ERR_OK);
    scene_assert_head(&c, x);
    assert_int_equal(c.extensions.num, 0);
    assert_false(x509_is_self_issued(&c));
    X509_free(x);
}

/* From what was read of an OpenSSL certificate, the same bytes again. */
static void test_writes_what_it_read(void **state)
{
    AUTO(test_pki) pki = test_pki_new();
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
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
        cmocka_unit_test(test_writes_a_leaf),
        cmocka_unit_test(test_writes_a_ca),
        cmocka_unit_test(test_writes_without_extensions),
        cmocka_unit_test(test_writes_what_it_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
