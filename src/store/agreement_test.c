/*
 * The back ends against each other: the same changes, the same state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/store_bench.h"

static struct change *random_secret_change(struct store_session *s,
                                           struct arena *a, unsigned *seed)
{
    struct secret_record r = { .reference =
                                   case_text(a, "ref", rand_r(seed) % 5),
                               .sealed = SPAN_LIT("sealed"),
                               .state = SECRET_ACTIVE,
                               .uses_left = rand_r(seed) % 4 - 1,
                               .expires_at = rand_r(seed) % 3,
                               .purpose = rand_r(seed) % 2 == 0
                                              ? SECRET_FOR_REQUESTS
                                              : SECRET_FOR_REVOCATION };
    struct change *c = change_new();

    if (store_find_secret(s, r.reference, a, &r, NULL) != ERR_OK) {
        change_add_secret(c, &r);
    } else if (rand_r(seed) % 2 == 0) {
        change_use_secret(c, r.id, 1);
    } else {
        r.uses_left = 2;
        r.state = SECRET_ACTIVE;
        change_set_secret(c, &r);
    }
    return c;
}

static struct change *random_request_change(struct store_session *s,
                                            struct arena *a, int64_t n,
                                            unsigned *seed)
{
    struct request_record r = { .transaction = n,
                                .cert_req_id = rand_r(seed) % 2,
                                .state = REQUEST_WAITING };
    struct transaction_record t;
    struct change *c = change_new();

    if (store_find_transaction_by_id(s, n, a, &t, NULL) != ERR_OK)
        return c;
    if (store_find_request(s, n, r.cert_req_id, a, &r, NULL) != ERR_OK) {
        change_add_request(c, &r);
        return c;
    }
    r.state = REQUEST_DONE;
    r.data = case_text(a, "data", n);
    change_set_request(c, &r);
    change_set_transaction_wait(c, &t, rand_r(seed) % 2);
    if (rand_r(seed) % 4 == 0)
        change_drop_reply(c, n);
    return c;
}

static struct change *random_change(struct store_session *s, struct arena *a,
                                    unsigned *seed)
{
    int64_t n = rand_r(seed) % 30;
    struct station_record station;
    struct certificate_record cert;
    struct crl_record crl = { .ca = SPAN_LIT("issuing") };
    struct change *c = NULL;

    switch (rand_r(seed) % 10) {
    case 0:
    case 1:
        return case_enrol(a, n);
    case 2:
        c = case_confirmation(s, a, n);
        break;
    case 3:
        c = change_new();
        if (store_find_station_by_id(s, n, a, &station, NULL) == ERR_OK) {
            station.version -= rand_r(seed) % 3 == 0;
            station.state = STATION_BLOCKED;
            change_set_station(c, &station);
        }
        break;
    case 4:
        c = change_new();
        if (store_find_certificate_by_id(s, n, a, &cert, NULL) == ERR_OK) {
            cert.revoked_at = rand_r(seed) % 3;
            cert.reason = rand_r(seed) % 2;
            cert.invalidity_date = rand_r(seed) % 2;
            change_set_certificate(c, &cert);
        }
        break;
    case 5:
        c = change_new();
        if (store_find_crl(s, crl.ca, a, &crl, NULL) != ERR_OK)
            crl.number = 0;
        crl.number += 1 + (rand_r(seed) % 4 == 0);
        change_add_crl(c, &crl);
        change_drop_crls(c, crl.ca, crl.number - 2);
        break;
    case 6:
        c = change_new();
        change_set_served(c, rand_r(seed) % 2, rand_r(seed) % 2);
        change_raise_deadlines(c, 50 + rand_r(seed) % 50);
        break;
    case 7:
        return random_secret_change(s, a, seed);
    case 8:
        return random_request_change(s, a, n, seed);
    default:
        c = change_new();
        change_purge(c, 2000 + n, (size_t)rand_r(seed) % 3);
        break;
    }
    return c != NULL ? c : change_new();
}

static void test_same_as_mem(void **state)
{
    struct bench *b = *state;
    struct bench mem = { 0 };
    struct arena *a = arena_new((size_t)64 << 20);
    unsigned one, two;
    enum err e;

    bench_open(&mem, 0, 1);
    for (unsigned i = 0; i < 600; i++) {
        arena_reset(a);
        one = two = i + 1;
        e = store_commit(b->store, random_change(b->s, a, &one), NULL);
        assert_int_equal(
            store_commit(mem.store, random_change(mem.s, a, &two), NULL), e);
        if (i % 20 == 19)
            assert_string_equal(bench_describe(b), bench_describe(&mem));
    }
    bench_close(&mem);
    arena_free(a);
}

int main(void)
{
    static const struct bench_test tests[] = { BENCH_TEST(same_as_mem) };

    return bench_run("agreement", tests, sizeof(tests) / sizeof(tests[0]));
}
