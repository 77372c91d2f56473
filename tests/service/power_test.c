/*
 * Stations enrol and renew while the power fails, again and again: whatever
 * was not synced is gone, or partly there in any order. What a station was
 * told holds, and it gets on with the same bytes.
 *
 * usage: test_service_power [RUNS]     (of each kind of cut)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/crash_vfs.h"
#include "support/service_rig.h"

#define NUM_STATIONS 3
#define NUM_GOALS 2   /* confirmed certificates a station wants */
#define LAST_CUT 300  /* of the writes and syncs of a life */
#define NUM_LIVES 3   /* of the service in a run; the last one is not cut */
#define MAX_ROUNDS 64 /* far more than a run without cuts needs */

static unsigned long num_runs = 500;
static unsigned long first_seed = 1;

static struct {
    struct sim_world *world;
    const struct config *config;
    struct rig keeps; /* the authority between the lives */
    struct station_sim stations[NUM_STATIONS];
    unsigned long cuts, messages;
} env;

struct run {
    uint64_t seed, random;
    enum crash_mode mode;
    const char *synchronous;
    struct rig rig;
    const char *wrong; /* NULL: nothing */
};

static uint64_t pick(struct run *r, uint64_t below)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return (r->random >> 16) % below;
}

static void note(struct run *r, const char *what)
{
    if (r->wrong == NULL && what != NULL && what[0] != '\0')
        r->wrong = what;
}

static bool is_content(const struct station_sim *s)
{
    return s->phase == SIM_IDLE && s->num_held == NUM_GOALS;
}

static bool all_content(void)
{
    for (size_t i = 0; i < NUM_STATIONS; i++)
        if (!is_content(&env.stations[i]))
            return false;
    return true;
}

static void hear(struct run *r, struct station_sim *s, struct rig_call *call)
{
    /* An answer may be lost on its way, too. */
    int status = pick(r, 8) == 0 ? 0 : call->status;

    switch (station_sim_hear(s, status, rig_body(call))) {
    case SIM_GOES_ON:
    case SIM_AGAIN:
        break;
    case SIM_REFUSED:
        note(r, "a station was refused");
        break;
    case SIM_WRONG:
        note(r, s->wrong);
        break;
    }
}

/* Some of the stations speak at once, so that their changes share a commit. */
static void speak(struct run *r)
{
    struct rig_call calls[NUM_STATIONS];
    bool has_spoken[NUM_STATIONS] = { false };

    for (size_t i = 0; i < NUM_STATIONS; i++) {
        if (is_content(&env.stations[i]) || pick(r, 3) == 0)
            continue;
        has_spoken[i] = true;
        rig_post(&r->rig, &calls[i], station_sim_next(&env.stations[i]));
        env.messages++;
    }
    for (size_t i = 0; i < NUM_STATIONS; i++) {
        if (!has_spoken[i])
            continue;
        rig_wait(&calls[i]);
        hear(r, &env.stations[i], &calls[i]);
        rig_call_done(&calls[i]);
    }
}

/* What a fresh start finds. */
static void look(struct run *r)
{
    for (size_t i = 0; i < NUM_STATIONS; i++)
        note(r, station_sim_check(&env.stations[i], r->rig.worker.session));
}

/* Every message again, in the end: the same bytes come back. */
static void repeat_all(struct run *r)
{
    for (size_t i = 0; i < NUM_STATIONS; i++) {
        struct station_sim *s = &env.stations[i];

        for (size_t k = 0; k < s->num_exchanges; k++)
            note(r, rig_repeat(&r->rig, s, k));
    }
}

/* Not one more than the stations know of. */
static void count_certificates(struct run *r)
{
    AUTO(arena) a = arena_new((size_t)4 << 20);
    struct certificate_filter all = { .max = 0 };
    struct certificate_list list;
    struct fault f = { 0 };

    if (store_list_certificates(r->rig.worker.session, &all, a, &list, &f) !=
            ERR_OK ||
        list.num != (size_t)NUM_STATIONS * NUM_GOALS)
        note(r, "more or fewer certificates than the stations have");
}

/* One life of the service: until the power goes or all have what they want. */
static void live(struct run *r, bool may_cut)
{
    struct service_options options = rig_by_hand(env.world, CRASH_VFS);
    struct fault f = { 0 };
    enum err e;

    options.store_synchronous = r->synchronous;
    if (pick(r, 4) == 0)
        options.store_gather_us = 2000; /* so that they share commits */
    if (may_cut)
        crash_vfs_power_cut_after(1 + pick(r, LAST_CUT), r->seed, r->mode);
    e = rig_open_on(&r->rig, &env.keeps, env.config, &options, &f);
    if (e != ERR_OK && !crash_vfs_is_cut())
        note(r, "the service does not start on what the cut left");
    if (e == ERR_OK && !crash_vfs_is_cut())
        look(r);
    for (int i = 0; e == ERR_OK && i < MAX_ROUNDS && r->wrong == NULL &&
                    !all_content() && !crash_vfs_is_cut();
         i++)
        speak(r);
    if (r->wrong == NULL && !may_cut) {
        note(r, all_content() ? NULL : "not all have what they want");
        repeat_all(r);
        count_certificates(r);
    }
    env.cuts += crash_vfs_is_cut();
    if (may_cut && !crash_vfs_is_cut())
        crash_vfs_power_cut(r->seed, r->mode);
    rig_close(&r->rig);
    crash_vfs_restart();
}

/* NULL, or what went wrong. */
static const char *run(uint64_t seed, enum crash_mode mode,
                       const char *synchronous)
{
    struct run r = { .seed = seed,
                     .random = seed * 0x9e3779b97f4a7c15u + 1,
                     .mode = mode,
                     .synchronous = synchronous };

    crash_vfs_reset();
    for (size_t i = 0; i < NUM_STATIONS; i++)
        station_sim_reset(&env.stations[i], seed);
    for (int life = 1; life <= NUM_LIVES && r.wrong == NULL; life++)
        live(&r, life < NUM_LIVES);
    return r.wrong;
}

static void run_many(enum crash_mode mode)
{
    int64_t start = clock_monotonic_micros();

    env.cuts = env.messages = 0;
    for (uint64_t seed = first_seed; seed < first_seed + num_runs; seed++) {
        const char *wrong = run(seed, mode, NULL);

        if (wrong != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, wrong);
    }
    print_message("%lu runs, %lu cut under way, %lu messages, %lld ms\n",
                  num_runs, env.cuts, env.messages,
                  (long long)(clock_monotonic_micros() - start) / 1000);
}

static void test_drop(void **state)
{
    (void)state;
    run_many(CRASH_DROP);
}

static void test_reorder(void **state)
{
    (void)state;
    run_many(CRASH_REORDER);
}

/* Without syncs these very runs fail, so they do look where it matters. */
static void test_without_syncs_it_shows(void **state)
{
    static const enum crash_mode modes[] = { CRASH_DROP, CRASH_REORDER };

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        unsigned bad = 0;

        for (uint64_t seed = 1; seed <= 20; seed++)
            bad += run(seed, modes[i], "OFF") != NULL;
        print_message("%u of 20 runs without syncs go wrong\n", bad);
        assert_true(bad > 0);
    }
}

static int setup(void **state)
{
    struct sim_setup mem = { .node = "keeps", .kind = "mem" };
    struct service_options options;
    struct fault f = { 0 };

    (void)state;
    env.world = sim_world_new();
    options = rig_by_hand(env.world, NULL);
    if (rig_open(&env.keeps, sim_world_config(env.world, &mem), &options, &f) !=
        ERR_OK)
        fail_msg("the service does not start: %s", f.text);
    env.config =
        sim_world_config(env.world, &(struct sim_setup){ .store = "power.db" });
    for (unsigned i = 0; i < NUM_STATIONS; i++)
        station_sim_init(&env.stations[i], env.world, i);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_STATIONS; i++)
        station_sim_done(&env.stations[i]);
    rig_close(&env.keeps);
    sim_world_free(env.world);
    crash_vfs_reset();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_reorder),
        cmocka_unit_test(test_without_syncs_it_shows),
    };

    if (argc > 1)
        num_runs = strtoul(argv[1], NULL, 10);
    if (argc > 2) /* where the seeds begin */
        first_seed = strtoul(argv[2], NULL, 10);
    crash_vfs_register();
    return cmocka_run_group_tests(tests, setup, teardown);
}
