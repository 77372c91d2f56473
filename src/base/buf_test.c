#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_appends(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10000);
    assert_string_equal(buf_str(&b), "");
    buf_add(&b, SPAN_NONE);
    buf_add_str(&b, "one ");
    buf_printf(&b, "%d %s", 2, "three");
    assert_string_equal(buf_str(&b), "one 2 three");
    for (int i = 0; i < 500; i++)
        buf_add(&b, SPAN_LIT("0123456789"));
    assert_int_equal(b.len, 5011);
    assert_int_equal(b.failed, ERR_OK);
    assert_memory_equal(buf_span(&b).ptr + 5001, "0123456789", 10);
    buf_printf(&b, "%4000d", 7); /* does not fit what is allocated */
    assert_int_equal(b.len, 9011);
    assert_memory_equal(buf_span(&b).ptr + 9001, "         7", 10);
    buf_done(&b);
}

static void test_cap_sticks_until_cleared(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4);
    buf_add_str(&b, "four");
    assert_int_equal(b.failed, ERR_OK);
    buf_add_str(&b, "x");
    assert_int_equal(b.failed, ERR_LIMIT);
    buf_add_str(&b, "");
    assert_string_equal(buf_str(&b), "four");
    buf_clear(&b);
    buf_printf(&b, "%s", "too long");
    assert_int_equal(b.failed, ERR_LIMIT);
    buf_add_str(&b, "x");
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    buf_add_str(&b, "x");
    assert_int_equal(b.failed, ERR_OK);
    assert_string_equal(buf_str(&b), "x");
    buf_done(&b);
}

static void test_length_that_overflows_is_refused(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, SIZE_MAX - 1);
    buf_add_str(&b, "x");
    buf_add(&b, span_of("", SIZE_MAX - 1));
    assert_int_equal(b.failed, ERR_LIMIT);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_cap_sticks_until_cleared),
        cmocka_unit_test(test_length_that_overflows_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
