#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/internal.h"

const struct cli_option cli_common[CLI_COMMON_NUM] = {
    [CLI_COMMON_JSON] = { .name = "json",
                          .help = "print the answer as one JSON value" },
    [CLI_COMMON_HELP] = { .name = "help", .help = "print this and end" },
};

const struct cli_option cli_global[CLI_GLOBAL_NUM] = {
    [CLI_GLOBAL_HELP] = { .name = "help", .help = "print this and end" },
    [CLI_GLOBAL_VERSION] = { .name = "version",
                             .help = "print the version and end" },
    [CLI_GLOBAL_MAN] = { .name = "man",
                         .help = "print the manual page, for man -l -" },
};

void cli_each_verb(const struct cli_program *program,
                   void (*each)(const struct cli_verb *verb, void *arg),
                   void *arg)
{
    for (size_t i = 0; i < program->num_verbs; i++) {
        for (size_t j = 0; j < program->verbs[i]->num; j++)
            each(&program->verbs[i]->list[j], arg);
    }
}

/* More than a third of a word wrong is another word. */
void cli_nearest_try(struct cli_nearest *n, const char *known)
{
    size_t distance = text_distance(n->word, known);

    if (distance * 3 > strlen(known) + 2)
        return;
    if (n->known == NULL || distance < n->distance) {
        n->known = known;
        n->distance = distance;
    }
}

/* --- verbs --- */

/* How many of the arguments are the words of a verb, in order; 0: not all. */
static int match_words(const char *words, int argc, const char *const *argv)
{
    int num = 0;
    size_t len;

    while (*words != '\0') {
        len = strcspn(words, " ");
        if (num == argc || strlen(argv[num]) != len ||
            memcmp(argv[num], words, len) != 0)
            return 0;
        num++;
        words += len;
        words += strspn(words, " ");
    }
    return num;
}

struct finding {
    int argc;
    const char *const *argv;
    const struct cli_verb *verb;
    int num_words;
};

static void find_one(const struct cli_verb *verb, void *arg)
{
    struct finding *finding = arg;
    int num = match_words(verb->words, finding->argc, finding->argv);

    if (num > finding->num_words) {
        finding->verb = verb;
        finding->num_words = num;
    }
}

const struct cli_verb *cli_verb_find(const struct cli_program *program,
                                     int argc, const char *const *argv,
                                     int *num_words)
{
    struct finding finding = { .argc = argc, .argv = argv };

    cli_each_verb(program, find_one, &finding);
    *num_words = finding.num_words;
    return finding.verb;
}

/* The verbs of several words that begin with this one. */
struct followers {
    const char *first;
    char text[200];
};

static void add_follower(const struct cli_verb *verb, void *arg)
{
    struct followers *f = arg;
    size_t len = strlen(f->first);
    size_t used = strlen(f->text);

    if (strncmp(verb->words, f->first, len) != 0 || verb->words[len] != ' ')
        return;
    snprintf(f->text + used, sizeof(f->text) - used, "%s%s",
             used > 0 ? ", " : "", verb->words + len + 1);
}

static void try_verb(const struct cli_verb *verb, void *arg)
{
    cli_nearest_try(arg, verb->words);
}

enum err cli_verb_unknown(const struct cli_program *program, int argc,
                          const char *const *argv, struct fault *f)
{
    struct followers followers = { .first = argv[0] };
    struct cli_nearest nearest = { 0 };
    char words[TEXT_DISTANCE_MAX_LEN];
    bool has_two = argc > 1 && argv[1][0] != '-';

    cli_each_verb(program, add_follower, &followers);
    snprintf(words, sizeof(words), "%s%s%s", argv[0], has_two ? " " : "",
             has_two ? argv[1] : "");
    nearest.word = words;
    cli_each_verb(program, try_verb, &nearest);
    if (nearest.known == NULL) {
        nearest.word = argv[0];
        cli_each_verb(program, try_verb, &nearest);
    }
    if (nearest.known != NULL && (has_two || followers.text[0] == '\0'))
        return fault_set(f, ERR_USAGE, "no verb \"%s\"; did you mean \"%s\"?",
                         words, nearest.known);
    if (followers.text[0] != '\0')
        return fault_set(f, ERR_USAGE, "after \"%s\" follows one of: %s",
                         argv[0], followers.text);
    return fault_set(f, ERR_USAGE, "no verb \"%s\"", words);
}

/* --- what follows the verb --- */

void cli_operands_count(const char *operands, size_t *min, size_t *max)
{
    size_t len;

    *min = 0;
    *max = 0;
    while (operands != NULL && *operands != '\0') {
        len = strcspn(operands, " ");
        if (operands[0] != '[')
            ++*min;
        if (*max < SIZE_MAX)
            ++*max;
        if (memmem(operands, len, "...", 3) != NULL)
            *max = SIZE_MAX;
        operands += len;
        operands += strspn(operands, " ");
    }
}

static bool is_name(const char *name, size_t len, const struct cli_option *o)
{
    return strlen(o->name) == len && memcmp(o->name, name, len) == 0;
}

static const struct cli_option *option_find(const struct cli_verb *verb,
                                            const char *name, size_t len)
{
    for (size_t i = 0; i < verb->num_options; i++) {
        if (is_name(name, len, &verb->options[i]))
            return &verb->options[i];
    }
    for (size_t i = 0; i < CLI_COMMON_NUM; i++) {
        if (i == CLI_COMMON_JSON && !verb->has_json)
            continue;
        if (is_name(name, len, &cli_common[i]))
            return &cli_common[i];
    }
    return NULL;
}

static enum err option_unknown(const struct cli_verb *verb, const char *name,
                               size_t len, struct fault *f)
{
    char word[TEXT_DISTANCE_MAX_LEN];
    struct cli_nearest nearest = { .word = word };

    snprintf(word, sizeof(word), "%.*s", (int)(len < 60 ? len : 60), name);
    for (size_t i = 0; i < verb->num_options; i++)
        cli_nearest_try(&nearest, verb->options[i].name);
    for (size_t i = 0; i < CLI_COMMON_NUM; i++) {
        if (i != CLI_COMMON_JSON || verb->has_json)
            cli_nearest_try(&nearest, cli_common[i].name);
    }
    if (nearest.known != NULL)
        return fault_set(f, ERR_USAGE, "no option --%s; did you mean --%s?",
                         word, nearest.known);
    return fault_set(f, ERR_USAGE, "no option --%s", word);
}

/* Where reading stands. */
struct reading {
    struct cli *cli;
    struct cli_given *given;
    int argc;
    const char *const *argv;
    int next;
    bool help;
};

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The value of an option: behind '=', or the next word. */
static enum err read_value(struct reading *r, const struct cli_option *o,
                           const char *equals, const char **out,
                           struct fault *f)
{
    bool is_optional = cli_argument_is_optional(o);

    *out = NULL;
    if (o->argument == NULL) {
        if (equals != NULL)
            return fault_set(f, ERR_USAGE, "--%s takes no value", o->name);
        return ERR_OK;
    }
    if (equals != NULL) {
        *out = equals + 1;
        return ERR_OK;
    }
    if (r->next < r->argc && !is_option(r->argv[r->next])) {
        *out = r->argv[r->next++];
        return ERR_OK;
    }
    if (is_optional)
        return ERR_OK;
    return fault_set(f, ERR_USAGE, "--%s needs a value: --%s %s", o->name,
                     o->name, o->argument);
}

static enum err read_option(struct reading *r, const char *word,
                            struct fault *f)
{
    struct cli *cli = r->cli;
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct cli_option *o = option_find(cli->verb, word, len);
    const char *value;

    if (o == NULL)
        return option_unknown(cli->verb, word, len, f);
    TRY(read_value(r, o, equals, &value, f));
    if (o == &cli_common[CLI_COMMON_HELP])
        r->help = true;
    if (o == &cli_common[CLI_COMMON_JSON])
        cli->json = true;
    if (o->count == CLI_ONCE && cli_has(cli, o->name))
        return fault_set(f, ERR_USAGE, "--%s stands twice", o->name);
    r->given[cli->num_given++] = (struct cli_given){ o, value };
    return ERR_OK;
}

static enum err check_operands(const struct cli *cli, struct fault *f)
{
    size_t min, max;

    cli_operands_count(cli->verb->operands, &min, &max);
    if (cli->num_operands < min)
        return fault_set(f, ERR_USAGE, "%s is missing", cli->verb->operands);
    if (cli->num_operands > max)
        return fault_set(f, ERR_USAGE, "\"%s\" is one word too many",
                         cli->operands[max]);
    return ERR_OK;
}

enum err cli_read(struct cli *cli, int argc, const char *const *argv,
                  bool *help, struct fault *f)
{
    struct reading r = { .cli = cli, .argc = argc, .argv = argv };
    size_t room = (size_t)argc + 1;
    bool only_operands = false;
    const char *word;

    r.given = arena_array(cli->arena, room, sizeof(*r.given));
    cli->operands = arena_array(cli->arena, room, sizeof(*cli->operands));
    if (r.given == NULL || cli->operands == NULL)
        return fault_set(f, ERR_NO_MEM, "command line");
    cli->given = r.given;
    while (r.next < argc) {
        word = argv[r.next++];
        if (only_operands || !is_option(word))
            cli->operands[cli->num_operands++] = word;
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (strcmp(word, "-h") == 0)
            r.help = true;
        else if (word[1] != '-')
            return fault_set(f, ERR_USAGE, "no option %s", word);
        else
            TRY(read_option(&r, word + 2, f));
    }
    *help = r.help;
    return r.help ? ERR_OK : check_operands(cli, f);
}

/* --- what was given --- */

static const struct cli_option *own_option(const struct cli *cli,
                                           const char *name)
{
    return option_find(cli->verb, name, strlen(name));
}

bool cli_has(const struct cli *cli, const char *option)
{
    for (size_t i = 0; i < cli->num_given; i++) {
        if (strcmp(cli->given[i].option->name, option) == 0)
            return true;
    }
    return false;
}

const char *cli_value(const struct cli *cli, const char *option)
{
    const struct cli_option *o = own_option(cli, option);

    for (size_t i = cli->num_given; i > 0; i--) {
        if (cli->given[i - 1].option == o)
            return cli->given[i - 1].value;
    }
    return o == NULL ? NULL : o->preset;
}

enum err cli_values(const struct cli *cli, const char *option,
                    const char *const **out, size_t *num)
{
    const struct cli_option *o = own_option(cli, option);
    const char **list =
        arena_array(cli->arena, cli->num_given + 1, sizeof(*list));
    size_t n = 0;

    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < cli->num_given; i++) {
        if (cli->given[i].option == o && cli->given[i].value != NULL)
            list[n++] = cli->given[i].value;
    }
    *out = list;
    *num = n;
    return ERR_OK;
}

static bool read_number(const char *text, int64_t min, int64_t max,
                        int64_t *out)
{
    char *end = NULL;
    intmax_t value = 0;

    errno = 0;
    if (text != NULL && text[0] != '\0' && strchr("-0123456789", text[0]))
        value = strtoimax(text, &end, 10);
    if (end == NULL || *end != '\0' || errno != 0 || value < min || value > max)
        return false;
    *out = value;
    return true;
}

enum err cli_number(const struct cli *cli, const char *option, int64_t min,
                    int64_t max, int64_t *out, struct fault *f)
{
    const char *text = cli_value(cli, option);

    if (read_number(text, min, max, out))
        return ERR_OK;
    return fault_set(f, ERR_USAGE,
                     "--%s is a number from %" PRId64 " to %" PRId64
                     ", not \"%s\"",
                     option, min, max, text == NULL ? "" : text);
}

enum err cli_operand_number(const struct cli *cli, size_t n, int64_t min,
                            int64_t max, int64_t *out, struct fault *f)
{
    const char *text = cli_operand(cli, n);

    if (read_number(text, min, max, out))
        return ERR_OK;
    return fault_set(f, ERR_USAGE,
                     "\"%s\" is no number from %" PRId64 " to %" PRId64,
                     text == NULL ? "" : text, min, max);
}

const char *cli_operand(const struct cli *cli, size_t n)
{
    return n < cli->num_operands ? cli->operands[n] : NULL;
}
