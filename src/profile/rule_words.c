/*
 * The words for what the columns of the rule table hold.
 */
#include "profile/rules.h"

#include "base/text.h"

const char *rule_step_name(enum rule_step step)
{
    static const char *const names[STEP_NUM] = {
        [STEP_READ] = "read",
        [STEP_HEADER] = "header",
        [STEP_REQUEST] = "request",
        [STEP_PROTECTION] = "protection",
        [STEP_POP] = "proof of possession",
        [STEP_JUDGE_MESSAGE] = "message and facts",
        [STEP_JUDGE_REQUEST] = "request and facts",
        [STEP_OURS] = "server itself",
        [STEP_ANSWER_READ] = "answer read",
        [STEP_ANSWER_GRANT] = "answer's outcome",
        [STEP_ANSWER_EXCHANGE] = "answer and request",
        [STEP_ANSWER_HEADER] = "answer's header",
        [STEP_ANSWER_SIGNER] = "answer's signer",
        [STEP_ANSWER_MAC] = "answer's MAC",
        [STEP_ANSWER_BODY] = "answer's body",
        [STEP_ANSWER_RESPONSE] = "CertResponse",
        [STEP_ANSWER_CERT] = "certificate answered",
        [STEP_ANSWER_ROOT] = "further root",
        [STEP_TOLD] = "genp",
        [STEP_ANNOUNCED] = "announcement",
        [STEP_TOLD_UPDATE] = "root update",
        [STEP_TOLD_CRL] = "CRL told",
        [STEP_TOLD_CA] = "CA told",
        [STEP_TOLD_TARGET] = "encryption certificate told",
        [STEP_HTTP] = "HTTP",
        [STEP_EXCHANGE] = "exchange",
        [STEP_CERTIFICATE] = "certificate",
    };

    return names[step];
}

void rule_needs_format(uint32_t needs, char out[RULE_NEEDS_LEN])
{
    static const char *const names[] = {
        "signer", "trust", "clock", "exchange", "config", "store", "secret",
    };
    size_t len = 0;

    text_format(out, RULE_NEEDS_LEN, "nothing");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if ((needs & (1u << i)) != 0) {
            text_format(out + len, RULE_NEEDS_LEN - len, "%s%s",
                        len == 0 ? "" : ", ", names[i]);
            len = strlen(out);
        }
}

const char *severity_name(enum severity severity)
{
    return severity == SEVERITY_WARNING ? "warning" : "error";
}
