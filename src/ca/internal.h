/* Shared inside ca: what is prepared once, and the parts of making. */
#ifndef CA_INTERNAL_H
#define CA_INTERNAL_H

#include "ca/ca.h"

/* RFC 5280, 4.1.2.2 allows no more. */
#define CA_SERIAL_LEN 20
/* SHA-1 of the key: RFC 5280, 4.2.1.2, method 1. */
#define CA_KEY_ID_LEN 20

struct ca {
    struct arena *arena; /* owns every span and string here */
    const char *name;
    const char *key;
    struct keys *keys;
    struct x509_cert cert;
    struct span key_id; /* of its key, as AKI of what it signs */
    const struct sig_alg_info *alg;
    struct span crl_url; /* absent: no distribution point */
};

struct ca_shape {
    const struct ca *ca;
    int64_t validity;
    int64_t backdate;
    size_t len;
    uint8_t extensions[]; /* AKI and those the shape fixes, encoded */
};

/*
 * Four octets of time, so that serials of one authority follow its clock,
 * and sixteen random ones. The first lies in 40..7f: the INTEGER is positive
 * and always has 20 octets.
 */
MUST_USE enum err serial_make(struct crypto_ctx *cx, int64_t now,
                              uint8_t out[CA_SERIAL_LEN], struct fault *f);

#endif
