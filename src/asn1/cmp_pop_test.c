/* Direct proof of possession: popdecc, popdecr, and what is encrypted. */
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

static enum err copy_challenges(struct der *in, struct arena *a,
                                struct der_writer *w)
{
    struct pop_challenges x;

    TRY(pop_challenges_read(in, a, &x));
    pop_challenges_put(w, &x);
    return ERR_OK;
}

static enum err copy_answers(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct pop_answers x;

    TRY(pop_answers_read(in, a, &x));
    pop_answers_put(w, &x);
    return ERR_OK;
}

static enum err copy_rand(struct der *in, struct arena *a, struct der_writer *w)
{
    struct pop_rand x;

    (void)a;
    TRY(pop_rand_read(in, &x));
    pop_rand_put(w, &x);
    return ERR_OK;
}

static const struct codec challenges = { "POPODecKeyChallContent",
                                         copy_challenges };
static const struct codec answers = { "POPODecKeyRespContent", copy_answers };
static const struct codec rand_of_pop = { "Rand", copy_rand };

#define OWF "30{ 0609608648016503040201 }"

static const struct codec_case cases[] = {
    { &challenges, "3000", ERR_OK, NULL },
    { &challenges, "30{ 30{ 04{} 04{} } }", ERR_OK, NULL },
    { &challenges, "30{ 30{ " OWF " 04{aa} 04{bb} } }", ERR_OK, NULL },
    { &challenges, "30{ 30{ " OWF " 04{aa} 04{} a0{ 30{ 01 } } } }", ERR_OK,
      NULL },
    { &challenges, "30{ 30{ " OWF " 04{aa} 04{bb} } 30{ 04{ab} 04{bc} } }",
      ERR_OK, NULL },
    { &challenges, "30{ 30{ 04{ *64(00) } 04{ *2048(00) } } }", ERR_OK, NULL },
    { &challenges, "30{ *16( 30{ 04{} 04{} } ) }", ERR_OK, NULL },
    { &challenges, "30{ *17( 30{ 04{} 04{} } ) }", ERR_LIMIT, "" },
    { &challenges, "30{ 30{ 04{ *65(00) } 04{} } }", ERR_LIMIT, "[0].witness" },
    { &challenges, "30{ 30{ 04{} 04{ *2049(00) } } }", ERR_LIMIT,
      "[0].challenge" },
    { &challenges, "0500", ERR_BAD_DER, "" },
    { &challenges, "30{ 04{} }", ERR_BAD_DER, "[0]" },
    { &challenges, "30{ 30{ 3000 04{} 04{} } }", ERR_BAD_DER,
      "[0].owf.algorithm" },
    { &challenges, "30{ 30{ " OWF " } }", ERR_BAD_DER, "[0].witness" },
    { &challenges, "30{ 30{ 04{} } }", ERR_BAD_DER, "[0].challenge" },
    { &challenges, "30{ 30{ 04{} 04{} 04{} } }", ERR_BAD_DER, "[0]" },
    { &challenges, "30{ 30{ 04{} 04{} a0{} } }", ERR_BAD_DER,
      "[0].encryptedRand" },
    { &challenges, "30{ 30{ 04{} 04{} a0{ 02{00} 3000 } } }", ERR_BAD_DER,
      "[0].encryptedRand" },
    { &challenges, "30{ 30{ 04{} 04{} a0{ 3000 00 } } }", ERR_BAD_DER,
      "[0].encryptedRand" },
    { &challenges, "30{ 30{ 04{} 04{} a1{ 3000 } } }", ERR_BAD_DER, "[0]" },

    { &answers, "3000", ERR_OK, NULL },
    { &answers, "30{ 02{00} 02{2a} }", ERR_OK, NULL },
    { &answers, "30{ 02{ff} 02{80} 02{ff7f} 02{0080} }", ERR_OK, NULL },
    { &answers, "30{ 02{ 01 *63(00) } }", ERR_OK, NULL },
    { &answers, "30{ *16( 02{01} ) }", ERR_OK, NULL },
    { &answers, "30{ *17( 02{01} ) }", ERR_LIMIT, "" },
    { &answers, "30{ 02{ 01 *64(00) } }", ERR_LIMIT, "[0]" },
    { &answers, "02{01}", ERR_BAD_DER, "" },
    { &answers, "30{ 02{} }", ERR_BAD_DER, "[0]" },
    { &answers, "30{ 02{01} 02{0001} }", ERR_BAD_DER, "[1]" },
    { &answers, "30{ 02{ff80} }", ERR_BAD_DER, "[0]" },
    { &answers, "30{ 30{ 02{01} } }", ERR_BAD_DER, "[0]" },

    { &rand_of_pop, "30{ 02{2a} a4{ 3000 } }", ERR_OK, NULL },
    { &rand_of_pop, "30{ 02{80} 82{'ca'} }", ERR_OK, NULL },
    { &rand_of_pop, "30{ a4{ 3000 } }", ERR_BAD_DER, "int" },
    { &rand_of_pop, "30{ 02{2a} }", ERR_BAD_DER, "sender" },
    { &rand_of_pop, "30{ 02{2a} 3000 }", ERR_BAD_DER, "sender" },
    { &rand_of_pop, "30{ 02{2a} a4{ 3000 } 00 }", ERR_BAD_DER, "" },
    { &rand_of_pop, "02{2a}", ERR_BAD_DER, "" },
};

static void test_cases(void **state)
{
    (void)state;
    codec_cases_check(cases, NUM(cases));
}

static void test_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct der in = der_open(
        der_text("a5{ 30{ 30{ " OWF " 04{aa} 04{bb} } 30{ 04{ab} 04{} a0{ "
                 "30{ 01 } } } } } a6{ 30{ 02{ff} 02{2a} } } "
                 "30{ 02{2a} 82{'ca'} }",
                 a),
        NULL);
    const struct pop_challenge *c;
    struct pop_rand r;
    struct pki_body b;

    (void)state;
    assert_int_equal(cmp_body_read(&in, a, &b), ERR_OK);
    assert_int_equal(b.type, CMP_POPDECC);
    assert_int_equal(b.pop_challenges.num, 2);
    c = b.pop_challenges.list;
    assert_true(span_is_equal(c[0].owf.oid, oid_span(OID_ID_SHA256)));
    assert_true(span_is_equal(c[0].witness, SPAN_LIT("\xaa")));
    assert_true(span_is_equal(c[0].challenge, SPAN_LIT("\xbb")));
    assert_true(span_is_absent(c[0].encrypted_rand));
    assert_true(span_is_absent(c[1].owf.oid));
    assert_int_equal(c[1].challenge.len, 0);
    assert_true(span_is_equal(c[1].encrypted_rand, SPAN_LIT("\x30\x01\x01")));

    assert_int_equal(cmp_body_read(&in, a, &b), ERR_OK);
    assert_int_equal(b.type, CMP_POPDECR);
    assert_int_equal(b.pop_answers.num, 2);
    assert_true(span_is_equal(b.pop_answers.list[0], SPAN_LIT("\xff")));

    assert_int_equal(pop_rand_read(&in, &r), ERR_OK);
    assert_true(span_is_equal(r.integer, SPAN_LIT("\x2a")));
    assert_int_equal(r.sender.type, GN_DNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
