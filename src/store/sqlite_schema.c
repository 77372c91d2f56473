#include <sqlite3.h>

#include "store/sqlite.h"

/* "StMs", what tells our files from others. */
#define APPLICATION_ID 0x53744d73
#define APPLICATION_ID_SQL "PRAGMA application_id=1400130931;"

/*
 * Row i brings a file of version i to version i + 1; rows are only ever
 * added. Ids are row numbers, so that new rows lie side by side and a batch
 * dirties few pages; serial numbers go by time for the same reason. Ids
 * of rows that are deleted are not used again (AUTOINCREMENT).
 */
static const char *const migrations[] = {
    APPLICATION_ID_SQL
    "PRAGMA user_version=1;"
    "CREATE TABLE word(id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE);"
    "CREATE TABLE station(id INTEGER PRIMARY KEY, vendor INTEGER, serial BLOB,"
    " state INTEGER, subject BLOB, certificate INTEGER, first_seen INTEGER,"
    " last_seen INTEGER, version INTEGER);"
    "CREATE UNIQUE INDEX station_serial ON station(vendor, serial);"
    "CREATE TABLE name(name BLOB PRIMARY KEY, station INTEGER) WITHOUT ROWID;"
    "CREATE TABLE txn(id INTEGER PRIMARY KEY AUTOINCREMENT, requester BLOB,"
    " transaction_id BLOB, profile INTEGER, body_type INTEGER, pvno INTEGER,"
    " state INTEGER, sender_nonce BLOB, station INTEGER, deadline INTEGER,"
    " ended_at INTEGER, version INTEGER, requester_cert BLOB);"
    "CREATE UNIQUE INDEX txn_key ON txn(transaction_id, requester);"
    "CREATE INDEX txn_due ON txn(deadline) WHERE deadline != 0;"
    "CREATE INDEX txn_ended ON txn(ended_at) WHERE ended_at != 0;"
    "CREATE TABLE tail(id INTEGER PRIMARY KEY, digest BLOB UNIQUE, bytes BLOB);"
    "CREATE TABLE exchange(id INTEGER PRIMARY KEY AUTOINCREMENT, txn INTEGER,"
    " digest BLOB, head BLOB, tail INTEGER);"
    "CREATE UNIQUE INDEX exchange_key ON exchange(txn, digest);"
    "CREATE TABLE certificate(id INTEGER PRIMARY KEY, ca INTEGER, serial BLOB,"
    " station INTEGER, txn INTEGER, cert_req_id INTEGER, request_digest BLOB,"
    " status INTEGER, not_before INTEGER, not_after INTEGER, previous INTEGER,"
    " pending_update INTEGER, revoked_at INTEGER, reason INTEGER,"
    " changed INTEGER, version INTEGER, der BLOB);"
    "CREATE UNIQUE INDEX certificate_serial ON certificate(serial, ca);"
    "CREATE UNIQUE INDEX certificate_request ON certificate(request_digest);"
    "CREATE INDEX certificate_txn ON certificate(txn);"
    "CREATE INDEX certificate_station ON certificate(station);"
    "CREATE INDEX certificate_revoked ON certificate(ca)"
    " WHERE revoked_at != 0;"
    "CREATE TABLE crl(id INTEGER PRIMARY KEY AUTOINCREMENT, ca INTEGER,"
    " number INTEGER, this_update INTEGER, next_update INTEGER,"
    " covers INTEGER, der BLOB);"
    "CREATE UNIQUE INDEX crl_number ON crl(ca, number);"
    "CREATE TABLE ca(ca INTEGER PRIMARY KEY, revocations INTEGER,"
    " crl_number INTEGER);"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, at INTEGER, node INTEGER,"
    " entry BLOB, digest BLOB);"
    "CREATE TABLE head(node INTEGER PRIMARY KEY, last INTEGER, digest BLOB);"
    "CREATE TABLE served(id INTEGER PRIMARY KEY, served INTEGER,"
    " fence INTEGER);"
    "INSERT INTO served VALUES(1, 0, 0);",

    "PRAGMA user_version=2;"
    "ALTER TABLE certificate ADD COLUMN invalidity_date INTEGER DEFAULT 0;"
    "CREATE TABLE request(id INTEGER PRIMARY KEY AUTOINCREMENT, txn INTEGER,"
    " cert_req_id INTEGER, state INTEGER, reason BLOB, decided_by BLOB,"
    " decided_at INTEGER, check_after INTEGER, created_at INTEGER,"
    " answer_of INTEGER, version INTEGER, data BLOB, message BLOB);"
    "CREATE UNIQUE INDEX request_key ON request(txn, cert_req_id);"
    "CREATE INDEX request_state ON request(state);"
    "CREATE TABLE secret(id INTEGER PRIMARY KEY, reference BLOB, sealed BLOB,"
    " name BLOB, profile INTEGER, state INTEGER, is_weak INTEGER,"
    " uses_left INTEGER, expires_at INTEGER, created_at INTEGER,"
    " last_used_at INTEGER, vendor INTEGER, serial BLOB, version INTEGER);"
    "CREATE UNIQUE INDEX secret_reference ON secret(reference);"
    "CREATE INDEX secret_name ON secret(name) WHERE name IS NOT NULL;"
    "CREATE INDEX exchange_tail ON exchange(tail) WHERE tail IS NOT NULL;",

    ("PRAGMA user_version=3;"
     "ALTER TABLE secret ADD COLUMN purpose INTEGER DEFAULT 0;"),
};

#define CURRENT ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

struct schema {
    int64_t application, version, objects;
};

/* All of one moment: another process may be making the schema right now. */
static enum err schema_read(struct sqlite_conn *c, struct schema *out,
                            struct fault *f)
{
    enum err e;

    TRY(sqlite_conn_run(c, "SAVEPOINT look", f));
    e = sqlite_conn_get_int(c, "SELECT count(*) FROM sqlite_schema",
                            &out->objects, f);
    if (e == ERR_OK)
        e = sqlite_conn_get_int(c, "PRAGMA application_id", &out->application,
                                f);
    if (e == ERR_OK)
        e = sqlite_conn_get_int(c, "PRAGMA user_version", &out->version, f);
    if (e == ERR_OK)
        return sqlite_conn_run(c, "RELEASE look", f);
    /* What failed is told; the connection is closed next. */
    return e;
}

enum err schema_check(struct sqlite_conn *c, bool *is_new, struct fault *f)
{
    struct schema schema;

    TRY(schema_read(c, &schema, f));
    *is_new =
        schema.application == 0 && schema.version == 0 && schema.objects == 0;
    if (*is_new)
        return ERR_OK;
    if (schema.application != APPLICATION_ID)
        return fault_set(f, ERR_STORE,
                         "%s is a database, but not a store of stationmaster; "
                         "name another file",
                         c->file);
    if (schema.version > CURRENT)
        return fault_set(f, ERR_STORE,
                         "store %s has schema version %lld, this program knows "
                         "versions up to %lld; use the newer program",
                         c->file, (long long)schema.version,
                         (long long)CURRENT);
    return ERR_OK;
}

enum err schema_check_current(struct sqlite_conn *c, struct fault *f)
{
    int64_t version;

    TRY(sqlite_conn_get_int(c, "PRAGMA user_version", &version, f));
    if (version == CURRENT)
        return ERR_OK;
    return fault_set(f, ERR_STORE,
                     "store %s has schema version %lld, this program reads "
                     "version %lld; `stationmaster serve` brings it up to date",
                     c->file, (long long)version, (long long)CURRENT);
}

static enum err migrate(struct sqlite_conn *c, struct fault *f)
{
    int64_t version;
    bool is_new;

    /* again, since another process may have come first */
    TRY(schema_check(c, &is_new, f));
    TRY(sqlite_conn_get_int(c, "PRAGMA user_version", &version, f));
    for (; version < CURRENT; version++)
        TRY(sqlite_conn_run(c, migrations[version], f));
    return ERR_OK;
}

enum err schema_migrate(struct sqlite_conn *c, struct fault *f)
{
    int64_t version;
    enum err e;

    TRY(sqlite_conn_get_int(c, "PRAGMA user_version", &version, f));
    if (version == CURRENT)
        return ERR_OK;
    TRY(sqlite_conn_run(c, "BEGIN IMMEDIATE", f));
    e = migrate(c, f);
    if (e == ERR_OK)
        e = sqlite_conn_run(c, "COMMIT", f);
    if (e != ERR_OK && sqlite_conn_run(c, "ROLLBACK", NULL) != ERR_OK)
        return e; /* rolled back already */
    return e;
}
