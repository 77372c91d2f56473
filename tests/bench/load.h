/*
 * Drives a CMP server over HTTP: so many connections, each enrolling one
 * station after the other, from one thread over epoll.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <sys/types.h>

#include "bench/stations.h"

struct load_options {
    uint16_t port; /* on 127.0.0.1 */
    const char *path;
    pid_t server;         /* whose CPU is counted */
    unsigned connections; /* at most LOAD_CONNECTIONS_MAX */
    double warm_up;       /* seconds before counting starts */
    double seconds;       /* how long it counts */
    bool reconnect;       /* a new connection for each enrolment */
};
#define LOAD_CONNECTIONS_MAX 1024

/* What was measured while it counted. */
struct load_result {
    size_t enrolments;
    double seconds;
    double server_cpu_us; /* of the server's process, for one enrolment */
    double client_cpu_us;
    double p50_ms, p99_ms, max_ms; /* from the ir sent to the pkiconf read */
};

/*
 * Enrols stations until the time is over or there are none left. ERR_REFUSED
 * or ERR_IO with the first answer that was not as it should be.
 */
MUST_USE enum err load_run(const struct load_options *o, struct crypto_ctx *cx,
                           const struct bench_stations *stations,
                           struct load_result *out, struct fault *f);

/* Opens connections that say nothing; into `fds`. */
MUST_USE enum err load_connect(uint16_t port, unsigned num, int *fds,
                               struct fault *f);

/* CPU time a process has used, in microseconds; resident memory in KiB. */
MUST_USE enum err process_cpu(pid_t pid, double *out, struct fault *f);
MUST_USE enum err process_rss(pid_t pid, size_t *out, struct fault *f);

#endif
