/*
 * A station as its messages show it, for its own rules (txn/client_rules.h) to
 * be judged by who has the messages alone.
 */
#ifndef INSPECT_OBSERVED_H
#define INSPECT_OBSERVED_H

#include "inspect/internal.h"
#include "txn/client_rules.h"
#include "txn/client_told.h"

struct observed {
    const struct linted *in;
    const struct cmp_message *first;   /* of the transaction; NULL: not seen */
    const struct cmp_message *request; /* the one answered; NULL likewise */
    const struct asked *asked;         /* what the first one asks for */
    size_t num_asked;
    struct client client;
    struct client_facts facts;
    struct client_judged judged;
    struct mac_policy macs;
    struct x509_cert old; /* whose names a kur keeps, or which an rr revokes */
    bool is_ours;         /* the first is one that a station of ours sends */
    bool has_macs;
    struct span asked_id; /* transactionID of the request in the same HTTP
                             exchange; absent: not known */
    /* Of the CertResponse that is looked at: what it answers (NULL: nothing
     * that was asked for), and its certificate's path. */
    const struct cert_req_msg *turned;
    enum verdict path;
};

/* Into the arena of `in`. Failures are our own. */
MUST_USE enum err observed_read(const struct linted *in, struct observed *out,
                                struct fault *f);
/* Which of what was asked for has this certReqId; CLIENT_MAX_ASKED: none. */
size_t observed_asked_at(const struct observed *o, int64_t cert_req_id);
/* Turns to a CertResponse and what it was asked by. */
MUST_USE enum err observed_turn(struct observed *o, size_t response,
                                struct fault *f);

/* Does this certificate lead to an anchor that a person gave as the operator's,
 * or as nobody's in particular? CANNOT_TELL: there is no such anchor. `why` is
 * filled where it does not. Failures are our own. */
MUST_USE enum err observed_path(const struct linted *in, struct span cert,
                                struct fault *why, enum verdict *out,
                                struct fault *f);

/* A station's rules over a genp or an announcement (lint_told.c). */
MUST_USE enum err lint_judge_told(struct linted *in, const struct observed *o,
                                  struct fault *f);

#endif
