/*
 * Certificates, CRLs, certification requests and their parts (RFC 5280,
 * appendix A; RFC 2986). EXPLICIT tags in appendix A.1, IMPLICIT in A.2.
 */
#include "inspect/schema.h"

SCHEMA_SEQUENCE(alg_id, "AlgorithmIdentifier", FIELD_ID("algorithm", oid),
                FIELD_OPT("parameters", alg_parameters));

SCHEMA_SEQUENCE(spki, "SubjectPublicKeyInfo", FIELD_ID("algorithm", alg_id),
                FIELD("subjectPublicKey", public_key));

/* --- Names --- */

static SCHEMA_SEQUENCE(ava, "AttributeTypeAndValue", FIELD("type", oid),
                       FIELD("value", any));

SCHEMA_SET_SOME(rdn, "RelativeDistinguishedName", ava);
SCHEMA_LIST(name, "Name", rdn);

static SCHEMA_SEQUENCE(other_name, "OtherName", FIELD_ID("type-id", oid),
                       FIELD_EXP("value", 0, other_name_value));

static SCHEMA_SEQUENCE(edi_party_name, "EDIPartyName",
                       FIELD_EXP_OPT("nameAssigner", 0, directory_string),
                       FIELD_EXP("partyName", 1, directory_string));

SCHEMA_CHOICE(general_name, "GeneralName",
              FIELD_IMP("otherName", 0, other_name),
              FIELD_IMP("rfc822Name", 1, ia5), FIELD_IMP("dNSName", 2, ia5),
              FIELD_IMP("x400Address", 3, any_sequence),
              FIELD_EXP("directoryName", 4, name),
              FIELD_IMP("ediPartyName", 5, edi_party_name),
              FIELD_IMP("uniformResourceIdentifier", 6, ia5),
              FIELD_IMP("iPAddress", 7, ip_address),
              FIELD_IMP("registeredID", 8, oid));
SCHEMA_LIST_SOME(general_names, "GeneralNames", general_name);

SCHEMA_CHOICE(distribution_point_name, "DistributionPointName",
              FIELD_IMP("fullName", 0, general_names),
              FIELD_IMP("nameRelativeToCRLIssuer", 1, rdn));

/* --- Extensions --- */

SCHEMA_SEQUENCE(extension, "Extension", FIELD_ID("extnID", oid),
                { "critical", &asn_boolean, TAG_OWN, 0,
                  FIELD_OPTIONAL | FIELD_DEFAULT_FALSE },
                FIELD("extnValue", extension_value));
SCHEMA_LIST_SOME(extensions, "Extensions", extension);

/* --- Certificates --- */

static SCHEMA_SEQUENCE(validity, "Validity", FIELD("notBefore", time),
                       FIELD("notAfter", time));

SCHEMA_SEQUENCE(tbs_certificate, "TBSCertificate",
                FIELD_EXP_OPT("version", 0, version),
                FIELD("serialNumber", integer), FIELD("signature", alg_id),
                FIELD("issuer", name), FIELD("validity", validity),
                FIELD("subject", name), FIELD("subjectPublicKeyInfo", spki),
                FIELD_IMP_OPT("issuerUniqueID", 1, bit_string),
                FIELD_IMP_OPT("subjectUniqueID", 2, bit_string),
                FIELD_EXP_OPT("extensions", 3, extensions));

SCHEMA_SEQUENCE(certificate, "Certificate",
                FIELD("tbsCertificate", tbs_certificate),
                FIELD("signatureAlgorithm", alg_id),
                FIELD("signatureValue", bit_string));

/* CMPCertificate (RFC 9810, appendix F): no other choice was ever made. */
SCHEMA_THROUGH(cmp_certificate, "CMPCertificate",
               FIELD("x509v3PKCert", certificate));

/* --- CRLs --- */

static SCHEMA_SEQUENCE(revoked, "SEQUENCE", FIELD("userCertificate", integer),
                       FIELD("revocationDate", time),
                       FIELD_OPT("crlEntryExtensions", extensions));
static SCHEMA_LIST(revoked_list, "SEQUENCE OF SEQUENCE", revoked);

static SCHEMA_SEQUENCE(tbs_cert_list, "TBSCertList",
                       FIELD_OPT("version", version),
                       FIELD("signature", alg_id), FIELD("issuer", name),
                       FIELD("thisUpdate", time), FIELD_OPT("nextUpdate", time),
                       FIELD_OPT("revokedCertificates", revoked_list),
                       FIELD_EXP_OPT("crlExtensions", 0, extensions));

SCHEMA_SEQUENCE(crl, "CertificateList", FIELD("tbsCertList", tbs_cert_list),
                FIELD("signatureAlgorithm", alg_id),
                FIELD("signatureValue", bit_string));

/* --- Attributes, certification requests (RFC 2986, RFC 2985) --- */

static SCHEMA_BY_OID(attribute_value, "ANY", KIND_OPEN, 0,
                     ROW(ID_CONTENT_TYPE, oid),
                     ROW(ID_MESSAGE_DIGEST, octet_string),
                     ROW(ID_SIGNING_TIME, time),
                     ROW(PKCS_9_AT_EXTENSION_REQUEST, extensions),
                     ROW(PKCS_9_AT_CHALLENGE_PASSWORD, directory_string),
                     ROW(PKCS_9_AT_UNSTRUCTURED_NAME, directory_string),
                     ROW(PKCS_9_AT_UNSTRUCTURED_ADDRESS, directory_string),
                     ROW(PKCS_9_AT_FRIENDLY_NAME, directory_string),
                     ROW(PKCS_9_AT_LOCAL_KEY_ID, octet_string));
static SCHEMA_SET_SOME(attribute_values, "SET OF ANY", attribute_value);
SCHEMA_SEQUENCE(attribute, "Attribute", FIELD_ID("type", oid),
                FIELD("values", attribute_values));
SCHEMA_SET(attributes, "SET OF Attribute", attribute);

static SCHEMA_SEQUENCE(certification_request_info, "CertificationRequestInfo",
                       FIELD("version", version), FIELD("subject", name),
                       FIELD("subjectPKInfo", spki),
                       FIELD_IMP("attributes", 0, attributes));

SCHEMA_SEQUENCE(certification_request, "CertificationRequest",
                FIELD("certificationRequestInfo", certification_request_info),
                FIELD("signatureAlgorithm", alg_id),
                FIELD("signature", bit_string));
