/*
 * What can be said of a message's protection without the server it was for:
 * whose signature it is and whether it verifies, whether its certificate leads
 * to one of the certificates that a person gave, and whether a MAC verifies
 * under one of the secrets that they gave.
 */
#ifndef INSPECT_PROTECTION_H
#define INSPECT_PROTECTION_H

#include "asn1/cmp.h"
#include "crypto/crypto.h"
#include "profile/rules.h"

/* What a person gives to judge by. Belongs to one thread. */
struct trusted;

/* As whose a certificate was given. */
enum trusted_as {
    TRUSTED_ANY, /* it was not said */
    TRUSTED_VENDOR,
    TRUSTED_OPERATOR,
    TRUSTED_NUM
};

MUST_USE enum err trusted_new(struct trusted **out, struct fault *f);
void trusted_free(struct trusted *t);
DEFINE_AUTO(trusted)

/* The contexts it has, for others of the same thread. */
struct crypto_ctx *trusted_crypto(struct trusted *t);

/*
 * One certificate in DER, or all those of a PEM text. A CA's is an anchor; any
 * other is one that may sign and is believed as it is.
 * ERR_CONFIG: no certificate, one that cannot be an anchor, or an anchor given
 * as two parties'. ERR_LIMIT: more than a person has.
 */
MUST_USE enum err trusted_add_certs(struct trusted *t, enum trusted_as as,
                                    struct span text, struct fault *f);
/* A shared secret under its reference: what senderKID, or else the CN of
 * sender, has. Copied; wiped when freed. */
MUST_USE enum err trusted_add_secret(struct trusted *t, struct span reference,
                                     struct span secret, struct fault *f);
/* Paths may be signed as the profile legacy-2010 lets them. */
void trusted_allow_legacy(struct trusted *t);
/* After this nothing is added. */
MUST_USE enum err trusted_seal(struct trusted *t, struct fault *f);

/* Is there an anchor given as this party's? */
bool trusted_has_anchor(const struct trusted *t, enum trusted_as as);

enum protection_kind {
    PROTECTION_NONE,
    PROTECTION_SIGNATURE,
    PROTECTION_MAC,
    PROTECTION_UNKNOWN /* an algorithm that is neither, or half of it */
};

/* Where the signer's certificate was found. */
enum signer_from {
    SIGNER_NOT_FOUND,
    SIGNER_FROM_EXTRA_CERTS,
    SIGNER_FROM_BEFORE, /* among `known` */
    SIGNER_FROM_TRUSTED
};

struct protection {
    enum protection_kind kind;
    enum verdict verifies; /* CANNOT_TELL: no certificate, or no secret */
    bool is_bad_alg; /* BROKEN, since the key does not make such signatures */
    enum signer_from from;
    struct x509_cert signer;     /* nothing in it where not found */
    enum verdict path;           /* CANNOT_TELL: no anchors, or no signer */
    enum trusted_as path_as;     /* whose anchor ended it, where it HOLDS */
    const struct secret *secret; /* the one a MAC verified under, borrowed */
    char why[200];      /* for people: of `verifies`, where it does not hold */
    char path_why[200]; /* likewise of `path` */
};

/* What is looked at. */
struct protected
{
    const struct cmp_message *msg;
    int64_t now; /* seconds since 1970: the dates of the path */
    /* Certificates that signed earlier messages of the transaction; they sign
     * later ones without being sent again. */
    const struct span *known;
    size_t num_known;
};

/*
 * Looks at one message. What `out` has of the signer points into the message,
 * `known`, the arena or what was given. Failures are our own alone (ERR_NO_MEM,
 * ERR_CRYPTO): what is wrong with a message is told in `out`.
 */
MUST_USE enum err protection_check(struct trusted *t,
                                   const struct protected *in, struct arena *a,
                                   struct protection *out, struct fault *f);

/* "signature", "MAC", ...; static storage. */
const char *protection_kind_word(enum protection_kind kind);

#endif
