#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/rules_case_test.h"

/* No rule follows from itself, nor from its own consequence; and each pair has
 * its reason. */
static void test_pairs(void **state)
{
    size_t num = 0;

    (void)state;
    for (enum rule_id cause = 0; cause < RULE_NUM; cause++)
        for (enum rule_id effect = 0; effect < RULE_NUM; effect++) {
            const char *why = rule_follows(cause, effect);

            if (why == NULL)
                continue;
            num++;
            assert_int_not_equal(cause, effect);
            assert_true(why[0] != '\0');
            if (rule_follows(effect, cause) != NULL)
                fail_msg("%s and %s follow from each other",
                         rule_get(cause)->id, rule_get(effect)->id);
        }
    assert_true(num > 100);
}

/* The rules of a server's steps that a broken message breaks besides. */
static size_t num_unexplained(const struct rules_case *c,
                              const struct rule *cause)
{
    struct found found = { "", "" };
    struct scene s;
    size_t num = 0;

    scene_init(&s, c->type, c->body);
    c->change(&s);
    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        const struct rule *rule = rule_get(r);
        struct judged in = { &s.msg, &s.profile, &s.facts, scene_request(&s),
                             NULL };

        /* A message that asks for nothing has nothing to judge. */
        if (in.req == NULL && (BODY_BIT(c->body) & (REQUESTS | CCR)) != 0 &&
            (rule->step == STEP_REQUEST || rule->step == STEP_JUDGE_REQUEST))
            continue;
        if (rule->check == NULL || rule == cause ||
            rule->severity == SEVERITY_WARNING ||
            (rule->bodies & BODY_BIT(c->body)) == 0 ||
            rule->check(&in, &found) != VERDICT_BROKEN ||
            rule_follows(cause->number, r) != NULL)
            continue;
        print_error("%s of %s breaks %s, and %s: %s %s\n", c->what,
                    cmp_body_name(c->body), c->rule, rule->id, found.path,
                    found.text);
        num++;
    }
    scene_done(&s);
    return num;
}

static size_t num_of(const struct rules_cases *cases)
{
    size_t num = 0;

    for (size_t i = 0; i < cases->num; i++)
        if (cases->list[i].err != ERR_OK)
            num += num_unexplained(&cases->list[i],
                                   rule_find(cases->list[i].rule));
    return num;
}

/* Each predicate can judge what broke another rule: lint asks them all. */
static void test_what_breaks_besides(void **state)
{
    (void)state;
    assert_int_equal(num_of(&rules_screen_cases), 0);
    assert_int_equal(num_of(&rules_judge_cases), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_what_breaks_besides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
