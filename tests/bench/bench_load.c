/*
 * The measuring half of ./dev bench; prints one JSON object.
 *
 *     bench_load bound CPU
 *     bench_load run CPU FOLDER PID PORT PATH CONNECTIONS SECONDS STATIONS MODE
 *     bench_load idle CPU PID PORT CONNECTIONS
 *
 * CPU is the processor it runs on, -1 for any. FOLDER holds vendor-ca.pem and
 * vendor-ca.key. So many STATIONS are made; it ends before the time is over
 * when all of them are enrolled. MODE is `keep`, or `reconnect` for a new
 * connection with each enrolment.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/crypto_bound.h"
#include "bench/load.h"

#define WARM_UP 0.5
#define STATIONS_MAX 1000000u
#define IDLE_MAX 60000u
/* Files this process needs besides connections. */
#define OTHER_FILES 32u

static enum err pin(const char *cpu, struct fault *f)
{
    long number = strtol(cpu, NULL, 10);
    cpu_set_t set;

    if (number < 0)
        return ERR_OK;
    CPU_ZERO(&set);
    CPU_SET((size_t)number, &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        return fault_set(f, ERR_USAGE, "processor %ld: %m", number);
    return ERR_OK;
}

static void show_making(size_t done, size_t num)
{
    fprintf(stderr, "making stations: %zu of %zu\n", done, num);
}

static enum err run_bound(char **args, struct fault *f)
{
    AUTO(crypto) c = NULL;
    AUTO(crypto_ctx) cx = NULL;
    struct crypto_bound bound;

    TRY(pin(args[0], f));
    TRY(crypto_new(&c, f));
    TRY(crypto_ctx_new(c, &cx, f));
    TRY(crypto_bound_measure(cx, &bound, f));
    printf("{\"verify_us\": %.2f, \"sign_us\": %.2f, "
           "\"crypto_bound_us\": %.1f}\n",
           bound.verify, bound.sign, bound.enrolment);
    return ERR_OK;
}

static enum err run_with(struct vendor_ca *ca, const struct load_options *o,
                         size_t num, struct fault *f)
{
    struct bench_stations stations = { 0 };
    struct load_result r;
    size_t rss;
    enum err e;

    TRY(bench_stations_make(ca, num, show_making, &stations, f));
    fprintf(stderr, "enrolling over %u connections\n", o->connections);
    e = load_run(o, ca->cx, &stations, &r, f);
    bench_stations_done(&stations);
    TRY(e);
    TRY(process_rss(o->server, &rss, f));
    printf("{\"enrolments\": %zu, \"seconds\": %.2f, \"server_cpu_us\": %.1f, "
           "\"client_cpu_us\": %.1f, \"per_second\": %.0f, \"p50_ms\": %.2f, "
           "\"p99_ms\": %.2f, \"max_ms\": %.2f, \"rss_kib\": %zu}\n",
           r.enrolments, r.seconds, r.server_cpu_us, r.client_cpu_us,
           (double)r.enrolments / r.seconds, r.p50_ms, r.p99_ms, r.max_ms, rss);
    return ERR_OK;
}

static enum err run_load(char **args, struct fault *f)
{
    struct load_options o = {
        .server = (pid_t)strtol(args[2], NULL, 10),
        .port = (uint16_t)strtoul(args[3], NULL, 10),
        .path = args[4],
        .connections = (unsigned)strtoul(args[5], NULL, 10),
        .warm_up = WARM_UP,
        .seconds = strtod(args[6], NULL),
        .reconnect = strcmp(args[8], "reconnect") == 0,
    };
    unsigned long num = strtoul(args[7], NULL, 10);
    AUTO(crypto) c = NULL;
    AUTO(crypto_ctx) cx = NULL;
    struct vendor_ca ca;
    enum err e;

    if (o.connections == 0 || o.connections > LOAD_CONNECTIONS_MAX ||
        !(o.seconds > 0 && o.seconds < 3600) || num == 0 || num > STATIONS_MAX)
        return fault_set(f, ERR_USAGE,
                         "1 to %d connections, up to an hour, 1 to %u stations",
                         LOAD_CONNECTIONS_MAX, STATIONS_MAX);
    TRY(pin(args[0], f));
    TRY(crypto_new(&c, f));
    TRY(crypto_ctx_new(c, &cx, f));
    TRY(vendor_ca_load(args[1], cx, &ca, f));
    e = run_with(&ca, &o, num, f);
    vendor_ca_done(&ca);
    return e;
}

/* As many files as may be open; how many connections that allows. */
static unsigned allow_files(unsigned wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < OTHER_FILES)
        return 0;
    return limit.rlim_cur - OTHER_FILES < wanted
               ? (unsigned)(limit.rlim_cur - OTHER_FILES)
               : wanted;
}

/* Waits until memory has not grown for a while: the server has accepted. */
static enum err settled_rss(pid_t pid, size_t *out, struct fault *f)
{
    const struct timespec pause = { .tv_nsec = 200000000 };
    size_t before, after = 0;

    do {
        before = after;
        nanosleep(&pause, NULL);
        TRY(process_rss(pid, &after, f));
    } while (after != before);
    *out = after;
    return ERR_OK;
}

static enum err run_idle(char **args, struct fault *f)
{
    pid_t pid = (pid_t)strtol(args[1], NULL, 10);
    uint16_t port = (uint16_t)strtoul(args[2], NULL, 10);
    unsigned num = (unsigned)strtoul(args[3], NULL, 10);
    size_t before, after;
    static int fds[IDLE_MAX];

    TRY(pin(args[0], f));
    num = allow_files(num < IDLE_MAX ? num : IDLE_MAX);
    if (num == 0)
        return fault_set(f, ERR_LIMIT, "no files may be opened");
    TRY(settled_rss(pid, &before, f));
    TRY(load_connect(port, num, fds, f));
    TRY(settled_rss(pid, &after, f));
    printf("{\"idle_connections\": %u, \"idle_connection_bytes\": %.0f}\n", num,
           (double)(after - before) * 1024.0 / num);
    return ERR_OK;
}

static const struct verb {
    const char *name;
    int num_args;
    enum err (*run)(char **args, struct fault *f);
} verbs[] = {
    { "bound", 1, run_bound },
    { "run", 9, run_load },
    { "idle", 4, run_idle },
};

int main(int argc, char **argv)
{
    struct fault f = { 0 };
    enum err e;

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (argc < 2 || strcmp(argv[1], verbs[i].name) != 0 ||
            argc != verbs[i].num_args + 2)
            continue;
        e = verbs[i].run(argv + 2, &f);
        if (e != ERR_OK)
            fprintf(stderr, "bench_load: %s: %s\n", err_text(e), f.text);
        return e == ERR_OK ? 0 : 1;
    }
    fprintf(stderr, "bench_load: see its source for its arguments\n");
    return 2;
}
