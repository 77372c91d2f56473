/*
 * Revocation passphrases (RFC 9810, 5.3.19.9 and appendix B). A genm brings one
 * encrypted to caProtEncCert; each station has one, and a new one takes the
 * place of the old. It is sealed in the store like any shared secret, and found
 * again by what an rr is about: the certificate it names leads to its station,
 * and no other's passphrase speaks for that. So neither localKeyId nor
 * valueHint is needed, which a station could choose to be another's.
 */
#include "base/clock.h"
#include "service/tell.h"

#define PATH "body.genm.revPassphrase"
/* "A relatively long passphrase rather than a short password". */
#define MIN_LEN 12
#define MAX_LEN 256

static enum err name_passphrase(struct job *job, struct span vendor,
                                struct span serial, struct span *out)
{
    const char *text = arena_printf(job->arena, PASSPHRASE_PREFIX "%.*s/%.*s",
                                    (int)vendor.len, (const char *)vendor.ptr,
                                    (int)serial.len, (const char *)serial.ptr);

    if (text == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "passphrase");
    *out = span_str(text);
    return ERR_OK;
}

static enum err find_of_station(struct worker *w, struct job *job,
                                struct span vendor, struct span serial,
                                struct secret_record *out, bool *found)
{
    struct span reference;

    TRY(name_passphrase(job, vendor, serial, &reference));
    TRY(find_optional(
        store_find_secret(w->session, reference, job->arena, out, &job->fault),
        job, found));
    *found = *found && out->purpose == SECRET_FOR_REVOCATION;
    return ERR_OK;
}

/* --- brought by a genm --- */

static enum err open_value(struct worker *w, struct job *job, struct span value,
                           struct secret **out)
{
    struct fault why = { 0 };
    enum err e = keys_decrypt(w->line->authority->keys, w->cx,
                              job->profile->offers.encryption_key, value,
                              job->received + w->line->request_deadline,
                              job->arena, out, &why);

    if (e == ERR_OK)
        return ERR_OK;
    /* One answer to whatever is wrong with it. */
    if (err_whose(e) == WHOSE_PEER)
        return rule_break(&job->fault, RULE_PASSPHRASE_OPENS, PATH,
                          "one that does not open");
    job->fault = why;
    return e;
}

static enum err check_len(struct job *job, const struct secret *text)
{
    size_t len = secret_span(text).len;

    if (len >= MIN_LEN && len <= MAX_LEN)
        return ERR_OK;
    return rule_break(&job->fault, RULE_PASSPHRASE_IS_LONG, PATH, "%s one",
                      len < MIN_LEN ? "a shorter" : "a longer");
}

/* As it is to stand in the store. The sealing key may be another one by now. */
static enum err seal(struct worker *w, struct job *job,
                     const struct secret *text, struct secret_record *r)
{
    struct sealing *sealing = w->line->authority->sealing;
    bool found;

    if (sealing == NULL) /* which serving makes sure of */
        return rule_break(&job->fault, RULE_SECRETS_CAN_BE_OPENED, PATH,
                          "secrets.key_file is not open here");
    TRY(find_of_station(w, job, job->facts.vendor, job->facts.serial, r,
                        &found));
    if (!found) {
        *r = (struct secret_record){ .is_weak = 1,
                                     .created_at = job->facts.now,
                                     .vendor = job->facts.vendor,
                                     .serial = job->facts.serial,
                                     .purpose = SECRET_FOR_REVOCATION };
        TRY(name_passphrase(job, r->vendor, r->serial, &r->reference));
    }
    r->state = SECRET_ACTIVE;
    r->uses_left = -1;
    TRY(sealing_refresh(sealing, &job->fault));
    return sealing_seal(sealing, w->cx, r->reference, secret_span(text),
                        job->arena, &r->sealed, &job->fault);
}

enum err tell_passphrase(struct worker *w, struct job *job, struct span asked,
                         struct tell_answer *out)
{
    AUTO(secret) text = NULL;

    (void)out; /* the infoType alone says that it is kept */
    TRY(open_value(w, job, asked, &text));
    TRY(check_len(job, text));
    job->passphrase = arena_alloc(job->arena, sizeof(*job->passphrase));
    if (job->passphrase == NULL)
        return tell_no_memory(job, ERR_NO_MEM);
    return seal(w, job, text, job->passphrase);
}

void passphrase_record(struct job *job)
{
    if (job->passphrase->id == 0)
        change_add_secret(job->change, job->passphrase);
    else
        change_set_secret(job->change, job->passphrase);
}

/* --- that of an rr --- */

/* The certificate that the first RevDetails names which is not refused yet. */
static enum err find_named(struct worker *w, struct job *job,
                           struct certificate_record *out, bool *found)
{
    const struct issuer *issuer = NULL;
    const struct cert_template *t = NULL;

    *found = false;
    for (size_t i = 0; i < job->num_asks && t == NULL; i++)
        if (job->asks[i].fault.err == ERR_OK)
            t = &job->asks[i].rev->cert_details;
    if (t != NULL)
        issuer = authority_find_issuer(w->line->authority, t->issuer);
    if (issuer == NULL)
        return ERR_OK;
    return find_optional(
        store_find_certificate(w->session, span_str(issuer->config->name),
                               revoked_serial(t), job->arena, out, &job->fault),
        job, found);
}

static enum err find_by_station(struct worker *w, struct job *job, int64_t id,
                                struct secret_record *out, bool *found)
{
    struct station_record station;

    TRY(store_find_station_by_id(w->session, id, job->arena, &station,
                                 &job->fault));
    return find_of_station(w, job, station.vendor, station.serial, out, found);
}

enum err passphrase_find(struct worker *w, struct job *job,
                         struct secret_record *out, bool *found)
{
    struct certificate_record named;

    TRY(find_named(w, job, &named, found));
    if (!*found)
        return ERR_OK;
    return find_by_station(w, job, named.station, out, found);
}

enum err passphrase_find_waiting(struct worker *w, struct job *job,
                                 struct secret_record *out, bool *found)
{
    struct transaction_list list;

    *found = false;
    TRY(verify_list_transactions(w, job, &list));
    for (size_t i = 0; i < list.num && !*found; i++)
        if (list.list[i].body_type == CMP_RR && is_begun_by_mac(&list.list[i]))
            TRY(find_by_station(w, job, list.list[i].station, out, found));
    return ERR_OK;
}
