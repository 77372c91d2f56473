/*
 * Shared inside the store: its records described as data, the list a change
 * is, and what a back end offers.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <pthread.h>

#include "store/store.h"

/* --- records as data --- */

enum table {
    TABLE_STATION,
    TABLE_NAME,
    TABLE_TRANSACTION,
    TABLE_EXCHANGE,
    TABLE_CERTIFICATE,
    TABLE_CRL,
    TABLE_CA,
    TABLE_REQUEST,
    TABLE_SECRET,
    TABLE_AUDIT,
    TABLE_HEAD,
    TABLE_SERVED,
    TABLE_NUM
};

struct name_record {
    struct span name;
    int64_t station;
};

struct exchange_record {
    int64_t id;
    int64_t transaction;
    struct span digest;
    struct span head;
    struct span tail;
};

/* What is counted per CA; a CRL that was dropped keeps its number taken. */
struct ca_record {
    struct span ca;
    int64_t revocations;
    int64_t crl_number;
};

/* Where a node's audit chain ends. */
struct head_record {
    struct span node;
    int64_t last;
    struct span digest;
};

struct served_record {
    int64_t served;
};

union record {
    struct station_record station;
    struct name_record name;
    struct transaction_record transaction;
    struct exchange_record exchange;
    struct certificate_record certificate;
    struct crl_record crl;
    struct ca_record ca;
    struct request_record request;
    struct secret_record secret;
    struct audit_record audit;
    struct head_record head;
    struct served_record served;
};

enum field_kind {
    FIELD_INT,
    FIELD_ENUM,
    FIELD_BYTES,
    FIELD_WORD, /* bytes of which there are few different ones */
    FIELD_REF   /* the id of a row of `to`, or STORE_NEW */
};

struct field {
    enum field_kind kind;
    enum table to;
    size_t offset;
};

/* A record's fields, in the order in which SQL statements number them. */
struct shape {
    const char *name;
    size_t size;
    size_t num;
    const struct field *fields;
};

extern const struct shape shapes[TABLE_NUM];

static inline int64_t field_get_int(const struct field *field,
                                    const void *record)
{
    const uint8_t *at = (const uint8_t *)record + field->offset;
    int64_t wide;
    int narrow;

    if (field->kind == FIELD_ENUM) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, at, sizeof(wide));
    return wide;
}

static inline void field_set_int(const struct field *field, void *record,
                                 int64_t value)
{
    uint8_t *at = (uint8_t *)record + field->offset;
    int narrow = (int)value;

    if (field->kind == FIELD_ENUM)
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &value, sizeof(value));
}

static inline struct span *field_span(const struct field *field, void *record)
{
    return (struct span *)(void *)((uint8_t *)record + field->offset);
}

static inline struct span field_get_span(const struct field *field,
                                         const void *record)
{
    struct span bytes;

    memcpy(&bytes, (const uint8_t *)record + field->offset, sizeof(bytes));
    return bytes;
}

static inline bool field_is_span(const struct field *field)
{
    return field->kind == FIELD_BYTES || field->kind == FIELD_WORD;
}

/* Copies a record with its bytes into the arena; absent spans stay absent.
 * ERR_NO_MEM. `out` may be `record`. */
MUST_USE enum err record_copy(const struct shape *shape, const void *record,
                              struct arena *a, void *out, struct fault *f);

/* How many rows a table has, and the sum of a digest of each, which does not
 * depend on their order. */
struct table_sum {
    uint64_t num;
    uint64_t digest;
};
void table_sum_add(struct table_sum *sum, const struct shape *shape,
                   const void *record);

/* Room for one more record of `size` bytes behind a growing list in the
 * arena. NULL: out of memory. */
void *list_push(struct arena *a, void **list, size_t *num, size_t size);

/* --- changes --- */

enum op_kind {
    OP_ADD_STATION,
    OP_SET_STATION,
    OP_CLAIM_NAME,
    OP_ADD_TRANSACTION,
    OP_SET_TRANSACTION,
    OP_SET_TRANSACTION_WAIT,
    OP_ADD_EXCHANGE,
    OP_DROP_REPLY,
    OP_ADD_REQUEST,
    OP_SET_REQUEST,
    OP_ADD_SECRET,
    OP_USE_SECRET,
    OP_SET_SECRET,
    OP_ADD_CERTIFICATE,
    OP_SET_CERTIFICATE,
    OP_ADD_CRL,
    OP_DROP_CRLS,
    OP_ADD_AUDIT,
    OP_SET_SERVED,
    OP_RAISE_DEADLINES,
    OP_PURGE,
    OP_NUM
};

struct op {
    struct op *next;
    enum op_kind kind;
    int64_t args[2];
    union record record;
};

struct change {
    struct arena *arena;
    struct op *first, **last;
    bool has_new[TABLE_NUM];
    enum err failed;

    /* the writer's */
    struct change *next;
    change_done *done;
    void *arg;
    enum change_result result;
};

/* The record an operation's kind carries; NULL: none. */
const struct shape *op_shape(enum op_kind kind);
/* The table an operation adds a row to; TABLE_NUM: none. */
enum table op_adds_to(enum op_kind kind);
/* The operation's record with STORE_NEW replaced by what `news` holds. */
void op_resolve(const struct op *op, const int64_t news[TABLE_NUM],
                union record *out);

/* --- back ends --- */

struct head_list {
    struct head_record *list;
    size_t num;
};

/*
 * Reading is as in store.h. The writer's thread alone calls what writes, in
 * the order begin, {mark, apply ..., keep or undo} ..., commit or rollback;
 * tidy comes between batches, when the replies are on their way.
 */
struct store_ops {
    void (*free)(struct store *s);
    enum err (*session_new)(struct store *s, struct store_session **out,
                            struct fault *f);
    void (*session_free)(struct store_session *s);

    enum err (*find_reply)(struct store_session *s, struct span transaction_id,
                           struct span digest, struct arena *a,
                           struct span *reply, struct fault *f);
    enum err (*find_transaction)(struct store_session *s, struct span requester,
                                 struct span transaction_id, struct arena *a,
                                 struct transaction_record *out,
                                 struct fault *f);
    enum err (*find_transaction_by_id)(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct transaction_record *out,
                                       struct fault *f);
    enum err (*list_transactions)(struct store_session *s,
                                  struct span transaction_id, size_t max,
                                  struct arena *a, struct transaction_list *out,
                                  struct fault *f);
    enum err (*find_station)(struct store_session *s, struct span vendor,
                             struct span serial, struct arena *a,
                             struct station_record *out, struct fault *f);
    enum err (*find_station_by_id)(struct store_session *s, int64_t id,
                                   struct arena *a, struct station_record *out,
                                   struct fault *f);
    enum err (*find_name)(struct store_session *s, struct span name,
                          int64_t *station, struct fault *f);
    enum err (*find_certificate)(struct store_session *s, struct span ca,
                                 struct span serial, struct arena *a,
                                 struct certificate_record *out,
                                 struct fault *f);
    enum err (*find_certificate_by_id)(struct store_session *s, int64_t id,
                                       struct arena *a,
                                       struct certificate_record *out,
                                       struct fault *f);
    enum err (*find_issued)(struct store_session *s, int64_t transaction,
                            int64_t cert_req_id, struct arena *a,
                            struct certificate_record *out, struct fault *f);
    enum err (*has_request)(struct store_session *s, struct span digest,
                            bool *out, struct fault *f);
    enum err (*find_request)(struct store_session *s, int64_t transaction,
                             int64_t cert_req_id, struct arena *a,
                             struct request_record *out, struct fault *f);
    enum err (*find_request_by_id)(struct store_session *s, int64_t id,
                                   struct arena *a, struct request_record *out,
                                   struct fault *f);
    enum err (*list_requests)(struct store_session *s,
                              const struct request_filter *by, struct arena *a,
                              struct request_list *out, struct fault *f);
    enum err (*find_secret)(struct store_session *s, struct span reference,
                            struct arena *a, struct secret_record *out,
                            struct fault *f);
    enum err (*find_secret_by_name)(struct store_session *s, struct span name,
                                    struct arena *a, struct secret_record *out,
                                    struct fault *f);
    enum err (*list_secrets)(struct store_session *s, int64_t after, size_t max,
                             struct arena *a, struct secret_list *out,
                             struct fault *f);
    enum err (*list_issued)(struct store_session *s, int64_t transaction,
                            struct arena *a, struct certificate_list *out,
                            struct fault *f);
    enum err (*list_stations)(struct store_session *s, struct span vendor,
                              int64_t after, size_t max, struct arena *a,
                              struct station_list *out, struct fault *f);
    enum err (*list_certificates)(struct store_session *s,
                                  const struct certificate_filter *by,
                                  struct arena *a, struct certificate_list *out,
                                  struct fault *f);
    enum err (*list_revoked)(struct store_session *s, struct span ca,
                             int64_t now, struct arena *a,
                             struct certificate_list *out, int64_t *covers,
                             struct fault *f);
    enum err (*revocation_count)(struct store_session *s, struct span ca,
                                 int64_t *out, struct fault *f);
    enum err (*find_crl)(struct store_session *s, struct span ca,
                         struct arena *a, struct crl_record *out,
                         struct fault *f);
    enum err (*list_due)(struct store_session *s, int64_t served, size_t max,
                         struct arena *a, struct transaction_list *out,
                         struct fault *f);
    enum err (*list_audit)(struct store_session *s, int64_t after, size_t max,
                           struct arena *a, struct audit_list *out,
                           struct fault *f);
    enum err (*list_heads)(struct store_session *s, struct arena *a,
                           struct head_list *out, struct fault *f);
    enum err (*served)(struct store_session *s, int64_t *out, struct fault *f);
    enum err (*begin_reading)(struct store_session *s, struct fault *f);
    void (*end_reading)(struct store_session *s);
    /* All tables, in one snapshot. */
    enum err (*sum)(struct store_session *s, struct table_sum sums[TABLE_NUM],
                    struct fault *f);

    enum err (*begin)(struct store *s, struct fault *f);
    enum err (*mark)(struct store *s, struct fault *f);
    /* ERR_LOST without a fault; `id` gets that of a row it adds. */
    enum err (*apply)(struct store *s, enum op_kind kind,
                      const union record *record, const int64_t args[2],
                      int64_t *id, struct fault *f);
    enum err (*keep)(struct store *s, struct fault *f);
    enum err (*undo)(struct store *s, struct fault *f);
    enum err (*commit)(struct store *s, struct fault *f);
    void (*rollback)(struct store *s);
    void (*tidy)(struct store *s, size_t num_waiting);
    /* Pages written since it was last asked. */
    uint64_t (*take_pages)(struct store *s);
};

/* The one that writes: a queue, and a thread that takes batches from it. */
struct writer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct change *first, **last;
    size_t num;
    bool hinted;
    bool is_committing; /* a batch is taken and not done with */
    bool stopping;
    int64_t gather_us;
    void (*begin_results)(void *arg);
    void (*end_results)(void *arg);
    void *results_arg;
    size_t batch;
    struct store_stats stats;
};

/* What every back end's store begins with. */
struct store {
    const struct store_ops *ops;
    char *node;
    store_hash *hash;
    bool read_only;
    struct writer writer;
};

struct store_session {
    struct store *store;
};

/* Starts and stops the thread; stopping commits what is queued. */
MUST_USE enum err writer_start(struct store *s,
                               const struct store_options *options,
                               struct fault *f);
void writer_stop(struct store *s);

MUST_USE enum err mem_open(const struct store_options *options,
                           struct store **out, struct fault *f);
MUST_USE enum err sqlite_open(const struct store_options *options,
                              struct store **out, struct fault *f);

/* What an added row begins with. */
#define FIRST_VERSION 1

/* SHA-256, as store_hash gives it. */
#define STORE_DIGEST_LEN 32

#endif
