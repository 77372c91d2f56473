/*
 * The predicates of the rule table, shared inside this module. Each judges one
 * thing; on BROKEN it says in `found` what stands where.
 */
#ifndef PROFILE_INTERNAL_H
#define PROFILE_INTERNAL_H

#include "profile/rules.h"

#define DECLARE_CHECK(name) \
    enum verdict name(const struct judged *in, struct found *found)

/* screen.c: the message alone */
DECLARE_CHECK(check_pvno);
DECLARE_CHECK(check_body_served);
DECLARE_CHECK(check_transaction_id);
DECLARE_CHECK(check_sender_nonce);
DECLARE_CHECK(check_no_recip_nonce);
DECLARE_CHECK(check_is_protected);
DECLARE_CHECK(check_protection_alg);
DECLARE_CHECK(check_signer_sent);
DECLARE_CHECK(check_sender_directory);
DECLARE_CHECK(check_implicit_confirm);
DECLARE_CHECK(check_one_request);
DECLARE_CHECK(check_cert_req_id);
DECLARE_CHECK(check_cert_req_id_single);
DECLARE_CHECK(check_ca_fields);
DECLARE_CHECK(check_public_key);
DECLARE_CHECK(check_public_key_kind);
DECLARE_CHECK(check_popo_alg);
DECLARE_CHECK(check_popo_input_sender);
DECLARE_CHECK(check_popo_input_key);
DECLARE_CHECK(check_popo_input_fits);
DECLARE_CHECK(check_no_ca);
DECLARE_CHECK(check_extensions);
DECLARE_CHECK(check_p10_version);
DECLARE_CHECK(check_p10_password);
DECLARE_CHECK(check_one_status);
DECLARE_CHECK(check_status_final);
DECLARE_CHECK(check_hash_alg);

/* made_key.c: keys to be made here */
DECLARE_CHECK(made_key_kind);
DECLARE_CHECK(check_made_key_version);
DECLARE_CHECK(check_made_key_version_noted);
DECLARE_CHECK(check_made_key_proof);
DECLARE_CHECK(check_made_key_alone);
DECLARE_CHECK(check_made_key_reader);

/* controls.c: what stands beside the template */
DECLARE_CHECK(check_controls_parse);
DECLARE_CHECK(check_no_archive);
DECLARE_CHECK(check_controls_heeded);

/* advice.c: what is taken, and had better be otherwise */
DECLARE_CHECK(check_transaction_id_long);
DECLARE_CHECK(check_recipient_directory);
DECLARE_CHECK(check_version_needed);
DECLARE_CHECK(check_sender_reference);
DECLARE_CHECK(check_subject_suggested);
DECLARE_CHECK(check_reg_info);
DECLARE_CHECK(check_usage_fits_key);
DECLARE_CHECK(check_exponent_usual);

/* screen_mac.c: the message alone, if a MAC protects it */
DECLARE_CHECK(check_is_signature);
DECLARE_CHECK(check_mac_readable);
DECLARE_CHECK(check_mac_allowed);
DECLARE_CHECK(check_mac_salt);
DECLARE_CHECK(check_mac_work);

/* judge.c: the message against the facts */
DECLARE_CHECK(check_transaction_id_new);
DECLARE_CHECK(check_message_time);
DECLARE_CHECK(check_conf_transaction);
DECLARE_CHECK(check_conf_open);
DECLARE_CHECK(check_error_open);
DECLARE_CHECK(check_conf_first);
DECLARE_CHECK(check_conf_pvno);
DECLARE_CHECK(check_conf_recip_nonce);
DECLARE_CHECK(check_conf_req_id);
DECLARE_CHECK(check_conf_hash);
DECLARE_CHECK(check_ir_signer);
DECLARE_CHECK(check_kur_signer);
DECLARE_CHECK(check_serial);
DECLARE_CHECK(check_allowed);
DECLARE_CHECK(check_blocked);
DECLARE_CHECK(check_request_new);
DECLARE_CHECK(check_issuer);
DECLARE_CHECK(check_name_free);
DECLARE_CHECK(check_name_suggested);
DECLARE_CHECK(check_vendor_key_refused);
DECLARE_CHECK(check_vendor_key_warned);
DECLARE_CHECK(check_old_revoked);
DECLARE_CHECK(check_old_confirmed);
DECLARE_CHECK(check_old_dates);
DECLARE_CHECK(check_old_cert_id);
DECLARE_CHECK(check_no_update);
DECLARE_CHECK(check_subject_stays);
DECLARE_CHECK(check_san_stays);
DECLARE_CHECK(check_new_key);

/* possess.c: how possession is shown, and the answer to a challenge */
DECLARE_CHECK(check_popo_signature);
DECLARE_CHECK(check_popo_method);
DECLARE_CHECK(check_popo_for_key);
DECLARE_CHECK(check_signing_key);
DECLARE_CHECK(check_answer_challenged);

/* poll.c: pollReq, and what is sent while a request waits */
DECLARE_CHECK(check_poll_ids);
DECLARE_CHECK(check_poll_transaction);
DECLARE_CHECK(check_poll_waiting);
DECLARE_CHECK(check_poll_recip_nonce);
DECLARE_CHECK(check_poll_names_waiting);
DECLARE_CHECK(check_conf_not_waiting);

/* revoke.c: what an rr asks for */
DECLARE_CHECK(check_one_revocation);
DECLARE_CHECK(check_rev_names);
DECLARE_CHECK(check_rev_no_more);
DECLARE_CHECK(check_rev_single);
DECLARE_CHECK(check_reason);
DECLARE_CHECK(check_entry_details);
DECLARE_CHECK(check_hold_let);
DECLARE_CHECK(check_hold_dated);
DECLARE_CHECK(check_rr_signer);
DECLARE_CHECK(check_rev_issuer);
DECLARE_CHECK(check_rev_known);
DECLARE_CHECK(check_rev_owner);
DECLARE_CHECK(check_rev_by_itself);
DECLARE_CHECK(check_rev_once);
DECLARE_CHECK(check_rev_current);
DECLARE_CHECK(check_release_held);
DECLARE_CHECK(check_release_unblocked);
DECLARE_CHECK(check_invalidity_past);

/* ra.c: what an RA sends */
DECLARE_CHECK(check_nested_num);
DECLARE_CHECK(check_ra_request);
DECLARE_CHECK(check_ra_revoke);

/* peer.c: ccr */
DECLARE_CHECK(check_ccr_complete);
DECLARE_CHECK(check_ccr_ca);
DECLARE_CHECK(check_ccr_no_more);
DECLARE_CHECK(check_ccr_popo);
DECLARE_CHECK(check_ccr_issuer);
DECLARE_CHECK(check_ccr_subject);
DECLARE_CHECK(check_ccr_path_len);
DECLARE_CHECK(check_ccr_alg);
DECLARE_CHECK(check_ccr_dates);
DECLARE_CHECK(check_ccr_key);

/* general.c: genm */
DECLARE_CHECK(check_one_info);
DECLARE_CHECK(check_info_single);

/* passphrase.c: those for revocation */
DECLARE_CHECK(check_passphrase_place);
DECLARE_CHECK(check_passphrase_version);
DECLARE_CHECK(check_passphrase_owner);
DECLARE_CHECK(check_passphrase_dated);
DECLARE_CHECK(check_passphrase_revokes);

/* Fills `found` and returns BROKEN. */
enum verdict broken(struct found *found, const char *path, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The name of an algorithm, or its OID in dots. */
void describe_alg(const struct alg_id *alg, char *out, size_t size);

/* Same algorithm and key octets. */
bool same_key(const struct spki *a, const struct spki *b);

#endif
