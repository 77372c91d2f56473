#include "cli/server_tree.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/server.h"
#include "cli/server_admin.h"
#include "cli/server_http.h"
#include "cli/server_trusted.h"
#include "inspect/input.h"
#include "inspect/protection_text.h"

/* One run over a file. */
struct run {
    struct cli *cli;
    struct tree_view view;
    const char *type; /* --as; NULL: guessed */
    struct arena *arena;
    struct trusted *trusted; /* NULL: protection is not looked at */
    struct signers signers;
    size_t num;
    bool is_broken;
    struct fault why; /* reading was ended from here */
};

static void begin_json(struct run *run)
{
    fputs(run->num > 0 ? ",\n  " : "{\"messages\": [\n  ", run->cli->out);
}

/* `out->kind` is NULL where nothing was to be verified, or could be. */
static enum err look(struct run *run, const struct seen *seen,
                     const struct tree *tree, struct protection_text *out,
                     struct fault *f)
{
    int64_t now = seen->at != 0 ? seen->at / 1000000 : clock_seconds();
    enum err e;

    *out = (struct protection_text){ 0 };
    if (run->trusted == NULL || strcmp(tree->root->type, "PKIMessage") != 0 ||
        tree->num_problems > 0)
        return ERR_OK;
    e = protection_tell(run->trusted, seen->der, now, &run->signers, run->arena,
                        out, f);
    /* What its reader refuses for a bound is shown nevertheless. */
    if (e == ERR_BAD_DER || e == ERR_LIMIT) {
        *f = (struct fault){ 0 };
        return ERR_OK;
    }
    run->is_broken = run->is_broken || out->is_broken;
    return e;
}

static void print_protection(const struct cli *cli,
                             const struct protection_text *p)
{
    bool holds = strcmp(p->verifies, "holds") == 0;

    cli_print(cli,
              p->is_broken ? CLI_RED
              : holds      ? CLI_GREEN
                           : CLI_YELLOW,
              "protection: %s, %s", p->kind, p->verifies);
    if (p->why[0] != '\0')
        cli_print(cli, CLI_PLAIN, " (%s)", p->why);
    if (p->signer[0] != '\0')
        cli_print(cli, CLI_PLAIN, "; by %s; its path: %s", p->signer, p->path);
    if (p->path_why[0] != '\0' && p->signer[0] != '\0')
        cli_print(cli, CLI_PLAIN, " (%s)", p->path_why);
    cli_print(cli, CLI_PLAIN, "\n");
}

static enum err print_protection_json(const struct cli *cli,
                                      const struct protection_text *p,
                                      struct fault *f)
{
    fputs(", \"protection\":", cli->out);
    TRY(server_json_open(cli,
                         json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind",
                                   p->kind, "verdict", p->verifies, "why",
                                   p->why, "signer", p->signer, "path", p->path,
                                   "path_why", p->path_why),
                         f));
    fputs("}", cli->out);
    return ERR_OK;
}

static enum err show_text(struct run *run, const struct seen *seen,
                          const struct tree *tree,
                          const struct protection_text *p)
{
    char at[TIME_TEXT_LEN];

    cli_print(run->cli, CLI_BOLD, "%s%s", run->num > 0 ? "\n" : "",
              seen->where);
    if (seen->at != 0) {
        time_format(seen->at / 1000000, at);
        cli_print(run->cli, CLI_PLAIN, ", at %s", at);
    }
    cli_print(run->cli, CLI_PLAIN, ": %zu octets\n", tree->der.len);
    server_http_print(run->cli, seen);
    if (p->kind != NULL)
        print_protection(run->cli, p);
    server_tree_print(run->cli, tree, &run->view);
    return ERR_OK;
}

static json_t *head_json(const struct seen *seen, const struct tree *tree)
{
    static const char *const ways[] = {
        [SEEN_UNKNOWN] = "unknown",
        [SEEN_REQUEST] = "request",
        [SEEN_RESPONSE] = "response",
    };
    char at[TIME_TEXT_LEN] = "";

    if (seen->at != 0)
        time_format(seen->at / 1000000, at);
    return json_pack("{s:o, s:I, s:s, s:s, s:s, s:I, s:I, s:b, s:b}", "where",
                     server_json_span(span_str(seen->where)), "number",
                     (json_int_t)seen->number, "way", ways[seen->way], "at", at,
                     "type", tree->root->type, "octets",
                     (json_int_t)tree->der.len, "problems",
                     (json_int_t)tree->num_problems, "whole",
                     tree->num_problems == 0, "all", !tree->is_full);
}

static enum err print_http_json(const struct cli *cli, const struct seen *seen,
                                struct fault *f)
{
    fputs(", \"http\":", cli->out);
    TRY(server_json_open(cli, server_http_json(seen), f));
    fputs("}", cli->out);
    return ERR_OK;
}

/* All of its octets, which offsets count. */
static enum err print_der(struct run *run, const struct tree *tree,
                          struct fault *f)
{
    char *text = arena_alloc(run->arena, 2 * tree->der.len + 1);

    if (text == NULL)
        return fault_set(f, ERR_NO_MEM, "JSON");
    hex_format(tree->der, text, 2 * tree->der.len + 1);
    fprintf(run->cli->out, ", \"der\":\"%s\"", text);
    return ERR_OK;
}

static enum err show_json(struct run *run, const struct seen *seen,
                          const struct tree *tree,
                          const struct protection_text *p, struct fault *f)
{
    begin_json(run);
    TRY(server_json_open(run->cli, head_json(seen, tree), f));
    if (seen->http != NULL)
        TRY(print_http_json(run->cli, seen, f));
    if (run->view.has_hex)
        TRY(print_der(run, tree, f));
    if (p->kind != NULL)
        TRY(print_protection_json(run->cli, p, f));
    fputs(", \"tree\":\n    ", run->cli->out);
    TRY(server_tree_json(run->cli, tree, &run->view, 4, f));
    fputs("}", run->cli->out);
    return ERR_OK;
}

static enum err show_gap_json(struct run *run, const struct seen *seen,
                              struct fault *f)
{
    begin_json(run);
    TRY(server_json_open(
        run->cli,
        seen->problem == NULL
            ? json_pack("{s:o}", "where",
                        server_json_span(span_str(seen->where)))
            : json_pack("{s:o, s:o}", "where",
                        server_json_span(span_str(seen->where)), "problem",
                        server_json_span(span_str(seen->problem))),
        f));
    if (seen->http != NULL)
        TRY(print_http_json(run->cli, seen, f));
    fputs("}", run->cli->out);
    return ERR_OK;
}

/* Said beside the messages: HTTP without one, or what is no message; of the
 * latter that part is shown which is there. */
static enum err show_gap(struct run *run, const struct seen *seen,
                         struct fault *f)
{
    struct tree part;

    if (seen->problem != NULL)
        run->is_broken = true;
    if (run->cli->json) {
        TRY(show_gap_json(run, seen, f));
        run->num++;
        return ERR_OK;
    }
    cli_print(run->cli, CLI_BOLD, "%s%s", run->num > 0 ? "\n" : "",
              seen->where);
    if (seen->problem != NULL)
        cli_print(run->cli, CLI_RED, ": %s\n", seen->problem);
    else
        cli_print(run->cli, CLI_PLAIN, ": no message\n");
    server_http_print(run->cli, seen);
    run->num++;
    if (span_is_absent(seen->part))
        return ERR_OK;
    arena_reset(run->arena);
    TRY(tree_read_der(seen->part, run->type, run->arena, &part, f));
    server_tree_print(run->cli, &part, &run->view);
    return ERR_OK;
}

static enum err on_seen(void *arg, const struct seen *seen)
{
    struct run *run = arg;
    struct protection_text protection;
    struct tree tree;

    if (span_is_absent(seen->der))
        return show_gap(run, seen, &run->why);
    arena_reset(run->arena);
    TRY(tree_read_der(seen->der, run->type, run->arena, &tree, &run->why));
    if (tree.num_problems > 0)
        run->is_broken = true;
    TRY(look(run, seen, &tree, &protection, &run->why));
    if (run->cli->json)
        TRY(show_json(run, seen, &tree, &protection, &run->why));
    else
        TRY(show_text(run, seen, &tree, &protection));
    run->num++;
    return ERR_OK;
}

static enum err read_options(struct run *run, struct fault *f)
{
    int64_t depth = TREE_MAX_DEPTH;

    if (cli_has(run->cli, "depth"))
        TRY(cli_number(run->cli, "depth", 0, TREE_MAX_DEPTH, &depth, f));
    run->view.depth = (size_t)depth;
    /* Rows count less than nodes: a CHOICE shares its row. */
    if (!cli_has(run->cli, "depth"))
        run->view.depth = SIZE_MAX;
    run->view.has_hex = cli_has(run->cli, "hex");
    run->view.is_full = cli_has(run->cli, "full");
    run->view.is_closed = cli_has(run->cli, "no-certs");
    run->type = cli_value(run->cli, "as");
    for (size_t i = 0; run->type != NULL; i++) {
        const char *name = tree_type_name(i);

        if (name == NULL)
            return fault_set(f, ERR_USAGE, "--as %s: no such type", run->type);
        if (strcmp(name, run->type) == 0)
            break;
    }
    return ERR_OK;
}

/* A failure behind messages that were shown is told among them, so that what
 * is printed stays one object. */
static enum err end_json(struct run *run, const char *path, enum err e,
                         struct fault *f)
{
    struct seen rest = { .where = path, .problem = f->text };

    if (e == ERR_OK && run->num == 0)
        fputs("{\"messages\": [", run->cli->out);
    if (e != ERR_OK && run->num == 0)
        return e;
    if (e != ERR_OK) {
        fprintf(run->cli->err, "%s\n", f->text);
        TRY(show_gap(run, &rest, f));
    }
    fputs("\n]}\n", run->cli->out);
    return ERR_OK;
}

static enum err inspect_file(struct run *run, const char *path, struct fault *f)
{
    enum err e = input_read(path, NULL, on_seen, run, f);

    if (run->why.err != ERR_OK)
        *f = run->why;
    return run->cli->json ? end_json(run, path, e, f) : e;
}

/* Whether anything is given to verify by. */
static bool is_to_verify(const struct cli *cli)
{
    return cli_has(cli, "trust") || cli_has(cli, "trust-vendor") ||
           cli_has(cli, "trust-operator") || cli_has(cli, "secret");
}

static enum err run_inspect(struct cli *cli, struct fault *f)
{
    AUTO(arena) arena = arena_new(TREE_ARENA_LEN);
    AUTO(trusted) trusted = NULL;
    struct run run = { .cli = cli, .arena = arena };
    enum err e;

    if (arena == NULL)
        return fault_set(f, ERR_NO_MEM, "inspect");
    TRY(read_options(&run, f));
    if (is_to_verify(cli)) {
        TRY(trusted_new(&trusted, f));
        TRY(server_trusted_fill(cli, trusted, f));
        run.trusted = trusted;
    }
    signers_init(&run.signers);
    e = inspect_file(&run, cli_operand(cli, 0), f);
    signers_done(&run.signers);
    TRY(e);
    if (run.is_broken)
        cli->ends_with = CLI_EXIT_FAILED;
    return ERR_OK;
}

static const struct cli_option options[] = {
    { "hex", NULL, NULL, "the octets of every value too", CLI_ONCE },
    { "full", NULL, NULL,
      "also the fields of names, algorithms and what else fits one line",
      CLI_ONCE },
    { "no-certs", NULL, NULL, "certificates and CRLs on a line each",
      CLI_ONCE },
    { "depth", "N", NULL, "no further than N levels inside", CLI_ONCE },
    { "as", "TYPE", NULL,
      "read it as this ASN.1 type, as CertTemplate; else as what it fits: "
      "PKIMessage, Certificate, CertificateList, CertificationRequest or "
      "ContentInfo",
      CLI_ONCE },
    TRUSTED_OPTIONS,
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "inspect",
        .summary = "show what a message says, field by field",
        .operands = "FILE",
        .description =
            "Shows each message of FILE (DER, PEM, hexadecimal, base64, or a "
            "pcap or pcapng file with HTTP inside; - is standard input) as a "
            "tree: where each field begins, its name and its value, with "
            "names for object identifiers, certificates and CRLs opened. "
            "Certificates, CRLs, certification requests and CMS contents are "
            "shown by themselves too. With certificates or secrets to judge by "
            "it says whether each message's protection verifies.\n\n"
            "Broken input is shown as far as it goes: at which byte, which "
            "type is asked there and what stands there. Then, and where a "
            "protection does not verify, it ends with exit code 1.\n\n"
            "Values that do not fit their line are cut and their length told; "
            "--hex and --json have them whole. Private keys are not shown.",
        .options = options,
        .num_options = NUM(options),
        .has_json = true,
        .example = "stationmaster inspect ir.der\n"
                   "stationmaster inspect enrolment.pcap --no-certs\n"
                   "xxd -p ip.der | stationmaster inspect - --json",
        .run = run_inspect,
    },
};

const struct cli_verbs cli_server_inspect = { verbs, NUM(verbs) };
