/*
 * Announcements (RFC 9810, 5.3.13 to 5.3.16): messages that nobody asked for,
 * signed with a CMP signer, to be carried to stations by whatever way there is.
 * Each is told in the audit trail.
 */
#ifndef SERVICE_ANNOUNCE_H
#define SERVICE_ANNOUNCE_H

#include "service/admin.h"

/* Files of one certificate each; `back` may be NULL in the form of pvno 3. */
struct announced_root {
    const char *fresh;  /* newWithNew */
    const char *linked; /* newWithOld */
    const char *back;   /* oldWithNew */
    bool is_v3;
};

/* What becomes, or became, of a certificate. */
struct announced_revocation {
    int64_t at;             /* 0: since it is revoked, when it was */
    int64_t bad_since;      /* 0: from its invalidityDate, else from `at` */
    enum crl_reason reason; /* of one that is still to be revoked */
};

/*
 * Each writes one message into the command's arena, in the name of a profile's
 * signer; `profile` NULL: the default one's.
 * ERR_CONFIG: files that do not fit each other or the operator root, or a
 * certificate of another authority; ERR_USAGE; ERR_NOT_FOUND: no such profile,
 * or no CRL yet; ERR_LIMIT: longer than a message may be.
 */
MUST_USE enum err announce_root(struct admin *a, const char *profile,
                                const struct announced_root *root,
                                struct span *out, struct fault *f);
MUST_USE enum err announce_certificate(struct admin *a, const char *profile,
                                       const char *file, struct span *out,
                                       struct fault *f);
MUST_USE enum err announce_revocation(
    struct admin *a, const char *profile, const struct certificate_view *cert,
    const struct announced_revocation *revocation, struct span *out,
    struct fault *f);
/* The newest CRL of this CA; NULL: of each. */
MUST_USE enum err announce_crls(struct admin *a, const char *profile,
                                const char *ca, struct span *out,
                                struct fault *f);

#endif
