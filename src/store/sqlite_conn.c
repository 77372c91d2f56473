#include <sqlite3.h>
#include <stdlib.h>

#include "base/buf.h"
#include "store/sqlite.h"

/* A dictionary entry; vendors, CAs, profiles and nodes have short names. */
#define WORDS_MAX 4096

#define SQL_TEXT(name, text) [SQL_##name] = (text),
static const char *const sql_texts[SQL_NUM] = { SQL_TABLE(SQL_TEXT) };
#undef SQL_TEXT

/* What a person can do about it, by SQLite's primary code. */
static const struct {
    int code;
    const char *cure;
} cures[] = {
    { SQLITE_NOTADB, "; name another file, or restore a backup" },
    { SQLITE_CORRUPT, "; restore a backup" },
    { SQLITE_FULL, "; make room on its disk" },
    { SQLITE_CANTOPEN, "; check the permissions of it and its directory" },
    { SQLITE_READONLY, "; check the permissions of it and its directory" },
    { SQLITE_PERM, "; check the permissions of it and its directory" },
    { SQLITE_BUSY, "; another process keeps it from being written" },
};

enum err(sqlite_conn_fault)(struct sqlite_conn *c, struct fault *f,
                            const char *what)
{
    int code = sqlite3_errcode(c->db) & 0xff;
    int os = sqlite3_system_errno(c->db);
    const char *more = "";

    for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++) {
        if (cures[i].code == code)
            more = cures[i].cure;
    }
    if (code == SQLITE_IOERR && os != 0)
        more = strerror(os);
    return fault_set(f, ERR_STORE, "store %s: %s: %s%s%s", c->file, what,
                     sqlite3_errmsg(c->db), code == SQLITE_IOERR ? ": " : "",
                     more);
}

/* --- connections --- */

static void configure_library(void)
{
    /* Statistics of memory are kept under a global lock. These are refused
     * when the library is in use already, and then only cost time. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
}

static enum err configure(struct sqlite_conn *c, const struct location *at,
                          enum conn_use use, struct fault *f)
{
    static const char *const by_use[] = {
        [CONN_PROBE] = "PRAGMA query_only=ON",
        [CONN_READ] = "PRAGMA query_only=ON; PRAGMA cache_size=-4000",
        /* EXTRA is FULL, and syncs the directory when the switch to WAL has
         * deleted its journal: one that came back after a power cut would
         * undo the new file under its log. temp_store: the journal of the
         * savepoint around each change. */
        [CONN_WRITE] = "PRAGMA secure_delete=OFF; PRAGMA cache_size=-64000;"
                       "PRAGMA temp_store=MEMORY;"
                       "PRAGMA wal_autocheckpoint=0;"
                       "PRAGMA journal_size_limit=67108864;"
                       "PRAGMA synchronous=EXTRA",
    };

    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_MS);
    if (use == CONN_PROBE && at->keeps_log)
        sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    TRY(sqlite_conn_run(c, by_use[use], f));
    if (use == CONN_WRITE && at->synchronous != NULL &&
        strcmp(at->synchronous, "OFF") == 0)
        TRY(sqlite_conn_run(c, "PRAGMA synchronous=OFF", f));
    return ERR_OK;
}

/* As a URI, whose query says that nothing changes. NULL: no memory. */
static char *still_uri(const char *file)
{
    static const char plain[] = "/._-abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    struct buf text;
    char *uri;

    buf_init(&text, 4 * strlen(file) + 64);
    buf_add_str(&text, "file:");
    for (const char *c = file; *c != '\0'; c++)
        buf_printf(&text, strchr(plain, *c) != NULL ? "%c" : "%%%02X",
                   (unsigned char)*c);
    buf_add_str(&text, "?immutable=1");
    uri = text.failed == ERR_OK ? strdup(buf_str(&text)) : NULL;
    buf_done(&text);
    return uri;
}

static int open_db(const struct location *at, int flags, sqlite3 **out)
{
    char *uri;
    int code;

    if (!at->is_still)
        return sqlite3_open_v2(at->file, out, flags | SQLITE_OPEN_READWRITE,
                               at->vfs);
    uri = still_uri(at->file);
    if (uri == NULL)
        return SQLITE_NOMEM;
    code = sqlite3_open_v2(
        uri, out, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, at->vfs);
    free(uri);
    return code;
}

enum err sqlite_conn_open(const struct location *at, enum conn_use use,
                          struct sqlite_conn **out, struct fault *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    AUTO(sqlite_conn) c = calloc(1, sizeof(*c));
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "a connection to the store");
    c->file = strdup(at->file);
    if (c->file == NULL)
        return fault_set(f, ERR_NO_MEM, "a connection to the store");
    pthread_once(&once, configure_library);
    /* A reader too: after a crash the first to come rebuilds the log's index,
     * which a connection opened read-only may not. query_only keeps it from
     * more; SQLite itself turns to reading where the file allows no more. */
    if (at->vfs != NULL && use == CONN_WRITE)
        flags |= SQLITE_OPEN_CREATE; /* real files were made before, 0600 */
    if (open_db(at, flags, &c->db) != SQLITE_OK)
        return sqlite_conn_fault(c, f, "cannot be opened");
    TRY(configure(c, at, use, f));
    *out = c;
    c = NULL;
    return ERR_OK;
}

void sqlite_conn_free(struct sqlite_conn *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < SQL_NUM; i++)
        sqlite3_finalize(c->queries[i].stmt);
    words_forget(c, 0);
    free(c->words);
    sqlite3_close(c->db);
    free(c->file);
    free(c);
}

enum err sqlite_conn_run(struct sqlite_conn *c, const char *sql,
                         struct fault *f)
{
    if (sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return ERR_OK;
    return sqlite_conn_fault(c, f, "cannot be used");
}

enum err sqlite_conn_get_int(struct sqlite_conn *c, const char *sql,
                             int64_t *out, struct fault *f)
{
    sqlite3_stmt *stmt;
    enum err e = ERR_OK;

    if (sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return sqlite_conn_fault(c, f, "cannot be read");
    if (sqlite3_step(stmt) == SQLITE_ROW)
        *out = sqlite3_column_int64(stmt, 0);
    else
        e = sqlite_conn_fault(c, f, "cannot be read");
    sqlite3_finalize(stmt);
    return e;
}

/* SQLite tells of a switch that did not happen by the mode it answers. */
enum err sqlite_conn_set_wal(struct sqlite_conn *c, struct fault *f)
{
    sqlite3_stmt *stmt;
    enum err e = ERR_OK;
    const char *mode;
    int code;

    if (sqlite3_prepare_v2(c->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL) !=
        SQLITE_OK)
        return sqlite_conn_fault(c, f, "cannot be used");
    code = sqlite3_step(stmt);
    mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : "";
    code &= 0xff;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_PROTOCOL)
        e = ERR_LOST;
    else if (code != SQLITE_ROW)
        e = sqlite_conn_fault(c, f, "cannot be used");
    else if (mode == NULL || strcmp(mode, "wal") != 0)
        e = ERR_LOST;
    sqlite3_finalize(stmt);
    return e;
}

/* --- statements --- */

static enum err prepare(struct sqlite_conn *c, enum sql which, struct query *q,
                        struct fault *f)
{
    if (sqlite3_prepare_v3(c->db, sql_texts[which], -1,
                           SQLITE_PREPARE_PERSISTENT, &q->stmt,
                           NULL) != SQLITE_OK)
        return sqlite_conn_fault(c, f, "cannot be read");
    for (int i = 0; i < sqlite3_bind_parameter_count(q->stmt); i++)
        if (sqlite3_bind_parameter_name(q->stmt, i + 1) != NULL)
            q->params |= (uint64_t)1 << i;
    return ERR_OK;
}

enum err query_open(struct sqlite_conn *c, enum sql which, struct query **out,
                    struct fault *f)
{
    struct query *q = &c->queries[which];

    if (q->stmt == NULL)
        TRY(prepare(c, which, q, f));
    q->conn = c;
    q->failed = SQLITE_OK;
    *out = q;
    return ERR_OK;
}

void query_free(struct query *q)
{
    if (q == NULL)
        return;
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
}

static void note(struct query *q, int code)
{
    if (q->failed == SQLITE_OK)
        q->failed = code;
}

void query_int(struct query *q, int at, int64_t value)
{
    note(q, sqlite3_bind_int64(q->stmt, at, value));
}

void query_bytes(struct query *q, int at, struct span bytes)
{
    /* absent ones are NULL already */
    if (!span_is_absent(bytes))
        note(q, sqlite3_bind_blob64(q->stmt, at, bytes.ptr, bytes.len,
                                    SQLITE_STATIC));
}

enum err query_record(struct query *q, const struct shape *shape,
                      const void *record, struct fault *f)
{
    const struct field *field;
    struct span bytes;
    int64_t number;

    for (size_t i = 0; i < shape->num; i++) {
        field = &shape->fields[i];
        if ((q->params >> i & 1) == 0)
            continue;
        if (!field_is_span(field)) {
            query_int(q, (int)i + 1, field_get_int(field, record));
            continue;
        }
        bytes = field_get_span(field, record);
        if (field->kind == FIELD_BYTES || span_is_absent(bytes)) {
            query_bytes(q, (int)i + 1, bytes);
            continue;
        }
        TRY(word_get(q->conn, bytes, &number, f));
        query_int(q, (int)i + 1, number);
    }
    return ERR_OK;
}

enum err query_step(struct query *q, bool *row, struct fault *f)
{
    int code = q->failed;

    if (code != SQLITE_OK)
        return fault_set(f, ERR_STORE, "store %s: a value cannot be used: %s",
                         q->conn->file, sqlite3_errstr(code));
    code = sqlite3_step(q->stmt);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return ERR_OK;
    return sqlite_conn_fault(q->conn, f, "failed");
}

enum err query_run(struct query *q, int64_t *changed, struct fault *f)
{
    bool row;

    do {
        TRY(query_step(q, &row, f));
    } while (row);
    *changed = sqlite3_changes64(q->conn->db);
    return ERR_OK;
}

int64_t query_get_int(struct query *q, int at)
{
    return sqlite3_column_int64(q->stmt, at);
}

struct span query_get_bytes(struct query *q, int at)
{
    const void *bytes = sqlite3_column_blob(q->stmt, at);

    if (sqlite3_column_type(q->stmt, at) == SQLITE_NULL)
        return SPAN_NONE;
    if (bytes == NULL) /* none, but not absent */
        return SPAN_LIT("");
    return span_of(bytes, (size_t)sqlite3_column_bytes(q->stmt, at));
}

/* --- the dictionary --- */

static enum err word_keep(struct sqlite_conn *c, int64_t id, struct span text,
                          struct fault *f)
{
    struct word *bigger;
    uint8_t *copy;

    if (c->num_words == WORDS_MAX)
        return ERR_OK; /* asked for in the file every time */
    bigger = realloc(c->words, (c->num_words + 1) * sizeof(*bigger));
    if (bigger != NULL)
        c->words = bigger;
    copy = malloc(text.len + 1);
    if (bigger == NULL || copy == NULL) {
        free(copy);
        return fault_set(f, ERR_NO_MEM, "the store's dictionary");
    }
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    c->words[c->num_words++] = (struct word){ id, span_of(copy, text.len) };
    return ERR_OK;
}

void words_forget(struct sqlite_conn *c, size_t num)
{
    while (c->num_words > num)
        free((void *)(uintptr_t)c->words[--c->num_words].text.ptr);
}

enum err word_find(struct sqlite_conn *c, struct span text, int64_t *id,
                   struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t found;
    bool row;

    for (size_t i = 0; i < c->num_words; i++) {
        if (span_is_equal(c->words[i].text, text)) {
            *id = c->words[i].id;
            return ERR_OK;
        }
    }
    TRY(query_open(c, SQL_FIND_WORD, &q, f));
    query_bytes(q, 1, text);
    TRY(query_step(q, &row, f));
    if (!row)
        return ERR_NOT_FOUND;
    found = query_get_int(q, 0);
    TRY(word_keep(c, found, text, f));
    *id = found;
    return ERR_OK;
}

enum err word_get(struct sqlite_conn *c, struct span text, int64_t *id,
                  struct fault *f)
{
    enum err e = word_find(c, text, id, f);
    AUTO(query) q = NULL;
    int64_t changed;

    if (e != ERR_NOT_FOUND)
        return e;
    TRY(query_open(c, SQL_ADD_WORD, &q, f));
    query_bytes(q, 1, text);
    TRY(query_run(q, &changed, f));
    *id = sqlite3_last_insert_rowid(c->db);
    return word_keep(c, *id, text, f);
}

/* The text of a word, copied into the arena. */
static enum err word_text(struct sqlite_conn *c, int64_t id, struct arena *a,
                          struct span *out, struct fault *f)
{
    AUTO(query) q = NULL;
    struct span text = SPAN_NONE;
    bool row;

    for (size_t i = 0; i < c->num_words && span_is_absent(text); i++) {
        if (c->words[i].id == id)
            text = c->words[i].text;
    }
    if (span_is_absent(text)) {
        TRY(query_open(c, SQL_FIND_WORD_TEXT, &q, f));
        query_int(q, 1, id);
        TRY(query_step(q, &row, f));
        if (!row)
            return fault_set(f, ERR_STORE, "store %s: word %lld is missing",
                             c->file, (long long)id);
        text = query_get_bytes(q, 0);
        TRY(word_keep(c, id, text, f));
    }
    *out = arena_copy(a, text);
    return span_is_absent(*out) ? fault_set(f, ERR_NO_MEM, "a name") : ERR_OK;
}

enum err query_get_record(struct query *q, const struct shape *shape,
                          struct arena *a, void *out, struct fault *f)
{
    const struct field *field;
    union record record;
    struct span *bytes;

    memset(&record, 0, sizeof(record));
    for (size_t i = 0; i < shape->num; i++) {
        field = &shape->fields[i];
        if (!field_is_span(field)) {
            field_set_int(field, &record, query_get_int(q, (int)i));
            continue;
        }
        if (sqlite3_column_type(q->stmt, (int)i) == SQLITE_NULL)
            continue;
        bytes = field_span(field, &record);
        if (field->kind == FIELD_WORD) {
            TRY(word_text(q->conn, query_get_int(q, (int)i), a, bytes, f));
            continue;
        }
        *bytes = arena_copy(a, query_get_bytes(q, (int)i));
        if (span_is_absent(*bytes))
            return fault_set(f, ERR_NO_MEM, "a %s's record", shape->name);
    }
    memcpy(out, &record, shape->size);
    return ERR_OK;
}
