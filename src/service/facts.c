/*
 * Step 3: what the store knows of a message, its sender and what it names.
 */
#include "service/line.h"

enum err find_reply(struct worker *w, struct job *job, bool *is_replay)
{
    enum err e = store_find_reply(w->session, job->msg.header.transaction_id,
                                  span_of(job->digest, sizeof(job->digest)),
                                  job->arena, &job->reply, &job->fault);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *is_replay = e == ERR_OK;
    job->fault = (struct fault){ 0 };
    return ERR_OK;
}

/* A look-up that may find nothing: `found` tells. */
static enum err optional(enum err e, struct job *job, bool *found)
{
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *found = e == ERR_OK;
    if (!*found)
        job->fault = (struct fault){ 0 };
    return ERR_OK;
}

static enum err find_station(struct worker *w, struct job *job)
{
    const struct vendor *vendor = &w->line->authority->vendors[job->vendor];
    struct facts *facts = &job->facts;
    bool found = job->station.id != 0;

    facts->vendor = span_str(vendor->config->name);
    if (found) {
        facts->serial = job->station.serial;
    } else {
        TRY(naming_serial(vendor, &job->signer, job->arena, &facts->serial,
                          &job->fault));
        if (span_is_absent(facts->serial))
            return ERR_OK;
        TRY(optional(store_find_station(w->session, facts->vendor,
                                        facts->serial, job->arena,
                                        &job->station, &job->fault),
                     job, &found));
    }
    facts->is_allowed = epoch_allows(job->epoch, job->vendor, facts->serial);
    facts->is_blocked = found && job->station.state == STATION_BLOCKED;
    return ERR_OK;
}

enum err find_names(struct worker *w, struct job *job,
                    const struct names *names, bool *is_taken)
{
    const struct span *claims;
    int64_t station;
    size_t num;
    bool found;

    *is_taken = false;
    TRY(naming_claims(names, job->arena, &claims, &num, &job->fault));
    for (size_t i = 0; i < num && !*is_taken; i++) {
        TRY(optional(
            store_find_name(w->session, claims[i], &station, &job->fault), job,
            &found));
        *is_taken = found && station != job->station.id;
    }
    return ERR_OK;
}

static enum err find_suggestion(struct worker *w, struct job *job)
{
    static const enum suggested_names policies[] = {
        [CONFIG_NAMES_REPLACE] = NAMES_REPLACE,
        [CONFIG_NAMES_KEEP] = NAMES_KEEP,
        [CONFIG_NAMES_REFUSE] = NAMES_REFUSE,
    };
    const struct config_vendor *vendor =
        w->line->authority->vendors[job->vendor].config;
    const struct cert_template *t =
        &job->msg.body.cert_req.list[0].cert_req.cert_template;
    struct names names;

    job->facts.suggested_names = policies[vendor->suggested_names];
    if (!span_is_absent(t->subject) && !name_is_null(t->subject))
        job->facts.suggested = t->subject;
    TRY(naming_from(t->subject, template_san(t), job->arena, &names,
                    &job->fault));
    return find_names(w, job, &names, &job->facts.suggested_is_taken);
}

static enum err find_old(struct job *job)
{
    const struct certificate_record *r = &job->old_record;
    struct facts *facts = &job->facts;

    if (facts->signer_kind != SIGNER_OPERATOR)
        return ERR_OK;
    job->old = job->signer;
    if (job->msg.body.type == CMP_KUR)
        facts->old = &job->old;
    facts->old_is_ours = true;
    facts->old_is_confirmed = r->status == CERTIFICATE_CONFIRMED;
    facts->old_is_revoked = r->revoked_at != 0;
    facts->old_has_update = r->pending_update != 0;
    return ERR_OK;
}

static enum err find_request(struct worker *w, struct job *job)
{
    struct facts *facts = &job->facts;

    facts->ca_subject = ca_subject(job->profile->issuer->ca);
    TRY(optional(
        store_find_transaction(w->session,
                               span_of(job->requester, sizeof(job->requester)),
                               job->msg.header.transaction_id, job->arena,
                               &job->transaction, &job->fault),
        job, &facts->transaction_id_used));
    /* Without extraCerts and protection: anybody can change the one, and add a
     * second good ECDSA signature to the first. */
    TRY(hash_compute(w->cx, DIGEST_SHA256, job->part, job->request_digest,
                     &job->fault));
    TRY(store_has_request(
        w->session, span_of(job->request_digest, sizeof(job->request_digest)),
        &facts->request_seen, &job->fault));
    TRY(find_old(job));
    TRY(find_station(w, job));
    return find_suggestion(w, job);
}

/* The hash that certHash is compared with: of the algorithm that signed the
 * certificate, or the one that hashAlg names (RFC 9810, 5.3.18). */
static enum err hash_issued(struct worker *w, struct job *job)
{
    const struct cert_conf *conf = &job->msg.body.cert_conf;
    struct facts *facts = &job->facts;
    const struct sig_alg_info *info;
    enum digest digest;
    struct x509_cert cert;
    uint8_t *hash = arena_alloc(job->arena, DIGEST_MAX_LEN);

    if (hash == NULL || x509_read(job->issued.der, job->arena, &cert) != ERR_OK)
        return fault_set(&job->fault, ERR_STORE,
                         "a stored certificate does not parse");
    info = sig_alg_info(sig_alg_find(&cert.sig_alg));
    digest = info == NULL ? DIGEST_NONE : info->cert_digest;
    if (conf->num > 0 && !span_is_absent(conf->list[0].hash_alg.oid))
        digest = digest_find(&conf->list[0].hash_alg);
    facts->hash_alg_known = digest != DIGEST_NONE;
    if (!facts->hash_alg_known)
        return ERR_OK;
    TRY(hash_compute(w->cx, digest, job->issued.der, hash, &job->fault));
    facts->issued_hash = span_of(hash, digest_len(digest));
    return ERR_OK;
}

static enum err find_confirmed(struct worker *w, struct job *job)
{
    static const enum fact_transaction states[] = {
        [TRANSACTION_UNCONFIRMED] = FACT_UNCONFIRMED,
        [TRANSACTION_CONFIRMED] = FACT_CONFIRMED,
        [TRANSACTION_REJECTED] = FACT_REJECTED,
        [TRANSACTION_TIMED_OUT] = FACT_TIMED_OUT,
    };
    struct facts *facts = &job->facts;

    if (job->transaction.id == 0)
        return ERR_OK;
    facts->transaction = states[job->transaction.state];
    facts->our_nonce = job->transaction.sender_nonce;
    facts->transaction_pvno = job->transaction.pvno;
    TRY(store_find_issued(w->session, job->transaction.id, 0, job->arena,
                          &job->issued, &job->fault));
    facts->issued_cert_req_id = job->issued.cert_req_id;
    if (job->issued.previous != 0)
        TRY(store_find_certificate_by_id(w->session, job->issued.previous,
                                         job->arena, &job->old_record,
                                         &job->fault));
    TRY(find_station(w, job));
    return hash_issued(w, job);
}

enum err find_facts(struct worker *w, struct job *job)
{
    if (job->msg.body.type == CMP_CERT_CONF)
        return find_confirmed(w, job);
    return find_request(w, job);
}
