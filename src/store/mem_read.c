#include <stdlib.h>

#include "store/mem.h"

/* --- reading --- */

static enum err session_new(struct store *s, struct store_session **out,
                            struct fault *f)
{
    (void)s;
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? fault_set(f, ERR_NO_MEM, "a session") : ERR_OK;
}

static void session_free(struct store_session *s)
{
    free(s);
}

/* Copies what was found, if anything was, and gives the lock back. */
static enum err finish(struct mem *m, enum table t, const union record *found,
                       struct arena *a, void *out, struct fault *f)
{
    enum err e = ERR_NOT_FOUND;

    if (found != NULL)
        e = record_copy(&shapes[t], found, a, out, f);
    pthread_rwlock_unlock(&m->lock);
    return e;
}

static enum err read_reply(struct store_session *s, struct span transaction_id,
                           struct span digest, struct arena *a,
                           struct span *reply, struct fault *f)
{
    struct mem *m = mem_lock(s);
    const union record *r, *t;
    enum err e = ERR_NOT_FOUND;
    size_t len;
    uint8_t *at;

    MEM_EACH(m, TABLE_EXCHANGE, r)
    {
        t = mem_row(m, TABLE_TRANSACTION, r->exchange.transaction);
        if (t == NULL || !span_is_equal(r->exchange.digest, digest) ||
            !span_is_equal(t->transaction.transaction_id, transaction_id))
            continue;
        len = r->exchange.head.len + r->exchange.tail.len;
        at = arena_alloc(a, len);
        e = at == NULL ? fault_set(f, ERR_NO_MEM, "a stored reply") : ERR_OK;
        if (e != ERR_OK)
            break;
        *reply = span_of(at, len);
        if (r->exchange.head.len > 0)
            memcpy(at, r->exchange.head.ptr, r->exchange.head.len);
        if (r->exchange.tail.len > 0)
            memcpy(at + r->exchange.head.len, r->exchange.tail.ptr,
                   r->exchange.tail.len);
        break;
    }
    pthread_rwlock_unlock(&m->lock);
    return e;
}

static enum err read_transaction(struct store_session *s, struct span requester,
                                 struct span transaction_id, struct arena *a,
                                 struct transaction_record *out,
                                 struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_TRANSACTION,
                  mem_find_transaction(m, requester, transaction_id), a, out,
                  f);
}

static enum err read_transaction_by_id(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct transaction_record *out,
                                       struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_TRANSACTION, mem_row(m, TABLE_TRANSACTION, id), a,
                  out, f);
}

static enum err read_station(struct store_session *s, struct span vendor,
                             struct span serial, struct arena *a,
                             struct station_record *out, struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_STATION, mem_find_station(m, vendor, serial), a, out,
                  f);
}

static enum err read_station_by_id(struct store_session *s, int64_t id,
                                   struct arena *a, struct station_record *out,
                                   struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_STATION, mem_row(m, TABLE_STATION, id), a, out, f);
}

static enum err read_name(struct store_session *s, struct span name,
                          int64_t *station, struct fault *f)
{
    struct mem *m = mem_lock(s);
    const union record *r = mem_find_name(m, name);
    enum err e = r == NULL ? ERR_NOT_FOUND : ERR_OK;

    (void)f;
    if (r != NULL)
        *station = r->name.station;
    pthread_rwlock_unlock(&m->lock);
    return e;
}

static enum err read_certificate(struct store_session *s, struct span ca,
                                 struct span serial, struct arena *a,
                                 struct certificate_record *out,
                                 struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_CERTIFICATE, mem_find_certificate(m, ca, serial), a,
                  out, f);
}

static enum err read_certificate_by_id(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct certificate_record *out,
                                       struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_CERTIFICATE, mem_row(m, TABLE_CERTIFICATE, id), a,
                  out, f);
}

static enum err read_issued(struct store_session *s, int64_t transaction,
                            int64_t cert_req_id, struct arena *a,
                            struct certificate_record *out, struct fault *f)
{
    struct mem *m = mem_lock(s);
    const union record *r, *found = NULL;

    MEM_EACH(m, TABLE_CERTIFICATE, r)
    {
        if (r->certificate.transaction == transaction &&
            r->certificate.cert_req_id == cert_req_id) {
            found = r;
            break;
        }
    }
    return finish(m, TABLE_CERTIFICATE, found, a, out, f);
}

static enum err has_request(struct store_session *s, struct span digest,
                            bool *out, struct fault *f)
{
    struct mem *m = mem_lock(s);

    (void)f;
    *out = mem_find_by_digest(m, digest) != NULL;
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

static enum err read_request(struct store_session *s, int64_t transaction,
                             int64_t cert_req_id, struct arena *a,
                             struct request_record *out, struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_REQUEST,
                  mem_find_request(m, transaction, cert_req_id), a, out, f);
}

static enum err read_request_by_id(struct store_session *s, int64_t id,
                                   struct arena *a, struct request_record *out,
                                   struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_REQUEST, mem_row(m, TABLE_REQUEST, id), a, out, f);
}

static enum err read_secret(struct store_session *s, struct span reference,
                            struct arena *a, struct secret_record *out,
                            struct fault *f)
{
    struct mem *m = mem_lock(s);

    return finish(m, TABLE_SECRET, mem_find_secret(m, reference), a, out, f);
}

static enum err read_secret_by_name(struct store_session *s, struct span name,
                                    struct arena *a, struct secret_record *out,
                                    struct fault *f)
{
    struct mem *m = mem_lock(s);
    const union record *r, *found = NULL;

    MEM_EACH(m, TABLE_SECRET, r)
    {
        if (!span_is_absent(r->secret.name) &&
            span_is_equal(r->secret.name, name) &&
            (found == NULL || (found->secret.state != SECRET_ACTIVE &&
                               r->secret.state == SECRET_ACTIVE)))
            found = r;
    }
    return finish(m, TABLE_SECRET, found, a, out, f);
}

static enum err revocation_count(struct store_session *s, struct span ca,
                                 int64_t *out, struct fault *f)
{
    struct mem *m = mem_lock(s);

    (void)f;
    *out = mem_find_ca(m, ca).revocations;
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

static enum err read_crl(struct store_session *s, struct span ca,
                         struct arena *a, struct crl_record *out,
                         struct fault *f)
{
    struct mem *m = mem_lock(s);
    const union record *r, *highest = NULL;

    MEM_EACH(m, TABLE_CRL, r)
    {
        if (span_is_equal(r->crl.ca, ca) &&
            (highest == NULL || r->crl.number > highest->crl.number))
            highest = r;
    }
    return finish(m, TABLE_CRL, highest, a, out, f);
}

/* Every call takes the lock for itself; there is nothing to save. */
static enum err begin_reading(struct store_session *s, struct fault *f)
{
    (void)s;
    (void)f;
    return ERR_OK;
}

static void end_reading(struct store_session *s)
{
    (void)s;
}

static enum err read_served(struct store_session *s, int64_t *out,
                            struct fault *f)
{
    struct mem *m = mem_lock(s);

    (void)f;
    *out = mem_row(m, TABLE_SERVED, 1)->served.served;
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

void mem_read_ops(struct store_ops *ops)
{
    mem_list_ops(ops);
    ops->session_new = session_new;
    ops->session_free = session_free;
    ops->find_reply = read_reply;
    ops->find_transaction = read_transaction;
    ops->find_transaction_by_id = read_transaction_by_id;
    ops->find_station = read_station;
    ops->find_station_by_id = read_station_by_id;
    ops->find_name = read_name;
    ops->find_certificate = read_certificate;
    ops->find_certificate_by_id = read_certificate_by_id;
    ops->find_issued = read_issued;
    ops->has_request = has_request;
    ops->find_request = read_request;
    ops->find_request_by_id = read_request_by_id;
    ops->find_secret = read_secret;
    ops->find_secret_by_name = read_secret_by_name;
    ops->revocation_count = revocation_count;
    ops->find_crl = read_crl;
    ops->served = read_served;
    ops->begin_reading = begin_reading;
    ops->end_reading = end_reading;
}
