/* CMS that OpenSSL made, as we read it; and written again, as it reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asn1/cms.h"
#include "base/limits.h"

/* After ours: x509v3.h has macros with names of asn1/x509.h. */
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static const char secret[] = "what is kept from others";

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

/* Encodes it, frees it, and gives what its ContentInfo holds. */
static struct span take(CMS_ContentInfo *cms, enum oid want, struct arena *a)
{
    unsigned char *der = NULL;
    int len = i2d_CMS_ContentInfo(cms, &der);
    struct cms_content_info info;
    struct der in;

    assert_true(len > 0);
    in = der_open(arena_copy(a, span_of(der, (size_t)len)), NULL);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    assert_int_equal(cms_content_info_read(&in, &info), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    assert_int_equal(info.id, want);
    return info.content;
}

static CMS_ContentInfo *start(BIO *data, X509 *cert)
{
    STACK_OF(X509) *to = sk_X509_new_null();
    CMS_ContentInfo *cms;

    if (cert != NULL)
        sk_X509_push(to, cert);
    cms = CMS_encrypt(to, data, EVP_aes_128_cbc(),
                      CMS_BINARY | CMS_USE_KEYID | CMS_PARTIAL);
    assert_non_null(cms);
    sk_X509_free(to);
    return cms;
}

static CMS_ContentInfo *envelope_for(X509 *cert, const char *password)
{
    BIO *data = BIO_new_mem_buf(secret, sizeof(secret));
    CMS_ContentInfo *cms = start(data, cert);

    if (password != NULL)
        assert_non_null(CMS_add0_recipient_password(
            cms, -1, NID_undef, NID_undef,
            (unsigned char *)OPENSSL_strdup(password), -1, NULL));
    assert_true(CMS_final(cms, data, NULL, CMS_BINARY));
    BIO_free(data);
    return cms;
}

/* Written from what was read, and in OpenSSL's hands again. */
static CMS_ContentInfo *again(const struct cms_enveloped *e, struct span der,
                              struct arena *a)
{
    struct cms_content_info info = { .oid = oid_span(OID_ID_ENVELOPED_DATA) };
    struct der_writer w;
    CMS_ContentInfo *cms;
    struct span whole;
    const uint8_t *p;

    der_writer_init(&w, a, 512);
    cms_enveloped_put(&w, DER_SEQUENCE, e);
    assert_int_equal(der_finish(&w, &info.content), ERR_OK);
    assert_true(span_is_equal(info.content, der));
    der_writer_init(&w, a, 512);
    cms_content_info_put(&w, &info);
    assert_int_equal(der_finish(&w, &whole), ERR_OK);
    p = whole.ptr;
    cms = d2i_CMS_ContentInfo(NULL, &p, (long)whole.len);
    assert_non_null(cms);
    return cms;
}

static void check_decrypted(CMS_ContentInfo *cms, EVP_PKEY *key, X509 *cert)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text;

    assert_true(CMS_decrypt(cms, key, cert, NULL, out, CMS_BINARY));
    assert_int_equal(BIO_get_mem_data(out, &text), sizeof(secret));
    assert_memory_equal(text, secret, sizeof(secret));
    BIO_free(out);
    CMS_ContentInfo_free(cms);
}

static void enveloped_read(struct span der, struct arena *a,
                           struct cms_enveloped *out)
{
    struct der in = der_open(der, NULL);

    assert_int_equal(cms_enveloped_read(&in, DER_SEQUENCE, a, out), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    assert_int_equal(out->num_recipients, 1);
    assert_int_equal(out->content_id, OID_ID_DATA);
    assert_int_equal(oid_find(out->content_enc_alg.oid), OID_ID_AES128_CBC);
}

static void test_ktri(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *cert = make_cert(key);
    struct span der = take(envelope_for(cert, NULL), OID_ID_ENVELOPED_DATA, a);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(cert);
    struct cms_enveloped e;

    (void)state;
    enveloped_read(der, a, &e);
    assert_int_equal(e.recipients[0].type, CMS_KTRI);
    assert_int_equal(e.recipients[0].rid.type, CMS_ID_KEY_ID);
    assert_true(span_is_equal(
        e.recipients[0].rid.key_id,
        span_of(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski))));
    assert_int_equal(e.recipients[0].encrypted_key.len, 256);
    check_decrypted(again(&e, der, a), key, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void test_kari(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_cert(key);
    struct span der = take(envelope_for(cert, NULL), OID_ID_ENVELOPED_DATA, a);
    struct cms_enveloped e;

    (void)state;
    enveloped_read(der, a, &e);
    assert_int_equal(e.recipients[0].type, CMS_KARI);
    assert_int_equal(e.recipients[0].version, 3);
    assert_int_equal(e.recipients[0].originator.type, CMS_ID_ORIGINATOR_KEY);
    assert_int_equal(e.recipients[0].num_keys, 1);
    assert_int_equal(e.recipients[0].keys[0].rid.type, CMS_ID_KEY_ID);
    check_decrypted(again(&e, der, a), key, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void test_pwri(void **state)
{
    unsigned char password[] = "password";
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span der =
        take(envelope_for(NULL, "password"), OID_ID_ENVELOPED_DATA, a);
    struct cms_enveloped e;
    CMS_ContentInfo *cms;

    (void)state;
    enveloped_read(der, a, &e);
    assert_int_equal(e.recipients[0].type, CMS_PWRI);
    assert_int_equal(e.recipients[0].version, 0);
    assert_int_equal(oid_find(e.recipients[0].kdf_alg.oid), OID_ID_PBKDF2);
    cms = again(&e, der, a);
    assert_true(CMS_decrypt_set1_password(cms, password, -1));
    check_decrypted(cms, NULL, NULL);
}

static void test_signed(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_cert(key);
    BIO *data = BIO_new_mem_buf(secret, sizeof(secret));
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    struct span der, covered, out;
    struct cms_signed s;
    struct der_writer w;
    struct der in;

    (void)state;
    der = take(CMS_sign(cert, key, NULL, data, CMS_BINARY | CMS_NOSMIMECAP),
               OID_ID_SIGNED_DATA, a);
    in = der_open(der, NULL);
    assert_int_equal(cms_signed_read(&in, a, &s), ERR_OK);
    assert_int_equal(s.content_id, OID_ID_DATA);
    assert_true(span_is_equal(s.content, span_of(secret, sizeof(secret))));
    assert_int_equal(s.certs.num, 1);
    assert_int_equal(s.num_signers, 1);
    assert_true(
        span_is_equal(s.signers[0].content_type, oid_span(OID_ID_DATA)));
    assert_int_equal(s.signers[0].message_digest.len, 32);
    covered = cms_signed_attrs_bytes(&s.signers[0], a);
    assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key),
                     1);
    assert_int_equal(EVP_DigestVerify(md, s.signers[0].signature.ptr,
                                      s.signers[0].signature.len, covered.ptr,
                                      covered.len),
                     1);
    der_writer_init(&w, a, 512);
    cms_signed_put(&w, &s);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, der));
    EVP_MD_CTX_free(md);
    BIO_free(data);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* PrivateKeyInfo is the first version of OneAsymmetricKey. */
static void test_key(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
    unsigned char *der = NULL;
    int len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
    struct cms_key_package p;
    struct der_writer w;
    struct span package;
    struct der in;

    (void)state;
    der_writer_init(&w, a, 512);
    der_put_content(&w, DER_SEQUENCE, span_of(der, (size_t)len));
    assert_int_equal(der_finish(&w, &package), ERR_OK);
    in = der_open(package, NULL);
    assert_int_equal(cms_key_package_read(&in, a, &p), ERR_OK);
    assert_int_equal(p.num, 1);
    assert_int_equal(p.list[0].version, 0);
    assert_int_equal(oid_find(p.list[0].alg.oid), OID_ID_EC_PUBLIC_KEY);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(p8);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ktri), cmocka_unit_test(test_kari),
        cmocka_unit_test(test_pwri), cmocka_unit_test(test_signed),
        cmocka_unit_test(test_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
