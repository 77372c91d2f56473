/*
 * The contract: secrets, requests that wait, and what becomes of a transaction
 * afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/store_bench.h"

/* --- secrets --- */

static struct secret_record secret_of(const char *reference, int64_t uses)
{
    return (struct secret_record){
        .reference = span_str(reference),
        .sealed = SPAN_LIT("sealed key"),
        .name = SPAN_LIT("bs-1"),
        .profile = SPAN_LIT("rfc9483"),
        .state = SECRET_ACTIVE,
        .is_weak = 1,
        .uses_left = uses,
        .expires_at = 5000,
        .created_at = 1000,
        .vendor = SPAN_LIT("acme"),
        .serial = SPAN_LIT("SN-1"),
    };
}

static void add_secret(struct bench *b, const struct secret_record *r)
{
    struct change *c = change_new();

    change_add_secret(c, r);
    bench_commit(b, c, ERR_OK);
}

static struct secret_record get_secret(struct bench *b, const char *reference)
{
    struct secret_record r;

    assert_int_equal(
        store_find_secret(b->s, span_str(reference), b->a, &r, NULL), ERR_OK);
    return r;
}

static void test_secret_is_kept(void **state)
{
    struct bench *b = *state;
    struct secret_record r = secret_of("ref-1", 3), got;

    add_secret(b, &r);
    got = get_secret(b, "ref-1");
    assert_int_equal(got.id, 1);
    assert_span_equal(got.reference, r.reference);
    assert_span_equal(got.sealed, r.sealed);
    assert_span_equal(got.name, r.name);
    assert_span_equal(got.profile, r.profile);
    assert_int_equal(got.state, SECRET_ACTIVE);
    assert_int_equal(got.is_weak, 1);
    assert_int_equal(got.uses_left, 3);
    assert_int_equal(got.expires_at, 5000);
    assert_int_equal(got.created_at, 1000);
    assert_int_equal(got.last_used_at, 0);
    assert_span_equal(got.vendor, r.vendor);
    assert_span_equal(got.serial, r.serial);
    assert_int_equal(got.purpose, SECRET_FOR_REQUESTS);
    assert_int_equal(got.version, 1);
    assert_non_null(strstr(bench_describe(b), " secret=1 "));

    r = (struct secret_record){ .reference = SPAN_LIT("ref-2"),
                                .sealed = SPAN_LIT("x"),
                                .state = SECRET_ACTIVE,
                                .uses_left = -1,
                                .purpose = SECRET_FOR_REVOCATION };
    add_secret(b, &r);
    got = get_secret(b, "ref-2");
    assert_int_equal(got.purpose, SECRET_FOR_REVOCATION);
    assert_true(span_is_absent(got.name));
    assert_true(span_is_absent(got.profile));
    assert_true(span_is_absent(got.vendor));
    assert_true(span_is_absent(got.serial));
    assert_int_equal(
        store_find_secret(b->s, SPAN_LIT("ref-3"), b->a, &got, NULL),
        ERR_NOT_FOUND);
    assert_int_equal(
        store_find_secret_by_name(b->s, SPAN_LIT("bs-2"), b->a, &got, NULL),
        ERR_NOT_FOUND);
}

/* What a use needs, what it takes, and what is left. */
static void test_uses_of_a_secret(void **state)
{
    static const struct {
        const char *name;
        enum secret_state state;
        int64_t uses, expires_at, now;
        enum err result;
        enum secret_state then;
        int64_t left;
    } cases[] = {
        { "several", SECRET_ACTIVE, 3, 0, 9, ERR_OK, SECRET_ACTIVE, 2 },
        { "last", SECRET_ACTIVE, 1, 0, 9, ERR_OK, SECRET_USED_UP, 0 },
        { "no limit", SECRET_ACTIVE, -1, 0, 9, ERR_OK, SECRET_ACTIVE, -1 },
        { "none", SECRET_ACTIVE, 0, 0, 9, ERR_LOST, SECRET_ACTIVE, 0 },
        { "used up", SECRET_USED_UP, 0, 0, 9, ERR_LOST, SECRET_USED_UP, 0 },
        { "revoked", SECRET_REVOKED, 3, 0, 9, ERR_LOST, SECRET_REVOKED, 3 },
        { "before its end", SECRET_ACTIVE, 3, 10, 9, ERR_OK, SECRET_ACTIVE, 2 },
        { "at its end", SECRET_ACTIVE, 3, 9, 9, ERR_LOST, SECRET_ACTIVE, 3 },
        { "past its end", SECRET_ACTIVE, 3, 8, 9, ERR_LOST, SECRET_ACTIVE, 3 },
    };
    struct bench *b = *state;
    struct secret_record r;
    struct change *c;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        r = secret_of(cases[i].name, cases[i].uses);
        r.state = cases[i].state;
        r.expires_at = cases[i].expires_at;
        add_secret(b, &r);
        c = change_new();
        change_use_secret(c, (int64_t)i + 1, cases[i].now);
        bench_commit(b, c, cases[i].result);
        r = get_secret(b, cases[i].name);
        if (r.state != cases[i].then || r.uses_left != cases[i].left ||
            r.last_used_at != (cases[i].result == ERR_OK ? 9 : 0) ||
            r.version != (cases[i].result == ERR_OK ? 2 : 1))
            fail_msg("%s: state %d, %d uses left", cases[i].name, (int)r.state,
                     (int)r.uses_left);
    }
    c = change_new();
    change_use_secret(c, 77, 9);
    bench_commit(b, c, ERR_LOST);
}

/* Two uses of one that is good for one: the second loses, in one change as in
 * two. */
static void test_one_use(void **state)
{
    struct bench *b = *state;
    struct secret_record r = secret_of("once", 1);
    struct change *c = change_new();

    change_add_secret(c, &r);
    change_use_secret(c, STORE_NEW, 9);
    change_use_secret(c, STORE_NEW, 9);
    bench_commit(b, c, ERR_LOST);
    add_secret(b, &r);
    c = change_new();
    change_use_secret(c, 1, 9);
    bench_commit(b, c, ERR_OK);
    c = change_new();
    change_use_secret(c, 1, 9);
    bench_commit(b, c, ERR_LOST);
}

static void test_set_secret(void **state)
{
    struct bench *b = *state;
    struct secret_record r = secret_of("ref-1", 0);
    struct change *c = change_new();

    add_secret(b, &r);
    r = get_secret(b, "ref-1");
    r.state = SECRET_REVOKED;
    r.sealed = SPAN_LIT("sealed anew");
    r.uses_left = 7;
    r.expires_at = 0;
    r.name = SPAN_LIT("not to be set");
    r.created_at = 1;
    r.purpose = SECRET_FOR_REVOCATION; /* nor that */
    change_set_secret(c, &r);
    bench_commit(b, c, ERR_OK);
    c = change_new();
    change_set_secret(c, &r); /* its version is spent */
    bench_commit(b, c, ERR_LOST);
    r = get_secret(b, "ref-1");
    assert_int_equal(r.state, SECRET_REVOKED);
    assert_span_equal(r.sealed, SPAN_LIT("sealed anew"));
    assert_int_equal(r.uses_left, 7);
    assert_int_equal(r.expires_at, 0);
    assert_span_equal(r.name, SPAN_LIT("bs-1"));
    assert_int_equal(r.created_at, 1000);
    assert_int_equal(r.purpose, SECRET_FOR_REQUESTS);
    assert_int_equal(r.version, 2);
}

static int64_t id_by_name(struct bench *b)
{
    struct secret_record r;

    assert_int_equal(
        store_find_secret_by_name(b->s, SPAN_LIT("bs-1"), b->a, &r, NULL),
        ERR_OK);
    return r.id;
}

static void revoke_secret(struct bench *b, const char *reference)
{
    struct secret_record r = get_secret(b, reference);
    struct change *c = change_new();

    r.state = SECRET_REVOKED;
    change_set_secret(c, &r);
    bench_commit(b, c, ERR_OK);
}

static void test_secrets_of_one_name(void **state)
{
    static const char *const references[] = { "a", "b", "c" };
    struct bench *b = *state;
    struct secret_record r;
    struct secret_list list;

    for (size_t i = 0; i < 3; i++) {
        r = secret_of(references[i], -1);
        add_secret(b, &r);
    }
    assert_int_equal(id_by_name(b), 3);
    revoke_secret(b, "c");
    assert_int_equal(id_by_name(b), 2);
    revoke_secret(b, "a");
    revoke_secret(b, "b");
    assert_int_equal(id_by_name(b), 3);

    assert_int_equal(store_list_secrets(b->s, 0, 0, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 3);
    assert_int_equal(store_list_secrets(b->s, 1, 1, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 1);
    assert_span_equal(list.list[0].reference, SPAN_LIT("b"));
    assert_int_equal(store_list_secrets(b->s, 3, 9, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 0);
}

/* --- requests --- */

static struct request_record request_of(int64_t transaction, int64_t id)
{
    return (struct request_record){
        .transaction = transaction,
        .cert_req_id = id,
        .state = REQUEST_WAITING,
        .message = SPAN_LIT("the message"),
        .check_after = 60,
        .created_at = 1000,
        .answer_of = 4,
        .data = SPAN_LIT("data"),
    };
}

/* A waiting transaction `n` with these certReqIds. */
static void add_waiting(struct bench *b, int64_t n, const int64_t *ids,
                        size_t num)
{
    struct transaction_record t = case_transaction(b->a, n);
    struct change *c = change_new();
    struct request_record r;

    t.state = TRANSACTION_WAITING;
    change_add_transaction(c, &t, 0);
    for (size_t i = 0; i < num; i++) {
        r = request_of(STORE_NEW, ids[i]);
        change_add_request(c, &r);
    }
    bench_commit(b, c, ERR_OK);
}

static struct request_record get_request(struct bench *b, int64_t id)
{
    struct request_record r;

    assert_int_equal(store_find_request_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

static void test_request_is_kept_and_decided(void **state)
{
    static const int64_t ids[] = { -1, 0, 7 };
    struct bench *b = *state;
    struct request_record r;
    struct change *c = change_new();

    add_waiting(b, 1, ids, 3);
    assert_int_equal(bench_transaction(b, 1).state, TRANSACTION_WAITING);
    assert_int_equal(bench_transaction(b, 1).deadline, 0);
    assert_int_equal(store_find_request(b->s, 1, -1, b->a, &r, NULL), ERR_OK);
    assert_int_equal(r.id, 1);
    assert_int_equal(r.transaction, 1);
    assert_int_equal(r.cert_req_id, -1);
    assert_int_equal(r.state, REQUEST_WAITING);
    assert_span_equal(r.message, SPAN_LIT("the message"));
    assert_true(span_is_absent(r.reason));
    assert_true(span_is_absent(r.decided_by));
    assert_int_equal(r.check_after, 60);
    assert_int_equal(r.created_at, 1000);
    assert_int_equal(r.answer_of, 4);
    assert_span_equal(r.data, SPAN_LIT("data"));
    assert_int_equal(r.version, 1);

    r.state = REQUEST_DENIED;
    r.reason = SPAN_LIT("not ours");
    r.decided_by = SPAN_LIT("an operator");
    r.decided_at = 2000;
    r.check_after = 5;
    r.answer_of = 6;
    r.data = SPAN_NONE;
    r.message = SPAN_LIT("not to be set");
    change_set_request(c, &r);
    bench_commit(b, c, ERR_OK);
    r = get_request(b, 1);
    assert_int_equal(r.state, REQUEST_DENIED);
    assert_span_equal(r.reason, SPAN_LIT("not ours"));
    assert_span_equal(r.decided_by, SPAN_LIT("an operator"));
    assert_int_equal(r.decided_at, 2000);
    assert_int_equal(r.check_after, 5);
    assert_int_equal(r.answer_of, 6);
    assert_true(span_is_absent(r.data));
    assert_span_equal(r.message, SPAN_LIT("the message"));
    assert_int_equal(r.version, 2);

    assert_int_equal(store_find_request(b->s, 1, 7, b->a, &r, NULL), ERR_OK);
    assert_int_equal(r.state, REQUEST_WAITING);
    assert_int_equal(store_find_request(b->s, 1, 8, b->a, &r, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_request(b->s, 2, 7, b->a, &r, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_request_by_id(b->s, 4, b->a, &r, NULL),
                     ERR_NOT_FOUND);
}

/* Two decide at once: one wins. */
static void test_two_decisions(void **state)
{
    static const int64_t ids[] = { 0 };
    struct bench *b = *state;
    struct request_record one, two;
    struct change *c = change_new();

    add_waiting(b, 1, ids, 1);
    one = two = get_request(b, 1);
    one.state = REQUEST_APPROVED;
    two.state = REQUEST_DENIED;
    change_set_request(c, &one);
    bench_commit(b, c, ERR_OK);
    c = change_new();
    change_set_request(c, &two);
    bench_commit(b, c, ERR_LOST);
    assert_int_equal(get_request(b, 1).state, REQUEST_APPROVED);
}

static void test_request_filters(void **state)
{
    static const int64_t ids[] = { 0, 1 };
    static const struct {
        const char *name;
        struct request_filter by;
        const char *found;
    } cases[] = {
        { "all", { .max = 0 }, "12345" },
        { "page", { .max = 2, .after = 1 }, "23" },
        { "past the end", { .after = 5 }, "" },
        { "waiting", { .state = REQUEST_WAITING }, "1245" },
        { "approved", { .state = REQUEST_APPROVED }, "3" },
        { "denied", { .state = REQUEST_DENIED }, "" },
        { "page of waiting",
          { .state = REQUEST_WAITING, .after = 1, .max = 2 },
          "24" },
        { "of one transaction", { .transaction = 2 }, "34" },
        { "both", { .transaction = 2, .state = REQUEST_WAITING }, "4" },
        { "of none", { .transaction = 9 }, "" },
    };
    struct bench *b = *state;
    struct change *c = change_new();
    struct request_list list;
    struct request_record r;
    char found[8];

    add_waiting(b, 1, ids, 2);
    add_waiting(b, 2, ids, 2);
    add_waiting(b, 3, ids, 1);
    r = get_request(b, 3);
    r.state = REQUEST_APPROVED;
    change_set_request(c, &r);
    bench_commit(b, c, ERR_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            store_list_requests(b->s, &cases[i].by, b->a, &list, NULL), ERR_OK);
        memset(found, 0, sizeof(found));
        for (size_t j = 0; j < list.num && j + 1 < sizeof(found); j++)
            found[j] = (char)('0' + list.list[j].id);
        if (strcmp(found, cases[i].found) != 0)
            fail_msg("%s: %s instead of %s", cases[i].name, found,
                     cases[i].found);
    }
}

/* --- transactions that wait --- */

static void set_waiting(struct bench *b, int64_t id,
                        enum transaction_state state, int64_t ended_at,
                        int64_t wait)
{
    struct transaction_record r = bench_transaction(b, id);
    struct change *c = change_new();

    r.state = state;
    r.ended_at = ended_at;
    r.deadline = 5; /* the store's to give */
    change_set_transaction_wait(c, &r, wait);
    bench_commit(b, c, ERR_OK);
}

static void test_wait_is_set(void **state)
{
    static const int64_t ids[] = { 0 };
    struct bench *b = *state;
    struct change *c = change_new();

    add_waiting(b, 1, ids, 1);
    change_set_served(c, 0, 100);
    bench_commit(b, c, ERR_OK);
    set_waiting(b, 1, TRANSACTION_UNCONFIRMED, 0, 60);
    assert_int_equal(bench_transaction(b, 1).state, TRANSACTION_UNCONFIRMED);
    assert_int_equal(bench_transaction(b, 1).deadline, 160);
    assert_int_equal(bench_transaction(b, 1).version, 2);
    set_waiting(b, 1, TRANSACTION_CHALLENGED, 0, 0);
    assert_int_equal(bench_transaction(b, 1).deadline, 0);
    set_waiting(b, 1, TRANSACTION_ENDED, 3000, 60);
    assert_int_equal(bench_transaction(b, 1).deadline, 0);
    assert_int_equal(bench_transaction(b, 1).ended_at, 3000);
    assert_int_equal(bench_transaction(b, 1).state, TRANSACTION_ENDED);
}

static bool has_reply(struct bench *b, int64_t n, struct span digest)
{
    struct span reply;

    return store_find_reply(b->s, case_transaction(b->a, n).transaction_id,
                            digest, b->a, &reply, NULL) == ERR_OK;
}

static void test_dropped_replies(void **state)
{
    struct bench *b = *state;
    struct change *c = change_new();

    bench_commit(b, case_enrol(b->a, 1), ERR_OK);
    bench_commit(b, case_enrol(b->a, 2), ERR_OK);
    change_drop_reply(c, 1);
    change_add_exchange(c, 1, SPAN_LIT("certConf"), SPAN_LIT("pkiconf"),
                        SPAN_NONE);
    bench_commit(b, c, ERR_OK);
    assert_false(has_reply(b, 1, case_request(b->a, 1)));
    assert_true(has_reply(b, 1, SPAN_LIT("certConf")));
    assert_true(has_reply(b, 2, case_request(b->a, 2)));
    c = change_new();
    change_drop_reply(c, 77); /* none to take away */
    bench_commit(b, c, ERR_OK);
    assert_non_null(strstr(bench_describe(b), " exchange=2 "));
}

static void test_purge_takes_requests(void **state)
{
    static const int64_t ids[] = { 0, 1 };
    struct bench *b = *state;
    struct change *c = change_new();
    struct request_record r;

    add_waiting(b, 1, ids, 2);
    add_waiting(b, 2, ids, 2);
    set_waiting(b, 1, TRANSACTION_REJECTED, 2000, 0);
    change_purge(c, 2001, 10);
    bench_commit(b, c, ERR_OK);
    assert_int_equal(store_find_request(b->s, 1, 0, b->a, &r, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_request(b->s, 2, 1, b->a, &r, NULL), ERR_OK);
    assert_non_null(strstr(bench_describe(b), " request=2 "));
}

/* --- certificates --- */

static void test_several_certificates(void **state)
{
    struct bench *b = *state;
    struct transaction_record t = case_transaction(b->a, 1);
    struct change *c = change_new();
    struct certificate_record r;
    struct certificate_list list;

    change_add_transaction(c, &t, 10);
    for (int64_t n = 1; n <= 5; n++) {
        r = case_certificate(b->a, n);
        r.transaction = STORE_NEW;
        r.cert_req_id = 10 * n;
        change_add_certificate(c, &r);
    }
    bench_commit(b, c, ERR_OK);
    bench_commit(b, case_enrol(b->a, 6), ERR_OK);
    for (int64_t n = 1; n <= 5; n++) {
        assert_int_equal(store_find_issued(b->s, 1, 10 * n, b->a, &r, NULL),
                         ERR_OK);
        assert_span_equal(r.serial, case_certificate(b->a, n).serial);
    }
    assert_int_equal(store_find_issued(b->s, 1, 0, b->a, &r, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_list_issued(b->s, 1, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 5);
    for (size_t i = 0; i < list.num; i++) {
        assert_int_equal(list.list[i].id, (int64_t)i + 1);
        assert_int_equal(list.list[i].cert_req_id, 10 * ((int64_t)i + 1));
    }
    assert_int_equal(store_list_issued(b->s, 3, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 0);
}

/* What counts as an event for the CRL. */
static void test_hold_and_release(void **state)
{
    static const struct {
        const char *name;
        int64_t revoked_at, reason, invalidity_date;
        int64_t count;
        size_t listed;
    } steps[] = {
        { "confirmed only", 0, 0, 0, 0, 0 },
        { "held", 50, 6, 40, 1, 1 },
        { "the same again", 50, 6, 40, 1, 1 },
        { "released", 0, 0, 0, 2, 0 },
        { "released again", 0, 0, 0, 2, 0 },
        { "held again", 60, 6, 0, 3, 1 },
        { "released, reason left", 0, 6, 0, 4, 0 },
        { "reason of none", 0, 1, 5, 4, 0 },
        { "held a third time", 60, 6, 0, 5, 1 },
        { "held for good", 60, 1, 0, 6, 1 },
        { "since when", 60, 1, 30, 7, 1 },
        { "at another time", 61, 1, 30, 8, 1 },
    };
    struct bench *b = *state;
    struct certificate_record r;
    struct certificate_list list;
    struct change *c;
    int64_t count;

    bench_commit(b, case_enrol(b->a, 1), ERR_OK);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        r = bench_certificate(b, 1);
        r.revoked_at = steps[i].revoked_at;
        r.reason = steps[i].reason;
        r.invalidity_date = steps[i].invalidity_date;
        c = change_new();
        change_set_certificate(c, &r);
        bench_commit(b, c, ERR_OK);
        assert_int_equal(bench_certificate(b, 1).invalidity_date,
                         steps[i].invalidity_date);
        assert_int_equal(store_list_revoked(b->s, SPAN_LIT("issuing"), 0, b->a,
                                            &list, &count, NULL),
                         ERR_OK);
        if (count != steps[i].count || list.num != steps[i].listed)
            fail_msg("%s: count %d, %d listed", steps[i].name, (int)count,
                     (int)list.num);
        if (list.num == 1)
            assert_int_equal(list.list[0].invalidity_date,
                             steps[i].invalidity_date);
    }
}

int main(void)
{
    static const struct bench_test tests[] = {
        BENCH_TEST(secret_is_kept),
        BENCH_TEST(uses_of_a_secret),
        BENCH_TEST(one_use),
        BENCH_TEST(set_secret),
        BENCH_TEST(secrets_of_one_name),
        BENCH_TEST(request_is_kept_and_decided),
        BENCH_TEST(two_decisions),
        BENCH_TEST(request_filters),
        BENCH_TEST(wait_is_set),
        BENCH_TEST(dropped_replies),
        BENCH_TEST(purge_takes_requests),
        BENCH_TEST(several_certificates),
        BENCH_TEST(hold_and_release),
    };

    return bench_run("requests", tests, sizeof(tests) / sizeof(tests[0]));
}
