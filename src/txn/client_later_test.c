/*
 * The station after its first request: it revokes, it polls, its certConf is
 * answered, or nobody answers.
 */
#include "txn/client_scene_test.h"

/* --- revocation --- */

/* A good rp to the rr that went out. */
static void revoke(struct scene *s)
{
    struct client_wish wish = { .request = CMP_RR,
                                .old = &s->certs[0],
                                .reason = CRL_KEY_COMPROMISE };
    struct client_step step;
    const struct rev_details *asked;

    s->client = (struct client){ 0 };
    s->certs[0].issuer = SCENE_NAME("c", "a");
    s->certs[0].serial = SPAN_LIT("\x05");
    assert_int_equal(client_revoke(&s->client, &wish, &s->credential,
                                   &scene_waits, SCENE_NOW, scene_random,
                                   s->arena, &step, NULL),
                     ERR_OK);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.rev_req.num, 1);
    asked = &step.body.rev_req.list[0];
    assert_true(span_is_equal(asked->cert_details.serial, s->certs[0].serial));
    assert_true(span_is_equal(asked->cert_details.issuer, s->certs[0].issuer));
    assert_true(span_is_equal(asked->crl_entry_details.list[0].value,
                              SPAN_LIT("\x0a\x01\x01")));
    memset(s->statuses, 0, sizeof(s->statuses));
    s->rev_cert = (struct cert_id){ .issuer.type = GN_DIRECTORY,
                                    .issuer.value = s->certs[0].issuer,
                                    .serial = s->certs[0].serial };
    s->facts.old = &s->certs[0];
    s->facts.certs[0].cert = NULL;
    s->facts.certs[0].issuer = SPAN_NONE;
    s->reply.body.type = CMP_RP;
    s->reply.body.rev_rep = (struct rev_rep){ .statuses = s->statuses,
                                              .num_statuses = 1,
                                              .rev_certs = &s->rev_cert,
                                              .num_rev_certs = 1 };
}

SCENE_CHANGE(rev_bare, s->reply.body.rev_rep.num_rev_certs = 0)
SCENE_CHANGE(rev_none, s->reply.body.rev_rep.num_statuses = 0)
SCENE_CHANGE(rev_two, s->reply.body.rev_rep.num_statuses = 2)
SCENE_CHANGE(rev_other, s->rev_cert.serial = SPAN_LIT("\x06"))
SCENE_CHANGE(rev_other_ca, s->rev_cert.issuer.value = s->ra.subject)
SCENE_CHANGE(rev_rejected, s->statuses[0].status = STATUS_REJECTION)
SCENE_CHANGE(rev_again, rev_rejected(s); s->statuses[0].has_fail_info = true;
             s->statuses[0].fail_info = 1u << FI_CERT_REVOKED)
SCENE_CHANGE(rev_fail_info, s->statuses[0].has_fail_info = true)
SCENE_CHANGE(rev_warning, s->statuses[0].status = STATUS_REVOCATION_WARNING)
SCENE_CHANGE(rev_waiting, s->statuses[0].status = STATUS_WAITING)
SCENE_CHANGE(rev_kup, s->reply.body.type = CMP_KUP)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
} rev_cases[] = {
    { "good rp", scene_nothing, CLIENT_REVOKED, "" },
    { "without revCerts", rev_bare, CLIENT_REVOKED, "" },
    { "revoked already", rev_again, CLIENT_REVOKED, "" },
    { "rejection", rev_rejected, CLIENT_END, "reply-grants" },
    { "waiting", rev_waiting, CLIENT_WAIT, "" },
    { "no status", rev_none, CLIENT_END, "reply-one-rev-status" },
    { "two statuses", rev_two, CLIENT_END, "reply-one-rev-status" },
    { "another certificate", rev_other, CLIENT_END, "reply-rev-certs" },
    { "of another CA", rev_other_ca, CLIENT_END, "reply-rev-certs" },
    { "accepted with failInfo", rev_fail_info, CLIENT_END, "reply-rev-status" },
    { "revocationWarning", rev_warning, CLIENT_END, "reply-rev-status" },
    { "kup", rev_kup, CLIENT_END, "reply-body" },
    { "another station", scene_no_eku, CLIENT_IGNORE, "reply-signer-entitled" },
    { "other nonce", scene_other_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "no protection", scene_no_protection, CLIENT_IGNORE, "reply-protected" },
};

static void test_revocations(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(rev_cases); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_KUR);
        revoke(&s);
        rev_cases[i].change(&s);
        step = scene_take(&s);
        if (step.action != rev_cases[i].action ||
            strcmp(step.why.rule, rev_cases[i].rule) != 0 ||
            s.client.state != scene_state_after(step.action)) {
            print_error("%s: action %d, rule '%s': %s\n", rev_cases[i].what,
                        (int)step.action, step.why.rule, step.why.text);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

/* --- polling --- */

/* A pollReq is out; the reply becomes a good pollRep. */
static void poll(struct scene *s)
{
    scene_waiting(s);
    assert_int_equal(scene_take(s).action, CLIENT_WAIT);
    assert_int_equal(scene_poll_at(s, SCENE_NOW).action, CLIENT_SEND);
    memset(s->polls, 0, sizeof(s->polls));
    s->polls[0].check_after = 60;
    s->reply.header.recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.body.type = CMP_POLL_REP;
    s->reply.body.poll_rep = (struct poll_rep){ s->polls, 1 };
}

SCENE_CHANGE(of_first,
             s->reply.header.recip_nonce = SPAN_OF(s->client.first_nonce))
SCENE_CHANGE(final, s->reply.body.type = CMP_IP;
             s->reply.body.cert_rep = (struct cert_rep_message){ 0 };
             s->reply.body.cert_rep.responses = s->responses;
             s->reply.body.cert_rep.num_responses = 1;
             s->responses[0].status.status = STATUS_ACCEPTED;
             s->responses[0].has_key_pair = true;
             s->facts.certs[0].cert = &s->certs[0])
SCENE_CHANGE(final_of_first, final(s); of_first(s))
SCENE_CHANGE(still_waiting, final(s); scene_waiting(s))
SCENE_CHANGE(refused, final(s);
             s->responses[0].status.status = STATUS_REJECTION;
             s->responses[0].has_key_pair = false;
             s->facts.certs[0].cert = NULL)
SCENE_CHANGE(conf_now, s->reply.body.type = CMP_PKICONF)
SCENE_CHANGE(poll_other_signer, s->facts.signer_id[0] ^= 1)
SCENE_CHANGE(final_other_signer, final(s); s->facts.signer_id[0] ^= 1)
SCENE_CHANGE(poll_two, s->reply.body.poll_rep.num = 2)
SCENE_CHANGE(poll_none, s->reply.body.poll_rep.num = 0)
SCENE_CHANGE(poll_other, s->polls[0].cert_req_id = 1)
SCENE_CHANGE(poll_minus_1, s->polls[0].cert_req_id = -1)
SCENE_CHANGE(poll_negative, s->polls[0].check_after = -1)
SCENE_CHANGE(poll_ages, s->polls[0].check_after = INT64_MAX)
SCENE_CHANGE(poll_too_long,
             s->client.poll_since = SCENE_NOW - CLIENT_POLL_TOTAL)
SCENE_CHANGE(final_late, final(s);
             s->client.poll_since = SCENE_NOW - CLIENT_POLL_TOTAL)
SCENE_CHANGE(waiting_error, s->reply.body.type = CMP_ERROR;
             s->reply.body.error = (struct error_msg){ 0 };
             s->reply.body.error.status.status = STATUS_WAITING)
SCENE_CHANGE(waiting_error_bit, waiting_error(s);
             s->reply.body.error.status.has_fail_info = true)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
    int64_t wait;
} poll_cases[] = {
    { "pollRep", scene_nothing, CLIENT_WAIT, "", 60 },
    { "checkAfter for ever", poll_ages, CLIENT_WAIT, "", 3600 },
    { "ip", final, CLIENT_SEND, "" },
    { "ip to the ir's nonce", final_of_first, CLIENT_SEND, "" },
    { "ip, waiting again", still_waiting, CLIENT_WAIT, "" },
    { "ip after a month", final_late, CLIENT_SEND, "" },
    { "rejection", refused, CLIENT_END, "reply-grants" },
    { "error, waiting", waiting_error, CLIENT_WAIT, "" },
    { "error, waiting, failInfo", waiting_error_bit, CLIENT_END,
      "reply-error-status" },
    { "pollRep to the ir's nonce", of_first, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "a third nonce", scene_other_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "no protection", scene_no_protection, CLIENT_IGNORE, "reply-protected" },
    { "signature", scene_bad_signature, CLIENT_IGNORE, "reply-signature" },
    { "MAC", scene_mac, CLIENT_IGNORE, "reply-protection-kind" },
    { "another signer", poll_other_signer, CLIENT_IGNORE, "reply-same-signer" },
    { "ip by another signer", final_other_signer, CLIENT_IGNORE,
      "reply-same-signer" },
    { "other ID", scene_other_id, CLIENT_IGNORE, "reply-transaction-id" },
    { "pkiconf", conf_now, CLIENT_END, "reply-body" },
    { "two entries", poll_two, CLIENT_END, "reply-poll-rep" },
    { "no entry", poll_none, CLIENT_END, "reply-poll-rep" },
    { "another certReqId", poll_other, CLIENT_END, "reply-poll-rep" },
    { "certReqId -1", poll_minus_1, CLIENT_END, "reply-poll-rep" },
    { "checkAfter -1", poll_negative, CLIENT_END, "reply-poll-rep" },
    { "a month", poll_too_long, CLIENT_END, "reply-wait-ends" },
};

static void test_polls(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(poll_cases); i++) {
        struct client before;
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        poll(&s);
        poll_cases[i].change(&s);
        before = s.client;
        step = scene_take(&s);
        if (step.action != poll_cases[i].action ||
            strcmp(step.why.rule, poll_cases[i].rule) != 0 ||
            step.wait != poll_cases[i].wait ||
            (step.action == CLIENT_IGNORE &&
             (!scene_is_unchanged(&before, &s.client) ||
              before.poll != s.client.poll ||
              before.poll_at != s.client.poll_at ||
              before.poll_id != s.client.poll_id ||
              before.peer_nonce_len != s.client.peer_nonce_len))) {
            print_error("%s: action %d, rule '%s': %s\n", poll_cases[i].what,
                        (int)step.action, step.why.rule, step.why.text);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

/* A pollReq goes when its time has come and not before, asks for what was
 * answered, and answers that answer. */
static void test_poll_req(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s, CMP_IR);
    poll(&s);
    scene_take(&s);
    step = scene_poll_at(&s, SCENE_NOW + 59);
    assert_int_equal(step.action, CLIENT_WAIT);
    assert_int_equal(step.wait, 1);
    assert_int_equal(s.client.poll, CLIENT_POLL_DUE);
    step = scene_poll_at(&s, SCENE_NOW + 60);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.type, CMP_POLL_REQ);
    assert_int_equal(step.body.poll_req.num, 1);
    assert_int_equal(step.body.poll_req.list[0], 0);
    assert_true(
        span_is_equal(step.header.recip_nonce, SPAN_OF(scene_server_nonce)));
    assert_memory_equal(step.header.sender_nonce.ptr, scene_next_random, 16);
    assert_true(span_is_equal(step.header.recipient.value, s.ra.subject));
    assert_int_equal(step.header.message_time, SCENE_NOW + 60);
    assert_int_equal(s.client.poll_since, SCENE_NOW);
    assert_memory_equal(s.client.first_nonce, scene_random + CLIENT_ID_LEN, 16);
    /* Nobody there: it goes again, for as long as it takes. */
    client_no_answer(&s.client, &scene_waits, CLIENT_UNREACHED, 1, 0,
                     SCENE_NOW + 10000, &step);
    assert_int_equal(step.action, CLIENT_RESEND);
    client_no_answer(&s.client, &scene_waits, CLIENT_UNBELIEVED, 1, 0,
                     SCENE_NOW + 10000, &step);
    assert_int_equal(step.action, CLIENT_GIVE_UP);
    scene_done(&s);
}

/* --- after the certConf --- */

/* Goes on to where a certConf is out, and makes the reply a pkiconf. */
static void confirm(struct scene *s)
{
    scene_take(s);
    assert_int_equal(s->client.state, CLIENT_CONFIRM_SENT);
    s->reply.header.recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.body.type = CMP_PKICONF;
    s->facts.certs[0].cert = NULL;
}

SCENE_CHANGE(other_signer, s->facts.signer_id[0] ^= 1)
SCENE_CHANGE(old_nonce,
             s->reply.header.recip_nonce = span_of(scene_random + CLIENT_ID_LEN,
                                                   CLIENT_ID_LEN))
SCENE_CHANGE(ip_again, s->reply.body.type = CMP_IP)
SCENE_CHANGE(error, s->reply.body.type = CMP_ERROR;
             s->reply.body.error = (struct error_msg){ 0 };
             s->reply.body.error.status.status = STATUS_REJECTION;
             s->reply.body.error.status.has_fail_info = true;
             s->reply.body.error.status.fail_info = 1u << FI_BAD_CERT_ID)
SCENE_CHANGE(confirmed, error(s);
             s->reply.body.error.status.fail_info = 1u << FI_CERT_CONFIRMED)
SCENE_CHANGE(confirmed_bare, confirmed(s);
             s->reply.protection.bytes = SPAN_NONE)
SCENE_CHANGE(confirmed_forged, confirmed(s); s->facts.signature_holds = false)
SCENE_CHANGE(error_status, error(s); s->reply.body.error.status.status = 0)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
} conf_cases[] = {
    { "pkiconf", scene_nothing, CLIENT_INSTALL, "" },
    { "certConfirmed", confirmed, CLIENT_INSTALL, "" },
    { "certConfirmed, unprotected", confirmed_bare, CLIENT_IGNORE,
      "reply-protected" },
    { "certConfirmed, forged", confirmed_forged, CLIENT_IGNORE,
      "reply-signature" },
    { "error", error, CLIENT_END, "reply-grants" },
    { "error of status accepted", error_status, CLIENT_END,
      "reply-error-status" },
    { "another signer", other_signer, CLIENT_IGNORE, "reply-same-signer" },
    { "nonce of the ir", old_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "short nonce", scene_short_nonce, CLIENT_IGNORE, "reply-sender-nonce" },
    { "other ID", scene_other_id, CLIENT_IGNORE, "reply-transaction-id" },
    { "unprotected", scene_no_protection, CLIENT_IGNORE, "reply-protected" },
    { "ip", ip_again, CLIENT_END, "reply-body" },
};

static void test_confirmations(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(conf_cases); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        confirm(&s);
        conf_cases[i].change(&s);
        step = scene_take(&s);
        if (step.action != conf_cases[i].action ||
            strcmp(step.why.rule, conf_cases[i].rule) != 0) {
            print_error("%s: action %d, rule '%s'\n", conf_cases[i].what,
                        (int)step.action, step.why.rule);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

/* A certificate that was rejected is not installed by any answer. */
static void test_rejection(void **state)
{
    static void (*const changes[])(struct scene *) = { scene_nothing, confirmed,
                                                       error };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(changes); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        s.certs[0].is_ca = true;
        confirm(&s);
        changes[i](&s);
        step = scene_take(&s);
        assert_int_equal(step.action, CLIENT_END);
        assert_int_equal(s.client.state, CLIENT_FAILED);
        scene_done(&s);
    }
}

static void test_silence(void **state)
{
    static const struct {
        bool confirming;
        enum client_silence silence;
        unsigned tries;
        int64_t after;
        enum client_action action;
        int64_t wait;
        int64_t asked, believed;
    } cases[] = {
        { false, CLIENT_UNREACHED, 1, 0, CLIENT_RESEND, 2 },
        { false, CLIENT_UNREACHED, 1, 0, CLIENT_RESEND, 2, 30, 30 },
        { false, CLIENT_UNREACHED, 1, 0, CLIENT_RESEND, 2, 86400, 300 },
        { false, CLIENT_UNREACHED, 3, 600, CLIENT_GIVE_UP, 0, 30, 0 },
        { false, CLIENT_UNBELIEVED, 2, 0, CLIENT_RESEND, 4 },
        { false, CLIENT_UNREACHED, 3, 599, CLIENT_RESEND, 8 },
        { false, CLIENT_UNREACHED, 40, 599, CLIENT_RESEND, 60 },
        { false, CLIENT_UNREACHED, 3, 600, CLIENT_GIVE_UP, 0 },
        { false, CLIENT_UNBELIEVED, 3, 600, CLIENT_GIVE_UP, 0 },
        { true, CLIENT_UNBELIEVED, 1, SCENE_WAIT - 1, CLIENT_RESEND, 2 },
        { true, CLIENT_UNBELIEVED, 1, SCENE_WAIT, CLIENT_GIVE_UP, 0 },
        { true, CLIENT_UNREACHED, 1, SCENE_WAIT, CLIENT_RESEND, 2 },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        if (cases[i].confirming)
            confirm(&s);
        client_no_answer(&s.client, &scene_waits, cases[i].silence,
                         cases[i].tries, cases[i].asked,
                         SCENE_NOW + cases[i].after, &step);
        assert_int_equal(step.asked, cases[i].believed);
        assert_int_equal(step.action, cases[i].action);
        assert_int_equal(step.wait, cases[i].wait);
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revocations),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_poll_req),
        cmocka_unit_test(test_confirmations),
        cmocka_unit_test(test_rejection),
        cmocka_unit_test(test_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
