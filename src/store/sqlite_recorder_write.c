#include <sqlite3.h>
#include <stdlib.h>

#include "store/sqlite_recorder.h"

/* What a message takes beside its texts. */
#define OVERHEAD 128

/* Parts there may be before it is looked for those that nothing names any
 * more; a configuration has about two for each profile. */
#define PARTS_MAX 64

/* Deleted in one transaction: what fits the log many times over. */
#define EXPIRED_AT_ONCE 256

static size_t recorded_len(const struct recorded *m)
{
    size_t len = OVERHEAD;

    for (size_t i = 0; i < RECORDED_TEXT_NUM; i++)
        len += m->texts[i].len;
    return len;
}

size_t record_file_batch(const struct record_file *r)
{
    return r->batch;
}

/* --- transactions --- */

void record_forget_parts(struct record_file *r)
{
    for (size_t i = 0; i < r->num_parts; i++)
        free((void *)(uintptr_t)r->parts[i].bytes.ptr);
    r->num_parts = r->next_part = 0;
}

/* What another process wrote meanwhile makes what is remembered worthless. */
static enum err refresh(struct record_file *r, struct fault *f)
{
    int64_t version;

    TRY(record_number(r, RECORD_DATA_VERSION, &version, f));
    if (version == r->data_version)
        return ERR_OK;
    record_forget_parts(r);
    TRY(record_number(r, RECORD_UNVERIFIED, &r->unverified, f));
    TRY(record_number(r, RECORD_LAST_ID, &r->last_id, f));
    r->data_version = version;
    return ERR_OK;
}

enum err record_begin(struct record_file *r, struct fault *f)
{
    enum err e;

    TRY(record_run(r, "BEGIN IMMEDIATE", f));
    r->pushed_out = 0;
    e = refresh(r, f);
    return e == ERR_OK ? ERR_OK : record_end(r, e, f);
}

enum err record_end(struct record_file *r, enum err e, struct fault *f)
{
    if (e == ERR_OK && r->pushed_out > 0)
        e = record_put_figure(r, RECORD_ADD_FIGURE, "pushed_out", r->pushed_out,
                              f);
    if (e == ERR_OK)
        e = record_run(r, "COMMIT", f);
    if (e == ERR_OK) {
        record_checkpoint(r);
        return ERR_OK;
    }
    r->data_version = 0; /* what is remembered was undone */
    sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

/* --- parts --- */

static enum err keep_part(struct record_file *r, int64_t id, struct span bytes,
                          struct fault *f)
{
    struct record_part *part = &r->parts[r->next_part];
    uint8_t *copy = malloc(bytes.len);

    if (copy == NULL)
        return fault_set(f, ERR_NO_MEM, "recorder");
    memcpy(copy, bytes.ptr, bytes.len);
    if (r->next_part < r->num_parts)
        free((void *)(uintptr_t)part->bytes.ptr);
    else
        r->num_parts++;
    *part = (struct record_part){ id, span_of(copy, bytes.len) };
    r->next_part = (r->next_part + 1) % PARTS_KEPT;
    return ERR_OK;
}

static enum err add_part(struct record_file *r, struct span bytes, int64_t *id,
                         struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;

    TRY(record_statement(r, RECORD_FIND_PART, &stmt, f));
    sqlite3_bind_blob64(stmt, 1, bytes.ptr, bytes.len, SQLITE_STATIC);
    TRY(record_number(r, RECORD_FIND_PART, id, f));
    if (*id == 0) {
        TRY(record_statement(r, RECORD_ADD_PART, &stmt, f));
        sqlite3_bind_blob64(stmt, 1, bytes.ptr, bytes.len, SQLITE_STATIC);
        TRY(record_step(r, stmt, f));
        *id = sqlite3_last_insert_rowid(r->db);
    }
    return keep_part(r, *id, bytes, f);
}

/* 0: no bytes. */
static enum err get_part(struct record_file *r, struct span bytes, int64_t *id,
                         struct fault *f)
{
    *id = 0;
    if (bytes.len == 0)
        return ERR_OK;
    for (size_t i = 0; i < r->num_parts; i++) {
        if (span_is_equal(r->parts[i].bytes, bytes)) {
            *id = r->parts[i].id;
            return ERR_OK;
        }
    }
    return add_part(r, bytes, id, f);
}

static enum err drop_parts(struct record_file *r, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    int64_t num;

    TRY(record_number(r, RECORD_NUM_PARTS, &num, f));
    if (num <= PARTS_MAX)
        return ERR_OK;
    record_forget_parts(r);
    TRY(record_statement(r, RECORD_DROP_PARTS, &stmt, f));
    return record_step(r, stmt, f);
}

/* --- messages --- */

static void bind_bytes(struct sqlite3_stmt *stmt, int at, struct span bytes)
{
    if (span_is_absent(bytes))
        sqlite3_bind_null(stmt, at);
    else
        sqlite3_bind_blob64(stmt, at, bytes.ptr, bytes.len, SQLITE_STATIC);
}

static void bind_part(struct sqlite3_stmt *stmt, int at, int64_t id)
{
    if (id == 0)
        sqlite3_bind_null(stmt, at);
    else
        sqlite3_bind_int64(stmt, at, id);
}

static enum err add_bytes(struct record_file *r, const struct recorded *m,
                          int64_t id, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;

    TRY(record_statement(r, RECORD_ADD_BYTES, &stmt, f));
    sqlite3_bind_int64(stmt, 1, id);
    bind_bytes(stmt, 2, m->texts[RECORDED_REQUEST]);
    bind_bytes(stmt, 3, m->texts[RECORDED_REPLY]);
    return record_step(r, stmt, f);
}

static enum err add_message(struct record_file *r, const struct recorded *m,
                            struct fault *f)
{
    const int64_t numbers[NUM_COLUMN_INTS] = {
        r->last_id + 1, m->at,          m->micros,
        m->http_status, m->is_verified, m->is_withheld,
    };
    struct sqlite3_stmt *stmt = NULL;
    int64_t tail, rules;
    int at = 1;

    TRY(get_part(r, m->texts[RECORDED_TAIL], &tail, f));
    TRY(get_part(r, m->texts[RECORDED_RULES], &rules, f));
    TRY(record_statement(r, RECORD_ADD, &stmt, f));
    for (size_t i = 0; i < NUM_COLUMN_INTS; i++)
        sqlite3_bind_int64(stmt, at++, numbers[i]);
    for (size_t i = 0; i < NUM_COLUMN_TEXTS; i++)
        bind_bytes(stmt, at++, m->texts[i]);
    sqlite3_bind_int64(stmt, at++, (int64_t)recorded_len(m));
    bind_part(stmt, at++, tail);
    bind_part(stmt, at, rules);
    TRY(record_step(r, stmt, f));
    r->last_id++;
    if (m->is_verified == 0)
        r->unverified += (int64_t)recorded_len(m);
    return add_bytes(r, m, r->last_id, f);
}

static enum err add_losses(struct record_file *r,
                           const struct record_losses *losses, struct fault *f)
{
    if (losses->num == 0)
        return ERR_OK;
    TRY(record_put_figure(r, RECORD_ADD_FIGURE, "lost", (int64_t)losses->num,
                          f));
    return record_put_figure(r, RECORD_SET_FIGURE, "lost_last", losses->last,
                             f);
}

static enum err add_all(struct record_file *r, const struct recorded *list,
                        size_t num, const struct record_losses *losses,
                        struct fault *f)
{
    size_t len = 0, unverified = 0;

    for (size_t i = 0; i < num; i++) {
        len += recorded_len(&list[i]);
        if (list[i].is_verified == 0)
            unverified += recorded_len(&list[i]);
    }
    TRY(record_make_room(r, len, unverified, f));
    for (size_t i = 0; i < num; i++)
        TRY(add_message(r, &list[i], f));
    return add_losses(r, losses, f);
}

enum err record_file_add(struct record_file *r, const struct recorded *list,
                         size_t num, const struct record_losses *losses,
                         struct fault *f)
{
    size_t len = 0;

    for (size_t i = 0; i < num; i++)
        len += recorded_len(&list[i]);
    TRY(record_check_log(r, len, f));
    TRY(record_begin(r, f));
    return record_end(r, add_all(r, list, num, losses, f), f);
}

/* --- retention --- */

struct expired {
    int64_t ids[EXPIRED_AT_ONCE];
    int64_t unverified; /* bytes */
    size_t num;
};

static enum err find_expired(struct record_file *r, struct span profile,
                             int64_t before, struct expired *out,
                             struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    int code;

    out->num = 0;
    out->unverified = 0;
    TRY(record_statement(r, RECORD_EXPIRED, &stmt, f));
    bind_bytes(stmt, 1, profile);
    sqlite3_bind_int64(stmt, 2, before);
    sqlite3_bind_int64(stmt, 3, EXPIRED_AT_ONCE);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        out->ids[out->num++] = sqlite3_column_int64(stmt, 0);
        if (sqlite3_column_int64(stmt, 2) == 0)
            out->unverified += sqlite3_column_int64(stmt, 1);
    }
    sqlite3_reset(stmt);
    return code == SQLITE_DONE ? ERR_OK : record_fault(r, f, "cannot be read");
}

static enum err drop_expired(struct record_file *r,
                             const struct expired *expired, struct fault *f)
{
    static const enum record_sql both[] = { RECORD_DROP_ONE,
                                            RECORD_DROP_ONE_BYTES };
    struct sqlite3_stmt *stmt = NULL;

    for (size_t i = 0; i < 2 * expired->num; i++) {
        TRY(record_statement(r, both[i % 2], &stmt, f));
        sqlite3_bind_int64(stmt, 1, expired->ids[i / 2]);
        TRY(record_step(r, stmt, f));
    }
    r->unverified -= expired->unverified;
    if (expired->num == 0)
        return drop_parts(r, f);
    return record_put_figure(r, RECORD_ADD_FIGURE, "expired",
                             (int64_t)expired->num, f);
}

enum err record_file_expire(struct record_file *r, struct span profile,
                            int64_t before, struct fault *f)
{
    struct expired expired;
    enum err e;

    do {
        TRY(record_check_log(r, 0, f));
        TRY(record_begin(r, f));
        e = find_expired(r, profile, before, &expired, f);
        if (e == ERR_OK)
            e = drop_expired(r, &expired, f);
        TRY(record_end(r, e, f));
    } while (expired.num == EXPIRED_AT_ONCE);
    return ERR_OK;
}
