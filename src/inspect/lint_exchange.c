/*
 * Rules of whole exchanges: what a message's header says, against those before
 * it and by itself.
 */
#include "base/text.h"
#include "inspect/internal.h"
#include "profile/signer.h"

#define MICROSECONDS ((int64_t)1000000)

static bool is_request(const struct linted *in)
{
    return in->way == WAY_REQUEST;
}

/* An answer that grants certificates, or could. */
static bool is_cert_answer(const struct linted *in)
{
    enum cmp_body_type type = in->msg->body.type;

    return type == CMP_IP || type == CMP_CP || type == CMP_KUP ||
           type == CMP_CCP;
}

static bool is_cert_request(const struct linted *in)
{
    enum cmp_body_type type = in->msg->body.type;

    return type == CMP_IR || type == CMP_CR || type == CMP_P10CR ||
           type == CMP_KUR || type == CMP_CCR;
}

static const struct info_type_value *info(const struct linted *in, enum oid id)
{
    return info_find(&in->msg->header.general_info, id);
}

/* confirmWaitTime; false where there is none that can be read. */
static bool wait_time(const struct cmp_message *msg, int64_t *out)
{
    const struct info_type_value *v =
        info_find(&msg->header.general_info, OID_ID_IT_CONFIRM_WAIT_TIME);
    struct der value;

    if (v == NULL || span_is_absent(v->value))
        return false;
    value = der_open(v->value, NULL);
    return der_generalized_time(&value, out) == ERR_OK &&
           der_end(&value) == ERR_OK;
}

/* --- what is new and what stays --- */

static enum verdict check_nonce_fresh(const struct linted *in,
                                      struct found *found)
{
    size_t number;

    if (in->exchange == NULL)
        return VERDICT_HOLDS;
    number = exchange_nonce_find(in->exchange, in->msg->header.sender_nonce);
    return number == 0 ? VERDICT_HOLDS
                       : lint_broken(found, "header.senderNonce",
                                     "that of message %zu", number);
}

/* A message that follows bears the transactionID of the one before it. */
static enum verdict check_transaction_stays(const struct linted *in,
                                            struct found *found)
{
    if (!is_request(in) || in->exchange != NULL)
        return VERDICT_HOLDS;
    if (in->stray_of == 0)
        return VERDICT_CANNOT_TELL; /* recorded from the middle on */
    return lint_broken(found, "header.transactionID",
                       "not that of message %zu, whose senderNonce it answers",
                       in->stray_of);
}

static bool is_signed(const struct pki_header *h)
{
    return mac_alg_find(&h->protection_alg) == MAC_UNKNOWN;
}

static enum verdict check_requester_stays(const struct linted *in,
                                          struct found *found)
{
    const struct pki_header *h = &in->msg->header, *first;
    const struct exchange *x = in->exchange;

    if (!is_request(in))
        return VERDICT_HOLDS;
    if (x == NULL || in->before.first == NULL)
        return VERDICT_CANNOT_TELL;
    first = &in->before.first->header;
    if (is_signed(h) != is_signed(first))
        return VERDICT_HOLDS; /* another rule's */
    if (!is_signed(h))
        return span_is_equal(h->sender_kid, first->sender_kid)
                   ? VERDICT_HOLDS
                   : lint_broken(found, "header.senderKID",
                                 "another reference than the first message's");
    if (x->signer == NULL || in->protection.from == SIGNER_NOT_FOUND)
        return VERDICT_CANNOT_TELL;
    return span_is_equal(in->protection.signer.der,
                         span_of(x->signer->bytes, x->signer->len))
               ? VERDICT_HOLDS
               : lint_broken(found, "protection",
                             "by another credential than the first message's");
}

/* FIELD: a chain with a gap has a radio ask every few seconds, and no message
 * says why. */
static enum verdict check_confirmed(const struct linted *in,
                                    struct found *found)
{
    if (!is_request(in) || in->unconfirmed == 0)
        return VERDICT_HOLDS;
    return lint_broken(found, "header.sender",
                       "asks again, and did not confirm the certificate of "
                       "message %zu",
                       in->unconfirmed);
}

/* What was asked is answered once; the same bytes again are no other answer. */
static enum verdict check_answer_has_request(const struct linted *in,
                                             struct found *found)
{
    const struct exchange *x = in->exchange;
    size_t answer = 0;

    if (is_request(in))
        return VERDICT_HOLDS;
    if (x == NULL || x->request == NULL)
        return VERDICT_CANNOT_TELL;
    if (x->answer != NULL)
        answer = x->answer->number;
    if (x->refusal != NULL && x->refusal->number > answer)
        answer = x->refusal->number;
    return answer < x->request->number || answer < x->repeated
               ? VERDICT_HOLDS
               : lint_broken(found, "header.recipNonce",
                             "message %zu was answered by message %zu",
                             x->request->number, answer);
}

static enum verdict check_answer_recipient(const struct linted *in,
                                           struct found *found)
{
    const struct general_name *to = &in->msg->header.recipient, *from;

    if (is_request(in))
        return VERDICT_HOLDS;
    if (in->before.request == NULL)
        return VERDICT_CANNOT_TELL;
    from = &in->before.request->header.sender;
    if (to->type == GN_DIRECTORY && name_is_null(to->value))
        return VERDICT_HOLDS; /* "otherwise the NULL-DN" */
    if (to->type == from->type && to->type == GN_DIRECTORY)
        return name_is_equal(to->value, from->value)
                   ? VERDICT_HOLDS
                   : lint_broken(found, "header.recipient",
                                 "another Name than the request's sender");
    return span_is_equal(to->der, from->der)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.recipient",
                             "not the request's sender");
}

static enum verdict check_answer_time(const struct linted *in,
                                      struct found *found)
{
    const struct pki_header *h = &in->msg->header;
    int64_t off = h->message_time - in->seen->at / MICROSECONDS;

    if (is_request(in) || !h->has_message_time)
        return VERDICT_HOLDS;
    if (in->seen->at == 0)
        return VERDICT_CANNOT_TELL;
    return off <= in->profile->message_time_window &&
                   -off <= in->profile->message_time_window
               ? VERDICT_HOLDS
               : lint_broken(found, "header.messageTime",
                             "%lld seconds from when it was sent",
                             (long long)off);
}

/* --- who signed --- */

static enum verdict check_sender_kid(const struct linted *in,
                                     struct found *found)
{
    if (in->protection.kind != PROTECTION_SIGNATURE ||
        !span_is_absent(in->msg->header.sender_kid))
        return VERDICT_HOLDS;
    if (in->protection.from == SIGNER_NOT_FOUND)
        return VERDICT_CANNOT_TELL;
    return span_is_absent(in->protection.signer.ski)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.senderKID", "not there");
}

/* TS 33.310, 9.5.2 lets them stand in any order; RFC 9810 says nothing. */
static enum verdict check_signer_first(const struct linted *in,
                                       struct found *found)
{
    const struct cmp_message *msg = in->msg;

    if (in->profile->type != PROFILE_RFC9483 || msg->num_extra_certs == 0 ||
        in->protection.kind != PROTECTION_SIGNATURE)
        return VERDICT_HOLDS;
    if (in->protection.from == SIGNER_NOT_FOUND)
        return VERDICT_CANNOT_TELL;
    for (size_t i = 1; i < msg->num_extra_certs; i++)
        if (span_is_equal(msg->extra_certs[i], in->protection.signer.der))
            return lint_broken(found, "extraCerts",
                               "the signer's certificate at place %zu", i);
    return VERDICT_HOLDS;
}

static enum verdict check_certs_single(const struct linted *in,
                                       struct found *found)
{
    const struct cmp_message *msg = in->msg;
    char path[32];

    for (size_t i = 1; i < msg->num_extra_certs; i++)
        for (size_t j = 0; j < i; j++)
            if (span_is_equal(msg->extra_certs[i], msg->extra_certs[j])) {
                text_format(path, sizeof(path), "extraCerts[%zu]", i);
                return lint_broken(found, path, "the same as extraCerts[%zu]",
                                   j);
            }
    return VERDICT_HOLDS;
}

static enum verdict check_conf_extra_certs(const struct linted *in,
                                           struct found *found)
{
    return in->profile->type == PROFILE_3GPP_BS && in->msg->num_extra_certs > 0
               ? lint_broken(found, "extraCerts", "%zu certificates",
                             in->msg->num_extra_certs)
               : VERDICT_HOLDS;
}

/* --- generalInfo --- */

static enum verdict check_implicit_place(const struct linted *in,
                                         struct found *found)
{
    return info(in, OID_ID_IT_IMPLICIT_CONFIRM) == NULL || is_cert_answer(in) ||
                   is_cert_request(in)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.generalInfo",
                             "implicitConfirm in a %s",
                             cmp_body_name(in->msg->body.type));
}

static enum verdict check_implicit_null(const struct linted *in,
                                        struct found *found)
{
    const struct info_type_value *v = info(in, OID_ID_IT_IMPLICIT_CONFIRM);

    return v == NULL || span_is_equal(v->value, SPAN_LIT("\x05\x00"))
               ? VERDICT_HOLDS
               : lint_broken(
                     found, "header.generalInfo", "implicitConfirm with %s",
                     span_is_absent(v->value) ? "no value" : "another value");
}

static bool asks_implicit(const struct cmp_message *msg)
{
    return info_find(&msg->header.general_info, OID_ID_IT_IMPLICIT_CONFIRM) !=
           NULL;
}

static enum verdict check_implicit_asked(const struct linted *in,
                                         struct found *found)
{
    if (info(in, OID_ID_IT_IMPLICIT_CONFIRM) == NULL)
        return VERDICT_HOLDS;
    if (in->before.first == NULL)
        return VERDICT_CANNOT_TELL;
    return asks_implicit(in->before.first)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.generalInfo",
                             "implicitConfirm, which was not asked for");
}

static enum verdict check_implicit_heeded(const struct linted *in,
                                          struct found *found)
{
    if (in->before.granted == NULL)
        return VERDICT_CANNOT_TELL;
    return asks_implicit(in->before.granted)
               ? lint_broken(found, "body.certConf",
                             "a confirmation that nobody waits for")
               : VERDICT_HOLDS;
}

static enum verdict check_explicit(const struct linted *in, struct found *found)
{
    return !in->profile->may_grant_implicit &&
                   info(in, OID_ID_IT_IMPLICIT_CONFIRM) != NULL
               ? lint_broken(found, "header.generalInfo", "implicitConfirm")
               : VERDICT_HOLDS;
}

static enum verdict check_wait_place(const struct linted *in,
                                     struct found *found)
{
    return info(in, OID_ID_IT_CONFIRM_WAIT_TIME) == NULL || is_cert_answer(in)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.generalInfo",
                             "confirmWaitTime in a %s",
                             cmp_body_name(in->msg->body.type));
}

static enum verdict check_wait_form(const struct linted *in,
                                    struct found *found)
{
    int64_t until;

    return info(in, OID_ID_IT_CONFIRM_WAIT_TIME) == NULL ||
                   wait_time(in->msg, &until)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.generalInfo",
                             "confirmWaitTime that is no GeneralizedTime");
}

static enum verdict check_wait_or_implicit(const struct linted *in,
                                           struct found *found)
{
    return info(in, OID_ID_IT_CONFIRM_WAIT_TIME) != NULL &&
                   info(in, OID_ID_IT_IMPLICIT_CONFIRM) != NULL
               ? lint_broken(found, "header.generalInfo", "both")
               : VERDICT_HOLDS;
}

static enum verdict check_wait_has_time(const struct linted *in,
                                        struct found *found)
{
    return info(in, OID_ID_IT_CONFIRM_WAIT_TIME) != NULL &&
                   !in->msg->header.has_message_time
               ? lint_broken(found, "header.messageTime", "not there")
               : VERDICT_HOLDS;
}

static enum verdict check_wait_ahead(const struct linted *in,
                                     struct found *found)
{
    const struct pki_header *h = &in->msg->header;
    int64_t until;

    return h->has_message_time && wait_time(in->msg, &until) &&
                   until <= h->message_time
               ? lint_broken(found, "header.generalInfo",
                             "confirmWaitTime %lld seconds before messageTime",
                             (long long)(h->message_time - until))
               : VERDICT_HOLDS;
}

static enum verdict check_profile_place(const struct linted *in,
                                        struct found *found)
{
    return info(in, OID_ID_IT_CERT_PROFILE) == NULL
               ? VERDICT_HOLDS
               : lint_broken(found, "header.generalInfo", "certProfile in a %s",
                             cmp_body_name(in->msg->body.type));
}

/* --- bodies --- */

static enum verdict check_conf_fail_info(const struct linted *in,
                                         struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++) {
        const struct cert_status *s = &conf->list[i];

        if (s->has_status_info && s->status_info.has_fail_info &&
            s->status_info.status != STATUS_REJECTION)
            return lint_broken(found, "body.certConf.statusInfo.failInfo",
                               "there, with status %lld",
                               (long long)s->status_info.status);
    }
    return VERDICT_HOLDS;
}

/* By the clock of the answer, which wrote both times. When the server gave up
 * is its own to know. */
static enum verdict check_conf_time(const struct linted *in,
                                    struct found *found)
{
    const struct cmp_message *granted = in->before.granted;
    int64_t until, passed;

    if ((in->has & NEEDS_EXCHANGE) != 0 &&
        in->facts.transaction == FACT_REJECTED)
        return lint_broken(found, "header.transactionID",
                           "a transaction whose certificate was rejected");
    if (granted == NULL || in->exchange->granted->at == 0 ||
        in->seen->at == 0 || !granted->header.has_message_time ||
        !wait_time(granted, &until))
        return VERDICT_CANNOT_TELL;
    passed = (in->seen->at - in->exchange->granted->at) / MICROSECONDS;
    return passed <= until - granted->header.message_time + 1
               ? VERDICT_HOLDS
               : lint_broken(found, "header.generalInfo",
                             "after %lld seconds, and confirmWaitTime is %lld "
                             "after the answer",
                             (long long)passed,
                             (long long)(until - granted->header.message_time));
}

/* The least time that the last answer asks to wait; -1: it does not. */
static int64_t asked_to_wait(const struct cmp_message *answer)
{
    const struct poll_rep *rep = &answer->body.poll_rep;
    int64_t least = -1;

    if (answer->body.type != CMP_POLL_REP)
        return -1;
    for (size_t i = 0; i < rep->num; i++)
        if (least < 0 || rep->list[i].check_after < least)
            least = rep->list[i].check_after;
    return least;
}

/* The clock of a capture is believed to a second. */
static enum verdict check_poll_early(const struct linted *in,
                                     struct found *found)
{
    int64_t wait, passed;

    if (in->before.answer == NULL || in->exchange->answer->at == 0 ||
        in->seen->at == 0)
        return VERDICT_CANNOT_TELL;
    wait = asked_to_wait(in->before.answer);
    passed = (in->seen->at - in->exchange->answer->at) / MICROSECONDS;
    return passed + 1 >= wait
               ? VERDICT_HOLDS
               : lint_broken(found, "body.pollReq",
                             "after %lld seconds, and checkAfter is %lld",
                             (long long)passed, (long long)wait);
}

static enum verdict check_no_error(const struct linted *in, struct found *found)
{
    return is_request(in) && in->profile->type == PROFILE_RFC9483
               ? lint_broken(found, "body.error", "an error sent to the server")
               : VERDICT_HOLDS;
}

static bool is_mute(const struct pki_status_info *s)
{
    return s->status == STATUS_REJECTION && !s->has_fail_info &&
           s->status_string.num == 0;
}

static enum verdict check_says_why(const struct linted *in, struct found *found)
{
    const struct pki_body *body = &in->msg->body;

    if (is_request(in))
        return VERDICT_HOLDS;
    if (body->type == CMP_ERROR && is_mute(&body->error.status))
        return lint_broken(found, "body.error.pKIStatusInfo",
                           "a rejection without a reason");
    if (body->type == CMP_RP)
        for (size_t i = 0; i < body->rev_rep.num_statuses; i++)
            if (is_mute(&body->rev_rep.statuses[i]))
                return lint_broken(found, "body.rp.status",
                                   "a rejection without a reason");
    if (is_cert_answer(in))
        for (size_t i = 0; i < body->cert_rep.num_responses; i++)
            if (is_mute(&body->cert_rep.responses[i].status))
                return lint_broken(found, "body.response.status",
                                   "a rejection without a reason");
    return VERDICT_HOLDS;
}

const struct lint_row lint_exchange_rows[] = {
    { RULE_NONCE_IS_FRESH, check_nonce_fresh },
    { RULE_TRANSACTION_STAYS, check_transaction_stays },
    { RULE_REQUESTER_STAYS, check_requester_stays },
    { RULE_ISSUED_IS_CONFIRMED, check_confirmed },
    { RULE_ANSWER_HAS_REQUEST, check_answer_has_request },
    { RULE_ANSWER_NAMES_RECIPIENT, check_answer_recipient },
    { RULE_ANSWER_TIME_IS_NEAR, check_answer_time },
    { RULE_SENDER_KID_IS_SENT, check_sender_kid },
    { RULE_SIGNER_STANDS_FIRST, check_signer_first },
    { RULE_EXTRA_CERTS_ARE_SINGLE, check_certs_single },
    { RULE_CONF_HAS_NO_EXTRA_CERTS, check_conf_extra_certs },
    { RULE_IMPLICIT_CONFIRM_STANDS_RIGHT, check_implicit_place },
    { RULE_IMPLICIT_CONFIRM_IS_NULL, check_implicit_null },
    { RULE_IMPLICIT_CONFIRM_WAS_ASKED, check_implicit_asked },
    { RULE_IMPLICIT_CONFIRM_IS_HEEDED, check_implicit_heeded },
    { RULE_CONFIRMATION_IS_EXPLICIT, check_explicit },
    { RULE_WAIT_TIME_STANDS_RIGHT, check_wait_place },
    { RULE_WAIT_TIME_IS_TIME, check_wait_form },
    { RULE_WAIT_TIME_OR_IMPLICIT, check_wait_or_implicit },
    { RULE_WAIT_TIME_HAS_MESSAGE_TIME, check_wait_has_time },
    { RULE_WAIT_TIME_IS_AHEAD, check_wait_ahead },
    { RULE_CERT_PROFILE_STANDS_RIGHT, check_profile_place },
    { RULE_CONF_FAIL_INFO_FITS, check_conf_fail_info },
    { RULE_CONF_IS_IN_TIME, check_conf_time },
    { RULE_POLL_IS_NOT_EARLY, check_poll_early },
    { RULE_REQUEST_IS_NO_ERROR, check_no_error },
    { RULE_REJECTION_SAYS_WHY, check_says_why },
    { RULE_NUM, NULL },
};
