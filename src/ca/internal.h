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
 * Four octets of time, in sixteenths of a second, so that serials of about the
 * same time lie together (the time begins anew every two years), and sixteen
 * random ones. The first lies in 40..7f: the INTEGER is positive and always
 * has 20 octets.
 */
MUST_USE enum err serial_make(struct crypto_ctx *cx, int64_t now,
                              uint8_t out[CA_SERIAL_LEN], struct fault *f);

/* Is it time for this CA to issue? ERR_CONFIG: it has expired, or is not valid
 * yet. */
MUST_USE enum err ca_check_dates(const struct ca *ca, int64_t now,
                                 struct fault *f);

/*
 * Fills in what every certificate of this CA has (issuer, algorithm, serial
 * number, the key as a whole SubjectPublicKeyInfo), signs, and puts it
 * together. The caller's are dates, subject and extensions.
 */
MUST_USE enum err ca_finish(const struct ca *ca, const struct spki *key,
                            int64_t now, int64_t deadline,
                            struct crypto_ctx *cx, struct tbs_cert *tbs,
                            struct arena *a, struct ca_certificate *out,
                            struct fault *f);

#endif
