/*
 * Shared inside net: what a server, a loop, a connection and an exchange are.
 *
 * Only a loop's own thread touches its base, its connections and the `conn` of
 * its exchanges; libevent runs without locks. Other threads reach a loop by
 * its queue of answered exchanges and an eventfd, and read its counters.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>

#include "base/buf.h"
#include "net/net.h"
#include "net/request.h"

/* OpenSSL's SSL_CTX; tls.c alone looks inside. */
struct ssl_ctx_st;

/* A listener of the options, and what all loops share of it. */
struct bound {
    const struct net_listener *conf;
    struct sockaddr_storage addr;
    socklen_t addr_len;
    pthread_mutex_t lock; /* guards ctx */
    struct ssl_ctx_st *ctx;
};

/* The same on one loop: a socket of its own. */
struct door {
    struct loop *loop;
    struct bound *bound;
    struct evconnlistener *listener;
    struct event *retry; /* after accept has failed */
};

enum deadline {
    DEADLINE_HANDSHAKE,
    DEADLINE_IDLE,
    DEADLINE_HEADER,
    DEADLINE_BODY,
    DEADLINE_WRITE,
    DEADLINE_LINGER,
    DEADLINE_NUM
};

enum count {
    COUNT_ACCEPTED,
    COUNT_TURNED_AWAY,
    COUNT_REQUESTS,
    COUNT_REPLIES,
    COUNT_CLIENT_GONE,
    COUNT_TLS_HANDSHAKES,
    COUNT_TLS_RESUMED,
    COUNT_TLS_REFUSED,
    COUNT_CUT,
    COUNT_REFUSED, /* the first of NET_REFUSED_NUM */
    COUNT_NUM = COUNT_REFUSED + NET_REFUSED_NUM
};

struct loop {
    struct net *net;
    pthread_t thread;
    bool is_running; /* the thread was started */
    struct event_base *base;
    struct door *doors; /* one a listener */
    struct conn *conns;
    const struct timeval *deadlines[DEADLINE_NUM];
    struct event *wake;
    struct event *drain_end;
    bool is_draining;
    atomic_uint_fast64_t counts[COUNT_NUM];

    int wake_fd;
    pthread_mutex_t lock; /* guards what follows */
    struct net_exchange *answered;
    struct net_exchange **answered_end;
    bool is_asked_to_stop;
    bool is_over;
    unsigned drain_ms;
};

struct net {
    struct net_options o; /* defaults filled in */
    struct bound *bounds;
    struct loop *loops;
    unsigned num_loops; /* that are initialised */
    atomic_uint_fast64_t next_id;
    atomic_uint_fast64_t num_open;
    atomic_uint num_holding; /* threads between net_hold and net_release */
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_IDLE,
    CONN_HEAD,
    CONN_BODY,
    CONN_WAITING, /* a handler has the exchange */
    CONN_WRITING,
    CONN_LINGER /* all is said; reads on so that no reset eats the answer */
};

struct conn {
    struct loop *loop;
    struct bound *bound;
    struct conn *next;
    struct conn **link; /* what points here */
    struct bufferevent *bev;
    struct event timer;
    struct net_exchange *x; /* while CONN_BODY and CONN_WAITING */
    size_t scanned;         /* of the head */
    struct http_chunks chunks;
    struct net_peer peer;
    enum conn_state state;
    bool is_chunked;
    bool keeps_alive;
    bool is_http_1_0;
    bool is_head;   /* the method, so the answer has no body */
    bool is_held;   /* reading has stopped */
    bool has_ended; /* the client sends no more */
};

struct net_exchange {
    struct net_exchange *next; /* in the queue */
    struct loop *loop;
    struct conn *conn; /* NULL once the client has gone */
    const struct net_route *route;
    uint64_t id;
    struct net_peer peer;
    struct span client_cert; /* behind the path */
    size_t listener;
    enum net_method method;
    struct buf body;
    size_t body_len; /* announced by Content-Length */
    struct wire *answer;
    const char *query;
    char path[];
};

/*
 * An answer as it goes out: header lines without the last ones, room for
 * those, the body. One allocation, so that one write sends all.
 */
struct wire {
    size_t head_len;
    size_t body_len;
    uint8_t bytes[]; /* head_len + WIRE_ROOM + body_len */
};
#define WIRE_ROOM 32

/* NULL: out of memory. `allow` is the set of methods for Allow, or 0. */
struct wire *wire_new(const struct net_response *r, unsigned allow);
/* Owns `w`. Writes to `fd`, unless that is -1, what the socket takes at once,
 * and hands the rest over to the buffer; false: out of memory. */
bool wire_send(struct wire *w, struct evbuffer *out, const struct conn *c,
               evutil_socket_t fd);

void loop_count(struct loop *l, size_t which);
enum err loop_init(struct loop *l, struct net *n, struct fault *f);
void loop_done(struct loop *l);
enum err loop_start(struct loop *l, struct fault *f);
/* Asks the loop to end and waits until it has. */
void loop_ask_to_stop(struct loop *l, unsigned drain_ms);
void loop_join(struct loop *l);
/* Ends a draining loop whose last connection has gone. */
void loop_check_over(struct loop *l);

/* A listening socket. */
enum err bound_init(struct bound *b, const struct net_listener *conf,
                    struct fault *f);
void bound_done(struct bound *b);
enum err bound_socket(struct bound *b, int *out, struct fault *f);
uint16_t bound_port(const struct bound *b);

/* Takes the socket over. */
void conn_open(struct loop *l, struct bound *b, evutil_socket_t fd,
               const struct sockaddr *addr);
void conn_close(struct conn *c);
void conn_drain(struct conn *c);
/* Owns `w`; NULL, for want of memory, closes. May end the connection. */
void conn_answer(struct conn *c, struct wire *w);

/* A server's context from the listener's files. */
enum err tls_ctx_new(const struct net_listener *conf, struct ssl_ctx_st **out,
                     struct fault *f);
void tls_ctx_free(struct ssl_ctx_st *ctx);
/* For an accepted socket of this connection, on the present context of its
 * listener; owns the socket unless it is NULL: out of memory. */
struct bufferevent *tls_bev_new(struct conn *c, evutil_socket_t fd);
/* Counts a handshake that is done. */
void tls_count_done(struct conn *c);
/* Whether a handshake failed for the client's certificate, or for want of one,
 * of which check_client is told. */
bool tls_is_refused(struct conn *c);
/* What the client presented, as DER into `out` unless that is NULL; the length,
 * 0 for nothing and where there is no TLS. */
size_t tls_client_cert(const struct conn *c, uint8_t *out);
/* Tells a client whose handshake is done that nothing follows; does nothing
 * where there is no TLS. */
void tls_say_end(struct bufferevent *bev);

struct net_exchange *exchange_new(struct conn *c, const struct http_head *h,
                                  const struct net_route *r);
void exchange_free(struct net_exchange *x);

/*
 * Finds the route. NULL: none; then `*allow` is the set of methods that rows
 * of that path allow, 0 when there is no such path.
 */
const struct net_route *route_find(const struct net_options *o,
                                   struct span path, enum net_method method,
                                   unsigned *allow);
bool route_takes_type(const struct net_route *r, struct span content_type);
/* 0 for a method that no route can allow. */
enum net_method method_parse(struct span method);

#endif
