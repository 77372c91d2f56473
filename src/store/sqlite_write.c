#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "store/sqlite.h"

/* Pages of the write-ahead log after which it is copied into the database:
 * at leisure, in any case, and so that it starts over, which waits for
 * readers and keeps a steady load from growing it without end. */
#define WAL_LEISURE 1000
#define WAL_FULL 4000
#define WAL_BOUND 16000
#define RESTART_WAIT_MS 200

/* --- the connection --- */

static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_store *s = arg;

    (void)db;
    (void)name;
    s->wal_pages = pages;
    return SQLITE_OK;
}

enum err sqlite_open_writer(struct sqlite_store *s, struct fault *f)
{
    TRY(sqlite_conn_open(&s->at, CONN_WRITE, &s->writer, f));
    assert(s->writer != NULL);
    sqlite3_wal_hook(s->writer->db, on_commit, s);
    return ERR_OK;
}

void sqlite_close_writer(struct sqlite_store *s)
{
    sqlite_forget_tails(s);
    chain_forget(s);
    sqlite_conn_free(s->writer);
    s->writer = NULL;
}

/* Runs a statement that takes nothing. */
static enum err run(struct sqlite_store *s, enum sql which, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t changed;

    TRY(query_open(s->writer, which, &q, f));
    return query_run(q, &changed, f);
}

/* Runs a statement over a record; ERR_LOST when it changed nothing. */
static enum err run_record(struct sqlite_store *s, enum sql which, enum table t,
                           const void *record, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t changed;

    TRY(query_open(s->writer, which, &q, f));
    TRY(query_record(q, &shapes[t], record, f));
    TRY(query_run(q, &changed, f));
    return changed == 0 ? ERR_LOST : ERR_OK;
}

/* Runs a statement over two numbers; ERR_LOST when it changed nothing. */
static enum err run_numbers(struct sqlite_store *s, enum sql which,
                            int64_t first, int64_t second, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t changed;

    TRY(query_open(s->writer, which, &q, f));
    query_int(q, 1, first);
    query_int(q, 2, second);
    TRY(query_run(q, &changed, f));
    return changed == 0 ? ERR_LOST : ERR_OK;
}

/* --- operations: each as store.h says, ERR_LOST or done --- */

static enum err add_station(struct sqlite_store *s, const union record *r,
                            const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_ADD_STATION, TABLE_STATION, r, f);
}

static enum err set_station(struct sqlite_store *s, const union record *r,
                            const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_SET_STATION, TABLE_STATION, r, f);
}

static enum err claim_name(struct sqlite_store *s, const union record *r,
                           const int64_t args[2], struct fault *f)
{
    enum err e = run_record(s, SQL_CLAIM_NAME, TABLE_NAME, r, f);
    AUTO(query) q = NULL;
    bool row;

    (void)args;
    if (e != ERR_LOST)
        return e;
    TRY(query_open(s->writer, SQL_FIND_NAME, &q, f));
    query_bytes(q, 1, r->name.name);
    TRY(query_step(q, &row, f));
    return row && query_get_int(q, 0) == r->name.station ? ERR_OK : ERR_LOST;
}

/* A transaction, and how long it waits. */
static enum err run_waiting(struct sqlite_store *s, enum sql which,
                            const union record *r, int64_t wait,
                            struct fault *f)
{
    const struct shape *shape = &shapes[TABLE_TRANSACTION];
    AUTO(query) q = NULL;
    int64_t changed;

    TRY(query_open(s->writer, which, &q, f));
    TRY(query_record(q, shape, r, f));
    query_int(q, (int)shape->num + 1, wait);
    TRY(query_run(q, &changed, f));
    return changed == 0 ? ERR_LOST : ERR_OK;
}

static enum err add_transaction(struct sqlite_store *s, const union record *r,
                                const int64_t args[2], struct fault *f)
{
    return run_waiting(s, SQL_ADD_TRANSACTION, r, args[0], f);
}

static enum err set_transaction_wait(struct sqlite_store *s,
                                     const union record *r,
                                     const int64_t args[2], struct fault *f)
{
    return run_waiting(s, SQL_SET_TRANSACTION_WAIT, r, args[0], f);
}

static enum err set_transaction(struct sqlite_store *s, const union record *r,
                                const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_SET_TRANSACTION, TABLE_TRANSACTION, r, f);
}

static enum err add_exchange(struct sqlite_store *s, const union record *r,
                             const int64_t args[2], struct fault *f)
{
    const struct exchange_record *x = &r->exchange;
    AUTO(query) q = NULL;
    int64_t tail, changed;

    (void)args;
    TRY(query_open(s->writer, SQL_ADD_EXCHANGE, &q, f));
    query_int(q, 2, x->transaction);
    query_bytes(q, 3, x->digest);
    query_bytes(q, 4, x->head);
    if (!span_is_absent(x->tail)) {
        TRY(sqlite_get_tail(s, x->tail, &tail, f));
        query_int(q, 5, tail);
    }
    TRY(query_run(q, &changed, f));
    return changed == 0 ? ERR_LOST : ERR_OK;
}

static enum err drop_reply(struct sqlite_store *s, const union record *r,
                           const int64_t args[2], struct fault *f)
{
    enum err e = run_record(s, SQL_DROP_REPLY, TABLE_EXCHANGE, r, f);

    (void)args;
    return e == ERR_LOST ? ERR_OK : e;
}

static enum err add_request(struct sqlite_store *s, const union record *r,
                            const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_ADD_REQUEST, TABLE_REQUEST, r, f);
}

static enum err set_request(struct sqlite_store *s, const union record *r,
                            const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_SET_REQUEST, TABLE_REQUEST, r, f);
}

static enum err add_secret(struct sqlite_store *s, const union record *r,
                           const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_ADD_SECRET, TABLE_SECRET, r, f);
}

static enum err use_secret(struct sqlite_store *s, const union record *r,
                           const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_USE_SECRET, TABLE_SECRET, r, f);
}

static enum err set_secret(struct sqlite_store *s, const union record *r,
                           const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_SET_SECRET, TABLE_SECRET, r, f);
}

static enum err add_certificate(struct sqlite_store *s, const union record *r,
                                const int64_t args[2], struct fault *f)
{
    (void)args;
    return run_record(s, SQL_ADD_CERTIFICATE, TABLE_CERTIFICATE, r, f);
}

static enum err set_certificate(struct sqlite_store *s, const union record *r,
                                const int64_t args[2], struct fault *f)
{
    enum err e = run_record(s, SQL_COUNT_REVOCATION, TABLE_CERTIFICATE, r, f);

    (void)args;
    if (e != ERR_OK && e != ERR_LOST) /* not counted: no CRL would tell */
        return e;
    return run_record(s, SQL_SET_CERTIFICATE, TABLE_CERTIFICATE, r, f);
}

static enum err count_crl(struct sqlite_store *s, const struct crl_record *crl,
                          struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t number, changed;
    bool row;

    TRY(query_open(s->writer, SQL_COUNT_CRL, &q, f));
    TRY(query_record(q, &shapes[TABLE_CRL], crl, f));
    TRY(query_step(q, &row, f));
    number = row ? query_get_int(q, 0) : 0;
    TRY(query_run(q, &changed, f));
    return number == crl->number ? ERR_OK : ERR_LOST;
}

static enum err add_crl(struct sqlite_store *s, const union record *r,
                        const int64_t args[2], struct fault *f)
{
    (void)args;
    TRY(count_crl(s, &r->crl, f));
    return run_record(s, SQL_ADD_CRL, TABLE_CRL, r, f);
}

static enum err drop_crls(struct sqlite_store *s, const union record *r,
                          const int64_t args[2], struct fault *f)
{
    enum err e = run_record(s, SQL_DROP_CRLS, TABLE_CRL, r, f);

    (void)args;
    return e == ERR_LOST ? ERR_OK : e;
}

static enum err add_audit(struct sqlite_store *s, const union record *r,
                          const int64_t args[2], struct fault *f)
{
    struct audit_record entry = r->audit;

    (void)args;
    entry.node = span_str(s->base.node);
    TRY(chain_extend(s, entry.entry, &entry.digest, f));
    TRY(run_record(s, SQL_ADD_AUDIT, TABLE_AUDIT, &entry, f));
    s->chain.last = sqlite3_last_insert_rowid(s->writer->db);
    return ERR_OK;
}

static enum err set_served(struct sqlite_store *s, const union record *r,
                           const int64_t args[2], struct fault *f)
{
    (void)r;
    return run_numbers(s, SQL_SET_SERVED, args[0], args[1], f);
}

static enum err raise_deadlines(struct sqlite_store *s, const union record *r,
                                const int64_t args[2], struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t changed;

    (void)r;
    TRY(query_open(s->writer, SQL_RAISE_DEADLINES, &q, f));
    query_int(q, 1, args[0]);
    return query_run(q, &changed, f);
}

static enum err purge(struct sqlite_store *s, const union record *r,
                      const int64_t args[2], struct fault *f)
{
    static const enum sql steps[] = { SQL_PURGE_EXCHANGES, SQL_PURGE_REQUESTS,
                                      SQL_PURGE_TRANSACTIONS };
    enum err e;

    (void)r;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        e = run_numbers(s, steps[i], args[0], args[1], f);
        if (e != ERR_OK && e != ERR_LOST)
            return e;
    }
    sqlite_forget_tails(s);
    return run(s, SQL_PURGE_TAILS, f);
}

static enum err (*const appliers[OP_NUM])(struct sqlite_store *,
                                          const union record *,
                                          const int64_t[2], struct fault *) = {
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

static enum err apply(struct store *base, enum op_kind kind,
                      const union record *record, const int64_t args[2],
                      int64_t *id, struct fault *f)
{
    struct sqlite_store *s = sqlite_of(base);

    TRY(appliers[kind](s, record, args, f));
    if (op_adds_to(kind) != TABLE_NUM)
        *id = sqlite3_last_insert_rowid(s->writer->db);
    return ERR_OK;
}

/* --- batches --- */

/* Another process may have purged tails that this one has in mind, and may go
 * by this one's name. */
static enum err look_for_others(struct sqlite_store *s, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t version;
    bool row;

    TRY(query_open(s->writer, SQL_DATA_VERSION, &q, f));
    TRY(query_step(q, &row, f));
    version = row ? query_get_int(q, 0) : 0;
    if (version != s->data_version) {
        sqlite_forget_tails(s);
        chain_forget(s);
    }
    s->data_version = version;
    return ERR_OK;
}

static enum err begin(struct store *base, struct fault *f)
{
    struct sqlite_store *s = sqlite_of(base);

    s->is_committing = false;
    if (s->writer == NULL)
        TRY(sqlite_open_writer(s, f));
    s->words_begun = s->writer->num_words;
    TRY(run(s, SQL_BEGIN, f));
    return look_for_others(s, f);
}

static enum err mark(struct store *base, struct fault *f)
{
    struct sqlite_store *s = sqlite_of(base);

    s->words_marked = s->writer->num_words;
    return run(s, SQL_MARK, f);
}

static enum err keep(struct store *base, struct fault *f)
{
    TRY(chain_save(sqlite_of(base), f));
    return run(sqlite_of(base), SQL_KEEP, f);
}

static enum err undo(struct store *base, struct fault *f)
{
    struct sqlite_store *s = sqlite_of(base);

    /* What is remembered of the file must not outlive what is undone in it. */
    words_forget(s->writer, s->words_marked);
    sqlite_forget_tails(s);
    chain_forget(s);
    TRY(run(s, SQL_UNDO, f));
    return run(s, SQL_KEEP, f);
}

static enum err commit(struct store *base, struct fault *f)
{
    struct sqlite_store *s = sqlite_of(base);

    TRY(chain_save(s, f));
    s->is_committing = true;
    TRY(run(s, SQL_COMMIT, f));
    s->is_committing = false;
    return ERR_OK;
}

static void rollback(struct store *base)
{
    struct sqlite_store *s = sqlite_of(base);

    if (s->writer == NULL)
        return;
    sqlite_forget_tails(s);
    chain_forget(s);
    words_forget(s->writer, s->words_begun);
    if (sqlite3_get_autocommit(s->writer->db) == 0 &&
        run(s, SQL_ROLLBACK, NULL) != ERR_OK) {
        sqlite_close_writer(s);
        return;
    }
    /* A commit whose sync failed stands whole in the write-ahead log, and a
     * crash now would bring it back though it was reported as failed. Another
     * commit, at the same place of the log, takes it away. While that fails
     * too, the next batch does it. */
    if (s->is_committing && run(s, SQL_FENCE, NULL) == ERR_OK)
        s->is_committing = false;
}

static void checkpoint(struct sqlite_store *s, int mode)
{
    int pages = 0;

    /* What fails here is tried again: the log keeps all that was committed. */
    if (sqlite3_wal_checkpoint_v2(s->writer->db, NULL, mode, &pages, NULL) ==
            SQLITE_OK &&
        pages >= 0)
        s->wal_pages = pages;
    s->wal_checked = s->wal_pages;
}

static void tidy(struct store *base, size_t num_waiting)
{
    struct sqlite_store *s = sqlite_of(base);
    int fresh;

    if (s->writer == NULL)
        return;
    if (s->wal_pages < s->wal_checked)
        s->wal_checked = 0; /* the log has started over */
    fresh = s->wal_pages - s->wal_checked;
    if (s->wal_pages >= WAL_BOUND && fresh >= WAL_LEISURE) {
        sqlite3_busy_timeout(s->writer->db, RESTART_WAIT_MS);
        checkpoint(s, SQLITE_CHECKPOINT_RESTART);
        sqlite3_busy_timeout(s->writer->db, BUSY_MS);
    } else if (fresh >= WAL_FULL ||
               (num_waiting == 0 && fresh >= WAL_LEISURE)) {
        checkpoint(s, SQLITE_CHECKPOINT_PASSIVE);
    }
}

static uint64_t take_pages(struct store *base)
{
    struct sqlite_store *s = sqlite_of(base);
    int pages = 0, most = 0;

    if (s->writer != NULL)
        sqlite3_db_status(s->writer->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages,
                          &most, 1);
    return (uint64_t)pages;
}

void sqlite_write_ops(struct store_ops *ops)
{
    ops->begin = begin;
    ops->mark = mark;
    ops->apply = apply;
    ops->keep = keep;
    ops->undo = undo;
    ops->commit = commit;
    ops->rollback = rollback;
    ops->tidy = tidy;
    ops->take_pages = take_pages;
}
