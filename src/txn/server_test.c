#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/rules.h"
#include "profile/scene_test.h"
#include "txn/txn.h"

/* --- which body is welcome in which state --- */

static bool is_welcome(enum cmp_body_type body, enum fact_transaction state)
{
    if (body == CMP_ERROR && state == FACT_CHALLENGED)
        return true;
    if (body == CMP_CERT_CONF || body == CMP_ERROR)
        return state == FACT_UNCONFIRMED;
    if (body == CMP_POPDECR)
        return state == FACT_CHALLENGED;
    if (body == CMP_POLL_REQ)
        return state == FACT_WAITING;
    if ((BODY_BIT(body) & FIRSTS) != 0)
        return state == FACT_NO_TRANSACTION;
    return false;
}

static void test_states(void **state)
{
    static const enum cmp_body_type answers[CMP_BODY_NUM] = {
        [CMP_IR] = CMP_IP,         [CMP_CR] = CMP_CP,
        [CMP_P10CR] = CMP_CP,      [CMP_KUR] = CMP_KUP,
        [CMP_CCR] = CMP_CCP,       [CMP_RR] = CMP_RP,
        [CMP_GENM] = CMP_GENP,     [CMP_CERT_CONF] = CMP_PKICONF,
        [CMP_ERROR] = CMP_PKICONF, [CMP_POLL_REQ] = CMP_POLL_REP,
        [CMP_POPDECR] = CMP_IP,
    };

    (void)state;
    for (enum cmp_body_type body = 0; body < CMP_BODY_NUM; body++)
        for (enum fact_transaction t = FACT_NO_TRANSACTION; t <= FACT_ENDED;
             t++) {
            struct txn_decision d = { .answer = CMP_BODY_NUM };
            struct fault f = { 0 };
            struct scene s;
            enum err e;

            scene_init(&s, PROFILE_OPEN, body);
            s.facts.transaction = t;
            e = txn_decide(&s.msg, &s.profile, &s.facts, &d, &f);
            if (is_welcome(body, t)) {
                assert_int_equal(e, ERR_OK);
                assert_int_equal(d.answer, answers[body]);
            } else {
                assert_int_equal(e, ERR_BAD_REQUEST);
                assert_int_equal(f.err, e);
                assert_true(f.clause[0] != '\0');
                assert_int_equal(d.answer, CMP_BODY_NUM); /* untouched */
            }
            scene_done(&s);
        }
}

/* --- what is decided --- */

#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }
CHANGE(nothing, (void)s)
CHANGE(suggest, s->facts.suggested = s->old.subject)
CHANGE(keep, s->facts.suggested_names = NAMES_KEEP)
CHANGE(keep_suggested, suggest(s); keep(s))
CHANGE(replace_suggested, suggest(s); s->facts.suggested_names = NAMES_REPLACE)
CHANGE(ask, s->info.id = OID_ID_IT_IMPLICIT_CONFIRM;
       s->msg.header.general_info = (struct info_list){ &s->info, 1 })
CHANGE(grant, s->profile.implicit_confirm = true)
CHANGE(ask_and_grant, ask(s); grant(s))
CHANGE(ask_other, ask_and_grant(s); s->info.id = OID_ID_IT_CONFIRM_WAIT_TIME)
CHANGE(to_challenge, ask_and_grant(s); s->facts.possession = FACT_TO_CHALLENGE)
CHANGE(challenge_first, to_challenge(s); s->profile.approval = BODY_BIT(CMP_IR))
CHANGE(by_certificate, ask_and_grant(s);
       s->facts.possession = FACT_BY_CERTIFICATE)
CHANGE(challenged, s->facts.transaction = FACT_CHALLENGED)
CHANGE(answered, challenged(s); s->facts.is_answer_right = true)
CHANGE(keep_rejected, s->profile.on_rejection = AFTERMATH_KEEP)
CHANGE(status_accepted, s->statuses[0].has_status_info = true)
CHANGE(status_rejection, status_accepted(s);
       s->statuses[0].status_info.status = STATUS_REJECTION)
CHANGE(rejection_kept, status_rejection(s); keep_rejected(s))
CHANGE(no_status, s->msg.body.cert_conf.num = 0)
CHANGE(two, s->msg.body.cert_conf.num = s->facts.num_issued = 2;
       s->statuses[1].cert_req_id = 1)
CHANGE(one_of_two, two(s); status_rejection(s))
CHANGE(one_missing, two(s); s->msg.body.cert_conf.num = 1)

static const struct {
    const char *what;
    enum profile_type type;
    enum cmp_body_type body;
    void (*change)(struct scene *s);
    struct txn_decision decision;
} cases[] = {
    { "error",
      PROFILE_OPEN,
      CMP_ERROR,
      nothing,
      { TXN_REJECT, CMP_PKICONF, TXN_NAMES_PATTERN, false, true } },
    { "error, kept",
      PROFILE_OPEN,
      CMP_ERROR,
      keep_rejected,
      { TXN_REJECT, CMP_PKICONF, TXN_NAMES_PATTERN, false, false } },
    { "ir",
      PROFILE_3GPP_BS,
      CMP_IR,
      nothing,
      { TXN_ISSUE, CMP_IP, TXN_NAMES_PATTERN, false, false } },
    { "a suggestion kept",
      PROFILE_3GPP_BS,
      CMP_IR,
      keep_suggested,
      { TXN_ISSUE, CMP_IP, TXN_NAMES_SUGGESTED, false, false } },
    { "none to keep",
      PROFILE_3GPP_BS,
      CMP_IR,
      keep,
      { TXN_ISSUE, CMP_IP, TXN_NAMES_PATTERN, false, false } },
    { "a suggestion replaced",
      PROFILE_3GPP_BS,
      CMP_IR,
      replace_suggested,
      { TXN_ISSUE, CMP_IP, TXN_NAMES_PATTERN, false, false } },
    { "kur",
      PROFILE_3GPP_BS,
      CMP_KUR,
      nothing,
      { TXN_ISSUE, CMP_KUP, TXN_NAMES_OLD, false, false } },
    { "kur, with a suggestion",
      PROFILE_3GPP_BS,
      CMP_KUR,
      keep_suggested,
      { TXN_ISSUE, CMP_KUP, TXN_NAMES_OLD, false, false } },
    { "implicit, 3gpp-bs",
      PROFILE_3GPP_BS,
      CMP_IR,
      ask_and_grant,
      { TXN_ISSUE, CMP_IP, TXN_NAMES_PATTERN, false, false } },
    { "implicit, open",
      PROFILE_OPEN,
      CMP_CR,
      ask_and_grant,
      { TXN_ISSUE, CMP_CP, TXN_NAMES_PATTERN, true, false } },
    { "not configured",
      PROFILE_OPEN,
      CMP_CR,
      ask,
      { TXN_ISSUE, CMP_CP, TXN_NAMES_PATTERN, false, false } },
    { "not asked for",
      PROFILE_OPEN,
      CMP_CR,
      grant,
      { TXN_ISSUE, CMP_CP, TXN_NAMES_PATTERN, false, false } },
    { "something else asked",
      PROFILE_OPEN,
      CMP_CR,
      ask_other,
      { TXN_ISSUE, CMP_CP, TXN_NAMES_PATTERN, false, false } },
    { "a challenge",
      PROFILE_OPEN,
      CMP_CR,
      to_challenge,
      { TXN_CHALLENGE, CMP_POPDECC, TXN_NAMES_PATTERN, true, false } },
    { "a challenge before the approval",
      PROFILE_OPEN,
      CMP_IR,
      challenge_first,
      { TXN_CHALLENGE, CMP_POPDECC, TXN_NAMES_PATTERN, true, false } },
    { "possession by the certConf alone",
      PROFILE_OPEN,
      CMP_CR,
      by_certificate,
      { TXN_ISSUE, CMP_CP, TXN_NAMES_PATTERN, false, false } },
    { "a wrong answer",
      PROFILE_OPEN,
      CMP_POPDECR,
      challenged,
      { TXN_DENY, CMP_IP, TXN_NAMES_PATTERN, false, false } },
    { "a right answer",
      PROFILE_OPEN,
      CMP_POPDECR,
      answered,
      { TXN_RESUME, CMP_IP, TXN_NAMES_PATTERN, false, false } },
    { "certConf",
      PROFILE_3GPP_BS,
      CMP_CERT_CONF,
      nothing,
      { TXN_CONFIRM, CMP_PKICONF, 0, false, false, 1 } },
    { "accepted",
      PROFILE_3GPP_BS,
      CMP_CERT_CONF,
      status_accepted,
      { TXN_CONFIRM, CMP_PKICONF, 0, false, false, 1 } },
    { "rejection",
      PROFILE_3GPP_BS,
      CMP_CERT_CONF,
      status_rejection,
      { TXN_REJECT, CMP_PKICONF, 0, false, true } },
    { "rejection, kept",
      PROFILE_3GPP_BS,
      CMP_CERT_CONF,
      rejection_kept,
      { TXN_REJECT, CMP_PKICONF, 0, false, false } },
    { "no CertStatus",
      PROFILE_3GPP_BS,
      CMP_CERT_CONF,
      no_status,
      { TXN_REJECT, CMP_PKICONF, 0, false, true } },
    { "both",
      PROFILE_OPEN,
      CMP_CERT_CONF,
      two,
      { TXN_CONFIRM, CMP_PKICONF, 0, false, false, 3 } },
    { "one of two",
      PROFILE_OPEN,
      CMP_CERT_CONF,
      one_of_two,
      { TXN_CONFIRM, CMP_PKICONF, 0, false, true, 2 } },
    { "one is missing",
      PROFILE_OPEN,
      CMP_CERT_CONF,
      one_missing,
      { TXN_CONFIRM, CMP_PKICONF, 0, false, true, 1 } },
};

static void test_decisions(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        const struct txn_decision *want = &cases[i].decision;
        struct txn_decision d;
        struct scene s;

        scene_init(&s, cases[i].type, cases[i].body);
        cases[i].change(&s);
        assert_int_equal(txn_decide(&s.msg, &s.profile, &s.facts, &d, NULL),
                         ERR_OK);
        if (d.action != want->action || d.answer != want->answer ||
            d.names != want->names ||
            d.grant_implicit != want->grant_implicit ||
            d.revoke != want->revoke || d.confirmed != want->confirmed) {
            print_error("%s: action %d answer %d names %d implicit %d "
                        "revoke %d confirmed %u\n",
                        cases[i].what, (int)d.action, (int)d.answer,
                        (int)d.names, d.grant_implicit, d.revoke, d.confirmed);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

static void test_timeout(void **state)
{
    struct profile p;

    (void)state;
    profile_init(&p, PROFILE_3GPP_BS);
    p.on_timeout = AFTERMATH_REVOKE;
    p.on_rejection = AFTERMATH_KEEP;
    assert_true(txn_timeout_revokes(&p));
    p.on_timeout = AFTERMATH_KEEP;
    p.on_rejection = AFTERMATH_REVOKE;
    assert_false(txn_timeout_revokes(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
