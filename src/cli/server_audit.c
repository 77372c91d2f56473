#include "base/text.h"
#include "cli/server_admin.h"

static enum err print_json(const struct cli *cli, const struct audit_list *list,
                           struct fault *f)
{
    json_t *json = json_array();
    char at[TIME_TEXT_LEN];

    for (size_t i = 0; i < list->num; i++) {
        const struct audit_record *r = &list->list[i];

        time_format(r->at, at);
        if (json_array_append_new(
                json, json_pack("{s:I, s:s, s:o, s:o}", "id", (json_int_t)r->id,
                                "at", at, "node", server_json_span(r->node),
                                "entry", server_json_span(r->entry))) == 0)
            continue;
        json_decref(json);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli, json, f);
}

static void print_lines(const struct cli *cli, const struct audit_list *list)
{
    char at[TIME_TEXT_LEN];

    for (size_t i = 0; i < list->num; i++) {
        const struct audit_record *r = &list->list[i];

        time_format(r->at, at);
        cli_print(cli, CLI_PLAIN, "%lld %s %.*s %.*s\n", (long long)r->id, at,
                  (int)r->node.len, (const char *)r->node.ptr,
                  (int)r->entry.len, (const char *)r->entry.ptr);
    }
}

static enum err run_list(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct audit_list list;
    int64_t after, max;

    TRY(cli_number(cli, "after", 0, INT64_MAX, &after, f));
    TRY(cli_number(cli, "max", 1, 10000000, &max, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_audit(admin, after, (size_t)max, &list, f));
    if (cli->json)
        return print_json(cli, &list, f);
    print_lines(cli, &list);
    return ERR_OK;
}

static enum err run_check(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    int64_t broken;

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_check_audit(admin, &broken, f));
    if (broken != 0)
        return fault_set(f, ERR_STORE,
                         "audit entry %lld was changed, or entries before it "
                         "are missing",
                         (long long)broken);
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:b}", "holds", 1), f);
    cli_print(cli, CLI_PLAIN, "the audit trail holds\n");
    return ERR_OK;
}

static const struct cli_option list_options[] = {
    ADMIN_CONFIG_OPTION,
    { "after", "ID", "0", "only entries after this one", CLI_ONCE },
    { "max", "NUMBER", "10000", "list at most so many", CLI_ONCE },
};
static const struct cli_option check_options[] = { ADMIN_CONFIG_OPTION };

#define NUM(options) (sizeof(options) / sizeof((options)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "audit list",
        .summary = "list what was done",
        .description = "Lists the audit trail, the oldest entry first.",
        .options = list_options,
        .num_options = NUM(list_options),
        .has_json = true,
        .example = "stationmaster audit list --after 1000",
        .run = run_list,
    },
    {
        .words = "audit check",
        .summary = "check that the audit trail was not changed",
        .description =
            "Follows the chain of digests through the audit trail. It fails "
            "when an entry was changed, or taken out.",
        .options = check_options,
        .num_options = NUM(check_options),
        .has_json = true,
        .example = "stationmaster audit check",
        .run = run_check,
    },
};

const struct cli_verbs cli_server_audit = { verbs, NUM(verbs) };
