#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "service/pool.h"

#define NUM_ISSUERS 2
#define DEADLINE ((int64_t)60 * 1000000)

/* Refused at once by the line with 400: what takes time is `send`. */
static const struct span request = SPAN_LIT("no message");
static const struct span confirmation =
    SPAN_LIT("\x30\x04\x30\x00\xb8\x00"); /* to the tag of certConf */

/* Answers, and a gate at which those of a slow lane wait. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool is_open;
    unsigned waiting, answered, turned_away;
};

struct rig {
    struct crypto *crypto;
    struct issuer issuers[NUM_ISSUERS];
    struct epoch epoch;
    struct authority authority;
    struct line line;
    struct path_profile profiles[NUM_ISSUERS];
    struct pool *pool;
    struct gate slow, quick;
};

static int64_t no_time(void *arg)
{
    (void)arg;
    return 0;
}

static void gate_init(struct gate *g, bool is_open)
{
    *g = (struct gate){ .is_open = is_open };
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->moved, NULL);
}

static void gate_done(struct gate *g)
{
    pthread_cond_destroy(&g->moved);
    pthread_mutex_destroy(&g->lock);
}

/* As on one processor, where others run only beside those that are stuck. */
static void rig_open(struct rig *r, unsigned num_issuers, unsigned workers,
                     unsigned queue)
{
    struct pool_options options = { workers, queue, 1 };
    struct store_options store = { .node = "a", .hash = hash_sha256_pair };

    memset(r, 0, sizeof(*r));
    assert_int_equal(crypto_new(&r->crypto, NULL), ERR_OK);
    r->epoch.users = 1;
    r->authority.crypto = r->crypto;
    r->authority.issuers = r->issuers;
    r->authority.num_issuers = num_issuers;
    r->authority.epoch = &r->epoch;
    pthread_mutex_init(&r->authority.epoch_lock, NULL);
    for (size_t i = 0; i < NUM_ISSUERS; i++)
        r->profiles[i].issuer = &r->issuers[i];
    r->line.authority = &r->authority;
    r->line.now = no_time;
    r->line.request_deadline = DEADLINE;
    assert_int_equal(store_open(&store, &r->line.store, NULL), ERR_OK);
    gate_init(&r->slow, false);
    gate_init(&r->quick, true);
    assert_int_equal(pool_new(&options, &r->line, &r->pool, NULL), ERR_OK);
}

static void rig_close(struct rig *r)
{
    pool_free(r->pool);
    store_free(r->line.store);
    gate_done(&r->slow);
    gate_done(&r->quick);
    pthread_mutex_destroy(&r->authority.epoch_lock);
    crypto_free(r->crypto);
}

/* job_send */
static void answer(void *arg, int status, struct span body)
{
    struct gate *g = arg;

    assert_true(body.len > 0);
    pthread_mutex_lock(&g->lock);
    if (status == 503) {
        g->turned_away++;
    } else {
        assert_int_equal(status, 400);
        g->waiting++;
        pthread_cond_broadcast(&g->moved);
        while (!g->is_open)
            pthread_cond_wait(&g->moved, &g->lock);
        g->waiting--;
        g->answered++;
    }
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

static void submit(struct rig *r, struct gate *g, size_t issuer,
                   struct span bytes)
{
    struct job *job = job_new();

    assert_non_null(job);
    job->entry = &r->profiles[issuer];
    job->bytes = bytes;
    job->received = clock_monotonic_micros();
    job->send = answer;
    job->send_arg = g;
    pool_submit(r->pool, job);
}

/* Until the gate moves; a test that waits in vain ends the program, since its
 * workers would for ever hold what is on its stack. */
static void wait_for_move(struct gate *g)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    if (pthread_cond_timedwait(&g->moved, &g->lock, &until) == 0)
        return;
    fprintf(stderr, "pool_test: waited in vain\n");
    abort();
}

static void wait_for_waiting(struct gate *g, unsigned num)
{
    pthread_mutex_lock(&g->lock);
    while (g->waiting < num)
        wait_for_move(g);
    pthread_mutex_unlock(&g->lock);
}

static void wait_for_answers(struct gate *g, unsigned num)
{
    pthread_mutex_lock(&g->lock);
    while (g->answered < num)
        wait_for_move(g);
    pthread_mutex_unlock(&g->lock);
}

static unsigned get_waiting(struct gate *g)
{
    unsigned n;

    pthread_mutex_lock(&g->lock);
    n = g->waiting;
    pthread_mutex_unlock(&g->lock);
    return n;
}

static void gate_open(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->is_open = true;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

/* A CA whose key hangs keeps half the workers at most: another CA's requests
 * and all confirmations go on. */
static void test_slow_ca(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, 2, 4, 100);
    for (unsigned i = 0; i < 10; i++)
        submit(&r, &r.slow, 0, request);
    wait_for_waiting(&r.slow, 2);
    for (unsigned i = 0; i < 20; i++) {
        submit(&r, &r.quick, 1, request);
        submit(&r, &r.quick, 0, confirmation);
    }
    wait_for_answers(&r.quick, 40);
    assert_int_equal(get_waiting(&r.slow), 2);
    gate_open(&r.slow);
    wait_for_answers(&r.slow, 10);
    rig_close(&r);
}

/* With one CA its requests leave one worker to the confirmations. */
static void test_slow_requests(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, 1, 4, 100);
    for (unsigned i = 0; i < 10; i++)
        submit(&r, &r.slow, 0, request);
    wait_for_waiting(&r.slow, 3);
    for (unsigned i = 0; i < 20; i++)
        submit(&r, &r.quick, 0, confirmation);
    wait_for_answers(&r.quick, 20);
    assert_int_equal(get_waiting(&r.slow), 3);
    gate_open(&r.slow);
    wait_for_answers(&r.slow, 10);
    rig_close(&r);
}

/* Confirmations that hang leave one to the requests. */
static void test_slow_confirmations(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, 1, 4, 100);
    for (unsigned i = 0; i < 10; i++)
        submit(&r, &r.slow, 0, confirmation);
    wait_for_waiting(&r.slow, 3);
    for (unsigned i = 0; i < 20; i++)
        submit(&r, &r.quick, 0, request);
    wait_for_answers(&r.quick, 20);
    gate_open(&r.slow);
    wait_for_answers(&r.slow, 10);
    rig_close(&r);
}

/* What does not fit the queue is turned away at once. */
static void test_full_queue(void **state)
{
    struct pool_stats stats;
    struct rig r;

    (void)state;
    rig_open(&r, 1, 1, 3);
    submit(&r, &r.slow, 0, request);
    wait_for_waiting(&r.slow, 1);
    for (unsigned i = 0; i < 5; i++)
        submit(&r, &r.slow, 0, request);
    pool_stats(r.pool, &stats);
    gate_open(&r.slow);
    wait_for_answers(&r.slow, 4);
    submit(&r, &r.slow, 0, request);
    wait_for_answers(&r.slow, 5);
    rig_close(&r);
    assert_int_equal(r.slow.turned_away, 2);
    assert_int_equal(stats.queued, 4);
    assert_int_equal(stats.turned_away, 2);
}

static void *open_later(void *arg)
{
    struct gate *g = arg;

    wait_for_waiting(g, 1);
    gate_open(g);
    return NULL;
}

/* What is queued is answered; what comes after the stop is turned away. */
static void test_stop(void **state)
{
    pthread_t thread;
    struct rig r;

    (void)state;
    rig_open(&r, 1, 1, 100);
    for (unsigned i = 0; i < 10; i++)
        submit(&r, &r.slow, 0, request);
    assert_int_equal(pthread_create(&thread, NULL, open_later, &r.slow), 0);
    pool_stop(r.pool);
    pthread_join(thread, NULL);
    assert_int_equal(r.slow.answered, 10);
    submit(&r, &r.slow, 0, request);
    assert_int_equal(r.slow.turned_away, 1);
    rig_close(&r);
}

static void *submit_many(void *arg)
{
    struct rig *r = arg;

    for (unsigned i = 0; i < 200; i++)
        submit(r, &r->quick, i % 2, i % 3 == 0 ? confirmation : request);
    return NULL;
}

/* Each job is answered once, whoever hands it over. */
static void test_many_threads(void **state)
{
    pthread_t threads[4];
    struct rig r;

    (void)state;
    rig_open(&r, 2, 4, 1000);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &r), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    wait_for_answers(&r.quick, 800);
    assert_int_equal(r.quick.turned_away, 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_ca),
        cmocka_unit_test(test_slow_requests),
        cmocka_unit_test(test_slow_confirmations),
        cmocka_unit_test(test_full_queue),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
