/*
 * Names: any text that parses comes back from the DER it makes; any DER that is
 * a name is shown, equals itself, and compares the same both ways.
 */
#include <assert.h>

#include "asn1/types.h"
#include "base/limits.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Formats and parses what was parsed; returns the DER, for comparing. */
static struct span check_text(struct span in, struct arena *a)
{
    const char *text = arena_printf(a, "%.*s", (int)in.len, in.ptr);
    struct span name, again;
    const char *shown;
    struct der cursor;
    struct fault f = { 0 };

    assert(text != NULL);
    if (name_parse(text, a, &name, &f) != ERR_OK) {
        assert(f.err == ERR_BAD_DATA_FORMAT && f.text[0] != '\0');
        return SPAN_NONE;
    }
    cursor = der_open(name, NULL);
    assert(name_read(&cursor, &again) == ERR_OK);
    assert(span_is_equal(name, again) && der_end(&cursor) == ERR_OK);
    shown = name_format(name, a);
    assert(shown != NULL);
    /* A value that came in hexadecimal can be one that text cannot give. */
    if (strchr(text, '#') == NULL) {
        assert(name_parse(shown, a, &again, &f) == ERR_OK);
        assert(span_is_equal(again, name));
    }
    return name;
}

static struct span check_der(struct span in, struct arena *a)
{
    struct der cursor = der_open(in, NULL);
    struct span name = SPAN_NONE, value, again;
    const char *shown;

    /* No name, and shown all the same. */
    assert(name_format(in, a) != NULL);
    name_is_equal(in, SPAN_LIT("\x30\x00"));
    name_find(in, OID_ID_AT_COMMON_NAME, 0, &value);
    if (name_read(&cursor, &name) != ERR_OK)
        return in;
    shown = name_format(name, a);
    assert(shown != NULL);
    assert((shown[0] == '\0') == name_is_null(name));
    if (name_find(name, OID_ID_AT_COMMON_NAME, 1, &value))
        assert(name_find(name, OID_ID_AT_COMMON_NAME, 0, &value));
    if (name_parse(shown, a, &again, NULL) == ERR_OK)
        assert(name_format(again, a) != NULL);
    return name;
}

static void check_no_memory(struct span in)
{
    for (size_t cap = 16; cap <= 1024; cap *= 2) {
        AUTO(arena) big = arena_new((size_t)1024 * 1024);
        AUTO(arena) small = arena_new(cap);
        const char *text = arena_printf(big, "%.*s", (int)in.len, in.ptr);
        struct span name;
        enum err e;

        assert(text != NULL && small != NULL);
        e = name_parse(text, small, &name, NULL);
        assert(e == ERR_OK || e == ERR_NO_MEM || e == ERR_BAD_DATA_FORMAT);
        name_format(in, small);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new((size_t)64 * 1024 * 1024);
    struct span in = span_of(data, size), last = SPAN_NONE;
    struct record r;

    assert(a != NULL);
    for (int num = 0; num < 64 && record_take(&in, &r); num++) {
        struct span name = r.selector % 2 == 0 ? check_text(r.bytes, a)
                                               : check_der(r.bytes, a);

        check_no_memory(r.bytes);
        if (span_is_absent(name))
            continue;
        assert(name_is_equal(name, name));
        assert(name_is_equal(name, last) == name_is_equal(last, name));
        last = name;
    }
    return 0;
}
