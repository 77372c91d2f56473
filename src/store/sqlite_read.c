#include <stdlib.h>

#include "store/sqlite.h"

/* --- what most reads do --- */

/* The one row of a bound statement as a record. ERR_NOT_FOUND. */
static enum err get_record(struct query *q, enum table t, struct arena *a,
                           void *out, struct fault *f)
{
    bool row;

    TRY(query_step(q, &row, f));
    if (!row)
        return ERR_NOT_FOUND;
    return query_get_record(q, &shapes[t], a, out, f);
}

static enum err get_by_id(struct store_session *s, enum sql which, int64_t id,
                          enum table t, struct arena *a, void *out,
                          struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    query_int(q, 1, id);
    return get_record(q, t, a, out, f);
}

/* By a word and bytes. */
static enum err get_by_key(struct store_session *s, enum sql which,
                           struct span word, struct span bytes, enum table t,
                           struct arena *a, void *out, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t id;

    TRY(word_find(sqlite_conn_of(s), word, &id, f));
    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    query_int(q, 1, id);
    query_bytes(q, 2, bytes);
    return get_record(q, t, a, out, f);
}

static enum err has(struct store_session *s, enum sql which, struct span key,
                    bool *out, struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    query_bytes(q, 1, key);
    return query_step(q, out, f);
}

/* All rows of a bound statement as a list of records. */
static enum err get_list(struct query *q, enum table t, struct arena *a,
                         void **list, size_t *num, struct fault *f)
{
    union record record;
    void *at;
    bool row;

    *list = NULL;
    *num = 0;
    for (;;) {
        TRY(query_step(q, &row, f));
        if (!row)
            return ERR_OK;
        TRY(query_get_record(q, &shapes[t], a, &record, f));
        at = list_push(a, list, num, shapes[t].size);
        if (at == NULL)
            return fault_set(f, ERR_NO_MEM, "a list of %ss", shapes[t].name);
        memcpy(at, &record, shapes[t].size);
    }
}

/* What SQLite takes for a limit. */
static int64_t limit(size_t max)
{
    return max > INT64_MAX ? INT64_MAX : (int64_t)max;
}

/* --- transactions --- */

static enum err find_reply(struct store_session *s, struct span transaction_id,
                           struct span digest, struct arena *a,
                           struct span *reply, struct fault *f)
{
    AUTO(query) q = NULL;
    struct span head, tail;
    uint8_t *bytes;
    bool row;

    TRY(query_open(sqlite_conn_of(s), SQL_FIND_REPLY, &q, f));
    query_bytes(q, 1, transaction_id);
    query_bytes(q, 2, digest);
    TRY(query_step(q, &row, f));
    if (!row)
        return ERR_NOT_FOUND;
    head = query_get_bytes(q, 0);
    tail = query_get_bytes(q, 1);
    bytes = arena_alloc(a, head.len + tail.len);
    if (bytes == NULL)
        return fault_set(f, ERR_NO_MEM, "a stored reply");
    if (head.len > 0)
        memcpy(bytes, head.ptr, head.len);
    if (tail.len > 0)
        memcpy(bytes + head.len, tail.ptr, tail.len);
    *reply = span_of(bytes, head.len + tail.len);
    return ERR_OK;
}

static enum err find_transaction(struct store_session *s, struct span requester,
                                 struct span transaction_id, struct arena *a,
                                 struct transaction_record *out,
                                 struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), SQL_FIND_TRANSACTION, &q, f));
    query_bytes(q, 1, requester);
    query_bytes(q, 2, transaction_id);
    return get_record(q, TABLE_TRANSACTION, a, out, f);
}

static enum err find_transaction_by_id(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct transaction_record *out,
                                       struct fault *f)
{
    return get_by_id(s, SQL_FIND_TRANSACTION_BY_ID, id, TABLE_TRANSACTION, a,
                     out, f);
}

static enum err list_transactions(struct store_session *s,
                                  struct span transaction_id, size_t max,
                                  struct arena *a, struct transaction_list *out,
                                  struct fault *f)
{
    AUTO(query) q = NULL;
    void *list;
    size_t num;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_TRANSACTIONS, &q, f));
    query_bytes(q, 1, transaction_id);
    query_int(q, 2, limit(max));
    TRY(get_list(q, TABLE_TRANSACTION, a, &list, &num, f));
    *out = (struct transaction_list){ list, num };
    return ERR_OK;
}

static enum err has_transaction_id(struct store_session *s,
                                   struct span transaction_id, bool *out,
                                   struct fault *f)
{
    return has(s, SQL_HAS_TRANSACTION_ID, transaction_id, out, f);
}

static enum err list_due(struct store_session *s, int64_t served, size_t max,
                         struct arena *a, struct transaction_list *out,
                         struct fault *f)
{
    AUTO(query) q = NULL;
    void *list;
    size_t num;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_DUE, &q, f));
    query_int(q, 1, served);
    query_int(q, 2, limit(max));
    TRY(get_list(q, TABLE_TRANSACTION, a, &list, &num, f));
    *out = (struct transaction_list){ list, num };
    return ERR_OK;
}

/* --- stations --- */

static enum err find_station(struct store_session *s, struct span vendor,
                             struct span serial, struct arena *a,
                             struct station_record *out, struct fault *f)
{
    return get_by_key(s, SQL_FIND_STATION, vendor, serial, TABLE_STATION, a,
                      out, f);
}

static enum err find_station_by_id(struct store_session *s, int64_t id,
                                   struct arena *a, struct station_record *out,
                                   struct fault *f)
{
    return get_by_id(s, SQL_FIND_STATION_BY_ID, id, TABLE_STATION, a, out, f);
}

static enum err find_name(struct store_session *s, struct span name,
                          int64_t *station, struct fault *f)
{
    AUTO(query) q = NULL;
    bool row;

    TRY(query_open(sqlite_conn_of(s), SQL_FIND_NAME, &q, f));
    query_bytes(q, 1, name);
    TRY(query_step(q, &row, f));
    if (!row)
        return ERR_NOT_FOUND;
    *station = query_get_int(q, 0);
    return ERR_OK;
}

/* --- certificates --- */

static enum err find_certificate(struct store_session *s, struct span ca,
                                 struct span serial, struct arena *a,
                                 struct certificate_record *out,
                                 struct fault *f)
{
    return get_by_key(s, SQL_FIND_CERTIFICATE, ca, serial, TABLE_CERTIFICATE, a,
                      out, f);
}

static enum err find_certificate_by_id(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct certificate_record *out,
                                       struct fault *f)
{
    return get_by_id(s, SQL_FIND_CERTIFICATE_BY_ID, id, TABLE_CERTIFICATE, a,
                     out, f);
}

static enum err find_issued(struct store_session *s, int64_t transaction,
                            int64_t cert_req_id, struct arena *a,
                            struct certificate_record *out, struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), SQL_FIND_ISSUED, &q, f));
    query_int(q, 1, transaction);
    query_int(q, 2, cert_req_id);
    return get_record(q, TABLE_CERTIFICATE, a, out, f);
}

static enum err has_request(struct store_session *s, struct span digest,
                            bool *out, struct fault *f)
{
    return has(s, SQL_HAS_REQUEST, digest, out, f);
}

/* The statement with an index for what is asked. */
static enum sql choose_list(const struct certificate_filter *by)
{
    if (!span_is_absent(by->vendor) && !span_is_absent(by->station_serial))
        return SQL_LIST_OF_STATION;
    if (by->only_revoked)
        return SQL_LIST_REVOKED_ONLY;
    return span_is_absent(by->serial) ? SQL_LIST_CERTIFICATES : SQL_LIST_SERIAL;
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
    query_int(q, 8, by->max == 0 ? -1 : limit(by->max));
    if (which == SQL_LIST_OF_STATION)
        query_int(q, 9, by->only_revoked);
    return ERR_OK;
}

static enum err list_stations(struct store_session *s, struct span vendor,
                              int64_t after, size_t max, struct arena *a,
                              struct station_list *out, struct fault *f)
{
    AUTO(query) q = NULL;
    void *list = NULL;
    size_t num = 0;
    enum err e;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_STATIONS, &q, f));
    query_int(q, 1, after);
    query_int(q, 3, max == 0 ? -1 : limit(max));
    e = bind_word(q, 2, vendor, f);
    if (e == ERR_OK)
        e = get_list(q, TABLE_STATION, a, &list, &num, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND) /* a vendor nobody has: none */
        return e;
    *out = (struct station_list){ list, num };
    return ERR_OK;
}

static enum err list_certificates(struct store_session *s,
                                  const struct certificate_filter *by,
                                  struct arena *a, struct certificate_list *out,
                                  struct fault *f)
{
    enum sql which = choose_list(by);
    AUTO(query) q = NULL;
    void *list = NULL;
    size_t num = 0;
    enum err e;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    e = bind_filter(q, which, by, f);
    if (e == ERR_OK)
        e = get_list(q, TABLE_CERTIFICATE, a, &list, &num, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND) /* a name nobody has: none */
        return e;
    *out = (struct certificate_list){ list, num };
    return ERR_OK;
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

static enum err read_revoked(struct store_session *s, struct span ca,
                             int64_t now, struct arena *a,
                             struct certificate_list *out, int64_t *covers,
                             struct fault *f)
{
    AUTO(query) q = NULL;
    void *list = NULL;
    size_t num = 0;
    int64_t id;
    enum err e;

    TRY(revocation_count(s, ca, covers, f));
    e = word_find(sqlite_conn_of(s), ca, &id, f);
    if (e == ERR_OK) {
        TRY(query_open(sqlite_conn_of(s), SQL_LIST_REVOKED, &q, f));
        query_int(q, 1, id);
        query_int(q, 2, now);
        e = get_list(q, TABLE_CERTIFICATE, a, &list, &num, f);
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *out = (struct certificate_list){ list, num };
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

static enum err find_crl(struct store_session *s, struct span ca,
                         struct arena *a, struct crl_record *out,
                         struct fault *f)
{
    int64_t id;

    TRY(word_find(sqlite_conn_of(s), ca, &id, f));
    return get_by_id(s, SQL_FIND_CRL, id, TABLE_CRL, a, out, f);
}

/* --- the rest --- */

static enum err list_audit(struct store_session *s, int64_t after, size_t max,
                           struct arena *a, struct audit_list *out,
                           struct fault *f)
{
    AUTO(query) q = NULL;
    void *list;
    size_t num;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_AUDIT, &q, f));
    query_int(q, 1, after);
    query_int(q, 2, limit(max));
    TRY(get_list(q, TABLE_AUDIT, a, &list, &num, f));
    *out = (struct audit_list){ list, num };
    return ERR_OK;
}

static enum err list_heads(struct store_session *s, struct arena *a,
                           struct head_list *out, struct fault *f)
{
    AUTO(query) q = NULL;
    void *list;
    size_t num;

    TRY(query_open(sqlite_conn_of(s), SQL_LIST_HEADS, &q, f));
    TRY(get_list(q, TABLE_HEAD, a, &list, &num, f));
    *out = (struct head_list){ list, num };
    return ERR_OK;
}

static enum err served(struct store_session *s, int64_t *out, struct fault *f)
{
    AUTO(query) q = NULL;
    bool row;

    TRY(query_open(sqlite_conn_of(s), SQL_SERVED, &q, f));
    TRY(query_step(q, &row, f));
    *out = row ? query_get_int(q, 0) : 0;
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

/* --- sessions --- */

static enum err session_new(struct store *s, struct store_session **out,
                            struct fault *f)
{
    struct sqlite_session *session = calloc(1, sizeof(*session));
    enum err e;

    if (session == NULL)
        return fault_set(f, ERR_NO_MEM, "a session");
    e = sqlite_conn_open(&sqlite_of(s)->at,
                         s->read_only ? CONN_PROBE : CONN_READ, &session->conn,
                         f);
    if (e != ERR_OK) {
        free(session);
        return e;
    }
    *out = &session->base;
    return ERR_OK;
}

static void session_free(struct store_session *s)
{
    sqlite_conn_free(sqlite_conn_of(s));
    free(s);
}

void sqlite_read_ops(struct store_ops *ops)
{
    ops->session_new = session_new;
    ops->session_free = session_free;
    ops->find_reply = find_reply;
    ops->find_transaction = find_transaction;
    ops->find_transaction_by_id = find_transaction_by_id;
    ops->list_transactions = list_transactions;
    ops->has_transaction_id = has_transaction_id;
    ops->find_station = find_station;
    ops->find_station_by_id = find_station_by_id;
    ops->find_name = find_name;
    ops->find_certificate = find_certificate;
    ops->find_certificate_by_id = find_certificate_by_id;
    ops->find_issued = find_issued;
    ops->has_request = has_request;
    ops->list_stations = list_stations;
    ops->list_certificates = list_certificates;
    ops->list_revoked = list_revoked;
    ops->revocation_count = revocation_count;
    ops->find_crl = find_crl;
    ops->list_due = list_due;
    ops->list_audit = list_audit;
    ops->list_heads = list_heads;
    ops->served = served;
    ops->begin_reading = begin_reading;
    ops->end_reading = end_reading;
    ops->sum = sum;
}
