/*
 * lint: the rule table over recorded messages, and the table itself.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/server_admin.h"
#include "cli/server_finding.h"
#include "cli/server_trusted.h"
#include "inspect/lint.h"

/* Messages told as JSON: a person's reading, not a capture's thousands. */
#define MAX_JSON_MESSAGES 20000

struct totals {
    uint64_t messages, errors, warnings, held, not_judged, problems;
};

struct run {
    struct cli *cli;
    struct lint *lint;
    struct cli_progress progress;
    struct totals totals;
    bool tells_all;
    size_t before, last; /* numbers of messages: of the files before */
    json_t *messages;    /* --json; NULL otherwise */
    json_t *problems;    /* the same */
    uint64_t left_out;
    struct fault *fault;
};

/* --- as text --- */

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_verdict(const struct cli *cli, const struct lint_report *r)
{
    if (r->repeats != 0)
        cli_print(cli, CLI_PLAIN, "message %zu again", r->repeats);
    else if (r->num_errors > 0)
        cli_print(cli, CLI_RED, "%zu error%s", r->num_errors,
                  plural(r->num_errors));
    else if (r->num_warnings > 0)
        cli_print(cli, CLI_YELLOW, "%zu warning%s", r->num_warnings,
                  plural(r->num_warnings));
    else
        cli_print(cli, CLI_GREEN, "nothing broken");
    if (r->num_errors > 0 && r->num_warnings > 0)
        cli_print(cli, CLI_PLAIN, ", %zu warning%s", r->num_warnings,
                  plural(r->num_warnings));
}

static void print_report(const struct cli *cli, const struct lint_report *r)
{
    char id[2 * 64 + 1];

    if (r->number == 0)
        cli_print(cli, CLI_BOLD, "HTTP, no message");
    else
        cli_print(cli, CLI_BOLD, "message %zu, %s", r->number,
                  r->body == CMP_BODY_NUM ? "not readable"
                                          : cmp_body_name(r->body));
    cli_print(cli, CLI_PLAIN, ": ");
    print_verdict(cli, r);
    cli_print(cli, CLI_PLAIN, "\n  %s", r->where);
    if (r->transaction_id.len > 0) {
        hex_format(r->transaction_id, id, sizeof(id));
        cli_print(cli, CLI_PLAIN, "\n  transaction %s", id);
    }
    cli_print(cli, CLI_PLAIN, "\n\n");
    for (size_t i = 0; i < r->num; i++)
        server_finding_print(cli, &r->list[i]);
    if (r->dropped > 0)
        cli_print(cli, CLI_PLAIN, "  %zu more are not shown\n", r->dropped);
    if (r->num > 0)
        cli_print(cli, CLI_PLAIN, "\n");
}

static void print_totals(const struct cli *cli, const struct totals *t)
{
    cli_print(cli, CLI_BOLD, "%" PRIu64 " message%s: ", t->messages,
              plural(t->messages));
    cli_print(cli, t->errors > 0 ? CLI_RED : CLI_PLAIN, "%" PRIu64 " error%s",
              t->errors, plural(t->errors));
    cli_print(cli, CLI_PLAIN, ", ");
    cli_print(cli, t->warnings > 0 ? CLI_YELLOW : CLI_PLAIN,
              "%" PRIu64 " warning%s", t->warnings, plural(t->warnings));
    cli_print(cli, CLI_PLAIN,
              "; %" PRIu64 " time%s a rule held, %" PRIu64 " not judged\n",
              t->held, plural(t->held), t->not_judged);
    if (t->problems > 0)
        cli_print(cli, CLI_YELLOW, "%" PRIu64 " part%s could not be read\n",
                  t->problems, plural(t->problems));
}

/* --- as JSON --- */

static json_t *findings_json(const struct lint_report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < r->num; i++) {
        if (json_array_append_new(list, server_finding_json(&r->list[i])) == 0)
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *report_json(const struct lint_report *r)
{
    char id[2 * 64 + 1];
    json_t *out = json_pack(
        "{s:I, s:o, s:s, s:o, s:{s:I, s:I, s:I, s:I}}", "number",
        (json_int_t)r->number, "where", server_json_span(span_str(r->where)),
        "body", r->body == CMP_BODY_NUM ? "" : cmp_body_name(r->body),
        "findings", findings_json(r), "counts", "errors",
        (json_int_t)r->num_errors, "warnings", (json_int_t)r->num_warnings,
        "held", (json_int_t)r->num_held, "not_judged",
        (json_int_t)r->num_not_judged);

    if (out != NULL && r->transaction_id.len > 0) {
        hex_format(r->transaction_id, id, sizeof(id));
        json_object_set_new(out, "transaction", json_string(id));
    }
    if (out != NULL && r->dropped != 0)
        json_object_set_new(out, "dropped",
                            json_integer((json_int_t)r->dropped));
    if (out != NULL && r->repeats != 0)
        json_object_set_new(out, "repeats",
                            json_integer((json_int_t)r->repeats));
    return out;
}

static enum err keep_json(struct run *run, const struct lint_report *r)
{
    if (json_array_size(run->messages) == MAX_JSON_MESSAGES) {
        run->left_out++;
        return ERR_OK;
    }
    if (json_array_append_new(run->messages, report_json(r)) != 0)
        return fault_set(run->fault, ERR_NO_MEM, "JSON");
    return ERR_OK;
}

static enum err print_json(struct run *run, struct fault *f)
{
    const struct totals *t = &run->totals;
    json_t *messages = run->messages, *problems = run->problems;

    run->messages = run->problems = NULL;
    return cli_print_json(
        run->cli,
        json_pack("{s:o, s:I, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I}}",
                  "messages", messages, "left_out", (json_int_t)run->left_out,
                  "problems", problems, "totals", "messages",
                  (json_int_t)t->messages, "errors", (json_int_t)t->errors,
                  "warnings", (json_int_t)t->warnings, "held",
                  (json_int_t)t->held, "not_judged", (json_int_t)t->not_judged,
                  "problems", (json_int_t)t->problems),
        f);
}

/* --- running --- */

static enum err tell_report(void *arg, const struct lint_report *r)
{
    struct run *run = arg;
    struct totals *t = &run->totals;

    t->messages += r->number != 0;
    run->last = r->number > run->last ? r->number : run->last;
    t->errors += r->num_errors;
    t->warnings += r->num_warnings;
    t->held += r->num_held;
    t->not_judged += r->num_not_judged;
    cli_progress_step(&run->progress, t->messages);
    if (r->num == 0 && !run->tells_all)
        return ERR_OK;
    if (run->messages != NULL)
        return keep_json(run, r);
    cli_progress_done(&run->progress);
    print_report(run->cli, r);
    return ERR_OK;
}

static enum err tell_problem(struct run *run, const struct seen *seen)
{
    run->totals.problems++;
    cli_progress_done(&run->progress);
    if (run->problems == NULL) {
        cli_print(run->cli, CLI_YELLOW, "%s: %s\n\n", seen->where,
                  seen->problem);
        return ERR_OK;
    }
    if (json_array_size(run->problems) < MAX_JSON_MESSAGES &&
        json_array_append_new(run->problems,
                              json_pack("{s:s, s:s}", "where", seen->where,
                                        "text", seen->problem)) != 0)
        return fault_set(run->fault, ERR_NO_MEM, "JSON");
    return ERR_OK;
}

static enum err take(void *arg, const struct seen *seen)
{
    struct run *run = arg;
    struct seen numbered = *seen;

    if (seen->number > 0)
        numbered.number += run->before;
    if (seen->problem != NULL)
        TRY(tell_problem(run, seen));
    return lint_message(run->lint, &numbered, tell_report, run, run->fault);
}

static enum err read_all(struct run *run, struct fault *f)
{
    for (size_t i = 0; i < run->cli->num_operands; i++) {
        TRY(input_read(cli_operand(run->cli, i), NULL, take, run, f));
        run->before = run->last;
    }
    return ERR_OK;
}

static enum cli_exit exit_of(const struct totals *t)
{
    if (t->errors > 0)
        return CLI_EXIT_ERRORS;
    if (t->warnings > 0)
        return CLI_EXIT_WARNINGS;
    return t->problems > 0 ? CLI_EXIT_FAILED : CLI_EXIT_DONE;
}

static enum err tell_all(struct run *run, struct fault *f)
{
    run->fault = f;
    TRY(read_all(run, f));
    cli_progress_done(&run->progress);
    run->cli->ends_with = exit_of(&run->totals);
    if (run->messages != NULL)
        return print_json(run, f);
    print_totals(run->cli, &run->totals);
    return ERR_OK;
}

static enum err find_type(const struct cli *cli, struct profile *out,
                          struct fault *f)
{
    const char *name = cli_value(cli, "profile");
    enum profile_type type = profile_type_find(name == NULL ? "3gpp-bs" : name);

    if (type == PROFILE_TYPE_NUM)
        return fault_set(f, ERR_USAGE,
                         "no profile %s: 3gpp-bs, rfc9483, legacy-2010 or open "
                         "is asked",
                         name);
    lint_profile(out, type);
    return ERR_OK;
}

/* By its name, or the default one. */
static const struct config_profile *choose(const struct config *config,
                                           const char *name)
{
    for (size_t i = 0; i < config->num_profiles; i++) {
        const struct config_profile *p = &config->profiles[i];

        if (name == NULL ? p->is_default || config->num_profiles == 1
                         : strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

/* What a server with this configuration asks; `config` lives as long as it. */
static enum err find_configured(const struct cli *cli, struct config **config,
                                struct profile *out, struct fault *f)
{
    const char *name = cli_value(cli, "profile");
    const struct config_profile *chosen;
    struct buf errors;
    enum err e;

    buf_init(&errors, (size_t)64 * 1024);
    e = config_load(cli_value(cli, "config"), config, &errors, f);
    if (errors.len > 0)
        fputs(buf_str(&errors), cli->err);
    buf_done(&errors);
    TRY(e);
    chosen = choose(*config, name);
    if (chosen == NULL)
        return fault_set(f, ERR_USAGE, "say --profile: %s has no profile %s",
                         cli_value(cli, "config"),
                         name == NULL ? "that is the default" : name);
    return profile_configure(chosen, out, f);
}

static enum err lint_files(struct cli *cli, struct fault *f)
{
    AUTO(config) config = NULL;
    AUTO(trusted) trusted = NULL;
    AUTO(lint) lint = NULL;
    struct lint_settings settings = { .now = clock_seconds(),
                                      .tells_all = cli_has(cli, "all") };
    struct run run = { .cli = cli, .tells_all = settings.tells_all };
    enum err e;

    if (cli->num_operands == 0)
        return fault_set(f, ERR_USAGE, "FILE is missing, or --list");
    TRY(cli_has(cli, "config")
            ? find_configured(cli, &config, &settings.profile, f)
            : find_type(cli, &settings.profile, f));
    TRY(trusted_new(&trusted, f));
    if (settings.profile.type == PROFILE_LEGACY_2010)
        trusted_allow_legacy(trusted);
    TRY(server_trusted_fill(cli, trusted, f));
    settings.trusted = trusted;
    TRY(lint_new(&settings, &lint, f));
    run.lint = lint;
    if (cli->json) {
        run.messages = json_array();
        run.problems = json_array();
    }
    cli_progress_init(&run.progress, cli->err, "messages", 0);
    e = tell_all(&run, f);
    json_decref(run.messages);
    json_decref(run.problems);
    return e;
}

/* --- the table --- */

static void print_needs(const struct cli *cli, const struct rule *rule)
{
    char needs[RULE_NEEDS_LEN];

    if (rule->needs == NEEDS_NOTHING)
        return;
    rule_needs_format(rule->needs, needs);
    cli_print(cli, CLI_PLAIN, "%11sneeds  %s\n", "", needs);
}

static void print_rules(const struct cli *cli)
{
    for (enum rule_step step = STEP_READ; step < STEP_NUM; step++) {
        struct rule_range range = rules_of(step);

        if (range.first == range.end)
            continue;
        cli_print(cli, CLI_BOLD, "%s\n\n", rule_step_name(step));
        for (size_t i = range.first; i < range.end; i++) {
            const struct rule *rule = rule_get((enum rule_id)i);

            server_rule_print(cli, rule);
            print_needs(cli, rule);
        }
        cli_print(cli, CLI_PLAIN, "\n");
    }
}

static json_t *rule_json(const struct rule *rule)
{
    char needs[RULE_NEEDS_LEN];
    json_t *bodies = json_array();

    for (enum cmp_body_type t = CMP_IR; t < CMP_BODY_NUM; t++)
        if ((rule->bodies & BODY_BIT(t)) != 0)
            json_array_append_new(bodies, json_string(cmp_body_name(t)));
    rule_needs_format(rule->needs, needs);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "rule", rule->id,
        "clause", rule->clause, "severity", severity_name(rule->severity),
        "step", rule_step_name(rule->step), "fail_info",
        fail_info_name(err_fail_info(rule->err)), "needs", needs, "bodies",
        bodies, "asked", rule->asked, "cure", rule->cure);
}

static enum err list_rules(struct cli *cli, struct fault *f)
{
    json_t *list;

    if (cli->num_operands > 0)
        return fault_set(f, ERR_USAGE, "--list takes no FILE");
    if (!cli->json) {
        print_rules(cli);
        return ERR_OK;
    }
    list = json_array();
    for (size_t i = 0; list != NULL && i < RULE_NUM; i++) {
        if (json_array_append_new(list, rule_json(rule_get((enum rule_id)i))) ==
            0)
            continue;
        json_decref(list);
        list = NULL;
    }
    return cli_print_json(cli, json_pack("{s:o}", "rules", list), f);
}

static enum err run_lint(struct cli *cli, struct fault *f)
{
    return cli_has(cli, "list") ? list_rules(cli, f) : lint_files(cli, f);
}

static const struct cli_option options[] = {
    { "profile", "NAME", NULL,
      "judge by this profile: 3gpp-bs, which is what is taken otherwise, "
      "rfc9483, legacy-2010 or open; with --config one of that",
      CLI_ONCE },
    { "config", "FILE", NULL,
      "judge by a profile as this server's configuration has it", CLI_ONCE },
    TRUSTED_OPTIONS,
    { "all", NULL, NULL, "tell what holds, and what could not be judged, too",
      CLI_ONCE },
    { "list", NULL, NULL, "print the table of rules instead", CLI_ONCE },
};

static const char *manual_line(size_t i, struct buf *text)
{
    const struct rule *rule;

    if (i >= RULE_NUM)
        return NULL;
    rule = rule_get((enum rule_id)i);
    buf_printf(text, "%s (%s; %s): %s. Cure: %s.",
               rule->severity == SEVERITY_WARNING ? "Warning" : "Error",
               rule->clause, rule_step_name(rule->step), rule->asked,
               rule->cure);
    return rule->id;
}

static const struct cli_listing listing = {
    .title = "RULES",
    .text = "What lint judges by, and what server and station refuse by: the "
            "rule, the clause it is from, what is judged, what is asked and "
            "what to do. What breaks a warning is taken all the same.",
    .line = manual_line,
};

static const struct cli_verb verbs[] = {
    {
        .words = "lint",
        .summary = "tell which rules recorded messages break",
        .operands = "[FILE...]",
        .description =
            "Judges the messages in the files by the table of rules that the "
            "server refuses by, each with its clause, what was found and "
            "where, what is asked and the cure. A file holds messages in DER, "
            "PEM, hexadecimal or base64, or is a capture (pcap, pcapng) with "
            "HTTP inside; - is standard input. Messages of one transaction "
            "are judged together, in the order they stand.\n\n"
            "A server stops at the first error; here all are told, errors "
            "before warnings, and a cause before what follows of it. What "
            "needs an anchor, a secret or another message that is not given "
            "is not judged; what only the server knows, neither: see replay "
            "for that.\n\n"
            "Ends with 7 where the worst was a warning, with 8 where it was "
            "an error; with 1 where nothing is broken, but a part of the input "
            "could not be read.",
        .options = options,
        .num_options = sizeof(options) / sizeof(options[0]),
        .has_json = true,
        .example = "stationmaster lint ir.der\n"
                   "stationmaster lint enrolment.pcap --trust-vendor "
                   "vendor-root.pem --trust-operator root.pem\n"
                   "stationmaster lint ir.der ip.der certConf.der pkiconf.der "
                   "--profile rfc9483 --json\n"
                   "stationmaster lint --list",
        .run = run_lint,
        .listing = &listing,
    },
};

const struct cli_verbs cli_server_lint = { verbs,
                                           sizeof(verbs) / sizeof(verbs[0]) };
