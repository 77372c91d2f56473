#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/line.h"

/* Whatever the failure, and whoever reported it without knowing of rules: it
 * leaves with a rule, a clause, and its verdict; and as the failure it is. */
static void test_every_failure_is_named(void **state)
{
    (void)state;
    for (enum err e = ERR_OK + 1; e < ERR_NUM; e++) {
        struct ask ask = { 0 };
        struct job job = { .asks = &ask, .num_asks = 1 };
        const struct rule *rule;
        enum verdict verdict;

        fault_set(&job.fault, e, "of the message");
        fault_set(&ask.fault, e, "of the request");
        verdicts_close(&job);
        rule = rule_find(job.fault.rule);
        assert_non_null(rule);
        assert_string_equal(job.fault.clause, rule->clause);
        assert_string_equal(job.fault.text, "of the message");
        assert_int_equal(job.fault.err, e);
        assert_string_equal(ask.fault.rule, rule->id);
        assert_true(findings_find(&job.findings, rule->number, &verdict));
        assert_int_equal(verdict, VERDICT_BROKEN);
    }
}

/* A rule that was named where it was broken stays, and so does a clause. */
static void test_a_named_one_stays(void **state)
{
    struct job job = { 0 };

    (void)state;
    (void)rule_break(&job.fault, RULE_POP_VERIFIES, "popo", "-");
    verdicts_close(&job);
    assert_string_equal(job.fault.rule, "pop-verifies");
    fault_clause(&job.fault, ERR_STORE, "RFC 0, 1", "-");
    verdicts_close(&job);
    assert_string_equal(job.fault.rule, "store-answers");
    assert_string_equal(job.fault.clause, "RFC 0, 1");
}

static void test_nothing_is_named_where_nothing_failed(void **state)
{
    struct job job = { 0 };
    enum verdict verdict;

    (void)state;
    verdicts_close(&job);
    assert_string_equal(job.fault.rule, "");
    for (enum rule_id r = 0; r < RULE_NUM; r++)
        assert_false(findings_find(&job.findings, r, &verdict));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_failure_is_named),
        cmocka_unit_test(test_a_named_one_stays),
        cmocka_unit_test(test_nothing_is_named_where_nothing_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
