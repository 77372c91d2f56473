#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/budget.h"

#define SECOND ((int64_t)1000000)
#define START (1000 * SECOND)

static struct source v4(uint8_t third, uint8_t last)
{
    const uint8_t address[] = { 192, 0, third, last };

    return source_of(4, address);
}

static unsigned take_all(struct budget *b, struct source s, int64_t now)
{
    unsigned n = 0;

    while (n < 1000 && budget_take(b, &s, now))
        n++;
    return n;
}

/* Sources are as coarse as an attacker can hop: /24 and /64. */
static void test_sources(void **state)
{
    uint8_t a[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 9 };
    uint8_t b[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 7, 7 };
    uint8_t c[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2, 9 };
    struct source s[] = { v4(2, 1), v4(2, 200), v4(3, 1) };
    struct source t[] = { source_of(6, a), source_of(6, b), source_of(6, c),
                          source_of(4, a) };

    (void)state;
    assert_memory_equal(&s[0], &s[1], sizeof(s[0]));
    assert_memory_not_equal(&s[0], &s[2], sizeof(s[0]));
    assert_memory_equal(&t[0], &t[1], sizeof(t[0]));
    assert_memory_not_equal(&t[0], &t[2], sizeof(t[0]));
    assert_memory_not_equal(&t[0], &t[3], sizeof(t[0]));
}

/* A burst, then so many a second, never more than the burst at once. */
static void test_one_source(void **state)
{
    const struct budget_options options = { .per_source = 2,
                                            .burst = 5,
                                            .total = 1000 };
    AUTO(budget) b = budget_new(&options);

    (void)state;
    assert_non_null(b);
    assert_int_equal(take_all(b, v4(2, 1), START), 5);
    assert_int_equal(take_all(b, v4(2, 77), START + SECOND / 4), 0);
    assert_int_equal(take_all(b, v4(2, 1), START + SECOND), 2);
    assert_int_equal(take_all(b, v4(2, 1), START + SECOND * 3 / 2), 1);
    assert_int_equal(take_all(b, v4(2, 1), START + 100 * SECOND), 5);
    assert_int_equal(take_all(b, v4(2, 1), START + 20000 * SECOND), 5);
    /* A neighbour has its own. */
    assert_int_equal(take_all(b, v4(3, 1), START), 5);
}

/* Asking takes nothing. */
static void test_left(void **state)
{
    const struct budget_options options = { .per_source = 1,
                                            .burst = 2,
                                            .total = 100 };
    AUTO(budget) b = budget_new(&options);
    struct source s = v4(1, 1);

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(budget_is_left(b, &s, START));
    assert_int_equal(take_all(b, s, START), 2);
    assert_false(budget_is_left(b, &s, START));
    assert_true(budget_is_left(b, &s, START + SECOND));
}

/* Many sources together: the total. */
static void test_total(void **state)
{
    const struct budget_options options = { .per_source = 5,
                                            .burst = 5,
                                            .total = 20 };
    AUTO(budget) b = budget_new(&options);
    unsigned n = 0;

    (void)state;
    for (uint8_t i = 0; i < 100; i++)
        n += take_all(b, v4(i, 1), START);
    assert_int_equal(n, 20);
    for (uint8_t i = 100; i < 200; i++)
        n += take_all(b, v4(i, 1), START + SECOND / 2);
    assert_int_equal(n, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_one_source),
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_total),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
