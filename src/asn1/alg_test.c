#include "asn1/alg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/x509.h"
#include "support/der_text.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

#define SHA256 "06{608648016503040201}"
#define SHA384 "06{608648016503040202}"
#define MGF1 "06{2a864886f70d010108}"
#define PSS "06{2a864886f70d01010a}"

/* clang-format off */
static const struct {
    const char *der;
    enum sig_alg alg;
} sig_cases[] = {
    { "30{06{2a8648ce3d040302}}", SIG_ECDSA_SHA256 },
    { "30{06{2a8648ce3d040302} 0500}", SIG_UNKNOWN },
    { "30{06{2a8648ce3d040301}}", SIG_UNKNOWN },
    { "30{06{2a864886f70d01010b} 0500}", SIG_RSA_SHA256 },
    { "30{06{2a864886f70d01010b}}", SIG_RSA_SHA256 },
    { "30{06{2a864886f70d01010b} 3000}", SIG_UNKNOWN },
    { "30{06{2a864886f70d010105} 0500}", SIG_UNKNOWN },
    { "30{06{2b6570}}", SIG_ED25519 },
    { "30{06{2b6570} 0500}", SIG_UNKNOWN },
    { "30{06{2b6571}}", SIG_ED448 },
    { "30{06{2a03}}", SIG_UNKNOWN },
    { "30{" PSS "}", SIG_UNKNOWN },
    { "30{" PSS "30{}}", SIG_UNKNOWN },
    { "30{" PSS "0500}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "0500}} a1{30{" MGF1 "30{" SHA256 "0500}}}"
      " a2{020120}}}", SIG_PSS_SHA256 },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA256 "}}}"
      " a2{020120}}}", SIG_PSS_SHA256 },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA256 "}}}"
      " a2{020114}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA256 "}}}}}",
      SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA384 "}}}"
      " a2{020120}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" SHA256 "30{" SHA256 "}}}"
      " a2{020120}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "}} a2{020120}}}",
      SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA256 "}}}"
      " a2{020120} a3{020101}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "} 00} a1{30{" MGF1 "30{" SHA256 "}}}"
      " a2{020120}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA256 "}} 00}"
      " a2{020120}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a1{30{" MGF1 "30{" SHA256 "}}}"
      " a2{020120 00}}}", SIG_UNKNOWN },
    { "30{" PSS "30{a0{30{" SHA256 "}} a2{020120}}}", SIG_UNKNOWN },
};
/* clang-format on */

static struct alg_id read_alg_id(struct span der)
{
    struct der in = der_open(der, NULL);
    struct alg_id id;

    assert_int_equal(alg_id_read(&in, &id), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    return id;
}

static void test_sig_alg_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(sig_cases); i++) {
        AUTO(arena) a = arena_new(4096);
        struct alg_id id = read_alg_id(der_text(sig_cases[i].der, a));

        if (sig_alg_find(&id) != sig_cases[i].alg)
            fail_msg("%s", sig_cases[i].der);
    }
}

static void test_sig_alg_table(void **state)
{
    (void)state;
    for (int i = SIG_UNKNOWN + 1; i < SIG_ALG_NUM; i++) {
        const struct sig_alg_info *info = sig_alg_info((enum sig_alg)i);
        struct alg_id id = read_alg_id(info->der);

        assert_int_equal(info->alg, i);
        assert_int_equal(sig_alg_find_any(&id), i);
        assert_int_equal(sig_alg_find(&id),
                         info->strength >= 112 ? i : SIG_UNKNOWN);
        assert_int_equal(sig_alg_is_legacy((enum sig_alg)i),
                         info->strength < 112);
        assert_int_equal(sig_alg_find_by_name(info->name), i);
        assert_true(info->cert_digest != DIGEST_NONE);
    }
    assert_null(sig_alg_info(SIG_UNKNOWN));
    assert_int_equal(sig_alg_find_by_name("md2WithRSAEncryption"), SIG_UNKNOWN);
}

static void test_digests(void **state)
{
    static const struct {
        const char *der;
        enum digest digest;
    } cases[] = {
        { "30{" SHA256 "}", DIGEST_SHA256 },
        { "30{" SHA256 "0500}", DIGEST_SHA256 },
        { "30{" SHA256 "3000}", DIGEST_NONE },
        { "30{" SHA384 "}", DIGEST_SHA384 },
        { "30{06{608648016503040203}}", DIGEST_SHA512 },
        { "30{06{60864801650304020c}}", DIGEST_SHAKE256_512 },
        { "30{06{60864801650304020c} 0500}", DIGEST_NONE },
        { "30{06{2b0e03021a}}", DIGEST_NONE },
        { "30{06{2a03}}", DIGEST_NONE },
    };
    AUTO(arena) a = arena_new(4096);

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct alg_id id = read_alg_id(der_text(cases[i].der, a));

        assert_int_equal(digest_find(&id), cases[i].digest);
    }
    for (int d = DIGEST_NONE + 1; d < DIGEST_NUM; d++) {
        struct alg_id id = read_alg_id(digest_alg_id((enum digest)d));

        bool is_weak =
            d == DIGEST_SHA1 || d == DIGEST_SHA224 || d == DIGEST_MD5;

        assert_int_equal(digest_find_any(&id), d);
        assert_int_equal(digest_find(&id), is_weak ? DIGEST_NONE : d);
        assert_true(span_is_absent(id.params));
        assert_in_range(digest_len((enum digest)d), is_weak ? 16 : 32,
                        DIGEST_MAX_LEN);
        assert_true(digest_name((enum digest)d)[0] != '\0');
    }
    assert_true(span_is_absent(digest_alg_id(DIGEST_NONE)));
    assert_int_equal(digest_len(DIGEST_NONE), 0);
}

#define EC "06{2a8648ce3d0201}"
#define P256 "06{2a8648ce3d030107}"
#define RSA "06{2a864886f70d010101}"
#define DSA "06{2a8648ce380401}"
#define ML_DSA "06{60864801650304 03"

/* clang-format off */
static const struct {
    const char *der;
    enum key_kind kind;
    unsigned bits;
} key_cases[] = {
    { "30{30{" EC P256 "} 03{00 04 *64(01)}}", KEY_EC_P256, 256 },
    { "30{30{" EC P256 "} 03{00 02 *32(01)}}", KEY_EC_P256, 256 },
    { "30{30{" EC P256 "} 03{00 03 *32(01)}}", KEY_EC_P256, 256 },
    { "30{30{" EC P256 "} 03{00 05 *64(01)}}", KEY_EC_P256, 0 },
    { "30{30{" EC P256 "} 03{00 04 *63(01)}}", KEY_EC_P256, 0 },
    { "30{30{" EC P256 "} 03{00}}", KEY_EC_P256, 0 },
    { "30{30{" EC "06{2b81040022}} 03{00 04 *96(01)}}", KEY_EC_P384, 384 },
    { "30{30{" EC "06{2b81040023}} 03{00 04 *132(01)}}", KEY_EC_P521, 521 },
    { "30{30{" EC "06{2b8104000a}} 03{00 04 *64(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{" EC "} 03{00 04 *64(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{" EC "0500} 03{00 04 *64(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{" EC "30{020101}} 03{00 04 *64(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{" RSA "0500} 03{00 30{02{00 *128(ff)} 0203010001}}}",
      KEY_RSA, 1024 },
    { "30{30{" RSA "0500} 03{00 30{02{01 *16(ff)} 020103}}}", KEY_RSA, 129 },
    { "30{30{" RSA "0500} 03{00 30{02{00} 020103}}}", KEY_RSA, 0 },
    { "30{30{" RSA "0500} 03{00 30{02{80} 020103}}}", KEY_RSA, 0 },
    { "30{30{" RSA "0500} 03{00 30{02{01}}}}", KEY_RSA, 0 },
    { "30{30{" RSA "0500} 03{00 30{02{01} 020103 00}}}", KEY_RSA, 0 },
    { "30{30{" RSA "0500} 03{00 30{02{01} 020103} 00}}", KEY_RSA, 0 },
    { "30{30{" RSA "0500} 03{00 0500}}", KEY_RSA, 0 },
    { "30{30{" RSA "0500} 03{00 30{02{01 *2049(00)} 020103}}}", KEY_RSA, 0 },
    { "30{30{" RSA "} 03{00 30{02{01} 020103}}}", KEY_UNKNOWN, 0 },
    { "30{30{" PSS "} 03{00 30{02{00 *128(ff)} 020103}}}", KEY_RSA_PSS, 1024 },
    { "30{30{" PSS "3000} 03{00 30{02{7f} 020103}}}", KEY_RSA_PSS, 7 },
    { "30{30{06{2b6570}} 03{00 *32(01)}}", KEY_ED25519, 256 },
    { "30{30{06{2b6570}} 03{00 *31(01)}}", KEY_ED25519, 0 },
    { "30{30{06{2b6570} 0500} 03{00 *32(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{06{2b6571}} 03{00 *57(01)}}", KEY_ED448, 448 },
    { "30{30{06{2b6571}} 03{00 *56(01)}}", KEY_ED448, 0 },
    { "30{30{06{2b656e}} 03{00 *32(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{" ML_DSA "11}} 03{00 *1312(01)}}", KEY_ML_DSA_44, 10496 },
    { "30{30{" ML_DSA "11}} 03{00 *1313(01)}}", KEY_ML_DSA_44, 0 },
    { "30{30{" ML_DSA "11} 0500} 03{00 *1312(01)}}", KEY_UNKNOWN, 0 },
    { "30{30{" ML_DSA "12}} 03{00 *1952(01)}}", KEY_ML_DSA_65, 15616 },
    { "30{30{" ML_DSA "13}} 03{00 *2592(01)}}", KEY_ML_DSA_87, 20736 },
    { "30{30{" DSA "30{02{00 *128(ff)} 020101 020102}} 03{00 020103}}",
      KEY_DSA, 1024 },
    { "30{30{" DSA "30{02{7f} 020101 020102}} 03{00 020103}}", KEY_DSA, 7 },
    { "30{30{" DSA "30{02{7f} 020101}} 03{00 020103}}", KEY_DSA, 0 },
    { "30{30{" DSA "30{02{7f} 020101 020102 00}} 03{00 020103}}", KEY_DSA, 0 },
    { "30{30{" DSA "30{02{7f} 020101 020102}} 03{00 020103 00}}", KEY_DSA, 0 },
    { "30{30{" DSA "30{02{7f} 020101 020102}} 03{00 0203}}", KEY_DSA, 0 },
    { "30{30{" DSA "30{02{01 *513(00)} 020101 020102}} 03{00 020103}}",
      KEY_DSA, 0 },
    { "30{30{" DSA "30{0201ff 020101 020102}} 03{00 020103}}", KEY_DSA, 0 },
    { "30{30{" DSA "0500} 03{00 020103}}", KEY_DSA, 0 },
    { "30{30{" DSA "} 03{00 020103}}", KEY_UNKNOWN, 0 },
};
/* clang-format on */

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(key_cases); i++) {
        AUTO(arena) a = arena_new(8192);
        struct der in = der_open(der_text(key_cases[i].der, a), NULL);
        struct spki key;

        assert_int_equal(spki_read(&in, &key), ERR_OK);
        if (key_kind_find(&key) != key_cases[i].kind ||
            key_bits(&key) != key_cases[i].bits)
            fail_msg("%s: %s, %u", key_cases[i].der,
                     key_kind_name(key_kind_find(&key)), key_bits(&key));
    }
}

static void test_fits(void **state)
{
    static const struct {
        enum key_kind kind;
        enum sig_alg normal, odd, wrong;
    } cases[] = {
        { KEY_EC_P256, SIG_ECDSA_SHA256, SIG_ECDSA_SHA512, SIG_RSA_SHA256 },
        { KEY_EC_P384, SIG_ECDSA_SHA384, SIG_ECDSA_SHA256, SIG_ED25519 },
        { KEY_EC_P521, SIG_ECDSA_SHA512, SIG_ECDSA_SHA256, SIG_PSS_SHA256 },
        { KEY_RSA, SIG_RSA_SHA256, SIG_PSS_SHA512, SIG_ECDSA_SHA256 },
        { KEY_RSA_PSS, SIG_PSS_SHA256, SIG_PSS_SHA512, SIG_RSA_SHA256 },
        { KEY_ED25519, SIG_ED25519, SIG_ED25519, SIG_ED448 },
        { KEY_ED448, SIG_ED448, SIG_ED448, SIG_ED25519 },
        { KEY_ML_DSA_44, SIG_ML_DSA_44, SIG_ML_DSA_44, SIG_ML_DSA_65 },
        { KEY_ML_DSA_65, SIG_ML_DSA_65, SIG_ML_DSA_65, SIG_ML_DSA_87 },
        { KEY_ML_DSA_87, SIG_ML_DSA_87, SIG_ML_DSA_87, SIG_ML_DSA_44 },
        { KEY_DSA, SIG_DSA_SHA1, SIG_DSA_SHA1, SIG_ECDSA_SHA1 },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        assert_int_equal(sig_alg_default(cases[i].kind), cases[i].normal);
        assert_true(sig_alg_fits(cases[i].normal, cases[i].kind));
        assert_true(sig_alg_fits(cases[i].odd, cases[i].kind));
        assert_false(sig_alg_fits(cases[i].wrong, cases[i].kind));
        assert_false(sig_alg_fits(SIG_UNKNOWN, cases[i].kind));
        assert_false(sig_alg_fits(cases[i].normal, KEY_UNKNOWN));
    }
    assert_int_equal(sig_alg_default(KEY_UNKNOWN), SIG_UNKNOWN);
}

/* What OpenSSL writes for each key and signature is what the table knows. */
static void test_agrees_with_openssl(void **state)
{
    static const struct {
        const char *key, *md;
        bool pss;
        enum key_kind kind;
        unsigned bits;
        enum sig_alg alg;
    } cases[] = {
        { "P-256", "SHA256", false, KEY_EC_P256, 256, SIG_ECDSA_SHA256 },
        { "P-384", "SHA384", false, KEY_EC_P384, 384, SIG_ECDSA_SHA384 },
        { "P-521", "SHA512", false, KEY_EC_P521, 521, SIG_ECDSA_SHA512 },
        { "secp256k1", "SHA256", false, KEY_UNKNOWN, 0, SIG_ECDSA_SHA256 },
        { "RSA:2048", "SHA256", false, KEY_RSA, 2048, SIG_RSA_SHA256 },
        { "RSA:2048", "SHA384", false, KEY_RSA, 2048, SIG_RSA_SHA384 },
        { "RSA:2048", "SHA512", false, KEY_RSA, 2048, SIG_RSA_SHA512 },
        { "RSA:2048", "SHA256", true, KEY_RSA, 2048, SIG_PSS_SHA256 },
        { "RSA:2048", "SHA384", true, KEY_RSA, 2048, SIG_PSS_SHA384 },
        { "RSA-PSS:2048", "SHA512", true, KEY_RSA_PSS, 2048, SIG_PSS_SHA512 },
        { "RSA:2048", "SHA1", false, KEY_RSA, 2048, SIG_UNKNOWN },
        { "Ed25519", NULL, false, KEY_ED25519, 256, SIG_ED25519 },
        { "Ed448", NULL, false, KEY_ED448, 448, SIG_ED448 },
    };
    AUTO(test_pki) pki = test_pki_new();

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(16384);
        const struct test_cert *cert = test_cert_make(
            pki,
            &(struct test_cert_spec){ .subject = "CN=a",
                                      .key = test_key_make(pki, cases[i].key),
                                      .md = cases[i].md,
                                      .pss = cases[i].pss });
        struct x509_cert c;

        assert_int_equal(x509_read(cert->der, a, &c), ERR_OK);
        assert_int_equal(key_kind_find(&c.spki), cases[i].kind);
        assert_int_equal(key_bits(&c.spki), cases[i].bits);
        assert_int_equal(sig_alg_find(&c.sig_alg), cases[i].alg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sig_alg_find),
        cmocka_unit_test(test_sig_alg_table),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_agrees_with_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
