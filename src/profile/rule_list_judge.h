/*
 * What a server asks of a message's signer, of the proof of possession, and of
 * the message against the facts: the rows that follow those of rule_list.h.
 */
#ifndef PROFILE_RULE_LIST_JUDGE_H
#define PROFILE_RULE_LIST_JUDGE_H

#include "profile/rule_list.h"

/* clang-format off */
#define JUDGE_RULES(R)                                                         \
/* ---- STEP_PROTECTION ---- */                                                \
R(SIGNER_IS_READABLE, "signer-is-readable", "RFC 5280, 4.1",                   \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,        \
  "a signer's certificate that can be read",                                   \
  "send the certificate as the vendor's CA made it")                           \
R(SIGNER_IS_KNOWN, "signer-is-known", "RFC 9483, 3.5", BAD_MESSAGE_CHECK,      \
  PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER | NEEDS_EXCHANGE, NULL,          \
  "a signer's certificate: sent, or known from this transaction",              \
  "send the same certificate that signed the request")                         \
R(SIGNER_KEY_IS_ALLOWED, "signer-key-is-allowed", "TS 33.310, 6.1.1", BAD_ALG, \
  PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,                           \
  "a signer's key of the profile: P-256 or longer, RSA 2048 to 4096",          \
  "the vendor must certify a stronger key")                                    \
R(PROTECTION_VERIFIES, "protection-verifies", "RFC 9810, 5.1.3",               \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,        \
  "a signature over header and body by the signer's key",                      \
  "sign the DER of ProtectedPart as sent, with the key of extraCerts[0]")      \
R(PROTECTION_KEEPS_KIND, "protection-keeps-kind", "RFC 9483, 3.2",             \
  WRONG_INTEGRITY, PROTECTION, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,        \
  "the kind of protection, MAC or signature, that began the transaction",      \
  "protect every message of a transaction with one credential")                \
R(MAC_VERIFIES, "mac-verifies", "RFC 9810, 5.1.3.1 (RFC 9483, 3.5)",           \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NEEDS_SECRET, NULL,        \
  "a MAC under the secret whose reference senderKID, or sender's CN, tells",   \
  "check reference and secret on both sides, character for character")         \
R(SECRET_IS_NOT_REVOKED, "secret-is-not-revoked", "RFC 9483, 3.5",             \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NEEDS_STORE | NEEDS_SECRET,   \
  NULL, "a shared secret that is not revoked",                                 \
  "ask the operator for a new one")                                            \
R(WEAK_SECRET_IS_STRETCHED, "weak-secret-is-stretched",                        \
  "RFC 9810, 8.7 (RFC 8018, 4)", BAD_ALG, PROTECTION, ERROR, ALL_BODIES,       \
  NEEDS_STORE | NEEDS_SECRET, NULL,                                            \
  "a MAC that derives its key by iterations, under a secret made by a person", \
  "use PBMAC1 or PasswordBasedMac, or a secret that the server made")          \
R(SECRET_IS_FOR_PROFILE, "secret-is-for-profile", "RFC 9483, 3.5",             \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NEEDS_STORE | NEEDS_SECRET,   \
  NULL, "a shared secret made for this path",                                  \
  "send to the path the secret was made for")                                  \
R(SECRET_IS_CURRENT, "secret-is-current", "RFC 9483, 3.5 and 4.1.5",           \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NEEDS_CLOCK | NEEDS_STORE |   \
  NEEDS_SECRET, NULL, "a shared secret that has not expired",                  \
  "ask the operator for a new one")                                            \
R(SECRET_HAS_USES_LEFT, "secret-has-uses-left", "RFC 9483, 3.5 and 4.1.5",     \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NEEDS_STORE | NEEDS_SECRET,   \
  NULL, "a shared secret that is not used up",                                 \
  "ask the operator for a new one; each transaction takes a use")              \
R(SENDER_IS_SIGNER, "sender-is-signer", "RFC 9483, 3.1 and 3.5",               \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,        \
  "sender equal to the subject of the signer's certificate",                   \
  "copy the certificate's subject into sender")                                \
R(SENDER_KID_IS_SIGNERS, "sender-kid-is-signers", "RFC 9483, 3.1 and 3.5",     \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,        \
  "senderKID equal to the signer's subjectKeyIdentifier",                      \
  "copy the certificate's subjectKeyIdentifier, or leave senderKID out")       \
R(SIGNER_HAS_PATH, "signer-has-path", "TS 33.310, 9.2 (RFC 5280, 6)",          \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER |            \
  NEEDS_TRUST | NEEDS_CLOCK, NULL,                                             \
  "a path from the signer's certificate to a vendor's trust anchor",           \
  "send all intermediates, or configure the vendor's anchor")                  \
R(SIGNER_IS_NOT_REVOKED, "signer-is-not-revoked", "RFC 5280, 6.3",             \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER |            \
  NEEDS_TRUST | NEEDS_CLOCK | NEEDS_CONFIG, NULL,                              \
  "no certificate of the path on its issuer's CRL",                            \
  "the vendor must issue a new certificate to this station")                   \
R(REVOCATION_IS_KNOWN, "revocation-is-known", "RFC 5280, 6.3",                 \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER |            \
  NEEDS_TRUST | NEEDS_CLOCK | NEEDS_CONFIG, NULL,                              \
  "a current CRL for every certificate of the path",                           \
  "renew the vendor's CRL files, or set vendors.revocation: admit")            \
R(SIGNER_MAY_SIGN, "signer-may-sign", "TS 33.310, 9.4.4 (RFC 9483, 3.2)",      \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,       \
  "digitalSignature in the keyUsage of the signer's certificate",              \
  "name the quirk no-digital-signature in the vendor's entry, if it must be")  \
R(CCR_BY_PEER, "ccr-by-peer", "RFC 9810, D.6", NOT_AUTHORIZED, PROTECTION,     \
  ERROR, CCR, NEEDS_SIGNER | NEEDS_CONFIG, NULL,                               \
  "a ccr signed with a certificate of the CAs in peer_cas",                    \
  "name the certificate in peer_cas.certificates, and the CA in the profile")  \
R(OLD_IS_OURS, "old-is-ours", "TS 33.310, 9.5.4.4 (RFC 9483, 4.1.3)",          \
  BAD_CERT_ID, PROTECTION, ERROR, KUR, NEEDS_SIGNER | NEEDS_STORE, NULL,       \
  "a kur signed with a certificate this authority issued",                     \
  "enrol with an ir if the certificate is another operator's")                 \
R(NESTED_BY_RA, "nested-by-ra", "RFC 9483, 5.2.2 (RFC 9810, 5.1.3.5)",         \
  NOT_AUTHORIZED, PROTECTION, ERROR, NESTED, NEEDS_SIGNER | NEEDS_CONFIG,      \
  NULL, "a registration authority's certificate as signer of a nested",        \
  "get one with id-kp-cmcRA, or name it in ras.certificates")                  \
R(RA_MAY_NEST, "ra-may-nest", "RFC 9483, 5.2.2", NOT_AUTHORIZED, PROTECTION,   \
  ERROR, NESTED, NEEDS_SIGNER | NEEDS_CONFIG, NULL,                            \
  "an RA that the configuration lets send nested", "add nested to ras.may")    \
/* ---- STEP_POP ---- */                                                       \
R(NEW_KEY_IS_SOUND, "new-key-is-sound", "RFC 5280, 4.1.2.7",                   \
  BAD_CERT_TEMPLATE, POP, ERROR, REQUESTS | CCR, NEEDS_NOTHING, NULL,          \
  "a public key that is one: a point on its curve, a sane modulus",            \
  "check the key generator of the base station")                               \
R(POPOSK_SENDER_IS_SIGNER, "poposk-sender-is-signer", "TS 33.310, 9.5.4.2",    \
  BAD_POP, POP, ERROR, CRMF_REQUESTS | CCR, NEEDS_SIGNER, NULL,                \
  "authInfo.sender equal to the subject of the signer's certificate",          \
  "copy the vendor certificate's subject there")                               \
R(RA_VERIFIED_BY_RA, "ra-verified-by-ra",                                      \
  "RFC 9483, 5.1.1 (RFC 9810, 5.2.8.1)", NOT_AUTHORIZED, POP, ERROR,           \
  CRMF_REQUESTS, NEEDS_SIGNER | NEEDS_CONFIG, NULL,                            \
  "raVerified from an RA alone that is trusted with it",                       \
  "prove possession; or add ra-verified to ras.may")                           \
R(AGREE_MAC_VERIFIES, "agree-mac-verifies", "RFC 6955, 6 (RFC 4211, 4.3)",     \
  BAD_POP, POP, ERROR, CRMF_REQUESTS, NEEDS_SECRET, NULL,                      \
  "agreeMAC over certReq, by ecdhPop-static with the key of caProtEncCert",    \
  "ask for caProtEncCert, and take a key on its curve; or use challengeResp")  \
R(PUBLIC_KEY_MAC_VERIFIES, "public-key-mac-verifies", "RFC 4211, 4.1",         \
  BAD_POP, POP, ERROR, CRMF_REQUESTS, NEEDS_SECRET, NULL,                      \
  "publicKeyMAC over the DER of publicKey, under the secret of the message",   \
  "make it with a MAC of the profile, under the same secret")                  \
R(POP_VERIFIES, "pop-verifies", "RFC 4211, 4.1", BAD_POP, POP, ERROR,          \
  REQUESTS | CCR, NEEDS_NOTHING, NULL,                                         \
  "a proof that verifies under the key to be certified",                       \
  "sign the DER of certReq (or of poposkInput) as sent, with the new key")     \
R(CHALLENGE_IS_ANSWERED, "challenge-is-answered", "RFC 9810, 5.2.8.3.3",       \
  BAD_POP, POP, ERROR, CRMF_REQUESTS, NEEDS_STORE, NULL,                       \
  "the numbers that were encrypted to the new keys, in their order",           \
  "decrypt with the key of the request; start over")                           \
/* ---- STEP_JUDGE_MESSAGE ---- */                                             \
R(TRANSACTION_ID_IS_NEW, "transaction-id-is-new", "RFC 9810, 5.1.1",           \
  TRANSACTION_ID_IN_USE, JUDGE_MESSAGE, ERROR, FIRSTS, NEEDS_STORE,            \
  check_transaction_id_new, "a transactionID this signer has not used",        \
  "start over with a fresh transactionID")                                     \
R(KUR_TIME_IS_NEAR, "kur-time-is-near", "RFC 9483, 3.5", BAD_TIME,             \
  JUDGE_MESSAGE, ERROR, KUR | CCR, NEEDS_CLOCK, check_message_time,            \
  "messageTime within the profile's window of the clock",                      \
  "set the base station's clock before it renews")                             \
R(TIME_IS_NEAR, "time-is-near", "RFC 9483, 3.5", BAD_TIME, JUDGE_MESSAGE,      \
  WARNING, ALL_BODIES & ~(KUR | CCR), NEEDS_CLOCK, check_message_time,         \
  "messageTime within the profile's window of the clock",                      \
  "taken all the same, since stations boot without a clock")                   \
R(CONF_HAS_TRANSACTION, "conf-has-transaction", "RFC 9810, 5.3.18",            \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE,                \
  check_conf_transaction, "a certConf in a transaction of the same signer",    \
  "confirm with the transactionID and the credential of the request")          \
R(CONF_IS_NOT_EARLY, "conf-is-not-early", "RFC 9483, 4.4", BAD_REQUEST,        \
  JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE, check_conf_not_waiting,     \
  "no certConf before there is a certificate",                                 \
  "poll until the certificate comes")                                          \
R(CONF_IS_IN_TIME, "conf-is-in-time", "RFC 9810, 5.3.18", BAD_REQUEST,         \
  JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE | NEEDS_STORE,               \
  check_conf_open,                                                             \
  "a certConf before the transaction timed out or was rejected",               \
  "start over; answer within confirmWaitTime")                                 \
R(CONF_IS_FIRST, "conf-is-first", "RFC 9810, appendix F (certConfirmed)",      \
  CERT_CONFIRMED, JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE,             \
  check_conf_first, "one certConf for each certificate",                       \
  "nothing is wrong: the certificate is confirmed")                            \
R(CONF_KEEPS_VERSION, "conf-keeps-version", "RFC 9810, 7",                     \
  UNSUPPORTED_VERSION, JUDGE_MESSAGE, WARNING, CERT_CONF, NEEDS_EXCHANGE,      \
  check_conf_pvno,                                                             \
  "the pvno of the transaction, or 3 where hashAlg asks for it",               \
  "keep to one version within a transaction")                                  \
R(CONF_HAS_RECIP_NONCE, "conf-has-recip-nonce", "RFC 9483, 3.1 and 3.5",       \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE,        \
  check_conf_recip_nonce, "recipNonce equal to the reply's senderNonce",       \
  "copy senderNonce of the ip or kup")                                         \
R(CONF_NAMES_REQUEST, "conf-names-request", "RFC 9810, 5.3.18", BAD_CERT_ID,   \
  JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE, check_conf_req_id,          \
  "the certReqId of a request", "copy certReqId of the CertResponse")          \
R(CONF_HASH_IS_RIGHT, "conf-hash-is-right", "RFC 9810, 5.3.18", BAD_CERT_ID,   \
  JUDGE_MESSAGE, ERROR, CERT_CONF, NEEDS_EXCHANGE, check_conf_hash,            \
  "certHash over the certificate issued, with the hash of its signature",      \
  "hash the DER of the whole certificate")                                     \
R(ERROR_FINDS_OPEN, "error-finds-open", "RFC 9810, 5.3.21", BAD_REQUEST,       \
  JUDGE_MESSAGE, ERROR, ERROR_MSG, NEEDS_EXCHANGE, check_error_open,           \
  "an error in a transaction of the same signer that awaits its next message", \
  "nothing is to be done: no such transaction is open")                        \
R(ERROR_HAS_RECIP_NONCE, "error-has-recip-nonce", "RFC 9483, 3.1 and 3.5",     \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, ERROR_MSG, NEEDS_EXCHANGE,        \
  check_conf_recip_nonce, "recipNonce equal to the reply's senderNonce",       \
  "copy senderNonce of the reply that the error is about")                     \
R(POLL_HAS_TRANSACTION, "poll-has-transaction", "RFC 9483, 3.5", BAD_REQUEST,  \
  JUDGE_MESSAGE, ERROR, POLL_REQ, NEEDS_EXCHANGE, check_poll_transaction,      \
  "a pollReq in a transaction of the same signer",                             \
  "poll with the transactionID and the credential of the request")             \
R(POLL_FINDS_ONE_WAITING, "poll-finds-one-waiting", "RFC 9483, 4.4",           \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POLL_REQ, NEEDS_EXCHANGE,                 \
  check_poll_waiting, "a pollReq after status waiting, and before the answer", \
  "start over if the answer was lost; repeat a message by its very bytes")     \
R(POLL_HAS_RECIP_NONCE, "poll-has-recip-nonce", "RFC 9483, 3.1 and 3.5",       \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, POLL_REQ, NEEDS_EXCHANGE,         \
  check_poll_recip_nonce, "recipNonce equal to the last reply's senderNonce",  \
  "copy senderNonce of the waiting reply, or of the last pollRep")             \
R(POLL_NAMES_WAITING, "poll-names-waiting", "RFC 9483, 4.4", BAD_REQUEST,      \
  JUDGE_MESSAGE, ERROR, POLL_REQ, NEEDS_EXCHANGE, check_poll_names_waiting,    \
  "a certReqId that was told waiting, or -1 alone for the whole message",      \
  "copy certReqId of the CertResponse that says waiting")                      \
R(ANSWER_HAS_TRANSACTION, "answer-has-transaction", "RFC 9810, 5.2.8.3.3",     \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POPDECR, NEEDS_EXCHANGE,                  \
  check_poll_transaction, "a popdecr in a transaction of the same signer",     \
  "answer with the transactionID and the credential of the request")           \
R(ANSWER_FINDS_CHALLENGE, "answer-finds-challenge", "RFC 9810, 5.2.8.3.3",     \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POPDECR, NEEDS_EXCHANGE,                  \
  check_answer_challenged, "a popdecr after popdecc, in time, and once",       \
  "start over; repeat a message by its very bytes")                            \
R(ANSWER_HAS_RECIP_NONCE, "answer-has-recip-nonce", "RFC 9483, 3.1 and 3.5",   \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, POPDECR, NEEDS_EXCHANGE,          \
  check_poll_recip_nonce, "recipNonce equal to popdecc's senderNonce",         \
  "copy senderNonce of popdecc")                                               \
R(MESSAGE_IS_WELCOME, "message-is-welcome", "RFC 9483, 3.5", BAD_REQUEST,      \
  JUDGE_MESSAGE, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,                      \
  "a body that the state of its transaction welcomes",                         \
  "start over with a fresh transactionID")                                     \
/* ---- STEP_JUDGE_REQUEST ---- */                                             \
R(NAME_IS_BOUNDED, "name-is-bounded", "RFC 9483, 4.1.1", LIMIT, JUDGE_REQUEST, \
  ERROR, REQUESTS | CCR, NEEDS_NOTHING, NULL,                                  \
  "no name of more than 1024 octets in subjectAltName",                        \
  "ask for shorter names")                                                     \
R(TEMPLATE_CAN_BE_ISSUED, "template-can-be-issued",                            \
  "RFC 5280, 4.1.2.5 and 4.1.2.6", BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR,    \
  REQUESTS | CCR, NEEDS_CONFIG, NULL,                                          \
  "a template of which a certificate comes: with a name, and time left",       \
  "name the station in subject or subjectAltName, and ask for a validity to "  \
  "come")                                                                      \
R(MADE_KEY_HAS_READER, "made-key-has-reader", "RFC 9483, 4.1.6.1 and 4.1.6.2", \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, CRMF_REQUESTS, NEEDS_SIGNER,              \
  check_made_key_reader,                                                       \
  "a requester to encrypt the key to: RSA for keyEncipherment, or an EC key "  \
  "for keyAgreement, or a shared secret",                                      \
  "make the key in the station, or sign with such a certificate")              \
R(MADE_KEY_IS_PACKED, "made-key-is-packed", "RFC 9483, 4.1.6 (RFC 5958, 2)",   \
  BAD_REQUEST, JUDGE_REQUEST, WARNING, CRMF_REQUESTS, NEEDS_CONFIG, NULL,      \
  "a station that reads AsymmetricKeyPackage",                                 \
  "take the quirk bare-private-key out of the vendor's entry when it can")     \
R(IR_BY_VENDOR_CERT, "ir-by-vendor-cert", "TS 33.310, 9.2 and 9.5.4.2",        \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, BODY_BIT(CMP_IR),                      \
  NEEDS_SIGNER | NEEDS_TRUST, check_ir_signer,                                 \
  "an ir signed with the vendor's certificate",                                \
  "renew an operator certificate with a kur")                                  \
R(KUR_BY_OPERATOR_CERT, "kur-by-operator-cert", "TS 33.310, 9.5.4.4",          \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, KUR, NEEDS_SIGNER | NEEDS_TRUST,       \
  check_kur_signer, "a kur signed with the operator certificate it updates",   \
  "use ir for a first certificate")                                            \
R(RA_MAY_REQUEST, "ra-may-request", "RFC 9483, 5.2.3 and 5.3.1",               \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, IR_CR, NEEDS_SIGNER | NEEDS_CONFIG,    \
  check_ra_request, "an RA that the configuration lets ask for stations",      \
  "add request to ras.may, or forward the message as it is")                   \
R(RA_ASKS_FOR_ONE, "ra-asks-for-one", "RFC 9483, 5.3.1", NOT_AUTHORIZED,       \
  JUDGE_REQUEST, ERROR, IR_CR, NEEDS_CONFIG, NULL,                             \
  "one station in the subjects of all requests of a message",                  \
  "send a message for each station")                                           \
R(ORIGINAL_IS_READABLE, "original-is-readable", "RFC 9810, 5.1.1.3",           \
  BAD_DATA_FORMAT, JUDGE_REQUEST, ERROR, IR_CR, NEEDS_NOTHING, NULL,           \
  "one PKIMessage in origPKIMessage, an ir, cr or p10cr",                      \
  "put the station's message there as it came")                                \
R(ORIGINAL_VERIFIES, "original-verifies", "RFC 9810, 5.1.1.3",                 \
  BAD_MESSAGE_CHECK, JUDGE_REQUEST, ERROR, IR_CR, NEEDS_TRUST | NEEDS_CONFIG,  \
  NULL, "a message in origPKIMessage that would be taken by itself",           \
  "verify what the station sends before forwarding it")                        \
R(ORIGINAL_IS_THE_STATIONS, "original-is-the-stations",                        \
  "RFC 9483, 5.2.3 (RFC 9810, 5.1.1.3)", NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, \
  IR_CR, NEEDS_CONFIG, NULL,                                                   \
  "in origPKIMessage the same transaction, station and key",                   \
  "keep transactionID, senderNonce and key, and name the station")             \
R(ORIGINAL_IS_SENT, "original-is-sent", "RFC 9810, 5.1.1.3", NOT_AUTHORIZED,   \
  JUDGE_REQUEST, ERROR, IR_CR, NEEDS_CONFIG, NULL,                             \
  "origPKIMessage, signed by the station, where ras.needs_original says so",   \
  "send the station's message along, or wrap it in a nested")                  \
R(RR_BY_OPERATOR_CERT, "rr-by-operator-cert", "RFC 9483, 4.2", NOT_AUTHORIZED, \
  JUDGE_REQUEST, ERROR, RR, NEEDS_SIGNER | NEEDS_TRUST, check_rr_signer,       \
  "an rr signed with a certificate of this operator, or by an RA",             \
  "sign with the certificate to be revoked")                                   \
R(RA_MAY_REVOKE, "ra-may-revoke", "RFC 9483, 5.3.2", NOT_AUTHORIZED,           \
  JUDGE_REQUEST, ERROR, RR, NEEDS_SIGNER | NEEDS_CONFIG, check_ra_revoke,      \
  "an RA that the configuration lets revoke", "add revoke to ras.may")         \
R(SERIAL_IS_NAMED, "serial-is-named", "TS 33.310, 9.4.4", NOT_AUTHORIZED,      \
  JUDGE_REQUEST, ERROR, IR_CR, NEEDS_SIGNER | NEEDS_CONFIG, check_serial,      \
  "a serial number where one vendor's naming rule looks for it",               \
  "correct vendors.serial in the configuration, or the certificate")           \
R(SERIAL_IS_ALLOWED, "serial-is-allowed", "TS 33.310, 9.2", NOT_AUTHORIZED,    \
  JUDGE_REQUEST, ERROR, IR_CR, NEEDS_SIGNER | NEEDS_CONFIG, check_allowed,     \
  "a serial number on the vendor's allow-list",                                \
  "add the serial to the vendor's allow-list file")                            \
R(STATION_IS_NOT_BLOCKED, "station-is-not-blocked", "RFC 9483, 3.5",           \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, REQUESTS | CCR,                        \
  NEEDS_SIGNER | NEEDS_STORE, check_blocked, "a station that is not blocked",  \
  "unblock it with station unblock")                                           \
R(REQUEST_IS_NEW, "request-is-new", "RFC 9810, appendix F",                    \
  DUPLICATE_CERT_REQ, JUDGE_REQUEST, ERROR, REQUESTS | CCR, NEEDS_STORE,       \
  check_request_new, "a request no certificate was issued for before",         \
  "make a new request: new key, new transaction")                              \
R(ISSUER_IS_OURS, "issuer-is-ours", "RFC 4211, 5", WRONG_AUTHORITY,            \
  JUDGE_REQUEST, ERROR, REQUESTS, NEEDS_SIGNER | NEEDS_CONFIG, check_issuer,   \
  "the template's issuer absent, or this CA",                                  \
  "leave issuer out, or name the CA of this path")                             \
R(CCR_NAMES_THIS_CA, "ccr-names-this-ca", "RFC 9810, D.6", WRONG_AUTHORITY,    \
  JUDGE_REQUEST, ERROR, CCR, NEEDS_CONFIG, check_ccr_issuer,                   \
  "this CA as issuer", "copy the subject of the CA's certificate")             \
R(CCR_SUBJECT_IS_AGREED, "ccr-subject-is-agreed", "RFC 9810, D.6",             \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, CCR, NEEDS_CONFIG, check_ccr_subject,  \
  "the subject that peer_cas has for the CA", "ask for peer_cas.subject")      \
R(CCR_PATH_LEN_IS_AGREED, "ccr-path-len-is-agreed", "RFC 5280, 4.2.1.9",       \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, CCR, NEEDS_CONFIG, check_ccr_path_len, \
  "a pathLenConstraint that peer_cas allows the CA, or none",                  \
  "ask for less, or raise peer_cas.path_len")                                  \
R(CCR_ALG_IS_OURS, "ccr-alg-is-ours", "RFC 9810, D.6", BAD_ALG, JUDGE_REQUEST, \
  ERROR, CCR, NEEDS_CONFIG, check_ccr_alg,                                     \
  "the signingAlg that this CA signs with",                                    \
  "copy signatureAlgorithm of a certificate of this CA")                       \
R(CCR_VALIDITY_IS_GRANTABLE, "ccr-validity-is-grantable", "RFC 5280, 4.1.2.5", \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, CCR, NEEDS_CLOCK | NEEDS_CONFIG,    \
  check_ccr_dates,                                                             \
  "a validity not over, and begun before what may be granted ends",            \
  "ask for a validity that begins now")                                        \
R(CCR_BRINGS_OTHER_KEY, "ccr-brings-other-key", "RFC 9810, 6.6",               \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, CCR, NEEDS_CONFIG, check_ccr_key,   \
  "another key than that of the CA which is asked",                            \
  "send the key of the CA to be certified")                                    \
R(NAME_IS_FREE, "name-is-free", "RFC 9483, 4.1.1 (TS 33.310, 9.5.4.3)",        \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, IR_CR | CCR, NEEDS_STORE,              \
  check_name_free, "a suggested subject and SAN that no other station has",    \
  "leave the name to the operator")                                            \
R(NAME_MAY_BE_SUGGESTED, "name-may-be-suggested", "TS 33.310, 9.5.4.3",        \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, IR_CR, NEEDS_CONFIG,                   \
  check_name_suggested,                                                        \
  "no suggested subject, as the vendor's entry refuses them",                  \
  "leave subject out, or set vendors.suggested_names")                         \
R(VENDOR_KEY_NOT_REUSED, "vendor-key-not-reused", "TS 33.310, 9.5.4.2",        \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, IR_CR, NEEDS_SIGNER,                \
  check_vendor_key_refused, "another key than the vendor's certificate has",   \
  "generate a key pair for the operator's certificate")                        \
R(VENDOR_KEY_BETTER_NOT_REUSED, "vendor-key-better-not-reused",                \
  "TS 33.310, 9.5.4.2", BAD_CERT_TEMPLATE, JUDGE_REQUEST, WARNING, IR_CR,      \
  NEEDS_SIGNER, check_vendor_key_warned,                                       \
  "another key than the vendor's certificate has",                             \
  "generate a key pair for the operator's certificate")                        \
R(OLD_IS_NOT_REVOKED, "old-is-not-revoked", "RFC 9483, 3.5 and 4.1.3",         \
  CERT_REVOKED, JUDGE_REQUEST, ERROR, ALL_BODIES, NEEDS_SIGNER | NEEDS_STORE,  \
  check_old_revoked, "a signer's operator certificate that is not revoked",    \
  "enrol anew with an ir under the vendor's certificate")                      \
R(OLD_IS_CONFIRMED, "old-is-confirmed", "RFC 9810, 5.3.18", BAD_CERT_ID,       \
  JUDGE_REQUEST, ERROR, ALL_BODIES, NEEDS_SIGNER | NEEDS_STORE,                \
  check_old_confirmed,                                                         \
  "a signer's operator certificate that its station confirmed",                \
  "send certConf for it first")                                                \
R(OLD_IS_CURRENT, "old-is-current", "RFC 9483, 3.5 and 4.1.3",                 \
  SIGNER_NOT_TRUSTED, JUDGE_REQUEST, ERROR, ALL_BODIES, NEEDS_SIGNER |         \
  NEEDS_TRUST | NEEDS_CLOCK, check_old_dates,                                  \
  "a signer's operator certificate in force (for a kur: or in its grace)",     \
  "enrol anew with an ir; renew earlier")                                      \
R(PASSPHRASE_REVOKES, "passphrase-revokes", "RFC 9810, appendix B",            \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, NEEDS_SECRET | NEEDS_STORE,        \
  check_passphrase_revokes,                                                    \
  "no certificateHold or removeFromCRL under a passphrase",                    \
  "revoke for good, or sign with another certificate of the station")          \
R(REVOKED_IS_OF_OUR_CA, "revoked-is-of-our-ca", "RFC 9483, 5.1.3",             \
  WRONG_AUTHORITY, JUDGE_REQUEST, ERROR, RR, NEEDS_CONFIG, check_rev_issuer,   \
  "a certificate that this authority issued",                                  \
  "send the rr to the CA that issued the certificate")                         \
R(REVOKED_IS_KNOWN, "revoked-is-known", "RFC 9483, 3.6.4 and 5.1.3",           \
  BAD_CERT_ID, JUDGE_REQUEST, ERROR, RR, NEEDS_STORE, check_rev_known,         \
  "a certificate that this authority issued",                                  \
  "copy issuer and serialNumber from the certificate")                         \
R(REVOKED_IS_THE_STATIONS, "revoked-is-the-stations", "RFC 9483, 4.2",         \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, NEEDS_STORE, check_rev_owner,      \
  "a certificate of the signer's own station, or of those an RA speaks for",   \
  "the operator revokes those of others")                                      \
R(REVOKED_IS_THE_SIGNER, "revoked-is-the-signer", "RFC 9483, 4.2",             \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, NEEDS_SIGNER | NEEDS_TRUST,        \
  check_rev_by_itself,                                                         \
  "an rr signed with the certificate to be revoked, or by an RA",              \
  "sign with its key")                                                         \
R(REVOKED_ONCE, "revoked-once", "RFC 9483, 3.6.4 and 4.2", CERT_REVOKED,       \
  JUDGE_REQUEST, ERROR, RR, NEEDS_STORE, check_rev_once,                       \
  "a certificate that is not revoked yet", "nothing is left to do")            \
R(REVOKED_IS_CURRENT, "revoked-is-current", "RFC 9483, 4.2", CERT_REVOKED,     \
  JUDGE_REQUEST, ERROR, RR, NEEDS_CLOCK | NEEDS_STORE, check_rev_current,      \
  "a certificate that has not expired", "nothing is left to do")               \
R(RELEASED_IS_HELD, "released-is-held", "RFC 5280, 5.3.1", BAD_CERT_ID,        \
  JUDGE_REQUEST, ERROR, RR, NEEDS_STORE, check_release_held,                   \
  "removeFromCRL of a certificate that is held", "nothing is left to do")      \
R(RELEASE_BY_UNBLOCKED, "release-by-unblocked", "RFC 9483, 3.5",               \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, NEEDS_STORE,                       \
  check_release_unblocked, "no removeFromCRL from a blocked station",          \
  "unblock it with station unblock")                                           \
R(HOLD_IS_DATED, "hold-is-dated", "RFC 9483, 3.5", BAD_TIME, JUDGE_REQUEST,    \
  ERROR, RR, NEEDS_CLOCK, check_hold_dated,                                    \
  "messageTime within the profile's window where one is held or released",     \
  "set the clock and messageTime: the message is good for now alone")          \
R(INVALIDITY_IS_PAST, "invalidity-is-past", "RFC 5280, 5.3.2", BAD_REQUEST,    \
  JUDGE_REQUEST, ERROR, RR, NEEDS_CLOCK, check_invalidity_past,                \
  "an invalidityDate that has come",                                           \
  "give the date the key was lost, or none")                                   \
R(INFO_VALUE_IS_RIGHT, "info-value-is-right", "RFC 9810, 5.3.19",              \
  BAD_DATA_FORMAT, JUDGE_REQUEST, ERROR, GENM, NEEDS_NOTHING, NULL,            \
  "the infoValue that the infoType has, and none where it has none",           \
  "write infoValue as RFC 9810, 5.3.19 says")                                  \
R(PASSPHRASE_BY_STATION, "passphrase-by-station",                              \
  "RFC 9810, appendix B (RFC 9483, 3.5)", NOT_AUTHORIZED, JUDGE_REQUEST,       \
  ERROR, GENM, NEEDS_SIGNER | NEEDS_TRUST | NEEDS_STORE,                       \
  check_passphrase_owner,                                                      \
  "a passphrase from its station, certified here or under a secret, unblocked", \
  "enrol first, and sign with the operator's certificate")                     \
R(PASSPHRASE_IS_DATED, "passphrase-is-dated", "RFC 9483, 3.5", BAD_TIME,       \
  JUDGE_REQUEST, ERROR, GENM, NEEDS_CLOCK, check_passphrase_dated,             \
  "messageTime within the profile's window where a passphrase is brought",     \
  "set the clock and messageTime: the message is good for now alone")          \
R(PASSPHRASE_OPENS, "passphrase-opens", "RFC 9810, 5.2.2", BAD_REQUEST,        \
  JUDGE_REQUEST, ERROR, GENM, NEEDS_SECRET, NULL,                              \
  "a passphrase encrypted to the key of caProtEncCert",                        \
  "ask for caProtEncCert, and encrypt to it")                                  \
R(PASSPHRASE_IS_LONG, "passphrase-is-long", "RFC 9810, appendix B",            \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, GENM, NEEDS_SECRET, NULL,                 \
  "a passphrase of 12 to 256 octets", "make one of random octets")             \
R(LANGUAGE_IS_SPOKEN, "language-is-spoken", "RFC 9810, 5.3.19.13",             \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, GENM, NEEDS_NOTHING, NULL,                \
  "en among the languages offered", "offer en besides")                        \
R(ANSWER_FITS, "answer-fits", "RFC 9810, 5.3.19", ADD_INFO_NOT_AVAILABLE,      \
  JUDGE_REQUEST, ERROR, GENM, NEEDS_CONFIG | NEEDS_STORE, NULL,                \
  "what one message can tell",                                                 \
  "fetch the CRL from its distribution point, ask for less")                   \
R(OLD_CERT_ID_NAMES_IT, "old-cert-id-names-it", "RFC 9483, 4.1.3",             \
  BAD_CERT_ID, JUDGE_REQUEST, ERROR, KUR, NEEDS_SIGNER, check_old_cert_id,     \
  "oldCertID, when present, naming the certificate that signs",                \
  "copy issuer and serialNumber of the certificate that signs the kur")        \
R(ONE_UPDATE_AT_A_TIME, "one-update-at-a-time", "RFC 9810, 5.3.18",            \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, KUR, NEEDS_STORE, check_no_update,        \
  "no update of this certificate awaiting its certConf",                       \
  "confirm or reject the first, or wait for its confirmWaitTime")              \
R(SUBJECT_STAYS, "subject-stays", "RFC 9483, 4.1.3", BAD_CERT_TEMPLATE,        \
  JUDGE_REQUEST, ERROR, KUR, NEEDS_SIGNER, check_subject_stays,                \
  "subject absent, or the old certificate's",                                  \
  "copy the old certificate's subject, or leave it out")                       \
R(SAN_STAYS, "san-stays", "RFC 9483, 4.1.3", BAD_CERT_TEMPLATE, JUDGE_REQUEST, \
  ERROR, KUR, NEEDS_SIGNER, check_san_stays,                                   \
  "subjectAltName absent, or the old certificate's",                           \
  "copy the old certificate's subjectAltName, or leave it out")                \
R(UPDATE_BRINGS_NEW_KEY, "update-brings-new-key", "RFC 9483, 4.1.3",           \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, KUR, NEEDS_SIGNER, check_new_key,   \
  "a key other than the old certificate's",                                    \
  "generate a new key, or set profiles.same_key_update")
/* clang-format on */

#endif
