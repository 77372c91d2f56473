#include "der/reader_case_test.h"

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

void read_cases_hold(const struct read_case *cases, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        AUTO(arena) a = arena_new(4096);
        struct span input = make_input(&cases[i], a);

        if (cases[i].err == ERR_OK)
            check_accepted(&cases[i], input);
        else
            check_refused(&cases[i], input, cases[i].err);
        test_free((void *)(uintptr_t)input.ptr);
    }
}

void read_cases_stop(const struct read_case *cases, size_t num)
{
    for (size_t i = 0; i < num; i++) {
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
