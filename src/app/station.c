/*
 * station: the base station's side. Here is only who takes part; verbs are in
 * cli/station_*.c, what they do in client.
 */
#include "cli/station.h"

static const struct cli_verbs *const verbs[] = {
    &cli_station_enroll, &cli_station_ask, &cli_station_heed,
    &cli_station_status, &cli_station_ra
};

static const struct cli_note files[] = {
    { "DIR/current/certificate.pem, key.pem, chain.pem, root.pem",
      "the usable pair, the intermediate certificates and the operator root; "
      "current is replaced as a whole" },
    { "DIR/current/roots.pem",
      "the operator root and those added to it, for applications" },
    { "DIR/updates.pem, links.pem",
      "roots that follow the operator's, and what proves that they do" },
    { "DIR/pending", "the transaction under way" },
    { "DIR/settings", "what enroll was given" },
    { "http_proxy, https_proxy, no_proxy", "environment: proxies to use" },
};

static const struct cli_program program = {
    .name = "station",
    .summary = "a base station's certificates, by CMP",
    .description =
        "Gets a base station its operator's certificate and renews it, by CMP "
        "(RFC 9810) as 3GPP TS 33.310 profiles it.\n\n"
        "Keys, certificates and the transaction under way lie in one folder, "
        "written durably before a message leaves: a station that stops at any "
        "moment goes on when called again, and always has a usable pair or "
        "none.",
    .verbs = verbs,
    .num_verbs = sizeof(verbs) / sizeof(verbs[0]),
    .files = files,
    .num_files = sizeof(files) / sizeof(files[0]),
    .see_also = "stationmaster(1), openssl-cmp(1)",
};

int main(int argc, char **argv)
{
    return cli_main(&program, argc, argv);
}
