/*
 * What the halves of explain share: finding messages, and reading one.
 */
#ifndef SERVICE_EXPLAIN_INTERNAL_H
#define SERVICE_EXPLAIN_INTERNAL_H

#include "config/config.h"
#include "service/explain.h"
#include "service/recorded.h"

struct explain {
    struct config *config;
    struct record_file *file;
    struct arena *arena;
};

/* Messages of one transactionID, the oldest first; or one that has none. */
struct link {
    struct link *next;
    int64_t id;
};
struct group {
    struct span id;
    int64_t lone; /* id of that message; 0: not one */
    struct link *first, *last;
    size_t num;
};

/* explain_message.c */
MUST_USE enum err explain_transaction(struct explain *e,
                                      const struct group *group,
                                      struct explained_transaction *out,
                                      struct fault *f);

#endif
