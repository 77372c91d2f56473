#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "der/der.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define RESULT_LEN 160

/* --- Each reader, with its result as text; untouched when it fails --- */

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

static enum err show_time(enum err e, int64_t seconds, char *result)
{
    if (e == ERR_OK)
        time_format(seconds, result);
    return e;
}

static enum err general_time(struct der *in, char *result)
{
    int64_t t = 0;

    return show_time(der_generalized_time(in, &t), t, result);
}

static enum err lenient_time(struct der *in, char *result)
{
    int64_t t = 0;

    return show_time(der_generalized_time_lenient(in, &t), t, result);
}

static enum err utc_time(struct der *in, char *result)
{
    int64_t t = 0;

    return show_time(der_utc_time(in, &t), t, result);
}

static enum err either_time(struct der *in, char *result)
{
    int64_t t = 0;

    return show_time(der_time(in, &t), t, result);
}

static enum err utf8(struct der *in, char *result)
{
    struct span value;

    TRY(der_utf8(in, &value));
    show_span(result, value);
    return ERR_OK;
}

/* --- Cases --- */

struct read_case {
    enum err (*read)(struct der *in, char *result);
    const char *hex;
    const char *text; /* put behind the bytes of `hex` */
    enum err err;
    const char *result;
};

#define OK(read, hex, text, result)     \
    {                                   \
        read, hex, text, ERR_OK, result \
    }
#define BAD(read, hex, text)             \
    {                                    \
        read, hex, text, ERR_BAD_DER, "" \
    }
#define LIMITED(read, hex, text)       \
    {                                  \
        read, hex, text, ERR_LIMIT, "" \
    }
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

    /* Times: RFC 5280, 4.1.2.5 */
    OK(general_time, "180f", "19700101000000Z", "1970-01-01T00:00:00Z"),
    OK(general_time, "180f", "20241231235959Z", "2024-12-31T23:59:59Z"),
    OK(general_time, "180f", "20240229120000Z", "2024-02-29T12:00:00Z"),
    OK(general_time, "180f", "20000229120000Z", "2000-02-29T12:00:00Z"),
    OK(general_time, "180f", "99991231235959Z", "9999-12-31T23:59:59Z"),
    BAD(general_time, "180f", "20230229120000Z"),
    BAD(general_time, "180f", "21000229120000Z"),
    BAD(general_time, "180f", "20240431120000Z"),
    BAD(general_time, "180f", "20240001120000Z"),
    BAD(general_time, "180f", "20241301120000Z"),
    BAD(general_time, "180f", "20240100120000Z"),
    BAD(general_time, "180f", "20240101240000Z"),
    BAD(general_time, "180f", "20240101126000Z"),
    BAD(general_time, "180f", "20240101120061Z"),
    BAD(general_time, "180e", "20240101120000"),
    BAD(general_time, "180d", "202401011200Z"),
    BAD(general_time, "180f", "20240101120000z"),
    BAD(general_time, "180f", "2024010112000 Z"),
    BAD(general_time, "180f", "-0240101120000Z"),
    BAD(general_time, "1811", "20240101120000.5Z"),
    BAD(general_time, "1811", "20240101120000,5Z"),
    BAD(general_time, "1810", "20240101120000ZZ"),
    BAD(general_time, "1813", "20240101120000+0000"),
    BAD(general_time, "1813", "20240101120000-0100"),
    BAD(general_time, "170f", "20240101120000Z"),
    BAD(general_time, "1800", ""),

    OK(lenient_time, "180f", "20240101120000Z", "2024-01-01T12:00:00Z"),
    OK(lenient_time, "1811", "20240101120000.5Z", "2024-01-01T12:00:00Z"),
    OK(lenient_time, "1813", "20240101120000.999Z", "2024-01-01T12:00:00Z"),
    BAD(lenient_time, "1810", "20240101120000.Z"),
    BAD(lenient_time, "1812", "20240101120000.50Z"),
    BAD(lenient_time, "1811", "20240101120000.0Z"),
    BAD(lenient_time, "1811", "20240101120000,5Z"),
    BAD(lenient_time, "1810", "20240101120000.5"),
    BAD(lenient_time, "180e", "20240101120000"),
    BAD(lenient_time, "1815", "20240101120000.5+0000"),
    BAD(lenient_time, "1811", "20240101120000.xZ"),
    BAD(lenient_time, "1811", "20230229120000.5Z"),
    BAD(lenient_time, "170f", "20240101120000Z"),

    OK(utc_time, "170d", "491231235959Z", "2049-12-31T23:59:59Z"),
    OK(utc_time, "170d", "500101000000Z", "1950-01-01T00:00:00Z"),
    OK(utc_time, "170d", "000229000000Z", "2000-02-29T00:00:00Z"),
    BAD(utc_time, "170d", "010229000000Z"),
    BAD(utc_time, "170b", "4912312359Z"),
    BAD(utc_time, "170c", "491231235959"),
    BAD(utc_time, "1711", "491231235959+0000"),
    BAD(utc_time, "170d", "4912312359.9Z"),
    BAD(utc_time, "170d", "x91231235959Z"),
    BAD(utc_time, "180d", "491231235959Z"),

    OK(either_time, "170d", "240101000000Z", "2024-01-01T00:00:00Z"),
    OK(either_time, "180f", "20500101000000Z", "2050-01-01T00:00:00Z"),
    BAD(either_time, "180d", "240101000000Z"),
    BAD(either_time, "160d", "240101000000Z"),

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

/* The case's bytes, in memory of their length so that an overread shows. */
static struct span make_input(const struct read_case *c, struct arena *a)
{
    size_t text_len = strlen(c->text);
    struct span bytes;
    uint8_t *input;

    assert_int_equal(hex_parse(c->hex, a, &bytes), ERR_OK);
    input = test_malloc(bytes.len + text_len + 1);
    memcpy(input, bytes.ptr, bytes.len);
    memcpy(input + bytes.len, c->text, text_len);
    return span_of(input, bytes.len + text_len);
}

static void check_refused(const struct read_case *c, struct span input,
                          enum err want)
{
    char result[RESULT_LEN] = "untouched";
    struct der_fail noted = { 0 };
    struct der in = der_open(input, &noted);
    enum err e;

    e = c->read(&in, result);
    if (e != want)
        fail_msg("%s%s: %s", c->hex, c->text, err_name(e));
    assert_string_equal(result, "untouched");
    assert_true(in.end == input.ptr + input.len && in.next <= in.end);
    assert_true(noted.at >= input.ptr && noted.at <= in.end);
}

static void check_accepted(const struct read_case *c, struct span input)
{
    char result[RESULT_LEN] = "untouched";
    struct der_fail noted = { 0 };
    struct der in = der_open(input, &noted);

    assert_int_equal(c->read(&in, result), ERR_OK);
    assert_string_equal(result, c->result);
    assert_true(in.next == in.end && noted.at == NULL);
    for (size_t len = 0; len < input.len; len++)
        check_refused(c, span_of(input.ptr, len), ERR_BAD_DER);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(4096);
        struct span input = make_input(&cases[i], a);

        if (cases[i].err == ERR_OK)
            check_accepted(&cases[i], input);
        else
            check_refused(&cases[i], input, cases[i].err);
        test_free((void *)(uintptr_t)input.ptr);
    }
}

/* What follows an element is neither read nor reached. */
static void test_stops_behind_the_element(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(4096);
        struct span input = make_input(&cases[i], a);
        char result[RESULT_LEN];
        uint8_t *longer = arena_alloc(a, input.len + 2);
        struct der in = der_open(span_of(longer, input.len + 2), NULL);

        memcpy(longer, input.ptr, input.len);
        longer[input.len] = 0x05;
        if (cases[i].err == ERR_OK) {
            assert_int_equal(cases[i].read(&in, result), ERR_OK);
            assert_true(in.next == longer + input.len);
            assert_int_equal(der_end(&in), ERR_BAD_DER);
            assert_int_equal(der_null(&in), ERR_OK);
            assert_int_equal(der_end(&in), ERR_OK);
        }
        test_free((void *)(uintptr_t)input.ptr);
    }
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
