#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "profile/scene_test.h"

#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }

/* --- header --- */

CHANGE(nothing, (void)s)
CHANGE(pvno_1, s->msg.header.pvno = 1)
CHANGE(pvno_3, s->msg.header.pvno = 3)
CHANGE(pvno_4, s->msg.header.pvno = 4)
CHANGE(body_rr, s->msg.body.type = CMP_RR)
CHANGE(body_p10cr, s->msg.body.type = CMP_P10CR)
CHANGE(no_id, s->msg.header.transaction_id = SPAN_NONE)
CHANGE(empty_id, s->msg.header.transaction_id = SPAN_LIT(""))
CHANGE(no_nonce, s->msg.header.sender_nonce = SPAN_NONE)
CHANGE(nonce_15, s->msg.header.sender_nonce = SPAN_LIT("15 octets of it"))
CHANGE(nonce_17, s->msg.header.sender_nonce = SPAN_LIT("17 octets of them"))
CHANGE(early_recip_nonce, s->msg.header.recip_nonce = SPAN_LIT("nonce"))
CHANGE(no_alg, s->msg.header.protection_alg.oid = SPAN_NONE)
CHANGE(no_bits, s->msg.protection.bytes = SPAN_NONE)
CHANGE(no_protection, no_alg(s); no_bits(s))
CHANGE(mac,
       s->msg.header.protection_alg.oid = oid_span(OID_ID_PASSWORD_BASED_MAC))
CHANGE(mac1, s->msg.header.protection_alg.oid = oid_span(OID_ID_PBMAC1))

/* Protects it with PasswordBasedMac of these, and sends no certificate. */
static void pbm(struct scene *s, size_t salt_len, uint32_t iterations,
                enum digest owf, enum digest hmac)
{
    static const uint8_t salt[65536];
    struct mac_params params = { .alg = MAC_PBM,
                                 .salt = span_of(salt, salt_len),
                                 .iterations = iterations,
                                 .owf = owf,
                                 .mac = hmac };
    struct span der;
    struct der in;

    assert_int_equal(mac_params_write(&params, s->arena, &der), ERR_OK);
    in = der_open(der, NULL);
    assert_int_equal(alg_id_read(&in, &s->msg.header.protection_alg), ERR_OK);
    s->msg.num_extra_certs = 0;
    s->facts.signer_kind = SIGNER_SECRET;
}

#define SHA(n) DIGEST_SHA##n
CHANGE(pbm_good, pbm(s, 16, 500, SHA(256), SHA(256)))
CHANGE(pbm_100, pbm(s, 16, 100, SHA(256), SHA(256)))
CHANGE(pbm_99, pbm(s, 16, 99, SHA(256), SHA(256)))
CHANGE(pbm_10000, pbm(s, 16, 10000, SHA(256), SHA(256)))
CHANGE(pbm_10001, pbm(s, 16, 10001, SHA(256), SHA(256)))
CHANGE(pbm_2_31, pbm(s, 16, (uint32_t)1 << 31, SHA(256), SHA(256)))
CHANGE(pbm_no_salt, pbm(s, 0, 500, SHA(256), SHA(256)))
CHANGE(pbm_salt_7, pbm(s, 7, 500, SHA(256), SHA(256)))
CHANGE(pbm_salt_8, pbm(s, 8, 500, SHA(256), SHA(256)))
CHANGE(pbm_salt_64, pbm(s, 64, 500, SHA(256), SHA(256)))
CHANGE(pbm_salt_65, pbm(s, 65, 500, SHA(256), SHA(256)))
CHANGE(pbm_salt_64k, pbm(s, 65536, 500, SHA(256), SHA(256)))
CHANGE(pbm_owf_sha1, pbm(s, 16, 500, SHA(1), SHA(256)))
CHANGE(pbm_mac_sha1, pbm(s, 16, 500, SHA(256), SHA(1)))
CHANGE(pbm_no_params, mac(s); s->msg.header.protection_alg.params = SPAN_NONE)
CHANGE(dh_mac, s->msg.header.protection_alg.oid = oid_span(OID_ID_DH_BASED_MAC))
CHANGE(kem_mac,
       s->msg.header.protection_alg.oid = oid_span(OID_ID_KEM_BASED_MAC))
CHANGE(hmac,
       s->msg.header.protection_alg.oid = oid_span(OID_ID_HMAC_WITH_SHA256))
CHANGE(sha1, s->msg.header.protection_alg.oid = oid_span(OID_ECDSA_WITH_SHA1))
CHANGE(md5,
       s->msg.header.protection_alg.oid = oid_span(OID_MD5_WITH_RSA_ENCRYPTION))
CHANGE(sha384,
       s->msg.header.protection_alg.oid = oid_span(OID_ECDSA_WITH_SHA384))
CHANGE(only_sha384, s->profile.sig_algs = 1u << SIG_ECDSA_SHA384)
CHANGE(no_extra, s->msg.num_extra_certs = 0)
CHANGE(dns_sender, s->msg.header.sender.type = GN_DNS)
CHANGE(implicit, s->info.id = OID_ID_IT_IMPLICIT_CONFIRM;
       s->msg.header.general_info = (struct info_list){ &s->info, 1 })

CHANGE(poll_none, s->msg.body.poll_req.num = 0)
CHANGE(poll_other, s->polled[0] = 1)
CHANGE(request_waits, s->facts.transaction = FACT_WAITING)

/* --- what a request asks for --- */

/* The request, so many times. */
static void repeat(struct scene *s, size_t num)
{
    const struct cert_req_msgs *from = &s->msg.body.cert_req;
    struct cert_req_msg *list = arena_array(s->arena, num, sizeof(*list));

    assert_non_null(list);
    for (size_t i = 0; i < num; i++)
        list[i] = from->list[0];
    s->msg.body.cert_req = (struct cert_req_msgs){ list, num };
}
CHANGE(p10_v2, s->msg.body.p10.version = 1)
CHANGE(p10_password, s->msg.body.p10.challenge_password = SPAN_LIT("word"))
CHANGE(two, repeat(s, 2))
CHANGE(too_many, repeat(s, LIMIT_CERT_REQ_MSGS + 1))
CHANGE(req_id_1, s->requests[0].cert_req.cert_req_id = 1)
CHANGE(req_id_minus, s->requests[0].cert_req.cert_req_id = -1)
CHANGE(version_3, s->template->has_version = true; s->template->version = 2)
CHANGE(version_1, s->template->has_version = true; s->template->version = 0)
CHANGE(serial, s->template->serial = SPAN_LIT("\x01"))
CHANGE(signing_alg,
       s->template->signing_alg.oid = oid_span(OID_ECDSA_WITH_SHA256))
CHANGE(issuer_uid, s->template->has_issuer_uid = true)
CHANGE(subject_uid, s->template->has_subject_uid = true)
CHANGE(no_key, s->template->has_public_key = false)
CHANGE(empty_key, s->template->public_key.key = SPAN_LIT(""))
CHANGE(secp256k1,
       s->template->public_key.alg.params = scene_der(s, "06{ 2b8104000a }"))
CHANGE(own_curve, s->template->public_key.alg.params = scene_der(s, "30{}"))
CHANGE(only_p384, s->profile.key_kinds = 1u << KEY_EC_P384)

/* An RSA key whose modulus has so many octets, the first one given. */
static void rsa(struct scene *s, size_t len, uint8_t first)
{
    static const uint8_t null[] = { 5, 0 };
    struct der_writer w;
    uint8_t n[600];

    memset(n, 0x55, sizeof(n));
    n[0] = first;
    der_writer_init(&w, s->arena, 1024);
    der_put_int64(&w, DER_INTEGER, 65537);
    der_put_uint(&w, DER_INTEGER, span_of(n, len));
    der_put_header(&w, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&w, &s->template->public_key.key), ERR_OK);
    s->template->public_key.alg.oid = oid_span(OID_RSA_ENCRYPTION);
    s->template->public_key.alg.params = SPAN_OF(null);
    s->popo->alg.oid = oid_span(OID_SHA256_WITH_RSA_ENCRYPTION);
    s->popo->alg.params = SPAN_OF(null);
}
CHANGE(rsa_2047, rsa(s, 256, 0x7f))
CHANGE(rsa_2048, rsa(s, 256, 0x80))
CHANGE(rsa_4096, rsa(s, 512, 0xff))
CHANGE(rsa_4104, rsa(s, 513, 0x80))
CHANGE(rsa_popo_ec, rsa_2048(s);
       s->popo->alg.oid = oid_span(OID_ECDSA_WITH_SHA256);
       s->popo->alg.params = SPAN_NONE)

CHANGE(no_popo, s->popo->type = POPO_ABSENT)
CHANGE(ra_verified, s->popo->type = POPO_RA_VERIFIED)
CHANGE(popo_encipher, s->popo->type = POPO_KEY_ENCIPHERMENT)
CHANGE(popo_agree, s->popo->type = POPO_KEY_AGREEMENT)
CHANGE(popo_this, popo_encipher(s); s->popo->priv_type = POPO_PRIV_THIS_MESSAGE)
CHANGE(popo_later, popo_encipher(s);
       s->popo->priv_type = POPO_PRIV_SUBSEQUENT_MESSAGE;
       s->popo->subsequent = 1)
CHANGE(popo_later_rsa, rsa_2048(s); popo_later(s))
CHANGE(popo_sha1, s->popo->alg.oid = oid_span(OID_ECDSA_WITH_SHA1))
CHANGE(popo_ed25519, s->popo->alg.oid = oid_span(OID_ID_ED25519))
CHANGE(input, scene_add_input(s, s->signer.subject))
CHANGE(input_mac, input(s); s->popo->has_input_sender = false)
CHANGE(input_key, input(s); s->popo->input_key = s->signer.spki)
CHANGE(input_with_subject, input(s); s->template->subject = s->old.subject)
CHANGE(no_subject, s->template->subject = SPAN_NONE)

CHANGE(ask_ca, scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, "30{ 01{ff} }"))
CHANGE(ask_no_ca, scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, "30{}"))
CHANGE(ask_cert_sign, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0284 }"))
CHANGE(ask_crl_sign, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0102 }"))
CHANGE(ask_signing, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 05a0 }"))
CHANGE(ask_cmc_ra, scene_ask(s, OID_ID_CE_EXT_KEY_USAGE,
                             "30{ 06{2b06010505070301} 06{2b0601050507031c} }"))
CHANGE(ask_cmc_ca,
       scene_ask(s, OID_ID_CE_EXT_KEY_USAGE, "30{ 06{2b0601050507031b} }"))
CHANGE(ask_kga,
       scene_ask(s, OID_ID_CE_EXT_KEY_USAGE, "30{ 06{2b06010505070320} }"))
CHANGE(ask_ike,
       scene_ask(s, OID_ID_CE_EXT_KEY_USAGE, "30{ 06{2b06010505070311} }"))
CHANGE(bad_usage, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0780 } 00"))
CHANGE(bits_left, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0080 }"))
CHANGE(bad_constraints, scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, "0500"))
CHANGE(path_len_only, scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, "30{ 02{00} }"))
CHANGE(no_purpose, scene_ask(s, OID_ID_CE_EXT_KEY_USAGE, "30{}"))
CHANGE(bad_purpose, scene_ask(s, OID_ID_CE_EXT_KEY_USAGE, "30{ 0500 }"))
CHANGE(no_san, scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{}"))
CHANGE(bad_san, scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{ 0c{'a'} }"))
CHANGE(good_san,
       scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{ 82{'bs-1.op.example'} }"))

/* --- what a certConf says --- */

CHANGE(two_statuses, s->msg.body.cert_conf.num = 2;
       s->statuses[1].cert_req_id = 1; s->facts.num_issued = 2)
CHANGE(status_twice, s->msg.body.cert_conf.num = 2; s->facts.num_issued = 2)
CHANGE(second_wrong_hash, two_statuses(s);
       s->statuses[1].cert_hash = SPAN_LIT("hush"))
CHANGE(second_unknown, two_statuses(s); s->facts.num_issued = 1)
CHANGE(second_waits, two_statuses(s); s->statuses[1].has_status_info = true;
       s->statuses[1].status_info.status = STATUS_WAITING)
CHANGE(no_status, s->msg.body.cert_conf.num = 0)
static void set_status(struct scene *s, int64_t status)
{
    s->statuses[0].has_status_info = true;
    s->statuses[0].status_info.status = status;
}
CHANGE(accepted, set_status(s, STATUS_ACCEPTED))
CHANGE(rejected, set_status(s, STATUS_REJECTION))
CHANGE(waiting, set_status(s, STATUS_WAITING))
CHANGE(with_mods, set_status(s, STATUS_GRANTED_WITH_MODS))
CHANGE(hash_alg, s->statuses[0].hash_alg.oid = oid_span(OID_ID_SHA256))
CHANGE(hash_alg_v3, hash_alg(s); pvno_3(s))

/* --- the message against the facts --- */

CHANGE(used_id, s->facts.transaction_id_used = true)
CHANGE(late, s->msg.header.message_time = SCENE_NOW - 601)
CHANGE(early, s->msg.header.message_time = SCENE_NOW + 601)
CHANGE(just_late, s->msg.header.message_time = SCENE_NOW - 600)
CHANGE(just_early, s->msg.header.message_time = SCENE_NOW + 600)
CHANGE(no_time, s->msg.header.has_message_time = false)
CHANGE(no_transaction, s->facts.transaction = FACT_NO_TRANSACTION)
CHANGE(ended, s->facts.transaction = FACT_ENDED)
CHANGE(timed_out, s->facts.transaction = FACT_TIMED_OUT)
CHANGE(rejected_before, s->facts.transaction = FACT_REJECTED)
CHANGE(confirmed, s->facts.transaction = FACT_CONFIRMED)
CHANGE(pvno_back, s->facts.transaction_pvno = 3)
CHANGE(no_recip, s->msg.header.recip_nonce = SPAN_NONE)
CHANGE(empty_recip, s->msg.header.recip_nonce = SPAN_LIT(""))
CHANGE(other_recip, s->msg.header.recip_nonce = SPAN_LIT("nonce-of-our--kup"))
CHANGE(conf_id, s->statuses[0].cert_req_id = 1)
CHANGE(other_hash, s->statuses[0].cert_hash = SPAN_LIT("hush"))
CHANGE(empty_hash, s->statuses[0].cert_hash = SPAN_LIT(""))
CHANGE(hash_unknown, s->issued[0].hash_alg_known = false)

/* --- what it asks for against the facts --- */

CHANGE(by_operator, s->facts.signer_kind = SIGNER_OPERATOR)
CHANGE(by_operator_let, by_operator(s);
       s->profile.ir_by_operator_certificate = true)
CHANGE(by_nobody, s->facts.signer_kind = SIGNER_UNKNOWN)
CHANGE(by_vendor, s->facts.signer_kind = SIGNER_VENDOR)
CHANGE(no_serial, s->facts.serial = SPAN_NONE)
CHANGE(not_listed, s->facts.is_allowed = false)
CHANGE(blocked, s->facts.is_blocked = true)
CHANGE(seen, s->facts.request_seen = true)
CHANGE(other_issuer, s->template->issuer = scene_name(s, "CN=other"))
CHANGE(our_issuer, s->template->issuer = s->facts.ca_subject)
CHANGE(vendor_issuer, s->template->issuer = s->signer.issuer)
CHANGE(null_issuer, s->template->issuer = SPAN_LIT("\x30\x00"))
CHANGE(taken, s->facts.suggested_is_taken = true)
CHANGE(names_refused, s->facts.suggested_names = NAMES_REFUSE)
CHANGE(suggested, s->facts.suggested = s->old.subject)
CHANGE(suggested_refused, suggested(s); names_refused(s))
CHANGE(vendor_key, s->template->public_key = s->signer.spki)
CHANGE(vendor_key_refused, vendor_key(s);
       s->profile.vendor_key_reuse = LENIENCE_REFUSE)
CHANGE(vendor_key_allowed, vendor_key(s);
       s->profile.vendor_key_reuse = LENIENCE_ALLOW)

/* --- the certificate a kur updates --- */

CHANGE(old_revoked, s->facts.old_is_revoked = true)
CHANGE(old_unconfirmed, s->facts.old_is_confirmed = false)
/* An ir or cr signed with one of our own certificates. */
CHANGE(by_own, s->facts.signer_kind = SIGNER_OPERATOR;
       s->facts.signer = &s->old;
       s->facts.old_is_ours = s->facts.old_is_confirmed = true;
       s->profile.ir_by_operator_certificate = true)
CHANGE(by_own_revoked, by_own(s); s->facts.old_is_revoked = true)
CHANGE(by_own_unconfirmed, by_own(s); s->facts.old_is_confirmed = false)
CHANGE(by_own_expired, by_own(s); s->old.not_after = SCENE_NOW - 1;
       s->profile.renew_grace = 10)
CHANGE(old_expired, s->old.not_after = SCENE_NOW - 1)
CHANGE(old_last_second, s->old.not_after = SCENE_NOW)
CHANGE(old_early, s->old.not_before = SCENE_NOW + 1)
CHANGE(old_in_grace, old_expired(s); s->profile.renew_grace = 1)
CHANGE(old_after_grace, s->old.not_after = SCENE_NOW - 2;
       s->profile.renew_grace = 1)
CHANGE(old_id, scene_add_old_cert_id(s, s->old.issuer, s->old.serial))
CHANGE(old_id_serial, scene_add_old_cert_id(s, s->old.issuer, SPAN_LIT("\x2b")))
CHANGE(old_id_issuer, scene_add_old_cert_id(s, s->old.subject, s->old.serial))
CHANGE(old_id_garbage, old_id(s); s->control.value = scene_der(s, "0500"))
CHANGE(has_update, s->facts.old_has_update = true)
CHANGE(other_subject, s->template->subject = scene_name(s, "CN=bs-2"))
CHANGE(null_subject, s->template->subject = SPAN_LIT("\x30\x00"))
CHANGE(folded_subject,
       s->template->subject = scene_name(s, "CN=BS-1,O=operator"))
CHANGE(other_san,
       scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{ 82{'bs-2.op.example'} }"))
CHANGE(old_key, s->template->public_key = s->old.spki)
CHANGE(old_key_let, old_key(s); s->profile.same_key_update = true)

#define OPEN PROFILE_OPEN
#define BS PROFILE_3GPP_BS
#define LEGACY PROFILE_LEGACY_2010
#define LITE PROFILE_RFC9483

/* A message with one thing changed, and the rule that breaks: "" for none. */
static const struct {
    const char *what;
    enum profile_type type;
    enum cmp_body_type body;
    void (*change)(struct scene *s);
    const char *rule;
    enum err err;
    enum cmp_body_type answer;
} cases[] = {
    { "a good ir", BS, CMP_IR, nothing, "", ERR_OK, 0 },
    { "a good cr", OPEN, CMP_CR, nothing, "", ERR_OK, 0 },
    { "a good kur", BS, CMP_KUR, nothing, "", ERR_OK, 0 },
    { "a good certConf", BS, CMP_CERT_CONF, nothing, "", ERR_OK, 0 },

    { "pvno 1", BS, CMP_IR, pvno_1, "pvno-is-known", ERR_UNSUPPORTED_VERSION,
      CMP_ERROR },
    { "pvno 4", BS, CMP_IR, pvno_4, "pvno-is-known", ERR_UNSUPPORTED_VERSION,
      CMP_ERROR },
    { "pvno 3", BS, CMP_IR, pvno_3, "", ERR_OK, 0 },
    { "rr", BS, CMP_IR, body_rr, "body-is-served", ERR_BAD_REQUEST, CMP_ERROR },
    { "p10cr", BS, CMP_IR, body_p10cr, "body-is-served", ERR_BAD_REQUEST,
      CMP_ERROR },
    { "cr to 3gpp-bs", BS, CMP_CR, nothing, "body-is-served", ERR_BAD_REQUEST,
      CMP_ERROR },
    { "no transactionID", BS, CMP_IR, no_id, "transaction-id-is-there",
      ERR_BAD_DATA_FORMAT, CMP_ERROR },
    { "an empty one", BS, CMP_KUR, empty_id, "transaction-id-is-there",
      ERR_BAD_DATA_FORMAT, CMP_ERROR },
    { "no senderNonce", BS, CMP_IR, no_nonce, "sender-nonce-is-long",
      ERR_BAD_SENDER_NONCE, CMP_ERROR },
    { "15 octets", BS, CMP_CERT_CONF, nonce_15, "sender-nonce-is-long",
      ERR_BAD_SENDER_NONCE, CMP_ERROR },
    { "17 octets", BS, CMP_IR, nonce_17, "", ERR_OK, 0 },
    { "recipNonce first", BS, CMP_IR, early_recip_nonce,
      "first-has-no-recip-nonce", ERR_OK, 0 },
    { "no protection", BS, CMP_IR, no_protection, "message-is-protected",
      ERR_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "no protectionAlg", BS, CMP_IR, no_alg, "message-is-protected",
      ERR_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "no bits", BS, CMP_CERT_CONF, no_bits, "message-is-protected",
      ERR_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "PasswordBasedMac", BS, CMP_IR, mac, "protection-is-signature",
      ERR_WRONG_INTEGRITY, CMP_ERROR },
    { "PBMAC1", BS, CMP_CERT_CONF, mac1, "protection-is-signature",
      ERR_WRONG_INTEGRITY, CMP_ERROR },
    { "HMAC", BS, CMP_IR, hmac, "protection-is-signature", ERR_WRONG_INTEGRITY,
      CMP_ERROR },
    { "a kur under a MAC", OPEN, CMP_KUR, pbm_good, "protection-is-signature",
      ERR_WRONG_INTEGRITY, CMP_ERROR },
    { "PasswordBasedMac", LITE, CMP_IR, pbm_good, "", ERR_OK, 0 },
    { "PasswordBasedMac", LITE, CMP_CR, pbm_good, "", ERR_OK, 0 },
    { "PasswordBasedMac", OPEN, CMP_CERT_CONF, pbm_good, "", ERR_OK, 0 },
    { "no PBMParameter", OPEN, CMP_IR, pbm_no_params, "mac-is-readable",
      ERR_BAD_DATA_FORMAT, CMP_ERROR },
    { "DHBasedMac", OPEN, CMP_IR, dh_mac, "mac-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "KemBasedMac", OPEN, CMP_IR, kem_mac, "mac-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "HMAC itself", LITE, CMP_IR, hmac, "mac-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "SHA-1 as owf", LITE, CMP_IR, pbm_owf_sha1, "mac-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "HMAC-SHA1", OPEN, CMP_IR, pbm_mac_sha1, "mac-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "SHA-1 as owf", LEGACY, CMP_IR, pbm_owf_sha1, "", ERR_OK, 0 },
    { "HMAC-SHA1", LEGACY, CMP_IR, pbm_mac_sha1, "", ERR_OK, 0 },
    { "no salt", LITE, CMP_IR, pbm_no_salt, "mac-salt-is-sane", ERR_BAD_ALG,
      CMP_ERROR },
    { "7 octets of salt", LEGACY, CMP_IR, pbm_salt_7, "mac-salt-is-sane",
      ERR_BAD_ALG, CMP_ERROR },
    { "8 octets", LITE, CMP_IR, pbm_salt_8, "", ERR_OK, 0 },
    { "64 octets", LITE, CMP_IR, pbm_salt_64, "", ERR_OK, 0 },
    { "65 octets", LITE, CMP_IR, pbm_salt_65, "mac-salt-is-sane", ERR_BAD_ALG,
      CMP_ERROR },
    { "64 KiB", OPEN, CMP_IR, pbm_salt_64k, "mac-salt-is-sane", ERR_BAD_ALG,
      CMP_ERROR },
    { "99 iterations", LEGACY, CMP_IR, pbm_99, "mac-work-is-bounded",
      ERR_BAD_ALG, CMP_ERROR },
    { "100", LITE, CMP_IR, pbm_100, "", ERR_OK, 0 },
    { "10000", LITE, CMP_IR, pbm_10000, "", ERR_OK, 0 },
    { "10001", LITE, CMP_IR, pbm_10001, "mac-work-is-bounded", ERR_BAD_ALG,
      CMP_ERROR },
    { "2^31", OPEN, CMP_CERT_CONF, pbm_2_31, "mac-work-is-bounded", ERR_BAD_ALG,
      CMP_ERROR },
    { "SHA-1", BS, CMP_IR, sha1, "protection-alg-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "SHA-1, rfc9483", PROFILE_RFC9483, CMP_IR, sha1,
      "protection-alg-is-allowed", ERR_BAD_ALG, CMP_ERROR },
    { "SHA-1, open", OPEN, CMP_IR, sha1, "protection-alg-is-allowed",
      ERR_BAD_ALG, CMP_ERROR },
    { "SHA-1, legacy", LEGACY, CMP_IR, sha1, "", ERR_OK, 0 },
    { "MD5, legacy", LEGACY, CMP_IR, md5, "", ERR_OK, 0 },
    { "MD5", BS, CMP_IR, md5, "protection-alg-is-allowed", ERR_BAD_ALG,
      CMP_ERROR },
    { "SHA-384", BS, CMP_IR, sha384, "", ERR_OK, 0 },
    { "not this profile's", BS, CMP_IR, only_sha384,
      "protection-alg-is-allowed", ERR_BAD_ALG, CMP_ERROR },
    { "no extraCerts", BS, CMP_IR, no_extra, "signer-is-sent",
      ERR_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "no extraCerts", BS, CMP_CERT_CONF, no_extra, "", ERR_OK, 0 },
    { "a DNS name as sender", BS, CMP_IR, dns_sender, "sender-is-directory",
      ERR_OK, 0 },
    { "implicitConfirm", BS, CMP_IR, implicit, "implicit-confirm-not-asked",
      ERR_OK, 0 },
    { "implicitConfirm", OPEN, CMP_IR, implicit, "", ERR_OK, 0 },

    { "two CertReqMsgs", BS, CMP_IR, two, "one-request", ERR_BAD_REQUEST,
      CMP_IP },
    { "two of one number", OPEN, CMP_CR, two, "cert-req-id-is-single",
      ERR_BAD_REQUEST, CMP_CP },
    { "two CertReqMsgs", OPEN, CMP_KUR, two, "one-request", ERR_BAD_REQUEST,
      CMP_KUP },
    { "version 1", OPEN, CMP_P10CR, p10_v2, "p10-is-v1", ERR_BAD_CERT_TEMPLATE,
      CMP_CP },
    { "a password", OPEN, CMP_P10CR, p10_password, "no-challenge-password",
      ERR_OK, 0 },
    { "cA", OPEN, CMP_P10CR, ask_ca, "no-ca-asked-for", ERR_BAD_CERT_TEMPLATE,
      CMP_CP },
    { "p10cr", BS, CMP_P10CR, p10_v2, "body-is-served", ERR_BAD_REQUEST,
      CMP_ERROR },
    { "17 CertReqMsgs", OPEN, CMP_CR, too_many, "one-request", ERR_BAD_REQUEST,
      CMP_CP },
    { "certReqId 1", BS, CMP_KUR, req_id_1, "cert-req-id-is-zero",
      ERR_BAD_REQUEST, CMP_KUP },
    { "certReqId -1", BS, CMP_IR, req_id_minus, "cert-req-id-is-zero",
      ERR_BAD_REQUEST, CMP_IP },
    { "version v3", BS, CMP_IR, version_3, "", ERR_OK, 0 },
    { "version v1", BS, CMP_IR, version_1, "template-leaves-ca-fields",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "serialNumber", BS, CMP_IR, serial, "template-leaves-ca-fields",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "signingAlg", BS, CMP_IR, signing_alg, "template-leaves-ca-fields",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "issuerUID", BS, CMP_IR, issuer_uid, "template-leaves-ca-fields",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "subjectUID", BS, CMP_KUR, subject_uid, "template-leaves-ca-fields",
      ERR_BAD_CERT_TEMPLATE, CMP_KUP },
    { "no key", BS, CMP_IR, no_key, "public-key-is-there",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "an empty key", BS, CMP_IR, empty_key, "public-key-is-there",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "secp256k1", BS, CMP_IR, secp256k1, "public-key-is-allowed", ERR_BAD_ALG,
      CMP_IP },
    { "explicit curve", BS, CMP_IR, own_curve, "public-key-is-allowed",
      ERR_BAD_ALG, CMP_IP },
    { "not this profile's", BS, CMP_IR, only_p384, "public-key-is-allowed",
      ERR_BAD_ALG, CMP_IP },
    { "RSA 2047", BS, CMP_IR, rsa_2047, "public-key-is-allowed", ERR_BAD_ALG,
      CMP_IP },
    { "RSA 2048", BS, CMP_IR, rsa_2048, "", ERR_OK, 0 },
    { "RSA 4096", BS, CMP_IR, rsa_4096, "", ERR_OK, 0 },
    { "RSA 4104", BS, CMP_IR, rsa_4104, "public-key-is-allowed", ERR_BAD_ALG,
      CMP_IP },
    { "no popo", BS, CMP_IR, no_popo, "popo-is-signature", ERR_BAD_POP,
      CMP_IP },
    { "raVerified", BS, CMP_IR, ra_verified, "popo-is-signature", ERR_BAD_POP,
      CMP_IP },
    { "keyEncipherment", BS, CMP_IR, popo_encipher, "popo-is-signature",
      ERR_BAD_POP, CMP_IP },
    { "keyAgreement", BS, CMP_KUR, popo_agree, "popo-is-signature", ERR_BAD_POP,
      CMP_KUP },
    { "thisMessage", OPEN, CMP_IR, popo_this, "popo-method-is-taken",
      ERR_BAD_POP, CMP_IP },
    { "challenge to a point", OPEN, CMP_IR, popo_later, "popo-is-for-key",
      ERR_BAD_POP, CMP_IP },
    { "challenge to a key that may sign", OPEN, CMP_IR, popo_later_rsa,
      "key-that-signs-signs", ERR_BAD_POP, CMP_IP },
    { "POP with SHA-1", BS, CMP_IR, popo_sha1, "popo-alg-is-allowed",
      ERR_BAD_ALG, CMP_IP },
    { "POP with SHA-1, open", OPEN, CMP_IR, popo_sha1, "popo-alg-is-allowed",
      ERR_BAD_ALG, CMP_IP },
    { "POP with SHA-1, legacy", LEGACY, CMP_IR, popo_sha1, "", ERR_OK, 0 },
    { "Ed25519 over P-256", BS, CMP_IR, popo_ed25519, "popo-alg-is-allowed",
      ERR_BAD_ALG, CMP_IP },
    { "ECDSA over RSA", BS, CMP_IR, rsa_popo_ec, "popo-alg-is-allowed",
      ERR_BAD_ALG, CMP_IP },
    { "poposkInput", BS, CMP_IR, input, "", ERR_OK, 0 },
    { "publicKeyMAC", BS, CMP_IR, input_mac, "poposk-input-has-sender",
      ERR_BAD_POP, CMP_IP },
    { "another key in it", BS, CMP_IR, input_key, "poposk-input-has-key",
      ERR_BAD_POP, CMP_IP },
    { "poposkInput and subject", BS, CMP_IR, input_with_subject,
      "poposk-input-fits-template", ERR_OK, 0 },
    { "neither of them", BS, CMP_IR, no_subject, "poposk-input-fits-template",
      ERR_OK, 0 },
    { "cA", BS, CMP_IR, ask_ca, "no-ca-asked-for", ERR_BAD_CERT_TEMPLATE,
      CMP_IP },
    { "no cA", BS, CMP_IR, ask_no_ca, "", ERR_OK, 0 },
    { "keyCertSign", BS, CMP_IR, ask_cert_sign, "no-ca-asked-for",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "cRLSign", BS, CMP_KUR, ask_crl_sign, "no-ca-asked-for",
      ERR_BAD_CERT_TEMPLATE, CMP_KUP },
    { "digitalSignature", BS, CMP_IR, ask_signing, "", ERR_OK, 0 },
    { "cmcRA", BS, CMP_IR, ask_cmc_ra, "no-ca-asked-for", ERR_BAD_CERT_TEMPLATE,
      CMP_IP },
    { "cmcCA", BS, CMP_IR, ask_cmc_ca, "no-ca-asked-for", ERR_BAD_CERT_TEMPLATE,
      CMP_IP },
    { "cmKGA", BS, CMP_IR, ask_kga, "no-ca-asked-for", ERR_BAD_CERT_TEMPLATE,
      CMP_IP },
    { "IKE", BS, CMP_IR, ask_ike, "", ERR_OK, 0 },
    { "bytes after keyUsage", BS, CMP_IR, bad_usage, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "keyUsage not minimal", BS, CMP_IR, bits_left, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "basicConstraints NULL", BS, CMP_IR, bad_constraints,
      "extensions-are-readable", ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "a path length alone", BS, CMP_IR, path_len_only, "", ERR_OK, 0 },
    { "no purpose", BS, CMP_IR, no_purpose, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "a NULL purpose", BS, CMP_IR, bad_purpose, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "an empty SAN", BS, CMP_IR, no_san, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "a SAN of text", BS, CMP_IR, bad_san, "extensions-are-readable",
      ERR_BAD_CERT_TEMPLATE, CMP_IP },
    { "a SAN", BS, CMP_IR, good_san, "", ERR_OK, 0 },

    { "two CertStatus", OPEN, CMP_CERT_CONF, two_statuses, "", ERR_OK, 0 },
    { "one certReqId twice", OPEN, CMP_CERT_CONF, status_twice,
      "cert-status-is-one", ERR_BAD_REQUEST, CMP_ERROR },
    { "second hash", OPEN, CMP_CERT_CONF, second_wrong_hash,
      "conf-hash-is-right", ERR_BAD_CERT_ID, CMP_ERROR },
    { "second id", OPEN, CMP_CERT_CONF, second_unknown, "conf-names-request",
      ERR_BAD_CERT_ID, CMP_ERROR },
    { "second waits", OPEN, CMP_CERT_CONF, second_waits, "cert-status-is-final",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "two CertStatus", BS, CMP_CERT_CONF, two_statuses, "cert-status-is-one",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "none", BS, CMP_CERT_CONF, no_status, "", ERR_OK, 0 },
    { "accepted", BS, CMP_CERT_CONF, accepted, "", ERR_OK, 0 },
    { "rejection", BS, CMP_CERT_CONF, rejected, "", ERR_OK, 0 },
    { "waiting", BS, CMP_CERT_CONF, waiting, "cert-status-is-final",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "grantedWithMods", BS, CMP_CERT_CONF, with_mods, "cert-status-is-final",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "hashAlg", BS, CMP_CERT_CONF, hash_alg, "hash-alg-needs-v3",
      ERR_BAD_DATA_FORMAT, CMP_ERROR },
    { "hashAlg, pvno 3", BS, CMP_CERT_CONF, hash_alg_v3, "", ERR_OK, 0 },

    { "an old transactionID", BS, CMP_IR, used_id, "transaction-id-is-new",
      ERR_TRANSACTION_ID_IN_USE, CMP_ERROR },
    { "a late kur", BS, CMP_KUR, late, "kur-time-is-near", ERR_BAD_TIME,
      CMP_ERROR },
    { "an early kur", BS, CMP_KUR, early, "kur-time-is-near", ERR_BAD_TIME,
      CMP_ERROR },
    { "just in time", BS, CMP_KUR, just_late, "", ERR_OK, 0 },
    { "just in time", BS, CMP_KUR, just_early, "", ERR_OK, 0 },
    { "no messageTime", BS, CMP_KUR, no_time, "", ERR_OK, 0 },
    { "a late ir", BS, CMP_IR, late, "time-is-near", ERR_OK, 0 },
    { "an early certConf", BS, CMP_CERT_CONF, early, "time-is-near", ERR_OK,
      0 },
    { "no transaction", BS, CMP_CERT_CONF, no_transaction,
      "conf-has-transaction", ERR_BAD_REQUEST, CMP_ERROR },
    { "in an ended one", BS, CMP_CERT_CONF, ended, "conf-has-transaction",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "timed out", BS, CMP_CERT_CONF, timed_out, "conf-is-in-time",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "rejected before", BS, CMP_CERT_CONF, rejected_before, "conf-is-in-time",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "confirmed before", BS, CMP_CERT_CONF, confirmed, "conf-is-first",
      ERR_CERT_CONFIRMED, CMP_ERROR },
    { "pvno 2 after 3", BS, CMP_CERT_CONF, pvno_back, "conf-keeps-version",
      ERR_OK, 0 },
    { "error", OPEN, CMP_ERROR, nothing, "", ERR_OK, 0 },
    { "error to 3gpp-bs", BS, CMP_ERROR, nothing, "body-is-served",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "error after certConf", OPEN, CMP_ERROR, confirmed, "error-finds-open",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "error too late", OPEN, CMP_ERROR, timed_out, "error-finds-open",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "error, another nonce", OPEN, CMP_ERROR, other_recip,
      "error-has-recip-nonce", ERR_BAD_RECIPIENT_NONCE, CMP_ERROR },
    { "no recipNonce", BS, CMP_CERT_CONF, no_recip, "conf-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE, CMP_ERROR },
    { "an empty one", BS, CMP_CERT_CONF, empty_recip, "conf-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE, CMP_ERROR },
    { "another one", BS, CMP_CERT_CONF, other_recip, "conf-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE, CMP_ERROR },
    { "certReqId 1", BS, CMP_CERT_CONF, conf_id, "conf-names-request",
      ERR_BAD_CERT_ID, CMP_ERROR },
    { "another hash", BS, CMP_CERT_CONF, other_hash, "conf-hash-is-right",
      ERR_BAD_CERT_ID, CMP_ERROR },
    { "an empty hash", BS, CMP_CERT_CONF, empty_hash, "conf-hash-is-right",
      ERR_BAD_CERT_ID, CMP_ERROR },
    { "an unknown hash", BS, CMP_CERT_CONF, hash_unknown, "conf-hash-is-right",
      ERR_BAD_CERT_ID, CMP_ERROR },

    { "a good pollReq", BS, CMP_POLL_REQ, nothing, "", ERR_OK, 0 },
    { "no certReqId", BS, CMP_POLL_REQ, poll_none, "poll-names-one",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "no transaction", BS, CMP_POLL_REQ, no_transaction,
      "poll-has-transaction", ERR_BAD_REQUEST, CMP_ERROR },
    { "nothing waits", BS, CMP_POLL_REQ, confirmed, "poll-finds-one-waiting",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "no recipNonce", BS, CMP_POLL_REQ, no_recip, "poll-has-recip-nonce",
      ERR_BAD_RECIPIENT_NONCE, CMP_ERROR },
    { "certReqId 1", BS, CMP_POLL_REQ, poll_other, "poll-names-waiting",
      ERR_BAD_REQUEST, CMP_ERROR },
    { "a request waits", BS, CMP_CERT_CONF, request_waits, "conf-is-not-early",
      ERR_BAD_REQUEST, CMP_ERROR },

    { "ir by operator's", BS, CMP_IR, by_operator, "ir-by-vendor-cert",
      ERR_NOT_AUTHORIZED, CMP_IP },
    { "ir by nobody's", BS, CMP_IR, by_nobody, "ir-by-vendor-cert",
      ERR_NOT_AUTHORIZED, CMP_IP },
    { "when the profile lets it", BS, CMP_IR, by_operator_let, "", ERR_OK, 0 },
    { "kur by vendor's", BS, CMP_KUR, by_vendor, "kur-by-operator-cert",
      ERR_NOT_AUTHORIZED, CMP_KUP },
    { "no serial", BS, CMP_IR, no_serial, "serial-is-named", ERR_NOT_AUTHORIZED,
      CMP_IP },
    { "not on the list", BS, CMP_IR, not_listed, "serial-is-allowed",
      ERR_NOT_AUTHORIZED, CMP_IP },
    { "no longer on the list", BS, CMP_KUR, not_listed, "", ERR_OK, 0 },
    { "blocked", BS, CMP_IR, blocked, "station-is-not-blocked",
      ERR_NOT_AUTHORIZED, CMP_IP },
    { "blocked", BS, CMP_KUR, blocked, "station-is-not-blocked",
      ERR_NOT_AUTHORIZED, CMP_KUP },
    { "an old request", BS, CMP_IR, seen, "request-is-new",
      ERR_DUPLICATE_CERT_REQ, CMP_IP },
    { "another issuer", BS, CMP_IR, other_issuer, "issuer-is-ours",
      ERR_WRONG_AUTHORITY, CMP_IP },
    { "our issuer", BS, CMP_IR, our_issuer, "", ERR_OK, 0 },
    { "the signer's issuer", BS, CMP_IR, vendor_issuer, "", ERR_OK, 0 },
    { "no issuer", BS, CMP_IR, null_issuer, "", ERR_OK, 0 },
    { "another's name", BS, CMP_IR, taken, "name-is-free", ERR_NOT_AUTHORIZED,
      CMP_IP },
    { "a suggestion", BS, CMP_IR, suggested, "", ERR_OK, 0 },
    { "none, refused", BS, CMP_IR, names_refused, "", ERR_OK, 0 },
    { "one, refused", BS, CMP_IR, suggested_refused, "name-may-be-suggested",
      ERR_NOT_AUTHORIZED, CMP_IP },
    { "vendor's key", BS, CMP_IR, vendor_key, "vendor-key-better-not-reused",
      ERR_OK, 0 },
    { "vendor's key, allowed", BS, CMP_IR, vendor_key_allowed, "", ERR_OK, 0 },
    { "vendor's key, refused", BS, CMP_IR, vendor_key_refused,
      "vendor-key-not-reused", ERR_BAD_CERT_TEMPLATE, CMP_IP },

    { "by our certificate", OPEN, CMP_CR, by_own, "", ERR_OK, 0 },
    { "by our certificate", OPEN, CMP_IR, by_own, "", ERR_OK, 0 },
    { "by ours, revoked", OPEN, CMP_IR, by_own_revoked, "old-is-not-revoked",
      ERR_CERT_REVOKED, CMP_IP },
    { "by ours, unconfirmed", OPEN, CMP_CR, by_own_unconfirmed,
      "old-is-confirmed", ERR_BAD_CERT_ID, CMP_CP },
    { "by ours, expired", OPEN, CMP_CR, by_own_expired, "old-is-current",
      ERR_SIGNER_NOT_TRUSTED, CMP_CP },
    { "revoked", BS, CMP_KUR, old_revoked, "old-is-not-revoked",
      ERR_CERT_REVOKED, CMP_KUP },
    { "unconfirmed", BS, CMP_KUR, old_unconfirmed, "old-is-confirmed",
      ERR_BAD_CERT_ID, CMP_KUP },
    { "expired", BS, CMP_KUR, old_expired, "old-is-current",
      ERR_SIGNER_NOT_TRUSTED, CMP_KUP },
    { "last second", BS, CMP_KUR, old_last_second, "", ERR_OK, 0 },
    { "not yet valid", BS, CMP_KUR, old_early, "old-is-current",
      ERR_SIGNER_NOT_TRUSTED, CMP_KUP },
    { "within grace", BS, CMP_KUR, old_in_grace, "", ERR_OK, 0 },
    { "after grace", BS, CMP_KUR, old_after_grace, "old-is-current",
      ERR_SIGNER_NOT_TRUSTED, CMP_KUP },
    { "oldCertID", BS, CMP_KUR, old_id, "", ERR_OK, 0 },
    { "another serial", BS, CMP_KUR, old_id_serial, "old-cert-id-names-it",
      ERR_BAD_CERT_ID, CMP_KUP },
    { "another issuer", BS, CMP_KUR, old_id_issuer, "old-cert-id-names-it",
      ERR_BAD_CERT_ID, CMP_KUP },
    { "no CertId", BS, CMP_KUR, old_id_garbage, "old-cert-id-names-it",
      ERR_BAD_CERT_ID, CMP_KUP },
    { "a second update", BS, CMP_KUR, has_update, "one-update-at-a-time",
      ERR_BAD_REQUEST, CMP_KUP },
    { "another subject", BS, CMP_KUR, other_subject, "subject-stays",
      ERR_BAD_CERT_TEMPLATE, CMP_KUP },
    { "the empty subject", BS, CMP_KUR, null_subject, "", ERR_OK, 0 },
    { "other letters' case", BS, CMP_KUR, folded_subject, "", ERR_OK, 0 },
    { "another SAN", BS, CMP_KUR, other_san, "san-stays", ERR_BAD_CERT_TEMPLATE,
      CMP_KUP },
    { "the same SAN", BS, CMP_KUR, good_san, "", ERR_OK, 0 },
    { "the same key", BS, CMP_KUR, old_key, "update-brings-new-key",
      ERR_BAD_CERT_TEMPLATE, CMP_KUP },
    { "the same key, allowed", BS, CMP_KUR, old_key_let, "", ERR_OK, 0 },
};

static const enum rule_step steps[] = { STEP_HEADER, STEP_REQUEST,
                                        STEP_JUDGE_MESSAGE,
                                        STEP_JUDGE_REQUEST };

/* Judges as the line does: step by step, the first error ends it. */
static enum err judge(struct scene *s, struct findings *findings,
                      struct fault *f)
{
    struct judged in = { &s->msg, &s->profile, NULL, scene_request(s) };

    for (size_t i = 0; i < SCENE_NUM(steps); i++) {
        in.facts = steps[i] < STEP_JUDGE_MESSAGE ? NULL : &s->facts;
        TRY(rules_check(steps[i], &in, findings, f));
    }
    return ERR_OK;
}

static bool case_holds(size_t i)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;
    const char *rule;
    enum err e;
    bool ok;

    scene_init(&s, cases[i].type, cases[i].body);
    cases[i].change(&s);
    e = judge(&s, &findings, &f);
    rule = findings.num > 0 ? findings.list[0].rule->id : f.rule;
    ok = e == cases[i].err && strcmp(rule, cases[i].rule) == 0 &&
         findings.num == (e == ERR_OK && cases[i].rule[0] != '\0');
    if (e != ERR_OK)
        ok = ok && f.err == e && f.clause[0] != '\0' &&
             rule_body(rule_step_of(&f), s.msg.body.type) == cases[i].answer;
    if (!ok)
        print_error("%s of %s: %s, rule '%s', %zu findings: %s\n",
                    cases[i].what, cmp_body_name(cases[i].body), err_name(e),
                    rule, findings.num, f.text);
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

/* Each rule that has a predicate is broken by one of the cases. */
static void test_each_rule_breaks(void **state)
{
    (void)state;
    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        const struct rule *rule = rule_get(r);
        /* Those about rr, genm or popdecr alone: revoke_test.c,
         * general_test.c, possess_test.c. */
        bool is_broken = rule->check == NULL || rule->bodies == RR ||
                         rule->bodies == GENM || rule->bodies == POPDECR;

        for (size_t i = 0; i < SCENE_NUM(cases); i++)
            is_broken = is_broken || strcmp(cases[i].rule, rule->id) == 0;
        if (!is_broken)
            fail_msg("no case breaks %s", rule->id);
    }
}

/* Each predicate holds for the good message of each body it is about. */
static void test_each_rule_holds(void **state)
{
    static const enum cmp_body_type bodies[] = { CMP_IR,        CMP_CR,
                                                 CMP_KUR,       CMP_P10CR,
                                                 CMP_CERT_CONF, CMP_POLL_REQ,
                                                 CMP_ERROR };
    struct found found = { "", "" };

    (void)state;
    for (enum rule_id r = 0; r < RULE_NUM; r++)
        for (size_t i = 0; i < SCENE_NUM(bodies); i++) {
            const struct rule *rule = rule_get(r);
            struct scene s;
            struct judged in = { &s.msg, &s.profile, &s.facts, NULL };

            if (rule->check == NULL ||
                (rule->bodies & BODY_BIT(bodies[i])) == 0)
                continue;
            scene_init(&s, PROFILE_OPEN, bodies[i]);
            in.req = scene_request(&s);
            if (rule->check(&in, &found) != VERDICT_HOLDS)
                fail_msg("%s: %s %s", rule->id, found.path, found.text);
            scene_done(&s);
        }
}

/* A refusal names the rule, its clause, the field, what stands there and what
 * is asked; a predicate's and that of another step alike. */
static void test_fault(void **state)
{
    const struct rule *rule = rule_get(RULE_SIGNER_HAS_PATH);
    struct fault f = { 0 };
    struct scene s;
    struct findings findings = { 0 };

    (void)state;
    assert_int_equal(rule_break(&f, RULE_SIGNER_HAS_PATH, "extraCerts",
                                "no way to %s", "the root"),
                     ERR_SIGNER_NOT_TRUSTED);
    assert_string_equal(f.rule, rule->id);
    assert_string_equal(f.clause, rule->clause);
    assert_string_equal(f.text,
                        "extraCerts: no way to the root; asked: a path from "
                        "the signer's certificate to a vendor's trust anchor");
    assert_int_equal(rule_step_of(&f), STEP_PROTECTION);
    scene_init(&s, BS, CMP_IR);
    pvno_4(&s);
    assert_int_equal(judge(&s, &findings, &f), ERR_UNSUPPORTED_VERSION);
    assert_string_equal(f.text, "header.pvno: 4; asked: pvno 2 (cmp2000) or 3 "
                                "(cmp2021)");
    f.rule[0] = '\0';
    assert_int_equal(rule_step_of(&f), STEP_READ);
    scene_done(&s);
}

/* Warnings are listed, all of them, and do not end the judging. */
static void test_findings(void **state)
{
    struct findings findings = { 0 };
    struct fault f = { 0 };
    struct scene s;

    (void)state;
    scene_init(&s, BS, CMP_IR);
    early_recip_nonce(&s);
    dns_sender(&s);
    implicit(&s);
    no_subject(&s);
    late(&s);
    vendor_key(&s);
    assert_int_equal(judge(&s, &findings, &f), ERR_OK);
    assert_int_equal(findings.num, 6);
    assert_string_equal(findings.list[5].rule->id,
                        "vendor-key-better-not-reused");
    /* What does not fit is counted. */
    assert_int_equal(judge(&s, &findings, &f), ERR_OK);
    assert_int_equal(findings.num, 8);
    assert_int_equal(findings.dropped, 4);
    scene_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_each_rule_breaks),
        cmocka_unit_test(test_each_rule_holds),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
