#include "asn1/p10.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asn1/alg.h"
#include "base/limits.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static enum err copy_p10(struct der *in, struct arena *a, struct der_writer *w)
{
    struct p10_request req;

    TRY(p10_read(in, a, &req));
    p10_put(w, &req);
    return ERR_OK;
}

static const struct codec p10 = { "CertificationRequest", copy_p10 };

#define KEY "30{ 30{ 06{2b6570} } 03{ 00 aa } }"
#define SIG "30{ 06{2b6570} } 03{ 00 bb }"
#define REQUEST(attributes) \
    "30{ 30{ 02{00} 3000 " KEY " a0{ " attributes " } } " SIG " }"
/* extensionRequest, challengePassword; another */
#define EXTENSIONS "06{2a864886f70d01090e}"
#define PASSWORD "06{2a864886f70d010907}"
#define OTHER "06{2a}"
#define KEY_USAGE "30{ 06{551d0f} 04{ 03{ 07 80 } } }"
#define ATTRIBUTES "certificationRequestInfo.attributes"

/* clang-format off */
static const struct codec_case cases[] = {
    { &p10, REQUEST(""), ERR_OK, NULL },
    { &p10, REQUEST("30{ " OTHER " 31{ 0500 } }"), ERR_OK, NULL },
    { &p10, REQUEST("30{ " OTHER " 31{ 02{00} 02{01} 0500 0500 } }"), ERR_OK,
      NULL },
    { &p10, REQUEST("30{ " EXTENSIONS " 31{ 30{ " KEY_USAGE " } } }"), ERR_OK,
      NULL },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 0c{'secret'} } }"), ERR_OK, NULL },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 13{'secret'} } }"), ERR_OK, NULL },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 14{ff} } }"), ERR_OK, NULL },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 1c{00000041} } }"), ERR_OK, NULL },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 1e{0041} } }"), ERR_OK, NULL },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 0c{ *1020('a') } } }"), ERR_OK,
      NULL },
    { &p10, "30{ 30{ 02{01} 3000 " KEY " a000 } " SIG " }", ERR_OK, NULL },
    { &p10, REQUEST("30{ " OTHER " 31{ *16( 0500 ) } }"), ERR_OK, NULL },

    { &p10, "31{ }", ERR_BAD_DER, "" },
    { &p10, "30{ 30{} " SIG " }", ERR_BAD_DER,
      "certificationRequestInfo.version" },
    { &p10, "30{ 30{ 02{00} 31{} " KEY " a000 } " SIG " }", ERR_BAD_DER,
      "certificationRequestInfo.subject" },
    { &p10, "30{ 30{ 02{00} 3000 3000 a000 } " SIG " }", ERR_BAD_DER,
      "certificationRequestInfo.subjectPKInfo.algorithm" },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " } " SIG " }", ERR_BAD_DER,
      ATTRIBUTES },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " 8000 } " SIG " }", ERR_BAD_DER,
      ATTRIBUTES },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " a000 00 } " SIG " }", ERR_BAD_DER,
      "certificationRequestInfo" },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " a000 } 03{ 00 bb } }", ERR_BAD_DER,
      "signatureAlgorithm" },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " a000 } 30{ 06{2b6570} } 04{bb} }",
      ERR_BAD_DER, "signature" },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " a000 } 30{ 06{2b6570} } 03{ 04 b0 } }",
      ERR_BAD_DER, "signature" },
    { &p10, "30{ 30{ 02{00} 3000 " KEY " a000 } " SIG " 00 }", ERR_BAD_DER,
      "" },

    /* attributes: a SET OF, in order, one of a kind */
    { &p10, REQUEST("31{ 30{ " OTHER " 31{ 0500 } } }"), ERR_BAD_DER, NULL },
    { &p10, REQUEST("30{ " OTHER " }"), ERR_BAD_DER, ATTRIBUTES "[0].values" },
    { &p10, REQUEST("30{ " OTHER " 31{} }"), ERR_BAD_DER,
      ATTRIBUTES "[0].values" },
    { &p10, REQUEST("30{ " OTHER " 30{ 0500 } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].values" },
    { &p10, REQUEST("30{ " OTHER " 31{ 05 } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].values[0]" },
    { &p10, REQUEST("30{ " OTHER " 31{ 02{01} 02{00} } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].values[1]" },
    { &p10, REQUEST("30{ " OTHER " 31{ *17( 0500 ) } }"), ERR_LIMIT,
      ATTRIBUTES "[0].values" },
    { &p10, REQUEST("30{ " OTHER " 31{ 0500 } 00 }"), ERR_BAD_DER,
      ATTRIBUTES "[0]" },
    { &p10, REQUEST("30{ 31{ 0500 } }"), ERR_BAD_DER, ATTRIBUTES "[0].type" },
    { &p10, REQUEST("30{ 06{2b} 31{ 0500 } } 30{ 06{2a} 31{ 0500 } }"),
      ERR_BAD_DER, ATTRIBUTES "[1]" },
    { &p10, REQUEST("30{ 06{2a} 31{ 0500 } } 30{ 06{2a} 31{ 0500 } }"),
      ERR_BAD_DER, ATTRIBUTES "[1]" },
    { &p10, REQUEST("*17( 30{ 06{2a} 31{ 0500 } } )"), ERR_LIMIT, ATTRIBUTES },

    /* and those that are opened */
    { &p10, REQUEST("30{ " EXTENSIONS " 31{ 3000 } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].extensionRequest" },
    { &p10, REQUEST("30{ " EXTENSIONS " 31{ 0500 } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].extensionRequest" },
    { &p10, REQUEST("30{ " EXTENSIONS " 31{ 30{ " KEY_USAGE KEY_USAGE " } } }"),
      ERR_BAD_DER, ATTRIBUTES "[0].extensionRequest[1]" },
    { &p10, REQUEST("30{ " EXTENSIONS " 31{ 30{ " KEY_USAGE " } 30{ " KEY_USAGE
                    " } } }"), ERR_BAD_DER, ATTRIBUTES "[0]" },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 0c{'a'} 0c{'b'} } }"), ERR_BAD_DER,
      ATTRIBUTES "[0]" },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 0c{} } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].challengePassword" },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 0c{ff} } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].challengePassword" },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 13{'a@b'} } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].challengePassword" },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 16{'secret'} } }"), ERR_BAD_DER,
      ATTRIBUTES "[0].challengePassword" },
    { &p10, REQUEST("30{ " PASSWORD " 31{ 0c{ *1021('a') } } }"), ERR_LIMIT,
      ATTRIBUTES "[0].challengePassword" },
};
/* clang-format on */

static void test_cases(void **state)
{
    (void)state;
    codec_cases_check(cases, NUM(cases));
}

static void read_text(const char *text, struct arena *a,
                      struct p10_request *out)
{
    struct der in = der_open(der_text(text, a), NULL);

    assert_int_equal(p10_read(&in, a, out), ERR_OK);
}

static void test_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct p10_request req;

    (void)state;
    read_text(REQUEST("30{ " PASSWORD " 31{ 13{'secret'} } } "
                      "30{ " EXTENSIONS " 31{ 30{ " KEY_USAGE " } } }"),
              a, &req);
    assert_int_equal(req.version, 0);
    assert_true(name_is_null(req.subject));
    assert_int_equal(key_kind_find(&req.spki), KEY_ED25519);
    assert_true(span_is_equal(
        req.info, der_text("30{ 02{00} 3000 " KEY " a0{ 30{ " PASSWORD
                           " 31{ 13{'secret'} } } 30{ " EXTENSIONS
                           " 31{ 30{ " KEY_USAGE " } } } } }",
                           a)));
    assert_int_equal(req.num_attributes, 2);
    assert_ptr_equal(p10_find(&req, OID_PKCS_9_AT_EXTENSION_REQUEST),
                     &req.attributes[1]);
    assert_null(p10_find(&req, OID_ID_SIGNING_TIME));
    assert_true(req.has_extensions);
    assert_int_equal(req.extensions.num, 1);
    assert_int_equal(req.extensions.list[0].id, OID_ID_CE_KEY_USAGE);
    assert_true(span_is_equal(req.challenge_password, SPAN_LIT("secret")));
    assert_true(span_is_equal(req.signature, SPAN_LIT("\xbb")));
    assert_int_equal(sig_alg_find(&req.sig_alg), SIG_ED25519);

    read_text(REQUEST(""), a, &req);
    assert_false(req.has_extensions);
    assert_true(span_is_absent(req.challenge_password));
}

/* What a client makes: attributes in any order become a SET OF in DER. */
static void test_made(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct extension wish = { .oid = oid_span(OID_ID_CE_KEY_USAGE),
                              .value = SPAN_LIT("\x03\x02\x07\x80") };
    struct extensions wishes = { &wish, 1 };
    struct p10_attribute attributes[2];
    struct p10_request req, again;
    struct der_writer w;
    struct span der;
    struct der in;

    (void)state;
    read_text(REQUEST(""), a, &req);
    assert_int_equal(p10_extension_request(&wishes, a, &attributes[0]), ERR_OK);
    assert_int_equal(
        p10_challenge_password(SPAN_LIT("secret"), a, &attributes[1]), ERR_OK);
    req.attributes = attributes;
    req.num_attributes = 2;
    der_writer_init(&w, a, 64);
    p10_put(&w, &req);
    assert_int_equal(der_finish(&w, &der), ERR_OK);
    in = der_open(der, NULL);
    assert_int_equal(p10_read(&in, a, &again), ERR_OK);
    assert_true(again.has_extensions);
    assert_int_equal(again.attributes[0].id, OID_PKCS_9_AT_CHALLENGE_PASSWORD);
    assert_true(span_is_equal(again.challenge_password, SPAN_LIT("secret")));

    der_writer_init(&w, a, 64);
    p10_info_put(&w, &req);
    assert_int_equal(der_finish(&w, &der), ERR_OK);
    assert_true(span_is_equal(der, again.info));
}

static void test_too_many_written(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct p10_request req;
    struct der_writer w;
    struct span der;

    (void)state;
    read_text(REQUEST(""), a, &req);
    req.num_attributes = LIMIT_ATTRIBUTES + 1;
    der_writer_init(&w, a, 64);
    p10_put(&w, &req);
    assert_int_equal(der_finish(&w, &der), ERR_LIMIT);
}

/* Whatever allocation fails, the failure is told. */
static void test_no_memory(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span der =
        der_text(REQUEST("30{ " EXTENSIONS " 31{ 30{ " KEY_USAGE " } } }"), a);
    size_t cap = 0;
    enum err e;

    (void)state;
    do {
        AUTO(arena) tight = arena_new(cap);
        struct extensions none = { NULL, 0 };
        struct p10_attribute attr;
        struct der in = der_open(der, NULL);
        struct der_writer w;
        struct span out;

        der_writer_init(&w, tight, 16);
        e = copy_p10(&in, tight, &w);
        if (e == ERR_OK)
            e = der_finish(&w, &out);
        if (e == ERR_OK)
            e = p10_extension_request(&none, tight, &attr);
        if (e == ERR_OK)
            e = p10_challenge_password(SPAN_LIT("x"), tight, &attr);
        assert_true(e == ERR_OK || e == ERR_NO_MEM);
        cap += 16;
    } while (e != ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_too_many_written),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
