#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/server_admin.h"
#include "cli/table.h"
#include "service/admin_secret.h"

#define YEAR ((int64_t)366 * 24 * 3600)
#define LINE_SIZE 512

static json_t *secret_json(const struct secret_view *v)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "reference",
                             v->reference, "name", v->name, "vendor", v->vendor,
                             "station", v->serial, "state", v->state, "weak",
                             v->is_weak, "created", v->created);

    if (json == NULL || server_json_text(json, "profile", v->profile) != 0 ||
        server_json_text(json, "expires", v->expires) != 0 ||
        server_json_text(json, "last_used", v->last_used) != 0 ||
        json_object_set_new(
            json, "uses_left",
            v->uses_left < 0 ? json_null() : json_integer(v->uses_left)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* "90s", "15m", "12h", "7d". */
static enum err read_expiry(const struct cli *cli, int64_t *out,
                            struct fault *f)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    const char *text = cli_value(cli, "expires");
    int64_t number = 0;
    size_t n = 0;

    *out = 0;
    if (text == NULL)
        return ERR_OK;
    while (text[n] >= '0' && text[n] <= '9' && number <= 10 * YEAR)
        number = 10 * number + (text[n++] - '0');
    for (size_t i = 0; n > 0 && i < sizeof(units) / sizeof(units[0]); i++)
        if (text[n] == units[i].unit && text[n + 1] == '\0' && number > 0 &&
            number <= 10 * YEAR / units[i].seconds) {
            *out = clock_seconds() + number * units[i].seconds;
            return ERR_OK;
        }
    return fault_set(f, ERR_USAGE,
                     "--expires takes a time like 90s, 15m, 12h or 7d, up to "
                     "ten years, not \"%s\"",
                     text);
}

/* One line of standard input, so that it stands in no list of processes. */
static enum err read_line(const struct cli *cli, const char **out,
                          struct fault *f)
{
    char line[LINE_SIZE];
    size_t len;

    if (fgets(line, sizeof(line), stdin) == NULL)
        return fault_set(f, ERR_USAGE,
                         "--weak - takes the secret from standard input, where "
                         "there is none");
    len = strcspn(line, "\r\n");
    line[len] = '\0';
    *out = arena_printf(cli->arena, "%s", line);
    secret_wipe(line, sizeof(line));
    return *out == NULL ? fault_set(f, ERR_NO_MEM, "secret") : ERR_OK;
}

static enum err read_wish(const struct cli *cli, struct secret_wish *wish,
                          struct fault *f)
{
    *wish = (struct secret_wish){
        .reference = cli_value(cli, "reference"),
        .name = cli_value(cli, "name"),
        .vendor = cli_value(cli, "vendor"),
        .serial = cli_value(cli, "serial"),
        .profile = cli_value(cli, "profile"),
        .weak = cli_value(cli, "weak"),
    };
    TRY(cli_number(cli, "uses", 0, 1000000, &wish->uses, f));
    if (wish->uses == 0)
        wish->uses = -1;
    TRY(read_expiry(cli, &wish->expires_at, f));
    if (wish->weak != NULL && strcmp(wish->weak, "-") == 0)
        return read_line(cli, &wish->weak, f);
    return ERR_OK;
}

static void print_fact(const struct cli *cli, const char *name,
                       const char *value)
{
    if (value[0] != '\0')
        cli_print(cli, CLI_PLAIN, "%-12s %s\n", name, value);
}

static void print_uses(const struct cli *cli, int64_t uses)
{
    if (uses < 0)
        print_fact(cli, "uses left", "any number");
    else
        cli_print(cli, CLI_PLAIN, "%-12s %lld\n", "uses left", (long long)uses);
}

static enum err print_new(const struct cli *cli, const struct secret_view *v,
                          const char *text, bool is_told, struct fault *f)
{
    json_t *json;

    if (cli->json) {
        json = secret_json(v);
        if (json == NULL ||
            (is_told &&
             json_object_set_new(json, "secret", json_string(text)) != 0)) {
            json_decref(json);
            return fault_set(f, ERR_NO_MEM, "JSON");
        }
        return cli_print_json(cli, json, f);
    }
    print_fact(cli, "reference", v->reference);
    if (is_told)
        print_fact(cli, "secret", text);
    cli_print(cli, CLI_PLAIN, "%-12s %s/%s\n", "station", v->vendor, v->serial);
    print_fact(cli, "profile", v->profile);
    print_fact(cli, "expires", v->expires);
    print_uses(cli, v->uses_left);
    if (is_told)
        cli_print(cli, CLI_YELLOW,
                  "write it down: the secret is shown this once\n");
    return ERR_OK;
}

static enum err run_new(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct secret_wish wish;
    struct secret_view v;
    const char *text = NULL;

    TRY(read_wish(cli, &wish, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_add_secret(admin, &wish, &v, &text, f));
    return print_new(cli, &v, text, wish.weak == NULL, f);
}

static enum err print_list_json(const struct cli *cli,
                                const struct secret_views *views,
                                struct fault *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < views->num; i++) {
        if (json_array_append_new(list, secret_json(&views->list[i])) == 0)
            continue;
        json_decref(list);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli, list, f);
}

static enum err print_list(const struct cli *cli,
                           const struct secret_views *views, struct fault *f)
{
    static const char *const headings[] = { "REFERENCE", "STATION", "STATE",
                                            "USES LEFT", "EXPIRES" };
    struct cli_table table;

    cli_table_init(&table, cli->arena, headings,
                   sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < views->num; i++) {
        const struct secret_view *v = &views->list[i];

        cli_table_add(&table, "%s", v->reference);
        cli_table_add(&table, "%s/%s", v->vendor, v->serial);
        cli_table_add(&table, "%s%s", v->state, v->is_weak ? ", weak" : "");
        if (v->uses_left < 0)
            cli_table_add(&table, "any");
        else
            cli_table_add(&table, "%lld", (long long)v->uses_left);
        cli_table_add(&table, "%s", v->expires[0] == '\0' ? "-" : v->expires);
    }
    return cli_table_print(cli, &table, f);
}

static enum err run_list(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct secret_views views;
    int64_t max;

    TRY(cli_number(cli, "max", 1, 1000000, &max, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_list_secrets(admin, 0, (size_t)max, &views, f));
    if (cli->json)
        return print_list_json(cli, &views, f);
    if (views.num == 0)
        cli_print(cli, CLI_PLAIN, "no secrets\n");
    else
        TRY(print_list(cli, &views, f));
    if (views.num == (size_t)max)
        cli_print(cli, CLI_YELLOW, "there may be more: say --max\n");
    return ERR_OK;
}

static enum err run_revoke(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct secret_view v;

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_revoke_secret(admin, cli_operand(cli, 0), &v, f));
    if (cli->json)
        return cli_print_json(cli, secret_json(&v), f);
    cli_print(cli, CLI_PLAIN,
              "revoked the secret of reference %s; certificates it brought "
              "stay valid\n",
              v.reference);
    return ERR_OK;
}

static enum err run_rekey(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    size_t num = 0;

    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_rekey_secrets(admin, &num, f));
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:I}", "sealed", (json_int_t)num), f);
    cli_print(cli, CLI_PLAIN,
              "%zu secrets sealed under a new key; copy its file to the other "
              "nodes\n",
              num);
    return ERR_OK;
}

static const struct cli_option new_options[] = {
    ADMIN_CONFIG_OPTION,
    { "reference", "REFERENCE", NULL,
      "what senderKID says; made here unless given", CLI_ONCE },
    { "name", "NAME", NULL,
      "the CN of its messages' sender, if not the reference", CLI_ONCE },
    { "vendor", "NAME", NULL, "the vendor of its station, if not \"secret\"",
      CLI_ONCE },
    { "serial", "SERIAL", NULL,
      "the serial number of its station, if not the reference", CLI_ONCE },
    { "profile", "NAME", NULL, "the only profile it is good for", CLI_ONCE },
    { "uses", "NUMBER", "1", "transactions it is good for; 0: any number",
      CLI_ONCE },
    { "expires", "TIME", NULL, "after so long: 90s, 15m, 12h, 7d", CLI_ONCE },
    { "weak", "TEXT", NULL,
      "take this one, good once and for a day; -: a line of standard input",
      CLI_ONCE },
};
static const struct cli_option list_options[] = {
    ADMIN_CONFIG_OPTION,
    { "max", "NUMBER", "1000", "list at most so many", CLI_ONCE },
};
static const struct cli_option plain_options[] = { ADMIN_CONFIG_OPTION };

#define NUM(options) (sizeof(options) / sizeof((options)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "secret new",
        .summary = "make a shared secret for a base station",
        .description =
            "Makes a secret of 160 random bits with which a station that has "
            "no certificate protects its messages (MAC), and shows it once. "
            "Its 32 characters are the secret as they stand. Each transaction "
            "takes a use of it. A running server knows it at once.\n\n"
            "Only profiles of type rfc9483, open and legacy-2010 take secrets.",
        .options = new_options,
        .num_options = NUM(new_options),
        .has_json = true,
        .example = "stationmaster secret new --vendor acme --serial BS0001 "
                   "--expires 7d\n"
                   "stationmaster secret new --reference 1234 --weak -",
        .run = run_new,
    },
    {
        .words = "secret list",
        .summary = "list shared secrets",
        .description =
            "Lists the shared secrets, the oldest first, without telling them; "
            "among them, as passphrase:VENDOR/SERIAL, the passphrases that "
            "stations brought for revocation "
            "(profiles.revocation_passphrases), "
            "which no message but an rr is taken under.",
        .options = list_options,
        .num_options = NUM(list_options),
        .has_json = true,
        .example = "stationmaster secret list --json",
        .run = run_list,
    },
    {
        .words = "secret revoke",
        .summary = "take a shared secret back",
        .operands = "REFERENCE",
        .description =
            "From now on no message under this secret is taken, also none of a "
            "transaction that has begun. Certificates it brought stay valid: "
            "revoke them with `stationmaster cert revoke`. A station whose "
            "passphrase is taken back may bring another.",
        .options = plain_options,
        .num_options = NUM(plain_options),
        .has_json = true,
        .example = "stationmaster secret revoke KQ3D5YCPX2MNA",
        .run = run_revoke,
    },
    {
        .words = "secret rekey",
        .summary = "seal all shared secrets under a new key",
        .description =
            "Makes a new key, seals every secret in the store under it and "
            "puts it in the place of secrets.key_file. A running server needs "
            "not be told. Cut short, it goes on where it was when it is run "
            "again.",
        .options = plain_options,
        .num_options = NUM(plain_options),
        .has_json = true,
        .example = "stationmaster secret rekey",
        .run = run_rekey,
    },
};

const struct cli_verbs cli_server_secret = { verbs, NUM(verbs) };
