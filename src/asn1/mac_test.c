#include "asn1/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* --- codecs --- */

static enum err pbm_copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct pbm_params x;

    (void)a;
    TRY(pbm_params_read(in, &x));
    pbm_params_put(w, &x);
    return ERR_OK;
}

static enum err kdf_copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct pbkdf2_params x;

    (void)a;
    TRY(pbkdf2_params_read(in, &x));
    pbkdf2_params_put(w, &x);
    return ERR_OK;
}

static enum err pbmac1_copy(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct pbmac1_params x;

    (void)a;
    TRY(pbmac1_params_read(in, &x));
    pbmac1_params_put(w, &x);
    return ERR_OK;
}

static enum err kmac128_copy(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct kmac_params x;

    (void)a;
    TRY(kmac_params_read(in, MAC_KMAC128, &x));
    kmac_params_put(w, &x);
    return ERR_OK;
}

static const struct codec pbm = { "PBMParameter", pbm_copy };
static const struct codec kdf = { "PBKDF2-params", kdf_copy };
static const struct codec pbmac1 = { "PBMAC1-params", pbmac1_copy };
static const struct codec kmac = { "KMACwithSHAKE128-params", kmac128_copy };

#define SHA1 "30{06{2b0e03021a}}"
#define SHA256 "30{06{608648016503040201}}"
#define SHAKE256 "30{06{60864801650304020c}}"
#define HMAC_SHA1 "30{06{2a864886f70d0207} 0500}"
#define HMAC_SHA1_OLD "30{06{2b06010505080102}}"
#define HMAC_SHA256 "30{06{2a864886f70d0209} 0500}"
#define GMAC "30{06{608648016503040109} 30{04{'nonce'} 02{10}}}"
#define SALT "04{'saltsalt'}"

/* clang-format off */
static const struct codec_case cases[] = {
    { &pbm, "30{" SALT SHA256 "02{01f4}" HMAC_SHA256 "}", ERR_OK, NULL },
    { &pbm, "30{04{}" SHA256 "02{00}" HMAC_SHA1_OLD "}", ERR_OK, NULL },
    { &pbm, "30{" SALT SHA256 "02{0080000000}" HMAC_SHA256 "}", ERR_OK, NULL },
    { &pbm, "30{" SALT SHA256 "02{*64(7f)}" HMAC_SHA256 "}", ERR_OK, NULL },
    { &pbm, "30{" SALT SHA256 "02{*65(7f)}" HMAC_SHA256 "}", ERR_LIMIT,
      "iterationCount" },
    { &pbm, "30{" SALT SHA256 "02{ff}" HMAC_SHA256 "}", ERR_BAD_DER,
      "iterationCount" },
    { &pbm, "30{" SALT SHA256 "02{00 7f}" HMAC_SHA256 "}", ERR_BAD_DER,
      "iterationCount" },
    { &pbm, "30{" SALT SHA256 "02{}" HMAC_SHA256 "}", ERR_BAD_DER,
      "iterationCount" },
    { &pbm, "30{" SALT SHA256 "02{01f4}" HMAC_SHA256 "0500}", ERR_BAD_DER, "" },
    { &pbm, "30{" SALT SHA256 "02{01f4}}", ERR_BAD_DER, "mac" },
    { &pbm, "30{" SALT "02{01f4}" HMAC_SHA256 "}", ERR_BAD_DER, "owf" },
    { &pbm, "30{0c{'saltsalt'}" SHA256 "02{01f4}" HMAC_SHA256 "}", ERR_BAD_DER,
      "salt" },
    { &pbm, "0500", ERR_BAD_DER, "" },

    { &kdf, "30{" SALT "02{03e8} 02{20}" HMAC_SHA256 "}", ERR_OK, NULL },
    { &kdf, "30{" SALT "02{03e8}" HMAC_SHA256 "}", ERR_OK, NULL },
    { &kdf, "30{" SALT "02{03e8} 02{20}}", ERR_OK, NULL },
    { &kdf, "30{" SALT "02{03e8}}", ERR_OK, NULL },
    { &kdf, "30{" SALT "02{03e8} 02{20} 30{06{2a864886f70d0207}}}", ERR_OK,
      NULL },
    { &kdf, "30{" SALT "02{03e8} 02{20}" HMAC_SHA1 "}", ERR_BAD_DER, "prf" },
    { &kdf, "30{" SHA256 "02{03e8} 02{20}}", ERR_BAD_DER, "salt" },
    { &kdf, "30{" SALT "02{03e8} 02{ff}}", ERR_BAD_DER, "keyLength" },
    { &kdf, "30{" SALT "02{03e8} 02{20} 02{20}}", ERR_BAD_DER, "prf" },
    { &kdf, "30{" SALT "02{03e8} 02{20}" HMAC_SHA256 "00}", ERR_BAD_DER, "" },

    { &pbmac1, "30{30{06{2a864886f70d01050c} 30{" SALT "02{03e8}}}"
      HMAC_SHA256 "}", ERR_OK, NULL },
    { &pbmac1, "30{" HMAC_SHA256 "}", ERR_BAD_DER, "messageAuthScheme" },
    { &pbmac1, "30{" HMAC_SHA256 HMAC_SHA256 "00}", ERR_BAD_DER, "" },
    { &pbmac1, "30{}", ERR_BAD_DER, "keyDerivationFunc" },

    { &kmac, "30{}", ERR_OK, NULL },
    { &kmac, "30{02{0200}}", ERR_OK, NULL },
    { &kmac, "30{04{'x'}}", ERR_OK, NULL },
    { &kmac, "30{02{0200} 04{'x'}}", ERR_OK, NULL },
    { &kmac, "30{02{0100}}", ERR_BAD_DER, "kMACOutputLength" },
    { &kmac, "30{04{}}", ERR_BAD_DER, "customizationString" },
    { &kmac, "30{04{'x'} 02{0200}}", ERR_BAD_DER, "" },
    { &kmac, "30{02{ff}}", ERR_BAD_DER, "kMACOutputLength" },
};
/* clang-format on */

static void test_codecs(void **state)
{
    (void)state;
    codec_cases_check(cases, NUM(cases));
}

/* --- judging --- */

#define PBM_ID(params) "30{06{2a864886f67d07420d} 30{" params "}}"
#define PBMAC1_ID(kdf, mac)                                                   \
    "30{06{2a864886f70d01050e} 30{30{06{2a864886f70d01050c} 30{" kdf "}}" mac \
    "}}"
#define KMAC128_OID "06{608648016503040213}"

/* What the strong policy, with KMAC and HMAC besides, says of them. */
/* clang-format off */
static const struct {
    const char *der;
    enum err read, check;
} verdicts[] = {
    { PBM_ID(SALT SHA256 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_OK },
    { PBM_ID(SALT SHA256 "02{64}" HMAC_SHA256), ERR_OK, ERR_OK },
    { PBM_ID(SALT SHA256 "02{2710}" HMAC_SHA256), ERR_OK, ERR_OK },
    { PBM_ID(SALT SHA256 "02{00}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{63}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{2711}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{0080000000}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{0100000064}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{00ffffffff}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{7fffffffffffffff}" HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{*40(7f)}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{*65(7f)}" HMAC_SHA256), ERR_BAD_DATA_FORMAT, 0 },
    { PBM_ID(SALT SHA256 "02{ff}" HMAC_SHA256), ERR_BAD_DATA_FORMAT, 0 },
    { PBM_ID("04{}" SHA256 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID("04{*7(00)}" SHA256 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID("04{*64(00)}" SHA256 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_OK },
    { PBM_ID("04{*65(00)}" SHA256 "02{01f4}" HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBM_ID("04{*30000(00)}" SHA256 "02{01f4}" HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBM_ID(SALT SHA1 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHAKE256 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{01f4}" HMAC_SHA1), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{01f4}" HMAC_SHA1_OLD), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{01f4}" GMAC), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT HMAC_SHA256 "02{01f4}" HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBM_ID(SALT SHA256 "02{01f4}" SHA256), ERR_OK, ERR_BAD_ALG },
    { "30{06{2a864886f67d07420d}}", ERR_BAD_DATA_FORMAT, 0 },
    { "30{06{2a864886f67d07420d} 0500}", ERR_BAD_DATA_FORMAT, 0 },

    { PBMAC1_ID(SALT "02{03e8} 02{20}" HMAC_SHA256, HMAC_SHA256), ERR_OK,
      ERR_OK },
    { PBMAC1_ID(SALT "02{03e8}" HMAC_SHA256, HMAC_SHA256), ERR_OK, ERR_OK },
    { PBMAC1_ID(SALT "02{2710} 02{20}" HMAC_SHA256, HMAC_SHA256), ERR_OK,
      ERR_OK },
    { PBMAC1_ID(SALT "02{2710} 02{21}" HMAC_SHA256, HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{20}", HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{20}" HMAC_SHA256, HMAC_SHA1), ERR_OK,
      ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{20}" GMAC, HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{00}" HMAC_SHA256, HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{13}" HMAC_SHA256, HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{41}" HMAC_SHA256, HMAC_SHA256), ERR_OK,
      ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{0080000000}" HMAC_SHA256, HMAC_SHA256),
      ERR_OK, ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{0080000000} 02{20}" HMAC_SHA256, HMAC_SHA256),
      ERR_OK, ERR_BAD_ALG },
    { PBMAC1_ID(SALT "02{03e8} 02{20} 30{06{2a864886f70d0209} 3000}",
      HMAC_SHA256), ERR_OK, ERR_BAD_ALG },
    { PBMAC1_ID(SHA256 "02{03e8} 02{20}", HMAC_SHA256), ERR_BAD_DATA_FORMAT,
      0 },
    { "30{06{2a864886f70d01050e} 30{" HMAC_SHA256 HMAC_SHA256 "}}",
      ERR_BAD_ALG, 0 },

    { HMAC_SHA256, ERR_OK, ERR_OK },
    { "30{06{2a864886f70d0209}}", ERR_OK, ERR_OK },
    { HMAC_SHA1, ERR_OK, ERR_BAD_ALG },
    { "30{06{2a864886f70d0209} 3000}", ERR_BAD_DATA_FORMAT, 0 },

    { "30{" KMAC128_OID "}", ERR_OK, ERR_OK },
    { "30{" KMAC128_OID "30{}}", ERR_OK, ERR_OK },
    { "30{" KMAC128_OID "0500}", ERR_BAD_DATA_FORMAT, 0 },
    { "30{" KMAC128_OID "30{0500}}", ERR_BAD_DATA_FORMAT, 0 },
    { "30{" KMAC128_OID "30{02{0080}}}", ERR_OK, ERR_OK },
    { "30{" KMAC128_OID "30{02{78}}}", ERR_OK, ERR_BAD_ALG },
    { "30{" KMAC128_OID "30{02{0081}}}", ERR_OK, ERR_BAD_ALG },
    { "30{" KMAC128_OID "30{02{0208}}}", ERR_OK, ERR_BAD_ALG },
    { "30{" KMAC128_OID "30{02{0080000000}}}", ERR_OK, ERR_BAD_ALG },
    { "30{" KMAC128_OID "30{04{*64('x')}}}", ERR_OK, ERR_OK },
    { "30{" KMAC128_OID "30{04{*65('x')}}}", ERR_OK, ERR_BAD_ALG },
    { "30{06{608648016503040214}}", ERR_OK, ERR_BAD_ALG }, /* KMAC256 */

    { "30{06{2a864886f67d07421e} 30{" SHA256 HMAC_SHA256 "}}", ERR_BAD_ALG, 0 },
    { "30{06{2a864886f67d074210} 30{}}", ERR_BAD_ALG, 0 },
    { "30{06{2a8648ce3d040302}}", ERR_BAD_ALG, 0 },
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

static void test_verdicts(void **state)
{
    struct mac_policy policy = mac_policy_strong;

    (void)state;
    policy.algs |= MAC_BIT(MAC_HMAC) | MAC_BIT(MAC_KMAC128);
    for (size_t i = 0; i < NUM(verdicts); i++) {
        AUTO(arena) a = arena_new((size_t)256 * 1024);
        struct alg_id id = read_alg_id(der_text(verdicts[i].der, a));
        struct fault f = { 0 };
        struct mac_params p;
        enum err e;

        e = mac_params_read(&id, &p, &f);
        if (e != verdicts[i].read)
            fail_msg("%s: read: %s %s", verdicts[i].der, err_name(e), f.text);
        if (e == ERR_OK) {
            e = mac_params_check(&p, &policy, &f);
            if (e != verdicts[i].check)
                fail_msg("%s: %s %s", verdicts[i].der, err_name(e), f.text);
        }
        assert_int_equal(f.err, e);
        assert_true(e == ERR_OK || (f.text[0] != '\0' && f.clause[0] != '\0'));
    }
}

static void test_refused_by_name(void **state)
{
    static const struct {
        const char *der, *name;
    } refused[] = {
        { "30{06{2a864886f67d07421e}}", "DHBasedMac" },
        { "30{06{2a864886f67d074210}}", "KemBasedMac" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(refused); i++) {
        AUTO(arena) a = arena_new(4096);
        struct alg_id id = read_alg_id(der_text(refused[i].der, a));
        struct fault f = { 0 };
        struct mac_params p;

        assert_int_equal(mac_params_read(&id, &p, &f), ERR_BAD_ALG);
        assert_non_null(strstr(f.text, refused[i].name));
    }
}

/* What is SHA-1 anywhere is taken where a policy names it, there alone. */
static void test_legacy_policy(void **state)
{
    struct mac_policy policy = mac_policy_strong;
    AUTO(arena) a = arena_new(4096);
    struct alg_id id =
        read_alg_id(der_text(PBM_ID(SALT SHA1 "02{01f4}" HMAC_SHA1_OLD), a));
    struct mac_params p;

    (void)state;
    assert_int_equal(mac_params_read(&id, &p, NULL), ERR_OK);
    assert_int_equal(mac_params_check(&p, &policy, NULL), ERR_BAD_ALG);
    policy.owfs |= DIGEST_BIT(DIGEST_SHA1);
    assert_int_equal(mac_params_check(&p, &policy, NULL), ERR_BAD_ALG);
    policy.macs |= DIGEST_BIT(DIGEST_SHA1);
    assert_int_equal(mac_params_check(&p, &policy, NULL), ERR_OK);
    policy.algs = MAC_BIT(MAC_PBMAC1);
    assert_int_equal(mac_params_check(&p, &policy, NULL), ERR_BAD_ALG);
}

/* --- writing --- */

#define SALT16 "04{000102030405060708090a0b0c0d0e0f}"

static void test_written(void **state)
{
#define SALT_BYTES \
    SPAN_LIT("\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f")
    /* the first two are cmp-digest's vectors, checked against OpenSSL */
    static const struct {
        struct mac_params params;
        const char *der;
    } written[] = {
        { { .alg = MAC_PBM,
            .salt = SALT_BYTES,
            .iterations = 1000,
            .owf = DIGEST_SHA256,
            .mac = DIGEST_SHA256 },
          PBM_ID(SALT16 SHA256 "02{03e8}" HMAC_SHA256) },
        { { .alg = MAC_PBMAC1,
            .salt = SALT_BYTES,
            .iterations = 1000,
            .key_len = 32,
            .owf = DIGEST_SHA256,
            .mac = DIGEST_SHA256 },
          PBMAC1_ID(SALT16 "02{03e8} 02{20}" HMAC_SHA256, HMAC_SHA256) },
        { { .alg = MAC_PBMAC1,
            .salt = SALT_BYTES,
            .iterations = 1000,
            .key_len = 20,
            .owf = DIGEST_SHA1,
            .mac = DIGEST_SHA1 },
          PBMAC1_ID(SALT16 "02{03e8} 02{14}", HMAC_SHA1) },
        { { .alg = MAC_HMAC, .mac = DIGEST_SHA256 }, HMAC_SHA256 },
        { { .alg = MAC_KMAC128, .out_bits = 256 }, "30{" KMAC128_OID "}" },
        { { .alg = MAC_KMAC128,
            .out_bits = 512,
            .customization = SPAN_LIT("x") },
          "30{" KMAC128_OID "30{02{0200} 04{'x'}}}" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(written); i++) {
        AUTO(arena) a = arena_new(4096);
        struct mac_params again;
        struct alg_id id;
        struct span der;

        assert_int_equal(mac_params_write(&written[i].params, a, &der), ERR_OK);
        if (!span_is_equal(der, der_text(written[i].der, a)))
            fail_msg("%s: written otherwise", written[i].der);
        id = read_alg_id(der);
        assert_int_equal(mac_params_read(&id, &again, NULL), ERR_OK);
        assert_int_equal(again.alg, written[i].params.alg);
        assert_int_equal(again.iterations, written[i].params.iterations);
        assert_int_equal(again.owf, written[i].params.owf);
        assert_int_equal(again.mac, written[i].params.mac);
        assert_int_equal(again.key_len, written[i].params.key_len);
        assert_int_equal(again.out_bits, written[i].params.out_bits);
        assert_true(span_is_equal(again.salt, written[i].params.salt));
        assert_true(span_is_equal(again.customization,
                                  written[i].params.customization));
    }
}

static void test_table(void **state)
{
    (void)state;
    for (int i = MAC_UNKNOWN + 1; i < MAC_ALG_NUM; i++)
        assert_int_equal(mac_alg_find_by_name(mac_alg_name((enum mac_alg)i)),
                         i);
    assert_int_equal(mac_alg_find_by_name("unknown"), MAC_UNKNOWN);
    for (int d = DIGEST_NONE; d < DIGEST_NUM; d++) {
        struct span der = hmac_alg_id((enum digest)d);
        bool has_one =
            d != DIGEST_NONE && d != DIGEST_SHAKE256_512 && d != DIGEST_MD5;

        assert_int_equal(!span_is_absent(der), has_one);
        if (has_one) {
            struct alg_id id = read_alg_id(der);

            assert_int_equal(hmac_find(&id), d);
            assert_int_equal(mac_alg_find(&id), MAC_HMAC);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codecs),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_refused_by_name),
        cmocka_unit_test(test_legacy_policy),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
