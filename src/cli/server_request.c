#include "base/text.h"
#include "cli/server_admin.h"
#include "cli/table.h"

static json_t *request_json(const struct request_view *v)
{
    const struct {
        const char *key, *text;
    } texts[] = {
        { "asked", v->asked },           { "key", v->key },
        { "decided_at", v->decided_at }, { "decided_by", v->decided_by },
        { "reason", v->reason },         { "key_sha256", v->key_sha256 },
    };
    bool is_ca = v->authority[0] != '\0';
    json_t *json = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b}", "id",
        (json_int_t)v->record->id, "state", v->state, "body", v->body,
        "profile", v->profile, "vendor", v->vendor, "serial", v->station,
        "transaction", v->transaction, "signer", v->signer, "certificates",
        (json_int_t)v->num, "created_at", v->created_at, "is_ca", is_ca);

    if (json != NULL && is_ca &&
        json_object_set_new(json, "path_len", json_integer(v->path_len)) != 0) {
        json_decref(json);
        return NULL;
    }
    for (size_t i = 0; json != NULL && i < sizeof(texts) / sizeof(texts[0]);
         i++) {
        if (server_json_text(json, texts[i].key, texts[i].text) == 0)
            continue;
        json_decref(json);
        return NULL;
    }
    return json;
}

static enum err print_json(const struct cli *cli,
                           const struct request_views *views, struct fault *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < views->num; i++) {
        if (json_array_append_new(list, request_json(&views->list[i])) == 0)
            continue;
        json_decref(list);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli, list, f);
}

static enum err print_table(const struct cli *cli,
                            const struct request_views *views, struct fault *f)
{
    static const char *const headings[] = { "ID",     "STATE",   "SINCE",
                                            "BODY",   "PROFILE", "VENDOR",
                                            "SERIAL", "ASKED" };
    struct cli_table table;

    cli_table_init(&table, cli->arena, headings,
                   sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < views->num; i++) {
        const struct request_view *v = &views->list[i];
        const char *what = v->authority[0] != '\0' ? " (a CA)" : "";
        const char *cells[] = { v->state,   v->created_at, v->body,
                                v->profile, v->vendor,     v->station };

        cli_table_add(&table, "%lld", (long long)v->record->id);
        for (size_t k = 0; k < sizeof(cells) / sizeof(cells[0]); k++)
            cli_table_add(&table, "%s", cells[k]);
        cli_table_add(&table, "%s%s", v->asked, what);
    }
    return cli_table_print(cli, &table, f);
}

static enum err run_list(struct cli *cli, struct fault *f)
{
    const char *state = cli_value(cli, "state");
    AUTO(admin) admin = NULL;
    struct request_views views;
    int64_t max, wanted = 0;

    TRY(cli_number(cli, "max", 1, 1000000, &max, f));
    if (state != NULL)
        TRY(admin_request_state(state, &wanted, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_list_requests(admin, wanted, (size_t)max, &views, f));
    if (cli->json)
        return print_json(cli, &views, f);
    if (views.num == 0)
        cli_print(cli, CLI_PLAIN, "no such request\n");
    else
        TRY(print_table(cli, &views, f));
    if ((int64_t)views.num == max)
        cli_print(cli, CLI_YELLOW, "there may be more: say --max\n");
    return ERR_OK;
}

static enum err find(const struct cli *cli, struct admin *admin,
                     struct request_view *out, struct fault *f)
{
    int64_t id;

    TRY(cli_operand_number(cli, 0, 1, INT64_MAX, &id, f));
    return admin_find_request(admin, id, out, f);
}

static enum err run_show(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct request_view v;

    TRY(server_admin_open(cli, &admin, f));
    TRY(find(cli, admin, &v, f));
    if (cli->json)
        return cli_print_json(cli, request_json(&v), f);
    {
        const struct {
            const char *name, *text;
        } lines[] = {
            { "state", v.state },
            { "body", v.body },
            { "profile", v.profile },
            { "vendor", v.vendor },
            { "serial", v.station },
            { "signer", v.signer },
            { "asked subject", v.asked },
            { "asked for", v.authority },
            { "key", v.key },
            { "key SHA-256", v.key_sha256 },
            { "transaction", v.transaction },
            { "since", v.created_at },
            { "decided", v.decided_at },
            { "by", v.decided_by },
            { "reason", v.reason },
        };

        cli_print(cli, CLI_PLAIN, "%-14s %lld\n", "request",
                  (long long)v.record->id);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
            if (lines[i].text[0] != '\0')
                cli_print(cli, CLI_PLAIN, "%-14s %s\n", lines[i].name,
                          lines[i].text);
    }
    return ERR_OK;
}

static enum err decide(struct cli *cli, enum request_state state,
                       const char *word, struct fault *f)
{
    const char *reason = cli_value(cli, "reason");
    AUTO(admin) admin = NULL;
    struct request_view v;

    if (state == REQUEST_DENIED && reason == NULL)
        return fault_set(f, ERR_USAGE, "say --reason: the station is told");
    if (reason != NULL && !utf8_is_valid(span_str(reason)))
        return fault_set(f, ERR_USAGE, "--reason is no UTF-8 text");
    TRY(server_admin_open(cli, &admin, f));
    TRY(find(cli, admin, &v, f));
    TRY(admin_decide_request(admin, &v, state, reason, f));
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:I, s:s}", "id",
                                        (json_int_t)v.record->id, "state",
                                        word),
                              f);
    cli_print(cli, CLI_PLAIN, "request %lld of %s %s/%s is %s\n",
              (long long)v.record->id,
              v.authority[0] != '\0' ? "CA" : "station", v.vendor, v.station,
              word);
    return ERR_OK;
}

static enum err run_approve(struct cli *cli, struct fault *f)
{
    return decide(cli, REQUEST_APPROVED, "approved", f);
}

static enum err run_deny(struct cli *cli, struct fault *f)
{
    return decide(cli, REQUEST_DENIED, "denied", f);
}

static const struct cli_option list_options[] = {
    ADMIN_CONFIG_OPTION,
    { "state", "STATE", NULL, "only those: waiting, approved, denied, answered",
      CLI_ONCE },
    { "max", "NUMBER", "1000", "list at most so many", CLI_ONCE },
};
static const struct cli_option show_options[] = { ADMIN_CONFIG_OPTION };
static const struct cli_option approve_options[] = {
    ADMIN_CONFIG_OPTION,
    { "reason", "TEXT", NULL, "why, for the audit log", CLI_ONCE },
};
static const struct cli_option deny_options[] = {
    ADMIN_CONFIG_OPTION,
    { "reason", "TEXT", NULL, "why; the station is told", CLI_ONCE },
};

#define NUM(options) (sizeof(options) / sizeof((options)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "request list",
        .summary = "list requests that wait, or waited, for approval",
        .description =
            "Lists the requests that came to a profile with `approval: "
            "operator`, and those for CA certificates (ccr), which always "
            "wait; those answered too until server.replay_window is over.",
        .options = list_options,
        .num_options = NUM(list_options),
        .has_json = true,
        .example = "stationmaster request list --state waiting",
        .run = run_list,
    },
    {
        .words = "request show",
        .summary = "show one request",
        .operands = "ID",
        .description =
            "Shows who asks for what, and what was decided. Of a CA's request "
            "it says so, with the pathLenConstraint it will get; compare its "
            "subject and the SHA-256 of its key with what its operator tells "
            "you by other means.",
        .options = show_options,
        .num_options = NUM(show_options),
        .has_json = true,
        .example = "stationmaster request show 7",
        .run = run_show,
    },
    {
        .words = "request approve",
        .summary = "let a waiting request have its certificate",
        .operands = "ID",
        .description =
            "The certificate is made when the station polls next, if every "
            "rule still holds then: not for a station that was blocked "
            "meanwhile.",
        .options = approve_options,
        .num_options = NUM(approve_options),
        .has_json = true,
        .example = "stationmaster request approve 7",
        .run = run_approve,
    },
    {
        .words = "request deny",
        .summary = "reject a waiting request",
        .operands = "ID",
        .description =
            "The station is told so, with the reason, when it polls next.",
        .options = deny_options,
        .num_options = NUM(deny_options),
        .has_json = true,
        .example = "stationmaster request deny 7 --reason 'not on site yet'",
        .run = run_deny,
    },
};

const struct cli_verbs cli_server_request = { verbs, NUM(verbs) };
