/*
 * genm: what a station wants to know of the authority (RFC 9810, 5.3.19). A
 * genp changes nothing, so nothing of it is stored, and who asks again gets a
 * new one; but for what waits for an operator, or brings a passphrase.
 */
#include "base/limits.h"
#include "profile/info.h"
#include "service/tell.h"

/* --- 3: find --- */

static enum err find(struct worker *w, struct job *job)
{
    TRY(find_opening(w, job));
    return find_station(w, job);
}

/* --- 6: settle --- */

/* What the genp will say. */
struct said {
    struct info_type_value *list;
    struct span *unsupported;
    size_t num, num_unsupported, len;
};

static enum err say(struct job *job, struct said *said, enum oid id,
                    struct span value)
{
    said->list[said->num++] = (struct info_type_value){ .oid = oid_span(id),
                                                        .id = id,
                                                        .value = value };
    said->len += value.len;
    if (said->len <= LIMIT_GENP_LEN)
        return ERR_OK;
    return rule_break(&job->fault, RULE_ANSWER_FITS, "body.genm",
                      "what takes more than %zu octets to tell",
                      LIMIT_GENP_LEN);
}

static enum err answer_one(struct worker *w, struct job *job,
                           const struct info_type_value *asked,
                           struct said *said)
{
    const struct tell_row *row = tell_find(job->profile->config, asked->id);
    struct tell_answer out = { .is_unsupported = row == NULL };

    if (row != NULL) {
        TRY(info_check(asked, &job->profile->profile, job->arena, &job->fault));
        TRY(row->answer(w, job, asked->value, &out));
    }
    if (!out.is_unsupported)
        return say(job, said, row->told, out.value);
    said->unsupported[said->num_unsupported++] = asked->oid;
    return ERR_OK;
}

/* Whatever there is to tell. */
static enum err answer_nothing(struct worker *w, struct job *job,
                               struct said *said)
{
    for (size_t i = 0; i < tell_num_rows; i++) {
        struct tell_answer out = { 0 };

        if (!tell_rows[i].is_told_unasked ||
            tell_find(job->profile->config, tell_rows[i].asked) == NULL)
            continue;
        TRY(tell_rows[i].answer(w, job, SPAN_NONE, &out));
        if (!out.is_unsupported && !span_is_absent(out.value))
            TRY(say(job, said, tell_rows[i].told, out.value));
    }
    return ERR_OK;
}

static enum err answer_all(struct worker *w, struct job *job, struct said *said)
{
    const struct info_list *asked = &job->msg.body.general;
    struct der_writer writer;
    struct tell_answer out = { 0 };

    if (asked->num == 0)
        return answer_nothing(w, job, said);
    for (size_t i = 0; i < asked->num; i++)
        TRY(answer_one(w, job, &asked->list[i], said));
    if (said->num_unsupported == 0)
        return ERR_OK;
    der_writer_init(&writer, job->arena, LIMIT_GENP_LEN);
    oid_list_put(&writer, &(struct span_list){ said->unsupported,
                                               said->num_unsupported });
    TRY(tell_finish(job, &writer, &out));
    return say(job, said, OID_ID_IT_UNSUPPORTED_OIDS, out.value);
}

static enum err settle(struct worker *w, struct job *job)
{
    size_t max = job->msg.body.general.num + tell_num_rows + 1;
    struct said said = {
        .list = arena_array(job->arena, max, sizeof(*said.list)),
        .unsupported = arena_array(job->arena, max, sizeof(struct span)),
    };

    if (said.list == NULL || said.unsupported == NULL)
        return tell_no_memory(job, ERR_NO_MEM);
    TRY(answer_all(w, job, &said));
    job->said = (struct info_list){ said.list, said.num };
    job->outcome =
        job->decision.action == TXN_WAIT ? OUTCOME_WAITING : OUTCOME_ANSWERED;
    return ERR_OK;
}

/* --- 8: reply --- */

static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    *tail = job->profile->signer->tail;
    if (job->decision.action == TXN_WAIT)
        body->error.status.status = STATUS_WAITING;
    else
        body->general = job->said;
    return ERR_OK;
}

/* --- 9: record --- */

/* The one answer that promises something. */
static enum err keep_passphrase(struct job *job)
{
    const char *entry = job_describe(job);

    if (entry != NULL)
        entry = arena_printf(job->arena, "%s passphrase=kept", entry);
    if (entry == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "audit entry");
    passphrase_record(job);
    record_exchange(job, waiting_put(job, record_station(job, SPAN_NONE)));
    change_add_audit(job->change, job->facts.now, span_str(entry));
    return ERR_OK;
}

static enum err record(struct worker *w, struct job *job)
{
    (void)w;
    if (job->decision.action == TXN_WAIT) {
        /* An operator is to see whose it is. */
        waiting_put(job, record_station(job, SPAN_NONE));
        return waiting_keep(job);
    }
    if (job->passphrase != NULL)
        return keep_passphrase(job);
    if (!job->is_resumed) {
        change_free(job->change);
        job->change = NULL;
        return ERR_OK;
    }
    return record_common(job, waiting_put(job, job->station.id));
}

const struct flow flow_general = {
    .find = find,
    .settle = settle,
    .fill = fill,
    .record = record,
};
