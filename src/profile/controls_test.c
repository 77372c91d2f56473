#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

#define MAX_CONTROLS 2

/* Controls as der_text, and the rule broken; "" where none is. */
static const struct row {
    const char *name;
    struct {
        enum oid id;
        const char *value;
    } controls[MAX_CONTROLS];
    const char *refusal;
    const char *finding;
} rows[] = {
    { "none", { { 0 } }, "", "" },
    { "regToken",
      { { OID_ID_REG_CTRL_REG_TOKEN, "0c{'abc'}" } },
      "",
      "controls-are-heeded" },
    { "authenticator",
      { { OID_ID_REG_CTRL_AUTHENTICATOR, "0c{'abc'}" } },
      "",
      "controls-are-heeded" },
    { "regToken that is no text",
      { { OID_ID_REG_CTRL_REG_TOKEN, "04{'abc'}" } },
      "controls-parse",
      "" },
    { "authenticator that is no UTF-8",
      { { OID_ID_REG_CTRL_AUTHENTICATOR, "0c{ff}" } },
      "controls-parse",
      "" },
    { "dontPublish",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{00}}" } },
      "",
      "" },
    { "dontPublish somewhere",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{00}30{30{02{02}}}}" } },
      "controls-parse",
      "" },
    { "pleasePublish",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{01}}" } },
      "",
      "controls-are-heeded" },
    { "pleasePublish at a place",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO,
          "30{02{01}30{30{02{02}86{'ldap://a'}}30{02{00}}}}" } },
      "",
      "controls-are-heeded" },
    { "pleasePublish nowhere",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{01}30{}}" } },
      "controls-parse",
      "" },
    { "pleasePublish by a method unknown",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{01}30{30{02{04}}}}" } },
      "controls-parse",
      "" },
    { "publication of a third kind",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{02}}" } },
      "controls-parse",
      "" },
    { "archive",
      { { OID_ID_REG_CTRL_PKI_ARCHIVE_OPTIONS, "82{ff}" } },
      "no-key-is-archived",
      "" },
    { "unknown",
      { { OID_ID_IT_CA_CERTS, "0500" } },
      "",
      "controls-are-heeded" },
    { "one twice",
      { { OID_ID_REG_CTRL_REG_TOKEN, "0c{'a'}" },
        { OID_ID_REG_CTRL_REG_TOKEN, "0c{'b'}" } },
      "controls-parse",
      "" },
    { "heeded, and not",
      { { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, "30{02{00}}" },
        { OID_ID_REG_CTRL_AUTHENTICATOR, "0c{'b'}" } },
      "",
      "controls-are-heeded" },
};

static void check(const struct row *row)
{
    struct attribute controls[MAX_CONTROLS];
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;
    struct judged in;
    size_t num = 0;

    scene_init(&s, PROFILE_OPEN, CMP_IR);
    for (; num < MAX_CONTROLS && row->controls[num].value != NULL; num++) {
        controls[num].id = row->controls[num].id;
        controls[num].oid = oid_span(controls[num].id);
        controls[num].value = scene_der(&s, row->controls[num].value);
    }
    s.requests[0].cert_req.controls = controls;
    s.requests[0].cert_req.num_controls = num;
    in = (struct judged){ &s.msg, &s.profile, NULL, &s.requests[0], NULL };
    assert_true((rules_check(STEP_REQUEST, &in, &findings, &f) == ERR_OK) ==
                (row->refusal[0] == '\0'));
    assert_string_equal(f.rule, row->refusal);
    if (row->refusal[0] == '\0')
        assert_string_equal(findings.num == 0 ? "" : findings.list[0].rule->id,
                            row->finding);
    scene_done(&s);
}

static void test_controls(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(rows); i++) {
        print_message("  %s\n", rows[i].name);
        check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_controls) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
