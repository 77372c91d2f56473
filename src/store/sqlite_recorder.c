#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/sqlite_recorder.h"

#define BUSY_MS 2000

/* "SMRC", and the only layout there is: one of another version is begun anew,
 * since nothing depends on it. */
#define APPLICATION_ID 0x534d5243
#define LAYOUT 1
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

/* No index serves searching: a search reads `message`, which is a tenth of
 * all, and messages are written far more often than asked for. */
static const char layout[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE message(id INTEGER PRIMARY KEY, at INT, micros INT,"
    " http_status INT, is_verified INT, is_withheld INT, len INT, tail INT,"
    " rules INT, node BLOB, profile BLOB, operation BLOB, peer BLOB, body BLOB,"
    " outcome BLOB, transaction_id BLOB, vendor BLOB, station BLOB,"
    " serials BLOB, findings BLOB, verdicts BLOB);"
    "CREATE INDEX unverified ON message(id, len) WHERE is_verified = 0;"
    "CREATE TABLE bytes(id INTEGER PRIMARY KEY, request BLOB, reply BLOB);"
    "CREATE TABLE part(id INTEGER PRIMARY KEY, bytes BLOB);"
    "CREATE TABLE figure(name TEXT PRIMARY KEY, value INT) WITHOUT ROWID;"
    "PRAGMA application_id=" TEXT_OF(
        APPLICATION_ID) ";"
                        "PRAGMA user_version=" TEXT_OF(LAYOUT) ";"
                                                               "COMMIT";

static const char *const texts[RECORD_SQL_NUM] = {
    [RECORD_ADD] = ("INSERT INTO message(" INT_COLUMNS "," TEXT_COLUMNS
                    ", len, tail, rules) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                    "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
                    "?20, ?21)"),
    [RECORD_ADD_BYTES] = "INSERT INTO bytes(id, request, reply) "
                         "VALUES(?1, ?2, ?3)",
    [RECORD_FIND_PART] = "SELECT id FROM part WHERE bytes = ?1",
    [RECORD_ADD_PART] = "INSERT INTO part(bytes) VALUES(?1)",
    [RECORD_NUM_PARTS] = "SELECT count(*) FROM part",
    [RECORD_DROP_PARTS] = ("DELETE FROM part WHERE id NOT IN (SELECT tail FROM "
                           "message WHERE tail IS NOT NULL) AND id NOT IN "
                           "(SELECT rules FROM message WHERE rules IS NOT "
                           "NULL)"),
    [RECORD_ADD_FIGURE] = "INSERT INTO figure VALUES(?1, ?2) ON CONFLICT(name) "
                          "DO UPDATE SET value = value + ?2",
    [RECORD_SET_FIGURE] = "INSERT OR REPLACE INTO figure VALUES(?1, ?2)",
    [RECORD_GET_FIGURE] = "SELECT value FROM figure WHERE name = ?1",
    [RECORD_LAST_ID] = "SELECT max(id) FROM message",
    [RECORD_OLDEST] = "SELECT id, len, is_verified FROM message ORDER BY id",
    [RECORD_OLDEST_UNVERIFIED] = "SELECT id, len, 0 FROM message "
                                 "WHERE is_verified = 0 ORDER BY id",
    [RECORD_DROP] = "DELETE FROM message WHERE id <= ?1",
    [RECORD_DROP_BYTES] = "DELETE FROM bytes WHERE id <= ?1",
    [RECORD_DROP_UNVERIFIED] = "DELETE FROM message WHERE is_verified = 0 "
                               "AND id <= ?1",
    [RECORD_DROP_UNVERIFIED_BYTES] =
        ("DELETE FROM bytes WHERE id IN (SELECT id FROM message "
         "WHERE is_verified = 0 AND id <= ?1)"),
    [RECORD_DROP_ONE] = "DELETE FROM message WHERE id = ?1",
    [RECORD_DROP_ONE_BYTES] = "DELETE FROM bytes WHERE id = ?1",
    [RECORD_EXPIRED] = "SELECT id, len, is_verified FROM message "
                       "WHERE profile = ?1 AND at < ?2 ORDER BY id LIMIT ?3",
    [RECORD_PAGES] = "PRAGMA page_count",
    [RECORD_FREE_PAGES] = "PRAGMA freelist_count",
    [RECORD_DATA_VERSION] = "PRAGMA data_version",
    [RECORD_UNVERIFIED] = "SELECT sum(len) FROM message WHERE is_verified = 0",
    [RECORD_COUNT] = "SELECT count(*) FROM message",
    [RECORD_FIRST_AT] = "SELECT at FROM message ORDER BY id LIMIT 1",
    [RECORD_SCAN_UP] =
        "SELECT " INT_COLUMNS "," TEXT_COLUMNS " FROM message ORDER BY id",
    [RECORD_SCAN_DOWN] =
        "SELECT " INT_COLUMNS "," TEXT_COLUMNS " FROM message ORDER BY id DESC",
    [RECORD_GET] = ("SELECT " INT_COLUMNS "," TEXT_COLUMNS ","
                    " (SELECT bytes FROM part WHERE part.id = rules),"
                    " (SELECT request FROM bytes WHERE bytes.id = message.id),"
                    " (SELECT reply FROM bytes WHERE bytes.id = message.id),"
                    " (SELECT bytes FROM part WHERE part.id = tail)"
                    " FROM message WHERE id = ?1"),
};

enum err(record_fault)(struct record_file *r, struct fault *f, const char *what)
{
    int code = sqlite3_errcode(r->db) & 0xff;
    bool is_torn = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

    return fault_set(f, is_torn ? ERR_BAD_DATA_FORMAT : ERR_STORE,
                     "recorder %s: %s: %s", r->file, what,
                     sqlite3_errmsg(r->db));
}

enum err record_run(struct record_file *r, const char *sql, struct fault *f)
{
    if (sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return ERR_OK;
    return record_fault(r, f, "cannot be used");
}

enum err record_statement(struct record_file *r, enum record_sql which,
                          struct sqlite3_stmt **out, struct fault *f)
{
    struct sqlite3_stmt **stmt = &r->statements[which];

    if (*stmt == NULL &&
        sqlite3_prepare_v3(r->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                           stmt, NULL) != SQLITE_OK)
        return record_fault(r, f, "cannot be read");
    sqlite3_reset(*stmt);
    *out = *stmt;
    return ERR_OK;
}

enum err record_number(struct record_file *r, enum record_sql which,
                       int64_t *out, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    int code;

    TRY(record_statement(r, which, &stmt, f));
    code = sqlite3_step(stmt);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return ERR_OK;
    return record_fault(r, f, "cannot be read");
}

enum err record_get_figure(struct record_file *r, const char *name,
                           int64_t *out, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;

    TRY(record_statement(r, RECORD_GET_FIGURE, &stmt, f));
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    return record_number(r, RECORD_GET_FIGURE, out, f);
}

enum err record_put_figure(struct record_file *r, enum record_sql how,
                           const char *name, int64_t value, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;

    TRY(record_statement(r, how, &stmt, f));
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, value);
    return record_step(r, stmt, f);
}

enum err record_step(struct record_file *r, struct sqlite3_stmt *stmt,
                     struct fault *f)
{
    int code = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return code == SQLITE_DONE ? ERR_OK
                               : record_fault(r, f, "cannot be written");
}

/* --- the file --- */

/* Mode 0600 from its first moment on. */
static enum err ensure_file(const struct record_file_options *o,
                            struct fault *f)
{
    struct stat st;
    int fd;

    if (stat(o->file, &st) == 0) {
        if (S_ISREG(st.st_mode))
            return ERR_OK;
        return fault_set(f, ERR_STORE, "recorder %s is not a file", o->file);
    }
    if (errno == ENOENT && o->read_only)
        return fault_set(f, ERR_NOT_FOUND, "recorder %s is not there", o->file);
    fd = errno == ENOENT
             ? open(o->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
             : -1;
    if (fd < 0 && errno != EEXIST)
        return fault_set(f, ERR_STORE, "recorder %s cannot be created: %s",
                         o->file, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ERR_OK;
}

static void remember_file(struct record_file *r)
{
    struct stat st;

    r->is_memory = stat(r->file, &st) != 0;
    if (r->is_memory)
        return;
    r->dev = st.st_dev;
    r->ino = st.st_ino;
}

bool record_file_is_current(const struct record_file *r)
{
    struct stat st;

    return r->is_memory || (stat(r->file, &st) == 0 && st.st_dev == r->dev &&
                            st.st_ino == r->ino);
}

/* The log has an eighth, and what is left but for its index the database. */
static void share_out(struct record_file *r, uint64_t size)
{
    uint64_t log = size / 8;

    r->max_wal_pages = (int64_t)(log / (PAGE_SIZE + 24));
    r->max_pages = (int64_t)((size - log - (uint64_t)64 * 1024) / PAGE_SIZE);
    r->max_unverified = (int64_t)(size / 4);
    r->batch = size / 32 < (1U << 20) ? (size_t)(size / 32) : (size_t)1 << 20;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct record_file *r = arg;

    (void)db;
    (void)name;
    r->wal_pages = pages;
    return SQLITE_OK;
}

static enum err set_up_writer(struct record_file *r, struct fault *f)
{
    char sql[256];

    text_format(sql, sizeof(sql),
                "PRAGMA page_size=%d; PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=OFF; PRAGMA secure_delete=OFF;"
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000;"
                "PRAGMA journal_size_limit=%lld",
                PAGE_SIZE, (long long)r->max_wal_pages * (PAGE_SIZE + 24));
    TRY(record_run(r, sql, f));
    sqlite3_wal_hook(r->db, on_commit, r);
    return ERR_OK;
}

static enum err get_pragma(struct record_file *r, const char *sql, int64_t *out,
                           struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    bool is_row;

    if (sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return record_fault(r, f, "cannot be read");
    is_row = sqlite3_step(stmt) == SQLITE_ROW;
    *out = is_row ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return is_row ? ERR_OK : record_fault(r, f, "cannot be read");
}

/* `is_new`: nothing is there yet. */
static enum err check_kind(struct record_file *r, bool *is_new, struct fault *f)
{
    int64_t application, version, pages;

    TRY(get_pragma(r, "PRAGMA application_id", &application, f));
    TRY(get_pragma(r, "PRAGMA user_version", &version, f));
    TRY(get_pragma(r, "SELECT count(*) FROM sqlite_schema", &pages, f));
    *is_new = pages == 0;
    if (*is_new)
        return ERR_OK;
    if (application != APPLICATION_ID)
        return fault_set(f, ERR_EXISTS,
                         "recorder.file %s is another program's database; name "
                         "a file of the recorder's own",
                         r->file);
    if (version != LAYOUT)
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "recorder %s: another version of this program made it",
                         r->file);
    return ERR_OK;
}

/* Who closes the file says so; a file left open may be torn. */
static enum err check_whole(struct record_file *r, struct fault *f)
{
    struct sqlite3_stmt *stmt = NULL;
    const char *said;
    bool is_whole;
    int64_t is_open;

    TRY(record_get_figure(r, "is_open", &is_open, f));
    if (is_open == 0)
        return ERR_OK;
    if (sqlite3_prepare_v2(r->db, "PRAGMA quick_check(1)", -1, &stmt, NULL) !=
        SQLITE_OK)
        return record_fault(r, f, "cannot be read");
    said = sqlite3_step(stmt) == SQLITE_ROW
               ? (const char *)sqlite3_column_text(stmt, 0)
               : NULL;
    is_whole = said != NULL && strcmp(said, "ok") == 0;
    if (!is_whole)
        fault_set(f, ERR_BAD_DATA_FORMAT, "recorder %s is torn: %s", r->file,
                  said == NULL ? sqlite3_errmsg(r->db) : said);
    sqlite3_finalize(stmt);
    return is_whole ? ERR_OK : ERR_BAD_DATA_FORMAT;
}

static enum err begin_new(struct record_file *r, struct fault *f)
{
    enum err e = record_run(r, layout, f);

    if (e != ERR_OK)
        return e;
    return record_put_figure(r, RECORD_SET_FIGURE, "began", clock_millis(), f);
}

/* Room is made before it is needed; this holds if that should be wrong. */
static enum err limit_growth(struct record_file *r, struct fault *f)
{
    char sql[64];

    text_format(sql, sizeof(sql), "PRAGMA max_page_count=%lld",
                (long long)r->max_pages);
    return record_run(r, sql, f);
}

static enum err start_writing(struct record_file *r, struct fault *f)
{
    bool is_new;

    TRY(check_kind(r, &is_new, f)); /* before anything is changed */
    TRY(set_up_writer(r, f));
    if (is_new)
        TRY(begin_new(r, f));
    TRY(check_whole(r, f));
    TRY(record_put_figure(r, RECORD_SET_FIGURE, "is_open", 1, f));
    TRY(record_shrink(r, f));
    return limit_growth(r, f);
}

static enum err start_reading(struct record_file *r, struct fault *f)
{
    bool is_new;

    /* Closing it leaves the log to who writes. */
    sqlite3_db_config(r->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    TRY(record_run(r, "PRAGMA query_only=ON", f));
    TRY(check_kind(r, &is_new, f));
    if (is_new)
        return fault_set(f, ERR_NOT_FOUND, "recorder %s is empty", r->file);
    return ERR_OK;
}

static enum err open_db(struct record_file *r, const char *vfs, struct fault *f)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE;

    if (vfs != NULL)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(r->file, &r->db, flags, vfs) != SQLITE_OK)
        return record_fault(r, f, "cannot be opened");
    sqlite3_extended_result_codes(r->db, 1);
    sqlite3_busy_timeout(r->db, BUSY_MS);
    return ERR_OK;
}

enum err record_file_open(const struct record_file_options *o,
                          struct record_file **out, struct fault *f)
{
    AUTO(record_file) r = calloc(1, sizeof(*r));

    if (r == NULL)
        return fault_set(f, ERR_NO_MEM, "recorder");
    r->file = strdup(o->file);
    r->read_only = true; /* until it is open: nothing to say when it closes */
    if (r->file == NULL)
        return fault_set(f, ERR_NO_MEM, "recorder");
    share_out(r,
              o->size < RECORD_FILE_SIZE_MIN ? RECORD_FILE_SIZE_MIN : o->size);
    if (o->vfs == NULL)
        TRY(ensure_file(o, f));
    TRY(open_db(r, o->vfs, f));
    remember_file(r);
    TRY(o->read_only ? start_reading(r, f) : start_writing(r, f));
    r->read_only = o->read_only;
    *out = r;
    r = NULL;
    return ERR_OK;
}

/* When that fails, the next to open the file looks closer. */
static void mark_closed(struct record_file *r)
{
    struct fault why = { 0 };
    enum err e = record_put_figure(r, RECORD_SET_FIGURE, "is_open", 0, &why);

    (void)e;
}

void record_file_free(struct record_file *r)
{
    if (r == NULL)
        return;
    if (!r->read_only && record_file_is_current(r))
        mark_closed(r);
    for (size_t i = 0; i < RECORD_SQL_NUM; i++)
        sqlite3_finalize(r->statements[i]);
    record_forget_parts(r);
    sqlite3_close(r->db);
    free(r->file);
    free(r);
}

enum err record_file_set_aside(const char *file, struct fault *f)
{
    static const char *const beside[] = { "-wal", "-shm" };
    char path[4096];

    text_format(path, sizeof(path), "%s.broken", file);
    if (rename(file, path) != 0)
        return fault_set(f, ERR_STORE, "recorder %s: cannot be renamed: %s",
                         file, strerror(errno));
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        text_format(path, sizeof(path), "%s%s", file, beside[i]);
        unlink(path); /* mostly there is none */
    }
    return ERR_OK;
}
