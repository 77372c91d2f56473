#include "support/store_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct store *open_store(const char *dir, unsigned batch,
                                unsigned gather_us)
{
    char file[64];
    struct store_options options = { .node = "node",
                                     .hash = case_hash,
                                     .batch = batch,
                                     .gather_us = gather_us };
    struct store *s = NULL;
    struct fault f = { 0 };

    snprintf(file, sizeof(file), "%s/store", dir);
    if (dir[0] != '\0')
        options.file = file;
    if (store_open(&options, &s, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return s;
}

void bench_open(struct bench *b, unsigned batch, unsigned gather_us)
{
    struct fault f = { 0 };

    b->store = open_store(b->dir, batch, gather_us);
    b->a = arena_new((size_t)64 << 20);
    if (store_session_new(b->store, &b->s, &f) != ERR_OK)
        fail_msg("%s", f.text);
}

void bench_close(struct bench *b)
{
    store_session_free(b->s);
    store_free(b->store);
    arena_free(b->a);
    b->s = NULL;
    b->store = NULL;
    b->a = NULL;
}

static int bench_new(void **state, const char *dir)
{
    struct bench *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return -1;
    snprintf(b->dir, sizeof(b->dir), "%s", dir);
    if (dir[0] != '\0' && mkdtemp(b->dir) == NULL)
        return -1;
    bench_open(b, 0, 1);
    *state = b;
    return 0;
}

static int setup_mem(void **state)
{
    return bench_new(state, "");
}

static int setup_sqlite(void **state)
{
    return bench_new(state, "/tmp/store_test.XXXXXX");
}

static int teardown(void **state)
{
    struct bench *b = *state;
    char path[64];

    bench_close(b);
    if (b->dir[0] != '\0') {
        for (size_t i = 0; i < 3; i++) {
            static const char *const names[] = { "store", "store-wal",
                                                 "store-shm" };
            snprintf(path, sizeof(path), "%s/%s", b->dir, names[i]);
            unlink(path);
        }
        rmdir(b->dir);
    }
    free(b);
    return 0;
}

void bench_commit(struct bench *b, struct change *c, enum err expected)
{
    struct fault f = { 0 };
    enum err e = store_commit(b->store, c, &f);

    if (e != expected)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(expected),
                 f.text);
}

const char *bench_describe(struct bench *b)
{
    const char *text = "";

    assert_int_equal(store_describe(b->s, b->a, &text, NULL), ERR_OK);
    return text;
}

struct station_record bench_station(struct bench *b, int64_t id)
{
    struct station_record r;

    assert_int_equal(store_find_station_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

struct transaction_record bench_transaction(struct bench *b, int64_t id)
{
    struct transaction_record r;

    assert_int_equal(store_find_transaction_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

struct certificate_record bench_certificate(struct bench *b, int64_t id)
{
    struct certificate_record r;

    assert_int_equal(store_find_certificate_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

int bench_run(const char *name, const struct bench_test *tests, size_t num)
{
    static const struct {
        const char *name;
        CMFixtureFunction setup;
    } ends[] = { { "mem", setup_mem }, { "sqlite", setup_sqlite } };
    struct CMUnitTest all[BENCH_TESTS_MAX];
    char group[64];
    int failed = 0;

    assert_true(num <= BENCH_TESTS_MAX);
    for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
        for (size_t i = 0; i < num; i++)
            all[i] = (struct CMUnitTest){ tests[i].name, tests[i].run,
                                          ends[e].setup, teardown, NULL };
        snprintf(group, sizeof(group), "%s over %s", name, ends[e].name);
        failed += _cmocka_run_group_tests(group, all, num, NULL, NULL);
    }
    return failed;
}
