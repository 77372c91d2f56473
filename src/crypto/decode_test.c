#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/decode.h"
#include "support/test_pki.h"

static struct spki spki_of(const struct test_cert *cert)
{
    struct der in = der_open(test_key_spki(cert->key), NULL);
    struct spki spki;

    assert_int_equal(spki_read(&in, &spki), ERR_OK);
    return spki;
}

/* A leaf is what it is with its key decoded by OpenSSL: the same bytes, and a
 * key that OpenSSL takes for the same. */
static void test_leaf_is_the_whole(void **state)
{
    static const char *const kinds[] = {
        "P-256", "P-384", "P-521", "RSA:2048", "Ed25519", "Ed448", "secp256k1",
    };
    AUTO(test_pki) pki = test_pki_new();

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct test_cert *cert = test_cert_make(
            pki, &(struct test_cert_spec){
                     .subject = "CN=x", .key = test_key_make(pki, kinds[i]) });
        struct spki spki = spki_of(cert);
        X509 *whole = x509_decode(cert->der);
        X509 *leaf = x509_decode_leaf(cert->der, &spki);
        unsigned char *der = NULL;
        int len;

        if (whole == NULL || leaf == NULL)
            fail_msg("%s: not decoded", kinds[i]);
        len = i2d_X509(leaf, &der);
        if (len < 0 || !span_is_equal(span_of(der, (size_t)len), cert->der))
            fail_msg("%s: other bytes", kinds[i]);
        if (EVP_PKEY_eq(X509_get0_pubkey(leaf), X509_get0_pubkey(whole)) != 1)
            fail_msg("%s: another key", kinds[i]);
        OPENSSL_free(der);
        X509_free(whole);
        X509_free(leaf);
    }
}

static void test_leaf_off_its_curve(void **state)
{
    AUTO(test_pki) pki = test_pki_new();
    const struct test_cert *cert =
        test_cert_make(pki, &(struct test_cert_spec){ .subject = "CN=x" });
    struct spki spki = spki_of(cert);
    uint8_t point[65];

    (void)state;
    assert_int_equal(spki.key.len, sizeof(point));
    memcpy(point, spki.key.ptr, sizeof(point));
    point[64] ^= 1;
    spki.key = SPAN_OF(point);
    assert_null(x509_decode_leaf(cert->der, &spki));
}

static void test_refused(void **state)
{
    AUTO(test_pki) pki = test_pki_new();
    const struct test_cert *cert =
        test_cert_make(pki, &(struct test_cert_spec){ .subject = "CN=x" });
    struct spki spki = spki_of(cert);
    struct span less = span_of(cert->der.ptr, cert->der.len - 1);
    uint8_t more[2048] = { 0 };

    (void)state;
    assert_true(cert->der.len < sizeof(more));
    memcpy(more, cert->der.ptr, cert->der.len);
    assert_null(x509_decode(less));
    assert_null(x509_decode_leaf(less, &spki));
    assert_null(x509_decode(span_of(more, cert->der.len + 1)));
    assert_null(x509_decode_leaf(span_of(more, cert->der.len + 1), &spki));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaf_is_the_whole),
        cmocka_unit_test(test_leaf_off_its_curve),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
