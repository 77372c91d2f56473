/*
 * What is asked of an exchange as a whole, and of messages of either side by
 * who reads both: the rows. The predicates are in inspect/lint_exchange.c and
 * inspect/lint_chain.c.
 */
#ifndef PROFILE_RULE_LIST_EXCHANGE_H
#define PROFILE_RULE_LIST_EXCHANGE_H

/* What follows a first request. */
#define LATER_REQUESTS (CERT_CONF | POLL_REQ | POPDECR | ERROR_MSG)

/* clang-format off */
#define EXCHANGE_RULES(R)                                                      \
/* ---- STEP_EXCHANGE ---- */                                                  \
R(NONCE_IS_FRESH, "nonce-is-fresh", "RFC 9483, 3.1", BAD_SENDER_NONCE,         \
  EXCHANGE, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,                           \
  "a senderNonce that no other message of the transaction has",                \
  "make 16 fresh random octets for each message; repeat a message as it "      \
  "is, or not at all")                                                         \
R(TRANSACTION_STAYS, "transaction-stays", "RFC 9483, 3.1", BAD_REQUEST,        \
  EXCHANGE, ERROR, LATER_REQUESTS, NEEDS_EXCHANGE, NULL,                       \
  "the transactionID of the message it follows",                               \
  "keep the transactionID of the first message to the end")                    \
R(REQUESTER_STAYS, "requester-stays", "RFC 9483, 4.1.1 (RFC 9810, 5.3.18)",    \
  BAD_MESSAGE_CHECK, EXCHANGE, ERROR, LATER_REQUESTS,                          \
  NEEDS_SIGNER | NEEDS_EXCHANGE, NULL,                                         \
  "one credential for all messages of a transaction",                          \
  "protect every message with the credential of the first; use the new "       \
  "certificate afterwards")                                                    \
R(ISSUED_IS_CONFIRMED, "issued-is-confirmed",                                  \
  "TS 33.310, 9.5.4.5 (RFC 9810, 5.3.18)", BAD_REQUEST, EXCHANGE, WARNING,     \
  FIRSTS, NEEDS_SIGNER | NEEDS_EXCHANGE, NULL,                                 \
  "a certConf for the certificate of the transaction before",                  \
  "find out why the station did not take the answer, by its log: it asks "     \
  "again and again")                                                           \
R(ANSWER_HAS_REQUEST, "answer-has-request", "RFC 9483, 3.1", BAD_REQUEST,      \
  EXCHANGE, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,                              \
  "one answer to a message, unless the same one is repeated",                  \
  "let the server answer each message once")                                   \
R(ANSWER_NAMES_RECIPIENT, "answer-names-recipient", "RFC 9483, 3.1",           \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, ANSWERS, NEEDS_EXCHANGE, NULL,           \
  "as recipient the sender of the message answered",                           \
  "let the server copy sender into recipient")                                 \
R(ANSWER_TIME_IS_NEAR, "answer-time-is-near", "RFC 9483, 3.1", BAD_TIME,       \
  EXCHANGE, WARNING, ANSWERS | ANNOUNCEMENTS, NEEDS_CLOCK, NULL,               \
  "a messageTime close to when the message was sent",                          \
  "set the server's clock")                                                    \
R(SENDER_KID_IS_SENT, "sender-kid-is-sent", "RFC 9483, 3.1",                   \
  BAD_MESSAGE_CHECK, EXCHANGE, WARNING, ALL_BODIES, NEEDS_SIGNER, NULL,        \
  "senderKID: the subjectKeyIdentifier of the signer's certificate",           \
  "copy subjectKeyIdentifier into senderKID")                                  \
R(SIGNER_STANDS_FIRST, "signer-stands-first", "RFC 9483, 3.3",                 \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, ALL_BODIES, NEEDS_SIGNER, NULL,            \
  "the signer's certificate first in extraCerts, then its chain",              \
  "put the signer's certificate first")                                        \
R(EXTRA_CERTS_ARE_SINGLE, "extra-certs-are-single", "RFC 9483, 4.1.1",         \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,         \
  "each certificate once in extraCerts", "leave out the second copy")          \
R(CONF_HAS_NO_EXTRA_CERTS, "conf-has-no-extra-certs", "TS 33.310, 9.5.4.5",    \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, CERT_CONF | BODY_BIT(CMP_PKICONF),       \
  NEEDS_NOTHING, NULL, "no extraCerts in certConf and pkiconf",                \
  "leave them out: the other side has them")                                   \
R(IMPLICIT_CONFIRM_STANDS_RIGHT, "implicit-confirm-stands-right",              \
  "RFC 9483, 3.1", BAD_DATA_FORMAT, EXCHANGE, ERROR, ALL_BODIES,               \
  NEEDS_NOTHING, NULL,                                                         \
  "implicitConfirm in requests for certificates and their answers alone",      \
  "leave it out of other messages")                                            \
R(IMPLICIT_CONFIRM_IS_NULL, "implicit-confirm-is-null", "RFC 9810, 5.1.1.1",   \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,           \
  "NULL as the value of implicitConfirm", "encode 05 00")                      \
R(CONFIRMATION_IS_EXPLICIT, "confirmation-is-explicit", "TS 33.310, 9.5.4.5",  \
  BAD_REQUEST, EXCHANGE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,             \
  "no implicitConfirm: every certificate is confirmed",                        \
  "turn implicit confirmation off in the server")                              \
R(IMPLICIT_CONFIRM_WAS_ASKED, "implicit-confirm-was-asked",                    \
  "RFC 9810, 5.1.1.1", BAD_REQUEST, EXCHANGE, ERROR, CERT_ANSWERS,             \
  NEEDS_EXCHANGE, NULL,                                                        \
  "implicitConfirm in an answer to one that asks for it alone",                \
  "let the server grant what was asked for")                                   \
R(IMPLICIT_CONFIRM_IS_HEEDED, "implicit-confirm-is-heeded",                    \
  "RFC 9483, 4.1.1", BAD_REQUEST, EXCHANGE, ERROR, CERT_CONF, NEEDS_EXCHANGE,  \
  NULL, "no certConf where implicitConfirm was granted",                       \
  "end the transaction with the answer")                                       \
R(WAIT_TIME_STANDS_RIGHT, "wait-time-stands-right", "RFC 9483, 3.1",           \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,         \
  "confirmWaitTime in ip, cp and kup alone",                                   \
  "leave it out of other messages")                                            \
R(WAIT_TIME_IS_TIME, "wait-time-is-time", "RFC 9810, 5.1.1.2",                 \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,         \
  "a GeneralizedTime as confirmWaitTime",                                      \
  "write the point in time, not a number of seconds")                          \
R(WAIT_TIME_OR_IMPLICIT, "wait-time-or-implicit", "RFC 9483, 3.1",             \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,         \
  "not both implicitConfirm and confirmWaitTime",                              \
  "leave confirmWaitTime out where nothing is to be confirmed")                \
R(WAIT_TIME_HAS_MESSAGE_TIME, "wait-time-has-message-time", "RFC 9483, 3.1",   \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,         \
  "messageTime beside confirmWaitTime",                                        \
  "let the server send messageTime, by which the station reckons")             \
R(WAIT_TIME_IS_AHEAD, "wait-time-is-ahead", "RFC 9810, 5.1.1.2", BAD_TIME,     \
  EXCHANGE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,                          \
  "a confirmWaitTime after messageTime",                                       \
  "let the server add the time it waits to the time it is")                    \
R(CERT_PROFILE_STANDS_RIGHT, "cert-profile-stands-right", "RFC 9483, 3.1",     \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, ANSWERS | LATER_REQUESTS, NEEDS_NOTHING,   \
  NULL, "certProfile in requests alone", "leave it out of other messages")     \
R(CONF_FAIL_INFO_FITS, "conf-fail-info-fits", "RFC 9483, 4.1.1",               \
  BAD_DATA_FORMAT, EXCHANGE, ERROR, CERT_CONF, NEEDS_NOTHING, NULL,            \
  "failInfo with a rejection alone",                                           \
  "leave failInfo out of an acceptance, or reject")                            \
R(POLL_IS_NOT_EARLY, "poll-is-not-early", "RFC 9810, 5.3.22", BAD_REQUEST,     \
  EXCHANGE, ERROR, POLL_REQ, NEEDS_EXCHANGE | NEEDS_CLOCK, NULL,               \
  "no pollReq before checkAfter seconds are over",                             \
  "wait as long as the server says")                                           \
R(REQUEST_IS_NO_ERROR, "request-is-no-error", "RFC 9483, 3.6.1", BAD_REQUEST,  \
  EXCHANGE, WARNING, ERROR_MSG, NEEDS_NOTHING, NULL,                           \
  "no error from an end entity",                                               \
  "reject a certificate by certConf; on anything else end in silence")         \
R(REJECTION_SAYS_WHY, "rejection-says-why", "RFC 9483, 3.6.4",                 \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, CERT_ANSWERS | RP | ERROR_MSG,           \
  NEEDS_NOTHING, NULL, "failInfo or statusString with a rejection",            \
  "let the server say why it refuses")                                         \
R(SIGNER_CHAIN_IS_SENT, "signer-chain-is-sent",                                \
  "TS 33.310, 9.5.4.3 (RFC 9483, 3.3)", SIGNER_NOT_TRUSTED, EXCHANGE, ERROR,   \
  CERT_ANSWERS, NEEDS_SIGNER, NULL,                                            \
  "every certificate from the signer's to the root in extraCerts",             \
  "put the missing intermediate into the chain of the server's signer")        \
R(NEW_CHAIN_IS_SENT, "new-chain-is-sent",                                      \
  "TS 33.310, 9.5.4.3 (RFC 9483, 3.3)", SIGNER_NOT_TRUSTED, EXCHANGE, ERROR,   \
  CERT_ANSWERS, NEEDS_NOTHING, NULL,                                           \
  "every certificate from the new one to the root in extraCerts",              \
  "put the missing intermediate into the chain of the server's CA")            \
R(IP_HOLDS_ROOT, "ip-holds-root", "TS 33.310, 9.5.4.3", SIGNER_NOT_TRUSTED,    \
  EXCHANGE, ERROR, BODY_BIT(CMP_IP), NEEDS_NOTHING, NULL,                      \
  "the operator root certificate in extraCerts of the ip",                     \
  "let the server send the root too")                                          \
R(KUP_HOLDS_ROOT, "kup-holds-root", "TS 33.310, 9.5.4.4", SIGNER_NOT_TRUSTED,  \
  EXCHANGE, WARNING, BODY_BIT(CMP_KUP), NEEDS_NOTHING, NULL,                   \
  "the operator root certificate in extraCerts of the kup",                    \
  "let the server send the root too")                                          \
R(MORE_ROOTS_NEED_TLS, "more-roots-need-tls", "TS 33.310, 9.5.4.3",            \
  SIGNER_NOT_TRUSTED, EXCHANGE, WARNING, CERT_ANSWERS, NEEDS_NOTHING, NULL,    \
  "further root certificates in extraCerts over TLS alone",                    \
  "send them in caPubs, which the protection covers, or use TLS")              \
R(CA_PUBS_STAND_RIGHT, "ca-pubs-stand-right", "RFC 9483, 4.1.1 to 4.1.3",      \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, CERT_ANSWERS, NEEDS_EXCHANGE, NULL,      \
  "caPubs only in answers where the profile has them",                         \
  "let the server send roots in the ip")                                       \
R(CA_PUBS_COME_WITH_CERT, "ca-pubs-come-with-cert", "RFC 9483, 4.1.1",         \
  BAD_DATA_FORMAT, EXCHANGE, WARNING, CERT_ANSWERS, NEEDS_NOTHING, NULL,       \
  "caPubs beside a certificate alone",                                         \
  "let the server leave caPubs out of a refusal")                              \
R(CA_PUBS_ARE_ROOTS, "ca-pubs-are-roots",                                      \
  "TS 33.310, 9.5.4.3 (RFC 9483, 4.1.1)", BAD_DATA_FORMAT, EXCHANGE, ERROR,    \
  CERT_ANSWERS, NEEDS_NOTHING, NULL, "self-signed certificates in caPubs",     \
  "put intermediates into extraCerts")
/* clang-format on */

#endif
