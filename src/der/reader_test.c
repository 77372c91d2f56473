#include <inttypes.h>
#include <stdio.h>

#include "der/reader_case_test.h"

/* --- Each reader, with its result as text --- */

static void show_span(char *result, struct span s)
{
    hex_format(s, result, RESULT_LEN);
}

static enum err any(struct der *in, char *result)
{
    struct span whole;
    unsigned tag;

    TRY(der_any(in, &tag, &whole));
    show_span(result, whole);
    assert_int_equal(tag, whole.ptr[0]);
    return ERR_OK;
}

static enum err content04(struct der *in, char *result)
{
    struct span content;

    TRY(der_content(in, DER_OCTET_STRING, &content));
    show_span(result, content);
    return ERR_OK;
}

static enum err element30(struct der *in, char *result)
{
    struct span whole;

    TRY(der_element(in, DER_SEQUENCE, &whole));
    show_span(result, whole);
    return ERR_OK;
}

/* A SEQUENCE with one NULL in it, and nothing else. */
static enum err sequence_of_null(struct der *in, char *result)
{
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_null(&seq));
    TRY(der_end(&seq));
    snprintf(result, RESULT_LEN, "%s", "null");
    return ERR_OK;
}

static enum err boolean(struct der *in, char *result)
{
    bool value;

    TRY(der_bool(in, &value));
    snprintf(result, RESULT_LEN, "%s", value ? "true" : "false");
    return ERR_OK;
}

static enum err null(struct der *in, char *result)
{
    TRY(der_null(in));
    snprintf(result, RESULT_LEN, "%s", "null");
    return ERR_OK;
}

static enum err octets(struct der *in, char *result)
{
    struct span value;

    TRY(der_octets(in, &value));
    show_span(result, value);
    return ERR_OK;
}

static enum err oid(struct der *in, char *result)
{
    struct span value;

    TRY(der_oid(in, &value));
    show_span(result, value);
    return ERR_OK;
}

static enum err int64(struct der *in, char *result)
{
    int64_t value;

    TRY(der_int64(in, &value));
    snprintf(result, RESULT_LEN, "%" PRId64, value);
    return ERR_OK;
}

static enum err uint4(struct der *in, char *result)
{
    struct span value;

    TRY(der_uint(in, DER_INTEGER, 4, &value));
    show_span(result, value);
    return ERR_OK;
}

static enum err uint4_at_2(struct der *in, char *result)
{
    struct span value;

    TRY(der_uint(in, DER_CTX_PRIM(2), 4, &value));
    show_span(result, value);
    return ERR_OK;
}

static enum err bits(struct der *in, char *result)
{
    struct der_bits value;
    char hex[RESULT_LEN - 16];

    TRY(der_bits(in, DER_BIT_STRING, &value));
    hex_format(value.bytes, hex, sizeof(hex));
    snprintf(result, RESULT_LEN, "%s/%u", hex, value.unused);
    return ERR_OK;
}

static enum err bit_octets(struct der *in, char *result)
{
    struct span value;

    TRY(der_bit_octets(in, DER_BIT_STRING, &value));
    show_span(result, value);
    return ERR_OK;
}

static enum err named_bits(struct der *in, char *result)
{
    uint32_t mask;

    TRY(der_named_bits(in, DER_BIT_STRING, &mask));
    snprintf(result, RESULT_LEN, "%08" PRIx32, mask);
    return ERR_OK;
}

static enum err utf8(struct der *in, char *result)
{
    struct span value;

    TRY(der_utf8(in, &value));
    show_span(result, value);
    return ERR_OK;
}

/* --- Cases --- */

#define TEN "01010101010101010101"

static const struct read_case cases[] = {
    /* tags: X.690, 8.1.2 */
    OK(any, "0500", "", "0500"),
    OK(any, "a000", "", "a000"),
    OK(any, "8000", "", "8000"),
    OK(any, "be00", "", "be00"),
    OK(any, "3100", "", "3100"),
    OK(any, "6100", "", "6100"),
    OK(any, "2800", "", "2800"),
    BAD(any, "0000", ""),
    BAD(any, "2000", ""),
    BAD(any, "1f00", ""),
    BAD(any, "3f00", ""),
    BAD(any, "bf1f00", ""),
    BAD(any, "bf2100", ""),
    BAD(any, "9f2000", ""),
    BAD(any, "1000", ""),
    BAD(any, "1100", ""),
    BAD(any, "2400", ""),
    BAD(any, "23050303000102", ""),
    BAD(any, "2c00", ""),
    BAD(any, "", ""),
    BAD(content04, "0500", ""),
    BAD(content04, "2400", ""),
    BAD(content04, "8400", ""),
    BAD(element30, "3100", ""),
    OK(element30, "3000", "", "3000"),
    OK(element30, "30020500", "", "30020500"),

    /* lengths: X.690, 10.1 */
    OK(content04, "0400", "", ""),
    OK(content04, "0401ff", "", "ff"),
    BAD(content04, "0480", ""),
    BAD(content04, "0480ff0000", ""),
    BAD(content04, "048101ff", ""),
    BAD(content04, "0481", ""),
    BAD(content04, "04817f", ""),
    BAD(content04, "0482007f", ""),
    BAD(content04, "04820001ff", ""),
    BAD(content04, "04820080", ""),
    BAD(content04, "048300ffff", ""),
    BAD(content04, "0484ffffffff", ""),
    BAD(content04, "0484ffffffff00", ""),
    BAD(content04, "04850100000000", ""),
    BAD(content04, "04880000000000000001ff", ""),
    BAD(content04, "0488ffffffffffffffff", ""),
    BAD(content04, "04ff", ""),
    BAD(content04, "0402ff", ""),
    BAD(content04, "04", ""),

    /* children within their parents */
    OK(sequence_of_null, "30020500", "", "null"),
    BAD(sequence_of_null, "3000", ""),
    BAD(sequence_of_null, "3003050000", ""),
    BAD(sequence_of_null, "300405000500", ""),
    BAD(sequence_of_null, "300105", ""),
    BAD(sequence_of_null, "30020501", ""),
    BAD(sequence_of_null, "3003050100", ""),
    BAD(sequence_of_null, "30800500", ""),

    /* BOOLEAN: X.690, 11.1 */
    OK(boolean, "010100", "", "false"),
    OK(boolean, "0101ff", "", "true"),
    BAD(boolean, "010101", ""),
    BAD(boolean, "010180", ""),
    BAD(boolean, "0101fe", ""),
    BAD(boolean, "0100", ""),
    BAD(boolean, "0102ffff", ""),
    BAD(boolean, "020100", ""),

    /* NULL: X.690, 8.8 */
    OK(null, "0500", "", "null"),
    BAD(null, "050100", ""),
    BAD(null, "8500", ""),

    /* OCTET STRING */
    OK(octets, "0402dead", "", "dead"),
    BAD(octets, "24060402dead0400", ""),

    /* OBJECT IDENTIFIER: X.690, 8.19 */
    OK(oid, "060100", "", "00"),
    OK(oid, "06032a0304", "", "2a0304"),
    OK(oid, "0603883703", "", "883703"),
    OK(oid, "06062a864886f70d", "", "2a864886f70d"),
    BAD(oid, "0600", ""),
    BAD(oid, "06028037", ""),
    BAD(oid, "06032a8001", ""),
    BAD(oid, "06022a86", ""),
    BAD(oid, "060180", ""),
    BAD(oid, "0401aa", ""),
    OK(oid, "0620" TEN TEN TEN "0101", "", TEN TEN TEN "0101"),
    LIMITED(oid, "0621" TEN TEN TEN "010101", ""),

    /* INTEGER: X.690, 8.3 */
    OK(int64, "020100", "", "0"),
    OK(int64, "02017f", "", "127"),
    OK(int64, "02020080", "", "128"),
    OK(int64, "020180", "", "-128"),
    OK(int64, "0202ff7f", "", "-129"),
    OK(int64, "0201ff", "", "-1"),
    OK(int64, "02087fffffffffffffff", "", "9223372036854775807"),
    OK(int64, "02088000000000000000", "", "-9223372036854775808"),
    BAD(int64, "0200", ""),
    BAD(int64, "02020000", ""),
    BAD(int64, "0202007f", ""),
    BAD(int64, "0202ff80", ""),
    BAD(int64, "0202ffff", ""),
    BAD(int64, "0a0100", ""),
    BAD(int64, "0209007fffffffffffffff", ""),
    LIMITED(int64, "0209008000000000000000", ""),
    LIMITED(int64, "0209ff7fffffffffffffff", ""),

    OK(uint4, "020100", "", "00"),
    OK(uint4, "02020080", "", "0080"),
    OK(uint4, "02047fffffff", "", "7fffffff"),
    BAD(uint4, "0200", ""),
    BAD(uint4, "0201ff", ""),
    BAD(uint4, "020180", ""),
    BAD(uint4, "02020001", ""),
    BAD(uint4, "820101", ""),
    LIMITED(uint4, "020500ffffffff", ""),
    LIMITED(uint4, "02050102030405", ""),
    OK(uint4_at_2, "820101", "", "01"),
    BAD(uint4_at_2, "820181", ""),
    BAD(uint4_at_2, "020101", ""),

    /* BIT STRING: X.690, 8.6 and 11.2 */
    OK(bits, "030100", "", "/0"),
    OK(bits, "0302000f", "", "0f/0"),
    OK(bits, "030204f0", "", "f0/4"),
    OK(bits, "03020780", "", "80/7"),
    OK(bits, "0303070180", "", "0180/7"),
    BAD(bits, "0300", ""),
    BAD(bits, "030101", ""),
    BAD(bits, "030107", ""),
    BAD(bits, "03020800", ""),
    BAD(bits, "0302ff00", ""),
    BAD(bits, "030204f8", ""),
    BAD(bits, "03020101", ""),
    BAD(bits, "03020740", ""),
    OK(bit_octets, "030300beef", "", "beef"),
    OK(bit_octets, "030100", "", ""),
    BAD(bit_octets, "030304bee0", ""),
    BAD(bit_octets, "0300", ""),

    OK(named_bits, "030100", "", "00000000"),
    OK(named_bits, "03020780", "", "00000001"),
    OK(named_bits, "03020106", "", "00000060"),
    OK(named_bits, "0303060040", "", "00000200"),
    OK(named_bits, "03050000000001", "", "80000000"),
    BAD(named_bits, "03020080", ""),
    BAD(named_bits, "03020500", ""),
    BAD(named_bits, "0303078000", ""),
    BAD(named_bits, "03020000", ""),
    BAD(named_bits, "030600000000 0000", ""),
    LIMITED(named_bits, "0306070000000080", ""),
    LIMITED(named_bits, "0306000000000001", ""),

    /* UTF8String */
    OK(utf8, "0c00", "", ""),
    OK(utf8, "0c03", "abc", "616263"),
    OK(utf8, "0c02c3a4", "", "c3a4"),
    OK(utf8, "0c04f09f9880", "", "f09f9880"),
    BAD(utf8, "0c01c3", ""),
    BAD(utf8, "0c02c0af", ""),
    BAD(utf8, "0c03eda080", ""),
    BAD(utf8, "0c04f4908080", ""),
    BAD(utf8, "0c0100", ""),
    BAD(utf8, "1303", "abc"),
};

static void test_cases(void **state)
{
    (void)state;
    read_cases_hold(cases, NUM(cases));
}

static void test_stops_behind_the_element(void **state)
{
    (void)state;
    read_cases_stop(cases, NUM(cases));
}

/* Lengths of two to four octets, at the edges where one more is needed. */
static void test_long_lengths(void **state)
{
    static const struct {
        const char *header;
        size_t len;
        enum err err;
    } lengths[] = {
        { "047f", 0x7f, ERR_OK },
        { "048180", 0x80, ERR_OK },
        { "0481ff", 0xff, ERR_OK },
        { "04820100", 0x100, ERR_OK },
        { "0482ffff", 0xffff, ERR_OK },
        { "0483010000", 0x10000, ERR_OK },
        { "048401000000", 0x1000000, ERR_OK },
        { "0482007f", 0x7f, ERR_BAD_DER },
        { "048200ff", 0xff, ERR_BAD_DER },
        { "048300ffff", 0xffff, ERR_BAD_DER },
        { "048400010000", 0x10000, ERR_BAD_DER },
        { "04850001000000", 0x1000000, ERR_BAD_DER },
    };
    static uint8_t bytes[0x1000000 + 8];

    (void)state;
    for (size_t i = 0; i < NUM(lengths); i++) {
        AUTO(arena) a = arena_new(4096);
        struct span header, content;
        struct der in;

        assert_int_equal(hex_parse(lengths[i].header, a, &header), ERR_OK);
        memcpy(bytes, header.ptr, header.len);
        in = der_open(span_of(bytes, header.len + lengths[i].len), NULL);
        assert_int_equal(der_octets(&in, &content), lengths[i].err);
        if (lengths[i].err != ERR_OK)
            continue;
        assert_int_equal(content.len, lengths[i].len);
        assert_true(content.ptr == bytes + header.len && in.next == in.end);
        in = der_open(span_of(bytes, header.len + lengths[i].len - 1), NULL);
        assert_int_equal(der_octets(&in, &content), ERR_BAD_DER);
    }
}

static void test_next_tag(void **state)
{
    struct der in = der_open(SPAN_LIT("\x30\x00"), NULL);
    struct der end = der_open(SPAN_LIT(""), NULL);
    struct der none = der_open(SPAN_NONE, NULL);
    struct der bad = der_open(SPAN_LIT("\x1f\x00"), NULL);
    struct der zero = der_open(SPAN_LIT("\x00\x00"), NULL);

    (void)state;
    assert_int_equal(der_next_tag(&in), DER_SEQUENCE);
    assert_true(der_next_is(&in, DER_SEQUENCE));
    assert_false(der_next_is(&in, DER_SET));
    assert_int_equal(der_next_tag(&end), 0);
    assert_false(der_next_is(&end, 0));
    assert_false(der_has_more(&none));
    assert_int_equal(der_end(&none), ERR_OK);
    assert_int_equal(der_next_tag(&none), 0);
    assert_int_equal(der_next_tag(&bad), 0);
    assert_false(der_next_is(&bad, 0x1f));
    assert_false(der_next_is(&zero, 0));
}

/* The first place stays noted, whatever fails after it. */
static void test_notes_the_first_failure(void **state)
{
    static const uint8_t bytes[] = { 0x30, 0x05, 0x02, 0x02,
                                     0x00, 0x01, 0x05, 0x00 };
    struct der_fail noted = { 0 };
    struct der in = der_open(SPAN_OF(bytes), &noted), seq;
    int64_t value;

    (void)state;
    assert_int_equal(der_enter(&in, DER_SEQUENCE, &seq), ERR_OK);
    assert_int_equal(der_int64(&seq, &value), ERR_BAD_DER);
    assert_true(noted.at == bytes + 4);
    assert_int_equal(noted.expected, DER_INTEGER);
    assert_int_equal(der_end(&in), ERR_BAD_DER);
    assert_int_equal(der_bool(&in, &(bool){ false }), ERR_BAD_DER);
    assert_true(noted.at == bytes + 4);
    assert_int_equal(noted.expected, DER_INTEGER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_stops_behind_the_element),
        cmocka_unit_test(test_long_lengths),
        cmocka_unit_test(test_next_tag),
        cmocka_unit_test(test_notes_the_first_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
