#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

static const struct info_type_value all[] = {
    { .oid = { (const uint8_t *)"\x2a\x01", 2 } },
    { .oid = { (const uint8_t *)"\x2a\x02", 2 } },
    { .oid = { (const uint8_t *)"\x2a\x01", 2 } },
};

static const struct {
    const char *what;
    enum profile_type type;
    size_t from, num;
    const char *rule;
    enum err err;
} cases[] = {
    { "one", PROFILE_OPEN, 0, 1, "", ERR_OK },
    { "one in rfc9483", PROFILE_RFC9483, 0, 1, "", ERR_OK },
    { "none", PROFILE_OPEN, 0, 0, "", ERR_OK },
    { "none in rfc9483", PROFILE_RFC9483, 0, 0, "one-info", ERR_BAD_REQUEST },
    { "two", PROFILE_OPEN, 0, 2, "", ERR_OK },
    { "two in rfc9483", PROFILE_RFC9483, 0, 2, "one-info", ERR_BAD_REQUEST },
    { "one twice", PROFILE_OPEN, 0, 3, "info-is-single", ERR_BAD_REQUEST },
    { "to 3gpp-bs", PROFILE_3GPP_BS, 0, 1, "body-is-served", ERR_BAD_REQUEST },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;
        enum err e;

        scene_init(&s, cases[i].type, CMP_GENM);
        s.msg.body.general =
            (struct info_list){ all + cases[i].from, cases[i].num };
        e = scene_judge(&s, &findings, &f);
        if (e != cases[i].err || strcmp(f.rule, cases[i].rule) != 0)
            fail_msg("%s: %s, %s", cases[i].what, err_name(e), f.text);
        assert_int_equal(rule_body(rule_step_of(&f), CMP_GENM), CMP_ERROR);
        assert_int_equal(findings.num, 0);
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
