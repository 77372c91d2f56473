#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "profile/scene_test.h"

#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }

static struct fact_peer agreed;

static void good(struct scene *s)
{
    struct cert_template *t = s->template;

    agreed = (struct fact_peer){ .subject = scene_name(s, "CN=East CA,O=East"),
                                 .path_len = 1,
                                 .until = SCENE_NOW + 1000,
                                 .ca_alg = SIG_ECDSA_SHA256,
                                 .ca_key = &s->old.spki };
    t->subject = agreed.subject;
    t->issuer = s->facts.ca_subject;
    alg_id_set(&t->signing_alg, OID_ECDSA_WITH_SHA256);
    t->has_not_before = t->has_not_after = true;
    t->not_before = SCENE_NOW;
    t->not_after = SCENE_NOW + 5000;
    s->facts.signer_kind = SIGNER_PEER_CA;
    s->facts.peer = &agreed;
}

static void ask(struct scene *s, const char *constraints, const char *usage)
{
    s->template->extensions.num = 0;
    if (constraints != NULL)
        scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, constraints);
    if (usage != NULL)
        scene_ask(s, OID_ID_CE_KEY_USAGE, usage);
}

#define CA "30{ 0101ff }"
#define CA_0 "30{ 0101ff 020100 }"
#define CA_1 "30{ 0101ff 020101 }"
#define CA_2 "30{ 0101ff 020102 }"
#define SIGN "03020106"

CHANGE(nothing, (void)s)
CHANGE(path_len_0, ask(s, CA_0, SIGN))
CHANGE(path_len_1, ask(s, CA_1, SIGN))
CHANGE(path_len_2, ask(s, CA_2, SIGN))
CHANGE(path_len_minus, ask(s, "30{ 0101ff 0201ff }", SIGN))
CHANGE(cert_sign_alone, ask(s, CA, "03020204"))
CHANGE(crl_sign_alone, ask(s, CA, "03020102"))
CHANGE(digital_signature_too, ask(s, CA, "03020186"))
CHANGE(no_usage, ask(s, CA, NULL))
CHANGE(no_constraints, ask(s, NULL, SIGN))
CHANGE(no_ca, ask(s, "30{}", SIGN))
CHANGE(path_len_of_no_ca, ask(s, "30{ 020100 }", SIGN))
CHANGE(rest_after_constraints, ask(s, "30{ 0101ff 020100 0500 }", SIGN))
CHANGE(key_id, scene_ask(s, OID_ID_CE_SUBJECT_KEY_IDENTIFIER, "04{ 01 }"))
CHANGE(no_key_id, scene_ask(s, OID_ID_CE_SUBJECT_KEY_IDENTIFIER, "04{}"))
CHANGE(aki, scene_ask(s, OID_ID_CE_AUTHORITY_KEY_IDENTIFIER, "30{}"))
CHANGE(eku,
       scene_ask(s, OID_ID_CE_EXT_KEY_USAGE, "30{ 06{ 2b06010505070301 } }"))
CHANGE(san, scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{ 82{'a'} }"))
CHANGE(name_constraints, scene_ask(s, OID_ID_CE_NAME_CONSTRAINTS, "30{}"))
CHANGE(no_alg, s->template->signing_alg.oid = SPAN_NONE)
CHANGE(other_alg, alg_id_set(&s->template->signing_alg, OID_ECDSA_WITH_SHA384))
CHANGE(no_issuer, s->template->issuer = SPAN_NONE)
CHANGE(null_issuer, s->template->issuer = SPAN_LIT("\x30\x00"))
CHANGE(other_issuer, s->template->issuer = scene_name(s, "CN=Other"))
CHANGE(signers_issuer, s->template->issuer = s->signer.issuer)
CHANGE(no_subject, s->template->subject = SPAN_NONE)
CHANGE(null_subject, s->template->subject = SPAN_LIT("\x30\x00"))
CHANGE(other_subject, s->template->subject = scene_name(s, "CN=East CA"))
CHANGE(no_begin, s->template->has_not_before = false)
CHANGE(no_end, s->template->has_not_after = false)
CHANGE(ended, s->template->not_before = 0; s->template->not_after = SCENE_NOW)
CHANGE(ends_soon, s->template->not_after = SCENE_NOW + 1)
CHANGE(backwards, s->template->not_before = s->template->not_after)
CHANGE(begins_late, s->template->not_before = SCENE_NOW + 1000)
CHANGE(begins_in_time, s->template->not_before = SCENE_NOW + 999)
CHANGE(no_key, s->template->has_public_key = false)
CHANGE(empty_key, s->template->public_key.key = SPAN_LIT(""))
CHANGE(ca_key, s->template->public_key = s->old.spki)
CHANGE(serial, s->template->serial = SPAN_LIT("\x01"))
CHANGE(no_popo, s->popo->type = POPO_ABSENT)
CHANGE(ra_verified, s->popo->type = POPO_RA_VERIFIED)
CHANGE(encr_cert, s->popo->type = POPO_KEY_ENCIPHERMENT;
       s->popo->priv_type = POPO_PRIV_SUBSEQUENT_MESSAGE)
CHANGE(number_1, s->requests[0].cert_req.cert_req_id = 1)
CHANGE(two, s->msg.body.cert_req.num = 2)
CHANGE(blocked, s->facts.is_blocked = true)
CHANGE(seen, s->facts.request_seen = true)
CHANGE(taken, s->facts.suggested_is_taken = true)
CHANGE(late, s->msg.header.message_time = SCENE_NOW - 100000)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    const char *rule; /* "": none is broken */
    enum err err;
} cases[] = {
    { "a good one", nothing, "", ERR_OK },
    { "pathLen 0", path_len_0, "", ERR_OK },
    { "pathLen 1", path_len_1, "", ERR_OK },
    { "keyCertSign alone", cert_sign_alone, "", ERR_OK },
    { "its key identifier", key_id, "", ERR_OK },
    { "its issuer's key identifier", aki, "", ERR_OK },
    { "a second left", ends_soon, "", ERR_OK },
    { "begins in time", begins_in_time, "", ERR_OK },
    { "pathLen 2", path_len_2, "ccr-path-len-is-agreed", ERR_NOT_AUTHORIZED },
    { "pathLen -1", path_len_minus, "ccr-asks-for-ca", ERR_BAD_CERT_TEMPLATE },
    { "cRLSign alone", crl_sign_alone, "ccr-asks-for-ca",
      ERR_BAD_CERT_TEMPLATE },
    { "no keyUsage", no_usage, "ccr-asks-for-ca", ERR_BAD_CERT_TEMPLATE },
    { "no basicConstraints", no_constraints, "ccr-asks-for-ca",
      ERR_BAD_CERT_TEMPLATE },
    { "no cA", no_ca, "ccr-asks-for-ca", ERR_BAD_CERT_TEMPLATE },
    { "pathLen of no CA", path_len_of_no_ca, "ccr-asks-for-ca",
      ERR_BAD_CERT_TEMPLATE },
    { "bytes left over", rest_after_constraints, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE },
    { "an empty key identifier", no_key_id, "ccr-asks-for-ca",
      ERR_BAD_CERT_TEMPLATE },
    { "digitalSignature too", digital_signature_too, "ccr-asks-for-no-more",
      ERR_UNACCEPTED_EXTENSION },
    { "extKeyUsage", eku, "ccr-asks-for-no-more", ERR_UNACCEPTED_EXTENSION },
    { "subjectAltName", san, "ccr-asks-for-no-more", ERR_UNACCEPTED_EXTENSION },
    { "nameConstraints", name_constraints, "ccr-asks-for-no-more",
      ERR_UNACCEPTED_EXTENSION },
    { "no signingAlg", no_alg, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "no issuer", no_issuer, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "a null issuer", null_issuer, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "no subject", no_subject, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "a null subject", null_subject, "ccr-is-complete",
      ERR_BAD_CERT_TEMPLATE },
    { "no notBefore", no_begin, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "no notAfter", no_end, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "no key", no_key, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "an empty key", empty_key, "ccr-is-complete", ERR_BAD_CERT_TEMPLATE },
    { "a serialNumber", serial, "template-leaves-ca-fields",
      ERR_BAD_CERT_TEMPLATE },
    { "no popo", no_popo, "ccr-proves-possession", ERR_BAD_POP },
    { "raVerified", ra_verified, "ccr-proves-possession", ERR_BAD_POP },
    { "encrCert", encr_cert, "ccr-proves-possession", ERR_BAD_POP },
    { "certReqId 1", number_1, "cert-req-id-is-zero", ERR_BAD_REQUEST },
    { "two", two, "one-request", ERR_BAD_REQUEST },
    { "yesterday's", late, "kur-time-is-near", ERR_BAD_TIME },
    { "blocked", blocked, "station-is-not-blocked", ERR_NOT_AUTHORIZED },
    { "seen before", seen, "request-is-new", ERR_DUPLICATE_CERT_REQ },
    { "a name taken", taken, "name-is-free", ERR_NOT_AUTHORIZED },
    { "another issuer", other_issuer, "ccr-names-this-ca",
      ERR_WRONG_AUTHORITY },
    { "the signer's issuer", signers_issuer, "ccr-names-this-ca",
      ERR_WRONG_AUTHORITY },
    { "another name", other_subject, "ccr-subject-is-agreed",
      ERR_NOT_AUTHORIZED },
    { "another signingAlg", other_alg, "ccr-alg-is-ours", ERR_BAD_ALG },
    { "a validity gone by", ended, "ccr-validity-is-grantable",
      ERR_BAD_CERT_TEMPLATE },
    { "a validity of no time", backwards, "ccr-validity-is-grantable",
      ERR_BAD_CERT_TEMPLATE },
    { "a validity after all", begins_late, "ccr-validity-is-grantable",
      ERR_BAD_CERT_TEMPLATE },
    { "our CA's key", ca_key, "ccr-brings-other-key", ERR_BAD_CERT_TEMPLATE },
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, CMP_CCR);
        good(&s);
        ask(&s, CA, SIGN);
        cases[i].change(&s);
        print_message("%s\n", cases[i].what);
        assert_int_equal(scene_judge(&s, &findings, &f), cases[i].err);
        assert_string_equal(f.rule, cases[i].rule);
        scene_done(&s);
    }
}

/* What is refused of it is refused in a ccp. */
static void test_answer(void **state)
{
    (void)state;
    assert_int_equal(rule_body(STEP_REQUEST, CMP_CCR), CMP_CCP);
    assert_int_equal(rule_body(STEP_JUDGE_REQUEST, CMP_CCR), CMP_CCP);
    assert_int_equal(rule_body(STEP_PROTECTION, CMP_CCR), CMP_ERROR);
}

/* No other type serves it, and no other body asks for a CA. */
static void test_open_alone(void **state)
{
    static const enum cmp_body_type others[] = { CMP_IR, CMP_CR, CMP_KUR };

    (void)state;
    for (enum profile_type t = PROFILE_3GPP_BS; t < PROFILE_TYPE_NUM; t++) {
        struct profile p;

        profile_init(&p, t);
        assert_int_equal((p.bodies & BODY_BIT(CMP_CCR)) != 0,
                         t == PROFILE_OPEN);
        assert_int_equal(p.mac_bodies & BODY_BIT(CMP_CCR), 0);
    }
    for (size_t i = 0; i < SCENE_NUM(others); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, others[i]);
        ask(&s, CA, SIGN);
        assert_int_equal(scene_judge(&s, &findings, &f), ERR_BAD_CERT_TEMPLATE);
        assert_string_equal(f.rule, "no-ca-asked-for");
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_open_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
