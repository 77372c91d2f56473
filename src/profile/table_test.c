#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/rules.h"

static void test_rows_are_complete(void **state)
{
    (void)state;
    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        const struct rule *rule = rule_get(r);

        assert_int_equal(rule->number, r);
        assert_non_null(strpbrk(rule->clause, "0123456789"));
        assert_true(strncmp(rule->clause, "RFC ", 4) == 0 ||
                    strncmp(rule->clause, "TS ", 3) == 0);
        assert_true(rule->asked[0] != '\0' && rule->cure[0] != '\0');
        assert_true(rule->err != ERR_OK && rule->bodies != 0);
        /* That a station has waited long enough is its own doing. */
        assert_true(err_whose(rule->err) == WHOSE_PEER ||
                    rule->step == STEP_OURS || r == RULE_REPLY_WAIT_ENDS);
        assert_true((rule->needs & ~(uint32_t)NEEDS_ALL) == 0);
        assert_ptr_equal(rule_find(rule->id), rule);
        assert_true(strlen(rule->id) < sizeof(((struct fault *)0)->rule));
        for (enum rule_id other = 0; other < r; other++)
            assert_string_not_equal(rule->id, rule_get(other)->id);
    }
}

/* The rows of a step stand together, and each step has its name. */
static void test_steps(void **state)
{
    size_t num = 0;

    (void)state;
    for (enum rule_step step = 0; step < STEP_NUM; step++) {
        struct rule_range range = rules_of(step);

        assert_true(range.end <= RULE_NUM);
        for (size_t i = range.first; i < range.end; i++)
            assert_int_equal(rule_get((enum rule_id)i)->step, step);
        num += range.end - range.first;
        assert_non_null(rule_step_name(step));
        for (enum rule_step other = 0; other < step; other++)
            assert_string_not_equal(rule_step_name(step),
                                    rule_step_name(other));
    }
    assert_int_equal(num, RULE_NUM);
    assert_null(rule_find(""));
    assert_null(rule_find("message-is-derived"));
}

static void test_needs(void **state)
{
    char text[RULE_NEEDS_LEN];

    (void)state;
    rule_needs_format(NEEDS_NOTHING, text);
    assert_string_equal(text, "nothing");
    rule_needs_format(NEEDS_TRUST | NEEDS_SIGNER, text);
    assert_string_equal(text, "signer, trust");
    rule_needs_format(NEEDS_ALL, text);
    assert_string_equal(
        text, "signer, trust, clock, exchange, config, store, secret");
}

/* RFC 9483, 3.6.2: which body a refusal travels in. */
static void test_bodies(void **state)
{
    static const struct {
        enum rule_step step;
        enum cmp_body_type request, answer;
    } rows[] = {
        { STEP_READ, CMP_IR, CMP_ERROR },
        { STEP_HEADER, CMP_IR, CMP_ERROR },
        { STEP_REQUEST, CMP_IR, CMP_IP },
        { STEP_REQUEST, CMP_CR, CMP_CP },
        { STEP_REQUEST, CMP_KUR, CMP_KUP },
        { STEP_REQUEST, CMP_RR, CMP_RP },
        { STEP_JUDGE_MESSAGE, CMP_RR, CMP_ERROR },
        { STEP_REQUEST, CMP_GENM, CMP_ERROR },
        { STEP_REQUEST, CMP_CERT_CONF, CMP_ERROR },
        { STEP_PROTECTION, CMP_KUR, CMP_ERROR },
        { STEP_POP, CMP_IR, CMP_IP },
        { STEP_JUDGE_MESSAGE, CMP_KUR, CMP_ERROR },
        { STEP_JUDGE_REQUEST, CMP_KUR, CMP_KUP },
        { STEP_JUDGE_REQUEST, CMP_BODY_NUM, CMP_ERROR },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rule_body(rows[i].step, rows[i].request),
                         rows[i].answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_complete),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
