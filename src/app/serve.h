/*
 * The verb `serve`, which alone brings net and service together.
 */
#ifndef APP_SERVE_H
#define APP_SERVE_H

#include "cli/cli.h"
#include "service/service.h"

extern const struct cli_verbs app_serve_verbs;

/* Serves a configuration until SIGTERM or SIGINT; `options` is for other
 * wirings of the same program. Complaints about the file go to `err`. */
MUST_USE enum err serve_run(const char *file,
                            const struct service_options *options, FILE *err,
                            struct fault *f);

#endif
