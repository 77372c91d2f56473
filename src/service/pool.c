#include "service/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* A job that takes longer waits for something, a key or a disk: it leaves its
 * processor to another. */
#define STALL_MICROS 5000

/* A job waiting, in its lane. */
struct node {
    struct node *next;
    struct job *job;
};

struct lane {
    struct node *first, *last;
    unsigned running;
    unsigned limit; /* workers it may keep busy */
};

/* A thread: where it waits without a job, and since when it has one. */
struct seat {
    pthread_t thread;
    struct seat *below;
    pthread_cond_t wake;
    bool is_called;
    bool has_job;
    int64_t begun_at;
};

struct pool {
    struct line *line;
    pthread_mutex_t lock;
    struct seat *seats; /* of all workers */
    struct seat *top;   /* who sat down last, its caches still warm */
    unsigned called;    /* from their seats, or about to look for a job */
    unsigned at_once;   /* workers that get on with their jobs */
    bool is_watched;    /* one worker wakes up by itself to look for a stall */
    struct lane *lanes; /* one for each CA, then that of confirmations */
    size_t num_lanes;
    size_t turn; /* where the next look starts, so that all get theirs */
    unsigned waiting, max_waiting;
    bool is_closed;
    unsigned num_threads; /* running: for who starts and stops them */
    unsigned num_workers; /* as many as there will be */
    struct pool_stats stats;
};

/*
 * The lane from the body's tag alone: outer SEQUENCE, over the header, one
 * byte. Anything that does not parse is refused cheaply wherever it goes.
 */
static size_t lane_of(const struct pool *p, const struct job *job)
{
    struct der in = der_open(job->bytes, NULL), seq;
    struct span header;

    if (der_enter(&in, DER_SEQUENCE, &seq) == ERR_OK &&
        der_element(&seq, DER_SEQUENCE, &header) == ERR_OK &&
        der_next_is(&seq, DER_CTX(CMP_CERT_CONF)))
        return p->num_lanes - 1;
    return (size_t)(job->entry->issuer - p->line->authority->issuers);
}

/* The next job of a lane that may run one more; under the lock. */
static struct job *take(struct pool *p, size_t *lane)
{
    for (size_t i = 0; i < p->num_lanes; i++) {
        size_t k = (p->turn + i) % p->num_lanes;
        struct lane *l = &p->lanes[k];
        struct node *node = l->first;
        struct job *job;

        if (node == NULL || l->running >= l->limit)
            continue;
        l->first = node->next;
        if (l->first == NULL)
            l->last = NULL;
        l->running++;
        p->waiting--;
        p->turn = k + 1;
        job = node->job;
        free(node);
        *lane = k;
        return job;
    }
    return NULL;
}

/* Those that have a job and get on with it. */
static unsigned num_busy(const struct pool *p, int64_t now)
{
    unsigned num = 0;

    for (unsigned i = 0; i < p->num_workers; i++)
        num += p->seats[i].has_job && now - p->seats[i].begun_at < STALL_MICROS;
    return num;
}

/* A job, unless as many workers are busy as there are processors. */
static struct job *take_if_due(struct pool *p, struct seat *seat, size_t *lane)
{
    int64_t now = clock_monotonic_micros();
    struct job *job;

    if (num_busy(p, now) >= p->at_once && !p->is_closed)
        return NULL;
    job = take(p, lane);
    if (job != NULL) {
        seat->has_job = true;
        seat->begun_at = now;
    }
    return job;
}

static void call(struct pool *p)
{
    struct seat *seat = p->top;

    p->top = seat->below;
    p->called++;
    seat->is_called = true;
    pthread_cond_signal(&seat->wake);
}

static void call_all(struct pool *p)
{
    while (p->top != NULL)
        call(p);
}

/* A job waits: calls a worker for it, or one to watch those that run. */
static void call_for_job(struct pool *p)
{
    if (p->top == NULL)
        return;
    if ((p->called == 0 && !p->is_watched) ||
        num_busy(p, clock_monotonic_micros()) + p->called < p->at_once)
        call(p);
}

static void leave(struct pool *p, struct seat *seat)
{
    struct seat **at = &p->top;

    while (*at != seat)
        at = &(*at)->below;
    *at = seat->below;
}

/* Until a stall is possible, or called. */
static void watch(struct pool *p, struct seat *seat)
{
    int64_t until = clock_monotonic_micros() + STALL_MICROS;
    struct timespec ts = { .tv_sec = until / 1000000,
                           .tv_nsec = until % 1000000 * 1000 };
    int rc = 0;

    p->is_watched = true;
    while (!seat->is_called && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&seat->wake, &p->lock, &ts);
    p->is_watched = false;
}

static void sit(struct pool *p, struct seat *seat)
{
    seat->below = p->top;
    p->top = seat;
    seat->is_called = false;
    if (p->waiting > 0 && !p->is_watched)
        watch(p, seat);
    else
        while (!seat->is_called)
            pthread_cond_wait(&seat->wake, &p->lock);
    if (seat->is_called)
        p->called--;
    else
        leave(p, seat);
}

/* Whoever brings jobs comes first, where they share a processor. Nobody need
 * be called for those jobs: this worker looks again. */
static void let_others_run(struct pool *p)
{
    p->called++;
    pthread_mutex_unlock(&p->lock);
    sched_yield();
    pthread_mutex_lock(&p->lock);
    p->called--;
}

/*
 * Waits for a job. When no worker gets on with one, and none came when the
 * others had run, nobody is about to add to the writer's batch, and it is told
 * so, once. NULL: the pool is closed and empty.
 */
static struct job *wait_for_job(struct pool *p, struct seat *seat, size_t *lane)
{
    bool has_hinted = false, has_yielded = false;
    struct job *job;

    while ((job = take_if_due(p, seat, lane)) == NULL) {
        if (p->is_closed && p->waiting == 0)
            return NULL;
        if (!has_yielded) {
            has_yielded = true;
            let_others_run(p);
        } else if (!has_hinted && num_busy(p, clock_monotonic_micros()) == 0) {
            has_hinted = true;
            pthread_mutex_unlock(&p->lock);
            store_hint_idle(p->line->store);
            pthread_mutex_lock(&p->lock);
        } else {
            sit(p, seat);
        }
    }
    if (p->waiting > 0)
        call_for_job(p);
    return job;
}

static void run(struct pool *p, struct worker *w, struct seat *seat)
{
    struct job *job;
    size_t lane;

    pthread_mutex_lock(&p->lock);
    while ((job = wait_for_job(p, seat, &lane)) != NULL) {
        pthread_mutex_unlock(&p->lock);
        line_handle(w, job);
        pthread_mutex_lock(&p->lock);
        p->lanes[lane].running--;
        seat->has_job = false;
    }
    call_all(p);
    pthread_mutex_unlock(&p->lock);
}

struct start {
    struct pool *pool;
    struct seat *seat;
    struct worker worker;
};

static void start_free(struct start *start)
{
    store_session_free(start->worker.session);
    crypto_ctx_free(start->worker.cx);
    free(start);
}

static void *thread_main(void *arg)
{
    struct start *start = arg;

    run(start->pool, &start->worker, start->seat);
    start_free(start);
    return NULL;
}

static enum err start_thread(struct pool *p, struct seat *seat, struct fault *f)
{
    struct start *start = calloc(1, sizeof(*start));
    enum err e;

    if (start == NULL)
        return fault_set(f, ERR_NO_MEM, "worker");
    start->pool = p;
    start->seat = seat;
    start->worker.line = p->line;
    e = crypto_ctx_new(p->line->authority->crypto, &start->worker.cx, f);
    if (e == ERR_OK)
        e = store_session_new(p->line->store, &start->worker.session, f);
    if (e == ERR_OK &&
        pthread_create(&seat->thread, NULL, thread_main, start) != 0)
        e = fault_set(f, ERR_SYSTEM_FAILURE, "no thread for a worker");
    if (e == ERR_OK) {
        p->num_threads++;
        return ERR_OK;
    }
    start_free(start);
    return e;
}

static void init_seats(struct pool *p)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (unsigned i = 0; i < p->num_workers; i++)
        pthread_cond_init(&p->seats[i].wake, &attr);
    pthread_condattr_destroy(&attr);
}

/* Those this process may run on. */
static unsigned num_processors(void)
{
    cpu_set_t set;

    /* fails where there are more than the set has room for */
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return CPU_SETSIZE;
    return (unsigned)CPU_COUNT(&set);
}

static enum err start_all(struct pool *p, const struct pool_options *options,
                          struct fault *f)
{
    p->num_lanes = p->line->authority->num_issuers + 1;
    p->max_waiting = options->queue;
    p->num_workers = options->workers;
    p->at_once = options->at_once != 0 ? options->at_once : num_processors();
    p->lanes = calloc(p->num_lanes, sizeof(*p->lanes));
    p->seats = calloc(options->workers, sizeof(*p->seats));
    if (p->lanes == NULL || p->seats == NULL)
        return fault_set(f, ERR_NO_MEM, "workers");
    init_seats(p);
    for (size_t i = 0; i < p->num_lanes; i++)
        p->lanes[i].limit = options->workers < 2 ? 1 : options->workers / 2;
    /* With one CA there is no neighbour to protect but confirmations. */
    if (p->num_lanes == 2 && options->workers > 2)
        p->lanes[0].limit = p->lanes[1].limit = options->workers - 1;
    for (unsigned i = 0; i < options->workers; i++)
        TRY(start_thread(p, &p->seats[i], f));
    return ERR_OK;
}

enum err pool_new(const struct pool_options *options, struct line *line,
                  struct pool **out, struct fault *f)
{
    AUTO(pool) p = calloc(1, sizeof(*p));

    if (p == NULL)
        return fault_set(f, ERR_NO_MEM, "workers");
    p->line = line;
    pthread_mutex_init(&p->lock, NULL);
    TRY(start_all(p, options, f));
    *out = p;
    p = NULL;
    return ERR_OK;
}

static void again(void *arg, struct job *job)
{
    pool_submit(arg, job);
}

void pool_submit(struct pool *p, struct job *job)
{
    struct node *node = malloc(sizeof(*node));
    struct lane *lane = &p->lanes[lane_of(p, job)];
    bool is_taken = false;

    job->again = again;
    job->again_arg = p;
    pthread_mutex_lock(&p->lock);
    if (node != NULL && !p->is_closed && p->waiting < p->max_waiting) {
        *node = (struct node){ NULL, job };
        if (lane->last == NULL)
            lane->first = node;
        else
            lane->last->next = node;
        lane->last = node;
        p->waiting++;
        p->stats.queued++;
        is_taken = true;
        call_for_job(p);
    } else {
        p->stats.turned_away++;
    }
    pthread_mutex_unlock(&p->lock);
    if (is_taken)
        return;
    free(node);
    line_turn_away(job, 503, "Too busy; try later.\n");
}

void pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->is_closed = true;
    call_all(p);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->num_threads; i++)
        pthread_join(p->seats[i].thread, NULL);
    p->num_threads = 0;
}

void pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    pool_stop(p);
    pthread_mutex_destroy(&p->lock);
    for (unsigned i = 0; p->seats != NULL && i < p->num_workers; i++)
        pthread_cond_destroy(&p->seats[i].wake);
    free(p->seats);
    free(p->lanes);
    free(p);
}

void pool_stats(struct pool *p, struct pool_stats *out)
{
    pthread_mutex_lock(&p->lock);
    *out = p->stats;
    pthread_mutex_unlock(&p->lock);
}
