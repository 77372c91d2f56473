/*
 * Every reader of src/der, picked by the record's selector. What one accepts,
 * the writer makes again, but for the leniency, which reads as the strict form
 * does. Failures are noted inside the input and named.
 */
#include <assert.h>

#include "base/limits.h"
#include "base/text.h"
#include "der/der.h"
#include "der/oid.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum err copy_fn(struct der *in, struct der_writer *w);

static enum err copy_any(struct der *in, struct der_writer *w)
{
    struct span whole, content;
    struct der again = *in;
    unsigned tag;

    TRY(der_any(in, &tag, &whole));
    assert(der_content(&again, tag, &content) == ERR_OK);
    der_put_content(w, tag, content);
    return ERR_OK;
}

/* Elements within elements, as deep as they are SEQUENCEs. */
static enum err copy_nested(struct der *in, struct der_writer *w)
{
    struct der inner = *in;
    struct span whole;
    size_t depth = 0;

    TRY(der_element(in, DER_SEQUENCE, &whole));
    while (der_next_is(&inner, DER_SEQUENCE) && depth < LIMIT_DER_DEPTH) {
        TRY(der_at(&inner, "inner", der_enter(&inner, DER_SEQUENCE, &inner)));
        depth++;
    }
    while (der_has_more(&inner)) {
        unsigned tag;
        struct span part;

        TRY(der_nth(&inner, depth++, der_any(&inner, &tag, &part)));
    }
    der_put_raw(w, whole);
    return der_end(&inner);
}

static enum err copy_bool(struct der *in, struct der_writer *w)
{
    bool value;

    TRY(der_bool(in, &value));
    der_put_bool(w, value);
    return ERR_OK;
}

static enum err copy_null(struct der *in, struct der_writer *w)
{
    TRY(der_null(in));
    der_put_null(w);
    return ERR_OK;
}

static enum err copy_octets(struct der *in, struct der_writer *w)
{
    struct span value;

    TRY(der_octets(in, &value));
    der_put_octets(w, DER_OCTET_STRING, value);
    return ERR_OK;
}

static enum err copy_oid(struct der *in, struct der_writer *w)
{
    uint8_t parsed[LIMIT_OID_LEN];
    char dotted[5 * LIMIT_OID_LEN];
    struct span value;
    size_t len;
    enum oid id;

    TRY(der_oid(in, &value));
    id = oid_find(value);
    assert(id == OID_UNKNOWN || span_is_equal(oid_span(id), value));
    assert((oid_name(id)[0] == '\0') == (id == OID_UNKNOWN));
    oid_format(value, dotted, sizeof(dotted));
    /* Arcs above 64 bits have no text. */
    if (oid_parse(dotted, parsed, &len) == ERR_OK)
        assert(span_is_equal(span_of(parsed, len), value));
    der_put_oid(w, value);
    return ERR_OK;
}

static enum err copy_int64(struct der *in, struct der_writer *w)
{
    int64_t value;

    TRY(der_int64(in, &value));
    der_put_int64(w, DER_INTEGER, value);
    return ERR_OK;
}

static enum err copy_uint(struct der *in, struct der_writer *w)
{
    struct span value;

    TRY(der_uint(in, DER_INTEGER, LIMIT_SERIAL_LEN, &value));
    der_put_uint(w, DER_INTEGER, value);
    return ERR_OK;
}

static enum err copy_bits(struct der *in, struct der_writer *w)
{
    struct der_bits value;

    TRY(der_bits(in, DER_BIT_STRING, &value));
    der_put_bits(w, DER_BIT_STRING, &value);
    return ERR_OK;
}

static enum err copy_bit_octets(struct der *in, struct der_writer *w)
{
    struct span value;

    TRY(der_bit_octets(in, DER_BIT_STRING, &value));
    der_put_bit_octets(w, DER_BIT_STRING, value);
    return ERR_OK;
}

static enum err copy_named_bits(struct der *in, struct der_writer *w)
{
    uint32_t value;

    TRY(der_named_bits(in, DER_BIT_STRING, &value));
    der_put_named_bits(w, DER_BIT_STRING, value);
    return ERR_OK;
}

static enum err copy_generalized_time(struct der *in, struct der_writer *w)
{
    int64_t value;

    TRY(der_generalized_time(in, &value));
    der_put_generalized_time(w, value);
    return ERR_OK;
}

static enum err copy_utc_time(struct der *in, struct der_writer *w)
{
    int64_t value;

    TRY(der_utc_time(in, &value));
    der_put_time(w, value);
    return ERR_OK;
}

static enum err copy_utf8(struct der *in, struct der_writer *w)
{
    struct span value;

    TRY(der_utf8(in, &value));
    der_put_utf8(w, value);
    return ERR_OK;
}

static copy_fn *const copies[] = {
    copy_any,      copy_nested,     copy_bool,       copy_null,
    copy_octets,   copy_oid,        copy_int64,      copy_uint,
    copy_bits,     copy_bit_octets, copy_named_bits, copy_generalized_time,
    copy_utc_time, copy_utf8,
};
#define NUM_COPIES (sizeof(copies) / sizeof(copies[0]))

static void check_copy(copy_fn *copy, struct span in, struct arena *a)
{
    struct der_fail noted = { 0 };
    struct der cursor = der_open(in, &noted);
    const uint8_t *start = cursor.next;
    struct der_writer w;
    struct fault f;
    struct span out;
    enum err e;

    der_writer_init(&w, a, 0);
    e = copy(&cursor, &w);
    assert(cursor.next <= cursor.end && cursor.end == start + in.len);
    if (e == ERR_OK) {
        assert(noted.at == NULL && der_finish(&w, &out) == ERR_OK);
        assert(
            span_is_equal(out, span_of(start, (size_t)(cursor.next - start))));
        return;
    }
    assert(noted.at >= start && noted.at <= cursor.end);
    assert(der_fault(&noted, in, e, &f) == e && f.text[0] != '\0');
}

/* The lenient reader takes what the strict one does, and nothing but fractions
 * besides; der_time takes what one of its two does. */
static void check_times(struct span in)
{
    struct der strict = der_open(in, NULL), lenient = strict, either = strict;
    int64_t a = 0, b = 0, c = 0;

    if (der_generalized_time(&strict, &a) == ERR_OK) {
        assert(der_generalized_time_lenient(&lenient, &b) == ERR_OK);
        assert(der_time(&either, &c) == ERR_OK);
        assert(a == b && a == c);
    } else if (der_generalized_time_lenient(&lenient, &b) == ERR_OK) {
        assert(memchr(in.ptr, '.', in.len) != NULL);
        assert(der_time(&either, &c) != ERR_OK);
    } else {
        strict = der_open(in, NULL);
        assert(der_time(&either, &c) == der_utc_time(&strict, &a));
    }
}

/* Any dotted text, and any octets as an OID cut to any size. */
static void check_oid_text(struct span in, struct arena *a)
{
    const char *text = arena_printf(a, "%.*s", (int)in.len, in.ptr);
    uint8_t content[LIMIT_OID_LEN];
    char dotted[6 * LIMIT_OID_LEN];
    size_t len;

    oid_format(in, dotted, in.len % sizeof(dotted));
    assert(text != NULL);
    if (oid_parse(text, content, &len) != ERR_OK)
        return;
    assert(oid_is_valid(span_of(content, len)));
    oid_format(span_of(content, len), dotted, sizeof(dotted));
    assert(strcmp(dotted, text) == 0);
}

/* Any number as a time: it reads back, or is beyond four digits of year. */
static void check_put_time(struct span in, struct arena *a)
{
    int64_t seconds = 0, back = 0;
    struct der_writer w;
    struct span out;
    struct der cursor;

    memcpy(&seconds, in.ptr, in.len < 8 ? in.len : 8);
    der_writer_init(&w, a, 0);
    der_put_time(&w, seconds);
    der_put_generalized_time(&w, seconds);
    if (der_finish(&w, &out) != ERR_OK)
        return;
    cursor = der_open(out, NULL);
    assert(der_generalized_time(&cursor, &back) == ERR_OK && back == seconds);
    assert(der_time(&cursor, &back) == ERR_OK && back == seconds);
    assert(der_end(&cursor) == ERR_OK);
}

/* A writer that finds no memory stays failed. */
static void check_no_memory(struct span in)
{
    AUTO(arena) tiny = arena_new(in.len % 128);
    struct der_writer w;
    struct span out;

    assert(tiny != NULL);
    der_writer_init(&w, tiny, 0);
    der_put_raw(&w, in);
    der_put_header(&w, DER_SEQUENCE, 0);
    if (der_finish(&w, &out) != ERR_OK)
        assert(w.failed == ERR_NO_MEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new((size_t)4 * 1024 * 1024);
    struct span in = span_of(data, size);
    struct record r;

    assert(a != NULL);
    while (record_take(&in, &r)) {
        arena_reset(a);
        check_copy(copies[r.selector % NUM_COPIES], r.bytes, a);
        check_times(r.bytes);
        check_oid_text(r.bytes, a);
        check_put_time(r.bytes, a);
        check_no_memory(r.bytes);
    }
    return 0;
}
