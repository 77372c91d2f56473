/*
 * What a base station makes of an answer: ignored, or the next step.
 */
#include <assert.h>

#include "txn/client_refusal.h"
#include "txn/client_rules.h"
#include "txn/internal.h"

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

/* One CertStatus for each certificate; `each` says which are rejected. */
static enum err fill_statuses(const struct client *c, const struct answer *in,
                              const struct fault *each, struct cert_conf *out,
                              struct fault *f)
{
    struct cert_status *list =
        arena_array(in->arena, c->num_also + 1, sizeof(*list));
    size_t num = 0;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "certConf");
    for (size_t i = 0; i <= c->num_also; i++) {
        struct cert_status *status = &list[num];

        if (in->facts->certs[i].cert == NULL)
            continue;
        *status = (struct cert_status){
            .cert_hash = in->facts->certs[i].hash,
            .cert_req_id = client_req_id(c->request) + (int64_t)i,
            .has_status_info = each[i].err != ERR_OK,
        };
        if (status->has_status_info)
            TRY(fill_rejection(&each[i], in->arena, &status->status_info, f));
        num++;
    }
    *out = (struct cert_conf){ list, num };
    return ERR_OK;
}

/* The first that is not accepted, where none is. */
static const struct fault *find_failure(const struct client *next,
                                        const struct answer *in,
                                        const struct fault *each)
{
    for (size_t i = 0; next->accepts == 0 && i <= next->num_also; i++)
        if (in->facts->certs[i].cert != NULL)
            return &each[i];
    return NULL;
}

/* A certConf. */
static enum err confirm(struct client *c, const struct answer *in,
                        const struct fault *each, struct client_step *out,
                        struct fault *f)
{
    const struct pki_header *from = &in->reply->header;
    struct client next = *c;
    const struct fault *why;

    next.state = CLIENT_CONFIRM_SENT;
    next.poll = CLIENT_POLL_NONE;
    next.open = 0;
    next.accepts = 0;
    for (size_t i = 0; i <= c->num_also; i++)
        next.accepts |= each[i].err == ERR_OK ? 1u << i : 0;
    next.deadline = confirm_deadline(from, in->waits, in->now);
    memcpy(next.nonce, in->fresh, CLIENT_ID_LEN);
    memcpy(next.signer, in->facts->signer_id, CLIENT_CERT_ID_LEN);
    TRY(fill_statuses(c, in, each, &out->body.cert_conf, f));
    TRY(client_header_fill(&next, in->own, in->now, in->arena, &out->header,
                           f));
    out->header.recipient = from->sender;
    out->header.recip_nonce = from->sender_nonce;
    out->body.type = CMP_CERT_CONF;
    out->each = each;
    why = find_failure(&next, in, each);
    if (why != NULL)
        out->why = *why;
    out->action = CLIENT_SEND;
    *c = next;
    return ERR_OK;
}

/* The number, to show that it could be read. */
static enum err answer_challenge(struct client *c, const struct answer *in,
                                 struct client_step *out, struct fault *f)
{
    const struct pki_header *from = &in->reply->header;
    struct span *number = arena_alloc(in->arena, sizeof(*number));
    struct client next = *c;

    if (number == NULL)
        return fault_set(f, ERR_NO_MEM, "popdecr");
    *number = in->facts->number;
    next.has_answered = true;
    next.deadline = in->now + in->waits->request;
    memcpy(next.nonce, in->fresh, CLIENT_ID_LEN);
    memcpy(next.signer, in->facts->signer_id, CLIENT_CERT_ID_LEN);
    TRY(client_header_fill(&next, in->own, in->now, in->arena, &out->header,
                           f));
    out->header.recipient = from->sender;
    out->header.recip_nonce = from->sender_nonce;
    out->body.type = CMP_POPDECR;
    out->body.pop_answers = (struct pop_answers){ number, 1 };
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

/* Ends the transaction without a certificate; `out->why` says for what. */
static void end(struct client *c, struct client_step *out)
{
    c->state = CLIENT_FAILED;
    out->action = CLIENT_END;
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
    if (c->accepts == 0) {
        fault_set(&out->why, ERR_REFUSED,
                  "the certificate was not acceptable and was rejected");
        rule_name(&out->why, RULE_CERT_IS_USABLE);
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
    refusal_tell(&in->reply->body.error.status, "an error message", &out->why);
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
    refusal_tell(s, cmp_body_name(CMP_RP), &out->why);
    end(c, out);
}

/* The server asks to wait, or refuses all that is asked for. */
static void on_no_cert(struct client *c, const struct answer *in,
                       const struct fault *each, struct client_step *out)
{
    const struct cert_rep_message *rep = &in->reply->body.cert_rep;

    if (client_has_waiting(in->reply)) {
        c->open = 0;
        for (size_t i = 0; i < rep->num_responses; i++)
            if (rep->responses[i].status.status == STATUS_WAITING)
                c->open |= 1u
                           << client_asked_at(c, rep->responses[i].cert_req_id);
        wait_for(c, in, rep->responses[0].cert_req_id, 0, out);
        out->each = each;
        return;
    }
    out->why = each[client_asked_at(c, rep->responses[0].cert_req_id)];
    end(c, out);
}

/* Judges one response; a rule that it breaks is in `why`, and of a certificate
 * is told to the server too, by a certConf that rejects. */
static const struct rule *judge_response(const struct client_judged *judged,
                                         struct fault *why)
{
    const struct rule *rule =
        client_rules_check(STEP_ANSWER_RESPONSE, judged, why);

    if (rule != NULL)
        return rule;
    *why = (struct fault){ .err = ERR_OK };
    if (client_is_granted(judged->response))
        (void)client_rules_check(STEP_ANSWER_CERT, judged, why);
    else if (judged->response->status.status == STATUS_REJECTION)
        refusal_tell(&judged->response->status,
                     cmp_body_name(judged->reply->body.type), why);
    return NULL;
}

static enum err on_cert_rep(struct client *c, const struct answer *in,
                            const struct client_judged *judged,
                            struct client_step *out, struct fault *f)
{
    const struct cert_rep_message *rep = &in->reply->body.cert_rep;
    struct fault *each = arena_array(in->arena, c->num_also + 1, sizeof(*each));
    bool is_granted = false;

    if (each == NULL)
        return fault_set(f, ERR_NO_MEM, "answer");
    for (size_t i = 0; i <= c->num_also; i++) {
        each[i] = (struct fault){ .err = ERR_OK };
        fault_set(&each[i], ERR_REFUSED, "refused before the others");
        rule_name(&each[i], RULE_REPLY_GRANTS);
    }
    for (size_t i = 0; i < rep->num_responses; i++) {
        const struct cert_response *r = &rep->responses[i];
        size_t at = client_asked_at(c, r->cert_req_id);
        struct client_judged one = *judged;

        one.response = r;
        one.cert = &in->facts->certs[at];
        is_granted = is_granted || client_is_granted(r);
        if (judge_response(&one, &each[at]) != NULL) {
            out->why = each[at];
            end(c, out);
            return ERR_OK;
        }
    }
    if (is_granted)
        return confirm(c, in, each, out, f);
    on_no_cert(c, in, each, out);
    return ERR_OK;
}

/* When all that waits may be asked after. */
static int64_t latest(const struct poll_rep *rep)
{
    int64_t after = 0;

    for (size_t i = 0; i < rep->num; i++)
        if (rep->list[i].check_after > after)
            after = rep->list[i].check_after;
    return after;
}

static enum err on_verified(struct client *c, const struct answer *in,
                            const struct client_judged *judged,
                            struct client_step *out, struct fault *f)
{
    if (client_rules_check(STEP_ANSWER_BODY, judged, &out->why) != NULL) {
        end(c, out);
        return ERR_OK;
    }
    if (in->reply->body.type == CMP_ERROR) {
        on_error(c, in, out);
        return ERR_OK;
    }
    if (in->reply->body.type == CMP_POPDECC)
        return answer_challenge(c, in, out, f);
    if (in->reply->body.type == CMP_POLL_REP) {
        wait_for(c, in, c->poll_id, latest(&in->reply->body.poll_rep), out);
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
    if (in->reply->body.type == CMP_GENP) {
        c->state = CLIENT_DONE;
        out->action = CLIENT_TOLD;
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
    const struct client_judged judged = { c, reply, facts, now, NULL, NULL };
    struct client_step step = { .action = CLIENT_IGNORE };

    assert(c->state == CLIENT_REQUEST_SENT || c->state == CLIENT_CONFIRM_SENT);
    assert(c->poll != CLIENT_POLL_DUE);
    if (client_rules_check(STEP_ANSWER_EXCHANGE, &judged, &step.why) == NULL &&
        client_rules_check(STEP_ANSWER_HEADER, &judged, &step.why) == NULL &&
        client_rules_check(c->is_mac ? STEP_ANSWER_MAC : STEP_ANSWER_SIGNER,
                           &judged, &step.why) == NULL)
        TRY(on_verified(c, &in, &judged, &step, f));
    *out = step;
    return ERR_OK;
}
