/*
 * The verbs of stationmaster, one array per file; app joins them.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include "cli/cli.h"

extern const struct cli_verbs cli_server_init;     /* init */
extern const struct cli_verbs cli_server_cert;     /* cert list, show, revoke */
extern const struct cli_verbs cli_server_crl;      /* crl */
extern const struct cli_verbs cli_server_request;  /* request list, ... */
extern const struct cli_verbs cli_server_station;  /* station list, ... */
extern const struct cli_verbs cli_server_secret;   /* secret new, ... */
extern const struct cli_verbs cli_server_audit;    /* audit list, check */
extern const struct cli_verbs cli_server_explain;  /* explain */
extern const struct cli_verbs cli_server_announce; /* announce rann, ... */
extern const struct cli_verbs cli_server_replay;   /* replay */
extern const struct cli_verbs cli_server_lint;     /* lint */
extern const struct cli_verbs cli_server_config;   /* config, version */
extern const struct cli_verbs cli_server_diff;     /* diff */
extern const struct cli_verbs cli_server_inspect;  /* inspect */

#endif
