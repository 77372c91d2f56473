#include "base/file.h"
#include "base/text.h"
#include "cli/server_admin.h"

static enum err print_facts(const struct cli *cli, const struct crl_record *r,
                            struct fault *f)
{
    char this_update[TIME_TEXT_LEN], next_update[TIME_TEXT_LEN];

    time_format(r->this_update, this_update);
    time_format(r->next_update, next_update);
    if (cli->json)
        return cli_print_json(cli,
                              json_pack("{s:o, s:I, s:s, s:s, s:I}", "ca",
                                        server_json_span(r->ca), "number",
                                        (json_int_t)r->number, "this_update",
                                        this_update, "next_update", next_update,
                                        "octets", (json_int_t)r->der.len),
                              f);
    cli_print(cli, CLI_PLAIN,
              "ca           %.*s\nnumber       %lld\nthis update  %s\n"
              "next update  %s\noctets       %zu\n",
              (int)r->ca.len, (const char *)r->ca.ptr, (long long)r->number,
              this_update, next_update, r->der.len);
    return ERR_OK;
}

static enum err write_crl(const struct cli *cli, const struct crl_record *r,
                          const char *file, struct fault *f)
{
    struct buf text;
    enum err e = ERR_OK;

    buf_init(&text, r->der.len * 2 + 256);
    if (cli_has(cli, "der"))
        buf_add(&text, r->der);
    else
        pem_format("X509 CRL", r->der, &text);
    if (text.failed != ERR_OK)
        e = fault_set(f, text.failed, "CRL");
    else if (strcmp(file, "-") != 0)
        e = file_save(file, buf_span(&text), 0644, f);
    else if (fwrite(text.ptr, 1, text.len, cli->out) != text.len)
        e = fault_set(f, ERR_IO, "standard output");
    buf_done(&text);
    return e;
}

static enum err run_crl(struct cli *cli, struct fault *f)
{
    AUTO(admin) admin = NULL;
    const char *ca = cli_operand(cli, 0);
    struct crl_record crl;

    TRY(server_admin_open(cli, &admin, f));
    if (cli_has(cli, "make"))
        TRY(admin_make_crl(admin, ca, &crl, f));
    else
        TRY(admin_crl(admin, ca, &crl, f));
    if (cli_has(cli, "out"))
        return write_crl(cli, &crl, cli_value(cli, "out"), f);
    return print_facts(cli, &crl, f);
}

static const struct cli_option options[] = {
    ADMIN_CONFIG_OPTION,
    { "make", NULL, NULL, "sign a new one first", CLI_ONCE },
    { "out", "FILE", NULL, "write it there as PEM; - is standard output",
      CLI_ONCE },
    { "der", NULL, NULL, "write DER instead of PEM", CLI_ONCE },
};

static const struct cli_verb verbs[] = {
    {
        .words = "crl",
        .summary = "show, write or make a CA's CRL",
        .operands = "[CA]",
        .description =
            "Shows the newest CRL of a CA. A running server makes one after "
            "each revocation and before nextUpdate, and serves it at "
            "cas.crl.path; this is for looking, for files, and for the time "
            "without a server.",
        .options = options,
        .num_options = sizeof(options) / sizeof(options[0]),
        .has_json = true,
        .example = "stationmaster crl issuing --out - | openssl crl -text\n"
                   "stationmaster crl --make",
        .run = run_crl,
    },
};

const struct cli_verbs cli_server_crl = { verbs,
                                          sizeof(verbs) / sizeof(verbs[0]) };
