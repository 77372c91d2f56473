/* Certificates that clients present. */
#include "net/tls_scene_test.h"

#include <stdatomic.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* Who is at the door: says what he was told, and what he is to say. */
struct judge {
    struct test_pki *pki;
    const struct test_cert *leaf, *ca; /* to be presented, in this order */
    bool admits, resumes;
    atomic_int asked, asked_without, resumed;
};

static bool check_client(void *arg, const struct net_peer *peer,
                         const struct span *chain, size_t num)
{
    struct judge *j = arg;
    char text[NET_PEER_TEXT_LEN];

    net_peer_format(peer, text);
    assert_string_equal(text, "127.0.0.1");
    if (num == 0) {
        j->asked_without++;
        return true; /* which changes nothing */
    }
    assert_int_equal(num, 2);
    assert_true(span_is_equal(chain[0], j->leaf->der));
    assert_true(span_is_equal(chain[1], j->ca->der));
    j->asked++;
    return j->admits;
}

static bool check_session(void *arg, struct span cert)
{
    struct judge *j = arg;

    assert_true(span_is_equal(cert, j->leaf->der));
    j->resumed++;
    return j->resumes;
}

static void set_up(struct rig *r, struct judge *j, enum net_client_cert how)
{
    const struct net_options judges = { .check_client = check_client,
                                        .check_session = check_session,
                                        .check_client_arg = j };

    j->pki = test_pki_new();
    j->ca = test_cert_make(
        j->pki, &(struct test_cert_spec){ .subject = "CN=CA", .ca = true });
    j->leaf =
        test_cert_make(j->pki, &(struct test_cert_spec){ .subject = "CN=bs-1",
                                                         .issuer = j->ca });
    tls_rig_up_asking(r, how, &judges);
}

static void tear_down(struct rig *r, struct judge *j)
{
    tls_rig_down(r);
    test_pki_free(j->pki);
}

static X509 *decode(struct span der)
{
    const unsigned char *p = der.ptr;

    return d2i_X509(NULL, &p, (long)der.len);
}

static void present(struct client *c, const struct judge *j)
{
    struct span der = test_key_der(j->leaf->key);
    const unsigned char *p = der.ptr;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
    X509 *leaf = decode(j->leaf->der);

    assert_int_equal(SSL_use_certificate(c->ssl, leaf), 1);
    assert_int_equal(SSL_use_PrivateKey(c->ssl, key), 1);
    assert_int_equal(SSL_add0_chain_cert(c->ssl, decode(j->ca->der)), 1);
    X509_free(leaf);
    EVP_PKEY_free(key);
}

/* A whole exchange, since a client of TLS 1.3 is done before it is judged. */
static bool comes_in(struct client *c)
{
    char text[1000];

    if (SSL_connect(c->ssl) != 1 ||
        SSL_write(c->ssl, TLS_INFO, (int)strlen(TLS_INFO)) <= 0)
        return false;
    return tls_hear_until(c, TLS_INFO_END, text, sizeof(text));
}

static void test_who_comes_in(void **state)
{
    static const struct {
        enum net_client_cert how;
        bool presents, admits, comes_in;
        int asked, asked_without;
    } rows[] = {
        { NET_CLIENT_CERT_IGNORE, false, false, true, 0, 0 },
        { NET_CLIENT_CERT_IGNORE, true, false, true, 0, 0 },
        { NET_CLIENT_CERT_REQUEST, false, false, true, 0, 0 },
        { NET_CLIENT_CERT_REQUEST, true, false, false, 1, 0 },
        { NET_CLIENT_CERT_REQUEST, true, true, true, 1, 0 },
        { NET_CLIENT_CERT_REQUIRE, false, true, false, 0, 1 },
        { NET_CLIENT_CERT_REQUIRE, true, false, false, 1, 0 },
        { NET_CLIENT_CERT_REQUIRE, true, true, true, 1, 0 },
    };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    (void)state;
    for (size_t i = 0; i < 2 * NUM(rows); i++) {
        struct judge j = { .admits = rows[i / 2].admits };
        struct client c;
        struct rig r;

        set_up(&r, &j, rows[i / 2].how);
        tls_client_init(&c, &r);
        SSL_set_max_proto_version(c.ssl, versions[i % 2]);
        if (rows[i / 2].presents)
            present(&c, &j);
        assert_int_equal(comes_in(&c), rows[i / 2].comes_in);
        tls_client_done(&c);
        rig_wait_for_none(r.net);
        assert_int_equal(j.asked, rows[i / 2].asked);
        assert_int_equal(j.asked_without, rows[i / 2].asked_without);
        assert_int_equal(rig_counters(r.net).tls_refused,
                         !rows[i / 2].comes_in);
        tear_down(&r, &j);
    }
}

/* What follows of a request is told whose channel it came by. */
static void test_exchanges_bear_it(void **state)
{
    struct judge j = { .admits = true };
    struct net_exchange *x;
    char text[1000];
    struct client c;
    struct rig r;

    (void)state;
    set_up(&r, &j, NET_CLIENT_CERT_REQUEST);
    for (int i = 0; i < 2; i++) {
        tls_client_init(&c, &r);
        if (i == 0)
            present(&c, &j);
        assert_int_equal(SSL_connect(c.ssl), 1);
        tls_say(&c, "POST /park?a HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 0\r\n\r\n");
        x = rig_unpark();
        assert_string_equal(net_exchange_query(x), "a");
        if (i == 0)
            assert_true(
                span_is_equal(net_exchange_client_cert(x), j.leaf->der));
        else
            assert_true(span_is_absent(net_exchange_client_cert(x)));
        net_reply_text(x, 503, 1, "wait\n");
        assert_true(tls_hear_until(&c, "\r\n\r\nwait\n", text, sizeof(text)));
        tls_client_done(&c);
    }
    tear_down(&r, &j);
}

/* The alert arrives though a request was sent along already. */
static void test_the_refusal_is_heard(void **state)
{
    struct judge j = { 0 };
    struct client c;
    struct rig r;
    char byte;

    (void)state;
    set_up(&r, &j, NET_CLIENT_CERT_REQUIRE);
    for (int i = 0; i < 20; i++) {
        ERR_clear_error();
        tls_client_init(&c, &r);
        assert_int_equal(SSL_connect(c.ssl), 1);
        tls_say(&c, TLS_INFO);
        rig_pause(5);
        SSL_write(c.ssl, TLS_INFO, (int)strlen(TLS_INFO));
        assert_true(SSL_read(c.ssl, &byte, 1) <= 0);
        assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
                         SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
        tls_client_done(&c);
    }
    tear_down(&r, &j);
}

static void test_sessions_are_judged(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    (void)state;
    for (size_t i = 0; i < 2 * NUM(versions); i++) {
        struct judge j = { .admits = true, .resumes = i % 2 == 0 };
        struct client first, second;
        struct rig r;

        set_up(&r, &j, NET_CLIENT_CERT_REQUIRE);
        tls_client_init(&first, &r);
        SSL_set_max_proto_version(first.ssl, versions[i / 2]);
        present(&first, &j);
        assert_true(comes_in(&first));
        tls_client_init(&second, &r);
        SSL_set_max_proto_version(second.ssl, versions[i / 2]);
        present(&second, &j);
        SSL_set_session(second.ssl, first.session);
        assert_true(comes_in(&second));
        assert_int_equal(SSL_session_reused(second.ssl), j.resumes);
        assert_int_equal(j.resumed, 1);
        assert_int_equal(j.asked, j.resumes ? 1 : 2);
        assert_int_equal(rig_counters(r.net).tls_resumed, j.resumes);
        assert_int_equal(rig_counters(r.net).tls_refused, 0);
        tls_client_done(&first);
        tls_client_done(&second);
        tear_down(&r, &j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_comes_in),
        cmocka_unit_test(test_exchanges_bear_it),
        cmocka_unit_test(test_the_refusal_is_heard),
        cmocka_unit_test(test_sessions_are_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
