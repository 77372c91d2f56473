/*
 * The station's machine under a shared secret: what its messages say, and what
 * it takes for an answer.
 */
#include "txn/client_scene_test.h"

#define REFERENCE SPAN_LIT("ref-1")
/* Name { CN=ref-1 }. */
#define REFERENCE_NAME                                          \
    SPAN_LIT("\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c" \
             "\x05ref-1")

static const uint8_t salt[16] = "salt";

static const struct mac_params pbm = { .alg = MAC_PBM,
                                       .salt = { salt, sizeof(salt) },
                                       .iterations = 10000,
                                       .owf = DIGEST_SHA256,
                                       .mac = DIGEST_SHA256 };

static struct alg_id alg_of(struct scene *s, const struct mac_params *p)
{
    struct alg_id id = { 0 };
    struct span bytes;
    struct der in;

    assert_int_equal(mac_params_write(p, s->arena, &bytes), ERR_OK);
    in = der_open(bytes, NULL);
    assert_int_equal(alg_id_read(&in, &id), ERR_OK);
    return id;
}

/* The request is out, and the reply to it, both under the secret. */
static void init_shared(struct scene *s, struct mac_policy *policy)
{
    const struct client_wish wish = { .request = CMP_IR };

    scene_init_idle(s);
    s->credential =
        (struct client_credential){ .reference = REFERENCE,
                                    .mac_alg = alg_of(s, &pbm).der };
    scene_ask(s, &wish, 1);
    s->reply.header.sender.value = REFERENCE_NAME;
    s->reply.header.sender_kid = REFERENCE;
    s->reply.header.protection_alg = alg_of(s, &pbm);
    s->reply.protection.bytes = SPAN_LIT("MAC");
    client_mac_policy(&pbm, policy);
    s->facts.macs = policy;
    s->facts.reference = REFERENCE;
    s->facts.mac_holds = true;
    s->facts.signer = NULL;
    s->facts.signature_holds = s->facts.signer_is_trusted = false;
    memset(s->facts.signer_id, 0, sizeof(s->facts.signer_id));
}

static void under(struct scene *s, struct mac_params params)
{
    s->reply.header.protection_alg = alg_of(s, &params);
}

/* `pbm` with one thing otherwise. */
#define OTHER(name, member, value)    \
    static void name(struct scene *s) \
    {                                 \
        struct mac_params p = pbm;    \
        p.member = value;             \
        under(s, p);                  \
    }

SCENE_CHANGE(is_signed,
             alg_id_set(&s->reply.header.protection_alg, OID_ECDSA_WITH_SHA256);
             s->facts.mac_holds = false)
/* What a signature would need is all there: it does not help. */
SCENE_CHANGE(well_signed, is_signed(s); s->facts.signer = &s->certs[0];
             s->facts.signature_holds = s->facts.signer_is_trusted = true;
             s->facts.signer_is_named = true)
SCENE_CHANGE(wrong_mac, s->facts.mac_holds = false)
SCENE_CHANGE(other_reference, s->reply.header.sender_kid = SPAN_LIT("ref-2"))
SCENE_CHANGE(no_reference, s->reply.header.sender_kid = SPAN_NONE)
SCENE_CHANGE(other_sender, s->reply.header.sender.value = SPAN_LIT("\x30\x00"))
SCENE_CHANGE(pbmac1, under(s, (struct mac_params){ .alg = MAC_PBMAC1,
                                                   .salt = SPAN_OF(salt),
                                                   .iterations = 500,
                                                   .key_len = 32,
                                                   .owf = DIGEST_SHA256,
                                                   .mac = DIGEST_SHA256 }))
SCENE_CHANGE(plain_hmac, under(s, (struct mac_params){ .alg = MAC_HMAC,
                                                       .mac = DIGEST_SHA256 }))
OTHER(sha1_mac, mac, DIGEST_SHA1)
OTHER(sha1_owf, owf, DIGEST_SHA1)
OTHER(sha512_mac, mac, DIGEST_SHA512)
OTHER(sha512_owf, owf, DIGEST_SHA512)
OTHER(count_99, iterations, 99)
OTHER(count_100, iterations, 100)
OTHER(count_high, iterations, 100000)
OTHER(count_over, iterations, 100001)
OTHER(count_huge, iterations, UINT32_MAX - 1)
OTHER(salt_7, salt.len, 7)
OTHER(salt_8, salt.len, 8)
SCENE_CHANGE(two, s->reply.body.cert_rep.num_responses = 2)
SCENE_CHANGE(other_key, s->facts.certs[0].public_key = SPAN_LIT("another"))
SCENE_CHANGE(no_path, s->facts.certs[0].is_trusted = false)
SCENE_CHANGE(error, s->reply.body.type = CMP_ERROR;
             s->reply.body.error.status.status = STATUS_REJECTION;
             s->reply.body.error.status.has_fail_info = true;
             s->reply.body.error.status.fail_info = 1u << FI_BAD_MESSAGE_CHECK)
SCENE_CHANGE(signed_error, error(s); is_signed(s))

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
} cases[] = {
    { "good ip", scene_nothing, CLIENT_SEND, "" },
    { "without senderKID", no_reference, CLIENT_SEND, "" },
    { "another sender", other_sender, CLIENT_SEND, "" },
    { "HMAC by SHA-512", sha512_mac, CLIENT_SEND, "" },
    { "owf SHA-512", sha512_owf, CLIENT_SEND, "" },
    { "100 times", count_100, CLIENT_SEND, "" },
    { "100000 times", count_high, CLIENT_SEND, "" },
    { "8 octets of salt", salt_8, CLIENT_SEND, "" },
    { "unprotected", scene_no_protection, CLIENT_IGNORE, "reply-protected" },
    { "signed", is_signed, CLIENT_IGNORE, "reply-protection-kind" },
    { "signed by who may", well_signed, CLIENT_IGNORE,
      "reply-protection-kind" },
    { "wrong MAC", wrong_mac, CLIENT_IGNORE, "reply-mac" },
    { "another reference", other_reference, CLIENT_IGNORE, "reply-reference" },
    { "PBMAC1", pbmac1, CLIENT_IGNORE, "reply-mac-alg" },
    { "HMAC", plain_hmac, CLIENT_IGNORE, "reply-mac-alg" },
    { "HMAC by SHA-1", sha1_mac, CLIENT_IGNORE, "reply-mac-alg" },
    { "owf SHA-1", sha1_owf, CLIENT_IGNORE, "reply-mac-alg" },
    { "99 times", count_99, CLIENT_IGNORE, "reply-mac-alg" },
    { "100001 times", count_over, CLIENT_IGNORE, "reply-mac-alg" },
    { "2^32 times", count_huge, CLIENT_IGNORE, "reply-mac-alg" },
    { "7 octets of salt", salt_7, CLIENT_IGNORE, "reply-mac-alg" },
    { "other nonce", scene_other_nonce, CLIENT_IGNORE, "reply-recip-nonce" },
    { "two", two, CLIENT_END, "reply-one-response" },
    { "error", error, CLIENT_END, "reply-grants" },
    { "signed error", signed_error, CLIENT_IGNORE, "reply-protection-kind" },
    { "another key", other_key, CLIENT_SEND, "cert-key" },
    { "no path", no_path, CLIENT_SEND, "cert-path" },
};

static void test_replies(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        struct client_step step;
        struct mac_policy policy;
        struct scene s;

        init_shared(&s, &policy);
        cases[i].change(&s);
        step = scene_take(&s);
        if (step.action != cases[i].action ||
            strcmp(step.why.rule, cases[i].rule) != 0 ||
            (step.action == CLIENT_IGNORE &&
             s.client.state != CLIENT_REQUEST_SENT)) {
            print_error("%s: action %d, rule '%s': %s\n", cases[i].what,
                        (int)step.action, step.why.rule, step.why.text);
            failures++;
        }
        scene_done(&s);
    }
    assert_int_equal(failures, 0);
}

/* What is not believed says what it was about. */
static void test_hint(void **state)
{
    struct client_step step;
    struct mac_policy policy;
    struct scene s;

    (void)state;
    init_shared(&s, &policy);
    signed_error(&s);
    step = scene_take(&s);
    assert_non_null(
        strstr(step.why.text, "error (badMessageCheck), not under a MAC"));
    scene_done(&s);
}

static void check_header(const struct scene *s, const struct pki_header *h)
{
    assert_int_equal(h->sender.type, GN_DIRECTORY);
    assert_true(span_is_equal(h->sender.value, REFERENCE_NAME));
    assert_true(span_is_equal(h->sender_kid, REFERENCE));
    assert_true(span_is_equal(h->protection_alg.der, s->credential.mac_alg));
}

/* One reference and one set of parameters from ir to the last message. */
static void test_headers(void **state)
{
    struct client_step step;
    struct mac_policy policy;
    struct scene s;

    (void)state;
    init_shared(&s, &policy);
    assert_true(s.client.is_mac);
    check_header(&s, &s.first.header);
    step = scene_take(&s);
    assert_int_equal(step.body.type, CMP_CERT_CONF);
    check_header(&s, &step.header);
    s.reply.header.recip_nonce = SPAN_OF(s.client.nonce);
    s.reply.body.type = CMP_PKICONF;
    s.facts.mac_holds = false;
    assert_int_equal(scene_take(&s).action, CLIENT_IGNORE);
    s.facts.mac_holds = true;
    assert_int_equal(scene_take(&s).action, CLIENT_INSTALL);
    scene_done(&s);

    init_shared(&s, &policy);
    scene_waiting(&s);
    assert_int_equal(scene_take(&s).action, CLIENT_WAIT);
    assert_int_equal(client_poll_next(&s.client, &s.credential, SPAN_NONE,
                                      &scene_waits, SCENE_NOW,
                                      scene_next_random, s.arena, &step, NULL),
                     ERR_OK);
    assert_int_equal(step.body.type, CMP_POLL_REQ);
    check_header(&s, &step.header);
    scene_done(&s);
}

static void test_policy(void **state)
{
    static const struct {
        enum digest own;
        uint32_t taken;
    } digests[] = {
        { DIGEST_NONE, 0 },
        { DIGEST_SHA1, DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA224) |
                           DIGEST_BIT(DIGEST_SHA256) |
                           DIGEST_BIT(DIGEST_SHA384) |
                           DIGEST_BIT(DIGEST_SHA512) },
        { DIGEST_SHA384,
          DIGEST_BIT(DIGEST_SHA384) | DIGEST_BIT(DIGEST_SHA512) },
        { DIGEST_SHA512, DIGEST_BIT(DIGEST_SHA512) },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(digests); i++) {
        const struct mac_params own = { .alg = MAC_PBM,
                                        .owf = digests[i].own,
                                        .mac = digests[i].own };
        struct mac_policy policy;

        client_mac_policy(&own, &policy);
        assert_int_equal(policy.algs, MAC_BIT(MAC_PBM));
        assert_int_equal(policy.owfs, digests[i].taken);
        assert_int_equal(policy.macs, digests[i].taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
