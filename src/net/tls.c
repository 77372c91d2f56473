#include "net/internal.h"

#include <stdlib.h>

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

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

struct bufferevent *tls_bev_new(struct loop *l, struct bound *b,
                                evutil_socket_t fd)
{
    struct bufferevent *bev;
    SSL *ssl;

    pthread_mutex_lock(&b->lock);
    ssl = SSL_new(b->ctx);
    pthread_mutex_unlock(&b->lock);
    if (ssl == NULL)
        return NULL;
    bev = bufferevent_openssl_socket_new(
        l->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
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
