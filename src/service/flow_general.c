/*
 * genm: what a station wants to know of the authority (RFC 9810, 5.3.19). A
 * genp changes nothing, so nothing of it is stored, and who asks again gets a
 * new one.
 */
#include "base/limits.h"
#include "service/tell.h"

/* --- 3: find --- */

static enum err find(struct worker *w, struct job *job)
{
    TRY(find_opening(w, job));
    return find_station(w, job);
}

/* --- 7: make --- */

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
        if (span_is_absent(asked->value) ? row->takes == TAKES_VALUE
                                         : row->takes == TAKES_NOTHING)
            return tell_bad_value(job, asked->id);
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

static enum err make(struct worker *w, struct job *job)
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
    job->outcome = OUTCOME_ANSWERED;
    return ERR_OK;
}

/* --- 8: reply --- */

static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    body->general = job->said;
    *tail = job->profile->signer->tail;
    return ERR_OK;
}

const struct flow flow_general = {
    .find = find,
    .make = make,
    .fill = fill,
};
