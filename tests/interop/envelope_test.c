/* Envelopes that OpenSSL made, opened; and ours, opened by OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/envelope.h"

/* After ours: x509v3.h has macros with names of asn1/x509.h. */
#include <openssl/cms.h>
#include <openssl/crmf.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define PASSWORD "a secret of the two of us"
static const char content[] = "what is kept from others";

static struct crypto *crypto;
static struct crypto_ctx *cx;

static int set_up(void **state)
{
    (void)state;
    return crypto_new(&crypto, NULL) != ERR_OK ||
           crypto_ctx_new(crypto, &cx, NULL) != ERR_OK;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_ctx_free(cx);
    crypto_free(crypto);
    return 0;
}

/* A key in both hands, and a certificate for OpenSSL to name it by. */
struct holder {
    EVP_PKEY *key;
    X509 *cert;
    struct privkey *ours;
    struct span cert_der;
};

static X509 *make_cert(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    X509_EXTENSION *ski;
    X509V3_CTX ctx;

    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 42);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)"gnb-1", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    ski = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
    X509_add_ext(cert, ski, -1);
    X509_EXTENSION_free(ski);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

static void holder_init(struct holder *h, const char *curve, struct arena *a)
{
    unsigned char *der = NULL;
    int len;

    h->key = curve != NULL ? EVP_EC_gen(curve) : EVP_RSA_gen(2048);
    h->cert = make_cert(h->key);
    len = i2d_PrivateKey(h->key, &der);
    assert_int_equal(
        privkey_parse(cx, span_of(der, (size_t)len), &h->ours, NULL), ERR_OK);
    OPENSSL_free(der);
    der = NULL;
    len = i2d_X509(h->cert, &der);
    h->cert_der = arena_copy(a, span_of(der, (size_t)len));
    OPENSSL_free(der);
}

static void holder_done(struct holder *h)
{
    privkey_free(h->ours);
    X509_free(h->cert);
    EVP_PKEY_free(h->key);
}

/* --- OpenSSL's, in our hands --- */

static void check_opens(CMS_ContentInfo *cms,
                        const struct envelope_opener *with, struct arena *a)
{
    unsigned char *der = NULL;
    int len = i2d_CMS_ContentInfo(cms, &der);
    struct cms_content_info info;
    struct cms_enveloped e = { 0 };
    AUTO(secret) plain = NULL;
    struct fault f = { 0 };
    struct der in = der_open(span_of(der, (size_t)len), NULL);

    assert_true(len > 0);
    assert_int_equal(cms_content_info_read(&in, &info), ERR_OK);
    in = der_open(info.content, NULL);
    assert_int_equal(cms_enveloped_read(&in, DER_SEQUENCE, a, &e), ERR_OK);
    if (envelope_open(cx, &e, with, a, &plain, &f) != ERR_OK)
        fail_msg("%s", f.text);
    assert_true(
        span_is_equal(secret_span(plain), span_of(content, sizeof(content))));
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
}

struct theirs {
    const char *curve; /* NULL: RSA */
    int padding;
    const EVP_MD *(*md)(void); /* of OAEP, of the key agreement */
    const EVP_CIPHER *(*cipher)(void);
};

static CMS_ContentInfo *their_envelope(const struct theirs *t,
                                       const struct holder *h)
{
    BIO *data = BIO_new_mem_buf(content, sizeof(content));
    unsigned flags = CMS_BINARY | CMS_PARTIAL;
    CMS_ContentInfo *cms = CMS_encrypt(NULL, data, t->cipher(), flags);
    CMS_RecipientInfo *ri =
        CMS_add1_recipient_cert(cms, h->cert, CMS_KEY_PARAM | CMS_USE_KEYID);
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);

    assert_non_null(ctx);
    if (t->curve != NULL) {
        assert_true(EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, t->md()) > 0);
    } else {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, t->padding) > 0);
        if (t->md != NULL)
            assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, t->md()) > 0);
    }
    assert_true(CMS_final(cms, data, NULL, CMS_BINARY));
    BIO_free(data);
    return cms;
}

static void test_theirs(void **state)
{
    static const struct theirs cases[] = {
        { NULL, RSA_PKCS1_PADDING, NULL, EVP_aes_128_cbc },
        { NULL, RSA_PKCS1_OAEP_PADDING, NULL, EVP_aes_192_cbc }, /* SHA-1 */
        { NULL, RSA_PKCS1_OAEP_PADDING, EVP_sha256, EVP_aes_256_cbc },
        { NULL, RSA_PKCS1_OAEP_PADDING, EVP_sha512, EVP_aes_256_cbc },
        { "P-256", 0, EVP_sha256, EVP_aes_128_cbc },
        { "P-256", 0, EVP_sha512, EVP_aes_256_cbc },
        { "P-384", 0, EVP_sha384, EVP_aes_192_cbc },
        { "P-521", 0, EVP_sha512, EVP_aes_256_cbc },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct envelope_opener with = { .ways = ENVELOPE_ALL };
        struct holder h;

        holder_init(&h, cases[i].curve, a);
        with.key = h.ours;
        check_opens(their_envelope(&cases[i], &h), &with, a);
        holder_done(&h);
    }
}

static void test_their_password(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct envelope_opener with = { .ways = ENVELOPE_ALL,
                                    .secret = SPAN_LIT(PASSWORD) };
    BIO *data = BIO_new_mem_buf(content, sizeof(content));
    CMS_ContentInfo *cms =
        CMS_encrypt(NULL, data, EVP_aes_256_cbc(), CMS_BINARY | CMS_PARTIAL);

    (void)state;
    assert_non_null(CMS_add0_recipient_password(
        cms, -1, NID_undef, NID_undef,
        (unsigned char *)OPENSSL_strdup(PASSWORD), -1, NULL));
    assert_true(CMS_final(cms, data, NULL, CMS_BINARY));
    BIO_free(data);
    check_opens(cms, &with, a);
}

/* --- ours, in OpenSSL's --- */

static CMS_ContentInfo *our_envelope(const struct envelope_to *to,
                                     struct arena *a)
{
    struct cms_content_info info = { .oid = oid_span(OID_ID_ENVELOPED_DATA) };
    CMS_ContentInfo *cms;
    struct der_writer w;
    struct span whole;
    const uint8_t *p;

    assert_int_equal(envelope_make(cx, to, OID_ID_DATA,
                                   span_of(content, sizeof(content)),
                                   DER_SEQUENCE, a, &info.content, NULL),
                     ERR_OK);
    der_writer_init(&w, a, 512);
    cms_content_info_put(&w, &info);
    assert_int_equal(der_finish(&w, &whole), ERR_OK);
    p = whole.ptr;
    cms = d2i_CMS_ContentInfo(NULL, &p, (long)whole.len);
    assert_non_null(cms);
    return cms;
}

static void check_decrypts(CMS_ContentInfo *cms, EVP_PKEY *key, X509 *cert)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text;

    assert_true(CMS_decrypt(cms, key, cert, NULL, out, CMS_BINARY));
    assert_int_equal(BIO_get_mem_data(out, &text), sizeof(content));
    assert_memory_equal(text, content, sizeof(content));
    BIO_free(out);
    CMS_ContentInfo_free(cms);
}

static void test_ours(void **state)
{
    static const struct {
        const char *curve;
        enum envelope_way way;
    } cases[] = {
        { NULL, ENVELOPE_OAEP },     { NULL, ENVELOPE_PKCS1 },
        { "P-256", ENVELOPE_AGREE }, { "P-384", ENVELOPE_AGREE },
        { "P-521", ENVELOPE_AGREE },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct envelope_to to = { .way = cases[i].way };
        struct x509_cert cert = { 0 };
        struct holder h;

        holder_init(&h, cases[i].curve, a);
        assert_int_equal(x509_read(h.cert_der, a, &cert), ERR_OK);
        to.key = &cert.spki;
        for (int c = ENVELOPE_AES128_CBC; c <= ENVELOPE_AES256_CBC; c++) {
            to.cipher = (enum envelope_cipher)c;
            to.rid = envelope_id(&cert);
            check_decrypts(our_envelope(&to, a), h.key, h.cert);
            to.rid = (struct cms_id){ .type = CMS_ID_ISSUER_SERIAL,
                                      .issuer = cert.issuer,
                                      .serial = cert.serial };
            check_decrypts(our_envelope(&to, a), h.key, h.cert);
        }
        holder_done(&h);
    }
}

static void test_our_password(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    unsigned char password[] = PASSWORD;
    struct envelope_to to = { .way = ENVELOPE_PWRI_KEK,
                              .secret = SPAN_LIT(PASSWORD) };

    (void)state;
    for (int c = ENVELOPE_AES128_CBC; c <= ENVELOPE_AES256_CBC; c++) {
        CMS_ContentInfo *cms;

        to.cipher = (enum envelope_cipher)c;
        cms = our_envelope(&to, a);
        assert_true(CMS_decrypt_set1_password(cms, password, -1));
        check_decrypts(cms, NULL, NULL);
    }
}

/* OpenSSL opens them where they hold a certificate. */
static void test_encrypted_value(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct holder h;
    struct x509_cert cert = { 0 };

    (void)state;
    holder_init(&h, NULL, a);
    assert_int_equal(x509_read(h.cert_der, a, &cert), ERR_OK);
    for (int c = 0; c < ENVELOPE_CIPHER_NUM; c++) {
        OSSL_CRMF_ENCRYPTEDVALUE *value;
        struct span der;
        const uint8_t *p;
        X509 *got;

        assert_int_equal(encrypted_value_make(cx, &cert.spki,
                                              (enum envelope_cipher)c,
                                              h.cert_der, a, &der, NULL),
                         ERR_OK);
        p = der.ptr;
        value = (OSSL_CRMF_ENCRYPTEDVALUE *)ASN1_item_d2i(
            NULL, &p, (long)der.len, ASN1_ITEM_rptr(OSSL_CRMF_ENCRYPTEDVALUE));
        assert_non_null(value);
        got = OSSL_CRMF_ENCRYPTEDVALUE_get1_encCert(value, NULL, NULL, h.key);
        assert_non_null(got);
        assert_int_equal(X509_cmp(got, h.cert), 0);
        X509_free(got);
        OSSL_CRMF_ENCRYPTEDVALUE_free(value);
    }
    holder_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_theirs),
        cmocka_unit_test(test_their_password),
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_our_password),
        cmocka_unit_test(test_encrypted_value),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
