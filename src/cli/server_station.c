#include "cli/server_admin.h"
#include "cli/table.h"

static json_t *station_json(const struct station_view *v)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "vendor", v->vendor, "serial",
                  v->serial, "state", v->state, "first_seen", v->first_seen,
                  "last_seen", v->last_seen);

    if (json == NULL || server_json_text(json, "subject", v->subject) != 0 ||
        server_json_text(json, "certificate", v->certificate) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static enum err print_json(const struct cli *cli,
                           const struct station_views *views, struct fault *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < views->num; i++) {
        if (json_array_append_new(list, station_json(&views->list[i])) == 0)
            continue;
        json_decref(list);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli, list, f);
}

static enum err print_table(const struct cli *cli,
                            const struct station_views *views, struct fault *f)
{
    static const char *const headings[] = { "VENDOR",      "SERIAL",
                                            "STATE",       "LAST SEEN",
                                            "CERTIFICATE", "SUBJECT" };
    struct cli_table table;

    cli_table_init(&table, cli->arena, headings,
                   sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < views->num; i++) {
        const struct station_view *v = &views->list[i];
        const char *cells[] = { v->vendor,    v->serial,      v->state,
                                v->last_seen, v->certificate, v->subject };

        for (size_t k = 0; k < sizeof(cells) / sizeof(cells[0]); k++)
            cli_table_add(&table, "%s", cells[k]);
    }
    return cli_table_print(cli, &table, f);
}

static enum err run_list(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct station_views views;
    int64_t max;

    TRY(cli_number(cli, "max", 1, 1000000, &max, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_list_stations(admin, cli_value(cli, "vendor"), 0, (size_t)max,
                            &views, f));
    if (cli->json)
        return print_json(cli, &views, f);
    if (views.num == 0)
        cli_print(cli, CLI_PLAIN, "no station was seen yet\n");
    else
        TRY(print_table(cli, &views, f));
    if ((int64_t)views.num == max)
        cli_print(cli, CLI_YELLOW, "there may be more: say --max\n");
    return ERR_OK;
}

static enum err run_show(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct station_view v;
    struct station_views one = { &v, 1 };

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_find_station(admin, cli_operand(cli, 0), cli_operand(cli, 1), &v,
                           f));
    if (!cli->json)
        return print_table(cli, &one, f);
    return cli_print_json(cli, station_json(&v), f);
}

static enum err set_state(struct cli *cli, enum station_state state,
                          const char *word, struct fault *f)
{
    const char *vendor = cli_operand(cli, 0), *serial = cli_operand(cli, 1);
    AUTO(admin) admin = NULL;

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_set_station(admin, vendor, serial, state, f));
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:s, s:s, s:s}", "vendor", vendor,
                                        "serial", serial, "state", word),
                              f);
    cli_print(cli, CLI_PLAIN, "station %s/%s is %s\n", vendor, serial, word);
    return ERR_OK;
}

static enum err run_block(struct cli *cli, struct fault *f)
{
    return set_state(cli, STATION_BLOCKED, "blocked", f);
}

static enum err run_unblock(struct cli *cli, struct fault *f)
{
    return set_state(cli, STATION_ACTIVE, "active", f);
}

static const struct cli_option list_options[] = {
    ADMIN_CONFIG_OPTION,
    { "vendor", "NAME", NULL, "only this vendor's", CLI_ONCE },
    { "max", "NUMBER", "1000", "list at most so many", CLI_ONCE },
};
static const struct cli_option one_options[] = { ADMIN_CONFIG_OPTION };

#define NUM(options) (sizeof(options) / sizeof((options)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "station list",
        .summary = "list base stations seen",
        .description = "Lists the base stations that were ever certified, "
                       "and those blocked beforehand.",
        .options = list_options,
        .num_options = NUM(list_options),
        .has_json = true,
        .example = "stationmaster station list --vendor acme",
        .run = run_list,
    },
    {
        .words = "station show",
        .summary = "show one base station",
        .operands = "VENDOR SERIAL",
        .description = "Shows what is known of one base station.",
        .options = one_options,
        .num_options = NUM(one_options),
        .has_json = true,
        .example = "stationmaster station show acme BS0001",
        .run = run_show,
    },
    {
        .words = "station block",
        .summary = "give a base station no more certificates",
        .operands = "VENDOR SERIAL",
        .description =
            "From now on the station's ir and kur are refused. What it holds "
            "stays valid: revoke it with `stationmaster cert revoke`. A "
            "station not seen yet can be blocked too.",
        .options = one_options,
        .num_options = NUM(one_options),
        .has_json = true,
        .example = "stationmaster station block acme BS0001",
        .run = run_block,
    },
    {
        .words = "station unblock",
        .summary = "let a base station enrol again",
        .operands = "VENDOR SERIAL",
        .description = "Undoes `stationmaster station block`.",
        .options = one_options,
        .num_options = NUM(one_options),
        .has_json = true,
        .example = "stationmaster station unblock acme BS0001",
        .run = run_unblock,
    },
};

const struct cli_verbs cli_server_station = { verbs, NUM(verbs) };
