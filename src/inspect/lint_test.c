/* What lint finds in exchanges with one thing wrong, beside good ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "inspect/lint_scene_test.h"

#define CHANGE(name, ...)                     \
    static void name(struct scene_message *m) \
    {                                         \
        struct cmp_message *msg = m->msg;     \
        struct scene *s = m->scene;           \
                                              \
        (void)msg;                            \
        (void)s;                              \
        __VA_ARGS__;                          \
    }

static struct cert_req_msg *first_request(struct cmp_message *msg)
{
    return (struct cert_req_msg *)(uintptr_t)&msg->body.cert_req.list[0];
}

static struct cert_status *first_status(struct cmp_message *msg)
{
    return (struct cert_status *)(uintptr_t)&msg->body.cert_conf.list[0];
}

/* --- header --- */

CHANGE(pvno_1, msg->header.pvno = 1)
CHANGE(no_transaction, msg->header.transaction_id = SPAN_NONE)
CHANGE(short_nonce, msg->header.sender_nonce = SPAN_LIT("short"))
CHANGE(has_recip_nonce, msg->header.recip_nonce = SPAN_LIT("0123456789abcdef"))
CHANGE(unprotected, msg->protection.bytes = SPAN_NONE;
       msg->header.protection_alg = (struct alg_id){ 0 })
CHANGE(no_certs, msg->num_extra_certs = 0)
/* --- protection --- */
CHANGE(bad_signature, m->breaks_signature = true)
CHANGE(other_signer_key, m->signer = s->server)
CHANGE(renamed, m->signer = s->station; msg->extra_certs = &s->station->der;
       msg->header.sender_kid = SPAN_NONE)
CHANGE(by_operator, scene_sign_by(m, s->station))
CHANGE(other_kid, msg->header.sender_kid = SPAN_LIT("another key's"))
CHANGE(self_signed, m->signer = s->vendor_root;
       msg->extra_certs = &s->vendor_root->der)
/* --- request --- */
CHANGE(two_requests,
       struct cert_req_msg *two = arena_array(s->arena, 2, sizeof(*two));
       two[0] = two[1] = *first_request(msg); msg->body.cert_req.list = two;
       msg->body.cert_req.num = 2)
CHANGE(req_id_1, first_request(msg)->cert_req.cert_req_id = 1)
CHANGE(bad_pop, first_request(msg)->popo.signature =
                    scene_flip(s, first_request(msg)->popo.signature))
CHANGE(no_pop, first_request(msg)->popo = (struct popo){ .type = POPO_ABSENT })
CHANGE(bad_point,
       first_request(msg)->cert_req.cert_template.public_key.key = scene_flip(
           s, first_request(msg)->cert_req.cert_template.public_key.key))
/* --- certConf --- */
CHANGE(other_hash,
       first_status(msg)->cert_hash = scene_flip(s,
                                                 first_status(msg)->cert_hash))
CHANGE(other_req_id, first_status(msg)->cert_req_id = 3)
CHANGE(other_recip_nonce,
       msg->header.recip_nonce = scene_flip(s, msg->header.recip_nonce))
CHANGE(higher_pvno, msg->header.pvno = 3)
CHANGE(by_vendor, scene_sign_by(m, s->vendor))

/* --- nested --- */

static void wrap(struct scene_message *m, size_t num)
{
    struct scene *s = m->scene;
    struct span *list = arena_array(s->arena, num, sizeof(*list));
    struct span inner = arena_copy(s->arena, m->msg->der);

    assert_non_null(list);
    for (size_t i = 0; i < num; i++)
        list[i] = inner;
    m->msg->body =
        (struct pki_body){ .type = CMP_NESTED, .nested = { list, num } };
    scene_sign_by(m, s->server);
}

static void set_fresh(struct scene_message *m)
{
    struct pki_header *h = &m->msg->header;

    h->transaction_id = scene_flip(m->scene, h->transaction_id);
    h->sender_nonce = scene_flip(m->scene, h->sender_nonce);
}

CHANGE(added, wrap(m, 1))
CHANGE(added_other_nonce, wrap(m, 1);
       msg->header.sender_nonce = scene_flip(s, msg->header.sender_nonce))
CHANGE(batch, wrap(m, 1); set_fresh(m))
CHANGE(batch_of_same, wrap(m, 2); set_fresh(m))
CHANGE(batch_same_nonce, wrap(m, 1);
       msg->header.transaction_id = scene_flip(s, msg->header.transaction_id))
CHANGE(twice_nested, wrap(m, 1); msg->der = scene_write(m); wrap(m, 1))
CHANGE(garbage_nested, msg->der = SPAN_LIT("\x30\x00"); wrap(m, 1))

/* --- genm, rr, MAC --- */

CHANGE(needless_value,
       struct info_type_value *one = arena_alloc(s->arena, sizeof(*one));
       *one = msg->body.general.list[0]; one->value = SPAN_LIT("\x05\x00");
       msg->body.general.list = one)
CHANGE(other_mac, m->breaks_signature = true)
CHANGE(other_serial,
       struct rev_details *one = arena_alloc(s->arena, sizeof(*one));
       *one = msg->body.rev_req.list[0];
       one->cert_details.serial = SPAN_LIT("\x07");
       msg->body.rev_req.list = one)
CHANGE(other_poll_id, int64_t *one = arena_alloc(s->arena, sizeof(*one));
       *one = 5; msg->body.poll_req.list = one)

static const struct scene_case cases[] = {
    { "enrolment", "ir ip certConf pkiconf", PROFILE_3GPP_BS, NULL, NULL, "" },
    { "update", "kur kup kur-certConf kup-pkiconf", PROFILE_3GPP_BS, NULL, NULL,
      "kur: update-brings-new-key" },
    { "polling",
      "ir-polled ip-waiting pollReq pollRep pollReq2 ip-polled "
      "polled-certConf polled-pkiconf",
      PROFILE_3GPP_BS, NULL, NULL, "" },
    { "a further certificate", "cr cp cr-certConf cp-pkiconf", PROFILE_RFC9483,
      NULL, NULL, "" },
    { "by PKCS #10", "p10cr p10cr-cp p10cr-certConf p10cr-pkiconf",
      PROFILE_RFC9483, NULL, NULL, "" },
    { "a question", "genm genp", PROFILE_RFC9483, NULL, NULL, "" },
    { "a certConf alone", "certConf", PROFILE_3GPP_BS, NULL, NULL, "" },
    { "cr where none is served", "cr cp", PROFILE_3GPP_BS, NULL, NULL,
      "cr: body-is-served" },
    { "implicitConfirm", "ir-full ip-implicit", PROFILE_3GPP_BS, NULL, NULL,
      "ir-full: implicit-confirm-not-asked" },
    { "implicitConfirm where it may be", "ir-full ip-implicit", PROFILE_RFC9483,
      NULL, NULL, "" },

    { "pvno", "ir", PROFILE_3GPP_BS, "ir", pvno_1, "ir: pvno-is-known" },
    { "no transactionID", "ir", PROFILE_3GPP_BS, "ir", no_transaction,
      "ir: transaction-id-is-there" },
    { "a short nonce", "ir", PROFILE_3GPP_BS, "ir", short_nonce,
      "ir: sender-nonce-is-long" },
    { "a recipNonce", "ir", PROFILE_3GPP_BS, "ir", has_recip_nonce,
      "ir: first-has-no-recip-nonce" },
    { "not protected", "ir", PROFILE_3GPP_BS, "ir", unprotected,
      "ir: message-is-protected protection-alg-is-allowed" },
    { "no extraCerts", "ir", PROFILE_3GPP_BS, "ir", no_certs,
      "ir: signer-is-sent" },

    { "a wrong signature", "ir", PROFILE_3GPP_BS, "ir", bad_signature,
      "ir: protection-verifies" },
    { "another's signature", "ir", PROFILE_3GPP_BS, "ir", other_signer_key,
      "ir: protection-verifies" },
    { "another name than the signer's", "ir", PROFILE_3GPP_BS, "ir", renamed,
      "ir: sender-is-signer ir-by-vendor-cert" },
    { "an ir under the operator's certificate", "ir", PROFILE_3GPP_BS, "ir",
      by_operator, "ir: ir-by-vendor-cert" },
    { "another senderKID", "ir", PROFILE_3GPP_BS, "ir", other_kid,
      "ir: sender-kid-is-signers" },
    { "a CA as signer", "ir", PROFILE_3GPP_BS, "ir", self_signed,
      "ir: sender-is-signer sender-kid-is-signers signer-may-sign" },

    { "two requests", "ir", PROFILE_3GPP_BS, "ir", two_requests,
      "ir: one-request cert-req-id-is-single" },
    { "certReqId 1", "ir", PROFILE_3GPP_BS, "ir", req_id_1,
      "ir: cert-req-id-is-zero pop-verifies" },
    { "a wrong proof", "ir", PROFILE_3GPP_BS, "ir", bad_pop,
      "ir: pop-verifies" },
    { "no proof", "ir", PROFILE_3GPP_BS, "ir", no_pop,
      "ir: popo-is-signature popo-method-is-taken" },
    { "no point", "ir", PROFILE_3GPP_BS, "ir", bad_point,
      "ir: new-key-is-sound pop-verifies" },

    { "another hash", "ir ip certConf", PROFILE_3GPP_BS, "certConf", other_hash,
      "certConf: conf-hash-is-right" },
    { "another certReqId", "ir ip certConf", PROFILE_3GPP_BS, "certConf",
      other_req_id, "certConf: conf-names-request" },
    { "another recipNonce", "ir ip certConf", PROFILE_3GPP_BS, "certConf",
      other_recip_nonce, "certConf: conf-has-recip-nonce" },
    { "pvno 3 in the end", "ir ip certConf", PROFILE_3GPP_BS, "certConf",
      higher_pvno, "" },
    { "a wrong signature in the end", "ir ip certConf", PROFILE_3GPP_BS,
      "certConf", bad_signature, "certConf: protection-verifies" },
    { "another signer in the end", "ir ip certConf", PROFILE_3GPP_BS,
      "certConf", by_operator, "certConf: conf-has-transaction" },
    { "another name in the end", "ir ip certConf", PROFILE_3GPP_BS, "certConf",
      renamed, "certConf: sender-is-signer conf-has-transaction" },
    { "no extraCerts in the end", "ir ip certConf", PROFILE_3GPP_BS, "certConf",
      no_certs, "" },
    { "added protection", "ir", PROFILE_RFC9483, "ir", added, "" },
    { "another nonce outside", "ir", PROFILE_RFC9483, "ir", added_other_nonce,
      "ir: nested-copies-nonce" },
    { "a batch of one", "ir", PROFILE_RFC9483, "ir", batch, "" },
    { "a batch of the same", "ir", PROFILE_RFC9483, "ir", batch_of_same,
      "ir: batch-is-of-different" },
    { "a batch with the nonce inside", "ir", PROFILE_RFC9483, "ir",
      batch_same_nonce, "ir: batch-is-fresh" },
    { "a nested in a nested", "ir", PROFILE_RFC9483, "ir", twice_nested,
      "ir: nested-is-flat" },
    { "no message inside", "ir", PROFILE_RFC9483, "ir", garbage_nested,
      "ir: nested-is-readable, ir: message-is-der" },
    { "nested where none is served", "ir", PROFILE_3GPP_BS, "ir", added,
      "ir: body-is-served" },

    { "a question with a value", "genm", PROFILE_RFC9483, "genm",
      needless_value, "genm: info-value-is-right" },
    { "an rr", "rr rp", PROFILE_RFC9483, NULL, NULL, "rr: reason-is-known" },
    { "an rr of another", "rr", PROFILE_RFC9483, "rr", other_serial,
      "rr: reason-is-known revoked-is-the-signer" },
    { "an rr of another where it may be", "rr", PROFILE_OPEN, "rr",
      other_serial, "" },
    { "under a secret", "ir-mac ip-mac mac-certConf mac-pkiconf",
      PROFILE_LEGACY_2010, NULL, NULL,
      "ir-mac: sender-names-secret, mac-certConf: sender-names-secret" },
    { "under a secret where none is taken", "ir-mac", PROFILE_3GPP_BS, NULL,
      NULL, "ir-mac: protection-is-signature sender-names-secret" },
    { "under SHA-1 where none is taken", "ir-mac", PROFILE_RFC9483, NULL, NULL,
      "ir-mac: mac-is-allowed sender-names-secret" },
    { "another MAC", "ir-mac", PROFILE_LEGACY_2010, "ir-mac", other_mac,
      "ir-mac: mac-verifies sender-names-secret" },
    { "a poll for nothing", "ir-polled ip-waiting pollReq", PROFILE_3GPP_BS,
      "pollReq", other_poll_id, "pollReq: poll-names-waiting" },
    { "raVerified", "ir-ra-verified ip-ra-verified", PROFILE_RFC9483, NULL,
      NULL, "ir-ra-verified: ra-verified-by-ra" },
    { "no popo", "ir-no-popo ip-no-popo", PROFILE_RFC9483, NULL, NULL,
      "ir-no-popo: popo-is-signature popo-method-is-taken" },
    { "a kur under the vendor's key", "kur", PROFILE_3GPP_BS, "kur", by_vendor,
      "kur: kur-by-operator-cert old-cert-id-names-it "
      "subject-stays" },
};

static void test_cases(void **state)
{
    (void)state;
    scene_check_all(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
