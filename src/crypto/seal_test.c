#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define AAD SPAN_LIT("reference 42")
#define PLAIN SPAN_LIT("twenty octets of it")

struct ground {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    struct secret *key;
    char dir[64];
};

static int set_up(void **state)
{
    static struct ground g;
    static const uint8_t key[SEAL_KEY_LEN] = { 1, 2, 3 };

    if (crypto_new(&g.crypto, NULL) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, NULL) != ERR_OK)
        return -1;
    g.arena = arena_new((size_t)1024 * 1024);
    g.key = secret_new(SPAN_OF(key));
    snprintf(g.dir, sizeof(g.dir), "/tmp/seal_test.XXXXXX");
    *state = &g;
    return g.arena == NULL || g.key == NULL || mkdtemp(g.dir) == NULL;
}

static int tear_down(void **state)
{
    struct ground *g = *state;

    rmdir(g->dir);
    secret_free(g->key);
    arena_free(g->arena);
    crypto_ctx_free(g->cx);
    crypto_free(g->crypto);
    return 0;
}

static enum err open_seal(struct ground *g, struct span aad, struct span sealed)
{
    AUTO(secret) plain = NULL;
    struct fault f = { 0 };
    enum err e = seal_open(g->cx, g->key, aad, sealed, &plain, &f);

    assert_int_equal(f.err, e);
    assert_true((plain != NULL) == (e == ERR_OK));
    return e;
}

static void test_round_trip(void **state)
{
    static const size_t lens[] = { 0, 1, 16, 19, 1000, SEAL_MAX_LEN };
    static uint8_t bytes[SEAL_MAX_LEN + 1];
    struct ground *g = *state;
    struct span sealed;

    for (size_t i = 0; i < NUM(lens); i++) {
        struct span plain = span_of(bytes, lens[i]);
        AUTO(secret) back = NULL;

        assert_int_equal(
            seal_make(g->cx, g->key, AAD, plain, g->arena, &sealed, NULL),
            ERR_OK);
        assert_int_equal(sealed.len, plain.len + SEAL_OVERHEAD);
        assert_int_equal(seal_open(g->cx, g->key, AAD, sealed, &back, NULL),
                         ERR_OK);
        assert_true(span_is_equal(secret_span(back), plain));
        arena_reset(g->arena);
    }
    assert_int_equal(
        seal_make(g->cx, g->key, AAD, SPAN_OF(bytes), g->arena, &sealed, NULL),
        ERR_LIMIT);
}

/* GCM of a nonce used twice gives both plaintexts away. */
static void test_nonces_differ(void **state)
{
    struct ground *g = *state;
    struct span a, b;

    assert_int_equal(seal_make(g->cx, g->key, AAD, PLAIN, g->arena, &a, NULL),
                     ERR_OK);
    assert_int_equal(seal_make(g->cx, g->key, AAD, PLAIN, g->arena, &b, NULL),
                     ERR_OK);
    assert_memory_not_equal(a.ptr, b.ptr, 12);
    assert_memory_not_equal(a.ptr + 12, b.ptr + 12, PLAIN.len);
}

static void test_any_change(void **state)
{
    struct ground *g = *state;
    uint8_t longer[128] = { 0 };
    AUTO(secret) other = NULL;
    AUTO(secret) plain = NULL;
    AUTO(secret) cut = secret_new(span_of(g->key->bytes, 16));
    struct span sealed;

    assert_int_equal(
        seal_make(g->cx, g->key, AAD, PLAIN, g->arena, &sealed, NULL), ERR_OK);
    memcpy(longer, sealed.ptr, sealed.len);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        longer[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(open_seal(g, AAD, span_of(longer, sealed.len)),
                         ERR_CRYPTO);
        longer[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(open_seal(g, AAD, span_of(longer, len)), ERR_CRYPTO);
    assert_int_equal(open_seal(g, AAD, span_of(longer, sealed.len + 1)),
                     ERR_CRYPTO);
    assert_int_equal(open_seal(g, SPAN_LIT("reference 43"), sealed),
                     ERR_CRYPTO);
    assert_int_equal(open_seal(g, SPAN_LIT(""), sealed), ERR_CRYPTO);
    assert_int_equal(open_seal(g, AAD, sealed), ERR_OK);

    other = secret_new(secret_span(g->key));
    assert_non_null(other);
    assert_non_null(cut);
    other->bytes[31] ^= 1;
    assert_int_equal(seal_open(g->cx, other, AAD, sealed, &plain, NULL),
                     ERR_CRYPTO);
    assert_int_equal(seal_open(g->cx, cut, AAD, sealed, &plain, NULL),
                     ERR_CRYPTO);
}

#define HEX16 "000102030405060708090a0B0C0D0E0F"

static void test_key_files(void **state)
{
    static const struct {
        const char *what;
        struct span text;
        unsigned mode;
        enum err err;
    } cases[] = {
        { "hex", SPAN_LIT(HEX16 HEX16), 0600, ERR_OK },
        { "a line", SPAN_LIT(HEX16 HEX16 "\r\n"), 0400, ERR_OK },
        { "raw", SPAN_LIT("0123456789abcdef0123456789abcde\n"), 0600, ERR_OK },
        { "group may read", SPAN_LIT(HEX16 HEX16), 0640, ERR_CONFIG },
        { "all may write", SPAN_LIT(HEX16 HEX16), 0602, ERR_CONFIG },
        { "31 octets", SPAN_LIT("0123456789abcdef0123456789abcde"), 0600,
          ERR_CONFIG },
        { "33 octets", SPAN_LIT("0123456789abcdef0123456789abcdefg"), 0600,
          ERR_CONFIG },
        { "63 digits", SPAN_LIT(HEX16 "00102030405060708090a0B0C0D0E0F"), 0600,
          ERR_CONFIG },
        { "no digit", SPAN_LIT(HEX16 "g00102030405060708090a0B0C0D0E0F"), 0600,
          ERR_CONFIG },
        { "empty", SPAN_LIT(""), 0600, ERR_CONFIG },
        { "long", SPAN_LIT(HEX16 HEX16 HEX16 HEX16 HEX16), 0600, ERR_CONFIG },
    };
    struct ground *g = *state;
    char path[96];

    snprintf(path, sizeof(path), "%s/key", g->dir);
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(secret) key = NULL;
        enum err e;

        assert_int_equal(file_save(path, cases[i].text, cases[i].mode, NULL),
                         ERR_OK);
        e = seal_key_load(path, &key, NULL);
        if (e != cases[i].err)
            fail_msg("%s: %s", cases[i].what, err_name(e));
        if (e == ERR_OK && cases[i].text.len > SEAL_KEY_LEN)
            assert_memory_equal(key->bytes + 16,
                                "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);
    }
    assert_int_equal(unlink(path), 0);
}

static void test_key_create(void **state)
{
    struct ground *g = *state;
    AUTO(secret) key = NULL;
    AUTO(secret) again = NULL;
    AUTO(secret) none = NULL;
    struct stat st;
    char path[96];

    snprintf(path, sizeof(path), "%s/new", g->dir);
    assert_int_equal(seal_key_load(path, &none, NULL), ERR_NOT_FOUND);
    assert_int_equal(seal_key_create(g->cx, path, NULL), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(seal_key_load(path, &key, NULL), ERR_OK);
    assert_int_equal(seal_key_create(g->cx, path, NULL), ERR_EXISTS);
    assert_int_equal(seal_key_load(path, &again, NULL), ERR_OK);
    assert_true(secret_is_equal(secret_span(key), secret_span(again)));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(seal_key_create(g->cx, path, NULL), ERR_OK);
    secret_free(again);
    again = NULL;
    assert_int_equal(seal_key_load(path, &again, NULL), ERR_OK);
    assert_false(secret_is_equal(secret_span(key), secret_span(again)));
    assert_int_equal(unlink(path), 0);
    /* a directory is not a key */
    assert_int_equal(seal_key_load(g->dir, &none, NULL), ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_any_change), cmocka_unit_test(test_key_files),
        cmocka_unit_test(test_key_create),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
