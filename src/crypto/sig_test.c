#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

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
    struct fault f = { 0 };

    if (crypto_new(&g.crypto, &f) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, &f) != ERR_OK) {
        print_error("%s\n", f.text);
        return -1;
    }
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

static struct spki spki_of(struct span der)
{
    struct der in = der_open(der, NULL);
    struct spki spki;

    assert_int_equal(spki_read(&in, &spki), ERR_OK);
    return spki;
}

static struct alg_id alg_of(enum sig_alg alg)
{
    struct der in = der_open(sig_alg_info(alg)->der, NULL);
    struct alg_id id;

    assert_int_equal(alg_id_read(&in, &id), ERR_OK);
    return id;
}

/* A copy with one bit turned over. */
static struct span flip(struct ground *g, struct span bytes, size_t bit)
{
    uint8_t *copy = arena_alloc(g->arena, bytes.len);

    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    return span_of(copy, bytes.len);
}

static enum err verify(struct ground *g, const struct spki *key,
                       enum sig_alg alg, struct span data, struct span sig)
{
    struct alg_id id = alg_of(alg);
    struct fault f = { 0 };
    enum err e = sig_verify_any(g->cx, key, &id, data, sig, &f);

    assert_int_equal(sig_verify(g->cx, key, &id, data, sig, NULL),
                     sig_alg_is_legacy(alg) ? ERR_BAD_ALG : e);
    assert_int_equal(f.err, e);
    assert_true(e == ERR_OK || f.text[0] != '\0');
    return e;
}

/* Every row of the algorithm table, signed by OpenSSL's own interface. */
static const struct {
    enum sig_alg alg;
    const char *kind, *md;
    bool pss;
} rows[] = {
    { SIG_ECDSA_SHA256, "P-256", "SHA256", false },
    { SIG_ECDSA_SHA384, "P-256", "SHA384", false },
    { SIG_ECDSA_SHA256, "P-384", "SHA256", false },
    { SIG_ECDSA_SHA384, "P-384", "SHA384", false },
    { SIG_ECDSA_SHA512, "P-521", "SHA512", false },
    { SIG_RSA_SHA256, "RSA:2048", "SHA256", false },
    { SIG_RSA_SHA384, "RSA:2048", "SHA384", false },
    { SIG_RSA_SHA512, "RSA:3072", "SHA512", false },
    { SIG_PSS_SHA256, "RSA:2048", "SHA256", true },
    { SIG_PSS_SHA384, "RSA:2048", "SHA384", true },
    { SIG_PSS_SHA512, "RSA:2048", "SHA512", true },
    { SIG_PSS_SHA256, "RSA-PSS:2048", "SHA256", true },
    { SIG_ED25519, "Ed25519", NULL, false },
    { SIG_ED448, "Ed448", NULL, false },
    { SIG_RSA_MD5, "RSA:2048", "MD5", false },
    { SIG_RSA_SHA1, "RSA:2048", "SHA1", false },
    { SIG_ECDSA_SHA1, "P-256", "SHA1", false },
    { SIG_DSA_SHA1, "DSA:1024", "SHA1", false },
    { SIG_ML_DSA_44, "ML-DSA-44", NULL, false },
    { SIG_ML_DSA_65, "ML-DSA-65", NULL, false },
    { SIG_ML_DSA_87, "ML-DSA-87", NULL, false },
};

/* OpenSSL has ML-DSA from 3.5 on. */
static bool is_offered(const char *kind)
{
    EVP_KEYMGMT *mgmt;
    bool offered;

    if (strncmp(kind, "ML-DSA", 6) != 0)
        return true;
    mgmt = EVP_KEYMGMT_fetch(NULL, kind, NULL);
    offered = mgmt != NULL;
    EVP_KEYMGMT_free(mgmt);
    return offered;
}

static void test_every_algorithm(void **state)
{
    struct ground *g = *state;
    bool seen[SIG_ALG_NUM] = { 0 };

    for (size_t i = 0; i < NUM(rows); i++) {
        const struct test_key *key;
        struct spki spki, bad;
        struct span sig;

        seen[rows[i].alg] = true;
        if (!is_offered(rows[i].kind))
            continue;
        key = test_key_make(g->pki, rows[i].kind);
        spki = bad = spki_of(test_key_spki(key));
        sig = test_key_sign(key, rows[i].md, rows[i].pss, DATA);
        assert_int_equal(pubkey_check(g->cx, &spki, NULL),
                         rows[i].alg == SIG_DSA_SHA1 ? ERR_BAD_ALG : ERR_OK);
        assert_int_equal(verify(g, &spki, rows[i].alg, DATA, sig), ERR_OK);
        assert_int_equal(verify(g, &spki, rows[i].alg, flip(g, DATA, 3), sig),
                         ERR_BAD_MESSAGE_CHECK);
        for (size_t bit = 0; bit < 8 * sig.len; bit += 37)
            assert_int_equal(
                verify(g, &spki, rows[i].alg, DATA, flip(g, sig, bit)),
                ERR_BAD_MESSAGE_CHECK);
        for (size_t bit = 8; bit < 8 * spki.key.len; bit += 61) {
            bad.key = flip(g, spki.key, bit);
            assert_int_not_equal(verify(g, &bad, rows[i].alg, DATA, sig),
                                 ERR_OK);
        }
        /* and the kept contexts are none the worse for it */
        assert_int_equal(verify(g, &spki, rows[i].alg, DATA, sig), ERR_OK);
        arena_reset(g->arena);
    }
    for (int alg = SIG_UNKNOWN + 1; alg < SIG_ALG_NUM; alg++)
        assert_true(seen[alg]);
}

/* Known by name where it cannot be computed. */
static void test_ml_dsa_without_openssl(void **state)
{
    static const struct {
        enum sig_alg alg;
        size_t key_len;
    } cases[] = {
        { SIG_ML_DSA_44, 1312 },
        { SIG_ML_DSA_65, 1952 },
        { SIG_ML_DSA_87, 2592 },
    };
    static const uint8_t bytes[4627] = { 1 };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(cases); i++) {
        struct alg_id alg = alg_of(cases[i].alg);
        struct spki spki = { .alg = alg,
                             .key = span_of(bytes, cases[i].key_len) };
        const char *name = sig_alg_info(cases[i].alg)->name;
        AUTO(privkey) key = NULL;
        struct fault f = { 0 };

        assert_int_equal(sig_alg_default(key_kind_find(&spki)), cases[i].alg);
        if (is_offered(name)) {
            assert_int_equal(
                verify(g, &spki, cases[i].alg, DATA, SPAN_OF(bytes)),
                ERR_BAD_MESSAGE_CHECK);
            continue;
        }
        assert_int_equal(
            sig_verify(g->cx, &spki, &alg, DATA, SPAN_OF(bytes), &f),
            ERR_BAD_ALG);
        assert_non_null(strstr(f.text, name));
        assert_non_null(strstr(f.text, "OpenSSL"));
        assert_int_equal(pubkey_check(g->cx, &spki, NULL), ERR_BAD_ALG);
        assert_int_equal(
            privkey_generate(g->cx, key_kind_find(&spki), 0, &key, NULL),
            ERR_BAD_ALG);
    }
}

/* Numbers that are no DSA key of 1024 bits. */
static void test_dsa_keys(void **state)
{
    enum part {
        P,
        Q,
        G,
        Y
    };
    struct ground *g = *state;
    const struct test_key *key = test_key_make(g->pki, "DSA:1024");
    struct spki good = spki_of(test_key_spki(key));
    struct span sig = test_key_sign(key, "SHA1", false, DATA);
    struct dsa_public dsa;
    static uint8_t p2048[256] = { [0] = 0x80, [255] = 1 };
    const struct {
        enum part part;
        struct span value;
        enum err err;
    } cases[] = {
        { P, SPAN_OF(p2048), ERR_BAD_ALG },
        { P, SPAN_LIT("\x7f"), ERR_BAD_ALG },
        { P, span_of(p2048, 128), ERR_BAD_MESSAGE_CHECK }, /* even */
        { Q, SPAN_LIT("\x07"), ERR_BAD_ALG },
        { Q, span_of(p2048, 32), ERR_BAD_ALG },
        { Q, span_of(p2048, 20), ERR_BAD_MESSAGE_CHECK }, /* even */
        { G, SPAN_LIT("\x00"), ERR_BAD_MESSAGE_CHECK },
        { G, SPAN_LIT("\x01"), ERR_BAD_MESSAGE_CHECK },
        { G, SPAN_OF(p2048), ERR_BAD_MESSAGE_CHECK },
        { Y, SPAN_LIT("\x00"), ERR_BAD_MESSAGE_CHECK },
        { Y, SPAN_LIT("\x01"), ERR_BAD_MESSAGE_CHECK },
        { Y, SPAN_OF(p2048), ERR_BAD_MESSAGE_CHECK },
    };

    assert_int_equal(dsa_public_read(&good, &dsa), ERR_OK);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct span numbers[] = { dsa.p, dsa.q, dsa.g, dsa.y };
        struct spki spki = good;
        struct der_writer w;

        numbers[cases[i].part] = cases[i].value;
        der_writer_init(&w, g->arena, 512);
        for (int n = G; n >= P; n--)
            der_put_uint(&w, DER_INTEGER, numbers[n]);
        der_put_header(&w, DER_SEQUENCE, 0);
        assert_int_equal(der_finish(&w, &spki.alg.params), ERR_OK);
        der_writer_init(&w, g->arena, 512);
        der_put_uint(&w, DER_INTEGER, numbers[Y]);
        assert_int_equal(der_finish(&w, &spki.key), ERR_OK);
        if (verify(g, &spki, SIG_DSA_SHA1, DATA, sig) != cases[i].err)
            fail_msg("case %zu", i);
    }
    assert_int_equal(verify(g, &good, SIG_DSA_SHA1, DATA, sig), ERR_OK);
}

static void test_algorithm_and_kind_must_fit(void **state)
{
    static const char *const kinds[] = {
        "P-256",   "P-384", "P-521",     "RSA:2048", "RSA-PSS:2048",
        "Ed25519", "Ed448", "secp256k1", "DSA:1024"
    };
    static const uint8_t sig[256] = { 1 };
    struct ground *g = *state;
    struct alg_id unknown = alg_of(SIG_ECDSA_SHA256);

    for (size_t i = 0; i < NUM(kinds); i++) {
        struct spki spki =
            spki_of(test_key_spki(test_key_make(g->pki, kinds[i])));

        for (int alg = SIG_UNKNOWN + 1; alg < SIG_ALG_NUM; alg++) {
            bool fits = sig_alg_fits((enum sig_alg)alg, key_kind_find(&spki));

            assert_int_equal(
                verify(g, &spki, (enum sig_alg)alg, DATA, SPAN_OF(sig)),
                fits ? ERR_BAD_MESSAGE_CHECK : ERR_BAD_ALG);
        }
        alg_id_set(&unknown, OID_SHA1_WITH_RSA_ENCRYPTION);
        assert_int_equal(
            sig_verify(g->cx, &spki, &unknown, DATA, SPAN_OF(sig), NULL),
            ERR_BAD_ALG);
    }
}

/* --- ECDSA signatures nobody should take --- */

static struct span ecdsa_sig(struct ground *g, const char *r, const char *s)
{
    struct der_writer w;
    struct span bytes, out;
    const char *const parts[] = { s, r };
    size_t mark;

    der_writer_init(&w, g->arena, 128);
    mark = der_mark(&w);
    for (size_t i = 0; i < 2; i++) {
        BIGNUM *bn = NULL;
        uint8_t buf[80];

        assert_true(BN_hex2bn(&bn, parts[i]) > 0);
        bytes = span_of(buf, (size_t)BN_bn2bin(bn, buf));
        der_put_uint(&w, DER_INTEGER, bytes);
        BN_free(bn);
    }
    der_put_header(&w, DER_SEQUENCE, mark);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    return out;
}

#define P256_N \
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"
#define P256_N_1 \
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632552"

static void test_ecdsa_numbers_out_of_range(void **state)
{
    static const char *const numbers[] = { "0", "1", P256_N, P256_N_1 };
    struct ground *g = *state;
    struct spki spki = spki_of(test_key_spki(test_key_make(g->pki, "P-256")));

    for (size_t r = 0; r < NUM(numbers); r++) {
        for (size_t s = 0; s < NUM(numbers); s++)
            assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA,
                                    ecdsa_sig(g, numbers[r], numbers[s])),
                             ERR_BAD_MESSAGE_CHECK);
    }
}

/* A valid signature in any other dress than DER. */
static void test_ecdsa_other_encodings(void **state)
{
    struct ground *g = *state;
    const struct test_key *key = test_key_make(g->pki, "P-256");
    struct spki spki = spki_of(test_key_spki(key));
    struct span sig;
    uint8_t buf[96];

    do
        sig = test_key_sign(key, "SHA256", false, DATA);
    while (sig.len != 70); /* both numbers without a leading zero */
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, sig), ERR_OK);

    memcpy(buf, sig.ptr, 70); /* a byte behind it */
    buf[70] = 0;
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, span_of(buf, 71)),
                     ERR_BAD_MESSAGE_CHECK);
    for (size_t len = 0; len < 70; len++)
        assert_int_equal(
            verify(g, &spki, SIG_ECDSA_SHA256, DATA, span_of(buf, len)),
            ERR_BAD_MESSAGE_CHECK);

    memcpy(buf, "\x30\x81\x44", 3); /* a long length */
    memcpy(buf + 3, sig.ptr + 2, 68);
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, span_of(buf, 71)),
                     ERR_BAD_MESSAGE_CHECK);

    memcpy(buf, "\x30\x45\x02\x21\x00", 5); /* a padded r */
    memcpy(buf + 5, sig.ptr + 4, 66);
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, span_of(buf, 71)),
                     ERR_BAD_MESSAGE_CHECK);

    memcpy(buf, sig.ptr + 4, 32); /* r and s bare (IEEE P1363) */
    memcpy(buf + 32, sig.ptr + 38, 32);
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, span_of(buf, 64)),
                     ERR_BAD_MESSAGE_CHECK);
}

/* --- keys nobody should take --- */

static void test_ec_points(void **state)
{
    struct ground *g = *state;
    const struct test_key *key = test_key_make(g->pki, "P-256");
    struct spki good = spki_of(test_key_spki(key)), spki = good;
    struct span sig = test_key_sign(key, "SHA256", false, DATA);
    uint8_t point[66] = { 0 };

    /* compressed: taken */
    memcpy(point, good.key.ptr, 33);
    point[0] = 2 + (good.key.ptr[64] & 1);
    spki.key = span_of(point, 33);
    assert_int_equal(pubkey_check(g->cx, &spki, NULL), ERR_OK);
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, sig), ERR_OK);

    static const struct {
        const char *what;
        size_t len;
        uint8_t form;
    } cases[] = {
        { "infinity", 1, 0 },       { "empty", 0, 0 },
        { "off the curve", 65, 4 }, { "hybrid", 65, 6 },
        { "short", 64, 4 },         { "long", 66, 4 },
        { "no form", 65, 5 },       { "zero, long", 65, 0 },
    };
    for (size_t i = 0; i < NUM(cases); i++) {
        memcpy(point, good.key.ptr, 65);
        point[0] = cases[i].form;
        if (strcmp(cases[i].what, "off the curve") == 0)
            point[64] ^= 1;
        spki.key = span_of(point, cases[i].len);
        assert_int_equal(pubkey_check(g->cx, &spki, NULL), ERR_BAD_DATA_FORMAT);
        assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, sig),
                         ERR_BAD_MESSAGE_CHECK);
    }
    /* what was refused last is not what verifies next */
    assert_int_equal(verify(g, &good, SIG_ECDSA_SHA256, DATA, sig), ERR_OK);

    /* a curve by its numbers, and one that is not of the table */
    spki = good;
    spki.alg.params = SPAN_LIT("\x30\x03\x02\x01\x01");
    assert_int_equal(pubkey_check(g->cx, &spki, NULL), ERR_BAD_ALG);
    assert_int_equal(verify(g, &spki, SIG_ECDSA_SHA256, DATA, sig),
                     ERR_BAD_ALG);
    spki = spki_of(test_key_spki(test_key_make(g->pki, "secp256k1")));
    assert_int_equal(pubkey_check(g->cx, &spki, NULL), ERR_BAD_ALG);
}

/* A SubjectPublicKeyInfo with this modulus length, its last octet and e. */
static struct spki rsa_key(struct ground *g, size_t n_len, uint8_t n_first,
                           uint8_t n_last, struct span e)
{
    uint8_t *n = arena_alloc(g->arena, n_len);
    struct spki spki = { 0 };
    struct der_writer w;
    size_t mark;

    assert_non_null(n);
    memset(n, 0xa5, n_len);
    n[0] = n_first;
    n[n_len - 1] = n_last;
    der_writer_init(&w, g->arena, n_len + 64);
    mark = der_mark(&w);
    der_put_uint(&w, DER_INTEGER, e);
    der_put_uint(&w, DER_INTEGER, span_of(n, n_len));
    der_put_header(&w, DER_SEQUENCE, mark);
    assert_int_equal(der_finish(&w, &spki.key), ERR_OK);
    alg_id_set(&spki.alg, OID_RSA_ENCRYPTION);
    spki.alg.params = SPAN_LIT("\x05\x00");
    return spki;
}

static void test_rsa_keys(void **state)
{
#define E_F4 SPAN_LIT("\x01\x00\x01")
    static const struct {
        const char *what;
        size_t n_len;
        uint8_t n_first, n_last;
        struct span e;
        enum err check;
    } cases[] = {
        { "2048 bits", 256, 0x80, 1, E_F4, ERR_OK },
        { "4096 bits", 512, 0xff, 1, E_F4, ERR_OK },
        { "2047 bits", 256, 0x7f, 1, E_F4, ERR_BAD_ALG },
        { "1024 bits", 128, 0x80, 1, E_F4, ERR_BAD_ALG },
        { "4097 bits", 513, 0x01, 1, E_F4, ERR_BAD_ALG },
        { "16384 bits", 2048, 0x80, 1, E_F4, ERR_BAD_ALG },
        { "beyond 16384", 2100, 0x80, 1, E_F4, ERR_BAD_DATA_FORMAT },
        { "even modulus", 256, 0x80, 2, E_F4, ERR_BAD_DATA_FORMAT },
        { "e = 0", 256, 0x80, 1, SPAN_LIT("\x00"), ERR_BAD_ALG },
        { "e = 1", 256, 0x80, 1, SPAN_LIT("\x01"), ERR_BAD_ALG },
        { "e = 3", 256, 0x80, 1, SPAN_LIT("\x03"), ERR_BAD_ALG },
        { "e = 65535", 256, 0x80, 1, SPAN_LIT("\xff\xff"), ERR_BAD_ALG },
        { "e = 65538", 256, 0x80, 1, SPAN_LIT("\x01\x00\x02"), ERR_BAD_ALG },
        { "e = 65539", 256, 0x80, 1, SPAN_LIT("\x01\x00\x03"), ERR_OK },
        { "e of 8 octets", 256, 0x80, 1,
          SPAN_LIT("\xff\xff\xff\xff\xff\xff\xff\xff"), ERR_OK },
        { "e of 9 octets", 256, 0x80, 1,
          SPAN_LIT("\x01\xff\xff\xff\xff\xff\xff\xff\xff"), ERR_BAD_ALG },
    };
    static const uint8_t sig[2048] = { 0 };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(cases); i++) {
        struct spki spki = rsa_key(g, cases[i].n_len, cases[i].n_first,
                                   cases[i].n_last, cases[i].e);
        enum err wanted =
            cases[i].check == ERR_BAD_ALG ? ERR_BAD_ALG : ERR_BAD_MESSAGE_CHECK;
        enum err e = pubkey_check(g->cx, &spki, NULL);

        if (e != cases[i].check)
            fail_msg("%s: %s", cases[i].what, err_name(e));
        for (size_t len = 0; len <= 2048; len += 256)
            assert_int_equal(
                verify(g, &spki, SIG_RSA_SHA256, DATA, span_of(sig, len)),
                wanted);
    }
}

/* PSS with another salt than the identifier says is another algorithm. */
static void test_rsa_mixed_up(void **state)
{
    struct ground *g = *state;
    const struct test_key *key = test_key_make(g->pki, "RSA:2048");
    struct spki spki = spki_of(test_key_spki(key));
    struct span pkcs1 = test_key_sign(key, "SHA256", false, DATA);
    struct span pss = test_key_sign(key, "SHA256", true, DATA);

    assert_int_equal(verify(g, &spki, SIG_PSS_SHA256, DATA, pkcs1),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, &spki, SIG_RSA_SHA256, DATA, pss),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, &spki, SIG_PSS_SHA384, DATA, pss),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(verify(g, &spki, SIG_RSA_SHA384, DATA, pkcs1),
                     ERR_BAD_MESSAGE_CHECK);
    /* a key bound to SHA-256 does not vouch for SHA-384 */
    spki.alg = alg_of(SIG_PSS_SHA256);
    assert_int_equal(verify(g, &spki, SIG_PSS_SHA256, DATA, pss), ERR_OK);
    pss = test_key_sign(key, "SHA384", true, DATA);
    assert_int_equal(verify(g, &spki, SIG_PSS_SHA384, DATA, pss), ERR_BAD_ALG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_algorithm),
        cmocka_unit_test(test_ml_dsa_without_openssl),
        cmocka_unit_test(test_dsa_keys),
        cmocka_unit_test(test_algorithm_and_kind_must_fit),
        cmocka_unit_test(test_ecdsa_numbers_out_of_range),
        cmocka_unit_test(test_ecdsa_other_encodings),
        cmocka_unit_test(test_ec_points),
        cmocka_unit_test(test_rsa_keys),
        cmocka_unit_test(test_rsa_mixed_up),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
