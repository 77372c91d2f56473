/*
 * The keys of a configuration without their private halves: for looking at what
 * an authority would do, where it is not to be done, or cannot be.
 */
#ifndef SERVICE_PUBLIC_KEYS_H
#define SERVICE_PUBLIC_KEYS_H

#include "config/config.h"
#include "crypto/keys.h"

/*
 * Puts every key that a CA, a signer or a profile uses behind the door, by the
 * public half in the certificate beside it; no file of a key of theirs is
 * opened. Who asks one to sign is refused: ERR_SYSTEM_UNAVAIL. A key that a
 * profile agrees with (agreeMAC) is read from its file where that can be done,
 * since nothing else tells whether such a MAC is right; `arena` outlives
 * `keys`. ERR_CONFIG: as authority_new, of the certificates.
 */
MUST_USE enum err public_keys_load(const struct config *config,
                                   struct arena *arena, struct keys *keys,
                                   struct fault *f);

#endif
