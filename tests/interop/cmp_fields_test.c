/* What we read out of messages that OpenSSL made, beside what it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "asn1/cmp.h"
#include "base/limits.h"
#include "support/cmp_vectors.h"

/* After ours: x509v3.h has macros with names of asn1/x509.h. */
#include <openssl/cmp.h>
#include <openssl/crmf.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static void read_vector(const struct cmp_vector *v, struct arena *a,
                        struct cmp_message *out)
{
    struct fault f = { 0 };

    if (cmp_message_read(cmp_vector_load(v, a), a, out, &f) != ERR_OK)
        fail_msg("%s: %s", v->name, f.text);
}

static const struct cmp_vector *vector_named(const char *name)
{
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        if (strcmp(cmp_vectors[i].name, name) == 0)
            return &cmp_vectors[i];
    }
    fail_msg("no vector %s", name);
    return NULL;
}

static void assert_span(struct span got, const uint8_t *want, int want_len)
{
    assert_int_equal(got.len, want_len);
    assert_memory_equal(got.ptr, want, got.len);
}

static void assert_string(struct span got, const ASN1_STRING *want)
{
    assert_non_null(want);
    assert_span(got, ASN1_STRING_get0_data(want), ASN1_STRING_length(want));
}

/* Compares bytes with what an i2d function made, and frees that. */
static void assert_encoded(struct span got, unsigned char *want, int want_len)
{
    assert_true(want_len > 0);
    assert_span(got, want, want_len);
    OPENSSL_free(want);
}

/* --- the header --- */

/* The elements of a SEQUENCE as OpenSSL splits it. */
static ASN1_SEQUENCE_ANY *split(const uint8_t *p, long len)
{
    const uint8_t *end = p + len;
    ASN1_SEQUENCE_ANY *seq = d2i_ASN1_SEQUENCE_ANY(NULL, &p, len);

    assert_non_null(seq);
    assert_ptr_equal(p, end);
    return seq;
}

static void free_split(ASN1_SEQUENCE_ANY *seq)
{
    sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
}

static void check_time(const struct pki_header *h, const uint8_t *p, long len)
{
    ASN1_GENERALIZEDTIME *t = d2i_ASN1_GENERALIZEDTIME(NULL, &p, len);
    struct tm tm;

    assert_true(h->has_message_time);
    assert_true(ASN1_TIME_to_tm(t, &tm));
    assert_int_equal(h->message_time, timegm(&tm));
    ASN1_GENERALIZEDTIME_free(t);
}

static void check_alg(const struct alg_id *alg, const uint8_t *p, long len)
{
    X509_ALGOR *want = d2i_X509_ALGOR(NULL, &p, len);
    unsigned char *der = NULL;
    const ASN1_OBJECT *oid;
    int der_len;

    assert_non_null(want);
    der_len = i2d_X509_ALGOR(want, &der);
    assert_encoded(alg->der, der, der_len);
    X509_ALGOR_get0(&oid, NULL, NULL, want);
    assert_span(alg->oid, OBJ_get0_data(oid), (int)OBJ_length(oid));
    X509_ALGOR_free(want);
}

static void check_octets(struct span got, const uint8_t *p, long len)
{
    ASN1_OCTET_STRING *want = d2i_ASN1_OCTET_STRING(NULL, &p, len);

    assert_string(got, want);
    ASN1_OCTET_STRING_free(want);
}

static void check_general_info(const struct info_list *infos, const uint8_t *p,
                               long len)
{
    ASN1_SEQUENCE_ANY *list = split(p, len);

    assert_int_equal(infos->num, sk_ASN1_TYPE_num(list));
    for (int i = 0; i < sk_ASN1_TYPE_num(list); i++) {
        const ASN1_TYPE *one = sk_ASN1_TYPE_value(list, i);
        ASN1_SEQUENCE_ANY *parts =
            split(ASN1_STRING_get0_data(one->value.sequence),
                  ASN1_STRING_length(one->value.sequence));
        const ASN1_OBJECT *oid = sk_ASN1_TYPE_value(parts, 0)->value.object;

        assert_span(infos->list[i].oid, OBJ_get0_data(oid),
                    (int)OBJ_length(oid));
        assert_int_equal(!span_is_absent(infos->list[i].value),
                         sk_ASN1_TYPE_num(parts) == 2);
        free_split(parts);
    }
    free_split(list);
}

/* One field behind recipient, in its explicit tag. */
static void check_tagged(const struct pki_header *h, const ASN1_TYPE *field)
{
    const uint8_t *p = ASN1_STRING_get0_data(field->value.asn1_string);
    int tag, class;
    long len;

    ASN1_get_object(&p, &len, &tag, &class,
                    ASN1_STRING_length(field->value.asn1_string));
    assert_int_equal(class, V_ASN1_CONTEXT_SPECIFIC);
    switch (tag) {
    case 0:
        check_time(h, p, len);
        return;
    case 1:
        check_alg(&h->protection_alg, p, len);
        return;
    case 2:
        check_octets(h->sender_kid, p, len);
        return;
    case 3:
        check_octets(h->recip_kid, p, len);
        return;
    case 4:
        check_octets(h->transaction_id, p, len);
        return;
    case 5:
        check_octets(h->sender_nonce, p, len);
        return;
    case 6:
        check_octets(h->recip_nonce, p, len);
        return;
    case 8:
        check_general_info(&h->general_info, p, len);
        return;
    default:
        fail_msg("unexpected tag %d", tag);
    }
}

static size_t num_tagged(const struct pki_header *h)
{
    return (size_t)h->has_message_time +
           !span_is_absent(h->protection_alg.oid) +
           !span_is_absent(h->sender_kid) + !span_is_absent(h->recip_kid) +
           !span_is_absent(h->transaction_id) +
           !span_is_absent(h->sender_nonce) + !span_is_absent(h->recip_nonce) +
           (h->free_text.num > 0) + (h->general_info.num > 0);
}

static void check_header(const struct pki_header *h)
{
    ASN1_SEQUENCE_ANY *fields = split(h->der.ptr, (long)h->der.len);
    int num = sk_ASN1_TYPE_num(fields);

    assert_int_equal(num, 3 + num_tagged(h));
    assert_int_equal(
        h->pvno,
        ASN1_INTEGER_get(sk_ASN1_TYPE_value(fields, 0)->value.integer));
    assert_string(h->sender.der,
                  sk_ASN1_TYPE_value(fields, 1)->value.asn1_string);
    assert_string(h->recipient.der,
                  sk_ASN1_TYPE_value(fields, 2)->value.asn1_string);
    for (int i = 3; i < num; i++)
        check_tagged(h, sk_ASN1_TYPE_value(fields, i));
    free_split(fields);
}

static void test_headers(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        struct cmp_message msg;
        OSSL_CMP_MSG *want;
        const uint8_t *p;

        arena_reset(a);
        read_vector(&cmp_vectors[i], a, &msg);
        p = msg.der.ptr;
        want = d2i_OSSL_CMP_MSG(NULL, &p, (long)msg.der.len);
        assert_non_null(want);
        assert_int_equal(msg.body.type, OSSL_CMP_MSG_get_bodytype(want));
        check_header(&msg.header);
        OSSL_CMP_MSG_free(want);
    }
}

/* --- certificate requests --- */

static void check_name(struct span got, const X509_NAME *want)
{
    unsigned char *der = NULL;
    int len;

    if (want == NULL) {
        assert_true(span_is_absent(got));
        return;
    }
    len = i2d_X509_NAME(want, &der);
    assert_encoded(got, der, len);
}

static void check_extensions(const struct extensions *got,
                             X509_EXTENSIONS *want)
{
    int num = want == NULL ? 0 : sk_X509_EXTENSION_num(want);

    assert_int_equal(got->num, num);
    for (int i = 0; i < num; i++) {
        X509_EXTENSION *ext = sk_X509_EXTENSION_value(want, i);
        const ASN1_OBJECT *oid = X509_EXTENSION_get_object(ext);

        assert_span(got->list[i].oid, OBJ_get0_data(oid), (int)OBJ_length(oid));
        assert_int_equal(got->list[i].critical,
                         X509_EXTENSION_get_critical(ext) != 0);
        assert_string(got->list[i].value, X509_EXTENSION_get_data(ext));
    }
}

static void check_old_cert_id(const struct cert_request *req,
                              const OSSL_CRMF_MSG *want_msg)
{
    const OSSL_CRMF_CERTID *want =
        OSSL_CRMF_MSG_get0_regCtrl_oldCertID(want_msg);
    const struct attribute *got =
        control_find(req, OID_ID_REG_CTRL_OLD_CERT_ID);
    const ASN1_INTEGER *serial;
    ASN1_INTEGER *ours;
    struct cert_id id;
    struct der in;
    BIGNUM *bn;

    assert_int_equal(got != NULL, want != NULL);
    if (got == NULL)
        return;
    in = der_open(got->value, NULL);
    assert_int_equal(cert_id_read(&in, &id), ERR_OK);
    check_name(id.issuer.value, OSSL_CRMF_CERTID_get0_issuer(want));
    serial = OSSL_CRMF_CERTID_get0_serialNumber(want);
    bn = BN_bin2bn(id.serial.ptr, (int)id.serial.len, NULL);
    ours = BN_to_ASN1_INTEGER(bn, NULL);
    assert_int_equal(ASN1_INTEGER_cmp(ours, serial), 0);
    ASN1_INTEGER_free(ours);
    BN_free(bn);
}

static EVP_PKEY *template_key(const struct cert_template *t, struct arena *a)
{
    struct der_writer w;
    struct span spki;
    const uint8_t *p;
    EVP_PKEY *key;

    der_writer_init(&w, a, 256);
    spki_put(&w, &t->public_key);
    assert_int_equal(der_finish(&w, &spki), ERR_OK);
    p = spki.ptr;
    key = d2i_PUBKEY(NULL, &p, (long)spki.len);
    assert_non_null(key);
    return key;
}

static int verify(EVP_PKEY *key, struct span sig, struct span bytes)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int ok = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
             EVP_DigestVerify(md, sig.ptr, sig.len, bytes.ptr, bytes.len) == 1;

    EVP_MD_CTX_free(md);
    return ok;
}

/* The POP verifies: its bytes, signature and key are the right ones. */
static void check_popo(const struct cert_req_msg *msg, struct arena *a)
{
    EVP_PKEY *key = template_key(&msg->cert_req.cert_template, a);

    if (msg->popo.type == POPO_SIGNATURE)
        assert_true(
            verify(key, msg->popo.signature, popo_signed_bytes(msg, a)));
    EVP_PKEY_free(key);
}

static void check_request(const struct cert_req_msg *msg,
                          const OSSL_CRMF_MSG *want, struct arena *a)
{
    const struct cert_template *t = &msg->cert_req.cert_template;
    OSSL_CRMF_CERTTEMPLATE *tmpl = OSSL_CRMF_MSG_get0_tmpl(want);

    assert_int_equal(msg->cert_req.cert_req_id,
                     OSSL_CRMF_MSG_get_certReqId(want));
    assert_true(span_is_absent(t->serial));
    assert_null(OSSL_CRMF_CERTTEMPLATE_get0_serialNumber(tmpl));
    check_name(t->issuer, OSSL_CRMF_CERTTEMPLATE_get0_issuer(tmpl));
    check_name(t->subject, OSSL_CRMF_CERTTEMPLATE_get0_subject(tmpl));
    check_extensions(&t->extensions,
                     OSSL_CRMF_CERTTEMPLATE_get0_extensions(tmpl));
    check_old_cert_id(&msg->cert_req, want);
    check_popo(msg, a);
}

static void test_requests(void **state)
{
    static const char *const names[] = {
        "ir", "ir-full", "kur", "cr", "ir-ra-verified", "ir-mac", "ir-no-popo"
    };
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct cmp_message msg;
        OSSL_CRMF_MSGS *want;
        const uint8_t *p;

        arena_reset(a);
        read_vector(vector_named(names[i]), a, &msg);
        p = msg.body.content.ptr;
        want = d2i_OSSL_CRMF_MSGS(NULL, &p, (long)msg.body.content.len);
        assert_non_null(want);
        assert_int_equal(msg.body.cert_req.num, sk_OSSL_CRMF_MSG_num(want));
        check_request(&msg.body.cert_req.list[0],
                      sk_OSSL_CRMF_MSG_value(want, 0), a);
        OSSL_CRMF_MSGS_free(want);
    }
}

/* -days 365 on the command line. */
static void test_validity(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    const struct cert_template *t;
    struct cmp_message msg;

    (void)state;
    read_vector(vector_named("ir-full"), a, &msg);
    t = &msg.body.cert_req.list[0].cert_req.cert_template;
    assert_true(t->has_not_before && t->has_not_after);
    assert_int_equal(t->not_after - t->not_before, 365 * 86400);
}

/* --- answers --- */

/* The signature verifies under the first certificate of extraCerts, so header,
 * body and protection are the bytes that were signed. */
static void test_protection(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        struct cmp_message msg;
        const uint8_t *p;
        X509 *cert;

        arena_reset(a);
        if (cmp_vectors[i].protection != CMP_VECTOR_SIGNED)
            continue;
        read_vector(&cmp_vectors[i], a, &msg);
        p = msg.extra_certs[0].ptr;
        cert = d2i_X509(NULL, &p, (long)msg.extra_certs[0].len);
        assert_non_null(cert);
        assert_true(verify(X509_get0_pubkey(cert), msg.protection.bytes,
                           cmp_protected_part(&msg, a)));
        X509_free(cert);
    }
}

/* certConf holds the digest of the certificate that ip, cp or kup gave. */
static void test_cert_hash(void **state)
{
    static const char *const pairs[][2] = { { "ip", "certConf" },
                                            { "kup", "kur-certConf" },
                                            { "cp", "cr-certConf" },
                                            { "ip-mac", "mac-certConf" },
                                            { "ip-polled", "polled-certConf" },
                                            { "p10cr-cp", "p10cr-certConf" } };
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct cmp_message rep, conf;
        const struct cert_response *r;
        const struct cert_status *cs;
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned len;

        read_vector(vector_named(pairs[i][0]), a, &rep);
        read_vector(vector_named(pairs[i][1]), a, &conf);
        r = &rep.body.cert_rep.responses[0];
        cs = &conf.body.cert_conf.list[0];
        assert_int_equal(rep.body.cert_rep.num_responses, 1);
        assert_int_equal(conf.body.cert_conf.num, 1);
        assert_int_equal(cs->cert_req_id, r->cert_req_id);
        assert_true(EVP_Digest(r->certificate.ptr, r->certificate.len, digest,
                               &len, EVP_sha256(), NULL));
        assert_span(cs->cert_hash, digest, (int)len);
    }
}

static bool text_is(const struct text_list *texts, const char *want)
{
    return texts->num == 1 && span_is_equal(texts->list[0], span_str(want));
}

/* What make.sh asked the mock server to say. */
static void test_refusals(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    const struct pki_status_info *s;
    struct cmp_message msg;

    (void)state;
    read_vector(vector_named("error"), a, &msg);
    s = &msg.body.error.status;
    assert_int_equal(s->status, STATUS_REJECTION);
    assert_int_equal(s->fail_info, 1u << FI_BAD_REQUEST);

    read_vector(vector_named("error-details"), a, &msg);
    assert_true(msg.body.error.has_error_code);
    assert_true(msg.body.error.error_details.num > 0);

    read_vector(vector_named("ip-rejected"), a, &msg);
    s = &msg.body.cert_rep.responses[0].status;
    assert_int_equal(s->status, STATUS_REJECTION);
    assert_int_equal(s->fail_info, 1u << FI_BAD_ALG | 1u << FI_BAD_POP);
    assert_true(text_is(&s->status_string, "key not proven"));

    read_vector(vector_named("ip-waiting"), a, &msg);
    s = &msg.body.cert_rep.responses[0].status;
    assert_int_equal(s->status, STATUS_WAITING);
    assert_false(s->has_fail_info);

    read_vector(vector_named("ip"), a, &msg);
    assert_true(msg.body.cert_rep.has_ca_pubs);
    assert_int_equal(msg.body.cert_rep.num_ca_pubs, 1);

    read_vector(vector_named("ip-implicit"), a, &msg);
    assert_non_null(
        info_find(&msg.header.general_info, OID_ID_IT_IMPLICIT_CONFIRM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),   cmocka_unit_test(test_requests),
        cmocka_unit_test(test_validity),  cmocka_unit_test(test_protection),
        cmocka_unit_test(test_cert_hash), cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
