/*
 * The station stopped at every durable step and started again; trust learnt
 * from an answer; what is given up when.
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

#include "base/text.h"
#include "client/internal.h"
#include "support/fake_station.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* --- stopped --- */

static unsigned probes_left;

static void stop_there(void *arg, enum client_probe at)
{
    (void)arg;
    (void)at;
    if (--probes_left == 0)
        _exit(42);
}

/*
 * Runs a verb in a process that ends at its n-th probe. True: it came to its
 * end before that.
 */
static bool run_until(struct fake_station *fs, unsigned n,
                      enum err (*verb)(struct fake_station *, struct fault *))
{
    struct fault f = { 0 };
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        probes_left = n;
        fs->env.probe = stop_there;
        _exit(verb(fs, &f) == ERR_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 1);
    return WEXITSTATUS(status) == 0;
}

static void read_pair(struct fake_station *fs, struct buf *out)
{
    char path[4096];

    buf_clear(out);
    snprintf(path, sizeof(path), "%s/current/certificate.pem", fs->dir);
    assert_int_equal(file_load(path, out, NULL), ERR_OK);
}

static void check_stopped_enroll(struct fake_station *fs)
{
    struct fault f = { 0 };
    bool has, is_done = false;

    for (unsigned n = 1; !is_done; n++) {
        size_t issued;

        fake_station_reset(fs);
        issued = fake_ra_num_issued(fs->ra);
        is_done = run_until(fs, n, fake_station_enroll);
        assert_true(fake_station_is_sound(fs, &has));
        if (!is_done) {
            enum err e = fake_station_enroll(fs, &f);

            /* Stopped after its last step it has what it wants. */
            assert_true(e == ERR_OK || (e == ERR_EXISTS && has));
        }
        assert_true(fake_station_is_sound(fs, &has) && has);
        assert_false(fake_station_is_pending(fs));
        /* Nothing was asked for twice: the same bytes went again. */
        assert_int_equal(fake_ra_num_issued(fs->ra) - issued, 1);
        assert_true(n < 30);
    }
}

static void test_stopped_enroll(void **state)
{
    struct fake_station fs;

    (void)state;
    fake_station_init(&fs);
    check_stopped_enroll(&fs);
    fake_ra_share(fs.ra, &fs.settings);
    check_stopped_enroll(&fs);
    fake_station_done(&fs);
}

static void test_stopped_renew(void **state)
{
    struct buf before, after;
    struct fake_station fs;
    struct fault f = { 0 };
    bool has, is_done = false;

    (void)state;
    fake_station_init(&fs);
    buf_init(&before, LIMIT_FILE_LEN);
    buf_init(&after, LIMIT_FILE_LEN);
    for (unsigned n = 1; !is_done; n++) {
        fake_station_reset(&fs);
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
        read_pair(&fs, &before);
        is_done = run_until(&fs, n, fake_station_renew);
        /* The old pair or the new one, whole. */
        assert_true(fake_station_is_sound(&fs, &has) && has);
        if (!is_done && fake_station_is_pending(&fs))
            assert_int_equal(fake_station_renew(&fs, &f), ERR_OK);
        assert_true(fake_station_is_sound(&fs, &has) && has);
        read_pair(&fs, &after);
        if (is_done || n > 2)
            assert_false(span_is_equal(buf_span(&before), buf_span(&after)));
    }
    buf_done(&before);
    buf_done(&after);
    fake_station_done(&fs);
}

/* A write that fails is no step taken. */
static void test_no_room(void **state)
{
    char path[4096];
    struct fake_station fs;
    struct fault f = { 0 };
    bool has;

    (void)state;
    fake_station_init(&fs);
    assert_int_equal(dir_create(fs.dir, 0700, NULL), ERR_OK);
    snprintf(path, sizeof(path), "%s/pending", fs.dir);
    assert_int_equal(dir_create(path, 0700, NULL), ERR_OK);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_IO);
    assert_int_equal(fs.ra->num_posts, 0);
    assert_true(fake_station_is_sound(&fs, &has) && !has);
    fake_station_done(&fs);
}

static void test_damaged(void **state)
{
    char path[4096];
    struct fake_station fs;
    struct fault f = { 0 };
    struct buf b;

    (void)state;
    fake_station_init(&fs);
    fs.ra->no_answer = ERR_IO;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    snprintf(path, sizeof(path), "%s/pending", fs.dir);
    buf_init(&b, LIMIT_FILE_LEN);
    assert_int_equal(file_load(path, &b, NULL), ERR_OK);
    for (size_t len = 0; len < b.len - 1; len += 97) {
        assert_int_equal(file_save(path, span_of(b.ptr, len), 0600, NULL),
                         ERR_OK);
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    }
    buf_done(&b);
    fake_station_done(&fs);
}

/* --- silence --- */

static unsigned silent_posts;
static struct client_transport behind;

/* Nobody answers the first posts. */
static enum err post_late(void *arg, const char *url, struct span message,
                          int64_t timeout_ms, struct client_answer *answer,
                          struct fault *f)
{
    (void)arg;
    if (silent_posts > 0) {
        silent_posts--;
        return fault_set(f, ERR_TIMEOUT, "silence");
    }
    return behind.post(behind.arg, url, message, timeout_ms, answer, f);
}

static void test_repeats(void **state)
{
    static const struct {
        unsigned silent;
        int64_t timeout;
        enum err err;
        unsigned gave_up;
    } cases[] = {
        { 3, 120, ERR_OK, 0 },
        { 1000, 120, ERR_NO_ANSWER, 0 },
        { 30, 3600, ERR_OK, 1 }, /* the request's time is over: a new one */
    };
    struct fake_station fs;
    bool has;

    (void)state;
    fake_station_init(&fs);
    behind = fs.env.transport;
    fs.env.transport.post = post_late;
    fs.run.once = false;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct fault f = { 0 };

        fake_station_reset(&fs);
        silent_posts = cases[i].silent;
        fs.run.timeout = cases[i].timeout;
        assert_int_equal(fake_station_enroll(&fs, &f), cases[i].err);
        assert_true((fs.num_gave_up > 0) == (cases[i].gave_up > 0));
        assert_true(fake_station_is_sound(&fs, &has));
        assert_int_equal(has, cases[i].err == ERR_OK);
        assert_int_equal(fake_station_is_pending(&fs), !has);
    }
    fake_station_done(&fs);
}

static void forge(struct fake_ra *ra, struct buf *answer)
{
    (void)ra;
    answer->ptr[answer->len - 1] ^= 1;
}

/* Beyond the confirm deadline: a server that was away still gets the certConf;
 * one that answers rubbish does not hold the station for ever. */
static void test_beyond_deadline(void **state)
{
    struct fault f = { 0 };
    struct fake_station fs;
    bool has;

    (void)state;
    fake_station_init(&fs);
    for (int answers = 0; answers < 2; answers++) {
        size_t issued;

        fake_station_reset(&fs);
        issued = fake_ra_num_issued(fs.ra);
        fs.run.once = true;
        fs.ra->only = CMP_CERT_CONF;
        fs.ra->damage = forge;
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
        assert_true(fake_station_is_pending(&fs));
        fs.now += 2 * TEST_DAY;
        fs.run.once = false;
        if (answers == 0) {
            fs.ra->damage = NULL;
            fs.ra->no_answer = ERR_IO;
            assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
            fs.ra->no_answer = ERR_OK;
            assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
            assert_int_equal(fake_ra_num_issued(fs.ra) - issued, 1);
            assert_true(fake_station_is_sound(&fs, &has) && has);
        } else {
            assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
            assert_int_equal(fs.num_gave_up, 1);
            assert_true(fake_ra_num_issued(fs.ra) - issued > 1);
            assert_true(fake_station_is_sound(&fs, &has) && !has);
        }
    }
    fake_station_done(&fs);
}

/* --- learning --- */

static void swap_root(struct fake_ra *ra, struct fake_reply *r)
{
    const struct test_cert *other = test_cert_make(
        ra->pki,
        &(struct test_cert_spec){ .subject = "CN=Operator Root", .ca = true });

    if (r->num_extra > 0)
        r->extra[r->num_extra - 1] = other->der;
}

static void add_roots(struct fake_ra *ra, struct fake_reply *r)
{
    if (r->num_extra > 0) {
        fake_reply_extra(r, ra->vendor_root->der);
        fake_reply_extra(
            r, test_cert_make(
                   ra->pki,
                   &(struct test_cert_spec){ .subject = "CN=Evil", .ca = true })
                   ->der);
    }
}

static void ca_pubs(struct fake_ra *ra, struct fake_reply *r)
{
    struct span *list = arena_alloc(ra->arena, sizeof(*list));

    if (r->body.type != CMP_IP && r->body.type != CMP_KUP)
        return;
    *list = ra->vendor_root->der;
    r->body.cert_rep.ca_pubs = list;
    r->body.cert_rep.num_ca_pubs = 1;
    r->body.cert_rep.has_ca_pubs = true;
}

static void no_root(struct fake_ra *ra, struct fake_reply *r)
{
    (void)ra;
    if (r->num_extra > 0)
        r->num_extra--;
}

/* The certificate leads to the root that comes along; the signer does not. */
static void other_signer(struct fake_ra *ra, struct fake_reply *r)
{
    const struct test_cert *evil = test_cert_make(
        ra->pki, &(struct test_cert_spec){ .subject = "CN=Evil", .ca = true });

    r->signer = test_cert_make(
        ra->pki, &(struct test_cert_spec){ .subject = "CN=RA",
                                           .issuer = evil,
                                           .eku = "1.3.6.1.5.5.7.3.28" });
    fake_reply_extra(r, r->signer->der);
    fake_reply_extra(r, evil->der);
}

static void reject(struct fake_ra *ra, struct fake_reply *r)
{
    (void)ra;
    r->responses[0] = (struct cert_response){ 0 };
    r->responses[0].status.status = STATUS_REJECTION;
}

static void check_root(struct fake_station *fs, enum root_origin origin)
{
    AUTO(arena) a = arena_new(CLIENT_ARENA);
    struct client_status st;
    struct pair pair;
    struct cert_list roots;

    assert_int_equal(station_status(fs->dir, &fs->settings, a, &st, NULL),
                     ERR_OK);
    assert_true(st.has_pair);
    assert_int_equal(st.origin, origin);
    assert_int_equal(pair_load(fs->dir, a, &pair, NULL), ERR_OK);
    assert_true(span_is_equal(pair.root, fs->ra->root->der));
    assert_int_equal(
        certs_load(path_join(pair.path, "root.pem", a), a, &roots, NULL),
        ERR_OK);
    assert_int_equal(roots.num, 1);
}

static void test_learn(void **state)
{
    static const struct {
        const char *what;
        void (*change)(struct fake_ra *ra, struct fake_reply *r);
        bool has_fingerprint, fits;
        enum err err;
    } cases[] = {
        { "good", NULL, false, false, ERR_OK },
        { "right fingerprint", NULL, true, true, ERR_OK },
        { "wrong fingerprint", NULL, true, false, ERR_NO_ANSWER },
        { "root swapped", swap_root, false, false, ERR_NO_ANSWER },
        { "no root", no_root, false, false, ERR_NO_ANSWER },
        { "roots added", add_roots, false, false, ERR_OK },
        { "caPubs", ca_pubs, false, false, ERR_OK },
        { "signer from elsewhere", other_signer, false, false, ERR_NO_ANSWER },
        { "a refusal nobody vouches for", reject, false, false, ERR_NO_ANSWER },
        { "a refusal under the fingerprint", reject, true, true, ERR_REFUSED },
    };
    struct fake_station fs;
    uint8_t id[32];
    char right[65];

    (void)state;
    fake_station_init(&fs);
    hash_sha256_pair(fs.ra->root->der, SPAN_NONE, id);
    hex_format(SPAN_OF(id), right, sizeof(right));
    fs.settings.root = NULL;
    fs.settings.trust = TRUST_LEARN;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct fault f = { 0 };
        enum err e;
        bool has;

        fake_station_reset(&fs);
        fs.ra->change = cases[i].change;
        fs.settings.fingerprint = !cases[i].has_fingerprint ? NULL
                                  : cases[i].fits
                                      ? right
                                      : "00112233445566778899aabbccddeeff"
                                        "00112233445566778899aabbccddeeff";
        e = fake_station_enroll(&fs, &f);
        if (e != cases[i].err)
            fail_msg("%s: %s %s", cases[i].what, err_name(e), f.text);
        assert_true(fake_station_is_sound(&fs, &has));
        assert_int_equal(has, e == ERR_OK);
        if (has)
            check_root(&fs, cases[i].fits ? ROOT_VERIFIED : ROOT_UNVERIFIED);
    }
    fake_station_done(&fs);
}

/* What was learnt is what is believed from then on; a stop in between keeps it
 * for the transaction alone. */
static void test_learnt_is_pinned(void **state)
{
    struct fault f = { 0 };
    struct fake_station fs;
    bool has;

    (void)state;
    fake_station_init(&fs);
    fs.settings.root = NULL;
    fs.settings.trust = TRUST_LEARN;
    assert_false(run_until(&fs, 5, fake_station_enroll)); /* certConf kept */
    assert_true(fake_station_is_sound(&fs, &has) && !has);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    check_root(&fs, ROOT_UNVERIFIED);
    fs.ra->change = swap_root; /* another root is not looked at */
    assert_int_equal(fake_station_renew(&fs, &f), ERR_OK);
    check_root(&fs, ROOT_UNVERIFIED);
    fs.ra->change = other_signer;
    assert_int_equal(fake_station_renew(&fs, &f), ERR_NO_ANSWER);
    fs.settings.fingerprint = "00112233445566778899aabbccddeeff"
                              "00112233445566778899aabbccddeeff";
    assert_int_equal(fake_station_renew(&fs, &f), ERR_CONFIG);
    fake_station_done(&fs);
}

/* Only an ir learns, and only where that was asked for. */
static void test_no_root_at_all(void **state)
{
    struct fault f = { 0 };
    struct fake_station fs;

    (void)state;
    fake_station_init(&fs);
    fs.settings.root = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_int_equal(fake_station_renew(&fs, &f), ERR_CONFIG);
    fs.settings.trust = TRUST_LEARN;
    assert_int_equal(fake_station_renew(&fs, &f), ERR_CONFIG);
    assert_int_equal(fs.ra->num_posts, 0);
    fake_station_done(&fs);
}

static void test_settings(void **state)
{
    AUTO(arena) a = arena_new(CLIENT_ARENA);
    struct client_settings s, again;
    struct fake_station fs;
    struct fault f;

    (void)state;
    fake_station_init(&fs);
    s = fs.settings;
    s.trust = TRUST_LEARN;
    s.subject = "CN=gnb-1";
    assert_int_equal(client_settings_load(fs.dir, a, &again, &f),
                     ERR_NOT_FOUND);
    assert_int_equal(client_settings_save(fs.dir, &s, &f), ERR_OK);
    assert_int_equal(client_settings_load(fs.dir, a, &again, &f), ERR_OK);
    assert_string_equal(again.url, s.url);
    assert_string_equal(again.subject, s.subject);
    assert_string_equal(again.cert, s.cert);
    assert_null(again.server_subject);
    assert_int_equal(again.trust, TRUST_LEARN);
    s.subject = "CN=a\nroot: /tmp/x";
    assert_int_equal(client_settings_save(fs.dir, &s, &f), ERR_CONFIG);
    s.subject = NULL;
    s.cert = "/nowhere/at/all";
    assert_int_equal(client_settings_save(fs.dir, &s, &f), ERR_CONFIG);
    fake_station_done(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stopped_enroll),
        cmocka_unit_test(test_stopped_renew),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_beyond_deadline),
        cmocka_unit_test(test_learn),
        cmocka_unit_test(test_learnt_is_pinned),
        cmocka_unit_test(test_no_root_at_all),
        cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
