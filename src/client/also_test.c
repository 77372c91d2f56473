/*
 * Several certificates by one message: each with its key in a directory of its
 * own, all of them or what is granted, and stopped at every durable step.
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

#include "base/file.h"
#include "client/internal.h"
#include "support/fake_station.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define ASKED 3

/* A station, and the directories of its further certificates. */
struct scene {
    struct fake_station fs;
    const char *dirs[ASKED];
    struct client_also also[ASKED - 1];
};

static void scene_init(struct scene *s)
{
    fake_station_init(&s->fs);
    s->dirs[0] = s->fs.dir;
    for (size_t i = 1; i < ASKED; i++) {
        s->dirs[i] = arena_printf(s->fs.ra->arena, "%s-%zu", s->fs.dir, i);
        s->also[i - 1] = (struct client_also){ .dir = s->dirs[i] };
    }
    s->also[1].subject = "CN=second";
    s->fs.run.also = s->also;
    s->fs.run.num_also = NUM(s->also);
}

/* The fake station's folder is one of these for a while. */
static void use(struct scene *s, size_t at)
{
    s->fs.dir = s->dirs[at];
}

static void scene_reset(struct scene *s)
{
    for (size_t i = 0; i < ASKED; i++) {
        use(s, i);
        fake_station_reset(&s->fs);
    }
    use(s, 0);
}

static void scene_done(struct scene *s)
{
    scene_reset(s);
    fake_station_done(&s->fs);
}

/* Bit i: a sound pair lies in the i-th directory. */
static unsigned pairs(struct scene *s)
{
    unsigned bits = 0;
    bool has;

    for (size_t i = 0; i < ASKED; i++) {
        use(s, i);
        assert_true(fake_station_is_sound(&s->fs, &has));
        bits |= has ? 1u << i : 0;
    }
    use(s, 0);
    return bits;
}

static void load_cert(struct scene *s, size_t at, struct arena *a,
                      struct x509_cert *out)
{
    struct pair pair;

    assert_int_equal(pair_load(s->dirs[at], a, &pair, NULL), ERR_OK);
    assert_int_equal(x509_read(pair.cert, a, out), ERR_OK);
}

static void test_all(void **state)
{
    AUTO(arena) a = arena_new(CLIENT_ARENA);
    struct x509_cert certs[ASKED];
    struct scene s;
    struct fault f;

    (void)state;
    scene_init(&s);
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_OK);
    assert_int_equal(pairs(&s), 7);
    assert_int_equal(s.fs.ra->num_posts, 2);
    for (size_t i = 0; i < ASKED; i++) {
        load_cert(&s, i, a, &certs[i]);
        for (size_t k = 0; k < i; k++)
            assert_false(span_is_equal(certs[i].spki.der, certs[k].spki.der));
    }
    assert_string_equal(name_format(certs[2].subject, a), "CN=second");
    assert_true(span_is_equal(certs[0].subject, certs[1].subject));
    /* Each is renewed where it lies, and the others stay. */
    use(&s, 1);
    assert_int_equal(fake_station_renew(&s.fs, &f), ERR_OK);
    assert_int_equal(pairs(&s), 7);
    scene_done(&s);
}

/* --- not all of them --- */

#define REPLY(name, statement)                                 \
    static void name(struct fake_ra *ra, struct fake_reply *r) \
    {                                                          \
        (void)ra;                                              \
        if (r->body.type == CMP_IP) {                          \
            statement;                                         \
        }                                                      \
    }
#define CERT(name, statement)                                 \
    static void name(struct fake_ra *ra, struct fake_cert *c) \
    {                                                         \
        (void)ra;                                             \
        statement;                                            \
    }

static void refuse(struct fake_reply *r, size_t at)
{
    r->responses[at] = (struct cert_response){ .cert_req_id = (int64_t)at };
    r->responses[at].status.status = STATUS_REJECTION;
    r->responses[at].status.has_fail_info = true;
    r->responses[at].status.fail_info = 1u << FI_BAD_CERT_TEMPLATE;
}

REPLY(first, refuse(r, 0))
REPLY(second, refuse(r, 1))
REPLY(all_but_last, refuse(r, 0); refuse(r, 1))
REPLY(all, refuse(r, 0); refuse(r, 1); refuse(r, 2))
REPLY(lacks_one, r->body.cert_rep.num_responses = 2)
REPLY(swapped, struct span first = r->responses[0].certificate;
      r->responses[0].certificate = r->responses[1].certificate;
      r->responses[1].certificate = first)
CERT(second_key, if (c->at == 1) c->spki = test_key_spki(ra->station->key))
CERT(first_expired, if (c->at == 0) c->not_after = TEST_NOW - 1)
CERT(third_of_vendor, if (c->at == 2) c->issuer = ra->vendor_root)

static void test_some(void **state)
{
    static const struct {
        const char *what;
        void (*reply)(struct fake_ra *ra, struct fake_reply *r);
        void (*cert)(struct fake_ra *ra, struct fake_cert *c);
        unsigned pairs;
        const char *text; /* in what is told last */
    } rows[] = {
        { "the first refused", first, NULL, 6, "badCertTemplate" },
        { "the second refused", second, NULL, 5, "badCertTemplate" },
        { "two refused", all_but_last, NULL, 4, "badCertTemplate" },
        { "all refused", all, NULL, 0, "" },
        { "no answer to one", lacks_one, NULL, 0, "" },
        { "certificates swapped", swapped, NULL, 4, "another key" },
        { "another's key", NULL, second_key, 5, "another key" },
        { "expired", NULL, first_expired, 6, "good from" },
        { "issued by the vendor", NULL, third_of_vendor, 3,
          "the certificate: " },
    };
    size_t failures = 0;
    struct scene s;

    (void)state;
    scene_init(&s);
    for (size_t i = 0; i < NUM(rows); i++) {
        struct fault f = { 0 };
        enum err e;

        scene_reset(&s);
        s.fs.ra->change = rows[i].reply;
        s.fs.ra->change_cert = rows[i].cert;
        e = fake_station_enroll(&s.fs, &f);
        if (e != ERR_REFUSED || pairs(&s) != rows[i].pairs ||
            fake_station_is_pending(&s.fs) ||
            strstr(s.fs.last, rows[i].text) == NULL) {
            print_error("%s: %s, %u: %s: %s\n", rows[i].what, err_name(e),
                        pairs(&s), f.text, s.fs.last);
            failures++;
        }
    }
    scene_done(&s);
    assert_int_equal(failures, 0);
}

static void test_waits(void **state)
{
    struct scene s;
    struct fault f;

    (void)state;
    scene_init(&s);
    s.fs.ra->is_slow = true;
    s.fs.run.wait = 0;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_WAITING);
    s.fs.now += 60;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_WAITING);
    assert_int_equal(pairs(&s), 0);
    assert_int_equal(s.fs.num_ignored, 0);
    scene_done(&s);
}

/* --- stopped --- */

static unsigned probes_left;

static void stop_there(void *arg, enum client_probe at)
{
    (void)arg;
    (void)at;
    if (--probes_left == 0)
        _exit(42);
}

/* True: it came to its end before its n-th probe. */
static bool run_until(struct scene *s, unsigned n, enum err result)
{
    struct fault f = { 0 };
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        probes_left = n;
        s->fs.env.probe = stop_there;
        _exit(fake_station_enroll(&s->fs, &f) == result ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 1);
    return WEXITSTATUS(status) == 0;
}

/* Whatever was stopped, all of it comes about, and is asked for once. The call
 * that goes on knows nothing of the other certificates. */
static void check_stopped(struct scene *s, unsigned wanted, enum err result)
{
    bool is_done = false;

    for (unsigned n = 1; !is_done; n++) {
        size_t issued;

        scene_reset(s);
        issued = fake_ra_num_issued(s->fs.ra);
        s->fs.run.num_also = NUM(s->also);
        is_done = run_until(s, n, result);
        (void)pairs(s);
        s->fs.run.num_also = 0;
        if (fake_station_is_pending(&s->fs)) {
            struct fault f = { 0 };

            assert_int_equal(fake_station_enroll(&s->fs, &f), result);
        } else if (n == 1) { /* before anything was kept: begun anew */
            continue;
        }
        assert_int_equal(pairs(s), wanted);
        assert_false(fake_station_is_pending(&s->fs));
        assert_int_equal(fake_ra_num_issued(s->fs.ra) - issued, 1);
        assert_true(n < 40);
    }
}

static void test_stopped(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    check_stopped(&s, 7, ERR_OK);
    s.fs.ra->change = first;
    check_stopped(&s, 6, ERR_REFUSED);
    s.fs.ra->change = second;
    check_stopped(&s, 5, ERR_REFUSED);
    scene_done(&s);
}

/* What is given up is begun anew with all that was asked for, under a secret
 * as well. */
static void test_given_up(void **state)
{
    struct scene s;
    struct fault f;

    (void)state;
    scene_init(&s);
    fake_ra_share(s.fs.ra, &s.fs.settings);
    s.fs.ra->no_answer = ERR_IO;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_NO_ANSWER);
    s.fs.now += 3600;
    s.fs.run.once = false;
    s.fs.run.num_also = 0;
    s.fs.ra->no_answer = ERR_OK;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_OK);
    assert_int_equal(pairs(&s), 7);
    scene_done(&s);
}

/* --- what is not begun --- */

static void test_directories(void **state)
{
    struct client_also same[2];
    struct scene s;
    struct fault f;

    (void)state;
    scene_init(&s);
    same[0] = same[1] = s.also[0];
    s.fs.run.also = same;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_SYSTEM_UNAVAIL);
    same[1].dir = s.fs.dir;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_SYSTEM_UNAVAIL);
    s.fs.run.also = s.also;
    s.fs.run.request = CMP_P10CR;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_CONFIG);
    s.fs.run.request = CMP_IR;
    s.fs.run.num_also = CLIENT_MAX_ASKED;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_CONFIG);
    assert_int_equal(s.fs.ra->num_posts, 0);

    /* One that has a certificate, or waits for one. */
    s.fs.run.num_also = 0;
    use(&s, 2);
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_OK);
    use(&s, 0);
    s.fs.run.num_also = NUM(s.also);
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_EXISTS);
    assert_non_null(strstr(f.text, s.dirs[2]));
    s.fs.ra->no_answer = ERR_IO;
    use(&s, 2);
    assert_int_equal(fake_station_renew(&s.fs, &f), ERR_NO_ANSWER);
    use(&s, 0);
    s.fs.run.again = true;
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_EXISTS);
    assert_non_null(strstr(f.text, "under way"));
    s.fs.ra->no_answer = ERR_OK;
    use(&s, 2);
    assert_int_equal(fake_station_renew(&s.fs, &f), ERR_OK);
    use(&s, 0);
    assert_int_equal(fake_station_enroll(&s.fs, &f), ERR_OK);
    assert_int_equal(pairs(&s), 7);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),      cmocka_unit_test(test_some),
        cmocka_unit_test(test_waits),    cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_given_up), cmocka_unit_test(test_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
