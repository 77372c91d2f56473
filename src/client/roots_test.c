/*
 * Roots that come with an answer: what each trust mode makes of them, and that
 * they last from pkiconf on and not before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "client/internal.h"
#include "support/fake_station.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SENT 32

/* What the RA sends besides the usual. */
static struct {
    struct span ca_pubs[MAX_SENT];
    size_t num_ca_pubs;
    struct span extra[4];
    size_t num_extra;
} sent;

static void send_roots(struct fake_ra *ra, struct fake_reply *r)
{
    (void)ra;
    if (r->body.type != CMP_IP && r->body.type != CMP_KUP)
        return;
    r->body.cert_rep.has_ca_pubs = sent.num_ca_pubs > 0;
    r->body.cert_rep.ca_pubs = sent.ca_pubs;
    r->body.cert_rep.num_ca_pubs = sent.num_ca_pubs;
    for (size_t i = 0; i < sent.num_extra; i++)
        r->extra[r->num_extra++] = sent.extra[i];
}

static const struct test_cert *make(struct fake_ra *ra,
                                    struct test_cert_spec spec)
{
    return test_cert_make(ra->pki, &spec);
}

/* The station's further roots as one word each: "a" or "b", in capitals where
 * they came from extraCerts, "!" behind what is neither. */
static const char *describe(struct fake_station *fs, const struct test_cert *a,
                            const struct test_cert *b, char out[16])
{
    AUTO(arena) arena = arena_new(CLIENT_ARENA);
    struct cert_list bundle;
    struct pair pair;
    size_t n = 0;

    if (pair_load(fs->dir, arena, &pair, NULL) != ERR_OK)
        return "none";
    assert_int_equal(certs_load(path_join(pair.path, "roots.pem", arena), arena,
                                &bundle, NULL),
                     ERR_OK);
    assert_true(span_is_equal(bundle.list[0], pair.root));
    assert_int_equal(bundle.num, 1 + pair.added.num);
    for (size_t i = 0; i < pair.added.num && n < 15; i++) {
        bool is_extra = pair.added.list[i].place == ROOT_IN_EXTRA_CERTS;

        out[n] = '!';
        if (span_is_equal(pair.added.list[i].der, a->der))
            out[n] = is_extra ? 'A' : 'a';
        else if (span_is_equal(pair.added.list[i].der, b->der))
            out[n] = is_extra ? 'B' : 'b';
        n++;
    }
    out[n] = '\0';
    return out;
}

/* a travels in caPubs, b in extraCerts; after enroll, and after renew. */
static void test_modes(void **state)
{
    static const struct {
        enum trust_mode mode;
        bool is_tls, is_waived, has_crl;
        enum err err;
        enum root_origin origin;
        const char *enrolled, *renewed;
    } cases[] = {
        { TRUST_PINNED, false, false, false, ERR_OK, ROOT_CONFIGURED, "", "" },
        { TRUST_PINNED, false, true, false, ERR_OK, ROOT_CONFIGURED, "a", "a" },
        { TRUST_PINNED, false, false, true, ERR_OK, ROOT_CONFIGURED, "a", "a" },
        { TRUST_PINNED, true, false, false, ERR_OK, ROOT_CONFIGURED, "B", "B" },
        { TRUST_PINNED, true, true, false, ERR_OK, ROOT_CONFIGURED, "aB",
          "aB" },
        { TRUST_TLS, true, true, false, ERR_OK, ROOT_BY_TLS, "aB", "aB" },
        { TRUST_TLS, true, false, true, ERR_OK, ROOT_BY_TLS, "aB", "aB" },
        { TRUST_TLS, true, false, false, ERR_OK, ROOT_BY_TLS, "B", "B" },
        { TRUST_TLS, false, true, false, ERR_NO_ANSWER, ROOT_BY_TLS, "none",
          "none" },
        { TRUST_LEARN, false, true, true, ERR_OK, ROOT_UNVERIFIED, "", "a" },
        { TRUST_LEARN, true, true, true, ERR_OK, ROOT_UNVERIFIED, "", "aB" },
    };
    struct fake_station fs;
    const struct test_cert *a, *b;
    const char *root, *crl;

    (void)state;
    fake_station_init(&fs);
    a = make(fs.ra, (struct test_cert_spec){ .subject = "CN=A", .ca = true });
    b = make(fs.ra, (struct test_cert_spec){ .subject = "CN=B", .ca = true });
    crl = test_pki_save(
        fs.ra->pki, "ca.crl",
        test_crl_make(fs.ra->pki,
                      &(struct test_crl_spec){ .issuer = fs.ra->ca })
            ->pem,
        0600);
    sent.ca_pubs[0] = a->der;
    sent.ca_pubs[1] = fs.ra->root->der; /* known, and not worth a word */
    sent.num_ca_pubs = 2;
    sent.extra[0] = b->der;
    sent.num_extra = 1;
    root = fs.settings.root;
    fs.settings.url = "https://fake/";
    fs.settings.tls_root = root;
    fs.ra->change = send_roots;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) arena = arena_new(CLIENT_ARENA);
        struct client_status st;
        struct fault f = { 0 };
        char text[16];

        fake_station_reset(&fs);
        fs.settings.trust = cases[i].mode;
        fs.settings.root = cases[i].mode == TRUST_PINNED ? root : NULL;
        fs.settings.unknown_status = cases[i].is_waived ? "accept" : NULL;
        fs.settings.crl = cases[i].has_crl ? crl : NULL;
        fs.ra->is_tls = cases[i].is_tls;
        assert_int_equal(fake_station_enroll(&fs, &f), cases[i].err);
        if (strcmp(describe(&fs, a, b, text), cases[i].enrolled) != 0)
            fail_msg("case %zu: %s", i, describe(&fs, a, b, text));
        if (cases[i].err != ERR_OK)
            continue;
        assert_int_equal(station_status(fs.dir, &fs.settings, arena, &st, NULL),
                         ERR_OK);
        assert_int_equal(st.origin, cases[i].origin);
        assert_int_equal(st.num_added, strlen(cases[i].enrolled));
        assert_int_equal(fake_station_renew(&fs, &f), ERR_OK);
        if (strcmp(describe(&fs, a, b, text), cases[i].renewed) != 0)
            fail_msg("case %zu renewed: %s", i, describe(&fs, a, b, text));
    }
    fake_station_done(&fs);
}

/* What is no root is left aside and told of; the others are kept, 16 of
 * them. A renewal that brings none takes none away. */
static void test_bounds(void **state)
{
    AUTO(arena) arena = arena_new(CLIENT_ARENA);
    struct fake_station fs;
    struct fault f;
    struct pair pair;

    (void)state;
    fake_station_init(&fs);
    fs.settings.unknown_status = "accept";
    fs.ra->change = send_roots;
    sent.num_extra = 0;
    sent.num_ca_pubs = 0;
    sent.ca_pubs[sent.num_ca_pubs++] = fs.ra->ca->der;
    sent.ca_pubs[sent.num_ca_pubs++] = fs.ra->station->der;
    sent.ca_pubs[sent.num_ca_pubs++] = SPAN_LIT("\x30\x00");
    sent.ca_pubs[sent.num_ca_pubs++] = fs.ra->vendor_root->der;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    assert_int_equal(pair_load(fs.dir, arena, &pair, NULL), ERR_OK);
    assert_int_equal(pair.added.num, 1);
    assert_non_null(strstr(fs.last, "left aside"));

    sent.num_ca_pubs = 0;
    while (sent.num_ca_pubs < 20)
        sent.ca_pubs[sent.num_ca_pubs++] =
            make(fs.ra,
                 (struct test_cert_spec){ .subject = "CN=C", .ca = true })
                ->der;
    assert_int_equal(fake_station_renew(&fs, &f), ERR_OK);
    assert_int_equal(pair_load(fs.dir, arena, &pair, NULL), ERR_OK);
    assert_int_equal(pair.added.num, CLIENT_MAX_ADDED);
    assert_true(span_is_equal(pair.added.list[0].der, fs.ra->vendor_root->der));

    sent.num_ca_pubs = 0;
    assert_int_equal(fake_station_renew(&fs, &f), ERR_OK);
    assert_int_equal(pair_load(fs.dir, arena, &pair, NULL), ERR_OK);
    assert_int_equal(pair.added.num, CLIENT_MAX_ADDED);
    fake_station_done(&fs);
}

/* The second answer, which is the pkiconf. */
static void break_off(struct fake_ra *ra, struct buf *answer)
{
    if (ra->num_posts == 2)
        answer->len /= 2;
}

/* Before pkiconf nothing is kept; what was brought outlives a stop. */
static void test_kept_at_pkiconf(void **state)
{
    const struct test_cert *a;
    struct fake_station fs;
    struct fault f;
    char text[16];

    (void)state;
    fake_station_init(&fs);
    a = make(fs.ra, (struct test_cert_spec){ .subject = "CN=A", .ca = true });
    fs.settings.unknown_status = "accept";
    fs.ra->change = send_roots;
    sent.ca_pubs[0] = a->der;
    sent.num_ca_pubs = 1;
    sent.num_extra = 0;
    fs.ra->damage = break_off;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    assert_true(fake_station_is_pending(&fs));
    assert_string_equal(describe(&fs, a, a, text), "none");
    fs.ra->damage = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    assert_string_equal(describe(&fs, a, a, text), "a");
    fake_station_done(&fs);
}

/* The signer's own status: a CRL that lists it makes its answer nobody's. */
static void test_revoked_signer(void **state)
{
    const struct test_cert *revoked[1];
    struct fake_station fs;
    struct fault f;
    char text[16];

    (void)state;
    fake_station_init(&fs);
    revoked[0] = fs.ra->ra;
    fs.settings.crl = test_pki_save(
        fs.ra->pki, "bad.crl",
        test_crl_make(fs.ra->pki, &(struct test_crl_spec){ .issuer = fs.ra->ca,
                                                           .revoked = revoked,
                                                           .num_revoked = 1 })
            ->pem,
        0600);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    assert_non_null(strstr(fs.last, "revoked"));
    assert_string_equal(describe(&fs, fs.ra->ca, fs.ra->ca, text), "none");
    fake_station_reset(&fs);
    fs.ra->num_posts = 0;
    fs.settings.crl = fs.settings.root;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    fs.settings.crl = "/nowhere/at/all";
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_int_equal(fs.ra->num_posts, 0);
    fake_station_done(&fs);
}

/* Mode tls says what it lacks before anything is sent. */
static void test_tls_settings(void **state)
{
    struct fake_station fs;
    struct fault f;

    (void)state;
    fake_station_init(&fs);
    fs.settings.trust = TRUST_TLS;
    fs.settings.tls_root = fs.settings.root;
    fs.settings.root = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "https://"));
    fs.settings.url = "HTTPS://fake/";
    fs.settings.tls_root = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "--tls-root"));
    assert_int_equal(fs.ra->num_posts, 0);
    fake_station_done(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_kept_at_pkiconf),
        cmocka_unit_test(test_revoked_signer),
        cmocka_unit_test(test_tls_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
