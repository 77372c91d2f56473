#include "ca/scene_test.h"

static void test_ca_refusals(void **state)
{
    static const struct {
        const char *text;
        struct test_cert_spec spec;
        const char *key;
        bool is_rubbish;
    } cases[] = {
        { "does not say cA",
          { .subject = "CN=x", .key_usage = "critical,keyCertSign,cRLSign" },
          "right" },
        { "does not say cA",
          { .subject = "CN=x",
            .ca = true,
            .basic_constraints = "critical,CA:FALSE" },
          "right" },
        { "lacks keyCertSign",
          { .subject = "CN=x", .ca = true, .key_usage = "critical,cRLSign" },
          "right" },
        { "lacks keyCertSign",
          { .subject = "CN=x",
            .ca = true,
            .key_usage = "critical,keyCertSign" },
          "right" },
        { "lacks keyCertSign",
          { .subject = "CN=x", .ca = true, .key_usage = "" },
          "right" },
        { "is not that of the CA", { .subject = "CN=x", .ca = true }, "other" },
        { "there is no key", { .subject = "CN=x", .ca = true }, "none" },
        { "not a certificate",
          { .subject = "CN=x", .ca = true },
          "right",
          true },
    };
    struct scene s;
    const struct test_key *right;
    const struct test_cert *other;

    (void)state;
    scene_init(&s);
    right = test_key_make(s.pki, "P-256");
    other =
        test_cert_make(s.pki, &(struct test_cert_spec){ .subject = "CN=o" });
    scene_add_key(&s, "other", other);
    scene_add_key(&s, "right", &(struct test_cert){ .key = right });
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct test_cert_spec spec = cases[i].spec;
        struct ca_options options = { .name = "ca", .key = cases[i].key };
        struct ca *ca = NULL;

        spec.key = right;
        options.certificate = test_cert_make(s.pki, &spec)->der;
        if (cases[i].is_rubbish)
            options.certificate.len--;
        assert_int_equal(ca_new(&options, s.keys, s.cx, &ca, &s.f), ERR_CONFIG);
        assert_null(ca);
        if (strstr(s.f.text, cases[i].text) == NULL)
            fail_msg("%zu: %s", i, s.f.text);
    }
    scene_done(&s);
}

static X509_CRL *decode_crl(struct span der)
{
    const unsigned char *p = der.ptr;
    X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);

    assert_non_null(crl);
    assert_ptr_equal(p, der.ptr + der.len);
    return crl;
}

static void check_crl_head(struct scene *s, X509_CRL *crl, int64_t number)
{
    AUTHORITY_KEYID *aki =
        X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
    ASN1_INTEGER *have = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    X509 *issuer = scene_decode(s->cert->der);
    int64_t value;

    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
    assert_int_equal(
        X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)),
        0);
    assert_int_equal(scene_seconds(X509_CRL_get0_lastUpdate(crl)), TEST_NOW);
    assert_int_equal(scene_seconds(X509_CRL_get0_nextUpdate(crl)),
                     TEST_NOW + 7 * TEST_DAY);
    assert_int_equal(X509_CRL_get_ext_count(crl), 2);
    assert_non_null(have);
    assert_int_equal(ASN1_INTEGER_get_int64(&value, have), 1);
    assert_int_equal(value, number);
    assert_non_null(aki);
    assert_int_equal(
        ASN1_OCTET_STRING_cmp(aki->keyid, X509_get0_subject_key_id(issuer)), 0);
    ASN1_INTEGER_free(have);
    AUTHORITY_KEYID_free(aki);
    X509_free(issuer);
}

static void test_crl(void **state)
{
    static const struct crl_entry entries[] = {
        { SPAN_LIT("\x01"), TEST_NOW - 100, CRL_UNSPECIFIED, 0 },
        { SPAN_LIT("\x80\x02"), TEST_NOW - 90, CRL_KEY_COMPROMISE,
          TEST_NOW - 500 },
        { SPAN_LIT("\x42\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                   "\x0e\x0f\x10\x11\x12\x13"),
          TEST_NOW - 80, CRL_SUPERSEDED, 0 },
        { SPAN_LIT("\x03"), TEST_NOW - 70, CRL_UNSPECIFIED, TEST_NOW - 600 },
    };
    static const int64_t numbers[] = { 0, 1, 127, 128, 0x123456789, INT64_MAX };
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    for (size_t i = 0; i < SCENE_NUM(numbers); i++) {
        size_t num = i == 0 ? 0 : SCENE_NUM(entries);
        struct span der;
        X509_CRL *crl;

        assert_int_equal(ca_make_crl(s.ca, numbers[i], TEST_NOW,
                                     TEST_NOW + 7 * TEST_DAY, entries, num, 0,
                                     s.cx, s.arena, &der, &s.f),
                         ERR_OK);
        crl = decode_crl(der);
        check_crl_head(&s, crl, numbers[i]);
        assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)),
                         num == 0 ? -1 : (int)num);
        for (size_t j = 0; j < num; j++) {
            BIGNUM *bn = BN_bin2bn(entries[j].serial.ptr,
                                   (int)entries[j].serial.len, NULL);
            ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(bn, NULL);
            X509_REVOKED *revoked = NULL;
            ASN1_ENUMERATED *reason;
            ASN1_GENERALIZEDTIME *since;

            assert_int_equal(X509_CRL_get0_by_serial(crl, &revoked, serial), 1);
            assert_int_equal(
                scene_seconds(X509_REVOKED_get0_revocationDate(revoked)),
                entries[j].revoked_at);
            reason =
                X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
            assert_int_equal(reason == NULL ? 0 : ASN1_ENUMERATED_get(reason),
                             entries[j].reason);
            since = X509_REVOKED_get_ext_d2i(revoked, NID_invalidity_date, NULL,
                                             NULL);
            assert_int_equal(since == NULL ? 0 : scene_seconds(since),
                             entries[j].invalidity_date);
            ASN1_GENERALIZEDTIME_free(since);
            ASN1_ENUMERATED_free(reason);
            ASN1_INTEGER_free(serial);
            BN_free(bn);
        }
        X509_CRL_free(crl);
    }
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ca_refusals),
        cmocka_unit_test(test_crl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
