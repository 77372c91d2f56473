#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

/* -1: not looked at. */
static int verdict_of(const struct findings *findings, enum rule_id number)
{
    enum verdict verdict;

    return findings_find(findings, number, &verdict) ? (int)verdict : -1;
}

/* Of what several requests of a message were found to be, the worst. */
static void test_the_worst_counts(void **state)
{
    static const struct {
        int first, second, both;
    } rows[] = {
        { -1, VERDICT_HOLDS, VERDICT_HOLDS },
        { VERDICT_HOLDS, VERDICT_HOLDS, VERDICT_HOLDS },
        { VERDICT_HOLDS, VERDICT_CANNOT_TELL, VERDICT_CANNOT_TELL },
        { VERDICT_CANNOT_TELL, VERDICT_HOLDS, VERDICT_CANNOT_TELL },
        { VERDICT_CANNOT_TELL, VERDICT_BROKEN, VERDICT_BROKEN },
        { VERDICT_BROKEN, VERDICT_CANNOT_TELL, VERDICT_BROKEN },
        { VERDICT_BROKEN, VERDICT_HOLDS, VERDICT_BROKEN },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(rows); i++) {
        struct findings findings = { 0 };

        if (rows[i].first >= 0)
            findings_judge(&findings, RULE_POP_VERIFIES,
                           (enum verdict)rows[i].first);
        findings_judge(&findings, RULE_POP_VERIFIES,
                       (enum verdict)rows[i].second);
        assert_int_equal(verdict_of(&findings, RULE_POP_VERIFIES),
                         rows[i].both);
        assert_int_equal(verdict_of(&findings, RULE_NEW_KEY_IS_SOUND), -1);
    }
}

static void test_a_fault_breaks_its_rule(void **state)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };

    (void)state;
    findings_refuse(&findings, &f);
    for (enum rule_id r = 0; r < RULE_NUM; r++)
        assert_int_equal(verdict_of(&findings, r), -1);
    (void)rule_break(&f, RULE_POP_VERIFIES, "popo", "-");
    findings_refuse(&findings, &f);
    assert_int_equal(verdict_of(&findings, RULE_POP_VERIFIES), VERDICT_BROKEN);
}

/* A step that was passed judged its rules without predicate, but for those
 * that the message gave it nothing to judge by. */
static void test_a_step_is_passed(void **state)
{
    struct findings findings = { 0 };

    (void)state;
    findings_judge(&findings, RULE_REVOCATION_IS_KNOWN, VERDICT_CANNOT_TELL);
    findings_pass(&findings, STEP_PROTECTION, CMP_IR, NEEDS_SECRET);
    assert_int_equal(verdict_of(&findings, RULE_PROTECTION_VERIFIES),
                     VERDICT_HOLDS);
    assert_int_equal(verdict_of(&findings, RULE_REVOCATION_IS_KNOWN),
                     VERDICT_CANNOT_TELL);
    assert_int_equal(verdict_of(&findings, RULE_MAC_VERIFIES), -1);
    assert_int_equal(verdict_of(&findings, RULE_OLD_IS_OURS), -1);
    assert_int_equal(verdict_of(&findings, RULE_POP_VERIFIES), -1);
    findings_pass(&findings, STEP_HEADER, CMP_IR, NEEDS_NOTHING);
    assert_int_equal(verdict_of(&findings, RULE_PVNO_IS_KNOWN), -1);
}

/* Every rule of a step about the body has its verdict, up to what ends it. */
static void test_all_are_recorded(void **state)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;

    (void)state;
    scene_init(&s, PROFILE_3GPP_BS, CMP_IR);
    assert_int_equal(scene_judge(&s, &findings, &f), ERR_OK);
    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        const struct rule *rule = rule_get(r);
        bool is_judged =
            rule->check != NULL && (rule->bodies & BODY_BIT(CMP_IR)) != 0;

        assert_int_equal(verdict_of(&findings, r),
                         is_judged ? (int)VERDICT_HOLDS : -1);
    }
    findings = (struct findings){ 0 };
    s.msg.header.pvno = 4;
    assert_int_equal(scene_judge(&s, &findings, &f), ERR_UNSUPPORTED_VERSION);
    assert_int_equal(verdict_of(&findings, RULE_PVNO_IS_KNOWN), VERDICT_BROKEN);
    assert_int_equal(verdict_of(&findings, RULE_ONE_REQUEST), -1);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_worst_counts),
        cmocka_unit_test(test_a_fault_breaks_its_rule),
        cmocka_unit_test(test_a_step_is_passed),
        cmocka_unit_test(test_all_are_recorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
