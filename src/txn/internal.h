/* Shared inside txn: parts of a base station's messages. */
#ifndef TXN_INTERNAL_H
#define TXN_INTERNAL_H

#include "txn/client.h"

/* `name` as directoryName; absent: the NULL-DN. */
struct general_name client_directory(struct span name);

/*
 * The header of the next message, but for whom it goes to and what it answers.
 * Its identifiers are copies in the arena, since the machine moves on.
 */
MUST_USE enum err client_header_fill(const struct client *c,
                                     const struct client_credential *own,
                                     int64_t now, struct arena *a,
                                     struct pki_header *h, struct fault *f);

/* By issuer and serial, with the reason as RFC 9483, 4.2 asks. */
MUST_USE enum err client_rev_details_fill(const struct client_wish *wish,
                                          struct arena *a,
                                          struct rev_details *out,
                                          struct fault *f);

#endif
