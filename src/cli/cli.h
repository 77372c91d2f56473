/*
 * Verbs: one table says what a program can do. The command line is read by it,
 * and the help, the manual page and the complaints are made from it.
 *
 * A program's table is joined in app from one array per file of verbs, so a
 * new verb is a new row and nothing else.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* What a program ends with; the texts are in exit.c. */
enum cli_exit {
    CLI_EXIT_DONE = 0,
    CLI_EXIT_FAILED = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_CONFIG = 3,
    CLI_EXIT_NOT_FOUND = 4,
    CLI_EXIT_UNAVAILABLE = 5,
    CLI_EXIT_WAITING = 6,
    CLI_EXIT_WARNINGS = 7,
    CLI_EXIT_ERRORS = 8,
    CLI_EXIT_NUM
};
enum cli_exit cli_exit_find(enum err e);
const char *cli_exit_text(enum cli_exit code);

/* How often an option may stand. */
enum cli_count {
    CLI_ONCE,
    CLI_REPEATED
};

struct cli_option {
    const char *name;     /* "key-type", given as --key-type */
    const char *argument; /* "TYPE"; "[KEY]" may be left out; NULL: none */
    const char *preset;   /* its value when not given; NULL: none */
    const char *help;     /* a phrase, without a full stop */
    enum cli_count count;
};

struct cli;

/*
 * A table that a verb works by, for the manual: a section of its own. `line`
 * gives the name of the i-th entry and adds its text; NULL: there are no more.
 */
struct cli_listing {
    const char *title; /* "RULES" */
    const char *text;  /* as the description of a verb */
    const char *(*line)(size_t i, struct buf *text);
};

struct cli_verb {
    const char *words;       /* "cert list" */
    const char *summary;     /* a phrase: "make an operator" */
    const char *operands;    /* "DIR", "[KEY]", "FILE..."; NULL: none */
    const char *description; /* sentences, paragraphs parted by "\n\n" */
    const struct cli_option *options;
    size_t num_options;
    bool has_json;       /* takes --json */
    const char *example; /* a command a line */
    enum err (*run)(struct cli *cli, struct fault *f);
    const struct cli_listing *listing; /* NULL: there is none */
};

struct cli_verbs {
    const struct cli_verb *list;
    size_t num;
};

/* A file a program reads or writes, or a variable it heeds. */
struct cli_note {
    const char *name;
    const char *text;
};

struct cli_program {
    const char *name;
    const char *summary;
    const char *description; /* as that of a verb */
    const struct cli_verbs *const *verbs;
    size_t num_verbs;
    const struct cli_note *files;
    size_t num_files;
    const char *see_also; /* "stationmaster.yaml(5), station(1)" */
};

struct cli_given;

/* One run of a verb: what was asked, and where the answer goes. */
struct cli {
    const struct cli_program *program;
    const struct cli_verb *verb;
    FILE *out;
    FILE *err;
    struct arena *arena; /* lives as long as the run */
    bool json;           /* --json was given */
    bool colour;         /* `out` is a terminal that shows colours */
    const struct cli_given *given;
    size_t num_given;
    const char **operands;
    size_t num_operands;
    enum cli_exit ends_with; /* where nothing failed; DONE unless set */
};

/*
 * Reads the command line, runs the verb, tells its failure on standard error
 * (with --json also as an object on standard output); returns the exit code.
 */
int cli_main(const struct cli_program *program, int argc, char **argv);
/* The same with other streams. */
int cli_run(const struct cli_program *program, int argc,
            const char *const *argv, FILE *out, FILE *err);

/* --- what was given; names are those of the verb's table --- */

bool cli_has(const struct cli *cli, const char *option);
/* The value given last, or the preset; NULL: neither, or it was left out. */
const char *cli_value(const struct cli *cli, const char *option);
/* All values in order, in the arena; none: 0 and no preset. */
MUST_USE enum err cli_values(const struct cli *cli, const char *option,
                             const char *const **out, size_t *num);
/* A whole number in decimal. ERR_USAGE: not one, or not within the bounds. */
MUST_USE enum err cli_number(const struct cli *cli, const char *option,
                             int64_t min, int64_t max, int64_t *out,
                             struct fault *f);
/* NULL: not so many. */
const char *cli_operand(const struct cli *cli, size_t n);
/* It as a number within these. ERR_USAGE. */
MUST_USE enum err cli_operand_number(const struct cli *cli, size_t n,
                                     int64_t min, int64_t max, int64_t *out,
                                     struct fault *f);

/* --- output --- */

/* Prints `json`, whose reference it takes; NULL: ERR_NO_MEM. */
MUST_USE enum err cli_print_json(const struct cli *cli, json_t *json,
                                 struct fault *f);

/* Columns of the terminal; of what is none, CLI_COLUMNS. */
#define CLI_COLUMNS 80
size_t cli_columns(FILE *out);

enum cli_style {
    CLI_PLAIN,
    CLI_BOLD,
    CLI_DIM,
    CLI_GREEN,
    CLI_YELLOW,
    CLI_RED
};
/* The text in that style where there are colours; control characters in it
 * are shown as '?', since text may come from a peer. */
void cli_print(const struct cli *cli, enum cli_style style, const char *fmt,
               ...) PRINTF_LIKE(3, 4);

/* --- made from the table --- */

/* The text in lines of at most `width` columns behind `indent` blanks. */
void cli_wrap(const char *text, size_t indent, size_t width, struct buf *out);
void cli_help_program(const struct cli_program *program, struct buf *out);
void cli_help_verb(const struct cli_program *program,
                   const struct cli_verb *verb, struct buf *out);
/* "init DIR [--key-type TYPE] ..." */
void cli_synopsis(const struct cli_verb *verb, struct buf *out);
/* The manual page, as roff for man(7). */
void cli_man(const struct cli_program *program, struct buf *out);

#endif
