/*
 * CRMF (RFC 4211, appendix B; IMPLICIT tags).
 */
#include "inspect/schema.h"

SCHEMA_SEQUENCE(cert_id, "CertId", FIELD("issuer", general_name),
                FIELD("serialNumber", integer));

static SCHEMA_SEQUENCE(optional_validity, "OptionalValidity",
                       FIELD_EXP_OPT("notBefore", 0, time),
                       FIELD_EXP_OPT("notAfter", 1, time));

SCHEMA_SEQUENCE(cert_template, "CertTemplate",
                FIELD_IMP_OPT("version", 0, version),
                FIELD_IMP_OPT("serialNumber", 1, integer),
                FIELD_IMP_OPT("signingAlg", 2, alg_id),
                FIELD_EXP_OPT("issuer", 3, name),
                FIELD_IMP_OPT("validity", 4, optional_validity),
                FIELD_EXP_OPT("subject", 5, name),
                FIELD_IMP_OPT("publicKey", 6, spki),
                FIELD_IMP_OPT("issuerUID", 7, bit_string),
                FIELD_IMP_OPT("subjectUID", 8, bit_string),
                FIELD_IMP_OPT("extensions", 9, extensions));

/* --- Keys that are encrypted --- */

SCHEMA_SEQUENCE(encrypted_value, "EncryptedValue",
                FIELD_IMP_OPT("intendedAlg", 0, alg_id),
                FIELD_IMP_OPT("symmAlg", 1, alg_id),
                FIELD_IMP_OPT("encSymmKey", 2, bit_string),
                FIELD_IMP_OPT("keyAlg", 3, alg_id),
                FIELD_IMP_OPT("valueHint", 4, octet_string),
                FIELD("encValue", bit_string));

SCHEMA_CHOICE(encrypted_key, "EncryptedKey",
              FIELD("encryptedValue", encrypted_value),
              FIELD_IMP("envelopedData", 0, enveloped_data));

/* --- Controls and regInfo --- */

static SCHEMA_NAMED(pub_action, "INTEGER", KIND_NUMBER, DER_INTEGER,
                    "dontPublish", "pleasePublish");
static SCHEMA_NAMED(pub_method, "INTEGER", KIND_NUMBER, DER_INTEGER, "dontCare",
                    "x500", "web", "ldap");
static SCHEMA_SEQUENCE(single_pub_info, "SinglePubInfo",
                       FIELD("pubMethod", pub_method),
                       FIELD_OPT("pubLocation", general_name));
static SCHEMA_LIST_SOME(pub_infos, "SEQUENCE OF SinglePubInfo",
                        single_pub_info);
SCHEMA_SEQUENCE(publication_info, "PKIPublicationInfo",
                FIELD("action", pub_action), FIELD_OPT("pubInfos", pub_infos));

static SCHEMA_CHOICE(archive_options, "PKIArchiveOptions",
                     FIELD_EXP("encryptedPrivKey", 0, encrypted_key),
                     FIELD_IMP("keyGenParameters", 1, octet_string),
                     FIELD_IMP("archiveRemGenPrivKey", 2, boolean));

/* A type and value inside a control refers to the table it stands in. */
static const struct schema_type asn_type_and_value;

static SCHEMA_BY_OID(control_value, "ANY", KIND_OPEN, 0,
                     ROW(ID_REG_CTRL_REG_TOKEN, utf8),
                     ROW(ID_REG_CTRL_AUTHENTICATOR, utf8),
                     ROW(ID_REG_CTRL_PKI_PUBLICATION_INFO, publication_info),
                     ROW(ID_REG_CTRL_PKI_ARCHIVE_OPTIONS, archive_options),
                     ROW(ID_REG_CTRL_OLD_CERT_ID, cert_id),
                     ROW(ID_REG_CTRL_PROTOCOL_ENCR_KEY, spki),
                     ROW(ID_REG_CTRL_ALT_CERT_TEMPLATE, type_and_value),
                     ROW(ID_REG_CTRL_ALG_ID, alg_id),
                     ROW(ID_REG_CTRL_RSA_KEY_LEN, integer),
                     ROW(ID_REG_INFO_UTF8_PAIRS, utf8),
                     ROW(ID_REG_INFO_CERT_REQ, cert_request));
static SCHEMA_SEQUENCE(type_and_value, "AttributeTypeAndValue",
                       FIELD_ID("type", oid), FIELD("value", control_value));
SCHEMA_LIST_SOME(controls, "Controls", type_and_value);
static SCHEMA_LIST_SOME(reg_info, "SEQUENCE OF AttributeTypeAndValue",
                        type_and_value);

/* --- Proof of possession --- */

static SCHEMA_SEQUENCE(pk_mac_value, "PKMACValue", FIELD("algId", alg_id),
                       FIELD("value", bit_string));
static SCHEMA_CHOICE(auth_info, "CHOICE", FIELD_EXP("sender", 0, general_name),
                     FIELD("publicKeyMAC", pk_mac_value));
static SCHEMA_SEQUENCE(signing_key_input, "POPOSigningKeyInput",
                       FIELD("authInfo", auth_info), FIELD("publicKey", spki));
static SCHEMA_SEQUENCE(signing_key, "POPOSigningKey",
                       FIELD_IMP_OPT("poposkInput", 0, signing_key_input),
                       FIELD("algorithmIdentifier", alg_id),
                       FIELD("signature", bit_string));

static SCHEMA_NAMED(subsequent_message, "SubsequentMessage", KIND_NUMBER,
                    DER_INTEGER, "encrCert", "challengeResp");
static SCHEMA_CHOICE(priv_key, "POPOPrivKey",
                     FIELD_IMP("thisMessage", 0, bit_string),
                     FIELD_IMP("subsequentMessage", 1, subsequent_message),
                     FIELD_IMP("dhMAC", 2, bit_string),
                     FIELD_IMP("agreeMAC", 3, pk_mac_value),
                     FIELD_IMP("encryptedKey", 4, enveloped_data));

static SCHEMA_CHOICE(popo, "ProofOfPossession",
                     FIELD_IMP("raVerified", 0, null),
                     FIELD_IMP("signature", 1, signing_key),
                     FIELD_EXP("keyEncipherment", 2, priv_key),
                     FIELD_EXP("keyAgreement", 3, priv_key));

/* --- Requests --- */

SCHEMA_SEQUENCE(cert_request, "CertRequest", FIELD("certReqId", integer),
                FIELD("certTemplate", cert_template),
                FIELD_OPT("controls", controls));
static SCHEMA_SEQUENCE(cert_req_msg, "CertReqMsg",
                       FIELD("certReq", cert_request), FIELD_OPT("popo", popo),
                       FIELD_OPT("regInfo", reg_info));
SCHEMA_LIST_SOME(cert_req_messages, "CertReqMessages", cert_req_msg);
