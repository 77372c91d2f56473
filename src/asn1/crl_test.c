#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "asn1/x509.h"
#include "support/der_mutate.h"
#include "support/der_text.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_LEN ((size_t)16 * 1024 * 1024)

#define ALG "30{06{2a8648ce3d040302}}"
#define THIS "17{'240101000000Z'}"
#define NEXT "17{'240201000000Z'}"
#define ENTRY "30{020101 " THIS "}"
#define REASON "30{06{551d15} 04{0a0101}}"

static void test_reasons(void **state)
{
    (void)state;
    for (int64_t r = 0; r <= 10; r++) {
        const char *name = crl_reason_name(r);

        if (r == 7) {
            assert_null(name);
            continue;
        }
        assert_non_null(name);
        assert_int_equal(crl_reason_find(name), r);
    }
    assert_string_equal(crl_reason_name(CRL_KEY_COMPROMISE), "keyCompromise");
    assert_null(crl_reason_name(-1));
    assert_null(crl_reason_name(11));
    assert_int_equal(crl_reason_find("KeyCompromise"), -1);
}

/* clang-format off */
static const struct {
    const char *tbs; /* content; the algorithm stands outside too */
    enum err err;
} cases[] = {
    { "020101 " ALG "30{}" THIS NEXT, ERR_OK },
    { ALG "30{}" THIS NEXT, ERR_OK },
    { ALG "30{}" THIS, ERR_OK },
    { ALG "30{}" THIS "30{" ENTRY "}", ERR_OK },
    { "020101 " ALG "30{}" THIS NEXT "30{" ENTRY ENTRY "}", ERR_OK },
    { "020101 " ALG "30{}" THIS NEXT "30{30{020101 " THIS "30{" REASON "}}}",
      ERR_OK },
    { "020101 " ALG "30{}" THIS NEXT "a0{30{30{06{551d14} 04{020101}}}}",
      ERR_OK },
    { "020101 " ALG "30{} 18{'20240101000000Z'} 18{'20500101000000Z'}",
      ERR_OK },
    { "020100 " ALG "30{}" THIS NEXT, ERR_BAD_DER },
    { "020102 " ALG "30{}" THIS NEXT, ERR_BAD_DER },
    { "0200 " ALG "30{}" THIS NEXT, ERR_BAD_DER },
    { "a0{020101} " ALG "30{}" THIS NEXT, ERR_BAD_DER },
    { "30{06{2a8648ce3d040303}} 30{}" THIS, ERR_BAD_DER },
    { ALG "31{}" THIS, ERR_BAD_DER },
    { ALG "30{}", ERR_BAD_DER },
    { ALG "30{} 17{'230229000000Z'}", ERR_BAD_DER },
    { ALG "30{}" THIS "17{'230229000000Z'}", ERR_BAD_DER },
    { ALG "30{}" THIS NEXT NEXT, ERR_BAD_DER },
    { ALG "30{}" THIS NEXT "30{}", ERR_BAD_DER },
    { ALG "30{}" THIS NEXT "30{0500}", ERR_BAD_DER },
    { ALG "30{}" THIS NEXT "30{30{0201ff " THIS "}}", ERR_BAD_DER },
    { ALG "30{}" THIS NEXT "30{30{02{*33(01)} " THIS "}}", ERR_LIMIT },
    { ALG "30{}" THIS NEXT "30{30{020101}}", ERR_BAD_DER },
    { ALG "30{}" THIS NEXT "30{30{020101 " THIS "30{" REASON "}}}",
      ERR_BAD_DER },
    { "020101 " ALG "30{}" THIS NEXT "30{30{020101 " THIS "30{}}}",
      ERR_BAD_DER },
    { "020101 " ALG "30{}" THIS NEXT "30{30{020101 " THIS "30{0500}}}",
      ERR_BAD_DER },
    { "020101 " ALG "30{}" THIS NEXT "30{30{020101 " THIS "30{" REASON
      "} 00}}", ERR_BAD_DER },
    { ALG "30{}" THIS NEXT "a0{30{30{06{551d14} 04{020101}}}}", ERR_BAD_DER },
    { "020101 " ALG "30{}" THIS NEXT "a0{30{}}", ERR_BAD_DER },
    { "020101 " ALG "30{}" THIS NEXT "a0{30{30{06{551d14} 04{020101}}} 00}",
      ERR_BAD_DER },
    { "020101 " ALG "30{}" THIS NEXT "a1{0500}", ERR_BAD_DER },
};
/* clang-format on */

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        const char *text =
            arena_printf(a, "30{30{%s} %s 03{00 01}}", cases[i].tbs, ALG);
        struct span der = der_text(text, a);
        struct x509_crl crl = { .this_update = 77 };
        enum err e = x509_crl_read(der, a, &crl);

        if (e != cases[i].err)
            fail_msg("%s: %s", cases[i].tbs, err_name(e));
        if (e != ERR_OK) {
            assert_true(crl.this_update == 77);
            continue;
        }
        assert_true(span_is_equal(crl.der, der));
        for (size_t len = 0; len < der.len; len++)
            assert_int_equal(x509_crl_read(span_of(der.ptr, len), a, &crl),
                             ERR_BAD_DER);
    }
}

static void test_outer_parts(void **state)
{
    static const char *const refused[] = {
        "30{30{" ALG "30{}" THIS "} " ALG "03{04 f0}}",
        "30{30{" ALG "30{}" THIS "} " ALG "}",
        "30{30{" ALG "30{}" THIS "} " ALG "03{00 01} 00}",
        "30{30{" ALG "30{}" THIS "} " ALG "03{00 01}} 00",
        "30{30{" ALG "30{}" THIS "} 30{} 03{00 01}}",
        "30{31{" ALG "30{}" THIS "} " ALG "03{00 01}}",
        "31{}",
    };

    (void)state;
    for (size_t i = 0; i < NUM(refused); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        struct x509_crl crl;

        assert_int_equal(x509_crl_read(der_text(refused[i], a), a, &crl),
                         ERR_BAD_DER);
    }
}

static X509_CRL *d2i(struct span der)
{
    const uint8_t *p = der.ptr;
    X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)der.len);

    assert_non_null(x);
    assert_true(p == der.ptr + der.len);
    return x;
}

static void assert_time(int64_t ours, const ASN1_TIME *theirs)
{
    struct tm tm;

    assert_int_equal(ASN1_TIME_to_tm(theirs, &tm), 1);
    assert_true(ours == (int64_t)timegm(&tm));
}

static void assert_same(const struct x509_crl *crl, X509_CRL *x)
{
    unsigned char *out = NULL;
    int len = i2d_X509_NAME(X509_CRL_get_issuer(x), &out);
    const ASN1_BIT_STRING *sig;
    const X509_ALGOR *alg;

    assert_true(span_is_equal(crl->issuer, span_of(out, (size_t)len)));
    OPENSSL_free(out);
    out = NULL;
    len = i2d_re_X509_CRL_tbs(x, &out);
    assert_true(span_is_equal(crl->tbs, span_of(out, (size_t)len)));
    OPENSSL_free(out);
    assert_time(crl->this_update, X509_CRL_get0_lastUpdate(x));
    assert_int_equal(crl->has_next_update, X509_CRL_get0_nextUpdate(x) != NULL);
    if (crl->has_next_update)
        assert_time(crl->next_update, X509_CRL_get0_nextUpdate(x));
    X509_CRL_get0_signature(x, &sig, &alg);
    assert_true(span_is_equal(
        crl->signature,
        span_of(ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig))));
    assert_true(X509_CRL_get_ext_count(x) == (int)crl->extensions.num);
}

/* A byte added in any element; entries' extensions are looked into too. */
static void assert_damage_is_refused(struct span der, struct arena *a)
{
    static const uint8_t *sites[1024];
    size_t num = der_mutate_sites(der, DER_MUT_APPEND_BYTE, sites, NUM(sites));
    struct x509_crl crl;

    assert_in_range(num, 5, NUM(sites));
    for (size_t i = 0; i < num; i++)
        assert_int_equal(
            x509_crl_read(der_mutate(der, DER_MUT_APPEND_BYTE, sites[i], a), a,
                          &crl),
            ERR_BAD_DER);
}

static void test_reads_what_openssl_made(void **state)
{
    AUTO(test_pki) pki = test_pki_new();
    const struct test_cert *root = test_cert_make(
        pki, &(struct test_cert_spec){ .subject = "CN=Root", .ca = true });
    const struct test_cert *leafs[] = {
        test_cert_make(
            pki, &(struct test_cert_spec){ .subject = "CN=a", .issuer = root }),
        test_cert_make(
            pki, &(struct test_cert_spec){ .subject = "CN=b", .issuer = root }),
    };
    const struct test_crl_spec specs[] = {
        { .issuer = root },
        { .issuer = root, .no_next_update = true },
        { .issuer = root, .revoked = leafs, .num_revoked = NUM(leafs) },
    };

    (void)state;
    for (size_t i = 0; i < NUM(specs); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        struct span der = test_crl_make(pki, &specs[i])->der;
        X509_CRL *x = d2i(der);
        struct x509_crl crl;

        assert_int_equal(x509_crl_read(der, a, &crl), ERR_OK);
        assert_same(&crl, x);
        X509_CRL_free(x);
        assert_damage_is_refused(der, a);
    }
}

static struct span write_crl(const struct tbs_crl *tbs, struct arena *a)
{
    struct der_writer w;
    struct span out;

    der_writer_init(&w, a, 0);
    tbs_crl_put(&w, tbs);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    der_writer_init(&w, a, 0);
    signed_put(&w, out, tbs->sig_alg, SPAN_LIT("\xaa"));
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    return out;
}

static void assert_entry(X509_CRL *x, int at, const struct crl_entry *want)
{
    X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(x), at);
    const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(entry);
    ASN1_ENUMERATED *reason =
        X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    ASN1_GENERALIZEDTIME *since =
        X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, NULL, NULL);

    assert_true(span_is_equal(want->serial,
                              span_of(ASN1_STRING_get0_data(serial),
                                      (size_t)ASN1_STRING_length(serial))));
    assert_time(want->revoked_at, X509_REVOKED_get0_revocationDate(entry));
    assert_int_equal(reason != NULL, want->reason != CRL_UNSPECIFIED);
    if (reason != NULL)
        assert_int_equal(ASN1_ENUMERATED_get(reason), want->reason);
    assert_int_equal(since != NULL, want->invalidity_date != 0);
    if (since != NULL)
        assert_time(want->invalidity_date, since);
    assert_int_equal(X509_REVOKED_get_ext_count(entry),
                     (reason != NULL) + (since != NULL));
    ASN1_ENUMERATED_free(reason);
    ASN1_GENERALIZEDTIME_free(since);
}

static void test_writes(void **state)
{
    static const struct crl_entry entries[] = {
        { SPAN_LIT("\x7f"), 1704067200, CRL_UNSPECIFIED, 0 },
        { SPAN_LIT("\xff\x01"), 1704067201, CRL_KEY_COMPROMISE, 1704067100 },
        { SPAN_LIT("\x01"), 2556057600, CRL_AA_COMPROMISE, 0 },
        { SPAN_LIT("\x02"), 2556057600, CRL_UNSPECIFIED, 2556057500 },
    };

    (void)state;
    for (size_t num = 0; num <= NUM(entries); num++) {
        AUTO(arena) a = arena_new(ARENA_LEN);
        struct tbs_crl tbs = {
            .sig_alg = der_text(ALG, a),
            .issuer = der_text("30{31{30{06{550403} 0c{'CA'}}}}", a),
            .this_update = 1704067200,
            .next_update = 2556057600,
            .entries = entries,
            .num_entries = num,
            .aki = SPAN_LIT("\x01\x02"),
            .number = SPAN_LIT("\x00\x80"),
        };
        struct span der = write_crl(&tbs, a);
        X509_CRL *x = d2i(der);
        struct x509_crl crl;
        ASN1_INTEGER *number =
            X509_CRL_get_ext_d2i(x, NID_crl_number, NULL, NULL);
        const struct extension *aki = NULL;

        assert_int_equal(X509_CRL_get_version(x), 1);
        assert_int_equal(x509_crl_read(der, a, &crl), ERR_OK);
        assert_same(&crl, x);
        assert_true(crl.this_update == tbs.this_update);
        assert_true(crl.next_update == tbs.next_update);
        assert_int_equal(ASN1_INTEGER_get(number), 0x80);
        aki =
            extension_find(&crl.extensions, OID_ID_CE_AUTHORITY_KEY_IDENTIFIER);
        assert_true(
            span_is_equal(aki->value, SPAN_LIT("\x30\x04\x80\x02\x01\x02")));
        /* absent, not empty */
        assert_int_equal(X509_CRL_get_REVOKED(x) == NULL, num == 0);
        for (size_t i = 0; i < num; i++)
            assert_entry(x, (int)i, &entries[i]);
        ASN1_INTEGER_free(number);
        X509_CRL_free(x);
        assert_damage_is_refused(der, a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_outer_parts),
        cmocka_unit_test(test_reads_what_openssl_made),
        cmocka_unit_test(test_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
