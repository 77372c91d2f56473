#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "der/der.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void assert_written(struct der_writer *w, const char *hex,
                           struct arena *a)
{
    struct span out, want;

    assert_int_equal(hex_parse(hex, a, &want), ERR_OK);
    assert_int_equal(der_finish(w, &out), ERR_OK);
    assert_int_equal(out.len, want.len);
    assert_memory_equal(out.ptr, want.ptr, want.len);
}

static void put_simple(struct der_writer *w)
{
    der_put_utf8(w, SPAN_LIT("ab"));
    der_put_octets(w, DER_CTX_PRIM(4), SPAN_LIT("\x01"));
    der_put_oid(w, SPAN_LIT("\x2a\x03"));
    der_put_null(w);
    der_put_bool(w, false);
    der_put_bool(w, true);
}

static void test_backwards(void **state)
{
    AUTO(arena) a = arena_new(4096);
    struct der_writer w;
    size_t inner;

    (void)state;
    der_writer_init(&w, a, 0);
    assert_written(&w, "", a);
    inner = der_mark(&w);
    put_simple(&w);
    der_put_header(&w, DER_SEQUENCE, inner);
    inner = der_mark(&w);
    der_put_header(&w, DER_SET, inner);
    der_put_raw(&w, SPAN_LIT("\xaa\xbb"));
    der_put_raw(&w, SPAN_NONE);
    assert_written(
        &w, "aabb 3100 3013 0101ff 010100 0500 06022a03 840101 0c026162", a);
}

static void test_integers(void **state)
{
    static const struct {
        int64_t value;
        const char *hex;
    } cases[] = {
        { 0, "020100" },
        { 127, "02017f" },
        { 128, "02020080" },
        { 255, "020200ff" },
        { 256, "02020100" },
        { 32768, "0203008000" },
        { -1, "0201ff" },
        { -128, "020180" },
        { -129, "0202ff7f" },
        { INT64_MAX, "02087fffffffffffffff" },
        { INT64_MIN, "02088000000000000000" },
    };
    static const struct {
        struct span value;
        const char *hex;
    } unsigned_cases[] = {
        { SPAN_LIT(""), "020100" },
        { SPAN_LIT("\x00"), "020100" },
        { SPAN_LIT("\x00\x00\x7f"), "02017f" },
        { SPAN_LIT("\x80"), "02020080" },
        { SPAN_LIT("\x00\x80"), "02020080" },
        { SPAN_LIT("\x01\x02\x03"), "0203010203" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(4096);
        struct der_writer w;

        der_writer_init(&w, a, 0);
        der_put_int64(&w, DER_INTEGER, cases[i].value);
        assert_written(&w, cases[i].hex, a);
    }
    for (size_t i = 0; i < NUM(unsigned_cases); i++) {
        AUTO(arena) a = arena_new(4096);
        struct der_writer w;

        der_writer_init(&w, a, 0);
        der_put_uint(&w, DER_INTEGER, unsigned_cases[i].value);
        assert_written(&w, unsigned_cases[i].hex, a);
    }
}

static void test_bits(void **state)
{
    static const struct {
        uint32_t mask;
        const char *hex;
    } cases[] = {
        { 0, "030100" },
        { 1, "03020780" },
        { 1u << 7, "03020001" },
        { 1u << 8, "0303070080" },
        { 1u << 9, "0303060040" },
        { 0x60, "03020106" },
        { 1u << 31, "03050000000001" },
        { UINT32_MAX, "030500ffffffff" },
    };
    struct der_bits bits = { SPAN_LIT("\xa0"), 5 };
    AUTO(arena) a = arena_new(4096);
    struct der_writer w;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        der_writer_init(&w, a, 0);
        der_put_named_bits(&w, DER_BIT_STRING, cases[i].mask);
        assert_written(&w, cases[i].hex, a);
    }
    der_writer_init(&w, a, 0);
    der_put_bit_octets(&w, DER_BIT_STRING, SPAN_LIT("\xbe\xef"));
    der_put_bits(&w, DER_CTX_PRIM(1), &bits);
    assert_written(&w, "810205a0 030300beef", a);
}

static void test_times(void **state)
{
    static const struct {
        int64_t seconds;
        const char *time, *generalized;
    } cases[] = {
        { 0, "700101000000Z", "19700101000000Z" },
        { 2524607999, "491231235959Z", "20491231235959Z" },
        { 2524608000, "20500101000000Z", "20500101000000Z" },
        { -631152000, "500101000000Z", "19500101000000Z" },
        { -631152001, "19491231235959Z", "19491231235959Z" },
        { 253402300799, "99991231235959Z", "99991231235959Z" },
        { -62167219200, "00000101000000Z", "00000101000000Z" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(4096);
        struct der_writer w;
        struct span out, text;
        struct der in;
        int64_t seconds;

        der_writer_init(&w, a, 0);
        der_put_generalized_time(&w, cases[i].seconds);
        der_put_time(&w, cases[i].seconds);
        assert_int_equal(der_finish(&w, &out), ERR_OK);
        in = der_open(out, NULL);
        assert_int_equal(der_content(&in, der_next_tag(&in), &text), ERR_OK);
        assert_true(span_is_equal(text, span_str(cases[i].time)));
        assert_int_equal(der_generalized_time(&in, &seconds), ERR_OK);
        assert_true(seconds == cases[i].seconds);
        in = der_open(out, NULL);
        assert_int_equal(der_time(&in, &seconds), ERR_OK);
        assert_true(seconds == cases[i].seconds);
    }
}

/* Neither type can say a year before 0 or after 9999. */
static void test_times_that_do_not_fit(void **state)
{
    static const int64_t seconds[] = { 253402300800, -62167219201, INT64_MAX,
                                       INT64_MIN };

    (void)state;
    for (size_t i = 0; i < NUM(seconds); i++) {
        AUTO(arena) a = arena_new(4096);
        struct der_writer w;
        struct span out = SPAN_NONE;

        der_writer_init(&w, a, 0);
        der_put_generalized_time(&w, seconds[i]);
        der_put_null(&w);
        assert_int_equal(der_finish(&w, &out), ERR_LIMIT);
        assert_true(span_is_absent(out));
        der_writer_init(&w, a, 0);
        der_put_time(&w, seconds[i]);
        assert_int_equal(der_finish(&w, &out), ERR_LIMIT);
    }
}

static void test_header_lengths(void **state)
{
    static const struct {
        size_t len;
        const char *header;
    } cases[] = {
        { 0, "0400" },
        { 0x7f, "047f" },
        { 0x80, "048180" },
        { 0xff, "0481ff" },
        { 0x100, "04820100" },
        { 0xffff, "0482ffff" },
        { 0x10000, "0483010000" },
        { 0x1000000, "048401000000" },
    };
    static uint8_t content[0x1000000];

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new((size_t)128 * 1024 * 1024);
        struct der_writer w;
        struct span out, header, back;
        struct der in;

        der_writer_init(&w, a, 0);
        der_put_octets(&w, DER_OCTET_STRING, span_of(content, cases[i].len));
        assert_int_equal(der_finish(&w, &out), ERR_OK);
        assert_int_equal(hex_parse(cases[i].header, a, &header), ERR_OK);
        assert_int_equal(out.len, header.len + cases[i].len);
        assert_memory_equal(out.ptr, header.ptr, header.len);
        in = der_open(out, NULL);
        assert_int_equal(der_octets(&in, &back), ERR_OK);
        assert_int_equal(back.len, cases[i].len);
    }
}

/* The first failure stays, and nothing is written after it. */
static void test_no_memory(void **state)
{
    AUTO(arena) a = arena_new(200);
    AUTO(arena) none = arena_new(16);
    static const uint8_t big[300];
    struct der_writer w;
    struct span out = SPAN_NONE;

    (void)state;
    der_writer_init(&w, a, 0);
    put_simple(&w);
    der_put_raw(&w, SPAN_OF(big));
    put_simple(&w);
    der_put_header(&w, DER_SEQUENCE, 0);
    der_put_time(&w, INT64_MAX);
    assert_int_equal(der_finish(&w, &out), ERR_NO_MEM);
    assert_true(span_is_absent(out));

    der_writer_init(&w, none, 0);
    put_simple(&w);
    assert_int_equal(der_finish(&w, &out), ERR_NO_MEM);

    der_writer_init(&w, a, 64);
    der_put_raw(&w, span_of(big, SIZE_MAX / 2));
    assert_int_equal(der_finish(&w, &out), ERR_NO_MEM);
}

/* --- What is written reads back the same, for random values --- */

struct values {
    int64_t integer;
    uint8_t bytes[64];
    struct span octets, uint;
    uint32_t mask;
    struct der_bits bits;
    int64_t seconds;
    bool flag;
};

static void make_values(uint64_t *seed, struct values *v)
{
    v->integer = (int64_t)(next_random(seed) >> next_random(seed) % 64);
    if (next_random(seed) % 2 == 0)
        v->integer = -v->integer;
    for (size_t i = 0; i < sizeof(v->bytes); i++)
        v->bytes[i] = (uint8_t)next_random(seed);
    v->octets = span_of(v->bytes, next_random(seed) % 64);
    v->uint = span_of(v->bytes + 32, 1 + next_random(seed) % 32);
    v->mask = (uint32_t)(next_random(seed) >> (32 + next_random(seed) % 32));
    v->bits.bytes = span_of(v->bytes, 1 + next_random(seed) % 8);
    v->bits.unused = next_random(seed) % 8;
    v->bytes[v->bits.bytes.len - 1] &= (uint8_t)(0xff << v->bits.unused);
    v->seconds = (int64_t)(next_random(seed) % 253402300800);
    v->flag = next_random(seed) % 2 == 0;
}

static void write_values(struct der_writer *w, const struct values *v)
{
    size_t mark = der_mark(w);

    der_put_bool(w, v->flag);
    der_put_generalized_time(w, v->seconds);
    der_put_time(w, v->seconds);
    der_put_bits(w, DER_BIT_STRING, &v->bits);
    der_put_named_bits(w, DER_BIT_STRING, v->mask);
    der_put_uint(w, DER_INTEGER, v->uint);
    der_put_octets(w, DER_OCTET_STRING, v->octets);
    der_put_int64(w, DER_INTEGER, v->integer);
    der_put_header(w, DER_SEQUENCE, mark);
}

static struct span strip_zeros(struct span s)
{
    while (s.len > 0 && *s.ptr == 0) {
        s.ptr++;
        s.len--;
    }
    return s;
}

static enum err read_values(struct span der, struct values *v)
{
    struct der in = der_open(der, NULL), seq;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    TRY(der_int64(&seq, &v->integer));
    TRY(der_octets(&seq, &v->octets));
    TRY(der_uint(&seq, DER_INTEGER, 33, &v->uint));
    TRY(der_named_bits(&seq, DER_BIT_STRING, &v->mask));
    TRY(der_bits(&seq, DER_BIT_STRING, &v->bits));
    TRY(der_time(&seq, &v->seconds));
    TRY(der_generalized_time(&seq, &v->seconds));
    TRY(der_bool(&seq, &v->flag));
    return der_end(&seq);
}

static void test_random_values_round_trip(void **state)
{
    AUTO(arena) a = arena_new((size_t)64 * 1024);
    uint64_t seed = 20261122;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct values v, back = { 0 };
        struct der_writer w;
        struct span out;

        arena_reset(a);
        make_values(&seed, &v);
        der_writer_init(&w, a, next_random(&seed) % 256);
        write_values(&w, &v);
        assert_int_equal(der_finish(&w, &out), ERR_OK);
        assert_int_equal(read_values(out, &back), ERR_OK);
        assert_true(back.integer == v.integer && back.mask == v.mask);
        assert_true(back.seconds == v.seconds && back.flag == v.flag);
        assert_true(span_is_equal(back.octets, v.octets));
        assert_true(span_is_equal(strip_zeros(back.uint), strip_zeros(v.uint)));
        assert_true(span_is_equal(back.bits.bytes, v.bits.bytes));
        assert_int_equal(back.bits.unused, v.bits.unused);
        for (size_t len = 0; len < out.len; len++)
            assert_int_not_equal(read_values(span_of(out.ptr, len), &back),
                                 ERR_OK);
    }
}

/* Growing moves what is written; nothing may change by it. */
static void test_growth(void **state)
{
    AUTO(arena) a = arena_new((size_t)1024 * 1024);
    struct der_writer w;
    struct span out, content;
    struct der in, inner;
    int64_t value;

    (void)state;
    der_writer_init(&w, a, 1);
    for (int i = 0; i < 2000; i++)
        der_put_int64(&w, DER_INTEGER, i);
    der_put_header(&w, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    in = der_open(out, NULL);
    assert_int_equal(der_enter(&in, DER_SEQUENCE, &inner), ERR_OK);
    for (int i = 2000; i-- > 0;) {
        assert_int_equal(der_int64(&inner, &value), ERR_OK);
        assert_int_equal(value, i);
    }
    assert_int_equal(der_end(&inner), ERR_OK);
    assert_int_equal(der_content(&inner, 0x02, &content), ERR_BAD_DER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_times_that_do_not_fit),
        cmocka_unit_test(test_header_lengths),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_random_values_round_trip),
        cmocka_unit_test(test_growth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
