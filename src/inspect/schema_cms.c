/*
 * CMS (RFC 5652, RFC 9629; IMPLICIT tags) and key packages (RFC 5958).
 */
#include "inspect/schema.h"

static SCHEMA_NAMED(cms_version, "CMSVersion", KIND_NUMBER, DER_INTEGER, "v0",
                    "v1", "v2", "v3", "v4", "v5");

/* --- Who somebody is --- */

static SCHEMA_SEQUENCE(issuer_and_serial, "IssuerAndSerialNumber",
                       FIELD("issuer", name), FIELD("serialNumber", integer));
static SCHEMA_CHOICE(identifier, "CHOICE",
                     FIELD("issuerAndSerialNumber", issuer_and_serial),
                     FIELD_IMP("subjectKeyIdentifier", 0, octet_string));
static SCHEMA_SEQUENCE(originator_public_key, "OriginatorPublicKey",
                       FIELD("algorithm", alg_id),
                       FIELD("publicKey", bit_string));
static SCHEMA_CHOICE(originator, "OriginatorIdentifierOrKey",
                     FIELD("issuerAndSerialNumber", issuer_and_serial),
                     FIELD_IMP("subjectKeyIdentifier", 0, octet_string),
                     FIELD_IMP("originatorKey", 1, originator_public_key));
static SCHEMA_SEQUENCE(recipient_key_id, "RecipientKeyIdentifier",
                       FIELD("subjectKeyIdentifier", octet_string),
                       FIELD_OPT("date", generalized_time),
                       FIELD_OPT("other", any_sequence));
static SCHEMA_CHOICE(agree_recipient, "KeyAgreeRecipientIdentifier",
                     FIELD("issuerAndSerialNumber", issuer_and_serial),
                     FIELD_IMP("rKeyId", 0, recipient_key_id));

/* --- Recipients --- */

static SCHEMA_SEQUENCE(ktri, "KeyTransRecipientInfo",
                       FIELD("version", cms_version), FIELD("rid", identifier),
                       FIELD("keyEncryptionAlgorithm", alg_id),
                       FIELD("encryptedKey", octet_string));
static SCHEMA_SEQUENCE(recipient_encrypted_key, "RecipientEncryptedKey",
                       FIELD("rid", agree_recipient),
                       FIELD("encryptedKey", octet_string));
static SCHEMA_LIST(recipient_encrypted_keys, "RecipientEncryptedKeys",
                   recipient_encrypted_key);
static SCHEMA_SEQUENCE(kari, "KeyAgreeRecipientInfo",
                       FIELD("version", cms_version),
                       FIELD_EXP("originator", 0, originator),
                       FIELD_EXP_OPT("ukm", 1, octet_string),
                       FIELD("keyEncryptionAlgorithm", alg_id),
                       FIELD("recipientEncryptedKeys",
                             recipient_encrypted_keys));
static SCHEMA_SEQUENCE(kek_id, "KEKIdentifier",
                       FIELD("keyIdentifier", octet_string),
                       FIELD_OPT("date", generalized_time),
                       FIELD_OPT("other", any_sequence));
static SCHEMA_SEQUENCE(kekri, "KEKRecipientInfo", FIELD("version", cms_version),
                       FIELD("kekid", kek_id),
                       FIELD("keyEncryptionAlgorithm", alg_id),
                       FIELD("encryptedKey", octet_string));
static SCHEMA_SEQUENCE(pwri, "PasswordRecipientInfo",
                       FIELD("version", cms_version),
                       FIELD_IMP_OPT("keyDerivationAlgorithm", 0, alg_id),
                       FIELD("keyEncryptionAlgorithm", alg_id),
                       FIELD("encryptedKey", octet_string));
static SCHEMA_SEQUENCE(kem_recipient, "KEMRecipientInfo",
                       FIELD("version", cms_version), FIELD("rid", identifier),
                       FIELD("kem", alg_id), FIELD("kemct", octet_string),
                       FIELD("kdf", alg_id), FIELD("kekLength", integer),
                       FIELD_EXP_OPT("ukm", 0, octet_string),
                       FIELD("wrap", alg_id),
                       FIELD("encryptedKey", octet_string));
static SCHEMA_BY_OID(ori_value, "ANY", KIND_OPEN, 0,
                     ROW(ID_ORI_KEM, kem_recipient));
static SCHEMA_SEQUENCE(ori, "OtherRecipientInfo", FIELD_ID("oriType", oid),
                       FIELD("oriValue", ori_value));
static SCHEMA_CHOICE(recipient_info, "RecipientInfo", FIELD("ktri", ktri),
                     FIELD_IMP("kari", 1, kari), FIELD_IMP("kekri", 2, kekri),
                     FIELD_IMP("pwri", 3, pwri), FIELD_IMP("ori", 4, ori));
static SCHEMA_SET_SOME(recipient_infos, "RecipientInfos", recipient_info);

/* --- EnvelopedData --- */

static SCHEMA_CHOICE(certificate_choice, "CertificateChoices",
                     FIELD("certificate", certificate),
                     FIELD_IMP("extendedCertificate", 0, any_sequence),
                     FIELD_IMP("v1AttrCert", 1, any_sequence),
                     FIELD_IMP("v2AttrCert", 2, any_sequence),
                     FIELD_IMP("other", 3, any_sequence));
static SCHEMA_SET(certificate_set, "CertificateSet", certificate_choice);
static SCHEMA_CHOICE(revocation_info, "RevocationInfoChoice", FIELD("crl", crl),
                     FIELD_IMP("other", 1, any_sequence));
static SCHEMA_SET(revocation_infos, "RevocationInfoChoices", revocation_info);
static SCHEMA_SEQUENCE(originator_info, "OriginatorInfo",
                       FIELD_IMP_OPT("certs", 0, certificate_set),
                       FIELD_IMP_OPT("crls", 1, revocation_infos));

static SCHEMA_SEQUENCE(encrypted_content_info, "EncryptedContentInfo",
                       FIELD("contentType", oid),
                       FIELD("contentEncryptionAlgorithm", alg_id),
                       FIELD_IMP_OPT("encryptedContent", 0, octet_string));
SCHEMA_SEQUENCE(enveloped_data, "EnvelopedData", FIELD("version", cms_version),
                FIELD_IMP_OPT("originatorInfo", 0, originator_info),
                FIELD("recipientInfos", recipient_infos),
                FIELD("encryptedContentInfo", encrypted_content_info),
                FIELD_IMP_OPT("unprotectedAttrs", 1, attributes));

/* --- SignedData --- */

static SCHEMA_SET(digest_algorithms, "DigestAlgorithmIdentifiers", alg_id);
static SCHEMA_BY_OID(e_content, "OCTET STRING", KIND_WRAP, DER_OCTET_STRING,
                     ROW(ID_CT_KP_A_KEY_PACKAGE, key_package));
static SCHEMA_SEQUENCE(encap_content_info, "EncapsulatedContentInfo",
                       FIELD_ID("eContentType", oid),
                       FIELD_EXP_OPT("eContent", 0, e_content));
static SCHEMA_SEQUENCE(signer_info, "SignerInfo", FIELD("version", cms_version),
                       FIELD("sid", identifier),
                       FIELD("digestAlgorithm", alg_id),
                       FIELD_IMP_OPT("signedAttrs", 0, attributes),
                       FIELD("signatureAlgorithm", alg_id),
                       FIELD("signature", octet_string),
                       FIELD_IMP_OPT("unsignedAttrs", 1, attributes));
static SCHEMA_SET(signer_infos, "SignerInfos", signer_info);
SCHEMA_SEQUENCE(signed_data, "SignedData", FIELD("version", cms_version),
                FIELD("digestAlgorithms", digest_algorithms),
                FIELD("encapContentInfo", encap_content_info),
                FIELD_IMP_OPT("certificates", 0, certificate_set),
                FIELD_IMP_OPT("crls", 1, revocation_infos),
                FIELD("signerInfos", signer_infos));

/* --- Key packages --- */

static SCHEMA_SEQUENCE(one_key, "OneAsymmetricKey", FIELD("version", version),
                       FIELD("privateKeyAlgorithm", alg_id),
                       FIELD("privateKey", private_key),
                       FIELD_IMP_OPT("attributes", 0, attributes),
                       FIELD_IMP_OPT("publicKey", 1, bit_string));
SCHEMA_LIST_SOME(key_package, "AsymmetricKeyPackage", one_key);

/* RFC 4211, B. */
static SCHEMA_CHOICE(key_owner, "CHOICE", FIELD("string", utf8),
                     FIELD("generalName", general_name));
static SCHEMA_SEQUENCE(enc_key_with_id, "EncKeyWithID",
                       FIELD("privateKey", one_key),
                       FIELD_OPT("identifier", key_owner));

/* --- ContentInfo --- */

static SCHEMA_BY_OID(content, "ANY", KIND_OPEN, 0, ROW(ID_DATA, octet_string),
                     ROW(ID_SIGNED_DATA, signed_data),
                     ROW(ID_ENVELOPED_DATA, enveloped_data),
                     ROW(ID_CT_KP_A_KEY_PACKAGE, key_package),
                     ROW(ID_CT_ENC_KEY_WITH_ID, enc_key_with_id));
SCHEMA_SEQUENCE(content_info, "ContentInfo", FIELD_ID("contentType", oid),
                FIELD_EXP("content", 0, content));
