/*
 * How a station's messages travel: one POST, one answer.
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "base/buf.h"
#include "base/error.h"

/* What came back for one message. */
struct client_answer {
    struct buf bytes;
    bool is_tls; /* in a session with a server that validated to a TLS anchor
                    of the settings and bears the name of the address */
    int64_t retry_after; /* seconds to wait, a refusal says; 0: none does */
};

/*
 * Sends one message and fills `answer`, whose buffer it appends to.
 * ERR_IO, ERR_TIMEOUT: nobody answered, or a proxy said so for the server.
 * ERR_NO_ANSWER: something did, but not with a CMP message. The fault says
 * what.
 */
struct client_transport {
    enum err (*post)(void *arg, const char *url, struct span message,
                     int64_t timeout_ms, struct client_answer *answer,
                     struct fault *f);
    /* From now on presents this in TLS, where it is asked for: certificates
     * in PEM, the own one first, and its key. Copies. NULL: it cannot. */
    enum err (*present)(void *arg, struct span certs, struct span key,
                        struct fault *f);
    void *arg;
};

/*
 * HTTP by libcurl (RFC 9811): http and https as the address says and never one
 * for the other, TLS 1.2 or later with the server's name checked, no redirects,
 * the proxy that the environment names, connections kept for the next message.
 * One thread's.
 */
struct http_transport;

/*
 * `tls_root`: a file of CA certificates, which alone are believed for https;
 * NULL: the system's, with which no session counts as authenticated.
 */
MUST_USE enum err http_transport_new(const char *tls_root,
                                     struct http_transport **out,
                                     struct fault *f);
void http_transport_free(struct http_transport *t);
DEFINE_AUTO(http_transport)

/* `t` outlives what is returned. */
struct client_transport http_transport_use(struct http_transport *t);

#endif
