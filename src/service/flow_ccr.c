/*
 * ccr: another CA asks for a CA certificate (RFC 9810, 5.3.11). It waits for an
 * operator, polls, is answered and confirms as a station does; what it gets is
 * made by ca/peer.c, within what peer_cas says.
 */
#include "service/line.h"

static const struct cert_template *template_of(const struct ask *ask)
{
    return &ask->req->cert_req.cert_template;
}

/* --- 3: find --- */

static struct ca_peer_limits limits_of(const struct job *job)
{
    struct ca_peer_limits limits = job->peer_ca->limits;

    limits.backdate = job->profile->config->backdate_s;
    return limits;
}

static enum err find_agreed(struct job *job, struct ask *ask)
{
    const struct ca *ca = job->profile->issuer->ca;
    struct ca_peer_limits limits = limits_of(job);
    struct fact_peer *peer = arena_alloc(job->arena, sizeof(*peer));

    if (peer == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "request");
    *peer = (struct fact_peer){
        .subject = job->peer_ca->subject,
        .path_len = limits.path_len,
        .until = limits.validity < ca_not_after(ca) - job->facts.now
                     ? job->facts.now + limits.validity
                     : ca_not_after(ca),
        .ca_alg = ca_sig_alg(ca),
        .ca_key = ca_key(ca),
    };
    ask->facts.peer = peer;
    return ERR_OK;
}

static enum err find_ask(struct worker *w, struct job *job, struct ask *ask)
{
    ask->facts = job->facts;
    memcpy(ask->digest, job->request_digest, sizeof(ask->digest));
    TRY(find_seen(w, job, ask));
    TRY(find_agreed(job, ask));
    TRY(naming_from(template_of(ask)->subject, SPAN_NONE, job->arena,
                    &ask->names, &ask->fault));
    return find_names(w, job, &ask->names, &ask->facts.suggested_is_taken);
}

static enum err find(struct worker *w, struct job *job)
{
    TRY(find_opening(w, job));
    TRY(hash_compute(w->cx, DIGEST_SHA256, job->part, job->request_digest,
                     &job->fault));
    TRY(find_station(w, job));
    return asks_each(w, job, find_ask);
}

/* --- 6: settle --- */

static enum err claim(struct worker *w, struct job *job, struct ask *ask)
{
    (void)w;
    return naming_claims(&ask->names, job->arena, &ask->claims,
                         &ask->num_claims, &ask->fault);
}

static enum err read_request(const struct ask *ask, struct ca_peer_request *out)
{
    const struct cert_template *t = template_of(ask);
    struct ca_wish wish;

    TRY(ca_wish_read(t, &wish));
    *out = (struct ca_peer_request){
        .subject = t->subject,
        .public_key = t->public_key,
        .not_before = t->not_before,
        .not_after = t->not_after,
        .key_id = wish.key_id,
        .has_path_len = wish.has_path_len,
        .path_len = wish.path_len,
    };
    return ERR_OK;
}

static enum err settle_one(struct worker *w, struct job *job, struct ask *ask)
{
    struct ca_certificate *cert = &ask->certificate;
    struct ca_peer_limits limits = limits_of(job);
    struct ca_peer_request request = { 0 };

    TRY(claim(w, job, ask));
    TRY(read_request(ask, &request));
    return ca_plan_peer(job->profile->issuer->ca, &limits, &request,
                        job->facts.now, &cert->not_before, &cert->not_after,
                        &ask->fault);
}

static enum err settle(struct worker *w, struct job *job)
{
    bool is_to_wait = job->decision.action == TXN_WAIT;

    job->outcome = is_to_wait ? OUTCOME_WAITING : OUTCOME_ISSUED;
    return asks_each(w, job, is_to_wait ? claim : settle_one);
}

/* --- 7: make --- */

static enum err certify(struct worker *w, struct job *job, struct ask *ask)
{
    struct ca_peer_limits limits = limits_of(job);
    struct ca_peer_request request = { 0 };

    TRY(read_request(ask, &request));
    return ca_certify_peer(job->profile->issuer->ca, &limits, &request,
                           job->facts.now,
                           job->received + w->line->request_deadline, w->cx,
                           job->arena, &ask->certificate, &ask->fault);
}

static enum err make(struct worker *w, struct job *job)
{
    return job->decision.action == TXN_WAIT ? ERR_OK
                                            : asks_each(w, job, certify);
}

const struct flow flow_ccr = {
    .find = find,
    .settle = settle,
    .make = make,
    .fill = request_fill,
    .record = request_record,
};
