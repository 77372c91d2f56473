/*
 * The station's machine where one message asks for several certificates: each
 * is judged, confirmed and waited for by itself.
 */
#include "txn/client_scene_test.h"

/* Three certificates are asked for, and granted. */
static void ask_three(struct scene *s)
{
    const struct client_wish wish = { .request = CMP_IR };

    scene_init_idle(s);
    scene_ask(s, &wish, SCENE_ASKED);
    assert_int_equal(s->first.body.cert_req.num, SCENE_ASKED);
}

static void set_status(struct scene *s, size_t at, int64_t status)
{
    s->responses[at].status.status = status;
    s->responses[at].has_key_pair = false;
    s->responses[at].certificate = SPAN_NONE;
    s->facts.certs[at].cert = NULL;
}

static void all_expired(struct scene *s)
{
    for (size_t i = 0; i < SCENE_ASKED; i++)
        s->certs[i].not_after = SCENE_NOW;
}

static void all_wait(struct scene *s)
{
    for (size_t i = 0; i < SCENE_ASKED; i++)
        set_status(s, i, STATUS_WAITING);
}

/* The signer is a CA that issued all of them. */
static void issuer_of_all(struct scene *s)
{
    s->ra.eku = SPAN_NONE;
    for (size_t i = 0; i < SCENE_ASKED; i++)
        s->facts.certs[i].issuer = s->ra.der;
}

SCENE_CHANGE(other_order, s->responses[0].cert_req_id = 2;
             s->responses[2].cert_req_id = 0)
SCENE_CHANGE(first_refused, set_status(s, 0, STATUS_REJECTION))
SCENE_CHANGE(second_refused, set_status(s, 1, STATUS_REJECTION))
SCENE_CHANGE(all_refused, first_refused(s); second_refused(s);
             set_status(s, 2, STATUS_REJECTION))
SCENE_CHANGE(second_key, s->certs[1].spki.der = s->facts.certs[2].public_key)
SCENE_CHANGE(swapped_keys, second_key(s);
             s->certs[2].spki.der = s->facts.certs[1].public_key)
SCENE_CHANGE(last_no_path, s->facts.certs[2].is_trusted = false)
SCENE_CHANGE(mixed, first_refused(s); second_key(s))
SCENE_CHANGE(two_of_three, s->reply.body.cert_rep.num_responses = 2)
SCENE_CHANGE(four, s->responses[3] = s->responses[0];
             s->reply.body.cert_rep.num_responses = 4)
SCENE_CHANGE(none, s->reply.body.cert_rep.num_responses = 0)
SCENE_CHANGE(twice, s->responses[1].cert_req_id = 0)
SCENE_CHANGE(foreign_id, s->responses[1].cert_req_id = 3)
SCENE_CHANGE(minus_1, s->responses[1].cert_req_id = -1)
SCENE_CHANGE(huge_id, s->responses[1].cert_req_id = INT64_MAX)
SCENE_CHANGE(second_status, s->responses[1].status.status = 77)
SCENE_CHANGE(second_bare, s->responses[1].has_key_pair = false)
SCENE_CHANGE(second_key_sent, s->responses[1].private_key = SPAN_LIT("key"))
SCENE_CHANGE(second_unreadable, s->facts.certs[1].cert = NULL)
SCENE_CHANGE(one_waits, set_status(s, 1, STATUS_WAITING))
SCENE_CHANGE(refused_or_wait, all_wait(s); set_status(s, 1, STATUS_REJECTION))
/* The signer is a CA that issued the first alone. */
SCENE_CHANGE(issuer_of_one, s->ra.eku = SPAN_NONE;
             s->facts.certs[0].issuer = s->ra.der)
SCENE_CHANGE(error, s->reply.body.type = CMP_ERROR;
             s->reply.body.error = (struct error_msg){ 0 };
             s->reply.body.error.status.status = STATUS_REJECTION)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
    unsigned statuses; /* bit i: in the certConf */
    unsigned accepts;
} cases[] = {
    { "all", scene_nothing, CLIENT_SEND, "", 7, 7 },
    { "in another order", other_order, CLIENT_SEND, "", 7, 7 },
    { "the first refused", first_refused, CLIENT_SEND, "", 6, 6 },
    { "the second refused", second_refused, CLIENT_SEND, "", 5, 5 },
    { "another's key", second_key, CLIENT_SEND, "", 7, 5 },
    { "keys swapped", swapped_keys, CLIENT_SEND, "", 7, 1 },
    { "no path", last_no_path, CLIENT_SEND, "", 7, 3 },
    { "refused, another's key, good", mixed, CLIENT_SEND, "", 6, 4 },
    { "all expired", all_expired, CLIENT_SEND, "cert-dates", 7, 0 },
    { "all refused", all_refused, CLIENT_END, "reply-grants" },
    { "two responses", two_of_three, CLIENT_END, "reply-one-response" },
    { "four responses", four, CLIENT_END, "reply-one-response" },
    { "no response", none, CLIENT_END, "reply-one-response" },
    { "an ID twice", twice, CLIENT_END, "reply-cert-req-id" },
    { "an ID not asked for", foreign_id, CLIENT_END, "reply-cert-req-id" },
    { "ID -1", minus_1, CLIENT_END, "reply-cert-req-id" },
    { "ID 2^63-1", huge_id, CLIENT_END, "reply-cert-req-id" },
    { "status 77", second_status, CLIENT_END, "reply-status" },
    { "granted without", second_bare, CLIENT_END, "reply-status-fits" },
    { "a private key", second_key_sent, CLIENT_END, "reply-in-clear" },
    { "unreadable", second_unreadable, CLIENT_END, "reply-cert-readable" },
    { "one waits", one_waits, CLIENT_END, "reply-waits-whole" },
    { "all wait", all_wait, CLIENT_WAIT, "" },
    { "one refused, two wait", refused_or_wait, CLIENT_WAIT, "" },
    { "signed by the CA of one", issuer_of_one, CLIENT_IGNORE,
      "reply-signer-entitled" },
    { "signed by the CA of all", issuer_of_all, CLIENT_SEND, "", 7, 7 },
    { "error", error, CLIENT_END, "reply-grants" },
};

/* What the certConf says: bits of those in it, and of those accepted. */
static void read_conf(const struct scene *s, const struct cert_conf *conf,
                      unsigned *statuses, unsigned *accepts)
{
    *statuses = *accepts = 0;
    for (size_t i = 0; i < conf->num; i++) {
        int64_t id = conf->list[i].cert_req_id;
        unsigned bit = 1u << id;

        assert_true(
            span_is_equal(conf->list[i].cert_hash, s->facts.certs[id].hash));
        assert_int_equal(*statuses & bit, 0);
        *statuses |= bit;
        *accepts |= conf->list[i].has_status_info ? 0 : bit;
    }
}

static void test_replies(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        unsigned statuses = 0, accepts = 0;
        struct client_step step;
        struct scene s;

        ask_three(&s);
        cases[i].change(&s);
        step = scene_take(&s);
        if (step.action == CLIENT_SEND)
            read_conf(&s, &step.body.cert_conf, &statuses, &accepts);
        if (step.action != cases[i].action ||
            strcmp(step.why.rule, cases[i].rule) != 0 ||
            statuses != cases[i].statuses || accepts != cases[i].accepts ||
            s.client.accepts != accepts) {
            print_error("%s: action %d, rule '%s', %u, %u: %s\n", cases[i].what,
                        (int)step.action, step.why.rule, statuses, accepts,
                        step.why.text);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

/* Each that is not accepted comes with its own reason. */
static void test_reasons(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    ask_three(&s);
    mixed(&s);
    s.responses[0].status.has_fail_info = true;
    s.responses[0].status.fail_info = 1u << FI_BAD_POP;
    step = scene_take(&s);
    assert_string_equal(step.each[0].text,
                        "refused in ip: badPOP; try: another key pair");
    assert_string_equal(step.each[1].rule, "cert-key");
    assert_int_equal(step.each[2].err, ERR_OK);
    s.reply.header.recip_nonce = SPAN_OF(s.client.nonce);
    s.reply.body.type = CMP_PKICONF;
    for (size_t i = 0; i < SCENE_ASKED; i++)
        s.facts.certs[i].cert = NULL;
    assert_int_equal(scene_take(&s).action, CLIENT_INSTALL);
    scene_done(&s);

    ask_three(&s);
    all_expired(&s);
    scene_take(&s);
    s.reply.header.recip_nonce = SPAN_OF(s.client.nonce);
    s.reply.body.type = CMP_PKICONF;
    for (size_t i = 0; i < SCENE_ASKED; i++)
        s.facts.certs[i].cert = NULL;
    assert_int_equal(scene_take(&s).action, CLIENT_END);
    scene_done(&s);
}

/* --- waiting --- */

/* The first and the last wait, the second is refused; a pollReq is out. */
static void poll(struct scene *s)
{
    struct client_step step;

    refused_or_wait(s);
    assert_int_equal(scene_take(s).action, CLIENT_WAIT);
    step = scene_poll_at(s, SCENE_NOW);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.poll_req.num, 2);
    assert_int_equal(step.body.poll_req.list[0], 0);
    assert_int_equal(step.body.poll_req.list[1], 2);
    s->reply.header.recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.body.type = CMP_POLL_REP;
    s->polls[0] = (struct poll_rep_one){ .cert_req_id = 0, .check_after = 60 };
    s->polls[1] = (struct poll_rep_one){ .cert_req_id = 2, .check_after = 90 };
    s->reply.body.poll_rep = (struct poll_rep){ s->polls, 2 };
}

static void final(struct scene *s)
{
    s->reply.body.type = CMP_IP;
    s->reply.body.cert_rep = (struct cert_rep_message){ 0 };
    s->reply.body.cert_rep.responses = s->responses;
    s->reply.body.cert_rep.num_responses = SCENE_ASKED;
    for (size_t i = 0; i < SCENE_ASKED; i += 2) {
        s->responses[i].status.status = STATUS_ACCEPTED;
        s->responses[i].has_key_pair = true;
        s->responses[i].certificate = SPAN_LIT("certificate");
        s->facts.certs[i].cert = &s->certs[i];
    }
}

/* What was refused at first is not told again. */
SCENE_CHANGE(final_two, final(s); s->responses[1] = s->responses[2];
             s->reply.body.cert_rep.num_responses = 2)
SCENE_CHANGE(final_one, final(s); s->reply.body.cert_rep.num_responses = 1)
SCENE_CHANGE(final_lacks, final(s); s->reply.body.cert_rep.num_responses = 2)
SCENE_CHANGE(final_twice, final(s); s->responses[1].cert_req_id = 2)
SCENE_CHANGE(poll_one, s->reply.body.poll_rep.num = 1)
SCENE_CHANGE(poll_none, s->reply.body.poll_rep.num = 0)
SCENE_CHANGE(poll_refused, s->polls[1].cert_req_id = 1)
SCENE_CHANGE(poll_twice, s->polls[1].cert_req_id = 0)
SCENE_CHANGE(poll_whole, poll_one(s); s->polls[0].cert_req_id = -1)
SCENE_CHANGE(poll_negative, s->polls[1].check_after = -1)
SCENE_CHANGE(still, s->reply.body.type = CMP_IP; final(s); refused_or_wait(s))

static void test_polls(void **state)
{
    static const struct {
        const char *what;
        void (*change)(struct scene *s);
        enum client_action action;
        const char *rule;
        int64_t wait;
        unsigned accepts;
    } polls[] = {
        { "pollRep", scene_nothing, CLIENT_WAIT, "", 90 },
        { "of one", poll_one, CLIENT_WAIT, "", 60 },
        { "of none", poll_none, CLIENT_END, "reply-poll-rep" },
        { "of one refused", poll_refused, CLIENT_END, "reply-poll-rep" },
        { "of one twice", poll_twice, CLIENT_END, "reply-poll-rep" },
        { "of the whole", poll_whole, CLIENT_END, "reply-poll-rep" },
        { "before now", poll_negative, CLIENT_END, "reply-poll-rep" },
        { "ip", final, CLIENT_SEND, "", 0, 5 },
        { "ip of what waited", final_two, CLIENT_SEND, "", 0, 5 },
        { "ip of one", final_one, CLIENT_END, "reply-one-response" },
        { "ip without one that waits", final_lacks, CLIENT_END,
          "reply-cert-req-id" },
        { "ip with one twice", final_twice, CLIENT_END, "reply-cert-req-id" },
        { "ip, waiting", still, CLIENT_WAIT, "" },
    };
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(polls); i++) {
        struct client_step step;
        struct scene s;

        ask_three(&s);
        poll(&s);
        polls[i].change(&s);
        step = scene_take(&s);
        if (step.action != polls[i].action || step.wait != polls[i].wait ||
            strcmp(step.why.rule, polls[i].rule) != 0 ||
            s.client.accepts != polls[i].accepts) {
            print_error("%s: action %d, rule '%s', wait %lld: %s\n",
                        polls[i].what, (int)step.action, step.why.rule,
                        (long long)step.wait, step.why.text);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

/* An error with status waiting is about all of the message. */
static void test_whole_message(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    ask_three(&s);
    error(&s);
    s.reply.body.error.status.status = STATUS_WAITING;
    assert_int_equal(scene_take(&s).action, CLIENT_WAIT);
    step = scene_poll_at(&s, SCENE_NOW);
    assert_int_equal(step.body.poll_req.num, 1);
    assert_int_equal(step.body.poll_req.list[0], -1);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_whole_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
