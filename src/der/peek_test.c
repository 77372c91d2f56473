#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "der/peek.h"

#define ARENA_CAP ((size_t)64 * 1024)

static const struct {
    const char *bytes;
    unsigned tag;
    size_t header_len, content_len;
    enum der_flaw flaw;
} headers[] = {
    { "3000", 0x30, 2, 0, DER_FLAW_NONE },
    { "0203010203", 0x02, 2, 3, DER_FLAW_NONE },
    { "308180", 0x30, 3, 128, DER_FLAW_NONE },
    { "3084ffffffff", 0x30, 6, 0xffffffff, DER_FLAW_NONE },
    { "a37f", 0xa3, 2, 127, DER_FLAW_NONE },
    { "30817f", 0x30, 3, 127, DER_FLAW_LENGTH_FORM },
    { "30820080", 0x30, 4, 128, DER_FLAW_LENGTH_FORM },
    { "2202", 0x22, 2, 2, DER_FLAW_TAG_FORM },
    { "1002", 0x10, 2, 2, DER_FLAW_TAG_FORM },
    { "0000", 0, 0, 0, DER_FLAW_NO_TAG },
    { "1f8101", 0, 0, 0, DER_FLAW_HIGH_TAG },
    { "bf8101", 0, 0, 0, DER_FLAW_HIGH_TAG },
    { "3080", 0x30, 0, 0, DER_FLAW_INDEFINITE },
    { "30850000000001", 0x30, 0, 0, DER_FLAW_HUGE },
    { "3082ff", 0x30, 0, 0, DER_FLAW_SHORT },
    { "30", 0x30, 0, 0, DER_FLAW_SHORT },
    { "", 0, 0, 0, DER_FLAW_SHORT },
};

static void headers_are_told(void **state)
{
    AUTO(arena) a = arena_new(ARENA_CAP);

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct der_peek p;
        struct span bytes = { 0 };

        assert_int_equal(hex_parse(headers[i].bytes, a, &bytes), ERR_OK);
        der_peek(bytes, &p);
        assert_int_equal(p.flaw, headers[i].flaw);
        assert_int_equal(p.tag, headers[i].tag);
        assert_int_equal(p.header_len, headers[i].header_len);
        if (der_flaw_has_end(p.flaw))
            assert_int_equal(p.content_len, headers[i].content_len);
    }
}

static const struct {
    enum der_tag tag;
    const char *content;
    const char *flaw;
} contents[] = {
    { DER_BOOLEAN, "ff", NULL },
    { DER_BOOLEAN, "01", "neither 00 nor FF" },
    { DER_INTEGER, "00", NULL },
    { DER_INTEGER, "0080", NULL },
    { DER_INTEGER, "0001", "more octets than the number needs" },
    { DER_INTEGER, "ffff", "more octets than the number needs" },
    { DER_INTEGER, "", "no octets" },
    { DER_BIT_STRING, "0780", NULL },
    { DER_BIT_STRING, "0781", "unused bits that are not 0" },
    { DER_BIT_STRING, "0800", "more unused bits than there are bits" },
    { DER_BIT_STRING, "01", "more unused bits than there are bits" },
    { DER_OID, "2a03", NULL },
    { DER_OID, "2a83", "not well formed" },
    { DER_NULL, "00", "not empty" },
    { DER_UTF8_STRING, "c3a4", NULL },
    { DER_UTF8_STRING, "c3", "not UTF-8 without NUL" },
    { DER_PRINTABLE_STRING, "4120", NULL },
    { DER_PRINTABLE_STRING, "41402a",
      "a character that this string type does not have" },
    { DER_IA5_STRING, "80", "a character that this string type does not have" },
    { DER_BMP_STRING, "004100", "a character that is cut" },
    { DER_UTC_TIME, "3236303130313030303030305a", NULL },
    { DER_UTC_TIME, "3236313330313030303030305a", "not a time of RFC 5280" },
    { DER_GENERALIZED_TIME, "32303236303130313030303030302e355a", NULL },
    { DER_GENERALIZED_TIME, "3230", "not a time of RFC 5280" },
    { DER_OCTET_STRING, "ff", NULL },
    { DER_TELETEX_STRING, "ff", NULL },
};

static void contents_are_judged(void **state)
{
    AUTO(arena) a = arena_new(ARENA_CAP);

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct span content = { 0 };
        const char *flaw;

        assert_int_equal(hex_parse(contents[i].content, a, &content), ERR_OK);
        flaw = der_content_flaw(contents[i].tag, content);
        if (contents[i].flaw == NULL)
            assert_null(flaw);
        else
            assert_string_equal(flaw, contents[i].flaw);
    }
}

static void tags_have_names(void **state)
{
    char text[32];

    (void)state;
    der_tag_format(DER_INTEGER, text, sizeof(text));
    assert_string_equal(text, "INTEGER");
    der_tag_format(DER_CTX(3), text, sizeof(text));
    assert_string_equal(text, "[3]");
    der_tag_format(DER_CTX_PRIM(0), text, sizeof(text));
    assert_string_equal(text, "[0]");
    der_tag_format(0x41, text, sizeof(text));
    assert_string_equal(text, "[APPLICATION 1]");
    der_tag_format(0x07, text, sizeof(text));
    assert_string_equal(text, "[UNIVERSAL 7]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_told),
        cmocka_unit_test(contents_are_judged),
        cmocka_unit_test(tags_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
