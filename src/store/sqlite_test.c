/*
 * What only a file can show: opening, other processes, damage.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/store_case.h"

struct place {
    char dir[32];
    char file[64];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return -1;
    snprintf(p->dir, sizeof(p->dir), "/tmp/sqlite_test.XXXXXX");
    if (mkdtemp(p->dir) == NULL)
        return -1;
    snprintf(p->file, sizeof(p->file), "%s/store", p->dir);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    struct place *p = *state;
    char path[80];

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", p->file, ends[i]);
        unlink(path);
    }
    rmdir(p->dir);
    free(p);
    return 0;
}

static enum err open_as(const char *file, const char *node, bool read_only,
                        bool must_exist, struct store **out, struct fault *f)
{
    const struct store_options options = {
        .file = file,
        .node = node,
        .hash = case_hash,
        .gather_us = 1,
        .read_only = read_only,
        .must_exist = must_exist,
    };

    return store_open(&options, out, f);
}

static struct store *open_node(const struct place *p, const char *node)
{
    struct store *s = NULL;
    struct fault f = { 0 };

    if (open_as(p->file, node, false, false, &s, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return s;
}

static struct store_session *session_of(struct store *s)
{
    struct store_session *session = NULL;
    struct fault f = { 0 };

    if (store_session_new(s, &session, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return session;
}

static void commit(struct store *s, struct change *c, enum err expected)
{
    struct fault f = { 0 };
    enum err e = store_commit(s, c, &f);

    if (e != expected)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(expected),
                 f.text);
}

static enum case_found find(struct store *s, int64_t n)
{
    AUTO(store_session) session = session_of(s);

    return case_find(session, n);
}

static int64_t broken_audit(struct store *s)
{
    AUTO(store_session) session = session_of(s);
    int64_t broken = -1;

    assert_int_equal(store_check_audit(session, &broken, NULL), ERR_OK);
    return broken;
}

/* Runs SQL on the file behind the store's back. */
static void meddle(const struct place *p, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(p->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* --- opening --- */

static void test_reopening_keeps_everything(void **state)
{
    const struct place *p = *state;
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *s = open_node(p, "one");
    struct store_session *session = session_of(s);
    const char *before, *after;
    struct stat st;

    for (int64_t n = 0; n < 20; n++)
        commit(s, case_enrol(a, n), ERR_OK);
    for (int64_t n = 0; n < 10; n++)
        commit(s, case_confirmation(session, a, n), ERR_OK);
    assert_int_equal(store_describe(session, a, &before, NULL), ERR_OK);
    store_session_free(session);
    store_free(s);
    assert_int_equal(stat(p->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    s = open_node(p, "one");
    session = session_of(s);
    assert_int_equal(store_describe(session, a, &after, NULL), ERR_OK);
    assert_string_equal(before, after);
    commit(s, case_enrol(a, 3), ERR_LOST);
    commit(s, case_enrol(a, 20), ERR_OK);
    assert_int_equal(broken_audit(s), 0);
    store_session_free(session);
    store_free(s);
}

static void write_file(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void expect_refusal(const char *file, bool read_only, bool must_exist,
                           const char *words)
{
    struct store *s = NULL;
    struct fault f = { 0 };

    assert_int_equal(open_as(file, "n", read_only, must_exist, &s, &f),
                     ERR_STORE);
    assert_null(s);
    if (strstr(f.text, file) == NULL || strstr(f.text, words) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", f.text, words);
}

static void test_refused_files(void **state)
{
    const struct place *p = *state;
    char text[8192];
    char path[128];

    expect_refusal(p->file, true, false, "not there");
    expect_refusal(p->file, false, true, "stationmaster init");
    assert_int_equal(access(p->file, F_OK), -1);
    expect_refusal(p->dir, false, false, "not a file");
    snprintf(path, sizeof(path), "%s/no/such/dir", p->dir);
    expect_refusal(path, false, false, "No such file or directory");

    memset(text, 'x', sizeof(text));
    write_file(p->file, text, sizeof(text));
    expect_refusal(p->file, false, false, "file is not a database");
    unlink(p->file);

    write_file(p->file, "", 0);
    expect_refusal(p->file, false, true, "empty");
    expect_refusal(p->file, true, false, "empty");
    unlink(p->file);

    meddle(p, "CREATE TABLE other(x)");
    expect_refusal(p->file, false, false, "not a store");
    unlink(p->file);
}

static void test_newer_schema_is_left_alone(void **state)
{
    const struct place *p = *state;
    struct stat before, after;

    store_free(open_node(p, "one"));
    meddle(p, "PRAGMA user_version=99");
    assert_int_equal(stat(p->file, &before), 0);
    expect_refusal(p->file, false, false, "version 99");
    expect_refusal(p->file, true, false, "version 99");
    assert_int_equal(stat(p->file, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

/* What is damaged is said, not believed. */
static void test_damaged_file(void **state)
{
    const struct place *p = *state;
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *s = open_node(p, "one");
    char junk[4096];
    const char *text;
    struct store_session *session;
    struct fault f = { 0 };
    struct stat st;
    FILE *file;

    for (int64_t n = 0; n < 50; n++)
        commit(s, case_enrol(a, n), ERR_OK);
    store_free(s);
    assert_int_equal(stat(p->file, &st), 0);
    file = fopen(p->file, "r+");
    assert_non_null(file);
    memset(junk, 0x5a, sizeof(junk));
    for (long at = 4096; at < st.st_size; at += 4096) {
        fseek(file, at, SEEK_SET);
        assert_int_equal(fwrite(junk, 1, sizeof(junk), file), sizeof(junk));
    }
    fclose(file);
    if (open_as(p->file, "one", false, false, &s, &f) == ERR_OK) {
        session = session_of(s);
        assert_int_equal(store_describe(session, a, &text, &f), ERR_STORE);
        store_session_free(session);
        store_free(s);
    }
    assert_non_null(strstr(f.text, "malformed"));
    assert_non_null(strstr(f.text, "restore a backup"));
}

static void test_reading_beside_a_writer(void **state)
{
    const struct place *p = *state;
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *s = open_node(p, "one"), *reader = NULL;
    struct fault f = { 0 };

    commit(s, case_enrol(a, 1), ERR_OK);
    assert_int_equal(open_as(p->file, "tool", true, true, &reader, &f), ERR_OK);
    assert_int_equal(find(reader, 1), CASE_ENROLLED);
    commit(s, case_enrol(a, 2), ERR_OK);
    assert_int_equal(find(reader, 2), CASE_ENROLLED);
    assert_int_equal(store_commit(reader, case_enrol(a, 3), &f), ERR_STORE);
    assert_non_null(strstr(f.text, "reading only"));
    store_free(s);
    assert_int_equal(find(reader, 2), CASE_ENROLLED);
    assert_int_equal(broken_audit(reader), 0);
    store_free(reader);
}

/* --- the audit chain --- */

static void test_changed_audit_is_found(void **state)
{
    static const struct {
        const char *sql;
        int64_t broken;
    } cases[] = {
        { "UPDATE audit SET entry = CAST('forged' AS BLOB) WHERE id = 4", 4 },
        { "UPDATE audit SET digest = zeroblob(32) WHERE id = 2", 2 },
        { "DELETE FROM audit WHERE id = 3", 5 },
        { "DELETE FROM audit WHERE id = 1", 3 },
        { "DELETE FROM audit WHERE id = 6", 6 },
        { "DELETE FROM audit", 5 },
        { "UPDATE audit SET node = (SELECT node FROM audit WHERE id = 2)"
          " WHERE id = 3",
          3 },
    };
    struct place *p = *state;
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *one, *two;
    struct store *stores[2];
    int64_t broken;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unlink(p->file);
        stores[0] = one = open_node(p, "one");
        stores[1] = two = open_node(p, "two");
        for (int64_t n = 0; n < 6; n++)
            commit(stores[n % 2], case_enrol(a, n), ERR_OK);
        assert_int_equal(broken_audit(one), 0);
        store_free(one);
        store_free(two);
        meddle(p, cases[i].sql);
        one = open_node(p, "one");
        broken = broken_audit(one);
        if (broken != cases[i].broken)
            fail_msg("%s: %d instead of %d", cases[i].sql, (int)broken,
                     (int)cases[i].broken);
        store_free(one);
    }
}

/* --- several at once --- */

static void test_two_stores_on_one_file(void **state)
{
    const struct place *p = *state;
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *one = open_node(p, "one"), *two = open_node(p, "two");
    AUTO(store_session) in_one = session_of(one);
    AUTO(store_session) in_two = session_of(two);

    for (int64_t n = 0; n < 30; n++) {
        commit(n % 2 == 0 ? one : two, case_enrol(a, n), ERR_OK);
        commit(n % 2 == 0 ? two : one, case_enrol(a, n), ERR_LOST);
        commit(n % 2 == 0 ? two : one,
               case_confirmation(n % 2 == 0 ? in_two : in_one, a, n), ERR_OK);
    }
    for (int64_t n = 0; n < 30; n++) {
        assert_int_equal(case_find(in_one, n), CASE_CONFIRMED);
        assert_int_equal(case_find(in_two, n), CASE_CONFIRMED);
    }
    assert_int_equal(broken_audit(one), 0);
    store_session_free(in_one);
    store_session_free(in_two);
    in_one = in_two = NULL;
    store_free(one);
    store_free(two);
}

#define NUM_PROCESSES 3
#define NUM_SHARED 60

/* A process that enrols and confirms what no other has; the exit status says
 * how many it won. */
static void race(const struct place *p, int index)
{
    char node[8];
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *s = NULL;
    struct store_session *session = NULL;
    struct change *c;
    int wins = 0;
    enum err e = ERR_STORE;

    snprintf(node, sizeof(node), "p%d", index);
    if (open_as(p->file, node, false, false, &s, NULL) != ERR_OK ||
        store_session_new(s, &session, NULL) != ERR_OK)
        _exit(255);
    for (int64_t n = 0; n < NUM_SHARED; n++) {
        arena_reset(a);
        e = store_commit(s, case_enrol(a, n), NULL);
        wins += e == ERR_OK;
        if (e != ERR_OK && e != ERR_LOST)
            _exit(254);
        c = case_confirmation(session, a, n);
        if (c == NULL)
            _exit(253);
        e = store_commit(s, c, NULL);
        if (e != ERR_OK && e != ERR_LOST)
            _exit(252);
    }
    store_session_free(session);
    store_free(s);
    _exit(wins);
}

static void test_processes_race(void **state)
{
    const struct place *p = *state;
    pid_t children[NUM_PROCESSES];
    int status, wins = 0;
    struct store *s;

    /* the file is made by whoever comes first, too */
    for (int i = 0; i < NUM_PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            race(p, i);
    }
    for (int i = 0; i < NUM_PROCESSES; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) <= NUM_SHARED);
        wins += WEXITSTATUS(status);
    }
    assert_int_equal(wins, NUM_SHARED);
    s = open_node(p, "after");
    for (int64_t n = 0; n < NUM_SHARED; n++)
        assert_int_equal(find(s, n), CASE_CONFIRMED);
    assert_int_equal(broken_audit(s), 0);
    store_free(s);
}

/* --- killed --- */

struct reporter {
    int fd;
    int64_t n;
};

static void report(void *arg, enum change_result result, const struct fault *f)
{
    struct reporter *r = arg;

    (void)f;
    if (result == CHANGE_DONE &&
        write(r->fd, &r->n, sizeof(r->n)) != (ssize_t)sizeof(r->n))
        _exit(1);
    free(r);
}

/* Enrols without end, and says through the pipe which are done. */
static void enrol_for_ever(const struct place *p, int fd, int64_t first)
{
    const struct store_options options = { .file = p->file,
                                           .node = "killed",
                                           .hash = case_hash,
                                           .gather_us = 200,
                                           .batch = 8 };
    AUTO(arena) a = arena_new((size_t)1 << 24);
    struct store *s = NULL;
    struct reporter *r;

    if (store_open(&options, &s, NULL) != ERR_OK)
        _exit(1);
    for (int64_t n = first;; n++) {
        r = malloc(sizeof(*r));
        *r = (struct reporter){ fd, n };
        arena_reset(a);
        store_submit(s, case_enrol(a, n), report, r);
        if (n % 5 == 0)
            usleep(500);
    }
}

static void test_killed_processes(void **state)
{
    const struct place *p = *state;
    int64_t n, last = 0, first = 1;
    unsigned seed = 7;
    struct store *s;
    pid_t child;
    int fds[2];

    for (int run = 0; run < 50; run++) {
        assert_int_equal(pipe(fds), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(fds[0]);
            enrol_for_ever(p, fds[1], first);
        }
        close(fds[1]);
        usleep((useconds_t)(1000 + rand_r(&seed) % 30000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        s = open_node(p, "after");
        while (read(fds[0], &n, sizeof(n)) == (ssize_t)sizeof(n)) {
            assert_int_equal(find(s, n), CASE_ENROLLED);
            last = n;
        }
        close(fds[0]);
        /* beyond what was reported: whole or nothing */
        for (n = last + 1; n < last + 30; n++)
            assert_int_not_equal(find(s, n), CASE_IN_PIECES);
        store_free(s);
        first += 100000;
    }
    assert_true(last > 0);
}

int main(void)
{
#define TEST(what) cmocka_unit_test_setup_teardown(test_##what, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reopening_keeps_everything), TEST(refused_files),
        TEST(newer_schema_is_left_alone), TEST(damaged_file),
        TEST(reading_beside_a_writer),    TEST(changed_audit_is_found),
        TEST(two_stores_on_one_file),     TEST(processes_race),
        TEST(killed_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
