/*
 * explain: what the recorder kept of a transaction, a certificate or a station.
 */
#include "base/file.h"
#include "cli/server_admin.h"
#include "cli/server_finding.h"
#include "service/explain.h"

#define NUM(options) (sizeof(options) / sizeof((options)[0]))

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* --- as text --- */

/* A row of another version of this program: what was recorded is all there
 * is. */
static void print_unknown(const struct cli *cli,
                          const struct explained_finding *finding)
{
    cli_print(cli, CLI_RED, "  %-8s ", verdict_name(finding->view.verdict));
    cli_print(cli, CLI_BOLD, "%s",
              finding->id[0] == '\0' ? "(no rule)" : finding->id);
    if (finding->clause[0] != '\0')
        cli_print(cli, CLI_PLAIN, " (%s)", finding->clause);
    cli_print(cli, CLI_PLAIN, "\n           found  %s\n", finding->view.found);
}

static void print_findings(const struct cli *cli,
                           const struct explained_message *m)
{
    for (size_t i = 0; i < m->num_findings; i++) {
        if (m->findings[i].view.rule == NULL)
            print_unknown(cli, &m->findings[i]);
        else
            server_finding_print(cli, &m->findings[i].view);
    }
    for (size_t i = 0; i < m->num_holding && cli_has(cli, "all"); i++) {
        struct finding_view holds = { .rule = m->holding[i],
                                      .verdict = VERDICT_HOLDS,
                                      .path = "",
                                      .found = "" };

        server_finding_print(cli, &holds);
    }
}

static void print_checks(const struct cli *cli,
                         const struct explained_message *m)
{
    if (m->num_judged == 0)
        return;
    cli_print(
        cli, CLI_PLAIN, "  checks   %zu of %zu rule%s hold%s%s\n",
        m->num_holding, m->num_judged, plural(m->num_judged),
        m->num_judged == 1 ? "s" : "",
        cli_has(cli, "all") || m->num_holding == 0 ? "" : "; --all lists them");
}

static enum cli_style style_of(const char *status)
{
    if (strcmp(status, "rejection") == 0)
        return CLI_RED;
    return strcmp(status, "waiting") == 0 ? CLI_YELLOW : CLI_GREEN;
}

/* Under what stands behind the labels. */
static void print_wrapped(const struct cli *cli, const char *text)
{
    struct buf lines;

    buf_init(&lines, (size_t)16 * 1024);
    cli_wrap(text, 11, cli_columns(cli->out) - 1, &lines);
    cli_print(cli, CLI_PLAIN, "%s", buf_str(&lines));
    buf_done(&lines);
}

static void print_answer(const struct cli *cli,
                         const struct explained_message *m)
{
    cli_print(cli, CLI_PLAIN, "  answer   ");
    if (m->is_withheld)
        cli_print(cli, CLI_PLAIN,
                  "not recorded, since it may hold a private key\n");
    else if (m->http_status != 200)
        cli_print(cli, CLI_RED, "HTTP status %lld, no CMP message\n",
                  (long long)m->http_status);
    else
        cli_print(cli, CLI_PLAIN, "%s, %zu octets\n",
                  m->answer[0] == '\0' ? "not readable" : m->answer,
                  m->reply.len);
    for (size_t i = 0; i < m->num_statuses; i++) {
        const struct explained_status *s = &m->statuses[i];

        cli_print(cli, CLI_PLAIN, "           ");
        cli_print(cli, style_of(s->status), "%s", s->status);
        cli_print(cli, CLI_PLAIN, "%s%s%s\n",
                  s->fail_info[0] == '\0' ? "" : ", ", s->fail_info,
                  s->text[0] == '\0' ? "" : ", statusString");
        print_wrapped(cli, s->text);
    }
}

static void print_pair(const struct cli *cli, const char *label,
                       const char *value)
{
    if (value[0] != '\0')
        cli_print(cli, CLI_PLAIN, "  %-8s %s\n", label, value);
}

/* Who it was, as far as that is known. */
static void print_sender(const struct cli *cli,
                         const struct explained_message *m)
{
    cli_print(cli, CLI_PLAIN, "  from     %s%s\n",
              m->peer[0] == '\0' ? "(unknown)" : m->peer,
              m->is_verified ? "" : "; whose message it is was not verified");
    if (m->station[0] != '\0')
        cli_print(cli, CLI_PLAIN, "  station  %s/%s\n", m->vendor, m->station);
    for (size_t i = 0; i < m->num_serials; i++)
        print_pair(cli, "serial", m->serials[i]);
    cli_print(cli, CLI_PLAIN, "  sent to  profile %s%s%s, node %s\n",
              m->profile, m->operation[0] == '\0' ? "" : ", operation ",
              m->operation, m->node);
}

static void print_message(const struct cli *cli, size_t number,
                          const struct explained_message *m)
{
    bool is_bad = m->num_findings > 0 &&
                  m->findings[0].view.verdict == VERDICT_BROKEN &&
                  (m->findings[0].view.rule == NULL ||
                   m->findings[0].view.rule->severity == SEVERITY_ERROR);

    cli_print(cli, CLI_BOLD, "message %zu, %s: ", number,
              m->body[0] == '\0' ? "not readable" : m->body);
    cli_print(cli, is_bad ? CLI_RED : CLI_GREEN, "%s", m->outcome);
    cli_print(cli, CLI_PLAIN, "\n  at       %s, %zu octets, %.1f ms\n", m->time,
              m->request.len, (double)m->micros / 1000);
    print_sender(cli, m);
    print_findings(cli, m);
    print_checks(cli, m);
    print_answer(cli, m);
    cli_print(cli, CLI_PLAIN, "\n");
}

/* Why there may be more than is shown. */
static void print_missing(const struct cli *cli, const struct explanation *all)
{
    const struct record_figures *f = &all->figures;

    if (all->num_more > 0)
        cli_print(cli, CLI_PLAIN,
                  "%zu older message%s match%s too; --last shows more\n",
                  all->num_more, plural(all->num_more),
                  all->num_more == 1 ? "es" : "");
    if (f->lost > 0)
        cli_print(cli, CLI_YELLOW,
                  "%lld message%s could not be recorded, the last at %s: some "
                  "may be missing here\n",
                  (long long)f->lost, plural((size_t)f->lost), all->lost_last);
    if (f->pushed_out + f->expired > 0)
        cli_print(cli, CLI_PLAIN,
                  "messages from before %s are gone: %lld made room for "
                  "others, %lld expired\n",
                  all->oldest, (long long)f->pushed_out, (long long)f->expired);
}

static void print_all(const struct cli *cli, const struct explanation *all)
{
    for (size_t i = 0; i < all->num; i++) {
        const struct explained_transaction *t = &all->list[i];

        if (t->id[0] != '\0')
            cli_print(cli, CLI_BOLD, "transaction %s, %zu message%s\n\n", t->id,
                      t->num, plural(t->num));
        else
            cli_print(cli, CLI_BOLD, "no transactionID could be read\n\n");
        for (size_t k = 0; k < t->num; k++)
            print_message(cli, k + 1, &t->messages[k]);
    }
    print_missing(cli, all);
}

/* --- as JSON (docs/schema/explain.json) --- */

static json_t *text_json(const char *text)
{
    return server_json_span(span_str(text));
}

static json_t *finding_json(const struct explained_finding *finding)
{
    if (finding->view.rule != NULL)
        return server_finding_json(&finding->view);
    return json_pack("{s:o, s:o, s:s, s:o}", "rule", text_json(finding->id),
                     "clause", text_json(finding->clause), "verdict",
                     verdict_name(finding->view.verdict), "found",
                     text_json(finding->view.found));
}

static json_t *findings_json(const struct explained_message *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->num_findings; i++)
        json_array_append_new(list, finding_json(&m->findings[i]));
    return list;
}

static json_t *holding_json(const struct explained_message *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->num_holding; i++)
        json_array_append_new(list, json_string(m->holding[i]->id));
    return list;
}

static json_t *answer_json(const struct explained_message *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->num_statuses; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o}", "status", m->statuses[i].status,
                            "fail_info", m->statuses[i].fail_info, "text",
                            text_json(m->statuses[i].text)));
    return json_pack("{s:I, s:s, s:I, s:b, s:o}", "http_status",
                     (json_int_t)m->http_status, "body", m->answer, "octets",
                     (json_int_t)m->reply.len, "withheld", (int)m->is_withheld,
                     "statuses", list);
}

static json_t *message_json(const struct cli *cli,
                            const struct explained_message *m)
{
    json_t *serials = json_array(), *out;

    for (size_t i = 0; i < m->num_serials; i++)
        json_array_append_new(serials, json_string(m->serials[i]));
    out = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:o, s:o, s:o, s:I, s:f, "
        "s:o, s:{s:I, s:I}, s:o}",
        "time", m->time, "node", text_json(m->node), "profile",
        text_json(m->profile), "operation", text_json(m->operation), "peer",
        text_json(m->peer), "body", m->body, "outcome", m->outcome, "verified",
        (int)m->is_verified, "vendor", text_json(m->vendor), "station",
        text_json(m->station), "certificates", serials, "octets",
        (json_int_t)m->request.len, "ms", (double)m->micros / 1000, "findings",
        findings_json(m), "checks", "judged", (json_int_t)m->num_judged, "hold",
        (json_int_t)m->num_holding, "answer", answer_json(m));
    if (out != NULL && cli_has(cli, "all"))
        json_object_set_new(out, "holding", holding_json(m));
    return out;
}

static json_t *transaction_json(const struct cli *cli,
                                const struct explained_transaction *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->num; i++)
        json_array_append_new(list, message_json(cli, &t->messages[i]));
    return json_pack("{s:s, s:o}", "transaction", t->id, "messages", list);
}

static json_t *explanation_json(const struct cli *cli,
                                const struct explanation *all)
{
    const struct record_figures *f = &all->figures;
    json_t *list = json_array();

    for (size_t i = 0; i < all->num; i++)
        json_array_append_new(list, transaction_json(cli, &all->list[i]));
    return json_pack("{s:o, s:I, s:{s:s, s:s, s:I, s:I, s:s, s:I, s:I}}",
                     "transactions", list, "more", (json_int_t)all->num_more,
                     "recorder", "began", all->began, "oldest", all->oldest,
                     "messages", (json_int_t)f->num, "not_recorded",
                     (json_int_t)f->lost, "not_recorded_last", all->lost_last,
                     "pushed_out", (json_int_t)f->pushed_out, "expired",
                     (json_int_t)f->expired);
}

/* --- as files --- */

static enum err write_one(const struct cli *cli, const char *folder,
                          size_t number, size_t half, const char *body,
                          struct span der, struct fault *f)
{
    size_t len = strcspn(body, " ("); /* "pollReq (ir)" */
    const char *path =
        arena_printf(cli->arena, "%s/%03zu-%zu-%.*s.der", folder, number, half,
                     len == 0 ? 7 : (int)len, len == 0 ? "unknown" : body);

    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "file name");
    return span_is_absent(der) ? ERR_OK : file_create(path, der, 0600, f);
}

static enum err write_files(const struct cli *cli,
                            const struct explanation *all, struct fault *f)
{
    const char *folder = cli_value(cli, "out");
    size_t number = 0;

    if (folder == NULL)
        return ERR_OK;
    TRY(dir_create(folder, 0700, f));
    for (size_t i = 0; i < all->num; i++) {
        for (size_t k = 0; k < all->list[i].num; k++) {
            const struct explained_message *m = &all->list[i].messages[k];

            number++;
            TRY(write_one(cli, folder, number, 1, m->body, m->request, f));
            TRY(write_one(cli, folder, number, 2, m->answer, m->reply, f));
        }
    }
    return ERR_OK;
}

/* --- the verb --- */

static enum err open_explain(const struct cli *cli, struct explain **out,
                             struct fault *f)
{
    struct buf errors;
    enum err e;

    buf_init(&errors, (size_t)64 * 1024);
    e = explain_open(cli_value(cli, "config"), &errors, out, f);
    if (errors.len > 0)
        fputs(buf_str(&errors), cli->err);
    buf_done(&errors);
    return e;
}

static enum err run_explain(struct cli *cli, struct fault *f)
{
    AUTO(explain) explain = NULL;
    struct explain_query query = { .what = cli_operand(cli, 0),
                                   .only_refused = cli_has(cli, "refused") };
    struct explanation all;
    int64_t max;

    TRY(cli_number(cli, "last", 1, 1000, &max, f));
    query.max = (size_t)max;
    TRY(open_explain(cli, &explain, f));
    TRY(explain_find(explain, &query, &all, f));
    TRY(write_files(cli, &all, f));
    if (cli->json)
        return cli_print_json(cli, explanation_json(cli, &all), f);
    print_all(cli, &all);
    return ERR_OK;
}

static const struct cli_option explain_options[] = {
    ADMIN_CONFIG_OPTION,
    { "all", NULL, NULL, "list the rules that hold too", CLI_ONCE },
    { "refused", NULL, NULL, "only transactions in which something was refused",
      CLI_ONCE },
    { "last", "NUMBER", "10", "the newest so many transactions", CLI_ONCE },
    { "out", "DIR", NULL, "write the messages there, as DER files", CLI_ONCE },
};

static const struct cli_verb verbs[] = {
    {
        .words = "explain",
        .summary = "tell why a station was refused, or what it was given",
        .operands = "[TRANSACTION|SERIAL|STATION]",
        .description =
            "Shows what the recorder kept: each message of a transaction, what "
            "was judged of it, by which clause, what was found and asked and "
            "how to mend it, and what it was answered. Beside a running server "
            "or without one; a message is there within a second.\n\n"
            "A transaction is named by its transactionID or the first four "
            "digits or more of it, a certificate by its serial number, both in "
            "hexadecimal, a station by its serial number or as VENDOR/SERIAL. "
            "Without a name the newest transactions are shown.\n\n"
            "Messages may be missing: recorder.size and profiles.record_for "
            "bound what is kept, profiles.record chooses, and the recorder "
            "leaves out what it cannot keep up with. What is known of that is "
            "told at the end. Answers that may hold a private key are never "
            "recorded.\n\n"
            "With --out the messages are written to files, as 001-1-ir.der and "
            "001-2-ip.der: in the order in which lint takes them.",
        .options = explain_options,
        .num_options = NUM(explain_options),
        .has_json = true,
        .example = "stationmaster explain --refused --last 1\n"
                   "stationmaster explain acme/SN-0042 --out messages",
        .run = run_explain,
    },
};

const struct cli_verbs cli_server_explain = { verbs, NUM(verbs) };
