/*
 * Two services on one file, as two of one process and as two processes: each
 * answers halves of the other's transactions, and where equal requests, or
 * requests that exclude each other, race at both, one wins.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/service_rig.h"

#define NUM_CLIENTS 8 /* threads that ask; half of them each service */
#define NUM_ROUNDS 12
#define STORE "nodes.db"

/* Where a client asks: a service of this process, or a socket to the other. */
struct door {
    struct rig *rig; /* NULL: over the socket */
    int fd;
};

struct answer {
    int status;
    uint32_t len;
    uint8_t *body;
};

static struct {
    struct sim_world *world;
    struct rig a, b; /* b may be in the other process */
    pid_t other;     /* 0: none */
    struct door doors[NUM_CLIENTS];
    struct station_sim station;
    uint64_t seed;
} env;

/* --- asking --- */

static bool read_all(int fd, void *out, size_t len)
{
    uint8_t *at = out;
    ssize_t n;

    for (; len > 0; at += n, len -= (size_t)n) {
        n = read(fd, at, len);
        if (n <= 0)
            return false;
    }
    return true;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
    return write(fd, bytes, len) == (ssize_t)len;
}

static void ask_rig(struct rig *r, struct span bytes, struct answer *out)
{
    struct rig_call call;

    rig_post(r, &call, bytes);
    rig_wait(&call);
    *out = (struct answer){ call.status, (uint32_t)call.len, call.body };
    call.body = NULL;
    rig_call_done(&call);
}

static void ask_process(int fd, struct span bytes, struct answer *out)
{
    uint32_t len = (uint32_t)bytes.len;

    *out = (struct answer){ 0 };
    if (!write_all(fd, &len, sizeof(len)) || !write_all(fd, bytes.ptr, len) ||
        !read_all(fd, &out->status, sizeof(out->status)) ||
        !read_all(fd, &out->len, sizeof(out->len)))
        abort();
    out->body = malloc(out->len + 1);
    if (out->body == NULL || !read_all(fd, out->body, out->len))
        abort();
}

static void ask(const struct door *door, struct span bytes, struct answer *out)
{
    if (door->rig != NULL)
        ask_rig(door->rig, bytes, out);
    else
        ask_process(door->fd, bytes, out);
}

struct client {
    pthread_t thread;
    pthread_barrier_t *start;
    const struct door *door;
    struct span bytes;
    struct answer answer;
};

static void *client_main(void *arg)
{
    struct client *c = arg;

    pthread_barrier_wait(c->start);
    ask(c->door, c->bytes, &c->answer);
    return NULL;
}

/* All clients at once, each with its own bytes. */
static void race(const struct span bytes[NUM_CLIENTS],
                 struct answer out[NUM_CLIENTS])
{
    struct client clients[NUM_CLIENTS];
    pthread_barrier_t start;

    pthread_barrier_init(&start, NULL, NUM_CLIENTS);
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        clients[i] = (struct client){ .start = &start,
                                      .door = &env.doors[i],
                                      .bytes = bytes[i] };
        if (pthread_create(&clients[i].thread, NULL, client_main,
                           &clients[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        out[i] = clients[i].answer;
    }
    pthread_barrier_destroy(&start);
}

static struct span body_of(const struct answer *a)
{
    return span_of(a->body, a->len);
}

static void free_all(struct answer answers[NUM_CLIENTS])
{
    for (size_t i = 0; i < NUM_CLIENTS; i++)
        free(answers[i].body);
}

/* --- looking --- */

static void check_station(size_t num_certificates)
{
    struct certificate_filter by = { .max = 0 };
    AUTO(arena) a = arena_new((size_t)4 << 20);
    AUTO(store_session) session = NULL;
    struct certificate_list list;
    struct fault f = { 0 };
    const char *why;

    assert_int_equal(
        store_session_new(service_line(env.a.service)->store, &session, &f),
        ERR_OK);
    why = station_sim_check(&env.station, session);
    if (why != NULL)
        fail_msg("%s", why);
    assert_int_equal(store_list_certificates(session, &by, a, &list, &f),
                     ERR_OK);
    assert_int_equal(list.num, num_certificates);
}

/* Every message of the station again, at both: the answers are the same. */
static void check_repeats(void)
{
    struct station_sim *s = &env.station;
    struct answer answer;

    for (size_t i = 0; i < s->num_exchanges; i++) {
        for (size_t k = 0; k < 2; k++) {
            const char *why;

            ask(&env.doors[k], s->exchanges[i].request, &answer);
            why = station_sim_hear_again(s, i, answer.status, body_of(&answer));
            if (why[0] != '\0')
                fail_msg("%s", why);
            free(answer.body);
        }
    }
}

/* PKIFailureInfo of a refusal; -1: not one. */
static int64_t refusal_of(const struct answer *answer)
{
    AUTO(arena) a = arena_new((size_t)1 << 20);
    const struct pki_status_info *status;
    struct cmp_message msg;

    assert_int_equal(answer->status, 200);
    assert_int_equal(cmp_message_read(body_of(answer), a, &msg, NULL), ERR_OK);
    if (msg.body.type == CMP_PKICONF)
        return -1;
    status = msg.body.type == CMP_ERROR
                 ? &msg.body.error.status
                 : &msg.body.cert_rep.responses[0].status;
    return status->status == STATUS_REJECTION ? (int64_t)status->fail_info : -1;
}

/* One is welcome; the others are refused for this reason. Which one it was. */
static size_t find_winner(const struct answer answers[NUM_CLIENTS],
                          uint32_t fail_info)
{
    size_t winner = NUM_CLIENTS;

    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        int64_t refusal = refusal_of(&answers[i]);

        if (refusal >= 0) {
            if ((refusal & fail_info) == 0)
                fail_msg("client %zu: refused with bits %#llx", i,
                         (unsigned long long)refusal);
            continue;
        }
        assert_int_equal(winner, NUM_CLIENTS);
        winner = i;
    }
    assert_int_not_equal(winner, NUM_CLIENTS);
    return winner;
}

/* --- the tests --- */

static void exchange_at(size_t door)
{
    struct answer answer;

    ask(&env.doors[door], station_sim_next(&env.station), &answer);
    assert_int_equal(
        station_sim_hear(&env.station, answer.status, body_of(&answer)),
        SIM_GOES_ON);
    free(answer.body);
}

static void test_halves(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3; round++) {
        exchange_at(round % 2);
        exchange_at((round + 1) % 2);
    }
    check_station(3);
    check_repeats();
}

/* The station's next message from all clients at once. */
static void race_equal(void)
{
    struct span bytes[NUM_CLIENTS];
    struct answer answers[NUM_CLIENTS];

    for (size_t i = 0; i < NUM_CLIENTS; i++)
        bytes[i] = station_sim_next(&env.station);
    race(bytes, answers);
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        if (answers[i].status != 200)
            fail_msg("client %zu: HTTP %d", i, answers[i].status);
        if (!span_is_equal(body_of(&answers[i]), body_of(&answers[0])))
            fail_msg("client %zu: other bytes than client 0; refused with %lld",
                     i, (long long)refusal_of(&answers[i]));
    }
    assert_int_equal(station_sim_hear(&env.station, 200, body_of(&answers[0])),
                     SIM_GOES_ON);
    free_all(answers);
}

static void test_equal_requests(void **state)
{
    (void)state;
    for (size_t round = 0; round < NUM_ROUNDS; round++) {
        if (env.station.num_held == SIM_MAX_HELD)
            break;
        race_equal();
        race_equal();
        check_station(round + 1);
    }
    check_repeats();
}

/* Different messages under one transactionID. */
static void test_one_transaction_id(void **state)
{
    struct station_sim *s = &env.station;
    struct span bytes[NUM_CLIENTS];
    struct answer answers[NUM_CLIENTS];

    (void)state;
    for (size_t round = 0; round < NUM_ROUNDS; round++) {
        station_sim_reset(s, env.seed++);
        bytes[0] = station_sim_ask(s);
        for (size_t i = 1; i < NUM_CLIENTS; i++)
            bytes[i] = station_sim_ask_otherwise(s);
        race(bytes, answers);
        find_winner(answers, 1u << FI_TRANSACTION_ID_IN_USE);
        free_all(answers);
        check_station(round + 1);
    }
}

/* Several updates of one certificate: one at a time. */
static void test_one_update(void **state)
{
    struct station_sim *s = &env.station;
    struct span bytes[NUM_CLIENTS];
    struct answer answers[NUM_CLIENTS];

    (void)state;
    for (size_t round = 0; round < NUM_ROUNDS; round++) {
        station_sim_reset(s, env.seed++);
        exchange_at(0);
        exchange_at(1);
        for (size_t i = 0; i < NUM_CLIENTS; i++) {
            station_sim_forget(s);
            bytes[i] = station_sim_ask(s);
        }
        race(bytes, answers);
        find_winner(answers, ~0u);
        free_all(answers);
        check_station(2 * round + 2);
    }
}

/* A certConf that accepts against one that rejects: what the winner was told
 * is so. */
static void test_two_verdicts(void **state)
{
    struct station_sim *s = &env.station;
    struct span bytes[NUM_CLIENTS], accepts, rejects;
    struct answer answers[NUM_CLIENTS];

    (void)state;
    for (size_t round = 0; round < NUM_ROUNDS; round++) {
        struct sim_held *held = &s->held[0];
        bool has_accepted = false, has_rejected = false;

        station_sim_reset(s, env.seed++);
        exchange_at(round % 2);
        accepts = station_sim_confirm(s, SIM_ACCEPTS);
        s->phase = SIM_HOLDS;
        rejects = station_sim_confirm(s, SIM_REJECTS);
        for (size_t i = 0; i < NUM_CLIENTS; i++)
            bytes[i] = i / 2 % 2 == round % 2 ? accepts : rejects;
        race(bytes, answers);
        for (size_t i = 0; i < NUM_CLIENTS; i++) {
            if (refusal_of(&answers[i]) >= 0)
                continue;
            if (bytes[i].ptr == accepts.ptr)
                has_accepted = true;
            else
                has_rejected = true;
        }
        free_all(answers);
        assert_true(has_accepted != has_rejected);
        held->status =
            has_accepted ? CERTIFICATE_CONFIRMED : CERTIFICATE_REJECTED;
        check_station(round + 1);
    }
}

/* --- the other process --- */

struct server {
    pthread_t thread;
    struct rig *rig;
    int fd;
};

static void *server_main(void *arg)
{
    const struct server *s = arg;
    struct answer answer;
    uint8_t *bytes;
    uint32_t len;

    while (read_all(s->fd, &len, sizeof(len))) {
        bytes = malloc(len);
        if (bytes == NULL || !read_all(s->fd, bytes, len))
            abort();
        ask_rig(s->rig, span_of(bytes, len), &answer);
        if (!write_all(s->fd, &answer.status, sizeof(answer.status)) ||
            !write_all(s->fd, &answer.len, sizeof(answer.len)) ||
            !write_all(s->fd, answer.body, answer.len))
            abort();
        free(answer.body);
        free(bytes);
    }
    return NULL;
}

static void open_service(struct rig *r, const struct config *config)
{
    struct service_options options = rig_by_hand(env.world, NULL);
    struct fault f = { 0 };

    options.without_threads = false;
    if (rig_open(r, config, &options, &f) != ERR_OK) {
        fprintf(stderr, "the service does not start: %s\n", f.text);
        abort();
    }
}

static noreturn void be_other(const struct config *config, const int *fds)
{
    struct server servers[NUM_CLIENTS / 2];

    open_service(&env.b, config);
    for (size_t i = 0; i < NUM_CLIENTS / 2; i++) {
        servers[i] = (struct server){ .rig = &env.b, .fd = fds[i] };
        if (pthread_create(&servers[i].thread, NULL, server_main,
                           &servers[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < NUM_CLIENTS / 2; i++)
        pthread_join(servers[i].thread, NULL);
    rig_close(&env.b);
    _exit(0);
}

static void fork_other(const struct config *config)
{
    int ours[NUM_CLIENTS / 2], theirs[NUM_CLIENTS / 2], pair[2];

    for (size_t i = 0; i < NUM_CLIENTS / 2; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
            abort();
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    fflush(NULL);
    env.other = fork();
    if (env.other == 0) {
        for (size_t i = 0; i < NUM_CLIENTS / 2; i++)
            close(ours[i]);
        be_other(config, theirs);
    }
    for (size_t i = 0; i < NUM_CLIENTS / 2; i++) {
        close(theirs[i]);
        env.doors[2 * i + 1] = (struct door){ NULL, ours[i] };
    }
}

/* --- before and after each test --- */

static void open_both(bool is_forking)
{
    const struct config *a, *b;

    env.world = sim_world_new();
    a = sim_world_config(env.world,
                         &(struct sim_setup){ .node = "a", .store = STORE });
    b = sim_world_config(env.world,
                         &(struct sim_setup){ .node = "b", .store = STORE });
    station_sim_init(&env.station, env.world, 1);
    env.seed = 1;
    if (is_forking)
        fork_other(b); /* while this process has one thread */
    open_service(&env.a, a);
    if (!is_forking)
        open_service(&env.b, b);
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        if (i % 2 == 0)
            env.doors[i] = (struct door){ &env.a, -1 };
        else if (!is_forking)
            env.doors[i] = (struct door){ &env.b, -1 };
    }
}

static int open_in_process(void **state)
{
    (void)state;
    open_both(false);
    return 0;
}

static int open_processes(void **state)
{
    (void)state;
    open_both(true);
    return 0;
}

static int close_both(void **state)
{
    int status = 0;

    (void)state;
    if (env.other != 0) {
        for (size_t i = 1; i < NUM_CLIENTS; i += 2)
            close(env.doors[i].fd);
        waitpid(env.other, &status, 0);
    } else {
        rig_close(&env.b);
    }
    rig_close(&env.a);
    env.other = 0;
    station_sim_done(&env.station);
    sim_world_free(env.world);
    return status;
}

/* Each test over both. */
#define OVER_BOTH(test)                                                  \
    { #test ", two processes", test, open_processes, close_both, NULL }, \
    {                                                                    \
#test ", one process", test, open_in_process, close_both, NULL   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_BOTH(test_halves),
        OVER_BOTH(test_equal_requests),
        OVER_BOTH(test_one_transaction_id),
        OVER_BOTH(test_one_update),
        OVER_BOTH(test_two_verdicts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
