/*
 * CMP transactions, the server's side: decides, and does nothing.
 *
 * Given a message that passed every rule, and what the store knows, it says
 * what follows: issue, confirm, reject, and with which answer. The line in
 * service/handle.c obeys.
 */
#ifndef TXN_TXN_H
#define TXN_TXN_H

#include "profile/profile.h"

enum txn_action {
    TXN_ISSUE,     /* make a certificate */
    TXN_CHALLENGE, /* popdecc: first it must show that it can decrypt */
    TXN_WAIT,      /* an operator is to decide: status waiting */
    TXN_POLL,      /* still waiting: pollRep */
    TXN_RESUME,    /* approved: what waited goes on as if it came now */
    TXN_DENY,      /* denied, or not what was encrypted: rejection */
    TXN_CONFIRM,   /* certificates issued are the station's now */
    TXN_REJECT,    /* the station wants none of them */
    TXN_ANSWER,    /* what the genm asks */
    TXN_REVOKE     /* what the rr asks for: revoked, held or released */
};

/* Where the new certificate's names come from. */
enum txn_names {
    TXN_NAMES_PATTERN,   /* the profile's pattern over vendor and serial */
    TXN_NAMES_SUGGESTED, /* the template's */
    TXN_NAMES_OLD        /* the certificate being updated */
};

struct txn_decision {
    enum txn_action action;
    enum cmp_body_type answer;
    /* TXN_ISSUE, TXN_CHALLENGE, TXN_WAIT */
    enum txn_names names;
    bool grant_implicit; /* confirmed with the reply; no certConf follows */
    /* TXN_CONFIRM, TXN_REJECT */
    bool revoke;        /* those rejected */
    uint32_t confirmed; /* bit i: facts.issued[i]; others are rejected */
};

/*
 * What is to be done. `msg` passed the rules of its profile up to
 * STEP_JUDGE_REQUEST under the same facts.
 * ERR_BAD_REQUEST: this body is not welcome in this state; the fault says so.
 */
MUST_USE enum err txn_decide(const struct cmp_message *msg,
                             const struct profile *profile,
                             const struct facts *facts,
                             struct txn_decision *out, struct fault *f);

/*
 * What follows when a certConf never came: true when the certificate is to be
 * revoked.
 */
bool txn_timeout_revokes(const struct profile *profile);

#endif
