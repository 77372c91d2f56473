/*
 * Who signed a message, as far as the message and its certificates tell. That
 * the signature verifies is crypto's.
 */
#ifndef PROFILE_SIGNER_H
#define PROFILE_SIGNER_H

#include "profile/profile.h"

/* Is this the certificate that senderKID, or without one sender, names? */
bool signer_is_named(const struct pki_header *h, const struct x509_cert *cert);

/*
 * The signer's certificate among extraCerts, whatever their order (TS 33.310,
 * 9.5.2): the one that is named, else the first, which is where RFC 9483 puts
 * it. Lists go to the arena. False: there is none, or that cannot be read.
 */
bool signer_find(const struct cmp_message *msg, struct arena *a,
                 struct x509_cert *out);

/* A kind and size of key that the profile lets sign messages. */
bool signer_key_is_allowed(const struct profile *p, const struct spki *key);

/* False: senderKID and the certificate name different keys. */
bool signer_kid_fits(const struct pki_header *h, const struct x509_cert *cert);
/* Sender is a directoryName, and the subject of the certificate. */
bool signer_name_fits(const struct pki_header *h, const struct x509_cert *cert);

#endif
