/*
 * Certificates in OpenSSL's form. Apart from path_internal.h, since OpenSSL's
 * header of extensions has names our own of certificates has too.
 */
#ifndef CRYPTO_DECODE_H
#define CRYPTO_DECODE_H

#include <openssl/x509.h>

#include "asn1/alg.h"
#include "base/span.h"

/* One certificate that fills `der`, with its extensions read, so that threads
 * may share it; the caller's. NULL: OpenSSL does not take it. */
X509 *x509_decode(struct span der);

/*
 * The same for one whose own key verifies nothing, as that of a path's leaf:
 * of an EC key, only its curve and that its point lies on it count, which
 * takes a third of the time. `key` is the certificate's, as read by us.
 */
X509 *x509_decode_leaf(struct span der, const struct spki *key);

#endif
