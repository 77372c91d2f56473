/* Shared inside client: what station.c loads for run.c. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/ask.h"
#include "client/internal.h"

/* The current pair's for a kur and an rr, and for a genm where it is in force;
 * else the vendor's. */
MUST_USE enum err identity_load(struct station *s, enum cmp_body_type request,
                                struct fault *f);
/* 32 bytes from hexadecimal, colons allowed. ERR_CONFIG. */
MUST_USE enum err fingerprint_parse(const char *text, struct arena *a,
                                    struct span *out, struct fault *f);

/* --- ask.c --- */

struct asking {
    const struct client_asking *given;
    struct cert_list held; /* CRLs */
    struct client_answers *out;
};
/* Begins the transaction: fills `pending`, which is not kept. */
MUST_USE enum err question_write(struct station *s, struct asking *asking,
                                 const struct client_waits *waits,
                                 struct fault *f);
/* A verified genp. ERR_REFUSED: it breaks a rule. */
MUST_USE enum err answers_take(struct station *s, struct asking *asking,
                               const struct cmp_message *reply,
                               struct fault *f);

#endif
