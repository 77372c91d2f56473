/*
 * The recorder's file in SQLite: what its writing and its reading half share.
 */
#ifndef STORE_SQLITE_RECORDER_H
#define STORE_SQLITE_RECORDER_H

#include <sys/types.h>

#include "store/recorder.h"

struct sqlite3;
struct sqlite3_stmt;

/* A page holds several messages, so that few overflow and few are written for
 * a batch; larger ones gain nothing more. */
#define PAGE_SIZE 16384

/* Columns of `message` that are bytes: the texts before this one. */
#define NUM_COLUMN_TEXTS RECORDED_RULES
#define TEXT_COLUMNS                                                          \
    "node, profile, operation, peer, body, outcome, transaction_id, vendor, " \
    "station, serials, findings, verdicts"
/* And those that are numbers, in the order of struct recorded. */
#define NUM_COLUMN_INTS 6
#define INT_COLUMNS "id, at, micros, http_status, is_verified, is_withheld"

enum record_sql {
    RECORD_ADD,
    RECORD_ADD_BYTES,
    RECORD_FIND_PART,
    RECORD_ADD_PART,
    RECORD_NUM_PARTS,
    RECORD_DROP_PARTS,
    RECORD_ADD_FIGURE,
    RECORD_SET_FIGURE,
    RECORD_GET_FIGURE,
    RECORD_LAST_ID,
    RECORD_OLDEST,
    RECORD_OLDEST_UNVERIFIED,
    RECORD_DROP,
    RECORD_DROP_BYTES,
    RECORD_DROP_UNVERIFIED,
    RECORD_DROP_UNVERIFIED_BYTES,
    RECORD_DROP_ONE,
    RECORD_DROP_ONE_BYTES,
    RECORD_EXPIRED,
    RECORD_PAGES,
    RECORD_FREE_PAGES,
    RECORD_DATA_VERSION,
    RECORD_UNVERIFIED,
    RECORD_COUNT,
    RECORD_FIRST_AT,
    RECORD_SCAN_UP,
    RECORD_SCAN_DOWN,
    RECORD_GET,
    RECORD_SQL_NUM
};

/* Bytes that many messages share are kept once. */
#define PARTS_KEPT 16
struct record_part {
    int64_t id;
    struct span bytes; /* owned */
};

struct record_file {
    struct sqlite3 *db;
    char *file;
    bool is_memory; /* another VFS: there is no file to look at */
    bool read_only;
    dev_t dev;
    ino_t ino;
    struct sqlite3_stmt *statements[RECORD_SQL_NUM];
    struct record_part parts[PARTS_KEPT];
    size_t num_parts;
    size_t next_part;
    size_t batch;           /* bytes of texts in one transaction */
    int64_t max_pages;      /* of the database itself */
    int64_t max_wal_pages;  /* of its log */
    int64_t wal_pages;      /* in it now */
    int64_t max_unverified; /* bytes of messages not verified */
    int64_t unverified;     /* these two and the parts: as of this version */
    int64_t last_id;
    int64_t data_version;
    int64_t pushed_out; /* in this transaction */
};

/* The statement, reset; its parameters stay what they were. */
MUST_USE enum err record_statement(struct record_file *r, enum record_sql which,
                                   struct sqlite3_stmt **out, struct fault *f);
/* Runs one that gives no row. */
MUST_USE enum err record_step(struct record_file *r, struct sqlite3_stmt *stmt,
                              struct fault *f);
/* Runs statements without parameters that give no row. */
MUST_USE enum err record_run(struct record_file *r, const char *sql,
                             struct fault *f);
/* The number that a statement gives; 0: no row. */
MUST_USE enum err record_number(struct record_file *r, enum record_sql which,
                                int64_t *out, struct fault *f);
MUST_USE enum err record_get_figure(struct record_file *r, const char *name,
                                    int64_t *out, struct fault *f);
/* RECORD_ADD_FIGURE or RECORD_SET_FIGURE. */
MUST_USE enum err record_put_figure(struct record_file *r, enum record_sql how,
                                    const char *name, int64_t value,
                                    struct fault *f);

/* What SQLite complains of, as ERR_STORE or, of a torn file,
 * ERR_BAD_DATA_FORMAT. */
enum err record_fault(struct record_file *r, struct fault *f, const char *what);
#ifdef __clang_analyzer__ /* as for fault_set, see base/error.h */
#define record_fault(r, f, what) ((void)(record_fault)(r, f, what), ERR_STORE)
#endif

/* sqlite_recorder_room.c */

/* Within a transaction: deletes so much that `len` bytes fit, so many of them
 * unverified. */
MUST_USE enum err record_make_room(struct record_file *r, size_t len,
                                   size_t unverified, struct fault *f);
/* Outside of one: the log beside the file can take them, or ERR_STORE. */
MUST_USE enum err record_check_log(struct record_file *r, size_t len,
                                   struct fault *f);
/* Brings a file that was allowed to be larger under its size. */
MUST_USE enum err record_shrink(struct record_file *r, struct fault *f);
/* Into the file what the log holds, as far as no reader needs it. */
void record_checkpoint(struct record_file *r);

/* sqlite_recorder_write.c */

MUST_USE enum err record_begin(struct record_file *r, struct fault *f);
/* Ends it: with `e` ERR_OK it counts, else nothing of it does. */
MUST_USE enum err record_end(struct record_file *r, enum err e,
                             struct fault *f);
void record_forget_parts(struct record_file *r);

#endif
