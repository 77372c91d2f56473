/*
 * The HTTP(S) server: event loops that move bytes, a route table, limits.
 *
 * One thread and one event_base per loop; each loop has listening sockets of
 * its own on the same ports (SO_REUSEPORT), so a connection stays on one loop
 * for life. A request that passed every check made here reaches its route's
 * handler as an exchange. The handler keeps it and returns at once; any thread
 * answers it later, once, with net_reply.
 *
 * Checked here, and answered without a handler: 400 malformed or ambiguous
 * framing, 404 no such path, 405 method, 408 a deadline has passed, 411 a POST
 * without a length, 413 body too long, 415 media type, 417 unknown
 * expectation, 431 header too long, 505 not HTTP/1.x.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/error.h"
#include "base/span.h"

struct net;
struct net_exchange;

/* Methods are bits: a route names those it allows. GET allows HEAD too. */
enum net_method {
    NET_GET = 1,
    NET_HEAD = 2,
    NET_POST = 4
};

enum net_match {
    NET_EXACT, /* this path and no other */
    NET_PREFIX /* this path and those below it */
};

/*
 * One row of the route table. A path with a slash at its end is the same as
 * without (RFC 6712, 3.6), percent-encoding is not undone, and a query is no
 * part of the path. The first row that fits path and method wins; where rows
 * fit the path but none the method, the answer is 405 and Allow names the
 * methods of them all.
 */
struct net_route {
    const char *path; /* begins with '/'; "/" with NET_PREFIX is every path */
    enum net_match match;
    unsigned methods; /* NET_GET or NET_POST or both */

    /* What a POST may hold, ended by NULL, compared without case and without
     * parameters. NULL: anything. */
    const char *const *media_types;

    /* Runs on the loop's thread, must not block, owns `x` until it or
     * someone else has called net_reply. */
    void (*handler)(struct net_exchange *x, void *arg);
    void *arg;
};

/* Whether a TLS client is asked for a certificate. */
enum net_client_cert {
    NET_CLIENT_CERT_IGNORE,  /* it is not asked */
    NET_CLIENT_CERT_REQUEST, /* it may present one, which has to be good */
    NET_CLIENT_CERT_REQUIRE  /* without a good one the handshake ends */
};

/* Where a request comes from. An IPv4-mapped address counts as IPv4. */
struct net_peer {
    unsigned char version; /* 4 or 6 */
    uint8_t bytes[16];     /* the first 4 or all, network order */
    uint16_t port;
};

/* Both TLS files or neither. The certificate file holds the chain, PEM. */
struct net_listener {
    const char *address; /* numeric; IPv6 alone, but "::" is both families */
    uint16_t port;       /* 0: one is picked, see net_port */
    const char *tls_cert_file;
    const char *tls_key_file;
    enum net_client_cert client_cert;
};

/*
 * Times are totals in milliseconds: they do not start anew when a byte
 * arrives. `idle_ms` runs while nothing of a request has arrived, on a new
 * connection as between requests; `write_ms` until a reply is sent. A time, a
 * cap or a count of 0 stands for the default in brackets.
 */
struct net_options {
    unsigned num_loops; /* [1] */
    const struct net_listener *listeners;
    size_t num_listeners;
    const struct net_route *routes;
    size_t num_routes;

    size_t header_cap; /* [LIMIT_HTTP_HEADER_LEN] */
    size_t body_cap;   /* [LIMIT_HTTP_BODY_LEN] */

    unsigned handshake_ms; /* [10,000] */
    unsigned header_ms;    /* [10,000] */
    unsigned body_ms;      /* [20,000] */
    unsigned write_ms;     /* [60,000] */
    unsigned idle_ms;      /* [60,000] */

    size_t max_connections; /* [20,000]; more are closed once accepted */

    /*
     * Judges what a TLS client presents: DER, its own certificate first. On a
     * loop's thread, several at once; must not block. False ends the
     * handshake. With `num` 0 it is told of a client that presented nothing
     * where something is required. Set where a listener asks.
     */
    bool (*check_client)(void *arg, const struct net_peer *peer,
                         const struct span *chain, size_t num);
    /* The same of a session that would be resumed, by the certificate alone;
     * false makes it a handshake from the start. */
    bool (*check_session)(void *arg, struct span cert);
    void *check_client_arg;
};

/*
 * Binds every listener, reads the TLS files, starts the loops. The arrays and
 * strings of `o` are borrowed until net_free; `o` itself is copied.
 * ERR_CONFIG: an address or TLS file that cannot be used; ERR_IO: bind or
 * another system call; ERR_NO_MEM.
 */
MUST_USE enum err net_start(const struct net_options *o, struct net **out,
                            struct fault *f);

/* The port that listener `i` is bound to. */
uint16_t net_port(const struct net *n, size_t i);

/*
 * Stops accepting, closes idle connections, finishes the requests under way,
 * and closes each connection behind its reply (Connection: close). After
 * `drain_ms` what is left is cut. Returns when the loops have ended. Exchanges
 * not yet answered stay good: net_reply then takes and drops the answer.
 */
void net_stop(struct net *n, unsigned drain_ms);

/* Stops without draining if net_stop was not called. Every exchange must have
 * been answered and no thread be in net_reply. */
void net_free(struct net *n);
DEFINE_AUTO(net)

/*
 * Reads the TLS files anew, for connections to come. On failure (ERR_CONFIG)
 * every listener keeps what it had. From any thread.
 */
MUST_USE enum err net_reload_tls(struct net *n, struct fault *f);

/*
 * An exchange is one request waiting for its answer. It owns what these
 * return, until net_reply; any thread may read it. It outlives its connection:
 * a client may be gone before the answer, and nobody above needs to care.
 */

/* Without query and without the slash at its end; "/" for the root. */
const char *net_exchange_path(const struct net_exchange *x);
/* What follows '?', undecoded; "" when there is none. */
const char *net_exchange_query(const struct net_exchange *x);
enum net_method net_exchange_method(const struct net_exchange *x);
struct span net_exchange_body(const struct net_exchange *x);
bool net_exchange_is_tls(const struct net_exchange *x);
/* Which of the listeners it came in by. */
size_t net_exchange_listener(const struct net_exchange *x);
/* The certificate the TLS client presented, as DER; absent: none. */
struct span net_exchange_client_cert(const struct net_exchange *x);
/* Different for every exchange of this process; from 1. */
uint64_t net_exchange_id(const struct net_exchange *x);

const struct net_peer *net_exchange_peer(const struct net_exchange *x);

/* The address without the port: "192.0.2.1", "2001:db8::1". */
#define NET_PEER_TEXT_LEN 46
void net_peer_format(const struct net_peer *p, char out[NET_PEER_TEXT_LEN]);

/*
 * An answer; all of it is copied. Text goes into header lines as it stands and
 * may hold neither CR nor LF. NULL and 0 leave a header line out.
 */
struct net_response {
    int status;
    const char *content_type;
    struct span body;
    unsigned retry_after; /* seconds */
    const char *cache_control;
    const char *last_modified;
};

/*
 * Answers the exchange and takes it over: `x` is gone. Exactly once per
 * exchange, from any thread. It does not block and cannot fail to the caller's
 * knowledge: without memory the connection is closed.
 */
void net_reply(struct net_exchange *x, const struct net_response *r);

/* The same with a line of plain text, for answers that are no CMP message. */
void net_reply_text(struct net_exchange *x, int status, unsigned retry_after,
                    const char *text);

/*
 * Between these two the loops are not woken for answers; then for all at once,
 * which spares a wake-up for each. Short, since the answers of other threads
 * wait too. From any thread.
 */
void net_hold(struct net *n);
void net_release(struct net *n);

/* Refusals made here, by status. */
/* clang-format off */
#define NET_REFUSALS(STATUS)                                                   \
    STATUS(400) STATUS(404) STATUS(405) STATUS(408) STATUS(411) STATUS(413)    \
    STATUS(415) STATUS(417) STATUS(431) STATUS(505)
/* clang-format on */
#define NET_REFUSED_ENUM(status) NET_REFUSED_##status,
enum net_refused {
    NET_REFUSALS(NET_REFUSED_ENUM) NET_REFUSED_NUM
};
#undef NET_REFUSED_ENUM

/* Since the start; `open` is now. */
struct net_counters {
    uint64_t accepted;
    uint64_t open;
    uint64_t turned_away;     /* beyond max_connections */
    uint64_t requests;        /* given to a handler */
    uint64_t replies;         /* written to a connection that was there */
    uint64_t client_gone;     /* answers whose client had left */
    uint64_t tls_handshakes;  /* completed */
    uint64_t tls_resumed;     /* of these */
    uint64_t tls_refused;     /* for the client's certificate, or for none */
    uint64_t cut_by_deadline; /* handshake, header, body or write */
    uint64_t refused[NET_REFUSED_NUM];
};

/* The status of a row of `refused`: 400 for NET_REFUSED_400. */
int net_refused_status(enum net_refused which);

/* A snapshot, from any thread. */
void net_counters_get(const struct net *n, struct net_counters *out);

#endif
