/* What a station makes of what it is told: each rule broken once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "txn/client_told.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define NOW ((int64_t)1795341600)
#define DAY ((int64_t)86400)
#define NULL_DN SPAN_LIT("\x30\x00")
#define OTHER_DN \
    SPAN_LIT("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01x")
#define EC SPAN_LIT("\x2a\x86\x48\xce\x3d\x02\x01")

/* --- a genp --- */

struct told_case {
    const char *what;
    enum client_topic wants[3]; /* TOPIC_NUM ends it; the rest is not asked */
    struct {
        enum oid id;
        struct span value;
    } told[2];
    const char *rule; /* "": all hold */
};

#define ASKS(...)              \
    {                          \
        __VA_ARGS__, TOPIC_NUM \
    }
#define TELLS(id, value)          \
    {                             \
        {                         \
            OID_ID_IT_##id, value \
        }                         \
    }
#define BOTH(a, va, b, vb)     \
    {                          \
        { OID_ID_IT_##a, va }, \
        {                      \
            OID_ID_IT_##b, vb  \
        }                      \
    }
#define V(text) SPAN_LIT(text)
/* unsupportedOIDs { caCerts } */
#define LIST_CA_CERTS V("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x04\x11")

/* clang-format off */
static const struct told_case told_cases[] = {
    { "nothing to tell", ASKS(TOPIC_CA_CERTS),
      TELLS(CA_CERTS, SPAN_NONE), "" },
    { "asked for anything", ASKS(TOPIC_NUM),
      TELLS(CA_CERTS, SPAN_NONE), "" },
    { "anything, once", ASKS(TOPIC_NUM),
      BOTH(CA_CERTS, SPAN_NONE, CA_CERTS, SPAN_NONE), "told-once" },
    { "one that was not asked", ASKS(TOPIC_CA_CERTS),
      BOTH(CA_CERTS, SPAN_NONE, CURRENT_CRL, SPAN_NONE), "told-was-asked" },
    { "one of no topic", ASKS(TOPIC_CA_CERTS),
      TELLS(IMPLICIT_CONFIRM, SPAN_NONE), "told-was-asked" },
    { "unsupported", ASKS(TOPIC_CA_CERTS),
      TELLS(UNSUPPORTED_OIDS, LIST_CA_CERTS), "" },
    { "unsupported and not asked", ASKS(TOPIC_TEMPLATE),
      TELLS(UNSUPPORTED_OIDS, LIST_CA_CERTS), "told-unsupported" },
    { "unsupported without a list", ASKS(TOPIC_CA_CERTS),
      TELLS(UNSUPPORTED_OIDS, SPAN_NONE), "told-unsupported" },
    { "told and unsupported", ASKS(TOPIC_CA_CERTS),
      BOTH(CA_CERTS, SPAN_NONE, UNSUPPORTED_OIDS, LIST_CA_CERTS),
      "told-one-answer" },
    { "another value", ASKS(TOPIC_CA_CERTS),
      TELLS(CA_CERTS, V("\x05\x00")), "told-value" },
    { "something behind the value", ASKS(TOPIC_SYMM_ALG),
      TELLS(PREFERRED_SYMM_ALG, V("\x30\x05\x06\x03\x2b\x65\x70\x05\x00")),
      "told-value" },
    { "parameters", ASKS(TOPIC_KEY_PARAM),
      TELLS(KEY_PAIR_PARAM_REP,
            V("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x02\x01")), "" },
    { "another algorithm's", ASKS(TOPIC_KEY_PARAM),
      TELLS(KEY_PAIR_PARAM_REP, V("\x30\x05\x06\x03\x2b\x65\x70")),
      "told-parameters" },
    { "a language", ASKS(TOPIC_LANGUAGE),
      TELLS(SUPP_LANG_TAGS, V("\x30\x04\x0c\x02" "en")), "" },
    { "another one", ASKS(TOPIC_LANGUAGE),
      TELLS(SUPP_LANG_TAGS, V("\x30\x04\x0c\x02" "de")), "told-language" },
    { "none", ASKS(TOPIC_LANGUAGE),
      TELLS(SUPP_LANG_TAGS, SPAN_NONE), "told-language" },
    { "a template", ASKS(TOPIC_TEMPLATE),
      TELLS(CERT_REQ_TEMPLATE, V("\x30\x02\x30\x00")), "" },
    { "with serialNumber", ASKS(TOPIC_TEMPLATE),
      TELLS(CERT_REQ_TEMPLATE, V("\x30\x05\x30\x03\x81\x01\x01")),
      "told-template" },
    { "with issuerUID", ASKS(TOPIC_TEMPLATE),
      TELLS(CERT_REQ_TEMPLATE, V("\x30\x06\x30\x04\x87\x02\x00\x01")),
      "told-template" },
};
/* clang-format on */

static void fill_question(const enum client_topic *wants,
                          struct client_question *q)
{
    static const struct span languages[] = { { (const uint8_t *)"en", 2 } };

    *q = (struct client_question){ .algorithm = EC,
                                   .languages = { languages, 1 } };
    for (size_t i = 0; wants[i] != TOPIC_NUM; i++)
        q->wants[wants[i]] = true;
}

static size_t check(const char *what, enum rule_step step,
                    const struct told_judged *in, const char *rule)
{
    struct fault f = { 0 };
    const struct rule *broken = told_rules_check(step, in, &f);
    const char *got = broken == NULL ? "" : broken->id;

    if (strcmp(got, rule) == 0 && strcmp(f.rule, rule) == 0)
        return 0;
    printf("%s: \"%s\", expected \"%s\" (%s)\n", what, got, rule, f.text);
    return 1;
}

static void test_genp(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(told_cases); i++) {
        const struct told_case *c = &told_cases[i];
        AUTO(arena) a = arena_new(65536);
        struct info_type_value list[2];
        struct info_list infos = { list, 0 };
        struct client_question question;
        struct client_told told;
        const struct told_judged in = { .question = &question, .told = &told };

        while (infos.num < 2 && c->told[infos.num].id != OID_UNKNOWN) {
            enum oid id = c->told[infos.num].id;

            list[infos.num] = (struct info_type_value){
                .oid = oid_span(id), .id = id, .value = c->told[infos.num].value
            };
            infos.num++;
        }
        fill_question(c->wants, &question);
        assert_int_equal(client_told_read(&infos, a, &told, NULL), ERR_OK);
        failures += check(c->what, STEP_TOLD, &in, c->rule);
    }
    assert_int_equal(failures, 0);
}

/* --- an update of the root --- */

static struct {
    struct x509_cert fresh, linked, back, old;
    struct told_update update;
} u;

static struct x509_cert ca(struct span key)
{
    return (struct x509_cert){ .is_ca = true,
                               .subject = NULL_DN,
                               .issuer = NULL_DN,
                               .not_before = NOW - DAY,
                               .not_after = NOW + DAY,
                               .spki = { .der = key } };
}

static void good_update(void)
{
    u.fresh = u.linked = ca(SPAN_LIT("new"));
    u.back = u.old = ca(SPAN_LIT("old"));
    u.update = (struct told_update){ .fresh = &u.fresh,
                                     .linked = &u.linked,
                                     .back = &u.back,
                                     .has_back = true,
                                     .old = &u.old,
                                     .fresh_is_self_signed = true,
                                     .fresh_key_is_fit = true,
                                     .back_verifies = true };
}

#define CASE(name, statement) \
    static void name(void)    \
    {                         \
        statement;            \
    }
CASE(nothing, (void)0)
CASE(no_back, u.update.back = NULL; u.update.has_back = false)
CASE(bad_back, u.update.back = NULL)
CASE(bad_fresh, u.update.fresh = NULL)
CASE(no_link, u.update.linked = NULL)
CASE(not_self_signed, u.update.fresh_is_self_signed = false)
CASE(no_ca, u.fresh.is_ca = false)
CASE(no_cert_sign, u.fresh.has_key_usage = true;
     u.fresh.key_usage = KU_CRL_SIGN)
CASE(weak_key, u.update.fresh_key_is_fit = false)
CASE(not_proven, u.update.old = NULL)
CASE(link_key, u.linked.spki.der = SPAN_LIT("third"))
CASE(link_name, u.linked.subject = OTHER_DN)
CASE(link_no_ca, u.linked.is_ca = false)
CASE(held, u.update.is_held = true)
CASE(fresh_over, u.fresh.not_after = NOW)
CASE(fresh_last, u.fresh.not_after = NOW + 1)
CASE(fresh_early, u.fresh.not_before = NOW + 1)
CASE(link_over, u.linked.not_after = NOW)
CASE(old_over, u.old.not_after = NOW)
CASE(back_unsigned, u.update.back_verifies = false)
CASE(back_key, u.back.spki.der = SPAN_LIT("new"))
CASE(back_name, u.back.subject = OTHER_DN)

static void test_update(void **state)
{
    static const struct {
        const char *what;
        void (*change)(void);
        const char *rule;
    } cases[] = {
        { "good", nothing, "" },
        { "without oldWithNew", no_back, "" },
        { "oldWithNew unreadable", bad_back, "update-complete" },
        { "newWithNew unreadable", bad_fresh, "update-complete" },
        { "without newWithOld", no_link, "update-complete" },
        { "not self-signed", not_self_signed, "update-self-signed" },
        { "no CA", no_ca, "update-self-signed" },
        { "no keyCertSign", no_cert_sign, "update-self-signed" },
        { "weak key", weak_key, "update-self-signed" },
        { "not proven", not_proven, "update-link" },
        { "link for another key", link_key, "update-link" },
        { "link for another name", link_name, "update-link" },
        { "link for no CA", link_no_ca, "update-link" },
        { "held already", held, "update-is-new" },
        { "new root expired", fresh_over, "update-dates" },
        { "its last second", fresh_last, "" },
        { "new root to come", fresh_early, "update-dates" },
        { "link expired", link_over, "update-dates" },
        { "old root expired", old_over, "update-dates" },
        { "oldWithNew by another", back_unsigned, "update-back" },
        { "oldWithNew for another key", back_key, "update-back" },
        { "oldWithNew for another name", back_name, "update-back" },
    };
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct told_judged in = { .update = &u.update, .now = NOW };

        good_update();
        cases[i].change();
        failures += check(cases[i].what, STEP_TOLD_UPDATE, &in, cases[i].rule);
    }
    assert_int_equal(failures, 0);
}

/* --- CRLs --- */

static struct {
    struct x509_crl crl;
    struct x509_cert issuer;
    struct general_name name;
    struct crl_status status;
    struct told_crl told;
    struct client_question question;
} c;

static void good_crl(void)
{
    c.crl = (struct x509_crl){ .issuer = NULL_DN,
                               .this_update = NOW - DAY,
                               .has_next_update = true,
                               .next_update = NOW + DAY };
    c.issuer = ca(SPAN_LIT("key"));
    c.name = (struct general_name){ .type = GN_DIRECTORY, .value = NULL_DN };
    c.status = (struct crl_status){ .source = CRL_SOURCE_ISSUER,
                                    .names = { &c.name, 1 } };
    c.told = (struct told_crl){ .crl = &c.crl,
                                .issuer = &c.issuer,
                                .signature_holds = true,
                                .issuer_is_trusted = true,
                                .has_held = true,
                                .held_update = NOW - DAY };
    c.question = (struct client_question){ .crls = { &c.status, 1 } };
}

CASE(crl_bad, c.told.crl = NULL)
CASE(crl_other, c.name.value = OTHER_DN)
CASE(crl_point, c.name.value = OTHER_DN; c.status.source = CRL_SOURCE_FULL_NAME)
CASE(crl_unasked, c.name.value = OTHER_DN; c.question.crls.num = 0)
CASE(crl_no_issuer, c.told.issuer = NULL)
CASE(crl_forged, c.told.signature_holds = false)
CASE(crl_stranger, c.told.issuer_is_trusted = false)
CASE(crl_usage, c.issuer.has_key_usage = true;
     c.issuer.key_usage = KU_KEY_CERT_SIGN)
CASE(crl_no_ca, c.issuer.is_ca = false)
CASE(crl_early, c.crl.this_update = NOW + 1)
CASE(crl_open, c.crl.has_next_update = false)
CASE(crl_over, c.crl.next_update = NOW)
CASE(crl_old, c.told.held_update = NOW - DAY + 1)
CASE(crl_first, c.told.held_update = NOW; c.told.has_held = false)

static void test_crl(void **state)
{
    static const struct {
        const char *what;
        void (*change)(void);
        const char *rule;
    } cases[] = {
        { "good", nothing, "" },
        { "unreadable", crl_bad, "crl-readable" },
        { "another issuer", crl_other, "crl-was-asked" },
        { "by distribution point", crl_point, "" },
        { "announced", crl_unasked, "" },
        { "no issuer", crl_no_issuer, "crl-signer" },
        { "forged", crl_forged, "crl-signer" },
        { "a stranger's", crl_stranger, "crl-signer" },
        { "no cRLSign", crl_usage, "crl-signer" },
        { "no CA", crl_no_ca, "crl-signer" },
        { "to come", crl_early, "crl-dates" },
        { "without nextUpdate", crl_open, "crl-dates" },
        { "out of date", crl_over, "crl-dates" },
        { "older than the one held", crl_old, "crl-age" },
        { "the first one", crl_first, "" },
    };
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct told_judged in = { .question = &c.question,
                                        .crl = &c.told,
                                        .now = NOW };

        good_crl();
        cases[i].change();
        failures += check(cases[i].what, STEP_TOLD_CRL, &in, cases[i].rule);
    }
    assert_int_equal(failures, 0);
}

/* --- announcements --- */

static struct cmp_message m;

static void good_announcement(void)
{
    m = (struct cmp_message){ .body.type = CMP_CKUANN };
    m.header.pvno = 3;
    m.header.has_message_time = true;
    m.header.message_time = NOW;
    m.body.ca_key_update.is_v3 = true;
}

CASE(form_v2, m.body.ca_key_update.is_v3 = false; m.header.pvno = 2)
CASE(v3_in_2, m.header.pvno = 2)
CASE(pvno_1, m.header.pvno = 1; m.body.type = CMP_CANN)
CASE(pvno_4, m.header.pvno = 4)
CASE(a_genp, m.body.type = CMP_GENP)
CASE(no_time, m.header.has_message_time = false)
CASE(ahead, m.header.message_time = NOW + 300)
CASE(far_ahead, m.header.message_time = NOW + 301)
CASE(long_ago, m.header.message_time = 0)
CASE(warns, m.body.type = CMP_RANN;
     m.body.rev_ann.status = STATUS_REVOCATION_WARNING)
CASE(notifies, m.body.type = CMP_RANN;
     m.body.rev_ann.status = STATUS_REVOCATION_NOTIFICATION)
CASE(accepts, m.body.type = CMP_RANN; m.body.rev_ann.status = STATUS_ACCEPTED)

static void test_announcement(void **state)
{
    static const struct {
        const char *what;
        void (*change)(void);
        const char *rule;
    } cases[] = {
        { "good", nothing, "" },
        { "of v2", form_v2, "" },
        { "of v3 with pvno 2", v3_in_2, "announced-pvno" },
        { "pvno 1", pvno_1, "announced-pvno" },
        { "pvno 4", pvno_4, "announced-pvno" },
        { "a genp", a_genp, "announced-body" },
        { "without messageTime", no_time, "announced-time" },
        { "a clock ahead", ahead, "" },
        { "too far ahead", far_ahead, "announced-time" },
        { "of long ago", long_ago, "" },
        { "rann that warns", warns, "" },
        { "rann that notifies", notifies, "" },
        { "rann that accepts", accepts, "announced-status" },
    };
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct told_judged in = { .message = &m, .now = NOW };

        good_announcement();
        cases[i].change();
        failures += check(cases[i].what, STEP_ANNOUNCED, &in, cases[i].rule);
    }
    assert_int_equal(failures, 0);
}

/* --- certificates --- */

static void test_certificates(void **state)
{
    static const struct {
        const char *what;
        bool is_read, is_ca;
        uint32_t usage; /* 0: none is said */
        bool is_trusted;
        const char *as_ca, *as_target;
    } cases[] = {
        { "unreadable", false, false, 0, false, "ca-cert", "target-cert" },
        { "CA", true, true, KU_KEY_CERT_SIGN, false, "", "target-cert" },
        { "no CA", true, false, KU_KEY_ENCIPHERMENT, true, "ca-cert", "" },
        { "of any use", true, false, 0, true, "ca-cert", "" },
        { "agrees", true, false, KU_KEY_AGREEMENT, true, "ca-cert", "" },
        { "stranger", true, false, KU_KEY_AGREEMENT, false, "ca-cert",
          "target-cert" },
        { "signs", true, false, KU_DIGITAL_SIGNATURE, true, "ca-cert",
          "target-cert" },
        { "no keyCertSign", true, true, KU_CRL_SIGN, true, "ca-cert",
          "target-cert" },
    };
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct x509_cert cert = { .is_ca = cases[i].is_ca,
                                        .has_key_usage = cases[i].usage != 0,
                                        .key_usage = cases[i].usage };
        const struct told_cert told = { .cert = cases[i].is_read ? &cert : NULL,
                                        .is_trusted = cases[i].is_trusted,
                                        .path_text = "no path" };
        const struct told_judged in = { .cert = &told, .now = NOW };

        failures += check(cases[i].what, STEP_TOLD_CA, &in, cases[i].as_ca);
        failures +=
            check(cases[i].what, STEP_TOLD_TARGET, &in, cases[i].as_target);
    }
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genp),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_crl),
        cmocka_unit_test(test_announcement),
        cmocka_unit_test(test_certificates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
