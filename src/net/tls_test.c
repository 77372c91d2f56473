#include "net/rig_test.h"

#include <pthread.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "support/test_pki.h"

/* A plain listener, and a TLS one whose files can be replaced. */
struct rig {
    struct test_pki *pki;
    const char *cert_file;
    const char *key_file;
    struct net_listener listeners[2];
    struct net *net;
};

static void save_pair(struct rig *r, const char *subject)
{
    const struct test_cert *cert =
        test_cert_make(r->pki, &(struct test_cert_spec){ .subject = subject });

    r->cert_file = test_pki_save(r->pki, "tls.pem", cert->pem, 0600);
    r->key_file =
        test_pki_save(r->pki, "tls.key", test_key_pem(cert->key), 0600);
}

static void rig_up(struct rig *r)
{
    struct net_options o = rig_options();

    *r = (struct rig){ .pki = test_pki_new() };
    save_pair(r, "CN=one");
    r->listeners[0] = (struct net_listener){ "127.0.0.1", 0, NULL, NULL };
    r->listeners[1] =
        (struct net_listener){ "127.0.0.1", 0, r->cert_file, r->key_file };
    o.listeners = r->listeners;
    o.num_listeners = 2;
    o.handshake_ms = 300;
    r->net = rig_start(&o);
}

static void rig_down(struct rig *r)
{
    net_free(r->net);
    test_pki_free(r->pki);
}

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    unsigned num_tickets;
    SSL_SESSION *session;
};

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct client *c = SSL_get_app_data(ssl);

    c->num_tickets++;
    SSL_SESSION_free(c->session);
    c->session = session;
    return 1;
}

static void client_init(struct client *c, const struct rig *r)
{
    *c = (struct client){ .fd = rig_dial(r->net, 1) };
    c->ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(c->ctx);
    /* So that it is the server who refuses what is old. */
    SSL_CTX_set_security_level(c->ctx, 0);
    SSL_CTX_set_min_proto_version(c->ctx, TLS1_VERSION);
    SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT |
                                               SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c->ctx, on_session);
    c->ssl = SSL_new(c->ctx);
    assert_non_null(c->ssl);
    SSL_set_app_data(c->ssl, c);
    SSL_set_fd(c->ssl, c->fd);
}

static void client_done(struct client *c)
{
    SSL_SESSION_free(c->session);
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
    ERR_clear_error();
}

static void say(struct client *c, const char *text)
{
    int len = (int)strlen(text);

    assert_int_equal(SSL_write(c->ssl, text, len), len);
}

/* Reads until the bytes end so; false when the connection ends before. */
static bool hear_until(struct client *c, const char *end, char *out,
                       size_t size)
{
    size_t len = 0;

    memset(out, 0, size);
    while (len < strlen(end) || strcmp(out + len - strlen(end), end) != 0) {
        assert_true(len < size - 1);
        if (SSL_read(c->ssl, out + len, 1) != 1)
            return false;
        len++;
    }
    return true;
}

#define INFO "GET /info HTTP/1.1\r\nHost: h\r\n\r\n"
#define INFO_END "\r\n\r\n/info  127.0.0.1 1 1"

static bool is_served(struct client *c)
{
    char text[1000];

    say(c, INFO);
    return hear_until(c, INFO_END, text, sizeof(text));
}

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
    rig_up(&r);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        client_init(&c, &r);
        SSL_set_max_proto_version(c.ssl, rows[i].version);
        assert_int_equal(SSL_connect(c.ssl) == 1, rows[i].ok);
        if (rows[i].ok) {
            assert_int_equal(SSL_version(c.ssl), rows[i].version);
            assert_true(is_served(&c) && is_served(&c));
            assert_int_equal(c.num_tickets, 1);
        }
        client_done(&c);
    }
    assert_int_equal(rig_counters(r.net).tls_handshakes, 2);
    rig_down(&r);
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
    rig_up(&r);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        client_init(&c, &r);
        SSL_set_alpn_protos(c.ssl, (const unsigned char *)rows[i].offer,
                            (unsigned)strlen(rows[i].offer));
        assert_int_equal(SSL_connect(c.ssl) == 1, rows[i].ok);
        if (rows[i].ok) {
            SSL_get0_alpn_selected(c.ssl, &chosen, &chosen_len);
            assert_int_equal(chosen_len, 8);
            assert_memory_equal(chosen, "http/1.1", 8);
        }
        client_done(&c);
    }
    rig_down(&r);
}

static void test_resumption(void **state)
{
    struct rig r;
    struct client first, second;

    (void)state;
    rig_up(&r);
    client_init(&first, &r);
    assert_int_equal(SSL_connect(first.ssl), 1);
    assert_true(is_served(&first));
    client_init(&second, &r);
    SSL_set_session(second.ssl, first.session);
    assert_int_equal(SSL_connect(second.ssl), 1);
    assert_true(SSL_session_reused(second.ssl));
    assert_true(is_served(&second));
    client_done(&first);
    client_done(&second);
    rig_down(&r);
}

static void test_no_renegotiation(void **state)
{
    struct rig r;
    struct client c;

    (void)state;
    rig_up(&r);
    client_init(&c, &r);
    SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
    assert_int_equal(SSL_connect(c.ssl), 1);
    assert_true(is_served(&c));
    if (SSL_renegotiate(c.ssl) == 1)
        assert_int_not_equal(SSL_do_handshake(c.ssl), 1);
    client_done(&c);
    rig_down(&r);
}

static void test_requests(void **state)
{
    char text[1000];
    struct rig r;
    struct client c;

    (void)state;
    rig_up(&r);
    client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    say(&c, GOOD GOOD);
    assert_true(hear_until(&c, "\r\n\r\nabc", text, sizeof(text)));
    assert_true(hear_until(&c, "\r\n\r\nabc", text, sizeof(text)));
    for (const char *p = GOOD; *p != '\0'; p++)
        assert_int_equal(SSL_write(c.ssl, p, 1), 1);
    assert_true(hear_until(&c, "\r\n\r\nabc", text, sizeof(text)));
    say(&c, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    net_reply_text(rig_unpark(), 503, 1, "wait\n");
    assert_true(hear_until(&c, "\r\n\r\nwait\n", text, sizeof(text)));
    /* Both halves are ended in order. */
    say(&c, "nonsense\r\n\r\n");
    assert_false(hear_until(&c, "never", text, sizeof(text)));
    assert_int_equal(strncmp(text, "HTTP/1.1 400 ", 13), 0);
    assert_int_equal(SSL_get_error(c.ssl, 0), SSL_ERROR_ZERO_RETURN);
    client_done(&c);
    rig_wait_for_none(r.net);
    rig_down(&r);
}

static void test_big(void **state)
{
    uint8_t piece[16384];
    char text[1000];
    size_t len = 0;
    struct rig r;
    struct client c;

    (void)state;
    rig_up(&r);
    client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    say(&c, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear_until(&c, "\r\n\r\n", text, sizeof(text)));
    while (len < RIG_BIG_LEN) {
        int got = SSL_read(c.ssl, piece, sizeof(piece));

        assert_true(got > 0);
        for (int i = 0; i < got; i++)
            assert_int_equal(piece[i], (len + (size_t)i) % 251);
        len += (size_t)got;
    }
    assert_true(is_served(&c));
    client_done(&c);
    rig_down(&r);
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
    rig_up(&r);
    client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    buf_init(&all, (size_t)64 * 1024);
    buf_add_str(&all, "POST /park HTTP/1.1\r\nHost: h\r\n"
                      "Content-Length: 0\r\n\r\n");
    for (int i = 0; i < 20; i++)
        buf_printf(&all, CMP TYPE "Content-Length: 1500\r\n\r\n%01497d%03d", 0,
                   i);
    say(&c, buf_str(&all));
    rig_wait_for_requests(r.net, 1);
    rig_pause(50);
    net_reply_text(rig_unpark(), 503, 1, "wait\n");
    assert_true(hear_until(&c, "\r\n\r\nwait\n", text, sizeof(text)));
    for (int i = 0; i < 20; i++) {
        char end[8];

        snprintf(end, sizeof(end), "0%03d", i);
        assert_true(hear_until(&c, "\r\n\r\n", text, sizeof(text)));
        assert_int_equal(SSL_read(c.ssl, text, 1500), 1500);
        assert_memory_equal(text + 1496, end, 4);
    }
    buf_done(&all);
    client_done(&c);
    rig_down(&r);
}

/* An answer of 1 KiB leaves as one record, head and body together. */
static void test_one_record(void **state)
{
    char text[2048], body[1025];
    struct rig r;
    struct client c;
    int len;

    (void)state;
    rig_up(&r);
    client_init(&c, &r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    memset(body, 'x', 1024);
    body[1024] = '\0';
    snprintf(text, sizeof(text), CMP TYPE "Content-Length: 1024\r\n\r\n%s",
             body);
    say(&c, text);
    len = SSL_read(c.ssl, text, sizeof(text) - 1);
    assert_true(len > 1024);
    assert_memory_equal(text + len - 1024, body, 1024);
    client_done(&c);
    rig_down(&r);
}

/* Silence, half a hello, and what is no TLS at all. */
static void test_handshake_deadline(void **state)
{
    static const char *const hellos[] = { "", "\x16\x03\x01\x02" };
    struct rig r;
    int64_t took;
    int fd;

    (void)state;
    rig_up(&r);
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
    rig_down(&r);
}

static void expect_subject(const struct rig *r, const char *want)
{
    struct client c;
    char name[64];
    X509 *cert;

    client_init(&c, r);
    assert_int_equal(SSL_connect(c.ssl), 1);
    cert = SSL_get1_peer_certificate(c.ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
                              sizeof(name));
    assert_string_equal(name, want);
    X509_free(cert);
    assert_true(is_served(&c));
    client_done(&c);
}

static void test_reload(void **state)
{
    struct fault f = { 0 };
    struct client old;
    struct rig r;

    (void)state;
    rig_up(&r);
    client_init(&old, &r);
    assert_int_equal(SSL_connect(old.ssl), 1);
    expect_subject(&r, "one");
    save_pair(&r, "CN=two");
    expect_subject(&r, "one");
    assert_int_equal(net_reload_tls(r.net, &f), ERR_OK);
    expect_subject(&r, "two");
    assert_true(is_served(&old));
    client_done(&old);
    test_pki_save(r.pki, "tls.pem", "no certificate\n", 0600);
    assert_int_equal(net_reload_tls(r.net, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "tls.pem"));
    expect_subject(&r, "two");
    rig_down(&r);
}

static void test_wrong_files(void **state)
{
    struct net_options o = rig_options();
    struct net *none = NULL;
    struct net_listener l;
    struct fault f = { 0 };
    struct rig r;

    (void)state;
    rig_up(&r);
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
    rig_down(&r);
}

static void test_stop(void **state)
{
    char text[1000];
    struct rig r;
    struct client idle, shaking;

    (void)state;
    rig_up(&r);
    client_init(&idle, &r);
    client_init(&shaking, &r);
    assert_int_equal(SSL_connect(idle.ssl), 1);
    assert_true(is_served(&idle));
    net_stop(r.net, 2000);
    assert_false(hear_until(&idle, "never", text, sizeof(text)));
    assert_int_equal(SSL_get_error(idle.ssl, 0), SSL_ERROR_ZERO_RETURN);
    client_done(&idle);
    client_done(&shaking);
    rig_down(&r);
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
