#include "base/file.h"
#include "base/text.h"
#include "cli/server_admin.h"
#include "service/announce.h"

#define OUT_MODE 0644

static enum err write_out(const struct cli *cli, const char *body,
                          struct span message, struct fault *f)
{
    const char *file = cli_value(cli, "out");

    if (file == NULL)
        return fault_set(f, ERR_USAGE, "--out FILE is needed");
    if (strcmp(file, "-") == 0)
        return fwrite(message.ptr, 1, message.len, cli->out) == message.len
                   ? ERR_OK
                   : fault_set(f, ERR_IO, "standard output");
    TRY(file_save(file, message, OUT_MODE, f));
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:s, s:s, s:I}", "announced", body,
                                        "file", file, "octets",
                                        (json_int_t)message.len),
                              f);
    cli_print(cli, CLI_PLAIN, "wrote a %s of %zu bytes to %s\n", body,
              message.len, file);
    return ERR_OK;
}

static enum err read_time(const struct cli *cli, const char *option,
                          int64_t *out, struct fault *f)
{
    const char *text = cli_value(cli, option);

    *out = 0;
    if (text == NULL)
        return ERR_OK;
    return time_parse(text, out) == ERR_OK && *out != 0
               ? ERR_OK
               : fault_set(f, ERR_USAGE,
                           "--%s %s is no time; write it like "
                           "2026-07-01T00:00:00Z",
                           option, text);
}

static enum err run_ckuann(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    const struct announced_root root = {
        .fresh = cli_value(cli, "new"),
        .linked = cli_value(cli, "new-with-old"),
        .back = cli_value(cli, "old-with-new"),
        .is_v3 = strcmp(cli_value(cli, "form"), "v3") == 0,
    };
    struct span message = SPAN_NONE;

    if (!root.is_v3 && strcmp(cli_value(cli, "form"), "v2") != 0)
        return fault_set(f, ERR_USAGE, "--form takes v2 or v3, not \"%s\"",
                         cli_value(cli, "form"));
    if (root.fresh == NULL || root.linked == NULL)
        return fault_set(f, ERR_USAGE, "--new and --new-with-old are needed");
    TRY(server_admin_open(cli, &admin, f));
    TRY(announce_root(admin, cli_value(cli, "profile"), &root, &message, f));
    return write_out(cli, "ckuann", message, f);
}

static enum err run_cann(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct span message = SPAN_NONE;

    TRY(server_admin_open(cli, &admin, f));
    TRY(announce_certificate(admin, cli_value(cli, "profile"),
                             cli_operand(cli, 0), &message, f));
    return write_out(cli, "cann", message, f);
}

static enum err read_reason(const struct cli *cli, enum crl_reason *out,
                            struct fault *f)
{
    const char *word = cli_value(cli, "reason");
    int64_t reason = crl_reason_find(word);

    if (reason < 0 || reason == CRL_REMOVE_FROM_CRL)
        return fault_set(f, ERR_USAGE,
                         "--reason %s is no reason to revoke (RFC 5280, 5.3.1)",
                         word);
    *out = (enum crl_reason)reason;
    return ERR_OK;
}

static enum err run_rann(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct announced_revocation revocation = { 0 };
    struct certificate_view cert;
    struct span message = SPAN_NONE;

    TRY(read_time(cli, "at", &revocation.at, f));
    TRY(read_time(cli, "bad-since", &revocation.bad_since, f));
    TRY(read_reason(cli, &revocation.reason, f));
    TRY(server_admin_open(cli, &admin, f));
    TRY(admin_find(admin, cli_value(cli, "ca"), cli_operand(cli, 0), &cert, f));
    TRY(announce_revocation(admin, cli_value(cli, "profile"), &cert,
                            &revocation, &message, f));
    return write_out(cli, "rann", message, f);
}

static enum err run_crlann(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    struct span message = SPAN_NONE;

    TRY(server_admin_open(cli, &admin, f));
    TRY(announce_crls(admin, cli_value(cli, "profile"), cli_operand(cli, 0),
                      &message, f));
    return write_out(cli, "crlann", message, f);
}

/* clang-format off */
#define COMMON_OPTIONS                                                        \
    ADMIN_CONFIG_OPTION,                                                      \
    { "out", "FILE", NULL,                                                    \
      "write the message there, as DER; - is standard output", CLI_ONCE },    \
    { "profile", "NAME", NULL,                                                \
      "whose signer signs; else the default profile's", CLI_ONCE }
/* clang-format on */

static const struct cli_option ckuann_options[] = {
    COMMON_OPTIONS,
    { "new", "FILE", NULL, "the new root (newWithNew)", CLI_ONCE },
    { "new-with-old", "FILE", NULL,
      "its key and name, signed with the old root's key", CLI_ONCE },
    { "old-with-new", "FILE", NULL,
      "the old root's key and name, signed with the new key; --form v2 needs "
      "it",
      CLI_ONCE },
    { "form", "FORM", "v3",
      "v3 (RootCaKeyUpdateContent, pvno 3) or v2 (CAKeyUpdAnnContent, pvno 2)",
      CLI_ONCE },
};
static const struct cli_option common_options[] = { COMMON_OPTIONS };
static const struct cli_option rann_options[] = {
    COMMON_OPTIONS,
    { "ca", "NAME", NULL, "the CA that issued it", CLI_ONCE },
    { "at", "TIME", NULL,
      "when it will be revoked, where it is not yet: 2026-07-01T00:00:00Z",
      CLI_ONCE },
    { "bad-since", "TIME", NULL,
      "since when it is not to be trusted; else the invalidityDate of its "
      "revocation, else when it is revoked",
      CLI_ONCE },
    { "reason", "REASON", "unspecified",
      "why it will be revoked, where it is not yet (RFC 5280, 5.3.1)",
      CLI_ONCE },
};

#define NUM(options) (sizeof(options) / sizeof((options)[0]))
#define HOW_SENT                                                               \
    "The message is signed and written to a file; how it reaches stations is " \
    "the operator's to say, and `station heed` takes it there."

static const struct cli_verb verbs[] = {
    {
        .words = "announce ckuann",
        .summary = "announce a new operator root",
        .description =
            "Writes a CMP ckuann: the root that follows the operator's, and "
            "what links the two. Files that do not fit the operator root of "
            "the configuration or each other are refused. " HOW_SENT,
        .options = ckuann_options,
        .num_options = NUM(ckuann_options),
        .has_json = true,
        .example = "stationmaster announce ckuann --new root2.pem "
                   "--new-with-old root2-by-root.pem --out ckuann.der",
        .run = run_ckuann,
    },
    {
        .words = "announce cann",
        .summary = "announce a certificate",
        .operands = "FILE",
        .description = "Writes a CMP cann: a certificate that a CA of the "
                       "configuration, or one above it, has issued. " HOW_SENT,
        .options = common_options,
        .num_options = NUM(common_options),
        .has_json = true,
        .example = "stationmaster announce cann issuing.pem --out cann.der",
        .run = run_cann,
    },
    {
        .words = "announce rann",
        .summary = "announce that a certificate is, or will be, revoked",
        .operands = "SERIAL",
        .description =
            "Writes a CMP rann about the certificate with this serial number: "
            "revocationNotification where it is revoked, with the dates and "
            "the reason of that; else revocationWarning of --at. " HOW_SENT,
        .options = rann_options,
        .num_options = NUM(rann_options),
        .has_json = true,
        .example = "stationmaster announce rann 1a2b3c --at "
                   "2026-07-01T00:00:00Z --reason superseded --out rann.der",
        .run = run_rann,
    },
    {
        .words = "announce crlann",
        .summary = "announce the newest CRLs",
        .operands = "[CA]",
        .description = "Writes a CMP crlann with the newest CRL of a CA, or of "
                       "each. " HOW_SENT,
        .options = common_options,
        .num_options = NUM(common_options),
        .has_json = true,
        .example = "stationmaster announce crlann --out crlann.der",
        .run = run_crlann,
    },
};

const struct cli_verbs cli_server_announce = { verbs, NUM(verbs) };
