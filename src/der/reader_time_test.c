/* Times: RFC 5280, 4.1.2.5. */
#include "der/reader_case_test.h"

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

static const struct read_case cases[] = {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_stops_behind_the_element),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
