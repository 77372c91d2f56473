/*
 * One store for a test of the contract, which runs over every back end.
 * Include after cmocka.h.
 */
#ifndef SUPPORT_STORE_BENCH_H
#define SUPPORT_STORE_BENCH_H

#include "support/store_case.h"

struct bench {
    struct store *store;
    struct store_session *s;
    struct arena *a;
    char dir[32]; /* "": mem */
};

/* Closes and opens it again, with other settings; mem forgets. */
void bench_open(struct bench *b, unsigned batch, unsigned gather_us);
void bench_close(struct bench *b);

/* Commits, and fails the test when it ends otherwise. */
void bench_commit(struct bench *b, struct change *c, enum err expected);
const char *bench_describe(struct bench *b);
struct station_record bench_station(struct bench *b, int64_t id);
struct transaction_record bench_transaction(struct bench *b, int64_t id);
struct certificate_record bench_certificate(struct bench *b, int64_t id);

#define assert_span_equal(x, y) assert_true(span_is_equal((x), (y)))

#define BENCH_TESTS_MAX 32
struct bench_test {
    const char *name;
    void (*run)(void **state); /* gets the struct bench */
};
#define BENCH_TEST(what)   \
    {                      \
#what, test_##what \
    }

/* Runs each test over each back end; how many failed. */
int bench_run(const char *name, const struct bench_test *tests, size_t num);

#endif
