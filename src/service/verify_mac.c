/*
 * Step 4 for messages under a shared secret: whose is it, does the MAC verify,
 * and may the secret be used (again)?
 *
 * Who does not know the secret learns nothing of it: an unknown reference and a
 * wrong MAC get one answer after the same work. A source that sends them is
 * slowed down by the budget of its refusals; the reference is never locked,
 * since anybody could lock it then.
 */
#include "base/clock.h"
#include "base/text.h"
#include "service/line.h"

bool is_mac_protected(const struct job *job)
{
    return job->has_header &&
           mac_alg_find(&job->msg.header.protection_alg) != MAC_UNKNOWN;
}

bool is_begun_by_mac(const struct transaction_record *r)
{
    return r->requester_cert.len == 0;
}

/* An rr has its MAC under a passphrase and nothing else; nothing but what polls
 * for such an rr has one under it too. */
static enum err find_passphrase(struct worker *w, struct job *job,
                                struct secret_record *out, bool *found)
{
    *found = false;
    if (job->msg.body.type == CMP_RR)
        return passphrase_find(w, job, out, found);
    if (job->msg.body.type == CMP_POLL_REQ)
        return passphrase_find_waiting(w, job, out, found);
    return ERR_OK;
}

/* senderKID first, then the CN of sender, which OpenSSL for one fills with
 * another name (RFC 9483, 3.1; RFC 9810, 5.1.1). */
static enum err find_made_secret(struct worker *w, struct job *job,
                                 struct secret_record *out, bool *found)
{
    const struct pki_header *h = &job->msg.header;
    struct span name;

    *found = false;
    if (h->sender_kid.len > 0)
        TRY(find_optional(store_find_secret(w->session, h->sender_kid,
                                            job->arena, out, &job->fault),
                          job, found));
    if (*found || h->sender.type != GN_DIRECTORY ||
        !name_find(h->sender.value, OID_ID_AT_COMMON_NAME, 0, &name))
        return ERR_OK;
    return find_optional(store_find_secret_by_name(w->session, name, job->arena,
                                                   out, &job->fault),
                         job, found);
}

static enum err find_secret(struct worker *w, struct job *job,
                            struct secret_record *out, bool *found)
{
    TRY(find_passphrase(w, job, out, found));
    if (*found || job->msg.body.type == CMP_RR)
        return ERR_OK;
    TRY(find_made_secret(w, job, out, found));
    *found = *found && out->purpose == SECRET_FOR_REQUESTS;
    return ERR_OK;
}

/* The credential that transactions are bound to. */
static enum err hash_requester(struct worker *w, struct job *job,
                               struct span reference)
{
    const char *text =
        arena_printf(job->arena, "secret:%.*s", (int)reference.len,
                     (const char *)reference.ptr);

    if (text == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "requester");
    return hash_compute(w->cx, DIGEST_SHA256, span_str(text), job->requester,
                        &job->fault);
}

/*
 * The transaction that a later message belongs to, of this secret. Before any
 * derivation: one that was begun with a signature is not for MACs at all.
 */
static enum err find_transaction(struct worker *w, struct job *job,
                                 bool has_secret)
{
    struct transaction_list list;
    bool found = false;

    if (!job->flow->continues)
        return ERR_OK;
    if (has_secret)
        TRY(find_optional(store_find_transaction(
                              w->session,
                              span_of(job->requester, sizeof(job->requester)),
                              job->msg.header.transaction_id, job->arena,
                              &job->transaction, &job->fault),
                          job, &found));
    if (found)
        return ERR_OK;
    TRY(verify_list_transactions(w, job, &list));
    for (size_t i = 0; i < list.num; i++)
        if (is_begun_by_mac(&list.list[i]))
            return ERR_OK;
    if (list.num == 0)
        return ERR_OK;
    return rule_break(&job->fault, RULE_PROTECTION_KEEPS_KIND,
                      "header.protectionAlg",
                      "a MAC, in a transaction begun with a signature");
}

/* `key` is NULL for a reference that nobody has. */
static enum err check_mac(struct worker *w, struct job *job,
                          const struct secret *key)
{
    const struct cmp_message *msg = &job->msg;
    struct fault why = { 0 };
    enum err e;

    TRY(verify_find_part(job));
    e = mac_verify(w->cx, job->profile->profile.macs,
                   &msg->header.protection_alg,
                   key == NULL ? SPAN_NONE : secret_span(key), job->part,
                   msg->protection.bytes, &why);
    if (e == ERR_BAD_MESSAGE_CHECK)
        return rule_break(&job->fault, RULE_MAC_VERIFIES, "protection",
                          "a MAC that does not verify, or a reference nobody "
                          "has");
    if (e == ERR_BAD_ALG)
        return rule_break(&job->fault, RULE_MAC_IS_ALLOWED,
                          "header.protectionAlg", "%s", why.text);
    if (e != ERR_OK)
        job->fault = why;
    return e;
}

/* Who records one message may try words against it: iterations make that dear.
 */
static bool is_stretched(const struct alg_id *alg)
{
    enum mac_alg mac = mac_alg_find(alg);

    return mac == MAC_PBM || mac == MAC_PBMAC1;
}

/*
 * A use is one transaction: the later messages of one that has begun are taken
 * though the secret is used up or has expired since, but not when somebody
 * revoked it.
 */
static enum err check_state(struct job *job)
{
    const struct secret_record *r = &job->secret;

    if (r->state == SECRET_REVOKED)
        return rule_break(&job->fault, RULE_SECRET_IS_NOT_REVOKED,
                          "header.senderKID", "a revoked secret");
    if (r->is_weak != 0 && !is_stretched(&job->msg.header.protection_alg))
        return rule_break(&job->fault, RULE_WEAK_SECRET_IS_STRETCHED,
                          "header.protectionAlg",
                          "a MAC right under a secret that somebody chose");
    if (job->transaction.id != 0)
        return ERR_OK;
    if (!span_is_absent(r->profile) && r->profile.len > 0 &&
        !span_is_equal(r->profile, span_str(job->profile->config->name)))
        return rule_break(&job->fault, RULE_SECRET_IS_FOR_PROFILE,
                          "header.senderKID", "a secret for path %.*s",
                          (int)r->profile.len, (const char *)r->profile.ptr);
    if (r->expires_at != 0 && r->expires_at <= job->facts.now)
        return rule_break(&job->fault, RULE_SECRET_IS_CURRENT,
                          "header.senderKID", "an expired secret");
    if (r->state == SECRET_USED_UP || r->uses_left == 0)
        return rule_break(&job->fault, RULE_SECRET_HAS_USES_LEFT,
                          "header.senderKID", "a secret that is used up");
    return ERR_OK;
}

/* Whose station enrols: told when the secret was made, else the reference. */
static enum err find_holder(struct worker *w, struct job *job)
{
    const struct secret_record *r = &job->secret;
    struct facts *facts = &job->facts;

    facts->signer_kind =
        r->purpose == SECRET_FOR_REVOCATION ? SIGNER_PASSPHRASE : SIGNER_SECRET;
    facts->serial = r->serial.len > 0 ? r->serial : r->reference;
    TRY(verify_find_vendor(
        w, job, r->vendor.len > 0 ? r->vendor : SPAN_LIT(VENDOR_OF_SECRETS)));
    if (job->transaction.id == 0)
        return ERR_OK;
    return store_find_station_by_id(w->session, job->transaction.station,
                                    job->arena, &job->station, &job->fault);
}

/* Opens it and checks the MAC, at the same price where there is none. */
static enum err check_secret(struct worker *w, struct job *job,
                             const struct secret_record *r, bool found)
{
    struct sealing *sealing = w->line->authority->sealing;
    AUTO(secret) key = NULL;
    struct fault why = { 0 };

    if (found && sealing == NULL)
        return rule_break(&job->fault, RULE_SECRETS_CAN_BE_OPENED, "protection",
                          "secrets.key_file is not set, yet there are secrets");
    if (found && sealing_open(sealing, w->cx, r, &key, &why) != ERR_OK)
        return rule_break(&job->fault, RULE_SECRETS_CAN_BE_OPENED, "protection",
                          "%s", why.text);
    if (!found && sealing != NULL)
        sealing_open_none(sealing, w->cx);
    TRY(check_mac(w, job, key));
    job->secret = *r;
    secret_free(job->secret_key); /* the pollReq's that resumed this */
    job->secret_key = key;
    key = NULL;
    return ERR_OK;
}

enum err verify_mac(struct worker *w, struct job *job)
{
    struct secret_record r = { 0 };
    bool found;

    if (!job->is_resumed && !budget_is_left(w->line->budget, &job->source,
                                            clock_monotonic_micros()))
        return rule_break(&job->fault, RULE_SOURCE_HAS_BUDGET, "protection",
                          "too many refusals to this source; no MAC of it is "
                          "looked at now");
    TRY(find_secret(w, job, &r, &found));
    if (found)
        TRY(hash_requester(w, job, r.reference));
    TRY(find_transaction(w, job, found));
    TRY(check_secret(w, job, &r, found));
    TRY(check_state(job));
    return find_holder(w, job);
}
