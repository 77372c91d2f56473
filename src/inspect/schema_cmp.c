/*
 * CMP messages (RFC 9810, appendix F; EXPLICIT tags).
 */
#include "inspect/schema.h"

/* --- Parts --- */

SCHEMA_LIST_SOME(free_text, "PKIFreeText", utf8);

static SCHEMA_NAMED(status, "PKIStatus", KIND_NUMBER, DER_INTEGER, "accepted",
                    "grantedWithMods", "rejection", "waiting",
                    "revocationWarning", "revocationNotification",
                    "keyUpdateWarning");
static SCHEMA_NAMED(failure_info, "PKIFailureInfo", KIND_BITS, DER_BIT_STRING,
                    "badAlg", "badMessageCheck", "badRequest", "badTime",
                    "badCertId", "badDataFormat", "wrongAuthority",
                    "incorrectData", "missingTimeStamp", "badPOP",
                    "certRevoked", "certConfirmed", "wrongIntegrity",
                    "badRecipientNonce", "timeNotAvailable", "unacceptedPolicy",
                    "unacceptedExtension", "addInfoNotAvailable",
                    "badSenderNonce", "badCertTemplate", "signerNotTrusted",
                    "transactionIdInUse", "unsupportedVersion", "notAuthorized",
                    "systemUnavail", "systemFailure", "duplicateCertReq");
SCHEMA_SEQUENCE(status_info, "PKIStatusInfo", FIELD("status", status),
                FIELD_OPT("statusString", free_text),
                FIELD_OPT("failInfo", failure_info));

static SCHEMA_SEQUENCE(info_type_and_value, "InfoTypeAndValue",
                       FIELD_ID("infoType", oid),
                       FIELD_OPT("infoValue", info_value));
SCHEMA_LIST(info_list, "GenMsgContent", info_type_and_value);
static SCHEMA_LIST_SOME(general_info, "SEQUENCE OF InfoTypeAndValue",
                        info_type_and_value);

/* --- The header --- */

static SCHEMA_NAMED(pvno, "INTEGER", KIND_NUMBER, DER_INTEGER, NULL, "cmp1999",
                    "cmp2000", "cmp2021");
static SCHEMA_PLAIN(key_identifier, "KeyIdentifier", DER_OCTET_STRING);
SCHEMA_SEQUENCE(pki_header, "PKIHeader", FIELD("pvno", pvno),
                FIELD("sender", general_name), FIELD("recipient", general_name),
                FIELD_EXP_OPT("messageTime", 0, generalized_time),
                FIELD_EXP_OPT("protectionAlg", 1, alg_id),
                FIELD_EXP_OPT("senderKID", 2, key_identifier),
                FIELD_EXP_OPT("recipKID", 3, key_identifier),
                FIELD_EXP_OPT("transactionID", 4, octet_string),
                FIELD_EXP_OPT("senderNonce", 5, octet_string),
                FIELD_EXP_OPT("recipNonce", 6, octet_string),
                FIELD_EXP_OPT("freeText", 7, free_text),
                FIELD_EXP_OPT("generalInfo", 8, general_info));

/* --- Answers to requests for certificates --- */

static SCHEMA_CHOICE(cert_or_enc_cert, "CertOrEncCert",
                     FIELD_EXP("certificate", 0, cmp_certificate),
                     FIELD_EXP("encryptedCert", 1, encrypted_key));
static SCHEMA_SEQUENCE(certified_key_pair, "CertifiedKeyPair",
                       FIELD("certOrEncCert", cert_or_enc_cert),
                       FIELD_EXP_OPT("privateKey", 0, encrypted_key),
                       FIELD_EXP_OPT("publicationInfo", 1, publication_info));
static SCHEMA_SEQUENCE(cert_response, "CertResponse",
                       FIELD("certReqId", integer),
                       FIELD("status", status_info),
                       FIELD_OPT("certifiedKeyPair", certified_key_pair),
                       FIELD_OPT("rspInfo", octet_string));
static SCHEMA_LIST(cert_responses, "SEQUENCE OF CertResponse", cert_response);
SCHEMA_SEQUENCE(cert_rep, "CertRepMessage", FIELD_EXP_OPT("caPubs", 1, certs),
                FIELD("response", cert_responses));

static SCHEMA_LIST_SOME(key_pairs, "SEQUENCE OF CertifiedKeyPair",
                        certified_key_pair);
SCHEMA_SEQUENCE(key_rec_rep, "KeyRecRepContent", FIELD("status", status_info),
                FIELD_EXP_OPT("newSigCert", 0, cmp_certificate),
                FIELD_EXP_OPT("caCerts", 1, certs),
                FIELD_EXP_OPT("keyPairHist", 2, key_pairs));

/* --- Challenges --- */

static SCHEMA_SEQUENCE(challenge, "Challenge", FIELD_OPT("owf", alg_id),
                       FIELD("witness", octet_string),
                       FIELD("challenge", octet_string),
                       FIELD_EXP_OPT("encryptedRand", 0, enveloped_data));
SCHEMA_LIST(pop_challenges, "POPODecKeyChallContent", challenge);
SCHEMA_LIST(pop_answers, "POPODecKeyRespContent", integer);
SCHEMA_SEQUENCE(pop_rand, "Rand", FIELD("int", integer),
                FIELD("sender", general_name));

/* --- Revocation --- */

static SCHEMA_SEQUENCE(rev_details, "RevDetails",
                       FIELD("certDetails", cert_template),
                       FIELD_OPT("crlEntryDetails", extensions));
SCHEMA_LIST(rev_req, "RevReqContent", rev_details);

static SCHEMA_LIST_SOME(statuses, "SEQUENCE OF PKIStatusInfo", status_info);
static SCHEMA_LIST_SOME(cert_ids, "SEQUENCE OF CertId", cert_id);
SCHEMA_SEQUENCE(rev_rep, "RevRepContent", FIELD("status", statuses),
                FIELD_EXP_OPT("revCerts", 0, cert_ids),
                FIELD_EXP_OPT("crls", 1, crls));

/* --- Announcements --- */

SCHEMA_SEQUENCE(ca_key_update_v2, "CAKeyUpdAnnContent",
                FIELD("oldWithNew", cmp_certificate),
                FIELD("newWithOld", cmp_certificate),
                FIELD("newWithNew", cmp_certificate));
SCHEMA_SEQUENCE(ca_key_update_v3, "RootCaKeyUpdateContent",
                FIELD("newWithNew", cmp_certificate),
                FIELD_EXP_OPT("newWithOld", 0, cmp_certificate),
                FIELD_EXP_OPT("oldWithNew", 1, cmp_certificate));
SCHEMA_CHOICE(ca_key_update, "CAKeyUpdContent",
              FIELD("cAKeyUpdAnnV2", ca_key_update_v2),
              FIELD_EXP("cAKeyUpdAnnV3", 0, ca_key_update_v3));
SCHEMA_SEQUENCE(rev_ann, "RevAnnContent", FIELD("status", status),
                FIELD("certId", cert_id),
                FIELD("willBeRevokedAt", generalized_time),
                FIELD("badSinceDate", generalized_time),
                FIELD_OPT("crlDetails", extensions));
static SCHEMA_LIST(crl_ann, "CRLAnnContent", crl);

/* --- Errors, confirmation, polling --- */

SCHEMA_SEQUENCE(error_msg, "ErrorMsgContent",
                FIELD("pKIStatusInfo", status_info),
                FIELD_OPT("errorCode", integer),
                FIELD_OPT("errorDetails", free_text));

static SCHEMA_SEQUENCE(cert_status, "CertStatus",
                       FIELD("certHash", octet_string),
                       FIELD("certReqId", integer),
                       FIELD_OPT("statusInfo", status_info),
                       FIELD_EXP_OPT("hashAlg", 0, alg_id));
SCHEMA_LIST(cert_confirm, "CertConfirmContent", cert_status);

static SCHEMA_SEQUENCE(poll_req_one, "SEQUENCE", FIELD("certReqId", integer));
SCHEMA_LIST(poll_req, "PollReqContent", poll_req_one);
static SCHEMA_SEQUENCE(poll_rep_one, "SEQUENCE", FIELD("certReqId", integer),
                       FIELD("checkAfter", integer),
                       FIELD_OPT("reason", free_text));
SCHEMA_LIST(poll_rep, "PollRepContent", poll_rep_one);

/* --- The body, the message --- */

SCHEMA_CHOICE(
    pki_body, "PKIBody", FIELD_EXP("ir", 0, cert_req_messages),
    FIELD_EXP("ip", 1, cert_rep), FIELD_EXP("cr", 2, cert_req_messages),
    FIELD_EXP("cp", 3, cert_rep), FIELD_EXP("p10cr", 4, certification_request),
    FIELD_EXP("popdecc", 5, pop_challenges),
    FIELD_EXP("popdecr", 6, pop_answers),
    FIELD_EXP("kur", 7, cert_req_messages), FIELD_EXP("kup", 8, cert_rep),
    FIELD_EXP("krr", 9, cert_req_messages), FIELD_EXP("krp", 10, key_rec_rep),
    FIELD_EXP("rr", 11, rev_req), FIELD_EXP("rp", 12, rev_rep),
    FIELD_EXP("ccr", 13, cert_req_messages), FIELD_EXP("ccp", 14, cert_rep),
    FIELD_EXP("ckuann", 15, ca_key_update),
    FIELD_EXP("cann", 16, cmp_certificate), FIELD_EXP("rann", 17, rev_ann),
    FIELD_EXP("crlann", 18, crl_ann), FIELD_EXP("pkiconf", 19, null),
    FIELD_EXP("nested", 20, pki_messages), FIELD_EXP("genm", 21, info_list),
    FIELD_EXP("genp", 22, info_list), FIELD_EXP("error", 23, error_msg),
    FIELD_EXP("certConf", 24, cert_confirm), FIELD_EXP("pollReq", 25, poll_req),
    FIELD_EXP("pollRep", 26, poll_rep));

SCHEMA_SEQUENCE(pki_message, "PKIMessage", FIELD("header", pki_header),
                FIELD("body", pki_body),
                FIELD_EXP_OPT("protection", 0, bit_string),
                FIELD_EXP_OPT("extraCerts", 1, certs));
SCHEMA_LIST_SOME(pki_messages, "PKIMessages", pki_message);
