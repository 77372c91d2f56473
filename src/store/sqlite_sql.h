/*
 * Every statement of the sqlite back end but the schema. Parameters and
 * columns of a record are numbered as its fields in record.c; what a statement
 * needs besides comes behind them.
 */
#ifndef STORE_SQLITE_SQL_H
#define STORE_SQLITE_SQL_H

#define STATION_COLUMNS                                                        \
    "id, vendor, serial, state, subject, certificate, first_seen, last_seen, " \
    "version"
#define TXN_COLUMNS                                                       \
    "id, requester, requester_cert, transaction_id, profile, body_type, " \
    "pvno, state, "                                                       \
    "sender_nonce, station, deadline, ended_at, version"
#define CERTIFICATE_COLUMNS                                                    \
    "id, ca, serial, station, txn, cert_req_id, request_digest, der, status, " \
    "not_before, not_after, previous, pending_update, revoked_at, reason, "    \
    "invalidity_date, changed, version"
#define EXCHANGE_COLUMNS "e.id, e.txn, e.digest, e.head, t.bytes"
#define CRL_COLUMNS "id, ca, number, this_update, next_update, covers, der"
#define REQUEST_COLUMNS                                                      \
    "id, txn, cert_req_id, state, message, reason, decided_by, decided_at, " \
    "check_after, created_at, answer_of, data, version"
#define SECRET_COLUMNS                                                  \
    "id, reference, sealed, name, profile, state, is_weak, uses_left, " \
    "expires_at, created_at, last_used_at, vendor, serial, purpose, version"
#define AUDIT_COLUMNS "id, at, node, entry, digest"

/* A list's filter; a parameter that is NULL asks for nothing. 5 is
 * CERTIFICATE_UNPROVEN. */
#define CERTIFICATE_FILTER                                   \
    " AND id > ?1 AND (?2 IS NULL OR ca = ?2) "              \
    "AND (?3 IS NULL OR serial = ?3) "                       \
    "AND (status = ?4 OR (?4 IS NULL AND status != 5)) "     \
    "AND (?5 IS NULL OR not_after < ?5) "                    \
    "AND (?6 IS NULL OR station IN (SELECT id FROM station " \
    "WHERE vendor = ?6)) "                                   \
    "AND (?7 IS NULL OR station IN (SELECT id FROM station " \
    "WHERE serial = ?7)) "                                   \
    "ORDER BY id LIMIT ?8"
#define SELECT_CERTIFICATES \
    "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE "

#define REQUEST_FILTER                             \
    " AND id > ?1 AND (?2 IS NULL OR state = ?2) " \
    "AND (?3 IS NULL OR txn = ?3) ORDER BY id LIMIT ?4"
#define SELECT_REQUESTS "SELECT " REQUEST_COLUMNS " FROM request WHERE "

/* Transactions that a purge takes, the oldest first. */
#define PURGED                                                   \
    "(SELECT id FROM txn WHERE ended_at != 0 AND ended_at < ?1 " \
    "ORDER BY ended_at, id LIMIT ?2)"

/* clang-format off */
#define SQL_TABLE(SQL)                                                         \
    /* reading */                                                              \
    SQL(FIND_REPLY,                                                            \
        "SELECT e.head, t.bytes FROM txn x "                                   \
        "JOIN exchange e ON e.txn = x.id AND e.digest = ?2 "                   \
        "LEFT JOIN tail t ON t.id = e.tail "                                   \
        "WHERE x.transaction_id = ?1 LIMIT 1")                                 \
    SQL(FIND_TRANSACTION,                                                      \
        "SELECT " TXN_COLUMNS " FROM txn "                                     \
        "WHERE transaction_id = ?2 AND requester = ?1")                        \
    SQL(FIND_TRANSACTION_BY_ID,                                                \
        "SELECT " TXN_COLUMNS " FROM txn WHERE id = ?1")                       \
    SQL(LIST_TRANSACTIONS,                                                     \
        "SELECT " TXN_COLUMNS " FROM txn WHERE transaction_id = ?1 "           \
        "ORDER BY id")                                                         \
    SQL(FIND_STATION,                                                          \
        "SELECT " STATION_COLUMNS " FROM station "                             \
        "WHERE vendor = ?1 AND serial = ?2")                                   \
    SQL(FIND_STATION_BY_ID,                                                    \
        "SELECT " STATION_COLUMNS " FROM station WHERE id = ?1")               \
    SQL(LIST_STATIONS,                                                         \
        "SELECT " STATION_COLUMNS " FROM station "                             \
        "WHERE id > ?1 AND (?2 IS NULL OR vendor = ?2) ORDER BY id LIMIT ?3")  \
    SQL(FIND_NAME, "SELECT station FROM name WHERE name = ?1")                 \
    SQL(FIND_CERTIFICATE,                                                      \
        "SELECT " CERTIFICATE_COLUMNS " FROM certificate "                     \
        "WHERE serial = ?2 AND ca = ?1")                                       \
    SQL(FIND_CERTIFICATE_BY_ID,                                                \
        "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE id = ?1")       \
    SQL(FIND_ISSUED,                                                           \
        "SELECT " CERTIFICATE_COLUMNS " FROM certificate "                     \
        "WHERE txn = ?1 AND cert_req_id = ?2 ORDER BY id DESC LIMIT 1")        \
    SQL(HAS_REQUEST, "SELECT 1 FROM certificate WHERE request_digest = ?1")    \
    SQL(LIST_ISSUED,                                                           \
        SELECT_CERTIFICATES "txn = ?1 ORDER BY id")                            \
    SQL(FIND_REQUEST,                                                          \
        "SELECT " REQUEST_COLUMNS " FROM request "                             \
        "WHERE txn = ?1 AND cert_req_id = ?2")                                 \
    SQL(FIND_REQUEST_BY_ID,                                                    \
        "SELECT " REQUEST_COLUMNS " FROM request WHERE id = ?1")               \
    SQL(LIST_REQUESTS, SELECT_REQUESTS "1" REQUEST_FILTER)                     \
    SQL(LIST_REQUESTS_IN_STATE, SELECT_REQUESTS "state = ?2" REQUEST_FILTER)   \
    SQL(LIST_REQUESTS_OF, SELECT_REQUESTS "txn = ?3" REQUEST_FILTER)           \
    SQL(FIND_SECRET,                                                           \
        "SELECT " SECRET_COLUMNS " FROM secret WHERE reference = ?1")          \
    SQL(FIND_SECRET_BY_NAME,                                                   \
        "SELECT " SECRET_COLUMNS " FROM secret WHERE name = ?1 "               \
        "ORDER BY state = 1 DESC, id DESC LIMIT 1")                            \
    SQL(LIST_SECRETS,                                                          \
        "SELECT " SECRET_COLUMNS " FROM secret WHERE id > ?1 "                 \
        "ORDER BY id LIMIT ?2")                                                \
    SQL(LIST_CERTIFICATES, SELECT_CERTIFICATES "1" CERTIFICATE_FILTER)           \
    SQL(LIST_SERIAL, SELECT_CERTIFICATES "serial = ?3" CERTIFICATE_FILTER)       \
    SQL(LIST_REVOKED_ONLY,                                                     \
        SELECT_CERTIFICATES "revoked_at != 0" CERTIFICATE_FILTER)                \
    SQL(LIST_OF_STATION,                                                       \
        SELECT_CERTIFICATES "station = (SELECT id FROM station "                 \
        "WHERE vendor = ?6 AND serial = ?7) AND (?9 = 0 OR revoked_at != 0)"   \
        CERTIFICATE_FILTER)                                                    \
    SQL(LIST_REVOKED,                                                          \
        "SELECT id, ca, serial, station, txn, cert_req_id, request_digest, "   \
        "NULL, status, not_before, not_after, previous, pending_update, "      \
        "revoked_at, reason, invalidity_date, changed, version "               \
        "FROM certificate "                                                    \
        "WHERE revoked_at != 0 AND ca = ?1 AND not_after >= ?2 ORDER BY id")   \
    SQL(REVOCATION_COUNT, "SELECT revocations FROM ca WHERE ca = ?1")          \
    SQL(FIND_CRL,                                                              \
        "SELECT " CRL_COLUMNS " FROM crl WHERE ca = ?1 "                       \
        "ORDER BY number DESC LIMIT 1")                                        \
    SQL(LIST_DUE,                                                              \
        "SELECT " TXN_COLUMNS " FROM txn "                                     \
        "WHERE deadline != 0 AND deadline <= ?1 "                              \
        "ORDER BY deadline, id LIMIT ?2")                                      \
    SQL(LIST_AUDIT,                                                            \
        "SELECT " AUDIT_COLUMNS " FROM audit WHERE id > ?1 "                   \
        "ORDER BY id LIMIT ?2")                                                \
    SQL(LIST_HEADS, "SELECT node, last, digest FROM head")                     \
    SQL(SERVED, "SELECT served FROM served")                                   \
    SQL(ALL_STATIONS, "SELECT " STATION_COLUMNS " FROM station")               \
    SQL(ALL_NAMES, "SELECT name, station FROM name")                           \
    SQL(ALL_TRANSACTIONS, "SELECT " TXN_COLUMNS " FROM txn")                   \
    SQL(ALL_EXCHANGES,                                                         \
        "SELECT " EXCHANGE_COLUMNS " FROM exchange e "                         \
        "LEFT JOIN tail t ON t.id = e.tail")                                   \
    SQL(ALL_CERTIFICATES,                                                      \
        "SELECT " CERTIFICATE_COLUMNS " FROM certificate")                     \
    SQL(ALL_CRLS, "SELECT " CRL_COLUMNS " FROM crl")                           \
    SQL(ALL_CAS, "SELECT ca, revocations, crl_number FROM ca")                 \
    SQL(ALL_REQUESTS, "SELECT " REQUEST_COLUMNS " FROM request")               \
    SQL(ALL_SECRETS, "SELECT " SECRET_COLUMNS " FROM secret")                  \
    SQL(ALL_AUDIT, "SELECT " AUDIT_COLUMNS " FROM audit")                      \
    SQL(FIND_WORD, "SELECT id FROM word WHERE text = ?1")                      \
    SQL(FIND_WORD_TEXT, "SELECT text FROM word WHERE id = ?1")                 \
    SQL(SNAPSHOT, "BEGIN")                                                     \
    SQL(SNAPSHOT_END, "COMMIT")                                                \
    /* writing */                                                              \
    SQL(BEGIN, "BEGIN IMMEDIATE")                                              \
    SQL(COMMIT, "COMMIT")                                                      \
    SQL(ROLLBACK, "ROLLBACK")                                                  \
    SQL(MARK, "SAVEPOINT change")                                              \
    SQL(KEEP, "RELEASE change")                                                \
    SQL(UNDO, "ROLLBACK TO change")                                            \
    SQL(ADD_WORD, "INSERT INTO word(text) VALUES(?1)")                         \
    SQL(ADD_STATION,                                                           \
        "INSERT INTO station(vendor, serial, state, subject, certificate, "    \
        "first_seen, last_seen, version) "                                     \
        "VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, 1) ON CONFLICT DO NOTHING")        \
    SQL(SET_STATION,                                                           \
        "UPDATE station SET state = ?4, subject = ?5, certificate = ?6, "      \
        "last_seen = ?8, version = version + 1 WHERE id = ?1 AND version = ?9")\
    SQL(CLAIM_NAME,                                                            \
        "INSERT INTO name(name, station) VALUES(?1, ?2) "                      \
        "ON CONFLICT DO NOTHING")                                              \
    SQL(ADD_TRANSACTION,                                                       \
        "INSERT INTO txn(requester, requester_cert, transaction_id, profile, " \
        "body_type, pvno, state, sender_nonce, station, deadline, ended_at, "  \
        "version) VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "                \
        "CASE WHEN ?14 = 0 OR ?12 != 0 THEN 0 "                                \
        "ELSE ?14 + (SELECT served FROM served) END, ?12, 1) "                 \
        "ON CONFLICT DO NOTHING")                                              \
    SQL(SET_TRANSACTION,                                                       \
        "UPDATE txn SET state = ?8, sender_nonce = ?9, ended_at = ?12, "       \
        "deadline = CASE WHEN ?12 = 0 THEN deadline ELSE 0 END, "              \
        "version = version + 1 WHERE id = ?1 AND version = ?13")               \
    SQL(SET_TRANSACTION_WAIT,                                                  \
        "UPDATE txn SET state = ?8, sender_nonce = ?9, ended_at = ?12, "       \
        "deadline = CASE WHEN ?14 = 0 OR ?12 != 0 THEN 0 "                     \
        "ELSE ?14 + (SELECT served FROM served) END, "                         \
        "version = version + 1 WHERE id = ?1 AND version = ?13")               \
    SQL(FIND_TAIL, "SELECT id FROM tail WHERE digest = ?1")                    \
    SQL(ADD_TAIL, "INSERT INTO tail(digest, bytes) VALUES(?1, ?2)")            \
    SQL(ADD_EXCHANGE,                                                          \
        "INSERT INTO exchange(txn, digest, head, tail) "                       \
        "VALUES(?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")                       \
    SQL(DROP_REPLY, "DELETE FROM exchange WHERE txn = ?2")                     \
    SQL(ADD_REQUEST,                                                           \
        "INSERT INTO request(txn, cert_req_id, state, message, reason, "       \
        "decided_by, decided_at, check_after, created_at, answer_of, data, "   \
        "version) VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1) "   \
        "ON CONFLICT DO NOTHING")                                              \
    SQL(SET_REQUEST,                                                           \
        "UPDATE request SET state = ?4, reason = ?6, decided_by = ?7, "        \
        "decided_at = ?8, check_after = ?9, answer_of = ?11, data = ?12, "     \
        "version = version + 1 WHERE id = ?1 AND version = ?13")               \
    SQL(ADD_SECRET,                                                            \
        "INSERT INTO secret(reference, sealed, name, profile, state, is_weak, "\
        "uses_left, expires_at, created_at, last_used_at, vendor, serial, "    \
        "purpose, version) VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "  \
        "?12, ?13, ?14, 1) ON CONFLICT DO NOTHING")                                           \
    SQL(USE_SECRET,                                                            \
        "UPDATE secret SET uses_left = uses_left - (uses_left > 0), "          \
        "state = CASE uses_left WHEN 1 THEN 2 ELSE state END, "                \
        "last_used_at = ?11, version = version + 1 "                           \
        "WHERE id = ?1 AND state = 1 AND uses_left != 0 "                      \
        "AND (expires_at = 0 OR expires_at > ?11)")                            \
    SQL(SET_SECRET,                                                            \
        "UPDATE secret SET sealed = ?3, state = ?6, uses_left = ?8, "          \
        "expires_at = ?9, version = version + 1 "                              \
        "WHERE id = ?1 AND version = ?15")                                     \
    SQL(ADD_CERTIFICATE,                                                       \
        "INSERT INTO certificate(ca, serial, station, txn, cert_req_id, "      \
        "request_digest, der, status, not_before, not_after, previous, "       \
        "pending_update, revoked_at, reason, invalidity_date, changed, "       \
        "version) "                                                            \
        "VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "     \
        "?15, ?16, ?17, 1) ON CONFLICT DO NOTHING")                            \
    SQL(COUNT_REVOCATION,                                                      \
        "INSERT INTO ca(ca, revocations, crl_number) SELECT ca, 1, 0 "         \
        "FROM certificate WHERE id = ?1 AND (revoked_at != ?14 OR "            \
        "(revoked_at != 0 AND (reason != ?15 OR invalidity_date != ?16))) "    \
        "ON CONFLICT(ca) DO UPDATE SET revocations = revocations + 1")         \
    SQL(SET_CERTIFICATE,                                                       \
        "UPDATE certificate SET status = ?9, pending_update = ?13, "           \
        "revoked_at = ?14, reason = ?15, invalidity_date = ?16, "              \
        "changed = ?17, version = version + 1 WHERE id = ?1 AND version = ?18")\
    SQL(COUNT_CRL,                                                             \
        "INSERT INTO ca(ca, revocations, crl_number) VALUES(?2, 0, 1) "        \
        "ON CONFLICT(ca) DO UPDATE SET crl_number = crl_number + 1 "           \
        "RETURNING crl_number")                                                \
    SQL(ADD_CRL,                                                               \
        "INSERT INTO crl(ca, number, this_update, next_update, covers, der) "  \
        "VALUES(?2, ?3, ?4, ?5, ?6, ?7)")                                      \
    SQL(DROP_CRLS, "DELETE FROM crl WHERE ca = ?2 AND number < ?3")            \
    SQL(FIND_HEAD, "SELECT digest FROM head WHERE node = ?1")                  \
    SQL(ADD_AUDIT,                                                             \
        "INSERT INTO audit(at, node, entry, digest) VALUES(?2, ?3, ?4, ?5)")   \
    SQL(SET_HEAD,                                                              \
        "INSERT INTO head(node, last, digest) VALUES(?1, ?2, ?3) "             \
        "ON CONFLICT(node) DO UPDATE SET last = ?2, digest = ?3")              \
    SQL(SET_SERVED, "UPDATE served SET served = ?2 WHERE served = ?1")         \
    SQL(RAISE_DEADLINES,                                                       \
        "UPDATE txn SET deadline = ?1 + (SELECT served FROM served) "          \
        "WHERE deadline != 0 "                                                 \
        "AND deadline < ?1 + (SELECT served FROM served)")                     \
    SQL(PURGE_EXCHANGES, "DELETE FROM exchange WHERE txn IN " PURGED)          \
    SQL(PURGE_REQUESTS, "DELETE FROM request WHERE txn IN " PURGED)            \
    SQL(PURGE_TRANSACTIONS, "DELETE FROM txn WHERE id IN " PURGED)             \
    SQL(PURGE_TAILS,                                                           \
        "DELETE FROM tail WHERE NOT EXISTS "                                   \
        "(SELECT 1 FROM exchange e WHERE e.tail = tail.id)")                   \
    SQL(DATA_VERSION, "PRAGMA data_version")                                   \
    SQL(FENCE, "UPDATE served SET fence = fence + 1")
/* clang-format on */

#endif
