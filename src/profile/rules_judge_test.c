#include "profile/rules_case_test.h"

/* --- the message against the facts --- */

CHANGE(nothing, (void)s)
CHANGE(poll_none, s->msg.body.poll_req.num = 0)
CHANGE(poll_other, s->polled[0] = 1)
CHANGE(request_waits, s->facts.transaction = FACT_WAITING)
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
CHANGE(by_ra_that_may_not, s->facts.signer_kind = SIGNER_RA)
CHANGE(by_ra, by_ra_that_may_not(s); s->facts.ra_may_request = true)
CHANGE(by_ra_for_nobody, by_ra(s); no_serial(s))
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

CHANGE(to_make, s->profile.makes_keys = true; s->msg.header.pvno = 3;
       s->template->has_public_key = false; s->popo->type = POPO_ABSENT)
CHANGE(to_make_by_ra, to_make(s); s->facts.signer_kind = SIGNER_RA)
CHANGE(to_make_unread, to_make(s); s->signer.has_key_usage = true;
       s->signer.key_usage = KU_DIGITAL_SIGNATURE)

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
CHANGE(good_san,
       scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{ 82{'bs-1.op.example'} }"))
CHANGE(other_san,
       scene_ask(s, OID_ID_CE_SUBJECT_ALT_NAME, "30{ 82{'bs-2.op.example'} }"))
CHANGE(old_key, s->template->public_key = s->old.spki)
CHANGE(old_key_let, old_key(s); s->profile.same_key_update = true)

static const struct rules_case cases[] = {
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
    { "ir by an RA", OPEN, CMP_IR, by_ra, "", ERR_OK, 0 },
    { "p10cr by an RA", OPEN, CMP_P10CR, by_ra, "", ERR_OK, 0 },
    { "by an RA that may not", OPEN, CMP_IR, by_ra_that_may_not,
      "ra-may-request", ERR_NOT_AUTHORIZED, CMP_IP },
    { "by an RA that may not", OPEN, CMP_CR, by_ra_that_may_not,
      "ra-may-request", ERR_NOT_AUTHORIZED, CMP_CP },
    { "by an RA for nobody", OPEN, CMP_CR, by_ra_for_nobody, "serial-is-named",
      ERR_NOT_AUTHORIZED, CMP_CP },
    { "kur by an RA", OPEN, CMP_KUR, by_ra, "kur-by-operator-cert",
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
    { "a key to be made", LITE, CMP_IR, to_make, "", ERR_OK, 0 },
    { "for an RA", LITE, CMP_IR, to_make_by_ra, "made-key-has-reader",
      ERR_BAD_REQUEST, CMP_IP },
    { "for who only signs", LITE, CMP_IR, to_make_unread, "made-key-has-reader",
      ERR_BAD_REQUEST, CMP_IP },
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

const struct rules_cases rules_judge_cases = { cases, SCENE_NUM(cases) };
