/*
 * A file of an older schema: brought up to date with everything in it, and
 * what becomes of rows that only the file has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/store_case.h"

struct place {
    char dir[32];
    char file[64];
    struct store *s;
    struct store_session *session;
    struct arena *a;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return -1;
    snprintf(p->dir, sizeof(p->dir), "/tmp/migrate_test.XXXXXX");
    if (mkdtemp(p->dir) == NULL)
        return -1;
    snprintf(p->file, sizeof(p->file), "%s/store", p->dir);
    p->a = arena_new((size_t)1 << 24);
    *state = p;
    return 0;
}

static void close_store(struct place *p)
{
    store_session_free(p->session);
    store_free(p->s);
    p->session = NULL;
    p->s = NULL;
}

static int teardown(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    struct place *p = *state;
    char path[80];

    close_store(p);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", p->file, ends[i]);
        unlink(path);
    }
    rmdir(p->dir);
    arena_free(p->a);
    free(p);
    return 0;
}

static enum err try_open(struct place *p, bool read_only, struct fault *f)
{
    const struct store_options options = { .file = p->file,
                                           .node = "node",
                                           .hash = case_hash,
                                           .gather_us = 1,
                                           .read_only = read_only };

    return store_open(&options, &p->s, f);
}

static void open_store(struct place *p)
{
    struct fault f = { 0 };

    if (try_open(p, false, &f) != ERR_OK ||
        store_session_new(p->s, &p->session, &f) != ERR_OK)
        fail_msg("%s", f.text);
}

static void commit(struct place *p, struct change *c)
{
    struct fault f = { 0 };

    if (store_commit(p->s, c, &f) != ERR_OK)
        fail_msg("%s", f.text);
}

static char *load_text(const char *name)
{
    FILE *file = fopen(name, "rb");
    long len;
    char *text;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    len = ftell(file);
    rewind(file);
    text = calloc(1, (size_t)len + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)len, file), len);
    fclose(file);
    return text;
}

/* The file of version 1, made by that version's SQL. */
static void make_v1(const struct place *p)
{
    char *sql = load_text(VECTORS "/store/v1.sql");
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(p->file, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    free(sql);
}

/* The number that SQL gives, asked behind the store's back. */
static int64_t ask(const struct place *p, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    int64_t number;

    assert_int_equal(sqlite3_open(p->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}

static void test_version_1(void **state)
{
    struct span ca = SPAN_LIT("issuing");
    struct place *p = *state;
    struct certificate_list list;
    struct crl_record crl;
    const char *text;
    int64_t number;

    make_v1(p);
    assert_int_equal(ask(p, "PRAGMA user_version"), 1);
    open_store(p);
    assert_int_equal(ask(p, "PRAGMA user_version"), 3);
    assert_int_equal(case_find(p->session, 3), CASE_ENROLLED);
    assert_int_equal(
        store_list_revoked(p->session, ca, 0, p->a, &list, &number, NULL),
        ERR_OK);
    assert_int_equal(number, 1);
    assert_int_equal(list.num, 1);
    assert_int_equal(list.list[0].id, 2);
    assert_int_equal(list.list[0].revoked_at, 3000);
    assert_int_equal(list.list[0].reason, 1);
    assert_int_equal(list.list[0].invalidity_date, 0);
    assert_int_equal(list.list[0].changed, 3000);
    assert_int_equal(list.list[0].version, 3);
    assert_int_equal(case_find(p->session, 1), CASE_CONFIRMED);
    assert_int_equal(store_find_crl(p->session, ca, p->a, &crl, NULL), ERR_OK);
    assert_int_equal(crl.covers, 1);
    assert_true(span_is_equal(crl.der, SPAN_LIT("a CRL")));
    assert_int_equal(store_served(p->session, &number, NULL), ERR_OK);
    assert_int_equal(number, 17);
    assert_int_equal(store_check_audit(p->session, &number, NULL), ERR_OK);
    assert_int_equal(number, 0);
    assert_int_equal(store_describe(p->session, p->a, &text, NULL), ERR_OK);
    assert_non_null(strstr(text, "station=3 name=6 transaction=3 exchange=5 "
                                 "certificate=3 crl=1 ca=1 request=0 "
                                 "secret=0 "));
    /* and goes on from there */
    commit(p, case_confirmation(p->session, p->a, 3));
    commit(p, case_enrol(p->a, 4));
    assert_int_equal(case_find(p->session, 3), CASE_CONFIRMED);
    assert_int_equal(case_find(p->session, 4), CASE_ENROLLED);
    close_store(p);
    open_store(p); /* a file of this version already */
    assert_int_equal(case_find(p->session, 4), CASE_ENROLLED);
}

/* As a store of version 2 has it, secrets are for requests. */
static void test_version_2(void **state)
{
    static const char back[] = "ALTER TABLE secret DROP COLUMN purpose;"
                               "PRAGMA user_version=2;";
    struct place *p = *state;
    struct secret_record r = { .reference = SPAN_LIT("reference"),
                               .sealed = SPAN_LIT("sealed"),
                               .state = SECRET_ACTIVE,
                               .uses_left = 2,
                               .purpose = SECRET_FOR_REVOCATION };
    struct change *c = change_new();
    sqlite3 *db = NULL;

    open_store(p);
    change_add_secret(c, &r);
    commit(p, c);
    close_store(p);
    assert_int_equal(sqlite3_open(p->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, back, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    open_store(p);
    assert_int_equal(ask(p, "PRAGMA user_version"), 3);
    assert_int_equal(
        store_find_secret(p->session, SPAN_LIT("reference"), p->a, &r, NULL),
        ERR_OK);
    assert_int_equal(r.purpose, SECRET_FOR_REQUESTS);
    assert_int_equal(r.uses_left, 2);
    assert_int_equal(r.version, 1);
}

static void test_reading_an_older_one(void **state)
{
    struct place *p = *state;
    struct fault f = { 0 };

    make_v1(p);
    assert_int_equal(try_open(p, true, &f), ERR_STORE);
    assert_non_null(strstr(f.text, "schema version 1"));
    assert_non_null(strstr(f.text, "stationmaster serve"));
    assert_int_equal(ask(p, "PRAGMA user_version"), 1);
}

/* --- ends of replies --- */

static struct change *purge_all(void)
{
    struct change *c = change_new();

    change_purge(c, INT64_MAX, 100);
    return c;
}

static struct change *exchange(int64_t transaction, const char *digest,
                               const char *tail)
{
    struct change *c = change_new();

    change_add_exchange(c, transaction, span_str(digest), SPAN_LIT("head "),
                        span_str(tail));
    return c;
}

static void expect_reply(struct place *p, int64_t n, const char *digest,
                         const char *wanted)
{
    struct span reply;

    assert_int_equal(store_find_reply(p->session,
                                      case_transaction(p->a, n).transaction_id,
                                      span_str(digest), p->a, &reply, NULL),
                     ERR_OK);
    assert_true(span_is_equal(reply, span_str(wanted)));
}

/* A tail goes with the last reply that ends in it, and may come back. */
static void test_tails_are_purged(void **state)
{
    struct place *p = *state;

    open_store(p);
    commit(p, case_enrol(p->a, 1)); /* in case_tail */
    commit(p, case_enrol(p->a, 2));
    commit(p, exchange(1, "one", "first tail"));
    commit(p, exchange(2, "two", "second tail"));
    commit(p, purge_all());
    assert_int_equal(ask(p, "SELECT count(*) FROM tail"), 3);
    commit(p, case_confirmation(p->session, p->a, 1));
    commit(p, purge_all());
    assert_int_equal(ask(p, "SELECT count(*) FROM tail"), 2);
    expect_reply(p, 2, "two", "head second tail");
    commit(p, exchange(2, "three", "first tail"));
    expect_reply(p, 2, "three", "head first tail");
    assert_int_equal(ask(p, "SELECT count(*) FROM tail"), 3);
}

/* What one process remembers of tails is not believed once another purged. */
static void test_tail_purged_by_another(void **state)
{
    struct place *p = *state;
    struct place other = *p;
    struct change *c = change_new();

    open_store(p);
    commit(p, case_enrol(p->a, 1));
    commit(p, exchange(1, "one", "a tail"));
    change_drop_reply(c, 1);
    commit(p, c);
    open_store(&other);
    commit(&other, purge_all());
    assert_int_equal(ask(p, "SELECT count(*) FROM tail"), 0);
    commit(&other, exchange(1, "two", "another tail"));
    close_store(&other);
    commit(p, exchange(1, "three", "a tail"));
    expect_reply(p, 1, "two", "head another tail");
    expect_reply(p, 1, "three", "head a tail");
}

/* Nor what a change remembered that was undone. */
static void test_tail_of_a_lost_change(void **state)
{
    struct place *p = *state;
    struct change *c = exchange(1, "two", "a tail");

    open_store(p);
    commit(p, case_enrol(p->a, 1));
    change_purge(c, INT64_MAX, 100);
    change_add_exchange(c, 1, SPAN_LIT("three"), SPAN_LIT("head "),
                        SPAN_LIT("of the lost"));
    change_set_served(c, 5, 6);
    assert_int_equal(store_commit(p->s, c, NULL), ERR_LOST);
    assert_int_equal(ask(p, "SELECT count(*) FROM tail"), 1);
    commit(p, exchange(1, "four", "of the lost"));
    expect_reply(p, 1, "four", "head of the lost");
}

int main(void)
{
#define TEST(what) cmocka_unit_test_setup_teardown(test_##what, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(version_1),
        TEST(version_2),
        TEST(reading_an_older_one),
        TEST(tails_are_purged),
        TEST(tail_purged_by_another),
        TEST(tail_of_a_lost_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
