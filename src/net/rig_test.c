#include "net/rig_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <time.h>

static void on_echo(struct net_exchange *x, void *arg)
{
    struct net_response r = {
        .status = 200,
        .content_type = "application/pkixcmp",
        .body = net_exchange_body(x),
    };

    (void)arg;
    net_reply(x, &r);
}

static void on_info(struct net_exchange *x, void *arg)
{
    char peer[NET_PEER_TEXT_LEN], text[300];
    struct net_response r = {
        .status = 200,
        .content_type = "text/plain",
        .cache_control = "no-store",
        .last_modified = "Thu, 01 Jan 1970 00:00:00 GMT",
    };

    (void)arg;
    net_peer_format(net_exchange_peer(x), peer);
    snprintf(text, sizeof(text), "%s %s %s %d %zu", net_exchange_path(x),
             net_exchange_query(x), peer, net_exchange_is_tls(x),
             net_exchange_listener(x));
    r.body = span_str(text);
    net_reply(x, &r);
}

static void on_big(struct net_exchange *x, void *arg)
{
    struct net_response r = { .status = 200, .content_type = "a/b" };
    uint8_t *bytes = malloc(RIG_BIG_LEN);

    (void)arg;
    for (size_t i = 0; i < RIG_BIG_LEN; i++)
        bytes[i] = (uint8_t)(i % 251);
    r.body = span_of(bytes, RIG_BIG_LEN);
    net_reply(x, &r);
    free(bytes);
}

/* Exchanges that wait for rig_unpark. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct net_exchange *parked[64];
    size_t num;
} lot = { .lock = PTHREAD_MUTEX_INITIALIZER,
          .changed = PTHREAD_COND_INITIALIZER };

static void on_park(struct net_exchange *x, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&lot.lock);
    lot.parked[lot.num++] = x;
    pthread_cond_signal(&lot.changed);
    pthread_mutex_unlock(&lot.lock);
}

struct net_exchange *rig_unpark(void)
{
    struct net_exchange *x;

    pthread_mutex_lock(&lot.lock);
    while (lot.num == 0)
        pthread_cond_wait(&lot.changed, &lot.lock);
    x = lot.parked[--lot.num];
    pthread_mutex_unlock(&lot.lock);
    return x;
}

static const char *const cmp_types[] = { "application/pkixcmp",
                                         "application/pkixcmp-poll", NULL };
static const struct net_route routes[] = {
    { "/cmp", NET_EXACT, NET_POST, cmp_types, on_echo, NULL },
    { "/park", NET_EXACT, NET_POST, NULL, on_park, NULL },
    { "/info", NET_PREFIX, NET_GET, NULL, on_info, NULL },
    { "/big", NET_EXACT, NET_GET, NULL, on_big, NULL },
    { "/both", NET_EXACT, NET_GET, NULL, on_info, NULL },
    { "/both", NET_EXACT, NET_POST, NULL, on_echo, NULL },
};

struct net_options rig_options(void)
{
    static const struct net_listener plain = { "127.0.0.1", 0, NULL, NULL };

    return (struct net_options){
        .listeners = &plain,
        .num_listeners = 1,
        .routes = routes,
        .num_routes = sizeof(routes) / sizeof(routes[0]),
        .header_cap = RIG_HEADER_CAP,
        .body_cap = RIG_BODY_CAP,
    };
}

struct net *rig_start(const struct net_options *o)
{
    struct net *n = NULL;
    struct fault f = { 0 };

    if (net_start(o, &n, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return n;
}

struct net *rig_start_default(void)
{
    const struct net_options o = rig_options();

    return rig_start(&o);
}

int rig_dial(const struct net *n, size_t listener)
{
    const struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons(net_port(n, listener)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const struct timeval limit = { .tv_sec = 10 };
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)),
                     0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

void rig_say_bytes(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

void rig_say(int fd, const char *text)
{
    rig_say_bytes(fd, text, strlen(text));
}

static bool hear_byte(int fd, char *out)
{
    return recv(fd, out, 1, 0) == 1;
}

bool rig_hear_head(int fd, struct answer *a)
{
    size_t len = 0;

    memset(a, 0, sizeof(*a));
    while (strstr(a->head, "\r\n\r\n") == NULL) {
        assert_true(len < sizeof(a->head) - 1);
        if (!hear_byte(fd, &a->head[len++]))
            return false;
    }
    assert_int_equal(strncmp(a->head, "HTTP/1.1 ", 9), 0);
    a->status = (int)strtol(a->head + 9, NULL, 10);
    return true;
}

bool rig_hear(int fd, struct answer *a)
{
    const char *line;
    ssize_t got;
    size_t len;

    if (!rig_hear_head(fd, a))
        return false;
    line = strstr(a->head, "\r\nContent-Length: ");
    assert_non_null(line);
    len = strtoul(line + 18, NULL, 10);
    assert_true(len < sizeof(a->body));
    while (a->body_len < len) {
        got = recv(fd, a->body + a->body_len, len - a->body_len, 0);
        if (got <= 0)
            return false;
        a->body_len += (size_t)got;
    }
    return true;
}

bool rig_is_at_end(int fd)
{
    char byte;

    return recv(fd, &byte, 1, 0) == 0;
}

void rig_pause(unsigned ms)
{
    const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

    nanosleep(&t, NULL);
}

struct net_counters rig_counters(const struct net *n)
{
    struct net_counters c;

    net_counters_get(n, &c);
    return c;
}

void rig_wait_for_none(const struct net *n)
{
    for (int i = 0; i < 500 && rig_counters(n).open > 0; i++)
        rig_pause(10);
    assert_int_equal(rig_counters(n).open, 0);
}

void rig_wait_for_requests(const struct net *n, uint64_t num)
{
    for (int i = 0; i < 5000 && rig_counters(n).requests < num; i++)
        rig_pause(1);
    assert_int_equal(rig_counters(n).requests, num);
}
