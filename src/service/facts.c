/*
 * Step 3: what the store knows of a message, its sender and what it names.
 */
#include "service/line.h"

enum err find_reply(struct worker *w, struct job *job, bool *is_replay)
{
    enum err e =
        job->is_anew
            ? ERR_NOT_FOUND
            : store_find_reply(w->session, job->msg.header.transaction_id,
                               span_of(job->digest, sizeof(job->digest)),
                               job->arena, &job->reply, &job->fault);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *is_replay = e == ERR_OK;
    job->fault = (struct fault){ 0 };
    return ERR_OK;
}

enum err find_optional(enum err e, struct job *job, bool *found)
{
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *found = e == ERR_OK;
    if (!*found)
        job->fault = (struct fault){ 0 };
    return ERR_OK;
}

enum err find_seen(struct worker *w, struct job *job, struct ask *ask)
{
    if (job->is_anew)
        return ERR_OK;
    return store_has_request(w->session,
                             span_of(ask->digest, sizeof(ask->digest)),
                             &ask->facts.request_seen, &ask->fault);
}

static void find_old(struct job *job)
{
    const struct certificate_record *r = &job->old_record;
    struct facts *facts = &job->facts;

    if (facts->signer_kind != SIGNER_OPERATOR)
        return;
    job->old = job->signer;
    if (job->msg.body.type == CMP_KUR)
        facts->old = &job->old;
    facts->old_is_ours = true;
    facts->old_is_confirmed = r->status == CERTIFICATE_CONFIRMED;
    facts->old_is_revoked = r->revoked_at != 0;
    facts->old_has_update = r->pending_update != 0;
}

enum err find_opening(struct worker *w, struct job *job)
{
    struct facts *facts = &job->facts;

    facts->ca_subject = ca_subject(job->profile->issuer->ca);
    if (!job->is_resumed && !job->is_anew)
        TRY(find_optional(store_find_transaction(
                              w->session,
                              span_of(job->requester, sizeof(job->requester)),
                              job->msg.header.transaction_id, job->arena,
                              &job->transaction, &job->fault),
                          job, &facts->transaction_id_used));
    find_old(job);
    return ERR_OK;
}

enum err find_request(struct worker *w, struct job *job)
{
    struct request_filter by = { .transaction = job->transaction.id };
    struct request_list found;

    TRY(store_list_requests(w->session, &by, job->arena, &found, &job->fault));
    if (found.num != 1)
        return fault_set(&job->fault, ERR_STORE,
                         "a transaction that waits, without its request");
    job->request = found.list[0];
    return ERR_OK;
}

static bool is_among(const struct config_vendors *vendors,
                     const struct config_vendor *vendor)
{
    for (size_t i = 0; i < vendors->num; i++)
        if (vendors->items[i] == vendor)
            return true;
    return false;
}

/* Subject and SAN of the template, read as a vendor's certificate would be. By
 * exactly one rule, since nothing else tells whose station it is. */
static enum err find_named(struct worker *w, struct job *job,
                           const struct cert_template *t, size_t *vendor,
                           struct span *out)
{
    const struct authority *au = w->line->authority;
    struct x509_cert names = { .subject = span_is_absent(t->subject)
                                              ? SPAN_LIT("\x30\x00")
                                              : t->subject,
                               .san = template_san(t) };
    struct span serial, only = SPAN_NONE;
    size_t num = 0;

    for (size_t i = 0; i < au->config->num_vendors; i++) {
        const struct config_vendor *v = au->vendors[i].config;

        if (!is_among(&job->ra->vendors, v) ||
            !profile_serves(job->profile->config, v))
            continue;
        TRY(naming_serial(&au->vendors[i], &names, job->arena, &serial,
                          &job->fault));
        if (span_is_absent(serial))
            continue;
        *vendor = i;
        only = serial;
        num++;
    }
    *out = num == 1 ? only : SPAN_NONE;
    return ERR_OK;
}

enum err find_represented(struct worker *w, struct job *job)
{
    struct facts *facts = &job->facts;

    if (job->ra == NULL)
        return ERR_OK;
    for (size_t i = 0; i < job->num_asks; i++) {
        struct ask *ask = &job->asks[i];
        size_t vendor = 0;
        struct span serial;

        TRY(find_named(w, job, &ask->req->cert_req.cert_template, &vendor,
                       &serial));
        if (i == 0) {
            job->vendor = vendor;
            facts->serial = serial;
        } else if (vendor != job->vendor ||
                   !span_is_equal(serial, facts->serial)) {
            return rule_break(&job->fault, RULE_RA_ASKS_FOR_ONE,
                              "certTemplate.subject", "another station's");
        }
    }
    return ERR_OK;
}

/* An RA speaks for itself where no station is named, as in a genm. */
static bool is_without_station(const struct job *job)
{
    return job->facts.signer_kind == SIGNER_RA &&
           span_is_absent(job->facts.serial);
}

enum err find_station(struct worker *w, struct job *job)
{
    const struct vendor *vendor = &w->line->authority->vendors[job->vendor];
    struct facts *facts = &job->facts;
    bool found = job->station.id != 0;

    if (!found && is_without_station(job))
        return ERR_OK;
    facts->vendor = span_str(vendor->config->name);
    if (found) {
        facts->serial = job->station.serial;
    } else {
        if (facts->signer_kind != SIGNER_SECRET &&
            facts->signer_kind != SIGNER_PASSPHRASE && job->ra == NULL &&
            job->peer_ca == NULL)
            TRY(naming_serial(vendor, &job->signer, job->arena, &facts->serial,
                              &job->fault));
        if (span_is_absent(facts->serial))
            return ERR_OK;
        TRY(find_optional(store_find_station(w->session, facts->vendor,
                                             facts->serial, job->arena,
                                             &job->station, &job->fault),
                          job, &found));
    }
    if (job->wrapper != NULL &&
        !is_among(&job->wrapper->vendors, vendor->config))
        facts->is_vouched = false; /* it speaks for others */
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
        TRY(find_optional(
            store_find_name(w->session, claims[i], &station, &job->fault), job,
            &found));
        *is_taken = found && station != job->station.id;
    }
    return ERR_OK;
}

void find_transaction_facts(struct job *job)
{
    static const enum fact_transaction states[] = {
        [TRANSACTION_UNCONFIRMED] = FACT_UNCONFIRMED,
        [TRANSACTION_CONFIRMED] = FACT_CONFIRMED,
        [TRANSACTION_REJECTED] = FACT_REJECTED,
        [TRANSACTION_TIMED_OUT] = FACT_TIMED_OUT,
        [TRANSACTION_WAITING] = FACT_WAITING,
        [TRANSACTION_CHALLENGED] = FACT_CHALLENGED,
        [TRANSACTION_ENDED] = FACT_ENDED,
    };
    struct facts *facts = &job->facts;

    facts->transaction = states[job->transaction.state];
    facts->our_nonce = job->transaction.sender_nonce;
    facts->transaction_pvno = job->transaction.pvno;
}
