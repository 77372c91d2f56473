/*
 * Names: a station's serial number out of its vendor certificate, and the
 * names the operator gives it.
 */
#ifndef SERVICE_NAMING_H
#define SERVICE_NAMING_H

#include "service/authority.h"

/*
 * The serial number by the vendor's naming rule, into the arena. Absent in
 * `out` when the rule finds none.
 */
MUST_USE enum err naming_serial(const struct vendor *vendor,
                                const struct x509_cert *cert, struct arena *a,
                                struct span *out, struct fault *f);

/* The names a certificate will bear. */
struct names {
    struct span subject; /* Name */
    const struct general_name *san;
    size_t num_san;
};

/* By the profile's patterns over vendor and serial. ERR_CONFIG: a pattern
 * gives no name for this serial. */
MUST_USE enum err naming_by_pattern(const struct config_profile *profile,
                                    struct span vendor, struct span serial,
                                    struct arena *a, struct names *out,
                                    struct fault *f);

/* A certificate's own, or a template's: subject and subjectAltName value. */
MUST_USE enum err naming_from(struct span subject, struct span san,
                              struct arena *a, struct names *out,
                              struct fault *f);

/*
 * The keys under which these names are claimed, equal for names that a relying
 * party would take for equal: "dn:cn=bs1,o=operator", "dns:bs1.example".
 * ERR_LIMIT, ERR_NO_MEM.
 */
MUST_USE enum err naming_claims(const struct names *names, struct arena *a,
                                const struct span **out, size_t *num,
                                struct fault *f);

#endif
