/*
 * What an enrolment costs at least: the signatures that nobody can leave out.
 * Four verifications (vendor certificate, ir, proof of possession, certConf)
 * and three signatures (certificate, ip, pkiConf), all P-256.
 */
#ifndef BENCH_CRYPTO_BOUND_H
#define BENCH_CRYPTO_BOUND_H

#include "crypto/crypto.h"

/* Microseconds of CPU time; medians over batches. */
struct crypto_bound {
    double verify; /* P-256 with SHA-256 over 800 bytes */
    double sign;
    double enrolment; /* 4 verifications and 3 signatures */
};

/* Measures on the calling thread, through src/crypto; takes about a second. */
MUST_USE enum err crypto_bound_measure(struct crypto_ctx *cx,
                                       struct crypto_bound *out,
                                       struct fault *f);

/* CPU time of the calling thread, in microseconds. */
double thread_cpu_micros(void);

#endif
