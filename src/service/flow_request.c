/*
 * ir, cr and kur: what is known of each certificate asked for, and those that
 * are granted. Of a template only the key reaches the certificate, and the
 * names where the vendor's entry lets them.
 */
#include "service/line.h"
#include "service/roots.h"

#include "base/limits.h"

static const struct cert_template *template_of(const struct ask *ask)
{
    return &ask->req->cert_req.cert_template;
}

/* Something else is to come before there is a certificate. */
static bool is_to_wait(const struct job *job)
{
    return job->decision.action == TXN_WAIT ||
           job->decision.action == TXN_CHALLENGE;
}

/* --- 3: find --- */

static enum err find_suggestion(struct worker *w, struct job *job,
                                struct ask *ask)
{
    static const enum suggested_names policies[] = {
        [CONFIG_NAMES_REPLACE] = NAMES_REPLACE,
        [CONFIG_NAMES_KEEP] = NAMES_KEEP,
        [CONFIG_NAMES_REFUSE] = NAMES_REFUSE,
    };
    const struct config_vendor *vendor =
        w->line->authority->vendors[job->vendor].config;
    const struct cert_template *t = template_of(ask);
    struct names names;

    ask->facts.suggested_names = policies[vendor->suggested_names];
    /* By its subject an RA says whom it asks for. */
    if (job->ra != NULL && ask->facts.suggested_names == NAMES_REFUSE)
        ask->facts.suggested_names = NAMES_REPLACE;
    if (!span_is_absent(t->subject) && !name_is_null(t->subject))
        ask->facts.suggested = t->subject;
    TRY(naming_from(t->subject, template_san(t), job->arena, &names,
                    &ask->fault));
    return find_names(w, job, &names, &ask->facts.suggested_is_taken);
}

/*
 * Without extraCerts and protection: anybody can change the one, and add a
 * second good ECDSA signature to the first. Requests after the first of a
 * message are told apart by their number in it.
 */
static enum err hash_request(struct worker *w, struct job *job, struct ask *ask)
{
    size_t number = (size_t)(ask - job->asks);
    uint8_t bytes[sizeof(job->request_digest) + 1];

    memcpy(ask->digest, job->request_digest, sizeof(ask->digest));
    if (number == 0)
        return ERR_OK;
    memcpy(bytes, job->request_digest, sizeof(job->request_digest));
    bytes[sizeof(bytes) - 1] = (uint8_t)number;
    return hash_compute(w->cx, DIGEST_SHA256, span_of(bytes, sizeof(bytes)),
                        ask->digest, &ask->fault);
}

/* A request that goes on was challenged before, if it was to be. */
static enum fact_possession possession_of(const struct job *job,
                                          const struct popo *popo)
{
    enum pop_method method = pop_method_of(popo);

    if (method == POP_ENCRYPTED_CERT)
        return FACT_BY_CERTIFICATE;
    return method == POP_CHALLENGE && !job->is_resumed ? FACT_TO_CHALLENGE
                                                       : FACT_PROVEN;
}

static enum err find_ask(struct worker *w, struct job *job, struct ask *ask)
{
    ask->facts = job->facts;
    ask->facts.possession = possession_of(job, &ask->req->popo);
    TRY(hash_request(w, job, ask));
    TRY(find_seen(w, job, ask));
    return find_suggestion(w, job, ask);
}

static enum err find(struct worker *w, struct job *job)
{
    TRY(find_opening(w, job));
    TRY(hash_compute(w->cx, DIGEST_SHA256, job->part, job->request_digest,
                     &job->fault));
    TRY(find_represented(w, job));
    TRY(find_station(w, job));
    TRY(verify_original(w, job));
    return asks_each(w, job, find_ask);
}

/* --- 6: settle --- */

static enum err choose_names(struct job *job, struct ask *ask)
{
    const struct cert_template *t = template_of(ask);
    const struct facts *facts = &ask->facts;

    switch (ask->decision.names) {
    case TXN_NAMES_OLD:
        return naming_from(job->old.subject, job->old.san, job->arena,
                           &ask->names, &ask->fault);
    case TXN_NAMES_SUGGESTED:
        return naming_from(t->subject, template_san(t), job->arena, &ask->names,
                           &ask->fault);
    case TXN_NAMES_PATTERN:
        break;
    }
    return naming_by_pattern(job->profile->config, facts->vendor, facts->serial,
                             job->arena, &ask->names, &ask->fault);
}

/*
 * Two serials may come to one name ("ab" and "AB" do). The commit tells, by
 * losing; only then is it worth asking.
 */
static enum err check_names_free(struct worker *w, struct job *job,
                                 struct ask *ask)
{
    bool is_taken;

    if (job->attempts == 0)
        return ERR_OK;
    TRY(find_names(w, job, &ask->names, &is_taken));
    if (is_taken)
        return rule_break(&ask->fault, RULE_NAME_IS_FREE, "extraCerts",
                          "a serial whose name another station has");
    return ERR_OK;
}

static enum err settle_names(struct worker *w, struct job *job, struct ask *ask)
{
    TRY(choose_names(job, ask));
    TRY(check_names_free(w, job, ask));
    return naming_claims(&ask->names, job->arena, &ask->claims,
                         &ask->num_claims, &ask->fault);
}

/* What was shown of the key is what its certificate may say it is for. */
static enum key_purpose purpose_of(const struct ask *ask)
{
    switch (ask->req->popo.type) {
    case POPO_KEY_ENCIPHERMENT:
        return PURPOSE_ENCIPHERMENT;
    case POPO_KEY_AGREEMENT:
        return PURPOSE_AGREEMENT;
    case POPO_ABSENT:
    case POPO_RA_VERIFIED:
    case POPO_SIGNATURE:
        break;
    }
    return PURPOSE_CONFIGURED;
}

static struct ca_request request_of(const struct job *job,
                                    const struct ask *ask)
{
    const struct cert_template *t = template_of(ask);
    struct ca_request request = {
        .subject = ask->names.subject,
        .public_key = t->public_key,
        .san = ask->names.san,
        .num_san = ask->names.num_san,
    };

    if (job->profile->config->requested_validity == CONFIG_VALIDITY_SHORTEN) {
        request.not_before = t->not_before;
        request.not_after = t->not_after;
    }
    return request;
}

/* Names and dates that its certificate will have. */
static enum err settle_one(struct worker *w, struct job *job, struct ask *ask)
{
    const struct path_profile *p = job->profile;
    struct ca_certificate *cert = &ask->certificate;
    struct ca_request request;

    TRY(settle_names(w, job, ask));
    request = request_of(job, ask);
    return ca_plan(p->issuer->ca, p->shapes[purpose_of(ask)], &request,
                   job->facts.now, &cert->not_before, &cert->not_after,
                   &ask->fault);
}

static enum err settle(struct worker *w, struct job *job)
{
    static const enum outcome outcomes[] = {
        [TXN_ISSUE] = OUTCOME_ISSUED,
        [TXN_CHALLENGE] = OUTCOME_CHALLENGED,
        [TXN_WAIT] = OUTCOME_WAITING,
    };

    job->outcome = outcomes[job->decision.action];
    return asks_each(w, job, is_to_wait(job) ? settle_names : settle_one);
}

/* --- 7: make --- */

static enum err public_half(const struct privkey *key, struct spki *out)
{
    struct der in = der_open(privkey_spki(key), NULL);

    return spki_read(&in, out);
}

static enum err issue(struct worker *w, struct job *job, struct ask *ask)
{
    const struct path_profile *p = job->profile;
    struct ca_request request = request_of(job, ask);
    AUTO(privkey) made = NULL;

    if (made_key_is_asked(job, ask)) {
        TRY(made_key_generate(w, ask, &made));
        TRY(public_half(made, &request.public_key));
    }
    TRY(ca_issue(p->issuer->ca, p->shapes[purpose_of(ask)], &request,
                 job->facts.now, job->received + w->line->request_deadline,
                 w->cx, job->arena, &ask->certificate, &ask->fault));
    if (made != NULL)
        return made_key_seal(w, job, ask, made);
    return ask->facts.possession == FACT_BY_CERTIFICATE
               ? conceal_certificate(w, job, ask)
               : ERR_OK;
}

static enum err make(struct worker *w, struct job *job)
{
    if (job->decision.action == TXN_CHALLENGE)
        return challenge_make(w, job);
    return is_to_wait(job) ? ERR_OK : asks_each(w, job, issue);
}

/* --- 8: reply --- */

enum err request_fill(struct worker *w, struct job *job, struct pki_body *body,
                      struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    *tail = job->profile->signer->tail;
    if (job->decision.action == TXN_CHALLENGE) {
        body->pop_challenges = job->challenges;
        return ERR_OK;
    }
    TRY(reply_responses(job, body));
    if (job->decision.action == TXN_WAIT)
        return ERR_OK;
    *tail = job->profile->tail;
    if (body->type == CMP_IP && job->secret_key != NULL)
        return roots_put_shared(job->profile, job->arena, &body->cert_rep,
                                &job->fault);
    roots_put(job->profile, job->msg.body.type, &body->cert_rep);
    return ERR_OK;
}

/* --- 9: record --- */

/* How long the next message is waited for; 0: none is. */
static int64_t wait_of(const struct job *job)
{
    if (job->decision.action == TXN_CHALLENGE)
        return job->profile->profile.confirm_wait;
    if (job->decision.action == TXN_WAIT)
        return job->profile->config->approval_timeout_s;
    return job->decision.grant_implicit ? 0
                                        : job->profile->profile.confirm_wait;
}

static enum transaction_state state_of(const struct job *job)
{
    if (job->decision.action == TXN_CHALLENGE)
        return TRANSACTION_CHALLENGED;
    if (job->decision.action == TXN_WAIT)
        return TRANSACTION_WAITING;
    return job->decision.grant_implicit ? TRANSACTION_CONFIRMED
                                        : TRANSACTION_UNCONFIRMED;
}

static int64_t put_transaction(struct job *job, int64_t station)
{
    struct transaction_record r =
        job->is_resumed ? job->transaction : record_opened(job, station);

    r.state = state_of(job);
    r.sender_nonce = span_of(job->nonce, sizeof(job->nonce));
    r.ended_at = r.state == TRANSACTION_CONFIRMED ? job->facts.now : 0;
    if (job->is_resumed) {
        change_set_transaction_wait(job->change, &r, wait_of(job));
        return r.id;
    }
    record_use_of_secret(job);
    change_add_transaction(job->change, &r, wait_of(job));
    return STORE_NEW;
}

/* One that was challenged waits on, for an operator. */
static enum err keep_request(struct job *job)
{
    struct request_record r = job->request;

    r.state = REQUEST_WAITING;
    TRY(asks_write_waiting(job, &r.data));
    change_set_request(job->change, &r);
    change_drop_reply(job->change, r.transaction);
    return ERR_OK;
}

/* The message as received: what an operator approves, to the bit. */
static enum err add_request(struct job *job)
{
    bool is_challenged = job->decision.action == TXN_CHALLENGE;
    struct request_record r = {
        .transaction = STORE_NEW,
        .cert_req_id = job->asks[0].req->cert_req.cert_req_id,
        .state = is_challenged ? REQUEST_CHALLENGED : REQUEST_WAITING,
        .message = job->bytes,
        .check_after = job->profile->config->approval_check_after_s,
        .created_at = job->facts.now,
    };

    if (is_challenged)
        r.data = job->expected;
    else
        TRY(asks_write_waiting(job, &r.data));
    change_add_request(job->change, &r);
    return ERR_OK;
}

static enum certificate_status status_of(const struct job *job,
                                         const struct ask *ask)
{
    if (job->decision.grant_implicit)
        return CERTIFICATE_CONFIRMED;
    return ask->facts.possession == FACT_BY_CERTIFICATE ? CERTIFICATE_UNPROVEN
                                                        : CERTIFICATE_ISSUED;
}

static void add_certificate(struct job *job, const struct ask *ask,
                            int64_t station, int64_t transaction)
{
    bool is_done = job->decision.grant_implicit;
    struct certificate_record r = {
        .ca = span_str(job->profile->issuer->config->name),
        .serial = ask->certificate.serial,
        .station = station,
        .transaction = transaction,
        .cert_req_id = ask->req->cert_req.cert_req_id,
        .request_digest = span_of(ask->digest, sizeof(ask->digest)),
        .der = ask->certificate.der,
        .status = status_of(job, ask),
        .not_before = ask->certificate.not_before,
        .not_after = ask->certificate.not_after,
        .previous = job->facts.old != NULL ? job->old_record.id : 0,
        .changed = job->facts.now,
    };
    struct certificate_record old = job->old_record;

    change_add_certificate(job->change, &r);
    /* While the update awaits its certConf no other may begin. The version
     * makes one of two racing kurs lose. */
    if (job->facts.old == NULL)
        return;
    old.pending_update = is_done ? 0 : STORE_NEW;
    old.changed = job->facts.now;
    change_set_certificate(job->change, &old);
}

static void add_claims(struct job *job, const struct ask *ask, int64_t station)
{
    for (size_t i = 0; i < ask->num_claims; i++)
        change_claim_name(job->change, ask->claims[i], station);
}

enum err request_record(struct worker *w, struct job *job)
{
    int64_t station = 0, transaction = 0;

    (void)w;
    for (size_t i = 0; i < job->num_asks; i++) {
        const struct ask *ask = &job->asks[i];

        if (ask->fault.err != ERR_OK)
            continue;
        if (station == 0) {
            station = record_station(job, ask->names.subject);
            transaction = put_transaction(job, station);
        }
        add_claims(job, ask, station);
        if (!is_to_wait(job))
            add_certificate(job, ask, station, transaction);
    }
    if (is_to_wait(job))
        TRY(job->is_resumed ? keep_request(job) : add_request(job));
    else if (job->is_resumed)
        record_end_of_waiting(job);
    return record_common(job, transaction);
}

const struct flow flow_request = {
    .find = find,
    .settle = settle,
    .make = make,
    .fill = request_fill,
    .record = request_record,
};
