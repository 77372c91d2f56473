/*
 * The mem back end's tables, shared by what writes and what reads them.
 */
#ifndef STORE_MEM_H
#define STORE_MEM_H

#include "store/internal.h"

struct row {
    union record record;
    uint8_t bytes[]; /* what its spans point to */
};

/* Row i has the id i + 1; NULL once it is gone. */
struct mem_table {
    struct row **rows;
    size_t num;
};

struct undo {
    enum table table;
    size_t at;
    struct row *old; /* NULL: it was added */
};

struct mem {
    struct store base;
    struct store_ops ops;
    pthread_rwlock_t lock;
    struct mem_table tables[TABLE_NUM];
    struct undo *undo;
    size_t num_undo;
    size_t marked;
};

static inline struct mem *mem_of(struct store *s)
{
    return (struct mem *)s;
}

static inline struct mem *mem_lock(struct store_session *s)
{
    struct mem *m = mem_of(s->store);

    pthread_rwlock_rdlock(&m->lock);
    return m;
}

/* Borrowed from the tables, NULL when absent; the lock is held. */
const union record *mem_row(const struct mem *m, enum table t, int64_t id);
const union record *mem_find_station(const struct mem *m, struct span vendor,
                                     struct span serial);
const union record *mem_find_name(const struct mem *m, struct span name);
const union record *mem_find_transaction(const struct mem *m,
                                         struct span requester,
                                         struct span transaction_id);
const union record *mem_find_certificate(const struct mem *m, struct span ca,
                                         struct span serial);
const union record *mem_find_by_digest(const struct mem *m, struct span digest);
const union record *mem_find_request(const struct mem *m, int64_t transaction,
                                     int64_t cert_req_id);
const union record *mem_find_secret(const struct mem *m, struct span reference);
/* Zero counts when the CA has none yet. */
struct ca_record mem_find_ca(const struct mem *m, struct span ca);

/* Newest first, since what is asked for is mostly recent. */
#define MEM_EACH(m, t, r)                                     \
    for (size_t each_i_ = (m)->tables[t].num; each_i_-- > 0;) \
        if (((r) = mem_row(m, t, (int64_t)each_i_ + 1)) != NULL)

/* Put a copy of `record`, NULL for none, in the place of row `at`, and a new
 * row at the end, where its id is `num` afterwards. ERR_NO_MEM. */
MUST_USE enum err mem_replace(struct mem *m, enum table t, size_t at,
                              const void *record);
MUST_USE enum err mem_add(struct mem *m, enum table t, const void *record);

/* Set the functions of `ops` that read, and those of them that give lists. */
void mem_read_ops(struct store_ops *ops);
void mem_list_ops(struct store_ops *ops);
/* As in store_ops. */
MUST_USE enum err mem_apply(struct store *s, enum op_kind kind,
                            const union record *record, const int64_t args[2],
                            int64_t *id, struct fault *f);

#endif
