/*
 * The contract: what is written is read, in every back end alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/store_bench.h"

/* --- what is written is read --- */

static void test_enrolment_and_confirmation(void **state)
{
    struct bench *b = *state;
    struct station_record st;
    struct transaction_record t;
    struct certificate_record c, wanted = case_certificate(b->a, 7);
    bool has;

    assert_int_equal(case_find(b->s, 7), CASE_NOTHING);
    bench_commit(b, case_enrol(b->a, 7), ERR_OK);
    assert_int_equal(case_find(b->s, 7), CASE_ENROLLED);
    bench_commit(b, case_enrol(b->a, 7), ERR_LOST);
    bench_commit(b, case_confirmation(b->s, b->a, 7), ERR_OK);
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
    bench_commit(b, c, ERR_OK);
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
    bench_commit(b, c, ERR_OK);
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
    bench_commit(b, c, ERR_OK);
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

static void test_name_of_its_own_station(void **state)
{
    struct bench *b = *state;
    struct change *c = change_new();

    bench_commit(b, case_enrol(b->a, 1), ERR_OK);
    change_claim_name(c, case_station(b->a, 1).subject, 1);
    bench_commit(b, c, ERR_OK);
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

    bench_commit(b, case_enrol(b->a, 9), ERR_OK);
    old = bench_certificate(b, 1);
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
    bench_commit(b, c, ERR_OK);
    assert_int_equal(store_find_name(b->s, SPAN_LIT("a"), &owner, NULL),
                     ERR_OK);
    assert_int_equal(owner, 2);
    assert_int_equal(store_find_name(b->s, SPAN_LIT("b"), &owner, NULL),
                     ERR_OK);
    assert_int_equal(owner, 3);
    assert_int_equal(bench_certificate(b, 2).station, 3);
    assert_int_equal(bench_certificate(b, 2).previous, 1);
    assert_int_equal(bench_certificate(b, 1).pending_update, 2);
    assert_int_equal(bench_station(b, 3).certificate, 2);
    assert_int_equal(bench_station(b, 3).version, 2);
}

/* --- lists --- */

static void revoke_one(struct bench *b, int64_t id, int64_t at)
{
    struct certificate_record r = bench_certificate(b, id);
    struct change *c = change_new();

    r.revoked_at = at;
    r.reason = 4;
    change_set_certificate(c, &r);
    bench_commit(b, c, ERR_OK);
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
        { "unproven, asked for",
          { .max = 9, .status = CERTIFICATE_UNPROVEN },
          "8 " },
        { "unproven, by its serial",
          { .max = 9, .serial = SPAN_LIT("sixty") },
          "" },
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
        bench_commit(b, case_enrol(b->a, n), ERR_OK);
    other.ca = SPAN_LIT("other");
    other.serial = SPAN_LIT("fifty");
    other.station = 99;
    change_add_certificate(c, &other);
    other.serial = SPAN_LIT("sixty");
    other.request_digest = SPAN_LIT("of the unproven");
    other.status = CERTIFICATE_UNPROVEN;
    change_add_certificate(c, &other);
    bench_commit(b, c, ERR_OK);
    bench_commit(b, case_confirmation(b->s, b->a, 2), ERR_OK);
    bench_commit(b, case_confirmation(b->s, b->a, 3), ERR_OK);
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
        bench_commit(b, case_enrol(b->a, n), ERR_OK);
    revoke_one(b, 2, 5);
    revoke_one(b, 3, 6);
    revoke_one(b, 3, 6); /* again: counted once */
    assert_int_equal(store_revocation_count(b->s, ca, &count, NULL), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_list_revoked(b->s, ca, 0, b->a, &list, &count, NULL),
                     ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(list.num, 2);
    assert_int_equal(list.list[0].id, 2);
    assert_int_equal(list.list[1].id, 3);
    assert_int_equal(list.list[1].revoked_at, 6);
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
        bench_commit(b, c, ERR_OK);
    }
    assert_int_equal(store_find_crl(b->s, ca, b->a, &crl, NULL), ERR_OK);
    assert_int_equal(crl.number, 3);
    assert_int_equal(crl.covers, 2);
    assert_int_equal(crl.next_update, 9);
    assert_span_equal(crl.der, SPAN_LIT("crl-3"));
    c = change_new();
    change_drop_crls(c, ca, 3);
    bench_commit(b, c, ERR_OK);
    assert_non_null(strstr(bench_describe(b), " crl=1 "));
    assert_int_equal(store_find_crl(b->s, ca, b->a, &crl, NULL), ERR_OK);
    c = change_new();
    change_drop_crls(c, ca, 100);
    bench_commit(b, c, ERR_OK);
    assert_int_equal(store_find_crl(b->s, ca, b->a, &crl, NULL), ERR_NOT_FOUND);
    crl = (struct crl_record){ .ca = ca, .number = 3 };
    c = change_new();
    change_add_crl(c, &crl);
    bench_commit(b, c, ERR_LOST);
    crl.number = 4;
    c = change_new();
    change_add_crl(c, &crl);
    bench_commit(b, c, ERR_OK);
}

/* --- time --- */

static void test_deadlines_count_served_seconds(void **state)
{
    struct bench *b = *state;
    struct transaction_list due;
    struct change *c;
    int64_t served;

    bench_commit(b, case_enrol(b->a, 1), ERR_OK);
    c = change_new();
    change_set_served(c, 0, 30);
    bench_commit(b, c, ERR_OK);
    assert_int_equal(store_served(b->s, &served, NULL), ERR_OK);
    assert_int_equal(served, 30);
    bench_commit(b, case_enrol(b->a, 2), ERR_OK);
    bench_commit(b, case_enrol(b->a, 3), ERR_OK);
    assert_int_equal(bench_transaction(b, 1).deadline, CASE_WAIT);
    assert_int_equal(bench_transaction(b, 2).deadline, 30 + CASE_WAIT);

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
    bench_commit(b, case_confirmation(b->s, b->a, 1), ERR_OK);
    assert_int_equal(store_list_due(b->s, 1000, 9, b->a, &due, NULL), ERR_OK);
    assert_int_equal(due.num, 2);

    /* raising moves the near ones only */
    c = change_new();
    change_raise_deadlines(c, CASE_WAIT - 1);
    bench_commit(b, c, ERR_OK);
    assert_int_equal(bench_transaction(b, 2).deadline, 30 + CASE_WAIT);
    c = change_new();
    change_set_served(c, 30, 40);
    change_raise_deadlines(c, CASE_WAIT);
    bench_commit(b, c, ERR_OK);
    assert_int_equal(bench_transaction(b, 2).deadline, 40 + CASE_WAIT);
    assert_int_equal(bench_transaction(b, 2).version, 1);
    assert_int_equal(bench_transaction(b, 1).deadline, 0);
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
    bench_commit(b, c, ERR_OK);
    assert_int_equal(bench_transaction(b, 1).deadline, 0);
    assert_int_equal(store_list_due(b->s, 1000, 9, b->a, &due, NULL), ERR_OK);
    assert_int_equal(due.num, 0);
}

/* A transaction set but not ended keeps its deadline. */
static void test_set_keeps_deadline(void **state)
{
    struct bench *b = *state;
    struct transaction_record r;
    struct change *c = change_new();

    bench_commit(b, case_enrol(b->a, 1), ERR_OK);
    r = bench_transaction(b, 1);
    r.sender_nonce = SPAN_LIT("another nonce");
    r.deadline = 5;
    change_set_transaction(c, &r);
    bench_commit(b, c, ERR_OK);
    r = bench_transaction(b, 1);
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
        bench_commit(b, case_enrol(b->a, n), ERR_OK);
    for (int64_t n = 1; n <= 4; n++)
        bench_commit(b, case_confirmation(b->s, b->a, n), ERR_OK);
    c = change_new();
    change_purge(c, 2004, 2);
    bench_commit(b, c, ERR_OK);
    assert_non_null(strstr(bench_describe(b), " transaction=3 exchange=5 "));
    assert_int_equal(store_find_transaction_by_id(b->s, 1, b->a, &t, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(
        store_find_reply(b->s, case_transaction(b->a, 1).transaction_id,
                         case_request(b->a, 1), b->a, &reply, NULL),
        ERR_NOT_FOUND);
    c = change_new();
    change_purge(c, 2004, 100);
    bench_commit(b, c, ERR_OK);
    assert_non_null(strstr(bench_describe(b), " transaction=2 exchange=3 "));
    assert_int_equal(bench_transaction(b, 4).id, 4);
    c = change_new();
    change_purge(c, INT64_MAX, 100);
    bench_commit(b, c, ERR_OK);
    assert_non_null(strstr(bench_describe(b), " transaction=1 exchange=1 "));
    /* the certificates stay, and so what was asked */
    assert_int_equal(store_find_issued(b->s, 1, 0, b->a, &cert, NULL), ERR_OK);
    bench_commit(b, case_enrol(b->a, 1), ERR_LOST);
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
    bench_commit(b, c, ERR_OK);
    c = change_new();
    change_add_transaction(c, &r, 0);
    bench_commit(b, c, ERR_OK);
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
    bench_commit(b, c, ERR_OK);
    c = change_new();
    change_add_audit(c, 3, SPAN_LIT("three"));
    change_add_audit(c, 4, SPAN_LIT(""));
    bench_commit(b, c, ERR_OK);
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

int main(void)
{
    static const struct bench_test tests[] = {
        BENCH_TEST(enrolment_and_confirmation),
        BENCH_TEST(transactions_of_one_id),
        BENCH_TEST(what_is_not_there),
        BENCH_TEST(absent_is_not_empty),
        BENCH_TEST(replies),
        BENCH_TEST(name_of_its_own_station),
        BENCH_TEST(new_references),
        BENCH_TEST(certificate_filters),
        BENCH_TEST(revocations_and_crls),
        BENCH_TEST(deadlines_count_served_seconds),
        BENCH_TEST(no_deadline),
        BENCH_TEST(set_keeps_deadline),
        BENCH_TEST(purge),
        BENCH_TEST(ids_are_not_used_again),
        BENCH_TEST(audit_chain),
    };

    return bench_run("records", tests, sizeof(tests) / sizeof(tests[0]));
}
