#include "base/clock.h"
#include "base/text.h"
#include "cli/server_admin.h"
#include "cli/table.h"

static json_t *cert_json(const struct certificate_view *v)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "serial",
                  v->serial, "ca", v->ca, "vendor", v->vendor, "station",
                  v->station, "subject", v->subject, "status", v->status,
                  "not_before", v->not_before, "not_after", v->not_after);

    if (json == NULL || server_json_text(json, "san", v->san) != 0 ||
        server_json_text(json, "revoked_at", v->revoked_at) != 0 ||
        server_json_text(json, "reason", v->reason) != 0 ||
        server_json_text(json, "invalid_since", v->invalid_since) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static enum err print_list_json(const struct cli *cli,
                                const struct certificate_views *views,
                                struct fault *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < views->num; i++) {
        if (json_array_append_new(list, cert_json(&views->list[i])) == 0)
            continue;
        json_decref(list);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli, list, f);
}

static enum err print_list(const struct cli *cli,
                           const struct certificate_views *views,
                           struct fault *f)
{
    static const char *const headings[] = { "SERIAL", "STATION", "STATUS",
                                            "NOT AFTER", "SUBJECT" };
    struct cli_table table;

    cli_table_init(&table, cli->arena, headings,
                   sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < views->num; i++) {
        const struct certificate_view *v = &views->list[i];

        cli_table_add(&table, "%s", v->serial);
        cli_table_add(&table, "%s/%s", v->vendor, v->station);
        cli_table_add(&table, "%s", v->status);
        cli_table_add(&table, "%s", v->not_after);
        cli_table_add(&table, "%s", v->subject);
    }
    return cli_table_print(cli, &table, f);
}

static const struct {
    const char *name;
    enum certificate_status status;
} statuses[] = {
    { "unconfirmed", CERTIFICATE_ISSUED },
    { "confirmed", CERTIFICATE_CONFIRMED },
    { "rejected", CERTIFICATE_REJECTED },
    { "timed-out", CERTIFICATE_TIMED_OUT },
};

static enum err read_status(const struct cli *cli,
                            struct certificate_filter *by, struct fault *f)
{
    const char *status = cli_value(cli, "status");

    if (status == NULL)
        return ERR_OK;
    by->only_revoked = strcmp(status, "revoked") == 0;
    if (by->only_revoked)
        return ERR_OK;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (strcmp(statuses[i].name, status) != 0)
            continue;
        by->status = statuses[i].status;
        return ERR_OK;
    }
    return fault_set(f, ERR_USAGE,
                     "--status takes unconfirmed, confirmed, rejected, "
                     "timed-out or revoked, not \"%s\"",
                     status);
}

static struct span value_span(const struct cli *cli, const char *option)
{
    const char *value = cli_value(cli, option);

    return value == NULL ? SPAN_NONE : span_str(value);
}

static enum err read_filter(const struct cli *cli,
                            struct certificate_filter *by, struct fault *f)
{
    int64_t max, days;

    *by = (struct certificate_filter){
        .ca = value_span(cli, "ca"),
        .vendor = value_span(cli, "vendor"),
        .station_serial = value_span(cli, "station"),
    };
    TRY(cli_number(cli, "max", 1, 1000000, &max, f));
    by->max = (size_t)max;
    if (cli_has(cli, "expires-within")) {
        TRY(cli_number(cli, "expires-within", 0, 36500, &days, f));
        by->expires_before = clock_seconds() + days * 86400;
    }
    return read_status(cli, by, f);
}

static enum err run_list(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct certificate_filter by;
    struct certificate_views views;

    TRY(read_filter(cli, &by, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_list(admin, &by, &views, f));
    if (cli->json)
        return print_list_json(cli, &views, f);
    if (views.num == 0)
        cli_print(cli, CLI_PLAIN, "no certificate like that\n");
    else
        TRY(print_list(cli, &views, f));
    if (views.num == by.max)
        cli_print(cli, CLI_YELLOW, "there may be more: say --max\n");
    return ERR_OK;
}

static void print_fact(const struct cli *cli, const char *name,
                       const char *value)
{
    if (value[0] != '\0')
        cli_print(cli, CLI_PLAIN, "%-12s %s\n", name, value);
}

static void print_cert(const struct cli *cli, const struct certificate_view *v)
{
    print_fact(cli, "serial", v->serial);
    print_fact(cli, "ca", v->ca);
    print_fact(cli, "vendor", v->vendor);
    print_fact(cli, "station", v->station);
    print_fact(cli, "subject", v->subject);
    print_fact(cli, "san", v->san);
    print_fact(cli, "status", v->status);
    print_fact(cli, "not before", v->not_before);
    print_fact(cli, "not after", v->not_after);
    print_fact(cli, "revoked at", v->revoked_at);
    print_fact(cli, "reason", v->reason);
    print_fact(cli, "invalid from", v->invalid_since);
}

static enum err run_show(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct certificate_view v;
    struct buf pem;
    json_t *json;

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_find(admin, cli_value(cli, "ca"), cli_operand(cli, 0), &v, f));
    buf_init(&pem, (size_t)1024 * 1024);
    pem_format("CERTIFICATE", v.record->der, &pem);
    if (cli->json) {
        json = cert_json(&v);
        if (json == NULL ||
            json_object_set_new(json, "pem", json_string(buf_str(&pem))) != 0) {
            buf_done(&pem);
            json_decref(json);
            return fault_set(f, ERR_NO_MEM, "JSON");
        }
        buf_done(&pem);
        return cli_print_json(cli, json, f);
    }
    if (!cli_has(cli, "pem"))
        print_cert(cli, &v);
    fputs(buf_str(&pem), cli->out);
    buf_done(&pem);
    return ERR_OK;
}

/* The name of RFC 5280, or hold for short. */
static enum err read_reason(const struct cli *cli, enum crl_reason *out,
                            struct fault *f)
{
    const char *word = cli_value(cli, "reason");
    int64_t reason = strcmp(word, "hold") == 0 ? (int64_t)CRL_CERTIFICATE_HOLD
                                               : crl_reason_find(word);

    if (reason < 0)
        return fault_set(f, ERR_USAGE,
                         "--reason %s is not one of RFC 5280, 5.3.1", word);
    if (reason == CRL_REMOVE_FROM_CRL)
        return fault_set(f, ERR_USAGE,
                         "what is held is released by cert release");
    *out = (enum crl_reason)reason;
    return ERR_OK;
}

static enum err read_invalidity(const struct cli *cli, int64_t *out,
                                struct fault *f)
{
    const char *text = cli_value(cli, "invalidity-date");

    *out = 0;
    if (text == NULL)
        return ERR_OK;
    if (time_parse(text, out) != ERR_OK || *out == 0)
        return fault_set(f, ERR_USAGE,
                         "--invalidity-date %s is no time; write it like "
                         "2026-07-01T00:00:00Z",
                         text);
    if (*out > clock_seconds())
        return fault_set(f, ERR_USAGE, "--invalidity-date %s is yet to come",
                         text);
    return ERR_OK;
}

static enum err run_revoke(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    enum crl_reason reason = CRL_UNSPECIFIED;
    struct certificate_view v;
    int64_t invalid;

    TRY(read_reason(cli, &reason, f));
    TRY(read_invalidity(cli, &invalid, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_find(admin, cli_value(cli, "ca"), cli_operand(cli, 0), &v, f));
    TRY(admin_revoke(admin, &v, reason, invalid, f));
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:s, s:s, s:s}", "revoked", v.serial,
                                        "reason", crl_reason_name(reason),
                                        "station", v.station),
                              f);
    cli_print(cli, CLI_PLAIN,
              "revoked %s of station %s/%s (%s); a running server puts it on "
              "the CRL within a second\n",
              v.serial, v.vendor, v.station, crl_reason_name(reason));
    return ERR_OK;
}

static enum err run_release(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct certificate_view v;

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_find(admin, cli_value(cli, "ca"), cli_operand(cli, 0), &v, f));
    TRY(admin_release(admin, &v, f));
    if (cli->json)
        return cli_print_json(
            cli,
            json_pack("{s:s, s:s}", "released", v.serial, "station", v.station),
            f);
    cli_print(cli, CLI_PLAIN,
              "released %s of station %s/%s; a running server takes it off "
              "the CRL within a second\n",
              v.serial, v.vendor, v.station);
    return ERR_OK;
}

static const struct cli_option list_options[] = {
    ADMIN_CONFIG_OPTION,
    { "ca", "NAME", NULL, "only those of this CA", CLI_ONCE },
    { "vendor", "NAME", NULL, "only those of this vendor's stations",
      CLI_ONCE },
    { "station", "SERIAL", NULL, "only those of stations with this serial",
      CLI_ONCE },
    { "status", "STATUS", NULL,
      "unconfirmed, confirmed, rejected, timed-out or revoked", CLI_ONCE },
    { "expires-within", "DAYS", NULL, "only those that expire by then",
      CLI_ONCE },
    { "max", "NUMBER", "1000", "list at most so many", CLI_ONCE },
};
static const struct cli_option show_options[] = {
    ADMIN_CONFIG_OPTION,
    { "ca", "NAME", NULL, "the CA that issued it", CLI_ONCE },
    { "pem", NULL, NULL, "the certificate alone, as PEM", CLI_ONCE },
};
static const struct cli_option revoke_options[] = {
    ADMIN_CONFIG_OPTION,
    { "ca", "NAME", NULL, "the CA that issued it", CLI_ONCE },
    { "reason", "REASON", "unspecified",
      "keyCompromise, superseded, hold, ... (RFC 5280, 5.3.1)", CLI_ONCE },
    { "invalidity-date", "TIME", NULL,
      "since when it is not to be trusted: 2026-07-01T00:00:00Z", CLI_ONCE },
};

static const struct cli_option release_options[] = {
    ADMIN_CONFIG_OPTION,
    { "ca", "NAME", NULL, "the CA that issued it", CLI_ONCE },
};

#define NUM(options) (sizeof(options) / sizeof((options)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "cert list",
        .summary = "list certificates issued",
        .description = "Lists the certificates in the store, the oldest "
                       "first, beside a running server or without one.",
        .options = list_options,
        .num_options = NUM(list_options),
        .has_json = true,
        .example = "stationmaster cert list --vendor acme --status confirmed\n"
                   "stationmaster cert list --expires-within 30 --json",
        .run = run_list,
    },
    {
        .words = "cert show",
        .summary = "show one certificate",
        .operands = "SERIAL",
        .description = "Shows the certificate with this serial number, in "
                       "hexadecimal, and what became of it.",
        .options = show_options,
        .num_options = NUM(show_options),
        .has_json = true,
        .example = "stationmaster cert show 1a2b3c --pem | openssl x509 -text",
        .run = run_show,
    },
    {
        .words = "cert revoke",
        .summary = "revoke one certificate",
        .operands = "SERIAL",
        .description =
            "Revokes the certificate with this serial number. It stands on "
            "the next CRL, which a running server makes within a second; "
            "without a server `stationmaster crl --make` does. With --reason "
            "hold it is revoked for now: `cert release` takes that back, and "
            "another revocation makes it one for good. Where a profile of "
            "type open serves its station, block the station too, which may "
            "release it otherwise.",
        .options = revoke_options,
        .num_options = NUM(revoke_options),
        .has_json = true,
        .example = "stationmaster cert revoke 1a2b3c --reason keyCompromise",
        .run = run_revoke,
    },
    {
        .words = "cert release",
        .summary = "end the hold of one certificate",
        .operands = "SERIAL",
        .description =
            "Takes the certificate with this serial number, revoked with "
            "--reason hold, off the CRL again.",
        .options = release_options,
        .num_options = NUM(release_options),
        .has_json = true,
        .example = "stationmaster cert release 1a2b3c",
        .run = run_release,
    },
};

const struct cli_verbs cli_server_cert = { verbs, NUM(verbs) };
