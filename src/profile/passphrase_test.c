#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

/* A genm that brings a passphrase as it should. */
static void bring(struct scene *s)
{
    if (!profile_take_passphrases(&s->profile))
        fail_msg("type open takes passphrases");
    s->info = (struct info_type_value){
        .id = OID_ID_IT_REV_PASSPHRASE,
        .oid = oid_span(OID_ID_IT_REV_PASSPHRASE),
        .value = SPAN_LIT("\xa0\x00"),
    };
    s->msg.body.general = (struct info_list){ &s->info, 1 };
    s->msg.header.pvno = 3;
    s->msg.header.has_message_time = true;
    s->msg.header.message_time = SCENE_NOW;
    s->facts.signer_kind = SIGNER_OPERATOR;
}

#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }
CHANGE(nothing, (void)s)
CHANGE(under_a_secret, s->facts.signer_kind = SIGNER_SECRET)
CHANGE(by_the_vendors, s->facts.signer_kind = SIGNER_VENDOR)
CHANGE(by_an_ra, s->facts.signer_kind = SIGNER_RA)
CHANGE(blocked, s->facts.is_blocked = true)
CHANGE(no_time, s->msg.header.has_message_time = false)
CHANGE(late, s->msg.header.message_time = SCENE_NOW -
                                          s->profile.message_time_window - 1)
CHANGE(approved, late(s); s->facts.approval = FACT_APPROVED)
CHANGE(old_version, s->msg.header.pvno = 2)
CHANGE(old_form, s->info.value = SPAN_LIT("\x30\x00"))
CHANGE(all_old, old_version(s); old_form(s))
CHANGE(no_value, s->info.value = SPAN_NONE)
/* Then it is not looked at, but named among unsupportedOIDs. */
CHANGE(off, profile_init(&s->profile, PROFILE_OPEN); by_the_vendors(s);
       no_time(s); old_form(s))
CHANGE(in_the_header,
       s->msg.header.general_info = (struct info_list){ &s->info, 1 })

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    const char *rule;
    enum err err;
} brought[] = {
    { "as it should", nothing, "", ERR_OK },
    { "under a secret", under_a_secret, "", ERR_OK },
    { "in pvno 2", all_old, "", ERR_OK },
    { "without a value", no_value, "", ERR_OK }, /* tell.c refuses it */
    { "late, and approved since", approved, "", ERR_OK },
    { "where it is off", off, "", ERR_OK },
    { "by the vendor's", by_the_vendors, "passphrase-by-station",
      ERR_NOT_AUTHORIZED },
    { "by an RA", by_an_ra, "passphrase-by-station", ERR_NOT_AUTHORIZED },
    { "blocked", blocked, "passphrase-by-station", ERR_NOT_AUTHORIZED },
    { "without a time", no_time, "passphrase-is-dated", ERR_BAD_TIME },
    { "late", late, "passphrase-is-dated", ERR_BAD_TIME },
    { "enveloped in pvno 2", old_version, "passphrase-fits-version",
      ERR_BAD_DATA_FORMAT },
    { "not enveloped in pvno 3", old_form, "passphrase-fits-version",
      ERR_BAD_DATA_FORMAT },
    { "in the header", in_the_header, "passphrase-comes-by-genm",
      ERR_BAD_REQUEST },
};

static void test_brought(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(brought); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;
        enum err e;

        scene_init(&s, PROFILE_OPEN, CMP_GENM);
        bring(&s);
        brought[i].change(&s);
        e = scene_judge(&s, &findings, &f);
        if (e != brought[i].err || strcmp(f.rule, brought[i].rule) != 0)
            fail_msg("%s: %s, %s", brought[i].what, err_name(e), f.text);
        scene_done(&s);
    }
}

/* Everything that brings a certificate, or asks for one, is no place for it. */
static void test_every_header(void **state)
{
    static const enum cmp_body_type bodies[] = { CMP_IR, CMP_KUR, CMP_CERT_CONF,
                                                 CMP_POLL_REQ, CMP_RR };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(bodies); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;

        scene_init(&s, PROFILE_OPEN, bodies[i]);
        s.info.id = OID_ID_IT_REV_PASSPHRASE;
        in_the_header(&s);
        assert_int_equal(scene_judge(&s, &findings, &f), ERR_BAD_REQUEST);
        assert_string_equal(f.rule, "passphrase-comes-by-genm");
        scene_done(&s);
    }
}

/* RFC 9483, 4.2 and TS 33.310 have an rr signed, or none. */
static void test_types(void **state)
{
    (void)state;
    for (enum profile_type t = PROFILE_3GPP_BS; t < PROFILE_TYPE_NUM; t++) {
        struct profile p;

        profile_init(&p, t);
        assert_int_equal(p.mac_bodies & BODY_BIT(CMP_RR), 0);
        assert_int_equal(profile_take_passphrases(&p), t == PROFILE_OPEN);
        assert_int_equal((p.mac_bodies & BODY_BIT(CMP_RR)) != 0,
                         t == PROFILE_OPEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brought),
        cmocka_unit_test(test_every_header),
        cmocka_unit_test(test_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
