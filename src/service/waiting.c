/*
 * Requests that wait as a whole: one message asks, and one answers and ends
 * the transaction, at once or when an operator has decided (RFC 9483, 4.4).
 */
#include "service/line.h"

int64_t waiting_put(struct job *job, int64_t station)
{
    bool waits = job->decision.action == TXN_WAIT;
    struct transaction_record r =
        job->is_resumed ? job->transaction : record_opened(job, station);

    r.state = waits ? TRANSACTION_WAITING : TRANSACTION_ENDED;
    r.sender_nonce = span_of(job->nonce, sizeof(job->nonce));
    r.ended_at = waits ? 0 : job->facts.now;
    if (job->is_resumed) {
        change_set_transaction(job->change, &r);
        record_end_of_waiting(job);
        return r.id;
    }
    change_add_transaction(
        job->change, &r, waits ? job->profile->config->approval_timeout_s : 0);
    return STORE_NEW;
}

enum err waiting_keep(struct job *job)
{
    struct request_record r = {
        .transaction = STORE_NEW,
        .cert_req_id = -1,
        .state = REQUEST_WAITING,
        .message = job->bytes,
        .check_after = job->profile->config->approval_check_after_s,
        .created_at = job->facts.now,
    };

    TRY(asks_write_waiting(job, &r.data));
    change_add_request(job->change, &r);
    return record_common(job, STORE_NEW);
}
