/*
 * CMS SignedData by one signer, as RFC 9483, 4.1.6, has it around a key
 * package.
 */
#ifndef CRYPTO_SIGNED_H
#define CRYPTO_SIGNED_H

#include "asn1/cms.h"
#include "crypto/crypto.h"

/* Who signs. */
struct signed_by {
    const struct x509_cert *cert; /* has a subjectKeyIdentifier */
    const struct span *chain;     /* above it; self-signed ones are left out */
    size_t num_chain;
    enum sig_alg alg;
    /* The signature over `data`, into the arena. */
    enum err (*sign)(void *arg, struct span data, struct arena *a,
                     struct span *sig, struct fault *f);
    void *arg;
};

/* Signs `content`, of this type, into the arena: a SignedData (tag 30), whole,
 * with the content in it. ERR_CONFIG: the certificate has no key identifier. */
MUST_USE enum err signed_make(struct crypto_ctx *cx, const struct signed_by *by,
                              enum oid content_id, struct span content,
                              struct arena *a, struct span *out,
                              struct fault *f);

/* What was signed, and by the key of which certificate among those that came
 * with it. All of it points into what was read, or the arena. */
struct signed_content {
    struct span content;
    struct x509_cert signer;
    const struct span *certs; /* all of them */
    size_t num_certs;
};

/*
 * Reads and verifies a SignedData that is whole in `der`: one signer, a content
 * of this type, and signedAttrs that tell its type and digest. Whether the
 * signer's certificate is to be believed is not looked at.
 * ERR_BAD_DATA_FORMAT: not such a thing. ERR_BAD_ALG, ERR_BAD_MESSAGE_CHECK:
 * as sig_verify; the latter for a wrong digest too.
 */
MUST_USE enum err signed_open(struct crypto_ctx *cx, struct span der,
                              enum oid content_id, struct arena *a,
                              struct signed_content *out, struct fault *f);

#endif
