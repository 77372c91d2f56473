#include "cli/cli.h"

static const char *const texts[CLI_EXIT_NUM] = {
    [CLI_EXIT_DONE] = "done",
    [CLI_EXIT_FAILED] = "failed, or refused",
    [CLI_EXIT_USAGE] = "the command line is not understood",
    [CLI_EXIT_CONFIG] = "the configuration, or a file it names, is not "
                        "acceptable",
    [CLI_EXIT_NOT_FOUND] = "what was named is not there",
    [CLI_EXIT_UNAVAILABLE] = "not possible now: store or server busy, or no "
                             "answer",
    [CLI_EXIT_WAITING] = "the server has not decided yet",
    [CLI_EXIT_WARNINGS] = "looked at, and warnings were found",
    [CLI_EXIT_ERRORS] = "looked at, and errors were found",
};

/* What is not listed ends with CLI_EXIT_FAILED. */
static const struct {
    enum err err;
    enum cli_exit code;
} codes[] = {
    { ERR_OK, CLI_EXIT_DONE },
    { ERR_USAGE, CLI_EXIT_USAGE },
    { ERR_CONFIG, CLI_EXIT_CONFIG },
    { ERR_NOT_FOUND, CLI_EXIT_NOT_FOUND },
    { ERR_SYSTEM_UNAVAIL, CLI_EXIT_UNAVAILABLE },
    { ERR_STORE, CLI_EXIT_UNAVAILABLE },
    { ERR_LOST, CLI_EXIT_UNAVAILABLE },
    { ERR_TIMEOUT, CLI_EXIT_UNAVAILABLE },
    { ERR_NO_ANSWER, CLI_EXIT_UNAVAILABLE },
    { ERR_WAITING, CLI_EXIT_WAITING },
};

enum cli_exit cli_exit_find(enum err e)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].err == e)
            return codes[i].code;
    }
    return CLI_EXIT_FAILED;
}

const char *cli_exit_text(enum cli_exit code)
{
    return texts[code];
}
