#include "asn1/cms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static enum err copy_content(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct cms_content_info x;

    (void)a;
    TRY(cms_content_info_read(in, &x));
    cms_content_info_put(w, &x);
    return ERR_OK;
}

static enum err copy_enveloped(struct der *in, struct arena *a,
                               struct der_writer *w)
{
    struct cms_enveloped x;
    unsigned tag = der_next_is(in, DER_CTX(0)) ? DER_CTX(0) : DER_SEQUENCE;

    TRY(cms_enveloped_read(in, tag, a, &x));
    cms_enveloped_put(w, tag, &x);
    return ERR_OK;
}

static enum err copy_signed(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct cms_signed x;

    TRY(cms_signed_read(in, a, &x));
    cms_signed_put(w, &x);
    return ERR_OK;
}

static enum err copy_keys(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cms_key_package x;

    TRY(cms_key_package_read(in, a, &x));
    cms_key_package_put(w, &x);
    return ERR_OK;
}

static enum err copy_value(struct der *in, struct arena *a,
                           struct der_writer *w)
{
    struct encrypted_value x;

    (void)a;
    TRY(encrypted_value_read(in, &x));
    encrypted_value_put(w, &x);
    return ERR_OK;
}

static const struct codec content = { "ContentInfo", copy_content };
static const struct codec env = { "EnvelopedData", copy_enveloped };
static const struct codec sgn = { "SignedData", copy_signed };
static const struct codec keys = { "AsymmetricKeyPackage", copy_keys };
static const struct codec value = { "EncryptedValue", copy_value };

#define ALG "30{ 06{2a} }"
#define ID "30{ 3000 02{2a} }"
#define CONTENT "30{ 06{2a} " ALG " 80{cc} }"
#define ENV(recipients) "30{ 02{02} 31{ " recipients " } " CONTENT " }"
#define KTRI "30{ 02{00} " ID " " ALG " 04{ee} }"
#define KARI(keys) "a1{ 02{03} a0{ " ID " } " ALG " 30{ " keys " } }"
#define PWRI "a3{ 02{00} a0{ 06{2a} } " ALG " 04{ee} }"

/* clang-format off */
static const struct codec_case env_cases[] = {
    { &env, ENV(KTRI), ERR_OK, NULL },
    { &env, "a0{ 02{02} 31{ " KTRI " } " CONTENT " }", ERR_OK, NULL },
    { &env, ENV("30{ 02{02} 80{aabb} " ALG " 04{ee} }"), ERR_OK, NULL },
    { &env, ENV(KARI("")), ERR_OK, NULL },
    { &env, ENV(KARI("30{ " ID " 04{ee} } 30{ a0{ 04{aabb} } 04{ef} }")),
      ERR_OK, NULL },
    { &env, ENV("a1{ 02{03} a0{ 80{aa} } a1{ 04{bb} } " ALG " 3000 }"), ERR_OK,
      NULL },
    { &env, ENV("a1{ 02{03} a0{ a1{ " ALG " 03{ 00 aa } } } " ALG " 3000 }"),
      ERR_OK, NULL },
    { &env, ENV(PWRI), ERR_OK, NULL },
    { &env, ENV("a3{ 02{00} " ALG " 04{} }"), ERR_OK, NULL },
    { &env, ENV("a2{ 01 } a4{ 02 }"), ERR_OK, NULL },
    { &env, ENV(KTRI KARI("") PWRI), ERR_OK, NULL },
    { &env, ENV("*16( " KTRI " )"), ERR_OK, NULL },
    { &env, "30{ 02{02} a0{ a0{} } 31{ " KTRI " } " CONTENT " a1{ 3000 } }",
      ERR_OK, NULL },
    { &env, "30{ 02{02} 31{ " KTRI " } 30{ 06{2a} " ALG " } }", ERR_OK, NULL },

    { &env, ENV("*17( " KTRI " )"), ERR_LIMIT, "recipientInfos" },
    { &env, "3000", ERR_BAD_DER, "version" },
    { &env, ENV(""), ERR_BAD_DER, "recipientInfos" },
    { &env, ENV(PWRI KTRI), ERR_BAD_DER, "recipientInfos[1]" },
    { &env, ENV("0500"), ERR_BAD_DER, "recipientInfos[0]" },
    { &env, ENV("a0{}"), ERR_BAD_DER, "recipientInfos[0]" },
    { &env, ENV("a5{}"), ERR_BAD_DER, "recipientInfos[0]" },
    { &env, ENV("3000"), ERR_BAD_DER, "recipientInfos[0].ktri.version" },
    { &env, ENV("30{ 02{00} 3000 " ALG " 04{} }"), ERR_BAD_DER,
      "recipientInfos[0].ktri.rid.issuer" },
    { &env, ENV("30{ 02{00} 80{ *65(00) } " ALG " 04{} }"), ERR_LIMIT,
      "recipientInfos[0].ktri.rid" },
    { &env, ENV("30{ 02{00} a0{ 04{aa} } " ALG " 04{} }"), ERR_BAD_DER,
      "recipientInfos[0].ktri.rid" },
    { &env, ENV("30{ 02{00} " ID " 04{} }"), ERR_BAD_DER,
      "recipientInfos[0].ktri.keyEncryptionAlgorithm" },
    { &env, ENV("30{ 02{00} " ID " " ALG " 03{00} }"), ERR_BAD_DER,
      "recipientInfos[0].ktri.encryptedKey" },
    { &env, ENV("30{ 02{00} " ID " " ALG " 04{} 00 }"), ERR_BAD_DER,
      "recipientInfos[0].ktri" },
    { &env, ENV("a1{ 02{03} " ID " " ALG " 3000 }"), ERR_BAD_DER,
      "recipientInfos[0].kari.originator" },
    { &env, ENV("a1{ 02{03} a0{ " ID " 00 } " ALG " 3000 }"), ERR_BAD_DER,
      "recipientInfos[0].kari.originator" },
    { &env, ENV("a1{ 02{03} a0{ a1{ " ALG " 03{ 01 aa } } } " ALG " 3000 }"),
      ERR_BAD_DER, NULL },
    { &env, ENV("a1{ 02{03} a0{ " ID " } a1{ 04{ *65(00) } } " ALG " 3000 }"),
      ERR_LIMIT, "recipientInfos[0].kari.ukm" },
    { &env, ENV("a1{ 02{03} a0{ " ID " } 3000 }"), ERR_BAD_DER, NULL },
    { &env, ENV(KARI("30{ 80{aa} 04{ee} }")), ERR_BAD_DER,
      "recipientInfos[0].kari.recipientEncryptedKeys[0].rid" },
    { &env, ENV(KARI("30{ a0{ 04{aa} 18{'20260102030405Z'} } 04{ee} }")),
      ERR_BAD_DER, "recipientInfos[0].kari.recipientEncryptedKeys[0].rid" },
    { &env, ENV(KARI("30{ " ID " }")), ERR_BAD_DER,
      "recipientInfos[0].kari.recipientEncryptedKeys[0].encryptedKey" },
    { &env, ENV(KARI("*17( 30{ " ID " 04{} } )")), ERR_LIMIT,
      "recipientInfos[0].kari.recipientEncryptedKeys" },
    { &env, ENV("a3{ 02{00} a0{ " ALG " } " ALG " 04{ee} }"), ERR_BAD_DER,
      NULL },
    { &env, ENV("a3{ 02{00} " ALG " }"), ERR_BAD_DER,
      "recipientInfos[0].pwri.encryptedKey" },
    { &env, "30{ 02{02} 31{ " KTRI " } 3000 }", ERR_BAD_DER,
      "encryptedContentInfo.contentType" },
    { &env, "30{ 02{02} 31{ " KTRI " } 30{ 06{2a} } }", ERR_BAD_DER,
      "encryptedContentInfo.contentEncryptionAlgorithm" },
    /* BER's form, in pieces */
    { &env, "30{ 02{02} 31{ " KTRI " } 30{ 06{2a} " ALG " a0{ 04{cc} } } }",
      ERR_BAD_DER, "encryptedContentInfo.encryptedContent" },
    { &env, "30{ 02{02} 31{ " KTRI " } 30{ 06{2a} " ALG " 80{} 00 } }",
      ERR_BAD_DER, "encryptedContentInfo" },
    { &env, "30{ 02{02} 31{ " KTRI " } " CONTENT " a2{ 3000 } }", ERR_BAD_DER,
      "unprotectedAttrs" },
    { &env, "30{ 02{02} 31{ " KTRI " } " CONTENT " a1{} 00 }", ERR_BAD_DER,
      "" },

    { &content, "30{ 06{2a} a0{ 3000 } }", ERR_OK, NULL },
    { &content, "3000", ERR_BAD_DER, "contentType" },
    { &content, "30{ 06{2a} }", ERR_BAD_DER, "content" },
    { &content, "30{ 06{2a} a0{} }", ERR_BAD_DER, "content" },
    { &content, "30{ 06{2a} a0{ 3000 00 } }", ERR_BAD_DER, "content" },
    { &content, "30{ 06{2a} a0{ 3000 } 00 }", ERR_BAD_DER, "" },
};

#define TYPE "30{ 06{2a864886f70d010903} 31{ 06{2a} } }"
#define DIGEST "30{ 06{2a864886f70d010904} 31{ 04{aabbccdd} } }"
#define SIGNER "30{ 02{01} " ID " " ALG " " ALG " 04{ee} }"
#define SIGNER_OF(attrs) \
    "30{ 02{01} " ID " " ALG " " attrs " " ALG " 04{ee} }"
#define ENCAP "30{ 06{2a} a0{ 04{cc} } }"
#define SGN(signers) "30{ 02{03} 31{ " ALG " } " ENCAP " 31{ " signers " } }"

static const struct codec_case sgn_cases[] = {
    { &sgn, SGN(SIGNER), ERR_OK, NULL },
    { &sgn, SGN(""), ERR_OK, NULL },
    { &sgn, "30{ 02{01} 3100 30{ 06{2a} } 3100 }", ERR_OK, NULL },
    { &sgn, "30{ 02{01} 3100 " ENCAP " a0{ 3000 a1{ 01 } } a1{ 3000 } 3100 }",
      ERR_OK, NULL },
    { &sgn, "30{ 02{01} 3100 " ENCAP " a000 3100 }", ERR_OK, NULL },
    { &sgn, SGN(SIGNER_OF("a0{ " TYPE DIGEST " }")), ERR_OK, NULL },
    { &sgn, SGN(SIGNER_OF("a0{ 30{ 06{2a} 31{ 0500 0500 } } }")), ERR_OK,
      NULL },
    { &sgn, SGN("30{ 02{03} 80{aa} " ALG " " ALG " 04{ee} a1{ 3000 } }"),
      ERR_OK, NULL },
    { &sgn, SGN("*16( " SIGNER " )"), ERR_OK, NULL },

    { &sgn, SGN("*17( " SIGNER " )"), ERR_LIMIT, "signerInfos" },
    { &sgn, "3000", ERR_BAD_DER, "version" },
    { &sgn, "30{ 02{01} 3000 }", ERR_BAD_DER, "digestAlgorithms" },
    { &sgn, "30{ 02{01} 31{ 06{2a} } }", ERR_BAD_DER, "digestAlgorithms[0]" },
    { &sgn, "30{ 02{01} 31{ *17( " ALG " ) } }", ERR_LIMIT,
      "digestAlgorithms" },
    { &sgn, "30{ 02{01} 3100 3000 3100 }", ERR_BAD_DER,
      "encapContentInfo.eContentType" },
    { &sgn, "30{ 02{01} 3100 30{ 06{2a} a0{ 24{ 04{} } } } 3100 }",
      ERR_BAD_DER, "encapContentInfo.eContent" },
    { &sgn, "30{ 02{01} 3100 " ENCAP " a0{ a1{ 01 } 3000 } 3100 }",
      ERR_BAD_DER, "certificates[1]" },
    { &sgn, "30{ 02{01} 3100 " ENCAP " a0{ *17( 3000 ) } 3100 }", ERR_LIMIT,
      "certificates" },
    { &sgn, "30{ 02{01} 3100 " ENCAP " a0{ 30 } 3100 }", ERR_BAD_DER, NULL },
    { &sgn, "30{ 02{01} 3100 " ENCAP " a1{} a0{} 3100 }", ERR_BAD_DER,
      "signerInfos" },
    { &sgn, "30{ 02{01} 3100 " ENCAP " }", ERR_BAD_DER, "signerInfos" },
    { &sgn, SGN("3000"), ERR_BAD_DER, "signerInfos[0].version" },
    { &sgn, SGN("30{ 02{01} " ALG " }"), ERR_BAD_DER, NULL },
    { &sgn, SGN("30{ 02{01} " ID " 04{} }"), ERR_BAD_DER,
      "signerInfos[0].digestAlgorithm" },
    { &sgn, SGN(SIGNER_OF("a0{}")), ERR_BAD_DER,
      "signerInfos[0].signedAttrs" },
    { &sgn, SGN(SIGNER_OF("a0{ 3000 }")), ERR_BAD_DER,
      "signerInfos[0].signedAttrs[0].attrType" },
    { &sgn, SGN(SIGNER_OF("a0{ " DIGEST TYPE " }")), ERR_BAD_DER,
      "signerInfos[0].signedAttrs[1]" },
    { &sgn, SGN(SIGNER_OF("a0{ " TYPE TYPE " }")), ERR_BAD_DER,
      "signerInfos[0].signedAttrs[1]" },
    { &sgn, SGN(SIGNER_OF("a0{ 30{ 06{2a864886f70d010903} 31{ 0500 } } }")),
      ERR_BAD_DER, "signerInfos[0].signedAttrs[0]" },
    { &sgn, SGN(SIGNER_OF("a0{ 30{ 06{2a864886f70d010904} 31{ 04{} 04{} } } "
                          "}")),
      ERR_BAD_DER, "signerInfos[0].signedAttrs[0]" },
    { &sgn, SGN(SIGNER_OF("a0{ 30{ 06{2a} 31{ 05 } } }")), ERR_BAD_DER, NULL },
    { &sgn, SGN(SIGNER_OF("a0{ 30{ 06{2a} 3100 00 } }")), ERR_BAD_DER, NULL },
    { &sgn, SGN("30{ 02{01} " ID " " ALG " " ALG " 03{00} }"), ERR_BAD_DER,
      "signerInfos[0].signature" },
    { &sgn, SGN("30{ 02{01} " ID " " ALG " " ALG " 04{} 00 }"), ERR_BAD_DER,
      "signerInfos[0].unsignedAttrs" },
    { &sgn, "30{ 02{01} 3100 " ENCAP " 3100 00 }", ERR_BAD_DER, "" },
};

static const struct codec_case key_cases[] = {
    { &keys, "30{ 30{ 02{00} " ALG " 04{aa} } }", ERR_OK, NULL },
    { &keys, "30{ 30{ 02{01} " ALG " 04{aa} 81{ 00 bb } } }", ERR_OK, NULL },
    { &keys, "30{ 30{ 02{01} " ALG " 04{} a0{ 3000 } 81{ 04 b0 } } }", ERR_OK,
      NULL },
    { &keys, "30{ 30{ 02{00} " ALG " 04{} a000 } }", ERR_OK, NULL },
    { &keys, "30{ *17( 30{ 02{00} " ALG " 04{} } ) }", ERR_LIMIT, "" },
    { &keys, "3000", ERR_BAD_DER, "" },
    { &keys, "30{ 3000 }", ERR_BAD_DER, "[0].version" },
    { &keys, "30{ 30{ 02{00} 04{} } }", ERR_BAD_DER,
      "[0].privateKeyAlgorithm" },
    { &keys, "30{ 30{ 02{00} " ALG " } }", ERR_BAD_DER, "[0].privateKey" },
    { &keys, "30{ 30{ 02{00} " ALG " 04{} a1{ 03{00} } } }", ERR_BAD_DER,
      "[0].publicKey" },
    { &keys, "30{ 30{ 02{00} " ALG " 04{} 81{00} 00 } }", ERR_BAD_DER, "[0]" },

    { &value, "30{ 03{ 00 aa } }", ERR_OK, NULL },
    { &value, "30{ a0{ 06{2a} } a1{ 06{2a} 0500 } 82{ 00 aa } a3{ 06{2b} } "
              "84{bb} 03{ 00 cc } }", ERR_OK, NULL },
    { &value, "3000", ERR_BAD_DER, "encValue" },
    { &value, "30{ 03{ 01 aa } }", ERR_BAD_DER, "encValue" },
    { &value, "30{ a0{ 30{ 06{2a} } } 03{00} }", ERR_BAD_DER,
      "intendedAlg.algorithm" },
    { &value, "30{ a1{ 06{2a} } a0{ 06{2a} } 03{00} }", ERR_BAD_DER,
      "encValue" },
    { &value, "30{ a1{} 03{00} }", ERR_BAD_DER, "symmAlg.algorithm" },
    { &value, "30{ 82{} 03{00} }", ERR_BAD_DER, "encSymmKey" },
    { &value, "30{ a3{ 06{} } 03{00} }", ERR_BAD_DER, "keyAlg.algorithm" },
    { &value, "30{ a4{ 04{} } 03{00} }", ERR_BAD_DER, "encValue" },
    { &value, "30{ 03{00} 00 }", ERR_BAD_DER, "" },
};
/* clang-format on */

static void test_enveloped(void **state)
{
    (void)state;
    codec_cases_check(env_cases, NUM(env_cases));
}

static void test_signed(void **state)
{
    (void)state;
    codec_cases_check(sgn_cases, NUM(sgn_cases));
}

static void test_keys(void **state)
{
    (void)state;
    codec_cases_check(key_cases, NUM(key_cases));
}

static void test_enveloped_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct der in = der_open(
        der_text(ENV("30{ 02{02} 80{aabb} " ALG " 04{ee} } " KARI(
                     "30{ " ID " 04{ee} } 30{ a0{ 04{ab} } 04{ef} }") PWRI),
                 a),
        NULL);
    const struct cms_recipient *r;
    struct cms_enveloped e;

    (void)state;
    assert_int_equal(cms_enveloped_read(&in, DER_SEQUENCE, a, &e), ERR_OK);
    assert_int_equal(e.version, 2);
    assert_int_equal(e.num_recipients, 3);
    assert_true(span_is_equal(e.encrypted_content, SPAN_LIT("\xcc")));
    r = e.recipients;
    assert_int_equal(r[0].type, CMS_KTRI);
    assert_int_equal(r[0].rid.type, CMS_ID_KEY_ID);
    assert_true(span_is_equal(r[0].rid.key_id, SPAN_LIT("\xaa\xbb")));
    assert_int_equal(r[1].type, CMS_KARI);
    assert_int_equal(r[1].originator.type, CMS_ID_ISSUER_SERIAL);
    assert_int_equal(r[1].num_keys, 2);
    assert_true(span_is_equal(r[1].keys[0].rid.serial, SPAN_LIT("\x2a")));
    assert_true(span_is_equal(r[1].keys[1].rid.key_id, SPAN_LIT("\xab")));
    assert_int_equal(r[2].type, CMS_PWRI);
    assert_true(span_is_equal(r[2].kdf_alg.oid, SPAN_LIT("\x2a")));
    assert_true(span_is_equal(r[2].encrypted_key, SPAN_LIT("\xee")));
}

static void test_signed_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    AUTO(arena) small = arena_new(0);
    struct der in =
        der_open(der_text(SGN(SIGNER_OF("a0{ " TYPE DIGEST " }")), a), NULL);
    struct cms_signed s;
    const struct cms_signer *one;
    struct der_writer w;
    struct span out;

    (void)state;
    assert_int_equal(cms_signed_read(&in, a, &s), ERR_OK);
    assert_true(span_is_equal(s.content, SPAN_LIT("\xcc")));
    assert_int_equal(s.num_signers, 1);
    one = &s.signers[0];
    assert_true(span_is_equal(one->content_type, SPAN_LIT("\x2a")));
    assert_true(
        span_is_equal(one->message_digest, SPAN_LIT("\xaa\xbb\xcc\xdd")));
    assert_true(span_is_equal(cms_signed_attrs_bytes(one, a),
                              der_text("31{ " TYPE DIGEST " }", a)));
    assert_true(span_is_absent(cms_signed_attrs_bytes(one, small)));
    der_writer_init(&w, a, 64);
    cms_signed_attrs_put(&w, one->content_type, one->message_digest);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, one->signed_attrs));
    in = der_open(der_text(SGN(SIGNER), a), NULL);
    assert_int_equal(cms_signed_read(&in, a, &s), ERR_OK);
    assert_true(span_is_absent(cms_signed_attrs_bytes(&s.signers[0], a)));
}

/* What is more than a reader takes is not written. */
static void test_too_many_written(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct cms_enveloped e = { .num_recipients = LIMIT_CMS_PARTS + 1 };
    struct cms_signed s = { .num_signers = LIMIT_CMS_PARTS + 1 };
    struct der_writer w;
    struct span out;

    (void)state;
    der_writer_init(&w, a, 64);
    cms_enveloped_put(&w, DER_SEQUENCE, &e);
    assert_int_equal(der_finish(&w, &out), ERR_LIMIT);
    der_writer_init(&w, a, 64);
    cms_signed_put(&w, &s);
    assert_int_equal(der_finish(&w, &out), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enveloped),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_enveloped_fields),
        cmocka_unit_test(test_signed_fields),
        cmocka_unit_test(test_too_many_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
