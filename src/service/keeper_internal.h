/*
 * What the files of the keeper share.
 */
#ifndef SERVICE_KEEPER_INTERNAL_H
#define SERVICE_KEEPER_INTERNAL_H

#include <pthread.h>

#include "service/keeper.h"

struct held_crl {
    struct buf der;
    int64_t number, covers, this_update, next_update;
};

struct keeper {
    struct line *line;
    struct worker worker;
    struct arena *arena;

    int64_t served;     /* the store's count as last seen */
    int64_t looked_at;  /* ticks of that moment */
    int64_t files_at;   /* when files were last looked at */
    int64_t refused;    /* unverified refusals already audited */
    int64_t audited_at; /* minute of that */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct held_crl *crls; /* one for each issuer */
    bool is_poked, is_files_due, is_stopping, is_running;
    pthread_t thread;
};

static inline int64_t keeper_now(const struct keeper *k)
{
    return k->line->now(k->line->now_arg);
}

/* keeper_waiting.c: ends a transaction whose request waited too long. */
MUST_USE enum err keeper_end_waiting(struct keeper *k,
                                     const struct transaction_record *due,
                                     struct fault *f);

/* Makes the CRLs that are stale or due, and holds the newest. The first failure
 * is reported; the other CAs get theirs. */
MUST_USE enum err keeper_look_after_crls(struct keeper *k, struct fault *f);

#endif
