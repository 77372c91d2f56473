#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"
#include "txn/txn.h"

/* --- which requests wait --- */

static const struct {
    const char *what;
    enum cmp_body_type body;
    uint32_t approval;
    enum fact_approval said;
    enum txn_action action;
    enum cmp_body_type answer;
} requests[] = {
    { "no approval", CMP_IR, 0, FACT_UNDECIDED, TXN_ISSUE, CMP_IP },
    { "an ir", CMP_IR, BODY_BIT(CMP_IR), FACT_UNDECIDED, TXN_WAIT, CMP_IP },
    { "a cr", CMP_CR, BODY_BIT(CMP_CR), FACT_UNDECIDED, TXN_WAIT, CMP_CP },
    { "a kur", CMP_KUR, BODY_BIT(CMP_KUR), FACT_UNDECIDED, TXN_WAIT, CMP_KUP },
    { "a kur among ir", CMP_KUR, BODY_BIT(CMP_IR), FACT_UNDECIDED, TXN_ISSUE,
      CMP_KUP },
    { "approved", CMP_IR, BODY_BIT(CMP_IR), FACT_APPROVED, TXN_ISSUE, CMP_IP },
    { "approved", CMP_KUR, BODY_BIT(CMP_KUR), FACT_APPROVED, TXN_ISSUE,
      CMP_KUP },
    { "a ccr, always", CMP_CCR, 0, FACT_UNDECIDED, TXN_WAIT, CMP_CCP },
    { "a ccr", CMP_CCR, BODY_BIT(CMP_CCR), FACT_UNDECIDED, TXN_WAIT, CMP_CCP },
    { "a ccr approved", CMP_CCR, 0, FACT_APPROVED, TXN_ISSUE, CMP_CCP },
    { "a ccr denied", CMP_CCR, 0, FACT_DENIED, TXN_WAIT, CMP_CCP },
    { "denied", CMP_IR, BODY_BIT(CMP_IR), FACT_DENIED, TXN_WAIT, CMP_IP },
    { "an rr", CMP_RR, BODY_BIT(CMP_RR), FACT_UNDECIDED, TXN_WAIT, CMP_ERROR },
    { "an rr among ir", CMP_RR, BODY_BIT(CMP_IR), FACT_UNDECIDED, TXN_REVOKE,
      CMP_RP },
    { "an rr approved", CMP_RR, BODY_BIT(CMP_RR), FACT_APPROVED, TXN_REVOKE,
      CMP_RP },
    { "a genm too", CMP_GENM, BODY_BIT(CMP_GENM), FACT_UNDECIDED, TXN_WAIT,
      CMP_ERROR },
    { "a genm approved", CMP_GENM, BODY_BIT(CMP_GENM), FACT_APPROVED,
      TXN_ANSWER, CMP_GENP },
    { "a genm", CMP_GENM, BODY_BIT(CMP_IR) | BODY_BIT(CMP_RR), FACT_UNDECIDED,
      TXN_ANSWER, CMP_GENP },
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct txn_decision d = { .answer = CMP_BODY_NUM };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, requests[i].body);
        s.profile.approval = requests[i].approval;
        s.facts.approval = requests[i].said;
        print_message("%s\n", requests[i].what);
        assert_int_equal(txn_decide(&s.msg, &s.profile, &s.facts, &d, NULL),
                         ERR_OK);
        assert_int_equal(d.action, requests[i].action);
        assert_int_equal(d.answer, requests[i].answer);
        scene_done(&s);
    }
}

/* An RA may approve what it adds its protection to; not a CA. */
static void test_vouched(void **state)
{
    static const struct {
        enum cmp_body_type body;
        enum txn_action action;
    } rows[] = {
        { CMP_IR, TXN_ISSUE },
        { CMP_CCR, TXN_WAIT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct txn_decision d = { .answer = CMP_BODY_NUM };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, rows[i].body);
        s.profile.approval = BODY_BIT(rows[i].body);
        s.facts.is_vouched = true;
        assert_int_equal(txn_decide(&s.msg, &s.profile, &s.facts, &d, NULL),
                         ERR_OK);
        assert_int_equal(d.action, rows[i].action);
        scene_done(&s);
    }
}

/* --- what a pollReq brings --- */

static const struct {
    enum fact_approval said;
    enum cmp_body_type waiting;
    enum txn_action action;
    enum cmp_body_type answer;
} polls[] = {
    { FACT_UNDECIDED, CMP_IR, TXN_POLL, CMP_POLL_REP },
    { FACT_UNDECIDED, CMP_KUR, TXN_POLL, CMP_POLL_REP },
    { FACT_APPROVED, CMP_IR, TXN_RESUME, CMP_IP },
    { FACT_APPROVED, CMP_P10CR, TXN_RESUME, CMP_CP },
    { FACT_APPROVED, CMP_KUR, TXN_RESUME, CMP_KUP },
    { FACT_DENIED, CMP_IR, TXN_DENY, CMP_IP },
    { FACT_DENIED, CMP_CR, TXN_DENY, CMP_CP },
    { FACT_DENIED, CMP_P10CR, TXN_DENY, CMP_CP },
    { FACT_DENIED, CMP_KUR, TXN_DENY, CMP_KUP },
    { FACT_APPROVED, CMP_CCR, TXN_RESUME, CMP_CCP },
    { FACT_DENIED, CMP_CCR, TXN_DENY, CMP_CCP },
    { FACT_UNDECIDED, CMP_RR, TXN_POLL, CMP_POLL_REP },
    { FACT_APPROVED, CMP_RR, TXN_RESUME, CMP_RP },
    { FACT_DENIED, CMP_RR, TXN_DENY, CMP_RP },
};

static void test_polls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++) {
        struct txn_decision d = { .answer = CMP_BODY_NUM };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, CMP_POLL_REQ);
        s.facts.transaction = FACT_WAITING;
        s.facts.waiting_body = polls[i].waiting;
        s.facts.approval = polls[i].said;
        assert_int_equal(txn_decide(&s.msg, &s.profile, &s.facts, &d, NULL),
                         ERR_OK);
        assert_int_equal(d.action, polls[i].action);
        assert_int_equal(d.answer, polls[i].answer);
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_vouched),
        cmocka_unit_test(test_polls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
