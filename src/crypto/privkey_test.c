#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define DATA SPAN_LIT("what is signed")

struct ground {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct test_pki *pki;
    struct arena *arena;
};

static int set_up(void **state)
{
    static struct ground g;

    if (crypto_new(&g.crypto, NULL) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, NULL) != ERR_OK)
        return -1;
    g.pki = test_pki_new();
    g.arena = arena_new((size_t)4 * 1024 * 1024);
    *state = &g;
    return g.arena == NULL;
}

static int tear_down(void **state)
{
    struct ground *g = *state;

    arena_free(g->arena);
    test_pki_free(g->pki);
    crypto_ctx_free(g->cx);
    crypto_free(g->crypto);
    return 0;
}

/* Signs with every algorithm that fits and verifies under the public half. */
static void use(struct ground *g, const struct privkey *key)
{
    struct der in = der_open(privkey_spki(key), NULL);
    struct spki spki;

    assert_int_equal(spki_read(&in, &spki), ERR_OK);
    assert_int_equal(key_kind_find(&spki), privkey_kind(key));
    for (int alg = SIG_UNKNOWN + 1; alg < SIG_ALG_NUM; alg++) {
        struct alg_id id;
        struct span sig;
        enum err e = privkey_sign(g->cx, key, (enum sig_alg)alg, DATA, g->arena,
                                  &sig, NULL);

        if (!sig_alg_fits((enum sig_alg)alg, privkey_kind(key))) {
            assert_int_equal(e, ERR_BAD_ALG);
            continue;
        }
        assert_int_equal(e, ERR_OK);
        in = der_open(sig_alg_info((enum sig_alg)alg)->der, NULL);
        assert_int_equal(alg_id_read(&in, &id), ERR_OK);
        assert_int_equal(sig_verify_any(g->cx, &spki, &id, DATA, sig, NULL),
                         ERR_OK);
    }
    arena_reset(g->arena);
}

static void test_generate_and_keep(void **state)
{
    static const struct {
        enum key_kind kind;
        unsigned bits;
        enum err err;
    } cases[] = {
        { KEY_EC_P256, 0, ERR_OK },      { KEY_EC_P384, 0, ERR_OK },
        { KEY_EC_P521, 0, ERR_OK },      { KEY_RSA, 2048, ERR_OK },
        { KEY_RSA_PSS, 2048, ERR_OK },   { KEY_ED25519, 0, ERR_OK },
        { KEY_ED448, 0, ERR_OK },        { KEY_RSA, 1024, ERR_BAD_ALG },
        { KEY_RSA, 0, ERR_BAD_ALG },     { KEY_RSA, 16384, ERR_BAD_ALG },
        { KEY_UNKNOWN, 0, ERR_BAD_ALG },
    };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(privkey) key = NULL;
        AUTO(privkey) again = NULL;
        struct buf text;

        assert_int_equal(
            privkey_generate(g->cx, cases[i].kind, cases[i].bits, &key, NULL),
            cases[i].err);
        if (cases[i].err != ERR_OK)
            continue;
        assert_int_equal(privkey_kind(key), cases[i].kind);
        use(g, key);
        buf_init(&text, (size_t)64 * 1024);
        assert_int_equal(privkey_format(key, &text, NULL), ERR_OK);
        assert_int_equal(privkey_parse(g->cx, buf_span(&text), &again, NULL),
                         ERR_OK);
        assert_true(span_is_equal(privkey_spki(key), privkey_spki(again)));
        use(g, again);
        buf_done(&text);
    }
}

static void test_parse_every_form(void **state)
{
    static const struct {
        const char *kind;
        enum err err;
    } cases[] = {
        { "P-256", ERR_OK },         { "P-384", ERR_OK },
        { "P-521", ERR_OK },         { "RSA:2048", ERR_OK },
        { "RSA:4096", ERR_OK },      { "RSA-PSS:2048", ERR_OK },
        { "Ed25519", ERR_OK },       { "Ed448", ERR_OK },
        { "RSA:1024", ERR_BAD_ALG }, { "secp256k1", ERR_BAD_ALG },
    };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(cases); i++) {
        const struct test_key *key = test_key_make(g->pki, cases[i].kind);
        struct span forms[] = { test_key_der(key), span_str(test_key_pem(key)),
                                span_str(test_key_traditional_pem(key)) };

        for (size_t n = 0; n < NUM(forms); n++) {
            AUTO(privkey) parsed = NULL;

            assert_int_equal(privkey_parse(g->cx, forms[n], &parsed, NULL),
                             cases[i].err);
            if (parsed == NULL)
                continue;
            assert_true(
                span_is_equal(privkey_spki(parsed), test_key_spki(key)));
        }
    }
}

#define EC_PARAMETERS                                   \
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n" \
    "-----END EC PARAMETERS-----\n"

/* What `openssl ecparam -genkey` writes before the key is passed over. */
static void test_parse_behind_parameters(void **state)
{
    struct ground *g = *state;
    const struct test_key *key = test_key_make(g->pki, "P-256");
    AUTO(privkey) parsed = NULL;
    char text[2048];

    snprintf(text, sizeof(text), "%s%s", EC_PARAMETERS,
             test_key_traditional_pem(key));
    assert_int_equal(privkey_parse(g->cx, span_str(text), &parsed, NULL),
                     ERR_OK);
}

static void test_parse_refuses(void **state)
{
    struct ground *g = *state;
    const struct test_key *key = test_key_make(g->pki, "P-256");
    const struct test_key *other = test_key_make(g->pki, "P-256");
    struct span der = test_key_der(key);
    uint8_t bytes[512];
    struct privkey *out = NULL;
    struct fault f = { 0 };

    assert_true(der.len + 1 < sizeof(bytes));
    memcpy(bytes, der.ptr, der.len);
    bytes[der.len] = 0;
    /* a byte behind it, and every prefix */
    assert_int_equal(
        privkey_parse(g->cx, span_of(bytes, der.len + 1), &out, &f),
        ERR_BAD_DATA_FORMAT);
    for (size_t len = 0; len < der.len; len++)
        assert_int_not_equal(
            privkey_parse(g->cx, span_of(bytes, len), &out, &f), ERR_OK);
    /* the point at its end belongs to another key */
    memcpy(bytes + der.len - 65, test_key_spki(other).ptr + 26, 65);
    assert_int_equal(privkey_parse(g->cx, span_of(bytes, der.len), &out, &f),
                     ERR_BAD_DATA_FORMAT);
    assert_non_null(strstr(f.text, "do not belong together"));
    /* encrypted: said so, nobody asked */
    assert_int_equal(
        privkey_parse(g->cx,
                      SPAN_LIT("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n"
                               "-----END ENCRYPTED PRIVATE KEY-----\n"),
                      &out, &f),
        ERR_BAD_DATA_FORMAT);
    assert_non_null(strstr(f.text, "encrypted"));
    /* a public key is not a private one */
    assert_int_equal(privkey_parse(g->cx, test_key_spki(key), &out, &f),
                     ERR_BAD_DATA_FORMAT);
    assert_null(out);
}

/* More keys at work than a thread keeps contexts for. */
static void test_many_keys(void **state)
{
    struct ground *g = *state;
    struct privkey *keys[20];

    for (size_t i = 0; i < NUM(keys); i++)
        assert_int_equal(
            privkey_generate(g->cx, KEY_EC_P256, 0, &keys[i], NULL), ERR_OK);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < NUM(keys); i++)
            use(g, keys[i]);
    }
    for (size_t i = 0; i < NUM(keys); i++)
        privkey_free(keys[i]);
}

/* The first key made under one `struct crypto` is not that under another. */
static void test_keys_of_another_origin(void **state)
{
    struct ground *g = *state;
    struct ground fresh[2] = { *g, *g };
    struct privkey *keys[2] = { NULL };

    for (size_t i = 0; i < NUM(keys); i++) {
        assert_int_equal(crypto_new(&fresh[i].crypto, NULL), ERR_OK);
        assert_int_equal(crypto_ctx_new(fresh[i].crypto, &fresh[i].cx, NULL),
                         ERR_OK);
        assert_int_equal(
            privkey_generate(fresh[i].cx, KEY_EC_P256, 0, &keys[i], NULL),
            ERR_OK);
    }
    use(&fresh[0], keys[0]);
    use(&fresh[0], keys[1]);
    for (size_t i = 0; i < NUM(keys); i++) {
        privkey_free(keys[i]);
        crypto_ctx_free(fresh[i].cx);
        crypto_free(fresh[i].crypto);
    }
}

static void test_random(void **state)
{
    static uint8_t drawn[4096][16];
    static const uint8_t zero[64];
    struct ground *g = *state;
    uint8_t long_one[64] = { 0 }, last[8] = { 0 }, any[600];

    for (size_t i = 0; i < NUM(drawn); i++) {
        assert_int_equal(random_fill(g->cx, drawn[i], 16, NULL), ERR_OK);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(drawn[i], drawn[j], 16);
    }
    assert_int_equal(random_fill(g->cx, long_one, sizeof(long_one), NULL),
                     ERR_OK);
    assert_memory_not_equal(long_one, zero, sizeof(zero));
    /* of every length, and no more than asked for */
    for (size_t len = 8; len <= sizeof(any) - 8; len++) {
        memset(any, 0, sizeof(any));
        assert_int_equal(random_fill(g->cx, any, len, NULL), ERR_OK);
        assert_memory_not_equal(any, last, 8);
        assert_memory_not_equal(any + len - 8, zero, 8);
        assert_memory_equal(any + len, zero, 8);
        memcpy(last, any, 8);
    }
}

/* FIPS 180-4 and FIPS 202 examples: "abc", and nothing. */
static void test_hash(void **state)
{
    static const struct {
        enum digest digest;
        const char *abc, *empty;
    } cases[] = {
        { DIGEST_SHA256,
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { DIGEST_SHA384,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
          "8086072ba1e7cc2358baeca134c825a7",
          "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
          "274edebfe76f65fbd51ad2f14898b95b" },
        { DIGEST_SHA512,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
          "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
          "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
        { DIGEST_SHAKE256_512,
          "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739"
          "d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4",
          "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
          "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be" },
    };
    struct ground *g = *state;
    uint8_t out[DIGEST_MAX_LEN];
    char hex[2 * DIGEST_MAX_LEN + 1];

    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < NUM(cases); i++) {
            size_t len = digest_len(cases[i].digest);

            assert_int_equal(hash_compute(g->cx, cases[i].digest,
                                          SPAN_LIT("abc"), out, NULL),
                             ERR_OK);
            hex_format(span_of(out, len), hex, sizeof(hex));
            assert_string_equal(hex, cases[i].abc);
            assert_int_equal(
                hash_compute(g->cx, cases[i].digest, SPAN_LIT(""), out, NULL),
                ERR_OK);
            hex_format(span_of(out, len), hex, sizeof(hex));
            assert_string_equal(hex, cases[i].empty);
        }
    }
    assert_int_equal(
        hash_compute(g->cx, DIGEST_NONE, SPAN_LIT("abc"), out, NULL),
        ERR_CRYPTO);
    hash_sha256_pair(SPAN_LIT("a"), SPAN_LIT("bc"), out);
    hex_format(span_of(out, 32), hex, sizeof(hex));
    assert_string_equal(hex, cases[0].abc);
    hash_sha256_pair(SPAN_NONE, SPAN_LIT(""), out);
    hex_format(span_of(out, 32), hex, sizeof(hex));
    assert_string_equal(hex, cases[0].empty);
}

static void test_key_id(void **state)
{
    struct ground *g = *state;
    struct spki key = { .key = SPAN_LIT("abc") };
    uint8_t out[20];
    char hex[41];

    assert_int_equal(hash_key_id(g->cx, &key, out, NULL), ERR_OK);
    hex_format(SPAN_OF(out), hex, sizeof(hex));
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* DSA is there for one who asks for it, and nobody else. */
static void test_legacy(void **state)
{
    struct ground *g = *state;
    const struct test_key *dsa = test_key_make(g->pki, "DSA:1024");
    const struct test_key *p256 = test_key_make(g->pki, "P-256");
    AUTO(privkey) key = NULL;
    AUTO(privkey) strong = NULL;

    assert_int_equal(privkey_parse(g->cx, test_key_der(dsa), &key, NULL),
                     ERR_BAD_ALG);
    assert_int_equal(privkey_generate(g->cx, KEY_DSA, 1024, &key, NULL),
                     ERR_BAD_ALG);
    assert_null(key);
    assert_int_equal(privkey_parse_legacy(g->cx, test_key_der(dsa), &key, NULL),
                     ERR_OK);
    assert_int_equal(privkey_kind(key), KEY_DSA);
    use(g, key);
    assert_int_equal(
        privkey_parse_legacy(g->cx, test_key_der(p256), &strong, NULL), ERR_OK);
    use(g, strong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_generate_and_keep),
        cmocka_unit_test(test_parse_every_form),
        cmocka_unit_test(test_parse_behind_parameters),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_keys_of_another_origin),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_key_id),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
