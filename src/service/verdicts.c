/*
 * What was found about a message, in the words of the rule table: a verdict for
 * each rule that was looked at, and no failure without a rule.
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

/*
 * What was set where nobody knows of rules: by the store, the keys, the
 * library. Failures that are the peer's doing have named their rule where they
 * were found; of these, what stands here is the second wall behind other rules.
 */
static enum rule_id rule_of(enum err e)
{
    static const enum rule_id rules[ERR_NUM] = {
        [ERR_BAD_REQUEST] = RULE_MESSAGE_IS_WELCOME,
        [ERR_BAD_CERT_TEMPLATE] = RULE_TEMPLATE_CAN_BE_ISSUED,
        [ERR_NOT_AUTHORIZED] = RULE_VENDOR_IS_CONFIGURED,
        [ERR_BAD_ALG] = RULE_ALGORITHM_IS_OFFERED,
        [ERR_LIMIT] = RULE_ANSWER_CAN_BE_SENT,
        [ERR_SYSTEM_UNAVAIL] = RULE_KEY_IS_FREE,
        [ERR_TIMEOUT] = RULE_SERVER_HAS_TIME,
        [ERR_NO_MEM] = RULE_MEMORY_SUFFICES,
        [ERR_CRYPTO] = RULE_CRYPTO_WORKS,
        [ERR_STORE] = RULE_STORE_ANSWERS,
        [ERR_NOT_FOUND] = RULE_STORE_ANSWERS,
        [ERR_LOST] = RULE_CHANGE_COMES_FIRST,
        [ERR_IO] = RULE_FILES_ARE_READ,
        [ERR_CONFIG] = RULE_CONFIGURATION_SERVES,
    };

    return rules[e] == RULE_MESSAGE_IS_DER ? RULE_SERVER_IS_SOUND : rules[e];
}

static void close_one(struct findings *findings, struct fault *f)
{
    if (f->err == ERR_OK)
        return;
    rule_name(f, rule_of(f->err));
    findings_refuse(findings, f);
}

void verdicts_close(struct job *job)
{
    close_one(&job->findings, &job->fault);
    for (size_t i = 0; i < job->num_asks; i++)
        close_one(&job->findings, &job->asks[i].fault);
}
