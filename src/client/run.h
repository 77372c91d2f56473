/* Shared inside client: what station.c loads for run.c. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/ask.h"
#include "client/internal.h"

/* Who asks: the current pair for a kur and an rr, and for a genm where it is in
 * force; else the shared secret where the settings have one, else the vendor's
 * certificate. */
MUST_USE enum err identity_begin(struct station *s, enum cmp_body_type request,
                                 struct fault *f);
/* Who asked in the transaction under way. */
MUST_USE enum err identity_resume(struct station *s, struct fault *f);
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
