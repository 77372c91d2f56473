/*
 * What one message asks for, piece by piece, and under which profile: read out
 * of the message alone.
 */
#ifndef PROFILE_ASKED_H
#define PROFILE_ASKED_H

#include "profile/rules.h"

/* A CertReqMsg or a RevDetails: the other is NULL. */
struct asked {
    const struct cert_req_msg *req;
    const struct rev_details *rev;
};

/*
 * The certificates that a body asks for (RFC 9810, 5.3.4) or wants revoked
 * (5.3.9); a PKCS #10 request as the CertReqMsg it stands for, whose number is
 * -1 (RFC 9483, 4.1.4). Into the arena, or borrowed from the body; none for
 * other bodies. ERR_NO_MEM.
 */
MUST_USE enum err asked_list(const struct pki_body *body, struct arena *a,
                             const struct asked **out, size_t *num,
                             struct fault *f);

/*
 * The one profile that certProfile names for all that is asked for (RFC 9810,
 * 5.1.1.4); absent: it names none. A fault is of cert-profile-fits or
 * cert-profile-is-known.
 */
MUST_USE enum err asked_profile(const struct cmp_message *msg, struct arena *a,
                                struct span *out, struct fault *f);

/*
 * What a nested holds, by the headers alone (RFC 9483, 5.2.2): one message with
 * added protection, or a batch. A fault is of nested-is-readable,
 * nested-copies-nonce, batch-is-fresh or batch-is-of-different.
 */
MUST_USE enum err nested_check(const struct cmp_message *msg, struct arena *a,
                               bool *is_added, struct fault *f);

#endif
