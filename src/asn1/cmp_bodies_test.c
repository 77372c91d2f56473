/* The bodies other than requests for certificates and their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asn1/cmp.h"
#include "base/limits.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* A codec of this structure, from its reader and writer. */
#define CODEC(type, asn1_name)                                   \
    static enum err copy_##type(struct der *in, struct arena *a, \
                                struct der_writer *w)            \
    {                                                            \
        struct type x;                                           \
                                                                 \
        TRY(type##_read(in, a, &x));                             \
        type##_put(w, &x);                                       \
        return ERR_OK;                                           \
    }                                                            \
                                                                 \
    static const struct codec type = { asn1_name, copy_##type };

CODEC(rev_req, "RevReqContent")
CODEC(rev_rep, "RevRepContent")
CODEC(poll_req, "PollReqContent")
CODEC(poll_rep, "PollRepContent")
CODEC(info_list, "GenMsgContent")

#define DN "a4{ 3000 }"
/* issuer and serial number, as RFC 9483, 4.2 asks */
#define TEMPLATE "30{ 81{2a} a3{ 3000 } }"
/* reasonCode keyCompromise */
#define REASON "30{ 06{551d15} 04{ 0a{01} } }"
/* invalidityDate */
#define DATE "30{ 06{551d18} 04{ 18{'20260102030405Z'} } }"

static const struct codec_case rr_cases[] = {
    { &rev_req, "3000", ERR_OK, NULL },
    { &rev_req, "30{ 30{ " TEMPLATE " } }", ERR_OK, NULL },
    { &rev_req, "30{ 30{ 3000 } }", ERR_OK, NULL },
    { &rev_req, "30{ 30{ " TEMPLATE " 30{ " REASON " } } }", ERR_OK, NULL },
    { &rev_req, "30{ 30{ " TEMPLATE " 30{ " REASON DATE " } } }", ERR_OK,
      NULL },
    { &rev_req, "30{ 30{ 3000 } 30{ " TEMPLATE " 30{ " DATE " } } }", ERR_OK,
      NULL },
    { &rev_req, "30{ *16( 30{ 3000 } ) }", ERR_OK, NULL },

    { &rev_req, "31{ 30{ 3000 } }", ERR_BAD_DER, "" },
    { &rev_req, "30{ *17( 30{ 3000 } ) }", ERR_LIMIT, "" },
    { &rev_req, "30{ 30{} }", ERR_BAD_DER, "[0].certDetails" },
    { &rev_req, "30{ 3000 02{00} }", ERR_BAD_DER, "[0].certDetails" },
    { &rev_req, "30{ 30{ 3000 } 02{00} }", ERR_BAD_DER, "[1]" },
    { &rev_req, "30{ 30{ 30{ 81{ff} } } }", ERR_BAD_DER,
      "[0].certDetails.serialNumber" },
    { &rev_req, "30{ 30{ 30{ 82{2a} } } }", ERR_BAD_DER, "[0].certDetails" },
    { &rev_req, "30{ 30{ 3000 30{} } }", ERR_BAD_DER, "[0].crlEntryDetails" },
    { &rev_req, "30{ 30{ 3000 a0{ 30{ " REASON " } } } }", ERR_BAD_DER,
      "[0].crlEntryDetails" },
    { &rev_req, "30{ 30{ 3000 30{ " REASON REASON " } } }", ERR_BAD_DER,
      "[0].crlEntryDetails[1]" },
    { &rev_req, "30{ 30{ 3000 30{ 30{ 06{551d15} 0a{01} } } } }", ERR_BAD_DER,
      "[0].crlEntryDetails[0].extnValue" },
    { &rev_req, "30{ 30{ 3000 30{ " REASON " } 00 } }", ERR_BAD_DER, "[0]" },
    { &rev_req, "30{ 30{ 3000 30{ " REASON " } 30{ " DATE " } } }", ERR_BAD_DER,
      "[0]" },
};

#define STATUS "30{ 02{00} }"
#define CERT_ID "30{ " DN " 02{2a} }"

static const struct codec_case rp_cases[] = {
    { &rev_rep, "30{ 30{ " STATUS " } }", ERR_OK, NULL },
    { &rev_rep, "30{ 30{ " STATUS " 30{ 02{02} 03{ 05 20 } } } }", ERR_OK,
      NULL },
    { &rev_rep, "30{ 30{ " STATUS " } a0{ 30{ " CERT_ID " } } }", ERR_OK,
      NULL },
    { &rev_rep, "30{ 30{ " STATUS " } a1{ 30{ 30{ 01 } } } }", ERR_OK, NULL },
    { &rev_rep,
      "30{ 30{ " STATUS " } a0{ 30{ " CERT_ID CERT_ID " } } a1{ 30{ 3000 } } }",
      ERR_OK, NULL },
    { &rev_rep, "30{ 30{ *16( " STATUS " ) } }", ERR_OK, NULL },
    { &rev_rep, "30{ 30{ " STATUS " } a1{ 30{ *16( 3000 ) } } }", ERR_OK,
      NULL },

    { &rev_rep, "3000", ERR_BAD_DER, "status" },
    { &rev_rep, "30{ 3000 }", ERR_BAD_DER, "status" },
    { &rev_rep, "30{ " STATUS " }", ERR_BAD_DER, "status[0]" },
    { &rev_rep, "30{ 30{ *17( " STATUS " ) } }", ERR_LIMIT, "status" },
    { &rev_rep, "30{ 30{ 3000 } }", ERR_BAD_DER, "status[0].status" },
    { &rev_rep, "30{ 30{ " STATUS " } a0{ " CERT_ID " } }", ERR_BAD_DER, NULL },
    { &rev_rep, "30{ 30{ " STATUS " } a0{ 3000 } }", ERR_BAD_DER, "revCerts" },
    { &rev_rep, "30{ 30{ " STATUS " } a0{ 30{ 30{ 3000 02{01} } } } }",
      ERR_BAD_DER, "revCerts[0].issuer" },
    { &rev_rep, "30{ 30{ " STATUS " } a0{ 30{ " CERT_ID " } 00 } }",
      ERR_BAD_DER, "revCerts" },
    { &rev_rep, "30{ 30{ " STATUS " } a0{ 30{ *17( " CERT_ID " ) } } }",
      ERR_LIMIT, "revCerts" },
    { &rev_rep, "30{ 30{ " STATUS " } a1{ 3000 } }", ERR_BAD_DER, "crls" },
    { &rev_rep, "30{ 30{ " STATUS " } a1{ 30{ 0500 } } }", ERR_BAD_DER,
      "crls[0]" },
    { &rev_rep, "30{ 30{ " STATUS " } a1{ 30{ 3000 } 00 } }", ERR_BAD_DER,
      "crls" },
    { &rev_rep, "30{ 30{ " STATUS " } a1{ 30{ *17( 3000 ) } } }", ERR_LIMIT,
      "crls" },
    { &rev_rep,
      "30{ 30{ " STATUS " } a1{ 30{ 3000 } } a0{ 30{ " CERT_ID " } } }",
      ERR_BAD_DER, "" },
    { &rev_rep, "30{ 30{ " STATUS " } 00 }", ERR_BAD_DER, "" },
};

static const struct codec_case poll_cases[] = {
    { &poll_req, "3000", ERR_OK, NULL },
    { &poll_req, "30{ 30{ 02{00} } }", ERR_OK, NULL },
    { &poll_req, "30{ 30{ 02{ff} } 30{ 02{0100} } }", ERR_OK, NULL },
    { &poll_req, "30{ *16( 30{ 02{00} } ) }", ERR_OK, NULL },
    { &poll_req, "30{ *17( 30{ 02{00} } ) }", ERR_LIMIT, "" },
    { &poll_req, "02{00}", ERR_BAD_DER, "" },
    { &poll_req, "30{ 02{00} }", ERR_BAD_DER, "[0]" },
    { &poll_req, "30{ 3000 }", ERR_BAD_DER, "[0].certReqId" },
    { &poll_req, "30{ 30{ 02{0000} } }", ERR_BAD_DER, "[0].certReqId" },
    { &poll_req, "30{ 30{ 02{00} 02{01} } }", ERR_BAD_DER, "[0]" },
    { &poll_req, "30{ 30{ 02{ 010000000000000000 } } }", ERR_LIMIT,
      "[0].certReqId" },

    { &poll_rep, "3000", ERR_OK, NULL },
    { &poll_rep, "30{ 30{ 02{00} 02{3c} } }", ERR_OK, NULL },
    { &poll_rep, "30{ 30{ 02{ff} 02{00} 30{ 0c{'later'} } } }", ERR_OK, NULL },
    { &poll_rep, "30{ 30{ 02{00} 02{01} } 30{ 02{01} 02{ff} } }", ERR_OK,
      NULL },
    { &poll_rep, "30{ *16( 30{ 02{00} 02{01} } ) }", ERR_OK, NULL },
    { &poll_rep, "30{ *17( 30{ 02{00} 02{01} } ) }", ERR_LIMIT, "" },
    { &poll_rep, "0500", ERR_BAD_DER, "" },
    { &poll_rep, "30{ 30{ 02{00} } }", ERR_BAD_DER, "[0].checkAfter" },
    { &poll_rep, "30{ 3000 }", ERR_BAD_DER, "[0].certReqId" },
    { &poll_rep, "30{ 0500 }", ERR_BAD_DER, "[0]" },
    { &poll_rep, "30{ 30{ 02{00} 02{01} 3000 } }", ERR_BAD_DER, "[0].reason" },
    { &poll_rep, "30{ 30{ 02{00} 02{01} 0c{'later'} } }", ERR_BAD_DER,
      "[0].reason" },
    { &poll_rep, "30{ 30{ 02{00} 02{01} 30{ 0c{ff} } } }", ERR_BAD_DER,
      "[0].reason[0]" },
    { &poll_rep, "30{ 30{ 02{00} 02{01} 30{ 0c{'a'} } 00 } }", ERR_BAD_DER,
      "[0]" },
};

/* caCerts, as OpenSSL asks for it */
#define CA_CERTS "30{ 06{2b06010505070411} }"

static const struct codec_case info_cases[] = {
    { &info_list, "3000", ERR_OK, NULL },
    { &info_list, "30{ " CA_CERTS " }", ERR_OK, NULL },
    { &info_list, "30{ 30{ 06{2a} 0500 } " CA_CERTS " }", ERR_OK, NULL },
    { &info_list, "30{ *32( " CA_CERTS " ) }", ERR_OK, NULL },
    { &info_list, "30{ *33( " CA_CERTS " ) }", ERR_LIMIT, "" },
    { &info_list, "0500", ERR_BAD_DER, "" },
    { &info_list, CA_CERTS, ERR_BAD_DER, "[0]" },
    { &info_list, "30{ 3000 }", ERR_BAD_DER, "[0].infoType" },
    { &info_list, "30{ 30{ 06{} } }", ERR_BAD_DER, "[0].infoType" },
    { &info_list, "30{ 30{ 06{2a} 05 } }", ERR_BAD_DER, "[0].infoValue" },
    { &info_list, "30{ 30{ 06{2a} 0500 0500 } }", ERR_BAD_DER, "[0]" },
};

static void test_rr(void **state)
{
    (void)state;
    codec_cases_check(rr_cases, NUM(rr_cases));
}

static void test_rp(void **state)
{
    (void)state;
    codec_cases_check(rp_cases, NUM(rp_cases));
}

static void test_poll(void **state)
{
    (void)state;
    codec_cases_check(poll_cases, NUM(poll_cases));
}

static void test_infos(void **state)
{
    (void)state;
    codec_cases_check(info_cases, NUM(info_cases));
}

static void body_read(const char *text, struct arena *a, struct pki_body *out)
{
    struct der in = der_open(der_text(text, a), NULL);

    assert_int_equal(cmp_body_read(&in, a, out), ERR_OK);
}

static void test_rev_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    const struct rev_details *d;
    struct pki_body b;

    (void)state;
    body_read("ab{ 30{ 30{ 3000 } 30{ " TEMPLATE " 30{ " DATE REASON " } } } }",
              a, &b);
    assert_int_equal(b.type, CMP_RR);
    assert_int_equal(b.rev_req.num, 2);
    assert_false(b.rev_req.list[0].has_crl_entry_details);
    d = &b.rev_req.list[1];
    assert_true(span_is_equal(d->cert_details.serial, SPAN_LIT("\x2a")));
    assert_true(name_is_null(d->cert_details.issuer));
    assert_true(d->has_crl_entry_details);
    assert_ptr_equal(
        extension_find(&d->crl_entry_details, OID_ID_CE_CRL_REASONS),
        &d->crl_entry_details.list[1]);

    body_read("ac{ 30{ 30{ " STATUS " 30{ 02{02} } } a0{ 30{ " CERT_ID
              " } } a1{ 30{ 3000 3000 } } } }",
              a, &b);
    assert_int_equal(b.type, CMP_RP);
    assert_int_equal(b.rev_rep.num_statuses, 2);
    assert_int_equal(b.rev_rep.statuses[1].status, STATUS_REJECTION);
    assert_int_equal(b.rev_rep.num_rev_certs, 1);
    assert_true(span_is_equal(b.rev_rep.rev_certs[0].serial, SPAN_LIT("\x2a")));
    assert_int_equal(b.rev_rep.crls.num, 2);
}

static void test_poll_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct pki_body b;

    (void)state;
    body_read("b9{ 30{ 30{ 02{ff} } 30{ 02{07} } } }", a, &b);
    assert_int_equal(b.poll_req.num, 2);
    assert_int_equal(b.poll_req.list[0], -1);
    assert_int_equal(b.poll_req.list[1], 7);

    body_read("ba{ 30{ 30{ 02{ff} 02{3c} 30{ 0c{'later'} } } } }", a, &b);
    assert_int_equal(b.poll_rep.num, 1);
    assert_int_equal(b.poll_rep.list[0].cert_req_id, -1);
    assert_int_equal(b.poll_rep.list[0].check_after, 60);
    assert_int_equal(b.poll_rep.list[0].reason.num, 1);
    assert_true(
        span_is_equal(b.poll_rep.list[0].reason.list[0], SPAN_LIT("later")));
}

static void test_general_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct pki_body b;

    (void)state;
    body_read("b5{ 3000 }", a, &b);
    assert_int_equal(b.type, CMP_GENM);
    assert_int_equal(b.general.num, 0);

    body_read("b6{ 30{ 30{ 06{2a} 0500 } " CA_CERTS " } }", a, &b);
    assert_int_equal(b.type, CMP_GENP);
    assert_int_equal(b.general.num, 2);
    assert_int_equal(b.general.list[0].id, OID_UNKNOWN);
    assert_ptr_equal(info_find(&b.general, OID_ID_IT_CA_CERTS),
                     &b.general.list[1]);
    assert_true(span_is_absent(b.general.list[1].value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rr),
        cmocka_unit_test(test_rp),
        cmocka_unit_test(test_poll),
        cmocka_unit_test(test_infos),
        cmocka_unit_test(test_rev_fields),
        cmocka_unit_test(test_poll_fields),
        cmocka_unit_test(test_general_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
