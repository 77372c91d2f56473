/*
 * Certification paths (RFC 5280, 6): from a certificate to one of our trust
 * anchors. OpenSSL validates them, the leaf included; what is ours is the
 * search for the certificates it is given, which CRL speaks for which of them,
 * and what is remembered.
 *
 * A `struct trust` is one epoch of these: filled, then sealed, then only read,
 * by any number of threads. A changed file makes a new one.
 *
 * Not accepted anywhere below the anchor, but where trust_allow_legacy was
 * told: signatures of algorithms outside the table of asn1/alg.h (MD5, SHA-1:
 * TS 33.310, 6.1.1), RSA below 2048 bits, an intermediate that is not a v3 CA
 * with keyCertSign. What an anchor's own signature is made with does not
 * matter. Policies are checked from the initial set anyPolicy.
 *
 * Remembered within an epoch, by SHA-256 of the certificate: intermediates
 * that OpenSSL validated, to serve as partial-chain anchors while neither they
 * nor anything above them carries name or policy constraints; and leaves found
 * good. Dates, and the age of CRLs, are looked at anew at every use.
 */
#ifndef CRYPTO_PATH_H
#define CRYPTO_PATH_H

#include "crypto/crypto.h"

struct trust;

MUST_USE enum err trust_new(struct crypto *c, struct trust **out,
                            struct fault *f);
void trust_free(struct trust *t);
DEFINE_AUTO(trust)

/*
 * Takes below the anchors what is signed with a legacy row of the table (MD5,
 * SHA-1, DSA of 1024 bits), and a leaf with a key of any kind and size: its
 * profile judges that. CRLs so signed are none. Before trust_seal; only for
 * anchors whose leaves no other profile than a legacy one believes.
 */
void trust_allow_legacy(struct trust *t);

/*
 * Each takes one certificate or CRL as DER, copied. `owner` is the caller's
 * tag, told back as the one whose anchor ended a path. The same anchor twice
 * under one owner is one. By one thread, before trust_seal.
 *
 * ERR_CONFIG: not a certificate, not a CA's, a key pubkey_check refuses, or an
 * anchor (the same certificate, or the same subject and key) that another
 * owner has: no anchor stands in two. Not a CRL, or one that is not complete
 * for its issuer (delta, indirect, for some reasons only). A CRL that no CA
 * here signed is kept and of no effect.
 */
MUST_USE enum err trust_add_anchor(struct trust *t, int owner, struct span der,
                                   struct fault *f);
MUST_USE enum err trust_add_intermediate(struct trust *t, struct span der,
                                         struct fault *f);
MUST_USE enum err trust_add_crl(struct trust *t, struct span der,
                                struct fault *f);
/* After this it is only read. */
MUST_USE enum err trust_seal(struct trust *t, struct fault *f);

/* What is known of revocation along the path (anchor not counted). */
enum revocation {
    REVOCATION_GOOD,    /* each has a current CRL and is not on it */
    REVOCATION_UNKNOWN, /* cannot tell: a CRL is missing or out of date */
    REVOCATION_REVOKED  /* on its issuer's latest CRL, however old that is */
};

struct path {
    int owner;
    enum revocation revocation;
    enum revocation leaf;     /* the same of the leaf alone */
    int64_t revoked_depth;    /* the lowest one revoked; 0 is the leaf */
    const struct span *chain; /* DER, leaf first, anchor last; in the arena */
    size_t num_chain;
};

/*
 * Builds and validates a path for `leaf` at time `now`, with `extra` (in any
 * order; at most LIMIT_PATH_CERTS of them are tried, those that bear the name
 * of an issuer wanted) and the trust's own intermediates as untrusted ones. A
 * revoked certificate in it is told in `out`, not an error: whether unknown is
 * good enough is the caller's policy. A path has at most LIMIT_PATH_CERTS
 * certificates, anchor included; a leaf that is itself an anchor makes one of
 * one. What the leaf may be used for is not looked at.
 *
 * ERR_SIGNER_NOT_TRUSTED: no path; the fault says why and which certificate.
 * A self-signed certificate in `extra` is never an anchor.
 */
MUST_USE enum err path_check(struct crypto_ctx *cx, struct trust *t,
                             int64_t now, struct span leaf,
                             const struct span *extra, size_t num_extra,
                             struct arena *a, struct path *out,
                             struct fault *f);

/* How often a remembered leaf or intermediate served, and how often the path
 * was looked for anew. */
struct path_stats {
    uint64_t leaf_hits, intermediate_hits, full;
};
void path_stats(struct trust *t, struct path_stats *out);

#endif
