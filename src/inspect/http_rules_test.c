#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* needs those before it */
#include <cmocka.h>

#include "inspect/capture_scene_test.h"
#include "inspect/http_rules.h"

#define POST "POST /.well-known/cmp HTTP/1.1\r\n"
#define HOST "Host: ca\r\n"
#define TYPE "Content-Type: application/pkixcmp\r\n"
#define LEN "Content-Length: 12\r\n\r\n"
#define NO_LEN "Content-Length: 0\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define ASK POST HOST TYPE LEN "{A}"
#define ANSWER OK TYPE LEN "{B}"

/* Messages of 12 bytes whose body is one or the other. */
#define IP_BYTES "\x30\x0a\x30\x04\x02\x02\x7f\x7f\xa1\x02\x05"
#define CANN_BYTES "\x30\x0a\x30\x04\x02\x02\x7f\x7f\xb0\x02\x05"
#define IR_BYTES "\x30\x0a\x30\x04\x02\x02\x7f\x7f\xa0\x02\x05"

/* `broken`: ids without "http-", and what was found. */
static const struct {
    const char *name;
    struct scene_said said[4];
    const char *broken;
} cases[] = {
    { "good", { { 0, ASK }, { 1, ANSWER } }, "" },
    { "good, another label",
      { { 0,
          "POST /.well-known/cmp/p/x/initialization HTTP/1.1\r\n" HOST TYPE LEN
          "{A}" },
        { 1, ANSWER } },
      "" },
    { "good, HTTP/1.0",
      { { 0, "POST /.well-known/cmp HTTP/1.0\r\n" TYPE LEN "{A}" },
        { 1, "HTTP/1.0 200 OK\r\n" TYPE "\r\n{B}" } },
      "" },
    { "good, chunked",
      { { 0, ASK },
        { 1,
          OK TYPE "Transfer-Encoding: chunked\r\n\r\nc\r\n{B}\r\n0\r\n\r\n" } },
      "" },
    { "good, an error that is CMP",
      { { 0, ASK }, { 1, "HTTP/1.1 500 Oh\r\n" TYPE LEN "{B}" } },
      "" },
    { "good, an announcement",
      { { 0, POST HOST TYPE LEN CANN_BYTES "x" },
        { 1, "HTTP/1.1 201 Created\r\n" NO_LEN } },
      "" },
    { "PUT",
      { { 0, "PUT /.well-known/cmp HTTP/1.1\r\n" HOST TYPE LEN "{A}" },
        { 1, ANSWER } },
      "method-is-post: method PUT; " },
    { "GET",
      { { 0, "GET /.well-known/cmp HTTP/1.1\r\n" HOST "\r\n" },
        { 1, "HTTP/1.1 405 No\r\n" NO_LEN } },
      "method-is-post: method GET; request-is-taken: status 405; " },
    { "another path",
      { { 0, "POST /pkix/\x1b[2J HTTP/1.1\r\n" HOST TYPE LEN "{A}" },
        { 1, ANSWER } },
      "path-is-well-known: /pkix/?[2J; " },
    { "no such operation",
      { { 0, "POST /.well-known/cmp/enrol HTTP/1.1\r\n" HOST TYPE LEN "{A}" },
        { 1, ANSWER } },
      "path-is-well-known: /.well-known/cmp/enrol; " },
    { "no name behind p",
      { { 0, "POST /.well-known/cmp/p HTTP/1.1\r\n" HOST TYPE LEN "{A}" },
        { 1, ANSWER } },
      "path-is-well-known: /.well-known/cmp/p; " },
    { "more behind the operation",
      { { 0,
          "POST /.well-known/cmp/nested/x HTTP/1.1\r\n" HOST TYPE LEN "{A}" },
        { 1, ANSWER } },
      "path-is-well-known: /.well-known/cmp/nested/x; " },
    { "HTTP/1.2",
      { { 0, "POST /.well-known/cmp HTTP/1.2\r\n" HOST TYPE LEN "{A}" },
        { 1, ANSWER } },
      "version-is-known: HTTP/1.2; " },
    { "no Host",
      { { 0, POST TYPE LEN "{A}" }, { 1, ANSWER } },
      "host-is-there: no Host; " },
    { "a folded line",
      { { 0, POST HOST "X: a\r\n b\r\n" TYPE LEN "{A}" }, { 1, ANSWER } },
      "head-is-well-made: a folded header line; " },
    { "two hosts",
      { { 0, POST HOST HOST TYPE LEN "{A}" }, { 1, ANSWER } },
      "head-is-well-made: two Host lines; " },
    { "two lengths",
      { { 0, POST HOST TYPE "Content-Length: 12\r\nContent-Length: 13\r\n\r\n"
                            "{A}" },
        { 1, ANSWER } },
      "length-is-clear: 2 lengths that differ; " },
    { "a length and chunked",
      { { 0, POST HOST TYPE "Transfer-Encoding: chunked\r\n" LEN
                            "c\r\n{A}\r\n0\r\n\r\n" },
        { 1, ANSWER } },
      "length-is-clear: Content-Length and chunked; " },
    { "chunked in HTTP/1.0",
      { { 0, ASK },
        { 1, "HTTP/1.0 200 OK\r\n" TYPE "Transfer-Encoding: chunked\r\n\r\n"
             "c\r\n{B}\r\n0\r\n\r\n" } },
      "length-is-clear: chunked in HTTP/1.0; " },
    { "no length",
      { { 0, POST HOST TYPE "\r\n" }, { 1, "HTTP/1.1 411 No\r\n" NO_LEN } },
      "length-is-clear: neither Content-Length nor chunked; "
      "body-is-message: no body; request-is-taken: status 411; " },
    { "cut",
      { { 0, ASK }, { 1, OK TYPE "Content-Length: 50\r\n\r\n{B}" } },
      "body-is-whole: 12 bytes of 50, then the end; " },
    { "cut in a chunk",
      { { 0, ASK },
        { 1, OK TYPE "Transfer-Encoding: chunked\r\n\r\nf\r\n{B}" } },
      "body-is-whole: 12 bytes, then the connection breaks off; " },
    { "gzip",
      { { 0, ASK }, { 1, OK TYPE "Content-Encoding: gzip\r\n" LEN "{B}" } },
      "body-is-not-coded: coded as gzip; " },
    { "another type",
      { { 0, POST HOST "Content-Type: text/plain\r\n" LEN "{A}" },
        { 1, OK LEN "{B}" } },
      "type-is-pkixcmp: Content-Type: text/plain; "
      "type-is-pkixcmp: no Content-Type; " },
    { "an old type",
      { { 0, POST HOST "Content-Type: application/pkixcmp-poll\r\n" LEN "{A}" },
        { 1, ANSWER } },
      "type-is-registered: Content-Type: application/pkixcmp-poll; " },
    { "PEM",
      { { 0, POST HOST TYPE
          "Content-Length: 54\r\n\r\n"
          "-----BEGIN CMP-----\nMAcwBQIBAgQA\n-----END CMP-----\n\n\n\n" },
        { 1, "HTTP/1.1 400 No\r\n" NO_LEN } },
      "body-is-message: 54 bytes of PEM; request-is-taken: status 400; " },
    { "base64",
      { { 0, POST HOST TYPE LEN "MAcwBQIBAgQA" },
        { 1, "HTTP/1.1 400 No\r\n" NO_LEN } },
      "body-is-message: 12 bytes of base64; request-is-taken: status 400; " },
    { "two messages",
      { { 0, POST HOST TYPE "Content-Length: 24\r\n\r\n{A}{C}" },
        { 1, ANSWER } },
      "body-is-message: another message behind byte 12; " },
    { "an answer asks",
      { { 0, ASK }, { 1, OK TYPE LEN IR_BYTES "x" } },
      "way-fits-body: ir; " },
    { "a request answers",
      { { 0, POST HOST TYPE LEN IP_BYTES "x" }, { 1, ANSWER } },
      "way-fits-body: ip; " },
    { "no answer",
      { { 0, ASK } },
      "request-is-answered: the connection ends without a response; " },
    { "redirected",
      { { 0, ASK },
        { 1, "HTTP/1.1 301 Moved\r\nLocation: http://b/\r\n" NO_LEN } },
      "not-redirected: status 301 to http://b/; " },
    { "404",
      { { 0, ASK }, { 1, "HTTP/1.1 404 No\r\n" NO_LEN } },
      "request-is-taken: status 404; " },
    { "202 with a message",
      { { 0, ASK }, { 1, "HTTP/1.1 202 Later\r\n" TYPE LEN "{B}" } },
      "status-is-200: status 202 with a PKIMessage; " },
    { "200 without",
      { { 0, ASK },
        { 1, OK "Content-Type: text/html\r\nContent-Length: 3\r\n\r\nhi!" } },
      "answer-holds-message: status 200, 3 bytes of text/html; " },
    { "an announcement answered",
      { { 0, POST HOST TYPE LEN CANN_BYTES "x" }, { 1, ANSWER } },
      "announcement-is-taken: status 200, 12 bytes; " },
};

struct judged_scene {
    char text[1024];
    bool was_broken[RULE_NUM];
};

static void note(void *arg, enum rule_id rule, enum verdict verdict,
                 const struct found *found)
{
    struct judged_scene *j = arg;
    size_t len = strlen(j->text);

    assert_int_equal(rule_get(rule)->step, STEP_HTTP);
    assert_int_equal(strncmp(rule_get(rule)->id, "http-", 5), 0);
    if (verdict != VERDICT_BROKEN)
        return;
    assert_int_equal(strncmp(found->path, "HTTP re", 7), 0);
    j->was_broken[rule] = true;
    snprintf(j->text + len, sizeof(j->text) - len, "%s: %s; ",
             rule_get(rule)->id + 5, found->text);
}

static enum err judge(void *arg, const struct seen *seen)
{
    http_check(seen, note, arg);
    return ERR_OK;
}

static void test_rules(void **state)
{
    struct judged_scene j = { "", { false } };
    struct rule_range range = rules_of(STEP_HTTP);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;

        j.text[0] = '\0';
        scene_init(&s);
        pcap_open(&s.f);
        for (size_t k = 0; k < 4 && cases[i].said[k].text != NULL; k++)
            scene_say(&s, &cases[i].said[k]);
        pcap_close_flow(&s.f);
        assert_int_equal(
            input_read_bytes(buf_span(&s.w.out), "x", NULL, judge, &j, NULL),
            ERR_OK);
        if (strcmp(j.text, cases[i].broken) != 0)
            fail_msg("%s: %s", cases[i].name, j.text);
        scene_done(&s);
    }
    /* none that no case breaks */
    for (size_t r = range.first; r < range.end; r++)
        if (!j.was_broken[r])
            fail_msg("%s", rule_get((enum rule_id)r)->id);
}

/* What the capture lacks is held against nobody. */
static void test_gaps_break_nothing(void **state)
{
    struct judged_scene j = { "", { false } };
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    s.w.snaplen = 300;
    pcap_open(&s.f);
    all = scene_request(&s.out, 'L');
    pcap_say(&s.f, 0, all);
    scene_answer(&s, 'L');
    scene_ask(&s, 'A');
    assert_int_equal(
        input_read_bytes(buf_span(&s.w.out), "x", NULL, judge, &j, NULL),
        ERR_OK);
    assert_string_equal(j.text, "");
    scene_done(&s);
}

static void test_no_http(void **state)
{
    struct judged_scene j = { "", { false } };
    struct seen seen = { .der = SPAN_LIT("x"), .number = 1, .where = "x" };

    (void)state;
    http_check(&seen, note, &j);
    assert_string_equal(j.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_gaps_break_nothing),
        cmocka_unit_test(test_no_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
