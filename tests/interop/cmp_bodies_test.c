/* The other bodies, beside what OpenSSL makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asn1/cmp.h"
#include "base/limits.h"
#include "support/cmp_vectors.h"
#include "support/der_text.h"

/* After ours: x509v3.h has macros with names of asn1/x509.h. */
#include <openssl/cmp.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* --- messages --- */

#define MESSAGE(body) "30{ 30{ 02{02} a4{ 3000 } a4{ 3000 } } " body " }"
#define TEMPLATE "30{ 81{2a} a3{ 3000 } }"
#define REASON "30{ 06{551d15} 04{ 0a{01} } }"
#define CERT_ID "30{ a4{ 3000 } 02{2a} }"

#define CERT                                                          \
    "30{ 30{ 02{01} 30{ 06{2a} } 3000 30{ 17{'260102030405Z'} "       \
    "17{'260102030405Z'} } 3000 30{ 30{ 06{2b6570} } 03{ 00 *32(00) " \
    "} } } 30{ 06{2a} } 03{00} }"
#define CRL \
    "30{ 30{ 30{ 06{2a} } 3000 17{'260102030405Z'} } 30{ 06{2a} } 03{00} }"
#define DATE "18{'20260102030405Z'}"

static const char *const bodies[] = {
    "a5{ 3000 }",
    "a5{ 30{ 30{ 30{ 06{2a} } 04{aa} 04{bb} } 30{ 04{aa} 04{} } } }",
    "a6{ 30{ 02{2a} 02{ff} 02{ 01 *63(00) } } }",
    "aa{ 30{ 30{ 02{02} } } }",
    "aa{ 30{ 30{ 02{00} } a0{ " CERT " } a1{ 30{ " CERT CERT " } } a2{ 30{ "
    "30{ a0{ " CERT " } a0{ 30{ 03{00} } } } } } } }",
    "af{ 30{ " CERT CERT CERT " } }",
    "b0{ " CERT " }",
    "b1{ 30{ 02{05} " CERT_ID DATE DATE " } }",
    "b1{ 30{ 02{04} " CERT_ID DATE DATE " 30{ " REASON " } } }",
    "b2{ 3000 }",
    "b2{ 30{ " CRL CRL " } }",
    "b4{ 30{ " MESSAGE("b3020500") " } }",
    "b4{ 30{ " MESSAGE("b3020500")
        MESSAGE("b4{ 30{ " MESSAGE("b3020500") " } }") " } }",
    "ab{ 3000 }",
    "ab{ 30{ 30{ " TEMPLATE " } 30{ 3000 30{ " REASON " } } } }",
    "ac{ 30{ 30{ 30{ 02{00} } 30{ 02{02} 03{ 05 20 } } } } }",
    "ac{ 30{ 30{ 30{ 02{00} } } a0{ 30{ " CERT_ID CERT_ID " } } } }",
    "b5{ 3000 }",
    "b5{ 30{ 30{ 06{2a} } 30{ 06{2a} 0500 } } }",
    "b6{ 30{ 30{ 06{2b06010505070411} } } }",
    "b9{ 30{ 30{ 02{ff} } 30{ 02{00} } } }",
    "ba{ 30{ 30{ 02{00} 02{3c} 30{ 0c{'later'} } } 30{ 02{01} 02{00} } } }",
};

/* Both take these, and OpenSSL writes the bytes that we write. */
static void test_both_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(bodies); i++) {
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct span der =
            der_text(arena_printf(a, MESSAGE("%s"), bodies[i]), a);
        const uint8_t *p = der.ptr;
        OSSL_CMP_MSG *msg = d2i_OSSL_CMP_MSG(NULL, &p, (long)der.len);
        unsigned char *again = NULL;
        struct cmp_message ours;
        struct span body;
        int len;

        if (msg == NULL)
            fail_msg("OpenSSL refuses %s", bodies[i]);
        assert_int_equal(cmp_message_read(der, a, &ours, NULL), ERR_OK);
        assert_int_equal(ours.body.type, OSSL_CMP_MSG_get_bodytype(msg));
        assert_int_equal(cmp_body_write(&ours.body, a, &body), ERR_OK);
        len = i2d_OSSL_CMP_MSG(msg, &again);
        assert_int_equal(len, der.len);
        assert_memory_equal(again, der.ptr, der.len);
        assert_memory_equal(again + der.len - body.len, body.ptr, body.len);
        OPENSSL_free(again);
        OSSL_CMP_MSG_free(msg);
    }
}

#define TWO_CERTS "af{ 30{ " CERT CERT " } }" /* of three */

/* What we refuse in these bodies, OpenSSL refuses too. */
static void test_both_refuse(void **state)
{
    static const char *const refused[] = {
        "a5{ 30{ 3000 } }",
        "a6{ 30{ 04{00} } }",
        "aa{ 3000 }",
        "aa{ 30{ 30{ 02{00} } a2{ 30{ 3000 } } } }",
        TWO_CERTS,
        "b0{ 0500 }",
        ("b1{ 30{ 02{05} " CERT_ID DATE " } }"),
        "b2{ 30{ 0500 } }",
        "b4{ 30{ 0500 } }",
        "ab{ 30{ 3000 } }",
        ("ac{ 30{ " CERT_ID " } }"),
        "b5{ 30{ 3000 } }",
        "b9{ 30{ 02{00} } }",
        "ba{ 30{ 30{ 02{00} } } }",
        "a4{ 30{ 30{} 30{ 06{2a} } 03{00} } }",
    };

    (void)state;
    for (size_t i = 0; i < NUM(refused); i++) {
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct span der =
            der_text(arena_printf(a, MESSAGE("%s"), refused[i]), a);
        const uint8_t *p = der.ptr;
        struct cmp_message ours;

        assert_int_equal(cmp_message_read(der, a, &ours, NULL), ERR_BAD_DER);
        if (d2i_OSSL_CMP_MSG(NULL, &p, (long)der.len) != NULL)
            fail_msg("OpenSSL accepts %s", refused[i]);
    }
}

/* --- vectors --- */

static void read_vector(const char *name, struct arena *a,
                        struct cmp_message *out)
{
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        if (strcmp(cmp_vectors[i].name, name) == 0) {
            assert_int_equal(
                cmp_message_read(cmp_vector_load(&cmp_vectors[i], a), a, out,
                                 NULL),
                ERR_OK);
            return;
        }
    }
    fail_msg("no vector %s", name);
}

/* What make.sh asked the client and the mock server to say. */
static void test_vectors(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    const struct rev_details *d;
    struct cmp_message rr, rp, msg;

    (void)state;
    read_vector("rr", a, &rr);
    read_vector("rp", a, &rp);
    assert_int_equal(rr.body.rev_req.num, 1);
    d = &rr.body.rev_req.list[0];
    assert_false(span_is_absent(d->cert_details.serial));
    assert_false(span_is_absent(d->cert_details.issuer));
    assert_int_equal(rp.body.rev_rep.num_statuses, 1);
    assert_int_equal(rp.body.rev_rep.statuses[0].status, STATUS_ACCEPTED);
    assert_int_equal(rp.body.rev_rep.num_rev_certs, 1);
    assert_true(span_is_equal(rp.body.rev_rep.rev_certs[0].serial,
                              d->cert_details.serial));
    assert_true(name_is_equal(rp.body.rev_rep.rev_certs[0].issuer.value,
                              d->cert_details.issuer));

    read_vector("pollReq", a, &msg);
    assert_int_equal(msg.body.poll_req.num, 1);
    assert_int_equal(msg.body.poll_req.list[0], 0);
    read_vector("pollRep", a, &msg);
    assert_int_equal(msg.body.poll_rep.num, 1);
    assert_int_equal(msg.body.poll_rep.list[0].cert_req_id, 0);
    assert_true(msg.body.poll_rep.list[0].check_after > 0);
    read_vector("genm", a, &msg);
    assert_int_equal(msg.body.general.num, 1);
    assert_true(span_is_absent(msg.body.general.list[0].value));
}

/* --- PKCS#10 --- */

static bool signature_is_right(const struct p10_request *req)
{
    const uint8_t *p = req->spki.der.ptr;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)req->spki.der.len);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestVerify(md, req->signature.ptr, req->signature.len,
                               req->info.ptr, req->info.len) == 1;

    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return ok;
}

static void test_p10_vector(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    struct cmp_message msg;

    (void)state;
    read_vector("p10cr", a, &msg);
    assert_int_equal(msg.body.p10.version, 0);
    assert_true(signature_is_right(&msg.body.p10));
}

/* A request by OpenSSL with extensions and a password, signed by `key`. */
static struct span make_p10(EVP_PKEY *key, struct arena *a)
{
    X509_REQ *req = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
    X509_NAME *name = X509_NAME_new();
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    unsigned char *der = NULL;
    struct span copy;
    int len;

    ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x03\x02\x07\x80", 4);
    sk_X509_EXTENSION_push(
        exts, X509_EXTENSION_create_by_NID(NULL, NID_key_usage, 1, value));
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)"gnb-1", -1, -1, 0);
    X509_REQ_set_subject_name(req, name);
    X509_REQ_set_pubkey(req, key);
    X509_REQ_add_extensions(req, exts);
    X509_REQ_add1_attr_by_NID(req, NID_pkcs9_challengePassword, MBSTRING_UTF8,
                              (const unsigned char *)"secret", -1);
    assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
    len = i2d_X509_REQ(req, &der);
    copy = arena_copy(a, span_of(der, (size_t)len));
    OPENSSL_free(der);
    ASN1_OCTET_STRING_free(value);
    X509_NAME_free(name);
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    X509_REQ_free(req);
    return copy;
}

static void test_p10_read(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct span der = make_p10(key, a);
    struct der in = der_open(der, NULL);
    struct p10_request req;
    struct der_writer w;
    struct span again;

    (void)state;
    assert_int_equal(p10_read(&in, a, &req), ERR_OK);
    assert_true(signature_is_right(&req));
    assert_true(span_is_equal(req.challenge_password, SPAN_LIT("secret")));
    assert_int_equal(req.extensions.num, 1);
    assert_int_equal(req.extensions.list[0].id, OID_ID_CE_KEY_USAGE);
    assert_true(req.extensions.list[0].critical);
    assert_string_equal(name_format(req.subject, a), "CN=gnb-1");
    der_writer_init(&w, a, 512);
    p10_put(&w, &req);
    assert_int_equal(der_finish(&w, &again), ERR_OK);
    assert_true(span_is_equal(der, again));
    EVP_PKEY_free(key);
}

/* OpenSSL reads and verifies what we write. */
static void test_p10_written(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct der in = der_open(make_p10(key, a), NULL);
    struct extension wish = { .oid = oid_span(OID_ID_CE_KEY_USAGE),
                              .value = SPAN_LIT("\x03\x02\x07\x80") };
    struct extensions wishes = { &wish, 1 };
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    struct p10_attribute attributes[2];
    uint8_t sig[EVP_MAX_MD_SIZE * 3];
    size_t sig_len = sizeof(sig);
    STACK_OF(X509_EXTENSION) * exts;
    struct p10_request req;
    struct der_writer w;
    struct span der;
    const uint8_t *p;
    X509_REQ *theirs;

    (void)state;
    assert_int_equal(p10_read(&in, a, &req), ERR_OK);
    assert_int_equal(p10_extension_request(&wishes, a, &attributes[0]), ERR_OK);
    assert_int_equal(
        p10_challenge_password(SPAN_LIT("other"), a, &attributes[1]), ERR_OK);
    req.attributes = attributes;
    der_writer_init(&w, a, 512);
    p10_info_put(&w, &req);
    assert_int_equal(der_finish(&w, &der), ERR_OK);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, sig, &sig_len, der.ptr, der.len), 1);
    req.signature = span_of(sig, sig_len);
    der_writer_init(&w, a, 512);
    p10_put(&w, &req);
    assert_int_equal(der_finish(&w, &der), ERR_OK);

    p = der.ptr;
    theirs = d2i_X509_REQ(NULL, &p, (long)der.len);
    assert_non_null(theirs);
    assert_int_equal(X509_REQ_verify(theirs, key), 1);
    exts = X509_REQ_get_extensions(theirs);
    assert_int_equal(sk_X509_EXTENSION_num(exts), 1);
    sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
    X509_REQ_free(theirs);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_read), cmocka_unit_test(test_both_refuse),
        cmocka_unit_test(test_vectors),   cmocka_unit_test(test_p10_vector),
        cmocka_unit_test(test_p10_read),  cmocka_unit_test(test_p10_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
