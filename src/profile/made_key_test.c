#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/scene_test.h"

#define LIGHT PROFILE_RFC9483
#define OPEN PROFILE_OPEN

#define P256 "3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107"
#define P224 "3010 0607 2a8648ce3d0201 0605 2b81040021"
#define RSA "300d 0609 2a864886f70d010101 0500"
#define PSS "300b 0609 2a864886f70d01010a"
#define ED25519 "3005 0603 2b6570"
#define EMPTY " 0301 00"

/* A request for a key, all as it should be but for these. */
struct row {
    const char *what;
    enum profile_type profile;
    enum cmp_body_type body;
    const char *wish; /* NULL: publicKey is left out */
    void (*change)(struct scene *s);
    const char *rule; /* "": none is broken */
};

static void nothing(struct scene *s)
{
    (void)s;
}
static void makes_none(struct scene *s)
{
    s->profile.makes_keys = false;
}
static void of_v2(struct scene *s)
{
    s->msg.header.pvno = 2;
}
static void with_proof(struct scene *s)
{
    s->popo->type = POPO_SIGNATURE;
}
static void by_ra(struct scene *s)
{
    s->popo->type = POPO_RA_VERIFIED;
}
static void two(struct scene *s)
{
    s->requests[1] = s->requests[0];
    s->requests[1].cert_req.cert_req_id = 1;
    s->msg.body.cert_req.num = 2;
}
static void key_for_both(struct scene *s)
{
    s->signer.has_key_usage = true;
    s->signer.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT;
}
static void key_for_signing(struct scene *s)
{
    s->signer.has_key_usage = true;
    s->signer.key_usage = KU_DIGITAL_SIGNATURE;
}
static void key_for_encipherment(struct scene *s)
{
    s->signer.has_key_usage = true;
    s->signer.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT;
}
static void signer_key(struct scene *s, const char *text)
{
    struct der in = der_open(scene_der(s, text), NULL);

    assert_int_equal(spki_read(&in, &s->signer.spki), ERR_OK);
}
static void ed25519(struct scene *s)
{
    signer_key(s, "302a " ED25519 " 0321 00 0102030405060708 0102030405060708 "
                  "0102030405060708 0102030405060708");
}
static void from_ra(struct scene *s)
{
    s->facts.signer_kind = SIGNER_RA;
    s->facts.ra_may_request = true;
}

static const struct row rows[] = {
    { "none named", LIGHT, CMP_IR, NULL, nothing, "" },
    { "P-256", LIGHT, CMP_IR, P256 EMPTY, nothing, "" },
    { "P-256, of a cr", LIGHT, CMP_CR, P256 EMPTY, nothing, "" },
    { "RSA", LIGHT, CMP_IR, RSA EMPTY, nothing, "" },
    { "Ed25519", OPEN, CMP_IR, ED25519 EMPTY, nothing, "" },
    { "keyUsage that fits", LIGHT, CMP_IR, P256 EMPTY, key_for_both, "" },
    { "pvno 2, in open", OPEN, CMP_IR, P256 EMPTY, of_v2, "" },
    { "pvno 2", LIGHT, CMP_IR, P256 EMPTY, of_v2, "made-key-needs-v3" },
    { "none is made", LIGHT, CMP_IR, P256 EMPTY, makes_none,
      "public-key-is-there" },
    { "none is made, none named", LIGHT, CMP_IR, NULL, makes_none,
      "public-key-is-there" },
    { "P-224", LIGHT, CMP_IR, P224 EMPTY, nothing, "public-key-is-allowed" },
    { "RSA-PSS", LIGHT, CMP_IR, PSS EMPTY, nothing, "public-key-is-allowed" },
    { "a signature", LIGHT, CMP_IR, P256 EMPTY, with_proof,
      "made-key-has-no-proof" },
    { "raVerified", LIGHT, CMP_IR, P256 EMPTY, by_ra, "made-key-has-no-proof" },
    { "two requests", OPEN, CMP_IR, P256 EMPTY, two, "made-key-is-alone" },
    { "a key that signs alone", LIGHT, CMP_IR, P256 EMPTY, key_for_signing,
      "made-key-has-reader" },
    { "a point for encipherment", LIGHT, CMP_IR, P256 EMPTY,
      key_for_encipherment, "made-key-has-reader" },
    { "an Ed25519 signer", LIGHT, CMP_IR, P256 EMPTY, ed25519,
      "made-key-has-reader" },
    { "an RA for another", OPEN, CMP_IR, P256 EMPTY, from_ra,
      "made-key-has-reader" },
};

static void ask(struct scene *s, const struct row *row)
{
    struct der in;

    s->profile.makes_keys = true;
    s->msg.header.pvno = 3;
    s->popo->type = POPO_ABSENT;
    s->template->has_public_key = row->wish != NULL;
    s->template->public_key = (struct spki){ .key = SPAN_NONE };
    if (row->wish == NULL)
        return;
    in = der_open(scene_der(s, row->wish), NULL);
    assert_int_equal(spki_read_content(&in, &s->template->public_key), ERR_OK);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(rows); i++) {
        struct findings findings = { 0 };
        struct fault f = { 0 };
        struct scene s;
        enum err e;

        scene_init(&s, rows[i].profile, rows[i].body);
        ask(&s, &rows[i]);
        rows[i].change(&s);
        e = scene_judge(&s, &findings, &f);
        if (strcmp(f.rule, rows[i].rule) != 0)
            fail_msg("%s: %s: %s", rows[i].what, f.rule, f.text);
        assert_int_equal(e == ERR_OK, rows[i].rule[0] == '\0');
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
