/*
 * Where messages are taken: every path, with its profile.
 */
#ifndef SERVICE_PATHS_H
#define SERVICE_PATHS_H

#include "service/authority.h"
#include "service/operation.h"

/* A path is the whole one, without a slash at its end. */
struct service_path {
    const char *path;
    const struct path_profile *profile;
    const struct operation *operation; /* NULL: any that the profile serves */
};
struct service_path_list {
    struct service_path *list;
    size_t num;
};

/* All of them, into the arena. ERR_NO_MEM. */
MUST_USE enum err paths_make(const struct authority *au, struct arena *a,
                             struct service_path_list *out, struct fault *f);

/* The one that takes what comes in here, with or without a slash at its end;
 * NULL: none. */
const struct service_path *paths_find(const struct service_path_list *all,
                                      struct span path);

#endif
