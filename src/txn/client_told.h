/*
 * What a base station asks of what it is told, in a genp or an announcement:
 * the predicates of those rows of the rule table
 * (profile/rule_list_station.h). A broken one is the end of the whole message:
 * nothing of it is used.
 */
#ifndef TXN_CLIENT_TOLD_H
#define TXN_CLIENT_TOLD_H

#include "txn/client_general.h"
#include "txn/client_rules.h"

/* An update of a root, with what crypto found. */
struct told_update {
    const struct x509_cert *fresh;  /* newWithNew; NULL: cannot be read */
    const struct x509_cert *linked; /* newWithOld; NULL: that, or left out */
    const struct x509_cert *back;   /* oldWithNew; likewise */
    bool has_back;                  /* it is there */
    const struct x509_cert *old;    /* the root in force it follows; NULL: no
                                       root signed newWithOld */
    bool is_held;                   /* newWithNew is in force already */
    bool fresh_is_self_signed;
    bool fresh_key_is_fit;
    bool back_verifies; /* under the new root */
};

struct told_crl {
    const struct x509_crl *crl;     /* NULL: cannot be read */
    const struct x509_cert *issuer; /* NULL: no certificate has its name */
    bool signature_holds;
    bool issuer_is_trusted; /* has a path to the operator root, now */
    bool has_held;          /* another one of this issuer is at hand */
    int64_t held_update;    /* its thisUpdate */
};

struct told_cert {
    const struct x509_cert *cert; /* NULL: cannot be read */
    bool is_trusted;              /* has a path to the operator root, now */
    const char *path_text;        /* why there is none */
};

/* What a step's rules look at; the others are NULL. */
struct told_judged {
    const struct client_question *question;
    const struct client_told *told;
    const struct cmp_message *message; /* an announcement */
    const struct told_update *update;
    const struct told_crl *crl;
    const struct told_cert *cert;
    int64_t now;
};

/* One of them by itself: for who reads both sides of an exchange. */
bool told_rule_holds(enum rule_id rule, const struct told_judged *in,
                     struct client_found *found);

/* The first rule of this step, one of STEP_TOLD to STEP_TOLD_TARGET, that is
 * broken; NULL: all hold. The fault names rule, clause, what was found and what
 * is asked. */
const struct rule *told_rules_check(enum rule_step step,
                                    const struct told_judged *in,
                                    struct fault *f);

#endif
