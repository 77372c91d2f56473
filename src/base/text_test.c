#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static void test_hex(void **state)
{
    static const struct {
        const char *text;
        enum err err;
        struct span bytes;
    } cases[] = {
        { "", ERR_OK, SPAN_LIT("") },
        { "00ff", ERR_OK, SPAN_LIT("\x00\xff") },
        { "DeadBEEF", ERR_OK, SPAN_LIT("\xde\xad\xbe\xef") },
        { " 30 0a\n0404\t", ERR_OK, SPAN_LIT("\x30\x0a\x04\x04") },
        { "0", ERR_BAD_DATA_FORMAT, { 0 } },
        { "0 0", ERR_BAD_DATA_FORMAT, { 0 } },
        { "0g", ERR_BAD_DATA_FORMAT, { 0 } },
        { "0x10", ERR_BAD_DATA_FORMAT, { 0 } },
        { "00:11", ERR_BAD_DATA_FORMAT, { 0 } },
    };
    AUTO(arena) a = arena_new(1000);
    struct span out = SPAN_NONE;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        assert_int_equal(hex_parse(cases[i].text, a, &out), cases[i].err);
        if (cases[i].err == ERR_OK)
            assert_true(span_is_equal(out, cases[i].bytes));
    }
}

static void test_hex_format_cuts_whole_bytes(void **state)
{
    static const struct {
        size_t size;
        const char *text;
    } cases[] = {
        { 7, "00abff" }, { 6, "00ab" }, { 5, "00ab" },
        { 3, "00" },     { 2, "" },     { 1, "" },
    };
    char out[8];

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        hex_format(SPAN_LIT("\x00\xab\xff"), out, cases[i].size);
        assert_string_equal(out, cases[i].text);
    }
}

/* The examples of RFC 4648, 10, and refusals. */
static void test_base64(void **state)
{
    static const struct {
        const char *text;
        enum err err;
        struct span bytes;
    } cases[] = {
        { "", ERR_OK, SPAN_LIT("") },
        { "Zg==", ERR_OK, SPAN_LIT("f") },
        { "Zm8=", ERR_OK, SPAN_LIT("fo") },
        { "Zm9v", ERR_OK, SPAN_LIT("foo") },
        { "Zm9vYg==", ERR_OK, SPAN_LIT("foob") },
        { "Zm9vYmE=", ERR_OK, SPAN_LIT("fooba") },
        { "Zm9vYmFy", ERR_OK, SPAN_LIT("foobar") },
        { "+/+/", ERR_OK, SPAN_LIT("\xfb\xff\xbf") },
        { "Zm\r\n9v", ERR_OK, SPAN_LIT("foo") },
        { "Zg=\n=", ERR_OK, SPAN_LIT("f") },
        { "Zg", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zg=", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Z===", ERR_BAD_DATA_FORMAT, { 0 } },
        { "====", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zg=v", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zg==Zg==", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zg==Zm9v", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zh==", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zm9=", ERR_BAD_DATA_FORMAT, { 0 } },
        { "Zm9-", ERR_BAD_DATA_FORMAT, { 0 } },
    };
    AUTO(arena) a = arena_new(1000);
    struct span out = SPAN_NONE;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        assert_int_equal(base64_parse(span_str(cases[i].text), a, &out),
                         cases[i].err);
        if (cases[i].err == ERR_OK)
            assert_true(span_is_equal(out, cases[i].bytes));
    }
    assert_int_equal(base64_parse(SPAN_LIT("Zm9v\0"), a, &out),
                     ERR_BAD_DATA_FORMAT);
}

static void test_base64_format(void **state)
{
    static const struct {
        const char *bytes;
        size_t line_len;
        const char *text;
    } cases[] = {
        { "", 0, "" },
        { "", 64, "" },
        { "f", 0, "Zg==" },
        { "fo", 0, "Zm8=" },
        { "foobar", 4, "Zm9v\nYmFy\n" },
        { "foob", 6, "Zm9vYg\n==\n" },
        { "foobar", 64, "Zm9vYmFy\n" },
    };
    struct buf out;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        buf_init(&out, 1000);
        base64_format(span_str(cases[i].bytes), cases[i].line_len, &out);
        assert_string_equal(buf_str(&out), cases[i].text);
        buf_done(&out);
    }
}

static void test_base64_round_trip(void **state)
{
    AUTO(arena) a = arena_new(100000);
    uint8_t bytes[100];
    struct span back = SPAN_NONE;
    struct buf text;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 89 + 7);
    buf_init(&text, 1000);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        buf_clear(&text);
        base64_format(span_of(bytes, len), 64, &text);
        assert_int_equal(base64_parse(buf_span(&text), a, &back), ERR_OK);
        assert_true(span_is_equal(back, span_of(bytes, len)));
    }
    buf_done(&text);
}

#define PEM_A "-----BEGIN A B-----\nZm9v\n-----END A B-----\n"

static void test_pem(void **state)
{
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        { PEM_A, ERR_OK },
        { "subject=x\n" PEM_A, ERR_OK },
        { "", ERR_NOT_FOUND },
        { "no block", ERR_NOT_FOUND },
        { "-----BEGIN A B", ERR_BAD_DATA_FORMAT },
        { "-----BEGIN A B-----\nZm9v\n", ERR_BAD_DATA_FORMAT },
        { "-----BEGIN A\nB-----\nZm9v\n-----END A\nB-----\n",
          ERR_BAD_DATA_FORMAT },
        { "-----BEGIN A B-----\nZm9v\n-----END A-----\n", ERR_BAD_DATA_FORMAT },
        { "-----BEGIN A B-----\nX: y\n\nZm9v\n-----END A B-----\n",
          ERR_BAD_DATA_FORMAT },
    };
    AUTO(arena) a = arena_new(1000);
    struct span text, label, out;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        text = span_str(cases[i].text);
        assert_int_equal(pem_next(&text, a, &label, &out), cases[i].err);
        if (cases[i].err == ERR_OK) {
            assert_true(span_is_equal(label, SPAN_LIT("A B")));
            assert_true(span_is_equal(out, SPAN_LIT("foo")));
        } else {
            assert_true(span_is_equal(text, span_str(cases[i].text)));
        }
    }
}

static void test_pem_blocks_in_turn(void **state)
{
    AUTO(arena) a = arena_new(1000);
    struct span text, label, out;
    struct buf buf;

    (void)state;
    buf_init(&buf, 1000);
    pem_format("ONE", SPAN_LIT("first"), &buf);
    buf_add_str(&buf, "between\r\n");
    pem_format("TWO", SPAN_LIT(""), &buf);
    text = buf_span(&buf);
    assert_int_equal(pem_next(&text, a, &label, &out), ERR_OK);
    assert_true(span_is_equal(label, SPAN_LIT("ONE")));
    assert_true(span_is_equal(out, SPAN_LIT("first")));
    assert_int_equal(pem_next(&text, a, &label, &out), ERR_OK);
    assert_true(span_is_equal(label, SPAN_LIT("TWO")));
    assert_int_equal(out.len, 0);
    assert_int_equal(pem_next(&text, a, &label, &out), ERR_NOT_FOUND);
    buf_done(&buf);
}

static void test_out_of_memory_is_told(void **state)
{
    AUTO(arena) a = arena_new(4);
    struct span out;

    (void)state;
    assert_int_equal(hex_parse("00112233445566", a, &out), ERR_NO_MEM);
    assert_int_equal(base64_parse(SPAN_LIT("Zm9vYmFy"), a, &out), ERR_NO_MEM);
}

/* Seconds as `date -u -d TEXT +%s` (GNU coreutils) gives them. */
static void test_time(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1969-12-31T23:59:59Z", -1 },
        { "2000-02-29T12:00:00Z", 951825600 },
        { "2000-03-01T00:00:00Z", 951868800 },
        { "2026-11-22T10:00:00Z", 1795341600 },
        { "2038-01-19T03:14:08Z", 2147483648 },
        { "2049-12-31T23:59:59Z", 2524607999 },
        { "2100-03-01T00:00:00Z", 4107542400 },
        { "1600-02-29T00:00:00Z", -11670998400 },
        { "0000-01-01T00:00:00Z", -62167219200 },
        { "9999-12-31T23:59:59Z", 253402300799 },
    };
    char text[TIME_TEXT_LEN];
    int64_t seconds = 0;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        assert_int_equal(time_parse(cases[i].text, &seconds), ERR_OK);
        assert_int_equal(seconds, cases[i].seconds);
        time_format(seconds, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_time_refuses(void **state)
{
    static const char *const cases[] = {
        "",
        "2026-11-22",
        "2026-11-22T10:00:00",
        "2026-11-22T10:00:00z",
        "2026-11-22T10:00:00Z ",
        "2026-11-22T10:00:00.5Z",
        "2026-11-22T10:00:00+00:00",
        "2026-11-22 10:00:00Z",
        "26-11-22T10:00:00Z",
        "+026-11-22T10:00:00Z",
        "2026-00-22T10:00:00Z",
        "2026-13-22T10:00:00Z",
        "2026-11-00T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2023-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10:00:60Z",
    };
    int64_t seconds;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++)
        assert_int_equal(time_parse(cases[i], &seconds), ERR_BAD_DATA_FORMAT);
}

static void test_each_day_of_the_calendar_comes_back(void **state)
{
    const int64_t first = -62167219200;
    struct date d;

    (void)state;
    for (int64_t day = 0; day < 3652425; day += 13) {
        date_from_seconds(first + day * 86400 + 45296, &d);
        assert_true(date_is_valid(&d));
        assert_int_equal(d.hour * 3600 + d.minute * 60 + d.second, 45296);
        assert_int_equal(date_to_seconds(&d), first + day * 86400 + 45296);
    }
}

static void test_times_beyond_the_calendar_are_bounded(void **state)
{
    char text[TIME_TEXT_LEN];

    (void)state;
    time_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    time_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void test_utf8(void **state)
{
    static const struct {
        struct span text;
        bool valid;
    } cases[] = {
        { SPAN_LIT(""), true },
        { SPAN_LIT("plain"), true },
        { SPAN_LIT("\xc2\x80 \xdf\xbf"), true },
        { SPAN_LIT("\xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbf"), true },
        { SPAN_LIT("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"), true },
        { SPAN_LIT("a\0b"), false },
        { SPAN_LIT("\x80"), false },
        { SPAN_LIT("\xc0\x80"), false },
        { SPAN_LIT("\xc1\xbf"), false },
        { SPAN_LIT("\xc3"), false },
        { SPAN_LIT("\xc3 "), false },
        { SPAN_LIT("\xe0\x9f\xbf"), false },
        { SPAN_LIT("\xe2\x82"), false },
        { SPAN_LIT("\xed\xa0\x80"), false },
        { SPAN_LIT("\xf0\x8f\xbf\xbf"), false },
        { SPAN_LIT("\xf4\x90\x80\x80"), false },
        { SPAN_LIT("\xf5\x80\x80\x80"), false },
        { SPAN_LIT("\xff"), false },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++)
        assert_int_equal(utf8_is_valid(cases[i].text), cases[i].valid);
}

static void test_distance(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        { "", "", 0 },
        { "", "abc", 3 },
        { "listen", "listen", 0 },
        { "lisen", "listen", 1 },
        { "listenn", "listen", 1 },
        { "lixten", "listen", 1 },
        { "kitten", "sitting", 3 },
    };
    char longer[TEXT_DISTANCE_MAX_LEN + 2];

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        assert_int_equal(text_distance(cases[i].a, cases[i].b),
                         cases[i].distance);
        assert_int_equal(text_distance(cases[i].b, cases[i].a),
                         cases[i].distance);
    }
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(text_distance(longer, "x"), sizeof(longer) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_hex_format_cuts_whole_bytes),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_format),
        cmocka_unit_test(test_base64_round_trip),
        cmocka_unit_test(test_pem),
        cmocka_unit_test(test_pem_blocks_in_turn),
        cmocka_unit_test(test_out_of_memory_is_told),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_time_refuses),
        cmocka_unit_test(test_each_day_of_the_calendar_comes_back),
        cmocka_unit_test(test_times_beyond_the_calendar_are_bounded),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
