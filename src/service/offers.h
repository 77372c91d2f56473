/*
 * What a profile has to tell in a genp besides what it tells anyway: an update
 * of the operator root, a certificate to encrypt to. Read and judged at the
 * start.
 */
#ifndef SERVICE_OFFERS_H
#define SERVICE_OFFERS_H

#include "service/authority.h"

/*
 * Reads the files of profiles.general into the arena.
 * ERR_CONFIG: a certificate that is not what its setting says, or does not fit
 * the others (RFC 9810, 4.4): new_root is self-signed; new_with_old has its key
 * and verifies under the operator root, unless that is the new one already;
 * old_with_new verifies under it.
 */
MUST_USE enum err offers_load(const struct config_profile *config,
                              struct span operator_root, struct crypto_ctx *cx,
                              struct arena *a, struct offers *out,
                              struct fault *f);

/*
 * True when there is an update for who trusts this root; an absent one stands
 * for any. A root that did not sign new_with_old has none here.
 */
bool offers_update(const struct offers *offers, const struct x509_cert *root,
                   struct crypto_ctx *cx);

#endif
