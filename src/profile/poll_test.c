#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

static const int64_t p10_waiting[] = { -1 };

static void ask(struct scene *s, size_t num, int64_t first, int64_t second)
{
    s->polled[0] = first;
    s->polled[1] = second;
    s->msg.body.poll_req.num = num;
}

#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }
CHANGE(nothing, (void)s)
CHANGE(ask_none, ask(s, 0, 0, 0))
CHANGE(ask_other, ask(s, 1, 1, 0))
CHANGE(ask_second, ask(s, 1, 7, 0))
CHANGE(ask_both, ask(s, 2, 7, 0))
CHANGE(ask_twice, ask(s, 2, 7, 7))
CHANGE(ask_whole, ask(s, 1, -1, 0))
CHANGE(ask_whole_and_one, ask(s, 2, -1, 0))
CHANGE(ask_minus_2, ask(s, 1, -2, 0))
CHANGE(ask_many, ask(s, 17, 0, 1);
       for (int64_t i = 0; i < 17; i++) s->polled[i] = i)
CHANGE(one_only, s->profile.max_requests = 1)
CHANGE(both_of_one, ask_both(s); one_only(s))
CHANGE(of_p10, s->facts.waiting_body = CMP_P10CR;
       s->facts.waiting = p10_waiting; s->facts.num_waiting = 1)
CHANGE(whole_of_p10, ask_whole(s); of_p10(s))
CHANGE(one_of_p10, ask_other(s); of_p10(s))
CHANGE(state_none, s->facts.transaction = FACT_NO_TRANSACTION)
CHANGE(state_unconfirmed, s->facts.transaction = FACT_UNCONFIRMED)
CHANGE(state_confirmed, s->facts.transaction = FACT_CONFIRMED)
CHANGE(state_rejected, s->facts.transaction = FACT_REJECTED)
CHANGE(state_timed_out, s->facts.transaction = FACT_TIMED_OUT)
CHANGE(no_recip, s->msg.header.recip_nonce = SPAN_NONE)
CHANGE(empty_recip, s->msg.header.recip_nonce = SPAN_LIT(""))
CHANGE(other_recip, s->msg.header.recip_nonce = SPAN_LIT("nonce-of-another"))
CHANGE(late, s->msg.header.message_time = SCENE_NOW - 100000)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    const char *rule; /* "": none is broken */
    enum err err;
} cases[] = {
    { "a good one", nothing, "", ERR_OK },
    { "the second that waits", ask_second, "", ERR_OK },
    { "both", ask_both, "", ERR_OK },
    { "the whole message", ask_whole, "", ERR_OK },
    { "0 of a p10cr", of_p10, "", ERR_OK },
    { "-1 of a p10cr", whole_of_p10, "", ERR_OK },
    { "a clock far off", late, "", ERR_OK },
    { "no certReqId", ask_none, "poll-names-one", ERR_BAD_REQUEST },
    { "one twice", ask_twice, "poll-names-one", ERR_BAD_REQUEST },
    { "17", ask_many, "poll-names-one", ERR_BAD_REQUEST },
    { "two of one", both_of_one, "poll-names-one", ERR_BAD_REQUEST },
    { "one that is not", ask_other, "poll-names-waiting", ERR_BAD_REQUEST },
    { "-2", ask_minus_2, "poll-names-waiting", ERR_BAD_REQUEST },
    { "-1 and another", ask_whole_and_one, "poll-names-waiting",
      ERR_BAD_REQUEST },
    { "1 of a p10cr", one_of_p10, "poll-names-waiting", ERR_BAD_REQUEST },
    { "no transaction", state_none, "poll-has-transaction", ERR_BAD_REQUEST },
    { "unconfirmed", state_unconfirmed, "poll-finds-one-waiting",
      ERR_BAD_REQUEST },
    { "confirmed", state_confirmed, "poll-finds-one-waiting", ERR_BAD_REQUEST },
    { "rejected", state_rejected, "poll-finds-one-waiting", ERR_BAD_REQUEST },
    { "timed out", state_timed_out, "poll-finds-one-waiting", ERR_BAD_REQUEST },
    { "no recipNonce", no_recip, "poll-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE },
    { "an empty one", empty_recip, "poll-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE },
    { "another one", other_recip, "poll-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE },
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, CMP_POLL_REQ);
        cases[i].change(&s);
        print_message("%s\n", cases[i].what);
        assert_int_equal(scene_judge(&s, &findings, &f), cases[i].err);
        assert_string_equal(f.rule, cases[i].rule);
        if (cases[i].err != ERR_OK)
            assert_int_equal(rule_body(rule_step_of(&f), CMP_POLL_REQ),
                             CMP_ERROR);
        scene_done(&s);
    }
}

static void test_every_type_takes_it(void **state)
{
    (void)state;
    for (enum profile_type t = PROFILE_3GPP_BS; t < PROFILE_TYPE_NUM; t++) {
        struct profile p;

        profile_init(&p, t);
        assert_true((p.bodies & BODY_BIT(CMP_POLL_REQ)) != 0);
        assert_int_equal(p.approval, 0);
    }
}

static void test_early_confirmation(void **state)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;

    (void)state;
    scene_init(&s, PROFILE_OPEN, CMP_CERT_CONF);
    s.facts.transaction = FACT_WAITING;
    assert_int_equal(scene_judge(&s, &findings, &f), ERR_BAD_REQUEST);
    assert_string_equal(f.rule, "conf-is-not-early");
    scene_done(&s);
}

/* A kur that waited for days is as late as its messageTime says, and good. */
static void test_time_of_a_resumed_request(void **state)
{
    static const struct {
        enum fact_approval approval;
        enum err err;
    } rows[] = {
        { FACT_UNDECIDED, ERR_BAD_TIME },
        { FACT_DENIED, ERR_BAD_TIME },
        { FACT_APPROVED, ERR_OK },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct judged in;
        struct findings findings = { .num = 0 };
        struct scene s;

        scene_init(&s, PROFILE_3GPP_BS, CMP_KUR);
        s.msg.header.message_time = SCENE_NOW - 100000;
        s.facts.approval = rows[i].approval;
        in = (struct judged){ &s.msg, &s.profile, &s.facts, &s.requests[0] };
        assert_int_equal(rules_check(STEP_JUDGE_MESSAGE, &in, &findings, NULL),
                         rows[i].err);
        assert_int_equal(findings.num, 0);
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_every_type_takes_it),
        cmocka_unit_test(test_early_confirmation),
        cmocka_unit_test(test_time_of_a_resumed_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
