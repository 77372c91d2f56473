/*
 * What step 9 commits: every record of the step, and the reply itself.
 */
#include "service/line.h"

#include "base/limits.h"
#include "base/text.h"

static struct span digest_of(const struct job *job)
{
    return span_of(job->digest, sizeof(job->digest));
}

const char *job_describe(struct job *job)
{
    char id[2 * LIMIT_ID_LEN + 1] = "", serial[2 * LIMIT_SERIAL_LEN + 1] = "";
    const struct facts *facts = &job->facts;
    struct span cert = job->certificate.serial;

    hex_format(job->msg.header.transaction_id, id, sizeof(id));
    if (span_is_absent(cert))
        cert = job->issued.serial;
    hex_format(cert, serial, sizeof(serial));
    return arena_printf(job->arena,
                        "%s %s profile=%s station=%.*s/%.*s serial=%s "
                        "transaction=%s",
                        outcome_name(job->outcome),
                        cmp_body_name(job->msg.body.type),
                        job->profile->config->name, (int)facts->vendor.len,
                        (const char *)facts->vendor.ptr, (int)facts->serial.len,
                        (const char *)facts->serial.ptr, serial, id);
}

static enum err add_common(struct job *job, int64_t transaction)
{
    size_t head = job->reply.len - job->tail_len;
    const char *entry = job_describe(job);

    if (entry == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "audit entry");
    change_add_exchange(
        job->change, transaction, digest_of(job), span_of(job->reply.ptr, head),
        job->tail_len == 0 ? SPAN_NONE
                           : span_of(job->reply.ptr + head, job->tail_len));
    change_add_audit(job->change, job->facts.now, span_str(entry));
    return ERR_OK;
}

static int64_t add_station(struct job *job)
{
    struct station_record r = {
        .vendor = job->facts.vendor,
        .serial = job->facts.serial,
        .state = STATION_ACTIVE,
        .subject = job->names.subject,
        .first_seen = job->facts.now,
        .last_seen = job->facts.now,
    };

    if (job->station.id != 0)
        return job->station.id;
    change_add_station(job->change, &r);
    return STORE_NEW;
}

static void add_transaction(struct job *job, int64_t station)
{
    bool is_done = job->decision.grant_implicit;
    struct transaction_record r = {
        .requester = span_of(job->requester, sizeof(job->requester)),
        .requester_cert = job->signer.der,
        .transaction_id = job->msg.header.transaction_id,
        .profile = span_str(job->profile->config->name),
        .body_type = job->msg.body.type,
        .pvno = job->msg.header.pvno,
        .state = is_done ? TRANSACTION_CONFIRMED : TRANSACTION_UNCONFIRMED,
        .sender_nonce = span_of(job->nonce, sizeof(job->nonce)),
        .station = station,
        .ended_at = is_done ? job->facts.now : 0,
    };

    change_add_transaction(job->change, &r,
                           is_done ? 0 : job->profile->profile.confirm_wait);
}

static void add_certificate(struct job *job, int64_t station)
{
    bool is_done = job->decision.grant_implicit;
    struct certificate_record r = {
        .ca = span_str(job->profile->issuer->config->name),
        .serial = job->certificate.serial,
        .station = station,
        .transaction = STORE_NEW,
        .cert_req_id = job->msg.body.cert_req.list[0].cert_req.cert_req_id,
        .request_digest =
            span_of(job->request_digest, sizeof(job->request_digest)),
        .der = job->certificate.der,
        .status = is_done ? CERTIFICATE_CONFIRMED : CERTIFICATE_ISSUED,
        .not_before = job->certificate.not_before,
        .not_after = job->certificate.not_after,
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

static enum err record_issued(struct job *job)
{
    int64_t station = add_station(job);

    for (size_t i = 0; i < job->num_claims; i++)
        change_claim_name(job->change, job->claims[i], station);
    add_transaction(job, station);
    add_certificate(job, station);
    return add_common(job, STORE_NEW);
}

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
    return add_common(job, job->transaction.id);
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
    return add_common(job, job->transaction.id);
}

enum err record_changes(struct job *job)
{
    job->change = change_new();
    if (job->change == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "change");
    switch (job->decision.action) {
    case TXN_ISSUE:
        return record_issued(job);
    case TXN_CONFIRM:
        return record_confirmed(job);
    case TXN_REJECT:
        break;
    }
    return record_rejected(job);
}
