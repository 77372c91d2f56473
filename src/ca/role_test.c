#include "ca/scene_test.h"

static struct span make_role(struct scene *s, enum ca_role role,
                             const char *subject, const struct privkey *key,
                             struct span issuer,
                             const struct privkey *issuer_key)
{
    static const char *const hosts[] = { "ra.example", "127.0.0.1", "::1" };
    struct ca_role_options options = {
        .role = role,
        .subject = scene_name(s, subject),
        .spki = privkey_spki(key),
        .issuer = issuer,
        .issuer_key = issuer_key,
        .not_before = TEST_NOW - 3600,
        .not_after = TEST_NOW + 10 * TEST_YEAR,
        .hosts = hosts,
        .num_hosts = role == CA_ROLE_TLS ? SCENE_NUM(hosts) : 0,
    };
    struct span out;

    assert_int_equal(ca_make_role(&options, s->cx, s->arena, &out, &s->f),
                     ERR_OK);
    return out;
}

static void check_role(struct span der, const char *basic, const char *usage,
                       const char *purpose, const char *san)
{
    X509 *x = scene_decode(der);

    scene_assert_ext(x, NID_basic_constraints, basic);
    scene_assert_ext(x, NID_key_usage, usage);
    scene_assert_ext(x, NID_ext_key_usage, purpose);
    scene_assert_ext(x, NID_subject_alt_name, san);
    assert_non_null(X509_get0_subject_key_id(x));
    X509_free(x);
}

static void test_roles_make_an_operator(void **state)
{
    static const enum key_kind kinds[] = { KEY_EC_P256, KEY_EC_P384, KEY_RSA };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(kinds); i++) {
        AUTO(privkey) root_key = NULL;
        AUTO(privkey) key = NULL;
        struct scene s;
        struct span root, issuing, cmp, tls;

        scene_init(&s);
        assert_int_equal(
            privkey_generate(s.cx, kinds[i], 2048, &root_key, &s.f), ERR_OK);
        assert_int_equal(privkey_generate(s.cx, kinds[i], 2048, &key, &s.f),
                         ERR_OK);
        root = make_role(&s, CA_ROLE_ROOT, "CN=Root", root_key, SPAN_NONE,
                         root_key);
        issuing =
            make_role(&s, CA_ROLE_ISSUING, "CN=Issuing", key, root, root_key);
        cmp = make_role(&s, CA_ROLE_CMP_SIGNER, "CN=CMP", key, issuing, key);
        tls = make_role(&s, CA_ROLE_TLS, "CN=TLS", key, issuing, key);
        check_role(root, "critical, CA:TRUE",
                   "critical, Certificate Sign, CRL Sign", NULL, NULL);
        check_role(issuing, "critical, CA:TRUE, pathlen:0",
                   "critical, Certificate Sign, CRL Sign", NULL, NULL);
        check_role(cmp, NULL, "critical, Digital Signature",
                   "CMC Registration Authority", NULL);
        check_role(tls, NULL, "critical, Digital Signature",
                   "TLS Web Server Authentication",
                   "DNS:ra.example, IP Address:127.0.0.1, IP "
                   "Address:0:0:0:0:0:0:0:1");
        assert_int_equal(scene_verify(root, NULL, 0, root, TEST_NOW), 0);
        assert_int_equal(scene_verify(issuing, NULL, 0, root, TEST_NOW), 0);
        assert_int_equal(scene_verify(cmp, &issuing, 1, root, TEST_NOW), 0);
        assert_int_equal(scene_verify(tls, &issuing, 1, root, TEST_NOW), 0);
        scene_done(&s);
    }
}

static void test_role_refusals(void **state)
{
    AUTO(privkey) root_key = NULL;
    AUTO(privkey) key = NULL;
    struct scene s;
    struct span root, issuing, cmp, out;
    struct ca_role_options good;

    (void)state;
    scene_init(&s);
    assert_int_equal(privkey_generate(s.cx, KEY_EC_P256, 0, &root_key, &s.f),
                     ERR_OK);
    assert_int_equal(privkey_generate(s.cx, KEY_EC_P256, 0, &key, &s.f),
                     ERR_OK);
    root =
        make_role(&s, CA_ROLE_ROOT, "CN=Root", root_key, SPAN_NONE, root_key);
    issuing = make_role(&s, CA_ROLE_ISSUING, "CN=Issuing", key, root, root_key);
    cmp = make_role(&s, CA_ROLE_CMP_SIGNER, "CN=CMP", key, issuing, key);
    good = (struct ca_role_options){
        .role = CA_ROLE_CMP_SIGNER,
        .subject = scene_name(&s, "CN=x"),
        .spki = privkey_spki(key),
        .issuer = issuing,
        .issuer_key = key,
        .not_before = TEST_NOW,
        .not_after = TEST_NOW + TEST_YEAR,
    };
    const struct {
        enum ca_role role;
        struct span issuer;
        const struct privkey *issuer_key;
        int64_t not_before, not_after;
        const char *text;
    } cases[] = {
        { CA_ROLE_CMP_SIGNER, cmp, key, TEST_NOW, TEST_NOW + 1, "not a CA" },
        { CA_ROLE_ISSUING, issuing, key, TEST_NOW, TEST_NOW + 1,
          "allows no CA below" },
        { CA_ROLE_TLS, issuing, root_key, TEST_NOW, TEST_NOW + 1,
          "not the issuer's" },
        { CA_ROLE_TLS, issuing, key, TEST_NOW, TEST_NOW + 11 * TEST_YEAR,
          "longer than its issuer" },
        { CA_ROLE_TLS, issuing, key, TEST_NOW - TEST_DAY, TEST_NOW + 1,
          "longer than its issuer" },
        { CA_ROLE_TLS, issuing, key, TEST_NOW, TEST_NOW, "no time" },
        { CA_ROLE_TLS, SPAN_LIT("x"), key, TEST_NOW, TEST_NOW + 1,
          "not a certificate" },
        { CA_ROLE_ROOT, SPAN_NONE, root_key, TEST_NOW, TEST_NOW + 1,
          "signed by its own key" },
    };
    assert_int_equal(ca_make_role(&good, s.cx, s.arena, &out, &s.f), ERR_OK);
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct ca_role_options options = good;

        options.role = cases[i].role;
        options.issuer = cases[i].issuer;
        options.issuer_key = cases[i].issuer_key;
        options.not_before = cases[i].not_before;
        options.not_after = cases[i].not_after;
        assert_int_equal(ca_make_role(&options, s.cx, s.arena, &out, &s.f),
                         ERR_CONFIG);
        if (strstr(s.f.text, cases[i].text) == NULL)
            fail_msg("%zu: %s", i, s.f.text);
    }
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_make_an_operator),
        cmocka_unit_test(test_role_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
