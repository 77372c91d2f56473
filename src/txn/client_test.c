#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "txn/client.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define NOW ((int64_t)1795341600)
#define WAIT 300
/* CN=ra, CN=bs, CN=ca */
#define NAME(a, b)                                          \
    SPAN_LIT("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03" \
             "\x0c\x02" a b)

static const uint8_t first_random[CLIENT_RANDOM_LEN] =
    "transaction-id-0nonce-of-the-ir";
static const uint8_t second_random[CLIENT_RANDOM_LEN] = "nonce-of-confirm";
static const uint8_t server_nonce[16] = "nonce-of-server";

static const struct client_waits waits = { .request = 600,
                                           .confirm = 120,
                                           .confirm_max = 86400,
                                           .retry = 2,
                                           .retry_max = 60,
                                           .asked_max = 300,
                                           .poll_max = 3600 };

/* A station, a server, and what they have in hand. */
struct scene {
    struct arena *arena;
    struct x509_cert own, ra, cert;
    struct client_credential credential;
    struct client client;
    struct cert_response response;
    struct cmp_message reply;
    struct client_facts facts;
    struct info_type_value info;
};

static void set_info(struct scene *s, int64_t until)
{
    struct der_writer w;

    der_writer_init(&w, s->arena, 32);
    der_put_generalized_time(&w, until);
    assert_int_equal(der_finish(&w, &s->info.value), ERR_OK);
    s->info.id = OID_ID_IT_CONFIRM_WAIT_TIME;
}

static void fill_certs(struct scene *s)
{
    static const uint8_t cmc_ra[] = { 0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06,
                                      0x01, 0x05, 0x05, 0x07, 0x03, 0x1c };

    s->own.subject = NAME("b", "s");
    s->own.ski = SPAN_LIT("own-ski");
    s->ra.subject = NAME("r", "a");
    s->ra.ski = SPAN_LIT("ra-ski");
    s->ra.der = SPAN_LIT("certificate of the RA");
    s->ra.eku = SPAN_OF(cmc_ra);
    s->ra.has_key_usage = true;
    s->ra.key_usage = KU_DIGITAL_SIGNATURE;
    s->cert.subject = NAME("b", "s");
    s->cert.spki.der = SPAN_LIT("the key");
    s->cert.not_before = NOW - 60;
    s->cert.not_after = NOW + 86400;
    s->cert.has_key_usage = true;
    s->cert.key_usage = KU_DIGITAL_SIGNATURE;
    s->credential = (struct client_credential){ &s->own, SIG_ECDSA_SHA256 };
}

/* A good ip to the ir that went out. */
static void fill_reply(struct scene *s)
{
    struct pki_header *h = &s->reply.header;

    h->pvno = 2;
    h->sender.type = GN_DIRECTORY;
    h->sender.value = s->ra.subject;
    h->sender_kid = s->ra.ski;
    h->has_message_time = true;
    h->message_time = NOW + 1000; /* its clock differs */
    h->protection_alg.oid = oid_span(OID_ECDSA_WITH_SHA256);
    h->transaction_id = SPAN_OF(s->client.transaction_id);
    h->sender_nonce = SPAN_OF(server_nonce);
    h->recip_nonce = SPAN_OF(s->client.nonce);
    h->general_info = (struct info_list){ &s->info, 1 };
    set_info(s, NOW + 1000 + WAIT);
    s->reply.protection.bytes = SPAN_LIT("signature");
    s->response.has_key_pair = true;
    s->response.certificate = SPAN_LIT("certificate");
    s->reply.body.type = CMP_IP;
    s->reply.body.cert_rep.responses = &s->response;
    s->reply.body.cert_rep.num_responses = 1;
}

static void fill_facts(struct scene *s)
{
    s->facts.certs[0].public_key = SPAN_LIT("the key");
    s->facts.signer = &s->ra;
    memset(s->facts.signer_id, 7, sizeof(s->facts.signer_id));
    s->facts.signature_holds = s->facts.signer_is_trusted = true;
    s->facts.certs[0].cert = &s->cert;
    s->facts.certs[0].is_trusted = true;
    s->facts.certs[0].issuer = SPAN_LIT("certificate of the CA");
    s->facts.certs[0].hash = SPAN_LIT("hash");
}

static void scene_init(struct scene *s, enum cmp_body_type request)
{
    struct p10_request p10 = { 0 };
    struct client_wish wish = { .request = request, .p10 = &p10 };
    struct cert_req_msg msg = { 0 };
    struct client_step step;

    memset(s, 0, sizeof(*s));
    s->arena = arena_new(LIMIT_REQUEST_ARENA);
    assert_non_null(s->arena);
    fill_certs(s);
    assert_int_equal(client_start(&s->client, &wish, &s->credential, &msg, 1,
                                  &waits, NOW, first_random, s->arena, &step,
                                  NULL),
                     ERR_OK);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.type, request);
    assert_true(span_is_absent(step.header.recip_nonce));
    fill_reply(s);
    fill_facts(s);
    if (request == CMP_CR || request == CMP_P10CR)
        s->reply.body.type = CMP_CP;
    s->response.cert_req_id = client_req_id(request);
    if (request == CMP_KUR) {
        s->reply.body.type = CMP_KUP;
        s->facts.subject = s->own.subject;
    }
}

static struct client_step take(struct scene *s)
{
    struct client_step step;

    assert_int_equal(client_reply(&s->client, &s->credential, &s->reply,
                                  &s->facts, &waits, NOW, second_random,
                                  s->arena, &step, NULL),
                     ERR_OK);
    return step;
}

/* Goes on to where a certConf is out, and makes the reply a pkiconf. */
static void confirm(struct scene *s)
{
    take(s);
    assert_int_equal(s->client.state, CLIENT_CONFIRM_SENT);
    s->reply.header.recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.body.type = CMP_PKICONF;
    s->facts.certs[0].cert = NULL;
}

/* --- one thing wrong at a time --- */

#define CHANGE(name, statement)       \
    static void name(struct scene *s) \
    {                                 \
        statement;                    \
    }
CHANGE(nothing, (void)s)
CHANGE(pvno_1, s->reply.header.pvno = 1)
CHANGE(pvno_3, s->reply.header.pvno = 3)
CHANGE(no_id, s->reply.header.transaction_id = SPAN_NONE)
CHANGE(other_id, s->reply.header.transaction_id = SPAN_LIT("transaction-id-1"))
CHANGE(no_recip_nonce, s->reply.header.recip_nonce = SPAN_NONE)
CHANGE(other_recip_nonce, s->reply.header.recip_nonce = SPAN_OF(server_nonce))
CHANGE(no_sender_nonce, s->reply.header.sender_nonce = SPAN_NONE)
CHANGE(short_nonce, s->reply.header.sender_nonce = SPAN_LIT("15 octets of it"))
CHANGE(no_protection, s->reply.protection.bytes = SPAN_NONE)
CHANGE(no_alg, s->reply.header.protection_alg.oid = SPAN_NONE)
CHANGE(mac,
       s->reply.header.protection_alg.oid = oid_span(OID_ID_PASSWORD_BASED_MAC))
CHANGE(sha1, s->reply.header.protection_alg.oid = oid_span(OID_ECDSA_WITH_SHA1))
CHANGE(no_signer, s->facts.signer = NULL)
CHANGE(bad_signature, s->facts.signature_holds = false)
CHANGE(no_path, s->facts.signer_is_trusted = false)
CHANGE(signer_usage, s->ra.key_usage = KU_KEY_CERT_SIGN)
CHANGE(other_sender, s->reply.header.sender.value = s->own.subject)
CHANGE(other_kid, s->reply.header.sender_kid = SPAN_LIT("kid"))
CHANGE(email_sender, s->reply.header.sender.type = GN_EMAIL)
CHANGE(no_kid, s->reply.header.sender_kid = SPAN_NONE)
CHANGE(no_eku, s->ra.eku = SPAN_NONE)
CHANGE(named, s->ra.eku = SPAN_NONE; s->facts.signer_is_named = true)
CHANGE(issuer, s->ra.eku = SPAN_NONE; s->facts.certs[0].issuer = s->ra.der)
CHANGE(other_ca, s->ra.eku = SPAN_NONE; s->ra.is_ca = true;
       s->ra.key_usage |= KU_KEY_CERT_SIGN)
CHANGE(poll_rep, s->reply.body.type = CMP_POLL_REP)
CHANGE(other_answer,
       s->reply.body.type = s->reply.body.type == CMP_IP ? CMP_KUP : CMP_IP)
CHANGE(early_conf, s->reply.body.type = CMP_PKICONF)
CHANGE(two_responses, s->reply.body.cert_rep.num_responses = 2)
CHANGE(no_response, s->reply.body.cert_rep.num_responses = 0)
CHANGE(req_id_0, s->response.cert_req_id = 0)
CHANGE(req_id_1, s->response.cert_req_id = 1)
CHANGE(req_id_minus_1, s->response.cert_req_id = -1)
CHANGE(with_mods, s->response.status.status = STATUS_GRANTED_WITH_MODS)
CHANGE(waiting, s->response.status.status = STATUS_WAITING;
       s->response.has_key_pair = false; s->facts.certs[0].cert = NULL)
CHANGE(waiting_full, s->response.status.status = STATUS_WAITING)
CHANGE(waiting_fail_info, waiting(s); s->response.status.has_fail_info = true)
CHANGE(warning, s->response.status.status = STATUS_REVOCATION_WARNING)
CHANGE(status_77, s->response.status.status = 77)
CHANGE(granted_bare, s->response.has_key_pair = false;
       s->facts.certs[0].cert = NULL)
CHANGE(granted_fail_info, s->response.status.has_fail_info = true)
CHANGE(rejected_full, s->response.status.status = STATUS_REJECTION)
CHANGE(encrypted, s->response.encrypted_cert = s->response.certificate;
       s->response.certificate = SPAN_NONE; s->facts.certs[0].cert = NULL)
CHANGE(private_key, s->response.private_key = SPAN_LIT("key"))
CHANGE(unreadable, s->facts.certs[0].cert = NULL)
CHANGE(no_hash, s->facts.certs[0].hash = SPAN_NONE)
CHANGE(other_key, s->facts.certs[0].public_key = SPAN_LIT("another"))
CHANGE(cert_no_path, s->facts.certs[0].is_trusted = false)
CHANGE(cert_expired, s->cert.not_after = NOW)
CHANGE(cert_early, s->cert.not_before = NOW + 1)
CHANGE(cert_usage, s->cert.key_usage = KU_KEY_ENCIPHERMENT)
CHANGE(cert_ca, s->cert.is_ca = true)
CHANGE(cert_sign, s->cert.key_usage |= KU_KEY_CERT_SIGN)
CHANGE(cert_san, s->cert.san = SPAN_LIT("another SAN"))
CHANGE(cert_subject, s->cert.subject = NAME("b", "t"))

static const struct {
    const char *what;
    enum cmp_body_type request;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule; /* "": none is broken */
} reply_cases[] = {
    { "good ip", CMP_IR, nothing, CLIENT_SEND, "" },
    { "good kup", CMP_KUR, nothing, CLIENT_SEND, "" },
    { "good cp", CMP_CR, nothing, CLIENT_SEND, "" },
    { "good cp to a p10cr", CMP_P10CR, nothing, CLIENT_SEND, "" },
    { "ip to cr", CMP_CR, other_answer, CLIENT_END, "reply-body" },
    { "ip to p10cr", CMP_P10CR, other_answer, CLIENT_END, "reply-body" },
    { "-1 to cr", CMP_CR, req_id_minus_1, CLIENT_END, "reply-cert-req-id" },
    { "0 to p10cr", CMP_P10CR, req_id_0, CLIENT_END, "reply-cert-req-id" },
    { "waiting p10cr", CMP_P10CR, waiting, CLIENT_WAIT, "" },
    { "grantedWithMods", CMP_IR, with_mods, CLIENT_SEND, "" },
    { "another subject in an ip", CMP_IR, cert_subject, CLIENT_SEND, "" },
    { "no senderKID", CMP_IR, no_kid, CLIENT_SEND, "" },
    { "signed by one named", CMP_IR, named, CLIENT_SEND, "" },
    { "signed by the issuer", CMP_IR, issuer, CLIENT_SEND, "" },
    { "pvno 1", CMP_IR, pvno_1, CLIENT_IGNORE, "reply-pvno" },
    { "pvno 3", CMP_IR, pvno_3, CLIENT_IGNORE, "reply-pvno" },
    { "no ID", CMP_IR, no_id, CLIENT_IGNORE, "reply-transaction-id" },
    { "other ID", CMP_IR, other_id, CLIENT_IGNORE, "reply-transaction-id" },
    { "no recipNonce", CMP_IR, no_recip_nonce, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "other recipNonce", CMP_IR, other_recip_nonce, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "no senderNonce", CMP_IR, no_sender_nonce, CLIENT_IGNORE,
      "reply-sender-nonce" },
    { "15 octets", CMP_IR, short_nonce, CLIENT_IGNORE, "reply-sender-nonce" },
    { "no protection", CMP_IR, no_protection, CLIENT_IGNORE,
      "reply-protected" },
    { "no protectionAlg", CMP_IR, no_alg, CLIENT_IGNORE, "reply-protected" },
    { "MAC", CMP_IR, mac, CLIENT_IGNORE, "reply-protection-kind" },
    { "SHA-1", CMP_IR, sha1, CLIENT_IGNORE, "reply-protection-alg" },
    { "no signer", CMP_IR, no_signer, CLIENT_IGNORE, "reply-signer-known" },
    { "signature", CMP_IR, bad_signature, CLIENT_IGNORE, "reply-signature" },
    { "no path", CMP_IR, no_path, CLIENT_IGNORE, "reply-signer-path" },
    { "signer's usage", CMP_IR, signer_usage, CLIENT_IGNORE,
      "reply-signer-usage" },
    { "other sender", CMP_IR, other_sender, CLIENT_IGNORE, "reply-sender" },
    { "other senderKID", CMP_IR, other_kid, CLIENT_IGNORE, "reply-sender" },
    { "sender no Name", CMP_IR, email_sender, CLIENT_IGNORE, "reply-sender" },
    { "another station", CMP_IR, no_eku, CLIENT_IGNORE,
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
    { "waiting", CMP_IR, waiting, CLIENT_WAIT, "" },
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

static enum client_state state_after(enum client_action action)
{
    switch (action) {
    case CLIENT_IGNORE:
    case CLIENT_WAIT:
        return CLIENT_REQUEST_SENT;
    case CLIENT_SEND:
        return CLIENT_CONFIRM_SENT;
    case CLIENT_INSTALL:
    case CLIENT_REVOKED:
    case CLIENT_TOLD:
        return CLIENT_DONE;
    case CLIENT_RESEND:
    case CLIENT_GIVE_UP:
    case CLIENT_END:
        break;
    }
    return CLIENT_FAILED;
}

static bool is_unchanged(const struct client *a, const struct client *b)
{
    return a->state == b->state && a->request == b->request &&
           a->accepts == b->accepts && a->deadline == b->deadline &&
           memcmp(a->transaction_id, b->transaction_id, CLIENT_ID_LEN) == 0 &&
           memcmp(a->nonce, b->nonce, CLIENT_ID_LEN) == 0 &&
           memcmp(a->signer, b->signer, CLIENT_CERT_ID_LEN) == 0;
}

static void test_replies(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(reply_cases); i++) {
        struct scene s;
        struct client before;
        struct client_step step;

        scene_init(&s, reply_cases[i].request);
        reply_cases[i].change(&s);
        before = s.client;
        step = take(&s);
        if (step.action != reply_cases[i].action ||
            strcmp(step.why.rule, reply_cases[i].rule) != 0 ||
            s.client.state != state_after(step.action) ||
            (step.action == CLIENT_IGNORE &&
             !is_unchanged(&before, &s.client))) {
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
        arena_free(s.arena);
    }
    assert_int_equal(failures, 0);
}

/* --- revocation --- */

static struct pki_status_info rev_statuses[2];
static struct cert_id rev_cert;

/* A good rp to the rr that went out. */
static void revoke(struct scene *s)
{
    struct client_wish wish = { .request = CMP_RR,
                                .old = &s->cert,
                                .reason = CRL_KEY_COMPROMISE };
    struct client_step step;
    const struct rev_details *asked;

    s->client = (struct client){ 0 };
    s->cert.issuer = NAME("c", "a");
    s->cert.serial = SPAN_LIT("\x05");
    assert_int_equal(client_revoke(&s->client, &wish, &s->credential, &waits,
                                   NOW, first_random, s->arena, &step, NULL),
                     ERR_OK);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.rev_req.num, 1);
    asked = &step.body.rev_req.list[0];
    assert_true(span_is_equal(asked->cert_details.serial, s->cert.serial));
    assert_true(span_is_equal(asked->cert_details.issuer, s->cert.issuer));
    assert_true(span_is_equal(asked->crl_entry_details.list[0].value,
                              SPAN_LIT("\x0a\x01\x01")));
    memset(rev_statuses, 0, sizeof(rev_statuses));
    rev_cert = (struct cert_id){ .issuer.type = GN_DIRECTORY,
                                 .issuer.value = s->cert.issuer,
                                 .serial = s->cert.serial };
    s->facts.old = &s->cert;
    s->facts.certs[0].cert = NULL;
    s->facts.certs[0].issuer = SPAN_NONE;
    s->reply.body.type = CMP_RP;
    s->reply.body.rev_rep = (struct rev_rep){ .statuses = rev_statuses,
                                              .num_statuses = 1,
                                              .rev_certs = &rev_cert,
                                              .num_rev_certs = 1 };
}

CHANGE(rev_bare, s->reply.body.rev_rep.num_rev_certs = 0)
CHANGE(rev_none, s->reply.body.rev_rep.num_statuses = 0)
CHANGE(rev_two, s->reply.body.rev_rep.num_statuses = 2)
CHANGE(rev_other, rev_cert.serial = SPAN_LIT("\x06"); (void)s)
CHANGE(rev_other_ca, rev_cert.issuer.value = s->ra.subject)
CHANGE(rev_rejected, rev_statuses[0].status = STATUS_REJECTION; (void)s)
CHANGE(rev_again, rev_rejected(s); rev_statuses[0].has_fail_info = true;
       rev_statuses[0].fail_info = 1u << FI_CERT_REVOKED)
CHANGE(rev_fail_info, rev_statuses[0].has_fail_info = true; (void)s)
CHANGE(rev_warning, rev_statuses[0].status = STATUS_REVOCATION_WARNING; (void)s)
CHANGE(rev_waiting, rev_statuses[0].status = STATUS_WAITING; (void)s)
CHANGE(rev_kup, s->reply.body.type = CMP_KUP)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
} rev_cases[] = {
    { "good rp", nothing, CLIENT_REVOKED, "" },
    { "without revCerts", rev_bare, CLIENT_REVOKED, "" },
    { "revoked already", rev_again, CLIENT_REVOKED, "" },
    { "rejection", rev_rejected, CLIENT_END, "" },
    { "waiting", rev_waiting, CLIENT_WAIT, "" },
    { "no status", rev_none, CLIENT_END, "reply-one-rev-status" },
    { "two statuses", rev_two, CLIENT_END, "reply-one-rev-status" },
    { "another certificate", rev_other, CLIENT_END, "reply-rev-certs" },
    { "of another CA", rev_other_ca, CLIENT_END, "reply-rev-certs" },
    { "accepted with failInfo", rev_fail_info, CLIENT_END, "reply-rev-status" },
    { "revocationWarning", rev_warning, CLIENT_END, "reply-rev-status" },
    { "kup", rev_kup, CLIENT_END, "reply-body" },
    { "another station", no_eku, CLIENT_IGNORE, "reply-signer-entitled" },
    { "other nonce", other_recip_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "no protection", no_protection, CLIENT_IGNORE, "reply-protected" },
};

static void test_revocations(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(rev_cases); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_KUR);
        revoke(&s);
        rev_cases[i].change(&s);
        step = take(&s);
        if (step.action != rev_cases[i].action ||
            strcmp(step.why.rule, rev_cases[i].rule) != 0 ||
            s.client.state != state_after(step.action)) {
            print_error("%s: action %d, rule '%s': %s\n", rev_cases[i].what,
                        (int)step.action, step.why.rule, step.why.text);
            failures++;
        }
        arena_free(s.arena);
    }
    assert_int_equal(failures, 0);
}

/* --- polling --- */

static struct poll_rep_one poll_entries[2];

static struct client_step poll_at(struct scene *s, int64_t now)
{
    struct client_step step;

    assert_int_equal(client_poll_next(&s->client, &s->credential, s->ra.subject,
                                      &waits, now, second_random, s->arena,
                                      &step, NULL),
                     ERR_OK);
    return step;
}

/* A pollReq is out; the reply becomes a good pollRep. */
static void poll(struct scene *s)
{
    waiting(s);
    assert_int_equal(take(s).action, CLIENT_WAIT);
    assert_int_equal(poll_at(s, NOW).action, CLIENT_SEND);
    memset(poll_entries, 0, sizeof(poll_entries));
    poll_entries[0].check_after = 60;
    s->reply.header.recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.body.type = CMP_POLL_REP;
    s->reply.body.poll_rep = (struct poll_rep){ poll_entries, 1 };
}

CHANGE(of_first, s->reply.header.recip_nonce = SPAN_OF(s->client.first_nonce))
CHANGE(final, s->reply.body.type = CMP_IP;
       s->reply.body.cert_rep = (struct cert_rep_message){ 0 };
       s->reply.body.cert_rep.responses = &s->response;
       s->reply.body.cert_rep.num_responses = 1;
       s->response.status.status = STATUS_ACCEPTED;
       s->response.has_key_pair = true; s->facts.certs[0].cert = &s->cert)
CHANGE(final_of_first, final(s); of_first(s))
CHANGE(still_waiting, final(s); waiting(s))
CHANGE(refused, final(s); s->response.status.status = STATUS_REJECTION;
       s->response.has_key_pair = false; s->facts.certs[0].cert = NULL)
CHANGE(conf_now, s->reply.body.type = CMP_PKICONF)
CHANGE(poll_other_signer, s->facts.signer_id[0] ^= 1)
CHANGE(final_other_signer, final(s); s->facts.signer_id[0] ^= 1)
CHANGE(poll_two, s->reply.body.poll_rep.num = 2)
CHANGE(poll_none, s->reply.body.poll_rep.num = 0)
CHANGE(poll_other, (void)s; poll_entries[0].cert_req_id = 1)
CHANGE(poll_minus_1, (void)s; poll_entries[0].cert_req_id = -1)
CHANGE(poll_negative, (void)s; poll_entries[0].check_after = -1)
CHANGE(poll_ages, (void)s; poll_entries[0].check_after = INT64_MAX)
CHANGE(poll_too_long, s->client.poll_since = NOW - CLIENT_POLL_TOTAL)
CHANGE(final_late, final(s); s->client.poll_since = NOW - CLIENT_POLL_TOTAL)
CHANGE(waiting_error, s->reply.body.type = CMP_ERROR;
       s->reply.body.error = (struct error_msg){ 0 };
       s->reply.body.error.status.status = STATUS_WAITING)
CHANGE(waiting_error_bit, waiting_error(s);
       s->reply.body.error.status.has_fail_info = true)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
    int64_t wait;
} poll_cases[] = {
    { "pollRep", nothing, CLIENT_WAIT, "", 60 },
    { "checkAfter for ever", poll_ages, CLIENT_WAIT, "", 3600 },
    { "ip", final, CLIENT_SEND, "" },
    { "ip to the ir's nonce", final_of_first, CLIENT_SEND, "" },
    { "ip, waiting again", still_waiting, CLIENT_WAIT, "" },
    { "ip after a month", final_late, CLIENT_SEND, "" },
    { "rejection", refused, CLIENT_END, "" },
    { "error, waiting", waiting_error, CLIENT_WAIT, "" },
    { "error, waiting, failInfo", waiting_error_bit, CLIENT_END,
      "reply-error-status" },
    { "pollRep to the ir's nonce", of_first, CLIENT_IGNORE,
      "reply-recip-nonce" },
    { "a third nonce", other_recip_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "no protection", no_protection, CLIENT_IGNORE, "reply-protected" },
    { "signature", bad_signature, CLIENT_IGNORE, "reply-signature" },
    { "MAC", mac, CLIENT_IGNORE, "reply-protection-kind" },
    { "another signer", poll_other_signer, CLIENT_IGNORE, "reply-same-signer" },
    { "ip by another signer", final_other_signer, CLIENT_IGNORE,
      "reply-same-signer" },
    { "other ID", other_id, CLIENT_IGNORE, "reply-transaction-id" },
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
    for (size_t i = 0; i < NUM(poll_cases); i++) {
        struct client before;
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        poll(&s);
        poll_cases[i].change(&s);
        before = s.client;
        step = take(&s);
        if (step.action != poll_cases[i].action ||
            strcmp(step.why.rule, poll_cases[i].rule) != 0 ||
            step.wait != poll_cases[i].wait ||
            (step.action == CLIENT_IGNORE &&
             (!is_unchanged(&before, &s.client) ||
              before.poll != s.client.poll ||
              before.poll_at != s.client.poll_at ||
              before.poll_id != s.client.poll_id ||
              before.peer_nonce_len != s.client.peer_nonce_len))) {
            print_error("%s: action %d, rule '%s': %s\n", poll_cases[i].what,
                        (int)step.action, step.why.rule, step.why.text);
            failures++;
        }
        arena_free(s.arena);
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
    take(&s);
    step = poll_at(&s, NOW + 59);
    assert_int_equal(step.action, CLIENT_WAIT);
    assert_int_equal(step.wait, 1);
    assert_int_equal(s.client.poll, CLIENT_POLL_DUE);
    step = poll_at(&s, NOW + 60);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.type, CMP_POLL_REQ);
    assert_int_equal(step.body.poll_req.num, 1);
    assert_int_equal(step.body.poll_req.list[0], 0);
    assert_true(span_is_equal(step.header.recip_nonce, SPAN_OF(server_nonce)));
    assert_memory_equal(step.header.sender_nonce.ptr, second_random, 16);
    assert_true(span_is_equal(step.header.recipient.value, s.ra.subject));
    assert_int_equal(step.header.message_time, NOW + 60);
    assert_int_equal(s.client.poll_since, NOW);
    assert_memory_equal(s.client.first_nonce, first_random + CLIENT_ID_LEN, 16);
    /* Nobody there: it goes again, for as long as it takes. */
    client_no_answer(&s.client, &waits, CLIENT_UNREACHED, 1, 0, NOW + 10000,
                     &step);
    assert_int_equal(step.action, CLIENT_RESEND);
    client_no_answer(&s.client, &waits, CLIENT_UNBELIEVED, 1, 0, NOW + 10000,
                     &step);
    assert_int_equal(step.action, CLIENT_GIVE_UP);
    arena_free(s.arena);
}

static void test_cert_conf(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s, CMP_IR);
    step = take(&s);
    assert_int_equal(step.body.type, CMP_CERT_CONF);
    assert_true(span_is_equal(step.body.cert_conf.list[0].cert_hash,
                              s.facts.certs[0].hash));
    assert_true(span_is_equal(step.header.transaction_id,
                              SPAN_OF(s.client.transaction_id)));
    assert_true(span_is_equal(step.header.recip_nonce, SPAN_OF(server_nonce)));
    assert_memory_equal(step.header.sender_nonce.ptr, second_random, 16);
    assert_true(span_is_equal(step.header.recipient.value, s.ra.subject));
    assert_true(span_is_equal(step.header.sender.value, s.own.subject));
    /* confirmWaitTime is counted on the server's own clock. */
    assert_int_equal(s.client.deadline, NOW + WAIT);
    arena_free(s.arena);
}

/* --- after the certConf --- */

CHANGE(other_signer, s->facts.signer_id[0] ^= 1)
CHANGE(old_nonce,
       s->reply.header.recip_nonce = span_of(first_random + CLIENT_ID_LEN,
                                             CLIENT_ID_LEN))
CHANGE(ip_again, s->reply.body.type = CMP_IP)
CHANGE(error, s->reply.body.type = CMP_ERROR;
       s->reply.body.error = (struct error_msg){ 0 };
       s->reply.body.error.status.status = STATUS_REJECTION;
       s->reply.body.error.status.has_fail_info = true;
       s->reply.body.error.status.fail_info = 1u << FI_BAD_CERT_ID)
CHANGE(confirmed, error(s);
       s->reply.body.error.status.fail_info = 1u << FI_CERT_CONFIRMED)
CHANGE(confirmed_bare, confirmed(s); s->reply.protection.bytes = SPAN_NONE)
CHANGE(confirmed_forged, confirmed(s); s->facts.signature_holds = false)
CHANGE(error_status, error(s); s->reply.body.error.status.status = 0)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
} conf_cases[] = {
    { "pkiconf", nothing, CLIENT_INSTALL, "" },
    { "certConfirmed", confirmed, CLIENT_INSTALL, "" },
    { "certConfirmed, unprotected", confirmed_bare, CLIENT_IGNORE,
      "reply-protected" },
    { "certConfirmed, forged", confirmed_forged, CLIENT_IGNORE,
      "reply-signature" },
    { "error", error, CLIENT_END, "" },
    { "error of status accepted", error_status, CLIENT_END,
      "reply-error-status" },
    { "another signer", other_signer, CLIENT_IGNORE, "reply-same-signer" },
    { "nonce of the ir", old_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "short nonce", short_nonce, CLIENT_IGNORE, "reply-sender-nonce" },
    { "other ID", other_id, CLIENT_IGNORE, "reply-transaction-id" },
    { "unprotected", no_protection, CLIENT_IGNORE, "reply-protected" },
    { "ip", ip_again, CLIENT_END, "reply-body" },
};

static void test_confirmations(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(conf_cases); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        confirm(&s);
        conf_cases[i].change(&s);
        step = take(&s);
        if (step.action != conf_cases[i].action ||
            strcmp(step.why.rule, conf_cases[i].rule) != 0) {
            print_error("%s: action %d, rule '%s'\n", conf_cases[i].what,
                        (int)step.action, step.why.rule);
            failures++;
        }
        arena_free(s.arena);
    }
    assert_int_equal(failures, 0);
}

/* A certificate that was rejected is not installed by any answer. */
static void test_rejection(void **state)
{
    static void (*const changes[])(struct scene *) = { nothing, confirmed,
                                                       error };

    (void)state;
    for (size_t i = 0; i < NUM(changes); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        s.cert.is_ca = true;
        confirm(&s);
        changes[i](&s);
        step = take(&s);
        assert_int_equal(step.action, CLIENT_END);
        assert_int_equal(s.client.state, CLIENT_FAILED);
        arena_free(s.arena);
    }
}

/* A refusal says what the server said; a CA may refuse, a station may not. */
static void test_refusal(void **state)
{
    struct span text = SPAN_LIT("not on the list");
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s, CMP_IR);
    s.response = (struct cert_response){ 0 };
    s.response.status.status = STATUS_REJECTION;
    s.response.status.has_fail_info = true;
    s.response.status.fail_info = 1u << FI_NOT_AUTHORIZED | 1u << FI_BAD_POP;
    s.response.status.status_string = (struct text_list){ &text, 1 };
    s.facts.certs[0].cert = NULL;
    s.facts.certs[0].issuer = SPAN_NONE;
    s.ra.eku = SPAN_NONE;
    step = take(&s);
    assert_int_equal(step.action, CLIENT_IGNORE);
    assert_string_equal(step.why.rule, "reply-signer-entitled");
    s.ra.is_ca = true;
    s.ra.key_usage |= KU_KEY_CERT_SIGN;
    step = take(&s);
    assert_int_equal(step.action, CLIENT_END);
    assert_int_equal(step.why.err, ERR_REFUSED);
    assert_string_equal(step.why.text, "refused in ip: badPOP, notAuthorized: "
                                       "not on the list");
    arena_free(s.arena);
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
        { true, CLIENT_UNBELIEVED, 1, WAIT - 1, CLIENT_RESEND, 2 },
        { true, CLIENT_UNBELIEVED, 1, WAIT, CLIENT_GIVE_UP, 0 },
        { true, CLIENT_UNREACHED, 1, WAIT, CLIENT_RESEND, 2 },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s, CMP_IR);
        if (cases[i].confirming)
            confirm(&s);
        client_no_answer(&s.client, &waits, cases[i].silence, cases[i].tries,
                         cases[i].asked, NOW + cases[i].after, &step);
        assert_int_equal(step.asked, cases[i].believed);
        assert_int_equal(step.action, cases[i].action);
        assert_int_equal(step.wait, cases[i].wait);
        arena_free(s.arena);
    }
}

static void test_confirm_wait(void **state)
{
    static const struct {
        int64_t until; /* from NOW; 0: none */
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
    for (size_t i = 0; i < NUM(cases); i++) {
        struct scene s;

        scene_init(&s, CMP_IR);
        if (cases[i].until == 0)
            s.reply.header.general_info.num = 0;
        else
            set_info(&s, NOW + cases[i].until);
        s.reply.header.has_message_time = cases[i].has_time;
        take(&s);
        assert_int_equal(s.client.deadline - NOW, cases[i].deadline);
        arena_free(s.arena);
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

    wish.subject = NAME("g", "n");
    assert_int_equal(client_request_make(&wish, &s.credential, SIG_ECDSA_SHA256,
                                         s.arena, &msg, &bytes, NULL),
                     ERR_OK);
    assert_true(span_is_absent(msg.popo.input));
    assert_true(span_is_equal(bytes, msg.cert_req.der));

    s.own.issuer = NAME("c", "a");
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
    arena_free(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),       cmocka_unit_test(test_cert_conf),
        cmocka_unit_test(test_confirmations), cmocka_unit_test(test_rejection),
        cmocka_unit_test(test_refusal),       cmocka_unit_test(test_silence),
        cmocka_unit_test(test_confirm_wait),  cmocka_unit_test(test_request),
        cmocka_unit_test(test_revocations),   cmocka_unit_test(test_polls),
        cmocka_unit_test(test_poll_req),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
