#include "base/clock.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/server.h"
#include "cli/table.h"
#include "service/init.h"

static const char *const default_hosts[] = { "localhost", "127.0.0.1", "::1" };

/* "NAME=FILE" */
static enum err read_vendor(const struct cli *cli, const char *text,
                            struct operator_vendor *out, struct fault *f)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text || equals[1] == '\0')
        return fault_set(f, ERR_USAGE,
                         "--vendor takes NAME=ANCHOR.pem, not \"%s\"", text);
    out->name = arena_printf(cli->arena, "%.*s", (int)(equals - text), text);
    out->anchor = equals + 1;
    return out->name == NULL ? ERR_NO_MEM : ERR_OK;
}

static enum err read_vendors(const struct cli *cli, struct operator_options *o,
                             struct fault *f)
{
    const char *const *texts;
    struct operator_vendor *vendors;
    size_t num;

    TRY(cli_values(cli, "vendor", &texts, &num));
    vendors = arena_array(cli->arena, num + 1, sizeof(*vendors));
    if (vendors == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++)
        TRY(read_vendor(cli, texts[i], &vendors[i], f));
    o->vendors = vendors;
    o->num_vendors = num;
    return ERR_OK;
}

static enum err read_options(const struct cli *cli, struct operator_options *o,
                             struct fault *f)
{
    int64_t http_port, tls_port;

    *o = (struct operator_options){
        .folder = cli_operand(cli, 0),
        .key_type = cli_value(cli, "key-type"),
        .name = cli_value(cli, "name"),
        .address = cli_value(cli, "address"),
        .crl_url = cli_value(cli, "crl-url"),
        .key_generator = cli_has(cli, "key-generator"),
        .serial_from = cli_value(cli, "serial-from"),
        .serial_pattern = cli_value(cli, "serial-pattern"),
        .now = clock_seconds(),
    };
    TRY(cli_values(cli, "host", &o->hosts, &o->num_hosts));
    if (o->num_hosts == 0) {
        o->hosts = default_hosts;
        o->num_hosts = sizeof(default_hosts) / sizeof(default_hosts[0]);
    }
    TRY(cli_number(cli, "port", 1, 65535, &http_port, f));
    TRY(cli_number(cli, "tls-port", 1, 65535, &tls_port, f));
    if (http_port == tls_port)
        return fault_set(f, ERR_USAGE, "--port and --tls-port are the same");
    o->http_port = (uint16_t)http_port;
    o->tls_port = (uint16_t)tls_port;
    return read_vendors(cli, o, f);
}

static void show_progress(void *arg, size_t done, size_t total)
{
    (void)total;
    cli_progress_step(arg, done);
}

/* What to type next. */
struct next {
    const char *why;
    const char *command;
};
#define MAX_NEXT 4

static size_t find_next(const struct cli *cli, const struct operator_options *o,
                        const struct operator_made *made, struct next *out)
{
    size_t num = 0;

    out[num++] = (struct next){
        "keep the root's key off-line; the server does not need it",
        arena_printf(cli->arena, "mv %s/root.key /media/SAFE/", made->folder),
    };
    if (o->num_vendors == 0)
        out[num++] = (struct next){
            "say whose base stations may enrol: nobody's yet",
            arena_printf(cli->arena, "$EDITOR %s", made->config),
        };
    out[num++] = (struct next){
        "check the configuration",
        arena_printf(cli->arena, "stationmaster config --check %s",
                     made->config),
    };
    out[num++] = (struct next){
        "serve",
        arena_printf(cli->arena, "stationmaster serve --config %s",
                     made->config),
    };
    return num;
}

static json_t *file_json(const struct operator_file *file)
{
    char not_after[TIME_TEXT_LEN];
    json_t *json = json_pack("{s:s, s:s, s:b}", "name", file->name, "what",
                             file->what, "private", (int)file->is_private);

    if (json == NULL || file->subject == NULL)
        return json;
    time_format(file->not_after, not_after);
    if (json_object_set_new(json, "subject", json_string(file->subject)) != 0 ||
        json_object_set_new(json, "not_after", json_string(not_after)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static enum err print_json(const struct cli *cli,
                           const struct operator_made *made,
                           const struct next *next, size_t num_next,
                           struct fault *f)
{
    json_t *files = json_array();
    json_t *commands = json_array();
    int failed = files == NULL || commands == NULL;

    for (size_t i = 0; failed == 0 && i < made->num_files; i++)
        failed = json_array_append_new(files, file_json(&made->files[i]));
    for (size_t i = 0; failed == 0 && i < num_next; i++)
        failed = json_array_append_new(commands, json_string(next[i].command));
    if (failed != 0) {
        json_decref(files);
        json_decref(commands);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli,
                          json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "folder",
                                    made->folder, "configuration", made->config,
                                    "root_fingerprint", made->root_fingerprint,
                                    "crl_url", made->crl_url, "files", files,
                                    "next", commands),
                          f);
}

static enum err print_files(const struct cli *cli,
                            const struct operator_made *made, struct fault *f)
{
    static const char *const headings[] = { "FILE", "UNTIL", "WHAT" };
    char not_after[TIME_TEXT_LEN];
    struct cli_table table;

    cli_table_init(&table, cli->arena, headings,
                   sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < made->num_files; i++) {
        const struct operator_file *file = &made->files[i];

        not_after[0] = '\0';
        if (file->subject != NULL)
            time_format(file->not_after, not_after);
        cli_table_add(&table, "%s", file->name);
        cli_table_add(&table, "%.10s", not_after);
        cli_table_add(&table, "%s", file->what);
    }
    return cli_table_print(cli, &table, f);
}

static enum err print_people(const struct cli *cli,
                             const struct operator_made *made,
                             const struct next *next, size_t num_next,
                             struct fault *f)
{
    cli_print(cli, CLI_GREEN, "Made an operator in %s", made->folder);
    fputs("\n\n", cli->out);
    TRY(print_files(cli, made, f));
    cli_print(cli, CLI_BOLD, "\nFingerprint of the root (SHA-256)\n");
    cli_print(cli, CLI_PLAIN, "%s\n", made->root_fingerprint);
    cli_print(cli, CLI_BOLD, "\nNext\n");
    for (size_t i = 0; i < num_next; i++)
        cli_print(cli, CLI_PLAIN, "%zu. %s\n   %s\n", i + 1, next[i].why,
                  next[i].command);
    return ERR_OK;
}

static enum err run_init(struct cli *cli, struct fault *f)
{
    struct operator_options options;
    struct operator_made made;
    struct cli_progress progress;
    struct next next[MAX_NEXT];
    size_t num_next;
    enum err e;

    TRY(read_options(cli, &options, f));
    cli_progress_init(&progress, cli->err, "making keys",
                      options.key_generator ? 5 : 4);
    options.progress = show_progress;
    options.progress_arg = &progress;
    e = operator_make(&options, cli->arena, &made, f);
    cli_progress_done(&progress);
    TRY(e);
    num_next = find_next(cli, &options, &made, next);
    for (size_t i = 0; i < num_next; i++) {
        if (next[i].command == NULL)
            return fault_set(f, ERR_NO_MEM, "command line");
    }
    return cli->json ? print_json(cli, &made, next, num_next, f)
                     : print_people(cli, &made, next, num_next, f);
}

static const struct cli_option options[] = {
    { .name = "key-type",
      .argument = "TYPE",
      .preset = "p256",
      .help = "the kind of all keys: p256, p384, rsa2048, rsa3072 or rsa4096" },
    { .name = "name",
      .argument = "TEXT",
      .preset = "Operator",
      .help = "the operator's name, in the subject of each certificate" },
    { .name = "host",
      .argument = "NAME",
      .help = "a DNS name or address of the server, for its TLS certificate "
              "(default: localhost, 127.0.0.1 and ::1)",
      .count = CLI_REPEATED },
    { .name = "address",
      .argument = "ADDRESS",
      .preset = "::",
      .help = "the address to listen on" },
    { .name = "port",
      .argument = "N",
      .preset = "8080",
      .help = "the port for HTTP" },
    { .name = "tls-port",
      .argument = "N",
      .preset = "8443",
      .help = "the port for HTTPS" },
    { .name = "vendor",
      .argument = "NAME=ANCHOR.pem",
      .help = "a vendor whose base stations may enrol, and the certificate "
              "that its chains end at",
      .count = CLI_REPEATED },
    { .name = "serial-from",
      .argument = "WHERE",
      .preset = "subject.CN",
      .help = "where the serial number stands in a vendor's certificate" },
    { .name = "serial-pattern",
      .argument = "REGEX",
      .help = "what the serial number looks like there; its first group is "
              "the serial number" },
    { .name = "crl-url",
      .argument = "URL",
      .help = "where base stations find the CRL (default: on this server, at "
              "the first host)" },
    { .name = "key-generator",
      .help = "make a signer for private keys too, and a profile \"made\" for "
              "stations that have theirs made here" },
};

static const struct cli_verb verbs[] = {
    { .words = "init",
      .summary = "make an operator: CA, keys, configuration",
      .operands = "DIR",
      .description =
          "Makes a working operator in DIR, which is made too or is empty: a "
          "root CA, an issuing CA below it, a signer for CMP replies, a TLS "
          "certificate, and stationmaster.yaml, which names them all.\n\n"
          "Private keys are not encrypted; their files and DIR are closed to "
          "others. The root's key is needed again only to replace the issuing "
          "CA: move it off-line. Nothing is ever overwritten, and on failure "
          "nothing is left behind.",
      .options = options,
      .num_options = sizeof(options) / sizeof(options[0]),
      .has_json = true,
      .example = "stationmaster init /etc/op --name \"Example Mobile\" "
                 "--host ra.example.net \\\n"
                 "    --vendor acme=acme-root.pem",
      .run = run_init },
};

const struct cli_verbs cli_server_init = {
    verbs,
    sizeof(verbs) / sizeof(verbs[0]),
};
