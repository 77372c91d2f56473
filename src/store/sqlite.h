/*
 * The sqlite back end: connections, their kept statements, and the parts that
 * read and write through them. The database's own header is seen by the
 * sources only.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/internal.h"
#include "store/sqlite_sql.h"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite_conn;

#define SQL_ENUM(name, text) SQL_##name,
enum sql {
    SQL_TABLE(SQL_ENUM) SQL_NUM
};
#undef SQL_ENUM

/* A kept statement; in use from query_open to query_free. */
struct query {
    struct sqlite_conn *conn;
    struct sqlite3_stmt *stmt;
    uint64_t params; /* bit i: it has parameter i + 1 */
    int failed;      /* the first binding that failed, as SQLite's code */
};

/* An entry of the dictionary: names of which there are few are kept once and
 * named by number. Rows are never changed nor removed, so copies stay true. */
struct word {
    int64_t id;
    struct span text; /* owned */
};

/* One connection, used by one thread. */
struct sqlite_conn {
    struct sqlite3 *db;
    char *file;
    struct query queries[SQL_NUM];
    struct word *words;
    size_t num_words;
};

/* How long to wait for another process's commit or checkpoint. */
#define BUSY_MS 10000

/* How to open the file, again and again. */
struct location {
    char *file;
    char *vfs;         /* NULL: the default */
    char *synchronous; /* NULL: FULL */
    /* Closing it leaves what is in its log there. */
    bool keeps_log;
    /* Nobody has it open, and nothing can be made beside it: it is read as it
     * lies, without a log or locks. */
    bool is_still;
};

enum conn_use {
    CONN_PROBE, /* looks, touches nothing */
    CONN_READ,
    CONN_WRITE
};

/* ERR_STORE, naming the file. */
MUST_USE enum err sqlite_conn_open(const struct location *at, enum conn_use use,
                                   struct sqlite_conn **out, struct fault *f);
void sqlite_conn_free(struct sqlite_conn *c);
DEFINE_AUTO(sqlite_conn)

/* Records SQLite's latest complaint: ERR_STORE, "store FILE: what: why". */
enum err sqlite_conn_fault(struct sqlite_conn *c, struct fault *f,
                           const char *what);
#ifdef __clang_analyzer__ /* as for fault_set, see base/error.h */
#define sqlite_conn_fault(c, f, what) \
    ((void)(sqlite_conn_fault)(c, f, what), ERR_STORE)
#endif

/* Runs statements that give no rows. */
MUST_USE enum err sqlite_conn_run(struct sqlite_conn *c, const char *sql,
                                  struct fault *f);
/* The number a one-row statement gives. */
MUST_USE enum err sqlite_conn_get_int(struct sqlite_conn *c, const char *sql,
                                      int64_t *out, struct fault *f);
/* Puts the file into WAL mode. ERR_LOST: another one is in the way just now. */
MUST_USE enum err sqlite_conn_set_wal(struct sqlite_conn *c, struct fault *f);

MUST_USE enum err query_open(struct sqlite_conn *c, enum sql which,
                             struct query **out, struct fault *f);
void query_free(struct query *q);
DEFINE_AUTO(query)

/* Parameters count from 1; bytes are borrowed until query_free. */
void query_int(struct query *q, int at, int64_t value);
void query_bytes(struct query *q, int at, struct span bytes);
/* Binds a record's fields to the parameters of their places, those that the
 * statement has. Words the dictionary lacks are added to it. */
MUST_USE enum err query_record(struct query *q, const struct shape *shape,
                               const void *record, struct fault *f);
/* False in `row` at the end. */
MUST_USE enum err query_step(struct query *q, bool *row, struct fault *f);
/* Runs it to the end; `changed` gets how many rows it changed. */
MUST_USE enum err query_run(struct query *q, int64_t *changed, struct fault *f);
/* Columns count from 0. */
int64_t query_get_int(struct query *q, int at);
/* Good until the next step. */
struct span query_get_bytes(struct query *q, int at);
/* The row's columns are the record's fields, copied into the arena. */
MUST_USE enum err query_get_record(struct query *q, const struct shape *shape,
                                   struct arena *a, void *out, struct fault *f);

/* A word's number, ERR_NOT_FOUND, and with word_get added to the file. */
MUST_USE enum err word_find(struct sqlite_conn *c, struct span text,
                            int64_t *id, struct fault *f);
MUST_USE enum err word_get(struct sqlite_conn *c, struct span text, int64_t *id,
                           struct fault *f);
/* Forgets all but the first `num`: those of a change that was undone. */
void words_forget(struct sqlite_conn *c, size_t num);

/* Refuses what is not a store or newer than this program; `is_new` when
 * nothing is there yet. */
MUST_USE enum err schema_check(struct sqlite_conn *c, bool *is_new,
                               struct fault *f);
/* Refuses a schema older than this program, for who may not migrate it. */
MUST_USE enum err schema_check_current(struct sqlite_conn *c, struct fault *f);
/* Brings the schema up to date. */
MUST_USE enum err schema_migrate(struct sqlite_conn *c, struct fault *f);

/* Tails seen lately, so that they need not be hashed again. */
#define TAILS_KEPT 16
struct tail {
    int64_t id;
    struct span bytes; /* owned */
};

/* Where this node's chain of audit entries ends. The file is told once for all
 * entries of a batch. */
struct chain {
    bool is_known;
    bool is_longer; /* than in the file */
    int64_t node, last;
    uint8_t digest[STORE_DIGEST_LEN];
};

struct sqlite_store {
    struct store base;
    struct store_ops ops;
    struct location at;
    struct sqlite_conn *writer; /* NULL when read only */
    size_t words_begun, words_marked;
    struct tail tails[TAILS_KEPT];
    size_t num_tails;
    struct chain chain;
    int64_t data_version; /* SQLite's, at the last batch */
    bool is_committing;   /* a commit began and has not succeeded */
    int wal_pages;        /* in the write-ahead log */
    int wal_checked;      /* that many when it was last checkpointed */
};

struct sqlite_session {
    struct store_session base;
    struct sqlite_conn *conn;
};

static inline struct sqlite_store *sqlite_of(struct store *s)
{
    return (struct sqlite_store *)s;
}

static inline struct sqlite_conn *sqlite_conn_of(struct store_session *s)
{
    return ((struct sqlite_session *)s)->conn;
}

/* Set the functions of `ops` that read, those of them that give lists or
 * whole tables, and those that write. */
void sqlite_read_ops(struct store_ops *ops);
void sqlite_list_ops(struct store_ops *ops);
void sqlite_write_ops(struct store_ops *ops);
/* Opens the writer's connection, counting how the write-ahead log grows. */
MUST_USE enum err sqlite_open_writer(struct sqlite_store *s, struct fault *f);
void sqlite_close_writer(struct sqlite_store *s);
/* The number that the end of a reply is stored under, and a new one if it is
 * not there yet. What is remembered of them is not to outlive the rows. */
MUST_USE enum err sqlite_get_tail(struct sqlite_store *s, struct span bytes,
                                  int64_t *id, struct fault *f);
void sqlite_forget_tails(struct sqlite_store *s);

/* The digest of an entry that is added behind the chain's end, borrowed until
 * the next one; the caller sets `chain.last` to its row. What is in mind of the
 * chain is not to outlive what it was read from, or what was undone. */
MUST_USE enum err chain_extend(struct sqlite_store *s, struct span entry,
                               struct span *digest, struct fault *f);
/* Tells the file where the chain ends now; before what was added counts. */
MUST_USE enum err chain_save(struct sqlite_store *s, struct fault *f);
void chain_forget(struct sqlite_store *s);

#endif
