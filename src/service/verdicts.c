/*
 * What was found about a message, in the words of the rule table: a verdict for
 * each rule that was looked at.
 */
#include "service/line.h"

void verdicts_pass(struct job *job, enum rule_step step)
{
    uint32_t lacking = is_mac_protected(job) ? NEEDS_SIGNER : NEEDS_SECRET;

    /* A challenge is judged where it is answered (flow_challenge.c). */
    if (step == STEP_POP)
        lacking |= NEEDS_STORE;
    findings_pass(&job->findings, step, job->msg.body.type, lacking);
}

void verdicts_close(struct job *job)
{
    findings_refuse(&job->findings, &job->fault);
    for (size_t i = 0; i < job->num_asks; i++)
        findings_refuse(&job->findings, &job->asks[i].fault);
}
