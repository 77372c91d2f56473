#include "net/rig_test.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

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

static void test_client_gone(void **state)
{
    static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    AUTO(net) n = rig_start_default();
    int fds[8];

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        fds[i] = rig_dial(n, 0);
        rig_say(fds[i], "POST /park HTTP/1.1\r\nHost: h\r\n"
                        "Content-Length: 3\r\n\r\nabc");
    }
    rig_wait_for_requests(n, 8);
    for (size_t i = 0; i < 8; i++) {
        if (i % 2 == 0)
            setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fds[i]);
    }
    /* A reset is noticed at once; who closed in order may yet listen. */
    for (int i = 0; i < 500 && rig_counters(n).open > 4; i++)
        rig_pause(10);
    for (size_t i = 0; i < 8; i++) {
        struct net_exchange *x = rig_unpark();

        assert_true(span_is_equal(net_exchange_body(x), SPAN_LIT("abc")));
        net_reply_text(x, 503, 7, "later\n");
    }
    rig_wait_for_none(n);
    assert_int_equal(rig_counters(n).client_gone, 4);
}

static void *answer_parked(void *arg)
{
    for (size_t i = 0; i < *(size_t *)arg; i++)
        net_reply_text(rig_unpark(), 503, 7, "later\n");
    return NULL;
}

/* Answers wait for the last who holds, and are not forgotten. */
static void test_held_answers(void **state)
{
    AUTO(net) n = rig_start_default();
    int clients[3];
    struct answer a;
    char byte;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        clients[i] = rig_dial(n, 0);
        rig_say(clients[i], "POST /park HTTP/1.1\r\nHost: h\r\n" TYPE
                            "Content-Length: 3\r\n\r\nabc");
    }
    net_hold(n);
    net_hold(n);
    for (size_t i = 0; i < 3; i++)
        net_reply_text(rig_unpark(), 503, 7, "later\n");
    net_release(n);
    rig_pause(50);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(recv(clients[i], &byte, 1, MSG_DONTWAIT), -1);
    net_release(n);
    for (size_t i = 0; i < 3; i++) {
        assert_true(rig_hear(clients[i], &a));
        assert_int_equal(a.status, 503);
        close(clients[i]);
    }
}

static void test_other_threads(void **state)
{
    struct net_options o = rig_options();
    size_t share = 100;
    pthread_t threads[2];
    AUTO(net) n = NULL;
    struct answer a;
    int fds[20];

    (void)state;
    o.num_loops = 2;
    n = rig_start(&o);
    for (size_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, answer_parked, &share);
    for (size_t i = 0; i < 20; i++)
        fds[i] = rig_dial(n, 0);
    for (size_t round = 0; round < 10; round++) {
        for (size_t i = 0; i < 20; i++)
            rig_say(fds[i], "POST /park HTTP/1.1\r\nHost: h\r\n"
                            "Content-Length: 3\r\n\r\nabc");
        for (size_t i = 0; i < 20; i++) {
            assert_true(rig_hear(fds[i], &a));
            assert_int_equal(a.status, 503);
            assert_non_null(strstr(a.head, "\r\nRetry-After: 7\r\n"));
        }
    }
    for (size_t i = 0; i < 20; i++)
        close(fds[i]);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(rig_counters(n).replies, 200);
}

/* Sends a byte every 20 ms until cut; how long that took. */
static int64_t drip(int fd, const char *head, const char *byte)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t begin;

    rig_say(fd, head);
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
    struct net_options o = rig_options();
    AUTO(net) n = NULL;
    struct answer a;
    int64_t took;
    int fd;

    (void)state;
    o.header_ms = 300;
    o.body_ms = 300;
    o.idle_ms = 600;
    n = rig_start(&o);
    for (size_t i = 0; i < 4; i++) {
        fd = rig_dial(n, 0);
        took = drip(fd, rows[i].head, rows[i].byte);
        assert_true(took >= 250 && took < 2000);
        assert_true(rig_hear(fd, &a));
        assert_int_equal(a.status, rows[i].status);
        assert_true(rig_is_at_end(fd));
        close(fd);
    }
    assert_int_equal(rig_counters(n).cut_by_deadline, 4);
    /* Silence, at first or between requests, ends without a word. */
    for (size_t i = 0; i < 2; i++) {
        fd = rig_dial(n, 0);
        if (i == 1) {
            rig_say(fd, GOOD);
            assert_true(rig_hear(fd, &a) && a.status == 200);
        }
        took = clock_monotonic_micros();
        assert_true(rig_is_at_end(fd));
        took = (clock_monotonic_micros() - took) / 1000;
        assert_true(took >= 500 && took < 3000);
        close(fd);
    }
    assert_int_equal(rig_counters(n).cut_by_deadline, 4);
}

/* A parked request has no deadline here, and an answer not read has one. */
static void test_slow_answers(void **state)
{
    struct net_options o = rig_options();
    AUTO(net) n = NULL;
    struct answer a;
    int fd;

    (void)state;
    o.header_ms = o.body_ms = o.write_ms = o.idle_ms = 200;
    n = rig_start(&o);
    fd = rig_dial(n, 0);
    rig_say(fd, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    rig_pause(500);
    net_reply_text(rig_unpark(), 503, 1, "");
    assert_true(rig_hear(fd, &a) && a.status == 503);
    close(fd);
    rig_wait_for_none(n);
    fd = rig_dial(n, 0);
    for (int i = 0; i < 8; i++)
        rig_say(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    rig_wait_for_requests(n, 2);
    rig_wait_for_none(n);
    assert_int_equal(rig_counters(n).cut_by_deadline, 1);
    close(fd);
}

static void test_big_answer(void **state)
{
    AUTO(net) n = rig_start_default();
    struct answer a;
    uint8_t piece[65536];
    size_t len = 0;
    int fd = rig_dial(n, 0);

    (void)state;
    rig_say(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(rig_hear_head(fd, &a) && a.status == 200);
    while (len < RIG_BIG_LEN) {
        ssize_t got = recv(fd, piece, sizeof(piece), 0);

        assert_true(got > 0);
        for (ssize_t i = 0; i < got; i++)
            assert_int_equal(piece[i], (len + (size_t)i) % 251);
        len += (size_t)got;
    }
    assert_int_equal(len, RIG_BIG_LEN);
    close(fd);
}

static void test_max_connections(void **state)
{
    struct net_options o = rig_options();
    AUTO(net) n = NULL;
    struct answer a;
    int first, second;

    (void)state;
    o.max_connections = 1;
    n = rig_start(&o);
    first = rig_dial(n, 0);
    rig_say(first, GOOD);
    assert_true(rig_hear(first, &a) && a.status == 200);
    second = rig_dial(n, 0);
    assert_true(rig_is_at_end(second));
    close(second);
    assert_int_equal(rig_counters(n).turned_away, 1);
    close(first);
    rig_wait_for_none(n);
    first = rig_dial(n, 0);
    rig_say(first, GOOD);
    assert_true(rig_hear(first, &a) && a.status == 200);
    close(first);
}

static void test_no_start(void **state)
{
    AUTO(net) n = rig_start_default();
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
    struct net_options o = rig_options();
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

/* "::" takes IPv4 too, and tells such a peer by its IPv4 address. */
static void test_any_address_is_both(void **state)
{
    const struct net_listener any[] = { { "::", 0, NULL, NULL } };
    struct net_options o = rig_options();
    AUTO(net) n = NULL;
    struct answer a;
    int fd;

    (void)state;
    o.listeners = any;
    o.num_listeners = 1;
    n = rig_start(&o);
    fd = rig_dial(n, 0);
    rig_say(fd, "GET /info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_true(rig_hear(fd, &a) && a.status == 200);
    assert_string_equal(a.body, "/info  127.0.0.1 0 0");
    close(fd);
}

static void test_ipv6(void **state)
{
    const struct net_listener both[] = { { "127.0.0.1", 0, NULL, NULL },
                                         { "::1", 0, NULL, NULL } };
    struct sockaddr_in6 addr = { .sin6_family = AF_INET6,
                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct net_options o = rig_options();
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(net) n = NULL;
    struct answer a;

    (void)state;
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        skip();
    close(fd);
    o.listeners = both;
    o.num_listeners = 2;
    n = rig_start(&o);
    fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    addr.sin6_port = htons(net_port(n, 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    rig_say(fd, "GET /info HTTP/1.1\r\nHost: [::1]\r\n\r\n");
    assert_true(rig_hear(fd, &a) && a.status == 200);
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
    AUTO(net) n = rig_start_default();
    struct answer a;
    pthread_t stopper;
    int idle = rig_dial(n, 0), parked = rig_dial(n, 0), half = rig_dial(n, 0);

    (void)state;
    rig_say(idle, GOOD);
    assert_true(rig_hear(idle, &a) && a.status == 200);
    rig_say(half, CMP TYPE "Content-Length: 3\r\n\r\na");
    rig_say(parked, "POST /park HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 0\r\n\r\n");
    rig_wait_for_requests(n, 2);
    pthread_create(&stopper, NULL, stop_in_2_s, n);
    assert_true(rig_is_at_end(idle));
    rig_say(half, "bc");
    assert_true(rig_hear(half, &a) && a.status == 200);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(rig_is_at_end(half));
    close(half);
    net_reply_text(rig_unpark(), 503, 1, "");
    assert_true(rig_hear(parked, &a) && a.status == 503);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(rig_is_at_end(parked));
    close(parked);
    pthread_join(stopper, NULL);
    close(idle);
    assert_int_equal(rig_counters(n).open, 0);
}

static void test_stop_cuts(void **state)
{
    AUTO(net) n = rig_start_default();
    int fd = rig_dial(n, 0);

    (void)state;
    rig_say(fd, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    rig_wait_for_requests(n, 1);
    net_stop(n, 50);
    assert_true(rig_is_at_end(fd));
    close(fd);
    /* The worker is slower than the stop: nobody minds. */
    net_reply_text(rig_unpark(), 503, 1, "");
    assert_int_equal(rig_counters(n).open, 0);
}

static size_t resident(void)
{
    char text[100] = "";
    FILE *f = fopen("/proc/self/statm", "r");
    const char *second;

    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    fclose(f);
    second = strchr(text, ' ');
    assert_non_null(second);
    return strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

#define NUM_IDLE 1000

static void test_idle_memory(void **state)
{
    struct rlimit limit;
    AUTO(net) n = rig_start_default();
    struct answer a;
    size_t before, each;
    int *fds = calloc(NUM_IDLE, sizeof(*fds));

    (void)state;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * NUM_IDLE + 100)
        skip();
    fds[0] = rig_dial(n, 0);
    rig_say(fds[0], GOOD);
    assert_true(rig_hear(fds[0], &a));
    before = resident();
    for (size_t i = 1; i < NUM_IDLE; i++) {
        fds[i] = rig_dial(n, 0);
        rig_say(fds[i], GOOD);
        assert_true(rig_hear(fds[i], &a) && a.status == 200);
    }
    assert_int_equal(rig_counters(n).open, NUM_IDLE);
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
        cmocka_unit_test(test_client_gone),
        cmocka_unit_test(test_held_answers),
        cmocka_unit_test(test_other_threads),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_slow_answers),
        cmocka_unit_test(test_big_answer),
        cmocka_unit_test(test_max_connections),
        cmocka_unit_test(test_no_start),
        cmocka_unit_test(test_any_address_is_both),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
