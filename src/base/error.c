#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *name;
    const char *text;
    enum fail_info fail_info;
    enum whose whose;
};

#define ERR_ROW(name, fail_info, whose, text) \
    { #name, text, fail_info, WHOSE_##whose },
static const struct row rows[] = { ERRORS(ERR_ROW) };
#undef ERR_ROW

static const char *const fail_info_names[] = {
    "badAlg",
    "badMessageCheck",
    "badRequest",
    "badTime",
    "badCertId",
    "badDataFormat",
    "wrongAuthority",
    "incorrectData",
    "missingTimeStamp",
    "badPOP",
    "certRevoked",
    "certConfirmed",
    "wrongIntegrity",
    "badRecipientNonce",
    "timeNotAvailable",
    "unacceptedPolicy",
    "unacceptedExtension",
    "addInfoNotAvailable",
    "badSenderNonce",
    "badCertTemplate",
    "signerNotTrusted",
    "transactionIdInUse",
    "unsupportedVersion",
    "notAuthorized",
    "systemUnavail",
    "systemFailure",
    "duplicateCertReq",
};

const char *err_name(enum err e)
{
    return rows[e].name;
}

const char *err_text(enum err e)
{
    return rows[e].text;
}

enum fail_info err_fail_info(enum err e)
{
    return rows[e].fail_info;
}

enum whose err_whose(enum err e)
{
    return rows[e].whose;
}

const char *fail_info_name(enum fail_info bit)
{
    if (bit < 0 || (size_t)bit >= sizeof(fail_info_names) / sizeof(char *))
        return "";
    return fail_info_names[bit];
}

const char *fault_found(const struct fault *f)
{
    return f->found[0] == '\0' ? f->text : f->found;
}

PRINTF_LIKE(2, 0)
static void set_text(struct fault *f, const char *fmt, va_list args)
{
    char text[sizeof(f->text)];

    vsnprintf(text, sizeof(text), fmt, args);
    memcpy(f->text, text, sizeof(text));
}

static void forget_rule(struct fault *f)
{
    f->rule[0] = f->path[0] = f->found[0] = '\0';
}

enum err(fault_set)(struct fault *f, enum err e, const char *fmt, ...)
{
    va_list args;

    if (f == NULL)
        return e;
    f->err = e;
    f->clause[0] = '\0';
    forget_rule(f);
    va_start(args, fmt);
    set_text(f, fmt, args);
    va_end(args);
    return e;
}

enum err(fault_clause)(struct fault *f, enum err e, const char *clause,
                       const char *fmt, ...)
{
    va_list args;

    if (f == NULL)
        return e;
    f->err = e;
    forget_rule(f);
    snprintf(f->clause, sizeof(f->clause), "%s", clause);
    va_start(args, fmt);
    set_text(f, fmt, args);
    va_end(args);
    return e;
}

enum err(fault_prefix)(struct fault *f, enum err e, const char *fmt, ...)
{
    char prefix[sizeof(f->text) / 2];
    char old[sizeof(f->text)];
    va_list args;

    if (f == NULL)
        return e;
    if (f->err != e) /* nothing was said about this failure yet */
        fault_set(f, e, "%s", err_text(e));
    memcpy(old, f->text, sizeof(old));
    va_start(args, fmt);
    vsnprintf(prefix, sizeof(prefix), fmt, args);
    va_end(args);
    snprintf(f->text, sizeof(f->text), "%s: %.*s", prefix,
             (int)(sizeof(f->text) - sizeof(prefix)), old);
    return e;
}
