/*
 * A server: its listeners and loops, from start to stop.
 */
#include "net/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"

#define MAX_LOOPS 256

static bool address_parse(struct bound *b)
{
    struct sockaddr_in *in4 = (void *)&b->addr;
    struct sockaddr_in6 *in6 = (void *)&b->addr;

    if (inet_pton(AF_INET, b->conf->address, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(b->conf->port);
        b->addr_len = sizeof(*in4);
        return true;
    }
    if (inet_pton(AF_INET6, b->conf->address, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(b->conf->port);
        b->addr_len = sizeof(*in6);
        return true;
    }
    return false;
}

/* "::" is every address of both families, as people expect of it. */
static bool is_any(const struct bound *b)
{
    return strcmp(b->conf->address, "::") == 0;
}

/* A kernel without IPv6 still has IPv4. */
static void fall_back_to_ipv4(struct bound *b)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in4 = { .sin_family = AF_INET,
                               .sin_port = htons(b->conf->port) };

    if (fd >= 0) {
        close(fd);
        return;
    }
    memset(&b->addr, 0, sizeof(b->addr));
    memcpy(&b->addr, &in4, sizeof(in4));
    b->addr_len = sizeof(in4);
}

enum err bound_init(struct bound *b, const struct net_listener *conf,
                    struct fault *f)
{
    b->conf = conf;
    pthread_mutex_init(&b->lock, NULL);
    if (!address_parse(b))
        return fault_set(f, ERR_CONFIG, "%s: not a numeric address",
                         conf->address);
    if (is_any(b))
        fall_back_to_ipv4(b);
    if ((conf->tls_cert_file == NULL) != (conf->tls_key_file == NULL))
        return fault_set(f, ERR_CONFIG,
                         "%s: TLS needs both certificate and key",
                         conf->address);
    if (conf->tls_cert_file != NULL)
        TRY(tls_ctx_new(conf, &b->ctx, f));
    return ERR_OK;
}

void bound_done(struct bound *b)
{
    tls_ctx_free(b->ctx);
    pthread_mutex_destroy(&b->lock);
}

uint16_t bound_port(const struct bound *b)
{
    const struct sockaddr_in *in4 = (const void *)&b->addr;
    const struct sockaddr_in6 *in6 = (const void *)&b->addr;

    return ntohs(b->addr.ss_family == AF_INET ? in4->sin_port : in6->sin6_port);
}

/* A socket bound to the address, with these options on. -1: errno says why. */
static int bind_with(struct bound *b, const int options[][2], size_t num)
{
    const int on = 1;
    const int v6_only = !is_any(b);
    int fd = socket(b->addr.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0;

    for (size_t i = 0; ok && i < num; i++)
        ok = setsockopt(fd, options[i][0], options[i][1], &on, sizeof(on)) == 0;
    if (ok && b->addr.ss_family == AF_INET6)
        ok = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only,
                        sizeof(v6_only)) == 0;
    if (ok)
        ok = bind(fd, (const struct sockaddr *)&b->addr, b->addr_len) == 0;
    if (ok || fd < 0)
        return fd;
    close(fd);
    return -1;
}

/* SO_REUSEPORT would let a second server share the port unnoticed; a socket
 * without it finds out whether someone is there. */
static bool is_taken(struct bound *b)
{
    static const int options[][2] = { { SOL_SOCKET, SO_REUSEADDR } };
    int fd = bind_with(b, options, 1);

    if (fd < 0)
        return true;
    close(fd);
    return false;
}

enum err bound_socket(struct bound *b, int *out, struct fault *f)
{
    /* TCP_NODELAY is inherited by what is accepted. */
    static const int options[][2] = {
        { SOL_SOCKET, SO_REUSEADDR },
        { SOL_SOCKET, SO_REUSEPORT },
        { IPPROTO_TCP, TCP_NODELAY },
    };
    int fd = bind_with(b, options, 3);

    if (fd < 0)
        return fault_set(f, ERR_IO, "%s port %u: %s", b->conf->address,
                         (unsigned)bound_port(b), strerror(errno));
    /* The port, where one was picked, is the next loop's too. */
    getsockname(fd, (struct sockaddr *)&b->addr, &b->addr_len);
    *out = fd;
    return ERR_OK;
}

static void set_defaults(struct net_options *o)
{
    const struct {
        unsigned *field;
        unsigned value;
    } times[] = {
        { &o->num_loops, 1 },     { &o->handshake_ms, 10000 },
        { &o->header_ms, 10000 }, { &o->body_ms, 20000 },
        { &o->write_ms, 60000 },  { &o->idle_ms, 60000 },
    };

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (*times[i].field == 0)
            *times[i].field = times[i].value;
    if (o->num_loops > MAX_LOOPS)
        o->num_loops = MAX_LOOPS;
    if (o->header_cap == 0)
        o->header_cap = LIMIT_HTTP_HEADER_LEN;
    if (o->body_cap == 0)
        o->body_cap = LIMIT_HTTP_BODY_LEN;
    if (o->max_connections == 0)
        o->max_connections = 20000;
}

static enum err init_bounds(struct net *n, struct fault *f)
{
    for (size_t i = 0; i < n->o.num_listeners; i++) {
        TRY(bound_init(&n->bounds[i], &n->o.listeners[i], f));
        if (n->o.listeners[i].port != 0 && is_taken(&n->bounds[i]))
            return fault_set(f, ERR_IO, "%s port %u: %s",
                             n->o.listeners[i].address,
                             (unsigned)n->o.listeners[i].port, strerror(errno));
    }
    return ERR_OK;
}

static enum err bring_up(struct net *n, struct fault *f)
{
    if (n->o.num_listeners == 0)
        return fault_set(f, ERR_CONFIG, "no address to listen on");
    n->bounds = calloc(n->o.num_listeners, sizeof(*n->bounds));
    n->loops = calloc(n->o.num_loops, sizeof(*n->loops));
    if (n->bounds == NULL || n->loops == NULL)
        return fault_set(f, ERR_NO_MEM, "server");
    TRY(init_bounds(n, f));
    while (n->num_loops < n->o.num_loops)
        TRY(loop_init(&n->loops[n->num_loops++], n, f));
    for (unsigned i = 0; i < n->num_loops; i++)
        TRY(loop_start(&n->loops[i], f));
    return ERR_OK;
}

enum err net_start(const struct net_options *o, struct net **out,
                   struct fault *f)
{
    struct net *n = calloc(1, sizeof(*n));
    enum err e;

    if (n == NULL)
        return fault_set(f, ERR_NO_MEM, "server");
    n->o = *o;
    set_defaults(&n->o);
    e = bring_up(n, f);
    if (e != ERR_OK) {
        net_free(n);
        return e;
    }
    *out = n;
    return ERR_OK;
}

uint16_t net_port(const struct net *n, size_t i)
{
    return bound_port(&n->bounds[i]);
}

void net_stop(struct net *n, unsigned drain_ms)
{
    for (unsigned i = 0; i < n->num_loops; i++)
        loop_ask_to_stop(&n->loops[i], drain_ms);
    for (unsigned i = 0; i < n->num_loops; i++)
        loop_join(&n->loops[i]);
}

void net_free(struct net *n)
{
    if (n == NULL)
        return;
    net_stop(n, 0);
    for (unsigned i = 0; i < n->num_loops; i++)
        loop_done(&n->loops[i]);
    for (size_t i = 0; n->bounds != NULL && i < n->o.num_listeners; i++)
        if (n->bounds[i].conf != NULL)
            bound_done(&n->bounds[i]);
    free(n->loops);
    free(n->bounds);
    free(n);
}

void net_counters_get(const struct net *n, struct net_counters *out)
{
    struct net_counters c = { .open = atomic_load(&n->num_open) };
    uint64_t *const single[] = {
        [COUNT_ACCEPTED] = &c.accepted,
        [COUNT_TURNED_AWAY] = &c.turned_away,
        [COUNT_REQUESTS] = &c.requests,
        [COUNT_REPLIES] = &c.replies,
        [COUNT_CLIENT_GONE] = &c.client_gone,
        [COUNT_TLS_HANDSHAKES] = &c.tls_handshakes,
        [COUNT_TLS_RESUMED] = &c.tls_resumed,
        [COUNT_TLS_REFUSED] = &c.tls_refused,
        [COUNT_CUT] = &c.cut_by_deadline,
    };

    for (unsigned l = 0; l < n->num_loops; l++) {
        const struct loop *loop = &n->loops[l];

        for (size_t i = 0; i < COUNT_REFUSED; i++)
            *single[i] += atomic_load(&loop->counts[i]);
        for (size_t i = 0; i < NET_REFUSED_NUM; i++)
            c.refused[i] += atomic_load(&loop->counts[COUNT_REFUSED + i]);
    }
    *out = c;
}
