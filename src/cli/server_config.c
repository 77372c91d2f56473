#include "cli/server.h"
#include "config/config.h"

#define TEXT_CAP ((size_t)1024 * 1024)

/* Complaints as they are, one a line; with --json the fault says the first. */
static enum err check(const struct cli *cli, const char *file,
                      struct buf *errors, struct fault *f)
{
    AUTO(config) config = NULL;
    enum err e = config_load(file, &config, errors, f);

    if (e != ERR_OK && errors->len > 0)
        fputs(buf_str(errors), cli->err);
    if (e == ERR_CONFIG && !cli->json)
        return fault_set(f, e, "%s is not acceptable", file);
    TRY(e);
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:s, s:b, s:i, s:i}", "file", file,
                                        "acceptable", 1, "vendors",
                                        (int)config->num_vendors, "profiles",
                                        (int)config->num_profiles),
                              f);
    cli_print(cli, CLI_GREEN, "%s is acceptable", file);
    cli_print(cli, CLI_PLAIN, ": %zu vendors, %zu profiles\n",
              config->num_vendors, config->num_profiles);
    return ERR_OK;
}

static enum err explain(const struct cli *cli, const char *key,
                        struct buf *text, struct fault *f)
{
    TRY(config_explain(key, text, f));
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:s}", "text", buf_str(text)),
                              f);
    fputs(buf_str(text), cli->out);
    return ERR_OK;
}

static enum err run_config(struct cli *cli, struct fault *f)
{
    const char *file = cli_value(cli, "check");
    bool has_explain = cli_has(cli, "explain");
    struct buf text;
    enum err e;

    if ((file != NULL) == has_explain)
        return fault_set(f, ERR_USAGE,
                         "one of --check FILE and --explain [KEY] is needed");
    buf_init(&text, TEXT_CAP);
    if (has_explain)
        e = explain(cli, cli_value(cli, "explain"), &text, f);
    else
        e = check(cli, file, &text, f);
    buf_done(&text);
    return e;
}

static enum err run_version(struct cli *cli, struct fault *f)
{
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:s, s:s}", "name",
                                        cli->program->name, "version",
                                        STATIONMASTER_VERSION),
                              f);
    cli_print(cli, CLI_PLAIN, "%s %s\n", cli->program->name,
              STATIONMASTER_VERSION);
    return ERR_OK;
}

static const struct cli_option config_options[] = {
    { .name = "check",
      .argument = "FILE",
      .help = "read this configuration and say all that is wrong with it" },
    { .name = "explain",
      .argument = "[KEY]",
      .help = "what the settings mean: all, or the one at this dotted path" },
};

static const struct cli_verb verbs[] = {
    { .words = "config",
      .summary = "check a configuration, explain its settings",
      .description =
          "Checks a configuration file, or explains what may stand in one.\n\n"
          "Errors are told as file:line:column, the first twenty at once. The "
          "files that a configuration names are not opened.",
      .options = config_options,
      .num_options = sizeof(config_options) / sizeof(config_options[0]),
      .has_json = true,
      .example = "stationmaster config --check /etc/op/stationmaster.yaml\n"
                 "stationmaster config --explain profiles.confirm_wait",
      .run = run_config },
    { .words = "version",
      .summary = "print the version",
      .description = "Prints the program's name and version.",
      .has_json = true,
      .example = "stationmaster version --json",
      .run = run_version },
};

const struct cli_verbs cli_server_config = {
    verbs,
    sizeof(verbs) / sizeof(verbs[0]),
};
