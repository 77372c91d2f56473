/*
 * The one table of rules: what is asked, by which clause, what breaking it
 * means, and what to change. The server's refusals, its findings and the
 * conformance document read it; a new rule is a new row.
 */
#ifndef PROFILE_RULES_H
#define PROFILE_RULES_H

#include "profile/profile.h"

/* The step of the line that judges a rule (service/handle.c). It decides the
 * body of the refusal too: see rule_body. */
enum rule_step {
    STEP_READ,          /* bytes to structure */
    STEP_HEADER,        /* header and body type; needs no key */
    STEP_REQUEST,       /* what a request asks for; needs no key */
    STEP_PROTECTION,    /* signature and signer */
    STEP_POP,           /* proof of possession */
    STEP_JUDGE_MESSAGE, /* the message against the facts */
    STEP_JUDGE_REQUEST  /* what it asks for against the facts */
};

enum severity {
    SEVERITY_ERROR,
    SEVERITY_WARNING
};

enum verdict {
    VERDICT_HOLDS,
    VERDICT_BROKEN,
    VERDICT_CANNOT_TELL
};

struct judged {
    const struct cmp_message *msg;
    const struct profile *profile;
    const struct facts *facts; /* NULL in STEP_HEADER and STEP_REQUEST */
    /* The request of the message that is looked at, in the steps about what is
     * asked for; NULL where the body has none. */
    const struct cert_req_msg *req;
    const struct rev_details *rev; /* the same, of an rr */
};

/* Is a key to be made for this request (RFC 9483, 4.1.6)? */
bool is_to_be_made(const struct judged *in);

/* What was found and where, when a rule is broken. */
struct found {
    char path[64];  /* ASN.1 path in the message */
    char text[160]; /* what stands there */
};

typedef enum verdict rule_check(const struct judged *in, struct found *found);

/* RULE(ENUM, "id", "clause", err, step, severity, bodies, check,
 *      "what is asked", "what to do about it") */
#include "profile/rule_list.h"

#define RULE_ENUM(name, id, clause, err, step, sev, bodies, check, ask, cure) \
    RULE_##name,
enum rule_id {
    RULES(RULE_ENUM) RULE_NUM
};
#undef RULE_ENUM

struct rule {
    enum rule_id number;
    const char *id;
    const char *clause;
    enum err err;
    enum rule_step step;
    enum severity severity;
    uint32_t bodies;   /* BODY_BITs it is about */
    rule_check *check; /* NULL: judged by code of that step */
    const char *asked;
    const char *cure;
};
const struct rule *rule_get(enum rule_id number);

/* A broken rule: a refusal's cause, or something worth a log line. */
struct finding {
    const struct rule *rule;
    struct found found;
};
struct findings {
    struct finding list[8];
    size_t num; /* further ones are counted, not kept */
    size_t dropped;
};

/*
 * Judges every rule of a step that is about this message's body. Warnings, and
 * rules that cannot tell, go to `findings`; the first broken error ends it.
 * The fault names rule, clause, what was found and what is asked.
 */
MUST_USE enum err rules_check(enum rule_step step, const struct judged *in,
                              struct findings *findings, struct fault *f);

/* A refusal under a rule that another step judges; `fmt` says what was found.
 * Returns the rule's err. */
enum err rule_break(struct fault *f, enum rule_id number, const char *path,
                    const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * The body a refusal by this rule's step travels in (RFC 9483, 3.6.2): what ir,
 * cr, kur, rr ask for is refused in ip, cp, kup, rp; all else is an error.
 */
enum cmp_body_type rule_body(enum rule_step step, enum cmp_body_type request);
/* The step of the rule that a fault names; STEP_READ when it names none. */
enum rule_step rule_step_of(const struct fault *f);

#endif
