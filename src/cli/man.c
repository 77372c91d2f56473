#include <ctype.h>

#include "cli/internal.h"

/* Changes with what the pages say, so that they are made alike each time. */
#define MAN_DATE "2026-11-22"

/* Text in roff: nothing of it may be taken for a request or an escape. */
static void add_span(const char *text, size_t len, struct buf *out)
{
    static const struct {
        char c;
        const char *roff;
    } specials[] = {
        { '\\', "\\e" },  { '-', "\\-" },    { '^', "\\(ha" }, { '~', "\\(ti" },
        { '"', "\\(dq" }, { '\'', "\\(aq" }, { '`', "\\(ga" },
    };
    size_t i;

    if (len > 0 && text[0] == '.')
        buf_add_str(out, "\\&");
    for (; len > 0; text++, len--) {
        for (i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
            if (specials[i].c == *text)
                break;
        }
        if (i < sizeof(specials) / sizeof(specials[0]))
            buf_add_str(out, specials[i].roff);
        else
            buf_add(out, span_of(text, 1));
    }
}

static void add_text(const char *text, struct buf *out)
{
    add_span(text, strlen(text), out);
}

/* Sentences in lines of their own, paragraphs parted by .PP. */
static void add_paragraphs(const char *text, struct buf *out)
{
    const char *stop;

    while ((stop = strpbrk(text, ".\n")) != NULL) {
        bool is_dot = *stop == '.';
        bool is_end = is_dot && (stop[1] == ' ' || stop[1] == '\n');

        add_span(text, (size_t)(stop - text) + (is_dot ? 1 : 0), out);
        text = stop + 1;
        if (!is_dot && *text == '\n') {
            buf_add_str(out, "\n.PP\n");
            text += strspn(text, "\n");
        } else if (is_end && *text == ' ') {
            buf_add_str(out, "\n");
            text += strspn(text, " ");
        } else if (!is_dot && *text != '\0') {
            buf_add_str(out, "\n");
        }
    }
    add_text(text, out);
    buf_add_str(out, "\n");
}

static void add_upper(const char *text, struct buf *out)
{
    char c;

    for (; *text != '\0'; text++) {
        c = (char)toupper((unsigned char)*text);
        buf_add(out, span_of(&c, 1));
    }
}

static void add_option(const struct cli_option *o, struct buf *out)
{
    buf_add_str(out, ".TP\n\\fB\\-\\-");
    add_text(o->name, out);
    buf_add_str(out, "\\fR");
    if (o->argument != NULL) {
        buf_add_str(out, " \\fI");
        add_text(o->argument, out);
        buf_add_str(out, "\\fR");
    }
    buf_add_str(out, "\n");
    add_text(o->help, out);
    if (o->count == CLI_REPEATED)
        buf_add_str(out, "; may be repeated");
    if (o->preset != NULL) {
        buf_add_str(out, " (default: ");
        add_text(o->preset, out);
        buf_add_str(out, ")");
    }
    buf_add_str(out, ".\n");
}

static void add_lines(const char *text, struct buf *out)
{
    size_t len;

    while (*text != '\0') {
        len = strcspn(text, "\n");
        add_span(text, len, out);
        buf_add_str(out, "\n");
        text += len;
        text += *text == '\n';
    }
}

/* The program and the verb it is given to. */
struct place {
    const struct cli_program *program;
    struct buf *out;
};

static void add_verb(const struct cli_verb *verb, void *arg)
{
    struct place *p = arg;

    buf_add_str(p->out, ".SS ");
    add_text(verb->words, p->out);
    if (verb->operands != NULL) {
        buf_add_str(p->out, " ");
        add_text(verb->operands, p->out);
    }
    buf_add_str(p->out, "\n");
    add_paragraphs(verb->description, p->out);
    for (size_t i = 0; i < verb->num_options; i++)
        add_option(&verb->options[i], p->out);
    if (verb->has_json)
        add_option(&cli_common[CLI_COMMON_JSON], p->out);
    buf_add_str(p->out, ".PP\nExample:\n.PP\n.nf\n.RS\n");
    add_lines(verb->example, p->out);
    buf_add_str(p->out, ".RE\n.fi\n");
}

static void add_exit_codes(struct buf *out)
{
    buf_add_str(out, ".SH EXIT STATUS\n");
    for (enum cli_exit i = CLI_EXIT_DONE; i < CLI_EXIT_NUM; i++) {
        buf_printf(out, ".TP\n%d\n", (int)i);
        add_text(cli_exit_text(i), out);
        buf_add_str(out, ".\n");
    }
}

static void add_synopsis(const struct cli_program *program, struct buf *out)
{
    buf_add_str(out, ".SH SYNOPSIS\n.B ");
    add_text(program->name, out);
    buf_add_str(out, "\n.I VERB\n[\\fIOPTION\\fR...]\n.br\n.B ");
    add_text(program->name, out);
    buf_add_str(out, "\n\\fIVERB\\fR \\fB\\-\\-help\\fR\n");
}

void cli_man(const struct cli_program *program, struct buf *out)
{
    struct place place = { program, out };

    buf_add_str(out, ".TH ");
    add_upper(program->name, out);
    buf_add_str(out, " 1 " MAN_DATE " \"Stationmaster\" \"User commands\"\n"
                     ".SH NAME\n");
    add_text(program->name, out);
    buf_add_str(out, " \\- ");
    add_text(program->summary, out);
    buf_add_str(out, "\n");
    add_synopsis(program, out);
    buf_add_str(out, ".SH DESCRIPTION\n");
    add_paragraphs(program->description, out);
    buf_add_str(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < CLI_GLOBAL_NUM; i++)
        add_option(&cli_global[i], out);
    buf_add_str(out, ".SH VERBS\n");
    cli_each_verb(program, add_verb, &place);
    add_exit_codes(out);
    if (program->num_files > 0)
        buf_add_str(out, ".SH FILES\n");
    for (size_t i = 0; i < program->num_files; i++) {
        buf_add_str(out, ".TP\n.I ");
        add_text(program->files[i].name, out);
        buf_add_str(out, "\n");
        add_text(program->files[i].text, out);
        buf_add_str(out, ".\n");
    }
    buf_add_str(out, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\n"
                     "When set and not empty, nothing is coloured.\n"
                     ".SH SEE ALSO\n");
    add_text(program->see_also, out);
    buf_add_str(out, "\n");
}
