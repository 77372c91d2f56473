#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/keys.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define DATA SPAN_LIT("what is signed")
#define MILLI ((int64_t)1000)

/* A key whose use takes a while; counts who is inside, and its end. */
struct slow_key {
    int64_t micros;
    atomic_uint inside, most;
    atomic_uint freed;
};

static void pause_for(int64_t micros)
{
    struct timespec t = { .tv_sec = (time_t)(micros / 1000000),
                          .tv_nsec = (long)(micros % 1000000) * 1000 };

    nanosleep(&t, NULL);
}

static enum err slow_sign(void *key, struct crypto_ctx *cx, enum sig_alg alg,
                          struct span data, struct arena *a, struct span *sig,
                          struct fault *f)
{
    struct slow_key *slow = key;
    unsigned inside = atomic_fetch_add(&slow->inside, 1) + 1;
    unsigned most = atomic_load(&slow->most);

    (void)cx;
    (void)alg;
    (void)a;
    (void)f;
    while (inside > most &&
           !atomic_compare_exchange_weak(&slow->most, &most, inside))
        continue;
    pause_for(slow->micros);
    atomic_fetch_sub(&slow->inside, 1);
    *sig = data;
    return ERR_OK;
}

static enum err slow_spki(void *key, struct arena *a, struct span *out,
                          struct fault *f)
{
    (void)key;
    (void)f;
    *out = arena_copy(a, SPAN_LIT("spki"));
    return ERR_OK;
}

static void slow_free(void *key)
{
    struct slow_key *slow = key;

    atomic_fetch_add(&slow->freed, 1);
}

static const struct key_ops slow_any = { slow_sign, slow_spki, slow_free, 0 };
static const struct key_ops slow_single = { slow_sign, slow_spki, slow_free,
                                            1 };

/* --- callers --- */

struct caller {
    pthread_t thread;
    struct keys *keys;
    const char *name;
    int64_t patience; /* microseconds; 0: for ever */
    enum err result;
    int64_t took;
};

static void *call(void *arg)
{
    struct caller *c = arg;
    int64_t start = clock_monotonic_micros();
    struct span sig;

    c->result =
        keys_sign(c->keys, NULL, c->name, SIG_ECDSA_SHA256, DATA,
                  c->patience == 0 ? 0 : start + c->patience, NULL, &sig, NULL);
    c->took = clock_monotonic_micros() - start;
    return NULL;
}

static void start_all(struct caller *callers, size_t num, struct keys *k,
                      const char *name, int64_t patience)
{
    for (size_t i = 0; i < num; i++) {
        callers[i] =
            (struct caller){ .keys = k, .name = name, .patience = patience };
        assert_int_equal(
            pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
}

static size_t join_all(struct caller *callers, size_t num)
{
    size_t num_ok = 0;

    for (size_t i = 0; i < num; i++) {
        pthread_join(callers[i].thread, NULL);
        num_ok += callers[i].result == ERR_OK;
        assert_true(callers[i].result == ERR_OK ||
                    callers[i].result == ERR_SYSTEM_UNAVAIL);
    }
    return num_ok;
}

static struct crypto *new_crypto(void)
{
    struct crypto *c = NULL;

    assert_int_equal(crypto_new(&c, NULL), ERR_OK);
    return c;
}

static struct keys *new_keys(struct crypto *c)
{
    struct keys *k = NULL;

    assert_int_equal(keys_new(c, &k, NULL), ERR_OK);
    return k;
}

static void test_limit_of_callers(void **state)
{
    AUTO(crypto) c = new_crypto();
    struct keys *k = new_keys(c);
    struct slow_key slow = { .micros = 200 * MILLI };
    struct caller callers[10];

    (void)state;
    assert_int_equal(keys_add(k, "slow", 4, &slow_any, &slow, NULL), ERR_OK);
    start_all(callers, NUM(callers), k, "slow", 0);
    assert_in_range(join_all(callers, NUM(callers)), 4, NUM(callers) - 1);
    assert_in_range(atomic_load(&slow.most), 2, 4);
    keys_free(k);
    assert_int_equal(atomic_load(&slow.freed), 1);
}

/* One session: callers take turns, and go when their deadline passes. */
static void test_turns_and_deadlines(void **state)
{
    AUTO(crypto) c = new_crypto();
    struct slow_key slow = { .micros = 100 * MILLI };
    AUTO(keys) k = new_keys(c);
    struct caller patient[4], hasty[4];

    (void)state;
    assert_int_equal(keys_add(k, "slow", 100, &slow_single, &slow, NULL),
                     ERR_OK);
    start_all(patient, NUM(patient), k, "slow", 0);
    pause_for(20 * MILLI);
    start_all(hasty, NUM(hasty), k, "slow", 30 * MILLI);
    assert_int_equal(join_all(hasty, NUM(hasty)), 0);
    for (size_t i = 0; i < NUM(hasty); i++)
        assert_true(hasty[i].took >= 30 * MILLI);
    assert_int_equal(join_all(patient, NUM(patient)), NUM(patient));
    assert_int_equal(atomic_load(&slow.most), 1);
}

static void test_deadline_passed_already(void **state)
{
    AUTO(crypto) c = new_crypto();
    struct slow_key slow = { .micros = 0 };
    AUTO(keys) k = new_keys(c);
    struct span sig;
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(keys_add(k, "slow", 1, &slow_any, &slow, NULL), ERR_OK);
    assert_int_equal(keys_sign(k, NULL, "slow", SIG_ECDSA_SHA256, DATA,
                               clock_monotonic_micros() - 1, NULL, &sig, &f),
                     ERR_SYSTEM_UNAVAIL);
    assert_int_equal(atomic_load(&slow.most), 0);
    /* and leaves its place to others */
    assert_int_equal(keys_sign(k, NULL, "slow", SIG_ECDSA_SHA256, DATA,
                               clock_monotonic_micros() + 10000 * MILLI, NULL,
                               &sig, &f),
                     ERR_OK);
}

/* Whoever uses another key does not notice. */
static void test_slow_key_is_its_own_users_trouble(void **state)
{
    AUTO(crypto) c = new_crypto();
    struct slow_key slow = { .micros = 1000 * MILLI }, quick = { .micros = 0 };
    AUTO(keys) k = new_keys(c);
    struct caller waiting[4], other[8];

    (void)state;
    assert_int_equal(keys_add(k, "slow", 100, &slow_any, &slow, NULL), ERR_OK);
    assert_int_equal(keys_add(k, "quick", 100, &slow_single, &quick, NULL),
                     ERR_OK);
    start_all(waiting, NUM(waiting), k, "slow", 0);
    pause_for(50 * MILLI);
    start_all(other, NUM(other), k, "quick", 0);
    assert_int_equal(join_all(other, NUM(other)), NUM(other));
    for (size_t i = 0; i < NUM(other); i++)
        assert_true(other[i].took < 800 * MILLI);
    assert_int_equal(join_all(waiting, NUM(waiting)), NUM(waiting));
}

static void test_names(void **state)
{
    AUTO(crypto) c = new_crypto();
    struct slow_key first = { 0 }, second = { 0 };
    AUTO(keys) k = new_keys(c);
    struct span out;

    (void)state;
    assert_int_equal(keys_add(k, "a", 1, &slow_any, &first, NULL), ERR_OK);
    assert_int_equal(keys_add(k, "a", 1, &slow_any, &second, NULL), ERR_EXISTS);
    assert_int_equal(atomic_load(&second.freed), 0); /* still the caller's */
    assert_int_equal(keys_spki(k, "a", &out, NULL), ERR_OK);
    assert_true(span_is_equal(out, SPAN_LIT("spki")));
    assert_int_equal(keys_spki(k, "b", &out, NULL), ERR_NOT_FOUND);
    assert_int_equal(
        keys_sign(k, NULL, "b", SIG_ECDSA_SHA256, DATA, 0, NULL, &out, NULL),
        ERR_NOT_FOUND);
}

/* --- files --- */

static void test_file_modes(void **state)
{
    static const struct {
        unsigned mode;
        enum err err;
    } cases[] = {
        { 0600, ERR_OK },     { 0400, ERR_OK },     { 0640, ERR_CONFIG },
        { 0604, ERR_CONFIG }, { 0620, ERR_CONFIG }, { 0610, ERR_CONFIG },
        { 0644, ERR_CONFIG }, { 0777, ERR_CONFIG },
    };
    AUTO(crypto) c = new_crypto();
    AUTO(test_pki) pki = test_pki_new();
    const struct test_key *key = test_key_make(pki, "P-256");

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(keys) k = new_keys(c);
        struct fault f = { 0 };
        struct span spki;
        const char *path =
            test_pki_save(pki, "key.pem", test_key_pem(key), cases[i].mode);

        assert_int_equal(keys_add_file(k, "file", 1, path, &f), cases[i].err);
        if (cases[i].err != ERR_OK) {
            assert_non_null(strstr(f.text, path));
            continue;
        }
        assert_int_equal(keys_spki(k, "file", &spki, NULL), ERR_OK);
        assert_true(span_is_equal(spki, test_key_spki(key)));
    }
}

static void test_file_refused(void **state)
{
    AUTO(crypto) c = new_crypto();
    AUTO(test_pki) pki = test_pki_new();
    AUTO(keys) k = new_keys(c);
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(keys_add_file(k, "x", 1, "/nonexistent/key.pem", &f),
                     ERR_NOT_FOUND);
    assert_int_equal(keys_add_file(k, "x", 1, test_pki_dir(pki), &f),
                     ERR_CONFIG);
    assert_int_equal(
        keys_add_file(k, "x", 1, test_pki_save(pki, "junk", "junk", 0600), &f),
        ERR_BAD_DATA_FORMAT);
    assert_non_null(strstr(f.text, "junk"));
}

/* Several threads sign with one file key at once, each by its own context. */
struct signer {
    pthread_t thread;
    struct crypto *crypto;
    struct keys *keys;
    const char *name;
    enum sig_alg alg;
    size_t num_good;
};

static enum err sign_and_verify(struct signer *s, struct crypto_ctx *cx,
                                struct arena *a)
{
    struct span spki_der, sig;
    struct spki spki;
    struct alg_id id;
    struct der in;

    TRY(keys_sign(s->keys, cx, s->name, s->alg, DATA, 0, a, &sig, NULL));
    TRY(keys_spki(s->keys, s->name, &spki_der, NULL));
    in = der_open(spki_der, NULL);
    TRY(spki_read(&in, &spki));
    in = der_open(sig_alg_info(s->alg)->der, NULL);
    TRY(alg_id_read(&in, &id));
    return sig_verify(cx, &spki, &id, DATA, sig, NULL);
}

static void *sign_often(void *arg)
{
    struct signer *s = arg;
    AUTO(crypto_ctx) cx = NULL;
    AUTO(arena) a = arena_new((size_t)1024 * 1024);

    if (a == NULL || crypto_ctx_new(s->crypto, &cx, NULL) != ERR_OK)
        return NULL;
    for (int i = 0; i < 20; i++) {
        s->num_good += sign_and_verify(s, cx, a) == ERR_OK;
        arena_reset(a);
    }
    return NULL;
}

static void test_threads_share_a_file_key(void **state)
{
    static const struct {
        const char *name, *kind;
        enum sig_alg alg;
    } kinds[] = {
        { "ec", "P-256", SIG_ECDSA_SHA256 },
        { "rsa", "RSA:2048", SIG_RSA_SHA256 },
        { "ed", "Ed25519", SIG_ED25519 },
    };
    AUTO(crypto) c = new_crypto();
    AUTO(test_pki) pki = test_pki_new();
    AUTO(keys) k = new_keys(c);
    struct signer signers[6];

    (void)state;
    for (size_t i = 0; i < NUM(kinds); i++) {
        const char *pem = test_key_pem(test_key_make(pki, kinds[i].kind));
        const char *path = test_pki_save(pki, kinds[i].name, pem, 0600);

        assert_int_equal(keys_add_file(k, kinds[i].name, 8, path, NULL),
                         ERR_OK);
    }
    for (size_t i = 0; i < NUM(signers); i++) {
        signers[i] = (struct signer){ .crypto = c,
                                      .keys = k,
                                      .name = kinds[i % 3].name,
                                      .alg = kinds[i % 3].alg };
        assert_int_equal(
            pthread_create(&signers[i].thread, NULL, sign_often, &signers[i]),
            0);
    }
    for (size_t i = 0; i < NUM(signers); i++) {
        pthread_join(signers[i].thread, NULL);
        assert_int_equal(signers[i].num_good, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_of_callers),
        cmocka_unit_test(test_turns_and_deadlines),
        cmocka_unit_test(test_deadline_passed_already),
        cmocka_unit_test(test_slow_key_is_its_own_users_trouble),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_file_modes),
        cmocka_unit_test(test_file_refused),
        cmocka_unit_test(test_threads_share_a_file_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
