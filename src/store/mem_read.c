#include <stdlib.h>

#include "store/mem.h"

/* --- finding, with the lock held --- */

const union record *mem_row(const struct mem *m, enum table t, int64_t id)
{
    const struct mem_table *table = &m->tables[t];

    if (id < 1 || (uint64_t)id > table->num || table->rows[id - 1] == NULL)
        return NULL;
    return &table->rows[id - 1]->record;
}

/* Newest first, since what is asked for is mostly recent. */
#define EACH(m, t, r)                                         \
    for (size_t each_i_ = (m)->tables[t].num; each_i_-- > 0;) \
        if (((r) = mem_row(m, t, (int64_t)each_i_ + 1)) != NULL)

const union record *mem_find_station(const struct mem *m, struct span vendor,
                                     struct span serial)
{
    const union record *r;

    EACH(m, TABLE_STATION, r)
    {
        if (span_is_equal(r->station.serial, serial) &&
            span_is_equal(r->station.vendor, vendor))
            return r;
    }
    return NULL;
}

const union record *mem_find_name(const struct mem *m, struct span name)
{
    const union record *r;

    EACH(m, TABLE_NAME, r)
    {
        if (span_is_equal(r->name.name, name))
            return r;
    }
    return NULL;
}

const union record *mem_find_transaction(const struct mem *m,
                                         struct span requester,
                                         struct span transaction_id)
{
    const union record *r;

    EACH(m, TABLE_TRANSACTION, r)
    {
        if (span_is_equal(r->transaction.transaction_id, transaction_id) &&
            span_is_equal(r->transaction.requester, requester))
            return r;
    }
    return NULL;
}

const union record *mem_find_certificate(const struct mem *m, struct span ca,
                                         struct span serial)
{
    const union record *r;

    EACH(m, TABLE_CERTIFICATE, r)
    {
        if (span_is_equal(r->certificate.serial, serial) &&
            span_is_equal(r->certificate.ca, ca))
            return r;
    }
    return NULL;
}

const union record *mem_find_request(const struct mem *m, struct span digest)
{
    const union record *r;

    EACH(m, TABLE_CERTIFICATE, r)
    {
        if (span_is_equal(r->certificate.request_digest, digest))
            return r;
    }
    return NULL;
}

struct ca_record mem_find_ca(const struct mem *m, struct span ca)
{
    const union record *r;

    EACH(m, TABLE_CA, r)
    {
        if (span_is_equal(r->ca.ca, ca))
            return r->ca;
    }
    return (struct ca_record){ .ca = ca };
}

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

static struct mem *lock(struct store_session *s)
{
    struct mem *m = mem_of(s->store);

    pthread_rwlock_rdlock(&m->lock);
    return m;
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
    struct mem *m = lock(s);
    const union record *r, *t;
    enum err e = ERR_NOT_FOUND;
    size_t len;
    uint8_t *at;

    EACH(m, TABLE_EXCHANGE, r)
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
    struct mem *m = lock(s);

    return finish(m, TABLE_TRANSACTION,
                  mem_find_transaction(m, requester, transaction_id), a, out,
                  f);
}

static enum err read_transaction_by_id(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct transaction_record *out,
                                       struct fault *f)
{
    struct mem *m = lock(s);

    return finish(m, TABLE_TRANSACTION, mem_row(m, TABLE_TRANSACTION, id), a,
                  out, f);
}

static enum err has_transaction_id(struct store_session *s,
                                   struct span transaction_id, bool *out,
                                   struct fault *f)
{
    struct mem *m = lock(s);
    const union record *r;

    (void)f;
    *out = false;
    EACH(m, TABLE_TRANSACTION, r)
    {
        if (span_is_equal(r->transaction.transaction_id, transaction_id)) {
            *out = true;
            break;
        }
    }
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

static enum err read_station(struct store_session *s, struct span vendor,
                             struct span serial, struct arena *a,
                             struct station_record *out, struct fault *f)
{
    struct mem *m = lock(s);

    return finish(m, TABLE_STATION, mem_find_station(m, vendor, serial), a, out,
                  f);
}

static enum err read_station_by_id(struct store_session *s, int64_t id,
                                   struct arena *a, struct station_record *out,
                                   struct fault *f)
{
    struct mem *m = lock(s);

    return finish(m, TABLE_STATION, mem_row(m, TABLE_STATION, id), a, out, f);
}

static enum err read_name(struct store_session *s, struct span name,
                          int64_t *station, struct fault *f)
{
    struct mem *m = lock(s);
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
    struct mem *m = lock(s);

    return finish(m, TABLE_CERTIFICATE, mem_find_certificate(m, ca, serial), a,
                  out, f);
}

static enum err read_certificate_by_id(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct certificate_record *out,
                                       struct fault *f)
{
    struct mem *m = lock(s);

    return finish(m, TABLE_CERTIFICATE, mem_row(m, TABLE_CERTIFICATE, id), a,
                  out, f);
}

static enum err read_issued(struct store_session *s, int64_t transaction,
                            int64_t cert_req_id, struct arena *a,
                            struct certificate_record *out, struct fault *f)
{
    struct mem *m = lock(s);
    const union record *r, *found = NULL;

    EACH(m, TABLE_CERTIFICATE, r)
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
    struct mem *m = lock(s);

    (void)f;
    *out = mem_find_request(m, digest) != NULL;
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

/* --- lists --- */

/* Appends a copy of the record to a list in the arena. */
static enum err append(enum table t, const void *record, struct arena *a,
                       void **list, size_t *num, struct fault *f)
{
    union record copy;
    void *at;

    TRY(record_copy(&shapes[t], record, a, &copy, f));
    at = list_push(a, list, num, shapes[t].size);
    if (at == NULL)
        return fault_set(f, ERR_NO_MEM, "a list of %ss", shapes[t].name);
    memcpy(at, &copy, shapes[t].size);
    return ERR_OK;
}

static bool is_or_any(struct span wanted, struct span bytes)
{
    return span_is_absent(wanted) || span_is_equal(wanted, bytes);
}

static bool is_listed(const struct mem *m, const struct certificate_record *c,
                      const struct certificate_filter *by)
{
    const struct station_record none = { 0 }, *station = &none;
    const union record *r = mem_row(m, TABLE_STATION, c->station);

    if (r != NULL)
        station = &r->station;
    return c->id > by->after && is_or_any(by->ca, c->ca) &&
           is_or_any(by->serial, c->serial) &&
           is_or_any(by->vendor, station->vendor) &&
           is_or_any(by->station_serial, station->serial) &&
           (by->status == 0 || by->status == (int64_t)c->status) &&
           (!by->only_revoked || c->revoked_at != 0) &&
           (by->expires_before == 0 || c->not_after < by->expires_before);
}

static enum err list_stations(struct store_session *s, struct span vendor,
                              int64_t after, size_t max, struct arena *a,
                              struct station_list *out, struct fault *f)
{
    struct mem *m = lock(s);
    size_t most = max == 0 ? SIZE_MAX : max;
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = after < 0 ? 0 : (size_t)after;
         i < m->tables[TABLE_STATION].num && num < most && e == ERR_OK; i++) {
        r = mem_row(m, TABLE_STATION, (int64_t)i + 1);
        if (r != NULL && (span_is_absent(vendor) ||
                          span_is_equal(r->station.vendor, vendor)))
            e = append(TABLE_STATION, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct station_list){ list, num };
    return ERR_OK;
}

static enum err list_certificates(struct store_session *s,
                                  const struct certificate_filter *by,
                                  struct arena *a, struct certificate_list *out,
                                  struct fault *f)
{
    struct mem *m = lock(s);
    size_t max = by->max == 0 ? SIZE_MAX : by->max;
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (int64_t id = 1; id < INT64_MAX && e == ERR_OK && num < max; id++) {
        if ((uint64_t)id > m->tables[TABLE_CERTIFICATE].num)
            break;
        r = mem_row(m, TABLE_CERTIFICATE, id);
        if (r != NULL && is_listed(m, &r->certificate, by))
            e = append(TABLE_CERTIFICATE, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct certificate_list){ list, num };
    return ERR_OK;
}

static enum err list_revoked(struct store_session *s, struct span ca,
                             int64_t now, struct arena *a,
                             struct certificate_list *out, int64_t *covers,
                             struct fault *f)
{
    struct mem *m = lock(s);
    int64_t count = mem_find_ca(m, ca).revocations;
    struct certificate_record copy;
    const struct mem_table *table = &m->tables[TABLE_CERTIFICATE];
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = 0; i < table->num && e == ERR_OK; i++) {
        copy = table->rows[i]->record.certificate;
        if (copy.revoked_at == 0 || copy.not_after < now ||
            !span_is_equal(copy.ca, ca))
            continue;
        copy.der = SPAN_NONE;
        e = append(TABLE_CERTIFICATE, &copy, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct certificate_list){ list, num };
    *covers = count;
    return ERR_OK;
}

static enum err revocation_count(struct store_session *s, struct span ca,
                                 int64_t *out, struct fault *f)
{
    struct mem *m = lock(s);

    (void)f;
    *out = mem_find_ca(m, ca).revocations;
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

static enum err read_crl(struct store_session *s, struct span ca,
                         struct arena *a, struct crl_record *out,
                         struct fault *f)
{
    struct mem *m = lock(s);
    const union record *r, *highest = NULL;

    EACH(m, TABLE_CRL, r)
    {
        if (span_is_equal(r->crl.ca, ca) &&
            (highest == NULL || r->crl.number > highest->crl.number))
            highest = r;
    }
    return finish(m, TABLE_CRL, highest, a, out, f);
}

static int compare_deadlines(const void *a, const void *b)
{
    const struct transaction_record *x = a, *y = b;

    if (x->deadline != y->deadline)
        return x->deadline < y->deadline ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static enum err list_due(struct store_session *s, int64_t served, size_t max,
                         struct arena *a, struct transaction_list *out,
                         struct fault *f)
{
    struct mem *m = lock(s);
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    EACH(m, TABLE_TRANSACTION, r)
    {
        if (e == ERR_OK && r->transaction.deadline != 0 &&
            r->transaction.deadline <= served)
            e = append(TABLE_TRANSACTION, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    if (num > 0)
        qsort(list, num, sizeof(struct transaction_record), compare_deadlines);
    *out = (struct transaction_list){ list, num < max ? num : max };
    return ERR_OK;
}

static enum err list_transactions(struct store_session *s,
                                  struct span transaction_id, size_t max,
                                  struct arena *a, struct transaction_list *out,
                                  struct fault *f)
{
    struct mem *m = lock(s);
    const struct mem_table *table = &m->tables[TABLE_TRANSACTION];
    const struct row *row;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = 0; i < table->num && num < max && e == ERR_OK; i++) {
        row = table->rows[i];
        if (row != NULL && span_is_equal(row->record.transaction.transaction_id,
                                         transaction_id))
            e = append(TABLE_TRANSACTION, row, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct transaction_list){ list, num };
    return ERR_OK;
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

static enum err list_audit(struct store_session *s, int64_t after, size_t max,
                           struct arena *a, struct audit_list *out,
                           struct fault *f)
{
    struct mem *m = lock(s);
    const struct mem_table *table = &m->tables[TABLE_AUDIT];
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = after < 0 ? 0 : (size_t)after;
         i < table->num && num < max && e == ERR_OK; i++)
        e = append(TABLE_AUDIT, table->rows[i], a, &list, &num, f);
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct audit_list){ list, num };
    return ERR_OK;
}

static enum err list_heads(struct store_session *s, struct arena *a,
                           struct head_list *out, struct fault *f)
{
    struct mem *m = lock(s);
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    EACH(m, TABLE_HEAD, r)
    {
        if (e == ERR_OK)
            e = append(TABLE_HEAD, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct head_list){ list, num };
    return ERR_OK;
}

static enum err read_served(struct store_session *s, int64_t *out,
                            struct fault *f)
{
    struct mem *m = lock(s);

    (void)f;
    *out = mem_row(m, TABLE_SERVED, 1)->served.served;
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

static enum err sum(struct store_session *s, struct table_sum sums[TABLE_NUM],
                    struct fault *f)
{
    struct mem *m = lock(s);
    const union record *r;

    (void)f;
    for (enum table t = 0; t < TABLE_NUM; t++) {
        EACH(m, t, r)
        table_sum_add(&sums[t], &shapes[t], r);
    }
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

void mem_read_ops(struct store_ops *ops)
{
    ops->session_new = session_new;
    ops->session_free = session_free;
    ops->find_reply = read_reply;
    ops->find_transaction = read_transaction;
    ops->find_transaction_by_id = read_transaction_by_id;
    ops->list_transactions = list_transactions;
    ops->has_transaction_id = has_transaction_id;
    ops->find_station = read_station;
    ops->find_station_by_id = read_station_by_id;
    ops->find_name = read_name;
    ops->find_certificate = read_certificate;
    ops->find_certificate_by_id = read_certificate_by_id;
    ops->find_issued = read_issued;
    ops->has_request = has_request;
    ops->list_stations = list_stations;
    ops->list_certificates = list_certificates;
    ops->list_revoked = list_revoked;
    ops->revocation_count = revocation_count;
    ops->find_crl = read_crl;
    ops->list_due = list_due;
    ops->list_audit = list_audit;
    ops->list_heads = list_heads;
    ops->served = read_served;
    ops->begin_reading = begin_reading;
    ops->end_reading = end_reading;
    ops->sum = sum;
}
