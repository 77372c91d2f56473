/*
 * Root certificates that stations are to have besides the operator's
 * (TS 33.310, 9.5.4.3): read and judged at the start, put into caPubs or
 * extraCerts of each ip and kup.
 */
#ifndef SERVICE_ROOTS_H
#define SERVICE_ROOTS_H

#include "service/authority.h"

/* What a station keeps at most, and so what is worth sending. */
#define ROOTS_MAX 16

struct root_list {
    const struct span *list;
    size_t num;
};

/*
 * The certificates of these files, each once, into the arena.
 * ERR_CONFIG: one that is no root (self-signed, a CA with keyCertSign, a key
 * to be believed), or the operator's own, or more than ROOTS_MAX. The fault
 * names the file.
 */
MUST_USE enum err roots_load(const struct config_texts *files,
                             struct span operator_root, struct crypto_ctx *cx,
                             struct arena *a, struct root_list *out,
                             struct fault *f);

/* Puts the profile's into caPubs of the answer to this request, where it has
 * any and its type has them there. */
void roots_put(const struct path_profile *profile, enum cmp_body_type request,
               struct cert_rep_message *out);

/*
 * The same, for an ip under a shared secret: behind the operator's root, for
 * which the secret vouches and nothing else does (RFC 9483, 4.1 and 4.1.1).
 */
MUST_USE enum err roots_put_shared(const struct path_profile *profile,
                                   struct arena *a,
                                   struct cert_rep_message *out,
                                   struct fault *f);

#endif
