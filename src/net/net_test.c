#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/net.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#define HEADER_CAP 1024
#define BODY_CAP 4096

/*
 * Handlers: one that answers with the body at once, one that parks the
 * exchange until the test takes it.
 */

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

#define BIG_LEN ((size_t)3 * 1024 * 1024)

static void on_big(struct net_exchange *x, void *arg)
{
    struct net_response r = { .status = 200, .content_type = "a/b" };
    uint8_t *bytes = malloc(BIG_LEN);

    (void)arg;
    for (size_t i = 0; i < BIG_LEN; i++)
        bytes[i] = (uint8_t)(i % 251);
    r.body = span_of(bytes, BIG_LEN);
    net_reply(x, &r);
    free(bytes);
}

struct lot {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct net_exchange *parked[64];
    size_t num;
};

static void on_park(struct net_exchange *x, void *arg)
{
    struct lot *lot = arg;

    pthread_mutex_lock(&lot->lock);
    lot->parked[lot->num++] = x;
    pthread_cond_signal(&lot->changed);
    pthread_mutex_unlock(&lot->lock);
}

static struct net_exchange *lot_take(struct lot *lot)
{
    struct net_exchange *x;

    pthread_mutex_lock(&lot->lock);
    while (lot->num == 0)
        pthread_cond_wait(&lot->changed, &lot->lock);
    x = lot->parked[--lot->num];
    pthread_mutex_unlock(&lot->lock);
    return x;
}

/* A server with these routes, on loopback; listener 1 is TLS if asked. */

static const char *const cmp_types[] = { "application/pkixcmp",
                                         "application/pkixcmp-poll", NULL };
static struct lot lot = { .lock = PTHREAD_MUTEX_INITIALIZER,
                          .changed = PTHREAD_COND_INITIALIZER };
static const struct net_route routes[] = {
    { "/cmp", NET_EXACT, NET_POST, cmp_types, on_echo, NULL },
    { "/park", NET_EXACT, NET_POST, NULL, on_park, &lot },
    { "/info", NET_PREFIX, NET_GET, NULL, on_info, NULL },
    { "/big", NET_EXACT, NET_GET, NULL, on_big, NULL },
    { "/both", NET_EXACT, NET_GET, NULL, on_info, NULL },
    { "/both", NET_EXACT, NET_POST, NULL, on_echo, NULL },
};

static struct net_options default_options(void)
{
    static const struct net_listener plain = { "127.0.0.1", 0, NULL, NULL };

    return (struct net_options){
        .listeners = &plain,
        .num_listeners = 1,
        .routes = routes,
        .num_routes = sizeof(routes) / sizeof(routes[0]),
        .header_cap = HEADER_CAP,
        .body_cap = BODY_CAP,
    };
}

static struct net *start(const struct net_options *o)
{
    struct net *n = NULL;
    struct fault f = { 0 };

    if (net_start(o, &n, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return n;
}

static struct net *start_default(void)
{
    const struct net_options o = default_options();

    return start(&o);
}

static int dial_port(uint16_t port)
{
    const struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
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

static int dial(const struct net *n)
{
    return dial_port(net_port(n, 0));
}

static void say_bytes(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* One response: its head as text, its body. */
struct answer {
    int status;
    char head[2048];
    char body[8192];
    size_t body_len;
};

static bool hear_byte(int fd, char *out)
{
    return recv(fd, out, 1, 0) == 1;
}

/* False: the connection ended before. */
static bool hear_head(int fd, struct answer *a)
{
    size_t len = 0;

    memset(a, 0, sizeof(*a));
    while (strstr(a->head, "\r\n\r\n") == NULL) {
        assert_true(len < sizeof(a->head) - 1);
        if (!hear_byte(fd, &a->head[len++]))
            return false;
    }
    assert_int_equal(sscanf(a->head, "HTTP/1.1 %d ", &a->status), 1);
    return true;
}

static bool hear(int fd, struct answer *a)
{
    const char *line;
    ssize_t got;
    size_t len;

    if (!hear_head(fd, a))
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

/* The other side has closed, in order and not by a reset. */
static bool is_at_end(int fd)
{
    char byte;

    return recv(fd, &byte, 1, 0) == 0;
}

static void pause_ms(unsigned ms)
{
    const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

    nanosleep(&t, NULL);
}

static struct net_counters counters(const struct net *n)
{
    struct net_counters c;

    net_counters_get(n, &c);
    return c;
}

/* Waits until no connection is open. */
static void wait_for_none(const struct net *n)
{
    for (int i = 0; i < 500 && counters(n).open > 0; i++)
        pause_ms(10);
    assert_int_equal(counters(n).open, 0);
}

#define CMP "POST /cmp HTTP/1.1\r\nHost: h\r\n"
#define TYPE "Content-Type: application/pkixcmp\r\n"
#define GOOD CMP TYPE "Content-Length: 3\r\n\r\nabc"

static void test_refusals(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        int status;
        bool closes;
    } rows[] = {
        { "GET on POST", "GET /cmp HTTP/1.1\r\nHost: h\r\n\r\n", 405, false },
        { "PUT", "PUT /cmp HTTP/1.1\r\nHost: h\r\n\r\n", 405, false },
        { "PUT with a body",
          "PUT /cmp HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", 405,
          true },
        { "POST on GET",
          "POST /info HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 405,
          false },
        { "unknown path", "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", 404, false },
        { "below an exact path", "GET /cmp/x HTTP/1.1\r\nHost: h\r\n\r\n", 404,
          false },
        { "two slashes", "GET /cmp// HTTP/1.1\r\nHost: h\r\n\r\n", 404, false },
        { "beside a prefix", "GET /infos HTTP/1.1\r\nHost: h\r\n\r\n", 404,
          false },
        { "another media type",
          CMP "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc", 415,
          true },
        { "media type that begins alike",
          CMP "Content-Type: application/pkixcmpx\r\nContent-Length: "
              "3\r\n\r\nabc",
          415, true },
        { "no media type", CMP "Content-Length: 3\r\n\r\nabc", 415, true },
        { "encoded body",
          CMP TYPE "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
          415, true },
        { "no length", CMP TYPE "\r\n", 411, true },
        { "body beyond the cap", CMP TYPE "Content-Length: 4097\r\n\r\n", 413,
          true },
        { "huge body", CMP TYPE "Content-Length: 99999999999\r\n\r\n", 413,
          true },
        { "chunk beyond the cap",
          CMP TYPE "Transfer-Encoding: chunked\r\n\r\n1001\r\n", 413, true },
        { "bad chunk size",
          CMP TYPE "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", 400,
          true },
        { "two lengths",
          CMP TYPE "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400,
          true },
        { "length and chunked",
          CMP TYPE "Content-Length: 3\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n0\r\n\r\n",
          400, true },
        { "unknown coding", CMP TYPE "Transfer-Encoding: gzip\r\n\r\n", 400,
          true },
        { "folded line", CMP "A: b\r\n c\r\n\r\n", 400, true },
        { "bare LF", "GET /info HTTP/1.1\nHost: h\n\n", 400, true },
        { "GET with a body",
          "GET /info HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", 400,
          true },
        { "GET, chunked",
          "GET /info HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n",
          400, true },
        { "no Host", "GET /info HTTP/1.1\r\n\r\n", 400, true },
        { "no HTTP", "hello\r\n\r\n", 400, true },
        { "a TLS hello", "\x16\x03\x01\x02", 400, true },
        { "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, true },
        { "expectation", CMP "Expect: tea\r\nContent-Length: 3\r\n\r\n", 417,
          true },
        { "too big to be expected",
          CMP TYPE "Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n", 413,
          true },
        { "1.0 without keep-alive", "GET /x HTTP/1.0\r\n\r\n", 404, true },
        { "asked to close",
          "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 404,
          true },
    };
    AUTO(net) n = start_default();
    struct answer a;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = dial(n);
        bool says_close;

        say(fd, rows[i].text);
        if (!hear(fd, &a) || a.status != rows[i].status)
            fail_msg("%s: %d, want %d", rows[i].name, a.status, rows[i].status);
        says_close = strstr(a.head, "\r\nConnection: close\r\n") != NULL;
        if (says_close != rows[i].closes)
            fail_msg("%s: closes %d", rows[i].name, says_close);
        assert_non_null(strstr(a.head, "\r\nContent-Type: text/plain"));
        assert_true(a.body_len > 10);
        if (rows[i].closes) {
            if (!is_at_end(fd))
                fail_msg("%s: not closed", rows[i].name);
        } else {
            say(fd, GOOD);
            assert_true(hear(fd, &a));
            assert_int_equal(a.status, 200);
        }
        close(fd);
    }
}

static void test_long_head(void **state)
{
    AUTO(net) n = start_default();
    char text[HEADER_CAP * 2] = "GET /info HTTP/1.0\r\nA: ";
    size_t len = strlen(text);
    struct answer a;
    int fd = dial(n);

    (void)state;
    /* As long as the cap, then a byte longer, then without an end. */
    memset(text + len, 'a', HEADER_CAP - len);
    memcpy(text + HEADER_CAP - 4, "\r\n\r\n", 4);
    say_bytes(fd, text, HEADER_CAP);
    assert_true(hear(fd, &a) && a.status == 200);
    close(fd);
    fd = dial(n);
    memcpy(text + HEADER_CAP - 4, "a\r\n\r\n", 5);
    say_bytes(fd, text, HEADER_CAP + 1);
    assert_true(hear(fd, &a) && a.status == 431);
    assert_true(is_at_end(fd));
    close(fd);
    fd = dial(n);
    memset(text + len, 'a', sizeof(text) - len);
    say_bytes(fd, text, sizeof(text));
    assert_true(hear(fd, &a) && a.status == 431);
    assert_true(is_at_end(fd));
    close(fd);
    assert_int_equal(counters(n).refused[NET_REFUSED_431], 2);
}

static void test_allow(void **state)
{
    AUTO(net) n = start_default();
    struct answer a;
    int fd = dial(n);

    (void)state;
    say(fd, "GET /cmp HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear(fd, &a));
    assert_non_null(strstr(a.head, "\r\nAllow: POST\r\n"));
    say(fd, "DELETE /info/ HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear(fd, &a));
    assert_non_null(strstr(a.head, "\r\nAllow: GET, HEAD\r\n"));
    say(fd, "DELETE /both HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear(fd, &a));
    assert_non_null(strstr(a.head, "\r\nAllow: GET, HEAD, POST\r\n"));
    assert_null(strstr(a.head, "Server"));
    close(fd);
    assert_int_equal(counters(n).refused[NET_REFUSED_405], 3);
}

static void test_good(void **state)
{
    static const struct {
        const char *text;
        const char *body;
        const char *line;
    } rows[] = {
        { GOOD, "abc", "Content-Type: application/pkixcmp" },
        { "POST /cmp/ HTTP/1.1\r\nHost: h\r\n" TYPE
          "Content-Length: 1\r\n\r\na",
          "a", NULL },
        { "POST http://h/cmp?q=1 HTTP/1.1\r\nHost: h\r\n" TYPE
          "Content-Length: 1\r\n\r\na",
          "a", NULL },
        { "\r\n" GOOD, "abc", NULL },
        { CMP "content-type: Application/PKIXCMP-Poll ; a=b\r\n"
              "Content-Length: 0\r\n\r\n",
          "", NULL },
        { CMP TYPE "Transfer-Encoding: chunked\r\n\r\n"
                   "3\r\nabc\r\n1;x\r\nd\r\n0\r\nT: v\r\n\r\n",
          "abcd", NULL },
        { "POST /cmp HTTP/1.0\r\nConnection: keep-alive\r\n" TYPE
          "Content-Length: 3\r\n\r\nabc",
          "abc", "Connection: keep-alive" },
        { "GET /info/a/b/?x=%41&y HTTP/1.1\r\nHost: h\r\n\r\n",
          "/info/a/b x=%41&y 127.0.0.1 0 0", "Cache-Control: no-store" },
        { "GET /info HTTP/1.1\r\nHost: h\r\n\r\n", "/info  127.0.0.1 0 0",
          "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT" },
        { "POST /both HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy", "xy",
          NULL },
        { CMP TYPE "Content-Length: 3\r\nConnection: close\r\n\r\nend", "end",
          "Connection: close" },
    };
    AUTO(net) n = start_default();
    struct answer a;
    int fd = dial(n);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        say(fd, rows[i].text);
        if (!hear(fd, &a) || a.status != 200)
            fail_msg("row %zu: %d", i, a.status);
        assert_string_equal(a.body, rows[i].body);
        if (rows[i].line != NULL && strstr(a.head, rows[i].line) == NULL)
            fail_msg("row %zu: no %s", i, rows[i].line);
    }
    assert_true(is_at_end(fd));
    close(fd);
    wait_for_none(n);
    assert_int_equal(counters(n).accepted, 1);
    assert_int_equal(counters(n).requests, 11);
    assert_int_equal(counters(n).replies, 11);
}

static void test_head_method(void **state)
{
    AUTO(net) n = start_default();
    struct answer a;
    int fd = dial(n);

    (void)state;
    say(fd, "HEAD /info HTTP/1.1\r\nHost: h\r\n\r\n"
            "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" GOOD);
    assert_true(hear_head(fd, &a) && a.status == 200);
    assert_non_null(strstr(a.head, "Content-Length: 20\r\n"));
    assert_true(hear_head(fd, &a) && a.status == 404);
    assert_true(hear(fd, &a) && a.status == 200);
    assert_string_equal(a.body, "abc");
    close(fd);
}

static void test_pipeline(void **state)
{
    AUTO(net) n = start_default();
    struct net_response r = { .status = 200, .content_type = "a/b" };
    char body[16];
    struct answer a;
    int fd = dial(n);

    (void)state;
    for (int i = 0; i < 100; i++) {
        char text[200];

        snprintf(text, sizeof(text),
                 "POST /%s HTTP/1.1\r\nHost: h\r\n" TYPE
                 "Content-Length: 3\r\n\r\n%03d",
                 i % 10 == 3 ? "park" : "cmp", i);
        say(fd, text);
    }
    /* Whoever closes its half still gets all its answers. */
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 100; i++) {
        snprintf(body, sizeof(body), "%03d", i);
        if (i % 10 == 3) {
            struct net_exchange *x = lot_take(&lot);

            r.body = net_exchange_body(x);
            net_reply(x, &r);
        }
        assert_true(hear(fd, &a));
        assert_string_equal(a.body, body);
    }
    assert_true(is_at_end(fd));
    close(fd);
}

static void test_splits(void **state)
{
    static const char text[] =
        CMP TYPE "Transfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\nA: b\r\n\r\n";
    AUTO(net) n = start_default();
    struct answer a;
    int fd = dial(n);

    (void)state;
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        say_bytes(fd, text, cut);
        sched_yield();
        say_bytes(fd, text + cut, sizeof(text) - 1 - cut);
        assert_true(hear(fd, &a) && a.status == 200);
        assert_string_equal(a.body, "abc0123456789");
    }
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        say_bytes(fd, text + i, 1);
        pause_ms(1);
    }
    assert_true(hear(fd, &a) && a.status == 200);
    assert_string_equal(a.body, "abc0123456789");
    close(fd);
}

static void test_chunked_to_the_cap(void **state)
{
    AUTO(net) n = start_default();
    struct answer a;
    char piece[64 + 8] = "40\r\n";
    int fd = dial(n);

    (void)state;
    memset(piece + 4, 'x', 64);
    memcpy(piece + 68, "\r\n", 2);
    for (int extra = 0; extra < 2; extra++) {
        say(fd, CMP TYPE "Transfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < BODY_CAP / 64; i++)
            say_bytes(fd, piece, 70);
        say(fd, extra == 0 ? "0\r\n\r\n" : "1\r\n");
        assert_true(hear(fd, &a));
        assert_int_equal(a.status, extra == 0 ? 200 : 413);
    }
    assert_true(is_at_end(fd));
    close(fd);
}

static void test_expect(void **state)
{
    AUTO(net) n = start_default();
    struct answer a;
    int fd = dial(n);

    (void)state;
    say(fd, CMP TYPE "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_true(hear_head(fd, &a));
    assert_int_equal(a.status, 100);
    say(fd, "abc");
    assert_true(hear(fd, &a) && a.status == 200);
    /* Not asked for once the body has come with the head. */
    say(fd, CMP TYPE "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
    assert_true(hear(fd, &a) && a.status == 200);
    say(fd, "POST /x HTTP/1.1\r\nHost: h\r\n" TYPE
            "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_true(hear(fd, &a) && a.status == 404);
    assert_true(is_at_end(fd));
    close(fd);
}

static void test_client_gone(void **state)
{
    static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    AUTO(net) n = start_default();
    int fds[8];

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        fds[i] = dial(n);
        say(fds[i], "POST /park HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 3\r\n\r\nabc");
    }
    while (counters(n).requests < 8)
        pause_ms(1);
    for (size_t i = 0; i < 8; i++) {
        if (i % 2 == 0)
            setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fds[i]);
    }
    pause_ms(50);
    for (size_t i = 0; i < 8; i++) {
        struct net_exchange *x = lot_take(&lot);

        assert_true(span_is_equal(net_exchange_body(x), SPAN_LIT("abc")));
        net_reply_text(x, 503, 7, "later\n");
    }
    wait_for_none(n);
    assert_true(counters(n).client_gone >= 4);
}

static void *answer_parked(void *arg)
{
    for (size_t i = 0; i < *(size_t *)arg; i++)
        net_reply_text(lot_take(&lot), 503, 7, "later\n");
    return NULL;
}

static void test_other_threads(void **state)
{
    struct net_options o = default_options();
    size_t share = 100;
    pthread_t threads[2];
    AUTO(net) n = NULL;
    struct answer a;
    int fds[20];

    (void)state;
    o.num_loops = 2;
    n = start(&o);
    for (size_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, answer_parked, &share);
    for (size_t i = 0; i < 20; i++)
        fds[i] = dial(n);
    for (size_t round = 0; round < 10; round++) {
        for (size_t i = 0; i < 20; i++)
            say(fds[i], "POST /park HTTP/1.1\r\nHost: h\r\n"
                        "Content-Length: 3\r\n\r\nabc");
        for (size_t i = 0; i < 20; i++) {
            assert_true(hear(fds[i], &a));
            assert_int_equal(a.status, 503);
            assert_non_null(strstr(a.head, "\r\nRetry-After: 7\r\n"));
        }
    }
    for (size_t i = 0; i < 20; i++)
        close(fds[i]);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counters(n).replies, 200);
}

/* Sends a byte every 20 ms until cut; how long that took. */
static int64_t drip(int fd, const char *head, const char *byte)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t begin;

    say(fd, head);
    begin = clock_monotonic_micros();
    while (poll(&p, 1, 20) == 0) {
        if (send(fd, byte, 1, MSG_NOSIGNAL) != 1)
            break;
        assert_true(clock_monotonic_micros() - begin < 5000000);
    }
    return (clock_monotonic_micros() - begin) / 1000;
}

static void test_deadlines(void **state)
{
    static const struct {
        const char *head;
        const char *byte;
        int status;
    } rows[] = {
        { "G", "E", 408 },
        { CMP, "A", 408 },
        { CMP TYPE "Content-Length: 4000\r\n\r\n", "x", 408 },
        { CMP TYPE "Transfer-Encoding: chunked\r\n\r\n1;", "x", 408 },
    };
    struct net_options o = default_options();
    AUTO(net) n = NULL;
    struct answer a;
    int64_t took;
    int fd;

    (void)state;
    o.header_ms = 300;
    o.body_ms = 300;
    o.idle_ms = 600;
    n = start(&o);
    for (size_t i = 0; i < 4; i++) {
        fd = dial(n);
        took = drip(fd, rows[i].head, rows[i].byte);
        assert_true(took >= 250 && took < 2000);
        assert_true(hear(fd, &a));
        assert_int_equal(a.status, rows[i].status);
        assert_true(is_at_end(fd));
        close(fd);
    }
    assert_int_equal(counters(n).cut_by_deadline, 4);
    /* Silence, at first or between requests, ends without a word. */
    for (size_t i = 0; i < 2; i++) {
        fd = dial(n);
        if (i == 1) {
            say(fd, GOOD);
            assert_true(hear(fd, &a) && a.status == 200);
        }
        took = clock_monotonic_micros();
        assert_true(is_at_end(fd));
        took = (clock_monotonic_micros() - took) / 1000;
        assert_true(took >= 500 && took < 3000);
        close(fd);
    }
    assert_int_equal(counters(n).cut_by_deadline, 4);
}

/* A parked request has no deadline here, and an answer not read has one. */
static void test_slow_answers(void **state)
{
    struct net_options o = default_options();
    AUTO(net) n = NULL;
    struct answer a;
    int fd;

    (void)state;
    o.header_ms = o.body_ms = o.write_ms = o.idle_ms = 200;
    n = start(&o);
    fd = dial(n);
    say(fd, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    pause_ms(500);
    net_reply_text(lot_take(&lot), 503, 1, "");
    assert_true(hear(fd, &a) && a.status == 503);
    close(fd);
    wait_for_none(n);
    fd = dial(n);
    for (int i = 0; i < 8; i++)
        say(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    while (counters(n).requests < 2)
        pause_ms(1);
    wait_for_none(n);
    assert_int_equal(counters(n).cut_by_deadline, 1);
    close(fd);
}

static void test_big_answer(void **state)
{
    AUTO(net) n = start_default();
    struct answer a;
    uint8_t piece[65536];
    size_t len = 0;
    int fd = dial(n);

    (void)state;
    say(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(hear_head(fd, &a) && a.status == 200);
    while (len < BIG_LEN) {
        ssize_t got = recv(fd, piece, sizeof(piece), 0);

        assert_true(got > 0);
        for (ssize_t i = 0; i < got; i++)
            assert_int_equal(piece[i], (len + (size_t)i) % 251);
        len += (size_t)got;
    }
    assert_int_equal(len, BIG_LEN);
    close(fd);
}

static void test_max_connections(void **state)
{
    struct net_options o = default_options();
    AUTO(net) n = NULL;
    struct answer a;
    int first, second;

    (void)state;
    o.max_connections = 1;
    n = start(&o);
    first = dial(n);
    say(first, GOOD);
    assert_true(hear(first, &a) && a.status == 200);
    second = dial(n);
    assert_true(is_at_end(second));
    close(second);
    assert_int_equal(counters(n).turned_away, 1);
    close(first);
    wait_for_none(n);
    first = dial(n);
    say(first, GOOD);
    assert_true(hear(first, &a) && a.status == 200);
    close(first);
}

static void test_no_start(void **state)
{
    AUTO(net) n = start_default();
    const struct {
        struct net_listener listener;
        enum err err;
    } rows[] = {
        { { "127.0.0.1", net_port(n, 0), NULL, NULL }, ERR_IO },
        { { "192.0.2.1", 0, NULL, NULL }, ERR_IO },
        { { "localhost", 0, NULL, NULL }, ERR_CONFIG },
        { { "127.0.0.1", 0, "/nonexistent", NULL }, ERR_CONFIG },
        { { "127.0.0.1", 0, "/nonexistent", "/nonexistent" }, ERR_CONFIG },
    };
    struct net_options o = default_options();
    struct net *none = NULL;
    struct fault f;

    (void)state;
    o.num_loops = 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        o.listeners = &rows[i].listener;
        memset(&f, 0, sizeof(f));
        assert_int_equal(net_start(&o, &none, &f), rows[i].err);
        assert_null(none);
        assert_true(f.text[0] != '\0');
    }
}

static void test_ipv6(void **state)
{
    const struct net_listener both[] = { { "127.0.0.1", 0, NULL, NULL },
                                         { "::1", 0, NULL, NULL } };
    struct sockaddr_in6 addr = { .sin6_family = AF_INET6,
                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct net_options o = default_options();
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(net) n = NULL;
    struct answer a;

    (void)state;
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        skip();
    close(fd);
    o.listeners = both;
    o.num_listeners = 2;
    n = start(&o);
    fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    addr.sin6_port = htons(net_port(n, 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    say(fd, "GET /info HTTP/1.1\r\nHost: [::1]\r\n\r\n");
    assert_true(hear(fd, &a) && a.status == 200);
    assert_string_equal(a.body, "/info  ::1 0 1");
    close(fd);
}

static void *stop_in_2_s(void *arg)
{
    net_stop(arg, 2000);
    return NULL;
}

static void test_stop(void **state)
{
    AUTO(net) n = start_default();
    struct answer a;
    pthread_t stopper;
    int idle = dial(n), parked = dial(n), half = dial(n);

    (void)state;
    say(idle, GOOD);
    assert_true(hear(idle, &a) && a.status == 200);
    say(half, CMP TYPE "Content-Length: 3\r\n\r\na");
    say(parked, "POST /park HTTP/1.1\r\nHost: h\r\n"
                "Content-Length: 0\r\n\r\n");
    while (counters(n).requests < 2)
        pause_ms(1);
    pthread_create(&stopper, NULL, stop_in_2_s, n);
    assert_true(is_at_end(idle));
    say(half, "bc");
    assert_true(hear(half, &a) && a.status == 200);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(is_at_end(half));
    close(half);
    net_reply_text(lot_take(&lot), 503, 1, "");
    assert_true(hear(parked, &a) && a.status == 503);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(is_at_end(parked));
    close(parked);
    pthread_join(stopper, NULL);
    close(idle);
    assert_int_equal(counters(n).open, 0);
}

static void test_stop_cuts(void **state)
{
    AUTO(net) n = start_default();
    int fd = dial(n);

    (void)state;
    say(fd, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    while (counters(n).requests < 1)
        pause_ms(1);
    net_stop(n, 50);
    assert_true(is_at_end(fd));
    close(fd);
    /* The worker is slower than the stop: nobody minds. */
    net_reply_text(lot_take(&lot), 503, 1, "");
    assert_int_equal(counters(n).open, 0);
}

static size_t resident(void)
{
    size_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*u %zu", &pages), 1);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

#define NUM_IDLE 1000

static void test_idle_memory(void **state)
{
    struct rlimit limit;
    AUTO(net) n = start_default();
    struct answer a;
    size_t before, each;
    int *fds = calloc(NUM_IDLE, sizeof(*fds));

    (void)state;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * NUM_IDLE + 100)
        skip();
    fds[0] = dial(n);
    say(fds[0], GOOD);
    assert_true(hear(fds[0], &a));
    before = resident();
    for (size_t i = 1; i < NUM_IDLE; i++) {
        fds[i] = dial(n);
        say(fds[i], GOOD);
        assert_true(hear(fds[i], &a) && a.status == 200);
    }
    assert_int_equal(counters(n).open, NUM_IDLE);
    each = (resident() - before) / NUM_IDLE;
    printf("%d idle connections: %zu bytes each\n", NUM_IDLE, each);
    if (!IS_SANITIZED)
        assert_true(each <= 4096);
    for (size_t i = 0; i < NUM_IDLE; i++)
        close(fds[i]);
    free(fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First: later ones leave freed memory that would be used again. */
        cmocka_unit_test(test_idle_memory),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_long_head),
        cmocka_unit_test(test_allow),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_head_method),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_chunked_to_the_cap),
        cmocka_unit_test(test_expect),
        cmocka_unit_test(test_client_gone),
        cmocka_unit_test(test_other_threads),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_slow_answers),
        cmocka_unit_test(test_big_answer),
        cmocka_unit_test(test_max_connections),
        cmocka_unit_test(test_no_start),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
