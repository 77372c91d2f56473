#include "cli/server_finding.h"

#include "cli/server_admin.h"

#define INDENT 2
#define LABEL 9
#define TEXT_CAP ((size_t)16 * 1024)

static enum cli_style style_of(const struct finding_view *finding)
{
    if (finding->verdict == VERDICT_HOLDS)
        return CLI_GREEN;
    if (finding->verdict == VERDICT_CANNOT_TELL)
        return CLI_PLAIN;
    return finding->rule->severity == SEVERITY_ERROR ? CLI_RED : CLI_YELLOW;
}

static const char *word_of(const struct finding_view *finding)
{
    if (finding->verdict == VERDICT_BROKEN)
        return severity_name(finding->rule->severity);
    return finding->verdict == VERDICT_HOLDS ? "holds" : "unjudged";
}

/* "    label  text", its lines under each other. */
static void print_part(const struct cli *cli, const char *label,
                       const char *text)
{
    size_t indent = (size_t)INDENT + LABEL + 7;
    struct buf lines;
    const char *body;

    if (text[0] == '\0')
        return;
    buf_init(&lines, TEXT_CAP);
    cli_wrap(text, indent, cli_columns(cli->out) - 1, &lines);
    body = buf_str(&lines);
    cli_print(cli, CLI_PLAIN, "%*s%-6s %s", INDENT + LABEL, "", label,
              lines.len > indent ? body + indent : body);
    buf_done(&lines);
}

static void print_head(const struct cli *cli, enum cli_style style,
                       const char *word, const struct rule *rule)
{
    cli_print(cli, CLI_PLAIN, "%*s", INDENT, "");
    cli_print(cli, style, "%-*s ", LABEL - 1, word);
    cli_print(cli, CLI_BOLD, "%s", rule->id);
    cli_print(cli, CLI_PLAIN, " (%s)\n", rule->clause);
}

void server_rule_print(const struct cli *cli, const struct rule *rule)
{
    print_head(cli, CLI_PLAIN, severity_name(rule->severity), rule);
    print_part(cli, "asked", rule->asked);
    print_part(cli, "cure", rule->cure);
}

/* What a verdict would take. */
static void print_needs(const struct cli *cli, const struct rule *rule)
{
    char needs[RULE_NEEDS_LEN];

    if (rule->needs == NEEDS_NOTHING)
        return;
    rule_needs_format(rule->needs, needs);
    print_part(cli, "needs", needs);
}

void server_finding_print(const struct cli *cli,
                          const struct finding_view *finding)
{
    const struct rule *rule = finding->rule;

    print_head(cli, style_of(finding), word_of(finding), rule);
    if (finding->verdict == VERDICT_CANNOT_TELL)
        print_needs(cli, rule);
    if (finding->verdict != VERDICT_BROKEN)
        return;
    if (finding->request > 0)
        cli_print(cli, CLI_PLAIN, "%*s%-6s %zu\n", INDENT + LABEL, "", "number",
                  finding->request);
    print_part(cli, "at", finding->path);
    print_part(cli, "found", finding->found);
    if (finding->cause != NULL)
        print_part(cli, "from", finding->cause->id);
    print_part(cli, "asked", rule->asked);
    print_part(cli, "cure", rule->cure);
}

json_t *server_finding_json(const struct finding_view *finding)
{
    const struct rule *rule = finding->rule;
    json_t *out = json_pack("{s:s, s:s, s:s, s:s}", "rule", rule->id, "clause",
                            rule->clause, "severity",
                            severity_name(finding->rule->severity), "verdict",
                            verdict_name(finding->verdict));

    if (finding->verdict == VERDICT_BROKEN && out != NULL &&
        json_object_update_new(
            out, json_pack("{s:s, s:o, s:s, s:s}", "path", finding->path,
                           "found", server_json_span(span_str(finding->found)),
                           "asked", rule->asked, "cure", rule->cure)) != 0) {
        json_decref(out);
        return NULL;
    }
    if (finding->cause != NULL && out != NULL)
        json_object_set_new(out, "follows_from",
                            json_string(finding->cause->id));
    if (finding->request > 0 && out != NULL)
        json_object_set_new(out, "request",
                            json_integer((json_int_t)finding->request));
    return out;
}
