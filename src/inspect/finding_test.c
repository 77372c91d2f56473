#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inspect/finding.h"

static const struct {
    const char *body;
    size_t request;
    const char *path, *whole;
} cases[] = {
    { "ir", 0, "header.pvno", "header.pvno" },
    { "ir", 0, "extraCerts[1]", "extraCerts[1]" },
    { "ir", 0, "", "" },
    { "ir", 0, "body", "body" },
    { "ir", 0, "popo", "body.ir[0].popo" },
    { "ir", 1, "popo.poposkInput", "body.ir[0].popo.poposkInput" },
    { "kur", 3, "certTemplate.subject",
      "body.kur[2].certReq.certTemplate.subject" },
    { "cr", 2, "certReq.certReqId", "body.cr[1].certReq.certReqId" },
    { "ir", 0, "controls.regToken", "body.ir[0].certReq.controls.regToken" },
    { "ir", 0, "regInfo[1]", "body.ir[0].regInfo[1]" },
    { "p10cr", 0, "certTemplate.subject",
      "body.p10cr.certificationRequestInfo.subject" },
    { "p10cr", 0, "certTemplate.publicKey",
      "body.p10cr.certificationRequestInfo.subjectPKInfo" },
    { "p10cr", 0, "popo", "body.p10cr.signature" },
    { "rr", 2, "crlEntryDetails", "body.rr[1].crlEntryDetails" },
    { "ip", 0, "body.response[1].certReqId", "body.ip.response[1].certReqId" },
    { "ip", 0, "body[0].certReq", "body.ip[0].certReq" },
    { "certConf", 0, "body.certConf.certHash", "body.certConf.certHash" },
    { "ir", 0, "body.kur[0].certReq", "body.kur[0].certReq" },
    { "ir", 0, "popovers", "popovers" },
    { "", 0, "popo", "popo" },
    { "", 0, "body.response", "body.response" },
};

static void test_paths(void **state)
{
    struct arena *a = arena_new(4096);

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(
            finding_path(a, cases[i].body, cases[i].request, cases[i].path),
            cases[i].whole);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
