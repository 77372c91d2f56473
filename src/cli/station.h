/*
 * The verbs of station, one array per file; app joins them.
 */
#ifndef CLI_STATION_H
#define CLI_STATION_H

#include "cli/cli.h"

extern const struct cli_verbs cli_station_ask;    /* ask */
extern const struct cli_verbs cli_station_enroll; /* enroll, renew, revoke */
extern const struct cli_verbs cli_station_heed;   /* heed */
extern const struct cli_verbs cli_station_status; /* status, roots, trust */
extern const struct cli_verbs cli_station_ra;     /* ra wrap, batch, ... */

#endif
