/* Showing what a station was told, in a genp or an announcement. */
#ifndef CLI_STATION_TOLD_H
#define CLI_STATION_TOLD_H

#include "cli/cli.h"
#include "client/ask.h"

/* "CN=a", "0a1b": in the arena; "" without memory. */
const char *told_name(const struct cli *cli, struct span name);
const char *told_hex(const struct cli *cli, struct span bytes);
/* "P-256" where a kind of key is meant, else the algorithm's name or OID. */
const char *told_alg(const struct cli *cli, const struct alg_id *alg);
const char *told_oid(const struct cli *cli, struct span oid);

json_t *told_cert_json(const struct cli *cli,
                       const struct client_cert_told *cert);
json_t *told_crl_json(const struct cli *cli, const struct x509_crl *crl);
json_t *told_update_json(const struct cli *cli,
                         const struct client_update *update, bool is_installed);

/* "revocationWarning" or "revocationNotification", and why; static storage. */
const char *told_revocation(const struct rev_ann *ann);
const char *told_reason(const struct rev_ann *ann);

/* One to three lines each, `label` in the first. */
void told_cert_print(const struct cli *cli, const char *label,
                     const struct client_cert_told *cert);
void told_crl_print(const struct cli *cli, const char *label,
                    const struct x509_crl *crl);
void told_update_print(const struct cli *cli, const char *label,
                       const struct client_update *update, bool is_installed);

#endif
