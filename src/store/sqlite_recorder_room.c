/*
 * The recorder's file stays within its size: by pages, since that is what is
 * on disk. What is deleted leaves free pages, which come next; the file itself
 * grows up to its size and stays there.
 */
#include <sqlite3.h>

#include "store/sqlite_recorder.h"

/* Pages that bytes may come to: the last of a table is filled later, and one
 * with a long message has room left. */
static int64_t pages_for(size_t len)
{
    return (int64_t)(len / PAGE_SIZE * 3 / 2) + 8;
}

static enum err pages_used(struct record_file *r, int64_t *out, struct fault *f)
{
    int64_t all, unused;

    TRY(record_number(r, RECORD_PAGES, &all, f));
    TRY(record_number(r, RECORD_FREE_PAGES, &unused, f));
    *out = all - unused;
    return ERR_OK;
}

/* What is deleted: up to which id, how many, and how much of it. */
struct cut {
    int64_t last, num, len, unverified;
};

/* How many of the messages that a statement gives come to so many bytes. */
static enum err plan_cut(struct record_file *r, enum record_sql which,
                         int64_t len, struct cut *out, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    struct cut cut = { 0 };
    int code = SQLITE_DONE;

    TRY(record_statement(r, which, &stmt, f));
    while (cut.len < len && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        cut.last = sqlite3_column_int64(stmt, 0);
        cut.len += sqlite3_column_int64(stmt, 1);
        if (sqlite3_column_int64(stmt, 2) == 0)
            cut.unverified += sqlite3_column_int64(stmt, 1);
        cut.num++;
    }
    sqlite3_reset(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return record_fault(r, f, "cannot be read");
    *out = cut;
    return ERR_OK;
}

static enum err drop(struct record_file *r, enum record_sql which, int64_t id,
                     struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;

    TRY(record_statement(r, which, &stmt, f));
    sqlite3_bind_int64(stmt, 1, id);
    return record_step(r, stmt, f);
}

/* Bytes first: those of unverified messages are found by these. */
static enum err make_cut(struct record_file *r, enum record_sql messages,
                         enum record_sql bytes, const struct cut *cut,
                         struct fault *f)
{
    if (cut->num == 0)
        return ERR_OK;
    TRY(drop(r, bytes, cut->last, f));
    TRY(drop(r, messages, cut->last, f));
    r->unverified -= cut->unverified;
    r->pushed_out += cut->num;
    return ERR_OK;
}

/* A quarter of the size, and when that is full some at once. */
static enum err limit_unverified(struct record_file *r, int64_t len,
                                 struct fault *f)
{
    int64_t over = r->unverified + len - r->max_unverified;
    struct cut cut;

    if (len == 0 || over <= 0)
        return ERR_OK;
    TRY(plan_cut(r, RECORD_OLDEST_UNVERIFIED, over + r->max_unverified / 32,
                 &cut, f));
    return make_cut(r, RECORD_DROP_UNVERIFIED, RECORD_DROP_UNVERIFIED_BYTES,
                    &cut, f);
}

/* Deletes the oldest until no more than so many pages are used. A page is free
 * once all on it is gone, so it may take another round. */
static enum err limit_pages(struct record_file *r, int64_t most,
                            struct fault *f)
{
    int64_t used;
    struct cut cut = { .num = 1 };

    TRY(pages_used(r, &used, f));
    while (used > most && cut.num > 0) {
        TRY(plan_cut(r, RECORD_OLDEST,
                     (used - most + r->max_pages / 64) * PAGE_SIZE, &cut, f));
        TRY(make_cut(r, RECORD_DROP, RECORD_DROP_BYTES, &cut, f));
        TRY(pages_used(r, &used, f));
    }
    return ERR_OK;
}

enum err record_make_room(struct record_file *r, size_t len, size_t unverified,
                          struct fault *f)
{
    TRY(limit_unverified(r, (int64_t)unverified, f));
    return limit_pages(r, r->max_pages - pages_for(len), f);
}

void record_checkpoint(struct record_file *r)
{
    /* What it leaves undone, because of a reader, the next one does. */
    sqlite3_wal_checkpoint_v2(r->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                              NULL);
}

static void empty_log(struct record_file *r)
{
    if (sqlite3_wal_checkpoint_v2(r->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                  NULL) == SQLITE_OK)
        r->wal_pages = 0;
}

enum err record_check_log(struct record_file *r, size_t len, struct fault *f)
{
    int64_t needed = pages_for(len) + 16;

    if (r->wal_pages + needed <= r->max_wal_pages)
        return ERR_OK;
    empty_log(r);
    if (r->wal_pages + needed <= r->max_wal_pages)
        return ERR_OK;
    return fault_set(f, ERR_STORE,
                     "recorder %s: who reads it keeps its log from being "
                     "emptied",
                     r->file);
}

enum err record_shrink(struct record_file *r, struct fault *f)
{
    int64_t pages;
    enum err e;

    TRY(record_number(r, RECORD_PAGES, &pages, f));
    if (pages <= r->max_pages)
        return ERR_OK;
    TRY(record_begin(r, f));
    e = limit_pages(r, r->max_pages * 3 / 4, f);
    TRY(record_end(r, e, f));
    TRY(record_run(r, "VACUUM", f));
    empty_log(r);
    return ERR_OK;
}
