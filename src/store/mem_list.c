#include <stdlib.h>

#include "store/mem.h"

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

static enum err list_transactions(struct store_session *s,
                                  struct span transaction_id, size_t max,
                                  struct arena *a, struct transaction_list *out,
                                  struct fault *f)
{
    struct mem *m = mem_lock(s);
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
    struct mem *m = mem_lock(s);
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    MEM_EACH(m, TABLE_TRANSACTION, r)
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

static enum err list_stations(struct store_session *s, struct span vendor,
                              int64_t after, size_t max, struct arena *a,
                              struct station_list *out, struct fault *f)
{
    struct mem *m = mem_lock(s);
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
           (by->status == 0 ? c->status != CERTIFICATE_UNPROVEN
                            : by->status == (int64_t)c->status) &&
           (!by->only_revoked || c->revoked_at != 0) &&
           (by->expires_before == 0 || c->not_after < by->expires_before);
}

static enum err list_certificates(struct store_session *s,
                                  const struct certificate_filter *by,
                                  struct arena *a, struct certificate_list *out,
                                  struct fault *f)
{
    struct mem *m = mem_lock(s);
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

static enum err list_issued(struct store_session *s, int64_t transaction,
                            struct arena *a, struct certificate_list *out,
                            struct fault *f)
{
    struct mem *m = mem_lock(s);
    const struct mem_table *table = &m->tables[TABLE_CERTIFICATE];
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = 0; i < table->num && e == ERR_OK; i++) {
        r = &table->rows[i]->record;
        if (r->certificate.transaction == transaction)
            e = append(TABLE_CERTIFICATE, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct certificate_list){ list, num };
    return ERR_OK;
}

static enum err list_requests(struct store_session *s,
                              const struct request_filter *by, struct arena *a,
                              struct request_list *out, struct fault *f)
{
    struct mem *m = mem_lock(s);
    size_t most = by->max == 0 ? SIZE_MAX : by->max;
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = by->after < 0 ? 0 : (size_t)by->after;
         i < m->tables[TABLE_REQUEST].num && num < most && e == ERR_OK; i++) {
        r = mem_row(m, TABLE_REQUEST, (int64_t)i + 1);
        if (r != NULL &&
            (by->state == 0 || by->state == (int64_t)r->request.state) &&
            (by->transaction == 0 || by->transaction == r->request.transaction))
            e = append(TABLE_REQUEST, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct request_list){ list, num };
    return ERR_OK;
}

static enum err list_secrets(struct store_session *s, int64_t after, size_t max,
                             struct arena *a, struct secret_list *out,
                             struct fault *f)
{
    struct mem *m = mem_lock(s);
    const struct mem_table *table = &m->tables[TABLE_SECRET];
    size_t most = max == 0 ? SIZE_MAX : max;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    for (size_t i = after < 0 ? 0 : (size_t)after;
         i < table->num && num < most && e == ERR_OK; i++)
        e = append(TABLE_SECRET, table->rows[i], a, &list, &num, f);
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct secret_list){ list, num };
    return ERR_OK;
}

static enum err list_revoked(struct store_session *s, struct span ca,
                             int64_t now, struct arena *a,
                             struct certificate_list *out, int64_t *covers,
                             struct fault *f)
{
    struct mem *m = mem_lock(s);
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

static enum err list_audit(struct store_session *s, int64_t after, size_t max,
                           struct arena *a, struct audit_list *out,
                           struct fault *f)
{
    struct mem *m = mem_lock(s);
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
    struct mem *m = mem_lock(s);
    const union record *r;
    enum err e = ERR_OK;
    void *list = NULL;
    size_t num = 0;

    MEM_EACH(m, TABLE_HEAD, r)
    {
        if (e == ERR_OK)
            e = append(TABLE_HEAD, r, a, &list, &num, f);
    }
    pthread_rwlock_unlock(&m->lock);
    TRY(e);
    *out = (struct head_list){ list, num };
    return ERR_OK;
}

static enum err sum(struct store_session *s, struct table_sum sums[TABLE_NUM],
                    struct fault *f)
{
    struct mem *m = mem_lock(s);
    const union record *r;

    (void)f;
    for (enum table t = 0; t < TABLE_NUM; t++) {
        MEM_EACH(m, t, r)
        table_sum_add(&sums[t], &shapes[t], r);
    }
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

void mem_list_ops(struct store_ops *ops)
{
    ops->list_transactions = list_transactions;
    ops->list_stations = list_stations;
    ops->list_certificates = list_certificates;
    ops->list_issued = list_issued;
    ops->list_requests = list_requests;
    ops->list_secrets = list_secrets;
    ops->list_revoked = list_revoked;
    ops->list_due = list_due;
    ops->list_audit = list_audit;
    ops->list_heads = list_heads;
    ops->sum = sum;
}
