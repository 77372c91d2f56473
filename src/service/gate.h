/*
 * Who may come in by TLS: whoever presents a certificate that leads to an
 * anchor of a vendor or of a registration authority, or to the root of one of
 * our CAs. It opens the door and grants nothing: what a message asks for is
 * judged by the message's own protection.
 */
#ifndef SERVICE_GATE_H
#define SERVICE_GATE_H

#include "service/line.h"

struct gate;

/* `line` outlives it. */
MUST_USE enum err gate_new(struct line *line, struct gate **out,
                           struct fault *f);
void gate_free(struct gate *g);
DEFINE_AUTO(gate)

/*
 * Judges what a client presented: DER, its own certificate first; `num` 0:
 * nothing, where something is required. By the anchors and CRLs of the epoch
 * in force. Does not wait for the store: of our own certificates those count
 * as revoked that the newest CRL lists. From any thread.
 * ERR_SIGNER_NOT_TRUSTED, ERR_CERT_REVOKED: refused, with the clause.
 */
MUST_USE enum err gate_check(struct gate *g, const struct span *chain,
                             size_t num, struct fault *f);

/* Its subject as RFC 4514 text; into the arena. NULL: no certificate. */
const char *gate_describe(struct span cert, struct arena *a);

#endif
