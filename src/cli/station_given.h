/* What station enroll is given, where it is more than a text. */
#ifndef CLI_STATION_GIVEN_H
#define CLI_STATION_GIVEN_H

#include "base/secret.h"
#include "cli/cli.h"
#include "client/client.h"

/* True when the verb takes it; and when it stands there too. */
bool given_is_option(const struct cli *cli, const char *name);
bool given_is(const struct cli *cli, const char *name);

/* With "--secret -" a line of standard input; else `*out` stays as it is. */
MUST_USE enum err given_secret(const struct cli *cli, struct secret **out,
                               struct fault *f);

/* --also, into the run; the list is in the arena. */
MUST_USE enum err given_also(const struct cli *cli, struct client_run *run,
                             struct fault *f);
/* Keeps the settings in those directories as well, each with its own name, so
 * that later verbs work there. */
MUST_USE enum err given_also_save(const struct cli *cli,
                                  const struct client_settings *settings,
                                  struct fault *f);

#endif
