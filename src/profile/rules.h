/*
 * The one table of rules: what is asked, by which clause, what breaking it
 * means, and what to change. The refusals of server and station, findings,
 * `lint` and the conformance document read it; a new rule is a new row.
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
    STEP_JUDGE_REQUEST, /* what it asks for against the facts */
    STEP_OURS,          /* any: the server's own troubles */
    /* Steps of a station, which judges what it is sent (txn/client_rules.h).
     * The step says what follows when a rule is broken. */
    STEP_ANSWER_READ,     /* no answer; bytes to structure */
    STEP_ANSWER_EXCHANGE, /* no answer to what was sent; needs no key */
    STEP_ANSWER_HEADER,   /* no answer; needs no key */
    STEP_ANSWER_SIGNER,   /* no answer; nothing here moves the machine */
    STEP_ANSWER_MAC,      /* the same, of transactions under a shared secret */
    STEP_ANSWER_BODY,     /* verified, but cannot be worked with: failed */
    STEP_ANSWER_RESPONSE, /* the same, of each CertResponse */
    STEP_ANSWER_CERT,     /* of each certificate: certConf rejects the
                             certificate, then failed */
    STEP_ANSWER_GRANT,    /* the server says no, or the station did */
    STEP_ANSWER_ROOT,     /* a further root, which is not kept */
    STEP_TOLD,            /* a genp as a whole, against its question */
    STEP_ANNOUNCED,       /* an announcement as a whole */
    STEP_TOLD_UPDATE,     /* an update of the operator root */
    STEP_TOLD_CRL,
    STEP_TOLD_CA,     /* a CA's certificate */
    STEP_TOLD_TARGET, /* a certificate to encrypt to */
    /* What only a capture shows, or a certificate by itself. */
    STEP_HTTP,
    STEP_EXCHANGE,
    STEP_CERTIFICATE,
    STEP_NUM
};
/* "request", "proof of possession", ...; static storage. */
const char *rule_step_name(enum rule_step step);

enum severity {
    SEVERITY_ERROR,
    SEVERITY_WARNING /* taken, and told */
};
/* "error" or "warning". */
const char *severity_name(enum severity severity);

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

/* What a rule is judged by besides the message and a profile: a mask. */
enum rule_needs {
    NEEDS_NOTHING = 0,
    NEEDS_SIGNER = 1,   /* the signer's certificate */
    NEEDS_TRUST = 2,    /* trust anchors */
    NEEDS_CLOCK = 4,    /* when the message came */
    NEEDS_EXCHANGE = 8, /* other messages of the transaction */
    NEEDS_CONFIG = 16,  /* the configuration */
    NEEDS_STORE = 32,   /* what the receiver remembers */
    NEEDS_SECRET = 64,  /* a shared secret, or a private key */
    NEEDS_ALL = 127
};
#define RULE_NEEDS_LEN 64 /* the longest text of a mask */
/* "signer, trust"; "nothing". */
void rule_needs_format(uint32_t needs, char out[RULE_NEEDS_LEN]);

/* R(ENUM, "id", "clause", err, step, severity, bodies, needs, check,
 *   "what is asked", "what to do about it"); the rows of a step stand together
 * and in the order of judging. */
#include "profile/rule_list.h"
#include "profile/rule_list_certificate.h"
#include "profile/rule_list_exchange.h"
#include "profile/rule_list_http.h"
#include "profile/rule_list_judge.h"
#include "profile/rule_list_own.h"
#include "profile/rule_list_station.h"
#define RULES(R)         \
    SCREEN_RULES(R)      \
    JUDGE_RULES(R)       \
    OWN_RULES(R)         \
    STATION_RULES(R)     \
    EXCHANGE_RULES(R)    \
    CERTIFICATE_RULES(R) \
    HTTP_RULES(R)

#define RULE_ENUM(name, id, clause, err, step, sev, bodies, needs, check, ask, \
                  cure)                                                        \
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
    uint32_t needs;    /* of enum rule_needs */
    rule_check *check; /* NULL: judged by code of that step */
    const char *asked;
    const char *cure;
};
const struct rule *rule_get(enum rule_id number);
/* NULL: no rule has this id, which may be "". */
const struct rule *rule_find(const char *id);

/* The rules of a step: from `first` up to, but not with, `end`. */
struct rule_range {
    size_t first, end;
};
struct rule_range rules_of(enum rule_step step);

/* A broken rule: a refusal's cause, or something worth a log line. */
struct finding {
    const struct rule *rule;
    struct found found;
};
/* What judging a message told; all zero to begin with. */
struct findings {
    struct finding list[8];
    size_t num; /* further ones are counted, not kept */
    size_t dropped;
    /* Of each rule: 0, not looked at; else 1 + enum verdict. Of several
     * requests in one message the worst counts: broken before cannot tell
     * before holds. */
    uint8_t verdicts[RULE_NUM];
};
/* The verdict on a rule; false: it was not looked at. */
bool findings_find(const struct findings *findings, enum rule_id number,
                   enum verdict *out);
void findings_judge(struct findings *findings, enum rule_id number,
                    enum verdict verdict);
/* The rule that a fault names is broken; nothing, where it names none. */
void findings_refuse(struct findings *findings, const struct fault *f);
/*
 * A step was passed: its rules about this body that have no predicate hold,
 * unless something was found of them. Those that need any of `lacking` were not
 * looked at: NEEDS_SECRET where a signature protects, NEEDS_SIGNER for a MAC.
 */
void findings_pass(struct findings *findings, enum rule_step step,
                   enum cmp_body_type body, uint32_t lacking);

/*
 * Judges every rule of a step that is about this message's body. Warnings, and
 * rules that cannot tell, go to `findings`, and so do all verdicts; the first
 * broken error ends it.
 * The fault names rule, clause, what was found and what is asked.
 */
MUST_USE enum err rules_check(enum rule_step step, const struct judged *in,
                              struct findings *findings, struct fault *f);

/* Puts a rule's name, and its clause where there is none, to a fault that was
 * set without; nothing, where it names one. */
void rule_name(struct fault *f, enum rule_id number);

/* A refusal under a rule that another step judges; `fmt` says what was found.
 * Returns the rule's err. */
enum err rule_break(struct fault *f, enum rule_id number, const char *path,
                    const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * Why `effect` may be broken besides wherever `cause` is, so that who mends the
 * one has mended the other; NULL: it is a matter of its own. Static storage.
 */
const char *rule_follows(enum rule_id cause, enum rule_id effect);

/*
 * The body a refusal by this rule's step travels in (RFC 9483, 3.6.2): what ir,
 * cr, kur, rr ask for is refused in ip, cp, kup, rp; all else is an error.
 */
enum cmp_body_type rule_body(enum rule_step step, enum cmp_body_type request);
/* The step of the rule that a fault names; STEP_READ when it names none. */
enum rule_step rule_step_of(const struct fault *f);

#endif
