/*
 * The rows of the rule table, in the order they are judged within a step.
 * Where a clause is TS 33.310's, the RFC that states the same stands behind it.
 */
#ifndef PROFILE_RULE_LIST_H
#define PROFILE_RULE_LIST_H

#define ALL_BODIES 0x07ffffffu
#define CRMF_REQUESTS (BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_KUR))
#define P10CR BODY_BIT(CMP_P10CR)
#define REQUESTS (CRMF_REQUESTS | P10CR)
#define IR_CR (BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | P10CR)
#define KUR BODY_BIT(CMP_KUR)
#define CCR BODY_BIT(CMP_CCR)
#define RR BODY_BIT(CMP_RR)
#define GENM BODY_BIT(CMP_GENM)
#define NESTED BODY_BIT(CMP_NESTED)
#define FIRSTS (REQUESTS | CCR | RR | GENM) /* what opens a transaction */
#define CERT_CONF BODY_BIT(CMP_CERT_CONF)
#define POLL_REQ BODY_BIT(CMP_POLL_REQ)
#define POPDECR BODY_BIT(CMP_POPDECR)
#define ERROR_MSG BODY_BIT(CMP_ERROR)

/* clang-format off */
#define RULES(R)                                                               \
/* ---- STEP_READ ---- */                                                      \
R(MESSAGE_IS_DER, "message-is-der", "RFC 9810, 5.1", BAD_DER, READ, ERROR,     \
  ALL_BODIES, NULL, "one PKIMessage in DER, nothing left over",                \
  "encode the field named as its ASN.1 definition says")                       \
/* ---- STEP_HEADER ---- */                                                    \
R(PVNO_IS_KNOWN, "pvno-is-known", "RFC 9810, 7", UNSUPPORTED_VERSION, HEADER,  \
  ERROR, ALL_BODIES, check_pvno, "pvno 2 (cmp2000) or 3 (cmp2021)",            \
  "send the request again with pvno 2")                                        \
R(BODY_IS_SERVED, "body-is-served", "TS 33.310, 9.5.1 (RFC 9483, 3.5)",        \
  BAD_REQUEST, HEADER, ERROR, ALL_BODIES, check_body_served,                   \
  "a body this profile serves",                                                \
  "use ir for a first certificate and kur to renew it")                        \
R(BODY_IS_OF_OPERATION, "body-is-of-operation", "RFC 9483, 6.1", BAD_REQUEST,  \
  HEADER, ERROR, ALL_BODIES, NULL,                                             \
  "what the operation label at the end of the path is for",                    \
  "send it to the path of its own operation, or to one without")               \
R(TRANSACTION_ID_IS_THERE, "transaction-id-is-there", "RFC 9483, 3.1",         \
  BAD_DATA_FORMAT, HEADER, ERROR, ALL_BODIES, check_transaction_id,            \
  "a transactionID of 128 random bits",                                        \
  "make a fresh transactionID and keep it for the whole transaction")          \
R(SENDER_NONCE_IS_LONG, "sender-nonce-is-long", "RFC 9483, 3.1 and 3.5",       \
  BAD_SENDER_NONCE, HEADER, ERROR, ALL_BODIES, check_sender_nonce,             \
  "a senderNonce of at least 128 bits", "make 16 fresh random octets")         \
R(FIRST_HAS_NO_RECIP_NONCE, "first-has-no-recip-nonce", "RFC 9483, 3.1",       \
  BAD_RECIPIENT_NONCE, HEADER, WARNING, FIRSTS, check_no_recip_nonce,          \
  "no recipNonce in the first message of a transaction",                       \
  "leave recipNonce out of the request")                                       \
R(MESSAGE_IS_PROTECTED, "message-is-protected",                                \
  "TS 33.310, 9.5.2 (RFC 9483, 3.2)", BAD_MESSAGE_CHECK, HEADER, ERROR,        \
  ALL_BODIES, check_is_protected, "both protectionAlg and protection",         \
  "protect the message with the signature of the station's key")               \
R(PROTECTION_IS_SIGNATURE, "protection-is-signature",                          \
  "TS 33.310, 9.2 (RFC 9483, 4.1.3)", WRONG_INTEGRITY, HEADER, ERROR,          \
  ALL_BODIES, check_is_signature,                                              \
  "protection by signature where the profile takes no shared secret",          \
  "sign with the key of the vendor's, or of the operator's, certificate")      \
R(MAC_IS_READABLE, "mac-is-readable", "RFC 9481, 6 (RFC 9810, 5.1.3.1)",       \
  BAD_DATA_FORMAT, HEADER, ERROR, ALL_BODIES, check_mac_readable,              \
  "the parameters that the MAC algorithm asks for",                            \
  "encode PBMParameter or PBMAC1-params as defined")                           \
R(MAC_IS_ALLOWED, "mac-is-allowed", "RFC 9481, 6", BAD_ALG, HEADER, ERROR,     \
  ALL_BODIES, check_mac_allowed,                                               \
  "a MAC algorithm of the profile, with digests of the profile",               \
  "use PBMAC1 or PasswordBasedMac with SHA-256 and hmacWithSHA256")            \
R(MAC_SALT_IS_SANE, "mac-salt-is-sane", "RFC 8018, 4.1 (RFC 9045, 4.2)",       \
  BAD_ALG, HEADER, ERROR, ALL_BODIES, check_mac_salt,                          \
  "a salt of 8 to 64 octets", "make 16 random octets of salt")                 \
R(MAC_WORK_IS_BOUNDED, "mac-work-is-bounded",                                  \
  "RFC 8018, 4.2 (RFC 9045, 4.3)", BAD_ALG, HEADER, ERROR, ALL_BODIES,         \
  check_mac_work, "an iterationCount of 100 to 10000 and a usual keyLength",   \
  "lower the iterationCount, and use a secret made by the server")             \
R(PROTECTION_ALG_IS_ALLOWED, "protection-alg-is-allowed",                      \
  "TS 33.310, 9.5.1 (R6.1.1)", BAD_ALG, HEADER, ERROR, ALL_BODIES,             \
  check_protection_alg,                                                        \
  "a signature algorithm of the profile, SHA-256 or longer",                   \
  "use ecdsa-with-SHA256 or sha256WithRSAEncryption")                          \
R(SIGNER_IS_SENT, "signer-is-sent", "TS 33.310, 9.5.4.2 (RFC 9483, 3.3)",      \
  BAD_MESSAGE_CHECK, HEADER, ERROR, FIRSTS | NESTED, check_signer_sent,                 \
  "the certificate that verifies the message in extraCerts",                   \
  "put the signer's certificate and its intermediates into extraCerts")        \
R(SENDER_IS_DIRECTORY, "sender-is-directory", "RFC 9483, 3.1",                 \
  BAD_MESSAGE_CHECK, HEADER, WARNING, ALL_BODIES, check_sender_directory,      \
  "a directoryName as sender, the subject of the signer's certificate",        \
  "copy the certificate's subject into sender")                                \
R(IMPLICIT_CONFIRM_NOT_ASKED, "implicit-confirm-not-asked",                    \
  "TS 33.310, 9.5.4.5", BAD_REQUEST, HEADER, WARNING, REQUESTS,                \
  check_implicit_confirm, "no implicitConfirm: confirmation is explicit",      \
  "expect to send certConf; the wish is ignored")                              \
R(CERT_PROFILE_FITS, "cert-profile-fits", "RFC 9810, 5.1.1.4 (RFC 9483, 3.1)", \
  BAD_DATA_FORMAT, HEADER, ERROR, REQUESTS | CCR | GENM, NULL,                 \
  "no more certificate profile names than requests",                           \
  "send one UTF8String in certProfile for each request")                       \
R(CERT_PROFILE_IS_KNOWN, "cert-profile-is-known",                              \
  "RFC 9810, 5.1.1.4 (RFC 9483, 3.1)", BAD_REQUEST, HEADER, ERROR,             \
  REQUESTS | CCR | GENM, NULL, "a profile of this server, one for the whole message", \
  "name a profile of the server in certProfile, or leave it out")              \
/* ---- STEP_REQUEST ---- */                                                   \
R(ONE_REQUEST, "one-request", "TS 33.310, 9.5.4.2 (RFC 9483, 4.1.1)",          \
  BAD_REQUEST, REQUEST, ERROR, CRMF_REQUESTS | CCR, check_one_request,         \
  "one CertReqMsg, or as many as the profile takes; in a kur one",             \
  "send a message for each certificate")                                       \
R(CERT_REQ_ID_IS_ZERO, "cert-req-id-is-zero", "RFC 9483, 4.1.1", BAD_REQUEST,  \
  REQUEST, ERROR, CRMF_REQUESTS | CCR, check_cert_req_id, "certReqId 0",       \
  "number the only request 0")                                                 \
R(CERT_REQ_ID_IS_SINGLE, "cert-req-id-is-single", "RFC 4211, 5", BAD_REQUEST,  \
  REQUEST, ERROR, CRMF_REQUESTS, check_cert_req_id_single,                          \
  "a certReqId that no other request of the message has",                      \
  "number the requests of a message 0, 1, 2 and so on")                        \
R(TEMPLATE_LEAVES_CA_FIELDS, "template-leaves-ca-fields",                      \
  "RFC 4211, 5 (RFC 9483, 4.1.1)", BAD_CERT_TEMPLATE, REQUEST, ERROR,          \
  REQUESTS | CCR, check_ca_fields,                                             \
  "no serialNumber, signingAlg, issuerUID or subjectUID; version v3 if any",   \
  "leave to the CA what the CA assigns")                                       \
R(CCR_IS_COMPLETE, "ccr-is-complete", "RFC 9810, 6.6.1 and D.6",               \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, CCR, check_ccr_complete,                  \
  "signingAlg, issuer, both ends of validity, subject and publicKey",          \
  "write the whole template; only serialNumber is left to the CA")             \
R(CCR_PROVES_POSSESSION, "ccr-proves-possession", "RFC 9810, 5.3.11 and D.6",  \
  BAD_POP, REQUEST, ERROR, CCR, check_ccr_popo,                                \
  "proof of possession by the CA's own signature",                             \
  "sign the CertRequest with the key to be certified")                         \
R(PUBLIC_KEY_IS_THERE, "public-key-is-there", "TS 33.310, 9.5.4.2",            \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, REQUESTS, check_public_key,               \
  "the public key to certify in the template",                                 \
  "generate the key in the base station and send its public half")             \
R(PUBLIC_KEY_IS_ALLOWED, "public-key-is-allowed", "TS 33.310, 6.1.1",          \
  BAD_ALG, REQUEST, ERROR, REQUESTS | CCR, check_public_key_kind,              \
  "a key of the profile: named curve P-256 or longer, RSA 2048 to 4096",       \
  "generate a P-256 key")                                                      \
R(MADE_KEY_NEEDS_V3, "made-key-needs-v3", "RFC 9483, 4.1.6 (RFC 9810, 7)",    \
  BAD_REQUEST, REQUEST, ERROR, CRMF_REQUESTS, check_made_key_version,          \
  "pvno 3 where a key is to be made: it comes in EnvelopedData",               \
  "send the request again with pvno 3")                                        \
R(MADE_KEY_BETTER_IN_V3, "made-key-better-in-v3",                              \
  "RFC 9483, 4.1.6 (RFC 9810, 7)", BAD_REQUEST, REQUEST, WARNING,              \
  CRMF_REQUESTS, check_made_key_version_noted,                                 \
  "pvno 3 where a key is to be made", "write pvno 3; type open takes 2 too")   \
R(MADE_KEY_IS_ALONE, "made-key-is-alone", "RFC 9483, 4.1.1 and 4.1.6",         \
  BAD_REQUEST, REQUEST, ERROR, CRMF_REQUESTS, check_made_key_alone,            \
  "no other request in a message that wants a key made",                       \
  "send a message for each key")                                               \
R(MADE_KEY_HAS_NO_PROOF, "made-key-has-no-proof",                              \
  "RFC 9483, 4.1.6 (RFC 4211, 4)", BAD_POP, REQUEST, ERROR, CRMF_REQUESTS,     \
  check_made_key_proof, "no popo where the key is still to be made",           \
  "leave popo out, or send the public half of the key")                        \
R(POPO_IS_SIGNATURE, "popo-is-signature", "TS 33.310, 9.5.4.2", BAD_POP,       \
  REQUEST, ERROR, REQUESTS, check_popo_signature,                              \
  "proof of possession by signature",                                          \
  "sign the CertRequest, or poposkInput, with the new key")                    \
R(POPO_METHOD_IS_TAKEN, "popo-method-is-taken", "RFC 9810, 5.2.8.3", BAD_POP,  \
  REQUEST, ERROR, REQUESTS, check_popo_method,                            \
  "a proof of possession that the profile takes",                              \
  "ask for encrCert or challengeResp; no private key is to be sent")           \
R(POPO_IS_FOR_KEY, "popo-is-for-key", "RFC 4211, 4.2 and 4.3", BAD_POP,        \
  REQUEST, ERROR, CRMF_REQUESTS, check_popo_for_key,                           \
  "keyEncipherment for an RSA key, keyAgreement for one on a curve",           \
  "choose the proof that the kind of key is for")                              \
R(KEY_THAT_SIGNS_SIGNS, "key-that-signs-signs",                                \
  "RFC 9810, 5.2.8.4 (RFC 4211, 4.1)", BAD_POP, REQUEST, ERROR, CRMF_REQUESTS, \
  check_signing_key,                                                           \
  "a signature, unless keyUsage is asked for and lets the key not sign",       \
  "sign with the key, or ask for keyEncipherment or keyAgreement alone")       \
R(POPO_ALG_IS_ALLOWED, "popo-alg-is-allowed", "TS 33.310, 9.5.1", BAD_ALG,     \
  REQUEST, ERROR, REQUESTS | CCR, check_popo_alg,                              \
  "a signature algorithm of the profile that fits the new key",                \
  "name the algorithm that the proof was really made with")                    \
R(POPOSK_INPUT_HAS_SENDER, "poposk-input-has-sender", "TS 33.310, 9.5.4.2",    \
  BAD_POP, REQUEST, ERROR, CRMF_REQUESTS | CCR, check_popo_input_sender,       \
  "authInfo.sender in poposkInput, or publicKeyMAC under a shared secret",     \
  "put the vendor certificate's subject there")                                \
R(POPOSK_INPUT_HAS_KEY, "poposk-input-has-key", "RFC 4211, 4.1", BAD_POP,      \
  REQUEST, ERROR, CRMF_REQUESTS | CCR, check_popo_input_key,                   \
  "poposkInput's publicKey equal to the template's",                           \
  "copy the template's key into poposkInput")                                  \
R(POPOSK_INPUT_FITS_TEMPLATE, "poposk-input-fits-template", "RFC 4211, 4.1",   \
  BAD_POP, REQUEST, WARNING, CRMF_REQUESTS | CCR, check_popo_input_fits,       \
  "poposkInput when, and only when, subject or key is missing",                \
  "either encoding is taken; use the one RFC 4211 names")                      \
R(NO_CA_ASKED_FOR, "no-ca-asked-for", "RFC 9810, 8.10 (RFC 5280, 4.2.1.9)",    \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, REQUESTS, check_no_ca,                    \
  "no cA, keyCertSign, cRLSign, cmcCA, cmcRA or cmKGA",                        \
  "ask for an end-entity certificate")                                         \
R(EXTENSIONS_ARE_READABLE, "extensions-are-readable", "RFC 5280, 4.2",         \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, REQUESTS | CCR, check_extensions,         \
  "requested extensions that parse",                                           \
  "encode the extension named as RFC 5280 defines it")                         \
R(CONTROLS_PARSE, "controls-parse", "RFC 4211, 6", BAD_DATA_FORMAT, REQUEST,   \
  ERROR, CRMF_REQUESTS | CCR, check_controls_parse,                            \
  "controls of which each parses and stands there once",                       \
  "encode the control named as RFC 4211 defines it")                           \
R(NO_KEY_IS_ARCHIVED, "no-key-is-archived", "RFC 4211, 6.4", BAD_REQUEST,      \
  REQUEST, ERROR, CRMF_REQUESTS | CCR, check_no_archive,                       \
  "no pkiArchiveOptions: this server keeps no private keys of others",         \
  "leave pkiArchiveOptions out")                                               \
R(CONTROLS_ARE_HEEDED, "controls-are-heeded", "RFC 4211, 6", BAD_REQUEST,      \
  REQUEST, WARNING, CRMF_REQUESTS | CCR, check_controls_heeded,                \
  "controls that mean something here: oldCertID, and dontPublish",             \
  "leave the control out; it is not heeded")                                   \
R(CCR_ASKS_FOR_CA, "ccr-asks-for-ca", "RFC 9810, 6.6.1 (RFC 5280, 4.2.1.9)",   \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, CCR, check_ccr_ca,                        \
  "basicConstraints with cA, and keyUsage with keyCertSign",                   \
  "ask for both, or send ir or cr for a certificate that is no CA's")          \
R(CCR_ASKS_FOR_NO_MORE, "ccr-asks-for-no-more", "RFC 9810, D.6",               \
  UNACCEPTED_EXTENSION, REQUEST, ERROR, CCR, check_ccr_no_more,                \
  "basicConstraints, key identifiers, keyCertSign and cRLSign alone",          \
  "leave the others out: what is not granted would be missed unnoticed")       \
R(P10_IS_V1, "p10-is-v1", "RFC 2986, 4.1", BAD_CERT_TEMPLATE, REQUEST, ERROR,  \
  P10CR, check_p10_version, "a CertificationRequestInfo of version v1",        \
  "write version 0: it is the only one there is")                              \
R(NO_CHALLENGE_PASSWORD, "no-challenge-password", "RFC 2985, 5.4.1",           \
  BAD_CERT_TEMPLATE, REQUEST, WARNING, P10CR, check_p10_password,              \
  "no challengePassword: it is sent in clear, and nobody looks at it",         \
  "leave it out; the message's protection says who asks")                      \
R(CERT_STATUS_IS_ONE, "cert-status-is-one", "RFC 9810, 5.3.18",                \
  BAD_REQUEST, REQUEST, ERROR, CERT_CONF, check_one_status,                    \
  "one CertStatus for each certificate, none to reject all",                   \
  "confirm each certificate issued once")                                      \
R(CERT_STATUS_IS_FINAL, "cert-status-is-final", "RFC 9483, 4.1.1",             \
  BAD_REQUEST, REQUEST, ERROR, CERT_CONF, check_status_final,                  \
  "statusInfo absent, accepted or rejection",                                  \
  "send accepted or rejection")                                                \
R(HASH_ALG_NEEDS_V3, "hash-alg-needs-v3", "RFC 9810, 7 and 5.3.18",            \
  BAD_DATA_FORMAT, REQUEST, ERROR, CERT_CONF, check_hash_alg,                  \
  "hashAlg in a message of pvno 3 only",                                       \
  "leave hashAlg out: the certificate's own hash is meant")                    \
R(POLL_NAMES_ONE, "poll-names-one", "RFC 9483, 4.4 (RFC 9810, 5.3.22)",        \
  BAD_REQUEST, REQUEST, ERROR, POLL_REQ, check_poll_ids,                       \
  "one certReqId, or as many as the profile takes, each once",                 \
  "poll with the certReqId of the CertResponse that says waiting")             \
R(ONE_REVOCATION, "one-revocation", "RFC 9483, 4.2", BAD_REQUEST, REQUEST,     \
  ERROR, RR, check_one_revocation,                                             \
  "one RevDetails, or as many as the profile takes",                           \
  "send an rr for each certificate")                                           \
R(REVOKED_IS_NAMED, "revoked-is-named", "RFC 9483, 4.2", BAD_CERT_TEMPLATE,    \
  REQUEST, ERROR, RR, check_rev_names,                                         \
  "issuer and serialNumber of the certificate in certDetails",                 \
  "copy both from the certificate")                                            \
R(REVOKED_IS_NAMED_BY_TWO, "revoked-is-named-by-two", "RFC 9483, 4.2",         \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, RR, check_rev_no_more,                    \
  "nothing in certDetails but issuer and serialNumber",                        \
  "leave the other fields out")                                                \
R(REVOKED_IS_NAMED_ONCE, "revoked-is-named-once", "RFC 9810, 5.3.9",           \
  BAD_REQUEST, REQUEST, ERROR, RR, check_rev_single,                           \
  "a certificate that no other RevDetails of the message names",               \
  "name each certificate once")                                                \
R(REASON_IS_KNOWN, "reason-is-known", "RFC 9483, 4.2 (RFC 5280, 5.3.1)",       \
  BAD_DATA_FORMAT, REQUEST, ERROR, RR, check_reason,                           \
  "a reasonCode of RFC 5280, and values that are of their types",              \
  "give reasonCode 0 where the reason is not known")                           \
R(ENTRY_DETAILS_ARE_KNOWN, "entry-details-are-known", "RFC 9483, 4.2",         \
  UNACCEPTED_EXTENSION, REQUEST, ERROR, RR, check_entry_details,               \
  "reasonCode and invalidityDate alone in crlEntryDetails",                    \
  "leave the others out")                                                      \
R(HOLD_MAY_BE_ASKED, "hold-may-be-asked", "RFC 5280, 5.3.1", BAD_REQUEST,      \
  REQUEST, ERROR, RR, check_hold_let,                                          \
  "no certificateHold or removeFromCRL in this profile",                       \
  "revoke for good, or have the operator hold it with cert revoke")            \
R(ONE_INFO, "one-info", "RFC 9483, 4.3", BAD_REQUEST, REQUEST, ERROR, GENM,    \
  check_one_info, "one InfoTypeAndValue, or as many as the profile takes",     \
  "send a genm for each question")                                             \
R(INFO_IS_SINGLE, "info-is-single", "RFC 9810, 5.3.19", BAD_REQUEST, REQUEST,  \
  ERROR, GENM, check_info_single, "each infoType once", "ask once")            \
R(NESTED_IS_BOUNDED, "nested-is-bounded", "RFC 9483, 5.2.2", BAD_REQUEST,      \
  REQUEST, ERROR, NESTED, check_nested_num,                                    \
  "one message with added protection, or a batch of 16 at most",               \
  "send the others in another batch")                                          \
R(NESTED_IS_READABLE, "nested-is-readable", "RFC 9483, 5.2.2",                 \
  BAD_DATA_FORMAT, REQUEST, ERROR, NESTED, NULL,                               \
  "PKIMessages whose headers can be read, with transactionIDs",                \
  "bundle whole messages, as they came")                                       \
R(NESTED_COPIES_NONCE, "nested-copies-nonce", "RFC 9483, 5.2.2.1",             \
  BAD_SENDER_NONCE, REQUEST, ERROR, NESTED, NULL,                              \
  "senderNonce of the one message inside, beside its transactionID",           \
  "copy transactionID and senderNonce, or make both afresh")                   \
R(BATCH_IS_FRESH, "batch-is-fresh", "RFC 9483, 5.2.2.2", BAD_REQUEST, REQUEST, \
  ERROR, NESTED, NULL,                                                         \
  "a transactionID and a senderNonce that no message of the batch has",        \
  "make both afresh for each batch")                                           \
R(BATCH_IS_OF_DIFFERENT, "batch-is-of-different", "RFC 9483, 5.2.2.2",         \
  BAD_REQUEST, REQUEST, ERROR, NESTED, NULL,                                   \
  "messages whose transactionIDs and senderNonces differ",                     \
  "bundle one message of each transaction")                                    \
R(NESTED_IS_FLAT, "nested-is-flat", "RFC 9483, 5.2.2", BAD_REQUEST, REQUEST,   \
  ERROR, NESTED, NULL, "no nested inside a nested",                            \
  "unbundle what came in a nested, and bundle anew")                           \
/* ---- STEP_PROTECTION ---- */                                                \
R(SIGNER_IS_READABLE, "signer-is-readable", "RFC 5280, 4.1",                   \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NULL,                      \
  "a signer's certificate that can be read",                                   \
  "send the certificate as the vendor's CA made it")                           \
R(SIGNER_IS_KNOWN, "signer-is-known", "RFC 9483, 3.5", BAD_MESSAGE_CHECK,      \
  PROTECTION, ERROR, ALL_BODIES, NULL,                                         \
  "a signer's certificate: sent, or known from this transaction",              \
  "send the same certificate that signed the request")                         \
R(SIGNER_KEY_IS_ALLOWED, "signer-key-is-allowed", "TS 33.310, 6.1.1",          \
  BAD_ALG, PROTECTION, ERROR, ALL_BODIES, NULL,                                \
  "a signer's key of the profile: P-256 or longer, RSA 2048 to 4096",          \
  "the vendor must certify a stronger key")                                    \
R(PROTECTION_VERIFIES, "protection-verifies", "RFC 9810, 5.1.3",               \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NULL,                      \
  "a signature over header and body by the signer's key",                      \
  "sign the DER of ProtectedPart as sent, with the key of extraCerts[0]")      \
R(PROTECTION_KEEPS_KIND, "protection-keeps-kind", "RFC 9483, 3.2",             \
  WRONG_INTEGRITY, PROTECTION, ERROR, ALL_BODIES, NULL,                        \
  "the kind of protection, MAC or signature, that began the transaction",      \
  "protect every message of a transaction with one credential")                \
R(MAC_VERIFIES, "mac-verifies", "RFC 9810, 5.1.3.1 (RFC 9483, 3.5)",           \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NULL,                      \
  "a MAC under the secret whose reference senderKID, or sender's CN, tells",   \
  "check reference and secret on both sides, character for character")         \
R(SECRET_IS_NOT_REVOKED, "secret-is-not-revoked", "RFC 9483, 3.5",             \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NULL,                         \
  "a shared secret that is not revoked", "ask the operator for a new one")     \
R(WEAK_SECRET_IS_STRETCHED, "weak-secret-is-stretched",                        \
  "RFC 9810, 8.7 (RFC 8018, 4)", BAD_ALG, PROTECTION, ERROR, ALL_BODIES, NULL,   \
  "a MAC that derives its key by iterations, under a secret made by a person", \
  "use PBMAC1 or PasswordBasedMac, or a secret that the server made")          \
R(SECRET_IS_FOR_PROFILE, "secret-is-for-profile", "RFC 9483, 3.5",             \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NULL,                         \
  "a shared secret made for this path",                                        \
  "send to the path the secret was made for")                                  \
R(SECRET_IS_CURRENT, "secret-is-current", "RFC 9483, 3.5 and 4.1.5",           \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NULL,                         \
  "a shared secret that has not expired", "ask the operator for a new one")    \
R(SECRET_HAS_USES_LEFT, "secret-has-uses-left", "RFC 9483, 3.5 and 4.1.5",     \
  NOT_AUTHORIZED, PROTECTION, ERROR, ALL_BODIES, NULL,                         \
  "a shared secret that is not used up",                                       \
  "ask the operator for a new one; each transaction takes a use")              \
R(SENDER_IS_SIGNER, "sender-is-signer", "RFC 9483, 3.1 and 3.5",               \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NULL,                      \
  "sender equal to the subject of the signer's certificate",                   \
  "copy the certificate's subject into sender")                                \
R(SENDER_KID_IS_SIGNERS, "sender-kid-is-signers", "RFC 9483, 3.1 and 3.5",     \
  BAD_MESSAGE_CHECK, PROTECTION, ERROR, ALL_BODIES, NULL,                      \
  "senderKID equal to the signer's subjectKeyIdentifier",                      \
  "copy the certificate's subjectKeyIdentifier, or leave senderKID out")       \
R(SIGNER_HAS_PATH, "signer-has-path", "TS 33.310, 9.2 (RFC 5280, 6)",          \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NULL,                     \
  "a path from the signer's certificate to a vendor's trust anchor",           \
  "send all intermediates, or configure the vendor's anchor")                  \
R(SIGNER_IS_NOT_REVOKED, "signer-is-not-revoked", "RFC 5280, 6.3",             \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NULL,                     \
  "no certificate of the path on its issuer's CRL",                            \
  "the vendor must issue a new certificate to this station")                   \
R(REVOCATION_IS_KNOWN, "revocation-is-known", "RFC 5280, 6.3",                 \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NULL,                     \
  "a current CRL for every certificate of the path",                           \
  "renew the vendor's CRL files, or set vendors.revocation: admit")            \
R(SIGNER_MAY_SIGN, "signer-may-sign", "TS 33.310, 9.4.4 (RFC 9483, 3.2)",      \
  SIGNER_NOT_TRUSTED, PROTECTION, ERROR, ALL_BODIES, NULL,                     \
  "digitalSignature in the keyUsage of the signer's certificate",              \
  "name the quirk no-digital-signature in the vendor's entry, if it must be")  \
R(CCR_BY_PEER, "ccr-by-peer", "RFC 9810, D.6", NOT_AUTHORIZED, PROTECTION,     \
  ERROR, CCR, NULL, "a ccr signed with a certificate of the CAs in peer_cas",  \
  "name the certificate in peer_cas.certificates, and the CA in the profile")  \
R(OLD_IS_OURS, "old-is-ours", "TS 33.310, 9.5.4.4 (RFC 9483, 4.1.3)",          \
  BAD_CERT_ID, PROTECTION, ERROR, KUR, NULL,                                   \
  "a kur signed with a certificate this authority issued",                     \
  "enrol with an ir if the certificate is another operator's")                 \
R(NESTED_BY_RA, "nested-by-ra", "RFC 9483, 5.2.2 (RFC 9810, 5.1.3.5)",         \
  NOT_AUTHORIZED, PROTECTION, ERROR, NESTED, NULL,                             \
  "a registration authority's certificate as signer of a nested",              \
  "get one with id-kp-cmcRA, or name it in ras.certificates")                  \
R(RA_MAY_NEST, "ra-may-nest", "RFC 9483, 5.2.2", NOT_AUTHORIZED, PROTECTION,   \
  ERROR, NESTED, NULL, "an RA that the configuration lets send nested",        \
  "add nested to ras.may")                                                     \
/* ---- STEP_POP ---- */                                                       \
R(NEW_KEY_IS_SOUND, "new-key-is-sound", "RFC 5280, 4.1.2.7",                   \
  BAD_CERT_TEMPLATE, POP, ERROR, REQUESTS | CCR, NULL,                         \
  "a public key that is one: a point on its curve, a sane modulus",            \
  "check the key generator of the base station")                               \
R(POPOSK_SENDER_IS_SIGNER, "poposk-sender-is-signer", "TS 33.310, 9.5.4.2",    \
  BAD_POP, POP, ERROR, CRMF_REQUESTS | CCR, NULL,                              \
  "authInfo.sender equal to the subject of the signer's certificate",          \
  "copy the vendor certificate's subject there")                               \
R(RA_VERIFIED_BY_RA, "ra-verified-by-ra", "RFC 9483, 5.1.1 (RFC 9810, 5.2.8.1)", \
  NOT_AUTHORIZED, POP, ERROR, CRMF_REQUESTS, NULL,                             \
  "raVerified from an RA alone that is trusted with it",                       \
  "prove possession; or add ra-verified to ras.may")                           \
R(AGREE_MAC_VERIFIES, "agree-mac-verifies", "RFC 6955, 6 (RFC 4211, 4.3)",     \
  BAD_POP, POP, ERROR, CRMF_REQUESTS, NULL,                                    \
  "agreeMAC over certReq, by ecdhPop-static with the key of caProtEncCert",    \
  "ask for caProtEncCert, and take a key on its curve; or use challengeResp")  \
R(PUBLIC_KEY_MAC_VERIFIES, "public-key-mac-verifies", "RFC 4211, 4.1",         \
  BAD_POP, POP, ERROR, CRMF_REQUESTS, NULL,                                    \
  "publicKeyMAC over the DER of publicKey, under the secret of the message",   \
  "make it with a MAC of the profile, under the same secret")                  \
R(POP_VERIFIES, "pop-verifies", "RFC 4211, 4.1", BAD_POP, POP, ERROR,          \
  REQUESTS | CCR, NULL, "a proof that verifies under the key to be certified", \
  "sign the DER of certReq (or of poposkInput) as sent, with the new key")     \
R(CHALLENGE_IS_ANSWERED, "challenge-is-answered", "RFC 9810, 5.2.8.3.3",       \
  BAD_POP, POP, ERROR, CRMF_REQUESTS, NULL,                                    \
  "the numbers that were encrypted to the new keys, in their order",           \
  "decrypt with the key of the request; start over")                           \
/* ---- STEP_JUDGE_MESSAGE ---- */                                             \
R(TRANSACTION_ID_IS_NEW, "transaction-id-is-new", "RFC 9810, 5.1.1",           \
  TRANSACTION_ID_IN_USE, JUDGE_MESSAGE, ERROR, FIRSTS,                         \
  check_transaction_id_new, "a transactionID this signer has not used",        \
  "start over with a fresh transactionID")                                     \
R(KUR_TIME_IS_NEAR, "kur-time-is-near", "RFC 9483, 3.5", BAD_TIME,             \
  JUDGE_MESSAGE, ERROR, KUR | CCR, check_message_time,                         \
  "messageTime within the profile's window of the clock",                      \
  "set the base station's clock before it renews")                             \
R(TIME_IS_NEAR, "time-is-near", "RFC 9483, 3.5", BAD_TIME, JUDGE_MESSAGE,      \
  WARNING, ALL_BODIES & ~(KUR | CCR), check_message_time,                      \
  "messageTime within the profile's window of the clock",                      \
  "taken all the same, since stations boot without a clock")                   \
R(CONF_HAS_TRANSACTION, "conf-has-transaction", "RFC 9810, 5.3.18",            \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, CERT_CONF, check_conf_transaction,        \
  "a certConf in a transaction of the same signer",                            \
  "confirm with the transactionID and the credential of the request")          \
R(CONF_IS_NOT_EARLY, "conf-is-not-early", "RFC 9483, 4.4", BAD_REQUEST,        \
  JUDGE_MESSAGE, ERROR, CERT_CONF, check_conf_not_waiting,                     \
  "no certConf before there is a certificate",                                 \
  "poll until the certificate comes")                                          \
R(CONF_IS_IN_TIME, "conf-is-in-time", "RFC 9810, 5.3.18", BAD_REQUEST,         \
  JUDGE_MESSAGE, ERROR, CERT_CONF, check_conf_open,                            \
  "a certConf before the transaction timed out or was rejected",               \
  "start over; answer within confirmWaitTime")                                 \
R(CONF_IS_FIRST, "conf-is-first", "RFC 9810, appendix F (certConfirmed)",      \
  CERT_CONFIRMED, JUDGE_MESSAGE, ERROR, CERT_CONF, check_conf_first,           \
  "one certConf for each certificate",                                         \
  "nothing is wrong: the certificate is confirmed")                            \
R(CONF_KEEPS_VERSION, "conf-keeps-version", "RFC 9810, 7",                     \
  UNSUPPORTED_VERSION, JUDGE_MESSAGE, WARNING, CERT_CONF, check_conf_pvno,     \
  "the pvno of the transaction, or 3 where hashAlg asks for it",               \
  "keep to one version within a transaction")                                  \
R(CONF_HAS_RECIP_NONCE, "conf-has-recip-nonce", "RFC 9483, 3.1 and 3.5",       \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, CERT_CONF,                        \
  check_conf_recip_nonce, "recipNonce equal to the reply's senderNonce",       \
  "copy senderNonce of the ip or kup")                                         \
R(CONF_NAMES_REQUEST, "conf-names-request", "RFC 9810, 5.3.18", BAD_CERT_ID,   \
  JUDGE_MESSAGE, ERROR, CERT_CONF, check_conf_req_id,                          \
  "the certReqId of a request", "copy certReqId of the CertResponse")          \
R(CONF_HASH_IS_RIGHT, "conf-hash-is-right", "RFC 9810, 5.3.18", BAD_CERT_ID,   \
  JUDGE_MESSAGE, ERROR, CERT_CONF, check_conf_hash,                            \
  "certHash over the certificate issued, with the hash of its signature",      \
  "hash the DER of the whole certificate")                                     \
R(ERROR_FINDS_OPEN, "error-finds-open", "RFC 9810, 5.3.21", BAD_REQUEST,       \
  JUDGE_MESSAGE, ERROR, ERROR_MSG, check_error_open,                           \
  "an error in a transaction of the same signer that awaits its next message", \
  "nothing is to be done: no such transaction is open")                        \
R(ERROR_HAS_RECIP_NONCE, "error-has-recip-nonce", "RFC 9483, 3.1 and 3.5",     \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, ERROR_MSG,                        \
  check_conf_recip_nonce, "recipNonce equal to the reply's senderNonce",       \
  "copy senderNonce of the reply that the error is about")                     \
R(POLL_HAS_TRANSACTION, "poll-has-transaction", "RFC 9483, 3.5",               \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POLL_REQ, check_poll_transaction,         \
  "a pollReq in a transaction of the same signer",                             \
  "poll with the transactionID and the credential of the request")             \
R(POLL_FINDS_ONE_WAITING, "poll-finds-one-waiting", "RFC 9483, 4.4",           \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POLL_REQ, check_poll_waiting,             \
  "a pollReq after status waiting, and before the answer",                     \
  "start over if the answer was lost; repeat a message by its very bytes")     \
R(POLL_HAS_RECIP_NONCE, "poll-has-recip-nonce", "RFC 9483, 3.1 and 3.5",       \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, POLL_REQ,                         \
  check_poll_recip_nonce, "recipNonce equal to the last reply's senderNonce",  \
  "copy senderNonce of the waiting reply, or of the last pollRep")             \
R(POLL_NAMES_WAITING, "poll-names-waiting", "RFC 9483, 4.4", BAD_REQUEST,      \
  JUDGE_MESSAGE, ERROR, POLL_REQ, check_poll_names_waiting,                    \
  "a certReqId that was told waiting, or -1 alone for the whole message",      \
  "copy certReqId of the CertResponse that says waiting")                      \
R(ANSWER_HAS_TRANSACTION, "answer-has-transaction", "RFC 9810, 5.2.8.3.3",     \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POPDECR, check_poll_transaction,          \
  "a popdecr in a transaction of the same signer",                             \
  "answer with the transactionID and the credential of the request")           \
R(ANSWER_FINDS_CHALLENGE, "answer-finds-challenge", "RFC 9810, 5.2.8.3.3",     \
  BAD_REQUEST, JUDGE_MESSAGE, ERROR, POPDECR, check_answer_challenged,         \
  "a popdecr after popdecc, in time, and once",                                \
  "start over; repeat a message by its very bytes")                            \
R(ANSWER_HAS_RECIP_NONCE, "answer-has-recip-nonce", "RFC 9483, 3.1 and 3.5",   \
  BAD_RECIPIENT_NONCE, JUDGE_MESSAGE, ERROR, POPDECR, check_poll_recip_nonce,  \
  "recipNonce equal to popdecc's senderNonce", "copy senderNonce of popdecc")  \
/* ---- STEP_JUDGE_REQUEST ---- */                                             \
R(MADE_KEY_HAS_READER, "made-key-has-reader", "RFC 9483, 4.1.6.1 and 4.1.6.2", \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, CRMF_REQUESTS, check_made_key_reader,     \
  "a requester to encrypt the key to: RSA for keyEncipherment, or an EC key "  \
  "for keyAgreement, or a shared secret",                                      \
  "make the key in the station, or sign with such a certificate")              \
R(MADE_KEY_IS_PACKED, "made-key-is-packed", "RFC 9483, 4.1.6 (RFC 5958, 2)",   \
  BAD_REQUEST, JUDGE_REQUEST, WARNING, CRMF_REQUESTS, NULL,                    \
  "a station that reads AsymmetricKeyPackage",                                 \
  "take the quirk bare-private-key out of the vendor's entry when it can")     \
R(IR_BY_VENDOR_CERT, "ir-by-vendor-cert", "TS 33.310, 9.2 and 9.5.4.2",        \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, BODY_BIT(CMP_IR), check_ir_signer,     \
  "an ir signed with the vendor's certificate",                                \
  "renew an operator certificate with a kur")                                  \
R(KUR_BY_OPERATOR_CERT, "kur-by-operator-cert", "TS 33.310, 9.5.4.4",          \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, KUR, check_kur_signer,                 \
  "a kur signed with the operator certificate it updates",                     \
  "use ir for a first certificate")                                            \
R(RA_MAY_REQUEST, "ra-may-request", "RFC 9483, 5.2.3 and 5.3.1",              \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, IR_CR, check_ra_request,               \
  "an RA that the configuration lets ask for stations",                        \
  "add request to ras.may, or forward the message as it is")                   \
R(RA_ASKS_FOR_ONE, "ra-asks-for-one", "RFC 9483, 5.3.1", NOT_AUTHORIZED,       \
  JUDGE_REQUEST, ERROR, IR_CR, NULL,                                           \
  "one station in the subjects of all requests of a message",                  \
  "send a message for each station")                                           \
R(ORIGINAL_IS_READABLE, "original-is-readable", "RFC 9810, 5.1.1.3",           \
  BAD_DATA_FORMAT, JUDGE_REQUEST, ERROR, IR_CR, NULL,                          \
  "one PKIMessage in origPKIMessage, an ir, cr or p10cr",                      \
  "put the station's message there as it came")                                \
R(ORIGINAL_VERIFIES, "original-verifies", "RFC 9810, 5.1.1.3",                 \
  BAD_MESSAGE_CHECK, JUDGE_REQUEST, ERROR, IR_CR, NULL,                        \
  "a message in origPKIMessage that would be taken by itself",                 \
  "verify what the station sends before forwarding it")                        \
R(ORIGINAL_IS_THE_STATIONS, "original-is-the-stations",                        \
  "RFC 9483, 5.2.3 (RFC 9810, 5.1.1.3)", NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, \
  IR_CR, NULL, "in origPKIMessage the same transaction, station and key",      \
  "keep transactionID, senderNonce and key, and name the station")             \
R(ORIGINAL_IS_SENT, "original-is-sent", "RFC 9810, 5.1.1.3", NOT_AUTHORIZED,   \
  JUDGE_REQUEST, ERROR, IR_CR, NULL,                                           \
  "origPKIMessage, signed by the station, where ras.needs_original says so",   \
  "send the station's message along, or wrap it in a nested")                  \
R(RR_BY_OPERATOR_CERT, "rr-by-operator-cert", "RFC 9483, 4.2", NOT_AUTHORIZED, \
  JUDGE_REQUEST, ERROR, RR, check_rr_signer,                                   \
  "an rr signed with a certificate of this operator, or by an RA",             \
  "sign with the certificate to be revoked")                                   \
R(RA_MAY_REVOKE, "ra-may-revoke", "RFC 9483, 5.3.2", NOT_AUTHORIZED,           \
  JUDGE_REQUEST, ERROR, RR, check_ra_revoke,                                   \
  "an RA that the configuration lets revoke", "add revoke to ras.may")         \
R(SERIAL_IS_NAMED, "serial-is-named", "TS 33.310, 9.4.4", NOT_AUTHORIZED,      \
  JUDGE_REQUEST, ERROR, IR_CR, check_serial,                                   \
  "a serial number where one vendor's naming rule looks for it",               \
  "correct vendors.serial in the configuration, or the certificate")           \
R(SERIAL_IS_ALLOWED, "serial-is-allowed", "TS 33.310, 9.2", NOT_AUTHORIZED,    \
  JUDGE_REQUEST, ERROR, IR_CR, check_allowed,                                  \
  "a serial number on the vendor's allow-list",                                \
  "add the serial to the vendor's allow-list file")                            \
R(STATION_IS_NOT_BLOCKED, "station-is-not-blocked", "RFC 9483, 3.5",           \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, REQUESTS | CCR, check_blocked,         \
  "a station that is not blocked", "unblock it with station unblock")          \
R(REQUEST_IS_NEW, "request-is-new", "RFC 9810, appendix F",                    \
  DUPLICATE_CERT_REQ, JUDGE_REQUEST, ERROR, REQUESTS | CCR, check_request_new, \
  "a request no certificate was issued for before",                            \
  "make a new request: new key, new transaction")                              \
R(ISSUER_IS_OURS, "issuer-is-ours", "RFC 4211, 5", WRONG_AUTHORITY,            \
  JUDGE_REQUEST, ERROR, REQUESTS, check_issuer,                                \
  "the template's issuer absent, or this CA",                                  \
  "leave issuer out, or name the CA of this path")                             \
R(CCR_NAMES_THIS_CA, "ccr-names-this-ca", "RFC 9810, D.6", WRONG_AUTHORITY,    \
  JUDGE_REQUEST, ERROR, CCR, check_ccr_issuer, "this CA as issuer",            \
  "copy the subject of the CA's certificate")                                  \
R(CCR_SUBJECT_IS_AGREED, "ccr-subject-is-agreed", "RFC 9810, D.6",             \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, CCR, check_ccr_subject,                \
  "the subject that peer_cas has for the CA", "ask for peer_cas.subject")      \
R(CCR_PATH_LEN_IS_AGREED, "ccr-path-len-is-agreed", "RFC 5280, 4.2.1.9",       \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, CCR, check_ccr_path_len,               \
  "a pathLenConstraint that peer_cas allows the CA, or none",                  \
  "ask for less, or raise peer_cas.path_len")                                  \
R(CCR_ALG_IS_OURS, "ccr-alg-is-ours", "RFC 9810, D.6", BAD_ALG,                \
  JUDGE_REQUEST, ERROR, CCR, check_ccr_alg,                                    \
  "the signingAlg that this CA signs with",                                    \
  "copy signatureAlgorithm of a certificate of this CA")                       \
R(CCR_VALIDITY_IS_GRANTABLE, "ccr-validity-is-grantable", "RFC 5280, 4.1.2.5", \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, CCR, check_ccr_dates,               \
  "a validity not over, and begun before what may be granted ends",            \
  "ask for a validity that begins now")                                        \
R(CCR_BRINGS_OTHER_KEY, "ccr-brings-other-key", "RFC 9810, 6.6",               \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, CCR, check_ccr_key,                 \
  "another key than that of the CA which is asked",                            \
  "send the key of the CA to be certified")                                    \
R(NAME_IS_FREE, "name-is-free", "RFC 9483, 4.1.1 (TS 33.310, 9.5.4.3)",        \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, IR_CR | CCR, check_name_free,          \
  "a suggested subject and SAN that no other station has",                     \
  "leave the name to the operator")                                            \
R(NAME_MAY_BE_SUGGESTED, "name-may-be-suggested", "TS 33.310, 9.5.4.3",        \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, IR_CR, check_name_suggested,           \
  "no suggested subject, as the vendor's entry refuses them",                  \
  "leave subject out, or set vendors.suggested_names")                         \
R(VENDOR_KEY_NOT_REUSED, "vendor-key-not-reused", "TS 33.310, 9.5.4.2",        \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, IR_CR, check_vendor_key_refused,    \
  "another key than the vendor's certificate has",                             \
  "generate a key pair for the operator's certificate")                        \
R(VENDOR_KEY_BETTER_NOT_REUSED, "vendor-key-better-not-reused",                \
  "TS 33.310, 9.5.4.2", BAD_CERT_TEMPLATE, JUDGE_REQUEST, WARNING, IR_CR,      \
  check_vendor_key_warned, "another key than the vendor's certificate has",    \
  "generate a key pair for the operator's certificate")                        \
R(OLD_IS_NOT_REVOKED, "old-is-not-revoked", "RFC 9483, 3.5 and 4.1.3",         \
  CERT_REVOKED, JUDGE_REQUEST, ERROR, ALL_BODIES, check_old_revoked,           \
  "a signer's operator certificate that is not revoked",                       \
  "enrol anew with an ir under the vendor's certificate")                      \
R(OLD_IS_CONFIRMED, "old-is-confirmed", "RFC 9810, 5.3.18", BAD_CERT_ID,       \
  JUDGE_REQUEST, ERROR, ALL_BODIES, check_old_confirmed,                       \
  "a signer's operator certificate that its station confirmed",                \
  "send certConf for it first")                                                \
R(OLD_IS_CURRENT, "old-is-current", "RFC 9483, 3.5 and 4.1.3",                 \
  SIGNER_NOT_TRUSTED, JUDGE_REQUEST, ERROR, ALL_BODIES, check_old_dates,       \
  "a signer's operator certificate in force (for a kur: or in its grace)",     \
  "enrol anew with an ir; renew earlier")                                      \
R(REVOKED_IS_OF_OUR_CA, "revoked-is-of-our-ca", "RFC 9483, 5.1.3",             \
  WRONG_AUTHORITY, JUDGE_REQUEST, ERROR, RR, check_rev_issuer,                 \
  "a certificate that this authority issued",                                  \
  "send the rr to the CA that issued the certificate")                         \
R(REVOKED_IS_KNOWN, "revoked-is-known", "RFC 9483, 3.6.4 and 5.1.3",           \
  BAD_CERT_ID, JUDGE_REQUEST, ERROR, RR, check_rev_known,                      \
  "a certificate that this authority issued",                                  \
  "copy issuer and serialNumber from the certificate")                         \
R(REVOKED_IS_THE_STATIONS, "revoked-is-the-stations", "RFC 9483, 4.2",         \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, check_rev_owner,                   \
  "a certificate of the signer's own station, or of those an RA speaks for",   \
  "the operator revokes those of others")                                      \
R(REVOKED_IS_THE_SIGNER, "revoked-is-the-signer", "RFC 9483, 4.2",             \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, check_rev_by_itself,               \
  "an rr signed with the certificate to be revoked, or by an RA",              \
  "sign with its key")                                                         \
R(REVOKED_ONCE, "revoked-once", "RFC 9483, 3.6.4 and 4.2", CERT_REVOKED,       \
  JUDGE_REQUEST, ERROR, RR, check_rev_once,                                    \
  "a certificate that is not revoked yet", "nothing is left to do")            \
R(REVOKED_IS_CURRENT, "revoked-is-current", "RFC 9483, 4.2", CERT_REVOKED,     \
  JUDGE_REQUEST, ERROR, RR, check_rev_current,                                 \
  "a certificate that has not expired", "nothing is left to do")               \
R(RELEASED_IS_HELD, "released-is-held", "RFC 5280, 5.3.1", BAD_CERT_ID,        \
  JUDGE_REQUEST, ERROR, RR, check_release_held,                                \
  "removeFromCRL of a certificate that is held", "nothing is left to do")      \
R(RELEASE_BY_UNBLOCKED, "release-by-unblocked", "RFC 9483, 3.5",               \
  NOT_AUTHORIZED, JUDGE_REQUEST, ERROR, RR, check_release_unblocked,           \
  "no removeFromCRL from a blocked station",                                   \
  "unblock it with station unblock")                                           \
R(HOLD_IS_DATED, "hold-is-dated", "RFC 9483, 3.5", BAD_TIME,                   \
  JUDGE_REQUEST, ERROR, RR, check_hold_dated,                                  \
  "messageTime within the profile's window where one is held or released",     \
  "set the clock and messageTime: the message is good for now alone")          \
R(INVALIDITY_IS_PAST, "invalidity-is-past", "RFC 5280, 5.3.2", BAD_REQUEST,    \
  JUDGE_REQUEST, ERROR, RR, check_invalidity_past,                             \
  "an invalidityDate that has come",                                           \
  "give the date the key was lost, or none")                                   \
R(INFO_VALUE_IS_RIGHT, "info-value-is-right", "RFC 9810, 5.3.19",              \
  BAD_DATA_FORMAT, JUDGE_REQUEST, ERROR, GENM, NULL,                           \
  "the infoValue that the infoType has, and none where it has none",           \
  "write infoValue as RFC 9810, 5.3.19 says")                                  \
R(LANGUAGE_IS_SPOKEN, "language-is-spoken", "RFC 9810, 5.3.19.13",             \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, GENM, NULL,                               \
  "en among the languages offered", "offer en besides")                        \
R(ANSWER_FITS, "answer-fits", "RFC 9810, 5.3.19",                              \
  ADD_INFO_NOT_AVAILABLE, JUDGE_REQUEST, ERROR, GENM, NULL,                    \
  "what one message can tell",                                                 \
  "fetch the CRL from its distribution point, ask for less")                   \
R(OLD_CERT_ID_NAMES_IT, "old-cert-id-names-it", "RFC 9483, 4.1.3",             \
  BAD_CERT_ID, JUDGE_REQUEST, ERROR, KUR, check_old_cert_id,                   \
  "oldCertID, when present, naming the certificate that signs",                \
  "copy issuer and serialNumber of the certificate that signs the kur")        \
R(ONE_UPDATE_AT_A_TIME, "one-update-at-a-time", "RFC 9810, 5.3.18",            \
  BAD_REQUEST, JUDGE_REQUEST, ERROR, KUR, check_no_update,                     \
  "no update of this certificate awaiting its certConf",                       \
  "confirm or reject the first, or wait for its confirmWaitTime")              \
R(SUBJECT_STAYS, "subject-stays", "RFC 9483, 4.1.3", BAD_CERT_TEMPLATE,        \
  JUDGE_REQUEST, ERROR, KUR, check_subject_stays,                              \
  "subject absent, or the old certificate's",                                  \
  "copy the old certificate's subject, or leave it out")                       \
R(SAN_STAYS, "san-stays", "RFC 9483, 4.1.3", BAD_CERT_TEMPLATE,                \
  JUDGE_REQUEST, ERROR, KUR, check_san_stays,                                  \
  "subjectAltName absent, or the old certificate's",                           \
  "copy the old certificate's subjectAltName, or leave it out")                \
R(UPDATE_BRINGS_NEW_KEY, "update-brings-new-key", "RFC 9483, 4.1.3",           \
  BAD_CERT_TEMPLATE, JUDGE_REQUEST, ERROR, KUR, check_new_key,                 \
  "a key other than the old certificate's",                                    \
  "generate a new key, or set profiles.same_key_update")
/* clang-format on */

#endif
