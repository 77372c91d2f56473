#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "profile/rules_case_test.h"

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
CHANGE(id_of_8, s->msg.header.transaction_id = SPAN_LIT("8 octets"))
CHANGE(recipient_dns, s->msg.header.recipient.type = GN_DNS)
CHANGE(early_recip_nonce, s->msg.header.recip_nonce = SPAN_LIT("nonce"))
CHANGE(no_alg, s->msg.header.protection_alg.oid = SPAN_NONE)
CHANGE(no_bits, s->msg.protection.bytes = SPAN_NONE)
CHANGE(no_protection, no_alg(s); no_bits(s))
CHANGE(mac,
       alg_id_set(&s->msg.header.protection_alg, OID_ID_PASSWORD_BASED_MAC))
CHANGE(mac1, alg_id_set(&s->msg.header.protection_alg, OID_ID_PBMAC1))

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
    s->msg.header.sender.value = scene_name(s, "CN=4711");
    s->msg.header.sender_kid = SPAN_LIT("4711");
    s->msg.num_extra_certs = 0;
    s->facts.signer_kind = SIGNER_SECRET;
}

#define SHA(n) DIGEST_SHA##n
CHANGE(pbm_good, pbm(s, 16, 500, SHA(256), SHA(256)))
CHANGE(pbm_without_kid, pbm_good(s); s->msg.header.sender_kid = SPAN_NONE)
CHANGE(pbm_other_kid, pbm_good(s); s->msg.header.sender_kid = SPAN_LIT("4712"))
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
CHANGE(dh_mac, alg_id_set(&s->msg.header.protection_alg, OID_ID_DH_BASED_MAC))
CHANGE(kem_mac, alg_id_set(&s->msg.header.protection_alg, OID_ID_KEM_BASED_MAC))
CHANGE(hmac, alg_id_set(&s->msg.header.protection_alg, OID_ID_HMAC_WITH_SHA256))
CHANGE(sha1, alg_id_set(&s->msg.header.protection_alg, OID_ECDSA_WITH_SHA1))
CHANGE(md5,
       alg_id_set(&s->msg.header.protection_alg, OID_MD5_WITH_RSA_ENCRYPTION))
CHANGE(sha384, alg_id_set(&s->msg.header.protection_alg, OID_ECDSA_WITH_SHA384))
CHANGE(only_sha384, s->profile.sig_algs = 1u << SIG_ECDSA_SHA384)
CHANGE(no_extra, s->msg.num_extra_certs = 0)
CHANGE(dns_sender, s->msg.header.sender.type = GN_DNS)
static void add_control(struct scene *s, enum oid id, const char *value)
{
    s->control.id = id;
    s->control.oid = oid_span(id);
    s->control.value = scene_der(s, value);
    s->requests[0].cert_req.controls = &s->control;
    s->requests[0].cert_req.num_controls = 1;
}
CHANGE(reg_token, add_control(s, OID_ID_REG_CTRL_REG_TOKEN, "0c{'a'}"))
CHANGE(reg_token_garbage, add_control(s, OID_ID_REG_CTRL_REG_TOKEN, "0500"))
CHANGE(archive, add_control(s, OID_ID_REG_CTRL_PKI_ARCHIVE_OPTIONS, "82{ff}"))
CHANGE(passphrase, s->info.id = OID_ID_IT_REV_PASSPHRASE;
       s->msg.header.general_info = (struct info_list){ &s->info, 1 })
CHANGE(implicit, s->info.id = OID_ID_IT_IMPLICIT_CONFIRM;
       s->msg.header.general_info = (struct info_list){ &s->info, 1 })

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
       alg_id_set(&s->template->signing_alg, OID_ECDSA_WITH_SHA256))
CHANGE(issuer_uid, s->template->has_issuer_uid = true)
CHANGE(subject_uid, s->template->has_subject_uid = true)
CHANGE(no_key, s->template->has_public_key = false)
CHANGE(empty_key, s->template->public_key.key = SPAN_LIT(""))
CHANGE(secp256k1,
       s->template->public_key.alg.params = scene_der(s, "06{ 2b8104000a }"))
CHANGE(own_curve, s->template->public_key.alg.params = scene_der(s, "30{}"))
CHANGE(only_p384, s->profile.key_kinds = 1u << KEY_EC_P384)

/* An RSA key whose modulus has so many octets, the first one given. */
static void rsa_of(struct scene *s, size_t len, uint8_t first, int64_t exponent)
{
    static const uint8_t null[] = { 5, 0 };
    struct der_writer w;
    uint8_t n[600];

    memset(n, 0x55, sizeof(n));
    n[0] = first;
    der_writer_init(&w, s->arena, 1024);
    der_put_int64(&w, DER_INTEGER, exponent);
    der_put_uint(&w, DER_INTEGER, span_of(n, len));
    der_put_header(&w, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&w, &s->template->public_key.key), ERR_OK);
    alg_id_set(&s->template->public_key.alg, OID_RSA_ENCRYPTION);
    s->template->public_key.alg.params = SPAN_OF(null);
    alg_id_set(&s->popo->alg, OID_SHA256_WITH_RSA_ENCRYPTION);
    s->popo->alg.params = SPAN_OF(null);
}
static void rsa(struct scene *s, size_t len, uint8_t first)
{
    rsa_of(s, len, first, 65537);
}
CHANGE(rsa_exponent_3, rsa_of(s, 256, 0x80, 3))
CHANGE(rsa_2047, rsa(s, 256, 0x7f))
CHANGE(rsa_2048, rsa(s, 256, 0x80))
CHANGE(rsa_4096, rsa(s, 512, 0xff))
CHANGE(rsa_4104, rsa(s, 513, 0x80))
CHANGE(rsa_popo_ec, rsa_2048(s);
       alg_id_set(&s->popo->alg, OID_ECDSA_WITH_SHA256);
       s->popo->alg.params = SPAN_NONE)

CHANGE(no_popo, s->popo->type = POPO_ABSENT)
CHANGE(to_make, s->profile.makes_keys = true; no_key(s); no_popo(s); pvno_3(s))
CHANGE(to_make_v2, to_make(s); s->msg.header.pvno = 2)
CHANGE(to_make_twice, to_make(s); s->msg.body.cert_req.num = 2;
       s->requests[1] = s->requests[0]; s->requests[1].cert_req.cert_req_id = 1)
CHANGE(to_make_proven, to_make(s); s->popo->type = POPO_SIGNATURE)
CHANGE(ra_verified, s->popo->type = POPO_RA_VERIFIED)
CHANGE(popo_encipher, s->popo->type = POPO_KEY_ENCIPHERMENT)
CHANGE(popo_agree, s->popo->type = POPO_KEY_AGREEMENT)
CHANGE(popo_this, popo_encipher(s); s->popo->priv_type = POPO_PRIV_THIS_MESSAGE)
CHANGE(popo_later, popo_encipher(s);
       s->popo->priv_type = POPO_PRIV_SUBSEQUENT_MESSAGE;
       s->popo->subsequent = 1)
CHANGE(popo_later_rsa, rsa_2048(s); popo_later(s))
CHANGE(encr_cert_v3, popo_later_rsa(s); s->popo->subsequent = 0;
       s->profile.signing_keys_sign = false; pvno_3(s))
CHANGE(popo_sha1, alg_id_set(&s->popo->alg, OID_ECDSA_WITH_SHA1))
CHANGE(popo_ed25519, alg_id_set(&s->popo->alg, OID_ID_ED25519))
CHANGE(input, scene_add_input(s, s->signer.subject))
CHANGE(input_mac, input(s); s->popo->has_input_sender = false)
CHANGE(input_key, input(s); s->popo->input_key = s->signer.spki)
CHANGE(input_with_subject, input(s); s->template->subject = s->old.subject)
CHANGE(null_subject, s->template->subject = SPAN_LIT("\x30\x00"))
CHANGE(reg_info, s->requests[0].num_reg_info = 1)
CHANGE(no_subject, s->template->subject = SPAN_NONE)

CHANGE(ask_ca, scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, "30{ 01{ff} }"))
CHANGE(ask_no_ca, scene_ask(s, OID_ID_CE_BASIC_CONSTRAINTS, "30{}"))
CHANGE(ask_cert_sign, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0284 }"))
CHANGE(ask_crl_sign, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0102 }"))
CHANGE(ask_signing, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 0780 }"))
CHANGE(ask_encipherment, scene_ask(s, OID_ID_CE_KEY_USAGE, "03{ 05a0 }"))
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
CHANGE(hash_alg, alg_id_set(&s->statuses[0].hash_alg, OID_ID_SHA256))
CHANGE(hash_alg_v3, hash_alg(s); pvno_3(s))

static const struct rules_case cases[] = {
    { "a good ir", BS, CMP_IR, nothing, "", ERR_OK, 0 },
    { "a good cr", OPEN, CMP_CR, nothing, "", ERR_OK, 0 },
    { "a good kur", BS, CMP_KUR, nothing, "", ERR_OK, 0 },
    { "a good certConf", BS, CMP_CERT_CONF, nothing, "", ERR_OK, 0 },

    { "pvno 1", BS, CMP_IR, pvno_1, "pvno-is-known", ERR_UNSUPPORTED_VERSION,
      CMP_ERROR },
    { "pvno 4", BS, CMP_IR, pvno_4, "pvno-is-known", ERR_UNSUPPORTED_VERSION,
      CMP_ERROR },
    { "pvno 3", BS, CMP_IR, pvno_3, "version-is-needed", ERR_OK, 0 },
    { "pvno 3", BS, CMP_CERT_CONF, pvno_3, "", ERR_OK, 0 },
    { "pvno 3, a certificate encrypted", OPEN, CMP_IR, encr_cert_v3, "", ERR_OK,
      0 },
    { "8 octets", BS, CMP_IR, id_of_8, "transaction-id-is-long", ERR_OK, 0 },
    { "8 octets", BS, CMP_CERT_CONF, id_of_8, "", ERR_OK, 0 },
    { "recipient's dNSName", BS, CMP_IR, recipient_dns,
      "recipient-is-directory", ERR_OK, 0 },
    { "no senderKID", LITE, CMP_IR, pbm_without_kid, "sender-names-secret",
      ERR_OK, 0 },
    { "another senderKID", LITE, CMP_IR, pbm_other_kid, "sender-names-secret",
      ERR_OK, 0 },
    { "no subject", LITE, CMP_IR, input, "subject-is-suggested", ERR_OK, 0 },
    { "NULL-DN", LITE, CMP_IR, null_subject, "subject-is-suggested", ERR_OK,
      0 },
    { "regInfo", BS, CMP_IR, reg_info, "reg-info-is-heeded", ERR_OK, 0 },
    { "exponent 3", BS, CMP_IR, rsa_exponent_3, "exponent-is-usual", ERR_OK,
      0 },
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
    { "a passphrase in the header", BS, CMP_IR, passphrase,
      "passphrase-comes-by-genm", ERR_BAD_REQUEST, CMP_ERROR },
    { "implicitConfirm", BS, CMP_IR, implicit, "implicit-confirm-not-asked",
      ERR_OK, 0 },
    { "implicitConfirm", OPEN, CMP_IR, implicit, "", ERR_OK, 0 },
    { "regToken", BS, CMP_IR, reg_token, "controls-are-heeded", ERR_OK, 0 },
    { "regToken, no text", BS, CMP_IR, reg_token_garbage, "controls-parse",
      ERR_BAD_DATA_FORMAT, CMP_IP },
    { "pkiArchiveOptions", BS, CMP_KUR, archive, "no-key-is-archived",
      ERR_BAD_REQUEST, CMP_KUP },

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
    { "a key to be made", LITE, CMP_IR, to_make, "", ERR_OK, 0 },
    { "a key to be made, pvno 2", LITE, CMP_IR, to_make_v2, "made-key-needs-v3",
      ERR_BAD_REQUEST, CMP_IP },
    { "a key to be made, pvno 2", OPEN, CMP_IR, to_make_v2,
      "made-key-better-in-v3", ERR_OK, 0 },
    { "two to be made", OPEN, CMP_CR, to_make_twice, "made-key-is-alone",
      ERR_BAD_REQUEST, CMP_CP },
    { "proof without a key", LITE, CMP_KUR, to_make_proven,
      "made-key-has-no-proof", ERR_BAD_POP, CMP_KUP },
    { "no popo", BS, CMP_IR, no_popo, "popo-is-signature", ERR_BAD_POP,
      CMP_IP },
    { "raVerified, for step 4", BS, CMP_IR, ra_verified, "", ERR_OK, 0 },
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
    { "keyEncipherment on a curve", BS, CMP_IR, ask_encipherment,
      "usage-fits-key", ERR_OK, 0 },
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
};

const struct rules_cases rules_screen_cases = { cases, SCENE_NUM(cases) };
