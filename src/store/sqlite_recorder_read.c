#include <sqlite3.h>

#include "store/sqlite_recorder.h"

enum err record_file_figures(struct record_file *r, struct record_figures *out,
                             struct fault *f)
{
    struct record_figures all = { 0 };
    const struct {
        const char *name;
        int64_t *value;
    } figures[] = {
        { "began", &all.began },         { "lost", &all.lost },
        { "lost_last", &all.lost_last }, { "pushed_out", &all.pushed_out },
        { "expired", &all.expired },
    };

    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        TRY(record_get_figure(r, figures[i].name, figures[i].value, f));
    TRY(record_number(r, RECORD_COUNT, &all.num, f));
    TRY(record_number(r, RECORD_FIRST_AT, &all.oldest, f));
    *out = all;
    return ERR_OK;
}

static struct span column(struct sqlite3_stmt *stmt, int at)
{
    const void *bytes = sqlite3_column_blob(stmt, at);

    if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
        return SPAN_NONE;
    if (bytes == NULL) /* none, but not absent */
        return SPAN_LIT("");
    return span_of(bytes, (size_t)sqlite3_column_bytes(stmt, at));
}

/* The columns that all statements begin with. */
static void read_row(struct sqlite3_stmt *stmt, struct recorded *out)
{
    *out = (struct recorded){
        .id = sqlite3_column_int64(stmt, 0),
        .at = sqlite3_column_int64(stmt, 1),
        .micros = sqlite3_column_int64(stmt, 2),
        .http_status = sqlite3_column_int64(stmt, 3),
        .is_verified = sqlite3_column_int64(stmt, 4),
        .is_withheld = sqlite3_column_int64(stmt, 5),
    };
    for (int i = 0; i < (int)NUM_COLUMN_TEXTS; i++)
        out->texts[i] = column(stmt, NUM_COLUMN_INTS + i);
}

enum err record_file_scan(struct record_file *r, enum record_order order,
                          record_each *each, void *arg, struct fault *f)
{
    static const enum record_sql by_order[] = {
        [RECORD_OLDEST_FIRST] = RECORD_SCAN_UP,
        [RECORD_NEWEST_FIRST] = RECORD_SCAN_DOWN,
    };
    struct sqlite3_stmt *stmt = NULL;
    struct recorded message;
    int code;

    TRY(record_statement(r, by_order[order], &stmt, f));
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        read_row(stmt, &message);
        if (!each(arg, &message))
            break;
    }
    sqlite3_reset(stmt);
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return ERR_OK;
    return record_fault(r, f, "cannot be read");
}

/* The two parts of a reply, joined. */
static struct span join(struct span head, struct span tail, struct arena *a)
{
    uint8_t *joined;

    if (span_is_absent(head))
        return SPAN_NONE;
    joined = arena_alloc(a, head.len + tail.len + 1);
    if (joined == NULL)
        return SPAN_NONE;
    memcpy(joined, head.ptr, head.len);
    if (tail.len > 0)
        memcpy(joined + head.len, tail.ptr, tail.len);
    return span_of(joined, head.len + tail.len);
}

/* The bytes a row has besides; into the arena with the others. */
static enum err copy_row(struct sqlite3_stmt *stmt, struct arena *a,
                         struct recorded *m, struct fault *f)
{
    int at = NUM_COLUMN_INTS + (int)NUM_COLUMN_TEXTS;
    struct span head, tail;

    m->texts[RECORDED_RULES] = column(stmt, at);
    m->texts[RECORDED_REQUEST] = column(stmt, at + 1);
    head = column(stmt, at + 2);
    tail = column(stmt, at + 3);
    for (size_t i = 0; i < RECORDED_TEXT_NUM; i++) {
        if (span_is_absent(m->texts[i]))
            continue;
        m->texts[i] = arena_copy(a, m->texts[i]);
        if (span_is_absent(m->texts[i]))
            return fault_set(f, ERR_NO_MEM, "recorded message");
    }
    m->texts[RECORDED_REPLY] = join(head, tail, a);
    if (span_is_absent(m->texts[RECORDED_REPLY]) && !span_is_absent(head))
        return fault_set(f, ERR_NO_MEM, "recorded message");
    return ERR_OK;
}

enum err record_file_get(struct record_file *r, int64_t id, struct arena *a,
                         struct recorded *out, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    struct recorded message;
    enum err e;
    int code;

    TRY(record_statement(r, RECORD_GET, &stmt, f));
    sqlite3_bind_int64(stmt, 1, id);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        read_row(stmt, &message);
        e = copy_row(stmt, a, &message, f);
        if (e == ERR_OK)
            *out = message;
    } else {
        e = code == SQLITE_DONE ? ERR_NOT_FOUND
                                : record_fault(r, f, "cannot be read");
    }
    sqlite3_reset(stmt);
    return e;
}
