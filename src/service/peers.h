/*
 * The CAs that may ask, by ccr, to be certified as such (peer_cas).
 */
#ifndef SERVICE_PEERS_H
#define SERVICE_PEERS_H

#include "service/authority.h"

/* Those of the configuration, in its order, into the arena. ERR_CONFIG: a
 * subject that is no name. */
MUST_USE enum err peers_load(const struct config *config, struct arena *a,
                             struct peer_ca **out, struct fault *f);

/*
 * May the CA of this profile, whose issuer is set, certify those that the
 * profile lists? ERR_CONFIG: its pathLenConstraint leaves no room, or one has
 * the name of a CA of ours, which would make two of one name.
 */
MUST_USE enum err peers_check(const struct authority *au,
                              const struct path_profile *p, struct fault *f);

#endif
