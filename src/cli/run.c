#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/internal.h"

#define CLI_ARENA ((size_t)16 * 1024 * 1024)

/* --- output --- */

static const char *const styles[] = {
    [CLI_PLAIN] = "",         [CLI_BOLD] = "\033[1m",    [CLI_DIM] = "\033[2m",
    [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m", [CLI_RED] = "\033[31m",
};

static bool shows_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"); /* no-color.org */
    const char *term = getenv("TERM");
    int fd = fileno(out);

    return fd >= 0 && isatty(fd) == 1 && (no == NULL || no[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

size_t cli_columns(FILE *out)
{
    struct winsize size;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return CLI_COLUMNS;
    return size.ws_col;
}

void cli_print(const struct cli *cli, enum cli_style style, const char *fmt,
               ...)
{
    bool has_style = cli->colour && style != CLI_PLAIN;
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, fmt);
    len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    for (int i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\n') || c == 0x7f)
            text[i] = '?';
    }
    fprintf(cli->out, "%s%s%s", has_style ? styles[style] : "", text,
            has_style ? "\033[0m" : "");
    free(text);
}

enum err cli_print_json(const struct cli *cli, json_t *json, struct fault *f)
{
    int failed;

    if (json == NULL)
        return fault_set(f, ERR_NO_MEM, "JSON");
    failed = json_dumpf(json, cli->out, JSON_INDENT(2) | JSON_ENCODE_ANY);
    json_decref(json);
    if (failed != 0)
        return fault_set(f, ERR_IO, "cannot write the answer");
    fputc('\n', cli->out);
    return ERR_OK;
}

static void tell_json(const struct cli *cli, const struct fault *f,
                      enum cli_exit code)
{
    struct fault again;

    /* Where even this fails, standard error and the exit code still tell. */
    if (cli_print_json(cli,
                       json_pack("{s:{s:s, s:i, s:s, s:s, s:s}}", "error",
                                 "name", err_name(f->err), "exit", (int)code,
                                 "clause", f->clause, "rule", f->rule, "text",
                                 f->text),
                       &again) != ERR_OK)
        fputs("cannot write JSON\n", cli->err);
}

/* Tells a failure; returns the exit code. */
static enum cli_exit tell(const struct cli *cli, enum err e, struct fault *f)
{
    enum cli_exit code = cli_exit_find(e);
    const char *verb = cli->verb != NULL ? cli->verb->words : NULL;

    if (f->err != e)
        fault_set(f, e, "%s", err_text(e));
    fprintf(cli->err, "%s%s%s: %s%s%s%s%s%s\n", cli->program->name,
            verb != NULL ? " " : "", verb != NULL ? verb : "", f->text,
            f->clause[0] != '\0' ? " (" : "", f->clause,
            f->rule[0] != '\0' ? "; " : "", f->rule,
            f->clause[0] != '\0' ? ")" : "");
    if (e == ERR_USAGE)
        fprintf(cli->err, "try: %s%s%s --help\n", cli->program->name,
                verb != NULL ? " " : "", verb != NULL ? verb : "");
    if (cli->json)
        tell_json(cli, f, code);
    return code;
}

/* --- running --- */

static enum err print_text(const struct cli *cli, const struct buf *text,
                           struct fault *f)
{
    if (text->failed != ERR_OK)
        return fault_set(f, text->failed, "help");
    fwrite(text->ptr, 1, text->len, cli->out);
    return ERR_OK;
}

static enum err print_help(const struct cli *cli, struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, CLI_TEXT_CAP);
    if (cli->verb == NULL)
        cli_help_program(cli->program, &text);
    else
        cli_help_verb(cli->program, cli->verb, &text);
    e = print_text(cli, &text, f);
    buf_done(&text);
    return e;
}

static enum err print_man(const struct cli *cli, struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, CLI_TEXT_CAP);
    cli_man(cli->program, &text);
    e = print_text(cli, &text, f);
    buf_done(&text);
    return e;
}

static bool is_help(const char *word)
{
    return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

/* The first word of several verbs, with --help behind it or help before. */
static enum err print_group(const struct cli *cli, const char *first,
                            bool *is_there, struct fault *f)
{
    struct buf text;
    enum err e = ERR_OK;

    buf_init(&text, CLI_TEXT_CAP);
    *is_there = cli_help_group(cli->program, first, &text);
    if (*is_there)
        e = print_text(cli, &text, f);
    buf_done(&text);
    return e;
}

/* An option in place of a verb. */
static enum err run_global(const struct cli *cli, const char *word,
                           struct fault *f)
{
    struct cli_nearest nearest = { .word = word };

    while (*nearest.word == '-')
        nearest.word++;
    if (is_help(word))
        return print_help(cli, f);
    if (strcmp(word, "--man") == 0)
        return print_man(cli, f);
    if (strcmp(word, "--version") == 0) {
        fprintf(cli->out, "%s %s\n", cli->program->name, STATIONMASTER_VERSION);
        return ERR_OK;
    }
    for (size_t i = 0; i < CLI_GLOBAL_NUM; i++)
        cli_nearest_try(&nearest, cli_global[i].name);
    if (nearest.known != NULL)
        return fault_set(f, ERR_USAGE, "no option %s; did you mean --%s?", word,
                         nearest.known);
    return fault_set(f, ERR_USAGE, "no option %s before a verb", word);
}

static enum err run_verb(struct cli *cli, int argc, const char *const *argv,
                         struct fault *f)
{
    bool help = false;

    TRY(cli_read(cli, argc, argv, &help, f));
    return help ? print_help(cli, f) : cli->verb->run(cli, f);
}

/* `argv` is what follows the program's name. */
static enum err run(struct cli *cli, int argc, const char *const *argv,
                    struct fault *f)
{
    bool help = argc > 0 && strcmp(argv[0], "help") == 0, is_group = false;
    int num_words = 0;

    if (argc == 0)
        return fault_set(f, ERR_USAGE, "a verb is missing");
    if (help) {
        argc--;
        argv++;
        if (argc == 0)
            return print_help(cli, f);
    }
    if (argv[0][0] == '-')
        return run_global(cli, argv[0], f);
    cli->verb = cli_verb_find(cli->program, argc, argv, &num_words);
    if (cli->verb == NULL && (help || (argc == 2 && is_help(argv[1])))) {
        TRY(print_group(cli, argv[0], &is_group, f));
        if (is_group)
            return ERR_OK;
    }
    if (cli->verb == NULL)
        return cli_verb_unknown(cli->program, argc, argv, f);
    if (help)
        return print_help(cli, f);
    return run_verb(cli, argc - num_words, argv + num_words, f);
}

int cli_run(const struct cli_program *program, int argc,
            const char *const *argv, FILE *out, FILE *err)
{
    AUTO(arena) a = arena_new(CLI_ARENA);
    struct cli cli = { .program = program, .out = out, .err = err, .arena = a };
    struct fault f = { .err = ERR_OK };
    enum cli_exit code;
    enum err e;

    cli.colour = shows_colour(out);
    e = a == NULL ? fault_set(&f, ERR_NO_MEM, "command line")
                  : run(&cli, argc - 1, argv + 1, &f);
    code = e != ERR_OK ? tell(&cli, e, &f) : cli.ends_with;
    if (fflush(out) != 0 && e == ERR_OK)
        code = tell(&cli, fault_set(&f, ERR_IO, "cannot write the answer"), &f);
    return (int)code;
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
    /* A command line without even a name is possible; it has no verb. */
    if (argc < 1)
        argc = 1;
    return cli_run(program, argc, (const char *const *)argv, stdout, stderr);
}
