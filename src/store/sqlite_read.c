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

/* --- requests and secrets --- */

static enum err find_request(struct store_session *s, int64_t transaction,
                             int64_t cert_req_id, struct arena *a,
                             struct request_record *out, struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), SQL_FIND_REQUEST, &q, f));
    query_int(q, 1, transaction);
    query_int(q, 2, cert_req_id);
    return get_record(q, TABLE_REQUEST, a, out, f);
}

static enum err find_request_by_id(struct store_session *s, int64_t id,
                                   struct arena *a, struct request_record *out,
                                   struct fault *f)
{
    return get_by_id(s, SQL_FIND_REQUEST_BY_ID, id, TABLE_REQUEST, a, out, f);
}

static enum err get_secret(struct store_session *s, enum sql which,
                           struct span key, struct arena *a,
                           struct secret_record *out, struct fault *f)
{
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), which, &q, f));
    query_bytes(q, 1, key);
    return get_record(q, TABLE_SECRET, a, out, f);
}

static enum err find_secret(struct store_session *s, struct span reference,
                            struct arena *a, struct secret_record *out,
                            struct fault *f)
{
    return get_secret(s, SQL_FIND_SECRET, reference, a, out, f);
}

static enum err find_secret_by_name(struct store_session *s, struct span name,
                                    struct arena *a, struct secret_record *out,
                                    struct fault *f)
{
    return get_secret(s, SQL_FIND_SECRET_BY_NAME, name, a, out, f);
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
    AUTO(query) q = NULL;

    TRY(query_open(sqlite_conn_of(s), SQL_HAS_REQUEST, &q, f));
    query_bytes(q, 1, digest);
    return query_step(q, out, f);
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

static enum err served(struct store_session *s, int64_t *out, struct fault *f)
{
    AUTO(query) q = NULL;
    bool row;

    TRY(query_open(sqlite_conn_of(s), SQL_SERVED, &q, f));
    TRY(query_step(q, &row, f));
    *out = row ? query_get_int(q, 0) : 0;
    return ERR_OK;
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
    sqlite_list_ops(ops);
    ops->session_new = session_new;
    ops->session_free = session_free;
    ops->find_reply = find_reply;
    ops->find_transaction = find_transaction;
    ops->find_transaction_by_id = find_transaction_by_id;
    ops->find_station = find_station;
    ops->find_station_by_id = find_station_by_id;
    ops->find_name = find_name;
    ops->find_certificate = find_certificate;
    ops->find_certificate_by_id = find_certificate_by_id;
    ops->find_issued = find_issued;
    ops->has_request = has_request;
    ops->find_request = find_request;
    ops->find_request_by_id = find_request_by_id;
    ops->find_secret = find_secret;
    ops->find_secret_by_name = find_secret_by_name;
    ops->find_crl = find_crl;
    ops->served = served;
}
