/*
 * The line stopped dead at each boundary between its steps, and a disk that
 * fails at each write and sync: nothing is lost, nothing is there twice, and
 * the station gets on with the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/crash_vfs.h"
#include "support/service_rig.h"

#define KILLED 9

/* A message, and how a station gets to where it is the next. */
struct message {
    const char *name;
    enum cmp_body_type body;
    unsigned before; /* good exchanges of the station before it */
    enum sim_verdict verdict;
};

static const struct message messages[] = {
    { "ir", CMP_IR, 0, SIM_ACCEPTS },
    { "certConf", CMP_CERT_CONF, 1, SIM_ACCEPTS },
    { "certConf that rejects", CMP_CERT_CONF, 1, SIM_REJECTS },
    { "kur", CMP_KUR, 2, SIM_ACCEPTS },
    { "certConf of a kur", CMP_CERT_CONF, 3, SIM_ACCEPTS },
    { "certConf that rejects a kur", CMP_CERT_CONF, 3, SIM_REJECTS },
    { "rr", CMP_RR, 2, SIM_ACCEPTS },
};
#define NUM_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static const char *const step_names[LINE_STEP_NUM] = {
    "read",   "screen", "find",  "verify", "judge",
    "decide", "make",   "reply", "commit", "send",
};

static struct {
    struct sim_world *world;
    const struct config *config;
    struct rig keeps; /* the authority for disks that fail */
    struct station_sim station;
} env;

static void open_rig(struct rig *r, const struct service_options *options)
{
    struct fault f = { 0 };

    if (rig_open(r, env.config, options, &f) != ERR_OK)
        fail_msg("the service does not start: %s", f.text);
}

/* Makes the message, its station with what comes before behind it. */
static struct span prepare(struct rig *r, const struct message *m)
{
    struct station_sim *s = &env.station;

    for (unsigned i = 0; i < m->before; i++)
        assert_int_equal(rig_exchange(r, s), SIM_GOES_ON);
    if (s->phase == SIM_HOLDS)
        return station_sim_confirm(s, m->verdict);
    return m->body == CMP_RR ? station_sim_revoke(s) : station_sim_ask(s);
}

/* Everything a station has is in the store, and every message it ever sent
 * has the answer it had. */
static void check_all(struct rig *r)
{
    struct station_sim *s = &env.station;
    const char *why = station_sim_check(s, r->worker.session);

    if (why != NULL)
        fail_msg("%s", why);
    for (size_t i = 0; i < s->num_exchanges; i++) {
        why = rig_repeat(r, s, i);
        if (why[0] != '\0')
            fail_msg("%s", why);
    }
}

static enum certificate_status status_after(const struct message *m)
{
    if (m->body == CMP_RR)
        return CERTIFICATE_CONFIRMED; /* and revoked */
    if (m->body != CMP_CERT_CONF)
        return CERTIFICATE_ISSUED;
    return m->verdict == SIM_ACCEPTS ? CERTIFICATE_CONFIRMED
                                     : CERTIFICATE_REJECTED;
}

/* After the message was answered: the station ends what it began, and renews,
 * or enrols anew. */
static void go_on(struct rig *r, const struct message *m)
{
    struct station_sim *s = &env.station;

    assert_int_equal(s->held[s->num_held - 1].status, status_after(m));
    assert_int_equal(s->held[s->num_held - 1].is_revoked, m->body == CMP_RR);
    check_all(r);
    if (s->phase == SIM_HOLDS)
        assert_int_equal(rig_exchange(r, s), SIM_GOES_ON);
    assert_int_equal(s->phase, SIM_IDLE);
    assert_true(rig_enrol(r, s));
    check_all(r);
}

/* --- killed --- */

struct aim {
    enum line_step step;
    enum cmp_body_type body;
};

static void die_there(void *arg, enum line_step step, enum cmp_body_type body)
{
    const struct aim *aim = arg;

    if (step == aim->step && (body == aim->body || step == LINE_READ))
        _exit(KILLED);
}

/* A process that takes the message and dies at the step. */
static void kill_at(const struct message *m, enum line_step step,
                    struct span bytes)
{
    struct service_options options = rig_by_hand(env.world, NULL);
    struct aim aim = { step, m->body };
    struct fault f = { 0 };
    struct rig_call call;
    struct rig r;
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        options.probe = (struct line_probe){ die_there, &aim };
        if (rig_open(&r, env.config, &options, &f) != ERR_OK)
            _exit(1);
        rig_post(&r, &call, bytes);
        rig_wait(&call);
        _exit(2); /* answered, not killed */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), KILLED);
}

static uint64_t outcomes(struct rig *r, enum outcome o)
{
    return service_line(r->service)->counters.outcomes[o];
}

static void kill_and_go_on(const struct message *m, enum line_step step)
{
    struct service_options options = rig_by_hand(env.world, NULL);
    struct station_sim *s = &env.station;
    bool is_durable = step == LINE_SEND;
    AUTO(arena) a = arena_new((size_t)1 << 20);
    const char *before;
    struct span bytes;
    struct rig r;

    print_message("%s, killed at %s\n", m->name, step_names[step]);
    station_sim_reset(s, step + 1);
    sim_world_remove_store(env.world, "steps.db");
    open_rig(&r, &options);
    bytes = prepare(&r, m);
    before = rig_describe(&r, a);
    rig_close(&r);

    kill_at(m, step, bytes);

    open_rig(&r, &options);
    if (is_durable)
        assert_string_not_equal(rig_describe(&r, a), before);
    else
        assert_string_equal(rig_describe(&r, a), before);
    assert_int_equal(rig_exchange(&r, s), SIM_GOES_ON);
    assert_int_equal(outcomes(&r, OUTCOME_REPLAYED), is_durable);
    go_on(&r, m);
    rig_close(&r);
}

static void test_kills(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_MESSAGES; i++)
        for (int step = 0; step < LINE_STEP_NUM; step++)
            kill_and_go_on(&messages[i], (enum line_step)step);
}

/* --- a disk that fails --- */

struct failure {
    const char *name;
    enum crash_op op;
    unsigned long times;
    int code;
};

static const struct failure failures[] = {
    { "a write fails", CRASH_WRITE, 1, SQLITE_IOERR_WRITE },
    { "no room", CRASH_WRITE, 1000000, SQLITE_FULL },
    { "a sync fails", CRASH_SYNC, 1, SQLITE_IOERR_FSYNC },
    { "syncs fail", CRASH_SYNC, 1000000, SQLITE_IOERR_FSYNC },
};

static void open_on_disk(struct rig *r)
{
    struct service_options options = rig_by_hand(env.world, CRASH_VFS);
    struct fault f = { 0 };

    if (rig_open_on(r, &env.keeps, env.config, &options, &f) != ERR_OK)
        fail_msg("the service does not start: %s", f.text);
}

/* False when the message needs fewer of these operations than n. */
static bool fail_nth(const struct message *m, const struct failure *f,
                     unsigned long n)
{
    struct station_sim *s = &env.station;
    AUTO(arena) a = arena_new((size_t)1 << 20);
    struct rig_call call;
    const char *before;
    bool has_failed;
    struct rig r;

    station_sim_reset(s, n);
    crash_vfs_reset();
    open_on_disk(&r);
    prepare(&r, m);
    before = rig_describe(&r, a);
    crash_vfs_fail(f->op, n, f->times, f->code);
    rig_post(&r, &call, station_sim_pending(s));
    rig_wait(&call);
    crash_vfs_fail(f->op, 1, 0, f->code);
    has_failed = call.status != 200;
    if (has_failed) {
        assert_int_equal(call.status, 503);
        assert_string_equal(rig_describe(&r, a), before);
        assert_int_equal(rig_exchange(&r, s), SIM_GOES_ON);
    } else {
        assert_int_equal(station_sim_hear(s, 200, rig_body(&call)),
                         SIM_GOES_ON);
    }
    rig_call_done(&call);
    go_on(&r, m);
    crash_vfs_power_cut(n, CRASH_DROP);
    rig_close(&r);
    crash_vfs_restart();
    open_on_disk(&r);
    check_all(&r);
    rig_close(&r);
    return has_failed;
}

static void test_failures(void **state)
{
    struct sim_setup mem = { .node = "keeps", .kind = "mem", .type = "open" };
    struct service_options options = rig_by_hand(env.world, NULL);
    struct fault f = { 0 };

    (void)state;
    if (rig_open(&env.keeps, sim_world_config(env.world, &mem), &options, &f) !=
        ERR_OK)
        fail_msg("the service does not start: %s", f.text);
    for (size_t i = 0; i < NUM_MESSAGES; i++) {
        for (size_t k = 0; k < sizeof(failures) / sizeof(failures[0]); k++) {
            unsigned long n = 1;

            while (fail_nth(&messages[i], &failures[k], n))
                n++;
            print_message("%s, %s: each of %lu\n", messages[i].name,
                          failures[k].name, n - 1);
            assert_true(n > 1);
        }
    }
    rig_close(&env.keeps);
}

static int setup(void **state)
{
    (void)state;
    env.world = sim_world_new();
    env.config = sim_world_config(
        env.world, &(struct sim_setup){ .store = "steps.db", .type = "open" });
    station_sim_init(&env.station, env.world, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    station_sim_done(&env.station);
    sim_world_free(env.world);
    crash_vfs_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kills),
        cmocka_unit_test(test_failures),
    };

    crash_vfs_register();
    return cmocka_run_group_tests(tests, setup, teardown);
}
