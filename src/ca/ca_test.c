#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "ca/internal.h"
#include "support/test_pki.h"

/* OpenSSL has macros of the same names, with other values. */
#include <openssl/x509v3.h>
#undef KU_DIGITAL_SIGNATURE
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define URL "http://ra.example/crl/issuing.crl"

/* One authority, and what making one takes. */
struct world {
    struct test_pki *pki;
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct keys *keys;
    struct arena *arena;
    const struct test_cert *cert;
    struct ca *ca;
    struct fault f;
};

static void world_init(struct world *w)
{
    *w = (struct world){ .pki = test_pki_new() };
    assert_int_equal(crypto_new(&w->crypto, &w->f), ERR_OK);
    assert_int_equal(crypto_ctx_new(w->crypto, &w->cx, &w->f), ERR_OK);
    assert_int_equal(keys_new(w->crypto, &w->keys, &w->f), ERR_OK);
    w->arena = arena_new(16 * LIMIT_REQUEST_ARENA);
    assert_non_null(w->arena);
}

static void world_done(struct world *w)
{
    ca_free(w->ca);
    arena_free(w->arena);
    keys_free(w->keys);
    crypto_ctx_free(w->cx);
    crypto_free(w->crypto);
    test_pki_free(w->pki);
}

static void add_key(struct world *w, const char *name,
                    const struct test_cert *cert)
{
    const char *path =
        test_pki_save(w->pki, name, test_key_pem(cert->key), 0600);

    assert_int_equal(keys_add_file(w->keys, name, 4, path, &w->f), ERR_OK);
}

/* A CA of that kind of key. */
static void world_init_ca(struct world *w, const char *kind)
{
    struct ca_options options = { .name = "issuing",
                                  .key = "issuing",
                                  .crl_url = URL };

    world_init(w);
    w->cert = test_cert_make(w->pki, &(struct test_cert_spec){
                                         .subject = "O=Operator,CN=Issuing CA",
                                         .key = test_key_make(w->pki, kind),
                                         .md = kind[0] == 'E' ? NULL : "SHA256",
                                         .ca = true });
    add_key(w, "issuing", w->cert);
    options.certificate = w->cert->der;
    assert_int_equal(ca_new(&options, w->keys, w->cx, &w->ca, &w->f), ERR_OK);
}

static const enum oid purposes[] = { OID_ID_KP_CLIENT_AUTH,
                                     OID_ID_KP_IPSEC_IKE };
static const struct ca_shape_options plain_shape = {
    .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT,
    .eku = purposes,
    .num_eku = NUM(purposes),
    .validity = TEST_YEAR,
    .backdate = 600,
};

static struct spki spki_of(struct span der)
{
    struct der in = der_open(der, NULL);
    struct spki key;

    assert_int_equal(spki_read(&in, &key), ERR_OK);
    return key;
}

static struct span name_of(struct world *w, const char *text)
{
    struct span name;

    assert_int_equal(name_parse(text, w->arena, &name, &w->f), ERR_OK);
    return name;
}

static X509 *decode(struct span der)
{
    const unsigned char *p = der.ptr;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);

    assert_non_null(x);
    assert_ptr_equal(p, der.ptr + der.len);
    return x;
}

/* As `openssl verify -x509_strict` judges; X509_V_OK or why not. */
static int verify_strict(struct span leaf, const struct span *chain, size_t num,
                         struct span root, int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    X509 *x = decode(leaf), *anchor = decode(root);
    int result;

    for (size_t i = 0; i < num; i++)
        sk_X509_push(between, decode(chain[i]));
    X509_STORE_add_cert(store, anchor);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, x, between), 1);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
                                      X509_V_FLAG_CHECK_SS_SIGNATURE |
                                      X509_V_FLAG_POLICY_CHECK);
    X509_STORE_CTX_set_time(ctx, 0, now);
    X509_verify_cert(ctx);
    result = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_pop_free(between, X509_free);
    X509_free(x);
    X509_free(anchor);
    return result;
}

/* OpenSSL's rendering of an extension, "critical, " before it if it is;
 * NULL: there is none. The caller frees it. */
static char *ext_text(X509 *x, int nid)
{
    int at = X509_get_ext_by_NID(x, nid, -1);
    X509_EXTENSION *ext;
    BIO *bio;
    char *data, *text;
    long len;

    if (at < 0)
        return NULL;
    ext = X509_get_ext(x, at);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(X509V3_EXT_print(bio, ext, X509V3_EXT_ERROR_UNKNOWN, 0),
                     1);
    len = BIO_get_mem_data(bio, &data);
    assert_true(asprintf(&text, "%s%.*s",
                         X509_EXTENSION_get_critical(ext) ? "critical, " : "",
                         (int)len, data) > 0);
    BIO_free(bio);
    return text;
}

/* The extension reads like this; NULL: there is none. Line ends are blanks. */
static void assert_ext(X509 *x, int nid, const char *want)
{
    char *have = ext_text(x, nid);

    if (want == NULL) {
        assert_null(have);
        return;
    }
    assert_non_null(have);
    for (char *p = have; *p != '\0'; p++) {
        if (*p == '\n')
            *p = ' ';
    }
    assert_string_equal(have, want);
    free(have);
}

/* The key identifier of this key, as OpenSSL prints it. */
static void key_id_text(struct world *w, struct span spki, const char *before,
                        char *out, size_t size)
{
    uint8_t id[CA_KEY_ID_LEN];
    struct spki key = spki_of(spki);
    int len = snprintf(out, size, "%s", before);

    assert_int_equal(hash_key_id(w->cx, &key, id, &w->f), ERR_OK);
    for (size_t i = 0; i < sizeof(id); i++)
        len += snprintf(out + len, size - (size_t)len, "%s%02X",
                        i > 0 ? ":" : "", id[i]);
}

static int64_t seconds_of(const ASN1_TIME *t)
{
    struct tm tm;

    assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
    return timegm(&tm);
}

static void test_certificate_says_what_was_asked(void **state)
{
    static const struct {
        const char *subject;
        bool has_san;
        const char *san;
    } cases[] = {
        { "CN=bs-1.acme,O=Operator", false, NULL },
        { "CN=bs-1.acme,O=Operator", true,
          "DNS:bs-1.ran.example, IP Address:192.0.2.1" },
        { "", true, "critical, DNS:bs-1.ran.example, IP Address:192.0.2.1" },
    };
    static const struct general_name san[] = {
        { .type = GN_DNS, .value = SPAN_LIT("bs-1.ran.example") },
        { .type = GN_IP, .value = SPAN_LIT("\xc0\x00\x02\x01") },
    };
    AUTO(ca_shape) shape = NULL;
    struct world w;
    const struct test_key *key;
    char ski[100], aki[100];

    (void)state;
    world_init_ca(&w, "P-256");
    key = test_key_make(w.pki, "P-256");
    key_id_text(&w, test_key_spki(key), "", ski, sizeof(ski));
    key_id_text(&w, test_key_spki(w.cert->key), "", aki, sizeof(aki));
    assert_int_equal(ca_shape_new(w.ca, &plain_shape, &shape, &w.f), ERR_OK);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct ca_request request = {
            .subject = name_of(&w, cases[i].subject),
            .public_key = spki_of(test_key_spki(key)),
            .san = san,
            .num_san = cases[i].has_san ? NUM(san) : 0,
        };
        struct ca_certificate made;
        struct span spki;
        unsigned char *der = NULL;
        X509 *x, *issuer;
        BIGNUM *serial;
        uint8_t octets[CA_SERIAL_LEN];

        assert_int_equal(ca_issue(w.ca, shape, &request, TEST_NOW, 0, w.cx,
                                  w.arena, &made, &w.f),
                         ERR_OK);
        x = decode(made.der);
        issuer = decode(w.cert->der);
        assert_int_equal(X509_get_version(x), X509_VERSION_3);
        assert_int_equal(X509_verify(x, X509_get0_pubkey(issuer)), 1);
        assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(x),
                                       X509_get_subject_name(issuer)),
                         0);
        spki.len = (size_t)i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
        spki.ptr = der;
        assert_true(span_is_equal(spki, test_key_spki(key)));
        OPENSSL_free(der);
        der = NULL;
        spki.len = (size_t)i2d_X509_NAME(X509_get_subject_name(x), &der);
        spki.ptr = der;
        assert_true(span_is_equal(spki, request.subject));
        OPENSSL_free(der);
        serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
        assert_int_equal(BN_num_bytes(serial), CA_SERIAL_LEN);
        BN_bn2bin(serial, octets);
        assert_true(span_is_equal(SPAN_OF(octets), made.serial));
        BN_free(serial);
        assert_int_equal(made.not_before, TEST_NOW - 600);
        assert_int_equal(made.not_after, TEST_NOW + TEST_YEAR);
        assert_int_equal(seconds_of(X509_get0_notBefore(x)), made.not_before);
        assert_int_equal(seconds_of(X509_get0_notAfter(x)), made.not_after);

        assert_int_equal(X509_get_ext_count(x), cases[i].has_san ? 6 : 5);
        assert_ext(x, NID_subject_key_identifier, ski);
        assert_ext(x, NID_authority_key_identifier, aki);
        assert_ext(x, NID_key_usage,
                   "critical, Digital Signature, Key Agreement");
        assert_ext(x, NID_ext_key_usage,
                   "TLS Web Client Authentication, ipsec Internet Key "
                   "Exchange");
        assert_ext(x, NID_crl_distribution_points, "Full Name:   URI:" URL);
        assert_ext(x, NID_basic_constraints, NULL);
        assert_ext(x, NID_subject_alt_name, cases[i].san);
        assert_int_equal(
            verify_strict(made.der, NULL, 0, w.cert->der, TEST_NOW), X509_V_OK);
        X509_free(x);
        X509_free(issuer);
    }
    world_done(&w);
}

static void test_every_kind_of_ca_key_signs(void **state)
{
    static const char *const kinds[] = { "P-256",    "P-384",   "P-521",
                                         "RSA:2048", "Ed25519", "Ed448" };

    (void)state;
    for (size_t i = 0; i < NUM(kinds); i++) {
        AUTO(ca_shape) shape = NULL;
        struct ca_certificate made;
        struct ca_request request;
        struct world w;
        int result;

        world_init_ca(&w, kinds[i]);
        request = (struct ca_request){
            .subject = name_of(&w, "CN=bs-1"),
            .public_key = spki_of(test_key_spki(test_key_make(w.pki, "P-256"))),
        };
        assert_int_equal(ca_shape_new(w.ca, &plain_shape, &shape, &w.f),
                         ERR_OK);
        assert_int_equal(ca_issue(w.ca, shape, &request, TEST_NOW, 0, w.cx,
                                  w.arena, &made, &w.f),
                         ERR_OK);
        result = verify_strict(made.der, NULL, 0, w.cert->der, TEST_NOW);
        if (result != X509_V_OK)
            fail_msg("%s: %s", kinds[i], X509_verify_cert_error_string(result));
        world_done(&w);
    }
}

/* A key as a CertTemplate has it, its tag replaced, is put together anew. */
static void test_key_without_its_tag(void **state)
{
    AUTO(ca_shape) shape = NULL;
    struct ca_certificate made;
    struct ca_request request;
    struct x509_cert cert;
    struct world w;
    struct span spki;

    (void)state;
    world_init_ca(&w, "P-256");
    spki = test_key_spki(test_key_make(w.pki, "RSA:2048"));
    request = (struct ca_request){ .subject = name_of(&w, "CN=bs-1"),
                                   .public_key = spki_of(spki) };
    request.public_key.der = SPAN_NONE;
    assert_int_equal(ca_shape_new(w.ca, &plain_shape, &shape, &w.f), ERR_OK);
    assert_int_equal(ca_issue(w.ca, shape, &request, TEST_NOW, 0, w.cx, w.arena,
                              &made, &w.f),
                     ERR_OK);
    assert_int_equal(x509_read(made.der, w.arena, &cert), ERR_OK);
    assert_true(span_is_equal(cert.spki.der, spki));
    world_done(&w);
}

static void test_validity_stays_within_the_issuers(void **state)
{
    const int64_t begin = TEST_NOW - 10 * TEST_YEAR;
    const int64_t end = TEST_NOW + 10 * TEST_YEAR;
    const struct {
        int64_t now, validity, backdate;
        enum err err;
        int64_t not_before, not_after;
    } cases[] = {
        { TEST_NOW, 100, 7, ERR_OK, TEST_NOW - 7, TEST_NOW + 100 },
        { TEST_NOW, 11 * TEST_YEAR, 0, ERR_OK, TEST_NOW, end },
        { TEST_NOW, INT64_MAX, 0, ERR_OK, TEST_NOW, end },
        { TEST_NOW, 100, 11 * TEST_YEAR, ERR_OK, begin, TEST_NOW + 100 },
        { begin, 100, 7, ERR_OK, begin, begin + 100 },
        { end, 100, 7, ERR_OK, end - 7, end },
        { end + 1, 100, 7, ERR_CONFIG, 0, 0 },
        { begin - 1, 100, 7, ERR_CONFIG, 0, 0 },
    };
    struct ca_shape_options options = plain_shape;
    struct ca_request request;
    struct world w;

    (void)state;
    world_init_ca(&w, "P-256");
    assert_int_equal(ca_not_after(w.ca), end);
    request = (struct ca_request){
        .subject = name_of(&w, "CN=bs-1"),
        .public_key = spki_of(test_key_spki(test_key_make(w.pki, "P-256"))),
    };
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(ca_shape) shape = NULL;
        struct ca_certificate made;

        options.validity = cases[i].validity;
        options.backdate = cases[i].backdate;
        assert_int_equal(ca_shape_new(w.ca, &options, &shape, &w.f), ERR_OK);
        assert_int_equal(ca_issue(w.ca, shape, &request, cases[i].now, 0, w.cx,
                                  w.arena, &made, &w.f),
                         cases[i].err);
        if (cases[i].err != ERR_OK)
            continue;
        assert_int_equal(made.not_before, cases[i].not_before);
        assert_int_equal(made.not_after, cases[i].not_after);
    }
    world_done(&w);
}

/* A wish for a shorter time: from TEST_NOW - 7 to TEST_NOW + 100 at most. */
static void test_requested_validity(void **state)
{
    const struct {
        int64_t not_before, not_after;
        int64_t from, until; /* relative to TEST_NOW */
    } cases[] = {
        { 0, 0, -7, 100 },
        { 0, TEST_NOW + 50, -7, 50 },
        { 0, TEST_NOW + 1, -7, 1 },
        { 0, TEST_NOW, -7, 100 },
        { 0, TEST_NOW - 1, -7, 100 },
        { 0, 1, -7, 100 },
        { 0, TEST_NOW + 100, -7, 100 },
        { 0, TEST_NOW + 101, -7, 100 },
        { TEST_NOW - 8, 0, -7, 100 },
        { TEST_NOW - 6, 0, -6, 100 },
        { TEST_NOW + 40, 0, 40, 100 },
        { TEST_NOW + 40, TEST_NOW + 50, 40, 50 },
        { TEST_NOW + 50, TEST_NOW + 40, -7, 100 },
        { TEST_NOW + 100, 0, -7, 100 },
        { INT64_MAX, 0, -7, 100 },
        { 0, INT64_MAX, -7, 100 },
        { 0, INT64_MIN, -7, 100 },
    };
    struct ca_shape_options options = plain_shape;
    AUTO(ca_shape) shape = NULL;
    struct world w;

    (void)state;
    world_init_ca(&w, "P-256");
    options.validity = 100;
    options.backdate = 7;
    assert_int_equal(ca_shape_new(w.ca, &options, &shape, &w.f), ERR_OK);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct ca_request request = {
            .subject = name_of(&w, "CN=bs-1"),
            .public_key = spki_of(test_key_spki(test_key_make(w.pki, "P-256"))),
            .not_before = cases[i].not_before,
            .not_after = cases[i].not_after,
        };
        struct ca_certificate made;

        assert_int_equal(ca_issue(w.ca, shape, &request, TEST_NOW, 0, w.cx,
                                  w.arena, &made, &w.f),
                         ERR_OK);
        assert_int_equal(made.not_before, TEST_NOW + cases[i].from);
        assert_int_equal(made.not_after, TEST_NOW + cases[i].until);
    }
    world_done(&w);
}

static void test_nameless_request_is_refused(void **state)
{
    AUTO(ca_shape) shape = NULL;
    struct ca_certificate made;
    struct ca_request request;
    struct world w;

    (void)state;
    world_init_ca(&w, "P-256");
    request = (struct ca_request){
        .subject = name_of(&w, ""),
        .public_key = spki_of(test_key_spki(test_key_make(w.pki, "P-256"))),
    };
    assert_int_equal(ca_shape_new(w.ca, &plain_shape, &shape, &w.f), ERR_OK);
    assert_int_equal(ca_issue(w.ca, shape, &request, TEST_NOW, 0, w.cx, w.arena,
                              &made, &w.f),
                     ERR_BAD_CERT_TEMPLATE);
    assert_string_equal(w.f.clause, "RFC 5280, 4.1.2.6");
    world_done(&w);
}

static int compare_serials(const void *a, const void *b)
{
    return memcmp(a, b, CA_SERIAL_LEN);
}

/* Positive, of 20 octets, never the same: also where seconds need the top
 * bit, and where their top octets are zero. */
static void test_serials(void **state)
{
    static const int64_t times[] = { TEST_NOW,    0,          1,
                                     0x7fffffff,  0x80000000, 0xffffffff,
                                     0x100000000, -1 };
    const size_t num = 100000;
    uint8_t(*all)[CA_SERIAL_LEN] = malloc(num * CA_SERIAL_LEN);
    uint8_t one[CA_SERIAL_LEN];
    struct world w;

    (void)state;
    assert_non_null(all);
    world_init(&w);
    for (size_t i = 0; i < NUM(times); i++) {
        assert_int_equal(serial_make(w.cx, times[i], one, &w.f), ERR_OK);
        assert_in_range(one[0], 0x40, 0x7f);
    }
    for (size_t i = 0; i < num; i++)
        assert_int_equal(serial_make(w.cx, TEST_NOW, all[i], &w.f), ERR_OK);
    qsort(all, num, CA_SERIAL_LEN, compare_serials);
    for (size_t i = 1; i < num; i++)
        assert_true(memcmp(all[i - 1], all[i], CA_SERIAL_LEN) != 0);
    free(all);
    world_done(&w);
}

static void test_ca_refusals(void **state)
{
    static const struct {
        const char *text;
        struct test_cert_spec spec;
        const char *key;
        bool is_rubbish;
    } cases[] = {
        { "does not say cA",
          { .subject = "CN=x", .key_usage = "critical,keyCertSign,cRLSign" },
          "right" },
        { "does not say cA",
          { .subject = "CN=x",
            .ca = true,
            .basic_constraints = "critical,CA:FALSE" },
          "right" },
        { "lacks keyCertSign",
          { .subject = "CN=x", .ca = true, .key_usage = "critical,cRLSign" },
          "right" },
        { "lacks keyCertSign",
          { .subject = "CN=x",
            .ca = true,
            .key_usage = "critical,keyCertSign" },
          "right" },
        { "lacks keyCertSign",
          { .subject = "CN=x", .ca = true, .key_usage = "" },
          "right" },
        { "is not that of the CA", { .subject = "CN=x", .ca = true }, "other" },
        { "there is no key", { .subject = "CN=x", .ca = true }, "none" },
        { "not a certificate",
          { .subject = "CN=x", .ca = true },
          "right",
          true },
    };
    struct world w;
    const struct test_key *right;
    const struct test_cert *other;

    (void)state;
    world_init(&w);
    right = test_key_make(w.pki, "P-256");
    other =
        test_cert_make(w.pki, &(struct test_cert_spec){ .subject = "CN=o" });
    add_key(&w, "other", other);
    add_key(&w, "right", &(struct test_cert){ .key = right });
    for (size_t i = 0; i < NUM(cases); i++) {
        struct test_cert_spec spec = cases[i].spec;
        struct ca_options options = { .name = "ca", .key = cases[i].key };
        struct ca *ca = NULL;

        spec.key = right;
        options.certificate = test_cert_make(w.pki, &spec)->der;
        if (cases[i].is_rubbish)
            options.certificate.len--;
        assert_int_equal(ca_new(&options, w.keys, w.cx, &ca, &w.f), ERR_CONFIG);
        assert_null(ca);
        if (strstr(w.f.text, cases[i].text) == NULL)
            fail_msg("%zu: %s", i, w.f.text);
    }
    world_done(&w);
}

static void test_shape_refusals(void **state)
{
    static const enum oid reserved[] = {
        OID_ID_KP_CMC_CA, OID_ID_KP_CMC_RA,       OID_ID_KP_CMC_ARCHIVE,
        OID_ID_KP_CM_KGA, OID_ID_KP_OCSP_SIGNING, OID_ANY_EXTENDED_KEY_USAGE,
    };
    static const struct ca_shape_options cases[] = {
        { .key_usage = 0, .validity = 1 },
        { .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN, .validity = 1 },
        { .key_usage = KU_CRL_SIGN, .validity = 1 },
        { .key_usage = KU_DIGITAL_SIGNATURE, .validity = 0 },
        { .key_usage = KU_DIGITAL_SIGNATURE, .validity = -1 },
        { .key_usage = KU_DIGITAL_SIGNATURE, .validity = 1, .backdate = -1 },
    };
    struct ca_shape *shape = NULL;
    struct world w;

    (void)state;
    world_init_ca(&w, "P-256");
    for (size_t i = 0; i < NUM(cases); i++)
        assert_int_equal(ca_shape_new(w.ca, &cases[i], &shape, &w.f),
                         ERR_CONFIG);
    for (size_t i = 0; i < NUM(reserved); i++) {
        enum oid list[] = { OID_ID_KP_CLIENT_AUTH, reserved[i] };
        struct ca_shape_options options = plain_shape;

        options.eku = list;
        options.num_eku = 2;
        assert_int_equal(ca_shape_new(w.ca, &options, &shape, &w.f),
                         ERR_CONFIG);
    }
    assert_null(shape);
    world_done(&w);
}

static X509_CRL *decode_crl(struct span der)
{
    const unsigned char *p = der.ptr;
    X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);

    assert_non_null(crl);
    assert_ptr_equal(p, der.ptr + der.len);
    return crl;
}

static void check_crl_head(struct world *w, X509_CRL *crl, int64_t number)
{
    AUTHORITY_KEYID *aki =
        X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
    ASN1_INTEGER *have = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    X509 *issuer = decode(w->cert->der);
    int64_t value;

    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
    assert_int_equal(
        X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)),
        0);
    assert_int_equal(seconds_of(X509_CRL_get0_lastUpdate(crl)), TEST_NOW);
    assert_int_equal(seconds_of(X509_CRL_get0_nextUpdate(crl)),
                     TEST_NOW + 7 * TEST_DAY);
    assert_int_equal(X509_CRL_get_ext_count(crl), 2);
    assert_non_null(have);
    assert_int_equal(ASN1_INTEGER_get_int64(&value, have), 1);
    assert_int_equal(value, number);
    assert_non_null(aki);
    assert_int_equal(
        ASN1_OCTET_STRING_cmp(aki->keyid, X509_get0_subject_key_id(issuer)), 0);
    ASN1_INTEGER_free(have);
    AUTHORITY_KEYID_free(aki);
    X509_free(issuer);
}

static void test_crl(void **state)
{
    static const struct crl_entry entries[] = {
        { SPAN_LIT("\x01"), TEST_NOW - 100, CRL_UNSPECIFIED, 0 },
        { SPAN_LIT("\x80\x02"), TEST_NOW - 90, CRL_KEY_COMPROMISE,
          TEST_NOW - 500 },
        { SPAN_LIT("\x42\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                   "\x0e\x0f\x10\x11\x12\x13"),
          TEST_NOW - 80, CRL_SUPERSEDED, 0 },
        { SPAN_LIT("\x03"), TEST_NOW - 70, CRL_UNSPECIFIED, TEST_NOW - 600 },
    };
    static const int64_t numbers[] = { 0, 1, 127, 128, 0x123456789, INT64_MAX };
    struct world w;

    (void)state;
    world_init_ca(&w, "P-256");
    for (size_t i = 0; i < NUM(numbers); i++) {
        size_t num = i == 0 ? 0 : NUM(entries);
        struct span der;
        X509_CRL *crl;

        assert_int_equal(ca_make_crl(w.ca, numbers[i], TEST_NOW,
                                     TEST_NOW + 7 * TEST_DAY, entries, num, 0,
                                     w.cx, w.arena, &der, &w.f),
                         ERR_OK);
        crl = decode_crl(der);
        check_crl_head(&w, crl, numbers[i]);
        assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)),
                         num == 0 ? -1 : (int)num);
        for (size_t j = 0; j < num; j++) {
            BIGNUM *bn = BN_bin2bn(entries[j].serial.ptr,
                                   (int)entries[j].serial.len, NULL);
            ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(bn, NULL);
            X509_REVOKED *revoked = NULL;
            ASN1_ENUMERATED *reason;
            ASN1_GENERALIZEDTIME *since;

            assert_int_equal(X509_CRL_get0_by_serial(crl, &revoked, serial), 1);
            assert_int_equal(
                seconds_of(X509_REVOKED_get0_revocationDate(revoked)),
                entries[j].revoked_at);
            reason =
                X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
            assert_int_equal(reason == NULL ? 0 : ASN1_ENUMERATED_get(reason),
                             entries[j].reason);
            since = X509_REVOKED_get_ext_d2i(revoked, NID_invalidity_date, NULL,
                                             NULL);
            assert_int_equal(since == NULL ? 0 : seconds_of(since),
                             entries[j].invalidity_date);
            ASN1_GENERALIZEDTIME_free(since);
            ASN1_ENUMERATED_free(reason);
            ASN1_INTEGER_free(serial);
            BN_free(bn);
        }
        X509_CRL_free(crl);
    }
    world_done(&w);
}

/* --- an operator's own --- */

static struct span make_role(struct world *w, enum ca_role role,
                             const char *subject, const struct privkey *key,
                             struct span issuer,
                             const struct privkey *issuer_key)
{
    static const char *const hosts[] = { "ra.example", "127.0.0.1", "::1" };
    struct ca_role_options options = {
        .role = role,
        .subject = name_of(w, subject),
        .spki = privkey_spki(key),
        .issuer = issuer,
        .issuer_key = issuer_key,
        .not_before = TEST_NOW - 3600,
        .not_after = TEST_NOW + 10 * TEST_YEAR,
        .hosts = hosts,
        .num_hosts = role == CA_ROLE_TLS ? NUM(hosts) : 0,
    };
    struct span out;

    assert_int_equal(ca_make_role(&options, w->cx, w->arena, &out, &w->f),
                     ERR_OK);
    return out;
}

static void check_role(struct span der, const char *basic, const char *usage,
                       const char *purpose, const char *san)
{
    X509 *x = decode(der);

    assert_ext(x, NID_basic_constraints, basic);
    assert_ext(x, NID_key_usage, usage);
    assert_ext(x, NID_ext_key_usage, purpose);
    assert_ext(x, NID_subject_alt_name, san);
    assert_non_null(X509_get0_subject_key_id(x));
    X509_free(x);
}

static void test_roles_make_an_operator(void **state)
{
    static const enum key_kind kinds[] = { KEY_EC_P256, KEY_EC_P384, KEY_RSA };

    (void)state;
    for (size_t i = 0; i < NUM(kinds); i++) {
        AUTO(privkey) root_key = NULL;
        AUTO(privkey) key = NULL;
        struct world w;
        struct span root, issuing, cmp, tls;

        world_init(&w);
        assert_int_equal(
            privkey_generate(w.cx, kinds[i], 2048, &root_key, &w.f), ERR_OK);
        assert_int_equal(privkey_generate(w.cx, kinds[i], 2048, &key, &w.f),
                         ERR_OK);
        root = make_role(&w, CA_ROLE_ROOT, "CN=Root", root_key, SPAN_NONE,
                         root_key);
        issuing =
            make_role(&w, CA_ROLE_ISSUING, "CN=Issuing", key, root, root_key);
        cmp = make_role(&w, CA_ROLE_CMP_SIGNER, "CN=CMP", key, issuing, key);
        tls = make_role(&w, CA_ROLE_TLS, "CN=TLS", key, issuing, key);
        check_role(root, "critical, CA:TRUE",
                   "critical, Certificate Sign, CRL Sign", NULL, NULL);
        check_role(issuing, "critical, CA:TRUE, pathlen:0",
                   "critical, Certificate Sign, CRL Sign", NULL, NULL);
        check_role(cmp, NULL, "critical, Digital Signature",
                   "CMC Registration Authority", NULL);
        check_role(tls, NULL, "critical, Digital Signature",
                   "TLS Web Server Authentication",
                   "DNS:ra.example, IP Address:127.0.0.1, IP "
                   "Address:0:0:0:0:0:0:0:1");
        assert_int_equal(verify_strict(root, NULL, 0, root, TEST_NOW), 0);
        assert_int_equal(verify_strict(issuing, NULL, 0, root, TEST_NOW), 0);
        assert_int_equal(verify_strict(cmp, &issuing, 1, root, TEST_NOW), 0);
        assert_int_equal(verify_strict(tls, &issuing, 1, root, TEST_NOW), 0);
        world_done(&w);
    }
}

static void test_role_refusals(void **state)
{
    AUTO(privkey) root_key = NULL;
    AUTO(privkey) key = NULL;
    struct world w;
    struct span root, issuing, cmp, out;
    struct ca_role_options good;

    (void)state;
    world_init(&w);
    assert_int_equal(privkey_generate(w.cx, KEY_EC_P256, 0, &root_key, &w.f),
                     ERR_OK);
    assert_int_equal(privkey_generate(w.cx, KEY_EC_P256, 0, &key, &w.f),
                     ERR_OK);
    root =
        make_role(&w, CA_ROLE_ROOT, "CN=Root", root_key, SPAN_NONE, root_key);
    issuing = make_role(&w, CA_ROLE_ISSUING, "CN=Issuing", key, root, root_key);
    cmp = make_role(&w, CA_ROLE_CMP_SIGNER, "CN=CMP", key, issuing, key);
    good = (struct ca_role_options){
        .role = CA_ROLE_CMP_SIGNER,
        .subject = name_of(&w, "CN=x"),
        .spki = privkey_spki(key),
        .issuer = issuing,
        .issuer_key = key,
        .not_before = TEST_NOW,
        .not_after = TEST_NOW + TEST_YEAR,
    };
    const struct {
        enum ca_role role;
        struct span issuer;
        const struct privkey *issuer_key;
        int64_t not_before, not_after;
        const char *text;
    } cases[] = {
        { CA_ROLE_CMP_SIGNER, cmp, key, TEST_NOW, TEST_NOW + 1, "not a CA" },
        { CA_ROLE_ISSUING, issuing, key, TEST_NOW, TEST_NOW + 1,
          "allows no CA below" },
        { CA_ROLE_TLS, issuing, root_key, TEST_NOW, TEST_NOW + 1,
          "not the issuer's" },
        { CA_ROLE_TLS, issuing, key, TEST_NOW, TEST_NOW + 11 * TEST_YEAR,
          "longer than its issuer" },
        { CA_ROLE_TLS, issuing, key, TEST_NOW - TEST_DAY, TEST_NOW + 1,
          "longer than its issuer" },
        { CA_ROLE_TLS, issuing, key, TEST_NOW, TEST_NOW, "no time" },
        { CA_ROLE_TLS, SPAN_LIT("x"), key, TEST_NOW, TEST_NOW + 1,
          "not a certificate" },
        { CA_ROLE_ROOT, SPAN_NONE, root_key, TEST_NOW, TEST_NOW + 1,
          "signed by its own key" },
    };
    assert_int_equal(ca_make_role(&good, w.cx, w.arena, &out, &w.f), ERR_OK);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct ca_role_options options = good;

        options.role = cases[i].role;
        options.issuer = cases[i].issuer;
        options.issuer_key = cases[i].issuer_key;
        options.not_before = cases[i].not_before;
        options.not_after = cases[i].not_after;
        assert_int_equal(ca_make_role(&options, w.cx, w.arena, &out, &w.f),
                         ERR_CONFIG);
        if (strstr(w.f.text, cases[i].text) == NULL)
            fail_msg("%zu: %s", i, w.f.text);
    }
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_says_what_was_asked),
        cmocka_unit_test(test_every_kind_of_ca_key_signs),
        cmocka_unit_test(test_key_without_its_tag),
        cmocka_unit_test(test_validity_stays_within_the_issuers),
        cmocka_unit_test(test_requested_validity),
        cmocka_unit_test(test_nameless_request_is_refused),
        cmocka_unit_test(test_serials),
        cmocka_unit_test(test_ca_refusals),
        cmocka_unit_test(test_shape_refusals),
        cmocka_unit_test(test_crl),
        cmocka_unit_test(test_roles_make_an_operator),
        cmocka_unit_test(test_role_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
