/*
 * What a base station asks of what a server sends it: the rows. The predicates,
 * which look at the station's state too, are in txn/client_rules.c,
 * client_told.c and client_roots.c. The order is that of judging.
 */
#ifndef PROFILE_RULE_LIST_STATION_H
#define PROFILE_RULE_LIST_STATION_H

#define CERT_ANSWERS (BODY_BIT(CMP_IP) | BODY_BIT(CMP_CP) | BODY_BIT(CMP_KUP))
#define RP BODY_BIT(CMP_RP)
#define GENP BODY_BIT(CMP_GENP)
#define POLL_REP BODY_BIT(CMP_POLL_REP)
#define POPDECC BODY_BIT(CMP_POPDECC)
#define CKUANN BODY_BIT(CMP_CKUANN)
#define CANN BODY_BIT(CMP_CANN)
#define CRLANN BODY_BIT(CMP_CRLANN)
#define ANNOUNCEMENTS (CKUANN | CANN | CRLANN | BODY_BIT(CMP_RANN))
/* All that a server answers with. */
#define ANSWERS                                                              \
    (CERT_ANSWERS | RP | GENP | POLL_REP | POPDECC | BODY_BIT(CMP_PKICONF) | \
     BODY_BIT(CMP_ERROR))

/* clang-format off */
#define STATION_RULES(R)                                                       \
/* ---- STEP_ANSWER_READ ---- */                                               \
R(REPLY_OVER_HTTP, "reply-over-http", "RFC 9811, 3.3 and 3.4", NO_ANSWER,      \
  ANSWER_READ, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,                           \
  "a CMP message as application/pkixcmp, without redirects",                   \
  "compare --url with the server's path; look for a proxy in between")         \
R(REPLY_IN_TIME, "reply-in-time", "RFC 9483, 6 (RFC 9811, 3.6)", NO_ANSWER,    \
  ANSWER_READ, ERROR, ANSWERS, NEEDS_EXCHANGE | NEEDS_CLOCK, NULL,             \
  "an answer that can be believed, before time is up",                         \
  "is the server reached, and which of its answers were ignored? station "     \
  "status")                                                                    \
R(REPLY_IS_DER, "reply-is-der", "RFC 9810, 5.1", BAD_DER, ANSWER_READ, ERROR,  \
  ALL_BODIES, NEEDS_NOTHING, NULL, "one PKIMessage in DER, nothing left over", \
  "report it to the server's maker; look for a proxy that answers itself")     \
R(ANNOUNCED_CERT_IS_READABLE, "announced-cert-is-readable", "RFC 5280, 4.1",   \
  BAD_DATA_FORMAT, ANSWER_READ, ERROR, CANN, NEEDS_NOTHING, NULL,              \
  "a certificate of RFC 5280", "report it to who announced it")                \
/* ---- STEP_ANSWER_EXCHANGE ---- */                                           \
R(REPLY_PVNO, "reply-pvno", "RFC 9810, 7", UNSUPPORTED_VERSION,                \
  ANSWER_EXCHANGE, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,                       \
  "the pvno of the request",                                                   \
  "let the server answer in the version it was asked in")                      \
R(REPLY_TRANSACTION_ID, "reply-transaction-id", "RFC 9483, 3.1", BAD_REQUEST,  \
  ANSWER_EXCHANGE, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,                       \
  "the transactionID sent", "look for a proxy that mixes up connections")      \
R(REPLY_RECIP_NONCE, "reply-recip-nonce", "RFC 9483, 3.1",                     \
  BAD_RECIPIENT_NONCE, ANSWER_EXCHANGE, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,  \
  "the senderNonce of the message answered",                                   \
  "look for somebody who replays old answers")                                 \
/* ---- STEP_ANSWER_HEADER ---- */                                             \
R(REPLY_SENDER_NONCE, "reply-sender-nonce", "RFC 9483, 3.1", BAD_SENDER_NONCE, \
  ANSWER_HEADER, ERROR, ANSWERS | ANNOUNCEMENTS, NEEDS_NOTHING, NULL,          \
  "128 bits or more", "let the server make a fresh nonce for each answer")     \
R(REPLY_PROTECTED, "reply-protected", "TS 33.310, 9.5.2 (RFC 9483, 3.2)",      \
  BAD_MESSAGE_CHECK, ANSWER_HEADER, ERROR, ANSWERS | ANNOUNCEMENTS,            \
  NEEDS_NOTHING, NULL, "an answer protected by signature or MAC",              \
  "give the server a key to sign its answers with, errors included")           \
R(REPLY_PROTECTION_KIND, "reply-protection-kind", "RFC 9483, 3.2",             \
  WRONG_INTEGRITY, ANSWER_HEADER, ERROR, ANSWERS | ANNOUNCEMENTS,              \
  NEEDS_EXCHANGE, NULL,                                                        \
  "a MAC under the shared secret to a message with one, else a signature",     \
  "let the server protect answers, errors included, as it was asked")          \
/* ---- STEP_ANSWER_SIGNER ---- */                                             \
R(REPLY_PROTECTION_ALG, "reply-protection-alg",                                \
  "TS 33.310, 9.5.1 (RFC 9481, 3)", BAD_ALG, ANSWER_SIGNER, ERROR,             \
  ANSWERS | ANNOUNCEMENTS, NEEDS_NOTHING, NULL,                                \
  "a signature with SHA-256 or longer",                                        \
  "let the server sign with ecdsa-with-SHA256 or such")                        \
R(REPLY_SIGNER_KNOWN, "reply-signer-known", "TS 33.310, 9.5.4.3",              \
  BAD_MESSAGE_CHECK, ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS,            \
  NEEDS_SIGNER, NULL, "the signer's certificate in extraCerts",                \
  "let the server send its certificate with the answer")                       \
R(REPLY_SIGNATURE, "reply-signature", "RFC 9810, 5.1.3.3", BAD_MESSAGE_CHECK,  \
  ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS, NEEDS_SIGNER, NULL,           \
  "a signature that verifies", "look for what changes messages under way")     \
R(REPLY_SIGNER_PATH, "reply-signer-path", "TS 33.310, 9.2",                    \
  SIGNER_NOT_TRUSTED, ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS,           \
  NEEDS_SIGNER | NEEDS_TRUST | NEEDS_CLOCK, NULL,                              \
  "a signer whose certificate leads to the operator root and is in force",     \
  "compare the root in the settings, and this station's clock")                \
R(REPLY_SIGNER_USAGE, "reply-signer-usage", "TS 33.310, 9.4.6",                \
  SIGNER_NOT_TRUSTED, ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS,           \
  NEEDS_SIGNER, NULL, "digitalSignature",                                      \
  "give the server a certificate whose keyUsage lets it sign")                 \
R(REPLY_SENDER, "reply-sender", "RFC 9483, 3.1", BAD_MESSAGE_CHECK,            \
  ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS, NEEDS_SIGNER, NULL,           \
  "sender and senderKID as in the signer's certificate",                       \
  "let the server name itself as its certificate does")                        \
R(REPLY_SIGNER_ENTITLED, "reply-signer-entitled", "RFC 9810, 4.5",             \
  NOT_AUTHORIZED, ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS,               \
  NEEDS_SIGNER | NEEDS_CONFIG, NULL,                                           \
  "the issuer of the certificate, or cmcRA, or cmcCA",                         \
  "give the server's certificate cmcRA, or name it with --server-subject")     \
R(REPLY_SAME_SIGNER, "reply-same-signer", "RFC 9483, 3.2", BAD_MESSAGE_CHECK,  \
  ANSWER_SIGNER, ERROR, ANSWERS | ANNOUNCEMENTS,                               \
  NEEDS_SIGNER | NEEDS_EXCHANGE, NULL,                                         \
  "one credential for all answers of a transaction",                           \
  "let all servers behind one address sign with the same certificate")         \
/* ---- STEP_ANSWER_MAC ---- */                                                \
R(REPLY_MAC_ALG, "reply-mac-alg", "RFC 9045, 4 (RFC 9481, 6)", BAD_ALG,        \
  ANSWER_MAC, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,                            \
  "the MAC of the request, with digests no shorter",                           \
  "let the server answer with the MAC it was asked with, or choose another "   \
  "--mac")                                                                     \
R(REPLY_REFERENCE, "reply-reference", "RFC 9483, 4.1.5", BAD_MESSAGE_CHECK,    \
  ANSWER_MAC, ERROR, ANSWERS, NEEDS_EXCHANGE, NULL,                            \
  "the reference of the secret in senderKID, where there is one",              \
  "let the server answer under the secret it was asked with")                  \
R(REPLY_MAC, "reply-mac", "RFC 9483, 4.1.5", BAD_MESSAGE_CHECK, ANSWER_MAC,    \
  ERROR, ANSWERS, NEEDS_SECRET, NULL, "a MAC under the shared secret",         \
  "compare the secret and its reference with the server's")                    \
/* ---- STEP_ANSWER_BODY ---- */                                               \
R(REPLY_BODY, "reply-body", "RFC 9483, 4.1", BAD_REQUEST, ANSWER_BODY, ERROR,  \
  ANSWERS, NEEDS_EXCHANGE, NULL,                                               \
  "ip to an ir, cp to a cr or p10cr, kup to a kur, rp to an rr, genp to a "    \
  "genm, pkiconf to a certConf, pollRep to a pollReq, or error",               \
  "report it to the server's maker")                                           \
R(REPLY_ONE_RESPONSE, "reply-one-response", "TS 33.310, 9.5.4.3",              \
  BAD_DATA_FORMAT, ANSWER_BODY, ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL,     \
  "one CertResponse for each certificate asked for",                           \
  "let the server answer each request there was, and no other")                \
R(REPLY_CERT_REQ_ID, "reply-cert-req-id", "RFC 9483, 4.1.1", BAD_CERT_ID,      \
  ANSWER_BODY, ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL,                      \
  "certReqId 0, or -1 to a p10cr; of several each once",                       \
  "let the server answer each request there was, and no other")                \
R(REPLY_WAITS_WHOLE, "reply-waits-whole", "RFC 9810, 5.3.22", BAD_REQUEST,     \
  ANSWER_BODY, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,                       \
  "no certificate beside one that waits",                                      \
  "let the server decide upon all requests of a message at once, or ask for "  \
  "one certificate at a time")                                                 \
R(REPLY_CHALLENGE_OPENS, "reply-challenge-opens", "RFC 9810, 5.2.8.3.3",       \
  BAD_DATA_FORMAT, ANSWER_BODY, ERROR, POPDECC, NEEDS_SECRET, NULL,            \
  "one challenge, which opens to a number and the server's name",              \
  "report it to the server's maker")                                           \
R(REPLY_ERROR_STATUS, "reply-error-status", "RFC 9810, 5.3.21",                \
  BAD_DATA_FORMAT, ANSWER_BODY, ERROR, ERROR_MSG, NEEDS_NOTHING, NULL,         \
  "rejection, or waiting without failInfo", "report it to the server's maker") \
R(REPLY_ONE_REV_STATUS, "reply-one-rev-status", "RFC 9483, 4.2",               \
  BAD_DATA_FORMAT, ANSWER_BODY, ERROR, RP, NEEDS_NOTHING, NULL,                \
  "one status in rp", "let the server answer the one request there was")       \
R(REPLY_REV_STATUS, "reply-rev-status", "RFC 9810, 5.3.10", BAD_DATA_FORMAT,   \
  ANSWER_BODY, ERROR, RP, NEEDS_NOTHING, NULL,                                 \
  "accepted, grantedWithMods or waiting without failInfo, or rejection",       \
  "report it to the server's maker")                                           \
R(REPLY_REV_CERTS, "reply-rev-certs", "RFC 9810, 5.3.10", BAD_CERT_ID,         \
  ANSWER_BODY, ERROR, RP, NEEDS_EXCHANGE, NULL,                                \
  "revCerts, where they are, with the certificate of the request",             \
  "report it to the operator: another certificate was revoked")                \
R(REPLY_POLL_REP, "reply-poll-rep", "RFC 9810, 5.3.22", BAD_CERT_ID,           \
  ANSWER_BODY, ERROR, POLL_REP, NEEDS_EXCHANGE, NULL,                          \
  "one entry, for the certReqId polled for, checkAfter not negative",          \
  "let the server answer the one request there was")                           \
R(REPLY_WAIT_ENDS, "reply-wait-ends", "RFC 9483, 4.4", TIMEOUT, ANSWER_BODY,   \
  ERROR, ANSWERS, NEEDS_EXCHANGE | NEEDS_CLOCK, NULL,                          \
  "a decision within 30 days", "ask the operator to decide, and enrol anew")   \
/* ---- STEP_ANSWER_RESPONSE ---- */                                           \
R(REPLY_STATUS, "reply-status", "RFC 9483, 4.1.1", BAD_DATA_FORMAT,            \
  ANSWER_RESPONSE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,                   \
  "accepted, grantedWithMods, rejection or waiting",                           \
  "report it to the server's maker")                                           \
R(REPLY_STATUS_FITS, "reply-status-fits", "RFC 9810, 5.3.4", BAD_DATA_FORMAT,  \
  ANSWER_RESPONSE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,                   \
  "a certificate and no failInfo when granted, no certificate when not",       \
  "report it to the server's maker")                                           \
R(REPLY_IN_CLEAR, "reply-in-clear", "TS 33.310, 9.5.4.3 (CR-2)",               \
  BAD_DATA_FORMAT, ANSWER_RESPONSE, ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL, \
  "the certificate in clear, and no private key, unless it was asked for "     \
  "otherwise", "turn off encrypted delivery and central key generation")       \
R(REPLY_CERT_READABLE, "reply-cert-readable", "RFC 5280, 4.1",                 \
  BAD_DATA_FORMAT, ANSWER_RESPONSE, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,  \
  "a certificate of RFC 5280", "report it to the server's maker")              \
/* ---- STEP_ANSWER_CERT ---- */                                               \
R(CERT_MADE_KEY, "cert-made-key", "RFC 9483, 4.1.6", BAD_DATA_FORMAT,          \
  ANSWER_CERT, ERROR, CERT_ANSWERS, NEEDS_EXCHANGE | NEEDS_SECRET |            \
  NEEDS_TRUST, NULL,                                                           \
  "the key, encrypted to this station and signed by a generator with cmKGA",   \
  "let the server make keys as RFC 9483 has it, or --key-from station")        \
R(CERT_KEY, "cert-key", "RFC 9483, 4.1.1", BAD_CERT_TEMPLATE, ANSWER_CERT,     \
  ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL, "the key asked for",              \
  "report it to the operator: a certificate went astray")                      \
R(CERT_DATES, "cert-dates", "RFC 5280, 4.1.2.5", BAD_CERT_TEMPLATE,            \
  ANSWER_CERT, ERROR, CERT_ANSWERS, NEEDS_CLOCK, NULL,                         \
  "a certificate in force", "compare this station's clock with the server's")  \
R(CERT_PATH, "cert-path", "TS 33.310, 9.2", SIGNER_NOT_TRUSTED, ANSWER_CERT,   \
  ERROR, CERT_ANSWERS, NEEDS_TRUST | NEEDS_CLOCK, NULL,                        \
  "a path to the operator root",                                               \
  "let the server send all intermediate certificates in extraCerts")           \
R(CERT_KEY_USAGE, "cert-key-usage", "TS 33.310, 6.1", BAD_CERT_TEMPLATE,       \
  ANSWER_CERT, ERROR, CERT_ANSWERS, NEEDS_EXCHANGE | NEEDS_CONFIG, NULL,       \
  "a keyUsage that is of use for the key",                                     \
  "correct the server's certificate profile")                                  \
R(CERT_NOT_CA, "cert-not-ca", "RFC 9810, 8.10", BAD_CERT_TEMPLATE,             \
  ANSWER_CERT, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,                       \
  "an end entity's certificate", "correct the server's certificate profile")   \
R(CERT_SUBJECT, "cert-subject", "RFC 9483, 4.1.3", BAD_CERT_TEMPLATE,          \
  ANSWER_CERT, ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL,                      \
  "the subject of the certificate updated", "use enroll for a new name")       \
R(CERT_SAN, "cert-san", "RFC 9483, 4.1.3", BAD_CERT_TEMPLATE, ANSWER_CERT,     \
  ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL,                                   \
  "the subjectAltName of the certificate updated",                             \
  "use enroll for a new name")                                                 \
/* ---- STEP_ANSWER_GRANT ---- */                                              \
R(REPLY_GRANTS, "reply-grants", "RFC 9810, 5.2.3", REFUSED, ANSWER_GRANT,      \
  ERROR, CERT_ANSWERS | RP | ERROR_MSG, NEEDS_NOTHING, NULL,                   \
  "what was asked for",                                                        \
  "do as failInfo and text say; the operator's log has the rule that was "     \
  "broken")                                                                    \
R(CERT_IS_USABLE, "cert-is-usable", "RFC 9810, 5.3.18", REFUSED, ANSWER_GRANT, \
  ERROR, CERT_ANSWERS, NEEDS_EXCHANGE, NULL,                                   \
  "a certificate that this station accepts",                                   \
  "see under which rule it was rejected, and correct the server")              \
/* ---- STEP_ANSWER_ROOT ---- */                                               \
R(ROOT_READABLE, "root-readable", "RFC 5280, 4.1", BAD_DATA_FORMAT,            \
  ANSWER_ROOT, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,                       \
  "a certificate that can be read", "report it to the server's maker")         \
R(ROOT_SELF_SIGNED, "root-self-signed", "TS 33.310, 9.5.4.3 (CR-5)",           \
  NOT_AUTHORIZED, ANSWER_ROOT, ERROR, CERT_ANSWERS, NEEDS_NOTHING, NULL,       \
  "a self-signed certificate: a root",                                         \
  "let the server put intermediate certificates into extraCerts")              \
R(ROOT_CA, "root-ca", "RFC 5280, 4.2.1.9", NOT_AUTHORIZED, ANSWER_ROOT, ERROR, \
  CERT_ANSWERS, NEEDS_NOTHING, NULL, "a CA with keyCertSign",                  \
  "correct the server's list of roots")                                        \
R(ROOT_KEY, "root-key", "TS 33.310, 6.1.1", BAD_ALG, ANSWER_ROOT, ERROR,       \
  CERT_ANSWERS, NEEDS_NOTHING, NULL,                                           \
  "a kind and size of key that is believed",                                   \
  "give the root a successor with a stronger key")                             \
R(ROOT_DATES, "root-dates", "RFC 5280, 4.1.2.5", NOT_AUTHORIZED, ANSWER_ROOT,  \
  ERROR, CERT_ANSWERS, NEEDS_CLOCK, NULL, "a root in force",                   \
  "compare this station's clock with the server's")                            \
R(ROOT_LEARNING, "root-learning", "RFC 9810, 8.9 (CR-8)", NOT_AUTHORIZED,      \
  ANSWER_ROOT, ERROR, CERT_ANSWERS, NEEDS_CONFIG, NULL,                        \
  "no further roots beside one that is learnt",                                \
  "renew, which brings it from the operator that was learnt; or use --trust "  \
  "pinned or tls")                                                             \
R(ROOT_PROTECTED, "root-protected", "TS 33.310, 9.5.4.3 (CR-6)",               \
  NOT_AUTHORIZED, ANSWER_ROOT, ERROR, CERT_ANSWERS, NEEDS_CONFIG, NULL,        \
  "a place that the protection covers, or an authenticated TLS session",       \
  "use https and --tls-root, or let the server use caPubs")                    \
R(ROOT_SIGNER_STATUS, "root-signer-status", "RFC 9483, 3.5 (CR-7)",            \
  NOT_AUTHORIZED, ANSWER_ROOT, ERROR, CERT_ANSWERS,                            \
  NEEDS_CONFIG | NEEDS_CLOCK, NULL,                                            \
  "a signer that a current CRL knows as not revoked",                          \
  "give its issuer's CRL with --crl, or waive it by --unknown-status accept")  \
R(ROOT_NUMBER, "root-number", "TS 33.310, 9.5.4.3 (CR-5)", LIMIT, ANSWER_ROOT, \
  ERROR, CERT_ANSWERS, NEEDS_CONFIG, NULL,                                     \
  "no more roots than a station keeps", "let the server send 16 at most")      \
/* ---- STEP_TOLD ---- */                                                      \
R(TOLD_ONCE, "told-once", "RFC 9810, 5.3.20", BAD_DATA_FORMAT, TOLD, ERROR,    \
  GENP, NEEDS_NOTHING, NULL, "each infoType once",                             \
  "report it to the server's maker")                                           \
R(TOLD_WAS_ASKED, "told-was-asked", "RFC 9810, 5.3.20", BAD_DATA_FORMAT, TOLD, \
  ERROR, GENP, NEEDS_EXCHANGE, NULL, "what the genm asked for",                \
  "report it to the server's maker")                                           \
R(TOLD_UNSUPPORTED, "told-unsupported", "RFC 9810, 5.3.19.7", BAD_DATA_FORMAT, \
  TOLD, ERROR, GENP, NEEDS_EXCHANGE, NULL,                                     \
  "infoTypes that the genm asked with", "report it to the server's maker")     \
R(TOLD_ONE_ANSWER, "told-one-answer", "RFC 9810, 5.3.19.7", BAD_DATA_FORMAT,   \
  TOLD, ERROR, GENP, NEEDS_NOTHING, NULL, "one or the other",                  \
  "report it to the server's maker")                                           \
R(TOLD_VALUE, "told-value", "RFC 9810, 5.3.19", BAD_DATA_FORMAT, TOLD, ERROR,  \
  GENP, NEEDS_NOTHING, NULL, "the value that the infoType has",                \
  "report it to the server's maker")                                           \
R(TOLD_PARAMETERS, "told-parameters", "RFC 9810, 5.3.19.8", BAD_DATA_FORMAT,   \
  TOLD, ERROR, GENP, NEEDS_EXCHANGE, NULL, "those of the algorithm asked for", \
  "report it to the server's maker")                                           \
R(TOLD_LANGUAGE, "told-language", "RFC 9810, 5.3.19.13", BAD_DATA_FORMAT,      \
  TOLD, ERROR, GENP, NEEDS_EXCHANGE, NULL, "one of the languages offered",     \
  "report it to the server's maker")                                           \
R(TOLD_TEMPLATE, "told-template", "RFC 9483, 4.3.3", BAD_CERT_TEMPLATE, TOLD,  \
  ERROR, GENP, NEEDS_NOTHING, NULL,                                            \
  "neither publicKey nor what only a CA fills in",                             \
  "report it to the server's maker")                                           \
R(TOLD_KEY_SPEC, "told-key-spec", "RFC 9483, 4.3.3", BAD_CERT_TEMPLATE, TOLD,  \
  ERROR, GENP, NEEDS_NOTHING, NULL, "rsaKeyLen for RSA",                       \
  "report it to the server's maker")                                           \
/* ---- STEP_ANNOUNCED ---- */                                                 \
R(ANNOUNCED_BODY, "announced-body", "RFC 9810, 5.3.13 to 5.3.16", BAD_REQUEST, \
  ANNOUNCED, ERROR, ANNOUNCEMENTS, NEEDS_NOTHING, NULL,                        \
  "ckuann, cann, rann or crlann", "give it what stationmaster announce wrote") \
R(ANNOUNCED_PVNO, "announced-pvno", "RFC 9810, 5.3.13", UNSUPPORTED_VERSION,   \
  ANNOUNCED, ERROR, ANNOUNCEMENTS, NEEDS_NOTHING, NULL,                        \
  "2 or 3, and 3 with RootCaKeyUpdateContent",                                 \
  "report it to who announced it")                                             \
R(ANNOUNCED_TIME, "announced-time", "RFC 9810, 5.1.1", BAD_TIME, ANNOUNCED,    \
  ERROR, ANNOUNCEMENTS, NEEDS_CLOCK, NULL,                                     \
  "messageTime, not after this station's clock",                               \
  "compare this station's clock with the operator's")                          \
R(ANNOUNCED_STATUS, "announced-status", "RFC 9810, 5.2.3", BAD_DATA_FORMAT,    \
  ANNOUNCED, ERROR, BODY_BIT(CMP_RANN), NEEDS_NOTHING, NULL,                   \
  "revocationWarning or revocationNotification in a rann",                     \
  "report it to who announced it")                                             \
/* ---- STEP_TOLD_UPDATE ---- */                                               \
R(UPDATE_COMPLETE, "update-complete", "RFC 9483, 4.3.2", BAD_DATA_FORMAT,      \
  TOLD_UPDATE, ERROR, GENP | CKUANN, NEEDS_NOTHING, NULL,                      \
  "newWithNew, and newWithOld",                                                \
  "let the operator send the link certificate too")                            \
R(UPDATE_SELF_SIGNED, "update-self-signed", "RFC 9810, 4.4",                   \
  SIGNER_NOT_TRUSTED, TOLD_UPDATE, ERROR, GENP | CKUANN, NEEDS_NOTHING, NULL,  \
  "a self-signed CA certificate", "report it to the operator")                 \
R(UPDATE_LINK, "update-link", "RFC 9810, 4.4", SIGNER_NOT_TRUSTED,             \
  TOLD_UPDATE, ERROR, GENP | CKUANN, NEEDS_TRUST, NULL,                        \
  "the new root's key and name, signed with the old root's key",               \
  "report it to the operator; a root that nothing links to the old one has "   \
  "to come by another way")                                                    \
R(UPDATE_IS_NEW, "update-is-new", "RFC 9810, 5.3.19.15", BAD_DATA_FORMAT,      \
  TOLD_UPDATE, ERROR, GENP | CKUANN, NEEDS_TRUST, NULL,                        \
  "a root that follows it", "nothing: the station has what there is")          \
R(UPDATE_DATES, "update-dates", "RFC 9810, 4.4.1", SIGNER_NOT_TRUSTED,         \
  TOLD_UPDATE, ERROR, GENP | CKUANN, NEEDS_CLOCK, NULL,                        \
  "certificates in force", "compare this station's clock with the operator's") \
R(UPDATE_BACK, "update-back", "RFC 9810, 4.4", SIGNER_NOT_TRUSTED,             \
  TOLD_UPDATE, ERROR, GENP | CKUANN, NEEDS_NOTHING, NULL,                      \
  "the old root's key and name, signed with the new root's key",               \
  "report it to the operator")                                                 \
/* ---- STEP_TOLD_CRL ---- */                                                  \
R(CRL_READABLE, "crl-readable", "RFC 5280, 5.1", BAD_DATA_FORMAT, TOLD_CRL,    \
  ERROR, GENP | CRLANN, NEEDS_NOTHING, NULL, "a CertificateList",              \
  "report it to the server's maker")                                           \
R(CRL_WAS_ASKED, "crl-was-asked", "RFC 9810, 5.3.19.17", BAD_DATA_FORMAT,      \
  TOLD_CRL, ERROR, GENP | CRLANN, NEEDS_EXCHANGE, NULL,                        \
  "CRLs of the issuers asked for", "report it to the server's maker")          \
R(CRL_SIGNER, "crl-signer", "RFC 5280, 6.3.3", SIGNER_NOT_TRUSTED, TOLD_CRL,   \
  ERROR, GENP | CRLANN, NEEDS_TRUST | NEEDS_CLOCK, NULL,                       \
  "a CRL signed by its issuer, a CA below the operator root",                  \
  "let the server send the issuer's certificate in extraCerts")                \
R(CRL_DATES, "crl-dates", "RFC 5280, 6.3.3", BAD_TIME, TOLD_CRL, ERROR,        \
  GENP | CRLANN, NEEDS_CLOCK, NULL, "a CRL in force",                          \
  "compare this station's clock with the operator's")                          \
R(CRL_AGE, "crl-age", "RFC 9810, 5.3.19.17", BAD_TIME, TOLD_CRL, ERROR,        \
  GENP | CRLANN, NEEDS_STORE, NULL, "a CRL not older than the one at hand",    \
  "look for somebody who replays old CRLs")                                    \
/* ---- STEP_TOLD_CA ---- */                                                   \
R(CA_CERT, "ca-cert", "RFC 9483, 4.3.1", BAD_DATA_FORMAT, TOLD_CA, ERROR,      \
  GENP | CANN, NEEDS_NOTHING, NULL, "CA certificates",                         \
  "report it to the server's maker")                                           \
/* ---- STEP_TOLD_TARGET ---- */                                               \
R(TARGET_CERT, "target-cert", "RFC 9810, 5.3.19.1", SIGNER_NOT_TRUSTED,        \
  TOLD_TARGET, ERROR, GENP, NEEDS_TRUST | NEEDS_CLOCK, NULL,                   \
  "a certificate to encrypt to, below the operator root",                      \
  "report it to the operator")
/* clang-format on */

#endif
