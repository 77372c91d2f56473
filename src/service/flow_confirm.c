/*
 * certConf: the station takes the certificate, or does not want it. An error in
 * its place ends the transaction as a certConf that rejects all (RFC 9810,
 * 5.3.21).
 */
#include "service/line.h"

/* --- 3: find --- */

static const struct cert_status *status_of(const struct pki_body *body,
                                           int64_t cert_req_id)
{
    const struct cert_conf *conf = &body->cert_conf;

    if (body->type != CMP_CERT_CONF)
        return NULL;
    for (size_t i = 0; i < conf->num; i++)
        if (conf->list[i].cert_req_id == cert_req_id)
            return &conf->list[i];
    return NULL;
}

/* The hash that certHash is compared with: of the algorithm that signed the
 * certificate, or the one that hashAlg names (RFC 9810, 5.3.18). */
static enum err hash_issued(struct worker *w, struct job *job,
                            const struct certificate_record *r,
                            struct fact_issued *out)
{
    const struct cert_status *status =
        status_of(&job->msg.body, r->cert_req_id);
    enum digest digest;
    struct x509_cert cert;
    uint8_t *hash = arena_alloc(job->arena, DIGEST_MAX_LEN);

    out->cert_req_id = r->cert_req_id;
    if (hash == NULL || x509_read(r->der, job->arena, &cert) != ERR_OK)
        return fault_set(&job->fault, ERR_STORE,
                         "a stored certificate does not parse");
    out->subject = cert.subject;
    digest = cert_hash_digest(&cert.sig_alg,
                              status != NULL ? &status->hash_alg : NULL);
    out->hash_alg_known = digest != DIGEST_NONE;
    if (!out->hash_alg_known)
        return ERR_OK;
    TRY(hash_compute(w->cx, digest, r->der, hash, &job->fault));
    out->hash = span_of(hash, digest_len(digest));
    return ERR_OK;
}

static enum err find_issued(struct worker *w, struct job *job)
{
    struct certificate_list *list = &job->issued;
    struct fact_issued *issued;

    TRY(store_list_issued(w->session, job->transaction.id, job->arena, list,
                          &job->fault));
    issued = arena_array(job->arena, list->num, sizeof(*issued));
    if (issued == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "certConf");
    for (size_t i = 0; i < list->num; i++)
        TRY(hash_issued(w, job, &list->list[i], &issued[i]));
    job->facts.issued = issued;
    job->facts.num_issued = list->num;
    return ERR_OK;
}

static enum err find(struct worker *w, struct job *job)
{
    if (job->transaction.id == 0)
        return ERR_OK;
    find_transaction_facts(job);
    if (job->facts.transaction == FACT_ENDED)
        return ERR_OK;
    TRY(find_issued(w, job));
    if (job->issued.num > 0 && job->issued.list[0].previous != 0)
        TRY(store_find_certificate_by_id(
            w->session, job->issued.list[0].previous, job->arena,
            &job->old_record, &job->fault));
    return find_station(w, job);
}

/* --- 6: settle, 8: reply --- */

static enum err settle(struct worker *w, struct job *job)
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

/* Whose the key of an unproven one is nobody knows: that is never kept. */
static void reject(struct job *job, struct certificate_record *cert)
{
    bool is_proven = cert->status != CERTIFICATE_UNPROVEN;

    cert->status = CERTIFICATE_REJECTED;
    if ((!job->decision.revoke && is_proven) || cert->revoked_at != 0)
        return;
    cert->revoked_at = job->facts.now;
    cert->reason = CRL_CESSATION_OF_OPERATION;
    job->revokes = true;
}

/* The station goes by the certificate it took. */
static void set_station(struct job *job, size_t taken)
{
    struct station_record station = job->station;

    station.certificate = job->issued.list[taken].id;
    station.subject = job->facts.issued[taken].subject;
    station.last_seen = job->facts.now;
    change_set_station(job->change, &station);
}

static enum err record(struct worker *w, struct job *job)
{
    size_t taken = job->issued.num;

    (void)w;
    /* Where private keys may travel: this one arrived, or nobody wants it. */
    if (job->profile->generator != NULL)
        change_drop_reply(job->change, job->transaction.id);
    end_transaction(job, job->decision.action == TXN_CONFIRM
                             ? TRANSACTION_CONFIRMED
                             : TRANSACTION_REJECTED);
    for (size_t i = 0; i < job->issued.num; i++) {
        struct certificate_record *cert = &job->issued.list[i];

        cert->changed = job->facts.now;
        if ((job->decision.confirmed & (1u << i)) != 0) {
            cert->status = CERTIFICATE_CONFIRMED;
            taken = i;
        } else {
            reject(job, cert);
        }
        change_set_certificate(job->change, cert);
    }
    release_old(job);
    if (taken < job->issued.num)
        set_station(job, taken);
    return record_common(job, job->transaction.id);
}

const struct flow flow_confirm = {
    .continues = true,
    .find = find,
    .settle = settle,
    .fill = fill,
    .record = record,
};
