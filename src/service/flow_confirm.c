/*
 * certConf: the station takes the certificate, or does not want it.
 */
#include "service/line.h"

/* --- 3: find --- */

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

static enum err find(struct worker *w, struct job *job)
{
    if (job->transaction.id == 0)
        return ERR_OK;
    find_transaction_facts(job);
    TRY(store_find_issued(w->session, job->transaction.id, 0, job->arena,
                          &job->issued, &job->fault));
    job->facts.issued_cert_req_id = job->issued.cert_req_id;
    if (job->issued.previous != 0)
        TRY(store_find_certificate_by_id(w->session, job->issued.previous,
                                         job->arena, &job->old_record,
                                         &job->fault));
    TRY(find_station(w, job));
    return hash_issued(w, job);
}

/* --- 7: make, 8: reply --- */

static enum err make(struct worker *w, struct job *job)
{
    (void)w;
    job->outcome = job->decision.action == TXN_CONFIRM ? OUTCOME_CONFIRMED
                                                       : OUTCOME_REJECTED;
    return ERR_OK;
}

/* No extraCerts in pkiconf: TS 33.310, 9.5.4.5. */
static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    *tail = SPAN_NONE;
    return ERR_OK;
}

/* --- 9: record --- */

static void end_transaction(struct job *job, enum transaction_state state)
{
    struct transaction_record r = job->transaction;

    r.state = state;
    r.sender_nonce = span_of(job->nonce, sizeof(job->nonce));
    r.deadline = 0;
    r.ended_at = job->facts.now;
    change_set_transaction(job->change, &r);
}

/* The certificate being updated may be updated again. */
static void release_old(struct job *job)
{
    struct certificate_record old = job->old_record;

    if (old.id == 0)
        return;
    old.pending_update = 0;
    old.changed = job->facts.now;
    change_set_certificate(job->change, &old);
}

static enum err record_confirmed(struct job *job)
{
    struct certificate_record cert = job->issued;
    struct station_record station = job->station;
    struct x509_cert x509;

    if (x509_read(cert.der, job->arena, &x509) != ERR_OK)
        return fault_set(&job->fault, ERR_STORE,
                         "a stored certificate does not parse");
    end_transaction(job, TRANSACTION_CONFIRMED);
    cert.status = CERTIFICATE_CONFIRMED;
    cert.changed = job->facts.now;
    change_set_certificate(job->change, &cert);
    release_old(job);
    station.certificate = cert.id;
    station.subject = x509.subject;
    station.last_seen = job->facts.now;
    change_set_station(job->change, &station);
    return record_common(job, job->transaction.id);
}

static enum err record_rejected(struct job *job)
{
    struct certificate_record cert = job->issued;

    end_transaction(job, TRANSACTION_REJECTED);
    cert.status = CERTIFICATE_REJECTED;
    cert.changed = job->facts.now;
    if (job->decision.revoke && cert.revoked_at == 0) {
        cert.revoked_at = job->facts.now;
        cert.reason = CRL_CESSATION_OF_OPERATION;
        job->revokes = true;
    }
    change_set_certificate(job->change, &cert);
    release_old(job);
    return record_common(job, job->transaction.id);
}

static enum err record(struct worker *w, struct job *job)
{
    (void)w;
    return job->decision.action == TXN_CONFIRM ? record_confirmed(job)
                                               : record_rejected(job);
}

const struct flow flow_confirm = {
    .continues = true,
    .find = find,
    .make = make,
    .fill = fill,
    .record = record,
};
