#include "ca/scene_test.h"

#include <stdio.h>
#include <stdlib.h>

static const enum oid purposes[] = { OID_ID_KP_CLIENT_AUTH,
                                     OID_ID_KP_IPSEC_IKE };
static const struct ca_shape_options plain_shape = {
    .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT,
    .eku = purposes,
    .num_eku = SCENE_NUM(purposes),
    .validity = TEST_YEAR,
    .backdate = 600,
};

/* The key identifier of this key, as OpenSSL prints it. */
static void key_id_text(struct scene *s, struct span spki, const char *before,
                        char *out, size_t size)
{
    uint8_t id[CA_KEY_ID_LEN];
    struct spki key = scene_spki(spki);
    int len = snprintf(out, size, "%s", before);

    assert_int_equal(hash_key_id(s->cx, &key, id, &s->f), ERR_OK);
    for (size_t i = 0; i < sizeof(id); i++)
        len += snprintf(out + len, size - (size_t)len, "%s%02X",
                        i > 0 ? ":" : "", id[i]);
}

static void test_certificate_says_what_was_asked(void **state)
{
    static const struct {
        const char *subject;
        bool has_san;
        const char *san;
    } cases[] = {
        { "CN=bs-1.acme,O=Operator", false, NULL },
        { "CN=bs-1.acme,O=Operator", true,
          "DNS:bs-1.ran.example, IP Address:192.0.2.1" },
        { "", true, "critical, DNS:bs-1.ran.example, IP Address:192.0.2.1" },
    };
    static const struct general_name san[] = {
        { .type = GN_DNS, .value = SPAN_LIT("bs-1.ran.example") },
        { .type = GN_IP, .value = SPAN_LIT("\xc0\x00\x02\x01") },
    };
    AUTO(ca_shape) shape = NULL;
    struct scene s;
    const struct test_key *key;
    char ski[100], aki[100];

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    key = test_key_make(s.pki, "P-256");
    key_id_text(&s, test_key_spki(key), "", ski, sizeof(ski));
    key_id_text(&s, test_key_spki(s.cert->key), "", aki, sizeof(aki));
    assert_int_equal(ca_shape_new(s.ca, &plain_shape, &shape, &s.f), ERR_OK);
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct ca_request request = {
            .subject = scene_name(&s, cases[i].subject),
            .public_key = scene_spki(test_key_spki(key)),
            .san = san,
            .num_san = cases[i].has_san ? SCENE_NUM(san) : 0,
        };
        struct ca_certificate made;
        struct span spki;
        unsigned char *der = NULL;
        X509 *x, *issuer;
        BIGNUM *serial;
        uint8_t octets[CA_SERIAL_LEN];

        assert_int_equal(ca_issue(s.ca, shape, &request, TEST_NOW, 0, s.cx,
                                  s.arena, &made, &s.f),
                         ERR_OK);
        x = scene_decode(made.der);
        issuer = scene_decode(s.cert->der);
        assert_int_equal(X509_get_version(x), X509_VERSION_3);
        assert_int_equal(X509_verify(x, X509_get0_pubkey(issuer)), 1);
        assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(x),
                                       X509_get_subject_name(issuer)),
                         0);
        spki.len = (size_t)i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
        spki.ptr = der;
        assert_true(span_is_equal(spki, test_key_spki(key)));
        OPENSSL_free(der);
        der = NULL;
        spki.len = (size_t)i2d_X509_NAME(X509_get_subject_name(x), &der);
        spki.ptr = der;
        assert_true(span_is_equal(spki, request.subject));
        OPENSSL_free(der);
        serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
        assert_int_equal(BN_num_bytes(serial), CA_SERIAL_LEN);
        BN_bn2bin(serial, octets);
        assert_true(span_is_equal(SPAN_OF(octets), made.serial));
        BN_free(serial);
        assert_int_equal(made.not_before, TEST_NOW - 600);
        assert_int_equal(made.not_after, TEST_NOW + TEST_YEAR);
        assert_int_equal(scene_seconds(X509_get0_notBefore(x)),
                         made.not_before);
        assert_int_equal(scene_seconds(X509_get0_notAfter(x)), made.not_after);

        assert_int_equal(X509_get_ext_count(x), cases[i].has_san ? 6 : 5);
        scene_assert_ext(x, NID_subject_key_identifier, ski);
        scene_assert_ext(x, NID_authority_key_identifier, aki);
        scene_assert_ext(x, NID_key_usage,
                         "critical, Digital Signature, Key Agreement");
        scene_assert_ext(x, NID_ext_key_usage,
                         "TLS Web Client Authentication, ipsec Internet Key "
                         "Exchange");
        scene_assert_ext(x, NID_crl_distribution_points,
                         "Full Name:   URI:" SCENE_CRL_URL);
        scene_assert_ext(x, NID_basic_constraints, NULL);
        scene_assert_ext(x, NID_subject_alt_name, cases[i].san);
        assert_int_equal(scene_verify(made.der, NULL, 0, s.cert->der, TEST_NOW),
                         X509_V_OK);
        X509_free(x);
        X509_free(issuer);
    }
    scene_done(&s);
}

static void test_every_kind_of_ca_key_signs(void **state)
{
    static const char *const kinds[] = { "P-256",    "P-384",   "P-521",
                                         "RSA:2048", "Ed25519", "Ed448" };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(kinds); i++) {
        AUTO(ca_shape) shape = NULL;
        struct ca_certificate made;
        struct ca_request request;
        struct scene s;
        int result;

        scene_init_ca(&s, kinds[i], NULL);
        request = (struct ca_request){
            .subject = scene_name(&s, "CN=bs-1"),
            .public_key = scene_new_key(&s),
        };
        assert_int_equal(ca_shape_new(s.ca, &plain_shape, &shape, &s.f),
                         ERR_OK);
        assert_int_equal(ca_issue(s.ca, shape, &request, TEST_NOW, 0, s.cx,
                                  s.arena, &made, &s.f),
                         ERR_OK);
        result = scene_verify(made.der, NULL, 0, s.cert->der, TEST_NOW);
        if (result != X509_V_OK)
            fail_msg("%s: %s", kinds[i], X509_verify_cert_error_string(result));
        scene_done(&s);
    }
}

/* A key as a CertTemplate has it, its tag replaced, is put together anew. */
static void test_key_without_its_tag(void **state)
{
    AUTO(ca_shape) shape = NULL;
    struct ca_certificate made;
    struct ca_request request;
    struct x509_cert cert;
    struct scene s;
    struct span spki;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    spki = test_key_spki(test_key_make(s.pki, "RSA:2048"));
    request = (struct ca_request){ .subject = scene_name(&s, "CN=bs-1"),
                                   .public_key = scene_spki(spki) };
    request.public_key.der = SPAN_NONE;
    assert_int_equal(ca_shape_new(s.ca, &plain_shape, &shape, &s.f), ERR_OK);
    assert_int_equal(ca_issue(s.ca, shape, &request, TEST_NOW, 0, s.cx, s.arena,
                              &made, &s.f),
                     ERR_OK);
    assert_int_equal(x509_read(made.der, s.arena, &cert), ERR_OK);
    assert_true(span_is_equal(cert.spki.der, spki));
    scene_done(&s);
}

static void test_validity_stays_within_the_issuers(void **state)
{
    const int64_t begin = TEST_NOW - 10 * TEST_YEAR;
    const int64_t end = TEST_NOW + 10 * TEST_YEAR;
    const struct {
        int64_t now, validity, backdate;
        enum err err;
        int64_t not_before, not_after;
    } cases[] = {
        { TEST_NOW, 100, 7, ERR_OK, TEST_NOW - 7, TEST_NOW + 100 },
        { TEST_NOW, 11 * TEST_YEAR, 0, ERR_OK, TEST_NOW, end },
        { TEST_NOW, INT64_MAX, 0, ERR_OK, TEST_NOW, end },
        { TEST_NOW, 100, 11 * TEST_YEAR, ERR_OK, begin, TEST_NOW + 100 },
        { begin, 100, 7, ERR_OK, begin, begin + 100 },
        { end, 100, 7, ERR_OK, end - 7, end },
        { end + 1, 100, 7, ERR_CONFIG, 0, 0 },
        { begin - 1, 100, 7, ERR_CONFIG, 0, 0 },
    };
    struct ca_shape_options options = plain_shape;
    struct ca_request request;
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    assert_int_equal(ca_not_after(s.ca), end);
    request = (struct ca_request){
        .subject = scene_name(&s, "CN=bs-1"),
        .public_key = scene_new_key(&s),
    };
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        AUTO(ca_shape) shape = NULL;
        struct ca_certificate made;

        options.validity = cases[i].validity;
        options.backdate = cases[i].backdate;
        assert_int_equal(ca_shape_new(s.ca, &options, &shape, &s.f), ERR_OK);
        assert_int_equal(ca_issue(s.ca, shape, &request, cases[i].now, 0, s.cx,
                                  s.arena, &made, &s.f),
                         cases[i].err);
        if (cases[i].err != ERR_OK)
            continue;
        assert_int_equal(made.not_before, cases[i].not_before);
        assert_int_equal(made.not_after, cases[i].not_after);
    }
    scene_done(&s);
}

/* A wish for a shorter time: from TEST_NOW - 7 to TEST_NOW + 100 at most. */
static void test_requested_validity(void **state)
{
    const struct {
        int64_t not_before, not_after;
        int64_t from, until; /* relative to TEST_NOW */
    } cases[] = {
        { 0, 0, -7, 100 },
        { 0, TEST_NOW + 50, -7, 50 },
        { 0, TEST_NOW + 1, -7, 1 },
        { 0, TEST_NOW, -7, 100 },
        { 0, TEST_NOW - 1, -7, 100 },
        { 0, 1, -7, 100 },
        { 0, TEST_NOW + 100, -7, 100 },
        { 0, TEST_NOW + 101, -7, 100 },
        { TEST_NOW - 8, 0, -7, 100 },
        { TEST_NOW - 6, 0, -6, 100 },
        { TEST_NOW + 40, 0, 40, 100 },
        { TEST_NOW + 40, TEST_NOW + 50, 40, 50 },
        { TEST_NOW + 50, TEST_NOW + 40, -7, 100 },
        { TEST_NOW + 100, 0, -7, 100 },
        { INT64_MAX, 0, -7, 100 },
        { 0, INT64_MAX, -7, 100 },
        { 0, INT64_MIN, -7, 100 },
    };
    struct ca_shape_options options = plain_shape;
    AUTO(ca_shape) shape = NULL;
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    options.validity = 100;
    options.backdate = 7;
    assert_int_equal(ca_shape_new(s.ca, &options, &shape, &s.f), ERR_OK);
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct ca_request request = {
            .subject = scene_name(&s, "CN=bs-1"),
            .public_key = scene_new_key(&s),
            .not_before = cases[i].not_before,
            .not_after = cases[i].not_after,
        };
        struct ca_certificate made;

        assert_int_equal(ca_issue(s.ca, shape, &request, TEST_NOW, 0, s.cx,
                                  s.arena, &made, &s.f),
                         ERR_OK);
        assert_int_equal(made.not_before, TEST_NOW + cases[i].from);
        assert_int_equal(made.not_after, TEST_NOW + cases[i].until);
    }
    scene_done(&s);
}

static void test_nameless_request_is_refused(void **state)
{
    AUTO(ca_shape) shape = NULL;
    struct ca_certificate made;
    struct ca_request request;
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    request = (struct ca_request){
        .subject = scene_name(&s, ""),
        .public_key = scene_new_key(&s),
    };
    assert_int_equal(ca_shape_new(s.ca, &plain_shape, &shape, &s.f), ERR_OK);
    assert_int_equal(ca_issue(s.ca, shape, &request, TEST_NOW, 0, s.cx, s.arena,
                              &made, &s.f),
                     ERR_BAD_CERT_TEMPLATE);
    assert_string_equal(s.f.clause, "RFC 5280, 4.1.2.6");
    scene_done(&s);
}

static int compare_serials(const void *a, const void *b)
{
    return memcmp(a, b, CA_SERIAL_LEN);
}

/* Positive, of 20 octets, never the same: also where seconds need the top
 * bit, and where their top octets are zero. */
static void test_serials(void **state)
{
    static const int64_t times[] = { TEST_NOW,    0,          1,
                                     0x7fffffff,  0x80000000, 0xffffffff,
                                     0x100000000, -1 };
    const size_t num = 100000;
    uint8_t(*all)[CA_SERIAL_LEN] = malloc(num * CA_SERIAL_LEN);
    uint8_t one[CA_SERIAL_LEN];
    struct scene s;

    (void)state;
    assert_non_null(all);
    scene_init(&s);
    for (size_t i = 0; i < SCENE_NUM(times); i++) {
        assert_int_equal(serial_make(s.cx, times[i], one, &s.f), ERR_OK);
        assert_in_range(one[0], 0x40, 0x7f);
    }
    for (size_t i = 0; i < num; i++)
        assert_int_equal(serial_make(s.cx, TEST_NOW, all[i], &s.f), ERR_OK);
    qsort(all, num, CA_SERIAL_LEN, compare_serials);
    for (size_t i = 1; i < num; i++)
        assert_true(memcmp(all[i - 1], all[i], CA_SERIAL_LEN) != 0);
    free(all);
    scene_done(&s);
}

static void test_shape_refusals(void **state)
{
    static const enum oid reserved[] = {
        OID_ID_KP_CMC_CA, OID_ID_KP_CMC_RA,       OID_ID_KP_CMC_ARCHIVE,
        OID_ID_KP_CM_KGA, OID_ID_KP_OCSP_SIGNING, OID_ANY_EXTENDED_KEY_USAGE,
    };
    static const struct ca_shape_options cases[] = {
        { .key_usage = 0, .validity = 1 },
        { .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN, .validity = 1 },
        { .key_usage = KU_CRL_SIGN, .validity = 1 },
        { .key_usage = KU_DIGITAL_SIGNATURE, .validity = 0 },
        { .key_usage = KU_DIGITAL_SIGNATURE, .validity = -1 },
        { .key_usage = KU_DIGITAL_SIGNATURE, .validity = 1, .backdate = -1 },
    };
    struct ca_shape *shape = NULL;
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    for (size_t i = 0; i < SCENE_NUM(cases); i++)
        assert_int_equal(ca_shape_new(s.ca, &cases[i], &shape, &s.f),
                         ERR_CONFIG);
    for (size_t i = 0; i < SCENE_NUM(reserved); i++) {
        enum oid list[] = { OID_ID_KP_CLIENT_AUTH, reserved[i] };
        struct ca_shape_options options = plain_shape;

        options.eku = list;
        options.num_eku = 2;
        assert_int_equal(ca_shape_new(s.ca, &options, &shape, &s.f),
                         ERR_CONFIG);
    }
    assert_null(shape);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_says_what_was_asked),
        cmocka_unit_test(test_every_kind_of_ca_key_signs),
        cmocka_unit_test(test_key_without_its_tag),
        cmocka_unit_test(test_validity_stays_within_the_issuers),
        cmocka_unit_test(test_requested_validity),
        cmocka_unit_test(test_nameless_request_is_refused),
        cmocka_unit_test(test_serials),
        cmocka_unit_test(test_shape_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
