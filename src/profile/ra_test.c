#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "profile/scene_test.h"

static const struct {
    const char *what;
    enum profile_type type;
    size_t num;
    const char *rule;
    enum err err;
} cases[] = {
    { "one", PROFILE_OPEN, 1, "", ERR_OK },
    { "one in rfc9483", PROFILE_RFC9483, 1, "", ERR_OK },
    { "as many as may be", PROFILE_OPEN, LIMIT_BATCH, "", ERR_OK },
    { "one more", PROFILE_OPEN, LIMIT_BATCH + 1, "nested-is-bounded",
      ERR_BAD_REQUEST },
    { "one more in rfc9483", PROFILE_RFC9483, LIMIT_BATCH + 1,
      "nested-is-bounded", ERR_BAD_REQUEST },
    { "to 3gpp-bs", PROFILE_3GPP_BS, 1, "body-is-served", ERR_BAD_REQUEST },
    { "to legacy-2010", PROFILE_LEGACY_2010, 1, "body-is-served",
      ERR_BAD_REQUEST },
};

static void test_cases(void **state)
{
    static const enum rule_step steps[] = { STEP_HEADER, STEP_REQUEST };
    static const struct span messages[LIMIT_BATCH + 1];

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        enum err e = ERR_OK;
        struct scene s;

        scene_init(&s, cases[i].type, CMP_NESTED);
        s.msg.body.nested = (struct span_list){ messages, cases[i].num };
        for (size_t k = 0; k < SCENE_NUM(steps) && e == ERR_OK; k++) {
            struct judged in = { &s.msg, &s.profile, NULL, NULL, NULL };

            e = rules_check(steps[k], &in, &findings, &f);
        }
        if (e != cases[i].err || strcmp(f.rule, cases[i].rule) != 0)
            fail_msg("%s: %s, %s", cases[i].what, err_name(e), f.text);
        assert_int_equal(rule_body(rule_step_of(&f), CMP_NESTED), CMP_ERROR);
        assert_int_equal(findings.num, 0);
        scene_done(&s);
    }
}

/* Nothing else may stand in the place of what an RA adds. */
static void test_signed(void **state)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;
    struct judged in = { &s.msg, &s.profile, NULL, NULL, NULL };

    (void)state;
    scene_init(&s, PROFILE_OPEN, CMP_NESTED);
    alg_id_set(&s.msg.header.protection_alg, OID_ID_PASSWORD_BASED_MAC);
    assert_int_equal(rules_check(STEP_HEADER, &in, &findings, &f),
                     ERR_WRONG_INTEGRITY);
    assert_string_equal(f.rule, "protection-is-signature");
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
