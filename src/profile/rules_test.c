#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/rules_case_test.h"

static bool case_holds(const struct rules_case *c)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;
    const char *rule;
    enum err e;
    bool ok;

    scene_init(&s, c->type, c->body);
    c->change(&s);
    e = scene_judge(&s, &findings, &f);
    rule = findings.num > 0 ? findings.list[0].rule->id : f.rule;
    ok = e == c->err && strcmp(rule, c->rule) == 0 &&
         findings.num == (e == ERR_OK && c->rule[0] != '\0');
    if (e != ERR_OK)
        ok = ok && f.err == e && f.clause[0] != '\0' &&
             rule_body(rule_step_of(&f), s.msg.body.type) == c->answer;
    if (!ok)
        print_error("%s of %s: %s, rule '%s', %zu findings: %s\n", c->what,
                    cmp_body_name(c->body), err_name(e), rule, findings.num,
                    f.text);
    scene_done(&s);
    return ok;
}

static size_t num_failures(const struct rules_cases *cases)
{
    size_t num = 0;

    for (size_t i = 0; i < cases->num; i++)
        num += !case_holds(&cases->list[i]);
    return num;
}

static void test_cases(void **state)
{
    (void)state;
    assert_int_equal(num_failures(&rules_screen_cases), 0);
    assert_int_equal(num_failures(&rules_judge_cases), 0);
}

static bool is_broken_by(const struct rules_cases *cases, const char *rule)
{
    for (size_t i = 0; i < cases->num; i++)
        if (strcmp(cases->list[i].rule, rule) == 0)
            return true;
    return false;
}

/* Each rule that has a predicate is broken by one of the cases. */
static void test_each_rule_breaks(void **state)
{
    (void)state;
    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        const struct rule *rule = rule_get(r);

        /* Those about rr, genm, popdecr, nested or ccr alone: revoke_test.c,
         * general_test.c, possess_test.c, ra_test.c, peer_test.c. */
        if (rule->check == NULL || rule->bodies == RR || rule->bodies == GENM ||
            rule->bodies == POPDECR || rule->bodies == NESTED ||
            rule->bodies == CCR)
            continue;
        if (!is_broken_by(&rules_screen_cases, rule->id) &&
            !is_broken_by(&rules_judge_cases, rule->id))
            fail_msg("no case breaks %s", rule->id);
    }
}

/* Each predicate holds for the good message of each body it is about. */
static void test_each_rule_holds(void **state)
{
    static const enum cmp_body_type bodies[] = { CMP_IR,        CMP_CR,
                                                 CMP_KUR,       CMP_P10CR,
                                                 CMP_CERT_CONF, CMP_POLL_REQ,
                                                 CMP_ERROR };
    struct found found = { "", "" };

    (void)state;
    for (enum rule_id r = 0; r < RULE_NUM; r++)
        for (size_t i = 0; i < SCENE_NUM(bodies); i++) {
            const struct rule *rule = rule_get(r);
            struct scene s;
            struct judged in = { &s.msg, &s.profile, &s.facts, NULL };

            if (rule->check == NULL ||
                (rule->bodies & BODY_BIT(bodies[i])) == 0)
                continue;
            scene_init(&s, PROFILE_OPEN, bodies[i]);
            in.req = scene_request(&s);
            if (rule->check(&in, &found) != VERDICT_HOLDS)
                fail_msg("%s: %s %s", rule->id, found.path, found.text);
            scene_done(&s);
        }
}

/* A refusal names the rule, its clause, the field, what stands there and what
 * is asked; a predicate's and that of another step alike. */
static void test_fault(void **state)
{
    const struct rule *rule = rule_get(RULE_SIGNER_HAS_PATH);
    struct fault f = { 0 };
    struct scene s;
    struct findings findings = { 0 };

    (void)state;
    assert_int_equal(rule_break(&f, RULE_SIGNER_HAS_PATH, "extraCerts",
                                "no way to %s", "the root"),
                     ERR_SIGNER_NOT_TRUSTED);
    assert_string_equal(f.rule, rule->id);
    assert_string_equal(f.clause, rule->clause);
    assert_string_equal(f.text,
                        "extraCerts: no way to the root; asked: a path from "
                        "the signer's certificate to a vendor's trust anchor");
    assert_int_equal(rule_step_of(&f), STEP_PROTECTION);
    scene_init(&s, BS, CMP_IR);
    s.msg.header.pvno = 4;
    assert_int_equal(scene_judge(&s, &findings, &f), ERR_UNSUPPORTED_VERSION);
    assert_string_equal(f.text, "header.pvno: 4; asked: pvno 2 (cmp2000) or 3 "
                                "(cmp2021)");
    assert_string_equal(f.path, "header.pvno");
    assert_string_equal(fault_found(&f), "4");
    assert_int_equal(fault_set(&f, ERR_IO, "the disk: is full"), ERR_IO);
    assert_string_equal(f.path, "");
    assert_string_equal(fault_found(&f), "the disk: is full");
    f.rule[0] = '\0';
    assert_int_equal(rule_step_of(&f), STEP_READ);
    scene_done(&s);
}

/* Warnings are listed, all of them, and do not end the judging. */
static void test_findings(void **state)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;

    (void)state;
    scene_init(&s, BS, CMP_IR);
    s.msg.header.recip_nonce = SPAN_LIT("nonce");
    s.msg.header.sender.type = GN_DNS;
    s.info.id = OID_ID_IT_IMPLICIT_CONFIRM;
    s.msg.header.general_info = (struct info_list){ &s.info, 1 };
    s.template->subject = SPAN_NONE;
    s.msg.header.message_time = SCENE_NOW - 601;
    s.template->public_key = s.signer.spki;
    assert_int_equal(scene_judge(&s, &findings, &f), ERR_OK);
    assert_int_equal(findings.num, 6);
    assert_string_equal(findings.list[5].rule->id,
                        "vendor-key-better-not-reused");
    /* What does not fit is counted. */
    assert_int_equal(scene_judge(&s, &findings, &f), ERR_OK);
    assert_int_equal(findings.num, 8);
    assert_int_equal(findings.dropped, 4);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_each_rule_breaks),
        cmocka_unit_test(test_each_rule_holds),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
