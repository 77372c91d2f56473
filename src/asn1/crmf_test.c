#include "asn1/crmf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static enum err copy_cert_id(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct cert_id id;

    (void)a;
    TRY(cert_id_read(in, &id));
    cert_id_put(w, &id);
    return ERR_OK;
}

static enum err copy_template(struct der *in, struct arena *a,
                              struct der_writer *w)
{
    struct cert_template t;

    TRY(cert_template_read(in, a, &t));
    cert_template_put(w, &t);
    return ERR_OK;
}

static enum err copy_msgs(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cert_req_msgs msgs;

    TRY(cert_req_msgs_read(in, a, &msgs));
    cert_req_msgs_put(w, &msgs);
    return ERR_OK;
}

static const struct codec cert_id = { "CertId", copy_cert_id };
static const struct codec tmpl = { "CertTemplate", copy_template };
static const struct codec msgs = { "CertReqMessages", copy_msgs };

/* CN=a as an RDNSequence; ecdsa-with-SHA256; id-ecPublicKey with P-256. */
#define RDN "31{ 30{ 0603550403 0c{'a'} } }"
#define NAME "30{ " RDN " }"
#define ALG "30{ 06082a8648ce3d040302 }"
#define EC_ALG "30{ 06072a8648ce3d0201 06082a8648ce3d030107 }"
#define SPKI "30{ " EC_ALG " 03{ 00 04aabb } }"
/* subjectAltName with a DNS name */
#define SAN "30{ 0603551d11 04{ 30{ 82{'x'} } } }"
#define TIME "17{'260102030405Z'}"

static const struct codec_case cert_id_cases[] = {
    { &cert_id, "30{ a4{" NAME "} 02{07} }", ERR_OK, "" },
    { &cert_id, "30{ 82{'x'} 02{00ff} }", ERR_OK, "" },
    { &cert_id, "30{ a4{" NAME "} 02{80} }", ERR_BAD_DER, "serialNumber" },
    { &cert_id, "30{ a4{" NAME "} 02{0007} }", ERR_BAD_DER, "serialNumber" },
    { &cert_id, "30{ a4{" NAME "} 02{01 *32(00)} }", ERR_LIMIT,
      "serialNumber" },
    { &cert_id, "30{ a4{" NAME "} 02{07} 00 }", ERR_BAD_DER, "" },
    { &cert_id, "30{ a4{" NAME "} }", ERR_BAD_DER, "serialNumber" },
    { &cert_id, "30{ " NAME " 02{07} }", ERR_BAD_DER, "issuer" },
    { &cert_id, "31{ a4{" NAME "} 02{07} }", ERR_BAD_DER, "" },
};

static const struct codec_case template_cases[] = {
    { &tmpl, "3000", ERR_OK, NULL },
    { &tmpl, "30{ 80{02} }", ERR_OK, NULL },
    { &tmpl, "30{ 81{0102} }", ERR_OK, NULL },
    { &tmpl, "30{ a2{ 06082a8648ce3d040302 } }", ERR_OK, NULL },
    { &tmpl, "30{ a2{ 06092a864886f70d01010b 0500 } }", ERR_OK, NULL },
    { &tmpl, "30{ a3{" NAME "} a5{3000} }", ERR_OK, NULL },
    { &tmpl, "30{ a4{ a0{" TIME "} } }", ERR_OK, NULL },
    { &tmpl, "30{ a4{ a1{ 18{'20500102030405Z'} } } }", ERR_OK, NULL },
    { &tmpl, "30{ a4{ a0{" TIME "} a1{" TIME "} } }", ERR_OK, NULL },
    { &tmpl, "30{ a6{ " EC_ALG " 03{ 00 04aabb } } }", ERR_OK, NULL },
    { &tmpl, "30{ a6{ " EC_ALG " 03{00} } }", ERR_OK, NULL },
    { &tmpl, "30{ 87{ 00 01 } 88{ 03 08 } }", ERR_OK, NULL },
    { &tmpl, "30{ a9{ " SAN " } }", ERR_OK, NULL },
    { &tmpl, "30{ a9{ 30{ 0603551d0f 01ff 04{ 03020780 } } } }", ERR_BAD_DER,
      NULL }, /* BOOLEAN without its length */
    { &tmpl,
      "30{ 80{02} 81{07} a2{ 06082a8648ce3d040302 } a3{" NAME "}"
      " a4{ a0{" TIME "} } a5{" NAME "} a6{ " EC_ALG " 03{ 00 04 } }"
      " 87{ 00 01 } 88{ 00 01 } a9{ " SAN " } }",
      ERR_OK, NULL },

    { &tmpl, "3100", ERR_BAD_DER, "" },
    { &tmpl, "30{ 00 }", ERR_BAD_DER, "" },
    { &tmpl, "30{ 0500 }", ERR_BAD_DER, "" },
    { &tmpl, "30{ 81{07} 80{02} }", ERR_BAD_DER, "" }, /* order */
    { &tmpl, "30{ 80{02} 80{02} }", ERR_BAD_DER, "" },
    { &tmpl, "30{ 80{} }", ERR_BAD_DER, "version" },
    { &tmpl, "30{ 80{0002} }", ERR_BAD_DER, "version" },
    { &tmpl, "30{ 80{ff} }", ERR_BAD_DER, "version" },
    { &tmpl, "30{ 80{ 01 *8(00) } }", ERR_LIMIT, "version" },
    { &tmpl, "30{ a0{02} }", ERR_BAD_DER, "" },
    { &tmpl, "30{ a0{0202} }", ERR_BAD_DER, "" },
    { &tmpl, "30{ 02{02} }", ERR_BAD_DER, "" },
    { &tmpl, "30{ 81{} }", ERR_BAD_DER, "serialNumber" },
    { &tmpl, "30{ 81{ 01 *32(00) } }", ERR_LIMIT, "serialNumber" },
    { &tmpl, "30{ a1{ 02{07} } }", ERR_BAD_DER, "" },
    { &tmpl, "30{ a2{ " ALG " } }", ERR_BAD_DER, "signingAlg.algorithm" },
    { &tmpl, "30{ a2{ 06082a8648ce3d040302 0500 00 } }", ERR_BAD_DER,
      "signingAlg" },
    { &tmpl, "30{ a2{} }", ERR_BAD_DER, "signingAlg.algorithm" },
    { &tmpl, "30{ 82{ 06082a8648ce3d040302 } }", ERR_BAD_DER, "" },
    { &tmpl, "30{ a3{ " RDN " } }", ERR_BAD_DER, "issuer" },
    { &tmpl, "30{ a3{ " NAME " 00 } }", ERR_BAD_DER, "issuer" },
    { &tmpl, "30{ a3{} }", ERR_BAD_DER, "issuer" },
    { &tmpl, "30{ a4{} }", ERR_BAD_DER, "validity" },
    { &tmpl, "30{ a4{ 30{ a0{" TIME "} } } }", ERR_BAD_DER, "validity" },
    { &tmpl, "30{ a4{ a0{" TIME "} a0{" TIME "} } }", ERR_BAD_DER, "validity" },
    { &tmpl, "30{ a4{ a1{" TIME "} a0{" TIME "} } }", ERR_BAD_DER, "validity" },
    { &tmpl, "30{ a4{ 80{'260102030405Z'} } }", ERR_BAD_DER, "validity" },
    { &tmpl, "30{ a4{ a0{ " TIME " 00 } } }", ERR_BAD_DER,
      "validity.notBefore" },
    { &tmpl, "30{ a4{ a1{} } }", ERR_BAD_DER, "validity.notAfter" },
    { &tmpl, "30{ a4{ a1{ 17{'260132030405Z'} } } }", ERR_BAD_DER,
      "validity.notAfter" },
    { &tmpl, "30{ a4{ a1{ 17{'2601020304Z'} } } }", ERR_BAD_DER,
      "validity.notAfter" },
    /* RFC 5280, 4.1.2.5: UTCTime through 2049 */
    { &tmpl, "30{ a4{ a1{ 18{'20491231235959Z'} } } }", ERR_BAD_DER,
      "validity.notAfter" },
    { &tmpl, "30{ a4{ a1{ 18{'20500102030405.5Z'} } } }", ERR_BAD_DER,
      "validity.notAfter" },
    { &tmpl, "30{ a5{ " RDN " } }", ERR_BAD_DER, "subject" },
    { &tmpl, "30{ " NAME " }", ERR_BAD_DER, "" },
    { &tmpl, "30{ a6{ " SPKI " } }", ERR_BAD_DER,
      "publicKey.algorithm.algorithm" },
    { &tmpl, "30{ a6{ " EC_ALG " } }", ERR_BAD_DER,
      "publicKey.subjectPublicKey" },
    { &tmpl, "30{ a6{ " EC_ALG " 03{ 01 04aaba } } }", ERR_BAD_DER,
      "publicKey.subjectPublicKey" },
    { &tmpl, "30{ a6{ " EC_ALG " 03{ 00 04 } 00 } }", ERR_BAD_DER,
      "publicKey" },
    { &tmpl, "30{ a6{} }", ERR_BAD_DER, "publicKey.algorithm" },
    { &tmpl, "30{ 87{} }", ERR_BAD_DER, "issuerUID" },
    { &tmpl, "30{ 88{ 08 00 } }", ERR_BAD_DER, "subjectUID" },
    { &tmpl, "30{ a7{ 03{0001} } }", ERR_BAD_DER, "" },
    { &tmpl, "30{ a9{} }", ERR_BAD_DER, "extensions" },
    { &tmpl, "30{ a9{ 30{ " SAN " } } }", ERR_BAD_DER, NULL },
    { &tmpl, "30{ a9{ " SAN " " SAN " } }", ERR_BAD_DER, NULL },
    { &tmpl, "30{ a9{ " SAN " 00 } }", ERR_BAD_DER, NULL },
    { &tmpl, "30{ aa{ 0500 } }", ERR_BAD_DER, "" },
};

#define REQ "30{ 02{00} 30{ a5{3000} } }"
#define MSG(popo) "30{ 30{ " REQ " " popo " } }"
#define POPO "[0].popo"
#define MAC "30{ " ALG " 03{ 00 aa } }"
/* regToken, with a UTF8String */
#define TOKEN "30{ 06092b0601050507050101 0c{'t'} }"

static const struct codec_case msgs_cases[] = {
    { &msgs, "30{ 30{ " REQ " } }", ERR_OK, NULL },
    { &msgs, "30{ 30{ " REQ " } 30{ " REQ " } }", ERR_OK, NULL },
    { &msgs, "30{ 30{ 30{ 02{ff} 3000 } } }", ERR_OK, NULL },
    { &msgs, "30{ 30{ 30{ 02{00} 3000 30{ " TOKEN " } } } }", ERR_OK, NULL },
    { &msgs, "30{ *16( 30{ 30{ 02{00} 3000 } } ) }", ERR_OK, NULL },
    { &msgs, "30{ *17( 30{ 30{ 02{00} 3000 } } ) }", ERR_LIMIT, "" },
    { &msgs, "30{ 30{ " REQ " 30{ " TOKEN " } } }", ERR_OK, NULL },
    { &msgs, "30{ 30{ " REQ " 8000 30{ *16( " TOKEN " ) } } }", ERR_OK, NULL },
    { &msgs, "30{ 30{ " REQ " 30{ *17( " TOKEN " ) } } }", ERR_LIMIT,
      "[0].regInfo" },
    { &msgs, "3000", ERR_BAD_DER, "" },
    { &msgs, "30{ 3000 }", ERR_BAD_DER, "[0].certReq" },
    { &msgs, "30{ " REQ " }", ERR_BAD_DER, "[0].certReq" },
    { &msgs, "30{ 30{ " REQ " } 30{ 02{00} } }", ERR_BAD_DER, "[1].certReq" },
    { &msgs, "30{ 30{ " REQ " } 00 }", ERR_BAD_DER, "[1]" },
    { &msgs, "30{ 30{ " REQ " 30{} } }", ERR_BAD_DER, "[0].regInfo" },
    { &msgs, "30{ 30{ " REQ " 30{ " TOKEN " } 00 } }", ERR_BAD_DER, "[0]" },
    { &msgs, "30{ 30{ " REQ " 30{ 30{ 06092b0601050507050101 } } } }",
      ERR_BAD_DER, "[0].regInfo[0].value" },
    { &msgs, "30{ 30{ " REQ " 30{ 30{ 0c{'t'} } } } }", ERR_BAD_DER,
      "[0].regInfo[0].type" },
    { &msgs, "30{ 30{ " REQ " 30{ 30{ 06012a 0500 0500 } } } }", ERR_BAD_DER,
      "[0].regInfo[0]" },
    { &msgs, "30{ 30{ 30{ 3000 } } }", ERR_BAD_DER, "[0].certReq.certReqId" },
    { &msgs, "30{ 30{ 30{ 02{0000} 3000 } } }", ERR_BAD_DER,
      "[0].certReq.certReqId" },
    { &msgs, "30{ 30{ 30{ 02{01 *8(00)} 3000 } } }", ERR_LIMIT,
      "[0].certReq.certReqId" },
    { &msgs, "30{ 30{ 30{ 02{00} } } }", ERR_BAD_DER,
      "[0].certReq.certTemplate" },
    { &msgs, "30{ 30{ 30{ 02{00} 30{ 80{} } } } }", ERR_BAD_DER,
      "[0].certReq.certTemplate.version" },
    { &msgs, "30{ 30{ 30{ 02{00} 3000 3000 } } }", ERR_BAD_DER,
      "[0].certReq.controls" },
    { &msgs, "30{ 30{ 30{ 02{00} 3000 0500 } } }", ERR_BAD_DER,
      "[0].certReq.controls" },
    { &msgs, "30{ 30{ 30{ 02{00} 3000 30{ " TOKEN " } 00 } } }", ERR_BAD_DER,
      "[0].certReq" },

    /* raVerified [0] NULL */
    { &msgs, MSG("8000"), ERR_OK, NULL },
    { &msgs, MSG("80{00}"), ERR_BAD_DER, POPO ".raVerified" },
    { &msgs, MSG("a0{0500}"), ERR_BAD_DER, POPO },
    { &msgs, MSG("0500"), ERR_BAD_DER, POPO },
    { &msgs, MSG("00"), ERR_BAD_DER, POPO },
    { &msgs, MSG("8000 8000"), ERR_BAD_DER, "[0].regInfo" },

    /* signature [1] POPOSigningKey, without and with poposkInput */
    { &msgs, MSG("a1{ " ALG " 03{ 00 aa } }"), ERR_OK, NULL },
    { &msgs, MSG("a1{ a0{ a0{ a4{3000} } " SPKI " } " ALG " 03{ 00 aa } }"),
      ERR_OK, NULL },
    { &msgs, MSG("a1{ a0{ " MAC " " SPKI " } " ALG " 03{ 00 aa } }"), ERR_OK,
      NULL },
    { &msgs, MSG("a1{ 30{ " ALG " 03{ 00 aa } } }"), ERR_BAD_DER, NULL },
    { &msgs, MSG("30{ " ALG " 03{ 00 aa } }"), ERR_BAD_DER,
      "[0].regInfo[0].value" },
    { &msgs, MSG("a1{ " ALG " }"), ERR_BAD_DER, POPO ".signature.signature" },
    { &msgs, MSG("a1{ 03{ 00 aa } }"), ERR_BAD_DER,
      POPO ".signature.algorithmIdentifier" },
    { &msgs, MSG("a1{ " ALG " 03{ 01 aa } }"), ERR_BAD_DER,
      POPO ".signature.signature" },
    { &msgs, MSG("a1{ " ALG " 03{ 00 aa } 00 }"), ERR_BAD_DER,
      POPO ".signature" },
    { &msgs, MSG("a1{ a0{ 30{ a0{ a4{3000} } " SPKI " } } " ALG " 03{00} }"),
      ERR_BAD_DER, NULL },
    { &msgs, MSG("a1{ a0{ a4{3000} " SPKI " } " ALG " 03{00} }"), ERR_BAD_DER,
      POPO ".signature.poposkInput.authInfo.publicKeyMAC" },
    { &msgs, MSG("a1{ a0{ a0{ 3000 } " SPKI " } " ALG " 03{00} }"), ERR_BAD_DER,
      POPO ".signature.poposkInput.authInfo.sender" },
    { &msgs, MSG("a1{ a0{ a0{ a4{3000} 00 } " SPKI " } " ALG " 03{00} }"),
      ERR_BAD_DER, POPO ".signature.poposkInput.authInfo.sender" },
    { &msgs, MSG("a1{ a0{ 30{ " ALG " } " SPKI " } " ALG " 03{00} }"),
      ERR_BAD_DER, NULL },
    { &msgs, MSG("a1{ a0{ a0{ a4{3000} } } " ALG " 03{00} }"), ERR_BAD_DER,
      POPO ".signature.poposkInput.publicKey" },
    { &msgs, MSG("a1{ a0{ a0{ a4{3000} } " SPKI " 00 } " ALG " 03{00} }"),
      ERR_BAD_DER, POPO ".signature.poposkInput" },

    /* keyEncipherment [2] and keyAgreement [3] POPOPrivKey */
    { &msgs, MSG("a2{ 80{ 00 aa } }"), ERR_OK, NULL },
    { &msgs, MSG("a2{ 81{00} }"), ERR_OK, NULL },
    { &msgs, MSG("a3{ 81{01} }"), ERR_OK, NULL },
    { &msgs, MSG("a3{ 82{ 00 aa } }"), ERR_OK, NULL },
    { &msgs, MSG("a3{ a3{ " ALG " 03{ 00 aa } } }"), ERR_OK, NULL },
    { &msgs, MSG("a2{ a4{ 02{00} 31{} 30{} } }"), ERR_OK, NULL },
    { &msgs, MSG("82{ 80{ 00 aa } }"), ERR_BAD_DER, POPO },
    { &msgs, MSG("a2{}"), ERR_BAD_DER, POPO ".keyEncipherment" },
    { &msgs, MSG("a2{ 80{} }"), ERR_BAD_DER, POPO ".keyEncipherment" },
    { &msgs, MSG("a2{ a0{ 03{00aa} } }"), ERR_BAD_DER,
      POPO ".keyEncipherment" },
    { &msgs, MSG("a2{ 81{} }"), ERR_BAD_DER, POPO ".keyEncipherment" },
    { &msgs, MSG("a2{ a1{ 02{00} } }"), ERR_BAD_DER, POPO ".keyEncipherment" },
    { &msgs, MSG("a2{ 02{00} }"), ERR_BAD_DER, POPO ".keyEncipherment" },
    { &msgs, MSG("a2{ 81{00} 81{00} }"), ERR_BAD_DER, POPO ".keyEncipherment" },
    { &msgs, MSG("a3{ a3{ 30{ " ALG " 03{ 00 aa } } } }"), ERR_BAD_DER, NULL },
    { &msgs, MSG("a3{ a3{ " ALG " 03{ 01 aa } } }"), ERR_BAD_DER,
      POPO ".keyAgreement.value" },
    { &msgs, MSG("a3{ a3{ " ALG " 03{ 00 aa } 00 } }"), ERR_BAD_DER,
      POPO ".keyAgreement" },
    { &msgs, MSG("a3{ a3{ 03{ 00 aa } } }"), ERR_BAD_DER,
      POPO ".keyAgreement.algId" },
    { &msgs, MSG("a3{ 84{ 02{00} } }"), ERR_BAD_DER, POPO ".keyAgreement" },
    { &msgs, MSG("a4{ 81{00} }"), ERR_BAD_DER, POPO },
};

static void test_cert_id(void **state)
{
    (void)state;
    codec_cases_check(cert_id_cases, NUM(cert_id_cases));
}

static void test_template(void **state)
{
    (void)state;
    codec_cases_check(template_cases, NUM(template_cases));
}

static void test_msgs(void **state)
{
    (void)state;
    codec_cases_check(msgs_cases, NUM(msgs_cases));
}

static void read_msgs(const char *text, struct arena *a,
                      struct cert_req_msgs *out)
{
    struct der in = der_open(der_text(text, a), NULL);

    assert_int_equal(cert_req_msgs_read(&in, a, out), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
}

static void assert_bytes(struct span got, const char *text, struct arena *a)
{
    struct span want = der_text(text, a);

    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.ptr, want.ptr, want.len);
}

static void test_template_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct cert_template t;
    struct der in;

    (void)state;
    in = der_open(
        der_text("30{ 80{02} 81{07} a2{ 06082a8648ce3d040302 } a3{" NAME "}"
                 " a4{ a0{ 17{'260102030405Z'} } a1{ 18{'20500102030405Z'} } }"
                 " a5{3000} a6{ " EC_ALG " 03{ 00 04aabb } } 87{ 00 01 }"
                 " 88{ 03 08 } a9{ " SAN " } }",
                 a),
        NULL);
    assert_int_equal(cert_template_read(&in, a, &t), ERR_OK);
    assert_true(t.has_version);
    assert_int_equal(t.version, 2);
    assert_bytes(t.serial, "07", a);
    assert_bytes(t.signing_alg.oid, "2a8648ce3d040302", a);
    assert_bytes(t.issuer, NAME, a);
    assert_true(t.has_not_before && t.has_not_after);
    assert_int_equal(t.not_before, 1767323045);
    assert_int_equal(t.not_after, 2524705445);
    assert_bytes(t.subject, "3000", a);
    assert_true(t.has_public_key);
    assert_true(span_is_absent(t.public_key.der));
    assert_bytes(t.public_key.key, "04aabb", a);
    assert_true(t.has_issuer_uid && t.has_subject_uid);
    assert_int_equal(t.subject_uid.unused, 3);
    assert_int_equal(t.extensions.num, 1);
    assert_int_equal(t.extensions.list[0].id, OID_ID_CE_SUBJECT_ALT_NAME);
}

static void test_popo_signed_bytes(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    AUTO(arena) small = arena_new(16);
    struct cert_req_msgs m;

    (void)state;
    read_msgs(MSG("a1{ " ALG " 03{ 00 aa } }"), a, &m);
    assert_bytes(popo_signed_bytes(&m.list[0], a), REQ, a);
    read_msgs(MSG("a1{ a0{ " MAC " " SPKI " } " ALG " 03{ 00 aa } }"), a, &m);
    assert_bytes(popo_signed_bytes(&m.list[0], a), "30{ " MAC " " SPKI " }", a);
    assert_true(span_is_absent(popo_signed_bytes(&m.list[0], small)));
    read_msgs(MSG("8000"), a, &m);
    assert_true(span_is_absent(popo_signed_bytes(&m.list[0], a)));
    read_msgs("30{ 30{ " REQ " } }", a, &m);
    assert_int_equal(m.list[0].popo.type, POPO_ABSENT);
    assert_true(span_is_absent(popo_signed_bytes(&m.list[0], a)));
}

/* What a client does: write the input, sign it, point `input` at it. */
static void test_popo_input_put(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct cert_req_msgs m;
    struct der_writer w;
    struct popo made;
    struct span out;

    (void)state;
    read_msgs(MSG("a1{ a0{ a0{ 82{'x'} } " SPKI " } " ALG " 03{ 00 aa } }"), a,
              &m);
    made = m.list[0].popo;
    made.input = SPAN_NONE;
    der_writer_init(&w, a, 0);
    popo_input_put(&w, &made);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, m.list[0].popo.input));
}

static void test_control_find(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct cert_req_msgs m;
    const struct attribute *old_cert_id;
    struct cert_id id;
    struct der in;

    (void)state;
    read_msgs("30{ 30{ 30{ 02{00} 3000 30{ " TOKEN
              " 30{ 06092b0601050507050105 30{ a4{" NAME "} 02{07} } }"
              " } } } }",
              a, &m);
    old_cert_id =
        control_find(&m.list[0].cert_req, OID_ID_REG_CTRL_OLD_CERT_ID);
    assert_non_null(old_cert_id);
    in = der_open(old_cert_id->value, NULL);
    assert_int_equal(cert_id_read(&in, &id), ERR_OK);
    assert_bytes(id.issuer.value, NAME, a);
    assert_bytes(id.serial, "07", a);
    assert_null(control_find(&m.list[0].cert_req, OID_ID_IT_IMPLICIT_CONFIRM));
}

/* Whatever allocation fails, the failure is told and nothing is leaked. */
static void test_no_memory(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span der =
        der_text("30{ 30{ 30{ 02{00} 30{ a9{ " SAN " } } 30{ " TOKEN " } } "
                 "8000 30{ " TOKEN " } } }",
                 a);
    struct cert_req_msgs m;
    size_t cap = 0;
    enum err e;

    (void)state;
    do {
        AUTO(arena) tight = arena_new(cap);
        struct der in = der_open(der, NULL);

        e = cert_req_msgs_read(&in, tight, &m);
        assert_true(e == ERR_OK || e == ERR_NO_MEM);
        cap += 16;
    } while (e != ERR_OK);
    assert_true(cap > 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cert_id),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_template_fields),
        cmocka_unit_test(test_msgs),
        cmocka_unit_test(test_popo_signed_bytes),
        cmocka_unit_test(test_popo_input_put),
        cmocka_unit_test(test_control_find),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
