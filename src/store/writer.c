#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "store/internal.h"

#define DEFAULT_GATHER_US 10000
#define DEFAULT_BATCH 64

/* Waits until something is queued, false when there is nothing more to come. */
static bool wait_for_change(struct writer *w)
{
    while (w->num == 0 && !w->stopping)
        pthread_cond_wait(&w->wake, &w->mutex);
    return w->num > 0;
}

/* Waits for neighbours: a full batch, a hint, or the time. */
static void wait_for_neighbours(struct writer *w)
{
    int64_t until = clock_monotonic_micros() + w->gather_us;
    struct timespec ts = { .tv_sec = until / 1000000,
                           .tv_nsec = until % 1000000 * 1000 };
    int rc = 0;

    while (w->num < w->batch && !w->hinted && !w->stopping && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w->wake, &w->mutex, &ts);
}

/* A batch from the front of the queue, NULL at the end of all. */
static struct change *take_batch(struct writer *w)
{
    struct change *batch = NULL, **end = &w->first;

    pthread_mutex_lock(&w->mutex);
    if (wait_for_change(w)) {
        wait_for_neighbours(w);
        for (size_t i = 0; i < w->batch && *end != NULL; i++) {
            end = &(*end)->next;
            w->num--;
        }
        batch = w->first;
        w->first = *end;
        *end = NULL;
        if (w->first == NULL)
            w->last = &w->first;
    }
    w->is_committing = true;
    w->hinted = false;
    pthread_mutex_unlock(&w->mutex);
    return batch;
}

static enum err apply_ops(struct store *s, const struct change *c,
                          struct fault *f)
{
    int64_t news[TABLE_NUM] = { 0 };
    union record record;
    enum table added;
    int64_t id = 0;

    for (const struct op *op = c->first; op != NULL; op = op->next) {
        op_resolve(op, news, &record);
        TRY(s->ops->apply(s, op->kind, &record, op->args, &id, f));
        added = op_adds_to(op->kind);
        if (added != TABLE_NUM)
            news[added] = id;
    }
    return ERR_OK;
}

/* Sets its result; ERR_LOST leaves what came before it in the batch. */
static enum err apply_change(struct store *s, struct change *c, struct fault *f)
{
    c->result = CHANGE_FAILED;
    if (c->failed != ERR_OK)
        return ERR_OK;
    TRY(apply_ops(s, c, f));
    c->result = CHANGE_DONE;
    return ERR_OK;
}

/* The same, whole or not at all, within a mark to go back to. */
static enum err apply_marked(struct store *s, struct change *c, struct fault *f)
{
    enum err e;

    TRY(s->ops->mark(s, f));
    e = apply_change(s, c, f);
    if (e == ERR_LOST) {
        c->result = CHANGE_LOST;
        return s->ops->undo(s, f);
    }
    TRY(e);
    return s->ops->keep(s, f);
}

static enum err run_with(struct store *s, struct change *batch,
                         enum err (*apply)(struct store *s, struct change *c,
                                           struct fault *f),
                         struct fault *f)
{
    TRY(s->ops->begin(s, f));
    for (struct change *c = batch; c != NULL; c = c->next)
        TRY(apply(s, c, f));
    return s->ops->commit(s, f);
}

/*
 * A mark before each change has SQLite copy every page that the change
 * touches, and hardly a batch has one that loses. So the marks are only set
 * when a first run without them met one.
 */
static enum err run_batch(struct store *s, struct change *batch,
                          struct fault *f)
{
    enum err e = run_with(s, batch, apply_change, f);

    if (e != ERR_LOST)
        return e;
    s->ops->rollback(s);
    *f = (struct fault){ 0 };
    return run_with(s, batch, apply_marked, f);
}

static void count(struct store *s, const struct change *batch)
{
    struct writer *w = &s->writer;
    uint64_t pages = s->read_only ? 0 : s->ops->take_pages(s);

    pthread_mutex_lock(&w->mutex);
    w->is_committing = false;
    w->stats.batches++;
    w->stats.pages += pages;
    for (const struct change *c = batch; c != NULL; c = c->next) {
        w->stats.changes++;
        w->stats.lost += c->result == CHANGE_LOST;
        w->stats.failed += c->result == CHANGE_FAILED;
    }
    pthread_mutex_unlock(&w->mutex);
}

/* Tells the submitters, and releases the batch. */
static void report(struct change *batch, const struct fault *f)
{
    struct fault own = { 0 };
    struct change *next;

    for (struct change *c = batch; c != NULL; c = next) {
        next = c->next;
        if (c->failed != ERR_OK)
            fault_set(&own, c->failed, "a change of the store: %s",
                      err_text(c->failed));
        if (c->done != NULL)
            c->done(c->arg, c->result, c->failed != ERR_OK ? &own : f);
        change_free(c);
    }
}

static void report_all(const struct writer *w, struct change *batch,
                       const struct fault *f)
{
    if (w->begin_results != NULL)
        w->begin_results(w->results_arg);
    report(batch, f);
    if (w->end_results != NULL)
        w->end_results(w->results_arg);
}

static size_t num_waiting(struct writer *w)
{
    size_t num;

    pthread_mutex_lock(&w->mutex);
    num = w->num;
    pthread_mutex_unlock(&w->mutex);
    return num;
}

static void *writer_run(void *arg)
{
    struct store *s = arg;
    struct change *batch;
    struct fault f;

    while ((batch = take_batch(&s->writer)) != NULL) {
        f = (struct fault){ 0 };
        if (run_batch(s, batch, &f) != ERR_OK) {
            s->ops->rollback(s);
            for (struct change *c = batch; c != NULL; c = c->next)
                c->result = CHANGE_FAILED;
        }
        count(s, batch);
        report_all(&s->writer, batch, &f);
        s->ops->tidy(s, num_waiting(&s->writer));
    }
    return NULL;
}

enum err writer_start(struct store *s, const struct store_options *options,
                      struct fault *f)
{
    struct writer *w = &s->writer;
    pthread_condattr_t attr;
    int rc;

    w->gather_us =
        options->gather_us == 0 ? DEFAULT_GATHER_US : options->gather_us;
    w->batch = options->batch == 0 ? DEFAULT_BATCH : options->batch;
    w->begin_results = options->begin_results;
    w->end_results = options->end_results;
    w->results_arg = options->results_arg;
    w->last = &w->first;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (s->read_only)
        return ERR_OK;
    rc = pthread_create(&w->thread, NULL, writer_run, s);
    if (rc == 0)
        return ERR_OK;
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    return fault_set(f, ERR_STORE, "the store's writer: %s", strerror(rc));
}

void writer_stop(struct store *s)
{
    struct writer *w = &s->writer;

    if (!s->read_only) {
        pthread_mutex_lock(&w->mutex);
        w->stopping = true;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
    }
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
}

static void refuse(struct store *s, struct change *c, change_done *done,
                   void *arg)
{
    struct fault f = { 0 };

    fault_set(&f, ERR_STORE, "the store is open for reading only");
    c->done = done;
    c->arg = arg;
    c->result = CHANGE_FAILED;
    count(s, c);
    report(c, &f);
}

void store_submit(struct store *s, struct change *c, change_done *done,
                  void *arg)
{
    struct writer *w = &s->writer;

    if (s->read_only) {
        refuse(s, c, done, arg);
        return;
    }
    c->done = done;
    c->arg = arg;
    pthread_mutex_lock(&w->mutex);
    *w->last = c;
    w->last = &c->next;
    w->num++;
    if (w->num == 1 || w->num == w->batch)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

void store_hint_idle(struct store *s)
{
    struct writer *w = &s->writer;

    /* While a batch is committed the hint says nothing: its replies are about
     * to bring new requests, which the next batch is better with. */
    pthread_mutex_lock(&w->mutex);
    if (w->num > 0 && !w->is_committing) {
        w->hinted = true;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->mutex);
}

void store_stats(struct store *s, struct store_stats *out)
{
    pthread_mutex_lock(&s->writer.mutex);
    *out = s->writer.stats;
    pthread_mutex_unlock(&s->writer.mutex);
}

/* --- submit and wait --- */

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool is_done;
    enum change_result result;
    struct fault fault;
};

static void wake_waiter(void *arg, enum change_result result,
                        const struct fault *f)
{
    struct waiter *w = arg;

    pthread_mutex_lock(&w->mutex);
    w->result = result;
    w->fault = *f;
    w->is_done = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

static enum err waiter_result(const struct waiter *w, struct fault *f)
{
    switch (w->result) {
    case CHANGE_DONE:
        return ERR_OK;
    case CHANGE_LOST:
        return fault_set(f, ERR_LOST, "another change of the store came first");
    case CHANGE_FAILED:
        return fault_set(f, w->fault.err == ERR_NO_MEM ? ERR_NO_MEM : ERR_STORE,
                         "%s", w->fault.text);
    }
    return fault_set(f, ERR_STORE, "no result");
}

enum err store_commit(struct store *s, struct change *c, struct fault *f)
{
    struct waiter w = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                        .wake = PTHREAD_COND_INITIALIZER };

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "a change of the store");
    store_submit(s, c, wake_waiter, &w);
    pthread_mutex_lock(&w.mutex);
    while (!w.is_done)
        pthread_cond_wait(&w.wake, &w.mutex);
    pthread_mutex_unlock(&w.mutex);
    pthread_cond_destroy(&w.wake);
    pthread_mutex_destroy(&w.mutex);
    return waiter_result(&w, f);
}
