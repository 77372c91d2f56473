/*
 * The worker threads: a bounded queue in lanes before them, the line behind.
 *
 * A lane is a kind of work that may be slow on its own: one for each issuing
 * CA, whose key may be, and one for transactions under way. No lane may keep
 * all workers busy, so a slow key delays only its own stations.
 *
 * No more workers run at once than there are processors, always those that ran
 * last, which have what they need in their caches; until those that run seem to
 * be waiting for something, when all may.
 */
#ifndef SERVICE_POOL_H
#define SERVICE_POOL_H

#include "service/line.h"

struct pool;

struct pool_options {
    unsigned workers;
    unsigned queue;   /* jobs waiting, all lanes together */
    unsigned at_once; /* workers; 0: one a processor */
};

/* Starts the threads. `line` outlives the pool. */
MUST_USE enum err pool_new(const struct pool_options *options,
                           struct line *line, struct pool **out,
                           struct fault *f);

/* Takes the job, or, when the queue is full or closed, turns it away with 503.
 * From any thread. */
void pool_submit(struct pool *p, struct job *job);

/* Handles what is queued, then ends the threads. Jobs that come later, or come
 * back from the store, are turned away. */
void pool_stop(struct pool *p);

/* Stops it if need be. No job of it may be with the store any more. */
void pool_free(struct pool *p);
DEFINE_AUTO(pool)

struct pool_stats {
    uint64_t queued, turned_away;
};
void pool_stats(struct pool *p, struct pool_stats *out);

#endif
