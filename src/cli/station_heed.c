#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/station.h"
#include "cli/station_common.h"
#include "cli/station_told.h"
#include "client/heed.h"

/* --- as JSON --- */

static json_t *revocation_json(const struct cli *cli,
                               const struct client_announced *a)
{
    const struct rev_ann *r = &a->revocation;
    char at[TIME_TEXT_LEN], since[TIME_TEXT_LEN];

    time_format(r->will_be_revoked_at, at);
    time_format(r->bad_since_date, since);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "status", told_revocation(r),
        "issuer", told_name(cli, r->cert_id.issuer.value), "serial",
        told_hex(cli, r->cert_id.serial), "revoked_at", at, "bad_since", since,
        "reason", told_reason(r), "own", (int)a->is_own);
}

static json_t *content_json(const struct cli *cli,
                            const struct client_announced *a)
{
    json_t *list;

    if (a->body == CMP_CKUANN)
        return told_update_json(cli, a->update, a->is_installed);
    if (a->body == CMP_CANN)
        return told_cert_json(cli, a->cert);
    if (a->body == CMP_RANN)
        return revocation_json(cli, a);
    list = json_array();
    for (size_t i = 0; i < a->num_crls; i++)
        (void)json_array_append_new(list, told_crl_json(cli, &a->crls[i]));
    return list;
}

static enum err print_json(const struct cli *cli,
                           const struct client_announced *a, struct fault *f)
{
    json_t *files = json_array();
    char made[TIME_TEXT_LEN];

    time_format(a->made_at, made);
    for (size_t i = 0; i < a->files.num; i++)
        (void)json_array_append_new(files, json_string(a->files.list[i]));
    return cli_print_json(cli,
                          json_pack("{s:s, s:s, s:o, s:o, s:o}", "announcement",
                                    cmp_body_name(a->body), "made_at", made,
                                    "signer", told_cert_json(cli, &a->signer),
                                    "told", content_json(cli, a), "files",
                                    files),
                          f);
}

/* --- as text --- */

static void print_revocation(const struct cli *cli,
                             const struct client_announced *a)
{
    const struct rev_ann *r = &a->revocation;
    char at[TIME_TEXT_LEN], since[TIME_TEXT_LEN];

    time_format(r->will_be_revoked_at, at);
    time_format(r->bad_since_date, since);
    cli_print(cli, a->is_own ? CLI_RED : CLI_PLAIN,
              "%-17s %s %s\n%-17s of %s%s\n", told_revocation(r), "serial",
              told_hex(cli, r->cert_id.serial), "",
              told_name(cli, r->cert_id.issuer.value),
              a->is_own ? ": this station's own" : "");
    cli_print(cli, CLI_PLAIN,
              "%-17s revoked at %s, not to be trusted since %s, %s\n", "", at,
              since, told_reason(r));
}

static void print_text(const struct cli *cli, const struct client_announced *a)
{
    char made[TIME_TEXT_LEN];

    time_format(a->made_at, made);
    cli_print(cli, CLI_PLAIN, "%-17s of %s, signed by %s\n",
              cmp_body_name(a->body), made,
              told_name(cli, a->signer.cert.subject));
    if (a->body == CMP_CKUANN)
        told_update_print(cli, "new root", a->update, a->is_installed);
    else if (a->body == CMP_CANN)
        told_cert_print(cli, "certificate", a->cert);
    else if (a->body == CMP_RANN)
        print_revocation(cli, a);
    for (size_t i = 0; i < a->num_crls; i++)
        told_crl_print(cli, i == 0 ? "CRLs" : "", &a->crls[i]);
    for (size_t i = 0; i < a->files.num; i++)
        cli_print(cli, CLI_PLAIN, "wrote %s\n", a->files.list[i]);
}

/* --- running --- */

static enum err heed(const struct cli *cli,
                     const struct client_settings *settings,
                     struct span message, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(station) station = NULL;
    const struct client_env env = { 0 }; /* nothing is sent */
    const struct client_heeding heeding = { .out_dir = cli_value(cli, "out"),
                                            .install =
                                                cli_has(cli, "install") };
    struct client_announced announced;

    TRY(crypto_new(&crypto, f));
    TRY(station_open(crypto, station_dir(cli), settings, &env, &station, f));
    TRY(station_heed(station, message, &heeding, &announced, f));
    if (cli->json)
        return print_json(cli, &announced, f);
    print_text(cli, &announced);
    return ERR_OK;
}

static enum err run_heed(struct cli *cli, struct fault *f)
{
    struct client_settings settings;
    struct buf message;
    enum err e;

    TRY(station_settings(cli, &settings, f));
    if (cli_has(cli, "root"))
        settings.root = cli_value(cli, "root");
    if (cli_has(cli, "crl"))
        settings.crl = cli_value(cli, "crl");
    if (cli_has(cli, "server-subject"))
        settings.server_subject = cli_value(cli, "server-subject");
    buf_init(&message, LIMIT_MESSAGE_LEN);
    e = file_load(cli_operand(cli, 0), &message, f);
    if (e == ERR_OK)
        e = heed(cli, &settings, buf_span(&message), f);
    buf_done(&message);
    return e;
}

/* clang-format off */
static const struct cli_option options[] = {
    STATION_STATE_OPTION,
    { "root", "FILE", NULL, "the operator's root certificates", CLI_ONCE },
    { "server-subject", "NAME", NULL,
      "who may announce though it is no CA and holds neither cmcRA nor cmcCA",
      CLI_ONCE },
    { "crl", "FILE", NULL,
      "CRLs of the CAs above who announces: who is on them may not; and older "
      "ones are refused", CLI_ONCE },
    { "out", "DIR", NULL,
      "write what is told into files there: new-root.pem, new-with-old.pem, "
      "old-with-new.pem, announced.pem, crls.pem", CLI_ONCE },
    { "install", NULL, NULL,
      "take the new root of a ckuann as an operator root, beside the old one",
      CLI_ONCE },
};
/* clang-format on */

static const struct cli_verb verbs[] = {
    {
        .words = "heed",
        .summary = "verify an announcement and show what it tells",
        .operands = "FILE",
        .description =
            "Reads a CMP message that announces a new root (ckuann), a "
            "certificate (cann), a revocation (rann) or CRLs (crlann), as "
            "stationmaster announce writes it. It must be signed by who may "
            "answer requests: a CA below the operator root, one that holds "
            "cmcRA or cmcCA, or --server-subject. CRLs must verify, be in "
            "force and not older than those at hand; a new root must be "
            "linked to one in force, and is taken with --install alone, as by "
            "station ask rootCaCert. Anything else is for the application: a "
            "certificate is shown, and believed for nothing.\n\n"
            "An announcement may come again: when it was made is shown.",
        .options = options,
        .num_options = sizeof(options) / sizeof(options[0]),
        .has_json = true,
        .example = "station heed crlann.der --out /var/lib/station/ca\n"
                   "station heed ckuann.der --install",
        .run = run_heed,
    },
};
const struct cli_verbs cli_station_heed = { verbs,
                                            sizeof(verbs) / sizeof(verbs[0]) };
