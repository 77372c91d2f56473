/*
 * What an enrolment costs the store: pages written to the log, CPU of the
 * whole process, and durable commits.
 *
 * usage: bench_store [NUMBER [BATCH [FOLDER]]]
 *
 * An enrolment is two changes, each in a batch: transaction, station, two
 * names, certificate, reply and audit entry; then transaction, certificate and
 * station set, reply and audit entry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/store_case.h"

static double cpu_micros(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void die(const char *what, const struct fault *f)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, f->text);
    exit(1);
}

/* Changes 0 to num - 1 in one batch; waits for the last. Making the changes is
 * not what is measured: the sum of its CPU is taken off. */
static void submit_all(struct store *s, struct change **changes, size_t num)
{
    struct fault f = { 0 };

    for (size_t i = 0; i + 1 < num; i++)
        store_submit(s, changes[i], NULL, NULL);
    if (store_commit(s, changes[num - 1], &f) != ERR_OK)
        die("commit", &f);
}

struct totals {
    double cpu, wall;
    size_t num;
};

static void enrol_batch(struct store *s, struct store_session *session,
                        struct arena *a, int64_t first, size_t num,
                        struct totals *t)
{
    struct change *changes[256];
    double cpu, wall;

    for (int step = 0; step < 2; step++) {
        arena_reset(a);
        for (size_t i = 0; i < num; i++)
            changes[i] =
                step == 0 ? case_enrol(a, first + (int64_t)i)
                          : case_confirmation(session, a, first + (int64_t)i);
        cpu = cpu_micros();
        wall = (double)clock_monotonic_micros();
        submit_all(s, changes, num);
        t->cpu += cpu_micros() - cpu;
        t->wall += (double)clock_monotonic_micros() - wall;
    }
    t->num += num;
}

static long file_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

static void run(const char *dir, size_t num, unsigned batch)
{
    char file[256];
    struct store_options options = { .file = file,
                                     .node = "bench",
                                     .hash = case_hash,
                                     .batch = batch,
                                     .gather_us = 100000 };
    AUTO(arena) a = arena_new((size_t)256 << 20);
    AUTO(store) s = NULL;
    AUTO(store_session) session = NULL;
    struct totals t = { 0 };
    struct fault f = { 0 };
    struct store_stats stats;

    snprintf(file, sizeof(file), "%s/store", dir);
    if (store_open(&options, &s, &f) != ERR_OK ||
        store_session_new(s, &session, &f) != ERR_OK)
        die("open", &f);
    for (size_t n = 0; n < num; n += batch)
        enrol_batch(s, session, a, (int64_t)n, batch, &t);
    store_stats(s, &stats);
    printf("enrolments %zu, batches of %u\n", t.num, batch);
    printf("  CPU             %7.1f us/enrolment\n", t.cpu / (double)t.num);
    printf("  time            %7.1f us/enrolment\n", t.wall / (double)t.num);
    printf("  pages to log    %7.2f /enrolment\n",
           (double)stats.pages / (double)t.num);
    printf("  lost %llu, failed %llu\n", (unsigned long long)stats.lost,
           (unsigned long long)stats.failed);
    printf("  file            %7.0f bytes/enrolment\n",
           (double)file_size(file) / (double)t.num);
}

int main(int argc, char **argv)
{
    size_t num = argc > 1 ? strtoul(argv[1], NULL, 10) : 8000;
    unsigned long batch = argc > 2 ? strtoul(argv[2], NULL, 10) : 16;
    char dir[200], path[256];

    snprintf(dir, sizeof(dir), "%s/bench_store.XXXXXX",
             argc > 3 ? argv[3] : "/tmp");
    if (batch < 1 || batch > 256 || mkdtemp(dir) == NULL) {
        fprintf(stderr, "usage: bench_store [NUMBER [BATCH [FOLDER]]]\n");
        return 2;
    }
    run(dir, num, (unsigned)batch);
    snprintf(path, sizeof(path), "%s/store", dir);
    unlink(path);
    rmdir(dir);
    return 0;
}
