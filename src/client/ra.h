/*
 * A registration authority between stations and the server, for tests and
 * tools: it puts messages into nested ones (RFC 9483, 5.2.2), and takes the
 * answers out again. What a request and its answer mean is the station's
 * affair; here nothing is kept.
 */
#ifndef CLIENT_RA_H
#define CLIENT_RA_H

#include "asn1/x509.h"
#include "base/arena.h"
#include "crypto/crypto.h"

/* Files, PEM or DER. */
struct ra_settings {
    const char *cert; /* its own; may bring its chain along */
    const char *chain;
    const char *key;
    const char *root;      /* of who answers a batch; needed for that alone */
    const char *recipient; /* RFC 4514 text; NULL: nobody is named */
};

struct ra;

/*
 * `c` and `settings` outlive it. ERR_CONFIG: files that are not there or not
 * what they should be.
 */
MUST_USE enum err ra_open(struct crypto *c, const struct ra_settings *settings,
                          struct ra **out, struct fault *f);
void ra_free(struct ra *ra);
DEFINE_AUTO(ra)

/*
 * The message with added protection: its transactionID and senderNonce are the
 * nested one's. The answer to it is the station's own, as it is. Spans live as
 * long as the RA, here and below.
 * ERR_BAD_DER: no PKIMessage with both.
 */
MUST_USE enum err ra_wrap(struct ra *ra, struct span message, struct span *out,
                          struct fault *f);

/* A batch of them, under an ID and a nonce of its own. */
MUST_USE enum err ra_bundle(struct ra *ra, const struct span *messages,
                            size_t num, struct span *out, struct fault *f);

/* Answers in the order of the batch; absent: lost. */
struct ra_answers {
    struct span *list;
    size_t num;
    size_t num_extra; /* that answer nothing of the batch: dropped */
};

/*
 * What an answer to a batch brings, once it was verified: signed by one with
 * cmcRA or cmcCA and a path to a root of the settings, for this transaction.
 * Each goes by its transactionID (RFC 9483, 5.2.2.2); itself it is the
 * station's to verify.
 * ERR_REFUSED: the batch was, by an answer that verifies. ERR_NO_ANSWER: it
 * cannot be believed.
 */
MUST_USE enum err ra_unbundle(struct ra *ra, struct span batch,
                              struct span answer, struct ra_answers *out,
                              struct fault *f);

/*
 * An rr of the RA's own for a station's certificate, which a file holds (RFC
 * 9483, 5.3.2).
 */
MUST_USE enum err ra_revocation(struct ra *ra, const char *file,
                                enum crl_reason reason, struct span *out,
                                struct fault *f);
/* ERR_OK: the answer to it says, and verifies, that this was done. Otherwise as
 * ra_unbundle. */
MUST_USE enum err ra_revoked(struct ra *ra, struct span request,
                             struct span answer, struct fault *f);

#endif
