/*
 * rr: a station takes certificates of its own back, or has them held, or
 * released. The CRL that says so is made at once (keeper_crl.c).
 */
#include "base/limits.h"
#include "base/text.h"
#include "service/line.h"

/* --- 3: find --- */

/* Serial numbers are stored without the zero that makes an INTEGER of them
 * positive. */
struct span revoked_serial(const struct cert_template *t)
{
    struct span integer = t->serial;
    bool has_zero = integer.len > 1 && integer.ptr[0] == 0;

    return has_zero ? span_of(integer.ptr + 1, integer.len - 1) : integer;
}

/* Of the station that signed, or whose passphrase it is; 0: none. */
static int64_t owner_of(const struct job *job)
{
    if (job->facts.signer_kind == SIGNER_PASSPHRASE)
        return job->station.id;
    return job->old_record.id != 0 ? job->old_record.station : 0;
}

static void describe_target(struct job *job, struct ask *ask)
{
    const struct certificate_record *r = &ask->record;
    struct target *target = &ask->facts.target;

    target->is_known = true;
    target->is_stations = owner_of(job) != 0 && r->station == owner_of(job);
    target->is_signer = r->id == job->old_record.id;
    target->is_revoked = r->revoked_at != 0;
    target->is_held =
        target->is_revoked && r->reason == (int64_t)CRL_CERTIFICATE_HOLD;
    target->is_expired = r->not_after < job->facts.now;
}

/* For an RA it is the station that is named, not one that signs. */
static enum err find_owner(struct worker *w, struct job *job, struct ask *ask)
{
    struct facts *facts = &ask->facts;
    struct station_record station;

    if (job->ra == NULL)
        return ERR_OK;
    TRY(store_find_station_by_id(w->session, ask->record.station, job->arena,
                                 &station, &job->fault));
    facts->vendor = station.vendor;
    facts->serial = station.serial;
    facts->is_blocked = station.state == STATION_BLOCKED;
    for (size_t i = 0; i < job->ra->vendors.num; i++)
        if (span_is_equal(span_str(job->ra->vendors.items[i]->name),
                          station.vendor))
            facts->target.is_stations = true;
    if (job->station.id == 0) {
        job->station = station;
        job->facts.vendor = station.vendor;
        job->facts.serial = station.serial;
    }
    return ERR_OK;
}

static enum err find_target(struct worker *w, struct job *job, struct ask *ask)
{
    const struct cert_template *t = &ask->rev->cert_details;
    const struct issuer *issuer =
        authority_find_issuer(w->line->authority, t->issuer);
    bool found;

    ask->facts = job->facts;
    ask->facts.target.is_under_us = issuer != NULL;
    if (issuer == NULL)
        return ERR_OK;
    TRY(find_optional(store_find_certificate(w->session,
                                             span_str(issuer->config->name),
                                             revoked_serial(t), job->arena,
                                             &ask->record, &job->fault),
                      job, &found));
    /* Nothing is told of one that only its holder is to know. */
    if (!found || ask->record.status == CERTIFICATE_UNPROVEN)
        return ERR_OK;
    describe_target(job, ask);
    return find_owner(w, job, ask);
}

static enum err find(struct worker *w, struct job *job)
{
    TRY(find_opening(w, job));
    TRY(find_station(w, job));
    return asks_each(w, job, find_target);
}

/* --- 6: settle --- */

static enum err settle_one(struct worker *w, struct job *job, struct ask *ask)
{
    struct certificate_record *r = &ask->record;

    (void)w;
    if (rev_wish_read(ask->rev, &ask->wish) != ERR_OK)
        return rule_break(&ask->fault, RULE_REASON_IS_KNOWN,
                          "body.rr.crlEntryDetails", "no such details");
    r->changed = job->facts.now;
    if (ask->wish.reason == CRL_REMOVE_FROM_CRL) {
        r->revoked_at = r->reason = r->invalidity_date = 0;
        return ERR_OK;
    }
    /* One that was held has not been good since. */
    if (r->revoked_at == 0)
        r->revoked_at = job->facts.now;
    r->reason = ask->wish.reason;
    r->invalidity_date = ask->wish.invalidity_date;
    job->outcome = OUTCOME_REVOKED;
    return ERR_OK;
}

static enum err settle(struct worker *w, struct job *job)
{
    if (job->decision.action == TXN_WAIT) {
        job->outcome = OUTCOME_WAITING;
        return ERR_OK;
    }
    job->outcome = OUTCOME_RELEASED;
    job->revokes = true;
    return asks_each(w, job, settle_one);
}

/* --- 8: reply --- */

static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    *tail = job->profile->signer->tail;
    if (job->decision.action == TXN_WAIT) {
        body->error.status.status = STATUS_WAITING;
        return ERR_OK;
    }
    return reply_revocations(job, body);
}

/* --- 9: record --- */

/* One entry for each certificate, whatever the message that named it. */
static enum err record_one(struct worker *w, struct job *job, struct ask *ask)
{
    char id[2 * LIMIT_ID_LEN + 1], serial[2 * LIMIT_SERIAL_LEN + 1];
    const struct facts *facts = &ask->facts;
    const struct config_ra *ra = job_ra(job);
    const char *entry;

    (void)w;
    hex_format(job->msg.header.transaction_id, id, sizeof(id));
    hex_format(ask->record.serial, serial, sizeof(serial));
    entry = arena_printf(
        job->arena,
        "%s rr profile=%s station=%.*s/%.*s serial=%s reason=%s "
        "transaction=%s%s%.*s%s%s",
        outcome_name(ask->record.revoked_at == 0 ? OUTCOME_RELEASED
                                                 : OUTCOME_REVOKED),
        job->profile->config->name, (int)facts->vendor.len,
        (const char *)facts->vendor.ptr, (int)facts->serial.len,
        (const char *)facts->serial.ptr, serial,
        crl_reason_name(ask->wish.reason), id,
        job->secret.id != 0 ? " secret=" : "", (int)job->secret.reference.len,
        (const char *)job->secret.reference.ptr, ra != NULL ? " ra=" : "",
        ra != NULL ? ra->name : "");
    if (entry == NULL)
        return fault_set(&ask->fault, ERR_NO_MEM, "audit entry");
    change_set_certificate(job->change, &ask->record);
    change_add_audit(job->change, job->facts.now, span_str(entry));
    return ERR_OK;
}

static enum err record(struct worker *w, struct job *job)
{
    int64_t transaction = waiting_put(job, job->station.id);

    if (job->decision.action == TXN_WAIT)
        return waiting_keep(job);
    TRY(asks_each(w, job, record_one));
    record_exchange(job, transaction);
    record_use_of_secret(job);
    return ERR_OK;
}

const struct flow flow_revoke = {
    .find = find,
    .settle = settle,
    .fill = fill,
    .record = record,
};
