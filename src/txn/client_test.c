/* Requests of the station, and what it takes for an answer to them. */
#include "txn/client_scene_test.h"

/* --- one thing wrong at a time --- */

SCENE_CHANGE(pvno_1, s->reply.header.pvno = 1)
SCENE_CHANGE(pvno_3, s->reply.header.pvno = 3)
SCENE_CHANGE(no_id, s->reply.header.transaction_id = SPAN_NONE)
SCENE_CHANGE(no_recip_nonce, s->reply.header.recip_nonce = SPAN_NONE)
SCENE_CHANGE(no_sender_nonce, s->reply.header.sender_nonce = SPAN_NONE)
SCENE_CHANGE(no_alg, s->reply.header.protection_alg.oid = SPAN_NONE)
SCENE_CHANGE(sha1,
             alg_id_set(&s->reply.header.protection_alg, OID_ECDSA_WITH_SHA1))
SCENE_CHANGE(no_signer, s->facts.signer = NULL)
SCENE_CHANGE(no_path, s->facts.signer_is_trusted = false)
SCENE_CHANGE(signer_usage, s->ra.key_usage = KU_KEY_CERT_SIGN)
SCENE_CHANGE(other_sender, s->reply.header.sender.value = s->own.subject)
SCENE_CHANGE(other_kid, s->reply.header.sender_kid = SPAN_LIT("kid"))
SCENE_CHANGE(email_sender, s->reply.header.sender.type = GN_EMAIL)
SCENE_CHANGE(no_kid, s->reply.header.sender_kid = SPAN_NONE)
SCENE_CHANGE(named, s->ra.eku = SPAN_NONE; s->facts.signer_is_named = true)
SCENE_CHANGE(issuer, s->ra.eku = SPAN_NONE;
             s->facts.certs[0].issuer = s->ra.der)
SCENE_CHANGE(other_ca, s->ra.eku = SPAN_NONE; s->ra.is_ca = true;
             s->ra.key_usage |= KU_KEY_CERT_SIGN)
SCENE_CHANGE(poll_rep, s->reply.body.type = CMP_POLL_REP)
SCENE_CHANGE(other_answer, s->reply.body.type = s->reply.body.type == CMP_IP
                                                    ? CMP_KUP
                                                    : CMP_IP)
SCENE_CHANGE(early_conf, s->reply.body.type = CMP_PKICONF)
SCENE_CHANGE(two_responses, s->reply.body.cert_rep.num_responses = 2)
SCENE_CHANGE(no_response, s->reply.body.cert_rep.num_responses = 0)
SCENE_CHANGE(req_id_0, s->responses[0].cert_req_id = 0)
SCENE_CHANGE(req_id_1, s->responses[0].cert_req_id = 1)
SCENE_CHANGE(req_id_minus_1, s->responses[0].cert_req_id = -1)
SCENE_CHANGE(with_mods,
             s->responses[0].status.status = STATUS_GRANTED_WITH_MODS)
SCENE_CHANGE(waiting_full, s->responses[0].status.status = STATUS_WAITING)
SCENE_CHANGE(waiting_fail_info, scene_waiting(s);
             s->responses[0].status.has_fail_info = true)
SCENE_CHANGE(warning, s->responses[0].status.status = STATUS_REVOCATION_WARNING)
SCENE_CHANGE(status_77, s->responses[0].status.status = 77)
SCENE_CHANGE(granted_bare, s->responses[0].has_key_pair = false;
             s->facts.certs[0].cert = NULL)
SCENE_CHANGE(granted_fail_info, s->responses[0].status.has_fail_info = true)
SCENE_CHANGE(rejected_full, s->responses[0].status.status = STATUS_REJECTION)
SCENE_CHANGE(encrypted,
             s->responses[0].encrypted_cert = s->responses[0].certificate;
             s->responses[0].certificate = SPAN_NONE;
             s->facts.certs[0].cert = NULL)
SCENE_CHANGE(private_key, s->responses[0].private_key = SPAN_LIT("key"))
SCENE_CHANGE(unreadable, s->facts.certs[0].cert = NULL)
SCENE_CHANGE(no_hash, s->facts.certs[0].hash = SPAN_NONE)
SCENE_CHANGE(other_key, s->facts.certs[0].public_key = SPAN_LIT("another"))
SCENE_CHANGE(cert_no_path, s->facts.certs[0].is_trusted = false)
SCENE_CHANGE(cert_expired, s->certs[0].not_after = SCENE_NOW)
SCENE_CHANGE(cert_early, s->certs[0].not_before = SCENE_NOW + 1)
SCENE_CHANGE(cert_usage, s->certs[0].key_usage = KU_KEY_ENCIPHERMENT)
SCENE_CHANGE(cert_ca, s->certs[0].is_ca = true)
SCENE_CHANGE(cert_sign, s->certs[0].key_usage |= KU_KEY_CERT_SIGN)
SCENE_CHANGE(cert_san, s->certs[0].san = SPAN_LIT("another SAN"))
SCENE_CHANGE(cert_subject, s->certs[0].subject = SCENE_NAME("b", "t"))

static const struct {
    const char *what;
    enum cmp_body_type request;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule; /* "": none is broken */
} reply_cases[] = {
    { "good ip", CMP_IR, scene_nothing, CLIENT_SEND, "" },
    { "good kup", CMP_KUR, scene_nothing, CLIENT_SEND, "" },
    { "good cp", CMP_CR, scene_nothing, CLIENT_SEND, "" },
    { "good cp to a p10cr", CMP_P10CR, scene_nothing, CLIENT_SEND, "" },
    { "ip to cr", CMP_CR, other_answer, CLIENT_END, "reply-body" },
    { "ip to p10cr", CMP_P10CR, other_answer, CLIENT_END, "reply-body" },
    { "-1 to cr", CMP_CR, req_id_minus_1, CLIENT_END, "reply-cert-req-id" },
    { "0 to p10cr", CMP_P10CR, req_id_0, CLIENT_END, "reply-cert-req-id" },
    { "waiting p10cr", CMP_P10CR, scene_waiting, CLIENT_WAIT, "" },
    { "grantedWithMods", CMP_IR, with_mods, CLIENT_SEND, "" },
    { "another subject in an ip", CMP_IR, cert_subject, CLIENT_SEND, "" },
    { "no senderKID", CMP_IR, no_kid, CLIENT_SEND, "" },
    { "signed by one named", CMP_IR, named, CLIENT_SEND, "" },
    { "signed by the issuer", CMP_IR, issuer, CLIENT_SEND, "" },
    { "pvno 1", CMP_IR, pvno_1, CLIENT_IGNORE, "reply-pvno" },
    { "pvno 3", CMP_IR, pvno_3, CLIENT_IGNORE, "reply-pvno" },
    { "no ID", CMP_IR, no_id, CLIENT_IGNORE, "reply-transaction-id" },
    { "other ID", CMP_IR, scene_other_id, CLIENT_IGNORE,
      "reply-transaction-id" },
    { "no recipNonce", CMP_IR, no_recip_nonce, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "other recipNonce", CMP_IR, scene_other_nonce, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "no senderNonce", CMP_IR, no_sender_nonce, CLIENT_IGNORE,
      "reply-sender-nonce" },
    { "15 octets", CMP_IR, scene_short_nonce, CLIENT_IGNORE,
      "reply-sender-nonce" },
    { "no protection", CMP_IR, scene_no_protection, CLIENT_IGNORE,
      "reply-protected" },
    { "no protectionAlg", CMP_IR, no_alg, CLIENT_IGNORE, "reply-protected" },
    { "MAC", CMP_IR, scene_mac, CLIENT_IGNORE, "reply-protection-kind" },
    { "SHA-1", CMP_IR, sha1, CLIENT_IGNORE, "reply-protection-alg" },
    { "no signer", CMP_IR, no_signer, CLIENT_IGNORE, "reply-signer-known" },
    { "signature", CMP_IR, scene_bad_signature, CLIENT_IGNORE,
      "reply-signature" },
    { "no path", CMP_IR, no_path, CLIENT_IGNORE, "reply-signer-path" },
    { "signer's usage", CMP_IR, signer_usage, CLIENT_IGNORE,
      "reply-signer-usage" },
    { "other sender", CMP_IR, other_sender, CLIENT_IGNORE, "reply-sender" },
    { "other senderKID", CMP_IR, other_kid, CLIENT_IGNORE, "reply-sender" },
    { "sender no Name", CMP_IR, email_sender, CLIENT_IGNORE, "reply-sender" },
    { "another station", CMP_IR, scene_no_eku, CLIENT_IGNORE,
      "reply-signer-entitled" },
    { "another CA", CMP_IR, other_ca, CLIENT_IGNORE, "reply-signer-entitled" },
    { "pollRep", CMP_IR, poll_rep, CLIENT_END, "reply-body" },
    { "kup to ir", CMP_IR, other_answer, CLIENT_END, "reply-body" },
    { "ip to kur", CMP_KUR, other_answer, CLIENT_END, "reply-body" },
    { "pkiconf to ir", CMP_IR, early_conf, CLIENT_END, "reply-body" },
    { "two", CMP_IR, two_responses, CLIENT_END, "reply-one-response" },
    { "none", CMP_IR, no_response, CLIENT_END, "reply-one-response" },
    { "certReqId 1", CMP_IR, req_id_1, CLIENT_END, "reply-cert-req-id" },
    { "certReqId -1", CMP_IR, req_id_minus_1, CLIENT_END, "reply-cert-req-id" },
    { "waiting", CMP_IR, scene_waiting, CLIENT_WAIT, "" },
    { "waiting, a certificate", CMP_IR, waiting_full, CLIENT_END,
      "reply-status-fits" },
    { "waiting, failInfo", CMP_IR, waiting_fail_info, CLIENT_END,
      "reply-status-fits" },
    { "revocationWarning", CMP_IR, warning, CLIENT_END, "reply-status" },
    { "status 77", CMP_IR, status_77, CLIENT_END, "reply-status" },
    { "granted, none", CMP_IR, granted_bare, CLIENT_END, "reply-status-fits" },
    { "granted, failInfo", CMP_IR, granted_fail_info, CLIENT_END,
      "reply-status-fits" },
    { "rejected, one", CMP_IR, rejected_full, CLIENT_END, "reply-status-fits" },
    { "encrypted", CMP_IR, encrypted, CLIENT_END, "reply-in-clear" },
    { "private key", CMP_IR, private_key, CLIENT_END, "reply-in-clear" },
    { "unreadable", CMP_IR, unreadable, CLIENT_END, "reply-cert-readable" },
    { "no hash", CMP_IR, no_hash, CLIENT_END, "reply-cert-readable" },
    { "another key", CMP_IR, other_key, CLIENT_SEND, "cert-key" },
    { "no path", CMP_IR, cert_no_path, CLIENT_SEND, "cert-path" },
    { "expired", CMP_IR, cert_expired, CLIENT_SEND, "cert-dates" },
    { "not yet", CMP_IR, cert_early, CLIENT_SEND, "cert-dates" },
    { "no signing", CMP_IR, cert_usage, CLIENT_SEND, "cert-key-usage" },
    { "cA", CMP_IR, cert_ca, CLIENT_SEND, "cert-not-ca" },
    { "keyCertSign", CMP_IR, cert_sign, CLIENT_SEND, "cert-not-ca" },
    { "another SAN in an ip", CMP_IR, cert_san, CLIENT_SEND, "" },
    { "SAN on kur", CMP_KUR, cert_san, CLIENT_SEND, "cert-san" },
    { "subject on kur", CMP_KUR, cert_subject, CLIENT_SEND, "cert-subject" },
};

static void test_replies(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(reply_cases); i++) {
        struct scene s;
        struct client before;
        struct client_step step;

        scene_init(&s, reply_cases[i].request);
        reply_cases[i].change(&s);
        before = s.client;
        step = scene_take(&s);
        if (step.action != reply_cases[i].action ||
            strcmp(step.why.rule, reply_cases[i].rule) != 0 ||
            s.client.state != scene_state_after(step.action) ||
            (step.action == CLIENT_IGNORE &&
             !scene_is_unchanged(&before, &s.client))) {
            print_error("%s: action %d, rule '%s': %s\n", reply_cases[i].what,
                        (int)step.action, step.why.rule, step.why.text);
            failures++;
        }
        if (step.action == CLIENT_SEND &&
            step.body.cert_conf.list[0].cert_req_id !=
                client_req_id(s.client.request)) {
            print_error("%s: certReqId of the certConf\n", reply_cases[i].what);
            failures++;
        }
        if (step.action == CLIENT_SEND &&
            step.body.cert_conf.list[0].has_status_info !=
                (reply_cases[i].rule[0] != '\0')) {
            print_error("%s: certConf\n", reply_cases[i].what);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

static void test_cert_conf(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s, CMP_IR);
    step = scene_take(&s);
    assert_int_equal(step.body.type, CMP_CERT_CONF);
    assert_true(span_is_equal(step.body.cert_conf.list[0].cert_hash,
                              s.facts.certs[0].hash));
    assert_true(span_is_equal(step.header.transaction_id,
                              SPAN_OF(s.client.transaction_id)));
    assert_true(
        span_is_equal(step.header.recip_nonce, SPAN_OF(scene_server_nonce)));
    assert_memory_equal(step.header.sender_nonce.ptr, scene_next_random, 16);
    assert_true(span_is_equal(step.header.recipient.value, s.ra.subject));
    assert_true(span_is_equal(step.header.sender.value, s.own.subject));
    /* confirmWaitTime is counted on the server's own clock. */
    assert_int_equal(s.client.deadline, SCENE_NOW + SCENE_WAIT);
    scene_done(&s);
}

/* A refusal says what the server said; a CA may refuse, a station may not. */
static void test_refusal(void **state)
{
    struct span text = SPAN_LIT("not on the list");
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s, CMP_IR);
    s.responses[0] = (struct cert_response){ 0 };
    s.responses[0].status.status = STATUS_REJECTION;
    s.responses[0].status.has_fail_info = true;
    s.responses[0].status.fail_info =
        1u << FI_NOT_AUTHORIZED | 1u << FI_BAD_POP;
    s.responses[0].status.status_string = (struct text_list){ &text, 1 };
    s.facts.certs[0].cert = NULL;
    s.facts.certs[0].issuer = SPAN_NONE;
    s.ra.eku = SPAN_NONE;
    step = scene_take(&s);
    assert_int_equal(step.action, CLIENT_IGNORE);
    assert_string_equal(step.why.rule, "reply-signer-entitled");
    s.ra.is_ca = true;
    s.ra.key_usage |= KU_KEY_CERT_SIGN;
    step = scene_take(&s);
    assert_int_equal(step.action, CLIENT_END);
    assert_int_equal(step.why.err, ERR_REFUSED);
    assert_string_equal(step.why.text, "refused in ip: badPOP, notAuthorized: "
                                       "not on the list; try: another key "
                                       "pair");
    scene_done(&s);
}

static void test_confirm_wait(void **state)
{
    static const struct {
        int64_t until; /* from SCENE_NOW; 0: none */
        bool has_time;
        int64_t deadline;
    } cases[] = {
        { 0, true, 120 },
        { 1300, true, 300 },
        { 300, false, 300 },
        { 900, true, 0 }, /* before the message's own time */
        { 1000 + 1000000, true, 86400 },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct scene s;

        scene_init(&s, CMP_IR);
        if (cases[i].until == 0)
            s.reply.header.general_info.num = 0;
        else
            scene_set_info(&s, SCENE_NOW + cases[i].until);
        s.reply.header.has_message_time = cases[i].has_time;
        scene_take(&s);
        assert_int_equal(s.client.deadline - SCENE_NOW, cases[i].deadline);
        scene_done(&s);
    }
}

/* --- requests --- */

static const uint8_t spki[] = {
    0x30, 0x10, 0x30, 0x0b, 0x06, 0x07, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x02, 0x01, 0x05, 0x00, 0x03, 0x01, 0x00,
};

/* Without a subject the vendor's name goes into poposkInput, and that is what
 * is signed; with one it is the CertRequest. */
static void test_request(void **state)
{
    struct client_wish wish = { .request = CMP_IR,
                                .public_key = SPAN_OF(spki) };
    struct cert_req_msg msg;
    struct span bytes;
    struct scene s;

    (void)state;
    scene_init(&s, CMP_IR);
    assert_int_equal(client_request_make(&wish, &s.credential, SIG_ECDSA_SHA256,
                                         s.arena, &msg, &bytes, NULL),
                     ERR_OK);
    assert_true(msg.popo.has_input_sender);
    assert_true(span_is_equal(msg.popo.input_sender.value, s.own.subject));
    assert_false(span_is_equal(bytes, msg.cert_req.der));
    assert_int_equal(bytes.ptr[0], DER_SEQUENCE);

    wish.subject = SCENE_NAME("g", "n");
    assert_int_equal(client_request_make(&wish, &s.credential, SIG_ECDSA_SHA256,
                                         s.arena, &msg, &bytes, NULL),
                     ERR_OK);
    assert_true(span_is_absent(msg.popo.input));
    assert_true(span_is_equal(bytes, msg.cert_req.der));

    s.own.issuer = SCENE_NAME("c", "a");
    s.own.serial = SPAN_LIT("\x05");
    wish = (struct client_wish){ .request = CMP_KUR,
                                 .public_key = SPAN_OF(spki),
                                 .old = &s.own };
    assert_int_equal(client_request_make(&wish, &s.credential, SIG_ECDSA_SHA256,
                                         s.arena, &msg, &bytes, NULL),
                     ERR_OK);
    assert_non_null(control_find(&msg.cert_req, OID_ID_REG_CTRL_OLD_CERT_ID));
    assert_true(
        span_is_equal(msg.cert_req.cert_template.subject, s.own.subject));
    wish.public_key = SPAN_LIT("no key");
    assert_int_equal(client_request_make(&wish, &s.credential, SIG_ECDSA_SHA256,
                                         s.arena, &msg, &bytes, NULL),
                     ERR_BAD_DATA_FORMAT);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies), cmocka_unit_test(test_cert_conf),
        cmocka_unit_test(test_refusal), cmocka_unit_test(test_confirm_wait),
        cmocka_unit_test(test_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
