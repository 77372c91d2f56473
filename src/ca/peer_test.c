#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "ca/ca.h"
#include "support/test_pki.h"

/* OpenSSL has macros of the same names, with other values. */
#include <openssl/x509v3.h>
#undef KU_DIGITAL_SIGNATURE
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define URL "http://ra.example/crl/upper.crl"

/* Ours, "upper", and what making it takes. */
struct world {
    struct test_pki *pki;
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct keys *keys;
    struct arena *arena;
    const struct test_cert *cert;
    struct ca *ca;
    struct fault f;
};

static void world_init(struct world *w, const char *constraints)
{
    struct ca_options options = { .name = "upper",
                                  .key = "upper",
                                  .crl_url = URL };

    *w = (struct world){ .pki = test_pki_new() };
    assert_int_equal(crypto_new(&w->crypto, &w->f), ERR_OK);
    assert_int_equal(crypto_ctx_new(w->crypto, &w->cx, &w->f), ERR_OK);
    assert_int_equal(keys_new(w->crypto, &w->keys, &w->f), ERR_OK);
    w->arena = arena_new(16 * LIMIT_REQUEST_ARENA);
    assert_non_null(w->arena);
    w->cert = test_cert_make(
        w->pki, &(struct test_cert_spec){ .subject = "O=Operator,CN=Upper CA",
                                          .key = test_key_make(w->pki, "P-256"),
                                          .ca = true,
                                          .basic_constraints = constraints });
    assert_int_equal(
        keys_add_file(
            w->keys, "upper", 4,
            test_pki_save(w->pki, "upper", test_key_pem(w->cert->key), 0600),
            &w->f),
        ERR_OK);
    options.certificate = w->cert->der;
    assert_int_equal(ca_new(&options, w->keys, w->cx, &w->ca, &w->f), ERR_OK);
}

static void world_done(struct world *w)
{
    ca_free(w->ca);
    arena_free(w->arena);
    keys_free(w->keys);
    crypto_ctx_free(w->cx);
    crypto_free(w->crypto);
    test_pki_free(w->pki);
}

#define PLAIN                                  \
    {                                          \
        .validity = TEST_YEAR, .backdate = 600 \
    }
static const struct ca_peer_limits plain = PLAIN;

/* "CN=East CA" with a fresh key, as long as may be. */
static struct ca_peer_request ask(struct world *w)
{
    struct ca_peer_request r = { .not_before = TEST_NOW - TEST_YEAR,
                                 .not_after = TEST_NOW + 20 * TEST_YEAR };
    struct der in =
        der_open(test_key_spki(test_key_make(w->pki, "P-256")), NULL);

    assert_int_equal(spki_read(&in, &r.public_key), ERR_OK);
    assert_int_equal(
        name_parse("CN=East CA,O=Operator", w->arena, &r.subject, &w->f),
        ERR_OK);
    return r;
}

static enum err certify(struct world *w, const struct ca_peer_limits *limits,
                        const struct ca_peer_request *r, int64_t now,
                        struct ca_certificate *out)
{
    return ca_certify_peer(w->ca, limits, r, now, 0, w->cx, w->arena, out,
                           &w->f);
}

static X509 *decode(struct span der)
{
    const unsigned char *p = der.ptr;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);

    assert_non_null(x);
    return x;
}

/* The extension reads like this to OpenSSL; NULL: there is none. */
static void assert_ext(X509 *x, int nid, const char *want)
{
    int at = X509_get_ext_by_NID(x, nid, -1);
    char have[512] = "", *data;
    X509_EXTENSION *ext;
    BIO *bio;
    long len;

    if (want == NULL) {
        assert_int_equal(at, -1);
        return;
    }
    assert_true(at >= 0);
    ext = X509_get_ext(x, at);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(X509V3_EXT_print(bio, ext, X509V3_EXT_ERROR_UNKNOWN, 0),
                     1);
    len = BIO_get_mem_data(bio, &data);
    snprintf(have, sizeof(have), "%s%.*s",
             X509_EXTENSION_get_critical(ext) ? "critical, " : "", (int)len,
             data);
    for (char *p = have; *p != '\0'; p++) {
        if (*p == '\n')
            *p = ' ';
    }
    BIO_free(bio);
    assert_string_equal(have, want);
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
    struct world w;

    (void)state;
    world_init(&w, NULL);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct ca_peer_request r = ask(&w);
        struct ca_certificate made;
        X509 *x, *issuer = decode(w.cert->der);

        r.has_path_len = cases[i].has_path_len;
        r.path_len = cases[i].path_len;
        assert_int_equal(certify(&w, &cases[i].limits, &r, TEST_NOW, &made),
                         ERR_OK);
        x = decode(made.der);
        assert_int_equal(X509_verify(x, X509_get0_pubkey(issuer)), 1);
        assert_int_equal(X509_check_issued(issuer, x), X509_V_OK);
        assert_ext(x, NID_basic_constraints, cases[i].constraints);
        assert_ext(x, NID_key_usage, "critical, Certificate Sign, CRL Sign");
        assert_ext(x, NID_crl_distribution_points, "Full Name:   URI:" URL);
        assert_ext(x, NID_name_constraints, cases[i].permitted);
        assert_ext(x, NID_ext_key_usage, NULL);
        assert_int_equal(X509_get_ext_count(x),
                         cases[i].permitted != NULL ? 6 : 5);
        X509_free(x);
        X509_free(issuer);
    }
    world_done(&w);
}

/* What its own certificates say of its key is said here too (RFC 5280,
 * 4.2.1.2), so that they lead to this one. */
static void test_its_own_key_identifier(void **state)
{
    struct ca_certificate made;
    struct x509_cert cert;
    struct ca_peer_request r;
    struct world w;

    (void)state;
    world_init(&w, NULL);
    r = ask(&w);
    r.key_id = SPAN_LIT("its own");
    assert_int_equal(certify(&w, &plain, &r, TEST_NOW, &made), ERR_OK);
    assert_int_equal(x509_read(made.der, w.arena, &cert), ERR_OK);
    assert_true(span_is_equal(cert.ski, SPAN_LIT("its own")));
    r.key_id = SPAN_NONE;
    assert_int_equal(certify(&w, &plain, &r, TEST_NOW, &made), ERR_OK);
    assert_int_equal(x509_read(made.der, w.arena, &cert), ERR_OK);
    assert_int_equal(cert.ski.len, 20);
    world_done(&w);
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
    struct world w;

    (void)state;
    world_init(&w, NULL);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct ca_peer_limits limits = { .validity = cases[i].validity,
                                         .backdate = cases[i].backdate };
        struct ca_peer_request r = ask(&w);
        struct ca_certificate made = { 0 };

        r.not_before = cases[i].asked_from;
        r.not_after = cases[i].asked_until;
        assert_int_equal(certify(&w, &limits, &r, cases[i].now, &made),
                         cases[i].err);
        assert_int_equal(made.not_before, cases[i].not_before);
        assert_int_equal(made.not_after, cases[i].not_after);
    }
    world_done(&w);
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
    for (size_t i = 0; i < NUM(cases); i++) {
        struct ca_peer_limits limits = { .path_len = cases[i].path_len,
                                         .validity = 1 };
        struct ca_certificate made;
        struct ca_peer_request r;
        struct world w;

        world_init(&w, cases[i].constraints);
        r = ask(&w);
        assert_int_equal(ca_check_peer(w.ca, &limits, &w.f), cases[i].err);
        assert_int_equal(certify(&w, &limits, &r, TEST_NOW, &made),
                         cases[i].err);
        world_done(&w);
    }
}

static void test_refusals(void **state)
{
    struct ca_peer_limits limits = plain;
    struct ca_certificate made;
    struct ca_peer_request r;
    struct world w;

    (void)state;
    world_init(&w, NULL);
    limits.validity = 0;
    assert_int_equal(ca_check_peer(w.ca, &limits, &w.f), ERR_CONFIG);
    r = ask(&w);
    r.subject = SPAN_LIT("\x30\x00");
    assert_int_equal(certify(&w, &plain, &r, TEST_NOW, &made),
                     ERR_BAD_CERT_TEMPLATE);
    assert_string_equal(w.f.clause, "RFC 5280, 4.1.2.6");
    world_done(&w);
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
