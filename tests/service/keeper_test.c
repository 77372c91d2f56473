/*
 * What the keeper does without being asked, on clocks that the test sets: the
 * time of day, and the steady one that served time is counted by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "support/service_rig.h"

#define STORE "keeper.db"
#define WAIT 10 /* seconds a certConf is waited for */
#define HOUR ((int64_t)3600)
#define SECOND ((int64_t)1000000) /* of the steady clock */

static struct {
    struct sim_world *world;
    const struct config *revokes, *keeps, *node_b;
    struct station_sim station;
    struct rig rig;
    int64_t ticks;
} env;

static int64_t get_ticks(void *arg)
{
    return *(const int64_t *)arg;
}

static void open_one(struct rig *r, const struct config *config)
{
    struct service_options options = rig_by_hand(env.world, NULL);
    struct fault f = { 0 };

    options.ticks = get_ticks;
    options.ticks_arg = &env.ticks;
    if (rig_open(r, config, &options, &f) != ERR_OK)
        fail_msg("the service does not start: %s", f.text);
}

static void keep(struct rig *r)
{
    struct fault f = { 0 };

    if (keeper_step(service_keeper(r->service), &f) != ERR_OK)
        fail_msg("the keeper: %s", f.text);
}

/* Time passes, and the service serves. */
static void pass(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        env.world->now++;
        env.ticks += SECOND;
        keep(&env.rig);
    }
}

static enum sim_answer exchange(void)
{
    return rig_exchange(&env.rig, &env.station);
}

/* The station's n-th certificate, as the store has it. */
static struct certificate_record find(size_t n)
{
    struct certificate_record r;
    struct x509_cert cert;
    struct span serial;
    struct fault f = { 0 };

    assert_int_equal(
        x509_read(env.station.held[n].der, env.station.arena, &cert), ERR_OK);
    serial = cert.serial;
    if (serial.ptr[0] == 0)
        serial = span_of(serial.ptr + 1, serial.len - 1);
    assert_int_equal(store_find_certificate(env.rig.worker.session,
                                            SPAN_LIT("issuing"), serial,
                                            env.station.arena, &r, &f),
                     ERR_OK);
    return r;
}

/* The CRL as it is served, by OpenSSL's reading. */
static X509_CRL *get_crl(void)
{
    const struct service_crl_path *path;
    const unsigned char *at;
    int64_t this_update;
    struct buf der;
    X509_CRL *crl;
    size_t num;

    path = service_crl_paths(env.rig.service, &num);
    assert_int_equal(num, 1);
    buf_init(&der, 65536);
    assert_int_equal(
        service_crl(env.rig.service, path->issuer, &der, &this_update), ERR_OK);
    at = der.ptr;
    crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    assert_non_null(crl);
    buf_done(&der);
    return crl;
}

static bool is_on_crl(size_t n)
{
    struct certificate_record r = find(n);
    const unsigned char *at = r.der.ptr;
    X509 *cert = d2i_X509(NULL, &at, (long)r.der.len);
    X509_CRL *crl = get_crl();
    X509_REVOKED *entry = NULL;
    bool is_on;

    assert_non_null(cert);
    is_on = X509_CRL_get0_by_cert(crl, &entry, cert) == 1;
    X509_free(cert);
    X509_CRL_free(crl);
    return is_on;
}

/* --- certConfs that never come --- */

static void test_time_out(void **state)
{
    struct certificate_record r;

    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    pass(WAIT);
    assert_int_equal(find(0).status, CERTIFICATE_ISSUED);
    pass(2);
    r = find(0);
    assert_int_equal(r.status, CERTIFICATE_TIMED_OUT);
    assert_int_not_equal(r.revoked_at, 0);
    assert_int_equal(r.reason, CRL_CESSATION_OF_OPERATION);
    assert_true(is_on_crl(0));
    assert_int_equal(exchange(), SIM_REFUSED);
    assert_true(rig_enrol(&env.rig, &env.station));
    assert_false(is_on_crl(1));
}

static void test_time_out_that_keeps(void **state)
{
    (void)state;
    rig_close(&env.rig);
    open_one(&env.rig, env.keeps);
    assert_int_equal(exchange(), SIM_GOES_ON);
    pass(WAIT + 2);
    assert_int_equal(find(0).status, CERTIFICATE_TIMED_OUT);
    assert_int_equal(find(0).revoked_at, 0);
    assert_false(is_on_crl(0));
    assert_int_equal(exchange(), SIM_REFUSED);
}

/* The certificate that was to be updated stays, and may be updated. */
static void test_time_out_of_an_update(void **state)
{
    (void)state;
    assert_true(rig_enrol(&env.rig, &env.station));
    assert_int_equal(exchange(), SIM_GOES_ON);
    pass(WAIT + 2);
    assert_int_equal(find(0).status, CERTIFICATE_CONFIRMED);
    assert_int_equal(find(0).pending_update, 0);
    assert_int_equal(find(1).status, CERTIFICATE_TIMED_OUT);
    assert_false(is_on_crl(0));
    assert_true(is_on_crl(1));
    assert_int_equal(exchange(), SIM_REFUSED);
    assert_true(rig_enrol(&env.rig, &env.station));
}

static void test_in_time(void **state)
{
    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    pass(WAIT);
    assert_int_equal(exchange(), SIM_GOES_ON);
    pass(3 * WAIT);
    assert_int_equal(find(0).status, CERTIFICATE_CONFIRMED);
    assert_int_equal(find(0).revoked_at, 0);
}

static void test_rejection(void **state)
{
    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    station_sim_confirm(&env.station, SIM_REJECTS);
    assert_int_equal(exchange(), SIM_GOES_ON);
    assert_false(is_on_crl(0));
    keep(&env.rig);
    assert_true(is_on_crl(0));
}

/* Changes how the first certificate is revoked, behind the service's back. */
static void set_revocation(int64_t revoked_at, int64_t reason,
                           int64_t invalidity_date)
{
    struct certificate_record r = find(0);
    struct change *c = change_new();
    struct fault f = { 0 };

    r.revoked_at = revoked_at;
    r.reason = reason;
    r.invalidity_date = invalidity_date;
    change_set_certificate(c, &r);
    if (store_commit(service_line(env.rig.service)->store, c, &f) != ERR_OK)
        fail_msg("%s", f.text);
    keep(&env.rig);
}

static bool has_invalidity_date(void)
{
    X509_CRL *crl = get_crl();
    X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
    bool has = X509_REVOKED_get_ext_by_NID(entry, NID_invalidity_date, -1) >= 0;

    X509_CRL_free(crl);
    return has;
}

/* A release makes a new CRL as a revocation does. */
static void test_hold_and_release(void **state)
{
    (void)state;
    assert_true(rig_enrol(&env.rig, &env.station));
    set_revocation(env.world->now, CRL_CERTIFICATE_HOLD, env.world->now - HOUR);
    assert_true(is_on_crl(0));
    assert_true(has_invalidity_date());
    set_revocation(0, 0, 0);
    assert_false(is_on_crl(0));
    set_revocation(env.world->now, CRL_KEY_COMPROMISE, 0);
    assert_true(is_on_crl(0));
    assert_false(has_invalidity_date());
}

/* --- time that does not count --- */

/* The process was stopped, or the machine slept, again and again. */
static void test_stops(void **state)
{
    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    for (int i = 0; i < WAIT / 2; i++) {
        env.world->now += HOUR;
        env.ticks += HOUR * SECOND;
        keep(&env.rig);
    }
    assert_int_equal(find(0).status, CERTIFICATE_ISSUED);
    assert_int_equal(exchange(), SIM_GOES_ON);
}

static void test_clock_steps(void **state)
{
    static const int64_t steps[] = { 10, -20, 15, -5 }; /* years; none in all */

    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        env.world->now += steps[i] * TEST_YEAR;
        pass(2);
        assert_int_equal(find(0).status, CERTIFICATE_ISSUED);
    }
    assert_int_equal(exchange(), SIM_GOES_ON);
    assert_int_equal(find(0).status, CERTIFICATE_CONFIRMED);
}

/* A CRL made while the clock was wrong gives way to one of today. */
static void test_crl_after_clock_steps(void **state)
{
    static const int64_t steps[] = { 10, -20, 15, -5 };

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        X509_CRL *crl;
        time_t now;

        env.world->now += steps[i] * TEST_YEAR;
        pass(1);
        now = (time_t)env.world->now;
        crl = get_crl();
        assert_true(X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &now) <= 0);
        assert_true(X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &now) > 0);
        X509_CRL_free(crl);
    }
}

/* However long nothing ran, and how near the deadline was before. */
static void test_restart(void **state)
{
    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    for (int i = 0; i < 3; i++) {
        pass(WAIT - 1);
        rig_close(&env.rig);
        env.world->now += 30 * TEST_DAY;
        env.ticks = i * SECOND; /* the machine started anew */
        open_one(&env.rig, env.revokes);
    }
    pass(WAIT);
    assert_int_equal(find(0).status, CERTIFICATE_ISSUED);
    assert_int_equal(exchange(), SIM_GOES_ON);
    assert_int_equal(find(0).status, CERTIFICATE_CONFIRMED);
}

/* And then it does come to an end. */
static void test_restart_and_time_out(void **state)
{
    (void)state;
    assert_int_equal(exchange(), SIM_GOES_ON);
    rig_close(&env.rig);
    open_one(&env.rig, env.revokes);
    pass(WAIT + 2);
    assert_int_equal(find(0).status, CERTIFICATE_TIMED_OUT);
}

static int64_t get_served(void)
{
    struct fault f = { 0 };
    int64_t served;

    assert_int_equal(store_served(env.rig.worker.session, &served, &f), ERR_OK);
    return served;
}

/* A step that takes longer than a second loses none. */
static void test_slow_steps(void **state)
{
    int64_t before = get_served();

    (void)state;
    for (int i = 0; i < 10; i++) {
        env.ticks += 2 * SECOND - SECOND / 10;
        keep(&env.rig);
    }
    assert_int_equal(get_served(), before + 19);
}

/* Two that serve count one second a second; one that does goes on alone. */
static void test_two_serve(void **state)
{
    int64_t before = get_served();
    struct rig other;

    (void)state;
    open_one(&other, env.node_b);
    for (int i = 0; i < 10; i++) {
        pass(1);
        keep(&other);
    }
    assert_int_equal(get_served(), before + 10);
    rig_close(&other);
    pass(10);
    assert_int_equal(get_served(), before + 20);
}

/* --- what is forgotten, and what is not --- */

static void test_purge(void **state)
{
    struct station_sim *s = &env.station;
    struct rig_call call;

    (void)state;
    assert_true(rig_enrol(&env.rig, s));
    env.world->now += 23 * HOUR;
    pass(61);
    assert_string_equal(rig_repeat(&env.rig, s, 0), "");
    assert_string_equal(rig_repeat(&env.rig, s, 1), "");
    env.world->now += 2 * HOUR;
    pass(61);
    assert_int_equal(find(0).status, CERTIFICATE_CONFIRMED);

    /* The ir of then: its reply is gone, its certificate is not. */
    rig_post(&env.rig, &call, s->exchanges[0].request);
    rig_wait(&call);
    s->phase = SIM_ASKED;
    assert_false(span_is_equal(rig_body(&call), s->exchanges[0].reply));
    rig_call_done(&call);
    assert_int_equal(
        service_line(env.rig.service)->counters.errors[ERR_DUPLICATE_CERT_REQ],
        1);
}

static void test_refusals_are_counted(void **state)
{
    struct station_sim *s = &env.station;
    AUTO(arena) a = arena_new((size_t)4 << 20);
    struct audit_list audit;
    struct rig_call call;
    struct fault f = { 0 };
    struct span message, copy;
    bool is_told = false;

    (void)state;
    message = station_sim_ask(s);
    copy = arena_copy(a, message);
    ((uint8_t *)(uintptr_t)copy.ptr)[copy.len / 3] ^= 1;
    for (int i = 0; i < 3; i++) {
        rig_post(&env.rig, &call, copy);
        rig_wait(&call);
        rig_call_done(&call);
    }
    pass(61);
    assert_int_equal(
        store_list_audit(env.rig.worker.session, 0, 100, a, &audit, &f),
        ERR_OK);
    for (size_t i = 0; i < audit.num; i++)
        is_told |= span_is_equal(audit.list[i].entry,
                                 SPAN_LIT("unverified messages refused=3"));
    assert_true(is_told);
    assert_int_equal(exchange(), SIM_GOES_ON);
}

/* --- before and after --- */

static int setup(void **state)
{
    struct sim_setup setup = { .store = STORE, .confirm_wait = "10s" };

    (void)state;
    env.world = sim_world_new();
    env.revokes = sim_world_config(env.world, &setup);
    setup.aftermath = "keep";
    env.keeps = sim_world_config(env.world, &setup);
    setup.node = "b";
    env.node_b = sim_world_config(env.world, &setup);
    station_sim_init(&env.station, env.world, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    station_sim_done(&env.station);
    sim_world_free(env.world);
    return 0;
}

static int open_it(void **state)
{
    (void)state;
    env.world->now = TEST_NOW;
    env.ticks = 100 * SECOND;
    sim_world_remove_store(env.world, STORE);
    station_sim_reset(&env.station, 1);
    open_one(&env.rig, env.revokes);
    return 0;
}

static int close_it(void **state)
{
    const char *why = station_sim_check(&env.station, env.rig.worker.session);

    (void)state;
    if (why != NULL)
        print_error("%s\n", why);
    rig_close(&env.rig);
    return why == NULL ? 0 : -1;
}

#define KEEPER_TEST(test) \
    cmocka_unit_test_setup_teardown(test, open_it, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEEPER_TEST(test_time_out),
        KEEPER_TEST(test_time_out_that_keeps),
        KEEPER_TEST(test_time_out_of_an_update),
        KEEPER_TEST(test_in_time),
        KEEPER_TEST(test_rejection),
        KEEPER_TEST(test_hold_and_release),
        KEEPER_TEST(test_stops),
        KEEPER_TEST(test_clock_steps),
        KEEPER_TEST(test_crl_after_clock_steps),
        KEEPER_TEST(test_restart),
        KEEPER_TEST(test_restart_and_time_out),
        KEEPER_TEST(test_slow_steps),
        KEEPER_TEST(test_two_serve),
        KEEPER_TEST(test_purge),
        KEEPER_TEST(test_refusals_are_counted),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
