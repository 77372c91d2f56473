#include "crypto/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crmf.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

#define SECRET SPAN_LIT("3gpp-cmp-secret")
#define DATA SPAN_LIT("abc")
#define SALT "\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"

struct ground {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
};

/* All that is not refused by name. */
static const struct mac_policy everything = {
    .algs = MAC_BIT(MAC_PBM) | MAC_BIT(MAC_PBMAC1) | MAC_BIT(MAC_HMAC) |
            MAC_BIT(MAC_KMAC128) | MAC_BIT(MAC_KMAC256),
    .owfs = DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA224) |
            DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) |
            DIGEST_BIT(DIGEST_SHA512) | DIGEST_BIT(DIGEST_MD5),
    .macs = DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA224) |
            DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) |
            DIGEST_BIT(DIGEST_SHA512),
    .min_iterations = 100,
    .max_iterations = 10000,
    .min_salt_len = 8,
    .max_salt_len = 64,
};

static int set_up(void **state)
{
    static struct ground g;
    struct fault f = { 0 };

    if (crypto_new(&g.crypto, &f) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, &f) != ERR_OK) {
        print_error("%s\n", f.text);
        return -1;
    }
    g.arena = arena_new((size_t)1024 * 1024);
    *state = &g;
    return g.arena == NULL;
}

static int tear_down(void **state)
{
    struct ground *g = *state;

    arena_free(g->arena);
    crypto_ctx_free(g->cx);
    crypto_free(g->crypto);
    return 0;
}

static struct alg_id alg_of(struct span der)
{
    struct der in = der_open(der, NULL);
    struct alg_id id;

    assert_int_equal(alg_id_read(&in, &id), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    return id;
}

static struct alg_id alg_write(struct ground *g, const struct mac_params *p)
{
    struct span der;

    assert_int_equal(mac_params_write(p, g->arena, &der), ERR_OK);
    return alg_of(der);
}

static struct span flip(struct ground *g, struct span bytes, size_t bit)
{
    struct span copy = arena_copy(g->arena, bytes);

    assert_non_null(copy.ptr);
    ((uint8_t *)(uintptr_t)copy.ptr)[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    return copy;
}

static enum err verify(struct ground *g, const struct alg_id *alg,
                       struct span secret, struct span data, struct span mac)
{
    struct fault f = { 0 };
    enum err e = mac_verify(g->cx, &everything, alg, secret, data, mac, &f);

    assert_int_equal(f.err, e);
    return e;
}

/* Made and believed; anything changed, not. */
static void check_mac(struct ground *g, const struct alg_id *alg,
                      struct span mac)
{
    struct span made;

    assert_int_equal(mac_make(g->cx, alg, SECRET, DATA, g->arena, &made, NULL),
                     ERR_OK);
    assert_int_equal(made.len, mac.len);
    assert_memory_equal(made.ptr, mac.ptr, mac.len);
    assert_int_equal(verify(g, alg, SECRET, DATA, mac), ERR_OK);
    for (size_t bit = 0; bit < 8 * mac.len; bit++)
        assert_int_equal(verify(g, alg, SECRET, DATA, flip(g, mac, bit)),
                         ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, alg, SECRET, DATA, span_of(mac.ptr, 0)),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(
        verify(g, alg, SECRET, DATA, span_of(mac.ptr, mac.len - 1)),
        ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, alg, SECRET, flip(g, DATA, 3), mac),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, alg, flip(g, SECRET, 9), DATA, mac),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, alg, SPAN_LIT("3gpp-cmp-secre"), DATA, mac),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, alg, SECRET, DATA, mac), ERR_OK);
}

/* --- values of others --- */

/*
 * Made with Python's hashlib; the PBM rule checked besides by verifying what
 * OpenSSL's CMP client sent, PBKDF2 recomputed with OpenSSL. KMAC: sample 1 to
 * 3 and 4 to 6 of NIST's KMAC_samples.pdf have another key and are below.
 */
static void test_vectors(void **state)
{
    static const struct {
        struct mac_params params;
        struct span mac;
    } vectors[] = {
        { { .alg = MAC_PBM,
            .salt = SPAN_LIT(SALT),
            .iterations = 1000,
            .owf = DIGEST_SHA256,
            .mac = DIGEST_SHA256 },
          SPAN_LIT("\x23\xb6\xbc\xbf\x2b\x58\xaf\xac\xa1\xe5\x74\x14\x82\x9a"
                   "\x32\xb8\x6d\x93\x14\x71\x71\x3b\x3f\x58\xbd\x1b\x17\x52"
                   "\x66\x36\x24\x6f") },
        { { .alg = MAC_PBM,
            .salt = SPAN_LIT(SALT),
            .iterations = 500,
            .owf = DIGEST_SHA1,
            .mac = DIGEST_SHA1 },
          SPAN_LIT("\x3b\xf0\x0e\xb0\xb2\x8d\x43\xfc\x42\xe3\x90\x27\x3c\xea"
                   "\xd0\x9a\x01\x56\xc5\xbd") },
        { { .alg = MAC_PBMAC1,
            .salt = SPAN_LIT(SALT),
            .iterations = 1000,
            .key_len = 32,
            .owf = DIGEST_SHA256,
            .mac = DIGEST_SHA256 },
          SPAN_LIT("\xb2\x25\xfa\xf6\x75\x3b\x74\x58\xde\x21\x3a\x2e\x40\xcf"
                   "\xf3\x38\x82\xce\x79\x3f\x99\xf6\x99\x3d\x4d\x62\xd2\xbc"
                   "\xba\xbf\x92\x6a") },
    };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(vectors); i++) {
        struct alg_id alg = alg_write(g, &vectors[i].params);

        check_mac(g, &alg, vectors[i].mac);
        arena_reset(g->arena);
    }
}

/* PBM's digests against OpenSSL's own implementation of RFC 4210. */
static void test_pbm_as_openssl(void **state)
{
    static const struct {
        enum digest digest;
        int owf, hmac;
    } digests[] = {
        { DIGEST_SHA1, NID_sha1, NID_hmacWithSHA1 },
        { DIGEST_SHA1, NID_sha1, NID_hmac_sha1 },
        { DIGEST_SHA224, NID_sha224, NID_hmacWithSHA224 },
        { DIGEST_SHA256, NID_sha256, NID_hmacWithSHA256 },
        { DIGEST_SHA384, NID_sha384, NID_hmacWithSHA384 },
        { DIGEST_SHA512, NID_sha512, NID_hmacWithSHA512 },
    };
    static const unsigned counts[] = { 100, 101, 500, 1024 };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(digests) * NUM(digests) * NUM(counts); i++) {
        size_t owf = i % NUM(digests), mac = i / NUM(digests) % NUM(digests);
        OSSL_CRMF_PBMPARAMETER *pbmp = OSSL_CRMF_pbmp_new(
            NULL, 16, digests[owf].owf, counts[i / NUM(digests) / NUM(digests)],
            digests[mac].hmac);
        unsigned char *params = NULL, *value = NULL;
        struct der_writer w;
        struct alg_id alg;
        struct span der;
        size_t value_len;
        int len;

        assert_non_null(pbmp);
        len = i2d_OSSL_CRMF_PBMPARAMETER(pbmp, &params);
        assert_true(len > 0);
        assert_int_equal(OSSL_CRMF_pbm_new(NULL, NULL, pbmp, DATA.ptr, DATA.len,
                                           SECRET.ptr, SECRET.len, &value,
                                           &value_len),
                         1);
        der_writer_init(&w, g->arena, 128);
        der_put_raw(&w, span_of(params, (size_t)len));
        der_put_oid(&w, oid_span(OID_ID_PASSWORD_BASED_MAC));
        der_put_header(&w, DER_SEQUENCE, 0);
        assert_int_equal(der_finish(&w, &der), ERR_OK);
        alg = alg_of(der);
        assert_int_equal(
            verify(g, &alg, SECRET, DATA, span_of(value, value_len)), ERR_OK);
        assert_int_equal(
            verify(g, &alg, SPAN_LIT("x"), DATA, span_of(value, value_len)),
            ERR_BAD_MESSAGE_CHECK);
        OPENSSL_free(params);
        OPENSSL_free(value);
        OSSL_CRMF_PBMPARAMETER_free(pbmp);
        arena_reset(g->arena);
    }
}

static struct span hmac_by_openssl(struct ground *g, const EVP_MD *md,
                                   struct span key, struct span data)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    assert_non_null(
        HMAC(md, key.ptr, (int)key.len, data.ptr, data.len, out, &len));
    return arena_copy(g->arena, span_of(out, len));
}

/* PBMAC1 and bare HMAC against PKCS5_PBKDF2_HMAC and HMAC. */
static void test_pbmac1_as_openssl(void **state)
{
    static const struct {
        enum digest digest;
        const char *name;
    } digests[] = {
        { DIGEST_SHA1, "SHA1" },     { DIGEST_SHA224, "SHA224" },
        { DIGEST_SHA256, "SHA256" }, { DIGEST_SHA384, "SHA384" },
        { DIGEST_SHA512, "SHA512" },
    };
    static const uint32_t key_lens[] = { 20, 32, 33, 64 };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(digests) * NUM(digests) * NUM(key_lens); i++) {
        size_t prf = i % NUM(digests), mac = i / NUM(digests) % NUM(digests);
        struct mac_params p = {
            .alg = MAC_PBMAC1,
            .salt = SPAN_LIT(SALT),
            .iterations = 300,
            .key_len = key_lens[i / NUM(digests) / NUM(digests)],
            .owf = digests[prf].digest,
            .mac = digests[mac].digest,
        };
        struct mac_params bare = { .alg = MAC_HMAC, .mac = p.mac };
        const EVP_MD *md = EVP_get_digestbyname(digests[mac].name);
        struct alg_id alg = alg_write(g, &p), bare_alg = alg_write(g, &bare);
        uint8_t key[64];

        assert_int_equal(
            PKCS5_PBKDF2_HMAC((const char *)SECRET.ptr, (int)SECRET.len,
                              p.salt.ptr, (int)p.salt.len, 300,
                              EVP_get_digestbyname(digests[prf].name),
                              (int)p.key_len, key),
            1);
        assert_int_equal(
            verify(g, &alg, SECRET, DATA,
                   hmac_by_openssl(g, md, span_of(key, p.key_len), DATA)),
            ERR_OK);
        assert_int_equal(verify(g, &bare_alg, SECRET, DATA,
                                hmac_by_openssl(g, md, SECRET, DATA)),
                         ERR_OK);
        arena_reset(g->arena);
    }
}

/* keyLength left out: as long as the MAC's own digest. */
static void test_pbmac1_natural_key_length(void **state)
{
    static const struct span der = SPAN_LIT(
        "\x30\x4e\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e\x30\x41\x30\x31"
        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c\x30\x24\x04\x10" SALT
        "\x02\x02\x03\xe8\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05"
        "\x00\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00");
    struct ground *g = *state;
    struct mac_params p = {
        .alg = MAC_PBMAC1,
        .salt = SPAN_LIT(SALT),
        .iterations = 1000,
        .key_len = 32,
        .owf = DIGEST_SHA256,
        .mac = DIGEST_SHA256,
    };
    struct alg_id spelled = alg_write(g, &p), natural = alg_of(der);
    struct span mac;

    assert_int_equal(
        mac_make(g->cx, &spelled, SECRET, DATA, g->arena, &mac, NULL), ERR_OK);
    assert_int_equal(verify(g, &natural, SECRET, DATA, mac), ERR_OK);
}

/* NIST's KMAC_samples.pdf, 1, 2 and 4: key 40..5f. */
static void test_kmac_samples(void **state)
{
#define KMAC_KEY SPAN_LIT("@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_")
    static const struct {
        enum mac_alg alg;
        uint32_t out_bits;
        struct span customization, mac;
    } samples[] = {
        { MAC_KMAC128,
          256,
          { 0 },
          SPAN_LIT("\xe5\x78\x0b\x0d\x3e\xa6\xf7\xd3\xa4\x29\xc5\x70\x6a\xa4"
                   "\x3a\x00\xfa\xdb\xd7\xd4\x96\x28\x83\x9e\x31\x87\x24\x3f"
                   "\x45\x6e\xe1\x4e") },
        { MAC_KMAC128, 256, SPAN_LIT("My Tagged Application"),
          SPAN_LIT("\x3b\x1f\xba\x96\x3c\xd8\xb0\xb5\x9e\x8c\x1a\x6d\x71\x88"
                   "\x8b\x71\x43\x65\x1a\xf8\xba\x0a\x70\x70\xc0\x97\x9e\x28"
                   "\x11\x32\x4a\xa5") },
        { MAC_KMAC256, 512, SPAN_LIT("My Tagged Application"),
          SPAN_LIT("\x20\xc5\x70\xc3\x13\x46\xf7\x03\xc9\xac\x36\xc6\x1c\x03"
                   "\xcb\x64\xc3\x97\x0d\x0c\xfc\x78\x7e\x9b\x79\x59\x9d\x27"
                   "\x3a\x68\xd2\xf7\xf6\x9d\x4c\xc3\xde\x9d\x10\x4a\x35\x16"
                   "\x89\xf2\x7c\xf6\xf5\x95\x1f\x01\x03\xf3\x3f\x4f\x24\x87"
                   "\x10\x24\xd9\xc2\x77\x73\xa8\xdd") },
    };
    struct ground *g = *state;
    struct span data = SPAN_LIT("\x00\x01\x02\x03");

    for (size_t i = 0; i < NUM(samples); i++) {
        struct mac_params p = { .alg = samples[i].alg,
                                .out_bits = samples[i].out_bits,
                                .customization = samples[i].customization };
        struct alg_id alg = alg_write(g, &p);
        struct fault f = { 0 };

        if (mac_verify(g->cx, &everything, &alg, KMAC_KEY, data, samples[i].mac,
                       &f) != ERR_OK)
            fail_msg("sample %zu: %s", i, f.text);
        assert_int_equal(
            verify(g, &alg, KMAC_KEY, data, flip(g, samples[i].mac, 7)),
            ERR_BAD_MESSAGE_CHECK);
        arena_reset(g->arena);
    }
}

/* --- our own --- */

static const struct mac_params made[] = {
    { .alg = MAC_PBM,
      .iterations = 500,
      .owf = DIGEST_SHA256,
      .mac = DIGEST_SHA256 },
    { .alg = MAC_PBM,
      .iterations = 100,
      .owf = DIGEST_SHA256,
      .mac = DIGEST_SHA1 },
    { .alg = MAC_PBMAC1,
      .iterations = 500,
      .key_len = 32,
      .owf = DIGEST_SHA256,
      .mac = DIGEST_SHA256 },
    { .alg = MAC_PBMAC1,
      .iterations = 500,
      .key_len = 64,
      .owf = DIGEST_SHA512,
      .mac = DIGEST_SHA512 },
    { .alg = MAC_HMAC, .mac = DIGEST_SHA384 },
    { .alg = MAC_KMAC128, .out_bits = 256 },
    { .alg = MAC_KMAC256, .out_bits = 256, .customization = SPAN_LIT("CMP") },
};

static void test_round_trips(void **state)
{
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(made); i++) {
        struct alg_id alg, other;
        struct span der, mac;

        assert_int_equal(mac_alg_make(g->cx, &made[i], g->arena, &der, NULL),
                         ERR_OK);
        alg = alg_of(der);
        assert_int_equal(
            mac_make(g->cx, &alg, SECRET, DATA, g->arena, &mac, NULL), ERR_OK);
        check_mac(g, &alg, mac);
        /* another salt, another MAC */
        assert_int_equal(mac_alg_make(g->cx, &made[i], g->arena, &der, NULL),
                         ERR_OK);
        other = alg_of(der);
        assert_int_equal(verify(g, &other, SECRET, DATA, mac),
                         made[i].iterations > 0 ? ERR_BAD_MESSAGE_CHECK
                                                : ERR_OK);
        arena_reset(g->arena);
    }
}

/* Whoever has read mac.c has a MAC under the secret it uses for nobody. */
static void test_nobodys_secret(void **state)
{
    struct span dummy = SPAN_LIT("the secret of a reference nobody has");
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(made); i++) {
        struct fault wrong = { 0 }, nobody = { 0 };
        struct alg_id alg;
        struct span der, mac;

        assert_int_equal(mac_alg_make(g->cx, &made[i], g->arena, &der, NULL),
                         ERR_OK);
        alg = alg_of(der);
        assert_int_equal(
            mac_make(g->cx, &alg, dummy, DATA, g->arena, &mac, NULL), ERR_OK);
        assert_int_equal(verify(g, &alg, dummy, DATA, mac), ERR_OK);
        assert_int_equal(
            mac_verify(g->cx, &everything, &alg, SPAN_NONE, DATA, mac, &nobody),
            ERR_BAD_MESSAGE_CHECK);
        assert_int_equal(
            mac_verify(g->cx, &everything, &alg, SECRET, DATA, mac, &wrong),
            ERR_BAD_MESSAGE_CHECK);
        assert_string_equal(nobody.text, wrong.text);
        assert_string_equal(nobody.clause, wrong.clause);
        arena_reset(g->arena);
    }
}

/* What a policy does not take is not computed, whatever the MAC. */
static void test_policy_comes_first(void **state)
{
    struct ground *g = *state;
    struct mac_params p = {
        .alg = MAC_PBM,
        .salt = SPAN_LIT(SALT),
        .iterations = 4000000000u, /* an hour, if anybody began */
        .owf = DIGEST_SHA256,
        .mac = DIGEST_SHA256,
    };
    struct alg_id alg = alg_write(g, &p);
    struct span mac;

    assert_int_equal(verify(g, &alg, SECRET, DATA, DATA), ERR_BAD_ALG);
    assert_int_equal(verify(g, &alg, SPAN_NONE, DATA, DATA), ERR_BAD_ALG);
    p.alg = MAC_PBMAC1;
    p.key_len = 32;
    alg = alg_write(g, &p);
    assert_int_equal(verify(g, &alg, SECRET, DATA, DATA), ERR_BAD_ALG);

    p.iterations = 500;
    p.mac = DIGEST_SHA1;
    alg = alg_write(g, &p);
    assert_int_equal(mac_make(g->cx, &alg, SECRET, DATA, g->arena, &mac, NULL),
                     ERR_OK);
    assert_int_equal(
        mac_verify(g->cx, &mac_policy_strong, &alg, SECRET, DATA, mac, NULL),
        ERR_BAD_ALG);
    assert_int_equal(verify(g, &alg, SECRET, DATA, mac), ERR_OK);
    assert_int_equal(
        mac_make(g->cx, &alg, SPAN_NONE, DATA, g->arena, &mac, NULL),
        ERR_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_pbm_as_openssl),
        cmocka_unit_test(test_pbmac1_as_openssl),
        cmocka_unit_test(test_pbmac1_natural_key_length),
        cmocka_unit_test(test_kmac_samples),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_nobodys_secret),
        cmocka_unit_test(test_policy_comes_first),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
