/*
 * The certificates one message asks for, each to be granted or refused by
 * itself (RFC 9810, 5.3.4).
 */
#include "service/line.h"

enum err asks_open(struct job *job)
{
    const struct cert_req_msgs *msgs = &job->msg.body.cert_req;

    if ((BODY_BIT(job->msg.body.type) & REQUESTS) == 0)
        return ERR_OK;
    job->asks = arena_array(job->arena, msgs->num, sizeof(*job->asks));
    if (job->asks == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "requests");
    job->num_asks = msgs->num;
    for (size_t i = 0; i < msgs->num; i++)
        job->asks[i].req = &msgs->list[i];
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
