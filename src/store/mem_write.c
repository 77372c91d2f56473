#include "store/mem.h"

static int64_t next_id(const struct mem *m, enum table t)
{
    return (int64_t)m->tables[t].num + 1;
}

/* --- operations: each as store.h says, ERR_LOST or done --- */

static enum err add_station(struct mem *m, union record *r,
                            const int64_t args[2])
{
    (void)args;
    if (mem_find_station(m, r->station.vendor, r->station.serial) != NULL)
        return ERR_LOST;
    r->station.id = next_id(m, TABLE_STATION);
    r->station.version = FIRST_VERSION;
    return mem_add(m, TABLE_STATION, r);
}

static enum err set_station(struct mem *m, union record *r,
                            const int64_t args[2])
{
    const union record *old = mem_row(m, TABLE_STATION, r->station.id);
    struct station_record now;

    (void)args;
    if (old == NULL || old->station.version != r->station.version)
        return ERR_LOST;
    now = old->station;
    now.state = r->station.state;
    now.subject = r->station.subject;
    now.certificate = r->station.certificate;
    now.last_seen = r->station.last_seen;
    now.version++;
    return mem_replace(m, TABLE_STATION, (size_t)now.id - 1, &now);
}

static enum err claim_name(struct mem *m, union record *r,
                           const int64_t args[2])
{
    const union record *old = mem_find_name(m, r->name.name);

    (void)args;
    if (old == NULL)
        return mem_add(m, TABLE_NAME, r);
    return old->name.station == r->name.station ? ERR_OK : ERR_LOST;
}

static int64_t served(const struct mem *m)
{
    return mem_row(m, TABLE_SERVED, 1)->served.served;
}

static enum err add_transaction(struct mem *m, union record *r,
                                const int64_t args[2])
{
    struct transaction_record *t = &r->transaction;

    if (mem_find_transaction(m, t->requester, t->transaction_id) != NULL)
        return ERR_LOST;
    t->id = next_id(m, TABLE_TRANSACTION);
    t->deadline = args[0] == 0 || t->ended_at != 0 ? 0 : served(m) + args[0];
    t->version = FIRST_VERSION;
    return mem_add(m, TABLE_TRANSACTION, r);
}

/* The deadline is given, but for one that ended. */
static enum err put_transaction(struct mem *m, const union record *old,
                                const struct transaction_record *r,
                                int64_t deadline)
{
    struct transaction_record now;

    if (old == NULL || old->transaction.version != r->version)
        return ERR_LOST;
    now = old->transaction;
    now.state = r->state;
    now.sender_nonce = r->sender_nonce;
    now.ended_at = r->ended_at;
    now.deadline = r->ended_at != 0 ? 0 : deadline;
    now.version++;
    return mem_replace(m, TABLE_TRANSACTION, (size_t)now.id - 1, &now);
}

static enum err set_transaction(struct mem *m, union record *r,
                                const int64_t args[2])
{
    const union record *old = mem_row(m, TABLE_TRANSACTION, r->transaction.id);

    (void)args;
    return put_transaction(m, old, &r->transaction,
                           old == NULL ? 0 : old->transaction.deadline);
}

static enum err set_transaction_wait(struct mem *m, union record *r,
                                     const int64_t args[2])
{
    return put_transaction(m, mem_row(m, TABLE_TRANSACTION, r->transaction.id),
                           &r->transaction,
                           args[0] == 0 ? 0 : served(m) + args[0]);
}

static enum err add_exchange(struct mem *m, union record *r,
                             const int64_t args[2])
{
    const struct mem_table *table = &m->tables[TABLE_EXCHANGE];
    const struct exchange_record *e;

    (void)args;
    for (size_t i = table->num; i-- > 0;) {
        if (table->rows[i] == NULL)
            continue;
        e = &table->rows[i]->record.exchange;
        if (e->transaction == r->exchange.transaction &&
            span_is_equal(e->digest, r->exchange.digest))
            return ERR_LOST;
    }
    r->exchange.id = next_id(m, TABLE_EXCHANGE);
    return mem_add(m, TABLE_EXCHANGE, r);
}

/* Takes away what of a table is of this transaction. */
static enum err drop_of(struct mem *m, enum table t, int64_t transaction)
{
    const struct mem_table *table = &m->tables[t];
    const union record *r;

    for (size_t i = 0; i < table->num; i++) {
        r = mem_row(m, t, (int64_t)i + 1);
        if (r != NULL &&
            (t == TABLE_EXCHANGE ? r->exchange.transaction
                                 : r->request.transaction) == transaction)
            TRY(mem_replace(m, t, i, NULL));
    }
    return ERR_OK;
}

static enum err drop_reply(struct mem *m, union record *r,
                           const int64_t args[2])
{
    (void)args;
    return drop_of(m, TABLE_EXCHANGE, r->exchange.transaction);
}

static enum err add_request(struct mem *m, union record *r,
                            const int64_t args[2])
{
    struct request_record *q = &r->request;

    (void)args;
    if (mem_find_request(m, q->transaction, q->cert_req_id) != NULL)
        return ERR_LOST;
    q->id = next_id(m, TABLE_REQUEST);
    q->version = FIRST_VERSION;
    return mem_add(m, TABLE_REQUEST, r);
}

static enum err set_request(struct mem *m, union record *r,
                            const int64_t args[2])
{
    const union record *old = mem_row(m, TABLE_REQUEST, r->request.id);
    struct request_record now;

    (void)args;
    if (old == NULL || old->request.version != r->request.version)
        return ERR_LOST;
    now = old->request;
    now.state = r->request.state;
    now.reason = r->request.reason;
    now.decided_by = r->request.decided_by;
    now.decided_at = r->request.decided_at;
    now.check_after = r->request.check_after;
    now.answer_of = r->request.answer_of;
    now.data = r->request.data;
    now.version++;
    return mem_replace(m, TABLE_REQUEST, (size_t)now.id - 1, &now);
}

static enum err add_secret(struct mem *m, union record *r,
                           const int64_t args[2])
{
    (void)args;
    if (mem_find_secret(m, r->secret.reference) != NULL)
        return ERR_LOST;
    r->secret.id = next_id(m, TABLE_SECRET);
    r->secret.version = FIRST_VERSION;
    return mem_add(m, TABLE_SECRET, r);
}

static enum err use_secret(struct mem *m, union record *r,
                           const int64_t args[2])
{
    const union record *old = mem_row(m, TABLE_SECRET, r->secret.id);
    int64_t at = r->secret.last_used_at;
    struct secret_record now;

    (void)args;
    if (old == NULL || old->secret.state != SECRET_ACTIVE ||
        old->secret.uses_left == 0 ||
        (old->secret.expires_at != 0 && old->secret.expires_at <= at))
        return ERR_LOST;
    now = old->secret;
    if (now.uses_left > 0)
        now.uses_left--;
    if (now.uses_left == 0)
        now.state = SECRET_USED_UP;
    now.last_used_at = at;
    now.version++;
    return mem_replace(m, TABLE_SECRET, (size_t)now.id - 1, &now);
}

static enum err set_secret(struct mem *m, union record *r,
                           const int64_t args[2])
{
    const union record *old = mem_row(m, TABLE_SECRET, r->secret.id);
    struct secret_record now;

    (void)args;
    if (old == NULL || old->secret.version != r->secret.version)
        return ERR_LOST;
    now = old->secret;
    now.state = r->secret.state;
    now.sealed = r->secret.sealed;
    now.uses_left = r->secret.uses_left;
    now.expires_at = r->secret.expires_at;
    now.version++;
    return mem_replace(m, TABLE_SECRET, (size_t)now.id - 1, &now);
}

static enum err add_certificate(struct mem *m, union record *r,
                                const int64_t args[2])
{
    struct certificate_record *c = &r->certificate;

    (void)args;
    if (mem_find_certificate(m, c->ca, c->serial) != NULL ||
        mem_find_by_digest(m, c->request_digest) != NULL)
        return ERR_LOST;
    c->id = next_id(m, TABLE_CERTIFICATE);
    c->version = FIRST_VERSION;
    return mem_add(m, TABLE_CERTIFICATE, r);
}

/* The CA's counts become these. */
static enum err set_ca(struct mem *m, const struct ca_record *now)
{
    const struct mem_table *table = &m->tables[TABLE_CA];

    for (size_t i = 0; i < table->num; i++) {
        if (span_is_equal(table->rows[i]->record.ca.ca, now->ca))
            return mem_replace(m, TABLE_CA, i, now);
    }
    return mem_add(m, TABLE_CA, now);
}

/* Whether a CRL says something else after `now` than after `old`. */
static bool is_revocation(const struct certificate_record *old,
                          const struct certificate_record *now)
{
    return old->revoked_at != now->revoked_at ||
           (old->revoked_at != 0 &&
            (old->reason != now->reason ||
             old->invalidity_date != now->invalidity_date));
}

static enum err set_certificate(struct mem *m, union record *r,
                                const int64_t args[2])
{
    const struct certificate_record *c = &r->certificate;
    const union record *old = mem_row(m, TABLE_CERTIFICATE, c->id);
    struct certificate_record now;
    struct ca_record ca;

    (void)args;
    if (old == NULL || old->certificate.version != c->version)
        return ERR_LOST;
    now = old->certificate;
    if (is_revocation(&now, c)) {
        ca = mem_find_ca(m, now.ca);
        ca.revocations++;
        TRY(set_ca(m, &ca));
    }
    now.status = c->status;
    now.pending_update = c->pending_update;
    now.revoked_at = c->revoked_at;
    now.reason = c->reason;
    now.invalidity_date = c->invalidity_date;
    now.changed = c->changed;
    now.version++;
    return mem_replace(m, TABLE_CERTIFICATE, (size_t)now.id - 1, &now);
}

static enum err add_crl(struct mem *m, union record *r, const int64_t args[2])
{
    struct ca_record ca = mem_find_ca(m, r->crl.ca);

    (void)args;
    if (r->crl.number != ca.crl_number + 1)
        return ERR_LOST;
    ca.crl_number++;
    TRY(set_ca(m, &ca));
    r->crl.id = next_id(m, TABLE_CRL);
    return mem_add(m, TABLE_CRL, r);
}

static enum err drop_crls(struct mem *m, union record *r, const int64_t args[2])
{
    const struct mem_table *table = &m->tables[TABLE_CRL];
    const struct crl_record *crl;

    (void)args;
    for (size_t i = 0; i < table->num; i++) {
        if (table->rows[i] == NULL)
            continue;
        crl = &table->rows[i]->record.crl;
        if (span_is_equal(crl->ca, r->crl.ca) && crl->number < r->crl.number)
            TRY(mem_replace(m, TABLE_CRL, i, NULL));
    }
    return ERR_OK;
}

static enum err add_audit(struct mem *m, union record *r, const int64_t args[2])
{
    static const uint8_t zeros[STORE_DIGEST_LEN];
    const struct mem_table *heads = &m->tables[TABLE_HEAD];
    struct head_record head = { span_str(m->base.node), 0, SPAN_OF(zeros) };
    uint8_t digest[STORE_DIGEST_LEN];

    (void)args;
    if (heads->num > 0)
        head = heads->rows[0]->record.head;
    m->base.hash(head.digest, r->audit.entry, digest);
    r->audit.id = next_id(m, TABLE_AUDIT);
    r->audit.node = head.node;
    r->audit.digest = SPAN_OF(digest);
    TRY(mem_add(m, TABLE_AUDIT, r));
    head.last = r->audit.id;
    head.digest = r->audit.digest;
    return heads->num == 0 ? mem_add(m, TABLE_HEAD, &head)
                           : mem_replace(m, TABLE_HEAD, 0, &head);
}

static enum err set_served(struct mem *m, union record *r,
                           const int64_t args[2])
{
    (void)r;
    if (served(m) != args[0])
        return ERR_LOST;
    return mem_replace(m, TABLE_SERVED, 0, &(struct served_record){ args[1] });
}

static enum err raise_deadlines(struct mem *m, union record *r,
                                const int64_t args[2])
{
    const struct mem_table *table = &m->tables[TABLE_TRANSACTION];
    int64_t least = served(m) + args[0];
    struct transaction_record now;

    (void)r;
    for (size_t i = 0; i < table->num; i++) {
        if (table->rows[i] == NULL)
            continue;
        now = table->rows[i]->record.transaction;
        if (now.deadline == 0 || now.deadline >= least)
            continue;
        now.deadline = least;
        TRY(mem_replace(m, TABLE_TRANSACTION, i, &now));
    }
    return ERR_OK;
}

/* The one to go next: that ended first, and before `before`; NULL: none. */
static const struct transaction_record *find_oldest(const struct mem *m,
                                                    int64_t before)
{
    const struct mem_table *table = &m->tables[TABLE_TRANSACTION];
    const struct transaction_record *t, *oldest = NULL;

    for (size_t i = 0; i < table->num; i++) {
        if (table->rows[i] == NULL)
            continue;
        t = &table->rows[i]->record.transaction;
        if (t->ended_at != 0 && t->ended_at < before &&
            (oldest == NULL || t->ended_at < oldest->ended_at))
            oldest = t;
    }
    return oldest;
}

static enum err purge(struct mem *m, union record *r, const int64_t args[2])
{
    const struct transaction_record *t;
    int64_t id;

    (void)r;
    for (int64_t n = 0; n < args[1]; n++) {
        t = find_oldest(m, args[0]);
        if (t == NULL)
            break;
        id = t->id;
        TRY(mem_replace(m, TABLE_TRANSACTION, (size_t)id - 1, NULL));
        TRY(drop_of(m, TABLE_EXCHANGE, id));
        TRY(drop_of(m, TABLE_REQUEST, id));
    }
    return ERR_OK;
}

static enum err (*const appliers[OP_NUM])(struct mem *, union record *,
                                          const int64_t[2]) = {
    [OP_ADD_STATION] = add_station,
    [OP_SET_STATION] = set_station,
    [OP_CLAIM_NAME] = claim_name,
    [OP_ADD_TRANSACTION] = add_transaction,
    [OP_SET_TRANSACTION] = set_transaction,
    [OP_SET_TRANSACTION_WAIT] = set_transaction_wait,
    [OP_ADD_EXCHANGE] = add_exchange,
    [OP_DROP_REPLY] = drop_reply,
    [OP_ADD_REQUEST] = add_request,
    [OP_SET_REQUEST] = set_request,
    [OP_ADD_SECRET] = add_secret,
    [OP_USE_SECRET] = use_secret,
    [OP_SET_SECRET] = set_secret,
    [OP_ADD_CERTIFICATE] = add_certificate,
    [OP_SET_CERTIFICATE] = set_certificate,
    [OP_ADD_CRL] = add_crl,
    [OP_DROP_CRLS] = drop_crls,
    [OP_ADD_AUDIT] = add_audit,
    [OP_SET_SERVED] = set_served,
    [OP_RAISE_DEADLINES] = raise_deadlines,
    [OP_PURGE] = purge,
};

enum err mem_apply(struct store *s, enum op_kind kind,
                   const union record *record, const int64_t args[2],
                   int64_t *id, struct fault *f)
{
    struct mem *m = mem_of(s);
    union record own = *record;
    enum table added = op_adds_to(kind);
    enum err e = appliers[kind](m, &own, args);

    if (e == ERR_NO_MEM)
        return fault_set(f, e, "the store's tables");
    TRY(e);
    if (added != TABLE_NUM)
        *id = (int64_t)m->tables[added].num;
    return ERR_OK;
}
