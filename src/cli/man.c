#include <ctype.h>

#include "cli/internal.h"

/* Changes with what the pages say, so that they are made alike each time. */
#define MAN_DATE "2026-11-22"
/* Escapes make lines longer; with this they stay below 80. */
#define MAN_WIDTH 64
/* What a listing says of one entry. */
#define LINE_CAP ((size_t)4096)

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

/* The same in lines of at most MAN_WIDTH, broken at blanks. */
static void add_folded(const char *text, size_t len, struct buf *out)
{
    size_t line, stop;

    while (len > MAN_WIDTH) {
        stop = MAN_WIDTH;
        while (stop > 0 && text[stop] != ' ')
            stop--;
        line = stop > 0 ? stop : MAN_WIDTH;
        add_span(text, line, out);
        buf_add_str(out, "\n");
        text += line;
        len -= line;
        while (len > 0 && *text == ' ') {
            text++;
            len--;
        }
    }
    add_span(text, len, out);
}

/* How long the first sentence is, or what is left of its paragraph. */
static size_t sentence_len(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0' && text[len] != '\n') {
        if (text[len] == '.' && (text[len + 1] == ' ' || text[len + 1] == '\n'))
            return len + 1;
        len++;
    }
    return len;
}

/* Sentences in lines of their own, paragraphs parted by .PP. */
static void add_paragraphs(const char *text, struct buf *out)
{
    size_t len;

    while (*text != '\0') {
        len = sentence_len(text);
        add_folded(text, len, out);
        buf_add_str(out, "\n");
        text += len;
        if (strncmp(text, "\n\n", 2) == 0)
            buf_add_str(out, ".PP\n");
        text += strspn(text, " \n");
    }
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
    struct buf text;

    buf_add_str(out, ".TP\n\\fB\\-\\-");
    add_text(o->name, out);
    buf_add_str(out, "\\fR");
    if (o->argument != NULL) {
        buf_add_str(out, " \\fI");
        add_text(o->argument, out);
        buf_add_str(out, "\\fR");
    }
    buf_add_str(out, "\n");
    buf_init(&text, CLI_TEXT_CAP);
    cli_option_text(o, &text);
    buf_add_str(&text, ".");
    add_paragraphs(buf_str(&text), out);
    buf_done(&text);
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

static void add_listing(const struct cli_verb *verb, void *arg)
{
    const struct cli_listing *listing = verb->listing;
    struct place *p = arg;
    struct buf text;
    const char *name;

    if (listing == NULL)
        return;
    buf_init(&text, LINE_CAP);
    buf_printf(p->out, ".SH %s\n", listing->title);
    add_paragraphs(listing->text, p->out);
    for (size_t i = 0; (name = listing->line(i, &text)) != NULL; i++) {
        buf_add_str(p->out, ".TP\n.B ");
        add_text(name, p->out);
        buf_add_str(p->out, "\n");
        add_folded(buf_str(&text), text.len, p->out);
        buf_add_str(p->out, "\n");
        buf_clear(&text);
    }
    buf_done(&text);
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
    cli_each_verb(program, add_listing, &place);
    add_exit_codes(out);
    if (program->num_files > 0)
        buf_add_str(out, ".SH FILES\n");
    for (size_t i = 0; i < program->num_files; i++) {
        buf_add_str(out, ".TP\n.I ");
        add_text(program->files[i].name, out);
        buf_add_str(out, "\n");
        add_folded(program->files[i].text, strlen(program->files[i].text), out);
        buf_add_str(out, ".\n");
    }
    buf_add_str(out, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\n"
                     "When set and not empty, nothing is coloured.\n"
                     ".SH SEE ALSO\n");
    add_text(program->see_also, out);
    buf_add_str(out, "\n");
}
