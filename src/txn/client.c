#include "txn/client.h"

#include <assert.h>
#include <stdio.h>

#include "txn/client_rules.h"

#define PVNO 2
#define SHIFT_MAX 16

const char *client_state_name(enum client_state state)
{
    static const char *const names[CLIENT_STATE_NUM] = {
        [CLIENT_IDLE] = "idle",
        [CLIENT_REQUEST_SENT] = "request-sent",
        [CLIENT_CONFIRM_SENT] = "confirm-sent",
        [CLIENT_DONE] = "done",
        [CLIENT_FAILED] = "failed",
    };

    return names[state];
}

const char *client_poll_name(enum client_poll poll)
{
    static const char *const names[CLIENT_POLL_NUM] = {
        [CLIENT_POLL_NONE] = "none",
        [CLIENT_POLL_DUE] = "due",
        [CLIENT_POLL_SENT] = "sent",
    };

    return names[poll];
}

/* --- requests --- */

/* oldCertID ::= CertId, as a control (RFC 4211, 6.5). */
static enum err old_cert_id(const struct x509_cert *old, struct arena *a,
                            const struct attribute **out)
{
    struct attribute *control = arena_alloc(a, sizeof(*control));
    struct cert_id id = { .issuer.type = GN_DIRECTORY,
                          .issuer.value = old->issuer,
                          .serial = old->serial };
    struct der_writer w;

    if (control == NULL)
        return ERR_NO_MEM;
    der_writer_init(&w, a, 256);
    cert_id_put(&w, &id);
    TRY(der_finish(&w, &control->value));
    control->id = OID_ID_REG_CTRL_OLD_CERT_ID;
    control->oid = oid_span(control->id);
    *out = control;
    return ERR_OK;
}

/* The certificate asked for, with its names as the wish has them. */
static enum err fill_template(const struct client_wish *wish, struct arena *a,
                              struct cert_request *req, struct fault *f)
{
    struct cert_template *t = &req->cert_template;
    struct der in = der_open(wish->public_key, NULL);

    if (spki_read(&in, &t->public_key) != ERR_OK)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "the public key to certify");
    t->has_public_key = true;
    t->subject = wish->subject;
    if (wish->old == NULL)
        return ERR_OK;
    t->subject = wish->old->subject;
    if (!span_is_absent(wish->old->san)) {
        struct extension *san = arena_alloc(a, sizeof(*san));

        if (san == NULL)
            return fault_set(f, ERR_NO_MEM, "request");
        *san =
            *extension_find(&wish->old->extensions, OID_ID_CE_SUBJECT_ALT_NAME);
        t->extensions = (struct extensions){ san, 1 };
        t->has_extensions = true;
    }
    req->num_controls = 1;
    if (old_cert_id(wish->old, a, &req->controls) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "oldCertID");
    return ERR_OK;
}

/*
 * Without a subject in the template RFC 4211, 4.1 asks for poposkInput; its
 * sender is the vendor's name for this station (TS 33.310, 9.5.4.2).
 */
static enum err fill_popo_input(const struct client_credential *own,
                                const struct cert_template *t, struct arena *a,
                                struct popo *popo, struct fault *f)
{
    struct der_writer w;

    popo->has_input_sender = true;
    popo->input_sender.type = GN_DIRECTORY;
    popo->input_sender.value = own->cert->subject;
    popo->input_key = t->public_key;
    der_writer_init(&w, a, 1024);
    popo_input_put(&w, popo);
    if (der_finish(&w, &popo->input) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "poposkInput");
    return ERR_OK;
}

enum err client_request_make(const struct client_wish *wish,
                             const struct client_credential *own,
                             enum sig_alg key_alg, struct arena *a,
                             struct cert_req_msg *out,
                             struct span *signed_bytes, struct fault *f)
{
    struct cert_req_msg msg = { 0 };
    struct der_writer w;

    TRY(fill_template(wish, a, &msg.cert_req, f));
    msg.popo.type = POPO_SIGNATURE;
    msg.popo.alg.der = sig_alg_info(key_alg)->der;
    if (span_is_absent(msg.cert_req.cert_template.subject))
        TRY(fill_popo_input(own, &msg.cert_req.cert_template, a, &msg.popo, f));
    der_writer_init(&w, a, 1024);
    cert_request_put(&w, &msg.cert_req);
    if (der_finish(&w, &msg.cert_req.der) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "CertRequest");
    *signed_bytes = popo_signed_bytes(&msg, a);
    if (span_is_absent(*signed_bytes))
        return fault_set(f, ERR_NO_MEM, "CertRequest");
    *out = msg;
    return ERR_OK;
}

enum err client_p10_make(const struct client_wish *wish, enum sig_alg key_alg,
                         struct arena *a, struct p10_request *out,
                         struct span *signed_bytes, struct fault *f)
{
    struct p10_request req = {
        .subject = span_is_absent(wish->subject) ? SPAN_LIT("\x30\x00")
                                                 : wish->subject,
        .sig_alg.der = sig_alg_info(key_alg)->der,
    };
    struct der in = der_open(wish->public_key, NULL);
    struct der_writer w;

    if (spki_read(&in, &req.spki) != ERR_OK)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "the public key to certify");
    der_writer_init(&w, a, 512);
    p10_info_put(&w, &req);
    if (der_finish(&w, &req.info) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "PKCS#10");
    *signed_bytes = req.info;
    *out = req;
    return ERR_OK;
}

int64_t client_req_id(enum cmp_body_type request)
{
    return request == CMP_P10CR ? -1 : 0;
}

/* --- headers --- */

static struct general_name directory(struct span name)
{
    return (struct general_name){
        .type = GN_DIRECTORY,
        .value = span_is_absent(name) ? SPAN_LIT("\x30\x00") : name,
    };
}

/* The header of the next message; its identifiers are copies in the arena,
 * since the machine moves on. */
static enum err fill_header(const struct client *c,
                            const struct client_credential *own, int64_t now,
                            struct arena *a, struct pki_header *h,
                            struct fault *f)
{
    h->pvno = PVNO;
    h->sender = directory(own->cert->subject);
    h->has_message_time = true;
    h->message_time = now;
    h->protection_alg.der = sig_alg_info(own->alg)->der;
    h->sender_kid = own->cert->ski;
    h->transaction_id = arena_copy(a, SPAN_OF(c->transaction_id));
    h->sender_nonce = arena_copy(a, SPAN_OF(c->nonce));
    if (span_is_absent(h->transaction_id) || span_is_absent(h->sender_nonce))
        return fault_set(f, ERR_NO_MEM, "header");
    return ERR_OK;
}

/* By issuer and serial, with the reason as RFC 9483, 4.2 asks. */
static enum err fill_rev_details(const struct client_wish *wish,
                                 struct arena *a, struct rev_details *out,
                                 struct fault *f)
{
    struct extension *reason = arena_alloc(a, sizeof(*reason));
    struct der_writer w;

    if (reason == NULL)
        return fault_set(f, ERR_NO_MEM, "rr");
    der_writer_init(&w, a, 16);
    der_put_int64(&w, DER_ENUMERATED, (int64_t)wish->reason);
    if (der_finish(&w, &reason->value) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "rr");
    reason->id = OID_ID_CE_CRL_REASONS;
    reason->oid = oid_span(reason->id);
    out->cert_details.issuer = wish->old->issuer;
    out->cert_details.serial = wish->old->serial;
    out->has_crl_entry_details = true;
    out->crl_entry_details = (struct extensions){ reason, 1 };
    return ERR_OK;
}

/* What all first messages have. */
static enum err open_transaction(struct client *c,
                                 const struct client_wish *wish,
                                 const struct client_credential *own,
                                 const struct client_waits *waits, int64_t now,
                                 const uint8_t fresh[CLIENT_RANDOM_LEN],
                                 struct arena *a, struct client_step *step,
                                 struct fault *f)
{
    struct client next = { .state = CLIENT_REQUEST_SENT,
                           .request = wish->request,
                           .deadline = now + waits->request };

    assert(c->state == CLIENT_IDLE);
    memcpy(next.transaction_id, fresh, CLIENT_ID_LEN);
    memcpy(next.nonce, fresh + CLIENT_ID_LEN, CLIENT_ID_LEN);
    TRY(fill_header(&next, own, now, a, &step->header, f));
    step->header.recipient = directory(wish->recipient);
    step->body.type = wish->request;
    *c = next;
    return ERR_OK;
}

enum err client_revoke(struct client *c, const struct client_wish *wish,
                       const struct client_credential *own,
                       const struct client_waits *waits, int64_t now,
                       const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                       struct client_step *out, struct fault *f)
{
    struct client_step step = { .action = CLIENT_SEND };
    struct rev_details *details = arena_alloc(a, sizeof(*details));

    assert(wish->request == CMP_RR && wish->old != NULL);
    if (details == NULL)
        return fault_set(f, ERR_NO_MEM, "rr");
    *details = (struct rev_details){ 0 };
    TRY(fill_rev_details(wish, a, details, f));
    TRY(open_transaction(c, wish, own, waits, now, fresh, a, &step, f));
    step.body.rev_req = (struct rev_req){ details, 1 };
    *out = step;
    return ERR_OK;
}

enum err client_start(struct client *c, const struct client_wish *wish,
                      const struct client_credential *own,
                      const struct cert_req_msg *msg,
                      const struct client_waits *waits, int64_t now,
                      const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                      struct client_step *out, struct fault *f)
{
    struct client_step step = { .action = CLIENT_SEND };

    TRY(open_transaction(c, wish, own, waits, now, fresh, a, &step, f));
    if (wish->request == CMP_P10CR) {
        assert(wish->p10 != NULL);
        step.body.p10 = *wish->p10;
    } else {
        step.body.cert_req.list = msg;
        step.body.cert_req.num = 1;
    }
    *out = step;
    return ERR_OK;
}

/* --- answers --- */

/*
 * Until when a certConf is good: confirmWaitTime is on the server's clock, so
 * what counts is how far it lies from the messageTime beside it.
 */
static int64_t confirm_deadline(const struct pki_header *h,
                                const struct client_waits *waits, int64_t now)
{
    const struct info_type_value *info =
        info_find(&h->general_info, OID_ID_IT_CONFIRM_WAIT_TIME);
    int64_t until, wait = waits->confirm;
    struct der in;

    if (info == NULL || span_is_absent(info->value))
        return now + wait;
    in = der_open(info->value, NULL);
    if (der_generalized_time_lenient(&in, &until) == ERR_OK &&
        der_end(&in) == ERR_OK)
        wait = until - (h->has_message_time ? h->message_time : now);
    if (wait < 0)
        wait = 0;
    return now + (wait < waits->confirm_max ? wait : waits->confirm_max);
}

/* statusInfo of a certConf that rejects, for what `why` says. */
static enum err fill_rejection(const struct fault *why, struct arena *a,
                               struct pki_status_info *out, struct fault *f)
{
    struct span *text = arena_alloc(a, sizeof(*text));
    char *copy = arena_printf(a, "%s", why->text);
    enum fail_info bit = err_fail_info(why->err);

    if (text == NULL || copy == NULL)
        return fault_set(f, ERR_NO_MEM, "certConf");
    *text = span_str(copy);
    out->status = STATUS_REJECTION;
    out->status_string = (struct text_list){ text, 1 };
    out->has_fail_info = bit != FI_NONE;
    out->fail_info = bit == FI_NONE ? 0 : 1u << bit;
    return ERR_OK;
}

struct answer {
    const struct client_credential *own;
    const struct cmp_message *reply;
    const struct client_facts *facts;
    const struct client_waits *waits;
    int64_t now;
    const uint8_t *fresh;
    struct arena *arena;
};

/* A certConf; `out->why` set says that it rejects the certificate. */
static enum err confirm(struct client *c, const struct answer *in,
                        struct client_step *out, struct fault *f)
{
    const struct pki_header *from = &in->reply->header;
    struct cert_status *status = arena_alloc(in->arena, sizeof(*status));
    struct client next = *c;

    if (status == NULL)
        return fault_set(f, ERR_NO_MEM, "certConf");
    next.state = CLIENT_CONFIRM_SENT;
    next.poll = CLIENT_POLL_NONE;
    next.accepts = out->why.err == ERR_OK;
    next.deadline = confirm_deadline(from, in->waits, in->now);
    memcpy(next.nonce, in->fresh, CLIENT_ID_LEN);
    memcpy(next.signer, in->facts->signer_id, CLIENT_CERT_ID_LEN);
    status->cert_hash = in->facts->cert_hash;
    status->cert_req_id = client_req_id(c->request);
    status->has_status_info = !next.accepts;
    if (!next.accepts)
        TRY(fill_rejection(&out->why, in->arena, &status->status_info, f));
    TRY(fill_header(&next, in->own, in->now, in->arena, &out->header, f));
    out->header.recipient = from->sender;
    out->header.recip_nonce = from->sender_nonce;
    out->body.type = CMP_CERT_CONF;
    out->body.cert_conf = (struct cert_conf){ status, 1 };
    out->action = CLIENT_SEND;
    *c = next;
    return ERR_OK;
}

/* The server asks to be asked again: `check_after` in seconds, 0: now. */
static void wait_for(struct client *c, const struct answer *in, int64_t poll_id,
                     int64_t check_after, struct client_step *out)
{
    struct span nonce = in->reply->header.sender_nonce;
    int64_t max = in->waits->poll_max;

    assert(nonce.len <= sizeof(c->peer_nonce));
    if (c->poll == CLIENT_POLL_NONE) {
        c->poll_since = in->now;
        memcpy(c->first_nonce, c->nonce, CLIENT_ID_LEN);
    }
    c->poll = CLIENT_POLL_DUE;
    c->poll_id = poll_id;
    c->poll_at = in->now + (check_after < max ? check_after : max);
    memcpy(c->signer, in->facts->signer_id, CLIENT_CERT_ID_LEN);
    memcpy(c->peer_nonce, nonce.ptr, nonce.len);
    c->peer_nonce_len = nonce.len;
    out->action = CLIENT_WAIT;
    out->wait = c->poll_at - in->now;
}

enum err client_poll_next(struct client *c, const struct client_credential *own,
                          struct span recipient,
                          const struct client_waits *waits, int64_t now,
                          const uint8_t fresh[CLIENT_RANDOM_LEN],
                          struct arena *a, struct client_step *out,
                          struct fault *f)
{
    struct client_step step = { .action = CLIENT_WAIT };
    struct client next = *c;
    int64_t *id;

    assert(c->poll == CLIENT_POLL_DUE);
    if (now < c->poll_at) {
        step.wait = c->poll_at - now;
        *out = step;
        return ERR_OK;
    }
    id = arena_alloc(a, sizeof(*id));
    if (id == NULL)
        return fault_set(f, ERR_NO_MEM, "pollReq");
    *id = c->poll_id;
    next.poll = CLIENT_POLL_SENT;
    next.deadline = now + waits->request;
    memcpy(next.nonce, fresh, CLIENT_ID_LEN);
    TRY(fill_header(&next, own, now, a, &step.header, f));
    step.header.recipient = directory(recipient);
    step.header.recip_nonce =
        arena_copy(a, span_of(c->peer_nonce, c->peer_nonce_len));
    if (span_is_absent(step.header.recip_nonce))
        return fault_set(f, ERR_NO_MEM, "pollReq");
    step.body.type = CMP_POLL_REQ;
    step.body.poll_req = (struct poll_req){ id, 1 };
    step.action = CLIENT_SEND;
    *c = next;
    *out = step;
    return ERR_OK;
}

/* Ends the transaction without a certificate; `out->why` says for what. */
static void end(struct client *c, struct client_step *out)
{
    c->state = CLIENT_FAILED;
    out->action = CLIENT_END;
}

/* "badPOP, badCertTemplate: the text that came with it" */
static void tell_refusal(const struct pki_status_info *status, const char *body,
                         struct fault *why)
{
    char text[sizeof(why->text)] = "";
    size_t at = 0;

    for (unsigned bit = 0; bit <= FI_DUPLICATE_CERT_REQ; bit++) {
        if (status->has_fail_info && (status->fail_info & (1u << bit)) != 0 &&
            at < sizeof(text))
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
                                   at == 0 ? "" : ", ",
                                   fail_info_name((enum fail_info)bit));
    }
    for (size_t i = 0; i < status->status_string.num; i++) {
        struct span s = status->status_string.list[i];

        if (at < sizeof(text))
            at += (size_t)snprintf(text + at, sizeof(text) - at, ": %.*s",
                                   s.len < 200 ? (int)s.len : 200,
                                   (const char *)s.ptr);
    }
    fault_set(why, ERR_REFUSED, "refused in %s%s%s", body,
              text[0] == '\0' ? "" : ": ", text);
}

/* True when an error says that the certificate is confirmed already: our
 * certConf came through, and its pkiconf did not (RFC 9810, 5.3.18). */
static bool is_confirmed(const struct cmp_message *reply)
{
    const struct pki_status_info *s = &reply->body.error.status;

    return s->has_fail_info && (s->fail_info & (1u << FI_CERT_CONFIRMED)) != 0;
}

/* The certConf is answered: installed, or its rejection is known. */
static void conclude(struct client *c, struct client_step *out)
{
    if (!c->accepts) {
        fault_set(&out->why, ERR_REFUSED,
                  "the certificate was not acceptable and was rejected");
        end(c, out);
        return;
    }
    c->state = CLIENT_DONE;
    out->action = CLIENT_INSTALL;
}

static void on_error(struct client *c, const struct answer *in,
                     struct client_step *out)
{
    if (c->state == CLIENT_CONFIRM_SENT && is_confirmed(in->reply)) {
        conclude(c, out);
        return;
    }
    if (in->reply->body.error.status.status == STATUS_WAITING) {
        wait_for(c, in, -1, 0, out);
        return;
    }
    tell_refusal(&in->reply->body.error.status, "an error message", &out->why);
    end(c, out);
}

/* True when it says that it is so already: our rr came through before. */
static bool is_revoked_already(const struct pki_status_info *s)
{
    return s->status == STATUS_REJECTION && s->has_fail_info &&
           (s->fail_info & (1u << FI_CERT_REVOKED)) != 0;
}

static void on_rev_rep(struct client *c, const struct answer *in,
                       struct client_step *out)
{
    const struct pki_status_info *s = &in->reply->body.rev_rep.statuses[0];

    if (s->status == STATUS_WAITING) {
        wait_for(c, in, -1, 0, out);
        return;
    }
    if (s->status != STATUS_REJECTION || is_revoked_already(s)) {
        c->state = CLIENT_DONE;
        out->action = CLIENT_REVOKED;
        return;
    }
    tell_refusal(s, cmp_body_name(CMP_RP), &out->why);
    end(c, out);
}

static enum err on_cert_rep(struct client *c, const struct answer *in,
                            const struct client_judged *judged,
                            struct client_step *out, struct fault *f)
{
    const struct cert_response *response = client_response(in->reply);

    if (response->status.status == STATUS_WAITING) {
        wait_for(c, in, response->cert_req_id, 0, out);
        return ERR_OK;
    }
    if (!client_is_granted(response)) {
        tell_refusal(&response->status, cmp_body_name(in->reply->body.type),
                     &out->why);
        end(c, out);
        return ERR_OK;
    }
    /* A broken rule is told to the server too, by a certConf that rejects. */
    (void)client_rules_check(CLIENT_STEP_CERT, judged, &out->why);
    return confirm(c, in, out, f);
}

static enum err on_verified(struct client *c, const struct answer *in,
                            const struct client_judged *judged,
                            struct client_step *out, struct fault *f)
{
    if (client_rules_check(CLIENT_STEP_ANSWER, judged, &out->why) != NULL) {
        end(c, out);
        return ERR_OK;
    }
    if (in->reply->body.type == CMP_ERROR) {
        on_error(c, in, out);
        return ERR_OK;
    }
    if (in->reply->body.type == CMP_POLL_REP) {
        wait_for(c, in, c->poll_id,
                 in->reply->body.poll_rep.list[0].check_after, out);
        return ERR_OK;
    }
    if (c->state == CLIENT_CONFIRM_SENT) {
        conclude(c, out);
        return ERR_OK;
    }
    if (in->reply->body.type == CMP_RP) {
        on_rev_rep(c, in, out);
        return ERR_OK;
    }
    return on_cert_rep(c, in, judged, out, f);
}

enum err client_reply(struct client *c, const struct client_credential *own,
                      const struct cmp_message *reply,
                      const struct client_facts *facts,
                      const struct client_waits *waits, int64_t now,
                      const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                      struct client_step *out, struct fault *f)
{
    const struct answer in = { own, reply, facts, waits, now, fresh, a };
    const struct client_judged judged = { c, reply, facts, now };
    struct client_step step = { .action = CLIENT_IGNORE };

    assert(c->state == CLIENT_REQUEST_SENT || c->state == CLIENT_CONFIRM_SENT);
    assert(c->poll != CLIENT_POLL_DUE);
    if (client_rules_check(CLIENT_STEP_HEADER, &judged, &step.why) == NULL &&
        client_rules_check(CLIENT_STEP_SIGNER, &judged, &step.why) == NULL)
        TRY(on_verified(c, &in, &judged, &step, f));
    *out = step;
    return ERR_OK;
}

/* --- silence --- */

static int64_t retry_wait(const struct client_waits *waits, unsigned tries)
{
    unsigned shift = tries > SHIFT_MAX ? SHIFT_MAX : tries;
    int64_t wait = waits->retry;

    for (unsigned i = 1; i < shift && wait < waits->retry_max; i++)
        wait *= 2;
    return wait < waits->retry_max ? wait : waits->retry_max;
}

void client_no_answer(struct client *c, const struct client_waits *waits,
                      enum client_silence silence, unsigned tries,
                      int64_t asked, int64_t now, struct client_step *out)
{
    struct client_step step = { .action = CLIENT_RESEND };
    bool is_held =
        silence == CLIENT_UNREACHED &&
        (c->state == CLIENT_CONFIRM_SENT || c->poll == CLIENT_POLL_SENT);

    if (now >= c->deadline && !is_held) {
        step.action = CLIENT_GIVE_UP;
        fault_set(&step.why, ERR_NO_ANSWER,
                  "no answer to believe came in time");
        c->state = CLIENT_FAILED;
    } else {
        step.wait = retry_wait(waits, tries);
        step.asked = asked < waits->asked_max ? asked : waits->asked_max;
    }
    *out = step;
}
