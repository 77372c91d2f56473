/*
 * Base stations by the thousand, for load: keys, vendor certificates and
 * signed requests made beforehand, so that the client costs little beside the
 * server it drives.
 */
#ifndef BENCH_STATIONS_H
#define BENCH_STATIONS_H

#include "asn1/cmp.h"
#include "crypto/crypto.h"

/* The vendor whose intermediate CA signs the stations' certificates. */
struct vendor_ca {
    struct arena *arena;
    struct crypto_ctx *cx;
    struct x509_cert cert;
    struct privkey *key;
};

/* Reads vendor-ca.pem and vendor-ca.key of a folder. `cx` outlives it. */
MUST_USE enum err vendor_ca_load(const char *folder, struct crypto_ctx *cx,
                                 struct vendor_ca *out, struct fault *f);
void vendor_ca_done(struct vendor_ca *ca);

/* One station with its ir, complete and signed. */
struct bench_station {
    struct privkey *key; /* of the vendor certificate */
    struct span name;
    struct span ir;
    uint8_t transaction_id[16];
};
struct bench_stations {
    struct arena *arena;
    struct bench_station *list;
    size_t num;
};

/* Makes `num` stations with P-256 keys; tells how far it is on `progress`,
 * which may be NULL. */
MUST_USE enum err bench_stations_make(struct vendor_ca *ca, size_t num,
                                      void (*progress)(size_t done, size_t num),
                                      struct bench_stations *out,
                                      struct fault *f);
void bench_stations_done(struct bench_stations *s);

/*
 * The certConf that answers this ip, signed, into the arena. The ip is read,
 * not verified. ERR_REFUSED: no certificate in it.
 */
MUST_USE enum err bench_station_confirm(struct crypto_ctx *cx,
                                        const struct bench_station *s,
                                        struct span ip, struct arena *a,
                                        struct span *out, struct fault *f);

/* ERR_REFUSED when this is not a pkiconf; the fault has the server's words. */
MUST_USE enum err bench_check_pkiconf(struct span reply, struct arena *a,
                                      struct fault *f);

#endif
