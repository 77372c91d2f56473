/*
 * Requests that nobody decided, or whose answer was never fetched, in time.
 */
#include "service/keeper_internal.h"

#include "base/limits.h"
#include "base/text.h"

static struct span what_was_missing(int64_t state)
{
    if (state == REQUEST_CHALLENGED)
        return SPAN_LIT("the challenge was not answered within confirm_wait");
    return state == REQUEST_WAITING
               ? SPAN_LIT("nobody decided within approval_timeout")
               : SPAN_LIT("decided, but the station did not ask again");
}

static enum err record(struct keeper *k, struct change *c,
                       const struct transaction_record *due, struct span *why,
                       struct fault *f)
{
    struct request_filter by = { .transaction = due->id };
    struct transaction_record t = *due;
    struct request_list found;
    char id[2 * LIMIT_ID_LEN + 1];
    const char *entry;

    TRY(store_list_requests(k->worker.session, &by, k->arena, &found, f));
    t.state = TRANSACTION_TIMED_OUT;
    t.ended_at = keeper_now(k);
    change_set_transaction(c, &t);
    *why = what_was_missing(REQUEST_WAITING);
    for (size_t i = 0; i < found.num; i++) {
        struct request_record r = found.list[i];

        *why = what_was_missing(r.state);
        r.state = REQUEST_DENIED;
        r.reason = *why;
        change_set_request(c, &r);
    }
    hex_format(t.transaction_id, id, sizeof(id));
    entry = arena_printf(k->arena,
                         "timed-out request profile=%.*s transaction=%s: %.*s",
                         (int)t.profile.len, (const char *)t.profile.ptr, id,
                         (int)why->len, (const char *)why->ptr);
    if (entry == NULL)
        return fault_set(f, ERR_NO_MEM, "audit entry");
    change_add_audit(c, t.ended_at, span_str(entry));
    return ERR_OK;
}

enum err keeper_end_waiting(struct keeper *k,
                            const struct transaction_record *due,
                            struct fault *f)
{
    AUTO(change) c = change_new();
    char id[2 * LIMIT_ID_LEN + 1];
    struct change *given;
    struct span why;
    enum err e;

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "time-out");
    TRY(record(k, c, due, &why, f));
    given = c;
    c = NULL;
    e = store_commit(k->line->store, given, f);
    if (e == ERR_LOST) /* it was decided, or polled for, at this moment */
        return ERR_OK;
    TRY(e);
    hex_format(due->transaction_id, id, sizeof(id));
    {
        struct log_field fields[] = {
            { "profile", due->profile },
            { "transaction", span_str(id) },
            { "clause", SPAN_LIT("RFC 9483, 4.4") },
            { "text", why },
        };

        log_write(k->line->log, LOG_LEVEL_WARN, "timed-out", fields,
                  sizeof(fields) / sizeof(fields[0]));
    }
    return ERR_OK;
}
