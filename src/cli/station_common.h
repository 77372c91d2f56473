/* Shared by the verbs of station. */
#ifndef CLI_STATION_COMMON_H
#define CLI_STATION_COMMON_H

#include "cli/cli.h"
#include "client/client.h"

#define STATION_STATE_OPTION                                \
    {                                                       \
        "state", "DIR", "station-state",                    \
            "where the station keeps what it has", CLI_ONCE \
    }

static inline const char *station_dir(const struct cli *cli)
{
    return cli_value(cli, "state");
}

/* Settings kept earlier; all empty where there are none. */
MUST_USE enum err station_settings(const struct cli *cli,
                                   struct client_settings *out,
                                   struct fault *f);

/* What is in the state directory, as text or as JSON with these messages
 * beside it (whose reference it takes; NULL: none). */
MUST_USE enum err station_print(const struct cli *cli,
                                const struct client_settings *settings,
                                json_t *messages, struct fault *f);

/* What a verb does with the open station. */
struct station_work {
    enum err (*run)(struct station *s, const struct client_run *run, void *arg,
                    struct fault *f);
    void *arg;
};
/*
 * Opens the station as its settings and the verb's options say, and works.
 * With --json `*messages` is what was sent and received, the caller's.
 */
MUST_USE enum err station_drive(const struct cli *cli,
                                const struct station_work *work,
                                json_t **messages, struct fault *f);

#endif
