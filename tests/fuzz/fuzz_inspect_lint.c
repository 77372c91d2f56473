/*
 * lint over whatever somebody recorded: messages one after another, each
 * behind two octets of its length, of which the first four bits say which way
 * it went. All profiles look at them, so that no predicate relies on what
 * another one refuses.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "inspect/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((int64_t)1795341600)

static enum err ignore(void *arg, const struct lint_report *report)
{
    size_t *told = arg;

    for (size_t i = 0; i < report->num; i++)
        *told += strlen(report->list[i].found);
    return ERR_OK;
}

static void lint_all(struct trusted *t, enum profile_type type,
                     struct span input)
{
    struct lint_settings settings = { .trusted = t,
                                      .now = NOW,
                                      .tells_all = true };
    struct lint *lint = NULL;
    size_t told = 0;

    lint_profile(&settings.profile, type);
    if (lint_new(&settings, &lint, NULL) != ERR_OK)
        abort();
    for (size_t n = 1; input.len >= 2; n++) {
        size_t len = (size_t)(input.ptr[0] & 15) << 8 | input.ptr[1];
        struct seen seen = { .number = n,
                             .way = (input.ptr[0] >> 4) % 3,
                             .at = (input.ptr[0] >> 6) * NOW * 1000000,
                             .where = "fuzz" };

        input = span_of(input.ptr + 2, input.len - 2);
        if (len > input.len)
            len = input.len;
        seen.der = span_of(input.ptr, len);
        if (lint_message(lint, &seen, ignore, &told, NULL) != ERR_OK)
            abort();
        input = span_of(input.ptr + len, input.len - len);
    }
    lint_free(lint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trusted *t;

    if (t == NULL &&
        (trusted_new(&t, NULL) != ERR_OK ||
         trusted_add_secret(t, SPAN_LIT("0123456789"),
                            SPAN_LIT("3gpp-cmp-secret"), NULL) != ERR_OK ||
         trusted_seal(t, NULL) != ERR_OK))
        abort();
    for (enum profile_type type = 0; type < PROFILE_TYPE_NUM; type++)
        lint_all(t, type, span_of(data, size));
    return 0;
}
