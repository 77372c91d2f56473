/*
 * What the files of the operator's commands share.
 */
#ifndef SERVICE_ADMIN_INTERNAL_H
#define SERVICE_ADMIN_INTERNAL_H

#include "service/admin.h"

struct admin {
    struct config *config;
    struct store *store;
    struct store_session *session;
    struct arena *arena;
};

/* In the command's arena; "" where there is nothing to say, or no memory. */
const char *admin_span_text(struct admin *a, struct span s);
const char *admin_hex_text(struct admin *a, struct span s);
const char *admin_time_text(struct admin *a, int64_t seconds);

/* Commits with this audit entry; takes ownership of the change. ERR_LOST:
 * another was first, which the fault says; ERR_NO_MEM: `entry` is NULL. */
MUST_USE enum err admin_commit(struct admin *a, struct change *c,
                               const char *entry, struct fault *f);

/* ERR_NOT_FOUND: no such vendor in the configuration. */
MUST_USE enum err admin_check_vendor(struct admin *a, const char *vendor,
                                     struct fault *f);

#endif
