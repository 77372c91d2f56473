/*
 * What a base station asks of every answer, as rows: which clause, what it
 * means when broken, what to do about it.
 */
#ifndef TXN_CLIENT_RULES_H
#define TXN_CLIENT_RULES_H

#include "txn/client.h"

/* The step a rule belongs to says what follows when it is broken. */
enum client_rule_step {
    CLIENT_STEP_EXCHANGE, /* no answer to what was sent; needs no key */
    CLIENT_STEP_HEADER,   /* no answer; needs no key */
    CLIENT_STEP_SIGNER,   /* no answer; nothing here moves the machine */
    CLIENT_STEP_MAC,      /* the same, of transactions under a shared secret */
    CLIENT_STEP_ANSWER,   /* verified, but cannot be worked with: failed */
    CLIENT_STEP_RESPONSE, /* the same, of each CertResponse */
    CLIENT_STEP_CERT, /* of each certificate: certConf rejects the certificate,
                         then failed */
    CLIENT_STEP_NUM
};

struct client_judged {
    const struct client *client;
    const struct cmp_message *reply;
    const struct client_facts *facts;
    int64_t now;
    /* Which of the certificates asked for; in the last two steps alone. */
    const struct cert_response *response;
    const struct client_cert_facts *cert;
};

/* Says what was found when the rule is broken, else leaves it empty. */
struct client_found {
    char text[200];
};

struct client_rule {
    const char *id;
    const char *clause;
    enum err err;
    enum client_rule_step step;
    bool (*check)(const struct client_judged *in, struct client_found *found);
    const char *asked;
    const char *cure;
};
extern const struct client_rule client_rules[];
extern const size_t client_num_rules;

/* The first rule of this step that is broken; NULL: all hold. The fault names
 * rule, clause, what was found and what is asked. */
const struct client_rule *client_rules_check(enum client_rule_step step,
                                             const struct client_judged *in,
                                             struct fault *f);

/* True for ip, cp and kup. */
bool client_is_answer(enum cmp_body_type type);
/* True when this status comes with a certificate. */
bool client_is_granted(const struct cert_response *response);
/* True when any CertResponse of an ip, cp or kup does. */
bool client_has_waiting(const struct cmp_message *reply);

#endif
