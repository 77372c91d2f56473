/*
 * A message that is overtaken on its way down the line: between two steps of
 * one service another one, on the same file, takes the same message, or one
 * that excludes it, from beginning to end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/service_rig.h"

#define STORE "overtaken.db"

static struct {
    struct sim_world *world;
    struct rig a, b;
    struct station_sim station;
    uint64_t seed;
    /* When `a` gets to `step`, `b` takes `bytes`; then no more. */
    enum line_step step;
    struct span bytes;
    struct rig_call overtaking;
} env;

static void overtake(void *arg, enum line_step step, enum cmp_body_type body)
{
    (void)arg;
    (void)body;
    if (step != env.step || span_is_absent(env.bytes))
        return;
    rig_post(&env.b, &env.overtaking, env.bytes);
    rig_wait(&env.overtaking);
    env.bytes = SPAN_NONE;
}

static void exchange(void)
{
    assert_int_equal(rig_exchange(&env.b, &env.station), SIM_GOES_ON);
}

static void check_station(void)
{
    const char *why = station_sim_check(&env.station, env.a.worker.session);

    if (why != NULL)
        fail_msg("%s", why);
}

/* The message at `a`, overtaken at this step by `bytes` at `b`. */
static void post(enum line_step step, struct span message, struct span bytes,
                 struct rig_call *call)
{
    env.step = step;
    env.bytes = bytes;
    rig_post(&env.a, call, message);
    rig_wait(call);
    assert_true(span_is_absent(env.bytes));
}

static void overtake_with_equal(enum line_step step, unsigned before,
                                enum sim_verdict verdict)
{
    struct station_sim *s = &env.station;
    struct rig_call call;
    struct span message;

    station_sim_reset(s, env.seed++);
    for (unsigned i = 0; i < before; i++)
        exchange();
    message = s->phase == SIM_HOLDS ? station_sim_confirm(s, verdict)
                                    : station_sim_ask(s);
    post(step, message, message, &call);
    if (!span_is_equal(rig_body(&call), rig_body(&env.overtaking)))
        fail_msg("message %u, step %d: two answers", before + 1, (int)step);
    assert_int_equal(station_sim_hear(s, call.status, rig_body(&call)),
                     SIM_GOES_ON);
    rig_call_done(&call);
    rig_call_done(&env.overtaking);
    check_station();
}

static void test_by_itself(void **state)
{
    (void)state;
    for (int step = LINE_READ; step <= LINE_COMMIT; step++) {
        for (unsigned before = 0; before < 4; before++)
            overtake_with_equal((enum line_step)step, before, SIM_ACCEPTS);
        overtake_with_equal((enum line_step)step, 1, SIM_REJECTS);
        overtake_with_equal((enum line_step)step, 3, SIM_REJECTS);
    }
}

static void overtake_with_other(enum line_step step, unsigned before,
                                uint32_t fail_info)
{
    struct station_sim *s = &env.station;
    struct span message, other;
    struct rig_call call;

    station_sim_reset(s, env.seed++);
    for (unsigned i = 0; i < before; i++)
        exchange();
    other = station_sim_ask(s);
    message = station_sim_ask_otherwise(s);
    post(step, message, other, &call);
    assert_int_equal(station_sim_hear(s, call.status, rig_body(&call)),
                     SIM_REFUSED);
    assert_int_equal(s->fail_info, fail_info);
    rig_call_done(&call);
    rig_call_done(&env.overtaking);
    check_station();
}

static void test_by_another_of_its_id(void **state)
{
    (void)state;
    for (int step = LINE_READ; step <= LINE_COMMIT; step++) {
        overtake_with_other((enum line_step)step, 0,
                            1u << FI_TRANSACTION_ID_IN_USE);
        overtake_with_other((enum line_step)step, 2,
                            1u << FI_TRANSACTION_ID_IN_USE);
    }
}

/* The station's certConf says the one thing, and before it the other. */
static void overtake_with_verdict(enum line_step step, enum sim_verdict first)
{
    struct station_sim *s = &env.station;
    enum sim_verdict second = first == SIM_ACCEPTS ? SIM_REJECTS : SIM_ACCEPTS;
    struct span message, other;
    struct rig_call call;

    station_sim_reset(s, env.seed++);
    exchange();
    other = station_sim_confirm(s, first);
    s->phase = SIM_HOLDS;
    message = station_sim_confirm(s, second);
    post(step, message, other, &call);
    assert_int_equal(station_sim_hear(s, call.status, rig_body(&call)),
                     SIM_REFUSED);
    s->held[0].status =
        first == SIM_ACCEPTS ? CERTIFICATE_CONFIRMED : CERTIFICATE_REJECTED;
    rig_call_done(&call);
    rig_call_done(&env.overtaking);
    check_station();
}

static void test_by_the_other_verdict(void **state)
{
    (void)state;
    for (int step = LINE_READ; step <= LINE_COMMIT; step++) {
        overtake_with_verdict((enum line_step)step, SIM_ACCEPTS);
        overtake_with_verdict((enum line_step)step, SIM_REJECTS);
    }
}

static void open_one(struct rig *r, const char *node, bool is_overtaken)
{
    const struct config *config = sim_world_config(
        env.world, &(struct sim_setup){ .node = node, .store = STORE });
    struct service_options options = rig_by_hand(env.world, NULL);
    struct fault f = { 0 };

    if (is_overtaken)
        options.probe.at = overtake;
    if (rig_open(r, config, &options, &f) != ERR_OK)
        fail_msg("the service does not start: %s", f.text);
}

static int setup(void **state)
{
    (void)state;
    env.world = sim_world_new();
    env.seed = 1;
    station_sim_init(&env.station, env.world, 1);
    open_one(&env.a, "a", true);
    open_one(&env.b, "b", false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&env.a);
    rig_close(&env.b);
    station_sim_done(&env.station);
    sim_world_free(env.world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_itself),
        cmocka_unit_test(test_by_another_of_its_id),
        cmocka_unit_test(test_by_the_other_verdict),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
