#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* needs those before it */
#include <cmocka.h>

#include "inspect/capture_scene_test.h"
#include "inspect/http_head.h"

/* --- what goes both ways, and what is heard --- */

#define POST "POST /.well-known/cmp HTTP/1.1\r\nHost: ca\r\n"
#define TYPE "Content-Type: application/pkixcmp\r\n"
#define LEN "Content-Length: 12\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define ASK(m) POST TYPE LEN "{" m "}"
#define ANSWER(m) OK TYPE LEN "{" m "}"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
    const char *name;
    struct scene_said said[8];
    const char *heard;
} talks[] = {
    { "one", { { 0, ASK("A") }, { 1, ANSWER("B") } }, "QA PBA" },
    { "kept alive",
      { { 0, ASK("A") },
        { 1, ANSWER("B") },
        { 0, ASK("C") },
        { 1, ANSWER("D") } },
      "QA PBA QC PDC" },
    { "pipelined",
      { { 0, ASK("A") ASK("C") "|" ASK("E") },
        { 1, ANSWER("B") ANSWER("D") ANSWER("F") } },
      "QA QC QE PBA PDC PFE" },
    { "head and body apart",
      { { 0, POST TYPE LEN }, { 0, "{A}" }, { 1, OK TYPE LEN "|{B}" } },
      "QA PBA" },
    { "cut anywhere",
      { { 0, "P|OST /.well|-known/cmp HTTP/1.1\r|\n" TYPE "Content-Leng|th: 12"
             "\r\n\r|\n{A}" },
        { 1, "HT|TP/1.1 2|00 OK\r\n" TYPE LEN "{B}" } },
      "QA PBA" },
    { "another path, known by its media type",
      { { 0, "POST /pkix/ HTTP/1.1\r\n" TYPE LEN "{A}" }, { 1, ANSWER("B") } },
      "QA PBA" },
    { "known by its path alone",
      { { 0, POST LEN "{A}" }, { 1, OK LEN "{B}" } },
      "QA PBA" },
    { "known by its body alone",
      { { 0, "POST /x HTTP/1.1\r\n" LEN "{A}" },
        { 1, OK "Content-Type: text/html\r\n" LEN "{B}" } },
      "QA PBA" },
    { "absolute target",
      { { 0, "POST http://ca:80/.well-known/cmp/p/x HTTP/1.1\r\n" LEN "{A}" },
        { 1, ANSWER("B") } },
      "QA PBA" },
    { "HTTP/1.0, to the end",
      { { 0, "POST / HTTP/1.0\r\n" TYPE LEN "{A}" },
        { 1, "HTTP/1.0 200 OK\r\n" TYPE "\r\n{B}" } },
      "QA PBA" },
    { "chunked",
      { { 0, POST TYPE CHUNKED "c\r\n{A}\r\n0\r\n\r\n" },
        { 1, OK TYPE CHUNKED "C;x=y\r\n{B}\r\n000\r\nTrailer: x\r\n\r\n" } },
      "QA PBA" },
    { "chunks across segments",
      { { 0, POST TYPE CHUNKED "|0|c|\r|\n{A}|\r|\n|0\r\n|\r|\n" ASK("C") },
        { 1, ANSWER("B") ANSWER("D") } },
      "QA QC PBA PDC" },
    { "a bad chunk, then another",
      { { 0, POST TYPE CHUNKED "x\r\n{A}\r\n0\r\n\r\n" },
        { 0, ASK("C") },
        { 1, ANSWER("B") ANSWER("D") } },
      "Q![the chunked body is not well made behind byte 0] QC PB PDC" },
    { "100 Continue",
      { { 0, POST TYPE "Expect: 100-continue\r\n" LEN },
        { 1, "HTTP/1.1 100 Continue\r\n\r\n" },
        { 0, "{A}" },
        { 1, ANSWER("B") } },
      "QA PBA" },
    { "answered before it is read",
      { { 0, POST TYPE "Content-Length: 24\r\n\r\n" },
        { 1, "HTTP/1.1 413 Too long\r\nContent-Length: 0\r\n\r\n" },
        { 0, "{A}{A}" },
        { 0, ASK("C") },
        { 1, ANSWER("D") } },
      "P-413 Q? QC PDC" },
    { "gzip",
      { { 0, ASK("A") },
        { 1, OK TYPE "Content-Encoding: gzip\r\n" LEN "{B}" } },
      "QA P![the body is coded as gzip, which is not read here]A" },
    { "transfer coding",
      { { 0, ASK("A") },
        { 1, OK TYPE "Transfer-Encoding: gzip, chunked\r\n\r\n"
                     "c\r\n{B}\r\n0\r\n\r\n" } },
      "QA P![the body is coded as gzip, chunked, which is not read here]A" },
    { "identity",
      { { 0, ASK("A") },
        { 1, OK TYPE "Content-Encoding: identity\r\n" LEN "{B}" } },
      "QA PBA" },
    { "404",
      { { 0, ASK("A") },
        { 1, "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n"
             "Content-Length: 5\r\n\r\nnone\n" } },
      "QA P-404A" },
    { "an error that is CMP",
      { { 0, ASK("A") }, { 1, "HTTP/1.1 500 Oh\r\n" TYPE LEN "{B}" } },
      "QA PBA" },
    { "GET",
      { { 0, "GET /.well-known/cmp HTTP/1.1\r\n\r\n" },
        { 1, "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n" } },
      "Q-0 P-405" },
    { "an empty body",
      { { 0, POST TYPE "Content-Length: 0\r\n\r\n" },
        { 1, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n" } },
      "Q-0 P-400" },
    { "not CMP, then CMP",
      { { 0, "GET /index.html HTTP/1.1\r\n\r\n" },
        { 1, OK "Content-Type: text/html\r\nContent-Length: 4\r\n\r\nhi!\n" },
        { 0, ASK("A") },
        { 1, ANSWER("B") } },
      "QA PBA" },
    { "HEAD has no body",
      { { 0, "HEAD / HTTP/1.1\r\n\r\n" },
        { 1, OK LEN },
        { 0, ASK("A") },
        { 1, ANSWER("B") } },
      "QA PBA" },
    { "an announcement",
      { { 0, ASK("A") }, { 1, "HTTP/1.1 204 No Content\r\n\r\n" } },
      "QA P-204A" },
    { "no answer", { { 0, ASK("A") } }, "QA P-0A" },
    { "cut by the sender",
      { { 0, ASK("A") }, { 1, OK TYPE "Content-Length: 50\r\n\r\n{B}" } },
      "QA PB(cut)A" },
    { "a head without end",
      { { 0, POST TYPE "X: y\r\n" } },
      "Q![the connection ends within the head of an HTTP message]" },
    { "bare LF",
      { { 0, "POST /.well-known/cmp HTTP/1.1\nContent-Length:12\n\n{A}" },
        { 1, "HTTP/1.1 200\nContent-Length: 12\n\n{B}" } },
      "QA PBA" },
    { "rubbish behind",
      { { 0, ASK("A") "\x01\x02" }, { 1, ANSWER("B") } },
      "QA Q![what follows the last HTTP message is no HTTP] PBA" },
    { "no HTTP",
      { { 0, "SSH-2.0-OpenSSH\r\n" }, { 1, "SSH-2.0-dropbear\r\n" } },
      "" },
    { "SMTP", { { 1, "220 mail\r\n" }, { 0, "EHLO host\r\n\r\n" } }, "" },
    { "a version that is not known",
      { { 0, "POST /.well-known/cmp HTTP/3.0\r\n\r\n" } },
      "Q![the head of an HTTP message whose first line is not of HTTP/1]" },
    { "TLS",
      { { 0, "\x16\x03\x01\x02" }, { 1, "\x16\x03\x03\x02" } },
      "U![TLS: cannot be read; capture behind the end of TLS, or use inspect "
      "on files]" },
    { "HTTP/2",
      { { 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" } },
      "U![HTTP/2, which is not read; CMP is transferred by HTTP/1.1]" },
    { "turned into something else",
      { { 0, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" },
        { 1, "HTTP/1.1 101 Switching\r\n\r\n{B}" },
        { 0, "{A}" } },
      "" },
};

static void test_talks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
        struct scene s;

        scene_init(&s);
        pcap_open(&s.f);
        for (size_t k = 0; k < 8 && talks[i].said[k].text != NULL; k++)
            scene_say(&s, &talks[i].said[k]);
        pcap_close_flow(&s.f);
        scene_read(&s);
        if (strcmp(s.heard, talks[i].heard) != 0)
            fail_msg("%s: %s", talks[i].name, s.heard);
        scene_done(&s);
    }
}

static void test_totals(void **state)
{
    static const struct scene_said others[] = {
        { 0, "GET / HTTP/1.1\r\n\r\n" },
        { 1, OK "Content-Length: 3\r\n\r\nabc" },
        { 0, "POST /x HTTP/1.1\r\nContent-Length: 20\r\n\r\n"
             "12345678901234567890" },
        { 1, OK "Content-Length: 3\r\n\r\nabc" },
    };
    static const struct scene_said ssh = { 0, "SSH-2.0\r\n" };
    static const struct scene_said tls = { 0, "\x16\x03\x01" };
    struct scene s;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    for (size_t i = 0; i < 4; i++)
        scene_say(&s, &others[i]);
    s.f.ports[0]++;
    s.f.sent[0] = s.f.sent[1] = 0;
    pcap_open(&s.f);
    scene_say(&s, &ssh);
    for (size_t i = 0; i < 50; i++) {
        s.f.ports[0]++;
        s.f.sent[0] = s.f.sent[1] = 0;
        pcap_open(&s.f);
        scene_say(&s, &tls);
    }
    scene_read(&s);
    assert_int_equal(s.totals.messages, 0);
    assert_int_equal(s.totals.other_requests, 2);
    assert_int_equal(s.totals.other_streams, 1);
    assert_int_equal(s.totals.tls_streams, 50);
    /* not each of them is told of */
    assert_int_equal(s.totals.problems, 32);
    scene_done(&s);
}

static void test_too_long(void **state)
{
    struct scene s;
    struct buf big;

    (void)state;
    scene_init(&s);
    buf_init(&big, SCENE_CAP);
    pcap_open(&s.f);
    buf_printf(&big, POST TYPE "Content-Length: 300000\r\n\r\n");
    buf_add(&big, scene_message('L'));
    while (big.len < 300000 + 102)
        buf_add_str(&big, "123456");
    big.len = 300000 + (size_t)(strstr((char *)big.ptr, "\r\n\r\n") + 4 -
                                (char *)big.ptr);
    pcap_say(&s.f, 0, buf_span(&big));
    scene_answer(&s, 'B');
    buf_clear(&big);
    buf_printf(&big, POST);
    while (big.len < 20000)
        buf_printf(&big, "X-%zu: y\r\n", big.len);
    buf_printf(&big, "\r\n");
    pcap_say(&s.f, 0, buf_span(&big));
    scene_ask(&s, 'C');
    pcap_close_flow(&s.f);
    scene_read(&s);
    assert_string_equal(
        s.heard,
        "Q![bytes 261697 to 299999 of the body are not read: no message is so "
        "long] PB Q![an HTTP head longer than 16384 bytes] QC P-0C");
    buf_done(&big);
    scene_done(&s);
}

/* --- heads --- */

static const struct {
    const char *head;
    const char *odd; /* "-": no head of HTTP/1 */
    enum http_framing framing;
} heads[] = {
    { "POST / HTTP/1.1\r\n\r\n", NULL, HTTP_NO_BODY },
    { "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", NULL, HTTP_BY_LENGTH },
    { "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", NULL,
      HTTP_BY_LENGTH },
    { "POST / HTTP/1.1\r\ncontent-length:5\r\nTransfer-Encoding: Chunked\r\n"
      "\r\n",
      NULL, HTTP_BY_CHUNKS },
    { "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
      "a Content-Length that is no number", HTTP_NO_BODY },
    { "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "a Content-Length that is no number", HTTP_NO_BODY },
    { "POST / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "a folded header line",
      HTTP_NO_BODY },
    { "POST / HTTP/1.1\r\nContent-Length : 5\r\n\r\n",
      "a blank before the colon of a header line", HTTP_BY_LENGTH },
    { "POST / HTTP/1.1\r\nrubbish\r\n\r\n", "a header line without a colon",
      HTTP_NO_BODY },
    { "POST / HTTP/1.1\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n",
      "two Content-Type lines", HTTP_NO_BODY },
    { "POST / HTTP/1.1\n\n", "a line ended by LF without CR", HTTP_NO_BODY },
    { "HTTP/1.1 200 OK\r\n\r\n", NULL, HTTP_BY_CLOSE },
    { "HTTP/1.0 200\r\n\r\n", NULL, HTTP_BY_CLOSE },
    { "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", NULL, HTTP_NO_BODY },
    { "POST / HTTP/2.0\r\n\r\n", "-", 0 },
    { "POST /\r\n\r\n", "-", 0 },
    { "POST  HTTP/1.1\r\n\r\n", "-", 0 },
    { "HTTP/1.1 OK\r\n\r\n", "-", 0 },
    { "HTTP/1.1 2000 OK\r\n\r\n", "-", 0 },
    { "HTTP/1.1 20 OK\r\n\r\n", "-", 0 },
};

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct span text = span_str(heads[i].head);
        struct http_head_seen h = { 0 };
        const char *odd = heads[i].odd == NULL ? "" : heads[i].odd;
        size_t at = 0;

        assert_true(head_find(text, &at));
        assert_int_equal(at, text.len);
        for (size_t len = 0, from = 0; len < text.len; len++)
            assert_false(head_find(span_of(text.ptr, len), &from));
        if (!head_parse(text, &h)) {
            if (strcmp(odd, "-") != 0)
                fail_msg("refused: %s", heads[i].head);
            continue;
        }
        if (strcmp(odd, h.odd == NULL ? "" : h.odd) != 0 ||
            head_frame(&h, NULL) != heads[i].framing)
            fail_msg("%s: %s, %d", heads[i].head, h.odd,
                     (int)head_frame(&h, NULL));
    }
}

static const struct {
    const char *target;
    bool is_ours;
} targets[] = {
    { "/.well-known/cmp", true },
    { "/.well-known/cmp/", true },
    { "/.well-known/cmp/p/x/initialization", true },
    { "/.well-known/cmp?x", true },
    { "http://a/.well-known/cmp", true },
    { "https://a:1/.well-known/cmp/p", true },
    { "/.well-known/cmpx", false },
    { "/.Well-Known/cmp", false },
    { "/x/.well-known/cmp", false },
    { "http://.well-known/cmp", false },
    { "http://", false },
    { "*", false },
};

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (target_is_well_known(span_str(targets[i].target)) !=
            targets[i].is_ours)
            fail_msg("%s", targets[i].target);
    assert_true(type_is_cmp(span_str("Application/PKIXCMP; x=y")));
    assert_true(type_is_cmp(span_str("application/pkixcmp-poll")));
    assert_false(type_is_pkixcmp(span_str("application/pkixcmp-poll")));
    assert_false(type_is_cmp(SPAN_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talks),    cmocka_unit_test(test_totals),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_heads),
        cmocka_unit_test(test_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
