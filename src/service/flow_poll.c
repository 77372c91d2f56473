/*
 * pollReq: a station asks whether its request was decided (RFC 9483, 4.4). What
 * was approved goes down the line again, since much may have changed meanwhile.
 */
#include "service/line.h"

/* --- 3: find --- */

static enum err find_waiting(struct worker *w, struct job *job)
{
    static const enum fact_approval approvals[] = {
        [REQUEST_WAITING] = FACT_UNDECIDED,
        [REQUEST_APPROVED] = FACT_APPROVED,
        [REQUEST_DENIED] = FACT_DENIED,
    };

    TRY(find_request(w, job));
    if (job->request.state > REQUEST_DENIED)
        return fault_set(&job->fault, ERR_STORE,
                         "a transaction that waits, with a request answered");
    TRY(asks_read_waiting(job, job->request.data));
    job->facts.approval = approvals[job->request.state];
    job->facts.waiting_body = (enum cmp_body_type)job->transaction.body_type;
    job->facts.waiting = job->waiting.list;
    job->facts.num_waiting = job->waiting.num;
    return ERR_OK;
}

static enum err find(struct worker *w, struct job *job)
{
    if (job->transaction.id == 0)
        return ERR_OK;
    find_transaction_facts(job);
    TRY(find_station(w, job));
    return job->transaction.state == TRANSACTION_WAITING ? find_waiting(w, job)
                                                         : ERR_OK;
}

/* --- 6: settle --- */

static enum err settle(struct worker *w, struct job *job)
{
    if (job->decision.action == TXN_RESUME)
        return line_resume(w, job);
    job->outcome =
        job->decision.action == TXN_DENY ? OUTCOME_DENIED : OUTCOME_POLLED;
    return ERR_OK;
}

/* --- 8: reply --- */

static enum err fill_poll_rep(struct job *job, struct poll_rep *out)
{
    const struct poll_req *poll = &job->msg.body.poll_req;
    struct poll_rep_one *list =
        arena_array(job->arena, poll->num, sizeof(*list));
    struct span *reason = arena_alloc(job->arena, sizeof(*reason));

    if (list == NULL || reason == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "pollRep");
    *reason = SPAN_LIT("waits for the operator's approval");
    for (size_t i = 0; i < poll->num; i++)
        list[i] = (struct poll_rep_one){ poll->list[i],
                                         job->request.check_after,
                                         { reason, 1 } };
    *out = (struct poll_rep){ list, poll->num };
    return ERR_OK;
}

/* The operator's words are meant for the station. */
static struct pki_status_info denial(const struct job *job)
{
    return (struct pki_status_info){
        .status = STATUS_REJECTION,
        .status_string = { &job->request.reason, 1 },
        .has_fail_info = true,
        .fail_info = 1u << FI_NOT_AUTHORIZED,
    };
}

static enum err fill_denial(struct job *job, struct cert_rep_message *out)
{
    struct cert_response *list =
        arena_array(job->arena, job->waiting.num, sizeof(*list));

    if (list == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "CertRepMessage");
    for (size_t i = 0; i < job->waiting.num; i++) {
        list[i].cert_req_id = job->waiting.list[i];
        list[i].status = denial(job);
    }
    out->responses = list;
    out->num_responses = job->waiting.num;
    return ERR_OK;
}

/* The same for each certificate that the rr names. */
static enum err fill_rev_denial(struct job *job, struct rev_rep *out)
{
    struct pki_status_info *list;
    struct cmp_message msg;
    size_t num;

    TRY(cmp_message_read(job->request.message, job->arena, &msg, &job->fault));
    num = msg.body.rev_req.num;
    list = arena_array(job->arena, num, sizeof(*list));
    if (list == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "RevRepContent");
    for (size_t i = 0; i < num; i++)
        list[i] = denial(job);
    out->statuses = list;
    out->num_statuses = num;
    return ERR_OK;
}

static enum err fill_any_denial(struct job *job, struct pki_body *body)
{
    if (body->type == CMP_RP)
        return fill_rev_denial(job, &body->rev_rep);
    if (body->type != CMP_ERROR)
        return fill_denial(job, &body->cert_rep);
    body->error.status = denial(job);
    return ERR_OK;
}

static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    *tail = job->profile->signer->tail;
    return job->decision.action == TXN_DENY
               ? fill_any_denial(job, body)
               : fill_poll_rep(job, &body->poll_rep);
}

/* --- 9: record --- */

/* Of the replies only the last is kept: a station may poll for a month. */
static void record_transaction(struct job *job, enum transaction_state state)
{
    struct transaction_record r = job->transaction;

    r.state = state;
    r.sender_nonce = span_of(job->nonce, sizeof(job->nonce));
    if (state == TRANSACTION_REJECTED)
        r.ended_at = job->facts.now;
    change_set_transaction(job->change, &r);
    change_drop_reply(job->change, r.id);
}

static enum err record(struct worker *w, struct job *job)
{
    (void)w;
    if (job->decision.action == TXN_DENY) {
        record_transaction(job, TRANSACTION_REJECTED);
        return record_common(job, job->transaction.id);
    }
    record_transaction(job, TRANSACTION_WAITING);
    record_exchange(job, job->transaction.id);
    return ERR_OK;
}

enum err record_refused_resume(struct worker *w, struct job *job)
{
    struct request_record r = job->request;

    (void)w;
    job->change = change_new();
    if (job->change == NULL)
        return ERR_NO_MEM;
    record_transaction(job, TRANSACTION_REJECTED);
    r.state = REQUEST_DENIED;
    r.reason = span_str(job->fault.text);
    change_set_request(job->change, &r);
    return record_common(job, r.transaction);
}

const struct flow flow_poll = {
    .continues = true,
    .find = find,
    .settle = settle,
    .fill = fill,
    .record = record,
};
