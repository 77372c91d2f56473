#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

#define BS PROFILE_3GPP_BS
#define LIGHT PROFILE_RFC9483
#define OPEN PROFILE_OPEN
#define LEGACY PROFILE_LEGACY_2010

#define ENCIPHER POPO_KEY_ENCIPHERMENT
#define AGREE POPO_KEY_AGREEMENT
#define LATER POPO_PRIV_SUBSEQUENT_MESSAGE

/* keyUsage as the text of a BIT STRING. */
#define KU_SIGN "03020780"
#define KU_BOTH "030205a0"
#define KU_ENC "03020520"
#define KU_DATA "03020430"
#define KU_AGREE "03020308"
#define KU_NOTHING "030100"

static const struct {
    const char *what;
    enum profile_type profile;
    enum popo_type type;
    enum popo_priv_type choice;
    int64_t subsequent;
    const char *key_usage; /* NULL: not asked for */
    bool is_rsa;
    const char *rule; /* "": none is broken */
} cases[] = {
    { "challenge", OPEN, ENCIPHER, LATER, 1, KU_ENC, true, "" },
    { "data too", OPEN, ENCIPHER, LATER, 1, KU_DATA, true, "" },
    { "legacy", LEGACY, ENCIPHER, LATER, 1, KU_ENC, true, "" },
    { "agreement", OPEN, AGREE, LATER, 1, KU_AGREE, false, "popo-is-for-key" },
    { "3gpp-bs", BS, ENCIPHER, LATER, 1, KU_ENC, true, "popo-is-signature" },
    { "rfc9483", LIGHT, ENCIPHER, LATER, 1, KU_ENC, true, "popo-is-signature" },
    { "no choice known", OPEN, ENCIPHER, LATER, 2, KU_ENC, true,
      "popo-method-is-taken" },
    { "thisMessage", OPEN, ENCIPHER, POPO_PRIV_THIS_MESSAGE, 0, KU_ENC, true,
      "popo-method-is-taken" },
    { "encryptedKey", OPEN, ENCIPHER, POPO_PRIV_ENCRYPTED_KEY, 0, KU_ENC, true,
      "popo-method-is-taken" },
    { "dhMAC", OPEN, AGREE, POPO_PRIV_DH_MAC, 0, KU_AGREE, false,
      "popo-method-is-taken" },
    { "agreeMAC", LEGACY, AGREE, POPO_PRIV_AGREE_MAC, 0, KU_AGREE, false,
      "popo-method-is-taken" },
    { "a point that enciphers", OPEN, ENCIPHER, LATER, 1, KU_ENC, false,
      "popo-is-for-key" },
    { "RSA that agrees", OPEN, AGREE, LATER, 1, KU_AGREE, true,
      "popo-is-for-key" },
    { "no keyUsage", OPEN, ENCIPHER, LATER, 1, NULL, true,
      "key-that-signs-signs" },
    { "no bit of it", OPEN, ENCIPHER, LATER, 1, KU_NOTHING, true,
      "key-that-signs-signs" },
    { "it signs", OPEN, ENCIPHER, LATER, 1, KU_SIGN, true,
      "key-that-signs-signs" },
    { "it signs too", OPEN, ENCIPHER, LATER, 1, KU_BOTH, true,
      "key-that-signs-signs" },
    { "for something else", OPEN, ENCIPHER, LATER, 1, KU_AGREE, true,
      "key-that-signs-signs" },
};

/* An RSA key as far as it is looked at here: 2048 bits of modulus. */
static void set_rsa(struct scene *s)
{
    static uint8_t key[270] = { 0x30, 0x82, 0x01, 0x0a, 0x02,
                                0x82, 0x01, 0x01, 0x00, 0x80 };
    static const uint8_t exponent[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

    memcpy(key + sizeof(key) - sizeof(exponent), exponent, sizeof(exponent));
    alg_id_set(&s->template->public_key.alg, OID_RSA_ENCRYPTION);
    s->template->public_key.alg.params = SPAN_LIT("\x05\x00");
    s->template->public_key.key = SPAN_OF(key);
}

static void test_methods(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct judged in = { 0 };
        struct scene s;
        enum err e;

        scene_init(&s, cases[i].profile, CMP_IR);
        s.popo->type = cases[i].type;
        s.popo->priv_type = cases[i].choice;
        s.popo->subsequent = cases[i].subsequent;
        if (cases[i].is_rsa)
            set_rsa(&s);
        if (cases[i].key_usage != NULL)
            scene_ask(&s, OID_ID_CE_KEY_USAGE, cases[i].key_usage);
        in.msg = &s.msg;
        in.profile = &s.profile;
        in.req = scene_request(&s);
        print_message("%s\n", cases[i].what);
        e = rules_check(STEP_REQUEST, &in, &findings, &f);
        assert_string_equal(f.rule, cases[i].rule);
        assert_int_equal(e, cases[i].rule[0] == '\0' ? ERR_OK : ERR_BAD_POP);
        scene_done(&s);
    }
}

/* --- popdecr --- */

static const struct {
    const char *what;
    enum fact_transaction state;
    struct span nonce;
    const char *rule;
    enum err err;
} answers[] = {
    { "a good one", FACT_CHALLENGED, SPAN_LIT("nonce"), "", ERR_OK },
    { "no transaction", FACT_NO_TRANSACTION, SPAN_LIT("nonce"),
      "answer-has-transaction", ERR_BAD_REQUEST },
    { "unconfirmed", FACT_UNCONFIRMED, SPAN_LIT("nonce"),
      "answer-finds-challenge", ERR_BAD_REQUEST },
    { "confirmed", FACT_CONFIRMED, SPAN_LIT("nonce"), "answer-finds-challenge",
      ERR_BAD_REQUEST },
    { "waiting", FACT_WAITING, SPAN_LIT("nonce"), "answer-finds-challenge",
      ERR_BAD_REQUEST },
    { "rejected", FACT_REJECTED, SPAN_LIT("nonce"), "answer-finds-challenge",
      ERR_BAD_REQUEST },
    { "timed out", FACT_TIMED_OUT, SPAN_LIT("nonce"), "answer-finds-challenge",
      ERR_BAD_REQUEST },
    { "ended", FACT_ENDED, SPAN_LIT("nonce"), "answer-finds-challenge",
      ERR_BAD_REQUEST },
    { "no recipNonce",
      FACT_CHALLENGED,
      { NULL, 0 },
      "answer-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE },
    { "another nonce", FACT_CHALLENGED, SPAN_LIT("other"),
      "answer-has-recip-nonce", ERR_BAD_RECIPIENT_NONCE },
};

static void test_answers(void **state)
{
    static const struct span number = SPAN_LIT("\x01");

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(answers); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct judged in = { 0 };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, CMP_POLL_REQ);
        s.msg.body.type = CMP_POPDECR;
        s.msg.body.pop_answers = (struct pop_answers){ &number, 1 };
        s.facts.transaction = answers[i].state;
        s.facts.our_nonce = SPAN_LIT("nonce");
        s.msg.header.recip_nonce = answers[i].nonce;
        in.msg = &s.msg;
        in.profile = &s.profile;
        in.facts = &s.facts;
        print_message("%s\n", answers[i].what);
        assert_int_equal(rules_check(STEP_JUDGE_MESSAGE, &in, &findings, &f),
                         answers[i].err);
        assert_string_equal(f.rule, answers[i].rule);
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
