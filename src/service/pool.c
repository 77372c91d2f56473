#include "service/pool.h"

#include <pthread.h>
#include <stdlib.h>

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

struct pool {
    struct line *line;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct lane *lanes; /* one for each CA, then that of confirmations */
    size_t num_lanes;
    size_t turn; /* where the next look starts, so that all get theirs */
    unsigned waiting, max_waiting;
    unsigned idle;
    bool is_closed;
    pthread_t *threads;
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

/*
 * Waits for a job. When all workers are idle nobody is about to add to the
 * writer's batch, and it is told so, once. NULL: the pool is closed and empty.
 */
static struct job *wait_for_job(struct pool *p, size_t *lane)
{
    bool has_hinted = false;
    struct job *job;

    while ((job = take(p, lane)) == NULL) {
        if (p->is_closed && p->waiting == 0)
            return NULL;
        p->idle++;
        if (p->idle == p->num_workers && !has_hinted) {
            has_hinted = true;
            pthread_mutex_unlock(&p->lock);
            store_hint_idle(p->line->store);
            pthread_mutex_lock(&p->lock);
        } else {
            pthread_cond_wait(&p->wake, &p->lock);
        }
        p->idle--;
    }
    return job;
}

static void run(struct pool *p, struct worker *w)
{
    struct job *job;
    size_t lane;

    pthread_mutex_lock(&p->lock);
    while ((job = wait_for_job(p, &lane)) != NULL) {
        pthread_mutex_unlock(&p->lock);
        line_handle(w, job);
        pthread_mutex_lock(&p->lock);
        p->lanes[lane].running--;
        if (p->lanes[lane].first != NULL)
            pthread_cond_signal(&p->wake);
    }
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

struct start {
    struct pool *pool;
    struct worker worker;
};

static void *thread_main(void *arg)
{
    struct start *start = arg;

    run(start->pool, &start->worker);
    store_session_free(start->worker.session);
    crypto_ctx_free(start->worker.cx);
    free(start);
    return NULL;
}

static enum err start_thread(struct pool *p, struct fault *f)
{
    struct start *start = calloc(1, sizeof(*start));
    enum err e;

    if (start == NULL)
        return fault_set(f, ERR_NO_MEM, "worker");
    start->pool = p;
    start->worker.line = p->line;
    e = crypto_ctx_new(p->line->authority->crypto, &start->worker.cx, f);
    if (e == ERR_OK)
        e = store_session_new(p->line->store, &start->worker.session, f);
    if (e == ERR_OK && pthread_create(&p->threads[p->num_threads], NULL,
                                      thread_main, start) != 0)
        e = fault_set(f, ERR_SYSTEM_FAILURE, "no thread for a worker");
    if (e == ERR_OK) {
        p->num_threads++;
        return ERR_OK;
    }
    store_session_free(start->worker.session);
    crypto_ctx_free(start->worker.cx);
    free(start);
    return e;
}

static enum err start_all(struct pool *p, const struct pool_options *options,
                          struct fault *f)
{
    p->num_lanes = p->line->authority->num_issuers + 1;
    p->max_waiting = options->queue;
    p->num_workers = options->workers;
    p->lanes = calloc(p->num_lanes, sizeof(*p->lanes));
    p->threads = calloc(options->workers, sizeof(*p->threads));
    if (p->lanes == NULL || p->threads == NULL)
        return fault_set(f, ERR_NO_MEM, "workers");
    for (size_t i = 0; i < p->num_lanes; i++)
        p->lanes[i].limit = options->workers < 2 ? 1 : options->workers / 2;
    /* With one CA there is no neighbour to protect but confirmations. */
    if (p->num_lanes == 2 && options->workers > 2)
        p->lanes[0].limit = p->lanes[1].limit = options->workers - 1;
    for (unsigned i = 0; i < options->workers; i++)
        TRY(start_thread(p, f));
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
    pthread_cond_init(&p->wake, NULL);
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
        pthread_cond_signal(&p->wake);
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
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->num_threads; i++)
        pthread_join(p->threads[i], NULL);
    p->num_threads = 0;
}

void pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    pool_stop(p);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p->lanes);
    free(p);
}

void pool_stats(struct pool *p, struct pool_stats *out)
{
    pthread_mutex_lock(&p->lock);
    *out = p->stats;
    pthread_mutex_unlock(&p->lock);
}
