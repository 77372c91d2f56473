#include "der/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "der/der.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

struct listed {
    enum oid id;
    const char *dotted;
    const char *name;
    struct span octets;
};

#define OID_LISTED(name, dotted, short_name, octets) \
    { OID_##name, dotted, short_name, SPAN_LIT(octets) },
static const struct listed listed[] = { OIDS(OID_LISTED) };

/* The octets are those of the dotted text, and the order is what oid_find
 * needs. A failure prints what the row should hold, or stand behind. */
static void test_list_is_consistent(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(listed); i++) {
        uint8_t want[LIMIT_OID_LEN];
        char want_hex[2 * LIMIT_OID_LEN + 1], have_hex[2 * LIMIT_OID_LEN + 1];
        char text[128];
        size_t len;

        assert_int_equal(oid_parse(listed[i].dotted, want, &len), ERR_OK);
        hex_format(span_of(want, len), want_hex, sizeof(want_hex));
        hex_format(listed[i].octets, have_hex, sizeof(have_hex));
        assert_string_equal(have_hex, want_hex);
        oid_format(listed[i].octets, text, sizeof(text));
        assert_string_equal(text, listed[i].dotted);
        if (i > 0 && span_compare(listed[i - 1].octets, listed[i].octets) >= 0)
            fail_msg("%s must stand before %s", listed[i].dotted,
                     listed[i - 1].dotted);
    }
}

static void test_find_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(listed); i++) {
        struct span octets = listed[i].octets;
        uint8_t longer[LIMIT_OID_LEN + 1];

        assert_int_equal(oid_find(octets), listed[i].id);
        assert_string_equal(oid_name(listed[i].id), listed[i].name);
        assert_true(span_is_equal(oid_span(listed[i].id), octets));
        memcpy(longer, octets.ptr, octets.len);
        longer[octets.len] = 0x7f;
        assert_int_equal(oid_find(span_of(longer, octets.len + 1)),
                         OID_UNKNOWN);
    }
    assert_int_equal(oid_find(SPAN_LIT("")), OID_UNKNOWN);
    assert_int_equal(oid_find(SPAN_LIT("\x00")), OID_UNKNOWN);
    assert_int_equal(oid_find(SPAN_LIT("\x7f\x7f")), OID_UNKNOWN);
    assert_string_equal(oid_name(OID_UNKNOWN), "");
}

static void test_parse(void **state)
{
    static const struct {
        const char *dotted;
        enum err err;
        struct span octets;
    } cases[] = {
        { "0.0", ERR_OK, SPAN_LIT("\x00") },
        { "0.39", ERR_OK, SPAN_LIT("\x27") },
        { "1.0", ERR_OK, SPAN_LIT("\x28") },
        { "1.39.127", ERR_OK, SPAN_LIT("\x4f\x7f") },
        { "2.0", ERR_OK, SPAN_LIT("\x50") },
        { "2.999.3", ERR_OK, SPAN_LIT("\x88\x37\x03") },
        { "1.2.128.16384", ERR_OK, SPAN_LIT("\x2a\x81\x00\x81\x80\x00") },
        { "1.2.18446744073709551615", ERR_OK,
          SPAN_LIT("\x2a\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f") },
        { "1.2.18446744073709551616", ERR_BAD_DATA_FORMAT, { 0 } },
        { "2.18446744073709551615", ERR_BAD_DATA_FORMAT, { 0 } },
        { "", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.2.", ERR_BAD_DATA_FORMAT, { 0 } },
        { ".1.2", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1..2", ERR_BAD_DATA_FORMAT, { 0 } },
        { "3.1", ERR_BAD_DATA_FORMAT, { 0 } },
        { "0.40", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.40", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.2.03", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.2.3x", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.2.-3", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.2 .3", ERR_BAD_DATA_FORMAT, { 0 } },
        { "1.2.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
          ERR_OK,
          SPAN_LIT("\x2a\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
                   "\1\1\1\1") },
        { "1.2.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
          ERR_BAD_DATA_FORMAT,
          { 0 } },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        uint8_t out[LIMIT_OID_LEN];
        size_t len = 77;

        assert_int_equal(oid_parse(cases[i].dotted, out, &len), cases[i].err);
        if (cases[i].err == ERR_OK)
            assert_true(span_is_equal(span_of(out, len), cases[i].octets));
        else
            assert_int_equal(len, 77);
    }
}

static void test_format(void **state)
{
    static const struct {
        struct span octets;
        size_t size;
        const char *text;
    } cases[] = {
        { SPAN_LIT("\x2a\x03"), 64, "1.2.3" },
        { SPAN_LIT("\x4f"), 64, "1.39" },
        { SPAN_LIT("\x50"), 64, "2.0" },
        { SPAN_LIT("\x88\x37\x03"), 64, "2.999.3" },
        { SPAN_LIT("\x2a\x86\x48"), 6, "1.2.8" },
        { SPAN_LIT("\x2a\x86\x48\x03"), 6, "1.2.8" },
        { SPAN_LIT("\x2a\x86\x48"), 2, "1" },
        { SPAN_LIT("\x2a\x86\x48"), 1, "" },
        /* not OIDs: shown as far as they go */
        { SPAN_LIT(""), 64, "" },
        { SPAN_LIT("\x86"), 64, "" },
        { SPAN_LIT("\x2a\x86"), 64, "1.2.?" },
        { SPAN_LIT("\x2a\x83\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x05"), 64,
          "1.2.?" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        char out[64] = "untouched";

        oid_format(cases[i].octets, out, cases[i].size);
        assert_string_equal(out, cases[i].text);
    }
    oid_format(SPAN_LIT("\x2a"), (char[]){ 'x' }, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_is_consistent),
        cmocka_unit_test(test_find_and_name),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
