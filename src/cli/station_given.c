#include "cli/station_given.h"

#include <errno.h>
#include <unistd.h>

#define LINE_SIZE 512

bool given_is_option(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->verb->num_options; i++)
        if (strcmp(cli->verb->options[i].name, name) == 0)
            return true;
    return false;
}

bool given_is(const struct cli *cli, const char *name)
{
    return given_is_option(cli, name) && cli_has(cli, name);
}

/* --- a secret --- */

/* A line of standard input, so that it stands in no list of processes and
 * lies in no buffer of the C library. */
static enum err read_line(struct secret **out, struct fault *f)
{
    char line[LINE_SIZE];
    size_t len = 0;
    ssize_t got;

    do {
        got = read(STDIN_FILENO, line + len, 1);
        len += got > 0;
    } while ((got > 0 || (got < 0 && errno == EINTR)) && len < sizeof(line) &&
             (len == 0 || line[len - 1] != '\n'));
    if (len > 0)
        *out = secret_new(span_of(line, len));
    secret_wipe(line, sizeof(line));
    if (len == 0)
        return fault_set(f, ERR_USAGE,
                         "--secret - takes the secret from standard input, "
                         "where there is none");
    return *out != NULL ? ERR_OK : fault_set(f, ERR_NO_MEM, "secret");
}

enum err given_secret(const struct cli *cli, struct secret **out,
                      struct fault *f)
{
    if (!given_is(cli, "secret") || strcmp(cli_value(cli, "secret"), "-") != 0)
        return ERR_OK;
    return read_line(out, f);
}

/* --- further certificates --- */

/* "DIR=NAME", where a name has a "=" in it too. */
static enum err read_one(const struct cli *cli, const char *text,
                         struct client_also *out, struct fault *f)
{
    const char *sign = strchr(text, '=');

    out->subject = sign == NULL ? NULL : sign + 1;
    out->dir = arena_printf(
        cli->arena, "%.*s",
        (int)(sign == NULL ? strlen(text) : (size_t)(sign - text)), text);
    if (out->dir == NULL)
        return fault_set(f, ERR_NO_MEM, "--also");
    return out->dir[0] != '\0' ? ERR_OK
                               : fault_set(f, ERR_USAGE,
                                           "--also takes DIR or DIR=NAME, not "
                                           "\"%s\"",
                                           text);
}

enum err given_also(const struct cli *cli, struct client_run *run,
                    struct fault *f)
{
    const char *const *texts = NULL;
    struct client_also *list;
    size_t num = 0;

    if (!given_is(cli, "also"))
        return ERR_OK;
    if (cli_values(cli, "also", &texts, &num) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "--also");
    if (num > CLIENT_MAX_ASKED - 1)
        return fault_set(f, ERR_USAGE,
                         "--also stands %zu times; %d are the "
                         "most",
                         num, CLIENT_MAX_ASKED - 1);
    list = arena_array(cli->arena, num, sizeof(*list));
    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "--also");
    for (size_t i = 0; i < num; i++)
        TRY(read_one(cli, texts[i], &list[i], f));
    run->also = list;
    run->num_also = num;
    return ERR_OK;
}

enum err given_also_save(const struct cli *cli,
                         const struct client_settings *settings,
                         struct fault *f)
{
    struct client_settings copy = *settings;
    struct client_run run = { .num_also = 0 };

    TRY(given_also(cli, &run, f));
    for (size_t i = 0; i < run.num_also; i++) {
        copy.subject = run.also[i].subject;
        TRY(client_settings_save(run.also[i].dir, &copy, f));
    }
    return ERR_OK;
}
