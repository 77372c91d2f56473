/*
 * The contract: every test runs over every back end.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/store_case.h"

struct bench {
    struct store *store;
    struct store_session *s;
    struct arena *a;
    char dir[32]; /* "": mem */
};

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

static void bench_open(struct bench *b, unsigned batch, unsigned gather_us)
{
    struct fault f = { 0 };

    b->store = open_store(b->dir, batch, gather_us);
    b->a = arena_new((size_t)64 << 20);
    if (store_session_new(b->store, &b->s, &f) != ERR_OK)
        fail_msg("%s", f.text);
}

static void bench_close(struct bench *b)
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

static void commit(struct bench *b, struct change *c, enum err expected)
{
    struct fault f = { 0 };
    enum err e = store_commit(b->store, c, &f);

    if (e != expected)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(expected),
                 f.text);
}

static const char *describe(struct bench *b)
{
    const char *text = "";

    assert_int_equal(store_describe(b->s, b->a, &text, NULL), ERR_OK);
    return text;
}

#define assert_span_equal(x, y) assert_true(span_is_equal((x), (y)))

/* --- what is written is read --- */

static void test_enrolment_and_confirmation(void **state)
{
    struct bench *b = *state;
    struct station_record st;
    struct transaction_record t;
    struct certificate_record c, wanted = case_certificate(b->a, 7);
    bool has;

    assert_int_equal(case_find(b->s, 7), CASE_NOTHING);
    commit(b, case_enrol(b->a, 7), ERR_OK);
    assert_int_equal(case_find(b->s, 7), CASE_ENROLLED);
    commit(b, case_enrol(b->a, 7), ERR_LOST);
    commit(b, case_confirmation(b->s, b->a, 7), ERR_OK);
    assert_int_equal(case_find(b->s, 7), CASE_CONFIRMED);

    assert_int_equal(store_find_station_by_id(b->s, 1, b->a, &st, NULL),
                     ERR_OK);
    assert_span_equal(st.vendor, SPAN_LIT("zenith"));
    assert_span_equal(st.serial, SPAN_LIT("SN-7"));
    assert_int_equal(st.state, STATION_ACTIVE);
    assert_int_equal(st.first_seen, 1007);
    assert_int_equal(st.last_seen, 2007);
    assert_int_equal(st.certificate, 1);
    assert_int_equal(store_find_transaction_by_id(b->s, 1, b->a, &t, NULL),
                     ERR_OK);
    assert_span_equal(t.profile, SPAN_LIT("3gpp-bs"));
    assert_int_equal(t.pvno, 2);
    assert_int_equal(t.state, TRANSACTION_CONFIRMED);
    assert_int_equal(t.deadline, 0);
    assert_int_equal(t.station, 1);
    assert_int_equal(store_find_issued(b->s, 1, 0, b->a, &c, NULL), ERR_OK);
    assert_span_equal(c.ca, SPAN_LIT("issuing"));
    assert_span_equal(c.serial, wanted.serial);
    assert_span_equal(c.request_digest, wanted.request_digest);
    assert_int_equal(c.status, CERTIFICATE_CONFIRMED);
    assert_int_equal(c.not_before, 1000);
    assert_int_equal(c.not_after, 100007);
    assert_int_equal(store_find_certificate_by_id(b->s, 1, b->a, &c, NULL),
                     ERR_OK);
    assert_span_equal(c.der, wanted.der);
    assert_int_equal(
        store_has_transaction_id(b->s, t.transaction_id, &has, NULL), ERR_OK);
    assert_true(has);
    assert_int_equal(store_has_request(b->s, c.request_digest, &has, NULL),
                     ERR_OK);
    assert_true(has);
}

/* One transactionID, as two requesters chose it. */
static void test_transactions_of_one_id(void **state)
{
    struct bench *b = *state;
    struct transaction_record r = case_transaction(b->a, 1);
    struct transaction_list list;
    struct change *c = change_new();

    change_add_transaction(c, &r, 10);
    r.requester = SPAN_LIT("another");
    r.requester_cert = SPAN_LIT("another's");
    change_add_transaction(c, &r, 0);
    commit(b, c, ERR_OK);
    assert_int_equal(
        store_list_transactions(b->s, r.transaction_id, 9, b->a, &list, NULL),
        ERR_OK);
    assert_int_equal(list.num, 2);
    assert_int_equal(list.list[0].id, 1);
    assert_span_equal(list.list[0].requester_cert,
                      case_transaction(b->a, 1).requester_cert);
    assert_span_equal(list.list[1].requester_cert, SPAN_LIT("another's"));
    assert_int_equal(
        store_list_transactions(b->s, r.transaction_id, 1, b->a, &list, NULL),
        ERR_OK);
    assert_int_equal(list.num, 1);
    assert_int_equal(
        store_list_transactions(b->s, SPAN_LIT("x"), 9, b->a, &list, NULL),
        ERR_OK);
    assert_int_equal(list.num, 0);
}

static void test_what_is_not_there(void **state)
{
    struct bench *b = *state;
    struct span x = SPAN_LIT("x"), reply;
    struct station_record st;
    struct transaction_record t;
    struct certificate_record c;
    struct crl_record crl;
    int64_t number = 5;
    bool has = true;

    assert_int_equal(store_find_reply(b->s, x, x, b->a, &reply, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_transaction(b->s, x, x, b->a, &t, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_transaction_by_id(b->s, 1, b->a, &t, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_station(b->s, x, x, b->a, &st, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_station_by_id(b->s, 0, b->a, &st, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_name(b->s, x, &number, NULL), ERR_NOT_FOUND);
    assert_int_equal(store_find_certificate(b->s, x, x, b->a, &c, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_certificate_by_id(b->s, -1, b->a, &c, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_issued(b->s, 1, 0, b->a, &c, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(store_find_crl(b->s, x, b->a, &crl, NULL), ERR_NOT_FOUND);
    assert_int_equal(number, 5);
    assert_int_equal(store_revocation_count(b->s, x, &number, NULL), ERR_OK);
    assert_int_equal(number, 0);
    assert_int_equal(store_has_transaction_id(b->s, x, &has, NULL), ERR_OK);
    assert_false(has);
    has = true;
    assert_int_equal(store_has_request(b->s, x, &has, NULL), ERR_OK);
    assert_false(has);
}

/* Absent and empty bytes come back as what they were. */
static void test_absent_is_not_empty(void **state)
{
    struct bench *b = *state;
    struct station_record r = case_station(b->a, 1), got;
    struct change *c = change_new();

    r.subject = SPAN_NONE;
    change_add_station(c, &r);
    r = case_station(b->a, 2);
    r.subject = SPAN_LIT("");
    change_add_station(c, &r);
    commit(b, c, ERR_OK);
    assert_int_equal(store_find_station_by_id(b->s, 1, b->a, &got, NULL),
                     ERR_OK);
    assert_true(span_is_absent(got.subject));
    assert_int_equal(store_find_station_by_id(b->s, 2, b->a, &got, NULL),
                     ERR_OK);
    assert_false(span_is_absent(got.subject));
    assert_int_equal(got.subject.len, 0);
}

static void test_replies(void **state)
{
    struct bench *b = *state;
    struct span id = case_transaction(b->a, 1).transaction_id, reply;
    static const struct {
        const char *digest, *head, *tail;
    } cases[] = {
        { "head alone", "abc", NULL },  { "both", "abc", "defg" },
        { "same tail", "hij", "defg" }, { "tail alone", "", "klm" },
        { "neither", "", NULL },        { "empty tail", "abc", "" },
    };
    struct change *c = case_enrol(b->a, 1);
    char whole[16];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        change_add_exchange(
            c, STORE_NEW, span_str(cases[i].digest), span_str(cases[i].head),
            cases[i].tail == NULL ? SPAN_NONE : span_str(cases[i].tail));
    commit(b, c, ERR_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(whole, sizeof(whole), "%s%s", cases[i].head,
                 cases[i].tail == NULL ? "" : cases[i].tail);
        assert_int_equal(store_find_reply(b->s, id, span_str(cases[i].digest),
                                          b->a, &reply, NULL),
                         ERR_OK);
        assert_span_equal(reply, span_str(whole));
    }
    /* another transaction's reply to the same bytes is not this one's */
    assert_int_equal(store_find_reply(b->s,
                                      case_transaction(b->a, 2).transaction_id,
                                      SPAN_LIT("both"), b->a, &reply, NULL),
                     ERR_NOT_FOUND);
}

/* --- changes that lose --- */

static struct station_record station_of(struct bench *b, int64_t id)
{
    struct station_record r;

    assert_int_equal(store_find_station_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

static struct transaction_record transaction_of(struct bench *b, int64_t id)
{
    struct transaction_record r;

    assert_int_equal(store_find_transaction_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

static struct certificate_record certificate_of(struct bench *b, int64_t id)
{
    struct certificate_record r;

    assert_int_equal(store_find_certificate_by_id(b->s, id, b->a, &r, NULL),
                     ERR_OK);
    return r;
}

static void lose_station(struct bench *b, struct change *c)
{
    struct station_record r = case_station(b->a, 1);

    change_add_station(c, &r);
}

static void lose_set_station(struct bench *b, struct change *c)
{
    struct station_record r = station_of(b, 1);

    r.version++;
    change_set_station(c, &r);
}

static void lose_set_no_station(struct bench *b, struct change *c)
{
    struct station_record r = station_of(b, 1);

    r.id = 77;
    change_set_station(c, &r);
}

static void lose_name(struct bench *b, struct change *c)
{
    change_claim_name(c, case_station(b->a, 1).subject, 2);
}

static void lose_name_to_new(struct bench *b, struct change *c)
{
    change_claim_name(c, case_station(b->a, 1).subject, STORE_NEW);
}

static void lose_transaction(struct bench *b, struct change *c)
{
    struct transaction_record r = case_transaction(b->a, 1);

    change_add_transaction(c, &r, 0);
}

static void lose_set_transaction(struct bench *b, struct change *c)
{
    struct transaction_record r = transaction_of(b, 1);

    r.version--;
    change_set_transaction(c, &r);
}

/* A version is good for one change, also within one. */
static void lose_set_twice(struct bench *b, struct change *c)
{
    struct transaction_record r = transaction_of(b, 1);

    change_set_transaction(c, &r);
    change_set_transaction(c, &r);
}

static void lose_exchange(struct bench *b, struct change *c)
{
    change_add_exchange(c, 1, case_request(b->a, 1), SPAN_LIT("other"),
                        SPAN_LIT("new tail"));
}

static void lose_serial(struct bench *b, struct change *c)
{
    struct certificate_record r = case_certificate(b->a, 1);

    r.request_digest = SPAN_LIT("another request");
    change_add_certificate(c, &r);
}

static void lose_request(struct bench *b, struct change *c)
{
    struct certificate_record r = case_certificate(b->a, 1);

    r.serial = SPAN_LIT("another serial");
    r.ca = SPAN_LIT("another CA");
    change_add_certificate(c, &r);
}

static void lose_set_certificate(struct bench *b, struct change *c)
{
    struct certificate_record r = certificate_of(b, 1);

    r.version = 0;
    r.revoked_at = 99;
    change_set_certificate(c, &r);
}

static void lose_crl_again(struct bench *b, struct change *c)
{
    struct crl_record r = { .ca = SPAN_LIT("issuing"), .number = 1 };

    (void)b;
    change_add_crl(c, &r);
}

static void lose_crl_gap(struct bench *b, struct change *c)
{
    struct crl_record r = { .ca = SPAN_LIT("issuing"), .number = 3 };

    (void)b;
    change_add_crl(c, &r);
}

static void lose_first_crl(struct bench *b, struct change *c)
{
    struct crl_record r = { .ca = SPAN_LIT("new CA"), .number = 2 };

    (void)b;
    change_add_crl(c, &r);
}

static void lose_served(struct bench *b, struct change *c)
{
    (void)b;
    change_set_served(c, 1, 2);
}

static const struct {
    const char *name;
    void (*lose)(struct bench *b, struct change *c);
} losers[] = {
    { "station is there", lose_station },
    { "station's version", lose_set_station },
    { "no such station", lose_set_no_station },
    { "name of another", lose_name },
    { "name of another, for a new one", lose_name_to_new },
    { "transaction is there", lose_transaction },
    { "transaction's version", lose_set_transaction },
    { "version used twice", lose_set_twice },
    { "exchange is there", lose_exchange },
    { "serial is there", lose_serial },
    { "request is there", lose_request },
    { "certificate's version", lose_set_certificate },
    { "CRL is there", lose_crl_again },
    { "CRL after next", lose_crl_gap },
    { "first CRL not 1", lose_first_crl },
    { "served by another", lose_served },
};
#define NUM_LOSERS (sizeof(losers) / sizeof(losers[0]))

/* Everything a change can do, none of which may stay when it is lost. */
static struct change *busy_change(struct bench *b)
{
    struct change *c = case_enrol(b->a, 500);
    struct station_record st = station_of(b, 2);
    struct transaction_record t = transaction_of(b, 2);
    struct certificate_record cert = certificate_of(b, 2);
    struct crl_record crl = { .ca = SPAN_LIT("busy CA"), .number = 1 };

    st.state = STATION_BLOCKED;
    t.state = TRANSACTION_REJECTED;
    t.ended_at = 10;
    cert.revoked_at = 10;
    change_set_station(c, &st);
    change_set_transaction(c, &t);
    change_set_certificate(c, &cert);
    change_add_exchange(c, STORE_NEW, SPAN_LIT("d"), SPAN_LIT("h"),
                        SPAN_LIT("a tail not seen before"));
    change_add_crl(c, &crl);
    change_drop_crls(c, SPAN_LIT("issuing"), 100);
    change_raise_deadlines(c, 100000);
    change_purge(c, 100000, 100);
    change_set_served(c, 0, 50);
    return c;
}

static void prepare_losers(struct bench *b)
{
    struct crl_record crl = { .ca = SPAN_LIT("issuing"), .number = 1 };
    struct change *c;

    for (int64_t n = 1; n <= 3; n++)
        commit(b, case_enrol(b->a, n), ERR_OK);
    commit(b, case_confirmation(b->s, b->a, 3), ERR_OK);
    c = change_new();
    change_add_crl(c, &crl);
    commit(b, c, ERR_OK);
}

static void test_lost_alone(void **state)
{
    struct bench *b = *state;
    const char *before;
    struct change *c;
    struct fault f;
    struct audit_list audit;
    size_t num_audit;

    prepare_losers(b);
    before = describe(b);
    assert_int_equal(store_list_audit(b->s, 0, 100, b->a, &audit, NULL),
                     ERR_OK);
    num_audit = audit.num;
    for (size_t i = 0; i < NUM_LOSERS; i++) {
        c = busy_change(b);
        losers[i].lose(b, c);
        if (store_commit(b->store, c, &f) != ERR_LOST)
            fail_msg("%s: not lost", losers[i].name);
        if (strcmp(describe(b), before) != 0)
            fail_msg("%s: left %s, was %s", losers[i].name, describe(b),
                     before);
    }
    assert_int_equal(store_list_audit(b->s, 0, 100, b->a, &audit, NULL),
                     ERR_OK);
    assert_int_equal(audit.num, num_audit);
    /* and the busy change itself was not what lost */
    commit(b, busy_change(b), ERR_OK);
}

struct results {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int num;
    enum change_result results[8];
};

struct result_slot {
    struct results *all;
    int at;
};

static void note_result(void *arg, enum change_result result,
                        const struct fault *f)
{
    struct result_slot *slot = arg;

    (void)f;
    pthread_mutex_lock(&slot->all->mutex);
    slot->all->results[slot->at] = result;
    slot->all->num++;
    pthread_cond_signal(&slot->all->wake);
    pthread_mutex_unlock(&slot->all->mutex);
}

/* Submits the changes so that they share a batch, and waits for all. */
static void submit_together(struct bench *b, struct change *const *changes,
                            int num, enum change_result *out)
{
    struct results all = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                           .wake = PTHREAD_COND_INITIALIZER };
    struct result_slot slots[8];

    for (int i = 0; i < num; i++) {
        slots[i] = (struct result_slot){ &all, i };
        store_submit(b->store, changes[i], note_result, &slots[i]);
    }
    pthread_mutex_lock(&all.mutex);
    while (all.num < num)
        pthread_cond_wait(&all.wake, &all.mutex);
    pthread_mutex_unlock(&all.mutex);
    memcpy(out, all.results, (size_t)num * sizeof(*out));
}

/* A loser between two neighbours: theirs stays, all of its own goes. */
static void test_lost_in_a_batch(void **state)
{
    struct bench *b = *state;
    enum change_result results[3];
    struct change *changes[3];
    struct store_stats stats;
    int64_t n = 100;

    for (size_t i = 0; i < NUM_LOSERS; i++) {
        bench_close(b);
        bench_open(b, 0, b->dir[0] == '\0' ? 20000 : 1);
        if (i == 0 || b->dir[0] == '\0')
            prepare_losers(b); /* mem forgets */
        if (b->dir[0] != '\0') {
            bench_close(b);
            bench_open(b, 3, 2000000);
        }
        changes[0] = case_enrol(b->a, n);
        changes[1] = busy_change(b);
        losers[i].lose(b, changes[1]);
        changes[2] = case_enrol(b->a, n + 1);
        submit_together(b, changes, 3, results);
        if (results[0] != CHANGE_DONE || results[1] != CHANGE_LOST ||
            results[2] != CHANGE_DONE)
            fail_msg("%s: %d %d %d", losers[i].name, results[0], results[1],
                     results[2]);
        store_stats(b->store, &stats);
        if (b->dir[0] != '\0')
            assert_int_equal(stats.batches, 1);
        assert_int_equal(stats.lost, 1);
        assert_int_equal(case_find(b->s, n), CASE_ENROLLED);
        assert_int_equal(case_find(b->s, n + 1), CASE_ENROLLED);
        assert_int_equal(case_find(b->s, 500), CASE_NOTHING);
        assert_int_equal(station_of(b, 2).state, STATION_ACTIVE);
        assert_int_equal(certificate_of(b, 2).revoked_at, 0);
        n += 2;
    }
}

static void test_name_of_its_own_station(void **state)
{
    struct bench *b = *state;
    struct change *c = change_new();

    commit(b, case_enrol(b->a, 1), ERR_OK);
    change_claim_name(c, case_station(b->a, 1).subject, 1);
    commit(b, c, ERR_OK);
}

/* STORE_NEW is the latest of its kind at that point of the change. */
static void test_new_references(void **state)
{
    struct bench *b = *state;
    struct station_record first = case_station(b->a, 1),
                          second = case_station(b->a, 2);
    struct certificate_record cert = case_certificate(b->a, 1), old;
    struct change *c;
    int64_t owner;

    commit(b, case_enrol(b->a, 9), ERR_OK);
    old = certificate_of(b, 1);
    c = change_new();
    cert.station = STORE_NEW;
    cert.previous = 1;
    change_add_station(c, &first);
    change_claim_name(c, SPAN_LIT("a"), STORE_NEW);
    change_add_station(c, &second);
    change_claim_name(c, SPAN_LIT("b"), STORE_NEW);
    change_add_certificate(c, &cert);
    old.pending_update = STORE_NEW;
    change_set_certificate(c, &old);
    second.id = STORE_NEW;
    second.version = 1;
    second.certificate = STORE_NEW;
    change_set_station(c, &second);
    commit(b, c, ERR_OK);
    assert_int_equal(store_find_name(b->s, SPAN_LIT("a"), &owner, NULL),
                     ERR_OK);
    assert_int_equal(owner, 2);
    assert_int_equal(store_find_name(b->s, SPAN_LIT("b"), &owner, NULL),
                     ERR_OK);
    assert_int_equal(owner, 3);
    assert_int_equal(certificate_of(b, 2).station, 3);
    assert_int_equal(certificate_of(b, 2).previous, 1);
    assert_int_equal(certificate_of(b, 1).pending_update, 2);
    assert_int_equal(station_of(b, 3).certificate, 2);
    assert_int_equal(station_of(b, 3).version, 2);
}

/* --- lists --- */

static void revoke_one(struct bench *b, int64_t id, int64_t at)
{
    struct certificate_record r = certificate_of(b, id);
    struct change *c = change_new();

    r.revoked_at = at;
    r.reason = 4;
    change_set_certificate(c, &r);
    commit(b, c, ERR_OK);
}

static void test_certificate_filters(void **state)
{
    struct bench *b = *state;
    struct certificate_record other = case_certificate(b->a, 50);
    struct change *c = change_new();
    static const struct {
        const char *name;
        struct certificate_filter by;
        const char *ids;
    } cases[] = {
        { "all", { .max = 100 }, "1 2 3 4 5 6 7 " },
        { "no bound", { .max = 0 }, "1 2 3 4 5 6 7 " },
        { "first page", { .max = 3 }, "1 2 3 " },
        { "second page", { .max = 3, .after = 3 }, "4 5 6 " },
        { "last page", { .max = 3, .after = 6 }, "7 " },
        { "past the end", { .max = 3, .after = 7 }, "" },
        { "CA", { .max = 9, .ca = SPAN_LIT("other") }, "7 " },
        { "no such CA", { .max = 9, .ca = SPAN_LIT("none") }, "" },
        { "confirmed", { .max = 9, .status = CERTIFICATE_CONFIRMED }, "2 3 " },
        { "revoked", { .max = 9, .only_revoked = true }, "3 4 " },
        { "revoked and confirmed",
          { .max = 9, .only_revoked = true, .status = CERTIFICATE_CONFIRMED },
          "3 " },
        { "expires", { .max = 9, .expires_before = 100003 }, "1 2 " },
        { "station",
          { .max = 9,
            .vendor = SPAN_LIT("acme"),
            .station_serial = SPAN_LIT("SN-2") },
          "2 " },
        { "revoked of a station",
          { .max = 9,
            .only_revoked = true,
            .vendor = SPAN_LIT("acme"),
            .station_serial = SPAN_LIT("SN-2") },
          "" },
        { "wrong vendor",
          { .max = 9,
            .vendor = SPAN_LIT("zenith"),
            .station_serial = SPAN_LIT("SN-2") },
          "" },
        { "vendor", { .max = 9, .vendor = SPAN_LIT("acme") }, "2 4 6 " },
        { "station's serial alone",
          { .max = 9, .station_serial = SPAN_LIT("SN-3") },
          "3 " },
        { "serial", { .max = 9, .serial = SPAN_LIT("fifty") }, "7 " },
        { "serial of another CA",
          { .max = 9, .ca = SPAN_LIT("issuing"), .serial = SPAN_LIT("fifty") },
          "" },
    };
    struct certificate_list list;
    char ids[64];
    size_t len;

    for (int64_t n = 1; n <= 6; n++)
        commit(b, case_enrol(b->a, n), ERR_OK);
    other.ca = SPAN_LIT("other");
    other.serial = SPAN_LIT("fifty");
    other.station = 99;
    change_add_certificate(c, &other);
    commit(b, c, ERR_OK);
    commit(b, case_confirmation(b->s, b->a, 2), ERR_OK);
    commit(b, case_confirmation(b->s, b->a, 3), ERR_OK);
    revoke_one(b, 3, 5);
    revoke_one(b, 4, 6);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            store_list_certificates(b->s, &cases[i].by, b->a, &list, NULL),
            ERR_OK);
        ids[0] = '\0';
        len = 0;
        for (size_t j = 0; j < list.num; j++)
            len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%d ",
                                    (int)list.list[j].id);
        if (strcmp(ids, cases[i].ids) != 0)
            fail_msg("%s: %s instead of %s", cases[i].name, ids, cases[i].ids);
    }
}

static void test_revocations_and_crls(void **state)
{
    struct bench *b = *state;
    struct span ca = SPAN_LIT("issuing");
    struct crl_record crl = { .ca = ca, .next_update = 9, .covers = 2 };
    struct certificate_list list;
    struct change *c;
    int64_t count;

    for (int64_t n = 1; n <= 4; n++)
        commit(b, case_enrol(b->a, n), ERR_OK);
    revoke_one(b, 2, 5);
    revoke_one(b, 3, 6);
    revoke_one(b, 3, 7); /* again: counted once */
    assert_int_equal(store_revocation_count(b->s, ca, &count, NULL), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_list_revoked(b->s, ca, 0, b->a, &list, &count, NULL),
                     ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(list.num, 2);
    assert_int_equal(list.list[0].id, 2);
    assert_int_equal(list.list[1].id, 3);
    assert_int_equal(list.list[1].revoked_at, 7);
    assert_int_equal(list.list[1].reason, 4);
    assert_true(span_is_absent(list.list[0].der));
    assert_false(span_is_absent(list.list[0].serial));
    /* certificate 2 ends at 100002 */
    assert_int_equal(
        store_list_revoked(b->s, ca, 100003, b->a, &list, &count, NULL),
        ERR_OK);
    assert_int_equal(list.num, 1);
    assert_int_equal(store_list_revoked(b->s, SPAN_LIT("none"), 0, b->a, &list,
                                        &count, NULL),
                     ERR_OK);
    assert_int_equal(list.num, 0);
    assert_int_equal(count, 0);

    for (crl.number = 1; crl.number <= 3; crl.number++) {
        crl.der = case_text(b->a, "crl", crl.number);
        c = change_new();
        change_add_crl(c, &crl);
        commit(b, c, ERR_OK);
    }
    assert_int_equal(store_find_crl(b->s, ca, b->a, &crl, NULL), ERR_OK);
    assert_int_equal(crl.number, 3);
    assert_int_equal(crl.covers, 2);
    assert_int_equal(crl.next_update, 9);
    assert_span_equal(crl.der, SPAN_LIT("crl-3"));
    c = change_new();
    change_drop_crls(c, ca, 3);
    commit(b, c, ERR_OK);
    assert_non_null(strstr(describe(b), " crl=1 "));
    assert_int_equal(store_find_crl(b->s, ca, b->a, &crl, NULL), ERR_OK);
    c = change_new();
    change_drop_crls(c, ca, 100);
    commit(b, c, ERR_OK);
    assert_int_equal(store_find_crl(b->s, ca, b->a, &crl, NULL), ERR_NOT_FOUND);
    crl = (struct crl_record){ .ca = ca, .number = 3 };
    c = change_new();
    change_add_crl(c, &crl);
    commit(b, c, ERR_LOST);
    crl.number = 4;
    c = change_new();
    change_add_crl(c, &crl);
    commit(b, c, ERR_OK);
}

/* --- time --- */

static void test_deadlines_count_served_seconds(void **state)
{
    struct bench *b = *state;
    struct transaction_list due;
    struct change *c;
    int64_t served;

    commit(b, case_enrol(b->a, 1), ERR_OK);
    c = change_new();
    change_set_served(c, 0, 30);
    commit(b, c, ERR_OK);
    assert_int_equal(store_served(b->s, &served, NULL), ERR_OK);
    assert_int_equal(served, 30);
    commit(b, case_enrol(b->a, 2), ERR_OK);
    commit(b, case_enrol(b->a, 3), ERR_OK);
    assert_int_equal(transaction_of(b, 1).deadline, CASE_WAIT);
    assert_int_equal(transaction_of(b, 2).deadline, 30 + CASE_WAIT);

    assert_int_equal(store_list_due(b->s, CASE_WAIT - 1, 9, b->a, &due, NULL),
                     ERR_OK);
    assert_int_equal(due.num, 0);
    assert_int_equal(store_list_due(b->s, CASE_WAIT, 9, b->a, &due, NULL),
                     ERR_OK);
    assert_int_equal(due.num, 1);
    assert_int_equal(due.list[0].id, 1);
    assert_int_equal(store_list_due(b->s, 30 + CASE_WAIT, 2, b->a, &due, NULL),
                     ERR_OK);
    assert_int_equal(due.num, 2);
    assert_int_equal(due.list[1].id, 2);

    /* what ended is not due */
    commit(b, case_confirmation(b->s, b->a, 1), ERR_OK);
    assert_int_equal(store_list_due(b->s, 1000, 9, b->a, &due, NULL), ERR_OK);
    assert_int_equal(due.num, 2);

    /* raising moves the near ones only */
    c = change_new();
    change_raise_deadlines(c, CASE_WAIT - 1);
    commit(b, c, ERR_OK);
    assert_int_equal(transaction_of(b, 2).deadline, 30 + CASE_WAIT);
    c = change_new();
    change_set_served(c, 30, 40);
    change_raise_deadlines(c, CASE_WAIT);
    commit(b, c, ERR_OK);
    assert_int_equal(transaction_of(b, 2).deadline, 40 + CASE_WAIT);
    assert_int_equal(transaction_of(b, 2).version, 1);
    assert_int_equal(transaction_of(b, 1).deadline, 0);
}

static void test_no_deadline(void **state)
{
    struct bench *b = *state;
    struct transaction_record r = case_transaction(b->a, 1);
    struct transaction_list due;
    struct change *c = change_new();

    r.deadline = 77; /* the store's to give */
    change_add_transaction(c, &r, 0);
    change_raise_deadlines(c, 100);
    commit(b, c, ERR_OK);
    assert_int_equal(transaction_of(b, 1).deadline, 0);
    assert_int_equal(store_list_due(b->s, 1000, 9, b->a, &due, NULL), ERR_OK);
    assert_int_equal(due.num, 0);
}

/* A transaction set but not ended keeps its deadline. */
static void test_set_keeps_deadline(void **state)
{
    struct bench *b = *state;
    struct transaction_record r;
    struct change *c = change_new();

    commit(b, case_enrol(b->a, 1), ERR_OK);
    r = transaction_of(b, 1);
    r.sender_nonce = SPAN_LIT("another nonce");
    r.deadline = 5;
    change_set_transaction(c, &r);
    commit(b, c, ERR_OK);
    r = transaction_of(b, 1);
    assert_int_equal(r.deadline, CASE_WAIT);
    assert_int_equal(r.version, 2);
    assert_span_equal(r.sender_nonce, SPAN_LIT("another nonce"));
}

static void test_purge(void **state)
{
    struct bench *b = *state;
    struct transaction_record t;
    struct certificate_record cert;
    struct change *c;
    struct span reply;

    /* ended at 2001 to 2004; 5 stays open */
    for (int64_t n = 1; n <= 5; n++)
        commit(b, case_enrol(b->a, n), ERR_OK);
    for (int64_t n = 1; n <= 4; n++)
        commit(b, case_confirmation(b->s, b->a, n), ERR_OK);
    c = change_new();
    change_purge(c, 2004, 2);
    commit(b, c, ERR_OK);
    assert_non_null(strstr(describe(b), " transaction=3 exchange=5 "));
    assert_int_equal(store_find_transaction_by_id(b->s, 1, b->a, &t, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(
        store_find_reply(b->s, case_transaction(b->a, 1).transaction_id,
                         case_request(b->a, 1), b->a, &reply, NULL),
        ERR_NOT_FOUND);
    c = change_new();
    change_purge(c, 2004, 100);
    commit(b, c, ERR_OK);
    assert_non_null(strstr(describe(b), " transaction=2 exchange=3 "));
    assert_int_equal(transaction_of(b, 4).id, 4);
    c = change_new();
    change_purge(c, INT64_MAX, 100);
    commit(b, c, ERR_OK);
    assert_non_null(strstr(describe(b), " transaction=1 exchange=1 "));
    /* the certificates stay, and so what was asked */
    assert_int_equal(store_find_issued(b->s, 1, 0, b->a, &cert, NULL), ERR_OK);
    commit(b, case_enrol(b->a, 1), ERR_LOST);
}

/* A purged transaction's id does not come back: certificates still bear it. */
static void test_ids_are_not_used_again(void **state)
{
    struct bench *b = *state;
    struct transaction_record r = case_transaction(b->a, 1), t;
    struct change *c = change_new();

    r.ended_at = 5;
    change_add_transaction(c, &r, 10);
    change_purge(c, 6, 1);
    commit(b, c, ERR_OK);
    c = change_new();
    change_add_transaction(c, &r, 0);
    commit(b, c, ERR_OK);
    assert_int_equal(store_find_transaction(b->s, r.requester, r.transaction_id,
                                            b->a, &t, NULL),
                     ERR_OK);
    assert_int_equal(t.id, 2);
    assert_int_equal(t.deadline, 0);
}

/* --- audit --- */

static void test_audit_chain(void **state)
{
    struct bench *b = *state;
    static const uint8_t zeros[32];
    struct audit_list list;
    struct change *c = change_new();
    struct span previous = SPAN_OF(zeros);
    uint8_t digest[32];
    int64_t broken = 9;

    assert_int_equal(store_check_audit(b->s, &broken, NULL), ERR_OK);
    assert_int_equal(broken, 0);
    change_add_audit(c, 1, SPAN_LIT("one"));
    change_add_audit(c, 2, SPAN_LIT("two"));
    commit(b, c, ERR_OK);
    c = change_new();
    change_add_audit(c, 3, SPAN_LIT("three"));
    change_add_audit(c, 4, SPAN_LIT(""));
    commit(b, c, ERR_OK);
    assert_int_equal(store_list_audit(b->s, 0, 9, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 4);
    for (size_t i = 0; i < list.num; i++) {
        case_hash(previous, list.list[i].entry, digest);
        assert_span_equal(list.list[i].digest, SPAN_OF(digest));
        assert_span_equal(list.list[i].node, SPAN_LIT("node"));
        assert_int_equal(list.list[i].at, (int64_t)i + 1);
        assert_int_equal(list.list[i].id, (int64_t)i + 1);
        previous = list.list[i].digest;
    }
    assert_int_equal(store_list_audit(b->s, 2, 1, b->a, &list, NULL), ERR_OK);
    assert_int_equal(list.num, 1);
    assert_span_equal(list.list[0].entry, SPAN_LIT("three"));
    assert_int_equal(store_check_audit(b->s, &broken, NULL), ERR_OK);
    assert_int_equal(broken, 0);
}

/* --- many at once --- */

#define NUM_THREADS 8
#define NUM_KEYS 40
#define NUM_STEPS 25

struct racer {
    struct bench *b;
    pthread_t thread;
    unsigned wins[NUM_KEYS];
    unsigned steps, retries;
    bool failed;
};

/* Adds every key, whoever comes first. */
static void *race_to_add(void *arg)
{
    struct racer *r = arg;
    AUTO(arena) a = arena_new((size_t)16 << 20);
    enum err e;

    for (int64_t n = 0; n < NUM_KEYS; n++) {
        e = store_commit(r->b->store, case_enrol(a, n), NULL);
        r->wins[n] += e == ERR_OK;
        r->failed = r->failed || (e != ERR_OK && e != ERR_LOST);
    }
    return NULL;
}

/* Changes one row again and again, reading it anew when another was first. */
static void *race_to_set(void *arg)
{
    struct racer *r = arg;
    AUTO(arena) a = arena_new((size_t)16 << 20);
    AUTO(store_session) s = NULL;
    struct station_record station;
    struct change *c;
    enum err e;

    if (store_session_new(r->b->store, &s, NULL) != ERR_OK) {
        r->failed = true;
        return NULL;
    }
    while (r->steps < NUM_STEPS && !r->failed) {
        arena_reset(a);
        if (store_find_station_by_id(s, 1, a, &station, NULL) != ERR_OK)
            r->failed = true;
        station.last_seen++;
        c = change_new();
        change_set_station(c, &station);
        e = store_commit(r->b->store, c, NULL);
        r->steps += e == ERR_OK;
        r->retries += e == ERR_LOST;
        r->failed = r->failed || (e != ERR_OK && e != ERR_LOST);
    }
    return NULL;
}

static void run_racers(struct bench *b, struct racer racers[NUM_THREADS],
                       void *(*run)(void *))
{
    for (size_t i = 0; i < NUM_THREADS; i++) {
        racers[i] = (struct racer){ .b = b };
        assert_int_equal(
            pthread_create(&racers[i].thread, NULL, run, &racers[i]), 0);
    }
    for (size_t i = 0; i < NUM_THREADS; i++) {
        pthread_join(racers[i].thread, NULL);
        assert_false(racers[i].failed);
    }
}

static void test_one_of_many_wins(void **state)
{
    struct bench *b = *state;
    struct racer racers[NUM_THREADS];
    struct store_stats stats;
    unsigned wins;

    run_racers(b, racers, race_to_add);
    for (int64_t n = 0; n < NUM_KEYS; n++) {
        wins = 0;
        for (size_t i = 0; i < NUM_THREADS; i++)
            wins += racers[i].wins[n];
        assert_int_equal(wins, 1);
        assert_int_equal(case_find(b->s, n), CASE_ENROLLED);
    }
    store_stats(b->store, &stats);
    assert_int_equal(stats.changes, NUM_THREADS * NUM_KEYS);
    assert_int_equal(stats.lost, (NUM_THREADS - 1) * NUM_KEYS);
    assert_int_equal(stats.failed, 0);
}

static void test_no_change_is_overwritten(void **state)
{
    struct bench *b = *state;
    struct racer racers[NUM_THREADS];
    struct station_record r;

    commit(b, case_enrol(b->a, 1), ERR_OK);
    run_racers(b, racers, race_to_set);
    r = station_of(b, 1);
    assert_int_equal(r.version, 1 + NUM_THREADS * NUM_STEPS);
    assert_int_equal(r.last_seen, 1001 + NUM_THREADS * NUM_STEPS);
}

/* A hint spares the wait for neighbours; closing commits what is queued. */
static void test_hint_and_close(void **state)
{
    struct bench *b = *state;
    struct change *changes[1];
    enum change_result result;

    bench_close(b);
    bench_open(b, 100, 300 * 1000 * 1000);
    changes[0] = case_enrol(b->a, 1);
    store_hint_idle(b->store); /* nothing is queued: means nothing */
    store_submit(b->store, changes[0], NULL, NULL);
    store_hint_idle(b->store);
    while (case_find(b->s, 1) == CASE_NOTHING)
        usleep(1000);
    store_submit(b->store, case_enrol(b->a, 2), NULL, NULL);
    bench_close(b);
    bench_open(b, 1, 1);
    changes[0] = case_enrol(b->a, 2);
    submit_together(b, changes, 1, &result);
    assert_int_equal(result, b->dir[0] == '\0' ? CHANGE_DONE : CHANGE_LOST);
}

/* --- the back ends against each other --- */

static struct change *random_change(struct store_session *s, struct arena *a,
                                    unsigned *seed)
{
    int64_t n = rand_r(seed) % 30;
    struct station_record station;
    struct certificate_record cert;
    struct crl_record crl = { .ca = SPAN_LIT("issuing") };
    struct change *c = NULL;

    switch (rand_r(seed) % 8) {
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
            assert_string_equal(describe(b), describe(&mem));
    }
    bench_close(&mem);
    arena_free(a);
}

struct test {
    const char *name;
    CMUnitTestFunction run;
};
#define TEST(what)         \
    {                      \
#what, test_##what \
    }

static const struct test tests[] = {
    TEST(enrolment_and_confirmation),
    TEST(transactions_of_one_id),
    TEST(what_is_not_there),
    TEST(absent_is_not_empty),
    TEST(replies),
    TEST(lost_alone),
    TEST(lost_in_a_batch),
    TEST(name_of_its_own_station),
    TEST(new_references),
    TEST(certificate_filters),
    TEST(revocations_and_crls),
    TEST(deadlines_count_served_seconds),
    TEST(no_deadline),
    TEST(set_keeps_deadline),
    TEST(purge),
    TEST(ids_are_not_used_again),
    TEST(audit_chain),
    TEST(one_of_many_wins),
    TEST(no_change_is_overwritten),
    TEST(hint_and_close),
    TEST(same_as_mem),
};
#define NUM_TESTS (sizeof(tests) / sizeof(tests[0]))

static int run_over(const char *name, CMFixtureFunction setup)
{
    struct CMUnitTest all[NUM_TESTS];

    for (size_t i = 0; i < NUM_TESTS; i++)
        all[i] = (struct CMUnitTest){ tests[i].name, tests[i].run, setup,
                                      teardown, NULL };
    return _cmocka_run_group_tests(name, all, NUM_TESTS, NULL, NULL);
}

int main(void)
{
    return run_over("mem", setup_mem) + run_over("sqlite", setup_sqlite);
}
