/*
 * What a server asks of a message by itself: the rows, in the order they are
 * judged within a step. Those of a step stand together. Where a clause is
 * TS 33.310's, the RFC that states the same stands behind it.
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
#define SCREEN_RULES(R)                                                        \
/* ---- STEP_READ ---- */                                                      \
R(MESSAGE_IS_DER, "message-is-der", "RFC 9810, 5.1", BAD_DER, READ, ERROR,     \
  ALL_BODIES, NEEDS_NOTHING, NULL, "one PKIMessage in DER, nothing left over", \
  "encode the field named as its ASN.1 definition says")                       \
/* ---- STEP_HEADER ---- */                                                    \
R(PVNO_IS_KNOWN, "pvno-is-known", "RFC 9810, 7", UNSUPPORTED_VERSION, HEADER,  \
  ERROR, ALL_BODIES, NEEDS_NOTHING, check_pvno,                                \
  "pvno 2 (cmp2000) or 3 (cmp2021)", "send the request again with pvno 2")     \
R(BODY_IS_SERVED, "body-is-served", "TS 33.310, 9.5.1 (RFC 9483, 3.5)",        \
  BAD_REQUEST, HEADER, ERROR, ALL_BODIES, NEEDS_NOTHING, check_body_served,    \
  "a body this profile serves",                                                \
  "use ir for a first certificate and kur to renew it")                        \
R(BODY_IS_OF_OPERATION, "body-is-of-operation", "RFC 9483, 6.1", BAD_REQUEST,  \
  HEADER, ERROR, ALL_BODIES, NEEDS_CONFIG, NULL,                               \
  "what the operation label at the end of the path is for",                    \
  "send it to the path of its own operation, or to one without")               \
R(TRANSACTION_ID_IS_THERE, "transaction-id-is-there", "RFC 9483, 3.1",         \
  BAD_DATA_FORMAT, HEADER, ERROR, ALL_BODIES, NEEDS_NOTHING,                   \
  check_transaction_id, "a transactionID of 128 random bits",                  \
  "make a fresh transactionID and keep it for the whole transaction")          \
R(SENDER_NONCE_IS_LONG, "sender-nonce-is-long", "RFC 9483, 3.1 and 3.5",       \
  BAD_SENDER_NONCE, HEADER, ERROR, ALL_BODIES, NEEDS_NOTHING,                  \
  check_sender_nonce, "a senderNonce of at least 128 bits",                    \
  "make 16 fresh random octets")                                               \
R(FIRST_HAS_NO_RECIP_NONCE, "first-has-no-recip-nonce", "RFC 9483, 3.1",       \
  BAD_RECIPIENT_NONCE, HEADER, WARNING, FIRSTS, NEEDS_NOTHING,                 \
  check_no_recip_nonce, "no recipNonce in the first message of a transaction", \
  "leave recipNonce out of the request")                                       \
R(MESSAGE_IS_PROTECTED, "message-is-protected",                                \
  "TS 33.310, 9.5.2 (RFC 9483, 3.2)", BAD_MESSAGE_CHECK, HEADER, ERROR,        \
  ALL_BODIES, NEEDS_NOTHING, check_is_protected,                               \
  "both protectionAlg and protection",                                         \
  "protect the message with the signature of the station's key")               \
R(PROTECTION_IS_SIGNATURE, "protection-is-signature",                          \
  "TS 33.310, 9.2 (RFC 9483, 4.1.3)", WRONG_INTEGRITY, HEADER, ERROR,          \
  ALL_BODIES, NEEDS_NOTHING, check_is_signature,                               \
  "protection by signature where the profile takes no shared secret",          \
  "sign with the key of the vendor's, or of the operator's, certificate")      \
R(MAC_IS_READABLE, "mac-is-readable", "RFC 9481, 6 (RFC 9810, 5.1.3.1)",       \
  BAD_DATA_FORMAT, HEADER, ERROR, ALL_BODIES, NEEDS_NOTHING,                   \
  check_mac_readable, "the parameters that the MAC algorithm asks for",        \
  "encode PBMParameter or PBMAC1-params as defined")                           \
R(MAC_IS_ALLOWED, "mac-is-allowed", "RFC 9481, 6", BAD_ALG, HEADER, ERROR,     \
  ALL_BODIES, NEEDS_NOTHING, check_mac_allowed,                                \
  "a MAC algorithm of the profile, with digests of the profile",               \
  "use PBMAC1 or PasswordBasedMac with SHA-256 and hmacWithSHA256")            \
R(MAC_SALT_IS_SANE, "mac-salt-is-sane", "RFC 8018, 4.1 (RFC 9045, 4.2)",       \
  BAD_ALG, HEADER, ERROR, ALL_BODIES, NEEDS_NOTHING, check_mac_salt,           \
  "a salt of 8 to 64 octets", "make 16 random octets of salt")                 \
R(MAC_WORK_IS_BOUNDED, "mac-work-is-bounded", "RFC 8018, 4.2 (RFC 9045, 4.3)", \
  BAD_ALG, HEADER, ERROR, ALL_BODIES, NEEDS_NOTHING, check_mac_work,           \
  "an iterationCount of 100 to 10000 and a usual keyLength",                   \
  "lower the iterationCount, and use a secret made by the server")             \
R(PROTECTION_ALG_IS_ALLOWED, "protection-alg-is-allowed",                      \
  "TS 33.310, 9.5.1 (R6.1.1)", BAD_ALG, HEADER, ERROR, ALL_BODIES,             \
  NEEDS_NOTHING, check_protection_alg,                                         \
  "a signature algorithm of the profile, SHA-256 or longer",                   \
  "use ecdsa-with-SHA256 or sha256WithRSAEncryption")                          \
R(SIGNER_IS_SENT, "signer-is-sent", "TS 33.310, 9.5.4.2 (RFC 9483, 3.3)",      \
  BAD_MESSAGE_CHECK, HEADER, ERROR, FIRSTS | NESTED, NEEDS_NOTHING,            \
  check_signer_sent,                                                           \
  "the certificate that verifies the message in extraCerts",                   \
  "put the signer's certificate and its intermediates into extraCerts")        \
R(SENDER_IS_DIRECTORY, "sender-is-directory", "RFC 9483, 3.1",                 \
  BAD_MESSAGE_CHECK, HEADER, WARNING, ALL_BODIES, NEEDS_NOTHING,               \
  check_sender_directory,                                                      \
  "a directoryName as sender, the subject of the signer's certificate",        \
  "copy the certificate's subject into sender")                                \
R(IMPLICIT_CONFIRM_NOT_ASKED, "implicit-confirm-not-asked",                    \
  "TS 33.310, 9.5.4.5", BAD_REQUEST, HEADER, WARNING, REQUESTS, NEEDS_NOTHING, \
  check_implicit_confirm, "no implicitConfirm: confirmation is explicit",      \
  "expect to send certConf; the wish is ignored")                              \
R(PASSPHRASE_COMES_BY_GENM, "passphrase-comes-by-genm",                        \
  "RFC 9810, 5.3.19.9 and appendix B", BAD_REQUEST, HEADER, ERROR, ALL_BODIES, \
  NEEDS_NOTHING, check_passphrase_place,                                       \
  "a revPassphrase in a genm, not in a header",                                \
  "send it in a genm of its own")                                              \
R(CERT_PROFILE_FITS, "cert-profile-fits", "RFC 9810, 5.1.1.4 (RFC 9483, 3.1)", \
  BAD_DATA_FORMAT, HEADER, ERROR, REQUESTS | CCR | GENM, NEEDS_NOTHING, NULL,  \
  "no more certificate profile names than requests",                           \
  "send one UTF8String in certProfile for each request")                       \
R(CERT_PROFILE_IS_KNOWN, "cert-profile-is-known",                              \
  "RFC 9810, 5.1.1.4 (RFC 9483, 3.1)", BAD_REQUEST, HEADER, ERROR,             \
  REQUESTS | CCR | GENM, NEEDS_CONFIG, NULL,                                   \
  "a profile of this server, one for the whole message",                       \
  "name a profile of the server in certProfile, or leave it out")              \
R(TRANSACTION_ID_IS_LONG, "transaction-id-is-long", "RFC 9483, 3.1",           \
  BAD_DATA_FORMAT, HEADER, WARNING, FIRSTS, NEEDS_NOTHING,                     \
  check_transaction_id_long,                                                   \
  "a transactionID of 128 random bits in the first message",                   \
  "make 16 random octets")                                                     \
R(RECIPIENT_IS_DIRECTORY, "recipient-is-directory",                            \
  "RFC 9483, 3.1 (TS 33.310, 9.5.3)", BAD_DATA_FORMAT, HEADER, WARNING,        \
  ALL_BODIES, NEEDS_NOTHING, check_recipient_directory,                        \
  "a directoryName as recipient, the CA's subject or the NULL-DN",             \
  "copy the CA's subject, or write the NULL-DN where it is not known")         \
R(VERSION_IS_NEEDED, "version-is-needed", "RFC 9483, 3.1 (TS 33.310, 9.5.3)",  \
  UNSUPPORTED_VERSION, HEADER, WARNING, REQUESTS | RR, NEEDS_NOTHING,          \
  check_version_needed, "pvno 2 in a request that needs nothing of version 3", \
  "write pvno 2; a server of version 2 alone refuses the other")               \
R(SENDER_NAMES_SECRET, "sender-names-secret", "RFC 9483, 3.1",                 \
  BAD_MESSAGE_CHECK, HEADER, WARNING, ALL_BODIES, NEEDS_NOTHING,               \
  check_sender_reference,                                                      \
  "under a MAC the secret's reference, in senderKID and as sender's CN",       \
  "write the reference to both")                                               \
/* ---- STEP_REQUEST ---- */                                                   \
R(ONE_REQUEST, "one-request", "TS 33.310, 9.5.4.2 (RFC 9483, 4.1.1)",          \
  BAD_REQUEST, REQUEST, ERROR, CRMF_REQUESTS | CCR, NEEDS_NOTHING,             \
  check_one_request,                                                           \
  "one CertReqMsg, or as many as the profile takes; in a kur one",             \
  "send a message for each certificate")                                       \
R(CERT_REQ_ID_IS_ZERO, "cert-req-id-is-zero", "RFC 9483, 4.1.1", BAD_REQUEST,  \
  REQUEST, ERROR, CRMF_REQUESTS | CCR, NEEDS_NOTHING, check_cert_req_id,       \
  "certReqId 0", "number the only request 0")                                  \
R(CERT_REQ_ID_IS_SINGLE, "cert-req-id-is-single", "RFC 4211, 5", BAD_REQUEST,  \
  REQUEST, ERROR, CRMF_REQUESTS, NEEDS_NOTHING, check_cert_req_id_single,      \
  "a certReqId that no other request of the message has",                      \
  "number the requests of a message 0, 1, 2 and so on")                        \
R(TEMPLATE_LEAVES_CA_FIELDS, "template-leaves-ca-fields",                      \
  "RFC 4211, 5 (RFC 9483, 4.1.1)", BAD_CERT_TEMPLATE, REQUEST, ERROR,          \
  REQUESTS | CCR, NEEDS_NOTHING, check_ca_fields,                              \
  "no serialNumber, signingAlg, issuerUID or subjectUID; version v3 if any",   \
  "leave to the CA what the CA assigns")                                       \
R(CCR_IS_COMPLETE, "ccr-is-complete", "RFC 9810, 6.6.1 and D.6",               \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, CCR, NEEDS_NOTHING, check_ccr_complete,   \
  "signingAlg, issuer, both ends of validity, subject and publicKey",          \
  "write the whole template; only serialNumber is left to the CA")             \
R(CCR_PROVES_POSSESSION, "ccr-proves-possession", "RFC 9810, 5.3.11 and D.6",  \
  BAD_POP, REQUEST, ERROR, CCR, NEEDS_NOTHING, check_ccr_popo,                 \
  "proof of possession by the CA's own signature",                             \
  "sign the CertRequest with the key to be certified")                         \
R(PUBLIC_KEY_IS_THERE, "public-key-is-there", "TS 33.310, 9.5.4.2",            \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, REQUESTS, NEEDS_NOTHING,                  \
  check_public_key, "the public key to certify in the template",               \
  "generate the key in the base station and send its public half")             \
R(PUBLIC_KEY_IS_ALLOWED, "public-key-is-allowed", "TS 33.310, 6.1.1", BAD_ALG, \
  REQUEST, ERROR, REQUESTS | CCR, NEEDS_NOTHING, check_public_key_kind,        \
  "a key of the profile: named curve P-256 or longer, RSA 2048 to 4096",       \
  "generate a P-256 key")                                                      \
R(MADE_KEY_NEEDS_V3, "made-key-needs-v3", "RFC 9483, 4.1.6 (RFC 9810, 7)",     \
  BAD_REQUEST, REQUEST, ERROR, CRMF_REQUESTS, NEEDS_NOTHING,                   \
  check_made_key_version,                                                      \
  "pvno 3 where a key is to be made: it comes in EnvelopedData",               \
  "send the request again with pvno 3")                                        \
R(MADE_KEY_BETTER_IN_V3, "made-key-better-in-v3",                              \
  "RFC 9483, 4.1.6 (RFC 9810, 7)", BAD_REQUEST, REQUEST, WARNING,              \
  CRMF_REQUESTS, NEEDS_NOTHING, check_made_key_version_noted,                  \
  "pvno 3 where a key is to be made", "write pvno 3; type open takes 2 too")   \
R(MADE_KEY_IS_ALONE, "made-key-is-alone", "RFC 9483, 4.1.1 and 4.1.6",         \
  BAD_REQUEST, REQUEST, ERROR, CRMF_REQUESTS, NEEDS_NOTHING,                   \
  check_made_key_alone, "no other request in a message that wants a key made", \
  "send a message for each key")                                               \
R(MADE_KEY_HAS_NO_PROOF, "made-key-has-no-proof",                              \
  "RFC 9483, 4.1.6 (RFC 4211, 4)", BAD_POP, REQUEST, ERROR, CRMF_REQUESTS,     \
  NEEDS_NOTHING, check_made_key_proof,                                         \
  "no popo where the key is still to be made",                                 \
  "leave popo out, or send the public half of the key")                        \
R(POPO_IS_SIGNATURE, "popo-is-signature", "TS 33.310, 9.5.4.2", BAD_POP,       \
  REQUEST, ERROR, REQUESTS, NEEDS_NOTHING, check_popo_signature,               \
  "proof of possession by signature",                                          \
  "sign the CertRequest, or poposkInput, with the new key")                    \
R(POPO_METHOD_IS_TAKEN, "popo-method-is-taken", "RFC 9810, 5.2.8.3", BAD_POP,  \
  REQUEST, ERROR, REQUESTS, NEEDS_NOTHING, check_popo_method,                  \
  "a proof of possession that the profile takes",                              \
  "ask for encrCert or challengeResp; no private key is to be sent")           \
R(POPO_IS_FOR_KEY, "popo-is-for-key", "RFC 4211, 4.2 and 4.3", BAD_POP,        \
  REQUEST, ERROR, CRMF_REQUESTS, NEEDS_NOTHING, check_popo_for_key,            \
  "keyEncipherment for an RSA key, keyAgreement for one on a curve",           \
  "choose the proof that the kind of key is for")                              \
R(KEY_THAT_SIGNS_SIGNS, "key-that-signs-signs",                                \
  "RFC 9810, 5.2.8.4 (RFC 4211, 4.1)", BAD_POP, REQUEST, ERROR, CRMF_REQUESTS, \
  NEEDS_NOTHING, check_signing_key,                                            \
  "a signature, unless keyUsage is asked for and lets the key not sign",       \
  "sign with the key, or ask for keyEncipherment or keyAgreement alone")       \
R(POPO_ALG_IS_ALLOWED, "popo-alg-is-allowed", "TS 33.310, 9.5.1", BAD_ALG,     \
  REQUEST, ERROR, REQUESTS | CCR, NEEDS_NOTHING, check_popo_alg,               \
  "a signature algorithm of the profile that fits the new key",                \
  "name the algorithm that the proof was really made with")                    \
R(SUBJECT_IS_SUGGESTED, "subject-is-suggested", "RFC 9483, 4.1.1 and 4.1.3",   \
  BAD_CERT_TEMPLATE, REQUEST, WARNING, REQUESTS, NEEDS_NOTHING,                \
  check_subject_suggested,                                                     \
  "the station's name in subject, in subjectAltName, or in both",              \
  "write the name the station has; the server may choose another")             \
R(USAGE_FITS_KEY, "usage-fits-key", "RFC 5480, 3 (RFC 8410, 5)",               \
  BAD_CERT_TEMPLATE, REQUEST, WARNING, REQUESTS, NEEDS_NOTHING,                \
  check_usage_fits_key, "a keyUsage that a key of this kind can have",         \
  "ask for keyEncipherment for RSA, for keyAgreement on a curve")              \
R(EXPONENT_IS_USUAL, "exponent-is-usual", "TS 33.310, 6.1.1",                  \
  BAD_CERT_TEMPLATE, REQUEST, WARNING, REQUESTS, NEEDS_NOTHING,                \
  check_exponent_usual, "an RSA key with exponent 65537",                      \
  "generate the key with exponent 65537, or on P-256")                         \
R(REG_INFO_IS_HEEDED, "reg-info-is-heeded", "RFC 4211, 7", BAD_REQUEST,        \
  REQUEST, WARNING, CRMF_REQUESTS | CCR, NEEDS_NOTHING, check_reg_info,        \
  "no regInfo: this server reads none of it",                                  \
  "leave it out; the template says what is asked for")                         \
R(POPOSK_INPUT_HAS_SENDER, "poposk-input-has-sender", "TS 33.310, 9.5.4.2",    \
  BAD_POP, REQUEST, ERROR, CRMF_REQUESTS | CCR, NEEDS_NOTHING,                 \
  check_popo_input_sender,                                                     \
  "authInfo.sender in poposkInput, or publicKeyMAC under a shared secret",     \
  "put the vendor certificate's subject there")                                \
R(POPOSK_INPUT_HAS_KEY, "poposk-input-has-key", "RFC 4211, 4.1", BAD_POP,      \
  REQUEST, ERROR, CRMF_REQUESTS | CCR, NEEDS_NOTHING, check_popo_input_key,    \
  "poposkInput's publicKey equal to the template's",                           \
  "copy the template's key into poposkInput")                                  \
R(POPOSK_INPUT_FITS_TEMPLATE, "poposk-input-fits-template", "RFC 4211, 4.1",   \
  BAD_POP, REQUEST, WARNING, CRMF_REQUESTS | CCR, NEEDS_NOTHING,               \
  check_popo_input_fits,                                                       \
  "poposkInput when, and only when, subject or key is missing",                \
  "either encoding is taken; use the one RFC 4211 names")                      \
R(NO_CA_ASKED_FOR, "no-ca-asked-for", "RFC 9810, 8.10 (RFC 5280, 4.2.1.9)",    \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, REQUESTS, NEEDS_NOTHING, check_no_ca,     \
  "no cA, keyCertSign, cRLSign, cmcCA, cmcRA or cmKGA",                        \
  "ask for an end-entity certificate")                                         \
R(EXTENSIONS_ARE_READABLE, "extensions-are-readable", "RFC 5280, 4.2",         \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, REQUESTS | CCR, NEEDS_NOTHING,            \
  check_extensions, "requested extensions that parse",                         \
  "encode the extension named as RFC 5280 defines it")                         \
R(CONTROLS_PARSE, "controls-parse", "RFC 4211, 6", BAD_DATA_FORMAT, REQUEST,   \
  ERROR, CRMF_REQUESTS | CCR, NEEDS_NOTHING, check_controls_parse,             \
  "controls of which each parses and stands there once",                       \
  "encode the control named as RFC 4211 defines it")                           \
R(NO_KEY_IS_ARCHIVED, "no-key-is-archived", "RFC 4211, 6.4", BAD_REQUEST,      \
  REQUEST, ERROR, CRMF_REQUESTS | CCR, NEEDS_NOTHING, check_no_archive,        \
  "no pkiArchiveOptions: this server keeps no private keys of others",         \
  "leave pkiArchiveOptions out")                                               \
R(CONTROLS_ARE_HEEDED, "controls-are-heeded", "RFC 4211, 6", BAD_REQUEST,      \
  REQUEST, WARNING, CRMF_REQUESTS | CCR, NEEDS_NOTHING, check_controls_heeded, \
  "controls that mean something here: oldCertID, and dontPublish",             \
  "leave the control out; it is not heeded")                                   \
R(CCR_ASKS_FOR_CA, "ccr-asks-for-ca", "RFC 9810, 6.6.1 (RFC 5280, 4.2.1.9)",   \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, CCR, NEEDS_NOTHING, check_ccr_ca,         \
  "basicConstraints with cA, and keyUsage with keyCertSign",                   \
  "ask for both, or send ir or cr for a certificate that is no CA's")          \
R(CCR_ASKS_FOR_NO_MORE, "ccr-asks-for-no-more", "RFC 9810, D.6",               \
  UNACCEPTED_EXTENSION, REQUEST, ERROR, CCR, NEEDS_NOTHING, check_ccr_no_more, \
  "basicConstraints, key identifiers, keyCertSign and cRLSign alone",          \
  "leave the others out: what is not granted would be missed unnoticed")       \
R(P10_IS_V1, "p10-is-v1", "RFC 2986, 4.1", BAD_CERT_TEMPLATE, REQUEST, ERROR,  \
  P10CR, NEEDS_NOTHING, check_p10_version,                                     \
  "a CertificationRequestInfo of version v1",                                  \
  "write version 0: it is the only one there is")                              \
R(NO_CHALLENGE_PASSWORD, "no-challenge-password", "RFC 2985, 5.4.1",           \
  BAD_CERT_TEMPLATE, REQUEST, WARNING, P10CR, NEEDS_NOTHING,                   \
  check_p10_password,                                                          \
  "no challengePassword: it is sent in clear, and nobody looks at it",         \
  "leave it out; the message's protection says who asks")                      \
R(CERT_STATUS_IS_ONE, "cert-status-is-one", "RFC 9810, 5.3.18", BAD_REQUEST,   \
  REQUEST, ERROR, CERT_CONF, NEEDS_NOTHING, check_one_status,                  \
  "one CertStatus for each certificate, none to reject all",                   \
  "confirm each certificate issued once")                                      \
R(CERT_STATUS_IS_FINAL, "cert-status-is-final", "RFC 9483, 4.1.1",             \
  BAD_REQUEST, REQUEST, ERROR, CERT_CONF, NEEDS_NOTHING, check_status_final,   \
  "statusInfo absent, accepted or rejection", "send accepted or rejection")    \
R(HASH_ALG_NEEDS_V3, "hash-alg-needs-v3", "RFC 9810, 7 and 5.3.18",            \
  BAD_DATA_FORMAT, REQUEST, ERROR, CERT_CONF, NEEDS_NOTHING, check_hash_alg,   \
  "hashAlg in a message of pvno 3 only",                                       \
  "leave hashAlg out: the certificate's own hash is meant")                    \
R(POLL_NAMES_ONE, "poll-names-one", "RFC 9483, 4.4 (RFC 9810, 5.3.22)",        \
  BAD_REQUEST, REQUEST, ERROR, POLL_REQ, NEEDS_NOTHING, check_poll_ids,        \
  "one certReqId, or as many as the profile takes, each once",                 \
  "poll with the certReqId of the CertResponse that says waiting")             \
R(ONE_REVOCATION, "one-revocation", "RFC 9483, 4.2", BAD_REQUEST, REQUEST,     \
  ERROR, RR, NEEDS_NOTHING, check_one_revocation,                              \
  "one RevDetails, or as many as the profile takes",                           \
  "send an rr for each certificate")                                           \
R(REVOKED_IS_NAMED, "revoked-is-named", "RFC 9483, 4.2", BAD_CERT_TEMPLATE,    \
  REQUEST, ERROR, RR, NEEDS_NOTHING, check_rev_names,                          \
  "issuer and serialNumber of the certificate in certDetails",                 \
  "copy both from the certificate")                                            \
R(REVOKED_IS_NAMED_BY_TWO, "revoked-is-named-by-two", "RFC 9483, 4.2",         \
  BAD_CERT_TEMPLATE, REQUEST, ERROR, RR, NEEDS_NOTHING, check_rev_no_more,     \
  "nothing in certDetails but issuer and serialNumber",                        \
  "leave the other fields out")                                                \
R(REVOKED_IS_NAMED_ONCE, "revoked-is-named-once", "RFC 9810, 5.3.9",           \
  BAD_REQUEST, REQUEST, ERROR, RR, NEEDS_NOTHING, check_rev_single,            \
  "a certificate that no other RevDetails of the message names",               \
  "name each certificate once")                                                \
R(REASON_IS_KNOWN, "reason-is-known", "RFC 9483, 4.2 (RFC 5280, 5.3.1)",       \
  BAD_DATA_FORMAT, REQUEST, ERROR, RR, NEEDS_NOTHING, check_reason,            \
  "a reasonCode of RFC 5280, and values that are of their types",              \
  "give reasonCode 0 where the reason is not known")                           \
R(ENTRY_DETAILS_ARE_KNOWN, "entry-details-are-known", "RFC 9483, 4.2",         \
  UNACCEPTED_EXTENSION, REQUEST, ERROR, RR, NEEDS_NOTHING,                     \
  check_entry_details,                                                         \
  "reasonCode and invalidityDate alone in crlEntryDetails",                    \
  "leave the others out")                                                      \
R(HOLD_MAY_BE_ASKED, "hold-may-be-asked", "RFC 5280, 5.3.1", BAD_REQUEST,      \
  REQUEST, ERROR, RR, NEEDS_NOTHING, check_hold_let,                           \
  "no certificateHold or removeFromCRL in this profile",                       \
  "revoke for good, or have the operator hold it with cert revoke")            \
R(ONE_INFO, "one-info", "RFC 9483, 4.3", BAD_REQUEST, REQUEST, ERROR, GENM,    \
  NEEDS_NOTHING, check_one_info,                                               \
  "one InfoTypeAndValue, or as many as the profile takes",                     \
  "send a genm for each question")                                             \
R(INFO_IS_SINGLE, "info-is-single", "RFC 9810, 5.3.19", BAD_REQUEST, REQUEST,  \
  ERROR, GENM, NEEDS_NOTHING, check_info_single, "each infoType once",         \
  "ask once")                                                                  \
R(PASSPHRASE_FITS_VERSION, "passphrase-fits-version", "RFC 9810, appendix B",  \
  BAD_DATA_FORMAT, REQUEST, ERROR, GENM, NEEDS_NOTHING,                        \
  check_passphrase_version,                                                    \
  "a passphrase in EnvelopedData in pvno 3, in EncryptedValue in pvno 2",      \
  "write pvno 3 and EnvelopedData")                                            \
R(NESTED_IS_BOUNDED, "nested-is-bounded", "RFC 9483, 5.2.2", BAD_REQUEST,      \
  REQUEST, ERROR, NESTED, NEEDS_NOTHING, check_nested_num,                     \
  "one message with added protection, or a batch of 16 at most",               \
  "send the others in another batch")                                          \
R(NESTED_IS_READABLE, "nested-is-readable", "RFC 9483, 5.2.2",                 \
  BAD_DATA_FORMAT, REQUEST, ERROR, NESTED, NEEDS_NOTHING, NULL,                \
  "PKIMessages whose headers can be read, with transactionIDs",                \
  "bundle whole messages, as they came")                                       \
R(NESTED_COPIES_NONCE, "nested-copies-nonce", "RFC 9483, 5.2.2.1",             \
  BAD_SENDER_NONCE, REQUEST, ERROR, NESTED, NEEDS_NOTHING, NULL,               \
  "senderNonce of the one message inside, beside its transactionID",           \
  "copy transactionID and senderNonce, or make both afresh")                   \
R(BATCH_IS_FRESH, "batch-is-fresh", "RFC 9483, 5.2.2.2", BAD_REQUEST, REQUEST, \
  ERROR, NESTED, NEEDS_NOTHING, NULL,                                          \
  "a transactionID and a senderNonce that no message of the batch has",        \
  "make both afresh for each batch")                                           \
R(BATCH_IS_OF_DIFFERENT, "batch-is-of-different", "RFC 9483, 5.2.2.2",         \
  BAD_REQUEST, REQUEST, ERROR, NESTED, NEEDS_NOTHING, NULL,                    \
  "messages whose transactionIDs and senderNonces differ",                     \
  "bundle one message of each transaction")                                    \
R(NESTED_IS_FLAT, "nested-is-flat", "RFC 9483, 5.2.2", BAD_REQUEST, REQUEST,   \
  ERROR, NESTED, NEEDS_NOTHING, NULL, "no nested inside a nested",             \
  "unbundle what came in a nested, and bundle anew")
/* clang-format on */

#endif
