#include "net/rig_test.h"

#include <sched.h>
#include <unistd.h>

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
    AUTO(net) n = rig_start_default();
    struct answer a;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = rig_dial(n, 0);
        bool says_close;

        rig_say(fd, rows[i].text);
        if (!rig_hear(fd, &a) || a.status != rows[i].status)
            fail_msg("%s: %d, want %d", rows[i].name, a.status, rows[i].status);
        says_close = strstr(a.head, "\r\nConnection: close\r\n") != NULL;
        if (says_close != rows[i].closes)
            fail_msg("%s: closes %d", rows[i].name, says_close);
        assert_non_null(strstr(a.head, "\r\nContent-Type: text/plain"));
        assert_true(a.body_len > 10);
        if (rows[i].closes) {
            if (!rig_is_at_end(fd))
                fail_msg("%s: not closed", rows[i].name);
        } else {
            rig_say(fd, GOOD);
            assert_true(rig_hear(fd, &a));
            assert_int_equal(a.status, 200);
        }
        close(fd);
    }
}

static void put(char *at, struct span bytes)
{
    memcpy(at, bytes.ptr, bytes.len);
}

static void test_long_head(void **state)
{
    AUTO(net) n = rig_start_default();
    char text[RIG_HEADER_CAP * 2] = "GET /info HTTP/1.0\r\nA: ";
    size_t len = strlen(text);
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    /* As long as the cap, then a byte longer, then without an end. */
    memset(text + len, 'a', RIG_HEADER_CAP - len);
    put(text + RIG_HEADER_CAP - 4, SPAN_LIT("\r\n\r\n"));
    rig_say_bytes(fd, text, RIG_HEADER_CAP);
    assert_true(rig_hear(fd, &a) && a.status == 200);
    close(fd);
    fd = rig_dial(n, 0);
    put(text + RIG_HEADER_CAP - 4, SPAN_LIT("a\r\n\r\n"));
    rig_say_bytes(fd, text, RIG_HEADER_CAP + 1);
    assert_true(rig_hear(fd, &a) && a.status == 431);
    assert_true(rig_is_at_end(fd));
    close(fd);
    fd = rig_dial(n, 0);
    memset(text + len, 'a', sizeof(text) - len);
    rig_say_bytes(fd, text, sizeof(text));
    assert_true(rig_hear(fd, &a) && a.status == 431);
    assert_true(rig_is_at_end(fd));
    close(fd);
    assert_int_equal(rig_counters(n).refused[NET_REFUSED_431], 2);
}

static void test_allow(void **state)
{
    AUTO(net) n = rig_start_default();
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    rig_say(fd, "GET /cmp HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(rig_hear(fd, &a));
    assert_non_null(strstr(a.head, "\r\nAllow: POST\r\n"));
    rig_say(fd, "DELETE /info/ HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(rig_hear(fd, &a));
    assert_non_null(strstr(a.head, "\r\nAllow: GET, HEAD\r\n"));
    rig_say(fd, "DELETE /both HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(rig_hear(fd, &a));
    assert_non_null(strstr(a.head, "\r\nAllow: GET, HEAD, POST\r\n"));
    assert_null(strstr(a.head, "Server"));
    close(fd);
    assert_int_equal(rig_counters(n).refused[NET_REFUSED_405], 3);
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
    AUTO(net) n = rig_start_default();
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rig_say(fd, rows[i].text);
        if (!rig_hear(fd, &a) || a.status != 200)
            fail_msg("row %zu: %d", i, a.status);
        assert_string_equal(a.body, rows[i].body);
        if (rows[i].line != NULL && strstr(a.head, rows[i].line) == NULL)
            fail_msg("row %zu: no %s", i, rows[i].line);
    }
    assert_true(rig_is_at_end(fd));
    close(fd);
    rig_wait_for_none(n);
    assert_int_equal(rig_counters(n).accepted, 1);
    assert_int_equal(rig_counters(n).requests, 11);
    assert_int_equal(rig_counters(n).replies, 11);
}

static void test_head_method(void **state)
{
    AUTO(net) n = rig_start_default();
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    rig_say(fd, "HEAD /info HTTP/1.1\r\nHost: h\r\n\r\n"
                "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" GOOD);
    assert_true(rig_hear_head(fd, &a) && a.status == 200);
    assert_non_null(strstr(a.head, "Content-Length: 20\r\n"));
    assert_true(rig_hear_head(fd, &a) && a.status == 404);
    assert_true(rig_hear(fd, &a) && a.status == 200);
    assert_string_equal(a.body, "abc");
    close(fd);
}

static void test_pipeline(void **state)
{
    AUTO(net) n = rig_start_default();
    struct net_response r = { .status = 200, .content_type = "a/b" };
    char body[16];
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    for (int i = 0; i < 100; i++) {
        char text[200];

        snprintf(text, sizeof(text),
                 "POST /%s HTTP/1.1\r\nHost: h\r\n" TYPE
                 "Content-Length: 3\r\n\r\n%03d",
                 i % 10 == 3 ? "park" : "cmp", i);
        rig_say(fd, text);
    }
    /* Whoever closes its half still gets all its answers. */
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 100; i++) {
        snprintf(body, sizeof(body), "%03d", i);
        if (i % 10 == 3) {
            struct net_exchange *x = rig_unpark();

            r.body = net_exchange_body(x);
            net_reply(x, &r);
        }
        assert_true(rig_hear(fd, &a));
        assert_string_equal(a.body, body);
    }
    assert_true(rig_is_at_end(fd));
    close(fd);
}

static void test_splits(void **state)
{
    static const char text[] =
        CMP TYPE "Transfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\nA: b\r\n\r\n";
    AUTO(net) n = rig_start_default();
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        rig_say_bytes(fd, text, cut);
        sched_yield();
        rig_say_bytes(fd, text + cut, sizeof(text) - 1 - cut);
        assert_true(rig_hear(fd, &a) && a.status == 200);
        assert_string_equal(a.body, "abc0123456789");
    }
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        rig_say_bytes(fd, text + i, 1);
        rig_pause(1);
    }
    assert_true(rig_hear(fd, &a) && a.status == 200);
    assert_string_equal(a.body, "abc0123456789");
    close(fd);
}

static void test_chunked_to_the_cap(void **state)
{
    AUTO(net) n = rig_start_default();
    struct answer a;
    char piece[64 + 8] = "40\r\n";
    int fd = rig_dial(n, 0);

    (void)state;
    memset(piece + 4, 'x', 64);
    put(piece + 68, SPAN_LIT("\r\n"));
    for (int extra = 0; extra < 2; extra++) {
        rig_say(fd, CMP TYPE "Transfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < RIG_BODY_CAP / 64; i++)
            rig_say_bytes(fd, piece, 70);
        rig_say(fd, extra == 0 ? "0\r\n\r\n" : "1\r\n");
        assert_true(rig_hear(fd, &a));
        assert_int_equal(a.status, extra == 0 ? 200 : 413);
    }
    assert_true(rig_is_at_end(fd));
    close(fd);
}

static void test_expect(void **state)
{
    AUTO(net) n = rig_start_default();
    struct answer a;
    int fd = rig_dial(n, 0);

    (void)state;
    rig_say(fd, CMP TYPE "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_true(rig_hear_head(fd, &a));
    assert_int_equal(a.status, 100);
    rig_say(fd, "abc");
    assert_true(rig_hear(fd, &a) && a.status == 200);
    /* Not asked for once the body has come with the head. */
    rig_say(fd,
            CMP TYPE "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
    assert_true(rig_hear(fd, &a) && a.status == 200);
    rig_say(fd, "POST /x HTTP/1.1\r\nHost: h\r\n" TYPE
                "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_true(rig_hear(fd, &a) && a.status == 404);
    assert_true(rig_is_at_end(fd));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_long_head),
        cmocka_unit_test(test_allow),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_head_method),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_chunked_to_the_cap),
        cmocka_unit_test(test_expect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
