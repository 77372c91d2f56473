/*
 * station as a registration authority, with messages in files: what stands
 * between stations and a server, for tests and for carrying messages by hand.
 */
#include "base/file.h"
#include "base/limits.h"
#include "cli/station.h"
#include "client/ra.h"
#include "client/transport.h"

#define OUT_MODE 0644
#define OUT_DIR_MODE 0755

/* What no verb of these goes without. */
static enum err need(const struct cli *cli, const char *option, struct fault *f)
{
    if (cli_value(cli, option) != NULL)
        return ERR_OK;
    return fault_set(f, ERR_USAGE, "--%s is needed", option);
}

static enum err open_ra(const struct cli *cli, struct crypto *c,
                        struct ra_settings *settings, struct ra **out,
                        struct fault *f)
{
    TRY(need(cli, "cert", f));
    TRY(need(cli, "key", f));
    settings->cert = cli_value(cli, "cert");
    settings->chain = cli_value(cli, "chain");
    settings->key = cli_value(cli, "key");
    settings->recipient = cli_value(cli, "recipient");
    return ra_open(c, settings, out, f);
}

static enum err load_file(const struct cli *cli, const char *path,
                          struct span *out, struct fault *f)
{
    struct buf file;
    enum err e;

    buf_init(&file, LIMIT_MESSAGE_LEN);
    e = file_load(path, &file, f);
    if (e == ERR_OK) {
        *out = arena_copy(cli->arena, buf_span(&file));
        if (span_is_absent(*out))
            e = fault_set(f, ERR_NO_MEM, "%s", path);
    }
    buf_done(&file);
    return e;
}

static enum err load_operands(const struct cli *cli, struct span **out,
                              struct fault *f)
{
    struct span *list =
        arena_array(cli->arena, cli->num_operands, sizeof(*list));

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "messages");
    for (size_t i = 0; i < cli->num_operands; i++)
        TRY(load_file(cli, cli->operands[i], &list[i], f));
    *out = list;
    return ERR_OK;
}

static enum err post(const struct cli *cli, struct span message,
                     struct span *out, struct fault *f)
{
    AUTO(http_transport) http = NULL;
    struct client_answer answer = { 0 };
    struct client_transport t;
    int64_t seconds = 0;
    enum err e;

    TRY(cli_number(cli, "timeout", 1, 86400, &seconds, f));
    TRY(http_transport_new(cli_value(cli, "tls-root"), &http, f));
    t = http_transport_use(http);
    buf_init(&answer.bytes, LIMIT_MESSAGE_LEN);
    e = t.post(t.arg, cli_value(cli, "url"), message, seconds * 1000, &answer,
               f);
    if (e == ERR_OK) {
        *out = arena_copy(cli->arena, buf_span(&answer.bytes));
        if (span_is_absent(*out))
            e = fault_set(f, ERR_NO_MEM, "answer");
    }
    buf_done(&answer.bytes);
    return e;
}

static enum err save(const struct cli *cli, const char *path, struct span bytes,
                     struct fault *f)
{
    TRY(file_save(path, bytes, OUT_MODE, f));
    if (!cli->json)
        cli_print(cli, CLI_PLAIN, "%s: %zu bytes\n", path, bytes.len);
    return ERR_OK;
}

/* One file for each answer, numbered as the messages are. */
static enum err save_answers(const struct cli *cli,
                             const struct ra_answers *answers, struct fault *f)
{
    const char *dir = cli_value(cli, "out");
    json_t *files = json_array(), *lost = json_array();
    enum err e = dir_create(dir, OUT_DIR_MODE, f);

    for (size_t i = 0; i < answers->num && e == ERR_OK; i++) {
        const char *path = arena_printf(cli->arena, "%s/%zu.der", dir, i + 1);

        if (path == NULL) {
            e = fault_set(f, ERR_NO_MEM, "answers");
        } else if (span_is_absent(answers->list[i])) {
            (void)json_array_append_new(lost, json_integer((json_int_t)i + 1));
            if (!cli->json)
                cli_print(cli, CLI_YELLOW, "%zu: no answer\n", i + 1);
        } else {
            e = save(cli, path, answers->list[i], f);
            (void)json_array_append_new(files, json_string(path));
        }
    }
    if (e == ERR_OK && cli->json)
        return cli_print_json(cli,
                              json_pack("{s:o, s:o, s:I}", "answers", files,
                                        "lost", lost, "dropped",
                                        (json_int_t)answers->num_extra),
                              f);
    json_decref(files);
    json_decref(lost);
    return e;
}

static enum err print_saved(const struct cli *cli, struct fault *f)
{
    if (!cli->json)
        return ERR_OK;
    return cli_print_json(cli,
                          json_pack("{s:s}", "file", cli_value(cli, "out")), f);
}

static enum err run_wrap(struct cli *cli, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(ra) ra = NULL;
    struct ra_settings settings = { 0 };
    struct span message = SPAN_NONE, out = SPAN_NONE;

    TRY(need(cli, "out", f));
    TRY(load_file(cli, cli_operand(cli, 0), &message, f));
    TRY(crypto_new(&crypto, f));
    TRY(open_ra(cli, crypto, &settings, &ra, f));
    TRY(ra_wrap(ra, message, &out, f));
    if (cli_has(cli, "url"))
        TRY(post(cli, out, &out, f));
    TRY(save(cli, cli_value(cli, "out"), out, f));
    return print_saved(cli, f);
}

static enum err run_batch(struct cli *cli, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(ra) ra = NULL;
    struct ra_settings settings = { .root = cli_value(cli, "root") };
    struct ra_answers answers = { 0 };
    struct span batch = SPAN_NONE, answer = SPAN_NONE;
    struct span *messages = NULL;

    TRY(need(cli, "out", f));
    TRY(load_operands(cli, &messages, f));
    TRY(crypto_new(&crypto, f));
    TRY(open_ra(cli, crypto, &settings, &ra, f));
    TRY(ra_bundle(ra, messages, cli->num_operands, &batch, f));
    if (!cli_has(cli, "url")) {
        TRY(save(cli, cli_value(cli, "out"), batch, f));
        return print_saved(cli, f);
    }
    TRY(post(cli, batch, &answer, f));
    TRY(ra_unbundle(ra, batch, answer, &answers, f));
    return save_answers(cli, &answers, f);
}

static enum err run_open(struct cli *cli, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(ra) ra = NULL;
    struct ra_settings settings = { .root = cli_value(cli, "root") };
    struct ra_answers answers = { 0 };
    struct span batch = SPAN_NONE, answer = SPAN_NONE;

    TRY(need(cli, "out", f));
    TRY(load_file(cli, cli_operand(cli, 0), &batch, f));
    TRY(load_file(cli, cli_operand(cli, 1), &answer, f));
    TRY(crypto_new(&crypto, f));
    TRY(open_ra(cli, crypto, &settings, &ra, f));
    TRY(ra_unbundle(ra, batch, answer, &answers, f));
    return save_answers(cli, &answers, f);
}

/* What makes a certificate unusable for good, and is not a CA's. */
static enum err read_reason(const struct cli *cli, enum crl_reason *out,
                            struct fault *f)
{
    static const enum crl_reason reasons[] = {
        CRL_UNSPECIFIED, CRL_KEY_COMPROMISE,         CRL_AFFILIATION_CHANGED,
        CRL_SUPERSEDED,  CRL_CESSATION_OF_OPERATION, CRL_PRIVILEGE_WITHDRAWN,
    };
    const char *name = cli_value(cli, "reason");

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(crl_reason_name((int64_t)reasons[i]), name) == 0) {
            *out = reasons[i];
            return ERR_OK;
        }
    }
    return fault_set(f, ERR_USAGE, "--reason takes none such as \"%s\"", name);
}

static enum err run_revoke(struct cli *cli, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(ra) ra = NULL;
    struct ra_settings settings = { .root = cli_value(cli, "root") };
    struct span request = SPAN_NONE, answer = SPAN_NONE;
    enum crl_reason reason = CRL_UNSPECIFIED;
    const char *file = cli_operand(cli, 0);

    TRY(need(cli, "url", f));
    TRY(read_reason(cli, &reason, f));
    TRY(crypto_new(&crypto, f));
    TRY(open_ra(cli, crypto, &settings, &ra, f));
    TRY(ra_revocation(ra, file, reason, &request, f));
    TRY(post(cli, request, &answer, f));
    TRY(ra_revoked(ra, request, answer, f));
    if (cli->json)
        return cli_print_json(cli, json_pack("{s:s}", "revoked", file), f);
    cli_print(cli, CLI_PLAIN, "%s: revoked\n", file);
    return ERR_OK;
}

/* clang-format off */
#define RA_OPTIONS                                                            \
    { "cert", "FILE", NULL, "the RA's certificate", CLI_ONCE },               \
    { "chain", "FILE", NULL, "the certificates above it", CLI_ONCE },         \
    { "key", "FILE", NULL, "its key", CLI_ONCE },                             \
    { "recipient", "NAME", NULL, "the authority's name, for the header",      \
      CLI_ONCE }
#define ROOT_OPTION                                                           \
    { "root", "FILE", NULL, "root certificates of the server", CLI_ONCE }
#define SEND_OPTIONS                                                          \
    { "url", "URL", NULL, "send it there", CLI_ONCE },                        \
    { "tls-root", "FILE", NULL,                                               \
      "CA certificates: whose servers to believe for https", CLI_ONCE },      \
    { "timeout", "SECONDS", "30", "how long to wait for the answer", CLI_ONCE }

static const struct cli_option wrap_options[] = {
    RA_OPTIONS, SEND_OPTIONS,
    { "out", "FILE", NULL, "the nested, or with --url the answer", CLI_ONCE },
};
static const struct cli_option batch_options[] = {
    RA_OPTIONS, ROOT_OPTION, SEND_OPTIONS,
    { "out", "PATH", NULL,
      "a file for the nested, or with --url a folder for the answers",
      CLI_ONCE },
};
static const struct cli_option revoke_options[] = {
    RA_OPTIONS, ROOT_OPTION, SEND_OPTIONS,
    { "reason", "REASON", "unspecified",
      "as RFC 5280, 5.3.1 names it: keyCompromise, affiliationChanged, "
      "superseded, cessationOfOperation, privilegeWithdrawn, unspecified",
      CLI_ONCE },
};
static const struct cli_option open_options[] = {
    RA_OPTIONS, ROOT_OPTION,
    { "out", "DIR", NULL, "a folder for the answers", CLI_ONCE },
};
/* clang-format on */

static const struct cli_verb verbs[] = {
    {
        .words = "ra wrap",
        .summary = "add an RA's protection to a message",
        .operands = "FILE",
        .description =
            "Puts one message, as a file holds it in DER, into a nested one "
            "that the RA signs (RFC 9483, 5.2.2.1): so it says that it has "
            "checked and approved the message, whose own protection stays. "
            "The answer is the station's, as if it had sent the message "
            "itself; it is written as it came.\n\n"
            "To ask for a station in its stead (5.3.1), enroll does: with the "
            "RA's --cert and --key, and the station's name as --subject.",
        .options = wrap_options,
        .num_options = sizeof(wrap_options) / sizeof(wrap_options[0]),
        .has_json = true,
        .example = "station ra wrap --cert ra.pem --key ra.key --out nested "
                   "ir.der",
        .run = run_wrap,
    },
    {
        .words = "ra batch",
        .summary = "send several stations' messages as one",
        .operands = "FILE...",
        .description =
            "Puts messages into a nested one that the RA signs (RFC 9483, "
            "5.2.2.2), which approves none of them. With --url it is sent, the "
            "answer verified under --root, and what it holds for each message "
            "written into the folder --out: 1.der for the first, and so on. "
            "One that is missing is told; its station is to try again.",
        .options = batch_options,
        .num_options = sizeof(batch_options) / sizeof(batch_options[0]),
        .has_json = true,
        .example = "station ra batch --cert ra.pem --key ra.key --root "
                   "operator.pem --url http://ra.example.net/.well-known/cmp/p/"
                   "light --out answers a.der b.der",
        .run = run_batch,
    },
    {
        .words = "ra open",
        .summary = "take the answers out of a batch's answer",
        .operands = "BATCH ANSWER",
        .description = "For a batch that was carried by other means than "
                       "--url: verifies the answer as ra batch does, and "
                       "writes what it holds in the same way.",
        .options = open_options,
        .num_options = sizeof(open_options) / sizeof(open_options[0]),
        .has_json = true,
        .example = "station ra open --cert ra.pem --key ra.key --root "
                   "operator.pem --out answers nested answer.der",
        .run = run_open,
    },
    {
        .words = "ra revoke",
        .summary = "have a station's certificate revoked",
        .operands = "FILE",
        .description = "Asks with the RA's own certificate that the one in "
                       "the file, a station's, be revoked (CMP rr; RFC 9483, "
                       "5.3.2). The answer is verified under --root.",
        .options = revoke_options,
        .num_options = sizeof(revoke_options) / sizeof(revoke_options[0]),
        .has_json = true,
        .example = "station ra revoke --cert ra.pem --key ra.key --root "
                   "operator.pem --url http://ra.example.net/.well-known/cmp/p/"
                   "light --reason keyCompromise station.pem",
        .run = run_revoke,
    },
};

const struct cli_verbs cli_station_ra = { verbs,
                                          sizeof(verbs) / sizeof(verbs[0]) };
