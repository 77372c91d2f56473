/*
 * The certificates of one message, read: those in extraCerts and caPubs, and
 * what its CertResponses bring; who issued whom among them.
 */
#ifndef INSPECT_MESSAGE_CERTS_H
#define INSPECT_MESSAGE_CERTS_H

#include "asn1/cmp.h"
#include "profile/certificate.h"

struct message_certs {
    /* What could be read: of extraCerts, then of caPubs. */
    const struct x509_cert *list;
    size_t num_extra;
    size_t num;
    /* Of each CertResponse; one without a certificate in clear, or that cannot
     * be read, has no `der`. */
    const struct x509_cert *fresh;
    size_t num_fresh;
};

/* Into the arena; spans point into the message. ERR_NO_MEM. */
MUST_USE enum err message_certs_read(const struct cmp_message *msg,
                                     struct arena *a,
                                     struct message_certs *out);

/* The same certificate in the list; NULL: it is not there. */
const struct x509_cert *message_certs_find(const struct message_certs *certs,
                                           struct span der);

/* Is there a new certificate that could be read? */
bool message_certs_has_fresh(const struct message_certs *certs);

/*
 * As far up as the certificates of extraCerts lead from `leaf`, by names and
 * key identifiers; `leaf` itself where its issuer is not there.
 */
const struct x509_cert *message_certs_top(const struct message_certs *certs,
                                          const struct x509_cert *leaf);

/* How many certificates of CAs, self-issued ones not counted, lie between
 * `ca` and the signer or a new certificate below it; the most of them. -1: it
 * is above none. */
int64_t message_certs_below(const struct message_certs *certs,
                            const struct x509_cert *ca,
                            const struct x509_cert *signer);

#endif
