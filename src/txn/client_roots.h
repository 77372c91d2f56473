/*
 * Which root certificates of an answer a base station keeps besides the
 * operator root, as predicates of the rule table: TS 33.310, 9.5.4.3 lets them
 * travel in caPubs, which the protection of the message covers, or in
 * extraCerts, which nothing covers but TLS.
 *
 * They are for the station's applications. No answer is ever judged by them:
 * that is the operator root's alone.
 */
#ifndef TXN_CLIENT_ROOTS_H
#define TXN_CLIENT_ROOTS_H

#include "asn1/x509.h"

/* How a station comes to its roots. */
enum trust_mode {
    TRUST_PINNED, /* the operator root is in the settings */
    TRUST_TLS,    /* it comes with the first answer, in a TLS session */
    TRUST_SECRET, /* in caPubs of one under a shared secret (RFC 9483, 4.1) */
    TRUST_LEARN,  /* it comes with the first answer */
    TRUST_NUM
};

enum root_place {
    ROOT_IN_CA_PUBS,
    ROOT_IN_EXTRA_CERTS,
    ROOT_PLACE_NUM
};
/* "caPubs"; static storage. */
const char *root_place_name(enum root_place place);

/* What one station keeps of these. */
#define CLIENT_MAX_ADDED 16

/* The answer, which is verified and brought an acceptable certificate. */
struct root_scene {
    enum trust_mode mode;
    bool has_root; /* the operator root was known before the answer came */
    bool is_tls;   /* it came in a session with a server that validated to a
                      TLS anchor of the settings and bears the name asked */
    bool is_mac;   /* under a shared secret: no signer, and nobody's status */
    bool signer_is_good;   /* not revoked, as a current CRL says */
    bool signer_is_issuer; /* of the new certificate */
    bool status_is_waived; /* by the settings */
    int64_t now;
};

/* One certificate in it. */
struct root_facts {
    enum root_place place;
    const struct x509_cert *cert; /* NULL: cannot be read */
    bool is_self_signed;          /* and the signature verifies */
    bool key_is_fit;
    size_t num_kept; /* besides this one */
};

/*
 * True when it is to be kept. Else the fault names the rule, its clause, and
 * what to do.
 */
bool client_root_is_welcome(const struct root_scene *scene,
                            const struct root_facts *root, struct fault *f);

#endif
