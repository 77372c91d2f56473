/*
 * The contract: a change happens whole or not at all, and one of many wins.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/store_bench.h"

/* --- changes that lose --- */

static void lose_station(struct bench *b, struct change *c)
{
    struct station_record r = case_station(b->a, 1);

    change_add_station(c, &r);
}

static void lose_set_station(struct bench *b, struct change *c)
{
    struct station_record r = bench_station(b, 1);

    r.version++;
    change_set_station(c, &r);
}

static void lose_set_no_station(struct bench *b, struct change *c)
{
    struct station_record r = bench_station(b, 1);

    r.id = 77;
    change_set_station(c, &r);
}

static void lose_name(struct bench *b, struct change *c)
{
    change_claim_name(c, case_station(b->a, 1).subject, 2);
}

static void lose_name_to_new(struct bench *b, struct change *c)
{
    change_claim_name(c, case_station(b->a, 1).subject, STORE_NEW);
}

static void lose_transaction(struct bench *b, struct change *c)
{
    struct transaction_record r = case_transaction(b->a, 1);

    change_add_transaction(c, &r, 0);
}

static void lose_set_transaction(struct bench *b, struct change *c)
{
    struct transaction_record r = bench_transaction(b, 1);

    r.version--;
    change_set_transaction(c, &r);
}

/* A version is good for one change, also within one. */
static void lose_set_twice(struct bench *b, struct change *c)
{
    struct transaction_record r = bench_transaction(b, 1);

    change_set_transaction(c, &r);
    change_set_transaction(c, &r);
}

static void lose_exchange(struct bench *b, struct change *c)
{
    change_add_exchange(c, 1, case_request(b->a, 1), SPAN_LIT("other"),
                        SPAN_LIT("new tail"));
}

static void lose_serial(struct bench *b, struct change *c)
{
    struct certificate_record r = case_certificate(b->a, 1);

    r.request_digest = SPAN_LIT("another request");
    change_add_certificate(c, &r);
}

static void lose_request(struct bench *b, struct change *c)
{
    struct certificate_record r = case_certificate(b->a, 1);

    r.serial = SPAN_LIT("another serial");
    r.ca = SPAN_LIT("another CA");
    change_add_certificate(c, &r);
}

static void lose_set_certificate(struct bench *b, struct change *c)
{
    struct certificate_record r = bench_certificate(b, 1);

    r.version = 0;
    r.revoked_at = 99;
    change_set_certificate(c, &r);
}

static void lose_crl_again(struct bench *b, struct change *c)
{
    struct crl_record r = { .ca = SPAN_LIT("issuing"), .number = 1 };

    (void)b;
    change_add_crl(c, &r);
}

static void lose_crl_gap(struct bench *b, struct change *c)
{
    struct crl_record r = { .ca = SPAN_LIT("issuing"), .number = 3 };

    (void)b;
    change_add_crl(c, &r);
}

static void lose_first_crl(struct bench *b, struct change *c)
{
    struct crl_record r = { .ca = SPAN_LIT("new CA"), .number = 2 };

    (void)b;
    change_add_crl(c, &r);
}

static void lose_set_transaction_wait(struct bench *b, struct change *c)
{
    struct transaction_record r = bench_transaction(b, 1);

    r.version++;
    change_set_transaction_wait(c, &r, 10);
}

static void lose_add_request(struct bench *b, struct change *c)
{
    struct request_record r = { .transaction = 1, .state = REQUEST_WAITING };

    (void)b;
    change_add_request(c, &r);
}

static void lose_set_request(struct bench *b, struct change *c)
{
    struct request_record r = { .id = 1, .state = REQUEST_DONE, .version = 1 };

    (void)b; /* the busy change has used that version */
    change_set_request(c, &r);
}

static void lose_add_secret(struct bench *b, struct change *c)
{
    struct secret_record r = { .reference = SPAN_LIT("reference") };

    (void)b;
    change_add_secret(c, &r);
}

/* It is good for one, and the busy change takes it. */
static void lose_use_secret(struct bench *b, struct change *c)
{
    (void)b;
    change_use_secret(c, 1, 10);
}

static void lose_set_secret(struct bench *b, struct change *c)
{
    struct secret_record r = { .id = 1, .state = SECRET_REVOKED };

    (void)b;
    change_set_secret(c, &r);
}

static void lose_served(struct bench *b, struct change *c)
{
    (void)b;
    change_set_served(c, 1, 2);
}

static const struct {
    const char *name;
    void (*lose)(struct bench *b, struct change *c);
} losers[] = {
    { "station is there", lose_station },
    { "station's version", lose_set_station },
    { "no such station", lose_set_no_station },
    { "name of another", lose_name },
    { "name of another, for a new one", lose_name_to_new },
    { "transaction is there", lose_transaction },
    { "transaction's version", lose_set_transaction },
    { "version used twice", lose_set_twice },
    { "exchange is there", lose_exchange },
    { "serial is there", lose_serial },
    { "request is there", lose_request },
    { "certificate's version", lose_set_certificate },
    { "CRL is there", lose_crl_again },
    { "CRL after next", lose_crl_gap },
    { "first CRL not 1", lose_first_crl },
    { "waiting transaction's version", lose_set_transaction_wait },
    { "certReqId is there", lose_add_request },
    { "request's version", lose_set_request },
    { "reference is there", lose_add_secret },
    { "secret's last use", lose_use_secret },
    { "secret's version", lose_set_secret },
    { "served by another", lose_served },
};
#define NUM_LOSERS (sizeof(losers) / sizeof(losers[0]))

/* Everything a change can do, none of which may stay when it is lost. */
static struct change *busy_change(struct bench *b)
{
    struct change *c = case_enrol(b->a, 500);
    struct station_record st = bench_station(b, 2);
    struct transaction_record t = bench_transaction(b, 2);
    struct certificate_record cert = bench_certificate(b, 2);
    struct crl_record crl = { .ca = SPAN_LIT("busy CA"), .number = 1 };
    struct secret_record secret = { .reference = SPAN_LIT("busy") };
    struct request_record request = { .id = 1,
                                      .state = REQUEST_APPROVED,
                                      .version = 1 };

    change_set_request(c, &request);
    request.transaction = STORE_NEW;
    change_add_request(c, &request);
    change_add_secret(c, &secret);
    change_use_secret(c, 1, 5);
    change_drop_reply(c, 3);
    st.state = STATION_BLOCKED;
    t.state = TRANSACTION_REJECTED;
    t.ended_at = 10;
    cert.revoked_at = 10;
    change_set_station(c, &st);
    change_set_transaction(c, &t);
    change_set_certificate(c, &cert);
    change_add_exchange(c, STORE_NEW, SPAN_LIT("d"), SPAN_LIT("h"),
                        SPAN_LIT("a tail not seen before"));
    change_add_crl(c, &crl);
    change_drop_crls(c, SPAN_LIT("issuing"), 100);
    change_raise_deadlines(c, 100000);
    change_purge(c, 100000, 100);
    change_set_served(c, 0, 50);
    return c;
}

static void prepare_losers(struct bench *b)
{
    struct crl_record crl = { .ca = SPAN_LIT("issuing"), .number = 1 };
    struct request_record request = { .transaction = 1,
                                      .state = REQUEST_WAITING };
    struct secret_record secret = { .reference = SPAN_LIT("reference"),
                                    .state = SECRET_ACTIVE,
                                    .uses_left = 1 };
    struct change *c;

    for (int64_t n = 1; n <= 3; n++)
        bench_commit(b, case_enrol(b->a, n), ERR_OK);
    bench_commit(b, case_confirmation(b->s, b->a, 3), ERR_OK);
    c = change_new();
    change_add_crl(c, &crl);
    change_add_request(c, &request);
    change_add_secret(c, &secret);
    bench_commit(b, c, ERR_OK);
}

static void assert_chain_holds(struct bench *b)
{
    int64_t broken = -1;

    assert_int_equal(store_check_audit(b->s, &broken, NULL), ERR_OK);
    assert_int_equal(broken, 0);
}

static void test_lost_alone(void **state)
{
    struct bench *b = *state;
    const char *before;
    struct change *c;
    struct fault f;
    struct audit_list audit;
    size_t num_audit;

    prepare_losers(b);
    before = bench_describe(b);
    assert_int_equal(store_list_audit(b->s, 0, 100, b->a, &audit, NULL),
                     ERR_OK);
    num_audit = audit.num;
    for (size_t i = 0; i < NUM_LOSERS; i++) {
        c = busy_change(b);
        losers[i].lose(b, c);
        if (store_commit(b->store, c, &f) != ERR_LOST)
            fail_msg("%s: not lost", losers[i].name);
        if (strcmp(bench_describe(b), before) != 0)
            fail_msg("%s: left %s, was %s", losers[i].name, bench_describe(b),
                     before);
    }
    assert_int_equal(store_list_audit(b->s, 0, 100, b->a, &audit, NULL),
                     ERR_OK);
    assert_int_equal(audit.num, num_audit);
    /* and the busy change itself was not what lost */
    bench_commit(b, busy_change(b), ERR_OK);
    assert_chain_holds(b);
}

struct results {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int num;
    enum change_result results[8];
};

struct result_slot {
    struct results *all;
    int at;
};

static void note_result(void *arg, enum change_result result,
                        const struct fault *f)
{
    struct result_slot *slot = arg;

    (void)f;
    pthread_mutex_lock(&slot->all->mutex);
    slot->all->results[slot->at] = result;
    slot->all->num++;
    pthread_cond_signal(&slot->all->wake);
    pthread_mutex_unlock(&slot->all->mutex);
}

/* Submits the changes so that they share a batch, and waits for all. */
static void submit_together(struct bench *b, struct change *const *changes,
                            int num, enum change_result *out)
{
    struct results all = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                           .wake = PTHREAD_COND_INITIALIZER };
    struct result_slot slots[8];

    for (int i = 0; i < num; i++) {
        slots[i] = (struct result_slot){ &all, i };
        store_submit(b->store, changes[i], note_result, &slots[i]);
    }
    pthread_mutex_lock(&all.mutex);
    while (all.num < num)
        pthread_cond_wait(&all.wake, &all.mutex);
    pthread_mutex_unlock(&all.mutex);
    memcpy(out, all.results, (size_t)num * sizeof(*out));
}

/* A loser between two neighbours: theirs stays, all of its own goes. */
static void test_lost_in_a_batch(void **state)
{
    struct bench *b = *state;
    enum change_result results[3];
    struct change *changes[3];
    struct store_stats stats;
    int64_t n = 100;

    for (size_t i = 0; i < NUM_LOSERS; i++) {
        bench_close(b);
        bench_open(b, 0, b->dir[0] == '\0' ? 20000 : 1);
        if (i == 0 || b->dir[0] == '\0')
            prepare_losers(b); /* mem forgets */
        if (b->dir[0] != '\0') {
            bench_close(b);
            bench_open(b, 3, 2000000);
        }
        changes[0] = case_enrol(b->a, n);
        changes[1] = busy_change(b);
        losers[i].lose(b, changes[1]);
        changes[2] = case_enrol(b->a, n + 1);
        submit_together(b, changes, 3, results);
        if (results[0] != CHANGE_DONE || results[1] != CHANGE_LOST ||
            results[2] != CHANGE_DONE)
            fail_msg("%s: %d %d %d", losers[i].name, results[0], results[1],
                     results[2]);
        store_stats(b->store, &stats);
        if (b->dir[0] != '\0')
            assert_int_equal(stats.batches, 1);
        assert_int_equal(stats.lost, 1);
        assert_int_equal(case_find(b->s, n), CASE_ENROLLED);
        assert_int_equal(case_find(b->s, n + 1), CASE_ENROLLED);
        assert_int_equal(case_find(b->s, 500), CASE_NOTHING);
        assert_int_equal(bench_station(b, 2).state, STATION_ACTIVE);
        assert_int_equal(bench_certificate(b, 2).revoked_at, 0);
        assert_chain_holds(b);
        n += 2;
    }
}

/* --- many at once --- */

#define NUM_THREADS 8
#define NUM_KEYS 40
#define NUM_STEPS 25

struct racer {
    struct bench *b;
    pthread_t thread;
    unsigned wins[NUM_KEYS];
    unsigned steps, retries;
    bool failed;
};

/* Adds every key, whoever comes first. */
static void *race_to_add(void *arg)
{
    struct racer *r = arg;
    AUTO(arena) a = arena_new((size_t)16 << 20);
    enum err e;

    for (int64_t n = 0; n < NUM_KEYS; n++) {
        e = store_commit(r->b->store, case_enrol(a, n), NULL);
        r->wins[n] += e == ERR_OK;
        r->failed = r->failed || (e != ERR_OK && e != ERR_LOST);
    }
    return NULL;
}

/* Changes one row again and again, reading it anew when another was first. */
static void *race_to_set(void *arg)
{
    struct racer *r = arg;
    AUTO(arena) a = arena_new((size_t)16 << 20);
    AUTO(store_session) s = NULL;
    struct station_record station;
    struct change *c;
    enum err e;

    if (store_session_new(r->b->store, &s, NULL) != ERR_OK) {
        r->failed = true;
        return NULL;
    }
    while (r->steps < NUM_STEPS && !r->failed) {
        arena_reset(a);
        if (store_find_station_by_id(s, 1, a, &station, NULL) != ERR_OK)
            r->failed = true;
        station.last_seen++;
        c = change_new();
        change_set_station(c, &station);
        e = store_commit(r->b->store, c, NULL);
        r->steps += e == ERR_OK;
        r->retries += e == ERR_LOST;
        r->failed = r->failed || (e != ERR_OK && e != ERR_LOST);
    }
    return NULL;
}

static void run_racers(struct bench *b, struct racer racers[NUM_THREADS],
                       void *(*run)(void *))
{
    for (size_t i = 0; i < NUM_THREADS; i++) {
        racers[i] = (struct racer){ .b = b };
        assert_int_equal(
            pthread_create(&racers[i].thread, NULL, run, &racers[i]), 0);
    }
    for (size_t i = 0; i < NUM_THREADS; i++) {
        pthread_join(racers[i].thread, NULL);
        assert_false(racers[i].failed);
    }
}

static void test_one_of_many_wins(void **state)
{
    struct bench *b = *state;
    struct racer racers[NUM_THREADS];
    struct store_stats stats;
    unsigned wins;

    run_racers(b, racers, race_to_add);
    for (int64_t n = 0; n < NUM_KEYS; n++) {
        wins = 0;
        for (size_t i = 0; i < NUM_THREADS; i++)
            wins += racers[i].wins[n];
        assert_int_equal(wins, 1);
        assert_int_equal(case_find(b->s, n), CASE_ENROLLED);
    }
    store_stats(b->store, &stats);
    assert_int_equal(stats.changes, NUM_THREADS * NUM_KEYS);
    assert_int_equal(stats.lost, (NUM_THREADS - 1) * NUM_KEYS);
    assert_int_equal(stats.failed, 0);
}

static void test_no_change_is_overwritten(void **state)
{
    struct bench *b = *state;
    struct racer racers[NUM_THREADS];
    struct station_record r;

    bench_commit(b, case_enrol(b->a, 1), ERR_OK);
    run_racers(b, racers, race_to_set);
    r = bench_station(b, 1);
    assert_int_equal(r.version, 1 + NUM_THREADS * NUM_STEPS);
    assert_int_equal(r.last_seen, 1001 + NUM_THREADS * NUM_STEPS);
}

/* A hint spares the wait for neighbours; closing commits what is queued. */
static void test_hint_and_close(void **state)
{
    struct bench *b = *state;
    struct change *changes[1];
    enum change_result result;

    bench_close(b);
    bench_open(b, 100, 300 * 1000 * 1000);
    changes[0] = case_enrol(b->a, 1);
    store_hint_idle(b->store); /* nothing is queued: means nothing */
    store_submit(b->store, changes[0], NULL, NULL);
    store_hint_idle(b->store);
    while (case_find(b->s, 1) == CASE_NOTHING)
        usleep(1000);
    store_submit(b->store, case_enrol(b->a, 2), NULL, NULL);
    bench_close(b);
    bench_open(b, 1, 1);
    changes[0] = case_enrol(b->a, 2);
    submit_together(b, changes, 1, &result);
    assert_int_equal(result, b->dir[0] == '\0' ? CHANGE_DONE : CHANGE_LOST);
}

int main(void)
{
    static const struct bench_test tests[] = {
        BENCH_TEST(lost_alone),       BENCH_TEST(lost_in_a_batch),
        BENCH_TEST(one_of_many_wins), BENCH_TEST(no_change_is_overwritten),
        BENCH_TEST(hint_and_close),
    };

    return bench_run("changes", tests, sizeof(tests) / sizeof(tests[0]));
}
