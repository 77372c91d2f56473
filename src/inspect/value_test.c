#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "der/peek.h"
#include "inspect/value.h"

#define ARENA_CAP ((size_t)64 * 1024)

static const struct {
    unsigned tag;
    const char *content;
    const char *text;
} values[] = {
    { DER_BOOLEAN, "ff", "TRUE" },
    { DER_BOOLEAN, "01", "01" },
    { DER_INTEGER, "00", "0" },
    { DER_INTEGER, "ff", "-1" },
    { DER_INTEGER, "7fffffffffffffff", "9223372036854775807" },
    { DER_INTEGER, "008000000000000000", "0x008000000000000000" },
    { DER_INTEGER, "0001", "1" },
    { DER_INTEGER, "", "" },
    { DER_BIT_STRING, "00abcd", "abcd" },
    { DER_BIT_STRING, "04a0", "a0 (4 bits unused)" },
    { DER_BIT_STRING, "09a0", "09a0" },
    { DER_OCTET_STRING, "00ff", "00ff" },
    { DER_NULL, "", "" },
    { DER_OID, "2b0601050507031c", "id-kp-cmcRA (1.3.6.1.5.5.7.3.28)" },
    { DER_OID, "2a03", "1.2.3" },
    { DER_OID, "2a83", "2a83" },
    { DER_UTF8_STRING, "c3a4", "\xc3\xa4" },
    { DER_UTF8_STRING, "1b5b316d", "\\x1b[1m" },
    { DER_UTF8_STRING, "e280ae41", "\\u{202e}A" },
    { DER_UTF8_STRING, "c285", "\\u{85}" },
    { DER_UTF8_STRING, "5c", "\\\\" },
    { DER_UTF8_STRING, "f09f9880", "\xf0\x9f\x98\x80" },
    { DER_UTF8_STRING, "c3", "c3" },
    { DER_PRINTABLE_STRING, "412a", "A*" },
    { DER_IA5_STRING, "41ff", "A\\xff" },
    { DER_TELETEX_STRING, "e4", "\xc3\xa4" },
    { DER_BMP_STRING, "00e4", "\xc3\xa4" },
    { DER_BMP_STRING, "d800", "\\u{d800}" },
    { DER_BMP_STRING, "00", "00" },
    { DER_UNIVERSAL_STRING, "0001f600", "\xf0\x9f\x98\x80" },
    { DER_UNIVERSAL_STRING, "ffffffff", "\\u{ffffffff}" },
    { DER_UTC_TIME, "3236313132323130303030305a", "2026-11-22T10:00:00Z" },
    { DER_UTC_TIME, "3530303130313030303030305a", "1950-01-01T00:00:00Z" },
    { DER_GENERALIZED_TIME, "32303530303130313030303030305a",
      "2050-01-01T00:00:00Z" },
    { DER_GENERALIZED_TIME, "32303530303130313030303030302e355a",
      "2050-01-01T00:00:00.5Z" },
    { DER_GENERALIZED_TIME, "3230", "3230" },
    { DER_CTX_PRIM(1), "41", "41" },
};

static void values_are_readable(void **state)
{
    AUTO(arena) a = arena_new(ARENA_CAP);

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct span content = { 0 };
        struct buf out;

        assert_int_equal(hex_parse(values[i].content, a, &content), ERR_OK);
        buf_init(&out, ARENA_CAP);
        value_universal(values[i].tag, content, &out);
        assert_string_equal(buf_str(&out), values[i].text);
        buf_done(&out);
    }
}

static void bits_have_names(void **state)
{
    static const char *const names[] = { "first", NULL, "third" };
    static const struct {
        const char *content, *text;
    } cases[] = {
        { "0780", "first" }, { "05a0", "first, third" },
        { "0440", "bit 1" }, { "070080", "bit 8" },
        { "00", "" },        { "0781", "0781" },
    };
    AUTO(arena) a = arena_new(ARENA_CAP);

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span content = { 0 };
        struct buf out;

        assert_int_equal(hex_parse(cases[i].content, a, &content), ERR_OK);
        buf_init(&out, ARENA_CAP);
        value_named_bits(content, names, 3, &out);
        assert_string_equal(buf_str(&out), cases[i].text);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_readable),
        cmocka_unit_test(bits_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
