#include <pthread.h>

#include "crypto/path_scene_test.h"

/* --- memory --- */

static void test_what_is_remembered(void **state)
{
    const struct test_ext permitted = { "nameConstraints",
                                        "critical,permitted;DNS:example.com" };
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *only =
        CERT(.subject = "CN=Only", .issuer = root, .ca = true,
             .extra = &permitted, .num_extra = 1);
    const struct test_cert *leaf = CERT(.subject = "CN=1", .issuer = sub);
    const struct test_cert *next = CERT(.subject = "CN=2", .issuer = sub);
    const struct test_cert *bound =
        CERT(.subject = "CN=3", .issuer = only, .san = "DNS:a.example.com");
    struct scene s = { "", leaf, { root }, .extra = { sub, only } };
    AUTO(trust) t = trust_of(&s);
    struct path_stats stats;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    path_stats(t, &stats);
    assert_int_equal(stats.full, 1);
    assert_int_equal(stats.leaf_hits, 2);
    assert_int_equal(stats.intermediate_hits, 0);

    s.leaf = next; /* without its chain: the issuer is known by now */
    s.extra[0] = NULL;
    assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    path_stats(t, &stats);
    assert_int_equal(stats.intermediate_hits, 1);
    assert_int_equal(stats.full, 1);

    s.leaf = bound; /* under constraints: looked for anew each time */
    s.extra[0] = only;
    for (int i = 0; i < 3; i++)
        assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    path_stats(t, &stats);
    assert_int_equal(stats.full, 4);
    assert_int_equal(stats.leaf_hits, 2);
    s.extra[0] = NULL;
    assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_SIGNER_NOT_TRUSTED);

    /* a new epoch knows nothing of all that */
    AUTO(trust) fresh = trust_of(&s);

    s.leaf = next;
    assert_int_equal(check_at(fresh, &s, TEST_NOW).err, ERR_SIGNER_NOT_TRUSTED);
}

/* --- threads --- */

struct worker {
    pthread_t thread;
    struct trust *trust;
    const struct test_cert *const *leaves;
    const struct test_cert *const *subs;
    unsigned seed;
    unsigned num_wrong;
};
#define NUM_SUBS 5
#define NUM_LEAVES 20

static enum err one_check(struct worker *w, struct crypto_ctx *mine,
                          struct arena *a, unsigned i)
{
    struct span extra[NUM_SUBS];
    struct path out;

    for (unsigned n = 0; n < NUM_SUBS; n++)
        extra[n] = w->subs[n]->der;
    return path_check(mine, w->trust, TEST_NOW, w->leaves[i % NUM_LEAVES]->der,
                      extra, NUM_SUBS, a, &out, NULL);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    AUTO(crypto_ctx) mine = NULL;
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);

    w->num_wrong = 1;
    if (a == NULL || crypto_ctx_new(crypto, &mine, NULL) != ERR_OK)
        return NULL;
    w->num_wrong = 0;
    for (unsigned i = 0; i < 100; i++) {
        w->num_wrong += one_check(w, mine, a, w->seed + 7 * i) != ERR_OK;
        arena_reset(a);
    }
    return NULL;
}

static void test_threads(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *subs[NUM_SUBS], *leaves[NUM_LEAVES];
    struct scene s = { "", root, { root }, .crls = { CRL(.issuer = root) } };
    struct worker workers[4];
    struct path_stats stats;
    char name[32];

    (void)state;
    for (size_t i = 0; i < NUM_SUBS; i++) {
        snprintf(name, sizeof(name), "CN=Sub %zu", i);
        subs[i] = CERT(.subject = name, .ca = true, .issuer = root);
    }
    for (size_t i = 0; i < NUM_LEAVES; i++) {
        snprintf(name, sizeof(name), "CN=bs %zu", i);
        leaves[i] = CERT(.subject = name, .issuer = subs[i % NUM_SUBS]);
    }
    AUTO(trust) t = trust_of(&s);

    for (size_t i = 0; i < NUM(workers); i++) {
        workers[i] = (struct worker){
            .trust = t, .leaves = leaves, .subs = subs, .seed = (unsigned)i
        };
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < NUM(workers); i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].num_wrong, 0);
    }
    path_stats(t, &stats);
    assert_int_equal(stats.full + stats.leaf_hits + stats.intermediate_hits,
                     400);
    assert_true(stats.leaf_hits >= 400 - 4 * NUM_LEAVES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_remembered),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
