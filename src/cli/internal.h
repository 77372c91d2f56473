/* Shared inside cli: finding verbs and reading the command line. */
#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

#include "cli/cli.h"

#define CLI_HELP_WIDTH 78
/* Help, manual pages: larger is a mistake. */
#define CLI_TEXT_CAP ((size_t)1024 * 1024)

struct cli_given {
    const struct cli_option *option;
    const char *value; /* NULL: a flag, or left out */
};

/* What every verb takes besides its own. */
enum cli_common {
    CLI_COMMON_JSON,
    CLI_COMMON_HELP,
    CLI_COMMON_NUM
};
extern const struct cli_option cli_common[CLI_COMMON_NUM];

/* What a program takes in place of a verb. */
enum cli_global {
    CLI_GLOBAL_HELP,
    CLI_GLOBAL_VERSION,
    CLI_GLOBAL_MAN,
    CLI_GLOBAL_NUM
};
extern const struct cli_option cli_global[CLI_GLOBAL_NUM];

/* Calls `each` for every verb of the program, in order. */
void cli_each_verb(const struct cli_program *program,
                   void (*each)(const struct cli_verb *verb, void *arg),
                   void *arg);

/*
 * The verb whose words `argv` begins with, the longest; `num_words` is how
 * many of them that takes. NULL: none.
 */
const struct cli_verb *cli_verb_find(const struct cli_program *program,
                                     int argc, const char *const *argv,
                                     int *num_words);

/* The verbs that begin with this word, where there are any. */
bool cli_help_group(const struct cli_program *program, const char *first,
                    struct buf *out);

/* "no verb ...; did you mean ...?", or what may follow a first word. */
enum err cli_verb_unknown(const struct cli_program *program, int argc,
                          const char *const *argv, struct fault *f);

/* Fills what was given, from what follows the verb; `*help`: it was asked. */
MUST_USE enum err cli_read(struct cli *cli, int argc, const char *const *argv,
                           bool *help, struct fault *f);

/* How many operands may be given: "DIR [KEY] FILE..." */
void cli_operands_count(const char *operands, size_t *min, size_t *max);

/* What it does, whether it repeats, its default. */
void cli_option_text(const struct cli_option *o, struct buf *out);

static inline bool cli_argument_is_optional(const struct cli_option *o)
{
    return o->argument != NULL && o->argument[0] == '[';
}

/* The nearest of some words, kept while looking. */
struct cli_nearest {
    const char *word;
    const char *known; /* NULL: none is near */
    size_t distance;
};
void cli_nearest_try(struct cli_nearest *n, const char *known);

#endif
