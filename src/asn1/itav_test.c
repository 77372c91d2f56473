#include "asn1/itav.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* A codec of this structure, from its reader and writer. */
#define CODEC(name, type, reader, writer, asn1_name)             \
    static enum err copy_##name(struct der *in, struct arena *a, \
                                struct der_writer *w)            \
    {                                                            \
        struct type x;                                           \
                                                                 \
        TRY(reader(in, a, &x));                                  \
        writer(w, &x);                                           \
        return ERR_OK;                                           \
    }                                                            \
                                                                 \
    static const struct codec name = { asn1_name, copy_##name };

static enum err kem_read(struct der *in, struct arena *a,
                         struct kem_ciphertext *out)
{
    (void)a;
    return kem_ciphertext_read(in, out);
}

CODEC(ca_certs, span_list, ca_certs_read, span_list_put, "CaCertsValue")
CODEC(crls, span_list, crls_read, span_list_put, "CRLsValue")
CODEC(orig, span_list, orig_messages_read, span_list_put, "OrigPKIMessage")
CODEC(algs, alg_list, alg_list_read, alg_list_put, "SignKeyPairTypesValue")
CODEC(oids, span_list, oid_list_read, oid_list_put, "UnsupportedOIDsValue")
CODEC(tmpl, cert_req_template, cert_req_template_read, cert_req_template_put,
      "CertReqTemplateContent")
CODEC(status, crl_status_list, crl_status_list_read, crl_status_list_put,
      "CRLStatusListValue")
CODEC(kem, kem_ciphertext, kem_read, kem_ciphertext_put, "KemCiphertextInfo")

#define ALG "30{ 06{2a8648ce3d0201} 06{2a8648ce3d030107} }"
#define ALG_SPEC "30{ 06{2b060105050705010b} " ALG " }"
#define RSA_SPEC "30{ 06{2b060105050705010c} 02{0800} }"

static const struct codec_case list_cases[] = {
    { &ca_certs, "30{ 3000 30{ 01 } }", ERR_OK, NULL },
    { &ca_certs, "30{ *32( 3000 ) }", ERR_OK, NULL },
    { &ca_certs, "30{ *33( 3000 ) }", ERR_LIMIT, "" },
    { &ca_certs, "3000", ERR_BAD_DER, "" },
    { &ca_certs, "30{ 0500 }", ERR_BAD_DER, "[0]" },
    { &crls, "30{ *16( 3000 ) }", ERR_OK, NULL },
    { &crls, "30{ *17( 3000 ) }", ERR_LIMIT, "" },
    { &crls, "0500", ERR_BAD_DER, "" },
    { &orig, "30{ 3000 }", ERR_OK, NULL },
    { &orig, "30{ *65( 3000 ) }", ERR_LIMIT, "" },
    { &orig, "3000", ERR_BAD_DER, "" },

    { &algs, "30{ " ALG " }", ERR_OK, NULL },
    { &algs, "30{ " ALG " 30{ 06{2b6570} } }", ERR_OK, NULL },
    { &algs, "30{ *32( 30{ 06{2a} } ) }", ERR_OK, NULL },
    { &algs, "30{ *33( 30{ 06{2a} } ) }", ERR_LIMIT, "" },
    { &algs, "3000", ERR_BAD_DER, "" },
    { &algs, "30{ 06{2a} }", ERR_BAD_DER, "[0]" },
    { &algs, "30{ 30{ 06{2a} 0500 00 } }", ERR_BAD_DER, "[0]" },

    { &oids, "30{ 06{2a} 06{2b} }", ERR_OK, NULL },
    { &oids, "30{ *32( 06{2a} ) }", ERR_OK, NULL },
    { &oids, "30{ *33( 06{2a} ) }", ERR_LIMIT, "" },
    { &oids, "3000", ERR_BAD_DER, "" },
    { &oids, "30{ 06{2a} 06{} }", ERR_BAD_DER, "[1]" },
    { &oids, "30{ 06{2a} 0500 }", ERR_BAD_DER, "[1]" },

    { &kem, "30{ 30{ 06{2a} } 04{aa} }", ERR_OK, NULL },
    { &kem, "30{ 30{ 06{2a} } 04{ *4096(00) } }", ERR_OK, NULL },
    { &kem, "30{ 30{ 06{2a} } 04{ *4097(00) } }", ERR_LIMIT, "ct" },
    { &kem, "30{ 04{aa} }", ERR_BAD_DER, "kem" },
    { &kem, "30{ 30{ 06{2a} } }", ERR_BAD_DER, "ct" },
    { &kem, "30{ 30{ 06{2a} } 04{} 00 }", ERR_BAD_DER, "" },
    { &kem, "0500", ERR_BAD_DER, "" },
};

static const struct codec_case template_cases[] = {
    { &tmpl, "30{ 3000 }", ERR_OK, NULL },
    { &tmpl, "30{ 30{ a5{ 3000 } } 30{ " ALG_SPEC RSA_SPEC " } }", ERR_OK,
      NULL },
    { &tmpl, "30{ 3000 30{ 30{ 06{2a} 0500 } } }", ERR_OK, NULL },
    { &tmpl, "3000", ERR_BAD_DER, "certTemplate" },
    { &tmpl, "30{ 3000 3000 }", ERR_BAD_DER, "keySpec" },
    { &tmpl, "30{ 3000 30{ 30{ 06{2a} } } }", ERR_BAD_DER, "keySpec[0].value" },
    { &tmpl, "30{ 3000 30{ 30{ 06{2b060105050705010b} 0500 } } }", ERR_BAD_DER,
      "keySpec[0].algId" },
    { &tmpl, "30{ 3000 30{ 30{ 06{2b060105050705010c} 0500 } } }", ERR_BAD_DER,
      "keySpec[0].rsaKeyLen" },
    { &tmpl, "30{ 3000 30{ 30{ 06{2b060105050705010c} 02{00} } } }",
      ERR_BAD_DER, "keySpec[0].rsaKeyLen" },
    { &tmpl,
      "30{ 3000 30{ 30{ 06{2b060105050705010c} 02{ 7f 00000000 00000000 } } } "
      "}",
      ERR_LIMIT, "keySpec[0].rsaKeyLen" },
    { &tmpl, "30{ 3000 30{ " ALG_SPEC " } 00 }", ERR_BAD_DER, "" },
    { &tmpl, "30{ 3000 30{ *17( " ALG_SPEC " ) } }", ERR_LIMIT, "keySpec" },
    { &tmpl, "0500", ERR_BAD_DER, "" },
};

#define AVA "30{ 06{550403} 0c{'a'} }"
#define DATE "17{'260102030405Z'}"

static const struct codec_case status_cases[] = {
    { &status, "30{ 30{ a0{ a0{ 86{'u'} } } } }", ERR_OK, NULL },
    { &status, "30{ 30{ a0{ a0{ 86{'u'} 82{'d'} } } " DATE " } }", ERR_OK,
      NULL },
    { &status, "30{ 30{ a0{ a1{ " AVA " } } } }", ERR_OK, NULL },
    { &status, "30{ 30{ a1{ 30{ a4{ 3000 } } } " DATE " } }", ERR_OK, NULL },
    { &status, "30{ 30{ a1{ 30{ 82{'d'} } } 18{'20500101000000Z'} } }", ERR_OK,
      NULL },
    { &status, "30{ *16( 30{ a1{ 30{ 82{} } } } ) }", ERR_OK, NULL },
    { &status, "30{ *17( 30{ a1{ 30{ 82{} } } } ) }", ERR_LIMIT, "" },
    { &status, "3000", ERR_BAD_DER, "" },
    { &status, "30{ 3000 }", ERR_BAD_DER, "[0].dpn" },
    { &status, "30{ 30{ a0{ 86{'u'} } } }", ERR_BAD_DER, "[0].dpn" },
    { &status, "30{ 30{ a0{ a0{} } } }", ERR_BAD_DER, "[0].dpn" },
    { &status, "30{ 30{ a0{ a0{ 30{ 82{'d'} } } } } }", ERR_BAD_DER,
      "[0].dpn[0]" },
    { &status, "30{ 30{ a0{ a0{ 86{'u'} } 00 } } }", ERR_BAD_DER, "[0].dpn" },
    { &status, "30{ 30{ a0{ a1{} } } }", ERR_BAD_DER, "[0].dpn" },
    { &status, "30{ 30{ a0{ a1{ 0500 } } } }", ERR_BAD_DER, "[0].dpn[0]" },
    { &status, "30{ 30{ a0{ a1{ 30{ 06{550404} 0c{'a'} } " AVA " } } } }",
      ERR_BAD_DER, "[0].dpn[1]" },
    { &status, "30{ 30{ a0{ a1{ " AVA " } 00 } } }", ERR_BAD_DER, "[0].dpn" },
    { &status, "30{ 30{ a0{ a1{ *33( " AVA " ) } } } }", ERR_LIMIT, "[0].dpn" },
    { &status, "30{ 30{ a1{ 82{'d'} } } }", ERR_BAD_DER, "[0].issuer" },
    { &status, "30{ 30{ a1{ 3000 } } }", ERR_BAD_DER, "[0].issuer" },
    { &status, "30{ 30{ a1{ 30{ 82{} } 00 } } }", ERR_BAD_DER, "[0].issuer" },
    { &status, "30{ 30{ a1{ 30{ 82{} } } 18{'20260102030405Z'} } }",
      ERR_BAD_DER, "[0].thisUpdate" },
    { &status, "30{ 30{ a1{ 30{ 82{} } } 0500 } }", ERR_BAD_DER,
      "[0].thisUpdate" },
    { &status, "30{ 30{ a1{ 30{ 82{} } } " DATE " 00 } }", ERR_BAD_DER, "[0]" },
    { &status, "30{ 30{ a2{ 30{ 82{} } } } }", ERR_BAD_DER, "[0].dpn" },
};

static void test_lists(void **state)
{
    (void)state;
    codec_cases_check(list_cases, NUM(list_cases));
}

static void test_template(void **state)
{
    (void)state;
    codec_cases_check(template_cases, NUM(template_cases));
}

static void test_status(void **state)
{
    (void)state;
    codec_cases_check(status_cases, NUM(status_cases));
}

static void test_key_specs(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    AUTO(arena) small = arena_new(0);
    struct span der =
        der_text("30{ 3000 30{ " ALG_SPEC RSA_SPEC " 30{ 06{2a} 0500 } } }", a);
    struct der in = der_open(der, NULL);
    struct cert_req_template t, made = { 0 };
    struct key_spec specs[3];
    struct der_writer w;
    struct span out;

    (void)state;
    assert_int_equal(cert_req_template_read(&in, a, &t), ERR_OK);
    assert_int_equal(t.num_key_specs, 3);
    assert_int_equal(t.key_specs[0].id, OID_ID_REG_CTRL_ALG_ID);
    assert_true(
        span_is_equal(t.key_specs[0].alg.oid, oid_span(OID_ID_EC_PUBLIC_KEY)));
    assert_int_equal(t.key_specs[1].rsa_key_len, 2048);
    assert_int_equal(t.key_specs[2].id, OID_UNKNOWN);

    assert_int_equal(key_spec_alg(&t.key_specs[0].alg, a, &specs[0]), ERR_OK);
    assert_int_equal(key_spec_rsa(2048, a, &specs[1]), ERR_OK);
    specs[2] = t.key_specs[2];
    made.key_specs = specs;
    made.num_key_specs = 3;
    der_writer_init(&w, a, 64);
    cert_req_template_put(&w, &made);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, der));
    assert_int_equal(key_spec_rsa(2048, small, &specs[1]), ERR_NO_MEM);
    assert_int_equal(key_spec_alg(&t.key_specs[0].alg, small, &specs[0]),
                     ERR_NO_MEM);
}

static void test_status_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct der in = der_open(der_text("30{ 30{ a0{ a0{ 86{'u'} } } } 30{ a0{ "
                                      "a1{ " AVA " } } } 30{ a1{ 30{ a4{ 3000 "
                                      "} 82{'d'} } } " DATE " } }",
                                      a),
                             NULL);
    struct crl_status_list list;

    (void)state;
    assert_int_equal(crl_status_list_read(&in, a, &list), ERR_OK);
    assert_int_equal(list.num, 3);
    assert_int_equal(list.list[0].source, CRL_SOURCE_FULL_NAME);
    assert_int_equal(list.list[0].names.list[0].type, GN_URI);
    assert_false(list.list[0].has_this_update);
    assert_int_equal(list.list[1].source, CRL_SOURCE_RELATIVE);
    assert_int_equal(list.list[1].relative_name.len, 10);
    assert_int_equal(list.list[2].source, CRL_SOURCE_ISSUER);
    assert_int_equal(list.list[2].names.num, 2);
    assert_true(list.list[2].has_this_update);
    assert_int_equal(list.list[2].this_update, 1767323045);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),         cmocka_unit_test(test_template),
        cmocka_unit_test(test_status),        cmocka_unit_test(test_key_specs),
        cmocka_unit_test(test_status_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
