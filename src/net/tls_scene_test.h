/*
 * What the tests of TLS share: a server with a plain and a TLS listener, and a
 * client of it. What fails here fails the test.
 */
#ifndef NET_TLS_SCENE_TEST_H
#define NET_TLS_SCENE_TEST_H

#include "net/rig_test.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "support/test_pki.h"

/* A plain listener, and a TLS one whose files can be replaced. */
struct rig {
    struct test_pki *pki;
    const char *cert_file;
    const char *key_file;
    struct net_listener listeners[2];
    struct net *net;
};

/* Replaces the files. */
void tls_save_pair(struct rig *r, const char *subject);
void tls_rig_up(struct rig *r);
/* The same with clients judged by these options' functions. */
void tls_rig_up_asking(struct rig *r, enum net_client_cert how,
                       const struct net_options *judges);
void tls_rig_down(struct rig *r);

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    unsigned num_tickets;
    SSL_SESSION *session;
};

void tls_client_init(struct client *c, const struct rig *r);
void tls_client_done(struct client *c);
void tls_say(struct client *c, const char *text);
/* Reads until the bytes end so; false when the connection ends before. */
bool tls_hear_until(struct client *c, const char *end, char *out, size_t size);

#define TLS_INFO "GET /info HTTP/1.1\r\nHost: h\r\n\r\n"
#define TLS_INFO_END "\r\n\r\n/info  127.0.0.1 1 1"
/* A whole exchange. */
bool tls_is_served(struct client *c);

#endif
