/* How a refusal reads at the station. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "txn/client_refusal.h"

#define BIT(bit) (1u << (bit))
#define LONG60 "123456789012345678901234567890123456789012345678901234567890"

static const struct {
    const char *name;
    uint32_t bits;
    const char *texts[2];
    const char *told;
} cases[] = {
    { "nothing is said", 0, { 0 }, "refused in ip" },
    { "a bit",
      BIT(FI_BAD_TIME),
      { 0 },
      "refused in ip: badTime; try: set the station's clock" },
    { "two bits: the first is tried",
      BIT(FI_BAD_TIME) | BIT(FI_BAD_ALG),
      { 0 },
      "refused in ip: badAlg, badTime; try: another algorithm or a longer "
      "key" },
    { "a text alone", 0, { "no" }, "refused in ip: no" },
    { "a text without a cure",
      BIT(FI_BAD_TIME),
      { "no" },
      "refused in ip: badTime: no; try: set the station's clock" },
    { "a server that has the cure",
      BIT(FI_BAD_TIME),
      { "RFC 1, at a.b: asked: c", "try: d" },
      "refused in ip: badTime: RFC 1, at a.b: asked: c; try: d" },
    { "what a terminal would obey",
      0,
      { "\033[2Jno\r\n" },
      "refused in ip: ?[2Jno??" },
    { "a text is cut",
      0,
      { LONG60 LONG60 LONG60 LONG60 "more" },
      "refused in ip: " LONG60 LONG60 LONG60 LONG60 },
};

static void refusals_read_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki_status_info status = { .status = STATUS_REJECTION };
        struct span texts[2];
        struct fault why = { 0 };

        for (size_t k = 0; k < 2 && cases[i].texts[k] != NULL; k++)
            texts[status.status_string.num++] = span_str(cases[i].texts[k]);
        status.status_string.list = texts;
        status.has_fail_info = cases[i].bits != 0;
        status.fail_info = cases[i].bits;
        refusal_tell(&status, "ip", &why);
        assert_string_equal(why.text, cases[i].told);
        assert_string_equal(why.rule, "reply-grants");
        assert_int_equal(why.err, ERR_REFUSED);
    }
}

/* Whatever comes, it ends within the fault. */
static void long_texts_are_cut(void **state)
{
    struct span texts[16];
    struct pki_status_info status = { .has_fail_info = true,
                                      .fail_info = UINT32_MAX,
                                      .status_string = { texts, 16 } };
    struct fault why = { 0 };

    (void)state;
    for (size_t i = 0; i < 16; i++)
        texts[i] = SPAN_LIT(LONG60 LONG60);
    refusal_tell(&status, "an error message", &why);
    assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_read_well),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
