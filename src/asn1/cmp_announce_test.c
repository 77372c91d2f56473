/* Announcements, nested messages and the answer to krr. */
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

static enum err copy_key_update(struct der *in, struct arena *a,
                                struct der_writer *w)
{
    struct ca_key_update x;

    (void)a;
    TRY(ca_key_update_read(in, &x));
    ca_key_update_put(w, &x);
    return ERR_OK;
}

static enum err copy_rev_ann(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct rev_ann x;

    TRY(rev_ann_read(in, a, &x));
    rev_ann_put(w, &x);
    return ERR_OK;
}

static enum err copy_key_rec(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct key_rec_rep x;

    TRY(key_rec_rep_read(in, a, &x));
    key_rec_rep_put(w, &x);
    return ERR_OK;
}

static const struct codec key_update = { "CAKeyUpdContent", copy_key_update };
static const struct codec rev_ann = { "RevAnnContent", copy_rev_ann };
static const struct codec key_rec = { "KeyRecRepContent", copy_key_rec };

#define A "30{ 01 }"
#define B "30{ 02 }"
#define C "30{ 03 }"

static const struct codec_case key_update_cases[] = {
    { &key_update, "30{ " A B C " }", ERR_OK, NULL },
    { &key_update, "a0{ 30{ " A " } }", ERR_OK, NULL },
    { &key_update, "a0{ 30{ " A " a0{ " B " } } }", ERR_OK, NULL },
    { &key_update, "a0{ 30{ " A " a1{ " C " } } }", ERR_OK, NULL },
    { &key_update, "a0{ 30{ " A " a0{ " B " } a1{ " C " } } }", ERR_OK, NULL },

    { &key_update, "3000", ERR_BAD_DER, "oldWithNew" },
    { &key_update, "30{ " A " }", ERR_BAD_DER, "newWithOld" },
    { &key_update, "30{ " A B " }", ERR_BAD_DER, "newWithNew" },
    { &key_update, "30{ " A B C A " }", ERR_BAD_DER, "" },
    { &key_update, "30{ " A " a0{ " B " } a1{ " C " } }", ERR_BAD_DER,
      "newWithOld" },
    { &key_update, "a1{ 30{ " A " } }", ERR_BAD_DER, "" },
    { &key_update, "a0{ " A " }", ERR_BAD_DER, "newWithNew" },
    { &key_update, "a0{ 3000 }", ERR_BAD_DER, "newWithNew" },
    { &key_update, "a0{ 30{ " A " } 00 }", ERR_BAD_DER, "" },
    { &key_update, "a0{ 30{ " A " 00 } }", ERR_BAD_DER, "" },
    { &key_update, "a0{ 30{ " A " a0{ 01 } } }", ERR_BAD_DER, "newWithOld" },
    { &key_update, "a0{ 30{ " A " a1{ " C " } a0{ " B " } } }", ERR_BAD_DER,
      "" },
    { &key_update, "a0{ 30{ " A " a1{ " C C " } } }", ERR_BAD_DER,
      "oldWithNew" },
};

#define ID "30{ a4{ 3000 } 02{2a} }"
#define DATE "18{'20260102030405Z'}"
#define REASON "30{ 06{551d15} 04{ 0a{01} } }"

static const struct codec_case rev_ann_cases[] = {
    { &rev_ann, "30{ 02{05} " ID DATE DATE " }", ERR_OK, NULL },
    { &rev_ann, "30{ 02{04} " ID DATE DATE " 30{ " REASON " } }", ERR_OK,
      NULL },
    { &rev_ann, "3000", ERR_BAD_DER, "status" },
    { &rev_ann, "30{ 30{ 02{05} } " ID DATE DATE " }", ERR_BAD_DER, "status" },
    { &rev_ann, "30{ 02{05} " DATE DATE " }", ERR_BAD_DER, "certId" },
    { &rev_ann, "30{ 02{05} " ID " }", ERR_BAD_DER, "willBeRevokedAt" },
    { &rev_ann, "30{ 02{05} " ID DATE " }", ERR_BAD_DER, "badSinceDate" },
    { &rev_ann, "30{ 02{05} " ID DATE " 17{'260102030405Z'} }", ERR_BAD_DER,
      "badSinceDate" },
    { &rev_ann, "30{ 02{05} " ID DATE " 18{'20260102030405.5Z'} }", ERR_BAD_DER,
      "badSinceDate" },
    { &rev_ann, "30{ 02{05} " ID DATE DATE " 3000 }", ERR_BAD_DER,
      "crlDetails" },
    { &rev_ann, "30{ 02{05} " ID DATE DATE " 30{ " REASON " } 00 }",
      ERR_BAD_DER, "" },
};

#define STATUS "30{ 02{00} }"
#define PAIR "30{ a0{ " A " } }"

static const struct codec_case key_rec_cases[] = {
    { &key_rec, "30{ " STATUS " }", ERR_OK, NULL },
    { &key_rec, "30{ " STATUS " a0{ " A " } }", ERR_OK, NULL },
    { &key_rec, "30{ " STATUS " a1{ 30{ " A B " } } }", ERR_OK, NULL },
    { &key_rec, "30{ " STATUS " a2{ 30{ " PAIR " } } }", ERR_OK, NULL },
    { &key_rec,
      "30{ " STATUS " a0{ " A " } a1{ 30{ " B " } } a2{ 30{ " PAIR
      " 30{ a1{ 30{ 03{00} } } a0{ a0{} } a1{ 3000 } } } } }",
      ERR_OK, NULL },
    { &key_rec, "30{ " STATUS " a2{ 30{ *16( " PAIR " ) } } }", ERR_OK, NULL },
    { &key_rec, "30{ " STATUS " a2{ 30{ *17( " PAIR " ) } } }", ERR_LIMIT,
      "keyPairHist" },
    { &key_rec, "3000", ERR_BAD_DER, "status" },
    { &key_rec, "30{ " STATUS " a0{} }", ERR_BAD_DER, "newSigCert" },
    { &key_rec, "30{ " STATUS " a1{ " A " } }", ERR_BAD_DER, NULL },
    { &key_rec, "30{ " STATUS " a1{ 3000 } }", ERR_BAD_DER, "caCerts" },
    { &key_rec, "30{ " STATUS " a2{ 3000 } }", ERR_BAD_DER, "keyPairHist" },
    { &key_rec, "30{ " STATUS " a2{ 30{ 3000 } } }", ERR_BAD_DER,
      "keyPairHist[0].certificate" },
    { &key_rec, "30{ " STATUS " a2{ 30{ 30{ a0{ " A " } a0{ 01 } } } } }",
      ERR_BAD_DER, "keyPairHist[0].privateKey" },
    { &key_rec, "30{ " STATUS " a2{ 30{ " PAIR " } 00 } }", ERR_BAD_DER,
      "keyPairHist" },
    { &key_rec, "30{ " STATUS " a2{ 30{ " PAIR " } } a0{ " A " } }",
      ERR_BAD_DER, "" },
    { &key_rec, "30{ " STATUS " a3{ " A " } }", ERR_BAD_DER, "" },
};

static void test_key_update(void **state)
{
    (void)state;
    codec_cases_check(key_update_cases, NUM(key_update_cases));
}

static void test_rev_ann(void **state)
{
    (void)state;
    codec_cases_check(rev_ann_cases, NUM(rev_ann_cases));
}

static void test_key_rec(void **state)
{
    (void)state;
    codec_cases_check(key_rec_cases, NUM(key_rec_cases));
}

static void body_read(const char *text, struct arena *a, struct pki_body *out)
{
    struct der in = der_open(der_text(text, a), NULL);

    assert_int_equal(cmp_body_read(&in, a, out), ERR_OK);
}

#define IS_A(s) assert_true(span_is_equal((s), SPAN_LIT("\x30\x01\x01")))
#define IS_B(s) assert_true(span_is_equal((s), SPAN_LIT("\x30\x01\x02")))
#define IS_C(s) assert_true(span_is_equal((s), SPAN_LIT("\x30\x01\x03")))

/* The two forms have the certificates in opposite order. */
static void test_key_update_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct pki_body b;

    (void)state;
    body_read("af{ 30{ " A B C " } }", a, &b);
    assert_int_equal(b.type, CMP_CKUANN);
    assert_false(b.ca_key_update.is_v3);
    IS_A(b.ca_key_update.old_with_new);
    IS_B(b.ca_key_update.new_with_old);
    IS_C(b.ca_key_update.new_with_new);

    body_read("af{ a0{ 30{ " C " a0{ " B " } a1{ " A " } } } }", a, &b);
    assert_true(b.ca_key_update.is_v3);
    IS_A(b.ca_key_update.old_with_new);
    IS_B(b.ca_key_update.new_with_old);
    IS_C(b.ca_key_update.new_with_new);
}

static void test_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct pki_body b;

    (void)state;
    body_read("b0{ " A " }", a, &b);
    assert_int_equal(b.type, CMP_CANN);
    IS_A(b.cert_ann);

    body_read("b1{ 30{ 02{05} " ID " 18{'20260102030405Z'} "
              "18{'20260102030406Z'} } }",
              a, &b);
    assert_int_equal(b.type, CMP_RANN);
    assert_int_equal(b.rev_ann.status, STATUS_REVOCATION_NOTIFICATION);
    assert_int_equal(b.rev_ann.will_be_revoked_at, 1767323045);
    assert_int_equal(b.rev_ann.bad_since_date, 1767323046);
    assert_true(span_is_equal(b.rev_ann.cert_id.serial, SPAN_LIT("\x2a")));

    body_read("b2{ 30{ " A B " } }", a, &b);
    assert_int_equal(b.type, CMP_CRLANN);
    assert_int_equal(b.crl_ann.num, 2);
    IS_B(b.crl_ann.list[1]);

    body_read("b4{ 30{ " C A " } }", a, &b);
    assert_int_equal(b.type, CMP_NESTED);
    assert_int_equal(b.nested.num, 2);
    IS_C(b.nested.list[0]);

    body_read("aa{ 30{ " STATUS " a0{ " A " } a1{ 30{ " B " } } a2{ 30{ 30{ "
              "a1{ " A " } a0{ " B " } } } } } }",
              a, &b);
    assert_int_equal(b.type, CMP_KRP);
    IS_A(b.key_rec_rep.new_sig_cert);
    assert_int_equal(b.key_rec_rep.ca_certs.num, 1);
    assert_int_equal(b.key_rec_rep.num_key_pair_hist, 1);
    assert_true(span_is_absent(b.key_rec_rep.key_pair_hist[0].certificate));
    IS_A(b.key_rec_rep.key_pair_hist[0].encrypted_cert);
    IS_B(b.key_rec_rep.key_pair_hist[0].private_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_update),
        cmocka_unit_test(test_rev_ann),
        cmocka_unit_test(test_key_rec),
        cmocka_unit_test(test_key_update_fields),
        cmocka_unit_test(test_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
