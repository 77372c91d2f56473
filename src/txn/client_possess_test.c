/*
 * The station's machine and keys that do not sign: what it asks for, and which
 * challenge it answers.
 */
#include "base/limits.h"
#include "txn/client_scene_test.h"

/* An Ed25519 key, as good as any: only its bytes are copied. */
#define KEY                                                     \
    SPAN_LIT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00" \
             "0123456789abcdef0123456789abcdef")

/* The request is out, and is answered by a challenge. */
static void init_proof(struct scene *s, enum client_proof proof)
{
    const struct client_wish wish = { .request = CMP_IR, .proof = proof };

    scene_init_idle(s);
    scene_ask(s, &wish, 1);
    s->responses[0] = (struct cert_response){ 0 };
    s->facts.certs[0] = (struct client_cert_facts){ 0 };
    memset(s->facts.signer_id, 0, sizeof(s->facts.signer_id));
    s->facts.number = SPAN_LIT("\x47\x11");
    s->reply.body.type = CMP_POPDECC;
    s->reply.body.pop_challenges = (struct pop_challenges){ s->challenges, 1 };
}

/* --- the request --- */

static const struct {
    enum client_proof proof;
    bool is_agreement;
    enum popo_type type;
    const char *priv, *usage;
} requests[] = {
    { CLIENT_PROOF_CHALLENGE, false, POPO_KEY_ENCIPHERMENT, "\x81\x01\x01",
      "\x03\x02\x05\x20" },
    { CLIENT_PROOF_CERTIFICATE, false, POPO_KEY_ENCIPHERMENT, "\x81\x01\x00",
      "\x03\x02\x05\x20" },
    { CLIENT_PROOF_CHALLENGE, true, POPO_KEY_AGREEMENT, "\x81\x01\x01",
      "\x03\x02\x03\x08" },
    { CLIENT_PROOF_CERTIFICATE, true, POPO_KEY_AGREEMENT, "\x81\x01\x00",
      "\x03\x02\x03\x08" },
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(requests); i++) {
        const struct client_wish wish = { .request = CMP_IR,
                                          .public_key = KEY,
                                          .proof = requests[i].proof,
                                          .is_agreement =
                                              requests[i].is_agreement };
        struct client client = { 0 };
        struct cert_req_msg msg;
        struct client_step step;
        struct span bytes;
        struct scene s;
        const struct extension *usage;

        init_proof(&s, CLIENT_PROOF_SIGNATURE);
        assert_int_equal(client_request_make(&wish, &s.credential,
                                             SIG_ECDSA_SHA256, s.arena, &msg,
                                             &bytes, NULL),
                         ERR_OK);
        assert_true(span_is_absent(bytes)); /* nothing is to be signed */
        assert_int_equal(msg.popo.type, requests[i].type);
        assert_true(span_is_equal(msg.popo.priv, span_of(requests[i].priv, 3)));
        usage = extension_find(&msg.cert_req.cert_template.extensions,
                               OID_ID_CE_KEY_USAGE);
        assert_non_null(usage);
        assert_true(span_is_equal(usage->value, span_of(requests[i].usage, 4)));
        assert_int_equal(client_start(&client, &wish, &s.credential, &msg, 1,
                                      &scene_waits, SCENE_NOW, scene_random,
                                      s.arena, &step, NULL),
                         ERR_OK);
        assert_int_equal(step.header.pvno, requests[i].is_agreement ? 3 : 2);
        scene_done(&s);
    }
}

/* --- the challenge --- */

SCENE_CHANGE(by_signature, s->client.proof = CLIENT_PROOF_SIGNATURE)
SCENE_CHANGE(by_certificate, s->client.proof = CLIENT_PROOF_CERTIFICATE)
SCENE_CHANGE(again, s->client.has_answered = true)
SCENE_CHANGE(polling, s->client.poll = CLIENT_POLL_SENT)
SCENE_CHANGE(confirming, s->client.state = CLIENT_CONFIRM_SENT)
SCENE_CHANGE(unopened, s->facts.number = SPAN_NONE)
SCENE_CHANGE(two, s->reply.body.pop_challenges.num = 2)
SCENE_CHANGE(none, s->reply.body.pop_challenges.num = 0)
SCENE_CHANGE(untrusted, s->facts.signer_is_trusted = false)
SCENE_CHANGE(other_pvno, s->reply.header.pvno = 3)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
} cases[] = {
    { "a good one", scene_nothing, CLIENT_SEND, "" },
    { "to who signs", by_signature, CLIENT_END, "reply-body" },
    { "to who decrypts the certificate", by_certificate, CLIENT_END,
      "reply-body" },
    { "a second one", again, CLIENT_END, "reply-body" },
    { "to a pollReq", polling, CLIENT_END, "reply-body" },
    { "to a certConf", confirming, CLIENT_END, "reply-body" },
    { "one that does not open", unopened, CLIENT_END, "reply-challenge-opens" },
    { "two", two, CLIENT_END, "reply-challenge-opens" },
    { "none", none, CLIENT_END, "reply-challenge-opens" },
    { "forged", scene_bad_signature, CLIENT_IGNORE, "reply-signature" },
    { "from somebody", untrusted, CLIENT_IGNORE, "reply-signer-path" },
    { "to another message", scene_other_nonce, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "in another version", other_pvno, CLIENT_IGNORE, "reply-pvno" },
};

static void test_challenges(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct client_step step;
        struct scene s;

        init_proof(&s, CLIENT_PROOF_CHALLENGE);
        cases[i].change(&s);
        print_message("%s\n", cases[i].what);
        step = scene_take(&s);
        assert_int_equal(step.action, cases[i].action);
        assert_string_equal(step.why.rule, cases[i].rule);
        assert_int_equal(s.client.has_answered && i != 3,
                         step.action == CLIENT_SEND);
        scene_done(&s);
    }
}

/* popdecr, and what follows it: only from who challenged. */
static void test_answer(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    init_proof(&s, CLIENT_PROOF_CHALLENGE);
    s.facts.signer_id[0] = 1;
    step = scene_take(&s);
    assert_int_equal(step.body.type, CMP_POPDECR);
    assert_int_equal(step.body.pop_answers.num, 1);
    assert_true(
        span_is_equal(step.body.pop_answers.list[0], SPAN_LIT("\x47\x11")));
    assert_true(
        span_is_equal(step.header.recip_nonce, SPAN_OF(scene_server_nonce)));
    assert_true(span_is_equal(step.header.sender_nonce,
                              span_of(scene_next_random, 16)));
    assert_true(
        span_is_equal(step.header.transaction_id, span_of(scene_random, 16)));
    assert_int_equal(s.client.state, CLIENT_REQUEST_SENT);
    assert_int_equal(s.client.deadline, SCENE_NOW + scene_waits.request);

    s.reply.body.type = CMP_IP;
    s.responses[0].status.status = STATUS_REJECTION;
    s.reply.body.cert_rep = (struct cert_rep_message){ .responses = s.responses,
                                                       .num_responses = 1 };
    s.facts.signer_id[0] = 2;
    step = scene_take(&s);
    assert_int_equal(step.action, CLIENT_IGNORE);
    assert_string_equal(step.why.rule, "reply-same-signer");
    s.facts.signer_id[0] = 1;
    step = scene_take(&s);
    assert_int_equal(step.action, CLIENT_END);
    assert_int_equal(step.why.err, ERR_REFUSED);
    scene_done(&s);
}

/* --- a key that the server makes --- */

static void ip_with_key(struct scene *s)
{
    s->reply.header.pvno = 3;
    s->reply.body.type = CMP_IP;
    s->responses[0].has_key_pair = true;
    s->responses[0].certificate = SPAN_LIT("certificate");
    s->responses[0].private_key = SPAN_LIT("key");
    s->reply.body.cert_rep =
        (struct cert_rep_message){ .responses = s->responses,
                                   .num_responses = 1 };
    s->certs[0].spki.der = KEY;
    s->certs[0].not_after = SCENE_NOW + 1;
    s->facts.certs[0] = (struct client_cert_facts){
        .cert = &s->certs[0],
        .is_trusted = true,
        .public_key = KEY,
        .hash = SPAN_LIT("hash"),
    };
}

static void does_not_open(struct scene *s)
{
    s->facts.certs[0].made_key_text = "it does not open";
    s->facts.certs[0].public_key = SPAN_NONE;
}
static void of_another(struct scene *s)
{
    s->certs[0].spki.der = s->own.subject;
}
static void for_encryption(struct scene *s)
{
    s->certs[0].has_key_usage = true;
    s->certs[0].key_usage = KU_KEY_AGREEMENT;
}
static void in_v2(struct scene *s)
{
    s->reply.header.pvno = 2;
}

static void test_made_keys(void **state)
{
    static const struct {
        const char *what;
        enum client_proof proof;
        void (*change)(struct scene *s);
        enum client_action action;
        const char *rule;
    } made[] = {
        { "good", CLIENT_PROOF_NONE, scene_nothing, CLIENT_SEND, "" },
        { "does not open", CLIENT_PROOF_NONE, does_not_open, CLIENT_SEND,
          "cert-made-key" },
        { "another's", CLIENT_PROOF_NONE, of_another, CLIENT_SEND, "cert-key" },
        { "not for signing", CLIENT_PROOF_NONE, for_encryption, CLIENT_SEND,
          "cert-key-usage" },
        { "pvno 2", CLIENT_PROOF_NONE, in_v2, CLIENT_IGNORE, "reply-pvno" },
        { "nobody asked", CLIENT_PROOF_SIGNATURE, in_v2, CLIENT_END,
          "reply-in-clear" },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(made); i++) {
        struct client_step step;
        struct scene s;

        init_proof(&s, made[i].proof);
        ip_with_key(&s);
        made[i].change(&s);
        step = scene_take(&s);
        if (step.action != made[i].action ||
            strcmp(step.why.rule, made[i].rule) != 0)
            fail_msg("%s: %d %s: %s", made[i].what, step.action, step.why.rule,
                     step.why.text);
        scene_done(&s);
    }
}

/* No popo, and an empty key of the kind that is wanted. */
static void test_wish_for_key(void **state)
{
    const struct client_wish wish = {
        .request = CMP_IR,
        .proof = CLIENT_PROOF_NONE,
        .subject = SCENE_NAME("b", "s"),
        .public_key = SPAN_LIT("\x30\x0a\x30\x05\x06\x03\x2b\x65\x70\x03\x01"
                               "\x00"),
    };
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct cert_req_msg msg = { 0 };
    struct span bytes = SPAN_LIT("x");
    struct scene s;

    (void)state;
    init_proof(&s, CLIENT_PROOF_NONE);
    assert_true(s.client.is_v3);
    assert_int_equal(client_request_make(&wish, &s.credential, SIG_UNKNOWN, a,
                                         &msg, &bytes, NULL),
                     ERR_OK);
    assert_true(span_is_absent(bytes));
    assert_int_equal(msg.popo.type, POPO_ABSENT);
    assert_true(msg.cert_req.cert_template.has_public_key);
    assert_int_equal(msg.cert_req.cert_template.public_key.key.len, 0);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),     cmocka_unit_test(test_challenges),
        cmocka_unit_test(test_answer),       cmocka_unit_test(test_made_keys),
        cmocka_unit_test(test_wish_for_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
