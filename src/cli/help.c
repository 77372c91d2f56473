#include "cli/internal.h"

/* Columns at which what an option does begins. */
#define HELP_COLUMN 26

static void add_blanks(size_t num, struct buf *out)
{
    buf_printf(out, "%*s", (int)num, "");
}

/* One paragraph, which begins at column `column` already. */
static void wrap_paragraph(const char *text, size_t len, size_t indent,
                           size_t width, struct buf *out)
{
    const char *end = text + len;
    size_t column = indent;
    size_t word;

    while (text < end) {
        word = strcspn(text, " \n");
        if (word > (size_t)(end - text))
            word = (size_t)(end - text);
        if (column > indent && column + 1 + word > width) {
            buf_add_str(out, "\n");
            add_blanks(indent, out);
            column = indent;
        } else if (column > indent) {
            buf_add_str(out, " ");
            column++;
        }
        buf_add(out, span_of(text, word));
        column += word;
        text += word;
        while (text < end && (*text == ' ' || *text == '\n'))
            text++;
    }
}

void cli_wrap(const char *text, size_t indent, size_t width, struct buf *out)
{
    const char *stop;
    size_t len;

    while (*text != '\0') {
        stop = strstr(text, "\n\n");
        len = stop != NULL ? (size_t)(stop - text) : strlen(text);
        add_blanks(indent, out);
        wrap_paragraph(text, len, indent, width, out);
        buf_add_str(out, "\n");
        text += len;
        if (*text != '\0') {
            text += strspn(text, "\n");
            buf_add_str(out, "\n");
        }
    }
}

/* A term, and what it means from HELP_COLUMN on. */
static void add_row(const char *term, const char *text, struct buf *out)
{
    size_t len = strlen(term) + 2;

    buf_printf(out, "  %s", term);
    if (len + 2 > HELP_COLUMN) {
        buf_add_str(out, "\n");
        len = 0;
    }
    add_blanks(HELP_COLUMN - len, out);
    wrap_paragraph(text, strlen(text), HELP_COLUMN, CLI_HELP_WIDTH, out);
    buf_add_str(out, "\n");
}

void cli_option_text(const struct cli_option *o, struct buf *out)
{
    buf_add_str(out, o->help);
    if (o->count == CLI_REPEATED)
        buf_add_str(out, "; may be repeated");
    if (o->preset != NULL)
        buf_printf(out, " (default: %s)", o->preset);
}

static void add_option(const struct cli_option *o, struct buf *out)
{
    char term[80];
    struct buf text;

    snprintf(term, sizeof(term), "--%s%s%s", o->name,
             o->argument == NULL ? "" : " ",
             o->argument == NULL ? "" : o->argument);
    buf_init(&text, CLI_TEXT_CAP);
    cli_option_text(o, &text);
    add_row(term, buf_str(&text), out);
    buf_done(&text);
}

static void add_verb_row(const struct cli_verb *verb, void *arg)
{
    char term[80];

    snprintf(term, sizeof(term), "%s%s%s", verb->words,
             verb->operands != NULL ? " " : "",
             verb->operands != NULL ? verb->operands : "");
    add_row(term, verb->summary, arg);
}

static void add_exit_codes(struct buf *out)
{
    char term[8];

    buf_add_str(out, "\nexit codes\n");
    for (enum cli_exit i = CLI_EXIT_DONE; i < CLI_EXIT_NUM; i++) {
        snprintf(term, sizeof(term), "%d", (int)i);
        buf_printf(out, "  %-3s %s\n", term, cli_exit_text(i));
    }
}

void cli_help_program(const struct cli_program *program, struct buf *out)
{
    buf_printf(out, "usage: %s VERB [OPTION...]\n\n", program->name);
    cli_wrap(program->description, 0, CLI_HELP_WIDTH, out);
    buf_add_str(out, "\nverbs\n");
    cli_each_verb(program, add_verb_row, out);
    buf_add_str(out, "\noptions\n");
    for (size_t i = 0; i < CLI_GLOBAL_NUM; i++)
        add_option(&cli_global[i], out);
    add_exit_codes(out);
    buf_printf(out, "\nMore of a verb, with an example: %s VERB --help\n",
               program->name);
}

struct group {
    const char *first;
    struct buf *out;
    bool is_there;
};

static void add_group_row(const struct cli_verb *verb, void *arg)
{
    struct group *group = arg;
    size_t len = strlen(group->first);

    if (strncmp(verb->words, group->first, len) != 0 || verb->words[len] != ' ')
        return;
    group->is_there = true;
    add_verb_row(verb, group->out);
}

bool cli_help_group(const struct cli_program *program, const char *first,
                    struct buf *out)
{
    struct group group = { first, out, false };

    cli_each_verb(program, add_group_row, &group);
    if (group.is_there)
        buf_printf(out, "\nMore of a verb, with an example: %s VERB --help\n",
                   program->name);
    return group.is_there;
}

void cli_synopsis(const struct cli_verb *verb, struct buf *out)
{
    buf_add_str(out, verb->words);
    if (verb->operands != NULL)
        buf_printf(out, " %s", verb->operands);
    for (size_t i = 0; i < verb->num_options; i++) {
        const struct cli_option *o = &verb->options[i];

        buf_printf(out, " [--%s%s%s]%s", o->name,
                   o->argument != NULL ? " " : "",
                   o->argument != NULL ? o->argument : "",
                   o->count == CLI_REPEATED ? "..." : "");
    }
    if (verb->has_json)
        buf_add_str(out, " [--json]");
}

void cli_help_verb(const struct cli_program *program,
                   const struct cli_verb *verb, struct buf *out)
{
    const char *line = verb->example;
    struct buf synopsis;
    size_t len;

    buf_init(&synopsis, CLI_TEXT_CAP);
    buf_printf(&synopsis, "usage: %s ", program->name);
    cli_synopsis(verb, &synopsis);
    wrap_paragraph(buf_str(&synopsis), synopsis.len, 4, CLI_HELP_WIDTH, out);
    buf_done(&synopsis);
    buf_add_str(out, "\n\n");
    cli_wrap(verb->description, 0, CLI_HELP_WIDTH, out);
    buf_add_str(out, "\noptions\n");
    for (size_t i = 0; i < verb->num_options; i++)
        add_option(&verb->options[i], out);
    for (size_t i = 0; i < CLI_COMMON_NUM; i++) {
        if (i != CLI_COMMON_JSON || verb->has_json)
            add_option(&cli_common[i], out);
    }
    buf_add_str(out, "\nexample\n");
    while (*line != '\0') {
        len = strcspn(line, "\n");
        buf_printf(out, "  %.*s\n", (int)len, line);
        line += len;
        line += *line == '\n';
    }
    add_exit_codes(out);
}
