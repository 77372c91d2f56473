/*
 * What is reported as done is there after a power cut; what is not is there
 * whole or not at all.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/crash_vfs.h"
#include "support/store_case.h"

#define FILE_NAME "store"
#define NUM_RUNS 100
#define NUM_CHANGES 40
#define NUM_CASES 400

/* What the submitter was told about one enrolment. */
enum told {
    TOLD_NOTHING,
    TOLD_FAILED,
    TOLD_ENROLLED,
    TOLD_CONFIRMED
};

struct run {
    uint64_t seed;
    const char *synchronous;
    enum crash_mode mode;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int under_way;
    int64_t num; /* how many are tried or may be there */
    enum told told[NUM_CASES];
    enum told asked[NUM_CASES]; /* the most that may be there */
};

struct ticket {
    struct run *run;
    int64_t n;
    enum told means;
};

static struct store *open_store(const struct run *r, struct fault *f)
{
    const struct store_options options = {
        .file = FILE_NAME,
        .node = "node",
        .hash = case_hash,
        .gather_us = 50,
        .batch = 8,
        .vfs = CRASH_VFS,
        .synchronous = r->synchronous,
    };
    struct store *s = NULL;

    return store_open(&options, &s, f) == ERR_OK ? s : NULL;
}

static void tell(void *arg, enum change_result result, const struct fault *f)
{
    struct ticket *t = arg;
    struct run *r = t->run;

    (void)f;
    pthread_mutex_lock(&r->mutex);
    if (result == CHANGE_DONE)
        r->told[t->n] = t->means;
    r->under_way--;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
    free(t);
}

static void submit(struct run *r, struct store *s, struct change *c, int64_t n,
                   enum told means)
{
    struct ticket *t = malloc(sizeof(*t));

    if (t == NULL)
        abort();
    *t = (struct ticket){ r, n, means };
    pthread_mutex_lock(&r->mutex);
    r->under_way++;
    r->asked[n] = means;
    pthread_mutex_unlock(&r->mutex);
    store_submit(s, c, tell, t);
}

/* Some may be under way at a time, so that batches form. */
static void wait_until(struct run *r, int at_most)
{
    pthread_mutex_lock(&r->mutex);
    while (r->under_way > at_most)
        pthread_cond_wait(&r->wake, &r->mutex);
    pthread_mutex_unlock(&r->mutex);
}

/* New enrolments and confirmations, until the power goes or all are in. */
static void work(struct run *r, struct store *s, int64_t first)
{
    AUTO(arena) a = arena_new((size_t)16 << 20);
    AUTO(store_session) session = NULL;
    struct change *c;
    int64_t n;

    if (a == NULL || store_session_new(s, &session, NULL) != ERR_OK)
        return;
    for (int i = 0; i < NUM_CHANGES && !crash_vfs_is_cut(); i++) {
        n = first + i;
        submit(r, s, case_enrol(a, n), n, TOLD_ENROLLED);
        wait_until(r, i % 7);
        if (i % 3 != 2)
            continue;
        n -= 2;
        wait_until(r, 0);
        c = case_confirmation(session, a, n);
        if (c != NULL)
            submit(r, s, c, n, TOLD_CONFIRMED);
        arena_reset(a);
    }
    wait_until(r, 0);
}

static enum told found_as(enum case_found found)
{
    switch (found) {
    case CASE_NOTHING:
    case CASE_IN_PIECES:
        return TOLD_NOTHING;
    case CASE_ENROLLED:
        return TOLD_ENROLLED;
    case CASE_CONFIRMED:
        return TOLD_CONFIRMED;
    }
    return TOLD_NOTHING;
}

/* How many enrolments the store has less of than it told, or in pieces. */
static int count_wrong(const struct run *r, struct store *s)
{
    AUTO(store_session) session = NULL;
    enum case_found found;
    int64_t broken = 0;
    int wrong = 0;

    if (store_session_new(s, &session, NULL) != ERR_OK)
        return NUM_CASES;
    for (int64_t n = 0; n < r->num; n++) {
        found = case_find(session, n);
        wrong += found == CASE_IN_PIECES || found_as(found) < r->told[n] ||
                 found_as(found) > r->asked[n];
    }
    if (store_check_audit(session, &broken, NULL) != ERR_OK || broken != 0)
        wrong++;
    return wrong;
}

/* Three lives of one store, each ended by a cut at a random moment. The
 * number of things that are wrong after one of them. */
static int live(struct run *r)
{
    unsigned seed = (unsigned)r->seed;
    int64_t first = 0;
    struct store *s;
    int wrong = 0;

    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->wake, NULL);
    crash_vfs_reset();
    for (int life = 0; life < 3; life++) {
        crash_vfs_power_cut_after(1 + (unsigned)rand_r(&seed) % 400,
                                  r->seed * 3 + (uint64_t)life, r->mode);
        s = open_store(r, NULL);
        if (s != NULL)
            work(r, s, first);
        first += NUM_CHANGES;
        r->num = first;
        if (!crash_vfs_is_cut())
            crash_vfs_power_cut(r->seed, r->mode);
        store_free(s);
        crash_vfs_restart();
        s = open_store(r, NULL);
        wrong += s == NULL ? NUM_CASES : count_wrong(r, s);
        store_free(s);
        wrong += !crash_vfs_is_whole(FILE_NAME);
        if (wrong > 0)
            break;
    }
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->mutex);
    return wrong;
}

static void cut_many_times(enum crash_mode mode)
{
    for (uint64_t seed = 1; seed <= NUM_RUNS; seed++) {
        struct run r = { .seed = seed, .mode = mode };
        int wrong = live(&r);

        if (wrong != 0)
            fail_msg("seed %d: %d wrong", (int)seed, wrong);
    }
}

static void test_drop(void **state)
{
    (void)state;
    cut_many_times(CRASH_DROP);
}

static void test_reorder(void **state)
{
    (void)state;
    cut_many_times(CRASH_REORDER);
}

static void test_tear(void **state)
{
    (void)state;
    cut_many_times(CRASH_TEAR);
}

/* The same test sees what is missing when nothing is synced. */
static void test_without_syncs_it_shows(void **state)
{
    int runs = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct run r = { .seed = seed,
                         .mode = CRASH_DROP,
                         .synchronous = "OFF" };

        runs += live(&r) != 0;
    }
    assert_true(runs > 0);
}

/* --- failing disks --- */

static void commit(struct store *s, struct change *c, enum err expected)
{
    struct fault f = { 0 };
    enum err e = store_commit(s, c, &f);

    if (e != expected)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(expected),
                 f.text);
}

/* A write or sync that fails fails its change only; nothing of it stays, not
 * after a power cut either; what comes after is stored. */
static void fail_once(enum crash_op op, unsigned long n, unsigned long times,
                      int code)
{
    const struct run r = { 0 };
    AUTO(arena) a = arena_new((size_t)16 << 20);
    AUTO(store_session) session = NULL;
    struct store *s;

    crash_vfs_reset();
    s = open_store(&r, NULL);
    assert_non_null(s);
    commit(s, case_enrol(a, 1), ERR_OK);
    crash_vfs_fail(op, n, times, code);
    commit(s, case_enrol(a, 2), ERR_STORE);
    assert_int_equal(store_session_new(s, &session, NULL), ERR_OK);
    assert_int_equal(case_find(session, 1), CASE_ENROLLED);
    assert_int_equal(case_find(session, 2), CASE_NOTHING);
    crash_vfs_fail(op, 1, 0, code);
    commit(s, case_enrol(a, 3), ERR_OK);
    crash_vfs_power_cut(n, n % 2 == 0 ? CRASH_DROP : CRASH_REORDER);
    store_session_free(session);
    session = NULL;
    store_free(s);
    crash_vfs_restart();
    s = open_store(&r, NULL);
    assert_non_null(s);
    assert_int_equal(store_session_new(s, &session, NULL), ERR_OK);
    assert_int_equal(case_find(session, 1), CASE_ENROLLED);
    assert_int_equal(case_find(session, 2), CASE_NOTHING);
    assert_int_equal(case_find(session, 3), CASE_ENROLLED);
    commit(s, case_enrol(a, 2), ERR_OK);
    store_session_free(session);
    session = NULL;
    store_free(s);
    assert_true(crash_vfs_is_whole(FILE_NAME));
}

static void test_failing_writes(void **state)
{
    (void)state;
    for (unsigned long n = 1; n <= 15; n++) {
        fail_once(CRASH_WRITE, n, 1, SQLITE_IOERR_WRITE);
        fail_once(CRASH_WRITE, n, 1000, SQLITE_FULL);
    }
}

static void test_failing_syncs(void **state)
{
    (void)state;
    fail_once(CRASH_SYNC, 1, 1, SQLITE_IOERR_FSYNC);
    fail_once(CRASH_SYNC, 1, 5, SQLITE_IOERR_FSYNC);
}

/* A sync fails, the power goes at once: what was reported as failed is not
 * there, since another commit has taken its place in the log. */
static void fail_sync_then_cut(uint64_t seed)
{
    const struct run r = { 0 };
    AUTO(arena) a = arena_new((size_t)16 << 20);
    AUTO(store_session) session = NULL;
    struct store *s;

    crash_vfs_reset();
    s = open_store(&r, NULL);
    assert_non_null(s);
    commit(s, case_enrol(a, 1), ERR_OK);
    crash_vfs_fail(CRASH_SYNC, 1, 1, SQLITE_IOERR_FSYNC);
    commit(s, case_enrol(a, 2), ERR_STORE);
    crash_vfs_power_cut(seed, CRASH_KEEP);
    store_free(s);
    crash_vfs_restart();
    s = open_store(&r, NULL);
    assert_non_null(s);
    assert_int_equal(store_session_new(s, &session, NULL), ERR_OK);
    assert_int_equal(case_find(session, 1), CASE_ENROLLED);
    assert_int_equal(case_find(session, 2), CASE_NOTHING);
    store_session_free(session);
    session = NULL;
    store_free(s);
}

static void test_failed_sync_then_cut(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        fail_sync_then_cut(seed);
}

/* The log neither grows without end nor loses anything when it starts over. */
static void test_checkpoints(void **state)
{
    struct run r = { .seed = 1, .num = NUM_CASES };
    AUTO(arena) a = arena_new((size_t)64 << 20);
    struct store *s;

    (void)state;
    pthread_mutex_init(&r.mutex, NULL);
    pthread_cond_init(&r.wake, NULL);
    crash_vfs_reset();
    s = open_store(&r, NULL);
    assert_non_null(s);
    for (int64_t n = 0; n < 6000; n++) {
        store_submit(s, case_enrol(a, n), NULL, NULL);
        if (n % 100 == 99)
            arena_reset(a);
        if (n < NUM_CASES)
            r.told[n] = r.asked[n] = TOLD_ENROLLED;
    }
    commit(s, change_new(), ERR_OK);
    crash_vfs_power_cut(1, CRASH_DROP);
    store_free(s);
    crash_vfs_restart();
    s = open_store(&r, NULL);
    assert_non_null(s);
    assert_int_equal(count_wrong(&r, s), 0);
    store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_reorder),
        cmocka_unit_test(test_tear),
        cmocka_unit_test(test_without_syncs_it_shows),
        cmocka_unit_test(test_failing_writes),
        cmocka_unit_test(test_failing_syncs),
        cmocka_unit_test(test_failed_sync_then_cut),
        cmocka_unit_test(test_checkpoints),
    };
    int failed;

    crash_vfs_register();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    crash_vfs_reset();
    return failed;
}
