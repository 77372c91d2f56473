#include "net/tls_scene_test.h"

#include <unistd.h>

void tls_save_pair(struct rig *r, const char *subject)
{
    const struct test_cert *cert =
        test_cert_make(r->pki, &(struct test_cert_spec){ .subject = subject });

    r->cert_file = test_pki_save(r->pki, "tls.pem", cert->pem, 0600);
    r->key_file =
        test_pki_save(r->pki, "tls.key", test_key_pem(cert->key), 0600);
}

void tls_rig_up_asking(struct rig *r, enum net_client_cert how,
                       const struct net_options *judges)
{
    struct net_options o = rig_options();

    *r = (struct rig){ .pki = test_pki_new() };
    tls_save_pair(r, "CN=one");
    r->listeners[0] = (struct net_listener){ .address = "127.0.0.1" };
    r->listeners[1] = (struct net_listener){ .address = "127.0.0.1",
                                             .tls_cert_file = r->cert_file,
                                             .tls_key_file = r->key_file,
                                             .client_cert = how };
    o.check_client = judges->check_client;
    o.check_session = judges->check_session;
    o.check_client_arg = judges->check_client_arg;
    o.listeners = r->listeners;
    o.num_listeners = 2;
    o.handshake_ms = 300;
    r->net = rig_start(&o);
}

void tls_rig_up(struct rig *r)
{
    const struct net_options nobody = { 0 };

    tls_rig_up_asking(r, NET_CLIENT_CERT_IGNORE, &nobody);
}

void tls_rig_down(struct rig *r)
{
    net_free(r->net);
    test_pki_free(r->pki);
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct client *c = SSL_get_app_data(ssl);

    c->num_tickets++;
    SSL_SESSION_free(c->session);
    c->session = session;
    return 1;
}

void tls_client_init(struct client *c, const struct rig *r)
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

void tls_client_done(struct client *c)
{
    SSL_SESSION_free(c->session);
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
    ERR_clear_error();
}

void tls_say(struct client *c, const char *text)
{
    int len = (int)strlen(text);

    assert_int_equal(SSL_write(c->ssl, text, len), len);
}

bool tls_hear_until(struct client *c, const char *end, char *out, size_t size)
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

bool tls_is_served(struct client *c)
{
    char text[1000];

    tls_say(c, TLS_INFO);
    return tls_hear_until(c, TLS_INFO_END, text, sizeof(text));
}
