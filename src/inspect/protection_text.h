/*
 * What protection_check says of a message's bytes, as people read it.
 */
#ifndef INSPECT_PROTECTION_TEXT_H
#define INSPECT_PROTECTION_TEXT_H

#include "base/buf.h"
#include "inspect/protection.h"

/* Certificates that signed the messages before: what ends a transaction is
 * often sent without its signer's again. As many as a transaction has. */
#define SIGNERS_NUM 8
struct signers {
    struct buf certs[SIGNERS_NUM]; /* the oldest is forgotten */
    size_t num;                    /* since the start */
};
void signers_init(struct signers *s);
void signers_done(struct signers *s);

/* Static storage or the arena; "" where there is nothing to be said. */
struct protection_text {
    const char *kind;     /* "signature", "MAC", "none", ... */
    const char *verifies; /* "holds", "broken", "not judged" */
    const char *why;
    const char *signer; /* subject of the certificate it verifies under */
    const char *path;   /* as `verifies`: does it lead to what is trusted */
    const char *path_why;
    bool is_broken; /* either of them */
};

/*
 * Reads the message and looks at its protection at this time (seconds since
 * 1970). Its signer is kept in `signers`.
 * ERR_BAD_DER, ERR_LIMIT: not a message that can be read; ERR_NO_MEM,
 * ERR_CRYPTO.
 */
MUST_USE enum err protection_tell(struct trusted *t, struct span der,
                                  int64_t now, struct signers *signers,
                                  struct arena *a, struct protection_text *out,
                                  struct fault *f);

#endif
