#include "store/sqlite.h"

/* --- what most lists do --- */

/* Records of one table: what every list of store.h is made of. */
struct rows {
    void *list;
    size_t num;
};

/* The rows of a bound statement, at most `max`. */
static enum err get_some(struct query *q, enum table t, size_t max,
                         struct arena *a, struct rows *out, struct fault *f)
{
    union record record;
    void *at;
    bool row;

    *out = (struct rows){ NULL, 0 };
    while (out->num < max) {
        TRY(query_step(q, &row, f));
        if (!row)
            return ERR_OK;
        TRY(query_get_record(q, &shapes[t], a, &record, f));
        at = list_push(a, &out->list, &out->num, shapes[t].size);
        if (at == NULL)
            return fault_set(f, ERR_NO_MEM, "a list of %ss", shapes[t].name);
        memcpy(at, &record, shapes[t].size);
    }
    return ERR_OK;
}

static enum err get_rows(struct query *q, enum table t, struct arena *a,
                         struct rows *out, struct fault *f)
{
    return get_some(q, t, SIZE_MAX, a, out, f);
}

/* What SQLite takes for a limit. */
static int64_t limit(size_t max)
{
    return max > INT64_MAX ? INT64_MAX : (int64_t)max;
}

/* The same where 0 stands for all. */
static int64_t limit_or_all(size_t max)
{
    return max == 0 ? -1 : limit(max);
}

/* All rows of a statement whose parameters, in order, are these numbers. */
static enum err list_by(struct store_session *s, enum sql which, enum table t,
                        const int64_t *numbers, size_t num, struct arena *a,
                        struct rows *out, struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    for (size_t i = 0; i < num; i++)
        query_int(q, (int)i + 1, numbers[i]);
    return get_rows(q, t, a, out, f);
}

static enum err bind_word(struct query *q, int at, struct span word,
                          struct fault *f)
{
    int64_t id;

    if (span_is_absent(word))
        return ERR_OK;
    TRY(word_find(q->conn, word, &id, f));
    query_int(q, at, id);
    return ERR_OK;
}

/* --- transactions, requests, secrets, stations --- */

static enum err list_transactions(struct store_session *s,
                                  struct span transaction_id, size_t max,
                                  struct arena *a, struct transaction_list *out,
                                  struct fault *f)
{
    AUTO(query) q = NULL;
    struct rows rows;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_TRANSACTIONS, &q, f));
    query_bytes(q, 1, transaction_id);
    TRY(get_some(q, TABLE_TRANSACTION, max, a, &rows, f));
    *out = (struct transaction_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_due(struct store_session *s, int64_t served, size_t max,
                         struct arena *a, struct transaction_list *out,
                         struct fault *f)
{
    const int64_t numbers[] = { served, limit(max) };
    struct rows rows;

    TRY(list_by(s, SQL_LIST_DUE, TABLE_TRANSACTION, numbers, 2, a, &rows, f));
    *out = (struct transaction_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_requests(struct store_session *s,
                              const struct request_filter *by, struct arena *a,
                              struct request_list *out, struct fault *f)
{
    enum sql which = by->transaction != 0 ? SQL_LIST_REQUESTS_OF
                     : by->state != 0     ? SQL_LIST_REQUESTS_IN_STATE
                                          : SQL_LIST_REQUESTS;
    AUTO(query) q = NULL;
    struct rows rows;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    query_int(q, 1, by->after);
    if (by->state != 0)
        query_int(q, 2, by->state);
    if (by->transaction != 0)
        query_int(q, 3, by->transaction);
    query_int(q, 4, limit_or_all(by->max));
    TRY(get_rows(q, TABLE_REQUEST, a, &rows, f));
    *out = (struct request_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_secrets(struct store_session *s, int64_t after, size_t max,
                             struct arena *a, struct secret_list *out,
                             struct fault *f)
{
    const int64_t numbers[] = { after, limit_or_all(max) };
    struct rows rows;

    TRY(list_by(s, SQL_LIST_SECRETS, TABLE_SECRET, numbers, 2, a, &rows, f));
    *out = (struct secret_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_stations(struct store_session *s, struct span vendor,
                              int64_t after, size_t max, struct arena *a,
                              struct station_list *out, struct fault *f)
{
    AUTO(query) q = NULL;
    struct rows rows = { NULL, 0 };
    enum err e;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_STATIONS, &q, f));
    query_int(q, 1, after);
    query_int(q, 3, limit_or_all(max));
    e = bind_word(q, 2, vendor, f);
    if (e == ERR_OK)
        e = get_rows(q, TABLE_STATION, a, &rows, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND) /* a vendor nobody has: none */
        return e;
    *out = (struct station_list){ rows.list, rows.num };
    return ERR_OK;
}

/* --- certificates --- */

/* The statement with an index for what is asked. */
static enum sql choose_list(const struct certificate_filter *by)
{
    if (!span_is_absent(by->vendor) && !span_is_absent(by->station_serial))
        return SQL_LIST_OF_STATION;
    if (by->only_revoked)
        return SQL_LIST_REVOKED_ONLY;
    return span_is_absent(by->serial) ? SQL_LIST_CERTIFICATES : SQL_LIST_SERIAL;
}

static enum err bind_filter(struct query *q, enum sql which,
                            const struct certificate_filter *by,
                            struct fault *f)
{
    query_int(q, 1, by->after);
    TRY(bind_word(q, 2, by->ca, f));
    query_bytes(q, 3, by->serial);
    if (by->status != 0)
        query_int(q, 4, by->status);
    if (by->expires_before != 0)
        query_int(q, 5, by->expires_before);
    TRY(bind_word(q, 6, by->vendor, f));
    query_bytes(q, 7, by->station_serial);
    query_int(q, 8, limit_or_all(by->max));
    if (which == SQL_LIST_OF_STATION)
        query_int(q, 9, by->only_revoked);
    return ERR_OK;
}

static enum err list_certificates(struct store_session *s,
                                  const struct certificate_filter *by,
                                  struct arena *a, struct certificate_list *out,
                                  struct fault *f)
{
    enum sql which = choose_list(by);
    AUTO(query) q = NULL;
    struct rows rows = { NULL, 0 };
    enum err e;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    e = bind_filter(q, which, by, f);
    if (e == ERR_OK)
        e = get_rows(q, TABLE_CERTIFICATE, a, &rows, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND) /* a name nobody has: none */
        return e;
    *out = (struct certificate_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_issued(struct store_session *s, int64_t transaction,
                            struct arena *a, struct certificate_list *out,
                            struct fault *f)
{
    const int64_t numbers[] = { transaction };
    struct rows rows;

    TRY(list_by(s, SQL_LIST_ISSUED, TABLE_CERTIFICATE, numbers, 1, a, &rows,
                f));
    *out = (struct certificate_list){ rows.list, rows.num };
    return ERR_OK;
}

/* --- what is of one moment --- */

/* Runs a statement for its effect on the connection. */
static enum err run(struct store_session *s, enum sql which, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t changed;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    return query_run(q, &changed, f);
}

static enum err begin_reading(struct store_session *s, struct fault *f)
{
    return run(s, SQL_SNAPSHOT, f);
}

static void end_reading(struct store_session *s)
{
    struct fault why;

    /* A reader has nothing to lose: what fails here fails the next query. */
    if (run(s, SQL_SNAPSHOT_END, &why) != ERR_OK)
        return;
}

/* Ends a snapshot whatever became of what was read in it. */
static enum err end_snapshot(struct store_session *s, enum err e,
                             struct fault *f)
{
    enum err ended = run(s, SQL_SNAPSHOT_END, e == ERR_OK ? f : NULL);

    return e == ERR_OK ? ended : e;
}

static enum err revocation_count(struct store_session *s, struct span ca,
                                 int64_t *out, struct fault *f)
{
    AUTO(query) q = NULL;
    enum err e;
    int64_t id;
    bool row = false;

    e = word_find(sqlite_conn_of(s), ca, &id, f);
    if (e == ERR_OK) {
        TRY(query_open(sqlite_conn_of(s), SQL_REVOCATION_COUNT, &q, f));
        query_int(q, 1, id);
        e = query_step(q, &row, f);
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *out = row ? query_get_int(q, 0) : 0;
    return ERR_OK;
}

static enum err read_revoked(struct store_session *s, struct span ca,
                             int64_t now, struct arena *a,
                             struct certificate_list *out, int64_t *covers,
                             struct fault *f)
{
    AUTO(query) q = NULL;
    struct rows rows = { NULL, 0 };
    int64_t id;
    enum err e;

    TRY(revocation_count(s, ca, covers, f));
    e = word_find(sqlite_conn_of(s), ca, &id, f);
    if (e == ERR_OK) {
        TRY(query_open(sqlite_conn_of(s), SQL_LIST_REVOKED, &q, f));
        query_int(q, 1, id);
        query_int(q, 2, now);
        e = get_rows(q, TABLE_CERTIFICATE, a, &rows, f);
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *out = (struct certificate_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_revoked(struct store_session *s, struct span ca,
                             int64_t now, struct arena *a,
                             struct certificate_list *out, int64_t *covers,
                             struct fault *f)
{
    struct certificate_list found;
    int64_t count;

    TRY(run(s, SQL_SNAPSHOT, f));
    TRY(end_snapshot(s, read_revoked(s, ca, now, a, &found, &count, f), f));
    *out = found;
    *covers = count;
    return ERR_OK;
}

/* --- the rest --- */

static enum err list_audit(struct store_session *s, int64_t after, size_t max,
                           struct arena *a, struct audit_list *out,
                           struct fault *f)
{
    const int64_t numbers[] = { after, limit(max) };
    struct rows rows;

    TRY(list_by(s, SQL_LIST_AUDIT, TABLE_AUDIT, numbers, 2, a, &rows, f));
    *out = (struct audit_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err list_heads(struct store_session *s, struct arena *a,
                           struct head_list *out, struct fault *f)
{
    struct rows rows;

    TRY(list_by(s, SQL_LIST_HEADS, TABLE_HEAD, NULL, 0, a, &rows, f));
    *out = (struct head_list){ rows.list, rows.num };
    return ERR_OK;
}

static enum err sum_table(struct sqlite_conn *c, enum sql which, enum table t,
                          struct arena *a, struct table_sum *out,
                          struct fault *f)
{
    AUTO(query) q = NULL;
    union record record;
    bool row;

    TRY(query_open(c, which, &q, f));
    for (;;) {
        TRY(query_step(q, &row, f));
        if (!row)
            return ERR_OK;
        arena_reset(a);
        TRY(query_get_record(q, &shapes[t], a, &record, f));
        table_sum_add(out, &shapes[t], &record);
    }
}

static enum err sum_tables(struct store_session *s,
                           struct table_sum sums[TABLE_NUM], struct fault *f)
{
    static const enum sql all[TABLE_NUM] = {
        [TABLE_STATION] = SQL_ALL_STATIONS,
        [TABLE_NAME] = SQL_ALL_NAMES,
        [TABLE_TRANSACTION] = SQL_ALL_TRANSACTIONS,
        [TABLE_EXCHANGE] = SQL_ALL_EXCHANGES,
        [TABLE_CERTIFICATE] = SQL_ALL_CERTIFICATES,
        [TABLE_CRL] = SQL_ALL_CRLS,
        [TABLE_CA] = SQL_ALL_CAS,
        [TABLE_REQUEST] = SQL_ALL_REQUESTS,
        [TABLE_SECRET] = SQL_ALL_SECRETS,
        [TABLE_AUDIT] = SQL_ALL_AUDIT,
        [TABLE_HEAD] = SQL_LIST_HEADS,
        [TABLE_SERVED] = SQL_SERVED,
    };
    AUTO(arena) a = arena_new((size_t)1 << 30);

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "the store's sums");
    for (enum table t = 0; t < TABLE_NUM; t++)
        TRY(sum_table(sqlite_conn_of(s), all[t], t, a, &sums[t], f));
    return ERR_OK;
}

static enum err sum(struct store_session *s, struct table_sum sums[TABLE_NUM],
                    struct fault *f)
{
    TRY(run(s, SQL_SNAPSHOT, f));
    return end_snapshot(s, sum_tables(s, sums, f), f);
}

void sqlite_list_ops(struct store_ops *ops)
{
    ops->list_transactions = list_transactions;
    ops->list_stations = list_stations;
    ops->list_certificates = list_certificates;
    ops->list_issued = list_issued;
    ops->list_requests = list_requests;
    ops->list_secrets = list_secrets;
    ops->list_revoked = list_revoked;
    ops->revocation_count = revocation_count;
    ops->list_due = list_due;
    ops->list_audit = list_audit;
    ops->list_heads = list_heads;
    ops->begin_reading = begin_reading;
    ops->end_reading = end_reading;
    ops->sum = sum;
}
