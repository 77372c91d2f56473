#include "cli/server_trusted.h"

#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"

static const struct {
    const char *option;
    enum trusted_as as;
} options[] = {
    { "trust", TRUSTED_ANY },
    { "trust-vendor", TRUSTED_VENDOR },
    { "trust-operator", TRUSTED_OPERATOR },
};

static enum err add_certs(struct trusted *t, enum trusted_as as,
                          const char *path, struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    e = file_load(path, &text, f);
    if (e == ERR_OK) {
        e = trusted_add_certs(t, as, buf_span(&text), f);
        if (e != ERR_OK)
            fault_prefix(f, e, "%s", path);
    }
    buf_done(&text);
    return e;
}

/* What an editor ends a line with is not of the secret. */
static struct span without_newline(struct span text)
{
    if (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (text.len > 0 && text.ptr[text.len - 1] == '\r')
        text.len--;
    return text;
}

static enum err add_secret(struct trusted *t, const char *given,
                           struct fault *f)
{
    const char *path = strchr(given, '=');
    struct buf text;
    enum err e;

    if (path == NULL)
        return fault_set(f, ERR_USAGE, "--secret %s: REFERENCE=FILE is asked",
                         given);
    buf_init(&text, LIMIT_FILE_LEN);
    e = file_load(path + 1, &text, f);
    if (e == ERR_OK) {
        e = trusted_add_secret(t, span_of(given, (size_t)(path - given)),
                               without_newline(buf_span(&text)), f);
        if (e != ERR_OK)
            fault_prefix(f, e, "%s", path + 1);
    }
    if (text.ptr != NULL)
        secret_wipe(text.ptr, text.len);
    buf_done(&text);
    return e;
}

enum err server_trusted_fill(const struct cli *cli, struct trusted *t,
                             struct fault *f)
{
    const char *const *values;
    size_t num;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        TRY(cli_values(cli, options[i].option, &values, &num));
        for (size_t k = 0; k < num; k++)
            TRY(add_certs(t, options[i].as, values[k], f));
    }
    TRY(cli_values(cli, "secret", &values, &num));
    for (size_t k = 0; k < num; k++)
        TRY(add_secret(t, values[k], f));
    return trusted_seal(t, f);
}
