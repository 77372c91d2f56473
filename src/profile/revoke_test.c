#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }

static void reason(struct scene *s, const char *value)
{
    scene_add_entry(s, OID_ID_CE_CRL_REASONS, value);
}
static struct cert_template *details(struct scene *s)
{
    return &s->revs[0].cert_details;
}

/* --- the message alone --- */

CHANGE(nothing, (void)s)
CHANGE(compromise, reason(s, "0a{01}"))
CHANGE(no_details, s->msg.body.rev_req.num = 0)
CHANGE(two, s->msg.body.rev_req.num = 2;
       s->revs[1].cert_details.serial = SPAN_LIT("\x2b"))
CHANGE(two_with_reason, two(s); compromise(s))
CHANGE(seventeen, s->msg.body.rev_req.num = 17)
CHANGE(twice, s->msg.body.rev_req.num = 2)
CHANGE(no_serial, details(s)->serial = SPAN_NONE)
CHANGE(no_issuer, details(s)->issuer = SPAN_NONE)
CHANGE(subject_too, details(s)->subject = s->old.subject)
CHANGE(key_too, details(s)->has_public_key = true)
CHANGE(dates_too, details(s)->has_not_after = true)
CHANGE(extensions_too, details(s)->has_extensions = true)
CHANGE(version_too, details(s)->has_version = true)
CHANGE(reason_0, reason(s, "0a{00}"))
CHANGE(reason_7, reason(s, "0a{07}"))
CHANGE(reason_10, reason(s, "0a{0a}"))
CHANGE(reason_11, reason(s, "0a{0b}"))
CHANGE(reason_128, reason(s, "0a{0080}"))
CHANGE(reason_minus_1, reason(s, "0a{ff}"))
CHANGE(reason_integer, reason(s, "02{01}"))
CHANGE(reason_rest, reason(s, "0a{01} 00"))
CHANGE(date,
       scene_add_entry(s, OID_ID_CE_INVALIDITY_DATE, "18{ '20200101000000Z' }"))
CHANGE(date_and_reason, date(s); compromise(s))
CHANGE(date_utc,
       scene_add_entry(s, OID_ID_CE_INVALIDITY_DATE, "17{ '200101000000Z' }"))
CHANGE(date_to_come,
       scene_add_entry(s, OID_ID_CE_INVALIDITY_DATE, "18{ '20990101000000Z' }"))
CHANGE(other_entry, scene_add_entry(s, OID_ID_CE_BASIC_CONSTRAINTS, "30{}"))
CHANGE(hold, reason(s, "0a{06}"))
CHANGE(release, reason(s, "0a{08}"))

/* --- against the facts --- */

CHANGE(by_vendor, s->facts.signer_kind = SIGNER_VENDOR;
       s->facts.old_is_ours = false)
CHANGE(by_ra_that_may_not, compromise(s); by_vendor(s);
       s->facts.signer_kind = SIGNER_RA; s->facts.target.is_signer = false)
CHANGE(by_ra, by_ra_that_may_not(s); s->facts.ra_may_revoke = true)
CHANGE(by_ra_of_others, by_ra(s); s->facts.target.is_stations = false)
CHANGE(by_passphrase, by_vendor(s); s->facts.signer_kind = SIGNER_PASSPHRASE;
       s->facts.target.is_signer = false)
CHANGE(hold_by_passphrase, hold(s); by_passphrase(s))
CHANGE(release_by_passphrase, release(s); by_passphrase(s);
       s->facts.target.is_revoked = s->facts.target.is_held = true)
CHANGE(passphrase_of_another, by_passphrase(s);
       s->facts.target.is_stations = false)
CHANGE(by_revoked, s->facts.old_is_revoked = true)
CHANGE(by_expired, s->old.not_after = SCENE_NOW - 1;
       s->profile.renew_grace = 10)
CHANGE(other_ca, s->facts.target = (struct target){ 0 })
CHANGE(unknown, s->facts.target = (struct target){ .is_under_us = true })
CHANGE(of_another, s->facts.target.is_stations = false;
       s->facts.target.is_signer = false)
CHANGE(other_cert, s->facts.target.is_signer = false)
CHANGE(other_cert_with_reason, other_cert(s); compromise(s))
CHANGE(revoked, other_cert(s); s->facts.target.is_revoked = true)
CHANGE(held, revoked(s); s->facts.target.is_held = true)
CHANGE(expired, other_cert(s); s->facts.target.is_expired = true)
CHANGE(held_again, held(s); hold(s))
CHANGE(held_then_revoked, held(s); compromise(s))
CHANGE(released, held(s); release(s))
CHANGE(released_expired, released(s); s->facts.target.is_expired = true)
CHANGE(released_by_blocked, released(s); s->facts.is_blocked = true)
CHANGE(revoked_by_blocked, compromise(s); s->facts.is_blocked = true)
CHANGE(release_of_revoked, revoked(s); release(s))
CHANGE(hold_undated, hold(s); s->msg.header.has_message_time = false)
CHANGE(hold_late, hold(s); s->msg.header.message_time = SCENE_NOW - 601)
CHANGE(hold_just_late, hold(s); s->msg.header.message_time = SCENE_NOW - 600)
CHANGE(release_late, released(s); s->msg.header.message_time = SCENE_NOW - 601)
CHANGE(undated, compromise(s); s->msg.header.has_message_time = false)
CHANGE(late, compromise(s); s->msg.header.message_time = SCENE_NOW - 601)
CHANGE(used_id, s->facts.transaction_id_used = true)

#define OPEN PROFILE_OPEN
#define LWCMP PROFILE_RFC9483

/* An rr with one thing changed, and the rule that breaks: "" for none. */
static const struct {
    const char *what;
    enum profile_type type;
    void (*change)(struct scene *s);
    const char *rule;
    enum err err;
    enum cmp_body_type answer;
} cases[] = {
    { "a good one", OPEN, nothing, "", ERR_OK, 0 },
    { "in rfc9483", LWCMP, compromise, "", ERR_OK, 0 },
    { "to 3gpp-bs", PROFILE_3GPP_BS, compromise, "body-is-served",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "a used transactionID", OPEN, used_id, "transaction-id-is-new",
      ERR_TRANSACTION_ID_IN_USE, CMP_ERROR },

    { "no RevDetails", OPEN, no_details, "one-revocation", ERR_BAD_REQUEST,
      CMP_RP },
    { "two", OPEN, two, "", ERR_OK, 0 },
    { "two in rfc9483", LWCMP, two_with_reason, "one-revocation",
      ERR_BAD_REQUEST, CMP_RP },
    { "seventeen", OPEN, seventeen, "one-revocation", ERR_BAD_REQUEST, CMP_RP },
    { "one twice", OPEN, twice, "revoked-is-named-once", ERR_BAD_REQUEST,
      CMP_RP },
    { "no serialNumber", OPEN, no_serial, "revoked-is-named",
      ERR_BAD_CERT_TEMPLATE, CMP_RP },
    { "no issuer", OPEN, no_issuer, "revoked-is-named", ERR_BAD_CERT_TEMPLATE,
      CMP_RP },
    { "a subject", OPEN, subject_too, "revoked-is-named-by-two",
      ERR_BAD_CERT_TEMPLATE, CMP_RP },
    { "a key", OPEN, key_too, "revoked-is-named-by-two", ERR_BAD_CERT_TEMPLATE,
      CMP_RP },
    { "a date", OPEN, dates_too, "revoked-is-named-by-two",
      ERR_BAD_CERT_TEMPLATE, CMP_RP },
    { "extensions", OPEN, extensions_too, "revoked-is-named-by-two",
      ERR_BAD_CERT_TEMPLATE, CMP_RP },
    { "a version", OPEN, version_too, "revoked-is-named-by-two",
      ERR_BAD_CERT_TEMPLATE, CMP_RP },
    { "no reason in rfc9483", LWCMP, nothing, "reason-is-known",
      ERR_BAD_DATA_FORMAT, CMP_RP },
    { "a date alone in rfc9483", LWCMP, date, "reason-is-known",
      ERR_BAD_DATA_FORMAT, CMP_RP },
    { "reason 0", LWCMP, reason_0, "", ERR_OK, 0 },
    { "reason 7", OPEN, reason_7, "reason-is-known", ERR_BAD_DATA_FORMAT,
      CMP_RP },
    { "reason 10", LWCMP, reason_10, "", ERR_OK, 0 },
    { "reason 11", OPEN, reason_11, "reason-is-known", ERR_BAD_DATA_FORMAT,
      CMP_RP },
    { "reason 128", OPEN, reason_128, "reason-is-known", ERR_BAD_DATA_FORMAT,
      CMP_RP },
    { "reason -1", OPEN, reason_minus_1, "reason-is-known", ERR_BAD_DATA_FORMAT,
      CMP_RP },
    { "an INTEGER", OPEN, reason_integer, "reason-is-known",
      ERR_BAD_DATA_FORMAT, CMP_RP },
    { "a byte after it", OPEN, reason_rest, "reason-is-known",
      ERR_BAD_DATA_FORMAT, CMP_RP },
    { "invalidityDate", OPEN, date, "", ERR_OK, 0 },
    { "both", LWCMP, date_and_reason, "", ERR_OK, 0 },
    { "a UTCTime", OPEN, date_utc, "reason-is-known", ERR_BAD_DATA_FORMAT,
      CMP_RP },
    { "a date to come", OPEN, date_to_come, "invalidity-is-past",
      ERR_BAD_REQUEST, CMP_RP },
    { "another extension", OPEN, other_entry, "entry-details-are-known",
      ERR_UNACCEPTED_EXTENSION, CMP_RP },
    { "hold", OPEN, hold, "", ERR_OK, 0 },
    { "hold in rfc9483", LWCMP, hold, "hold-may-be-asked", ERR_BAD_REQUEST,
      CMP_RP },
    { "release in rfc9483", LWCMP, release, "hold-may-be-asked",
      ERR_BAD_REQUEST, CMP_RP },

    { "under a passphrase", OPEN, by_passphrase, "", ERR_OK, 0 },
    { "under another's passphrase", OPEN, passphrase_of_another,
      "revoked-is-the-stations", ERR_NOT_AUTHORIZED, CMP_RP },
    { "hold under a passphrase", OPEN, hold_by_passphrase, "passphrase-revokes",
      ERR_NOT_AUTHORIZED, CMP_RP },
    { "release under a passphrase", OPEN, release_by_passphrase,
      "passphrase-revokes", ERR_NOT_AUTHORIZED, CMP_RP },
    { "by the vendor's certificate", OPEN, by_vendor, "rr-by-operator-cert",
      ERR_NOT_AUTHORIZED, CMP_RP },
    { "by an RA", OPEN, by_ra, "", ERR_OK, 0 },
    { "by an RA in rfc9483", LWCMP, by_ra, "", ERR_OK, 0 },
    { "by an RA that may not", OPEN, by_ra_that_may_not, "ra-may-revoke",
      ERR_NOT_AUTHORIZED, CMP_RP },
    { "by an RA of others", LWCMP, by_ra_of_others, "revoked-is-the-stations",
      ERR_NOT_AUTHORIZED, CMP_RP },
    { "by a revoked one", OPEN, by_revoked, "old-is-not-revoked",
      ERR_CERT_REVOKED, CMP_RP },
    { "by an expired one", OPEN, by_expired, "old-is-current",
      ERR_SIGNER_NOT_TRUSTED, CMP_RP },
    { "another CA's", OPEN, other_ca, "revoked-is-of-our-ca",
      ERR_WRONG_AUTHORITY, CMP_RP },
    { "one never given", OPEN, unknown, "revoked-is-known", ERR_BAD_CERT_ID,
      CMP_RP },
    { "another station's", OPEN, of_another, "revoked-is-the-stations",
      ERR_NOT_AUTHORIZED, CMP_RP },
    { "another of its own", OPEN, other_cert, "", ERR_OK, 0 },
    { "another of its own in rfc9483", LWCMP, other_cert_with_reason,
      "revoked-is-the-signer", ERR_NOT_AUTHORIZED, CMP_RP },
    { "a revoked one", OPEN, revoked, "revoked-once", ERR_CERT_REVOKED,
      CMP_RP },
    { "an expired one", OPEN, expired, "revoked-is-current", ERR_CERT_REVOKED,
      CMP_RP },
    { "a held one, held", OPEN, held_again, "revoked-once", ERR_CERT_REVOKED,
      CMP_RP },
    { "a held one, revoked", OPEN, held_then_revoked, "", ERR_OK, 0 },
    { "a held one, released", OPEN, released, "", ERR_OK, 0 },
    { "a held one, released too late", OPEN, released_expired,
      "revoked-is-current", ERR_CERT_REVOKED, CMP_RP },
    { "release by a blocked station", OPEN, released_by_blocked,
      "release-by-unblocked", ERR_NOT_AUTHORIZED, CMP_RP },
    { "revocation by a blocked station", OPEN, revoked_by_blocked, "", ERR_OK,
      0 },
    { "release of one not held", OPEN, release, "released-is-held",
      ERR_BAD_CERT_ID, CMP_RP },
    { "release of a revoked one", OPEN, release_of_revoked, "revoked-once",
      ERR_CERT_REVOKED, CMP_RP },
    { "hold without messageTime", OPEN, hold_undated, "hold-is-dated",
      ERR_BAD_TIME, CMP_RP },
    { "hold just in time", OPEN, hold_just_late, "", ERR_OK, 0 },
    { "release, late", OPEN, release_late, "hold-is-dated", ERR_BAD_TIME,
      CMP_RP },
    { "hold, late", OPEN, hold_late, "hold-is-dated", ERR_BAD_TIME, CMP_RP },
    { "without messageTime", OPEN, undated, "", ERR_OK, 0 },
    { "late", OPEN, late, "time-is-near", ERR_OK, 0 },
};

static bool case_holds(size_t i)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;
    const char *rule;
    enum err e;
    bool ok;

    scene_init(&s, cases[i].type, CMP_RR);
    cases[i].change(&s);
    e = scene_judge(&s, &findings, &f);
    rule = f.rule;
    if (e == ERR_OK && findings.num > 0)
        rule = findings.list[0].rule->id;
    ok = e == cases[i].err && strcmp(rule, cases[i].rule) == 0;
    if (e != ERR_OK)
        ok = ok && rule_body(rule_step_of(&f), CMP_RR) == cases[i].answer;
    if (!ok)
        print_error("%s: %s, rule '%s': %s\n", cases[i].what, err_name(e), rule,
                    f.text);
    scene_done(&s);
    return ok;
}

static void test_cases(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++)
        failures += !case_holds(i);
    assert_int_equal(failures, 0);
}

static void test_each_rule_breaks(void **state)
{
    (void)state;
    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        bool is_broken = rule_get(r)->bodies != RR;

        for (size_t i = 0; i < SCENE_NUM(cases); i++)
            is_broken =
                is_broken || strcmp(cases[i].rule, rule_get(r)->id) == 0;
        if (!is_broken)
            fail_msg("no case breaks %s", rule_get(r)->id);
    }
}

static void test_wish(void **state)
{
    struct rev_wish wish = { 0 };
    struct scene s;

    (void)state;
    scene_init(&s, PROFILE_OPEN, CMP_RR);
    assert_int_equal(rev_wish_read(s.revs, &wish), ERR_OK);
    assert_false(wish.has_reason);
    assert_int_equal(wish.reason, CRL_UNSPECIFIED);
    assert_int_equal(wish.invalidity_date, 0);
    date_and_reason(&s);
    assert_int_equal(rev_wish_read(s.revs, &wish), ERR_OK);
    assert_true(wish.has_reason);
    assert_int_equal(wish.reason, CRL_KEY_COMPROMISE);
    assert_int_equal(wish.invalidity_date, 1577836800);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_each_rule_breaks),
        cmocka_unit_test(test_wish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
