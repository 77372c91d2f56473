#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/request.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define MANY_LINES \
    TEN_LINES TEN_LINES TEN_LINES TEN_LINES TEN_LINES TEN_LINES TEN_LINES
#define TEN_LINES                                                      \
    "A: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n" \
    "A: 1\r\nA: 1\r\n"

/* -1: http_head_find refuses it. -2: it finds no end. */
static int read_head(const char *text, size_t len, struct http_head *h)
{
    size_t at = 0;

    switch (http_head_find(span_of(text, len), &at)) {
    case HTTP_MORE:
        return -2;
    case HTTP_BAD:
        return -1;
    case HTTP_DONE:
        break;
    }
    return http_head_parse(span_of(text, at), h);
}

#define POST "POST /p HTTP/1.1\r\nHost: h\r\n"

static void test_heads(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        int status;
    } rows[] = {
        { "plain", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
        { "1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0 },
        { "a later minor", "GET / HTTP/1.7\r\nHost: h\r\n\r\n", 0 },
        { "one empty line before", "\r\nGET / HTTP/1.0\r\n\r\n", 0 },
        { "two empty lines before", "\r\n\r\nGET / HTTP/1.0\r\n\r\n", 400 },
        { "no version", "GET /\r\n\r\n", 400 },
        { "HTTP/2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505 },
        { "HTTP/0.9", "GET / HTTP/0.9\r\n\r\n", 505 },
        { "version in small letters", "GET / http/1.1\r\n\r\n", 400 },
        { "version cut", "GET / HTTP/1\r\n\r\n", 400 },
        { "version of two digits", "GET / HTTP/1.10\r\n\r\n", 400 },
        { "two blanks", "GET  / HTTP/1.0\r\n\r\n", 400 },
        { "blank at the end", "GET / HTTP/1.0 \r\n\r\n", 400 },
        { "tab for blank", "GET\t/ HTTP/1.0\r\n\r\n", 400 },
        { "method of no token", "G(T / HTTP/1.0\r\n\r\n", 400 },
        { "no method", " / HTTP/1.0\r\n\r\n", 400 },
        { "absolute", "GET http://h:80/x?y HTTP/1.0\r\n\r\n", 0 },
        { "absolute, https", "GET HTTPS://h HTTP/1.0\r\n\r\n", 0 },
        { "absolute, no host", "GET http:///x HTTP/1.0\r\n\r\n", 400 },
        { "authority", "CONNECT h:80 HTTP/1.0\r\n\r\n", 400 },
        { "asterisk", "OPTIONS * HTTP/1.0\r\n\r\n", 400 },
        { "fragment", "GET /a#b HTTP/1.0\r\n\r\n", 400 },
        { "whole triplet", "GET /%2e HTTP/1.0\r\n\r\n", 0 },
        { "half a triplet", "GET /%2 HTTP/1.0\r\n\r\n", 400 },
        { "no triplet", "GET /%zz HTTP/1.0\r\n\r\n", 400 },
        { "backslash", "GET /a\\b HTTP/1.0\r\n\r\n", 400 },
        { "no ASCII", "GET /\xc3\xa4 HTTP/1.0\r\n\r\n", 400 },
        { "no Host", "GET / HTTP/1.1\r\n\r\n", 400 },
        { "empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0 },
        { "IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0 },
        { "Host of two words", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
        { "two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", 400 },
        { "length", POST "Content-Length: 5\r\n\r\n", 0 },
        { "length, odd spelling", POST "content-LENGTH:\t 5 \r\n\r\n", 0 },
        { "length, zeros before", POST "Content-Length: 005\r\n\r\n", 0 },
        { "length with plus", POST "Content-Length: +5\r\n\r\n", 400 },
        { "length with minus", POST "Content-Length: -5\r\n\r\n", 400 },
        { "length in hex", POST "Content-Length: 0x5\r\n\r\n", 400 },
        { "length with blank", POST "Content-Length: 5 5\r\n\r\n", 400 },
        { "empty length", POST "Content-Length:\r\n\r\n", 400 },
        { "length list", POST "Content-Length: 5, 5\r\n\r\n", 400 },
        { "length of 64 bits and more",
          POST "Content-Length: 18446744073709551621\r\n\r\n", 400 },
        { "two equal lengths",
          POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400 },
        { "two lengths", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
          400 },
        { "chunked", POST "Transfer-Encoding: Chunked\r\n\r\n", 0 },
        { "chunked twice",
          POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
               "chunked\r\n\r\n",
          400 },
        { "another coding", POST "Transfer-Encoding: gzip\r\n\r\n", 400 },
        { "two codings", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400 },
        { "identity", POST "Transfer-Encoding: identity\r\n\r\n", 400 },
        { "coding in quotes", POST "Transfer-Encoding: \"chunked\"\r\n\r\n",
          400 },
        { "length, then chunked",
          POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { "chunked, then length",
          POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400 },
        { "chunked in 1.0",
          "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { "folded line", POST "A: b\r\n c\r\n\r\n", 400 },
        { "folded by tab", POST "A: b\r\n\tc: d\r\n\r\n", 400 },
        { "blank before the first line", "GET / HTTP/1.0\r\n A: b\r\n\r\n",
          400 },
        { "blank before colon", POST "Content-Length : 5\r\n\r\n", 400 },
        { "no colon", POST "Content-Length 5\r\n\r\n", 400 },
        { "no name", POST ": 5\r\n\r\n", 400 },
        { "value of Latin-1", POST "A: \xe4\r\n\r\n", 0 },
        { "two media types",
          POST "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n", 400 },
        { "expectation", POST "Expect: 100-Continue\r\n\r\n", 0 },
        { "another expectation", POST "Expect: miracle\r\n\r\n", 417 },
        { "many lines", "GET / HTTP/1.0\r\n" MANY_LINES "\r\n", 431 },
        { "bare LF", "GET / HTTP/1.0\n\n", -1 },
        { "bare LF within", POST "A: b\nContent-Length: 5\r\n\r\n", -1 },
        { "bare CR", POST "A: b\rContent-Length: 5\r\n\r\n", -1 },
        { "CR CR LF", POST "A: b\r\r\n\r\n", -1 },
        { "escape", POST "A: \x1b\r\n\r\n", -1 },
        { "delete", POST "A: \x7f\r\n\r\n", -1 },
        { "a TLS hello", "\x16\x03\x01\x02", -1 },
        { "no end", POST, -2 },
    };
    struct http_head h = { 0 };

    (void)state;
    for (size_t i = 0; i < NUM(rows); i++) {
        int got = read_head(rows[i].text, strlen(rows[i].text), &h);

        if (got != rows[i].status)
            fail_msg("%s: %d, want %d", rows[i].name, got, rows[i].status);
    }
    assert_int_equal(read_head("GET /\0 HTTP/1.0\r\n\r\n", 19, &h), -1);
}

static void test_head_fields(void **state)
{
    struct http_head h = { 0 };
    const char *text = "POST http://h/a/b?c=d HTTP/1.1\r\nHost: h\r\n"
                       "Content-Type: x/y; z\r\nContent-Length: 77\r\n"
                       "Expect: 100-continue\r\nContent-Encoding: gzip\r\n\r\n";

    (void)state;
    assert_int_equal(read_head(text, strlen(text), &h), 0);
    assert_true(span_is_equal(h.method, SPAN_LIT("POST")));
    assert_true(span_is_equal(h.path, SPAN_LIT("/a/b")));
    assert_true(span_is_equal(h.query, SPAN_LIT("c=d")));
    assert_true(span_is_equal(h.content_type, SPAN_LIT("x/y; z")));
    assert_true(h.has_length && h.length == 77);
    assert_true(h.wants_continue && h.is_encoded && h.keeps_alive);
    assert_false(h.is_chunked || h.is_http_1_0);
}

static void test_keep_alive(void **state)
{
    static const struct {
        const char *version;
        const char *line;
        bool keeps;
    } rows[] = {
        { "1.1", "", true },
        { "1.1", "Connection: close\r\n", false },
        { "1.1", "Connection: foo, Close ,bar\r\n", false },
        { "1.1", "Connection: a\r\nConnection: close\r\n", false },
        { "1.1", "Connection: closed\r\n", true },
        { "1.0", "", false },
        { "1.0", "Connection: Keep-Alive\r\n", true },
        { "1.0", "Connection: keep-alive, close\r\n", false },
    };
    char text[200];
    struct http_head h = { 0 };

    (void)state;
    for (size_t i = 0; i < NUM(rows); i++) {
        snprintf(text, sizeof(text), "GET / HTTP/%s\r\nHost: h\r\n%s\r\n",
                 rows[i].version, rows[i].line);
        assert_int_equal(read_head(text, strlen(text), &h), 0);
        assert_int_equal(h.keeps_alive, rows[i].keeps);
    }
}

/* Feeds a body in pieces of that size; -2: wants more. */
static int read_chunks(const char *text, size_t piece, struct buf *body,
                       size_t *left)
{
    struct http_chunks c = { 0 };
    struct span rest = span_str(text), in;
    enum http_step step = HTTP_MORE;
    int status = 0;

    while (step == HTTP_MORE && rest.len > 0) {
        size_t len = piece < rest.len ? piece : rest.len;

        in = span_of(rest.ptr, len);
        step = http_chunks_step(&c, &in, body, &status);
        len -= in.len;
        rest = span_of(rest.ptr + len, rest.len - len);
    }
    *left = rest.len;
    return step == HTTP_MORE ? -2 : status;
}

static void test_chunks(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        int status;
        const char *body;
    } rows[] = {
        { "two", "3\r\nabc\r\n02\r\nde\r\n0\r\n\r\n", 0, "abcde" },
        { "none", "0\r\n\r\n", 0, "" },
        { "hex", "A\r\n0123456789\r\n000\r\n\r\n", 0, "0123456789" },
        { "extension", "1;a=\"b\";c\r\nx\r\n0;d\r\n\r\n", 0, "x" },
        { "trailer", "1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", 0, "x" },
        { "data with CR LF", "4\r\n\r\n\r\n\r\n0\r\n\r\n", 0, "\r\n\r\n" },
        { "no size", "\r\nabc\r\n0\r\n\r\n", 400, NULL },
        { "no hex", "g\r\n", 400, NULL },
        { "sign", "+3\r\nabc\r\n", 400, NULL },
        { "minus", "-3\r\nabc\r\n", 400, NULL },
        { "prefix", "0x3\r\nabc\r\n", 400, NULL },
        { "blank before", " 3\r\nabc\r\n", 400, NULL },
        { "blank behind", "3 \r\nabc\r\n", 400, NULL },
        { "nine digits", "000000003\r\nabc\r\n", 400, NULL },
        { "bare LF", "3\nabc\r\n", 400, NULL },
        { "CR alone", "3\rabc\r\n", 400, NULL },
        { "bare LF in an extension", "3;a\nabc\r\n", 400, NULL },
        { "data too long", "3\r\nabcd\r\n", 400, NULL },
        { "bare LF behind data", "3\r\nabc\n", 400, NULL },
        { "bare LF at the end", "0\r\n\n", 400, NULL },
        { "folded trailer", "0\r\nA: b\r\n c\r\n\r\n", 400, NULL },
        { "trailer of no token", "0\r\nA b\r\n\r\n", 400, NULL },
        { "trailer with LF", "0\r\nA: b\n\r\n", 400, NULL },
        { "beyond the cap", "11\r\n", 413, NULL },
        { "far beyond", "ffffffff\r\n", 413, NULL },
        { "together beyond", "9\r\n123456789\r\n8\r\n", 413, NULL },
        { "incomplete", "3\r\nabc\r\n0\r\n", -2, NULL },
    };
    struct buf body;
    size_t left;

    (void)state;
    for (size_t i = 0; i < NUM(rows); i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
            int got;

            buf_init(&body, 16);
            got = read_chunks(rows[i].text, piece, &body, &left);
            if (got != rows[i].status)
                fail_msg("%s by %zu: %d, want %d", rows[i].name, piece, got,
                         rows[i].status);
            if (rows[i].body != NULL) {
                assert_string_equal(buf_str(&body), rows[i].body);
                assert_int_equal(left, 0);
            }
            buf_done(&body);
        }
    }
}

static void test_chunks_end(void **state)
{
    struct buf body, text;
    size_t left;

    (void)state;
    buf_init(&body, 16);
    buf_init(&text, 4096);
    assert_int_equal(read_chunks("0\r\n\r\nGET", 8, &body, &left), 0);
    assert_int_equal(left, 3);
    buf_add_str(&text, "0\r\n");
    for (size_t i = 0; i < 200; i++)
        buf_add_str(&text, "A: bbb\r\n");
    assert_int_equal(read_chunks(buf_str(&text), 4000, &body, &left), 431);
    buf_clear(&text);
    buf_add_str(&text, "1;");
    for (size_t i = 0; i < 200; i++)
        buf_add_str(&text, "a");
    assert_int_equal(read_chunks(buf_str(&text), 4000, &body, &left), 400);
    buf_done(&text);
    buf_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),      cmocka_unit_test(test_head_fields),
        cmocka_unit_test(test_keep_alive), cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_chunks_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
