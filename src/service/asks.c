/*
 * The certificates one message asks for (RFC 9810, 5.3.4), or wants revoked
 * (5.3.9), each to be granted or refused by itself.
 */
#include "profile/asked.h"
#include "service/line.h"

/* What a pollReq names where there are no certReqIds (RFC 9483, 4.4). */
#define WHOLE_MESSAGE (-1)

enum err asks_open(struct job *job)
{
    const struct asked *list = NULL;
    size_t num = 0;

    TRY(asked_list(&job->msg.body, job->arena, &list, &num, &job->fault));
    job->asks = arena_array(job->arena, num, sizeof(*job->asks));
    if (job->asks == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "requests");
    job->num_asks = num;
    for (size_t i = 0; i < num; i++) {
        job->asks[i].req = list[i].req;
        job->asks[i].rev = list[i].rev;
    }
    return ERR_OK;
}

enum err asks_each(struct worker *w, struct job *job, ask_step *step)
{
    size_t standing = 0;
    enum err e;

    for (size_t i = 0; i < job->num_asks; i++) {
        struct ask *ask = &job->asks[i];

        if (ask->fault.err != ERR_OK)
            continue;
        e = step(w, job, ask);
        if (e == ERR_OK) {
            standing++;
        } else if (ask->fault.err == ERR_OK) {
            return e; /* the job's own fault says why */
        } else if (err_whose(e) != WHOSE_PEER) {
            job->fault = ask->fault;
            return e;
        }
    }
    if (standing > 0 || job->num_asks == 0)
        return ERR_OK;
    job->fault = job->asks[0].fault;
    return job->fault.err;
}

enum err asks_write_waiting(struct job *job, struct span *out)
{
    int64_t *list = arena_array(job->arena, job->num_asks + 1, sizeof(*list));
    struct poll_req waiting = { list, 0 };
    struct der_writer w;

    if (list == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "requests");
    for (size_t i = 0; i < job->num_asks; i++)
        if (job->asks[i].fault.err == ERR_OK && job->asks[i].req != NULL)
            list[waiting.num++] = job->asks[i].req->cert_req.cert_req_id;
    if (waiting.num == 0)
        list[waiting.num++] = WHOLE_MESSAGE;
    der_writer_init(&w, job->arena, 16 * waiting.num + 16);
    poll_req_put(&w, &waiting);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(&job->fault, ERR_NO_MEM, "requests");
    return ERR_OK;
}

enum err asks_read_waiting(struct job *job, struct span data)
{
    struct der in = der_open(data, NULL);

    if (poll_req_read(&in, job->arena, &job->waiting) == ERR_OK)
        return ERR_OK;
    return fault_set(&job->fault, ERR_STORE, "a stored request does not parse");
}

static bool is_waiting(const struct job *job, const struct ask *ask)
{
    for (size_t i = 0; i < job->waiting.num; i++)
        if (job->waiting.list[i] == ask->req->cert_req.cert_req_id)
            return true;
    return false;
}

/* Nothing was encrypted to the keys of these. */
static void refuse_unchallenged(struct job *job)
{
    for (size_t i = 0; i < job->num_asks; i++) {
        struct ask *ask = &job->asks[i];

        if (ask->fault.err == ERR_OK && !is_waiting(job, ask))
            rule_break(&ask->fault, RULE_CHALLENGE_IS_ANSWERED, "body",
                       "a request refused when it came");
    }
}

enum err asks_keep_waiting(struct job *job)
{
    size_t kept = 0;

    /* An rp has a status for each, in the order of the rr. */
    if (job->msg.body.type == CMP_RR || job->msg.body.type == CMP_GENM)
        return ERR_OK;
    if (job->request.state == REQUEST_CHALLENGED) {
        refuse_unchallenged(job);
        return ERR_OK;
    }
    for (size_t i = 0; i < job->num_asks; i++)
        if (is_waiting(job, &job->asks[i]))
            job->asks[kept++] = job->asks[i];
    job->num_asks = kept;
    if (kept == 0)
        return fault_set(&job->fault, ERR_STORE,
                         "a stored request without what waited of it");
    return ERR_OK;
}
