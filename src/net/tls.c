#include "net/internal.h"

#include <stdlib.h>

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/limits.h"

/* TLS 1.2 with forward secrecy and AEAD alone; 1.3 has nothing else. */
#define TLS_1_2_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

static int choose_protocol(SSL *ssl, const unsigned char **out,
                           unsigned char *out_len, const unsigned char *in,
                           unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in,
                              in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A key under a pass phrase is refused; nobody is there to type one. */
static int no_pass_phrase(char *out, int size, int is_writing, void *arg)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)arg;
    return -1;
}

static enum err config_fault(struct fault *f, const char *path)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return fault_set(f, ERR_CONFIG, "%s: %s", path,
                     why == NULL ? "cannot be used for TLS" : why);
}

static enum err load_files(SSL_CTX *ctx, const struct net_listener *conf,
                           struct fault *f)
{
    SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, conf->tls_cert_file) != 1)
        return config_fault(f, conf->tls_cert_file);
    if (SSL_CTX_use_PrivateKey_file(ctx, conf->tls_key_file,
                                    SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return config_fault(f, conf->tls_key_file);
    return ERR_OK;
}

/* --- what a client presents --- */

static bool is_welcome(struct conn *c, const struct span *chain, size_t num)
{
    const struct net_options *o = &c->loop->net->o;

    if (o->check_client(o->check_client_arg, &c->peer, chain, num) && num > 0)
        return true;
    loop_count(c->loop, COUNT_TLS_REFUSED);
    return false;
}

/* Stands for X509_verify_cert: whose anchors and CRLs count, and from when on,
 * is not this module's. */
static int check_presented(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl =
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    unsigned char *ders[LIMIT_PATH_CERTS] = { NULL };
    struct span chain[LIMIT_PATH_CERTS];
    int num = 0, len = 1;
    bool is_good;

    (void)arg;
    for (; num < sk_X509_num(sent) && num < LIMIT_PATH_CERTS && len > 0;
         num++) {
        len = i2d_X509(sk_X509_value(sent, num), &ders[num]);
        chain[num] = span_of(ders[num], len < 0 ? 0 : (size_t)len);
    }
    is_good = is_welcome(SSL_get_app_data(ssl), chain, (size_t)num);
    for (int i = 0; i < num; i++)
        OPENSSL_free(ders[i]);
    X509_STORE_CTX_set_error(store,
                             is_good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return is_good;
}

/* What was good when the session began may be revoked by now. */
static bool may_resume(SSL *ssl, SSL_SESSION *session)
{
    struct conn *c = SSL_get_app_data(ssl);
    const struct net_options *o = &c->loop->net->o;
    X509 *cert = SSL_SESSION_get0_peer(session);
    unsigned char *der = NULL;
    bool is_good;
    int len;

    if (cert == NULL)
        return true;
    len = i2d_X509(cert, &der);
    if (len <= 0)
        return false;
    is_good = o->check_session(o->check_client_arg, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return is_good;
}

/* A session that may not be resumed is a handshake from the start. */
static SSL_TICKET_RETURN on_ticket(SSL *ssl, SSL_SESSION *session,
                                   const unsigned char *name, size_t name_len,
                                   SSL_TICKET_STATUS status, void *arg)
{
    (void)name;
    (void)name_len;
    (void)arg;
    if ((status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) ||
        !may_resume(ssl, session))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE
                                        : SSL_TICKET_RETURN_USE_RENEW;
}

static const int verify_modes[] = {
    [NET_CLIENT_CERT_IGNORE] = SSL_VERIFY_NONE,
    [NET_CLIENT_CERT_REQUEST] = SSL_VERIFY_PEER,
    [NET_CLIENT_CERT_REQUIRE] =
        SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
};

/* No names of CAs go along: whose stations are served is nobody's business. */
static void ask_for_certificate(SSL_CTX *ctx, enum net_client_cert how)
{
    static const unsigned char id[] = "net";

    SSL_CTX_set_verify(ctx, verify_modes[how], NULL);
    SSL_CTX_set_cert_verify_callback(ctx, check_presented, NULL);
    SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
    SSL_CTX_set_session_ticket_cb(ctx, NULL, on_ticket, NULL);
}

size_t tls_client_cert(const struct conn *c, uint8_t *out)
{
    SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
    X509 *cert = ssl == NULL ? NULL : SSL_get0_peer_certificate(ssl);
    int len = cert == NULL ? 0 : i2d_X509(cert, out == NULL ? NULL : &out);

    return len < 0 ? 0 : (size_t)len;
}

void tls_count_done(struct conn *c)
{
    loop_count(c->loop, COUNT_TLS_HANDSHAKES);
    if (SSL_session_reused(bufferevent_openssl_get_ssl(c->bev)) == 1)
        loop_count(c->loop, COUNT_TLS_RESUMED);
}

bool tls_is_refused(struct conn *c)
{
    bool is_refused = false;
    unsigned long e;

    while ((e = bufferevent_get_openssl_error(c->bev)) != 0) {
        int why = ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;

        if (why == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
            is_refused = !is_welcome(c, NULL, 0);
        else if (why == SSL_R_CERTIFICATE_VERIFY_FAILED)
            is_refused = true;
    }
    return is_refused;
}

/* --- contexts --- */

static void set_up(SSL_CTX *ctx)
{
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* Fewer records and 16 KiB less for each idle connection. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

enum err tls_ctx_new(const struct net_listener *conf, SSL_CTX **out,
                     struct fault *f)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    enum err e;

    ERR_clear_error();
    if (ctx == NULL || SSL_CTX_set_cipher_list(ctx, TLS_1_2_CIPHERS) != 1) {
        SSL_CTX_free(ctx);
        return fault_set(f, ERR_CRYPTO, "TLS context");
    }
    set_up(ctx);
    if (conf->client_cert != NET_CLIENT_CERT_IGNORE)
        ask_for_certificate(ctx, conf->client_cert);
    e = load_files(ctx, conf, f);
    if (e != ERR_OK) {
        SSL_CTX_free(ctx);
        return e;
    }
    *out = ctx;
    return ERR_OK;
}

void tls_ctx_free(struct ssl_ctx_st *ctx)
{
    SSL_CTX_free(ctx);
}

struct bufferevent *tls_bev_new(struct conn *c, evutil_socket_t fd)
{
    struct bufferevent *bev;
    SSL *ssl;

    pthread_mutex_lock(&c->bound->lock);
    ssl = SSL_new(c->bound->ctx);
    pthread_mutex_unlock(&c->bound->lock);
    if (ssl == NULL)
        return NULL;
    SSL_set_app_data(ssl, c);
    bev = bufferevent_openssl_socket_new(c->loop->base, fd, ssl,
                                         BUFFEREVENT_SSL_ACCEPTING,
                                         BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL)
        SSL_free(ssl);
    return bev;
}

void tls_say_end(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);

    if (ssl == NULL)
        return;
    SSL_shutdown(ssl);
    ERR_clear_error();
}

enum err net_reload_tls(struct net *n, struct fault *f)
{
    SSL_CTX **fresh = calloc(n->o.num_listeners, sizeof(*fresh)), *old;
    enum err e = ERR_OK;

    if (fresh == NULL)
        return fault_set(f, ERR_NO_MEM, "TLS contexts");
    for (size_t i = 0; e == ERR_OK && i < n->o.num_listeners; i++)
        if (n->bounds[i].conf->tls_cert_file != NULL)
            e = tls_ctx_new(n->bounds[i].conf, &fresh[i], f);
    for (size_t i = 0; i < n->o.num_listeners; i++) {
        struct bound *b = &n->bounds[i];

        if (e == ERR_OK && fresh[i] != NULL) {
            pthread_mutex_lock(&b->lock);
            old = b->ctx;
            b->ctx = fresh[i];
            pthread_mutex_unlock(&b->lock);
            fresh[i] = old;
        }
        SSL_CTX_free(fresh[i]);
    }
    free(fresh);
    return e;
}
