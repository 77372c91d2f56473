/*
 * Which file answers which body.
 */
#include "service/line.h"

const struct flow *flow_of(enum cmp_body_type type)
{
    static const struct flow *const flows[CMP_BODY_NUM] = {
        [CMP_IR] = &flow_request,        [CMP_CR] = &flow_request,
        [CMP_P10CR] = &flow_request,     [CMP_KUR] = &flow_request,
        [CMP_CERT_CONF] = &flow_confirm, [CMP_POLL_REQ] = &flow_poll,
        [CMP_POPDECR] = &flow_challenge, [CMP_ERROR] = &flow_confirm,
        [CMP_RR] = &flow_revoke,         [CMP_GENM] = &flow_general,
        [CMP_NESTED] = &flow_nested,     [CMP_CCR] = &flow_ccr,
    };

    return type < CMP_BODY_NUM ? flows[type] : NULL;
}
