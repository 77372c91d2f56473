/*
 * stationmaster: the operator's side. Here is only who takes part; verbs are
 * in cli/server_*.c, what they do in service.
 */
#include "app/serve.h"
#include "cli/server.h"

static const struct cli_verbs *const verbs[] = {
    &cli_server_init,     &app_serve_verbs,    &cli_server_cert,
    &cli_server_crl,      &cli_server_station, &cli_server_request,
    &cli_server_secret,   &cli_server_audit,   &cli_server_config,
    &cli_server_announce, &cli_server_replay,  &cli_server_lint,
    &cli_server_inspect,  &cli_server_diff,    &cli_server_explain,
};

static const struct cli_note files[] = {
    { "DIR/stationmaster.yaml",
      "the configuration; see stationmaster.yaml(5)" },
    { "DIR/root.key",
      "private key of the operator root; to be kept elsewhere, off-line" },
    { "DIR/root.pem, DIR/issuing.pem, DIR/cmp.pem, DIR/tls.pem",
      "certificates: operator root, issuing CA, CMP signer, TLS server; the "
      "keys of the last three stand beside them" },
    { "DIR/secrets.key",
      "key that seals shared secrets; to be kept out of the store's backups" },
    { "DIR/store.db", "what the authority remembers" },
    { "DIR/recorder.db",
      "messages kept for `explain`; may be removed at any time" },
};

static const struct cli_program program = {
    .name = "stationmaster",
    .summary = "certificate authority for base stations, by CMP",
    .description =
        "Certificates for base stations: an RA and CA server that speaks CMP "
        "(RFC 9810) as 3GPP TS 33.310 profiles it, and its administration.\n\n"
        "A base station leaves the factory with its vendor's certificate; here "
        "it gets its operator's.",
    .verbs = verbs,
    .num_verbs = sizeof(verbs) / sizeof(verbs[0]),
    .files = files,
    .num_files = sizeof(files) / sizeof(files[0]),
    .see_also = "station(1), stationmaster.yaml(5), openssl-cmp(1)",
};

int main(int argc, char **argv)
{
    return cli_main(&program, argc, argv);
}
