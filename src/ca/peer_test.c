#include "ca/scene_test.h"

#define PLAIN                                  \
    {                                          \
        .validity = TEST_YEAR, .backdate = 600 \
    }
static const struct ca_peer_limits plain = PLAIN;

/* "CN=East CA" with a fresh key, as long as may be. */
static struct ca_peer_request ask(struct scene *s)
{
    return (struct ca_peer_request){
        .public_key = scene_new_key(s),
        .subject = scene_name(s, "CN=East CA,O=Operator"),
        .not_before = TEST_NOW - TEST_YEAR,
        .not_after = TEST_NOW + 20 * TEST_YEAR,
    };
}

static enum err certify(struct scene *s, const struct ca_peer_limits *limits,
                        const struct ca_peer_request *r, int64_t now,
                        struct ca_certificate *out)
{
    return ca_certify_peer(s->ca, limits, r, now, 0, s->cx, s->arena, out,
                           &s->f);
}

static void test_what_it_says(void **state)
{
    static const struct general_name permitted[] = {
        { .type = GN_DNS, .value = SPAN_LIT("east.example") },
        { .type = GN_DNS, .value = SPAN_LIT("ost.example") },
    };
    static const struct {
        struct ca_peer_limits limits;
        bool has_path_len;
        int64_t path_len;
        const char *constraints, *permitted;
    } cases[] = {
        { PLAIN, false, 0, "critical, CA:TRUE, pathlen:0", NULL },
        { PLAIN, true, 0, "critical, CA:TRUE, pathlen:0", NULL },
        { PLAIN, true, 5, "critical, CA:TRUE, pathlen:0", NULL },
        { { .path_len = 2, .validity = 1 },
          false,
          0,
          "critical, CA:TRUE, pathlen:2",
          NULL },
        { { .path_len = 2, .validity = 1 },
          true,
          1,
          "critical, CA:TRUE, pathlen:1",
          NULL },
        { { .validity = 1, .permitted = permitted, .num_permitted = 2 },
          false,
          0,
          "critical, CA:TRUE, pathlen:0",
          "critical, Permitted:   DNS:east.example   DNS:ost.example" },
    };
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct ca_peer_request r = ask(&s);
        struct ca_certificate made;
        X509 *x, *issuer = scene_decode(s.cert->der);

        r.has_path_len = cases[i].has_path_len;
        r.path_len = cases[i].path_len;
        assert_int_equal(certify(&s, &cases[i].limits, &r, TEST_NOW, &made),
                         ERR_OK);
        x = scene_decode(made.der);
        assert_int_equal(X509_verify(x, X509_get0_pubkey(issuer)), 1);
        assert_int_equal(X509_check_issued(issuer, x), X509_V_OK);
        scene_assert_ext(x, NID_basic_constraints, cases[i].constraints);
        scene_assert_ext(x, NID_key_usage,
                         "critical, Certificate Sign, CRL Sign");
        scene_assert_ext(x, NID_crl_distribution_points,
                         "Full Name:   URI:" SCENE_CRL_URL);
        scene_assert_ext(x, NID_name_constraints, cases[i].permitted);
        scene_assert_ext(x, NID_ext_key_usage, NULL);
        assert_int_equal(X509_get_ext_count(x),
                         cases[i].permitted != NULL ? 6 : 5);
        X509_free(x);
        X509_free(issuer);
    }
    scene_done(&s);
}

/* What its own certificates say of its key is said here too (RFC 5280,
 * 4.2.1.2), so that they lead to this one. */
static void test_its_own_key_identifier(void **state)
{
    struct ca_certificate made;
    struct x509_cert cert;
    struct ca_peer_request r;
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    r = ask(&s);
    r.key_id = SPAN_LIT("its own");
    assert_int_equal(certify(&s, &plain, &r, TEST_NOW, &made), ERR_OK);
    assert_int_equal(x509_read(made.der, s.arena, &cert), ERR_OK);
    assert_true(span_is_equal(cert.ski, SPAN_LIT("its own")));
    r.key_id = SPAN_NONE;
    assert_int_equal(certify(&s, &plain, &r, TEST_NOW, &made), ERR_OK);
    assert_int_equal(x509_read(made.der, s.arena, &cert), ERR_OK);
    assert_int_equal(cert.ski.len, 20);
    scene_done(&s);
}

static void test_dates(void **state)
{
    const int64_t begin = TEST_NOW - 10 * TEST_YEAR;
    const int64_t end = TEST_NOW + 10 * TEST_YEAR;
    const struct {
        int64_t now, asked_from, asked_until, validity, backdate;
        enum err err;
        int64_t not_before, not_after;
    } cases[] = {
        /* the limits' */
        { TEST_NOW, 0, INT64_MAX, 100, 7, ERR_OK, TEST_NOW - 7,
          TEST_NOW + 100 },
        /* as asked */
        { TEST_NOW, TEST_NOW - 3, TEST_NOW + 50, 100, 7, ERR_OK, TEST_NOW - 3,
          TEST_NOW + 50 },
        { TEST_NOW, TEST_NOW + 3, TEST_NOW + 50, 100, 7, ERR_OK, TEST_NOW + 3,
          TEST_NOW + 50 },
        /* the issuer's */
        { TEST_NOW, 0, INT64_MAX, INT64_MAX, INT32_MAX, ERR_OK, begin, end },
        /* none is left */
        { TEST_NOW, TEST_NOW + 200, TEST_NOW + 300, 100, 7,
          ERR_BAD_CERT_TEMPLATE, 0, 0 },
        { TEST_NOW, 0, TEST_NOW - 8, 100, 7, ERR_BAD_CERT_TEMPLATE, 0, 0 },
        { TEST_NOW, TEST_NOW, TEST_NOW, 100, 7, ERR_BAD_CERT_TEMPLATE, 0, 0 },
        { end + 1, 0, INT64_MAX, 100, 7, ERR_CONFIG, 0, 0 },
        { begin - 1, 0, INT64_MAX, 100, 7, ERR_CONFIG, 0, 0 },
    };
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct ca_peer_limits limits = { .validity = cases[i].validity,
                                         .backdate = cases[i].backdate };
        struct ca_peer_request r = ask(&s);
        struct ca_certificate made = { 0 };

        r.not_before = cases[i].asked_from;
        r.not_after = cases[i].asked_until;
        assert_int_equal(certify(&s, &limits, &r, cases[i].now, &made),
                         cases[i].err);
        assert_int_equal(made.not_before, cases[i].not_before);
        assert_int_equal(made.not_after, cases[i].not_after);
    }
    scene_done(&s);
}

static void test_room_below_the_issuer(void **state)
{
    static const struct {
        const char *constraints;
        int64_t path_len;
        enum err err;
    } cases[] = {
        { NULL, 0, ERR_OK },
        { NULL, 8, ERR_OK },
        { "critical,CA:TRUE,pathlen:1", 0, ERR_OK },
        { "critical,CA:TRUE,pathlen:1", 1, ERR_CONFIG },
        { "critical,CA:TRUE,pathlen:3", 2, ERR_OK },
        { "critical,CA:TRUE,pathlen:3", 3, ERR_CONFIG },
        { "critical,CA:TRUE,pathlen:0", 0, ERR_CONFIG },
        { NULL, -1, ERR_CONFIG },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct ca_peer_limits limits = { .path_len = cases[i].path_len,
                                         .validity = 1 };
        struct ca_certificate made;
        struct ca_peer_request r;
        struct scene s;

        scene_init_ca(&s, "P-256", cases[i].constraints);
        r = ask(&s);
        assert_int_equal(ca_check_peer(s.ca, &limits, &s.f), cases[i].err);
        assert_int_equal(certify(&s, &limits, &r, TEST_NOW, &made),
                         cases[i].err);
        scene_done(&s);
    }
}

static void test_refusals(void **state)
{
    struct ca_peer_limits limits = plain;
    struct ca_certificate made;
    struct ca_peer_request r;
    struct scene s;

    (void)state;
    scene_init_ca(&s, "P-256", NULL);
    limits.validity = 0;
    assert_int_equal(ca_check_peer(s.ca, &limits, &s.f), ERR_CONFIG);
    r = ask(&s);
    r.subject = SPAN_LIT("\x30\x00");
    assert_int_equal(certify(&s, &plain, &r, TEST_NOW, &made),
                     ERR_BAD_CERT_TEMPLATE);
    assert_string_equal(s.f.clause, "RFC 5280, 4.1.2.6");
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_says),
        cmocka_unit_test(test_its_own_key_identifier),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_room_below_the_issuer),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
