/*
 * pollReq: may this one be answered? And what must not come while a request
 * waits.
 */
#include "profile/internal.h"

/* A pollReq about the message as a whole (RFC 9483, 4.4). */
#define WHOLE_MESSAGE (-1)

static size_t count(const int64_t *list, size_t num, int64_t id)
{
    size_t times = 0;

    for (size_t i = 0; i < num; i++)
        times += list[i] == id;
    return times;
}

enum verdict check_poll_ids(const struct judged *in, struct found *found)
{
    const struct poll_req *poll = &in->msg->body.poll_req;

    if (poll->num == 0 || poll->num > in->profile->max_requests)
        return broken(found, "body.pollReq", "%zu certReqIds", poll->num);
    for (size_t i = 0; i < poll->num; i++)
        if (count(poll->list, poll->num, poll->list[i]) > 1)
            return broken(found, "body.pollReq.certReqId", "%lld, twice",
                          (long long)poll->list[i]);
    return VERDICT_HOLDS;
}

enum verdict check_poll_transaction(const struct judged *in,
                                    struct found *found)
{
    if (in->facts->transaction != FACT_NO_TRANSACTION)
        return VERDICT_HOLDS;
    return broken(found, "header.transactionID",
                  "none of this signer's transactions");
}

enum verdict check_poll_waiting(const struct judged *in, struct found *found)
{
    static const char *const what[] = {
        [FACT_UNCONFIRMED] = "a transaction that awaits its certConf",
        [FACT_CONFIRMED] = "a transaction that is complete",
        [FACT_REJECTED] = "a transaction that was rejected",
        [FACT_TIMED_OUT] = "a transaction that timed out",
    };
    enum fact_transaction state = in->facts->transaction;

    if (state == FACT_WAITING)
        return VERDICT_HOLDS;
    return broken(found, "header.transactionID", "%s",
                  state < sizeof(what) / sizeof(what[0]) && what[state] != NULL
                      ? what[state]
                      : "one in which nothing waits");
}

enum verdict check_poll_recip_nonce(const struct judged *in,
                                    struct found *found)
{
    struct span nonce = in->msg->header.recip_nonce;

    if (span_is_absent(nonce))
        return broken(found, "header.recipNonce", "none");
    if (span_is_equal(nonce, in->facts->our_nonce))
        return VERDICT_HOLDS;
    return broken(found, "header.recipNonce",
                  "not the senderNonce of the reply before");
}

/* Leniency: the waiting cp to a p10cr has certReqId -1, yet RFC 9483, 4.4, asks
 * for 0 where a pollReq is about a CertResponse. */
static bool is_p10_as_zero(const struct facts *facts, int64_t id)
{
    return id == 0 && facts->waiting_body == CMP_P10CR;
}

enum verdict check_poll_names_waiting(const struct judged *in,
                                      struct found *found)
{
    const struct poll_req *poll = &in->msg->body.poll_req;
    const struct facts *facts = in->facts;

    for (size_t i = 0; i < poll->num; i++) {
        int64_t id = poll->list[i];

        if (!(id == WHOLE_MESSAGE && poll->num == 1) &&
            count(facts->waiting, facts->num_waiting, id) == 0 &&
            !is_p10_as_zero(facts, id))
            return broken(found, "body.pollReq.certReqId", "%lld",
                          (long long)id);
    }
    return VERDICT_HOLDS;
}

enum verdict check_conf_not_waiting(const struct judged *in,
                                    struct found *found)
{
    if (in->facts->transaction == FACT_CHALLENGED)
        return broken(found, "body.certConf", "one in place of popdecr");
    if (in->facts->transaction != FACT_WAITING)
        return VERDICT_HOLDS;
    return broken(found, "body.certConf", "one while the request still waits");
}
