#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_hands_out_zeroed_aligned_memory(void **state)
{
    struct arena *a = arena_new(100000);
    uint8_t *p;

    (void)state;
    for (size_t size = 1; size < 300; size++) {
        p = arena_alloc(a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_free(a);
}

static void test_cap_holds_until_reset(void **state)
{
    struct arena *a = arena_new(64);

    (void)state;
    assert_null(arena_alloc(a, 65));
    assert_non_null(arena_alloc(a, 64));
    assert_null(arena_alloc(a, 1));
    arena_reset(a);
    assert_non_null(arena_alloc(a, 64));
    arena_free(a);
}

static void test_array_refuses_overflow(void **state)
{
    struct arena *a = arena_new(1000);

    (void)state;
    assert_null(arena_array(a, SIZE_MAX / 2, 3));
    assert_non_null(arena_array(a, 10, 10));
    arena_free(a);
}

static void test_copy_and_printf(void **state)
{
    struct arena *a = arena_new(1000);
    struct span s = arena_copy(a, SPAN_LIT("abc"));

    (void)state;
    assert_true(span_is_equal(s, SPAN_LIT("abc")));
    assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    for (int len = 255; len <= 257; len++)
        assert_int_equal(strlen(arena_printf(a, "%*d", len, 7)), len);
    assert_null(arena_printf(a, "%2000d", 7));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hands_out_zeroed_aligned_memory),
        cmocka_unit_test(test_cap_holds_until_reset),
        cmocka_unit_test(test_array_refuses_overflow),
        cmocka_unit_test(test_copy_and_printf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
