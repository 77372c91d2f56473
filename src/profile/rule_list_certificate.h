/*
 * What is asked of certificates by themselves, wherever a message has them: the
 * rows. The predicates are in certificate_fields.c and
 * certificate_extensions.c; which kinds of certificate each is about is told in
 * certificate.c. What of TS 33.310, 6.1 and 9.4 is known at second hand only is
 * a warning.
 */
#ifndef PROFILE_RULE_LIST_CERTIFICATE_H
#define PROFILE_RULE_LIST_CERTIFICATE_H

/* clang-format off */
#define CERTIFICATE_RULES(R)                                                   \
/* ---- STEP_CERTIFICATE ---- */                                               \
R(CERT_IS_DER, "cert-is-der", "RFC 5280, 4.1", BAD_DER, CERTIFICATE, ERROR,    \
  ALL_BODIES, NEEDS_NOTHING, NULL,                                             \
  "a certificate in DER, as RFC 5280 has it",                                  \
  "have the certificate made anew by its CA")                                  \
R(CERT_IS_V3, "cert-is-v3", "TS 33.310, 6.1.1 (RFC 5280, 4.1.2.1)",            \
  BAD_DATA_FORMAT, CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,      \
  "X.509 version 3", "have the certificate made anew as version 3")            \
R(CERT_SERIAL_IS_POSITIVE, "cert-serial-is-positive", "RFC 5280, 4.1.2.2",     \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "a serial number above zero",                                                \
  "let the CA clear the top bit of its random numbers, or put an octet of "    \
  "zero before it")                                                            \
R(CERT_SERIAL_IS_SHORT, "cert-serial-is-short", "RFC 5280, 4.1.2.2",           \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "a serial number of 20 octets at most", "let the CA draw shorter numbers")   \
R(CERT_ALG_IS_STRONG, "cert-alg-is-strong", "TS 33.310, 6.1.1", BAD_ALG,       \
  CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                         \
  "a signature with SHA-256 or longer, not MD5 or SHA-1",                      \
  "have the certificate made anew with SHA-256")                               \
R(CERT_ALG_IS_OF_PROFILE, "cert-alg-is-of-profile", "TS 33.310, 6.1.1",        \
  BAD_ALG, CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,              \
  "a signature algorithm of the profile",                                      \
  "have the CA sign with ECDSA or RSA, and SHA-256 or longer")                 \
R(CERT_ISSUER_IS_NAMED, "cert-issuer-is-named", "RFC 5280, 4.1.2.4",           \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "an issuer that is not the empty Name", "give the CA a name")                \
R(CERT_VALIDITY_IS_ORDERED, "cert-validity-is-ordered", "RFC 5280, 4.1.2.5",   \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "a notBefore that is not after notAfter",                                    \
  "correct the CA's clock or its certificate profile")                         \
R(CERT_TIME_FORM_IS_RIGHT, "cert-time-form-is-right", "RFC 5280, 4.1.2.5",     \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "UTCTime up to the year 2049, GeneralizedTime from 2050",                    \
  "correct how the CA writes dates")                                           \
R(CERT_IS_IN_FORCE, "cert-is-in-force", "RFC 5280, 6.1.3",                     \
  SIGNER_NOT_TRUSTED, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_CLOCK, NULL,       \
  "a certificate in force when the message was sent",                          \
  "compare the clocks, or renew the certificate")                              \
R(CERT_SUBJECT_IS_NAMED, "cert-subject-is-named", "RFC 5280, 4.1.2.6",         \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "a subject, or for an end entity a critical subjectAltName in its place",    \
  "give the subject a name")                                                   \
R(CERT_NAME_HAS_FORM, "cert-name-has-form", "TS 33.310, 6.1.1",                \
  BAD_DATA_FORMAT, CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,      \
  "a subject with O and CN, or with CN and DC",                                \
  "name the organisation in the subject")                                      \
R(CERT_KEY_IS_ALLOWED, "cert-key-is-allowed", "TS 33.310, 6.1.1", BAD_ALG,     \
  CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,                       \
  "a key of the profile: named curve P-256 or longer, RSA 2048 to 4096",       \
  "make a P-256 key")                                                          \
R(CERT_RSA_EXPONENT_IS_USUAL, "cert-rsa-exponent-is-usual",                    \
  "TS 33.310, 6.1.1", BAD_ALG, CERTIFICATE, WARNING, ALL_BODIES,               \
  NEEDS_NOTHING, NULL, "an RSA key with exponent 65537",                       \
  "make the key with exponent 65537")                                          \
R(CERT_HAS_NO_UNIQUE_ID, "cert-has-no-unique-id", "RFC 5280, 4.1.2.8",         \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "no issuerUniqueID or subjectUniqueID", "have the CA leave them out")        \
R(CERT_CA_IS_CA, "cert-ca-is-ca", "RFC 5280, 4.2.1.9", SIGNER_NOT_TRUSTED,     \
  CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                         \
  "basicConstraints with cA TRUE where it issued another certificate",         \
  "have it issued as a CA's, or sign with one that is")                        \
R(CERT_CA_BIT_IS_CRITICAL, "cert-ca-bit-is-critical", "RFC 5280, 4.2.1.9",     \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "critical basicConstraints", "have the CA's certificate made anew")          \
R(CERT_CA_MAY_SIGN, "cert-ca-may-sign", "RFC 5280, 4.2.1.3",                   \
  SIGNER_NOT_TRUSTED, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,     \
  "keyUsage with keyCertSign in a CA's certificate",                           \
  "have the CA's certificate made anew")                                       \
R(CERT_CA_MAY_SIGN_CRLS, "cert-ca-may-sign-crls", "TS 33.310, 9.4.6",          \
  BAD_DATA_FORMAT, CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,      \
  "cRLSign in a CA's certificate",                                             \
  "have the CA's certificate made anew, unless another signs its CRLs")        \
R(CERT_SIGNS_AS_CA_ONLY, "cert-signs-as-ca-only", "RFC 5280, 4.2.1.9",         \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "keyCertSign in a CA's certificate alone",                                   \
  "correct the CA's certificate profile")                                      \
R(CERT_PATH_LEN_IS_A_CAS, "cert-path-len-is-a-cas", "RFC 5280, 4.2.1.9",       \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "pathLenConstraint in a CA's certificate alone",                             \
  "correct the CA's certificate profile")                                      \
R(CERT_PATH_LEN_HOLDS, "cert-path-len-holds", "RFC 5280, 6.1.4",               \
  SIGNER_NOT_TRUSTED, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,     \
  "no more CAs below than pathLenConstraint allows",                           \
  "have the upper CA's certificate made anew, or issue from it")               \
R(CERT_HAS_KEY_USAGE, "cert-has-key-usage", "TS 33.310, 6.1.3",                \
  BAD_DATA_FORMAT, CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,      \
  "keyUsage", "correct the CA's certificate profile: digitalSignature")        \
R(CERT_KEY_USAGE_IS_CRITICAL, "cert-key-usage-is-critical",                    \
  "TS 33.310, 6.1.3 (RFC 5280, 4.2.1.3)", BAD_DATA_FORMAT, CERTIFICATE,        \
  WARNING, ALL_BODIES, NEEDS_NOTHING, NULL, "critical keyUsage",               \
  "correct the CA's certificate profile")                                      \
R(CERT_USAGE_FITS_KEY, "cert-usage-fits-key", "RFC 5480, 3 (RFC 8813, 3)",     \
  BAD_DATA_FORMAT, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,        \
  "no keyEncipherment or dataEncipherment but for an RSA key",                 \
  "correct the CA's certificate profile")                                      \
R(CERT_CA_HAS_SKI, "cert-ca-has-ski", "RFC 5280, 4.2.1.2", BAD_DATA_FORMAT,    \
  CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                         \
  "subjectKeyIdentifier in a CA's certificate",                                \
  "have the CA's certificate made anew")                                       \
R(CERT_HAS_SKI, "cert-has-ski", "RFC 5280, 4.2.1.2 (RFC 9483, 3.1)",           \
  BAD_DATA_FORMAT, CERTIFICATE, WARNING, ALL_BODIES, NEEDS_NOTHING, NULL,      \
  "subjectKeyIdentifier, which senderKID names",                               \
  "correct the CA's certificate profile")                                      \
R(CERT_HAS_AKI, "cert-has-aki", "RFC 5280, 4.2.1.1", BAD_DATA_FORMAT,          \
  CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,                         \
  "authorityKeyIdentifier with a keyIdentifier, unless self-signed",           \
  "correct the CA's certificate profile")                                      \
R(CERT_AKI_IS_ISSUERS, "cert-aki-is-issuers", "RFC 5280, 4.2.1.1",             \
  SIGNER_NOT_TRUSTED, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,    \
  "the subjectKeyIdentifier of the issuer as authorityKeyIdentifier",          \
  "send the certificate of the CA that issued this one")                       \
R(CERT_IDS_ARE_NOT_CRITICAL, "cert-ids-are-not-critical",                      \
  "RFC 5280, 4.2.1.1 and 4.2.1.2", BAD_DATA_FORMAT, CERTIFICATE, ERROR,        \
  ALL_BODIES, NEEDS_NOTHING, NULL, "key identifiers that are not critical",    \
  "correct the CA's certificate profile")                                      \
R(CERT_CRITICAL_IS_KNOWN, "cert-critical-is-known", "RFC 5280, 4.2",           \
  UNACCEPTED_EXTENSION, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING,       \
  NULL, "no critical extension but those that every validator knows",          \
  "mark the extension as not critical")                                        \
R(CERT_NEW_HAS_NO_POWER, "cert-new-has-no-power", "RFC 9810, 4.5",             \
  BAD_CERT_TEMPLATE, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_NOTHING, NULL,      \
  "no cmcCA, cmcRA or cmKGA in a base station's certificate",                  \
  "revoke it, and correct the server's certificate profile")                   \
R(CERT_SIGNATURE_HOLDS, "cert-signature-holds", "RFC 5280, 6.1.3",             \
  SIGNER_NOT_TRUSTED, CERTIFICATE, ERROR, ALL_BODIES, NEEDS_EXCHANGE, NULL,    \
  "a signature that verifies under the key of the issuer sent",                \
  "look for what changes certificates under way, or for two CAs of one "       \
  "name")
/* clang-format on */

#endif
