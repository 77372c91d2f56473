/*
 * What a base station asks of every answer: the predicates of those rows of the
 * rule table (profile/rule_list_station.h).
 */
#ifndef TXN_CLIENT_RULES_H
#define TXN_CLIENT_RULES_H

#include "profile/rules.h"
#include "txn/client.h"

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

/* The first rule of this step, one of STEP_ANSWER_EXCHANGE to _CERT, that is
 * broken; NULL: all hold. The fault names rule, clause, what was found and what
 * is asked. */
const struct rule *client_rules_check(enum rule_step step,
                                      const struct client_judged *in,
                                      struct fault *f);

/* One of them by itself: for who reads both sides of an exchange. */
bool client_rule_holds(enum rule_id rule, const struct client_judged *in,
                       struct client_found *found);

/* True for ip, cp and kup. */
bool client_is_answer(enum cmp_body_type type);
/* True when this status comes with a certificate. */
bool client_is_granted(const struct cert_response *response);
/* True when any CertResponse of an ip, cp or kup does. */
bool client_has_waiting(const struct cmp_message *reply);

#endif
