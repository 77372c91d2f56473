#include "net/tls_scene_test.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

static void test_versions(void **state)
{
    static const struct {
        int version;
        bool ok;
    } rows[] = {
        { TLS1_VERSION, false },
        { TLS1_1_VERSION, false },
        { TLS1_2_VERSION, true },
        { TLS1_3_VERSION, true },
    };
    struct rig r;
    struct client c;

    (void)state;
    tls_rig_up(&r);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tls_client_init(&c, &r);
        SSL_set_max_proto_version(c.ssl, rows[i].version);
        assert_int_equal(SSL_connect(c.ssl) == 1, rows[i].ok);
        if (rows[i].ok) {
            assert_int_equal(SSL_version(c.ssl), rows[i].version);
            assert_true(tls_is_served(&c) && tls_is_served(&c));
            assert_int_equal(c.num_tickets, 1);
        }
        tls_client_done(&c);
    }
    assert_int_equal(rig_counters(r.net).tls_handshakes, 2);
    tls_rig_down(&r);
}

static void test_alpn(void **state)
{
    static const struct {
        const char *offer;
        bool ok;
    } rows[] = {
        { "\x08http/1.1", true },
        { "\x02h2\x08http/1.1", true },
        { "\x02h2", false },
    };
    const unsigned char *chosen;
    unsigned chosen_len;
    struct rig r;
    struct client c;

    (void)state;
    tls_rig_up(&r);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tls_client_init(&c, &r);
        SSL_set_alpn_protos(c.ssl, (const unsigned char *)rows[i].offer,
                            (unsigned)strlen(rows[i].offer));
        assert_int_equal(SSL_connect(c.ssl) == 1, rows[i].ok);
        if (rows[i].ok) {
            SSL_get0_alpn_selected(c.ssl, &chosen, &chosen_len);
            assert_int_equal(chosen_len, 8);
            assert_memory_equal(chosen, "http/1.1", 8);
        }
        tls_client_done(&c);
    }
    tls_rig_down(&r);
}

static void test_resumption(void **state)
{
    struct rig r;
    struct client first, second;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&first, &r);
    assert_int_equal(SSL_connect(first.ssl), 1);
    assert_true(tls_is_served(&first));
    tls_client_init(&second, &r);
    SSL_set_session(second.ssl, first.session);
    assert_int_equal(SSL_connect(second.ssl), 1);
    assert_true(SSL_session_reused(second.ssl));
    assert_true(tls_is_served(&second));
    tls_client_done(&first);
    tls_client_done(&second);
    tls_rig_down(&r);
}

static void test_no_renegotiation(void **state)
{
    struct rig r;
    struct client c;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&c, &r);
    SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
    assert_int_equal(SSL_connect(c.ssl), 1);
    assert_true(tls_is_served(&c));
    if (SSL_renegotiate(c.ssl) == 1)
        assert_int_not_equal(SSL_do_handshake(c.ssl), 1);
    tls_client_done(&c);
    tls_rig_down(&r);
}

static void test_requests(void **state)
{
    char text[1000];
    struct rig r;
    struct client c;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    tls_say(&c, GOOD GOOD);
    assert_true(tls_hear_until(&c, "\r\n\r\nabc", text, sizeof(text)));
    assert_true(tls_hear_until(&c, "\r\n\r\nabc", text, sizeof(text)));
    for (const char *p = GOOD; *p != '\0'; p++)
        assert_int_equal(SSL_write(c.ssl, p, 1), 1);
    assert_true(tls_hear_until(&c, "\r\n\r\nabc", text, sizeof(text)));
    tls_say(&c, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    net_reply_text(rig_unpark(), 503, 1, "wait\n");
    assert_true(tls_hear_until(&c, "\r\n\r\nwait\n", text, sizeof(text)));
    /* Both halves are ended in order. */
    tls_say(&c, "nonsense\r\n\r\n");
    assert_false(tls_hear_until(&c, "never", text, sizeof(text)));
    assert_int_equal(strncmp(text, "HTTP/1.1 400 ", 13), 0);
    assert_int_equal(SSL_get_error(c.ssl, 0), SSL_ERROR_ZERO_RETURN);
    tls_client_done(&c);
    rig_wait_for_none(r.net);
    tls_rig_down(&r);
}

static void test_big(void **state)
{
    uint8_t piece[16384];
    char text[1000];
    size_t len = 0;
    struct rig r;
    struct client c;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    tls_say(&c, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(tls_hear_until(&c, "\r\n\r\n", text, sizeof(text)));
    while (len < RIG_BIG_LEN) {
        int got = SSL_read(c.ssl, piece, sizeof(piece));

        assert_true(got > 0);
        for (int i = 0; i < got; i++)
            assert_int_equal(piece[i], (len + (size_t)i) % 251);
        len += (size_t)got;
    }
    assert_true(tls_is_served(&c));
    tls_client_done(&c);
    tls_rig_down(&r);
}

/* More than is read ahead stands behind a parked request, in few records: what
 * TLS holds decrypted wakes no descriptor, and must not be forgotten. */
static void test_pipeline(void **state)
{
    char text[4096];
    struct rig r;
    struct client c;
    struct buf all;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    buf_init(&all, (size_t)64 * 1024);
    buf_add_str(&all, "POST /park HTTP/1.1\r\nHost: h\r\n"
                      "Content-Length: 0\r\n\r\n");
    for (int i = 0; i < 20; i++)
        buf_printf(&all, CMP TYPE "Content-Length: 1500\r\n\r\n%01497d%03d", 0,
                   i);
    tls_say(&c, buf_str(&all));
    rig_wait_for_requests(r.net, 1);
    rig_pause(50);
    net_reply_text(rig_unpark(), 503, 1, "wait\n");
    assert_true(tls_hear_until(&c, "\r\n\r\nwait\n", text, sizeof(text)));
    for (int i = 0; i < 20; i++) {
        char end[8];

        snprintf(end, sizeof(end), "0%03d", i);
        assert_true(tls_hear_until(&c, "\r\n\r\n", text, sizeof(text)));
        assert_int_equal(SSL_read(c.ssl, text, 1500), 1500);
        assert_memory_equal(text + 1496, end, 4);
    }
    buf_done(&all);
    tls_client_done(&c);
    tls_rig_down(&r);
}

/* An answer of 1 KiB leaves as one record, head and body together. */
static void test_one_record(void **state)
{
    char text[2048], body[1025];
    struct rig r;
    struct client c;
    int len;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    memset(body, 'x', 1024);
    body[1024] = '\0';
    snprintf(text, sizeof(text), CMP TYPE "Content-Length: 1024\r\n\r\n%s",
             body);
    tls_say(&c, text);
    len = SSL_read(c.ssl, text, sizeof(text) - 1);
    assert_true(len > 1024);
    assert_memory_equal(text + len - 1024, body, 1024);
    tls_client_done(&c);
    tls_rig_down(&r);
}

/* Silence, half a hello, and what is no TLS at all. */
static void test_handshake_deadline(void **state)
{
    static const char *const hellos[] = { "", "\x16\x03\x01\x02" };
    struct rig r;
    int64_t took;
    int fd;

    (void)state;
    tls_rig_up(&r);
    for (size_t i = 0; i < 2; i++) {
        fd = rig_dial(r.net, 1);
        rig_say(fd, hellos[i]);
        took = clock_monotonic_micros();
        assert_true(rig_is_at_end(fd));
        took = (clock_monotonic_micros() - took) / 1000;
        assert_true(took >= 250 && took < 2000);
        close(fd);
    }
    assert_int_equal(rig_counters(r.net).cut_by_deadline, 2);
    fd = rig_dial(r.net, 1);
    rig_say(fd, GOOD);
    rig_wait_for_none(r.net);
    close(fd);
    assert_int_equal(rig_counters(r.net).requests, 0);
    tls_rig_down(&r);
}

static void expect_subject(const struct rig *r, const char *want)
{
    struct client c;
    char name[64];
    X509 *cert;

    tls_client_init(&c, r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    cert = SSL_get1_peer_certificate(c.ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
                              sizeof(name));
    assert_string_equal(name, want);
    X509_free(cert);
    assert_true(tls_is_served(&c));
    tls_client_done(&c);
}

static void test_reload(void **state)
{
    struct fault f = { 0 };
    struct client old;
    struct rig r;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&old, &r);
    assert_int_equal(SSL_connect(old.ssl), 1);
    expect_subject(&r, "one");
    tls_save_pair(&r, "CN=two");
    expect_subject(&r, "one");
    assert_int_equal(net_reload_tls(r.net, &f), ERR_OK);
    expect_subject(&r, "two");
    assert_true(tls_is_served(&old));
    tls_client_done(&old);
    test_pki_save(r.pki, "tls.pem", "no certificate\n", 0600);
    assert_int_equal(net_reload_tls(r.net, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "tls.pem"));
    expect_subject(&r, "two");
    tls_rig_down(&r);
}

static void test_wrong_files(void **state)
{
    struct net_options o = rig_options();
    struct net *none = NULL;
    struct net_listener l;
    struct fault f = { 0 };
    struct rig r;

    (void)state;
    tls_rig_up(&r);
    l = r.listeners[1];
    o.listeners = &l;
    /* A key of the same kind and one of another, neither the certificate's. */
    test_pki_save(r.pki, "tls.key", test_key_pem(test_key_make(r.pki, "P-256")),
                  0600);
    assert_int_equal(net_start(&o, &none, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "tls.key"));
    test_pki_save(r.pki, "tls.key",
                  test_key_pem(test_key_make(r.pki, "Ed25519")), 0600);
    assert_int_equal(net_start(&o, &none, &f), ERR_CONFIG);
    assert_int_equal(net_reload_tls(r.net, &f), ERR_CONFIG);
    tls_rig_down(&r);
}

static void test_stop(void **state)
{
    char text[1000];
    struct rig r;
    struct client idle, shaking;

    (void)state;
    tls_rig_up(&r);
    tls_client_init(&idle, &r);
    tls_client_init(&shaking, &r);
    assert_int_equal(SSL_connect(idle.ssl), 1);
    assert_true(tls_is_served(&idle));
    net_stop(r.net, 2000);
    assert_false(tls_hear_until(&idle, "never", text, sizeof(text)));
    assert_int_equal(SSL_get_error(idle.ssl, 0), SSL_ERROR_ZERO_RETURN);
    tls_client_done(&idle);
    tls_client_done(&shaking);
    tls_rig_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_resumption),
        cmocka_unit_test(test_no_renegotiation),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_big),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_one_record),
        cmocka_unit_test(test_handshake_deadline),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
