/*
 * What the verbs that look into the store share.
 */
#ifndef CLI_SERVER_ADMIN_H
#define CLI_SERVER_ADMIN_H

#include "cli/server.h"
#include "service/admin.h"

/* Their --config. */
#define ADMIN_CONFIG_OPTION                                                   \
    {                                                                         \
        "config", "FILE", "stationmaster.yaml", "the configuration", CLI_ONCE \
    }

/* Opens the store of --config; complaints about the file go to cli->err. */
MUST_USE enum err server_admin_open(const struct cli *cli, struct admin **out,
                                    struct fault *f);

/* Adds `text` under `key`, or nothing when it is "". 0: done. */
int server_json_text(json_t *object, const char *key, const char *text);

/* A string of `text`; bytes that are no UTF-8 are escaped. NULL: no memory. */
json_t *server_json_span(struct span text);

#endif
