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

struct span job_serial(const struct job *job)
{
    for (size_t i = 0; i < job->num_asks; i++) {
        const struct ask *ask = &job->asks[i];

        if (ask->rev != NULL)
            return ask->rev->cert_details.serial;
        if (!span_is_absent(ask->certificate.serial))
            return ask->certificate.serial;
    }
    return job->issued.num > 0 ? job->issued.list[0].serial : SPAN_NONE;
}

const struct config_ra *job_ra(const struct job *job)
{
    return job->ra != NULL ? job->ra : job->wrapper;
}

bool job_has_made_key(const struct job *job)
{
    for (size_t i = 0; i < job->num_asks; i++)
        if (!span_is_absent(job->asks[i].private_key))
            return true;
    return false;
}

int64_t record_station(struct job *job, struct span subject)
{
    const struct station_record r = {
        .vendor = job->facts.vendor,
        .serial = job->facts.serial,
        .state = STATION_ACTIVE,
        .subject = subject,
        .first_seen = job->facts.now,
        .last_seen = job->facts.now,
    };

    if (job->station.id != 0)
        return job->station.id;
    change_add_station(job->change, &r);
    return STORE_NEW;
}

struct transaction_record record_opened(const struct job *job, int64_t station)
{
    return (struct transaction_record){
        .requester = span_of(job->requester, sizeof(job->requester)),
        .requester_cert =
            is_mac_protected(job) ? SPAN_LIT("") : job->signer.der,
        .transaction_id = job->msg.header.transaction_id,
        .profile = span_str(job->profile->config->name),
        .body_type = job->msg.body.type,
        .pvno = job->msg.header.pvno,
        .station = station,
    };
}

const char *job_describe(struct job *job)
{
    const struct config_ra *ra = job_ra(job);
    char id[2 * LIMIT_ID_LEN + 1] = "", serial[2 * LIMIT_SERIAL_LEN + 1] = "";
    const struct facts *facts = &job->facts;

    hex_format(job->msg.header.transaction_id, id, sizeof(id));
    hex_format(job_serial(job), serial, sizeof(serial));
    return arena_printf(
        job->arena,
        "%s %s profile=%s station=%.*s/%.*s serial=%s "
        "transaction=%s%s%.*s%s%s%s",
        outcome_name(job->outcome), cmp_body_name(job->msg.body.type),
        job->profile->config->name, (int)facts->vendor.len,
        (const char *)facts->vendor.ptr, (int)facts->serial.len,
        (const char *)facts->serial.ptr, serial, id,
        job->secret.id != 0 ? " secret=" : "", (int)job->secret.reference.len,
        (const char *)job->secret.reference.ptr, ra != NULL ? " ra=" : "",
        ra != NULL ? ra->name : "", job_has_made_key(job) ? " key=made" : "");
}

void record_exchange(struct job *job, int64_t transaction)
{
    size_t head = job->reply.len - job->tail_len;

    change_add_exchange(
        job->change, transaction, digest_of(job), span_of(job->reply.ptr, head),
        job->tail_len == 0 ? SPAN_NONE
                           : span_of(job->reply.ptr + head, job->tail_len));
}

enum err record_common(struct job *job, int64_t transaction)
{
    const char *entry = job_describe(job);

    if (entry == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "audit entry");
    record_exchange(job, transaction);
    change_add_audit(job->change, job->facts.now, span_str(entry));
    return ERR_OK;
}

void record_end_of_waiting(struct job *job)
{
    struct request_record r = job->request;

    r.state = REQUEST_DONE;
    change_set_request(job->change, &r);
    change_drop_reply(job->change, r.transaction);
}

void record_use_of_secret(struct job *job)
{
    if (job->secret.id != 0)
        change_use_secret(job->change, job->secret.id, job->facts.now);
}

enum err record_changes(struct worker *w, struct job *job)
{
    if (job->flow->record == NULL)
        return ERR_OK;
    job->change = change_new();
    if (job->change == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "change");
    return job->flow->record(w, job);
}
