#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "service/line.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* A log in a file of its own. */
struct rig {
    char path[64];
    struct log *log;
    struct buf text;
};

static void rig_open(struct rig *r, enum log_format format,
                     enum log_level least)
{
    int fd;

    *r = (struct rig){ .path = "/tmp/log-test-XXXXXX" };
    fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);
    buf_init(&r->text, 1 << 20);
    assert_int_equal(log_open(r->path, format, least, &r->log, NULL), ERR_OK);
}

static void rig_close(struct rig *r)
{
    log_free(r->log);
    buf_done(&r->text);
    unlink(r->path);
}

static const char *rig_text(struct rig *r)
{
    buf_clear(&r->text);
    assert_int_equal(file_load(r->path, &r->text, NULL), ERR_OK);
    return buf_str(&r->text);
}

/* What stands after the time in the one line there is. */
static const char *rig_line(struct rig *r, const char *mark)
{
    const char *text = rig_text(r), *start = strstr(text, mark);

    assert_non_null(start);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    return start;
}

static const struct {
    struct span value;
    const char *logfmt, *json;
} cases[] = {
    { SPAN_LIT("plain"), "k=plain\n", "\"k\":\"plain\"}\n" },
    { SPAN_LIT(""), "k=\"\"\n", "\"k\":\"\"}\n" },
    { SPAN_LIT("two words"), "k=\"two words\"\n", "\"k\":\"two words\"}\n" },
    { SPAN_LIT("a=b"), "k=\"a=b\"\n", "\"k\":\"a=b\"}\n" },
    { SPAN_LIT("say \"x\""), "k=\"say \\\"x\\\"\"\n",
      "\"k\":\"say \\\"x\\\"\"}\n" },
    { SPAN_LIT("a\\b"), "k=\"a\\\\b\"\n", "\"k\":\"a\\\\b\"}\n" },
    /* A value cannot begin a line of its own. */
    { SPAN_LIT("a\nlevel=info"), "k=\"a\\x0alevel=info\"\n",
      "\"k\":\"a\\nlevel=info\"}\n" },
    { SPAN_LIT("\x1b[2J"), "k=\"\\x1b[2J\"\n", "\"k\":\"\\u001B[2J\"}\n" },
    { SPAN_LIT("\x7f"), "k=\"\\x7f\"\n", NULL },
    { SPAN_LIT("\xc3\xa9"), "k=\"\\xc3\\xa9\"\n", "\"k\":\"\xc3\xa9\"}\n" },
    /* Not UTF-8: as text of its escapes. */
    { SPAN_LIT("\xff\xfe"), "k=\"\\xff\\xfe\"\n",
      "\"k\":\"\\\"\\\\xff\\\\xfe\\\"\"}\n" },
    { SPAN_LIT("a\0b"), "k=\"a\\x00b\"\n", "\"k\":\"\\\"a\\\\x00b\\\"\"}\n" },
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(cases); i++)
        for (enum log_format format = LOG_FORMAT_LOGFMT;
             format <= LOG_FORMAT_JSON; format++) {
            const struct log_field fields[] = { { "absent", SPAN_NONE },
                                                { "k", cases[i].value } };
            bool is_json = format == LOG_FORMAT_JSON;
            const char *want = is_json ? cases[i].json : cases[i].logfmt;
            struct rig r;

            if (want == NULL)
                continue;
            rig_open(&r, format, LOG_LEVEL_INFO);
            log_write(r.log, LOG_LEVEL_WARN, "refused", fields, NUM(fields));
            assert_string_equal(rig_line(&r, is_json ? "\"k\":" : "k="), want);
            assert_null(strstr(rig_text(&r), "absent"));
            rig_close(&r);
        }
}

/* time, level, event; nothing below the least level. */
static void test_lines(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    log_write(r.log, LOG_LEVEL_DEBUG, "hidden", NULL, 0);
    assert_string_equal(rig_text(&r), "");
    log_write(r.log, LOG_LEVEL_INFO, "shown", NULL, 0);
    assert_string_equal(rig_line(&r, "Z "), "Z level=info event=shown\n");
    assert_int_equal(strncmp(rig_text(&r), "time=20", 7), 0);
    log_write(NULL, LOG_LEVEL_ERROR, "nowhere", NULL, 0);
    rig_close(&r);
}

static void test_fault(void **state)
{
    struct fault f = { 0 };
    struct rig r;

    (void)state;
    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    fault_clause(&f, ERR_BAD_POP, "RFC 4211, 4.1", "no proof");
    log_fault(r.log, LOG_LEVEL_ERROR, "keeper", &f);
    assert_non_null(strstr(rig_line(&r, "event=keeper"),
                           "clause=\"RFC 4211, 4.1\" text=\"no proof\""));
    rig_close(&r);
}

/* After the file was moved away, lines go into a new one. */
static void test_reopen(void **state)
{
    char moved[80];
    struct rig r;

    (void)state;
    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    log_write(r.log, LOG_LEVEL_INFO, "before", NULL, 0);
    snprintf(moved, sizeof(moved), "%s.1", r.path);
    assert_int_equal(rename(r.path, moved), 0);
    log_write(r.log, LOG_LEVEL_INFO, "between", NULL, 0);
    assert_int_equal(log_reopen(r.log, NULL), ERR_OK);
    log_write(r.log, LOG_LEVEL_INFO, "after", NULL, 0);
    assert_non_null(rig_line(&r, "event=after"));
    assert_null(strstr(rig_text(&r), "between"));
    unlink(moved);
    rig_close(&r);
}

/* Held lines come at the end, or when there are many, whole and in order. */
static void test_held(void **state)
{
    struct rig r, other;
    char number[16];
    struct log_field field = { .key = "n" };
    const char *at;
    unsigned seen = 0;

    (void)state;
    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    rig_open(&other, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    log_hold(r.log);
    log_write(r.log, LOG_LEVEL_INFO, "held", NULL, 0);
    log_write(other.log, LOG_LEVEL_INFO, "at-once", NULL, 0);
    assert_string_equal(rig_text(&r), "");
    assert_non_null(rig_line(&other, "event=at-once"));
    for (unsigned i = 0; i < 200; i++) {
        snprintf(number, sizeof(number), "%u", i);
        field.value = span_str(number);
        log_write(r.log, LOG_LEVEL_INFO, "many", &field, 1);
        at = rig_text(&r);
        assert_true(*at == '\0' || at[strlen(at) - 1] == '\n');
    }
    assert_non_null(strstr(rig_text(&r), "event=held"));
    assert_null(strstr(rig_text(&r), "n=199"));
    log_release(r.log);
    for (at = rig_text(&r); (at = strstr(at, "n=")) != NULL; at++)
        assert_int_equal(strtoul(at + 2, NULL, 10), seen++);
    assert_int_equal(seen, 200);
    log_write(r.log, LOG_LEVEL_INFO, "after", NULL, 0);
    assert_non_null(strstr(rig_text(&r), "event=after"));
    rig_close(&other);
    rig_close(&r);
}

static void test_no_file(void **state)
{
    struct log *log = NULL;
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(log_open("/nowhere/at/all.log", LOG_FORMAT_JSON,
                              LOG_LEVEL_INFO, &log, &f),
                     ERR_IO);
    assert_null(log);
    assert_non_null(strstr(f.text, "/nowhere/at/all.log"));
}

/* A message's outcome: who, what, which clause; a refusal is a warning, our
 * own trouble an error. */
static void test_job(void **state)
{
    const struct config_profile config = { .name = "bs" };
    const struct path_profile profile = { .config = &config };
    struct ask asks[2] = { 0 };
    struct job job = { .profile = &profile,
                       .peer = "192.0.2.1",
                       .asks = asks,
                       .num_asks = 1,
                       .outcome = OUTCOME_ISSUED };
    struct rig r;

    (void)state;
    job.msg.body.type = CMP_IR;
    job.msg.header.transaction_id = SPAN_LIT("\x01\xab");
    job.facts.vendor = SPAN_LIT("acme");
    job.facts.serial = SPAN_LIT("BS-1");
    asks[0].certificate.serial = SPAN_LIT("\x7f\x01");
    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    log_job(r.log, &job);
    assert_non_null(strstr(rig_line(&r, "level=info"),
                           "event=issued profile=bs body=ir peer=192.0.2.1 "
                           "vendor=acme station=BS-1 transaction=01ab "
                           "serial=7f01 ms="));
    rig_close(&r);

    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    job.outcome = OUTCOME_REFUSED;
    rule_break(&job.fault, RULE_POP_VERIFIES, "popo", "a bad one");
    job.findings.list[0].rule = rule_get(RULE_TIME_IS_NEAR);
    job.findings.num = 1;
    log_job(r.log, &job);
    assert_non_null(strstr(rig_line(&r, "level=warn"),
                           "fail_info=badPOP rule=pop-verifies "
                           "clause=\"RFC 4211, 4.1\""));
    assert_non_null(strstr(rig_text(&r), "findings=time-is-near"));
    rig_close(&r);

    rig_open(&r, LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    log_job(r.log, &job);
    assert_string_equal(rig_text(&r), "");
    fault_set(&job.fault, ERR_STORE, "disk full");
    log_job(r.log, &job);
    assert_non_null(strstr(rig_text(&r), "level=error"));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_fault),  cmocka_unit_test(test_reopen),
        cmocka_unit_test(test_held),   cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
