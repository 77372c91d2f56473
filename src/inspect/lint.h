/*
 * The rule table over messages that somebody recorded, without the server or
 * the station that they were for: every rule that the message, the others of
 * its transaction and what a person gave (protection.h) can tell about.
 *
 * A server stops at the first error; here all that is wrong is told, the cause
 * before its consequences.
 */
#ifndef INSPECT_LINT_H
#define INSPECT_LINT_H

#include "inspect/finding.h"
#include "inspect/input.h"
#include "inspect/protection.h"

struct lint;

struct lint_settings {
    struct profile profile;  /* as lint_profile gives it, or a server's own */
    struct trusted *trusted; /* sealed; outlives the lint */
    int64_t now; /* seconds since 1970, for messages whose time nobody knows */
    bool tells_all; /* what holds and what was not judged, too */
};

/* A profile of this type with what a configuration chooses where it does not
 * say. */
void lint_profile(struct profile *p, enum profile_type type);

MUST_USE enum err lint_new(const struct lint_settings *settings,
                           struct lint **out, struct fault *f);
void lint_free(struct lint *l);
DEFINE_AUTO(lint)

/* What is said of one message, or at the end of a transaction. */
struct lint_report {
    size_t number;              /* of the message; 0: HTTP without one */
    const char *where;          /* "a.der"; with what a nested holds named */
    enum cmp_body_type body;    /* CMP_BODY_NUM: it could not be read */
    struct span transaction_id; /* absent: none, or not read */
    size_t repeats; /* the message that these same bytes came in; 0: none */
    const struct finding_view *list; /* broken ones first, causes first */
    size_t num;
    size_t dropped; /* findings beyond what is kept */
    size_t num_errors, num_warnings, num_held, num_not_judged;
};

/* Takes one; borrowed for the call. What it returns ends the linting, unless
 * ERR_OK. */
typedef enum err lint_each(void *arg, const struct lint_report *report);

/*
 * Judges a message with the HTTP around it: one report, and one more for each
 * message that a nested holds. Of one with a `problem`, or HTTP without a
 * message, the HTTP alone is judged. What is remembered of
 * transactions is bounded: the oldest are forgotten.
 * Failures are our own, or what `each` returned.
 */
MUST_USE enum err lint_message(struct lint *l, const struct seen *seen,
                               lint_each *each, void *arg, struct fault *f);

#endif
